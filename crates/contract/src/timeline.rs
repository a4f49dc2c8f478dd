//! The timeline of a request, oldest entry first.

use crate::{
    Instant,
    attachment::Attachment,
    id::TimelineItemId,
    request::{Outcome, Status, StepKey, WaitingOn},
};
use serde::{Deserialize, Serialize};

words! {
    /// On which side somebody is.
    Role {
        /// A customer.
        Customer = "customer",
        /// Somebody at the desk.
        Agent = "agent",
        /// The software.
        System = "system",
        /// A partner.
        ThirdParty = "third_party",
    }
}

words! {
    /// How a text is written.
    TextFormat {
        /// Plain text; line breaks count.
        Text = "text",
        /// HTML, sanitised by the server and again by the portal.
        Html = "html",
    }
}

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Author {
    /// On which side.
    pub role: Role,
    /// What to call them.
    pub name: String,
    /// True for the one who asks.
    #[serde(default)]
    pub me: bool,
}

/// A text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Body {
    /// How it is written.
    pub format: TextFormat,
    /// What it says.
    pub value: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineItem {
    /// Names the entry.
    pub id: TimelineItemId,
    /// When it happened.
    pub at: Instant,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// Somebody wrote.
    Message {
        /// Who.
        author: Author,
        /// What.
        body: Body,
        /// With which files.
        #[serde(default)]
        attachments: Vec<Attachment>,
    },
    /// The status changed.
    Status {
        /// Before; `None` for the first.
        from: Option<Status>,
        /// After.
        to: Status,
        /// Whose turn it is now.
        waiting_on: Option<WaitingOn>,
        /// How it ended.
        outcome: Option<Outcome>,
        /// Why, in the desk's or the customer's words.
        explanation: Option<String>,
    },
    /// A step was reached.
    Step {
        /// Which.
        key: StepKey,
        /// Its name in the language of the answer.
        label: String,
    },
    /// The customer changed what was sent.
    Edited,
    /// Something that this version does not know; shown neutrally.
    #[serde(other)]
    Unknown,
}
