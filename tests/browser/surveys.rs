//! A survey from the link in a letter: pre-selected and not recorded until it is sent, changed, over; without network;
//! in two tabs; without script. Nothing of the rest of the portal is loaded for it.

use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{
    Browser, Customer, Fault, FaultProxy, Language, Options, Plan, Server, Window, Words,
    api::complaint, until,
};
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::setting::{MEMBER, desk_resolves, only_request};

/// When it is resolved, and when the customer is asked.
const RESOLVED: &str = "2026-03-02T10:00:00+08:00";
const ASKED: &str = "2026-03-03T10:00:01+08:00";

async fn clock(server: &Server, now: &str) {
    let set = server.desk().post("/clock").json(&json!({"now": now}));
    set.send().await.expect_status(200);
}

/// A customer whose complaint was resolved, and the links of the letter that asks about it: to the survey, and to the
/// survey with a rating chosen.
async fn asked(language: Language) -> (Server, Browser, Customer, Vec<String>) {
    let options = Options {
        test_clock: true,
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    clock(&server, RESOLVED).await;
    let member = server.customer(MEMBER).await;
    let body = complaint("三月的帳單重複扣款", None);
    let created = member.submit(&body).await;
    created.expect_status(201);
    let id = only_request(&server).await;
    desk_resolves(&server, &id, "已退回全部金額。").await;
    clock(&server, ASKED).await;
    let links = letter(&server).await;
    let browser = Browser::with(Setup {
        window: Window::Phone,
        languages: language.asked,
    })
    .await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, &server, server.origin()).await;
    (server, browser, me, links)
}

/// The paths of the survey's links in the last letter.
async fn letter(server: &Server) -> Vec<String> {
    until("the letter that asks", || async {
        let letters = server.letters_to(MEMBER);
        let links: Vec<String> = letters
            .iter()
            .flat_map(|letter| letter.text.split_whitespace())
            .filter_map(|word| word.find("/surveys/").map(|at| word[at..].to_owned()))
            .filter(|path| !path.contains("unsubscribe"))
            .collect();
        match links.len() {
            0 => Err(format!("{letters:#?}")),
            _ => Ok(links),
        }
    })
    .await
}

/// The link that brings no answer along.
fn plain(links: &[String]) -> &str {
    links.iter().find(|link| !link.contains('?')).unwrap()
}

/// The link that brings a rating along.
fn rated<'a>(links: &'a [String], rating: &str) -> &'a str {
    links.iter().find(|link| link.ends_with(rating)).unwrap()
}

/// How many responses the request has.
async fn answered(server: &Server) -> usize {
    let id = only_request(server).await;
    let member = server.customer(MEMBER).await;
    let timeline = member.get(&format!("/requests/{id}/timeline")).send().await;
    let items = timeline.expect_status(200).json["items"].clone();
    let items = items.as_array().unwrap().iter();
    items.filter(|item| item["kind"] == "survey").count()
}

async fn chosen(me: &Customer) -> Vec<Value> {
    let read = "return [...document.querySelectorAll('main input[type=radio]:checked')]
        .map(e => [e.name, e.labels[0].textContent.trim()])";
    me.page.run(read, vec![]).await.as_array().unwrap().clone()
}

