//! Each desk behind the gateway, through the contract: what a customer does, and what an agent does in the desk itself.

use crate::agents::Desk;
use chrono::{TimeDelta, Utc};
use portico_connect::ticket::TicketId;
use portico_tests::{
    Api, Options, Server,
    api::{complaint, read, until_read},
    until,
};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use uuid::Uuid;

/// A `portico serve` whose every request goes to a desk.
pub(crate) struct Gateway {
    pub(crate) server: Server,
    _credential: NamedTempFile,
}

impl Gateway {
    /// Before the desk at `url`, with these options; their configuration must not have a table open at its end.
    pub(crate) async fn at(url: &str, desk: &Desk, mut options: Options) -> Self {
        let credential = NamedTempFile::new().unwrap();
        std::fs::write(credential.path(), &desk.credential).unwrap();
        let mut settings = desk.settings.clone();
        settings["url"] = url.into();
        settings["default"] = true.into();
        settings["poll_seconds"] = 1.into();
        // A machine that is busy is no desk that is away.
        settings["submit_seconds"] = 60.into();
        settings["credential_file"] = credential.path().to_str().into();
        // The complaint's own question is kept where the connectors' tests keep another one's.
        let field = settings["fields"]["order_number"].take();
        settings["fields"] = json!({"invoice_number": field});
        let lines: String = settings
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name} = {}\n", toml(value)))
            .collect();
        let config = options.config.get_or_insert_default();
        config.push_str(&format!("[backend.desk]\n{lines}"));
        Self {
            server: Server::with(options).await,
            _credential: credential,
        }
    }

    /// Before the desk, and nothing is counted.
    pub(crate) async fn before(desk: &Desk, test_clock: bool) -> Self {
        let options = Options {
            test_clock,
            ..Options::unlimited()
        };
        Self::at(desk.url(), desk, options).await
    }
}

/// A value in TOML. The texts of the desks' settings are written alike in both.
fn toml(value: &Value) -> String {
    let Value::Object(members) = value else {
        return value.to_string();
    };
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("{name:?} = {}", toml(value)))
        .collect();
    format!("{{ {} }}", members.join(", "))
}

/// The address of somebody of whom nobody has heard.
pub(crate) fn address() -> String {
    format!(
        "{}@example.test",
        &Uuid::new_v4().simple().to_string()[..12]
    )
}

