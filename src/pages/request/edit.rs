//! Changing what was sent, as long as nobody has begun to work on it.

use super::{
    Page,
    actions::{Acting, Done},
};
use crate::{
    api::Failure,
    browser::{dom, task},
    components::{
        button::{Look, button, submit_button},
        field::{Question, Typing, text_area, text_field},
        problems::{Problems, summary},
    },
    i18n::{self, Message, Words, m},
    state::config,
};
use leptos::prelude::*;
use portico_contract::{
    problem::Problem,
    submission::{BODY_MAX, Edit, SUBJECT_MAX, SentBody},
    timeline::Entry,
};
use portico_view::{Child, View, ui};

const SUBJECT: &str = "edit-subject";
const TEXT: &str = "edit-text";

/// The form, while it is asked for.
pub(super) fn edit(page: Page, acting: Acting) -> View {
    (move || acting.editing.get().then(|| form(page, acting))).view()
}

fn form(page: Page, acting: Acting) -> View {
    let Some(case) = page.case.get_untracked() else {
        return View::default();
    };
    // The first message is what was sent.
    let first = case.items.iter().find_map(|item| match &item.entry {
        Entry::Message { body, .. } => Some(body.value.clone()),
        _ => None,
    });
    let opener = dom::active();
    let problems = Problems::new(page.title);
    let subject = RwSignal::new(case.versioned.request.subject);
    let text = RwSignal::new(first.unwrap_or_default());
    task::detach(async {
        task::next_frame().await;
        dom::focus(SUBJECT);
    });
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if acting.busy().get_untracked() || !problems.set(check(subject, text)) {
            return;
        }
        let edit = Edit {
            subject: Some(subject.get_untracked().trim().to_owned()),
            body: Some(SentBody::text(text.get_untracked())),
            fields: None,
        };
        task::detach(async move {
            match acting.edit(edit).await {
                Done::Yes => drop(acting.editing.try_set(false)),
                Done::No(Failure::Problem { problem, .. }) => drop(problems.set(fields(&problem))),
                Done::No(_) => {}
            }
        });
    };
    let subject_question = Question {
        id: SUBJECT,
        label: m::request_subject,
        hint: None,
    };
    let text_question = Question {
        id: TEXT,
        label: m::request_description,
        hint: None,
    };
    let typing = Typing {
        input_type: "text",
        autocomplete: "off",
        inputmode: "text",
        code: false,
    };
    ui! {
        <section class="flow" aria-labelledby="edit">
            {summary(problems)}
            <h2 id="edit">{m::request_edit_title}</h2>
            <p>{m::request_edit_text}</p>
            <form class="card flow" novalidate on:submit=send>
                {text_field(subject_question, typing, subject, problems)}
                {text_area(text_question, text, problems)}
                <div class="buttons">
                    {submit_button(m::request_save, acting.busy())}
                    {button(Look::Secondary, m::action_cancel, move || {
                        problems.clear();
                        acting.editing.set(false);
                        dom::focus_back(opener.as_ref());
                    })}
                </div>
            </form>
        </section>
    }
}

fn check(subject: RwSignal<String>, text: RwSignal<String>) -> Vec<(String, Words)> {
    let limits = untrack(config::current).map(|c| c.limits);
    let most = |limit: Option<u32>, default| limit.unwrap_or(default);
    let subject_max = most(limits.as_ref().map(|l| l.subject_length), SUBJECT_MAX);
    let text_max = most(limits.as_ref().map(|l| l.body_length), BODY_MAX);
    [
        (
            SUBJECT,
            subject,
            subject_max,
            m::request_subject,
            m::request_subject_empty,
        ),
        (
            TEXT,
            text,
            text_max,
            m::request_description,
            m::request_description_empty,
        ),
    ]
    .into_iter()
    .filter_map(|(id, value, max, label, empty)| {
        let words = problem(&value.get_untracked(), max, label, empty)?;
        Some((id.to_owned(), words))
    })
    .collect()
}

/// What is not right with a text.
pub(super) fn problem(value: &str, max: u32, label: Message, empty: Message) -> Option<Words> {
    if value.trim().is_empty() {
        return Some(Words::new(empty));
    }
    (value.chars().count() > max as usize).then(|| {
        Words::new(move || {
            m::request_too_long {
                label: &label(),
                max: &i18n::format::number(f64::from(max)),
            }
            .text()
        })
    })
}

fn fields(problem: &Problem) -> Vec<(String, Words)> {
    problem
        .errors
        .iter()
        .map(|error| {
            let (id, label): (_, Message) = match error.pointer.starts_with("/subject") {
                true => (SUBJECT, m::request_subject),
                false => (TEXT, m::request_description),
            };
            let code = error.code;
            let words = Words::new(move || i18n::field_problem(code, &label()));
            (id.to_owned(), words)
        })
        .collect()
}
