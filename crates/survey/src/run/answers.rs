//! Answers: where they are kept, how they are set, what they begin with and when they go.

use super::{Id, Kind, Survey, choices::Role, pages::State, spec::Purpose};
use crate::{
    Object, Value,
    definition::{Class, Node},
    ecma::lower,
};

/// One step on the way to an answer that stands in an entry.
enum Key {
    Name(String),
    /// Which entry, and how many a matrix keeps with it at least.
    Index(usize, usize),
}

impl Survey {
    /// The answer to a question as it is kept.
    pub fn answer(&self, id: Id) -> Option<&Value> {
        let key = &self.spec(id).key;
        match self.entry_of(id) {
            Some(entry) => self.entry_answers(entry)?.get(key),
            None => self.answers.get(key),
        }
    }

    /// The answer as the customer sees it: also one that was refused.
    pub fn shown_answer(&self, id: Id) -> Option<&Value> {
        self.element(id)
            .refused
            .as_ref()
            .or_else(|| self.answer(id))
    }

    /// The answers of one entry.
    pub(super) fn entry_answers(&self, entry: Id) -> Option<&Object> {
        let Kind::Entry(_, row) = &self.element(entry).kind else {
            return None;
        };
        let owner = self.element(entry).parent?;
        let all = self.answer(owner)?;
        match self.class(owner) {
            Class::MultipleText => all.as_object(),
            Class::MatrixDropdown => all.as_object()?.get(&row.to_text())?.as_object(),
            _ => {
                let index = self
                    .element(owner)
                    .children
                    .iter()
                    .position(|other| *other == entry)?;
                all.as_list()?.get(index)?.as_object()
            }
        }
    }

    /// The totals of a matrix.
    pub(super) fn totals(&self, matrix: Id) -> Option<&Object> {
        let key = format!("{}-total", self.spec(matrix).key);
        let totals = match self.entry_of(matrix) {
            Some(entry) => self.entry_answers(entry)?.get(&key),
            None => self.answers.get(&key),
        };
        totals?.as_object()
    }

    /// Whether a question counts as unanswered.
    pub(super) fn is_unanswered(&self, id: Id) -> bool {
        match self.shown_answer(id) {
            None => true,
            // Blanks alone are no text; an entry without any answer is no entry.
            Some(Value::Text(text)) => text.trim().is_empty(),
            Some(Value::List(entries)) if self.class(id) == Class::PanelDynamic => {
                entries.iter().all(Value::is_empty)
            }
            Some(value) => value.is_empty(),
        }
    }

    /// What was refused under a name.
    pub(super) fn refused(&self, name: &str) -> Option<&Value> {
        if self.refusals == 0 {
            return None;
        }
        let mut questions = self.named.iter();
        let id = questions.find(|id| self.spec(**id).key.eq_ignore_ascii_case(name))?;
        self.element(*id).refused.as_ref()
    }

    fn refuse(&mut self, id: Id, value: Option<Value>) {
        let was = self.element(id).refused.is_some();
        self.refusals = self.refusals + usize::from(value.is_some()) - usize::from(was);
        self.element_mut(id).refused = value;
    }

    /// Whether an answer is outside of its bounds; then it is shown, but not kept. What a survey begins with is.
    fn refuses(&mut self, id: Id, value: &Value) -> bool {
        let refused = self.begun && self.out_of_bounds(id, value).is_some();
        self.refuse(id, refused.then(|| value.clone()));
        refused
    }

    /// Answers a question with what a rule computed.
    pub(super) fn set_computed(&mut self, id: Id, value: Value) {
        let value = self.fitting(id, self.written(id, value));
        if !self.refuses(id, &value) {
            self.change(id, value);
        }
    }

    /// Keeps an answer, or takes it away when it is empty; says whether that changed anything.
    pub(super) fn keep(&mut self, id: Id, value: Value) -> bool {
        let key = self.spec(id).key.clone();
        self.keep_as(id, key, value)
    }

