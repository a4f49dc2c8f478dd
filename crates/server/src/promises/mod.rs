//! What was promised: the company's [`policy`], what it makes of one request ([`ledger`]), and who looks at the clock
//! ([`keeper`]). `portico_promise` counts; nothing here does.

pub mod keeper;
pub mod ledger;
pub mod policy;

pub use ledger::PromiseRecord;
pub use policy::{Event, OutsideBody, Policy, Stamps};
