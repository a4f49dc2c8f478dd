//! The timeline of a request, oldest entry first.

use crate::{
    Instant,
    attachment::Attachment,
    id::TimelineItemId,
    promise::PromiseChange,
    request::{Action, Class, Grade, Outcome, Status, StepKey, WaitingOn},
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
    /// What became of a proposal.
    ProposalAnswer {
        /// Agreed.
        Accepted = "accepted",
        /// Did not agree.
        Declined = "declined",
        /// Not asked any more: a later proposal took its place.
        Replaced = "replaced",
        /// Not asked any more: the case ended before there was an answer.
        Lapsed = "lapsed",
    }
}

words! {
    /// What became of somebody who follows.
    FollowerEvent {
        /// The customer let them.
        Added = "added",
        /// The customer took them out.
        Removed = "removed",
        /// They stopped by themselves.
        Left = "left",
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
    /// Something happened to a promise.
    Promise {
        /// Which.
        key: String,
        /// Its name in the language of the answer.
        label: String,
        /// What happened.
        change: PromiseChange,
        /// When it is due now.
        due_at: Option<Instant>,
        /// Why, in the desk's words.
        reason: Option<String>,
    },
    /// The desk proposed a solution.
    Proposal {
        /// What it proposed.
        text: String,
        /// What became of it; `None` while it waits.
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
        /// Why, in the desk's words.
        reason: Option<String>,
    },
    /// Somebody follows, or does no longer.
    Follower {
        /// Their address; `None` for who follows and is somebody else.
        email: Option<String>,
        /// What became of them.
        event: FollowerEvent,
    },
    /// The customer asked for more than an answer: chase, escalate, review.
    Asked {
        /// What.
        action: Action,
        /// In which words.
        comment: Option<String>,
        /// Whom it went to, in the language of the answer.
        target: Option<String>,
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
        /// 0 to 100: the weighted index of what was rated; `None` where nothing was.
        score: Option<f64>,
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
    key: Option<String>,
    label: Option<String>,
    change: Option<PromiseChange>,
    due_at: Option<Instant>,
    reason: Option<String>,
    text: Option<String>,
    answer: Option<ProposalAnswer>,
    comment: Option<String>,
    action: Option<Action>,
    target: Option<String>,
    grade: Option<Grade>,
    class: Option<Class>,
    email: Option<String>,
    event: Option<FollowerEvent>,
    topic: Option<String>,
    preferred_at: Option<Instant>,
    score: Option<f64>,
    done_at: Option<Instant>,
}

impl From<Flat> for TimelineItem {
    /// What misses something that its kind needs is as unknown as a kind that is not known.
    fn from(flat: Flat) -> Self {
        let (id, at) = (flat.id.clone(), flat.at);
        Self {
            id,
            at,
            entry: flat.entry().unwrap_or(Entry::Unknown),
        }
    }
}

impl Flat {
    fn entry(self) -> Option<Entry> {
        Some(match self.kind.as_str() {
            "message" => Entry::Message {
                author: self.author?,
                body: self.body?,
                attachments: self.attachments,
            },
            "status" => Entry::Status {
                from: self.from,
                to: self.to?,
                waiting_on: self.waiting_on,
                outcome: self.outcome,
                explanation: self.explanation,
            },
            "step" => Entry::Step {
                key: StepKey::from_word(&self.key?),
                label: self.label?,
            },
            "promise" => Entry::Promise {
                key: self.key?,
                label: self.label?,
                change: self.change?,
                due_at: self.due_at,
                reason: self.reason,
            },
            "proposal" => Entry::Proposal {
                text: self.text?,
                answer: self.answer,
                comment: self.comment,
            },
            "graded" => Entry::Graded {
                grade: self.grade?,
                class: self.class?,
                reason: self.reason,
            },
            "follower" => Entry::Follower {
                email: self.email,
                event: self.event?,
            },
            "asked" => Entry::Asked {
                action: self.action?,
                comment: self.comment,
                target: self.target,
            },
            "callback" => Entry::Callback {
                topic: self.topic?,
                preferred_at: self.preferred_at?,
                done_at: self.done_at,
            },
            "survey" => Entry::Survey { score: self.score },
            "edited" => Entry::Edited,
            _ => return None,
        })
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
            "to": "open", "key": "assessed", "label": "Assessed", "change": "late", "text": "A new one",
            "action": "chase", "grade": "urgent", "class": "complex", "event": "added", "topic": "The bill",
            "preferred_at": "2026-02-03T09:00:00+08:00", "new": 1})
        };
        for kind in [
            "message", "status", "step", "promise", "proposal", "graded", "follower", "asked",
            "callback", "survey", "edited",
        ] {
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
