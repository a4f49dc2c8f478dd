//! A questionnaire as it is written: a tree of checked objects, read from SurveyJS JSON and written back.
//!
//! A [`Node`] holds only properties that its class has, each of its right shape: what else stands in the JSON is in the
//! [`Report`] and nowhere else.

mod read;
mod review;
mod schema;

pub use schema::Class;

use crate::{Object, Report, Value, names::sorted};
use std::sync::Arc;

/// How deep panels may nest; deeper ones are reported and left out.
pub const MAX_NESTING: usize = 40;

/// A questionnaire.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    root: Arc<Node>,
}

/// One object of a questionnaire: a page, a question, a choice, a trigger.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    class: Class,
    settings: Vec<(&'static str, Setting)>,
}

/// What a property is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// A plain value; also the text of an expression.
    Value(Value),
    /// Text, perhaps in several languages.
    Text(LocalisedText),
    /// Objects: pages, elements, choices.
    Nodes(Vec<Arc<Node>>),
    /// One object.
    Node(Arc<Node>),
}

/// Text in one or several languages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocalisedText {
    /// Text and language; the default is that of the language `default`, and of nothing else when it stands alone.
    texts: Vec<(String, String)>,
}

const DEFAULT: &str = "default";

impl LocalisedText {
    /// The text of a language: its own, that of the language without its region, or the default.
    pub fn get(&self, locale: &str) -> &str {
        let of = |wanted: &str| {
            let mut texts = self.texts.iter();
            texts.find(|(known, text)| known == wanted && !text.is_empty())
        };
        let language = locale
            .split_once('-')
            .map_or(locale, |(language, _)| language);
        let found = of(locale).or_else(|| of(language)).or_else(|| of(DEFAULT));
        found.map_or("", |(_, text)| text)
    }

    /// The languages that have a text of their own.
    pub fn locales(&self) -> impl Iterator<Item = &str> {
        self.texts
            .iter()
            .map(|(locale, _)| locale.as_str())
            .filter(|locale| *locale != DEFAULT)
    }

    fn to_value(&self) -> Value {
        match self.texts.as_slice() {
            [(locale, text)] if locale == DEFAULT => text.as_str().into(),
            texts => Value::Object(
                texts
                    .iter()
                    .map(|(locale, text)| (locale.as_str(), text.as_str().into()))
                    .collect(),
            ),
        }
    }
}

impl Definition {
    /// Reads a questionnaire. What is not understood is left out and reported; a definition always comes out, if only
    /// an empty one.
    pub fn read(json: &Value) -> (Self, Report) {
        read::read(json)
    }

    /// Reads a questionnaire that was checked before, to run it: as [`read`](Self::read) does, but for the report and for
    /// layout that nothing here uses (`$self.colCount` is nothing then). What reads those is no part of the program.
    pub fn open(json: &Value) -> Self {
        read::open(json)
    }

    /// Reads a questionnaire and adds what usually goes wrong in its expressions: unknown names and functions, scales
    /// compared though unanswered, conditions that never change, elements that depend on each other.
    pub fn check(json: &Value) -> Report {
        read::check(json)
    }

    /// Writes the questionnaire as SurveyJS JSON under today's names; reading that gives the same definition.
    pub fn write(&self) -> Value {
        self.root.write()
    }

    /// The survey itself, whose properties hold everything.
    pub fn root(&self) -> &Arc<Node> {
        &self.root
    }

    /// Every object of it, in no order.
    fn all(&self) -> Vec<&Node> {
        let mut all = vec![&*self.root];
        let mut seen = 0;
        while let Some(node) = all.get(seen).copied() {
            for (_, setting) in &node.settings {
                match setting {
                    Setting::Nodes(nodes) => all.extend(nodes.iter().map(|node| &**node)),
                    Setting::Node(node) => all.push(node),
                    Setting::Value(_) | Setting::Text(_) => {}
                }
            }
            seen += 1;
        }
        all
    }

