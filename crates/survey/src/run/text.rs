//! Texts with answers in them, and answers as people read them.

use super::{Id, Survey, choices::Role};
use crate::{
    Name, Scope, Value,
    definition::Class,
    ecma::lower,
    run::scope::Here,
    value::{filled_in, fixed, number_of, number_text},
};

/// How deep texts may stand in texts: a title names a question whose choices name others. Beyond it names stay as they
/// are; what names itself would go on for ever.
const MAX_FILLING: usize = 2;

/// How many digits JavaScript shows after the point when nobody says.
const FRACTION: usize = 3;

impl Survey {
    /// The title of a page, panel or question, or its name, answers filled in.
    pub fn title(&self, id: Id) -> String {
        let title = self.words(self.node(id).text("title"));
        if title.is_empty() {
            self.spec(id).name.clone()
        } else {
            self.filled(title, Some(id))
        }
    }

    /// A text of a question (`description`, `placeholder`), answers filled in; empty when there is none.
    pub fn text_of(&self, id: Id, property: &str) -> String {
        self.filled(self.words(self.node(id).text(property)), Some(id))
    }

    /// A text of the survey itself (`title`, `completedHtml`), answers filled in; empty when there is none.
    pub fn text(&self, property: &str) -> String {
        self.filled(self.words(self.root.text(property)), None)
    }

    /// A text with answers in the place of their names. What is filled in is text and never markup; a name that nobody
    /// knows stays as it is.
    pub(super) fn filled(&self, text: &str, at: Option<Id>) -> String {
        self.filled_by(text, at, |value| value)
    }

    /// The same for an address: what is filled in is encoded.
    pub(super) fn filled_address(&self, text: &str) -> String {
        self.filled_by(text, None, |value| encoded(&value))
    }

    /// The same for markup: what is filled in has no meaning as markup.
    pub(super) fn filled_markup(&self, text: &str, at: Option<Id>) -> String {
        self.filled_by(text, at, |value| {
            value
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
        })
    }

