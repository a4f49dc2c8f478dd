//! From a text to a [`Value`].

use super::{Mismatch, Value};
use portico_contract::number;

/// Lists and objects within each other beyond this are refused.
const DEEPEST: u32 = 64;

/// Reads any JSON.
///
/// # Errors
/// [`Mismatch`]
pub fn parse(text: &str) -> Result<Value, Mismatch> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.blank();
    if parser.at == text.len() {
        Ok(value)
    } else {
        Err(Mismatch)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), Mismatch> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(Mismatch)
        }
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Mismatch> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(Mismatch)
        }
    }

    fn value(&mut self, depth: u32) -> Result<Value, Mismatch> {
        if depth > DEEPEST {
            return Err(Mismatch);
        }
        self.blank();
        match self.peek().ok_or(Mismatch)? {
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'"' => Ok(Value::Text(self.string()?)),
            b'[' => {
                let mut items = Vec::new();
                self.items(b']', |parser| {
                    items.push(parser.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Value::List(items))
            }
            b'{' => {
                let mut entries = Vec::new();
                self.items(b'}', |parser| {
                    parser.blank();
                    let key = parser.string()?;
                    parser.blank();
                    parser.expect(b':')?;
                    entries.push((key, parser.value(depth + 1)?));
                    Ok(())
                })?;
                Ok(Value::Object(entries))
            }
            _ => self.number(),
        }
    }

    /// What stands between brackets, with commas between.
    fn items(
        &mut self,
        end: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), Mismatch>,
    ) -> Result<(), Mismatch> {
        self.at += 1;
        self.blank();
        if self.take(end) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.blank();
            if self.take(end) {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn number(&mut self) -> Result<Value, Mismatch> {
        let begin = self.at;
        self.take(b'-');
        // More digits after a zero at the beginning are left over, which is refused where it is found.
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        number::parse(&self.text[begin..self.at])
            .filter(|number| number.is_finite())
            .map(Value::Number)
            .ok_or(Mismatch)
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Mismatch> {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > begin {
            Ok(())
        } else {
            Err(Mismatch)
        }
    }

    fn string(&mut self) -> Result<String, Mismatch> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let begin = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            // The bytes that end a run are ASCII, so they are at the boundary of a character.
            out.push_str(&self.text[begin..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escaped()?);
                }
                _ => return Err(Mismatch),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Mismatch> {
        let byte = self.peek().ok_or(Mismatch)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = self.hex()?;
                let after = self.at;
                if (0xd800..0xdc00).contains(&code) && self.take(b'\\') && self.take(b'u') {
                    match self.hex()? {
                        low @ 0xdc00..0xe000 => {
                            code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                        }
                        // Something of its own.
                        _ => self.at = after,
                    }
                } else {
                    self.at = after;
                }
                // Half of a pair alone is no character.
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(Mismatch),
        })
    }

    fn hex(&mut self) -> Result<u32, Mismatch> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16));
            code = code * 16 + digit.ok_or(Mismatch)?;
            self.at += 1;
        }
        Ok(code)
    }
}
