//! Long runs that a seed decides: the tests do them in short, `cargo xtask soak` for as long as it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::join_all;
use portico_contract::code::{QueryCode, Reference};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::complaint;
use crate::browser::Setup;
use crate::words::EN;
use crate::{Api, Browser, Customer, FaultProxy, Options, Page, Plan, Server, Words, until};

const GUEST: &str = "guest@example.com";

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

/// `total` submissions by guests and a member, some followed by a message, through a proxy that loses things, while
/// the server is killed and started again: what was accepted and the rows are the same.
pub async fn submit_in_a_storm(total: usize, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut server = Server::with(Options::unlimited()).await;
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

/// SHA-256 of every file that the page keeps, sorted.
async fn kept_files(page: &Page) -> Vec<String> {
    let body = "
      const open = () => new Promise((done, fail) => {
        const asked = indexedDB.open('portico');
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => fail(asked.error);
      });
      const all = store => new Promise((done, fail) => {
        const asked = store.getAll();
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => fail(asked.error);
      });
      const blobs = value => value instanceof Blob ? [value]
        : value && typeof value === 'object' && !ArrayBuffer.isView(value) ? Object.values(value).flatMap(blobs) : [];
      const database = await open();
      const found = [];
      for (const name of database.objectStoreNames)
        for (const value of await all(database.transaction(name).objectStore(name))) found.push(...blobs(value));
      database.close();
      const hashes = await Promise.all(found.map(async blob => {
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
        return [...hash].map(byte => byte.toString(16).padStart(2, '0')).join('');
      }));
      return hashes.sort()";
    let script = format!("return (async () => {{ {body} }})()");
    let found = page.run(&script, vec![]).await;
    let list = found.as_array().unwrap();
    list.iter()
        .map(|hash| hash.as_str().unwrap().to_owned())
        .collect()
}

/// The same of bytes, by the browser.
async fn hash(page: &Page, bytes: &[u8]) -> String {
    let body = "const bytes = Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0));
      return crypto.subtle.digest('SHA-256', bytes).then(hash =>
        [...new Uint8Array(hash)].map(byte => byte.toString(16).padStart(2, '0')).join(''))";
    let hash = page.run(body, vec![json!(STANDARD.encode(bytes))]).await;
    hash.as_str().unwrap().to_owned()
}

/// A file that passes for a PDF, of random bytes.
fn file(rng: &mut fastrand::Rng, size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..size).map(|_| rng.u8(..)));
    bytes
}

/// The browser is killed `times` times while somebody types, at moments that `seed` decides.
pub async fn kill_while_typing(times: usize, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let server = Server::with(Options::unlimited()).await;
    let mut browser = Browser::with(Setup::default()).await;
    let mut me = Customer::new(browser.page(), Words::of(EN), &server, server.origin()).await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    let mut before = String::new();
    for kill in 0..times {
        let field = me.page.field(me.say("submit.body"));
        field.focus().await;
        // What had been typed by which moment.
        let mut typed = vec![(Instant::now(), before.clone())];
        let end = Instant::now() + Duration::from_millis(rng.u64(200..2_500));
        let mut word = 0;
        while Instant::now() < end {
            word += 1;
            let piece = format!("{kill}.{word}扣款;");
            me.page.type_text(&piece).await;
            let so_far = typed.last().unwrap().1.clone() + piece.as_str();
            typed.push((Instant::now(), so_far));
        }
        let killed = Instant::now();
        browser.kill().await;
        me = me.at(browser.restart().await);
        me.open(&Customer::form_path()).await;
        me.arrive("submit.describe_complaint").await;
        let found = me.page.field(me.say("submit.body")).value().await;
        let old = typed
            .iter()
            .rev()
            .find(|(at, _)| killed.duration_since(*at) > Duration::from_secs(1));
        let must = old.map_or(&before, |(_, text)| text);
        let whole = &typed.last().unwrap().1;
        assert!(
            found.starts_with(must.as_str()) && whole.starts_with(&found),
            "kill {kill}: {found:?} is left of {whole:?}; at least {must:?} must be"
        );
        before = found;
    }
    me.page.clean().await;
}

