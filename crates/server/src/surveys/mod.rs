//! Surveys: what the company asks whom ([`programme`]), the [`gates`] before somebody is asked, the rounds and
//! reminders that somebody has to look at the clock for ([`keeper`]), what is asked and answered ([`questionnaire`])
//! with [`files`] too, and what comes out ([`results`]). `portico_survey` knows questionnaires and formulas; nothing here does.

pub mod files;
pub mod gates;
pub mod keeper;
pub mod period;
pub mod programme;
pub mod questionnaire;
pub mod results;

pub use programme::Programme;
pub use questionnaire::Questionnaire;
