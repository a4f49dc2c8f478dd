//! What was promised: the dates and their reasons, late at the instant, paused, moved, kept over another round, and a
//! policy that changes while the server runs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use portico_contract::promise::{Preview, Promise};
use portico_contract::request::Request;
use portico_tests::api::complaint;
use portico_tests::server::program;
use portico_tests::{Api, Options, Server, until};
use serde_json::{Value, json};

use crate::events::Stream;

const POLICY: &str = include_str!("../../crates/server/policy.toml");
const CALENDAR: &str = include_str!("../../crates/promise/calendars/CN.json");

/// Two looks of the server at its clock.
const LOOKS: Duration = Duration::from_millis(2_500);

async fn server() -> Server {
    let options = Options {
        test_clock: true,
        ..Options::unlimited()
    };
    Server::with(options).await
}

/// Sets business time: local time of the desk.
pub(crate) async fn clock(server: &Server, local: &str) {
    let now = json!({"now": format!("{local}+08:00")});
    let set = server.desk().post("/clock").json(&now).send().await;
    set.expect_status(200);
}

async fn request(customer: &Api, id: &str) -> Request {
    let read = customer.get(&format!("/requests/{id}")).language("en");
    read.send().await.expect_status(200).decode()
}

/// One promise of a request.
pub(crate) async fn promise(customer: &Api, id: &str, key: &str) -> Promise {
    let request = request(customer, id).await;
    let found = request.promises.iter().find(|p| p.key == key).cloned();
    found.unwrap_or_else(|| panic!("no {key} among {:?}", request.promises))
}

async fn state(customer: &Api, id: &str, key: &str) -> String {
    promise(customer, id, key).await.state.to_string()
}

/// When a promise is due, in local time of the desk.
async fn due(customer: &Api, id: &str, key: &str) -> String {
    local(&promise(customer, id, key).await)
}

fn local(promise: &Promise) -> String {
    let due = promise.due_at.expect("it has a date").date_time();
    let local = due.with_timezone(&chrono::FixedOffset::east_opt(8 * 3_600).unwrap());
    local.format("%Y-%m-%dT%H:%M").to_string()
}

async fn change(
    server: &Server,
    id: &str,
    key: &str,
    what: &str,
    body: Value,
) -> portico_tests::Reply {
    let path = format!("/requests/{id}/promises/{key}/{what}");
    server.desk().post(&path).json(&body).send().await
}

/// What the timeline says of promises: `key change`.
async fn told(customer: &Api, id: &str) -> Vec<String> {
    let items = customer.all(&format!("/requests/{id}/timeline"), 100).await;
    let promises = items.iter().filter(|item| item["kind"] == "promise");
    let say = |item: &Value| {
        format!(
            "{} {}",
            item["key"].as_str().unwrap(),
            item["change"].as_str().unwrap()
        )
    };
    promises.map(say).collect()
}

async fn submitted(customer: &Api) -> String {
    let new = customer.post("/requests").new_key().language("en");
    let created = new.json(&complaint("Charged twice", None)).send().await;
    created.expect_status(201).text_at("/request/id")
}

