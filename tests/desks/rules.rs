//! What holds of every desk.

use crate::agents::{Desk, network};
use async_trait::async_trait;
use bytes::Bytes;
use portico_connect::{
    Backend, Call, DeskError, Reply, Transport, TransportError,
    ticket::{Change, Customer, NewField, NewFile, NewReply, NewTicket, Ticket, TicketId},
};
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Outcome, Status, Urgency},
    timeline::Role,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use uuid::Uuid;

/// Has an account at the desks.
fn alice() -> Customer {
    Customer {
        email: "alice@example.test".parse().unwrap(),
        name: Some("Alice Example".into()),
    }
}

/// Nobody has heard of them.
fn stranger() -> Customer {
    let name = Uuid::new_v4().simple().to_string();
    Customer {
        email: format!("{}@example.test", &name[..12]).parse().unwrap(),
        name: Some("王 小明".into()),
    }
}

fn field(id: &str, value: &str) -> NewField {
    NewField {
        id: FieldId::new(id),
        label: id.replace('_', " "),
        values: vec![value.into()],
        display: value.into(),
    }
}

fn file(name: &str, bytes: &'static [u8]) -> NewFile {
    NewFile {
        name: name.into(),
        media_type: "image/png".into(),
        bytes: Bytes::from_static(bytes),
    }
}

fn submission() -> NewTicket {
    NewTicket {
        key: Uuid::new_v4().to_string(),
        reference: "PT-7K3MQ-2Q8VX".into(),
        type_id: TypeId::new("fault"),
        subject: "Router broken 路由器".into(),
        body: "No link since Monday.\n\nWhat now?".into(),
        urgency: Urgency::Urgent,
        fields: vec![field("order_number", "A-17"), field("colour", "blue")],
        files: vec![
            file("a.png", b"\x89PNG\r\n\x1a\n\0\xff"),
            file("照片 ü.png", b"\x89PNG\r\n\x1a\n\x01"),
        ],
    }
}

fn plain() -> NewTicket {
    NewTicket {
        fields: Vec::new(),
        files: Vec::new(),
        ..submission()
    }
}

fn reply(body: &str) -> NewReply {
    NewReply {
        body: body.into(),
        files: Vec::new(),
    }
}

async fn read(desk: &dyn Backend, customer: &Customer, id: &TicketId) -> Ticket {
    desk.read(customer, id).await.unwrap()
}

fn said(ticket: &Ticket) -> Vec<(Role, &str)> {
    let messages = ticket.messages.iter();
    messages
        .map(|message| (message.role, message.body.value.trim()))
        .collect()
}

