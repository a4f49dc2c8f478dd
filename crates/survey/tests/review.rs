//! What is told of expressions that can be read and yet do not do what was meant.

use portico_survey::{Definition, Severity, Value};
use serde_json::json;

/// Path, code and words of all warnings.
fn warnings(survey: serde_json::Value) -> Vec<(String, &'static str, String)> {
    let survey: Value = serde_json::from_value(survey).unwrap();
    let report = Definition::check(&survey);
    let warnings = report.findings().iter().inspect(|finding| {
        assert_eq!(finding.severity, Severity::Warning, "{finding}");
    });
    warnings
        .map(|finding| (finding.path.clone(), finding.code, finding.message.clone()))
        .collect()
}

fn codes(survey: serde_json::Value) -> Vec<&'static str> {
    warnings(survey)
        .into_iter()
        .map(|(_, code, _)| code)
        .collect()
}

/// A survey with a scale, choices and a question that has the expression as its `visibleIf`.
fn shown_if(expression: &str) -> serde_json::Value {
    json!({"elements": [
        {"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10},
        {"type": "radiogroup", "name": "kind", "choices": ["a", {"value": "b", "text": "B"}]},
        {"type": "checkbox", "name": "many", "choices": [1, 2]},
        {"type": "radiogroup", "name": "open", "choices": ["a"], "showOtherItem": true},
        {"type": "text", "name": "q", "valueName": "key"},
        {"type": "matrixdynamic", "name": "table", "columns": [
            {"name": "score", "cellType": "rating"}, {"name": "why", "cellType": "text"}]},
        {"type": "comment", "name": "shown", "visibleIf": expression},
    ], "calculatedValues": [{"name": "sum", "expression": "{nps} + 1"}],
    "triggers": [{"type": "setvalue", "expression": "{kind} = 'a'", "setToName": "set", "setValue": 1}]})
}

#[test]
fn a_scale_is_compared_only_when_it_is_answered() {
    let found = warnings(shown_if("{nps} <= 6"));
    assert_eq!(found.len(), 1);
    let (path, code, message) = &found[0];
    assert_eq!(
        (path.as_str(), *code),
        ("$.elements[6].visibleIf", "unansweredscale")
    );
    assert!(message.contains("{nps} notempty and"), "{message}");
    assert_eq!(
        codes(shown_if("iif(6 >= {NPS}, 1, 2) = 1")),
        ["unansweredscale"]
    );
    assert_eq!(codes(shown_if("{nps} notempty and {nps} <= 6")), [""; 0]);
    assert_eq!(
        codes(shown_if("!({nps} empty) and {nps} <= 6 and {nps} > 2")),
        [""; 0]
    );
    assert_eq!(codes(shown_if("{nps} notempty")), [""; 0]);
}

#[test]
fn names_and_functions_that_there_are_not() {
    for known in [
        "{kind} notempty",
        "{KIND} notempty",
        "{key} notempty",
        "{sum} > 1",
        "{set} = 1",
        "{kind-Comment} notempty",
        "{table-total.score} notempty",
        "{table[0].why} notempty",
        "{pageno} = 1",
        "{$self.visible} = true",
        "sumInArray({table}, 'score', {why} notempty) > 1",
        "{\"a\":1} notempty",
        "{locale} = 'de'",
    ] {
        assert_eq!(codes(shown_if(known)), [""; 0], "{known}");
    }
    assert_eq!(codes(shown_if("{kindd} notempty")), ["unknownname"]);
    assert_eq!(codes(shown_if("{why} notempty")), ["unknownname"]);
    assert_eq!(codes(shown_if("Sum({key}) > 1")), ["unknownfunction"]);
    let found = warnings(shown_if("{q} notempty"));
    assert!(found[0].2.contains("the answer of q is {key}"), "{found:?}");
}

#[test]
fn conditions_that_never_change() {
    for dead in [
        "1 = 2",
        "'a' notempty",
        "{kind} = 'c'",
        "'c' <> {kind}",
        "{many} = 1",
        "{many} contains 3",
        "{many} anyof '5'",
    ] {
        assert_eq!(codes(shown_if(dead)), ["deadcondition"], "{dead}");
    }
    for alive in [
        "{kind} = 'B'",
        "{many} contains 2",
        "{open} = 'other'",
        "{kind} = ''",
        "{kind} contains 'x'",
        "{many} = [1, 2]",
        "today() > '2026-01-01'",
    ] {
        assert_eq!(codes(shown_if(alive)), [""; 0], "{alive}");
    }
}

#[test]
fn what_depends_on_itself() {
    let cycle = |a: &str, b: &str| {
        codes(json!({"elements": [
            {"type": "text", "name": "a", "setValueExpression": a},
            {"type": "panel", "name": "p", "elements": [{"type": "text", "name": "b", "visibleIf": b}]},
        ]}))
    };
    assert_eq!(cycle("{b} + 1", "{a} = 1"), ["cycle"]);
    assert_eq!(cycle("{A} + 1", "{a} = 1"), ["cycle"]);
    assert_eq!(cycle("1 + {b}", "{b} notempty"), ["cycle"]);
    assert_eq!(cycle("1 + {b}", "1 = {pageno}"), [""; 0]);
    let inside = json!({"elements": [{"type": "panel", "name": "p", "visibleIf": "{b} = 1",
        "elements": [{"type": "text", "name": "b"}]}]});
    assert_eq!(codes(inside), ["cycle"]);
    let calculated = json!({"calculatedValues": [
        {"name": "x", "expression": "{y}"}, {"name": "y", "expression": "{z}"}, {"name": "z", "expression": "{x}"}]});
    let found = warnings(calculated);
    assert_eq!(found.len(), 1);
    assert!(found[0].2.ends_with("x, y, z"), "{found:?}");
    // A validator reads its own question; that is no cycle.
    let own = json!({"elements": [{"type": "text", "name": "a", "requiredIf": "{a} empty",
        "validators": [{"type": "expression", "expression": "{a} > 1"}]}]});
    assert_eq!(codes(own), [""; 0]);
}

#[test]
fn ten_thousand_in_a_ring_are_told_of_once() {
    let element = |i: usize| {
        let before = (i + 9_999) % 10_000;
        json!({"type": "text", "name": format!("q{i}"), "visibleIf": format!("{{q{before}}} = 1")})
    };
    let elements: Vec<_> = (0..10_000).map(element).collect();
    assert_eq!(codes(json!({"elements": elements})), ["cycle"]);
}
