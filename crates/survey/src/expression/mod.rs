//! The expression language of SurveyJS: read once, evaluated many times against a [`Scope`].

use crate::value::{Object, Value};
use std::{borrow::Cow, fmt};

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    names: Vec<Name>,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    /// Where reading ended, in bytes from the start of the text.
    pub at: usize,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not understood from position {}", self.at + 1)
    }
}

impl std::error::Error for ParseError {}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where the text stops being an expression.
    pub fn parse(_text: &str) -> Result<Self, ParseError> {
        Err(ParseError { at: 0 })
    }

    /// What it gives.
    pub fn evaluate(&self, _scope: &dyn Scope) -> Value {
        Value::Null
    }

    /// Whether it holds, as a condition: whether its value equals true.
    pub fn is_true(&self, _scope: &dyn Scope) -> bool {
        false
    }

    /// Fully bracketed, as it was understood.
    pub fn canonical(&self) -> String {
        String::new()
    }

    /// The names that it reads, in order of their places, each as often as it is written.
    /// [`Name::index`] is the position in this list.
    pub fn names(&self) -> &[Name] {
        &self.names
    }
}

/// A name in braces, such as `{matrix.row[0]}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    text: String,
    index: usize,
    raw: bool,
}

impl Name {
    /// Splits a name as it stands between the braces.
    pub fn new(text: &str) -> Self {
        let (raw, text) = match text.strip_prefix('#') {
            Some(text) => (true, text),
            None => (false, text),
        };
        Self {
            text: text.to_owned(),
            index: 0,
            raw,
        }
    }

    /// As it is written, without a leading `#`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its position among [`Expression::names`]: what a scope has found out about it once can be kept under this.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether it was written with `#`: text stays text.
    pub fn is_raw(&self) -> bool {
        self.raw
    }

    /// The name without a first segment, when that is `first` (in any case): `x` of `row.x` for `row`.
    pub fn after(&self, _first: &str) -> Option<Name> {
        None
    }

    /// The value at this path of an object: longest dotted name first, in any case, `[i]` counts from 0 or, negative,
    /// from the end, `.length` of what is not there is 0.
    pub fn look_up<'a>(&self, _object: &'a Object) -> Option<Cow<'a, Value>> {
        None
    }
}

/// What an expression is evaluated against.
pub trait Scope {
    /// The value of a name as it is stored; none when there is no such name.
    fn value(&self, name: &Name) -> Option<Cow<'_, Value>>;

    /// The time for date functions.
    fn clock(&self) -> &dyn Clock;

    /// What a function that asks the survey gives; nothing where there is no survey.
    fn ask(&self, _question: Ask<'_>) -> Value {
        Value::Null
    }
}

/// What a function can ask of a survey.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    /// `isContainerReady(name[, index])`: whether a page or panel has no error.
    ContainerReady(&'a str, Option<usize>),
    /// `isDisplayMode()`
    DisplayMode,
    /// `displayValue(name[, value])`
    DisplayValue(&'a str, Option<&'a Value>),
    /// `propertyValue(name, property)`
    Property(&'a str, &'a str),
    /// `getComment(name[, item])`
    Comment(&'a str, Option<&'a Value>),
}

/// The time, and what local time is.
pub trait Clock {
    /// Now, in milliseconds since 1970 UTC.
    fn now(&self) -> f64;

    /// How many minutes local time is ahead of UTC at an instant (milliseconds since 1970 UTC).
    fn offset(&self, at: f64) -> f64;
}

/// UTC at an instant in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Utc(pub f64);

impl Clock for Utc {
    fn now(&self) -> f64 {
        self.0
    }

    fn offset(&self, _: f64) -> f64 {
        0.0
    }
}

/// An object alone, such as answers without their survey.
pub struct Values<'a, C> {
    /// The values by name.
    pub values: &'a Object,
    /// The time.
    pub clock: C,
}

impl<C: Clock> Scope for Values<'_, C> {
    fn value(&self, name: &Name) -> Option<Cow<'_, Value>> {
        name.look_up(self.values)
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }
}
