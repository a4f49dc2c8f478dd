//! Exactly once, over a network that loses things and a server that is killed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use portico_tests::api::complaint;
use portico_tests::{Api, FaultProxy, Plan, Server, seed};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::limits::generous;

/// How many submissions: 500, or what `PORTICO_SUBMISSIONS` says.
fn submissions() -> usize {
    std::env::var("PORTICO_SUBMISSIONS").map_or(500, |given| {
        given.parse().expect("PORTICO_SUBMISSIONS is a number")
    })
}

/// Sends one body under one key until the server says that it has it, as an outbox does: whatever is not
/// a 2xx in the server's own words is sent again. Returns the answer and how many attempts it took.
async fn insist(api: &Api, path: &str, body: &Value, rng: &mut fastrand::Rng) -> (Value, usize) {
    let key = Uuid::new_v4();
    for attempt in 1..=400 {
        if let Ok(reply) = api
            .call(Method::POST, path)
            .key(key)
            .json(body)
            .attempt()
            .await
        {
            let ours = reply
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("application/json"));
            match reply.status.as_u16() {
                201 if ours => return (reply.json, attempt),
                200 | 409 | 429 | 500..=599 => {}
                other => panic!("{path}: {other}: {}", reply.text()),
            }
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(5..60))).await;
    }
    panic!("{path}: never accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_submissions_equal_rows_while_the_network_loses_things_and_the_server_is_killed() {
    let seed = seed("exactly once");
    let total = submissions();
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut server = Server::with(generous()).await;
    let customer = server.customer("a@example.com").await;
    let proxy = FaultProxy::start(server.port(), seed).await;
    let scope: &[(&'static str, &'static str)] = &[("POST", "/portal/v1/requests")];
    proxy.follow(Plan::storm(50, scope));

    let next = Arc::new(AtomicUsize::new(0));
    let workers = join_all((0..6).map(|worker| {
        let (next, mut rng) = (Arc::clone(&next), fastrand::Rng::with_seed(rng.u64(..)));
        let guest = server.guest().through(&proxy.origin());
        let customer = customer.through(&proxy.origin());
        tokio::spawn(async move {
            let mut accepted = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= total {
                    return accepted;
                }
                let signed_in = rng.u8(0..3) == 0;
                let (api, contact) = if signed_in {
                    (&customer, None)
                } else {
                    (&guest, Some("guest@example.com"))
                };
                let (created, mut attempts) = insist(
                    api,
                    "/requests",
                    &complaint(&format!("Submission {n} of worker {worker}"), contact),
                    &mut rng,
                )
                .await;
                assert_eq!(
                    created["query_code"].is_string(),
                    !signed_in,
                    "the code is in whichever answer arrives"
                );
                let id = created["request"]["id"].as_str().unwrap().to_owned();
                let follows = signed_in && rng.bool();
                if follows {
                    let message =
                        json!({"body": {"format": "text", "value": format!("Message to {n}")}});
                    attempts +=
                        insist(api, &format!("/requests/{id}/messages"), &message, &mut rng)
                            .await
                            .1;
                }
                accepted.push((
                    id,
                    (
                        n,
                        created["request"]["reference"].as_str().unwrap().to_owned(),
                        follows,
                        attempts,
                    ),
                ));
            }
        })
    }));
    let workers = tokio::spawn(workers);

    let start = Instant::now();
    let mut kills = 0;
    while !workers.is_finished() {
        tokio::time::sleep(Duration::from_millis(rng.u64(200..1_500))).await;
        server.kill();
        kills += 1;
        tokio::time::sleep(Duration::from_millis(rng.u64(0..200))).await;
        server.restart().await;
        assert!(
            start.elapsed() < Duration::from_secs(60 + total as u64),
            "too slow: {} of {total}",
            next.load(Ordering::Relaxed)
        );
    }
    let accepted: BTreeMap<String, (usize, String, bool, usize)> = workers
        .await
        .unwrap()
        .into_iter()
        .flat_map(|worker| worker.unwrap())
        .collect();
    assert_eq!(
        accepted.len(),
        total,
        "two submissions got the same request"
    );

    let rows = server.desk().all("/requests", 100).await;
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), total, "rows and accepted submissions differ");
    for row in &rows {
        let (n, reference, ..) = accepted
            .get(row["id"].as_str().unwrap())
            .unwrap_or_else(|| panic!("nobody sent {row}"));
        assert_eq!(row["reference"], reference.as_str());
        assert!(
            row["subject"]
                .as_str()
                .unwrap()
                .starts_with(&format!("Submission {n} ")),
            "{row}"
        );
    }
    for (id, (n, _, follows, _)) in accepted.iter().filter(|(_, (_, _, follows, _))| *follows) {
        let timeline = customer
            .get(&format!("/requests/{id}/timeline"))
            .send()
            .await
            .expect_status(200);
        let times = timeline
            .text()
            .matches(&format!("Message to {n}\""))
            .count();
        assert_eq!(
            times,
            usize::from(*follows),
            "the message to {n} is there {times} times"
        );
    }
    let log = server.log();
    let errors: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("\"ERROR\"") || line.contains("panicked"))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let counts = proxy.counts();
    let attempts: usize = accepted.values().map(|(_, _, _, attempts)| attempts).sum();
    eprintln!(
        "{total} submissions in {:?}: {attempts} attempts, {kills} kills, {counts:?}",
        start.elapsed()
    );
    assert!(
        kills > 0 && counts.keys().len() > 5,
        "the storm did not blow: {counts:?}"
    );
}
