//! Journey 5: journeys 1 and 2 without a mouse. The focus shows at every stop and nothing lies over it
//! ([`Page::tab_to`] looks at each); it goes where the customer has to read on.

use portico_tests::browser::Setup;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{Browser, Codes, Customer, Language, Options, Page, Server, Window, Words};
use thirtyfour::Key;

use crate::setting::{
    GUEST, MEMBER, customer_in, desk_proposes, desk_resolves, desk_writes, only_request,
};

/// Tabs to a field, by a part of its name, and types.
async fn type_into(page: &Page, label: &str, text: &str) {
    page.tab_to("textbox", has(label)).await;
    page.type_text(text).await;
}

/// Tabs to the button with this message and presses it.
async fn enter(me: &Customer, key: &str) {
    me.page.tab_to("button", me.say(key)).await;
    me.page.press(Key::Enter).await;
}

async fn a_guest_without_a_mouse(language: Language) {
    let server = Server::with(Options::unlimited()).await;
    let browser = Browser::with(Setup {
        window: Window::Narrow,
        languages: language.asked,
    })
    .await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, &server, server.origin()).await;
    let page = &me.page;
    me.open("/").await;
    me.arrive("home.title").await;
    page.link(has(&me.label(""))).wait().await;
    page.tab_to("link", me.say("layout.skip")).await;
    page.tab_to("link", has(&me.label(""))).await;
    page.press(Key::Enter).await;
    let first = me.say("submit.describe_complaint");
    page.focus_on("heading", &first).await;

    // Sending nothing: the summary has the focus, its link leads to the field.
    enter(&me, "form.continue").await;
    page.focus_on("alert", &me.say("problem.title")).await;
    assert!(
        page.title()
            .await
            .starts_with(&me.words.start("title.error"))
    );
    page.tab_to("link", me.say("submit.enter_subject")).await;
    page.press(Key::Enter).await;
    page.focus_on("textbox", &me.say("submit.subject")).await;
    page.type_text("重複扣款 twice").await;
    type_into(page, &me.say("submit.body"), "Twice in March.").await;
    page.tab_to("radio", has(&me.say("submit.regular"))).await;
    page.press(Key::Up).await;
    page.focus_on("radio", &me.say("submit.urgent")).await;
    enter(&me, "form.continue").await;
    page.focus_on("heading", &me.label("about_bill")).await;
    type_into(page, &me.label("invoice_number"), "INV-2042").await;
    // Back, and forward again: nothing is lost.
    page.back().await;
    page.focus_on("heading", &first).await;
    enter(&me, "form.continue").await;
    page.focus_on("heading", &me.label("about_bill")).await;
    let number = page.field(has(&me.label("invoice_number")));
    assert_eq!(number.value().await, "INV-2042");
    enter(&me, "form.continue").await;
    page.focus_on("heading", &me.label("about_result")).await;
    enter(&me, "form.continue").await;
    page.focus_on("heading", &me.say("submit.files")).await;
    // The button is a real one; what it opens belongs to the system. A paste does the same.
    page.tab_to("button", me.say("upload.choose")).await;
    let photo = me.photo("png").await;
    page.paste_file("screen.png", "image/png", &photo).await;
    me.see("upload.uploaded").await;
    page.tab_to("button", has(&me.say("upload.remove"))).await;
    enter(&me, "form.continue").await;
    page.focus_on("heading", &me.say("submit.contact")).await;
    type_into(page, &me.say("submit.email"), GUEST).await;
    enter(&me, "form.continue").await;
    page.focus_on("heading", &me.say("submit.check_complaint"))
        .await;
    page.tab_to("link", has(&me.say("submit.change"))).await;
    enter(&me, "submit.send_complaint").await;
    page.focus_on("heading", &me.say("sent.title_complaint"))
        .await;
    let codes = me.sent().await;
    page.tab_to("button", has(&me.say("action.copy"))).await;
    me.good().await;

    follow_without_a_mouse(&me, &codes).await;
}

