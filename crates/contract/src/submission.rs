//! Sending: a new request, a message, an action; and what comes back.

use crate::{
    Instant,
    attachment::Attachment,
    code::{QueryCode, Reference},
    form::FieldValue,
    id::{FieldId, RequestId, TypeId, UploadId},
    locale::Locale,
    request::{FieldDisplay, Request, TypeName, Urgency},
    session::Channel,
    timeline::TextFormat,
    words::strict,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text as a client sends it: always plain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SentBody {
    /// `text`.
    #[serde(deserialize_with = "strict")]
    pub format: TextFormat,
    /// What it says.
    pub value: String,
}

impl SentBody {
    /// A plain text.
    #[must_use]
    pub fn text(value: impl Into<String>) -> Self {
        Self {
            format: TextFormat::Text,
            value: value.into(),
        }
    }
}

/// How to reach somebody who has no account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What to call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number, in any form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Which of the two they like better.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict"
    )]
    pub preferred: Option<Channel>,
}

/// What the page around the portal says along with a new request, such as which page it is or which product it shows:
/// short texts by name, nothing about a person. Named in lower case letters, digits and `_`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = BTreeMap<String, String>))]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Context(BTreeMap<String, String>);

/// Names that a context may have.
const CONTEXT_COUNT: usize = 20;
/// Characters of a name, and of what stands under it.
const CONTEXT_NAME: usize = 40;
const CONTEXT_TEXT: usize = 500;

impl Context {
    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<BTreeMap<String, String>> for Context {
    type Error = &'static str;

    fn try_from(said: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let named =
            |name: &str| (1..=CONTEXT_NAME).contains(&name.len()) && name.chars().all(known);
        // What stands behind an address may be anything: a search, a way in.
        let bare = |text: &str| !text.contains("://") || !text.contains(['?', '#']);
        let short = |text: &str| (1..=CONTEXT_TEXT).contains(&text.chars().count());
        let plain = |text: &str| !text.contains(|c: char| c.is_control() || c == '@');
        let fits = |(name, text): (&String, &String)| {
            named(name) && short(text) && plain(text) && bare(text)
        };
        match said.len() <= CONTEXT_COUNT && said.iter().all(fits) {
            true => Ok(Self(said)),
            false => Err(
                "up to 20 short texts by name, without e-mail addresses and without what follows an address",
            ),
        }
    }
}

/// `POST /requests`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// Which form.
    pub type_id: TypeId,
    /// One line, up to [`SUBJECT_MAX`] characters.
    pub subject: String,
    /// What it is about, up to [`BODY_MAX`] characters.
    pub body: SentBody,
    /// The form's answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, FieldValue>))]
    pub fields: BTreeMap<FieldId, FieldValue>,
    /// Default: regular.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict"
    )]
    pub urgency: Option<Urgency>,
    /// Finished uploads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachment_ids: Vec<UploadId>,
    /// Required without a session, with an e-mail address or a telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Consents by purpose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consents: BTreeMap<String, bool>,
    /// What the page around the portal says, where the server lists the capability `context`.
    #[serde(default, skip_serializing_if = "Context::is_empty")]
    pub context: Context,
    /// The request that this one goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_of: Option<RequestId>,
    /// In which language to write to the customer. Default: that of the call.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict"
    )]
    pub locale: Option<Locale>,
}

/// Characters that a subject may have.
pub const SUBJECT_MAX: u32 = 200;
/// Characters that a text may have.
pub const BODY_MAX: u32 = 20_000;

/// The answer to [`NewRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Created {
    /// As the backend has it.
    pub request: Request,
    /// Shown this once. `None` when the customer is signed in.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub query_code: Option<QueryCode>,
    /// Proof of what was received.
    #[serde(default)]
    pub receipt: Option<Receipt>,
}

/// Proof of what was received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// [`ReceiptContent`] as canonical JSON (RFC 8785): the very bytes that are signed.
    pub canonical: String,
    /// Ed25519 signature over the bytes of `canonical`, base64.
    pub signature: String,
    /// The server's public key, base64.
    pub public_key: String,
}

