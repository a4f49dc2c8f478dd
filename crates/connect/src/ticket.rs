//! What a desk holds, in the words of the contract.

use bytes::Bytes;
use portico_contract::{
    Instant,
    id::{FieldId, TypeId},
    request::{Outcome, Status, Urgency, WaitingOn},
    timeline::{Body, Role},
};
use serde::Deserialize;
use std::{fmt, str::FromStr};

/// An e-mail address strict enough to stand in any desk's query: `local@domain` of ASCII letters, digits and `._%+-`,
/// lower-case. Quotes, spaces, brackets, braces and backslashes do not exist in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

/// It is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address that a desk can be asked for")]
pub struct EmailError;

impl Email {
    /// The address, lower-case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;
    fn from_str(text: &str) -> Result<Self, EmailError> {
        let plain = |part: &str, extra: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let labels = domain
            .split('.')
            .all(|label| plain(label, "-") && !label.starts_with('-') && !label.ends_with('-'));
        if text.len() <= 254 && plain(local, "._%+-") && labels && domain.contains('.') {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(EmailError)
        }
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A ticket's id in its desk; goes into an address only percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketId(pub String);

/// A file's id in its desk, in whatever form its connector needs to fetch it again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub String);

/// For whom the gateway acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Owns the tickets.
    pub email: Email,
    /// What to call them.
    pub name: Option<String>,
}

/// A file on its way to the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// File name without a path.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// An answer to a question of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct NewField {
    /// The question.
    pub id: FieldId,
    /// What the customer was asked, for desks without a field of that kind.
    pub label: String,
    /// The values as they travel: one, or several of a multiselect.
    pub values: Vec<String>,
    /// The answer as people read it.
    pub display: String,
}

/// A ticket on its way to the desk.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTicket {
    /// Names this submission; the same again must not make a second ticket. Written into the desk where it has a field.
    pub key: String,
    /// The reference that the customer knows.
    pub reference: String,
    /// What is asked for.
    pub type_id: TypeId,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// As the customer says.
    pub urgency: Urgency,
    /// Answers of the form.
    pub fields: Vec<NewField>,
    /// Files.
    pub files: Vec<NewFile>,
}

/// A message on its way to the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReply {
    /// Plain text.
    pub body: String,
    /// Files.
    pub files: Vec<NewFile>,
}

/// What the customer may make of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Resolved to closed.
    Confirm,
    /// Resolved or closed to open.
    Reopen,
    /// Closed, as not wanted any more.
    Withdraw,
}

impl Change {
    /// Whether a ticket that stands so is as the change would make it: asked for again, it is no error.
    pub(crate) fn is_done(self, status: Status) -> bool {
        match self {
            Self::Confirm | Self::Withdraw => status == Status::Closed,
            Self::Reopen => !matches!(status, Status::Resolved | Status::Closed),
        }
    }
}

/// Where a ticket stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The contract's word; `Open` for a value that no mapping knows.
    pub status: Status,
    /// What customers read in place of the contract's word: the operator's label, or the desk's own word for a status
    /// that nobody mapped.
    pub label: Option<String>,
    /// Whose turn it is, where the desk says.
    pub waiting_on: Option<WaitingOn>,
    /// How it ended, where the desk says.
    pub outcome: Option<Outcome>,
}

/// A ticket as lists hold it. Its owner was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketRow {
    /// Its id.
    pub id: TicketId,
    /// Whose it is.
    pub owner: Email,
    /// One line.
    pub subject: String,
    /// Where it stands.
    pub standing: Standing,
    /// When it came in.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// A date that the desk itself has promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskDue {
    /// What is promised.
    pub what: DueOf,
    /// Until when.
    pub due_at: Instant,
    /// When it was kept.
    pub met_at: Option<Instant>,
}

/// What a desk's own promise is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DueOf {
    /// The first answer.
    FirstReply,
    /// The solution.
    Resolution,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketFile {
    /// Its id.
    pub id: FileId,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes, where the desk says.
    pub size: Option<u64>,
}

/// A public message of a ticket. Internal notes have no type.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketMessage {
    /// Its id in the desk; stays the same.
    pub id: String,
    /// When it was written.
    pub at: Instant,
    /// On which side its author is. The customer's own are `Customer` also where a service account wrote them.
    pub role: Role,
    /// What the author is called.
    pub author: Option<String>,
    /// What it says; html is not sanitised yet.
    pub body: Body,
    /// Files.
    pub files: Vec<TicketFile>,
}

/// A ticket with its conversation. Its owner was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// What lists hold too.
    pub row: TicketRow,
    /// The number that agents say.
    pub number: String,
    /// Who handles it, by name.
    pub handler: Option<String>,
    /// When it was resolved, where the desk says.
    pub resolved_at: Option<Instant>,
    /// The desk's own promises.
    pub due: Vec<DeskDue>,
    /// Values of fields that the configuration maps: field of ours, values.
    pub fields: Vec<(FieldId, Vec<String>)>,
    /// The public conversation, oldest first; the first one is what the customer submitted.
    pub messages: Vec<TicketMessage>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_nothing_that_a_query_could_take_for_its_own() {
        assert_eq!(
            "Alice.B+c@Mail.example.test".parse::<Email>().map(|e| e.0),
            Ok("alice.b+c@mail.example.test".into())
        );
        for bad in [
            "",
            "a",
            "a@b",
            "@b.c",
            "a@.c",
            "a@b.",
            "a@-b.c",
            "x' OR id>0@b.c",
            "a\"@b.c",
            "a\\@b.c",
            "a b@c.d",
            "a@b.c' OR '1'='1",
            "a@b.c#",
            "(a)@b.c",
            "a@b.c\n",
            "ä@b.c",
            "a@b@c.d",
        ] {
            assert_eq!(bad.parse::<Email>(), Err(EmailError), "{bad}");
        }
    }
}
