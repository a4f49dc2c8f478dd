//! `/track`: following one request by its reference and query code. Pages use `state::tracking`.

use super::{Failure, access, call::call};
use portico_contract::{
    id::RequestId,
    session::{Track, TrackLink, TrackToken},
};
use serde::Serialize;

/// Trades reference and query code for a token, and keeps it.
///
/// # Errors
/// See [`Failure`]; wrong and unknown are the same `not_found`.
pub async fn open(reference: &str, query_code: &str) -> Result<RequestId, Failure> {
    let track = Track {
        reference: reference.to_owned(),
        query_code: query_code.to_owned(),
    };
    trade("/track", &track).await
}

/// Trades the token of a link in an e-mail for a token, and keeps that.
///
/// # Errors
/// See [`Failure`]; `not_found`: the link has ended.
pub async fn open_link(token: &str) -> Result<RequestId, Failure> {
    let link = TrackLink {
        token: token.to_owned(),
    };
    trade("/track/link", &link).await
}

async fn trade(path: &str, by: &impl Serialize) -> Result<RequestId, Failure> {
    let token: TrackToken = call("POST", path).json(by).once().await?.read()?;
    access::keep_tracking(&token.request_id, &token.token);
    Ok(token.request_id)
}

/// Whether this request is followed by a token.
pub fn is_kept(request: &RequestId) -> bool {
    access::Access::to(request) != access::Access::Account
}

/// Forgets the token.
pub fn forget(request: &RequestId) {
    access::forget_tracking(request);
}
