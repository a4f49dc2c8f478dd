//! Surveys: who is asked and who is not, what a link opens, that nothing but a POST records, and what comes out.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, TimeDelta};
use portico_tests::api::complaint;
use portico_tests::mailbox::Letter;
use portico_tests::server::{DESK_TOKEN, program};
use portico_tests::{Api, Options, Reply, Server, until};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::promises::clock;

const PROGRAMME: &str = include_str!("../../crates/server/surveys.toml");
const QUESTIONNAIRES: [(&str, &str); 2] = [
    (
        "after-closure.json",
        include_str!("../../crates/server/surveys/after-closure.json"),
    ),
    (
        "quarterly.json",
        include_str!("../../crates/server/surveys/quarterly.json"),
    ),
];

/// When the tests begin, on the clock of the desk.
const START: &str = "2026-11-23T10:00:00";

fn later(by: TimeDelta) -> String {
    let start = DateTime::parse_from_rfc3339(&format!("{START}+08:00")).unwrap();
    (start + by).format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A folder with a programme and its questionnaires.
fn folder(programme: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("surveys.toml"), programme).unwrap();
    for (name, text) in QUESTIONNAIRES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

async fn server_in(folder: &Path) -> Server {
    let config = format!("surveys = {:?}\n", folder.join("surveys.toml"));
    let options = Options {
        config: Some(config),
        test_clock: true,
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    clock(&server, START).await;
    server
}

async fn server() -> Server {
    let options = Options {
        test_clock: true,
        ..Options::unlimited()
    };
    let server = Server::with(options).await;
    clock(&server, START).await;
    server
}

async fn submitted(customer: &Api) -> String {
    let new = customer.post("/requests").new_key().language("en");
    let created = new.json(&complaint("Charged twice", None)).send().await;
    created.expect_status(201).text_at("/request/id")
}

async fn status(server: &Server, id: &str, to: &str) {
    let path = format!("/requests/{id}/status");
    let set = server
        .desk()
        .post(&path)
        .json(&json!({"status": to}))
        .send()
        .await;
    set.expect_status(200);
}

fn asking(server: &Server, address: &str) -> Vec<Letter> {
    let mut letters = server.letters_to(address);
    letters.retain(|letter| letter.text.contains("/surveys/"));
    letters
}

/// Waits for so many letters with a survey, and gives the newest.
async fn asked(server: &Server, address: &str, count: usize) -> Letter {
    until("a letter with a survey", || async {
        let letters = asking(server, address);
        match letters.len() == count {
            true => Ok(letters.last().unwrap().clone()),
            false => Err(format!("{} letters", letters.len())),
        }
    })
    .await
}

fn links(letter: &Letter) -> Vec<String> {
    let words = letter.text.split_whitespace();
    words
        .filter_map(|word| Some(word[word.find("http")?..].to_owned()))
        .collect()
}

/// The path and query of the links of a letter.
fn paths(letter: &Letter) -> Vec<String> {
    let url = |link: &String| reqwest::Url::parse(link).unwrap();
    let all = links(letter);
    all.iter()
        .map(url)
        .map(|url| match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        })
        .collect()
}

fn token(letter: &Letter) -> String {
    let found = paths(letter).into_iter().find(|path| {
        path.starts_with("/surveys/") && !path.contains('?') && !path.contains("unsubscribe")
    });
    found
        .expect("a letter has its link")
        .trim_start_matches("/surveys/")
        .to_owned()
}

fn way_out(letter: &Letter) -> String {
    paths(letter)
        .into_iter()
        .find(|path| path.contains("unsubscribe"))
        .expect("a letter has a way out")
}

/// A customer whose request was resolved a day ago, and who has the letter.
async fn one_who_was_asked(server: &Server, address: &str) -> (Api, String, String) {
    let customer = server.customer(address).await;
    let id = submitted(&customer).await;
    status(server, &id, "resolved").await;
    planned(server, &id).await;
    clock(server, &later(TimeDelta::hours(25))).await;
    let token = token(&asked(server, address, 1).await);
    (customer, id, token)
}

/// Waits until the ledger has what it is to have of a request.
async fn planned(server: &Server, id: &str) {
    recorded(server, "after_closure", |one| {
        one["request_id"] == id && one["state"] == "planned"
    })
    .await;
}

async fn ledger(server: &Server, survey: &str) -> Vec<Value> {
    let path = format!("/surveys/{survey}/invitations");
    let read = server.desk().get(&path).send().await.expect_status(200);
    read.json["items"].as_array().unwrap().clone()
}

async fn recorded(server: &Server, survey: &str, fits: impl Fn(&Value) -> bool) -> Value {
    until("an entry of the ledger", || async {
        let all = ledger(server, survey).await;
        all.iter()
            .find(|one| fits(one))
            .cloned()
            .ok_or_else(|| format!("{all:?}"))
    })
    .await
}

async fn skipped(server: &Server, id: &str, reason: &str) {
    recorded(server, "after_closure", |one| {
        one["request_id"] == id && one["state"] == "skipped" && one["reason"] == reason
    })
    .await;
}

async fn open(server: &Server, token: &str) -> Reply {
    server
        .guest()
        .get(&format!("/surveys/{token}"))
        .language("en")
        .send()
        .await
}

async fn respond(server: &Server, token: &str, data: Value) -> Reply {
    let call = server
        .guest()
        .post(&format!("/surveys/{token}/response"))
        .new_key();
    call.language("en")
        .json(&json!({"data": data}))
        .send()
        .await
}

async fn keep(server: &Server, token: &str, data: Value) -> Reply {
    let path = format!("/surveys/{token}/draft");
    let draft = server.guest().call(Method::PUT, &path);
    draft.json(&json!({"data": data})).send().await
}

async fn entries(customer: &Api, id: &str) -> Vec<Value> {
    let mut items = customer.all(&format!("/requests/{id}/timeline"), 100).await;
    items.retain(|item| item["kind"] == "survey");
    items
}

async fn summary(customer: &Api, id: &str) -> Value {
    let read = customer.get(&format!("/requests/{id}")).send().await;
    read.expect_status(200).json["survey"].clone()
}

fn best() -> Value {
    json!({"solving": 5, "attitude": 5, "quality": 5, "speed": 5})
}

#[tokio::test]
async fn a_closed_case_is_asked_about_answered_changed_and_then_it_is_over() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    assert_eq!(summary(&customer, &id).await["state"], "not_offered");
    status(&server, &id, "resolved").await;
    planned(&server, &id).await;
    let confirmed = customer
        .post(&format!("/requests/{id}/actions/confirm"))
        .new_key()
        .send()
        .await;
    confirmed.expect_status(200);
    clock(&server, &later(TimeDelta::hours(23))).await;
    // Something that comes after it, so that what had to come before it would be there.
    let other = submitted(&customer).await;
    status(&server, &other, "resolved").await;
    planned(&server, &other).await;
    assert!(asking(&server, "a@example.com").is_empty());
    assert_eq!(summary(&customer, &id).await["state"], "not_offered");

    clock(&server, &later(TimeDelta::hours(25))).await;
    let letter = asked(&server, "a@example.com", 1).await;
    let token = token(&letter);
    assert!(token.len() >= 22, "128 bits and more");
    let steps: BTreeSet<String> = paths(&letter)
        .into_iter()
        .filter(|path| path.contains('?'))
        .collect();
    let expected: BTreeSet<String> = (1..=5)
        .map(|step| format!("/surveys/{token}?solving={step}"))
        .collect();
    assert_eq!(steps, expected);

    let offered = open(&server, &token).await.expect_status(200);
    assert_eq!(offered.json["state"], "offered");
    assert_eq!(offered.json["data"], json!({}));
    assert_eq!(
        offered.json["definition"]["pages"][0]["elements"][0]["name"],
        "solving"
    );
    assert_eq!(offered.json["request"]["id"], id);
    assert_eq!(
        offered.json["request"]["subject"],
        Value::Null,
        "no more than which case it is"
    );
    assert_eq!(offered.header("cache-control"), Some("no-store"));
    assert_eq!(summary(&customer, &id).await["state"], "offered");

    keep(&server, &token, json!({"solving": 2}))
        .await
        .expect_status(204);
    let again = open(&server, &token).await.expect_status(200);
    assert_eq!(
        (&again.json["state"], &again.json["data"]),
        (&json!("offered"), &json!({"solving": 2}))
    );

    let answered = respond(
        &server,
        &token,
        json!({"solving": 5, "attitude": 4, "suggestion": "Ring me"}),
    )
    .await;
    let answered = answered.expect_status(200);
    assert_eq!(answered.json["state"], "answered");
    assert_eq!(
        answered.json["data"],
        json!({"solving": 5, "attitude": 4, "suggestion": "Ring me"})
    );
    let told = entries(&customer, &id).await;
    assert_eq!((told.len(), told[0]["score"].as_f64()), (1, Some(85.0)));
    assert_eq!(summary(&customer, &id).await["state"], "answered");
    assert_eq!(
        summary(&customer, &id).await["editable_until"],
        answered.json["editable_until"]
    );

    clock(&server, &later(TimeDelta::days(10))).await;
    respond(&server, &token, best()).await.expect_status(200);
    assert_eq!(open(&server, &token).await.json["data"], best());
    let told = entries(&customer, &id).await;
    assert_eq!((told.len(), told[0]["score"].as_f64()), (1, Some(100.0)));

    clock(&server, &later(TimeDelta::days(20))).await;
    respond(&server, &token, json!({"solving": 1}))
        .await
        .expect_problem(410, "gone");
    keep(&server, &token, json!({"solving": 2}))
        .await
        .expect_problem(410, "gone");
    let over = open(&server, &token).await.expect_status(200);
    assert_eq!(
        (
            &over.json["state"],
            &over.json["data"],
            &over.json["definition"]
        ),
        (&json!("expired"), &Value::Null, &Value::Null)
    );
    assert_eq!(summary(&customer, &id).await["state"], "answered");
    let link = customer
        .post(&format!("/requests/{id}/survey-link"))
        .send()
        .await;
    assert_eq!(
        link.expect_problem(409, "action_not_allowed").json["reason"],
        "window_over"
    );
    assert!(!server.log().contains(&token), "no token in a log");
}

