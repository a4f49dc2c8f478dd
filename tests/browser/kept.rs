//! What is written is kept on the device: through reload, crash and a change of language; and where the
//! device keeps nothing, the form still works and says so.

use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Customer, Words, ordeals, seed, until};
use serde_json::json;

use crate::setting::{GUEST, customer_in, rows};

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_killed_while_typing_loses_less_than_a_second() {
    ordeals::kill_while_typing(6, seed("killed while typing")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_killed_after_picking_files_sends_them_bit_identical() {
    ordeals::kill_after_picking(3, seed("killed after picking")).await;
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
pub(crate) const NOTHING_IS_KEPT: &str = "
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

#[tokio::test(flavor = "multi_thread")]
async fn without_network_the_page_that_stands_there_is_not_left() {
    let (_server, _browser, me) = customer_in(EN).await;
    me.open("/").await;
    let complaint = me.page.link(has(&me.label("")));
    complaint.wait().await;
    me.page.offline(true).await;
    me.see("offline.text").await;
    complaint.click().await;
    me.page
        .run(
            "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))",
            vec![],
        )
        .await;
    me.arrive("home.title").await;
    me.page.offline(false).await;
    me.page.not_see(&me.say("offline.text")).await;
    complaint.click().await;
    me.arrive("submit.describe_complaint").await;

    // From there on every page is at hand.
    me.page.offline(true).await;
    me.page.link(me.say("nav.track")).click().await;
    me.arrive("track.title").await;
    me.page.link(me.say("nav.home")).click().await;
    me.arrive("home.title").await;
    me.page.offline(false).await;
    me.good().await;
}
