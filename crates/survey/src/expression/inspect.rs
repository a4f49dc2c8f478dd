//! What can be told of an expression without evaluating it.

use super::{
    Expression, Function, Name,
    tree::{Kind, Node, Operator, Tree},
};
use crate::value::Value;
use std::borrow::Cow;

/// A name compared with something.
pub(crate) struct Comparison<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) operator: Operator,
    /// With what, when that is written out.
    pub(crate) with: Option<Cow<'a, Value>>,
}

impl Expression {
    /// Whether what it gives can change while its names keep their values: it asks the survey for more than those.
    pub fn asks_survey(&self) -> bool {
        self.calls(|function| function.is_some_and(Function::asks_survey))
    }

    /// Whether it gives the same whenever it is evaluated.
    pub(crate) fn is_constant(&self) -> bool {
        self.names().next().is_none() && !self.calls(|_| true)
    }

    /// The functions that it calls and that there are not.
    pub fn unknown_functions(&self) -> Vec<&str> {
        let names = self.trees().filter_map(|tree| match &tree.node.kind {
            Kind::Unknown(name) => name.as_text(),
            _ => None,
        });
        names.collect()
    }

    /// Every name that is an operand of a comparison, or of `contains` and its kin.
    pub(crate) fn comparisons(&self) -> Vec<Comparison<'_>> {
        let mut found = Vec::new();
        for chain in self
            .trees()
            .filter(|tree| matches!(tree.node.kind, Kind::Chain))
        {
            let mut operands = chain.operands();
            // Beyond the first, the left side is what came out before.
            let mut left = operands.next();
            for right in operands {
                for (side, other) in [(left, Some(right)), (Some(right), left)] {
                    if let Some(operator) = right.node.operator
                        && operator.compares()
                        && let Some(name) = side.and_then(|side| self.name(side.node))
                    {
                        found.push(Comparison {
                            name,
                            operator,
                            with: other
                                .and_then(Tree::constant)
                                .filter(|value| value.as_list().is_none()),
                        });
                    }
                }
                left = None;
            }
        }
        found
    }

    /// Whether it asks if a name is empty, or not.
    pub(crate) fn tests_emptiness(&self, name: &str) -> bool {
        self.trees().any(|tree| {
            let tested = match tree.node.kind {
                Kind::Empty(_) => tree.operands().next(),
                _ => None,
            };
            let known = tested.and_then(|operand| self.name(operand.node));
            known.is_some_and(|known| super::same_name(known.text(), name))
        })
    }

    /// The name that a node is.
    pub(super) fn name(&self, node: &Node) -> Option<Name<'_>> {
        match node.kind {
            Kind::Name(place) => Some(place.name(&self.text)),
            _ => None,
        }
    }

    fn calls(&self, which: impl Fn(Option<Function>) -> bool) -> bool {
        self.trees().any(|tree| match &tree.node.kind {
            Kind::Call(function) => which(Some(*function)),
            Kind::Filtered(filtered) => which(Some(filtered.0)),
            Kind::Unknown(_) => which(None),
            _ => false,
        })
    }

    /// Every node with all within.
    fn trees(&self) -> impl Iterator<Item = Tree<'_>> {
        let rows = (0..self.nodes.len()).filter_map(|at| self.nodes.get(at..));
        rows.filter_map(|row| Tree::split(row).map(|(tree, _)| tree))
    }
}
