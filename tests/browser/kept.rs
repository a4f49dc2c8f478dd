//! What is written is kept on the device: through reload, crash and a change of language; and where the
//! device keeps nothing, the form still works and says so.

use std::time::{Duration, Instant};

use portico_tests::browser::Setup;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Browser, Customer, Page, Server, Words, seed, until};
use serde_json::json;

use crate::setting::{GUEST, customer_in, rows, unlimited};

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
    let script = format!("return (async () => {{ {body} }})()");
    let found = page.run(&script, vec![]).await;
    let list = found.as_array().unwrap();
    list.iter()
        .map(|hash| hash.as_str().unwrap().to_owned())
        .collect()
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

/// The browser is killed `times` times while somebody types, at moments that `seed` decides.
pub(crate) async fn kill_while_typing(times: usize, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let server = Server::with(unlimited()).await;
    let mut browser = Browser::with(Setup::default()).await;
    let mut me = Customer::new(browser.page(), Words::of(EN), &server, server.origin()).await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    let mut before = String::new();
    for kill in 0..times {
        let field = me.page.field(me.say("submit.body"));
        field.focus().await;
        // What had been typed by which moment.
        let mut typed = vec![(Instant::now(), before.clone())];
        let end = Instant::now() + Duration::from_millis(rng.u64(200..2_500));
        let mut word = 0;
        while Instant::now() < end {
            word += 1;
            let piece = format!("{kill}.{word}扣款;");
            me.page.type_text(&piece).await;
            let so_far = typed.last().unwrap().1.clone() + piece.as_str();
            typed.push((Instant::now(), so_far));
        }
        let killed = Instant::now();
        browser.kill().await;
        me = me.at(browser.restart().await);
        me.open(&Customer::form_path()).await;
        me.arrive("submit.describe_complaint").await;
        let found = me.page.field(me.say("submit.body")).value().await;
        let old = typed
            .iter()
            .rev()
            .find(|(at, _)| killed.duration_since(*at) > Duration::from_secs(1));
        let must = old.map_or(&before, |(_, text)| text);
        let whole = &typed.last().unwrap().1;
        assert!(
            found.starts_with(must.as_str()) && whole.starts_with(&found),
            "kill {kill}: {found:?} is left of {whole:?}; at least {must:?} must be"
        );
        before = found;
    }
    me.page.clean().await;
}

/// The browser is killed `times` times, each time after a file was picked; at the end all are sent.
pub(crate) async fn kill_after_picking(times: usize, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let server = Server::with(unlimited()).await;
    let mut browser = Browser::with(Setup::default()).await;
    let mut me = Customer::new(browser.page(), Words::of(EN), &server, server.origin()).await;
    me.open(&Customer::form_path()).await;
    me.describe("Killed", "After picking files.").await;
    me.detail("INV-2042").await;
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut hashes) = (Vec::new(), Vec::new());
    for kill in 0..times {
        // A message holds ten at most.
        if files.len() == 10 {
            break;
        }
        let size = rng.usize(1..3_000_000);
        let bytes = file(&mut rng, size);
        let path = folder.path().join(format!("evidence-{kill}.pdf"));
        std::fs::write(&path, &bytes).unwrap();
        hashes.push(hash(&me.page, &bytes).await);
        hashes.sort();
        let picked = Instant::now();
        me.page.choose_files(&[&path]).await;
        until("the file to be kept", || async {
            let kept = kept_files(&me.page).await;
            if kept == hashes {
                Ok(())
            } else {
                Err(format!("{kept:?}"))
            }
        })
        .await;
        let took = picked.elapsed();
        assert!(took < Duration::from_secs(5), "kept after {took:?}");
        // What lies on the disk by then may be another file.
        std::fs::write(&path, "changed").unwrap();
        files.push(bytes);
        browser.kill().await;
        me = me.at(browser.restart().await);
        me.open(&Customer::form_path()).await;
        me.arrive("submit.files").await;
        for n in 0..=kill {
            me.page.see(&format!("evidence-{n}.pdf")).await;
        }
        assert_eq!(kept_files(&me.page).await, hashes, "kill {kill}");
    }
    me.give_contact(GUEST).await;
    me.send().await;
    let codes = me.sent().await;
    let arrived = crate::setting::files_of(&server, &codes).await;
    assert_eq!(arrived.len(), files.len());
    for bytes in arrived {
        assert!(files.contains(&bytes), "a file arrived that was not picked");
    }
    me.page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_killed_while_typing_loses_less_than_a_second() {
    kill_while_typing(6, seed("killed while typing")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_killed_after_picking_files_sends_them_bit_identical() {
    kill_after_picking(3, seed("killed after picking")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_right_after_typing_loses_nothing_and_home_offers_it_again() {
    let (_server, _browser, me) = customer_in(ZH_HANT).await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    me.page
        .field(me.say("submit.subject"))
        .fill("重複扣款")
        .await;
    me.page
        .field(me.say("submit.body"))
        .fill("三月扣了兩次")
        .await;
    me.page.reload().await;
    let subject = me.page.field(me.say("submit.subject"));
    subject.wait().await;
    until("the subject", || async {
        let value = subject.value().await;
        if value == "重複扣款" {
            Ok(())
        } else {
            Err(value)
        }
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
    me.page
        .by("dialog", me.say("draft.delete_title"))
        .wait()
        .await;
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
    me.page
        .field(me.say("submit.subject"))
        .fill("重複扣款 👩‍👧")
        .await;
    me.page
        .field(me.say("submit.body"))
        .type_text("三月扣了兩次")
        .await;
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
    me.page
        .field(me.say("submit.subject"))
        .fill("重複扣款")
        .await;
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
