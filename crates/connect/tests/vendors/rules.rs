//! What holds of every desk.

use crate::desks::{Desk, alice, bob, field, file, reply, said, stranger};
use portico_connect::{
    Backend, Capabilities, DeskError,
    backend::Finding,
    ticket::{Change, Customer, FileId, NewReply, NewTicket, Ticket, TicketId},
};
use portico_contract::{
    id::FieldId,
    request::{Outcome, Status},
    timeline::{Role, TextFormat},
};
use serde_json::json;

async fn read(desk: &dyn Backend, customer: &Customer, id: &TicketId) -> Ticket {
    desk.read(customer, id).await.unwrap()
}

async fn status(desk: &dyn Backend, customer: &Customer, id: &TicketId) -> Status {
    read(desk, customer, id).await.row.standing.status
}

fn theirs(text: &str) -> (Role, String) {
    (Role::Customer, text.to_owned())
}

fn answered(text: &str) -> (Role, String) {
    (Role::Agent, text.to_owned())
}

pub(crate) async fn what_it_can_do_is_said(desk: Desk) {
    let all = Capabilities {
        files: true,
        reply: true,
        confirm: true,
        reopen: true,
        withdraw: true,
        list: true,
        find: true,
        own_identity: true,
    };
    let expected = match desk.settings["connector"].as_str().unwrap() {
        "zammad" => all,
        "zendesk" => Capabilities {
            confirm: false,
            withdraw: false,
            ..all
        },
        "open311" => Capabilities {
            files: false,
            reply: false,
            confirm: false,
            reopen: false,
            withdraw: false,
            list: false,
            find: false,
            own_identity: false,
        },
        _ => Capabilities {
            own_identity: false,
            ..all
        },
    };
    let backend = desk.backend();
    assert_eq!(backend.capabilities(), expected);
    // What it says that it cannot, it does not.
    let customer = alice();
    let id = backend.create(&customer, &desk.plain()).await.unwrap();
    let refused = |answer: Result<(), DeskError>| {
        assert!(matches!(answer, Err(DeskError::Refused(_))), "{answer:?}");
    };
    let can = expected;
    if !can.confirm {
        refused(backend.change(&customer, &id, Change::Confirm).await);
    }
    if !can.withdraw {
        refused(backend.change(&customer, &id, Change::Withdraw).await);
    }
    if !can.reply {
        refused(backend.reply(&customer, &id, &reply("x")).await.map(drop));
    }
}

