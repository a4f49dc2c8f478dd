//! What happens to a request: status, steps and entries change together, here and nowhere else.

use crate::{
    catalogue::StepPlan,
    store::records::{Happening, NewEntry, RequestRecord},
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    lifecycle::Situation,
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
    pub fn situation(&self, reopen_days: u32, now: Instant) -> Situation {
        Situation {
            status: self.status,
            resolved_at: self.resolved_at,
            closed_at: self.closed_at,
            reopen_window: TimeDelta::days(i64::from(reopen_days)),
            now,
        }
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

    /// Changes the status, with the steps and times that go with it, and returns the entry that tells of it.
    pub fn set_status(
        &mut self,
        to: Status,
        change: StatusChange,
        role: Role,
        now: Instant,
    ) -> NewEntry {
        let from = self.status;
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
                for &key in self.steps.keys() {
                    self.steps_done.entry(key).or_insert(now);
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
        self.entry(now, true, role, what)
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
            handler: None,
            steps,
            step: steps.first_open(),
            steps_done: Default::default(),
            follow_up_of: None,
            consents: Default::default(),
            created_at: now,
            updated_at: now,
            resolved_at: None,
            closed_at: None,
            last_entry_at: now,
            seen_at: now,
            version: 1,
            query_hash: None,
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
        for (plan, open_done, resolved_done) in [(StepPlan::Four, 1, 3), (StepPlan::Seven, 2, 5)] {
            let mut r = fresh(plan);
            assert_eq!(r.steps_done.len(), open_done);
            r.set_status(Status::Open, StatusChange::default(), Role::Agent, at(1));
            assert_eq!(r.steps_done.len(), open_done);
            r.set_status(
                Status::Resolved,
                StatusChange::default(),
                Role::Agent,
                at(2),
            );
            assert_eq!(r.steps_done.len(), resolved_done);
            r.set_status(
                Status::Closed,
                StatusChange::default(),
                Role::Customer,
                at(3),
            );
            assert_eq!(r.steps_done.len(), plan.keys().len());
            assert_eq!((r.outcome, r.waiting_on), (Some(Outcome::Done), None));
            r.set_status(Status::Open, StatusChange::default(), Role::Customer, at(4));
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
