//! Copying what has to be kept or said elsewhere.

use super::icon::icon;
use crate::{
    browser::{clipboard, dom, task},
    i18n::{Message, m},
};
use leptos::prelude::*;
use portico_view::{View, ui};

/// A button that copies a text and says so. `what` names it for those who do not see what stands beside it.
pub fn copy_button(text: String, what: Message) -> View {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let text = text.clone();
        task::detach(async move {
            if clipboard::copy(&text).await {
                copied.try_set(true);
                dom::announce(&m::action_copied(), dom::Urgency::Polite);
            }
        });
    };
    let label = move || match copied.get() {
        true => m::action_copied(),
        false => m::action_copy(),
    };
    ui! {
        <button class="button secondary small" type="button" on:click=copy>
            {icon("copy")}
            {label}
            <span class="visually-hidden">" "{what}</span>
        </button>
    }
}
