//! The same files from another origin: the site knows the API by one small file and proves who asks by
//! bearer tokens only.

use portico_tests::api::complaint;
use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{
    Browser, Codes, Customer, Example, Fault, FaultProxy, Options, Plan, Server, StaticSite,
    Window, Words, tool, until,
};
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

/// What the example in Python does not list among its capabilities.
const NOT_THERE: [&str; 6] = [
    "/events",
    "/changes",
    "/announcements",
    "/promises",
    "/me",
    "/measures",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_complains_and_follows_with_a_server_that_is_not_ours() {
    let site = StaticSite::start(tool("PORTICO_SITE", "target/site"), "").await;
    let example = Example::start(&site.origin()).await;
    site.point_at(example.origin());
    let setup = Setup {
        window: Window::Narrow,
        languages: ZH_HANT.asked,
    };
    let browser = Browser::with(setup.clone()).await;
    let words = Words::of(ZH_HANT);
    let guest = example.guest();
    let me = Customer::elsewhere(browser.page(), words, &guest, site.origin()).await;
    let photos = [me.photo("png").await, me.photo("jpeg").await];
    me.open("/").await;
    me.arrive("home.title").await;
    me.good().await;
    me.page.link(has(&me.label(""))).click().await;
    me.describe("三月扣了兩次", "三月五日與七日各一次。\n附上兩張畫面。")
        .await;
    me.detail("INV-2042").await;
    me.page
        .paste_file("wall.png", "image/png", &photos[0])
        .await;
    me.page
        .paste_file("screen.jpg", "image/jpeg", &photos[1])
        .await;
    until("both files to be uploaded", || async {
        let text = me.page.text().await;
        match text.matches(&me.say("upload.uploaded")).count() {
            2 => Ok(()),
            _ => Err(text),
        }
    })
    .await;
    me.give_contact(GUEST).await;
    me.page.offline(true).await;
    me.send().await;
    me.see("outbox.tag").await;
    me.page.offline(false).await;
    let codes = me.sent().await;
    me.good().await;
    let rows = example.desk().all("/requests", 100).await;
    assert_eq!(rows.len(), 1, "it is one request: {rows:#?}");
    assert_eq!(rows[0]["reference"], codes.reference.as_str());
    let files = codes.files(&guest).await;
    assert!(files.len() == 2 && photos.iter().all(|photo| files.contains(photo)));
    nothing_else(&me).await;
    let path = format!("/requests/{}/messages", codes.reference);
    let answer = json!({"body": {"format": "text", "value": "我們會查清楚。"}, "public": true});
    example
        .desk()
        .post(&path)
        .json(&answer)
        .send()
        .await
        .expect_status(201);

    // The next day, on another device, as people write them down.
    drop(browser);
    let browser = Browser::with(setup).await;
    let me = me.at(browser.page());
    me.track(&Codes {
        reference: codes.reference.to_lowercase().replace('-', ""),
        query_code: codes.query_code.to_lowercase(),
    })
    .await;
    me.page.heading("三月扣了兩次").wait().await;
    me.page.see("我們會查清楚。").await;
    me.page.see("wall.png").await;
    me.good().await;
    // Answering works, with the same bearer.
    me.page
        .field(me.say("request.write"))
        .fill("謝謝，我等著。")
        .await;
    me.press("request.send").await;
    me.page.see("謝謝，我等著。").await;
    until("the answer to arrive", || async {
        let timeline = codes.timeline(&guest).await.to_string();
        match timeline.contains("謝謝，我等著。") {
            true => Ok(()),
            false => Err(timeline),
        }
    })
    .await;
    me.good().await;
    nothing_else(&me).await;
    let cookies = me.page.cdp("Network.getAllCookies", json!({})).await;
    assert_eq!(cookies["cookies"], json!([]));
}

/// Nothing is offered that this server has not, and nothing of it is asked for.
async fn nothing_else(me: &Customer) {
    for key in ["nav.sign_in", "nav.requests", "callback.action"] {
        me.page.link(me.say(key)).gone().await;
    }
    let asked = me
        .page
        .run(
            "return performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)",
            vec![],
        )
        .await;
    let asked: Vec<String> = serde_json::from_value(asked).unwrap();
    for path in asked
        .iter()
        .filter_map(|path| path.strip_prefix("/portal/v1"))
    {
        assert!(
            !NOT_THERE
                .iter()
                .any(|part| path.starts_with(part) || path.ends_with(part)),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_files_are_taken_an_answer_asks_for_none() {
    let server = Server::with(Options::unlimited()).await;
    let proxy = FaultProxy::start(server.port(), 1).await;
    let browser = Browser::start().await;
    let new = complaint("Charged twice", Some(GUEST));
    let created = server.guest().submit(&new).await;
    let codes = Codes {
        reference: created.text_at("/request/reference"),
        query_code: created.text_at("/query_code"),
    };
    for takes_files in [true, false] {
        if !takes_files {
            proxy.follow(Plan {
                percent: 100,
                faults: vec![Fault::Say("\"attachments\",", "")],
                scope: vec![("GET", "/portal/v1/config")],
            });
        }
        let me = Customer::new(browser.page(), Words::of(EN), &server, proxy.origin()).await;
        me.track(&codes).await;
        me.see("request.write").await;
        // Shown by what the server says that it can do, so that is known by now.
        me.page.link(me.say("callback.action")).wait().await;
        let choose = me.say("upload.choose");
        match takes_files {
            true => me.page.see(&choose).await,
            false => me.page.not_see(&choose).await,
        }
        me.good().await;
    }
}
