//! Markup of a questionnaire, read into a few harmless elements: nothing of it can run, load or look like ours.

/// A piece of text, or an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Markup {
    /// Text, to be shown as it is.
    Text(String),
    /// An element with what is in it.
    Element {
        /// What it is.
        tag: Tag,
        /// Where a link leads: `http`, `https`, `mailto` or `tel`; empty for all else.
        address: String,
        /// What is in it.
        inside: Vec<Markup>,
    },
}

/// The elements that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `p`, `div`
    Paragraph,
    /// `br`
    Break,
    /// `hr`
    Rule,
    /// `b`, `strong`
    Strong,
    /// `i`, `em`
    Emphasis,
    /// `u`
    Underline,
    /// `h1` to `h6`
    Heading,
    /// `ul`
    List,
    /// `ol`
    Numbered,
    /// `li`
    Item,
    /// `a`
    Link,
}

/// Elements that mean nothing to a reader: they go with all that is in them.
const DROPPED: [&str; 16] = [
    "script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "math",
    "textarea", "title", "xmp", "select", "audio", "video", "head",
];

/// How deep elements may stand in each other; what is deeper is text alone.
const MAX_DEPTH: usize = 24;

/// Reads markup. Elements that are not among [`Tag`] are left out and what is in them stays; scripts and the like go
/// whole, and so do all attributes but the address of a link.
pub fn markup(html: &str) -> Vec<Markup> {
    let mut open: Vec<(Tag, String, Vec<Markup>)> = Vec::new();
    let mut top = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        let inside = open.last_mut().map_or(&mut top, |(_, _, inside)| inside);
        if !text.is_empty() {
            add_text(inside, text);
        }
        rest = after;
        if rest.is_empty() {
            break;
        }
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let inner = &rest[1..];
        let closing = inner.starts_with('/');
        let name_at = usize::from(closing);
        let named = inner[name_at..].starts_with(|c: char| c.is_ascii_alphabetic());
        if !named && !inner.starts_with(['!', '?', '/']) {
            add_text(inside, "<");
            rest = inner;
            continue;
        }
        let (whole, after) = tag_end(inner);
        rest = after;
        let name_end = whole[name_at..].find(|c: char| !c.is_ascii_alphanumeric());
        let name =
            whole[name_at..name_end.map_or(whole.len(), |end| name_at + end)].to_ascii_lowercase();
        if DROPPED.contains(&name.as_str()) {
            if !closing {
                rest = after_closing(rest, &name);
            }
            continue;
        }
        let Some(tag) = tag(&name) else {
            continue;
        };
        if closing {
            close(&mut open, &mut top, tag);
        } else if matches!(tag, Tag::Break | Tag::Rule) {
            inside.push(Markup::Element {
                tag,
                address: String::new(),
                inside: Vec::new(),
            });
        } else if open.len() < MAX_DEPTH {
            // An item ends where the next one begins.
            if tag == Tag::Item && open.last().is_some_and(|(outer, _, _)| *outer == Tag::Item) {
                close(&mut open, &mut top, Tag::Item);
            }
            let address = if tag == Tag::Link {
                address(whole)
            } else {
                String::new()
            };
            open.push((tag, address, Vec::new()));
        }
    }
    while let Some((tag, _, _)) = open.last() {
        let tag = *tag;
        close(&mut open, &mut top, tag);
    }
    top
}

/// Closes the innermost open element of a tag, and all in it; nothing when none is open.
fn close(open: &mut Vec<(Tag, String, Vec<Markup>)>, top: &mut Vec<Markup>, tag: Tag) {
    let Some(at) = open.iter().rposition(|(other, _, _)| *other == tag) else {
        return;
    };
    while open.len() > at {
        if let Some((tag, address, inside)) = open.pop() {
            let outer = open.last_mut().map_or(&mut *top, |(_, _, inside)| inside);
            outer.push(Markup::Element {
                tag,
                address,
                inside,
            });
        }
    }
}

fn tag(name: &str) -> Option<Tag> {
    Some(match name {
        "p" | "div" => Tag::Paragraph,
        "br" => Tag::Break,
        "hr" => Tag::Rule,
        "b" | "strong" => Tag::Strong,
        "i" | "em" => Tag::Emphasis,
        "u" => Tag::Underline,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Tag::Heading,
        "ul" => Tag::List,
        "ol" => Tag::Numbered,
        "li" => Tag::Item,
        "a" => Tag::Link,
        _ => return None,
    })
}

/// Splits behind the end of a tag; a `>` in quotes does not end it.
fn tag_end(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '>' => return (&text[..at], &text[at + 1..]),
            None => {}
        }
    }
    (text, "")
}

/// What stands behind the closing tag of an element that is dropped.
fn after_closing<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        let same = rest
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name));
        if same && !rest[name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return tag_end(rest).1;
        }
    }
    ""
}

/// The address of a link, when it is of a kind that only leads somewhere.
fn address(tag: &str) -> String {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower[from..].find("href").map(|at| at + from) {
        from = at + 4;
        let alone = tag[..at]
            .ends_with(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'' || c == '/');
        let Some(value) = tag[from..]
            .trim_start()
            .strip_prefix('=')
            .map(str::trim_start)
        else {
            continue;
        };
        if !alone {
            continue;
        }
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_ascii_whitespace()).next(),
        };
        let address = decoded(value.unwrap_or_default());
        let address: String = address.trim().chars().filter(|c| !c.is_control()).collect();
        let kind = address
            .split_once(':')
            .map(|(kind, _)| kind.to_ascii_lowercase())
            .unwrap_or_default();
        let leads = matches!(kind.as_str(), "http" | "https" | "mailto" | "tel");
        return if leads { address } else { String::new() };
    }
    String::new()
}

fn add_text(inside: &mut Vec<Markup>, text: &str) {
    let text = decoded(text);
    match inside.last_mut() {
        Some(Markup::Text(before)) => before.push_str(&text),
        _ => inside.push(Markup::Text(text)),
    }
}

/// Text with the characters that its references stand for.
fn decoded(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        made.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest reference that means something here has ten characters.
        let end = rest
            .char_indices()
            .take(12)
            .find(|(_, c)| *c == ';')
            .map(|(end, _)| end);
        let found = end.and_then(|end| Some((reference(&rest[1..end])?, end)));
        match found {
            Some((c, end)) => {
                made.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                made.push('&');
                rest = &rest[1..];
            }
        }
    }
    made.push_str(rest);
    made
}

fn reference(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        name => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(number).filter(|c| *c != '\0')?
        }
    })
}
