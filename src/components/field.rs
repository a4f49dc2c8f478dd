//! A question of a form that is written by hand (those of a schema are `components::form`).

use super::problems::{Problems, error};
use crate::i18n::{Message, m};
use leptos::prelude::*;
use portico_view::{Child, View, ui};

/// How an answer is typed.
#[derive(Clone, Copy, Default)]
pub struct Typing {
    /// `type` of the input.
    pub input_type: &'static str,
    /// What the browser may fill in: `"email"`, `"one-time-code"`, `"off"` ...
    pub autocomplete: &'static str,
    /// Which keys a phone shows.
    pub inputmode: &'static str,
    /// A code: wide letters, and as wide as its characters.
    pub code: bool,
}

/// The words of a question.
#[derive(Clone, Copy)]
pub struct Question {
    /// The id of the control.
    pub id: &'static str,
    /// The label.
    pub label: Message,
    /// One short sentence, where it helps.
    pub hint: Option<Message>,
}

impl Question {
    /// What `aria-describedby` refers to.
    fn described_by(self, problems: Problems) -> impl Fn() -> Option<String> {
        move || {
            let hint = self.hint.map(|_| format!("{}-hint", self.id));
            let error = problems.of(self.id).map(|_| format!("{}-error", self.id));
            let ids: Vec<_> = hint.into_iter().chain(error).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    }

    fn invalid(self, problems: Problems) -> impl Fn() -> Option<&'static str> {
        move || problems.of(self.id).map(|_| "true")
    }

    fn laid_out(self, problems: Problems, control: View) -> View {
        ui! {
            <div class="field">
                <label for=self.id>{self.label}</label>
                {self.hint.map(|hint| ui! { <p class="hint" id=format!("{}-hint", self.id)>{hint}</p> })}
                {error(problems, self.id)}
                {control}
            </div>
        }
    }
}

/// A question that is answered on one line.
pub fn text_field(
    question: Question,
    typing: Typing,
    value: RwSignal<String>,
    problems: Problems,
) -> View {
    let control = ui! {
        <input
            id=question.id
            class:code=typing.code
            class:w20=typing.code
            type=typing.input_type
            autocomplete=typing.autocomplete
            inputmode=typing.inputmode
            autocapitalize="off"
            spellcheck="false"
            aria-describedby=question.described_by(problems)
            aria-invalid=question.invalid(problems)
            prop:value=value
            on:input=move |event| value.set(event_target_value(&event))
        />
    };
    question.laid_out(problems, control.view())
}

/// A question that is answered in several lines.
pub fn text_area(question: Question, value: RwSignal<String>, problems: Problems) -> View {
    let control = ui! {
        <textarea
            id=question.id
            dir="auto"
            aria-describedby=question.described_by(problems)
            aria-invalid=question.invalid(problems)
            prop:value=value
            on:input=move |event| value.set(event_target_value(&event))
        ></textarea>
    };
    question.laid_out(problems, control.view())
}

/// An optional word with something else, in a dialog.
pub fn plain_text_area(id: &'static str, label: Message, value: RwSignal<String>) -> View {
    ui! {
        <div class="field">
            <label for=id>{label} " "<span class="optional">{m::form_optional}</span></label>
            <textarea
                id=id
                dir="auto"
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
        </div>
    }
}
