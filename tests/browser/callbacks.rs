//! Asking to be rung: about a request and about nothing in particular, by everybody, wherever they are, exactly once.

use portico_tests::api::complaint;
use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{
    Browser, Customer, Fault, FaultProxy, Language, Options, Server, Words, until,
};
use serde_json::{Value, json};

use crate::setting::{GUEST, MEMBER, desk_resolves};

const SUBJECT: &str = "三月的帳單重複扣款";
const NUMBER: &str = "+852 2345 6789";
/// A Monday. The browser's own clock is wrong by months.
const NOW: &str = "2026-03-02T10:00:00+08:00";
/// The Saturday after it, when nobody answers the telephone.
const CLOSED: &str = "2026-03-07T10:30";
/// The server does it, and the browser neither hears of it nor asks again by itself.
const CUT: Fault = Fault::CutAnswer(20);
/// The Tuesday.
const OPEN: &str = "2026-03-03T09:30";

/// Somebody in Los Angeles in front of a company in Shanghai that answers the telephone from Monday to Friday.
async fn abroad(language: Language) -> (Server, FaultProxy, Browser, Customer) {
    let contact = "time_zone = \"Asia/Shanghai\"\n[[contacts]]\nchannel = \"phone\"\n\
        value = { en = \"021-0000\", zh-Hans = \"021-0000\", zh-Hant = \"021-0000\" }\n\
        hours = [{ days = [1, 2, 3, 4, 5], from = \"09:00\", to = \"18:00\" }]\n";
    let options = Options {
        test_clock: true,
        config: Some(contact.to_owned()),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    clock(&server, NOW).await;
    let proxy = FaultProxy::start(server.port(), 7).await;
    let browser = Browser::with(Setup {
        languages: language.asked,
        ..Setup::default()
    })
    .await;
    browser.page().zone("America/Los_Angeles").await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, &server, proxy.origin()).await;
    (server, proxy, browser, me)
}

async fn clock(server: &Server, now: &str) {
    let set = server.desk().post("/clock").json(&json!({"now": now}));
    set.send().await.expect_status(200);
}

/// Whom the desk is to ring.
async fn wishes(server: &Server) -> Vec<Value> {
    let list = server.desk().get("/callbacks").send().await;
    let list = list.expect_status(200).json;
    list["items"].as_array().unwrap().clone()
}

/// Waits until the line below the form says that it is kept.
async fn kept(me: &Customer) {
    me.page.see(&me.words.start("draft.saved")).await;
}

