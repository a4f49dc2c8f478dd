//! What is kept, as the store gives it.

use super::links::Link;
use crate::{
    catalogue::{Localized, StepPlan},
    promises::PromiseRecord,
};
use portico_contract::{
    Instant,
    announcement::AnnouncementKind,
    attachment::Attachment,
    code::Reference,
    form::Answers,
    id::{AnnouncementId, AttachmentId, CustomerId, RequestId, TimelineItemId, TypeId},
    list::Sort,
    locale::Locale,
    promise::PromiseChange,
    request::{Action, Class, Grade, Handler, Kind, Outcome, Status, StepKey, Urgency, WaitingOn},
    session::Channel,
    submission::{Callback, Contact, Context},
    timeline::{FollowerEvent, ProposalAnswer, Role},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// For the API.
    pub id: RequestId,
    /// For people.
    pub reference: Reference,
    /// Whose it is; `None` for a guest's.
    pub customer_id: Option<CustomerId>,
    /// As the sender gave it.
    pub contact: Contact,
    /// In which language to write to the sender.
    pub locale: Locale,
    /// With which form it was made.
    pub type_id: TypeId,
    /// The same across companies.
    pub kind: Kind,
    /// One line.
    pub subject: String,
    /// The first message, for searching.
    pub body: String,
    /// The form's answers; of a file field, the ids of attachments.
    pub fields: Answers,
    /// The names of the files in its file fields.
    pub file_names: BTreeMap<AttachmentId, String>,
    /// Where it stands.
    pub status: Status,
    /// Whose turn it is.
    pub waiting_on: Option<WaitingOn>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The customer's word.
    pub urgency: Urgency,
    /// The desk's word.
    pub grade: Grade,
    /// The desk's word.
    pub class: Class,
    /// Why the desk decided on both, in its words.
    #[serde(default)]
    pub grade_reason: Option<String>,
    /// Who handles it.
    pub handler: Option<Handler>,
    /// How many steps it goes through.
    pub steps: StepPlan,
    /// The step it has come to.
    pub step: StepKey,
    /// When the steps before it were done.
    pub steps_done: BTreeMap<StepKey, Instant>,
    /// The request that this one goes on from.
    pub follow_up_of: Option<RequestId>,
    /// Consents by purpose.
    pub consents: BTreeMap<String, bool>,
    /// What the page around the portal said when it was sent.
    #[serde(default)]
    pub context: Context,
    /// When it was received.
    pub created_at: Instant,
    /// When it last changed, as its customer can see.
    pub updated_at: Instant,
    /// When the desk said that it is done.
    pub resolved_at: Option<Instant>,
    /// When it was finished.
    pub closed_at: Option<Instant>,
    /// The `at` of its last entry; the next one is later.
    pub last_entry_at: Instant,
    /// Up to where its customer has read.
    pub seen_at: Instant,
    /// Grows with every change that its customer can see.
    pub version: u64,
    /// The password hash of the query code.
    pub query_hash: Option<String>,
    /// What was promised.
    #[serde(default)]
    pub promises: Vec<PromiseRecord>,
    /// The customer's tier when it came in.
    #[serde(default)]
    pub tier: Option<String>,
    /// The entry of the last proposal, as long as it waits for an answer.
    #[serde(default)]
    pub proposal: Option<TimelineItemId>,
    /// When the desk last said something.
    #[serde(default)]
    pub answered_at: Option<Instant>,
    /// How often the customer asked since then where it is.
    #[serde(default)]
    pub chases: u32,
    /// When they asked last.
    #[serde(default)]
    pub chased_at: Option<Instant>,
    /// How far it was escalated.
    #[serde(default)]
    pub escalation: Option<EscalationRecord>,
    /// When a second review was asked for.
    #[serde(default)]
    pub reviewed_at: Option<Instant>,
    /// E-mail addresses of who follows it.
    #[serde(default)]
    pub followers: Vec<String>,
    /// Since when it is over, as long as the ledger of surveys does not know of it.
    #[serde(default)]
    pub survey_from: Option<Instant>,
    /// What is with its survey, once one was sent.
    #[serde(default)]
    pub survey: Option<SurveyMark>,
    /// When the customer is to be reminded that it waits for them; `None`: no more.
    #[serde(default)]
    pub customer_remind_at: Option<Instant>,
    /// The ticket behind it, where it lies at another desk than the embedded one.
    #[serde(default)]
    pub link: Option<Link>,
    /// Who reads it follows it; `None` for who it belongs to, and for the desk. Found when read, not kept.
    #[serde(skip)]
    pub following: Option<Following>,
    /// Public entries that its reader has not seen: of the customer, those by others. Counted when read, not kept.
    #[serde(skip)]
    pub unread: u32,
}

