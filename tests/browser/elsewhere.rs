//! The same files from another origin: the site knows the API by one small file and proves who asks by
//! bearer tokens only.

use portico_tests::browser::Setup;
use portico_tests::words::ZH_HANT;
use portico_tests::{Browser, Customer, Options, Server, StaticSite, Window, Words, tool};
use serde_json::json;

use crate::setting::{GUEST, rows};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_complains_and_follows_on_a_site_of_another_origin() {
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
