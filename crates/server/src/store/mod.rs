//! What is kept, behind one small trait, so that another database can follow: a store gives transactions, and a
//! transaction reads and writes records. Everything that belongs together is written in one transaction, with the
//! event and the message that tell of it, so that a crash leaves all of it or nothing.

pub mod embed;
pub mod links;
pub mod records;
mod sqlite;
pub mod surveys;
pub mod visitors;

pub use sqlite::SqliteStore;

use async_trait::async_trait;
use embed::Embed;
use links::Links;
use portico_contract::{
    Instant,
    attachment::Attachment,
    code::Reference,
    id::{AnnouncementId, AttachmentId, CustomerId, RequestId, TimelineItemId},
    timeline::ProposalAnswer,
};
use records::{
    AnnouncementRecord, CallbackRecord, Customer, Entry, Filter, Following, KeptAnswer, Listed,
    NewEntry, OutgoingMessage, RequestRecord, Scope, SessionRecord,
};
use std::sync::Arc;
use surveys::Surveys;
use tokio::sync::watch;
use visitors::{Events, Hits, SignIn, Uploads};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is busy; later it may work.
    #[error("the database is busy")]
    Busy,
    /// Something unique is there already.
    #[error("it is there already")]
    Taken,
    /// Anything else, for the log.
    #[error("{0}")]
    Failed(String),
}

/// What the store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A database.
#[async_trait]
pub trait Store: Send + Sync {
    /// A transaction that reads one state of everything.
    async fn read(&self) -> Result<Box<dyn Tx>>;
    /// Reads without a transaction: each call sees the state of its own moment. For what need not agree with anything
    /// else; it goes to the database and back once, and no more.
    async fn glance(&self) -> Result<Box<dyn Tx>>;
    /// The one transaction that writes; others wait. Dropped without [`Tx::commit`], it leaves nothing.
    async fn write(&self) -> Result<Box<dyn Tx>>;
    /// Empties what the database keeps for the case of a crash, in which deleted rows can still be read.
    async fn empty_log(&self) -> Result<()>;
    /// The id of the last event; changes after a commit that added one.
    fn events(&self) -> watch::Receiver<i64>;
    /// Changes after a commit that queued a message.
    fn messages(&self) -> watch::Receiver<()>;
}

/// A transaction.
#[async_trait]
pub trait Tx:
    Requests
    + Submissions
    + Access
    + Notices
    + Outbox
    + SignIn
    + Hits
    + Uploads
    + Events
    + Embed
    + Surveys
    + Links
    + Send
{
    /// Makes it lasting: when this returns, a crash no longer undoes it. Is carried through even if the caller
    /// goes away in the middle.
    async fn commit(self: Box<Self>) -> Result<()>;
    /// A setting that the server keeps for itself.
    async fn meta(&mut self, key: &str) -> Result<Option<String>>;
    /// Writes one.
    async fn set_meta(&mut self, key: &str, value: &str) -> Result<()>;
}

/// Requests and what happened to them.
#[async_trait]
pub trait Requests {
    /// Adds a request. [`StoreError::Taken`] when its reference is in use.
    async fn insert_request(&mut self, request: &RequestRecord) -> Result<()>;
    /// Replaces a request by its id.
    async fn update_request(&mut self, request: &RequestRecord) -> Result<()>;
    /// One request to look at, if the scope covers it: several readers may have the same.
    async fn shown(&mut self, id: &RequestId, scope: &Scope) -> Result<Option<Arc<RequestRecord>>>;
    /// One request to change, if the scope covers it.
    async fn request(&mut self, id: &RequestId, scope: &Scope) -> Result<Option<RequestRecord>> {
        let shown = self.shown(id, scope).await?;
        Ok(shown.map(Arc::unwrap_or_clone))
    }
    /// One request by what people call it, if the scope covers it.
    async fn request_by_reference(
        &mut self,
        reference: Reference,
        scope: &Scope,
    ) -> Result<Option<RequestRecord>>;
    /// The request with this reference and the hash of its query code, if it has one, and no more: what is read does
    /// not grow with what happened to the request, so that the time does not tell of it.
    async fn query_hash(
        &mut self,
        reference: Reference,
    ) -> Result<Option<(RequestId, Option<String>)>>;
    /// A page of the requests that the scope covers.
    async fn list_requests(&mut self, scope: &Scope, filter: &Filter) -> Result<Listed>;
    /// Adds an entry to a request's timeline.
    async fn add_entry(&mut self, entry: &NewEntry) -> Result<Entry>;
    /// Up to `limit` requests for which somebody has to look at the clock now, the longest due first.
    async fn due_requests(&mut self, now: Instant, limit: u32) -> Result<Vec<RequestId>>;
    /// Every request that is not finished.
    async fn open_requests(&mut self) -> Result<Vec<RequestId>>;
    /// Notes up to where somebody has read who follows a request.
    async fn follower_seen(&mut self, request: &RequestId, following: &Following) -> Result<()>;
    /// Notes what the customer said to a proposal.
    async fn answer_proposal(
        &mut self,
        entry: &TimelineItemId,
        answer: ProposalAnswer,
        comment: Option<&str>,
    ) -> Result<()>;
    /// Notes when somebody was rung who had asked for it.
    async fn callback_done(&mut self, entry: &TimelineItemId, at: Instant) -> Result<()>;
    /// Replaces the text of the first message of a request.
    async fn replace_first_message(&mut self, request: &RequestId, body: &str) -> Result<()>;
    /// Up to `limit` entries after `after`, oldest first; notes of the desk only when asked for.
    async fn entries(
        &mut self,
        request: &RequestId,
        after: i64,
        limit: u32,
        notes: bool,
    ) -> Result<Vec<Entry>>;
    /// How many entries there are.
    async fn count_entries(&mut self, request: &RequestId, notes: bool) -> Result<u64>;
    /// Tells of a change of the request; of none, of the announcements.
    async fn append_event(&mut self, request: Option<&RequestId>, at: Instant) -> Result<()>;
    /// Adds a file to an entry, after those that it has.
    async fn add_attachment(&mut self, entry: &Entry, file: &Attachment) -> Result<()>;
    /// Takes a file from its entry, and with it the upload that it was.
    async fn remove_attachment(&mut self, id: &AttachmentId) -> Result<()>;
    /// A file, and the request whose public entries hold it.
    async fn attachment(&mut self, id: &AttachmentId) -> Result<Option<(RequestId, Attachment)>>;
}

