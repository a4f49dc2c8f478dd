//! What the calendars and clocks promise, from the outside.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod cases;
mod clocks;
mod files;
mod properties;
mod revisions;

use chrono::{DateTime, NaiveDate, Utc};
use portico_promise::{Calendar, Clock, Counted, Goal, Pauses};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect(text).to_utc()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

fn built_in(id: &str) -> Calendar {
    Calendar::built_in(id).expect(id)
}

fn days(count: u32) -> Goal {
    Goal::WorkingDays {
        days: count,
        cutoff: None,
    }
}

/// Counts from an instant, without a move.
fn count<'a>(
    calendar: &'a Calendar,
    goal: Goal,
    start: DateTime<Utc>,
    pauses: &'a Pauses,
) -> Counted<'a> {
    let clock = Clock {
        calendar,
        goal,
        start,
        pauses,
        moved: None,
    };
    clock.count().expect("within a hundred years")
}
