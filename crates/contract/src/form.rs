//! Forms as data: one schema, one set of rules for both sides.

use crate::{
    id::{FieldId, TypeId},
    number,
    problem::FieldProblem,
    request::Kind,
};
use chrono::{DateTime, NaiveDate};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};
use std::collections::BTreeMap;

words! {
    /// What a field takes.
    FieldType {
        /// One line.
        Text = "text",
        /// Several lines.
        Textarea = "textarea",
        /// One of the options.
        Select = "select",
        /// Any of the options.
        Multiselect = "multiselect",
        /// One leaf of a tree of options.
        Tree = "tree",
        /// A number.
        Number = "number",
        /// `YYYY-MM-DD`
        Date = "date",
        /// RFC 3339
        Datetime = "datetime",
        /// Yes or no.
        Boolean = "boolean",
        /// An e-mail address.
        Email = "email",
        /// A telephone number, in any form.
        Phone = "phone",
        /// Finished uploads, by their ids.
        File = "file",
        /// Takes nothing: a heading and words for the questions that follow; begins a page.
        Info = "info",
    }
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldOption {
    /// What is sent.
    pub value: String,
    /// What is shown, in the language of the answer.
    pub label: String,
    /// Of a tree: what is under it. Only leaves can be chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub children: Vec<FieldOption>,
}

/// True when the other field has one of these values (for several: when any is among them). A boolean is
/// `"true"` or `"false"` here, a number as JSON writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Condition {
    /// The other field, which must itself be visible.
    pub field: FieldId,
    /// Its values.
    #[serde(rename = "in")]
    pub any_of: Vec<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Field {
    /// Does not change with the language.
    pub id: FieldId,
    /// What it takes.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// The question, in the language of the answer.
    pub label: String,
    /// A hint.
    #[serde(default)]
    pub help: Option<String>,
    /// Why a personal field is asked.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Must be answered when visible.
    #[serde(default)]
    pub required: bool,
    /// What stands there at first.
    #[serde(default)]
    pub default: Option<FieldValue>,
    /// The least number (or the fewest choices).
    #[serde(default)]
    pub min: Option<f64>,
    /// The greatest number (or the most choices).
    #[serde(default)]
    pub max: Option<f64>,
    /// Digits after the point with which a number is written that is not whole: 2 for most money.
    #[serde(default)]
    pub decimals: Option<u8>,
    /// Characters.
    #[serde(default)]
    pub max_length: Option<u32>,
    /// A regular expression for the whole text. Checked by the server alone.
    #[serde(default)]
    pub pattern: Option<String>,
    /// The choices.
    #[serde(default)]
    pub options: Vec<FieldOption>,
    /// Shown only then.
    #[serde(default)]
    pub visible_if: Option<Condition>,
    /// Must be answered then.
    #[serde(default)]
    pub required_if: Option<Condition>,
}

/// A request type in the service catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestTypeSummary {
    /// Names it.
    pub id: TypeId,
    /// In the language of the answer.
    pub name: String,
    /// The same across companies.
    pub kind: Kind,
    /// One sentence.
    pub description: String,
}

