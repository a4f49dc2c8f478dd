//! The patterns of validators: the regular expressions of JavaScript, in time that grows with the text alone.
//!
//! All that is asked is whether there is a match and not which. So every way through a pattern is followed at once, one
//! unit (sixteen bits, as JavaScript counts) after the other. Whether something can be read ahead of a place, or behind
//! it, is found out for all places beforehand; ahead from the end of the text on. What refers back to a group would
//! need the one match, and cannot be read.

use crate::ecma::lower;

/// How many steps a pattern may have, its repetitions written out.
const MAX_STEPS: usize = 10_000;

/// How deep groups may nest.
const MAX_NESTING: usize = 100;

/// A regular expression made ready.
pub(crate) struct Pattern {
    steps: Vec<Step>,
    /// Where to begin; for what looks ahead or behind as well, innermost first.
    begin: usize,
    looks: Vec<Look>,
    ignores_case: bool,
}

struct Look {
    begin: usize,
    ahead: bool,
}

enum Step {
    /// There is a match.
    Match,
    /// One unit out of a set.
    Unit(Set, usize),
    /// Two ways.
    Either(usize, usize),
    /// Only at certain places.
    If(Place, usize),
}

#[derive(Clone, Copy)]
enum Place {
    Start,
    End,
    /// Where a word begins or ends, or where not.
    Edge(bool),
    /// Where what looks ahead or behind finds something, or where not.
    Look(usize, bool),
}

/// Ranges of units, or all but those.
#[derive(Clone, Default)]
struct Set {
    ranges: Vec<(u16, u16)>,
    negated: bool,
}

/// What is read before it is made ready.
enum Node {
    Unit(Set),
    Place(Place),
    Look {
        inner: Box<Node>,
        ahead: bool,
        wanted: bool,
    },
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat(Box<Node>, usize, Option<usize>),
}

const DIGITS: &[(u16, u16)] = &[(0x30, 0x39)];
const WORD: &[(u16, u16)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];
const BLANK: &[(u16, u16)] = &[
    (0x09, 0x0d),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
    (0xfeff, 0xfeff),
];
const LINE_ENDS: &[(u16, u16)] = &[(0x0a, 0x0a), (0x0d, 0x0d), (0x2028, 0x2029)];

impl Pattern {
    /// Reads a pattern; none when it cannot be read.
    pub(crate) fn read(text: &str, ignores_case: bool) -> Option<Self> {
        let mut reader = Reader {
            units: text.encode_utf16().collect(),
            at: 0,
            ignores_case,
            nesting: 0,
        };
        let node = reader.choice()?;
        if reader.at < reader.units.len() {
            return None;
        }
        let mut pattern = Self {
            steps: vec![Step::Match],
            begin: 0,
            looks: Vec::new(),
            ignores_case,
        };
        pattern.begin = pattern.add(&node, 0, false, &mut (4 * MAX_STEPS))?;
        Some(pattern)
    }

