//! Journey 2, up to the customer's decision: the desk answers, the customer sees it live, replies, and
//! confirms, reopens, withdraws or edits.

use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{
    Browser, Customer, Fault, FaultProxy, Language, Options, Plan, Server, Window, Words,
};
use serde_json::json;

use crate::setting::{
    MEMBER, customer_in, desk_resolves, desk_sets, desk_writes, only_request, rows,
};

const SUBJECT: &str = "三月的帳單重複扣款";

/// Signs in, sends a complaint and opens it.
async fn complain(me: &Customer, server: &Server) -> String {
    me.sign_in(server, MEMBER).await;
    me.fill_form(SUBJECT, "三月五日與三月七日各扣了一次。", None)
        .await;
    me.send().await;
    let codes = me.sent().await;
    assert_eq!(codes.query_code, "", "who is signed in needs no query code");
    me.good().await;
    me.page.link(me.say("sent.track")).click().await;
    me.page.heading(SUBJECT).wait().await;
    only_request(server).await
}

async fn reply(me: &Customer, text: &str) {
    me.field("request.write").fill(text).await;
    me.press("request.send").await;
    me.page.by("article", has("")).nth(0).wait().await;
    me.page.see(text).await;
}

/// What the desk's newest item of the timeline says.
async fn desk_reads(server: &Server, id: &str, text: &str) {
    portico_tests::until("the desk to read it", || async {
        let request = server.desk().get(&format!("/requests/{id}")).send().await;
        let request = request.expect_status(200).text();
        if request.contains(text) {
            Ok(())
        } else {
            Err(request)
        }
    })
    .await;
}

