//! A company's own wording of the portal: messages of its choice, in every language.

use crate::http::site;
use portico_contract::locale::Locale;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// One message: a text, or with a count its plural forms.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Worded {
    en: Value,
    #[serde(rename = "zh-Hans")]
    zh_hans: Value,
    #[serde(rename = "zh-Hant")]
    zh_hant: Value,
}

/// Messages that take the place of the portal's, by their keys.
#[derive(Debug, Default)]
pub struct Wording(BTreeMap<String, Worded>);

impl Wording {
    /// Reads the file; without one there is none.
    ///
    /// # Errors
    /// A sentence for the operator: a key that the portal does not have, a message that it could not fill in.
    pub fn load(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let place = file.display();
        let text = std::fs::read_to_string(file).map_err(|e| format!("{place}: {e}"))?;
        let wording: BTreeMap<String, Worded> =
            serde_json::from_str(&text).map_err(|e| format!("{place}: {e}"))?;
        if let Some(ours) = site::messages() {
            for (key, worded) in &wording {
                check(worded, ours.get(key)).map_err(|e| format!("{place}: {key}: {e}"))?;
            }
        }
        Ok(Self(wording))
    }

    /// The messages in a language, as a message file has them.
    #[must_use]
    pub fn messages(&self, locale: Locale) -> Map<String, Value> {
        let text = |worded: &Worded| match locale {
            Locale::ZhHans => worded.zh_hans.clone(),
            Locale::ZhHant => worded.zh_hant.clone(),
            Locale::En | Locale::Unknown => worded.en.clone(),
        };
        let all = self.0.iter();
        all.map(|(key, worded)| (key.clone(), text(worded)))
            .collect()
    }
}

fn check(worded: &Worded, ours: Option<&Value>) -> Result<(), String> {
    let ours = ours.ok_or("the portal has no such message")?;
    let known = placeholders(ours);
    for theirs in [&worded.en, &worded.zh_hans, &worded.zh_hant] {
        let plural = theirs.as_object().map(|forms| forms.get("other"));
        match (ours.is_object(), plural) {
            (true, Some(Some(Value::String(_)))) => {}
            (false, None) if theirs.is_string() => {}
            (true, _) => return Err("this has plural forms: {\"other\": \"...\"}".to_owned()),
            (false, _) => return Err("this is one text".to_owned()),
        }
        if let Some(unknown) = placeholders(theirs).difference(&known).next() {
            return Err(format!("there is nothing to put in for {{{unknown}}}"));
        }
    }
    Ok(())
}

/// The names in braces.
fn placeholders(message: &Value) -> BTreeSet<&str> {
    let texts = match message {
        Value::Object(forms) => forms.values().collect(),
        text => vec![text],
    };
    let parts = texts.into_iter().filter_map(Value::as_str);
    let parts = parts.flat_map(|text| text.split('{').skip(1));
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(en: Value, ours: Option<Value>) -> Result<(), String> {
        let worded = json!({"en": en.clone(), "zh-Hans": en.clone(), "zh-Hant": en});
        check(&serde_json::from_value(worded).unwrap(), ours.as_ref())
    }

    #[test]
    fn a_message_fits_the_one_whose_place_it_takes() {
        let plural = json!({"one": "{count} file", "other": "{count} files"});
        assert_eq!(
            checked(json!("Hello {name}"), Some(json!("Dear {name}"))),
            Ok(())
        );
        assert_eq!(checked(json!("Hello"), Some(json!("Dear {name}"))), Ok(()));
        assert_eq!(
            checked(json!({"other": "{count}"}), Some(plural.clone())),
            Ok(())
        );
        for (theirs, ours) in [
            (json!("Hello {who}"), Some(json!("Dear {name}"))),
            (json!("Files"), Some(plural)),
            (json!({"other": "x"}), Some(json!("Dear"))),
            (json!(3), Some(json!("Dear"))),
            (json!("Hello"), None),
        ] {
            assert!(checked(theirs.clone(), ours).is_err(), "{theirs}");
        }
    }
}
