//! A module per page. Pages never import each other.

pub mod callback;
pub mod help;
pub mod home;
pub mod not_found;
pub mod receipt;
pub mod request;
pub mod requests;
pub mod sent;
pub mod service;
pub mod sign_in;
pub mod submit;
// A program of its own has it.
#[cfg_attr(not(feature = "survey"), allow(dead_code))]
pub mod survey;
pub mod track;
