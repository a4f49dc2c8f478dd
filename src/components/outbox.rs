//! What was sent and has not arrived: in plain sight on every page, labelled as not sent yet.

use super::{
    button::{Look, busy_button, button},
    dialog::dialog,
    icon::icon,
    tag::{Tone, tag},
};
use crate::{
    api::Failure,
    browser::{clock, dom, task},
    i18n::{self, Words, format, m},
    navigation,
    route::Route,
    state::{
        drafts::{About, Draft},
        outbox::{self, Entry, EntryState, NotTakenBack, Parcel},
    },
};
use leptos::prelude::*;
use portico_view::{Child, Memo, View, effect_after, memo, ui};

/// Milliseconds for which a thing may be on its way before it counts as not sent: most arrive at once.
const PATIENCE: f64 = 2_000.0;

/// The cards of all that waits. What belongs to the request on screen is shown by its page.
pub fn outbox() -> View {
    let keys = memo(|| {
        let here = match navigation::current() {
            Route::Request(reference) => Some(reference),
            _ => None,
        };
        outbox::entries()
            .into_iter()
            .filter(|entry| !entry.is_accepted())
            .filter(|entry| matches!(entry.parcel, Parcel::Request(_)) || entry.reference() != here)
            .map(|entry| entry.key)
            .collect::<Vec<_>>()
    });
    // What had to wait has arrived: that is said wherever the customer is by now.
    effect_after(move |before: Option<Vec<String>>| {
        for key in before.unwrap_or_default() {
            let arrived = untrack(|| outbox::entry(&key)).filter(Entry::is_accepted);
            if arrived.is_some_and(|entry| clock::device_millis() - entry.queued_at > PATIENCE) {
                dom::announce(&untrack(m::outbox_accepted), dom::Urgency::Polite);
            }
        }
        keys.get()
    });
    let open = |draft: Draft| {
        navigation::go(&match draft.about {
            About::Form(type_id) => Route::form(type_id),
            About::Reply(_, reference) => Route::Request(reference),
            About::Callback(about) => Route::Callback(about),
        });
    };
    let cards = move || {
        ui! {
            <section class="wrap outbox" aria-label=m::outbox_label>
                <For each=move || keys.get() key=String::clone children=move |key| entry_card(key, open) />
            </section>
        }
    };
    ui! { {arrived()} {move || keys.with(|keys| !keys.is_empty()).then(cards)} }
}

/// What arrived while its customer was elsewhere, and the way to its codes.
fn arrived() -> View {
    let is_elsewhere = |entry: &Entry| match (navigation::current(), &entry.parcel) {
        (Route::Sent(shown), _) => entry.reference() != Some(shown),
        // Its form leads to the confirmation by itself.
        (Route::Form(form, _), Parcel::Request(request)) => form != request.type_id,
        _ => true,
    };
    let news = memo(move || {
        let entries = outbox::entries().into_iter();
        entries
            .filter(|entry| entry.is_news() && is_elsewhere(entry))
            .filter_map(|entry| Some((entry.reference()?, entry.draft.subject)))
            .collect::<Vec<_>>()
    });
    let cards = move || {
        news.get()
            .into_iter()
            .map(|(reference, subject)| {
                ui! {
                    <div class="notice success">
                        {icon("check")}
                        <div class="flow">
                            <p><bdi>{subject}</bdi></p>
                            <p>{m::outbox_accepted}</p>
                            <div class="buttons">
                                <a class="button secondary" href=Route::Sent(reference).href()>
                                    {m::outbox_open_sent}
                                </a>
                            </div>
                        </div>
                    </div>
                }
            })
            .collect::<View>()
    };
    let shown = move || {
        ui! { <section class="wrap outbox" aria-label=m::outbox_accepted>{cards}</section> }
    };
    (move || news.with(|news| !news.is_empty()).then(shown)).view()
}

/// The card of one thing that has not arrived. `open` shows it again as a draft, to change it.
pub fn entry_card(key: String, open: impl Fn(Draft) + Copy + Send + Sync + 'static) -> View {
    let entry = {
        let key = key.clone();
        memo(move || outbox::entry(&key))
    };
    let Some(first) = entry.get_untracked() else {
        return View::default();
    };
    let late = RwSignal::new(false);
    let left = first.queued_at + PATIENCE - clock::device_millis();
    task::detach(async move {
        if left > 0.0 {
            // At most the patience of 2 s.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            task::sleep(left.min(PATIENCE) as u32).await;
        }
        late.try_set(true);
    });
    let shown =
        memo(move || late.get() || entry.with(|e| e.as_ref().is_some_and(|e| !e.is_going())));
    // A request that waits gets a page with a heading of its own; of a message the ear would hear nothing.
    let untold = left > 0.0 && matches!(first.parcel, Parcel::Message { .. });
    effect_after(move |before: Option<bool>| {
        let now = shown.get();
        if untold && now && before == Some(false) {
            let state = entry.with_untracked(|e| e.as_ref().map(|e| e.state.clone()));
            let said = state.map(|state| untrack(|| words(state)));
            dom::announce(&said.unwrap_or_default(), dom::Urgency::Polite);
        }
        now
    });
    (move || shown.get().then(|| card(key.clone(), &first, entry, open))).view()
}

