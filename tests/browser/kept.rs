//! What is written is kept on the device: through reload, crash and a change of language; and where the
//! device keeps nothing, the form still works and says so.

use std::time::{Duration, Instant};

use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Browser, Customer, Page, Server, Words, seed, until};
use serde_json::json;

use crate::setting::{GUEST, customer_in, rows, unlimited};

/// How many times the browser is killed: 6, or what `PORTICO_KILLS` says.
fn kills() -> usize {
    std::env::var("PORTICO_KILLS").map_or(6, |given| {
        given.parse().expect("PORTICO_KILLS is a number")
    })
}

/// SHA-256 of every file that the page keeps, sorted.
async fn kept_files(page: &Page) -> Vec<String> {
    let body = "
      const open = () => new Promise((done, fail) => {
        const asked = indexedDB.open('portico');
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => fail(asked.error);
      });
      const all = store => new Promise((done, fail) => {
        const asked = store.getAll();
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => fail(asked.error);
      });
      const blobs = value => value instanceof Blob ? [value]
        : value && typeof value === 'object' && !ArrayBuffer.isView(value) ? Object.values(value).flatMap(blobs) : [];
      const database = await open();
      const found = [];
      for (const name of database.objectStoreNames)
        for (const value of await all(database.transaction(name).objectStore(name))) found.push(...blobs(value));
      database.close();
      const hashes = await Promise.all(found.map(async blob => {
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
        return [...hash].map(byte => byte.toString(16).padStart(2, '0')).join('');
      }));
      return hashes.sort()";
    let found = page.run(&format!("return (async () => {{ {body} }})()"), vec![]);
    let found = found.await;
    let list = found.as_array().unwrap();
    list.iter().map(|hash| hash.as_str().unwrap().to_owned()).collect()
}

/// The same of bytes, by the browser.
async fn hash(page: &Page, bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let body = "const bytes = Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0));
      return crypto.subtle.digest('SHA-256', bytes).then(hash =>
        [...new Uint8Array(hash)].map(byte => byte.toString(16).padStart(2, '0')).join(''))";
    let hash = page.run(body, vec![json!(STANDARD.encode(bytes))]).await;
    hash.as_str().unwrap().to_owned()
}

/// A file that passes for a PDF, of random bytes.
fn file(rng: &mut fastrand::Rng, size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..size).map(|_| rng.u8(..)));
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_killed_while_typing_loses_less_than_a_second_and_no_file() {
    let seed = seed("killed while typing");
    let mut rng = fastrand::Rng::with_seed(seed);
    let server = Server::with(unlimited()).await;
    let mut browser = Browser::with(Setup::default()).await;
    let mut me =
        Customer::new(browser.page(), Words::of(EN), &server, server.origin()).await;
    let mut hashes = Vec::new();
    let mut before = String::new();
    let mut files = Vec::new();
    for kill in 0..kills() {
        // A file now and then; a draft holds ten at most.
        if files.len() < 4 && kill % 2 == 0 {
            let bytes = file(&mut rng, 200_000);
            let path = tempfile::Builder::new().suffix(".pdf").tempfile().unwrap();
            std::fs::write(path.path(), &bytes).unwrap();
            me.open(&format!("{}?step=4", Customer::form_path())).await;
            if kill == 0 {
                // The first round has to walk there.
                me.describe("Killed", "-").await;
                me.detail("INV-2042").await;
            }
            me.arrive("submit.files").await;
            me.page.choose_files(&[path.path()]).await;
            let name = path.path().file_name().unwrap().to_str().unwrap().to_owned();
            me.page.see(&name).await;
            hashes.push(hash(&me.page, &bytes).await);
            hashes.sort();
            files.push(name);
            until("the file to be kept", || async {
                let kept = kept_files(&me.page).await;
                if kept == hashes { Ok(()) } else { Err(format!("{kept:?}")) }
            })
            .await;
        }
        me.open(&format!("{}?step=1", Customer::form_path())).await;
        me.page.link(has(&me.say("form.back"))).wait().await;
        let text = me.page.field(me.say("submit.body"));
        if text.count().await == 0 {
            me.page.run("history.pushState(null, '', location.pathname + '?step=1'); dispatchEvent(new PopStateEvent('popstate'))", vec![]).await;
        }
        text.focus().await;
        me.page.press_with(thirtyfour::Key::Control, thirtyfour::Key::End.value().to_string()).await;
        // (moment, what had been typed by then)
        let mut typed = vec![(Instant::now(), before.clone())];
        let end = Instant::now() + Duration::from_millis(rng.u64(200..2_500));
        let mut word = 0;
        while Instant::now() < end {
            word += 1;
            let piece = format!("{kill}.{word} 扣款 ");
            me.page.type_text(&piece).await;
            let so_far = typed.last().unwrap().1.clone() + &piece;
            typed.push((Instant::now(), so_far));
        }
        let killed = Instant::now();
        browser.kill().await;
        me = me.at(browser.restart().await);
        me.open(&format!("{}?step=1", Customer::form_path())).await;
        me.see("submit.start_over").await;
        let found = body_in_store(&me.page).await;
        let found = found.trim_start_matches('-').to_owned();
        let must = typed
            .iter()
            .rev()
            .find(|(at, _)| killed.duration_since(*at) > Duration::from_secs(1));
        let must = must.map_or(&before, |(_, text)| text);
        let whole = &typed.last().unwrap().1;
        assert!(
            found.trim_end().len() >= must.trim_end().len() && whole.starts_with(found.trim_end()),
            "kill {kill}: {found:?} is left of {whole:?}; at least {must:?} must be"
        );
        assert_eq!(kept_files(&me.page).await, hashes, "kill {kill}");
        before = found;
    }
    me.page.clean().await;
    drop(files);
}

