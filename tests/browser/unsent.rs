//! What was written is sent exactly once, whatever the network does, and stays in plain sight until then.

use portico_tests::api::complaint;
use portico_tests::browser::Setup;
use portico_tests::framed::holds;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{Browser, Customer, Fault, FaultProxy, Options, Server, Window, Words, until};
use serde_json::json;
use thirtyfour::Key;

use crate::setting::{GUEST, MEMBER, customer_in, rows};

const POST: (&str, &str) = ("POST", "/portal/v1/requests");

/// Keeps what a screen reader is told from now on in `window.said`.
const HEAR: &str = "
  window.said = [];
  const region = document.getElementById('live-polite');
  new MutationObserver(() => window.said.push(region.textContent)).observe(region,
    {childList: true, characterData: true, subtree: true});
";

struct Scene {
    server: Server,
    proxy: FaultProxy,
    _browser: Browser,
    me: Customer,
}

/// A guest in English, behind a proxy.
async fn behind_a_proxy(options: Options) -> Scene {
    let server = Server::with(options).await;
    let proxy = FaultProxy::start(server.port(), 4).await;
    let browser = Browser::with(Setup::default()).await;
    let me = Customer::new(browser.page(), Words::of(EN), &server, proxy.origin()).await;
    Scene {
        server,
        proxy,
        _browser: browser,
        me,
    }
}

