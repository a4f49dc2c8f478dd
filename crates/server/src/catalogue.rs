//! The service catalogue and the server's words, in every language.

use portico_contract::{
    form::FormSchema,
    id::{FieldId, TypeId},
    lifecycle::{FOUR_STEPS, SEVEN_STEPS},
    locale::Locale,
    request::{Kind, StepKey},
};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

const DEFAULT_TYPES: &str = include_str!("../catalogue/request-types.json");
const DEFAULT_WORDS: &str = include_str!("../catalogue/words.json");

/// A text in every language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    en: String,
    #[serde(rename = "zh-Hans")]
    zh_hans: String,
    #[serde(rename = "zh-Hant")]
    zh_hant: String,
}

impl Localized {
    /// One text for every language, such as a name.
    #[must_use]
    pub fn same(text: &str) -> Self {
        Self {
            en: text.to_owned(),
            zh_hans: text.to_owned(),
            zh_hant: text.to_owned(),
        }
    }

    /// The text in one language.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::ZhHans => &self.zh_hans,
            Locale::ZhHant => &self.zh_hant,
            Locale::En | Locale::Unknown => &self.en,
        }
    }
}

/// How many steps a request of a type goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepPlan {
    /// Accepted to answered.
    Four,
    /// Requested to closed.
    Seven,
}

impl StepPlan {
    /// The steps, in order.
    #[must_use]
    pub fn keys(self) -> &'static [StepKey] {
        match self {
            Self::Four => FOUR_STEPS,
            Self::Seven => SEVEN_STEPS,
        }
    }

    /// Where a request stands when it has just come in, or comes back.
    #[must_use]
    pub fn first_open(self) -> StepKey {
        match self {
            Self::Four => StepKey::Assessed,
            Self::Seven => StepKey::Analysed,
        }
    }

    /// Where a request stands when the desk has proposed a solution.
    #[must_use]
    pub fn proposed(self) -> StepKey {
        match self {
            Self::Four => StepKey::Handled,
            Self::Seven => StepKey::SolutionProposed,
        }
    }

    /// Where a request stands when the desk says that it is done.
    #[must_use]
    pub fn resolved(self) -> StepKey {
        match self {
            Self::Four => StepKey::Answered,
            Self::Seven => StepKey::Feedback,
        }
    }
}

/// One kind of request that customers can make, with its form in every language.
#[derive(Debug)]
pub struct RequestType {
    /// Names it.
    pub id: TypeId,
    /// The same across companies.
    pub kind: Kind,
    /// Its steps.
    pub steps: StepPlan,
    forms: [FormSchema; 3],
    patterns: BTreeMap<FieldId, Regex>,
}

impl RequestType {
    /// The form in one language.
    #[must_use]
    pub fn form(&self, locale: Locale) -> &FormSchema {
        &self.forms[index(locale)]
    }

    /// Whether a text has the form that the field's pattern asks for. True without a pattern.
    #[must_use]
    pub fn matches_pattern(&self, field: &FieldId, text: &str) -> bool {
        self.patterns.get(field).is_none_or(|p| p.is_match(text))
    }
}

fn index(locale: Locale) -> usize {
    match locale {
        Locale::ZhHans => 0,
        Locale::ZhHant => 1,
        Locale::En | Locale::Unknown => 2,
    }
}

/// Everything the company may ask and everything the server says.
#[derive(Debug)]
pub struct Catalogue {
    types: Vec<RequestType>,
    words: BTreeMap<String, Localized>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypesFile {
    types: Vec<Value>,
}

impl Catalogue {
    /// Reads the catalogue that ships, or the company's own request types; the company's own words replace those
    /// of the same key.
    ///
    /// # Errors
    /// A sentence for the operator, naming the file and the place.
    pub fn load(types: Option<&Path>, words: Option<&Path>) -> Result<Self, String> {
        let mut all: BTreeMap<String, Localized> = parse(DEFAULT_WORDS, "words")?;
        if let Some(path) = words {
            let own: BTreeMap<String, Localized> =
                parse(&read(path)?, &path.display().to_string())?;
            if let Some(unknown) = own.keys().find(|key| !all.contains_key(*key)) {
                return Err(format!(
                    "{}: the server never says {unknown:?}",
                    path.display()
                ));
            }
            all.extend(own);
        }
        let types: TypesFile = match types {
            Some(path) => parse(&read(path)?, &path.display().to_string())?,
            None => parse(DEFAULT_TYPES, "request types")?,
        };
        let types = types
            .types
            .iter()
            .map(request_type)
            .collect::<Result<Vec<_>, _>>()?;
        for (i, t) in types.iter().enumerate() {
            if types[..i].iter().any(|earlier| earlier.id == t.id) {
                return Err(format!("request type {} stands there twice", t.id));
            }
        }
        Ok(Self { types, words: all })
    }

