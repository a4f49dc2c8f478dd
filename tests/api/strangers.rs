//! What belongs to one customer does not exist for any other.

use portico_tests::api::complaint;
use portico_tests::{Api, Server};
use reqwest::Method;
use serde_json::{Value, json};

/// Every operation that names a request or something of it, with a body that would be right.
fn operations(id: &str, attachment: &str) -> Vec<(Method, String, Option<Value>)> {
    let message = json!({"body": {"format": "text", "value": "CANARY-INTRUDER"}});
    let mut all = vec![
        (Method::GET, format!("/requests/{id}"), None),
        (Method::GET, format!("/requests/{id}/timeline"), None),
        (Method::GET, format!("/attachments/{attachment}"), None),
        (
            Method::POST,
            format!("/requests/{id}/messages"),
            Some(message),
        ),
        (
            Method::POST,
            format!("/requests/{id}/seen"),
            Some(json!({"up_to": "2030-01-01T00:00:00Z"})),
        ),
    ];
    for action in ["confirm", "reopen", "withdraw"] {
        all.push((
            Method::POST,
            format!("/requests/{id}/actions/{action}"),
            Some(json!({})),
        ));
    }
    all.push((
        Method::POST,
        format!("/requests/{id}/actions/edit"),
        Some(json!({"subject": "CANARY-INTRUDER"})),
    ));
    all
}

async fn track(server: &Server, created: &portico_tests::Reply) -> Api {
    let codes = json!({"reference": created.text_at("/request/reference"), "query_code": created.text_at("/query_code")});
    let token = server
        .guest()
        .post("/track")
        .json(&codes)
        .send()
        .await
        .expect_status(200);
    assert_eq!(token.json["request_id"], created.json["request"]["id"]);
    server.guest().bearer(token.text_at("/token"))
}

#[tokio::test]
async fn a_second_customer_and_a_second_guest_find_nothing_before_and_after_a_restart() {
    let mut server = Server::start().await;
    let owner = server.customer("owner@example.com").await;
    let other = server.customer("other@example.com").await;
    other.submit(&complaint("Another matter", None)).await;
    let with_file = async |api: &Api, mut body: Value| {
        let upload = api
            .upload("note.txt", "text/plain", b"CANARY-FILE of the owner")
            .await;
        body["attachment_ids"] = json!([upload]);
        api.submit(&body).await
    };
    let owned = with_file(&owner, complaint("CANARY-SUBJECT", None)).await;
    let guests = with_file(
        &server.guest(),
        complaint("CANARY-SUBJECT", Some("guest@example.com")),
    )
    .await;
    let other_guests = server
        .guest()
        .submit(&complaint(
            "A guest's other matter",
            Some("guest2@example.com"),
        ))
        .await;
    let guest = track(&server, &guests).await;
    let other_guest = track(&server, &other_guests).await;

    for round in ["before", "after"] {
        for (mine, created, strangers) in [
            (&owner, &owned, [&other, &other_guest]),
            (&guest, &guests, [&other, &other_guest]),
        ] {
            let id = created.text_at("/request/id");
            let timeline = mine
                .get(&format!("/requests/{id}/timeline"))
                .send()
                .await
                .expect_status(200);
            let attachment = timeline.text_at("/items/0/attachments/0/id");
            mine.get(&format!("/requests/{id}"))
                .send()
                .await
                .expect_status(200);
            assert_eq!(
                mine.get(&format!("/attachments/{attachment}"))
                    .send()
                    .await
                    .expect_status(200)
                    .text(),
                "CANARY-FILE of the owner"
            );
            for (method, path, body) in operations(&id, &attachment) {
                for (stranger, status, code) in [
                    (strangers[0].clone(), 404, "not_found"),
                    (strangers[1].clone(), 404, "not_found"),
                    (server.guest(), 401, "unauthenticated"),
                ] {
                    let mut call = stranger.call(method.clone(), &path).new_key();
                    if let Some(body) = &body {
                        call = call.json(body);
                    }
                    let reply = call.send().await.expect_problem(status, code);
                    assert!(
                        !reply.text().contains("CANARY"),
                        "{round} {method} {path}: {}",
                        reply.text()
                    );
                }
            }
            assert!(
                !mine
                    .get(&format!("/requests/{id}/timeline"))
                    .send()
                    .await
                    .text()
                    .contains("CANARY-INTRUDER")
            );
            let reference = created.text_at("/request/reference");
            for query in [
                "/requests?q=CANARY".to_owned(),
                format!("/requests?reference={reference}"),
            ] {
                let found = other.get(&query).send().await.expect_status(200);
                assert_eq!(found.json["items"], json!([]), "{round} {query}");
            }
            let changes = other.get("/changes").send().await.expect_status(200);
            assert!(
                !changes.text().contains(&id),
                "{round}: events of another's request"
            );
        }
        let list = other_guest.get("/requests").send().await;
        assert!(
            !list.text().contains("CANARY"),
            "{round}: the list of a guest"
        );
        if round == "before" {
            server.kill();
            server.restart().await;
        }
    }
}

#[tokio::test]
async fn a_request_goes_on_only_from_ones_own_and_takes_only_ones_own_files() {
    let server = Server::start().await;
    let owner = server.customer("owner@example.com").await;
    let other = server.customer("other@example.com").await;
    let id = owner
        .submit(&complaint("First", None))
        .await
        .text_at("/request/id");
    let mut follow = complaint("Second", None);
    follow["follow_up_of"] = json!(id);
    other
        .post("/requests")
        .new_key()
        .json(&follow)
        .send()
        .await
        .expect_problem(422, "validation");
    assert_eq!(
        owner.submit(&follow).await.json["request"]["follow_up_of"],
        id.as_str()
    );

    // A finished upload belongs to the first message that names it.
    let upload = owner.upload("note.txt", "text/plain", b"text").await;
    let mut body = complaint("With a file", None);
    body["attachment_ids"] = json!([upload]);
    owner.submit(&body).await;
    let stolen = other
        .post("/requests")
        .new_key()
        .json(&body)
        .send()
        .await
        .expect_problem(422, "validation");
    stolen.expect_invalid("/attachment_ids/0");
}
