//! What has changed since it was fetched, as the server tells it.
//!
//! ```ignore
//! let changed = live::changed(&id);   // then in a query: Query::new(move || { changed.track(); ... })
//! live::follow(Access::to(&id));      // in the request page: a request that is followed without an account
//! live::connection()                  // reactive: Live, Polling or Lost, for the line that says so
//! ```
//! The account's events are followed by themselves while somebody is signed in; [`any`] changes with every one of
//! them, for lists. One tab at a time is connected and tells the others.
//!
//! The stream is read through `fetch`, as `EventSource` sends no token and gives up after a 503. It is opened again
//! after every end, from the last event on, with a waiting time below 5 s that is spread by chance. Where no stream
//! comes through (a proxy holds it back), the server is asked for changes instead.

use super::session::{self, SignedIn};
use crate::{
    api::{
        Access, Failure,
        event_stream::{Message, Reader},
        events, retry,
    },
    browser::{
        channel::Channel,
        lock,
        task::{self, Task},
    },
    json,
};
use leptos::prelude::*;
use portico_contract::{
    config::Capability,
    event::{Event, EventKind},
    id::{EventId, RequestId},
    problem::ProblemCode,
};
use portico_view::{Memo, effect, memo};
use std::{cell::RefCell, collections::HashMap, sync::LazyLock};

/// Milliseconds of silence after which a stream counts as cut: three heartbeats.
const STALL: u32 = 45_000;
/// Ends of a stream in a row, without an event, after which the server is asked instead.
const PATIENCE: u32 = 3;
/// Questions after which a stream is tried again.
const QUESTIONS: u32 = 10;

/// Whether changes arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Connection {
    /// Nothing is followed, or it has just begun.
    Quiet,
    /// At once.
    Live,
    /// Within half a minute.
    Polling,
    /// Not at the moment; it is tried again by itself.
    Lost,
}

/// How often something has changed.
#[derive(Default)]
struct Changes {
    /// Each request.
    requests: HashMap<RequestId, u32>,
    /// Anything at all.
    any: u32,
    /// Events were missed.
    resets: u32,
}

static CHANGES: LazyLock<ArcRwSignal<Changes>> = LazyLock::new(ArcRwSignal::default);
static CONNECTIONS: LazyLock<ArcRwSignal<HashMap<String, Connection>>> =
    LazyLock::new(ArcRwSignal::default);

thread_local! {
    static TABS: RefCell<Option<Channel>> = const { RefCell::new(None) };
    static ACCOUNT: RefCell<Option<Task>> = const { RefCell::new(None) };
}

/// A number that changes when this request may have changed. Made once, where a component is built.
pub fn changed(request: &RequestId) -> Memo<u32> {
    let request = request.clone();
    memo(move || CHANGES.with(|c| c.requests.get(&request).copied().unwrap_or(0) + c.resets))
}

/// A number that changes when any request may have changed. Reactive.
pub fn any() -> u32 {
    CHANGES.with(|c| c.any)
}

/// The same number, for asynchronous work.
pub fn any_untracked() -> u32 {
    CHANGES.with_untracked(|c| c.any)
}

/// A number that changes when nobody knows what has changed, and when it is something else than a request. Reactive.
pub fn resets() -> u32 {
    CHANGES.with(|c| c.resets)
}

/// Whether changes arrive. Reactive.
pub fn connection() -> Connection {
    CONNECTIONS.with(|all| all.values().copied().max().unwrap_or(Connection::Quiet))
}

/// Follows the events of a token as long as the component that is being built is there, where the server tells any.
/// Those of the account are followed anyway.
pub fn follow(access: Access) {
    if access == Access::Account {
        return;
    }
    let name = name_of(&access);
    let offered = memo(|| super::config::has(Capability::Events));
    effect(move || {
        if offered.get() {
            Task::spawn(run(access.clone())).owned();
        }
    });
    on_cleanup(move || {
        CONNECTIONS.update(|all| {
            all.remove(&name);
        });
    });
}

fn name_of(access: &Access) -> String {
    match access {
        Access::Account | Access::Nobody => "account".to_owned(),
        Access::Tracked(request) => request.to_string(),
    }
}

fn bump(request: Option<&RequestId>) {
    CHANGES.update(|changes| {
        changes.any += 1;
        match request {
            Some(request) => *changes.requests.entry(request.clone()).or_default() += 1,
            None => changes.resets += 1,
        }
    });
}

