//! The same files from another origin: the site knows the API by one small file and proves who asks by
//! bearer tokens only.

use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{Browser, Customer, Options, Server, StaticSite, Window, Words, tool};
use serde_json::json;

use crate::kept::NOTHING_IS_KEPT;
use crate::setting::{GUEST, MEMBER, rows};

/// A site on one origin and its API on another.
async fn apart() -> (StaticSite, Server) {
    let folder = tool("PORTICO_SITE", "target/site");
    let site = StaticSite::start(folder, "").await;
    let allowed = format!("allowed_origins = [\"{}\"]\n", site.origin());
    let server = Server::with(
        Options {
            config: Some(allowed),
            ..Options::default()
        }
        .and_unlimited(),
    )
    .await;
    site.point_at(server.origin());
    (site, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_complains_and_follows_on_a_site_of_another_origin() {
    let (site, server) = apart().await;
    let browser = Browser::with(Setup {
        window: Window::Narrow,
        languages: ZH_HANT.asked,
    })
    .await;
    let words = Words::of(ZH_HANT);
    let me = Customer::new(browser.page(), words, &server, site.origin()).await;
    let photo = me.photo("png").await;
    me.open("/").await;
    me.arrive("home.title").await;
    me.good().await;
    me.open(&Customer::form_path()).await;
    me.describe("從別的網站送出", "三月扣了兩次").await;
    me.detail("INV-2042").await;
    me.page.paste_file("screen.png", "image/png", &photo).await;
    me.see("upload.uploaded").await;
    me.give_contact(GUEST).await;
    me.page.offline(true).await;
    me.send().await;
    me.see("outbox.tag").await;
    me.page.offline(false).await;
    let codes = me.sent().await;
    assert_eq!(rows(&server).await.len(), 1);
    me.good().await;
    me.track(&codes).await;
    me.page.heading("從別的網站送出").wait().await;
    me.page.see("screen.png").await;
    me.good().await;
    // Signing in works there as well, and no cookie was ever set.
    me.sign_in(&server, "member@example.com").await;
    me.open("/requests").await;
    me.see("requests.empty").await;
    let cookies = me.page.cdp("Network.getAllCookies", json!({})).await;
    assert_eq!(cookies["cookies"], json!([]));
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_kept_the_session_goes_along_from_page_to_page() {
    let (site, server) = apart().await;
    let browser = Browser::start().await;
    let me = Customer::new(browser.page(), Words::of(EN), &server, site.origin()).await;
    let script = json!({"source": NOTHING_IS_KEPT});
    me.page
        .cdp("Page.addScriptToEvaluateOnNewDocument", script)
        .await;
    // Past the door, where nobody is signed in yet.
    me.open("/").await;
    me.arrive("home.title").await;
    me.sign_in(&server, MEMBER).await;
    let go = async |link: &str| me.page.link(me.say(link)).click().await;
    go("nav.requests").await;
    me.see("requests.empty").await;
    go("nav.home").await;
    me.arrive("home.title").await;
    me.see("home.open_none").await;
    me.page.link(has(&me.label(""))).click().await;
    me.describe("Charged twice", "In March, twice the same amount.")
        .await;
    me.detail("INV-2042").await;
    me.press("form.continue").await;
    me.arrive("submit.check_complaint").await;
    me.send().await;
    let codes = me.sent().await;
    assert_eq!(codes.query_code, "");
    go("nav.home").await;
    me.page.heading(me.say("home.open")).wait().await;
    me.page.link("Charged twice").click().await;
    me.page.heading("Charged twice").wait().await;
    me.see("promise.title").await;
    me.page.link(me.say("nav.account")).wait().await;
    assert_eq!(rows(&server).await.len(), 1);
    me.good().await;
}