pub(crate) async fn a_request_lives_its_whole_life(desk: Desk) {
    let backend = desk.backend();
    for customer in [alice(), stranger()] {
        let new = submission();
        let id = backend.create(&customer, &new).await.unwrap();
        let rows = backend.list(&customer, 0).await.unwrap().rows;
        let row = rows.iter().find(|row| row.id == id).unwrap();
        assert_eq!(
            (row.subject.as_str(), &row.owner),
            (new.subject.as_str(), &customer.email)
        );
        assert!(matches!(row.standing.status, Status::New | Status::Open));

        let ticket = read(&*backend, &customer, &id).await;
        assert_eq!(ticket.row, *row);
        assert_eq!(said(&ticket), [(Role::Customer, new.body.as_str())]);
        assert_eq!(
            ticket.fields,
            [(FieldId::new("order_number"), vec!["A-17".to_owned()])]
        );
        assert_eq!(ticket.due, []);
        assert_eq!(ticket.resolved_at, None);
        let staff = desk.agent.all(&id).await;
        assert!(
            staff.contains("colour: blue") && staff.contains(&new.reference),
            "{staff}"
        );
        let files = &ticket.messages[0].files;
        assert_eq!(files.len(), 2);
        for sent in &new.files {
            let kept = files.iter().find(|file| file.name == sent.name);
            let kept = kept.unwrap_or_else(|| panic!("{} in {files:?}", sent.name));
            assert_eq!(kept.size, Some(sent.bytes.len() as u64));
            assert_eq!(
                backend.file(&customer, &id, &kept.id).await.unwrap(),
                sent.bytes
            );
        }

        let answer = NewReply {
            body: "Still down.\nReally.".into(),
            files: vec![file("b.png", b"\x89PNG")],
        };
        let message = backend.reply(&customer, &id, &answer).await.unwrap();
        desk.agent.answer(&id, "We look into it.").await;
        let ticket = read(&*backend, &customer, &id).await;
        assert_eq!(
            said(&ticket)[1..],
            [
                (Role::Customer, "Still down.\nReally."),
                (Role::Agent, "We look into it.")
            ]
        );
        assert_eq!(ticket.messages[1].id, message);
        let kept = &ticket.messages[1].files[0];
        assert_eq!(
            backend.file(&customer, &id, &kept.id).await.unwrap(),
            answer.files[0].bytes
        );
        let times: Vec<_> = ticket.messages.iter().map(|message| message.at).collect();
        assert!(times.is_sorted(), "{times:?}");

        let too_early = backend.change(&customer, &id, Change::Confirm).await;
        assert!(
            matches!(too_early, Err(DeskError::Refused(_))),
            "{too_early:?}"
        );
        let status = |ticket: Ticket| ticket.row.standing.status;
        desk.agent.resolve(&id).await;
        assert_eq!(
            status(read(&*backend, &customer, &id).await),
            Status::Resolved
        );
        backend
            .change(&customer, &id, Change::Reopen)
            .await
            .unwrap();
        assert_eq!(status(read(&*backend, &customer, &id).await), Status::Open);
        desk.agent.resolve(&id).await;
        backend
            .change(&customer, &id, Change::Confirm)
            .await
            .unwrap();
        assert_eq!(
            status(read(&*backend, &customer, &id).await),
            Status::Closed
        );
        // Asked again, as after a lost answer, it is done.
        backend
            .change(&customer, &id, Change::Confirm)
            .await
            .unwrap();
        backend
            .change(&customer, &id, Change::Reopen)
            .await
            .unwrap();
        assert_eq!(status(read(&*backend, &customer, &id).await), Status::Open);
        desk.agent.resolve(&id).await;
        assert_eq!(
            status(read(&*backend, &customer, &id).await),
            Status::Resolved
        );
    }
}

pub(crate) async fn what_the_customer_writes_stays_as_it_was_written(desk: Desk) {
    let backend = desk.backend();
    let text = "{{ queue.title }} {{ }} {# gone? #} {% if %} 100 %} {{{a}}} {%{{ x }}%}\n\
        <b>bold</b> &amp; \"quoted\" \\ 'x' OR id>0\n\n  你好，世界 🦀 ümläut";
    let new = NewTicket {
        body: text.into(),
        subject: "{{ queue.title }} <b> \"x\" 你好".into(),
        ..plain()
    };
    let customer = alice();
    let id = backend.create(&customer, &new).await.unwrap();
    backend.reply(&customer, &id, &reply(text)).await.unwrap();
    let ticket = read(&*backend, &customer, &id).await;
    assert_eq!(ticket.row.subject, new.subject);
    assert_eq!(
        said(&ticket),
        [(Role::Customer, text), (Role::Customer, text)]
    );
}

pub(crate) async fn what_is_internal_stays_inside(desk: Desk) {
    let backend = desk.backend();
    let customer = alice();
    let new = submission();
    let id = backend.create(&customer, &new).await.unwrap();
    desk.agent
        .note(&id, "The customer must not read this.")
        .await;
    desk.agent.answer(&id, "We look into it.").await;
    let staff = desk.agent.all(&id).await;
    assert!(staff.contains("must not read"), "{staff}");

    let ticket = read(&*backend, &customer, &id).await;
    assert_eq!(said(&ticket)[1..], [(Role::Agent, "We look into it.")]);
    assert_eq!(ticket.row.subject, new.subject);
    let files = || ticket.messages.iter().flat_map(|message| &message.files);
    assert_eq!(files().filter(|file| file.name == "secret.txt").count(), 0);
    // Nor can its file be had by trying the numbers after those that are known.
    let known: Vec<u64> = files().map(|file| file.id.0.parse().unwrap()).collect();
    let last = known.iter().max().unwrap();
    for number in (last + 1)..(last + 10) {
        let other = portico_connect::ticket::FileId(number.to_string());
        assert_eq!(
            backend.file(&customer, &id, &other).await,
            Err(DeskError::NotFound),
            "{number}"
        );
    }
}