    /// Keeps something beside the answer of a question: its comment, its totals.
    pub(super) fn keep_as(&mut self, id: Id, key: String, value: Value) -> bool {
        let value = match value {
            Value::Text(text) if text.is_empty() => Value::Null,
            Value::Number(number) if !number.is_finite() => Value::Null,
            Value::List(items) if items.is_empty() => Value::Null,
            Value::Object(object) if object.values().all(Value::is_empty) => Value::Null,
            value => value,
        };
        let mut keys = vec![Key::Name(key)];
        let mut at = id;
        let mut tidy = Vec::new();
        while let Some(entry) = self.entry_of(at) {
            let Some(owner) = self.element(entry).parent else {
                return false;
            };
            let Kind::Entry(_, row) = &self.element(entry).kind else {
                return false;
            };
            match self.class(owner) {
                Class::MultipleText => {}
                Class::MatrixDropdown => keys.push(Key::Name(row.to_text().into_owned())),
                _ => {
                    let entries = &self.element(owner).children;
                    let index = entries.iter().position(|other| *other == entry);
                    keys.push(Key::Index(index.unwrap_or(0), entries.len()));
                }
            }
            keys.push(Key::Name(self.spec(owner).key.clone()));
            tidy.push((owner, self.spec(at).key.clone()));
            at = owner;
        }
        let root = match keys.last() {
            Some(Key::Name(name)) => name.clone(),
            _ => return false,
        };
        // Dynamic panels keep entries without answers, matrices do not.
        let keeps_blank = self.class(at) == Class::PanelDynamic;
        if !put(&mut self.answers, &mut keys, value, keeps_blank) {
            return false;
        }
        for (owner, key) in tidy {
            self.touch_inside(owner, Some(&key));
        }
        self.touch_inside(id, None);
        self.touch(&root);
        true
    }

    /// Sets an answer as the customer does.
    pub fn set(&mut self, id: Id, value: Value) {
        let reads_blank = value == Value::Text(String::new()) && self.class(id) != Class::Rating;
        let blank = reads_blank.then(|| match self.class(id) {
            Class::Checkbox | Class::TagBox => Value::List(Vec::new()),
            _ => value.clone(),
        });
        let value = self.fitting(id, value);
        if self.answer(id).unwrap_or(&Value::Null) != &value {
            self.element_mut(id).follows = false;
        }
        if !self.element(id).problems.is_empty() {
            self.element_mut(id).problems.clear();
        }
        if self.refuses(id, &value) {
            return;
        }
        if let Some(blank) = blank.filter(|_| self.entry_of(id).is_none()) {
            self.blank = Some((self.spec(id).key.clone(), blank));
        }
        let before = self.computed_inside(id);
        self.answering = Some(id);
        self.changing(|survey| {
            survey.change(id, value);
            survey.unfollow(id, &before);
        });
        self.answering = None;
        self.blank = None;
        if self.root.word("checkErrorsMode") == "onValueChanged" {
            self.check_answer(id);
        }
    }

    /// The questions in the entries of a question that have a default expression, with their answers.
    fn computed_inside(&self, id: Id) -> Vec<(Id, Value)> {
        let mut inside = Vec::new();
        for entry in &self.element(id).children {
            self.questions_in(*entry, &mut inside);
        }
        inside.retain(|id| self.spec(*id).default.is_some());
        let answer = |id: &Id| self.answer(*id).cloned().unwrap_or_default();
        inside.iter().map(|id| (*id, answer(id))).collect()
    }

    /// What an answer as a whole has set inside of it does not follow its default expression any more.
    fn unfollow(&mut self, id: Id, before: &[(Id, Value)]) {
        for (inside, answer) in self.computed_inside(id) {
            let mut before = before.iter();
            let stayed = match before.find(|(other, _)| *other == inside) {
                Some((_, before)) => *before == answer,
                None => answer.is_empty(),
            };
            if !stayed && !answer.is_empty() && self.computed_default(inside) != Some(answer) {
                self.element_mut(inside).follows = false;
            }
        }
    }

    /// Sets a value by the name under which it is kept, whether or not a question has it.
    pub fn set_by_key(&mut self, key: &str, value: Value) {
        self.changing(|survey| survey.write(key, value));
    }

    /// Changes something, takes up what waited for that, and evaluates what depends on it.
    fn changing(&mut self, change: impl FnOnce(&mut Self)) {
        let waiting = std::mem::take(&mut self.deferred);
        change(self);
        if self.changed.is_empty() {
            self.deferred = waiting;
        } else {
            self.due.take_up(&waiting, &self.deferred);
        }
        self.settle();
    }

