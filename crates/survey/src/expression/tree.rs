//! What an expression is once it is read.

use super::{Expression, Function, Name};
use crate::value::Value;

/// One operation or operand. It is small, and operands lie side by side: where many expressions are evaluated, most time
/// goes into fetching them from memory.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// `null`, `undefined`, or an operand that is left out.
    Nothing,
    /// A number, yes or no, text, or a list of these.
    Constant(Value),
    /// A word without quotes, which is text.
    Word(Box<Value>),
    /// A name, by its position among those of the expression.
    Name(usize),
    /// `[a, b]`
    List(Box<List>),
    /// `!a`
    Not(Box<Node>),
    /// `a empty`, `a notempty`
    Empty { operand: Box<Node>, not: bool },
    /// Operators of one rank from left to right, so that a long chain nests no deeper than a short one.
    Chain(Box<[Link]>),
    /// `f(a, b)`
    Call(Box<Call>),
}

/// An operand of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// What stands before it; none before the first.
    pub(crate) operator: Option<Operator>,
    pub(crate) operand: Node,
}

/// A list as it is written.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) items: Vec<Node>,
    /// What it gives, when that is always the same.
    pub(crate) value: Option<Value>,
}

/// A function with what it is given.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Which it is; none when no function has this name.
    pub(crate) function: Option<Function>,
    pub(crate) name: String,
    pub(crate) arguments: Vec<Node>,
    /// The condition on rows that an array function was given as text.
    pub(crate) filter: Option<Box<Filter>>,
}

/// A condition on rows given as text.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    Condition(Expression),
    /// It cannot be read, and lets no row through.
    NotUnderstood,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operator {
    Or,
    And,
    LessOrEqual,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Less,
    Greater,
    Plus,
    Minus,
    Times,
    Divide,
    Remainder,
    Power,
    Contains,
    NotContains,
    AnyOf,
    AllOf,
    NoneOf,
}

/// How many ranks operators have; the last binds tightest.
pub(crate) const RANKS: u8 = 7;

impl Operator {
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Or => 0,
            Self::And => 1,
            Self::LessOrEqual
            | Self::GreaterOrEqual
            | Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::Greater => 2,
            Self::Plus | Self::Minus => 3,
            Self::Times | Self::Divide | Self::Remainder => 4,
            Self::Power => 5,
            Self::Contains | Self::NotContains | Self::AnyOf | Self::AllOf | Self::NoneOf => {
                RANKS - 1
            }
        }
    }

    /// Whether it compares two values, or looks for one in another.
    pub(crate) fn compares(self) -> bool {
        matches!(self.rank(), 2 | 6)
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::Greater => ">",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "^",
            Self::Contains => "contains",
            Self::NotContains => "notcontains",
            Self::AnyOf => "anyof",
            Self::AllOf => "allof",
            Self::NoneOf => "noneof",
        }
    }
}

impl Node {
    /// A list of these.
    pub(crate) fn list(items: Vec<Self>) -> Self {
        let values = items.iter().map(|item| item.constant().cloned());
        let value = values.collect::<Option<_>>().map(Value::List);
        match value {
            // Words are written otherwise than the text that they are.
            Some(value) if items.iter().all(|item| matches!(item, Self::Constant(_))) => {
                Self::Constant(value)
            }
            value => Self::List(Box::new(List { items, value })),
        }
    }

    /// What it gives, when that is written out.
    pub(crate) fn constant(&self) -> Option<&Value> {
        match self {
            Self::Constant(value) => Some(value),
            Self::Word(value) => Some(value),
            Self::List(list) => list.value.as_ref(),
            _ => None,
        }
    }

    /// The text that it is, when one is written out.
    pub(crate) fn constant_text(&self) -> Option<&str> {
        self.constant()?.as_text()
    }

    /// Writes it fully bracketed.
    pub(crate) fn write(&self, names: &[Name], out: &mut String) {
        match self {
            Self::Nothing => {}
            Self::Constant(value) => write_value(value, out),
            Self::Word(value) => out.push_str(&value.to_text()),
            Self::Name(index) => {
                out.push('{');
                if let Some(name) = names.get(*index) {
                    out.push_str(if name.is_raw() { "#" } else { "" });
                    out.push_str(name.text());
                }
                out.push('}');
            }
            Self::List(list) => {
                out.push('[');
                separated(&list.items, out, |item, out| item.write(names, out));
                out.push(']');
            }
            Self::Not(operand) => {
                out.push_str("! ");
                operand.write(names, out);
            }
            Self::Empty { operand, not } => {
                operand.write(names, out);
                out.push_str(if *not { " notempty" } else { " empty" });
            }
            Self::Chain(links) => {
                out.extend(links.iter().skip(1).map(|_| '('));
                for link in links {
                    let Some(operator) = link.operator else {
                        link.operand.write(names, out);
                        continue;
                    };
                    out.push(' ');
                    out.push_str(operator.sign());
                    out.push(' ');
                    link.operand.write(names, out);
                    out.push(')');
                }
            }
            Self::Call(call) => {
                out.push_str(&call.name);
                out.push('(');
                separated(&call.arguments, out, |item, out| item.write(names, out));
                out.push(')');
            }
        }
    }

    /// Calls on it and on all within.
    pub(crate) fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Node)) {
        see(self);
        match self {
            Self::Nothing | Self::Constant(_) | Self::Word(_) | Self::Name(_) => {}
            Self::List(list) => list.items.iter().for_each(|item| item.visit(see)),
            Self::Not(operand) | Self::Empty { operand, .. } => operand.visit(see),
            Self::Chain(links) => links.iter().for_each(|link| link.operand.visit(see)),
            Self::Call(call) => call.arguments.iter().for_each(|node| node.visit(see)),
        }
    }
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Text(text) => {
            out.push('\'');
            out.push_str(text);
            out.push('\'');
        }
        Value::List(items) => {
            out.push('[');
            separated(items, out, write_value);
            out.push(']');
        }
        value => out.push_str(&value.to_text()),
    }
}

fn separated<T>(items: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        write(item, out);
    }
}
