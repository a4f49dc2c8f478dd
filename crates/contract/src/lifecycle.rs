//! The life of a request: what its customer may do in which state, and why not otherwise. The server decides
//! with it, the portal shows what the server decided.

use crate::{
    Instant,
    request::{Action, ActionState, Refusal, Status, StepKey, StepState},
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// Where the request stands.
    pub status: Status,
    /// When the desk said that it is done, the last time.
    pub resolved_at: Option<Instant>,
    /// When it was finished, the last time.
    pub closed_at: Option<Instant>,
    /// How long after its end it can be reopened.
    pub reopen_window: TimeDelta,
    /// Business time.
    pub now: Instant,
}

/// The actions that exist on a request of the embedded desk.
pub const ACTIONS: [Action; 6] = [
    Action::Reply,
    Action::Attach,
    Action::Confirm,
    Action::Reopen,
    Action::Withdraw,
    Action::Edit,
];

impl Situation {
    /// Until when the request can be reopened; `None` while it has not ended.
    #[must_use]
    pub fn reopen_until(&self) -> Option<Instant> {
        self.closed_at
            .or(self.resolved_at)?
            .plus(self.reopen_window)
    }

    /// Whether `action` is possible now.
    ///
    /// # Errors
    /// The reason why it is not.
    pub fn check(&self, action: Action) -> Result<(), Refusal> {
        use Status::{Closed, New, Open, Pending, Queued, Resolved};
        match (action, self.status) {
            (_, Queued) => Err(Refusal::Queued),
            (Action::Reopen, Resolved | Closed) => match self.reopen_until() {
                Some(until) if self.now < until => Ok(()),
                _ => Err(Refusal::WindowOver),
            },
            (_, Closed) => Err(Refusal::AlreadyClosed),
            (Action::Confirm, Resolved)
            | (Action::Reply | Action::Attach, _)
            | (Action::Withdraw, New | Open | Pending)
            | (Action::Edit, New) => Ok(()),
            (Action::Withdraw | Action::Edit, Resolved) => Err(Refusal::AlreadyResolved),
            (Action::Edit, _) => Err(Refusal::NotNew),
            _ => Err(Refusal::NotResolved),
        }
    }

    /// Every action that exists, with its state.
    #[must_use]
    pub fn actions(&self) -> BTreeMap<Action, ActionState> {
        ACTIONS
            .iter()
            .map(|&action| {
                let reason = self.check(action).err();
                let until = if action == Action::Reopen && reason.is_none() {
                    self.reopen_until()
                } else {
                    None
                };
                (
                    action,
                    ActionState {
                        allowed: reason.is_none(),
                        reason,
                        until,
                        next_at: None,
                    },
                )
            })
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

    fn at(day: i64) -> Instant {
        Instant::from(chrono::DateTime::UNIX_EPOCH + TimeDelta::days(day))
    }

    fn situation(status: Status, now: i64) -> Situation {
        let ended = matches!(status, Status::Resolved | Status::Closed).then(|| at(100));
        Situation {
            status,
            resolved_at: ended,
            closed_at: ended.filter(|_| status == Status::Closed),
            reopen_window: TimeDelta::days(14),
            now: at(now),
        }
    }

    #[test]
    fn open_allows_neither_confirm_nor_reopen_and_resolved_allows_both() {
        for status in [Status::New, Status::Open, Status::Pending] {
            let s = situation(status, 101);
            assert_eq!(s.check(Action::Confirm), Err(Refusal::NotResolved));
            assert_eq!(s.check(Action::Reopen), Err(Refusal::NotResolved));
            assert_eq!(s.check(Action::Withdraw), Ok(()));
        }
        let s = situation(Status::Resolved, 101);
        assert_eq!(s.check(Action::Confirm), Ok(()));
        assert_eq!(s.actions()[&Action::Reopen].until, Some(at(114)));
        assert_eq!(s.check(Action::Withdraw), Err(Refusal::AlreadyResolved));
    }

    #[test]
    fn the_window_for_reopening_ends() {
        assert_eq!(situation(Status::Closed, 113).check(Action::Reopen), Ok(()));
        assert_eq!(
            situation(Status::Closed, 114).check(Action::Reopen),
            Err(Refusal::WindowOver)
        );
        assert_eq!(
            situation(Status::Closed, 113).check(Action::Reply),
            Err(Refusal::AlreadyClosed)
        );
    }

    #[test]
    fn editing_ends_when_somebody_begins() {
        assert_eq!(situation(Status::New, 1).check(Action::Edit), Ok(()));
        assert_eq!(
            situation(Status::Open, 1).check(Action::Edit),
            Err(Refusal::NotNew)
        );
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
