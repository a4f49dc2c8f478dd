//! What JavaScript makes of numbers and letters. In a browser it is asked: the tables with which Rust does the same
//! would be a tenth of the page that a survey's link opens.

#[cfg(target_family = "wasm")]
pub(crate) use asked::{decimal, lowered, power, read, remainder};
#[cfg(not(target_family = "wasm"))]
pub(crate) use computed::{decimal, lowered, power, read, remainder};

use std::borrow::Cow;

/// A text in small letters.
pub(crate) fn lower(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return lowered(text).into();
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text.to_ascii_lowercase().into();
    }
    text.into()
}

#[cfg(target_family = "wasm")]
mod asked {
    use js_sys::{JsString, Math, Number, wasm_bindgen::JsValue};

    /// A finite number with the shortest digits that read back the same, an exponent from 1e21 and below 1e-6.
    pub(crate) fn decimal(number: f64) -> String {
        Number::from(number).to_js_string().into()
    }

    /// A number of digits, with a sign, a point and an exponent if need be; NaN when it is none.
    pub(crate) fn read(text: &str) -> f64 {
        JsValue::from_str(text).unchecked_into_f64()
    }

    pub(crate) fn power(base: f64, exponent: f64) -> f64 {
        Math::pow(base, exponent)
    }

    pub(crate) fn remainder(a: f64, b: f64) -> f64 {
        (&JsValue::from_f64(a) % &JsValue::from_f64(b)).unchecked_into_f64()
    }

    pub(crate) fn lowered(text: &str) -> String {
        JsString::from(text).to_lower_case().into()
    }
}

#[cfg(not(target_family = "wasm"))]
mod computed {
    /// A finite number with the shortest digits that read back the same, an exponent from 1e21 and below 1e-6.
    pub(crate) fn decimal(number: f64) -> String {
        if (1e-6..1e21).contains(&number.abs()) {
            return number.to_string();
        }
        let text = format!("{number:e}");
        match text.split_once("e-") {
            Some(_) => text,
            None => text.replacen('e', "e+", 1),
        }
    }

    /// A number of digits, with a sign, a point and an exponent if need be; NaN when it is none.
    pub(crate) fn read(text: &str) -> f64 {
        text.parse().unwrap_or(f64::NAN)
    }

    /// JavaScript's power: unlike IEEE 754 it knows no 1 to the infinite.
    pub(crate) fn power(base: f64, exponent: f64) -> f64 {
        if base.abs() == 1.0 && exponent.is_infinite() || exponent.is_nan() {
            return f64::NAN;
        }
        base.powf(exponent)
    }

    pub(crate) fn remainder(a: f64, b: f64) -> f64 {
        a % b
    }

    pub(crate) fn lowered(text: &str) -> String {
        text.to_lowercase()
    }
}
