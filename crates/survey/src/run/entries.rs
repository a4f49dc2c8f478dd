//! What repeats: rows of matrices, panels of dynamic panels, and the one entry of a multiple text.

use super::{
    Element, Id, Kind, Survey,
    spec::{Purpose, Rule},
};
use crate::{Expression, Object, Value, definition::Class};

/// How many entries a question may have when its definition does not say.
const MAX_ROWS: f64 = 1000.0;
const MAX_PANELS: f64 = 100.0;

impl Survey {
    /// Makes the entries with which a question begins.
    pub(super) fn make_entries(&mut self, id: Id) {
        let node = self.node(id).clone();
        match self.class(id) {
            _ if !self.element(id).children.is_empty() => {}
            Class::MultipleText => self.push_entry(id, Value::Null),
            Class::MatrixDropdown => {
                for row in node.nodes("rows") {
                    let value = row.value("value").cloned().unwrap_or_default();
                    self.push_entry(id, value);
                }
            }
            Class::MatrixDynamic | Class::PanelDynamic => {
                let panel = self.class(id) == Class::PanelDynamic;
                let (count, default) = if panel {
                    (node.number("panelCount"), 0.0)
                } else {
                    (node.number("rowCount"), 2.0)
                };
                let min = self.fewest(id);
                let count = match count {
                    Some(count) if !panel => count,
                    Some(count) => count.max(min),
                    None => min.max(default),
                };
                // A count that is computed has its say later.
                let count = if self.counts_itself(id) { 0.0 } else { count };
                match self.answer(id).and_then(Value::as_list) {
                    Some(entries) => self.resize(id, entries.len()),
                    None => {
                        let start = self.starts_with(id);
                        let blank = start.as_list().is_none_or(<[Value]>::is_empty);
                        if blank || !panel {
                            self.element_mut(id).least = self.within(id, count);
                            self.resize(id, self.element(id).least);
                        }
                        if blank {
                            self.keep_count(id);
                            for index in 0..self.element(id).children.len() {
                                self.start_entry(id, index);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// A matrix whose least number is not its first one keeps the least once it is seen.
    pub(super) fn keep_least(&mut self, id: Id) {
        let min = self.fewest(id);
        let rows = self.element(id).children.len() as f64;
        let other = match self.node(id).number("rowCount") {
            Some(_) => rows > min,
            None => min != 2.0,
        };
        let blank = self.answer(id).is_none() && self.class(id) == Class::MatrixDynamic;
        if other && blank && !self.counts_itself(id) {
            let least = self.within(id, min);
            self.keep(id, Value::List(vec![Value::Object(Object::new()); least]));
        }
    }

    /// How many entries a question has at least.
    pub(super) fn fewest(&self, id: Id) -> f64 {
        let property = match self.class(id) {
            Class::PanelDynamic => "minPanelCount",
            _ => "minRowCount",
        };
        self.node(id).number(property).unwrap_or(0.0)
    }

    /// A number of entries that a question may have.
    fn within(&self, id: Id, count: f64) -> usize {
        let node = self.node(id);
        let (property, max) = match self.class(id) {
            Class::PanelDynamic => ("maxPanelCount", MAX_PANELS),
            _ => ("maxRowCount", MAX_ROWS),
        };
        // What a definition asks for is bounded, too: it may come from anybody.
        let max = node
            .number(property)
            .unwrap_or(max)
            .clamp(0.0, 10.0 * MAX_ROWS);
        if count > 0.0 {
            count.min(max) as usize
        } else {
            0
        }
    }

    fn push_entry(&mut self, owner: Id, row: Value) {
        let spec = self.spec_id(owner);
        let entry = Element {
            kind: Kind::Entry(spec, row),
            parent: Some(owner),
            children: Vec::new(),
            visible: true,
            enabled: true,
            required: false,
            choices: Vec::new(),
            rows: Vec::new(),
            columns: Vec::new(),
            least: 0,
            refused: None,
            follows: true,
            waits: false,
            stale: false,
            problems: Vec::new(),
        };
        let entry = self.place(entry);
        let children = self.specs.all[spec].children.clone();
        let children = children
            .into_iter()
            .map(|child| self.grow(child, Some(entry)))
            .collect();
        self.element_mut(entry).children = children;
        self.element_mut(owner).children.push(entry);
    }

    fn pop_entry(&mut self, owner: Id, index: usize) {
        let entry = self.element_mut(owner).children.remove(index);
        self.forget(entry);
    }

    /// Gives back the place of an element and of all that is in it.
    fn forget(&mut self, id: Id) {
        for child in std::mem::take(&mut self.element_mut(id).children) {
            self.forget(child);
        }
        if let Kind::Of(spec) = self.element(id).kind {
            self.instances[spec].retain(|other| *other != id);
        }
        if self.element_mut(id).refused.take().is_some() {
            self.refusals -= 1;
        }
        self.moved.retain(|other| *other != id);
        self.free.push(id);
    }

    /// Makes a question have so many entries; new ones are evaluated, but not yet filled.
    fn resize(&mut self, id: Id, count: usize) {
        while self.element(id).children.len() > count {
            let last = self.element(id).children.len() - 1;
            self.pop_entry(id, last);
        }
        while self.element(id).children.len() < count {
            self.push_entry(id, Value::Null);
            if let Some(entry) = self.element(id).children.last().copied() {
                self.evaluate_entry(entry, false);
            }
        }
    }

    /// A dynamic panel keeps an entry for each panel, even when it has no answer.
    pub(super) fn keep_count(&mut self, id: Id) {
        let count = self.element(id).children.len();
        let blank = self.answer(id).is_none();
        let kept = self.class(id) == Class::PanelDynamic && !self.element(id).waits;
        if kept && blank && count > 0 {
            self.keep(id, Value::List(vec![Value::Object(Object::new()); count]));
        }
    }

    /// Gives a new entry what entries begin with.
    fn start_entry(&mut self, id: Id, index: usize) {
        let node = self.node(id).clone();
        let panel = self.class(id) == Class::PanelDynamic;
        let property = if panel {
            "defaultPanelValue"
        } else {
            "defaultRowValue"
        };
        let mut start = node.value(property).cloned().unwrap_or_default();
        if node.flag("copyDefaultValueFromLastEntry", false)
            && let Some(last) = index
                .checked_sub(1)
                .and_then(|last| self.element(id).children.get(last).copied())
            && let Some(answers) = self.entry_answers(last)
        {
            start = Value::Object(answers.clone());
        }
        let (Value::Object(start), Some(entry)) =
            (start, self.element(id).children.get(index).copied())
        else {
            return;
        };
        let mut inside = Vec::new();
        self.questions_in(entry, &mut inside);
        for child in inside {
            if let Some(value) = start.get(&self.spec(child).key) {
                self.keep(child, value.clone());
            }
        }
    }

    /// After an answer was set as a whole: as many entries as it has, and not fewer than a matrix began with.
    pub(super) fn follow_entries(&mut self, id: Id) {
        if matches!(self.class(id), Class::MatrixDynamic | Class::PanelDynamic) {
            let before = self.element(id).children.len();
            let least = self.element(id).least;
            let matrix = self.class(id) == Class::MatrixDynamic;
            let count = match self.answer(id).and_then(Value::as_list) {
                // Fewer rows than it began with change no number of rows, nor does no answer.
                Some(entries) if matrix && entries.len() < least => entries.len().max(before),
                Some(entries) => entries.len(),
                None if matrix && least > 0 => before,
                None => least,
            };
            self.resize(id, count);
            if before > count {
                self.keep_count(id);
            }
            let any = self.answer(id).is_some_and(|answer| !answer.is_empty());
            // One row more is what it comes with; otherwise all are made anew.
            if matrix && count != before && count != before + 1 && any {
                for entry in self.element(id).children.clone() {
                    self.fill_entry(entry);
                }
            }
            self.follow_inner(id);
            let stale = count < before && self.element(id).stale;
            if !matrix && (stale || self.computes_in(id, before)) {
                self.defer(id);
            }
            return;
        }
        self.follow_inner(id);
    }

    /// Whether something that was not answered is computed in the entries from one on.
    fn computes_in(&self, id: Id, first: usize) -> bool {
        let mut inside = Vec::new();
        for entry in self.element(id).children.iter().skip(first) {
            self.questions_in(*entry, &mut inside);
        }
        inside.retain(|id| self.answer(*id).is_none());
        inside.iter().any(|id| {
            let spec = self.spec(*id);
            let starts = spec.default.is_some() || !self.starts_with(*id).is_empty();
            starts || spec.class == Class::Expression
        })
    }

    /// When panels come with an answer and something is computed in them, what is in panels stays as it is. With the
    /// next change defaults are computed, and what does not read the answers of the panel; when that changes
    /// something, all is.
    fn defer(&mut self, id: Id) {
        let mut inside = vec![self.spec_id(id)];
        let (mut at, mut stale) = (0, false);
        while let Some(spec) = inside.get(at).copied() {
            let spec = &self.specs.all[spec];
            inside.extend(&spec.children);
            at += 1;
            stale |= spec.default.is_some() || spec.class == Class::Expression;
            let rules = if at == 1 {
                &spec.inner_readers
            } else {
                &spec.rules
            };
            for rule in rules {
                let Rule {
                    purpose,
                    expression,
                    ..
                } = &self.specs.rules[*rule];
                let later = match purpose {
                    Purpose::Value => expression.iter().all(|expression| {
                        let mut names = expression.names();
                        names.all(|name| !name.text().contains('.'))
                    }),
                    purpose => *purpose == Purpose::Default,
                };
                let removed = *purpose != Purpose::Totals && self.due.remove(*rule);
                if removed && later {
                    self.deferred.insert(*rule);
                }
            }
        }
        self.element_mut(id).stale = stale;
    }

    fn follow_inner(&mut self, id: Id) {
        for entry in self.element(id).children.clone() {
            let mut questions = Vec::new();
            self.questions_in(entry, &mut questions);
            for question in questions {
                self.touch_inside(question, None);
                self.follow_entries(question);
            }
        }
    }

    /// What is in a question has changed: all of it, or what is kept under one name in one entry. What an entry sets
    /// itself waits for a change of just what it reads.
    pub(super) fn touch_inside(&mut self, id: Id, key: Option<&str>) {
        if key.is_some() {
            self.element_mut(id).stale = false;
        }
        let readers = self.spec(id).inner_readers.clone();
        for rule in readers {
            let Rule {
                purpose,
                expression,
                condition,
                ..
            } = &self.specs.rules[rule];
            let reads = |expression: &Expression| {
                let names = expression.names();
                let mut read = names.filter_map(|name| name.text().split_once('.'));
                read.any(|(_, rest)| Some(rest) == key)
            };
            if *purpose != Purpose::Set || expression.iter().chain(condition).any(reads) {
                self.due.insert(rule);
            }
        }
    }

    /// As many entries as an expression says.
    pub(super) fn set_count(&mut self, id: Id, count: &Value) {
        let panel = self.class(id) == Class::PanelDynamic;
        // What is no number is the least; the greater of both would be so, too.
        let count = self.within(id, count.to_number().max(self.fewest(id)));
        let before = self.element(id).children.len();
        if count == before {
            return;
        }
        self.resize(id, count);
        if let Some(Value::List(entries)) = self.answer(id).cloned() {
            let mut entries = entries;
            entries.truncate(count);
            if panel {
                entries.resize(count, Value::Object(Object::new()));
            }
            self.keep(id, Value::List(entries));
        }
        self.keep_count(id);
        // What rows and panels otherwise come with is not asked for here, only what panels' questions begin with.
        if panel && !self.element(id).waits {
            let added = self.element(id).children[before.min(count)..].to_vec();
            for entry in added {
                self.fill_entry(entry);
            }
        }
        self.entries_moved(id);
        if !panel {
            self.defer(id);
        }
    }

    /// Adds an entry at the end; says whether there was room.
    pub fn add_entry(&mut self, id: Id) -> bool {
        if !self.can_add(id) {
            return false;
        }
        self.catch_up();
        let count = self.element(id).children.len();
        self.push_entry(id, Value::Null);
        if self.class(id) == Class::PanelDynamic {
            let mut entries = match self.answer(id).cloned() {
                Some(Value::List(entries)) => entries,
                _ => Vec::new(),
            };
            entries.resize(count + 1, Value::Object(Object::new()));
            self.keep(id, Value::List(entries));
        }
        self.start_entry(id, count);
        if let Some(entry) = self.element(id).children.get(count).copied() {
            self.evaluate_entry(entry, true);
            self.fill_entry(entry);
        }
        self.entries_moved(id);
        self.settle();
        true
    }

    /// Takes an entry away with its answers; says whether that was allowed.
    pub fn remove_entry(&mut self, id: Id, index: usize) -> bool {
        if !self.can_remove(id) || index >= self.element(id).children.len() {
            return false;
        }
        self.catch_up();
        self.pop_entry(id, index);
        if self.class(id) == Class::MatrixDynamic {
            let rows = self.element(id).children.len();
            let element = self.element_mut(id);
            element.least = element.least.min(rows);
        }
        if let Some(Value::List(mut entries)) = self.answer(id).cloned()
            && index < entries.len()
        {
            entries.remove(index);
            // Rows without any answer are not kept alone.
            if self.class(id) == Class::MatrixDynamic && entries.iter().all(Value::is_empty) {
                entries.clear();
            }
            self.keep(id, Value::List(entries));
        }
        self.entries_moved(id);
        self.settle();
        true
    }

    /// Whether the number of its entries is computed.
    fn counts_itself(&self, id: Id) -> bool {
        let node = self.node(id);
        let counts = ["panelCountExpression", "rowCountExpression"];
        counts
            .iter()
            .any(|property| !node.word(property).is_empty())
    }

    /// Whether an entry can be added.
    pub fn can_add(&self, id: Id) -> bool {
        let allowed = match self.class(id) {
            Class::PanelDynamic => "allowAddPanel",
            Class::MatrixDynamic => "allowAddRows",
            _ => return false,
        };
        let count = self.element(id).children.len();
        self.node(id).flag(allowed, true)
            && !self.counts_itself(id)
            && !self.is_read_only(id)
            && self.within(id, count as f64 + 1.0) > count
    }

    /// Whether an entry can be taken away.
    pub fn can_remove(&self, id: Id) -> bool {
        let allowed = match self.class(id) {
            Class::PanelDynamic => "allowRemovePanel",
            Class::MatrixDynamic => "allowRemoveRows",
            _ => return false,
        };
        let count = self.element(id).children.len();
        self.node(id).flag(allowed, true)
            && !self.counts_itself(id)
            && !self.is_read_only(id)
            && count as f64 > self.fewest(id)
    }

    /// The entries of a question that are visible.
    pub fn entries(&self, id: Id) -> Vec<Id> {
        let entries = self.element(id).children.iter().copied();
        entries
            .filter(|entry| self.element(*entry).visible)
            .collect()
    }

    pub(super) fn entries_moved(&mut self, id: Id) {
        self.touch_inside(id, None);
    }
}