    /// The first question that keeps its answer under a name.
    pub(super) fn keeping(&self, key: &str) -> Option<Id> {
        let mut questions = self.named.iter().copied();
        questions.find(|id| !self.is_panel(*id) && self.spec(*id).key.eq_ignore_ascii_case(key))
    }

    /// Keeps a value under a name, for the question that has it if there is one.
    pub(super) fn write(&mut self, key: &str, value: Value) {
        match self.keeping(key) {
            Some(id) => {
                let value = self.fitting(id, value);
                self.change(id, value);
            }
            None => {
                let old = if value.is_empty() {
                    self.answers.remove(key)
                } else {
                    self.answers.insert(key, value.clone())
                };
                if old.unwrap_or_default() != value {
                    self.touch(key);
                }
            }
        }
    }

    /// Keeps a new answer and does what follows from it in the question itself.
    pub(super) fn change(&mut self, id: Id, value: Value) {
        let other = self.has_other(id, &value);
        if !self.keep(id, value) {
            return;
        }
        // A number of entries that is computed has the last word.
        let rules = self.spec(id).rules.iter().copied();
        let counts: Vec<_> = rules
            .filter(|rule| self.specs.rules[*rule].purpose == Purpose::Count)
            .collect();
        self.due.extend(&counts);
        if !other
            && self.root.flag("storeOthersAsComment", true)
            && self.node(id).flag("showOtherItem", false)
            && !self.node(id).flag("showCommentArea", false)
        {
            self.keep_comment(id, Value::Null);
        }
        self.follow_entries(id);
        // Questions that share a name share their entries' number, too.
        let key = self.spec(id).key.clone();
        let sharing: Vec<Id> = if self.entry_of(id).is_none() && self.shares_key {
            self.named
                .iter()
                .copied()
                .filter(|other| *other != id && self.spec(*other).key == key)
                .collect()
        } else {
            Vec::new()
        };
        for other in sharing {
            self.refuse(other, None);
            self.follow_entries(other);
        }
    }

    /// The comment beside an answer: the words for "other", or a remark.
    pub fn comment(&self, id: Id) -> &str {
        let key = format!("{}-Comment", self.spec(id).key);
        let comment = match self.entry_of(id) {
            Some(entry) => self
                .entry_answers(entry)
                .and_then(|answers| answers.get(&key)),
            None => self.answers.get(&key),
        };
        comment.and_then(Value::as_text).unwrap_or_default()
    }

    /// Whether there is a comment, in words or as the number with which the question began.
    pub(super) fn has_comment(&self, id: Id) -> bool {
        let key = format!("{}-Comment", self.spec(id).key);
        let answers = match self.entry_of(id) {
            Some(entry) => self.entry_answers(entry),
            None => Some(&self.answers),
        };
        let comment = answers.and_then(|answers| answers.get(&key));
        comment.is_some_and(|comment| !comment.to_text().trim().is_empty())
    }

    /// Sets the comment beside an answer.
    pub fn set_comment(&mut self, id: Id, value: Value) {
        let blank = value.as_text().is_some_and(|text| text.trim().is_empty());
        self.keep_comment(id, if blank { Value::Null } else { value });
        self.element_mut(id).problems.clear();
        self.settle();
    }

    fn keep_comment(&mut self, id: Id, value: Value) {
        let key = format!("{}-Comment", self.spec(id).key);
        self.keep_as(id, key, value);
    }

