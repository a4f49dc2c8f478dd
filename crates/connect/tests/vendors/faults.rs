//! What desks do at the worst moment.

use crate::desks::{Desk, alice, reply, said};
use portico_connect::{
    Backend, DeskError, TransportError,
    ticket::{Change, Customer, NewTicket, TicketId},
};
use portico_fakes::Fault;
use std::{collections::BTreeSet, time::Duration};

/// Nothing is done, and something else is said.
const PREVENTING: [Fault; 7] = [
    Fault::TooMany { retry_after: None },
    Fault::TooMany {
        retry_after: Some(7),
    },
    Fault::LoginPage,
    Fault::Html,
    Fault::ErrorInside,
    Fault::Down,
    Fault::Endless,
];

/// Whether this is how such a fault is told.
fn tells(fault: Fault, error: &DeskError) -> bool {
    match fault {
        Fault::TooMany { retry_after } => {
            let wait = retry_after.map(|seconds| Duration::from_secs(u64::from(seconds)));
            *error == DeskError::Busy { retry_after: wait }
        }
        Fault::LoginPage => *error == DeskError::Credential,
        Fault::Html | Fault::ErrorInside => matches!(error, DeskError::Nonsense(_)),
        Fault::Down => matches!(error, DeskError::Transport(TransportError::Lost(_))),
        Fault::Endless => *error == DeskError::Transport(TransportError::TooLarge),
        _ => false,
    }
}

/// Method and path of every call since the first so many, each once.
fn calls(desk: &Desk, since: usize) -> BTreeSet<(String, String)> {
    let calls = desk.fake.calls().into_iter().skip(since);
    calls.map(|call| (call.method, call.path)).collect()
}

async fn read_in_every_way(
    backend: &dyn Backend,
    customer: &Customer,
    id: &TicketId,
    way: &str,
) -> Result<(), DeskError> {
    match way {
        "list" => backend.list(customer, 0).await.map(drop),
        "find" => backend.find(customer, "k-1").await.map(drop),
        _ => backend.read(customer, id).await.map(drop),
    }
}

pub(crate) async fn a_read_that_fails_says_how(desk: Desk) {
    let (backend, customer) = (desk.backend(), alice());
    let new = NewTicket {
        key: "k-1".into(),
        ..desk.plain()
    };
    let id = backend.create(&customer, &new).await.unwrap();
    for way in ["read", "list", "find"] {
        let before = desk.fake.calls().len();
        read_in_every_way(&*backend, &customer, &id, way)
            .await
            .unwrap();
        for (method, path) in calls(&desk, before) {
            for fault in PREVENTING {
                desk.fake.fault_on(&method, &path, fault, 1);
                let answer = read_in_every_way(&*backend, &customer, &id, way).await;
                assert!(desk.fake.faults_spent());
                let error = answer.unwrap_err();
                assert!(tells(fault, &error), "{way} {path} {fault:?}: {error:?}");
            }
        }
        read_in_every_way(&*backend, &customer, &id, way)
            .await
            .unwrap();
    }
}

pub(crate) async fn a_write_that_fails_makes_no_second_ticket(desk: Desk) {
    let (backend, customer) = (desk.backend(), alice());
    let can = backend.capabilities();
    backend.create(&customer, &desk.submission()).await.unwrap();
    let steps = calls(&desk, 0);
    assert!(
        steps
            .iter()
            .any(|(method, path)| method == "POST" && path.ends_with(desk.creates))
    );
    let mut number = 0;
    for (method, path) in steps {
        // The paths of the first ticket are of no other.
        let path = path.split("/1").next().unwrap().to_owned();
        let path = path.split("/SD-").next().unwrap().to_owned();
        // How an answer without end is told, reading shows.
        for fault in PREVENTING
            .into_iter()
            .filter(|fault| *fault != Fault::Endless)
        {
            number += 1;
            let new = NewTicket {
                key: format!("k-{number}"),
                subject: format!("Number {number}."),
                ..desk.submission()
            };
            let before = desk.fake.calls().len();
            desk.fake.fault_on(&method, &path, fault, 1);
            let made = backend.create(&customer, &new).await;
            let what = format!("{method} {path} {fault:?}: {made:?}");
            assert!(desk.fake.calls().len() > before, "{what}");
            assert!(desk.fake.faults_spent(), "{what}");
            let error = made.expect_err(&what);
            let there = desk.count(&new.subject);
            assert!(there <= 1, "{what}");
            if there == 1 {
                // Asked again, it is found, or it was said that it is not whole.
                assert!(
                    error.may_be_done() || matches!(error, DeskError::Refused(_)),
                    "{what}"
                );
                let found = backend.find(&customer, &new.key).await.unwrap();
                assert_eq!(found.is_some(), can.find, "{what}");
            } else {
                assert!(error.is_passing() && tells(fault, &error), "{what}");
                let found = backend.find(&customer, &new.key).await.unwrap();
                assert_eq!(found, None, "{what}");
                backend.create(&customer, &new).await.unwrap();
                assert_eq!(desk.count(&new.subject), 1);
            }
        }
    }
}

