//! Choosing files: by a button, by dropping them or by pasting, each with its state and what can be done with it.
//! The bytes and the uploads are `state::uploads`' work.
//!
//! ```ignore
//! attachments(draft, "reply-files".to_owned(), None)   // files that go with the message
//! ```

use super::{drop::drop, icon::icon, problems};
use crate::{
    api::Failure,
    browser::{dom, file::Picked},
    i18n::{format, m},
    state::{
        config,
        drafts::OpenDraft,
        uploads::{FileMeta, Refused, UploadState},
    },
};
use leptos::prelude::*;
use portico_contract::{config::Limits, id::FieldId, problem::ProblemCode};
use portico_view::{Memo, View, effect_after, memo, ui};

/// The files of a draft that answer a question (`None`: that go with the message), and adding some. `id` is the
/// button's.
pub fn attachments(draft: OpenDraft, id: String, field: Option<FieldId>) -> View {
    let refused = RwSignal::new(Vec::<(String, Refused)>::new());
    let add = {
        let field = field.clone();
        move |files: Vec<Picked>| {
            let Some(limits) = untrack(config::current).map(|c| c.limits) else {
                return;
            };
            let mut not_taken = draft.add_files(files, field.clone(), &limits);
            // That there are too many is said once.
            let mut said = false;
            not_taken
                .retain(|(_, why)| *why != Refused::TooMany || !std::mem::replace(&mut said, true));
            for (name, why) in &not_taken {
                dom::announce(
                    &untrack(|| why_not(name, *why, &limits)),
                    dom::Urgency::Assertive,
                );
            }
            refused.set(not_taken);
        }
    };
    let rows = {
        let (id, field) = (id.clone(), field.clone());
        let files = memo(move || {
            draft.with(|draft| {
                let of_field = draft.files.iter().filter(|file| file.field == field);
                of_field.map(|file| file.id.clone()).collect::<Vec<_>>()
            })
        });
        let list = move || {
            let id = id.clone();
            ui! {
                <ul class="files" aria-label=m::upload_list>
                    <For each=move || files.get() key=String::clone children=move |file| row(draft, file, id.clone()) />
                </ul>
            }
        };
        let any = memo(move || files.with(|files| !files.is_empty()));
        move || any.get().then(&list)
    };
    let problems = move || {
        let limits = config::current().map(|c| c.limits)?;
        let words = refused
            .get()
            .into_iter()
            .map(|(name, why)| problems::words(why_not(&name, why, &limits)));
        Some(words.collect::<View>())
    };
    let rules = || config::current().map(|config| limits_in_words(&config.limits));
    ui! {
        {problems}
        {drop(id, m::upload_drop, m::upload_choose, rules, add)}
        {rows}
    }
}

