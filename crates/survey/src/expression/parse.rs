//! Reading an expression: ordered choices, taken as they come, each at most once.

use super::{
    Expression, Function, Name, ParseError, Problem,
    tree::{Call, Filter, Link, Node, Operator, RANKS},
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
        names: Vec::new(),
    };
    let root = parser.expression();
    parser.names.shrink_to_fit();
    let end = parser.at;
    let problem = match root {
        _ if parser.too_deep => Problem::TooDeep,
        Some(Node::Nothing) => Problem::Nothing,
        Some(root) if end == patched.len() => {
            return Ok(Expression {
                root,
                names: parser.names,
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
            let mut windows = text.as_bytes()[from..].windows(other.len());
            windows.position(|window| window == other.as_bytes())
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
    names: Vec<Name>,
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

    /// Goes back to where something could not be read.
    fn back(&mut self, to: usize) {
        self.farthest = self.farthest.max(self.at);
        self.at = to;
    }

    /// A whole expression with the blanks around it.
    fn expression(&mut self) -> Option<Node> {
        self.blanks();
        let node = self.ranked(0)?;
        self.blanks();
        Some(node)
    }

    /// Operands with operators of at least this rank between them.
    fn ranked(&mut self, lowest: u8) -> Option<Node> {
        let mut left = self.factor()?;
        // The chain that begins with `left`, while it may grow, and its rank.
        let (mut links, mut open) = (Vec::new(), RANKS);
        let closed = |left: Node, links: Vec<Link>| match links.is_empty() {
            true => left,
            false => Node::Chain(links.into()),
        };
        loop {
            let before = self.at;
            self.blanks();
            let Some(operator) = self.operator(lowest) else {
                self.back(before);
                return Some(closed(left, links));
            };
            self.blanks();
            let rank = operator.rank();
            let right = if rank == RANKS - 1 {
                // The right side of contains and its kin may be left out.
                let after = self.at;
                self.factor().unwrap_or_else(|| {
                    self.back(after);
                    Node::Nothing
                })
            } else {
                match self.ranked(rank + 1) {
                    Some(right) => right,
                    None => {
                        self.back(before);
                        return Some(closed(left, links));
                    }
                }
            };
            let link = |operator, operand| Link { operator, operand };
            let next = link(Some(operator), right);
            if open == rank {
                links.push(next);
            } else {
                let first = closed(std::mem::replace(&mut left, Node::Nothing), links);
                links = vec![link(None, first), next];
            }
            open = rank;
        }
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
    fn factor(&mut self) -> Option<Node> {
        if self.nesting >= MAX_NESTING || self.too_deep {
            self.too_deep = true;
            return None;
        }
        self.nesting += 1;
        let before = self.at;
        let node = self.operand();
        if node.is_none() {
            self.back(before);
        }
        self.nesting -= 1;
        node
    }

    fn operand(&mut self) -> Option<Node> {
        match self.byte()? {
            b'(' => {
                self.at += 1;
                let inner = self.expression()?;
                self.sign(b')');
                Some(inner)
            }
            b'[' => {
                self.at += 1;
                let items = self.sequence();
                self.sign(b']').then(|| Node::list(items))
            }
            b'!' => {
                self.at += 1;
                self.negated()
            }
            b'{' => {
                let node = self.name()?;
                Some(self.emptiness(node))
            }
            quote @ (b'\'' | b'"') => {
                let text = self.quoted(quote)?;
                Some(self.emptiness(Node::Constant(Value::Text(text))))
            }
            b'-' | b'0'..=b'9' => {
                let number = self.number()?;
                Some(self.emptiness(Node::Constant(Value::Number(number))))
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.worded(),
            _ => None,
        }
    }

    fn negated(&mut self) -> Option<Node> {
        self.blanks();
        Some(Node::Not(Box::new(self.factor()?)))
    }

    /// What begins with a letter: a call, a negation, a constant or a word that is text.
    fn worded(&mut self) -> Option<Node> {
        let before = self.at;
        let rest = &self.text[before..];
        let long = rest
            .bytes()
            .position(|b| !(b.is_ascii_alphanumeric() || b == b'_'));
        let word = &rest[..long.unwrap_or(rest.len())];
        if rest[word.len()..].starts_with('(') {
            self.at += word.len() + 1;
            return Some(self.call(word.to_owned()));
        }
        if self.at_word("negate") {
            self.at += "negate".len();
            if let Some(node) = self.negated() {
                return Some(node);
            }
            self.back(before);
        }
        let node = if rest.starts_with("undefined") {
            self.at += "undefined".len();
            Node::Nothing
        } else if rest.starts_with("null") {
            self.at += "null".len();
            Node::Nothing
        } else if let Some(yes) = self.word(&[("true", true), ("false", false)]) {
            Node::Constant(Value::Bool(yes))
        } else {
            self.at += word.len();
            Node::Word(Box::new(Value::Text(word.to_owned())))
        };
        Some(self.emptiness(node))
    }

    /// `empty` or `notempty` after an operand.
    fn emptiness(&mut self, operand: Node) -> Node {
        let before = self.at;
        self.blanks();
        match self.word(&[("empty", false), ("notempty", true)]) {
            Some(not) => Node::Empty {
                operand: Box::new(operand),
                not,
            },
            None => {
                self.at = before;
                operand
            }
        }
    }

    fn name(&mut self) -> Option<Node> {
        let rest = &self.text[self.at + 1..];
        let end = rest.find(['{', '}'])?;
        let text = &rest[..end];
        if text.is_empty() || rest.as_bytes()[end] == b'{' {
            return None;
        }
        let index = self.names.len();
        self.at += end + 2;
        self.names.push(Name::new(text).at(index));
        Some(Node::Name(index))
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
    fn sequence(&mut self) -> Vec<Node> {
        let before = self.at;
        let names = self.names.len();
        let mut items = Vec::new();
        match self.expression() {
            Some(first) => items.push(first),
            None => self.back(before),
        }
        let missing = matches!(items.first(), None | Some(Node::Nothing));
        loop {
            let before = self.at;
            self.blanks();
            if !self.sign(b',') {
                self.at = before;
                break;
            }
            match self.expression() {
                Some(item) => items.push(item),
                None => {
                    self.back(before);
                    break;
                }
            }
        }
        if missing {
            items.clear();
            self.names.truncate(names);
        }
        items.shrink_to_fit();
        items
    }

    fn call(&mut self, name: String) -> Node {
        let function = Function::named(&name);
        let first_name = self.names.len();
        let arguments = self.sequence();
        self.sign(b')');
        let mut filter = None;
        if function.is_some_and(Function::reads_rows) {
            filter = row_filter(&arguments, self.nesting);
            // Names in the condition are those of a row.
            let outer: usize = arguments.iter().take(2).map(count_names).sum();
            for name in self.names.iter_mut().skip(first_name + outer) {
                name.of_row = true;
            }
        }
        Node::Call(Box::new(Call {
            function,
            name,
            arguments,
            filter,
        }))
    }
}

fn count_names(node: &Node) -> usize {
    let mut count = 0;
    node.visit(&mut |node| count += usize::from(matches!(node, Node::Name(_))));
    count
}

/// The condition that the fourth argument is as text, or the third: text with an operator or a name in it.
fn row_filter(arguments: &[Node], nesting: usize) -> Option<Box<Filter>> {
    let text = |at: usize| arguments.get(at)?.constant_text();
    let condition = |text: &&str| text.contains(['{', '=', '<', '>', '!']);
    let text = text(3)
        .filter(condition)
        .or_else(|| text(2).filter(condition))?;
    // Each is read as often as it is deep, so few may nest.
    let condition = parse_inside(text, nesting + MAX_NESTING / 4);
    Some(Box::new(
        condition.map_or(Filter::NotUnderstood, Filter::Condition),
    ))
}
