//! Signing in at a real provider of OpenID Connect, on another site: there, back to the draft, and out again.

use portico_tests::host::{HostSite, SECRET, portal_at};
use portico_tests::oidc::OidcProvider;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Browser, Customer, Language, Options, Server, Words, until};
use serde_json::json;

use crate::setting::customer_before;

/// What the provider is called in a language.
fn label(language: Language) -> &'static str {
    match language.tag {
        "zh-Hans" => "示例账号",
        "zh-Hant" => "範例帳號",
        _ => "Example account",
    }
}

fn go_there(me: &Customer) -> String {
    let label = label(me.words.language);
    me.words.with("sign_in.continue_with", &[("label", label)])
}

/// Signs in on the provider's own pages, and agrees.
async fn sign_in_there(me: &Customer, name: &str) {
    me.page.field("Enter any login").fill(name).await;
    me.page.field("and password").fill("any").await;
    me.page.button("Sign-in").click().await;
    me.page.button("Continue").click().await;
}

async fn place(language: Language) -> (OidcProvider, Server, Browser, Customer) {
    let provider = OidcProvider::start();
    let options = Options {
        config: Some(provider.configuration()),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let (browser, me) = customer_before(&server, language).await;
    (provider, server, browser, me)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_is_writing_signs_in_at_a_provider_and_goes_on_writing() {
    let (mut provider, server, _browser, me) = place(ZH_HANT).await;
    let page = &me.page;
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    me.describe("重複扣款", "三月扣了兩次").await;
    // The provider is not well yet; nobody leaves for it, and nothing is lost.
    let account = page.link(me.say("nav.sign_in"));
    account.click().await;
    me.arrive("sign_in.title").await;
    page.button(go_there(&me)).click().await;
    me.see("sign_in.trouble_unavailable").await;
    page.axe().await;

    provider.serve(&server);
    me.tab_and_enter("button", &go_there(&me)).await;
    sign_in_there(&me, "ann").await;
    page.link(me.say("nav.account")).wait().await;
    page.heading(me.label("about_bill")).wait().await;
    me.detail("INV-2042").await;
    me.press("form.continue").await;
    me.arrive("submit.check_complaint").await;
    me.send().await;
    let codes = me.sent().await;
    assert_eq!(codes.query_code, "", "sent as a guest");
    let ann = server.customer("ann@example.com").await;
    let mine = ann.all("/requests", 10).await;
    assert_eq!(mine.len(), 1, "{mine:#?}");
    assert_eq!(mine[0]["subject"], "重複扣款");
    assert_eq!(mine[0]["reference"], codes.reference.as_str());

    // Out here and there: next time the provider asks again who it is.
    page.link(me.say("nav.account")).click().await;
    me.arrive("account.title").await;
    me.page.axe().await;
    let label = [("label", label(ZH_HANT))];
    page.see(&me.words.with("account.signed_in_there", &label))
        .await;
    page.button(me.words.with("account.sign_out_there", &label))
        .click()
        .await;
    page.button("Yes, sign me out").click().await;
    me.arrive("home.title").await;
    account.click().await;
    page.button(go_there(&me)).click().await;
    page.field("Enter any login").wait().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tabs_hear_of_a_sign_in_at_a_provider() {
    let (mut provider, server, browser, me) = place(EN).await;
    provider.serve(&server);
    me.open("/track").await;
    me.page.link(me.say("nav.sign_in")).wait().await;
    let second = me.at(browser.new_tab().await);
    second.open("/sign-in?then=%2Ftrack").await;
    second.page.button(go_there(&second)).click().await;
    sign_in_there(&second, "ann").await;
    second.arrive("track.title").await;
    let first = me.at(browser.tab(0).await);
    first.page.link(first.say("nav.account")).wait().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_turns_back_or_is_refused_reads_why_in_every_language() {
    let (mut provider, server, _browser, mut me) = place(EN).await;
    provider.serve(&server);
    me.open("/sign-in?then=%2Frequests").await;
    me.arrive("sign_in.title").await;
    me.page.button(go_there(&me)).click().await;
    me.page.link("[ Cancel ]").click().await;
    me.arrive("sign_in.title").await;
    for language in [ZH_HANS, ZH_HANT, EN] {
        me.read_in(Words::of(language)).await;
        me.see("sign_in.trouble_cancelled").await;
        me.page.button(go_there(&me)).wait().await;
        me.good().await;
    }
    // Somebody whose address the provider has not verified.
    me.page.button(go_there(&me)).click().await;
    sign_in_there(&me, "stranger").await;
    me.see("sign_in.trouble_no_address").await;
    // Where they wanted to go is not forgotten.
    let then = me.page.url().await;
    assert!(then.contains("then=%2Frequests"), "{then}");
    for (word, key) in [
        ("over", "sign_in.trouble_over"),
        ("refused", "sign_in.trouble_refused"),
        ("unavailable", "sign_in.trouble_unavailable"),
        ("too_often", "sign_in.trouble_too_often"),
        ("of-tomorrow", "sign_in.trouble_refused"),
    ] {
        me.open(&format!("/sign-in?trouble={word}")).await;
        me.see(key).await;
    }
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_the_device_does_not_keep_is_not_left_behind() {
    let (mut provider, server, _browser, me) = place(EN).await;
    provider.serve(&server);
    me.open(&Customer::form_path()).await;
    me.arrive("submit.describe_complaint").await;
    let quota = json!({"origin": server.origin(), "quotaSize": 1});
    me.page.cdp("Storage.overrideQuotaForOrigin", quota).await;
    me.describe("Full", "No room is left on this device.").await;
    me.see("draft.not_saved").await;
    me.page.link(me.say("nav.sign_in")).click().await;
    me.arrive("sign_in.title").await;
    me.page.button(go_there(&me)).click().await;
    me.see("sign_in.not_kept").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_frame_no_provider_is_offered() {
    let provider = OidcProvider::start();
    let host = HostSite::start().await;
    let secret = tempfile::tempdir().unwrap();
    let file = secret.path().join("host.key");
    std::fs::write(&file, SECRET).unwrap();
    let config = format!("{}{}", host.configuration(&file), provider.configuration());
    let server = Server::with(Options {
        config: Some(config),
        ..Options::default()
    })
    .await;
    let browser = Browser::start().await;
    let (page, words) = (browser.page(), Words::of(EN));
    let portal = portal_at(&server, "help.shop");
    let tag = "<portico-portal view=\"requests\"><a href=\"/\">Help</a></portico-portal>";
    host.show(&portal, "", tag, "");
    page.open(&host.origin()).await;
    let find =
        "return document.querySelector('portico-portal')?.shadowRoot?.querySelector('iframe')";
    let frame = until("the frame", || async {
        let found = page.driver().execute(find, vec![]).await;
        found
            .and_then(|found| found.element())
            .map_err(|e| e.to_string())
    })
    .await;
    frame.enter_frame().await.unwrap();
    let press = "const at = [...document.querySelectorAll('a')].find(e => e.textContent === arguments[0]); at?.click();
        return Boolean(at)";
    let sign_in = words.say("nav.sign_in");
    until("the way to signing in", || async {
        let pressed = page.run(press, vec![json!(sign_in)]).await;
        pressed
            .as_bool()
            .filter(|done| *done)
            .ok_or("not there".to_owned())
    })
    .await;
    page.see(&words.say("sign_in.send")).await;
    assert!(!page.text().await.contains("Example account"));
}