pub(crate) async fn a_second_customer_sees_nothing(desk: Desk) {
    let backend = desk.backend();
    let (owner, other) = (alice(), stranger());
    let new = submission();
    let id = backend.create(&owner, &new).await.unwrap();
    let theirs = backend.create(&other, &plain()).await.unwrap();
    let file = read(&*backend, &owner, &id).await.messages[0].files[0]
        .id
        .clone();

    let rows = backend.list(&other, 0).await.unwrap().rows;
    let ids: Vec<_> = rows.iter().map(|row| &row.id).collect();
    assert_eq!(ids, [&theirs]);
    let not_found = |answer: Result<(), DeskError>| assert_eq!(answer, Err(DeskError::NotFound));
    not_found(backend.read(&other, &id).await.map(drop));
    not_found(backend.reply(&other, &id, &reply("mine?")).await.map(drop));
    for change in [Change::Confirm, Change::Reopen, Change::Withdraw] {
        not_found(backend.change(&other, &id, change).await);
    }
    not_found(backend.file(&other, &id, &file).await.map(drop));
    not_found(backend.file(&other, &theirs, &file).await.map(drop));
    assert_eq!(backend.find(&other, &new.key).await, Ok(None));
    for odd in [
        "",
        "..",
        "../queues",
        "1 OR id > 0",
        "1?x=y",
        "1/history",
        "-1",
        "999999",
    ] {
        not_found(backend.read(&other, &TicketId(odd.into())).await.map(drop));
    }
    assert_eq!(read(&*backend, &owner, &id).await.messages.len(), 1);
}

pub(crate) async fn a_submission_is_found_again_by_its_key(desk: Desk) {
    let backend = desk.backend();
    let customer = stranger();
    let new = plain();
    assert_eq!(backend.find(&customer, &new.key).await, Ok(None));
    let id = backend.create(&customer, &new).await.unwrap();
    let other = backend.create(&customer, &plain()).await.unwrap();
    assert_ne!(id, other);
    assert_eq!(backend.find(&customer, &new.key).await, Ok(Some(id)));
    assert_eq!(
        backend.find(&customer, &Uuid::new_v4().to_string()).await,
        Ok(None)
    );
}

/// Loses the answer to the first POST that makes a ticket.
struct Losing {
    inner: Arc<dyn Transport>,
    done: AtomicBool,
}

#[async_trait]
impl Transport for Losing {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        let path = call.url.path().trim_end_matches('/').to_owned();
        let creates = ["/ticket", "/issues.json", "/tickets"]
            .iter()
            .any(|end| path.ends_with(end));
        let lose = call.method == "POST" && creates && !self.done.swap(true, Ordering::SeqCst);
        let answer = self.inner.send(call).await?;
        if lose {
            return Err(TransportError::Lost("cut".into()));
        }
        Ok(answer)
    }
}

pub(crate) async fn a_lost_answer_makes_no_second_ticket(desk: Desk) {
    let losing = Losing {
        inner: network(),
        done: AtomicBool::new(false),
    };
    let backend = desk.with(desk.settings.clone(), &desk.credential, Arc::new(losing));
    let (customer, new) = (alice(), plain());
    let lost = backend.create(&customer, &new).await.unwrap_err();
    assert!(lost.may_be_done(), "{lost}");
    let found = backend.find(&customer, &new.key).await.unwrap().unwrap();
    assert_eq!(
        read(&*backend, &customer, &found).await.messages[0]
            .body
            .value
            .trim(),
        new.body
    );
    assert_eq!(desk.agent.find(&new.key).await, [found]);
}

pub(crate) async fn what_the_desk_does_not_take_is_not_lost(desk: Desk) {
    let backend = desk.backend();
    let customer = alice();
    let new = NewTicket {
        // The lists of the desks do not know it.
        fields: vec![field("product", "Toaster")],
        ..plain()
    };
    let id = backend.create(&customer, &new).await.unwrap();
    let staff = desk.agent.all(&id).await;
    assert!(staff.contains("product: Toaster"), "{staff}");
    let ticket = read(&*backend, &customer, &id).await;
    assert_eq!(said(&ticket), [(Role::Customer, new.body.as_str())]);
}