    /// Whether it matches anywhere in a text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut found = Vec::with_capacity(self.looks.len());
        for look in &self.looks {
            found.push(self.follow(look.begin, look.ahead, &units, &found));
        }
        self.follow(self.begin, false, &units, &found)
            .contains(&true)
    }

    /// Adds the steps of a node before others; where they begin. Backwards they go through the text from its end.
    fn add(
        &mut self,
        node: &Node,
        next: usize,
        backwards: bool,
        budget: &mut usize,
    ) -> Option<usize> {
        *budget = budget.checked_sub(1)?;
        match node {
            Node::Unit(set) => self.step(Step::Unit(set.clone(), next)),
            Node::Place(place) => self.step(Step::If(*place, next)),
            Node::Look {
                inner,
                ahead,
                wanted,
            } => {
                let begin = self.add(inner, 0, *ahead, budget)?;
                self.looks.push(Look {
                    begin,
                    ahead: *ahead,
                });
                let place = Place::Look(self.looks.len() - 1, *wanted);
                self.step(Step::If(place, next))
            }
            Node::Sequence(nodes) => {
                let mut next = next;
                for at in 0..nodes.len() {
                    let at = if backwards { at } else { nodes.len() - 1 - at };
                    next = self.add(&nodes[at], next, backwards, budget)?;
                }
                Some(next)
            }
            Node::Choice(nodes) => {
                let mut begin = None;
                for node in nodes {
                    let way = self.add(node, next, backwards, budget)?;
                    begin = Some(match begin {
                        Some(other) => self.step(Step::Either(other, way))?,
                        None => way,
                    });
                }
                begin
            }
            Node::Repeat(node, least, most) => {
                let mut begin = next;
                match most {
                    Some(most) => {
                        for _ in *least..*most {
                            let way = self.add(node, begin, backwards, budget)?;
                            begin = self.step(Step::Either(way, next))?;
                        }
                    }
                    None => {
                        begin = self.step(Step::Either(next, next))?;
                        let way = self.add(node, begin, backwards, budget)?;
                        self.steps[begin] = Step::Either(way, next);
                    }
                }
                for _ in 0..*least {
                    begin = self.add(node, begin, backwards, budget)?;
                }
                Some(begin)
            }
        }
    }

    fn step(&mut self, step: Step) -> Option<usize> {
        self.steps.push(step);
        (self.steps.len() <= MAX_STEPS).then_some(self.steps.len() - 1)
    }

    /// At which places a match that began anywhere ends; backwards, at which it begins.
    fn follow(
        &self,
        begin: usize,
        backwards: bool,
        units: &[u16],
        found: &[Vec<bool>],
    ) -> Vec<bool> {
        let mut matches = vec![false; units.len() + 1];
        // At which place each step was last seen, counted from 1.
        let mut seen = vec![0; self.steps.len()];
        let mut waiting: Vec<usize> = Vec::new();
        for passed in 0..=units.len() {
            let place = if backwards {
                units.len() - passed
            } else {
                passed
            };
            let mut left = std::mem::take(&mut waiting);
            left.push(begin);
            while let Some(at) = left.pop() {
                if std::mem::replace(&mut seen[at], passed + 1) == passed + 1 {
                    continue;
                }
                match &self.steps[at] {
                    Step::Match => matches[place] = true,
                    Step::Either(one, other) => left.extend([*other, *one]),
                    Step::If(condition, next) => {
                        if holds(*condition, place, units, found) {
                            left.push(*next);
                        }
                    }
                    Step::Unit(set, next) => {
                        let unit = if backwards {
                            place.checked_sub(1).map(|before| units[before])
                        } else {
                            units.get(place).copied()
                        };
                        if unit.is_some_and(|unit| set.takes(unit, self.ignores_case)) {
                            waiting.push(*next);
                        }
                    }
                }
            }
        }
        matches
    }
}

fn holds(condition: Place, place: usize, units: &[u16], found: &[Vec<bool>]) -> bool {
    let word = |unit: Option<&u16>| unit.is_some_and(|unit| within(WORD, *unit));
    match condition {
        Place::Start => place == 0,
        Place::End => place == units.len(),
        Place::Edge(wanted) => {
            let before = place.checked_sub(1).and_then(|before| units.get(before));
            (word(before) != word(units.get(place))) == wanted
        }
        Place::Look(look, wanted) => found[look][place] == wanted,
    }
}

fn within(ranges: &[(u16, u16)], unit: u16) -> bool {
    ranges
        .iter()
        .any(|(from, to)| (*from..=*to).contains(&unit))
}

/// The unit as a small letter.
fn small(unit: u16) -> u16 {
    let letter = char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER);
    let mut units = [0; 2];
    let mut bytes = [0; 4];
    match lower(letter.encode_utf8(&mut bytes)).chars().next() {
        Some(small) if small.len_utf16() == 1 => small.encode_utf16(&mut units)[0],
        _ => unit,
    }
}

impl Set {
    fn of(ranges: &[(u16, u16)], negated: bool) -> Self {
        Self {
            ranges: ranges.to_vec(),
            negated,
        }
    }

