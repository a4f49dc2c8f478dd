//! Expressions against cases that the reference engine computed, and what must hold for any text.

use portico_survey::{
    Clock, Expression, Object, Utc, Value,
    expression::{Problem, Values},
};
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
    let names: Vec<&str> = expression.names().map(|name| name.text()).collect();
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

#[test]
fn expressions_of_ours_give_what_the_reference_gave() {
    assert_eq!(check(include_str!("data/survey-expressions-own.json")), 457);
}

/// Nothing of what is written here may be read, however deep or long it is, at the cost of the stack or of much time.
#[test]
fn what_nests_too_deep_is_said() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("sum(", ")"),
        ("!", ""),
        ("negate ", ""),
        ("1 + (", ")"),
    ] {
        let nested = |depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
        assert!(Expression::parse(&nested(100)).is_ok(), "{open}");
        for depth in [1_000, 100_000] {
            let problem = Expression::parse(&nested(depth)).unwrap_err().problem;
            assert_eq!(problem, Problem::TooDeep, "{open}");
        }
    }
}

/// A condition on rows is text in the text, and so on.
#[test]
fn conditions_inside_conditions_end() {
    let mut text = "{v} > 1".to_owned();
    for depth in 0..1_000 {
        let inner = text.replace('\'', "\\'");
        text = format!("sumInArray({{a}}, v, '{inner}') > 1");
        if depth > 30 && text.len() > 100_000 {
            break;
        }
    }
    let none = Object::new();
    let scope = Values {
        values: &none,
        clock: Utc(NOW),
    };
    assert!(!Expression::parse(&text).unwrap().is_true(&scope));
}

#[test]
fn a_long_chain_is_no_deep_one() {
    let none = Object::new();
    let scope = Values {
        values: &none,
        clock: Utc(NOW),
    };
    for (part, whole) in [("1 + ", 20_001.0), ("0 or ", 1.0), ("1 * 1 + ", 20_001.0)] {
        let chain = Expression::parse(&(part.repeat(20_000) + "1")).unwrap();
        assert_eq!(chain.evaluate(&scope), Value::Number(whole));
        assert!(chain.canonical().len() > 80_000);
    }
}

#[test]
fn a_text_that_is_no_expression_has_a_place() {
    for (text, at) in [
        ("{a} = ", 6),
        ("{a} = 1 ! 2", 8),
        ("sum (1)", 4),
        ("'abc", 1),
        ("{a", 0),
        ("{a} @ 1", 4),
    ] {
        let error = Expression::parse(text).unwrap_err();
        assert_eq!(
            (error.at, error.problem),
            (at, Problem::NotUnderstood),
            "{text}"
        );
    }
    for nothing in ["", "  ", "null", " undefined "] {
        assert_eq!(
            Expression::parse(nothing).unwrap_err().problem,
            Problem::Nothing
        );
    }
}

/// Expressions and texts like them, at random.
struct Writer(fastrand::Rng);

impl Writer {
    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.0.usize(..of.len())]
    }

    fn operand(&mut self, depth: usize) -> String {
        let kind = if depth > 4 {
            self.0.u8(..3)
        } else {
            self.0.u8(..9)
        };
        match kind {
            0 => self
                .one(&[
                    "{a}",
                    "{b}",
                    "{c.d}",
                    "{l[0]}",
                    "{l[-1].v}",
                    "{#a}",
                    "{x.length}",
                    "{none}",
                ])
                .to_owned(),
            1 => self
                .one(&[
                    "0", "1", "-2", "0.5", "100", "true", "false", "0x10", "word",
                ])
                .to_owned(),
            2 => self
                .one(&[
                    "'x'",
                    "'5'",
                    "''",
                    "'2026-01-15'",
                    "'é'",
                    "\"days\"",
                    "'a, b'",
                ])
                .to_owned(),
            3 => format!("({})", self.expression(depth + 1)),
            4 => format!("!{}", self.operand(depth + 1)),
            5 => format!(
                "{} {}",
                self.one(&["{a}", "{l}", "'x'"]),
                self.one(&["empty", "notempty"])
            ),
            6 => format!("[{}, {}]", self.operand(depth + 1), self.operand(depth + 1)),
            _ => {
                let name = self.one(&[
                    "sum",
                    "min",
                    "max",
                    "avg",
                    "count",
                    "round",
                    "trunc",
                    "iif",
                    "substring",
                    "getDate",
                    "today",
                    "age",
                    "dateAdd",
                    "dateDiff",
                    "diffDays",
                    "year",
                    "weekday",
                    "sumInArray",
                    "maxInArray",
                    "unknown",
                ]);
                let count = self.0.usize(1..4);
                let arguments: Vec<String> = (0..count).map(|_| self.operand(depth + 1)).collect();
                format!("{name}({})", arguments.join(", "))
            }
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        let mut text = self.operand(depth);
        for _ in 0..self.0.usize(..3) {
            let operator = self.one(&[
                "=",
                "!=",
                "<",
                ">=",
                "+",
                "-",
                "*",
                "/",
                "%",
                "^",
                "and",
                "or",
                "contains",
                "notcontains",
                "anyof",
                "noneof",
                "allof",
            ]);
            text = format!("{text} {operator} {}", self.operand(depth + 1));
        }
        text
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.0.u8(..if depth > 2 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => Value::Bool(self.0.bool()),
            2 => Value::Number(
                self.one(&["0", "1", "-3", "0.1", "1e21", "5e-7"])
                    .parse()
                    .unwrap(),
            ),
            3 => self
                .one(&["", "x", "5", "1,5", "true", "'q'", "2026-01-15", "É", " "])
                .into(),
            4 => Value::List(
                (0..self.0.usize(..3))
                    .map(|_| self.value(depth + 1))
                    .collect(),
            ),
            _ => Value::Object(
                (0..self.0.usize(..3))
                    .map(|_| (self.one(&["v", "d", "A"]), self.value(depth + 1)))
                    .collect(),
            ),
        }
    }

    fn values(&mut self) -> Object {
        ["a", "b", "c", "l", "x"]
            .into_iter()
            .map(|name| (name, self.value(0)))
            .collect()
    }
}

