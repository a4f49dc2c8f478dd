//! Answers and settings: what JSON can hold, and instants; with the coercions of JavaScript that expressions rely on.

use crate::{
    ecma,
    names::{search, sorted},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use std::{borrow::Cow, fmt};

/// How deep lists and objects may nest, in all that is read.
pub const MAX_DEPTH: usize = 512;

/// One value: an answer, a setting, or what an expression gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing: unanswered, unknown or undefined.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number, also NaN and the infinities.
    Number(f64),
    /// Text.
    Text(String),
    /// Several values in order.
    List(Vec<Value>),
    /// Named values in order.
    Object(Object),
    /// An instant in milliseconds since 1970 UTC; NaN when it could not be told. Only functions make it.
    Date(f64),
}

impl Value {
    /// Whether it counts as no answer: nothing, no number, empty text, an empty list, and an object with empty members
    /// alone. 0, false, a blank and a list that holds nothing are answers.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Object(object) => object.values().all(Self::is_empty),
            Self::Number(number) => number.is_nan(),
            Self::Bool(_) | Self::Date(_) => false,
        }
    }

    /// Whether JavaScript takes it for true.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(yes) => *yes,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::List(_) | Self::Object(_) | Self::Date(_) => true,
        }
    }

    /// The text, when it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when it is a number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Yes or no, when it is that.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(yes) => Some(*yes),
            _ => None,
        }
    }

    /// The items, when it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The object, when it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// As JavaScript's `String(value)` makes it; a list joins its items by commas. An instant is in UTC, as in JSON.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => "null".into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Number(number) => number_text(*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => {
                let mut text = String::new();
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    if *item != Self::Null {
                        text.push_str(&item.to_text());
                    }
                }
                text.into()
            }
            Self::Object(_) => "[object Object]".into(),
            Self::Date(at) => crate::expression::iso(*at).unwrap_or_default().into(),
        }
    }

    /// As JavaScript's `Number(value)` makes it; NaN when it is no number.
    pub fn to_number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(yes) => f64::from(u8::from(*yes)),
            Self::Number(number) | Self::Date(number) => *number,
            Self::Text(text) => number_of(text),
            Self::List(_) => number_of(&self.to_text()),
            Self::Object(_) => f64::NAN,
        }
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Powers of ten that are exact.
pub(crate) const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A number without its fraction.
pub(crate) fn whole_part(number: f64) -> f64 {
    // Many times as fast as `trunc`; beyond, there are no fractions.
    if number.abs() < 9_007_199_254_740_992.0 {
        number as i64 as f64
    } else {
        number
    }
}

/// A number as JavaScript writes it: the shortest digits that read back the same, an exponent from 1e21 and below 1e-6.
pub fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        let text = if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return text.to_owned();
    }
    // Whole numbers are most numbers, and their digits are exact below 2^53.
    if whole_part(number) == number && number.abs() < 9_007_199_254_740_992.0 {
        return (number as i64).to_string();
    }
    ecma::decimal(number)
}

/// A number with so many digits after the point, half away from zero as people round.
pub(crate) fn fixed(number: f64, digits: usize) -> String {
    // The shortest digits that read back the same are the number that was meant: 1.005 is no 1.00499.
    let text = number_text(number.abs());
    let sign = if number < 0.0 { "-" } else { "" };
    if text.contains(['e', 'N', 'I']) {
        return number_text(number);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut all: Vec<u8> = whole
        .bytes()
        .chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(digits))
        .collect();
    if fraction
        .as_bytes()
        .get(digits)
        .is_some_and(|digit| *digit >= b'5')
    {
        let mut at = all.len();
        loop {
            if at == 0 {
                all.insert(0, b'1');
                break;
            }
            at -= 1;
            if all[at] == b'9' {
                all[at] = b'0';
            } else {
                all[at] += 1;
                break;
            }
        }
    }
    let point = all.len() - digits;
    let mut rounded: String = all.iter().map(|digit| char::from(*digit)).collect();
    let zero = all.iter().all(|digit| *digit == b'0');
    if digits > 0 {
        rounded.insert(point, '.');
    }
    if zero {
        rounded
    } else {
        sign.to_owned() + &rounded
    }
}

/// A text with a value wherever `{0}` stands in it.
pub(crate) fn filled_in(text: &str, value: &str) -> String {
    let mut made = String::with_capacity(text.len() + value.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        made.push_str(before);
        let place = after.strip_prefix("0}");
        made.push_str(place.map_or("{", |_| value));
        rest = place.unwrap_or(after);
    }
    made + rest
}

/// What JavaScript takes for white space.
pub(crate) fn is_space(c: char) -> bool {
    // Unlike Unicode, it counts a byte order mark and not U+0085.
    c.is_whitespace() && c != '\u{85}' || c == '\u{feff}'
}

/// A text without the white space around it.
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        // Most text has none.
        [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~'] | [] => text,
        _ => text.trim_matches(is_space),
    }
}

/// A text as JavaScript's `Number(text)` reads it: blanks around are ignored, empty text is 0; NaN when it is no
/// number.
pub fn number_of(text: &str) -> f64 {
    let text = trimmed(text);
    if text.is_empty() {
        return 0.0;
    }
    short_number(text).unwrap_or_else(|| long_number(text))
}

