//! The files of a message.

use super::icon::icon;
use crate::{
    api::attachments,
    browser::{dom, file, task},
    i18n::{format, m},
};
use leptos::prelude::*;
use portico_contract::{attachment::Attachment, id::RequestId};
use portico_view::{View, ui};

/// The files, each with a button that saves it. They are fetched by script, as a link carries no proof of who asks.
pub fn file_list(request: RequestId, files: Vec<Attachment>) -> View {
    if files.is_empty() {
        return View::default();
    }
    let items = files
        .into_iter()
        .map(|file| item(request.clone(), file))
        .collect::<View>();
    ui! { <ul class="files">{items}</ul> }
}

fn item(request: RequestId, attachment: Attachment) -> View {
    let busy = RwSignal::new(false);
    let stopped = RwSignal::new(false);
    let name = attachment.name.clone();
    let label = name.clone();
    let size = attachment.size;
    let save = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        stopped.set(false);
        let (request, attachment) = (request.clone(), attachment.clone());
        task::detach(async move {
            match attachments::download(&request, &attachment).await {
                Ok(blob) => file::save_blob(&attachment.name, &blob),
                Err(_) => {
                    stopped.try_set(true);
                    let words = m::files_stopped(&attachment.name);
                    dom::announce(&words, dom::Urgency::Polite);
                }
            }
            busy.try_set(false);
        });
    };
    let state = move || match stopped.get() {
        true => m::files_stopped(&label),
        false => size.map(format::file_size).unwrap_or_default(),
    };
    let is_busy = move || busy.get().then_some("true");
    ui! {
        <li class:failed=stopped>
            {icon("file")}
            <div>
                <span class="name" dir="auto">{name.clone()}</span>
                <span class="state">{state}</span>
            </div>
            <div class="buttons">
                <button class="button quiet small" type="button" aria-busy=is_busy aria-disabled=is_busy on:click=save>
                    {icon("download")}
                    {m::files_download}
                    <span class="visually-hidden">" "{name}</span>
                </button>
            </div>
        </li>
    }
}
