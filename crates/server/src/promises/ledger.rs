//! The promises of one request: what starts, keeps, stops and moves them. Every change goes through here.

use super::policy::{Case, Event, Policy, Terms};
use crate::store::records::{Happening, NewEntry, RequestRecord, Why};
use chrono::{DateTime, NaiveDate, Utc};
use portico_contract::{
    Instant,
    promise::{Goal, Pause, PauseReason, PromiseChange, PromiseState, Unit},
    request::{Class, Grade},
    timeline::Role,
};
use portico_promise::{Calendar, Clock, Counted, Due, Move, Pauses, revise};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A promise as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromiseRecord {
    /// Names it within its request: the policy's key, with the round from the second on.
    pub key: String,
    /// Which time round.
    pub round: u32,
    /// Under which terms it was given.
    pub terms: Terms,
    /// When its clock started.
    pub started_at: Option<Instant>,
    /// When it is due.
    pub due: Option<KeptDue>,
    /// How it stands.
    pub state: PromiseState,
    /// When it was kept.
    pub met_at: Option<Instant>,
    /// When its clock stood still.
    pub pauses: Vec<Pause>,
    /// How its date was moved.
    pub moved: Vec<MoveRecord>,
    /// When the desk is to be reminded of it; `None`: no more.
    pub remind_at: Option<Instant>,
}

/// When a promise is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDue {
    /// The first instant after it.
    pub at: Instant,
    /// Its last day.
    pub date: NaiveDate,
    /// The calendar does not really know the days.
    pub provisional: bool,
}

impl From<Due> for KeptDue {
    fn from(due: Due) -> Self {
        Self {
            at: due.at.into(),
            date: due.date,
            provisional: due.provisional,
        }
    }
}

impl From<KeptDue> for Due {
    fn from(due: KeptDue) -> Self {
        Self {
            at: utc(due.at),
            date: due.date,
            provisional: due.provisional,
        }
    }
}

/// A date that was moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveRecord {
    /// The date before.
    pub from: Instant,
    /// The date after.
    pub to: Instant,
    /// Why.
    pub reason: MoveReason,
    /// When.
    pub at: Instant,
}

/// Why a date was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveReason {
    /// In the desk's words.
    Desk(String),
    /// The calendar differs on these dates.
    Calendar(Vec<NaiveDate>),
}

fn utc(at: Instant) -> DateTime<Utc> {
    at.date_time().to_utc()
}

fn goal(terms: &Terms) -> portico_promise::Goal {
    let Goal { amount, unit } = terms.goal;
    match unit {
        Unit::WorkingDays => portico_promise::Goal::WorkingDays {
            days: amount,
            cutoff: terms.cutoff,
        },
        Unit::WorkingHours => portico_promise::Goal::WorkingMinutes(amount * 60),
        Unit::Hours | Unit::Unknown => portico_promise::Goal::Minutes(amount * 60),
    }
}

/// What the desk does to one promise.
#[derive(Debug, Clone, PartialEq)]
pub enum DeskChange {
    /// Starts what waits for its stage.
    Start,
    /// Says that it is kept.
    Met,
    /// Stops its clock, until then if that is known.
    Pause(Option<Instant>),
    /// Lets it run again.
    Resume,
    /// Sets another date.
    Move(Instant),
    /// Says that it is no longer owed.
    Void,
}

impl PromiseRecord {
    fn new(terms: &Terms, round: u32) -> Self {
        let key = match round {
            1 => terms.key.clone(),
            round => format!("{}-{round}", terms.key),
        };
        Self {
            key,
            round,
            terms: terms.clone(),
            started_at: None,
            due: None,
            state: PromiseState::Waiting,
            met_at: None,
            pauses: Vec::new(),
            moved: Vec::new(),
            remind_at: None,
        }
    }

