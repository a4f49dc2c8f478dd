//! What happened so far, oldest first.

use super::{files::file_list, icon::icon, moment::moment, prose::prose};
use crate::i18n::{self, Message, m};
use leptos::prelude::*;
use portico_contract::{
    id::{RequestId, TimelineItemId},
    request::{Outcome, Status},
    timeline::{Author, Body, Entry, Role, TextFormat, TimelineItem},
};
use portico_view::{View, memo, ui};

/// The entries. `first_new` is the first one that the customer has not seen before.
pub fn timeline(
    request: RequestId,
    items: Signal<Vec<TimelineItem>>,
    first_new: Signal<Option<TimelineItemId>>,
) -> View {
    ui! {
        <ol class="timeline">
            <For
                each=move || items.get()
                key=|item| (item.id.clone(), i18n::locale())
                children=move |item| entry(&request, item, first_new)
            />
        </ol>
    }
}

fn entry(
    request: &RequestId,
    item: TimelineItem,
    first_new: Signal<Option<TimelineItemId>>,
) -> View {
    let TimelineItem { id, at, entry } = item;
    let is_first_new = memo(move || first_new.with(|first| first.as_ref() == Some(&id)));
    let message = matches!(entry, Entry::Message { .. });
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
            // That the customer has confirmed the result is not another one.
            let ended = outcome.filter(|_| from != Some(Status::Resolved));
            let words = move || match from {
                None => m::request_received_event(),
                Some(_) => ended.and_then(result).unwrap_or_else(|| {
                    i18n::status(to)
                        .map_or_else(m::request_status_changed, |s| m::request_status_event(&s()))
                }),
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
    let explanation = explanation.map(|value| {
        prose(Body {
            format: TextFormat::Text,
            value,
        })
    });
    ui! {
        {icon(mark)}
        <div>
            <p>{words} " " {moment(at)}</p>
            {explanation}
        </div>
    }
}
