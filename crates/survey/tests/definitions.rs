//! Reading, writing and running definitions: what is reported, and properties over random ones.

use crate::json;
use portico_survey::{
    Definition, Severity, Survey, Utc, Value,
    definition::Class,
    run::{Part, Start},
};
use serde_json::{Value as Json, json};

fn codes(survey: &Json) -> Vec<(String, &'static str)> {
    let (_, report) = Definition::read(&json(survey));
    let errors = report
        .findings()
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|finding| (finding.path.clone(), finding.code))
        .collect()
}

fn written(survey: &Json) -> Json {
    let (definition, _) = Definition::read(&json(survey));
    serde_json::to_value(definition.write()).expect("JSON")
}

#[test]
fn what_is_unknown_is_reported_with_its_place() {
    let survey = json!({
        "pages": [{ "name": "p", "elements": [
            { "type": "text", "name": "a", "zzz": 1 },
            { "type": "foo", "name": "b" },
            { "name": "c" },
            { "type": "checkbox", "name": "d", "choices": [{ "value": 1, "nope": 2 }, { "text": "no value" }] },
            { "type": "panel", "name": "e", "elements": [{ "type": "rating", "name": "f", "rateMax": "many" }] },
            { "type": "text", "name": "g", "visibleIf": "{a} =" },
        ] }],
        "triggers": [{ "type": "bang" }],
        "wrong": true,
    });
    let wanted = [
        ("$.pages[0].elements[0].zzz", "unknownproperty"),
        ("$.pages[0].elements[1]", "incorrecttypeproperty"),
        ("$.pages[0].elements[2]", "missingtypeproperty"),
        ("$.pages[0].elements[3].choices[0].nope", "unknownproperty"),
        ("$.pages[0].elements[3].choices[1]", "requiredproperty"),
        ("$.pages[0].elements[4].elements[0].rateMax", "wrongvalue"),
        ("$.pages[0].elements[5].visibleIf", "expression"),
        ("$.triggers[0]", "incorrecttypeproperty"),
        ("$.wrong", "unknownproperty"),
    ];
    let wanted: Vec<(String, &str)> = wanted
        .iter()
        .map(|(path, code)| ((*path).to_owned(), *code))
        .collect();
    assert_eq!(codes(&survey), wanted);
}

#[test]
fn older_names_are_taken_for_todays() {
    let survey = json!({
        "questions": [
            { "type": "checkbox", "name": "a", "hasOther": true, "hasNone": true, "hasSelectAll": true, "choices": ["1|One"] },
            { "type": "text", "name": "b", "placeHolder": "x", "size": 3, "hasComment": true },
            { "type": "matrix", "name": "c", "isAllRowRequired": true, "rowsOrder": "random" },
            { "type": "rating", "name": "d", "mininumRateDescription": "low", "rateDisplayMode": "stars" },
            { "type": "dropdown", "name": "e", "optionsCaption": "choose", "showOptionsCaption": false },
            { "type": "paneldynamic", "name": "f", "panelAddText": "more", "templateElements": [] },
        ],
        "mode": "display",
        "goNextPageAutomatic": true,
        "requiredText": "!",
    });
    assert_eq!(codes(&survey), []);
    let written = written(&survey);
    let elements = &written["pages"][0]["elements"];
    assert_eq!(elements[0]["showOtherItem"], true);
    assert_eq!(elements[0]["showSelectAllItem"], true);
    assert_eq!(
        elements[0]["choices"][0],
        json!({ "value": "1", "text": "One" })
    );
    assert_eq!(elements[1]["placeholder"], "x");
    assert_eq!(elements[1]["inputSize"], 3);
    assert_eq!(elements[2]["eachRowRequired"], true);
    assert_eq!(elements[3]["minRateDescription"], "low");
    assert_eq!(elements[3]["rateType"], "stars");
    assert_eq!(elements[4]["placeholder"], "choose");
    assert_eq!(elements[4]["allowClear"], false);
    assert_eq!(elements[5]["addPanelText"], "more");
    assert_eq!(written["readOnly"], true);
    assert_eq!(written["autoAdvanceEnabled"], true);
    assert_eq!(written["requiredMark"], "!");
}

