//! What can be told of an expression without evaluating it.

use super::{
    Expression, Function, Name,
    tree::{Node, Operator},
};
use crate::value::Value;

/// A name compared with something.
pub(crate) struct Comparison<'a> {
    pub(crate) name: &'a Name,
    pub(crate) operator: Operator,
    /// With what, when that is written out.
    pub(crate) with: Option<&'a Value>,
}

impl Expression {
    /// Whether what it gives can change while its names keep their values: it asks the survey for more than those.
    pub fn asks_survey(&self) -> bool {
        self.calls(|function| function.is_some_and(Function::asks_survey))
    }

    /// Whether it gives the same whenever it is evaluated.
    pub(crate) fn is_constant(&self) -> bool {
        self.names.is_empty() && !self.calls(|_| true)
    }

    /// The functions that it calls and that there are not.
    pub fn unknown_functions(&self) -> Vec<&str> {
        let mut unknown = Vec::new();
        self.root.visit(&mut |node| {
            if let Node::Call(call) = node
                && call.function.is_none()
            {
                unknown.push(call.name.as_str());
            }
        });
        unknown
    }

    /// Every name that is an operand of a comparison, or of `contains` and its kin.
    pub(crate) fn comparisons(&self) -> Vec<Comparison<'_>> {
        let mut found = Vec::new();
        self.root.visit(&mut |node| {
            let Node::Chain(links) = node else {
                return;
            };
            // Beyond the first, the left side is what came out before.
            let mut left = links.first().map(|first| &first.operand);
            for link in links {
                let (Some(operator), right) = (link.operator, &link.operand) else {
                    continue;
                };
                for (side, other) in [(left, Some(right)), (Some(right), left)] {
                    if operator.compares()
                        && let Some(Node::Name(index)) = side
                        && let Some(name) = self.names.get(*index)
                    {
                        found.push(Comparison {
                            name,
                            operator,
                            with: other
                                .and_then(Node::constant)
                                .filter(|value| value.as_list().is_none()),
                        });
                    }
                }
                left = None;
            }
        });
        found
    }

    /// Whether it asks if a name is empty, or not.
    pub(crate) fn tests_emptiness(&self, name: &str) -> bool {
        let mut tests = false;
        self.root.visit(&mut |node| {
            if let Node::Empty { operand, .. } = node
                && let Node::Name(index) = **operand
                && let Some(known) = self.names.get(index)
            {
                tests |= super::same_name(known.text(), name);
            }
        });
        tests
    }

    fn calls(&self, which: impl Fn(Option<Function>) -> bool) -> bool {
        let mut calls = false;
        self.root.visit(&mut |node| {
            if let Node::Call(call) = node {
                calls |= which(call.function);
            }
        });
        calls
    }
}