/// A request type with its form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormSchema {
    /// Names it.
    pub id: TypeId,
    /// In the language of the answer.
    pub name: String,
    /// The same across companies.
    pub kind: Kind,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// Articles that may help.
    #[serde(default)]
    pub article_ids: Vec<String>,
    /// The questions, in order.
    pub fields: Vec<Field>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum FieldValue {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text, a choice, a date or an instant.
    Text(String),
    /// Several choices, or uploads.
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyAnswer;

        impl<'de> Visitor<'de> for AnyAnswer {
            type Value = FieldValue;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, a number, true or false, or a list of texts")
            }

            fn visit_bool<E>(self, v: bool) -> Result<FieldValue, E> {
                Ok(FieldValue::Bool(v))
            }

            fn visit_i64<E>(self, v: i64) -> Result<FieldValue, E> {
                Ok(FieldValue::Number(v as f64))
            }

            fn visit_u64<E>(self, v: u64) -> Result<FieldValue, E> {
                Ok(FieldValue::Number(v as f64))
            }

            fn visit_f64<E>(self, v: f64) -> Result<FieldValue, E> {
                Ok(FieldValue::Number(v))
            }

            fn visit_str<E>(self, v: &str) -> Result<FieldValue, E> {
                Ok(FieldValue::Text(v.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FieldValue, A::Error> {
                let mut list = Vec::new();
                while let Some(text) = seq.next_element()? {
                    list.push(text);
                }
                Ok(FieldValue::List(list))
            }
        }

        deserializer.deserialize_any(AnyAnswer)
    }
}

/// Answers by field.
pub type Answers = BTreeMap<FieldId, FieldValue>;

impl FieldValue {
    /// Nothing was given: empty text or list. `false` and 0 are answers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    fn is_one_of(&self, words: &[String]) -> bool {
        match self {
            Self::Bool(b) => words.iter().any(|w| w == if *b { "true" } else { "false" }),
            Self::Number(n) => words.iter().any(|w| number::parse(w) == Some(*n)),
            Self::Text(text) => words.contains(text),
            Self::List(list) => list.iter().any(|v| words.contains(v)),
        }
    }
}

fn leaf_exists(options: &[FieldOption], value: &str) -> bool {
    options.iter().any(|o| {
        if o.children.is_empty() {
            o.value == value
        } else {
            leaf_exists(&o.children, value)
        }
    })
}

/// Whether a text is a date of the calendar, as `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        text.get(range)
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|part| part.parse().ok())
    };
    let separated = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let year = number(0..4).and_then(|year| i32::try_from(year).ok());
    separated
        && matches!((year, number(5..7), number(8..10)), (Some(y), Some(m), Some(d)) if NaiveDate::from_ymd_opt(y, m, d).is_some())
}

/// Whether a text looks like an e-mail address: something, an @, something with a dot, at most 254 characters
/// (RFC 5321). Whether it exists only a message shows.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.len() <= 254
        && !local.is_empty()
        && domain.split('.').count() >= 2
        && domain.split('.').all(|label| !label.is_empty())
        && !text.chars().any(|c| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"')
        })
        && !local.contains('@')
}

/// Whether a text looks like a telephone number: 5 to 20 digits with whatever people write between them.
#[must_use]
pub fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=20).contains(&digits)
        && text.chars().all(|c| {
            c.is_ascii_digit() || c.is_whitespace() || "+-()./#*extEXT分机轉转機".contains(c)
        })
}

impl FormSchema {
    /// The field of that id.
    #[must_use]
    pub fn field(&self, id: &FieldId) -> Option<&Field> {
        self.fields.iter().find(|f| f.id == *id)
    }

    fn holds(&self, condition: &Condition, answers: &Answers, depth: usize) -> bool {
        // A chain longer than the form is a cycle, which shows nothing.
        depth <= self.fields.len()
            && self
                .field(&condition.field)
                .is_some_and(|f| self.visible_at(f, answers, depth + 1))
            && answers
                .get(&condition.field)
                .is_some_and(|v| v.is_one_of(&condition.any_of))
    }

    fn visible_at(&self, field: &Field, answers: &Answers, depth: usize) -> bool {
        field
            .visible_if
            .as_ref()
            .is_none_or(|c| self.holds(c, answers, depth))
    }

    /// Whether the field is shown with these answers.
    #[must_use]
    pub fn is_visible(&self, field: &Field, answers: &Answers) -> bool {
        self.visible_at(field, answers, 0)
    }

    /// Whether the field must be answered with these answers. `info` never.
    #[must_use]
    pub fn is_required(&self, field: &Field, answers: &Answers) -> bool {
        field.field_type != FieldType::Info
            && self.is_visible(field, answers)
            && (field.required
                || field
                    .required_if
                    .as_ref()
                    .is_some_and(|c| self.holds(c, answers, 0)))
    }

    /// The answers of visible fields that are not empty: what is sent. An answer that was given and is hidden now
    /// is not.
    #[must_use]
    pub fn sent(&self, answers: &Answers) -> Answers {
        // Extended, as collecting a map sorts, which is more code than all of this.
        let mut sent = Answers::new();
        sent.extend(
            self.fields
                .iter()
                .filter(|f| f.field_type != FieldType::Info && self.is_visible(f, answers))
                .filter_map(|f| {
                    Some((
                        f.id.clone(),
                        answers.get(&f.id).filter(|v| !v.is_empty())?.clone(),
                    ))
                }),
        );
        sent
    }