    /// An answer made to fit its question: a choice as it is written there, a number from text.
    pub(super) fn fitting(&self, id: Id, value: Value) -> Value {
        let node = self.node(id);
        match self.class(id) {
            Class::Text => match node.word("inputType") {
                "number" | "range" => number_from(value),
                _ => shaped(node, joined(value, ", ")),
            },
            Class::Comment => joined(value, "\n"),
            Class::Slider => {
                let clamp = |value: Value| match number_from(value) {
                    Value::Number(number) => {
                        let (min, max) = self.slider_bounds(id);
                        Value::Number(number.min(max).max(min))
                    }
                    value => value,
                };
                match value {
                    Value::List(ends) => Value::List(ends.into_iter().map(clamp).collect()),
                    value => clamp(value),
                }
            }
            Class::Boolean => match &value {
                Value::Text(text) if text == "true" || text == "false" => {
                    Value::Bool(text == "true")
                }
                Value::Text(text) if text == "indeterminate" => Value::Null,
                _ => value,
            },
            Class::RadioGroup | Class::Dropdown | Class::ButtonGroup => self.as_choice(id, value),
            Class::Checkbox | Class::TagBox if node.word("valuePropertyName").is_empty() => {
                let mut items = match value {
                    Value::List(items) => items,
                    value if value.is_empty() => Vec::new(),
                    value => vec![value],
                };
                items = items
                    .into_iter()
                    .map(|item| self.as_choice(id, item))
                    .collect();
                Value::List(self.exclusive(id, items))
            }
            Class::Ranking => self.ranked(id, value),
            Class::ImagePicker if node.flag("multiSelect", false) => match value {
                Value::List(items) => Value::List(items),
                value if value.is_empty() => Value::Null,
                value => Value::List(vec![value]),
            },
            Class::Matrix if !value.is_empty() && value.as_object().is_none() => Value::Null,
            Class::MatrixDynamic | Class::PanelDynamic => match value {
                Value::List(entries) => Value::List(entries),
                _ => Value::Null,
            },
            Class::MatrixDropdown | Class::MultipleText => match value {
                Value::Object(entries) => Value::Object(entries),
                _ => Value::Null,
            },
            _ => value,
        }
    }

    /// The value of the choice that is meant: 1 for "1"; what is no choice stays as it is.
    fn as_choice(&self, id: Id, value: Value) -> Value {
        if value.is_empty() || matches!(value, Value::Object(_) | Value::List(_)) {
            return value;
        }
        let text = value.to_text();
        let choices = self.choices(id);
        if choices.iter().any(|choice| choice.value == value) {
            return value;
        }
        let same = choices.iter().find(|choice| choice.value.to_text() == text);
        same.map(|choice| choice.value.clone()).unwrap_or(value)
    }

    /// "None" and the like stand alone: the one that came last counts.
    fn exclusive(&self, id: Id, items: Vec<Value>) -> Vec<Value> {
        if items.len() < 2 {
            return items;
        }
        let old = self.answer(id).and_then(Value::as_list).unwrap_or_default();
        let mut added = items.iter().filter(|item| !old.contains(item));
        match added.find(|item| self.stands_alone(id, item)) {
            Some(item) => vec![item.clone()],
            None => items
                .into_iter()
                .filter(|item| !self.stands_alone(id, item))
                .collect(),
        }
    }

    /// Whether a choice excludes all others, or some chosen one does.
    pub(super) fn stands_alone(&self, id: Id, value: &Value) -> bool {
        let node = self.node(id);
        let alone = [
            ("showNoneItem", "none"),
            ("showRefuseItem", "refused"),
            ("showDontKnowItem", "dontknow"),
        ];
        let is = |value: &Value| {
            let mut alone = alone.iter();
            alone.any(|(flag, word)| value.as_text() == Some(word) && node.flag(flag, false))
        };
        match value {
            Value::List(items) => items.iter().any(is),
            value => is(value),
        }
    }

    /// A ranking holds every choice: those not named follow in their order.
    fn ranked(&self, id: Id, value: Value) -> Value {
        let Value::List(items) = value else {
            return Value::Null;
        };
        let choices = self.choices(id);
        let known = |item: &Value| choices.iter().any(|choice| choice.value == *item);
        let mut ranked: Vec<Value> = items.iter().filter(|item| known(item)).cloned().collect();
        if !self.node(id).flag("selectToRankEnabled", false) && !items.is_empty() {
            for choice in &choices {
                if !ranked.contains(&choice.value) {
                    ranked.push(choice.value.clone());
                }
            }
        }
        // The only order that there is says nothing.
        if self.has_no_order(id) && ranked == items {
            return Value::Null;
        }
        Value::List(ranked)
    }

    /// Whether it asks for the order of one choice alone, or of none.
    pub(super) fn has_no_order(&self, id: Id) -> bool {
        self.class(id) == Class::Ranking
            && !self.node(id).flag("selectToRankEnabled", false)
            && self.choices(id).len() < 2
    }

