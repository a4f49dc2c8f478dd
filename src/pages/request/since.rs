//! What has changed since the customer last looked, promises first; in words, as the rest of the page says it.

use super::{Case, Page, is_mine};
use crate::{
    components::{
        promise::zone,
        timeline::{promise, status},
    },
    i18n::{format, m},
};
use portico_contract::{
    Instant,
    promise::{Promise, PromiseChange, PromiseState},
    request::{Outcome, Status},
    timeline::{Entry, TimelineItem},
};
use portico_view::{Child, View, memo_after, ui};

/// One thing that has changed.
#[derive(Clone, PartialEq)]
enum Change {
    /// Label, round where there are several, change, date and its zone.
    Promise(
        String,
        Option<u32>,
        PromiseChange,
        Option<Instant>,
        Option<String>,
    ),
    /// Whether its reader only follows.
    Proposal(bool),
    Status(Status, Status, Option<Outcome>),
    Step(String),
    Messages(u32),
}

/// What had changed when the page was opened; nothing where nothing had.
pub(super) fn since(page: Page) -> View {
    let changes = memo_after(move |before: Option<&Option<Vec<Change>>>| {
        let first = before.cloned().flatten();
        first.or_else(|| page.case.with(|case| case.as_ref().map(changes)))
    });
    (move || {
        let changes = changes.get().filter(|changes| !changes.is_empty())?;
        let lines = changes.into_iter().map(line).collect::<View>();
        Some(ui! {
            <section class="card since-list" aria-labelledby="since">
                <h2 id="since">{m::since_title}</h2>
                <ul class="bullets">{lines}</ul>
            </section>
        })
    })
    .view()
}

fn line(change: Change) -> View {
    let to_timeline = matches!(change, Change::Messages(_));
    let words = move || match &change {
        Change::Promise(label, round, change, due, zone) => {
            let numbered = round.map(|round| {
                m::promise_in_round {
                    label,
                    n: &format::number(f64::from(round)),
                }
                .text()
            });
            let label = numbered.as_deref().unwrap_or(label);
            promise(label, *change, *due, zone.as_deref())
        }
        Change::Proposal(true) => m::follow_since_proposal(),
        Change::Proposal(false) => m::since_proposal(),
        Change::Status(from, to, outcome) => status(*from, *to, *outcome),
        Change::Step(label) => m::request_step_event(label),
        Change::Messages(count) => m::since_messages(f64::from(*count)),
    };
    match to_timeline {
        true => ui! { <li><a href="#timeline">{words}</a></li> },
        false => ui! { <li>{words}</li> },
    }
}

fn changes(case: &Case) -> Vec<Change> {
    let request = &case.versioned.request;
    let Some(seen) = request.seen_at.filter(|_| request.unread_count > 0) else {
        return Vec::new();
    };
    let rounds = request.promises.iter().any(|promise| promise.round > 1);
    let mut changes: Vec<_> = request
        .promises
        .iter()
        .filter_map(|promise| moved_on(promise, rounds, seen))
        .collect();
    // What is late first, then what has another date.
    changes.sort_by_key(|change| match change {
        Change::Promise(_, _, PromiseChange::Late, ..) => 0,
        Change::Promise(_, _, PromiseChange::Moved, ..) => 1,
        _ => 2,
    });
    let fresh: Vec<&TimelineItem> = case
        .items
        .iter()
        .filter(|item| item.at > seen && !is_mine(item, request.following))
        .collect();
    let last = |of: fn(&Entry) -> Option<Change>| fresh.iter().rev().find_map(|i| of(&i.entry));
    let waits = |item: &&TimelineItem| matches!(item.entry, Entry::Proposal { answer: None, .. });
    let proposed = fresh.iter().any(waits);
    changes.extend(proposed.then_some(Change::Proposal(request.following)));
    changes.extend(last(|entry| match entry {
        Entry::Status {
            from: Some(from),
            to,
            outcome,
            ..
        } => Some(Change::Status(*from, *to, *outcome)),
        _ => None,
    }));
    changes.extend(last(|entry| match entry {
        Entry::Step { label, .. } => Some(Change::Step(label.clone())),
        _ => None,
    }));
    let messages = fresh
        .iter()
        .filter(|item| matches!(item.entry, Entry::Message { .. }))
        .count();
    if messages > 0 {
        changes.push(Change::Messages(
            u32::try_from(messages).unwrap_or(u32::MAX),
        ));
    }
    changes
}

/// The last movement of a promise after an instant.
fn moved_on(promise: &Promise, rounds: bool, seen: Instant) -> Option<Change> {
    let after = |at: Option<Instant>| at.is_some_and(|at| at > seen);
    let pause = promise.pauses.last();
    let was_moved = promise.moved.iter().any(|moved| moved.at > seen);
    let change = match promise.state {
        PromiseState::Late if after(promise.due_at) => PromiseChange::Late,
        PromiseState::Kept if after(promise.met_at) => PromiseChange::Kept,
        PromiseState::KeptLate if after(promise.met_at) => PromiseChange::KeptLate,
        PromiseState::Paused if after(pause.map(|pause| pause.from)) => PromiseChange::Paused,
        PromiseState::Running if was_moved => PromiseChange::Moved,
        PromiseState::Running if after(pause.and_then(|pause| pause.to)) => PromiseChange::Resumed,
        PromiseState::Running if after(promise.started_at) => PromiseChange::Started,
        _ => return None,
    };
    Some(Change::Promise(
        promise.label.clone(),
        rounds.then_some(promise.round),
        change,
        promise.due_at,
        zone(promise).map(str::to_owned),
    ))
}
