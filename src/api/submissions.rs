//! `/submissions`: what became of an Idempotency-Key.

use super::{Access, Failure, call::call, path};
use portico_contract::{problem::ProblemCode, submission::Submission};

/// What the server did with this key; `None`: it never accepted it.
///
/// # Errors
/// See [`Failure`].
pub async fn read(key: &str, access: &Access) -> Result<Option<Submission>, Failure> {
    let reply = call("GET", path("/submissions/{}", key))
        .access(access.clone())
        .once()
        .await;
    match reply {
        Ok(reply) => reply.read().map(Some),
        Err(failure) if failure.code() == Some(ProblemCode::NotFound) => Ok(None),
        Err(failure) => Err(failure),
    }
}
