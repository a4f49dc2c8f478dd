//! `/track`: following one request by its reference and query code. Pages use `state::tracking`.

use super::{Failure, access, call::call};
use portico_contract::{
    id::RequestId,
    session::{Track, TrackToken},
};

/// Trades reference and query code for a token, and keeps it.
///
/// # Errors
/// See [`Failure`]; wrong and unknown are the same `not_found`.
pub async fn open(reference: &str, query_code: &str) -> Result<RequestId, Failure> {
    let track = Track {
        reference: reference.to_owned(),
        query_code: query_code.to_owned(),
    };
    let token: TrackToken = call("POST", "/track").json(&track).once().await?.read()?;
    keep(&token.request_id, &token.token);
    Ok(token.request_id)
}

/// Keeps a token that came with a link.
pub fn keep(request: &RequestId, token: &str) {
    access::keep_tracking(request, token);
}

/// Whether this request is followed by a token.
pub fn is_kept(request: &RequestId) -> bool {
    access::Access::to(request) != access::Access::Account
}

/// Forgets the token.
pub fn forget(request: &RequestId) {
    access::forget_tracking(request);
}
