//! What happens to a request: status, steps and entries change together, here and nowhere else.

use crate::{
    catalogue::StepPlan,
    promises::{Event, Policy},
    store::records::{Happening, NewEntry, RequestRecord},
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    lifecycle::{Rules, Situation},
    request::{Outcome, Status, StepKey, WaitingOn},
    timeline::Role,
};

/// A new status, and what is said with it.
#[derive(Debug, Clone, Default)]
pub struct StatusChange {
    /// Whose turn it is; follows from the status where nobody says.
    pub waiting_on: Option<WaitingOn>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why, in somebody's words.
    pub explanation: Option<String>,
    /// Why, as a key of the server's words, where nobody said it.
    pub note: Option<&'static str>,
    /// Coming back, it goes on under the promises that it had.
    pub same_round: bool,
}

fn is_over(status: Status) -> bool {
    matches!(status, Status::Resolved | Status::Closed)
}

/// For whom the desk waits.
fn waits(status: Status, waiting_on: Option<WaitingOn>) -> Option<Event> {
    match (status, waiting_on) {
        (Status::Pending, Some(WaitingOn::Customer)) => Some(Event::WaitingForCustomer),
        (Status::Pending, Some(WaitingOn::ThirdParty)) => Some(Event::WaitingForThirdParty),
        _ => None,
    }
}

/// Whose turn it is in a status, unless somebody says otherwise.
#[must_use]
pub fn usual_turn(status: Status) -> Option<WaitingOn> {
    match status {
        Status::Queued | Status::New | Status::Open => Some(WaitingOn::Provider),
        Status::Pending | Status::Resolved => Some(WaitingOn::Customer),
        Status::Closed | Status::Unknown => None,
    }
}

impl RequestRecord {
    /// What the rules look at.
    #[must_use]
    pub fn situation(&self, rules: Rules, now: Instant) -> Situation {
        Situation {
            status: self.status,
            waiting_on: self.waiting_on,
            resolved_at: self.resolved_at,
            closed_at: self.closed_at,
            proposed: self.proposal.is_some(),
            quiet_since: self.answered_at.unwrap_or(self.created_at),
            late_since: self.late_since(),
            chases: self.chases,
            chased_at: self.chased_at,
            escalation: self.escalation.map_or(0, |escalation| escalation.level),
            reviewed_at: self.reviewed_at,
            followers: u32::try_from(self.followers.len()).unwrap_or(u32::MAX),
            following: self.following.is_some(),
            rules,
            now,
        }
    }

    /// Notes that the desk has said something.
    pub fn answered(&mut self, now: Instant) {
        self.answered_at = Some(now);
        self.chases = 0;
        self.chased_at = None;
    }

    /// An entry for its timeline. Every entry is later than the one before, so that "seen up to" is exact.
    pub fn entry(&mut self, now: Instant, public: bool, role: Role, what: Happening) -> NewEntry {
        let next = self
            .last_entry_at
            .plus(TimeDelta::milliseconds(1))
            .unwrap_or(now);
        let at = now.max(next);
        self.last_entry_at = at;
        if public {
            self.changed(at);
        }
        NewEntry {
            request_id: self.id.clone(),
            at,
            public,
            role,
            what,
        }
    }

    /// Notes that something changed that its customer can see.
    pub fn changed(&mut self, at: Instant) {
        self.updated_at = self.updated_at.max(at);
        self.version += 1;
    }

    /// Changes the status, with the steps, times and promises that go with it, and returns the entries that tell of it.
    pub fn set_status(
        &mut self,
        to: Status,
        change: StatusChange,
        role: Role,
        policy: &Policy,
        now: Instant,
    ) -> Vec<NewEntry> {
        let from = self.status;
        let waited = waits(from, self.waiting_on);
        let came_back = is_over(from) && !is_over(to) && !change.same_round;
        if is_over(from) != is_over(to) {
            self.survey_from = is_over(to).then_some(now);
        }
        let explained = change.explanation.is_some();
        self.status = to;
        self.waiting_on = change.waiting_on.or_else(|| usual_turn(to));
        match to {
            Status::Resolved => {
                self.outcome = change.outcome.or(self.outcome).or(Some(Outcome::Done));
                if from != Status::Resolved {
                    self.resolved_at = Some(now);
                }
                self.closed_at = None;
                self.reach(self.steps.resolved(), now);
            }
            Status::Closed => {
                self.outcome = change.outcome.or(self.outcome).or(Some(Outcome::Done));
                self.resolved_at = self.resolved_at.or(Some(now));
                if from != Status::Closed {
                    self.closed_at = Some(now);
                }
                // What was withdrawn has come no further than it had.
                if self.outcome != Some(Outcome::Withdrawn) {
                    for &key in self.steps.keys() {
                        self.steps_done.entry(key).or_insert(now);
                    }
                }
            }
            _ => {
                self.outcome = change.outcome;
                self.resolved_at = None;
                self.closed_at = None;
                if matches!(from, Status::Resolved | Status::Closed) {
                    self.reach(self.steps.first_open(), now);
                }
            }
        }
        let what = Happening::Status {
            from: Some(from),
            to,
            waiting_on: self.waiting_on,
            outcome: self.outcome,
            explanation: change.explanation,
            note: change.note.map(str::to_owned),
        };
        let mut told = vec![self.entry(now, true, role, what)];
        let waits = waits(to, self.waiting_on);
        let raised = [
            (waited.is_some() && waited != waits, Event::WaitingOver),
            (
                from == Status::New && to == Status::Open,
                Event::WorkStarted,
            ),
            (self.outcome == Some(Outcome::Withdrawn), Event::Withdrawn),
            (is_over(to) && !is_over(from), Event::Resolved),
            (is_over(to) && explained, Event::Explained),
            (to == Status::Closed && from != to, Event::Closed),
        ];
        for (_, event) in raised.into_iter().filter(|(is_so, _)| *is_so) {
            told.extend(self.happens(event, policy, now));
        }
        if waited != waits {
            let waiting = waits == Some(Event::WaitingForCustomer);
            self.customer_remind_at = policy
                .reminders
                .customer_after
                .filter(|_| waiting)
                .and_then(|after| now.plus(after));
        }
        if let Some(event) = waits.filter(|_| waited != waits) {
            told.extend(self.happens(event, policy, now));
        }
        if came_back {
            self.promise(policy, now);
        }
        told
    }

