//! The clocks by example: the strip of days, cutoffs, half days, pauses, moves, odd clocks, the end of what is known.

use super::{at, built_in, count, date, days};
use chrono::{NaiveTime, TimeDelta};
use portico_promise::{Calendar, Clock, Counted, Goal, Hours, Move, Pauses, Reason, TooFar};

fn strip(counted: &Counted) -> String {
    let day = |day: &portico_promise::Day| {
        let letter = match day.reason {
            Reason::WorkingDay => 'W',
            Reason::MakeUpDay => 'M',
            Reason::OwnHours => 'O',
            Reason::Provisional => 'P',
            Reason::Received => 'r',
            Reason::AfterCutoff => 'c',
            Reason::AfterHours => 'h',
            Reason::Weekend => 'e',
            Reason::DayOff => 'o',
            Reason::Paused => 'p',
            Reason::Moved => 'm',
        };
        assert_eq!(day.counted(), letter.is_uppercase());
        letter
    };
    counted.days.iter().map(day).collect()
}

fn pauses<const N: usize>(intervals: [(&str, &str); N]) -> Pauses {
    Pauses::new(intervals.map(|(from, to)| (at(from), at(to))))
}

/// 24 hours on every day of a zone, known for a century.
fn always(zone: &str) -> Calendar {
    let all = r#"[["00:00", "24:00"]]"#;
    let week: Vec<String> = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
    .map(|day| format!("\"{day}\": {all}"))
    .to_vec();
    let text = format!(
        r#"{{"name": "always", "time_zone": "{zone}", "known": {{"from": "1950-01-01", "to": "2049-12-31"}}, "week": {{{}}}}}"#,
        week.join(", ")
    );
    Calendar::from_json("always", &text).unwrap()
}

#[test]
fn the_strip_says_of_each_day_why_it_counts_or_not() {
    let calendar = built_in("CN");
    let none = Pauses::default();
    let counted = count(&calendar, days(3), at("2026-02-13T10:00:00+08:00"), &none);
    assert_eq!(strip(&counted), "rMeoooooeeoWW");
    assert_eq!(counted.due.date, date("2026-02-25"));
    assert_eq!(counted.due.at, at("2026-02-26T00:00:00+08:00"));
    let names: Vec<&str> = counted
        .days
        .iter()
        .filter_map(|day| day.name)
        .map(|name| name.in_language("en"))
        .collect();
    assert_eq!(names[..2], ["Lunar New Year's Eve", "Spring Festival"]);
    assert_eq!(counted.days[4].name.unwrap().in_language("zh-Hant"), "春節");
    assert_eq!(counted.days[0].date, date("2026-02-13"));

    // By the clock on the wall no day needs a reason.
    assert!(
        count(
            &calendar,
            Goal::Minutes(60),
            at("2026-02-13T10:00:00+08:00"),
            &none
        )
        .days
        .is_empty()
    );
}

#[test]
fn a_complaint_before_spring_festival_has_its_milestones_on_the_right_days() {
    // Received on the last working day before the holiday, the make-up Saturday.
    let calendar = built_in("CN");
    let none = Pauses::default();
    let received = at("2026-02-14T16:00:00+08:00");
    let due = |goal| count(&calendar, goal, received, &none).due;
    assert_eq!(
        due(Goal::Minutes(24 * 60)).at,
        at("2026-02-15T16:00:00+08:00")
    );
    assert_eq!(due(days(3)).date, date("2026-02-26"));
    assert_eq!(due(days(5)).date, date("2026-02-28"));
    assert_eq!(due(days(15)).date, date("2026-03-13"));
}

#[test]
fn a_cutoff_shows_in_the_strip() {
    let calendar = built_in("CN");
    let none = Pauses::default();
    let goal = Goal::WorkingDays {
        days: 1,
        cutoff: NaiveTime::from_hms_opt(18, 0, 0),
    };
    let late = count(&calendar, goal, at("2026-09-30T18:00:00+08:00"), &none);
    assert_eq!(
        (strip(&late).as_str(), late.day_zero),
        ("cooeeooorW", date("2026-10-08"))
    );
    let early = count(&calendar, goal, at("2026-09-30T17:59:59+08:00"), &none);
    assert_eq!(strip(&early), "rooeeoooW");
    let off = count(&calendar, goal, at("2026-10-04T09:00:00+08:00"), &none);
    assert_eq!(strip(&off), "eooorW");
}

