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
#[serde(from = "Flat")]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    Unknown,
}

/// An entry as it travels, every member of every kind side by side: read without the buffer that a flattened tagged
/// union needs, which costs the portal several kilobytes.
#[derive(Deserialize)]
struct Flat {
    id: TimelineItemId,
    at: Instant,
    kind: String,
    author: Option<Author>,
    body: Option<Body>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    from: Option<Status>,
    to: Option<Status>,
    waiting_on: Option<WaitingOn>,
    outcome: Option<Outcome>,
    explanation: Option<String>,
    key: Option<StepKey>,
    label: Option<String>,
}

impl From<Flat> for TimelineItem {
    /// What misses something that its kind needs is as unknown as a kind that is not known.
    fn from(flat: Flat) -> Self {
        let entry = match (
            flat.kind.as_str(),
            flat.author,
            flat.body,
            flat.to,
            flat.key,
            flat.label,
        ) {
            ("message", Some(author), Some(body), ..) => Entry::Message {
                author,
                body,
                attachments: flat.attachments,
            },
            ("status", _, _, Some(to), ..) => Entry::Status {
                from: flat.from,
                to,
                waiting_on: flat.waiting_on,
                outcome: flat.outcome,
                explanation: flat.explanation,
            },
            ("step", _, _, _, Some(key), Some(label)) => Entry::Step { key, label },
            ("edited", ..) => Entry::Edited,
            _ => Entry::Unknown,
        };
        Self {
            id: flat.id,
            at: flat.at,
            entry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_new_is_unknown() {
        let json = |kind: &str| {
            serde_json::json!({"id": "1", "at": "2026-02-03T04:05:06+08:00", "kind": kind,
            "author": {"role": "agent", "name": "Ning"}, "body": {"format": "text", "value": "Hello"},
            "to": "open", "key": "assessed", "label": "Assessed", "new": 1})
        };
        for kind in ["message", "status", "step", "edited"] {
            let item: TimelineItem = serde_json::from_value(json(kind)).unwrap();
            assert_ne!(item.entry, Entry::Unknown, "{kind}");
            let written = serde_json::to_value(&item).unwrap();
            assert_eq!(written["kind"], kind);
            assert_eq!(
                serde_json::from_value::<TimelineItem>(written).unwrap(),
                item
            );
        }
        for value in [
            json("prophecy"),
            serde_json::json!({"id": "1", "at": "2026-02-03T04:05:06Z", "kind": "message"}),
        ] {
            assert_eq!(
                serde_json::from_value::<TimelineItem>(value).unwrap().entry,
                Entry::Unknown
            );
        }
    }
}