    /// Whether there is nothing to put in order.
    pub(super) fn has_one_order(&self, id: Id) -> bool {
        self.has_no_order(id) && !self.choices(id).is_empty()
    }

    fn slider_bounds(&self, id: Id) -> (f64, f64) {
        let of = |largest: bool, default: f64| {
            let bound = self.bound(id, largest).map(|bound| bound.to_number());
            bound.filter(|number| number.is_finite()).unwrap_or(default)
        };
        (of(false, 0.0), of(true, 100.0))
    }

    /// Gives a question the answer with which it begins, when it has none.
    pub(super) fn fill(&mut self, id: Id) {
        // Panels are there once their page is, unless the questionnaire says what they begin with.
        let panels = self.class(id) == Class::PanelDynamic
            && self.node(id).value("defaultPanelValue").is_none();
        self.element_mut(id).waits = panels && !self.begun;
        self.make_entries(id);
        self.keep_count(id);
        if self.answer(id).is_none() {
            if self.clears_when_hidden(id) && !self.is_visible(id) {
                return;
            }
            let start = self.starts_with(id);
            if !start.is_empty() {
                let start = self.fitting(id, start);
                self.begin_with(id, start);
            }
        }
        // The parts of a text begin with nothing, cells with something once they are seen.
        if self.class(id) == Class::MultipleText {
            return;
        }
        if matches!(self.class(id), Class::MatrixDropdown | Class::MatrixDynamic) {
            self.element_mut(id).waits = true;
            if self.begun {
                self.fill_waiting(id);
            }
            return;
        }
        if self.answer(id).is_some() {
            self.element_mut(id).waits = false;
        }
        if !self.element(id).waits {
            for entry in self.element(id).children.clone() {
                self.fill_entry(entry);
            }
        }
    }

    /// Gives the cells of a question what they begin with, when they wait for that and can be seen.
    pub(super) fn fill_waiting(&mut self, id: Id) {
        let seen = match self.class(id) {
            Class::PanelDynamic if self.position.page == Some(self.page_of(id)) => true,
            // A look inside opens it, and so does being closed to changes.
            _ => {
                let opened = self.specs.opened.find(&lower(&self.spec(id).key));
                self.is_shown(id) || opened.is_some() || !self.element(id).enabled
            }
        };
        if !self.element(id).waits || !seen {
            return;
        }
        self.element_mut(id).waits = false;
        self.keep_count(id);
        self.keep_least(id);
        for entry in self.element(id).children.clone() {
            self.fill_entry(entry);
            self.evaluate_entry(entry, true);
        }
    }

    /// Whether an element is a cell of a matrix that was not seen yet.
    pub(super) fn waits_for_cells(&self, id: Id) -> bool {
        let owner = self
            .entry_of(id)
            .and_then(|entry| self.element(entry).parent);
        owner.is_some_and(|owner| self.element(owner).waits)
    }

    /// Keeps a first answer; where "other" can be said, what is no choice is that, in words.
    fn begin_with(&mut self, id: Id, start: Value) {
        let other = self.node(id).flag("showOtherItem", false);
        let choices = self.choices(id);
        let odd = |value: &Value| other && !choices.iter().any(|choice| choice.value == *value);
        let (start, words) = match start {
            Value::List(items) => {
                let words = items.iter().find(|item| odd(item)).cloned();
                let items = items
                    .into_iter()
                    .map(|item| if odd(&item) { "other".into() } else { item });
                (Value::List(items.collect()), words)
            }
            value if odd(&value) => ("other".into(), Some(value)),
            value => (value, None),
        };
        if self.refuses(id, &start) {
            return;
        }
        self.change(id, start);
        if let Some(words) = words {
            self.keep_comment(id, words);
        }
    }

    /// Of several choices with which a question begins, those that there are not go when it is shown.
    pub(super) fn drop_odd_start(&mut self, id: Id) {
        if self.class(id) != Class::TagBox || !self.is_shown(id) {
            return;
        }
        if let Some(Value::List(items)) = self.answer(id) {
            let kept = items
                .iter()
                .filter(|item| self.is_known(id, item))
                .cloned()
                .collect();
            self.change(id, Value::List(kept));
        }
    }