#[test]
fn older_words_are_taken_for_what_is_said_by_yes_or_no_today() {
    let survey = json!({
        "showProgressBar": "top",
        "showNavigationButtons": "both",
        "showTimerPanel": "none",
        "showPreviewBeforeComplete": "showAnsweredQuestions",
        "goNextPageAutomatic": "autogonext",
        "pages": [{ "name": "p", "navigationButtonsVisibility": "hide", "elements": [
            { "type": "paneldynamic", "name": "a", "showRangeInProgress": "off" },
            { "type": "matrixdynamic", "name": "b", "columnLayout": "vertical" },
        ] }],
    });
    assert_eq!(codes(&survey), []);
    let written = written(&survey);
    assert_eq!(written["showProgressBar"], true);
    assert_eq!(written["progressBarLocation"], "top");
    assert_eq!(written["showNavigationButtons"], true);
    assert_eq!(written["navigationButtonsLocation"], "topBottom");
    assert_eq!(written["showTimer"], false);
    assert_eq!(written["showPreviewBeforeComplete"], true);
    assert_eq!(written["previewMode"], "answeredQuestions");
    assert_eq!(written["autoAdvanceEnabled"], true);
    let page = &written["pages"][0];
    assert_eq!(page["showNavigationButtons"], false);
    assert_eq!(page["elements"][0]["showProgressBar"], false);
    assert_eq!(page["elements"][1]["transposeData"], true);
    for survey in [
        json!({ "showProgressBar": "off" }),
        json!({ "showNavigationButtons": "none" }),
        json!({ "showPreviewBeforeComplete": "noPreview" }),
    ] {
        assert_eq!(codes(&survey), [], "{survey}");
    }
    let unknown = codes(&json!({ "showTitle": "top" }));
    assert_eq!(unknown.len(), 1, "{unknown:?}");
}

/// The page of a questionnaire with these answers.
fn page(survey: &Json, answers: &Json) -> (Survey, Vec<Part>) {
    let (definition, _) = Definition::read(&json(survey));
    let start = Start {
        answers: json(answers).as_object().cloned().unwrap_or_default(),
        ..Start::default()
    };
    let survey = Survey::new(&definition, start, Box::new(Utc(0.0)));
    let page = survey.page().expect("a page");
    (survey, page.parts)
}

