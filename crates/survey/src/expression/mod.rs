//! The expression language of SurveyJS: read once, evaluated many times against a [`Scope`].

mod date;
mod evaluate;
mod functions;
mod inspect;
mod json;
mod name;
mod operators;
mod parse;
mod tree;

pub(crate) use date::iso;
pub use name::{Name, look_up, same_name};
pub use operators::same;
pub(crate) use tree::Operator;

use crate::value::{Object, Value};
use evaluate::{Machine, Operand};
use functions::Function;
use std::{borrow::Cow, fmt};
use tree::{Node, Tree};

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    /// One with all within it; see [`Tree`].
    nodes: Box<[Node]>,
    /// As it was read; names stand in it.
    text: Box<str>,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    /// Where reading ended, in bytes from the start of the text.
    pub at: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with the text of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Problem {
    /// There is no expression, or only `null`.
    Nothing,
    /// What stands there has no meaning.
    NotUnderstood,
    /// Brackets, calls and negations nest too deep.
    TooDeep,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            Problem::Nothing => f.write_str("there is nothing to evaluate"),
            Problem::NotUnderstood => write!(f, "not understood from byte {} on", self.at),
            Problem::TooDeep => f.write_str("brackets nest too deep"),
        }
    }
}

impl std::error::Error for ParseError {}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where the text stops being an expression.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::parse(text)
    }

    /// What it gives.
    pub fn evaluate(&self, scope: &dyn Scope) -> Value {
        self.operand(scope).into_value()
    }

    /// Whether it holds, as a condition: whether its value equals true.
    pub fn is_true(&self, scope: &dyn Scope) -> bool {
        self.operand(scope).is_true()
    }

    /// Fully bracketed, as it was understood.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        if let Some(root) = self.root() {
            root.write(&self.text, &mut text);
        }
        text
    }

    /// The names that it reads, in order of their places, each as often as it is written.
    pub fn names(&self) -> impl Iterator<Item = Name<'_>> {
        self.nodes.iter().filter_map(|node| self.name(node))
    }

    fn operand<'a>(&'a self, scope: &'a dyn Scope) -> Operand<'a> {
        let machine = Machine {
            text: &self.text,
            scope,
        };
        let root = self.root();
        root.map_or(Operand::Nothing, |root| machine.value(root))
    }

    fn root(&self) -> Option<Tree<'_>> {
        Tree::split(&self.nodes).map(|(root, _)| root)
    }
}

/// What an expression is evaluated against.
pub trait Scope {
    /// The value of a name as it is stored; none when there is no such name.
    fn value(&self, name: Name<'_>) -> Option<Cow<'_, Value>>;

    /// The time for date functions.
    fn clock(&self) -> &dyn Clock;

    /// What a function that asks the survey gives; where there is no survey, no container is ready and all else is
    /// nothing.
    fn ask(&self, question: Ask<'_>) -> Value {
        match question {
            Ask::ContainerReady(..) => Value::Bool(false),
            _ => Value::Null,
        }
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
    fn value(&self, name: Name<'_>) -> Option<Cow<'_, Value>> {
        name.look_up(self.values)
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }
}
