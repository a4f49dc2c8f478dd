//! `/drafts/{key}`: what a customer is writing, where the browser keeps nothing.

use super::{actor::Actor, posted::Posted};
use crate::{
    clock::real_now,
    problem::{ApiError, Fault},
    state::App,
};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use portico_contract::{
    id::CustomerId,
    problem::{FieldProblem, ProblemCode},
};
use serde_json::{Map, Value};

/// Bytes of a key.
const KEY_MAX: usize = 200;
/// Bytes of a draft as JSON: the longest text, with every character escaped, and as much again around it.
const BODY_MAX: usize = 256 * 1024;
/// How many a customer has; the oldest go.
const MOST: u32 = 20;

fn customer(actor: Actor) -> Result<CustomerId, ApiError> {
    match actor {
        Actor::Customer(id) => Ok(id),
        Actor::Anonymous => Err(ApiError::new(ProblemCode::Unauthenticated)),
        Actor::Tracker(_) => Err(ApiError::new(ProblemCode::Forbidden)),
    }
}

/// What names a draft.
///
/// # Errors
/// 404 for what is too long to name one.
fn name(key: String) -> Result<String, ApiError> {
    match key.len() <= KEY_MAX {
        true => Ok(key),
        false => Err(ApiError::not_found()),
    }
}

/// The draft, as it was sent.
pub async fn one(
    State(app): State<App>,
    actor: Actor,
    Path(key): Path<String>,
) -> Result<Response, ApiError> {
    let (of, key) = (customer(actor)?, name(key)?);
    let now = real_now().timestamp_millis();
    let draft = app.store.read().await?.kept_draft(&of, &key, now).await?;
    let draft = draft.ok_or_else(ApiError::not_found)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], draft).into_response())
}

/// Keeps it, whatever object it is.
pub async fn keep(
    State(app): State<App>,
    actor: Actor,
    Path(key): Path<String>,
    posted: Posted,
) -> Result<StatusCode, ApiError> {
    let (of, key) = (customer(actor)?, name(key)?);
    let draft: Map<String, Value> = posted.json()?;
    let body = Value::Object(draft).to_string();
    if body.len() > BODY_MAX {
        return Err(ApiError::new(ProblemCode::PayloadTooLarge));
    }
    if body.contains("\\u0000") {
        return Err(ApiError::validation(vec![Fault::at(
            "",
            FieldProblem::Pattern,
        )]));
    }
    let hours = i64::from(app.settings.sessions.idle_hours);
    let ends = (real_now() + TimeDelta::hours(hours)).timestamp_millis();
    let mut tx = app.store.write().await?;
    tx.put_draft(&of, &key, &body, ends, MOST).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets it; one that is not there is no error.
pub async fn forget(
    State(app): State<App>,
    actor: Actor,
    Path(key): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (of, key) = (customer(actor)?, name(key)?);
    let mut tx = app.store.write().await?;
    tx.delete_draft(&of, &key).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
