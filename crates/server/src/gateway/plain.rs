//! What a desk says, as plain text: the server keeps no HTML that somebody else wrote.

use crate::text;
use portico_contract::timeline::{Body, TextFormat};

/// Elements whose text is nobody's words.
const SILENT: &[&str] = &["script", "style", "head", "title", "template"];
/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

/// The text of a message.
#[must_use]
pub fn plain(body: &Body) -> String {
    let words = match body.format {
        TextFormat::Html => of_html(&body.value),
        TextFormat::Text | TextFormat::Unknown => body.value.clone(),
    };
    text::paragraph(&words)
}

/// The text of HTML: blocks on lines of their own, white space as a browser shows it.
fn of_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut silent: Option<&str> = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        if silent.is_none() {
            push(&mut out, &rest[..at]);
        }
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some(end) = rest.find('>') else {
            rest = "";
            break;
        };
        let tag = rest[1..end].trim_start();
        rest = &rest[end + 1..];
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match silent {
            Some(element) => {
                if closing && name == element {
                    silent = None;
                }
            }
            None if closing => {}
            None => silent = SILENT.iter().find(|s| **s == name).copied(),
        }
        if silent.is_none() && BLOCKS.contains(&name.as_str()) {
            let trimmed = out.trim_end_matches(' ').len();
            out.truncate(trimmed);
            if !out.is_empty() && (name == "br" || !out.ends_with('\n')) {
                out.push('\n');
            }
            if name == "li" && !closing {
                out.push_str("- ");
            }
        }
    }
    if silent.is_none() {
        push(&mut out, rest);
    }
    out.trim().to_owned()
}

/// Adds text between tags: entities read, runs of white space as one space.
fn push(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next == '&'
            && let Some((read, after)) = entity(rest)
        {
            out.push(read);
            rest = after;
            continue;
        }
        rest = &rest[next.len_utf8()..];
        if !next.is_ascii_whitespace() {
            out.push(next);
        } else if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

/// The character that an entity at the beginning stands for, and what comes after it.
fn entity(text: &str) -> Option<(char, &str)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let (name, after) = (&text[1..end], &text[end + 1..]);
    let read = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let code = hexadecimal.map_or_else(
                || number.parse().ok(),
                |digits| u32::from_str_radix(digits, 16).ok(),
            )?;
            char::from_u32(code).filter(|read| !read.is_control() || *read == '\n')?
        }
    };
    Some((read, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_its_text() {
        for (html, text) in [
            (
                "a &amp; b &lt;c&gt; &#x4e2d;&#25991; &nbsp;d",
                "a & b <c> 中文  d",
            ),
            ("<p>One</p>\n<p>Two<br>Three</p>", "One\nTwo\nThree"),
            ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
            (
                "x<script>alert('<p>1</p>')</script>y<style>p{}</style>z",
                "xyz",
            ),
            ("a<!-- <b> -->b", "ab"),
            ("1 < 2 &unknown; &#0; &", "1"),
            ("<img src=x onerror=alert(1)>seen", "seen"),
            ("a  \n b<script>never ends", "a b"),
        ] {
            assert_eq!(of_html(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_no_entity_stays() {
        assert_eq!(
            of_html("&unknown; &#0; & &中文;"),
            "&unknown; &#0; & &中文;"
        );
    }
}