    /// Everything that is not right, in the order of the form; then what the form does not know. Patterns are the
    /// server's to check.
    #[must_use]
    pub fn check(&self, answers: &Answers) -> Vec<(FieldId, FieldProblem)> {
        let known = self
            .fields
            .iter()
            .filter_map(|f| Some((f.id.clone(), self.check_field(f, answers)?)));
        let unknown = answers
            .keys()
            .filter(|id| {
                self.field(id)
                    .is_none_or(|f| f.field_type == FieldType::Info)
            })
            .map(|id| (id.clone(), FieldProblem::UnknownField));
        known.chain(unknown).collect()
    }

    /// What is not right with one visible field.
    #[must_use]
    pub fn check_field(&self, field: &Field, answers: &Answers) -> Option<FieldProblem> {
        if field.field_type == FieldType::Info || !self.is_visible(field, answers) {
            return None;
        }
        match answers.get(&field.id).filter(|v| !v.is_empty()) {
            None => self
                .is_required(field, answers)
                .then_some(FieldProblem::Required),
            Some(value) => field.check(value).err(),
        }
    }
}

impl Field {
    fn check(&self, value: &FieldValue) -> Result<(), FieldProblem> {
        use FieldProblem as P;
        let ok = |good: bool, problem: FieldProblem| if good { Ok(()) } else { Err(problem) };
        match (self.field_type, value) {
            (FieldType::Number, FieldValue::Number(n)) => {
                ok(n.is_finite(), P::NotANumber)?;
                ok(self.min.is_none_or(|min| *n >= min), P::TooSmall)?;
                ok(self.max.is_none_or(|max| *n <= max), P::TooLarge)
            }
            (FieldType::Number, FieldValue::Text(_)) => Err(P::NotANumber),
            (FieldType::Boolean, FieldValue::Bool(_)) => Ok(()),
            (FieldType::Multiselect, FieldValue::List(list)) => {
                ok(
                    list.iter().all(|v| leaf_exists(&self.options, v)),
                    P::NotAnOption,
                )?;
                self.check_count(list.len())
            }
            (FieldType::File, FieldValue::List(list)) => self.check_count(list.len()),
            (kind, FieldValue::Text(text)) => {
                ok(
                    text.chars().count()
                        <= self.max_length.unwrap_or(crate::submission::BODY_MAX) as usize,
                    P::TooLong,
                )?;
                match kind {
                    FieldType::Select | FieldType::Tree => {
                        ok(leaf_exists(&self.options, text), P::NotAnOption)
                    }
                    FieldType::Date => ok(is_date(text), P::NotADate),
                    FieldType::Datetime => {
                        ok(DateTime::parse_from_rfc3339(text).is_ok(), P::NotADate)
                    }
                    FieldType::Email => ok(is_email(text.trim()), P::NotAnEmail),
                    FieldType::Phone => ok(is_phone(text), P::NotAPhone),
                    FieldType::Text | FieldType::Textarea | FieldType::Unknown => Ok(()),
                    _ => Err(P::WrongType),
                }
            }
            _ => Err(P::WrongType),
        }
    }

