//! Questionnaires in SurveyJS JSON: their definition, their expressions, the running survey and the scores of answers.
//!
//! Pure: no clock, no network, no file; what a function needs to know of time comes in as a [`Clock`].

pub mod expression;
pub mod value;

pub use expression::{Clock, Expression, Name, ParseError, Scope, Utc};
pub use value::{Object, Value};
