//! Journeys 1 and 2 in a real browser, with a real desk behind the server.

use crate::{
    agents::Desk,
    contract::{Gateway, address, ticket},
};
use chrono::{TimeDelta, Utc};
use portico_tests::{
    Browser, Customer, Words,
    browser::Setup,
    journeys::{Loss, complain_and_follow, decline_and_accept, rows},
    until,
    words::ZH_HANT,
};
use serde_json::json;

const SUBJECT: &str = "三月的帳單重複扣款";

pub(crate) async fn a_guest_complains_without_network_and_follows_the_next_day(desk: Desk) {
    let mut gateway = Gateway::before(&desk, false).await;
    let request = complain_and_follow(&mut gateway.server, ZH_HANT, Loss::Offline).await;
    let there = desk.agent.all(&ticket(&desk, &request).await).await;
    for part in ["INV-2042", "wall.png", ".jpg"] {
        assert!(there.contains(part), "{part}: {there}");
    }
}

pub(crate) async fn a_customer_talks_decides_confirms_and_rates(desk: Desk) {
    let gateway = Gateway::before(&desk, true).await;
    let server = &gateway.server;
    let browser = Browser::with(Setup {
        languages: ZH_HANT.asked,
        ..Setup::default()
    })
    .await;
    let words = Words::of(ZH_HANT);
    let me = Customer::new(browser.page(), words, server, server.origin()).await;
    let member = address();
    me.sign_in(server, &member).await;
    me.fill_form(SUBJECT, "三月五日與三月七日各扣了一次。", None)
        .await;
    me.send().await;
    me.sent().await;
    me.page.link(me.say("sent.track")).click().await;
    me.page.heading(SUBJECT).wait().await;
    let id = rows(server).await[0]["id"].as_str().unwrap().to_owned();
    let ticket = ticket(&desk, &id).await;

    // What the desk answers is seen live, without reloading, and replied to.
    let mark = "window.portico_same_document = true";
    me.page.run(mark, vec![]).await;
    desk.agent.answer(&ticket, "請問是同一張信用卡嗎？").await;
    me.page.see("請問是同一張信用卡嗎？").await;
    let reply = "是同一張，末四碼 4242。";
    me.field("request.write").fill(reply).await;
    me.press("request.send").await;
    me.page.see(reply).await;
    until("the desk to read it", || async {
        let there = desk.agent.all(&ticket).await;
        if there.contains("4242") {
            Ok(())
        } else {
            Err(there)
        }
    })
    .await;

    decline_and_accept(&me, server, &id).await;
    desk.agent.resolve(&ticket).await;
    me.see("request.solved_question").await;
    me.press("request.confirm").await;
    me.see("request.confirmed").await;
    let same = "return window.portico_same_document";
    assert_eq!(me.page.run(same, vec![]).await, json!(true));
    assert_eq!(rows(server).await[0]["status"], "closed");
    me.good().await;

    // Asked later how it was, in four dimensions.
    let later = (Utc::now() + TimeDelta::days(3)).to_rfc3339();
    let clock = server.desk().post("/clock").json(&json!({"now": later}));
    clock.send().await.expect_status(200);
    let link = until("the letter that asks", || async {
        let letters = server.letters_to(&member);
        let mut words = letters
            .iter()
            .flat_map(|letter| letter.text.split_whitespace());
        let link = words.find_map(|word| word.find("/surveys/").map(|at| word[at..].to_owned()));
        link.ok_or_else(|| format!("{letters:#?}"))
    })
    .await;
    me.open(link.split('?').next().unwrap()).await;
    me.button("form.continue").wait().await;
    for dimension in 0..4 {
        me.page.radio("5").nth(dimension).click().await;
    }
    me.press("form.continue").await;
    me.button("survey.send").wait().await;
    me.good().await;
    me.press("survey.send").await;
    me.see("survey.sent").await;
    me.good().await;
    assert_eq!(rows(server).await[0]["survey"]["state"], "answered");
}
