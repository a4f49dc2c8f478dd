use super::*;
use crate::{
    scripted::{Scripted, answer, html},
    submitted::tests::submission,
    transport::TransportError,
};
use serde_json::json;

fn alice() -> Customer {
    Customer {
        email: "alice@example.test".parse().unwrap(),
        name: Some("Alice".into()),
    }
}

fn rt(desk: &Arc<Scripted>) -> RequestTracker {
    let settings = json!({
        "url": "https://desk.test/rt/", "account": "portal", "queue": "Support",
        "queues": {"billing": "Complaints"}, "fields": {"order_number": "Order Number"},
    });
    let settings = serde_json::from_value(settings).unwrap();
    RequestTracker::new(settings, "1-2-abc", desk.clone()).unwrap()
}

const TICKETS: &str = "/rt/REST/2.0/tickets";

/// A ticket as RT lists it.
fn item(id: &str, email: &str, status: &str, fields: Value) -> Value {
    let fields = fields.as_object().unwrap().iter();
    let fields: Vec<_> = fields
        .map(|(name, value)| json!({"name": name, "values": [value]}))
        .collect();
    json!({
        "id": id, "type": "ticket", "Subject": "Router broken", "Status": status,
        "Created": "2026-11-21T18:50:35Z", "LastUpdated": "2026-11-21T19:00:00Z",
        "Resolved": if status == "resolved" { "2026-11-21T19:00:00Z" } else { "1970-01-01T00:00:00Z" },
        "Due": "1970-01-01T00:00:00Z", "Owner": {"id": "Nobody", "Name": "Nobody"},
        "Requestor": [{"id": "someone", "EmailAddress": email}], "Cc": [], "CustomFields": fields,
    })
}

fn items(items: Vec<Value>) -> Value {
    json!({"items": items, "count": 1, "total": null, "pages": null})
}

fn own(status: &str, fields: Value) -> Value {
    items(vec![item("7", "Alice@Example.test", status, fields)])
}

/// The JSON of a form.
fn message(call: &crate::Call) -> Value {
    let text = String::from_utf8_lossy(&call.body).into_owned();
    let (_, rest) = text.split_once("application/json\r\n\r\n").unwrap();
    serde_json::from_str(rest.split("\r\n--").next().unwrap()).unwrap()
}

fn id() -> TicketId {
    TicketId("7".into())
}

#[tokio::test]
async fn what_a_queue_drops_of_a_submission_is_noted_and_makes_no_second_ticket() {
    let desk = Scripted::new()
        .on(
            "POST",
            "/rt/REST/2.0/ticket",
            201,
            json!({"id": "7", "type": "ticket"}),
        )
        .on(
            "GET",
            TICKETS,
            200,
            own("new", json!({"Portal Key": submission().key})),
        )
        .on(
            "POST",
            "/rt/REST/2.0/ticket/7/comment",
            201,
            json!(["Comments added"]),
        );
    assert_eq!(rt(&desk).create(&alice(), &submission()).await, Ok(id()));
    let note = desk.sent("POST", "/rt/REST/2.0/ticket/7/comment");
    assert_eq!(
        note["Content"],
        "Not taken by this queue:\nOrder number: A-17"
    );
    // Whatever the customer is called, the requestor is the address that was checked.
    let sent = message(&desk.seen("POST", "/rt/REST/2.0/ticket")[0]);
    assert_eq!(sent["Requestor"], "alice@example.test");
    assert_eq!(
        (&sent["Queue"], &sent["Priority"]),
        (&json!("Support"), &json!("100"))
    );
}

#[tokio::test]
async fn what_is_written_and_cannot_be_read_back_is_written() {
    let gone = || Err(TransportError::Unreachable("refused".into()));
    let location = [("location", "/REST/2.0/transaction/48")];
    let desk = Scripted::new()
        .on("POST", "/rt/REST/2.0/ticket", 201, json!({"id": 7}))
        .say(
            "POST",
            "/rt/REST/2.0/ticket/7/correspond",
            answer(201, &location, "[]"),
        )
        .say("GET", TICKETS, gone())
        .on("GET", TICKETS, 200, own("open", json!({})))
        .say("GET", "/rt/REST/2.0/ticket/7/attachments", gone());
    let rt = rt(&desk);
    assert_eq!(rt.create(&alice(), &submission()).await, Ok(id()));
    let new = NewReply {
        body: "x".into(),
        files: Vec::new(),
    };
    assert_eq!(rt.reply(&alice(), &id(), &new).await, Ok("48".into()));
}

