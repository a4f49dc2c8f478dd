//! Surveys: what a link opens, keeping a draft, sending the answers. The token in the address is the only proof.

use super::{
    Access, Failure,
    call::{call, get},
    path,
};
use portico_contract::{Instant, request::SurveyState, survey::SurveyAnswers};
use portico_survey::Value;
use serde::Deserialize;

/// What a link opens, of `portico_contract::survey::Survey` what the page shows: which request it is about stands in the
/// letter.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Survey {
    /// `offered`, `answered` or `expired`.
    pub state: SurveyState,
    /// The questionnaire; `None` when the time is over.
    pub definition: Option<Value>,
    /// The answers by question; `None` when the time is over.
    pub data: Option<Value>,
    /// Until when it can be answered, and an answer be changed.
    pub editable_until: Option<Instant>,
    /// Nothing links the answers with who gave them.
    #[serde(default)]
    pub anonymous: bool,
}

/// What the link opens.
///
/// # Errors
/// `not_found` when it opens nothing.
pub async fn read(token: &str) -> Result<Survey, Failure> {
    get(&path("/surveys/{}", token), &Access::Nobody).await
}

/// Keeps unfinished answers, so that they are there on another device too.
///
/// # Errors
/// Any.
pub async fn keep(token: &str, answers: &SurveyAnswers<Value>) -> Result<(), Failure> {
    call("PUT", path("/surveys/{}/draft", token))
        .access(Access::Nobody)
        .json(answers)
        .once()
        .await?
        .nothing()
}

/// Sends the answers; the same key is the same answer, however often it is sent.
///
/// # Errors
/// Any.
pub async fn send(
    token: &str,
    answers: &SurveyAnswers<Value>,
    key: &str,
) -> Result<Survey, Failure> {
    call("POST", path("/surveys/{}/response", token))
        .access(Access::Nobody)
        .header("Idempotency-Key", key)
        .json(answers)
        .once()
        .await?
        .read()
}
