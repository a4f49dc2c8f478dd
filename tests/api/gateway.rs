//! Requests that lie at another desk: a Request Tracker that goes away, loses answers, refuses and talks nonsense.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{TimeDelta, Utc};
use portico_contract::submission::Created;
use portico_tests::api::{complaint, read, until_read};
use portico_tests::request_tracker::CREDENTIAL;
use portico_tests::server::HOOK_SECRET;
use portico_tests::{Api, DeskFault, Options, Reply, RequestTracker, Server, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A server whose every request goes to the desk, with more lines in the desk's section.
pub(crate) async fn gateway(desk: &RequestTracker, more: &str) -> Server {
    let config = desk.section(&format!("default = true\n{more}"));
    let options = Options {
        config: Some(config),
        ..Options::default()
    };
    Server::with(options.and_unlimited()).await
}

pub(crate) async fn submit(api: &Api, key: Uuid, body: &Value) -> Reply {
    let call = api.post("/requests").language("en").key(key).json(body);
    call.send().await
}

/// A customer's list of requests.
pub(crate) async fn listed(customer: &Api) -> Value {
    let list = customer.get("/requests").send().await;
    list.expect_status(200).json
}

pub(crate) async fn timeline(api: &Api, id: &str) -> Vec<Value> {
    let path = format!("/requests/{id}/timeline");
    let page = api.get(&path).language("en").send().await;
    let page = page.expect_status(200).json;
    page["items"].as_array().unwrap().clone()
}

pub(crate) fn messages(timeline: &[Value]) -> Vec<&str> {
    let messages = timeline.iter().filter(|item| item["kind"] == "message");
    messages
        .map(|item| item["body"]["value"].as_str().unwrap())
        .collect()
}

/// A customer, and their request at the desk: its id here and its number there.
pub(crate) async fn lying(server: &Server, desk: &RequestTracker) -> (Api, String, u64) {
    let customer = server.customer("alice@example.test").await;
    let body = complaint("Charged twice", None);
    let created = submit(&customer, Uuid::new_v4(), &body)
        .await
        .expect_status(201);
    let id = created.text_at("/request/id");
    (customer, id, desk.ticket().id)
}

/// The desk resolves the ticket; gives the request as its customer reads it then.
async fn resolved(desk: &RequestTracker, ticket: u64, customer: &Api, id: &str) -> Value {
    desk.sets(ticket, "resolved");
    until_read(customer, id, "it to be resolved", |r| {
        r["status"] == "resolved"
    })
    .await
}

pub(crate) fn write(api: &Api, id: &str, key: Uuid, words: &str) -> portico_tests::Call {
    let body = json!({"body": {"format": "text", "value": words}});
    api.post(&format!("/requests/{id}/messages"))
        .key(key)
        .json(&body)
}

async fn act(api: &Api, id: &str, name: &str, body: &Value) -> Reply {
    let path = format!("/requests/{id}/actions/{name}");
    api.post(&path).new_key().json(body).send().await
}

/// The place in the stream of changes after everything that was told so far.
async fn now(customer: &Api) -> String {
    let changes = customer.get("/changes").send().await;
    changes.expect_status(200).text_at("/next")
}

/// What came after a place tells of the request, and the desk's answer stands in it.
async fn told_since(customer: &Api, since: &str, id: &str) {
    let changes = customer
        .get(&format!("/changes?since={since}&wait=20"))
        .send()
        .await;
    assert_eq!(
        changes.expect_status(200).json["items"][0]["request_id"],
        id
    );
    assert_eq!(messages(&timeline(customer, id).await)[1], "Here we are");
}

pub(crate) async fn token(server: &Server, created: &Reply) -> Api {
    let codes = json!({"reference": created.text_at("/request/reference"), "query_code": created.text_at("/query_code")});
    let tracked = server.guest().post("/track").json(&codes).send().await;
    server
        .guest()
        .bearer(tracked.expect_status(200).text_at("/token"))
}

#[tokio::test]
async fn a_submission_lies_at_the_desk_and_is_answered_as_the_desk_has_it() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let upload = server
        .guest()
        .upload("bill.txt", "text/plain", b"12.50")
        .await;
    let mut body = complaint("Charged <twice>", Some("Guest@Example.test"));
    body["attachment_ids"] = json!([upload]);
    body["contact"]["phone"] = json!("+86 20 1234 5678");
    let reply = submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(201);
    let created: Created = reply.decode();
    let ticket = desk.ticket();
    assert_eq!(ticket.requestor, "guest@example.test");
    assert_eq!(
        (ticket.queue.as_str(), ticket.subject.as_str()),
        ("Support", "Charged <twice>")
    );
    assert_eq!(ticket.files(), ["bill.txt"]);
    let text = &ticket.messages()[0];
    assert!(
        text.contains("charged twice") && text.contains("+86 20 1234 5678"),
        "{text}"
    );
    assert!(
        text.ends_with(&created.request.reference.to_string()),
        "{text}"
    );
    assert_eq!(created.request.status.as_str(), "new");
    assert!(created.receipt.is_some() && !created.request.promises.is_empty());

    let api = token(&server, &reply).await;
    let told = timeline(&api, &reply.text_at("/request/id")).await;
    assert_eq!(messages(&told), ["The invoice of March was charged twice."]);
    assert_eq!(told[0]["attachments"][0]["name"], "bill.txt");
    let statuses: Vec<_> = told.iter().filter(|i| i["kind"] == "status").collect();
    assert_eq!(statuses.len(), 1, "{told:?}");
    assert_eq!(
        (&statuses[0]["from"], &statuses[0]["to"]),
        (&Value::Null, &json!("new"))
    );
    assert!(!server.log().contains(CREDENTIAL) && !server.data_holds(CREDENTIAL));
}

