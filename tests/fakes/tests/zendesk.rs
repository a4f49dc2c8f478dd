use crate::{Said, basic, client, said};
use portico_fakes::Fake;
use serde_json::{Value, json};

async fn call(desk: &Fake, method: &str, path: &str, email: &str, body: Value) -> Said {
    let url = format!("{}/api/v2/{path}", desk.base_url());
    let credential = basic(&format!("{email}/token"), &desk.service().secret);
    let request = client().request(method.parse().unwrap(), url);
    said(request.header("authorization", credential).json(&body)).await
}

const ALICE: &str = "alice@example.test";
const BOB: &str = "bob@example.test";

#[tokio::test]
async fn the_end_user_of_the_credential_acts() {
    let desk = Fake::zendesk().await;
    let upload = client().post(format!("{}/api/v2/uploads?filename=a.txt", desk.base_url()));
    let upload = said(upload.header("content-type", "text/plain").body("hello")).await;
    let body = json!({"request": {"subject": "Help", 
        "comment": {"body": "Fire", "uploads": [upload.body["upload"]["token"]]},
        "custom_fields": [{"id": 391130, "value": "A-17"}, {"id": 391131, "value": "no such"}]}});
    let made = call(&desk, "POST", "requests.json", ALICE, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.body["request"]["requester_id"], desk.user(ALICE).id);
    // An option that does not exist is dropped without a word.
    assert_eq!(desk.ticket("1").fields.len(), 1);
    assert_eq!(desk.files("1")[0].bytes, b"hello");
    assert_eq!(
        call(&desk, "GET", "requests/1", ALICE, json!(null))
            .await
            .status,
        200
    );
    assert_eq!(
        call(&desk, "GET", "requests/1", BOB, json!(null))
            .await
            .status,
        404
    );
    assert_eq!(
        call(&desk, "GET", "requests", "nobody@example.test", json!(null))
            .await
            .status,
        401
    );
    assert_eq!(
        call(&desk, "GET", "requests", "carol@example.test", json!(null))
            .await
            .status,
        403
    );
    let password = client().get(format!("{}/api/v2/requests", desk.base_url()));
    let password = password.header("authorization", basic(ALICE, &desk.user(ALICE).secret));
    assert_eq!(said(password).await.status, 401);
    assert_eq!(
        desk.calls()[1].header("authorization"),
        Some("Basic alice@example.test/token:***")
    );
    assert_eq!(made.header("x-rate-limit-remaining"), "698");
}

