//! `/promises`: what would be promised, and how a date was counted.

use super::{
    Access, Failure,
    call::{call, get},
    path,
};
use crate::route::encode;
use portico_contract::{
    id::RequestId,
    promise::{Preview, PreviewRequest, Promise, PromiseDay, Standards},
};

/// What is promised to everybody, in the language on screen.
///
/// # Errors
/// See [`Failure`].
pub async fn standards() -> Result<Standards, Failure> {
    get("/promises", &Access::Nobody).await
}

/// What would be promised if this were sent now, in the order in which it is due.
///
/// # Errors
/// See [`Failure`].
pub async fn preview(request: &PreviewRequest) -> Result<Vec<Promise>, Failure> {
    let reply = call("POST", "/promises/preview").json(request).once();
    let preview: Preview = reply.await?.read()?;
    Ok(preview.promises)
}

/// The days of a promise, with the reason of each.
///
/// # Errors
/// See [`Failure`].
pub async fn days(id: &RequestId, key: &str) -> Result<Vec<PromiseDay>, Failure> {
    let base = path("/requests/{}/promises/", id.as_str());
    get(&format!("{base}{}/days", encode(key)), &Access::to(id)).await
}