pub(crate) async fn a_request_lives_its_whole_life(desk: Desk) {
    let backend = desk.backend();
    let can = backend.capabilities();
    for (customer, key) in [(alice(), "k-1"), (stranger(), "k-2")] {
        let new = NewTicket {
            key: key.into(),
            ..desk.submission()
        };
        let id = backend.create(&customer, &new).await.unwrap();
        let ticket = read(&*backend, &customer, &id).await;
        assert_eq!(ticket.row.owner, customer.email);
        assert_eq!(ticket.row.subject, new.subject);
        assert_eq!(
            desk.fake.ticket(&desk.key(&id)).customer,
            customer.email.as_str()
        );
        assert!(matches!(
            ticket.row.standing.status,
            Status::New | Status::Open
        ));
        let staff = desk.all(&id);
        assert!(staff.contains("colour: blue"), "{staff}");
        // What is public must not hold what opens the customer's request.
        assert_eq!(staff.contains(&new.reference), can.reply, "{staff}");
        assert_eq!(ticket.due, []);
        assert_eq!(ticket.resolved_at, None);
        let rows = backend.list(&customer, 0).await.unwrap().rows;
        if !can.list {
            assert_eq!(rows, []);
            assert!(
                staff.contains("Long street 7") && staff.contains("\"attribute[SIZE]\":\"2\""),
                "{staff}"
            );
            desk.fake
                .answer(&desk.key(&id), "It is on the list.", false);
            let ticket = read(&*backend, &customer, &id).await;
            assert_eq!(said(&ticket)[1..], [answered("It is on the list.")]);
            desk.fake.set_status(&desk.key(&id), "closed");
            assert_eq!(status(&*backend, &customer, &id).await, Status::Closed);
            continue;
        }
        let row = rows.iter().find(|row| row.id == id).unwrap();
        assert_eq!(*row, ticket.row);
        assert_eq!(said(&ticket), [theirs(&new.body)]);
        assert_eq!(
            ticket.fields,
            [(FieldId::new("order_number"), vec!["A-17".to_owned()])]
        );
        let files = &ticket.messages[0].files;
        assert_eq!(files.len(), 2);
        for (sent, kept) in new.files.iter().zip(files) {
            assert_eq!(
                (&sent.name, &sent.media_type),
                (&kept.name, &kept.media_type)
            );
            assert_eq!(kept.size, Some(sent.bytes.len() as u64));
            let bytes = backend.file(&customer, &id, &kept.id).await.unwrap();
            assert_eq!(bytes, sent.bytes);
        }

        let answer = NewReply {
            body: "Still down.\nReally.".into(),
            files: vec![file("b.png", b"\x89PNG")],
        };
        desk.fake.answer(&desk.key(&id), "We look into it.", false);
        let message = backend.reply(&customer, &id, &answer).await.unwrap();
        let ticket = read(&*backend, &customer, &id).await;
        assert_eq!(
            said(&ticket)[1..],
            [answered("We look into it."), theirs(&answer.body)]
        );
        let last = ticket.messages.last().unwrap();
        assert_eq!(last.id, message);
        assert_eq!(last.author, customer.name);
        let bytes = backend.file(&customer, &id, &last.files[0].id).await;
        assert_eq!(bytes.unwrap(), answer.files[0].bytes);
        let times: Vec<_> = ticket.messages.iter().map(|message| message.at).collect();
        assert!(times.is_sorted(), "{times:?}");

        let too_early = backend.change(&customer, &id, Change::Confirm).await;
        assert!(
            matches!(too_early, Err(DeskError::Refused(_))),
            "{too_early:?}"
        );
        let resolve = || desk.fake.set_status(&desk.key(&id), desk.resolved.unwrap());
        resolve();
        assert_eq!(status(&*backend, &customer, &id).await, Status::Resolved);
        backend
            .change(&customer, &id, Change::Reopen)
            .await
            .unwrap();
        assert_eq!(status(&*backend, &customer, &id).await, Status::Open);
        // Asked again, as after a lost answer, it is done.
        backend
            .change(&customer, &id, Change::Reopen)
            .await
            .unwrap();
        if can.confirm {
            resolve();
            backend
                .change(&customer, &id, Change::Confirm)
                .await
                .unwrap();
            let ticket = read(&*backend, &customer, &id).await;
            assert_eq!(ticket.row.standing.status, Status::Closed);
            assert_eq!(ticket.row.standing.outcome, None);
            assert!(ticket.resolved_at.is_some());
            backend
                .change(&customer, &id, Change::Confirm)
                .await
                .unwrap();
        }
    }
}

pub(crate) async fn what_the_customer_writes_stays_as_it_was_written(desk: Desk) {
    let backend = desk.backend();
    let text = "{{ queue.title }} {% if %} 100 %\n<b>bold</b> &amp; \"quoted\" \\ 'x' OR id>0\n\n  \
        你好，世界 🦀 ümläut & more;";
    let new = NewTicket {
        body: text.into(),
        subject: "{{ x }} <b> \"x\"\r\n你好".into(),
        ..desk.plain()
    };
    let customer = alice();
    let id = backend.create(&customer, &new).await.unwrap();
    let ticket = read(&*backend, &customer, &id).await;
    assert_eq!(ticket.row.subject, "{{ x }} <b> \"x\"  你好");
    assert_eq!(ticket.messages[0].body.format, TextFormat::Text);
    if desk.is_public() {
        assert!(ticket.messages[0].body.value.contains(text));
        return;
    }
    backend.reply(&customer, &id, &reply(text)).await.unwrap();
    let ticket = read(&*backend, &customer, &id).await;
    assert_eq!(said(&ticket), [theirs(text), theirs(text)]);
}