async fn talk_and_confirm(language: Language) {
    let (mut server, _browser, me) = customer_in(language).await;
    let id = complain(&me, &server).await;
    me.page
        .by("region", me.say("request.progress"))
        .wait()
        .await;
    me.good().await;

    // Live, without reloading.
    let mark = "window.portico_same_document = true";
    me.page.run(mark, vec![]).await;
    desk_writes(&server, &id, "我們正在核對兩筆扣款。").await;
    me.page.see("我們正在核對兩筆扣款。").await;
    let change = json!({"status": "pending", "waiting_on": "customer"});
    desk_sets(&server, &id, change).await;
    me.page.see(&me.words.with("request.turn_yours", &[])).await;

    // The server is restarted in the middle; the page goes on by itself.
    server.stop().await;
    server.restart().await;
    desk_writes(&server, &id, "請問是同一張信用卡嗎？").await;
    me.page.see("請問是同一張信用卡嗎？").await;
    reply(&me, "是同一張，末四碼 4242。").await;
    desk_reads(&server, &id, "末四碼 4242").await;

    desk_resolves(&server, &id, "已退回第二筆扣款。").await;
    me.page.see("已退回第二筆扣款。").await;
    me.see("request.solved_question").await;
    me.good().await;
    me.press("request.confirm").await;
    me.see("request.confirmed").await;
    let same = me
        .page
        .run("return window.portico_same_document", vec![])
        .await;
    assert_eq!(same, json!(true), "nothing was loaded anew");
    assert_eq!(rows(&server).await[0]["status"], "closed");
    me.good().await;

    // Somebody else's account does not open it, by page or by API.
    let reference = rows(&server).await[0]["reference"].clone();
    let other = server.customer("other@example.com").await;
    let path = format!("/requests/{id}");
    other
        .get(&path)
        .send()
        .await
        .expect_problem(404, "not_found");
    drop(_browser);
    let browser = Browser::start().await;
    let second = Customer::new(browser.page(), Words::of(EN), &server, server.origin()).await;
    second.sign_in(&server, "other@example.com").await;
    second
        .open(&format!("/requests/{}", reference.as_str().unwrap()))
        .await;
    second.arrive("request.not_here").await;
    second.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_talks_with_the_desk_and_confirms_in_traditional_chinese() {
    talk_and_confirm(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_talks_with_the_desk_and_confirms_in_simplified_chinese() {
    talk_and_confirm(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_talks_with_the_desk_and_confirms_in_english() {
    talk_and_confirm(EN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_arrive_by_themselves_after_the_stream_was_cut_and_refused() {
    let server = Server::with(Options::unlimited()).await;
    let proxy = FaultProxy::start(server.port(), 2).await;
    let browser = Browser::start().await;
    let me = Customer::new(browser.page(), Words::of(EN), &server, proxy.origin()).await;
    let id = complain(&me, &server).await;
    desk_writes(&server, &id, "First answer").await;
    me.page.see("First answer").await;
    // The stream is cut, then refused twice as a machine on the way would, then let through.
    for _ in 0..2 {
        proxy.once("GET", "/portal/v1/events", Fault::Unavailable);
    }
    proxy.offline(true);
    me.page
        .run("return fetch('/healthz').catch(() => 0)", vec![])
        .await;
    proxy.offline(false);
    desk_writes(&server, &id, "Second answer").await;
    me.page.see("Second answer").await;
    desk_writes(&server, &id, "Third answer").await;
    me.page.see("Third answer").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_does_not_push_away_what_is_being_written() {
    let (server, _browser, me) = customer_in(ZH_HANT).await;
    me.page.window(Window::Narrow).await;
    let id = complain(&me, &server).await;
    let field = me.field("request.write");
    field.focus().await;
    field.type_text("我想補充").await;
    let place = async || {
        let top = "return Math.round(document.activeElement.getBoundingClientRect().top)";
        me.page.run(top, vec![]).await
    };
    let before = place().await;
    let stays = async |text: &str| {
        me.page.see(text).await;
        portico_tests::until("what is written to stand where it stood", || async {
            match place().await {
                now if now == before => Ok(()),
                now => Err(format!("it stands at {now} and not at {before}")),
            }
        })
        .await;
    };
    desk_writes(&server, &id, "我們正在核對兩筆扣款。").await;
    stays("我們正在核對兩筆扣款。").await;
    desk_resolves(&server, &id, "已退回第二筆扣款。").await;
    stays("已退回第二筆扣款。").await;
    assert_eq!(field.value().await, "我想補充");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_have_arrived_is_named_and_tried_again_where_it_is_said() {
    let server = Server::with(Options::unlimited()).await;
    let proxy = FaultProxy::start(server.port(), 6).await;
    let browser = Browser::start().await;
    let me = Customer::new(browser.page(), Words::of(EN), &server, proxy.origin()).await;
    let id = complain(&me, &server).await;
    desk_resolves(&server, &id, "已退款。").await;
    me.see("request.solved_question").await;
    proxy.offline(true);
    me.press("request.confirm").await;
    let unsure = [
        ("action", &*me.say("request.confirm")),
        ("reason", &me.say("failure.network")),
    ];
    let unsure = me.words.with("request.unsure", &unsure);
    me.page.see(&unsure).await;
    proxy.offline(false);
    me.press("action.retry").await;
    me.see("request.confirmed").await;
    assert_eq!(rows(&server).await[0]["status"], "closed");
    me.page.not_see(&unsure).await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_action_answers_is_shown_where_the_next_read_fails() {
    let server = Server::with(Options::unlimited()).await;
    let proxy = FaultProxy::start(server.port(), 5).await;
    let browser = Browser::start().await;
    let me = Customer::new(browser.page(), Words::of(EN), &server, proxy.origin()).await;
    let id = complain(&me, &server).await;
    desk_resolves(&server, &id, "Paid back.").await;
    me.see("request.solved_question").await;
    proxy.follow(Plan {
        percent: 100,
        faults: vec![Fault::Unavailable],
        scope: vec![("GET", "/portal/v1/requests")],
    });
    me.press("request.confirm").await;
    me.see("request.confirmed").await;
    me.button("request.confirm").gone().await;
    me.good().await;
    proxy.follow(Plan::calm());
    desk_writes(&server, &id, "Thank you for telling us.").await;
    me.page.see("Thank you for telling us.").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_too_early_is_reopened_with_a_reason() {
    let (server, _browser, me) = customer_in(ZH_HANT).await;
    let id = complain(&me, &server).await;
    desk_resolves(&server, &id, "已退款。").await;
    me.see("request.solved_question").await;
    me.press("request.reopen_still").await;
    let dialog = me.page.by("dialog", me.say("request.reopen_title"));
    dialog.wait().await;
    me.good().await;
    me.field("request.reopen_comment")
        .fill("我的帳戶還沒有收到。")
        .await;
    me.press("request.reopen").await;
    dialog.gone().await;
    me.see("request.reopened").await;
    me.page.see("我的帳戶還沒有收到。").await;
    assert_eq!(rows(&server).await[0]["status"], "open");
    // What cannot be done now says why.
    me.see("refusal.not_resolved").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_request_is_edited_and_withdrawn() {
    let (server, _browser, me) = customer_in(EN).await;
    complain(&me, &server).await;
    // Who does not want to after all is back where they were.
    me.press("request.edit").await;
    me.page
        .focus_on("textbox", &me.say("request.subject"))
        .await;
    me.press("action.cancel").await;
    me.page.focus_on("button", &me.say("request.edit")).await;
    me.press("request.edit").await;
    me.field("request.subject")
        .fill("Two charges in March")
        .await;
    me.good().await;
    me.press("request.save").await;
    me.see("request.saved").await;
    me.page.heading("Two charges in March").wait().await;
    assert_eq!(rows(&server).await[0]["subject"], "Two charges in March");

    me.press("request.withdraw").await;
    let dialog = me.page.by("dialog", me.say("request.withdraw_title"));
    dialog.wait().await;
    me.press("request.withdraw_keep").await;
    dialog.gone().await;
    me.page
        .focus_on("button", &me.say("request.withdraw"))
        .await;
    me.press("request.withdraw").await;
    dialog.wait().await;
    let sure = me.button("request.withdraw");
    assert_eq!(
        sure.count().await,
        1,
        "what is behind a dialog is out of reach"
    );
    sure.click().await;
    me.see("request.withdrawn").await;
    assert_eq!(rows(&server).await[0]["outcome"], "withdrawn");
    me.see("refusal.already_closed").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_the_desk_in_the_meantime_is_shown_and_nothing_written_is_lost() {
    let server = Server::with(Options::unlimited()).await;
    let proxy = FaultProxy::start(server.port(), 3).await;
    let browser = Browser::start().await;
    let me = Customer::new(browser.page(), Words::of(EN), &server, proxy.origin()).await;
    let id = complain(&me, &server).await;
    // No news reach the page.
    proxy.follow(Plan {
        percent: 100,
        faults: vec![Fault::LoseRequest],
        scope: vec![("GET", "/portal/v1/events"), ("GET", "/portal/v1/changes")],
    });
    me.page.reload().await;
    me.page.heading(SUBJECT).wait().await;
    me.press("request.edit").await;
    me.field("request.subject")
        .fill("Two charges in March")
        .await;
    desk_writes(&server, &id, "Somebody looks at it now.").await;
    me.press("request.save").await;
    me.see("request.stale").await;
    me.page.see("Somebody looks at it now.").await;
    assert_eq!(
        me.field("request.subject").value().await,
        "Two charges in March"
    );
    me.good().await;
    me.press("request.save").await;
    me.see("request.saved").await;
    assert_eq!(rows(&server).await[0]["subject"], "Two charges in March");

    // And an action that the desk has made impossible says so.
    desk_sets(&server, &id, json!({"status": "closed", "outcome": "done"})).await;
    me.press("request.withdraw").await;
    me.page
        .by("dialog", me.say("request.withdraw_title"))
        .wait()
        .await;
    me.press("request.withdraw").await;
    me.see("refusal.already_closed").await;
    me.good().await;
}
