//! Expressions against cases that the reference engine computed, and what must hold for any text.

use portico_survey::{Expression, Object, Utc, Value, expression::Values};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    expression: String,
    values: Object,
    parses: bool,
    canonical: Option<String>,
    variables: Option<Vec<String>>,
    expected: serde_json::Value,
    #[serde(rename = "expectedType")]
    expected_type: String,
}

/// 2026-01-15T10:30:00Z
const NOW: f64 = 1_768_473_000_000.0;

/// Nothing and undefined are one.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_nan() => "nan",
        Value::Number(number) if number.is_infinite() && *number > 0.0 => "+inf",
        Value::Number(number) if number.is_infinite() => "-inf",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Object(_) => "object",
        Value::Date(_) => "date",
    }
}

/// What is wrong with our answer to a case.
fn wrong(case: &Case) -> Vec<String> {
    let read = Expression::parse(&case.expression);
    let mut wrong = Vec::new();
    let mut compare = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            wrong.push(format!("{what}: {ours} instead of {theirs}"));
        }
    };
    compare("parses", read.is_ok().to_string(), case.parses.to_string());
    let Ok(expression) = read else {
        return wrong;
    };
    let scope = Values {
        values: &case.values,
        clock: Utc(NOW),
    };
    let value = match case.kind.as_str() {
        "condition" => Value::Bool(expression.is_true(&scope)),
        _ => expression.evaluate(&scope),
    };
    let names: Vec<&str> = expression.names().iter().map(|name| name.text()).collect();
    compare(
        "canonical",
        expression.canonical(),
        case.canonical.clone().unwrap_or_default(),
    );
    compare(
        "names",
        format!("{names:?}"),
        format!("{:?}", case.variables.clone().unwrap_or_default()),
    );
    let expected_type = match case.expected_type.as_str() {
        "undefined" => "null",
        other => other,
    };
    compare("type", type_of(&value).to_owned(), expected_type.to_owned());
    let ours: Value = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
    let theirs: Value = serde_json::from_value(case.expected.clone()).unwrap();
    compare("value", format!("{ours:?}"), format!("{theirs:?}"));
    wrong
}

fn check(file: &str) -> usize {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let file: File = serde_json::from_str(file).unwrap();
    let mut report = String::new();
    for case in &file.cases {
        for wrong in wrong(case) {
            report += &format!("{} {:?}: {wrong}\n", case.id, case.expression);
        }
    }
    assert!(report.is_empty(), "{report}");
    file.cases.len()
}

#[test]
fn every_recorded_case_gives_what_the_reference_gave() {
    assert_eq!(check(include_str!("data/survey-expressions.json")), 302);
}