#[tokio::test]
async fn while_the_desk_is_down_requests_are_taken_and_handed_over_later_once() {
    let mut desk = RequestTracker::absent().await;
    let server = gateway(&desk, "").await;
    let (guest, key) = (server.guest(), Uuid::new_v4());
    let body = complaint("Charged twice", Some("guest@example.test"));
    let first = submit(&guest, key, &body).await.expect_status(202);
    assert_eq!(first.json["request"]["status"], "queued");
    let reference = first.text_at("/request/reference");
    let again = submit(&guest, key, &body).await.expect_status(202);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json, first.json);
    let api = token(&server, &first).await;
    let id = first.text_at("/request/id");
    let queued = read(&api, &id).await;
    assert_eq!(queued["actions"]["withdraw"]["reason"], "queued");
    let waiting = server
        .desk()
        .get("/handovers")
        .send()
        .await
        .expect_status(200);
    assert_eq!(waiting.json["items"][0]["reference"], reference.as_str());
    assert_eq!(waiting.json["items"][0]["tried_again"], true);

    desk.open().await;
    let there = until_read(&api, &id, "the request to be there", |r| {
        r["status"] == "new"
    })
    .await;
    assert_eq!(there["reference"], reference.as_str());
    assert_eq!(desk.ticket().fields["Portal Key"], [id.as_str()]);
    let told = timeline(&api, &id).await;
    let statuses: Vec<_> = told
        .iter()
        .filter(|item| item["kind"] == "status")
        .map(|item| (item["from"].clone(), item["to"].clone()))
        .collect();
    assert_eq!(
        statuses,
        [
            (Value::Null, json!("queued")),
            (json!("queued"), json!("new"))
        ]
    );
    until("the letter that it is there", || async {
        let letters = server.letters_to("guest@example.test");
        let told = letters
            .iter()
            .any(|letter| letter.text.contains("reached the service desk"));
        if told {
            Ok(())
        } else {
            Err(format!("{letters:?}"))
        }
    })
    .await;
    let waiting = server.desk().get("/handovers").send().await;
    assert_eq!(waiting.json["items"], json!([]));
    desk.ticket();
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_ticket() {
    let desk = RequestTracker::start().await;
    desk.fail(DeskFault::LoseWrites);
    let server = gateway(&desk, "").await;
    let body = complaint("Charged twice", Some("guest@example.test"));
    let reply = submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(202);
    desk.ticket();
    desk.fail(None);
    let (api, id) = (token(&server, &reply).await, reply.text_at("/request/id"));
    until_read(&api, &id, "the request to be found", |r| {
        r["status"] == "new"
    })
    .await;
    desk.ticket();
}

#[tokio::test]
async fn a_desk_that_cannot_be_asked_whether_it_has_it_gets_no_second_ticket() {
    let desk = RequestTracker::start().await;
    desk.fail(DeskFault::LoseWrites);
    let server = gateway(&desk, "").await;
    let body = complaint("Charged twice", Some("guest@example.test"));
    let reply = submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(202);
    // Of this answer alone one would know that nothing was done.
    desk.fail(DeskFault::Status(429));
    until("the desk to be asked", || async {
        let waiting = server.desk().get("/handovers").send().await.json;
        match waiting["items"][0]["trouble"] == "the desk asks us to wait" {
            true => Ok(()),
            false => Err(waiting.to_string()),
        }
    })
    .await;
    desk.fail(None);
    let (api, id) = (token(&server, &reply).await, reply.text_at("/request/id"));
    until_read(&api, &id, "the request to be found", |r| {
        r["status"] == "new"
    })
    .await;
    desk.ticket();
}

#[tokio::test]
async fn a_server_killed_in_the_middle_makes_no_second_ticket() {
    let desk = RequestTracker::start().await;
    desk.fail(DeskFault::HangWrites);
    let mut server = gateway(&desk, "").await;
    let (guest, key) = (server.guest(), Uuid::new_v4());
    let body = complaint("Charged twice", Some("guest@example.test"));
    let sending = {
        let (guest, body) = (guest.clone(), body.clone());
        tokio::spawn(async move { guest.post("/requests").key(key).json(&body).attempt().await })
    };
    until("the desk to have it", || async {
        let count = desk.tickets().len();
        if count == 1 {
            Ok(())
        } else {
            Err(count.to_string())
        }
    })
    .await;
    server.kill();
    assert!(sending.await.unwrap().is_err());
    desk.fail(None);
    server.restart().await;
    // The same submission again: it is known, and gets the codes that the first answer would have brought.
    let reply = submit(&guest, key, &body).await.expect_status(202);
    let (api, id) = (token(&server, &reply).await, reply.text_at("/request/id"));
    until_read(&api, &id, "the request to be found", |r| {
        r["status"] == "new"
    })
    .await;
    assert_eq!(desk.ticket().fields["Portal Key"], [id.as_str()]);
}

