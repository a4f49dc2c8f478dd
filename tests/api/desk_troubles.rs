//! Desks that are set up wrongly, that answer with nonsense, or that are away: nothing is lost, everybody is told, and
//! `portico doctor` says what to mend.

use crate::gateway::{gateway, listed, lying, messages, submit, timeline, token, write};
use chrono::{TimeDelta, Utc};
use portico_tests::api::{complaint, read, until_read};
use portico_tests::request_tracker::CREDENTIAL;
use portico_tests::{DeskFault, Options, RequestTracker, Server, self_signed, until};
use serde_json::{Value, json};
use uuid::Uuid;

/// The section of a Request Tracker at this address.
fn section_at(url: &str) -> String {
    format!(
        "[backend.rt]\nconnector = \"request-tracker\"\nurl = \"{url}\"\naccount = \"portal\"\n\
         queue = \"Support\"\ncredential_env = \"PORTICO_TEST_CREDENTIAL\"\ndefault = true\n"
    )
}

/// What `portico doctor` prints for a section: it must find that something is missing.
async fn doctor(section: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("portico.toml");
    std::fs::write(&config, section).unwrap();
    let mut doctor = tokio::process::Command::new(portico_tests::server::program());
    doctor.args(["doctor", "--config"]).arg(&config);
    let done = doctor.env("PORTICO_TEST_CREDENTIAL", CREDENTIAL).output();
    let done = done.await.unwrap();
    let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
    assert!(
        !done.status.success() && !said.contains(CREDENTIAL),
        "{said}"
    );
    said
}