#[tokio::test]
async fn a_complaint_before_spring_festival_shows_four_milestones_and_why() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-02-14T15:00:00").await;
    let preview = json!({"type_id": "billing-complaint"});
    let preview = customer
        .post("/promises/preview")
        .json(&preview)
        .language("en")
        .send();
    let preview: Preview = preview.await.expect_status(200).decode();
    let id = submitted(&customer).await;

    for (key, expected) in [
        ("acknowledgement", "2026-02-15T15:00"),
        ("preliminary_opinion", "2026-02-27T00:00"),
        ("formal_reply", "2026-03-14T00:00"),
    ] {
        assert_eq!(due(&customer, &id, key).await, expected, "{key}");
    }
    let waiting = promise(&customer, &id, "investigation").await;
    assert_eq!((waiting.state.as_str(), waiting.due_at), ("waiting", None));

    // What was shown before sending is what is promised.
    let promised = request(&customer, &id).await.promises;
    let order = |all: &[Promise]| all.iter().map(|p| p.key.clone()).collect::<Vec<_>>();
    assert_eq!(order(&preview.promises), order(&promised));
    for shown in &preview.promises {
        let given = promised.iter().find(|p| p.key == shown.key).unwrap();
        assert_eq!(
            (
                &shown.label,
                &shown.goal,
                &shown.calendar,
                shown.state,
                shown.due_at.map(|_| local(shown))
            ),
            (
                &given.label,
                &given.goal,
                &given.calendar,
                given.state,
                given.due_at.map(|_| local(given))
            ),
        );
    }

    clock(&server, "2026-02-26T10:00:00").await;
    change(&server, &id, "investigation", "start", json!({}))
        .await
        .expect_status(200);
    assert_eq!(
        due(&customer, &id, "investigation").await,
        "2026-03-05T00:00"
    );

    let days = async |key: &str| {
        let path = format!("/requests/{id}/promises/{key}/days");
        let days = customer.get(&path).language("en").send().await;
        let days = days.expect_status(200).json;
        let say = |day: &Value| {
            let date = day["date"].as_str().unwrap();
            let reason = day["reason"].as_str().unwrap();
            format!("{} {reason} {}", &date[5..], day["counted"] == true)
        };
        let all = days.as_array().unwrap();
        (all.iter().map(say).collect::<Vec<_>>(), days)
    };
    assert_eq!(days("acknowledgement").await.0, Vec::<String>::new());
    let (opinion, named) = days("preliminary_opinion").await;
    assert_eq!(
        opinion,
        [
            "02-14 received false",
            "02-15 weekend false",
            "02-16 day_off false",
            "02-17 day_off false",
            "02-18 day_off false",
            "02-19 day_off false",
            "02-20 day_off false",
            "02-21 weekend false",
            "02-22 weekend false",
            "02-23 day_off false",
            "02-24 working_day true",
            "02-25 working_day true",
            "02-26 working_day true",
        ]
    );
    assert_eq!(named[3]["name"], "Spring Festival");
    let (investigation, _) = days("investigation").await;
    assert_eq!(
        investigation,
        [
            "02-26 received false",
            "02-27 working_day true",
            "02-28 make_up_day true",
            "03-01 weekend false",
            "03-02 working_day true",
            "03-03 working_day true",
            "03-04 working_day true",
        ]
    );
    let (reply, _) = days("formal_reply").await;
    let counted = reply.iter().filter(|day| day.ends_with("true")).count();
    assert_eq!(
        (counted, reply.last().unwrap().as_str()),
        (15, "03-13 working_day true")
    );

    // Nobody else is told, and what is no promise of it is not there.
    let other = server.customer("b@example.com").await;
    let path = format!("/requests/{id}/promises/formal_reply/days");
    other
        .get(&path)
        .send()
        .await
        .expect_problem(404, "not_found");
    for key in ["no_such_promise", "record"] {
        let path = format!("/requests/{id}/promises/{key}/days");
        customer
            .get(&path)
            .send()
            .await
            .expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_promise_is_late_at_the_instant_and_is_told_once_over_a_kill_and_a_clock_that_jumps() {
    let mut server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    let due = promise(&customer, &id, "acknowledgement")
        .await
        .due_at
        .unwrap();
    let local_due = due.date_time() - TimeDelta::seconds(2);
    let at = |offset: TimeDelta| {
        let at =
            (local_due + offset).with_timezone(&chrono::FixedOffset::east_opt(8 * 3_600).unwrap());
        at.format("%Y-%m-%dT%H:%M:%S").to_string()
    };
    let mut stream = Stream::open(&customer, None).await;
    clock(&server, &at(TimeDelta::zero())).await;
    assert_eq!(state(&customer, &id, "acknowledgement").await, "running");
    let event = stream.next().await.unwrap();
    assert_eq!(event.data["request_id"], id.as_str());
    let late = promise(&customer, &id, "acknowledgement").await;
    assert_eq!(late.state.as_str(), "late");
    let next = late.next_right.expect("a next right");
    assert_eq!((next.action.as_str(), next.from), ("chase", due));
    let items = customer.all(&format!("/requests/{id}/timeline"), 100).await;
    let at_late =
        DateTime::parse_from_rfc3339(items.last().unwrap()["at"].as_str().unwrap()).unwrap();
    let after = at_late - due.date_time();
    assert!(
        (TimeDelta::zero()..TimeDelta::seconds(3)).contains(&after),
        "{after}"
    );

    let once = async |server: &Server, when: &str| {
        tokio::time::sleep(LOOKS).await;
        assert_eq!(
            told(&customer, &id).await,
            ["acknowledgement late"],
            "{when}"
        );
        let letters = server.letters_to("a@example.com");
        let late = letters.iter().filter(|l| l.subject.contains("we are late"));
        assert_eq!(late.count(), 1, "{when}");
        assert_eq!(
            state(&customer, &id, "acknowledgement").await,
            "late",
            "{when}"
        );
    };
    once(&server, "while it runs").await;
    server.kill();
    server.restart().await;
    once(&server, "after a kill").await;
    clock(&server, &at(TimeDelta::days(-1))).await;
    once(&server, "a day back").await;
    clock(&server, &at(TimeDelta::hours(3))).await;
    once(&server, "forward again").await;

    let words = json!({"body": {"format": "text", "value": "We are sorry."}, "public": true});
    let reply = server.desk().post(&format!("/requests/{id}/messages"));
    reply.json(&words).send().await.expect_status(201);
    let kept = promise(&customer, &id, "acknowledgement").await;
    assert!(kept.state.as_str() == "kept_late" && kept.met_at.is_some());
}

#[tokio::test]
async fn what_became_due_while_the_server_was_down_is_late_when_it_is_back() {
    let mut server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    clock(&server, "2026-03-03T09:59:58").await;
    server.kill();
    tokio::time::sleep(LOOKS).await;
    server.restart().await;
    until("the promise to be late", || async {
        match told(&customer, &id).await {
            told if told == ["acknowledgement late"] => Ok(()),
            told => Err(format!("{told:?}")),
        }
    })
    .await;
}

#[tokio::test]
async fn waiting_for_the_customer_pauses_and_their_answer_resumes() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    clock(&server, "2026-03-03T09:00:00").await;
    let pending = json!({"status": "pending", "waiting_on": "customer"});
    let path = format!("/requests/{id}/status");
    server
        .desk()
        .post(&path)
        .json(&pending)
        .send()
        .await
        .expect_status(200);
    let paused = promise(&customer, &id, "preliminary_opinion").await;
    assert_eq!(paused.state.as_str(), "paused");
    assert_eq!(paused.pauses[0].reason.as_str(), "waiting_for_customer");
    assert_eq!(
        state(&customer, &id, "acknowledgement").await,
        "running",
        "its terms name no pause"
    );

    clock(&server, "2026-03-10T10:00:00").await;
    tokio::time::sleep(LOOKS).await;
    assert_eq!(state(&customer, &id, "preliminary_opinion").await, "paused");
    let answer = json!({"body": {"format": "text", "value": "Here it is."}});
    let answer = customer
        .post(&format!("/requests/{id}/messages"))
        .new_key()
        .json(&answer);
    answer.send().await.expect_status(201);
    let resumed = promise(&customer, &id, "preliminary_opinion").await;
    assert_eq!(resumed.state.as_str(), "running");
    assert!(resumed.pauses[0].to.is_some());
    // Five working days stood still: the 3rd to the 9th.
    assert_eq!(local(&resumed), "2026-03-13T00:00");
    let path = format!("/requests/{id}/promises/preliminary_opinion/days");
    let days = customer.get(&path).send().await.expect_status(200).json;
    let days = days.as_array().unwrap();
    assert!(days.iter().any(|day| day["reason"] == "paused"), "{days:?}");
}