/// The one ticket of a request.
pub(crate) async fn ticket(desk: &Desk, request: &str) -> TicketId {
    let found = desk.agent.find(request).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

async fn timeline(api: &Api, id: &str) -> Vec<Value> {
    let page = api.get(&format!("/requests/{id}/timeline")).send().await;
    let page = page.expect_status(200).json;
    page["items"].as_array().unwrap().clone()
}

/// Who said what.
fn said(timeline: &[Value]) -> Vec<(&str, &str)> {
    let messages = timeline.iter().filter(|item| item["kind"] == "message");
    messages
        .map(|item| {
            let words = item["body"]["value"].as_str().unwrap();
            (item["author"]["role"].as_str().unwrap(), words)
        })
        .collect()
}

async fn download(api: &Api, message: &Value) -> Vec<u8> {
    let file = message["attachments"][0]["id"].as_str().unwrap();
    let path = format!("/attachments/{file}");
    api.get(&path).send().await.expect_status(200).bytes
}

async fn act(api: &Api, id: &str, action: &str) -> Value {
    let path = format!("/requests/{id}/actions/{action}");
    let done = api.post(&path).new_key().json(&json!({})).send().await;
    done.expect_status(200).json
}

async fn resolved(desk: &Desk, api: &Api, id: &str, ticket: &TicketId) -> Value {
    desk.agent.resolve(ticket).await;
    until_read(api, id, "it to be resolved", |r| r["status"] == "resolved").await
}

const WORDS: &str = "Charged twice: {{ x }} <b>&amp;</b>\n\n第二行，扣了兩次 🦀";

pub(crate) async fn a_request_lives_its_whole_life_through_the_contract(desk: Desk) {
    let Gateway {
        server,
        _credential,
    } = Gateway::before(&desk, true).await;
    let (customer, other) = (
        server.customer(&address()).await,
        server.customer(&address()).await,
    );
    // Created, with a field and a file.
    let bill = b"%PDF-1.4 the bill\n\xff\0";
    let mut body = complaint("Charged twice {{ x }} 扣兩次", None);
    body["body"]["value"] = WORDS.into();
    body["fields"] = json!({"invoice_number": "INV-2042"});
    body["attachment_ids"] = json!([customer.upload("bill.pdf", "application/pdf", bill).await]);
    let created = customer.submit(&body).await;
    let (id, reference) = (
        created.text_at("/request/id"),
        created.text_at("/request/reference"),
    );
    assert_eq!(created.text_at("/request/status"), desk.first_status);
    let ticket = ticket(&desk, &id).await;
    let there = desk.agent.all(&ticket).await;
    for part in ["INV-2042", &reference, "bill.pdf"] {
        assert!(there.contains(part), "{part}: {there}");
    }

    // Listed and read, with the words as they were written.
    let list = async |who: &Api| who.all("/requests", 100).await;
    let mine = list(&customer).await;
    assert_eq!((mine.len(), &mine[0]["id"]), (1, &json!(id)));
    let now = |r: &Value| r["as_of"].is_null();
    let shown = until_read(&customer, &id, "the desk to be read", now).await;
    assert_eq!(shown["subject"], body["subject"]);
    let told = timeline(&customer, &id).await;
    assert_eq!(said(&told), [("customer", WORDS)]);
    assert_eq!(download(&customer, &told[0]).await, bill);

    // A reply with a file, which lies at the desk and is fetched from there.
    let photo = customer.upload("photo.txt", "text/plain", b"a photo").await;
    let reply = json!({"body": {"format": "text", "value": WORDS}, "attachment_ids": [photo]});
    let path = format!("/requests/{id}/messages");
    let written = customer.post(&path).new_key().json(&reply).send().await;
    let written = written.expect_status(201).json;
    assert_eq!(
        (&written["author"]["me"], &written["body"]["value"]),
        (&json!(true), &json!(WORDS))
    );
    assert_eq!(download(&customer, &written).await, b"a photo");

    // The desk notes something for itself, and answers.
    desk.agent.note(&ticket, "They must not read this.").await;
    desk.agent.answer(&ticket, "We look into it.").await;
    let seen = until("the answer", || async {
        let told = timeline(&customer, &id).await;
        match said(&told).last() {
            // Read after that, or it may still be without the answer.
            Some(("agent", _)) => Ok(read(&customer, &id).await),
            last => Err(format!("{last:?}")),
        }
    })
    .await;
    assert_ne!(seen["unread_count"], 0);
    let told = timeline(&customer, &id).await;
    assert_eq!(
        said(&told)[1..],
        [("customer", WORDS), ("agent", "We look into it.")]
    );
    let found = customer.get("/requests?q=must").send().await;
    let found = found.expect_status(200).json;
    assert_eq!(found["items"], json!([]));
    for shown in [&seen, &json!(told), &found, &json!(list(&customer).await)] {
        let shown = shown.to_string();
        assert!(
            !shown.contains("must not") && !shown.contains("secret"),
            "{shown}"
        );
    }

    // Another customer sees and does nothing.
    assert!(list(&other).await.is_empty());
    let answer = told.iter().find(|item| item["attachments"][0].is_object());
    let file = answer.unwrap()["attachments"][0]["id"].as_str().unwrap();
    for path in [
        format!("/requests/{id}"),
        format!("/requests/{id}/timeline"),
        format!("/attachments/{file}"),
    ] {
        let seen = other.get(&path).send().await;
        seen.expect_problem(404, "not_found");
    }
    for path in ["messages", "actions/withdraw"] {
        let path = format!("/requests/{id}/{path}");
        let mine = json!({"body": {"format": "text", "value": "mine?"}});
        let body = if path.ends_with("messages") {
            mine
        } else {
            json!({})
        };
        let done = other.post(&path).new_key().json(&body).send().await;
        done.expect_problem(404, "not_found");
    }
    assert!(!desk.agent.all(&ticket).await.contains("mine?"));

    // Resolved, confirmed, opened again, and confirmed for good.
    let seen = resolved(&desk, &customer, &id, &ticket).await;
    assert_eq!(seen["actions"]["confirm"]["allowed"], true);
    assert_eq!(act(&customer, &id, "confirm").await["status"], "closed");
    assert_eq!(act(&customer, &id, "reopen").await["status"], "open");
    resolved(&desk, &customer, &id, &ticket).await;
    let closed = act(&customer, &id, "confirm").await;
    assert_eq!(closed["status"], "closed");
    assert!(closed["closed_at"].is_string() && closed["resolved_at"].is_string());
    let messages = said(&timeline(&customer, &id).await).len();
    assert_eq!(
        messages, 3,
        "no doing of the customer's is a message of theirs"
    );

    // Asked how it was, and answered.
    let later = (Utc::now() + TimeDelta::days(3)).to_rfc3339();
    let clock = server.desk().post("/clock").json(&json!({"now": later}));
    clock.send().await.expect_status(200);
    until_read(&customer, &id, "the survey", |r| {
        r["survey"]["state"] == "offered"
    })
    .await;
    let link = format!("/requests/{id}/survey-link");
    let link = customer.post(&link).new_key().send().await;
    let path = format!(
        "/surveys/{}/response",
        link.expect_status(200).text_at("/token")
    );
    let rated = json!({"data": {"solving": 5, "attitude": 4, "quality": 5, "speed": 3}});
    let answered = server
        .guest()
        .post(&path)
        .new_key()
        .json(&rated)
        .send()
        .await;
    assert_eq!(answered.expect_status(200).json["state"], "answered");
    assert_eq!(read(&customer, &id).await["survey"]["state"], "answered");
}
