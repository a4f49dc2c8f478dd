//! Freshdesk takes and keeps texts as HTML. What customers write is plain, and shall come back so.

/// Plain text as HTML that shows the same.
pub(super) fn of_text(text: &str) -> String {
    let escaped = text
        .replace("\r\n", "\n")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    escaped.replace("  ", "&nbsp;&nbsp;").replace('\n', "<br>")
}

/// The text of HTML: line breaks and the ends of blocks are line ends, all other marks go.
pub(super) fn to_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        push_words(&mut text, &rest[..at]);
        rest = &rest[at..];
        let (end, is_mark) = if rest.starts_with('<') {
            (rest.find('>'), true)
        } else {
            (rest.find(';').filter(|end| *end < 12), false)
        };
        let Some(end) = end else {
            // An ampersand, or a bracket, that stands for itself.
            text.push_str(&rest[..1]);
            rest = &rest[1..];
            continue;
        };
        if is_mark {
            let inside = rest[1..end].trim_end_matches('/').trim();
            let name = inside.split_whitespace().next().unwrap_or_default();
            let ends_line = ["br", "/p", "/div", "/li"];
            if ends_line
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
            {
                text.push('\n');
            }
        } else if let Some(c) = character(&rest[1..end]) {
            text.push(c);
        } else {
            text.push_str(&rest[..=end]);
        }
        rest = &rest[end + 1..];
    }
    push_words(&mut text, rest);
    text.trim().replace('\u{a0}', " ")
}

/// In HTML a line end is a space, and one after another is none.
fn push_words(text: &mut String, words: &str) {
    for c in words.chars() {
        if !c.is_ascii_whitespace() {
            text.push(c);
        } else if !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back() {
        for text in [
            "No link.\n\nWhat  now?   <b>&amp;</b> {{ x }}",
            "a < b & c; d > e",
            "one & two;three\n&nbsp;",
            "路由器 😀",
            "",
        ] {
            assert_eq!(to_text(&of_text(text)), text, "{}", of_text(text));
        }
    }

    #[test]
    fn marks_of_others_go_and_cannot_break_it() {
        assert_eq!(
            to_text("<div>a<br/>b</div>\n<p>&#20320;&#x4f60;</p>"),
            "a\nb\n你你"
        );
        for odd in ["<", "&", "a<b", "&#xffffffff;", "&;", "<>", "&é;", "<é"] {
            to_text(odd);
        }
    }
}
