use crate::{Said, client, said};
use portico_fakes::Fake;
use serde_json::{Value, json};

/// A call with the service account's token, for somebody where one is named.
async fn call(desk: &Fake, method: &str, path: &str, from: Option<&str>, body: Value) -> Said {
    let url = format!("{}/api/v1/{path}", desk.base_url());
    let request = client().request(method.parse().unwrap(), url).json(&body);
    let token = format!("Token token={}", desk.service().secret);
    let request = request.header("authorization", token);
    said(match from {
        Some(from) => request.header("from", from),
        None => request,
    })
    .await
}

fn new(title: &str) -> Value {
    json!({"title": title, "group": "Users", "order_number": "A-17", "customer": "bob@example.test",
        "article": {"body": "It is dark", "internal": true, "attachments": [
            {"filename": "a.txt", "data": "aGVsbG8=", "mime-type": "text/plain"}]}})
}

const ALICE: Option<&str> = Some("alice@example.test");
const BOB: Option<&str> = Some("bob@example.test");

#[tokio::test]
async fn the_named_user_acts_with_their_own_rights() {
    let desk = Fake::zammad().await;
    let made = call(
        &desk,
        "POST",
        "tickets?expand=true",
        ALICE,
        new("Router broken"),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    // Whatever a customer sends, the ticket is the customer's and its article is public.
    assert_eq!(made.body["customer"], "alice@example.test");
    assert_eq!(
        (&made.body["state"], &made.body["order_number"]),
        (&json!("new"), &json!("A-17"))
    );
    assert!(!desk.ticket("1").messages[0].internal);
    assert_eq!(
        call(&desk, "GET", "tickets/1", BOB, json!(null))
            .await
            .status,
        403
    );
    assert_eq!(
        call(&desk, "GET", "tickets/9", BOB, json!(null))
            .await
            .status,
        404
    );
    assert_eq!(
        call(&desk, "GET", "tickets", BOB, json!(null)).await.body,
        json!([])
    );
    assert_eq!(
        call(&desk, "GET", "tickets", Some("14"), json!(null))
            .await
            .body,
        json!([])
    );
    assert_eq!(
        call(&desk, "GET", "tickets", Some("nobody"), json!(null))
            .await
            .status,
        403
    );
    assert_eq!(
        call(&desk, "GET", "groups", ALICE, json!(null))
            .await
            .status,
        403
    );
    assert_eq!(desk.calls()[0].header("authorization"), Some("Token ***"));
    assert_eq!(desk.calls()[0].header("from"), ALICE);
}

#[tokio::test]
async fn only_the_service_account_acts_for_others() {
    let desk = Fake::zammad().await;
    let url = format!("{}/api/v1/tickets", desk.base_url());
    for (secret, status) in [
        (desk.user("agent@desk.test").secret, 403),
        (String::from("wrong"), 401),
    ] {
        let request = client()
            .get(&url)
            .header("authorization", format!("Token token={secret}"));
        assert_eq!(
            said(request.header("from", "alice@example.test"))
                .await
                .status,
            status
        );
    }
}

#[tokio::test]
async fn internal_articles_are_for_agents() {
    let desk = Fake::zammad().await;
    call(&desk, "POST", "tickets", ALICE, new("Router broken")).await;
    desk.answer_with_file("1", "She is right", true, "secret.txt", b"secret");
    desk.answer_with_file("1", "We look <into> it", false, "plan.txt", b"plan");
    assert_eq!(desk.ticket("1").status, "open");
    let seen = call(
        &desk,
        "GET",
        "ticket_articles/by_ticket/1",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(seen.each("", "internal"), [false, false]);
    assert_eq!(seen.body[1]["body"], "<div>We look &lt;into> it</div>");
    assert_eq!(seen.body[1]["content_type"], "text/html");
    let staff = call(
        &desk,
        "GET",
        "ticket_articles/by_ticket/1",
        None,
        json!(null),
    )
    .await;
    assert_eq!(staff.each("", "internal"), [false, true, false]);
    let path = |article: &Value| {
        format!(
            "ticket_attachment/1/{}/{}",
            article["id"], article["attachments"][0]["id"]
        )
    };
    let (open, secret) = (path(&seen.body[0]), path(&staff.body[1]));
    assert_eq!(
        call(&desk, "GET", &open, ALICE, json!(null)).await.text,
        "hello"
    );
    assert_eq!(
        call(&desk, "GET", &open, BOB, json!(null)).await.status,
        403
    );
    assert_eq!(
        call(&desk, "GET", &secret, ALICE, json!(null)).await.status,
        403
    );
    assert_eq!(
        call(&desk, "GET", &secret, None, json!(null)).await.text,
        "secret"
    );
}

#[tokio::test]
async fn lists_have_no_total_and_the_order_of_numbers() {
    let desk = Fake::zammad().await;
    for title in ["one", "two", "three"] {
        desk.open("alice@example.test", title, "text");
    }
    desk.answer("1", "The first is the newest now", false);
    let first = call(
        &desk,
        "GET",
        "tickets?page=1&per_page=2",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(first.each("", "id"), [1, 2]);
    let second = call(
        &desk,
        "GET",
        "tickets?page=2&per_page=2",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(second.each("", "id"), [3]);
    let found = call(
        &desk,
        "GET",
        "tickets/search?query=*&limit=2",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(
        (&found.body["tickets"], &found.body["tickets_count"]),
        (&json!([1, 3]), &json!(2))
    );
    let found = call(
        &desk,
        "GET",
        "tickets/search?query=title:two&expand=true",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(found.each("", "title"), ["two"]);
}

#[tokio::test]
async fn states_are_known_by_their_type() {
    let desk = Fake::zammad().await;
    desk.open("alice@example.test", "one", "text");
    let states = call(&desk, "GET", "ticket_states", ALICE, json!(null)).await;
    let kind = |name: &str| {
        states
            .body
            .as_array()
            .unwrap()
            .iter()
            .find(|s| s["name"] == name)
            .unwrap()["state_type_id"]
            .clone()
    };
    assert_eq!(
        (kind("closed"), kind("pending close")),
        (json!(5), json!(4))
    );
    // No customer merges; the answer is 200 all the same.
    let refused = call(&desk, "PUT", "tickets/1", ALICE, json!({"state": "merged"})).await;
    assert_eq!(
        (refused.status, desk.ticket("1").status.as_str()),
        (200, "new")
    );
    call(&desk, "PUT", "tickets/1", ALICE, json!({"state": "closed"})).await;
    assert!(desk.ticket("1").resolved_at.is_some());
    let body = json!({"state": "open", "article": {"body": "Again"}});
    call(&desk, "PUT", "tickets/1", ALICE, body).await;
    assert_eq!(
        (
            desk.ticket("1").messages.len(),
            desk.ticket("1").resolved_at
        ),
        (2, None)
    );
}