#[tokio::test]
async fn what_the_desk_refuses_waits_for_a_person_and_everybody_is_told() {
    let desk = RequestTracker::start().await;
    desk.refuse("create");
    let server = gateway(&desk, "").await;
    let body = complaint("Charged twice", Some("guest@example.test"));
    let reply = submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(202);
    let (api, id) = (token(&server, &reply).await, reply.text_at("/request/id"));
    let told = timeline(&api, &id).await;
    let words = told.iter().find_map(|item| item["explanation"].as_str());
    assert!(
        words.is_some_and(|words| words.contains("passes it on by hand")),
        "{told:?}"
    );
    let waiting = server.desk().get("/handovers").send().await.json;
    assert_eq!(waiting["items"][0]["tried_again"], false, "{waiting}");
    assert!(
        waiting["items"][0]["trouble"]
            .as_str()
            .unwrap()
            .contains("Queue"),
        "{waiting}"
    );
    assert!(server.log().contains("not taken by its desk"));

    desk.refuse(None);
    let again = server
        .desk()
        .post(&format!("/requests/{id}/hand-over"))
        .json(&json!({}));
    again.send().await.expect_status(202);
    until_read(&api, &id, "the request to be there", |r| {
        r["status"] == "new"
    })
    .await;
    desk.ticket();
    let again = server
        .desk()
        .post(&format!("/requests/{id}/hand-over"))
        .json(&json!({}));
    again.send().await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn what_the_desk_says_is_seen_and_its_notes_are_not() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let promise = |request: &Value| {
        let promises = request["promises"].as_array().unwrap();
        let first = promises.iter().find(|p| p["key"] == "acknowledgement");
        first.unwrap()["state"].clone()
    };
    assert_eq!(promise(&read(&customer, &id).await), "running");
    desk.notes(ticket, "He always complains");
    desk.writes(
        ticket,
        "<p>We look <b>into it</b>.</p><script>alert(1)</script><p>Ada &amp; team</p>",
        "text/html",
        &[("../plan.pdf", "application/pdf", b"%PDF-1.4 the plan")],
    );
    desk.gives_to(ticket, "Ada Agent");
    let seen = until_read(&customer, &id, "the answer", |r| r["unread_count"] == 1).await;
    assert_eq!(
        (promise(&seen), &seen["handler"]["name"]),
        (json!("kept"), &json!("Ada Agent"))
    );
    assert_eq!(seen["as_of"], Value::Null);
    let told = timeline(&customer, &id).await;
    assert_eq!(messages(&told)[1], "We look into it.\nAda & team");
    assert!(!format!("{told:?}").contains("always complains"));
    let answer = told
        .iter()
        .find(|item| item["author"]["role"] == "agent")
        .unwrap();
    assert_eq!(answer["author"]["name"], "Ada Agent");
    let file = &answer["attachments"][0];
    assert_eq!(
        (&file["name"], &file["sha256"]),
        (&json!("plan.pdf"), &Value::Null)
    );
    assert!(!server.data_holds("%PDF-1.4 the plan"));

    let path = format!("/attachments/{}", file["id"].as_str().unwrap());
    let content = customer.get(&path).send().await.expect_status(200);
    assert_eq!(content.bytes, b"%PDF-1.4 the plan");
    assert!(
        content
            .header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    assert!(
        content
            .header("content-security-policy")
            .unwrap()
            .contains("sandbox")
    );
    let stranger = server.customer("mallory@example.test").await;
    for path in [
        path,
        format!("/requests/{id}"),
        format!("/requests/{id}/timeline"),
    ] {
        stranger
            .get(&path)
            .send()
            .await
            .expect_problem(404, "not_found");
    }
    until("the letter about the answer", || async {
        let letters = server.letters_to("alice@example.test");
        let told = letters
            .iter()
            .filter(|letter| letter.text.contains("repl"))
            .count();
        if told >= 1 {
            Ok(())
        } else {
            Err(format!("{letters:?}"))
        }
    })
    .await;
}

#[tokio::test]
async fn a_ticket_is_resolved_confirmed_and_opened_again() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let seen = resolved(&desk, ticket, &customer, &id).await;
    assert_eq!(seen["actions"]["confirm"]["allowed"], true);
    let closed = act(&customer, &id, "confirm", &json!({"comment": "It works"})).await;
    assert_eq!(closed.expect_status(200).json["status"], "closed");
    assert_eq!(desk.ticket().status, "resolved");
    // It would open the ticket again.
    assert_eq!(desk.ticket().messages().len(), 1);
    assert!(desk.ticket().fields["Portal State"][0].starts_with("confirmed "));
    let opened = act(&customer, &id, "reopen", &json!({"comment": "It does not"})).await;
    let opened = opened.expect_status(200).json;
    assert_eq!(opened["status"], "open");
    let rounds: Vec<_> = opened["promises"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["round"])
        .collect();
    assert!(
        rounds.contains(&&json!(1)) && rounds.contains(&&json!(2)),
        "{rounds:?}"
    );
    assert_eq!(desk.ticket().status, "open");
    let told = timeline(&customer, &id).await;
    assert_eq!(messages(&told)[1..], ["It does not"]);
    assert!(
        told.iter().any(|item| item["explanation"] == "It works"),
        "{told:?}"
    );
    let withdrawn = act(&customer, &id, "withdraw", &json!({}))
        .await
        .expect_status(200);
    assert_eq!(
        (&withdrawn.json["status"], &withdrawn.json["outcome"]),
        (&json!("closed"), &json!("withdrawn"))
    );
    assert_eq!(messages(&timeline(&customer, &id).await).len(), 2);
}

