//! What people type, made fit to keep: limits count characters, what cannot be seen and misleads goes.

/// Characters that change the direction of what follows, or show nothing. Joiners stay: scripts and emoji need them.
fn misleads(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// One line, such as a subject or a name: white space and control characters become single spaces, what misleads
/// goes, the ends are trimmed.
#[must_use]
pub fn line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !misleads(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of several lines, as it was sent, in every script and direction; only control characters go that are no
/// line ends and no tabs.
#[must_use]
pub fn paragraph(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\r' | '\t') || !c.is_control())
        .collect()
}

/// An e-mail address as two spellings of it are compared: trimmed and lower-case.
#[must_use]
pub fn normal_email(text: &str) -> String {
    line(text).to_lowercase()
}

/// A telephone number as two spellings of it are compared: its digits, with a leading `+` where there was one or
/// the international `00`.
#[must_use]
pub fn normal_phone(text: &str) -> String {
    let text = line(text);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match (text.starts_with('+'), digits.strip_prefix("00")) {
        (true, _) => format!("+{digits}"),
        (false, Some(rest)) => format!("+{rest}"),
        (false, None) => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_what_misleads_and_keeps_every_script() {
        assert_eq!(line("  a\u{202e}b\u{200b}\n c\u{0}d "), "ab c d");
        assert_eq!(line("👩\u{200d}🔧 שלום 投訴"), "👩\u{200d}🔧 שלום 投訴");
    }

    #[test]
    fn a_paragraph_keeps_its_lines_and_its_marks() {
        assert_eq!(
            paragraph("a\r\nb\u{7}\td\u{200f}e\n"),
            "a\r\nb\td\u{200f}e\n"
        );
    }

    #[test]
    fn one_address_in_two_spellings_is_one() {
        assert_eq!(normal_email(" Tai.Man@Example.COM "), "tai.man@example.com");
        assert_eq!(
            normal_phone("00852 2345-6789"),
            normal_phone("+852 2345 6789")
        );
        assert_eq!(normal_phone("(02) 2345 6789"), "0223456789");
    }
}
