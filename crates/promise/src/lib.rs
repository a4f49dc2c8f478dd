//! Working calendars, and how long a promise takes on them.
//!
//! A [`Calendar`] knows which days and hours are worked in one zone, and for which dates that is really known. A
//! [`Clock`] counts a [`Goal`] on it from an instant, without [`Pauses`] and with a [`Move`], and [`Clock::count`] says
//! when the time is up and which days counted. When a calendar changes, [`revise`] says which date holds.
//!
//! Nothing here reads a clock or a file. All instants are UTC; all dates are local to the calendar's zone.
//! `docs/calendars.md` states the conventions.

mod builtin;
mod calendar;
mod clock;
mod error;
mod hours;
mod icalendar;
mod json;
mod name;
mod pauses;
mod revision;
mod zone;

pub use calendar::{Calendar, Change, DayKind};
pub use clock::{Clock, Counted, Day, Due, Goal, Move, Reason, TooFar};
pub use error::{Error, Place, Problem};
pub use hours::Hours;
pub use name::Name;
pub use pauses::Pauses;
pub use revision::{Revision, revise};
