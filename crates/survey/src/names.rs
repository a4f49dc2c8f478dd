//! Finding names among many.

use std::cmp::Ordering;

/// Different names, numbered from 0 in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    names: Vec<String>,
    /// Their numbers, sorted by name.
    sorted: Vec<u32>,
}

impl Names {
    /// The number of a name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.rank(name).ok().map(|rank| self.sorted[rank] as usize)
    }

    /// Adds a name, unless it is there; its number, and whether it is new.
    pub(crate) fn add(&mut self, name: &str) -> (usize, bool) {
        match self.rank(name) {
            Ok(rank) => (self.sorted[rank] as usize, false),
            Err(rank) => {
                self.sorted.insert(rank, self.names.len() as u32);
                self.names.push(name.to_owned());
                (self.names.len() - 1, true)
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.names.clear();
        self.sorted.clear();
    }

    fn rank(&self, name: &str) -> Result<usize, usize> {
        search(&self.sorted, &|at| {
            self.names[at as usize].as_str().cmp(name)
        })
    }
}

/// Where something stands in what is sorted, or where it belongs.
pub(crate) fn search(sorted: &[u32], compare: &dyn Fn(u32) -> Ordering) -> Result<usize, usize> {
    sorted.binary_search_by(|at| compare(*at))
}

/// The numbers from 0 up to a count in an order. One instance serves all that is sorted: each more would be 4 KB of the
/// page that a survey's link opens.
pub(crate) fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..count as u32).collect();
    numbers.sort_unstable_by(|a, b| {
        let order = compare(*a as usize, *b as usize);
        order.then_with(|| a.cmp(b))
    });
    numbers
}
