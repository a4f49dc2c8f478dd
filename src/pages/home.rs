//! What do you need? What was begun, what is open, the service catalogue, and following a request. Each part is read,
//! and may fail, on its own.

use crate::{
    api::{Load, Query, requests},
    browser::{dom, key_value, task},
    components::{
        button::{Look, button, submit_button},
        dialog::dialog,
        icon::kind_icon,
        load::part,
        problems::{Problems, summary},
        reference::{read_reference, reference_field},
        request_list::{request_list, skeleton},
    },
    i18n::{format, m},
    navigation,
    route::{Route, TrackLink},
    state::{
        config,
        drafts::{self, About, Draft},
        live,
        session::{self, SignedIn},
    },
};
use leptos::prelude::*;
use portico_contract::{
    config::Capability, form::RequestTypeSummary, list::RequestQuery, request::Status,
};
use portico_view::{Child, View, effect, memo, ui};

/// The home page.
pub fn page() -> View {
    let problems = Problems::new(navigation::title(m::home_title));
    ui! {
        {summary(problems)}
        <header class="heading">
            <h1 tabindex="-1">{m::home_title}</h1>
            <p class="lede">{m::home_lede}</p>
        </header>
        {unfinished()}
        {open_requests()}
        {catalogue()}
        {track(problems)}
    }
}

/// The drafts on this device.
fn unfinished() -> View {
    ui! { <For each=drafts::list key=|draft| draft.key.clone() children=draft_card /> }
}

fn draft_card(draft: Draft) -> View {
    let Draft {
        key,
        about,
        title,
        updated_at,
        ..
    } = draft;
    let (name, route): (Box<dyn Fn() -> String + Send>, _) = match about {
        About::Form(type_id) => {
            let id = type_id.clone();
            // The request type's name in the language on screen; as it was, where the catalogue is not here.
            let name = move || {
                let types = config::request_types().ready().unwrap_or_default();
                let now = types.into_iter().find(|t| t.id == id).map(|t| t.name);
                m::home_draft(&now.unwrap_or_else(|| title.clone()))
            };
            (Box::new(name), Route::form(type_id))
        }
        About::Reply(_, reference) => (
            Box::new(move || m::home_draft_reply(&reference.to_string())),
            Route::Request(reference),
        ),
        About::Callback(about) => (Box::new(m::home_draft_callback), Route::Callback(about)),
    };
    let asking = RwSignal::new(false);
    let id = format!("draft-{key}");
    let heading = id.clone();
    let delete = move || {
        asking.set(false);
        let key = key.clone();
        task::detach(async move {
            drafts::discard(&key).await;
            dom::announce(&m::draft_deleted(), dom::Urgency::Polite);
            dom::focus_heading();
        });
    };
    let question = move || {
        let delete = delete.clone();
        ui! {
            <p>{m::draft_delete_text}</p>
            <div class="buttons">
                {button(Look::Danger, m::draft_delete, delete)}
                {button(Look::Secondary, m::draft_keep, move || asking.set(false))}
            </div>
        }
    };
    ui! {
        <article class="card draft" aria-labelledby=id>
            <div>
                <h2 id=heading>{name}</h2>
                <p class="meta">
                    {move || m::home_draft_meta(&format::date_time_on_this_device(updated_at))}
                </p>
            </div>
            <div class="buttons">
                <a class="button secondary" href=route.href()>{m::draft_continue}</a>
                {button(Look::Quiet, m::draft_delete, move || asking.set(true))}
            </div>
            {dialog(asking, "draft-delete", m::draft_delete_title, question)}
        </article>
    }
}

/// Whether somebody was signed in when this page was last open: then room is kept until it is known.
const HINT: &str = "portico.signed_in";

fn open_requests() -> View {
    let expected = key_value::local().get(HINT).is_some();
    let shown = memo(move || match session::signed_in() {
        SignedIn::Unknown => expected.then_some(false),
        SignedIn::No => None,
        SignedIn::Yes(_) => Some(true),
    });
    effect(move || match session::signed_in() {
        SignedIn::Unknown => {}
        SignedIn::No => key_value::local().remove(HINT),
        SignedIn::Yes(_) => drop(key_value::local().set(HINT, "1")),
    });
    let section = |content: View| {
        ui! {
            <section aria-labelledby="open">
                <h2 id="open">{m::home_open}</h2>
                {content}
            </section>
        }
    };
    (move || {
        shown.get().map(|known| {
            section(match known {
                true => open_list(),
                false => skeleton(3),
            })
        })
    })
    .view()
}

fn open_list() -> View {
    let query = Query::new(|| {
        live::any();
        async {
            let open = RequestQuery {
                status: vec![
                    Status::Queued,
                    Status::New,
                    Status::Open,
                    Status::Pending,
                    Status::Resolved,
                ],
                limit: Some(5),
                ..RequestQuery::default()
            };
            requests::list(&open).await
        }
    });
    part(
        query,
        || skeleton(3),
        move || {
            let items = memo(move || query.ready().map(|page| page.items).unwrap_or_default());
            let list = move || match items.with(Vec::is_empty) {
                true => ui! { <p>{m::home_open_none}</p> },
                false => request_list(items.into()),
            };
            let all = Route::requests().href();
            ui! { {list} <a class="more" href=all>{m::home_all}</a> }
        },
    )
}

fn catalogue() -> View {
    let skeleton = || {
        let cards = (0..12)
            .map(|_| ui! { <li class="skeleton"></li> })
            .collect::<View>();
        ui! { <ul class="kinds" aria-hidden="true">{cards}</ul> }
    };
    let cards = || {
        config::request_types()
            .ready()
            .unwrap_or_default()
            .into_iter()
            .map(card)
            .collect::<View>()
    };
    let types = config::request_types();
    ui! {
        <section aria-labelledby="catalogue">
            <h2 id="catalogue">{m::home_catalogue}</h2>
            {part(types, skeleton, move || ui! { <ul class="kinds">{cards}</ul> }.view())}
        </section>
    }
}

fn card(of: RequestTypeSummary) -> View {
    ui! {
        <li>
            <a href=Route::form(of.id).href()>
                {kind_icon(of.kind)}
                <strong>{of.name}</strong>
                <span>{of.description}</span>
            </a>
        </li>
    }
}

fn track(problems: Problems) -> View {
    const REFERENCE: &str = "track-reference";
    let reference = RwSignal::new(String::new());
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match read_reference(&reference.get_untracked()) {
            Ok(reference) => navigation::go(&Route::Track(TrackLink::Reference(reference))),
            Err(words) => drop(problems.set(vec![(REFERENCE.to_owned(), words)])),
        }
    };
    let form = move || {
        ui! {
            <section aria-labelledby="track">
                <h2 id="track">{m::home_track}</h2>
                <p>{m::home_track_lede}</p>
                <form class="flow" novalidate on:submit=send>
                    {reference_field(REFERENCE, reference, problems)}
                    <div class="buttons">
                        {submit_button(m::nav_track, Signal::stored(false))}
                    </div>
                </form>
            </section>
        }
    };
    // What is above has its height first, so that this does not move.
    let settled = memo(|| {
        config::has(Capability::Track)
            && config::request_types().with(|load| !matches!(load, Load::Loading { .. }))
    });
    (move || settled.get().then(form)).view()
}
