//! `portico calendar`: what a working calendar makes of a promise, from the command line.

use crate::lines::{self, shown};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use portico_promise::{Calendar, Clock, Counted, Day, Goal, Hours, Pauses, Reason};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Write},
    path::Path,
};

/// `portico calendar`
#[derive(Args)]
pub struct CalendarLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says when a promise is due, and which days count.
    Due(Due),
}

#[derive(Args)]
struct Due {
    /// CN, TW, HK, US, GB-ENG, GB-SCT, GB-NIR, or a file (JSON or iCalendar).
    #[arg(long, required_unless_present = "json")]
    calendar: Option<String>,
    /// When the request came, such as 2026-02-13T10:00:00+08:00.
    #[arg(long, required_unless_present = "json", value_parser = instant)]
    received: Option<DateTime<FixedOffset>>,
    /// How many working days are promised.
    #[arg(long, required_unless_present = "json")]
    working_days: Option<u32>,
    /// Reads questions from the standard input, one JSON object a line, and answers each with one line.
    #[arg(long, conflicts_with_all = ["received", "working_days"])]
    json: bool,
}

/// Answers what the command asks.
///
/// # Errors
/// A sentence for the operator.
pub fn run(line: CalendarLine) -> Result<(), String> {
    let Command::Due(due) = line.command;
    let stdout = io::stdout().lock();
    match (due.calendar, due.received, due.working_days) {
        (Some(name), Some(received), Some(days)) => {
            let calendar = named(&name)?;
            let text = text(&calendar, received.to_utc(), days)?;
            shown({ stdout }.write_all(text.as_bytes())).map(drop)
        }
        (calendar, ..) => {
            let mut calendars = HashMap::new();
            lines::answer(io::stdin().lock(), stdout, |line| {
                answer(line, calendar.as_deref(), &mut calendars)
            })
        }
    }
}

/// A calendar that comes with Portico, or one from a file.
fn named(name: &str) -> Result<Calendar, String> {
    if let Some(calendar) = Calendar::built_in(name) {
        return Ok(calendar);
    }
    let text = std::fs::read_to_string(name).map_err(|e| {
        let ids: Vec<&str> = Calendar::built_in_ids().collect();
        let ids = ids.join(", ");
        format!("{name:?} is no calendar: neither one of {ids} nor a file that can be read ({e})")
    })?;
    let id = Path::new(name).file_stem().unwrap_or_default();
    Calendar::from_file(&id.to_string_lossy(), &text).map_err(|e| format!("{name}: {e}"))
}

fn instant(text: &str) -> Result<DateTime<FixedOffset>, String> {
    DateTime::parse_from_rfc3339(text)
        .map_err(|_| format!("{text:?} is no instant such as 2026-02-13T10:00:00+08:00"))
}

fn count<'a>(
    calendar: &'a Calendar,
    goal: Goal,
    start: DateTime<Utc>,
    pauses: &'a Pauses,
) -> Result<Counted<'a>, String> {
    let clock = Clock {
        calendar,
        goal,
        start,
        pauses,
        moved: None,
    };
    clock.count().map_err(|e| e.to_string())
}

/// The deadline and the days, to be read by people.
fn text(calendar: &Calendar, received: DateTime<Utc>, days: u32) -> Result<String, String> {
    let none = Pauses::default();
    let goal = Goal::WorkingDays { days, cutoff: None };
    let counted = count(calendar, goal, received, &none)?;
    let (known, zone) = (calendar.known(), calendar.zone());
    let mut text = String::new();
    let mut line =
        |words: std::fmt::Arguments| writeln!(text, "{words}").map_err(|e| e.to_string());
    line(format_args!(
        "Calendar  {}: {}, {zone}, known from {} to {}",
        calendar.id(),
        calendar.name().in_language("en"),
        known.start(),
        known.end()
    ))?;
    let local = received.with_timezone(&zone);
    line(format_args!(
        "Received  {}",
        local.format("%a %Y-%m-%d, %H:%M:%S")
    ))?;
    let end = counted.due.at.with_timezone(&zone);
    line(format_args!(
        "Due       by the end of {} ({})",
        counted.due.date.format("%a %Y-%m-%d"),
        end.to_rfc3339()
    ))?;
    if counted.due.provisional {
        line(format_args!(
            "          provisional: what lies outside the known dates is counted by the week alone"
        ))?;
    }
    line(format_args!(""))?;
    let mut number = 0;
    for day in &counted.days {
        number += u32::from(day.counted());
        let nth = if day.counted() {
            number.to_string()
        } else {
            String::new()
        };
        line(format_args!(
            "{}  {nth:>3}  {}",
            day.date.format("%a %Y-%m-%d"),
            words(day)
        ))?;
    }
    Ok(text)
}

