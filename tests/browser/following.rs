//! Colleagues who follow: let in by who sent the request, they read it, and leave when they want.

use portico_tests::api::complaint;
use portico_tests::browser::Setup;
use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{Browser, Customer, Language, Words, until};
use serde_json::json;

use crate::setting::{MEMBER, customer_in, desk_sets, desk_writes};

const SUBJECT: &str = "三月的帳單重複扣款";
const COLLEAGUE: &str = "colleague@example.com";

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
    colleague.page.link(SUBJECT).click().await;
    colleague.see("follow.me_text").await;
    desk_writes(&server, &id, "請問兩筆扣款是同一張卡嗎？").await;
    colleague.page.see("同一張卡嗎").await;
    let waits = json!({"status": "pending", "waiting_on": "customer"});
    desk_sets(&server, &id, waits).await;
    colleague.see("follow.turn").await;
    for hidden in [
        "request.turn_yours",
        "request.write",
        "request.withdraw",
        "callback.offer_title",
    ] {
        colleague.page.not_see(&colleague.say(hidden)).await;
    }
    colleague.good().await;
    // For whom it belongs to, it is new and their turn all the same.
    me.see("request.turn_yours_text").await;

    colleague.press("follow.stop").await;
    colleague.see("requests.empty").await;
    colleague.good().await;
    colleague.open(&path).await;
    colleague.arrive("request.not_here").await;
    me.page.not_see(COLLEAGUE).await;
    me.see("follow.none").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_reads_a_request_and_leaves_it_in_traditional_chinese() {
    a_colleague_follows(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_reads_a_request_and_leaves_it_in_english() {
    a_colleague_follows(EN).await;
}
