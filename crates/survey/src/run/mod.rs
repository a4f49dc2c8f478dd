//! The running survey: answers in, what is visible, required, computed and wrong out.
//!
//! A rule is evaluated again only when a name that it reads has changed. What repeats (rows, panels) shares its rules;
//! they are evaluated for each row.

mod answers;
mod check;
mod choices;
mod entries;
mod markup;
mod pages;
mod rules;
mod scope;
mod script;
mod spec;
mod text;
mod view;

pub use check::{Problem, Wrong};
pub use choices::{Choice, Role};
pub use markup::{Markup, Tag, markup};
pub use pages::{End, State};
pub use script::script;
pub use view::{Page, Part, Question};

use crate::{
    Clock, Definition, Object, Value,
    definition::{Class, LocalisedText, Node},
    ecma::lower,
    names::Names,
};
use rules::Rules;
use spec::{SpecId, Specs};
use std::{cell::Cell, sync::Arc};

/// One page, panel, question or entry of a running survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(u32);

impl Id {
    /// A number of its own, for names in a view.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// A survey that somebody answers.
pub struct Survey {
    root: Arc<Node>,
    specs: Specs,
    clock: Box<dyn Clock>,
    elements: Vec<Element>,
    /// Where elements stood that are no more.
    free: Vec<Id>,
    pages: Vec<Id>,
    /// For each spec where it occurs, in order of the document.
    instances: Vec<Vec<Id>>,
    /// Pages, panels and questions outside of entries: their names, and which has each.
    names: Names,
    named: Vec<Id>,
    answers: Object,
    variables: Object,
    calculated: Object,
    locale: String,
    state: State,
    position: pages::Position,
    /// Skips that were made: going back from the second page leads to the first.
    skips: Vec<(Id, Id)>,
    /// Rules whose names have changed, and names that triggers have not seen yet.
    due: Rules,
    changed: Names,
    /// Questions of which choices were shown or hidden: what is no choice any more goes once all are.
    moved: Vec<Id>,
    /// Rules that wait for the next change.
    deferred: Rules,
    /// The name of an answer that has just become blank, and what expressions see of it now; nothing afterwards.
    blank: Option<(String, Value)>,
    /// What is being answered: that answer is not set by a rule at once.
    answering: Option<Id>,
    /// How many questions have an answer that was refused.
    refusals: usize,
    /// Under which names lists of choices are kept, in lower case.
    lists: Names,
    /// Whether some questions keep their answer under one name.
    shares_key: bool,
    /// How deep we are in texts that stand in texts.
    filling: Cell<usize>,
    /// Whether answers go when the panel or page around is hidden.
    clears_containers: bool,
    /// Whether rules are being evaluated already: what they change is taken up by the same rounds.
    settling: bool,
    /// Whether it has its first answers.
    begun: bool,
}

#[derive(Debug)]
struct Element {
    kind: Kind,
    parent: Option<Id>,
    /// What it consists of: elements of a page, panel or entry, entries of a question.
    children: Vec<Id>,
    visible: bool,
    enabled: bool,
    required: bool,
    /// What conditions say of its choices (or rows), one by one; empty while there is no condition.
    choices: Vec<Shown>,
    rows: Vec<Shown>,
    columns: Vec<Shown>,
    /// How many entries it has at least when it is set as a whole.
    least: usize,
    /// An answer outside of its bounds: shown and wrong, but not kept.
    refused: Option<Value>,
    /// Whether the answer still follows its default expression.
    follows: bool,
    /// Whether its cells have not yet been given what they begin with.
    waits: bool,
    /// Whether what is computed in its panels waits since they came with an answer.
    stale: bool,
    problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// A page, panel or question.
    Of(SpecId),
    /// An entry of a question: a row with its value, a panel, the items of a multiple text.
    Entry(SpecId, Value),
}

/// What conditions say of a choice or a row: its own where it has one, or that for all.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    visible: bool,
    enabled: bool,
}

const SHOWN: Shown = Shown {
    visible: true,
    enabled: true,
};

/// With what a survey starts.
#[derive(Default)]
pub struct Start {
    /// Answers given already, such as a draft.
    pub answers: Object,
    /// What the host knows: `{ticket.priority}`.
    pub variables: Object,
    /// In which language it is shown; empty for the default one of the questionnaire.
    pub locale: String,
}

