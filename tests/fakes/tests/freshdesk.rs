use crate::{Said, basic, client, said};
use portico_fakes::Fake;
use serde_json::{Value, json};

async fn call(desk: &Fake, method: &str, path: &str, body: Value) -> Said {
    let url = format!("{}/api/v2/{path}", desk.base_url());
    let request = client().request(method.parse().unwrap(), url);
    said(
        request
            .header("authorization", basic(&desk.service().secret, "X"))
            .json(&body),
    )
    .await
}

const ALICE: &str = "alice@example.test";

#[tokio::test]
async fn the_key_sees_everything() {
    let desk = Fake::freshdesk().await;
    let body = json!({"email": ALICE, "subject": "Router broken", "description": "<b>dark</b>",
        "status": 2, "priority": 1,
        "custom_fields": {"cf_order_number": "A-17"}});
    let made = call(&desk, "POST", "tickets", body.clone()).await;
    assert_eq!(
        (made.status, &made.body["description_text"]),
        (201, &json!("dark")),
        "{}",
        made.text
    );
    let mut wrong = body;
    wrong["custom_fields"]["cf_product"] = json!("Fridge");
    let refused = call(&desk, "POST", "tickets", wrong).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["field"]),
        (400, &json!("cf_product"))
    );
    assert_eq!(made.header("x-ratelimit-remaining"), "399");
    let request = client().get(format!("{}/api/v2/tickets", desk.base_url()));
    let bad = said(request.header("authorization", basic(&desk.user(ALICE).secret, "X"))).await;
    assert_eq!(
        (bad.status, &bad.body["code"]),
        (401, &json!("invalid_credentials"))
    );
    assert!(
        desk.calls()
            .iter()
            .all(|call| call.header("authorization") == Some("Basic ***"))
    );
}

#[tokio::test]
async fn notes_are_private_unless_they_say_otherwise() {
    let desk = Fake::freshdesk().await;
    desk.open(ALICE, "one", "text");
    let alice = desk.user(ALICE).id;
    for (note, private) in [
        (json!({"body": "a", "user_id": alice}), true),
        (
            json!({"body": "b", "user_id": alice, "private": false, "incoming": true}),
            false,
        ),
    ] {
        assert_eq!(
            call(&desk, "POST", "tickets/1/notes", note).await.body["private"],
            private
        );
    }
    desk.answer("1", "She is right", true);
    let read = call(
        &desk,
        "GET",
        "tickets/1?include=conversations,stats",
        json!(null),
    )
    .await;
    assert_eq!(read.each("/conversations", "private"), [true, false, true]);
    assert_eq!(read.each("/conversations", "incoming"), [true, true, false]);
}

#[tokio::test]
async fn the_next_page_is_in_a_header() {
    let desk = Fake::freshdesk().await;
    for subject in ["one", "two", "three"] {
        desk.open(ALICE, subject, "text");
    }
    desk.open("bob@example.test", "four", "text");
    let all = call(&desk, "GET", "tickets?order_type=asc", json!(null)).await;
    assert_eq!(all.each("", "id"), [1, 2, 3, 4]);
    let first = call(
        &desk,
        "GET",
        &format!("tickets?email={ALICE}&per_page=2"),
        json!(null),
    )
    .await;
    assert_eq!(first.each("", "id"), [3, 2]);
    let next = first
        .header("link")
        .strip_suffix(">; rel=\"next\"")
        .unwrap()
        .split_once("/api/v2/")
        .unwrap()
        .1;
    let second = call(&desk, "GET", next, json!(null)).await;
    assert_eq!(
        (second.each("", "id"), second.header("link")),
        (vec![json!(1)], "")
    );
    assert_eq!(
        call(&desk, "GET", "tickets?email=no@example.test", json!(null))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_filter_is_as_wide_as_it_is_written() {
    let desk = Fake::freshdesk().await;
    for key in ["k1", "k2"] {
        let body = json!({"email": ALICE, "subject": key, "description": "x", "custom_fields": {"cf_portal_key": key}});
        call(&desk, "POST", "tickets", body).await;
    }
    for (query, total) in [
        ("\"cf_portal_key:'k1'\"", 1),
        ("\"cf_portal_key:'x' OR status:2\"", 2),
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("query", query)
            .finish();
        let found = call(
            &desk,
            "GET",
            &format!("search/tickets?{query}"),
            json!(null),
        )
        .await;
        assert_eq!(found.body["total"], total);
    }
}

#[tokio::test]
async fn files_come_in_a_form() {
    let desk = Fake::freshdesk().await;
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = part("email", ALICE)
        + &part("subject", "one")
        + &part("description", "x")
        + &part("priority", "3")
        + &part("custom_fields[cf_product]", "Router")
        + "--b\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n";
    let request = client()
        .post(format!("{}/api/v2/tickets", desk.base_url()))
        .body(body);
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    let made = said(request.header("authorization", basic(&desk.service().secret, "X"))).await;
    assert_eq!(
        (made.status, &made.body["priority"]),
        (201, &json!(3)),
        "{}",
        made.text
    );
    assert_eq!(made.body["custom_fields"]["cf_product"], "Router");
    let url = made.body["attachments"][0]["attachment_url"]
        .as_str()
        .unwrap();
    assert_eq!(said(client().get(url)).await.text, "hello");
}