    /// Comes to a step: those before it are done, it and those after it are not. Nothing for a step that the
    /// request does not have.
    pub fn reach(&mut self, step: StepKey, now: Instant) {
        let keys = self.steps.keys();
        let Some(place) = keys.iter().position(|&key| key == step) else {
            return;
        };
        self.step = step;
        for &key in &keys[..place] {
            self.steps_done.entry(key).or_insert(now);
        }
        for key in &keys[place..] {
            self.steps_done.remove(key);
        }
    }
}

/// Whether a request with this plan has the step.
#[must_use]
pub fn has_step(plan: StepPlan, step: StepKey) -> bool {
    plan.keys().contains(&step)
}

/// Also what other tests begin with.
#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::promises::policy::tests::default_policy;
    use portico_contract::{
        code::Reference,
        id::{RequestId, TypeId},
        locale::Locale,
        request::{Class, Grade, Kind, Urgency},
        submission::Contact,
    };

    /// A request that has just come in.
    pub fn fresh(steps: StepPlan) -> RequestRecord {
        let now = at(0);
        let mut record = RequestRecord {
            id: RequestId::new("r"),
            reference: Reference::from_random(7),
            customer_id: None,
            contact: Contact::default(),
            locale: Locale::En,
            type_id: TypeId::new("fault"),
            kind: Kind::Fault,
            subject: "Subject".to_owned(),
            body: "Body".to_owned(),
            fields: Default::default(),
            file_names: Default::default(),
            status: Status::New,
            waiting_on: usual_turn(Status::New),
            outcome: None,
            urgency: Urgency::Regular,
            grade: Grade::Regular,
            class: Class::General,
            grade_reason: None,
            handler: None,
            steps,
            step: steps.first_open(),
            steps_done: Default::default(),
            follow_up_of: None,
            consents: Default::default(),
            context: Default::default(),
            created_at: now,
            updated_at: now,
            resolved_at: None,
            closed_at: None,
            last_entry_at: now,
            seen_at: now,
            version: 1,
            query_hash: None,
            promises: Vec::new(),
            tier: None,
            proposal: None,
            answered_at: None,
            chases: 0,
            chased_at: None,
            escalation: None,
            reviewed_at: None,
            followers: Vec::new(),
            survey_from: None,
            survey: None,
            customer_remind_at: None,
            link: None,
            following: None,
            unread: 0,
        };
        record.reach(steps.first_open(), now);
        record
    }

    fn at(second: i64) -> Instant {
        Instant::from_unix_millis(1_000 * second).unwrap()
    }

    #[test]
    fn steps_follow_the_status() {
        let policy = default_policy();
        for (plan, open_done, resolved_done) in [(StepPlan::Four, 1, 3), (StepPlan::Seven, 2, 5)] {
            let mut r = fresh(plan);
            assert_eq!(r.steps_done.len(), open_done);
            r.set_status(
                Status::Open,
                StatusChange::default(),
                Role::Agent,
                &policy,
                at(1),
            );
            assert_eq!(r.steps_done.len(), open_done);
            r.set_status(
                Status::Resolved,
                StatusChange::default(),
                Role::Agent,
                &policy,
                at(2),
            );
            assert_eq!(r.steps_done.len(), resolved_done);
            r.set_status(
                Status::Closed,
                StatusChange::default(),
                Role::Customer,
                &policy,
                at(3),
            );
            assert_eq!(r.steps_done.len(), plan.keys().len());
            assert_eq!((r.outcome, r.waiting_on), (Some(Outcome::Done), None));
            r.set_status(
                Status::Open,
                StatusChange::default(),
                Role::Customer,
                &policy,
                at(4),
            );
            assert_eq!((r.steps_done.len(), r.step), (open_done, plan.first_open()));
            assert_eq!((r.outcome, r.resolved_at, r.closed_at), (None, None, None));
        }
    }

    #[test]
    fn every_entry_is_later_than_the_one_before_and_only_public_ones_are_a_change() {
        let mut r = fresh(StepPlan::Four);
        let version = r.version;
        let one = r.entry(at(5), true, Role::Agent, Happening::Edited);
        let two = r.entry(at(5), false, Role::Agent, Happening::Edited);
        let three = r.entry(at(1), true, Role::Agent, Happening::Edited);
        assert!(one.at < two.at && two.at < three.at);
        assert_eq!((r.version, r.updated_at), (version + 2, three.at));
    }
}