#[tokio::test]
async fn a_message_is_written_once_whatever_becomes_of_its_answer() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let key = Uuid::new_v4();
    desk.fail(DeskFault::Status(503));
    write(&customer, &id, key, "More of it")
        .send()
        .await
        .expect_problem(503, "backend_unavailable");
    assert_eq!(messages(&timeline(&customer, &id).await).len(), 1);
    desk.fail(DeskFault::LoseWrites);
    write(&customer, &id, key, "More of it")
        .send()
        .await
        .expect_problem(503, "backend_unavailable");
    assert_eq!(desk.ticket().messages()[1..], ["More of it"]);
    desk.fail(None);
    // In between somebody reads, and the desk says the same words.
    desk.answers(ticket, "More of it");
    until_read(&customer, &id, "the answer", |r| r["unread_count"] == 1).await;
    let written = write(&customer, &id, key, "More of it")
        .send()
        .await
        .expect_status(201);
    assert_eq!(written.json["author"]["me"], true);
    assert_eq!(desk.ticket().messages().len(), 3);
    let told = timeline(&customer, &id).await;
    assert_eq!(messages(&told).len(), 3, "{told:?}");
    let replay = write(&customer, &id, key, "More of it")
        .send()
        .await
        .expect_status(201);
    assert_eq!(replay.json, written.json);
    // Another one in the same words is another one.
    write(&customer, &id, Uuid::new_v4(), "More of it")
        .send()
        .await
        .expect_status(201);
    assert_eq!(desk.ticket().messages().len(), 4);
}

#[tokio::test]
async fn a_message_that_the_desk_still_writes_after_a_kill_is_not_written_twice() {
    let desk = RequestTracker::start().await;
    let mut server = gateway(&desk, "").await;
    let (customer, id, _) = lying(&server, &desk).await;
    desk.fail(DeskFault::LateWrites);
    let key = Uuid::new_v4();
    let sending = tokio::spawn(write(&customer, &id, key, "More of it").attempt());
    until("the desk to be told", || async {
        let calls = desk.calls();
        match calls.iter().any(|call| call.ends_with("/correspond")) {
            true => Ok(()),
            false => Err(format!("{calls:?}")),
        }
    })
    .await;
    server.kill();
    assert!(sending.await.unwrap().is_err());
    desk.fail(None);
    server.restart().await;
    // The desk does not have it yet, and is at it.
    let again = write(&customer, &id, key, "More of it").send().await;
    again.expect_problem(409, "in_progress");
    assert_eq!(desk.ticket().messages().len(), 1);
    assert_eq!(desk.does_what_is_late(), 1);
    write(&customer, &id, key, "More of it")
        .send()
        .await
        .expect_status(201);
    assert_eq!(desk.ticket().messages()[1..], ["More of it"]);
    assert_eq!(messages(&timeline(&customer, &id).await).len(), 2);
}

#[tokio::test]
async fn what_a_customer_writes_is_no_news_to_them_also_where_it_opens_the_ticket() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let seen = resolved(&desk, ticket, &customer, &id).await;
    let up_to = json!({"up_to": seen["updated_at"]});
    let call = customer.post(&format!("/requests/{id}/seen")).new_key();
    call.json(&up_to).send().await.expect_status(204);
    assert_eq!(read(&customer, &id).await["unread_count"], 0);
    write(&customer, &id, Uuid::new_v4(), "It is not")
        .send()
        .await
        .expect_status(201);
    let opened = read(&customer, &id).await;
    assert_eq!(
        (&opened["status"], &opened["unread_count"]),
        (&json!("open"), &json!(0))
    );
    // What the desk says meanwhile is news.
    desk.answers(ticket, "Why?");
    write(&customer, &id, Uuid::new_v4(), "It rings")
        .send()
        .await
        .expect_status(201);
    assert_eq!(read(&customer, &id).await["unread_count"], 1);
}

