//! `portico calendar due`: the real program, asked with every case whose answer is known.

use portico_tests::server::program;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Output, Stdio},
};

fn due(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(["calendar", "due"]).args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What the program answers to these lines.
fn answers(arguments: &[&str], questions: &str) -> (Vec<Value>, Output) {
    let mut child = due(arguments).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let questions = questions.to_owned();
    let asking = std::thread::spawn(move || input.write_all(questions.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    asking.join().unwrap();
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let answers = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (answers.collect(), output)
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The cases, and the members of each kind that the program answers with: its name for it and that of the case.
fn cases() -> Vec<(Value, Value)> {
    let all: Value = serde_json::from_str(include_str!(
        "../../crates/promise/tests/data/working-days.json"
    ))
    .unwrap();
    let expected = [
        ("cases", &[("end_date", "expected_end_date")][..]),
        (
            "instant_cases",
            &[
                ("end_date", "expected_end_date"),
                ("deadline", "deadline_instant_exclusive"),
            ],
        ),
        (
            "cutoff_cases",
            &[
                ("effective_receipt_date", "effective_receipt_date"),
                ("end_date", "expected_end_date"),
            ],
        ),
        ("hours_cases", &[("deadline", "expected_deadline_utc")]),
    ];
    let case = |case: &Value, members: &[(&str, &str)]| {
        let members = members
            .iter()
            .map(|(ours, theirs)| ((*ours).to_owned(), case[theirs].clone()));
        (case.clone(), Value::Object(members.collect()))
    };
    let cases = expected.iter().flat_map(|(kind, members)| {
        all[kind]
            .as_array()
            .unwrap()
            .iter()
            .map(move |c| case(c, members))
    });
    cases.collect()
}

#[test]
fn every_known_case_is_answered_in_order() {
    let cases = cases();
    assert!(cases.len() > 150);
    let asked = |only: &[&str]| {
        let line = |(case, _): &(Value, Value)| {
            let mut case = case.clone();
            case.as_object_mut()
                .unwrap()
                .retain(|name, _| only.is_empty() || only.contains(&name.as_str()));
            case.to_string() + "\n"
        };
        answers(&["--json"], &cases.iter().map(line).collect::<String>())
    };
    let questions = [
        "calendar",
        "start",
        "received_at",
        "n_working_days",
        "received_local",
        "cutoff",
        "hours",
        "received_utc",
        "business_minutes",
    ];
    // With what a question has alone, and with the whole case.
    for only in [&questions[..], &[]] {
        let (answers, output) = asked(only);
        assert!(output.status.success(), "{}", text(&output));
        assert_eq!(answers.len(), cases.len());
        for ((case, expected), answer) in cases.iter().zip(&answers) {
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(&answer[name], value, "{case}: {answer}");
            }
            assert!(
                !answer.get("provisional").is_some_and(|p| p == true),
                "{case}"
            );
        }
    }
}

#[test]
fn each_line_is_answered_at_once() {
    let mut child = due(&["--json", "--calendar", "TW"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for (start, end) in [("2025-02-07", "2025-02-08"), ("2024-02-16", "2024-02-17")] {
        writeln!(input, "{}", json!({"start": start, "n_working_days": 1})).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["end_date"], end);
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_line_that_cannot_be_answered_is_one_error_and_stops_nothing() {
    let good = r#"{"calendar":"CN","start":"2026-02-13","n_working_days":3}"#;
    let bad = [
        "nonsense",
        "[]",
        r#"["CN","2026-02-13"]"#,
        "{}",
        r#"{"calendar":"CN"}"#,
        r#"{"calendar":"XX","start":"2026-02-13","n_working_days":3}"#,
        r#"{"calendar":"CN","start":"2026-02-30","n_working_days":3}"#,
        r#"{"calendar":"CN","start":"2026-02-13","n_working_days":-1}"#,
        r#"{"calendar":"CN","start":"2026-02-13","n_working_days":1.5}"#,
        r#"{"calendar":"CN","start":"2026-02-13","n_working_days":4294967295}"#,
        r#"{"calendar":"CN","start":"+262142-12-31","n_working_days":3}"#,
        r#"{"calendar":"CN","start":"2026-02-13","received_at":"2026-02-13T00:00:00Z","n_working_days":3}"#,
        r#"{"calendar":"CN","received_at":"2026-02-13T10:00:00","n_working_days":3}"#,
        r#"{"calendar":"CN","received_local":"2026-02-13T10:00:00","n_working_days":3}"#,
        r#"{"calendar":"CN","received_local":"2026-02-13T10:00:00","cutoff":"25:00","n_working_days":3}"#,
        r#"{"calendar":"CN","hours":[],"received_utc":"2026-02-13T10:00:00Z","business_minutes":3}"#,
        r#"{"calendar":"CN","hours":[["09:00","12:00"],["11:00","18:00"]],"received_utc":"2026-02-13T10:00:00Z","business_minutes":3}"#,
        r#"{"calendar":"CN","hours":[["09:00"]],"received_utc":"2026-02-13T10:00:00Z","business_minutes":3}"#,
        r#"{"calendar":"CN","start":"2026-02-13","n_working_days":3} and more"#,
        "\u{0}",
    ];
    let lines: String = bad
        .iter()
        .map(|bad| format!("{bad}\n\n{good}\r\n"))
        .collect();
    let (answers, output) = answers(&["--json"], &lines);
    assert!(
        !output.status.success() && !text(&output).contains("panicked"),
        "{}",
        text(&output)
    );
    assert_eq!(answers.len(), 2 * bad.len());
    for (pair, bad) in answers.chunks(2).zip(bad) {
        let error = pair[0]["error"].as_str().unwrap_or_default();
        assert!(
            error.len() > 10 && pair[0].as_object().unwrap().len() == 1,
            "{bad}: {}",
            pair[0]
        );
        assert_eq!(pair[1]["end_date"], "2026-02-25", "after {bad}");
    }
}

#[test]
fn people_read_the_deadline_and_the_days() {
    let ask = |calendar: &str| {
        due(&[
            "--calendar",
            calendar,
            "--received",
            "2026-02-13T10:00:00+08:00",
            "--working-days",
            "3",
        ])
        .output()
        .unwrap()
    };
    let output = ask("CN");
    let said = text(&output);
    assert!(output.status.success());
    for part in [
        "by the end of Wed 2026-02-25 (2026-02-26T00:00:00+08:00)",
        "Fri 2026-02-13       received\n",
        "Sat 2026-02-14    1  make-up day\n",
        "Tue 2026-02-17       day off: Spring Festival\n",
        "Wed 2026-02-25    3  working day\n",
    ] {
        assert!(said.contains(part), "{part:?} in {said}");
    }
    assert!(!said.contains("provisional"));
    let output = ask("nowhere.json");
    assert!(!output.status.success() && text(&output).contains("\"nowhere.json\" is no calendar"));
}

#[test]
fn a_company_brings_its_own_calendar() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let plant = write(
        "plant.json",
        r#"{"name": "Plant", "time_zone": "Asia/Shanghai", "known": {"from": "2026-01-01", "to": "2026-03-31"},
        "week": {"monday": [["08:00", "12:00"]], "tuesday": [["08:00", "12:00"], ["13:00", "17:00"]]},
        "days_off": [{"date": "2026-02-16"}], "working_days": [{"date": "2026-02-14", "name": "Stocktaking"}]}"#,
    );
    let shop = write(
        "shop.ics",
        "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Asia/Shanghai\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260216\r\nDTEND;VALUE=DATE:20260224\r\nSUMMARY:Closed\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let received = [
        "--received",
        "2026-02-13T10:00:00+08:00",
        "--working-days",
        "2",
        "--calendar",
    ];
    let said = |file: &str| text(&due(&[&received[..], &[file]].concat()).output().unwrap());
    let by_plant = said(&plant);
    assert!(
        by_plant.contains("plant: Plant, Asia/Shanghai")
            && by_plant.contains("1  make-up day: Stocktaking")
            && by_plant.contains("by the end of Tue 2026-02-17"),
        "{by_plant}"
    );
    let by_shop = said(&shop);
    assert!(
        by_shop.contains("Mon 2026-02-16       day off: Closed")
            && by_shop.contains("by the end of Wed 2026-02-25")
            && by_shop.contains("provisional"),
        "{by_shop}"
    );

    // And by name in a question, beside those that come along.
    let line = |name: &str| {
        json!({"calendar": name, "start": "2026-02-13", "n_working_days": 2}).to_string() + "\n"
    };
    let (answers, _) = answers(
        &["--json"],
        &[line(&plant), line(&shop), line("HK")].concat(),
    );
    let dates: Vec<&str> = answers
        .iter()
        .map(|answer| answer["end_date"].as_str().unwrap())
        .collect();
    assert_eq!(dates, ["2026-02-17", "2026-02-25", "2026-02-20"]);
    let minutes =
        json!({"calendar": plant, "received_utc": "2026-02-16T00:00:00Z", "business_minutes": 300});
    assert_eq!(
        self::answers(&["--json"], &minutes.to_string()).0[0]["deadline"],
        "2026-02-17T06:00:00Z"
    );

    // What is wrong is told with its place, to people and in an answer.
    for (name, content, place) in [
        (
            "a.json",
            r#"{"name": "A", "time_zone": "Mars/Base", "known": {"from": "2026-01-01", "to": "2026-03-31"}, "week": {}}"#,
            "/time_zone: ",
        ),
        (
            "b.ics",
            "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:UTC\r\nwhat\r\nEND:VCALENDAR\r\n",
            "line 3: ",
        ),
    ] {
        let file = write(name, content);
        let output = due(&[&received[..], &[&file]].concat()).output().unwrap();
        assert!(
            !output.status.success() && text(&output).contains(&format!("{name}: {place}")),
            "{}",
            text(&output)
        );
        let (answers, _) = self::answers(&["--json"], &line(&file));
        assert!(answers[0]["error"].as_str().unwrap().contains(place));
    }
}