/// Somebody who follows a request and reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Following {
    /// Their address.
    pub email: String,
    /// Up to where they have read.
    pub seen_at: Instant,
}

/// What is with the survey of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyMark {
    /// There is a response.
    pub answered: bool,
    /// Until when it can be answered, and the answer changed.
    pub until: Instant,
}

/// How far a request was escalated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationRecord {
    /// The level, from 1.
    pub level: u32,
    /// Since when.
    pub at: Instant,
}

/// Which requests somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A customer's own, what guests sent with an address that the customer has proven, and what they follow.
    Customer(CustomerId),
    /// One request.
    Tracker(RequestId),
    /// All of them.
    Desk,
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// One of these; empty: any.
    pub status: Vec<Status>,
    /// One of these; empty: any.
    pub kind: Vec<Kind>,
    /// Each of these lower-case words is in the subject, the first message or the reference.
    pub words: Vec<String>,
    /// Where words are asked for: or it is this one, however it was typed.
    pub or_reference: Option<Reference>,
    /// Exactly this one.
    pub reference: Option<Reference>,
    /// The order.
    pub sort: Sort,
    /// Items on the page.
    pub limit: u32,
    /// After this one: its time in the list's order in milliseconds, and its id.
    pub after: Option<(i64, String)>,
}

/// A page of requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// In order.
    pub items: Vec<RequestRecord>,
    /// Whether more follow.
    pub more: bool,
    /// On all pages.
    pub total: u64,
}

/// What happened, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// Somebody wrote.
    Message {
        /// What the author is called, where known.
        author: Option<String>,
        /// Plain text.
        body: String,
    },
    /// The status changed.
    Status {
        /// Before.
        from: Option<Status>,
        /// After.
        to: Status,
        /// Whose turn it is now.
        waiting_on: Option<WaitingOn>,
        /// How it ended.
        outcome: Option<Outcome>,
        /// Why, in somebody's words.
        explanation: Option<String>,
        /// Why, as a key of the server's words, where nobody said it.
        note: Option<String>,
    },
    /// A step was reached.
    Step {
        /// Which.
        key: StepKey,
    },
    /// Something happened to a promise.
    Promise {
        /// Which.
        key: String,
        /// Its name.
        label: Localized,
        /// What happened.
        change: PromiseChange,
        /// When it is due now.
        due_at: Option<Instant>,
        /// Why.
        reason: Option<Why>,
    },
    /// The desk proposed a solution.
    Proposal {
        /// What it proposed.
        text: String,
        /// What became of it.
        answer: Option<ProposalAnswer>,
        /// In which words.
        comment: Option<String>,
    },
    /// The desk decided how grave it is and how much work.
    Graded {
        /// How grave.
        grade: Grade,
        /// How much work.
        class: Class,
        /// Why, in its words.
        reason: Option<String>,
    },
    /// Somebody follows, or does no longer.
    Follower {
        /// Their address.
        email: String,
        /// What became of them.
        event: FollowerEvent,
    },
    /// The customer asked for more than an answer.
    Asked {
        /// What.
        action: Action,
        /// In which words.
        comment: Option<String>,
        /// The level that it went to.
        level: Option<u32>,
    },
    /// The customer asked to be rung.
    Callback {
        /// What about.
        topic: String,
        /// When it suits.
        preferred_at: Instant,
        /// When they were rung.
        #[serde(default)]
        done_at: Option<Instant>,
    },
    /// The customer answered the survey.
    Survey {
        /// 0 to 100; `None` where nothing was rated.
        score: Option<f64>,
    },
    /// The customer changed what was sent.
    Edited,
}

