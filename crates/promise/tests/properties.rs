//! What holds for every calendar, every instant, every pause, against the plainest possible counting.

use super::{count, days};
use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use portico_promise::{Calendar, Goal, Pauses};
use proptest::{collection, prelude::*, sample};
use serde_json::json;

/// Zones whose clocks do odd things: half hours, quarters, midnight, both halves of the world.
const ZONES: [&str; 9] = [
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kathmandu",
    "Pacific/Chatham",
];
const WEEK: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// A calendar, and the same rules as a table for counting by hand.
#[derive(Debug, Clone)]
struct Rules {
    calendar: Calendar,
    week: Vec<Vec<(u32, u32)>>,
    off: Vec<NaiveDate>,
    on: Vec<(NaiveDate, (u32, u32))>,
}

impl Rules {
    fn hours(&self, date: NaiveDate) -> Vec<(u32, u32)> {
        use chrono::Datelike;
        if self.off.contains(&date) {
            return Vec::new();
        }
        match self.on.iter().find(|(on, _)| *on == date) {
            Some((_, span)) => vec![*span],
            None => self.week[date.weekday().num_days_from_monday() as usize].clone(),
        }
    }

    fn is_worked(&self, date: NaiveDate) -> bool {
        !self.hours(date).is_empty()
    }

    /// Whether the minute that begins at an instant is worked.
    fn is_open(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.calendar.zone()).naive_local();
        let minute = local.hour() * 60 + local.minute();
        self.hours(local.date())
            .iter()
            .any(|(from, to)| (*from..*to).contains(&minute))
    }
}

type Interval = (DateTime<Utc>, DateTime<Utc>);

fn is_paused(pauses: &[Interval], at: DateTime<Utc>) -> bool {
    pauses.iter().any(|(from, to)| (*from..*to).contains(&at))
}

/// From the 1st of January 2025, in minutes.
fn instant(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_735_689_600 + minutes * 60, 0).expect("in range")
}

fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn span() -> impl Strategy<Value = (u32, u32)> {
    (0_u32..93, 4_u32..97).prop_map(|(from, length)| (from * 15, (from + length).min(96) * 15))
}

/// Two years, known but for the last months, with many days off and make-up days.
fn rules() -> impl Strategy<Value = Rules> {
    let day = || {
        (0_u64..800).prop_map(|day| {
            NaiveDate::from_ymd_opt(2025, 1, 1).expect("a date") + chrono::Days::new(day)
        })
    };
    // Every day of the week may be free but one.
    let week = (
        collection::vec(prop_oneof![2 => Just(None), 3 => span().prop_map(Some)], 7),
        0..7_usize,
        span(),
    );
    let spans = (
        collection::vec(day(), 0..120),
        collection::vec((day(), span()), 0..80),
    );
    (sample::select(&ZONES[..]), week, spans).prop_map(|(zone, (week, sure, hours), (mut off, mut on))| {
        let mut week: Vec<Vec<(u32, u32)>> = week.into_iter().map(|span| {
            // A long span has a break in it.
            span.map_or_else(Vec::new, |(from, to)| if to - from > 240 {
                vec![(from, from + 105), (from + 165, to)]
            } else {
                vec![(from, to)]
            })
        }).collect();
        if week[sure].is_empty() {
            week[sure].push(hours);
        }
        off.sort_unstable();
        off.dedup();
        on.sort_unstable();
        on.dedup_by_key(|(date, _)| *date);
        on.retain(|(date, _)| !off.contains(date));
        let pairs = |spans: &[(u32, u32)]| spans.iter().map(|(from, to)| [clock(*from), clock(*to)]).collect::<Vec<_>>();
        let by_day: serde_json::Map<_, _> = WEEK.iter().zip(&week).map(|(day, spans)| ((*day).to_owned(), json!(pairs(spans)))).collect();
        let file = json!({
            "name": "Any", "time_zone": zone, "known": {"from": "2025-01-01", "to": "2027-03-31"}, "week": by_day,
            "days_off": off.iter().map(|date| json!({"date": date.to_string()})).collect::<Vec<_>>(),
            "working_days": on.iter().map(|(date, span)| json!({"date": date.to_string(), "hours": pairs(&[*span])})).collect::<Vec<_>>(),
        });
        let calendar = Calendar::from_json("any", &file.to_string()).expect("a good file");
        Rules { calendar, week, off, on }
    })
}

