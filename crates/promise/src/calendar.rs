//! Which days and hours are worked.

use crate::{error::Error, hours::Hours, icalendar, json, name::Name, zone};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use std::{collections::BTreeMap, ops::RangeInclusive};

/// A working calendar: the hours of each weekday, the dates that differ from them, and the range of dates for which
/// that is really known. Outside the range it answers by the week alone, and what is counted there is provisional.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    pub(crate) id: String,
    pub(crate) name: Name,
    pub(crate) zone: Tz,
    pub(crate) known: RangeInclusive<NaiveDate>,
    /// Monday first; at least one day has hours.
    pub(crate) week: [Hours; 7],
    /// Within `known`.
    pub(crate) listed: BTreeMap<NaiveDate, Listed>,
}

/// A date that differs from its weekday, or has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: Option<Name>,
    /// None on a day off.
    pub(crate) hours: Hours,
}

/// What kind of day a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// Worked, as every week.
    Worked,
    /// Worked, though its weekday is not: the make-up days of China and Taiwan.
    MakeUp,
    /// Worked at other hours than its weekday, such as a half day on Christmas Eve. It counts as a whole day.
    OwnHours,
    /// Not worked in any week.
    Weekend,
    /// A holiday.
    Off,
}

impl DayKind {
    /// Whether such a day is worked.
    #[must_use]
    pub fn is_worked(self) -> bool {
        matches!(self, Self::Worked | Self::MakeUp | Self::OwnHours)
    }
}

/// A date that two calendars see differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// The date.
    pub date: NaiveDate,
    /// What it was.
    pub was: DayKind,
    /// What it is now.
    pub is: DayKind,
    /// What it is called now.
    pub name: Option<&'a Name>,
}

impl Calendar {
    /// Reads a calendar file in Portico's JSON form (`docs/calendars.md`). `id` is what the calendar is called in
    /// policies and promises.
    ///
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn from_json(id: &str, text: &str) -> Result<Self, Error> {
        json::read(id, text)
    }

    /// Reads an iCalendar file (RFC 5545): events are days off, a VAVAILABILITY (RFC 7953) has the weekly hours.
    ///
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn from_icalendar(id: &str, text: &str) -> Result<Self, Error> {
        icalendar::read(id, text)
    }

    /// Reads a calendar file of either kind, told apart by how it begins.
    ///
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn from_file(id: &str, text: &str) -> Result<Self, Error> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim_start().starts_with('{') {
            Self::from_json(id, text)
        } else {
            Self::from_icalendar(id, text)
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Its zone, in which its days begin and end.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The dates for which it is really known.
    #[must_use]
    pub fn known(&self) -> &RangeInclusive<NaiveDate> {
        &self.known
    }

    /// What kind of day a date is, and its name if it has one.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> (DayKind, Option<&Name>) {
        let usual = self.usual(date);
        let Some(listed) = self.listed.get(&date) else {
            let kind = if usual.is_empty() {
                DayKind::Weekend
            } else {
                DayKind::Worked
            };
            return (kind, None);
        };
        let kind = if listed.hours.is_empty() {
            DayKind::Off
        } else if usual.is_empty() {
            DayKind::MakeUp
        } else if listed.hours == *usual {
            DayKind::Worked
        } else {
            DayKind::OwnHours
        };
        (kind, listed.name.as_ref())
    }

    /// The first instant of a date: local midnight, or where the clock skips midnight the instant of the jump.
    #[must_use]
    pub fn start_of(&self, date: NaiveDate) -> DateTime<Utc> {
        zone::day_start(self.zone, date)
    }

    /// The local date of an instant.
    #[must_use]
    pub fn date_of(&self, at: DateTime<Utc>) -> NaiveDate {
        zone::day_of(self.zone, at)
    }

    /// The instant at which a clock on the wall shows this; the first if it does twice. A time that it skips is taken as
    /// the instant of the jump.
    #[must_use]
    pub fn instant_of(&self, local: NaiveDateTime) -> DateTime<Utc> {
        zone::instant_of(self.zone, local)
    }

    /// The same calendar with these hours on every day that is worked, make-up days and half days included. Hours
    /// without a span leave it as it is.
    #[must_use]
    pub fn with_hours(&self, hours: &Hours) -> Self {
        let mut calendar = self.clone();
        let listed = calendar.listed.values_mut().map(|listed| &mut listed.hours);
        for worked in calendar.week.iter_mut().chain(listed) {
            if !worked.is_empty() && !hours.is_empty() {
                worked.clone_from(hours);
            }
        }
        calendar
    }

    /// The dates of a range on which a newer calendar differs in what is worked, as the reason of a moved deadline.
    pub fn changes<'a>(
        &'a self,
        newer: &'a Self,
        range: RangeInclusive<NaiveDate>,
    ) -> impl Iterator<Item = Change<'a>> {
        let (first, last) = range.into_inner();
        let dates = first.iter_days().take_while(move |date| *date <= last);
        dates
            .filter(|date| self.hours(*date) != newer.hours(*date))
            .map(|date| {
                let (is, name) = newer.day(date);
                let (was, _) = self.day(date);
                Change {
                    date,
                    was,
                    is,
                    name,
                }
            })
    }

    /// When a date is worked, in order.
    pub(crate) fn worked(&self, date: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let Some(next) = date.succ_opt() else {
            return Vec::new();
        };
        // Where the clock is put back within the hours, what comes twice is worked twice.
        zone::pieces(self.zone, self.start_of(date), self.start_of(next))
            .flat_map(|(from, to)| {
                let offset = self.zone.offset_from_utc_datetime(&from.naive_utc()).fix();
                self.hours(date).on(date).map(move |(open, close)| {
                    let utc = |local: NaiveDateTime| (local - offset).and_utc();
                    (utc(open).max(from), utc(close).min(to))
                })
            })
            .filter(|(from, to)| from < to)
            .collect()
    }

    pub(crate) fn hours(&self, date: NaiveDate) -> &Hours {
        self.listed
            .get(&date)
            .map_or(self.usual(date), |listed| &listed.hours)
    }

    fn usual(&self, date: NaiveDate) -> &Hours {
        // The array has a place for every weekday.
        &self.week[date.weekday().num_days_from_monday() as usize]
    }
}

/// The hours of a make-up day that names none: those of the first weekday that has any.
pub(crate) fn first_hours(week: &[Hours; 7]) -> Option<&Hours> {
    week.iter().find(|hours| !hours.is_empty())
}
