//! What usually goes wrong in the expressions of a questionnaire: it can be read, and yet does not do what was meant.

use super::{Class, Node, Setting};
use crate::{
    Expression, Name, Object, Report, Utc, Value,
    expression::{Operator, Values, same, same_name},
};
use std::{collections::BTreeMap, sync::Arc};

/// An expression as it stands in the document.
pub(super) struct Written {
    pub(super) path: String,
    pub(super) expression: Expression,
    /// Whose it is; none until that has been read.
    pub(super) owner: Option<Owner>,
}

/// What an expression belongs to.
pub(super) struct Owner {
    pub(super) class: Class,
    pub(super) name: String,
}

/// Names that mean something wherever, by their first part.
const BUILT_IN: [&str; 10] = [
    "pageno",
    "pagecount",
    "questioncount",
    "locale",
    "correctanswers",
    "incorrectanswers",
    "correctedanswers",
    "incorrectedanswers",
    "correctedanswercount",
    "incorrectedanswercount",
];

/// Names that mean something where choices, rows and entries are.
const AROUND: [&str; 18] = [
    "item",
    "choice",
    "row",
    "prevrow",
    "nextrow",
    "totalrow",
    "rowindex",
    "visiblerowindex",
    "rowname",
    "rowtitle",
    "rowvalue",
    "panel",
    "prevpanel",
    "nextpanel",
    "parentpanel",
    "panelindex",
    "visiblepanelindex",
    "composite",
];

/// Endings of names that are kept beside the answer of a question.
const BESIDE: [&str; 3] = ["-comment", "-total", "-unwrapped"];

/// Adds warnings about what was written.
pub(super) fn review(root: &Arc<Node>, written: &[Written], report: &mut Report) {
    let survey = Survey::new(root);
    for written in written {
        let warnings = survey.warnings(written);
        for (code, message) in warnings {
            report.warn(written.path.clone(), code, message);
        }
    }
    for (path, message) in survey.cycles(written) {
        report.warn(path, "cycle", message);
    }
}

/// What names there are.
struct Survey<'a> {
    /// Questions under the names of their answers, in lower case; those inside entries under `row.` and `panel.`.
    answers: BTreeMap<String, &'a Node>,
    /// Questions whose answers have another name than they: that name.
    renamed: BTreeMap<String, &'a str>,
    /// Calculated values, and what triggers set.
    others: Vec<String>,
    /// In which page or panel each element stands.
    parents: Vec<(&'a str, &'a str)>,
}

impl<'a> Survey<'a> {
    fn new(root: &'a Node) -> Self {
        let mut survey = Self {
            answers: BTreeMap::new(),
            renamed: BTreeMap::new(),
            others: Vec::new(),
            parents: Vec::new(),
        };
        let mut left = vec![(root, None, false)];
        while let Some((node, parent, inside)) = left.pop() {
            survey.add(node, parent, inside);
            let name = node.word("name");
            for (property, setting) in node.settings() {
                let inside =
                    inside || matches!(property, "templateElements" | "detailElements" | "columns");
                match setting {
                    Setting::Nodes(nodes) => {
                        left.extend(nodes.iter().map(|node| (&**node, Some(name), inside)));
                    }
                    Setting::Node(node) => left.push((node, Some(name), inside)),
                    Setting::Value(_) | Setting::Text(_) => {}
                }
            }
        }
        survey
    }

    fn add(&mut self, node: &'a Node, parent: Option<&'a str>, inside: bool) {
        let name = node.word("name");
        match node.class() {
            Class::CalculatedValue => self.others.push(name.to_lowercase()),
            Class::SetValueTrigger | Class::CopyValueTrigger | Class::RunExpressionTrigger => {
                self.others.push(node.word("setToName").to_lowercase());
            }
            class if is_element(class) && !name.is_empty() => {
                if let Some(parent) = parent {
                    self.parents.push((name, parent));
                }
                let key = match node.word("valueName") {
                    "" => name,
                    key => key,
                };
                if key != name {
                    self.renamed.insert(name.to_lowercase(), key);
                }
                if inside {
                    for around in ["row.", "panel."] {
                        let key = format!("{around}{}", key.to_lowercase());
                        self.answers.entry(key).or_insert(node);
                    }
                } else {
                    self.answers.entry(key.to_lowercase()).or_insert(node);
                }
            }
            _ => {}
        }
    }

    /// The question whose answer, or a part of it, a name is; the rest of the name.
    fn question(&self, name: &str) -> Option<(&'a Node, usize)> {
        let name = name.to_lowercase();
        let ends = name.match_indices(['.', '[']).map(|(end, _)| end);
        let ends = std::iter::once(name.len()).chain(ends.collect::<Vec<_>>().into_iter().rev());
        for end in ends {
            if let Some(node) = self.answers.get(&name[..end]) {
                return Some((node, end));
            }
        }
        None
    }

