//! Calendars as iCalendar files (RFC 5545, with the VAVAILABILITY of RFC 7953), as far as they tell working days.
//!
//! What would change a date and is not understood is refused, never ignored.

use crate::{
    calendar::{Calendar, Listed, first_hours},
    error::{Error, Problem},
    hours::Hours,
    name::Name,
    zone,
};
use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike,
    Utc, Weekday,
};
use chrono_tz::Tz;
use std::{collections::BTreeMap, ops::RangeInclusive};

/// No event is longer.
const TEN_YEARS: i64 = 3653;

/// `BEGIN` to `END`.
struct Component {
    name: String,
    line: usize,
    properties: Vec<Property>,
    children: Vec<Component>,
}

/// `NAME;PARAMETER=VALUE:VALUE`
struct Property {
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
    line: usize,
}

pub(crate) fn read(id: &str, text: &str) -> Result<Calendar, Error> {
    let root = parse(text)?;
    let zone = zone_of(&root)?;
    let availability = root.only("VAVAILABILITY")?;
    let mut events = Vec::new();
    for component in root.all("VEVENT") {
        events.extend(Event::read(component, zone)?);
    }
    // Where a file marks its holidays, what is not marked is a mere note, such as a solar term.
    if events.iter().any(|event| event.mark.is_some()) {
        events.retain(|event| event.mark.is_some() || event.hours.is_some());
    }
    let range = match availability {
        Some(component) => bounds(component, zone)?,
        None => (None, None),
    };
    let known = known(range, &events, root.line)?;
    let (week, extra) = match availability {
        Some(component) => availability_of(component, zone)?,
        None => {
            let mut week: [Hours; 7] = Default::default();
            week[..5].fill(Hours::office());
            (week, BTreeMap::new())
        }
    };
    let mut calendar = Calendar {
        id: id.to_owned(),
        name: root
            .value("NAME")
            .or(root.value("X-WR-CALNAME"))
            .map_or_else(|| Name::One(id.to_owned()), |name| Name::One(plain(name))),
        zone,
        known,
        week,
        listed: BTreeMap::new(),
    };
    for (date, hours) in extra {
        let listed = Listed { name: None, hours };
        calendar.listed.insert(date, listed);
    }
    // Whole days first, so that what is open for hours only is cut from what is left.
    events.sort_by_key(|event| event.hours.is_some());
    for event in &events {
        event.enter(&mut calendar)?;
    }
    let known = calendar.known.clone();
    // A file may hold many years; it vouches for those of its range.
    calendar.listed.retain(|date, _| known.contains(date));
    Ok(calendar)
}

/// Content lines, folded ones joined, as one tree.
fn parse(text: &str) -> Result<Component, Error> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, begun))) => begun.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push((index + 1, line.to_owned())),
        }
    }
    let mut open: Vec<Component> = Vec::new();
    let mut root = None;
    let mut last = 1;
    for (line, text) in lines {
        last = line;
        let property = Property::read(&text, line)?;
        let unbalanced = |what: &str| Problem::Unbalanced(what.to_owned()).at_line(line);
        match property.name.as_str() {
            _ if root.is_some() => {
                return Err(unbalanced("something follows END:VCALENDAR"));
            }
            "BEGIN" => {
                let name = property.value.to_ascii_uppercase();
                if open.is_empty() && name != "VCALENDAR" {
                    return Err(unbalanced("the file begins with BEGIN:VCALENDAR"));
                }
                open.push(Component {
                    name,
                    line,
                    properties: Vec::new(),
                    children: Vec::new(),
                });
            }
            "END" => {
                let component = open.pop().ok_or_else(|| unbalanced("nothing is open"))?;
                if !component.name.eq_ignore_ascii_case(&property.value) {
                    return Err(unbalanced(&format!("{} is open", component.name)));
                }
                match open.last_mut() {
                    Some(parent) => parent.children.push(component),
                    None => root = Some(component),
                }
            }
            _ => match open.last_mut() {
                Some(component) => component.properties.push(property),
                None => return Err(unbalanced("the file begins with BEGIN:VCALENDAR")),
            },
        }
    }
    root.ok_or_else(|| {
        let what = open.last().map_or("VCALENDAR", |open| &open.name);
        Problem::Unbalanced(format!("END:{what} is missing")).at_line(last)
    })
}