    pub(super) fn fill_entry(&mut self, entry: Id) {
        let mut questions = Vec::new();
        self.questions_in(entry, &mut questions);
        for question in questions {
            self.fill(question);
        }
    }

    /// What a question begins with, without any expression.
    pub(super) fn starts_with(&self, id: Id) -> Value {
        let node = self.node(id);
        let start = node.value("defaultValue").cloned().unwrap_or_default();
        if self.class(id) != Class::Boolean {
            return start;
        }
        // Yes and no, in any writing, are what the question calls them; nothing else is either.
        let called = |name: &str, yes: bool| node.value(name).cloned().unwrap_or(yes.into());
        let (yes, no) = (called("valueTrue", true), called("valueFalse", false));
        match &*start.to_text() {
            _ if start == yes || start == no => start,
            "true" => yes,
            "false" => no,
            _ => Value::Null,
        }
    }

    /// Sets a question back to what it begins with.
    pub(super) fn reset(&mut self, id: Id) {
        let start = self.starts_with(id);
        let start = self.fitting(id, start);
        self.refuse(id, None);
        self.change(id, start);
        if let Some(value) = self.computed_default(id) {
            self.set_computed(id, value);
        }
    }

    /// Takes the answer of a question away, and its comment.
    pub(super) fn clear(&mut self, id: Id) {
        self.refuse(id, None);
        self.element_mut(id).follows = true;
        self.keep(id, Value::Null);
        self.keep_comment(id, Value::Null);
        self.follow_entries(id);
    }

    /// When the answer of a question goes because it is hidden.
    pub(super) fn clearing<'a>(&'a self, node: &'a Node) -> &'a str {
        match node.word("clearIfInvisible") {
            "" | "default" => match self.root.word("clearInvisibleValues") {
                "" => "onComplete",
                mode => mode,
            },
            mode => mode,
        }
    }

    /// Whether the answer of a question goes at once when it is hidden.
    pub(super) fn clears_when_hidden(&self, id: Id) -> bool {
        matches!(
            self.clearing(self.node(id)),
            "onHidden" | "onHiddenContainer"
        )
    }

    /// Whether it also goes when only its page or panel is hidden.
    pub(super) fn clears_with_container(&self, id: Id) -> bool {
        self.clearing(self.node(id)) == "onHiddenContainer"
    }

    /// At the end, what is hidden goes, once, and answers that are no choice.
    pub(super) fn clear_at_end(&mut self) {
        let questions = self.questions();
        let hidden: Vec<Id> = questions
            .iter()
            .copied()
            .filter(|id| self.clearing(self.node(*id)) != "none" && !self.is_shown(*id))
            .filter(|id| !self.is_start_page(self.page_of(*id)) && !self.is_shown_elsewhere(*id))
            .collect();
        let keeps = self.root.word("clearInvisibleValues") == "none";
        for id in &questions {
            if !hidden.contains(id) {
                self.drop_unknown(*id);
            }
        }
        self.settle();
        self.state = State::Completed;
        for id in &questions {
            self.drop_unsaid(*id);
            if !keeps && self.is_shown(*id) {
                self.drop_unknown_rows(*id);
            }
        }
        for id in hidden {
            self.clear(id);
            self.set_at_end();
        }
        for id in questions {
            if !keeps && !self.is_start_page(self.page_of(id)) {
                self.clear_entries_at_end(id);
            }
        }
        // What depends on what was hidden is not evaluated again: the survey is over.
        self.due.clear();
        self.changed.clear();
    }

    /// What is set or reset when something goes is so even at the end.
    fn set_at_end(&mut self) {
        let mut at = 0;
        while let Some(rule) = self.due.first_from(at) {
            self.due.remove(rule);
            if matches!(
                self.specs.rules[rule].purpose,
                Purpose::Set | Purpose::Reset
            ) {
                self.apply(rule);
            }
            at = rule + 1;
        }
    }

    /// Whether another question that is shown keeps its answer under the same name.
    fn is_shown_elsewhere(&self, id: Id) -> bool {
        let same = |other: &Id| *other != id && self.spec(*other).key == self.spec(id).key;
        self.shares_key
            && self
                .named
                .iter()
                .any(|other| same(other) && self.is_shown(*other))
    }

