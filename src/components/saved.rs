//! Whether what is being written is kept.

use crate::{
    browser::dom,
    i18n::{format, m},
    state::drafts::{OpenDraft, Saved},
};
use leptos::prelude::*;
use portico_view::{View, effect, memo, ui};

/// The line below a form. Where nothing is kept, that is said at once.
pub fn saved_line(draft: OpenDraft) -> View {
    let words = move || match draft.saved() {
        Saved::Nothing => None,
        Saved::At(at) => Some(m::draft_saved(&format::time_on_this_device(at))),
        Saved::WithServer(at) => Some(m::draft_with_us(&format::time_on_this_device(at))),
        Saved::Not(_) => Some(m::draft_not_saved()),
    };
    let lost = memo(move || matches!(draft.saved(), Saved::Not(_)));
    effect(move || {
        if lost.get() {
            dom::announce(&untrack(m::draft_not_saved), dom::Urgency::Polite);
        }
    });
    ui! { <p class="meta">{words}</p> }
}
