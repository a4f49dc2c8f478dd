//! The life of a request between a customer and the desk.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use portico_contract::code::{QueryCode, Reference};
use portico_contract::request::Request;
use portico_contract::submission::Created;
use portico_contract::timeline::TimelineItem;
use portico_tests::api::complaint;
use portico_tests::{Api, Options, Reply, Server};
use serde_json::{Value, json};

use crate::promises::clock;

async fn act(customer: &Api, id: &str, action: &str) -> Reply {
    customer
        .post(&format!("/requests/{id}/actions/{action}"))
        .new_key()
        .json(&json!({}))
        .send()
        .await
}

async fn desk_status(server: &Server, id: &str, change: Value) -> Reply {
    server
        .desk()
        .post(&format!("/requests/{id}/status"))
        .json(&change)
        .send()
        .await
        .expect_status(200)
}

async fn read(customer: &Api, id: &str) -> Value {
    customer
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_status(200)
        .json
}

#[tokio::test]
async fn a_submission_answers_with_a_reference_a_query_code_and_a_signed_receipt() {
    let server = Server::start().await;
    let body = complaint("雙重收費 charged twice", Some("a@example.com"));
    let reply = server.guest().submit(&body).await;
    let created: Created = reply.decode();
    assert_eq!(created.request.subject, "雙重收費 charged twice");
    assert_eq!(created.request.kind.as_str(), "complaint");
    assert_eq!(created.request.status.as_str(), "new");
    assert_eq!(
        reply.header("location"),
        Some(format!("/portal/v1/requests/{}", created.request.id.as_str()).as_str())
    );

    let reference = reply.text_at("/request/reference");
    assert_eq!(reference.len(), 14, "{reference}");
    for said in [
        reference.to_lowercase(),
        reference.replace('-', ""),
        reference.replace('0', "O").replace('1', "l"),
    ] {
        assert_eq!(Reference::parse(&said).unwrap().to_string(), reference);
    }
    QueryCode::parse(&reply.text_at("/query_code")).unwrap();

    let receipt = created.receipt.unwrap();
    let content: Value = serde_json::from_str(&receipt.canonical).unwrap();
    assert_eq!(
        content.to_string(),
        receipt.canonical,
        "members are sorted, nothing stands between them"
    );
    assert_eq!(content["reference"], reference.as_str());
    assert_eq!(content["subject"], body["subject"]);
    assert_eq!(content["type"]["id"], body["type_id"]);
    assert_eq!(content["urgency"], "regular");
    let config = server.guest().get("/config").send().await.json;
    assert_eq!(config["receipt_keys"], json!([receipt.public_key]));
    let key: [u8; 32] = STANDARD
        .decode(&receipt.public_key)
        .unwrap()
        .try_into()
        .unwrap();
    let signature: [u8; 64] = STANDARD
        .decode(&receipt.signature)
        .unwrap()
        .try_into()
        .unwrap();
    let key = VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(
        receipt.canonical.as_bytes(),
        &Signature::from_bytes(&signature),
    )
    .unwrap();
}

#[tokio::test]
async fn the_guest_gets_a_receipt_by_mail_with_a_link_that_carries_no_code_in_its_path() {
    let server = Server::start().await;
    let created = server
        .guest()
        .submit(&complaint("Charged twice", Some("guest@example.com")))
        .await;
    let reference = created.text_at("/request/reference");
    let letter = portico_tests::until("the receipt", || async {
        server
            .letters_to("guest@example.com")
            .pop()
            .ok_or_else(|| "no mail".to_owned())
    })
    .await;
    assert!(
        letter.text.contains(&reference) || letter.subject.contains(&reference),
        "{letter:?}"
    );
    assert!(
        letter.text.contains(&created.text_at("/query_code")),
        "{letter:?}"
    );
    let link = letter
        .text
        .split_whitespace()
        .find(|word| word.contains("://"))
        .expect("a link");
    let (place, token) = link
        .split_once('#')
        .expect("the token stands in the fragment");
    assert!(token.len() >= 22 && !place.contains('?'), "{link}");
}

