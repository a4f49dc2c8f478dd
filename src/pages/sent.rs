//! The confirmation of what was sent. It is kept on this device for a day, so it survives a reload and a bookmark.

use crate::{
    browser::{
        dom, file, history,
        task::{self, Task},
    },
    components::{
        button::{Look, button},
        copy::copy_button,
        icon::icon,
        promise, receipt,
        tag::status_tag,
    },
    i18n::{Message, format, m},
    json, navigation,
    route::Route,
    state::{
        config,
        outbox::{self, Accepted, Entry, EntryState, Parcel},
    },
};
use leptos::prelude::*;
use portico_contract::{
    code::Reference,
    locale::Locale,
    request::{Kind, Status},
    session::Channel,
    submission::{Contact, Created, NewRequest, ReceiptContent},
};
use portico_view::{Child, View, effect, memo, ui};

/// What was sent and what the server said.
#[derive(Clone, PartialEq)]
struct Confirmation {
    entry: Entry,
    sent: NewRequest,
    created: Created,
}

fn confirmation(reference: Reference) -> Option<Confirmation> {
    outbox::entries().into_iter().find_map(|entry| {
        match (entry.state.clone(), entry.parcel.clone()) {
            (EntryState::Accepted(Accepted::Request(created)), Parcel::Request(sent))
                if created.request.reference == reference =>
            {
                Some(Confirmation {
                    entry,
                    sent: *sent,
                    created: *created,
                })
            }
            _ => None,
        }
    })
}

/// The confirmation.
pub fn page(reference: Reference) -> View {
    let kept = memo(move || confirmation(reference));
    let asked = RwSignal::new(false);
    Task::spawn(async move {
        outbox::accepted(reference).await;
        asked.try_set(true);
    })
    .owned();
    effect(move || {
        if kept.with(Option::is_some) {
            task::detach(outbox::seen(reference));
        }
    });
    let gone = memo(move || asked.get() && kept.with(Option::is_none));
    let heading = move || match kept.with(|kept| kept.as_ref().map(|k| k.created.request.kind)) {
        Some(Kind::Complaint) => m::sent_title_complaint(),
        None if gone.get() => m::sent_gone_title(),
        _ => m::sent_title(),
    };
    navigation::title(heading);
    let lede = move || match kept.get() {
        Some(kept) => address(kept.sent.contact.as_ref()).map(|address| m::sent_write_to(&address)),
        None => gone.get().then(m::sent_gone_text),
    };
    ui! {
        <div class="outcome" class:success=move || !gone.get()>
            {move || icon(if gone.get() { "info" } else { "step-done" })}
            <h1 tabindex="-1">{heading}</h1>
            {move || lede().map(|lede| ui! { <p>{lede}</p> })}
        </div>
        {move || kept.get().map(|kept| ui! { {waits(&kept)} {codes(&kept)} {keep(&kept)} {next(&kept)} })}
        {move || gone.get().then(|| ui! {
            <div class="buttons">
                <a class="button" href=Route::Request(reference).href()>{m::sent_gone_action}</a>
            </div>
        })}
    }
}

/// That the desk does not have it yet.
fn waits(kept: &Confirmation) -> Option<View> {
    let queued = kept.created.request.status == Status::Queued;
    queued.then(|| {
        ui! {
            <div class="notice">
                {icon("clock")}
                <div class="flow"><p>{m::request_queued}</p></div>
            </div>
        }
        .view()
    })
}

/// Where a guest is written to.
fn address(contact: Option<&Contact>) -> Option<String> {
    let Contact {
        email,
        phone,
        preferred,
        ..
    } = contact?;
    match preferred {
        Some(Channel::Sms) => phone.as_ref().or(email.as_ref()),
        _ => email.as_ref().or(phone.as_ref()),
    }
    .cloned()
}

fn code(label: Message, code: String, hint: Message) -> View {
    ui! {
        <div>
            <dt>{label}</dt>
            <dd>
                <span class="code">{code.clone()}</span>
                {copy_button(code, label)}
            </dd>
            <dd class="hint">{hint}</dd>
        </div>
    }
}

fn codes(kept: &Confirmation) -> View {
    let reference = kept.created.request.reference.to_string();
    let query_code = kept.created.query_code.as_ref().map(ToString::to_string);
    ui! {
        <dl class="codes">
            {code(m::sent_reference, reference, m::sent_reference_hint)}
            {query_code.map(|query_code| code(m::sent_code, query_code, m::sent_code_hint))}
        </dl>
    }
}