#[tokio::test]
async fn a_message_takes_its_files_along() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, _) = lying(&server, &desk).await;
    let upload = customer
        .upload("proof.txt", "text/plain", b"the proof")
        .await;
    let body = json!({"body": {"format": "text", "value": "See"}, "attachment_ids": [upload]});
    let path = format!("/requests/{id}/messages");
    let written = customer
        .post(&path)
        .new_key()
        .json(&body)
        .send()
        .await
        .expect_status(201);
    assert_eq!(written.json["attachments"][0]["name"], "proof.txt");
    assert_eq!(desk.ticket().files(), ["proof.txt"]);
    let wrong = json!({"body": {"format": "text", "value": "See"}, "attachment_ids": ["nothing"]});
    let refused = customer.post(&path).new_key().json(&wrong).send().await;
    refused.expect_invalid("/attachment_ids/0");
    assert_eq!(desk.ticket().messages().len(), 2);
}

#[tokio::test]
async fn a_change_that_the_desk_does_not_make_is_not_told_as_made() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    resolved(&desk, ticket, &customer, &id).await;
    desk.refuse("status");
    act(&customer, &id, "reopen", &json!({}))
        .await
        .expect_problem(502, "backend_rejected");
    assert_eq!(read(&customer, &id).await["status"], "resolved");
}

#[tokio::test]
async fn a_desk_that_cannot_be_read_leaves_what_is_known_and_says_so() {
    let faults = [
        DeskFault::Status(500),
        DeskFault::Status(401),
        DeskFault::Html,
        DeskFault::SignIn,
        DeskFault::Huge,
        DeskFault::Hang,
    ];
    let each = faults.map(|fault| async move {
        let desk = RequestTracker::start().await;
        let server = gateway(&desk, "").await;
        let (customer, id, ticket) = lying(&server, &desk).await;
        desk.fail(fault);
        desk.answers(ticket, "Not seen yet");
        let old = until_read(&customer, &id, "the age of what is known", |r| {
            r["as_of"].is_string()
        })
        .await;
        assert_eq!(old["status"], "new", "{fault:?}");
        assert_eq!(messages(&timeline(&customer, &id).await).len(), 1);
        let list = customer.get("/requests").send().await.expect_status(200);
        assert!(list.json["items"][0]["as_of"].is_string(), "{fault:?}");
        if fault != DeskFault::Hang {
            let refused = write(&customer, &id, Uuid::new_v4(), "More").send().await;
            refused.expect_problem(503, "backend_unavailable");
        }
        desk.fail(None);
        let now = until_read(&customer, &id, "the desk again", |r| r["unread_count"] == 1).await;
        assert_eq!(now["as_of"], Value::Null, "{fault:?}");
    });
    futures::future::join_all(each).await;
}

#[tokio::test]
async fn a_slow_desk_keeps_nobody_waiting_for_long() {
    let desk = RequestTracker::start().await;
    desk.fail(DeskFault::HangWrites);
    let server = gateway(&desk, "submit_seconds = 1\n").await;
    let body = complaint("Charged twice", Some("guest@example.test"));
    let reply = submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(202);
    assert_eq!(reply.json["request"]["status"], "queued");
}

#[tokio::test]
async fn a_wrong_credential_is_the_operators_to_mend_and_loses_nothing() {
    let desk = RequestTracker::start().await;
    let section = desk
        .section("default = true\n")
        .replace("PORTICO_TEST_CREDENTIAL", "PORTICO_TEST_HOOK");
    let options = Options {
        config: Some(section),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let body = complaint("Charged twice", Some("guest@example.test"));
    submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(202);
    let waiting = server.desk().get("/handovers").send().await.json;
    assert_eq!(
        waiting["items"][0]["trouble"],
        "the desk does not take our credential"
    );
    assert_eq!(waiting["items"][0]["tried_again"], true);
    assert!(!server.log().contains(HOOK_SECRET));
    assert!(desk.tickets().is_empty());
}

#[tokio::test]
async fn what_came_to_the_desk_by_telephone_is_in_the_list_of_its_customer_alone() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let number = desk.telephone(
        "alice@example.test",
        "The line is dead",
        "She rang at nine.",
    );
    desk.notes(number, "Angry");
    let customer = server.customer("alice@example.test").await;
    let list = listed(&customer).await;
    assert_eq!(list["total"], 1, "{list}");
    let taken = &list["items"][0];
    assert_eq!(
        (&taken["subject"], &taken["status"]),
        (&json!("The line is dead"), &json!("new"))
    );
    let id = taken["id"].as_str().unwrap();
    assert_eq!(
        messages(&timeline(&customer, id).await),
        ["She rang at nine."]
    );
    assert_eq!(listed(&customer).await["total"], 1);
    let other = server.customer("mallory@example.test").await;
    assert_eq!(listed(&other).await["total"], 0);
    other
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_problem(404, "not_found");
    write(&customer, id, Uuid::new_v4(), "It is alive")
        .send()
        .await
        .expect_status(201);
    assert_eq!(
        desk.ticket().messages(),
        ["She rang at nine.", "It is alive"]
    );
}

