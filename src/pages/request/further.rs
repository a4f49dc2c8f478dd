//! Who else is in it: a partner, somebody higher, those who follow, and who decides when we do not agree.

use super::{
    Page,
    actions::{Acting, Done},
};
use crate::{
    api::Failure,
    browser::task,
    components::{
        button::{Look, busy_button, submit_button},
        field::{Question, Typing, text_field},
        icon::icon,
        ladder::ways,
        moment::limit,
        problems::Problems,
        tag::{Tone, tag},
    },
    i18n::{Message, Words, m},
    navigation,
    route::Route,
    state::config,
};
use leptos::prelude::*;
use portico_contract::{
    config::Capability,
    request::{Action, Outcome, Participant, Request, Rung, Status, StepState},
    submission::Follow,
};
use portico_view::{Child, View, ui};

/// That a partner handles it, and whom it was escalated to.
pub(super) fn notes(page: Page) -> View {
    let partner = page.part(|r| {
        let name = r.handler.as_ref().and_then(|h| h.third_party.clone());
        name.map(|name| (name, r.following))
    });
    let escalation = page.part(|r| r.escalation.clone());
    let note = |words: Words| {
        ui! { <div class="notice info">{icon("person")}<p>{move || words.get()}</p></div> }
    };
    let partner = move || {
        let (name, following) = partner.get().flatten()?;
        Some(note(Words::new(move || match following {
            true => m::follow_partner_note(&name),
            false => m::request_partner_note(&name),
        })))
    };
    let escalated = move || {
        let escalation = escalation.get().flatten()?;
        let words = move || {
            m::escalate_reached {
                target: &escalation.target,
                when: &limit(escalation.at),
            }
            .text()
        };
        Some(note(Words::new(words)))
    };
    ui! { {escalated} {partner} }
}

/// Whether it has ended with something that one may not be satisfied with.
fn has_result(r: &Request) -> bool {
    matches!(r.status, Status::Resolved | Status::Closed) && r.outcome != Some(Outcome::Withdrawn)
}

/// The ways on for who is not satisfied; open where the request has a result.
pub(super) fn ladder(page: Page) -> View {
    let shown = page.part(|r| (has_result(r), r.ladder.clone()));
    (move || {
        let (ended, rungs) = shown.get()?;
        let rungs: Vec<View> = rungs.into_iter().map(rung).collect();
        (!rungs.is_empty()).then(|| {
            ui! {
                <details class="ladder" open=ended>
                    <summary><h2>{m::ladder_title}</h2></summary>
                    <ol>{rungs}</ol>
                </details>
            }
        })
    })
    .view()
}

fn rung(rung: Rung) -> View {
    let (tone, word): (Tone, Message) = match rung.state {
        StepState::Done => (Tone::Success, m::request_step_done),
        StepState::Current => (Tone::Info, m::request_step_now),
        StepState::Next | StepState::Unknown => (Tone::Neutral, m::request_step_next),
    };
    let until = rung.until;
    let from = rung
        .from
        .filter(|_| rung.state == StepState::Next && until.is_none());
    let when = move || match (from, until) {
        (Some(at), _) => Some(m::ladder_from(&limit(at))),
        (None, Some(at)) => Some(m::ladder_until(&limit(at))),
        (None, None) => None,
    };
    let when = (from.is_some() || until.is_some()).then(|| ui! { <p class="meta">{when}</p> });
    let ways = ways(&rung);
    let current = rung.state == StepState::Current;
    ui! {
        <li aria-current=current.then_some("step")>
            <p><strong>{rung.label}</strong> " " {tag(tone, word)}</p>
            <p>{rung.text}</p>
            {when}
            {ways}
        </li>
    }
}

const EMAIL: &str = "follow-email";

/// Asking to be rung about it, also when it has ended.
pub(super) fn callback(page: Page) -> View {
    let ended = page.part(|r| (!r.following).then(|| has_result(r)));
    let href = Route::Callback(Some(page.reference)).href();
    (move || {
        let ended = ended
            .get()
            .flatten()
            .filter(|_| config::has(Capability::Callbacks))?;
        let text: Message = match ended {
            true => m::callback_offer_ended,
            false => m::callback_offer,
        };
        Some(ui! {
            <section class="flow" aria-labelledby="callback">
                <h2 id="callback">{m::callback_offer_title}</h2>
                <p class="meta">{text}</p>
                <div class="buttons">
                    <a class="button secondary" href=href.clone()>{m::callback_offer_action}</a>
                </div>
            </section>
        })
    })
    .view()
}