impl Property {
    fn read(text: &str, line: usize) -> Result<Self, Error> {
        let wrong = || Problem::NotALine.at_line(line);
        // Colons and semicolons in quotes belong to the parameter.
        let mut quoted = false;
        let mut cut = Vec::new();
        let mut colon = None;
        for (index, character) in text.char_indices() {
            match character {
                '"' => quoted = !quoted,
                ';' if !quoted => cut.push(index),
                ':' if !quoted => {
                    colon = Some(index);
                    break;
                }
                _ => {}
            }
        }
        let colon = colon.ok_or_else(wrong)?;
        cut.push(colon);
        let name = &text[..cut[0]];
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if name.is_empty() || !name.bytes().all(good) {
            return Err(wrong());
        }
        let mut parameters = Vec::new();
        for pair in cut.windows(2) {
            let parameter = &text[pair[0] + 1..pair[1]];
            let (name, value) = parameter.split_once('=').ok_or_else(wrong)?;
            parameters.push((
                name.to_ascii_uppercase(),
                value.trim_matches('"').to_owned(),
            ));
        }
        Ok(Self {
            name: name.to_ascii_uppercase(),
            parameters,
            value: text[colon + 1..].to_owned(),
            line,
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A date, or a time in the calendar's zone.
    fn moment(&self, zone: Tz) -> Result<Moment, Error> {
        let wrong = || Problem::NotADate(self.value.clone()).at_line(self.line);
        if !self.value.contains('T') {
            return date(&self.value).map(Moment::Date).ok_or_else(wrong);
        }
        let (text, utc) = match self.value.strip_suffix('Z') {
            Some(text) => (text, true),
            None => (self.value.as_str(), false),
        };
        let read = || {
            let (day, time) = text.split_once('T')?;
            let time = NaiveTime::parse_from_str(time, "%H%M%S").ok()?;
            Some(date(day)?.and_time(time))
        };
        let time = read().ok_or_else(wrong)?;
        let there = match self.parameter("TZID") {
            _ if utc => Tz::UTC,
            Some(name) => known_zone(name, self.line)?,
            None => zone,
        };
        if there == zone {
            return Ok(Moment::Time(time));
        }
        let at: DateTime<Utc> = zone::instant_of(there, time);
        Ok(Moment::Time(at.with_timezone(&zone).naive_local()))
    }
}

#[derive(Clone, Copy)]
enum Moment {
    Date(NaiveDate),
    Time(NaiveDateTime),
}

impl Moment {
    fn time(self) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN),
            Self::Time(time) => time,
        }
    }
}

impl Component {
    fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The one component of a name, if there is one.
    fn only(&self, name: &str) -> Result<Option<&Self>, Error> {
        let mut all = self.all(name);
        let first = all.next();
        match all.next() {
            Some(second) => {
                Err(Problem::NotUnderstood(format!("a second {name}")).at_line(second.line))
            }
            None => Ok(first),
        }
    }

    fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|known| known.name == name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.property(name).map(|property| property.value.as_str())
    }

    /// From when to when, in local time; without an end, a date lasts a day.
    fn times(&self, zone: Tz) -> Result<(Moment, NaiveDateTime), Error> {
        let Some(start) = self.property("DTSTART") else {
            let component = self.name.clone();
            let property = "DTSTART";
            return Err(Problem::Missing {
                component,
                property,
            }
            .at_line(self.line));
        };
        let from = start.moment(zone)?;
        let (to, line) = match (self.property("DTEND"), self.property("DURATION"), from) {
            (Some(end), _, _) => (end.moment(zone)?.time(), end.line),
            (None, Some(duration), _) => (from.time() + length(duration)?, duration.line),
            (None, None, Moment::Date(date)) => (
                date.and_time(NaiveTime::MIN) + TimeDelta::days(1),
                start.line,
            ),
            (None, None, Moment::Time(_)) => {
                let component = self.name.clone();
                let property = "DTEND";
                return Err(Problem::Missing {
                    component,
                    property,
                }
                .at_line(self.line));
            }
        };
        if to <= from.time() {
            let (from, to) = (from.time().date(), to.date());
            return Err(Problem::RangeReversed { from, to }.at_line(line));
        }
        if (to - from.time()).num_days() > TEN_YEARS {
            return Err(Problem::RangeTooLong.at_line(line));
        }
        Ok((from, to))
    }
}

