//! One renderer for any form: a schema of the contract in, its questions out. No question is written by hand; those
//! that every request is asked (subject, contact ...) are fields of the same kind.
//!
//! A [`Form`] holds the schema, which follows the language on screen, and the draft that is being written.
//! [`questions`] draws a part of it; labels change with the language while the controls stay as they are, so that
//! nobody loses a character or the place in a text. [`Form::check`] says what is not right, [`Form::display`] what an
//! answer looks like to read.

mod control;
mod value;

use super::problems::Problems;
use crate::{
    browser::{dom, intl},
    i18n::{self, Words, format, m},
    state::drafts::{Draft, OpenDraft},
};
use leptos::prelude::*;
use portico_contract::{
    form::{Answers, Field, FieldType, FieldValue, FormSchema},
    id::FieldId,
    problem::FieldProblem,
};
use portico_view::{Memo, memo};
use std::ops::Range;

pub use control::questions;

/// The field that a draft keeps as its subject.
pub const SUBJECT: &str = "/subject";
/// The field that a draft keeps as its body.
pub const BODY: &str = "/body/value";
/// The field of the files that answer no question but go with the text.
pub const FILES: &str = "/attachment_ids";

/// A form that is being filled in.
#[derive(Clone, Copy)]
pub struct Form {
    /// The questions, in the language on screen.
    pub schema: Memo<FormSchema>,
    /// What was written: the answers as they stand in the controls.
    pub draft: OpenDraft,
    /// What is not right, shown at the fields by the id of their control.
    pub problems: Problems,
    answers: Memo<Answers>,
    rules: Rules,
}

/// What holds for the fields of a form beyond what its schema says.
#[derive(Clone, Copy)]
pub struct Rules {
    /// Which fields there are at all with these answers.
    pub exists: fn(&FieldId, &Answers) -> bool,
    /// Fields that are not called optional although they are not required: some of them must be answered.
    pub is_needed: fn(&FieldId) -> bool,
}