fn words(day: &Day) -> String {
    let words = match day.reason {
        Reason::WorkingDay => "working day",
        Reason::MakeUpDay => "make-up day",
        Reason::OwnHours => "working day with hours of its own",
        Reason::Provisional => "working day, unless it becomes a day off",
        Reason::Received => "received",
        Reason::AfterCutoff => "received after the cutoff",
        Reason::AfterHours => "received after hours",
        Reason::Weekend => "weekend",
        Reason::DayOff => "day off",
        Reason::Paused => "paused",
        Reason::Moved => "moved",
    };
    match day.name {
        Some(name) => format!("{words}: {}", name.in_language("en")),
        None => words.to_owned(),
    }
}

/// A question, one line of JSON. Names and conventions are those of `docs/calendars.md`; what else a line has is left
/// alone, so that a list of cases with their expected answers can be asked as it is.
#[derive(Deserialize)]
struct Question {
    calendar: Option<String>,
    start: Option<String>,
    received_at: Option<String>,
    received_local: Option<String>,
    received_utc: Option<String>,
    n_working_days: Option<u32>,
    cutoff: Option<String>,
    hours: Option<Vec<[String; 2]>>,
    business_minutes: Option<u32>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Days {
        end_date: NaiveDate,
        deadline: String,
        provisional: bool,
    },
    AfterCutoff {
        effective_receipt_date: NaiveDate,
        end_date: NaiveDate,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        provisional: bool,
    },
    Minutes {
        deadline: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        provisional: bool,
    },
}

fn answer(
    line: &[u8],
    calendar: Option<&str>,
    calendars: &mut HashMap<String, Result<Calendar, String>>,
) -> Result<Answer, String> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(line).map_err(|e| format!("not a JSON object: {e}"))?;
    let question: Question = serde_path_to_error::deserialize(serde_json::Value::Object(object))
        .map_err(|e| e.to_string())?;
    let name = question.calendar.as_deref().or(calendar);
    let name = name.ok_or("calendar is missing")?;
    let known = calendars
        .entry(name.to_owned())
        .or_insert_with(|| named(name));
    let calendar = known.as_ref().map_err(Clone::clone)?;
    if question.business_minutes.is_some() {
        working_minutes(&question, calendar)
    } else if question.cutoff.is_some() || question.received_local.is_some() {
        after_cutoff(&question, calendar)
    } else {
        working_days(&question, calendar)
    }
}

fn working_days(question: &Question, calendar: &Calendar) -> Result<Answer, String> {
    let start = match (&question.start, &question.received_at) {
        (Some(date), None) => calendar.start_of(day(date)?),
        (None, Some(at)) => instant(at)?.to_utc(),
        (None, None) => return Err("start or received_at is missing".to_owned()),
        (Some(_), Some(_)) => return Err("both start and received_at are given".to_owned()),
    };
    let none = Pauses::default();
    let goal = Goal::WorkingDays {
        days: needed(question.n_working_days, "n_working_days")?,
        cutoff: None,
    };
    let due = count(calendar, goal, start, &none)?.due;
    Ok(Answer::Days {
        end_date: due.date,
        deadline: utc(due.at),
        provisional: due.provisional,
    })
}

fn after_cutoff(question: &Question, calendar: &Calendar) -> Result<Answer, String> {
    let received = local_time(needed(
        question.received_local.as_deref(),
        "received_local",
    )?)?;
    let cutoff = needed(question.cutoff.as_deref(), "cutoff")?;
    let cutoff = NaiveTime::parse_from_str(cutoff, "%H:%M")
        .map_err(|_| format!("cutoff: {cutoff:?} is no time such as 18:00"))?;
    let none = Pauses::default();
    let goal = Goal::WorkingDays {
        days: needed(question.n_working_days, "n_working_days")?,
        cutoff: Some(cutoff),
    };
    let counted = count(calendar, goal, calendar.instant_of(received), &none)?;
    Ok(Answer::AfterCutoff {
        effective_receipt_date: counted.day_zero,
        end_date: counted.due.date,
        provisional: counted.due.provisional,
    })
}

fn working_minutes(question: &Question, calendar: &Calendar) -> Result<Answer, String> {
    let received = needed(question.received_utc.as_deref(), "received_utc")?;
    let minutes = needed(question.business_minutes, "business_minutes")?;
    // Without hours of its own, a question is about those of the calendar.
    let pairs = question.hours.as_deref();
    let hours = Hours::new(pairs.unwrap_or_default())
        .map_err(|(index, problem)| format!("hours[{index}]: {problem}"))?;
    if pairs.is_some() && hours.is_empty() {
        return Err("hours: name at least one span".to_owned());
    }
    let calendar = calendar.with_hours(&hours);
    let none = Pauses::default();
    let goal = Goal::WorkingMinutes(minutes);
    let due = count(&calendar, goal, instant(received)?.to_utc(), &none)?.due;
    Ok(Answer::Minutes {
        deadline: utc(due.at),
        provisional: due.provisional,
    })
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no date such as 2026-02-13"))
}

fn local_time(text: &str) -> Result<NaiveDateTime, String> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or_else(|| format!("{text:?} is no local time such as 2026-02-13T10:00:00"))
}

fn needed<T>(given: Option<T>, name: &str) -> Result<T, String> {
    given.ok_or_else(|| format!("{name} is missing"))
}

fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
