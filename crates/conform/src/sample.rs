//! A request that a server's own catalogue should take, made from its forms.

use portico_contract::form::{Answers, Field, FieldOption, FieldType, FieldValue, FormSchema};

/// What asks less of whoever fills it in: the questions that must be answered, files and patterns counted as many.
pub(crate) fn effort(form: &FormSchema) -> usize {
    let hard = |field: &&Field| field.field_type == FieldType::File || field.pattern.is_some();
    let required = form.fields.iter().filter(|field| field.required);
    required.clone().count() + 100 * required.filter(hard).count()
}

/// An answer to every question that must be answered; `None` where the form asks for a file.
pub(crate) fn answers(form: &FormSchema) -> Option<Answers> {
    let mut answers = Answers::new();
    // An answer may make another question visible.
    loop {
        let missing = form
            .fields
            .iter()
            .find(|f| form.is_required(f, &answers) && !answers.contains_key(&f.id));
        let Some(field) = missing else {
            return Some(answers);
        };
        answers.insert(field.id.clone(), answer(field)?);
    }
}

fn answer(field: &Field) -> Option<FieldValue> {
    let text = |words: &str| {
        let length = field.max_length.map_or(usize::MAX, |max| max as usize);
        FieldValue::Text(words.chars().take(length).collect())
    };
    Some(match field.field_type {
        FieldType::Select | FieldType::Tree => text(leaf(&field.options)?),
        FieldType::Multiselect => {
            let least = field.min.map_or(1, |min| (min as usize).max(1));
            let chosen = field.options.iter().take(least);
            FieldValue::List(chosen.map(|option| option.value.clone()).collect())
        }
        FieldType::Number => FieldValue::Number(field.min.or(field.max).unwrap_or(1.0)),
        FieldType::Boolean => FieldValue::Bool(true),
        FieldType::Date => text("2026-01-15"),
        FieldType::Datetime => text("2026-01-15T10:30:00+08:00"),
        FieldType::Email => text("conform@example.com"),
        FieldType::Phone => text("+852 2345 6789"),
        FieldType::File => return None,
        _ => text("A-17"),
    })
}

fn leaf(options: &[FieldOption]) -> Option<&str> {
    let first = options.first()?;
    match first.children.is_empty() {
        true => Some(&first.value),
        false => leaf(&first.children),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn form(fields: Value) -> FormSchema {
        serde_json::from_value(json!({"id": "x", "name": "X", "kind": "fault", "fields": fields}))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn what_an_answer_makes_visible_is_answered_too() {
        let asked = form(json!([
            {"id": "a", "type": "tree", "label": "A", "required": true, "options": [
                {"value": "p", "label": "P", "children": [{"value": "q", "label": "Q"}]}]},
            {"id": "b", "type": "multiselect", "label": "B", "min": 2, "visible_if": {"field": "a", "in": ["q"]},
                "required": true, "options": [{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}]},
            {"id": "c", "type": "number", "label": "C", "min": 3, "required_if": {"field": "b", "in": ["y"]}},
            {"id": "d", "type": "text", "label": "D"},
            {"id": "e", "type": "email", "label": "E", "required": true, "visible_if": {"field": "a", "in": ["p"]}},
        ]));
        let filled = answers(&asked).unwrap_or_default();
        assert_eq!(json!(filled), json!({"a": "q", "b": ["x", "y"], "c": 3.0}));
        assert_eq!(asked.check(&filled), []);
    }

    #[test]
    fn every_type_of_question_gets_an_answer_that_fits_but_a_file() {
        for kind in [
            "text", "textarea", "number", "date", "datetime", "boolean", "email", "phone",
        ] {
            let asked = form(
                json!([{"id": "f", "type": kind, "label": "F", "required": true, "max_length": 200}]),
            );
            let filled = answers(&asked).unwrap_or_default();
            assert_eq!(asked.check(&filled), [], "{kind}");
        }
        let file = form(json!([{"id": "f", "type": "file", "label": "F", "required": true}]));
        assert!(answers(&file).is_none());
        assert!(effort(&file) > effort(&form(json!([]))));
    }
}
