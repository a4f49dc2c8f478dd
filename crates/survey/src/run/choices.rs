//! Choices, steps of scales, rows and columns as they are shown now.

use super::{Id, Kind, SHOWN, Survey, rules::item_values};
use crate::{
    Value,
    definition::{Class, Node},
};
use std::sync::Arc;

/// The most steps that a scale may have.
const MAX_STEPS: usize = 20;

/// One choice as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The value that is kept.
    pub value: Value,
    /// The words for it in the language shown, answers filled in.
    pub text: String,
    /// Whether it can be chosen.
    pub enabled: bool,
    /// What it stands for.
    pub role: Role,
    /// The picture of an image choice, as the definition names it.
    pub image: Option<String>,
}

/// What a choice stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of the choices of the definition.
    Own,
    /// All of them at once; it has no value.
    All,
    /// None of them.
    None,
    /// The customer does not want to say.
    Refuse,
    /// The customer does not know.
    DontKnow,
    /// Something else, in words.
    Other,
}

impl Survey {
    /// The object that lists the choices of a question: itself, or its matrix for a cell without choices.
    pub(super) fn choices_node(&self, id: Id) -> &Arc<Node> {
        let node = self.node(id);
        if !node.nodes("choices").is_empty() {
            return node;
        }
        let matrix = self
            .entry_of(id)
            .and_then(|entry| self.element(entry).parent);
        match matrix {
            Some(matrix)
                if matches!(
                    self.class(matrix),
                    Class::MatrixDropdown | Class::MatrixDynamic
                ) =>
            {
                self.node(matrix)
            }
            _ => node,
        }
    }

    /// Whether a question is answered with choices.
    pub(super) fn chooses(&self, id: Id) -> bool {
        matches!(
            self.class(id),
            Class::RadioGroup
                | Class::Dropdown
                | Class::Checkbox
                | Class::TagBox
                | Class::Ranking
                | Class::ImagePicker
                | Class::ButtonGroup
        )
    }

    /// The choices of a question that are visible now, in order.
    pub fn choices(&self, id: Id) -> Vec<Choice> {
        let class = self.class(id);
        if class == Class::Rating {
            return self.steps(id);
        }
        if !self.chooses(id) {
            return Vec::new();
        }
        let node = self.node(id);
        let mut choices = match self.carried(id) {
            Some(choices) => choices,
            None => self.own_choices(id),
        };
        if choices.is_empty() && class == Class::Dropdown && node.number("choicesMax").is_some() {
            choices = self.counted(node);
        }
        let conditions = &self.element(id).choices;
        let mut shown: Vec<Choice> = Vec::with_capacity(choices.len());
        for (index, mut choice) in choices.into_iter().enumerate() {
            let condition = conditions.get(index).copied().unwrap_or(SHOWN);
            if condition.visible {
                choice.enabled &= condition.enabled;
                shown.push(choice);
            }
        }
        let most = node.number("maxSelectedChoices").filter(|most| *most > 0.0);
        let chosen = self.answer(id).and_then(Value::as_list).unwrap_or_default();
        let full = most.is_some_and(|most| chosen.len() as f64 >= most);
        if full {
            for choice in &mut shown {
                choice.enabled &= chosen.contains(&choice.value);
            }
        }
        if matches!(class, Class::Ranking | Class::ImagePicker) {
            return shown;
        }
        let special = [
            ("showNoneItem", "noneText", "none", Role::None),
            ("showRefuseItem", "refuseText", "refused", Role::Refuse),
            (
                "showDontKnowItem",
                "dontKnowText",
                "dontknow",
                Role::DontKnow,
            ),
            ("showOtherItem", "otherText", "other", Role::Other),
        ];
        let count = shown.iter().filter(|choice| choice.enabled).count();
        for (flag, text, value, role) in special {
            if node.flag(flag, false) {
                let mut choice = self.special(node, text, value.into(), role);
                let other = role == Role::Other && full;
                choice.enabled = !other || chosen.contains(&choice.value);
                shown.push(choice);
            }
        }
        if matches!(class, Class::Checkbox | Class::TagBox) && node.flag("showSelectAllItem", false)
        {
            let mut all = self.special(node, "selectAllText", "".into(), Role::All);
            all.enabled = count > 0 && most.is_none_or(|most| most >= count as f64);
            shown.insert(0, all);
        }
        shown
    }

    fn special(&self, node: &Node, text: &str, value: Value, role: Role) -> Choice {
        let own = self.words(node.text(text));
        let text = if own.is_empty() {
            self.built_in_words(role).to_owned()
        } else {
            own.to_owned()
        };
        Choice {
            value,
            text,
            enabled: true,
            role,
            image: None,
        }
    }