fn start() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..700 * 24 * 60).prop_map(instant)
}

fn goal() -> impl Strategy<Value = Goal> {
    let cutoff = proptest::option::of(
        (0_u32..24).prop_map(|hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).expect("a time")),
    );
    prop_oneof![
        (0_u32..10_000).prop_map(Goal::Minutes),
        (0_u32..6_000).prop_map(Goal::WorkingMinutes),
        (0_u32..40, cutoff).prop_map(|(days, cutoff)| Goal::WorkingDays { days, cutoff }),
    ]
}

/// Pauses in order that do not overlap, after `start`.
fn pauses() -> impl Strategy<Value = Vec<(i64, i64)>> {
    collection::vec((1_i64..4_000, 1_i64..6_000), 0..5)
}

fn placed(start: DateTime<Utc>, steps: &[(i64, i64)]) -> Vec<Interval> {
    let mut at = start;
    let mut place = |(wait, length): &(i64, i64)| {
        let from = at + TimeDelta::minutes(*wait);
        at = from + TimeDelta::minutes(*length);
        (from, at)
    };
    steps.iter().map(&mut place).collect()
}

fn more(goal: Goal, by: u32) -> Goal {
    match goal {
        Goal::Minutes(minutes) => Goal::Minutes(minutes + by),
        Goal::WorkingMinutes(minutes) => Goal::WorkingMinutes(minutes + by),
        Goal::WorkingDays { days, cutoff } => Goal::WorkingDays {
            days: days + by,
            cutoff,
        },
    }
}

fn minutes_between(from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    (0..(to - from).num_minutes()).map(move |minute| from + TimeDelta::minutes(minute))
}