/// A duration such as `P1D`, `PT4H30M`, `P1W`.
fn length(property: &Property) -> Result<TimeDelta, Error> {
    let read = || {
        let text = property.value.strip_prefix('P')?;
        let (dates, times) = text.split_once('T').unwrap_or((text, ""));
        let mut sum = TimeDelta::zero();
        for (part, units) in [(dates, "WD"), (times, "HMS")] {
            let mut digits = String::new();
            for character in part.chars() {
                if character.is_ascii_digit() && digits.len() < 6 {
                    digits.push(character);
                    continue;
                }
                let count: i64 = digits.parse().ok()?;
                digits.clear();
                sum += match character {
                    _ if !units.contains(character) => return None,
                    'W' => TimeDelta::weeks(count),
                    'D' => TimeDelta::days(count),
                    'H' => TimeDelta::hours(count),
                    'M' => TimeDelta::minutes(count),
                    _ => TimeDelta::seconds(count),
                };
            }
            if !digits.is_empty() {
                return None;
            }
        }
        Some(sum)
    };
    let unknown = || Problem::NotUnderstood(format!("the duration {}", property.value));
    read().ok_or_else(|| unknown().at_line(property.line))
}

/// What an event says about the days on which it lies.
struct Event {
    name: Option<Name>,
    line: usize,
    first: NaiveDate,
    last: NaiveDate,
    /// The hours it lasts, of an event that is not whole days: local times.
    hours: Option<(NaiveDateTime, NaiveDateTime)>,
    /// What Apple's holiday calendars say: `Some(true)` is a make-up day, `Some(false)` a holiday.
    mark: Option<bool>,
    /// Of an event that comes every year: the last date on which it may begin, if there is one.
    yearly: Option<NaiveDate>,
}

impl Event {
    /// The event of a VEVENT, unless it is cancelled.
    fn read(component: &Component, zone: Tz) -> Result<Option<Self>, Error> {
        if component.value("STATUS") == Some("CANCELLED") {
            return Ok(None);
        }
        for property in &component.properties {
            if ["RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"].contains(&property.name.as_str()) {
                return Err(Problem::NotUnderstood(property.name.clone()).at_line(property.line));
            }
        }
        let (from, to) = component.times(zone)?;
        let hours = match from {
            Moment::Date(_) => None,
            Moment::Time(from) => Some((from, to)),
        };
        Ok(Some(Self {
            name: component
                .value("SUMMARY")
                .map(|text| Name::One(plain(text))),
            line: component.line,
            first: from.time().date(),
            last: (to - TimeDelta::nanoseconds(1)).date(),
            hours,
            mark: match component.value("X-APPLE-SPECIAL-DAY") {
                Some("ALTERNATE-WORKDAY") => Some(true),
                Some("WORK-HOLIDAY") => Some(false),
                _ => None,
            },
            yearly: component.property("RRULE").map(yearly).transpose()?,
        }))
    }

    /// Writes it into the calendar, every year anew if it comes every year.
    fn enter(&self, calendar: &mut Calendar) -> Result<(), Error> {
        let Some(until) = self.yearly else {
            return self.enter_once(0, calendar);
        };
        let end = until.min(*calendar.known.end());
        for years in 0.. {
            match later(self.first, years) {
                Some(first) if first > end => break,
                // The 29th of February comes every fourth year.
                Some(first) if first.day() != self.first.day() => {}
                Some(_) => self.enter_once(years, calendar)?,
                None => break,
            }
        }
        Ok(())
    }