impl Form {
    /// Begins to fill in a form.
    pub fn new(
        schema: Memo<FormSchema>,
        draft: OpenDraft,
        problems: Problems,
        rules: Rules,
    ) -> Self {
        let answers = memo(move || {
            schema.with(|schema| {
                draft.with(|draft| value::answers(schema, &typed(draft), format::instant_of_local))
            })
        });
        Self {
            schema,
            draft,
            problems,
            answers,
            rules,
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

    /// The question. Reactive.
    pub fn label(self, index: usize) -> String {
        self.with(index, |field, _, _| field.label.clone())
    }

    /// Whether the question is asked, with the answers as they are. Reactive.
    pub fn is_shown(self, index: usize) -> bool {
        self.with(index, |field, schema, answers| {
            (self.rules.exists)(&field.id, answers) && schema.is_visible(field, answers)
        })
    }

    fn is_required(self, index: usize) -> bool {
        self.with(index, |field, schema, answers| {
            schema.is_required(field, answers)
        })
    }

    fn is_called_optional(self, index: usize) -> bool {
        self.with(index, |field, schema, answers| {
            !schema.is_required(field, answers) && !(self.rules.is_needed)(&field.id)
        })
    }

    /// What stands in a control: what was typed, and before that what the form begins with. Reactive.
    fn value(self, index: usize) -> Option<FieldValue> {
        self.schema.with(|schema| {
            let field = schema.fields.get(index)?;
            let typed = self.draft.with(|draft| match field.id.as_str() {
                SUBJECT => Some(FieldValue::Text(draft.subject.clone())),
                BODY => Some(FieldValue::Text(draft.body.clone())),
                _ => draft.answers.get(&field.id).cloned(),
            });
            typed.or_else(|| field.default.clone())
        })
    }

    fn text(self, index: usize) -> String {
        match self.value(index) {
            Some(FieldValue::Text(text)) => text,
            Some(FieldValue::Number(number)) => intl::decimal(number),
            _ => String::new(),
        }
    }

    fn set(self, field: &FieldId, value: FieldValue) {
        self.draft.write(|draft| match (field.as_str(), value) {
            (SUBJECT, FieldValue::Text(text)) => draft.subject = text,
            (BODY, FieldValue::Text(text)) => draft.body = text,
            (_, value) => drop(draft.answers.insert(field.clone(), value)),
        });
    }

    /// What is not right with the questions of a part of the form.
    pub fn check(self, part: Range<usize>) -> Vec<(usize, FieldProblem)> {
        let problem = |index| {
            self.with(index, |field, schema, answers| {
                // A date of which only a part is typed is empty to everybody but the browser.
                let dated = matches!(field.field_type, FieldType::Date | FieldType::Datetime);
                if dated && dom::is_half_typed(&control_id(&field.id)) {
                    return Some(FieldProblem::NotADate);
                }
                schema.check_field(field, answers)
            })
        };
        untrack(|| {
            part.filter(|&index| self.is_shown(index))
                .filter_map(|index| Some((index, problem(index)?)))
                .collect()
        })
    }

    /// The control at which a problem is shown, and its words.
    pub fn words(self, index: usize, problem: FieldProblem) -> (String, Words) {
        let control = untrack(|| {
            self.with(index, |field, _, answers| {
                let id = control_id(&field.id);
                match answers.get(&field.id) {
                    Some(FieldValue::Text(value)) if field.field_type == FieldType::Tree => {
                        control::part_id(&id, value::path(&field.options, value).len())
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
        let typed = self.text(index);
        let lines = self.with(index, |field, _, answers| {
            match (field.field_type, answers.get(&field.id)) {
                (FieldType::File, _) => self.draft.with(|draft| {
                    let files = draft.files.iter();
                    files
                        .filter(|file| file.field == file_field(&field.id))
                        .map(|file| format!("{} ({})", file.name, format::file_size(file.size)))
                        .collect()
                }),
                (FieldType::Boolean, Some(FieldValue::Bool(true))) => vec![m::form_yes()],
                (FieldType::Boolean, Some(_)) => vec![m::form_no()],
                (FieldType::Date, Some(FieldValue::Text(day))) if !day.is_empty() => {
                    vec![format::day(day)]
                }
                (FieldType::Datetime, Some(FieldValue::Text(at))) if !at.is_empty() => {
                    vec![format::date_time_of(at)]
                }
                (FieldType::Number, Some(FieldValue::Number(number)))
                    if let Some(decimals) = field.decimals =>
                {
                    vec![format::amount(*number, decimals)]
                }
                (FieldType::Select | FieldType::Multiselect | FieldType::Tree, Some(answer)) => {
                    value::chosen(field, answer)
                }
                (FieldType::Email | FieldType::Phone, Some(FieldValue::Text(text))) => {
                    vec![text.clone()]
                }
                _ => vec![typed.trim().to_owned()],
            }
        });
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    }
}

/// Which files of a draft answer a field.
pub fn file_field(id: &FieldId) -> Option<FieldId> {
    (id.as_str() != FILES).then(|| id.clone())
}

/// Everything that was typed and picked, by field.
fn typed(draft: &Draft) -> Answers {
    let mut typed = draft.answers.clone();
    for (id, text) in [(SUBJECT, &draft.subject), (BODY, &draft.body)] {
        typed.insert(FieldId::new(id), FieldValue::Text(text.clone()));
    }
    for file in &draft.files {
        let field = file.field.clone().unwrap_or_else(|| FieldId::new(FILES));
        let files = typed.entry(field).or_insert(FieldValue::List(Vec::new()));
        if let FieldValue::List(files) = files {
            files.push(file.id.clone());
        }
    }
    typed
}

/// The id of the control of a field: of its first part, where it has several.
pub fn control_id(field: &FieldId) -> String {
    let id = field.as_str();
    id.strip_prefix('/')
        .map_or_else(|| format!("fields/{id}"), str::to_owned)
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect()
}

/// What to do about a field.
fn words(field: &Field, problem: FieldProblem) -> String {
    use FieldProblem as P;
    let label = field.label.as_str();
    let least = format::number(field.min.unwrap_or_default());
    let most = format::number(field.max.unwrap_or_default());
    match (field.field_type, problem) {
        (FieldType::File, P::Required) => m::form_attach(label),
        (
            FieldType::Select | FieldType::Multiselect | FieldType::Tree | FieldType::Boolean,
            P::Required,
        ) => m::field_not_an_option(label),
        (_, P::Required) => m::form_enter(label),
        // Somewhere above what can be chosen.
        (FieldType::Tree, P::NotAnOption) => m::form_choose_below(label),
        (FieldType::Multiselect | FieldType::File, P::TooLong) if field.max.is_some() => {
            m::form_too_many { label, max: &most }.text()
        }
        (FieldType::Multiselect | FieldType::File, P::TooShort) if field.min.is_some() => {
            m::form_too_few { label, min: &least }.text()
        }
        (_, P::TooLong) => match field.max_length {
            Some(most) => m::form_too_long {
                label,
                max: &format::number(most.into()),
            }
            .text(),
            None => i18n::field_problem(problem, label),
        },
        (_, P::TooSmall) if field.min.is_some() => m::form_too_small { label, min: &least }.text(),
        (_, P::TooLarge) if field.max.is_some() => m::form_too_large { label, max: &most }.text(),
        (FieldType::Datetime, P::NotADate) => m::form_not_a_time(label),
        _ => i18n::field_problem(problem, label),
    }
}