async fn answer_change_over(language: Language) {
    let (server, _browser, me, links) = asked(language).await;
    // A rating in the link is chosen beforehand, and counts only once it is sent.
    let five = rated(&links, "=5");
    me.open(five).await;
    me.button("form.continue").wait().await;
    assert_eq!(chosen(&me).await.len(), 1);
    assert_eq!(chosen(&me).await[0][1], "5");
    assert_eq!(answered(&server).await, 0);
    me.page.no_sideways_scroll().await;
    me.page.targets_24px().await;
    me.good().await;
    // Nothing but the light survey was loaded.
    assert_eq!(me.page.programs().await, ["light"]);
    // The second scale: attitude.
    me.page.radio("4").nth(1).click().await;
    me.press("form.continue").await;
    me.button("survey.send").wait().await;
    me.good().await;
    me.page
        .by("textbox", portico_tests::Name::Any)
        .nth(0)
        .fill("請更快。<b>謝謝</b>")
        .await;
    me.press("survey.send").await;
    me.see("survey.sent").await;
    me.good().await;
    assert_eq!(answered(&server).await, 1);
    // Changed, as one response.
    me.press("survey.change").await;
    me.button("form.continue").wait().await;
    assert_eq!(chosen(&me).await.len(), 2);
    me.page.radio("3").nth(0).click().await;
    me.press("form.continue").await;
    me.button("survey.send").wait().await;
    me.press("survey.send").await;
    me.see("survey.sent").await;
    assert_eq!(answered(&server).await, 1);
    // Opened again it says so, and keeps what was answered.
    me.open(plain(&links)).await;
    me.see("survey.answered").await;
    me.good().await;
    // Over.
    clock(&server, "2026-06-01T10:00:00+08:00").await;
    me.open(five).await;
    me.see("survey.over").await;
    me.good().await;
    me.open("/surveys/nobody-knows-this-one").await;
    me.see("survey.no_such").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answered_changed_and_over_in_english() {
    answer_change_over(EN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answered_changed_and_over_in_simplified_chinese() {
    answer_change_over(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answered_changed_and_over_in_traditional_chinese() {
    answer_change_over(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_alone() {
    let (server, _browser, me, links) = asked(ZH_HANT).await;
    let page = &me.page;
    me.open(plain(&links)).await;
    me.button("form.continue").wait().await;
    // Nothing chosen: the summary has the focus, its link leads to the question.
    page.tab_to("button", me.say("form.continue")).await;
    page.press(Key::Enter).await;
    page.focus_on("alert", &me.say("problem.title")).await;
    me.good().await;
    let wrong = [
        ("question", "您的問題解決了嗎？"),
        ("problem", &me.say("survey.required")),
    ];
    page.tab_to("link", me.words.with("survey.at_question", &wrong))
        .await;
    page.press(Key::Enter).await;
    page.tab_to("radio", "1").await;
    for _ in 0..4 {
        page.press(Key::Right).await;
    }
    page.focus_on("radio", "5").await;
    page.tab_to("button", me.say("form.continue")).await;
    page.press(Key::Enter).await;
    me.button("survey.send").wait().await;
    page.tab_to("textbox", portico_tests::Name::Any).await;
    page.type_text("謝謝").await;
    page.tab_to("button", me.say("survey.send")).await;
    page.press(Key::Enter).await;
    me.see("survey.sent").await;
    assert_eq!(answered(&server).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_network_and_with_a_lost_answer_it_is_sent_once() {
    let (server, browser, me, links) = asked(EN).await;
    let proxy = FaultProxy::start(server.port(), 11).await;
    let words = Words::of(EN);
    let me = Customer::new(me.page.clone(), words, &server, proxy.origin()).await;
    me.open(rated(&links, "=4")).await;
    me.press("form.continue").await;
    me.button("survey.send").wait().await;
    // The answer of the server is lost.
    proxy.follow(Plan {
        percent: 100,
        faults: vec![Fault::LoseAnswer],
        scope: vec![("POST", "/portal/v1/surveys")],
    });
    me.press("survey.send").await;
    me.see("survey.waiting").await;
    me.good().await;
    // A second tab finds it waiting too, and both come through: one response.
    let second = me.at(browser.new_tab().await);
    second.open(rated(&links, "=4")).await;
    second.see("survey.waiting").await;
    proxy.follow(Plan::calm());
    second.page.reload().await;
    until("the answers to arrive", || async {
        let says = second.page.text().await;
        let mut arrived = ["survey.sent", "survey.answered"].iter();
        match arrived.any(|key| says.contains(&second.say(key))) {
            true => Ok(()),
            false => Err(says),
        }
    })
    .await;
    let first = me.at(browser.tab(0).await);
    first.page.reload().await;
    first.see("survey.answered").await;
    assert_eq!(answered(&server).await, 1);
    // Written without network it waits, and is sent by itself.
    first.press("survey.change").await;
    first.button("form.continue").wait().await;
    first.page.radio("2").nth(0).click().await;
    first.press("form.continue").await;
    first.button("survey.send").wait().await;
    proxy.offline(true);
    first.page.offline(true).await;
    first.press("survey.send").await;
    first.see("survey.waiting").await;
    proxy.offline(false);
    first.page.offline(false).await;
    first.see("survey.sent").await;
    assert_eq!(answered(&server).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_resumes_where_it_was_left_and_is_offered_on_the_request() {
    let (server, browser, me, links) = asked(ZH_HANT).await;
    me.open(plain(&links)).await;
    me.button("form.continue").wait().await;
    me.page.radio("4").nth(0).click().await;
    // As soon as the server has the draft it is there on another device.
    let token = plain(&links).rsplit('/').next().unwrap();
    until("the draft", || async {
        let kept = server
            .guest()
            .get(&format!("/surveys/{token}"))
            .send()
            .await;
        match kept.json["data"]["solving"] == 4 {
            true => Ok(()),
            false => Err(kept.text()),
        }
    })
    .await;
    me.page.reload().await;
    me.button("form.continue").wait().await;
    assert_eq!(chosen(&me).await[0][1], "4");
    let other = Browser::with(Setup {
        languages: ZH_HANT.asked,
        ..Setup::default()
    })
    .await;
    let there = me.at(other.page());
    there.open(plain(&links)).await;
    there.button("form.continue").wait().await;
    assert_eq!(chosen(&there).await[0][1], "4");
    // Who is signed in finds it on the request.
    there.sign_in(&server, MEMBER).await;
    there.open("/requests").await;
    there.page.link(has("三月的帳單重複扣款")).click().await;
    there.page.heading(there.say("survey.offer")).wait().await;
    there.good().await;
    there.press("survey.give").await;
    there.button("form.continue").wait().await;
    drop(browser);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_about_answers_stands_on_the_request_and_on_its_page() {
    let (server, _browser, me, _) = asked(ZH_HANT).await;
    me.open("/service").await;
    me.see("measures.none").await;
    me.good().await;
    let measure = json!({"kinds": ["complaint"],
        "said": {"en": "You wait too long.", "zh-Hans": "等待时间太长。", "zh-Hant": "等候時間太長。"},
        "did": {"en": "Two more people answer.", "zh-Hans": "增加了两名人员。", "zh-Hant": "增加了兩名人員。"}});
    let told = server.desk().post("/measures").json(&measure);
    told.send().await.expect_status(201);
    me.sign_in(&server, MEMBER).await;
    me.open("/requests").await;
    me.page.link(has("三月的帳單重複扣款")).click().await;
    me.page.heading(me.say("measures.request")).wait().await;
    me.page.see("等候時間太長。").await;
    me.good().await;
    me.page.link(me.say("measures.all")).click().await;
    me.arrive("measures.title").await;
    me.page.see("增加了兩名人員。").await;
    me.good().await;
}
