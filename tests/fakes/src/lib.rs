//! Fakes of ticket systems that cannot be installed for a test: Zammad, Zendesk, Jira Service Management, Freshdesk
//! and Open311 GeoReport v2.
//!
//! Each is written from the maker's public documentation, none is the real system, and none was compared with it: a
//! test that passes here shows that a connector keeps to the documented shapes, and no more. Each module says what it
//! was written from and where the documentation is silent.
//!
//! A fake listens on a free port of the loopback, holds everything in memory, records every call, and on request does
//! what real desks do at the worst moment, see [`Fault`]. The test is the agent at the desk: it answers, sets the
//! status and counts what the desk holds through [`Fake`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod desk;
mod exchange;
mod fake;
mod fault;
mod freshdesk;
mod jira;
mod open311;
mod query;
mod serve;
mod zammad;
mod zendesk;

pub use desk::{Due, File, Message, Role, Ticket, User};
pub use exchange::{Call, Part};
pub use fake::Fake;
pub use fault::Fault;
