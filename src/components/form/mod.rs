//! One renderer for any form: a schema of the contract in, its questions out. No question is written by hand, those
//! that every request has (subject, contact ...) are fields of the same kind.
//!
//! A [`Form`] holds the schema, which follows the language on screen, and what was typed. [`questions`] draws a part
//! of it; labels change with the language while the controls stay as they are, so that nobody loses a character or
//! the place in a text. [`Form::check`] says what is not right, [`Form::display`] what an answer looks like to read.

mod control;
mod value;

use super::problems::{Problems, Words};
use crate::{
    browser::dom,
    i18n::{self, format, m},
};
use leptos::prelude::*;
use portico_contract::{
    form::{Answers, Field, FieldType, FieldValue, FormSchema},
    id::FieldId,
    problem::FieldProblem,
};
use std::ops::Range;

pub use control::questions;

/// A form that is being filled in.
#[derive(Clone, Copy)]
pub struct Form {
    /// The questions, in the language on screen. Which there are does not depend on the language.
    pub schema: Signal<FormSchema>,
    /// What stands in the controls, as it was typed.
    pub typed: RwSignal<Answers>,
    /// What is not right, shown at the fields by the id of their control.
    pub problems: Problems,
    answers: Memo<Answers>,
    exists: fn(&FieldId, &Answers) -> bool,
}

impl Form {
    /// `exists` says which fields there are at all at this moment, beyond what their conditions say.
    pub fn new(
        schema: Signal<FormSchema>,
        typed: RwSignal<Answers>,
        problems: Problems,
        exists: fn(&FieldId, &Answers) -> bool,
    ) -> Self {
        let answers = Memo::new(move |_| {
            schema.with(|schema| {
                typed.with(|typed| value::answers(schema, typed, format::instant_of_local))
            })
        });
        Self {
            schema,
            typed,
            problems,
            answers,
            exists,
        }
    }

    /// The answers as the contract takes them. Reactive.
    pub fn answers(self) -> Answers {
        self.answers.get()
    }

    /// Reads from one field and the answers; the default where the form has changed and the field is gone. Reactive.
    fn with<T: Default>(
        self,
        index: usize,
        read: impl FnOnce(&Field, &FormSchema, &Answers) -> T,
    ) -> T {
        self.schema.with(|schema| {
            self.answers.with(|answers| {
                let field = schema.fields.get(index);
                field.map_or_else(T::default, |field| read(field, schema, answers))
            })
        })
    }

    /// Whether the question is asked, with the answers as they are. Reactive.
    pub fn is_shown(self, index: usize) -> bool {
        self.with(index, |field, schema, answers| {
            (self.exists)(&field.id, answers) && schema.is_visible(field, answers)
        })
    }

    fn is_required(self, index: usize) -> bool {
        self.with(index, |field, schema, answers| {
            schema.is_required(field, answers)
        })
    }

    /// What stands in a control. Reactive.
    fn value(self, id: &FieldId) -> Option<FieldValue> {
        self.typed.with(|typed| typed.get(id).cloned())
    }

    fn text(self, id: &FieldId) -> String {
        match self.value(id) {
            Some(FieldValue::Text(text)) => text,
            Some(FieldValue::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    fn set(self, id: &FieldId, value: Option<FieldValue>) {
        self.typed.update(|typed| match value {
            Some(value) => drop(typed.insert(id.clone(), value)),
            None => drop(typed.remove(id)),
        });
    }

    /// What is not right with the questions of a part of the form.
    pub fn check(self, part: Range<usize>) -> Vec<(usize, FieldProblem)> {
        part.filter_map(|index| {
            if !self.is_shown(index) {
                return None;
            }
            let problem = self.with(index, |field, schema, answers| {
                // A date of which only a part is typed is empty to everybody but the browser.
                let dated = matches!(field.field_type, FieldType::Date | FieldType::Datetime);
                if dated && dom::is_half_typed(&control_id(&field.id)) {
                    return Some(FieldProblem::NotADate);
                }
                schema.check_field(field, answers)
            })?;
            Some((index, problem))
        })
        .collect()
    }

    /// Where a problem is shown, and its words.
    pub fn words(self, index: usize, problem: FieldProblem) -> (String, Words) {
        let control = untrack(|| {
            self.with(index, |field, _, answers| {
                let id = control_id(&field.id);
                match answers.get(&field.id) {
                    Some(FieldValue::Text(value)) if field.field_type == FieldType::Tree => {
                        control::level_id(&id, value::path(&field.options, value).len())
                    }
                    _ => id,
                }
            })
        });
        let words = move || self.with(index, |field, _, _| words(field, problem));
        (control, Words::new(words))
    }

    /// An answer to read, by line; empty when there is none. Reactive.
    pub fn display(self, index: usize) -> Vec<String> {
        self.with(index, |field, _, answers| {
            let (Some(typed), Some(answer)) = (self.value(&field.id), answers.get(&field.id)) else {
                return Vec::new();
            };
            let lines = match (field.field_type, answer) {
                (
                    FieldType::Select | FieldType::Multiselect | FieldType::Tree,
                    FieldValue::Text(_) | FieldValue::List(_),
                ) => value::chosen(field, answer),
                (FieldType::Boolean, FieldValue::Bool(yes)) => {
                    vec![if *yes { m::form_yes() } else { m::form_no() }]
                }
                (FieldType::Date, FieldValue::Text(day)) => vec![format::day(day)],
                (FieldType::Datetime, FieldValue::Text(at)) => {
                    vec![format::local(at)]
                }
                _ => match typed {
                    FieldValue::Text(text) => vec![text.trim().to_owned()],
                    FieldValue::Number(number) => vec![number.to_string()],
                    FieldValue::List(list) => list,
                    FieldValue::Bool(_) => Vec::new(),
                },
            };
            lines.into_iter().filter(|line| !line.is_empty()).collect()
        })
    }
}

/// The id of the control of a field: its first part, where it has several.
pub fn control_id(field: &FieldId) -> String {
    let id = field.as_str();
    let pointer = id.strip_prefix('/').map_or_else(|| format!("fields/{id}"), str::to_owned);
    pointer
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' })
        .collect()
}

/// What to do about a field.
fn words(field: &Field, problem: FieldProblem) -> String {
    use FieldProblem as P;
    let label = field.label.as_str();
    let number = |number: Option<f64>| format::number(number.unwrap_or_default());
    match (field.field_type, problem) {
        (FieldType::File, P::Required) => m::form_attach(label),
        (
            FieldType::Select | FieldType::Multiselect | FieldType::Tree | FieldType::Boolean,
            P::Required,
        ) => m::field_not_an_option(label),
        (FieldType::Multiselect | FieldType::File, P::TooLong) if field.max.is_some() => {
            m::form_too_many(label, &number(field.max))
        }
        (FieldType::Multiselect | FieldType::File, P::TooShort) if field.min.is_some() => {
            m::form_too_few(label, &number(field.min))
        }
        (_, P::TooLong) if field.max_length.is_some() => {
            m::form_too_long(label, &number(field.max_length.map(f64::from)))
        }
        (_, P::TooSmall) if field.min.is_some() => m::form_too_small(label, &number(field.min)),
        (_, P::TooLarge) if field.max.is_some() => m::form_too_large(label, &number(field.max)),
        (FieldType::Datetime, P::NotADate) => m::form_not_a_time(label),
        _ => i18n::field_problem(problem, label),
    }
}
