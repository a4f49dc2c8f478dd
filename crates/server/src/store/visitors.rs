//! What the store keeps of those who come in: sign-in codes, links, limits, uploads, and what they are told of.
//! All times are real time, in milliseconds since 1970.

use super::{Result, records::Scope};
use async_trait::async_trait;
use portico_contract::{
    Instant,
    id::{AttachmentId, RequestId},
};

/// A sign-in code that can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRecord {
    /// Names it.
    pub id: i64,
    /// Its password hash.
    pub hash: String,
}

/// Sign-in codes and the links in e-mails.
#[async_trait]
pub trait SignIn {
    /// Keeps a code for a normal address.
    async fn add_code(&mut self, address: &str, hash: &str, expires_at: i64) -> Result<()>;
    /// The codes for an address that have not ended and were tried fewer than `tries` times.
    async fn live_codes(&mut self, address: &str, tries: u32, now: i64) -> Result<Vec<CodeRecord>>;
    /// Counts one try against each of them, so that a wrong code costs a try wherever it was meant for.
    async fn count_try(&mut self, address: &str) -> Result<()>;
    /// Uses a code up, and with it the others for the same address. False when it was used in the meantime.
    async fn use_code(&mut self, id: i64) -> Result<bool>;
    /// Keeps a link to a request, by the hash of its token.
    async fn add_link(
        &mut self,
        token_hash: &[u8; 32],
        request: &RequestId,
        expires_at: i64,
    ) -> Result<()>;
    /// The request that a link leads to, if the link has not ended.
    async fn link(&mut self, token_hash: &[u8; 32], now: i64) -> Result<Option<RequestId>>;
    /// Lets a session end later.
    async fn extend_session(&mut self, token_hash: &[u8; 32], expires_at: i64) -> Result<()>;
    /// Forgets codes, links, sessions, used tokens and drafts that have ended.
    async fn forget_ended(&mut self, now: i64) -> Result<()>;
}

/// What counts against limits.
#[async_trait]
pub trait Hits {
    /// When the hit of a subject was that has `newer` newer ones; `None` when there is none, or none since `since`.
    async fn hit(
        &mut self,
        rule: &str,
        subject: &[u8; 32],
        newer: u32,
        since: i64,
    ) -> Result<Option<i64>>;
    /// Adds one and returns its name.
    async fn add_hit(&mut self, rule: &str, subject: &[u8; 32], at: i64) -> Result<i64>;
    /// Takes one back.
    async fn remove_hit(&mut self, id: i64) -> Result<()>;
    /// Forgets those before.
    async fn forget_hits(&mut self, before: i64) -> Result<()>;
}

/// A file on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRecord {
    /// SHA-256 of its id, which is a credential.
    pub token_hash: [u8; 32],
    /// Who began it: a hash.
    pub client: [u8; 32],
    /// Its clean name, if it has one.
    pub name: Option<String>,
    /// Bytes in all.
    pub length: u64,
    /// Bytes that are safely on disk.
    pub received: u64,
    /// What it is, when all is there and was accepted.
    pub accepted: Option<Accepted>,
    /// The attachment that it has become.
    pub attachment: Option<AttachmentId>,
    /// When it goes.
    pub expires_at: i64,
}

/// What a whole file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// By its content.
    pub media_type: String,
    /// Of its content, in hexadecimal.
    pub sha256: String,
}

/// Files on their way in.
#[async_trait]
pub trait Uploads {
    /// Adds one.
    async fn insert_upload(&mut self, upload: &UploadRecord) -> Result<()>;
    /// One, even when its time is over.
    async fn upload(&mut self, token_hash: &[u8; 32]) -> Result<Option<UploadRecord>>;
    /// Replaces what becomes known of it: name, bytes received, what it is.
    async fn update_upload(&mut self, upload: &UploadRecord) -> Result<()>;
    /// Makes an accepted upload an attachment. False when it is one already.
    async fn use_upload(
        &mut self,
        token_hash: &[u8; 32],
        attachment: &AttachmentId,
    ) -> Result<bool>;
    /// Takes one away.
    async fn delete_upload(&mut self, token_hash: &[u8; 32]) -> Result<()>;
    /// Bytes that a client has announced and that belong to no message.
    async fn pending_bytes(&mut self, client: &[u8; 32]) -> Result<u64>;
    /// Up to `limit` uploads whose time is over.
    async fn ended_uploads(&mut self, now: i64, limit: u32) -> Result<Vec<UploadRecord>>;
    /// Whether an attachment or an upload has this content.
    async fn has_content(&mut self, sha256: &str) -> Result<bool>;
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Its number; increases.
    pub id: i64,
    /// Which request; `None`: the announcements.
    pub request: Option<RequestId>,
    /// Business time.
    pub at: Instant,
}

/// Events, to be told.
#[async_trait]
pub trait Events {
    /// Up to `limit` events after `after` that the scope covers, oldest first.
    async fn events_after(
        &mut self,
        scope: &Scope,
        after: i64,
        limit: u32,
    ) -> Result<Vec<EventRecord>>;
    /// The number of the newest event that ever was, and of the newest one that is forgotten.
    async fn event_bounds(&mut self) -> Result<(i64, i64)>;
    /// Forgets all but the newest `keep` events.
    async fn forget_events(&mut self, keep: u32) -> Result<()>;
}
