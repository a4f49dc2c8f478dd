//! The client of the contract.

mod failure;

pub use failure::Failure;
