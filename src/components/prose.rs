//! Text that somebody wrote, shown as it was written.

use crate::browser::html;
use leptos::prelude::*;
use portico_contract::timeline::{Body, TextFormat};
use portico_view::{Child, View, effect, ui};

/// A message. Line breaks count, addresses of web pages are links. HTML is [`markup`].
pub fn prose(body: Body) -> View {
    match body.format {
        TextFormat::Html => markup(body.value),
        _ => ui! { <div class="prose" dir="auto">{linked(&body.value)}</div> },
    }
}

/// HTML, sanitised by the browser; where it cannot, only its text.
pub fn markup(html: String) -> View {
    let place = NodeRef::<leptos::html::Div>::new();
    effect(move || {
        if let Some(place) = place.get()
            && !html::set_html(&place, &html)
        {
            place.set_text_content(Some(&html::text_of(&html)));
        }
    });
    ui! { <div class="prose" dir="auto" node_ref=place></div> }
}

/// The text with its web addresses as links.
fn linked(text: &str) -> Vec<View> {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned().view(),
            Piece::Link(address) => ui! {
                <a
                    class="address"
                    href=address.to_owned()
                    target="_blank"
                    rel="noopener noreferrer nofollow"
                >
                    {address.to_owned()}
                </a>
            },
        })
        .collect()
}

#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// Finds web addresses. One whose host could mislead (it has a user name before it, or letters beyond ASCII) stays
/// text: what is a link shows where it leads.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut searched = 0;
    while let Some(at) = rest[searched..].find("http").map(|at| at + searched) {
        let length = link_length(&rest[at..]);
        if length == 0 {
            searched = at + "http".len();
            continue;
        }
        let (before, from) = rest.split_at(at);
        let (link, after) = from.split_at(length);
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(Piece::Link(link));
        rest = after;
        searched = 0;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// How many bytes at the start of the text are a web address; 0 for none.
fn link_length(text: &str) -> usize {
    let Some(scheme) = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.starts_with(scheme))
    else {
        return 0;
    };
    let end = text
        .find(|c: char| !c.is_ascii_graphic() || "<>\"`{}|\\^".contains(c))
        .unwrap_or(text.len());
    // Punctuation at the end belongs to the sentence.
    let address = text[..end].trim_end_matches(|c: char| ".,;:!?'*_)]".contains(c));
    let host = address
        .get(scheme.len()..)
        .unwrap_or_default()
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let plain = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
    // An address that stops at a letter beyond ASCII within its host is another host than it seems.
    let cut = scheme.len() + host.len() == end
        && text[end..]
            .chars()
            .next()
            .is_some_and(char::is_alphanumeric);
    if plain && host.contains(|c: char| c.is_ascii_alphanumeric()) && !cut {
        address.len()
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece::*, *};

    #[test]
    fn addresses_are_links_and_sentences_stay_whole() {
        assert_eq!(
            pieces("請看https://a.example/x?y=1。See (http://b.example)."),
            [
                Text("請看"),
                Link("https://a.example/x?y=1"),
                Text("。See ("),
                Link("http://b.example"),
                Text(")."),
            ]
        );
        assert_eq!(pieces("no http here"), [Text("no http here")]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn what_could_mislead_stays_text() {
        for text in [
            "javascript:alert(1)",
            "https://bank.example@evil.example/",
            "https://exаmple.com",
            "https://",
            "https://\u{202e}moc",
            "httphttps:/x",
        ] {
            assert!(
                !pieces(text).iter().any(|p| matches!(p, Link(_))),
                "{text}: {:?}",
                pieces(text)
            );
        }
    }
}