    fn filled_by(&self, text: &str, at: Option<Id>, made: impl Fn(String) -> String) -> String {
        let depth = self.filling.get();
        if depth == MAX_FILLING || !text.contains('{') {
            return text.to_owned();
        }
        self.filling.set(depth + 1);
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            let inner = &rest[start + 1..];
            let Some(end) = inner
                .find(['{', '}'])
                .filter(|end| inner[*end..].starts_with('}'))
            else {
                filled.push('{');
                rest = inner;
                continue;
            };
            match self.piped(inner[..end].trim(), at) {
                Some(words) => filled.push_str(&made(words)),
                None => filled.push_str(&rest[start..start + end + 2]),
            }
            rest = &inner[end + 1..];
        }
        filled.push_str(rest);
        self.filling.set(depth);
        filled
    }

    /// What stands for a name in a text; none when nobody knows the name.
    fn piped(&self, name: &str, at: Option<Id>) -> Option<String> {
        if name.is_empty() {
            return None;
        }
        let question = self.named(name, at);
        if let Some(id) = question {
            let node = self.node(id);
            let shown = if node.flag("useDisplayValuesInDynamicTexts", true) {
                self.display(id)
            } else {
                self.answer(id)
                    .map(|answer| answer.to_text().into_owned())
                    .unwrap_or_default()
            };
            if shown.trim().is_empty() {
                return Some(self.words(node.text("defaultDisplayValue")).to_owned());
            }
            return Some(shown);
        }
        let here = Here {
            survey: self,
            at,
            item: None,
        };
        if let Some(value) = here.value(Name::new(name)) {
            // A cell or an item is shown as its question shows it.
            if let Some(cell) = self.cell(name) {
                return Some(self.display(cell));
            }
            // Expressions count panels from zero, people from one.
            let counted = ["panelIndex", "visiblePanelIndex"];
            if let Value::Number(number) = *value
                && counted.iter().any(|known| name.eq_ignore_ascii_case(known))
            {
                return Some(number_text(number + 1.0));
            }
            return Some(shown(&value));
        }
        let first = super::spec::first_part(name);
        let computed = self.root.nodes("calculatedValues").iter();
        let mut computed = computed.map(|node| node.word("name"));
        let known = self
            .named
            .iter()
            .any(|id| !self.is_panel(*id) && lower(&self.spec(*id).key) == first)
            || computed.any(|known| lower(known) == first)
            || first
                .strip_suffix("-total")
                .or(first.strip_suffix("-comment"))
                .is_some_and(|q| self.question(q).is_some());
        let inner = at.is_some_and(|at| self.entry_of(at).is_some())
            && (first == "row" || first == "panel" || first == "prevpanel" || first == "prevrow");
        (known || inner).then(String::new)
    }

    /// The question that a whole name means: by its key, in any case, or inside its entry by `panel.x` and `row.x`.
    fn named(&self, name: &str, at: Option<Id>) -> Option<Id> {
        let same = |id: &Id, name: &str| self.spec(*id).key.eq_ignore_ascii_case(name);
        if let Some((first, rest)) = name.split_once('.')
            && (first.eq_ignore_ascii_case("panel") || first.eq_ignore_ascii_case("row"))
        {
            let entry = self.entry_of(at?)?;
            let mut questions = Vec::new();
            self.questions_in(entry, &mut questions);
            return questions.into_iter().find(|id| same(id, rest));
        }
        let mut questions = self.named.iter().copied();
        questions.find(|id| !self.is_panel(*id) && same(id, name))
    }

    /// The question of a cell, an entry or an item that a path means: `m.row.column`, `people[0].age`, `names.first`.
    fn cell(&self, path: &str) -> Option<Id> {
        let end = path.find(['.', '['])?;
        let question = self.named(&path[..end], None)?;
        let rest = path[end..].trim_start_matches('.');
        let entries = &self.element(question).children;
        let (entry, rest) = if let Some(rest) = rest.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            (
                *entries.get(index.trim().parse::<usize>().ok()?)?,
                rest.strip_prefix('.')?,
            )
        } else if self.class(question) == Class::MultipleText {
            (*entries.first()?, rest)
        } else {
            let (row, rest) = rest.split_once('.')?;
            let named = |entry: &&Id| matches!(&self.element(**entry).kind, super::Kind::Entry(_, value) if value.to_text() == row);
            (*entries.iter().find(named)?, rest)
        };
        let mut questions = Vec::new();
        self.questions_in(entry, &mut questions);
        questions
            .into_iter()
            .find(|id| self.spec(*id).key.eq_ignore_ascii_case(rest))
    }

    /// An answer as people read it: the words of its choices, yes and no in the words of the question.
    pub fn display(&self, id: Id) -> String {
        match self.shown_answer(id) {
            Some(answer) => self.display_as(id, answer),
            None => String::new(),
        }
    }

    fn display_as(&self, id: Id, value: &Value) -> String {
        let node = self.node(id);
        match self.class(id) {
            Class::Boolean => {
                let is = |property: &str, default: bool| {
                    node.value(property).unwrap_or(&Value::Bool(default)) == value
                };
                let (property, yes) = if is("valueTrue", true) {
                    ("labelTrue", true)
                } else if is("valueFalse", false) {
                    ("labelFalse", false)
                } else {
                    return shown(value);
                };
                match self.words(node.text(property)) {
                    "" => self.yes_or_no(yes).to_owned(),
                    label => label.to_owned(),
                }
            }
            Class::Expression => self.formatted(id, value),
            Class::Matrix => shown(value),
            _ => {
                let choices = self.choices(id);
                let word = |value: &Value| {
                    let choice = choices.iter().find(|choice| choice.value == *value);
                    match choice {
                        Some(choice)
                            if choice.role == Role::Other && !self.comment(id).is_empty() =>
                        {
                            self.comment(id).to_owned()
                        }
                        Some(choice) => choice.text.clone(),
                        None => shown(value),
                    }
                };
                match value {
                    Value::List(items) => items.iter().map(word).collect::<Vec<_>>().join(", "),
                    value => word(value),
                }
            }
        }
    }

    /// For the function `displayValue`.
    pub(super) fn display_of(&self, at: Option<Id>, name: &str, value: Option<&Value>) -> Value {
        let id = at
            .and_then(|at| self.sibling(at, name))
            .or_else(|| self.question(name))
            .or_else(|| self.named(name, at));
        let Some(id) = id else {
            return Value::Null;
        };
        let words = match value {
            Some(value) => self.display_as(id, value),
            None => self.display(id),
        };
        if words.is_empty() {
            Value::Null
        } else {
            words.into()
        }
    }

    /// A computed value, rounded as its question says.
    pub(super) fn rounded(&self, id: Id, value: Value) -> Value {
        match (self.node(id).number("precision"), value) {
            (Some(digits), Value::Number(number)) if digits >= 0.0 => {
                Value::Number(number_of(&fixed(number, digits as usize)))
            }
            (_, value) => value,
        }
    }

    /// A computed value as its question shows it.
    fn formatted(&self, id: Id, value: &Value) -> String {
        let node = self.node(id);
        let digits = |property: &str| {
            let digits = node.number(property).filter(|digits| *digits >= 0.0);
            digits.map(|digits| digits.min(20.0) as usize)
        };
        let (min, max) = (
            digits("minimumFractionDigits"),
            digits("maximumFractionDigits"),
        );
        let grouped = node.flag("useGrouping", true);
        let number = |number: f64, least: usize, most: usize| {
            let least = min.unwrap_or(max.map_or(least, |max| max.min(least)));
            let most = max.unwrap_or(most.max(least)).max(least);
            self::grouped(number, least, most, grouped)
        };
        let text = match (node.word("displayStyle"), value) {
            ("decimal", Value::Number(value)) => number(*value, 0, FRACTION),
            ("percent", Value::Number(value)) => number(value * 100.0, 0, 0) + "%",
            ("currency", Value::Number(value)) => {
                let currency = match node.word("currency") {
                    "" => "USD",
                    currency => currency,
                };
                let cents = if matches!(currency, "JPY" | "KRW" | "VND" | "CLP") {
                    0
                } else {
                    2
                };
                let amount = number(value.abs(), cents, cents);
                let sign = if *value < 0.0 { "-" } else { "" };
                sign.to_owned() + symbol(currency) + &amount
            }
            (_, value) => shown(value),
        };
        let format = self.words(node.text("format"));
        if format.is_empty() || text.is_empty() {
            text
        } else {
            filled_in(format, &text)
        }
    }

    /// Yes or no in the language shown.
    fn yes_or_no(&self, yes: bool) -> &'static str {
        let words = match self.language() {
            Language::Simplified => ["否", "是"],
            Language::Traditional => ["否", "是"],
            Language::English => ["No", "Yes"],
        };
        words[usize::from(yes)]
    }

    /// The words for a choice that every questionnaire can have, in the language shown.
    pub(super) fn built_in_words(&self, role: Role) -> &'static str {
        let words = match role {
            Role::Own => ["", "", ""],
            Role::All => ["Select All", "全选", "全選"],
            Role::None => ["None", "以上都不是", "以上皆非"],
            Role::Refuse => ["Refuse to answer", "不想回答", "不想回答"],
            Role::DontKnow => ["Don't know", "不知道", "不知道"],
            Role::Other => ["Other (describe)", "其他（请说明）", "其他（請說明）"],
        };
        words[self.language() as usize]
    }

    fn language(&self) -> Language {
        match self.locale.as_str() {
            "zh-Hant" | "zh-tw" | "zh-TW" | "zh-HK" | "zh-hk" => Language::Traditional,
            locale if locale.starts_with("zh") => Language::Simplified,
            _ => Language::English,
        }
    }
}

