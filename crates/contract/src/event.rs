//! What changed, live.

use crate::{
    Instant,
    id::{EventId, RequestId},
};
use serde::{Deserialize, Serialize};

words! {
    /// What an event is about.
    EventKind {
        /// A request changed, or has a new entry.
        RequestChanged = "request_changed",
        /// There is a new announcement, or one was taken back.
        AnnouncementsChanged = "announcements_changed",
    }
}

/// One event. In the stream of `/events` its `id` is the SSE id, its `kind` the SSE event, and this the data;
/// the SSE event `reset` says that events were missed and everything is to be fetched anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Where to go on after it. Increases.
    pub id: EventId,
    /// What it is about.
    pub kind: EventKind,
    /// Which request; `None` where it is about none.
    #[serde(default)]
    pub request_id: Option<RequestId>,
    /// When.
    pub at: Instant,
}

/// The answer of `/changes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// The events after `since`, in order.
    pub items: Vec<Event>,
    /// What to send as `since` next time.
    pub next: EventId,
    /// Events were missed: fetch everything anew.
    pub reset: bool,
}