/// What [`number_of`] reads beyond short numbers, without blanks around.
pub(crate) fn long_number(text: &str) -> f64 {
    if let [b'0', kind, rest @ ..] = text.as_bytes() {
        let radix = match kind.to_ascii_lowercase() {
            b'x' => 16,
            b'o' => 8,
            b'b' => 2,
            _ => 0,
        };
        if radix > 0 {
            return whole_of(rest, radix);
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let size = match unsigned {
        "Infinity" => Some(f64::INFINITY),
        _ if unsigned.len() == text.len() => None,
        _ => short_number(unsigned),
    };
    if let Some(size) = size {
        return if text.starts_with('-') { -size } else { size };
    }
    // Rust reads more words than JavaScript does, all of which have other letters. A sign stands after `e` alone, and
    // so no day is a number.
    let mut before = b' ';
    let like_a_number = unsigned.bytes().all(|byte| match byte {
        b'+' | b'-' => before.eq_ignore_ascii_case(&b'e'),
        _ => {
            before = byte;
            byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E')
        }
    });
    if like_a_number {
        ecma::read(text)
    } else {
        f64::NAN
    }
}

/// A number of at most 15 digits, with or without a point. It is exact: both the digits and the power of ten are.
pub(crate) fn short_number(text: &str) -> Option<f64> {
    let (mut digits, mut below, mut seen) = (0_u64, None, 0);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + u64::from(byte - b'0');
                below = below.map(|places| places + 1);
                seen += 1;
            }
            b'.' if below.is_none() => below = Some(0),
            _ => return None,
        }
        if seen > 15 {
            return None;
        }
    }
    let places: usize = below.unwrap_or(0);
    (seen > 0).then(|| digits as f64 / TENS[places])
}

fn whole_of(digits: &[u8], radix: u32) -> f64 {
    if digits.is_empty() {
        return f64::NAN;
    }
    digits
        .iter()
        .try_fold(0.0, |sum, digit| {
            let digit = char::from(*digit).to_digit(radix)?;
            Some(sum * f64::from(radix) + f64::from(digit))
        })
        .unwrap_or(f64::NAN)
}

/// Named values in the order in which they were added; a name is found without looking through all of many.
#[derive(Clone, Default)]
pub struct Object {
    entries: Vec<(String, Value)>,
    /// None while there are few.
    index: Option<Box<Index>>,
}

/// Positions of entries, sorted by name.
#[derive(Clone)]
struct Index(Vec<u32>);

/// Up to here looking through all is faster than an index.
const FEW: usize = 16;

impl Object {
    /// Without any entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(name).ok().map(|at| &self.entries[at].1)
    }

    /// The value of a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.find(name).ok().map(|at| &mut self.entries[at].1)
    }

    /// Gives a name a value, at its old place when it has one; the old value.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.find(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            Err(rank) => {
                let at = self.entries.len();
                self.entries.push((name, value));
                match &mut self.index {
                    Some(index) => index.0.insert(rank, at as u32),
                    None if at == FEW => self.index = Some(self.build_index()),
                    None => {}
                }
                None
            }
        }
    }

    /// Takes a name away; its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.find(name).ok()?;
        if let Some(index) = &mut self.index {
            index.0.retain(|position| *position as usize != at);
            for position in &mut index.0 {
                *position -= u32::from(*position as usize > at);
            }
        }
        Some(self.entries.remove(at).1)
    }

    /// All entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> + DoubleEndedIterator {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// All names in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// All values in order of their names.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + DoubleEndedIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The place of a name, or that in the index where it belongs.
    fn find(&self, name: &str) -> Result<usize, usize> {
        let entries = &self.entries;
        let Some(Index(index)) = self.index.as_deref() else {
            return entries.iter().position(|(known, _)| known == name).ok_or(0);
        };
        search(index, &|at| entries[at as usize].0.as_str().cmp(name))
            .map(|rank| index[rank] as usize)
    }

    /// Positions of entries, sorted by name.
    fn build_index(&self) -> Box<Index> {
        let entries = &self.entries;
        Box::new(Index(sorted(entries.len(), &|a, b| {
            entries[a].0.cmp(&entries[b].0)
        })))
    }

    /// From pairs as they were read; of one name twice, the last value at the first place counts.
    fn from_pairs(pairs: Vec<(String, Value)>) -> Self {
        let mut object = Self {
            entries: pairs,
            index: None,
        };
        let index = object.build_index();
        let name = |at: u32| &object.entries[at as usize].0;
        if index
            .0
            .windows(2)
            .any(|pair| name(pair[0]) == name(pair[1]))
        {
            let mut once = Self::default();
            for (name, value) in object.entries {
                once.insert(name, value);
            }
            return once;
        }
        if object.entries.len() > FEW {
            object.index = Some(index);
        }
        object
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Into<String>> FromIterator<(K, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(pairs: I) -> Self {
        Self::from_pairs(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Nested(MAX_DEPTH).deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(object) => Ok(object),
            _ => Err(de::Error::custom("not a JSON object")),
        }
    }
}

/// Reads a value that may nest so many levels more.
#[derive(Clone, Copy)]
struct Nested(usize);

impl Nested {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        let inner = self.0.checked_sub(1).map(Self);
        inner.ok_or_else(|| E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")))
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut pairs = Vec::new();
        while let Some(name) = map.next_key()? {
            pairs.push((name, map.next_value_seed(inner)?));
        }
        Ok(Value::Object(Object::from_pairs(pairs)))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Number(number) if !number.is_finite() => serializer.serialize_unit(),
            Self::Number(number)
                if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 =>
            {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Object(object) => object.serialize(serializer),
            Self::Date(at) => match crate::expression::iso(*at) {
                Some(text) => serializer.serialize_str(&text),
                None => serializer.serialize_unit(),
            },
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
