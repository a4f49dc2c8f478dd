//! What an expression is once it is read.

use super::{Expression, Function, Name};
use crate::value::{Value, number_text};

/// One operation or operand.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// `null`, `undefined`, or an operand that is left out.
    Nothing,
    /// A number, yes or no, or text.
    Constant(Value),
    /// A word without quotes, which is text.
    Word(Value),
    /// A name, by its position among those of the expression.
    Name(usize),
    /// `[a, b]`, and its value when that is always the same.
    List(Vec<Node>, Option<Value>),
    /// `!a`
    Not(Box<Node>),
    /// `a empty`, `a notempty`
    Empty { operand: Box<Node>, not: bool },
    /// Operators of one rank from left to right, so that a long chain nests no deeper than a short one.
    Chain(Box<Node>, Vec<(Operator, Node)>),
    /// `f(a, b)`
    Call(Box<Call>),
}

/// A function with what it is given.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Which it is; none when no function has this name.
    pub(crate) function: Option<Function>,
    pub(crate) name: String,
    pub(crate) arguments: Vec<Node>,
    /// The condition on rows that an array function was given as text.
    pub(crate) filter: Option<Filter>,
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
        let value = |item: &Self| match item {
            Self::Constant(value) | Self::Word(value) | Self::List(_, Some(value)) => {
                Some(value.clone())
            }
            _ => None,
        };
        let values: Option<Vec<Value>> = items.iter().map(value).collect();
        Self::List(items, values.map(Value::List))
    }

    /// Writes it fully bracketed.
    pub(crate) fn write(&self, names: &[Name], out: &mut String) {
        match self {
            Self::Nothing => {}
            Self::Constant(Value::Text(text)) => {
                out.push('\'');
                out.push_str(text);
                out.push('\'');
            }
            Self::Constant(Value::Number(number)) => out.push_str(&number_text(*number)),
            Self::Constant(value) | Self::Word(value) => out.push_str(&value.to_text()),
            Self::Name(index) => {
                out.push('{');
                if let Some(name) = names.get(*index) {
                    out.push_str(if name.is_raw() { "#" } else { "" });
                    out.push_str(name.text());
                }
                out.push('}');
            }
            Self::List(items, _) => {
                out.push('[');
                write_all(items, names, out);
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
            Self::Chain(first, rest) => {
                out.extend(rest.iter().map(|_| '('));
                first.write(names, out);
                for (operator, right) in rest {
                    out.push(' ');
                    out.push_str(operator.sign());
                    out.push(' ');
                    right.write(names, out);
                    out.push(')');
                }
            }
            Self::Call(call) => {
                out.push_str(&call.name);
                out.push('(');
                write_all(&call.arguments, names, out);
                out.push(')');
            }
        }
    }

    /// Calls on it and on all within.
    pub(crate) fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Node)) {
        see(self);
        match self {
            Self::Nothing | Self::Constant(_) | Self::Word(_) | Self::Name(_) => {}
            Self::List(items, _) => items.iter().for_each(|item| item.visit(see)),
            Self::Not(operand) | Self::Empty { operand, .. } => operand.visit(see),
            Self::Chain(first, rest) => {
                first.visit(see);
                rest.iter().for_each(|(_, right)| right.visit(see));
            }
            Self::Call(call) => call.arguments.iter().for_each(|node| node.visit(see)),
        }
    }
}

fn write_all(nodes: &[Node], names: &[Name], out: &mut String) {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        node.write(names, out);
    }
}
