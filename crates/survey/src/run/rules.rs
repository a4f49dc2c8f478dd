//! Evaluating again what a change touches, and no more.

use super::{
    Id, SHOWN, Survey,
    pages::State,
    scope::Here,
    spec::{Purpose, RuleId, first_part},
};
use crate::{
    Expression, Name, Object, Scope, Value,
    definition::{Class, Node},
    names::Names,
};
use std::{borrow::Cow, sync::Arc};

/// How often rules may set off earlier rules before it is taken for a cycle.
const MAX_ROUNDS: usize = 10;

/// How often triggers may set off earlier triggers.
const MAX_TRIGGERS: usize = 3;

/// A set of rules: one bit for each.
#[derive(Debug, Default)]
pub(super) struct Rules {
    words: Vec<u64>,
    count: usize,
}

impl Rules {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn insert(&mut self, rule: RuleId) {
        let (word, bit) = (rule / 64, 1 << (rule % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.count += usize::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    pub(super) fn extend(&mut self, rules: &[RuleId]) {
        rules.iter().for_each(|rule| self.insert(*rule));
    }

    /// Takes one out; whether it was in.
    pub(super) fn remove(&mut self, rule: RuleId) -> bool {
        let bit = 1 << (rule % 64);
        match self.words.get_mut(rule / 64) {
            Some(word) if *word & bit != 0 => {
                *word &= !bit;
                self.count -= 1;
                true
            }
            _ => false,
        }
    }

    /// The first from a number on.
    pub(super) fn first_from(&self, from: RuleId) -> Option<RuleId> {
        let mut mask = u64::MAX << (from % 64);
        for (at, word) in self.words.iter().enumerate().skip(from / 64) {
            if word & mask != 0 {
                return Some(at * 64 + (word & mask).trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }

    /// Adds all of others that are not among these.
    pub(super) fn take_up(&mut self, others: &Self, but: &Self) {
        let mut at = 0;
        while let Some(rule) = others.first_from(at) {
            if but.first_from(rule) != Some(rule) {
                self.insert(rule);
            }
            at = rule + 1;
        }
    }

    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.count = 0;
    }
}

impl Survey {
    /// Notes that what is kept under a name has changed.
    pub(super) fn touch(&mut self, name: &str) {
        let part = first_part(name);
        if let Some(number) = self.specs.read.find(&part) {
            self.due.extend(&self.specs.readers[number]);
        }
        self.changed.add(&part);
    }

    /// Takes up what waited for the next change.
    pub(super) fn catch_up(&mut self) {
        let deferred = std::mem::take(&mut self.deferred);
        self.due.take_up(&deferred, &Rules::default());
    }

    /// Evaluates what is due, fires triggers, and goes on until nothing changes any more.
    pub(super) fn settle(&mut self) {
        if self.settling || self.state == State::Completed {
            return;
        }
        self.settling = true;
        for _ in 0..MAX_TRIGGERS {
            self.rounds();
            let changed = std::mem::take(&mut self.changed);
            if changed.is_empty() || !self.fire(&changed) {
                break;
            }
        }
        self.rounds();
        self.changed.clear();
        self.keep_position();
        self.settling = false;
    }

    fn rounds(&mut self) {
        // What asks about more than values is asked again whenever anything changes.
        if !self.changed.is_empty() || (self.begun && !self.due.is_empty()) {
            self.due.extend(&self.specs.asking);
        }
        for _ in 0..MAX_ROUNDS {
            let mut at = 0;
            if self.due.is_empty() {
                return;
            }
            while let Some(rule) = self.due.first_from(at) {
                self.due.remove(rule);
                self.apply(rule);
                at = rule + 1;
            }
            self.choices_moved();
        }
        self.due.clear();
    }

    /// Evaluates one rule wherever its question stands.
    pub(super) fn apply(&mut self, id: RuleId) {
        let (spec, purpose) = (self.specs.rules[id].spec, self.specs.rules[id].purpose);
        if let Purpose::Calculated(index) = purpose {
            return self.calculate(id, index);
        }
        for at in 0..self.instances[spec].len() {
            if let Some(element) = self.instances[spec].get(at).copied() {
                self.apply_at(id, purpose, element);
            }
        }
    }

    /// Evaluates the rules of a new entry: all, or those that show and those that read the entry itself.
    pub(super) fn evaluate_entry(&mut self, entry: Id, all: bool) {
        let mut inside = vec![entry];
        let mut at = 0;
        while let Some(id) = inside.get(at).copied() {
            inside.extend(&self.element(id).children);
            at += 1;
        }
        for id in inside {
            if self.is_entry(id) {
                continue;
            }
            for rule in self.spec(id).rules.clone() {
                let purpose = self.specs.rules[rule].purpose;
                let computes = matches!(
                    purpose,
                    Purpose::Value
                        | Purpose::Default
                        | Purpose::Set
                        | Purpose::Reset
                        | Purpose::Totals
                        | Purpose::Count
                );
                if computes {
                    // What is set waits until something changes.
                    let reads_row = self.specs.rules[rule].reads_row;
                    if purpose != Purpose::Set && (all || reads_row) {
                        self.due.insert(rule);
                    }
                } else if let (Purpose::Visible, Some(condition)) =
                    (purpose, &self.specs.rules[rule].expression)
                {
                    // What an entry comes with stays, hidden or not.
                    self.element_mut(id).visible = self.decided(condition, id) == Some(true);
                } else {
                    self.apply_at(rule, purpose, id);
                }
            }
        }
        if let Some(owner) = self.element(entry).parent {
            let own = self.spec(owner).rules.clone();
            let shows = |rule: &RuleId| self.specs.rules[*rule].purpose == Purpose::PanelsVisible;
            let own: Vec<RuleId> = own.into_iter().filter(shows).collect();
            self.due.extend(&own);
        }
    }

    fn evaluate(&self, expression: &Expression, at: Option<Id>, item: Option<&Value>) -> Value {
        expression.evaluate(&Here {
            survey: self,
            at,
            item,
        })
    }

    pub(super) fn holds(
        &self,
        expression: &Expression,
        at: Option<Id>,
        item: Option<&Value>,
    ) -> bool {
        expression.is_true(&Here {
            survey: self,
            at,
            item,
        })
    }

    /// What a condition on an element says when it says yes or no, and nothing else.
    fn decided(&self, condition: &Expression, at: Id) -> Option<bool> {
        self.evaluate(condition, Some(at), None).as_bool()
    }

    /// What the default expression of a question gives now; none without one.
    pub(super) fn computed_default(&self, id: Id) -> Option<Value> {
        let expression = self.specs.rules[self.spec(id).default?]
            .expression
            .as_ref()?;
        let value = self.written(id, self.evaluate(expression, Some(id), None));
        Some(self.fitting(id, value))
    }

    /// What functions make of dates as answers are written: the day, and the time where the question asks for it.
    pub(super) fn written(&self, id: Id, value: Value) -> Value {
        let timed = self.node(id).word("inputType") == "datetime-local";
        self.dated(value, if timed { 16 } else { 10 })
    }

    /// A date as local time, cut to so many letters.
    fn dated(&self, value: Value, letters: usize) -> Value {
        match value {
            Value::Date(at) => {
                let local = crate::expression::iso(at + self.clock.offset(at) * 60_000.0);
                local.map_or(Value::Null, |text| text[..letters].into())
            }
            value => value,
        }
    }

    /// The smallest or the largest answer that a question takes: as computed, or as it is set.
    pub(super) fn bound(&self, id: Id, largest: bool) -> Option<Value> {
        if let Some(expression) = &self.spec(id).bounds[usize::from(largest)] {
            let computed = self.written(id, self.evaluate(expression, Some(id), None));
            return Some(computed).filter(|value| !value.is_empty());
        }
        let set = self.node(id).value(if largest { "max" } else { "min" });
        set.filter(|value| !value.is_empty()).cloned()
    }

    fn calculate(&mut self, rule: RuleId, index: usize) {
        let Some(node) = self.root.nodes("calculatedValues").get(index).cloned() else {
            return;
        };
        let Some(expression) = &self.specs.rules[rule].expression else {
            return;
        };
        let value = match self.evaluate(expression, None, None) {
            // Choices that nobody has made yet are nothing before anything was answered.
            Value::List(items) if items.is_empty() && !self.begun => Value::Null,
            value => value,
        };
        let name = node.word("name");
        if self.calculated.get(name) == Some(&value) {
            return;
        }
        self.calculated.insert(name, value.clone());
        if node.flag("includeIntoResult", false) {
            // What was computed once stays, even as nothing.
            if !value.is_empty() || self.answers.get(name).is_some() {
                self.answers.insert(name, value);
            }
        }
        self.touch(name);
    }

    fn apply_at(&mut self, rule: RuleId, purpose: Purpose, at: Id) {
        // The expression is lent out while the survey changes.
        let expression = self.specs.rules[rule].expression.take();
        let condition = self.specs.rules[rule].condition.take();
        self.apply_with(purpose, at, expression.as_ref(), condition.as_ref());
        self.specs.rules[rule].expression = expression;
        self.specs.rules[rule].condition = condition;
    }

    fn apply_with(
        &mut self,
        purpose: Purpose,
        at: Id,
        expression: Option<&Expression>,
        condition: Option<&Expression>,
    ) {
        let here = Some(at);
        match (purpose, expression) {
            (Purpose::Totals, _) => self.total(at),
            (Purpose::CarryForward, _) => self.carry(at),
            (Purpose::Visible, Some(expression)) => {
                let visible = self.decided(expression, at) == Some(true);
                self.set_visible(at, visible);
            }
            (Purpose::Enabled, Some(expression)) => {
                self.element_mut(at).enabled = self.decided(expression, at) != Some(false);
            }
            (Purpose::Required, Some(expression)) => {
                self.element_mut(at).required = self.decided(expression, at) == Some(true);
            }
            (
                Purpose::ChoicesVisible
                | Purpose::ChoicesEnabled
                | Purpose::ChoiceVisible(_)
                | Purpose::ChoiceEnabled(_),
                Some(expression),
            ) => self.show_choices(at, purpose, expression),
            (Purpose::RowsVisible | Purpose::RowVisible(_), Some(expression)) => {
                self.show_rows(at, purpose, expression);
            }
            (Purpose::ColumnsVisible | Purpose::ColumnVisible(_), Some(expression)) => {
                let node = self.node(at).clone();
                let values = item_values(&node, "columns");
                self.element_mut(at).columns.resize(values.len(), SHOWN);
                for (index, value) in values.iter().enumerate() {
                    let applies = match purpose {
                        Purpose::ColumnVisible(wanted) => wanted == index,
                        _ => !has_own(&node, "columns", index, "visibleIf"),
                    };
                    if applies {
                        let holds = self.holds(expression, here, Some(value));
                        self.element_mut(at).columns[index].visible = holds;
                    }
                }
            }
            (Purpose::PanelsVisible, Some(expression)) => {
                for entry in self.element(at).children.clone() {
                    let visible = self.holds(expression, Some(entry), None);
                    self.set_visible(entry, visible);
                }
            }
            (Purpose::Count, Some(expression)) => {
                let count = self.evaluate(expression, here, None);
                self.set_count(at, &count);
            }
            (Purpose::Default, Some(expression)) => {
                let stays = self.is_shown(at) || !self.clears_when_hidden(at);
                if stays && self.element(at).follows {
                    let value = self.evaluate(expression, here, None);
                    self.set_computed(at, value);
                }
            }
            (Purpose::Set | Purpose::Reset, _) if self.answering == Some(at) => {}
            // A condition alone takes the answer away.
            (Purpose::Set, None) => {
                if condition.is_some_and(|condition| self.holds(condition, here, None)) {
                    self.change(at, Value::Null);
                }
            }
            (Purpose::Set, Some(expression)) => {
                if condition.is_none_or(|condition| self.holds(condition, here, None)) {
                    let value = self.evaluate(expression, here, None);
                    self.set_computed(at, value);
                }
            }
            (Purpose::Reset, Some(expression)) => {
                if !self.is_unanswered(at) && self.holds(expression, here, None) {
                    self.reset(at);
                }
            }
            // There are no cells before their matrix is seen.
            (Purpose::Value, _) if self.waits_for_cells(at) => {}
            // What cannot be changed is not computed either.
            (Purpose::Value, _) if self.is_read_only(at) => {}
            (Purpose::Value, Some(expression)) => {
                let value = self.evaluate(expression, here, None);
                let value = self.rounded(at, undated(value));
                self.keep(at, value);
            }
            (_, None) | (Purpose::Calculated(_), _) => {}
        }
    }

    /// Shows or hides an element, with what that does to answers.
    fn set_visible(&mut self, id: Id, visible: bool) {
        if self.element(id).visible == visible {
            return;
        }
        let around = |survey: &Self| {
            let parent = survey
                .element(id)
                .parent
                .filter(|_| survey.clears_containers);
            let all = std::iter::successors(parent, |at| survey.element(*at).parent);
            all.map(|at| (at, survey.is_visible(at)))
                .collect::<Vec<_>>()
        };
        let before = around(self);
        self.element_mut(id).visible = visible;
        // What goes or comes with it: the panel of which it is the only thing visible.
        let after = around(self);
        let turned = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before.1 != after.1);
        let turned = turned.map(|(before, _)| before.0).next_back();
        let mut questions = Vec::new();
        self.questions_in(turned.unwrap_or(id), &mut questions);
        for question in questions {
            if visible {
                self.fill_waiting(question);
            }
            // What a page or panel brings back begins anew; what is shown by itself does where hiding clears.
            if question == id && !self.clears_when_hidden(question) {
                continue;
            }
            if visible {
                let brings = turned.unwrap_or(id);
                let seen = match question == id {
                    true => self.is_shown(question),
                    false => self.is_visible(brings),
                };
                if seen && self.answer(question).is_none() {
                    self.fill(question);
                    if let Some(rule) = self.spec(question).default {
                        self.due.insert(rule);
                    }
                }
            } else if question == id || self.clears_with_container(question) {
                self.clear(question);
            }
        }
    }

    /// Shows and enables choices: by the condition for all those that have none of their own, or one by its own.
    fn show_choices(&mut self, id: Id, purpose: Purpose, expression: &Expression) {
        let node = self.choices_node(id).clone();
        let carried = self.carried(id);
        let values = match &carried {
            Some(carried) => carried.iter().map(|choice| choice.value.clone()).collect(),
            None => item_values(&node, "choices"),
        };
        let shows = matches!(purpose, Purpose::ChoicesVisible | Purpose::ChoiceVisible(_));
        let property = if shows { "visibleIf" } else { "enableIf" };
        self.element_mut(id).choices.resize(values.len(), SHOWN);
        let mut moved = false;
        for (index, value) in values.into_iter().enumerate() {
            let own = carried.is_none() && has_own(&node, "choices", index, property);
            let applies = match purpose {
                Purpose::ChoiceVisible(wanted) | Purpose::ChoiceEnabled(wanted) => wanted == index,
                _ => !own,
            };
            if !applies {
                continue;
            }
            let holds = self.holds(expression, Some(id), Some(&value));
            let choice = &mut self.element_mut(id).choices[index];
            if shows {
                moved |= choice.visible != holds;
                choice.visible = holds;
            } else {
                choice.enabled = holds;
            }
        }
        if moved && !self.moved.contains(&id) {
            self.moved.push(id);
        }
    }

    /// After choices were shown or hidden: whoever takes them is asked again, and what is none any more goes.
    fn choices_moved(&mut self) {
        for id in std::mem::take(&mut self.moved) {
            let carriers = self.spec(id).carriers.clone();
            self.due.extend(&carriers);
            self.drop_now(id);
        }
    }

    fn show_rows(&mut self, id: Id, purpose: Purpose, expression: &Expression) {
        let node = self.node(id).clone();
        let rows: Vec<Value> = item_values(&node, "rows");
        let entries = self.element(id).children.clone();
        let repeats = matches!(self.class(id), Class::MatrixDynamic | Class::MatrixDropdown);
        let count = if repeats { entries.len() } else { rows.len() };
        self.element_mut(id).rows.resize(count, SHOWN);
        for index in 0..count {
            let applies = match purpose {
                Purpose::RowVisible(wanted) => wanted == index,
                _ => !has_own(&node, "rows", index, "visibleIf"),
            };
            if !applies {
                continue;
            }
            let here = entries.get(index).copied().unwrap_or(id);
            let visible = self.holds(expression, Some(here), rows.get(index));
            self.element_mut(id).rows[index].visible = visible;
            if let Some(entry) = entries.get(index)
                && self.element(*entry).visible != visible
            {
                self.set_visible(*entry, visible);
                // What is added up are the rows that are shown.
                self.entries_moved(id);
            }
        }
    }

    /// When another question's choices have changed, answers that are none any more go.
    fn carry(&mut self, id: Id) {
        let carriers = self.spec(id).carriers.clone();
        self.due.extend(&carriers);
        if self.carried(id).is_none() {
            return;
        }
        // An order of other choices says nothing.
        if self.class(id) == Class::Ranking {
            self.keep(id, Value::Null);
        }
        self.drop_now(id);
    }

    /// Computes the totals of a matrix.
    fn total(&mut self, id: Id) {
        let node = self.node(id).clone();
        let mut totals = Object::new();
        for (index, column) in node.nodes("columns").iter().enumerate() {
            let value = self.total_of(id, index, column, &totals);
            if !value.is_empty() {
                totals.insert(column.word("name"), value);
            }
        }
        let key = format!("{}-total", self.spec(id).key);
        if self.keep_as(id, key.clone(), Value::Object(totals)) {
            self.touch(&key);
        }
    }

    fn total_of(&mut self, id: Id, index: usize, column: &Arc<Node>, totals: &Object) -> Value {
        let text = column.word("totalExpression");
        if !text.is_empty() {
            let Some(expression) = super::spec::compiled(text) else {
                return Value::Null;
            };
            // What has been added up so far can be read.
            let key = format!("{}-total", self.spec(id).key);
            self.keep_as(id, key, Value::Object(totals.clone()));
            return undated(self.evaluate(&expression, Some(id), None));
        }
        let kind = column.word("totalType");
        if matches!(kind, "" | "none") {
            return Value::Null;
        }
        let entries = self
            .element(id)
            .children
            .iter()
            .filter(|entry| self.element(**entry).visible);
        let cells = entries.filter_map(|entry| self.element(*entry).children.get(index).copied());
        let answers = cells
            .filter_map(|cell| self.answer(cell))
            .filter(|answer| !answer.is_empty());
        if kind == "count" {
            return Value::Number(answers.count() as f64);
        }
        let numbers: Vec<f64> = answers
            .map(Value::to_number)
            .filter(|number| number.is_finite())
            .collect();
        let sum = || numbers.iter().sum::<f64>();
        match kind {
            "sum" => Value::Number(tidy(sum())),
            "avg" if numbers.is_empty() => Value::Number(0.0),
            "avg" => Value::Number(tidy(sum()) / numbers.len() as f64),
            "min" => numbers
                .iter()
                .copied()
                .reduce(f64::min)
                .map_or(Value::Null, Value::Number),
            "max" => numbers
                .iter()
                .copied()
                .reduce(f64::max)
                .map_or(Value::Null, Value::Number),
            _ => Value::Null,
        }
    }

    /// Fires the triggers that read what has changed; says whether any did something.
    fn fire(&mut self, changed: &Names) -> bool {
        if self.specs.triggers.is_empty() {
            return false;
        }
        let mut fired = false;
        // Where an answer may lead elsewhere, it is checked first.
        let first = changed.first().and_then(|key| self.keeping(key));
        let mut triggers = self
            .specs
            .triggers
            .iter()
            .map(|trigger| trigger.node.class());
        if let Some(id) = first
            && triggers.any(|class| matches!(class, Class::SkipTrigger | Class::CompleteTrigger))
        {
            self.drop_unknown(id);
        }
        for index in 0..self.specs.triggers.len() {
            let trigger = &self.specs.triggers[index];
            let class = trigger.node.class();
            // A question that a trigger sets does not set it off.
            let own = match class {
                Class::SetValueTrigger | Class::CopyValueTrigger => {
                    first_part(trigger.node.word("setToName"))
                }
                _ => String::new(),
            };
            let touched = trigger.reads.iter().any(|name| {
                let moved = changed.find(name).or_else(|| self.changed.find(name));
                *name != own && moved.is_some()
            });
            if class == Class::CompleteTrigger || !touched {
                continue;
            }
            let Some(condition) = &trigger.condition else {
                continue;
            };
            let holds = self.holds(condition, None, None);
            let node = trigger.node.clone();
            // What is wrong leads nowhere.
            if class == Class::SkipTrigger && first.is_some_and(|id| self.is_wrong(id)) {
                continue;
            }
            if class == Class::VisibleTrigger {
                self.show_named(&node, holds);
                fired = true;
            } else if holds {
                self.pull(index, &node);
                fired = true;
            }
        }
        fired
    }

    fn pull(&mut self, index: usize, node: &Node) {
        let to = node.word("setToName");
        match node.class() {
            Class::SetValueTrigger => {
                let value = node.value("setValue").cloned().unwrap_or_default();
                if node.flag("isVariable", false) {
                    if self.variables.insert(to, value.clone()).unwrap_or_default() != value {
                        self.touch(to);
                    }
                } else {
                    self.write_named(to, value);
                }
            }
            Class::CopyValueTrigger => {
                let from = node.word("fromName");
                let question = self.keeping(from);
                let value = match question {
                    Some(id) if node.flag("copyDisplayValue", false) => self.display(id).into(),
                    _ => {
                        let scope = Here {
                            survey: self,
                            at: None,
                            item: None,
                        };
                        let value = scope.value(Name::new(from));
                        value.map(Cow::into_owned).unwrap_or_default()
                    }
                };
                if question.is_some() || !value.is_empty() {
                    self.write_named(to, value);
                }
            }
            Class::RunExpressionTrigger => {
                let trigger = &self.specs.triggers[index];
                let Some(run) = &trigger.run else {
                    return;
                };
                let value = self.dated(self.evaluate(run, None, None), 10);
                self.write_named(to, value);
            }
            Class::SkipTrigger => {
                let to = self.question(node.word("gotoName"));
                if let Some(id) = to.filter(|id| self.is_shown(*id)) {
                    self.skip_to(id);
                }
            }
            _ => {}
        }
    }

    fn write_named(&mut self, key: &str, value: Value) {
        match self.keeping(key) {
            None if key.is_empty() => {}
            Some(id) => {
                self.element_mut(id).follows = false;
                self.set_computed(id, value);
            }
            None => self.write(key, value),
        }
    }

    fn show_named(&mut self, node: &Node, visible: bool) {
        for property in ["pages", "questions"] {
            let names = node
                .value(property)
                .and_then(Value::as_list)
                .unwrap_or_default();
            for name in names.iter().filter_map(Value::as_text) {
                if let Some(id) = self.by_name(name) {
                    self.set_visible(id, visible);
                }
            }
        }
    }
}

/// Whether a choice, row or column has a condition of its own.
fn has_own(node: &Node, property: &str, index: usize, condition: &str) -> bool {
    let item = node.nodes(property).get(index);
    item.is_some_and(|item| !item.word(condition).is_empty())
}

/// The values of choices, rows or columns, in order.
pub(super) fn item_values(node: &Node, property: &str) -> Vec<Value> {
    let nodes = node.nodes(property).iter();
    nodes
        .map(|node| node.value("value").cloned().unwrap_or_default())
        .collect()
}

/// What functions make of dates is kept as text, as in JSON.
fn undated(value: Value) -> Value {
    match value {
        Value::Date(at) => crate::expression::iso(at).map_or(Value::Null, Value::Text),
        value => value,
    }
}

/// A sum without the dust of binary fractions.
fn tidy(number: f64) -> f64 {
    let rounded = (number * 1e10).round() / 1e10;
    if rounded.is_finite() { rounded } else { number }
}