    fn takes(&self, unit: u16, ignores_case: bool) -> bool {
        let mut there = within(&self.ranges, unit);
        if ignores_case && !there {
            let large = u8::try_from(unit).map_or(unit, |byte| byte.to_ascii_uppercase().into());
            there = within(&self.ranges, small(unit)) || within(&self.ranges, large);
        }
        there != self.negated
    }

    fn add(&mut self, from: u16, to: u16, ignores_case: bool) {
        self.ranges.push((from, to));
        if ignores_case && from == to {
            let small = small(from);
            self.ranges.push((small, small));
        }
    }

    fn add_all(&mut self, other: &Self) {
        if !other.negated {
            self.ranges.extend(&other.ranges);
            return;
        }
        // What lies between ranges, which are in order.
        let mut from = 0;
        for (start, end) in &other.ranges {
            if *start > from {
                self.ranges.push((from, start - 1));
            }
            from = end.saturating_add(1);
        }
        self.ranges.push((from, u16::MAX));
    }
}

struct Reader {
    units: Vec<u16>,
    at: usize,
    ignores_case: bool,
    nesting: usize,
}

impl Reader {
    fn peek(&self) -> Option<u8> {
        let unit = self.units.get(self.at)?;
        // What is beyond ASCII means itself.
        Some(u8::try_from(*unit).unwrap_or(u8::MAX))
    }

    fn take(&mut self, text: &str) -> bool {
        let here = self.units[self.at..].iter().copied().take(text.len());
        let there = here.eq(text.encode_utf16());
        self.at += if there { text.len() } else { 0 };
        there
    }

    fn next(&mut self) -> Option<u16> {
        let unit = self.units.get(self.at).copied()?;
        self.at += 1;
        Some(unit)
    }

