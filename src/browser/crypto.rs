//! Signatures, checked by the browser (Web Cryptography): without network, and without a byte of code for it.

use super::{
    file::promised,
    js::{call, get, global, object},
};
use wasm_bindgen::JsValue;

/// What `crypto.subtle` is; undefined on a page that is not served securely.
pub(super) fn subtle() -> JsValue {
    get(&get(&global(), "crypto"), "subtle")
}

/// The bytes of a base64 text of so many, which must be the one way to write them: spare bits count as a change.
fn base64(text: &str, length: usize) -> Option<JsValue> {
    let bytes = call(&global(), "atob", &[text.into()]).ok()?;
    let again = call(&global(), "btoa", std::slice::from_ref(&bytes)).ok()?;
    // Every character is a byte.
    let bytes: Vec<u8> = bytes
        .as_string()?
        .chars()
        .filter_map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    (again.as_string()? == text && bytes.len() == length)
        .then(|| js_sys::Uint8Array::from(bytes.as_slice()).into())
}

/// Whether `signature` is that of `text` by the Ed25519 key, both base64; `None` where this browser cannot tell.
pub async fn is_signed(text: &str, signature: &str, public_key: &str) -> Option<bool> {
    let (Some(key), Some(signature)) = (base64(public_key, 32), base64(signature, 64)) else {
        return Some(false);
    };
    let subtle = subtle();
    let algorithm = object(&[("name", "Ed25519".into())]);
    let uses: js_sys::Array = [JsValue::from_str("verify")].iter().collect();
    let import = [
        "raw".into(),
        key,
        algorithm.clone(),
        false.into(),
        uses.into(),
    ];
    let key = promised(call(&subtle, "importKey", &import)).await?;
    let bytes = js_sys::Uint8Array::from(text.as_bytes());
    let verify = [algorithm, key, signature, bytes.into()];
    promised(call(&subtle, "verify", &verify)).await?.as_bool()
}
