//! The page around a portal in a frame, and the port that it hands over (`public/embed/portico.js`).

use super::js::{call, construct, get, get_text, global, object, set};
use js_sys::JSON;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// The most that a message may hold, in UTF-16 units of its JSON.
const LONGEST: u32 = 65_536;

/// How a frame shows the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// It is as high as what it holds, and never scrolls.
    Inline,
    /// It has a height of its own.
    Panel,
}

fn root() -> JsValue {
    get(&get(&global(), "document"), "documentElement")
}

/// The frame that the portal is in; `None` where it has the window for itself, as the light survey always has.
pub fn frame() -> Option<Frame> {
    if cfg!(feature = "light") {
        return None;
    }
    match get_text(&get(&root(), "dataset"), "embed")?.as_str() {
        "inline" => Some(Frame::Inline),
        "panel" => Some(Frame::Panel),
        _ => None,
    }
}

/// What the page around said first.
pub struct Greeting {
    /// Whose page it is, as the browser knows it.
    pub origin: String,
    /// JSON.
    pub payload: String,
    /// What is said further.
    pub port: Port,
}

/// Waits for the greeting. Where there is no page around, or it says nothing, that never ends.
pub async fn greeting() -> Option<Greeting> {
    let promise: js_sys::Promise = get(&get(&global(), "__portico"), "greeting")
        .dyn_into()
        .ok()?;
    let greeting = JsFuture::from(promise).await.ok()?;
    Some(Greeting {
        origin: get_text(&greeting, "origin")?,
        payload: text_of(&get(&greeting, "payload")).unwrap_or_default(),
        port: Port(get(&greeting, "port")),
    })
}

/// JSON of what was sent, unless it has none or is too long.
fn text_of(data: &JsValue) -> Option<String> {
    let text = JSON::stringify(data).ok()?;
    // `stringify` gives undefined for what JSON does not know.
    (text.is_string() && text.length() <= LONGEST).then(|| text.into())
}

/// One end of a channel to the page around.
#[derive(Clone)]
pub struct Port(JsValue);

impl Port {
    /// Begins to listen; `heard` gets JSON.
    pub fn listen(&self, mut heard: impl FnMut(String) + 'static) {
        let closure = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            if let Some(text) = text_of(&get(&event, "data")) {
                heard(text);
            }
        });
        set(&self.0, "onmessage", &closure.into_js_value());
    }

    /// Says something, given as JSON.
    pub fn say(&self, json: &str) {
        if let Ok(data) = JSON::parse(json) {
            let _ = call(&self.0, "postMessage", &[data]);
        }
    }
}

/// Tells the height of the document in CSS pixels, now and whenever it changes, as long as the page is there.
pub fn watch_height(mut tell: impl FnMut(f64) + 'static) {
    let body = get(&get(&global(), "document"), "body");
    let measured = body.clone();
    let closure = Closure::<dyn FnMut()>::new(move || {
        let bounds = call(&measured, "getBoundingClientRect", &[]);
        if let Some(height) = bounds.ok().and_then(|b| get(&b, "height").as_f64()) {
            tell(height.ceil());
        }
    });
    let arguments = [closure.into_js_value()];
    if let Ok(observer) = construct(&global(), "ResizeObserver", &arguments) {
        let _ = call(&observer, "observe", &[body]);
    }
}

/// Puts every heading, now and later, so many levels deeper for those who hear them.
pub fn deepen_headings(by: u8) {
    let look = Closure::<dyn FnMut()>::new(move || {
        for (tag, level) in [("h1", 1), ("h2", 2), ("h3", 3)] {
            let selector = JsValue::from_str(&format!("{tag}:not([aria-level])"));
            let found = call(&get(&global(), "document"), "querySelectorAll", &[selector]);
            let Some(found) = found.ok().and_then(|list| js_sys::try_iter(&list).ok()?) else {
                return;
            };
            for heading in found.flatten() {
                let level = JsValue::from_str(&(level + by).to_string());
                let _ = call(&heading, "setAttribute", &["aria-level".into(), level]);
            }
        }
    });
    let look = look.into_js_value();
    let _ = call(&look, "call", &[]);
    if let Ok(observer) = construct(&global(), "MutationObserver", &[look]) {
        let what = object(&[("childList", true.into()), ("subtree", true.into())]);
        let _ = call(&observer, "observe", &[root(), what]);
    }
}

/// Sets a custom property of the document, or removes it.
pub fn set_token(name: &str, value: Option<&str>) {
    let style = get(&root(), "style");
    let name = JsValue::from_str(name);
    let _ = match value {
        Some(value) => call(&style, "setProperty", &[name, JsValue::from_str(value)]),
        None => call(&style, "removeProperty", &[name]),
    };
}

/// Whether the system wants the dark scheme; `changed` is called when that changes, as long as the page is there.
pub fn watch_scheme(mut changed: impl FnMut(bool) + 'static) -> bool {
    let query = [JsValue::from_str("(prefers-color-scheme: dark)")];
    let Ok(media) = call(&global(), "matchMedia", &query) else {
        return false;
    };
    let dark = get(&media, "matches").is_truthy();
    let closure = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        changed(get(&event, "matches").is_truthy());
    });
    let _ = call(
        &media,
        "addEventListener",
        &["change".into(), closure.into_js_value()],
    );
    dark
}