async fn follow_without_a_mouse(me: &Customer, codes: &Codes) {
    let page = &me.page;
    me.open("/").await;
    me.arrive("home.title").await;
    page.tab_to("link", me.say("nav.track")).await;
    page.press(Key::Enter).await;
    page.focus_on("heading", &me.say("track.title")).await;
    page.tab_to("textbox", has(&me.say("track.reference")))
        .await;
    page.press(Key::Enter).await;
    page.focus_on("alert", &me.say("problem.title")).await;
    type_into(page, &me.say("track.reference"), &codes.reference).await;
    type_into(page, &me.say("track.code"), &codes.query_code).await;
    page.press(Key::Enter).await;
    page.focus_on("heading", "重複扣款 twice").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_complains_and_follows_by_keyboard_in_traditional_chinese() {
    a_guest_without_a_mouse(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_complains_and_follows_by_keyboard_in_english() {
    a_guest_without_a_mouse(EN).await;
}

async fn a_member_without_a_mouse(language: Language) {
    let (server, _browser, me) = customer_in(language).await;
    let page = &me.page;
    me.open("/").await;
    me.arrive("home.title").await;
    page.tab_to("link", me.say("nav.sign_in")).await;
    page.press(Key::Enter).await;
    page.focus_on("heading", &me.say("sign_in.title")).await;
    type_into(page, &me.say("sign_in.email"), MEMBER).await;
    page.press(Key::Enter).await;
    page.focus_on("heading", &me.say("sign_in.check_email"))
        .await;
    let code = server.code_for(MEMBER).await;
    type_into(page, &me.say("sign_in.code"), &code).await;
    page.press(Key::Enter).await;
    page.focus_on("heading", &me.say("home.title")).await;

    let body = portico_tests::api::complaint("Charged twice", None);
    let created = server.customer(MEMBER).await.submit(&body).await;
    let id = only_request(&server).await;
    page.tab_to("link", me.say("nav.requests")).await;
    page.press(Key::Enter).await;
    page.focus_on("heading", &me.say("requests.title")).await;
    page.link("Charged twice").wait().await;
    page.tab_to("link", "Charged twice").await;
    page.press(Key::Enter).await;
    page.focus_on("heading", "Charged twice").await;
    assert!(
        page.url()
            .await
            .ends_with(&created.text_at("/request/reference"))
    );

    desk_writes(&server, &id, "Which card was it?").await;
    page.see("Which card was it?").await;
    type_into(page, &me.say("request.write"), "The one ending in 4242.").await;
    enter(&me, "request.send").await;
    page.see("The one ending in 4242.").await;
    me.see("request.sent").await;

    // Why the date is what it is.
    page.tab_to("DisclosureTriangle", has(&me.say("promise.why")))
        .await;
    page.press(Key::Enter).await;
    me.see("promise.days_none").await;
    // A proposal is declined with a word, the next one accepted.
    desk_proposes(&server, &id, "Half of it is paid back.").await;
    page.heading(me.say("proposal.title")).wait().await;
    enter(&me, "proposal.decline").await;
    page.by("dialog", me.say("proposal.decline_title"))
        .wait()
        .await;
    type_into(page, &me.say("proposal.decline_comment"), "All of it.").await;
    enter(&me, "proposal.decline").await;
    me.see("proposal.declined").await;
    desk_proposes(&server, &id, "All of it is paid back.").await;
    page.heading(me.say("proposal.title")).wait().await;
    enter(&me, "proposal.accept").await;
    page.by("dialog", me.say("proposal.accept_title"))
        .wait()
        .await;
    enter(&me, "proposal.accept").await;
    me.see("proposal.accepted").await;

    desk_resolves(&server, &id, "The second charge was paid back.").await;
    me.see("request.solved_question").await;
    // A dialog keeps the focus, gives it back, and closes on Escape.
    let reopen = me.say("request.reopen_still");
    page.press(Key::Home).await;
    enter(&me, "request.reopen_still").await;
    page.tab_to("button", me.say("action.cancel")).await;
    page.press(Key::Escape).await;
    page.focus_on("button", &reopen).await;
    page.press_with(Key::Shift, Key::Tab).await;
    page.focus_on("button", &me.say("request.confirm")).await;
    page.press(Key::Space).await;
    me.see("request.confirmed").await;
    me.good().await;

    // The way back leads to the link that was followed.
    page.back().await;
    page.focus_on("link", "Charged twice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_talks_and_confirms_by_keyboard_in_traditional_chinese() {
    a_member_without_a_mouse(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_talks_and_confirms_by_keyboard_in_english() {
    a_member_without_a_mouse(EN).await;
}