/// The browser is killed `times` times, each time after a file was picked; at the end all are sent.
pub async fn kill_after_picking(times: usize, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let server = Server::with(Options::unlimited()).await;
    let mut browser = Browser::with(Setup::default()).await;
    let mut me = Customer::new(browser.page(), Words::of(EN), &server, server.origin()).await;
    me.open(&Customer::form_path()).await;
    me.describe("Killed", "After picking files.").await;
    me.detail("INV-2042").await;
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut hashes) = (Vec::new(), Vec::new());
    for kill in 0..times {
        // A message holds ten at most.
        if files.len() == 10 {
            break;
        }
        let size = rng.usize(1..3_000_000);
        let bytes = file(&mut rng, size);
        let path = folder.path().join(format!("evidence-{kill}.pdf"));
        std::fs::write(&path, &bytes).unwrap();
        hashes.push(hash(&me.page, &bytes).await);
        hashes.sort();
        let picked = Instant::now();
        me.page.choose_files(&[&path]).await;
        until("the file to be kept", || async {
            let kept = kept_files(&me.page).await;
            if kept == hashes {
                Ok(())
            } else {
                Err(format!("{kept:?}"))
            }
        })
        .await;
        let took = picked.elapsed();
        assert!(took < Duration::from_secs(5), "kept after {took:?}");
        // What lies on the disk by then may be another file.
        std::fs::write(&path, "changed").unwrap();
        files.push(bytes);
        browser.kill().await;
        me = me.at(browser.restart().await);
        me.open(&Customer::form_path()).await;
        me.arrive("submit.files").await;
        for n in 0..=kill {
            me.page.see(&format!("evidence-{n}.pdf")).await;
        }
        assert_eq!(kept_files(&me.page).await, hashes, "kill {kill}");
    }
    me.give_contact(GUEST).await;
    me.send().await;
    let codes = me.sent().await;
    let arrived = codes.files(&server.guest()).await;
    assert_eq!(arrived.len(), files.len());
    for bytes in arrived {
        assert!(files.contains(&bytes), "a file arrived that was not picked");
    }
    me.page.clean().await;
}

/// The largest |z| of the rank test: by chance beyond it once in 16,000 comparisons.
const RANKS_APART: f64 = 4.0;

/// A wrong code, an unknown reference and what is no reference at all are answered alike in the same time: `each` of
/// every kind, in an order that `seed` decides, compared by their ranks. Medians are only told: on a busy machine they
/// lie percents apart by chance.
pub async fn compare_wrong_codes(each: usize, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let server = Server::with(Options::unlimited()).await;
    let guest = server.guest();
    // Several, so that nothing hangs on where one reference lies in the database.
    let mut known = Vec::new();
    for n in 0..50 {
        let created = guest
            .submit(&complaint(&format!("Submission {n}"), Some(GUEST)))
            .await;
        known.push(created.text_at("/request/reference"));
    }
    // What happened to some must not show in how long a wrong code for them takes.
    for n in 0..200 {
        let body = json!({"format": "text", "value": format!("Message {n}")});
        let to = format!("/requests/{}/messages", known[n % 10]);
        let told = server.desk().post(&to);
        told.json(&json!({"body": body, "public": true}))
            .send()
            .await
            .expect_status(201);
    }
    let unknown = (0..50).map(|_| Reference::from_random(rng.u64(..)).to_string());
    let malformed = (0..50).map(|n| format!("PT-00000-0000U{n}"));
    let kinds = [
        ("known", known.clone()),
        ("unknown", unknown.collect()),
        ("malformed", malformed.collect()),
    ];
    let mut order: Vec<usize> = (0..each * kinds.len()).map(|n| n % kinds.len()).collect();
    rng.shuffle(&mut order);
    let mut took: [Vec<f64>; 3] = Default::default();
    for kind in order {
        let reference = rng.choice(&kinds[kind].1).expect("there are fifty");
        let code = QueryCode::from_random(rng.u64(..)).to_string();
        let body = json!({"reference": reference, "query_code": code});
        let start = Instant::now();
        let reply = guest.post("/track").json(&body).send().await;
        took[kind].push(start.elapsed().as_secs_f64() * 1_000.0);
        reply.expect_problem(404, "not_found");
    }
    let program = crate::server::program();
    eprintln!("{each} look-ups of each kind, {}:", program.display());
    for ((name, _), took) in kinds.iter().zip(&took) {
        let [low, median, high] = [0.1, 0.5, 0.9].map(|share| quantile(took, share));
        eprintln!("  {name}: median {median:.3} ms, 80 % within {low:.3} to {high:.3} ms");
    }
    let known = &took[0];
    for (name, other) in [("unknown", &took[1]), ("malformed", &took[2])] {
        let (one, two) = (quantile(known, 0.5), quantile(other, 0.5));
        let apart = (one - two).abs() / one.max(two);
        let z = rank_test(known, other);
        eprintln!(
            "  known and {name}: medians {:.2} % apart, z = {z:.2}",
            apart * 100.0
        );
        assert!(
            z.abs() < RANKS_APART,
            "a known reference takes {one:.3} ms, an {name} one {two:.3} ms (z = {z:.2})"
        );
    }
}

/// The value below which this share of a sample lies.
fn quantile(sample: &[f64], share: f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(share * sorted.len() as f64) as usize]
}

/// z of the Mann-Whitney rank test: positive where the values of `a` are the larger ones. Times that are equal to the
/// nanosecond are too few to matter.
fn rank_test(a: &[f64], b: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = a.iter().map(|value| (*value, true)).collect();
    all.extend(b.iter().map(|value| (*value, false)));
    all.sort_by(|one, two| one.0.total_cmp(&two.0));
    let (n, m) = (a.len() as f64, b.len() as f64);
    let ranks: f64 = (1..)
        .zip(&all)
        .filter(|(_, (_, of_a))| *of_a)
        .map(|(rank, _)| f64::from(rank))
        .sum();
    let u = ranks - n * (n + 1.0) / 2.0;
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}
