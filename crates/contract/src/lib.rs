//! The ticket API contract.
