//! Thin wrappers over the browser, and the only place that names `web_sys`, `js_sys` and `wasm_bindgen`. Nothing here
//! knows the contract or a page; what the browser refuses (storage, clipboard, locks) is a value, never a panic.
//!
//! Listeners, timers and tasks stop when their handle is dropped; `.owned()` ties a handle to the component (the
//! reactive owner) that is being built.

pub mod boot;
pub mod channel;
pub mod clipboard;
pub mod clock;
pub mod crypto;
pub mod dom;
pub mod events;
pub mod file;
pub mod history;
pub mod host;
pub mod html;
pub mod http;
pub mod intl;
mod js;
pub mod key_value;
pub mod lock;
pub mod random;
pub mod store;
pub mod task;
