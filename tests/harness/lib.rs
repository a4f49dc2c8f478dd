//! What every end-to-end test needs: the real server, a real browser, a proxy that loses things, and
//! clients for the ticket API and the desk.
//!
//! Nothing here is a stub of the product. A wait is always a poll with a deadline, and a failure is a
//! panic that says what was seen instead.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

pub mod api;
pub mod browser;
pub mod conform;
pub mod customer;
pub mod example;
pub mod framed;
pub mod gallery;
pub mod host;
pub mod journeys;
pub mod mailbox;
pub mod oidc;
pub mod ordeals;
pub mod page;
pub mod proxy;
pub mod questions;
pub mod request_tracker;
pub mod seed;
mod self_signed;
pub mod server;
pub mod site;
mod wait;
pub mod words;

pub use api::{Api, Call, Reply};
pub use browser::{Browser, Look, Window};
pub use customer::{Codes, Customer};
pub use example::Example;
pub use page::{Found, Name, Page};
pub use proxy::{Fault, FaultProxy, Plan};
pub use request_tracker::{DeskFault, DeskTicket, RequestTracker};
pub use seed::seed;
pub use self_signed::self_signed;
pub use server::{Options, Server};
pub use site::StaticSite;
pub use wait::{PATIENCE, until};
pub use words::{Language, Words};

use std::path::PathBuf;

/// Makes HTTP clients possible, see `Cargo.toml`. Called before each is made; only the first call does something.
pub(crate) fn prepare_tls() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // It can only be there already.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
    });
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the checkout")
        .to_owned()
}

/// A tool that set-up installs: the path in the environment variable `name`, or else `fallback`, which
/// is taken from the root of the checkout when it is relative.
pub fn tool(name: &str, fallback: &str) -> PathBuf {
    std::env::var_os(name).map_or_else(|| root().join(fallback), PathBuf::from)
}
