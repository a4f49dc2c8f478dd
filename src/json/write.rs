//! From a type to a [`Value`], and from that to a text.

use super::{Mismatch, Value};
use crate::browser::intl::decimal;
use serde::{
    Serialize, Serializer,
    ser::{
        self, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
        SerializeTuple, SerializeTupleVariant,
    },
};
use std::fmt;

/// The text of a value.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    append(value, &mut out);
    out
}

/// A type as a value.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Value {
    value.serialize(Writer).unwrap_or(Value::Null)
}

fn append(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(*number, out),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => {
            let mut before = '[';
            for item in items {
                out.push(before);
                before = ',';
                append(item, out);
            }
            out.push_str(if before == '[' { "[]" } else { "]" });
        }
        Value::Object(entries) => {
            let mut before = '{';
            for (key, value) in entries {
                out.push(before);
                before = ',';
                write_text(key, out);
                out.push(':');
                append(value, out);
            }
            out.push_str(if before == '{' { "{}" } else { "}" });
        }
    }
}

fn write_number(number: f64, out: &mut String) {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if !number.is_finite() {
        out.push_str("null");
    } else if number.trunc() == number && number.abs() <= WHOLE {
        // Checked: whole, and within 2^53.
        #[allow(clippy::cast_possible_truncation)]
        out.push_str(&(number as i64).to_string());
    } else {
        // Tests run outside of a browser.
        out.push_str(&if cfg!(target_arch = "wasm32") {
            decimal(number)
        } else {
            number.to_string()
        });
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            '\0'..='\u{1f}' => {
                out.push_str("\\u00");
                let code = u32::from(character);
                for digit in [code >> 4, code & 15] {
                    out.extend(char::from_digit(digit, 16));
                }
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

impl ser::Error for Mismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Writer;

macro_rules! numbers {
    ($($name:ident $type:ty),+) => {$(
        // Beyond 2^53 no JSON of a browser is exact.
        #[allow(clippy::cast_precision_loss, clippy::cast_lossless)]
        fn $name(self, value: $type) -> Result<Value, Mismatch> {
            Ok(Value::Number(value as f64))
        }
    )+};
}

impl Serializer for Writer {
    type Ok = Value;
    type Error = Mismatch;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = Impossible<Value, Mismatch>;
    type SerializeTupleVariant = List;
    type SerializeMap = Object;
    type SerializeStruct = Object;
    type SerializeStructVariant = Object;

    numbers! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_f32 f32, serialize_f64 f64
    }

    fn serialize_bool(self, value: bool) -> Result<Value, Mismatch> {
        Ok(Value::Bool(value))
    }

    fn serialize_char(self, value: char) -> Result<Value, Mismatch> {
        Ok(Value::Text(value.to_string()))
    }

    fn serialize_str(self, text: &str) -> Result<Value, Mismatch> {
        Ok(Value::Text(text.to_owned()))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Mismatch> {
        Err(Mismatch)
    }

    fn serialize_none(self) -> Result<Value, Mismatch> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Mismatch> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Mismatch> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Mismatch> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, Mismatch> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Mismatch> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Mismatch> {
        Ok(wrap(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Mismatch> {
        Ok(List::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<List, Mismatch> {
        Ok(List::default())
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Mismatch> {
        Err(Mismatch)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List, Mismatch> {
        Ok(List {
            variant: Some(variant),
            ..List::default()
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object, Mismatch> {
        Ok(Object::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object, Mismatch> {
        Ok(Object::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object, Mismatch> {
        Ok(Object {
            variant: Some(variant),
            ..Object::default()
        })
    }
}

fn wrap(variant: &str, value: Value) -> Value {
    Value::Object(vec![(variant.to_owned(), value)])
}

#[derive(Default)]
struct List {
    items: Vec<Value>,
    /// The variant of an enumeration that this is the content of.
    variant: Option<&'static str>,
}

impl SerializeSeq for List {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        self.items.push(value.serialize(Writer)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Mismatch> {
        let list = Value::List(self.items);
        Ok(match self.variant {
            Some(variant) => wrap(variant, list),
            None => list,
        })
    }
}

impl SerializeTuple for List {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Mismatch> {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleVariant for List {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Mismatch> {
        SerializeSeq::end(self)
    }
}

#[derive(Default)]
struct Object {
    entries: Vec<(String, Value)>,
    key: String,
    /// The variant of an enumeration that this is the content of.
    variant: Option<&'static str>,
}

impl Object {
    fn add(&mut self, key: &str, value: Value) {
        self.entries.push((key.to_owned(), value));
    }

    fn done(self) -> Value {
        let object = Value::Object(self.entries);
        match self.variant {
            Some(variant) => wrap(variant, object),
            None => object,
        }
    }
}

impl SerializeMap for Object {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Mismatch> {
        match key.serialize(Writer)? {
            Value::Text(key) => {
                self.key = key;
                Ok(())
            }
            _ => Err(Mismatch),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        let value = value.serialize(Writer)?;
        let key = std::mem::take(&mut self.key);
        self.entries.push((key, value));
        Ok(())
    }

    fn end(self) -> Result<Value, Mismatch> {
        Ok(self.done())
    }
}

impl SerializeStruct for Object {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        self.add(key, value.serialize(Writer)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Mismatch> {
        Ok(self.done())
    }
}

impl SerializeStructVariant for Object {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        SerializeStruct::serialize_field(self, key, value)
    }

    fn end(self) -> Result<Value, Mismatch> {
        Ok(self.done())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(entries) => serializer.collect_map(entries.iter().map(|(k, v)| (k, v))),
        }
    }
}