#[tokio::test]
async fn the_desk_moves_pauses_and_ends_a_promise_with_its_reason() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    let to = json!("2026-03-11T00:00:00+08:00");
    change(&server, &id, "formal_reply", "move", json!({"due_at": to}))
        .await
        .expect_invalid("/reason");
    change(
        &server,
        &id,
        "formal_reply",
        "move",
        json!({"reason": "A part is missing"}),
    )
    .await
    .expect_invalid("/due_at");
    change(&server, &id, "no_such_promise", "met", json!({}))
        .await
        .expect_problem(404, "not_found");
    change(&server, &id, "formal_reply", "forget", json!({}))
        .await
        .expect_problem(404, "not_found");
    change(&server, &id, "formal_reply", "resume", json!({}))
        .await
        .expect_problem(409, "conflict");
    let moved = json!({"due_at": to, "reason": "A part is missing"});
    change(&server, &id, "formal_reply", "move", moved)
        .await
        .expect_status(200);
    let moved = promise(&customer, &id, "formal_reply").await;
    assert_eq!(local(&moved), "2026-03-11T00:00");
    assert_eq!(moved.moved[0].reason, "A part is missing");
    until("the letter about it", || async {
        let letters = server.letters_to("a@example.com");
        let found = letters
            .iter()
            .any(|letter| letter.text.contains("A part is missing"));
        found.then_some(()).ok_or_else(|| format!("{letters:?}"))
    })
    .await;

    let pause = json!({"reason": "The plant is closed", "due_at": "2026-03-05T09:00:00+08:00"});
    change(&server, &id, "preliminary_opinion", "pause", pause)
        .await
        .expect_status(200);
    let paused = promise(&customer, &id, "preliminary_opinion").await;
    assert_eq!(
        paused.pauses[0].note.as_deref(),
        Some("The plant is closed")
    );
    assert!(paused.pauses[0].expected_end.is_some());
    change(&server, &id, "preliminary_opinion", "resume", json!({}))
        .await
        .expect_status(200);
    change(&server, &id, "preliminary_opinion", "met", json!({}))
        .await
        .expect_status(200);
    change(&server, &id, "acknowledgement", "void", json!({}))
        .await
        .expect_invalid("/reason");
    change(
        &server,
        &id,
        "acknowledgement",
        "void",
        json!({"reason": "A duplicate"}),
    )
    .await
    .expect_status(200);
    assert_eq!(
        told(&customer, &id).await,
        [
            "formal_reply moved",
            "preliminary_opinion paused",
            "preliminary_opinion resumed",
            "preliminary_opinion kept",
            "acknowledgement void",
        ]
    );
}

#[tokio::test]
async fn a_changed_class_says_what_was_missed_and_what_holds_now() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let fault = json!({"type_id": "fault", "subject": "S", "locale": "en", "fields": {"product": "gateway"},
        "body": {"format": "text", "value": "B"}});
    let id = customer.submit(&fault).await.text_at("/request/id");
    clock(&server, "2026-03-09T10:00:00").await;
    let decided = json!({"class": "complex", "reason": "Two systems are concerned."});
    desk_sets(&server, &id, decided.clone()).await;
    let seen = request(&customer, &id).await;
    assert_eq!(seen.class.as_str(), "complex");
    assert_eq!(
        seen.grade_reason.as_deref(),
        Some("Two systems are concerned.")
    );
    let path = format!("/requests/{id}/timeline");
    let items = customer.get(&path).language("en").send().await;
    let items = items.expect_status(200).json["items"].clone();
    let found = |key: &str, change: &str| {
        let mut items = items.as_array().unwrap().iter();
        let item = items.find(|item| item["key"] == key && item["change"] == change);
        item.unwrap_or_else(|| panic!("{key} {change}: {items:?}"))["reason"].clone()
    };
    let reason = found("solution", "void");
    assert!(
        reason
            .as_str()
            .unwrap()
            .starts_with("We did not keep this date."),
        "{reason}"
    );
    assert_eq!(found("plan", "started"), Value::Null);
    let graded = |items: &Value| {
        let items = items.as_array().unwrap().iter();
        let graded = items.filter(|item| item["kind"] == "graded");
        graded
            .map(|item| json!([item["grade"], item["class"], item["reason"]]))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        graded(&items),
        [json!(["regular", "complex", "Two systems are concerned."])]
    );
    // The same without a reason decides nothing; another grade without one leaves none of the old one standing.
    desk_sets(&server, &id, json!({"class": "complex"})).await;
    desk_sets(&server, &id, json!({"grade": "major"})).await;
    let items = customer.all(&path, 100).await;
    assert_eq!(
        graded(&json!(items))[1..],
        [json!(["major", "complex", null])]
    );
    assert_eq!(request(&customer, &id).await.grade_reason, None);
}

