//! Time. The device's clock may be wrong, so what is shown counts from the server's: the server's time when it last
//! told it, and what the monotonic clock of the browser has counted since.

use super::js::{call, get, global};
use portico_contract::Instant;
use std::cell::Cell;

thread_local! {
    /// Server time minus monotonic time, in milliseconds.
    static OFFSET: Cell<Option<f64>> = const { Cell::new(None) };
}

/// Milliseconds since the page was opened; never goes back.
pub fn monotonic() -> f64 {
    call(&get(&global(), "performance"), "now", &[])
        .ok()
        .and_then(|now| now.as_f64())
        .unwrap_or(0.0)
}

/// Milliseconds since 1970 by the device's clock. Only for ages of what is kept on this device.
pub fn device_millis() -> f64 {
    js_sys::Date::now()
}

/// The server's time has just been told.
pub fn set(server_now: Instant) {
    // Milliseconds since 1970 are far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    OFFSET.set(Some(server_now.unix_millis() as f64 - monotonic()));
}

/// The server's time now, in milliseconds since 1970; the device's until the server has told its own.
pub fn now_millis() -> f64 {
    OFFSET
        .get()
        .map_or_else(device_millis, |offset| offset + monotonic())
}

/// How many minutes the customer's clock is ahead of UTC at an instant, in milliseconds since 1970.
pub fn offset_minutes(at: f64) -> f64 {
    -js_sys::Date::new(&at.into()).get_timezone_offset()
}

/// A date as HTTP writes it, in milliseconds since 1970.
pub fn parse_http_date(text: &str) -> Option<f64> {
    let millis = js_sys::Date::parse(text);
    millis.is_finite().then_some(millis)
}
