//! What the pages share: nothing here draws anything.
//!
//! - [`config`]: what the server is and can do; [`session`]: who is signed in; [`tracking`]: requests that are followed
//!   without an account;
//! - [`drafts`] and [`uploads`]: what is being written; [`outbox`]: what was sent and may not have arrived;
//! - [`answers`]: what is answered in a survey; [`live`]: what has changed since;
//! - [`host`]: the page around, where the portal is in a frame.

pub mod answers;
pub mod config;
pub mod drafts;
pub mod host;
pub mod live;
pub mod outbox;
pub mod session;
pub mod tracking;
pub mod uploads;

/// Begins to fetch and to watch. Called once, in the owner that lives as long as the application.
pub fn start() {
    config::start();
    if !cfg!(any(feature = "door", feature = "light")) {
        host::start();
    }
    // A survey needs no more.
    if cfg!(feature = "survey") {
        return;
    }
    config::start_catalogue();
    session::start();
    outbox::start();
    live::start();
}
