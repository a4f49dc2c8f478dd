//! Instants and the days of local time, in the proleptic Gregorian calendar; milliseconds since 1970 UTC throughout.

use super::Clock;
use crate::value::{number_of, whole_part};
use std::fmt::Write as _;

pub(super) const SECOND: f64 = 1000.0;
pub(super) const MINUTE: f64 = 60.0 * SECOND;
pub(super) const HOUR: f64 = 60.0 * MINUTE;
pub(super) const DAY: f64 = 24.0 * HOUR;

/// The last instant that JavaScript knows.
const LAST: f64 = 8.64e15;

/// A date and time of day; a field may lie outside its range and then counts on into the next larger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Local {
    pub(super) year: f64,
    /// From 1.
    pub(super) month: f64,
    pub(super) day: f64,
    pub(super) hour: f64,
    pub(super) minute: f64,
    pub(super) second: f64,
    pub(super) millisecond: f64,
}

impl Local {
    fn day(year: f64, month: f64, day: f64) -> Self {
        Self {
            year,
            month,
            day,
            hour: 0.0,
            minute: 0.0,
            second: 0.0,
            millisecond: 0.0,
        }
    }

    /// The local time of an instant; none when that is no instant.
    pub(super) fn of(at: f64, clock: &dyn Clock) -> Option<Self> {
        if !at.is_finite() {
            return None;
        }
        let local = (at + clock.offset(at) * MINUTE).floor() as i64;
        let (days, time) = (local.div_euclid(DAY as i64), local.rem_euclid(DAY as i64));
        let (year, month, day) = civil(days);
        let part = |unit: f64, of: i64| (time / unit as i64 % of) as f64;
        Some(Self {
            year: year as f64,
            month: month as f64,
            day: day as f64,
            hour: part(HOUR, 24),
            minute: part(MINUTE, 60),
            second: part(SECOND, 60),
            millisecond: part(1.0, 1000),
        })
    }

    /// The instant; NaN when a field is no number or it lies beyond the instants that there are.
    pub(super) fn instant(self, clock: &dyn Clock) -> f64 {
        instant_of(self.as_if_utc(), clock)
    }

    fn as_if_utc(self) -> f64 {
        if !(self.year.abs() < 1e6 && self.month.abs() < 1e7) {
            return f64::NAN;
        }
        let months = self.year as i64 * 12 + self.month as i64 - 1;
        let days = days_before(months.div_euclid(12), months.rem_euclid(12) + 1) as f64
            + whole_part(self.day)
            - 1.0;
        let time = whole_part(self.hour) * HOUR
            + whole_part(self.minute) * MINUTE
            + whole_part(self.second) * SECOND
            + whole_part(self.millisecond);
        days * DAY + time
    }
}

/// The instant of a local time, both in milliseconds; NaN beyond the instants that there are.
fn instant_of(local: f64, clock: &dyn Clock) -> f64 {
    // The offset before or after a change of the clocks; one step finds which.
    let guess = local - clock.offset(local) * MINUTE;
    let at = local - clock.offset(guess) * MINUTE;
    if at.abs() <= LAST { at } else { f64::NAN }
}

/// Days from 1970-01-01 to the first of a month. Years begin in March here, so that a leap day is the last of a year.
fn days_before(year: i64, month: i64) -> i64 {
    // Whole cycles of 400 years later nothing is negative, which divides faster.
    const CYCLES: i64 = 2_500;
    let year = (if month < 3 { year - 1 } else { year } + 400 * CYCLES).unsigned_abs();
    let from_march = (month + 9).unsigned_abs() % 12;
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * from_march + 2) / 5;
    days as i64 - CYCLES * 146_097 - 719_468
}

/// Year, month and day of the month, so many days after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    // 400 years have 146,097 days; a first guess of the year is off by one at most.
    let mut year = (days * 400).div_euclid(146_097) + 1970;
    let mut begin = days_before(year, 1);
    while begin > days {
        year -= 1;
        begin = days_before(year, 1);
    }
    if days >= begin + 365 && days >= days_before(year + 1, 1) {
        year += 1;
        begin = days_before(year, 1);
    }
    // No month begins later than in months of 31 days, nor more than three days earlier.
    let mut month = (days - begin) / 31 + 1;
    let mut first = days_before(year, month);
    if month < 12 && days >= first + 28 {
        let next = days_before(year, month + 1);
        if days >= next {
            (month, first) = (month + 1, next);
        }
    }
    (year, month, days - first + 1)
}