/// Submissions and their answers, by the hashes of their keys.
#[async_trait]
pub trait Submissions {
    /// The stored answer of a submission, by the hash of its key.
    async fn kept_answer(&mut self, key_hash: &[u8; 32]) -> Result<Option<KeptAnswer>>;
    /// Keeps the answer of a submission. [`StoreError::Taken`] when the key has one.
    async fn keep_answer(&mut self, key_hash: &[u8; 32], answer: &KeptAnswer) -> Result<()>;
    /// Puts another answer in the place of a kept one: its status, and what is sealed.
    async fn renew_answer(&mut self, key_hash: &[u8; 32], status: u16, sealed: &[u8])
    -> Result<()>;
    /// Forgets the answers that were accepted before.
    async fn forget_answers(&mut self, accepted_before_millis: i64) -> Result<u64>;
}

/// Who may see what.
#[async_trait]
pub trait Access {
    /// A customer.
    async fn customer(&mut self, id: &CustomerId) -> Result<Option<Customer>>;
    /// The customer who has proven this normal e-mail address or telephone number.
    async fn customer_by_address(&mut self, address: &str) -> Result<Option<Customer>>;
    /// Adds a customer, or replaces the one with that id.
    async fn put_customer(&mut self, customer: &Customer) -> Result<()>;
    /// A session that has not ended, by the hash of its token.
    async fn session(
        &mut self,
        token_hash: &[u8; 32],
        now_millis: i64,
    ) -> Result<Option<SessionRecord>>;
    /// Adds a session.
    async fn insert_session(&mut self, session: &SessionRecord) -> Result<()>;
    /// Ends a session.
    async fn delete_session(&mut self, token_hash: &[u8; 32]) -> Result<()>;
}

/// Whom to ring, and what all customers are told.
#[async_trait]
pub trait Notices {
    /// Adds a wish to be rung.
    async fn insert_callback(&mut self, callback: &CallbackRecord) -> Result<()>;
    /// Replaces a wish to be rung by its id.
    async fn update_callback(&mut self, callback: &CallbackRecord) -> Result<()>;
    /// A wish to be rung.
    async fn callback(&mut self, id: &str) -> Result<Option<CallbackRecord>>;
    /// Up to `limit` wishes for `from` or later, the first one first.
    async fn callbacks(&mut self, from: Instant, limit: u32) -> Result<Vec<CallbackRecord>>;
    /// Adds an announcement, or replaces the one with that id.
    async fn put_announcement(&mut self, announcement: &AnnouncementRecord) -> Result<()>;
    /// An announcement.
    async fn announcement(&mut self, id: &AnnouncementId) -> Result<Option<AnnouncementRecord>>;
    /// Those that are not over at `now`, the newest first.
    async fn announcements(&mut self, now: Instant) -> Result<Vec<AnnouncementRecord>>;
}

/// Messages that have yet to leave.
#[async_trait]
pub trait Outbox {
    /// Queues a message; it leaves after the commit.
    async fn queue(&mut self, message: &OutgoingMessage) -> Result<()>;
    /// Up to `limit` queued messages, the one that is due first.
    async fn next_messages(&mut self, limit: u32) -> Result<Vec<QueuedMessage>>;
    /// Counts an attempt and sets when to try again.
    async fn postpone_message(&mut self, id: i64, next_try_at: i64) -> Result<()>;
    /// Forgets a message that has left, or never will.
    async fn remove_message(&mut self, id: i64) -> Result<()>;
}

/// A message that waits. Times are real time, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMessage {
    /// Names it; the earlier is smaller.
    pub id: i64,
    /// What and to whom.
    pub message: OutgoingMessage,
    /// When it was queued.
    pub created_at: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is due.
    pub next_try_at: i64,
}
