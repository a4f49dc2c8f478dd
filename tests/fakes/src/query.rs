//! The search languages of desks, as far as a connector needs them: words and `field: value` (`=` and `~` as well),
//! joined by AND, by OR and by nothing (AND). Because OR is read, a value that breaks out of its quotes widens the
//! search here as it does in the real systems. Parentheses are passed over, NOT and ranges are not known.

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Is,
}

fn tokens(query: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut chars = query.chars();
    let end = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                end(&mut word, &mut tokens);
                let mut text = String::new();
                while let Some(inner) = chars.next().filter(|inner| *inner != c) {
                    let escaped = if inner == '\\' { chars.next() } else { None };
                    text.push(escaped.unwrap_or(inner));
                }
                tokens.push(Token::Quoted(text));
            }
            ':' | '=' | '~' => {
                end(&mut word, &mut tokens);
                tokens.push(Token::Is);
            }
            c if c.is_whitespace() || c == '(' || c == ')' => end(&mut word, &mut tokens),
            c => word.push(c),
        }
    }
    end(&mut word, &mut tokens);
    tokens
}

/// Whether something matches; `holds` is asked for each field (none for a mere word) and value.
pub(crate) fn matches(query: &str, holds: impl Fn(Option<&str>, &str) -> bool) -> bool {
    let tokens = tokens(query);
    let mut all = true;
    let mut rest = tokens.as_slice();
    loop {
        rest = match rest {
            [] => return all,
            [Token::Word(order), ..] if order.eq_ignore_ascii_case("order") => return all,
            [Token::Word(or), tail @ ..] if or.eq_ignore_ascii_case("or") => {
                if all {
                    return true;
                }
                all = true;
                tail
            }
            [Token::Word(and), tail @ ..] if and.eq_ignore_ascii_case("and") => tail,
            [
                Token::Word(field) | Token::Quoted(field),
                Token::Is,
                Token::Word(value) | Token::Quoted(value),
                tail @ ..,
            ] => {
                all &= holds(Some(field), value);
                tail
            }
            [Token::Word(word) | Token::Quoted(word), tail @ ..] => {
                all &= holds(None, word);
                tail
            }
            [Token::Is, tail @ ..] => tail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn terms_are_joined() {
        let holds = |field: Option<&str>, value: &str| match field {
            Some("key") => value == "a b",
            Some(_) => false,
            None => value == "word",
        };
        for (query, expected) in [
            ("word", true),
            ("word other", false),
            ("key:\"a b\" AND word", true),
            ("key = 'a b' ORDER BY updated DESC", true),
            ("key:\"x\" OR word", true),
            ("key:\"x\\\" OR word\"", false),
            ("key:x", false),
        ] {
            assert_eq!(matches(query, holds), expected, "{query}");
        }
    }
}
