//! What is not right with a form: the summary before the heading, and the same words at the field.
//!
//! A page puts [`summary`] after its back link and before its heading, and [`error`] into each field. Checking is done
//! on sending: [`Problems::set`] shows everything at once and moves the focus to the summary.

use crate::{
    browser::{dom, task},
    i18n::{Words, m},
    navigation::Title,
};
use leptos::prelude::*;
use portico_view::{Child, View, ui};

/// The fields of a form that are not right: the id of the control that takes the focus, and what to do.
#[derive(Clone, Copy)]
pub struct Problems {
    list: RwSignal<Vec<(String, Words)>>,
    title: Title,
}

const SUMMARY: &str = "problems";
const TITLE: &str = "problems-title";

impl Problems {
    /// None yet. The title of the page says it when there are some.
    pub fn new(title: Title) -> Self {
        Self {
            list: RwSignal::default(),
            title,
        }
    }

    /// Shows these, with the focus on the summary. True when there are none, and the form can be sent.
    pub fn set(self, list: Vec<(String, Words)>) -> bool {
        self.show(list, |_| dom::focus(SUMMARY))
    }

    /// The same for a form of one field, which has no summary: the focus goes to the field.
    pub fn set_at_field(self, list: Vec<(String, Words)>) -> bool {
        self.show(list, dom::focus_field)
    }

    fn show(self, list: Vec<(String, Words)>, focus: fn(&str) -> bool) -> bool {
        let first = list.first().map(|(id, _)| id.clone());
        let none = first.is_none();
        self.title.set_error(!none);
        self.list.try_set(list);
        if let Some(first) = first {
            task::detach(async move {
                task::next_frame().await;
                focus(&first);
            });
        }
        none
    }

    /// Forgets all.
    pub fn clear(self) {
        self.set(Vec::new());
    }

    /// What is not right with the field of this id. Reactive.
    pub fn of(self, id: &str) -> Option<Words> {
        self.list.with(|list| {
            let (_, words) = list.iter().find(|(field, _)| field == id)?;
            Some(words.clone())
        })
    }
}

/// The summary; nothing while everything is right.
pub fn summary(problems: Problems) -> View {
    let items = move || {
        problems
            .list
            .get()
            .into_iter()
            .map(|(id, words)| {
                let href = format!("#{id}");
                ui! {
                    <li>
                        <a href=href on:click=move |event| {
                            event.prevent_default();
                            dom::focus_field(&id);
                        }>{move || words.get()}</a>
                    </li>
                }
            })
            .collect::<View>()
    };
    (move || {
        problems.list.with(|list| !list.is_empty()).then(|| {
            ui! {
                <div class="problem" id=SUMMARY role="alert" tabindex="-1" aria-labelledby=TITLE>
                    <h2 id=TITLE>{m::problem_title}</h2>
                    <ul>{items}</ul>
                </div>
            }
        })
    })
    .view()
}

/// What is not right, in the words that stand at a field.
pub fn words(text: impl Child + 'static) -> View {
    said(None, text)
}

fn said(id: Option<String>, text: impl Child + 'static) -> View {
    ui! {
        <p class="error" id=id>
            <span class="visually-hidden">{m::problem_prefix}" "</span>
            {text.view()}
        </p>
    }
}

/// The words at a field, after its label and hint. The control refers to them by `aria-describedby`.
pub fn error(problems: Problems, id: &'static str) -> View {
    (move || {
        problems
            .of(id)
            .map(|text| said(Some(format!("{id}-error")), move || text.get()))
    })
    .view()
}