fn card(
    key: String,
    first: &Entry,
    entry: Memo<Option<Entry>>,
    open: impl Fn(Draft) + Copy + Send + Sync + 'static,
) -> View {
    let id = format!("outbox-{key}");
    let heading = id.clone();
    let queued_at = first.queued_at;
    let title = match &first.parcel {
        Parcel::Request(request) => Words::new({
            let subject = request.subject.clone();
            move || subject.clone()
        }),
        Parcel::Message { reference, .. } => Words::new({
            let reference = reference.to_string();
            move || m::outbox_message(&reference)
        }),
    };
    let state = memo(move || entry.get().map(|entry| entry.state));
    let words = move || state.get().map(words).unwrap_or_default();
    let asking = RwSignal::new(false);
    let told = RwSignal::new(None::<Words>);
    let busy = RwSignal::new(false);
    let edit = {
        let key = key.clone();
        move || {
            let key = key.clone();
            busy.set(true);
            told.set(None);
            task::detach(async move {
                let back = outbox::take_back(&key).await;
                busy.try_set(false);
                match back {
                    Ok(draft) => open(draft),
                    Err(NotTakenBack::Unknown(failure)) => {
                        told.try_set(Some(Words::new(move || i18n::failure(&failure))));
                    }
                    // It has arrived, or another tab has it: the card says so, or goes, by itself.
                    Err(NotTakenBack::Accepted | NotTakenBack::Gone) => {}
                }
            });
        }
    };
    let again = {
        let key = key.clone();
        move || outbox::retry(&key)
    };
    let can_go = move || {
        state.with(|state| {
            matches!(
                state,
                Some(EntryState::Queued | EntryState::NeedsLogin | EntryState::NeedsAttention)
            )
        })
    };
    let discard = move || {
        asking.set(false);
        let key = key.clone();
        task::detach(async move {
            outbox::discard(&key).await;
            dom::announce(&m::outbox_discarded(), dom::Urgency::Polite);
            dom::focus_heading();
        });
    };
    let question = move || {
        let discard = discard.clone();
        ui! {
            <p>{m::outbox_discard_text}</p>
            <div class="buttons">
                {button(Look::Danger, m::outbox_discard, discard)}
                {button(Look::Secondary, m::outbox_keep, move || asking.set(false))}
            </div>
        }
    };
    let sign_in = move || {
        let needed = state.with(|state| matches!(state, Some(EntryState::NeedsLogin)));
        let href = || Route::sign_in(navigation::current()).href();
        needed.then(|| ui! { <a class="button secondary" href=href>{m::nav_sign_in}</a> })
    };
    ui! {
        <article class="card draft" aria-labelledby=id>
            <div>
                <h2 id=heading>
                    <bdi>{move || title.get()}</bdi> " " {tag(Tone::Warning, m::outbox_tag)}
                </h2>
                <p class="meta">
                    {move || m::outbox_written(&format::date_time_on_this_device(queued_at))}
                </p>
                <p>{words}</p>
                {move || told.get().map(|told| ui! {
                    <p class="error">{icon("warning")} {move || told.get()}</p>
                })}
            </div>
            <div class="buttons">
                {sign_in}
                {move || can_go().then(|| button(Look::Secondary, m::outbox_now, again.clone()))}
                {busy_button(Look::Secondary, m::outbox_edit, busy.into(), edit)}
                {button(Look::Quiet, m::outbox_discard, move || asking.set(true))}
            </div>
            {dialog(asking, "outbox-discard", m::outbox_discard_title, question)}
        </article>
    }
}

/// How it stands, and what happens next.
fn words(state: EntryState) -> String {
    match state {
        EntryState::Queued => m::outbox_queued(),
        EntryState::Sending { files, .. } if files > 0.0 && files < 1.0 => {
            m::outbox_uploading(&format::percent(files))
        }
        EntryState::Sending { .. } => m::outbox_sending(),
        EntryState::NeedsLogin => m::outbox_needs_login(),
        EntryState::Rejected(problem) => i18n::failure(&Failure::Problem {
            problem: Box::new(problem),
            retry_after: None,
        }),
        EntryState::NeedsAttention => m::outbox_needs_attention(),
        EntryState::Accepted(_) => m::outbox_accepted(),
    }
}