#[tokio::test]
async fn customer_and_desk_talk_and_what_is_internal_stays_inside() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let desk = server.desk();
    assert_eq!(desk.all("/requests", 10).await[0]["id"], id.as_str());

    let messages = format!("/requests/{id}/messages");
    let say = async |text: &str, public: bool| {
        desk.post(&messages)
            .json(&json!({"body": {"format": "text", "value": text}, "public": public}))
            .send()
            .await
            .expect_status(201)
    };
    say("We are looking into it.", true).await;
    say("CANARY-INTERNAL he always complains", false).await;
    let own = customer
        .post(&messages)
        .new_key()
        .json(&json!({"body": {"format": "text", "value": "Thank you."}}));
    let own = own.send().await.expect_status(201);
    let item: TimelineItem = own.decode();
    assert_eq!(own.json["author"]["me"], true);

    let timeline = customer
        .get(&format!("/requests/{id}/timeline"))
        .send()
        .await
        .expect_status(200);
    assert!(!timeline.text().contains("CANARY-INTERNAL"));
    let items: Vec<TimelineItem> = serde_json::from_value(timeline.json["items"].clone()).unwrap();
    assert!(
        items.windows(2).all(|pair| pair[0].at <= pair[1].at),
        "oldest first"
    );
    assert_eq!(items.iter().filter(|other| other.id == item.id).count(), 1);
    let said: Vec<(&str, &str)> = timeline.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["kind"] == "message")
        .map(|item| {
            (
                item["author"]["role"].as_str().unwrap(),
                item["body"]["value"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("customer", "The invoice of March was charged twice."),
            ("agent", "We are looking into it."),
            ("customer", "Thank you."),
        ]
    );
    assert!(
        !customer
            .get(&format!("/requests/{id}"))
            .send()
            .await
            .text()
            .contains("CANARY-INTERNAL")
    );
    assert!(
        !customer
            .get("/requests?q=CANARY-INTERNAL")
            .send()
            .await
            .text()
            .contains(&id),
        "the search looks at internal notes"
    );
    let inside = desk
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_status(200);
    assert!(
        inside.text().contains("CANARY-INTERNAL"),
        "the desk does not see its own note"
    );
}

#[tokio::test]
async fn a_reply_of_the_desk_is_mailed_counts_as_unread_and_is_read_once_seen() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    assert_eq!(read(&customer, &id).await["unread_count"], 0);
    let before = server.letters_to("a@example.com").len();
    let reply =
        json!({"body": {"format": "text", "value": "Please send the invoice."}, "public": true});
    server
        .desk()
        .post(&format!("/requests/{id}/messages"))
        .json(&reply)
        .send()
        .await
        .expect_status(201);
    assert_eq!(read(&customer, &id).await["unread_count"], 1);
    portico_tests::until("the mail about the reply", || async {
        if server.letters_to("a@example.com").len() > before {
            Ok(())
        } else {
            Err("no mail".to_owned())
        }
    })
    .await;
    let timeline = customer
        .get(&format!("/requests/{id}/timeline"))
        .send()
        .await
        .expect_status(200);
    let last = timeline.json["items"].as_array().unwrap().last().unwrap()["at"].clone();
    let seen = customer
        .post(&format!("/requests/{id}/seen"))
        .json(&json!({"up_to": last}))
        .send()
        .await;
    assert!(seen.status.is_success(), "{}", seen.text());
    assert_eq!(read(&customer, &id).await["unread_count"], 0);
}

