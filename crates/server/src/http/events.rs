//! What changed, live: a stream of server-sent events, or a long poll. Both say no more than which request to read
//! again (or the announcements), and end when the session does.

use super::actor::Presented;
use crate::{
    clock::real_now,
    gateway::live::Watching,
    problem::ApiError,
    state::App,
    store::{
        records::{Scope, SessionOf},
        visitors::EventRecord,
    },
};
use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{self, Sse},
    },
};
use futures::stream;
use portico_contract::{
    event::{Changes, Event, EventKind},
    id::EventId,
};
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// Without an event a stream says at least this often that it lives; then it also looks whether its session does.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// After how many milliseconds a client comes back.
const RETRY: Duration = Duration::from_millis(3_000);
/// Seconds that a long poll waits at most.
const WAIT_MAX: u64 = 30;
/// Events read at once.
const BATCH: u32 = 100;

/// Where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After this event.
    After(i64),
    /// From now on, because it is not known what was missed.
    Reset(i64),
}

/// Reads the place that a client names. Nothing: from now on. What is no event, or one that is forgotten: reset.
async fn place(app: &App, named: Option<&str>) -> Result<Place, ApiError> {
    let (newest, forgotten) = app.store.read().await?.event_bounds().await?;
    Ok(match named.map(|id| id.trim().parse::<i64>()) {
        None => Place::After(newest),
        Some(Ok(id)) if (forgotten..=newest).contains(&id) => Place::After(id),
        Some(_) => Place::Reset(newest),
    })
}

fn scope_of(presented: &Presented) -> Scope {
    match &presented.record.of {
        SessionOf::Customer(id) => Scope::Customer(id.clone()),
        SessionOf::Tracker(id) => Scope::Tracker(id.clone()),
    }
}

fn told(record: EventRecord) -> Event {
    Event {
        id: EventId::new(record.id.to_string()),
        kind: match record.request {
            Some(_) => EventKind::RequestChanged,
            None => EventKind::AnnouncementsChanged,
        },
        request_id: record.request,
        at: record.at,
    }
}

/// Follows the events of one session.
struct Follower {
    app: App,
    token_hash: [u8; 32],
    scope: Scope,
    after: i64,
    events: watch::Receiver<i64>,
    sign_outs: watch::Receiver<()>,
    /// The session may have ended since it was last looked for.
    doubt: bool,
    /// As long as it is followed, other desks are asked.
    _watching: Watching,
}

impl Follower {
    fn new(app: App, presented: &Presented, after: i64) -> Self {
        Self {
            token_hash: presented.record.token_hash,
            scope: scope_of(presented),
            after,
            events: app.store.events(),
            sign_outs: app.signed_out.subscribe(),
            doubt: false,
            _watching: app.gateway.watch(&scope_of(presented)),
            app,
        }
    }

    /// Waits until something may have changed or the time is over; false when the server stops.
    async fn wait(&mut self, until: Instant) -> bool {
        tokio::select! {
            biased;
            () = self.app.stopping.cancelled() => return false,
            _ = self.sign_outs.changed() => self.doubt = true,
            _ = self.events.changed() => {}
            () = sleep_until(until) => self.doubt = true,
        }
        true
    }

    /// The events that have come; `None` when the session has ended. Moves on past what is somebody else's.
    async fn next(&mut self) -> Result<Option<Vec<EventRecord>>, ApiError> {
        // Before reading, so that what comes in between wakes again.
        let newest = *self.events.borrow_and_update();
        let mut tx = self.app.store.read().await?;
        let found = tx.events_after(&self.scope, self.after, BATCH).await?;
        // Most events are somebody else's; for those nobody needs to know.
        if self.doubt || !found.is_empty() {
            let now = real_now().timestamp_millis();
            if tx.session(&self.token_hash, now).await?.is_none() {
                return Ok(None);
            }
            self.doubt = false;
        }
        self.after = match found.last() {
            Some(last) if found.len() == BATCH as usize => {
                self.events.mark_changed();
                last.id
            }
            Some(last) => last.id.max(newest),
            None => self.after.max(newest),
        };
        Ok(Some(found))
    }
}

