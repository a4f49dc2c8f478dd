//! The survey engine against recorded cases, properties and bad input.
#![allow(clippy::unwrap_used, clippy::expect_used)]
mod expressions;
mod scoring;
