//! Tags: an adjective about the thing they stand beside, never a control.

use crate::i18n::m;
use leptos::prelude::*;
use portico_contract::request::{Request, Status, WaitingOn};

/// What a colour means. The words say it too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    Neutral,
    /// Something new.
    Info,
    /// It went well.
    Success,
    /// Something waits for the customer, or is not sent.
    Warning,
}

/// A tag.
pub fn tag(tone: Tone, text: impl IntoView + 'static) -> AnyView {
    ui! {
        <span
            class="tag"
            class:info=tone == Tone::Info
            class:success=tone == Tone::Success
            class:warning=tone == Tone::Warning
        >
            {text.into_any()}
        </span>
    }
    .into_any()
}

/// Where a request stands, in the company's words; that it is the customer's turn goes before.
pub fn status_tag(request: &Request) -> AnyView {
    if request.waiting_on == Some(WaitingOn::Customer) && request.status == Status::Pending {
        return tag(Tone::Warning, m::request_turn_yours);
    }
    let tone = match request.status {
        Status::Resolved => Tone::Success,
        Status::Open => Tone::Info,
        _ => Tone::Neutral,
    };
    tag(tone, request.status_label.clone())
}
