//! Evaluating what was read.

use super::{
    Scope, functions,
    name::Place,
    operators::{apply, meaning, or_neutral},
    tree::{Kind, Operands, Operator, Tree},
};
use crate::value::Value;
use std::borrow::Cow;

/// What a node gives. It fits two registers: numbers, yes and no are passed as they are, text is only pointed to.
#[derive(Debug)]
pub(super) enum Operand<'a> {
    Nothing,
    Yes,
    No,
    Number(Bits),
    /// An instant; see [`Value::Date`].
    Date(Bits),
    /// Text, a list or an object that stands elsewhere.
    Given(&'a Value),
    /// Text, a list or an object that was just made.
    Made(Box<Value>),
}

/// A number, by its bits: beside pointers these stay in a register, which a number would not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits(u64);

impl Bits {
    /// The number.
    pub(super) fn number(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<bool> for Operand<'_> {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl From<f64> for Operand<'_> {
    fn from(number: f64) -> Self {
        Self::Number(Bits(number.to_bits()))
    }
}

impl<'a> From<&'a Value> for Operand<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(yes) => (*yes).into(),
            Value::Number(number) => (*number).into(),
            Value::Date(at) => Self::date(*at),
            Value::Text(_) | Value::List(_) | Value::Object(_) => Self::Given(value),
        }
    }
}

impl From<Value> for Operand<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(yes) => yes.into(),
            Value::Number(number) => number.into(),
            Value::Date(at) => Self::date(at),
            Value::Text(_) | Value::List(_) | Value::Object(_) => Self::Made(Box::new(value)),
        }
    }
}

impl Operand<'_> {
    /// An instant.
    pub(super) fn date(at: f64) -> Self {
        Self::Date(Bits(at.to_bits()))
    }

    /// As a value that is read.
    pub(super) fn value(&self) -> Cow<'_, Value> {
        Cow::Owned(match self {
            Self::Nothing => Value::Null,
            Self::Yes => Value::Bool(true),
            Self::No => Value::Bool(false),
            Self::Number(number) => Value::Number(number.number()),
            Self::Date(at) => Value::Date(at.number()),
            Self::Given(value) => return Cow::Borrowed(value),
            Self::Made(value) => return Cow::Borrowed(value),
        })
    }

    /// As a value that stays.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Made(value) => *value,
            other => other.value().into_owned(),
        }
    }

    /// See [`Value::is_empty`].
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Number(number) => number.number().is_nan(),
            Self::Yes | Self::No | Self::Date(_) => false,
            Self::Given(value) => value.is_empty(),
            Self::Made(value) => value.is_empty(),
        }
    }

    /// See [`Value::is_truthy`].
    pub(super) fn is_truthy(&self) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            other => other.value().is_truthy(),
        }
    }

    /// Whether it holds as a condition: JavaScript's `value == true`.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Yes => true,
            Self::Nothing | Self::No | Self::Date(_) => false,
            Self::Number(number) => number.number() == 1.0,
            other => other.value().to_number() == 1.0,
        }
    }
}

/// An expression's text, in which its names stand, and what they are read from.
#[derive(Clone, Copy)]
pub(super) struct Machine<'a> {
    pub(super) text: &'a str,
    pub(super) scope: &'a dyn Scope,
}

impl<'a> Machine<'a> {
    /// What a node gives. All that needs room of its own is a function of its own: this one is called most.
    pub(super) fn value(&self, tree: Tree<'a>) -> Operand<'a> {
        match &tree.node.kind {
            Kind::Nothing | Kind::Unknown(_) => Operand::Nothing,
            Kind::Bool(yes) => (*yes).into(),
            Kind::Number(number) => (*number).into(),
            Kind::Constant(value) | Kind::Word(value) | Kind::List(Some(value)) => {
                (&**value).into()
            }
            Kind::Name(place) => self.named(*place, tree.operands()),
            Kind::List(None) => self.list(tree.operands()),
            Kind::Not => self.negated(tree.operands()),
            Kind::Empty(not) => self.emptiness(tree.operands(), *not),
            Kind::Chain => self.chain(tree.operands()),
            Kind::Call(function) => functions::call(self, *function, None, tree.operands()),
            Kind::Filtered(filtered) => {
                let (function, filter) = &**filtered;
                functions::call(self, *function, Some(filter), tree.operands())
            }
        }
    }

    /// What the next operand gives.
    pub(super) fn next(&self, operands: &mut Operands<'a>) -> Operand<'a> {
        let operand = operands.next();
        operand.map_or(Operand::Nothing, |operand| self.value(operand))
    }

    #[inline(never)]
    fn list(&self, items: Operands<'a>) -> Operand<'a> {
        Value::List(items.map(|item| self.value(item).into_value()).collect()).into()
    }

    #[inline(never)]
    fn negated(&self, mut operand: Operands<'a>) -> Operand<'a> {
        (!self.next(&mut operand).is_truthy()).into()
    }

    #[inline(never)]
    fn emptiness(&self, mut operand: Operands<'a>, not: bool) -> Operand<'a> {
        (self.next(&mut operand).is_empty() != not).into()
    }

    #[inline(never)]
    fn chain(&self, operands: Operands<'a>) -> Operand<'a> {
        let mut left = Operand::Nothing;
        for operand in operands {
            left = match operand.node.operator {
                None => self.value(operand),
                Some(operator @ (Operator::And | Operator::Or)) => {
                    self.joined(operator, left, operand)
                }
                Some(operator) => {
                    let right = self.value(operand);
                    apply(operator, left, right, self.scope)
                }
            };
        }
        left
    }

    fn joined(&self, operator: Operator, left: Operand<'a>, right: Tree<'a>) -> Operand<'a> {
        let stays = |left: &Operand<'_>| left.is_truthy() == (operator == Operator::Or);
        if stays(&left) && !left.is_empty() {
            return left;
        }
        let right = self.value(right);
        let left = or_neutral(left, &right);
        if stays(&left) {
            return left;
        }
        or_neutral(right, &left)
    }

    #[inline(never)]
    fn named(&self, place: Place, mut literal: Operands<'a>) -> Operand<'a> {
        let name = place.name(self.text);
        let Some(value) = self.scope.value(name) else {
            return match name.is_length() {
                true => 0.0.into(),
                false => self.next(&mut literal),
            };
        };
        if let Value::Text(text) = &*value
            && !name.is_raw()
            && let Some(meaning) = meaning(text)
        {
            return meaning.into();
        }
        match value {
            Cow::Borrowed(value) => value.into(),
            Cow::Owned(value) => value.into(),
        }
    }
}