#[test]
fn panels_are_counted_from_one_in_texts_and_from_zero_in_expressions() {
    let survey = json!({ "elements": [{
        "type": "paneldynamic", "name": "people", "panelCount": 2, "templateTitle": "Person {panelIndex}",
        "templateElements": [
            { "type": "text", "name": "a", "title": "{visiblePanelIndex}: why?", "visibleIf": "{panelIndex} > 0" },
            { "type": "text", "name": "b", "title": "Age" },
        ],
    }] });
    let (_, parts) = page(&survey, &json!({}));
    let Some(Part::Question(people)) = parts.first() else {
        panic!("{parts:?}");
    };
    let shown: Vec<(&str, Vec<&str>)> = people
        .entries
        .iter()
        .map(|entry| match entry {
            Part::Group { title, parts, .. } => {
                let titles = parts.iter().map(|part| match part {
                    Part::Question(question) => question.title.as_str(),
                    Part::Group { .. } => "",
                });
                (title.as_str(), titles.collect())
            }
            Part::Question(_) => panic!("{entry:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("Person 1", vec!["Age"]),
            ("Person 2", vec!["2: why?", "Age"])
        ]
    );
}

#[test]
fn what_all_rows_come_to_is_shown_by_column() {
    let survey = json!({ "elements": [
        { "type": "matrixdynamic", "name": "costs", "columns": [
            { "name": "what", "cellType": "text" },
            { "name": "sum", "title": "Amount", "cellType": "text", "inputType": "number", "totalType": "sum" },
        ] },
        { "type": "matrix", "name": "parts", "eachRowRequired": true, "columns": [1, 2], "rows": ["a"] },
    ] });
    let (survey, parts) = page(&survey, &json!({ "costs": [{ "sum": 7 }, { "sum": 5.5 }] }));
    let costs = survey.question("costs").expect("a question");
    let total = ("Amount".to_owned(), "12.5".to_owned());
    assert_eq!(survey.totals_shown(costs), [total]);
    let required = parts.iter().map(|part| match part {
        Part::Question(question) => question.required,
        Part::Group { .. } => false,
    });
    assert_eq!(required.collect::<Vec<_>>(), [false, true]);
}

#[test]
fn texts_are_shown_in_the_language_asked_for() {
    let survey = json!({ "elements": [
        { "type": "text", "name": "a", "title": { "default": "Why", "de": "Warum", "zh-Hant": "為什麼" } },
    ] });
    let (definition, _) = Definition::read(&json(&survey));
    assert_eq!(definition.locales(), ["de", "zh-Hant"]);
    let mut survey = Survey::new(&definition, Start::default(), Box::new(Utc(0.0)));
    let a = survey.question("a").expect("a question");
    for (locale, title) in [
        ("", "Why"),
        ("de", "Warum"),
        ("de-AT", "Warum"),
        ("zh-Hant", "為什麼"),
        ("fr", "Why"),
    ] {
        survey.set_locale(locale);
        assert_eq!(survey.title(a), title, "{locale}");
    }
}

#[test]
fn a_class_of_question_is_found_wherever_it_is_asked() {
    let asked = json!({ "type": "file", "name": "a" });
    let rows = |columns: serde_json::Value, cells: &str| json!({ "type": "matrixdynamic", "name": "m", "columns": columns, "cellType": cells });
    for (elements, found) in [
        (json!([asked]), true),
        (
            json!([{ "type": "panel", "name": "p", "elements": [asked] }]),
            true,
        ),
        (
            json!([{ "type": "paneldynamic", "name": "p", "templateElements": [asked] }]),
            true,
        ),
        (
            json!([rows(json!([{ "name": "c", "cellType": "file" }]), "text")]),
            true,
        ),
        (json!([rows(json!([{ "name": "c" }]), "file")]), true),
        (
            json!([rows(json!([{ "name": "file", "title": "file" }]), "text")]),
            false,
        ),
        (
            json!([{ "type": "text", "name": "file", "description": "file" }]),
            false,
        ),
    ] {
        let definition = Definition::open(&json(&json!({ "elements": elements })));
        assert_eq!(definition.asks(Class::File), found, "{elements}");
    }
}

#[test]
fn a_language_is_found_under_the_names_of_other_tools() {
    let named = |languages: &[&str], tag: &str| {
        let texts: serde_json::Map<_, _> = languages
            .iter()
            .map(|name| ((*name).to_owned(), json!("?")))
            .collect();
        let survey = json!({ "title": texts, "elements": [{ "type": "text", "name": "a" }] });
        Definition::read(&json(&survey)).0.language(tag)
    };
    for (languages, tag, name) in [
        (&["default", "zh-cn", "zh-tw"][..], "zh-Hans", "zh-cn"),
        (&["zh-CN", "zh-TW"], "zh-Hans", "zh-CN"),
        (&["default", "zh"], "zh-Hans", "zh"),
        (&["zh-cn", "zh-Hans"], "zh-Hans", "zh-Hans"),
        (&["default", "zh-cn", "zh-tw"], "zh-Hant", "zh-tw"),
        (&["zh-cn", "zh-hk"], "zh-Hant", "zh-hk"),
        (&["zh-hk", "zh-tw"], "zh-Hant", "zh-tw"),
        (&["zh-hk", "zh-Hant"], "zh-Hant", "zh-Hant"),
        (&["de", "en"], "en", "en"),
        // The one script is not shown for the other.
        (&["default", "zh-cn", "zh"], "zh-Hant", ""),
        (&["default", "zh-tw"], "zh-Hans", ""),
        (&["default", "de"], "en", ""),
    ] {
        assert_eq!(named(languages, tag), name, "{languages:?} {tag}");
    }
}

#[test]
fn panels_nested_too_deep_are_reported() {
    let mut element = json!({ "type": "text", "name": "inmost" });
    for depth in 0..100 {
        element = json!({ "type": "panel", "name": format!("p{depth}"), "elements": [element] });
    }
    // Built by hand: a JSON reader has a limit of its own.
    let found = codes(&json!({ "elements": [element] }));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, "nesting");
}