#[tokio::test]
async fn what_was_never_answered_expires_and_a_fresh_link_comes_on_demand() {
    let server = server().await;
    let (customer, id, token) = one_who_was_asked(&server, "a@example.com").await;
    let link = customer
        .post(&format!("/requests/{id}/survey-link"))
        .new_key()
        .send()
        .await
        .expect_status(200);
    let fresh = link.text_at("/token");
    assert_ne!(fresh, token);
    assert_eq!(open(&server, &fresh).await.json["request"]["id"], id);
    assert_eq!(
        open(&server, &token).await.json["state"],
        "offered",
        "those in letters stay good"
    );
    let stranger = server.customer("b@example.com").await;
    let path = format!("/requests/{id}/survey-link");
    stranger
        .post(&path)
        .send()
        .await
        .expect_problem(404, "not_found");
    server
        .guest()
        .post(&path)
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    // Who follows reads; who sent it answers.
    let follow = customer
        .post(&format!("/requests/{id}/actions/follow"))
        .new_key();
    let follow = follow.json(&json!({"email": "c@example.com"})).send().await;
    follow.expect_status(200);
    let follower = server.customer("c@example.com").await;
    let refused = follower.post(&path).send().await;
    assert_eq!(
        refused.expect_problem(409, "action_not_allowed").json["reason"],
        "following"
    );
    let other = submitted(&customer).await;
    let none = customer
        .post(&format!("/requests/{other}/survey-link"))
        .send()
        .await;
    assert_eq!(
        none.expect_problem(409, "action_not_allowed").json["reason"],
        "not_offered"
    );

    clock(&server, &later(TimeDelta::days(32))).await;
    assert_eq!(open(&server, &token).await.json["state"], "expired");
    assert_eq!(summary(&customer, &id).await["state"], "expired");
    respond(&server, &fresh, best())
        .await
        .expect_problem(410, "gone");
}

#[tokio::test]
async fn a_scanner_that_opens_every_link_records_nothing() {
    let server = server().await;
    let (customer, id, token) = one_who_was_asked(&server, "a@example.com").await;
    let letter = asked(&server, "a@example.com", 1).await;
    let before = ledger(&server, "after_closure").await;
    let mut all = paths(&letter);
    assert!(all.len() >= 7, "{all:?}");
    all.push(format!("/surveys/{token}?plain"));
    all.extend((1..=5).map(|step| format!("/surveys/{token}?plain&solving={step}")));
    all.push(format!("/portal/v1/surveys/{token}"));
    for path in &all {
        for method in [Method::GET, Method::HEAD] {
            let answer = server.guest().at(method.clone(), path).send().await;
            // The portal's own page is there when it was built.
            assert!(
                [200, 404].contains(&answer.status.as_u16()),
                "{method} {path}: {}",
                answer.status
            );
        }
    }
    assert_eq!(open(&server, &token).await.json["state"], "offered");
    assert_eq!(open(&server, &token).await.json["data"], json!({}));
    assert!(entries(&customer, &id).await.is_empty());
    assert_eq!(ledger(&server, "after_closure").await, before);
    // Nobody has left either: the reminder comes.
    clock(&server, &later(TimeDelta::days(6))).await;
    asked(&server, "a@example.com", 2).await;
}