    fn own_choices(&self, id: Id) -> Vec<Choice> {
        let nodes = self.choices_node(id).nodes("choices").iter();
        nodes.map(|node| self.choice(id, node)).collect()
    }

    fn choice(&self, id: Id, node: &Node) -> Choice {
        let value = node.value("value").cloned().unwrap_or_default();
        let image = self.words(node.text("imageLink"));
        Choice {
            text: self.item_text(id, node, &value),
            enabled: true,
            role: Role::Own,
            image: (!image.is_empty()).then(|| image.to_owned()),
            value,
        }
    }

    /// The words for a choice or row: its text, or its value.
    fn item_text(&self, id: Id, node: &Node, value: &Value) -> String {
        match self.words(node.text("text")) {
            "" => value.to_text().into_owned(),
            text => self.filled(text, Some(id)),
        }
    }

    /// The words for a row of a matrix.
    pub(super) fn row_title(&self, id: Id, value: &Value) -> String {
        let mut rows = self.node(id).nodes("rows").iter();
        let node = rows.find(|row| row.value("value") == Some(value));
        node.map_or_else(
            || value.to_text().into_owned(),
            |node| self.item_text(id, node, value),
        )
    }

    fn counted(&self, node: &Node) -> Vec<Choice> {
        let (min, max) = (
            node.number("choicesMin").unwrap_or(0.0),
            node.number("choicesMax").unwrap_or(0.0),
        );
        let step = node.number("choicesStep").unwrap_or(1.0);
        let step = if step > 0.0 { step } else { 1.0 };
        let count = ((max - min) / step).floor();
        let count = if (0.0..10_000.0).contains(&count) {
            count as usize + 1
        } else {
            0
        };
        let value = |index: usize| Value::Number(min + step * index as f64);
        (0..count).map(|index| plain(value(index))).collect()
    }

    /// The steps of a scale.
    fn steps(&self, id: Id) -> Vec<Choice> {
        let node = self.node(id);
        let values = node.nodes("rateValues");
        if !values.is_empty()
            && !node.word("autoGenerate").eq("true")
            && !node.flag("autoGenerate", false)
        {
            return values.iter().map(|node| self.choice(id, node)).collect();
        }
        let step = node
            .number("rateStep")
            .filter(|step| *step > 0.0)
            .unwrap_or(1.0);
        let (min, max, count) = (
            node.number("rateMin"),
            node.number("rateMax"),
            node.number("rateCount"),
        );
        let span = |count: f64| step * (count - 1.0);
        let (min, max) = match (min, max, count) {
            (Some(min), None, Some(count)) => (min, min + span(count)),
            (None, Some(max), Some(count)) => (max - span(count), max),
            (min, max, _) => (min.unwrap_or(1.0), max.unwrap_or(5.0)),
        };
        let mut steps = Vec::new();
        let mut value = min;
        // There are ten faces.
        let most = match node.word("rateType") {
            "smileys" => 10,
            _ => MAX_STEPS,
        };
        while steps.len() < most && value <= max {
            steps.push(plain(Value::Number(rounded(value, step))));
            value += step;
        }
        if steps.is_empty() {
            steps.push(plain(Value::Number(max)));
        }
        steps
    }

    /// The choices that come from another question, if they do.
    pub(super) fn carried(&self, id: Id) -> Option<Vec<Choice>> {
        let node = self.node(id);
        let name = node.word("choicesFromQuestion");
        if name.is_empty() {
            return None;
        }
        let source = self.sibling(id, name)?;
        if source == id {
            return None;
        }
        if matches!(
            self.class(source),
            Class::MatrixDynamic | Class::PanelDynamic | Class::MatrixDropdown
        ) {
            return Some(self.carried_rows(node, source));
        }
        // A chain of questions that take choices from each other ends where it began.
        if self.carries_in_a_circle(id) {
            return Some(Vec::new());
        }
        let takes = self.node(source);
        let chooses = self.class(source) != Class::Rating
            && (!takes.nodes("choices").is_empty()
                || !takes.word("choicesFromQuestion").is_empty());
        if !chooses {
            return None;
        }
        let all = self.choices(source);
        let answer = self.answer(source);
        // A ranking that nobody has touched holds everything in its first order.
        let untouched = self.class(source) == Class::Ranking
            && !self.node(source).flag("selectToRankEnabled", false);
        let chosen = |value: &Value| match answer {
            None => untouched,
            Some(Value::List(items)) => items.contains(value),
            Some(answer) => answer == value,
        };
        let mode = node.word("choicesFromQuestionMode");
        let mut carried = Vec::new();
        for mut choice in all {
            let is_chosen = chosen(&choice.value);
            let wanted = match (mode, choice.role) {
                ("selected", Role::Other) => {
                    let comment = self.comment(source);
                    choice.text = comment.to_owned();
                    is_chosen && !comment.is_empty()
                }
                ("selected", role) => is_chosen && role == Role::Own,
                ("unselected", role) => !is_chosen && role == Role::Own,
                (_, role) => role == Role::Own,
            };
            if wanted {
                choice.role = Role::Own;
                choice.enabled = true;
                carried.push(choice);
            }
        }
        Some(carried)
    }

