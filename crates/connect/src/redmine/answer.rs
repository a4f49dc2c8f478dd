//! What Redmine answers, as far as it is needed.

use crate::{
    backend::DeskError,
    ticket::{Email, TicketId},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Something with a number and a name.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) login: String,
    #[serde(default)]
    pub(super) mail: Option<String>,
    #[serde(default)]
    pub(super) admin: bool,
}

impl User {
    pub(super) fn has(&self, email: &Email) -> bool {
        let mail = self.mail.as_deref();
        mail.is_some_and(|mail| mail.eq_ignore_ascii_case(email.as_str()))
    }
}

#[derive(Deserialize)]
pub(super) struct OneUser {
    pub(super) user: User,
}

#[derive(Deserialize)]
pub(super) struct Users {
    pub(super) users: Vec<User>,
}

#[derive(Deserialize)]
pub(super) struct Issues {
    pub(super) issues: Vec<Issue>,
}

#[derive(Deserialize)]
pub(super) struct OneIssue {
    pub(super) issue: Issue,
}

#[derive(Deserialize)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) status: Status,
    pub(super) author: Option<Named>,
    pub(super) assigned_to: Option<Named>,
    #[serde(default)]
    pub(super) subject: String,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) custom_fields: Vec<CustomValue>,
    pub(super) created_on: Option<String>,
    pub(super) updated_on: Option<String>,
    pub(super) closed_on: Option<String>,
    #[serde(default)]
    pub(super) attachments: Vec<Attachment>,
    #[serde(default)]
    pub(super) journals: Vec<Journal>,
}

impl Issue {
    pub(super) fn ticket_id(&self) -> TicketId {
        TicketId(self.id.to_string())
    }

    pub(super) fn is_of(&self, user: &User) -> bool {
        self.author
            .as_ref()
            .is_some_and(|author| author.id == user.id)
    }

    /// The values of a custom field.
    pub(super) fn values(&self, field: &str) -> Vec<String> {
        let known = self.custom_fields.iter().find(|known| known.name == field);
        match known.map(|known| &known.value) {
            Some(Value::String(value)) if !value.is_empty() => vec![value.clone()],
            Some(Value::Array(values)) => {
                let texts = values.iter().filter_map(Value::as_str);
                texts
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned)
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Files that came with the description: the author's own that no journal adds. Those of somebody else are not
    /// among them, since a journal that is hidden may have added them.
    pub(super) fn first_files(&self) -> Vec<&Attachment> {
        let later: BTreeSet<_> = self.journals.iter().flat_map(Journal::file_ids).collect();
        let author = self.author.as_ref().map(|author| author.id);
        let files = self.attachments.iter();
        files
            .filter(|file| {
                !later.contains(&file.id) && file.author.as_ref().map(|by| by.id) == author
            })
            .collect()
    }

    /// Files that a journal added.
    pub(super) fn files_of(&self, journal: &Journal) -> Vec<&Attachment> {
        let ids: BTreeSet<_> = journal.file_ids().collect();
        self.attachments
            .iter()
            .filter(|file| ids.contains(&file.id))
            .collect()
    }

    /// What customers may read. Redmine writes the files of a private note into a journal of its own that everybody
    /// sees, without a word: so what somebody else adds without a word stays here.
    pub(super) fn messages(&self, user: &User) -> Vec<&Journal> {
        let public = |journal: &&Journal| {
            let own = journal.user.as_ref().is_some_and(|by| by.id == user.id);
            let files = own && journal.file_ids().next().is_some();
            !journal.private_notes && (!journal.text().is_empty() || files)
        };
        self.journals.iter().filter(public).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) id: u64,
    pub(super) name: String,
    #[serde(default)]
    pub(super) is_closed: bool,
}

#[derive(Deserialize)]
pub(super) struct CustomValue {
    name: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
pub(super) struct Attachment {
    pub(super) id: u64,
    pub(super) filename: String,
    pub(super) filesize: Option<u64>,
    pub(super) content_type: Option<String>,
    pub(super) author: Option<Named>,
}

#[derive(Deserialize)]
pub(super) struct Journal {
    pub(super) id: u64,
    pub(super) user: Option<Named>,
    notes: Option<String>,
    pub(super) created_on: Option<String>,
    #[serde(default)]
    private_notes: bool,
    #[serde(default)]
    details: Vec<Detail>,
}

impl Journal {
    pub(super) fn text(&self) -> &str {
        self.notes.as_deref().unwrap_or_default()
    }

    fn file_ids(&self) -> impl Iterator<Item = u64> {
        let files = self
            .details
            .iter()
            .filter(|detail| detail.property == "attachment");
        files.filter_map(|detail| detail.name.as_deref()?.parse().ok())
    }
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    property: String,
    name: Option<String>,
}

/// The custom fields of the desk, which only administrators may read.
#[derive(Deserialize)]
pub(super) struct CustomFields {
    pub(super) custom_fields: Vec<CustomField>,
}

#[derive(Deserialize)]
pub(super) struct CustomField {
    pub(super) id: u64,
    pub(super) name: String,
    #[serde(default)]
    customized_type: String,
    #[serde(default)]
    field_format: String,
    #[serde(default)]
    multiple: bool,
    #[serde(default)]
    pub(super) is_filter: bool,
    possible_values: Option<Vec<Possible>>,
    #[serde(default)]
    pub(super) trackers: Vec<Named>,
}

#[derive(Deserialize)]
struct Possible {
    value: Value,
}

impl CustomFields {
    pub(super) fn of_issues(&self, name: &str) -> Option<&CustomField> {
        let mut fields = self.custom_fields.iter();
        fields.find(|field| field.name == name && field.customized_type == "issue")
    }
}

impl CustomField {
    /// The value as this field takes it; none when it does not: Redmine would refuse the whole issue over it.
    pub(super) fn take(&self, values: &[String]) -> Option<Value> {
        let possible = |value: &String| match &self.possible_values {
            Some(possible) => possible.iter().any(|one| one.value.as_str() == Some(value)),
            None => true,
        };
        let written = |value: &String| match (self.field_format.as_str(), value.as_str()) {
            ("bool", "true") => "1".to_owned(),
            ("bool", "false") => "0".to_owned(),
            _ => value.clone(),
        };
        let values: Vec<String> = values.iter().map(written).collect();
        if !values.iter().all(possible) {
            return None;
        }
        match &values[..] {
            values if self.multiple => Some(values.into()),
            [value] => Some(value.clone().into()),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Uploaded {
    pub(super) upload: Token,
}

#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) token: String,
}

/// One of Redmine's lists of names.
pub(super) fn names(list: &Value, member: &str) -> Result<Vec<Named>, DeskError> {
    serde_json::from_value(list[member].clone())
        .map_err(|error| DeskError::Nonsense(format!("{member}: {error}")))
}
