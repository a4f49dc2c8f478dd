//! The rules that hold for every resource: problems, languages, idempotency, preconditions, CORS.

use std::collections::BTreeSet;

use futures::future::join_all;
use portico_contract::config::Config;
use portico_contract::problem::Problem;
use portico_tests::api::complaint;
use portico_tests::{Api, Options, Server};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn every_failure_is_a_problem_document() {
    let server = Server::start().await;
    let guest = server.guest();
    let customer = server.customer("a@example.com").await;
    let body = complaint("Charged twice", Some("a@example.com"));

    guest
        .get("/no-such-resource")
        .send()
        .await
        .expect_problem(404, "not_found");
    guest
        .get("/request-types/no-such-type")
        .send()
        .await
        .expect_problem(404, "not_found");
    let wrong_method = guest
        .call(Method::PUT, "/requests")
        .send()
        .await
        .expect_problem(405, "method_not_allowed");
    assert!(
        wrong_method
            .header("allow")
            .is_some_and(|allow| allow.contains("POST")),
        "{:?}",
        wrong_method.headers
    );
    guest
        .get("/requests")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    guest
        .get("/me")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    guest
        .bearer("made-up")
        .get("/requests")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    customer
        .get("/requests/no-such-request")
        .send()
        .await
        .expect_problem(404, "not_found");
    customer
        .get("/requests?cursor=nonsense")
        .send()
        .await
        .expect_problem(400, "bad_request");
    guest
        .post("/requests")
        .json(&body)
        .send()
        .await
        .expect_problem(400, "bad_request");
    guest
        .post("/requests")
        .header("idempotency-key", "7")
        .json(&body)
        .send()
        .await
        .expect_problem(400, "bad_request");
    let broken = guest
        .post("/requests")
        .new_key()
        .header("content-type", "application/json")
        .body("{\"type_id\":");
    broken.send().await.expect_problem(400, "bad_request");
    let form = guest
        .post("/requests")
        .new_key()
        .header("content-type", "text/plain")
        .body(body.to_string());
    form.send().await.expect_problem(415, "unsupported_media");

    let one = guest.get("/no-such-resource").send().await;
    let other = guest.get("/no-such-resource").send().await;
    assert_ne!(one.json["trace_id"], other.json["trace_id"]);
    one.decode::<Problem>();
}

#[tokio::test]
async fn all_that_is_wrong_with_a_submission_is_said_at_once_with_pointers() {
    let server = Server::start().await;
    let sent = server
        .guest()
        .post("/requests")
        .new_key()
        .json(&json!({
            "type_id": "installation",
            "subject": "   ",
            "body": {"format": "text", "value": ""},
            "fields": {"site_address": "", "no_such_field": "x"},
            "contact": {"name": "A", "email": "not an address"},
        }))
        .send()
        .await
        .expect_problem(422, "validation");
    for pointer in [
        "/subject",
        "/body/value",
        "/fields/product",
        "/fields/site_address",
        "/fields/no_such_field",
        "/contact/email",
    ] {
        sent.clone().expect_invalid(pointer);
    }
    let problem: Problem = sent.decode();
    assert!(problem.errors.iter().all(|error| !error.detail.is_empty()));
}

#[tokio::test]
async fn unknown_members_and_unknown_words_of_a_request_are_refused_with_the_pointer() {
    let server = Server::start().await;
    let guest = server.guest();
    let submit = async |body: Value| guest.post("/requests").new_key().json(&body).send().await;

    let mut body = complaint("Charged twice", Some("a@example.com"));
    body["colour"] = json!("red");
    submit(body.clone()).await.expect_invalid("/colour");
    body.as_object_mut().unwrap().remove("colour");
    body["contact"]["fax"] = json!("1");
    submit(body.clone()).await.expect_invalid("/contact/fax");
    body["contact"].as_object_mut().unwrap().remove("fax");
    body["urgency"] = json!("yesterday");
    submit(body.clone()).await.expect_invalid("/urgency");
    body["urgency"] = json!("urgent");
    body["body"]["format"] = json!("html");
    submit(body.clone()).await.expect_invalid("/body/format");
    body["body"]["format"] = json!("text");
    body["type_id"] = json!("no-such-type");
    submit(body.clone()).await.expect_invalid("/type_id");
    body["type_id"] = json!("billing-complaint");
    body["subject"] = json!(7);
    submit(body.clone()).await.expect_invalid("/subject");
    body["subject"] = json!("Charged twice");
    submit(body).await.expect_status(201);
    let session = guest
        .post("/session/code")
        .json(&json!({"channel": "pigeon", "address": "a@example.com"}));
    session.send().await.expect_invalid("/channel");
}

