//! Evaluating what was read.

use super::{
    Name, Scope, functions,
    operators::{apply, meaning, or_neutral},
    tree::{Node, Operator},
};
use crate::value::Value;
use std::borrow::Cow;

/// An expression's names and what they are read from.
#[derive(Clone, Copy)]
pub(super) struct Machine<'a> {
    pub(super) names: &'a [Name],
    pub(super) scope: &'a dyn Scope,
}

impl<'a> Machine<'a> {
    /// What a node gives; borrowed where it is only read.
    pub(super) fn value(&self, node: &'a Node) -> Cow<'a, Value> {
        match node {
            Node::Nothing => Cow::Owned(Value::Null),
            Node::Constant(value) => Cow::Borrowed(value),
            Node::Word(value) => Cow::Borrowed(value),
            Node::Name(index) => self.named(*index),
            Node::List(list) => match &list.value {
                Some(value) => Cow::Borrowed(value),
                None => {
                    let items = list.items.iter();
                    let items = items.map(|item| self.value(item).into_owned());
                    Cow::Owned(Value::List(items.collect()))
                }
            },
            Node::Not(operand) => Cow::Owned(Value::Bool(!self.value(operand).is_truthy())),
            Node::Empty { operand, not } => {
                Cow::Owned(Value::Bool(self.value(operand).is_empty() != *not))
            }
            Node::Chain(links) => {
                let Some((first, rest)) = links.split_first() else {
                    return Cow::Owned(Value::Null);
                };
                let mut left = self.value(&first.operand);
                for link in rest {
                    if let Some(operator) = link.operator {
                        left = self.applied(operator, left, &link.operand);
                    }
                }
                left
            }
            Node::Call(call) => functions::call(self, call),
        }
    }

    fn applied(&self, operator: Operator, left: Cow<'a, Value>, right: &'a Node) -> Cow<'a, Value> {
        if !matches!(operator, Operator::And | Operator::Or) {
            let right = self.value(right);
            return Cow::Owned(apply(operator, left, right, self.scope.clock()));
        }
        let stays = |left: &Value| left.is_truthy() == (operator == Operator::Or);
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

    fn named(&self, index: usize) -> Cow<'a, Value> {
        let Some(name) = self.names.get(index) else {
            return Cow::Owned(Value::Null);
        };
        let Some(value) = self.scope.value(name) else {
            return name.fallback().unwrap_or_default();
        };
        match &*value {
            Value::Text(text) if !name.is_raw() => match meaning(text) {
                Some(meaning) => Cow::Owned(meaning),
                None => value,
            },
            _ => value,
        }
    }
}