/// What can be done with it.
fn keep(kept: &Confirmation) -> View {
    let reference = kept.created.request.reference;
    let save = {
        let kept = kept.clone();
        move || {
            let text = untrack(|| as_text(&kept));
            file::save_text(
                &format!("{reference}.txt"),
                "text/plain;charset=utf-8",
                &text,
            );
        }
    };
    let not_saved = RwSignal::new(false);
    let receipt = kept.created.receipt.clone().map(|receipt| {
        button(Look::Secondary, m::sent_receipt, move || {
            let receipt = receipt.clone();
            task::detach(async move {
                let saved = receipt::save(receipt).await;
                not_saved.try_set(!saved);
            });
        })
    });
    let not_saved = move || {
        not_saved.get().then(|| {
            ui! {
                <div class="notice warning" role="alert">
                    {icon("warning")} <p>{m::receipt_not_saved}</p>
                </div>
            }
        })
    };
    let hint = receipt.is_some().then(|| {
        ui! {
            <p class="hint">
                {m::sent_receipt_hint} " "
                <a href=Route::Receipt.href()>{m::receipt_check_title}</a>
            </p>
        }
    });
    ui! {
        <div class="flow">
            <div class="buttons">
                {button(Look::Secondary, m::sent_save, save)}
                {receipt}
                {button(Look::Secondary, m::sent_print, dom::print)}
            </div>
            {not_saved}
            {hint}
        </div>
    }
}

fn next(kept: &Confirmation) -> View {
    let request = &kept.created.request;
    let reference = request.reference;
    // The server's words are in the language in which it was sent.
    let language = kept.sent.locale.map(Locale::as_str);
    let address = address(kept.sent.contact.as_ref());
    let written = move || match &address {
        Some(address) => m::sent_next_write(address),
        None => m::sent_next_account(),
    };
    let key = kept.entry.key.clone();
    let forget = move || {
        let key = key.clone();
        task::detach(async move {
            outbox::dismiss(&key).await;
            navigation::replace(&Route::Home);
        });
    };
    let guest = kept.created.query_code.is_some();
    let promises = request.promises.clone();
    let promised = (!promises.is_empty()).then(|| {
        ui! {
            <section lang=language>
                <h2>{m::promise_sent}</h2>
                {promise::promised(promises)}
            </section>
        }
    });
    ui! {
        {promised}
        <section>
            <h2>{m::sent_next}</h2>
            <p lang=language>{status_tag(request)} " " {request.status_meaning.clone()}</p>
            <ol class="what-next">
                <li>{m::sent_next_desk}</li>
                <li>{written}</li>
                <li>{m::sent_next_decide}</li>
            </ol>
            <div class="buttons">
                <a class="button" href=Route::Request(reference).href()>{m::sent_track}</a>
                <a class="button secondary" href=Route::New.href()>{m::sent_again}</a>
            </div>
        </section>
        {guest.then(|| ui! {
            <div class="flow">
                <p class="hint">{m::sent_forget_hint}</p>
                <div class="buttons">{button(Look::Quiet, m::sent_forget, forget)}</div>
            </div>
        })}
    }
}

/// Everything about it as a text to keep: what each thing is, and on the next line the thing.
fn as_text(kept: &Confirmation) -> String {
    let Confirmation { sent, created, .. } = kept;
    let request = &created.request;
    let mut parts = Vec::new();
    parts.extend(config::brand_name());
    parts.push(match request.kind {
        Kind::Complaint => m::sent_title_complaint(),
        _ => m::sent_title(),
    });
    let mut part = |label: String, value: String| parts.push(format!("{label}\r\n  {value}"));
    part(m::sent_reference(), request.reference.to_string());
    if let Some(code) = &created.query_code {
        part(m::sent_code(), code.to_string());
    }
    let track = format!("{}{}", history::origin(), Route::track().href());
    part(m::sent_file_address(), track);
    let received = format::date_time_with_zone(request.created_at);
    part(m::sent_file_received(), received);
    part(m::sent_file_type(), request.request_type.name.clone());
    part(m::submit_subject(), sent.subject.clone());
    part(m::submit_body(), sent.body.value.replace('\n', "\r\n  "));
    for field in &request.fields {
        part(field.label.clone(), field.display.clone());
    }
    for promise in &request.promises {
        let due = promise::due(promise).unwrap_or_else(m::promise_waiting);
        part(promise.label.clone(), due);
    }
    // What the server says that it has, not what was picked here.
    let content = created
        .receipt
        .as_ref()
        .and_then(|receipt| json::from_str::<ReceiptContent>(&receipt.canonical).ok());
    for file in content.map(|content| content.files).unwrap_or_default() {
        let size = file.size.map(format::file_size).unwrap_or_default();
        let hash = file.sha256.unwrap_or_default();
        part(file.name, format!("{size}, SHA-256 {hash}"));
    }
    parts.push(String::new());
    parts.join("\r\n\r\n")
}