    fn enter_once(&self, years: u32, calendar: &mut Calendar) -> Result<(), Error> {
        let shift = later(self.first, years).map_or(TimeDelta::zero(), |first| first - self.first);
        for date in self.first.iter_days().take_while(|date| *date <= self.last) {
            let date = date + shift;
            let of_day = self.hours.map(|(from, to)| {
                let minute = |local: NaiveDateTime| match local + shift {
                    local if local.date() < date => 0,
                    local if local.date() > date => 24 * 60,
                    local => minute_of(local.time()),
                };
                // An end of 23:59:59 is the end of its minute.
                (minute(from), minute(to + TimeDelta::seconds(59)))
            });
            let listed = calendar.listed.get(&date);
            let hours = match (of_day, self.mark) {
                (None, Some(true)) => first_hours(&calendar.week).cloned().unwrap_or_default(),
                (None, _) => Hours::default(),
                (Some((from, to)), Some(true)) => {
                    let listed = listed.map_or_else(Hours::default, |listed| listed.hours.clone());
                    let with = listed.with(from, to);
                    with.map_err(|problem| problem.at_line(self.line))?
                }
                (Some((from, to)), _) => calendar.hours(date).without(from, to),
            };
            // Two holidays on one day are one day off; a day off that is worked is a slip.
            if let Some(listed) = listed
                && self.hours.is_none()
                && listed.hours.is_empty() != hours.is_empty()
            {
                return Err(Problem::ListedTwice(date).at_line(self.line));
            }
            let earlier = listed.and_then(|listed| listed.name.clone());
            let name = earlier.or_else(|| self.name.clone());
            calendar.listed.insert(date, Listed { name, hours });
        }
        Ok(())
    }
}

/// The same date in a later year; of a 29th of February the 28th where there is none.
fn later(date: NaiveDate, years: u32) -> Option<NaiveDate> {
    date.checked_add_months(Months::new(years.checked_mul(12)?))
}

/// The last date on which a yearly event may begin.
fn yearly(rule: &Property) -> Result<NaiveDate, Error> {
    let unknown = || Problem::NotUnderstood(format!("the rule {}", rule.value)).at_line(rule.line);
    let mut until = NaiveDate::MAX;
    let mut every_year = false;
    for part in rule.value.split(';') {
        match part.split_once('=') {
            Some(("FREQ", "YEARLY")) => every_year = true,
            Some(("INTERVAL", "1") | ("WKST", _)) => {}
            Some(("UNTIL", text)) => {
                until = text.get(..8).and_then(date).ok_or_else(unknown)?;
            }
            _ => return Err(unknown()),
        }
    }
    every_year.then_some(until).ok_or_else(unknown)
}

/// The zone in which the file's days begin: its own word for it, else that of its hours, else the only one it defines.
fn zone_of(root: &Component) -> Result<Tz, Error> {
    if let Some(property) = root.property("X-WR-TIMEZONE") {
        return known_zone(&property.value, property.line);
    }
    let availability = root.only("VAVAILABILITY")?;
    let start = availability.and_then(|component| component.property("DTSTART"));
    if let Some(property) = start
        && let Some(name) = property.parameter("TZID")
    {
        return known_zone(name, property.line);
    }
    match root
        .only("VTIMEZONE")?
        .and_then(|zone| zone.property("TZID"))
    {
        Some(property) => known_zone(&property.value, property.line),
        None => Err(Problem::NoZone.at_line(root.line)),
    }
}

fn known_zone(name: &str, line: usize) -> Result<Tz, Error> {
    name.trim()
        .parse()
        .map_err(|_| Problem::UnknownZone(name.to_owned()).at_line(line))
}

/// From when to when an availability holds: dates, the last included.
fn bounds(
    component: &Component,
    zone: Tz,
) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Error> {
    let start = component.property("DTSTART");
    let from = start.map(|property| property.moment(zone)).transpose()?;
    let end = component.property("DTEND");
    let to = end.map(|property| property.moment(zone)).transpose()?;
    let from = from.map(|from| from.time().date());
    let to = to.map(|to| (to.time() - TimeDelta::nanoseconds(1)).date());
    if let (Some(from), Some(to), Some(end)) = (from, to, end)
        && to < from
    {
        return Err(Problem::RangeReversed { from, to }.at_line(end.line));
    }
    Ok((from, to))
}