/// Who follows, and letting somebody follow; for who follows, that they do and how to stop.
pub(super) fn followers(page: Page, acting: Acting) -> View {
    let following = page.part(|r| r.following);
    (move || match following.get() {
        Some(true) => stop_following(page, acting),
        _ => list_followers(page, acting),
    })
    .view()
}

fn stop_following(page: Page, acting: Acting) -> View {
    let stop = move || {
        let me = untrack(|| page.request()).and_then(|r| r.participants.into_iter().next());
        let Some(email) = me.and_then(|me| me.email) else {
            return;
        };
        let follow = Follow {
            email,
            remove: true,
        };
        task::detach(async move {
            if matches!(acting.follow(follow).await, Done::Yes) {
                navigation::go(&Route::requests());
            }
        });
    };
    ui! {
        <section class="flow" aria-labelledby="followers">
            <h2 id="followers">{m::follow_me_title}</h2>
            <p class="meta">{m::follow_me_text}</p>
            <div class="buttons">
                {busy_button(Look::Secondary, m::follow_stop, acting.busy(), stop)}
            </div>
        </section>
    }
}

fn list_followers(page: Page, acting: Acting) -> View {
    let shown = page.part(|r| r.participants.clone());
    let allowed = page.part(|r| r.actions.get(&Action::Follow).is_some_and(|s| s.allowed));
    let problems = Problems::new(page.title);
    let email = RwSignal::new(String::new());
    let list = move || {
        let participants = shown.get()?;
        let none = participants.is_empty();
        let items: Vec<View> = participants
            .into_iter()
            .map(|participant| row(participant, acting))
            .collect();
        Some(match none {
            true => ui! { <p class="meta">{m::follow_none}</p> },
            false => ui! { <ul class="followers">{items}</ul> },
        })
    };
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let address = email.get_untracked().trim().to_owned();
        let wrong = || vec![(EMAIL.to_owned(), Words::new(m::follow_email_empty))];
        let missing = if address.contains('@') {
            Vec::new()
        } else {
            wrong()
        };
        if acting.busy().get_untracked() || !problems.set_at_field(missing) {
            return;
        }
        let follow = Follow {
            email: address,
            remove: false,
        };
        task::detach(async move {
            match acting.follow(follow).await {
                Done::Yes => drop(email.try_set(String::new())),
                Done::No(Failure::Problem { problem, .. }) if !problem.errors.is_empty() => {
                    problems.set_at_field(wrong());
                }
                Done::No(_) => {}
            }
        });
    };
    let form = move || {
        let question = Question {
            id: EMAIL,
            label: m::follow_email,
            hint: None,
        };
        let typing = Typing {
            input_type: "email",
            autocomplete: "off",
            inputmode: "email",
            code: false,
        };
        ui! {
            <form class="flow" novalidate on:submit=send>
                {text_field(question, typing, email, problems)}
                <div class="buttons">{submit_button(m::follow_add, acting.busy())}</div>
            </form>
        }
    };
    let exists =
        page.part(|r| r.actions.contains_key(&Action::Follow) || !r.participants.is_empty());
    (move || {
        exists.get().unwrap_or_default().then(|| {
            ui! {
                <section class="flow" aria-labelledby="followers">
                    <h2 id="followers">{m::follow_title}</h2>
                    <p class="meta">{m::follow_text}</p>
                    {list}
                    {move || allowed.get().unwrap_or_default().then(form)}
                </section>
            }
        })
    })
    .view()
}

/// Somebody who follows; whoever was let in can be shown out at any time.
fn row(participant: Participant, acting: Acting) -> View {
    let Participant { name, email } = participant;
    let remove = email.map(|email| {
        let hidden = name.clone();
        let remove = move |_| {
            let follow = Follow {
                email: email.clone(),
                remove: true,
            };
            if !acting.busy().get_untracked() {
                task::detach(async move { drop(acting.follow(follow).await) });
            }
        };
        ui! {
            <button class="button quiet small" type="button" on:click=remove>
                {m::follow_remove}
                <span class="visually-hidden">" "{hidden}</span>
            </button>
        }
    });
    ui! { <li><bdi>{name}</bdi> {remove}</li> }
}