#[test]
fn a_half_day_counts_as_a_day_and_its_hours_as_they_are() {
    let text = r#"{"name": "Shop", "time_zone": "Europe/London", "known": {"from": "2026-01-01", "to": "2026-12-31"},
        "week": {"thursday": [["09:00", "17:00"]], "friday": [["09:00", "17:00"]]},
        "working_days": [{"date": "2026-12-24", "name": "Christmas Eve", "hours": [["09:00", "12:00"]]}]}"#;
    let calendar = Calendar::from_json("shop", text).unwrap();
    let none = Pauses::default();
    let counted = count(&calendar, days(1), at("2026-12-23T10:00:00Z"), &none);
    assert_eq!(
        (strip(&counted).as_str(), counted.due.date),
        ("rO", date("2026-12-24"))
    );
    let counted = count(
        &calendar,
        Goal::WorkingMinutes(4 * 60),
        at("2026-12-24T09:00:00Z"),
        &none,
    );
    assert_eq!(
        (strip(&counted).as_str(), counted.due.at),
        ("OW", at("2026-12-25T10:00:00Z"))
    );
}

#[test]
fn working_minutes_end_at_closing_time_and_not_at_the_next_opening() {
    let calendar = built_in("CN");
    let none = Pauses::default();
    let due = |from, minutes| count(&calendar, Goal::WorkingMinutes(minutes), at(from), &none);
    let counted = due("2026-03-03T17:00:00+08:00", 60);
    assert_eq!(
        (counted.due.at, counted.due.date),
        (at("2026-03-03T18:00:00+08:00"), date("2026-03-03"))
    );
    let counted = due("2026-03-03T18:00:00+08:00", 1);
    assert_eq!(
        (strip(&counted).as_str(), counted.due.at),
        ("hW", at("2026-03-04T09:01:00+08:00"))
    );
    // Nothing to do takes no time, at any hour.
    assert_eq!(
        due("2026-03-03T20:00:00+08:00", 0).due.at,
        at("2026-03-03T20:00:00+08:00")
    );
    // Seconds are not lost.
    assert_eq!(
        due("2026-03-03T17:59:30+08:00", 1).due.at,
        at("2026-03-04T09:00:30+08:00")
    );
}

#[test]
fn a_pause_costs_the_days_at_whose_end_it_lasts() {
    let calendar = built_in("US");
    let received = at("2026-03-02T10:00:00-05:00");
    let due = |pauses: &Pauses| count(&calendar, days(3), received, pauses).due.date;
    assert_eq!(due(&Pauses::default()), date("2026-03-05"));
    // Five minutes within a day cost nothing, 48 hours two days, also where cut in two.
    assert_eq!(
        due(&pauses([(
            "2026-03-03T10:00:00-05:00",
            "2026-03-03T10:05:00-05:00"
        )])),
        date("2026-03-05")
    );
    let two_days = pauses([("2026-03-03T10:00:00-05:00", "2026-03-05T10:00:00-05:00")]);
    assert_eq!(due(&two_days), date("2026-03-09"));
    let cut = pauses([
        ("2026-03-04T00:00:00-05:00", "2026-03-05T10:00:00-05:00"),
        ("2026-03-03T10:00:00-05:00", "2026-03-04T00:00:00-05:00"),
    ]);
    assert_eq!(due(&cut), date("2026-03-09"));
    let counted = count(&calendar, days(3), received, &two_days);
    assert_eq!(strip(&counted), "rppWWeeW");
    // Over a week-end only what would have counted is lost.
    assert_eq!(
        due(&pauses([(
            "2026-03-06T12:00:00-05:00",
            "2026-03-09T12:00:00-04:00"
        )])),
        date("2026-03-05")
    );
    assert_eq!(
        due(&pauses([(
            "2026-03-05T12:00:00-05:00",
            "2026-03-09T12:00:00-04:00"
        )])),
        date("2026-03-09")
    );
    // What lies before receipt or ends before it begins is nothing.
    assert_eq!(
        due(&pauses([
            ("2026-01-03T10:00:00-05:00", "2026-02-03T10:05:00-05:00"),
            ("2026-03-05T10:00:00-05:00", "2026-03-03T10:05:00-05:00")
        ])),
        date("2026-03-05")
    );
}

