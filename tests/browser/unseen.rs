//! A form that nobody has seen before: every type of field, conditions inside conditions, sixty fields.

use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::words::EN;
use portico_tests::{Browser, Customer, Options, Page, Server, Words};
use serde_json::{Value, json};

use crate::setting::{GUEST, only_request};

fn words(text: &str) -> Value {
    json!({"en": text, "zh-Hans": text, "zh-Hant": text})
}

/// A field as the catalogue has it; `more` are its further members.
fn field(id: &str, kind: &str, more: Value) -> Value {
    let mut field = json!({"id": id, "type": kind, "label": words(&label(id)), "required": false});
    for (name, value) in more.as_object().unwrap() {
        field[name] = value.clone();
    }
    field
}

/// What a field is called on the page.
fn label(id: &str) -> String {
    format!("Question {id}?")
}

fn options(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| json!({"value": name, "label": words(&format!("Option {name}"))}))
        .collect()
}

fn when(field: &str, value: &str) -> Value {
    json!({"field": field, "in": [value]})
}

fn catalogue() -> Value {
    let tree = json!([
        {"value": "house", "label": words("House"), "children": [
            {"value": "kitchen", "label": words("Kitchen"), "children": [
                {"value": "oven", "label": words("Oven")}, {"value": "sink", "label": words("Sink")}]},
            {"value": "cellar", "label": words("Cellar")}]},
        {"value": "garden", "label": words("Garden")},
    ]);
    let long: Vec<String> = (1..=9).map(|n| format!("long{n}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let mut fields = vec![
        field("page1", "info", json!({"help": words("The first page.")})),
        field(
            "text",
            "text",
            json!({"required": true, "max_length": 20, "help": words("A few words")}),
        ),
        field(
            "textarea",
            "textarea",
            json!({"max_length": 500, "purpose": words("So that we know.")}),
        ),
        field(
            "radios",
            "select",
            json!({"options": options(&["a", "b", "c"]), "required": true}),
        ),
        field("list", "select", json!({"options": options(&long)})),
        field(
            "several",
            "multiselect",
            json!({"options": options(&["x", "y", "z"])}),
        ),
        field("number", "number", json!({"min": -5, "max": 12.5})),
        field("date", "date", json!({})),
        field("datetime", "datetime", json!({})),
        field("email", "email", json!({})),
        field("phone", "phone", json!({})),
        field("yes_no", "boolean", json!({"required": true})),
        field("tick", "boolean", json!({})),
        field("page2", "info", json!({})),
        field("tree", "tree", json!({"options": tree, "required": true})),
        field("file", "file", json!({"max": 2})),
        field(
            "gate",
            "select",
            json!({"options": options(&["open", "shut"]), "required": true}),
        ),
        field("coded", "text", json!({"pattern": "^[A-Z]{2}-[0-9]+$"})),
        field(
            "inner",
            "multiselect",
            json!({"options": options(&["deep", "flat"]), "visible_if": when("gate", "open")}),
        ),
        field(
            "innermost",
            "text",
            json!({"visible_if": when("inner", "deep"), "required_if": when("gate", "open")}),
        ),
        field(
            "sealed",
            "text",
            json!({"visible_if": when("gate", "shut"), "required": true}),
        ),
        field(
            "page3",
            "info",
            json!({"visible_if": when("innermost", "never")}),
        ),
        field(
            "unreachable",
            "text",
            json!({"visible_if": when("innermost", "never"), "required": true}),
        ),
        field("page4", "info", json!({})),
    ];
    let rest = 60 - fields.len();
    fields.extend((1..=rest).map(|n| field(&format!("more{n}"), "text", json!({}))));
    assert_eq!(fields.len(), 60);
    json!({"types": [{"id": "everything", "kind": "complaint", "steps": "seven", "name": words("Everything"),
        "description": words("All there is."), "article_ids": [], "fields": fields}]})
}

/// Chooses a radio button or ticks a box of the question `id`.
async fn tick(page: &Page, id: &str, option: &str) {
    let group = page.by("group", has(&label(id)));
    group.wait().await;
    let name = has(&format!("Option {option}"));
    let radio = page.radio(name.clone());
    if radio.count().await > 0 {
        radio.nth(0).click().await;
    } else {
        page.checkbox(name).nth(0).click().await;
    }
}

fn asked(page: &Page, id: &str) -> portico_tests::Found {
    page.field(has(&label(id)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_every_type_with_nested_conditions_and_sixty_fields_is_asked_checked_and_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request-types.json");
    std::fs::write(&file, catalogue().to_string()).unwrap();
    let config = format!("request_types = \"{}\"\n", file.display());
    let server = Server::with(
        Options {
            config: Some(config),
            ..Options::default()
        }
        .and_unlimited(),
    )
    .await;
    let browser = Browser::with(Setup::default()).await;
    let page = browser.page();
    let me = Customer::of(page.clone(), Words::of(EN), &server, "everything").await;
    me.open("/new/everything").await;
    me.arrive("submit.describe_complaint").await;
    page.field(me.say("submit.subject"))
        .fill("Everything")
        .await;
    page.field(me.say("submit.body")).fill("All of it.").await;
    me.press("form.continue").await;

    page.heading(label("page1")).wait().await;
    me.press("form.continue").await;
    me.see("problem.title").await;
    page.see(&me.words.with("form.enter", &[("label", &label("text"))]))
        .await;
    let choose = |id| {
        me.words
            .with("field.not_an_option", &[("label", &label(id))])
    };
    page.see(&choose("radios")).await;
    page.see(&choose("yes_no")).await;
    me.good().await;
    asked(&page, "text").fill("x".repeat(21).as_str()).await;
    asked(&page, "textarea").fill("漢字 👩‍👧 ‏עברית").await;
    tick(&page, "radios", "b").await;
    asked(&page, "list").choose("Option long7").await;
    tick(&page, "several", "x").await;
    tick(&page, "several", "z").await;
    asked(&page, "number").fill("12.6").await;
    asked(&page, "date").set_value("2026-02-28").await;
    asked(&page, "datetime").set_value("2026-02-28T13:45").await;
    asked(&page, "email").fill("someone@example").await;
    asked(&page, "phone").fill("+86 21 0000 0142").await;
    page.radio(me.say("form.no")).click().await;
    page.checkbox(has(&label("tick"))).click().await;
    me.press("form.continue").await;
    let long = [("label", label("text")), ("max", "20".to_owned())];
    let long = long.each_ref().map(|(name, value)| (*name, value.as_str()));
    page.see(&me.words.with("form.too_long", &long)).await;
    page.see(&me.words.start("form.too_large")).await;
    page.see(&me.words.with("field.not_an_email", &[])).await;
    me.good().await;
    page.no_sideways_scroll().await;
    asked(&page, "text").fill("Enough").await;
    asked(&page, "number").fill("-4.5").await;
    asked(&page, "email").fill("someone@example.com").await;
    me.press("form.continue").await;

    page.heading(label("page2")).wait().await;
    assert_eq!(asked(&page, "innermost").count().await, 0);
    let level = |n: &str| {
        me.words
            .with("form.level", &[("label", &label("tree")), ("n", n)])
    };
    page.field(has(&level("1"))).choose("House").await;
    page.field(has(&level("2"))).choose("Kitchen").await;
    me.press("form.continue").await;
    let below = [("label", &*label("tree"))];
    page.see(&me.words.with("form.choose_below", &below)).await;
    page.field(has(&level("3"))).choose("Oven").await;
    tick(&page, "gate", "shut").await;
    asked(&page, "sealed").fill("Taken back again").await;
    tick(&page, "gate", "open").await;
    tick(&page, "inner", "deep").await;
    me.press("form.continue").await;
    page.see(
        &me.words
            .with("form.enter", &[("label", &label("innermost"))]),
    )
    .await;
    asked(&page, "innermost").fill("At the bottom").await;
    asked(&page, "coded").fill("ab 12").await;
    let photo = folder.path().join("photo.png");
    std::fs::write(&photo, me.photo("png").await).unwrap();
    page.choose_files(&[&photo]).await;
    me.see("upload.uploaded").await;
    me.good().await;
    me.press("form.continue").await;

    // The page of which nothing is asked is passed over.
    page.heading(label("page4")).wait().await;
    for n in [1, 20, 36] {
        asked(&page, &format!("more{n}"))
            .nth(0)
            .fill(&format!("Answer {n}"))
            .await;
    }
    me.good().await;
    me.press("form.continue").await;
    me.arrive("submit.files").await;
    me.give_contact(GUEST).await;
    page.see("At the bottom").await;
    page.not_see("Taken back again").await;
    me.good().await;
    me.send().await;
    // What only the server can judge comes back to its field, and nothing else is lost.
    page.heading(label("page2")).wait().await;
    let coded = me
        .words
        .with("field.pattern", &[("label", &label("coded"))]);
    page.link(coded).wait().await;
    page.focus_on("alert", &me.say("problem.title")).await;
    assert_eq!(asked(&page, "coded").value().await, "ab 12");
    assert_eq!(asked(&page, "innermost").value().await, "At the bottom");
    me.good().await;
    asked(&page, "coded").fill("AB-12").await;
    me.press("form.continue").await;
    me.arrive("submit.check_complaint").await;
    page.see("photo.png").await;
    me.send().await;
    me.sent().await;

    let id = only_request(&server).await;
    let request = server.desk().get(&format!("/requests/{id}")).send().await;
    let request = request.expect_status(200).json;
    let request = request.get("request").unwrap_or(&request);
    let value = |id: &str| {
        let fields = request["fields"].as_array().unwrap();
        let found = fields.iter().find(|field| field["id"] == id);
        found.map_or(Value::Null, |field| field["value"].clone())
    };
    for (id, sent) in [
        ("text", json!("Enough")),
        ("textarea", json!("漢字 👩‍👧 ‏עברית")),
        ("radios", json!("b")),
        ("list", json!("long7")),
        ("several", json!(["x", "z"])),
        ("number", json!(-4.5)),
        ("date", json!("2026-02-28")),
        ("email", json!("someone@example.com")),
        ("phone", json!("+86 21 0000 0142")),
        ("yes_no", json!(false)),
        ("tick", json!(true)),
        ("tree", json!("oven")),
        ("gate", json!("open")),
        ("inner", json!(["deep"])),
        ("innermost", json!("At the bottom")),
        ("sealed", Value::Null),
        ("unreachable", Value::Null),
        ("more1", json!("Answer 1")),
        ("more36", json!("Answer 36")),
        ("coded", json!("AB-12")),
    ] {
        assert_eq!(value(id), sent, "{id} of {request:#}");
    }
    // The company's clock is eight hours ahead.
    let at = value("datetime");
    let at = chrono::DateTime::parse_from_rfc3339(at.as_str().unwrap()).unwrap();
    assert_eq!(at.to_utc().to_rfc3339(), "2026-02-28T05:45:00+00:00");
    let text = request.to_string();
    assert!(
        text.contains("photo.png") || !value("file").is_null(),
        "{request:#}"
    );
}