/// Day of the week, Sunday being 0.
pub(super) fn weekday(local: Local) -> f64 {
    ((local.as_if_utc() / DAY).floor() as i64 + 4).rem_euclid(7) as f64
}

/// Midnight of the local day that an instant lies in.
pub(super) fn midnight(at: f64, clock: &dyn Clock) -> f64 {
    let local = at + clock.offset(at) * MINUTE;
    if local.is_finite() {
        let into_the_day = (local.floor() as i64).rem_euclid(DAY as i64);
        return instant_of(local.floor() - into_the_day as f64, clock);
    }
    f64::NAN
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// An instant as JavaScript writes it in local time, without the name of the zone unless that is UTC.
pub(super) fn text(at: f64, clock: &dyn Clock) -> String {
    let Some(local) = Local::of(at, clock) else {
        return "Invalid Date".to_owned();
    };
    let offset = clock.offset(at);
    let ahead = offset.abs() as i64;
    let (hours, minutes) = (ahead / 60, ahead % 60);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "{} {} {:02} {:04} {:02}:{:02}:{:02} GMT{}{:02}{:02}{}",
        WEEKDAYS[weekday(local) as usize],
        MONTHS[local.month as usize - 1],
        local.day as i64,
        local.year as i64,
        local.hour as i64,
        local.minute as i64,
        local.second as i64,
        if offset < 0.0 { '-' } else { '+' },
        hours,
        minutes,
        if offset == 0.0 {
            " (Coordinated Universal Time)"
        } else {
            ""
        },
    );
    text
}

/// An instant in UTC, such as 2026-01-15T10:30:00.000Z; none when it is no instant.
pub(crate) fn iso(at: f64) -> Option<String> {
    let local = Local::of(at, &super::Utc(0.0))?;
    let mut text = String::new();
    let year = local.year as i64;
    // Writing to a string does not fail.
    let _ = match year {
        0..=9999 => write!(text, "{year:04}"),
        _ => write!(
            text,
            "{}{:06}",
            if year < 0 { '-' } else { '+' },
            year.abs()
        ),
    };
    let _ = write!(
        text,
        "-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        local.month as i64,
        local.day as i64,
        local.hour as i64,
        local.minute as i64,
        local.second as i64,
        local.millisecond as i64,
    );
    Some(text)
}

/// The instant that a text writes, NaN when it writes none. Without a time it is local midnight; without a zone it is
/// local time. Read are ISO 8601, and days as 2026-1-5, 2026/1/5, 1/5/2026, 5 Jan 2026 and January 5, 2026.
pub(super) fn parse(text: &str, clock: &dyn Clock) -> f64 {
    let parts = text
        .bytes()
        .position(|byte| byte == b'T')
        .map(|at| text.split_at(at));
    let (day, time) = match parts {
        Some((day, time))
            if !day.ends_with(|c: char| c.is_ascii_alphabetic()) && !day.is_empty() =>
        {
            (day, Some(&time[1..]))
        }
        _ => (text, None),
    };
    let Some(time) = time else {
        let local = iso_day(day).or_else(|| loose_day(day));
        return local.map_or(f64::NAN, |local| local.instant(clock));
    };
    let Some(mut local) = iso_day(day) else {
        return f64::NAN;
    };
    match time_of_day(time, &mut local) {
        Some(Some(offset)) => {
            let at = local.as_if_utc() - offset * MINUTE;
            if at.abs() <= LAST { at } else { f64::NAN }
        }
        Some(None) => local.instant(clock),
        None => f64::NAN,
    }
}

