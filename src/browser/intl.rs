//! `Intl` of the browser: it knows every language and zone, and costs nothing to download. Formatters are kept, as
//! making one is what takes time.

use super::js::{call, construct, get, get_text, global, object};
use std::cell::RefCell;
use wasm_bindgen::JsValue;

/// The value of an option.
#[derive(Clone, Copy)]
pub enum Setting<'a> {
    /// Such as `"long"`.
    Text(&'a str),
    /// Such as a number of digits.
    Number(u32),
}

/// The options of a formatter, as `Intl` names them.
pub type Settings<'a> = [(&'a str, Setting<'a>)];

thread_local! {
    // Some ten of them.
    static FORMATTERS: RefCell<Vec<(String, JsValue)>> = const { RefCell::new(Vec::new()) };
}

fn formatter(kind: &str, locale: &str, settings: &Settings) -> JsValue {
    let mut name = format!("{kind} {locale}");
    for (option, setting) in settings {
        name.push(' ');
        name.push_str(option);
        name.push('=');
        match setting {
            Setting::Text(text) => name.push_str(text),
            Setting::Number(number) => name.push_str(&number.to_string()),
        }
    }
    let kept = FORMATTERS.with_borrow(|kept| {
        let found = kept.iter().find(|(known, _)| *known == name);
        found.map(|(_, formatter)| formatter.clone())
    });
    if let Some(kept) = kept {
        return kept;
    }
    let options: Vec<_> = settings
        .iter()
        .map(|(option, setting)| {
            let value = match setting {
                Setting::Text(text) => JsValue::from_str(text),
                Setting::Number(number) => JsValue::from(*number),
            };
            (*option, value)
        })
        .collect();
    let made = construct(
        &get(&global(), "Intl"),
        kind,
        &[JsValue::from_str(locale), object(&options)],
    )
    .unwrap_or(JsValue::UNDEFINED);
    FORMATTERS.with_borrow_mut(|kept| kept.push((name, made.clone())));
    made
}

fn text(formatter: &JsValue, method: &str, arguments: &[JsValue]) -> Option<String> {
    call(formatter, method, arguments).ok()?.as_string()
}

/// An instant, in milliseconds since 1970.
pub fn date_time(locale: &str, millis: f64, settings: &Settings) -> Option<String> {
    text(
        &formatter("DateTimeFormat", locale, settings),
        "format",
        &[millis.into()],
    )
}

/// What people call a time zone: "Taipei time".
pub fn zone_name(locale: &str, zone: &str) -> Option<String> {
    let settings = [
        ("timeZone", Setting::Text(zone)),
        ("timeZoneName", Setting::Text("longGeneric")),
    ];
    let parts = call(
        &formatter("DateTimeFormat", locale, &settings),
        "formatToParts",
        &[],
    )
    .ok()?;
    js_sys::Array::from(&parts)
        .iter()
        .find(|part| get_text(part, "type").as_deref() == Some("timeZoneName"))
        .and_then(|part| get_text(&part, "value"))
}

/// A number as JSON writes it. The tables that Rust would need for it are 10 KB.
pub fn decimal(number: f64) -> String {
    // Not a method of the number: what is no object has none to look up.
    text(&global(), "String", &[number.into()]).unwrap_or_default()
}

/// A number.
pub fn number(locale: &str, number: f64, settings: &Settings) -> String {
    text(
        &formatter("NumberFormat", locale, settings),
        "format",
        &[number.into()],
    )
    .unwrap_or_else(|| decimal(number))
}

/// An amount of time from now: negative is past. `unit` is `"minute"`, `"hour"`, `"day"` ... `numeric` is `"always"`, or
/// `"auto"` where it may be "tomorrow".
pub fn relative(locale: &str, amount: f64, unit: &str, numeric: &str) -> String {
    text(
        &formatter(
            "RelativeTimeFormat",
            locale,
            &[("numeric", Setting::Text(numeric))],
        ),
        "format",
        &[amount.into(), JsValue::from_str(unit)],
    )
    .unwrap_or_default()
}

/// "a, b and c".
pub fn list(locale: &str, items: &[String]) -> String {
    let array: js_sys::Array = items.iter().map(|i| JsValue::from_str(i)).collect();
    text(
        &formatter("ListFormat", locale, &[]),
        "format",
        &[array.into()],
    )
    .unwrap_or_else(|| items.join(", "))
}

/// The plural category of a count: `"one"`, `"other"` ...
pub fn plural(locale: &str, count: f64) -> String {
    text(
        &formatter("PluralRules", locale, &[]),
        "select",
        &[count.into()],
    )
    .unwrap_or_default()
}

/// The IANA name of the customer's own zone.
pub fn own_time_zone() -> Option<String> {
    let resolved = call(
        &formatter("DateTimeFormat", "en", &[]),
        "resolvedOptions",
        &[],
    )
    .ok()?;
    get_text(&resolved, "timeZone")
}