#[tokio::test]
async fn another_round_keeps_the_first_and_a_review_has_a_clock_of_its_own() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    let resolve = async || {
        let path = format!("/requests/{id}/status");
        let done = json!({"status": "resolved", "explanation": "Paid back."});
        server
            .desk()
            .post(&path)
            .json(&done)
            .send()
            .await
            .expect_status(200);
    };
    let act = async |action: &str, body: Value| {
        let path = format!("/requests/{id}/actions/{action}");
        customer
            .post(&path)
            .new_key()
            .json(&body)
            .language("en")
            .send()
            .await
    };
    clock(&server, "2026-03-03T09:00:00").await;
    resolve().await;
    // What was never declared is not announced beside the result.
    let keys = request(&customer, &id).await.promises;
    let keys: Vec<_> = keys.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(
        keys,
        ["acknowledgement", "preliminary_opinion", "formal_reply"]
    );
    clock(&server, "2026-03-04T09:00:00").await;
    act("reopen", json!({"comment": "Not paid back"}))
        .await
        .expect_status(200);
    let rounds: Vec<_> = request(&customer, &id).await.promises;
    let of = |round: u32| {
        let promises = rounds.iter().filter(|p| p.round == round);
        promises
            .map(|p| format!("{} {}", p.key, p.state))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(1),
        [
            "acknowledgement kept",
            "preliminary_opinion kept",
            "formal_reply kept"
        ]
    );
    assert_eq!(
        of(2),
        [
            "acknowledgement-2 running",
            "preliminary_opinion-2 running",
            "investigation-2 waiting",
            "formal_reply-2 running",
        ]
    );
    let second = promise(&customer, &id, "preliminary_opinion-2").await;
    assert_eq!(local(&second), "2026-03-10T00:00");

    resolve().await;
    act("review", json!({})).await.expect_invalid("/comment");
    let reviewed = act("review", json!({"comment": "Look again, please"})).await;
    let reviewed: Request = reviewed.expect_status(200).decode();
    assert_eq!(reviewed.status.as_str(), "open");
    let rounds = reviewed.promises.iter().map(|promise| promise.round);
    assert_eq!(rounds.max(), Some(2), "a review is no other round");
    let review = reviewed
        .promises
        .iter()
        .find(|p| p.label == "Second review")
        .unwrap();
    assert_eq!(
        (review.state.as_str(), local(review)),
        ("running", "2026-03-19T00:00".to_owned())
    );
    let rungs = |request: &Request| {
        let ladder = request.ladder.iter();
        ladder
            .map(|rung| format!("{} {}", rung.key, rung.state))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        rungs(&reviewed),
        ["second_review current", "outside_body next"]
    );
    resolve().await;
    let answered = request(&customer, &id).await;
    assert_eq!(
        rungs(&answered),
        ["second_review done", "outside_body current"]
    );
    let again = act("review", json!({"comment": "And again"})).await;
    let again = again.expect_problem(409, "action_not_allowed");
    assert_eq!(again.json["reason"], "reviewed");
}

/// A policy that counts on the company's own calendar, beside it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(calendar: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self { folder };
        desk.write("policy.toml", &own_policy());
        desk.write("plant.json", &calendar.to_string());
        desk
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    async fn server(&self) -> Server {
        let file = self.folder.path().join("policy.toml");
        let options = Options {
            config: Some(format!("policy = \"{}\"\n", file.display())),
            test_clock: true,
            ..Options::default()
        };
        Server::with(options.and_unlimited()).await
    }
}

/// The policy that comes along, on a calendar of the company's own.
fn own_policy() -> String {
    let policy = POLICY.replacen("calendar = \"CN\"", "calendar = \"plant\"", 1);
    policy.replacen(
        "#: [[calendars]]\n#: id = \"plant\"\n#: file = \"plant.json\"\n",
        "[[calendars]]\nid = \"plant\"\nfile = \"plant.json\"\n",
        1,
    )
}

/// The calendar that comes along, known until a date, with more days off.
fn plant(known_to: &str, days_off: &[&str]) -> Value {
    let mut calendar: Value = serde_json::from_str(CALENDAR).unwrap();
    let until = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        list.filter(|day| day["date"].as_str().unwrap() <= known_to)
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut off = until(&calendar["days_off"]);
    off.extend(days_off.iter().map(|date| json!({"date": date})));
    calendar["days_off"] = off.into();
    calendar["working_days"] = until(&calendar["working_days"]).into();
    calendar["known"]["to"] = json!(known_to);
    calendar
}

