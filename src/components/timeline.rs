//! What happened so far, oldest first.

use super::{
    files::file_list,
    icon::icon,
    moment::{limit, moment},
    prose::prose,
};
use crate::i18n::{self, Message, format, m};
use leptos::prelude::*;
use portico_contract::{
    id::{RequestId, TimelineItemId},
    promise::PromiseChange,
    request::{Action, Class, Grade, Outcome, Status},
    timeline::{
        Author, Body, Entry, FollowerEvent, ProposalAnswer, Role, TextFormat, TimelineItem,
    },
};
use portico_view::{View, memo, ui};

/// The entries. `first_new` is the first one that the reader has not seen before, who only follows where `following` says
/// so; `zone_of` tells in which zone the dates of a promise are told, by its key.
pub fn timeline(
    request: RequestId,
    items: Signal<Vec<TimelineItem>>,
    following: bool,
    first_new: Signal<Option<TimelineItemId>>,
    zone_of: impl Fn(&str) -> Option<String> + Clone + Send + 'static,
) -> View {
    ui! {
        <ol class="timeline">
            <For
                each=move || items.get()
                key=|item| (item.id.clone(), is_answered(item), i18n::locale())
                children=move |item| entry(&request, item, following, first_new, zone_of.clone())
            />
        </ol>
    }
}

/// Two kinds of entries change: a proposal gets its answer, a wish to be rung is done.
fn is_answered(item: &TimelineItem) -> bool {
    matches!(
        &item.entry,
        Entry::Proposal {
            answer: Some(_),
            ..
        } | Entry::Callback {
            done_at: Some(_),
            ..
        }
    )
}

fn entry(
    request: &RequestId,
    item: TimelineItem,
    following: bool,
    first_new: Signal<Option<TimelineItemId>>,
    zone_of: impl Fn(&str) -> Option<String> + Send + 'static,
) -> View {
    let TimelineItem { id, at, entry } = item;
    let is_first_new = memo(move || first_new.with(|first| first.as_ref() == Some(&id)));
    let message = matches!(entry, Entry::Message { .. } | Entry::Proposal { .. });
    let mine = matches!(&entry, Entry::Message { author, .. } if author.me);
    let content = match entry {
        Entry::Message {
            author,
            body,
            attachments,
        } => ui! {
            <article>
                <header>{name(author)} {moment(at)}</header>
                {prose(body)}
                {file_list(request.clone(), attachments)}
            </article>
        },
        Entry::Status {
            from,
            to,
            outcome,
            explanation,
            ..
        } => {
            let words = move || match from {
                None if following => m::follow_received_event(),
                None => m::request_received_event(),
                Some(from) => status(from, to, outcome),
            };
            let mark = match to {
                Status::Resolved | Status::Closed => "step-done",
                _ => "clock",
            };
            event(mark, words, at, explanation)
        }
        Entry::Step { label, .. } => {
            event("check", move || m::request_step_event(&label), at, None)
        }
        Entry::Promise {
            key,
            label,
            change,
            due_at,
            reason,
        } => {
            let mark = match change {
                PromiseChange::Kept | PromiseChange::KeptLate => "check",
                PromiseChange::Late => "warning",
                _ => "clock",
            };
            let words = move || promise(&label, change, due_at, zone_of(&key).as_deref());
            event(mark, words, at, reason)
        }
        Entry::Proposal {
            text,
            answer,
            comment,
        } => proposal(at, text, answer, following, comment),
        Entry::Graded {
            grade,
            class,
            reason,
        } => event("info", move || graded(grade, class), at, reason),
        Entry::Follower { email, event: what } => {
            event("person", move || follower(email.as_deref(), what), at, None)
        }
        Entry::Asked {
            action,
            comment,
            target,
        } => event(
            "person",
            move || asked(action, target.as_deref()),
            at,
            comment,
        ),
        Entry::Callback {
            topic,
            preferred_at,
            done_at,
        } => {
            let words = move || {
                m::callback_event {
                    topic: &topic,
                    when: &limit(preferred_at),
                }
                .text()
            };
            let done = done_at.map(|at| m::callback_event_done(&limit(at)));
            event("phone", words, at, done)
        }
        Entry::Survey { score } => {
            let score = score.map(|score| m::request_survey_score(&format::number(score)));
            event("check", m::request_survey_event, at, score)
        }
        Entry::Edited => event("file", m::request_edited_event, at, None),
        Entry::Unknown => event("info", m::request_unknown_event, at, None),
    };
    ui! {
        <li class:message=message class:event=!message class:mine=mine class:new=is_first_new>
            {move || is_first_new.get().then(|| ui! { <p class="since">{m::request_since}</p> })}
            {content}
        </li>
    }
}

/// How it ended, in words; `None` for an end that this version does not know.
pub fn result(outcome: Outcome) -> Option<String> {
    let word = i18n::outcome(outcome)?;
    Some(match outcome {
        // The customer's own doing.
        Outcome::Withdrawn => word(),
        _ => m::request_result(&word()),
    })
}

/// Where it stands now.
pub fn status(from: Status, to: Status, outcome: Option<Outcome>) -> String {
    // That the customer has confirmed the result is not another one.
    let ended = outcome.filter(|_| from != Status::Resolved);
    ended.and_then(result).unwrap_or_else(|| {
        i18n::status(to).map_or_else(m::request_status_changed, |s| m::request_status_event(&s()))
    })
}