pub(crate) async fn what_is_internal_stays_inside(desk: Desk) {
    let backend = desk.backend();
    let customer = alice();
    let id = backend.create(&customer, &desk.submission()).await.unwrap();
    let key = desk.key(&id);
    desk.fake
        .answer_with_file(&key, "Not for customers.", true, "secret.txt", b"secret");
    desk.fake.answer(&key, "We look into it.", false);
    let hidden = desk.fake.files(&key).pop().unwrap();
    assert_eq!(hidden.name, "secret.txt");
    // The desk does not keep its notes apart, and marks them.
    desk.fake
        .fault_on("GET", "", portico_fakes::Fault::InternalInPublic, 1);
    for _ in 0..2 {
        let ticket = read(&*backend, &customer, &id).await;
        assert_eq!(said(&ticket)[1..], [answered("We look into it.")]);
        assert!(
            ticket
                .messages
                .iter()
                .all(|message| { message.files.iter().all(|file| file.name != "secret.txt") })
        );
    }
    let messages = desk.fake.ticket(&key).messages;
    let note = messages.iter().find(|message| message.internal).unwrap();
    for guess in [
        hidden.id.to_string(),
        format!("{}-{}", note.id, hidden.id),
        format!("{}-0", note.id),
    ] {
        let got = backend.file(&customer, &id, &FileId(guess)).await;
        assert_eq!(got, Err(DeskError::NotFound));
    }
}

pub(crate) async fn a_second_customer_sees_nothing(desk: Desk) {
    let backend = desk.backend();
    let new = desk.submission();
    let owner = alice();
    let id = backend.create(&owner, &new).await.unwrap();
    let files = read(&*backend, &owner, &id).await.messages.remove(0).files;
    let before = desk.fake.tickets();
    let not_found = |answer: Result<(), DeskError>| assert_eq!(answer, Err(DeskError::NotFound));
    // One whom the desk knows, one whom it does not, and one of its agents.
    let mut agent = bob();
    agent.email = "agent@desk.test".parse().unwrap();
    for other in [bob(), stranger(), agent] {
        assert_eq!(backend.list(&other, 0).await.unwrap().rows, []);
        not_found(backend.read(&other, &id).await.map(drop));
        if !desk.is_public() {
            not_found(backend.reply(&other, &id, &reply("mine?")).await.map(drop));
            for change in [Change::Confirm, Change::Reopen, Change::Withdraw] {
                not_found(backend.change(&other, &id, change).await);
            }
        }
        for file in &files {
            not_found(backend.file(&other, &id, &file.id).await.map(drop));
        }
        assert_eq!(backend.find(&other, &new.key).await, Ok(None));
    }
    assert_eq!(desk.fake.tickets(), before);
    let odd_ids = [
        "",
        "..",
        "../users/me",
        "1 OR id > 0",
        "1?x=y",
        "1/comments",
        "-1",
        "999999",
        "SD-999",
    ];
    for odd in odd_ids {
        not_found(backend.read(&owner, &TicketId(odd.into())).await.map(drop));
    }
    // What goes into an address stays in its place.
    for call in desk.fake.calls() {
        assert!(
            !call.path.contains("users/me/") && call.param("x").is_none(),
            "{call:?}"
        );
    }
}