#[tokio::test]
async fn a_calendar_that_changes_while_the_server_runs_counts_anew_and_takes_nothing_back() {
    let desk = Desk::new(&plant("2026-03-04", &[]));
    let server = desk.server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    let first = promise(&customer, &id, "preliminary_opinion").await;
    assert_eq!(
        (local(&first), first.provisional),
        ("2026-03-06T00:00".to_owned(), true)
    );

    let settles = async |expected: &str| {
        until("another date", || async {
            let found = promise(&customer, &id, "preliminary_opinion").await;
            let is = local(&found) == expected && !found.provisional;
            is.then_some(()).ok_or_else(|| format!("{found:?}"))
        })
        .await;
    };
    // A date that was called provisional may be later once the calendar is known, with its reason.
    desk.write(
        "plant.json",
        &plant("2026-12-31", &["2026-03-04"]).to_string(),
    );
    settles("2026-03-07T00:00").await;
    let later = promise(&customer, &id, "preliminary_opinion").await;
    assert!(later.moved[0].reason.contains("4 March 2026"), "{later:?}");
    assert!(
        told(&customer, &id)
            .await
            .contains(&"preliminary_opinion moved".to_owned())
    );

    // A date that was really promised stays when the calendar would make it later; what is new counts by it.
    let both = plant("2026-12-31", &["2026-03-04", "2026-03-05"]);
    desk.write("plant.json", &both.to_string());
    until("the calendar to be read", || async {
        let preview = json!({"type_id": "billing-complaint"});
        let preview = customer
            .post("/promises/preview")
            .json(&preview)
            .send()
            .await;
        let preview: Preview = preview.decode();
        let due = preview
            .promises
            .iter()
            .find(|p| p.key == "preliminary_opinion")
            .map(local);
        (due.as_deref() == Some("2026-03-10T00:00"))
            .then_some(())
            .ok_or_else(|| format!("{due:?}"))
    })
    .await;
    assert_eq!(
        due(&customer, &id, "preliminary_opinion").await,
        "2026-03-07T00:00"
    );
    // One that is earlier holds.
    desk.write("plant.json", &plant("2026-12-31", &[]).to_string());
    settles("2026-03-06T00:00").await;
}

#[tokio::test]
async fn a_broken_policy_leaves_the_running_server_the_one_that_it_has() {
    let desk = Desk::new(&plant("2026-12-31", &[]));
    let server = desk.server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let log = async |words: &str| {
        until("a line of the log", || async {
            let log = server.log();
            log.contains(words).then_some(()).ok_or(log)
        })
        .await;
    };
    for (policy, words) in [
        ("calendar = ", "policy.toml"),
        (
            &own_policy().replacen("[\"complaint\"]", "[\"complaints\"]", 1),
            "unknown word",
        ),
        (
            &own_policy().replacen("goal = \"24 hours\"", "goal = \"-24 hours\"", 1),
            "is not longer than nothing",
        ),
    ] {
        desk.write("policy.toml", policy);
        log(words).await;
        let id = submitted(&customer).await;
        assert_eq!(
            due(&customer, &id, "preliminary_opinion").await,
            "2026-03-06T00:00"
        );
    }
    let ended = plant("2026-01-31", &[]);
    desk.write("policy.toml", &own_policy());
    desk.write("plant.json", &ended.to_string());
    log("ends on 2026-01-31, before today").await;
    let id = submitted(&customer).await;
    assert!(
        !promise(&customer, &id, "preliminary_opinion")
            .await
            .provisional
    );
    // A calendar that comes later is enough.
    let named = own_policy().replacen("plant.json", "late.json", 1);
    desk.write("policy.toml", &named);
    log("late.json").await;
    desk.write(
        "late.json",
        &plant("2026-12-31", &["2026-03-03"]).to_string(),
    );
    until("the calendar that comes later", || async {
        let id = submitted(&customer).await;
        let due = due(&customer, &id, "preliminary_opinion").await;
        (due == "2026-03-07T00:00").then_some(()).ok_or(due)
    })
    .await;
    // What is good again is taken.
    desk.write("plant.json", &plant("2026-12-31", &[]).to_string());
    desk.write(
        "policy.toml",
        &own_policy().replacen("goal = \"3 working days\"", "goal = \"2 working days\"", 1),
    );
    until("the new policy", || async {
        let id = submitted(&customer).await;
        let due = due(&customer, &id, "preliminary_opinion").await;
        (due == "2026-03-05T00:00").then_some(()).ok_or(due)
    })
    .await;
}

