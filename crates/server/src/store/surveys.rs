//! What is kept of surveys: the ledger of invitations, responses, ballots, ways in and out, and measures.

use super::{Result, records::Customer};
use crate::{catalogue::Localized, surveys::programme::Dimension};
use async_trait::async_trait;
use portico_contract::{
    Instant,
    attachment::Attachment,
    id::{AttachmentId, MeasureId, RequestId},
    locale::Locale,
    request::Kind,
    session::Channel,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// SHA-256 of a questionnaire or a token.
pub type Hash = [u8; 32];

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// It is to go out.
    Planned,
    /// The letter was queued.
    Sent,
    /// The customer has begun to answer, or came for it in the portal.
    Shown,
    /// There is a response.
    Answered,
    /// The customer wants no surveys.
    Declined,
    /// It never went out; see [`Skip`].
    Skipped,
}

impl InvitationState {
    /// Its name in the database and in the desk's answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Shown => "shown",
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Skipped => "skipped",
        }
    }
}

/// Why somebody was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// They want no surveys.
    OptedOut,
    /// They were asked about this case before.
    OncePerTicket,
    /// They were asked anything not long ago.
    GlobalGap,
    /// They were asked this not long ago.
    SurveyGap,
    /// The draw left them out.
    Sampling,
    /// The case was reopened before.
    Reopened,
    /// The customer took the case back, or it goes on in another one.
    NotHandled,
    /// There is no address to write to.
    NoAddress,
    /// The survey was taken out of the programme before.
    Ended,
}

/// One invitation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvitationRecord {
    /// Names it.
    pub id: String,
    /// The normal form of the address; empty when there is none.
    pub person: String,
    /// How to write there.
    pub channel: Channel,
    /// In which language.
    pub locale: Locale,
    /// Which survey, as the programme names it.
    pub survey: String,
    /// The request that it is about.
    pub request_id: Option<RequestId>,
    /// The round that it belongs to.
    pub wave_id: Option<String>,
    /// The customer's tier then.
    pub tier: Option<String>,
    /// What became of it.
    pub state: InvitationState,
    /// Why it never went out.
    pub reason: Option<Skip>,
    /// Since when the request that it is about is over: another time means that it was reopened.
    pub resolved_at: Option<Instant>,
    /// When it was put into the ledger.
    pub planned_at: Instant,
    /// When somebody has to look at the clock for it: to send it, or to remind.
    pub due_at: Option<Instant>,
    /// When the letter was queued.
    pub sent_at: Option<Instant>,
    /// When the reminder was.
    pub reminded_at: Option<Instant>,
    /// When it was first answered; never known of an anonymous one.
    pub answered_at: Option<Instant>,
    /// Until when it can be answered, and the answer changed.
    pub until: Option<Instant>,
    /// The questionnaire that it was made with.
    #[serde(with = "hash_text")]
    pub questionnaire: Option<Hash>,
}

/// A round of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaveRecord {
    /// Names it.
    pub id: String,
    /// Whose round it is.
    pub campaign: String,
    /// Which period's; `None` for one that the desk began beside the plan.
    pub period: Option<String>,
    /// Which survey.
    pub survey: String,
    /// When it began.
    pub began_at: Instant,
    /// Until when it can be answered.
    pub until: Instant,
    /// Nothing links its answers with who gave them.
    pub anonymous: bool,
    /// The questionnaire that it was made with.
    #[serde(with = "hash_text")]
    pub questionnaire: Option<Hash>,
}

/// What an anonymous survey is answered on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Which round's.
    pub wave_id: String,
    /// Answers that were not sent, as JSON.
    pub draft: Option<String>,
    /// The answers, as JSON.
    pub data: Option<String>,
}

/// An invitation that went out, with its response.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The invitation.
    pub invitation: InvitationRecord,
    /// The answers, as JSON.
    pub data: Option<String>,
}

/// What was done about what customers said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureRecord {
    /// Names it.
    pub id: MeasureId,
    /// What customers said.
    pub said: Localized,
    /// What was done.
    pub did: Localized,
    /// Which kinds of request it is about; empty: all.
    pub kinds: Vec<Kind>,
    /// When it was published.
    pub published_at: Instant,
}

/// Surveys.
#[async_trait]
pub trait Surveys {
    /// Up to `limit` requests that are over and of which the ledger does not know yet.
    async fn requests_to_survey(&mut self, limit: u32) -> Result<Vec<RequestId>>;
    /// Adds an invitation. [`super::StoreError::Taken`] when the case, or the person in the round, has one already.
    async fn insert_invitation(&mut self, invitation: &InvitationRecord) -> Result<()>;
    /// Replaces an invitation by its id.
    async fn update_invitation(&mut self, invitation: &InvitationRecord) -> Result<()>;
    /// An invitation.
    async fn invitation(&mut self, id: &str) -> Result<Option<InvitationRecord>>;
    /// The one invitation about a request that was not skipped.
    async fn invitation_of(&mut self, request: &RequestId) -> Result<Option<InvitationRecord>>;
    /// Up to `limit` invitations for which somebody has to look at the clock now, the longest due first.
    async fn due_invitations(&mut self, now: Instant, limit: u32) -> Result<Vec<String>>;
    /// All of a round that are to go out.
    async fn planned_of(&mut self, wave: &str) -> Result<Vec<InvitationRecord>>;
    /// When a person was last sent a survey: this one, or any.
    async fn last_sent(&mut self, person: &str, survey: Option<&str>) -> Result<Option<Instant>>;
    /// Those of a survey that went out, with their responses, in no order.
    async fn asked(&mut self, survey: &str) -> Result<Vec<Asked>>;
    /// Up to `limit` invitations of a survey, the newest first, those that were skipped too.
    async fn invitations(&mut self, survey: &str, limit: u32) -> Result<Vec<InvitationRecord>>;
    /// How many of a round became what, and why not.
    async fn wave_outcome(&mut self, wave: &str) -> Result<Vec<(String, Option<Skip>, u32)>>;

