//! Asking for a reference.

use super::{
    field::{Question, Typing, text_field},
    problems::Problems,
};
use crate::i18n::{Words, m};
use leptos::prelude::*;
use portico_contract::code::Reference;
use portico_view::View;

/// How a code is typed: as it was pasted, without help of the browser.
pub const CODE: Typing = Typing {
    input_type: "text",
    autocomplete: "off",
    inputmode: "text",
    code: true,
};

/// The question.
pub fn reference_field(id: &'static str, value: RwSignal<String>, problems: Problems) -> View {
    let question = Question {
        id,
        label: m::track_reference,
        hint: Some(m::track_reference_hint),
    };
    text_field(question, CODE, value, problems)
}

/// Reads what was typed.
///
/// # Errors
/// What to do, in words.
pub fn read_reference(text: &str) -> Result<Reference, Words> {
    Reference::parse(text).map_err(|_| match text.trim() {
        "" => Words::new(m::track_reference_empty),
        _ => Words::new(m::track_reference_shape),
    })
}
