//! Decimal numbers as texts: as JSON, a form's condition and people write them. Without the tables that the last bit
//! of any number would need, which cost the portal 10 KB.

/// Reads a decimal number; `+` and leading zeros are taken too. Exact for up to 15 digits and
/// 22 places; beyond that the last digit may be off.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let mut rest = text.as_bytes();
    let mut take = |wanted: &[u8]| {
        let (first, after) = rest.split_first()?;
        wanted.contains(first).then(|| {
            rest = after;
            *first
        })
    };
    let negative = take(b"+-") == Some(b'-');
    let mut digits = 0_u64;
    let mut exponent = 0_i32;
    let mut seen = false;
    let mut places = false;
    loop {
        if let Some(digit) = take(b"0123456789") {
            seen = true;
            if digits < 1_000_000_000_000_000_000 {
                digits = digits * 10 + u64::from(digit - b'0');
                exponent -= i32::from(places);
            } else {
                exponent += i32::from(!places);
            }
        } else if !places && take(b".").is_some() {
            places = true;
        } else {
            break;
        }
    }
    if take(b"eE").is_some() {
        let down = take(b"+-") == Some(b'-');
        let mut power = None;
        while let Some(digit) = take(b"0123456789") {
            power = Some((power.unwrap_or(0_i32) * 10 + i32::from(digit - b'0')).min(9_999));
        }
        exponent += if down { -power? } else { power? };
    }
    if !seen || !rest.is_empty() {
        return None;
    }
    // Up to 2^53 and 10^22 both are exact, and so is what is made of them.
    #[allow(clippy::cast_precision_loss)]
    let mut value = digits as f64;
    while exponent != 0 && value != 0.0 && value.is_finite() {
        let step = exponent.clamp(-22, 22);
        let power = 10_f64.powi(step.abs());
        value = if step < 0 {
            value / power
        } else {
            value * power
        };
        exponent -= step;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn numbers_as_the_standard_library_reads_them() {
        for text in [
            "0",
            "-0",
            "1",
            "12.5",
            "0.1",
            "-3.25e2",
            "1e22",
            "123456789012345",
            "9007199254740991",
            "0.000001",
            "1E-7",
            "+7",
            "007",
            "26214400",
            "99.99",
            "1795300711655.5",
        ] {
            assert_eq!(parse(text), text.parse().ok(), "{text}");
        }
        assert_eq!(parse("1e999"), Some(f64::INFINITY));
        assert_eq!(parse("0e999"), Some(0.0));
        for text in [
            "", "-", "e5", "1e", "1e+", "0x1", "1_0", "NaN", "inf", " 1", "1.2.3",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        // Beyond 15 digits nearly.
        let long = parse("3.141592653589793238462643383279").unwrap();
        assert!((long - std::f64::consts::PI).abs() < 1e-14);
    }
}
