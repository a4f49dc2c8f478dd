//! What names mean to the expressions of a running survey.

use super::{Id, Kind, Survey};
use crate::{
    Clock, Name, Scope, Value,
    definition::Class,
    ecma::lower,
    expression::{Ask, look_up},
};
use std::borrow::Cow;

/// Where an expression is evaluated.
pub(super) struct Here<'a> {
    pub survey: &'a Survey,
    /// The element to which the expression belongs; none for the survey itself.
    pub at: Option<Id>,
    /// The choice or row in question.
    pub item: Option<&'a Value>,
}

impl<'a> Here<'a> {
    /// The entries around, innermost first.
    fn entries(&self) -> impl Iterator<Item = Id> + use<'a> {
        let survey = self.survey;
        let first = self.at.and_then(|at| {
            if survey.is_entry(at) {
                Some(at)
            } else {
                survey.entry_of(at)
            }
        });
        std::iter::successors(first, |entry| survey.entry_of(*entry))
    }

    /// The innermost entry of a matrix, or of a dynamic panel.
    fn entry(&self, row: bool) -> Option<Id> {
        let mut entries = self.entries();
        entries.find(|entry| (self.survey.class(*entry) == Class::PanelDynamic) != row)
    }

    /// What a name means in the entry where the expression stands.
    fn inner(&self, name: Name<'_>) -> Option<Option<Cow<'a, Value>>> {
        let text = name.text();
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let first = &text[..end];
        let survey = self.survey;
        let is = |wanted: &str| first.eq_ignore_ascii_case(wanted);
        if is("item") || is("choice") {
            let item = self.item?;
            return Some(if end == text.len() {
                Some(Cow::Borrowed(item))
            } else {
                None
            });
        }
        let at = self.at?;
        if is("totalRow") {
            let owner = if self.survey.is_entry(at) {
                survey.element(at).parent?
            } else {
                at
            };
            let totals = survey.totals(owner)?;
            return Some(look_up(text[end..].strip_prefix('.')?, totals));
        }
        let row = is("row")
            || is("rowIndex")
            || is("visibleRowIndex")
            || is("rowName")
            || is("rowTitle")
            || is("prevRow")
            || is("nextRow");
        let panel = is("panel")
            || is("panelIndex")
            || is("visiblePanelIndex")
            || is("prevPanel")
            || is("nextPanel");
        let entry = if row || panel {
            self.entry(row)
        } else if is("parentPanel") {
            let mut panels = self
                .entries()
                .filter(|entry| survey.class(*entry) == Class::PanelDynamic);
            panels.nth(1)
        } else {
            None
        }?;
        let owner = survey.element(entry).parent?;
        let entries = &survey.element(owner).children;
        let index = entries.iter().position(|other| *other == entry)?;
        let number = |number: usize| Some(Some(Cow::Owned(Value::Number(number as f64))));
        if is("rowIndex") {
            return number(index + 1);
        }
        if is("panelIndex") {
            return number(index);
        }
        if is("visibleRowIndex") || is("visiblePanelIndex") {
            let before = entries[..index]
                .iter()
                .filter(|entry| survey.element(**entry).visible)
                .count();
            return number(before + usize::from(row));
        }
        if is("rowName") || is("rowTitle") {
            let Kind::Entry(_, value) = &survey.element(entry).kind else {
                return None;
            };
            if is("rowName") || *value == Value::Null {
                return Some(Some(Cow::Borrowed(value)));
            }
            return Some(Some(Cow::Owned(survey.row_title(owner, value).into())));
        }
        let entry = if is("prevRow") || is("prevPanel") {
            index
                .checked_sub(1)
                .and_then(|index| entries.get(index).copied())
        } else if is("nextRow") || is("nextPanel") {
            entries.get(index + 1).copied()
        } else {
            Some(entry)
        };
        let Some(rest) = text[end..].strip_prefix('.') else {
            return Some(None);
        };
        let object = entry.and_then(|entry| survey.entry_answers(entry));
        Some(object.and_then(|object| look_up(rest, object)))
    }
}

