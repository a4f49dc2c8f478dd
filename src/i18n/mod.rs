//! Words in the customer's language.
//!
//! The messages are in `public/messages/{en,zh-Hans,zh-Hant}.json`, flat: `"home.title": "Text with {name}"`, or with a
//! count `"home.files": {"one": "{count} file", "other": "{count} files"}` (Chinese has only `other`). The build
//! fails when a message or a placeholder is missing in one language, and warns of one that nobody uses. Each is a
//! function of [`m`]:
//!
//! - `m::home_title` is a `fn() -> String`: `{m::home_title}` in a view, `aria-label=m::home_title`, `m::home_title()`;
//! - with a placeholder `m::home_hello(name: &str)`; with a count `m::home_files(count: f64, ...)`, where `{count}` is
//!   the number as the language writes it. In a view: `{move || m::home_hello(&name.get())}`;
//! - with several, each by its name: `m::home_span { from: &from, to: &to }.text()`.
//!
//! They read the catalogue on screen reactively: what is shown by a closure changes with the language, without being
//! built anew, so that a form keeps every character. [`format`] writes dates, numbers and sizes in the same way,
//! [`failure`] words what went wrong.

mod failure;
pub mod format;
mod word;

use crate::browser::{
    boot::{self, Catalogue},
    dom, host, http, intl, key_value,
};
use leptos::{prelude::*, reactive::graph::Observer};
use portico_contract::locale::Locale;
use std::{
    cell::RefCell,
    sync::{Arc, LazyLock},
};

pub use failure::{failure, field_problem, refusal, sign_in_trouble};
pub use word::{class, grade, kind, outcome, status, urgency};

/// A message without parameters.
pub type Message = fn() -> String;

/// Words with what was put into them; they follow the language on screen.
#[derive(Clone)]
pub struct Words(Arc<dyn Fn() -> String + Send + Sync>);

impl Words {
    /// Words as a message, or a closure of messages.
    pub fn new(text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(text))
    }

    /// The words in the language on screen. Reactive.
    pub fn get(&self) -> String {
        (self.0)()
    }
}

/// Every message as a function; made by the build from the catalogues.
pub mod m {
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

/// The languages in the order in which they are offered, with their own names.
pub const NAMES: [(Locale, &str); 3] = [
    (Locale::ZhHans, "简体中文"),
    (Locale::ZhHant, "繁體中文"),
    (Locale::En, "English"),
];

/// Where the choice is kept; `public/boot.js` reads it too.
const KEPT: &str = "portico.locale";

static LOCALE: LazyLock<ArcRwSignal<Locale>> = LazyLock::new(|| {
    let prepared = Locale::from_tag(&boot::locale());
    ArcRwSignal::new(prepared.unwrap_or(Locale::En))
});

thread_local! {
    static CATALOGUE: RefCell<Catalogue> = RefCell::new(boot::messages());
}

/// The language on screen. Reactive where something listens.
pub fn locale() -> Locale {
    if Observer::get().is_some() {
        LOCALE.get()
    } else {
        LOCALE.get_untracked()
    }
}

/// The tag by which `Intl` is asked: English is written the British way, as our words are, and the hours are those of
/// a 24-hour clock, which can be taken for no other.
fn intl_tag() -> &'static str {
    match locale() {
        Locale::ZhHans => "zh-Hans-u-hc-h23",
        Locale::ZhHant => "zh-Hant-u-hc-h23",
        Locale::En | Locale::Unknown => "en-GB",
    }
}

/// Changes the language of everything on screen and keeps the choice. The messages are fetched first; false, and
/// nothing changes, where they could not be.
pub async fn switch(to: Locale) -> bool {
    let Some(url) = boot::message_url(to.as_str()) else {
        return false;
    };
    let Some(catalogue) = http::get_file(&url)
        .await
        .and_then(|json| Catalogue::parse(&json))
    else {
        return false;
    };
    let own = http::get_file(&boot::own_words_url(to.as_str())).await;
    let catalogue = catalogue.with(&own.unwrap_or_default());
    CATALOGUE.with_borrow_mut(|current| *current = catalogue);
    // In a frame it is the choice of the page around.
    if host::frame().is_none() {
        key_value::local().set(KEPT, to.as_str());
    }
    dom::set_language(to.as_str());
    LOCALE.set(to);
    true
}

fn text(key: &str) -> String {
    let _ = locale();
    CATALOGUE.with_borrow(|catalogue| catalogue.text(key))
}

fn filled(key: &str, values: &[(&str, &str)]) -> String {
    fill(&text(key), values)
}

fn plural(key: &str, count: f64, values: &[(&str, &str)]) -> String {
    let category = intl::plural(intl_tag(), count);
    let form = CATALOGUE.with_borrow(|catalogue| catalogue.form(key, &category));
    let number = format::number(count);
    fill(&form, &[&[("count", number.as_str())], values].concat())
}

/// Puts values into the placeholders of a message. What stands in a value is never read as a placeholder.
fn fill(message: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, value)) = values.iter().find(|(n, _)| *n == name) {
            out.push_str(value);
        }
        rest = after;
    }
    out.push_str(rest);
    // A value may end in a full-width bracket, which has its own space.
    out.replace("） ", "）")
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_are_not_read_as_placeholders() {
        let values = [("a", "{b}"), ("b", "x")];
        assert_eq!(fill("{a} and {b}.", &values), "{b} and x.");
        assert_eq!(fill("nothing", &values), "nothing");
        assert_eq!(fill("{a} 前", &[("a", "8:00（UTC）")]), "8:00（UTC）前");
    }
}
