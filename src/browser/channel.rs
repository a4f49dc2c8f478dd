//! Words between the tabs of the portal (`BroadcastChannel`). Where there is none, each tab is alone.

use super::js::{call, construct, get_text, global, set};
use wasm_bindgen::{JsValue, closure::Closure};

/// A channel that all tabs share. It is open as long as the page is there.
#[derive(Clone)]
pub struct Channel(Option<JsValue>);

impl Channel {
    /// Opens it; `heard` gets what the other tabs say.
    pub fn open(name: &str, mut heard: impl FnMut(String) + 'static) -> Self {
        let channel = construct(&global(), "BroadcastChannel", &[JsValue::from_str(name)]).ok();
        if let Some(channel) = &channel {
            let closure = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
                if let Some(text) = get_text(&event, "data") {
                    heard(text);
                }
            });
            set(channel, "onmessage", &closure.into_js_value());
        }
        Self(channel)
    }

    /// Says something to the other tabs.
    pub fn say(&self, text: &str) {
        if let Some(channel) = &self.0 {
            let _ = call(channel, "postMessage", &[JsValue::from_str(text)]);
        }
    }
}
