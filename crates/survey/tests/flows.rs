//! Whole surveys, step by step, against what the reference engine recorded.

use crate::json;
use portico_survey::{Utc, Value, run::script};
use serde_json::{Value as Json, json};

/// 2026-01-15T10:30:00Z, the time of the recorded cases.
const NOW: f64 = 1_768_473_000_000.0;

fn run(survey: &Json, runs: &Json) -> Json {
    let question = json(&json!({ "survey": survey, "runs": runs }));
    let answer = script(&question, || Box::new(Utc(NOW))).expect("the script is one");
    serde_json::to_value(answer).expect("an answer is JSON")
}

/// The steps alone, as a script asks them.
fn asked(runs: &Json) -> Json {
    let runs = runs.as_array().expect("runs").iter().map(|run| {
        let steps = run["steps"].as_array().expect("steps").iter();
        let steps: Vec<Json> = steps.map(|step| json!({ "step": step["step"] })).collect();
        json!({ "name": run["name"], "steps": steps })
    });
    runs.collect()
}

/// Numbers are compared as numbers: 5 is 5.0.
fn plain(value: &Json) -> Json {
    serde_json::to_value(json(value)).expect("JSON")
}

/// What of an error is compared: where it is and of what type; the words are ours.
fn errors(step: &Json) -> Vec<[Json; 3]> {
    let errors = step["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|e| [e["question"].clone(), e["panel"].clone(), e["type"].clone()])
        .collect()
}

/// What a step's picture of the survey may hold; all else belongs to the step itself.
const PICTURE: [&str; 11] = [
    "state",
    "currentPage",
    "visiblePages",
    "visibleQuestions",
    "required",
    "readOnly",
    "titles",
    "surveyTitle",
    "details",
    "calculated",
    "data",
];

/// Compares every step with what was recorded. In short records a step leaves out what is as it was before.
fn agree(recorded: &str, short: bool) {
    let cases: Json = serde_json::from_str(recorded).expect("the cases are JSON");
    let mut steps = 0;
    for case in cases["cases"].as_array().expect("cases") {
        let answer = run(&case["survey"], &asked(&case["runs"]));
        let wanted = case["runs"].as_array().expect("runs").iter();
        for (wanted, given) in wanted.zip(answer["runs"].as_array().expect("runs")) {
            let given = given["steps"].as_array().expect("steps");
            let wanted_steps = wanted["steps"].as_array().expect("steps");
            assert_eq!(wanted_steps.len(), given.len());
            let mut before = json!({});
            for (recorded, step) in wanted_steps.iter().zip(given) {
                let place = format!("{} / {} / {}", case["id"], wanted["name"], recorded["step"]);
                let mut all = recorded.clone();
                for key in PICTURE
                    .iter()
                    .filter(|key| short && recorded.get(**key).is_none())
                {
                    all[*key] = before[*key].clone();
                }
                for (key, value) in all.as_object().expect("a step") {
                    if key != "errors" {
                        assert_eq!(plain(value), plain(&step[key]), "{key} at {place}");
                    }
                }
                assert_eq!(errors(recorded), errors(step), "errors at {place}");
                before = all;
                steps += 1;
            }
        }
    }
    assert!(steps > 100, "only {steps} steps were compared");
}

/// The recorded cases that the project was given.
#[test]
fn recorded_surveys_go_as_recorded() {
    agree(include_str!("data/survey-flows.json"), false);
}

/// Cases of our own, their answers computed with the reference engine: panels, rows, triggers, modes, other, carrying.
#[test]
fn surveys_of_ours_go_as_in_the_reference() {
    agree(include_str!("data/survey-flows-own.json"), true);
}

fn last(survey: Json, steps: Json) -> Json {
    let steps: Vec<Json> = steps
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| json!({ "step": step }))
        .collect();
    let answer = run(&survey, &json!([{ "name": "", "steps": steps }]));
    let steps = answer["runs"][0]["steps"].as_array().expect("steps");
    steps.last().expect("a step").clone()
}

/// Rules that set each other off end after ten rounds instead of never.
#[test]
fn a_cycle_ends() {
    let survey = json!({ "elements": [
        { "type": "text", "name": "a", "setValueExpression": "{b} + 1" },
        { "type": "text", "name": "b", "setValueExpression": "{a} + 1" },
    ] });
    let end = last(survey, json!(["start", { "set": "a", "value": 1 }]));
    assert!(end["data"]["a"].as_f64().expect("a number") < 100.0);
    let survey = json!({
        "elements": [{ "type": "text", "name": "a" }],
        "triggers": [{ "type": "runexpression", "expression": "{a} > 0", "setToName": "a", "runExpression": "{a} + 1" }],
    });
    let end = last(survey, json!(["start", { "set": "a", "value": 1 }]));
    assert!(end["data"]["a"].as_f64().expect("a number") < 1000.0);
}

