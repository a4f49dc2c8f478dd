//! What REST2 answers, as far as it is needed.

use crate::{
    api::known_instant,
    backend::DeskError,
    ticket::{Email, TicketId},
};
use portico_contract::Instant;
use serde::{Deserialize, Deserializer, de};

/// The fields of a ticket that [`TicketItem`] reads.
pub(super) const TICKET_FIELDS: [(&str, &str); 4] = [
    (
        "fields",
        "Subject,Status,Created,LastUpdated,Resolved,Due,Queue,Owner,Requestor,Cc,CustomFields",
    ),
    ("fields[Owner]", "Name,RealName"),
    ("fields[Requestor]", "EmailAddress"),
    ("fields[Cc]", "EmailAddress"),
];

/// A page of a collection. `total` and `pages` may be null and are not read: where a full page came, there may be
/// another.
#[derive(Deserialize)]
pub(super) struct Collection<T> {
    pub(super) items: Vec<T>,
}

/// A ticket in a collection.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TicketItem {
    #[serde(rename = "id", deserialize_with = "id")]
    pub(super) id: String,
    pub(super) subject: Option<String>,
    pub(super) status: String,
    pub(super) created: Option<String>,
    pub(super) last_updated: Option<String>,
    pub(super) resolved: Option<String>,
    pub(super) due: Option<String>,
    pub(super) owner: Option<User>,
    #[serde(default)]
    pub(super) requestor: Vec<User>,
    #[serde(default)]
    pub(super) cc: Vec<User>,
    #[serde(default)]
    pub(super) custom_fields: Vec<CustomField>,
}

impl TicketItem {
    pub(super) fn ticket_id(&self) -> TicketId {
        TicketId(self.id.clone())
    }

    /// Any of several requestors is one.
    pub(super) fn belongs_to(&self, email: &Email) -> bool {
        self.requestor.iter().any(|user| user.has(email))
    }

    pub(super) fn created_at(&self) -> Result<Instant, DeskError> {
        known_instant("Created", self.created.as_deref())
    }

    pub(super) fn updated_at(&self) -> Result<Instant, DeskError> {
        known_instant("LastUpdated", self.last_updated.as_deref())
    }

    /// The values of a custom field.
    pub(super) fn values(&self, field: &str) -> &[String] {
        let known = self.custom_fields.iter().find(|known| known.name == field);
        known.map_or(&[], |known| &known.values)
    }
}

#[derive(Deserialize)]
pub(super) struct CustomField {
    pub(super) name: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct User {
    /// RT's own name of the account, unlike an address.
    #[serde(default, deserialize_with = "id")]
    pub(super) id: String,
    #[serde(rename = "EmailAddress")]
    pub(super) email: Option<String>,
    #[serde(rename = "RealName")]
    pub(super) real_name: Option<String>,
}

impl User {
    pub(super) fn has(&self, email: &Email) -> bool {
        let theirs = self.email.as_deref();
        theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(email.as_str()))
    }

    /// What to call them.
    pub(super) fn called(&self) -> String {
        let real = self.real_name.clone().filter(|name| !name.is_empty());
        real.unwrap_or_else(|| self.id.clone())
    }
}

#[derive(Deserialize)]
pub(super) struct Transaction {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(rename = "Type")]
    pub(super) kind: String,
    #[serde(rename = "Creator")]
    pub(super) creator: User,
    #[serde(rename = "Created")]
    pub(super) created: Option<String>,
}

impl Transaction {
    /// `Comment` is what customers must not see, and the rest are no messages.
    pub(super) fn is_public_message(&self) -> bool {
        matches!(self.kind.as_str(), "Create" | "Correspond")
    }
}

/// A part of a message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Part {
    #[serde(rename = "id", deserialize_with = "id")]
    pub(super) id: String,
    #[serde(deserialize_with = "id")]
    pub(super) transaction_id: String,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    #[serde(default, deserialize_with = "length")]
    pub(super) content_length: Option<u64>,
}

impl Part {
    pub(super) fn media_type(&self) -> &str {
        self.content_type
            .as_deref()
            .unwrap_or("application/octet-stream")
    }

    /// What holds parts has nothing of its own.
    fn is_container(&self) -> bool {
        self.media_type().starts_with("multipart/")
    }

    /// Has a name, or is nothing that could be read as a message.
    pub(super) fn is_file(&self) -> bool {
        let named = self
            .filename
            .as_deref()
            .is_some_and(|name| !name.is_empty());
        !self.is_container() && (named || !self.media_type().starts_with("text/"))
    }

    pub(super) fn is_text(&self) -> bool {
        !self.is_container() && !self.is_file()
    }
}

/// The single resource, whose content is base64.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    #[serde(default)]
    pub(super) content: String,
}

/// A queue, or a custom field of one.
#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(rename = "Name")]
    pub(super) name: String,
}

/// What may be done with a resource.
#[derive(Deserialize)]
pub(super) struct Links {
    #[serde(rename = "_hyperlinks", default)]
    pub(super) links: Vec<Link>,
}

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(rename = "ref")]
    pub(super) what: Option<String>,
}

/// An id is a number here and a text there; a user's may be an object with it.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    Ok(match Id::deserialize(deserializer)? {
        Id::Number(number) => number.to_string(),
        Id::Text(text) => text,
    })
}

fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = id(deserializer)?;
    text.parse().map(Some).map_err(de::Error::custom)
}
