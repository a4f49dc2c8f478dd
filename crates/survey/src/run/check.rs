//! What is wrong with answers.

use super::{Id, Survey, spec::Validator};
use crate::{Value, definition::Class, ecma::lower, value::filled_in};

/// Something wrong with one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub wrong: Wrong,
    /// The words of whoever wrote the questionnaire, answers filled in; empty where there are none.
    pub words: String,
    /// Whether it stands in the way; a warning or a hint does not.
    pub blocks: bool,
}

/// What can be wrong with an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Wrong {
    /// It is missing.
    Required,
    /// None of a panel's questions is answered.
    RequireOneAnswer,
    /// "Other" was chosen without saying what.
    OtherEmpty,
    /// Some rows have no answer.
    RequiredInAllRows,
    /// Two rows have the same answer.
    EachRowUnique,
    /// There are fewer rows with answers than this.
    TooFewRows(f64),
    /// The same value stands in another entry.
    KeyDuplication,
    /// It is no number.
    NotNumeric,
    /// It is no whole pattern, such as a telephone number with digits missing.
    PatternIncomplete,
    /// It is below this.
    BelowMin(Value),
    /// It is above this.
    AboveMax(Value),
    /// As a number it is outside these bounds.
    OutOfRange(Option<f64>, Option<f64>),
    /// As text it is shorter or longer than this.
    Length(Option<f64>, Option<f64>),
    /// It ends in digits.
    Digits,
    /// Fewer or more are chosen than this.
    Count(Option<f64>, Option<f64>),
    /// It is no e-mail address.
    NotEmail,
    /// It does not match the pattern.
    Pattern,
    /// A condition of the questionnaire does not hold.
    Expression(String),
    /// A file is larger than so many bytes.
    FileSize(f64),
    /// There are more files than this.
    FileCount(f64),
}

impl Wrong {
    /// The name of this kind of problem, as surveys know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::RequireOneAnswer => "requireoneanswer",
            Self::OtherEmpty => "otherempty",
            Self::RequiredInAllRows => "requiredinallrowserror",
            // Written so by the format.
            Self::EachRowUnique => "eachrowuniqueeerror",
            Self::TooFewRows(_) => "minrowcounterror",
            Self::KeyDuplication => "keyduplicationerror",
            Self::NotNumeric => "requirenumeric",
            Self::PatternIncomplete => "patternincompleteerror",
            Self::FileSize(_) => "exceedsize",
            Self::FileCount(_) => "exceedfilescount",
            _ => "custom",
        }
    }

    /// What is wrong, in English.
    pub fn words(&self) -> String {
        let text = crate::value::number_text;
        match self {
            Self::Required => "Please answer this question.".to_owned(),
            Self::RequireOneAnswer => "Please answer at least one of these questions.".to_owned(),
            Self::OtherEmpty => "Please say what else.".to_owned(),
            Self::RequiredInAllRows => "Please answer in every row.".to_owned(),
            Self::EachRowUnique => "Each row needs an answer of its own.".to_owned(),
            Self::TooFewRows(rows) => format!("Please fill in at least {} rows.", text(*rows)),
            Self::KeyDuplication => "This stands here already.".to_owned(),
            Self::NotNumeric => "This must be a number.".to_owned(),
            Self::PatternIncomplete => "Something is missing at the end.".to_owned(),
            Self::BelowMin(min) => format!("This must not be less than {}.", min.to_text()),
            Self::AboveMax(max) => format!("This must not be more than {}.", max.to_text()),
            Self::OutOfRange(min, max) => between("This must be", *min, *max, ""),
            Self::Length(min, max) => between("This must have", *min, *max, " characters"),
            Self::Digits => "This must not end in digits.".to_owned(),
            Self::Count(min, max) => between("Please choose", *min, *max, ""),
            Self::NotEmail => "This is no e-mail address.".to_owned(),
            Self::Pattern => "This does not have the form that is asked for.".to_owned(),
            Self::Expression(expression) => format!("This must hold: {expression}"),
            Self::FileSize(bytes) => {
                format!("The file must not be larger than {} bytes.", text(*bytes))
            }
            Self::FileCount(count) => format!("There can be {} files at most.", text(*count)),
        }
    }
}

