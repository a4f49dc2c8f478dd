//! The times during which a clock stands still.

use chrono::{DateTime, TimeDelta, Utc};

/// When a clock stood still: intervals in order that neither touch nor overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses(Vec<(DateTime<Utc>, DateTime<Utc>)>);

impl Pauses {
    /// From intervals `[from, to)` in any order. Those that overlap are one; one that ends before it begins, as a clock
    /// that was put back records it, is none. A pause that still lasts is given the end that is expected, or else the
    /// present, which gives the earliest date that is possible.
    #[must_use]
    pub fn new(intervals: impl IntoIterator<Item = (DateTime<Utc>, DateTime<Utc>)>) -> Self {
        let mut intervals: Vec<_> = intervals
            .into_iter()
            .filter(|(from, to)| from < to)
            .collect();
        intervals.sort_unstable();
        let mut joined: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::with_capacity(intervals.len());
        for (from, to) in intervals {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        Self(joined)
    }

    /// Whether the clock never stood still.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the clock stands still just before an instant.
    pub(crate) fn stand_before(&self, at: DateTime<Utc>) -> bool {
        self.0.iter().any(|(from, to)| *from < at && at <= *to)
    }

    /// The parts of `[from, to)` that are paused.
    pub(crate) fn within(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        self.0
            .iter()
            .map(move |(begin, end)| (from.max(*begin), to.min(*end)))
            .filter(|(begin, end)| begin < end)
    }

    /// The parts of `[from, to)` in which the clock runs.
    pub(crate) fn running(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut begin = from;
        let mut parts = Vec::new();
        for (paused, resumed) in self.within(from, to) {
            parts.push((begin, paused));
            begin = resumed;
        }
        parts.push((begin, to));
        parts.retain(|(begin, end)| begin < end);
        parts
    }

    /// How much of `[from, to)` is paused.
    pub(crate) fn length_within(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        self.within(from, to).map(|(begin, end)| end - begin).sum()
    }
}
