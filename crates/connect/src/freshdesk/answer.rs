//! What Freshdesk answers, as far as it is needed.

use crate::{
    kept,
    ticket::{Email, TicketId},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Something that was made.
#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) id: u64,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    pub(super) id: u64,
    email: Option<String>,
}

impl Contact {
    pub(super) fn has(&self, email: &Email) -> bool {
        let own = self.email.as_deref();
        own.is_some_and(|own| own.eq_ignore_ascii_case(email.as_str()))
    }
}

#[derive(Deserialize)]
pub(super) struct TicketItem {
    pub(super) id: u64,
    pub(super) subject: Option<String>,
    pub(super) status: u64,
    pub(super) requester_id: u64,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) attachments: Vec<File>,
    #[serde(default)]
    custom_fields: Map<String, Value>,
    pub(super) stats: Option<Stats>,
    pub(super) fr_due_by: Option<String>,
    pub(super) due_by: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Stats {
    pub(super) first_responded_at: Option<String>,
    pub(super) resolved_at: Option<String>,
}

impl TicketItem {
    pub(super) fn ticket_id(&self) -> TicketId {
        TicketId(self.id.to_string())
    }

    pub(super) fn values(&self, field: &str) -> Vec<String> {
        let value = self.custom_fields.get(field);
        value.map(kept::values).unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub(super) struct Conversation {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) incoming: bool,
    /// One that does not say is none for customers.
    #[serde(default = "yes")]
    pub(super) private: bool,
    user_id: Option<u64>,
    #[serde(default)]
    pub(super) attachments: Vec<File>,
    pub(super) created_at: Option<String>,
}

fn yes() -> bool {
    true
}

impl Conversation {
    pub(super) fn is_of(&self, contact: &Contact) -> bool {
        self.user_id == Some(contact.id)
    }
}

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
    pub(super) content_type: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) attachment_url: String,
}

#[derive(Deserialize)]
pub(super) struct Field {
    pub(super) name: String,
    #[serde(default)]
    pub(super) choices: Value,
}

impl Field {
    /// The choices of statuses by their numbers, as customers are told of them: each has a name for agents and one for
    /// customers.
    pub(super) fn labels(&self) -> BTreeMap<u64, String> {
        let choices = self.choices.as_object().into_iter().flatten();
        choices
            .filter_map(|(number, names)| {
                let label = names.as_array()?.last()?.as_str()?;
                Some((number.parse().ok()?, label.to_owned()))
            })
            .collect()
    }

    /// Whether it can hold this: a list of choices holds no other.
    pub(super) fn takes(&self, value: &str) -> bool {
        match &self.choices {
            Value::Array(choices) if !choices.is_empty() => {
                choices.iter().any(|choice| choice == value)
            }
            Value::Object(choices) if !choices.is_empty() => choices.contains_key(value),
            _ => true,
        }
    }
}