fn tell_tabs(text: &str) {
    TABS.with_borrow(|tabs| {
        if let Some(tabs) = tabs {
            tabs.say(text);
        }
    });
}

/// A request has changed (`Some`), or nobody knows what has.
fn note(request: Option<&RequestId>) {
    bump(request);
    tell_tabs(request.map_or("", RequestId::as_str));
}

fn set_connection(name: &str, connection: Connection) {
    if CONNECTIONS.with_untracked(|all| all.get(name) != Some(&connection)) {
        CONNECTIONS.update(|all| {
            all.insert(name.to_owned(), connection);
        });
    }
}

/// Follows until the session has ended.
async fn run(access: Access) {
    let name = name_of(&access);
    set_connection(&name, Connection::Quiet);
    // Another tab may be connected already; it tells us, until it is our turn. Then something may have been missed.
    let lock_name = format!("portico.live.{name}");
    let mut lock = lock::try_hold(&lock_name).await;
    let mut connected_before = lock.is_none();
    if lock.is_none() {
        lock = lock::hold(&lock_name).await;
    }
    let _lock = lock;
    let mut last: Option<EventId> = None;
    let mut fruitless = 0;
    let mut failures = 0;
    loop {
        let ended = if fruitless < PATIENCE {
            match events::open(&access, last.as_ref()).await {
                Ok(stream) => {
                    set_connection(&name, Connection::Live);
                    if connected_before && last.is_none() {
                        note(None);
                    }
                    connected_before = true;
                    let began_at = last.clone();
                    read(stream, &mut last).await;
                    fruitless = if last == began_at { fruitless + 1 } else { 0 };
                    failures = 0;
                    None
                }
                Err(failure) => {
                    fruitless += u32::from(!failure.is_passing());
                    Some(failure)
                }
            }
        } else {
            match ask(&access, &name, &mut last).await {
                Ok(()) => {
                    fruitless = 0;
                    failures = 0;
                    continue;
                }
                Err(failure) => Some(failure),
            }
        };
        if ended.as_ref().and_then(Failure::code) == Some(ProblemCode::Unauthenticated) {
            set_connection(&name, Connection::Quiet);
            return;
        }
        set_connection(&name, Connection::Lost);
        let floor = ended.as_ref().and_then(Failure::retry_after);
        retry::wait(failures.min(2), floor).await;
        failures += 1;
    }
}

/// Reads a stream to its end.
async fn read(mut stream: crate::browser::http::Stream, last: &mut Option<EventId>) {
    let mut reader = Reader::default();
    while let Some(Ok(Some(piece))) = task::within(STALL, stream.next()).await {
        let Some(messages) = reader.push(&piece) else {
            return;
        };
        for message in messages {
            take(message, last);
        }
    }
}

fn take(message: Message, last: &mut Option<EventId>) {
    if let Some(id) = message.id {
        *last = Some(EventId::new(id));
    }
    if message.event == "reset" {
        note(None);
    } else if let Ok(event) = json::from_str::<Event>(&message.data) {
        take_event(&event);
    }
}

fn take_event(event: &Event) {
    match event.kind {
        EventKind::RequestChanged => note(event.request_id.as_ref()),
        // It is rare, and about every page.
        EventKind::AnnouncementsChanged => note(None),
        EventKind::Unknown => {}
    }
}

/// Asks for changes, some times.
async fn ask(access: &Access, name: &str, last: &mut Option<EventId>) -> Result<(), Failure> {
    for _ in 0..QUESTIONS {
        let changes = events::changes(access, last.as_ref()).await?;
        set_connection(name, Connection::Polling);
        if changes.reset {
            note(None);
        }
        for event in &changes.items {
            take_event(event);
        }
        *last = Some(changes.next);
    }
    Ok(())
}

/// Begins. Called once, in the owner that lives as long as the application.
pub(super) fn start() {
    TABS.set(Some(Channel::open("portico.live", |request| {
        if request.is_empty() {
            bump(None);
        } else {
            bump(Some(&RequestId::new(request)));
        }
    })));
    let follows = memo(|| {
        super::config::has(Capability::Events) && matches!(session::signed_in(), SignedIn::Yes(_))
    });
    effect(move || {
        ACCOUNT.set(follows.get().then(|| Task::spawn(run(Access::Account))));
        if !follows.get() {
            CONNECTIONS.update(|all| {
                all.remove("account");
            });
        }
    });
}
