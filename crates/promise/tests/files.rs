//! Calendar files: what is read, and what is said about a file that is wrong.

use super::date;
use portico_promise::{Calendar, DayKind, Error, Place, Problem};

const GOOD: &str = r#"{
  "name": "Plant",
  "time_zone": "Asia/Shanghai",
  "known": {"from": "2026-01-01", "to": "2026-12-31"},
  "week": {"monday": [["09:00", "12:00"], ["13:30", "18:00"]]},
  "days_off": [{"date": "2026-02-16", "name": {"en": "Holiday", "zh-Hans": "假日"}}],
  "working_days": [{"date": "2026-02-14"}, {"date": "2026-03-02", "hours": [["09:00", "12:00"]]}]
}"#;

fn refused(text: &str) -> Error {
    Calendar::from_file("plant", text).expect_err(text)
}

#[test]
fn a_json_file_is_read() {
    let calendar = Calendar::from_file("plant", GOOD).unwrap();
    assert_eq!(
        (calendar.id(), calendar.name().in_language("en")),
        ("plant", "Plant")
    );
    assert_eq!(calendar.zone().name(), "Asia/Shanghai");
    let kind = |day| calendar.day(date(day)).0;
    assert_eq!(kind("2026-02-09"), DayKind::Worked);
    assert_eq!(kind("2026-02-10"), DayKind::Weekend);
    assert_eq!(kind("2026-02-14"), DayKind::MakeUp);
    assert_eq!(kind("2026-02-16"), DayKind::Off);
    assert_eq!(kind("2026-03-02"), DayKind::OwnHours);
    let name = calendar.day(date("2026-02-16")).1.unwrap();
    assert_eq!(
        ["zh-Hans", "en", "fr"].map(|tag| name.in_language(tag)),
        ["假日", "Holiday", "Holiday"]
    );
}

#[test]
fn a_json_file_that_is_wrong_is_refused_with_its_place() {
    for (old, new, place, part) in [
        (
            "Asia/Shanghai",
            "Asia/Shangahi",
            "/time_zone",
            "\"Asia/Shangahi\" is no IANA time zone",
        ),
        (
            "2026-12-31",
            "2025-12-31",
            "/known",
            "ends on 2025-12-31, before it starts on 2026-01-01",
        ),
        (
            "2026-12-31",
            "2026-12-32",
            "/known/to",
            "\"2026-12-32\" is no date",
        ),
        ("2026-02-16", "2026-2-16", "/days_off/0/date", "is no date"),
        (
            "2026-02-16",
            "2062-02-16",
            "/days_off/0",
            "2062-02-16 is outside the known range",
        ),
        (
            "2026-02-16",
            "2026-02-14",
            "/working_days/0",
            "2026-02-14 is listed already",
        ),
        (
            "\"13:30\"",
            "\"11:30\"",
            "/week/monday/1",
            "09:00-12:00 and 11:30-18:00 overlap",
        ),
        (
            "\"13:30\", \"18:00\"",
            "\"18:00\", \"13:30\"",
            "/week/monday/1",
            "18:00-13:30 end before they begin",
        ),
        (
            "\"13:30\"",
            "\"1:30\"",
            "/week/monday/1",
            "\"1:30\" is no time",
        ),
        (
            "\"18:00\"",
            "\"24:01\"",
            "/week/monday/1",
            "\"24:01\" is no time",
        ),
        (
            "[[\"09:00\", \"12:00\"]]}",
            "[]}",
            "/working_days/1/hours",
            "needs hours",
        ),
        (
            "\"monday\": [[\"09:00\", \"12:00\"], [\"13:30\", \"18:00\"]]",
            "",
            "/week",
            "no day of the week has hours",
        ),
        (
            "monday",
            "moonday",
            "/week/moonday",
            "unknown field `moonday`",
        ),
        (
            "\"name\": \"Plant\"",
            "\"name\": 7",
            "/name",
            "a text, or an object of texts",
        ),
        ("\"time_zone\"", "\"zone\"", "/zone", "unknown field `zone`"),
        (
            "\"date\": \"2026-02-14\"",
            "\"dat\": \"2026-02-14\"",
            "/working_days/0/dat",
            "unknown field `dat`",
        ),
        (
            "[\"13:30\", \"18:00\"]",
            "[\"13:30\"]",
            "/week/monday/1",
            "invalid length 1",
        ),
        (
            "\"days_off\": [{",
            "\"days_off\": [{{",
            "line 6",
            "key must be a string",
        ),
        (
            "\"known\": {\"from\": \"2026-01-01\", \"to\": \"2026-12-31\"},",
            "",
            "the file",
            "missing field `known`",
        ),
    ] {
        let text = GOOD.replace(old, new);
        assert_ne!(text, GOOD, "{old}");
        let said = refused(&text).to_string();
        assert!(
            said.starts_with(&format!("{place}: ")) && said.contains(part),
            "{new}: {said}"
        );
    }
    assert!(matches!(refused("{").problem, Problem::Shape(_)));
    assert_eq!(refused(&format!("{GOOD}\n}}")).place, Place::Line(9));
    assert_eq!(refused("{").place, Place::Line(1));
}

