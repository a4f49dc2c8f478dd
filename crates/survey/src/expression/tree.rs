//! What an expression is once it is read.

use super::{Expression, Function, name::Place};
use crate::value::{Value, number_text};
use std::borrow::Cow;

/// One operation or operand. What an operation is done with follows it, so that an expression is one row of these: where
/// many expressions are evaluated, most time goes into fetching them from memory.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// How many of the next nodes are within.
    within: u32,
    /// What stands before it in a chain; none before the first.
    pub(crate) operator: Option<Operator>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `null`, `undefined`, or an operand that is left out.
    Nothing,
    Bool(bool),
    Number(f64),
    /// Text, or a list of what is written out.
    Constant(Box<Value>),
    /// A word without quotes, which is text.
    Word(Box<Value>),
    /// A name; with what stands for it when it leads nowhere, if that is written out.
    Name(Place),
    /// `[a, b]`, with what it gives when that is always the same.
    List(Option<Box<Value>>),
    /// `!a`
    Not,
    /// `a empty`; `a notempty` when it is true.
    Empty(bool),
    /// Operators of one rank from left to right, so that a long chain nests no deeper than a short one.
    Chain,
    /// `f(a, b)`
    Call(Function),
    /// The same of a function that goes through rows, with the condition on these that it was given as text.
    Filtered(Box<(Function, Filter)>),
    /// A call of what is no function, by its name.
    Unknown(Box<Value>),
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
    /// One with so many nodes within.
    pub(crate) fn of(kind: Kind, within: usize) -> Self {
        Self {
            kind,
            within: within as u32,
            operator: None,
        }
    }
}

/// A node with all within.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) node: &'a Node,
    within: &'a [Node],
}

impl<'a> Tree<'a> {
    /// The first of a row of nodes, and what follows it.
    pub(crate) fn split(nodes: &'a [Node]) -> Option<(Self, &'a [Node])> {
        let (node, rest) = nodes.split_first()?;
        let (within, rest) = rest.split_at_checked(node.within as usize)?;
        Some((Self { node, within }, rest))
    }

    /// What the operation is done with.
    pub(crate) fn operands(self) -> Operands<'a> {
        Operands(self.within)
    }

    /// What it gives, when that is written out.
    pub(crate) fn constant(self) -> Option<Cow<'a, Value>> {
        match &self.node.kind {
            Kind::Bool(yes) => Some(Cow::Owned((*yes).into())),
            Kind::Number(number) => Some(Cow::Owned((*number).into())),
            Kind::Constant(value) | Kind::Word(value) | Kind::List(Some(value)) => {
                Some(Cow::Borrowed(value))
            }
            _ => None,
        }
    }

    /// The text that it is, when one is written out.
    pub(crate) fn constant_text(self) -> Option<&'a str> {
        match &self.node.kind {
            Kind::Constant(value) | Kind::Word(value) => value.as_text(),
            _ => None,
        }
    }

    /// Writes it fully bracketed.
    pub(crate) fn write(self, text: &str, out: &mut String) {
        let operands = self.operands();
        match &self.node.kind {
            Kind::Nothing => {}
            Kind::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Kind::Number(number) => out.push_str(&number_text(*number)),
            Kind::Constant(value) => write_value(value, out),
            Kind::Word(value) => out.push_str(&value.to_text()),
            Kind::Name(place) => {
                let name = place.name(text);
                out.push_str(if name.is_raw() { "{#" } else { "{" });
                out.push_str(name.text());
                out.push('}');
            }
            Kind::List(_) => {
                out.push('[');
                separated(operands, out, |item, out| item.write(text, out));
                out.push(']');
            }
            Kind::Not => {
                out.push_str("! ");
                operands.for_each(|operand| operand.write(text, out));
            }
            Kind::Empty(not) => {
                operands.for_each(|operand| operand.write(text, out));
                out.push_str(if *not { " notempty" } else { " empty" });
            }
            Kind::Chain => {
                out.extend(self.operands().skip(1).map(|_| '('));
                for operand in operands {
                    let Some(operator) = operand.node.operator else {
                        operand.write(text, out);
                        continue;
                    };
                    out.push(' ');
                    out.push_str(operator.sign());
                    out.push(' ');
                    operand.write(text, out);
                    out.push(')');
                }
            }
            Kind::Call(_) | Kind::Filtered(_) | Kind::Unknown(_) => {
                out.push_str(self.called());
                out.push('(');
                separated(operands, out, |item, out| item.write(text, out));
                out.push(')');
            }
        }
    }

    fn called(self) -> &'a str {
        match &self.node.kind {
            Kind::Call(function) => function.name(),
            Kind::Filtered(filtered) => filtered.0.name(),
            Kind::Unknown(name) => name.as_text().unwrap_or_default(),
            _ => "",
        }
    }
}

/// What an operation is done with, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Operands<'a>(&'a [Node]);

impl<'a> Operands<'a> {
    /// Those that lie in a row.
    pub(crate) fn of(row: &'a [Node]) -> Self {
        Self(row)
    }

    /// Those after so many.
    pub(crate) fn after(&self, count: usize) -> Self {
        let mut rest = self.clone();
        for _ in 0..count {
            rest.next();
        }
        rest
    }

    /// The nodes that they are, with all within.
    pub(crate) fn row(&self) -> &'a [Node] {
        self.0
    }
}

impl<'a> Iterator for Operands<'a> {
    type Item = Tree<'a>;

    fn next(&mut self) -> Option<Tree<'a>> {
        let (operand, rest) = Tree::split(self.0)?;
        self.0 = rest;
        Some(operand)
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
            separated(items.iter(), out, write_value);
            out.push(']');
        }
        value => out.push_str(&value.to_text()),
    }
}

fn separated<T>(items: impl Iterator<Item = T>, out: &mut String, write: impl Fn(T, &mut String)) {
    for (index, item) in items.enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        write(item, out);
    }
}
