//! Showing HTML that the server has sanitised: sanitised once more by the browser itself, and only there where it
//! can. No HTML string is ever parsed in another way.

use super::js::{call, get, object};
use wasm_bindgen::JsValue;
use web_sys::Element;

/// Puts HTML into an element by the browser's sanitiser; false where there is none, and nothing was done.
pub fn set_html(element: &Element, html: &str) -> bool {
    if !get(element, "setHTML").is_function() {
        return false;
    }
    let words = |list: &[&str]| -> JsValue {
        list.iter()
            .map(|w| JsValue::from_str(w))
            .collect::<js_sys::Array>()
            .into()
    };
    // What a reply may hold; everything else is left out, its text stays.
    let sanitizer = object(&[
        (
            "elements",
            words(&[
                "p",
                "br",
                "a",
                "b",
                "strong",
                "i",
                "em",
                "u",
                "s",
                "ul",
                "ol",
                "li",
                "blockquote",
                "pre",
                "code",
                "h1",
                "h2",
                "h3",
                "h4",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "hr",
                "div",
                "span",
            ]),
        ),
        (
            "attributes",
            words(&["href", "lang", "dir", "colspan", "rowspan"]),
        ),
    ]);
    let options = object(&[("sanitizer", sanitizer)]);
    if call(element, "setHTML", &[JsValue::from_str(html), options]).is_err() {
        return false;
    }
    close_links(element);
    true
}

/// Links lead only to the web, to mail and to telephones, and give nothing of ours away.
fn close_links(element: &Element) {
    let Ok(links) = element.query_selector_all("a[href]") else {
        return;
    };
    for link in (0..links.length()).filter_map(|i| links.item(i)) {
        let protocol = super::js::get_text(&link, "protocol").unwrap_or_default();
        if matches!(protocol.as_str(), "http:" | "https:" | "mailto:" | "tel:") {
            let _ = call(
                &link,
                "setAttribute",
                &[
                    JsValue::from_str("rel"),
                    JsValue::from_str("noopener noreferrer nofollow"),
                ],
            );
            let _ = call(
                &link,
                "setAttribute",
                &[JsValue::from_str("target"), JsValue::from_str("_blank")],
            );
        } else {
            let _ = call(&link, "removeAttribute", &[JsValue::from_str("href")]);
        }
    }
}

/// The text of an HTML string, for where it cannot be shown: tags left out, breaks kept, the commonest entities read.
pub fn text_of(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        // Attributes may follow.
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/', '\n'])
            .next()
            .unwrap_or_default();
        if matches!(name, "br" | "p" | "div" | "li" | "tr" | "blockquote") && !out.is_empty() {
            let paragraph_ends = tag.starts_with('/') || name == "br";
            if paragraph_ends || !out.ends_with('\n') {
                out.push('\n');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    let mut text = String::with_capacity(out.len());
    let mut rest = out.trim();
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let known = ENTITIES.iter().find_map(|(name, character)| {
            let rest = after.strip_prefix(name)?;
            Some((*character, rest))
        });
        let (character, after) = known.unwrap_or(('&', after));
        text.push(character);
        rest = after;
    }
    text + rest
}

const ENTITIES: [(&str, char); 6] = [
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("#39;", '\''),
    ("nbsp;", '\u{a0}'),
    ("amp;", '&'),
];

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn text_of_a_reply() {
        assert_eq!(
            text_of("<p>One &amp; two</p><p>Three<br>four &lt;b&gt;</p>"),
            "One & two\nThree\nfour <b>"
        );
        assert_eq!(
            text_of(r#"<p dir="auto">One</p><p dir="auto">Two<br />three</p>"#),
            "One\nTwo\nthree"
        );
    }
}
