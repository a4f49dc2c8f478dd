//! Portico's own form of a calendar file.

use crate::{
    calendar::{Calendar, Listed, first_hours},
    error::{Error, Place, Problem},
    hours::Hours,
    name::Name,
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use serde_path_to_error::Segment;
use std::collections::{BTreeMap, btree_map::Entry};

type Pairs = Vec<[String; 2]>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Name,
    time_zone: String,
    known: Range,
    week: Week,
    #[serde(default)]
    days_off: Vec<DayOff>,
    #[serde(default)]
    working_days: Vec<WorkingDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Week {
    monday: Pairs,
    tuesday: Pairs,
    wednesday: Pairs,
    thursday: Pairs,
    friday: Pairs,
    saturday: Pairs,
    sunday: Pairs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayOff {
    date: String,
    name: Option<Name>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkingDay {
    date: String,
    name: Option<Name>,
    hours: Option<Pairs>,
}

pub(crate) fn read(id: &str, text: &str) -> Result<Calendar, Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let file: File = serde_path_to_error::deserialize(&mut reader).map_err(|e| shape(&e))?;
    reader
        .end()
        .map_err(|e| Problem::Shape(e.to_string()).at_line(e.line()))?;
    let zone: Tz = file
        .time_zone
        .parse()
        .map_err(|_| Problem::UnknownZone(file.time_zone).at_pointer("/time_zone"))?;
    let from = date(&file.known.from, "/known/from")?;
    let to = date(&file.known.to, "/known/to")?;
    if to < from {
        return Err(Problem::RangeReversed { from, to }.at_pointer("/known"));
    }
    let week = week(&file.week)?;
    let mut calendar = Calendar {
        id: id.to_owned(),
        name: file.name,
        zone,
        known: from..=to,
        week,
        listed: BTreeMap::new(),
    };
    for (index, day) in file.days_off.into_iter().enumerate() {
        let pointer = format!("/days_off/{index}");
        let date = date(&day.date, &format!("{pointer}/date"))?;
        let listed = Listed {
            name: day.name,
            hours: Hours::default(),
        };
        list(&mut calendar, date, listed).map_err(|problem| problem.at_pointer(pointer))?;
    }
    for (index, day) in file.working_days.into_iter().enumerate() {
        let pointer = format!("/working_days/{index}");
        let date = date(&day.date, &format!("{pointer}/date"))?;
        let hours = match day.hours {
            Some(pairs) => hours(&pairs, &format!("{pointer}/hours"))?,
            None => first_hours(&calendar.week).cloned().unwrap_or_default(),
        };
        if hours.is_empty() {
            return Err(Problem::NoHours.at_pointer(pointer + "/hours"));
        }
        let listed = Listed {
            name: day.name,
            hours,
        };
        list(&mut calendar, date, listed).map_err(|problem| problem.at_pointer(pointer))?;
    }
    Ok(calendar)
}

fn list(calendar: &mut Calendar, date: NaiveDate, listed: Listed) -> Result<(), Problem> {
    if !calendar.known.contains(&date) {
        return Err(Problem::OutsideKnown(date));
    }
    match calendar.listed.entry(date) {
        Entry::Occupied(_) => Err(Problem::ListedTwice(date)),
        Entry::Vacant(place) => {
            place.insert(listed);
            Ok(())
        }
    }
}

fn week(week: &Week) -> Result<[Hours; 7], Error> {
    let days = [
        ("monday", &week.monday),
        ("tuesday", &week.tuesday),
        ("wednesday", &week.wednesday),
        ("thursday", &week.thursday),
        ("friday", &week.friday),
        ("saturday", &week.saturday),
        ("sunday", &week.sunday),
    ];
    let mut read: [Hours; 7] = Default::default();
    for (place, (name, pairs)) in read.iter_mut().zip(days) {
        *place = hours(pairs, &format!("/week/{name}"))?;
    }
    if first_hours(&read).is_none() {
        return Err(Problem::NothingWorked.at_pointer("/week"));
    }
    Ok(read)
}

fn hours(pairs: &Pairs, pointer: &str) -> Result<Hours, Error> {
    Hours::new(pairs).map_err(|(index, problem)| problem.at_pointer(format!("{pointer}/{index}")))
}

fn date(text: &str, pointer: &str) -> Result<NaiveDate, Error> {
    let read = || {
        text.parse()
            .ok()
            .filter(|date: &NaiveDate| date.to_string() == text)
    };
    read().ok_or_else(|| Problem::NotADate(text.to_owned()).at_pointer(pointer))
}

fn shape(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let inner = error.inner();
    let problem = Problem::Shape(inner.to_string());
    if !inner.is_data() {
        return problem.at_line(inner.line());
    }
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { variant } => Some(format!("/{variant}")),
        Segment::Unknown => None,
    };
    problem.at(Place::Pointer(
        error.path().iter().filter_map(segment).collect(),
    ))
}
