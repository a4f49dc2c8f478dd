//! What the pages share: nothing here draws anything.

pub mod config;

/// Begins to fetch and to watch. Called once, inside the application's reactive owner.
pub fn start() {
    config::start();
}
