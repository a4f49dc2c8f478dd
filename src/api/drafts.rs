//! `/drafts`: what is being written, kept by the server where the browser keeps nothing. Of who is signed in alone.

use super::{
    Access, Failure,
    call::{call, get_reply},
    path,
};
use portico_contract::problem::ProblemCode;

/// What was kept under this key, as it was sent; `None`: nothing.
///
/// # Errors
/// See [`Failure`].
pub async fn read(key: &str) -> Result<Option<String>, Failure> {
    match get_reply(&path("/drafts/{}", key), &Access::Account).await {
        Ok(reply) => Ok(Some(reply.text)),
        Err(failure) if failure.code() == Some(ProblemCode::NotFound) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Keeps a JSON object in the place of what was kept.
///
/// # Errors
/// See [`Failure`].
pub async fn keep(key: &str, draft: String) -> Result<(), Failure> {
    let kept = call("PUT", path("/drafts/{}", key)).json_text(draft);
    kept.once().await?.nothing()
}

/// Forgets it.
///
/// # Errors
/// See [`Failure`].
pub async fn forget(key: &str) -> Result<(), Failure> {
    let gone = call("DELETE", path("/drafts/{}", key));
    gone.once().await?.nothing()
}