#[tokio::test]
async fn two_tabs_a_double_send_and_a_lost_answer_are_one_response() {
    let server = server().await;
    let (customer, id, token) = one_who_was_asked(&server, "a@example.com").await;
    let path = format!("/surveys/{token}/response");
    let guest = server.guest();
    let key = Uuid::new_v4();
    let body = json!({"data": best()});
    let calls = (0..20).map(|_| guest.post(&path).key(key).json(&body).send());
    for answer in futures::future::join_all(calls).await {
        assert!(
            [200, 409].contains(&answer.status.as_u16()),
            "{}",
            answer.text()
        );
    }
    // The lost answer again.
    let replay = guest
        .post(&path)
        .key(key)
        .json(&body)
        .send()
        .await
        .expect_status(200);
    assert_eq!(replay.header("idempotency-replayed"), Some("true"));
    assert_eq!(entries(&customer, &id).await.len(), 1);
    let other = json!({"data": {"solving": 1}});
    guest
        .post(&path)
        .key(key)
        .json(&other)
        .send()
        .await
        .expect_problem(422, "idempotency_mismatch");
    guest
        .post(&path)
        .json(&body)
        .send()
        .await
        .expect_problem(400, "bad_request");
    // Another tab, another key, at the same time.
    let calls = (1..=5).map(|step| respond(&server, &token, json!({"solving": step})));
    for answer in futures::future::join_all(calls).await {
        answer.expect_status(200);
    }
    assert_eq!(entries(&customer, &id).await.len(), 1);
    let answered = ledger(&server, "after_closure").await;
    assert_eq!(
        answered
            .iter()
            .filter(|one| one["state"] == "answered")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_wrong_token_and_the_token_of_something_else_lead_nowhere() {
    let server = server().await;
    let (_, _, token) = one_who_was_asked(&server, "a@example.com").await;
    let letter = asked(&server, "a@example.com", 1).await;
    let out = way_out(&letter).rsplit('/').next().unwrap().to_owned();
    let other = format!("{}A", &token[..token.len() - 1]);
    for wrong in [
        "x",
        &out,
        &other.replace(&token, "y"),
        &token.to_lowercase(),
    ] {
        if wrong == token {
            continue;
        }
        open(&server, wrong).await.expect_problem(404, "not_found");
        respond(&server, wrong, best())
            .await
            .expect_problem(404, "not_found");
        keep(&server, wrong, json!({}))
            .await
            .expect_problem(404, "not_found");
        let page = server
            .guest()
            .at(Method::GET, &format!("/surveys/{wrong}?plain"))
            .send()
            .await;
        assert!(page.expect_status(404).text().contains("<h1>"));
    }
    let page = server
        .guest()
        .at(Method::GET, &format!("/surveys/unsubscribe/{token}"))
        .send()
        .await;
    page.expect_status(404);
    // It opens nothing but the survey.
    let guest = server.guest().bearer(&token);
    guest
        .get("/requests")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    guest
        .post("/track/link")
        .json(&json!({"token": token}))
        .send()
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn answers_that_do_not_fit_are_refused_where_they_stand() {
    let server = server().await;
    let (customer, id, token) = one_who_was_asked(&server, "a@example.com").await;
    for (data, pointer) in [
        (json!({}), "/data/solving"),
        (json!({"attitude": 5}), "/data/solving"),
        (json!({"solving": 6}), "/data/solving"),
        (json!({"solving": {"a": 1}}), "/data/solving"),
        (json!({"solving": 5, "colour": "red"}), "/data/colour"),
        (
            json!({"solving": 5, "suggestion": "x".repeat(20_001)}),
            "/data/suggestion",
        ),
        (json!("solving"), "/data"),
        (Value::Null, "/data"),
    ] {
        respond(&server, &token, data).await.expect_invalid(pointer);
    }
    let path = format!("/surveys/{token}/response");
    let raw = async |body: String, kind: &str| {
        let call = server
            .guest()
            .post(&path)
            .new_key()
            .header("content-type", kind);
        call.body(body).send().await
    };
    raw("{\"data\":".to_owned(), "application/json")
        .await
        .expect_problem(400, "bad_request");
    raw(
        format!("{{\"data\":{}}}", "[".repeat(5_000)),
        "application/json",
    )
    .await
    .expect_problem(400, "bad_request");
    raw("{\"data\":{}}".to_owned(), "text/plain")
        .await
        .expect_problem(415, "unsupported_media");
    let large = json!({"data": {"solving": 5, "suggestion": "x".repeat(300_000)}}).to_string();
    raw(large, "application/json")
        .await
        .expect_problem(413, "payload_too_large");
    let huge = json!({"data": {"solving": 5, "suggestion": "x".repeat(5_000_000)}}).to_string();
    raw(huge, "application/json")
        .await
        .expect_problem(413, "payload_too_large");
    raw("{\"data\":{},\"more\":1}".to_owned(), "application/json")
        .await
        .expect_invalid("/more");
    keep(&server, &token, json!({"colour": 1}))
        .await
        .expect_invalid("/data/colour");
    assert_eq!(open(&server, &token).await.json["state"], "offered");
    assert!(entries(&customer, &id).await.is_empty());
}

async fn form(server: &Server, token: &str, fields: &[(&str, &str)]) -> Reply {
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let call = server
        .guest()
        .at(Method::POST, &format!("/surveys/{token}?plain&lang=en"));
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    call.body(body.join("&")).send().await
}

/// The value of the hidden field with the key.
fn key_of(page: &Reply) -> String {
    let text = page.text();
    let at = text
        .find("name=\"key\" value=\"")
        .expect("the form has its key")
        + "name=\"key\" value=\"".len();
    text[at..at + 36].to_owned()
}

#[tokio::test]
async fn without_script_the_survey_is_answered_through_a_plain_form() {
    let server = server().await;
    let (customer, id, token) = one_who_was_asked(&server, "a@example.com").await;
    let path = format!("/surveys/{token}?plain");
    let page = server
        .guest()
        .at(Method::GET, &format!("{path}&solving=4"))
        .language("zh-Hant")
        .send()
        .await;
    let page = page.expect_status(200);
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-")
            && !policy.contains("script-src"),
        "{policy}"
    );
    let text = page.text();
    assert!(
        text.contains("lang=\"zh-Hant\"")
            && text.contains("您的問題解決了嗎")
            && !text.contains("<script")
    );
    assert!(
        text.contains("name=\"a:solving\" value=\"4\" checked"),
        "what the link says is chosen beforehand"
    );
    assert!(!text.contains("name=\"a:solving\" value=\"5\" checked"));
    assert_eq!(
        open(&server, &token).await.json["data"],
        json!({}),
        "and nothing is kept of it"
    );

    let asked = [
        ("asked", "solving"),
        ("asked", "attitude"),
        ("asked", "quality"),
        ("asked", "speed"),
        ("asked", "suggestion"),
    ];
    let key = key_of(&page);
    let with = |more: &[(&'static str, &'static str)]| {
        let mut fields: Vec<(&str, String)> = asked
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        fields.push(("key", key.clone()));
        fields.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        fields
    };
    let send = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        form(&server, &token, &fields).await
    };
    let wrong = send(with(&[
        ("a:attitude", "5"),
        ("a:suggestion", "%3Cb%3EMore%3C%2Fb%3E"),
    ]))
    .await
    .expect_status(422);
    let text = wrong.text();
    assert!(
        text.contains("role=\"alert\"")
            && text.contains("href=\"#q0\"")
            && text.contains("id=\"q0e0\""),
        "{text}"
    );
    assert!(
        text.contains("name=\"a:attitude\" value=\"5\" checked") && text.contains("&lt;b&gt;More"),
        "nothing is lost"
    );
    assert!(entries(&customer, &id).await.is_empty());

    let good = with(&[
        ("a:solving", "5"),
        ("a:attitude", "5"),
        ("a:suggestion", "Ring+me"),
    ]);
    let sent = send(good.clone()).await.expect_status(303);
    assert!(
        sent.header("location")
            .unwrap()
            .starts_with(&format!("/surveys/{token}?plain"))
    );
    send(good).await.expect_status(303);
    assert_eq!(entries(&customer, &id).await.len(), 1);
    let data = json!({"solving": 5, "attitude": 5, "suggestion": "Ring me"});
    assert_eq!(open(&server, &token).await.json["data"], data);
    // Going back and changing it is a change, not a mistake.
    send(with(&[("a:solving", "3")])).await.expect_status(303);
    assert_eq!(
        open(&server, &token).await.json["data"],
        json!({"solving": 3})
    );
    assert_eq!(entries(&customer, &id).await.len(), 1);
    let page = server
        .guest()
        .at(Method::GET, &path)
        .language("en")
        .send()
        .await
        .expect_status(200)
        .text();
    assert!(page.contains("We have your answers") && page.contains("Change answers"));

    form(&server, &token, &[("a:solving", "5")])
        .await
        .expect_status(400);
    let json = server
        .guest()
        .at(Method::POST, &path)
        .json(&json!({"data": best()}))
        .send()
        .await;
    json.expect_status(415);
    clock(&server, &later(TimeDelta::days(40))).await;
    let late = send(with(&[("a:solving", "5")])).await.expect_status(410);
    assert!(late.text().contains("is over"));
}

#[tokio::test]
async fn a_plain_form_asks_on_when_the_answers_lead_on() {
    let folder = folder(PROGRAMME);
    let questionnaire = json!({"title": "<img src=x onerror=alert(1)>", "elements": [
        {"type": "rating", "name": "solving", "isRequired": true},
        {"type": "comment", "name": "suggestion", "visibleIf": "{solving} < 3 and {solving} notempty",
         "title": "Why only {solving}?"},
        {"type": "rating", "name": "attitude"}, {"type": "rating", "name": "quality"}, {"type": "rating", "name": "speed"},
        {"type": "signaturepad", "name": "signature"}]});
    std::fs::write(
        folder.path().join("after-closure.json"),
        questionnaire.to_string(),
    )
    .unwrap();
    let server = server_in(folder.path()).await;
    let (_, _, token) = one_who_was_asked(&server, "a@example.com").await;
    let page = server
        .guest()
        .at(Method::GET, &format!("/surveys/{token}?plain"))
        .language("en")
        .send()
        .await;
    let page = page.expect_status(200);
    assert!(!page.text().contains("a:suggestion") && !page.text().contains("<img"));
    let key = key_of(&page);
    let first = [
        ("key", key.as_str()),
        ("a:solving", "1"),
        ("asked", "solving"),
        ("asked", "attitude"),
        ("asked", "quality"),
        ("asked", "speed"),
        ("asked", "signature"),
    ];
    let more = form(&server, &token, &first)
        .await
        .expect_status(200)
        .text();
    assert!(
        more.contains("name=\"a:suggestion\"")
            && more.contains("Why only 1?")
            && more.contains("Nothing was sent yet"),
        "{more}"
    );
    assert_eq!(open(&server, &token).await.json["state"], "offered");
    let mut second = first.to_vec();
    second.extend([("asked", "suggestion"), ("a:suggestion", "Too+slow")]);
    form(&server, &token, &second).await.expect_status(303);
    assert_eq!(
        open(&server, &token).await.json["data"],
        json!({"solving": 1, "suggestion": "Too slow"})
    );
    // What is not visible with the answers is dropped.
    respond(
        &server,
        &token,
        json!({"solving": 5, "suggestion": "Too slow"}),
    )
    .await
    .expect_status(200);
    assert_eq!(
        open(&server, &token).await.json["data"],
        json!({"solving": 5})
    );
}

#[tokio::test]
async fn who_was_asked_keeps_the_questionnaire_and_a_wrong_one_changes_nothing() {
    let folder = folder(PROGRAMME);
    let server = server_in(folder.path()).await;
    let (_, _, token) = one_who_was_asked(&server, "a@example.com").await;
    let before = open(&server, &token).await.json["definition"].clone();
    std::fs::write(folder.path().join("after-closure.json"), "{\"elements\":").unwrap();
    until("the log to say what is wrong", || async {
        let log = server.log();
        log.contains("after-closure.json: EOF")
            .then_some(())
            .ok_or(log)
    })
    .await;
    let other = QUESTIONNAIRES[0]
        .1
        .replace("Is your matter settled?", "CANARY settled?");
    std::fs::write(folder.path().join("after-closure.json"), other).unwrap();
    until("the programme to be read anew", || async {
        let log = server.log();
        log.contains("the survey programme was read anew")
            .then_some(())
            .ok_or(log)
    })
    .await;
    assert_eq!(open(&server, &token).await.json["definition"], before);
    let second = server.customer("b@example.com").await;
    let id = submitted(&second).await;
    status(&server, &id, "resolved").await;
    planned(&server, &id).await;
    clock(&server, &later(TimeDelta::hours(60))).await;
    let letter = asked(&server, "b@example.com", 1).await;
    assert!(
        letter.text.contains("CANARY settled?")
            || server
                .letters_to("b@example.com")
                .iter()
                .any(|l| l.text.contains("/surveys/"))
    );
    let new = open(&server, &crate::surveys::token(&letter)).await.json["definition"].to_string();
    assert!(new.contains("CANARY settled?"));
}

#[tokio::test]
async fn each_gate_is_recorded_with_its_reason() {
    let server = server().await;
    let (customer, id, _) = one_who_was_asked(&server, "a@example.com").await;
    let letter = asked(&server, "a@example.com", 1).await;
    // The same case again: reopened and resolved.
    let reopened = customer
        .post(&format!("/requests/{id}/actions/reopen"))
        .new_key()
        .send()
        .await;
    reopened.expect_status(200);
    status(&server, &id, "resolved").await;
    skipped(&server, &id, "once_per_ticket").await;
    // Another case within thirty days.
    let second = submitted(&customer).await;
    status(&server, &second, "resolved").await;
    planned(&server, &second).await;
    clock(&server, &later(TimeDelta::days(3))).await;
    skipped(&server, &second, "global_gap").await;
    // One that is reopened before anybody is asked.
    let third = submitted(&customer).await;
    status(&server, &third, "resolved").await;
    planned(&server, &third).await;
    status(&server, &third, "open").await;
    clock(&server, &later(TimeDelta::days(5))).await;
    skipped(&server, &third, "reopened").await;
    // One that the customer took back, and one of a guest without an address.
    let fourth = submitted(&customer).await;
    let withdrawn = customer
        .post(&format!("/requests/{fourth}/actions/withdraw"))
        .new_key()
        .send()
        .await;
    withdrawn.expect_status(200);
    skipped(&server, &fourth, "not_handled").await;

    // The way out: opening it does nothing, the button does.
    let out = way_out(&letter);
    let page = server
        .guest()
        .at(Method::GET, &out)
        .language("en")
        .send()
        .await
        .expect_status(200);
    assert!(page.text().contains("<form method=\"post\""));
    let press = async |body: &str| {
        let call = server.guest().at(Method::POST, &out).language("en");
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        call.body(body.to_owned())
            .send()
            .await
            .expect_status(200)
            .text()
    };
    assert!(press("").await.contains("You get no more surveys"));
    let fifth = submitted(&customer).await;
    status(&server, &fifth, "resolved").await;
    skipped(&server, &fifth, "opted_out").await;
    assert!(press("again=1").await.contains("No more surveys?"));
    let sixth = submitted(&customer).await;
    status(&server, &sixth, "resolved").await;
    planned(&server, &sixth).await;
    clock(&server, &later(TimeDelta::days(50))).await;
    asked(&server, "a@example.com", 2).await;

    // A round, with a draw and the gap of the survey.
    for address in ["b@example.com", "c@example.com", "d@example.com"] {
        server.customer(address).await;
    }
    let round = json!({"survey": "quarterly", "sample": 50});
    let begun = server
        .desk()
        .post("/campaigns")
        .json(&round)
        .send()
        .await
        .expect_status(201);
    assert_eq!(begun.json["invited"], 2);
    assert_eq!(
        begun.json["skipped"],
        json!({"global_gap": 1, "sampling": 1})
    );
    recorded(&server, "quarterly", |one| one["reason"] == "sampling").await;
    let folder = folder(&PROGRAMME.replace("relationship_days = 90", "relationship_days = 0"));
    let other = server_in(folder.path()).await;
    other.customer("b@example.com").await;
    for expected in [json!({}), json!({"survey_gap": 1})] {
        let begun = other
            .desk()
            .post("/campaigns")
            .json(&json!({"survey": "quarterly"}))
            .send()
            .await;
        assert_eq!(begun.expect_status(201).json["skipped"], expected);
        asked(&other, "b@example.com", 1).await;
    }
}

#[tokio::test]
async fn one_reminder_goes_to_who_has_not_answered() {
    let server = server().await;
    let (_, _, first) = one_who_was_asked(&server, "a@example.com").await;
    clock(&server, START).await;
    let second = server.customer("b@example.com").await;
    let id = submitted(&second).await;
    status(&server, &id, "resolved").await;
    planned(&server, &id).await;
    clock(&server, &later(TimeDelta::hours(26))).await;
    let answered = token(&asked(&server, "b@example.com", 1).await);
    respond(&server, &answered, best()).await.expect_status(200);
    clock(&server, &later(TimeDelta::days(6))).await;
    let reminder = asked(&server, "a@example.com", 2).await;
    assert!(
        reminder.subject.contains("reminder") || reminder.subject.contains("提醒"),
        "{}",
        reminder.subject
    );
    let fresh = token(&reminder);
    assert_ne!(fresh, first);
    for token in [&first, &fresh] {
        assert_eq!(open(&server, token).await.json["state"], "offered");
    }
    for days in [7, 12, 20] {
        clock(&server, &later(TimeDelta::days(days))).await;
        looked(&server).await;
    }
    assert_eq!(asking(&server, "a@example.com").len(), 2);
    assert_eq!(asking(&server, "b@example.com").len(), 1);
}

/// Waits until the server has looked at everything that was due: a case that is resolved now gets into the ledger.
async fn looked(server: &Server) {
    let mark = format!("mark-{}@example.com", Uuid::new_v4().simple());
    let new = complaint("A mark", Some(&mark));
    let id = server.guest().submit(&new).await.text_at("/request/id");
    status(server, &id, "resolved").await;
    planned(server, &id).await;
    let id = server.guest().submit(&new).await.text_at("/request/id");
    status(server, &id, "resolved").await;
    planned(server, &id).await;
}

#[tokio::test]
async fn each_letter_goes_once_whatever_happens_to_the_server_and_its_clock() {
    let mut server = server().await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    status(&server, &id, "resolved").await;
    server.kill();
    server.restart().await;
    planned(&server, &id).await;
    server.stop().await;
    server.restart().await;
    clock(&server, &later(TimeDelta::hours(30))).await;
    server.kill();
    server.restart().await;
    let letter = asked(&server, "a@example.com", 1).await;
    for step in [
        later(TimeDelta::hours(-48)),
        later(TimeDelta::hours(30)),
        later(TimeDelta::days(2)),
    ] {
        clock(&server, &step).await;
        looked(&server).await;
        server.kill();
        server.restart().await;
    }
    assert_eq!(asking(&server, "a@example.com").len(), 1);
    let token = token(&letter);
    respond(&server, &token, best()).await.expect_status(200);
    server.kill();
    server.restart().await;
    assert_eq!(open(&server, &token).await.json["data"], best());
    assert_eq!(entries(&customer, &id).await.len(), 1);
}

#[tokio::test]
async fn rounds_begin_with_their_periods_once_and_not_before_the_server_knew_of_them() {
    let mut server = server().await;
    server.customer("a@example.com").await;
    server.customer("key@example.com").await;
    let tier = server
        .desk()
        .post("/customers/key@example.com/tier")
        .json(&json!({"tier": "key"}))
        .send()
        .await;
    tier.expect_status(200);
    looked(&server).await;
    assert!(
        asking(&server, "a@example.com").is_empty(),
        "not for the quarter that is running"
    );
    // The monthly round of the tier, then the quarterly one for all, at nine in the morning of the first day.
    clock(&server, "2026-12-01T08:00:00").await;
    looked(&server).await;
    clock(&server, "2026-12-01T09:30:00").await;
    asked(&server, "key@example.com", 1).await;
    clock(&server, "2027-01-01T10:00:00").await;
    asked(&server, "a@example.com", 1).await;
    recorded(&server, "quarterly", |one| {
        one["person"] == "key@example.com" && one["reason"] == "global_gap"
    })
    .await;
    for step in [
        "2026-12-31T10:00:00",
        "2027-01-01T10:00:00",
        "2027-01-02T10:00:00",
    ] {
        clock(&server, step).await;
        looked(&server).await;
        server.kill();
        server.restart().await;
    }
    assert_eq!(asking(&server, "a@example.com").len(), 1);
    let again = server
        .desk()
        .post("/campaigns")
        .json(&json!({"campaign": "quarterly"}))
        .send()
        .await;
    again.expect_problem(409, "conflict");
    for (body, pointer) in [
        (json!({}), "/campaign"),
        (json!({"campaign": "none"}), "/campaign"),
        (json!({"survey": "none"}), "/survey"),
        (json!({"survey": "quarterly", "sample": 0}), "/sample"),
        (json!({"survey": "quarterly", "sample": 101}), "/sample"),
        (json!({"campaign": "quarterly", "sample": 50}), "/sample"),
        (json!({"colour": 1}), "/colour"),
    ] {
        server
            .desk()
            .post("/campaigns")
            .json(&body)
            .send()
            .await
            .expect_invalid(pointer);
    }
}

/// The database as bytes.
fn database(server: &Server) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(server.data()).unwrap().flatten();
    let files = files.filter(|file| file.file_name().to_string_lossy().starts_with("portico.db"));
    files
        .map(|file| std::fs::read(file.path()).unwrap())
        .collect()
}