fn between(words: &str, min: Option<f64>, max: Option<f64>, what: &str) -> String {
    let text = crate::value::number_text;
    match (min, max) {
        (Some(min), Some(max)) => format!("{words} between {} and {}{what}.", text(min), text(max)),
        (Some(min), None) => format!("{words} at least {}{what}.", text(min)),
        (None, Some(max)) => format!("{words} at most {}{what}.", text(max)),
        (None, None) => format!("{words} something else."),
    }
}

impl Problem {
    fn new(wrong: Wrong, words: String) -> Self {
        Self {
            wrong,
            words,
            blocks: true,
        }
    }

    /// The words of the questionnaire, or English ones.
    pub fn text(&self) -> String {
        if self.words.is_empty() {
            self.wrong.words()
        } else {
            self.words.clone()
        }
    }
}

impl Survey {
    /// What was found wrong with an element when it was last checked.
    pub fn problems(&self, id: Id) -> &[Problem] {
        &self.element(id).problems
    }

    /// Everything found wrong in an element, with where it stands (`m[row].column`, the name of a panel); in order.
    pub fn problems_in(&self, id: Id) -> Vec<(String, Id)> {
        let mut found = Vec::new();
        let mut path = if self.is_entry(id) {
            String::new()
        } else {
            self.spec(id).name.clone()
        };
        self.collect(id, &mut path, false, &mut found);
        found
    }

    fn collect(&self, id: Id, path: &mut String, inner: bool, found: &mut Vec<(String, Id)>) {
        if !self.is_visible(id) && !self.is_entry(id) {
            return;
        }
        found.extend(self.problems(id).iter().map(|_| (path.clone(), id)));
        let length = path.len();
        for (index, child) in self.element(id).children.iter().enumerate() {
            let mut own = path.clone();
            if self.is_entry(*child) {
                if !self.element(*child).visible {
                    continue;
                }
                match &self.element(*child).kind {
                    super::Kind::Entry(_, Value::Null) if self.class(id) == Class::MultipleText => {
                    }
                    super::Kind::Entry(_, Value::Null) => own.push_str(&format!("[{index}]")),
                    super::Kind::Entry(_, row) => own.push_str(&format!("[{}]", row.to_text())),
                    super::Kind::Of(_) => {}
                }
                self.collect(*child, &mut own, true, found);
            } else if self.is_entry(id) || inner {
                // Panels in an entry add nothing to the way.
                let base = if self.is_entry(id) {
                    path.clone()
                } else {
                    path.rfind('.')
                        .map_or(String::new(), |dot| path[..dot].to_owned())
                };
                own = format!("{base}.{}", self.spec(*child).name);
                self.collect(*child, &mut own, true, found);
            } else {
                own = self.spec(*child).name.clone();
                self.collect(*child, &mut own, false, found);
            }
        }
        path.truncate(length);
    }

    /// Checks a page, panel, entry or question and all in it; says whether all is well.
    pub fn check(&mut self, id: Id) -> bool {
        let shown = self.is_visible(id) || self.is_entry(id);
        if shown && !self.is_panel(id) {
            self.drop_unknown(id);
            self.settle();
        }
        self.check_answer(id)
    }

    /// The same for an answer just given, which stays even if it is no choice.
    pub(super) fn check_answer(&mut self, id: Id) -> bool {
        let mut well = true;
        if !self.is_visible(id) && !self.is_entry(id) {
            self.forget_problems(id);
            return true;
        }
        let problems = self.wrong_with(id);
        well &= !problems.iter().any(|problem| problem.blocks);
        self.element_mut(id).problems = problems;
        for child in self.element(id).children.clone() {
            if self.is_entry(child) && !self.element(child).visible {
                self.forget_problems(child);
                continue;
            }
            well &= self.check(child);
        }
        well &= self.check_keys(id);
        well
    }

    /// Whether an answer would not do, or one inside of it.
    pub(super) fn is_wrong(&self, id: Id) -> bool {
        let inside = &self.element(id).children;
        self.is_visible(id)
            && (self.wrong_with(id).iter().any(|problem| problem.blocks)
                || inside.iter().any(|inside| self.is_wrong(*inside)))
    }

