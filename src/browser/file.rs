//! Files that the customer picked, and files that we give.

use super::{
    crypto,
    js::{call, construct, get, get_text, global, object, set},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Event;

/// The bytes of a file, held by the browser.
#[derive(Clone)]
pub struct Blob(JsValue);

/// A file that was picked, dropped or pasted.
#[derive(Clone)]
pub struct Picked {
    /// Its name, without a path.
    pub name: String,
    /// What the browser thinks it is.
    pub media_type: String,
    /// Its bytes.
    pub blob: Blob,
}

impl Blob {
    pub(super) const fn as_js(&self) -> &JsValue {
        &self.0
    }

    pub(super) fn from_js(value: JsValue) -> Option<Self> {
        get(&value, "size").as_f64().map(|_| Self(value))
    }

    /// The bytes of a text.
    pub fn of_text(text: &str, media_type: &str) -> Self {
        let parts: js_sys::Array = [JsValue::from_str(text)].iter().collect();
        let options = object(&[("type", JsValue::from_str(media_type))]);
        Self(construct(&global(), "Blob", &[parts.into(), options]).unwrap_or_default())
    }

    /// Its bytes as a text; `None` where it cannot be read.
    pub async fn text(&self) -> Option<String> {
        promised(call(&self.0, "text", &[])).await?.as_string()
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        // A size is a whole number below 2^53.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        get(&self.0, "size").as_f64().map_or(0, |size| size as u64)
    }

    /// A part of it, in bytes; nothing is copied.
    pub fn slice(&self, from: u64, to: u64) -> Self {
        #[allow(clippy::cast_precision_loss)]
        let arguments = [(from as f64).into(), (to as f64).into()];
        Self(call(&self.0, "slice", &arguments).unwrap_or(JsValue::UNDEFINED))
    }

    /// Its SHA-256 in hexadecimal; `None` where it cannot be read (it changed on disk since) or the page is not
    /// served securely.
    pub async fn sha256(&self) -> Option<String> {
        let bytes = promised(call(&self.0, "arrayBuffer", &[])).await?;
        let digest = promised(call(
            &crypto::subtle(),
            "digest",
            &[JsValue::from_str("SHA-256"), bytes],
        ))
        .await?;
        let hex = js_sys::Uint8Array::new(&digest)
            .to_vec()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(u32::from(digit), 16))
            .collect();
        Some(hex)
    }
}

pub(super) async fn promised(promise: Result<JsValue, JsValue>) -> Option<JsValue> {
    let promise: js_sys::Promise = promise.ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()
}

fn list(files: &JsValue) -> Vec<Picked> {
    js_sys::Array::from(files)
        .iter()
        .filter_map(|file| {
            Some(Picked {
                name: get_text(&file, "name")?,
                media_type: get_text(&file, "type").unwrap_or_default(),
                blob: Blob::from_js(file)?,
            })
        })
        .collect()
}

/// The files of a `change` event of `<input type="file">`. The input is emptied, so that the same file can be picked
/// again.
pub fn picked(event: &Event) -> Vec<Picked> {
    let Some(input) = event.target() else {
        return Vec::new();
    };
    let files = list(&get(&input, "files"));
    set(&input, "value", &JsValue::from_str(""));
    files
}

/// The files of a `drop` event.
pub fn dropped(event: &Event) -> Vec<Picked> {
    list(&get(&get(event, "dataTransfer"), "files"))
}

/// The files of a `paste` event; empty when it brings a text.
pub fn pasted(event: &Event) -> Vec<Picked> {
    list(&get(&get(event, "clipboardData"), "files"))
}

/// Opens the dialogue of an `<input type="file">` by its id.
pub fn choose(input_id: &str) {
    let input = web_sys::window()
        .and_then(|w| w.document())
        .and_then(|d| d.get_element_by_id(input_id));
    if let Some(input) = input {
        let _ = call(&input, "click", &[]);
    }
}

/// The address of a picture that is in a `data:` address, which the policy of the page does not let through. It holds
/// as long as the page.
pub fn picture(data: &str) -> Option<String> {
    let (media_type, coded) = data.strip_prefix("data:")?.split_once(";base64,")?;
    if !media_type.starts_with("image/") {
        return None;
    }
    let text = call(&global(), "atob", &[JsValue::from_str(coded)]).ok()?;
    // A character a byte.
    let bytes: Vec<u8> = text.as_string()?.chars().map(|c| c as u8).collect();
    let parts: js_sys::Array = [js_sys::Uint8Array::from(&bytes[..])].iter().collect();
    let options = object(&[("type", JsValue::from_str(media_type))]);
    let blob = construct(&global(), "Blob", &[parts.into(), options]).ok()?;
    let url = get(&global(), "URL");
    call(&url, "createObjectURL", &[blob]).ok()?.as_string()
}

/// Gives a text to the customer as a file to save.
pub fn save_text(name: &str, media_type: &str, text: &str) {
    save_blob(name, &Blob::of_text(text, media_type));
}

/// Gives bytes to the customer as a file to save.
pub fn save_blob(name: &str, blob: &Blob) {
    let url = get(&global(), "URL");
    let Ok(address) = call(&url, "createObjectURL", std::slice::from_ref(&blob.0)) else {
        return;
    };
    let link = web_sys::window()
        .and_then(|w| w.document())
        .and_then(|d| d.create_element("a").ok());
    if let Some(link) = link {
        set(&link, "href", &address);
        set(&link, "download", &JsValue::from_str(name));
        let _ = call(&link, "click", &[]);
    }
    // The download has its own hold on the bytes once the click was handled.
    super::task::detach(async move {
        super::task::sleep(10_000).await;
        let _ = call(&url, "revokeObjectURL", &[address]);
    });
}
