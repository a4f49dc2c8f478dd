//! Every page in every state for everybody: judged by axe in light and dark, wide and narrow, with
//! targets that can be hit and nothing to scroll sideways; and nothing jumps when the application
//! arrives.

use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{Browser, Language, Look, Page, Window, gallery};
use serde_json::json;

use crate::setting::customer_in;

/// What is wrong with one page in one state.
pub(crate) async fn judge(state: &str, page: &Page, wrong: &mut Vec<String>) {
    for window in [Window::Narrow, Window::Wide] {
        page.window(window).await;
        for dark in [false, true] {
            page.look(Look {
                dark,
                reduced_motion: true,
                ..Look::default()
            })
            .await;
            let seen = format!("{state} {window:?}{}", if dark { " dark" } else { "" });
            let found = if dark {
                page.axe_colours().await
            } else {
                page.axe_findings().await
            };
            wrong.extend(found.into_iter().map(|found| format!("{seen}: {found}")));
            if dark {
                continue;
            }
            for found in page.small_targets().await {
                wrong.push(format!("{seen}: too small to press: {found}"));
            }
            for found in page.too_wide().await {
                wrong.push(format!("{seen}: {found}"));
            }
        }
    }
}

async fn everything_is_usable(language: Language) {
    let mut wrong = Vec::new();
    let mut states = 0;
    gallery::walk(language, async |state: &'static str, page: &Page| {
        states += 1;
        judge(state, page, &mut wrong).await;
        assert_eq!(page.language().await, language.tag, "{state}");
        // What stops the portal is an error of the network, which the page reports as one.
        if state != "stopped" {
            page.clean().await;
        }
    })
    .await;
    eprintln!("{}: {states} states", language.tag);
    assert!(wrong.is_empty(), "{}:\n{}", language.tag, wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_state_is_usable_in_traditional_chinese() {
    everything_is_usable(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_state_is_usable_in_simplified_chinese() {
    everything_is_usable(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_state_is_usable_in_english() {
    everything_is_usable(EN).await;
}

/// Adds up what moves without anybody having done anything.
const WATCH_SHIFTS: &str = "window.portico_shift = { sum: 0, what: [] };
  new PerformanceObserver(list => {
    for (const shift of list.getEntries()) {
      if (shift.hadRecentInput) continue;
      window.portico_shift.sum += shift.value;
      window.portico_shift.what.push(...shift.sources.map(s => `${shift.value.toFixed(3)} ${s.node?.outerHTML?.slice(0, 120) ?? s.node}`));
    }
  }).observe({ type: 'layout-shift', buffered: true });";

async fn shifts_least(browser: &Browser, origin: &str, path: &str, heading: &str) {
    let page = browser.page();
    for window in [Window::Wide, Window::Narrow] {
        page.window(window).await;
        // The shell is seen for a while before the application is there.
        page.latency(std::time::Duration::from_millis(150)).await;
        page.open(&format!("{origin}{path}")).await;
        page.heading(heading).wait().await;
        page.run(
            "return fetch('/portal/v1/config').then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))",
            vec![],
        )
        .await;
        let shift = page.run("return window.portico_shift", vec![]).await;
        let sum = shift["sum"].as_f64().unwrap();
        assert!(sum < 0.02, "{path} in {window:?} moved by {sum}: {shift:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_jumps_when_the_application_arrives() {
    let (server, browser, me) = customer_in(ZH_HANT).await;
    me.page
        .cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": WATCH_SHIFTS}),
        )
        .await;
    for (path, heading) in [
        ("/", "home.title"),
        ("/track", "track.title"),
        ("/new/billing-complaint", "submit.describe_complaint"),
        ("/sign-in", "sign_in.title"),
        ("/requests", "requests.title"),
        // Its last part comes when all others are there.
        ("/help", "help.access"),
    ] {
        shifts_least(&browser, &server.origin(), path, &me.say(heading)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_type_and_forced_colours_hide_nothing() {
    let (_server, _browser, me) = customer_in(ZH_HANT).await;
    for path in ["/", "/new/billing-complaint", "/track", "/sign-in"] {
        me.open(path).await;
        me.page
            .heading(portico_tests::Name::Any)
            .nth(0)
            .wait()
            .await;
        me.page
            .look(Look {
                forced_colors: true,
                ..Look::default()
            })
            .await;
        me.good().await;
        me.page.look(Look::default()).await;
        // The spacing of text that anybody may set (WCAG 1.4.12), at twice the size.
        let spacing = "const sheet = new CSSStyleSheet();
          sheet.replaceSync('html { font-size: 200% } * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }');
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]";
        me.page.run(spacing, vec![]).await;
        me.page.no_sideways_scroll().await;
        me.page.clean().await;
    }
}