fn holds(server: &Server, needle: impl AsRef<[u8]>) -> bool {
    let needle = needle.as_ref();
    let all = database(server);
    all.iter()
        .any(|bytes| bytes.windows(needle.len()).any(|part| part == needle))
}

#[tokio::test]
async fn an_anonymous_round_keeps_nothing_that_links_answer_and_person() {
    let anonymous = PROGRAMME.replacen("questionnaire = \"quarterly.json\"\ngap_days = 80\nvalid_days = 30\nchange_days = 14\nreminder_days = 4", "questionnaire = \"quarterly.json\"\nanonymous = true\nvalid_days = 30\nchange_days = 14", 1);
    assert_ne!(anonymous, PROGRAMME);
    let folder = folder(&anonymous);
    let mut questions: Value = serde_json::from_str(QUESTIONNAIRES[1].1).unwrap();
    let elements = questions["pages"][0]["elements"].as_array_mut().unwrap();
    elements.push(json!({"type": "file", "name": "photo"}));
    std::fs::write(folder.path().join("quarterly.json"), questions.to_string()).unwrap();
    let mut server = server_in(folder.path()).await;
    let people: Vec<String> = (0..7).map(|n| format!("p{n}@example.com")).collect();
    for person in &people {
        server.customer(person).await;
    }
    let begun = server
        .desk()
        .post("/campaigns")
        .json(&json!({"survey": "quarterly"}))
        .send()
        .await
        .expect_status(201);
    assert_eq!(
        (&begun.json["invited"], &begun.json["anonymous"]),
        (&json!(7), &json!(true))
    );
    let mut tokens = Vec::new();
    for person in &people {
        tokens.push(token(&asked(&server, person, 1).await));
    }
    let shown = open(&server, &tokens[0]).await.expect_status(200);
    assert_eq!(
        (&shown.json["anonymous"], &shown.json["request"]),
        (&json!(true), &Value::Null)
    );
    let before = ledger(&server, "quarterly").await;
    for (place, token) in tokens.iter().take(6).enumerate() {
        keep(&server, token, json!({"overall": 3}))
            .await
            .expect_status(204);
        let data = json!({"overall": 4, "attitude": 4, "suggestion": format!("CANARY-{place}")});
        respond(&server, token, data).await.expect_status(200);
    }
    // Answering is written nowhere but on the ballot: the ledger is as it was, to the letter.
    assert_eq!(ledger(&server, "quarterly").await, before);
    assert!(
        before
            .iter()
            .all(|one| one["state"] == "sent" && one["answered_at"].is_null())
    );
    // One response each, which can be changed; somebody else's is not there.
    let upload = server
        .guest()
        .upload("a.txt", "text/plain", b"Anybody's.")
        .await;
    let answered = respond(
        &server,
        &tokens[0],
        json!({"overall": 5, "attitude": 5, "suggestion": "CANARY-0", "photo": [named(&upload)]}),
    )
    .await
    .expect_status(200);
    assert_eq!(open(&server, &tokens[0]).await.json["data"]["overall"], 5);
    assert_eq!(open(&server, &tokens[6]).await.json["data"], json!({}));
    // Neither the tokens nor their hashes stand beside a person.
    server.stop().await;
    for token in &tokens {
        assert!(!holds(&server, token), "a token is kept as it is");
    }
    assert!(holds(&server, "CANARY-0") && holds(&server, "p0@example.com"));
    // The file is there, and not who uploaded it and when.
    let file = answered.text_at("/data/photo/0/content");
    let hash: Vec<u8> = (0..32)
        .map(|n| u8::from_str_radix(&file[2 * n..2 * n + 2], 16).unwrap())
        .collect();
    assert!(holds(&server, &file) && !holds(&server, &hash) && !holds(&server, &upload));
    server.restart().await;
    // While the round is open, each answer would show in the figures.
    let results = async || {
        server
            .desk()
            .get("/surveys/quarterly/results")
            .send()
            .await
            .expect_status(200)
            .json
    };
    let open_round = results().await;
    assert_eq!(
        (&open_round["total"]["n"], &open_round["comments"]),
        (&json!(0), &json!([]))
    );
    clock(&server, &later(TimeDelta::days(31))).await;
    let closed = results().await;
    assert_eq!(
        (&closed["total"]["n"], &closed["total"]["delivered"]),
        (&json!(6), &json!(7))
    );
    assert_eq!(closed["comments"].as_array().unwrap().len(), 6);
    assert_eq!(closed["tiers"], json!([]));
    assert!(!closed.to_string().contains("@example.com"));
    // No reminder: nobody knows who has not answered.
    assert!(
        people
            .iter()
            .all(|person| asking(&server, person).len() == 1)
    );
}