#[tokio::test]
async fn confirm_and_reopen_exist_on_what_is_resolved_and_say_why_not_before() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let fresh = read(&customer, &id).await;
    for (action, allowed) in [
        ("reply", true),
        ("withdraw", true),
        ("edit", true),
        ("confirm", false),
        ("reopen", false),
    ] {
        assert_eq!(
            fresh["actions"][action]["allowed"], allowed,
            "{action}: {}",
            fresh["actions"]
        );
    }
    assert_eq!(fresh["actions"]["confirm"]["reason"], "not_resolved");
    act(&customer, &id, "reopen")
        .await
        .expect_problem(409, "action_not_allowed");

    let resolved =
        json!({"status": "resolved", "outcome": "remedied", "explanation": "We paid it back."});
    desk_status(&server, &id, resolved).await;
    let resolved = read(&customer, &id).await;
    assert_eq!(resolved["status"], "resolved");
    assert_eq!(resolved["outcome"], "remedied");
    assert!(resolved["resolved_at"].is_string());
    assert_eq!(resolved["actions"]["confirm"]["allowed"], true);
    assert_eq!(resolved["actions"]["reopen"]["allowed"], true);
    assert!(
        resolved["actions"]["reopen"]["until"].is_string(),
        "{}",
        resolved["actions"]
    );
    assert!(
        customer
            .get(&format!("/requests/{id}/timeline"))
            .send()
            .await
            .text()
            .contains("We paid it back.")
    );

    let reopened = act(&customer, &id, "reopen").await.expect_status(200).json;
    assert_eq!(reopened["status"], "open");
    assert_eq!(reopened["resolved_at"], Value::Null);
    desk_status(
        &server,
        &id,
        json!({"status": "resolved", "outcome": "compensated"}),
    )
    .await;
    let confirmed = act(&customer, &id, "confirm").await.expect_status(200);
    let confirmed: Request = confirmed.decode();
    assert_eq!(confirmed.status.as_str(), "closed");
    assert!(confirmed.closed_at.is_some());
    let closed = read(&customer, &id).await;
    assert_eq!(
        closed["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["state"] != "done")
            .count(),
        0
    );
    for (action, state) in closed["actions"].as_object().unwrap() {
        let open = matches!(action.as_str(), "reopen" | "review");
        assert_eq!(state["allowed"], open, "{action}");
    }
    act(&customer, &id, "confirm")
        .await
        .expect_problem(409, "action_not_allowed");
    let late = json!({"body": {"format": "text", "value": "One more thing"}});
    let late = customer
        .post(&format!("/requests/{id}/messages"))
        .new_key()
        .json(&late)
        .send()
        .await;
    late.expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn the_window_for_reopening_ends() {
    let server = Server::with(Options {
        test_clock: true,
        ..Options::default()
    })
    .await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    desk_status(
        &server,
        &id,
        json!({"status": "resolved", "outcome": "done"}),
    )
    .await;
    let until = read(&customer, &id).await["actions"]["reopen"]["until"]
        .as_str()
        .unwrap()
        .to_owned();
    let until = chrono::DateTime::parse_from_rfc3339(&until).unwrap();
    let clock = async |moment: chrono::DateTime<chrono::FixedOffset>| {
        let set = server
            .desk()
            .post("/clock")
            .json(&json!({"now": moment.to_rfc3339()}))
            .send()
            .await;
        assert!(set.status.is_success(), "{}", set.text());
    };
    clock(until - chrono::TimeDelta::seconds(60)).await;
    assert_eq!(
        read(&customer, &id).await["actions"]["reopen"]["allowed"],
        true
    );
    clock(until + chrono::TimeDelta::seconds(1)).await;
    let over = read(&customer, &id).await;
    assert_eq!(over["actions"]["reopen"]["allowed"], false);
    assert_eq!(over["actions"]["reopen"]["reason"], "window_over");
    act(&customer, &id, "reopen")
        .await
        .expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn the_clock_cannot_be_moved_unless_the_server_was_started_for_tests() {
    let server = Server::start().await;
    let set = server
        .desk()
        .post("/clock")
        .json(&json!({"now": "2030-01-01T00:00:00Z"}))
        .send()
        .await;
    set.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_request_can_be_edited_while_it_is_new_and_withdrawn_until_it_ends() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twise", None))
        .await
        .text_at("/request/id");
    let path = format!("/requests/{id}/actions/edit");
    let edit = async |change: Value| customer.post(&path).new_key().json(&change).send().await;
    let better = json!({"subject": "Charged twice", "body": {"format": "text", "value": "In March and in April."}});
    assert_eq!(
        edit(better).await.expect_status(200).json["subject"],
        "Charged twice"
    );
    assert!(
        customer
            .get(&format!("/requests/{id}/timeline"))
            .send()
            .await
            .text()
            .contains("In March and in April.")
    );
    edit(json!({"subject": ""}))
        .await
        .expect_invalid("/subject");
    edit(json!({"fields": {"no_such_field": "x"}}))
        .await
        .expect_invalid("/fields/no_such_field");
    edit(json!({"status": "closed"}))
        .await
        .expect_invalid("/status");

    desk_status(&server, &id, json!({"status": "open"})).await;
    assert_eq!(
        read(&customer, &id).await["actions"]["edit"],
        json!({"allowed": false, "reason": "not_new"})
    );
    edit(json!({"subject": "Too late"}))
        .await
        .expect_problem(409, "action_not_allowed");
    let withdrawn = act(&customer, &id, "withdraw")
        .await
        .expect_status(200)
        .json;
    assert_eq!(
        (withdrawn["status"].as_str(), withdrawn["outcome"].as_str()),
        (Some("closed"), Some("withdrawn"))
    );
}

/// A catalogue of one type with a field for up to three files.
fn with_a_file_field() -> Value {
    let words = |text: &str| json!({"en": text, "zh-Hans": text, "zh-Hant": text});
    let field = json!({"id": "evidence", "type": "file", "label": words("Evidence"), "required": false, "max": 3});
    json!({"types": [{"id": "claim", "kind": "complaint", "steps": "four", "name": words("Claim"),
        "description": words("A claim."), "article_ids": [], "fields": [field]}]})
}

#[tokio::test]
async fn a_file_that_is_taken_out_of_its_field_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request-types.json");
    std::fs::write(&file, with_a_file_field().to_string()).unwrap();
    let server = Server::with(Options {
        config: Some(format!("request_types = \"{}\"\n", file.display())),
        ..Options::default()
    })
    .await;
    let customer = server.customer("a@example.com").await;
    let upload = async |name: &str, text: &str| {
        customer
            .upload(&format!("{name}.txt"), "text/plain", text.as_bytes())
            .await
    };
    let body = json!({"type_id": "claim", "subject": "Broken", "body": {"format": "text", "value": "See the files."},
        "attachment_ids": [upload("letter", "CANARY-LETTER").await],
        "fields": {"evidence": [upload("one", "CANARY-ONE").await, upload("two", "CANARY-TWO").await]}});
    let created = customer.submit(&body).await;
    let id = created.text_at("/request/id");
    let evidence = |request: &Value| {
        let value = &request["fields"][0]["value"];
        let ids = value.as_array().unwrap().iter();
        ids.map(|id| id.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let kept = evidence(&created.json["request"]);
    let change = async |files: &[String]| {
        let edit = json!({"fields": {"evidence": files}});
        let path = format!("/requests/{id}/actions/edit");
        let changed = customer.post(&path).new_key().json(&edit).send().await;
        changed.expect_status(200).json
    };
    let names = async || {
        let timeline = customer.get(&format!("/requests/{id}/timeline")).send();
        let timeline = timeline.await.expect_status(200).json;
        let files = timeline["items"][0]["attachments"].as_array().unwrap();
        let names = files.iter().map(|file| file["name"].as_str().unwrap());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let download = async |id: &str| customer.get(&format!("/attachments/{id}")).send().await;
    assert_eq!(names().await, ["letter.txt", "one.txt", "two.txt"]);

    let left = evidence(&change(&kept[1..]).await);
    assert_eq!(left, kept[1..]);
    assert_eq!(names().await, ["letter.txt", "two.txt"]);
    download(&kept[0]).await.expect_problem(404, "not_found");
    assert_eq!(download(&kept[1]).await.text(), "CANARY-TWO");
    assert!(!server.data_holds("CANARY-ONE"), "its content is kept");
    // A new one comes behind those that stayed.
    let more = [kept[1].clone(), upload("three", "CANARY-THREE").await];
    change(&more).await;
    assert_eq!(names().await, ["letter.txt", "two.txt", "three.txt"]);
    // What came with the message is in no field and stays.
    change(&[]).await;
    assert_eq!(names().await, ["letter.txt"]);
    assert!(server.data_holds("CANARY-LETTER") && !server.data_holds("CANARY-TWO"));
}

#[tokio::test]
async fn the_desk_reaches_any_status_and_says_whose_turn_it_is() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    for status in ["open", "pending", "resolved", "closed", "open", "new"] {
        desk_status(&server, &id, json!({"status": status})).await;
        let seen = read(&customer, &id).await;
        assert_eq!(seen["status"], status);
        assert!(
            !seen["status_label"].as_str().unwrap().is_empty()
                && !seen["status_meaning"].as_str().unwrap().is_empty()
        );
    }
    let change = json!({"status": "pending", "waiting_on": "customer", "grade": "major", "class": "complex", "handler": {"name": "Ms Lee", "team": "Billing", "third_party": null}});
    desk_status(&server, &id, change).await;
    let seen = read(&customer, &id).await;
    assert_eq!(seen["waiting_on"], "customer");
    assert_eq!(seen["status_meaning"], "收到您的答复后，我们会继续处理。");
    assert_eq!(
        (seen["grade"].as_str(), seen["class"].as_str()),
        (Some("major"), Some("complex"))
    );
    assert_eq!(seen["handler"]["name"], "Ms Lee");
    let key = seen["steps"][1]["key"].as_str().unwrap().to_owned();
    server
        .desk()
        .post(&format!("/requests/{id}/step"))
        .json(&json!({"key": key}))
        .send()
        .await
        .expect_status(200);
    let states: Vec<Value> = read(&customer, &id).await["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["state"].clone())
        .collect();
    assert_eq!(states[..2], [json!("done"), json!("current")], "{states:?}");
}

#[tokio::test]
async fn the_desk_is_closed_to_everybody_without_its_token() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let nobody = Api::new(server.url("/desk/v1"));
    for stranger in [
        nobody.clone(),
        nobody.bearer("made-up"),
        nobody.bearer(customer.token().unwrap()),
    ] {
        stranger
            .get("/requests")
            .send()
            .await
            .expect_problem(401, "unauthenticated");
    }
    server
        .guest()
        .bearer(portico_tests::server::DESK_TOKEN)
        .get("/requests")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn every_type_of_the_catalogue_can_be_submitted_with_what_its_form_requires() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let types = customer
        .get("/request-types")
        .send()
        .await
        .expect_status(200);
    for summary in types.json["items"].as_array().unwrap() {
        let id = summary["id"].as_str().unwrap();
        let form = customer
            .get(&format!("/request-types/{id}"))
            .send()
            .await
            .expect_status(200);
        let required = form.json["fields"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|field| field["required"] == true);
        let fields: serde_json::Map<String, Value> = required
            .map(|field| {
                (
                    field["id"].as_str().unwrap().to_owned(),
                    json!("Sensible text"),
                )
            })
            .collect();
        let body = json!({"type_id": id, "subject": "Please help", "body": {"format": "text", "value": "Details"}, "fields": fields});
        let created = customer.submit(&body).await;
        assert_eq!(created.json["request"]["kind"], summary["kind"], "{id}");
        assert_eq!(
            created.json["request"]["fields"].as_array().unwrap().len(),
            fields.len(),
            "{id}"
        );
    }
}

/// A body that suits every action, and the words where one is needed.
fn body_of(action: &str) -> Value {
    match action {
        "reply" => json!({"body": {"format": "text", "value": "Thank you."}}),
        "edit" => json!({"subject": "Charged three times"}),
        "follow" => json!({"email": "colleague@example.com"}),
        "decline_proposal" | "escalate" | "review" => json!({"comment": "Not good enough"}),
        _ => json!({}),
    }
}

/// What a customer does: an action, or a message.
async fn attempt(customer: &Api, id: &str, action: &str) -> Reply {
    let path = match action {
        "reply" => format!("/requests/{id}/messages"),
        action => format!("/requests/{id}/actions/{action}"),
    };
    let call = customer.post(&path).new_key().language("en");
    call.json(&body_of(action)).send().await
}

async fn with_clock() -> Server {
    let options = Options {
        test_clock: true,
        ..Options::unlimited()
    };
    let server = Server::with(options).await;
    clock(&server, "2026-03-02T10:00:00").await;
    server
}

async fn submitted(customer: &Api) -> String {
    let created = customer.submit(&complaint("Charged twice", None)).await;
    created.text_at("/request/id")
}

/// A refused action says why in words and is shown so on the request; an allowed one is shown so and done.
async fn expect(customer: &Api, id: &str, action: &str, refusal: Option<&str>) {
    let shown = read(customer, id).await["actions"][action].clone();
    let done = attempt(customer, id, action).await;
    match refusal {
        None => {
            assert_eq!(shown["allowed"], true, "{action}: {shown}");
            assert!(done.status.is_success(), "{action}: {}", done.text());
        }
        Some(reason) => {
            assert_eq!(shown["reason"], reason, "{action}: {shown}");
            let refused = done.expect_problem(409, "action_not_allowed");
            assert_eq!(refused.json["reason"], reason, "{action}");
            let words = refused.text_at("/detail");
            assert!(!words.starts_with("refusal."), "{action}: {words}");
        }
    }
}

#[tokio::test]
async fn every_transition_is_allowed_or_refused_with_its_reason() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    let statuses = ["new", "open", "pending", "resolved", "closed"];
    let (not, resolved, closed) = (
        Some("not_resolved"),
        Some("already_resolved"),
        Some("already_closed"),
    );
    let none = Some("no_proposal");
    let table = [
        ("reply", [None, None, None, None, closed]),
        ("confirm", [not, not, not, None, closed]),
        ("reopen", [not, not, not, None, None]),
        ("withdraw", [None, None, None, resolved, closed]),
        ("accept_proposal", [none, none, none, resolved, closed]),
        ("decline_proposal", [none, none, none, resolved, closed]),
        ("chase", [None, None, None, resolved, closed]),
        ("escalate", [None, None, None, None, closed]),
        ("review", [not, not, not, None, None]),
        ("follow", [None, None, None, None, closed]),
        (
            "edit",
            [None, Some("not_new"), Some("not_new"), resolved, closed],
        ),
    ];
    let mut cases = Vec::new();
    for (action, row) in table {
        for (status, refusal) in statuses.into_iter().zip(row) {
            let id = submitted(&customer).await;
            if status != "new" {
                let mut change = json!({"status": status});
                if status == "pending" {
                    change["waiting_on"] = json!("provider");
                }
                desk_status(&server, &id, change).await;
            }
            cases.push((id, status, action, refusal));
        }
    }
    // Long enough that it can be asked where it is.
    clock(&server, "2026-03-03T11:00:00").await;
    for (id, status, action, refusal) in &cases {
        assert_eq!(read(&customer, id).await["status"], *status);
        expect(&customer, id, action, *refusal).await;
    }
    // "Attach" goes with a reply and is no action of its own.
    let attach = attempt(&customer, &cases[0].0, "attach").await;
    attach.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_proposal_is_accepted_or_declined_with_words_once() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    for (action, other, answer) in [
        ("accept_proposal", "decline_proposal", "accepted"),
        ("decline_proposal", "accept_proposal", "declined"),
    ] {
        let id = submitted(&customer).await;
        let propose = async || {
            let path = format!("/requests/{id}/proposal");
            let text = json!({"text": "We pay back one of the two."});
            server.desk().post(&path).json(&text).send().await
        };
        propose().await.expect_status(200);
        let waiting = read(&customer, &id).await;
        assert_eq!(
            (waiting["status"].as_str(), waiting["waiting_on"].as_str()),
            (Some("pending"), Some("customer"))
        );
        expect(&customer, &id, "chase", Some("your_turn")).await;
        expect(&customer, &id, action, None).await;
        expect(&customer, &id, other, Some("no_proposal")).await;
        let items = customer.all(&format!("/requests/{id}/timeline"), 100).await;
        let proposal = items
            .iter()
            .find(|item| item["kind"] == "proposal")
            .unwrap();
        assert_eq!(proposal["answer"], answer);
        assert_eq!(read(&customer, &id).await["status"], "open");
        desk_status(&server, &id, json!({"status": "resolved"})).await;
        propose().await.expect_problem(409, "action_not_allowed");
    }
    let id = submitted(&customer).await;
    let path = format!("/requests/{id}/proposal");
    for text in ["One", "Two"] {
        let proposed = server.desk().post(&path).json(&json!({"text": text}));
        proposed.send().await.expect_status(200);
    }
    let answers = async || {
        let items = customer.all(&format!("/requests/{id}/timeline"), 100).await;
        let proposals = items.iter().filter(|item| item["kind"] == "proposal");
        proposals
            .map(|item| item["answer"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(answers().await, [json!("replaced"), Value::Null]);
    desk_status(&server, &id, json!({"status": "resolved"})).await;
    assert_eq!(answers().await, ["replaced", "lapsed"]);
    expect(&customer, &id, "reopen", None).await;
    expect(&customer, &id, "accept_proposal", Some("no_proposal")).await;

    let id = submitted(&customer).await;
    let path = format!("/requests/{id}/actions/decline_proposal");
    let wordless = customer
        .post(&path)
        .new_key()
        .json(&json!({"comment": " "}));
    wordless.send().await.expect_invalid("/comment");
    portico_tests::until("the letters about the proposals", || async {
        let letters = server.letters_to("a@example.com");
        let count = letters
            .iter()
            .filter(|l| l.subject.contains("方案"))
            .count();
        if count == 4 {
            Ok(())
        } else {
            Err(format!("{count}"))
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_tells_business_time_as_the_rest_does() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    for path in ["/session", "/config"] {
        let told = customer.get(path).send().await.expect_status(200);
        let now = told.text_at("/server_now");
        assert!(now.starts_with("2026-03-02T"), "{path}: {now}");
    }
}

#[tokio::test]
async fn what_is_withdrawn_has_done_only_the_steps_that_it_reached() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    expect(&customer, &id, "withdraw", None).await;
    let withdrawn = read(&customer, &id).await;
    let steps = withdrawn["steps"].as_array().unwrap().iter();
    let states: Vec<_> = steps.map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(
        states,
        ["done", "next", "next", "next"],
        "nothing is done now"
    );
    let meaning = &withdrawn["status_meaning"];
    assert_eq!(meaning, "您已撤回这个服务单。");
}

#[tokio::test]
async fn a_result_is_the_answer_and_the_last_of_four_steps() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    desk_status(&server, &id, json!({"status": "resolved"})).await;
    let steps = read(&customer, &id).await["steps"].clone();
    let mut steps = steps.as_array().unwrap().iter();
    assert!(steps.all(|step| step["state"] == "done"));
}

#[tokio::test]
async fn chasing_and_escalating_have_their_limits_and_say_from_when_again() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    expect(&customer, &id, "chase", Some("too_soon")).await;
    let next = async || {
        let next = read(&customer, &id).await["actions"]["chase"]["next_at"].clone();
        let next = chrono::DateTime::parse_from_rfc3339(next.as_str().unwrap()).unwrap();
        let shanghai = chrono::FixedOffset::east_opt(8 * 3_600).unwrap();
        next.with_timezone(&shanghai).format("%d %H:%M").to_string()
    };
    assert_eq!(next().await, "03 10:00");
    for time in ["03T11", "04T12", "05T13"] {
        clock(&server, &format!("2026-03-{time}:00:00")).await;
        expect(&customer, &id, "chase", None).await;
        if time != "05T13" {
            expect(&customer, &id, "chase", Some("asked_lately")).await;
        }
    }
    expect(&customer, &id, "chase", Some("limit_reached")).await;
    // A word of the desk begins anew.
    desk_status(&server, &id, json!({"status": "open"})).await;
    clock(&server, "2026-03-06T14:00:00").await;
    expect(&customer, &id, "chase", None).await;

    for (level, target) in [(1, "the team leader"), (2, "the service manager")] {
        expect(&customer, &id, "escalate", None).await;
        let asked = customer.get(&format!("/requests/{id}")).language("en");
        let escalation = asked.send().await.json["escalation"].clone();
        assert_eq!(
            (&escalation["level"], &escalation["target"]),
            (&json!(level), &json!(target))
        );
    }
    expect(&customer, &id, "escalate", Some("top_reached")).await;
}

#[tokio::test]
async fn the_windows_for_reopening_and_for_a_review_end_and_there_is_one_review() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    let (id, other) = (submitted(&customer).await, submitted(&customer).await);
    for id in [&id, &other] {
        desk_status(&server, id, json!({"status": "closed"})).await;
    }
    clock(&server, "2026-03-16T10:01:00").await;
    expect(&customer, &id, "reopen", Some("window_over")).await;
    expect(&customer, &id, "review", None).await;
    desk_status(&server, &id, json!({"status": "resolved"})).await;
    expect(&customer, &id, "review", Some("reviewed")).await;
    clock(&server, "2026-04-01T10:01:00").await;
    expect(&customer, &other, "review", Some("review_over")).await;
    let ladder = read(&customer, &other).await["ladder"].clone();
    let rungs = ladder.as_array().unwrap().iter();
    let rungs: Vec<_> = rungs.map(|rung| (&rung["key"], &rung["state"])).collect();
    assert_eq!(rungs, [(&json!("outside_body"), &json!("current"))]);
}

#[tokio::test]
async fn followers_come_and_go_up_to_the_limit() {
    let server = with_clock().await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    let follow = async |email: &str, remove: bool| {
        let path = format!("/requests/{id}/actions/follow");
        let body = json!({"email": email, "remove": remove});
        customer.post(&path).new_key().json(&body).send().await
    };
    for n in 0..10 {
        follow(&format!("f{n}@example.com"), false)
            .await
            .expect_status(200);
    }
    follow("F0@example.com", false).await.expect_status(200);
    let refused = follow("one.more@example.com", false).await;
    let refused = refused.expect_problem(409, "action_not_allowed");
    assert_eq!(refused.json["reason"], "followers_full");
    let full = read(&customer, &id).await["actions"]["follow"].clone();
    assert_eq!(full, json!({"allowed": false, "reason": "followers_full"}));
    follow("nobody", false).await.expect_invalid("/email");
    follow("f0@example.com", true).await.expect_status(200);
    let seen = read(&customer, &id).await;
    assert_eq!(seen["participants"].as_array().unwrap().len(), 9);
    assert_eq!(seen["participants"][0]["email"], "f1@example.com");
}

#[tokio::test]
async fn what_the_policy_does_not_offer_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    let rights = "reopen_days = 14\nchase_hours = 24\nchase_limit = 0\nfollowers = 0\n";
    std::fs::write(&file, format!("calendar = \"CN\"\n[rights]\n{rights}")).unwrap();
    let server = Server::with(Options {
        config: Some(format!("policy = \"{}\"\n", file.display())),
        ..Options::default()
    })
    .await;
    let customer = server.customer("a@example.com").await;
    let id = submitted(&customer).await;
    let seen = read(&customer, &id).await;
    assert_eq!(
        (&seen["promises"], &seen["ladder"]),
        (&json!([]), &json!([]))
    );
    for action in ["chase", "escalate", "review", "follow"] {
        assert_eq!(seen["actions"][action], Value::Null, "{action}");
        let tried = attempt(&customer, &id, action).await;
        tried.expect_problem(404, "not_found");
    }
}
