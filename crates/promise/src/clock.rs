//! From receipt to deadline.

use crate::{
    calendar::{Calendar, DayKind},
    name::Name,
    pauses::Pauses,
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Within so many days of its start every promise ends, and every count here. A hundred years.
const REACH_DAYS: i64 = 36_525;

/// How much time is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Minutes by the clock on the wall, nights and holidays included.
    Minutes(u32),
    /// Minutes of the calendar's hours: those where the local date is worked and the local time is in `[open, close)`.
    WorkingMinutes(u32),
    /// Days of the calendar. Day 0 is the local date of receipt and never counts, worked or not, at any hour (the day of
    /// the event is left out: Civil Code of China, article 201; of Taiwan, article 120; Regulation (EEC, Euratom) 1182/71,
    /// article 3). Every later date that is worked counts one, make-up days and half days included; the time is up at the
    /// end of the last one, at 24:00 (Civil Code of China, article 203).
    WorkingDays {
        /// How many; 0 is the end of day 0, wherever it falls.
        days: u32,
        /// With a local time: what is received then or later, or on a day that is not worked, counts as received on the
        /// next working day. Stricter for the customer: a policy has to say that it uses it.
        cutoff: Option<NaiveTime>,
    },
}

/// A deadline that a person has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// When it was moved: pauses from then on count anew.
    pub at: DateTime<Utc>,
    /// The first instant after the time is up.
    pub to: DateTime<Utc>,
}

/// The clock of one promise.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    /// The calendar it counts on. For [`Goal::Minutes`] only its zone matters.
    pub calendar: &'a Calendar,
    /// How much.
    pub goal: Goal,
    /// Since when.
    pub start: DateTime<Utc>,
    /// When it stood still. Paused minutes do not pass; a working day at whose end the clock stands still does not count.
    /// So the deadline is the same however a pause is cut in pieces, and pauses add up.
    pub pauses: &'a Pauses,
    /// The last move: it sets the deadline, and only what is paused after it pushes that on.
    pub moved: Option<Move>,
}

/// When the time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The first instant after it.
    pub at: DateTime<Utc>,
    /// The local date on which it ends; of working days, the last that counts.
    pub date: NaiveDate,
    /// Dates were looked at that the calendar does not really know: it may come out otherwise.
    pub provisional: bool,
}

/// What a clock counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted<'a> {
    /// When the time is up.
    pub due: Due,
    /// The date of receipt, or the one that counts as such after a cutoff.
    pub day_zero: NaiveDate,
    /// Every date from receipt to deadline, in order. None for minutes by the clock on the wall, which need no reason.
    pub days: Vec<Day<'a>>,
}

/// A date between receipt and deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day<'a> {
    /// The date.
    pub date: NaiveDate,
    /// Why it counted or did not.
    pub reason: Reason,
    /// The holiday's name.
    pub name: Option<&'a Name>,
}

impl Day<'_> {
    /// Whether it counted.
    #[must_use]
    pub fn counted(&self) -> bool {
        self.reason.counts()
    }
}

/// Why a date counted, or why it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Counted: worked as every week.
    WorkingDay,
    /// Counted: a make-up day.
    MakeUpDay,
    /// Counted: worked at other hours than usual, such as a half day.
    OwnHours,
    /// Counted by its weekday, though the calendar does not know the date yet.
    Provisional,
    /// Not counted: the day of receipt.
    Received,
    /// Not counted: received at the cutoff or later.
    AfterCutoff,
    /// Not counted: started when the hours of the day were over.
    AfterHours,
    /// Not counted: not worked in any week.
    Weekend,
    /// Not counted: a holiday.
    DayOff,
    /// Not counted: the clock stood still.
    Paused,
    /// Not counted: lies between what was counted and the date that a person set.
    Moved,
}

impl Reason {
    /// Whether a day counts for this reason.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(
            self,
            Self::WorkingDay | Self::MakeUpDay | Self::OwnHours | Self::Provisional
        )
    }
}

/// The time is not up within a hundred years of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time is not up within a hundred years")]
pub struct TooFar;

