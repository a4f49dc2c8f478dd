//! Surveys: what a link opens, keeping a draft, sending the answers. The token in the address is the only proof.

use super::{
    Access, Failure,
    call::{call, get},
    path,
};
use portico_contract::survey::{Survey, SurveyAnswers};
use portico_survey::Value;

/// What the link opens.
///
/// # Errors
/// `not_found` when it opens nothing.
pub async fn read(token: &str) -> Result<Survey<Value>, Failure> {
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
) -> Result<Survey<Value>, Failure> {
    call("POST", path("/surveys/{}/response", token))
        .access(Access::Nobody)
        .header("Idempotency-Key", key)
        .json(answers)
        .once()
        .await?
        .read()
}
