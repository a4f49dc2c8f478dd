//! The answers of the form as the desk has them: what somebody fills in or corrects there is what the customer reads.

use crate::{catalogue::RequestType, store::records::RequestRecord, text};
use portico_connect::ticket::Ticket;
use portico_contract::{
    form::{Field, FieldOption, FieldType, FieldValue},
    id::FieldId,
    locale::Locale,
};
use std::collections::BTreeMap;

/// Takes over what the desk has otherwise than when it was last read (`before`, which is brought up to date), where the
/// request's type has such a question. What the desk never had stays as the customer sent it. True when anything that
/// is shown has changed.
pub fn take_in(
    request_type: Option<&RequestType>,
    record: &mut RequestRecord,
    before: &mut BTreeMap<FieldId, Vec<String>>,
    ticket: &Ticket,
) -> bool {
    let now: BTreeMap<_, _> = ticket.fields.iter().cloned().collect();
    let last = std::mem::replace(before, now);
    let Some(request_type) = request_type else {
        return false;
    };
    let mut changed = false;
    for field in &request_type.form(Locale::En).fields {
        let values = before.get(&field.id);
        if last.get(&field.id) == values
            || matches!(field.field_type, FieldType::File | FieldType::Info)
        {
            continue;
        }
        let known = record.fields.remove(&field.id);
        let answer = values.map(|values| answer(request_type, field, values));
        changed |= known != answer;
        record
            .fields
            .extend(answer.map(|answer| (field.id.clone(), answer)));
    }
    changed
}

/// What a desk wrote down, as an answer; as text where the question takes nothing like it.
fn answer(request_type: &RequestType, field: &Field, values: &[String]) -> FieldValue {
    let lines: Vec<String> = values.iter().map(|value| text::line(value)).collect();
    let one = lines.join(", ");
    let choice = |line: &String| choice(request_type, &field.id, line);
    match field.field_type {
        FieldType::Multiselect => FieldValue::List(lines.iter().map(choice).collect()),
        FieldType::Select | FieldType::Tree => FieldValue::Text(choice(&one)),
        FieldType::Textarea => FieldValue::Text(text::paragraph(&values.join("\n"))),
        FieldType::Boolean => match one.to_lowercase().as_str() {
            "true" | "yes" | "1" => FieldValue::Bool(true),
            "false" | "no" | "0" => FieldValue::Bool(false),
            _ => FieldValue::Text(one),
        },
        FieldType::Number => match one.parse::<f64>() {
            Ok(number) if number.is_finite() => FieldValue::Number(number),
            _ => FieldValue::Text(one),
        },
        _ => FieldValue::Text(one),
    }
}

/// The option of which the desk has the value, or the label in any language; else the desk's word.
fn choice(request_type: &RequestType, id: &FieldId, word: &str) -> String {
    let forms = Locale::ALL.iter().map(|locale| request_type.form(*locale));
    let fields = forms.filter_map(|form| form.fields.iter().find(|field| field.id == *id));
    let mut leaves = Vec::new();
    for field in fields {
        gather(&field.options, &mut leaves);
    }
    let by_value = leaves.iter().find(|leaf| leaf.value == word);
    let found = by_value.or_else(|| leaves.iter().find(|leaf| leaf.label == word));
    found.map_or_else(|| word.to_owned(), |leaf| leaf.value.clone())
}

/// What can be chosen of these options.
fn gather<'a>(options: &'a [FieldOption], leaves: &mut Vec<&'a FieldOption>) {
    for option in options {
        match option.children.is_empty() {
            true => leaves.push(option),
            false => gather(&option.children, leaves),
        }
    }
}
