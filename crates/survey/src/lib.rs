//! Questionnaires in SurveyJS JSON: their definition, their expressions, the running survey and the scores of answers.
//!
//! Pure: no clock, no network, no file; what a function needs to know of time comes in as a [`Clock`].

pub mod definition;
mod ecma;
pub mod expression;
mod names;
mod pattern;
pub mod report;
pub mod run;
pub mod score;
pub mod signature;
pub mod value;

pub use definition::Definition;
pub use expression::{Clock, Expression, Name, ParseError, Scope, Utc};
pub use report::{Finding, Report, Severity};
pub use run::Survey;
pub use value::{Object, Value};