pub(crate) async fn a_row_of_somebody_else_is_left_out(desk: Desk) {
    let backend = desk.backend();
    let new = desk.plain();
    backend.create(&alice(), &new).await.unwrap();
    let own = backend
        .create(
            &bob(),
            &NewTicket {
                key: "k-2".into(),
                ..desk.plain()
            },
        )
        .await
        .unwrap();
    let can = backend.capabilities();
    if can.list {
        desk.fake.fault(portico_fakes::Fault::ForeignRow, 1);
        let rows = backend.list(&bob(), 0).await.unwrap().rows;
        assert!(desk.fake.faults_spent());
        let ids: Vec<_> = rows.iter().map(|row| &row.id).collect();
        assert_eq!(ids, [&own]);
    }
    if can.find {
        desk.fake.fault(portico_fakes::Fault::ForeignRow, 1);
        assert_eq!(backend.find(&bob(), &new.key).await, Ok(None));
    }
}

pub(crate) async fn a_submission_is_found_again_by_its_key(desk: Desk) {
    let backend = desk.backend();
    let customer = stranger();
    let new = desk.plain();
    assert_eq!(backend.find(&customer, &new.key).await, Ok(None));
    let id = backend.create(&customer, &new).await.unwrap();
    let other = NewTicket {
        key: "k-2".into(),
        ..desk.plain()
    };
    let other = backend.create(&customer, &other).await.unwrap();
    assert_ne!(id, other);
    let can = backend.capabilities();
    let found = Some(id).filter(|_| can.find);
    assert_eq!(backend.find(&customer, &new.key).await, Ok(found));
    for no_key in ["", "k-3", "7c9e6679"] {
        assert_eq!(backend.find(&customer, no_key).await, Ok(None), "{no_key}");
    }
    for odd in [
        "x\" OR project = \"SD",
        "*",
        "x' OR '1'='1",
        "k-2\" OR summary ~ \"Router",
    ] {
        let found = backend.find(&customer, odd).await;
        assert!(
            matches!(found, Ok(None) | Err(DeskError::Refused(_))),
            "{odd}: {found:?}"
        );
    }
}

pub(crate) async fn a_list_has_pages(desk: Desk) {
    let backend = desk.backend();
    if !backend.capabilities().list {
        return;
    }
    let customer = alice();
    for n in 0..61 {
        desk.fake
            .open("alice@example.test", &format!("Call {n}"), "By telephone");
        desk.fake
            .open("bob@example.test", &format!("Other {n}"), "By telephone");
    }
    let first = backend.list(&customer, 0).await.unwrap();
    let second = backend.list(&customer, first.next.unwrap()).await.unwrap();
    assert_eq!(
        (first.rows.len(), second.rows.len(), second.next),
        (50, 11, None)
    );
    let subjects: Vec<String> = first
        .rows
        .into_iter()
        .chain(second.rows)
        .map(|row| row.subject)
        .collect();
    let expected: Vec<String> = (0..61).rev().map(|n| format!("Call {n}")).collect();
    assert_eq!(subjects, expected);
}

pub(crate) async fn what_the_desk_does_not_take_is_not_lost(desk: Desk) {
    let backend = desk.backend();
    if desk.is_public() {
        return;
    }
    let mut new = desk.plain();
    // The lists of the desks do not know it.
    new.fields.push(field("product", "Toaster"));
    let id = backend.create(&alice(), &new).await.unwrap();
    let staff = desk.all(&id);
    assert!(
        staff.contains("product: Toaster") || staff.contains("\"product\":\"Toaster\""),
        "{staff}"
    );
    let ticket = read(&*backend, &alice(), &id).await;
    assert_eq!(said(&ticket)[0], theirs(&new.body));
}

pub(crate) async fn a_request_is_withdrawn(desk: Desk) {
    let backend = desk.backend();
    if !backend.capabilities().withdraw {
        return;
    }
    let customer = alice();
    let id = backend.create(&customer, &desk.plain()).await.unwrap();
    for _ in 0..2 {
        backend
            .change(&customer, &id, Change::Withdraw)
            .await
            .unwrap();
        let standing = read(&*backend, &customer, &id).await.row.standing;
        assert_eq!(
            (standing.status, standing.outcome),
            (Status::Closed, Some(Outcome::Withdrawn))
        );
    }
}

