//! Following one request without an account.

use super::{
    once::{Answer, Key, Once, once_as},
    posted::Posted,
    session::{self, VISITOR},
};
use crate::{
    clock::real_now,
    http::actor::token_hash,
    limits::{self, Client, Rule},
    problem::ApiError,
    secret,
    state::App,
    store::records::SessionOf,
};
use axum::{extract::State, http::StatusCode, response::Response};
use portico_contract::{
    code::{QueryCode, Reference},
    id::RequestId,
    session::{Track, TrackLink, TrackToken},
};

/// By reference and query code. Whether the reference is unknown, the code wrong or either no code at all, the
/// answer is the same after the same work, and counts the same.
pub async fn by_code(
    State(app): State<App>,
    client: Client,
    posted: Posted,
) -> Result<Response, ApiError> {
    let asked: Track = posted.json()?;
    let turning = match once_as(&app, VISITOR, &posted, Key::Accepted).await? {
        Once::Replay(answer) => return Ok(answer),
        Once::New(turning) => turning,
    };
    let reference = Reference::parse(&asked.reference);
    let counted_under =
        reference.map_or_else(|_| asked.reference.trim().to_lowercase(), |r| r.to_string());
    // What cannot be a reference is looked up like one.
    let looked_up = reference.unwrap_or_else(|_| Reference::from_random(0));

    // Counted before it is tried: of a hundred at the same moment, no more than the limit are tried.
    let mut tx = app.store.write().await?;
    let by_client =
        limits::count(&app, &mut *tx, Rule::WrongCodesPerClient, client.as_str()).await?;
    let by_reference =
        limits::count(&app, &mut *tx, Rule::WrongCodesPerReference, &counted_under).await?;
    let found = tx.query_hash(looked_up).await?;
    tx.commit().await?;

    let (request, kept) = found.filter(|_| reference.is_ok()).unzip();
    let typed = QueryCode::parse(&asked.query_code).map(|code| code.to_string());
    let matches = secret::password_matches(&app, typed.unwrap_or_default(), kept.flatten()).await?;
    let request = request
        .filter(|_| matches)
        .ok_or_else(ApiError::not_found)?;

    let mut tx = app.store.write().await?;
    by_client.take_back(&mut *tx).await?;
    by_reference.take_back(&mut *tx).await?;
    let answer = open(&app, &mut *tx, &request).await?;
    turning.commit(tx, answer, Some(&request)).await
}

/// By the link in an e-mail. It needs no limit: its token cannot be guessed. It is also the owner's way in while a
/// stranger keeps the limit of the reference exhausted.
pub async fn by_link(State(app): State<App>, posted: Posted) -> Result<Response, ApiError> {
    let asked: TrackLink = posted.json()?;
    let turning = match once_as(&app, VISITOR, &posted, Key::Accepted).await? {
        Once::Replay(answer) => return Ok(answer),
        Once::New(turning) => turning,
    };
    let mut tx = app.store.write().await?;
    let found = tx
        .link(&token_hash(&asked.token), real_now().timestamp_millis())
        .await?;
    let request = found.ok_or_else(ApiError::not_found)?;
    let answer = open(&app, &mut *tx, &request).await?;
    turning.commit(tx, answer, Some(&request)).await
}

async fn open(
    app: &App,
    tx: &mut dyn crate::store::Tx,
    request: &RequestId,
) -> Result<Answer, ApiError> {
    let (token, expires_at) =
        session::open(app, tx, SessionOf::Tracker(request.clone()), None).await?;
    Answer::json(
        StatusCode::OK,
        &TrackToken {
            token,
            expires_at,
            request_id: request.clone(),
        },
    )
}