    /// In panels what is hidden goes as well; in matrices only hidden rows do.
    fn clear_entries_at_end(&mut self, id: Id) {
        let panel = self.class(id) == Class::PanelDynamic;
        for entry in self.element(id).children.clone() {
            if !self.element(entry).visible {
                self.clear_row(id, entry);
            }
            if !panel {
                continue;
            }
            let mut questions = Vec::new();
            self.questions_in(entry, &mut questions);
            for question in questions {
                if self.clearing(self.node(question)) != "none"
                    && !self.is_shown(question)
                    && self.is_shown(entry)
                {
                    self.clear(question);
                }
                self.clear_entries_at_end(question);
            }
        }
    }

    fn clear_row(&mut self, id: Id, entry: Id) {
        let (Kind::Entry(_, row), Some(Value::Object(mut rows))) =
            (&self.element(entry).kind, self.answer(id).cloned())
        else {
            return;
        };
        if rows.remove(&row.to_text()).is_some() {
            self.keep(id, Value::Object(rows));
        }
    }

    /// The words for "other" go at the end where it is not chosen.
    fn drop_unsaid(&mut self, id: Id) {
        let node = self.node(id);
        let comments =
            node.flag("showCommentArea", false) || !self.root.flag("storeOthersAsComment", true);
        let other = self
            .answer(id)
            .is_some_and(|value| self.has_other(id, value));
        if node.flag("showOtherItem", false) && !comments && !other {
            self.keep_comment(id, Value::Null);
        }
    }

    /// Rows and cells that were set from outside and are none go at the end.
    fn drop_unknown_rows(&mut self, id: Id) {
        let (Class::Matrix, Some(Value::Object(object))) = (self.class(id), self.answer(id)) else {
            return;
        };
        let rows = self.rows(id);
        let columns = self.columns(id);
        let known = |cell: &Value| {
            columns
                .iter()
                .any(|column| column.to_text() == cell.to_text())
        };
        let row_known = |row: &str| rows.iter().any(|known| known.to_text() == row);
        let mut kept = Object::new();
        for (row, cell) in object.iter().filter(|(row, _)| row_known(row)) {
            match cell {
                Value::List(cells) => {
                    let cells: Vec<_> = cells.iter().filter(|cell| known(cell)).cloned().collect();
                    if !cells.is_empty() {
                        kept.insert(row, Value::List(cells));
                    }
                }
                cell if known(cell) => {
                    kept.insert(row, cell.clone());
                }
                _ => {}
            }
        }
        self.keep(id, Value::Object(kept));
    }

    /// Answers that were set from outside, or that conditions hide, and are no choice go when they are checked.
    pub(super) fn drop_unknown(&mut self, id: Id) {
        if self.clearing(self.node(id)) != "none" && self.class(id) != Class::Ranking {
            self.drop_now(id);
        }
    }

    /// Takes away what is no choice.
    pub(super) fn drop_now(&mut self, id: Id) {
        let kept = match self.answer(id).filter(|_| self.chooses(id)) {
            Some(Value::List(_)) if self.has_no_order(id) => Value::Null,
            Some(Value::List(items)) => {
                let known = items.iter().filter(|item| self.is_known(id, item));
                Value::List(known.cloned().collect())
            }
            Some(value) if !self.is_known(id, value) => Value::Null,
            _ => return,
        };
        self.keep(id, kept);
    }

    /// Whether a value is a choice of a question, shown or not.
    fn is_known(&self, id: Id, value: &Value) -> bool {
        let node = self.node(id);
        let choices = self.choices(id);
        let none = node.nodes("choices").is_empty() && node.word("choicesFromQuestion").is_empty();
        if (none && choices.is_empty())
            || (node.flag("showOtherItem", false)
                && (node.flag("showCommentArea", false)
                    || !self.root.flag("storeOthersAsComment", true)))
            || node.flag("allowCustomChoices", false)
            || node.node("choicesByUrl").is_some()
        {
            return true;
        }
        let property = node.word("valuePropertyName");
        let value = match value {
            Value::Object(object) if !property.is_empty() => object.get(property).unwrap_or(value),
            value => value,
        };
        choices
            .iter()
            .any(|choice| choice.value == *value && choice.role != Role::All)
    }
}

