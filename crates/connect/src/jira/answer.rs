//! What Jira Service Management answers, as far as it is needed.

use crate::backend::DeskError;
use chrono::DateTime;
use portico_contract::Instant;
use serde::Deserialize;
use serde_json::Value;

/// A page of anything.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) values: Vec<T>,
    #[serde(rename = "isLastPage")]
    pub(super) is_last: Option<bool>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) account_id: String,
    /// Not shown of those who hide it.
    pub(super) email_address: Option<String>,
    pub(super) display_name: Option<String>,
}

/// One instant in four forms.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Date {
    epoch_millis: Option<i64>,
}

impl Date {
    /// None where it is not set, which may read as 1970.
    pub(super) fn instant(&self) -> Option<Instant> {
        of_millis(self.epoch_millis?)
    }
}

fn of_millis(millis: i64) -> Option<Instant> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    Instant::from_unix_millis(millis).filter(|_| millis > DAY)
}

/// An instant as the platform writes it, which is nearly RFC 3339.
///
/// # Errors
/// `Nonsense` when there is none.
pub(super) fn platform_instant(what: &str, text: Option<&str>) -> Result<Instant, DeskError> {
    let at = text.and_then(|text| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok());
    let at = at.and_then(|at| of_millis(at.timestamp_millis()));
    at.ok_or_else(|| DeskError::Nonsense(format!("`{what}` holds no time")))
}