    /// Whether something is still owed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            PromiseState::Waiting
                | PromiseState::Running
                | PromiseState::Paused
                | PromiseState::Late
        )
    }

    /// What its clock has counted, a pause that lasts ending when it is expected to, but not before now; `None` while it waits, where
    /// its calendar is gone, or where it would take a lifetime.
    pub fn counted<'a>(
        &'a self,
        calendar: &'a Calendar,
        pauses: &'a mut Option<Pauses>,
        now: Instant,
    ) -> Option<Counted<'a>> {
        let intervals = self.pauses.iter().map(|pause| {
            // One that outlasts what was expected has not ended.
            let expected = pause.expected_end.map_or(now, |end| end.max(now));
            let to = pause.to.unwrap_or(expected);
            (utc(pause.from), utc(to))
        });
        let pauses = pauses.insert(Pauses::new(intervals));
        let moved = self.moved.iter().rev();
        let moved = moved
            .filter(|moved| matches!(moved.reason, MoveReason::Desk(_)))
            .map(|moved| Move {
                at: utc(moved.at),
                to: utc(moved.to),
            })
            .next();
        let clock = Clock {
            calendar,
            goal: goal(&self.terms),
            start: utc(self.started_at?),
            pauses,
            moved,
        };
        clock.count().ok()
    }

    fn count_due(&self, policy: &Policy, now: Instant) -> Option<Due> {
        let calendar = policy.calendar(&self.terms.calendar)?;
        Some(self.counted(calendar, &mut None, now)?.due)
    }

    /// The working days until it is due, today among them where it counts. A date that was set, or held against a
    /// calendar that has changed, is no sum of counted days: until then the calendar's own are left.
    #[must_use]
    pub fn days_left(&self, calendar: &Calendar, now: Instant) -> Option<u32> {
        let runs = self.state == PromiseState::Running;
        (runs && self.terms.goal.unit == Unit::WorkingDays).then_some(())?;
        let (due, today) = (self.due?, calendar.date_of(utc(now)));
        let mut pauses = None;
        let counted = self.counted(calendar, &mut pauses, now)?;
        let set = self
            .moved
            .iter()
            .any(|m| matches!(m.reason, MoveReason::Desk(_)));
        let left = if set || counted.due.at != utc(due.at) {
            let days = today.iter_days().take_while(|day| *day <= due.date);
            days.filter(|day| calendar.day(*day).0.is_worked()).count()
        } else {
            let days = counted.days.iter().filter(|day| day.counted());
            days.filter(|day| day.date >= today).count()
        };
        u32::try_from(left).ok()
    }

    /// When it is due: as it was said, and while its clock stands still not before what remains has passed.
    #[must_use]
    pub fn due_now(&self, policy: &Policy, now: Instant) -> Option<KeptDue> {
        match self.state {
            PromiseState::Paused => self.count_due(policy, now).map(Into::into).or(self.due),
            _ => self.due,
        }
    }

    fn start(&mut self, policy: &Policy, at: Instant) {
        if policy.calendar(&self.terms.calendar).is_none() {
            // It was taken away before anything was counted on it.
            self.terms.calendar.clone_from(&policy.usual_calendar);
        }
        self.started_at = Some(at);
        self.state = PromiseState::Running;
        self.set_due(self.count_due(policy, at).map(Into::into), policy);
    }

    fn set_due(&mut self, due: Option<KeptDue>, policy: &Policy) {
        self.due = due;
        self.remind_at = policy
            .remind_before()
            .and_then(|before| due?.at.plus(-before));
    }

    fn meet(&mut self, policy: &Policy, at: Instant) -> PromiseChange {
        if self.state == PromiseState::Paused {
            // Judged by the date that holds with what the pause has cost.
            self.resume(policy, at);
        }
        self.remind_at = None;
        self.met_at = Some(at);
        let late = self.missed_before() || self.due.is_some_and(|due| at >= due.at);
        let (state, change) = match late {
            true => (PromiseState::KeptLate, PromiseChange::KeptLate),
            false => (PromiseState::Kept, PromiseChange::Kept),
        };
        self.state = state;
        change
    }

    /// Whether a date of it has passed: one that was set after that makes up for nothing.
    fn missed_before(&self) -> bool {
        self.moved.iter().any(|moved| moved.from <= moved.at)
    }

    fn end_pause(&mut self, at: Instant) {
        if let Some(pause) = self.pauses.last_mut().filter(|pause| pause.to.is_none()) {
            pause.to = Some(at);
        }
    }

    fn pause(
        &mut self,
        reason: PauseReason,
        note: Option<String>,
        until: Option<Instant>,
        at: Instant,
    ) {
        self.pauses.push(Pause {
            from: at,
            to: None,
            reason,
            note,
            expected_end: until,
        });
        self.state = PromiseState::Paused;
    }

    /// Lets the clock run again: the date is as much later as the pause has cost, also where it was held against a
    /// change of the calendar.
    fn resume(&mut self, policy: &Policy, at: Instant) {
        let without = {
            let mut before = self.clone();
            before.pauses.pop();
            before.count_due(policy, at)
        };
        self.end_pause(at);
        self.state = PromiseState::Running;
        let counted = self.count_due(policy, at);
        let due = match (self.due, without, counted) {
            (Some(held), Some(without), Some(counted)) if utc(held.at) < without.at => {
                let at = utc(held.at) + (counted.at - without.at);
                Some(KeptDue {
                    at: at.into(),
                    ..counted.into()
                })
            }
            (held, _, counted) => counted.map(Into::into).or(held),
        };
        self.set_due(due, policy);
    }

    /// Counts again on a calendar that has changed, or may have while nobody looked. True when something came out
    /// otherwise.
    fn revise(&mut self, old: Option<&Policy>, new: &Policy, now: Instant) -> bool {
        let same = match old {
            Some(old) => self.count_due(old, now) == self.count_due(new, now),
            // While its clock stands still it comes out otherwise every moment; it is counted when it runs again.
            None => self.state == PromiseState::Paused,
        };
        if same {
            return false;
        }
        let (Some(held), Some(computed), Some(started)) =
            (self.due, self.count_due(new, now), self.started_at)
        else {
            return false;
        };
        let (due, _) = revise(held.into(), computed);
        let due = KeptDue::from(due);
        if due == held {
            return false;
        }
        if due.at != held.at {
            let calendars = (
                old.and_then(|old| old.calendar(&self.terms.calendar)),
                new.calendar(&self.terms.calendar),
            );
            let dates = match calendars {
                (Some(before), Some(after)) => {
                    let range = after.date_of(utc(started))..=due.date.max(held.date);
                    before
                        .changes(after, range)
                        .map(|change| change.date)
                        .collect()
                }
                _ => Vec::new(),
            };
            self.moved.push(MoveRecord {
                from: held.at,
                to: due.at,
                reason: MoveReason::Calendar(dates),
                at: now,
            });
        }
        self.set_due(Some(due), new);
        true
    }
}

