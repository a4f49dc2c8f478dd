//! What customers take along: a promised date for their calendar, their requests as a table.

use super::promise::{due, next, zone};
use crate::{
    browser::file,
    i18n::{format, m},
};
use portico_contract::{Instant, code::Reference, promise::Promise, request::Request};

/// Saves a promised date as iCalendar (RFC 5545): a whole day where the time is up with the day, else the minute.
pub fn calendar_file(reference: Reference, promise: &Promise, due_at: Instant) {
    let day = format::day_ending_at(due_at, zone(promise));
    let begin = match day {
        Some(day) => format!("DTSTART;VALUE=DATE:{}", day.replace('-', "")),
        None => format!("DTSTART:{}", utc(due_at)),
    };
    let now = format::now().map(utc).unwrap_or_default();
    let (key, round) = (&promise.key, promise.round);
    let summary = m::request_page_title {
        reference: &reference.to_string(),
        subject: &promise.label,
    }
    .text();
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Portico//Portico//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{reference}-{key}-{round}@portico"),
        format!("DTSTAMP:{now}"),
        begin,
        format!("SUMMARY:{}", escaped(&summary)),
        format!("DESCRIPTION:{}", escaped(&due(promise).unwrap_or_default())),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    let text: String = lines.iter().map(|line| folded(line)).collect();
    let name = format!("{reference}-{key}.ics");
    file::save_text(&name, "text/calendar;charset=utf-8", &text);
}

/// `20261124T160000Z`
fn utc(at: Instant) -> String {
    let text = format::utc(at).unwrap_or_default();
    text.replace(['-', ':'], "") + "Z"
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\");
    text.replace(';', "\\;")
        .replace(',', "\\,")
        .replace('\n', "\\n")
}

/// A content line in pieces of at most 75 bytes, never within a character.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut room = 75;
    for character in line.chars() {
        if character.len_utf8() > room {
            out.push_str("\r\n ");
            room = 74;
        }
        room -= character.len_utf8();
        out.push(character);
    }
    out + "\r\n"
}

/// Saves requests as a table that spreadsheets open (RFC 4180, UTF-8 with its mark).
pub fn requests_file(requests: &[Request]) {
    let head = [
        m::track_reference(),
        m::request_kind(),
        m::request_subject(),
        m::requests_status(),
        m::request_created(),
        m::request_changed(),
        m::requests_column_next(),
        m::requests_column_due(),
    ];
    let mut text = String::from('\u{feff}') + &row(&head);
    for request in requests {
        let next = next(&request.promises);
        text += &row(&[
            request.reference.to_string(),
            request.request_type.name.clone(),
            request.subject.clone(),
            request.status_label.clone(),
            format::short_date_time(request.created_at),
            format::short_date_time(request.updated_at),
            next.map(|p| p.label.clone()).unwrap_or_default(),
            next.and_then(due).unwrap_or_default(),
        ]);
    }
    file::save_text("requests.csv", "text/csv;charset=utf-8", &text);
}

fn row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| self::cell(cell)).collect();
    cells.join(",") + "\r\n"
}

/// A cell in quotes. What a spreadsheet would take for a formula begins with an apostrophe instead.
fn cell(text: &str) -> String {
    // Where people write Chinese, spreadsheets take the wide forms too.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("\tx"), "\"'\tx\"");
        assert_eq!(cell("＝A1"), "\"'＝A1\"");
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(row(&["a".into(), "-b".into()]), "\"a\",\"'-b\"\r\n");
    }

    #[test]
    fn a_long_line_is_folded_between_characters() {
        let line = format!("SUMMARY:{}", "服务".repeat(20));
        let folded = folded(&line);
        let pieces: Vec<_> = folded.trim_end().split("\r\n ").collect();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= 75));
        assert_eq!(pieces.concat(), line);
    }

    #[test]
    fn what_separates_is_escaped() {
        assert_eq!(escaped("a, b; c\\d\ne"), "a\\, b\\; c\\\\d\\ne");
    }
}