#[derive(Clone, Copy)]
enum Language {
    English,
    Simplified,
    Traditional,
}

/// A value as text; several are joined by commas, an object shows its members.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::List(items) => items
            .iter()
            .map(shown)
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        Value::Object(object) => object
            .values()
            .map(shown)
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        value => value.to_text().into_owned(),
    }
}

fn symbol(currency: &str) -> &str {
    match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        "CNY" => "CN¥",
        "HKD" => "HK$",
        "TWD" => "NT$",
        "AUD" => "A$",
        "CAD" => "CA$",
        "INR" => "₹",
        "KRW" => "₩",
        other => other,
    }
}

/// A number for people: between so many digits after the point, thousands apart.
fn grouped(number: f64, least: usize, most: usize, grouped: bool) -> String {
    let text = fixed(number, most);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut fraction = fraction.to_owned();
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut made = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if grouped && index > 0 && (digits.len() - index) % 3 == 0 {
            made.push(',');
        }
        made.push(digit);
    }
    if !fraction.is_empty() {
        made.push('.');
        made.push_str(&fraction);
    }
    made
}

/// Text for a part of an address, percent-encoded as JavaScript's `encodeURIComponent` does.
fn encoded(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            made.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            made.push('%');
            made.push(char::from(DIGITS[usize::from(byte >> 4)]));
            made.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    made
}
