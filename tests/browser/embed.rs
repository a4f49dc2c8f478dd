//! Journey 4: the portal in a company's own site, by one tag, under a strict policy. The host is another origin of the
//! portal's site (`www.shop`, `help.shop`) or another site (`help.other`), where the browser keeps nothing.

use portico_tests::framed::{FAR, NEAR, Place, READY, ann, holds, press, write};
use portico_tests::host::{HostSite, portal_at};
use portico_tests::{Look, Words, api, until};
use serde_json::json;
use thirtyfour::Key;

use crate::setting::rows;

const TAG: &str =
    "<portico-portal id=\"one\"><a href=\"https://help.shop.example/\">Help</a></portico-portal>";

async fn signed_in_customer_is_signed_in(portal: &str) {
    let place = Place::new().await;
    let member = place.server.customer("ann@example.com").await;
    let body = api::complaint("Charged twice", None);
    let created = member.submit(&body).await;
    place.host.sign_in(Some(ann()));
    let script = "document.getElementById('one').getToken = token";
    let tag = TAG.replace("id=", "view=\"requests\" id=");
    place.ready(portal, &tag, script).await;
    let inside = place.within(0).await;
    inside.see("Charged twice").await;
    press(&inside, "Charged twice").await;
    inside.see(&created.text_at("/request/reference")).await;
    // Neither our own navigation nor the page's title, nor a bar with the company's name: the host has those.
    inside.not_see("Portico").await;
    inside.clean().await;
    place.out().await;
    let reference = created.text_at("/request/reference");
    let went = json!({"view": "request", "reference": reference});
    assert!(place.heard("navigate").await.contains(&went));
    place
        .holds("return heard.some(([type, detail]) => type === 'unread' && detail.count >= 0)")
        .await;
    place.page().clean().await;
    // The host's own links are the host's.
    place.page().link("Before").click().await;
    assert!(place.page().url().await.ends_with("/#before"));
    // Signing out there ends it here.
    let out = place
        .page()
        .run("return document.getElementById('one').signOut()", vec![])
        .await;
    assert_eq!(out, json!(true));
    let inside = place.within(0).await;
    inside.not_see("Charged twice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_host_is_signed_in_on_the_same_site() {
    signed_in_customer_is_signed_in(NEAR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_host_is_signed_in_on_another_site() {
    signed_in_customer_is_signed_in(FAR).await;
}

const FORM: &str = "<portico-portal id=\"one\" view=\"new\" type=\"billing-complaint\"><a href=\"/\">Help</a></portico-portal>";
const SUBJECT: &str = "return document.querySelector('main input[type=text], main input:not([type])')?.value === 'Charged twice'";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_is_renewed_by_the_host_without_losing_a_character() {
    let place = Place::new().await;
    place.host.sign_in(Some(ann()));
    let script = "document.getElementById('one').getToken = token";
    place.ready(NEAR, FORM, script).await;
    let inside = place.within(0).await;
    write(&inside, "Charged twice").await;
    until("the first sign-in", || async {
        match place.host.tokens() {
            0 => Err("no token was asked for".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
    let listen = "const send = window.fetch; window.fetch = (url, options) => {
        window.bearer = options?.headers?.Authorization ?? window.bearer; return send(url, options) }";
    inside.run(listen, vec![]).await;
    place.out().await;
    let go = async |view: &str| {
        let go = "return document.getElementById('one').navigate(arguments[0])";
        let went = place.page().run(go, vec![json!(view)]).await;
        assert_eq!(went, json!(true));
    };
    go("requests").await;
    let inside = place.within(0).await;
    inside.see(&place.say("requests.empty")).await;
    let bearer = inside.run("return window.bearer", vec![]).await;
    place.out().await;
    // The session ends at the server; the next call finds it so.
    let bearer = bearer
        .as_str()
        .unwrap()
        .trim_start_matches("Bearer ")
        .to_owned();
    let ended = place.server.guest().bearer(bearer);
    let ended = ended.call(reqwest::Method::DELETE, "/session").send();
    ended.await.expect_status(204);
    let before = place.host.tokens();
    go("home").await;
    go("requests").await;
    let inside = place.within(0).await;
    inside.see(&place.say("requests.empty")).await;
    place.out().await;
    until("the host to be asked again", || async {
        match place.host.tokens() > before {
            true => Ok(()),
            false => Err(format!("{before} tokens")),
        }
    })
    .await;
    assert!(place.heard("auth:expired").await.is_empty());
    let back =
        "return document.getElementById('one').navigate('new', { type: 'billing-complaint' })";
    place.page().run(back, vec![]).await;
    let inside = place.within(0).await;
    holds(&inside, SUBJECT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_is_told_in_calm_words() {
    let place = Place::new().await;
    place
        .host
        .sign_in(Some(json!({"aud": "https://somebody.else.example"})));
    let script = "document.getElementById('one').getToken = token";
    place.ready(NEAR, TAG, script).await;
    let inside = place.within(0).await;
    inside.see(&place.say("frame.not_signed_in")).await;
    place.out().await;
    place.holds("return heard.some(([type, detail]) => type === 'error' && detail.code === 'unauthenticated')").await;
    assert!(place.server.log().contains("\"reason\":\"audience\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_browser_keeps_nothing_that_is_said_and_the_server_keeps_the_draft() {
    let place = Place::new().await;
    place.ready(FAR, FORM, "").await;
    let inside = place.within(0).await;
    let kept = inside
        .run(
            "try { localStorage.setItem('a', 'b'); return true } catch { return false }",
            vec![],
        )
        .await;
    assert_eq!(
        kept,
        json!(false),
        "this browser keeps things for a frame of another site"
    );
    inside.see(&place.say("frame.keeps_nothing")).await;
    write(&inside, "Charged twice").await;
    inside.see(&place.say("draft.not_saved")).await;
    place.out().await;
    place.host.sign_in(Some(ann()));
    // Signed in meanwhile, what was written stays, and is kept.
    place
        .page()
        .run("document.getElementById('one').getToken = token", vec![])
        .await;
    let inside = place.within(0).await;
    inside.see(&place.say("frame.kept_with_us")).await;
    holds(&inside, SUBJECT).await;
    write(&inside, "Charged twice").await;
    let with_us = place.words.start("draft.with_us");
    inside.see(&with_us).await;
    place.out().await;
    place
        .ready(FAR, FORM, "document.getElementById('one').getToken = token")
        .await;
    let inside = place.within(0).await;
    holds(&inside, SUBJECT).await;
    assert_eq!(rows(&place.server).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_protocol_from_the_right_page_is_heard() {
    let place = Place::new().await;
    let two = format!("{TAG}<iframe id=\"stranger\" title=\"stranger\"></iframe>");
    place.ready(NEAR, &two, "").await;
    let before = place
        .within(0)
        .await
        .run("return document.body.innerText", vec![])
        .await;
    place.out().await;
    // From the host's window, past the port; through the port of another element; and to the host, from a stranger.
    let fuzz = r"
        let seed = 20261122;
        const random = n => (seed = (seed * 48271) % 2147483647) % n;
        const frame = document.getElementById('one').shadowRoot.querySelector('iframe').contentWindow;
        const kinds = ['hello', 'navigate', 'theme', 'locale', 'prefill', 'signOut', 'token', 'done', 'ready', '', 'resize', '__proto__', 'constructor'];
        const odd = [null, undefined, 0, -1, NaN, 1e308, '', 'x'.repeat(70000), [], {}, true, [[[[]]]], { toJSON: 1 }, new Map([[1, 2]]), 10n,
          { height: 1e9 }, { height: -5 }, { view: '../..' }, { view: 'home', reference: '<b>' }, { tokens: { ink: 'url(x)' } }, { locale: 'xx' }, new Date(), /x/];
        const any = list => list[random(list.length)];
        for (let n = 0; n < 10000; n++) {
          const payload = any(odd);
          const message = any([payload, { v: random(3), type: any(kinds), id: random(5), payload }, { portico: any(kinds), v: random(3), payload }]);
          const ports = Array.from({ length: random(3) }, () => new MessageChannel().port1);
          (random(2) ? frame : window).postMessage(message, '*', ports);
        }
        return true";
    let heard = place.page().run("return heard.length", vec![]).await;
    place.page().run(fuzz, vec![]).await;
    // A call through the right port still works, after all of them were delivered in order.
    let call = "return document.getElementById('one').setTheme({ preset: 'light' })";
    assert_eq!(place.page().run(call, vec![]).await, json!(true));
    assert_eq!(place.page().run("return heard.length", vec![]).await, heard);
    let inside = place.within(0).await;
    assert_eq!(
        inside.run("return document.body.innerText", vec![]).await,
        before
    );
    inside.clean().await;
    place.out().await;
    place.page().clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_through_the_port_itself_changes_nothing() {
    let place = Place::new().await;
    // A host whose own script has gone wrong: it holds the port.
    let script = r"
        const send = Window.prototype.postMessage ?? window.postMessage;
        const frames = [];
        const Channel = window.MessageChannel;
        window.MessageChannel = class extends Channel { constructor() { super(); frames.push(this.port1) } };
        window.ports = frames;";
    let portal = portal_at(&place.server, NEAR);
    place.host.show(&portal, "", TAG, script);
    place.page().open(&place.host.origin()).await;
    place.holds(READY).await;
    let inside = place.within(0).await;
    let before = inside.run("return document.body.innerText", vec![]).await;
    place.out().await;
    let fuzz = r"
        let seed = 7;
        const random = n => (seed = (seed * 48271) % 2147483647) % n;
        const odd = [null, 0, '', 'x'.repeat(70000), [], {}, true, { view: 'nowhere' }, { view: 'request', reference: 'x' }, { locale: 'xx' },
          { preset: 'pink' }, { tokens: [] }, { height: 'x' }, 10n, { fields: 3 }, new Uint8Array(9)];
        const kinds = ['navigate', 'theme', 'locale', 'prefill', 'token', 'nothing', '__proto__', 5, null];
        for (let n = 0; n < 10000; n++) {
          const payload = odd[random(odd.length)];
          const type = kinds[random(kinds.length)];
          // What is right for another kind is still right; only what is right for none may be here.
          if (type === 'prefill' && JSON.stringify([{}, []]).includes(String(payload))) continue;
          ports.at(-1).postMessage(random(4) ? { v: 1, type, id: n + 100, payload } : payload);
        }
        return document.getElementById('one').navigate('home')";
    assert_eq!(place.page().run(fuzz, vec![]).await, json!(true));
    let inside = place.within(0).await;
    assert_eq!(
        inside.run("return document.body.innerText", vec![]).await,
        before
    );
    inside.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_frame_and_the_link_stays() {
    let place = Place::new().await;
    let portal = portal_at(&place.server, NEAR);
    place.host.show(&portal, "", TAG, "");
    place.page().open(&place.host.strange_origin()).await;
    place.holds("return heard.some(([type, detail]) => type === 'error' && detail.code === 'unreachable')").await;
    place.page().link("Help").wait().await;
    assert!(place.heard("ready").await.is_empty());
}

/// In the place of the page's timers: they run out when the test says so, by their milliseconds.
const CLOCK: &str = "window.timers = new Map();
    let last = 1e6;
    window.setTimeout = (act, ms) => (timers.set(++last, { act, ms }), last);
    window.clearTimeout = id => timers.delete(id);
    window.expire = ms => {
      const [id, timer] = [...timers].find(([, timer]) => timer.ms === ms) ?? [];
      timers.delete(id);
      timer?.act();
      return Boolean(timer);
    }";
/// What a frame that has loaded, and one that does not load, has run out of.
const ANSWER: &str = "return expire(5000)";
const PATIENCE: &str = "return expire(15000)";
const UNREACHABLE: &str =
    "return heard.some(([type, detail]) => type === 'error' && detail.code === 'unreachable')";

/// A page with a portal at `at` that nobody has asked for yet, and whose time is the test's.
async fn waits_for(place: &Place, at: &str) {
    let portal = portal_at(&place.server, NEAR);
    let policy = format!("script-src {portal} 'nonce-n0nce'; frame-src {at}");
    let tag = format!(
        "<portico-portal id=\"one\" src=\"{at}\" lazy=\"click\"><a href=\"/\">Help</a></portico-portal>"
    );
    place.host.show_under(&policy, &portal, &tag);
    place.page().open(&place.host.origin()).await;
    place.page().run(CLOCK, vec![]).await;
}

/// A portal whose document answers when it is loaded for the `n`-th time, and counts that.
async fn answers_at_last(n: usize) -> HostSite {
    let portal = HostSite::start().await;
    let page = format!(
        "<!doctype html><title>Portal</title><script>
         localStorage.asked = 1 + Number(localStorage.asked ?? 0);
         if (localStorage.asked === '{n}') addEventListener('message', ({{ ports: [port] }}) => {{
           for (const type of ['here', 'ready']) port.postMessage({{ v: 1, type, payload: {{}} }});
         }});
         </script>"
    );
    portal.put("/", "text/html", "", page);
    portal
}

async fn asked(place: &Place) -> String {
    let inside = place.within(0).await;
    let asked = inside.run("return localStorage.asked", vec![]).await;
    place.out().await;
    asked.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_does_not_answer_is_asked_for_once_more() {
    let place = Place::new().await;
    let portal = answers_at_last(2).await;
    waits_for(&place, &portal.origin()).await;
    let load = "document.getElementById('one').load()";
    place.page().run(load, vec![]).await;
    place.holds(ANSWER).await;
    place.holds(READY).await;
    assert_eq!(asked(&place).await, "2");
    assert!(place.heard("error").await.is_empty());
    // Nothing is left that could run out.
    assert_eq!(place.page().run(ANSWER, vec![]).await, json!(false));
    assert_eq!(place.page().run(PATIENCE, vec![]).await, json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_the_portal_after_it_was_given_up_gets_it() {
    let place = Place::new().await;
    let portal = answers_at_last(3).await;
    waits_for(&place, &portal.origin()).await;
    let load = "document.getElementById('one').load()";
    place.page().run(load, vec![]).await;
    for _ in 0..2 {
        assert!(place.heard("error").await.is_empty());
        place.holds(ANSWER).await;
    }
    place.holds(UNREACHABLE).await;
    place.page().link("Help").wait().await;
    assert!(place.heard("ready").await.is_empty());
    // As a customer does who presses the link again.
    place.page().link("Help").click().await;
    place.holds(READY).await;
    assert_eq!(asked(&place).await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_never_loads_is_told() {
    let place = Place::new().await;
    // It takes a connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    waits_for(&place, &format!("http://silent.shop.localhost:{port}")).await;
    let load = "document.getElementById('one').load()";
    place.page().run(load, vec![]).await;
    assert_eq!(place.page().run(PATIENCE, vec![]).await, json!(true));
    assert!(place.heard("error").await.is_empty());
    assert_eq!(place.page().run(PATIENCE, vec![]).await, json!(true));
    assert_eq!(place.page().run(UNREACHABLE, vec![]).await, json!(true));
    place.page().link("Help").wait().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_script_the_link_leads_to_the_portal() {
    let place = Place::new().await;
    let portal = portal_at(&place.server, NEAR);
    let tag = TAG.replace("https://help.shop.example", &portal);
    place.page().cdp("Network.enable", json!({})).await;
    let block = json!({"urls": ["*/embed/1/portico.js"]});
    place.page().cdp("Network.setBlockedURLs", block).await;
    place.open(NEAR, &tag, "").await;
    assert_eq!(
        place
            .page()
            .run(
                "return customElements.get('portico-portal') === undefined",
                vec![]
            )
            .await,
        json!(true)
    );
    place.page().link("Help").click().await;
    place.page().heading(place.say("home.title")).wait().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_keeps_the_focus_closes_on_escape_and_gives_the_focus_back() {
    let place = Place::new().await;
    let tag = "<portico-portal id=\"one\" mode=\"button\"><a href=\"/\">Help</a></portico-portal>";
    place.open(NEAR, tag, "").await;
    let page = place.page();
    let launcher = page.button("Help");
    launcher.wait().await;
    assert_eq!(page.run("return performance.getEntriesByType('resource').filter(e => e.initiatorType === 'iframe').length", vec![]).await, json!(0));
    page.axe().await;
    launcher.focus().await;
    page.press(Key::Enter).await;
    place.holds(READY).await;
    let inside = place.within(0).await;
    inside.see(&place.say("home.title")).await;
    inside
        .run("document.querySelector('main h1').focus()", vec![])
        .await;
    place.out().await;
    // Round and round: the page behind never has the focus.
    for _ in 0..30 {
        page.press(Key::Tab).await;
        let active = page
            .run(
                "return document.activeElement.id || document.activeElement.localName",
                vec![],
            )
            .await;
        assert!(
            ["one", "body"].contains(&active.as_str().unwrap()),
            "{active}"
        );
    }
    let inside = place.within(0).await;
    inside
        .run("document.querySelector('main a').focus()", vec![])
        .await;
    inside.press(Key::Escape).await;
    place.out().await;
    place
        .holds(
            "return heard.at(-1)[0] === 'close' && document.activeElement.id === 'one' \
        && document.activeElement.shadowRoot.activeElement?.textContent === 'Help'",
        )
        .await;
    page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_goes_in_through_and_out_and_past() {
    let place = Place::new().await;
    place.ready(NEAR, TAG, "").await;
    let page = place.page();
    let inside = place.within(0).await;
    inside.see(&place.say("home.title")).await;
    place.out().await;
    page.clean().await;
    page.axe().await;
    let active = "return document.activeElement.shadowRoot?.activeElement?.localName ?? document.activeElement.id";
    page.link("Before").focus().await;
    page.press(Key::Tab).await;
    assert_eq!(page.run(active, vec![]).await, json!("button"));
    page.press(Key::Tab).await;
    assert_eq!(page.run(active, vec![]).await, json!("iframe"));
    let mut stops = 0;
    while page.run(active, vec![]).await == json!("iframe") {
        page.press(Key::Tab).await;
        stops += 1;
        assert!(stops < 60, "the focus does not leave the frame");
    }
    assert!(stops > 3, "{stops}");
    assert_eq!(page.run(active, vec![]).await, json!("after"));
    // And back, through the same places.
    page.press_with(Key::Shift, Key::Tab).await;
    assert_eq!(page.run(active, vec![]).await, json!("iframe"));
    let mut back = 0;
    while page.run(active, vec![]).await == json!("iframe") {
        page.press_with(Key::Shift, Key::Tab).await;
        back += 1;
        assert!(back <= stops, "the focus does not leave the frame");
    }
    assert_eq!(back, stops);
    assert_eq!(page.run(active, vec![]).await, json!("button"));
    page.press_with(Key::Shift, Key::Tab).await;
    assert_eq!(page.run(active, vec![]).await, json!("before"));
    // Or past all of it.
    page.link("Before").focus().await;
    page.press(Key::Tab).await;
    page.press(Key::Enter).await;
    page.press(Key::Tab).await;
    assert_eq!(page.run(active, vec![]).await, json!("after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_style_sheet_and_a_second_portal_break_nothing() {
    let place = Place::new().await;
    let style = "* { all: unset !important; display: none !important; position: fixed !important; opacity: 0 !important; \
        transform: scale(0) !important; height: 3px !important; pointer-events: none !important } \
        iframe, dialog, button, slot { display: none !important } html, body, main { display: block !important; opacity: 1 !important; \
        transform: none !important; position: static !important; height: auto !important }";
    let second = TAG
        .replace("one", "two")
        .replace("id=", "view=\"track\" id=");
    let portal = portal_at(&place.server, NEAR);
    place.host.show(
        &portal,
        style,
        &format!("{TAG}{second}"),
        "document.getElementById('two').load()",
    );
    place.page().open(&place.host.origin()).await;
    place.holds("return new Set(heard.filter(([type]) => type === 'ready').map(([, , id]) => id)).size === 2").await;
    let seen = "return [...document.querySelectorAll('portico-portal')].every(portal => {
        const frame = portal.shadowRoot.querySelector('iframe'), box = frame.getBoundingClientRect();
        frame.scrollIntoView({ block: 'start' });
        const top = frame.getBoundingClientRect();
        return box.width > 300 && box.height >= 480 && portal.checkVisibility({ opacityProperty: true, visibilityProperty: true })
          && document.elementFromPoint(top.x + 20, Math.max(top.y, 0) + 20) === portal })";
    place.holds(seen).await;
    let first = place.within(0).await;
    first.see(&place.say("home.title")).await;
    place.out().await;
    let second = place.within(1).await;
    second.see(&place.say("track.title")).await;
    place.out().await;
    // What one is told, the other is not.
    let turn = "return document.getElementById('two').navigate('new')";
    assert_eq!(place.page().run(turn, vec![]).await, json!(true));
    let first = place.within(0).await;
    first.see(&place.say("home.title")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_is_drawn_at_once_and_what_cannot_be_read_is_corrected_and_told() {
    let place = Place::new().await;
    place.ready(NEAR, TAG, "").await;
    let set = "return document.getElementById('one').setTheme({ preset: 'light', tokens: { accent: '#ffee00', paper: '#fffdf0', radius: '12px' } })";
    assert_eq!(place.page().run(set, vec![]).await, json!(true));
    place
        .holds("return heard.some(([type]) => type === 'theme:adjusted')")
        .await;
    let told = place.heard("theme:adjusted").await;
    let [token, ground, asked, used] =
        [0, 1, 2, 3].map(|n| told[0]["pairs"][0][n].as_str().unwrap().to_owned());
    assert_eq!(
        (token.as_str(), ground.as_str(), asked.as_str()),
        ("accent", "surface", "#ffee00")
    );
    let inside = place.within(0).await;
    let drawn = inside
        .run(
            "const of = name => getComputedStyle(document.documentElement).getPropertyValue(name);
        return ['--accent', '--paper', '--radius', 'background-color'].map(of)",
            vec![],
        )
        .await;
    assert_eq!(
        drawn,
        json!([used, "#fffdf0", "0.75rem", "rgb(255, 253, 240)"])
    );
    inside.axe().await;
    place.out().await;
    let dark = "return document.getElementById('one').setTheme({ preset: 'dark' })";
    assert_eq!(place.page().run(dark, vec![]).await, json!(true));
    let inside = place.within(0).await;
    holds(
        &inside,
        "return getComputedStyle(document.documentElement).backgroundColor === 'rgb(20, 22, 24)'",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_within_has_the_colours_of_the_page_also_where_the_portal_is_dark() {
    let place = Place::new().await;
    let tag = TAG.replace("id=", "lazy=\"click\" id=");
    place.open(NEAR, &tag, "").await;
    let page = place.page();
    page.look(Look {
        dark: true,
        ..Look::default()
    })
    .await;
    // The page is a light one, whatever the customer's system is.
    let colours = "return ['#before', '#one a'].map(link => getComputedStyle(document.querySelector(link)).color)";
    let colours = page.run(colours, vec![]).await;
    assert_eq!(colours[0], colours[1]);
    page.axe().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn language_prefill_and_consent_are_the_hosts() {
    let place = Place::new().await;
    let tag = FORM.replace("id=", "consent=\"required\" locale=\"zh-Hant\" id=");
    let script = "const one = document.getElementById('one'); one.prefill({ subject: 'Charged twice', fields: { invoice_number: 'INV-1' } }); one.load()";
    place.open(NEAR, &tag, script).await;
    place
        .holds("return heard.some(([type]) => type === 'consent:required')")
        .await;
    assert_eq!(
        place
            .page()
            .run(
                "return document.getElementById('one').shadowRoot.querySelector('iframe') === null",
                vec![]
            )
            .await,
        json!(true)
    );
    place
        .page()
        .run("document.getElementById('one').consent()", vec![])
        .await;
    place.holds(READY).await;
    let inside = place.within(0).await;
    inside
        .see(&Words::of(portico_tests::words::ZH_HANT).say("submit.describe_complaint"))
        .await;
    holds(&inside, SUBJECT).await;
    place.out().await;
    place
        .page()
        .run("document.getElementById('one').setLocale('en')", vec![])
        .await;
    let inside = place.within(0).await;
    inside.see(&place.say("submit.describe_complaint")).await;
    holds(&inside, SUBJECT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_times_put_in_and_taken_out_leaves_nothing() {
    let place = Place::new().await;
    place.ready(FAR, TAG, "").await;
    let page = place.page();
    // Taken out and put in again, until it is ready; at the end out.
    let round = "const next = () => new Promise(done => requestAnimationFrame(done));
        return (async () => {
          one.remove(); await next();
          const ready = new Promise(done => one.addEventListener('portico:ready', () => done(true), { once: true }));
          document.querySelector('main').append(one); one.load();
          return ready;
        })()";
    let rounds = async |count: usize| {
        for n in 0..count {
            assert_eq!(page.run(round, vec![]).await, json!(true), "round {n}");
        }
        page.run("one.remove()", vec![]).await;
    };
    let metrics = async || {
        // What the page has written down of events, and the browser of what it loaded, is not ours.
        page.run(
            "heard.length = 0; performance.clearResourceTimings()",
            vec![],
        )
        .await;
        for _ in 0..3 {
            page.cdp("HeapProfiler.collectGarbage", json!({})).await;
        }
        let metrics = page.cdp("Performance.getMetrics", json!({})).await;
        let named = |name: &str| {
            let all = metrics["metrics"].as_array().unwrap();
            all.iter().find(|m| m["name"] == name).unwrap()["value"]
                .as_f64()
                .unwrap()
        };
        ["JSEventListeners", "Nodes", "Frames", "JSHeapUsedSize"].map(named)
    };
    page.cdp("Performance.enable", json!({})).await;
    page.run("window.one = document.getElementById('one')", vec![])
        .await;
    rounds(10).await;
    let before = metrics().await;
    rounds(100).await;
    let after = until("the frames to be gone", || async {
        let after = metrics().await;
        let grown = |n: usize| after[n] > before[n] * 1.05 + 1.0;
        match (0..4).any(grown) {
            true => Err(format!("{before:?} became {after:?}")),
            false => Ok(after),
        }
    })
    .await;
    assert!(after[2] <= before[2], "{before:?} {after:?}");
}