#[tokio::test]
async fn internal_comments_are_not_there() {
    let desk = Fake::zendesk().await;
    desk.open(ALICE, "Help", "Fire");
    desk.answer("1", "She is right", true);
    desk.answer("1", "Use water", false);
    let seen = call(
        &desk,
        "GET",
        "requests/1/comments?role=agent",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(seen.each("/comments", "plain_body"), ["Use water"]);
    let seen = call(&desk, "GET", "requests/1/comments", ALICE, json!(null)).await;
    assert_eq!(seen.each("/comments", "public"), [true, true]);
}

#[tokio::test]
async fn a_request_is_solved_reopened_and_at_last_closed() {
    let desk = Fake::zendesk().await;
    desk.open(ALICE, "Help", "Fire");
    desk.answer("1", "Nobody has it yet", true);
    let solve = json!({"request": {"solved": true}});
    let early = call(&desk, "PUT", "requests/1", ALICE, solve.clone()).await;
    assert_eq!(
        (early.status, &early.body["request"]["status"]),
        (200, &json!("new"))
    );
    desk.answer("1", "Use water", false);
    let solved = call(&desk, "PUT", "requests/1", ALICE, solve).await;
    assert_eq!(solved.body["request"]["status"], "solved");
    let comment = json!({"request": {"comment": {"body": "Again"}}});
    let again = call(&desk, "PUT", "requests/1", ALICE, comment.clone()).await;
    assert_eq!(again.body["request"]["status"], "open");
    desk.set_status("1", "closed");
    assert_eq!(
        call(&desk, "PUT", "requests/1", ALICE, comment)
            .await
            .status,
        422
    );
    let next = json!({"request": {"subject": "Help", "comment": {"body": "Again"}, "via_followup_source_id": 1}});
    assert_eq!(
        call(&desk, "POST", "requests", ALICE, next).await.body["request"]["followup_source_id"],
        1
    );
}

#[tokio::test]
async fn lists_go_by_cursor_or_by_number() {
    let desk = Fake::zendesk().await;
    for subject in ["one", "two", "three"] {
        desk.open(ALICE, subject, "text");
    }
    let path = "requests?sort_by=updated_at&sort_order=desc&page[size]=2";
    let first = call(&desk, "GET", path, ALICE, json!(null)).await;
    assert_eq!(first.each("/requests", "id"), [3, 2]);
    let next = first.body["links"]["next"]
        .as_str()
        .unwrap()
        .split_once("/api/v2/")
        .unwrap()
        .1;
    let second = call(&desk, "GET", next, ALICE, json!(null)).await;
    assert_eq!(second.each("/requests", "id"), [1]);
    assert_eq!(second.body["meta"]["has_more"], false);
    let by_number = call(&desk, "GET", "requests?per_page=2", ALICE, json!(null)).await;
    assert_eq!(by_number.body["count"], 3);
    let beyond = call(
        &desk,
        "GET",
        "requests/search?query=*&per_page=100&page=11",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(beyond.status, 422);
    let found = call(
        &desk,
        "GET",
        "requests/search?query=two+requester:me",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(found.each("/requests", "subject"), ["two"]);
}

#[tokio::test]
async fn a_ticket_is_made_once_for_a_key() {
    let desk = Fake::zendesk().await;
    for (subject, status, lookup) in [("a", 201, "miss"), ("a", 201, "hit"), ("b", 400, "")] {
        let body = json!({"ticket": {"subject": subject, "comment": {"body": "text"}, "requester": {"email": ALICE}}});
        let request = client()
            .post(format!("{}/api/v2/tickets", desk.base_url()))
            .json(&body);
        let request = request.header(
            "authorization",
            basic("portal@desk.test/token", &desk.service().secret),
        );
        let answer = said(request.header("idempotency-key", "k")).await;
        assert_eq!(
            (answer.status, answer.header("x-idempotency-lookup")),
            (status, lookup)
        );
    }
    assert_eq!(desk.tickets().len(), 1);
    let body = json!({"ticket": {"subject": "a", "comment": {"body": "text"}}});
    assert_eq!(
        call(&desk, "POST", "tickets", ALICE, body).await.status,
        403
    );
}

#[tokio::test]
async fn who_is_not_known_is_made_known_first() {
    let desk = Fake::zendesk().await;
    let (dora, portal) = ("dora@example.test", "portal@desk.test");
    assert_eq!(
        call(&desk, "GET", "requests", dora, json!(null))
            .await
            .status,
        401
    );
    let body = json!({"user": {"email": dora, "name": "Dora"}});
    assert_eq!(
        call(&desk, "POST", "users/create_or_update", ALICE, body.clone())
            .await
            .status,
        403
    );
    for status in [201, 200] {
        assert_eq!(
            call(
                &desk,
                "POST",
                "users/create_or_update",
                portal,
                body.clone()
            )
            .await
            .status,
            status
        );
    }
    assert_eq!(
        call(&desk, "GET", "requests", dora, json!(null))
            .await
            .status,
        200
    );
    // Without a credential the requester is named, and made known with it.
    let body = json!({"request": {"subject": "Help", "comment": {"body": "Fire"},
        "requester": {"email": "emil@example.test", "name": "Emil"}}});
    let request = client().post(format!("{}/api/v2/requests", desk.base_url()));
    assert_eq!(said(request.json(&body)).await.status, 201);
    assert_eq!(desk.ticket("1").customer, "emil@example.test");
}
