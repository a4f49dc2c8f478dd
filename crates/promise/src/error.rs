//! What can be wrong with a calendar file, and where.

use chrono::NaiveDate;
use std::fmt;

/// A calendar file that cannot be used. Shown, it is a sentence that begins with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Error {
    /// Where it is wrong.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
}

/// A place in a calendar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A JSON pointer (RFC 6901); empty for the whole file.
    Pointer(String),
    /// A line, the first being 1.
    Line(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pointer(pointer) if pointer.is_empty() => f.write_str("the file"),
            Self::Pointer(pointer) => f.write_str(pointer),
            Self::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// What is wrong with a calendar file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not JSON, or not of the file's shape.
    #[error("{0}")]
    Shape(String),
    /// Not in the IANA data.
    #[error("{0:?} is no IANA time zone such as Asia/Shanghai")]
    UnknownZone(String),
    /// An iCalendar file that says nowhere in which zone it is.
    #[error("the file names no time zone: add X-WR-TIMEZONE to the VCALENDAR")]
    NoZone,
    /// Not `YYYY-MM-DD`, or no day of any month.
    #[error("{0:?} is no date such as 2026-02-14")]
    NotADate(String),
    /// Not `HH:MM` from 00:00 to 24:00.
    #[error("{0:?} is no time such as 09:00 (24:00 is the end of the day)")]
    NotATime(String),
    /// Hours that end when they begin or before.
    #[error(
        "the hours {from}-{to} end before they begin; a night is two spans, one to 24:00 and one from 00:00"
    )]
    HoursReversed {
        /// Beginning.
        from: String,
        /// End.
        to: String,
    },
    /// Two spans of one day that share a time.
    #[error("the hours {first} and {second} overlap")]
    HoursOverlap {
        /// The earlier span.
        first: String,
        /// The later one.
        second: String,
    },
    /// A working day without hours.
    #[error("a working day needs hours; a day that is not worked is a day off")]
    NoHours,
    /// No weekday with hours: nothing would ever be due.
    #[error("no day of the week has hours")]
    NothingWorked,
    /// A range that ends before it starts.
    #[error("it ends on {to}, before it starts on {from}")]
    RangeReversed {
        /// Start.
        from: NaiveDate,
        /// End.
        to: NaiveDate,
    },
    /// A range of more than ten years, which is surely a slip.
    #[error("it goes on for more than ten years")]
    RangeTooLong,
    /// A listed day that the known range leaves out.
    #[error("{0} is outside the known range")]
    OutsideKnown(NaiveDate),
    /// A day listed twice.
    #[error("{0} is listed already")]
    ListedTwice(NaiveDate),
    /// An iCalendar file with neither a dated event nor the range of its hours.
    #[error(
        "the file does not say which dates it knows: it needs a dated event, or a VAVAILABILITY with DTSTART and DTEND"
    )]
    NothingKnown,
    /// Not a content line of RFC 5545.
    #[error("this is no iCalendar line: a name, a colon and a value are expected")]
    NotALine,
    /// `END` without its `BEGIN`, or the reverse.
    #[error("BEGIN and END do not match: {0}")]
    Unbalanced(String),
    /// A property that the component needs.
    #[error("{component} has no {property}")]
    Missing {
        /// The component.
        component: String,
        /// The property.
        property: &'static str,
    },
    /// Something valid that is not understood, and would change dates if it were ignored.
    #[error("{0} is not understood here; write the dates out instead")]
    NotUnderstood(String),
}

impl Problem {
    pub(crate) fn at(self, place: Place) -> Error {
        Error {
            place,
            problem: self,
        }
    }

    pub(crate) fn at_pointer(self, pointer: impl Into<String>) -> Error {
        self.at(Place::Pointer(pointer.into()))
    }

    pub(crate) fn at_line(self, line: usize) -> Error {
        self.at(Place::Line(line))
    }
}
