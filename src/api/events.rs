//! `/events` and `/changes`: what changed, as a stream or by asking. Pages use `state::live`.

use super::{Access, Failure, call::call};
use crate::{
    browser::http::{Body, Stream},
    route::with_query,
};
use portico_contract::{event::Changes, id::EventId};

/// Seconds for which the server holds the answer back until something changes.
const WAIT: u32 = 25;

/// The stream of events after `last`.
///
/// # Errors
/// See [`Failure`].
pub async fn open(access: &Access, last: Option<&EventId>) -> Result<Stream, Failure> {
    let mut request = call("GET", "/events")
        .access(access.clone())
        .header("Accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last.as_str());
    }
    request.events().await
}

/// The events after `since`; waits a while until there is one.
///
/// # Errors
/// See [`Failure`].
pub async fn changes(access: &Access, since: Option<&EventId>) -> Result<Changes, Failure> {
    let mut pairs = vec![("wait", WAIT.to_string())];
    pairs.extend(since.map(|since| ("since", since.to_string())));
    call("GET", with_query("/changes", &pairs))
        .access(access.clone())
        .bytes(Body::None, (WAIT + 15) * 1_000)
        .once()
        .await?
        .read()
}