impl<'a> Clock<'a> {
    /// Counts.
    ///
    /// # Errors
    /// When the time is not up within a hundred years.
    pub fn count(&self) -> Result<Counted<'a>, TooFar> {
        let mut instants = self.moved.iter().flat_map(|moved| [moved.at, moved.to]);
        // Far from the ends of what chrono can express.
        if !(1000..9000).contains(&self.start.year())
            || instants.any(|at| (at - self.start).num_days().abs() >= REACH_DAYS)
        {
            return Err(TooFar);
        }
        let counted = match self.goal {
            Goal::Minutes(minutes) => self.minutes(minutes)?,
            Goal::WorkingMinutes(minutes) => self.working_minutes(minutes)?,
            Goal::WorkingDays { days, cutoff } => self.working_days(days, cutoff)?,
        };
        match self.moved {
            Some(moved) => self.after_move(moved, counted),
            None => Ok(counted),
        }
    }

    fn minutes(&self, minutes: u32) -> Result<Counted<'a>, TooFar> {
        let at = self.run(self.start, TimeDelta::minutes(minutes.into()))?;
        Ok(Counted {
            due: self.due(at, false),
            day_zero: self.calendar.date_of(self.start),
            days: Vec::new(),
        })
    }

    fn working_minutes(&self, minutes: u32) -> Result<Counted<'a>, TooFar> {
        let mut days = Vec::new();
        let at = self.run_hours(self.start, TimeDelta::minutes(minutes.into()), &mut days)?;
        Ok(Counted {
            due: self.due(at, self.unknown(&days)),
            day_zero: self.calendar.date_of(self.start),
            days,
        })
    }

    fn working_days(&self, count: u32, cutoff: Option<NaiveTime>) -> Result<Counted<'a>, TooFar> {
        let mut days = Vec::new();
        let mut day_zero = self.calendar.date_of(self.start);
        if let Some(cutoff) = cutoff {
            let received = self.start.with_timezone(&self.calendar.zone()).time();
            let mut day = self.day(day_zero);
            if day.counted() && received >= cutoff {
                day.reason = Reason::AfterCutoff;
            }
            while !day.counted() {
                days.push(day);
                day_zero = self.next(day_zero)?;
                day = self.day(day_zero);
            }
        }
        days.push(Day {
            reason: Reason::Received,
            ..self.day(day_zero)
        });
        let last = self.run_days(day_zero, count, &mut days)?;
        // What kind of day the day of receipt is matters only where a cutoff asks, or where it is the last.
        let looked_at = usize::from(cutoff.is_none() && count > 0);
        Ok(Counted {
            due: Due {
                at: self.end_of(last)?,
                date: last,
                provisional: self.unknown(&days[looked_at..]),
            },
            day_zero,
            days,
        })
    }

    /// The deadline that a person set, pushed on by what was paused since, in the measure of the goal.
    fn after_move(&self, moved: Move, counted: Counted<'a>) -> Result<Counted<'a>, TooFar> {
        let Counted {
            day_zero, mut days, ..
        } = counted;
        let mut pushed = Vec::new();
        let first = self.calendar.date_of(moved.at);
        let dates = || {
            let last = self.calendar.date_of(moved.to);
            first.iter_days().take_while(move |date| *date <= last)
        };
        let due = match self.goal {
            Goal::Minutes(_) => {
                let lost = self.pauses.length_within(moved.at, moved.to);
                self.due(self.run(moved.to, lost)?, false)
            }
            Goal::WorkingMinutes(_) => {
                let worked = dates().flat_map(|date| self.calendar.worked(date));
                let lost = worked
                    .map(|(from, to)| (from.max(moved.at), to.min(moved.to)))
                    .map(|(from, to)| self.pauses.length_within(from, to))
                    .sum();
                let at = self.run_hours(moved.to, lost, &mut pushed)?;
                self.due(at, self.unknown(&pushed))
            }
            Goal::WorkingDays { .. } => {
                let mut lost = 0;
                for date in dates() {
                    let end = self.end_of(date)?;
                    let between = moved.at < end && end <= moved.to;
                    if between && self.day(date).counted() && self.pauses.stand_before(end) {
                        lost += 1;
                    }
                }
                let set = self.due(moved.to, false);
                let last = self.run_days(set.date, lost, &mut pushed)?;
                let at = if lost == 0 {
                    moved.to
                } else {
                    self.end_of(last)?
                };
                Due {
                    at,
                    date: last,
                    provisional: self.unknown(&pushed),
                }
            }
        };
        // The strip reaches to the date that holds.
        days.retain(|day| day.date <= due.date);
        if let Some(last) = days.last().map(|day| day.date) {
            let rest = last.iter_days().skip(1);
            days.extend(rest.take_while(|date| *date <= due.date).map(|date| Day {
                reason: Reason::Moved,
                ..self.day(date)
            }));
        }
        Ok(Counted {
            due,
            day_zero,
            days,
        })
    }

    /// After so much time by the clock on the wall that is not paused.
    fn run(&self, from: DateTime<Utc>, amount: TimeDelta) -> Result<DateTime<Utc>, TooFar> {
        if amount.is_zero() {
            return Ok(from);
        }
        let reach = from + TimeDelta::days(REACH_DAYS);
        let mut left = amount;
        for (begin, end) in self.pauses.running(from, reach) {
            if left <= end - begin {
                return Ok(begin + left);
            }
            left -= end - begin;
        }
        Err(TooFar)
    }

    /// After so much working time that is not paused; adds the dates that it looked at.
    fn run_hours(
        &self,
        from: DateTime<Utc>,
        amount: TimeDelta,
        days: &mut Vec<Day<'a>>,
    ) -> Result<DateTime<Utc>, TooFar> {
        if amount.is_zero() {
            return Ok(from);
        }
        let mut left = amount;
        let mut date = self.calendar.date_of(from);
        loop {
            let mut open = self.calendar.worked(date);
            open.iter_mut()
                .for_each(|(begin, _)| *begin = from.max(*begin));
            open.retain(|(begin, end)| begin < end);
            let running: Vec<_> = open
                .iter()
                .flat_map(|(begin, end)| self.pauses.running(*begin, *end))
                .collect();
            let mut day = self.day(date);
            if day.counted() && open.is_empty() {
                day.reason = Reason::AfterHours;
            } else if day.counted() && running.is_empty() {
                day.reason = Reason::Paused;
            }
            days.push(day);
            for (begin, end) in running {
                if left <= end - begin {
                    return Ok(begin + left);
                }
                left -= end - begin;
            }
            date = self.next(date)?;
        }
    }

    /// The last of so many working days after day zero at whose end the clock runs; adds the dates after day zero.
    fn run_days(
        &self,
        day_zero: NaiveDate,
        count: u32,
        days: &mut Vec<Day<'a>>,
    ) -> Result<NaiveDate, TooFar> {
        let mut left = count;
        let mut date = day_zero;
        while left > 0 {
            date = self.next(date)?;
            let mut day = self.day(date);
            // Where a date ends is looked up in the history of its zone: not for nothing.
            if day.counted()
                && !self.pauses.is_empty()
                && self.pauses.stand_before(self.end_of(date)?)
            {
                day.reason = Reason::Paused;
            }
            left -= u32::from(day.counted());
            days.push(day);
        }
        Ok(date)
    }

    /// A date by its calendar alone.
    fn day(&self, date: NaiveDate) -> Day<'a> {
        let (kind, name) = self.calendar.day(date);
        let reason = match kind {
            DayKind::Weekend => Reason::Weekend,
            DayKind::Off => Reason::DayOff,
            _ if !self.calendar.known().contains(&date) => Reason::Provisional,
            DayKind::Worked => Reason::WorkingDay,
            DayKind::MakeUp => Reason::MakeUpDay,
            DayKind::OwnHours => Reason::OwnHours,
        };
        Day { date, reason, name }
    }

    fn unknown(&self, days: &[Day]) -> bool {
        let known = self.calendar.known();
        days.iter().any(|day| !known.contains(&day.date))
    }

    /// Its date is the one on which the last moment of the time lies.
    fn due(&self, at: DateTime<Utc>, provisional: bool) -> Due {
        Due {
            at,
            date: self
                .calendar
                .date_of((at - TimeDelta::nanoseconds(1)).max(self.start)),
            provisional,
        }
    }

    fn next(&self, date: NaiveDate) -> Result<NaiveDate, TooFar> {
        let within = |next: &NaiveDate| {
            let walked = next.signed_duration_since(self.start.date_naive());
            // A move may lie a hundred years on, and what is paused after it as far again.
            walked.num_days() <= 2 * REACH_DAYS
        };
        date.succ_opt().filter(within).ok_or(TooFar)
    }

    /// The first instant after a date.
    fn end_of(&self, date: NaiveDate) -> Result<DateTime<Utc>, TooFar> {
        Ok(self.calendar.start_of(self.next(date)?))
    }
}