    /// Every request type, in the company's order.
    #[must_use]
    pub fn types(&self) -> &[RequestType] {
        &self.types
    }

    /// The request type of that id.
    #[must_use]
    pub fn request_type(&self, id: &TypeId) -> Option<&RequestType> {
        self.types.iter().find(|t| t.id == *id)
    }

    /// The words for `key`; the key itself where there are none, so that nothing goes unsaid.
    #[must_use]
    pub fn word<'a>(&'a self, key: &'a str, locale: Locale) -> &'a str {
        self.words.get(key).map_or(key, |text| text.get(locale))
    }

    /// The words for `key` with each `{name}` replaced, all in one pass: what is put in is never read again.
    #[must_use]
    pub fn fill(&self, key: &str, locale: Locale, values: &[(&str, &str)]) -> String {
        let mut out = String::new();
        let mut rest = self.word(key, locale);
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let found = after
                .split_once('}')
                .and_then(|(name, tail)| Some((values.iter().find(|(n, _)| *n == name)?.1, tail)));
            if let Some((value, tail)) = found {
                out.push_str(value);
                rest = tail;
            } else {
                out.push('{');
                rest = after;
            }
        }
        out.push_str(rest);
        out
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str, place: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("{place}: {e}"))
}

/// Replaces every text in all languages by its text in one.
fn localize(value: &Value, locale: Locale) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| localize(item, locale)).collect(),
        Value::Object(map) => match Localized::deserialize(value) {
            Ok(text) => Value::String(text.get(locale).to_owned()),
            Err(_) => map
                .iter()
                .map(|(k, v)| (k.clone(), localize(v, locale)))
                .collect(),
        },
        other => other.clone(),
    }
}

fn request_type(raw: &Value) -> Result<RequestType, String> {
    let id = raw["id"].as_str().unwrap_or_default();
    let fail = |what: String| format!("request type {id:?}: {what}");
    let form = |locale| {
        serde_json::from_value::<FormSchema>(localize(raw, locale)).map_err(|e| fail(e.to_string()))
    };
    let forms = [
        form(Locale::ZhHans)?,
        form(Locale::ZhHant)?,
        form(Locale::En)?,
    ];
    let steps = StepPlan::deserialize(&raw["steps"]).map_err(|e| fail(format!("steps: {e}")))?;
    let mut patterns = BTreeMap::new();
    for field in &forms[0].fields {
        for condition in [&field.visible_if, &field.required_if]
            .into_iter()
            .flatten()
        {
            if forms[0].field(&condition.field).is_none() {
                return Err(fail(format!(
                    "field {} hangs on {}, which is not there",
                    field.id, condition.field
                )));
            }
        }
        if let Some(pattern) = &field.pattern {
            let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|e| fail(e.to_string()))?;
            patterns.insert(field.id.clone(), whole);
        }
    }
    Ok(RequestType {
        id: forms[0].id.clone(),
        kind: forms[0].kind,
        steps,
        forms,
        patterns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_contract::{Word, request::Refusal};

    #[test]
    fn what_ships_loads_and_is_known() {
        let catalogue = Catalogue::load(None, None).unwrap();
        assert!(catalogue.types().len() > 10);
        for kind in Kind::ALL {
            assert!(catalogue.types().iter().any(|t| t.kind == *kind), "{kind}");
        }
        for t in catalogue.types() {
            for locale in Locale::ALL {
                let form = t.form(*locale);
                assert!(
                    form.kind.is_known() && !form.name.is_empty() && !form.description.is_empty()
                );
                assert!(
                    form.fields
                        .iter()
                        .all(|f| f.field_type.is_known() && !f.label.is_empty())
                );
            }
        }
    }

    #[test]
    fn every_refusal_is_worded() {
        let catalogue = Catalogue::load(None, None).unwrap();
        for refusal in Refusal::ALL {
            let key = format!("refusal.{refusal}");
            assert_ne!(catalogue.word(&key, Locale::En), key);
        }
    }

    #[test]
    fn filling_puts_values_in_once_and_leaves_other_braces() {
        let words = [(
            "greeting".to_owned(),
            Localized::same("“{name}” {and} {name"),
        )]
        .into();
        let catalogue = Catalogue {
            types: Vec::new(),
            words,
        };
        let text = catalogue.fill("greeting", Locale::En, &[("name", "{and}"), ("and", "&")]);
        assert_eq!(text, "“{and}” & {name");
        assert_eq!(
            catalogue.fill("no.such {a}", Locale::En, &[]),
            "no.such {a}"
        );
    }
}
