//! Who follows a request: what they are written, what they may read, and what they may not do.

use portico_contract::code::QueryCode;
use portico_tests::api::complaint;
use portico_tests::mailbox::Letter;
use portico_tests::{Api, Options, Reply, Server, until};
use serde_json::{Value, json};

use crate::events::Stream;
use crate::promises::clock;

const COLLEAGUE: &str = "colleague@example.com";

async fn server() -> Server {
    let options = Options {
        test_clock: true,
        ..Options::unlimited()
    };
    let server = Server::with(options).await;
    clock(&server, "2026-03-02T10:00:00").await;
    server
}

async fn follow(api: &Api, id: &str, email: &str, remove: bool) -> Reply {
    let path = format!("/requests/{id}/actions/follow");
    let body = json!({"email": email, "remove": remove});
    api.post(&path).new_key().json(&body).send().await
}

async fn desk(server: &Server, path: &str, body: Value) {
    let done = server.desk().post(path).json(&body).send().await;
    assert!(done.status.is_success(), "{}", done.text());
}

/// Waits for the letter whose text has these words, and that there is one of it.
async fn letter(server: &Server, to: &str, words: &str) -> Letter {
    until("a letter", || async {
        let letters = server.letters_to(to);
        let mut found = letters.iter().filter(|letter| letter.text.contains(words));
        match (found.next(), found.next()) {
            (Some(letter), None) => Ok(letter.clone()),
            _ => Err(format!("{words}: {letters:?}")),
        }
    })
    .await
}

async fn subjects(api: &Api) -> Vec<String> {
    let list = api.get("/requests").send().await.expect_status(200).json;
    let items = list["items"].as_array().unwrap();
    let subject = |item: &Value| item["subject"].as_str().unwrap().to_owned();
    items.iter().map(subject).collect()
}

/// A request in English of a customer who has a name.
async fn named(server: &Server) -> (Api, String, String) {
    let customer = server.customer("a@example.com").await;
    let mut body = complaint("Charged twice", None);
    body["locale"] = json!("en");
    body["contact"] = json!({"name": "Chan Tai Man"});
    let created = customer.submit(&body).await;
    let (id, reference) = (
        created.text_at("/request/id"),
        created.text_at("/request/reference"),
    );
    (customer, id, reference)
}

#[tokio::test]
async fn who_is_added_is_told_by_whom_and_then_all_that_the_customer_is_told() {
    let server = server().await;
    let (customer, id, reference) = named(&server).await;
    follow(&customer, &id, " Colleague@Example.com ", false)
        .await
        .expect_status(200);
    let added = letter(&server, COLLEAGUE, "keep you informed").await;
    assert!(
        added.text.contains("Chan Tai Man") && added.text.contains("Stop following"),
        "{}",
        added.text
    );
    let link = format!("/requests/{reference}");
    assert!(added.subject.contains(&reference) && added.text.contains(&link));
    // Once more is no news.
    follow(&customer, &id, COLLEAGUE, false)
        .await
        .expect_status(200);

    let request = format!("/requests/{id}");
    let reply = json!({"body": {"format": "text", "value": "SECRET-REPLY"}, "public": true});
    desk(&server, &format!("{request}/messages"), reply.clone()).await;
    let mut note = reply;
    note["public"] = json!(false);
    desk(&server, &format!("{request}/messages"), note).await;
    let told = letter(&server, COLLEAGUE, "The service desk has replied.").await;
    assert!(
        !told.text.contains("SECRET-REPLY") && !told.text.contains("/track"),
        "{}",
        told.text
    );
    desk(
        &server,
        &format!("{request}/proposal"),
        json!({"text": "We pay it back."}),
    )
    .await;
    letter(&server, COLLEAGUE, "has proposed a solution").await;
    desk(
        &server,
        &format!("{request}/status"),
        json!({"status": "open"}),
    )
    .await;
    let moved = json!({"reason": "The bank is slow.", "due_at": "2026-04-01T00:00:00+08:00"});
    desk(
        &server,
        &format!("{request}/promises/formal_reply/move"),
        moved,
    )
    .await;
    letter(&server, COLLEAGUE, "The bank is slow.").await;
    clock(&server, "2026-04-01T00:00:00").await;
    letter(&server, COLLEAGUE, "What was promised is late.").await;
    let done = json!({"status": "resolved", "explanation": "It was paid back."});
    desk(&server, &format!("{request}/status"), done).await;
    letter(&server, COLLEAGUE, "It was paid back.").await;
    // One for being added, and one for each of these.
    let all = server.letters_to(COLLEAGUE);
    assert_eq!(all.len(), 6, "{all:?}");

    follow(&customer, &id, COLLEAGUE, true)
        .await
        .expect_status(200);
    desk(
        &server,
        &format!("{request}/status"),
        json!({"status": "closed", "explanation": "Over and out."}),
    )
    .await;
    letter(&server, "a@example.com", "Over and out.").await;
    assert_eq!(server.letters_to(COLLEAGUE).len(), 6);
}