impl Scope for Here<'_> {
    fn value(&self, name: Name<'_>) -> Option<Cow<'_, Value>> {
        if let Some(value) = self.inner(name) {
            return value;
        }
        let survey = self.survey;
        let text = name.text();
        if let Some(value) = survey.built_in(text) {
            return Some(Cow::Owned(value));
        }
        if let Some(rest) = text.strip_prefix('$') {
            return survey.property(self.at, rest).map(Cow::Owned);
        }
        if let Some(value) = name.look_up(&survey.variables) {
            return Some(value);
        }
        if let Some(value) = name.look_up(&survey.calculated) {
            return Some(value);
        }
        if let Some((name, blank)) = &survey.blank
            && name.eq_ignore_ascii_case(text)
        {
            return Some(Cow::Borrowed(blank));
        }
        // What was refused is what the customer sees.
        if let Some(value) = survey.refused(text) {
            return Some(Cow::Borrowed(value));
        }
        if let Some(question) = text.strip_suffix("-unwrapped") {
            return look_up(question, &survey.answers);
        }
        let found = name.look_up(&survey.answers);
        // Nothing chosen of several is no choice at all.
        if found.is_none() && survey.lists.find(&lower(text)).is_some() {
            return Some(Cow::Owned(Value::List(Vec::new())));
        }
        found
    }

    fn clock(&self) -> &dyn Clock {
        &*self.survey.clock
    }

    fn ask(&self, question: Ask<'_>) -> Value {
        let survey = self.survey;
        match question {
            Ask::DisplayMode => Value::Bool(survey.root.flag("readOnly", false)),
            Ask::ContainerReady(name, index) => Value::Bool(survey.is_ready(name, index)),
            Ask::DisplayValue(name, value) => survey.display_of(self.at, name, value),
            Ask::Property(name, property) => survey.property_of(name, property),
            Ask::Comment(name, _) => survey
                .answers
                .get(&format!("{name}-Comment"))
                .cloned()
                .unwrap_or_default(),
        }
    }
}

impl Survey {
    /// Names that every survey has.
    fn built_in(&self, name: &str) -> Option<Value> {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        // All of them are longer than most names and have no dot.
        if name.len() < 6 || name.len() > 16 {
            return None;
        }
        let number = |number: usize| Some(Value::Number(number as f64));
        if is("pageno") {
            let pages = self.visible_pages();
            let at = self
                .position
                .page
                .and_then(|page| pages.iter().position(|other| *other == page));
            return number(at.map_or(0, |at| at + 1));
        }
        if is("pagecount") {
            return number(self.visible_pages().len());
        }
        if is("questioncount") {
            return number(self.questions().len());
        }
        if is("locale") {
            let locale = if self.locale.is_empty() {
                "en"
            } else {
                &self.locale
            };
            return Some(locale.into());
        }
        let correct = is("correctanswers")
            || is("correctedanswers")
            || is("correctedanswercount")
            || is("correctanswercount");
        let wrong = is("incorrectanswers")
            || is("incorrectedanswers")
            || is("incorrectedanswercount")
            || is("incorrectanswercount");
        if correct || wrong {
            let questions = self
                .questions()
                .into_iter()
                .filter(|id| self.node(*id).value("correctAnswer").is_some());
            let right = |id: &Id| {
                let wanted = self.node(*id).value("correctAnswer");
                self.answer(*id)
                    .is_some_and(|answer| Some(answer) == wanted)
            };
            return number(questions.filter(|id| right(id) == correct).count());
        }
        None
    }

    /// A property of the survey, of the question itself or of one by name: `survey.title`, `self.isVisible`.
    fn property(&self, at: Option<Id>, path: &str) -> Option<Value> {
        let (name, property) = path.split_once('.')?;
        match name {
            "self" | "item" => at.map(|at| self.property_at(at, property)),
            "survey" => match property {
                "locale" => Some(self.locale.as_str().into()),
                "state" => Some(self.state.word().into()),
                "title" => Some(self.words(self.root.text("title")).into()),
                _ => self.root.value(property).cloned(),
            },
            name => Some(self.property_of(name, property)),
        }
    }

    fn property_of(&self, name: &str, property: &str) -> Value {
        self.by_name(name)
            .map(|id| self.property_at(id, property))
            .unwrap_or_default()
    }

    fn property_at(&self, id: Id, property: &str) -> Value {
        match property {
            "value" => self.answer(id).cloned().unwrap_or_default(),
            "isVisible" => Value::Bool(self.is_visible(id)),
            "visible" => Value::Bool(self.element(id).visible),
            "isRequired" => Value::Bool(self.is_required(id)),
            "isReadOnly" | "readOnly" => Value::Bool(self.is_read_only(id)),
            "isEmpty" => Value::Bool(self.is_unanswered(id)),
            "title" => self.title(id).into(),
            "name" => self.spec(id).name.as_str().into(),
            _ => self.node(id).value(property).cloned().unwrap_or_default(),
        }
    }

    /// Whether a page or panel, or an entry of a dynamic panel, has nothing wrong.
    fn is_ready(&self, name: &str, index: Option<usize>) -> bool {
        let Some(id) = self.by_name(name) else {
            return false;
        };
        let id = match index {
            Some(index) => match self.element(id).children.get(index) {
                Some(entry) => *entry,
                None => return false,
            },
            None => id,
        };
        !self.is_wrong(id)
    }
}
