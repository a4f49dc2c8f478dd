//! Calling JavaScript by name, for what is called rarely: a typed binding costs the customer bytes each.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// `object[name]`, undefined where that is not possible.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// `object[name]` as a text.
pub fn get_text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}

/// `object[name] = value`, ignored where that is not possible.
pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// An object of these properties.
pub fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new().into();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

/// `object[name](...arguments)`; an error where there is no such function or it throws.
pub fn call(object: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = get(object, name).dyn_into()?;
    function.apply(object, &arguments.iter().collect::<Array>())
}

/// `new object[name](...arguments)`.
pub fn construct(object: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = get(object, name).dyn_into()?;
    Reflect::construct(&function, &arguments.iter().collect::<Array>())
}

/// The global object.
pub fn global() -> JsValue {
    js_sys::global().into()
}