    fn forget_problems(&mut self, id: Id) {
        self.element_mut(id).problems.clear();
        for child in self.element(id).children.clone() {
            self.forget_problems(child);
        }
    }

    fn own_words(&self, id: Id, property: &str) -> String {
        self.text_of(id, property)
    }

    fn wrong_with(&self, id: Id) -> Vec<Problem> {
        if self.is_entry(id) {
            return Vec::new();
        }
        let required =
            |wrong: Wrong| vec![Problem::new(wrong, self.own_words(id, "requiredErrorText"))];
        if self.is_panel(id) {
            let mut questions = Vec::new();
            self.questions_in(id, &mut questions);
            let mut shown = questions
                .into_iter()
                .filter(|id| self.is_shown(*id) && self.can_be_answered(*id))
                .peekable();
            if self.is_required(id)
                && !self.is_read_only(id)
                && shown.peek().is_some()
                && shown.all(|id| self.is_unanswered(id))
            {
                return required(Wrong::RequireOneAnswer);
            }
            return Vec::new();
        }
        if self.is_read_only(id) || !self.can_be_answered(id) {
            return Vec::new();
        }
        let answer = self.shown_answer(id).cloned().unwrap_or_default();
        if self.is_required(id) && self.is_unanswered(id) && !self.has_one_order(id) {
            let mut wrong = required(Wrong::Required);
            let chooses = matches!(
                self.class(id),
                Class::Matrix | Class::Checkbox | Class::TagBox | Class::Ranking
            );
            if chooses {
                wrong.extend(self.wrong_for_kind(id, &answer));
            }
            return wrong;
        }
        let node = self.node(id);
        let mut wrong = Vec::new();
        if self.has_other(id, &answer)
            && !self.has_comment(id)
            && !node.flag("showCommentArea", false)
        {
            wrong.push(Problem::new(
                Wrong::OtherEmpty,
                self.own_words(id, "otherErrorText"),
            ));
        }
        wrong.extend(self.wrong_for_kind(id, &answer));
        if !wrong.is_empty() {
            return wrong;
        }
        let validators = &self.spec(id).validators;
        validators
            .iter()
            .filter_map(|validator| self.fails(id, validator, &answer))
            .collect()
    }

    /// Whether a question takes an answer at all. No page asks for a place on a picture, so that must not hold anybody.
    pub(super) fn can_be_answered(&self, id: Id) -> bool {
        !matches!(
            self.class(id),
            Class::Html
                | Class::Image
                | Class::ImageMap
                | Class::Expression
                | Class::Panel
                | Class::Page
        )
    }

