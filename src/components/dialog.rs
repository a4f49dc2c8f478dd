//! A question that must be answered before anything else: the browser's own dialog, which keeps the focus inside,
//! closes on Escape and gives the focus back.

use crate::{
    browser::{
        dom,
        host::{self, Frame},
    },
    i18n::Message,
};
use leptos::{html, prelude::*};
use portico_view::{View, effect, memo_after, ui};

/// A dialog that is open while the signal is true. The content is made when it is first opened and keeps what was
/// typed.
pub fn dialog(
    open: RwSignal<bool>,
    id: &'static str,
    title: Message,
    content: impl Fn() -> View + Send + 'static,
) -> View {
    let node = NodeRef::<html::Dialog>::new();
    let was_opened = memo_after(move |was: Option<&bool>| open.get() || was == Some(&true));
    effect(move || {
        let Some(dialog) = node.get() else { return };
        match open.get() {
            // An inline frame is higher than the window: in the middle of it nobody would see the dialog.
            true if host::frame() == Some(Frame::Inline) => dialog.show(),
            // It is refused only where it is open already.
            true => drop(dialog.show_modal()),
            false => dialog.close(),
        }
    });
    let escape = move |event: &_| {
        if dom::is_key(event, "Escape") && host::frame().is_some() {
            // The page around is not to close the whole portal for it.
            event.prevent_default();
            open.set(false);
        }
    };
    ui! {
        <dialog
            aria-labelledby=id
            node_ref=node
            on:close=move |_| open.set(false)
            on:keydown=move |event| escape(&event)
        >
            <div class="flow">
                <h2 id=id>{title}</h2>
                {move || was_opened.get().then(&content)}
            </div>
        </dialog>
    }
}