    fn knows(&self, name: &str) -> bool {
        if self.question(name).is_some() || name.starts_with('$') {
            return true;
        }
        let name = name.to_lowercase();
        let first = &name[..name.find(['.', '[']).unwrap_or(name.len())];
        let beside = BESIDE
            .iter()
            .filter_map(|ending| first.strip_suffix(ending));
        BUILT_IN.contains(&first)
            || AROUND.contains(&first)
            || self
                .others
                .iter()
                .any(|other| *other == first || *other == name)
            || beside
                .into_iter()
                .any(|question| self.answers.contains_key(question))
    }

    fn warnings(&self, written: &Written) -> Vec<(&'static str, String)> {
        let expression = &written.expression;
        let mut warnings = Vec::new();
        for function in expression.unknown_functions() {
            let message = format!("there is no function {function}; it gives nothing");
            warnings.push(("unknownfunction", message));
        }
        let outer = expression.names().filter(|name| !name.is_of_row());
        for name in outer.filter(|name| name.literal().is_none() && !self.knows(name.text())) {
            let text = name.text();
            let message = match self.renamed.get(&text.to_lowercase()) {
                Some(key) => format!("{{{text}}} is nothing: the answer of {text} is {{{key}}}"),
                None => format!("{{{text}}} is no question, calculated value or built-in name"),
            };
            warnings.push(("unknownname", message));
        }
        self.scales(expression, &mut warnings);
        self.dead(written, &mut warnings);
        warnings
    }

