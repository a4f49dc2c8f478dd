//! The clipboard.

use super::js::{call, get, global};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Copies a text; false where the browser does not allow it. To be called from a click.
pub async fn copy(text: &str) -> bool {
    let clipboard = get(&get(&global(), "navigator"), "clipboard");
    let Ok(promise) = call(&clipboard, "writeText", &[JsValue::from_str(text)]) else {
        return false;
    };
    match promise.dyn_into::<js_sys::Promise>() {
        Ok(promise) => JsFuture::from(promise).await.is_ok(),
        Err(_) => false,
    }
}