impl Survey {
    /// Starts a survey.
    pub fn new(definition: &Definition, start: Start, clock: Box<dyn Clock>) -> Self {
        let root = definition.root().clone();
        let specs = Specs::new(definition);
        let locale = if start.locale.is_empty() {
            root.word("locale").to_owned()
        } else {
            start.locale
        };
        let mut survey = Self {
            instances: vec![Vec::new(); specs.all.len()],
            root,
            specs,
            clock,
            elements: Vec::new(),
            free: Vec::new(),
            pages: Vec::new(),
            names: Names::default(),
            named: Vec::new(),
            answers: start.answers,
            variables: start.variables,
            calculated: Object::new(),
            locale,
            state: State::Running,
            position: pages::Position::default(),
            skips: Vec::new(),
            due: Rules::default(),
            changed: Names::default(),
            moved: Vec::new(),
            deferred: Rules::default(),
            blank: None,
            answering: None,
            refusals: 0,
            lists: Names::default(),
            shares_key: false,
            filling: Cell::new(0),
            clears_containers: false,
            settling: false,
            begun: false,
        };
        survey.begin();
        survey
    }

    fn begin(&mut self) {
        for page in self.specs.pages.clone() {
            let id = self.grow(page, None);
            self.pages.push(id);
        }
        for at in 0..self.elements.len() {
            let id = Id(at as u32);
            if let Kind::Of(spec) = self.element(id).kind
                && self.specs.all[spec].owner.is_none()
            {
                let (_, new) = self.names.add(&self.specs.all[spec].name);
                self.named.extend(new.then_some(id));
            }
        }
        let questions = self.questions();
        for id in &questions {
            if matches!(self.class(*id), Class::Checkbox | Class::TagBox) {
                let key = lower(&self.spec(*id).key).into_owned();
                self.lists.add(&key);
            }
        }
        let mut keys = Names::default();
        let mut added = questions.iter().map(|id| keys.add(&self.spec(*id).key));
        self.shares_key = added.any(|(_, new)| !new);
        let mut clears = self.specs.all.iter().map(|spec| self.clearing(&spec.node));
        self.clears_containers = clears.any(|mode| mode == "onHiddenContainer");
        for id in &questions {
            self.fill(*id);
        }
        // What is set is set when something changes, and not before.
        let repeats = |rule: &spec::Rule| {
            let spec = self.specs.all.get(rule.spec);
            rule.purpose == spec::Purpose::Set && spec.is_some_and(|spec| spec.owner.is_some())
        };
        for (id, rule) in self.specs.rules.iter().enumerate() {
            if rule.purpose != spec::Purpose::Set {
                self.due.insert(id);
            } else if repeats(rule) {
                self.due.remove(id);
            }
        }
        self.settle();
        // A trigger may have led on.
        let led = self.stops().first() != Some(&self.position);
        self.begun = true;
        for at in 0..self.elements.len() {
            self.fill_waiting(Id(at as u32));
        }
        for id in &questions {
            self.drop_odd_start(*id);
        }
        // Where hiding clears, what is hidden from the start begins without its default.
        for id in questions {
            let stays = match self.class(id) {
                Class::Expression => true,
                Class::PanelDynamic => self.is_unanswered(id),
                _ => false,
            };
            let hidden = !self.is_visible(id) && self.clears_when_hidden(id)
                || !self.is_shown(id) && self.clears_with_container(id);
            if !stays && hidden {
                self.clear(id);
            }
        }
        self.settle();
        self.first_page(led);
    }

