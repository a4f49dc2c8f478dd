//! What the company did about what customers said.

use super::{Access, Failure, call::get, path};
use portico_contract::{id::RequestId, list::Items, survey::Measure};

/// All of it, the newest first.
///
/// # Errors
/// See [`Failure`].
pub async fn all() -> Result<Vec<Measure>, Failure> {
    let all: Items<Measure> = get("/measures", &Access::Nobody).await?;
    Ok(all.items)
}

/// What is about requests of this kind.
///
/// # Errors
/// See [`Failure`].
pub async fn of(request: &RequestId) -> Result<Vec<Measure>, Failure> {
    let about = path("/requests/{}/measures", request.as_str());
    let all: Items<Measure> = get(&about, &Access::to(request)).await?;
    Ok(all.items)
}
