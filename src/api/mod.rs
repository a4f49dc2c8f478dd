//! The client of the contract, a module per resource; the only place that knows URLs, headers and retries.
//!
//! Reading calls try again by themselves as long as a customer waits; writing calls are made once, and what must
//! arrive goes through `state::outbox`. All give [`Failure`], which `i18n::failure` puts into words.
//!
//! Components read through [`Query`], which fetches anew when a signal that it read (or the language) changes, ends
//! the call that is no longer wanted, and holds what there is to show as a [`Load`].

mod access;
pub mod announcements;
pub mod attachments;
mod call;
pub mod callbacks;
pub mod config;
pub mod drafts;
pub mod event_stream;
pub mod events;
mod failure;
pub mod measures;
pub mod promises;
mod query;
pub mod request_types;
pub mod requests;
pub mod retry;
pub mod session;
pub mod submissions;
pub mod surveys;
pub mod track;

pub use access::Access;
pub use failure::Failure;
pub use query::{Load, Query};

use crate::route::encode;

/// `"/requests/{id}/timeline"` with an id in the place of `{}`.
fn path(pattern: &str, id: &str) -> String {
    let (before, after) = pattern.split_once('{').unwrap_or((pattern, ""));
    format!("{before}{}{}", encode(id), after.trim_start_matches('}'))
}