    fn check_count(&self, count: usize) -> Result<(), FieldProblem> {
        let count = count as f64;
        if self.min.is_some_and(|min| count < min) {
            Err(FieldProblem::TooShort)
        } else if self.max.is_some_and(|max| count > max) {
            Err(FieldProblem::TooLong)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(fields: serde_json::Value) -> FormSchema {
        serde_json::from_value(
            serde_json::json!({"id": "x", "name": "X", "kind": "fault", "fields": fields}),
        )
        .unwrap()
    }

    fn answers(value: serde_json::Value) -> Answers {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_hidden_field_is_neither_required_nor_sent_and_hides_what_hangs_on_it() {
        let form = schema(serde_json::json!([
            {"id": "a", "type": "select", "label": "A", "options": [{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}]},
            {"id": "b", "type": "boolean", "label": "B", "visible_if": {"field": "a", "in": ["x"]}},
            {"id": "c", "type": "text", "label": "C", "required": true, "visible_if": {"field": "b", "in": ["true"]}},
        ]));
        let shown = answers(serde_json::json!({"a": "x", "b": true}));
        assert_eq!(
            form.check(&shown),
            [(FieldId::new("c"), FieldProblem::Required)]
        );
        let hidden = answers(serde_json::json!({"a": "y", "b": true, "c": "z"}));
        assert_eq!(form.check(&hidden), []);
        assert_eq!(form.sent(&hidden).len(), 1);
    }

    #[test]
    fn a_cycle_of_conditions_shows_nothing_and_ends() {
        let form = schema(serde_json::json!([
            {"id": "a", "type": "text", "label": "A", "required": true, "visible_if": {"field": "b", "in": ["x"]}},
            {"id": "b", "type": "text", "label": "B", "visible_if": {"field": "a", "in": ["x"]}},
        ]));
        assert_eq!(
            form.check(&answers(serde_json::json!({"a": "x", "b": "x"}))),
            []
        );
    }

    #[test]
    fn every_type_says_what_is_wrong() {
        use FieldProblem as P;
        for (field, value, problem) in [
            (
                serde_json::json!({"type": "number", "min": 1}),
                serde_json::json!(0),
                P::TooSmall,
            ),
            (
                serde_json::json!({"type": "number", "max": 9}),
                serde_json::json!(10),
                P::TooLarge,
            ),
            (
                serde_json::json!({"type": "number"}),
                serde_json::json!("many"),
                P::NotANumber,
            ),
            (
                serde_json::json!({"type": "date"}),
                serde_json::json!("2026-02-30"),
                P::NotADate,
            ),
            (
                serde_json::json!({"type": "datetime"}),
                serde_json::json!("2026-02-03"),
                P::NotADate,
            ),
            (
                serde_json::json!({"type": "email"}),
                serde_json::json!("me@home"),
                P::NotAnEmail,
            ),
            (
                serde_json::json!({"type": "phone"}),
                serde_json::json!("call me"),
                P::NotAPhone,
            ),
            (
                serde_json::json!({"type": "text", "max_length": 3}),
                serde_json::json!("四個漢字"),
                P::TooLong,
            ),
            (
                serde_json::json!({"type": "text"}),
                serde_json::json!(true),
                P::WrongType,
            ),
            (
                serde_json::json!({"type": "select", "options": []}),
                serde_json::json!("x"),
                P::NotAnOption,
            ),
            (
                serde_json::json!({"type": "tree", "options": [{"value": "p", "label": "P", "children": [{"value": "q", "label": "Q"}]}]}),
                serde_json::json!("p"),
                P::NotAnOption,
            ),
            (
                serde_json::json!({"type": "multiselect", "max": 1, "options": [{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}]}),
                serde_json::json!(["x", "y"]),
                P::TooLong,
            ),
            (
                serde_json::json!({"type": "text", "required": true}),
                serde_json::json!("  "),
                P::Required,
            ),
        ] {
            let mut field = field;
            field["id"] = "f".into();
            field["label"] = "F".into();
            let form = schema(serde_json::json!([field]));
            assert_eq!(
                form.check(&answers(serde_json::json!({"f": value}))),
                [(FieldId::new("f"), problem)],
                "{field}"
            );
        }
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert!(is_date("2024-02-29"));
        for bad in [
            "2023-02-29",
            "2024-2-09",
            "2024-02-+9",
            "2024/02/09",
            "2024-02-09 ",
            "二〇二四-02",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn addresses_and_numbers_as_people_write_them() {
        for good in ["a@b.cn", "李雷@例子.中国", "first.last+tag@sub.example.com"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a@b", "a b@c.d", "@c.d", "a@.d", "a@b.c, d@e.f"] {
            assert!(!is_email(bad), "{bad}");
        }
        for good in ["+86 138 0013 8000", "(02) 2345-6789 #12", "400-820-8820"] {
            assert!(is_phone(good), "{good}");
        }
        assert!(!is_phone("1234"));
    }
}
