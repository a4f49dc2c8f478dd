//! Signing in; and for who is signed in, the way out.

use crate::{
    browser::{dom, task},
    components::{
        button::{Look, busy_button, button},
        dialog::dialog,
        icon::icon,
        load::not_loaded,
        problems::{Problems, summary},
        sign_in::{SigningIn, step},
    },
    i18n::{self, m},
    navigation,
    route::Route,
    state::{
        config, outbox,
        session::{self, SignedIn},
    },
};
use leptos::prelude::*;
use portico_contract::session::Me;
use portico_view::{Child, View, memo, ui};

/// The page.
pub fn page() -> View {
    let me = memo(|| match session::signed_in() {
        SignedIn::Yes(me) => Some(me),
        SignedIn::No | SignedIn::Unknown => None,
    });
    // Whoever signs in here goes on to where they came from; who comes signed in sees the account.
    (move || match me.get() {
        Some(me) => account(me),
        None => sign_in(),
    })
    .view()
}

/// Where to go when somebody is signed in.
fn go_on() {
    navigation::replace(navigation::current_untracked().after_sign_in());
}

fn sign_in() -> View {
    let signing_in = StoredValue::new(None::<SigningIn>);
    let title = navigation::title(move || {
        signing_in
            .with_value(|s| s.map(SigningIn::title))
            .unwrap_or_else(m::sign_in_title)
    });
    let problems = Problems::new(title);
    let s = SigningIn::new(problems, dom::focus_heading);
    signing_in.set_value(Some(s));
    let offered = memo(|| {
        config::current().is_none_or(|c| !c.sign_in.is_empty())
            || !config::sign_in_providers().is_empty()
    });
    let trouble = match navigation::current_untracked() {
        Route::SignIn(_, trouble) => trouble,
        _ => None,
    };
    let trouble = trouble.map(|trouble| {
        ui! {
            <div class="notice warning" role="alert">
                {icon("warning")}
                <p>{i18n::sign_in_trouble(trouble)}</p>
            </div>
        }
    });
    ui! {
        {summary(problems)}
        <header class="heading">
            <h1 tabindex="-1">{move || s.title()}</h1>
        </header>
        {trouble}
        {move || match offered.get() {
            true => step(s, go_on),
            false => ui! {
                <p>{m::sign_in_none}</p>
                <a class="button secondary" href=Route::track().href()>{m::nav_track}</a>
            }
            .view(),
        }}
    }
}

fn account(me: Me) -> View {
    navigation::title(m::account_title);
    let name = me.name.or(me.email).or(me.phone).unwrap_or_default();
    let busy = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let failure = RwSignal::new(None);
    // Where to sign out too.
    let there = StoredValue::new(None::<String>);
    let leave = move || {
        asking.set(false);
        busy.set(true);
        task::detach(async move {
            let out = session::sign_out().await;
            busy.try_set(false);
            match out {
                Ok(()) => {
                    dom::announce(&m::account_signed_out(), dom::Urgency::Polite);
                    match there.try_get_value().flatten() {
                        Some(address) => navigation::leave(&address),
                        None => navigation::replace(&Route::Home),
                    }
                }
                Err(why) => drop(failure.try_set(Some(why))),
            }
        });
    };
    let ask = move |address: Option<String>| {
        there.set_value(address);
        match outbox::has_unsent() {
            true => asking.set(true),
            false => leave(),
        }
    };
    let elsewhere = move || {
        let at = session::signed_in_at()?;
        let mut providers = config::sign_in_providers().into_iter();
        let label = providers.find(|provider| provider.id == at.id)?.label;
        let address = at.sign_out?;
        let words = m::account_signed_in_there(&label);
        let name = m::account_sign_out_there(&label);
        let press = move |_| ask(Some(address.clone()));
        Some(ui! {
            <p>{words}</p>
            <div class="buttons">
                <button class="button secondary" type="button" on:click=press>{name}</button>
            </div>
        })
    };
    let question = move || {
        ui! {
            <p>{m::account_unsent_text}</p>
            <div class="buttons">
                {button(Look::Danger, m::account_sign_out, leave)}
                {button(Look::Secondary, m::account_stay, move || asking.set(false))}
            </div>
        }
    };
    ui! {
        <header class="heading">
            <h1 tabindex="-1">{m::account_title}</h1>
            <p class="lede">{move || m::sign_in_as(&name)}</p>
        </header>
        {move || failure.get().map(|why| not_loaded(why, Signal::stored(false), leave))}
        <p>{m::account_sign_out_text}</p>
        <div class="buttons">
            {busy_button(Look::Main, m::account_sign_out, busy.into(), move || ask(None))}
            <a class="button secondary" href=Route::requests().href()>{m::nav_requests}</a>
        </div>
        {elsewhere}
        {dialog(asking, "sign-out", m::account_unsent_title, question)}
    }
}
