//! Exactly once, counted in the desk itself: while the network between the gateway and the desk loses, cuts, delays and
//! refuses, and the gateway is killed.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    agents::Desk,
    contract::{Gateway, address},
};
use futures::future::join_all;
use portico_tests::{Api, Fault, FaultProxy, Options, Plan, api::complaint, seed};
use serde_json::Value;
use uuid::Uuid;

/// Longer than what waits takes to be tried again, several times.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// How many are sent: in the long runs what was promised, else enough to see a fault of every kind.
fn total() -> usize {
    env::var_os("PORTICO_SOAK").map_or(20, |_| 100)
}

/// Sends it under one key until the gateway says that it has it.
async fn insist(api: &Api, body: &Value, rng: &mut fastrand::Rng) {
    let key = Uuid::new_v4();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let sent = api.post("/requests").key(key).json(body).attempt().await;
        match sent.map(|reply| (reply.status.as_u16(), reply.text())) {
            Ok((201 | 202, _)) => return,
            // Killed, or the same key is still on its way.
            Err(_) | Ok((409 | 500..=599, _)) => {}
            Ok((status, text)) => panic!("{status}: {text}"),
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(20..200))).await;
    }
    panic!("never accepted");
}

pub(crate) async fn every_submission_is_at_the_desk_once(desk: Desk) {
    let (total, seed) = (total(), seed("exactly once at a desk"));
    let mut rng = fastrand::Rng::with_seed(seed);
    let port = desk.url().rsplit(':').next().unwrap().parse().unwrap();
    let proxy = FaultProxy::start(port, seed).await;
    let mut gateway = Gateway::at(&proxy.origin(), &desk, Options::unlimited()).await;
    let mut plan = Plan::storm(25, &[]);
    plan.faults.extend([Fault::Slow(500), Fault::Slow(3_000)]);
    proxy.follow(plan);

    let name = format!("Storm {}", &Uuid::new_v4().simple().to_string()[..8]);
    let next = Arc::new(AtomicUsize::new(0));
    let workers = join_all((0..4).map(|_| {
        let (next, name) = (Arc::clone(&next), name.clone());
        let (api, mut rng) = (
            gateway.server.guest(),
            fastrand::Rng::with_seed(rng.u64(..)),
        );
        tokio::spawn(async move {
            // Some write for the first time, and some have written before.
            let known = address();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= total {
                    return;
                }
                let from = if rng.bool() { known.clone() } else { address() };
                insist(
                    &api,
                    &complaint(&format!("{name} {n}"), Some(&from)),
                    &mut rng,
                )
                .await;
            }
        })
    }));
    let workers = tokio::spawn(workers);

    let begun = Instant::now();
    let mut kills = 0;
    while !workers.is_finished() {
        tokio::time::sleep(Duration::from_millis(rng.u64(1_000..4_000))).await;
        // Not without end: on a busy machine nothing would come there between two kills.
        if kills < 3 + total / 10 {
            gateway.server.kill();
            kills += 1;
            gateway.server.restart().await;
        }
        assert!(begun.elapsed() < PATIENCE, "too slow");
    }
    workers.await.unwrap().into_iter().for_each(Result::unwrap);
    let sent = begun.elapsed();
    // The storm is over, and what waits comes there by itself.
    let counts = proxy.counts();
    proxy.follow(Plan::calm());
    loop {
        let waiting = gateway.server.desk().get("/handovers").send().await;
        let waiting = waiting.expect_status(200).json["items"].clone();
        let waiting = waiting.as_array().unwrap();
        if waiting.is_empty() {
            break;
        }
        let stuck = waiting.iter().find(|one| one["tried_again"] == false);
        assert!(stuck.is_none(), "{stuck:?}");
        assert!(begun.elapsed() < PATIENCE, "{waiting:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    eprintln!(
        "{}: {total} submissions taken in {sent:?}, at the desk after {:?}: {kills} kills, {counts:?}",
        desk.url(),
        begun.elapsed()
    );

    let mut there = desk.agent.subjects(&name).await;
    let mut wanted: Vec<_> = (0..total).map(|n| format!("{name} {n}")).collect();
    there.sort();
    wanted.sort();
    assert_eq!(there, wanted, "lost, or twice");
    let log = gateway.server.log();
    assert!(!log.contains("panicked"), "{log}");
    assert!(
        kills > 0 && counts.len() > 3,
        "the storm did not blow: {counts:?}"
    );
}
