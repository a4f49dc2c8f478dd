//! Buttons that do something here. What leads elsewhere is a link.

use crate::i18n::Message;
use leptos::prelude::*;
use portico_view::{View, ui};

/// How much a button stands out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// What the page is for; one a page.
    Main,
    /// Beside it.
    Secondary,
    /// The least.
    Quiet,
    /// What cannot be taken back.
    Danger,
}

/// A button.
pub fn button(look: Look, label: Message, act: impl FnMut() + 'static) -> View {
    busy_button(look, label, Signal::stored(false), act)
}

/// A button that keeps its label while its work is done, and takes no second press then.
pub fn busy_button(
    look: Look,
    label: Message,
    busy: Signal<bool>,
    mut act: impl FnMut() + 'static,
) -> View {
    shown(
        look,
        label,
        busy,
        "button",
        Box::new(move || {
            if !busy.get_untracked() {
                act();
            }
        }),
    )
}

/// The button that sends its form. The form's `on:submit` does the work and looks whether it is busy.
pub fn submit_button(label: Message, busy: Signal<bool>) -> View {
    shown(Look::Main, label, busy, "submit", Box::new(|| {}))
}

fn shown(
    look: Look,
    label: Message,
    busy: Signal<bool>,
    kind: &'static str,
    mut act: Box<dyn FnMut()>,
) -> View {
    let state = move || busy.get().then_some("true");
    ui! {
        <button
            class="button"
            class:secondary=look == Look::Secondary
            class:quiet=look == Look::Quiet
            class:danger=look == Look::Danger
            type=kind
            aria-busy=state
            aria-disabled=state
            on:click=move |_| act()
        >
            {label}
        </button>
    }
}
