//! What the store keeps of requests that lie at another desk.

use super::Result;
use async_trait::async_trait;
use portico_contract::{
    Instant,
    id::{AttachmentId, FieldId, RequestId, TimelineItemId},
    request::{Outcome, Status, WaitingOn},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The ticket behind a request, as its record keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The desk, by the name of its section in the configuration.
    pub backend: String,
    /// The e-mail address under which the desk has it.
    pub owner: String,
    /// Its id there; `None` until it was handed over.
    pub ticket: Option<String>,
    /// The number that agents say.
    pub number: Option<String>,
    /// How it stood there when it was last read.
    pub standing: Option<Seen>,
    /// The answers that the desk had when it was last read.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, Vec<String>>,
    /// The desk's own date for its first answer.
    pub reply_due: Option<Instant>,
    /// The desk's own date for the solution.
    pub resolution_due: Option<Instant>,
    /// When the desk says that it last changed.
    pub changed_at: Option<Instant>,
    /// When it was last read and written down.
    pub read_at: Option<Instant>,
    /// How far handing it over has come.
    pub handover: Handover,
}

impl Link {
    /// One that is to be handed over now.
    #[must_use]
    pub fn new(backend: &str, owner: String, now_millis: i64) -> Self {
        Self {
            backend: backend.to_owned(),
            owner,
            ticket: None,
            number: None,
            standing: None,
            fields: BTreeMap::new(),
            reply_due: None,
            resolution_due: None,
            changed_at: None,
            read_at: None,
            handover: Handover {
                next_try_at: Some(now_millis),
                ..Handover::default()
            },
        }
    }
}

/// How a ticket stood at its desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The contract's word.
    pub status: Status,
    /// What stands in place of it for customers: the operator's label, or the desk's word for what nobody mapped.
    pub label: Option<String>,
    /// Whose turn it is, where the desk says.
    pub waiting_on: Option<WaitingOn>,
    /// How it ended, where the desk says.
    pub outcome: Option<Outcome>,
}

/// How far handing a request over has come. Times are real time, in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// How often it was tried.
    pub attempts: u32,
    /// The desk may have it although it did not say so.
    pub in_doubt: bool,
    /// When the desk was last told to make it; it may be at that for a while, whoever has gone meanwhile.
    #[serde(default)]
    pub sent_at: Option<i64>,
    /// When to try; `None` when it is there, or when only a person can go on.
    pub next_try_at: Option<i64>,
    /// What was in the way the last time, for the operator.
    pub trouble: Option<String>,
    /// The customer was told that it waits.
    pub announced: bool,
}

/// Something that was written to a desk under an Idempotency-Key and may have come there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The words.
    pub words: Option<String>,
    /// The messages that the ticket had before.
    pub known: Vec<String>,
    /// When the desk was last told, in real milliseconds since 1970; it may be at that for a while, whoever has gone
    /// meanwhile.
    #[serde(default)]
    pub sent_at: i64,
}

/// Requests at other desks.
#[async_trait]
pub trait Links {
    /// The request behind which a ticket stands.
    async fn request_of_ticket(&mut self, backend: &str, ticket: &str)
    -> Result<Option<RequestId>>;
    /// Up to `limit` requests that wait to be handed over, with when to try, the first one first.
    async fn to_hand_over(&mut self, limit: u32) -> Result<Vec<(RequestId, i64)>>;
    /// Every request that was not handed over, also those that wait for a person.
    async fn not_handed_over(&mut self) -> Result<Vec<RequestId>>;
    /// The messages of a ticket that are entries.
    async fn desk_messages(
        &mut self,
        request: &RequestId,
    ) -> Result<BTreeMap<String, TimelineItemId>>;
    /// Notes which entry a message of a ticket is.
    async fn add_desk_message(
        &mut self,
        request: &RequestId,
        message: &str,
        entry: &TimelineItemId,
    ) -> Result<()>;
    /// The desk's id of a file whose content lies there.
    async fn desk_file(&mut self, attachment: &AttachmentId) -> Result<Option<String>>;
    /// Notes that the content of a file lies at the desk.
    async fn add_desk_file(&mut self, attachment: &AttachmentId, file: &str) -> Result<()>;
    /// What was written under a key and has no answer yet.
    async fn attempt(&mut self, key_hash: &[u8; 32]) -> Result<Option<Attempt>>;
    /// Notes what is about to be written under a key, in place of what stood there.
    async fn add_attempt(
        &mut self,
        key_hash: &[u8; 32],
        request: &RequestId,
        at_millis: i64,
        attempt: &Attempt,
    ) -> Result<()>;
    /// Forgets what was written under a key.
    async fn forget_attempt(&mut self, key_hash: &[u8; 32]) -> Result<()>;
    /// Forgets what was written before.
    async fn forget_attempts(&mut self, before_millis: i64) -> Result<()>;
}
