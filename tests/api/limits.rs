//! How often anybody may do what.

use portico_tests::api::complaint;
use portico_tests::{Options, Server};
use serde_json::json;
use uuid::Uuid;

/// A server that takes as many new requests as a test sends.
pub(crate) fn generous() -> Options {
    Options {
        config: Some("[rates]\nnew_requests = { count = 1_000_000, minutes = 10 }\n".into()),
        ..Options::default()
    }
}

/// A configuration that lets another origin in.
pub(crate) fn config_with_origin(origin: &str) -> String {
    format!("allowed_origins = [\"{origin}\"]\n")
}

#[tokio::test]
async fn thirty_requests_in_ten_minutes_and_a_replay_is_never_limited() {
    let mut server = Server::start().await;
    let guest = server.guest();
    let body = |n: usize| complaint(&format!("Complaint {n}"), Some("a@example.com"));
    let key = Uuid::new_v4();
    guest
        .post("/requests")
        .key(key)
        .json(&body(0))
        .send()
        .await
        .expect_status(201);
    for n in 1..30 {
        // Neither what is refused nor what is repeated counts.
        if n % 10 == 0 {
            guest
                .post("/requests")
                .new_key()
                .json(&complaint("", Some("a@example.com")))
                .send()
                .await
                .expect_status(422);
            guest
                .post("/requests")
                .key(key)
                .json(&body(0))
                .send()
                .await
                .expect_status(201);
        }
        guest.submit(&body(n)).await;
    }
    let late = Uuid::new_v4();
    let limited = guest
        .post("/requests")
        .key(late)
        .json(&body(30))
        .send()
        .await
        .expect_problem(429, "rate_limited");
    let seconds: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=600).contains(&seconds), "{seconds}");
    guest
        .get(&format!("/submissions/{late}"))
        .send()
        .await
        .expect_problem(404, "not_found");
    let replay = guest
        .post("/requests")
        .key(key)
        .json(&body(0))
        .send()
        .await
        .expect_status(201);
    assert_eq!(replay.header("idempotency-replayed"), Some("true"));
    assert_eq!(server.desk().all("/requests", 100).await.len(), 30);
    server.travel("+11m").await;
    server.guest().submit(&body(30)).await;
}

#[tokio::test]
async fn five_wrong_query_codes_for_one_reference_and_twenty_from_one_client() {
    let mut server = Server::start().await;
    let guest = server.guest();
    let mine = guest
        .submit(&complaint("Mine", Some("a@example.com")))
        .await;
    let wrong = async |reference: &str| {
        guest
            .post("/track")
            .json(&json!({"reference": reference, "query_code": "00000-00000"}))
            .send()
            .await
    };
    let reference = mine.text_at("/request/reference");
    for _ in 0..5 {
        wrong(&reference).await.expect_problem(404, "not_found");
    }
    wrong(&reference).await.expect_problem(429, "rate_limited");
    // The limit is on the reference, however it is written.
    wrong(&reference.to_lowercase().replace('-', " "))
        .await
        .expect_problem(429, "rate_limited");

    let mut refused = 0;
    for n in 0..30 {
        let unknown = portico_contract::code::Reference::from_random(0x1234_5678 + n).to_string();
        refused += usize::from(wrong(&unknown).await.status == 429);
    }
    assert!(
        (13..=15).contains(&refused),
        "{refused} of 30 were refused after 5 or 6 wrong ones before"
    );
    server.travel("+16m").await;
    let right = json!({"reference": reference, "query_code": mine.text_at("/query_code")});
    server
        .guest()
        .post("/track")
        .json(&right)
        .send()
        .await
        .expect_status(200);
}

#[tokio::test]
async fn five_sign_in_codes_in_ten_minutes_for_one_address() {
    let server = Server::start().await;
    let guest = server.guest();
    let ask = async |address: &str| {
        guest
            .post("/session/code")
            .json(&json!({"channel": "email", "address": address}))
            .send()
            .await
    };
    for _ in 0..5 {
        ask("a@example.com").await.expect_status(202);
    }
    ask("a@example.com")
        .await
        .expect_problem(429, "rate_limited");
    ask("A@Example.com")
        .await
        .expect_problem(429, "rate_limited");
    ask("b@example.com").await.expect_status(202);
}