#[test]
fn what_is_no_questionnaire_is_reported() {
    for survey in [
        json!(null),
        json!(1),
        json!("text"),
        json!([]),
        json!({ "pages": 5 }),
        json!({ "pages": [5] }),
    ] {
        assert!(!codes(&survey).is_empty(), "{survey}");
    }
    assert!(codes(&json!({})).is_empty());
}

/// Five megabytes are read.
#[test]
fn a_long_text_is_read() {
    let survey =
        json!({ "elements": [{ "type": "html", "name": "a", "html": "x".repeat(5_000_000) }] });
    assert!(codes(&survey).is_empty());
}

/// A source of chance.
struct Chance(fastrand::Rng);

impl Chance {
    fn of(&mut self, percent: u32) -> bool {
        self.0.u32(..100) < percent
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.0.usize(..of.len())].clone()
    }

    fn word(&mut self) -> String {
        self.one(&[
            "a", "b", "c", "a.b", "row.a", "panel.a", "item", "zzz", "ü", "",
        ])
        .to_owned()
    }

    fn scalar(&mut self) -> Json {
        match self.0.u32(..6) {
            0 => json!(null),
            1 => json!(self.0.bool()),
            2 => json!(self.0.i32(-3..8)),
            3 => json!(self.0.f64() * 10.0),
            4 => json!(""),
            _ => json!(self.word()),
        }
    }

    fn value(&mut self, depth: u32) -> Json {
        match self.0.u32(..5) {
            0 if depth > 0 => (0..self.0.usize(..4))
                .map(|_| self.value(depth - 1))
                .collect(),
            1 if depth > 0 => {
                let members = (0..self.0.usize(..4)).map(|_| (self.word(), self.value(depth - 1)));
                Json::Object(members.collect())
            }
            _ => self.scalar(),
        }
    }

    fn expression(&mut self) -> String {
        let (a, b) = (self.word(), self.word());
        match self.0.u32(..7) {
            0 => format!("{{{a}}} = 1"),
            1 => format!("{{{a}}} + {{{b}}} > 2"),
            2 => format!("{{{a}}} notempty and {{{b}}} contains 'x'"),
            3 => format!("iif({{{a}}} > 1, {{{b}}}, 'no')"),
            4 => format!("sumInArray({{{a}}}, 'a')"),
            5 => "displayValue('a')".to_owned(),
            _ => format!("{{{a}}} ="),
        }
    }

    fn text(&mut self) -> Json {
        let text = format!("Hi {{{}}} {{", self.word());
        if self.of(30) {
            json!({ "default": text, "de": "Hallo" })
        } else {
            json!(text)
        }
    }

    fn choices(&mut self) -> Json {
        let choice = |chance: &mut Self| match chance.0.u32(..3) {
            0 => {
                json!({ "value": chance.scalar(), "text": chance.text(), "visibleIf": chance.expression() })
            }
            1 => json!(chance.word() + "|" + &chance.word()),
            _ => json!(chance.0.u32(..4)),
        };
        (0..self.0.usize(..5)).map(|_| choice(self)).collect()
    }

    /// An element with properties of every kind that questions have, some of them where they do not belong.
    fn element(&mut self, depth: u32) -> Json {
        let kind = self.one(&TYPES);
        let mut element = json!({ "type": kind, "name": self.word() });
        let object = element.as_object_mut().expect("an object");
        for _ in 0..self.0.usize(..6) {
            let (name, value) = match self.0.u32(..9) {
                0 => (self.one(&EXPRESSIONS), json!(self.expression())),
                1 => (self.one(&FLAGS), json!(self.0.bool())),
                2 => (self.one(&NUMBERS), json!(self.0.i32(-2..12))),
                3 => (self.one(&TEXTS), self.text()),
                4 => (self.one(&ITEMS), self.choices()),
                5 => (
                    self.one(&["defaultValue", "correctAnswer", "defaultRowValue"]),
                    self.value(3),
                ),
                6 => (self.one(&WORDS), json!(self.word())),
                7 => ("validators", self.validators()),
                _ if depth > 0 => {
                    let name = self.one(&[
                        "elements",
                        "templateElements",
                        "columns",
                        "items",
                        "detailElements",
                    ]);
                    (
                        name,
                        (0..self.0.usize(..4))
                            .map(|_| self.element(depth - 1))
                            .collect(),
                    )
                }
                _ => ("nonsense", self.value(2)),
            };
            object.insert(name.to_owned(), value);
        }
        element
    }

    fn validators(&mut self) -> Json {
        let kind = self.one(&[
            "numeric",
            "text",
            "answercount",
            "regex",
            "email",
            "expression",
            "odd",
        ]);
        json!([{ "type": kind, "minValue": 1, "maxLength": 2, "regex": self.pattern(), "expression": self.expression() }])
    }

    fn pattern(&mut self) -> String {
        let parts = [
            "a", "(", ")", "[a-c]", "*", "{2,3}", "|", "^", "$", "(?=", "\\d", "\\", "]",
        ];
        (0..self.0.usize(..8)).map(|_| self.one(&parts)).collect()
    }

    fn survey(&mut self) -> Json {
        let pages: Json = (0..self.0.usize(1..4))
            .map(|index| {
                let elements: Json = (0..self.0.usize(..6)).map(|_| self.element(3)).collect();
                json!({ "name": format!("page{index}"), "elements": elements, "visibleIf": self.expression() })
            })
            .collect();
        let modes = ["onComplete", "onHidden", "onHiddenContainer", "none"];
        json!({
            "title": self.text(),
            "pages": pages,
            "clearInvisibleValues": self.one(&modes),
            "questionsOnPageMode": self.one(&["standard", "singlePage", "questionPerPage", "inputPerPage"]),
            "checkErrorsMode": self.one(&["onNextPage", "onValueChanged", "onComplete"]),
            "calculatedValues": [{ "name": self.word(), "expression": self.expression(), "includeIntoResult": self.0.bool() }],
            "triggers": [{ "type": self.one(&TRIGGERS), "expression": self.expression(), "setToName": self.word(),
                "fromName": self.word(), "gotoName": self.word(), "runExpression": self.expression(), "setValue": self.value(2) }],
        })
    }
}