    /// Whether it asks a question of this class anywhere: on a page, in a group or in a cell.
    pub fn asks(&self, class: Class) -> bool {
        let cell = |node: &Node| Class::element(node.word("cellType"));
        let mut all = self.all().into_iter();
        all.any(|node| node.class == class || cell(node) == Some(class))
    }

    /// The languages in which there is text, sorted, each once; the default one has no name.
    pub fn locales(&self) -> Vec<&str> {
        let mut locales = Vec::new();
        for node in self.all() {
            for (_, setting) in &node.settings {
                if let Setting::Text(text) = setting {
                    locales.extend(text.locales());
                }
            }
        }
        let order = sorted(locales.len(), &|a, b| locales[a].cmp(locales[b]));
        let mut once: Vec<&str> = order.iter().map(|at| locales[*at as usize]).collect();
        once.dedup();
        once
    }

    /// The name under which it has a language that is called `tag` (`en`, `zh-Hans`, `zh-Hant`): that one, or the one
    /// by country that other tools write. Empty where it has none: then the default texts are shown.
    pub fn language(&self, tag: &str) -> String {
        let known = self.locales();
        let names: &[&str] = match tag {
            "zh-Hans" => &[tag, "zh-cn", "zh"],
            "zh-Hant" => &[tag, "zh-tw", "zh-hk"],
            _ => &[tag],
        };
        let found = names.iter().find_map(|name| {
            let mut known = known.iter();
            known.find(|known| known.eq_ignore_ascii_case(name))
        });
        found.map_or_else(String::new, |name| (*name).to_owned())
    }
}

impl Node {
    /// What it is.
    pub fn class(&self) -> Class {
        self.class
    }

    /// All that is set.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.settings.iter().map(|(name, setting)| (*name, setting))
    }

    /// What a property is set to.
    pub fn get(&self, property: &str) -> Option<&Setting> {
        self.settings
            .iter()
            .find(|(known, _)| *known == property)
            .map(|(_, setting)| setting)
    }

    /// A plain value.
    pub fn value(&self, property: &str) -> Option<&Value> {
        match self.get(property)? {
            Setting::Value(value) => Some(value),
            _ => None,
        }
    }

    /// A word, a name or an expression; empty when there is none.
    pub fn word(&self, property: &str) -> &str {
        self.value(property)
            .and_then(Value::as_text)
            .unwrap_or_default()
    }

    /// Yes or no.
    pub fn flag(&self, property: &str, default: bool) -> bool {
        self.value(property)
            .and_then(Value::as_bool)
            .unwrap_or(default)
    }

    /// A number.
    pub fn number(&self, property: &str) -> Option<f64> {
        self.value(property).and_then(Value::as_number)
    }

    /// A text that may be translated.
    pub fn text(&self, property: &str) -> Option<&LocalisedText> {
        match self.get(property)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Objects; none when the property is not set.
    pub fn nodes(&self, property: &str) -> &[Arc<Node>] {
        match self.get(property) {
            Some(Setting::Nodes(nodes)) => nodes,
            _ => &[],
        }
    }

    /// One object.
    pub fn node(&self, property: &str) -> Option<&Node> {
        match self.get(property)? {
            Setting::Node(node) => Some(node),
            _ => None,
        }
    }

    fn write(&self) -> Value {
        let mut object = Object::new();
        if let Some(name) = self.class.type_name() {
            object.insert("type", name.into());
        }
        for (name, setting) in &self.settings {
            let value = match setting {
                Setting::Value(value) => value.clone(),
                Setting::Text(text) => text.to_value(),
                Setting::Nodes(nodes) => {
                    Value::List(nodes.iter().map(|node| node.write_item()).collect())
                }
                Setting::Node(node) => node.write(),
            };
            object.insert(*name, value);
        }
        Value::Object(object)
    }

    /// A choice that is nothing but a value is written as that value.
    fn write_item(&self) -> Value {
        match self.settings.as_slice() {
            [("value", Setting::Value(value))]
                if self.class.is_item() && read::is_scalar(value) =>
            {
                value.clone()
            }
            _ => self.write(),
        }
    }
}
