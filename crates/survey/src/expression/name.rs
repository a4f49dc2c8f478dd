//! Names in braces, and where they lead.

use super::{evaluate::Operand, json};
use crate::{Object, Value, ecma::lower};
use std::borrow::Cow;

/// A name in braces, such as `{matrix.row}` or `{panel[0].age}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    text: Box<str>,
    index: u32,
    raw: bool,
    /// Whether it has steps: dots or brackets.
    path: bool,
    pub(super) of_row: bool,
    literal: Option<Box<Value>>,
}

impl Name {
    /// A name as it stands between the braces.
    pub fn new(text: &str) -> Self {
        let (raw, text) = match text.strip_prefix('#') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, text),
        };
        let literal = text.contains(':').then(|| json::object_of(text)).flatten();
        Self {
            text: text.into(),
            index: 0,
            raw,
            path: text.contains(['.', '[']),
            of_row: false,
            literal: literal.map(Box::new),
        }
    }

    pub(super) fn at(self, index: usize) -> Self {
        Self {
            index: index as u32,
            ..self
        }
    }

    /// As it is written, without a leading `#`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its position among [`Expression::names`](super::Expression::names): what a scope has found out about it once
    /// can be kept under this.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    /// Whether it was written with `#`: text stays text.
    pub fn is_raw(&self) -> bool {
        self.raw
    }

    /// Whether it is read from the rows that a function such as `sumInArray` goes through, not from the survey.
    pub fn is_of_row(&self) -> bool {
        self.of_row
    }

    /// Whether it is no name, but an object written as JSON.
    pub(crate) fn is_literal(&self) -> bool {
        self.literal.is_some()
    }

    /// What stands for a name that leads nowhere: the object when it is written as JSON, 0 for the length of nothing.
    pub(super) fn fallback(&self) -> Operand<'_> {
        match &self.literal {
            Some(value) => (&**value).into(),
            None if self.path && self.text.ends_with(".length") => 0.0.into(),
            None => Operand::Nothing,
        }
    }

    /// The value at this path of an object; see [`look_up`].
    pub fn look_up<'a>(&self, object: &'a Object) -> Option<Cow<'a, Value>> {
        if self.path {
            look_up(&self.text, object)
        } else {
            entry(object, &self.text).map(Cow::Borrowed)
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
