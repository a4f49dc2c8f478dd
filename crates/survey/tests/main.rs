//! The survey engine against recorded cases, properties and bad input.
#![allow(clippy::unwrap_used, clippy::expect_used)]
mod definitions;
mod expressions;
mod flows;
mod markup;
mod review;
mod scoring;

/// JSON as the engine takes it.
fn json(value: &serde_json::Value) -> portico_survey::Value {
    serde_json::from_value(value.clone()).unwrap()
}