const TYPES: [&str; 24] = [
    "text",
    "comment",
    "rating",
    "radiogroup",
    "dropdown",
    "checkbox",
    "tagbox",
    "ranking",
    "imagepicker",
    "boolean",
    "matrix",
    "matrixdropdown",
    "matrixdynamic",
    "multipletext",
    "paneldynamic",
    "expression",
    "slider",
    "file",
    "signaturepad",
    "html",
    "image",
    "panel",
    "buttongroup",
    "imagemap",
];
const EXPRESSIONS: [&str; 14] = [
    "visibleIf",
    "enableIf",
    "requiredIf",
    "defaultValueExpression",
    "setValueExpression",
    "setValueIf",
    "resetValueIf",
    "choicesVisibleIf",
    "choicesEnableIf",
    "rowsVisibleIf",
    "templateVisibleIf",
    "panelCountExpression",
    "expression",
    "minValueExpression",
];
const FLAGS: [&str; 10] = [
    "isRequired",
    "visible",
    "readOnly",
    "showOtherItem",
    "showNoneItem",
    "showSelectAllItem",
    "hideIfChoicesEmpty",
    "eachRowRequired",
    "multiSelect",
    "copyDefaultValueFromLastEntry",
];
const NUMBERS: [&str; 10] = [
    "rateMin",
    "rateMax",
    "rateCount",
    "rateStep",
    "rowCount",
    "minRowCount",
    "panelCount",
    "maxPanelCount",
    "minSelectedChoices",
    "precision",
];
const TEXTS: [&str; 6] = [
    "title",
    "description",
    "html",
    "labelTrue",
    "defaultDisplayValue",
    "templateTitle",
];
const ITEMS: [&str; 4] = ["choices", "rows", "columns", "rateValues"];
const WORDS: [&str; 8] = [
    "valueName",
    "choicesFromQuestion",
    "choicesFromQuestionMode",
    "inputType",
    "keyName",
    "cellType",
    "displayStyle",
    "totalType",
];
const TRIGGERS: [&str; 6] = [
    "setvalue",
    "copyvalue",
    "runexpression",
    "skip",
    "complete",
    "visible",
];