#[tokio::test]
async fn the_desk_says_by_its_web_hook_that_something_changed() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "webhook_secret_env = \"PORTICO_TEST_HOOK\"\n").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let hooks = Api::new(server.url("/hooks"));
    let news = json!({"ticket": {"id": ticket}});
    for (path, secret) in [("/rt", "wrong"), ("/other", HOOK_SECRET), ("/rt", "")] {
        let told = hooks.bearer(secret).post(path).json(&news).send().await;
        told.expect_problem(401, "unauthenticated");
    }
    let since = now(&customer).await;
    desk.answers(ticket, "Here we are");
    let told = hooks
        .bearer(HOOK_SECRET)
        .post("/rt")
        .json(&news)
        .send()
        .await;
    told.expect_status(204);
    told_since(&customer, &since, &id).await;
}

#[tokio::test]
async fn every_makers_web_hook_is_understood_with_a_token_or_a_password() {
    let desk = RequestTracker::start().await;
    let more = "webhook_secret_env = \"PORTICO_TEST_HOOK\"\npoll_seconds = 3600\n";
    let server = gateway(&desk, more).await;
    let (customer, _, ticket) = lying(&server, &desk).await;
    let text = ticket.to_string();
    let password = STANDARD.encode(format!("portico:{HOOK_SECRET}"));
    let token = format!("Bearer {HOOK_SECRET}");
    let password = format!("Basic {password}");
    for (name, sent, proof) in [
        ("Request Tracker", json!({"ticket_id": ticket}), &token),
        (
            "Redmine",
            json!({"payload": {"action": "updated", "issue": {"id": ticket}}}),
            &token,
        ),
        (
            "django-helpdesk",
            json!({"ticket": {"id": ticket}, "queue_slug": "q", "followup_id": 1}),
            &password,
        ),
        (
            "Zammad",
            json!({"ticket": {"id": ticket, "number": "20007"}, "article": {"id": 5}}),
            &password,
        ),
        (
            "Zendesk, an event",
            json!({"id": "e-1", "type": "zen:event-type:x", "detail": {"id": text}}),
            &token,
        ),
        ("Zendesk, a trigger", json!({"ticket_id": text}), &password),
        (
            "Jira",
            json!({"webhookEvent": "jira:issue_updated", "issue": {"id": "10", "key": text}}),
            &token,
        ),
        (
            "Freshdesk",
            json!({"freshdesk_webhook": {"ticket_id": ticket}}),
            &password,
        ),
    ] {
        let since = now(&customer).await;
        desk.answers(ticket, name);
        let hook = Api::new(server.url("/hooks")).post("/rt").json(&sent);
        let told = hook.header("authorization", proof).send().await;
        told.expect_status(204);
        let changes = customer.get(&format!("/changes?since={since}&wait=20"));
        let changes = changes.send().await.expect_status(200);
        assert_eq!(
            changes.json["items"].as_array().map(Vec::len),
            Some(1),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_desk_is_asked_for_who_looks_live_and_for_nobody_else() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "poll_seconds = 1\n").await;
    let (alice, id, ticket) = lying(&server, &desk).await;
    let bob = server.customer("bob@example.test").await;
    let other = submit(&bob, Uuid::new_v4(), &complaint("Not looked at", None)).await;
    other.expect_status(201);
    let others = desk.tickets().iter().find(|t| t.id != ticket).unwrap().id;
    let asked = |desk: &RequestTracker| {
        let calls = desk.calls();
        let of_bob =
            |call: &&String| call.contains("bob%40") || call.contains(&format!("ticket/{others}"));
        calls.iter().filter(of_bob).count()
    };
    let before = asked(&desk);
    // Nobody looks without having proven who they are.
    let stranger = server.guest().get("/changes?since=0&wait=20").send().await;
    stranger.expect_problem(401, "unauthenticated");
    // Two rounds of asking, both for who looks.
    for words in ["Here we are", "Here we are again"] {
        let since = now(&alice).await;
        desk.answers(ticket, words);
        let changes = alice.get(&format!("/changes?since={since}&wait=20"));
        assert_eq!(
            changes.send().await.expect_status(200).json["items"][0]["request_id"],
            id
        );
    }
    assert_eq!(asked(&desk), before, "{:?}", desk.calls());
}

#[tokio::test]
async fn who_looks_live_is_told_without_a_web_hook() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "poll_seconds = 1\n").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let since = now(&customer).await;
    desk.answers(ticket, "Here we are");
    told_since(&customer, &since, &id).await;
}