    fn carries_in_a_circle(&self, id: Id) -> bool {
        let mut at = id;
        for _ in 0..50 {
            let name = self.node(at).word("choicesFromQuestion");
            match self.sibling(at, name) {
                Some(next) if next == id => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        true
    }

    /// A question of a name: beside another in its entry, or outside of all entries.
    pub(super) fn sibling(&self, id: Id, name: &str) -> Option<Id> {
        if let Some(entry) = self.entry_of(id) {
            let mut questions = Vec::new();
            self.questions_in(entry, &mut questions);
            if let Some(found) = questions
                .into_iter()
                .find(|other| self.spec(*other).name == name)
            {
                return Some(found);
            }
        }
        self.question(name)
    }

    fn carried_rows(&self, node: &Node, source: Id) -> Vec<Choice> {
        let (values, texts) = (
            node.word("choiceValuesFromQuestion"),
            node.word("choiceTextsFromQuestion"),
        );
        let mut choices = Vec::new();
        for entry in self.entries(source) {
            let Some(answers) = self.entry_answers(entry) else {
                continue;
            };
            let value = if values.is_empty() {
                answers.values().next()
            } else {
                answers.get(values)
            };
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                continue;
            };
            let text = answers
                .get(texts)
                .filter(|text| !text.is_empty())
                .unwrap_or(value);
            let text = text.to_text().into_owned();
            choices.push(Choice {
                value: value.clone(),
                text,
                enabled: true,
                role: Role::Own,
                image: None,
            });
        }
        choices
    }

    /// The rows of a matrix that are visible now.
    pub fn rows(&self, id: Id) -> Vec<Value> {
        match self.class(id) {
            Class::Matrix => {
                let rows = item_values(self.node(id), "rows");
                let conditions = &self.element(id).rows;
                let shown = |index: usize| conditions.get(index).copied().unwrap_or(SHOWN).visible;
                rows.into_iter()
                    .enumerate()
                    .filter(|(index, _)| shown(*index))
                    .map(|(_, row)| row)
                    .collect()
            }
            Class::MatrixDropdown | Class::MatrixDynamic => {
                let mut rows = Vec::new();
                for (index, entry) in self.element(id).children.iter().enumerate() {
                    if self.element(*entry).visible {
                        rows.push(match &self.element(*entry).kind {
                            Kind::Entry(_, Value::Null) | Kind::Of(_) => {
                                Value::Number(index as f64)
                            }
                            Kind::Entry(_, row) => row.clone(),
                        });
                    }
                }
                rows
            }
            _ => Vec::new(),
        }
    }

    /// The columns of a simple matrix that are visible now.
    pub fn columns(&self, id: Id) -> Vec<Value> {
        let columns = item_values(self.node(id), "columns");
        let conditions = &self.element(id).columns;
        let shown = |index: usize| conditions.get(index).copied().unwrap_or(SHOWN).visible;
        columns
            .into_iter()
            .enumerate()
            .filter(|(index, _)| shown(*index))
            .map(|(_, column)| column)
            .collect()
    }

    /// Whether an answer says that the words stand in the comment.
    pub(super) fn has_other(&self, id: Id, value: &Value) -> bool {
        if !self.node(id).flag("showOtherItem", false) {
            return false;
        }
        let is_other = |value: &Value| value.as_text() == Some("other");
        match value {
            Value::List(items) => items.iter().any(is_other),
            value => is_other(value),
        }
    }
}

fn plain(value: Value) -> Choice {
    let text = value.to_text().into_owned();
    Choice {
        value,
        text,
        enabled: true,
        role: Role::Own,
        image: None,
    }
}

/// A step without the dust of binary fractions.
fn rounded(value: f64, step: f64) -> f64 {
    if step.fract() == 0.0 {
        value
    } else {
        (value * 1e6).round() / 1e6
    }
}