#[test]
fn paused_hours_do_not_pass() {
    let calendar = built_in("CN");
    let received = at("2026-03-03T10:00:00+08:00");
    let pauses = pauses([("2026-03-03T17:00:00+08:00", "2026-03-04T11:00:00+08:00")]);
    let due = |goal| count(&calendar, goal, received, &pauses).due.at;
    assert_eq!(due(Goal::Minutes(24 * 60)), at("2026-03-05T04:00:00+08:00"));
    assert_eq!(
        due(Goal::WorkingMinutes(8 * 60)),
        at("2026-03-04T12:00:00+08:00")
    );
    assert_eq!(
        due(Goal::WorkingMinutes(7 * 60)),
        at("2026-03-03T17:00:00+08:00")
    );
}

#[test]
fn a_move_holds_and_later_pauses_push_it_on() {
    let calendar = built_in("US");
    let moved = |goal, to, pauses: &Pauses| {
        let clock = Clock {
            calendar: &calendar,
            goal,
            start: at("2026-03-02T10:00:00-05:00"),
            pauses,
            moved: Some(Move {
                at: at("2026-03-04T09:00:00-05:00"),
                to: at(to),
            }),
        };
        let counted = clock.count().unwrap();
        (counted.due.at, strip(&counted))
    };
    let none = Pauses::default();
    let before = pauses([("2026-03-03T10:00:00-05:00", "2026-03-04T08:00:00-05:00")]);
    let (later, earlier) = ("2026-03-11T00:00:00-04:00", "2026-03-04T00:00:00-05:00");
    for pauses in [&none, &before] {
        assert_eq!(
            moved(Goal::Minutes(60), later, pauses),
            (at(later), String::new())
        );
        assert_eq!(moved(Goal::WorkingMinutes(120), later, pauses).0, at(later));
        assert_eq!(moved(days(3), later, pauses).0, at(later));
    }
    assert_eq!(moved(days(3), later, &none).1, "rWWWmmmmm");
    assert_eq!(
        moved(days(3), earlier, &none),
        (at(earlier), "rW".to_owned())
    );
    // Two working days and the hours between are lost after the move.
    let after = pauses([("2026-03-05T12:00:00-05:00", "2026-03-07T12:00:00-05:00")]);
    assert_eq!(
        moved(days(3), later, &after).0,
        at("2026-03-13T00:00:00-04:00")
    );
    assert_eq!(
        moved(Goal::Minutes(60), later, &after).0,
        at("2026-03-13T00:00:00-04:00")
    );
    // 12:00 to 18:00, then 09:00 to 18:00: fifteen hours, from Wednesday the 11th at 09:00.
    assert_eq!(
        moved(Goal::WorkingMinutes(60), later, &after).0,
        at("2026-03-12T15:00:00-04:00")
    );
}

#[test]
fn past_what_is_known_a_date_is_provisional() {
    let calendar = built_in("CN");
    let none = Pauses::default();
    let due = |goal, from| count(&calendar, goal, at(from), &none).due;
    let last = due(days(1), "2026-12-30T10:00:00+08:00");
    assert_eq!((last.date, last.provisional), (date("2026-12-31"), false));
    let next = count(&calendar, days(2), at("2026-12-30T10:00:00+08:00"), &none);
    assert_eq!(
        (strip(&next).as_str(), next.due.date, next.due.provisional),
        ("rWP", date("2027-01-01"), true)
    );
    // Also where days before what is known were looked at, and where the day of receipt is itself the answer.
    assert!(due(days(1), "2022-12-29T10:00:00+08:00").provisional);
    assert!(!due(days(1), "2022-12-31T10:00:00+08:00").provisional);
    assert!(due(days(0), "2027-01-05T10:00:00+08:00").provisional);
    assert!(!due(Goal::WorkingMinutes(60), "2026-12-31T17:00:00+08:00").provisional);
    assert!(due(Goal::WorkingMinutes(61), "2026-12-31T17:00:00+08:00").provisional);
    assert!(!due(Goal::Minutes(60), "2027-01-05T10:00:00+08:00").provisional);
}