#[tokio::test]
async fn a_letter_is_in_the_language_of_who_follows_else_in_that_of_the_request() {
    let server = server().await;
    let (customer, id, _) = named(&server).await;
    let known = server.customer("known@example.com").await;
    let me = known
        .call(reqwest::Method::PATCH, "/me")
        .json(&json!({"locale": "zh-Hant"}));
    me.send().await.expect_status(200);
    for email in ["known@example.com", "stranger@example.com"] {
        follow(&customer, &id, email, false)
            .await
            .expect_status(200);
    }
    letter(&server, "known@example.com", "不再關注").await;
    letter(&server, "stranger@example.com", "Stop following").await;
    let open = json!({"status": "resolved"});
    desk(&server, &format!("/requests/{id}/status"), open).await;
    letter(&server, "known@example.com", "狀態已更新").await;
}

#[tokio::test]
async fn who_follows_reads_that_request_alone_and_can_do_nothing_but_stop() {
    let server = server().await;
    let (customer, id, _) = named(&server).await;
    customer.submit(&complaint("Another matter", None)).await;
    follow(&customer, &id, COLLEAGUE, false)
        .await
        .expect_status(200);
    follow(&customer, &id, "third@example.com", false)
        .await
        .expect_status(200);
    let reply = json!({"body": {"format": "text", "value": "We look into it."}, "public": true});
    desk(&server, &format!("/requests/{id}/messages"), reply).await;

    let colleague = server.customer(COLLEAGUE).await;
    assert_eq!(subjects(&colleague).await, ["Charged twice"]);
    let seen = colleague.get(&format!("/requests/{id}")).send().await;
    let seen = seen.expect_status(200).json;
    assert_eq!(
        (&seen["following"], &seen["unread_count"]),
        (&json!(true), &json!(2)),
        "the third one and the reply came after they did"
    );
    let followers = async |api: &Api| {
        let items = api.all(&format!("/requests/{id}/timeline"), 100).await;
        let told = items.into_iter().filter(|item| item["kind"] == "follower");
        told.map(|item| format!("{} {}", item["event"].as_str().unwrap(), item["email"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        followers(&colleague).await,
        ["added \"colleague@example.com\"", "added null"]
    );
    assert_eq!(
        followers(&customer).await,
        [
            "added \"colleague@example.com\"",
            "added \"third@example.com\""
        ]
    );
    assert_eq!(seen["ladder"], json!([]));
    assert!(
        !seen["status_meaning"].as_str().unwrap().contains("your"),
        "{}",
        seen["status_meaning"]
    );
    let promises = seen["promises"].as_array().unwrap();
    assert!(promises.len() > 2 && promises.iter().all(|p| p["next_right"].is_null()));
    let participants = seen["participants"].as_array().unwrap();
    assert_eq!(
        participants.len(),
        1,
        "others are not named: {participants:?}"
    );
    assert_eq!(participants[0]["email"], COLLEAGUE);
    for (action, state) in seen["actions"].as_object().unwrap() {
        let allowed = action == "follow";
        assert_eq!(state["allowed"], json!(allowed), "{action}");
        if !allowed {
            assert_eq!(state["reason"], "following", "{action}");
        }
    }
    let items = colleague
        .all(&format!("/requests/{id}/timeline"), 100)
        .await;
    let mine = items
        .iter()
        .filter(|item| item["author"]["me"] == json!(true));
    assert_eq!(
        (items[0]["kind"].as_str(), mine.count()),
        (Some("message"), 0)
    );
    let days = format!("/requests/{id}/promises/formal_reply/days");
    colleague.get(&days).send().await.expect_status(200);

    // Reading does not mark it as read for who it belongs to.
    let read = json!({"up_to": "2030-01-01T00:00:00Z"});
    let path = format!("/requests/{id}/seen");
    colleague
        .post(&path)
        .json(&read)
        .send()
        .await
        .expect_status(204);
    let own = customer.get(&format!("/requests/{id}")).send().await.json;
    assert_eq!(
        (&own["unread_count"], &own["following"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(own["participants"].as_array().unwrap().len(), 2);
    // But it does for them.
    let read = colleague.get(&format!("/requests/{id}")).send().await.json;
    assert_eq!(read["unread_count"], json!(0));
    let earlier = json!({"up_to": "2026-01-01T00:00:00Z"});
    let earlier = colleague.post(&path).json(&earlier).send().await;
    earlier.expect_status(204);
    let again = colleague.get(&format!("/requests/{id}")).send().await.json;
    assert_eq!(again["unread_count"], json!(0), "what was read stays read");

    let words = json!({"comment": "Please."});
    let message = json!({"body": {"format": "text", "value": "Me too."}});
    let mut tries = vec![(format!("/requests/{id}/messages"), message)];
    for action in [
        "confirm",
        "reopen",
        "withdraw",
        "chase",
        "escalate",
        "review",
        "accept_proposal",
        "decline_proposal",
    ] {
        tries.push((format!("/requests/{id}/actions/{action}"), words.clone()));
    }
    tries.push((
        format!("/requests/{id}/actions/edit"),
        json!({"subject": "Mine"}),
    ));
    let wish = json!({"contact": {"phone": "+85223456789"}, "topic": "It", "request_id": id,
        "preferred_at": "2026-03-03T10:00:00+08:00"});
    tries.push(("/callbacks".to_owned(), wish));
    for remove in [true, false] {
        let other = json!({"email": "third@example.com", "remove": remove});
        tries.push((format!("/requests/{id}/actions/follow"), other));
    }
    for (path, body) in tries {
        let tried = colleague.post(&path).new_key().json(&body).send().await;
        let tried = tried.expect_problem(409, "action_not_allowed");
        assert_eq!(tried.json["reason"], "following", "{path}");
    }
    let own = customer.get(&format!("/requests/{id}")).send().await.json;
    assert_eq!(own["subject"], "Charged twice");

    // To stop is always possible, and then there is nothing any more.
    let stopped = follow(&colleague, &id, COLLEAGUE, true)
        .await
        .expect_status(200);
    assert_eq!(stopped.json["id"], id.as_str());
    assert_eq!(
        followers(&customer).await[2],
        "left \"colleague@example.com\""
    );
    follow(&customer, &id, "third@example.com", true)
        .await
        .expect_status(200);
    assert_eq!(
        followers(&customer).await[3],
        "removed \"third@example.com\""
    );
    expect_nothing(&colleague, &id).await;
}

async fn expect_nothing(api: &Api, id: &str) {
    for path in ["", "/timeline", "/promises/formal_reply/days"] {
        let read = api.get(&format!("/requests/{id}{path}")).send().await;
        read.expect_problem(404, "not_found");
    }
    follow(api, id, COLLEAGUE, true)
        .await
        .expect_problem(404, "not_found");
    assert_eq!(subjects(api).await, Vec::<String>::new());
}

#[tokio::test]
async fn who_is_taken_out_finds_nothing_at_once_also_when_the_request_has_ended_and_after_a_restart()
 {
    let mut server = server().await;
    let (customer, id, _) = named(&server).await;
    let colleague = server.customer(COLLEAGUE).await;
    expect_nothing(&colleague, &id).await;
    follow(&customer, &id, COLLEAGUE, false)
        .await
        .expect_status(200);
    let mut stream = Stream::open(&colleague, None).await;
    let status = format!("/requests/{id}/status");
    desk(&server, &status, json!({"status": "open"})).await;
    assert_eq!(stream.next().await.unwrap().data["request_id"], id.as_str());
    server.kill();
    server.restart().await;
    assert_eq!(subjects(&colleague).await, ["Charged twice"]);
    let stranger = server.customer("stranger@example.com").await;
    expect_nothing(&stranger, &id).await;

    desk(&server, &status, json!({"status": "closed"})).await;
    follow(&customer, &id, COLLEAGUE, true)
        .await
        .expect_status(200);
    expect_nothing(&colleague, &id).await;
    // Nobody is let in any more, though.
    let late = follow(&customer, &id, COLLEAGUE, false).await;
    let late = late.expect_problem(409, "action_not_allowed");
    assert_eq!(late.json["reason"], "already_closed");
    // Nor does the stream tell of it.
    let mut stream = Stream::open(&colleague, None).await;
    desk(&server, &status, json!({"status": "open"})).await;
    let own = colleague
        .submit(&complaint("My own", None))
        .await
        .text_at("/request/id");
    assert_eq!(
        stream.next().await.unwrap().data["request_id"],
        own.as_str()
    );
    server.kill();
    server.restart().await;
    assert_eq!(subjects(&colleague).await, ["My own"]);
}

#[tokio::test]
async fn a_guest_lets_somebody_follow_who_gets_no_way_in_of_the_guest() {
    let server = server().await;
    let created = server
        .guest()
        .submit(&complaint("Charged twice", Some("g@example.com")))
        .await;
    let id = created.text_at("/request/id");
    let code = created.text_at("/query_code");
    assert!(QueryCode::parse(&code).is_ok());
    let codes = json!({"reference": created.text_at("/request/reference"), "query_code": code});
    let token = server
        .guest()
        .post("/track")
        .json(&codes)
        .send()
        .await
        .text_at("/token");
    let guest = server.guest().bearer(token);
    follow(&guest, &id, COLLEAGUE, false)
        .await
        .expect_status(200);
    let told = until("the letter", || async {
        let letters = server.letters_to(COLLEAGUE);
        letters.first().cloned().ok_or_else(|| "none".to_owned())
    })
    .await;
    assert!(told.text.contains("Chan Tai Man"), "{}", told.text);
    assert!(
        !told.text.contains("#t=") && !told.text.contains(&code),
        "{}",
        told.text
    );
    // Who owns it by a proven address is no follower of it.
    let owner = server.customer("g@example.com").await;
    follow(&guest, &id, "g@example.com", false)
        .await
        .expect_status(200);
    let seen = owner
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_status(200);
    assert_eq!(seen.json["following"], json!(false));
}

#[tokio::test]
async fn who_lets_many_strangers_follow_comes_to_a_limit() {
    let options = Options {
        config: Some("[rates]\nnew_requests = { count = 3, minutes = 10 }\n".to_owned()),
        ..Options::default()
    };
    let server = Server::with(options).await;
    let customer = server.customer("a@example.com").await;
    let created = customer.submit(&complaint("Charged twice", None)).await;
    let id = created.text_at("/request/id");
    for email in ["b@example.com", "c@example.com"] {
        follow(&customer, &id, email, false)
            .await
            .expect_status(200);
    }
    let refused = follow(&customer, &id, "d@example.com", false).await;
    refused.expect_problem(429, "rate_limited");
    let seen = customer.get(&format!("/requests/{id}")).send().await.json;
    assert_eq!(seen["participants"].as_array().unwrap().len(), 2);
    follow(&customer, &id, "b@example.com", true)
        .await
        .expect_status(200);
}
