use crate::{basic, client, said};
use portico_fakes::{Fake, Fault};
use reqwest::RequestBuilder;
use serde_json::json;

const ALICE: &str = "alice@example.test";

/// A call of Alice through Zammad.
fn alice(desk: &Fake, method: &str, path: &str) -> RequestBuilder {
    let request = client().request(
        method.parse().unwrap(),
        format!("{}/api/v1/{path}", desk.base_url()),
    );
    request.header("authorization", basic(ALICE, &desk.user(ALICE).secret))
}

fn create(desk: &Fake) -> RequestBuilder {
    let body = json!({"title": "one", "group": "Users", "order_number": "A-17", "article": {"body": "text"}});
    alice(desk, "POST", "tickets").json(&body)
}

#[tokio::test]
async fn what_prevents_the_work_leaves_nothing() {
    let desk = Fake::zammad().await;
    desk.fault(
        Fault::TooMany {
            retry_after: Some(7),
        },
        1,
    );
    desk.fault(Fault::TooMany { retry_after: None }, 1);
    desk.fault(Fault::LoginPage, 1);
    desk.fault(Fault::Html, 1);
    desk.fault(Fault::ErrorInside, 1);
    desk.fault(Fault::Down, 1);
    let first = said(create(&desk)).await;
    assert_eq!((first.status, first.header("retry-after")), (429, "7"));
    let second = said(create(&desk)).await;
    assert_eq!((second.status, second.header("retry-after")), (429, ""));
    let login = said(create(&desk)).await;
    assert_eq!((login.status, login.header("location")), (302, "/login"));
    let page = said(client().get(format!("{}/login", desk.base_url()))).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    let html = said(create(&desk)).await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    let inside = said(create(&desk)).await;
    assert_eq!(
        (inside.status, &inside.body["error"]),
        (200, &json!("Something went wrong"))
    );
    assert!(
        create(&desk).send().await.is_err(),
        "not even the head of an answer"
    );
    assert_eq!(desk.tickets().len(), 0);
    assert!(desk.faults_spent());
    assert_eq!(said(create(&desk)).await.status, 201);
    assert_eq!(desk.calls().len(), 7);
}

#[tokio::test]
async fn a_write_is_done_and_its_answer_lost() {
    let desk = Fake::zammad().await;
    desk.fault(Fault::LostAnswer, 1);
    // A read is no write and comes back.
    assert_eq!(said(alice(&desk, "GET", "tickets")).await.status, 200);
    assert!(
        create(&desk).send().await.is_err(),
        "not even the head of an answer"
    );
    assert_eq!(desk.tickets().len(), 1);
}

#[tokio::test]
async fn a_fault_waits_for_its_call() {
    let desk = Fake::zammad().await;
    desk.fault_on("POST", "ticket", Fault::Html, 1);
    desk.fault_on("POST", "ticket_articles", Fault::Down, 1);
    assert_eq!(said(alice(&desk, "GET", "tickets")).await.body, json!([]));
    assert_eq!(said(create(&desk)).await.body, json!(null));
    assert_eq!(said(create(&desk)).await.status, 201);
}

#[tokio::test]
async fn a_write_is_answered_and_forgotten() {
    let desk = Fake::zammad().await;
    desk.fault(Fault::Dropped, 2);
    let made = said(create(&desk)).await;
    assert_eq!(
        (made.status, &made.body["order_number"]),
        (201, &json!("A-17"))
    );
    assert!(desk.ticket("1").fields.is_empty());
    let closed =
        said(alice(&desk, "PUT", "tickets/1?expand=true").json(&json!({"state": "closed"}))).await;
    assert_eq!(
        (closed.status, &closed.body["state"]),
        (200, &json!("closed"))
    );
    assert_eq!(desk.ticket("1").status, "new");
}

#[tokio::test]
async fn lists_show_what_they_should_not() {
    let desk = Fake::zammad().await;
    desk.fault(Fault::ForeignRow, 1);
    desk.fault(Fault::InternalInPublic, 1);
    desk.open(ALICE, "one", "text");
    assert_eq!(
        said(alice(&desk, "GET", "tickets")).await.each("", "id"),
        [1]
    );
    desk.open("bob@example.test", "two", "text");
    desk.answer("1", "She is right", true);
    for expected in [vec![1, 2], vec![1]] {
        assert_eq!(
            said(alice(&desk, "GET", "tickets")).await.each("", "id"),
            expected
        );
    }
    for expected in [vec![false, true], vec![false]] {
        let articles = said(alice(&desk, "GET", "ticket_articles/by_ticket/1")).await;
        assert_eq!(articles.each("", "internal"), expected);
    }
    assert!(desk.faults_spent());
}

#[tokio::test]
async fn totals_are_null_and_dates_an_epoch() {
    let desk = Fake::zammad().await;
    desk.open(ALICE, "one", "text");
    desk.fault(Fault::NullTotals, 1);
    desk.fault(Fault::EpochDates, 1);
    let read = said(alice(&desk, "GET", "tickets/1")).await;
    assert_eq!(read.body["escalation_at"], "1970-01-01T00:00:00Z");
    let found = said(alice(&desk, "GET", "tickets/search")).await;
    assert_eq!(found.body.get("tickets_count"), Some(&json!(null)));
}

#[tokio::test]
async fn an_answer_is_held_back_until_it_may_go() {
    let desk = Fake::zammad().await;
    desk.fault(Fault::Slow, 1);
    let held = tokio::spawn(said(create(&desk)));
    desk.received(1).await;
    assert_eq!(desk.tickets().len(), 1);
    // Others are answered meanwhile, and it is still not.
    for _ in 0..5 {
        assert_eq!(said(alice(&desk, "GET", "tickets/1")).await.status, 200);
    }
    assert!(!held.is_finished());
    desk.release();
    assert_eq!(held.await.unwrap().status, 201);
}

#[tokio::test]
async fn a_body_does_not_end() {
    let desk = Fake::zammad().await;
    desk.fault(Fault::Endless, 1);
    let mut answer = alice(&desk, "GET", "tickets").send().await.unwrap();
    let mut read = 0;
    while read < 10 << 20 {
        read += answer.chunk().await.unwrap().expect("there is more").len();
    }
}
