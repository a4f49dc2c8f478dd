//! What an engineer has who puts the portal into a site: the page that shows the tag, what says why it does not work,
//! and examples.

use std::process::Command;

use portico_tests::framed::{FAR, NEAR, Place, READY, ann, press, turn_pages};
use portico_tests::host::portal_at;
use portico_tests::{root, until, words};
use serde_json::json;

use crate::setting::only_request;

/// The parts of a company's page with `body` in it; `head` stands before its scripts.
fn page(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title>\
         <link rel=\"icon\" href=\"data:,\">{head}</head><body>{body}</body></html>"
    )
}

/// A policy with these sources of scripts, frames and connections.
fn policy(script: &str, frame: &str, connect: &str) -> String {
    format!(
        "default-src 'none'; script-src {script}; frame-src {frame}; connect-src {connect}; style-src 'self'; \
         img-src data:; base-uri 'none'; object-src 'none'"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_shows_and_copies_the_tag_and_the_portal_as_chosen() {
    let mut place = Place::new().await;
    let portal = portal_at(&place.server, NEAR);
    let demo = format!("{portal}/embed/demo");
    place.page().open(&demo).await;
    // A portal that nobody may frame, itself neither, says so at once.
    let add = format!("To see it here, add {portal} to frame_ancestors as well.");
    place.page().see(&add).await;
    let hosts = format!(
        "frame_ancestors = [\"{}\", \"{portal}\"]\n",
        place.host.origin()
    );
    place.server.reconfigure(hosts).await;
    let page = place.page();
    let heard =
        "window.heard = []; document.addEventListener('portico:ready', e => heard.push(['ready']))";
    page.open(&demo).await;
    page.run(heard, vec![]).await;
    page.field("View").choose("new").await;
    page.field("Request type")
        .set_value("billing-complaint")
        .await;
    page.field("Heading level").choose("2").await;
    page.field("Language").choose("zh-Hant").await;
    let tag = format!(
        "<script src=\"{portal}/embed/1/portico.js\" async></script>\n\n\
         <portico-portal view=\"new\" type=\"billing-complaint\" locale=\"zh-Hant\" heading-level=\"2\">\n  \
         <a href=\"{portal}/\">Write to our service desk</a>\n</portico-portal>"
    );
    page.see(&tag).await;
    page.see(&format!("script-src {portal} frame-src {portal}"))
        .await;
    page.run("document.getElementById('place').scrollIntoView()", vec![])
        .await;
    place.holds(READY).await;
    let inside = place.within(0).await;
    let words = words::Words::of(words::ZH_HANT);
    inside.see(&words.say("submit.describe_complaint")).await;
    place.out().await;
    page.field("Your page's origin")
        .set_value(&place.host.origin())
        .await;
    page.see(&format!(
        "The portal lets {} frame it.",
        place.host.origin()
    ))
    .await;
    page.field("Your page's origin")
        .set_value("https://www.example.com/help")
        .await;
    page.see("\"https://www.example.com/help\" is no origin")
        .await;
    page.field("Your page's origin")
        .set_value("http://www.stranger.example")
        .await;
    page.see("The portal does not let http://www.stranger.example frame it yet")
        .await;
    let allow = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    page.cdp("Browser.grantPermissions", allow).await;
    page.button("Copy").click().await;
    page.see("Copied").await;
    let copied = page
        .run("return navigator.clipboard.readText()", vec![])
        .await;
    assert_eq!(copied, json!(tag));
    page.axe().await;
    page.no_sideways_scroll().await;
    page.clean().await;
}

/// Waits until an element that was refused has said so, and the check has looked into it.
const GIVEN_UP: &str = "return new Promise(done => document.addEventListener('portico:error', done, { once: true }))
    .then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))).then(() => true)";