pub(crate) async fn a_reply_by_mail_is_the_customers_own(desk: Desk) {
    let mut settings = desk.settings.clone();
    settings["mail_gateway"] = true.into();
    let backend = desk.with(settings.clone(), &desk.credential, network());
    let answer = NewReply {
        body: "Still down.\n\n  Grüße, 你好 {{ x }}".into(),
        files: submission().files,
    };
    for customer in [alice(), stranger()] {
        let id = backend.create(&customer, &plain()).await.unwrap();
        let message = backend.reply(&customer, &id, &answer).await.unwrap();
        // Of another account nothing was written by mail: what is the customer's is theirs in the desk itself.
        settings["account"] = "nobody-here".into();
        let others = desk.with(settings.clone(), &desk.credential, network());
        let ticket = read(&*others, &customer, &id).await;
        assert_eq!(said(&ticket)[1], (Role::Customer, answer.body.as_str()));
        assert_eq!(ticket.messages[0].role, Role::Agent);
        assert_eq!(ticket.messages[1].id, message);
        for sent in &answer.files {
            let mut kept = ticket.messages[1].files.iter();
            let kept = kept.find(|file| file.name == sent.name).unwrap();
            assert_eq!(
                others.file(&customer, &id, &kept.id).await.unwrap(),
                sent.bytes
            );
        }
    }
}

pub(crate) async fn a_request_is_withdrawn(desk: Desk) {
    let backend = desk.backend();
    let customer = alice();
    let id = backend.create(&customer, &plain()).await.unwrap();
    backend
        .change(&customer, &id, Change::Withdraw)
        .await
        .unwrap();
    let standing = read(&*backend, &customer, &id).await.row.standing;
    assert_eq!(
        (standing.status, standing.outcome),
        (Status::Closed, Some(Outcome::Withdrawn))
    );
    backend
        .change(&customer, &id, Change::Reopen)
        .await
        .unwrap();
    let standing = read(&*backend, &customer, &id).await.row.standing;
    assert_eq!((standing.status, standing.outcome), (Status::Open, None));
    desk.agent.resolve(&id).await;
    let standing = read(&*backend, &customer, &id).await.row.standing;
    assert_eq!(
        (standing.status, standing.outcome),
        (Status::Resolved, None)
    );
}

pub(crate) async fn a_wrong_credential_is_told(desk: Desk) {
    for wrong in ["portal:wrong", "3333333333333333333333333333333333333333"] {
        let backend = desk.with(desk.settings.clone(), wrong, network());
        let listed = backend.list(&alice(), 0).await;
        assert_eq!(listed, Err(DeskError::Credential), "{wrong}");
        let created = backend.create(&alice(), &plain()).await;
        assert_eq!(created, Err(DeskError::Credential), "{wrong}");
        let found = backend.examine().await;
        let trouble = found.iter().find_map(|finding| finding.trouble.as_deref());
        assert!(
            trouble.is_some_and(|words| words.contains("does not take it")),
            "{found:?}"
        );
    }
}

pub(crate) async fn a_desk_that_is_set_up_has_nothing_wrong(desk: Desk) {
    let backend = desk.backend();
    backend.create(&alice(), &plain()).await.unwrap();
    let found = backend.examine().await;
    assert!(found.len() > 4, "{found:?}");
    assert!(
        found.iter().all(|finding| finding.trouble.is_none()),
        "{found:?}"
    );
}

pub(crate) async fn what_is_missing_is_said_in_words(desk: Desk) {
    let (name, nothing) = desk.setting_to_break;
    let mut settings = desk.settings.clone();
    settings[name] = nothing.into();
    let found = desk
        .with(settings, &desk.credential, network())
        .examine()
        .await;
    let trouble = |what: &str| {
        let troubled = found.iter().filter(|finding| finding.trouble.is_some());
        troubled
            .filter(|finding| finding.what.contains(what))
            .count()
    };
    assert_eq!(trouble(nothing), 1, "{found:?}");

    // Another path is another program, and nobody is at the next port.
    for (address, words) in [("/elsewhere", "`url`"), (":9", "firewall")] {
        let mut settings = desk.settings.clone();
        let url = settings["url"].as_str().unwrap().to_owned();
        let url = match address {
            ":9" => "http://127.0.0.1:9".to_owned(),
            path => format!("{url}{path}"),
        };
        settings["url"] = url.into();
        let found = desk
            .with(settings, &desk.credential, network())
            .examine()
            .await;
        let trouble = found.iter().find_map(|finding| finding.trouble.as_deref());
        let trouble = trouble.unwrap_or_default();
        assert!(trouble.contains(words), "{found:?}");
    }
}