/// "pictures, PDF and videos": what the extensions are, for people.
fn groups(limits: &Limits) -> String {
    let mut groups = Vec::new();
    for extension in &limits.attachment_extensions {
        let group = match extension.as_str() {
            "jpg" | "jpeg" | "png" | "gif" | "webp" | "heic" | "heif" => m::upload_pictures(),
            "mp4" | "m4v" | "mov" => m::upload_videos(),
            "m4a" | "mp3" | "wav" => m::upload_sound(),
            "txt" | "csv" => m::upload_texts(),
            "docx" => "Word".to_owned(),
            "xlsx" => "Excel".to_owned(),
            "pptx" => "PowerPoint".to_owned(),
            other => other.to_ascii_uppercase(),
        };
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    format::list(&groups)
}

/// "JPG, PNG and PDF"
fn kinds(limits: &Limits) -> String {
    let kinds: Vec<_> = limits
        .attachment_extensions
        .iter()
        .map(|extension| extension.to_ascii_uppercase())
        .collect();
    format::list(&kinds)
}

/// How many files of which size and kinds are taken.
pub fn limits_in_words(limits: &Limits) -> View {
    let count = f64::from(limits.attachments_per_message);
    let size = m::upload_rules(count, &format::file_size(limits.attachment_size));
    ui! { {size} <br /> {m::upload_kinds(&groups(limits))} }
}

/// Why a file is not taken.
pub fn why_not(name: &str, why: Refused, limits: &Limits) -> String {
    match why {
        Refused::TooLarge => m::upload_too_large {
            name,
            size: &format::file_size(limits.attachment_size),
        }
        .text(),
        Refused::Empty => m::upload_empty(name),
        Refused::Kind => m::upload_kind {
            kinds: &kinds(limits),
            name,
        }
        .text(),
        Refused::TooMany => m::upload_too_many(f64::from(limits.attachments_per_message)),
    }
}

/// Why the server did not take it. What passes by itself is no reason to worry.
pub fn failed(name: &str, failure: &Failure) -> String {
    match failure.code() {
        _ if failure.is_passing() => m::upload_offline(),
        Some(ProblemCode::PayloadTooLarge) => {
            let limits = config::current().map(|c| c.limits);
            let size = limits.map_or(0, |limits| limits.attachment_size);
            m::upload_too_large {
                name,
                size: &format::file_size(size),
            }
            .text()
        }
        Some(ProblemCode::UnsupportedMedia | ProblemCode::Validation) => m::upload_not_that(name),
        _ => m::upload_failed(name),
    }
}

fn state_in_words(name: &str, state: &UploadState) -> String {
    match state {
        UploadState::Waiting => m::upload_waiting(),
        UploadState::Sending(part) => m::upload_uploading(&format::percent(*part)),
        UploadState::Done => m::upload_uploaded(),
        UploadState::Failed(failure) => failed(name, failure),
        UploadState::Lost => m::upload_lost(name),
    }
}

/// Whether a file goes on only if the customer does something.
pub fn is_stuck(state: &UploadState) -> bool {
    match state {
        UploadState::Failed(failure) => !failure.is_passing(),
        UploadState::Lost => true,
        _ => false,
    }
}

/// Whether it is worth trying a file again that stopped.
fn can_succeed(state: &UploadState) -> bool {
    let UploadState::Failed(failure) = state else {
        return false;
    };
    !matches!(
        failure.code(),
        Some(
            ProblemCode::PayloadTooLarge | ProblemCode::UnsupportedMedia | ProblemCode::Validation
        )
    )
}

fn row(draft: OpenDraft, id: String, button: String) -> View {
    let Some(FileMeta { name, size, .. }) =
        untrack(|| draft.with(|draft| draft.files.iter().find(|file| file.id == id).cloned()))
    else {
        return View::default();
    };
    let state = {
        let id = id.clone();
        memo(move || draft.upload_state(&id))
    };
    let stuck = memo(move || state.with(is_stuck));
    let busy = memo(move || {
        state.with(|state| matches!(state, UploadState::Waiting | UploadState::Sending(_)))
    });
    announce(name.clone(), state);
    let words = {
        let name = name.clone();
        move || {
            format!(
                "{} · {}",
                format::file_size(size),
                state.with(|s| state_in_words(&name, s))
            )
        }
    };
    let part = memo(move || match state.get() {
        UploadState::Sending(part) => Some((part * 100.0).round()),
        _ => None,
    });
    let progress = {
        let name = name.clone();
        let there = memo(move || part.get().is_some());
        move || {
            there.get().then(|| {
                let value = move || part.get().unwrap_or(100.0).to_string();
                ui! { <progress max="100" prop:value=value aria-label=name.clone()></progress> }
            })
        }
    };
    let retry = {
        let (id, name) = (id.clone(), name.clone());
        let can = memo(move || state.with(can_succeed));
        move || {
            let (id, name) = (id.clone(), name.clone());
            can.get()
                .then(|| small_button(m::upload_retry, name, move || draft.retry_file(&id)))
        }
    };
    let remove = {
        let name = name.clone();
        move || {
            let (id, name, button) = (id.clone(), name.clone(), button.clone());
            let label = if busy.get() {
                m::upload_cancel
            } else {
                m::upload_remove
            };
            small_button(label, name.clone(), move || {
                draft.remove_file(&id);
                dom::focus(&button);
                dom::announce(&m::upload_removed(&name), dom::Urgency::Polite);
            })
        }
    };
    ui! {
        <li class:failed=stuck class:done=move || state.with(|s| *s == UploadState::Done)>
            {move || icon(if stuck.get() { "warning" } else { "file" })}
            <div>
                <span class="name" dir="auto">{name}</span>
                <span class="state">{words}</span>
                {progress}
            </div>
            <div class="buttons">{retry} {remove}</div>
        </li>
    }
}

fn small_button(label: crate::i18n::Message, name: String, act: impl Fn() + 'static) -> View {
    ui! {
        <button class="button quiet small" type="button" on:click=move |_| act()>
            {label}
            <span class="visually-hidden">" "{name}</span>
        </button>
    }
}

/// Says how far a file is: when it begins, at half and at its end.
fn announce(name: String, state: Memo<UploadState>) {
    let stage = memo(move || {
        state.with(|state| match state {
            UploadState::Waiting => 0,
            UploadState::Sending(part) if *part < 0.5 => 1,
            UploadState::Sending(_) => 2,
            UploadState::Done => 3,
            UploadState::Failed(_) | UploadState::Lost => 4,
        })
    });
    effect_after(move |before: Option<i32>| {
        let stage = stage.get();
        // What was done when the page was opened is no news.
        if before.is_some_and(|before| before != stage) && stage != 0 {
            let state = state.get_untracked();
            let words = untrack(|| {
                m::upload_says {
                    name: &name,
                    state: &state_in_words(&name, &state),
                }
                .text()
            });
            let urgency = if is_stuck(&state) {
                dom::Urgency::Assertive
            } else {
                dom::Urgency::Polite
            };
            dom::announce(&words, urgency);
        }
        stage
    });
}
