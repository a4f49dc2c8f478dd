//! What becomes of a promise when its calendar changes.

use super::{at, count, date, days};
use portico_promise::{Calendar, DayKind, Due, Pauses, Revision, revise};

fn plant(to: &str, days_off: &str) -> Calendar {
    let text = format!(
        r#"{{"name": "Plant", "time_zone": "Asia/Shanghai", "known": {{"from": "2026-01-01", "to": "{to}"}},
        "week": {{"monday": [["09:00", "18:00"]], "tuesday": [["09:00", "18:00"]], "wednesday": [["09:00", "18:00"]],
                  "thursday": [["09:00", "18:00"]], "friday": [["09:00", "18:00"]]}},
        "days_off": [{days_off}], "working_days": [{{"date": "2026-06-27"}}]}}"#
    );
    Calendar::from_json("plant", &text).unwrap()
}

fn due(calendar: &Calendar, from: &str) -> Due {
    count(calendar, days(3), at(from), &Pauses::default()).due
}

#[test]
fn an_earlier_promised_date_is_kept_and_an_earlier_new_one_holds() {
    let before = plant("2026-12-31", "");
    let after = plant("2026-12-31", r#"{"date": "2026-06-24", "name": "Typhoon"}"#);
    let received = "2026-06-22T10:00:00+08:00";
    let (early, late) = (due(&before, received), due(&after, received));
    assert_eq!(
        (early.date, late.date),
        (date("2026-06-25"), date("2026-06-26"))
    );
    assert_eq!(revise(early, late), (early, Revision::Kept));
    assert_eq!(revise(late, early), (early, Revision::Earlier));
    assert_eq!(revise(early, early), (early, Revision::Same));
    // The reason: what differs between receipt and the later date.
    let changes: Vec<_> = before
        .changes(&after, date("2026-06-22")..=late.date)
        .collect();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].date, changes[0].was, changes[0].is),
        (date("2026-06-24"), DayKind::Worked, DayKind::Off)
    );
    assert_eq!(changes[0].name.unwrap().in_language("en"), "Typhoon");
}

#[test]
fn a_provisional_date_becomes_later_when_the_calendar_is_known() {
    let before = plant("2026-12-31", "");
    let after = plant(
        "2027-12-31",
        r#"{"date": "2027-01-01", "name": "New Year's Day"}"#,
    );
    let received = "2026-12-30T10:00:00+08:00";
    let (promised, computed) = (due(&before, received), due(&after, received));
    assert!(promised.provisional && !computed.provisional);
    assert_eq!(
        (promised.date, computed.date),
        (date("2027-01-04"), date("2027-01-05"))
    );
    assert_eq!(revise(promised, computed), (computed, Revision::Later));
    // The same date, known now, is no longer provisional.
    let known = Due {
        provisional: false,
        ..promised
    };
    assert_eq!(revise(promised, known), (known, Revision::Same));
}