fn ics(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}\r\nEND:VCALENDAR\r\n",
        lines.trim().replace('\n', "\r\n")
    )
}

const HOLIDAYS: &str = "X-WR-TIMEZONE:Asia/Shanghai
X-WR-CALNAME:Plant\\, north
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260101
SUMMARY:New
 \x20Year
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260216
DTEND;VALUE=DATE:20260219
SUMMARY:Spring Festival
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Asia/Shanghai:20260224T130000
DTEND;TZID=Asia/Shanghai:20260224T175959
SUMMARY:Inventory
END:VEVENT
BEGIN:VEVENT
STATUS:CANCELLED
DTSTART;VALUE=DATE:20260302
SUMMARY:Not after all
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260331
DURATION:P1D
SUMMARY:Founding day
END:VEVENT";

#[test]
fn the_events_of_an_icalendar_file_are_days_off() {
    let calendar = Calendar::from_file("plant", &ics(HOLIDAYS)).unwrap();
    assert_eq!(calendar.name().in_language("en"), "Plant, north");
    // Known as far as it speaks, and not a day further.
    assert_eq!(*calendar.known(), date("2026-01-01")..=date("2026-03-31"));
    let day = |day| {
        let (kind, name) = calendar.day(date(day));
        (kind, name.map_or("", |name| name.in_language("en")))
    };
    assert_eq!(day("2026-01-01"), (DayKind::Off, "New Year"));
    assert_eq!(day("2026-01-02"), (DayKind::Worked, ""));
    assert_eq!(day("2026-01-03"), (DayKind::Weekend, ""));
    for off in ["2026-02-16", "2026-02-17", "2026-02-18"] {
        assert_eq!(day(off), (DayKind::Off, "Spring Festival"));
    }
    assert_eq!(day("2026-02-19"), (DayKind::Worked, ""));
    assert_eq!(day("2026-02-24"), (DayKind::OwnHours, "Inventory"));
    assert_eq!(day("2026-03-02"), (DayKind::Worked, ""));
    assert_eq!(day("2026-03-31"), (DayKind::Off, "Founding day"));
}

#[test]
fn the_afternoon_that_is_closed_is_not_counted() {
    let calendar = Calendar::from_file("plant", &ics(HOLIDAYS)).unwrap();
    let pauses = portico_promise::Pauses::default();
    let counted = super::count(
        &calendar,
        portico_promise::Goal::WorkingMinutes(5 * 60),
        super::at("2026-02-24T09:00:00+08:00"),
        &pauses,
    );
    assert_eq!(counted.due.at, super::at("2026-02-25T10:00:00+08:00"));
}