/// Questions that take choices from each other have none, and nothing runs away.
#[test]
fn choices_taken_in_a_circle_are_none() {
    let survey = json!({ "elements": [
        { "type": "checkbox", "name": "a", "choicesFromQuestion": "b" },
        { "type": "checkbox", "name": "b", "choicesFromQuestion": "a" },
    ] });
    let end = last(survey, json!(["start", { "set": "a", "value": [1] }]));
    assert_eq!(end["details"]["a"]["choices"], json!([]));
}

/// A required question that no page can ask holds nobody.
#[test]
fn a_place_on_a_picture_is_not_waited_for() {
    let survey = json!({ "elements": [
        { "type": "imagemap", "name": "m", "isRequired": true, "imageLink": "x.png", "areas": [{ "value": "a" }] },
        { "type": "text", "name": "t" },
    ] });
    let end = last(survey, json!(["start", { "complete": 1 }]));
    assert_eq!(end["completed"], true);
}

/// Answers and texts that are put into markup mean nothing there.
#[test]
fn answers_in_markup_are_text() {
    let survey = json!({
        "elements": [{ "type": "text", "name": "a" }, { "type": "html", "name": "h", "html": "<b>{a}</b>" }],
        "completedHtml": "<p>{a}</p>",
        "navigateToUrl": "https://example.org/?a={a}",
    });
    let end = last(
        survey,
        json!([{ "set": "a", "value": "<script>&\"" }, { "complete": 1 }]),
    );
    assert_eq!(end["titles"]["h.html"], "<b>&lt;script&gt;&amp;&quot;</b>");
    assert_eq!(end["completedHtml"], "<p>&lt;script&gt;&amp;&quot;</p>");
    assert_eq!(
        end["navigateToUrl"],
        "https://example.org/?a=%3Cscript%3E%26%22"
    );
}

/// Choices whose words name their own question, and each other's.
#[test]
fn texts_that_name_themselves_end() {
    let choices = json!([{ "value": 1, "text": "One of {a} and {b}" }]);
    let line = json!({ "survey": { "elements": [
        { "type": "radiogroup", "name": "a", "title": "{a}, {b}", "choices": choices, "defaultValue": 1 },
        { "type": "checkbox", "name": "b", "choices": choices, "defaultValue": [1] },
    ] }, "runs": [{ "name": "r", "steps": [{ "step": "start" }] }] });
    let given = script(&json(&line), || Box::new(Utc(NOW))).unwrap();
    let title = "One of {a} and {b}";
    let given = serde_json::to_value(given).unwrap();
    assert_eq!(
        given["runs"][0]["steps"][0]["titles"]["a"],
        format!("One of {title} and {title}, One of {title} and {title}")
    );
}

/// A pattern that explodes elsewhere is answered at once here.
#[test]
fn an_exploding_pattern_is_answered() {
    let survey = json!({ "elements": [
        { "type": "text", "name": "a", "validators": [{ "type": "regex", "regex": "^(a+)+$" }] },
    ] });
    let value = "a".repeat(5_000) + "!";
    let end = last(
        survey,
        json!([{ "set": "a", "value": value }, { "complete": 1 }]),
    );
    assert_eq!(end["errors"][0]["type"], "custom");
}

/// Ten thousand questions, each with a condition on the first, answer at once.
#[test]
fn ten_thousand_questions_are_answered() {
    let mut elements = vec![json!({ "type": "text", "name": "q" })];
    elements.extend(
        (0..10_000)
            .map(|i| json!({ "type": "text", "name": format!("q{i}"), "visibleIf": "{q} = 1" })),
    );
    let end = last(
        json!({ "elements": elements }),
        json!(["start", { "set": "q", "value": 1 }]),
    );
    assert_eq!(
        end["visibleQuestions"].as_array().expect("names").len(),
        10_001
    );
}

/// What is no script is said, and nothing panics.
#[test]
fn what_is_no_script_is_said() {
    for question in [
        json!(null),
        json!({}),
        json!({ "survey": {} }),
        json!({ "survey": 1, "runs": [1] }),
    ] {
        assert!(
            script(&json(&question), || Box::new(Utc(NOW))).is_err(),
            "{question}"
        );
    }
    let empty: Value =
        json(&json!({ "survey": {}, "runs": [{ "steps": [{ "step": { "next": 1 } }] }] }));
    assert!(script(&empty, || Box::new(Utc(NOW))).is_ok());
}
