//! What changed, live.

use crate::{
    Checked, Miss, check,
    suite::{Case, Suite},
};
use portico_contract::{
    config::Capability,
    event::{Changes, EventKind},
};
use std::time::{Duration, Instant};

const EVENTS: Option<Capability> = Some(Capability::Events);
/// How long a change may take to be told.
const PATIENCE: Duration = Duration::from_secs(60);

super::rules! {
    EVENTS, "events.unauthenticated", "Events are for who may read a request: 401 without a session.", unauthenticated;
    EVENTS, "changes.place", "GET /changes without since says where to begin, with nothing.", place;
    EVENTS, "changes.told", "A request that changes is told to who may read it, and to nobody else.", told;
    EVENTS, "changes.reset", "A place that is not known is answered with reset true.", reset;
    EVENTS, "events.stream", "GET /events is a stream of server-sent events that tells request_changed.", stream;
    EVENTS, "events.resume", "last_event_id in the query goes on after that event: what was missed is told.", resume;
}

async fn unauthenticated(suite: &Suite) -> Checked {
    for path in ["/events", "/changes"] {
        let asked = suite.nobody.get(path).send().await?;
        asked.problem(401, "unauthenticated")?;
    }
    Ok(())
}

async fn changes(case: &Case, query: &str) -> Result<Changes, Miss> {
    let asked = case.client.get(&format!("/changes{query}")).send().await?;
    asked.status(200)?.read()
}

async fn place(suite: &Suite) -> Checked {
    let told = changes(suite.main().await?, "").await?;
    check(
        told.items.is_empty() && !told.reset,
        format!("{} events, reset {}", told.items.len(), told.reset),
        "no events, and reset false",
    )
}

async fn told(suite: &Suite) -> Checked {
    let (mine, other) = (suite.main().await?, suite.other().await?);
    let mut since = changes(mine, "").await?.next;
    other
        .say("A word that is nobody else's business.")
        .await?
        .status(201)?;
    mine.say("A word that is told.").await?.status(201)?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let told = changes(mine, &format!("?since={since}&wait=20")).await?;
        for event in &told.items {
            let about = event.request_id.as_ref().map(|id| id.as_str());
            check(
                about.is_none_or(|id| id == mine.id),
                format!("an event about {about:?}"),
                "events about the own request",
            )?;
        }
        if told
            .items
            .iter()
            .any(|event| event.kind == EventKind::RequestChanged)
        {
            return Ok(());
        }
        since = told.next;
    }
    Err(Miss::failed("nothing within a minute", "request_changed"))
}

async fn reset(suite: &Suite) -> Checked {
    let told = changes(suite.main().await?, "?since=never-was&wait=0").await?;
    check(told.reset, "reset false", "reset true")
}

/// Reads a stream until it tells that a request has changed.
async fn listen(mut stream: reqwest::Response) -> Checked {
    let kind = stream
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    check(
        stream.status() == 200 && kind.is_some_and(|kind| kind.starts_with("text/event-stream")),
        format!("{} {kind:?}", stream.status()),
        "200 text/event-stream",
    )?;
    let mut heard = String::new();
    let event = format!("event: {}", EventKind::RequestChanged);
    let listening = async {
        while let Ok(Some(chunk)) = stream.chunk().await {
            heard.push_str(&String::from_utf8_lossy(&chunk));
            // With and without the space that is allowed after the colon.
            if heard.contains(&event) || heard.contains(&event.replace(": ", ":")) {
                return true;
            }
        }
        false
    };
    let told = tokio::time::timeout(PATIENCE, listening).await;
    check(
        told == Ok(true),
        "the stream did not tell",
        "request_changed",
    )
}

async fn stream(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let stream = case.client.get("/events").open().await?;
    case.say("A word that is told in the stream.")
        .await?
        .status(201)?;
    listen(stream).await
}

async fn resume(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let since = changes(case, "").await?.next;
    case.say("A word that was missed.").await?.status(201)?;
    let path = format!("/events?last_event_id={since}");
    listen(case.client.get(&path).open().await?).await
}
