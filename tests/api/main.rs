//! The ticket API and the desk over HTTP, against the real server: every rule that a schema cannot say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod bad_input;
mod calendar;
mod cli;
mod company;
mod conform;
mod delivery;
mod desk_troubles;
mod events;
mod exactly_once;
mod followers;
mod gateway;
mod host_token;
mod instruments;
mod life;
mod limits;
mod lists;
mod notices;
mod oidc;
mod promises;
mod rules;
mod schema;
mod sessions;
mod site;
mod strangers;
mod survey;
mod surveys;
mod tracking;
mod uploads;
