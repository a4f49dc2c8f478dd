//! Surveys: what a link opens, what is sent, and what was done about the answers.
//!
//! Definitions and answers are SurveyJS JSON; `J` is the JSON of whoever reads or writes.

use crate::{
    Instant,
    code::Reference,
    id::{MeasureId, RequestId},
    request::{Kind, SurveyState, TypeName},
};
use serde::{Deserialize, Serialize};

/// The closed request that a survey is about: enough to know which one, and no more, because the link opens nothing but
/// the survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SurveyRequest {
    /// For the API.
    pub id: RequestId,
    /// For people.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub reference: Reference,
    /// The same across companies.
    pub kind: Kind,
    /// The company's own.
    #[serde(rename = "type")]
    pub request_type: TypeName,
}

/// `GET /surveys/{token}`: what a link opens. Reading it records nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Survey<J> {
    /// `offered`, `answered` or `expired`; never `not_offered`.
    pub state: SurveyState,
    /// The questionnaire in SurveyJS JSON, as it was when the customer was asked; `None` when the time is over.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub definition: Option<J>,
    /// The answers by question: the draft where one was kept, else what was sent; `None` when the time is over.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub data: Option<J>,
    /// Until when it can be answered, and an answer be changed.
    pub editable_until: Option<Instant>,
    /// The request that it is about; `None` for a campaign.
    pub request: Option<SurveyRequest>,
    /// Nothing links the answers with who gave them.
    #[serde(default)]
    pub anonymous: bool,
}

/// `PUT /surveys/{token}/draft` and `POST /surveys/{token}/response`: all answers by question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SurveyAnswers<J> {
    /// An object by question name.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: J,
}

/// `POST /requests/{id}/survey-link`: a fresh way into the survey of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SurveyLink {
    /// Opens this survey and nothing else: `/surveys/{token}`.
    pub token: String,
    /// When it no longer does.
    pub expires_at: Instant,
}

/// What the company did about what customers said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measure {
    /// Names it.
    pub id: MeasureId,
    /// What customers said, in the language of the answer.
    pub said: String,
    /// What was done, in the language of the answer.
    pub did: String,
    /// Which kinds of request it is about; empty: all.
    pub kinds: Vec<Kind>,
    /// When it was published.
    pub published_at: Instant,
}
