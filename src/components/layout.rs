//! What stands around every page: header, what is lost or not sent, the page, footer. The markup is that of the static
//! shell in `index.html`, so that nothing moves when the application takes its place.

use super::{contact::contact, icon::icon, incidents::incidents, outbox::outbox};
use crate::{
    browser::{dom, events, host as frame, task},
    i18n::{self, format, m},
    navigation,
    route::Route,
    state::{
        config, host,
        session::{self, SignedIn},
    },
};
use leptos::{html, prelude::*};
use portico_contract::{config::Capability, locale::Locale};
use portico_view::{Child, View, ui};

/// Header, the page, footer.
pub fn layout(page: View) -> View {
    let wide = || {
        matches!(
            navigation::current(),
            Route::Home | Route::New | Route::Requests(_)
        )
    };
    let split = || matches!(navigation::current(), Route::Request(_));
    ui! {
        <a class="skip" href="#main">{m::layout_skip}</a>
        {header()}
        {offline()}
        {incidents()}
        {in_a_frame()}
        {outbox()}
        <main class="page" class:wide=wide class:split=split id="main" tabindex="-1" aria-label=name_in_frame>
            {page}
        </main>
        {footer()}
    }
}

/// A page that stands alone: nothing but the contact card leads from it into the portal.
pub fn alone(page: View) -> View {
    let brand = || config::brand_name().unwrap_or_else(|| "Portico".to_owned());
    ui! {
        <a class="skip" href="#main">{m::layout_skip}</a>
        <header class="bar">
            <div class="wrap">
                <p class="brand">{logo()}<span>{brand}</span></p>
                <div class="tools">{language()}</div>
            </div>
        </header>
        {offline()}
        <main class="page" id="main" tabindex="-1" aria-label=name_in_frame>{page}</main>
        {footer()}
    }
}

/// What the main part is called in a frame, where the page around has one too.
fn name_in_frame() -> Option<String> {
    frame::frame().map(|_| m::frame_portal())
}

/// Whether a control belongs here; as long as that is not known it keeps its place.
fn offered(capability: Capability) -> bool {
    config::part(|config| config.capabilities.contains(&capability)).unwrap_or(true)
}

fn header() -> View {
    let brand = || config::brand_name().unwrap_or_else(|| "Portico".to_owned());
    let entry = |route: Route, name: i18n::Message| {
        let href = route.href();
        ui! {
            <li><a href=href aria-current=navigation::aria_current(route)>{name}</a></li>
        }
    };
    let requests =
        move || offered(Capability::Accounts).then(|| entry(Route::requests(), m::nav_requests));
    let track = move || offered(Capability::Track).then(|| entry(Route::track(), m::nav_track));
    ui! {
        <header class="bar">
            <div class="wrap">
                <a class="brand" href=Route::Home.href()>{logo()}<span>{brand}</span></a>
                <div class="tools">{language()}{account()}</div>
            </div>
            <nav aria-label=m::layout_nav>
                <ul>{entry(Route::Home, m::nav_home)} {requests} {track}</ul>
            </nav>
        </header>
    }
}

/// The languages, each by its own name. Changing it keeps everything that stands on the page.
fn language() -> View {
    let options = i18n::NAMES
        .into_iter()
        .map(|(locale, name)| {
            let tag = locale.as_str();
            ui! {
                <option value=tag lang=tag selected=move || i18n::locale() == locale>{name}</option>
            }
        })
        .collect::<View>();
    let select = NodeRef::<html::Select>::new();
    let choose = move |event| {
        let chosen = Locale::from_word(&event_target_value(&event));
        task::detach(async move {
            if !i18n::switch(chosen).await {
                dom::announce(&m::layout_language_kept(), dom::Urgency::Assertive);
                if let Some(Some(select)) = select.try_get_untracked() {
                    select.set_value(i18n::locale().as_str());
                }
            }
        });
    };
    ui! {
        <label class="visually-hidden" for=LANGUAGE>{m::layout_language}</label>
        <select class="language" id=LANGUAGE node_ref=select on:change=choose>{options}</select>
    }
}

const LANGUAGE: &str = "language";

fn account() -> View {
    let sign_in = || Route::sign_in(navigation::current()).href();
    let link = move || match session::signed_in() {
        SignedIn::Unknown => None,
        SignedIn::No => Some(m::nav_sign_in),
        SignedIn::Yes(_) => Some(m::nav_account),
    };
    (move || {
        offered(Capability::Accounts)
            .then(link)
            .flatten()
            .map(|name| ui! { <a class="button quiet" href=sign_in>{name}</a> })
    })
    .view()
}

/// Says that the connection is lost, as long as the browser knows that it is.
fn offline() -> View {
    let online = RwSignal::new(dom::is_online());
    let follow = move |now: bool| {
        if online.try_get_untracked() == Some(!now) {
            online.set(now);
            let words = match now {
                true => m::offline_back(),
                false => m::offline_text(),
            };
            dom::announce(&words, dom::Urgency::Polite);
        }
    };
    let back = events::on_window("online", move |_| follow(true));
    let lost = events::on_window("offline", move |_| follow(false));
    for listener in [back, lost].into_iter().flatten() {
        listener.owned();
    }
    (move || {
        (!online.get()).then(|| {
            ui! {
                <div class="offline" role="region" aria-label=m::offline_label>
                    <p class="wrap">{icon("warning")}<span>{m::offline_text}</span></p>
                </div>
            }
        })
    })
    .view()
}

/// What must be known of the portal in this frame: that the browser keeps nothing, that the page around could not sign
/// the customer in.
fn in_a_frame() -> View {
    let line = |words: i18n::Message| ui! { <p class="meta">{words}</p> };
    let kept = move || {
        let words = match session::signed_in() {
            SignedIn::Yes(_) if offered(Capability::Drafts) => {
                m::frame_kept_with_us as i18n::Message
            }
            _ => m::frame_keeps_nothing,
        };
        host::was_found_to_keep_nothing().then(|| line(words))
    };
    let refused = move || host::sign_in_was_refused().then(|| line(m::frame_not_signed_in));
    (move || {
        (host::was_found_to_keep_nothing() || host::sign_in_was_refused()).then(|| {
            ui! {
                <div class="framed" role="region" aria-label=m::frame_label>
                    <div class="wrap">{kept}{refused}</div>
                </div>
            }
        })
    })
    .view()
}

/// The company's picture, once it is known to have none its place in ours.
fn logo() -> View {
    (move || match config::part(|config| config.brand.logo.clone()).flatten() {
        Some(logo) => ui! { <img src=logo alt=""/> },
        None => icon("portico"),
    })
    .view()
}

fn footer() -> View {
    let service = || {
        config::has(Capability::Surveys).then(|| {
            ui! { <p><a href=Route::Service.href()>{m::measures_title}</a></p> }
        })
    };
    let links = || {
        let links = config::part(|config| config.brand.links.clone())?;
        let links = links.into_iter().map(|link| {
            ui! { <li><a href=link.url rel="noreferrer">{link.label}</a></li> }
        });
        let links = links.collect::<View>();
        Some(ui! { <ul>{links}</ul> })
    };
    let zone = || Some(m::layout_zone(&format::zone_name()?));
    ui! {
        <footer class="foot">
            <div class="wrap">
                {contact()}
                <p><a href=Route::Help.href()>{m::help_title}</a></p>
                {service}
                {links}
                <small>{config::brand_name} " · " {zone}</small>
            </div>
        </footer>
    }
}
