use super::*;
use crate::{
    scripted::{Scripted, answer},
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

fn helpdesk(desk: &Arc<Scripted>) -> DjangoHelpdesk {
    let settings = json!({
        "url": "https://desk.test/helpdesk", "account": 1, "queue": 4, "fields": {"order_number": "order"},
    });
    DjangoHelpdesk::new(
        serde_json::from_value(settings).unwrap(),
        "token",
        desk.clone(),
    )
    .unwrap()
}

fn follow_up(id: u64, user: Value, comment: &str, more: Value) -> Value {
    let mut follow_up = json!({
        "id": id, "user": user, "title": "Router broken", "comment": comment, "public": true, "new_status": null,
        "followupattachment_set": [], "date": "2026-11-22T08:24:19.299698Z",
    });
    for (name, value) in more.as_object().unwrap() {
        follow_up[name] = value.clone();
    }
    follow_up
}

/// A ticket of Alice's with these changes.
fn ticket(more: Value) -> Value {
    let mut ticket = json!({
        "id": 3, "queue": 4, "title": "Router broken", "description": "It is broken", "resolution": null,
        "submitter_email": "Alice@example.test", "status": 1, "on_hold": false, "due_date": null, "merged_to": null,
        "followup_set": [follow_up(1, json!(1), "It is broken", json!({}))], "custom_portal_key": "k-1",
    });
    for (name, value) in more.as_object().unwrap() {
        ticket[name] = value.clone();
    }
    ticket
}

const TICKET: &str = "/helpdesk/api/tickets/3/";
const TICKETS: &str = "/helpdesk/api/tickets/?";
const FOLLOW_UPS: &str = "/helpdesk/api/followups/";

fn id() -> TicketId {
    TicketId("3".into())
}

fn form(call: &crate::Call) -> String {
    String::from_utf8_lossy(&call.body).into_owned()
}

fn reply(body: &str) -> NewReply {
    NewReply {
        body: body.into(),
        files: Vec::new(),
    }
}

#[tokio::test]
async fn what_a_reply_must_not_do_it_does_not() {
    let later = json!([
        follow_up(1, json!(1), "It is broken", json!({})),
        follow_up(2, json!(1), "{{ queue.title }}", json!({})),
    ]);
    let desk = Scripted::new()
        .on(
            "GET",
            TICKET,
            200,
            ticket(json!({"status": 3, "resolution": "A new cable."})),
        )
        .on(
            "GET",
            TICKET,
            200,
            ticket(json!({"followup_set": later, "resolution": "{{ queue.title }}"})),
        )
        .on("POST", FOLLOW_UPS, 201, json!({"id": 2}))
        .on("PATCH", TICKET, 200, json!({}));
    assert_eq!(
        helpdesk(&desk)
            .reply(&alice(), &id(), &reply("{{ queue.title }}"))
            .await,
        Ok("2".into())
    );
    let sent = form(&desk.seen("POST", FOLLOW_UPS)[0]);
    // Not carried out as a template, no title that becomes the ticket's, and not internal.
    assert!(sent.contains(r#"{{"{"}}{ queue.title }}"#), "{sent}");
    assert!(!sent.contains("name=\"title\""), "{sent}");
    assert!(sent.contains("name=\"public\"\r\n\r\ntrue"), "{sent}");
    // And the solution stays what the agent said it was.
    assert_eq!(
        desk.sent("PATCH", TICKET),
        json!({"resolution": "A new cable."})
    );
}

#[tokio::test]
async fn a_submission_is_no_template() {
    let desk = Scripted::new()
        .on("POST", "/helpdesk/api/tickets/", 201, ticket(json!({})))
        .on("GET", TICKET, 200, ticket(json!({"custom_order": "A-17"})));
    assert_eq!(
        helpdesk(&desk).create(&alice(), &submission()).await,
        Ok(id())
    );
    let sent = form(&desk.seen("POST", "/helpdesk/api/tickets/")[0]);
    assert!(
        sent.contains("{{ queue.title }} {# x #} <b>&\n\n----\nPT-7K3MQ-2Q8VX"),
        "{sent}"
    );
    for field in [
        "queue\"\r\n\r\n4",
        "custom_order\"\r\n\r\nA-17",
        "priority\"\r\n\r\n2",
        "custom_portal_key\"\r\n\r\n7c9e",
    ] {
        assert!(sent.contains(field), "{field} {sent}");
    }
}

#[tokio::test]
async fn what_is_dropped_of_a_submission_is_noted() {
    let desk = Scripted::new()
        .on("POST", "/helpdesk/api/tickets/", 201, ticket(json!({})))
        .on("GET", TICKET, 200, ticket(json!({})))
        .on("POST", FOLLOW_UPS, 201, json!({"id": 2}));
    assert_eq!(
        helpdesk(&desk).create(&alice(), &submission()).await,
        Ok(id())
    );
    let note = form(&desk.seen("POST", FOLLOW_UPS)[0]);
    assert!(
        note.contains("Order number: A-17") && note.contains("public\"\r\n\r\nfalse"),
        "{note}"
    );
}

#[tokio::test]
async fn what_is_written_and_cannot_be_read_back_is_written() {
    let gone = || Err(TransportError::Unreachable("refused".into()));
    let desk = Scripted::new()
        .on("POST", "/helpdesk/api/tickets/", 201, ticket(json!({})))
        .on("POST", FOLLOW_UPS, 201, json!({"id": 2}))
        .say("GET", TICKET, gone())
        .on("GET", TICKET, 200, ticket(json!({})))
        .say("GET", TICKET, gone());
    let helpdesk = helpdesk(&desk);
    assert_eq!(helpdesk.create(&alice(), &submission()).await, Ok(id()));
    let replied = helpdesk.reply(&alice(), &id(), &reply("x")).await;
    assert_eq!(replied, Ok("2".into()));
}

#[tokio::test]
async fn a_yes_that_changed_nothing_is_refused() {
    let desk = Scripted::new()
        .on("GET", TICKET, 200, ticket(json!({"status": 3})))
        .on("POST", FOLLOW_UPS, 201, json!({"id": 2}))
        .on("PATCH", TICKET, 200, json!({}));
    let helpdesk = helpdesk(&desk);
    for change in [Change::Confirm, Change::Reopen, Change::Withdraw] {
        let changed = helpdesk.change(&alice(), &id(), change).await;
        assert!(
            matches!(changed, Err(DeskError::Refused(_))),
            "{change:?} {changed:?}"
        );
    }
    let replied = helpdesk.reply(&alice(), &id(), &reply("x")).await;
    assert!(matches!(replied, Err(DeskError::Refused(_))), "{replied:?}");
}

#[tokio::test]
async fn what_is_internal_and_what_others_own_stays_inside() {
    let file = |id: u64| {
        json!([{"id": id, "file": format!("http://desk.test:8000/media/{id}.txt"), "filename": "a.txt",
        "mime_type": "text/plain", "size": 3}])
    };
    let follow_ups = json!([
        follow_up(
            6,
            json!(null),
            "By mail",
            json!({"title": "E-Mail Received from Alice@example.test"})
        ),
        follow_up(
            1,
            json!(1),
            "It is\r\nbroken",
            json!({"followupattachment_set": file(11)})
        ),
        follow_up(2, json!(1), "Still down", json!({})),
        follow_up(
            3,
            json!(2),
            "secret",
            json!({"public": false, "followupattachment_set": file(12)})
        ),
        follow_up(
            4,
            json!(2),
            "We look",
            json!({"followupattachment_set": file(13)})
        ),
        follow_up(5, json!(null), "Escalated", json!({})),
        follow_up(7, json!(2), "", json!({"new_status": 3})),
    ]);
    let own = ticket(
        json!({"followup_set": follow_ups, "description": "It is\nbroken", "resolution": "secret",
        "secret_key": "secret"}),
    );
    let desk = Scripted::new().on("GET", TICKET, 200, own).say(
        "GET",
        "/media/13.txt",
        answer(200, &[], "abc"),
    );
    let helpdesk = helpdesk(&desk);
    let ticket_read = helpdesk.read(&alice(), &id()).await.unwrap();
    let seen: Vec<_> = ticket_read
        .messages
        .iter()
        .map(|m| (m.id.as_str(), m.role, m.body.value.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("description", Role::Customer, "It is\nbroken"),
            ("2", Role::Customer, "Still down"),
            ("4", Role::Agent, "We look"),
            ("5", Role::System, "Escalated"),
            ("6", Role::Customer, "By mail"),
        ]
    );
    assert_eq!(ticket_read.messages[0].files[0].id.0, "11");
    assert!(!format!("{ticket_read:?}").contains("secret"));
    assert_eq!(
        helpdesk
            .file(&alice(), &id(), &FileId("13".into()))
            .await
            .unwrap(),
        "abc"
    );
    assert_eq!(
        helpdesk.file(&alice(), &id(), &FileId("12".into())).await,
        Err(DeskError::NotFound)
    );

    let foreign = Scripted::new().on(
        "GET",
        TICKET,
        200,
        ticket(json!({"submitter_email": "bob@example.test"})),
    );
    let helpdesk = self::helpdesk(&foreign);
    assert_eq!(
        helpdesk.read(&alice(), &id()).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        helpdesk.reply(&alice(), &id(), &reply("x")).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        helpdesk.change(&alice(), &id(), Change::Withdraw).await,
        Err(DeskError::NotFound)
    );
    assert_eq!(
        helpdesk.file(&alice(), &id(), &FileId("1".into())).await,
        Err(DeskError::NotFound)
    );
    for odd in ["", "..", "3/../4", "3?x=y", "three"] {
        assert_eq!(
            helpdesk.read(&alice(), &TicketId(odd.into())).await,
            Err(DeskError::NotFound)
        );
    }
    assert_eq!(foreign.seen("GET", "/").len(), 4);
}

fn page(count: u64, tickets: Vec<Value>) -> Value {
    json!({"count": count, "next": null, "previous": null, "results": tickets})
}

#[tokio::test]
async fn lists_look_through_the_newest_of_all_and_show_one_customers() {
    let with_id = |id: u64, email: &str| ticket(json!({"id": id, "submitter_email": email}));
    let dateless = ticket(json!({"id": 299, "followup_set": []}));
    let bobs = |id: u64| with_id(id, "bob@example.test");
    let desk = Scripted::new()
        .on(
            "GET",
            "/helpdesk/api/tickets/?page_size=50&page=last",
            200,
            page(301, vec![with_id(301, "alice@example.test")]),
        )
        .on(
            "GET",
            "/helpdesk/api/tickets/?page_size=50&page=6",
            200,
            page(301, vec![bobs(298), dateless]),
        )
        .on("GET", TICKETS, 200, page(301, vec![bobs(3)]))
        .on(
            "GET",
            "/helpdesk/api/tickets/?page_size=50&page=2",
            200,
            page(301, vec![ticket(json!({"id": 60}))]),
        );
    let helpdesk = helpdesk(&desk);
    let ids = |rows: Rows| {
        (
            rows.rows
                .into_iter()
                .map(|row| row.id.0)
                .collect::<Vec<_>>(),
            rows.next,
        )
    };
    assert_eq!(
        ids(helpdesk.list(&alice(), 0).await.unwrap()),
        (vec!["301".to_owned()], Some(1))
    );
    // Seven pages: the newest five first, then the other two.
    assert_eq!(desk.seen("GET", TICKETS).len(), 5);
    assert_eq!(
        ids(helpdesk.list(&alice(), 1).await.unwrap()),
        (vec!["60".to_owned()], None)
    );
    assert_eq!(
        ids(helpdesk.list(&alice(), 9).await.unwrap()),
        (Vec::new(), None)
    );
    // The key is compared, and with the owner.
    assert_eq!(
        helpdesk.find(&alice(), "k-1").await,
        Ok(Some(TicketId("301".into())))
    );
    assert_eq!(helpdesk.find(&alice(), "k-2").await, Ok(None));
    let bob = Customer {
        email: "eve@example.test".parse().unwrap(),
        name: None,
    };
    assert_eq!(helpdesk.find(&bob, "k-1").await, Ok(None));
}

#[test]
fn every_number_of_a_status_has_a_meaning() {
    let at = |more: Value| {
        let ticket: answer::Ticket = serde_json::from_value(ticket(more)).unwrap();
        let standing = helpdesk(&Scripted::new()).standing(&ticket);
        (standing.status, standing.label, standing.outcome)
    };
    assert_eq!(at(json!({})), (Status::Open, None, None));
    assert_eq!(at(json!({"on_hold": true})), (Status::Pending, None, None));
    assert_eq!(
        at(json!({"status": 3, "on_hold": true})),
        (Status::Resolved, None, None)
    );
    assert_eq!(
        at(json!({"status": 5})),
        (Status::Closed, None, Some(Outcome::Duplicate))
    );
    assert_eq!(
        at(json!({"merged_to": 1})),
        (Status::Closed, None, Some(Outcome::Merged))
    );
    assert_eq!(at(json!({"status": 12})), (Status::Open, None, None));
    let closing = json!([follow_up(8, json!(1), "", json!({"new_status": 4}))]);
    let withdrawn =
        |by: &str| json!({"status": 4, "custom_portal_state": by, "followup_set": closing});
    assert_eq!(
        at(withdrawn("withdrawn 8")),
        (Status::Closed, None, Some(Outcome::Withdrawn))
    );
    // An earlier time; since then an agent has closed it.
    assert_eq!(at(withdrawn("withdrawn 5")), (Status::Closed, None, None));
}
