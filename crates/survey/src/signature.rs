//! A drawn signature: lines on a field of [`WIDTH`] by [`HEIGHT`], as the picture in a data URL that SurveyJS keeps.
//!
//! The lines are the data of an SVG path, of `M x y` and `L x y` alone, so that a picture that somebody else made is
//! told from ours and nothing but lines can stand in it.

/// Of the field, in its own units.
pub const WIDTH: f64 = 300.0;
/// Of the field, in its own units.
pub const HEIGHT: f64 = 120.0;
/// Bytes of the lines; nobody signs in more.
pub const MAX: usize = 50_000;

const BEFORE: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 300 120'%3E\
    %3Cpath fill='none' stroke='%23000' stroke-width='2' stroke-linecap='round' stroke-linejoin='round' d='";
const AFTER: &str = "'/%3E%3C/svg%3E";

/// The picture of these lines.
#[must_use]
pub fn picture(lines: &str) -> String {
    format!("{BEFORE}{lines}{AFTER}")
}

/// The lines of a picture that was made of lines; `None` of anything else.
#[must_use]
pub fn lines(picture: &str) -> Option<&str> {
    let lines = picture.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    let drawn = |c: u8| matches!(c, b'M' | b'L' | b' ' | b'0'..=b'9');
    (lines.starts_with('M') && lines.len() <= MAX && lines.bytes().all(drawn)).then_some(lines)
}
