//! What a page hands over to the portal in it beside the customer: a context, the view `help`, its policy; and what is
//! left when the customer signs out there.

use portico_tests::framed::{NEAR, Place, READY, ann, holds, press, turn_pages, write};
use portico_tests::host::{HostSite, portal_at};
use portico_tests::server::program;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Browser, Options, Server, Words};
use serde_json::json;

use crate::setting::{customer_in, only_request};

const HOURS: &str = "[[contacts]]\nchannel = \"phone\"\n\
    value = { en = \"400 123 4567\", zh-Hans = \"400 123 4567\", zh-Hant = \"400 123 4567\" }\n\
    hours = [{ days = [1, 2, 3, 4, 5], from = \"09:00\", to = \"18:00\" }]\n\
    [[contacts]]\nchannel = \"phone\"\n\
    value = { en = \"400 123 4567 ext. 8\", zh-Hans = \"400 123 4567 转 8\", zh-Hant = \"400 123 4567 轉 8\" }\n\
    [[contacts]]\nchannel = \"email\"\n\
    value = { en = \"help@example.com\", zh-Hans = \"help@example.com\", zh-Hant = \"help@example.com\" }\n\
    [[contacts]]\nchannel = \"online\"\n\
    value = { en = \"https://www.example.com/help\", zh-Hans = \"https://www.example.com/help\", \
    zh-Hant = \"https://www.example.com/help\" }\n";