/// A submission to the desk of this section is taken, and this is in its way, for the operator; it is tried again.
async fn in_the_way(section: &str) -> String {
    let options = Options {
        config: Some(section.to_owned()),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let body = complaint("Charged twice", Some("guest@example.test"));
    let reply = submit(&server.guest(), Uuid::new_v4(), &body)
        .await
        .expect_status(202);
    assert_eq!(reply.json["request"]["status"], "queued");
    let waiting = until("what is in the way", || async {
        let waiting = server.desk().get("/handovers").send().await.json;
        match waiting["items"][0]["trouble"].is_string() {
            true => Ok(waiting),
            false => Err(waiting.to_string()),
        }
    })
    .await;
    assert_eq!(waiting["items"][0]["tried_again"], true, "{waiting}");
    waiting["items"][0]["trouble"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_certificate_that_nobody_has_signed_is_not_believed() {
    let section = section_at(&self_signed());
    let (trouble, said) = tokio::join!(in_the_way(&section), doctor(&section));
    assert!(
        trouble.starts_with("no secure connection to the desk"),
        "{trouble}"
    );
    assert!(
        said.contains("There is no secure connection") && said.contains("certificate"),
        "{said}"
    );
}

#[tokio::test]
async fn a_wrong_address_is_the_operators_to_mend_and_loses_nothing() {
    let desk = RequestTracker::start().await;
    desk.fail(DeskFault::Status(404));
    let section = desk.section("default = true\n");
    let (trouble, said) = tokio::join!(in_the_way(&section), doctor(&section));
    assert!(
        trouble.contains("see that `url` is its address"),
        "{trouble}"
    );
    assert!(
        said.contains("nothing is there (404)") && said.contains("`url`"),
        "{said}"
    );

    let nobody = RequestTracker::absent().await;
    let section = nobody.section("default = true\n");
    let (trouble, said) = tokio::join!(in_the_way(&section), doctor(&section));
    assert!(
        trouble.starts_with("the desk cannot be reached"),
        "{trouble}"
    );
    assert!(said.contains("Nobody answers there"), "{said}");
}

#[tokio::test]
async fn the_doctor_says_each_nonsense_in_words() {
    let each = [
        (DeskFault::Html, "another program than Request Tracker"),
        (DeskFault::SignIn, "sends us to a page to sign in"),
        (DeskFault::Status(401), "Make a new one"),
        (DeskFault::Status(403), "may not use the API"),
        (DeskFault::Status(500), "cannot be asked now"),
        (DeskFault::Status(429), "asks us to wait"),
        (DeskFault::Huge, "too long"),
        (DeskFault::Endless, "too long"),
        (DeskFault::Hang, "was lost"),
    ];
    let each = each.map(|(fault, words)| async move {
        let desk = RequestTracker::start().await;
        desk.fail(fault);
        let said = doctor(&desk.section("")).await;
        assert!(said.contains(words), "{fault:?}: {said}");
    });
    futures::future::join_all(each).await;
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let desk = RequestTracker::start().await;
    let server = gateway(&desk, "").await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    desk.fail(DeskFault::Endless);
    desk.answers(ticket, "Not seen yet");
    let old = until_read(&customer, &id, "the age of what is known", |r| {
        r["as_of"].is_string()
    })
    .await;
    assert_eq!(old["status"], "new");
    let refused = write(&customer, &id, Uuid::new_v4(), "More").send().await;
    refused.expect_problem(503, "backend_unavailable");
    // 8 MB, and what is on the way between two machines; of 5 GB.
    let read = desk.longest_answer();
    assert!((1..64_000_000).contains(&read), "{read} bytes were read");
}

#[tokio::test]
async fn a_desk_that_is_down_for_an_hour_is_said_and_gets_what_waited_once() {
    let mut desk = RequestTracker::start().await;
    let options = Options {
        config: Some(desk.section("default = true\n")),
        test_clock: true,
        ..Options::default()
    };
    let mut server = Server::with(options.and_unlimited()).await;
    let (customer, id, ticket) = lying(&server, &desk).await;
    desk.close().await;
    let old = until_read(&customer, &id, "the age of what is known", |r| {
        r["as_of"].is_string()
    })
    .await;
    let guest = server.guest();
    let body = complaint("The line is dead", Some("guest@example.test"));
    let reply = submit(&guest, Uuid::new_v4(), &body)
        .await
        .expect_status(202);
    let reference = reply.text_at("/request/reference");
    let tracker = token(&server, &reply).await;
    let waits = reply.text_at("/request/id");
    let told = timeline(&tracker, &waits).await;
    assert!(
        told.iter().any(|item| item["explanation"]
            .as_str()
            .is_some_and(|e| e.contains("pass it on"))),
        "{told:?}"
    );

    let later = (Utc::now() + TimeDelta::hours(1)).to_rfc3339();
    let clock = server.desk().post("/clock").json(&json!({"now": later}));
    clock.send().await.expect_status(200);
    // What is known is as old as before, the hour has told nothing; and the list says so too.
    let still = read(&customer, &id).await;
    assert_eq!(
        (&still["as_of"], &still["status"]),
        (&old["as_of"], &json!("new"))
    );
    assert_eq!(listed(&customer).await["items"][0]["as_of"], old["as_of"]);
    let key = Uuid::new_v4();
    let refused = write(&customer, &id, key, "Are you there?").send().await;
    refused.expect_problem(503, "backend_unavailable");
    assert_eq!(read(&tracker, &waits).await["status"], "queued");

    // A restart in the hour forgets nothing of it.
    server.stop().await;
    server.restart().await;
    assert_eq!(read(&tracker, &waits).await["status"], "queued");
    desk.open().await;
    let there = until_read(&tracker, &waits, "the request to be there", |r| {
        r["status"] == "new"
    })
    .await;
    assert_eq!(
        (&there["reference"], &there["as_of"]),
        (&json!(reference), &Value::Null)
    );
    let made = desk.tickets();
    let made: Vec<_> = made.iter().filter(|t| t.id != ticket).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0].fields["Portal Key"], [waits.as_str()]);
    until("the letter that it is there", || async {
        let letters = server.letters_to("guest@example.test");
        match letters
            .iter()
            .filter(|l| l.text.contains("reached the service desk"))
            .count()
        {
            1 => Ok(()),
            _ => Err(format!("{letters:?}")),
        }
    })
    .await;
    // The message that was not taken goes the same way, once.
    write(&customer, &id, key, "Are you there?")
        .send()
        .await
        .expect_status(201);
    assert_eq!(messages(&timeline(&customer, &id).await).len(), 2);
    assert_eq!(read(&customer, &id).await["as_of"], Value::Null);
}
