//! A question that must be answered before anything else: the browser's own dialog, which keeps the focus inside,
//! closes on Escape and gives the focus back.

use crate::i18n::Message;
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
            // It is refused only where it is open already.
            true => drop(dialog.show_modal()),
            false => dialog.close(),
        }
    });
    ui! {
        <dialog aria-labelledby=id node_ref=node on:close=move |_| open.set(false)>
            <div class="flow">
                <h2 id=id>{title}</h2>
                {move || was_opened.get().then(&content)}
            </div>
        </dialog>
    }
}
