//! A definition made ready to run: every question that can occur, every rule, and which rule reads which name.

use crate::{
    Expression,
    definition::{Class, Definition, Node},
    ecma::lower,
    names::Names,
    pattern::Pattern,
};
use std::sync::Arc;

/// The number of a [`Spec`].
pub(super) type SpecId = usize;

/// The number of a [`Rule`]; lower ones stand earlier in the document and are evaluated first.
pub(super) type RuleId = usize;

/// A page, panel or question of the definition. What stands in a template may occur many times, or not at all.
pub(super) struct Spec {
    pub node: Arc<Node>,
    pub class: Class,
    pub name: String,
    /// Under which name the answer is kept.
    pub key: String,
    pub children: Vec<SpecId>,
    /// The question that repeats this one in its entries.
    pub owner: Option<SpecId>,
    /// How many columns lead a matrix's children; details follow.
    pub columns: usize,
    /// The rules that read what is inside this question by `row` and `panel`.
    pub inner_readers: Vec<RuleId>,
    /// Its value, when that is computed until the customer changes it.
    pub default: Option<RuleId>,
    pub validators: Vec<Validator>,
    /// The rules by which other questions take its choices.
    pub carriers: Vec<RuleId>,
    /// Its own rules.
    pub rules: Vec<RuleId>,
    /// Its smallest and its largest answer, when they are computed.
    pub bounds: [Option<Expression>; 2],
}

/// A validator, its pattern or condition made ready.
pub(super) struct Validator {
    pub node: Arc<Node>,
    pub pattern: Option<Pattern>,
    pub condition: Option<Expression>,
}

/// What the value of an expression is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Purpose {
    Calculated(usize),
    Visible,
    Enabled,
    Required,
    ChoicesVisible,
    ChoicesEnabled,
    ChoiceVisible(usize),
    ChoiceEnabled(usize),
    RowsVisible,
    RowVisible(usize),
    ColumnsVisible,
    ColumnVisible(usize),
    PanelsVisible,
    CarryForward,
    Count,
    Default,
    Set,
    Reset,
    Value,
    Totals,
}

/// An expression and what it is for.
pub(super) struct Rule {
    pub spec: SpecId,
    pub purpose: Purpose,
    pub expression: Option<Expression>,
    /// For [`Purpose::Set`] the condition under which it is set; for [`Purpose::Totals`] nothing.
    pub condition: Option<Expression>,
    /// Whether it reads only values that no answer of the survey can change.
    pub reads_row: bool,
}

/// A trigger, its condition made ready.
pub(super) struct Trigger {
    pub node: Arc<Node>,
    pub condition: Option<Expression>,
    pub run: Option<Expression>,
    pub reads: Vec<String>,
}

/// Everything of a definition that does not change while it runs.
pub(super) struct Specs {
    pub all: Vec<Spec>,
    pub pages: Vec<SpecId>,
    pub rules: Vec<Rule>,
    pub triggers: Vec<Trigger>,
    /// The names that rules read: their first parts in lower case.
    pub read: Names,
    /// The rules that read each of them, by its number.
    pub readers: Vec<Vec<RuleId>>,
    /// The names of which rules read something inside, but for how much there is.
    pub opened: Names,
    /// The rules that ask the survey about more than values.
    pub asking: Vec<RuleId>,
}

/// The first part of a name, in lower case: what changes when any of its parts does.
pub(super) fn first_part(name: &str) -> String {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let mut part = lower(&name[..end]).into_owned();
    if let Some(whole) = part.strip_suffix("-unwrapped") {
        part.truncate(whole.len());
    }
    part
}

/// Names that mean something else in each entry of a question that repeats.
const INNER: [&str; 13] = [
    "row",
    "prevrow",
    "nextrow",
    "totalrow",
    "rowindex",
    "visiblerowindex",
    "rowname",
    "rowtitle",
    "panel",
    "prevpanel",
    "nextpanel",
    "panelindex",
    "visiblepanelindex",
];

/// Reads an expression; none when it is empty or is none.
pub(super) fn compiled(text: &str) -> Option<Expression> {
    if text.is_empty() {
        None
    } else {
        Expression::parse(text).ok()
    }
}

impl Specs {
    pub(super) fn new(definition: &Definition) -> Self {
        let mut specs = Self {
            all: Vec::new(),
            pages: Vec::new(),
            rules: Vec::new(),
            triggers: Vec::new(),
            read: Names::default(),
            readers: Vec::new(),
            opened: Names::default(),
            asking: Vec::new(),
        };
        let root = definition.root();
        for (index, value) in root.nodes("calculatedValues").iter().enumerate() {
            if let Some(expression) = compiled(value.word("expression")) {
                specs.rule(
                    usize::MAX,
                    Purpose::Calculated(index),
                    Some(expression),
                    None,
                );
            }
        }
        for page in root.nodes("pages") {
            let id = specs.add(page, page.class(), None);
            specs.pages.push(id);
        }
        specs.carry();
        for trigger in root.nodes("triggers") {
            specs.trigger(trigger);
        }
        specs
    }