#[test]
fn an_availability_gives_the_hours_the_range_and_make_up_days() {
    let file = ics("BEGIN:VAVAILABILITY
DTSTART;TZID=Asia/Taipei:20260101T000000
DTEND;TZID=Asia/Taipei:20270101T000000
BEGIN:AVAILABLE
DTSTART;TZID=Asia/Taipei:20260101T090000
DTEND;TZID=Asia/Taipei:20260101T120000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
END:AVAILABLE
BEGIN:AVAILABLE
DTSTART;TZID=Asia/Taipei:20260101T133000
DURATION:PT4H30M
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH
END:AVAILABLE
BEGIN:AVAILABLE
DTSTART;TZID=Asia/Taipei:20260207T090000
DTEND;TZID=Asia/Taipei:20260207T180000
END:AVAILABLE
END:VAVAILABILITY
BEGIN:VEVENT
DTSTART;VALUE=DATE:20000101
RRULE:FREQ=YEARLY
SUMMARY:New Year
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20251225
SUMMARY:Outside
END:VEVENT");
    let calendar = Calendar::from_file("plant", &file).unwrap();
    assert_eq!(calendar.zone().name(), "Asia/Taipei");
    assert_eq!(*calendar.known(), date("2026-01-01")..=date("2026-12-31"));
    let kind = |day| calendar.day(date(day)).0;
    assert_eq!(kind("2026-01-01"), DayKind::Off);
    assert_eq!(kind("2025-12-25"), DayKind::Worked);
    assert_eq!(kind("2026-02-07"), DayKind::MakeUp);
    assert_eq!(kind("2026-02-08"), DayKind::Weekend);
    let pauses = portico_promise::Pauses::default();
    // Friday is a morning, the make-up Saturday has nine hours.
    let counted = super::count(
        &calendar,
        portico_promise::Goal::WorkingMinutes(4 * 60),
        super::at("2026-02-06T09:00:00+08:00"),
        &pauses,
    );
    assert_eq!(counted.due.at, super::at("2026-02-07T10:00:00+08:00"));
}

#[test]
fn where_holidays_are_marked_the_marks_decide() {
    let file = ics("X-WR-TIMEZONE:Asia/Shanghai
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260214
SUMMARY:Working for the holiday
X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260217
SUMMARY:Spring Festival
X-APPLE-SPECIAL-DAY:WORK-HOLIDAY
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260303
SUMMARY:Lantern Festival
END:VEVENT");
    let calendar = Calendar::from_file("cn", &file).unwrap();
    let kind = |day| calendar.day(date(day)).0;
    assert_eq!(kind("2026-02-14"), DayKind::MakeUp);
    assert_eq!(kind("2026-02-17"), DayKind::Off);
    assert_eq!(kind("2026-03-03"), DayKind::Worked);
}

#[test]
fn an_icalendar_file_that_is_wrong_is_refused_with_its_line() {
    for (old, new, place, part) in [
        (
            "X-WR-TIMEZONE:Asia/Shanghai",
            "X-WR-TIMEZONE:Asia/Shangahi",
            "line 3",
            "no IANA time zone",
        ),
        (
            "X-WR-TIMEZONE:Asia/Shanghai",
            "",
            "line 1",
            "names no time zone",
        ),
        (
            "SUMMARY:Spring Festival",
            "SUMMARY Spring Festival",
            "line 13",
            "no iCalendar line",
        ),
        (
            "SUMMARY:Spring Festival",
            "SUMMARY;LANGUAGE:Spring Festival",
            "line 13",
            "no iCalendar line",
        ),
        (
            "DTEND;VALUE=DATE:20260219",
            "DTEND;VALUE=DATE:20260216",
            "line 12",
            "before it starts",
        ),
        (
            "DTEND;VALUE=DATE:20260219",
            "DTEND;VALUE=DATE:20460219",
            "line 12",
            "more than ten years",
        ),
        (
            "DTSTART;VALUE=DATE:20260101",
            "DTSTART;VALUE=DATE:20260132",
            "line 6",
            "\"20260132\" is no date",
        ),
        (
            "DTSTART;VALUE=DATE:20260101",
            "DTSTAMP:20260101T000000Z",
            "line 5",
            "VEVENT has no DTSTART",
        ),
        (
            "DTSTART;VALUE=DATE:20260101",
            "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=MONTHLY",
            "line 7",
            "the rule FREQ=MONTHLY is not understood",
        ),
        (
            "DTSTART;VALUE=DATE:20260101",
            "DTSTART;VALUE=DATE:20260101\r\nEXDATE:20260101",
            "line 7",
            "EXDATE is not understood",
        ),
        (
            "DTSTART;VALUE=DATE:20260101",
            "DTSTART;TZID=Nowhere:20260101T000000",
            "line 6",
            "no IANA time zone",
        ),
        (
            "DURATION:P1D",
            "DURATION:one day",
            "line 27",
            "the duration one day",
        ),
        (
            "SUMMARY:Founding day\r\nEND:VEVENT",
            "SUMMARY:Founding day\r\nEND:VTODO",
            "line 29",
            "VEVENT is open",
        ),
        (
            "SUMMARY:Founding day\r\nEND:VEVENT\r\nEND:VCALENDAR",
            "SUMMARY:Founding day",
            "line 28",
            "END:VEVENT is missing",
        ),
        (
            "BEGIN:VCALENDAR",
            "BEGIN:VCARD",
            "line 1",
            "begins with BEGIN:VCALENDAR",
        ),
        (
            "END:VCALENDAR",
            "END:VCALENDAR\r\nX:Y",
            "line 31",
            "follows END:VCALENDAR",
        ),
    ] {
        let good = ics(HOLIDAYS);
        let text = good.replace(old, new);
        assert_ne!(text, good, "{old}");
        let said = refused(&text).to_string();
        assert!(
            said.starts_with(&format!("{place}: ")) && said.contains(part),
            "{new}: {said}"
        );
    }
    assert_eq!(refused("").place, Place::Line(1));
    assert_eq!(refused("hello").problem, Problem::NotALine);
    assert_eq!(
        refused(&ics("X-WR-TIMEZONE:Asia/Shanghai")).problem,
        Problem::NothingKnown
    );
    assert_eq!(refused(&ics("X-WR-TIMEZONE:UTC\nBEGIN:VAVAILABILITY\nDTSTART:20260101T000000\nDTEND:20250101T000000\nEND:VAVAILABILITY")).place, Place::Line(6));
    let week = "X-WR-TIMEZONE:UTC
BEGIN:VAVAILABILITY
DTSTART:20260101T000000
DTEND:20270101T000000
BEGIN:AVAILABLE
DTSTART:20260105T090000
DTEND:20260105T180000
RRULE:FREQ=WEEKLY
END:AVAILABLE
BEGIN:AVAILABLE
DTSTART:20260112T170000
DTEND:20260112T190000
RRULE:FREQ=WEEKLY;BYDAY=TU,MO
END:AVAILABLE
END:VAVAILABILITY";
    let said = refused(&ics(week)).to_string();
    assert_eq!(
        said,
        "line 12: the hours 09:00-18:00 and 17:00-19:00 overlap"
    );
    assert_eq!(refused(&ics("X-WR-TIMEZONE:UTC\nBEGIN:VAVAILABILITY\nDTSTART:20260101T000000\nDTEND:20270101T000000\nEND:VAVAILABILITY")).problem, Problem::NothingWorked);
}

/// No text, however it is cut or mixed, does more than be refused.
#[test]
fn no_file_panics() {
    let texts = [GOOD.to_owned(), ics(HOLIDAYS)];
    for text in &texts {
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            Calendar::from_file("cut", &text[..cut]).ok();
            let mixed = format!(
                "{}{}",
                &text[..cut],
                text[cut..].chars().skip(3).collect::<String>()
            );
            Calendar::from_file("mixed", &mixed).ok();
        }
    }
}