pub(crate) async fn a_lost_answer_makes_no_second_ticket(desk: Desk) {
    let (backend, customer, new) = (desk.backend(), alice(), desk.plain());
    desk.fake
        .fault_on("POST", desk.creates, Fault::LostAnswer, 1);
    let lost = backend.create(&customer, &new).await.unwrap_err();
    assert!(lost.may_be_done(), "{lost}");
    assert_eq!(desk.fake.tickets().len(), 1);
    if backend.capabilities().find {
        let found = backend.find(&customer, &new.key).await.unwrap().unwrap();
        let ticket = backend.read(&customer, &found).await.unwrap();
        assert_eq!(said(&ticket)[0].1, new.body);
    }
}

pub(crate) async fn a_write_without_effect_is_told(desk: Desk) {
    if desk.is_public() {
        let placed = desk.submission();
        desk.fake.fault(Fault::Dropped, 1);
        let made = desk.backend().create(&alice(), &placed).await;
        assert!(matches!(made, Err(DeskError::Refused(_))), "{made:?}");
        return;
    }
    let (backend, customer) = (desk.backend(), alice());
    let id = backend.create(&customer, &desk.plain()).await.unwrap();
    for fault in [Fault::Dropped, Fault::Html, Fault::ErrorInside] {
        for path in ["notes", "comment", "ticket_articles", "/requests/1"] {
            desk.fake.fault_on("POST", path, fault, 1);
            desk.fake.fault_on("PUT", path, fault, 1);
        }
        let answer = backend.reply(&customer, &id, &reply("Still down.")).await;
        let told = matches!(answer, Err(DeskError::Refused(_) | DeskError::Nonsense(_)));
        assert!(told, "{fault:?}: {answer:?}");
        assert_eq!(desk.fake.ticket(&desk.key(&id)).messages.len(), 1);
    }
}

pub(crate) async fn what_a_new_ticket_lacks_goes_after_it(desk: Desk) {
    if desk.is_public() {
        return;
    }
    let (backend, customer, new) = (desk.backend(), alice(), desk.submission());
    desk.fake.fault_on("POST", desk.creates, Fault::Dropped, 1);
    let id = backend.create(&customer, &new).await.unwrap();
    assert!(desk.fake.faults_spent());
    let staff = desk.all(&id);
    assert!(staff.contains("order number: A-17"), "{staff}");
    let ticket = backend.read(&customer, &id).await.unwrap();
    assert_eq!(said(&ticket)[0].1, new.body);
    let mut files = Vec::new();
    for kept in ticket.messages.iter().flat_map(|message| &message.files) {
        files.push((
            kept.name.clone(),
            backend.file(&customer, &id, &kept.id).await.unwrap(),
        ));
    }
    let sent: Vec<_> = new
        .files
        .into_iter()
        .map(|file| (file.name, file.bytes))
        .collect();
    assert_eq!(files, sent);
}

pub(crate) async fn a_slow_desk_is_waited_for(desk: Desk) {
    let (backend, customer) = (desk.backend(), alice());
    let id = backend.create(&customer, &desk.plain()).await.unwrap();
    let before = desk.fake.calls().len();
    desk.fake.fault(Fault::Slow, 1);
    let read = {
        let (backend, customer, id) = (backend.clone(), customer.clone(), id.clone());
        tokio::spawn(async move { backend.read(&customer, &id).await })
    };
    desk.fake.received(before + 1).await;
    assert!(!read.is_finished());
    desk.fake.release();
    assert_eq!(read.await.unwrap().unwrap().row.id, id);
}

pub(crate) async fn totals_may_be_unknown(desk: Desk) {
    let (backend, customer) = (desk.backend(), alice());
    let id = backend.create(&customer, &desk.plain()).await.unwrap();
    desk.fake.fault(Fault::NullTotals, 50);
    let can = backend.capabilities();
    let rows = backend.list(&customer, 0).await.unwrap().rows;
    assert_eq!(rows.len(), usize::from(can.list));
    assert_eq!(backend.read(&customer, &id).await.unwrap().row.id, id);
    if can.reopen
        && let Some(resolved) = desk.resolved
    {
        desk.fake.answer(&desk.key(&id), "Done.", false);
        desk.fake.set_status(&desk.key(&id), resolved);
        for fault in [Fault::Dropped, Fault::Html, Fault::ErrorInside] {
            desk.fake.fault_on("PUT", "", fault, 1);
            desk.fake.fault_on("POST", "/transition", fault, 1);
            let told = backend.change(&customer, &id, Change::Reopen).await;
            let refused = matches!(told, Err(DeskError::Refused(_) | DeskError::Nonsense(_)));
            assert!(refused, "{fault:?}: {told:?}");
        }
    }
}