    fn add(&mut self, node: &Arc<Node>, class: Class, owner: Option<SpecId>) -> SpecId {
        let id = self.all.len();
        let key = match node.word("valueName") {
            "" => node.word("name"),
            key => key,
        };
        let validators = node
            .nodes("validators")
            .iter()
            .map(Validator::new)
            .collect();
        self.all.push(Spec {
            node: node.clone(),
            class,
            name: node.word("name").to_owned(),
            key: key.to_owned(),
            children: Vec::new(),
            owner,
            columns: 0,
            inner_readers: Vec::new(),
            default: None,
            validators,
            carriers: Vec::new(),
            rules: Vec::new(),
            bounds: ["minValueExpression", "maxValueExpression"]
                .map(|property| compiled(node.word(property))),
        });
        self.rules_of(id, node, class);
        let mut children = Vec::new();
        match class {
            Class::Page | Class::Panel => {
                children.extend(
                    node.nodes("elements")
                        .iter()
                        .map(|e| self.add(e, e.class(), owner)),
                );
            }
            Class::PanelDynamic => {
                let elements = node.nodes("templateElements").iter();
                children.extend(elements.map(|e| self.add(e, e.class(), Some(id))));
            }
            Class::MatrixDropdown | Class::MatrixDynamic => {
                for column in node.nodes("columns") {
                    let class = cell_class(node, column);
                    children.push(self.add(column, class, Some(id)));
                }
                self.all[id].columns = children.len();
                let details = node.nodes("detailElements").iter();
                children.extend(details.map(|e| self.add(e, e.class(), Some(id))));
            }
            Class::MultipleText => {
                let items = node.nodes("items").iter();
                children.extend(items.map(|item| self.add(item, Class::Text, Some(id))));
            }
            _ => {}
        }
        self.all[id].children = children;
        let has_total = |column: &Arc<Node>| {
            !matches!(column.word("totalType"), "" | "none")
                || !column.word("totalExpression").is_empty()
        };
        if node.nodes("columns").iter().any(has_total) {
            let rule = self.rule(id, Purpose::Totals, None, None);
            self.all[id].inner_readers.push(rule);
            for column in node.nodes("columns") {
                if let Some(expression) = compiled(column.word("totalExpression")) {
                    self.reads(rule, &expression);
                }
            }
        }
        id
    }

    fn rules_of(&mut self, id: SpecId, node: &Arc<Node>, class: Class) {
        let simple = [
            ("visibleIf", Purpose::Visible),
            ("enableIf", Purpose::Enabled),
            ("requiredIf", Purpose::Required),
            ("choicesVisibleIf", Purpose::ChoicesVisible),
            ("choicesEnableIf", Purpose::ChoicesEnabled),
            ("rowsVisibleIf", Purpose::RowsVisible),
            ("columnsVisibleIf", Purpose::ColumnsVisible),
            ("templateVisibleIf", Purpose::PanelsVisible),
            ("panelCountExpression", Purpose::Count),
            ("rowCountExpression", Purpose::Count),
            ("defaultValueExpression", Purpose::Default),
            ("resetValueIf", Purpose::Reset),
        ];
        for (property, purpose) in simple {
            let Some(expression) = compiled(node.word(property)) else {
                continue;
            };
            let rule = self.rule(id, purpose, Some(expression), None);
            if purpose == Purpose::Default {
                self.all[id].default = Some(rule);
            }
            if purpose == Purpose::PanelsVisible {
                self.all[id].inner_readers.push(rule);
            }
        }
        let items = [
            (
                "choices",
                Purpose::ChoiceVisible as fn(usize) -> Purpose,
                Purpose::ChoiceEnabled as fn(usize) -> Purpose,
            ),
            ("rows", Purpose::RowVisible, Purpose::RowVisible),
            ("columns", Purpose::ColumnVisible, Purpose::ColumnVisible),
        ];
        for (property, visible, enabled) in items {
            if property == "columns" && class != Class::Matrix {
                continue;
            }
            for (index, item) in node.nodes(property).iter().enumerate() {
                if let Some(expression) = compiled(item.word("visibleIf")) {
                    self.rule(id, visible(index), Some(expression), None);
                }
                if property == "choices"
                    && let Some(expression) = compiled(item.word("enableIf"))
                {
                    self.rule(id, enabled(index), Some(expression), None);
                }
            }
        }
        if !node.word("choicesFromQuestion").is_empty() {
            self.rule(id, Purpose::CarryForward, None, None);
        }
        let set = compiled(node.word("setValueExpression"));
        let set_if = compiled(node.word("setValueIf"));
        if set.is_some() || set_if.is_some() {
            self.rule(id, Purpose::Set, set, set_if);
        }
        if class == Class::Expression
            && let Some(expression) = compiled(node.word("expression"))
        {
            self.rule(id, Purpose::Value, Some(expression), None);
        }
    }