/// As JSON, with what JSON has no word for.
fn shown(value: &Value) -> String {
    format!(
        "{} {}",
        type_of(value),
        serde_json::to_string(value).unwrap()
    )
}

#[test]
fn what_was_understood_is_understood_the_same_when_written_out() {
    let seed = 20_260_115;
    println!("seed {seed}");
    let mut writer = Writer(fastrand::Rng::with_seed(seed));
    for _ in 0..2_000 {
        let text = writer.expression(0);
        let values = writer.values();
        let scope = Values {
            values: &values,
            clock: Utc(NOW),
        };
        let expression = Expression::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let canonical = expression.canonical();
        let again =
            Expression::parse(&canonical).unwrap_or_else(|e| panic!("{text}: {canonical}: {e}"));
        assert_eq!(again.canonical(), canonical);
        assert_eq!(
            shown(&again.evaluate(&scope)),
            shown(&expression.evaluate(&scope)),
            "{text} with {values:?}"
        );
        assert_eq!(
            again.is_true(&scope),
            expression.is_true(&scope),
            "{text} with {values:?}"
        );
    }
}

#[test]
fn no_text_makes_it_panic() {
    let seed = 4_711;
    println!("seed {seed}");
    let mut writer = Writer(fastrand::Rng::with_seed(seed));
    let signs: Vec<char> = "(){}[]'\"\\,.:!<>=+-*/%^|&# 0129aeé日\u{1f600}\n"
        .chars()
        .collect();
    let mut read = 0;
    for _ in 0..5_000 {
        let mut text: Vec<char> = writer.expression(0).chars().collect();
        for _ in 0..writer.0.usize(1..5) {
            let at = writer.0.usize(..=text.len());
            match writer.0.u8(..3) {
                0 if at < text.len() => drop(text.remove(at)),
                1 if at < text.len() => text[at] = signs[writer.0.usize(..signs.len())],
                _ => text.insert(at, signs[writer.0.usize(..signs.len())]),
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(expression) = Expression::parse(&text) {
            read += 1;
            let values = writer.values();
            let scope = Values {
                values: &values,
                clock: Utc(NOW),
            };
            expression.evaluate(&scope);
            expression.canonical();
        }
    }
    assert!(read > 500, "only {read} were expressions");
}

/// A clock of a place, with summer time from April to September.
struct Place;

impl Clock for Place {
    fn now(&self) -> f64 {
        NOW
    }

    fn offset(&self, at: f64) -> f64 {
        let month = (at / 86_400_000.0 + 10.0).rem_euclid(365.25) / 30.4;
        if (4.0..10.0).contains(&month) {
            -180.0
        } else {
            -240.0
        }
    }
}

/// 10:30 UTC is half past six there, four hours behind.
#[test]
fn days_are_those_of_the_place() {
    let none = Object::new();
    let scope = Values {
        values: &none,
        clock: Place,
    };
    for (text, expected) in [
        ("today()", "2026-01-15T04:00:00.000Z"),
        ("getDate('2026-01-15')", "2026-01-15T04:00:00.000Z"),
        ("getDate('2026-07-15')", "2026-07-15T03:00:00.000Z"),
        (
            "getDate('2026-07-15T10:00:00Z')",
            "2026-07-15T10:00:00.000Z",
        ),
        (
            "dateAdd('2026-01-15', 6, 'months')",
            "2026-07-15T03:00:00.000Z",
        ),
    ] {
        let value = Expression::parse(text).unwrap().evaluate(&scope);
        assert_eq!(shown(&value), format!("date \"{expected}\""), "{text}");
    }
    for (text, expected) in [
        ("day('2026-01-15T03:00:00Z')", 14.0),
        ("dateDiff('2026-01-15', '2026-07-15', 'days')", 181.0),
        ("dateDiff('2026-01-31', '2026-07-30', 'months')", 5.0),
        ("weekday('2026-01-15')", 4.0),
        ("iif(today() = '2026-01-15', 1, 2)", 1.0),
    ] {
        let value = Expression::parse(text).unwrap().evaluate(&scope);
        assert_eq!(value, Value::Number(expected), "{text}");
    }
}

/// The calendar, day by day over 140 years.
#[test]
fn every_day_follows_the_one_before() {
    let none = Object::new();
    let scope = Values {
        values: &none,
        clock: Utc(NOW),
    };
    let day = Expression::parse("year({d}) * 10000 + month({d}) * 100 + day({d})").unwrap();
    let (mut year, mut month, mut date) = (1880, 1, 1);
    // Midnight of 1 January 1880, in days from 1970.
    for days in -32_872..20_000 {
        let values: Object = [("d", Value::Date(f64::from(days) * 86_400_000.0))]
            .into_iter()
            .collect();
        let scope = Values {
            values: &values,
            ..scope
        };
        let expected = year * 10_000 + month * 100 + date;
        assert_eq!(day.evaluate(&scope), Value::Number(f64::from(expected)));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        date += 1;
        if date > last {
            (month, date) = (month + 1, 1);
        }
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
}
