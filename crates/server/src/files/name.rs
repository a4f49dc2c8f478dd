//! File names as customers send them, made harmless.

/// Characters that a kept name may have, its extension included.
const LENGTH_MAX: usize = 120;

/// What a file is called when nothing remains of its name.
const NAMELESS: &str = "file";

/// Makes a name harmless to show and to save: no path, no control characters, none that are invisible or that turn
/// the direction of the text (`gpj.exe` must not read as `exe.jpg`). What a file system refuses, the browser that
/// saves the file replaces.
pub fn clean(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last
        .chars()
        .filter(|&c| !is_misleading(c))
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let bare = visible.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if bare.is_empty() {
        return NAMELESS.to_owned();
    }
    shorten(bare)
}

/// Control characters, and those that Unicode lets format a text without being seen.
fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
}

/// Cuts the stem, never the extension.
fn shorten(name: &str) -> String {
    let count = name.chars().count();
    if count <= LENGTH_MAX {
        return name.to_owned();
    }
    let extension = extension(name).map_or(String::new(), |e| format!(".{e}"));
    let stem = LENGTH_MAX.saturating_sub(extension.chars().count());
    name.chars().take(stem).chain(extension.chars()).collect()
}

/// What stands after the last dot, in lower case; `None` for a name without one, or with one longer than any
/// extension in use.
pub fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && (1..=8).contains(&extension.chars().count()))
        .then(|| extension.to_lowercase())
}

/// `Content-Disposition` of RFC 6266: never shown inline, the name in UTF-8 and, for old clients, in ASCII.
pub fn content_disposition(name: &str) -> String {
    let ascii: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        // attr-char of RFC 8187.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misleads_is_gone() {
        for (raw, cleaned) in [
            ("照片.jpg", "照片.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\invoice.pdf", "invoice.pdf"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            ("a\u{200b}b\u{feff}.txt", "ab.txt"),
            ("line\r\nbreak\0.png", "linebreak.png"),
            ("..", "file"),
            ("", "file"),
            ("a/", "file"),
            (".htaccess", "htaccess"),
            ("quo\"te?.pdf", "quo\"te?.pdf"),
            ("a\u{3000}b.png ", "a b.png"),
        ] {
            assert_eq!(clean(raw), cleaned, "{raw:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = clean(&format!("{}.pdf", "長".repeat(400)));
        assert_eq!(name.chars().count(), LENGTH_MAX);
        assert!(name.ends_with(".pdf"));
    }

    #[test]
    fn extensions() {
        assert_eq!(extension("a.JPG").as_deref(), Some("jpg"));
        assert_eq!(extension("a.tar.gz").as_deref(), Some("gz"));
        assert_eq!(extension("README"), None);
        assert_eq!(extension("1. my letter about the invoice"), None);
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        let header = content_disposition("报告\"; x=\r\n.pdf");
        assert_eq!(
            header,
            "attachment; filename=\"___; x=__.pdf\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%22%3B%20x%3D%0D%0A.pdf"
        );
    }
}