/// 2026, 2026-01, 2026-01-15, and years of six digits with a sign.
fn iso_day(text: &str) -> Option<Local> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1.0, &text[1..]),
        b'-' => (-1.0, &text[1..]),
        _ => (1.0, text),
    };
    let digits = if rest.len() == text.len() { 4 } else { 6 };
    let (year, mut rest) = rest.as_bytes().split_at_checked(digits)?;
    let year = whole(year, digits..=digits)?;
    let mut part = || match rest {
        [] => Some(1.0),
        [b'-', a, b, after @ ..] => {
            rest = after;
            whole(&[*a, *b], 2..=2)
        }
        _ => None,
    };
    let (month, day) = (part()?, part()?);
    let known = (1.0..=12.0).contains(&month) && (1.0..=31.0).contains(&day);
    (rest.is_empty() && known).then(|| Local::day(sign * year, month, day))
}

fn whole(text: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<f64> {
    let mut bytes = text.iter();
    let number = bytes.try_fold(0.0, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10.0 + f64::from(byte - b'0'))
    });
    number.filter(|_| digits.contains(&text.len()))
}

/// Days as people write them.
fn loose_day(text: &str) -> Option<Local> {
    if text.starts_with(' ') || text.ends_with(' ') {
        return None;
    }
    let mut numbers = [0.0; 3];
    let mut count = 0;
    let mut year_at = None;
    let mut month = None;
    let parts = text
        .split(['-', '/', '.', ' ', ','])
        .filter(|part| !part.is_empty());
    for part in parts {
        if let Some(number) = whole(part.as_bytes(), 1..=4) {
            if part.len() > 2 {
                year_at = Some(count);
            }
            *numbers.get_mut(count)? = number;
            count += 1;
        } else {
            let named = |names: &[&str]| {
                let short = part.get(..3)?;
                names
                    .iter()
                    .position(|name| name.eq_ignore_ascii_case(short))
            };
            match named(&MONTHS) {
                Some(index) if month.is_none() => month = Some(index as f64 + 1.0),
                _ => drop(named(&WEEKDAYS)?),
            }
        }
    }
    // Years of two digits are those around 2000.
    let full = |year: f64, written: bool| match year {
        year if written => year,
        year if year < 50.0 => year + 2000.0,
        year => year + 1900.0,
    };
    let [a, b, c] = numbers;
    let (year, month, day) = match (month, count, year_at) {
        (Some(month), 1, Some(_)) => (a, month, 1.0),
        (Some(month), 2, Some(0)) => (a, month, b),
        (Some(month), 2, at) => (full(b, at.is_some()), month, a),
        (None, 3, Some(0)) => (a, b, c),
        (None, 3, None) if a > 31.0 => (full(a, false), b, c),
        (None, 3, at) => (full(c, at.is_some()), a, b),
        _ => return None,
    };
    let known = (1.0..=12.0).contains(&month) && (1.0..=31.0).contains(&day);
    known.then(|| Local::day(year, month, day))
}

/// Sets the time of day; the offset in minutes when one is written.
fn time_of_day(text: &str, local: &mut Local) -> Option<Option<f64>> {
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (time, zone) = text.split_at(zone_at);
    let mut parts = time.split(':');
    local.hour = whole(parts.next()?.as_bytes(), 2..=2)?;
    local.minute = whole(parts.next()?.as_bytes(), 2..=2)?;
    if let Some(seconds) = parts.next() {
        let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        local.second = whole(second.as_bytes(), 2..=2)?;
        whole(fraction.as_bytes(), 1..=30)?;
        local.millisecond = number_of(&format!("0.{fraction}")) * SECOND;
    }
    let last = local.hour == 24.0 && local.minute + local.second + local.millisecond == 0.0;
    let known = (local.hour < 24.0 || last) && local.minute < 60.0 && local.second < 60.0;
    if parts.next().is_some() || !known {
        return None;
    }
    let Some(sign) = zone.chars().next() else {
        return Some(None);
    };
    if sign.eq_ignore_ascii_case(&'z') {
        return (zone.len() == 1).then_some(Some(0.0));
    }
    let (hours, minutes) = zone[1..]
        .split_once(':')
        .or_else(|| zone[1..].split_at_checked(2))?;
    let offset = whole(hours.as_bytes(), 2..=2)? * 60.0 + whole(minutes.as_bytes(), 2..=2)?;
    Some(Some(if sign == '-' { -offset } else { offset }))
}
