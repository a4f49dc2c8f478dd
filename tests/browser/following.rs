//! Colleagues who follow: let in by who sent the request, they read it, and leave when they want.

use portico_tests::api::complaint;
use portico_tests::browser::Setup;
use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{Browser, Customer, Language, Words, until};
use serde_json::json;

use crate::setting::{MEMBER, customer_in, desk_proposes, desk_sets, desk_writes};

const SUBJECT: &str = "三月的帳單重複扣款";
const COLLEAGUE: &str = "colleague@example.com";

/// Waits until so many requests of the list have something that was not seen.
async fn unread(me: &Customer, count: usize) {
    until("the marks of what is new", || async {
        let marks = "return document.querySelectorAll('li.unread').length
            + ' of ' + document.querySelectorAll('.requests li').length";
        let marks = me.page.run(marks, vec![]).await;
        let expected = format!("{count} of 1");
        (marks == expected.as_str())
            .then_some(())
            .ok_or_else(|| marks.to_string())
    })
    .await;
}

async fn a_colleague_follows(language: Language) {
    let (server, _browser, me) = customer_in(language).await;
    me.sign_in(&server, MEMBER).await;
    let member = server.customer(MEMBER).await;
    let created = member.submit(&complaint(SUBJECT, None)).await;
    let id = created.text_at("/request/id");
    let path = format!("/requests/{}", created.text_at("/request/reference"));
    me.open(&path).await;
    me.field("follow.email").fill(COLLEAGUE).await;
    me.press("follow.add").await;
    me.see("follow.changed").await;
    let told = |key: &str| me.words.with(key, &[("email", COLLEAGUE)]);
    me.page.see(&told("follow.event_added")).await;
    until("the letter", || async {
        let letters = server.letters_to(COLLEAGUE);
        (letters.len() == 1 && letters[0].text.contains(&path))
            .then_some(())
            .ok_or_else(|| format!("{letters:?}"))
    })
    .await;

    // The colleague, on a machine of their own.
    let theirs = Browser::with(Setup {
        languages: language.asked,
        ..Setup::default()
    })
    .await;
    let words = Words::of(language);
    let colleague = Customer::new(theirs.page(), words, &server, server.origin()).await;
    colleague.sign_in(&server, COLLEAGUE).await;
    colleague.open("/requests").await;
    colleague.page.link(SUBJECT).wait().await;
    colleague.see("follow.tag").await;
    colleague.good().await;
    // What was there before they came is no news to them; what comes is, until they have seen it.
    unread(&colleague, 0).await;
    desk_writes(&server, &id, "我們已收到帳單。").await;
    unread(&colleague, 1).await;
    colleague.page.link(SUBJECT).click().await;
    colleague.see("follow.me_text").await;
    colleague.see("follow.received_event").await;
    colleague.see("since.title").await;
    colleague.open("/requests").await;
    unread(&colleague, 0).await;
    colleague.open(&path).await;
    desk_writes(&server, &id, "請問兩筆扣款是同一張卡嗎？").await;
    colleague.page.see("同一張卡嗎").await;
    let waits = json!({"status": "pending", "waiting_on": "customer"});
    desk_sets(&server, &id, waits).await;
    colleague.see("follow.turn").await;
    colleague.see("follow.pause").await;
    for hidden in [
        "request.turn_yours",
        "promise.pause_customer",
        "request.write",
        "request.withdraw",
        "callback.offer_title",
    ] {
        colleague.page.not_see(&colleague.say(hidden)).await;
    }
    colleague.good().await;
    // That only the sender asks for a call about it is said before anything is typed.
    colleague
        .open(&path.replacen("/requests/", "/callback/", 1))
        .await;
    colleague.see("callback.following").await;
    colleague.good().await;
    colleague
        .page
        .not_see(&colleague.say("callback.topic"))
        .await;
    colleague
        .page
        .link(colleague.say("callback.to_followed"))
        .click()
        .await;
    colleague.see("follow.turn").await;
    // A proposal is the sender's to answer.
    desk_proposes(&server, &id, "退回其中一筆。").await;
    colleague.see("follow.answer_none").await;
    colleague
        .page
        .not_see(&colleague.say("proposal.answer_none"))
        .await;
    me.see("proposal.answer_none").await;
    let accepted = member.post(&format!("/requests/{id}/actions/accept_proposal"));
    let accepted = accepted.new_key().json(&json!({})).send().await;
    accepted.expect_status(200);
    colleague.see("follow.answer_accepted").await;
    desk_sets(
        &server,
        &id,
        json!({"status": "pending", "waiting_on": "customer"}),
    )
    .await;
    // For whom it belongs to, it is new and their turn all the same.
    me.see("request.turn_yours_text").await;

    colleague.press("follow.stop").await;
    colleague.see("requests.empty").await;
    colleague.good().await;
    colleague.open(&path).await;
    colleague.arrive("request.not_here").await;
    me.see("follow.none").await;
    me.page.see(&told("follow.event_left")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_reads_a_request_and_leaves_it_in_traditional_chinese() {
    a_colleague_follows(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_reads_a_request_and_leaves_it_in_english() {
    a_colleague_follows(EN).await;
}