#[tokio::test]
async fn a_calendar_on_which_something_is_owed_cannot_be_taken_away() {
    let desk = Desk::new(&plant("2026-12-31", &["2026-03-06"]));
    let mut server = desk.server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    let words = "any more, but promises of 1 open request(s) are counted on it";
    let due = || due(&customer, &id, "preliminary_opinion");
    assert_eq!(due().await, "2026-03-06T00:00");

    // Neither while the server runs: it goes on counting on what it has.
    desk.write("policy.toml", POLICY);
    until("a line of the log", || async {
        let log = server.log();
        log.contains(words).then_some(()).ok_or(log)
    })
    .await;
    let until_then = json!({"reason": "The plant is closed."});
    let pause = change(&server, &id, "preliminary_opinion", "pause", until_then).await;
    pause.expect_status(200);
    clock(&server, "2026-03-05T10:00:00").await;
    let resume = change(&server, &id, "preliminary_opinion", "resume", json!({})).await;
    resume.expect_status(200);
    // Friday the 6th is off there alone.
    assert_eq!(due().await, "2026-03-11T00:00");

    // Nor while it is down.
    server.stop().await;
    let home = server.data();
    let mut command = Command::new(program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--test-clock", "--data"]);
    command
        .arg(&home)
        .arg("--config")
        .arg(home.with_file_name("portico.toml"));
    let refused = command.output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains(words), "{said}");
    // Named again, it goes on.
    desk.write("policy.toml", &own_policy());
    server.restart().await;
    assert_eq!(due().await, "2026-03-11T00:00");
}

#[test]
fn what_is_wrong_with_a_policy_or_its_calendar_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let check = |policy: &str, calendar: (&str, &str)| {
        std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
        std::fs::write(folder.path().join(calendar.0), calendar.1).unwrap();
        said(folder.path())
    };
    let good = plant("2026-12-31", &[]).to_string();
    let json = ("plant.json", good.as_str());
    assert!(check(&own_policy(), json).0);
    let wrong = |what: &str, instead: &str| {
        let policy = own_policy().replacen(what, instead, 1);
        assert_ne!(policy, own_policy());
        let line = policy
            .lines()
            .position(|line| line.contains(instead))
            .unwrap()
            + 1;
        let (good, said) = check(&policy, json);
        assert!(
            !good && said.contains(&format!("policy.toml, line {line}: ")),
            "{said}"
        );
        said
    };
    assert!(
        wrong("kinds = [\"complaint\"]", "kinds = [\"complaints\"]")
            .contains("unknown word; known are fault")
    );
    assert!(
        wrong("goal = \"15 working days\"", "goal = \"-15 working days\"")
            .contains("is not longer than nothing")
    );
    assert!(
        wrong("calendar = \"plant\"", "calendar = \"paint\"")
            .contains("no calendar \"paint\"; known are ")
    );

    assert!(
        wrong("customer_hours = 72", "customer_hours = -72")
            .contains("customer_hours = -72 is not from 0 to 87600")
    );
    assert!(
        wrong("reopen_days = 14", "reopen_days = -14").contains("reopen_days = -14 is not from 0")
    );
    assert!(
        wrong(
            "url = \"https://www.12315.cn\"",
            "url = \"javascript:alert(1)\""
        )
        .contains("is no page such as https://")
    );
    assert!(
        wrong("#: desk = \"desk@example.com\"", "desk = \"nobody\"")
            .contains("\"nobody\" is not an e-mail address")
    );

    let calendar = |change: &dyn Fn(&mut Value)| {
        let mut calendar = plant("2026-12-31", &[]);
        change(&mut calendar);
        check(&own_policy(), ("plant.json", &calendar.to_string()))
    };
    for (answer, place, words) in [
        (
            calendar(&|c| c["week"]["monday"] = json!([["09:00", "13:00"], ["12:00", "18:00"]])),
            "plant.json: /week/monday/1: ",
            "overlap",
        ),
        (
            calendar(&|c| c["time_zone"] = json!("Asia/Shangahi")),
            "plant.json: /time_zone: ",
            "is no IANA time zone",
        ),
        (
            check(
                &own_policy(),
                ("plant.json", &plant("2026-01-31", &[]).to_string()),
            ),
            "policy.toml: ",
            "\"plant\" ends on 2026-01-31, before today",
        ),
        (
            check(
                &own_policy().replacen("plant.json", "plant.ics", 1),
                (
                    "plant.ics",
                    "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Asia/Shanghai\r\nwhat\r\nEND:VCALENDAR\r\n",
                ),
            ),
            "plant.ics: line 3: ",
            "",
        ),
        (
            check(&own_policy().replacen("plant.json", "gone.json", 1), json),
            "gone.json: ",
            "",
        ),
    ] {
        let (good, said) = answer;
        assert!(
            !good && said.contains(place) && said.contains(words),
            "{said}"
        );
    }
}

/// Whether `portico check` finds a folder's policy good, and what it says.
fn said(folder: &Path) -> (bool, String) {
    let mut command = Command::new(program());
    let output = command
        .arg("check")
        .arg(folder.join("policy.toml"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.success(), said)
}

#[tokio::test]
async fn the_desk_is_reminded_once_before_a_date() {
    let desk = Desk::new(&plant("2026-12-31", &[]));
    let reminded = own_policy().replacen("#: desk = ", "desk = ", 1);
    desk.write("policy.toml", &reminded);
    let mut server = desk.server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let id = submitted(&customer).await;
    clock(&server, "2026-03-03T05:59:57").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.letters_to("desk@example.com").len(), 0);
    let reminder = async |server: &Server| {
        until("the reminder", || async {
            let letters = server.letters_to("desk@example.com");
            (letters.len() == 1)
                .then(|| letters[0].subject.clone())
                .ok_or_else(|| format!("{letters:?}"))
        })
        .await
    };
    let subject = reminder(&server).await;
    assert!(subject.contains("2026-03-03 10:00"), "{subject}");
    server.kill();
    server.restart().await;
    tokio::time::sleep(LOOKS).await;
    reminder(&server).await;
    assert_eq!(told(&customer, &id).await, Vec::<String>::new());
}

