//! Telling whether a saved receipt is genuine: on this device, without network.

use crate::{
    browser::{
        dom,
        file::{Blob, Picked},
        task,
    },
    components::{
        drop::drop,
        icon::icon,
        receipt::{Checked, check, rows},
    },
    i18n::{Message, Words, m},
    navigation,
    state::config,
};
use leptos::prelude::*;
use portico_contract::{attachment::Attachment, submission::ReceiptContent};
use portico_view::{View, effect, memo, ui};

const RESULT: &str = "receipt-result";
const FILES_RESULT: &str = "receipt-files-result";

/// The page.
pub fn page() -> View {
    navigation::title(m::receipt_check_title);
    let result = RwSignal::new(None::<Checked>);
    let chosen = StoredValue::new_local(None::<Blob>);
    let look = move || {
        let Some(file) = chosen.get_value() else {
            return;
        };
        task::detach(async move {
            let keys = untrack(config::current).map(|config| config.receipt_keys);
            result.try_set(Some(check(&file, keys.as_deref()).await));
            task::next_frame().await;
            dom::focus(RESULT);
        });
    };
    let take = move |files: Vec<Picked>| {
        if let Some(file) = files.into_iter().next() {
            chosen.set_value(Some(file.blob));
            look();
        }
    };
    // The company's key came after the file was chosen.
    let known = memo(|| config::current().is_some());
    effect(move || {
        if known.get() && untrack(|| result.get()) == Some(Checked::Unable) {
            look();
        }
    });
    ui! {
        <header class="heading">
            <h1 tabindex="-1">{m::receipt_check_title}</h1>
            <p class="lede">{m::receipt_check_text}</p>
        </header>
        <div class="text">
            {drop("receipt".to_owned(), m::receipt_drop, m::receipt_choose, m::receipt_hint, take)}
            {move || result.get().map(outcome)}
        </div>
    }
}

fn outcome(checked: Checked) -> View {
    let brand = || config::brand_name().unwrap_or_default();
    let (title, text): (Message, Words) = match checked {
        Checked::Genuine(content) => return genuine(*content),
        Checked::Stranger => (
            m::receipt_stranger,
            Words::new(move || m::receipt_stranger_text(&brand())),
        ),
        Checked::Changed => (m::receipt_changed, Words::new(m::receipt_changed_text)),
        Checked::Other => (m::receipt_other, Words::new(m::receipt_other_text)),
        Checked::Unable => (m::receipt_unable, Words::new(m::receipt_unable_text)),
    };
    ui! {
        <div class="notice warning" id=RESULT tabindex="-1">
            {icon("warning")}
            <div class="flow">
                <h2>{title}</h2>
                <p>{move || text.get()}</p>
            </div>
        </div>
    }
}

fn genuine(content: ReceiptContent) -> View {
    let by = content.received_by.clone();
    let files = content.files.clone();
    let list = move || {
        rows(&content)
            .into_iter()
            .map(|(label, value)| ui! { <div><dt>{label}</dt><dd dir="auto">{value}</dd></div> })
            .collect::<View>()
    };
    ui! {
        <div class="notice success" id=RESULT tabindex="-1">
            {icon("check")}
            <div class="flow">
                <h2>{m::receipt_genuine}</h2>
                <p>{move || m::receipt_genuine_text(&by)}</p>
            </div>
        </div>
        <dl class="summary">{list}</dl>
        {(!files.is_empty()).then(|| compare(files))}
    }
}

/// Files that the customer still has, held against those that were received.
fn compare(sent: Vec<Attachment>) -> View {
    let told = RwSignal::new(Vec::<(&'static str, Words)>::new());
    let take = move |files: Vec<Picked>| {
        let hashes: Vec<_> = sent.iter().filter_map(|file| file.sha256.clone()).collect();
        task::detach(async move {
            let mut lines = Vec::new();
            for Picked { name, blob, .. } in files {
                let hash = blob.sha256().await;
                let (mark, words): (_, fn(&str) -> String) = match hash {
                    Some(hash) if hashes.contains(&hash) => ("check", m::receipt_file_same),
                    Some(_) => ("close", m::receipt_file_other),
                    None => ("warning", m::receipt_file_unread),
                };
                lines.push((mark, Words::new(move || words(&name))));
            }
            told.try_set(lines);
            task::next_frame().await;
            dom::focus(FILES_RESULT);
        });
    };
    let lines = move || {
        let lines = told.get();
        (!lines.is_empty()).then(|| {
            let lines = lines
                .into_iter()
                .map(|(mark, words)| {
                    let words = move || words.get();
                    ui! {
                        <li class:done=mark == "check" class:failed=mark != "check">
                            {icon(mark)}
                            <div><span class="name">{words}</span></div>
                        </li>
                    }
                })
                .collect::<View>();
            ui! { <ul class="files" id=FILES_RESULT tabindex="-1">{lines}</ul> }
        })
    };
    ui! {
        <section class="flow" aria-labelledby="receipt-files-title">
            <h2 id="receipt-files-title">{m::receipt_files_title}</h2>
            {drop("receipt-files".to_owned(), m::upload_drop, m::upload_choose, m::receipt_files_text, take)}
            {lines}
        </section>
    }
}