/// Opens a page of the host, or of a stranger, in which the portal does not work for this reason, with the check in it.
async fn checked(place: &Place, portal: &str, policy: &str, origin: &str) {
    let head = format!(
        "<script nonce=\"n0nce\" src=\"{portal}/embed/1/check.js\"></script>\
         <script src=\"{portal}/embed/1/portico.js\"></script>"
    );
    let tag = "<main><h1>Shop</h1><portico-portal id=\"one\"><a href=\"/\">Help</a></portico-portal></main>";
    place
        .host
        .put("/checked", "text/html", policy, page(&head, tag));
    place.page().open(&format!("{origin}/checked")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_what_the_pages_own_policy_stops() {
    let place = Place::new().await;
    let portal = portal_at(&place.server, NEAR);
    let host = place.host.origin();
    let word = |directive: &str, what: &str| {
        format!(
            "This page's Content-Security-Policy stops {portal}{what}: add its origin to {directive}."
        )
    };
    checked(
        &place,
        &portal,
        &policy("'nonce-n0nce'", &portal, "'none'"),
        &host,
    )
    .await;
    place
        .page()
        .see(&word("script-src-elem", "/embed/1/portico.js"))
        .await;
    place.page().see("portico.js did not run").await;
    checked(&place, &portal, &policy(&portal, "'none'", "'none'"), &host).await;
    place.page().see(&word("frame-src", "")).await;
    // When the element gives up as well, the portal's side is not blamed for it.
    place.page().run(GIVEN_UP, vec![]).await;
    place.page().not_see("frame_ancestors").await;
    // What is in the way of a script may also stand between.
    place.page().cdp("Network.enable", json!({})).await;
    let block = |urls: serde_json::Value| json!({"urls": urls});
    let stop = block(json!(["*/embed/1/portico.js"]));
    place.page().cdp("Network.setBlockedURLs", stop).await;
    checked(&place, &portal, &policy(&portal, &portal, "'none'"), &host).await;
    place
        .page()
        .see("portico.js did not run: it is blocked")
        .await;
    place
        .page()
        .cdp("Network.setBlockedURLs", block(json!([])))
        .await;
    checked(&place, &portal, &policy(&portal, &portal, "'none'"), &host).await;
    place
        .page()
        .see("The portal \"one\" is there and works.")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_a_portal_that_does_not_let_the_page_in() {
    let place = Place::new().await;
    let portal = portal_at(&place.server, NEAR);
    let stranger = place.host.strange_origin();
    let add = format!("add \"{stranger}\" to frame_ancestors in its portico.toml");
    checked(
        &place,
        &portal,
        &policy(&portal, &portal, &portal),
        &stranger,
    )
    .await;
    place
        .page()
        .see(&format!("{portal} does not let this page frame it: {add}"))
        .await;
    // The page's own policy is not blamed for it, nor for what the check itself may not ask.
    place.page().run(GIVEN_UP, vec![]).await;
    place.page().not_see("connect-src").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_storage_that_is_refused() {
    let place = Place::new().await;
    let portal = portal_at(&place.server, FAR);
    let host = place.host.origin();
    checked(&place, &portal, &policy(&portal, &portal, "'none'"), &host).await;
    place
        .page()
        .see(&format!("{portal} seems to be another site than this page"))
        .await;
    place
        .page()
        .see("The browser keeps nothing for the portal on this device.")
        .await;
    place
        .page()
        .see("The portal \"one\" is there and works.")
        .await;
}

/// The page of an example, made into one script as its readers would.
fn bundle(entry: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("page.js");
    let packages =
        ["npm", "examples"].map(|of| root().join(format!("target/tools/{of}/node_modules")));
    let made = Command::new("node")
        .args(["bundle.cjs", entry])
        .arg(&out)
        .current_dir(root().join("examples/embed"))
        .env("NODE_PATH", std::env::join_paths(packages).unwrap())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read_to_string(out).unwrap()
}

/// Sends a complaint in the portal of an example, which says its reference on the page around.
async fn send_a_complaint(place: &Place) {
    let page = place.page();
    let go = "const portal = document.querySelector('portico-portal');
        portal.prefill({ subject: 'Charged twice', body: 'On the 5th and the 7th.' });
        return portal.navigate('new', { type: 'billing-complaint' })";
    assert_eq!(page.run(go, vec![]).await, json!(true));
    let inside = place.within(0).await;
    turn_pages(place, &inside, 4).await;
    press(&inside, &place.say("submit.send_complaint")).await;
    place.out().await;
    page.see("Received: ").await;
    let id = only_request(&place.server).await;
    let request = place.server.desk().get(&format!("/requests/{id}")).send();
    let reference = request.await.expect_status(200).text_at("/reference");
    page.see(&format!("Received: {reference}")).await;
}

/// An example that shows the customer's requests, changes its language and can be put away.
async fn runs_in(entry: &str) {
    let place = Place::new().await;
    let portal = portal_at(&place.server, NEAR);
    place.host.sign_in(Some(ann()));
    let strict = policy(&format!("'self' {portal}"), &portal, "'self'");
    let count = "window.heard = []; document.addEventListener('portico:ready', () => heard.push(['ready']))";
    let head = format!(
        "<script src=\"/count.js\"></script><script src=\"{portal}/embed/1/portico.js\" async></script>\
         <script src=\"/page.js\" defer></script>"
    );
    place
        .host
        .put("/count.js", "text/javascript", "", count.to_owned());
    place
        .host
        .put("/page.js", "text/javascript", "", bundle(entry));
    place.host.put(
        "/page",
        "text/html",
        &strict,
        page(&head, "<div id=\"page\"></div>"),
    );
    let page = place.page();
    page.open(&format!("{}/page", place.host.origin())).await;
    place.holds(READY).await;
    place
        .holds("return document.querySelectorAll('portico-portal').length === 1")
        .await;
    let inside = place.within(0).await;
    inside.see(&place.say("requests.empty")).await;
    place.out().await;
    send_a_complaint(&place).await;
    page.button("繁體中文").click().await;
    let words = words::Words::of(words::ZH_HANT);
    let inside = place.within(0).await;
    inside.see(&words.say("sent.title_complaint")).await;
    place.out().await;
    page.button("Put away").click().await;
    place
        .holds("return document.querySelector('portico-portal') === null")
        .await;
    page.button("Get out").click().await;
    place
        .holds(
            "return heard.length === 2 && document.querySelectorAll('portico-portal').length === 1",
        )
        .await;
    page.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_react_runs() {
    runs_in("react-page.tsx").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_vue_runs() {
    runs_in("vue-page.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_example_runs() {
    let place = Place::new().await;
    let portal = portal_at(&place.server, NEAR);
    place.host.sign_in(Some(ann()));
    let strict = policy(&format!("'self' {portal}"), &portal, "'self'");
    for (name, kind) in [
        ("plain.html", "text/html"),
        ("plain.css", "text/css"),
        ("plain.js", "text/javascript"),
    ] {
        let text = std::fs::read_to_string(root().join("examples/embed").join(name)).unwrap();
        let text = text.replace("https://help.example.com", &portal);
        // A page of a site has an icon, or browsers ask for one.
        let text = text.replace("<title>", "<link rel=\"icon\" href=\"data:,\"><title>");
        place.host.put(&format!("/{name}"), kind, &strict, text);
    }
    let page = place.page();
    page.open(&format!("{}/plain.html", place.host.origin()))
        .await;
    let inside = place.within(0).await;
    inside.see(&place.say("home.title")).await;
    place.out().await;
    until("the site to be asked who it is", || async {
        let asked = place.host.tokens();
        (asked > 0).then_some(()).ok_or(format!("{asked} times"))
    })
    .await;
    send_a_complaint(&place).await;
    page.axe().await;
    page.clean().await;
}