/// The text of the only draft.
async fn body_in_store(page: &Page) -> String {
    let text = page
        .run("return document.querySelector('textarea')?.value ?? null", vec![])
        .await;
    if let Some(text) = text.as_str() {
        return text.to_owned();
    }
    page.run(
        "history.pushState(null, '', location.pathname + '?step=1'); dispatchEvent(new PopStateEvent('popstate'))",
        vec![],
    )
    .await;
    until("the text", || async {
        let text = page
            .run("return document.querySelector('textarea')?.value ?? null", vec![])
            .await;
        text.as_str().map(str::to_owned).ok_or("no text".to_owned())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_right_after_typing_loses_nothing_and_home_offers_it_again() {
    let (_server, _browser, me) = customer_in(ZH_HANT).await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    me.page.field(me.say("submit.subject")).fill("重複扣款").await;
    me.page.field(me.say("submit.body")).fill("三月扣了兩次").await;
    me.page.reload().await;
    let subject = me.page.field(me.say("submit.subject"));
    subject.wait().await;
    until("the subject", || async {
        let value = subject.value().await;
        if value == "重複扣款" { Ok(()) } else { Err(value) }
    })
    .await;
    let body = me.page.field(me.say("submit.body"));
    assert_eq!(body.value().await, "三月扣了兩次");
    me.see("submit.start_over").await;
    me.good().await;
    me.open("/").await;
    let draft = me.words.with("home.draft", &[("name", &me.label(""))]);
    me.page.heading(draft.clone()).wait().await;
    me.good().await;
    me.page.link(me.say("draft.continue")).click().await;
    me.arrive("submit.describe_complaint").await;
    assert_eq!(body.value().await, "三月扣了兩次");
    me.open("/").await;
    me.press("draft.delete").await;
    me.page.by("dialog", me.say("draft.delete_title")).wait().await;
    me.press("draft.delete").await;
    me.page.heading(draft).gone().await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    assert_eq!(subject.value().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_changes_in_the_middle_of_a_form_without_losing_a_character() {
    let (_server, _browser, mut me) = customer_in(ZH_HANT).await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    me.page.field(me.say("submit.subject")).fill("重複扣款 👩‍👧").await;
    me.page.field(me.say("submit.body")).type_text("三月扣了兩次").await;
    for language in [EN, ZH_HANS, ZH_HANT] {
        me.read_in(Words::of(language)).await;
        me.arrive("submit.describe_complaint").await;
        assert_eq!(me.page.language().await, language.tag);
        let subject = me.page.field(me.say("submit.subject"));
        assert_eq!(subject.value().await, "重複扣款 👩‍👧");
        let body = me.page.field(me.say("submit.body"));
        assert_eq!(body.value().await, "三月扣了兩次");
        let start = me.words.with("submit.step", &[("n", "1")]);
        let title = me.page.title().await;
        assert!(!title.is_empty(), "{start} {title}");
        me.good().await;
    }
    me.press("form.continue").await;
    let form = me.page.text().await;
    assert!(form.contains(&me.label("about_bill")), "{form}");
}

/// A browser that keeps nothing, as in a frame of another site.
const NOTHING_IS_KEPT: &str = "
  for (const name of ['localStorage', 'sessionStorage'])
    Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
  IDBFactory.prototype.open = function () { throw new DOMException('denied', 'UnknownError'); };";

#[tokio::test(flavor = "multi_thread")]
async fn where_the_device_keeps_nothing_the_form_works_and_says_so() {
    let (server, _browser, me) = customer_in(ZH_HANT).await;
    let script = json!({"source": NOTHING_IS_KEPT});
    me.page
        .cdp("Page.addScriptToEvaluateOnNewDocument", script)
        .await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    me.page.field(me.say("submit.subject")).fill("重複扣款").await;
    me.see("draft.not_saved").await;
    me.page.axe().await;
    me.describe("重複扣款", "三月扣了兩次").await;
    me.detail("INV-2042").await;
    let photo = me.photo("png").await;
    me.page.paste_file("screen.png", "image/png", &photo).await;
    me.see("upload.uploaded").await;
    me.give_contact(GUEST).await;
    me.send().await;
    let codes = me.sent().await;
    assert_ne!(codes.query_code, "");
    assert_eq!(rows(&server).await.len(), 1);
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_device_is_said_and_the_form_is_sent_all_the_same() {
    let (server, _browser, me) = customer_in(EN).await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    let quota = json!({"origin": server.origin(), "quotaSize": 1});
    me.page.cdp("Storage.overrideQuotaForOrigin", quota).await;
    me.describe("Full", "No room is left on this device.").await;
    me.see("draft.not_saved").await;
    me.detail("INV-2042").await;
    me.give_contact(GUEST).await;
    me.send().await;
    me.sent().await;
    assert_eq!(rows(&server).await.len(), 1);
    me.good().await;
}