/// What happened to a promise, whose dates are told in `zone`.
pub fn promise(
    label: &str,
    change: PromiseChange,
    due: Option<portico_contract::Instant>,
    zone: Option<&str>,
) -> String {
    let due = due
        .map(|due| format::deadline(due, zone))
        .unwrap_or_default();
    match change {
        PromiseChange::Started if due.is_empty() => m::promise_event_started_open(label),
        PromiseChange::Started => m::promise_event_started { due: &due, label }.text(),
        PromiseChange::Paused => m::promise_event_paused(label),
        PromiseChange::Resumed => m::promise_event_resumed { due: &due, label }.text(),
        PromiseChange::Moved => m::promise_event_moved { due: &due, label }.text(),
        PromiseChange::Kept => m::promise_event_kept(label),
        PromiseChange::Late => m::promise_event_late(label),
        PromiseChange::KeptLate => m::promise_event_kept_late(label),
        PromiseChange::Void => m::promise_event_void(label),
        PromiseChange::Unknown => m::request_unknown_event(),
    }
}

fn proposal(
    at: portico_contract::Instant,
    text: String,
    answer: Option<ProposalAnswer>,
    following: bool,
    comment: Option<String>,
) -> View {
    let answer: Message = match (answer, following) {
        (Some(ProposalAnswer::Accepted), false) => m::proposal_answer_accepted,
        (Some(ProposalAnswer::Accepted), true) => m::follow_answer_accepted,
        (Some(ProposalAnswer::Declined), false) => m::proposal_answer_declined,
        (Some(ProposalAnswer::Declined), true) => m::follow_answer_declined,
        (Some(ProposalAnswer::Lapsed), false) => m::proposal_answer_lapsed,
        (Some(ProposalAnswer::Lapsed), true) => m::follow_answer_lapsed,
        (None, false) => m::proposal_answer_none,
        (None, true) => m::follow_answer_none,
        (Some(ProposalAnswer::Replaced), _) => m::proposal_answer_replaced,
        (Some(ProposalAnswer::Unknown), _) => m::request_unknown_event,
    };
    // The customer's words stand under the desk's.
    let said = comment.map(|comment| {
        let who: Message = match following {
            true => m::request_customer,
            false => m::request_you,
        };
        ui! { <header><strong>{who}</strong></header> {plain(comment)} }
    });
    ui! {
        <article>
            <header><strong>{m::proposal_event}</strong> <span>{answer}</span> {moment(at)}</header>
            {plain(text)}
            {said}
        </article>
    }
}

/// How grave it is and how much work, as the desk decided.
fn graded(grade: Grade, class: Class) -> String {
    match (i18n::grade(grade), i18n::class(class)) {
        (Some(grade), Some(class)) => m::request_graded_event {
            class: &class(),
            grade: &grade(),
        }
        .text(),
        _ => m::request_unknown_event(),
    }
}

/// Who follows now, or does no longer.
fn follower(email: Option<&str>, event: FollowerEvent) -> String {
    match (event, email) {
        (FollowerEvent::Added, Some(email)) => m::follow_event_added(email),
        (FollowerEvent::Added, None) => m::follow_event_more(),
        (FollowerEvent::Removed, Some(email)) => m::follow_event_removed(email),
        (FollowerEvent::Left, Some(email)) => m::follow_event_left(email),
        (FollowerEvent::Removed | FollowerEvent::Left, None) => m::follow_event_fewer(),
        (FollowerEvent::Unknown, _) => m::request_unknown_event(),
    }
}

/// What the customer asked for.
fn asked(action: Action, target: Option<&str>) -> String {
    match (action, target) {
        (Action::Chase, _) => m::chase_event(),
        (Action::Escalate, Some(target)) => m::escalate_event(target),
        (Action::Escalate, None) => m::escalate_event_open(),
        (Action::Review, _) => m::review_event(),
        _ => m::request_unknown_event(),
    }
}

fn plain(value: String) -> View {
    prose(Body {
        format: TextFormat::Text,
        value,
    })
}

/// Who wrote.
fn name(author: Author) -> View {
    if author.me {
        return ui! { <strong>{m::request_you}</strong> };
    }
    let side: Option<Message> = match author.role {
        Role::Customer => Some(m::request_customer),
        Role::Agent => Some(m::request_desk),
        Role::ThirdParty => Some(m::request_partner),
        Role::System => Some(m::request_automatic),
        Role::Unknown => None,
    };
    let name = author.name.to_ascii_lowercase();
    // The desk may write under its own name, which need not be said twice.
    let side = move || {
        let side = side?();
        (!name.contains(&side.to_ascii_lowercase())).then_some(side)
    };
    ui! {
        <strong><bdi>{author.name}</bdi></strong>
        {move || side().map(|side| ui! { <span>{side}</span> })}
    }
}

fn event(
    mark: &'static str,
    words: impl Fn() -> String + Send + 'static,
    at: portico_contract::Instant,
    explanation: Option<String>,
) -> View {
    let explanation = explanation.map(plain);
    ui! {
        {icon(mark)}
        <div>
            <p>{words} " " {moment(at)}</p>
            {explanation}
        </div>
    }
}