/// Tells the page that the network is back, as the system would.
async fn network_is_back(me: &Customer) {
    me.page
        .run("dispatchEvent(new Event('online'))", vec![])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_taps_are_one_request() {
    let (server, _browser, me) = customer_in(EN).await;
    me.fill_form("Ten taps", "Twice in March.", Some(GUEST))
        .await;
    let button = me.button("submit.send_complaint").element().await;
    let taps = "for (let i = 0; i < 10; i++) arguments[0].click()";
    me.page.run(taps, vec![button.to_json().unwrap()]).await;
    let codes = me.sent().await;
    let rows = rows(&server).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0]["reference"], codes.reference.as_str());
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_way_answers_it_is_one_request_and_nothing_counts_as_sent_before_it_is() {
    let faults = [
        Fault::LoseRequest,
        Fault::LoseAnswer,
        Fault::ResetAnswer,
        Fault::CutAnswer(120),
        Fault::Unavailable,
        Fault::CaptivePortal,
    ];
    let scene = behind_a_proxy(Options::unlimited()).await;
    let me = &scene.me;
    for (n, fault) in faults.into_iter().enumerate() {
        let subject = format!("{fault:?}");
        me.fill_form(&subject, "Twice in March.", Some(GUEST)).await;
        scene.proxy.once(POST.0, POST.1, fault);
        me.send().await;
        let codes = me.sent().await;
        assert_ne!(
            codes.query_code, "",
            "{fault:?}: the query code is not lost"
        );
        let rows = rows(&scene.server).await;
        assert_eq!(rows.len(), n + 1, "{fault:?}: {rows:#?}");
        let found = rows.iter().find(|row| row["subject"] == subject.as_str());
        assert_eq!(found.unwrap()["reference"], codes.reference.as_str());
    }
    me.page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn written_without_network_with_files_it_is_sent_once_when_the_network_is_back() {
    let (server, _browser, me) = customer_in(EN).await;
    let photo = me.photo("png").await;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    me.page.offline(true).await;
    me.see("offline.text").await;
    // A subject of one long word does not make the page wider, also where it waits.
    let subject = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk".repeat(2);
    me.describe(&subject, "Twice in March.").await;
    me.detail("INV-2042").await;
    me.page.paste_file("screen.png", "image/png", &photo).await;
    me.page.see("screen.png").await;
    me.good().await;
    me.give_contact(GUEST).await;
    me.send().await;
    me.arrive("submit.waiting_title").await;
    me.see("outbox.tag").await;
    me.good().await;
    me.page.window(Window::Narrow).await;
    me.page.no_sideways_scroll().await;
    me.page.window(Window::Wide).await;
    assert!(rows(&server).await.is_empty());
    me.page.offline(false).await;
    let codes = me.sent().await;
    let rows = rows(&server).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(codes.files(&server.guest()).await, [photo]);
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_send_one_outbox_once() {
    let scene = behind_a_proxy(Options::unlimited()).await;
    let me = &scene.me;
    me.fill_form("From one of two tabs", "Twice in March.", Some(GUEST))
        .await;
    let second = me.at(scene._browser.new_tab().await);
    second.open("/").await;
    second.arrive("home.title").await;
    scene._browser.tab(0).await;
    scene.proxy.offline(true);
    me.send().await;
    me.see("outbox.tag").await;
    scene.proxy.offline(false);
    for tab in [1, 0] {
        scene._browser.tab(tab).await;
        network_is_back(me).await;
    }
    let codes = me.sent().await;
    let rows = rows(&scene.server).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0]["reference"], codes.reference.as_str());
    scene._browser.tab(1).await;
    second.page.not_see(&me.say("outbox.tag")).await;
    second.page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_say_from_when_and_wait_until_then() {
    let config = "[rates]\nnew_requests = { count = 1, minutes = 10 }\n";
    let scene = behind_a_proxy(Options {
        config: Some(config.into()),
        ..Options::default()
    })
    .await;
    let me = &scene.me;
    me.fill_form("The first", "Twice in March.", Some(GUEST))
        .await;
    me.send().await;
    me.sent().await;
    me.fill_form("The second", "Twice in April.", Some(GUEST))
        .await;
    me.send().await;
    me.see("outbox.tag").await;
    me.page.see(&me.words.start("submit.limited")).await;
    me.page.axe().await;
    assert_eq!(rows(&scene.server).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_whose_answer_is_lost_or_that_is_written_offline_stands_there_once() {
    let scene = behind_a_proxy(Options::unlimited()).await;
    let me = &scene.me;
    me.sign_in(&scene.server, MEMBER).await;
    let body = complaint("Charged twice", None);
    let member = scene.server.customer(MEMBER).await;
    let created = member.submit(&body).await;
    let id = created.text_at("/request/id");
    me.open(&format!(
        "/requests/{}",
        created.text_at("/request/reference")
    ))
    .await;
    me.page.heading("Charged twice").wait().await;
    scene
        .proxy
        .once("POST", "/portal/v1/requests/", Fault::LoseAnswer);
    me.field("request.write").fill("Answer lost").await;
    me.press("request.send").await;
    me.see("request.sent").await;
    scene.proxy.offline(true);
    me.page.run(HEAR, vec![]).await;
    me.field("request.write").fill("Written offline").await;
    me.press("request.send").await;
    me.see("outbox.tag").await;
    let said = me.page.run("return window.said", vec![]).await;
    let waits = json!(me.say("outbox.queued"));
    let times = said
        .as_array()
        .unwrap()
        .iter()
        .filter(|words| **words == waits);
    assert_eq!(times.count(), 1, "{said}");
    me.page.axe().await;
    scene.proxy.offline(false);
    network_is_back(me).await;
    me.page.not_see(&me.say("outbox.tag")).await;
    until("both messages once", || async {
        let path = format!("/requests/{id}/timeline");
        let timeline = member.get(&path).send().await.expect_status(200).text();
        let times = ["Answer lost", "Written offline"].map(|t| timeline.matches(t).count());
        if times == [1, 1] {
            Ok(())
        } else {
            Err(format!("they are there {times:?} times"))
        }
    })
    .await;
    me.page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_elsewhere_is_news_until_its_request_is_opened() {
    let scene = behind_a_proxy(Options::unlimited()).await;
    let me = &scene.me;
    me.sign_in(&scene.server, MEMBER).await;
    me.open(&Customer::form_path()).await;
    me.describe("Charged twice", "Twice in March.").await;
    let amount = me.page.field(has(&me.label("amount")));
    amount.fill("1250.5").await;
    me.detail("INV-2042").await;
    me.press("form.continue").await;
    me.arrive("submit.check_complaint").await;
    me.page.see("1,250.50").await;
    scene.proxy.offline(true);
    me.send().await;
    me.arrive("submit.waiting_title").await;

    // What could not be read stays on the page while it is tried again, with the focus on its button.
    me.page.link(me.say("nav.requests")).click().await;
    let retry = me.button("action.retry");
    retry.wait().await;
    let watch = "window.tries = []; window.retry = arguments[0];
      new MutationObserver(() => window.tries.push(window.retry.getAttribute('aria-busy')))
        .observe(window.retry, {attributeFilter: ['aria-busy']})";
    let button = retry.element().await.to_json().unwrap();
    me.page.run(watch, vec![button]).await;
    retry.click().await;
    let tried = "return tries.length >= 2 && tries.at(-1) === null && document.activeElement === window.retry";
    holds(&me.page, tried).await;

    scene.proxy.offline(false);
    network_is_back(me).await;
    let confirmation = me.page.link(me.say("outbox.open_sent"));
    confirmation.wait().await;
    me.open("/requests").await;
    confirmation.wait().await;
    me.page.link(has("Charged twice")).click().await;
    me.page.heading("Charged twice").wait().await;
    me.page.see("1,250.50").await;
    confirmation.gone().await;
    me.page.reload().await;
    me.page.heading("Charged twice").wait().await;
    confirmation.gone().await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_when_the_sign_in_ends_is_sent_once_after_the_next() {
    let (server, _browser, me) = customer_in(ZH_HANT).await;
    me.sign_in(&server, MEMBER).await;
    let member = server.customer(MEMBER).await;
    let created = member.submit(&complaint("Charged twice", None)).await;
    let id = created.text_at("/request/id");
    let path = format!("/requests/{}", created.text_at("/request/reference"));
    me.open(&path).await;
    me.page.heading("Charged twice").wait().await;
    // Leaving the field saves; the button stays under the press that left it.
    let button = me.button("request.send").element().await.to_json().unwrap();
    let place = async || {
        let top = "return arguments[0].getBoundingClientRect().top + scrollY";
        me.page.run(top, vec![button.clone()]).await
    };
    let before = place().await;
    me.field("request.write").fill("Still twice").await;
    me.page.press(Key::Tab).await;
    me.page.see(&me.words.start("draft.saved")).await;
    assert_eq!(place().await, before);
    me.page.cdp("Network.clearBrowserCookies", json!({})).await;
    me.press("request.send").await;
    me.see("outbox.needs_login").await;
    me.good().await;
    me.press("nav.sign_in").await;
    me.prove(&server, MEMBER).await;
    // Back where it was written.
    me.page.at_path(&path).await;
    me.page.heading("Charged twice").wait().await;
    me.page.not_see(&me.say("outbox.tag")).await;
    me.page.see("Still twice").await;
    let timeline = format!("/requests/{id}/timeline");
    let timeline = member.get(&timeline).send().await.expect_status(200).text();
    assert_eq!(timeline.matches("Still twice").count(), 1, "{timeline}");
    me.page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_a_dying_server_cuts_goes_on_where_it_was() {
    let (mut server, _browser, me) = customer_in(EN).await;
    me.page.window(Window::Narrow).await;
    me.open(&Customer::form_path()).await;
    me.describe("Charged twice", "Twice in March.").await;
    me.detail("INV-2042").await;
    let letter = "Charged twice in March.\n".repeat(150_000).into_bytes();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, &letter).unwrap();
    me.page.slow_network(400_000).await;
    me.page.choose_files(&[&file]).await;
    let part = me.words.start("upload.uploading");
    until("the first pieces", || async {
        let text = me.page.text().await;
        let percent = text.split(&part).nth(1).unwrap_or_default().trim_start();
        let begun = percent.starts_with(|c: char| ('1'..='9').contains(&c));
        begun.then_some(()).ok_or(text)
    })
    .await;
    server.kill();
    server.restart().await;
    network_is_back(&me).await;
    me.see("upload.uploaded").await;
    let begun = "return performance.getEntriesByType('resource').filter(e => e.name.endsWith('/attachments')).length";
    assert_eq!(me.page.run(begun, vec![]).await, json!(1), "begun anew");
    me.good().await;
    me.give_contact(GUEST).await;
    me.send().await;
    let codes = me.sent().await;
    assert_eq!(codes.files(&server.guest()).await, [letter]);
}
