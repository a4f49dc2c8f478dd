//! The life of a request: what its customer may do in which state, and why not otherwise. The server decides
//! with it, the portal shows what the server decided.

use crate::{
    Instant,
    request::{Action, ActionState, Refusal, Status, StepKey, StepState, WaitingOn},
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// What a company sets about the life of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long after its end it can be reopened.
    pub reopen_window: TimeDelta,
    /// How long the desk may be silent before the customer can ask where it is, and how far apart they can ask.
    pub chase_gap: TimeDelta,
    /// How often the customer can ask before the desk has said something.
    pub chase_limit: u32,
    /// How many levels there are to escalate to.
    pub escalation_levels: u32,
    /// How long after its end a second review can be asked for; `None`: the company has none.
    pub review_window: Option<TimeDelta>,
    /// How many may follow.
    pub follow_limit: u32,
}

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// Where the request stands.
    pub status: Status,
    /// Whose turn it is.
    pub waiting_on: Option<WaitingOn>,
    /// When the desk said that it is done, the last time.
    pub resolved_at: Option<Instant>,
    /// When it was finished, the last time.
    pub closed_at: Option<Instant>,
    /// A proposal waits for an answer.
    pub proposed: bool,
    /// Since when the desk has said nothing: its last word, or the receipt.
    pub quiet_since: Instant,
    /// When a promise became late that is owed still.
    pub late_since: Option<Instant>,
    /// How often the customer asked since then where it is.
    pub chases: u32,
    /// When they asked last.
    pub chased_at: Option<Instant>,
    /// The level it was escalated to; 0: none.
    pub escalation: u32,
    /// When a second review was asked for.
    pub reviewed_at: Option<Instant>,
    /// How many follow it.
    pub followers: u32,
    /// It is looked at for somebody who follows it.
    pub following: bool,
    /// What the company has set.
    pub rules: Rules,
    /// Business time.
    pub now: Instant,
}

impl Situation {
    fn ended_at(&self) -> Option<Instant> {
        self.closed_at.or(self.resolved_at)
    }

    /// Until when the request can be reopened; `None` while it has not ended.
    #[must_use]
    pub fn reopen_until(&self) -> Option<Instant> {
        self.ended_at()?.plus(self.rules.reopen_window)
    }

    /// Until when a second review can be asked for; `None` while it has not ended, or where there is none.
    #[must_use]
    pub fn review_until(&self) -> Option<Instant> {
        self.ended_at()?.plus(self.rules.review_window?)
    }

    /// From when the customer can ask where it is: when the desk has been silent for long, or a promise is late; and
    /// not sooner than the gap after they asked last.
    #[must_use]
    pub fn chase_from(&self) -> Instant {
        let after = |at: Instant| at.plus(self.rules.chase_gap).unwrap_or(at);
        let silent = after(self.quiet_since);
        let from = self.late_since.map_or(silent, |late| late.min(silent));
        self.chased_until().map_or(from, |until| from.max(until))
    }

    /// Until when the customer's last asking is not long ago.
    fn chased_until(&self) -> Option<Instant> {
        self.chased_at?.plus(self.rules.chase_gap)
    }

