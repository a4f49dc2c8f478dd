//! What a calendar or a day is called.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A name: one for everybody, or one for each language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, or an object of texts by language"
)]
pub enum Name {
    /// The same in every language.
    One(String),
    /// By language tag (`en`, `zh-Hans`, `zh-Hant`).
    Each(BTreeMap<String, String>),
}

impl Name {
    /// The name in this language; else in English, else in any.
    #[must_use]
    pub fn in_language(&self, tag: &str) -> &str {
        match self {
            Self::One(name) => name,
            Self::Each(names) => [tag, "en"]
                .iter()
                .find_map(|tag| names.get(*tag))
                .or_else(|| names.values().next())
                .map_or("", String::as_str),
        }
    }
}