const FORM: &str = "<portico-portal id=\"one\" view=\"new\" type=\"billing-complaint\" context=\"order=A-17\">\
    <a href=\"/\">Help</a></portico-portal>";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_says_along_is_shown_before_sending_and_stands_at_the_desk() {
    let place = Place::new().await;
    place.host.sign_in(Some(ann()));
    let script = "const one = document.getElementById('one'); one.getToken = token;
        one.setContext({ page: 'https://www.example.com/cart?q=secret#part', shelf: '7' });
        one.prefill({ subject: 'Charged twice', body: 'On the 5th and the 7th.' })";
    place.ready(NEAR, FORM, script).await;
    let page = place.page();
    // What is about a person is not taken; what was said before does not stay in its place.
    let set = "return document.getElementById('one').setContext(arguments[0])";
    let refused = page.run(set, vec![json!({"who": "ann@example.com"})]).await;
    assert_eq!(refused, json!(false));
    place
        .holds(
            "return heard.some(([type, detail]) => type === 'error' && detail.code === 'context')",
        )
        .await;
    let again = json!({"page": "https://www.example.com/cart?q=secret#part", "shelf": "7"});
    assert_eq!(page.run(set, vec![again]).await, json!(true));
    let inside = place.within(0).await;
    turn_pages(&place, &inside, 4).await;
    let title = place.say("context.title");
    for said in [&title, "https://www.example.com/cart", "A-17", "shelf"] {
        inside.see(said).await;
    }
    inside.not_see("secret").await;
    inside.clean().await;
    press(&inside, &place.say("submit.send_complaint")).await;
    place.out().await;
    place
        .holds("return heard.some(([type]) => type === 'submit:succeeded')")
        .await;
    let server = &place.server;
    let id = only_request(server).await;
    let request = server
        .desk()
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_status(200);
    for said in [
        "https://www.example.com/cart",
        "\"context.order\"",
        "\"context.shelf\"",
    ] {
        assert!(request.text().contains(said), "{said}: {}", request.text());
    }
    assert!(!request.text().contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn help_is_there_in_every_language_in_the_dark_and_for_the_page_around() {
    for language in [ZH_HANT, ZH_HANS, EN] {
        let (_server, _browser, me) = customer_in(language).await;
        me.open("/").await;
        me.page.link(me.say("help.title")).click().await;
        me.arrive("help.title").await;
        for part in [
            "help.promised",
            "ladder.title",
            "help.follow",
            "help.data",
            "help.access",
        ] {
            me.page.heading(me.say(part)).wait().await;
        }
        me.page.see("12315").await;
        let only = "return [...document.querySelectorAll('main dt .hint')].map(hint => hint.textContent).join('\\n')";
        let only = me.page.run(only, vec![]).await;
        let only = only.as_str().unwrap();
        assert!(!only.is_empty());
        assert!(
            language.tag == "en" || !only.contains(", "),
            "{} has a comma of English: {only}",
            language.tag
        );
        me.good().await;
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        me.page.cdp("Emulation.setEmulatedMedia", dark).await;
        me.good().await;
    }
    let server = Server::with(Options {
        config: Some(HOURS.to_owned()),
        ..Options::default()
    })
    .await;
    let browser = Browser::start().await;
    let page = browser.page();
    page.open(&server.url("/help")).await;
    page.see("09:00–18:00").await;
    // What can be dialled, written to or opened is a link, on the page and below it.
    for list in ["main dl", "footer .contact"] {
        let links = "return [...document.querySelectorAll(`${arguments[0]} a`)].map(a => a.getAttribute('href'))
            .filter(href => !href.startsWith('/'))";
        assert_eq!(
            page.run(links, vec![json!(list)]).await,
            json!([
                "tel:4001234567",
                "mailto:help@example.com",
                "https://www.example.com/help"
            ]),
            "{list}"
        );
    }
    let place = Place::new().await;
    let tag = "<portico-portal id=\"one\" view=\"help\"><a href=\"/\">Help</a></portico-portal>";
    place.ready(NEAR, tag, "").await;
    let inside = place.within(0).await;
    inside.see(&place.say("help.follow")).await;
    place.out().await;
    place
        .holds(
            "return heard.some(([type, detail]) => type === 'navigate' && detail.view === 'help')",
        )
        .await;
    place.page().clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_that_the_command_prints_are_all_that_both_sides_need() {
    let host = HostSite::start().await;
    let mut server = Server::with(Options {
        config: Some(String::new()),
        ..Options::default()
    })
    .await;
    let portal = portal_at(&server, "help.shop");
    let mut csp = std::process::Command::new(program());
    csp.args(["csp", "--host", &host.origin(), "--portal", &portal]);
    let printed = String::from_utf8(csp.output().unwrap().stdout).unwrap();
    let line = |name: &str| {
        let found = printed
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(name));
        found
            .unwrap_or_else(|| panic!("{name} is not in {printed}"))
            .to_owned()
    };
    let browser = Browser::start().await;
    let page = browser.page();
    let tag = "<portico-portal id=\"one\"><a href=\"/\">Help</a></portico-portal>";
    // The page has a policy of its own, with nonces and without the portal; the lines stand beside what it has.
    let policy = format!(
        "{} 'nonce-n0nce'; {}; style-src 'nonce-n0nce'; require-trusted-types-for 'script'; trusted-types 'none'",
        line("script-src"),
        line("frame-src"),
    );
    host.show_under(&policy, &portal, tag);
    server.configure(&line("frame_ancestors"));
    server.stop().await;
    server.restart().await;
    page.open(&host.origin()).await;
    holds(&page, READY).await;
    page.clean().await;
    // Without the line of one side or of the other there is no portal, and the link stays.
    let refused = async || {
        page.open(&host.origin()).await;
        holds(
            &page,
            "return heard.some(([type, detail]) => type === 'error' && detail.code === 'unreachable')",
        )
        .await;
        page.link("Help").wait().await;
    };
    host.show_under(
        &policy.replace(&line("frame-src"), "frame-src 'none'"),
        &portal,
        tag,
    );
    refused().await;
    host.show_under(&policy, &portal, tag);
    server.configure("");
    server.stop().await;
    server.restart().await;
    refused().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_type_of_the_company_has_its_own_name_and_form_there() {
    let host = HostSite::start().await;
    let words =
        |en: &str, hans: &str, hant: &str| json!({"en": en, "zh-Hans": hans, "zh-Hant": hant});
    let order = json!({"id": "order", "type": "text", "required": true,
        "label": words("Which order?", "哪一笔订单？", "哪一筆訂單？")});
    let types = json!({"types": [{"id": "send-back", "kind": "return", "steps": "four",
        "name": words("Send something back", "退货", "退貨"),
        "description": words("You do not want to keep it.", "您不想留下它。", "您不想留下它。"),
        "article_ids": [], "fields": [order]}]});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request-types.json");
    std::fs::write(&file, types.to_string()).unwrap();
    let config = format!(
        "request_types = {file:?}\nframe_ancestors = [\"{}\"]\n",
        host.origin()
    );
    let server = Server::with(Options {
        config: Some(config),
        ..Options::default()
    })
    .await;
    let browser = Browser::start().await;
    let page = browser.page();
    let tag =
        "<portico-portal view=\"new\" locale=\"zh-Hant\"><a href=\"/\">Help</a></portico-portal>";
    host.show(&portal_at(&server, "help.shop"), "", tag, "");
    page.open(&host.origin()).await;
    holds(&page, READY).await;
    let find = "return document.querySelector('portico-portal').shadowRoot.querySelector('iframe')";
    let frame = page.driver().execute(find, vec![]).await.unwrap();
    frame.element().unwrap().enter_frame().await.unwrap();
    press(&page, "退貨").await;
    write(&page, "鞋子太小").await;
    let body = "const text = document.querySelector('main textarea'); text.focus(); text.value = 'x';
        for (const type of ['input', 'change']) text.dispatchEvent(new Event(type, { bubbles: true }))";
    page.run(body, vec![]).await;
    press(&page, &Words::of(ZH_HANT).say("form.continue")).await;
    page.see("哪一筆訂單？").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_in_the_page_clears_everything_that_the_portal_kept() {
    let place = Place::new().await;
    place.host.sign_in(Some(ann()));
    let script = "document.getElementById('one').getToken = token";
    place.ready(NEAR, FORM, script).await;
    let inside = place.within(0).await;
    write(&inside, "CANARY subject").await;
    inside.see(&place.words.start("draft.saved")).await;
    place.out().await;
    let page = place.page();
    let home = "return document.getElementById('one').navigate('home')";
    page.run(home, vec![]).await;
    place
        .holds(
            "return heard.some(([type, detail]) => type === 'draft:changed' && detail.count === 1)",
        )
        .await;
    let ended = page
        .run("return document.getElementById('one').signOut()", vec![])
        .await;
    assert_eq!(ended, json!(true));
    place.holds("const drafts = heard.filter(([type]) => type === 'draft:changed'); return drafts.at(-1)[1].count === 0").await;
    let inside = place.within(0).await;
    let kept = "const rows = await new Promise(done => { const open = indexedDB.open('portico'); open.onsuccess = () => {
          const names = [...open.result.objectStoreNames]; const reading = open.result.transaction(names);
          const all = names.map(name => reading.objectStore(name).getAll());
          reading.oncomplete = () => done(all.map(one => one.result)) } });
        return JSON.stringify([rows, { ...localStorage }, { ...sessionStorage }, document.cookie])";
    let kept = inside
        .run(&format!("return (async () => {{ {kept} }})()"), vec![])
        .await;
    assert!(!kept.as_str().unwrap().contains("CANARY"), "{kept}");
    place.out().await;
    let back =
        "return document.getElementById('one').navigate('new', { type: 'billing-complaint' })";
    page.run(back, vec![]).await;
    let inside = place.within(0).await;
    holds(&inside, "return document.querySelector('main input[type=text], main input:not([type])')?.value === ''").await;
    // Whoever comes next is nobody, until the page says otherwise.
    inside.not_see("Ann").await;
}