/// How many letters to a customer have these words in their subject.
fn letters(server: &Server, to: &str, words: &str) -> usize {
    let letters = server.letters_to(to).into_iter();
    letters
        .filter(|letter| letter.subject.contains(words))
        .count()
}

async fn desk_sets(server: &Server, id: &str, change: Value) {
    let path = format!("/requests/{id}/status");
    let set = server.desk().post(&path).json(&change).send().await;
    set.expect_status(200);
}

/// Waits until the clock was looked at, by a promise of another request that is late then.
async fn looked(server: &Server, now: &str) {
    let other = server.customer("other@example.com").await;
    let id = submitted(&other).await;
    let due = json!({"reason": "-", "due_at": format!("{now}+08:00")});
    let path = format!("/requests/{id}/promises/acknowledgement/move");
    let moved = server.desk().post(&path).json(&due).send().await;
    moved.expect_status(200);
    clock(server, now).await;
    until("a look at the clock", || async {
        let state = state(&other, &id, "acknowledgement").await;
        (state == "late").then_some(()).ok_or(state)
    })
    .await;
}

#[tokio::test]
async fn a_customer_for_whom_a_request_waits_is_reminded_once_each_time() {
    let mut server = server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let body = json!({"type_id": "billing-complaint", "subject": "S", "locale": "en",
        "body": {"format": "text", "value": "B"}});
    let id = customer.submit(&body).await.text_at("/request/id");
    let waits = json!({"status": "pending", "waiting_on": "customer"});
    desk_sets(&server, &id, waits.clone()).await;
    let count = |server: &Server| letters(server, "a@example.com", "waiting for your answer");
    let reminded = async |server: &Server, times: usize| {
        until("the reminder", || async {
            let found = count(server);
            (found == times)
                .then_some(())
                .ok_or_else(|| format!("{found}"))
        })
        .await;
    };
    // Another word of the desk is not another waiting.
    clock(&server, "2026-03-04T10:00:00").await;
    desk_sets(&server, &id, waits.clone()).await;
    looked(&server, "2026-03-05T09:59:00").await;
    assert_eq!(count(&server), 0);
    clock(&server, "2026-03-05T10:00:30").await;
    reminded(&server, 1).await;
    assert!(
        told(&customer, &id)
            .await
            .iter()
            .all(|what| !what.contains("remind"))
    );
    // Neither a restart, nor a clock that is set back and forward, nor a longer waiting makes another one.
    server.kill();
    server.restart().await;
    clock(&server, "2026-03-05T09:00:00").await;
    looked(&server, "2026-03-20T10:00:00").await;
    assert_eq!(count(&server), 1);

    // The next waiting has a reminder of its own, also when it is due while the server is down.
    let answer = json!({"body": {"format": "text", "value": "Here it is."}});
    let path = format!("/requests/{id}/messages");
    customer
        .post(&path)
        .new_key()
        .json(&answer)
        .send()
        .await
        .expect_status(201);
    desk_sets(&server, &id, waits.clone()).await;
    clock(&server, "2026-03-23T09:59:00").await;
    server.travel("+1h").await;
    reminded(&server, 2).await;

    // Whoever has answered, or is waited for by nobody, is not written to.
    customer
        .post(&path)
        .new_key()
        .json(&answer)
        .send()
        .await
        .expect_status(201);
    desk_sets(&server, &id, waits).await;
    customer
        .post(&path)
        .new_key()
        .json(&answer)
        .send()
        .await
        .expect_status(201);
    let partner = json!({"status": "pending", "waiting_on": "third_party"});
    desk_sets(&server, &id, partner).await;
    looked(&server, "2026-04-20T10:00:00").await;
    assert_eq!(count(&server), 2);
}

#[tokio::test]
async fn reminders_to_customers_follow_the_policy_as_it_is() {
    let desk = Desk::new(&plant("2026-12-31", &[]));
    let none = own_policy().replacen("customer_hours = 72", "customer_hours = 0", 1);
    let soon = own_policy().replacen("customer_hours = 72", "customer_hours = 2", 1);
    assert!(none != own_policy() && soon != own_policy());
    desk.write("policy.toml", &none);
    let server = desk.server().await;
    let customer = server.customer("a@example.com").await;
    let waits = json!({"status": "pending", "waiting_on": "customer"});
    clock(&server, "2026-03-02T10:00:00").await;
    let never = submitted(&customer).await;
    desk_sets(&server, &never, waits.clone()).await;
    let logged = async |words: &str, times: usize| {
        until("a line of the log", || async {
            let log = server.log();
            (log.matches(words).count() >= times)
                .then_some(())
                .ok_or(log)
        })
        .await;
    };
    desk.write("policy.toml", &soon);
    logged("the policy was read anew", 1).await;
    let id = submitted(&customer).await;
    desk_sets(&server, &id, waits).await;
    // What is wrong leaves the policy as it is.
    desk.write(
        "policy.toml",
        &own_policy().replacen("customer_hours = 72", "customer_hours = 100_000", 1),
    );
    logged("100000 is not from 0 to 87600", 1).await;
    clock(&server, "2026-03-02T12:00:01").await;
    let count = || letters(&server, "a@example.com", "waiting for your answer");
    until("the reminder", || async {
        let found = count();
        (found == 1).then_some(()).ok_or_else(|| format!("{found}"))
    })
    .await;
    looked(&server, "2026-04-02T12:00:00").await;
    assert_eq!(
        count(),
        1,
        "the first one began to wait when there were none"
    );
}