    fn choice(&mut self) -> Option<Node> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return None;
        }
        let mut ways = vec![self.sequence()?];
        while self.take("|") {
            ways.push(self.sequence()?);
        }
        self.nesting -= 1;
        Some(Node::Choice(ways))
    }

    fn sequence(&mut self) -> Option<Node> {
        let mut nodes = Vec::new();
        while !matches!(self.peek(), None | Some(b'|' | b')')) {
            let node = self.atom()?;
            // A place is not repeated, nor what looks behind it.
            nodes.push(match node {
                Node::Place(_) | Node::Look { ahead: false, .. } => node,
                node => self.repeated(node)?,
            });
        }
        Some(Node::Sequence(nodes))
    }

    fn repeated(&mut self, node: Node) -> Option<Node> {
        let (least, most) = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => match self.counts() {
                Some(counts) => counts,
                None => return Some(node),
            },
            _ => return Some(node),
        };
        self.at += 1;
        // As few as possible, or as many: that is the same match or none.
        self.take("?");
        if most.is_some_and(|most| most < least) {
            return None;
        }
        Some(Node::Repeat(Box::new(node), least, most))
    }

    /// `{2}`, `{2,}` or `{2,5}`, up to its last sign; where it is none of these, the bracket means itself.
    fn counts(&mut self) -> Option<(usize, Option<usize>)> {
        let before = self.at;
        self.at += 1;
        let least = self.count();
        let most = if self.take(",") { self.count() } else { least };
        let open = most.is_none() && self.units[self.at - 1] == u16::from(b',');
        match (least, self.peek()) {
            (Some(least), Some(b'}')) if open || most.is_some() => Some((least, most)),
            _ => {
                self.at = before;
                None
            }
        }
    }

    fn count(&mut self) -> Option<usize> {
        let mut count = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let more = count.unwrap_or(0usize) * 10 + usize::from(digit - b'0');
            count = Some(more.min(MAX_STEPS));
            self.at += 1;
        }
        count
    }

    fn atom(&mut self) -> Option<Node> {
        match self.peek()? {
            b'(' => self.group(),
            b'[' => self.class().map(Node::Unit),
            b'*' | b'+' | b'?' => None,
            b'{' if self.counts().is_some() => None,
            b'\\' => {
                self.at += 1;
                match self.peek()? {
                    edge @ (b'b' | b'B') => {
                        self.at += 1;
                        Some(Node::Place(Place::Edge(edge == b'b')))
                    }
                    b'1'..=b'9' | b'k' => None,
                    _ => self.escaped().map(Node::Unit),
                }
            }
            sign => {
                let unit = self.next()?;
                Some(match sign {
                    b'^' => Node::Place(Place::Start),
                    b'$' => Node::Place(Place::End),
                    b'.' => Node::Unit(Set::of(LINE_ENDS, true)),
                    _ => Node::Unit(self.only(unit)),
                })
            }
        }
    }

    fn only(&self, unit: u16) -> Set {
        let mut set = Set::default();
        set.add(unit, unit, self.ignores_case);
        set
    }

    fn group(&mut self) -> Option<Node> {
        let looks = [
            ("(?=", true, true),
            ("(?!", true, false),
            ("(?<=", false, true),
            ("(?<!", false, false),
        ];
        let look = looks.into_iter().find(|(sign, ..)| self.take(sign));
        if look.is_none() && !self.take("(?:") {
            self.at += 1;
            if self.take("?<") {
                while self.next()? != u16::from(b'>') {}
            }
        }
        let inner = self.choice()?;
        if !self.take(")") {
            return None;
        }
        Some(match look {
            Some((_, ahead, wanted)) => Node::Look {
                inner: Box::new(inner),
                ahead,
                wanted,
            },
            None => inner,
        })
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Option<Set> {
        let unit = self.next()?;
        let sign = u8::try_from(unit).unwrap_or(u8::MAX);
        let ranges = match sign.to_ascii_lowercase() {
            b'd' => DIGITS,
            b'w' => WORD,
            b's' => BLANK,
            _ => {
                let unit = self.escaped_unit(unit, sign);
                return Some(self.only(unit));
            }
        };
        Some(Set::of(ranges, sign.is_ascii_uppercase()))
    }

    fn escaped_unit(&mut self, unit: u16, sign: u8) -> u16 {
        match sign {
            b't' => 0x09,
            b'n' => 0x0a,
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'r' => 0x0d,
            b'0' => 0,
            b'c' => match self.peek() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    self.at += 1;
                    u16::from(letter % 32)
                }
                // The backslash means itself then.
                _ => {
                    self.at -= 1;
                    u16::from(b'\\')
                }
            },
            b'x' => self.hex(2).unwrap_or(unit),
            b'u' => self.hex(4).unwrap_or(unit),
            _ => unit,
        }
    }

    fn hex(&mut self, digits: usize) -> Option<u16> {
        let written = self.units.get(self.at..self.at + digits)?;
        let unit = written.iter().try_fold(0, |unit, digit| {
            let digit = char::from(u8::try_from(*digit).ok()?).to_digit(16)?;
            Some(unit * 16 + digit as u16)
        })?;
        self.at += digits;
        Some(unit)
    }

    /// `[a-z]`
    fn class(&mut self) -> Option<Set> {
        self.at += 1;
        let mut set = Set {
            negated: self.take("^"),
            ..Set::default()
        };
        while !self.take("]") {
            let from = self.member()?;
            let ranges = self.peek() == Some(b'-')
                && self
                    .units
                    .get(self.at + 1)
                    .is_some_and(|unit| *unit != u16::from(b']'));
            let (true, Ok(start)) = (ranges, &from) else {
                self.put(&mut set, from);
                continue;
            };
            let start = *start;
            self.at += 1;
            match self.member()? {
                Ok(end) if start > end => return None,
                Ok(end) => set.add(start, end, self.ignores_case),
                others => {
                    for member in [Ok(start), Ok(u16::from(b'-')), others] {
                        self.put(&mut set, member);
                    }
                }
            }
        }
        Some(set)
    }

    fn put(&self, set: &mut Set, member: Result<u16, Set>) {
        match member {
            Ok(unit) => set.add(unit, unit, self.ignores_case),
            Err(others) => set.add_all(&others),
        }
    }

    /// One unit, or a set such as `\d`.
    fn member(&mut self) -> Option<Result<u16, Set>> {
        let unit = self.next()?;
        if unit != u16::from(b'\\') {
            return Some(Ok(unit));
        }
        if self.take("b") {
            return Some(Ok(0x08));
        }
        let before = self.at;
        let set = self.escaped()?;
        let sign = self.units[before];
        let is_set = u8::try_from(sign).is_ok_and(|sign| b"dDwWsS".contains(&sign));
        Some(match set.ranges.first() {
            Some((unit, _)) if !is_set => Ok(*unit),
            _ => Err(set),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    /// What a pattern finds: `+` for each text in which there is a match, `-` for each other; none when it cannot be
    /// read.
    fn found(pattern: &str, texts: &[&str]) -> Option<String> {
        let pattern = Pattern::read(
            pattern.strip_prefix("(i)").unwrap_or(pattern),
            pattern.starts_with("(i)"),
        )?;
        let sign = |text: &&str| if pattern.is_match(text) { '+' } else { '-' };
        Some(texts.iter().map(sign).collect())
    }

    #[test]
    fn patterns_match_as_in_a_browser() {
        for (pattern, texts, wanted) in [
            (
                "^\\d{4}-\\d{2}$",
                &["2026-01", "2026-1", "x2026-01", "２０２６-01"][..],
                "+---",
            ),
            ("b", &["abc", "ABC", ""], "+--"),
            ("(i)É[x-z]", &["éY", "ÉZ", "éa"], "++-"),
            ("^(?:a|bc)+$", &["abca", "abcb", ""], "+--"),
            (
                "^(?=.*\\d)(?=.*[A-Z]).{4,}$",
                &["Ab1!", "ab1!", "A1", "xxxx9Z"],
                "+--+",
            ),
            (
                "^(?!.*(?:admin|root))\\w+$",
                &["someone", "the_root", "administrator"],
                "+--",
            ),
            ("(?<=€)\\d+(?!\\.)", &["€12", "$12", "€1.2"], "+--"),
            ("^(?:(?=a)\\w|\\d)*$", &["a1a", "ab", ""], "+-+"),
            ("^.$", &["x", "😀", "\n", "é"], "+--+"),
            ("^[^a-c\\s]+$", &["xyz", "xbz", "x z", ""], "+---"),
            ("^[\\w-]+$", &["a-b", "a b"], "+-"),
            ("^[^]$", &["\n", ""], "+-"),
            ("^[]$", &["", "x"], "--"),
            ("\\bcat\\b", &["a cat.", "concat"], "+-"),
            ("^x{2,3}?$", &["x", "xx", "xxx", "xxxx"], "-++-"),
            ("^x{,2}{$", &["x{,2}{", "xx"], "+-"),
            ("^\\x41\\u0042\\cJ\\-$", &["AB\n-", "AB"], "+-"),
            ("", &["", "x"], "++"),
        ] {
            assert_eq!(found(pattern, texts).as_deref(), Some(wanted), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_or_refers_back_is_not_read() {
        let (deep, long) = ("(".repeat(100_000), "(?:a{1000}){1000}");
        for pattern in [
            "(",
            ")",
            "[a",
            "a**",
            "^*",
            "+a",
            "x{3,2}",
            "[z-a]",
            "\\",
            "(a)\\1",
            "(?<n>a)\\k<n>",
            "(?<=a)+",
            &deep,
            long,
        ] {
            assert_eq!(found(pattern, &[""]), None, "{pattern:.20}");
        }
    }

    #[test]
    fn patterns_that_explode_elsewhere_end() {
        let text = "a".repeat(50_000) + "!";
        for pattern in ["^(a+)+$", "^(a|aa)*$", "(?=(a*)*b)", "(?:a?){50}b$"] {
            assert_eq!(found(pattern, &[&text]).as_deref(), Some("-"), "{pattern}");
        }
    }
}
