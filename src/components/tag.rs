//! Tags: an adjective about the thing they stand beside, never a control.

use crate::i18n::m;
use portico_contract::request::{Request, Status, WaitingOn};
use portico_view::{Child, View, ui};

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
pub fn tag(tone: Tone, text: impl Child + 'static) -> View {
    ui! {
        <span
            class="tag"
            class:info=tone == Tone::Info
            class:success=tone == Tone::Success
            class:warning=tone == Tone::Warning
        >
            {text.view()}
        </span>
    }
}

/// Where a request stands, in the company's words; that it is the customer's turn goes before.
pub fn status_tag(request: &Request) -> View {
    let waits =
        request.waiting_on == Some(WaitingOn::Customer) && request.status == Status::Pending;
    if waits && !request.following {
        return tag(Tone::Warning, m::request_turn_yours);
    }
    let tone = match request.status {
        Status::Resolved => Tone::Success,
        Status::Open => Tone::Info,
        _ => Tone::Neutral,
    };
    // It may be the word of a desk, in that one's language and direction.
    let label = request.status_label.clone();
    tag(tone, ui! { <bdi>{label}</bdi> })
}
