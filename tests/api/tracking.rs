//! Following a request with its reference and query code.

use portico_contract::code::Reference;
use portico_tests::api::complaint;
use portico_tests::{Server, until};
use serde_json::{Value, json};

#[tokio::test]
async fn two_codes_open_one_request_however_they_are_typed() {
    let server = Server::start().await;
    let created = server
        .guest()
        .submit(&complaint("Charged twice", Some("a@example.com")))
        .await;
    let (id, reference, code) = (
        created.text_at("/request/id"),
        created.text_at("/request/reference"),
        created.text_at("/query_code"),
    );
    for (reference, code) in [
        (reference.clone(), code.clone()),
        (
            reference.to_lowercase().replace('-', ""),
            code.to_lowercase().replace('-', " "),
        ),
        (
            reference.trim_start_matches("PT-").to_owned(),
            format!(" {code} "),
        ),
        (
            reference.replace('0', "o"),
            code.replace('0', "O").replace('1', "I"),
        ),
    ] {
        let opened = server
            .guest()
            .post("/track")
            .json(&json!({"reference": reference, "query_code": code}))
            .send()
            .await;
        let opened = opened.expect_status(200);
        assert_eq!(opened.json["request_id"], id.as_str());
        let guest = server.guest().bearer(opened.text_at("/token"));
        guest
            .get(&format!("/requests/{id}"))
            .send()
            .await
            .expect_status(200);
        let session = guest.get("/session").send().await.expect_status(200);
        assert_eq!(session.json["customer"], Value::Null);
        guest
            .get("/me")
            .send()
            .await
            .expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn wrong_unknown_and_malformed_codes_get_one_and_the_same_answer() {
    let server = Server::start().await;
    let created = server
        .guest()
        .submit(&complaint("Charged twice", Some("a@example.com")))
        .await;
    let (reference, code) = (
        created.text_at("/request/reference"),
        created.text_at("/query_code"),
    );
    let unknown = Reference::from_random(987_654_321).to_string();
    let mut answers = Vec::new();
    for (reference, code) in [
        (reference.as_str(), "00000-00000"),
        (unknown.as_str(), code.as_str()),
        ("PT-00000-0000U", code.as_str()),
        ("", ""),
        ("no reference at all", "no code at all"),
    ] {
        let reply = server
            .guest()
            .post("/track")
            .json(&json!({"reference": reference, "query_code": code}))
            .send()
            .await;
        let mut reply = reply.expect_problem(404, "not_found");
        reply.json.as_object_mut().unwrap().remove("trace_id");
        let names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        answers.push((reply.json, names));
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:#?}"
    );
}

#[tokio::test]
async fn the_link_in_the_mail_opens_the_request_and_a_stranger_cannot_lock_its_owner_out() {
    let server = Server::start().await;
    let guest = server.guest();
    let created = guest
        .submit(&complaint("Charged twice", Some("a@example.com")))
        .await;
    let (id, reference) = (
        created.text_at("/request/id"),
        created.text_at("/request/reference"),
    );
    for _ in 0..6 {
        guest
            .post("/track")
            .json(&json!({"reference": reference, "query_code": "00000-00000"}))
            .send()
            .await;
    }
    let link = until("the link in the mail", || async {
        let letter = server.letters_to("a@example.com").pop().ok_or("no mail")?;
        let link = letter
            .text
            .split_whitespace()
            .find(|word| word.contains('#'))
            .ok_or("no link")?;
        Ok::<String, String>(link.to_owned())
    })
    .await;
    let token = link.rsplit('#').next().unwrap();
    let token = token.rsplit('=').next().unwrap();
    for _ in 0..2 {
        let opened = guest
            .post("/track/link")
            .json(&json!({"token": token}))
            .send()
            .await
            .expect_status(200);
        let opened = guest.bearer(opened.text_at("/token"));
        opened
            .get(&format!("/requests/{id}"))
            .send()
            .await
            .expect_status(200);
    }
    guest
        .post("/track/link")
        .json(&json!({"token": "made-up"}))
        .send()
        .await
        .expect_problem(404, "not_found");
    assert!(
        !server.log().contains(token),
        "the token of the link is in the log"
    );
}