/// Which event a stream goes on after, for clients that cannot send the header.
#[derive(Debug, Deserialize)]
pub struct Resume {
    last_event_id: Option<String>,
}

/// The stream. Its first line tells where it begins, so that a client can resume before anything has happened.
pub async fn events(
    State(app): State<App>,
    presented: Presented,
    Query(resume): Query<Resume>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let header = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let named = header
        .or(resume.last_event_id.as_deref())
        .filter(|id| !id.is_empty());
    let place = place(&app, named).await?;
    let mut queue = VecDeque::new();
    let begin = sse::Event::default().retry(RETRY);
    let after = match place {
        Place::After(id) => {
            queue.push_back(begin.id(id.to_string()));
            id
        }
        Place::Reset(id) => {
            queue.push_back(begin.event("reset").id(id.to_string()).data("{}"));
            id
        }
    };
    let follower = Follower::new(app, &presented, after);
    let stream = stream::unfold(
        (follower, queue, Instant::now()),
        |(mut follower, mut queue, mut due)| async move {
            loop {
                if let Some(event) = queue.pop_front() {
                    return Some((Ok::<_, Infallible>(event), (follower, queue, due)));
                }
                if !follower.wait(due).await {
                    return None;
                }
                let found = match follower.next().await {
                    Ok(found) => found?,
                    Err(error) => {
                        tracing::error!(?error, "a stream of events ends");
                        return None;
                    }
                };
                queue.extend(found.into_iter().filter_map(|record| {
                    let event = told(record);
                    let frame = sse::Event::default()
                        .id(event.id.as_str())
                        .event(event.kind.as_str());
                    frame.json_data(&event).ok()
                }));
                if queue.is_empty() && Instant::now() >= due {
                    queue.push_back(
                        sse::Event::default()
                            .id(follower.after.to_string())
                            .comment(""),
                    );
                }
                if Instant::now() >= due {
                    due = Instant::now() + HEARTBEAT;
                }
            }
        },
    );
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(([unbuffered], Sse::new(stream)).into_response())
}

/// What `/changes` takes.
#[derive(Debug, Deserialize)]
pub struct Poll {
    /// The place to go on after.
    since: Option<String>,
    /// Seconds; more than it waits at most are as good as that.
    wait: Option<String>,
}

/// Seconds of a long poll: any count, but no more than [`WAIT_MAX`].
fn seconds(wait: Option<&str>) -> Result<u64, ApiError> {
    let digits = wait.unwrap_or("0");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ApiError::bad_request());
    }
    Ok(digits.parse().unwrap_or(WAIT_MAX).min(WAIT_MAX))
}

/// The long poll.
pub async fn changes(
    State(app): State<App>,
    presented: Presented,
    Query(poll): Query<Poll>,
) -> Result<Json<Changes>, ApiError> {
    let id = |id: i64| EventId::new(id.to_string());
    let wait = seconds(poll.wait.as_deref())?;
    let after = match place(&app, poll.since.as_deref()).await? {
        Place::Reset(newest) => {
            return Ok(Json(Changes {
                items: Vec::new(),
                next: id(newest),
                reset: true,
            }));
        }
        Place::After(after) => after,
    };
    // Whoever only asks where to begin has nothing to wait for.
    let wait = if poll.since.is_some() { wait } else { 0 };
    let until = Instant::now() + Duration::from_secs(wait);
    let mut follower = Follower::new(app, &presented, after);
    loop {
        let found = follower.next().await?.unwrap_or_default();
        if !found.is_empty() || Instant::now() >= until || !follower.wait(until).await {
            let next = id(follower.after);
            return Ok(Json(Changes {
                items: found.into_iter().map(told).collect(),
                next,
                reset: false,
            }));
        }
    }
}
