//! The journeys that are never allowed to break, for whatever desk is behind the server.

use serde_json::{Value, json};

use crate::browser::Setup;
use crate::page::has;
use crate::{
    Browser, Codes, Customer, Fault, FaultProxy, Language, Plan, Server, Window, Words, until,
};

/// The address of somebody without an account.
pub const GUEST: &str = "guest@example.com";

/// How the network is lost.
#[derive(Debug, Clone, Copy)]
pub enum Loss {
    /// The phone knows that it has no network.
    Offline,
    /// Nothing arrives any more, and the phone does not know; the page is opened again later.
    Silence,
    /// The complaint arrives, its answer does not.
    Answer,
}

const SUBJECT: &str = "三月的帳單重複扣款 👩‍👧";
const BODY: &str = "三月五日與三月七日各扣了一次同一筆費用。\n附上兩張畫面，請協助確認。";

/// Every request that the server has.
pub async fn rows(server: &Server) -> Vec<Value> {
    server.desk().all("/requests", 100).await
}

/// Journey 1: a guest on a phone complains with two photos, loses the network while sending, gets a reference and a
/// query code, and follows the case the next day with those two. The server has no other requests, and counts nothing.
/// Gives the id of the request.
pub async fn complain_and_follow(server: &mut Server, language: Language, loss: Loss) -> String {
    let proxy = FaultProxy::start(server.port(), 1).await;
    let setup = Setup {
        window: Window::Narrow,
        languages: language.asked,
    };
    let browser = Browser::with(setup.clone()).await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, server, proxy.origin()).await;
    let photos = [me.photo("png").await, me.photo("jpeg").await];

    me.open("/").await;
    me.arrive("home.title").await;
    assert_eq!(me.page.language().await, language.tag);
    me.page.link(has(&me.label(""))).click().await;
    me.describe(SUBJECT, BODY).await;
    me.detail("INV-2042").await;
    add_photos(&me, &photos).await;
    me.good().await;
    me.give_contact(GUEST).await;
    me.page.see(SUBJECT).await;
    me.page.see("INV-2042").await;
    me.good().await;

    lose(&me, &proxy, loss, true).await;
    me.send().await;
    if !matches!(loss, Loss::Answer) {
        me.see("outbox.tag").await;
        me.see("submit.waiting_title").await;
        me.page.axe().await;
        assert!(rows(server).await.is_empty(), "nothing can have arrived");
    }
    lose(&me, &proxy, loss, false).await;
    if matches!(loss, Loss::Silence) {
        me.open("/").await;
    }
    let codes = match loss {
        Loss::Silence => sent_from_home(&me).await,
        _ => me.sent().await,
    };
    me.good().await;
    me.page.no_sideways_scroll().await;
    assert_ne!(codes.query_code, "", "a guest gets a query code");

    let sent = rows(server).await;
    assert_eq!(sent.len(), 1, "it is one request: {sent:#?}");
    assert_eq!(sent[0]["reference"], codes.reference.as_str());
    assert_eq!(sent[0]["subject"], SUBJECT);
    let files = codes.files(&server.guest()).await;
    assert_eq!(files.len(), 2);
    assert!(
        photos.iter().all(|photo| files.contains(photo)),
        "bit-identical"
    );

    // The next day, on another device.
    server.travel("+25h").await;
    let other = guest_codes(server).await;
    drop(browser);
    let browser = Browser::with(setup).await;
    let me = me.at(browser.page());
    me.track(&Codes {
        query_code: other.query_code,
        ..codes.clone()
    })
    .await;
    me.see("track.no_match").await;
    me.good().await;
    // As people write them down.
    me.track(&Codes {
        reference: codes.reference.to_lowercase().replace('-', ""),
        query_code: codes.query_code.to_lowercase(),
    })
    .await;
    me.page.heading(SUBJECT).wait().await;
    me.page
        .by("region", me.say("request.progress"))
        .wait()
        .await;
    me.see("request.step_now").await;
    me.see("request.timeline").await;
    me.page
        .see("三月五日與三月七日各扣了一次同一筆費用。")
        .await;
    me.page.see("wall.png").await;
    me.page.see(".jpg").await;
    me.good().await;
    me.page.no_sideways_scroll().await;
    // What opens one request opens no other.
    me.open(&format!("/requests/{}", other.reference)).await;
    me.arrive("request.not_here").await;
    me.good().await;
    sent[0]["id"].as_str().unwrap().to_owned()
}

async fn lose(me: &Customer, proxy: &FaultProxy, loss: Loss, lost: bool) {
    match loss {
        Loss::Offline => me.page.offline(lost).await,
        Loss::Silence => proxy.offline(lost),
        Loss::Answer if lost => {
            proxy.once("POST", "/portal/v1/requests", Fault::LoseAnswer);
        }
        Loss::Answer => proxy.follow(Plan::calm()),
    }
}

/// One photo by the button, one by pasting, and waits until both are there.
async fn add_photos(me: &Customer, [png, jpeg]: &[Vec<u8>; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wall.png");
    std::fs::write(&file, png).unwrap();
    me.page.choose_files(&[&file]).await;
    me.page.see("wall.png").await;
    me.page.paste_file("screen.jpg", "image/jpeg", jpeg).await;
    me.page.see("screen.jpg").await;
    until("both files to be uploaded", || async {
        let text = me.page.text().await;
        match text.matches(&me.say("upload.uploaded")).count() {
            2 => Ok(()),
            _ => Err(text),
        }
    })
    .await;
}

/// What was waiting is sent by itself when the portal is opened again, and its codes are offered.
async fn sent_from_home(me: &Customer) -> Codes {
    me.page.link(has(&me.say("outbox.open_sent"))).click().await;
    me.sent().await
}

async fn guest_codes(server: &Server) -> Codes {
    let other = crate::api::complaint("Another one", Some("other@example.com"));
    let created = server.guest().submit(&other).await;
    Codes {
        reference: created.text_at("/request/reference"),
        query_code: created.text_at("/query_code"),
    }
}

/// The middle of journey 2: whoever reads their request at `me` declines the desk's first proposal with a word and
/// accepts the second.
pub async fn decline_and_accept(me: &Customer, server: &Server, id: &str) {
    propose(server, id, "退回一半的金額。").await;
    me.page.heading(me.say("proposal.title")).wait().await;
    me.good().await;
    // Not without a word.
    me.press("proposal.decline").await;
    let dialog = me.page.by("dialog", me.say("proposal.decline_title"));
    dialog.wait().await;
    me.page.button(me.say("proposal.decline")).click().await;
    me.see("proposal.decline_empty").await;
    me.field("proposal.decline_comment").fill("是全額。").await;
    me.page.button(me.say("proposal.decline")).click().await;
    me.see("proposal.declined").await;
    me.page.see("是全額。").await;
    me.good().await;
    propose(server, id, "退回全部金額。").await;
    me.page.heading(me.say("proposal.title")).wait().await;
    me.press("proposal.accept").await;
    let dialog = me.page.by("dialog", me.say("proposal.accept_title"));
    dialog.wait().await;
    me.page.button(me.say("proposal.accept")).click().await;
    me.see("proposal.accepted").await;
    me.good().await;
}

/// The desk proposes a solution.
pub async fn propose(server: &Server, id: &str, text: &str) {
    let path = format!("/requests/{id}/proposal");
    let sent = server.desk().post(&path).json(&json!({"text": text}));
    sent.send().await.expect_status(200);
}
