//! A place for files: they are chosen by a button, dropped or pasted.

use super::icon::icon;
use crate::{
    browser::{
        events,
        file::{self, Picked},
    },
    i18n::Message,
};
use leptos::prelude::*;
use portico_view::{Child, View, ui};

/// The place. `id` is the button's, whose words are `choose`; `rules` say what is taken. Of several places on a page
/// the first takes what is pasted.
pub fn drop(
    id: String,
    text: Message,
    choose: Message,
    rules: impl Child + 'static,
    take: impl Fn(Vec<Picked>) + Clone + 'static,
) -> View {
    let over = RwSignal::new(false);
    let input = format!("{id}-input");
    let described = format!("{id}-rules");
    let paste = {
        let take = take.clone();
        move |event: leptos::ev::Event| {
            let files = file::pasted(&event);
            if !files.is_empty() && !event.default_prevented() {
                event.prevent_default();
                take(files);
            }
        }
    };
    if let Some(paste) = events::on_document("paste", paste) {
        paste.owned();
    }
    let dropped = {
        let take = take.clone();
        move |event: leptos::ev::DragEvent| {
            event.prevent_default();
            over.set(false);
            take(file::dropped(&event));
        }
    };
    let open = {
        let input = input.clone();
        move |_| file::choose(&input)
    };
    ui! {
        <div
            class="drop"
            class:over=over
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            {icon("upload")}
            <p>{text}</p>
            <button class="button secondary" type="button" id=id aria-describedby=described.clone() on:click=open>
                {choose}
            </button>
            <p class="hint" id=described>{rules}</p>
            <input
                class="visually-hidden"
                type="file"
                multiple
                id=input
                tabindex="-1"
                aria-hidden="true"
                on:change=move |event| take(file::picked(&event))
            />
        </div>
    }
}