#[tokio::test]
async fn the_desks_own_date_stands_in_place_of_the_policys() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let due = |request: &Value| {
        let promises = request["promises"].as_array().unwrap();
        let formal = promises
            .iter()
            .find(|p| p["key"] == "formal_reply")
            .unwrap();
        formal["due_at"]
            .as_str()
            .unwrap()
            .parse::<chrono::DateTime<Utc>>()
            .unwrap()
            .timestamp()
    };
    let first = Utc::now() + TimeDelta::hours(30);
    desk.sets_due(ticket, first);
    until_read(&customer, &id, "the desk's date", |r| {
        due(r) == first.timestamp()
    })
    .await;
    let later = first + TimeDelta::hours(10);
    desk.sets_due(ticket, later);
    let seen = until_read(&customer, &id, "the later date", |r| {
        due(r) == later.timestamp()
    })
    .await;
    let moved = seen["promises"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["key"] == "formal_reply")
        .unwrap();
    assert_eq!(moved["moved"].as_array().unwrap().len(), 1);
    assert_eq!(
        moved["moved"][0]["reason"],
        "The service desk has set another date."
    );
}

#[tokio::test]
async fn a_proposal_is_answered_here_and_the_desk_is_told() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, _) = lying(&server, &desk).await;
    let proposal = server
        .desk()
        .post(&format!("/requests/{id}/proposal"))
        .json(&json!({"text": "We pay it back"}));
    proposal.send().await.expect_status(200);
    let seen = read(&customer, &id).await;
    assert_eq!(
        (
            &seen["status"],
            &seen["actions"]["accept_proposal"]["allowed"]
        ),
        (&json!("pending"), &json!(true))
    );
    let accepted = act(
        &customer,
        &id,
        "accept_proposal",
        &json!({"comment": "Good"}),
    )
    .await;
    assert_eq!(accepted.expect_status(200).json["status"], "open");
    let told = desk.ticket().messages();
    assert!(told[1].ends_with("\n\nGood"), "{told:?}");
    // What was written for the desk is no message of theirs here.
    assert_eq!(messages(&timeline(&customer, &id).await).len(), 1);
    let asked = act(&customer, &id, "escalate", &json!({"comment": "Too slow"})).await;
    asked.expect_status(200);
    assert!(desk.ticket().messages()[2].ends_with("Too slow"));
    assert_eq!(messages(&timeline(&customer, &id).await).len(), 1);
}

#[tokio::test]
async fn what_the_desk_cannot_do_is_not_offered() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "state_field = \"\"\n").await;
    let (customer, id, _) = lying(&server, &desk).await;
    let actions = read(&customer, &id).await["actions"].clone();
    for action in ["confirm", "withdraw"] {
        assert!(actions.get(action).is_none(), "{actions}");
        act(&customer, &id, action, &json!({}))
            .await
            .expect_problem(404, "not_found");
    }
    assert!(actions.get("reply").is_some() && actions.get("reopen").is_some());
}

