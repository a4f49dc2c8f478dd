//! `portico conform`: it passes against servers that keep the contract, and names the rule that one breaks.

mod bent;
mod faults;

use std::collections::BTreeSet;

use bent::Bent;
use portico_tests::api::complaint;
use portico_tests::conform::conform;
use portico_tests::server::DESK_TOKEN;
use portico_tests::{Api, Example, Options, Server, until};
use serde_json::json;

use crate::promises::clock;

const ORIGIN: &str = "https://www.example.com";

/// A server whose API pages of [`ORIGIN`] may call, and two customers of it.
async fn server(mut config: String) -> (Server, [Api; 2]) {
    config.insert_str(0, &format!("allowed_origins = [\"{ORIGIN}\"]\n"));
    let server = Server::with(Options {
        config: Some(config),
        ..Options::default()
    })
    .await;
    let customers = [
        server.customer("one@example.com").await,
        server.customer("two@example.com").await,
    ];
    (server, customers)
}

/// All that the suite can be given.
fn given(customers: &[Api; 2]) -> Vec<&str> {
    let [one, two] = customers
        .each_ref()
        .map(|customer| customer.token().unwrap());
    vec![
        "--token",
        one,
        "--second-token",
        two,
        "--desk-token",
        DESK_TOKEN,
        "--origin",
        ORIGIN,
    ]
}

#[tokio::test]
async fn the_embedded_desk_keeps_every_rule_within_its_default_limits() {
    let (server, customers) = server(String::new()).await;
    let said = conform(&server.origin(), &given(&customers)).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    let untested: Vec<_> = said.rules("not_offered").into_iter().collect();
    let (outside, surveys) = untested.split_at(4);
    // What takes a quarter of a year, dozens of requests or a mailbox; and a survey that waits.
    let expected = [
        "config.absent_capability",
        "idempotency.kept",
        "limits.requests",
        "session.cookie",
    ];
    assert_eq!(outside, expected);
    assert!(
        surveys.len() == 7 && surveys.iter().all(|id| id.starts_with("surveys.")),
        "{surveys:?}"
    );
    let passed = said.rules("passed").len();
    assert!(passed > 140, "{passed}");
    let sum = format!("{passed} passed, 0 failed, {} not offered", untested.len());
    assert!(said.text.contains(&sum), "{}", said.text);
}

#[tokio::test]
async fn the_example_in_python_keeps_every_rule_of_the_core() {
    let example = Example::start(ORIGIN).await;
    let arguments = ["--desk-token", DESK_TOKEN, "--origin", ORIGIN];
    let said = conform(&example.origin(), &arguments).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    let passed = said.rules("passed");
    for rule in [
        "config.absent_capability",
        "idempotency.at_once",
        "etag.stale",
        "track.same_answer",
        "uploads.content",
        "desk.note_hidden",
        "desk.confirm",
        "limits.query_codes",
        "cors.every_answer",
    ] {
        assert!(passed.contains(rule), "{rule}: {}", said.text);
    }
    let parts = |rules: BTreeSet<String>| -> BTreeSet<String> {
        rules
            .iter()
            .map(|id| id.split('.').next().unwrap().to_owned())
            .collect()
    };
    let parts: Vec<_> = parts(said.rules("not_offered"))
        .difference(&parts(passed))
        .cloned()
        .collect();
    let without = [
        "announcements",
        "callbacks",
        "changes",
        "events",
        "follow",
        "isolation",
        "me",
        "measures",
    ];
    assert_eq!(
        parts,
        [
            &without[..],
            &["promises", "proposals", "session", "surveys"]
        ]
        .concat()
    );
}

#[tokio::test]
async fn what_was_not_given_is_said_aloud_and_is_no_failure() {
    let server = Server::start().await;
    let said = conform(
        &server.origin(),
        &["--only", "desk", "--only", "isolation.read"],
    )
    .await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(
        said.text.contains("give --desk-token") && said.text.contains("give --token"),
        "{}",
        said.text
    );
    assert!(said.rules("passed").is_empty(), "{}", said.text);
}

#[tokio::test]
async fn a_survey_that_waits_is_asked_and_not_answered() {
    let options = Options {
        test_clock: true,
        ..Options::unlimited()
    };
    let server = Server::with(options).await;
    clock(&server, "2026-11-23T10:00:00").await;
    let customer = server.customer("one@example.com").await;
    let created = customer.submit(&complaint("Charged twice", None)).await;
    let path = format!("/requests/{}", created.text_at("/request/id"));
    let close = server.desk().post(&format!("{path}/status"));
    close
        .json(&json!({"status": "closed"}))
        .send()
        .await
        .expect_status(200);
    clock(&server, "2026-11-24T12:00:00").await;
    let link = format!("{path}/survey-link");
    let token = until("the survey to be offered", || async {
        let opened = customer.post(&link).json(&json!({})).send().await;
        let token = opened.json["token"].as_str().map(str::to_owned);
        token.ok_or_else(|| opened.text())
    })
    .await;
    let said = conform(&server.origin(), &["--only", "surveys", "--survey", &token]).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.rules("not_offered").is_empty(), "{}", said.text);
    let shown = customer.get(&path).send().await.expect_status(200);
    assert_eq!(shown.json["survey"]["state"], "offered");
}

#[tokio::test]
async fn a_call_that_has_nothing_to_ask_ends_with_two() {
    let server = Server::start().await;
    let (closed, page) = ("http://127.0.0.1:9".to_owned(), server.url("/no/api"));
    for (url, arguments) in [
        ("no address", vec![]),
        (closed.as_str(), vec![]),
        (page.as_str(), vec![]),
        (server.origin().as_str(), vec!["--only", "no.such_rule"]),
        (
            server.origin().as_str(),
            vec!["--desk", "http://127.0.0.1:9"],
        ),
    ] {
        let said = conform(url, &arguments).await;
        assert_eq!(said.code, Some(2), "{url} {arguments:?}: {}", said.text);
        assert!(!said.text.trim().is_empty() && said.report.is_null());
    }
}

#[tokio::test]
async fn the_rule_that_a_server_breaks_is_named() {
    // The limit of wrong query codes for one reference stays.
    let rate = "{ count = 1_000_000, minutes = 1 }";
    let limits = [
        "new_requests",
        "wrong_codes_per_client",
        "sign_in_codes_per_client",
    ];
    let limits = limits.map(|name| format!("{name} = {rate}\n")).concat();
    let (server, customers) = server(format!("[rates]\n{limits}")).await;
    let bent = Bent::before(server.origin()).await;
    let all = given(&customers);
    let calm = conform(&bent.origin(), &all).await;
    assert_eq!(calm.code, Some(0), "{}", calm.text);
    let mut unnamed = Vec::new();
    for fault in faults::FAULTS {
        bent.make(Some(*fault));
        let only = fault.only.iter().chain([&fault.rule]);
        let only = only.flat_map(|rule| ["--only", rule]);
        let arguments: Vec<_> = all.iter().copied().chain(only).collect();
        let said = conform(&bent.origin(), &arguments).await;
        let named = said
            .text
            .contains(&format!("FAILED       {}\n", fault.rule));
        if said.code != Some(1) || !named || !said.rules("failed").contains(fault.rule) {
            unnamed.push(format!("{}: {:?}\n{}", fault.rule, said.code, said.text));
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
    let rules: BTreeSet<_> = faults::FAULTS.iter().map(|fault| fault.rule).collect();
    assert!(rules.len() >= 40, "{} rules", rules.len());
}