/// What a receipt says, in the language in which it was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptContent {
    /// The reference.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub reference: Reference,
    /// When it was received.
    pub received_at: Instant,
    /// Who received it.
    pub received_by: String,
    /// Which form.
    #[serde(rename = "type")]
    pub request_type: TypeName,
    /// As it was sent.
    pub subject: String,
    /// As it was sent.
    pub body: String,
    /// How pressing the customer said it is; `None` in receipts from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// As they were sent.
    pub fields: Vec<FieldDisplay>,
    /// The files, with their hashes.
    pub files: Vec<Attachment>,
}

/// `POST /requests/{id}/messages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// What it says.
    pub body: SentBody,
    /// Finished uploads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachment_ids: Vec<UploadId>,
}

/// `POST /requests/{id}/actions/{confirm,reopen,withdraw,accept_proposal,chase}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// A word with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// `POST /requests/{id}/actions/{decline_proposal,escalate,review}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// Why.
    pub comment: String,
}

/// `POST /requests/{id}/actions/follow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// Who follows.
    pub email: String,
    /// Takes them out again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
}

/// `POST /callbacks`: please ring me.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCallback {
    /// Whom to ring; a telephone number is required.
    pub contact: Contact,
    /// What about, in a line.
    pub topic: String,
    /// When it suits.
    pub preferred_at: Instant,
    /// About this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
}

/// The answer to [`NewCallback`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Callback {
    /// Names it.
    pub id: String,
    /// What about.
    pub topic: String,
    /// Which number is rung.
    pub phone: String,
    /// When it suits.
    pub preferred_at: Instant,
    /// About this request.
    pub request_id: Option<RequestId>,
    /// When it was asked for.
    pub created_at: Instant,
}

/// One of `GET /callbacks/closed-days`: a day on which nobody is rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosedDay {
    /// The date, in the zone of `/config`.
    pub date: NaiveDate,
    /// The holiday's name in the language of the answer.
    pub name: Option<String>,
}

/// `POST /requests/{id}/actions/edit`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<SentBody>,
    /// The form's answers that change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, FieldValue>>))]
    pub fields: Option<BTreeMap<FieldId, FieldValue>>,
}

/// `POST /requests/{id}/seen`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The `at` of the last entry that was shown.
    pub up_to: Instant,
}

/// `GET /submissions/{key}`: what became of an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Submission {
    /// The status of the stored answer, such as 201.
    pub status: u16,
    /// The request that it made or touched.
    pub request_id: Option<RequestId>,
    /// Its reference.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub reference: Option<Reference>,
    /// When it was accepted.
    pub accepted_at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_short_and_says_nothing_about_people() {
        let read = |json: String| serde_json::from_str::<Context>(&json);
        for good in [
            r#"{}"#,
            r#"{"page":"https://www.example.com/pricing","order":"A-17","serial_number":"序號 7"}"#,
        ] {
            assert!(read(good.to_owned()).is_ok(), "{good}");
        }
        let long = "x".repeat(501);
        let many: BTreeMap<_, _> = (0..21).map(|n| (format!("n{n}"), "x")).collect();
        for bad in [
            r#"{"page":"https://www.example.com/?q=ann"}"#.to_owned(),
            r#"{"page":"https://www.example.com/#token"}"#.to_owned(),
            r#"{"who":"ann@example.com"}"#.to_owned(),
            r#"{"order":""}"#.to_owned(),
            r#"{"order":"two\nlines"}"#.to_owned(),
            r#"{"Order":"A-17"}"#.to_owned(),
            r#"{"":"A-17"}"#.to_owned(),
            r#"{"order":17}"#.to_owned(),
            format!(r#"{{"order":"{long}"}}"#),
            format!(r#"{{"{long}":"A-17"}}"#),
            serde_json::to_string(&many).unwrap(),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
