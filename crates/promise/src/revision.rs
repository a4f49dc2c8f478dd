//! Which date holds after a calendar has changed.

use crate::clock::Due;

/// How a promise comes out of a change of its calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision {
    /// The same date.
    Same,
    /// The calendar now gives a later date; the promised one is kept all the same.
    Kept,
    /// The calendar now gives an earlier date, which holds.
    Earlier,
    /// The promised date was provisional and the calendar, known now, gives a later one, which holds and shows its
    /// reason ([`crate::Calendar::changes`]).
    Later,
}

/// Which of two dates holds: what was promised, and what the changed calendar gives for the same promise. A change never
/// takes from the customer what was promised, unless that was called provisional.
#[must_use]
pub fn revise(promised: Due, computed: Due) -> (Due, Revision) {
    if computed.at == promised.at {
        (computed, Revision::Same)
    } else if computed.at < promised.at {
        (computed, Revision::Earlier)
    } else if promised.provisional {
        (computed, Revision::Later)
    } else {
        (promised, Revision::Kept)
    }
}