    /// Whether `action` is possible now.
    ///
    /// # Errors
    /// The reason why it is not.
    pub fn check(&self, action: Action) -> Result<(), Refusal> {
        use Status::{Closed, New, Open, Pending, Queued, Resolved};
        if self.following {
            // To stop following is always possible.
            let stops = action == Action::Follow;
            return stops.then_some(()).ok_or(Refusal::Following);
        }
        match (action, self.status) {
            (_, Queued) => Err(Refusal::Queued),
            (Action::Reopen, Resolved | Closed) => {
                self.within(self.reopen_until(), Refusal::WindowOver)
            }
            (Action::Review, _) if self.reviewed_at.is_some() => Err(Refusal::Reviewed),
            (Action::Review, Resolved | Closed) => {
                self.within(self.review_until(), Refusal::ReviewOver)
            }
            (_, Closed) => Err(Refusal::AlreadyClosed),
            (Action::Follow, _) if self.followers >= self.rules.follow_limit => {
                Err(Refusal::FollowersFull)
            }
            (Action::AcceptProposal | Action::DeclineProposal, New | Open | Pending) => {
                self.proposed.then_some(()).ok_or(Refusal::NoProposal)
            }
            (Action::Chase, New | Open | Pending) => self.check_chase(),
            (Action::Escalate, _) if self.escalation >= self.rules.escalation_levels => {
                Err(Refusal::TopReached)
            }
            (Action::Confirm, Resolved)
            | (Action::Reply | Action::Attach | Action::Escalate | Action::Follow, _)
            | (Action::Withdraw, New | Open | Pending)
            | (Action::Edit, New) => Ok(()),
            (Action::Edit, Open | Pending) => Err(Refusal::NotNew),
            (Action::Confirm | Action::Reopen | Action::Review, _) => Err(Refusal::NotResolved),
            _ => Err(Refusal::AlreadyResolved),
        }
    }

    fn within(&self, until: Option<Instant>, over: Refusal) -> Result<(), Refusal> {
        match until {
            Some(until) if self.now < until => Ok(()),
            _ => Err(over),
        }
    }

    fn check_chase(&self) -> Result<(), Refusal> {
        if self.waiting_on == Some(WaitingOn::Customer) {
            Err(Refusal::YourTurn)
        } else if self.chases >= self.rules.chase_limit {
            Err(Refusal::LimitReached)
        } else if self.now < self.chase_from() {
            let asked = self.chased_until().is_some_and(|until| self.now < until);
            Err(if asked {
                Refusal::AskedLately
            } else {
                Refusal::TooSoon
            })
        } else {
            Ok(())
        }
    }

    /// Whether it exists here: what a company does not offer is absent, not refused.
    #[must_use]
    pub fn exists(&self, action: Action) -> bool {
        match action {
            Action::Review => self.rules.review_window.is_some(),
            Action::Escalate => self.rules.escalation_levels > 0,
            Action::Chase => self.rules.chase_limit > 0,
            Action::Follow => self.rules.follow_limit > 0,
            Action::Unknown => false,
            _ => true,
        }
    }

    /// Every action that exists, with its state.
    #[must_use]
    pub fn actions(&self) -> BTreeMap<Action, ActionState> {
        let state = |action| {
            let reason = self.check(action).err();
            let until = match action {
                Action::Reopen => self.reopen_until(),
                Action::Review => self.review_until(),
                _ => None,
            };
            let later = matches!(reason, Some(Refusal::TooSoon | Refusal::AskedLately));
            let next_at = later.then(|| self.chase_from());
            ActionState {
                allowed: reason.is_none(),
                reason,
                until: until.filter(|_| reason.is_none()),
                next_at,
            }
        };
        Action::ALL
            .iter()
            .filter(|&&action| self.exists(action))
            .map(|&action| (action, state(action)))
            .collect()
    }
}

/// The four steps of a request.
pub const FOUR_STEPS: &[StepKey] = &[
    StepKey::Accepted,
    StepKey::Assessed,
    StepKey::Handled,
    StepKey::Answered,
];

/// The seven steps of a request.
pub const SEVEN_STEPS: &[StepKey] = &[
    StepKey::Requested,
    StepKey::Registered,
    StepKey::Analysed,
    StepKey::SolutionProposed,
    StepKey::CarriedOut,
    StepKey::Feedback,
    StepKey::Closed,
];