impl RequestRecord {
    fn case(&self) -> Case<'_> {
        Case {
            kind: self.kind,
            class: self.class,
            grade: self.grade,
            tier: self.tier.as_deref(),
        }
    }

    fn round(&self) -> u32 {
        self.promises
            .iter()
            .map(|promise| promise.round)
            .max()
            .unwrap_or(0)
    }

    /// Gives what the policy promises for this case: when it comes in and, as another round, when it is reopened.
    pub fn promise(&mut self, policy: &Policy, now: Instant) {
        let round = self.round() + 1;
        let waiting = |p: &&mut PromiseRecord| p.state == PromiseState::Waiting;
        for stage in self.promises.iter_mut().filter(waiting) {
            // The new round has a stage of its own.
            stage.state = PromiseState::Void;
        }
        let mut given: Vec<_> = policy
            .terms(self.case())
            .into_iter()
            .map(|terms| PromiseRecord::new(terms, round))
            .collect();
        for promise in &mut given {
            if promise.terms.starts == Event::Received {
                promise.start(policy, now);
            }
        }
        self.promises.append(&mut given);
    }

    /// Changes what is promised where another rule fits since the class and the grade were `before`: what was given by
    /// the one before is not owed any more, what fits now counts from when the round began. What the file says
    /// otherwise since then takes nothing back. Returns the entries that tell of it, also of what was missed by then.
    pub fn promise_anew(
        &mut self,
        before: (Class, Grade),
        policy: &Policy,
        now: Instant,
    ) -> Vec<NewEntry> {
        let round = self.round();
        let began = self
            .promises
            .iter()
            .filter(|p| p.round == round && p.terms.starts == Event::Received)
            .filter_map(|p| p.started_at)
            .min()
            .unwrap_or(self.created_at);
        let (class, grade) = before;
        let gave = policy.terms(Case {
            class,
            grade,
            ..self.case()
        });
        let owed = policy.terms(self.case());
        let rule = |of: &[&Terms], key: &str| {
            let fits = of.iter().find(|terms| terms.key == key);
            fits.map(|terms| std::ptr::from_ref(*terms))
        };
        let changed = |key: &str| rule(&gave, key) != rule(&owed, key);
        let (mut ended, mut missed, mut started) = (Vec::new(), Vec::new(), Vec::new());
        for (place, promise) in self.promises.iter_mut().enumerate() {
            if promise.round != round || !promise.is_open() || !changed(&promise.terms.key) {
                continue;
            }
            let due = promise.due_now(policy, now);
            if promise.missed_before() || due.is_some_and(|due| due.at <= now) {
                missed.push((place, PromiseChange::Void));
            } else if promise.started_at.is_some() {
                ended.push((place, PromiseChange::Void));
            }
            promise.end_pause(now);
            promise.state = PromiseState::Void;
        }
        for &terms in owed.iter().filter(|terms| changed(&terms.key)) {
            let mut given = self.promises.iter().filter(|p| p.round == round);
            if given.any(|p| p.terms.key == terms.key && p.state != PromiseState::Void) {
                continue;
            }
            let mut promise = PromiseRecord::new(terms, round);
            // What was void keeps its name.
            let mut copy = 1;
            while self.promises.iter().any(|p| p.key == promise.key) {
                copy += 1;
                promise.key = format!("{}-{round}-{copy}", terms.key);
            }
            if terms.starts == Event::Received {
                promise.start(policy, began);
                started.push((self.promises.len(), PromiseChange::Started));
            }
            self.promises.push(promise);
        }
        let note = |key: &str| {
            let note = key.to_owned();
            Some(Why::Note { note })
        };
        let mut told = self.tell(ended, Role::Agent, note("note.promise_replaced"), now);
        told.extend(self.tell(missed, Role::Agent, note("note.promise_missed"), now));
        told.extend(self.tell(started, Role::Agent, None, now));
        told
    }

    /// What an event does to the promises. Returns the entries that tell of what no other entry says.
    pub fn happens(&mut self, event: Event, policy: &Policy, now: Instant) -> Vec<NewEntry> {
        let mut told = Vec::new();
        let round = self.round();
        for (place, promise) in self.promises.iter_mut().enumerate() {
            let terms = &promise.terms;
            let change = match promise.state {
                PromiseState::Waiting
                    if event == Event::Closed && terms.starts == Event::Declared =>
                {
                    promise.state = PromiseState::Void;
                    None
                }
                PromiseState::Waiting if terms.starts == event && promise.round == round => {
                    promise.start(policy, now);
                    Some(PromiseChange::Started)
                }
                _ if !promise.is_open() => None,
                _ if terms.voids.contains(&event) => {
                    promise.end_pause(now);
                    promise.state = PromiseState::Void;
                    None
                }
                PromiseState::Waiting => None,
                _ if terms.meets.contains(&event) => {
                    promise.meet(policy, now);
                    None
                }
                // It was resolved before: nothing else will be done that could keep it, but to explain the result.
                _ if event == Event::Closed && terms.meets.contains(&Event::Resolved) => {
                    promise.meet(policy, now);
                    None
                }
                _ if event == Event::Closed && !terms.meets.contains(&Event::Explained) => {
                    promise.end_pause(now);
                    promise.state = PromiseState::Void;
                    None
                }
                PromiseState::Running if terms.pauses.contains(&event) => {
                    promise.pause(event.pause_reason(), None, None, now);
                    None
                }
                PromiseState::Paused if terms.resumes.contains(&event) => {
                    promise.resume(policy, now);
                    None
                }
                _ => None,
            };
            told.extend(change.map(|change| (place, change)));
        }
        self.tell(told, Role::System, None, now)
    }

    fn tell(
        &mut self,
        changes: Vec<(usize, PromiseChange)>,
        role: Role,
        why: Option<Why>,
        now: Instant,
    ) -> Vec<NewEntry> {
        let entries = changes.into_iter().filter_map(|(place, change)| {
            let promise = self.promises.get(place)?;
            let (public, what) = (
                !promise.terms.internal,
                Happening::Promise {
                    key: promise.key.clone(),
                    label: promise.terms.label.clone(),
                    change,
                    due_at: promise.due.map(|due| due.at),
                    reason: why.clone(),
                },
            );
            Some(self.entry(now, public, role, what))
        });
        entries.collect()
    }

    /// What the desk does to one promise, by its key. `None` when there is none of that key, or not in a state for it.
    pub fn change_promise(
        &mut self,
        key: &str,
        change: &DeskChange,
        reason: Option<&str>,
        policy: &Policy,
        now: Instant,
    ) -> Option<NewEntry> {
        use PromiseState::{Late, Paused, Running, Waiting};
        let place = self
            .promises
            .iter()
            .position(|promise| promise.key == key)?;
        let promise = &mut self.promises[place];
        let mut words = reason;
        let told = match (change, promise.state) {
            (DeskChange::Start, Waiting) => {
                promise.start(policy, now);
                PromiseChange::Started
            }
            (DeskChange::Met, Running | Paused | Late) => promise.meet(policy, now),
            (DeskChange::Pause(until), Running) => {
                let known = reason.map_or(PauseReason::OnHold, PauseReason::from_word);
                let (known, note) = match known {
                    PauseReason::Unknown => (PauseReason::OnHold, reason.map(str::to_owned)),
                    known => {
                        // The ledger says it in the reader's language.
                        words = None;
                        (known, None)
                    }
                };
                promise.pause(known, note, *until, now);
                PromiseChange::Paused
            }
            (DeskChange::Resume, Paused) => {
                promise.resume(policy, now);
                PromiseChange::Resumed
            }
            (DeskChange::Move(to), Running | Late) => {
                let calendar = policy.calendar(&promise.terms.calendar);
                let last = utc(*to) - chrono::TimeDelta::milliseconds(1);
                let date = calendar.map_or(last.date_naive(), |calendar| calendar.date_of(last));
                promise.moved.push(MoveRecord {
                    from: promise.due.map_or(*to, |due| due.at),
                    to: *to,
                    reason: MoveReason::Desk(reason.unwrap_or_default().to_owned()),
                    at: now,
                });
                let due = KeptDue {
                    at: *to,
                    date,
                    provisional: false,
                };
                promise.set_due(Some(due), policy);
                promise.state = if *to > now { Running } else { Late };
                PromiseChange::Moved
            }
            (DeskChange::Void, Waiting | Running | Paused | Late) => {
                promise.end_pause(now);
                promise.state = PromiseState::Void;
                PromiseChange::Void
            }
            _ => return None,
        };
        let why = words.map(|words| Why::Words(words.to_owned()));
        self.tell(vec![(place, told)], Role::Agent, why, now).pop()
    }

    /// Takes the date that a desk itself has set for what `met_by` keeps, and when it says that it was kept. `words`: why,
    /// where its customer knew another date of the desk's.
    pub fn desk_date(
        &mut self,
        met_by: Event,
        due_at: Instant,
        met_at: Option<Instant>,
        words: Option<&str>,
        policy: &Policy,
        now: Instant,
    ) -> Vec<NewEntry> {
        use PromiseState::{Late, Paused, Running};
        let round = self.round();
        let (mut told, mut changed) = (Vec::new(), false);
        for (place, promise) in self.promises.iter_mut().enumerate() {
            let terms = &promise.terms;
            // What any reply keeps is no promise of a solution.
            let of_solution = !terms.meets.contains(&Event::Reply);
            let meant = terms.starts == Event::Received
                && terms.meets.contains(&met_by)
                && (met_by == Event::Reply || of_solution);
            if !meant || promise.round != round || !matches!(promise.state, Running | Paused | Late)
            {
                continue;
            }
            if promise.due.map(|due| due.at) != Some(due_at) {
                let calendar = policy.calendar(&terms.calendar);
                let last = utc(due_at) - chrono::TimeDelta::milliseconds(1);
                let date = calendar.map_or(last.date_naive(), |calendar| calendar.date_of(last));
                if let Some(words) = words {
                    promise.moved.push(MoveRecord {
                        from: promise.due.map_or(due_at, |due| due.at),
                        to: due_at,
                        reason: MoveReason::Desk(words.to_owned()),
                        at: now,
                    });
                    told.push((place, PromiseChange::Moved));
                }
                let due = KeptDue {
                    at: due_at,
                    date,
                    provisional: false,
                };
                promise.set_due(Some(due), policy);
                if promise.state == Late && due_at > now {
                    promise.state = Running;
                }
                changed = true;
            }
            if let Some(met_at) = met_at {
                if promise.state == Paused {
                    // The desk's date holds as it is: its pauses are in it.
                    promise.end_pause(met_at);
                    promise.state = Running;
                }
                promise.meet(policy, met_at);
                changed = true;
            }
        }
        if changed {
            self.changed(now);
        }
        let why = words.map(|words| Why::Words(words.to_owned()));
        self.tell(told, Role::Agent, why, now)
    }

    /// Marks late what was due and is not kept.
    pub fn mark_late(&mut self, now: Instant) -> Vec<NewEntry> {
        let mut late = Vec::new();
        for (place, promise) in self.promises.iter_mut().enumerate() {
            let due = promise.due.is_some_and(|due| due.at <= now);
            if promise.state == PromiseState::Running && due {
                promise.state = PromiseState::Late;
                late.push((place, PromiseChange::Late));
            }
        }
        self.tell(late, Role::System, None, now)
    }

    /// Counts open promises again after the policy's calendars have changed; without the old policy, as they may have.
    /// The entries that tell of it; `None` when nothing came out otherwise.
    pub fn revise_promises(
        &mut self,
        old: Option<&Policy>,
        new: &Policy,
        now: Instant,
    ) -> Option<Vec<NewEntry>> {
        let mut changed = false;
        let mut moved = Vec::new();
        for (place, promise) in self.promises.iter_mut().enumerate() {
            if matches!(promise.state, PromiseState::Running | PromiseState::Paused) {
                let moves = promise.moved.len();
                changed |= promise.revise(old, new, now);
                if promise.moved.len() > moves {
                    moved.push((place, PromiseChange::Moved));
                }
            }
        }
        changed.then(|| self.tell(moved, Role::System, None, now))
    }

    /// The dates of the calendars because of which promises to the customer were moved at that moment, in order.
    #[must_use]
    pub fn dates_changed(&self, at: Instant) -> Vec<NaiveDate> {
        let shown = self.promises.iter().filter(|p| !p.terms.internal);
        let moved = shown.filter_map(|p| p.moved.last().filter(|moved| moved.at == at));
        let dates: BTreeSet<NaiveDate> = moved
            .filter_map(|moved| match &moved.reason {
                MoveReason::Calendar(dates) => Some(dates),
                MoveReason::Desk(_) => None,
            })
            .flatten()
            .copied()
            .collect();
        dates.into_iter().collect()
    }

    /// When the clock has to be looked at next: at a date, at the reminder before it, or at the customer's.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let running = self
            .promises
            .iter()
            .filter(|p| p.state == PromiseState::Running);
        running
            .flat_map(|p| p.due.map(|due| due.at).into_iter().chain(p.remind_at))
            .chain(self.customer_remind_at)
            .min()
    }

    /// Since when a promise to the customer is late that is owed still.
    #[must_use]
    pub fn late_since(&self) -> Option<Instant> {
        let late = self
            .promises
            .iter()
            .filter(|p| p.state == PromiseState::Late && !p.terms.internal);
        late.filter_map(|promise| Some(promise.due?.at)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::StepPlan,
        life,
        promises::policy::{
            DEFAULT_FILE,
            tests::{default_policy, read},
        },
    };
    use portico_contract::request::Kind;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}+08:00")).unwrap()
    }

    fn case(kind: Kind, policy: &Policy, received: Instant) -> RequestRecord {
        let mut record = life::tests::fresh(StepPlan::Four);
        record.kind = kind;
        record.created_at = received;
        record.promise(policy, received);
        record
    }

    fn due(record: &RequestRecord, key: &str) -> Option<Instant> {
        promise(record, key).due.map(|due| due.at)
    }

    fn promise<'a>(record: &'a RequestRecord, key: &str) -> &'a PromiseRecord {
        record.promises.iter().find(|p| p.key == key).unwrap()
    }

    #[test]
    fn a_complaint_before_spring_festival_has_its_four_milestones() {
        let policy = default_policy();
        // Saturday 14 February 2026 is a make-up day, the festival lasts from the 15th to the 23rd, and Saturday the
        // 28th is worked again.
        let mut record = case(Kind::Complaint, &policy, at("2026-02-14T15:00:00"));
        assert_eq!(
            due(&record, "acknowledgement"),
            Some(at("2026-02-15T15:00:00"))
        );
        assert_eq!(
            due(&record, "preliminary_opinion"),
            Some(at("2026-02-27T00:00:00"))
        );
        assert_eq!(
            due(&record, "formal_reply"),
            Some(at("2026-03-14T00:00:00"))
        );
        assert_eq!(
            promise(&record, "investigation").state,
            PromiseState::Waiting
        );
        let told = record.change_promise(
            "investigation",
            &DeskChange::Start,
            None,
            &policy,
            at("2026-02-26T10:00:00"),
        );
        assert!(told.is_some());
        assert_eq!(
            due(&record, "investigation"),
            Some(at("2026-03-05T00:00:00"))
        );
    }

    #[test]
    fn events_keep_pause_and_end_promises() {
        let policy = default_policy();
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        assert_eq!(due(&record, "solution"), Some(at("2026-03-06T00:00:00")));
        record.happens(Event::Reply, &policy, at("2026-03-02T12:00:00"));
        assert_eq!(promise(&record, "first_reply").state, PromiseState::Kept);
        record.happens(
            Event::WaitingForCustomer,
            &policy,
            at("2026-03-03T12:00:00"),
        );
        assert_eq!(promise(&record, "solution").state, PromiseState::Paused);
        assert!(record.mark_late(at("2026-03-20T00:00:00")).is_empty());
        record.happens(Event::WaitingOver, &policy, at("2026-03-05T12:00:00"));
        assert_eq!(due(&record, "solution"), Some(at("2026-03-10T00:00:00")));
        assert_eq!(record.mark_late(at("2026-03-10T00:00:00")).len(), 1);
        assert_eq!(record.late_since(), Some(at("2026-03-10T00:00:00")));
        record.happens(Event::Resolved, &policy, at("2026-03-10T09:00:00"));
        assert_eq!(promise(&record, "solution").state, PromiseState::KeptLate);
        // Another round leaves the first one where it is.
        record.promise(&policy, at("2026-03-11T09:00:00"));
        assert_eq!(promise(&record, "solution").state, PromiseState::KeptLate);
        assert_eq!(due(&record, "solution-2"), Some(at("2026-03-17T00:00:00")));
        record.happens(Event::Withdrawn, &policy, at("2026-03-12T09:00:00"));
        assert_eq!(promise(&record, "solution-2").state, PromiseState::Void);
    }

    #[test]
    fn a_new_date_after_the_old_one_had_passed_is_not_kept_in_time() {
        let policy = default_policy();
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        let mut other = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        let later = DeskChange::Move(at("2026-03-13T00:00:00"));
        let moved = |record: &mut RequestRecord, now| {
            record.mark_late(now);
            record.change_promise("solution", &later, Some("A part is missing"), &policy, now);
            record.happens(Event::Resolved, &policy, at("2026-03-12T09:00:00"));
            promise(record, "solution").state
        };
        assert_eq!(
            moved(&mut record, at("2026-03-06T00:00:00")),
            PromiseState::KeptLate
        );
        assert_eq!(
            moved(&mut other, at("2026-03-05T10:00:00")),
            PromiseState::Kept
        );
    }

    #[test]
    fn a_pause_that_outlasts_its_expected_end_lasts() {
        let policy = default_policy();
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        let pause = DeskChange::Pause(Some(at("2026-03-04T10:00:00")));
        let paused = at("2026-03-03T10:00:00");
        record.change_promise(
            "solution",
            &pause,
            Some("The plant is closed"),
            &policy,
            paused,
        );
        let due = |now| {
            promise(&record, "solution")
                .due_now(&policy, at(now))
                .unwrap()
                .at
        };
        assert_eq!(due("2026-03-03T11:00:00"), at("2026-03-07T00:00:00"));
        assert_eq!(due("2026-03-06T11:00:00"), at("2026-03-11T00:00:00"));
    }

    #[test]
    fn what_is_kept_during_a_pause_is_judged_by_the_date_with_the_pause() {
        let policy = default_policy();
        let kept = |met| {
            let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
            let pause = DeskChange::Pause(None);
            let paused = at("2026-03-03T10:00:00");
            record.change_promise("solution", &pause, None, &policy, paused);
            record.happens(Event::Resolved, &policy, at(met));
            let promise = promise(&record, "solution");
            (promise.state, promise.due.unwrap().at, promise.pauses[0].to)
        };
        // Three working days without the 3rd to the 9th: the 10th to the 12th.
        let met = "2026-03-10T10:00:00";
        assert_eq!(
            kept(met),
            (PromiseState::Kept, at("2026-03-13T00:00:00"), Some(at(met)))
        );
    }

    #[test]
    fn what_is_open_when_a_case_is_closed_ends_with_it() {
        let policy = default_policy();
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        record.happens(Event::Resolved, &policy, at("2026-03-03T09:00:00"));
        record.happens(Event::Escalated, &policy, at("2026-03-03T10:00:00"));
        assert_eq!(promise(&record, "escalation").state, PromiseState::Running);
        // One that a reply alone keeps.
        let mut reply = promise(&record, "escalation").clone();
        (reply.key, reply.terms.meets) = ("reply".to_owned(), vec![Event::Reply]);
        record.promises.push(reply);
        record.happens(Event::Closed, &policy, at("2026-03-03T12:00:00"));
        assert_eq!(promise(&record, "escalation").state, PromiseState::Kept);
        assert_eq!(promise(&record, "reply").state, PromiseState::Void);
        // The result can be explained afterwards, and a second review be asked for.
        assert_eq!(promise(&record, "record").state, PromiseState::Running);
        assert_eq!(
            promise(&record, "second_review").state,
            PromiseState::Waiting
        );
        assert_eq!(record.next_due(), Some(at("2026-03-04T09:00:00")));
    }

    #[test]
    fn the_days_left_until_a_date_that_was_set_are_the_calendars() {
        let policy = default_policy();
        let calendar = policy.calendar("CN").unwrap();
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        let left =
            |record: &RequestRecord, now| promise(record, "solution").days_left(calendar, at(now));
        assert_eq!(left(&record, "2026-03-02T11:00:00"), Some(3));
        assert_eq!(left(&record, "2026-03-05T11:00:00"), Some(1));
        let later = DeskChange::Move(at("2026-03-13T00:00:00"));
        record.change_promise(
            "solution",
            &later,
            Some("A part is missing"),
            &policy,
            at("2026-03-03T11:00:00"),
        );
        // The 3rd to the 12th without a weekend.
        assert_eq!(left(&record, "2026-03-03T11:00:00"), Some(8));
        assert_eq!(left(&record, "2026-03-08T11:00:00"), Some(4));
        assert_eq!(left(&record, "2026-03-12T11:00:00"), Some(1));
    }

    /// What the entries say: key and change, and why.
    fn said(entries: &[NewEntry]) -> Vec<(String, Option<&str>)> {
        let say = |entry: &NewEntry| match &entry.what {
            Happening::Promise { key, change, .. } => format!("{key} {change}"),
            other => format!("{other:?}"),
        };
        fn note(entry: &NewEntry) -> Option<&str> {
            match &entry.what {
                Happening::Promise {
                    reason: Some(Why::Note { note }),
                    ..
                } => Some(note),
                _ => None,
            }
        }
        entries
            .iter()
            .map(|entry| (say(entry), note(entry)))
            .collect()
    }

    #[test]
    fn another_class_promises_something_else_and_says_what_was_missed() {
        let policy = default_policy();
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        let general = (Class::General, Grade::Regular);
        record.class = Class::Complex;
        let told = record.promise_anew(general, &policy, at("2026-03-03T10:00:00"));
        assert_eq!(
            said(&told),
            [
                ("solution void".to_owned(), Some("note.promise_replaced")),
                ("plan started".to_owned(), None)
            ]
        );
        assert_eq!(promise(&record, "solution").state, PromiseState::Void);
        assert_eq!(promise(&record, "first_reply").state, PromiseState::Running);
        assert_eq!(due(&record, "plan"), Some(at("2026-03-10T00:00:00")));
        record.mark_late(at("2026-03-10T00:00:00"));
        record.class = Class::General;
        let complex = (Class::Complex, Grade::Regular);
        let told = record.promise_anew(complex, &policy, at("2026-03-10T11:00:00"));
        assert_eq!(
            said(&told),
            [
                ("plan void".to_owned(), Some("note.promise_missed")),
                ("solution-1-2 started".to_owned(), None)
            ]
        );
        assert_eq!(
            due(&record, "solution-1-2"),
            Some(at("2026-03-06T00:00:00"))
        );
    }

    #[test]
    fn another_file_and_grade_take_nothing_back_that_was_promised() {
        let policy = default_policy();
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        let slower = DEFAULT_FILE.replace("goal = \"3 working days\"", "goal = \"9 working days\"");
        let slower = read(&slower);
        record.grade = Grade::Urgent;
        let regular = (Class::General, Grade::Regular);
        record.promise_anew(regular, &slower, at("2026-03-02T11:00:00"));
        assert_eq!(promise(&record, "solution").state, PromiseState::Running);
        assert_eq!(due(&record, "solution"), Some(at("2026-03-06T00:00:00")));
        // By another rule.
        assert_eq!(promise(&record, "first_reply").state, PromiseState::Void);
        assert_eq!(
            due(&record, "first_reply-1-2"),
            Some(at("2026-03-02T12:00:00"))
        );
        assert_eq!(due(&record, "diagnosis"), Some(at("2026-03-02T14:00:00")));
    }

    #[test]
    fn the_desk_moves_pauses_and_ends_promises_with_a_reason() {
        let policy = default_policy();
        let now = at("2026-03-02T11:00:00");
        let mut record = case(Kind::Fault, &policy, at("2026-03-02T10:00:00"));
        let mut change = |what: DeskChange, reason| {
            record.change_promise("solution", &what, reason, &policy, now)
        };
        assert!(
            change(
                DeskChange::Move(at("2026-03-13T00:00:00")),
                Some("A part is missing")
            )
            .is_some()
        );
        assert!(change(DeskChange::Resume, None).is_none());
        assert!(change(DeskChange::Pause(None), Some("The plant is closed")).is_some());
        assert!(change(DeskChange::Void, None).is_some());
        assert!(change(DeskChange::Met, None).is_none());
        let promise = promise(&record, "solution");
        assert_eq!(due(&record, "solution"), Some(at("2026-03-13T00:00:00")));
        assert_eq!(
            promise.pauses[0].note.as_deref(),
            Some("The plant is closed")
        );
        assert_eq!(promise.state, PromiseState::Void);
    }
}
