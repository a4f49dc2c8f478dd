//! Names in braces, and where they lead.

use super::json;
use crate::{Object, Value, ecma::lower};
use std::borrow::Cow;

/// A name in braces, such as `{matrix.row}` or `{panel[0].age}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Name<'t> {
    text: &'t str,
    marks: Marks,
}

/// What a name is beside its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Marks {
    raw: bool,
    /// Whether it has steps: dots or brackets.
    path: bool,
    pub(super) of_row: bool,
}

/// Where a name stands in the text of its expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    start: u32,
    end: u32,
    pub(super) marks: Marks,
}

impl Place {
    /// The place of a name that ends there.
    pub(super) fn of(name: Name<'_>, end: usize) -> Self {
        Self {
            start: (end - name.text.len()) as u32,
            end: end as u32,
            marks: name.marks,
        }
    }

    /// The name that stands here.
    pub(super) fn name(self, text: &str) -> Name<'_> {
        Name {
            text: text
                .get(self.start as usize..self.end as usize)
                .unwrap_or_default(),
            marks: self.marks,
        }
    }
}

impl<'t> Name<'t> {
    /// A name as it stands between the braces.
    pub fn new(text: &'t str) -> Self {
        let (raw, text) = match text.strip_prefix('#') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, text),
        };
        let marks = Marks {
            raw,
            path: text.contains(['.', '[']),
            of_row: false,
        };
        Self { text, marks }
    }

    /// As it is written, without a leading `#`.
    pub fn text(self) -> &'t str {
        self.text
    }

    /// Whether it was written with `#`: text stays text.
    pub fn is_raw(self) -> bool {
        self.marks.raw
    }

    /// Whether it is read from the rows that a function such as `sumInArray` goes through, not from the survey.
    pub fn is_of_row(self) -> bool {
        self.marks.of_row
    }

    /// The object that it is where it is written as JSON, and no name.
    pub(crate) fn literal(self) -> Option<Value> {
        self.text
            .contains(':')
            .then(|| json::object_of(self.text))
            .flatten()
    }

    /// Whether what leads nowhere is the length of nothing.
    pub(super) fn is_length(self) -> bool {
        self.marks.path && self.text.ends_with(".length")
    }

    /// The value at this path of an object; see [`look_up`].
    pub fn look_up(self, object: &Object) -> Option<Cow<'_, Value>> {
        if self.marks.path {
            look_up(self.text, object)
        } else {
            entry(object, self.text).map(Cow::Borrowed)
        }
    }
}

/// The value at a path of an object, in any case of letters. Of dotted names the longest that is there counts, so that
/// `"a.b"` goes before `b` of `a`. `[i]` is an item, counted from the end when negative; `length` is that of a list or
/// text.
pub fn look_up<'a>(path: &str, object: &'a Object) -> Option<Cow<'a, Value>> {
    let mut object = object;
    let mut path = path;
    'steps: loop {
        let mut end = path.len();
        loop {
            let (name, item) = indexed(&path[..end]);
            // A bracket always means an item.
            let found = (!name.bytes().any(|byte| byte == b'[')).then(|| entry(object, name));
            if let Some(value) = found.flatten() {
                let value = match item {
                    Some(item) => nth(value, item)?,
                    None => value,
                };
                if end == path.len() {
                    return Some(Cow::Borrowed(value));
                }
                path = &path[end + 1..];
                match value {
                    Value::Object(inner) => {
                        object = inner;
                        continue 'steps;
                    }
                    Value::List(items) => {
                        let (place, rest) = path
                            .split_once('.')
                            .map_or((path, None), |(a, b)| (a, Some(b)));
                        if place == "length" && rest.is_none() {
                            return Some(Cow::Owned(Value::Number(items.len() as f64)));
                        }
                        let value = items.get(plain_index(place)?)?;
                        match (value, rest) {
                            (value, None) => return Some(Cow::Borrowed(value)),
                            (Value::Object(inner), Some(rest)) => {
                                object = inner;
                                path = rest;
                                continue 'steps;
                            }
                            _ => return None,
                        }
                    }
                    Value::Text(text) if path == "length" => {
                        return Some(Cow::Owned(
                            Value::Number(text.encode_utf16().count() as f64),
                        ));
                    }
                    _ => return None,
                }
            }
            end = path[..end].bytes().rposition(|byte| byte == b'.')?;
        }
    }
}

/// An index without sign or leading zero.
fn plain_index(text: &str) -> Option<usize> {
    let plain = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| plain)
}

/// A name without a last `[i]`, and that.
fn indexed(name: &str) -> (&str, Option<&str>) {
    let split = name.strip_suffix(']').and_then(|name| {
        let at = name.bytes().rposition(|byte| byte == b'[')?;
        Some((&name[..at], Some(&name[at + 1..])))
    });
    split.unwrap_or((name, None))
}

fn nth<'a>(value: &'a Value, item: &str) -> Option<&'a Value> {
    let items = value.as_list()?;
    let at: isize = item.trim().parse().ok()?;
    let at = if at < 0 {
        at + items.len() as isize
    } else {
        at
    };
    items.get(usize::try_from(at).ok()?)
}

fn entry<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let first = *name.as_bytes().first().unwrap_or(&0);
    // Most names are told apart by their first letters: the case of one is a single bit.
    let like = |known: &str| {
        let known = known.as_bytes().first().unwrap_or(&0);
        (known ^ first) & !0x20 == 0 || !(known | first).is_ascii()
    };
    let mut entries = object.iter();
    let found = entries.find(|(known, _)| like(known) && same_name(known, name));
    found.map(|(_, value)| value)
}

/// Whether two names are one, in any case of letters.
pub fn same_name(a: &str, b: &str) -> bool {
    // Most are short, for which the standard library's own comparison is slow.
    let same = |(a, b): (u8, u8)| a == b || a.eq_ignore_ascii_case(&b);
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(same) || same_letters(a, b)
}

/// Whether two texts are the same in small letters, where one has others than those of ASCII.
#[inline(never)]
fn same_letters(a: &str, b: &str) -> bool {
    !(a.is_ascii() && b.is_ascii()) && lower(a) == lower(b)
}
