//! Live updates: server-sent events and the long poll.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::BoxStream;
use portico_tests::api::complaint;
use portico_tests::{Api, PATIENCE, Server};
use serde_json::{Value, json};

use crate::limits::generous;

/// One event of the stream.
#[derive(Debug)]
pub(crate) struct Live {
    /// Where to go on after it.
    pub(crate) id: String,
    /// What it is about.
    pub(crate) name: String,
    /// The event itself.
    pub(crate) data: Value,
}

/// An open stream of events.
pub(crate) struct Stream {
    body: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    read: String,
}

impl Stream {
    /// Opens it, after the event `last` or from now on.
    pub(crate) async fn open(api: &Api, last: Option<&str>) -> Self {
        let mut call = api.get("/events").header("accept", "text/event-stream");
        if let Some(last) = last {
            call = call.header("last-event-id", last);
        }
        let response = call.stream().await;
        assert_eq!(response.status(), 200);
        assert!(
            response.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/event-stream")
        );
        let body = response
            .bytes_stream()
            .map(|part| part.map(|bytes| bytes.to_vec()))
            .boxed();
        Self {
            body,
            read: String::new(),
        }
    }

    /// The next event; comments and `retry:` are passed over. `None` when the stream ended.
    pub(crate) async fn next(&mut self) -> Option<Live> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some((block, rest)) = self.read.replace("\r\n", "\n").split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                let of = |field: &str| {
                    let lines = block
                        .lines()
                        .filter_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
                    lines
                        .map(|value| value.strip_prefix(' ').unwrap_or(value))
                        .collect::<Vec<_>>()
                        .join("\n")
                };
                if !of("data").is_empty() || !of("event").is_empty() {
                    return Some(Live {
                        id: of("id"),
                        name: of("event"),
                        data: serde_json::from_str(&of("data")).unwrap_or_default(),
                    });
                }
                continue;
            }
            let left = end.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.body.next())
                .await
                .expect("an event in time")
            {
                Some(Ok(bytes)) => self.read.push_str(std::str::from_utf8(&bytes).unwrap()),
                _ => return None,
            }
        }
    }
}

async fn reply(server: &Server, id: &str, text: &str) {
    let body = json!({"body": {"format": "text", "value": text}, "public": true});
    server
        .desk()
        .post(&format!("/requests/{id}/messages"))
        .json(&body)
        .send()
        .await
        .expect_status(201);
}

#[tokio::test]
async fn a_change_is_told_at_once_and_what_was_missed_is_told_on_return_even_after_a_restart() {
    let mut server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let other = server.customer("b@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let others = other
        .submit(&complaint("Another matter", None))
        .await
        .text_at("/request/id");

    let mut stream = Stream::open(&customer, None).await;
    reply(&server, &others, "not for you").await;
    reply(&server, &id, "first").await;
    let first = stream.next().await.unwrap();
    assert_eq!(
        (first.name.as_str(), &first.data["request_id"]),
        ("request_changed", &json!(id))
    );
    assert_eq!(first.data["id"], first.id.as_str());
    assert!(
        !first.data.to_string().contains("first"),
        "an event says which request changed, not what"
    );

    drop(stream);
    reply(&server, &id, "second").await;
    reply(&server, &others, "not for you either").await;
    server.kill();
    server.restart().await;
    reply(&server, &id, "third").await;
    let mut stream = Stream::open(&customer, Some(&first.id)).await;
    let mut seen = vec![first.id];
    for _ in 0..2 {
        let event = stream.next().await.unwrap();
        assert_eq!(
            (event.name.as_str(), &event.data["request_id"]),
            ("request_changed", &json!(id))
        );
        assert!(!seen.contains(&event.id), "{} came twice", event.id);
        seen.push(event.id);
    }
    // Nothing else waits in the stream: the next event is the next change.
    reply(&server, &id, "fourth").await;
    let fourth = stream.next().await.unwrap();
    assert_eq!(fourth.data["request_id"], json!(id));

    let changes = customer
        .get(&format!("/changes?since={}", seen[0]))
        .send()
        .await
        .expect_status(200);
    let items: Vec<&str> = changes.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        items,
        [seen[1].as_str(), seen[2].as_str(), fourth.id.as_str()]
    );
    assert_eq!(
        (
            changes.json["next"].as_str(),
            changes.json["reset"].as_bool()
        ),
        (Some(fourth.id.as_str()), Some(false))
    );

    let served = Instant::now();
    server.stop().await;
    assert!(
        served.elapsed() < Duration::from_secs(15),
        "an open stream holds up the end of the server"
    );
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn who_comes_back_with_a_place_that_is_not_known_is_told_to_fetch_everything() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    customer.submit(&complaint("Charged twice", None)).await;
    for place in ["9999999999", "no-such-place"] {
        let mut stream = Stream::open(&customer, Some(place)).await;
        assert_eq!(stream.next().await.unwrap().name, "reset", "{place}");
        let changes = customer
            .get(&format!("/changes?since={place}"))
            .send()
            .await
            .expect_status(200);
        assert_eq!(changes.json["reset"], true, "{place}");
    }
}

#[tokio::test]
async fn a_long_poll_waits_for_a_change_and_no_longer() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let now = customer
        .get("/changes")
        .send()
        .await
        .expect_status(200)
        .text_at("/next");
    let start = Instant::now();
    let empty = customer
        .get(&format!("/changes?since={now}&wait=1"))
        .send()
        .await
        .expect_status(200);
    assert_eq!(empty.json["items"], json!([]));
    assert!(
        start.elapsed() >= Duration::from_millis(900),
        "{:?}",
        start.elapsed()
    );

    let start = Instant::now();
    let poll = customer
        .get(&format!("/changes?since={now}&wait=20"))
        .send();
    let (told, ()) = tokio::join!(poll, async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        reply(&server, &id, "news").await;
    });
    let told = told.expect_status(200);
    assert_eq!(told.json["items"][0]["request_id"], id.as_str());
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    server
        .guest()
        .get("/events")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    server
        .guest()
        .get("/changes")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_hundred_changes_come_once_each_and_in_order_over_cut_streams() {
    let server = Server::with(generous()).await;
    let customer = server.customer("a@example.com").await;
    let id = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let from = customer
        .get("/changes")
        .send()
        .await
        .expect_status(200)
        .text_at("/next");
    let writer = async {
        for n in 0..100 {
            reply(&server, &id, &format!("reply {n}")).await;
        }
    };
    let reader = async {
        let mut last = from.clone();
        let mut seen = Vec::new();
        while seen.len() < 100 {
            let mut stream = Stream::open(&customer, Some(&last)).await;
            for _ in 0..7.min(100 - seen.len()) {
                let event = stream.next().await.unwrap();
                assert_eq!(event.name, "request_changed");
                last = event.id.clone();
                seen.push(event.id);
            }
        }
        seen
    };
    let ((), seen) = tokio::join!(writer, reader);
    let all = customer
        .get(&format!("/changes?since={from}"))
        .send()
        .await
        .expect_status(200);
    let all: Vec<String> = all.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(seen, all);
}