    /// Scales that are compared though they may be unanswered.
    fn scales(&self, expression: &Expression, warnings: &mut Vec<(&'static str, String)>) {
        let mut told: Vec<Name<'_>> = Vec::new();
        for comparison in expression.comparisons() {
            let name = comparison.name;
            let scale = self.question(name.text()).is_some_and(|(node, _)| {
                matches!(node.class(), Class::Rating | Class::Slider)
                    || node.word("cellType") == "rating"
            });
            let told_already = told.iter().any(|told| same_name(told.text(), name.text()));
            if !scale || told_already || expression.tests_emptiness(name.text()) {
                continue;
            }
            told.push(name);
            let text = name.text();
            let message = format!(
                "{{{text}}} is compared though it may be unanswered: add `{{{text}}} notempty and`"
            );
            warnings.push(("unansweredscale", message));
        }
    }

    /// Conditions that never change, and answers that cannot be given.
    fn dead(&self, written: &Written, warnings: &mut Vec<(&'static str, String)>) {
        let expression = &written.expression;
        let condition = written.path.ends_with("If")
            || written.owner.as_ref().is_some_and(|owner| {
                matches!(
                    owner.class,
                    Class::ExpressionValidator
                        | Class::HtmlCondition
                        | Class::UrlCondition
                        | Class::CompleteTrigger
                        | Class::SetValueTrigger
                        | Class::CopyValueTrigger
                        | Class::SkipTrigger
                        | Class::VisibleTrigger
                ) && written.path.ends_with(".expression")
            });
        if condition && expression.is_constant() {
            let nothing = Object::new();
            let scope = Values {
                values: &nothing,
                clock: Utc(0.0),
            };
            let word = if expression.is_true(&scope) {
                "true"
            } else {
                "false"
            };
            let message = format!("this condition is always {word}");
            warnings.push(("deadcondition", message));
        }
        for comparison in expression.comparisons() {
            let (Some(wanted), Some((node, end))) =
                (comparison.with, self.question(comparison.name.text()))
            else {
                continue;
            };
            let text = comparison.name.text();
            if end == text.len()
                && let Some(why) = never(node, comparison.operator, &wanted)
            {
                let wanted = wanted.to_text();
                let message = format!("{{{text}}} compared with {wanted:?} never changes: {why}");
                warnings.push(("deadcondition", message));
            }
        }
    }

    /// Elements that decide on each other: whether they are visible, or what their value is.
    fn cycles(&self, written: &[Written]) -> Vec<(String, String)> {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut names = Vec::new();
        let mut number = |name: &str| {
            *numbers.entry(name.to_lowercase()).or_insert_with(|| {
                names.push(name.to_owned());
                names.len() - 1
            })
        };
        let mut edges: Vec<(usize, usize, &str)> = Vec::new();
        for (child, parent) in &self.parents {
            edges.push((number(child), number(parent), ""));
        }
        for written in written {
            let property = written.path.rsplit('.').next().unwrap_or_default();
            let decides = matches!(
                property,
                "visibleIf" | "setValueExpression" | "defaultValueExpression" | "expression"
            );
            let Some(owner) = written.owner.as_ref().filter(|owner| {
                let named = is_element(owner.class) || owner.class == Class::CalculatedValue;
                decides && named && !owner.name.is_empty()
            }) else {
                continue;
            };
            let from = number(&owner.name);
            for name in written.expression.names().filter(|name| !name.is_of_row()) {
                let read = match self.question(name.text()) {
                    Some((node, _)) => node.word("name").to_owned(),
                    None => name.text().to_lowercase(),
                };
                if self.knows(name.text()) {
                    edges.push((from, number(&read), &written.path));
                }
            }
        }
        let components = components(names.len(), &edges);
        let mut found = Vec::new();
        let mut told = Vec::new();
        for (from, to, path) in &edges {
            let component = components[*from];
            let inside = component == components[*to] && !path.is_empty();
            if !inside || told.contains(&component) {
                continue;
            }
            told.push(component);
            let members = names.iter().zip(&components);
            let members = members
                .filter(|(_, other)| **other == component)
                .map(|(name, _)| name.as_str());
            let members: Vec<&str> = members.take(10).collect();
            let message = match members.as_slice() {
                [name] => format!("{name} depends on itself"),
                members => format!("these depend on each other: {}", members.join(", ")),
            };
            found.push(((*path).to_owned(), message));
        }
        found
    }
}

fn is_element(class: Class) -> bool {
    matches!(class, Class::Page | Class::Column)
        || Class::element(class.type_name().unwrap_or_default()) == Some(class)
}

/// Why a comparison of a question's answer comes out the same whatever is answered.
fn never(node: &Node, operator: Operator, wanted: &Value) -> Option<&'static str> {
    let several = matches!(
        node.class(),
        Class::Checkbox | Class::TagBox | Class::Ranking
    ) || node.class() == Class::ImagePicker && node.flag("multiSelect", false);
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    if several && equality && !wanted.is_empty() {
        return Some("its answer is a list; use contains");
    }
    let search = matches!(
        operator,
        Operator::Contains
            | Operator::NotContains
            | Operator::AnyOf
            | Operator::AllOf
            | Operator::NoneOf
    );
    if wanted.is_empty() || !(equality || several && search) {
        return None;
    }
    let fixed = matches!(
        node.class(),
        Class::Checkbox
            | Class::TagBox
            | Class::Ranking
            | Class::RadioGroup
            | Class::Dropdown
            | Class::ImagePicker
    );
    let open = [
        "choicesByUrl",
        "choicesFromQuestion",
        "choicesMin",
        "choicesMax",
    ];
    let special = [
        "showOtherItem",
        "showNoneItem",
        "showRefuseItem",
        "showDontKnowItem",
    ];
    if !fixed
        || open.iter().any(|property| node.get(property).is_some())
        || special.iter().any(|property| node.flag(property, false))
        || node.nodes("choices").is_empty()
    {
        return None;
    }
    let mut choices = node.nodes("choices").iter();
    let is_choice = choices.any(|choice| {
        choice
            .value("value")
            .is_some_and(|value| same(value, wanted))
    });
    (!is_choice).then_some("that is none of its choices")
}

/// For each of `count` nodes the number of its strongly connected component; a node alone has one of its own, unless an
/// edge leads from it to itself (Tarjan's algorithm, without recursion).
fn components(count: usize, edges: &[(usize, usize, &str)]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to, _) in edges {
        next[*from].push(*to);
    }
    const NONE: usize = usize::MAX;
    let (mut order, mut low, mut component) =
        (vec![NONE; count], vec![0; count], vec![NONE; count]);
    let (mut stack, mut visited, mut found) = (Vec::new(), 0, 0);
    for start in 0..count {
        let mut work = vec![(start, 0)];
        while let Some((node, step)) = work.pop() {
            if step == 0 {
                if order[node] != NONE {
                    continue;
                }
                (order[node], low[node]) = (visited, visited);
                visited += 1;
                stack.push(node);
            } else {
                let child = next[node][step - 1];
                if component[child] == NONE {
                    low[node] = low[node].min(low[child]);
                }
            }
            match next[node].get(step) {
                Some(child) => {
                    work.push((node, step + 1));
                    work.push((*child, 0));
                }
                None if low[node] == order[node] => {
                    while let Some(member) = stack.pop() {
                        component[member] = found;
                        if member == node {
                            break;
                        }
                    }
                    found += 1;
                }
                None => {}
            }
        }
    }
    component
}
