//! The ticket API contract, version 1: the types that travel between the portal and any server of the
//! contract, the codes people read aloud, and the rules of a request's life.
//!
//! Reading is lenient (unknown fields are ignored, unknown words decode to `Unknown`), so that an older
//! portal works with a newer server. What a client sends is read strictly ([`strict`]).

#[macro_use]
mod words;

pub mod announcement;
pub mod attachment;
pub mod code;
pub mod config;
pub mod event;
pub mod form;
pub mod id;
mod instant;
pub mod lifecycle;
pub mod list;
pub mod locale;
pub mod number;
pub mod problem;
pub mod promise;
pub mod request;
pub mod session;
pub mod submission;
pub mod survey;
pub mod theme;
pub mod timeline;

pub use instant::Instant;
pub use words::{Word, strict};

/// The path under which every resource of this version lives.
pub const BASE_PATH: &str = "/portal/v1";
