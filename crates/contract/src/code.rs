//! The codes that people see, say and type: the reference of a request and its query code.
//!
//! Both are Crockford base32, read without regard to case, dashes and spaces, with O as 0 and I and L as 1.

use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why a typed code was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeError {
    /// It has a character that no code has.
    Character,
    /// It has too few or too many characters.
    Length,
    /// Its check character does not fit: one was mistyped or two were swapped.
    Check,
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Character => "a character that no code has",
            Self::Length => "too few or too many characters",
            Self::Check => "the check character does not fit",
        })
    }
}

impl std::error::Error for CodeError {}

fn value(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET
        .iter()
        .position(|&a| char::from(a) == c)
        .and_then(|p| u8::try_from(p).ok())
}

fn read(text: &str) -> Result<Vec<u8>, CodeError> {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}'..='\u{200f}' | '\u{feff}'))
        .map(|c| value(c).ok_or(CodeError::Character))
        .collect()
}

/// The check value of a code: a weighted sum modulo 31 with the weights 1, 2, 3 ... Any single wrong character
/// and any swap of two different ones changes it, unless the values differ by 31 (0 and Z), which no misreading does.
fn check(values: &[u8]) -> u8 {
    let sum: u32 = (1_u32..)
        .zip(values)
        .map(|(weight, &v)| weight * u32::from(v))
        .sum();
    // Below 31, so it fits.
    (sum % 31) as u8
}

fn write(f: &mut fmt::Formatter<'_>, values: &[u8], group: usize) -> fmt::Result {
    for (i, &v) in values.iter().enumerate() {
        if i > 0 && i % group == 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", char::from(ALPHABET[usize::from(v & 31)]))?;
    }
    Ok(())
}

/// `PT-7K3MQ-2Q8VX`: what people see and say. Ten characters, the last one a check character; not sequential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference([u8; 10]);

impl Reference {
    /// Makes a reference from 45 random bits (nine characters); the check character is added.
    #[must_use]
    pub fn from_random(bits: u64) -> Self {
        let mut values = [0; 10];
        for (i, v) in values.iter_mut().take(9).enumerate() {
            *v = (bits >> (5 * i)) as u8 & 31;
        }
        values[9] = check(&values[..9]);
        Self(values)
    }

    /// Reads what a person typed, with or without the `PT-`.
    ///
    /// # Errors
    /// [`CodeError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let text = text.trim();
        let bare = match text.get(..2) {
            Some(prefix) if prefix.eq_ignore_ascii_case("pt") => &text[2..],
            _ => text,
        };
        // "PT" may also be the first two characters of a code typed without the prefix.
        let values = match read(bare) {
            Ok(values) if values.len() == 10 => values,
            shorter => match read(text) {
                Ok(values) if values.len() == 10 => values,
                _ => shorter?,
            },
        };
        let values: [u8; 10] = values.try_into().map_err(|_| CodeError::Length)?;
        if check(&values[..9]) == values[9] {
            Ok(Self(values))
        } else {
            Err(CodeError::Check)
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PT-")?;
        write(f, &self.0, 5)
    }
}

/// The secret that goes with a reference: ten random characters (50 bits), shown once as `XXXXX-XXXXX`.
/// Kept only as a password hash. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryCode([u8; 10]);

impl QueryCode {
    /// Makes a code from 50 random bits.
    #[must_use]
    pub fn from_random(bits: u64) -> Self {
        let mut values = [0; 10];
        for (i, v) in values.iter_mut().enumerate() {
            *v = (bits >> (5 * i)) as u8 & 31;
        }
        Self(values)
    }

    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`CodeError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Ok(Self(read(text)?.try_into().map_err(|_| CodeError::Length)?))
    }
}

impl fmt::Display for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &self.0, 5)
    }
}

impl fmt::Debug for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueryCode(…)")
    }
}

macro_rules! as_text {
    ($name:ident, $example:literal) => {
        impl std::str::FromStr for $name {
            type Err = CodeError;
            fn from_str(s: &str) -> Result<Self, CodeError> {
                Self::parse(s)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Self::parse(&std::borrow::Cow::<'de, str>::deserialize(d)?)
                    .map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .examples([serde_json::Value::from($example)])
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

as_text!(Reference, "PT-7K3MQ-2Q8VX");
as_text!(QueryCode, "4F9KX-81QTB");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_survives_how_people_write_it() {
        let r = Reference::from_random(0x1234_5678_9abc);
        let text = r.to_string();
        assert_eq!(text.len(), 14);
        for typed in [
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            text[3..].to_owned(),
            format!("  {text}\u{200b}"),
        ] {
            assert_eq!(Reference::parse(&typed), Ok(r), "{typed}");
        }
        let with_letters = text.replace('0', "O").replace('1', "l");
        assert_eq!(Reference::parse(&with_letters), Ok(r));
    }

    #[test]
    fn a_code_that_begins_with_pt_is_read_with_and_without_its_prefix() {
        // P is 22 and T is 26.
        let r = Reference::from_random(22 | (26 << 5) | (7 << 10));
        let text = r.to_string();
        assert!(text.starts_with("PT-PT"));
        assert_eq!(Reference::parse(&text), Ok(r));
        assert_eq!(Reference::parse(&text[3..]), Ok(r));
    }

    #[test]
    fn one_wrong_or_two_swapped_characters_are_seen() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..200 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let r = Reference::from_random(seed >> 19);
            for i in 0..10 {
                for v in 0..31 {
                    let mut wrong = r.0;
                    if wrong[i] == v || wrong[i] == 31 {
                        continue;
                    }
                    wrong[i] = v;
                    assert!(Reference::parse(&Reference(wrong).to_string()).is_err());
                }
                for j in i + 1..9 {
                    let mut wrong = r.0;
                    wrong.swap(i, j);
                    if wrong[i] % 31 != wrong[j] % 31 {
                        assert!(Reference::parse(&Reference(wrong).to_string()).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_code_is_refused_with_a_reason() {
        assert_eq!(Reference::parse("PT-7K3MQ"), Err(CodeError::Length));
        assert_eq!(Reference::parse("投訴編號"), Err(CodeError::Character));
        assert_eq!(Reference::parse(""), Err(CodeError::Length));
        assert_eq!(QueryCode::parse("U"), Err(CodeError::Character));
        assert!(format!("{:?}", QueryCode::from_random(7)).contains('…'));
    }
}