    /// Makes an element of a spec and all that is in it.
    fn grow(&mut self, spec: SpecId, parent: Option<Id>) -> Id {
        let node = self.specs.all[spec].node.clone();
        let required_if = !node.word("requiredIf").is_empty();
        let hidden = !node.flag("visible", true);
        let element = Element {
            kind: Kind::Of(spec),
            parent,
            children: Vec::new(),
            visible: !hidden || spec::compiled(node.word("visibleIf")).is_some(),
            enabled: true,
            required: node.flag("isRequired", false) && !required_if,
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
        let id = self.place(element);
        self.instances[spec].push(id);
        if matches!(self.specs.all[spec].class, Class::Page | Class::Panel) {
            let children = self.specs.all[spec].children.clone();
            let children = children
                .into_iter()
                .map(|child| self.grow(child, Some(id)))
                .collect();
            self.element_mut(id).children = children;
        }
        id
    }

    fn place(&mut self, element: Element) -> Id {
        if let Some(id) = self.free.pop() {
            self.elements[id.0 as usize] = element;
            return id;
        }
        self.elements.push(element);
        Id(self.elements.len() as u32 - 1)
    }

    fn element(&self, id: Id) -> &Element {
        &self.elements[id.0 as usize]
    }

    fn element_mut(&mut self, id: Id) -> &mut Element {
        &mut self.elements[id.0 as usize]
    }

    fn spec_id(&self, id: Id) -> SpecId {
        match self.element(id).kind {
            Kind::Of(spec) | Kind::Entry(spec, _) => spec,
        }
    }

    fn spec(&self, id: Id) -> &spec::Spec {
        &self.specs.all[self.spec_id(id)]
    }

    fn node(&self, id: Id) -> &Arc<Node> {
        &self.spec(id).node
    }

    fn class(&self, id: Id) -> Class {
        self.spec(id).class
    }

    fn is_entry(&self, id: Id) -> bool {
        matches!(self.element(id).kind, Kind::Entry(..))
    }

    fn is_panel(&self, id: Id) -> bool {
        !self.is_entry(id) && matches!(self.class(id), Class::Page | Class::Panel)
    }

    /// The entry in which an element stands, if it stands in one.
    fn entry_of(&self, id: Id) -> Option<Id> {
        let mut at = self.element(id).parent;
        while let Some(id) = at {
            if self.is_entry(id) {
                return Some(id);
            }
            at = self.element(id).parent;
        }
        None
    }

    /// The page on which an element stands.
    fn page_of(&self, id: Id) -> Id {
        let mut at = id;
        while let Some(parent) = self.element(at).parent {
            at = parent;
        }
        at
    }

    /// All questions in an element, in panels too, but not those in entries; in order.
    fn questions_in(&self, id: Id, questions: &mut Vec<Id>) {
        if !self.is_panel(id) && !self.is_entry(id) {
            questions.push(id);
            return;
        }
        for child in &self.element(id).children {
            self.questions_in(*child, questions);
        }
    }

    /// All questions that stand in no entry, in order.
    fn questions(&self) -> Vec<Id> {
        let mut questions = Vec::new();
        for page in &self.pages {
            self.questions_in(*page, &mut questions);
        }
        questions
    }

    /// Whether an element is visible by itself: a panel needs something visible in it.
    fn is_visible(&self, id: Id) -> bool {
        let element = self.element(id);
        if !element.visible {
            return false;
        }
        if self.is_panel(id) {
            return element.children.iter().any(|child| self.is_visible(*child));
        }
        if self.is_entry(id) {
            return true;
        }
        let node = self.node(id);
        if node.flag("hideIfChoicesEmpty", false) {
            // "Other" and the like are enough beside choices that come from another question.
            let carried = self.carried(id).is_some();
            let counts = |choice: &Choice| carried || choice.role == Role::Own;
            if !self.choices(id).iter().any(counts) {
                return false;
            }
        }
        if node.flag("hideIfRowsEmpty", false) && self.rows(id).is_empty() {
            return false;
        }
        true
    }

    /// Whether an element and all around it is visible.
    pub fn is_shown(&self, id: Id) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            if !self.is_visible(id) {
                return false;
            }
            at = self.element(id).parent;
        }
        true
    }

    /// Whether a question must be answered.
    pub fn is_required(&self, id: Id) -> bool {
        self.element(id).required
    }

    /// Whether an answer cannot be changed.
    pub fn is_read_only(&self, id: Id) -> bool {
        if self.root.flag("readOnly", false) {
            return true;
        }
        let mut at = Some(id);
        while let Some(id) = at {
            let node = self.node(id);
            let conditional = !node.word("enableIf").is_empty();
            if !self.element(id).enabled || (!conditional && node.flag("readOnly", false)) {
                return true;
            }
            at = self.element(id).parent;
        }
        false
    }

    /// The page, panel or question of a name that stands in no entry.
    fn by_name(&self, name: &str) -> Option<Id> {
        self.names.find(name).map(|number| self.named[number])
    }

    /// The question of a name that stands in no entry.
    pub fn question(&self, name: &str) -> Option<Id> {
        self.by_name(name).filter(|id| !self.is_panel(*id))
    }

    /// All answers, to be sent: by the names under which they are kept.
    pub fn answers(&self) -> &Object {
        &self.answers
    }

    /// The values that the questionnaire computes, by name.
    pub fn calculated(&self) -> &Object {
        &self.calculated
    }

    /// The language in which it is shown; empty for the default one.
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// Shows it in another language.
    pub fn set_locale(&mut self, locale: &str) {
        self.locale = locale.to_owned();
    }

    /// Gives what the host knows a value.
    pub fn set_variable(&mut self, name: &str, value: Value) {
        let old = if value == Value::Null {
            self.variables.remove(name)
        } else {
            self.variables.insert(name, value.clone())
        };
        if old != Some(value) {
            self.catch_up();
            self.touch(name);
            self.settle();
        }
    }

    /// A text of the questionnaire in the language shown.
    fn words<'a>(&self, text: Option<&'a LocalisedText>) -> &'a str {
        text.map_or("", |text| text.get(&self.locale))
    }
}