/// Why something happened to a promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Why {
    /// In the desk's words.
    Words(String),
    /// As a key of the server's words, where nobody said it.
    Note {
        /// The key.
        note: String,
    },
}

/// An entry of a timeline that is to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    /// Of which request.
    pub request_id: RequestId,
    /// When.
    pub at: Instant,
    /// False for a note of the desk, which never leaves it.
    pub public: bool,
    /// Who did it.
    pub role: Role,
    /// What.
    pub what: Happening,
}

/// An entry of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place.
    pub seq: i64,
    /// Names it.
    pub id: TimelineItemId,
    /// When.
    pub at: Instant,
    /// False for a note of the desk.
    pub public: bool,
    /// Who did it.
    pub role: Role,
    /// What.
    pub what: Happening,
    /// With which files.
    pub attachments: Vec<Attachment>,
}

/// The answer to a submission, sealed under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Who sent it.
    pub actor: String,
    /// SHA-256 of what was sent.
    pub fingerprint: [u8; 32],
    /// The HTTP status.
    pub status: u16,
    /// The request that it made or touched.
    pub request_id: Option<RequestId>,
    /// Real time, in milliseconds since 1970.
    pub accepted_at_millis: i64,
    /// The sealed answer.
    pub sealed: Vec<u8>,
}

/// A customer with an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// Names them.
    pub id: CustomerId,
    /// What to call them.
    pub name: Option<String>,
    /// Proven, in its normal form.
    pub email: Option<String>,
    /// Proven, in its normal form.
    pub phone: Option<String>,
    /// In which language to write to them.
    pub locale: Option<Locale>,
    /// The standard that they are served by.
    pub tier: Option<String>,
    /// When they first came.
    pub created_at: Instant,
}

/// Whose session it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOf {
    /// A customer's.
    Customer(CustomerId),
    /// Somebody's who gave the query code of one request.
    Tracker(RequestId),
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Whose it is.
    pub of: SessionOf,
    /// The provider of OpenID Connect that said so, by its name in the configuration.
    pub provider: Option<String>,
    /// Real time, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// Real time, in milliseconds since 1970.
    pub expires_at_millis: i64,
}

/// Somebody who wants to be rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallbackRecord {
    /// What they were answered.
    #[serde(flatten)]
    pub callback: Callback,
    /// Whom to ring.
    pub contact: Contact,
    /// In which language.
    pub locale: Locale,
    /// The request that it is about, as people call it.
    pub reference: Option<Reference>,
    /// The entry that tells of it in the request's timeline.
    #[serde(default)]
    pub entry: Option<TimelineItemId>,
    /// When they were rung.
    #[serde(default)]
    pub done_at: Option<Instant>,
    /// What the desk noted of it for itself.
    #[serde(default)]
    pub note: Option<String>,
}

/// What all customers are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnouncementRecord {
    /// Names it.
    pub id: AnnouncementId,
    /// What it is about.
    pub kind: AnnouncementKind,
    /// In a line.
    pub title: Localized,
    /// Plain text.
    pub body: Localized,
    /// Since when.
    pub from: Instant,
    /// Until when; `None`: until it is taken back.
    pub until: Option<Instant>,
}

/// A message that is to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// How.
    pub channel: Channel,
    /// An e-mail address or a telephone number.
    pub recipient: String,
    /// Empty for an SMS.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// Where who gets it can leave what it belongs to, with one click of their mail program (RFC 8058).
    pub unsubscribe: Option<String>,
}
