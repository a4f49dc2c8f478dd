//! The object that a name in braces can be: `{"a": 1}`.

use crate::value::{Object, Value, number_of};

/// The object whose members these are; none when they are no JSON. Braces are gone, so nothing nests but lists.
pub(super) fn object_of(members: &str) -> Option<Value> {
    let mut reader = Reader { rest: members };
    let mut object = Object::new();
    loop {
        let name = reader.text()?;
        reader.sign(':')?;
        object.insert(name, reader.value(0)?);
        if reader.blank_rest().is_empty() {
            return Some(Value::Object(object));
        }
        reader.sign(',')?;
    }
}

const MAX_NESTING: usize = 100;

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn blank_rest(&mut self) -> &'t str {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.rest = self.blank_rest().strip_prefix(sign)?;
        Some(())
    }

    fn value(&mut self, nesting: usize) -> Option<Value> {
        let rest = self.blank_rest();
        for (word, value) in [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
        ] {
            if let Some(rest) = rest.strip_prefix(word) {
                self.rest = rest;
                return Some(value);
            }
        }
        match rest.as_bytes().first()? {
            b'"' => self.text().map(Value::Text),
            b'[' if nesting < MAX_NESTING => {
                self.sign('[')?;
                let mut items = Vec::new();
                if self.sign(']').is_some() {
                    return Some(Value::List(items));
                }
                loop {
                    items.push(self.value(nesting + 1)?);
                    if self.sign(']').is_some() {
                        return Some(Value::List(items));
                    }
                    self.sign(',')?;
                }
            }
            b'-' | b'0'..=b'9' => {
                let of_number =
                    |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
                let end = rest.find(|c| !of_number(c)).unwrap_or(rest.len());
                self.rest = &rest[end..];
                let digits = rest[..end].strip_prefix('-').unwrap_or(&rest[..end]);
                let leading_zero = digits.len() > 1
                    && digits.starts_with('0')
                    && digits.as_bytes()[1].is_ascii_digit();
                let number = number_of(&rest[..end]);
                let whole = !leading_zero && !digits.ends_with('.');
                (number.is_finite() && whole).then_some(Value::Number(number))
            }
            _ => None,
        }
    }

    fn text(&mut self) -> Option<String> {
        self.sign('"')?;
        let mut units = Vec::new();
        let mut chars = self.rest.chars();
        loop {
            let c = match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        let digits = chars.as_str().get(..4)?;
                        units.push(u16::from_str_radix(digits, 16).ok()?);
                        chars = chars.as_str()[4..].chars();
                        continue;
                    }
                    c @ ('"' | '\\' | '/') => c,
                    _ => return None,
                },
                c if c < ' ' => return None,
                c => c,
            };
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
        self.rest = chars.as_str();
        Some(String::from_utf16_lossy(&units))
    }
}
