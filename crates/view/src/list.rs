//! Lists whose rows are kept by their keys.

use crate::{
    Child, Kind, View,
    built::{self, Built, Followed},
};
use leptos::prelude::Owner;
use std::hash::{Hash, Hasher};
use web_sys::Node;

/// A row that is to be there: the hash of its key, and how it is built if it is not there yet.
pub(crate) type Row = (u64, Box<dyn FnOnce() -> View>);

/// A list: a row stays, with its focus and everything it holds, as long as its key does. What a row shows of something
/// that changes stands in a closure, or in the key.
pub fn each<T, K, V>(
    items: impl Fn() -> Vec<T> + 'static,
    key: impl Fn(&T) -> K + 'static,
    row: impl Fn(T) -> V + Clone + 'static,
) -> View
where
    T: 'static,
    K: Hash,
    V: Child,
{
    View(Kind::List(Box::new(move || {
        items()
            .into_iter()
            .map(|item| {
                let mut hasher = Fnv::default();
                key(&item).hash(&mut hasher);
                let row = row.clone();
                let build: Box<dyn FnOnce() -> View> = Box::new(move || row(item).view());
                (hasher.finish(), build)
            })
            .collect()
    })))
}

/// FNV-1a of 64 bits: nobody chooses keys to make two alike, and Rust's own hasher takes ten times the code.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A list that stands in the document.
pub(crate) struct BuiltList {
    rows: Vec<BuiltRow>,
    end: Node,
}

struct BuiltRow {
    key: u64,
    /// Ends what the row has made.
    owner: Owner,
    built: Built,
}

impl BuiltList {
    /// Follows where the rows come from.
    pub(crate) fn follow(mut ask: Box<dyn FnMut() -> Vec<Row>>) -> Followed {
        // The rows outlive a run of the effect, so they do not belong to it.
        let owner = Owner::current().unwrap_or_default();
        Followed::new(move |old| {
            let rows = ask();
            let mut list = match old {
                Some(Built::List(list)) => list,
                _ => Self {
                    rows: Vec::new(),
                    end: built::marker(),
                },
            };
            owner.with(|| leptos::prelude::untrack(|| list.turn_into(rows)));
            Built::List(list)
        })
    }

    fn turn_into(&mut self, rows: Vec<Row>) {
        let mut old: Vec<_> = std::mem::take(&mut self.rows)
            .into_iter()
            .map(Some)
            .collect();
        // Most rows stand where they stood, after the one before: looked for from there on, a long list is read once.
        let mut after = 0;
        for (key, build) in rows {
            let at = (after..old.len())
                .chain(0..after)
                .find(|at| old[*at].as_ref().is_some_and(|row| row.key == key));
            let kept = at.and_then(|at| {
                after = at + 1;
                old[at].take()
            });
            self.rows.push(kept.unwrap_or_else(|| {
                let owner = Owner::new();
                let built = owner.with(|| built::build(build()));
                BuiltRow { key, owner, built }
            }));
        }
        for row in old.into_iter().flatten() {
            row.built.unmount();
            row.owner.cleanup();
        }
        if let Some(parent) = self.end.parent_node() {
            self.place(&parent);
        }
    }

    /// Puts every row where it belongs, from the last to the first; what stands right is not touched. The focus stays
    /// on what has it, which the browser takes it from when that is moved.
    fn place(&self, parent: &Node) {
        let focused = built::focused();
        let mut next = self.end.clone();
        for row in self.rows.iter().rev() {
            let last = row.built.last();
            if !last.is_some_and(|last| built::stands_before(&last, &next)) {
                row.built.mount(parent, Some(&next));
            }
            next = row.built.first().unwrap_or(next);
        }
        if let Some(element) = focused {
            built::focus_again(&element);
        }
    }

    pub(crate) fn mount(&self, parent: &Node, before: Option<&Node>) {
        for row in &self.rows {
            row.built.mount(parent, before);
        }
        built::insert(parent, &self.end, before);
    }

    pub(crate) fn unmount(&self) {
        for row in &self.rows {
            row.built.unmount();
        }
        built::remove(&self.end);
    }

    pub(crate) fn first(&self) -> Option<Node> {
        match self.rows.first() {
            Some(row) => row.built.first(),
            None => Some(self.end.clone()),
        }
    }

    pub(crate) fn last(&self) -> Node {
        self.end.clone()
    }
}
