//! Chance, from the browser's own generators.

use super::js::{call, get, global};

/// A random UUID (version 4), which nobody can guess.
pub fn uuid() -> String {
    let crypto = get(&global(), "crypto");
    let made = call(&crypto, "randomUUID", &[])
        .ok()
        .and_then(|uuid| uuid.as_string());
    // `randomUUID` is there only on secure pages, the random numbers everywhere.
    made.unwrap_or_else(|| {
        let bytes = js_sys::Uint8Array::new_with_length(16);
        let _ = call(&crypto, "getRandomValues", &[bytes.clone().into()]);
        let mut bytes = bytes.to_vec();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut uuid = String::with_capacity(36);
        for (i, byte) in bytes.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                uuid.push('-');
            }
            for digit in [byte >> 4, byte & 15] {
                uuid.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        uuid
    })
}

/// A number from 0 to 1, for waiting times.
pub fn part() -> f64 {
    js_sys::Math::random()
}