    fn wrong_for_kind(&self, id: Id, answer: &Value) -> Vec<Problem> {
        let node = self.node(id);
        let plain = |wrong: Wrong| vec![Problem::new(wrong, String::new())];
        if let Some((wrong, property)) = self.out_of_bounds(id, answer) {
            let bound = match &wrong {
                Wrong::BelowMin(bound) | Wrong::AboveMax(bound) => bound.to_text().into_owned(),
                _ => String::new(),
            };
            let words = filled_in(&self.own_words(id, property), &bound);
            return vec![Problem::new(wrong, words)];
        }
        match self.class(id) {
            Class::Text
                if node.word("inputType") == "email"
                    && !answer.is_empty()
                    && !is_email(&answer.to_text()) =>
            {
                plain(Wrong::NotEmail)
            }
            Class::Checkbox | Class::TagBox | Class::Ranking => {
                let count = answer.as_list().unwrap_or_default().len() as f64;
                // More than the most cannot be chosen: then the others are disabled.
                match node.number("minSelectedChoices") {
                    Some(min) if count < min && !self.stands_alone(id, answer) => {
                        plain(Wrong::Count(Some(min), None))
                    }
                    _ => Vec::new(),
                }
            }
            Class::Matrix => self.wrong_rows(id, answer),
            Class::MatrixDynamic => {
                let min = self.fewest(id);
                let filled = answer
                    .as_list()
                    .unwrap_or_default()
                    .iter()
                    .filter(|row| !row.is_empty())
                    .count() as f64;
                if min > 0.0 && self.is_required(id) && filled < min {
                    plain(Wrong::TooFewRows(min))
                } else {
                    Vec::new()
                }
            }
            Class::File => {
                let files = answer.as_list().unwrap_or_default();
                let limit = |property: &str| node.number(property).filter(|limit| *limit > 0.0);
                if let Some(max) = limit("maxFiles").filter(|max| files.len() as f64 > *max) {
                    return plain(Wrong::FileCount(max));
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn wrong_rows(&self, id: Id, answer: &Value) -> Vec<Problem> {
        let node = self.node(id);
        let cells: Vec<Option<&Value>> = self
            .rows(id)
            .iter()
            .map(|row| {
                answer
                    .as_object()
                    .and_then(|rows| rows.get(&row.to_text()))
                    .filter(|cell| !cell.is_empty())
            })
            .collect();
        let mut wrong = Vec::new();
        if node.flag("eachRowRequired", false) && cells.iter().any(Option::is_none) {
            wrong.push(Problem::new(Wrong::RequiredInAllRows, String::new()));
        }
        let given: Vec<&Value> = cells.into_iter().flatten().collect();
        let twice = given
            .iter()
            .enumerate()
            .any(|(index, cell)| given[..index].contains(cell));
        if node.flag("eachRowUnique", false) && twice {
            wrong.push(Problem::new(Wrong::EachRowUnique, String::new()));
        }
        wrong
    }

    /// Whether a number or a date lies outside of its bounds, and which text of the question says so.
    pub(super) fn out_of_bounds(&self, id: Id, answer: &Value) -> Option<(Wrong, &'static str)> {
        if answer.is_empty() || self.class(id) != Class::Text {
            return None;
        }
        let node = self.node(id);
        let kind = node.word("inputType");
        let number = match kind {
            "number" | "range" => true,
            "date" | "datetime" | "datetime-local" | "month" | "week" | "time" => false,
            _ => return None,
        };
        // Dates in their usual writing are in order as text.
        let below = |a: &Value, b: &Value| {
            if number {
                a.to_number() < b.to_number()
            } else {
                a.to_text() < b.to_text()
            }
        };
        if let Some(min) = self.bound(id, false).filter(|min| below(answer, min)) {
            return Some((Wrong::BelowMin(min), "minErrorText"));
        }
        let max = self.bound(id, true).filter(|max| below(max, answer))?;
        Some((Wrong::AboveMax(max), "maxErrorText"))
    }

    fn fails(&self, id: Id, validator: &Validator, answer: &Value) -> Option<Problem> {
        let node = &validator.node;
        let wrong = self.breaks(id, validator, answer)?;
        let words = self.filled(self.words(node.text("text")), Some(id));
        let blocks = matches!(node.word("notificationType"), "" | "error");
        Some(Problem {
            wrong,
            words,
            blocks,
        })
    }

    fn breaks(&self, id: Id, validator: &Validator, answer: &Value) -> Option<Wrong> {
        let node = &validator.node;
        if node.class() == Class::ExpressionValidator {
            let condition = validator.condition.as_ref()?;
            let holds = self.holds(condition, Some(id), None);
            return (!holds).then(|| Wrong::Expression(node.word("expression").to_owned()));
        }
        let text = answer.to_text();
        // Blanks are no answer, but for an address.
        let blank = node.class() != Class::EmailValidator && text.trim().is_empty();
        if answer.is_empty() || blank {
            return None;
        }
        let limit = |property: &str| node.number(property).filter(|limit| *limit > 0.0);
        match node.class() {
            Class::NumericValidator => {
                let number = answer.to_number();
                if number.is_nan() || text.trim().is_empty() {
                    return Some(Wrong::NotNumeric);
                }
                let (min, max) = (node.number("minValue"), node.number("maxValue"));
                let out =
                    min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max);
                out.then_some(Wrong::OutOfRange(min, max))
            }
            Class::TextValidator => {
                if !node.flag("allowDigits", true) && text.ends_with(|c: char| c.is_ascii_digit()) {
                    return Some(Wrong::Digits);
                }
                // As many as JavaScript counts, sixteen bits each; a number has no length.
                let length = answer.as_text()?.encode_utf16().count() as f64;
                let (min, max) = (limit("minLength"), limit("maxLength"));
                let out =
                    min.is_some_and(|min| length < min) || max.is_some_and(|max| length > max);
                out.then_some(Wrong::Length(min, max))
            }
            Class::AnswerCountValidator => {
                let count = answer.as_list()?.len() as f64;
                let (min, max) = (limit("minCount"), limit("maxCount"));
                if min.is_some_and(|min| count < min) {
                    return Some(Wrong::Count(min, None));
                }
                max.is_some_and(|max| count > max)
                    .then_some(Wrong::Count(None, max))
            }
            Class::RegexValidator => {
                let items = match answer {
                    Value::List(items) => items.as_slice(),
                    answer => std::slice::from_ref(answer),
                };
                let pattern = validator.pattern.as_ref()?;
                items
                    .iter()
                    .any(|item| !pattern.is_match(&item.to_text()))
                    .then_some(Wrong::Pattern)
            }
            Class::EmailValidator => (!is_email(&text)).then_some(Wrong::NotEmail),
            _ => None,
        }
    }

    /// Whether what must be different in each entry is.
    fn check_keys(&mut self, id: Id) -> bool {
        let class = self.class(id);
        if self.is_entry(id)
            || !matches!(
                class,
                Class::MatrixDynamic | Class::MatrixDropdown | Class::PanelDynamic
            )
        {
            return true;
        }
        let node = self.node(id).clone();
        let key = node.word("keyName");
        let children = self.specs.all[self.spec_id(id)].children.clone();
        let mut well = true;
        for (index, child) in children.iter().enumerate() {
            let child = &self.specs.all[*child];
            if child.node.flag("isUnique", false) || (!key.is_empty() && child.name == key) {
                well &= self.check_key(id, index, class == Class::PanelDynamic);
            }
        }
        well
    }

    fn check_key(&mut self, id: Id, index: usize, panel: bool) -> bool {
        let entries = self.entries(id);
        let cells: Vec<Id> = entries
            .iter()
            .filter_map(|entry| self.element(*entry).children.get(index).copied())
            .collect();
        let mut given: Vec<(Id, Value)> = Vec::new();
        let mut double: Vec<Id> = Vec::new();
        for cell in cells {
            let Some(answer) = self
                .shown_answer(cell)
                .filter(|answer| !answer.is_empty())
                .cloned()
            else {
                continue;
            };
            let same = given.iter().find(|(_, other)| same_key(other, &answer));
            if let Some((first, _)) = same {
                if !panel && !double.contains(first) {
                    double.push(*first);
                }
                double.push(cell);
            }
            given.push((cell, answer));
        }
        let words = self.own_words(id, "keyDuplicationError");
        for cell in &double {
            self.element_mut(*cell)
                .problems
                .push(Problem::new(Wrong::KeyDuplication, words.clone()));
        }
        double.is_empty()
    }
}

/// Whether two keys are the same: as text, in any case.
fn same_key(a: &Value, b: &Value) -> bool {
    a == b || lower(a.to_text().trim()) == lower(b.to_text().trim())
}

/// Whether a text is an e-mail address: something before the last at sign, a domain of at least two parts after it.
fn is_email(text: &str) -> bool {
    let special = |c: char| {
        matches!(
            c,
            '<' | '>' | '(' | ')' | '[' | ']' | '.' | ',' | ';' | ':' | '@' | '"'
        ) || c.is_whitespace()
    };
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let local = quoted
        || local
            .split('.')
            .all(|part| !part.is_empty() && !part.contains(special));
    let other = |c: char| special(c) || c == '=';
    let mut parts = domain.split('.');
    let last = parts.next_back().unwrap_or_default();
    let mut count = 0;
    let all = parts.all(|part| {
        count += 1;
        !part.is_empty() && !part.contains(other)
    });
    local && all && count > 0 && last.chars().count() >= 2 && !last.contains(other)
}
