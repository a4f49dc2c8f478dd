//! Markup of questionnaires: what stays, and that nothing in it can run.

use portico_survey::run::{Markup, Tag, markup};

/// Written back by hand: only what [`Markup`] can hold.
fn shown(pieces: &[Markup]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Markup::Text(words) => text += &words.replace('<', "‹"),
            Markup::Element {
                tag,
                address,
                inside,
            } => {
                let at = if address.is_empty() {
                    String::new()
                } else {
                    format!(" {address}")
                };
                text += &format!("[{tag:?}{at}|{}]", shown(inside));
            }
        }
    }
    text
}

#[test]
fn what_people_write_stays() {
    let html = "<p>Thank <b>you</b> &amp; <a href=\"https://example.org/?a=1&amp;b=2\" target=_blank>read on</a><br/>x</p>";
    assert_eq!(
        shown(&markup(html)),
        "[Paragraph|Thank [Strong|you] & [Link https://example.org/?a=1&b=2|read on][Break|]x]"
    );
    assert_eq!(
        shown(&markup("<ul><li>a<li>b</ul> 1 < 2")),
        "[List|[Item|a][Item|b]] 1 ‹ 2"
    );
    assert_eq!(
        shown(&markup("<h2>T</h2><span style='color:red'>plain</span>")),
        "[Heading|T]plain"
    );
}

#[test]
fn nothing_in_it_can_run() {
    let corpus = [
        ("<script>alert(1)</script>x", "x"),
        ("<SCRIPT SRC=//e.example/x.js></SCRIPT >x", "x"),
        ("<script>if (a </b) {}</script>x", "x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<b onclick=alert(1)>x</b>", "[Strong|x]"),
        ("<a href=javascript:alert(1)>x</a>", "[Link|x]"),
        ("<a href=' java\tscript:alert(1)'>x</a>", "[Link|x]"),
        ("<a href=\"&#106;avascript:alert(1)\">x</a>", "[Link|x]"),
        ("<a href='data:text/html,<script>'>x</a>", "[Link|x]"),
        (
            "<a data-href='https://a.example' href=javascript:1>x</a>",
            "[Link|x]",
        ),
        ("<svg><script>alert(1)</script></svg>x", "x"),
        ("<iframe srcdoc='<script>'></iframe>x", "x"),
        ("<style>b{}</style><!-- <script> -->x", "x"),
        ("<p title='>'>x", "[Paragraph|x]"),
        ("&lt;script&gt;", "‹script>"),
        ("<script>never closed", ""),
        ("<b", "[Strong|]"),
        ("<", "‹"),
        ("</b>x</p>", "x"),
    ];
    for (html, wanted) in corpus {
        assert_eq!(shown(&markup(html)), wanted, "{html}");
    }
}

#[test]
fn no_depth_and_no_chance_breaks_it() {
    let deep = "<b>".repeat(100_000);
    assert!(!markup(&deep).is_empty());
    let seed = 99;
    println!("seed {seed}");
    let mut chance = fastrand::Rng::with_seed(seed);
    let pieces = [
        "<",
        ">",
        "/",
        "b",
        "a ",
        "href=",
        "\"",
        "'",
        "javascript:",
        "script",
        "&#",
        "x41;",
        "&lt;",
        "é",
        "!--",
        "-->",
        " ",
    ];
    for _ in 0..20_000 {
        let html: String = (0..chance.usize(..14))
            .map(|_| pieces[chance.usize(..pieces.len())])
            .collect();
        if let Some(Markup::Element {
            tag: Tag::Link,
            address,
            ..
        }) = markup(&html).first()
        {
            assert!(!address.to_lowercase().starts_with("javascript"), "{html}");
        }
    }
}