async fn answer_for(server: &Server, address: &str, data: Value) {
    let new = complaint("Charged twice", Some(address));
    let id = server.guest().submit(&new).await.text_at("/request/id");
    status(server, &id, "resolved").await;
    planned(server, &id).await;
    let now = server
        .desk()
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .json["resolved_at"]
        .clone();
    let due = DateTime::parse_from_rfc3339(now.as_str().unwrap()).unwrap() + TimeDelta::hours(25);
    server
        .desk()
        .post("/clock")
        .json(&json!({"now": due.to_rfc3339()}))
        .send()
        .await
        .expect_status(200);
    let token = token(&asked(server, address, 1).await);
    respond(server, &token, data).await.expect_status(200);
}

fn portico(server: &Server, arguments: &[&str]) -> String {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .args(["--url", &server.origin()])
        .arg("--data")
        .arg(server.data());
    let output = command
        .env("PORTICO_DESK_TOKEN", DESK_TOKEN)
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

#[tokio::test]
async fn results_have_n_and_interval_and_hide_what_is_small() {
    let server = server().await;
    for n in 0..4 {
        answer_for(&server, &format!("a{n}@example.com"), best()).await;
    }
    let results = async || {
        server
            .desk()
            .get("/surveys/after_closure/results")
            .language("en")
            .send()
            .await
            .expect_status(200)
            .json
    };
    let few = results().await;
    assert_eq!(
        (
            &few["total"]["hidden"],
            &few["total"]["n"],
            &few["total"]["score"]
        ),
        (&json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&few["comments"], &few["total"]["completed"]),
        (&json!([]), &Value::Null)
    );
    assert!(
        few["dimensions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["score"].is_null())
    );
    answer_for(
        &server,
        "b@example.com",
        json!({"solving": 1, "attitude": 2, "suggestion": "=1+1"}),
    )
    .await;
    let five = results().await;
    let total = &five["total"];
    assert_eq!(
        (&total["n"], &total["score"], &total["target"]),
        (&json!(5), &json!(80.0), &json!("missed"))
    );
    assert_eq!(
        (&total["low"], &total["high"], &total["few"]),
        (&json!(37.6), &json!(96.4), &json!(true))
    );
    assert_eq!(
        (
            &total["delivered"],
            &total["completed"],
            &total["response_rate"]
        ),
        (&json!(5), &json!(5), &json!(100.0))
    );
    assert_eq!(five["declared"]["formula"], "satisfied");
    assert!(
        five["declared"]["text"]
            .as_str()
            .unwrap()
            .contains("weighted mean is 4 or more")
    );
    // One of the dimensions was not answered by all.
    let dimension = |name: &str| {
        five["dimensions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(dimension("attitude")["n"], 5);
    assert_eq!(
        (&dimension("speed")["n"], &dimension("speed")["hidden"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(five["comments"][0]["text"], "=1+1");

    let csv = server
        .desk()
        .get("/surveys/after_closure/results?format=csv")
        .language("en")
        .send()
        .await
        .expect_status(200);
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    assert!(csv.text().contains("\"'=1+1\"") && csv.text().starts_with("part,name,"));
    assert!(portico(&server, &["survey", "results", "after_closure"]).contains("80 %  n = 5"));
    assert_eq!(
        portico(
            &server,
            &["survey", "results", "after_closure", "--format", "csv"]
        ),
        csv.text()
    );
    let year = server
        .desk()
        .get("/surveys/year/results")
        .send()
        .await
        .expect_status(200)
        .json;
    assert_eq!(
        (
            &year["years"][0]["year"],
            &year["years"][0]["score"],
            &year["years"][0]["covered"]
        ),
        (&json!("2026"), &json!(80.0), &json!(20.0))
    );
    server
        .desk()
        .get("/surveys/none/results")
        .send()
        .await
        .expect_problem(404, "not_found");
    server
        .guest()
        .at(Method::GET, "/desk/v1/surveys/after_closure/results")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn what_was_said_and_done_is_told_on_the_request() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    let text =
        |en: &str| json!({"en": en, "zh-Hans": format!("{en} 简"), "zh-Hant": format!("{en} 繁")});
    let publish = async |body: Value| server.desk().post("/measures").json(&body).send().await;
    let measure = publish(
        json!({"said": text("You wait"), "did": text("Two more people"), "kinds": ["complaint"]}),
    )
    .await
    .expect_status(201);
    publish(json!({"said": text("Other"), "did": text("Other"), "kinds": ["training"]}))
        .await
        .expect_status(201);
    publish(json!({"said": text("You wait"), "did": {"en": " ", "zh-Hans": "a", "zh-Hant": "b"}}))
        .await
        .expect_invalid("/did/en");
    publish(json!({"said": text("You wait"), "did": text("x"), "kinds": ["colour"]}))
        .await
        .expect_problem(422, "validation");
    let own = customer
        .get(&format!("/requests/{id}/measures"))
        .language("zh-Hant")
        .send()
        .await
        .expect_status(200)
        .json;
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&own["items"][0]["said"], &own["items"][0]["did"]),
        (&json!("You wait 繁"), &json!("Two more people 繁"))
    );
    let all = server
        .guest()
        .get("/measures")
        .send()
        .await
        .expect_status(200)
        .json;
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let stranger = server.customer("b@example.com").await;
    stranger
        .get(&format!("/requests/{id}/measures"))
        .send()
        .await
        .expect_problem(404, "not_found");
    let path = format!("/measures/{}", measure.text_at("/id"));
    server
        .desk()
        .call(Method::DELETE, &path)
        .send()
        .await
        .expect_status(204);
    server
        .desk()
        .call(Method::DELETE, &path)
        .send()
        .await
        .expect_problem(404, "not_found");
    let told = portico(
        &server,
        &[
            "desk",
            "measure",
            "--said",
            "a",
            "b",
            "c",
            "--did",
            "d",
            "e",
            "f",
            "--kind",
            "complaint",
        ],
    );
    assert!(told.contains("a → d"));
    assert!(portico(&server, &["desk", "measures"]).contains("a → d"));
    assert!(portico(&server, &["desk", "campaign", "--survey", "quarterly"]).contains("invited 2"));
}

#[test]
fn a_wrong_programme_is_refused_with_its_place() {
    let check = |programme: &str| {
        let folder = folder(programme);
        let file = folder.path().join("surveys.toml");
        let output = Command::new(program())
            .arg("check")
            .arg(file)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert!(check(PROGRAMME).0);
    let line = PROGRAMME
        .lines()
        .position(|line| line.starts_with("hours = 24"))
        .unwrap()
        + 1;
    let (good, said) = check(&PROGRAMME.replace("hours = 24", "hours = 0"));
    assert!(
        !good && said.contains(&format!("surveys.toml, line {line}: 0 hours")),
        "{said}"
    );
    let (good, said) = check(&PROGRAMME.replace("quarterly.json", "nowhere.json"));
    assert!(!good && said.contains("nowhere.json"), "{said}");
}

/// A programme whose survey after a case asks for files and a signature, too; results from three answers on.
fn folder_with_files() -> TempDir {
    let programme = PROGRAMME
        .replacen("minimum_n = 5", "minimum_n = 3", 1)
        .replacen(
            "comments = [\"suggestion\"]",
            "comments = [\"suggestion\", \"photos\", \"signature\"]",
            1,
        );
    let folder = folder(&programme);
    let mut asked: Value = serde_json::from_str(QUESTIONNAIRES[0].1).unwrap();
    let more = json!([
        {"type": "file", "name": "photos", "allowMultiple": true, "maxSize": 2000},
        {"type": "file", "name": "one"},
        {"type": "signaturepad", "name": "signature"},
        {"type": "paneldynamic", "name": "parts", "templateElements": [{"type": "file", "name": "proof"}]},
    ]);
    let last = asked["pages"].as_array_mut().unwrap().last_mut().unwrap();
    let elements = last["elements"].as_array_mut().unwrap();
    elements.extend(more.as_array().unwrap().iter().cloned());
    std::fs::write(folder.path().join("after-closure.json"), asked.to_string()).unwrap();
    folder
}

/// A file as an answer names it.
fn named(content: &str) -> Value {
    json!({"name": "x", "type": "y", "content": content})
}

/// Customers whose requests were resolved a day ago, and their tokens.
async fn several_who_were_asked(server: &Server, people: &[&str]) -> Vec<String> {
    for person in people {
        let customer = server.customer(person).await;
        let id = submitted(&customer).await;
        status(server, &id, "resolved").await;
        planned(server, &id).await;
    }
    clock(server, &later(TimeDelta::hours(25))).await;
    let mut tokens = Vec::new();
    for person in people {
        tokens.push(token(&asked(server, person, 1).await));
    }
    tokens
}

const LINES: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 300 120'%3E%3Cpath \
    fill='none' stroke='%23000' stroke-width='2' stroke-linecap='round' stroke-linejoin='round' d='M1 2L3 4'/%3E%3C/svg%3E";

#[tokio::test]
async fn files_and_signatures_are_taken_for_one_answer_alone_and_read_at_the_desk() {
    let folder = folder_with_files();
    let server = server_in(folder.path()).await;
    let people = ["a@example.com", "b@example.com", "c@example.com"];
    let tokens = several_who_were_asked(&server, &people).await;
    let guest = server.guest();
    let text = b"It looked like this.".as_slice();
    let upload = guest.upload("like this.txt", "text/plain", text).await;
    let other = guest
        .upload("other.txt", "text/plain", b"Another one.")
        .await;
    let data = |photos: Value| json!({"solving": 5, "photos": photos, "signature": LINES});

    // A draft does not keep what opens an upload.
    let first = &tokens[0];
    keep(&server, first, data(json!([named(&upload)])))
        .await
        .expect_status(204);
    assert_eq!(open(&server, first).await.json["data"]["photos"], json!([]));

    let key = Uuid::new_v4();
    let send = |data: Value| {
        let call = guest.post(&format!("/surveys/{first}/response"));
        call.key(key).json(&json!({"data": data})).send()
    };
    let both = json!([named(&upload), named(&other)]);
    let answered = send(data(both.clone())).await.expect_status(200);
    let photos = answered.json["data"]["photos"].as_array().unwrap().clone();
    let [one, two] = photos.as_slice() else {
        panic!("{photos:?}")
    };
    assert_eq!(
        (&one["name"], &one["type"]),
        (&json!("like this.txt"), &json!("text/plain"))
    );
    assert!(
        !answered.text().contains(&upload),
        "the id of an upload is a credential"
    );
    // Once more the same, by the same key and by another.
    assert_eq!(send(data(both.clone())).await.text(), answered.text());
    let again = respond(&server, first, data(both)).await.expect_status(200);
    assert_eq!(again.json["data"]["photos"], json!([one, two]));

    // What is not there, whole, small enough, or of this answer.
    let second = &tokens[1];
    let large = guest.upload("large.txt", "text/plain", &[b'x'; 3000]).await;
    let part = guest.begin_upload("part.txt", "text/plain", 10).await;
    let part = part
        .header("location")
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    for (answer, at) in [
        (json!({"photos": [named("nothing")]}), "/data/photos/0"),
        (json!({"photos": [named(&part)]}), "/data/photos/0"),
        (json!({"photos": [named(&large)]}), "/data/photos/0"),
        (json!({"photos": [named(&upload)]}), "/data/photos/0"),
        (json!({"photos": [one]}), "/data/photos/0"),
        (json!({"photos": [{"name": "x"}]}), "/data/photos/0"),
        (json!({"photos": "x"}), "/data/photos"),
        (json!({"one": [named(&large), named(&large)]}), "/data/one"),
        (
            json!({"parts": [{"proof": [named("nothing")]}]}),
            "/data/parts/0/proof/0",
        ),
        (
            json!({"signature": "data:image/svg+xml,%3Csvg onload='x'/%3E"}),
            "/data/signature",
        ),
        (json!({"signature": "x".repeat(201)}), "/data/signature"),
    ] {
        let mut data = answer.clone();
        data["solving"] = json!(5);
        respond(&server, second, data).await.expect_invalid(at);
    }
    let proof = guest.upload("proof.txt", "text/plain", b"Proof.").await;
    let data_b =
        json!({"solving": 4, "signature": "Lin Yijun", "parts": [{"proof": [named(&proof)]}]});
    let nested = respond(&server, second, data_b).await.expect_status(200);
    assert_eq!(
        nested.json["data"]["parts"][0]["proof"][0]["name"],
        "proof.txt"
    );
    respond(&server, &tokens[2], json!({"solving": 3}))
        .await
        .expect_status(200);

    // The desk reads what the results name, and nobody else.
    let results = server
        .desk()
        .get("/surveys/after_closure/results")
        .send()
        .await;
    let comments = results.expect_status(200).json["comments"].clone();
    let found = |text: &str| {
        let mut all = comments.as_array().unwrap().iter();
        all.find(|one| one["text"] == text)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(found("like this.txt")["file"], one["content"]);
    assert!(found(LINES)["file"].is_null() && found("Lin Yijun")["question"] == "signature");
    let id = one["content"].as_str().unwrap();
    let path = format!("/surveys/after_closure/files/{id}");
    let file = server.desk().get(&path).send().await.expect_status(200);
    assert_eq!(file.bytes, text);
    let disposition = file.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    let elsewhere = format!("/surveys/quarterly/files/{id}");
    server
        .desk()
        .get(&elsewhere)
        .send()
        .await
        .expect_problem(404, "not_found");
    let stranger = guest
        .at(Method::GET, &format!("/desk/v1{path}"))
        .send()
        .await;
    stranger.expect_problem(401, "unauthenticated");

    // What is taken out of the answer is taken away.
    let changed = respond(&server, first, data(json!([two])))
        .await
        .expect_status(200);
    assert_eq!(changed.json["data"]["photos"], json!([two]));
    server
        .desk()
        .get(&path)
        .send()
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn one_click_of_a_mail_program_ends_the_surveys() {
    let server = server().await;
    for (hours, person, media_type, body) in [
        (
            30,
            "a@example.com",
            "application/x-www-form-urlencoded",
            "List-Unsubscribe=One-Click",
        ),
        (
            60,
            "b@example.com",
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n",
        ),
    ] {
        let customer = server.customer(person).await;
        let id = submitted(&customer).await;
        status(&server, &id, "resolved").await;
        planned(&server, &id).await;
        clock(&server, &later(TimeDelta::hours(hours))).await;
        let letter = asked(&server, person, 1).await;
        let (address, post) = letter
            .unsubscribe
            .clone()
            .expect("a way out for mail programs");
        assert_eq!(post, "List-Unsubscribe=One-Click");
        let address = address.trim_matches(['<', '>']).to_owned();
        assert!(address.ends_with(&way_out(&letter)), "{address}");
        // Whoever only looks changes nothing.
        let state = async || {
            recorded(&server, "after_closure", |one| one["request_id"] == id).await["state"].clone()
        };
        server
            .guest()
            .at(Method::GET, &address)
            .send()
            .await
            .expect_status(200);
        assert_eq!(state().await, "sent");
        let click = server
            .guest()
            .at(Method::POST, &address)
            .header("content-type", media_type);
        click
            .body(body.as_bytes().to_vec())
            .send()
            .await
            .expect_status(200);
        assert_eq!(state().await, "declined");
    }
    // Letters about requests are none of a list.
    let letters = server.letters_to("a@example.com");
    let others = letters
        .iter()
        .filter(|letter| !letter.text.contains("/surveys/"));
    assert!(
        others.clone().count() > 0
            && others
                .into_iter()
                .all(|letter| letter.unsubscribe.is_none())
    );
}

#[tokio::test]
async fn weights_hold_for_a_whole_period() {
    let folder = folder(&PROGRAMME.replacen("minimum_n = 5", "minimum_n = 3", 1));
    let server = server_in(folder.path()).await;
    let people = ["a@example.com", "b@example.com", "c@example.com"];
    let tokens = several_who_were_asked(&server, &people).await;
    // Solving weighs 20 of 100.
    let answers = json!({"solving": 1, "attitude": 5, "quality": 5, "speed": 5});
    for token in &tokens {
        respond(&server, token, answers.clone())
            .await
            .expect_status(200);
    }
    let results = async || {
        let read = server
            .desk()
            .get("/surveys/after_closure/results")
            .send()
            .await;
        read.expect_status(200).json
    };
    let before = results().await;
    assert_eq!(before["periods"][0]["index"], 80.0);
    let heavier = PROGRAMME
        .replacen("minimum_n = 5", "minimum_n = 3", 1)
        .replacen(
            "{ question = \"solving\", weight = 20 }",
            "{ question = \"solving\", weight = 80 }",
            1,
        );
    std::fs::write(folder.path().join("surveys.toml"), heavier).unwrap();
    until("the programme to be read anew", || async {
        let log = server.log();
        log.contains("the survey programme was read anew")
            .then_some(())
            .ok_or(log)
    })
    .await;
    // What was asked in this period counts as before, in a change of an answer, too.
    respond(&server, &tokens[0], answers.clone())
        .await
        .expect_status(200);
    let after = results().await;
    assert_eq!(after["periods"], before["periods"]);
    assert_eq!(after["total"]["index"], before["total"]["index"]);
    assert_eq!(
        after["periods"][0]["weights"][3],
        json!({"question": "solving", "weight": 20.0})
    );
    // The next period has the new ones.
    clock(&server, &later(TimeDelta::days(40))).await;
    for person in ["d@example.com", "e@example.com", "f@example.com"] {
        answer_for(&server, person, answers.clone()).await;
    }
    let later = results().await;
    assert_eq!(later["periods"][0], before["periods"][0]);
    assert_eq!(later["periods"][1]["index"], 50.0);
    assert_eq!(later["periods"][1]["weights"][3]["weight"], 80.0);
}