async fn a_guest_asks(language: Language) {
    let (server, proxy, _browser, me) = abroad(language).await;
    me.open("/").await;
    me.page.link(me.say("callback.action")).click().await;
    me.arrive("callback.title").await;
    me.field("callback.time").wait().await;
    me.page.see("09:00").await;
    // What people call the zone, not its name in a register.
    me.page.see(&me.words.start("form.zone")).await;
    me.page.not_see("Asia/Shanghai").await;
    me.good().await;
    me.press("callback.send").await;
    me.see("problem.title").await;
    me.good().await;
    me.field("submit.name").fill("陳大文").await;
    me.field("submit.phone").fill(NUMBER).await;
    me.field("callback.topic").fill("三月的帳單").await;
    me.field("callback.time").set_value(CLOSED).await;
    // What nobody can answer is said at its field, and everything stays.
    me.press("callback.send").await;
    me.page.see(&me.words.start("callback.closed")).await;
    let invalid = me.field("callback.time").attribute("aria-invalid").await;
    assert_eq!(invalid.as_deref(), Some("true"));
    me.good().await;
    kept(&me).await;
    me.page.reload().await;
    me.field("callback.time").wait().await;
    assert_eq!(me.field("submit.phone").value().await, NUMBER);
    assert_eq!(me.field("callback.time").value().await, CLOSED);
    me.field("callback.time").set_value(OPEN).await;
    // The evening before where the customer is.
    me.page.see(&me.words.start("callback.both")).await;

    proxy.offline(true);
    me.press("callback.send").await;
    // Where it can be seen, however far down the button is.
    let unsure = [
        ("action", &*me.say("callback.send")),
        ("reason", &me.say("failure.network")),
    ];
    let unsure = me.words.with("request.unsure", &unsure);
    me.page.focus_on("generic", &unsure).await;
    me.good().await;
    assert_eq!(me.field("callback.topic").value().await, "三月的帳單");
    proxy.offline(false);
    // The server does it, and nobody hears of it: the same again is the same.
    proxy.once("POST", "/portal/v1/callbacks", CUT);
    me.press("callback.send").await;
    until("the wish at the desk", || async {
        let wishes = wishes(&server).await;
        (wishes.len() == 1)
            .then_some(())
            .ok_or_else(|| format!("{wishes:?}"))
    })
    .await;
    me.see("failure.foreign").await;
    me.press("callback.send").await;
    let done = me.say("callback.done_title");
    me.page.focus_on("heading", &done).await;
    me.page.see(NUMBER).await;
    me.page.see("三月的帳單").await;
    me.good().await;
    let wishes = wishes(&server).await;
    assert_eq!(wishes.len(), 1, "{wishes:?}");
    assert_eq!(wishes[0]["contact"]["name"], "陳大文");
    let at = wishes[0]["preferred_at"].as_str().unwrap();
    assert!(
        at.starts_with("2026-03-03T09:30"),
        "in the company's zone: {at}"
    );
    // Nothing of it is left to go on with.
    me.open("/").await;
    me.page.link(has(&me.label(""))).wait().await;
    me.page.not_see(&me.say("home.draft_callback")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_asks_to_be_rung_in_traditional_chinese() {
    a_guest_asks(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_asks_to_be_rung_in_simplified_chinese() {
    a_guest_asks(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_asks_to_be_rung_in_english() {
    a_guest_asks(EN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holiday_is_named_before_it_is_chosen_and_the_next_wish_begins_anew() {
    let (server, _proxy, _browser, me) = abroad(EN).await;
    clock(&server, "2026-09-20T10:00:00+08:00").await;
    me.open("/callback").await;
    me.field("submit.phone").fill(NUMBER).await;
    me.page.see("Thursday 1 October to").await;
    me.page.see("(National Day)").await;
    me.field("callback.topic").fill("The bill").await;
    me.field("callback.time")
        .set_value("2026-10-01T10:00")
        .await;
    me.see("callback.is_holiday").await;
    me.good().await;
    me.press("callback.send").await;
    me.see("problem.title").await;
    let invalid = me.field("callback.time").attribute("aria-invalid").await;
    assert_eq!(invalid.as_deref(), Some("true"));
    me.good().await;
    assert_eq!(wishes(&server).await.len(), 0);
    me.field("callback.time")
        .set_value("2026-09-30T10:00")
        .await;
    me.press("callback.send").await;
    me.arrive("callback.done_title").await;
    assert_eq!(wishes(&server).await.len(), 1);
    // The way that led here leads here once more.
    me.page.link(me.say("callback.action")).click().await;
    me.arrive("callback.title").await;
    me.field("callback.topic").wait().await;
    assert_eq!(me.field("callback.topic").value().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_arrived_and_was_changed_is_not_sent_twice_unasked() {
    let (server, proxy, _browser, me) = abroad(EN).await;
    me.open("/callback").await;
    me.field("submit.phone").fill(NUMBER).await;
    me.field("callback.topic").fill("The bill").await;
    me.field("callback.time").set_value(OPEN).await;
    proxy.once("POST", "/portal/v1/callbacks", CUT);
    me.press("callback.send").await;
    me.see("failure.foreign").await;
    // Kept on this device, also from one visit to the next.
    me.open("/").await;
    me.see("home.draft_callback").await;
    me.page.link(me.say("draft.continue")).click().await;
    me.field("callback.topic").fill("The bill of March").await;
    me.press("callback.send").await;
    me.see("callback.arrived_before").await;
    me.good().await;
    assert_eq!(wishes(&server).await.len(), 1);
    assert_eq!(
        me.field("callback.topic").value().await,
        "The bill of March"
    );
    me.press("callback.send").await;
    me.arrive("callback.done_title").await;
    assert_eq!(wishes(&server).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_asks_about_a_request_and_sees_there_that_it_took_place() {
    let (server, _proxy, _browser, me) = abroad(EN).await;
    me.sign_in(&server, MEMBER).await;
    let member = server.customer(MEMBER).await;
    let named = member
        .call(reqwest::Method::PATCH, "/me")
        .json(&json!({"name": "Chan Tai Man"}));
    named.send().await.expect_status(200);
    let created = member.submit(&complaint(SUBJECT, None)).await;
    let id = created.text_at("/request/id");
    let path = format!("/requests/{}", created.text_at("/request/reference"));
    me.open(&path).await;
    me.see("callback.offer").await;
    me.page.link(me.say("callback.offer_action")).click().await;
    me.arrive("callback.title").await;
    me.field("callback.topic").wait().await;
    assert_eq!(me.field("callback.topic").value().await, SUBJECT);
    assert_eq!(me.field("submit.name").value().await, "Chan Tai Man");
    me.good().await;
    me.field("submit.phone").fill(NUMBER).await;
    me.field("callback.time").set_value(OPEN).await;
    me.press("callback.send").await;
    me.arrive("callback.done_title").await;
    me.page.see("3 March 2026 at 09:30 GMT+8").await;
    me.page.see("2 March 2026 at 17:30 GMT-8").await;
    me.page.link(me.say("callback.to_request")).click().await;
    me.page.heading(SUBJECT).wait().await;
    me.page.see(&me.words.start("callback.event")).await;
    me.page.see("3 March 2026 at 09:30 GMT+8").await;

    // The desk has rung: the page says so by itself.
    let wish = wishes(&server).await.remove(0);
    assert_eq!(wish["request_id"], id.as_str());
    clock(&server, "2026-03-03T09:33:00+08:00").await;
    let done = format!("/callbacks/{}/done", wish["id"].as_str().unwrap());
    server.desk().post(&done).send().await.expect_status(200);
    me.page.see(&me.words.start("callback.event_done")).await;
    me.page.see("3 March 2026 at 09:33 GMT+8").await;
    me.good().await;

    // After the result there is a call of its own kind.
    desk_resolves(&server, &id, "It was paid back.").await;
    me.see("callback.offer_ended").await;
    me.page.link(me.say("callback.offer_action")).click().await;
    me.field("callback.topic").wait().await;
    let topic = me.words.with("callback.follow_up", &[("subject", SUBJECT)]);
    assert_eq!(me.field("callback.topic").value().await, topic);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_with_a_query_code_asks_about_that_request_and_nobody_else_does() {
    let (server, _proxy, _browser, me) = abroad(ZH_HANT).await;
    let created = server
        .guest()
        .submit(&complaint(SUBJECT, Some(GUEST)))
        .await;
    let codes = portico_tests::Codes {
        reference: created.text_at("/request/reference"),
        query_code: created.text_at("/query_code"),
    };
    let path = format!("/callback/{}", codes.reference);
    me.open(&path).await;
    me.see("callback.not_here").await;
    me.good().await;
    me.page.link(me.say("callback.without")).wait().await;
    me.track(&codes).await;
    me.page.heading(SUBJECT).wait().await;
    me.page.link(me.say("callback.offer_action")).click().await;
    me.field("submit.phone").fill(NUMBER).await;
    me.field("callback.time").set_value(OPEN).await;
    me.press("callback.send").await;
    me.arrive("callback.done_title").await;
    me.page.link(me.say("callback.to_request")).click().await;
    me.page.see(&me.words.start("callback.event")).await;
    me.good().await;
    assert_eq!(
        wishes(&server).await[0]["reference"],
        codes.reference.as_str()
    );
}