/// Every random definition is read without a panic, and reading what was written gives the same definition, with
/// nothing left to report but what the words of expressions give.
#[test]
fn what_was_written_is_read_the_same() {
    let seed = 4_711;
    println!("seed {seed}");
    let mut chance = Chance(fastrand::Rng::with_seed(seed));
    for round in 0..600 {
        let survey = chance.survey();
        let (definition, _) = Definition::read(&json(&survey));
        let written = definition.write();
        let (again, report) = Definition::read(&written);
        assert_eq!(definition, again, "round {round}: {survey}");
        let left: Vec<_> = report
            .findings()
            .iter()
            .filter(|finding| finding.severity == Severity::Error && finding.code != "expression")
            .collect();
        assert!(left.is_empty(), "round {round}: {left:?}");
        assert_eq!(written, again.write(), "round {round}");
    }
}

/// Every random survey is answered at random without a panic, and its pages can be shown.
#[test]
fn whatever_is_answered_nothing_panics() {
    let seed = 815;
    println!("seed {seed}");
    let mut chance = Chance(fastrand::Rng::with_seed(seed));
    for _ in 0..300 {
        let (definition, _) = Definition::read(&json(&chance.survey()));
        let draft = json(&chance.value(3));
        let answers = draft.as_object().cloned().unwrap_or_default();
        let start = Start {
            answers,
            ..Start::default()
        };
        let mut survey = Survey::new(&definition, start, Box::new(Utc(0.0)));
        for _ in 0..12 {
            let name = chance.word();
            let value: Value = json(&chance.value(3));
            match (chance.0.u32(..8), survey.question(&name)) {
                (0, Some(id)) => survey.set_comment(id, value),
                (1, Some(id)) => drop(survey.add_entry(id)),
                (2, Some(id)) => drop(survey.remove_entry(id, 0)),
                (3, _) => drop(survey.go_on()),
                (4, _) => drop(survey.go_back()),
                (5, _) => survey.set_variable(&name, value),
                (_, Some(id)) => survey.set(id, value),
                (_, None) => survey.set_by_key(&name, value),
            }
            drop(survey.page());
        }
        survey.complete();
        drop(survey.end());
    }
}

/// What is opened to be run runs as what is read with all its layout.
#[test]
fn what_is_opened_is_what_is_read() {
    let seed = 31_337;
    println!("seed {seed}");
    let mut chance = Chance(fastrand::Rng::with_seed(seed));
    for round in 0..600 {
        let survey = json(&chance.survey());
        let shown = |definition: &Definition| {
            let survey = Survey::new(definition, Start::default(), Box::new(Utc(0.0)));
            (survey.page(), survey.answers().clone(), survey.end())
        };
        let (opened, read) = (Definition::open(&survey), Definition::read(&survey).0);
        assert_eq!(shown(&opened), shown(&read), "round {round}: {survey:?}");
    }
}