/// An instant that a request always has.
///
/// # Errors
/// `Nonsense` when it has not.
pub(super) fn known_date(what: &str, date: Option<&Date>) -> Result<Instant, DeskError> {
    let at = date.and_then(Date::instant);
    at.ok_or_else(|| DeskError::Nonsense(format!("`{what}` holds no time")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    pub(super) issue_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) issue_key: String,
    #[serde(default)]
    pub(super) summary: Option<String>,
    pub(super) reporter: Option<User>,
    pub(super) current_status: CurrentStatus,
    #[serde(default)]
    pub(super) request_field_values: Vec<FieldValue>,
    pub(super) created_date: Option<Date>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentStatus {
    pub(super) status: String,
    pub(super) status_category: Option<String>,
    pub(super) status_date: Option<Date>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldValue {
    pub(super) field_id: String,
    #[serde(default)]
    pub(super) value: Value,
}

impl Item {
    pub(super) fn value(&self, field: &str) -> &Value {
        let values = &self.request_field_values;
        let known = values.iter().find(|known| known.field_id == field);
        known.map_or(&Value::Null, |known| &known.value)
    }

    pub(super) fn description(&self) -> &str {
        self.value("description").as_str().unwrap_or_default()
    }
}

/// The values of a field; of options the words.
pub(super) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(several) => several.iter().flat_map(words).collect(),
        Value::Object(option) => {
            let names = ["value", "name", "label"];
            let word = names.iter().find_map(|name| option.get(*name)?.as_str());
            word.map(str::to_owned).into_iter().collect()
        }
        plain => crate::kept::values(plain),
    }
}

#[derive(Deserialize)]
pub(super) struct Issues {
    pub(super) issues: Vec<Issue>,
    #[serde(rename = "nextPageToken")]
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Issue {
    pub(super) key: String,
    pub(super) fields: IssueFields,
}

#[derive(Deserialize)]
pub(super) struct IssueFields {
    #[serde(default)]
    pub(super) summary: Option<String>,
    pub(super) status: IssueStatus,
    pub(super) reporter: Option<User>,
    pub(super) created: Option<String>,
    pub(super) updated: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct IssueStatus {
    pub(super) name: String,
    #[serde(rename = "statusCategory")]
    pub(super) category: Option<Category>,
}

#[derive(Deserialize)]
pub(super) struct Category {
    pub(super) key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    pub(super) id: String,
    #[serde(default)]
    pub(super) body: String,
    pub(super) rendered_body: Option<Rendered>,
    /// One that does not say is none for customers.
    #[serde(default)]
    pub(super) public: bool,
    pub(super) author: Option<User>,
    pub(super) created: Option<Date>,
    pub(super) attachments: Option<Page<File>>,
}

#[derive(Deserialize)]
pub(super) struct Rendered {
    pub(super) html: String,
}

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) filename: String,
    pub(super) size: Option<u64>,
    #[serde(rename = "mimeType")]
    pub(super) mime_type: Option<String>,
    #[serde(rename = "_links")]
    pub(super) links: Links,
}

#[derive(Deserialize)]
pub(super) struct Links {
    pub(super) content: String,
}

impl Comment {
    pub(super) fn files(&self) -> &[File] {
        self.attachments.as_ref().map_or(&[], |page| &page.values)
    }

    pub(super) fn is_by(&self, account: &str) -> bool {
        let author = self.author.as_ref();
        author.is_some_and(|author| author.account_id == account)
    }

    /// The names of its files, a line each.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.files().iter().map(|f| f.filename.as_str()).collect();
        names.join("\n")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Uploaded {
    pub(super) temporary_attachments: Vec<Temporary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Temporary {
    pub(super) temporary_attachment_id: String,
}

#[derive(Deserialize)]
pub(super) struct Transition {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Goal {
    #[serde(default)]
    pub(super) name: String,
    pub(super) ongoing_cycle: Option<Cycle>,
    #[serde(default)]
    pub(super) completed_cycles: Vec<Cycle>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cycle {
    pub(super) breach_time: Option<Date>,
    pub(super) stop_time: Option<Date>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    pub(super) request_type_fields: Vec<FormField>,
    #[serde(default)]
    pub(super) can_raise_on_behalf_of: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FormField {
    pub(super) field_id: String,
    jira_schema: Schema,
    #[serde(default)]
    valid_values: Vec<Choice>,
}

#[derive(Deserialize)]
struct Schema {
    #[serde(rename = "type")]
    kind: String,
    items: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    value: String,
    #[serde(default)]
    label: String,
}

impl FormField {
    /// Values as Jira takes them; none for what this field cannot hold.
    pub(super) fn take(&self, values: &[String]) -> Option<Value> {
        let option = |value: &String| {
            let is = |choice: &&Choice| choice.value == *value || choice.label == *value;
            let choice = self.valid_values.iter().find(is)?;
            Some(serde_json::json!({"id": choice.value}))
        };
        match (self.jira_schema.kind.as_str(), values) {
            ("string" | "date" | "datetime", [one]) => Some(one.as_str().into()),
            ("number", [one]) => one.parse::<f64>().ok().map(Value::from),
            ("option" | "priority", [one]) => option(one),
            ("array", several) if self.jira_schema.items.as_deref() == Some("option") => {
                several.iter().map(option).collect()
            }
            _ => None,
        }
    }

    /// Whether what was kept is what was sent.
    pub(super) fn is_kept(&self, values: &[String], kept: &Value) -> bool {
        let same = |value: &String, word: &String| {
            let choice = self
                .valid_values
                .iter()
                .find(|choice| choice.label == *word);
            let as_number = || Some((value.parse::<f64>().ok()?, word.parse::<f64>().ok()?));
            value == word
                || choice.is_some_and(|choice| choice.value == *value)
                || as_number().is_some_and(|(ours, theirs)| ours == theirs)
        };
        let kept = words(kept);
        let both = values.iter().zip(&kept);
        kept.len() == values.len() && both.into_iter().all(|(value, word)| same(value, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_goes_as_its_field_takes_it() {
        let field = |schema: Value| -> FormField {
            let choices =
                json!([{"value": "1", "label": "Router"}, {"value": "2", "label": "TV box"}]);
            serde_json::from_value(
                json!({"fieldId": "f", "jiraSchema": schema, "validValues": choices}),
            )
            .unwrap()
        };
        let one = ["Router".to_owned()];
        assert_eq!(
            field(json!({"type": "string"})).take(&one),
            Some(json!("Router"))
        );
        let option = field(json!({"type": "option"}));
        assert_eq!(option.take(&one), Some(json!({"id": "1"})));
        assert_eq!(option.take(&["1".into()]), Some(json!({"id": "1"})));
        assert_eq!(option.take(&["Phone".into()]), None);
        assert!(option.is_kept(&one, &json!({"id": "1", "value": "Router"})));
        assert!(option.is_kept(&["1".into()], &json!({"id": "1", "value": "Router"})));
        assert!(!option.is_kept(&one, &json!({"id": "2", "value": "TV box"})));
        assert!(!option.is_kept(&one, &Value::Null));
        let several = field(json!({"type": "array", "items": "option"}));
        let both = ["Router".to_owned(), "TV box".to_owned()];
        assert_eq!(several.take(&both), Some(json!([{"id": "1"}, {"id": "2"}])));
        assert_eq!(field(json!({"type": "number"})).take(&["x".into()]), None);
        assert_eq!(field(json!({"type": "user"})).take(&one), None);
    }

    #[test]
    fn a_date_is_read_in_both_forms_and_1970_is_none() {
        assert!(platform_instant("x", Some("2026-11-22T08:00:00.000+0000")).is_ok());
        assert!(platform_instant("x", Some("1970-01-01T00:00:00.000+0000")).is_err());
        let none: Date = serde_json::from_value(json!({"epochMillis": 0})).unwrap();
        assert_eq!(none.instant(), None);
    }
}
