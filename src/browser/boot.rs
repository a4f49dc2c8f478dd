//! What `public/boot.js` prepared before the application started, in `globalThis.__portico`: the messages of the
//! language, where the other languages and the icons lie, the address of the API, and what shows the page of a crash.

use super::js::{call, get, get_text, global};
use wasm_bindgen::JsValue;

fn prepared() -> JsValue {
    get(&global(), "__portico")
}

/// The BCP 47 tag of the language that was chosen.
pub fn locale() -> String {
    get_text(&prepared(), "locale").unwrap_or_default()
}

/// The base address of the API, without a slash at the end; a path on the same origin or a whole address.
pub fn api() -> String {
    get_text(&prepared(), "api").unwrap_or_default()
}

/// Where the messages of a language lie.
pub fn message_url(tag: &str) -> Option<String> {
    get_text(&get(&prepared(), "messageUrls"), tag)
}

/// Where a company's own wording of a language lies.
pub fn own_words_url(tag: &str) -> String {
    format!("/words/{tag}.json")
}

/// Where the icons lie.
pub fn icons() -> String {
    get_text(&prepared(), "icons").unwrap_or_default()
}

/// The messages of the language that was chosen.
pub fn messages() -> Catalogue {
    Catalogue(get(&prepared(), "messages"))
}

/// Replaces the page by the card that says what happened and keeps the drafts safe.
pub fn crashed(reason: &str) {
    let _ = call(&prepared(), "crashed", &[JsValue::from_str(reason)]);
}

/// The messages of one language.
pub struct Catalogue(JsValue);

impl Catalogue {
    /// Reads a message file.
    pub fn parse(json: &str) -> Option<Self> {
        js_sys::JSON::parse(json)
            .ok()
            .filter(JsValue::is_object)
            .map(Self)
    }

    /// The same with a company's own wording of some of it, as a message file.
    #[must_use]
    pub fn with(self, own: &str) -> Self {
        if let Some(own) = Self::parse(own) {
            let _ = call(
                &get(&global(), "Object"),
                "assign",
                &[self.0.clone(), own.0],
            );
        }
        self
    }

    /// A message, empty if it is not there (which the build does not allow).
    pub fn text(&self, key: &str) -> String {
        get_text(&self.0, key).unwrap_or_default()
    }

    /// The form of a message for a plural category.
    pub fn form(&self, key: &str, category: &str) -> String {
        let forms = get(&self.0, key);
        get_text(&forms, category)
            .or_else(|| get_text(&forms, "other"))
            .unwrap_or_default()
    }
}
