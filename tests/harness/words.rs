//! The portal's own words, from the catalogue of one language, so that one journey runs in every language.

use serde_json::Value;

use crate::root;

/// A language of the portal, and what a browser of somebody who reads it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// As the portal and the API name it.
    pub tag: &'static str,
    /// As `Accept-Language` has it.
    pub asked: &'static str,
}

/// Traditional Chinese.
pub const ZH_HANT: Language = Language {
    tag: "zh-Hant",
    asked: "zh-TW,zh",
};
/// Simplified Chinese.
pub const ZH_HANS: Language = Language {
    tag: "zh-Hans",
    asked: "zh-CN,zh",
};
/// English.
pub const EN: Language = Language {
    tag: "en",
    asked: "en",
};

/// The messages of one language.
#[derive(Debug, Clone)]
pub struct Words {
    /// The language.
    pub language: Language,
    messages: Value,
}

impl Words {
    /// Reads the catalogue.
    pub fn of(language: Language) -> Self {
        let file = root().join(format!("public/messages/{}.json", language.tag));
        let text = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let messages = serde_json::from_slice(&text).unwrap();
        Self { language, messages }
    }

    /// The message with this key.
    #[track_caller]
    pub fn say(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The message with these values in its places; one that counts takes the form for `count`.
    #[track_caller]
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let message = &self.messages[key];
        let one = values.contains(&("count", "1"));
        let form = message["one"].as_str().filter(|_| one);
        let text = form
            .or(message["other"].as_str())
            .or(message.as_str())
            .unwrap_or_else(|| panic!("no message {key} in {}", self.language.tag));
        let text = values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        });
        // A line break separates a name from what explains it; on the page it is a space.
        text.replace('\n', " ")
    }

    /// What stands in a message before its first place: enough to find it by.
    #[track_caller]
    pub fn start(&self, key: &str) -> String {
        let text = self.say(key);
        text.split('{').next().unwrap_or_default().trim().to_owned()
    }
}