#[tokio::test]
async fn a_reply_by_mail_is_the_customers_own() {
    let gateway = "/rt/REST/1.0/NoAuth/mail-gateway";
    let line = |id: u64, who: &str| {
        let creator = json!({"id": who, "EmailAddress": format!("{who}@example.test")});
        let at = "2026-11-21T18:50:35Z";
        json!({"id": id, "Type": "Correspond", "Creator": creator, "Created": at})
    };
    let part = |id: u64, message: u64| json!({"id": id, "TransactionId": message, "ContentType": "text/plain"});
    let history = "/rt/REST/2.0/ticket/7/history";
    let desk = Scripted::new()
        .on("GET", TICKETS, 200, own("open", json!({})))
        .on("GET", history, 200, items(vec![line(1, "alice")]))
        .on(
            "GET",
            history,
            200,
            items(vec![line(1, "alice"), line(2, "bob"), line(3, "alice")]),
        )
        .on(
            "GET",
            "/rt/REST/2.0/ticket/7/attachments",
            200,
            items(vec![part(11, 1), part(12, 2), part(13, 3)]),
        )
        .on(
            "GET",
            "/rt/REST/2.0/attachment/",
            200,
            json!({"Content": "eA=="}),
        )
        .say("POST", gateway, answer(200, &[], "ok\nTicket: 7\n"))
        .say(
            "POST",
            gateway,
            answer(200, &[], "not ok - Permission Denied"),
        );
    let mut rt = rt(&desk);
    rt.settings.mail_gateway = true;
    assert!(rt.capabilities().own_identity);
    let new = NewReply {
        body: "x".into(),
        files: Vec::new(),
    };
    assert_eq!(rt.reply(&alice(), &id(), &new).await, Ok("3".into()));
    let call = &desk.seen("POST", gateway)[0];
    let sent = String::from_utf8_lossy(&call.body).into_owned();
    assert!(
        sent.contains("From: alice@example.test") && sent.contains("\r\n\r\n7\r\n"),
        "{sent}"
    );
    assert!(!call.headers.contains_key("authorization"));
    let refused = rt.reply(&alice(), &id(), &new).await;
    assert!(matches!(refused, Err(DeskError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn a_ticket_that_became_somebody_elses_is_refused() {
    let desk = Scripted::new()
        .on("POST", "/rt/REST/2.0/ticket", 201, json!({"id": 7}))
        .on(
            "GET",
            TICKETS,
            200,
            items(vec![item("7", "bob@example.test", "new", json!({}))]),
        );
    let made = rt(&desk).create(&alice(), &submission()).await;
    assert!(matches!(made, Err(DeskError::Refused(_))), "{made:?}");
}

#[tokio::test]
async fn a_yes_that_changed_nothing_is_refused() {
    let sentence = json!(["Ticket 7: Permission Denied"]);
    let desk = Scripted::new()
        .on("GET", TICKETS, 200, own("resolved", json!({})))
        .on("PUT", "/rt/REST/2.0/ticket/7", 200, sentence);
    for change in [Change::Reopen, Change::Confirm, Change::Withdraw] {
        let changed = rt(&desk).change(&alice(), &id(), change).await;
        assert!(
            matches!(changed, Err(DeskError::Refused(_))),
            "{change:?} {changed:?}"
        );
    }
    // And a message whose text did not come through.
    let reply_url = "/rt/REST/2.0/ticket/7/correspond";
    let location = [("location", "/REST/2.0/transaction/48")];
    let part =
        json!({"id": 5, "TransactionId": "48", "ContentType": "text/plain", "ContentLength": "1"});
    let desk = desk
        .say(
            "POST",
            reply_url,
            answer(201, &location, r#"["Correspondence added"]"#),
        )
        .on(
            "GET",
            "/rt/REST/2.0/ticket/7/attachments",
            200,
            items(vec![part]),
        )
        .on(
            "GET",
            "/rt/REST/2.0/attachment/5",
            200,
            json!({"Content": "eA==\n"}),
        );
    let new = |body: &str| NewReply {
        body: body.into(),
        files: Vec::new(),
    };
    assert_eq!(
        rt(&desk).reply(&alice(), &id(), &new("x")).await,
        Ok("48".into())
    );
    let other = rt(&desk).reply(&alice(), &id(), &new("y")).await;
    assert!(matches!(other, Err(DeskError::Refused(_))), "{other:?}");
}

#[tokio::test]
async fn rows_of_others_and_deleted_ones_are_left_out_and_no_total_is_needed() {
    let rows = vec![
        item("7", "alice@example.test", "waiting for parts", json!({})),
        item("8", "bob@example.test", "open", json!({})),
        item("9", "alice@example.test", "deleted", json!({})),
    ];
    let desk = Scripted::new().on("GET", TICKETS, 200, items(rows));
    let found = rt(&desk).list(&alice(), 0).await.unwrap();
    let ids: Vec<_> = found.rows.iter().map(|row| row.id.0.as_str()).collect();
    assert_eq!((ids, found.next), (vec!["7"], None));
    // A status that nobody mapped.
    assert_eq!(found.rows[0].standing.status, Status::Open);
    assert_eq!(
        found.rows[0].standing.label.as_deref(),
        Some("waiting for parts")
    );
    // A full page may have another after it, whatever RT does not say.
    let full = (0..50).map(|n| item(&n.to_string(), "alice@example.test", "new", json!({})));
    let desk = Scripted::new().on("GET", TICKETS, 200, items(full.collect()));
    assert_eq!(rt(&desk).list(&alice(), 3).await.unwrap().next, Some(4));
    assert!(
        desk.seen("GET", TICKETS)[0]
            .url
            .query()
            .unwrap()
            .contains("page=4")
    );
}

#[tokio::test]
async fn a_ticket_of_somebody_else_is_not_found_for_anything() {
    let desk = Scripted::new().on(
        "GET",
        TICKETS,
        200,
        items(vec![item("7", "bob@example.test", "open", json!({}))]),
    );
    let rt = rt(&desk);
    let new = NewReply {
        body: "x".into(),
        files: Vec::new(),
    };
    assert_eq!(rt.read(&alice(), &id()).await, Err(DeskError::NotFound));
    assert_eq!(
        rt.reply(&alice(), &id(), &new).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        rt.change(&alice(), &id(), Change::Confirm).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        rt.file(&alice(), &id(), &FileId("1".into())).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(rt.find(&alice(), "k").await, Ok(None));
}

#[tokio::test]
async fn nothing_gets_into_a_query_but_numbers_keys_and_addresses() {
    let desk = Scripted::new().on("GET", TICKETS, 200, items(Vec::new()));
    let rt = rt(&desk);
    for odd in ["7 OR id > 0", "7'", "", "-7", "7/history"] {
        assert_eq!(
            rt.read(&alice(), &TicketId(odd.into())).await,
            Err(DeskError::NotFound)
        );
    }
    assert_eq!(desk.seen("GET", TICKETS).len(), 0);
    assert!(rt.find(&alice(), "x' OR id > 0 OR 'a'='a").await.is_err());
    assert_eq!(desk.seen("GET", TICKETS).len(), 0);
    rt.find(&alice(), "k-1").await.unwrap();
    let asked = desk.seen("GET", TICKETS)[0].url.clone();
    let query = asked
        .query_pairs()
        .find(|(name, _)| name == "query")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(
        query,
        "Requestor.EmailAddress = 'alice@example.test' AND CF.{Portal Key} = 'k-1'"
    );
    // Nor do names of the settings.
    let settings = json!({"url": "https://desk.test", "account": "p", "queue": "a' OR id > 0"});
    let settings = serde_json::from_value(settings).unwrap();
    assert!(RequestTracker::new(settings, "t", desk).is_err());
}

fn conversation() -> Arc<Scripted> {
    let by =
        |name: &str| json!({"id": name, "RealName": "", "EmailAddress": format!("{name}@rt.test")});
    let at = "2026-11-21T18:50:35Z";
    let line = |id: u32, kind: &str, who: &str| json!({"id": id.to_string(), "Type": kind, "Creator": by(who), "Created": at});
    let history = items(vec![
        line(10, "Create", "portal"),
        line(11, "Comment", "agent"),
        line(12, "Correspond", "agent"),
        line(13, "Status", "agent"),
        line(14, "Correspond", "RT_System"),
    ]);
    let part = |id: u32, message: u32, name: &str, kind: &str| json!({"id": id, "TransactionId": message.to_string(), "Filename": name, "ContentType": kind, "ContentLength": "3"});
    let parts = items(vec![
        part(1, 10, "", "multipart/mixed"),
        part(2, 10, "", "text/html"),
        part(3, 10, "", "text/plain"),
        part(4, 10, "a.txt", "text/plain"),
        part(5, 11, "", "text/plain"),
        part(6, 11, "secret.txt", "text/plain"),
        part(7, 12, "", "text/html"),
        part(8, 14, "", "image/png"),
    ]);
    Scripted::new()
        .on("GET", TICKETS, 200, own("resolved", json!({})))
        .on("GET", "/rt/REST/2.0/ticket/7/history", 200, history)
        .on("GET", "/rt/REST/2.0/ticket/7/attachments", 200, parts)
        .on(
            "GET",
            "/rt/REST/2.0/attachment/3",
            200,
            json!({"Content": "cGxh\naW4=\n"}),
        )
        .on(
            "GET",
            "/rt/REST/2.0/attachment/4",
            200,
            json!({"Content": "YWJj"}),
        )
        .on(
            "GET",
            "/rt/REST/2.0/attachment/6",
            200,
            json!({"Content": "c2VjcmV0"}),
        )
        .on(
            "GET",
            "/rt/REST/2.0/attachment/7",
            200,
            json!({"Content": "PGI+aHRtbA=="}),
        )
}

#[tokio::test]
async fn a_conversation_is_what_is_public_in_it() {
    let desk = conversation();
    let rt = rt(&desk);
    let ticket = rt.read(&alice(), &id()).await.unwrap();
    let said: Vec<_> = ticket
        .messages
        .iter()
        .map(|m| (m.role, m.body.format, m.body.value.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (Role::Customer, TextFormat::Text, "plain"),
            (Role::Agent, TextFormat::Html, "<b>html"),
            (Role::System, TextFormat::Text, ""),
        ]
    );
    assert_eq!(ticket.messages[0].author.as_deref(), Some("Alice"));
    let names: Vec<_> = ticket
        .messages
        .iter()
        .flat_map(|m| &m.files)
        .map(|f| f.name.as_str())
        .collect();
    assert_eq!(names, ["a.txt", "8"]);
    // 1970 is no date, and nobody handles it.
    assert_eq!((ticket.due, ticket.handler), (Vec::new(), None));
    assert!(ticket.resolved_at.is_some());
    // What was said stays as it is, and is fetched once.
    let fetched = desk.seen("GET", "/rt/REST/2.0/attachment/").len();
    let again = rt.read(&alice(), &id()).await.unwrap();
    assert_eq!(again.messages, ticket.messages);
    assert_eq!(desk.seen("GET", "/rt/REST/2.0/attachment/").len(), fetched);
    // No file of an internal note, nor a message as a file.
    assert_eq!(
        rt.file(&alice(), &id(), &FileId("4".into())).await.unwrap(),
        "abc"
    );
    for hidden in ["3", "5", "6", "99"] {
        assert_eq!(
            rt.file(&alice(), &id(), &FileId(hidden.into())).await,
            Err(DeskError::NotFound)
        );
    }
    assert_eq!(desk.seen("GET", "/rt/REST/2.0/attachment/6").len(), 0);
}

#[tokio::test]
async fn what_a_customer_ended_is_ended_until_it_is_resolved_anew() {
    let at = |state: &'static str| async move {
        let desk = Scripted::new().on(
            "GET",
            TICKETS,
            200,
            own("resolved", json!({"Portal State": state})),
        );
        let standing = rt(&desk)
            .list(&alice(), 0)
            .await
            .unwrap()
            .rows
            .remove(0)
            .standing;
        (standing.status, standing.outcome)
    };
    assert_eq!(
        at("confirmed 2026-11-21T19:00:00Z").await,
        (Status::Closed, None)
    );
    assert_eq!(
        at("withdrawn 2026-11-21T19:00:00Z").await,
        (Status::Closed, Some(Outcome::Withdrawn))
    );
    // Of an earlier end.
    assert_eq!(
        at("confirmed 2026-11-20T00:00:00Z").await,
        (Status::Resolved, None)
    );
    assert_eq!(at("something else").await, (Status::Resolved, None));
}

#[tokio::test]
async fn files_go_beside_the_json() {
    let file = NewFile {
        name: "照.png".into(),
        media_type: "image/png".into(),
        bytes: Bytes::from_static(b"\x89PNG"),
    };
    let (media_type, body) = form(&json!({"Content": "x"}), &[file]).unwrap();
    assert!(
        media_type
            .to_str()
            .unwrap()
            .starts_with("multipart/form-data; boundary=")
    );
    let text = String::from_utf8_lossy(&body);
    assert!(
        text.contains("name=\"Attachments\"; filename=\"照.png\"\r\nContent-Type: image/png"),
        "{text}"
    );
}

#[tokio::test]
async fn a_page_to_sign_in_and_a_busy_desk_are_told_apart() {
    let of = |reply| async move {
        let desk = Scripted::new().say("GET", TICKETS, reply);
        rt(&desk).list(&alice(), 0).await.unwrap_err()
    };
    assert_eq!(
        of(answer(302, &[("location", "/")], "")).await,
        DeskError::Credential
    );
    assert_eq!(of(answer(401, &[], "")).await, DeskError::Credential);
    assert_eq!(
        of(answer(429, &[], "")).await,
        DeskError::Busy { retry_after: None }
    );
    assert!(matches!(of(html(200)).await, DeskError::Nonsense(_)));
    assert!(matches!(
        of(answer(200, &[], "{}")).await,
        DeskError::Nonsense(_)
    ));
}