#[tokio::test]
async fn kinds_go_to_their_desk_and_the_others_stay() {
    let desk = RequestTracker::start().await;
    let options = Options {
        config: Some(desk.section("kinds = [\"complaint\"]\n")),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let customer = server.customer("alice@example.test").await;
    customer.submit(&complaint("Charged twice", None)).await;
    let mut question = complaint("How does it work?", None);
    question["type_id"] = json!("suggestion");
    customer.submit(&question).await;
    assert_eq!(desk.ticket().subject, "Charged twice");
    assert_eq!(customer.get("/requests").send().await.json["total"], 2);
}

#[tokio::test]
async fn who_gives_no_address_is_asked_for_one_unless_there_is_another() {
    let desk = RequestTracker::start().await;
    let mut body = complaint("Charged twice", None);
    body["contact"] = json!({"phone": "+86 20 1234 5678"});
    let server = gateway(&desk, "").await;
    let refused = submit(&server.guest(), Uuid::new_v4(), &body).await;
    refused.expect_invalid("/contact/email");
    let server = gateway(&desk, "stand_in = \"portal@example.test\"\n").await;
    submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(201);
    assert_eq!(desk.ticket().requestor, "portal@example.test");
}

#[tokio::test]
async fn the_desks_word_is_read_where_nobody_mapped_it_and_the_operators_where_there_is_one() {
    let desk = RequestTracker::start().await;
    let more = "[backend.rt.statuses]\n\"in repair\" = \
                { status = \"pending\", waiting_on = \"third_party\", label = \"Beim Monteur\" }\n";
    let server = gateway(&desk, more).await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    let labels = async || {
        let mut labels = BTreeSet::new();
        for language in ["en", "zh-Hans", "zh-Hant"] {
            let list = customer.get("/requests").language(language).send().await;
            let list = list.expect_status(200).json;
            let label = list["items"][0]["status_label"].as_str().unwrap();
            labels.insert(label.to_owned());
        }
        labels
    };
    for (theirs, status, shown) in [
        ("Waiting for parts", "open", "Waiting for parts"),
        ("in repair", "pending", "Beim Monteur"),
    ] {
        desk.sets(ticket, theirs);
        let seen = until_read(&customer, &id, theirs, |r| r["status_label"] == shown).await;
        assert_eq!(seen["status"], status);
        assert_eq!(labels().await, BTreeSet::from([shown.to_owned()]));
    }
    // For what is mapped without a label the contract has a word in each language.
    for theirs in ["open", "stalled"] {
        desk.sets(ticket, theirs);
        let status = if theirs == "open" { "open" } else { "pending" };
        until_read(&customer, &id, theirs, |r| r["status"] == status).await;
        let labels = labels().await;
        // Some words are the same in both Chinese scripts.
        assert!(labels.len() > 1 && !labels.contains(theirs), "{labels:?}");
    }
}

#[tokio::test]
async fn fields_are_shown_as_the_desk_has_them() {
    let desk = RequestTracker::start().await;
    let more = "[backend.rt.fields]\ninvoice_number = \"Invoice\"\namount = \"Amount\"\n\
                wished_result = \"Result\"\n";
    let server = gateway(&desk, more).await;
    let customer = server.customer("alice@example.test").await;
    let mut body = complaint("Charged twice", None);
    body["fields"] = json!({"invoice_number": "INV-1"});
    let created = submit(&customer, Uuid::new_v4(), &body)
        .await
        .expect_status(201);
    let (id, ticket) = (created.text_at("/request/id"), desk.ticket().id);
    assert_eq!(desk.ticket().fields["Invoice"], ["INV-1"]);
    let shown = |request: &Value| {
        let fields = request["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["id"] == "invoice_number");
        field.map_or(String::new(), |field| {
            field["display"].as_str().unwrap().to_owned()
        })
    };
    assert_eq!(shown(&created.json["request"]), "INV-1");
    desk.fills(ticket, "Invoice", &["INV-2\u{202e}"]);
    desk.fills(ticket, "Amount", &["12.50"]);
    desk.fills(ticket, "Result", &["Money back"]);
    desk.fills(ticket, "Cost centre", &["secret"]);
    let seen = until_read(&customer, &id, "the desk's value", |r| shown(r) == "INV-2").await;
    let value = |id: &str| {
        let fields = seen["fields"].as_array().unwrap();
        fields.iter().find(|field| field["id"] == id).unwrap()["value"].clone()
    };
    // As what the question takes, also where the desk has the label of an option.
    assert_eq!(
        (value("amount"), value("wished_result")),
        (json!(12.5), json!("refund"))
    );
    // What the operator has not named stays at the desk.
    assert!(!seen.to_string().contains("secret"), "{seen}");
    desk.fills(ticket, "Invoice", &[]);
    until_read(&customer, &id, "the field to be empty", |r| {
        shown(r).is_empty()
    })
    .await;
}

#[tokio::test]
async fn what_the_desk_answered_in_time_is_not_late_because_nobody_looked() {
    let desk = RequestTracker::start().await;
    let config = desk.section("default = true\n");
    let options = Options {
        config: Some(config),
        test_clock: true,
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    desk.answers(ticket, "We look into it");
    let later = (Utc::now() + TimeDelta::hours(25)).to_rfc3339();
    let clock = server.desk().post("/clock").json(&json!({"now": later}));
    clock.send().await.expect_status(200);
    let seen = until_read(&customer, &id, "the promise to be judged", |r| {
        r["promises"][0]["state"] != "running"
    })
    .await;
    assert_eq!(
        (&seen["promises"][0]["key"], &seen["promises"][0]["state"]),
        (&json!("acknowledgement"), &json!("kept"))
    );
    let told = timeline(&customer, &id).await;
    assert!(
        !told.iter().any(|item| item["change"] == "late"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_survey_is_offered_after_the_desk_has_resolved_it() {
    let desk = RequestTracker::start().await;
    let config = desk.section("default = true\n");
    let options = Options {
        config: Some(config),
        test_clock: true,
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    resolved(&desk, ticket, &customer, &id).await;
    let later = (Utc::now() + TimeDelta::days(3)).to_rfc3339();
    let clock = server.desk().post("/clock").json(&json!({"now": later}));
    clock.send().await.expect_status(200);
    until_read(&customer, &id, "the survey", |r| {
        r["survey"]["state"] == "offered"
    })
    .await;
}

#[tokio::test]
async fn the_doctor_says_what_is_missing_and_never_the_credential() {
    let desk = RequestTracker::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("portico.toml");
    std::fs::write(&config, desk.section("default = true\n")).unwrap();
    let examine = async |credential: &str| {
        let mut doctor = tokio::process::Command::new(portico_tests::server::program());
        doctor.args(["doctor", "--config"]).arg(&config);
        let done = doctor
            .env("PORTICO_TEST_CREDENTIAL", credential)
            .output()
            .await
            .unwrap();
        let text = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8(text).unwrap())
    };
    // The double has queues no more than custom fields: those are missing, and the credential is good.
    let (well, said) = examine(CREDENTIAL).await;
    assert!(
        !well && said.contains("Request Tracker 5.0.3: good"),
        "{said}"
    );
    let (well, said) = examine("wrong-4711").await;
    assert!(
        !well && !said.contains("wrong-4711") && !said.contains("5.0.3"),
        "{said}"
    );
    std::fs::write(&config, "").unwrap();
    let (well, said) = examine("").await;
    assert!(well && said.contains("embedded desk"), "{said}");
}
