//! Reading an expression: ordered choices, taken as they come, each at most once.

use super::{
    Expression, Function, Name, ParseError, Problem,
    name::Place,
    tree::{Filter, Kind, Node, Operands, Operator, RANKS},
};
use crate::value::{Value, number_of};
use std::borrow::Cow;

/// How deep brackets, calls and negations may nest. Beyond it no stack is at risk, even in a browser.
const MAX_NESTING: usize = 200;

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Expression, ParseError> {
    parse_inside(text, 0)
}

/// Reads a text that stands so deep inside another.
fn parse_inside(text: &str, nesting: usize) -> Result<Expression, ParseError> {
    let patched = patch(text);
    let mut parser = Parser {
        text: &patched,
        at: 0,
        farthest: 0,
        nesting,
        too_deep: false,
        nodes: Vec::with_capacity(16),
    };
    let read = parser.expression();
    let end = parser.at;
    let problem = match read {
        _ if parser.too_deep => Problem::TooDeep,
        Some(()) if parser.is_nothing(0) => Problem::Nothing,
        Some(()) if end == patched.len() => {
            return Ok(Expression {
                nodes: parser.nodes.into(),
                text: patched.into(),
            });
        }
        None if patched.trim_ascii().is_empty() => Problem::Nothing,
        _ => Problem::NotUnderstood,
    };
    let at = parser.farthest.max(end);
    Err(ParseError { at, problem })
}

/// Other spellings of operators, replaced wherever they stand, also inside quotes. The length stays.
fn patch(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for (other, ours) in [
        ("=>", ">="),
        ("=<", "<="),
        ("<>", "!="),
        ("equals", "equal "),
    ] {
        let mut from = 0;
        let find = |text: &str, from: usize| {
            let other = other.as_bytes();
            let mut windows = text.as_bytes()[from..].windows(other.len());
            // Most is told by the first byte.
            windows.position(|window| window.first() == other.first() && window == other)
        };
        while let Some(at) = find(&text, from) {
            from += at + other.len();
            text.to_mut().replace_range(from - other.len()..from, ours);
        }
    }
    text
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// The last position that could not be read on from.
    farthest: usize,
    nesting: usize,
    too_deep: bool,
    nodes: Vec<Node>,
}