/// Where each of `steps` stands when the request has come to `current`, or is `finished` as a whole.
#[must_use]
pub fn step_states(
    steps: &'static [StepKey],
    current: StepKey,
    finished: bool,
) -> Vec<(StepKey, StepState)> {
    let at = steps.iter().position(|&s| s == current).unwrap_or(0);
    steps
        .iter()
        .enumerate()
        .map(|(i, &key)| {
            let state = match i.cmp(&at) {
                std::cmp::Ordering::Less => StepState::Done,
                _ if finished => StepState::Done,
                std::cmp::Ordering::Equal => StepState::Current,
                std::cmp::Ordering::Greater => StepState::Next,
            };
            (key, state)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Refusal::*;

    fn at(hour: i64) -> Instant {
        Instant::from(chrono::DateTime::UNIX_EPOCH + TimeDelta::hours(hour))
    }

    /// Received at hour 0, ended at hour 100 if it has, looked at at hour `now`.
    fn situation(status: Status, now: i64) -> Situation {
        let ended = matches!(status, Status::Resolved | Status::Closed).then(|| at(100));
        Situation {
            status,
            waiting_on: Some(WaitingOn::Provider),
            resolved_at: ended,
            closed_at: ended.filter(|_| status == Status::Closed),
            proposed: false,
            quiet_since: at(0),
            late_since: None,
            chases: 0,
            chased_at: None,
            escalation: 0,
            reviewed_at: None,
            followers: 0,
            following: false,
            rules: Rules {
                reopen_window: TimeDelta::days(14),
                chase_gap: TimeDelta::hours(24),
                chase_limit: 3,
                escalation_levels: 2,
                review_window: Some(TimeDelta::days(30)),
                follow_limit: 10,
            },
            now: at(now),
        }
    }

    #[test]
    fn who_follows_can_stop_and_nothing_else_in_every_status() {
        for &status in Status::ALL {
            for &action in Action::ALL {
                let follower = Situation {
                    following: true,
                    ..situation(status, 0)
                };
                let expected = (action != Action::Follow).then_some(Following);
                assert_eq!(follower.check(action).err(), expected, "{action} {status}");
            }
        }
    }

    /// Every action in every status: `None` is allowed.
    #[test]
    fn every_transition_allowed_and_refused() {
        use Status::{Closed, New, Open, Pending, Queued, Resolved};
        let statuses = [Queued, New, Open, Pending, Resolved, Closed];
        let q = Some(Refusal::Queued);
        let resolved = Some(AlreadyResolved);
        let closed = Some(AlreadyClosed);
        let table: [(Action, [Option<Refusal>; 6]); 12] = [
            (Action::Reply, [q, None, None, None, None, closed]),
            (Action::Attach, [q, None, None, None, None, closed]),
            (
                Action::Confirm,
                [
                    q,
                    Some(NotResolved),
                    Some(NotResolved),
                    Some(NotResolved),
                    None,
                    closed,
                ],
            ),
            (
                Action::Reopen,
                [
                    q,
                    Some(NotResolved),
                    Some(NotResolved),
                    Some(NotResolved),
                    None,
                    None,
                ],
            ),
            (Action::Withdraw, [q, None, None, None, resolved, closed]),
            (
                Action::AcceptProposal,
                [
                    q,
                    Some(NoProposal),
                    Some(NoProposal),
                    Some(NoProposal),
                    resolved,
                    closed,
                ],
            ),
            (
                Action::DeclineProposal,
                [
                    q,
                    Some(NoProposal),
                    Some(NoProposal),
                    Some(NoProposal),
                    resolved,
                    closed,
                ],
            ),
            (Action::Chase, [q, None, None, None, resolved, closed]),
            (Action::Escalate, [q, None, None, None, None, closed]),
            (
                Action::Review,
                [
                    q,
                    Some(NotResolved),
                    Some(NotResolved),
                    Some(NotResolved),
                    None,
                    None,
                ],
            ),
            (Action::Follow, [q, None, None, None, None, closed]),
            (
                Action::Edit,
                [q, None, Some(NotNew), Some(NotNew), resolved, closed],
            ),
        ];
        assert_eq!(table.map(|row| row.0).as_slice(), Action::ALL);
        for (action, row) in table {
            for (status, expected) in statuses.into_iter().zip(row) {
                let situation = situation(status, 101);
                assert_eq!(
                    situation.check(action).err(),
                    expected,
                    "{action} when {status}"
                );
                let shown = &situation.actions()[&action];
                assert_eq!(
                    (shown.allowed, shown.reason),
                    (expected.is_none(), expected)
                );
            }
        }
    }

    #[test]
    fn the_windows_for_reopening_and_for_a_review_end() {
        for (now, reopen, review) in [
            (100 + 14 * 24 - 1, Ok(()), Ok(())),
            (100 + 14 * 24, Err(WindowOver), Ok(())),
            (100 + 30 * 24, Err(WindowOver), Err(ReviewOver)),
        ] {
            let s = situation(Status::Closed, now);
            assert_eq!(
                (s.check(Action::Reopen), s.check(Action::Review)),
                (reopen, review)
            );
            assert_eq!(s.check(Action::Reply), Err(AlreadyClosed));
        }
        let s = situation(Status::Closed, 101);
        assert_eq!(s.actions()[&Action::Reopen].until, Some(at(100 + 14 * 24)));
        assert_eq!(s.actions()[&Action::Review].until, Some(at(100 + 30 * 24)));
        let s = Situation {
            reviewed_at: Some(at(1)),
            ..s
        };
        assert_eq!(s.check(Action::Review), Err(Reviewed));
    }

    #[test]
    fn chasing_has_a_gap_and_a_limit() {
        let mut s = situation(Status::Open, 23);
        assert_eq!(s.check(Action::Chase), Err(TooSoon));
        assert_eq!(s.actions()[&Action::Chase].next_at, Some(at(24)));
        // What is late may be asked about at once.
        s.late_since = Some(at(22));
        assert_eq!(s.check(Action::Chase), Ok(()));
        (s.chased_at, s.chases) = (Some(at(23)), 1);
        assert_eq!(s.check(Action::Chase), Err(AskedLately));
        assert_eq!(s.actions()[&Action::Chase].next_at, Some(at(47)));
        (s.now, s.chases) = (at(47), 2);
        assert_eq!(s.check(Action::Chase), Ok(()));
        s.chases = 3;
        assert_eq!(s.check(Action::Chase), Err(LimitReached));
        s.waiting_on = Some(WaitingOn::Customer);
        assert_eq!(s.check(Action::Chase), Err(YourTurn));
    }

    #[test]
    fn a_proposal_is_answered_and_escalating_ends_at_the_top() {
        let s = Situation {
            proposed: true,
            ..situation(Status::Pending, 1)
        };
        assert_eq!(s.check(Action::AcceptProposal), Ok(()));
        assert_eq!(s.check(Action::DeclineProposal), Ok(()));
        assert_eq!(
            Situation { escalation: 1, ..s }.check(Action::Escalate),
            Ok(())
        );
        assert_eq!(
            Situation { escalation: 2, ..s }.check(Action::Escalate),
            Err(TopReached)
        );
    }

    #[test]
    fn as_many_follow_as_may() {
        let s = Situation {
            followers: 9,
            ..situation(Status::Resolved, 101)
        };
        assert_eq!(s.check(Action::Follow), Ok(()));
        let full = Situation { followers: 10, ..s };
        assert_eq!(full.check(Action::Follow), Err(FollowersFull));
        // Who follows can stop.
        let follower = Situation {
            following: true,
            ..full
        };
        assert_eq!(follower.check(Action::Follow), Ok(()));
    }

    #[test]
    fn what_a_company_does_not_offer_is_absent() {
        let mut s = situation(Status::Open, 1);
        s.rules = Rules {
            chase_limit: 0,
            escalation_levels: 0,
            review_window: None,
            follow_limit: 0,
            ..s.rules
        };
        let actions = s.actions();
        for action in [
            Action::Chase,
            Action::Escalate,
            Action::Review,
            Action::Follow,
        ] {
            assert!(!actions.contains_key(&action), "{action}");
        }
        assert_eq!(actions.len(), 8);
    }

    #[test]
    fn steps_are_done_now_and_next() {
        use StepState::{Current, Done, Next};
        let states: Vec<_> = step_states(FOUR_STEPS, StepKey::Handled, false)
            .into_iter()
            .map(|s| s.1)
            .collect();
        assert_eq!(states, [Done, Done, Current, Next]);
        assert!(
            step_states(SEVEN_STEPS, StepKey::Analysed, true)
                .iter()
                .all(|s| s.1 == Done)
        );
    }
}
