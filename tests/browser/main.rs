//! The portal in a real browser against the real server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod callbacks;
mod complaint;
mod conversation;
mod desk_away;
mod elsewhere;
mod embed;
mod everybody;
mod following;
mod for_engineers;
mod handed_over;
mod in_a_frame;
mod instruments;
mod kept;
mod keyboard;
mod paper;
mod promises;
mod providers;
mod questions;
mod setting;
mod start;
mod surveys;
mod taken_along;
mod unseen;
mod unsent;