    fn rule(
        &mut self,
        spec: SpecId,
        purpose: Purpose,
        expression: Option<Expression>,
        condition: Option<Expression>,
    ) -> RuleId {
        let id = self.rules.len();
        self.rules.push(Rule {
            spec,
            purpose,
            expression: None,
            condition: None,
            reads_row: false,
        });
        if let Some(spec) = self.all.get_mut(spec) {
            spec.rules.push(id);
        }
        for expression in expression.iter().chain(&condition) {
            self.reads(id, expression);
        }
        // What is set and reads no name is set whenever anything changes.
        let set = expression.as_ref().or(condition.as_ref());
        if purpose == Purpose::Set && set.is_some_and(|set| set.names().next().is_none()) {
            note(&mut self.asking, id);
        }
        self.rules[id].expression = expression;
        self.rules[id].condition = condition;
        id
    }

    /// Notes what a rule reads.
    fn reads(&mut self, rule: RuleId, expression: &Expression) {
        for name in expression.names().filter(|name| !name.is_of_row()) {
            let part = first_part(name.text());
            if part.starts_with('$') {
                note(&mut self.asking, rule);
            }
            let spec = self.rules[rule].spec;
            let owner = self.all.get(spec).and_then(|spec| spec.owner);
            if INNER.contains(&part.as_str()) || part == "parentpanel" {
                self.rules[rule].reads_row = true;
                // A row in a panel reads the panel as well.
                let mut owner = if part == "totalrow" && owner.is_none() {
                    Some(spec)
                } else {
                    owner
                };
                while let Some(id) = owner {
                    note(&mut self.all[id].inner_readers, rule);
                    owner = self.all[id].owner;
                }
                continue;
            }
            if name.text().len() > part.len() && !name.text().ends_with(".length") {
                self.opened.add(&part);
            }
            self.note_reader(&part, rule);
        }
        if expression.asks_survey() {
            note(&mut self.asking, rule);
        }
    }

    fn note_reader(&mut self, name: &str, rule: RuleId) {
        let (number, new) = self.read.add(name);
        if new {
            self.readers.push(Vec::new());
        }
        note(&mut self.readers[number], rule);
    }

    /// Notes where choices come from.
    fn carry(&mut self) {
        for rule in 0..self.rules.len() {
            if self.rules[rule].purpose != Purpose::CarryForward {
                continue;
            }
            let of = self.rules[rule].spec;
            let name = self.all[of].node.word("choicesFromQuestion");
            let owner = self.all[of].owner;
            let mut named = self
                .all
                .iter()
                .enumerate()
                .filter(|(_, spec)| spec.name == name);
            let source = named
                .clone()
                .find(|(_, spec)| spec.owner == owner)
                .or_else(|| named.next());
            let Some((source, _)) = source else {
                continue;
            };
            self.all[source].carriers.push(rule);
            match self.all[source].owner {
                Some(owner) => note(&mut self.all[owner].inner_readers, rule),
                None => {
                    let part = first_part(&self.all[source].key);
                    self.note_reader(&part, rule);
                }
            }
        }
    }

    fn trigger(&mut self, node: &Arc<Node>) {
        let condition =
            compiled(node.word("expression")).or_else(|| compiled(&older_condition(node)));
        let names = condition.iter().flat_map(|condition| condition.names());
        let mut reads: Vec<String> = names.map(|name| first_part(name.text())).collect();
        let from = node.word("fromName");
        if !from.is_empty() {
            reads.push(first_part(from));
        }
        let run = compiled(node.word("runExpression"));
        self.triggers.push(Trigger {
            node: node.clone(),
            condition,
            run,
            reads,
        });
    }
}

fn note(rules: &mut Vec<RuleId>, rule: RuleId) {
    if rules.last() != Some(&rule) {
        rules.push(rule);
    }
}

/// What kind of question stands in the cells of a column.
fn cell_class(matrix: &Node, column: &Node) -> Class {
    let of = |node: &Node| match node.word("cellType") {
        "" | "default" => None,
        name => Class::element(name),
    };
    of(column).or_else(|| of(matrix)).unwrap_or(Class::Dropdown)
}

/// The condition of a trigger as older documents write it: name, operator and value.
fn older_condition(node: &Node) -> String {
    let name = node.word("name");
    if name.is_empty() {
        return String::new();
    }
    let operator = match node.word("operator") {
        "" => "equal",
        operator => operator,
    };
    if matches!(operator, "empty" | "notempty") {
        return format!("{{{name}}} {operator}");
    }
    let value = node
        .value("value")
        .map(|value| value.to_text())
        .unwrap_or_default();
    let value = match node.value("value") {
        Some(crate::Value::Text(_)) | None => format!("'{}'", value.replace('\'', "\\'")),
        Some(_) => value.into_owned(),
    };
    format!("{{{name}}} {operator} {value}")
}

impl Validator {
    fn new(node: &Arc<Node>) -> Self {
        let pattern = match node.word("regex") {
            "" => None,
            regex => Pattern::read(regex, node.flag("caseInsensitive", false)),
        };
        let condition = compiled(node.word("expression"));
        Self {
            node: node.clone(),
            pattern,
            condition,
        }
    }
}
