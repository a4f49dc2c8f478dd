//! `portico survey`: the real program, asked what the engine's own tests know.

use portico_tests::server::program;
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

fn survey(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program())
        .arg("survey")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that has refused the command reads nothing.
    let asking = std::thread::spawn(move || stdin.write_all(input.as_bytes()).ok());
    let output = child.wait_with_output().unwrap();
    asking.join().unwrap();
    output
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn data(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Numbers alike, whether written as 1 or 1.0.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn every_recorded_expression_is_answered_in_order() {
    let all = data(include_str!(
        "../../crates/survey/tests/data/survey-expressions.json"
    ));
    let cases = all["cases"].as_array().unwrap();
    let question = |case: &Value| {
        let question = json!({"kind": case["kind"], "expression": case["expression"], "values": case["values"]});
        question.to_string() + "\n"
    };
    let input: String = cases.iter().map(question).collect();
    let output = survey(&["eval", "--now", "2026-01-15T10:30:00Z"], &input);
    assert!(output.status.success(), "{}", said(&output));
    let answers = lines(&output);
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        for member in ["parses", "canonical", "variables"] {
            assert_eq!(answer[member], case[member], "{member} of {case}");
        }
        assert_eq!(
            plain(&answer["expected"]),
            plain(&case["expected"]),
            "{case}"
        );
        let expected_type = match case["expectedType"].as_str().unwrap() {
            "undefined" => "null",
            other => other,
        };
        assert_eq!(answer["expectedType"], expected_type, "{case}");
    }
}

#[test]
fn a_line_that_is_no_question_is_one_error_and_stops_nothing() {
    let good = r#"{"kind":"condition","expression":"{a} = 1","values":{"a":1}}"#;
    let deep = format!(
        r#"{{"kind":"expression","expression":"{}1"}}"#,
        "(".repeat(100_000)
    );
    for bad in [
        "nonsense",
        "[]",
        "{}",
        r#"{"kind":"odd","expression":"1"}"#,
        r#"{"expression":1}"#,
    ] {
        let output = survey(&["eval"], &format!("{bad}\n\n{good}\n"));
        let answers = lines(&output);
        assert!(!output.status.success() && !said(&output).contains("panicked"));
        assert!(
            answers[0]["error"].as_str().unwrap().len() > 10,
            "{bad}: {}",
            answers[0]
        );
        assert_eq!(answers[1]["expected"], true, "after {bad}");
    }
    let output = survey(&["eval"], &format!("{deep}\n{good}\n"));
    let answers = lines(&output);
    assert_eq!(answers[0]["expectedType"], "parse_error");
    assert!(
        answers[0]["problem"]
            .as_str()
            .unwrap()
            .contains("nest too deep")
    );
    assert_eq!(answers[1]["expected"], true);
}

#[test]
fn a_script_is_run() {
    let all = data(include_str!(
        "../../crates/survey/tests/data/survey-flows.json"
    ));
    let flows = all["cases"].as_array().unwrap();
    let input: String = flows.iter().map(|flow| flow.to_string() + "\n").collect();
    let output = survey(&["run", "--now", "2026-01-15T10:30:00Z"], &input);
    assert!(output.status.success(), "{}", said(&output));
    let answers = lines(&output);
    assert_eq!(answers.len(), flows.len());
    for (flow, answer) in flows.iter().zip(&answers) {
        let runs = flow["runs"].as_array().unwrap();
        for (run, ours) in runs.iter().zip(answer["runs"].as_array().unwrap()) {
            assert_eq!(ours["name"], run["name"]);
            assert_eq!(
                ours["steps"].as_array().unwrap().len(),
                run["steps"].as_array().unwrap().len(),
                "{run}"
            );
        }
    }
}

#[test]
fn scores_are_filled_in() {
    let whole = data(include_str!(
        "../../crates/survey/tests/data/survey-scoring.json"
    ));
    let inputs = [
        "k",
        "n",
        "confidence",
        "answers",
        "scale",
        "satisfied_from",
        "weights",
        "population",
        "margin",
        "p",
    ];
    let mut asked = whole.clone();
    for (kind, cases) in asked.as_object_mut().unwrap() {
        for case in cases.as_array_mut().into_iter().flatten() {
            let given = |name: &str| inputs.contains(&name) && (name != "n" || kind == "wilson");
            case.as_object_mut().unwrap().retain(|name, _| given(name));
        }
    }
    assert_ne!(asked, whole);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    std::fs::write(&file, asked.to_string()).unwrap();
    let output = survey(&["score", file.to_str().unwrap()], "");
    assert!(output.status.success(), "{}", said(&output));
    let filled: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plain(&filled), plain(&whole));

    std::fs::write(&file, r#"{"nps": [{"answers": [9]}, {"answers": 5}]}"#).unwrap();
    let output = survey(&["score", file.to_str().unwrap()], "");
    assert!(
        !output.status.success() && said(&output).contains("nps[1]: answers"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_questionnaire_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("survey.json");
    let check = |content: &str| {
        std::fs::write(&file, content).unwrap();
        let output = survey(&["check", file.to_str().unwrap()], "");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.success(),
            format!("{printed}{}", said(&output)),
        )
    };
    let scale = r#"{"elements": [{"type": "rating", "name": "nps"}, {"type": "comment", "name": "why", "visibleIf": "{nps} < 3"}]}"#;
    let (good, text) = check(scale);
    assert!(
        good && text.contains("warning $.elements[1].visibleIf unansweredscale: "),
        "{text}"
    );
    let (good, text) = check(
        r#"{"elements": [{"type": "rating", "name": "a", "colour": "red"}, {"type": "odd", "name": "b"}]}"#,
    );
    assert!(!good, "{text}");
    for part in [
        "error $.elements[0].colour unknownproperty: ",
        "error $.elements[1] incorrecttypeproperty: ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let nested = |depth: usize| {
        let panel = r#"{"type": "panel", "name": "p", "elements": ["#;
        format!(
            r#"{{"elements": [{}{}]}}"#,
            panel.repeat(depth),
            "]}".repeat(depth)
        )
    };
    for bad in ["nonsense", "[1]", "", &nested(1_000)] {
        let (good, text) = check(bad);
        assert!(
            !good && !text.contains("panicked") && text.contains("survey.json"),
            "{text}"
        );
    }
}
