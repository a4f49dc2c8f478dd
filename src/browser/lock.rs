//! Locks that all tabs of the portal share (Web Locks). Where there are none, every lock is free: what they protect
//! is protected by the Idempotency-Key as well.

use super::js::{call, get, global, object};
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// Holds a lock (or waits for it) until it is dropped.
#[must_use = "dropping it frees the lock"]
pub struct Lock {
    release: JsValue,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = call(&self.release, "call", &[]);
    }
}

async fn request(name: &str, options: &JsValue) -> Option<Lock> {
    let manager = get(&get(&global(), "navigator"), "locks");
    let mut release = JsValue::UNDEFINED;
    let held = js_sys::Promise::new(&mut |resolve, _| release = resolve.into());
    // From here on dropping it frees the lock, also one that is given later.
    let lock = Lock { release };
    if manager.is_undefined() {
        return Some(lock);
    }
    let mut given = JsValue::UNDEFINED;
    let decided = js_sys::Promise::new(&mut |resolve, _| given = resolve.into());
    let refused = given.clone();
    let callback: JsValue = Closure::once_into_js(move |lock: JsValue| {
        let _ = call(
            &given,
            "call",
            &[JsValue::UNDEFINED, JsValue::from_bool(lock.is_object())],
        );
        held
    });
    let asked = call(
        &manager,
        "request",
        &[JsValue::from_str(name), options.clone(), callback],
    );
    let Ok(asked) = asked else {
        return Some(lock);
    };
    // Where the browser keeps nothing, it may refuse locks too, and never calls back.
    let denied = Closure::once_into_js(move |_: JsValue| {
        let _ = call(&refused, "call", &[JsValue::UNDEFINED, JsValue::TRUE]);
    });
    let _ = call(&asked, "catch", &[denied]);
    let given = JsFuture::from(decided).await;
    given.is_ok_and(|given| given.is_truthy()).then_some(lock)
}

/// Waits for the lock.
pub async fn hold(name: &str) -> Option<Lock> {
    request(name, &object(&[])).await
}

/// Takes the lock if it is free.
pub async fn try_hold(name: &str) -> Option<Lock> {
    request(name, &object(&[("ifAvailable", JsValue::TRUE)])).await
}
