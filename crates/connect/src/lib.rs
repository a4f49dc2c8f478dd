//! Connectors to the ticket systems that companies have. One trait, [`Backend`], says what the gateway needs of a desk;
//! each connector speaks one vendor's API over a [`Transport`] that is handed to it, so that faults can be injected and
//! recorded exchanges replayed.
//!
//! A connector keeps nothing and knows no clock but to compare it with the desk's when it is examined. What desks lack (idempotency, query codes, promises, surveys) is the
//! gateway's, in the server.

mod api;
pub mod backend;
pub mod connector;
pub mod django_helpdesk;
mod examination;
mod mapping;
mod multipart;
pub mod redmine;
pub mod request_tracker;
#[cfg(test)]
mod scripted;
mod submitted;
pub mod ticket;
pub mod transport;

pub use backend::{Backend, Capabilities, DeskError};
pub use connector::Connector;
pub use mapping::Meaning;
pub use transport::{Call, Coalescing, Network, Reply, Transport, TransportError};
