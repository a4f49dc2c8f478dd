//! JSON for serde types in few bytes of code.
//!
//! In the browser `serde_json` costs some 50 KB: errors that say where and why, two ways to read every struct, tables
//! for the last bit of any number. Here a text is read into a [`Value`] by one plain function, and types are made from
//! that; an error says only that it is one ([`Mismatch`]), which is all that the portal does with it.

mod parse;
mod read;
mod write;

use parse::parse;

use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// Any JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object, in the order of the text.
    Object(Vec<(String, Value)>),
}

/// The text is not JSON, or not what the type wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch;

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the JSON that was expected")
    }
}

impl std::error::Error for Mismatch {}

/// Reads a type from a text.
///
/// # Errors
/// [`Mismatch`]
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Mismatch> {
    T::deserialize(parse(text)?)
}

/// Writes a type as JSON. A number that is not finite is `null`; so is the whole of a type that has something for which
/// there is no form here (a key that is no text, bytes), of which the contract and the portal have none.
pub fn to_string<T: Serialize>(value: &T) -> String {
    write::write(&write::to_value(value))
}

#[cfg(test)]
mod tests;