/// Surveys of which all that is shown follows from the answers alone, whatever was answered before.
impl Chance {
    fn on_answers(&mut self, inside: &str) -> String {
        let name = match inside {
            "" => format!("q{}", self.0.u32(..8)),
            _ if self.of(50) => format!("{inside}.{}", self.one(&["a", "b"])),
            _ => format!("q{}", self.0.u32(..8)),
        };
        let value = self.0.u32(..3);
        match self.0.u32(..5) {
            0 => format!("{{{name}}} empty or {{q{}}} = {value}", self.0.u32(..8)),
            1 => format!("{{{name}}} + {{sum}} > {value}"),
            2 => format!("{{{name}}} contains {value}"),
            3 => format!("iif({{more}} > 3, {{{name}}} notempty, {{q1}} != {value})"),
            _ => format!("{{{name}}} >= {value}"),
        }
    }

    fn followed(&mut self, kind: &str, name: &str, inside: &str) -> Json {
        let choice =
            |value: u32, condition: String| json!({ "value": value, "enableIf": condition });
        let choices: Vec<Json> = (0..3)
            .map(|value| choice(value, self.on_answers(inside)))
            .collect();
        json!({
            "type": kind, "name": name, "cellType": kind, "choices": choices,
            "title": format!("{{q{}}} and {{sum}}", self.0.u32(..8)),
            "visibleIf": self.on_answers(inside),
            "enableIf": self.on_answers(inside),
            "requiredIf": self.on_answers(inside),
        })
    }

    fn followed_survey(&mut self) -> Json {
        let mut elements: Vec<Json> = (0..6)
            .map(|index| {
                let kind = self.one(&["text", "radiogroup", "checkbox", "rating"]);
                self.followed(kind, &format!("q{index}"), "")
            })
            .collect();
        let panel = self.followed("panel", "group", "");
        let mut group = panel;
        group["elements"] = json!([self.followed("text", "q6", "")]);
        elements.push(group);
        let mut matrix = self.followed("matrixdropdown", "q7", "");
        matrix["rows"] = json!([1, 2]);
        matrix["columns"] = json!([
            self.followed("dropdown", "a", "row"),
            self.followed("text", "b", "row")
        ]);
        matrix["rowsVisibleIf"] = json!(self.on_answers(""));
        elements.push(matrix);
        elements.push(json!({ "type": "expression", "name": "sum", "expression": "sum({q0}, {q3}, {q7.1.a})" }));
        elements.push(json!({ "type": "html", "name": "said", "html": "{sum} {more}", "visibleIf": self.on_answers("") }));
        self.0.shuffle(&mut elements);
        json!({
            "elements": elements,
            "clearInvisibleValues": "none",
            "calculatedValues": [{ "name": "more", "expression": "{sum} + {q1}" }],
        })
    }
}

/// After each answer everything is as if the survey had been started with all of them: what is evaluated again is all
/// that must be.
#[test]
fn one_answer_after_the_other_gives_what_all_at_once_give() {
    let seed = 2_718;
    println!("seed {seed}");
    let mut chance = Chance(fastrand::Rng::with_seed(seed));
    for round in 0..40 {
        let definition = Definition::open(&json(&chance.followed_survey()));
        let started = |answers| {
            let start = Start {
                answers,
                ..Start::default()
            };
            Survey::new(&definition, start, Box::new(Utc(0.0)))
        };
        let mut survey = started(Default::default());
        for step in 0..10 {
            let name = format!("q{}", chance.0.u32(..8));
            let scalar = |chance: &mut Chance| {
                chance.one(&[json!(0), json!(1), json!(2), json!("2"), json!(null)])
            };
            let value = match name.as_str() {
                "q7" => {
                    json!({ "1": { "a": scalar(&mut chance), "b": "x" }, "2": { "b": scalar(&mut chance) } })
                }
                _ => scalar(&mut chance),
            };
            let Some(id) = survey.question(&name) else {
                panic!("round {round}: no {name}");
            };
            survey.set(id, json(&value));
            let again = started(survey.answers().clone());
            assert_eq!(
                survey.answers(),
                again.answers(),
                "round {round}, step {step}: {name} {value}"
            );
            assert_eq!(
                survey.calculated(),
                again.calculated(),
                "round {round}, step {step}: {name} {value}"
            );
            assert_eq!(
                survey.page(),
                again.page(),
                "round {round}, step {step}: {name} {value}"
            );
        }
    }
}