/// What the file knows: what its hours say, else from the first to the last date that it names. Of later dates it says
/// nothing, so they are not known.
fn known(
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    events: &[Event],
    line: usize,
) -> Result<RangeInclusive<NaiveDate>, Error> {
    // An event that comes every year knows no year.
    let dated = || events.iter().filter(|event| event.yearly.is_none());
    let from = from.or_else(|| dated().map(|event| event.first).min());
    let to = to.or_else(|| dated().map(|event| event.last).max());
    match (from, to) {
        (Some(from), Some(to)) if from <= to => Ok(from..=to),
        (Some(from), Some(to)) => Err(Problem::RangeReversed { from, to }.at_line(line)),
        _ => Err(Problem::NothingKnown.at_line(line)),
    }
}

/// The weekly hours of a VAVAILABILITY, and the single dates on which it adds hours: make-up days.
fn availability_of(
    component: &Component,
    zone: Tz,
) -> Result<([Hours; 7], BTreeMap<NaiveDate, Hours>), Error> {
    let mut week: [Hours; 7] = Default::default();
    let mut extra: BTreeMap<NaiveDate, Hours> = BTreeMap::new();
    for available in component.all("AVAILABLE") {
        let (from, to) = available.times(zone)?;
        let from = from.time();
        let midnight = from.date().and_time(NaiveTime::MIN) + Days::new(1);
        let span = match to + TimeDelta::seconds(59) {
            to if to < midnight => (minute_of(from.time()), minute_of(to.time())),
            to if to < midnight + TimeDelta::minutes(1) => (minute_of(from.time()), 24 * 60),
            _ => {
                let what = "an AVAILABLE that goes on after midnight".to_owned();
                return Err(Problem::NotUnderstood(what).at_line(available.line));
            }
        };
        let add = |hours: &mut Hours| {
            *hours = hours
                .with(span.0, span.1)
                .map_err(|problem| problem.at_line(available.line))?;
            Ok(())
        };
        match available.property("RRULE") {
            None => add(extra.entry(from.date()).or_default())?,
            Some(rule) => {
                for weekday in weekly(rule, from.weekday())? {
                    add(&mut week[weekday.num_days_from_monday() as usize])?;
                }
            }
        }
    }
    if first_hours(&week).is_none() {
        return Err(Problem::NothingWorked.at_line(component.line));
    }
    // What is added to a weekday's own hours extends them.
    for (date, hours) in &mut extra {
        let usual = &week[date.weekday().num_days_from_monday() as usize];
        *hours = hours.joined(usual);
    }
    Ok((week, extra))
}

/// The weekdays of a weekly rule.
fn weekly(rule: &Property, start: Weekday) -> Result<Vec<Weekday>, Error> {
    let unknown = || Problem::NotUnderstood(format!("the rule {}", rule.value)).at_line(rule.line);
    let mut every_week = false;
    let mut days = vec![start];
    for part in rule.value.split(';') {
        match part.split_once('=') {
            Some(("FREQ", "WEEKLY")) => every_week = true,
            Some(("INTERVAL", "1") | ("WKST", _)) => {}
            Some(("BYDAY", list)) => {
                let read = list.split(',').map(weekday).collect::<Option<_>>();
                days = read.ok_or_else(unknown)?;
            }
            _ => return Err(unknown()),
        }
    }
    every_week.then_some(days).ok_or_else(unknown)
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

/// Whole minutes: nobody opens at half a minute past.
fn minute_of(time: NaiveTime) -> u16 {
    u16::try_from(time.num_seconds_from_midnight() / 60).unwrap_or(u16::MAX)
}

/// `YYYYMMDD`
fn date(text: &str) -> Option<NaiveDate> {
    let good = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let read = || NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    good.then(read).flatten()
}

/// TEXT without its escapes (RFC 5545, 3.3.11).
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.trim().chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}