/// One text of several.
fn joined(value: Value, between: &str) -> Value {
    match value {
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(Value::to_text).collect();
            items.join(between).into()
        }
        value => value,
    }
}

/// Text without the signs that a pattern puts between its letters and digits, or with them where they are kept.
fn shaped(node: &Node, value: Value) -> Value {
    let (Some(mask), Value::Text(text)) = (node.node("maskSettings"), &value) else {
        return value;
    };
    if node.word("maskType") != "pattern" {
        return value;
    }
    let mut given = text.chars().peekable();
    let (mut masked, mut bare) = (String::new(), String::new());
    let mut escaped = false;
    for sign in mask.word("pattern").chars() {
        if !escaped && sign == '\\' {
            escaped = true;
            continue;
        }
        let fits = |c: &char| match sign {
            '9' => c.is_ascii_digit(),
            'a' => c.is_ascii_alphabetic(),
            _ => c.is_ascii_alphanumeric(),
        };
        if !escaped && matches!(sign, '9' | 'a' | '#') {
            let Some(c) = given.find(fits) else {
                return value;
            };
            masked.push(c);
            bare.push(c);
        } else {
            given.next_if_eq(&sign);
            masked.push(sign);
            if escaped || sign.is_ascii_alphanumeric() {
                bare.push(sign);
            }
        }
        escaped = false;
    }
    if mask.flag("saveMaskedValue", false) {
        masked.into()
    } else if masked == *text {
        bare.into()
    } else {
        value
    }
}

/// A number from what was typed; what is no number is nothing.
fn number_from(value: Value) -> Value {
    match value {
        Value::Text(text) if text.trim().is_empty() => Value::Null,
        Value::Text(text) => {
            let number = Value::Text(text).to_number();
            if number.is_finite() {
                Value::Number(number)
            } else {
                Value::Null
            }
        }
        Value::Number(number) => Value::Number(number),
        _ => Value::Null,
    }
}

/// Puts a value at a place, from the last key to the first; says whether that changed anything.
fn put(object: &mut Object, keys: &mut Vec<Key>, value: Value, keeps_blank: bool) -> bool {
    let Some(Key::Name(name)) = keys.pop() else {
        return false;
    };
    if keys.is_empty() {
        if value == Value::Null {
            return object.remove(&name).is_some();
        }
        if object.get(&name) == Some(&value) {
            return false;
        }
        object.insert(name, value);
        return true;
    }
    let mut inner = object
        .get_mut(&name)
        .map(std::mem::take)
        .unwrap_or_default();
    let blank = inner == Value::Null;
    let changed = if let Some(Key::Index(index, count)) = keys.last() {
        let (index, count) = (*index, *count);
        keys.pop();
        let mut entries = match inner {
            Value::List(entries) => entries,
            _ => Vec::new(),
        };
        let before = entries.len();
        let none = || Value::Object(Object::new());
        entries.resize_with(before.max(index + 1), none);
        let changed = match &mut entries[index] {
            Value::Object(entry) => put(entry, keys, value, keeps_blank),
            other => {
                let mut entry = Object::new();
                let changed = put(&mut entry, keys, value, keeps_blank);
                *other = Value::Object(entry);
                changed
            }
        };
        // All entries are kept with the one that changes.
        entries.resize_with(if changed { before.max(count) } else { before }, none);
        let blank = changed
            && !keeps_blank
            && entries
                .iter()
                .all(|entry| entry.as_object().is_some_and(Object::is_empty));
        inner = if blank || entries.is_empty() {
            Value::Null
        } else {
            Value::List(entries)
        };
        changed
    } else {
        let mut entry = match inner {
            Value::Object(entry) => entry,
            _ => Object::new(),
        };
        let changed = put(&mut entry, keys, value, keeps_blank);
        inner = if entry.is_empty() && (changed || blank) {
            Value::Null
        } else {
            Value::Object(entry)
        };
        changed
    };
    if inner == Value::Null {
        object.remove(&name);
    } else {
        object.insert(name, inner);
    }
    changed
}
