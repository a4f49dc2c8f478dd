//! The instruments themselves: a check that never fails shows nothing, so here each one is shown
//! something that it must find, and a page that it must find nothing on.

use std::path::Path;

use futures::FutureExt;
use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::{Browser, Look, Page, StaticSite, Window};
use thirtyfour::Key;

const GOOD: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A form</title>
<link rel="stylesheet" href="/page.css"><script src="/page.js" defer></script></head>
<body><header><a href="/other">Other page</a></header><main><h1>Tell us</h1>
<form><p><label for="name">Full name</label> <input id="name" aria-describedby="hint"></p><p id="hint">As on your passport</p>
<p><label for="text">What happened?</label> <textarea id="text"></textarea></p>
<fieldset><legend>How urgent?</legend><p><input type="radio" name="u" id="u1"><label for="u1">Not urgent</label></p>
<p><input type="radio" name="u" id="u2"><label for="u2">Urgent</label></p></fieldset>
<p><label for="kind">Kind</label> <select id="kind"><option>Fault</option><option>Complaint</option></select></p>
<p><label for="files">Files</label> <input type="file" id="files" multiple></p>
<p><button type="button" id="send">Send</button></p></form><p id="result" role="status"></p></main></body></html>"#;

const SCRIPT: &str = r"
const result = document.getElementById('result');
const show = files => Promise.all([...files].map(async f => `${f.name} ${(await f.text()).length}`)).then(t => { result.textContent = t.join(', '); });
document.getElementById('files').addEventListener('change', e => show(e.target.files));
addEventListener('dragover', e => e.preventDefault());
addEventListener('drop', e => { e.preventDefault(); show(e.dataTransfer.files); });
addEventListener('paste', e => { if (e.clipboardData.files.length) show(e.clipboardData.files); });
document.getElementById('send').addEventListener('click', () => setTimeout(() => {
  const radio = document.querySelector('input[type=radio]:checked');
  result.textContent = ['Sent', name.value, text.value, radio?.labels[0].textContent, kind.value].join('|');
}, 300));
const [name, text, kind] = ['name', 'text', 'kind'].map(id => document.getElementById(id));";

const STYLE: &str = "body { margin: 16px; line-height: 1.6; font: 16px sans-serif; color: #111; background: #fff; }
a { display: inline-block; min-height: 24px; } button, input, select, textarea { min-width: 24px; min-height: 24px; max-width: 100%; }
fieldset { min-width: 0; } :focus-visible { outline: 3px solid #06c; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #111; } a { color: #9cf; } }";

const BAD: &str = r#"<!doctype html><html><head><title></title><script src="/bad.js" defer></script></head>
<body><div style="color:red">Inline style</div><img src="/x.png"><a href="/" id="tiny">x</a><br>
<button id="dot">.</button><div id="wide">wide</div></body></html>"#;

const BAD_SCRIPT: &str = "const s = document.createElement('style'); s.textContent = ''; document.head.append(s);
document.getElementById('wide').style.width = '2000px';
document.getElementById('dot').style.cssText = 'width:10px;height:10px;padding:0;border:0';
document.getElementById('tiny').style.cssText = 'display:inline-block;width:5px;height:5px;font-size:4px';
Promise.reject(new Error('lost promise')); throw new Error('thrown');";

async fn site(folder: &Path) -> StaticSite {
    for (name, text) in [
        ("index.html", GOOD),
        ("page.js", SCRIPT),
        ("page.css", STYLE),
        ("bad.html", BAD),
        ("bad.js", BAD_SCRIPT),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    StaticSite::start(folder, "http://127.0.0.1:9").await
}

/// Whether a check panics.
async fn fails(check: impl Future<Output = ()>) -> bool {
    std::panic::AssertUnwindSafe(check)
        .catch_unwind()
        .await
        .is_err()
}

async fn everything_is_fine(page: &Page) {
    page.clean().await;
    page.axe().await;
    page.targets_24px().await;
    page.no_sideways_scroll().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_use_a_good_page_and_every_fault_of_a_bad_one_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path()).await;
    let mut browser = Browser::with(Setup {
        window: Window::Wide,
        languages: "zh-TW,zh",
    })
    .await;
    let page = browser.page();
    page.open(&site.origin()).await;

    page.heading("Tell us").wait().await;
    page.field("Full name").type_text("陳大文 👩‍👧").await;
    assert_eq!(page.field("Full name").value().await, "陳大文 👩‍👧");
    assert_eq!(
        page.field("Full name").node().await.description,
        "As on your passport"
    );
    page.field(has("happened")).type_text("It broke").await;
    page.field("What happened?").fill("It broke again").await;
    page.radio("Urgent").click().await;
    page.field("Kind").choose("Complaint").await;
    page.button("Send").click().await;
    page.see("Sent|陳大文 👩‍👧|It broke again|Urgent|Complaint")
        .await;
    page.not_see("Full address").await;
    assert_eq!(
        page.run("return navigator.languages[0]", vec![]).await,
        "zh-TW"
    );

    page.reload().await;
    page.tab_to("link", "Other page").await;
    page.tab_to("textbox", "Full name").await;
    page.type_text("By keyboard").await;
    page.tab_to("radio", "Not urgent").await;
    page.press(Key::Space).await;
    page.tab_to("button", "Send").await;
    page.press(Key::Enter).await;
    page.see("Sent|By keyboard||Not urgent|Fault").await;

    let file = folder.path().join("note.txt");
    std::fs::write(&file, "twelve bytes").unwrap();
    page.choose_files(&[&file]).await;
    page.see("note.txt 12").await;
    page.reload().await;
    page.drop_files(&page.heading("Tell us"), &[&file]).await;
    page.see("note.txt 12").await;
    page.paste_file("clip.png", "image/png", b"abc").await;
    page.see("clip.png 3").await;

    for look in [
        Look::default(),
        Look {
            dark: true,
            ..Look::default()
        },
    ] {
        for window in [Window::Wide, Window::Narrow] {
            page.look(look).await;
            page.window(window).await;
            everything_is_fine(&page).await;
        }
    }
    page.offline(true).await;
    assert_eq!(page.run("return navigator.onLine", vec![]).await, false);
    page.offline(false).await;

    page.run(
        "localStorage.setItem('kept', 'yes'); await new Promise(r => setTimeout(r, 200))",
        vec![],
    )
    .await;
    browser.kill().await;
    let page = browser.restart().await;
    page.open(&format!("{}/bad.html", site.origin())).await;
    assert!(page.axe_findings().await.len() > 2);
    assert!(fails(page.axe()).await);
    assert!(fails(page.targets_24px()).await);
    assert!(fails(page.no_sideways_scroll()).await);
    assert!(fails(page.clean()).await);
    page.open(&site.origin()).await;
    everything_is_fine(&page).await;
    let second = browser.new_tab().await;
    second.open(&format!("{}/bad.html", site.origin())).await;
    assert!(fails(second.clean()).await);
    browser.tab(0).await.heading("Tell us").wait().await;
    browser
        .page()
        .screenshot(&folder.path().join("shot.png"))
        .await;
    assert!(
        std::fs::metadata(folder.path().join("shot.png"))
            .unwrap()
            .len()
            > 1_000
    );
}