#[test]
fn what_never_ends_is_refused() {
    let calendar = built_in("CN");
    let none = Pauses::default();
    let century = Pauses::new([(at("2026-01-01T00:00:00Z"), at("2400-01-01T00:00:00Z"))]);
    let clock = |goal, pauses| Clock {
        calendar: &calendar,
        goal,
        start: at("2026-02-01T00:00:00Z"),
        pauses,
        moved: None,
    };
    for goal in [
        days(u32::MAX),
        Goal::Minutes(u32::MAX),
        Goal::WorkingMinutes(u32::MAX),
    ] {
        assert_eq!(clock(goal, &none).count(), Err(TooFar));
    }
    for goal in [days(1), Goal::Minutes(1), Goal::WorkingMinutes(1)] {
        assert_eq!(clock(goal, &century).count(), Err(TooFar));
        for start in [
            chrono::DateTime::<chrono::Utc>::MIN_UTC,
            chrono::DateTime::<chrono::Utc>::MAX_UTC,
        ] {
            let clock = Clock {
                start,
                ..clock(goal, &none)
            };
            assert_eq!(clock.count(), Err(TooFar));
        }
    }
}

#[test]
fn days_begin_at_midnight_or_where_the_clock_skips_it_at_the_jump() {
    for (zone, day, start) in [
        // Put forward at midnight: the day begins at 01:00.
        ("Africa/Cairo", "2026-04-24", "2026-04-24T01:00:00+03:00"),
        (
            "America/Santiago",
            "2026-09-06",
            "2026-09-06T01:00:00-03:00",
        ),
        // Put back from 01:00 to 00:00: the first midnight.
        ("America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"),
        // Put back from 00:01 to 23:01 the day before: the second midnight.
        (
            "America/St_Johns",
            "2010-11-07",
            "2010-11-07T00:00:00-03:30",
        ),
        // Samoa had no 30 December 2011.
        ("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00"),
    ] {
        let calendar = always(zone);
        assert_eq!(calendar.start_of(date(day)), at(start), "{zone}");
        if zone != "Pacific/Apia" {
            assert_eq!(calendar.date_of(at(start)), date(day), "{zone}");
            assert_eq!(
                calendar.date_of(at(start) - TimeDelta::nanoseconds(1)),
                date(day).pred_opt().unwrap()
            );
        }
    }
    // In the hour that comes twice, a day does not end and begin again.
    let calendar = always("America/St_Johns");
    assert_eq!(
        calendar.date_of(at("2010-11-07T00:00:30-02:30")),
        date("2010-11-06")
    );
    assert_eq!(
        calendar.instant_of("2010-11-06T23:30:00".parse().unwrap()),
        at("2010-11-06T23:30:00-02:30")
    );
}

#[test]
fn what_the_clock_skips_is_not_worked_and_what_it_repeats_is_worked_twice() {
    let calendar = always("America/New_York");
    let none = Pauses::default();
    let due = |from, minutes| {
        count(&calendar, Goal::WorkingMinutes(minutes), at(from), &none)
            .due
            .at
    };
    assert_eq!(
        due("2026-03-08T00:00:00-05:00", 23 * 60),
        at("2026-03-09T00:00:00-04:00")
    );
    assert_eq!(
        due("2026-11-01T00:00:00-04:00", 25 * 60),
        at("2026-11-02T00:00:00-05:00")
    );
    let early = |from: &str, to: &str| {
        let hours = Hours::new(&[[from.to_owned(), to.to_owned()]]).unwrap();
        calendar.with_hours(&hours)
    };
    let due = |calendar: &Calendar, from, minutes| {
        count(calendar, Goal::WorkingMinutes(minutes), at(from), &none)
            .due
            .at
    };
    // 01:30 to 02:30 is half an hour where 02:00 is skipped, and an hour and a half where 01:00 comes twice.
    let night = early("01:30", "02:30");
    assert_eq!(
        due(&night, "2026-03-08T00:00:00-05:00", 31),
        at("2026-03-09T01:31:00-04:00")
    );
    assert_eq!(
        due(&night, "2026-11-01T00:00:00-04:00", 30),
        at("2026-11-01T02:00:00-04:00")
    );
    assert_eq!(
        due(&night, "2026-11-01T00:00:00-04:00", 31),
        at("2026-11-01T01:31:00-05:00")
    );
    assert_eq!(
        due(&night, "2026-11-01T00:00:00-04:00", 90),
        at("2026-11-01T02:30:00-05:00")
    );
}
