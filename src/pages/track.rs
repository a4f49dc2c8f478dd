//! Following a request without an account: by reference and query code, or by the link of an e-mail.
//!
//! The link opens nothing by itself: scanners of mail follow every link, people press the button.

use crate::{
    api::Failure,
    browser::{clock, dom, task},
    components::{
        button::{Look, busy_button, submit_button},
        field::{Question, text_field},
        icon::icon,
        load::failure_words,
        problems::{Problems, summary},
        reference::{CODE, read_reference, reference_field},
    },
    i18n::{Words, format, m},
    navigation,
    route::{Route, TrackLink},
    state::{config, tracking},
};
use leptos::prelude::*;
use portico_contract::{
    code::{QueryCode, Reference},
    config::Capability,
    problem::ProblemCode,
};
use portico_view::{Child, Memo, View, effect, memo, ui};

/// The page.
pub fn page() -> View {
    // The fragment is a credential, or of no more use: it leaves the address (and the history) at once.
    let brought = RwSignal::new(TrackLink::Empty);
    effect(move || {
        if let Route::Track(link) = navigation::current()
            && link != TrackLink::Empty
        {
            brought.set(link);
            navigation::replace(&Route::track());
        }
    });
    let token = memo(move || match brought.get() {
        TrackLink::Token(token) => Some(token),
        _ => None,
    });
    let reference = memo(move || match brought.get() {
        TrackLink::Reference(reference) => Some(reference),
        _ => None,
    });
    (move || match token.get() {
        Some(token) => by_link(token, brought),
        None => by_codes(reference),
    })
    .view()
}

/// Why it did not open, other than by a wrong code.
fn notice(failure: RwSignal<Option<Failure>>) -> View {
    (move || {
        failure.get().map(|failure| {
            let limited = failure.code() == Some(ProblemCode::RateLimited);
            let words = match failure.retry_after().filter(|_| limited) {
                Some(seconds) => {
                    let at = clock::device_millis() + seconds * 1_000.0;
                    let words = move || m::track_later(&format::time_on_this_device(at));
                    ui! { <p>{words}</p> }
                }
                None => failure_words(failure),
            };
            ui! {
                <div class="notice warning" role="alert">
                    {icon("warning")}
                    <div class="flow">{words}</div>
                </div>
            }
        })
    })
    .view()
}

fn by_link(token: String, brought: RwSignal<TrackLink>) -> View {
    navigation::title(m::track_link_title);
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None);
    let over = RwSignal::new(false);
    let open = move || {
        busy.set(true);
        failure.set(None);
        let token = token.clone();
        task::detach(async move {
            let opened = tracking::open_link(&token).await;
            busy.try_set(false);
            match opened {
                Ok(reference) => navigation::replace(&Route::Request(reference)),
                Err(why) if why.code() == Some(ProblemCode::NotFound) => {
                    over.try_set(true);
                    task::next_frame().await;
                    dom::focus_heading();
                }
                Err(why) => drop(failure.try_set(Some(why))),
            }
        });
    };
    (move || match over.get() {
        false => ui! {
            <header class="heading">
                <h1 tabindex="-1">{m::track_link_title}</h1>
                <p class="lede">{m::track_link_text}</p>
            </header>
            {notice(failure)}
            <div class="buttons">
                {busy_button(Look::Main, m::track_link_open, busy.into(), open.clone())}
            </div>
        },
        true => ui! {
            <div class="empty">
                {icon("clock")}
                <h1 tabindex="-1">{m::track_link_over}</h1>
                <p>{m::track_link_over_text}</p>
                <div class="buttons">
                    {busy_button(Look::Main, m::nav_track, Signal::stored(false), move || {
                        brought.set(TrackLink::Empty);
                        task::detach(async {
                            task::next_frame().await;
                            dom::focus_heading();
                        });
                    })}
                </div>
            </div>
        },
    })
    .view()
}

const REFERENCE: &str = "reference";
const CODE_ID: &str = "query-code";

fn by_codes(brought: Memo<Option<Reference>>) -> View {
    let problems = Problems::new(navigation::title(m::track_title));
    let reference = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None);
    effect(move || {
        if let Some(brought) = brought.get() {
            reference.set(brought.to_string());
        }
    });
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        failure.set(None);
        let (reference, code) = (reference.get_untracked(), code.get_untracked());
        let wrong_reference = read_reference(&reference).err();
        let wrong_code = QueryCode::parse(&code).err().map(|_| match code.trim() {
            "" => Words::new(m::track_code_empty),
            _ => Words::new(m::track_code_shape),
        });
        let wrong = [(REFERENCE, wrong_reference), (CODE_ID, wrong_code)];
        let wrong = wrong
            .into_iter()
            .filter_map(|(id, words)| Some((id.to_owned(), words?)))
            .collect();
        if !problems.set(wrong) {
            return;
        }
        busy.set(true);
        task::detach(async move {
            let opened = tracking::open(&reference, &code).await;
            busy.try_set(false);
            match opened {
                Ok(reference) => navigation::go(&Route::Request(reference)),
                Err(why) if why.code() == Some(ProblemCode::NotFound) => {
                    let words = Words::new(m::track_no_match);
                    problems.set(vec![(REFERENCE.to_owned(), words)]);
                }
                Err(why) => drop(failure.try_set(Some(why))),
            }
        });
    };
    let question = Question {
        id: CODE_ID,
        label: m::track_code,
        hint: Some(m::track_code_hint),
    };
    let lost = || {
        config::has(Capability::Accounts).then(|| {
            ui! {
                <p>
                    {m::track_lost} " "
                    <a href=Route::sign_in(Route::requests()).href()>{m::track_lost_link}</a>
                </p>
            }
        })
    };
    let call = || {
        config::has(Capability::Callbacks).then(|| {
            ui! {
                <p>
                    {m::track_call} " "
                    <a href=Route::Callback(None).href()>{m::callback_action}</a>
                </p>
            }
        })
    };
    ui! {
        {summary(problems)}
        <header class="heading">
            <h1 tabindex="-1">{m::track_title}</h1>
            <p class="lede">{m::track_lede}</p>
        </header>
        {notice(failure)}
        <form class="flow" novalidate on:submit=send>
            {reference_field(REFERENCE, reference, problems)}
            {text_field(question, CODE, code, problems)}
            <div class="buttons">{submit_button(m::track_submit, busy.into())}</div>
        </form>
        {lost}
        {call}
    }
}
