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

    /// The name that was added first.
    pub(crate) fn first(&self) -> Option<&str> {
        self.names.first().map(String::as_str)
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

/// The numbers from 0 up to a count in an order; what is equal stays as it was. The sorting of the standard library
/// would be 4 KB of the page that a survey's link opens.
pub(crate) fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..count as u32).collect();
    let mut merged = numbers.clone();
    let mut run = 1;
    while run < count {
        for start in (0..count).step_by(2 * run) {
            let (middle, end) = ((start + run).min(count), (start + 2 * run).min(count));
            let (mut left, mut right) = (start, middle);
            for place in &mut merged[start..end] {
                let from_left = right == end
                    || left < middle
                        && compare(numbers[left] as usize, numbers[right] as usize).is_le();
                let next = if from_left { &mut left } else { &mut right };
                *place = numbers[*next];
                *next += 1;
            }
        }
        std::mem::swap(&mut numbers, &mut merged);
        run *= 2;
    }
    numbers
}
