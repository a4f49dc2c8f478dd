//! Handing a request over, and what comes of it.

use super::{form::Wizard, questions};
use crate::{
    api::Failure,
    browser::{clock, dom, task},
    components::icon::icon,
    i18n::{self, format, m},
    navigation,
    route::Route,
    state::{
        drafts::{self, About},
        host,
        outbox::{self, Accepted, Entry, EntryState},
    },
};
use leptos::prelude::*;
use portico_contract::problem::Problem;
use portico_view::{View, effect_after, memo, ui};

/// Milliseconds for which the customer waits with the button busy.
const PATIENCE: u32 = 10_000;
/// Milliseconds from which a waiting time is worth naming.
const LONG: f64 = 60_000.0;

/// Hands it over, if everything is right.
pub fn send(wizard: Wizard) {
    if wizard.show_first_problem() {
        return;
    }
    let Some(own) = untrack(|| wizard.own.ready()) else {
        return;
    };
    let answers = untrack(|| wizard.form.answers());
    let guest = wizard.guest.get_untracked();
    let mut request = questions::request(&own, &answers, guest, untrack(i18n::locale));
    request.context = untrack(host::context);
    let draft = wizard.draft();
    let key = draft.get_untracked().key;
    wizard.signed_out.set(false);
    wizard.refused.set(None);
    outbox::send_request(draft, request);
    wizard.sent.set(Some(key));
    dom::announce(&untrack(m::submit_sending), dom::Urgency::Polite);
    task::detach(async move {
        task::sleep(PATIENCE).await;
        wait(wizard);
    });
}

/// Says that it has not arrived yet, if that is so.
fn wait(wizard: Wizard) {
    let sent = wizard.sent.try_with_untracked(Option::is_some);
    if sent == Some(true) && !wizard.waiting.get_untracked() {
        wizard.waiting.set(true);
        task::detach(async {
            task::next_frame().await;
            dom::focus_heading();
        });
    }
}

/// Follows what was handed over as long as the form is on screen.
pub fn watch(wizard: Wizard) {
    let entry = memo(move || wizard.sent.get().map(|key| outbox::entry(&key)));
    effect_after(move |tried: Option<bool>| {
        let tried = tried.unwrap_or(false);
        match entry.get() {
            None => return false,
            Some(None) => came_back(wizard),
            Some(Some(entry)) => match entry.state {
                EntryState::Sending { .. } => return true,
                EntryState::Queued if !tried => return false,
                EntryState::Queued | EntryState::NeedsAttention => wait(wizard),
                EntryState::Accepted(_) => navigation::replace(&confirmation(&entry)),
                EntryState::Rejected(problem) => change(wizard, entry.key, Some(problem)),
                EntryState::NeedsLogin => change(wizard, entry.key, None),
            },
        }
        tried
    });
}

fn confirmation(entry: &Entry) -> Route {
    match &entry.state {
        EntryState::Accepted(Accepted::Request(created)) => Route::Sent(created.request.reference),
        _ => entry.reference().map_or(Route::Home, Route::Sent),
    }
}

/// It was taken back or thrown away on its card.
fn came_back(wizard: Wizard) {
    let about = About::Form(wizard.type_id.get_value());
    let again = untrack(drafts::list)
        .into_iter()
        .find(|draft| draft.about == about);
    task::detach(async move {
        match again {
            Some(again) => wizard.draft().reopen(&again.key).await,
            None => wizard.draft().start_over(),
        }
        wizard.waiting.try_set(false);
        wizard.sent.try_set(None);
    });
}

/// Makes it a draft again, as the server wants something changed (`None`: to know who it is from).
fn change(wizard: Wizard, key: String, problem: Option<Problem>) {
    wizard.sent.set(None);
    wizard.waiting.set(false);
    task::detach(async move {
        let Ok(draft) = outbox::take_back(&key).await else {
            // The card says what is the matter.
            wizard.sent.try_set(Some(key));
            wait(wizard);
            return;
        };
        wizard.draft().reopen(&draft.key).await;
        if wizard.sent.try_get_untracked().is_none() {
            // The customer has left the form. It waits there as a draft.
            return;
        }
        match problem {
            None => {
                wizard.signed_out.try_set(true);
                wizard.ask_for_contact();
            }
            Some(problem) => {
                if !wizard.show_errors(&problem.errors) {
                    wizard.refused.try_set(Some(Failure::Problem {
                        problem: Box::new(problem),
                        retry_after: None,
                    }));
                }
            }
        }
    });
}

/// The page that says that it is kept and has not arrived.
pub fn waiting(wizard: Wizard) -> View {
    let words = move || {
        let key = wizard.sent.get().unwrap_or_default();
        let from = outbox::entry(&key).map_or(0.0, |entry| entry.held_until());
        match from > clock::device_millis() + LONG {
            _ if !outbox::is_kept(&key) => m::submit_waiting_only_here(),
            true => m::submit_limited(&format::time_on_this_device(from)),
            false => m::submit_waiting_text(),
        }
    };
    ui! {
        <div class="outcome warning">
            {icon("clock")}
            <h1 tabindex="-1">{m::submit_waiting_title}</h1>
            <p>{words}</p>
        </div>
        <div class="buttons">
            <a class="button secondary" href=Route::Home.href()>{m::submit_home}</a>
        </div>
    }
}