#[tokio::test]
async fn a_calendar_that_moves_a_date_is_written_once_with_its_reason_also_after_a_restart() {
    let desk = Desk::new(&plant("2026-03-04", &[]));
    let mut server = desk.server().await;
    let customer = server.customer("a@example.com").await;
    clock(&server, "2026-03-02T10:00:00").await;
    let body = json!({"type_id": "billing-complaint", "subject": "S", "locale": "en",
        "body": {"format": "text", "value": "B"}});
    let id = customer.submit(&body).await.text_at("/request/id");
    let moved = |server: &Server| letters(server, "a@example.com", "has changed");
    let settles = async |server: &Server, expected: &str, letters: usize| {
        until("another date and its letter", || async {
            let due = due(&customer, &id, "preliminary_opinion").await;
            let found = (due, moved(server));
            (found == (expected.to_owned(), letters))
                .then_some(())
                .ok_or_else(|| format!("{found:?}"))
        })
        .await;
    };
    settles(&server, "2026-03-06T00:00", 0).await;
    let all = plant("2026-12-31", &["2026-03-04"]).to_string();
    desk.write("plant.json", &all);
    settles(&server, "2026-03-07T00:00", 1).await;
    let letters = server.letters_to("a@example.com");
    let told = letters
        .iter()
        .find(|l| l.subject.contains("has changed"))
        .unwrap();
    assert!(
        told.text
            .contains("The working calendar has changed: 4 March 2026"),
        "{}",
        told.text
    );
    // Nothing that concerns it, and the same anew after a kill: no other letter.
    desk.write(
        "policy.toml",
        &own_policy().replacen("chase_limit = 3", "chase_limit = 2", 1),
    );
    until("the policy to be read", || async {
        let log = server.log();
        (log.matches("the policy was read anew").count() >= 2)
            .then_some(())
            .ok_or(log)
    })
    .await;
    server.kill();
    server.restart().await;
    looked(&server, "2026-03-02T11:00:00").await;
    settles(&server, "2026-03-07T00:00", 1).await;
    // A calendar that was changed while the server was down counts when it is back.
    server.kill();
    desk.write("plant.json", &plant("2026-12-31", &[]).to_string());
    server.restart().await;
    settles(&server, "2026-03-06T00:00", 2).await;
    let reason = promise(&customer, &id, "preliminary_opinion").await.moved[1]
        .reason
        .clone();
    assert_eq!(reason, "The working calendar has changed.");
}

#[tokio::test]
async fn a_tier_counts_for_what_is_sent_from_then_on() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    let hours = async || {
        let preview = json!({"type_id": "other"});
        let preview = customer
            .post("/promises/preview")
            .json(&preview)
            .send()
            .await;
        let preview: Preview = preview.expect_status(200).decode();
        let first = preview.promises.iter().find(|p| p.key == "first_reply");
        first.unwrap().goal.amount
    };
    let set = async |address: &str, tier: Value| {
        let path = format!("/customers/{address}/tier");
        server
            .desk()
            .post(&path)
            .json(&json!({"tier": tier}))
            .send()
            .await
    };
    assert_eq!(hours().await, 24);
    set("A@example.com", json!("key")).await.expect_status(200);
    assert_eq!(hours().await, 8);
    let other =
        json!({"type_id": "other", "subject": "S", "body": {"format": "text", "value": "B"}});
    let sent = customer.submit(&other).await.text_at("/request/id");
    let first = async || promise(&customer, &sent, "first_reply").await.goal.amount;
    assert_eq!(first().await, 8);
    set("a@example.com", Value::Null).await.expect_status(200);
    assert_eq!(hours().await, 24);
    assert_eq!(first().await, 8, "what was promised stays");
    set("nobody@example.com", json!("key"))
        .await
        .expect_problem(404, "not_found");
    let urgent = json!({"type_id": "other", "urgency": "urgent"});
    let urgent = customer
        .post("/promises/preview")
        .json(&urgent)
        .send()
        .await;
    assert_eq!(urgent.json["promises"][0]["goal"]["amount"], 2);
    for (body, pointer) in [
        (json!({"type_id": "no-such-type"}), "/type_id"),
        (json!({"type_id": "other", "colour": "red"}), "/colour"),
        (json!({"type_id": "other", "urgency": "soon"}), "/urgency"),
    ] {
        let asked = server
            .guest()
            .post("/promises/preview")
            .json(&body)
            .send()
            .await;
        asked.expect_invalid(pointer);
    }
}