impl Parser<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
    }

    /// Takes a sign.
    fn sign(&mut self, sign: u8) -> bool {
        let there = self.byte() == Some(sign);
        self.at += usize::from(there);
        there
    }

    /// Whether a word stands here, in any case, whatever follows.
    fn at_word(&self, word: &str) -> bool {
        let here = self.text.as_bytes().get(self.at..self.at + word.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Takes the first of these words, with what it means.
    fn word<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        let (word, meaning) = words.iter().find(|(word, _)| self.at_word(word))?;
        self.at += word.len();
        Some(*meaning)
    }

    /// Adds what has nothing within.
    fn leaf(&mut self, kind: Kind) {
        self.nodes.push(Node::of(kind, 0));
    }

    /// Puts an operation before what it is done with: all nodes from here on.
    fn wrap(&mut self, from: usize, kind: Kind) {
        let within = self.nodes.len() - from;
        self.nodes.insert(from, Node::of(kind, within));
    }

    /// Whether what begins at this node is nothing.
    fn is_nothing(&self, at: usize) -> bool {
        let node = self.nodes.get(at);
        node.is_none_or(|node| matches!(node.kind, Kind::Nothing))
    }

    /// Goes back to where something could not be read.
    fn back(&mut self, to: usize) {
        self.farthest = self.farthest.max(self.at);
        self.at = to;
    }

    /// A whole expression with the blanks around it.
    fn expression(&mut self) -> Option<()> {
        self.blanks();
        self.ranked(0)?;
        self.blanks();
        Some(())
    }

    /// Operands with operators of at least this rank between them.
    fn ranked(&mut self, lowest: u8) -> Option<()> {
        let from = self.nodes.len();
        self.factor()?;
        // The rank of the chain that begins here, while it may grow.
        let mut open: Option<u8> = None;
        loop {
            let before = self.at;
            self.blanks();
            let Some(operator) = self.operator(lowest) else {
                break self.back(before);
            };
            self.blanks();
            let rank = operator.rank();
            if open.take_if(|open| *open != rank).is_some() {
                self.wrap(from, Kind::Chain);
            }
            let right = self.nodes.len();
            if rank == RANKS - 1 {
                // The right side of contains and its kin may be left out.
                let after = self.at;
                if self.factor().is_none() {
                    self.back(after);
                    self.leaf(Kind::Nothing);
                }
            } else if self.ranked(rank + 1).is_none() {
                break self.back(before);
            }
            if let Some(right) = self.nodes.get_mut(right) {
                right.operator = Some(operator);
            }
            open = Some(rank);
        }
        if open.is_some() {
            self.wrap(from, Kind::Chain);
        }
        Some(())
    }

    /// Takes an operator of at least this rank.
    fn operator(&mut self, lowest: u8) -> Option<Operator> {
        use Operator::*;
        let before = self.at;
        let words: &[(&str, Operator)] = match self.byte()?.to_ascii_lowercase() {
            b'<' => &[("<=", LessOrEqual), ("<", Less)],
            b'>' => &[(">=", GreaterOrEqual), (">", Greater)],
            b'=' => &[("==", Equal), ("=", Equal)],
            b'!' => &[("!=", NotEqual)],
            b'|' => &[("||", Or)],
            b'&' => &[("&&", And)],
            b'+' => &[("+", Plus)],
            b'-' => &[("-", Minus)],
            b'*' => &[("*=", Contains), ("*", Times)],
            b'/' => &[("/", Divide)],
            b'%' => &[("%", Remainder)],
            b'^' => &[("^", Power)],
            b'a' => &[("and", And), ("anyof", AnyOf), ("allof", AllOf)],
            b'o' => &[("or", Or)],
            b'l' => &[("lessorequal", LessOrEqual), ("less", Less)],
            b'g' => &[("greaterorequal", GreaterOrEqual), ("greater", Greater)],
            b'e' => &[("equal", Equal)],
            b'n' => &[
                ("notequal", NotEqual),
                ("notcontains", NotContains),
                ("notcontain", NotContains),
                ("noneof", NoneOf),
            ],
            b'c' => &[("contains", Contains), ("contain", Contains)],
            b'p' => &[("power", Power)],
            _ => return None,
        };
        let operator = self.word(words)?;
        if operator.rank() < lowest {
            self.at = before;
            return None;
        }
        Some(operator)
    }

    /// One operand.
    fn factor(&mut self) -> Option<()> {
        if self.nesting >= MAX_NESTING || self.too_deep {
            self.too_deep = true;
            return None;
        }
        self.nesting += 1;
        let (before, from) = (self.at, self.nodes.len());
        let read = self.operand();
        if read.is_none() {
            self.back(before);
            self.nodes.truncate(from);
        }
        self.nesting -= 1;
        read
    }

    fn operand(&mut self) -> Option<()> {
        let from = self.nodes.len();
        match self.byte()? {
            b'(' => {
                self.at += 1;
                self.expression()?;
                self.sign(b')');
                return Some(());
            }
            b'[' => {
                self.at += 1;
                self.sequence();
                self.list(from);
                return self.sign(b']').then_some(());
            }
            b'!' => {
                self.at += 1;
                return self.negated();
            }
            b'{' => self.name()?,
            quote @ (b'\'' | b'"') => {
                let text = Value::Text(self.quoted(quote)?);
                self.leaf(Kind::Constant(Box::new(text)));
            }
            b'-' | b'0'..=b'9' => {
                let number = self.number()?;
                self.leaf(Kind::Number(number));
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.worded(),
            _ => return None,
        }
        self.emptiness(from);
        Some(())
    }

    /// A list of all nodes from here on.
    fn list(&mut self, from: usize) {
        let items = || Operands::of(&self.nodes[from..]);
        let values = items().map(|item| item.constant().map(Cow::into_owned));
        let value = values
            .collect::<Option<_>>()
            .map(|values| Box::new(Value::List(values)));
        // Words are written otherwise than the text that they are.
        match value {
            Some(value)
                if items().all(|item| !matches!(item.node.kind, Kind::Word(_) | Kind::List(_))) =>
            {
                self.nodes.truncate(from);
                self.leaf(Kind::Constant(value));
            }
            value => self.wrap(from, Kind::List(value)),
        }
    }

    fn negated(&mut self) -> Option<()> {
        let from = self.nodes.len();
        self.blanks();
        self.factor()?;
        self.wrap(from, Kind::Not);
        Some(())
    }

    /// What begins with a letter: a call, a negation, a constant or a word that is text.
    fn worded(&mut self) -> Option<()> {
        let (before, from) = (self.at, self.nodes.len());
        let rest = &self.text[before..];
        let long = rest
            .bytes()
            .position(|b| !(b.is_ascii_alphanumeric() || b == b'_'));
        let word = &rest[..long.unwrap_or(rest.len())];
        if rest[word.len()..].starts_with('(') {
            self.at += word.len() + 1;
            self.call(word);
            return Some(());
        }
        if self.at_word("negate") {
            self.at += "negate".len();
            if self.negated().is_some() {
                return Some(());
            }
            self.back(before);
        }
        if rest.starts_with("undefined") {
            self.at += "undefined".len();
            self.leaf(Kind::Nothing);
        } else if rest.starts_with("null") {
            self.at += "null".len();
            self.leaf(Kind::Nothing);
        } else if let Some(yes) = self.word(&[("true", true), ("false", false)]) {
            self.leaf(Kind::Bool(yes));
        } else {
            self.at += word.len();
            self.leaf(Kind::Word(Box::new(word.into())));
        }
        self.emptiness(from);
        Some(())
    }

    /// `empty` or `notempty` after an operand, which begins with this node.
    fn emptiness(&mut self, from: usize) {
        let before = self.at;
        self.blanks();
        match self.word(&[("empty", false), ("notempty", true)]) {
            Some(not) => self.wrap(from, Kind::Empty(not)),
            None => self.at = before,
        }
    }

    fn name(&mut self) -> Option<()> {
        let rest = &self.text[self.at + 1..];
        let end = rest.find(['{', '}'])?;
        let text = &rest[..end];
        if text.is_empty() || rest.as_bytes()[end] == b'{' {
            return None;
        }
        let (from, start) = (self.nodes.len(), self.at + 1);
        let name = Name::new(text);
        if let Some(value) = name.literal() {
            self.leaf(Kind::Constant(Box::new(value)));
        }
        self.wrap(from, Kind::Name(Place::of(name, start + end)));
        self.at = start + end + 1;
        Some(())
    }

    fn quoted(&mut self, quote: u8) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let stop = rest.find(['\'', '"', '\\'])?;
            text.push_str(&rest[..stop]);
            self.at += stop;
            let bytes = &rest.as_bytes()[stop..];
            match bytes {
                [b'\\', escaped @ (b'\'' | b'"'), ..] => {
                    text.push(char::from(*escaped));
                    self.at += 2;
                }
                [b'\\', ..] => {
                    text.push('\\');
                    self.at += 1;
                }
                [found, ..] if *found == quote => {
                    self.at += 1;
                    return Some(text);
                }
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<f64> {
        let rest = &self.text[self.at..];
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        if let Some(hex) = rest.strip_prefix("0x") {
            let long = digits(hex);
            if long > 0 {
                self.at += 2 + long;
                let digits = hex[..long].bytes();
                return Some(digits.fold(0.0, |sum, digit| sum * 16.0 + f64::from(digit - b'0')));
            }
        }
        let minus = usize::from(rest.starts_with('-'));
        let whole = digits(&rest[minus..]);
        let after = &rest[minus + whole..];
        let fraction = after.strip_prefix('.').map_or(0, digits);
        let long = match (whole, fraction) {
            (0, _) => return None,
            (whole, 1..) => whole + 1 + fraction,
            // No zero leads, so what follows one is not understood.
            _ if rest[minus..].starts_with('0') => 1,
            (whole, 0) => whole,
        };
        self.at += minus + long;
        Some(number_of(&rest[..minus + long]))
    }

    /// What stands in the brackets of a list or call. When the first is missing, or nothing, the others do not count.
    fn sequence(&mut self) {
        let (before, from) = (self.at, self.nodes.len());
        if self.expression().is_none() {
            self.back(before);
        }
        let missing = self.is_nothing(from);
        loop {
            let before = self.at;
            self.blanks();
            if !self.sign(b',') {
                self.at = before;
                break;
            }
            if self.expression().is_none() {
                self.back(before);
                break;
            }
        }
        if missing {
            self.nodes.truncate(from);
        }
    }

    fn call(&mut self, name: &str) {
        let from = self.nodes.len();
        self.sequence();
        self.sign(b')');
        let kind = match Function::named(name) {
            None => Kind::Unknown(Box::new(name.into())),
            Some(function) if function.reads_rows() => {
                let arguments = Operands::of(&self.nodes[from..]);
                let filter = row_filter(&arguments, self.nesting);
                // Names in the condition are those of a row.
                let condition = self.nodes.len() - arguments.after(2).row().len();
                for node in &mut self.nodes[condition..] {
                    if let Kind::Name(place) = &mut node.kind {
                        place.marks.of_row = true;
                    }
                }
                match filter {
                    Some(filter) => Kind::Filtered(Box::new((function, filter))),
                    None => Kind::Call(function),
                }
            }
            Some(function) => Kind::Call(function),
        };
        self.wrap(from, kind);
    }
}

/// The condition that the fourth argument is as text, or the third: text with an operator or a name in it.
fn row_filter(arguments: &Operands<'_>, nesting: usize) -> Option<Filter> {
    let mut rest = arguments.after(2);
    let mut text = || {
        let text = rest.next()?.constant_text()?;
        text.contains(['{', '=', '<', '>', '!']).then_some(text)
    };
    let (third, fourth) = (text(), text());
    // Each is read as often as it is deep, so few may nest.
    let condition = parse_inside(fourth.or(third)?, nesting + MAX_NESTING / 4);
    Some(condition.map_or(Filter::NotUnderstood, Filter::Condition))
}