    /// Adds a way to an invitation.
    async fn add_survey_link(&mut self, token: &Hash, invitation: &str) -> Result<()>;
    /// Where a token leads.
    async fn invitation_by_link(&mut self, token: &Hash) -> Result<Option<InvitationRecord>>;
    /// The draft of an invitation, as JSON.
    async fn draft(&mut self, invitation: &str) -> Result<Option<String>>;
    /// Keeps a draft, or none.
    async fn set_draft(&mut self, invitation: &str, draft: Option<&str>) -> Result<()>;
    /// The response to an invitation, as JSON.
    async fn response(&mut self, invitation: &str) -> Result<Option<String>>;
    /// Keeps the one response to an invitation.
    async fn put_response(&mut self, invitation: &str, at: Instant, data: &str) -> Result<()>;
    /// Sets the score in the one entry of a request that tells of its survey; false when there is none yet.
    async fn set_survey_score(&mut self, request: &RequestId, score: Option<f64>) -> Result<bool>;

    /// Adds a file of answers; `invitation` is none of an anonymous survey.
    async fn add_survey_file(
        &mut self,
        survey: &str,
        invitation: Option<&str>,
        file: &Attachment,
    ) -> Result<()>;
    /// A file in the answers to a survey.
    async fn survey_file(&mut self, survey: &str, id: &AttachmentId) -> Result<Option<Attachment>>;
    /// Takes a file away.
    async fn remove_survey_file(&mut self, id: &AttachmentId) -> Result<()>;

    /// Keeps the weights of a survey's period, if it has none yet.
    async fn keep_weights(
        &mut self,
        survey: &str,
        period: &str,
        weights: &[Dimension],
    ) -> Result<()>;
    /// The weights of a survey by period.
    async fn weights(&mut self, survey: &str) -> Result<BTreeMap<String, Arc<[Dimension]>>>;

    /// Keeps a questionnaire, if it is not kept already.
    async fn keep_questionnaire(&mut self, hash: &Hash, text: &str) -> Result<()>;
    /// A questionnaire's text.
    async fn questionnaire(&mut self, hash: &Hash) -> Result<Option<String>>;
    /// Adds a round. [`super::StoreError::Taken`] when the campaign had that period's.
    async fn insert_wave(&mut self, wave: &WaveRecord) -> Result<()>;
    /// A round.
    async fn wave(&mut self, id: &str) -> Result<Option<WaveRecord>>;
    /// Whether a campaign has had its round of a period.
    async fn has_wave(&mut self, campaign: &str, period: &str) -> Result<bool>;
    /// The rounds of a survey.
    async fn waves(&mut self, survey: &str) -> Result<Vec<WaveRecord>>;
    /// Every customer with an account, or those of the tiers.
    async fn audience(&mut self, tiers: Option<&[String]>) -> Result<Vec<Customer>>;

    /// Adds a ballot.
    async fn add_ballot(&mut self, token: &Hash, wave: &str) -> Result<()>;
    /// The ballot of a token.
    async fn ballot(&mut self, token: &Hash) -> Result<Option<Ballot>>;
    /// Writes on a ballot.
    async fn mark_ballot(
        &mut self,
        token: &Hash,
        draft: Option<&str>,
        data: Option<&str>,
    ) -> Result<()>;
    /// What was answered in an anonymous round, as JSON, in the order of the hashes, and how many ballots there are.
    async fn ballots(&mut self, wave: &str) -> Result<(u32, Vec<String>)>;

    /// Adds a way out for who got an invitation.
    async fn add_unsubscribe_link(&mut self, token: &Hash, invitation: &str) -> Result<()>;
    /// Who goes out by a token.
    async fn invitation_by_unsubscribe(&mut self, token: &Hash)
    -> Result<Option<InvitationRecord>>;
    /// Whether somebody wants no surveys.
    async fn is_unsubscribed(&mut self, person: &str) -> Result<bool>;
    /// Notes that somebody wants none from now on, or wants them again.
    async fn set_unsubscribed(&mut self, person: &str, at: Option<Instant>) -> Result<()>;

    /// Adds a measure.
    async fn insert_measure(&mut self, measure: &MeasureRecord) -> Result<()>;
    /// Takes a measure back; false when there is none.
    async fn remove_measure(&mut self, id: &MeasureId) -> Result<bool>;
    /// All measures, the newest first.
    async fn measures(&mut self) -> Result<Vec<MeasureRecord>>;
}

mod hash_text {
    use super::Hash;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(super) fn serialize<S: Serializer>(hash: &Option<Hash>, s: S) -> Result<S::Ok, S::Error> {
        hash.map(hex::encode).serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Hash>, D::Error> {
        let Some(text) = Option::<String>::deserialize(d)? else {
            return Ok(None);
        };
        let mut hash = Hash::default();
        hex::decode_to_slice(text, &mut hash).map_err(de::Error::custom)?;
        Ok(Some(hash))
    }
}
