//! What django-helpdesk answers, as far as it is needed. Its `resolution` holds the last comment, also an internal one,
//! and its `secret_key` is a credential: neither goes on from here.

use crate::{
    api::known_instant,
    backend::DeskError,
    submitted,
    ticket::{Email, TicketId},
};
use portico_contract::Instant;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A page of tickets, oldest first.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) count: u64,
    pub(super) results: Vec<Ticket>,
}

#[derive(Deserialize)]
pub(super) struct Ticket {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// Only to be put back.
    pub(super) resolution: Option<String>,
    submitter_email: Option<String>,
    pub(super) status: u64,
    #[serde(default)]
    pub(super) on_hold: bool,
    pub(super) due_date: Option<String>,
    merged_to: Option<u64>,
    #[serde(default)]
    followup_set: Vec<FollowUp>,
    /// Custom fields are members of their own.
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Ticket {
    pub(super) fn ticket_id(&self) -> TicketId {
        TicketId(self.id.to_string())
    }

    pub(super) fn is_of(&self, email: &Email) -> bool {
        let theirs = self.submitter_email.as_deref();
        theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(email.as_str()))
    }

    pub(super) fn is_merged(&self) -> bool {
        self.merged_to.is_some()
    }

    /// What a custom field holds.
    pub(super) fn value(&self, field: &str) -> Option<String> {
        match self.others.get(&format!("custom_{field}"))? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(is) => Some(is.to_string()),
            _ => None,
        }
    }

    /// What customers may read, oldest first.
    fn public(&self) -> Vec<&FollowUp> {
        let mut public: Vec<_> = self.followup_set.iter().filter(|one| one.public).collect();
        public.sort_by_key(|one| one.id);
        public
    }

    /// The follow-up that repeats the description, and has its files.
    pub(super) fn opening(&self) -> Option<&FollowUp> {
        let first = self.public().into_iter().next()?;
        let description = self.description.as_deref().unwrap_or_default();
        submitted::same(description, first.text()).then_some(first)
    }

    /// Public follow-ups after the opening one that say or bring something.
    pub(super) fn messages(&self) -> Vec<&FollowUp> {
        let opening = self.opening().map(|one| one.id);
        let mut messages = self.public();
        messages.retain(|one| {
            Some(one.id) != opening && (!one.text().trim().is_empty() || !one.files.is_empty())
        });
        messages
    }

    /// The follow-up that last changed the status; 0 for none.
    pub(super) fn last_change(&self) -> u64 {
        let changes = self
            .followup_set
            .iter()
            .filter(|one| one.new_status.is_some());
        changes.map(|one| one.id).max().unwrap_or_default()
    }

    /// The API has no dates of tickets: the first and the last public follow-up's.
    pub(super) fn dates(&self) -> Result<(Instant, Instant), DeskError> {
        let public = self.public();
        let date = |one: Option<&&FollowUp>| {
            known_instant("date", one.and_then(|one| one.date.as_deref()))
        };
        Ok((date(public.first())?, date(public.last())?))
    }
}

#[derive(Deserialize)]
pub(super) struct FollowUp {
    pub(super) id: u64,
    pub(super) user: Option<u64>,
    pub(super) title: Option<String>,
    comment: Option<String>,
    #[serde(default)]
    public: bool,
    new_status: Option<u64>,
    pub(super) date: Option<String>,
    #[serde(default, rename = "followupattachment_set")]
    pub(super) files: Vec<File>,
}

impl FollowUp {
    pub(super) fn text(&self) -> &str {
        self.comment.as_deref().unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) id: u64,
    /// Its address, which everybody may read.
    pub(super) file: String,
    pub(super) filename: String,
    pub(super) mime_type: String,
    pub(super) size: Option<u64>,
}

/// A follow-up just made.
#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) id: u64,
}
