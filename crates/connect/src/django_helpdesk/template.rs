//! django-helpdesk renders the comment of a follow-up as a Django template: braces in it would be carried out, vanish or
//! fail. The description of a ticket is not rendered.

/// The comment that renders to this text: no tag of Django's template language is left in it but those that write a
/// single brace.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let begins = c == '{' && rest.peek().is_some_and(|next| "{%#".contains(*next));
        // django-helpdesk itself adds a tag after each `%}`.
        let ends = c == '}' && before == '%';
        if begins || ends {
            literal.push_str(&format!("{{{{\"{c}\"}}}}"));
        } else {
            literal.push(c);
        }
        before = c;
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_is_left() {
        for (text, expected) in [
            ("a {b} }} c", "a {b} }} c"),
            ("{{ queue.title }}", r#"{{"{"}}{ queue.title }}"#),
            ("{# x #}", r#"{{"{"}}# x #}"#),
            ("{% x %}", r#"{{"{"}}% x %{{"}"}}"#),
            ("100 %}", r#"100 %{{"}"}}"#),
            ("{{{a", r#"{{"{"}}{{"{"}}{a"#),
        ] {
            assert_eq!(literal(text), expected, "{text}");
        }
    }
}