pub(crate) async fn no_date_is_1970(desk: Desk) {
    let backend = desk.backend();
    let customer = alice();
    let id = backend.create(&customer, &desk.plain()).await.unwrap();
    let key = desk.key(&id);
    let soon = chrono::DateTime::from_timestamp(1_900_000_000, 0);
    desk.fake.set_due(&key, soon, soon);
    let due = read(&*backend, &customer, &id).await.due;
    let expected = if ["zendesk", "open311"].contains(&desk.settings["connector"].as_str().unwrap())
    {
        1
    } else {
        2
    };
    assert_eq!(due.len(), expected, "{due:?}");
    assert!(
        due.iter()
            .all(|due| due.due_at.unix_millis() == 1_900_000_000_000 && due.met_at.is_none())
    );
    desk.fake.fault(portico_fakes::Fault::EpochDates, 20);
    let ticket = read(&*backend, &customer, &id).await;
    assert_eq!((ticket.due, ticket.resolved_at), (Vec::new(), None));
}

pub(crate) async fn html_comes_through_as_html(desk: Desk) {
    let backend = desk.backend();
    let customer = alice();
    let id = backend.create(&customer, &desk.plain()).await.unwrap();
    let html = "<p>See <a href=\"https://desk.test\">here</a><script>x()</script></p>";
    desk.fake.answer_html(&desk.key(&id), html);
    let ticket = read(&*backend, &customer, &id).await;
    let body = &ticket.messages[1].body;
    if desk.is_public() {
        assert_eq!(body.format, TextFormat::Text);
    } else {
        assert_eq!(body.format, TextFormat::Html);
        assert!(body.value.contains(html), "{}", body.value);
    }
}

pub(crate) async fn a_wrong_credential_is_told(desk: Desk) {
    let new = desk.plain();
    for wrong in ["portal:wrong", "3333333333333333333333333333333333333333"] {
        let backend = desk.with(desk.settings.clone(), wrong);
        let created = backend.create(&alice(), &new).await;
        assert_eq!(created, Err(DeskError::Credential), "{wrong}");
        if desk.is_public() {
            // Reports are there for everybody.
            continue;
        }
        assert_eq!(backend.list(&alice(), 0).await, Err(DeskError::Credential));
        let found = backend.examine().await;
        assert!(trouble(&found).contains("does not take it"), "{found:?}");
    }
    assert_eq!(desk.fake.tickets(), []);
}

fn trouble(found: &[Finding]) -> &str {
    let trouble = found.iter().find_map(|finding| finding.trouble.as_deref());
    trouble.unwrap_or_default()
}

pub(crate) async fn a_desk_that_is_set_up_has_nothing_wrong(desk: Desk) {
    let found = desk.backend().examine().await;
    assert!(found.len() >= 3, "{found:?}");
    assert_eq!(trouble(&found), "", "{found:?}");
}

pub(crate) async fn what_is_missing_is_said_in_words(desk: Desk) {
    let mut settings = desk.settings.clone();
    let (name, nothing) = &desk.setting_to_break;
    settings[*name] = nothing.clone();
    let found = desk.with(settings, &desk.credential).examine().await;
    let troubled = found.iter().filter(|finding| finding.trouble.is_some());
    assert_eq!(troubled.count(), 1, "{found:?}");

    // Another path is another program, and nobody is at this port.
    let url = desk.settings["url"].as_str().unwrap();
    for (url, words) in [
        (format!("{url}/elsewhere"), "`url`"),
        ("http://127.0.0.1:9".to_owned(), "firewall"),
    ] {
        let mut settings = desk.settings.clone();
        settings["url"] = json!(url);
        let found = desk.with(settings, &desk.credential).examine().await;
        assert!(trouble(&found).contains(words), "{found:?}");
    }
}