/// What a pause takes from a goal that starts before it: minutes, open minutes, or worked days that end in it, but for
/// that of receipt, which never counts. By hand.
fn lost(rules: &Rules, goal: Goal, start: DateTime<Utc>, (from, to): Interval) -> u32 {
    let lost = match goal {
        Goal::Minutes(_) => (to - from).num_minutes() as usize,
        Goal::WorkingMinutes(_) => minutes_between(from, to)
            .filter(|at| rules.is_open(*at))
            .count(),
        Goal::WorkingDays { .. } => {
            let zone = rules.calendar.zone();
            let date = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
            let received = date(start);
            minutes_between(from, to)
                .filter(|at| date(*at) < date(*at + TimeDelta::minutes(1)))
                .filter(|at| date(*at) != received && rules.is_worked(date(*at)))
                .count()
        }
    };
    lost.try_into().expect("few")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// What is received later is never due earlier.
    #[test]
    fn monotone_in_receipt(rules in rules(), start in start(), later in 0_i64..20_000, goal in goal(), steps in pauses()) {
        let pauses = Pauses::new(placed(start, &steps));
        let due = |start| count(&rules.calendar, goal, start, &pauses).due;
        let (first, second) = (due(start), due(start + TimeDelta::minutes(later)));
        prop_assert!(first.at <= second.at && first.date <= second.date, "{first:?} {second:?}");
    }

    /// More time is never over earlier.
    #[test]
    fn monotone_in_amount(rules in rules(), start in start(), by in 0_u32..2_000, goal in goal(), steps in pauses()) {
        let pauses = Pauses::new(placed(start, &steps));
        let due = |goal| count(&rules.calendar, goal, start, &pauses).due.at;
        prop_assert!(due(goal) <= due(more(goal, by)));
    }

    /// Pauses add up: the deadline with them all is the one of a goal that is longer by what each of them takes. And it
    /// is the same however they are cut and in whatever order they come.
    #[test]
    fn additive_over_pauses(rules in rules(), start in start(), goal in goal(), steps in pauses(), cut in 1_i64..4_000) {
        let goal = match goal {
            Goal::WorkingDays { days, .. } => super::days(days),
            goal => goal,
        };
        let placed = placed(start, &steps);
        let all = Pauses::new(placed.clone());
        let due = count(&rules.calendar, goal, start, &all).due.at;
        let before = placed.iter().map(|(from, to)| (*from, due.min(*to))).filter(|(from, to)| from < to);
        let extra: u32 = before.map(|pause| lost(&rules, goal, start, pause)).sum();
        let none = Pauses::default();
        prop_assert_eq!(due, count(&rules.calendar, more(goal, extra), start, &none).due.at);
        let pieces = placed.iter().rev().flat_map(|(from, to)| {
            let middle = (*to).min(*from + TimeDelta::minutes(cut));
            [(middle, *to), (*from, middle)]
        });
        prop_assert_eq!(due, count(&rules.calendar, goal, start, &Pauses::new(pieces)).due.at);
    }

    /// The time is never up on a day that is not worked, nor in an hour that is not.
    #[test]
    fn never_on_a_day_off(rules in rules(), start in start(), goal in goal(), steps in pauses()) {
        let placed = placed(start, &steps);
        let pauses = Pauses::new(placed.clone());
        let counted = count(&rules.calendar, goal, start, &pauses);
        let last = counted.due.at - TimeDelta::minutes(1);
        match goal {
            Goal::WorkingDays { days, .. } if days > 0 => {
                prop_assert!(rules.is_worked(counted.due.date));
                prop_assert!(counted.days.iter().all(|day| !day.counted() || rules.is_worked(day.date)));
                prop_assert!(!is_paused(&placed, last));
            }
            Goal::WorkingMinutes(minutes) if minutes > 0 => {
                prop_assert!(rules.is_open(last) && rules.is_worked(counted.due.date));
            }
            _ => {}
        }
    }

    /// The time is never up before it begins, and no day before it counts.
    #[test]
    fn never_before_receipt(rules in rules(), start in start(), goal in goal(), steps in pauses()) {
        let pauses = Pauses::new(placed(start, &steps));
        let counted = count(&rules.calendar, goal, start, &pauses);
        let received = rules.calendar.date_of(start);
        prop_assert!(counted.due.at >= start && counted.due.date >= received && counted.day_zero >= received);
        if let Goal::WorkingDays { .. } = goal {
            prop_assert!(counted.due.at > start);
            prop_assert!(counted.days.iter().all(|day| !day.counted() || day.date > counted.day_zero));
        }
    }

    /// The strip begins with receipt, ends with the deadline, leaves no date out, and as many days count as were promised.
    #[test]
    fn the_strip_is_complete(rules in rules(), start in start(), n in 0_u32..40, steps in pauses()) {
        let pauses = Pauses::new(placed(start, &steps));
        let counted = count(&rules.calendar, days(n), start, &pauses);
        let dates: Vec<NaiveDate> = counted.days.iter().map(|day| day.date).collect();
        let all: Vec<NaiveDate> = rules.calendar.date_of(start).iter_days().take_while(|date| *date <= counted.due.date).collect();
        prop_assert_eq!(dates, all);
        prop_assert_eq!(counted.days.iter().filter(|day| day.counted()).count(), n as usize);
    }

    /// Provisional, exactly if a date outside what is known was looked at.
    #[test]
    fn provisional_exactly_past_what_is_known(rules in rules(), start in start(), n in 1_u32..120) {
        let none = Pauses::default();
        let due = count(&rules.calendar, days(n), start, &none).due;
        prop_assert_eq!(due.provisional, due.date > *rules.calendar.known().end());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Working minutes are those that a count minute by minute finds.
    #[test]
    fn working_minutes_are_what_minute_by_minute_gives(rules in rules(), start in start(), minutes in 1_u32..2_500, steps in pauses()) {
        let placed = placed(start, &steps);
        let mut at = start;
        let mut left = minutes;
        while left > 0 {
            left -= u32::from(rules.is_open(at) && !is_paused(&placed, at));
            at += TimeDelta::minutes(1);
        }
        let pauses = Pauses::new(placed);
        prop_assert_eq!(count(&rules.calendar, Goal::WorkingMinutes(minutes), start, &pauses).due.at, at);
    }

    /// Working days are those that a count day by day finds, and a date ends where the next local date begins.
    #[test]
    fn working_days_are_what_day_by_day_gives(rules in rules(), start in start(), n in 0_u32..60) {
        let zone = rules.calendar.zone();
        let mut date = start.with_timezone(&zone).date_naive();
        let mut left = n;
        while left > 0 {
            date = date.succ_opt().expect("a date");
            left -= u32::from(rules.is_worked(date));
        }
        let none = Pauses::default();
        let due = count(&rules.calendar, days(n), start, &none).due;
        prop_assert_eq!(due.date, date);
        prop_assert_eq!(due.at.with_timezone(&zone).date_naive(), date.succ_opt().expect("a date"));
        prop_assert_eq!((due.at - TimeDelta::seconds(1)).with_timezone(&zone).date_naive(), date);
    }
}
