//! `GET /submissions/{key}`: what became of an Idempotency-Key.

use super::{actor::Actor, once::key_hash};
use crate::{clock::real_now, problem::ApiError, state::App, store::records::Scope};
use axum::{
    Json,
    extract::{Path, State},
};
use portico_contract::{Instant, submission::Submission};
use uuid::Uuid;

/// `GET /submissions/{key}`. The key is known to its sender alone; what a customer sent is told to that customer.
pub async fn one(
    State(app): State<App>,
    actor: Actor,
    Path(key): Path<String>,
) -> Result<Json<Submission>, ApiError> {
    let key = Uuid::parse_str(&key).map_err(|_| ApiError::bad_request())?;
    let mut tx = app.store.read().await?;
    let kept = tx
        .kept_answer(&key_hash(&key))
        .await?
        .ok_or_else(ApiError::not_found)?;
    if kept.actor != Actor::Anonymous.name() && kept.actor != actor.name() {
        return Err(ApiError::not_found());
    }
    let request = match &kept.request_id {
        Some(id) => tx.request(id, &Scope::Desk).await?,
        None => None,
    };
    Ok(Json(Submission {
        status: kept.status,
        request_id: kept.request_id,
        reference: request.map(|r| r.reference),
        accepted_at: Instant::from_unix_millis(kept.accepted_at_millis)
            .unwrap_or_else(|| real_now().into()),
    }))
}