#[tokio::test]
async fn a_guest_must_leave_a_way_to_be_reached_and_a_customer_need_not() {
    let server = Server::start().await;
    let guest = server.guest();
    let missing = guest
        .post("/requests")
        .new_key()
        .json(&complaint("No contact", None))
        .send()
        .await;
    missing.expect_invalid("/contact");
    let mut empty = complaint("Empty contact", None);
    empty["contact"] = json!({"name": "A"});
    guest
        .post("/requests")
        .new_key()
        .json(&empty)
        .send()
        .await
        .expect_problem(422, "validation");
    empty["contact"] = json!({"name": "A", "phone": "+852 2345 6789"});
    assert!(guest.submit(&empty).await.json["query_code"].is_string());

    let customer = server.customer("a@example.com").await;
    let created = customer.submit(&complaint("Signed in", None)).await;
    assert_eq!(created.json["query_code"], Value::Null);
}

#[tokio::test]
async fn answers_are_in_the_language_that_was_asked_for_and_ids_are_not() {
    let server = Server::start().await;
    let guest = server.guest();
    let mut names = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (asked, given) in [
        ("en", "en"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
    ] {
        let form = guest
            .get("/request-types/fault")
            .language(asked)
            .send()
            .await
            .expect_status(200);
        assert_eq!(form.header("content-language"), Some(given), "{asked}");
        names.insert(form.text_at("/name"));
        ids.insert(
            form.json["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| f["id"].to_string())
                .collect::<Vec<_>>(),
        );
        let problem = guest
            .get("/requests")
            .language(asked)
            .send()
            .await
            .expect_problem(401, "unauthenticated");
        assert_eq!(problem.header("content-language"), Some(given), "{asked}");
    }
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(ids.len(), 1, "{ids:?}");
    let fallback = guest
        .get("/request-types")
        .language("eo")
        .send()
        .await
        .expect_status(200);
    assert!(fallback.header("content-language").is_some());
}

#[tokio::test]
async fn the_configuration_says_what_exists_and_every_type_of_the_catalogue_has_a_form() {
    let server = Server::start().await;
    let guest = server.guest();
    let config: Config = guest
        .get("/config")
        .send()
        .await
        .expect_status(200)
        .decode();
    assert_eq!(config.limits.attachment_size, 25 * 1024 * 1024);
    assert_eq!(config.limits.attachments_per_message, 10);
    assert!(
        config.time_zone.contains('/') || config.time_zone == "UTC",
        "{}",
        config.time_zone
    );
    let types = guest.get("/request-types").send().await.expect_status(200);
    let mut kinds = BTreeSet::new();
    for summary in types.json["items"].as_array().unwrap() {
        let id = summary["id"].as_str().unwrap();
        let form = guest
            .get(&format!("/request-types/{id}"))
            .send()
            .await
            .expect_status(200);
        let form: portico_contract::form::FormSchema = form.decode();
        assert_eq!(form.kind.as_str(), summary["kind"]);
        kinds.insert(form.kind.as_str());
    }
    for kind in [
        "fault",
        "consultation",
        "training",
        "technical_update",
        "installation",
        "repair",
        "warranty",
        "return",
        "maintenance",
        "complaint",
        "suggestion",
    ] {
        assert!(kinds.contains(kind), "no type of the kind {kind}");
    }
}

#[tokio::test]
async fn answers_of_the_api_are_not_stored_and_not_sniffed() {
    let server = Server::start().await;
    for reply in [
        server.guest().get("/config").send().await,
        server.guest().get("/requests").send().await,
    ] {
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert!(
            reply
                .header("cache-control")
                .is_some_and(|value| value.contains("no-store")),
            "{:?}",
            reply.headers
        );
        assert!(
            reply
                .header("content-security-policy")
                .is_some_and(|value| value.contains("frame-ancestors")),
            "{:?}",
            reply.headers
        );
    }
    Api::new(server.origin())
        .get("/healthz")
        .send()
        .await
        .expect_status(200);
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_again_even_after_a_restart() {
    let mut server = Server::start().await;
    let guest = server.guest();
    let key = Uuid::new_v4();
    guest
        .get(&format!("/submissions/{key}"))
        .send()
        .await
        .expect_problem(404, "not_found");
    let body = complaint("Charged twice", Some("a@example.com"));
    let first = guest
        .post("/requests")
        .key(key)
        .json(&body)
        .send()
        .await
        .expect_status(201);
    assert_eq!(first.header("idempotency-replayed"), None);

    for restart in [None, Some(false), Some(true)] {
        match restart {
            Some(true) => server.kill(),
            Some(false) => server.stop().await,
            None => {}
        }
        if restart.is_some() {
            server.restart().await;
        }
        let again = guest
            .post("/requests")
            .key(key)
            .json(&body)
            .send()
            .await
            .expect_status(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.json, first.json, "a replay holds the query code too");
        let known = guest
            .get(&format!("/submissions/{key}"))
            .send()
            .await
            .expect_status(200);
        assert_eq!(known.json["status"], 201);
        assert_eq!(known.json["reference"], first.json["request"]["reference"]);
    }
    assert_eq!(server.desk().all("/requests", 50).await.len(), 1);
    assert!(
        !server.data_holds(&key.to_string()) && !server.data_holds(&key.simple().to_string()),
        "the key is on the disk"
    );
    assert!(
        !server.log().contains(&key.to_string()),
        "the key is in the log"
    );
}

#[tokio::test]
async fn a_key_is_remembered_for_ninety_days() {
    let mut server = Server::start().await;
    let key = Uuid::new_v4();
    let body = complaint("Charged twice", Some("a@example.com"));
    let first = server
        .guest()
        .post("/requests")
        .key(key)
        .json(&body)
        .send()
        .await
        .expect_status(201);
    server.travel("+89d").await;
    let again = server
        .guest()
        .post("/requests")
        .key(key)
        .json(&body)
        .send()
        .await
        .expect_status(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json, first.json);
}

#[tokio::test]
async fn another_order_of_members_is_the_same_body_and_another_word_is_not() {
    let server = Server::start().await;
    let guest = server.guest();
    let key = Uuid::new_v4();
    let body = complaint("Charged twice", Some("a@example.com"));
    guest
        .post("/requests")
        .key(key)
        .json(&body)
        .send()
        .await
        .expect_status(201);
    let turned: Vec<String> = body
        .as_object()
        .unwrap()
        .iter()
        .rev()
        .map(|(name, value)| format!("{name:?} : {value}"))
        .collect();
    let turned = guest
        .post("/requests")
        .key(key)
        .header("content-type", "application/json")
        .body(format!("{{ {} }}", turned.join(" , ")));
    assert_eq!(
        turned
            .send()
            .await
            .expect_status(201)
            .header("idempotency-replayed"),
        Some("true")
    );

    let mut other = body;
    other["subject"] = json!("Charged three times");
    guest
        .post("/requests")
        .key(key)
        .json(&other)
        .send()
        .await
        .expect_problem(422, "idempotency_mismatch");
    assert_eq!(server.desk().all("/requests", 50).await.len(), 1);
}

#[tokio::test]
async fn what_was_refused_is_not_remembered_under_its_key() {
    let server = Server::start().await;
    let guest = server.guest();
    let key = Uuid::new_v4();
    let mut body = complaint("", Some("a@example.com"));
    guest
        .post("/requests")
        .key(key)
        .json(&body)
        .send()
        .await
        .expect_invalid("/subject");
    guest
        .get(&format!("/submissions/{key}"))
        .send()
        .await
        .expect_problem(404, "not_found");
    body["subject"] = json!("Charged twice");
    guest
        .post("/requests")
        .key(key)
        .json(&body)
        .send()
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_hundred_taps_are_one_request_and_one_message() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let key = Uuid::new_v4();
    let body = complaint("Charged twice", None);
    let taps =
        join_all((0..100).map(|_| customer.post("/requests").key(key).json(&body).send())).await;
    let mut ids = BTreeSet::new();
    let mut fresh = 0;
    for tap in taps {
        if tap.status == 409 {
            tap.expect_problem(409, "in_progress");
            continue;
        }
        let tap = tap.expect_status(201);
        fresh += usize::from(tap.header("idempotency-replayed").is_none());
        ids.insert(tap.text_at("/request/id"));
    }
    assert_eq!((fresh, ids.len()), (1, 1));
    assert_eq!(server.desk().all("/requests", 50).await.len(), 1);

    let id = ids.first().unwrap();
    let (path, key) = (format!("/requests/{id}/messages"), Uuid::new_v4());
    let message = json!({"body": {"format": "text", "value": "Any news?"}});
    let taps = join_all((0..20).map(|_| customer.post(&path).key(key).json(&message).send())).await;
    assert!(
        taps.iter()
            .all(|tap| tap.status == 201 || tap.status == 409)
    );
    assert!(taps.iter().any(|tap| tap.status == 201));
    let timeline = customer
        .get(&format!("/requests/{id}/timeline"))
        .send()
        .await
        .expect_status(200);
    assert_eq!(timeline.text().matches("Any news?").count(), 1);
}

#[tokio::test]
async fn messages_and_actions_need_a_key_and_replay_too() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let message = json!({"body": {"format": "text", "value": "Any news?"}});
    let (messages, withdraw) = (
        format!("/requests/{id}/messages"),
        format!("/requests/{id}/actions/withdraw"),
    );
    customer
        .post(&messages)
        .json(&message)
        .send()
        .await
        .expect_problem(400, "bad_request");
    customer
        .post(&withdraw)
        .json(&json!({}))
        .send()
        .await
        .expect_problem(400, "bad_request");

    for (path, body, status) in [
        (messages, message, 201),
        (withdraw, json!({"comment": "It was my mistake"}), 200),
    ] {
        let key = Uuid::new_v4();
        let first = customer
            .post(&path)
            .key(key)
            .json(&body)
            .send()
            .await
            .expect_status(status);
        let again = customer
            .post(&path)
            .key(key)
            .json(&body)
            .send()
            .await
            .expect_status(status);
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
        assert_eq!(again.json, first.json, "{path}");
        customer
            .post(&path)
            .key(key)
            .json(&json!({"comment": "other"}))
            .send()
            .await
            .expect_status(422);
    }
}

#[tokio::test]
async fn a_stale_precondition_is_refused_and_the_checks_come_in_their_order() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let other = server.customer("b@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let path = format!("/requests/{id}");
    let messages = format!("{path}/messages");
    let withdraw = format!("{path}/actions/withdraw");
    let message = json!({"body": {"format": "text", "value": "Any news?"}});
    let wrong = json!({"body": {"format": "text", "value": ""}});

    let first = customer.get(&path).send().await.expect_status(200);
    let old = first
        .header("etag")
        .expect("a request has an ETag")
        .to_owned();
    let again = customer.get(&path).send().await;
    assert_eq!(
        again.header("etag"),
        Some(old.as_str()),
        "reading does not change it"
    );
    customer
        .post(&messages)
        .new_key()
        .header("if-match", &old)
        .json(&message)
        .send()
        .await
        .expect_status(201);
    let new = customer
        .get(&path)
        .send()
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    assert_ne!(new, old);
    let stale = async |path: &str, body: &Value| {
        customer
            .post(path)
            .new_key()
            .header("if-match", &old)
            .json(body)
            .send()
            .await
    };
    stale(&messages, &message)
        .await
        .expect_problem(412, "stale");
    stale(&withdraw, &json!({}))
        .await
        .expect_problem(412, "stale");

    // Authorisation before body, body before precondition, precondition before state.
    other
        .post(&messages)
        .new_key()
        .header("if-match", &old)
        .json(&wrong)
        .send()
        .await
        .expect_problem(404, "not_found");
    stale(&messages, &wrong)
        .await
        .expect_problem(422, "validation");
    let confirm = format!("{path}/actions/confirm");
    stale(&confirm, &json!({}))
        .await
        .expect_problem(412, "stale");
    let refused = customer
        .post(&confirm)
        .new_key()
        .header("if-match", &new)
        .json(&json!({}))
        .send()
        .await;
    let refused = refused.expect_problem(409, "action_not_allowed");
    assert_eq!(refused.json["reason"], "not_resolved");
    customer
        .post(&confirm)
        .new_key()
        .header("if-match", "*")
        .json(&json!({}))
        .send()
        .await
        .expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn an_action_that_does_not_exist_is_not_found() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    for action in ["reply", "unknown", "levitate"] {
        let path = format!("/requests/{id}/actions/{action}");
        customer
            .post(&path)
            .new_key()
            .json(&json!({}))
            .send()
            .await
            .expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn other_origins_are_let_in_only_by_the_list_and_then_on_every_answer() {
    let shop = "https://shop.example.com";
    let server = Server::with(Options {
        config: Some(crate::limits::config_with_origin(shop)),
        ..Options::default()
    })
    .await;
    let guest = server.guest();
    let preflight = async |origin: &str| {
        guest
            .call(Method::OPTIONS, "/requests")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type,idempotency-key,if-match",
            )
            .send()
            .await
    };
    let allowed = preflight(shop).await;
    assert!(allowed.status.is_success(), "{}", allowed.status);
    assert_eq!(allowed.header("access-control-allow-origin"), Some(shop));
    let headers = allowed
        .header("access-control-allow-headers")
        .unwrap_or_default()
        .to_lowercase();
    for name in [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "tus-resumable",
        "upload-offset",
        "last-event-id",
    ] {
        assert!(headers.contains(name), "{name} is not among {headers}");
    }
    for origin in [
        "https://evil.example.com",
        "https://shop.example.com.evil.test",
        "null",
        "http://shop.example.com",
    ] {
        assert_eq!(
            preflight(origin)
                .await
                .header("access-control-allow-origin"),
            None,
            "{origin}"
        );
    }
    for reply in [
        guest
            .get("/config")
            .header("origin", shop)
            .send()
            .await
            .expect_status(200),
        guest
            .get("/requests")
            .header("origin", shop)
            .send()
            .await
            .expect_status(401),
        guest
            .get("/no-such-resource")
            .header("origin", shop)
            .send()
            .await
            .expect_status(404),
        guest
            .call(Method::PUT, "/requests")
            .header("origin", shop)
            .send()
            .await
            .expect_status(405),
    ] {
        assert_eq!(reply.header("access-control-allow-origin"), Some(shop));
        assert_ne!(
            reply.header("access-control-allow-credentials"),
            Some("true")
        );
        assert!(
            reply
                .header("vary")
                .unwrap_or_default()
                .to_lowercase()
                .contains("origin"),
            "{:?}",
            reply.headers
        );
        let exposed = reply
            .header("access-control-expose-headers")
            .unwrap_or_default()
            .to_lowercase();
        for name in [
            "etag",
            "location",
            "retry-after",
            "ratelimit",
            "ratelimit-policy",
            "idempotency-replayed",
            "content-language",
            "upload-offset",
            "upload-length",
            "tus-resumable",
        ] {
            assert!(
                exposed.split(',').any(|part| part.trim() == name),
                "{name} is not among {exposed}"
            );
        }
    }
}
