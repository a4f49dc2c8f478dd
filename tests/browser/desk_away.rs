//! Requests that lie at another desk: one that is away when the customer sends, reads and writes, one that has words of
//! its own, and one that refuses.

use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Api, Browser, Customer, Language, Options, RequestTracker, Server, until};
use serde_json::Value;

use crate::setting::{MEMBER, customer_before, only_request};

const SUBJECT: &str = "三月的帳單重複扣款";

/// A server whose every request goes to the desk, and a customer who is signed in.
async fn at_a_desk(desk: &RequestTracker, language: Language) -> (Server, Browser, Customer) {
    let options = Options {
        config: Some(desk.section("default = true\npoll_seconds = 1\n")),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let (browser, me) = customer_before(&server, language).await;
    me.sign_in(&server, MEMBER).await;
    (server, browser, me)
}

/// Sends a complaint and reads its confirmation.
async fn complain(me: &Customer) -> String {
    me.fill_form(SUBJECT, "三月五日與三月七日各扣了一次。", None)
        .await;
    me.send().await;
    me.sent().await.reference
}

/// The request, or its timeline, as the customer is told of it in their language.
async fn told(member: &Api, me: &Customer, id: &str, path: &str) -> Value {
    let call = member.get(&format!("/requests/{id}{path}"));
    let told = call.language(me.words.language.tag).send().await;
    told.expect_status(200).json
}

/// Why the request stands where it does, in the timeline.
async fn explained(member: &Api, me: &Customer, id: &str) -> String {
    let told = told(member, me, id, "/timeline").await;
    let items = told["items"].as_array().unwrap().iter().rev();
    let mut words = items.filter_map(|item| item["explanation"].as_str());
    words.next().unwrap().to_owned()
}

/// The messages of the only ticket, once there are so many.
async fn at_the_desk(desk: &RequestTracker, count: usize) -> Vec<String> {
    until("the messages at the desk", || async {
        let messages = desk.tickets().first().map(|ticket| ticket.messages());
        messages
            .clone()
            .filter(|messages| messages.len() == count)
            .ok_or(format!("{messages:?}"))
    })
    .await
}

async fn the_desk_comes_and_goes(language: Language) {
    let mut desk = RequestTracker::absent().await;
    let (server, _browser, me) = at_a_desk(&desk, language).await;

    // Taken, and on its way.
    let reference = complain(&me).await;
    me.see("request.queued").await;
    me.good().await;
    let (id, member) = (only_request(&server).await, server.customer(MEMBER).await);
    me.page.link(me.say("sent.track")).click().await;
    me.page.heading(SUBJECT).wait().await;
    me.page.heading(me.say("request.turn_ours")).wait().await;
    me.see("request.queued").await;
    let queued = told(&member, &me, &id, "").await;
    me.page.see(queued["status_label"].as_str().unwrap()).await;
    me.good().await;

    // It arrives while the page is open.
    desk.open().await;
    until("the desk to have it", || async {
        let told = told(&member, &me, &id, "").await;
        match told["status"].as_str() {
            Some("new") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    me.page.see(&explained(&member, &me, &id).await).await;
    me.see("request.turn_ours_text").await;
    me.good().await;

    // The desk's own word, on the page and in the list.
    let word = "Wartet auf Teile";
    desk.sets(desk.ticket().id, word);
    me.page.see(word).await;
    me.open("/requests").await;
    me.page.link(has(SUBJECT)).wait().await;
    me.page.see(word).await;
    me.good().await;

    // It is away: what is known is shown with its age, and what is written waits.
    desk.close().await;
    until("the age of what is known", || async {
        let told = told(&member, &me, &id, "").await;
        told["as_of"].as_str().map(drop).ok_or(told.to_string())
    })
    .await;
    me.open("/requests").await;
    me.page.see(&me.words.start("requests.as_of")).await;
    me.good().await;
    me.open(&format!("/requests/{reference}")).await;
    me.page.see(&me.words.start("request.as_of")).await;
    me.field("request.write").fill("還有一張發票。").await;
    me.press("request.send").await;
    me.see("outbox.tag").await;
    me.see("outbox.queued").await;
    me.good().await;
    assert_eq!(desk.ticket().messages().len(), 1);
    desk.open().await;
    assert_eq!(at_the_desk(&desk, 2).await[1], "還有一張發票。");
    me.page.not_see(&me.say("outbox.tag")).await;
    me.page.see("還有一張發票。").await;

    // It refuses: that is said once, and the text is kept for the customer to change.
    desk.refuse("reply");
    me.field("request.write").fill("這張被拒絕。").await;
    me.press("request.send").await;
    me.see("failure.rejected").await;
    me.button("outbox.now").gone().await;
    me.good().await;
    me.press("outbox.edit").await;
    let text = me.field("request.write");
    until("the text to be back", || async {
        match text.value().await {
            value if value == "這張被拒絕。" => Ok(()),
            value => Err(value),
        }
    })
    .await;
    let calls = desk.calls();
    let tried = |call: &&String| call.starts_with("POST") && call.ends_with("/correspond");
    let tries = calls.iter().filter(tried).count();
    assert_eq!(tries, 2, "one was taken and one refused: {calls:?}");
    desk.refuse(None);
    me.press("request.send").await;
    assert_eq!(at_the_desk(&desk, 3).await[2], "這張被拒絕。");
    me.page.not_see(&me.say("outbox.tag")).await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_comes_and_goes_in_traditional_chinese() {
    the_desk_comes_and_goes(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_comes_and_goes_in_simplified_chinese() {
    the_desk_comes_and_goes(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_comes_and_goes_in_english() {
    the_desk_comes_and_goes(EN).await;
}
