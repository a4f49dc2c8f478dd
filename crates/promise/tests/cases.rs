//! The cases with expected answers, each computed by several independent programs.

use super::{at, built_in, count, date, days};
use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use portico_promise::{Calendar, Goal, Hours, Pauses};
use serde_json::Value;

fn cases(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("data/working-days.json")).expect("JSON");
    let cases = all[kind].as_array().expect(kind).clone();
    assert!(!cases.is_empty());
    cases
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} of {case}"))
}

fn number(case: &Value, field: &str) -> u32 {
    let number = case[field].as_u64().expect(field);
    number.try_into().expect(field)
}

fn calendar(case: &Value) -> Calendar {
    built_in(text(case, "calendar"))
}

#[test]
fn dates() {
    for case in cases("cases") {
        let calendar = calendar(&case);
        let start = date(text(&case, "start"));
        let (kind, _) = calendar.day(start);
        assert_eq!(case["start_is_workday"], kind.is_worked(), "{case}");
        // Whatever the hour.
        for received in [
            calendar.start_of(start),
            at("0001-01-01T00:00:00Z").max(
                calendar.start_of(start.succ_opt().unwrap()) - chrono::TimeDelta::nanoseconds(1),
            ),
        ] {
            let pauses = Pauses::default();
            let counted = count(
                &calendar,
                days(number(&case, "n_working_days")),
                received,
                &pauses,
            );
            assert_eq!(counted.day_zero, start, "{case}");
            assert_eq!(
                counted.due.date,
                date(text(&case, "expected_end_date")),
                "{case}"
            );
            assert!(!counted.due.provisional, "{case}");
        }
    }
}

#[test]
fn instants() {
    for case in cases("instant_cases") {
        let calendar = calendar(&case);
        let pauses = Pauses::default();
        let goal = days(number(&case, "n_working_days"));
        let counted = count(&calendar, goal, at(text(&case, "received_at")), &pauses);
        assert_eq!(
            counted.day_zero,
            date(text(&case, "local_receipt_date")),
            "{case}"
        );
        assert_eq!(
            counted.due.date,
            date(text(&case, "expected_end_date")),
            "{case}"
        );
        assert_eq!(
            counted.due.at,
            at(text(&case, "deadline_instant_exclusive")),
            "{case}"
        );
    }
}

#[test]
fn cutoffs() {
    for case in cases("cutoff_cases") {
        let calendar = calendar(&case);
        let received = calendar.instant_of(text(&case, "received_local").parse().unwrap());
        let cutoff = NaiveTime::parse_from_str(text(&case, "cutoff"), "%H:%M").unwrap();
        let goal = Goal::WorkingDays {
            days: number(&case, "n_working_days"),
            cutoff: Some(cutoff),
        };
        let pauses = Pauses::default();
        let counted = count(&calendar, goal, received, &pauses);
        assert_eq!(
            counted.day_zero,
            date(text(&case, "effective_receipt_date")),
            "{case}"
        );
        assert_eq!(
            counted.due.date,
            date(text(&case, "expected_end_date")),
            "{case}"
        );
        let base = count(
            &calendar,
            days(number(&case, "n_working_days")),
            received,
            &pauses,
        );
        assert_eq!(
            case["same_under_base_rule"],
            base.due.date == counted.due.date,
            "{case}"
        );
    }
}

#[test]
fn hours() {
    for case in cases("hours_cases") {
        let pairs: Vec<[String; 2]> = serde_json::from_value(case["hours"].clone()).unwrap();
        let calendar = calendar(&case).with_hours(&Hours::new(&pairs).unwrap());
        let received = at(text(&case, "received_utc"));
        assert_eq!(
            received,
            calendar.instant_of(text(&case, "received_local").parse().unwrap())
        );
        let goal = Goal::WorkingMinutes(number(&case, "business_minutes"));
        let pauses = Pauses::default();
        let due = count(&calendar, goal, received, &pauses).due;
        assert_eq!(due.at, at(text(&case, "expected_deadline_utc")), "{case}");
        assert_eq!(due.at, at(text(&case, "expected_deadline_local")), "{case}");
    }
}

#[test]
fn every_calendar_that_comes_along_is_read_and_is_what_its_file_says() {
    for (id, working_weekends, days_off_2026) in [
        ("CN", 26, 19),
        ("TW", 8, 16),
        ("HK", 0, 14),
        ("US", 0, 11),
        ("GB-ENG", 0, 8),
        ("GB-SCT", 0, 10),
        ("GB-NIR", 0, 10),
    ] {
        assert!(Calendar::built_in_ids().any(|known| known == id));
        let calendar = built_in(id);
        let all = || {
            calendar
                .known()
                .start()
                .iter_days()
                .take_while(|date| calendar.known().contains(date))
        };
        assert_eq!(all().count(), 4 * 365 + 1, "{id}");
        let weekend = |date: &NaiveDate| matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let worked = |date: &NaiveDate| calendar.day(*date).0.is_worked();
        assert_eq!(
            all().filter(|d| weekend(d) && worked(d)).count(),
            working_weekends,
            "{id}"
        );
        let off = all().filter(|d| d.year() == 2026 && !weekend(d) && !worked(d));
        assert_eq!(off.clone().count(), days_off_2026, "{id}");
        // Every day off says what it is, in each language.
        for date in off {
            let name = calendar.day(date).1.expect("a name");
            let names = ["en", "zh-Hans", "zh-Hant"].map(|tag| name.in_language(tag));
            assert!(
                names.iter().all(|name| !name.is_empty()) && names[0] != names[1],
                "{id} {date}"
            );
        }
    }
    assert_eq!(Calendar::built_in_ids().count(), 7);
    assert!(Calendar::built_in("cn").is_none());
}
