//! What a page view needs: what stands on the current page, in order, with everything resolved.

use super::{Choice, Id, Problem, Survey};
use crate::{
    Value,
    definition::{Class, Node},
};
use std::sync::Arc;

/// What is shown at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its title; empty where it has none.
    pub title: String,
    /// What it is about; empty where it does not say.
    pub description: String,
    /// What stands on it.
    pub parts: Vec<Part>,
    /// What is wrong with the page itself.
    pub problems: Vec<Problem>,
    /// Its number from 1.
    pub number: usize,
    /// Of how many.
    pub count: usize,
}

/// A question, or a group of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// One question.
    Question(Box<Question>),
    /// A panel, or an entry of a question that repeats.
    Group {
        /// The panel, or the entry.
        id: Id,
        /// Its title; empty where it has none.
        title: String,
        /// What it is about; empty where it does not say.
        description: String,
        /// What stands in it.
        parts: Vec<Part>,
        /// What is wrong with the group itself.
        problems: Vec<Problem>,
    },
}

/// One question as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// By which it is answered.
    pub id: Id,
    /// What kind it is.
    pub class: Class,
    /// Its name in the definition, which also names it in forms.
    pub name: String,
    /// Its title, or its name.
    pub title: String,
    /// What it is about; empty where it does not say.
    pub description: String,
    /// Whether it must be answered.
    pub required: bool,
    /// Whether the answer cannot be changed.
    pub read_only: bool,
    /// The answer, if there is one.
    pub answer: Option<Value>,
    /// The comment beside it.
    pub comment: String,
    /// Choices, or the steps of a scale.
    pub choices: Vec<Choice>,
    /// Rows of a simple matrix, with their words.
    pub rows: Vec<(Value, String)>,
    /// Columns of a simple matrix, with their words.
    pub columns: Vec<(Value, String)>,
    /// Rows, panels or items in it.
    pub entries: Vec<Part>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl Survey {
    /// What is shown now: the start page, the current page or the element that stands alone on it; none when there is
    /// nothing to ask.
    pub fn page(&self) -> Option<Page> {
        let page = self.start_page().or_else(|| self.current_page())?;
        let mut parts = Vec::new();
        match self.current_element() {
            Some(element) if self.start_page().is_none() => parts.extend(self.part(element)),
            _ if self.is_single_page() => {
                for page in self.visible_pages() {
                    parts.extend(self.parts(page));
                }
            }
            _ => parts = self.parts(page),
        }
        let (number, count) = self.progress();
        Some(Page {
            title: self.text_of(page, "title"),
            description: self.text_of(page, "description"),
            parts,
            problems: self.problems(page).to_vec(),
            number,
            count,
        })
    }

    /// The definition of a question, for what only its view needs: `inputType`, `rateType`, `rows`.
    pub fn definition_of(&self, id: Id) -> &Node {
        self.node(id)
    }

    /// The kind of a question, panel or page.
    pub fn class_of(&self, id: Id) -> Class {
        self.class(id)
    }

    /// The name of a question, panel or page.
    pub fn name_of(&self, id: Id) -> &str {
        &self.spec(id).name
    }

    /// The markup of an html question in which answers are text.
    pub fn html(&self, id: Id) -> String {
        self.markup_of(Some(id), "html")
    }

    /// A text of a question, panel or page (`None`: of the survey itself) that may hold markup, in which answers are
    /// text; empty when there is none.
    pub fn markup_of(&self, id: Option<Id>, property: &str) -> String {
        let node = id.map_or(&self.root, |id| self.node(id));
        self.filled_markup(self.words(node.text(property)), id)
    }

    /// What all rows of a matrix come to: the title of each column that has a total, and that total.
    pub fn totals_shown(&self, id: Id) -> Vec<(String, String)> {
        let totals = self.totals(id);
        let columns = totals.map_or(&[][..], |_| self.node(id).nodes("columns"));
        let total = |column: &Arc<Node>| {
            let name = column.word("name");
            let title = match self.words(column.text("title")) {
                "" => name.to_owned(),
                title => self.filled(title, Some(id)),
            };
            Some((title, totals?.get(name)?.to_text().into_owned()))
        };
        columns.iter().filter_map(total).collect()
    }

    fn parts(&self, id: Id) -> Vec<Part> {
        self.element(id)
            .children
            .iter()
            .filter_map(|child| self.part(*child))
            .collect()
    }

    fn part(&self, id: Id) -> Option<Part> {
        if !self.is_visible(id) {
            return None;
        }
        if self.is_panel(id) || self.is_entry(id) {
            let (title, description) = if !self.is_entry(id) {
                (self.text_of(id, "title"), self.text_of(id, "description"))
            } else {
                self.entry_texts(id)
            };
            let (parts, problems) = (self.parts(id), self.problems(id).to_vec());
            return Some(Part::Group {
                id,
                title,
                description,
                parts,
                problems,
            });
        }
        let node = self.node(id);
        let worded = |values: Vec<Value>, property: &str| {
            let words = |value: Value| {
                let mut nodes = node.nodes(property).iter();
                let text = nodes
                    .find(|node| node.value("value") == Some(&value))
                    .map(|node| self.words(node.text("text")));
                let text = match text.unwrap_or_default() {
                    "" => value.to_text().into_owned(),
                    text => self.filled(text, Some(id)),
                };
                (value, text)
            };
            values.into_iter().map(words).collect::<Vec<_>>()
        };
        let simple_matrix = self.class(id) == Class::Matrix;
        Some(Part::Question(Box::new(Question {
            id,
            class: self.class(id),
            name: self.spec(id).name.clone(),
            title: self.title(id),
            description: self.text_of(id, "description"),
            required: self.is_required(id) || self.node(id).flag("eachRowRequired", false),
            read_only: self.is_read_only(id),
            answer: self.shown_answer(id).cloned(),
            comment: self.comment(id).to_owned(),
            choices: self.choices(id),
            rows: if simple_matrix {
                worded(self.rows(id), "rows")
            } else {
                Vec::new()
            },
            columns: if simple_matrix {
                worded(self.columns(id), "columns")
            } else {
                Vec::new()
            },
            entries: self.parts(id),
            problems: self.problems(id).to_vec(),
        })))
    }

    /// Title and description of an entry.
    fn entry_texts(&self, entry: Id) -> (String, String) {
        let Some(owner) = self.element(entry).parent else {
            return Default::default();
        };
        let inside = self.element(entry).children.first().copied();
        let text =
            |property: &str| self.filled(self.words(self.node(owner).text(property)), inside);
        match &self.element(entry).kind {
            super::Kind::Entry(_, Value::Null) | super::Kind::Of(_) => {
                (text("templateTitle"), text("templateDescription"))
            }
            super::Kind::Entry(_, row) => (self.row_title(owner, row), String::new()),
        }
    }
}
