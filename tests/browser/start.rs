//! How the portal starts: nothing runs whose bytes are not those that were built, and whoever cannot run it is told what
//! to do.

use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{Browser, StaticSite, tool, until};
use serde_json::json;
use std::{path::Path, time::Duration};

use crate::setting::customer_in;

#[tokio::test(flavor = "multi_thread")]
async fn icons_that_were_never_shown_are_there_without_network() {
    let (_server, _browser, me) = customer_in(ZH_HANT).await;
    me.open("/").await;
    me.arrive("home.title").await;
    me.page.offline(true).await;
    me.see("offline.text").await;
    let drawn =
        "return [...document.querySelectorAll('svg.icon')].filter(icon => icon.checkVisibility())
        .map(icon => [icon.innerHTML, icon.getBBox().width])";
    until("every icon to be drawn", || async {
        let icons = me.page.run(drawn, vec![]).await;
        let all = icons.as_array().unwrap();
        let warning = all
            .iter()
            .any(|icon| icon[0].as_str().unwrap().contains("#warning"));
        if warning && all.iter().all(|icon| icon[1].as_f64() > Some(0.0)) {
            Ok(())
        } else {
            Err(icons.to_string())
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_webassembly_is_turned_off_the_customer_is_told_what_to_do() {
    let (_server, _browser, me) = customer_in(EN).await;
    let script = json!({"source": "delete globalThis.WebAssembly"});
    me.page
        .cdp("Page.addScriptToEvaluateOnNewDocument", script)
        .await;
    me.open("/").await;
    me.page.heading("This page has stopped").wait().await;
    me.page
        .see("This browser cannot run this page. Bring the browser up to date, or open the page in another one.")
        .await;
    me.page.axe().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_stays_empty_says_so_in_all_languages() {
    let (_server, _browser, me) = customer_in(EN).await;
    // As for a browser that does not understand the script.
    me.page.cdp("Network.enable", json!({})).await;
    let block = json!({"urls": ["*/boot-*"]});
    me.page.cdp("Network.setBlockedURLs", block).await;
    me.open("/").await;
    let english = "If nothing appears here, load this page again, or use a newer browser.";
    me.page.not_see(english).await;
    me.page
        .run(
            "for (const a of document.getAnimations()) a.finish()",
            vec![],
        )
        .await;
    for words in [
        english,
        "如果这里一直没有内容，请重新加载本页面，或使用较新的浏览器。",
        "如果這裡一直沒有內容，請重新載入本頁，或使用較新的瀏覽器。",
    ] {
        me.page.see(words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_long_for_a_slow_network_is_told_so_in_one_language() {
    let (_server, _browser, me) = customer_in(ZH_HANT).await;
    me.page.slow_network(15_000).await;
    me.open("/").await;
    let words = "載入比平常慢，可能是網路不順。請稍候。";
    me.page.see(words).await;
    me.page.not_see("If nothing appears here").await;
    let said = "return document.getElementById('live-polite').textContent";
    assert_eq!(me.page.run(said, vec![]).await, words);
    me.page.latency(Duration::ZERO).await;
    me.arrive("home.title").await;
    me.page.not_see(words).await;
    assert_eq!(me.page.run(said, vec![]).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_read_again_by_itself() {
    let (mut server, _browser, me) = customer_in(EN).await;
    me.open("/track").await;
    me.arrive("track.title").await;
    server.kill();
    // Nobody tells this page that the server is back.
    me.page.link(me.say("measures.title")).click().await;
    me.button("action.retry").wait().await;
    server.restart().await;
    me.see("measures.none").await;
    me.button("action.retry").gone().await;
    me.good().await;
}

/// Copies the site; `change` may change the bytes of each file by its name.
fn copy(from: &Path, to: &Path, change: &dyn Fn(&str, &mut Vec<u8>)) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(name), change);
        } else {
            let mut bytes = std::fs::read(entry.path()).unwrap();
            change(&name, &mut bytes);
            std::fs::write(to.join(name), bytes).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_other_byte_does_not_run() {
    let built = tool("PORTICO_SITE", "target/site");
    let browser = Browser::start().await;
    let page = browser.page();
    for (start, end) in [("boot-", ".js"), ("door-", ".js"), ("door-", ".wasm")] {
        let folder = tempfile::tempdir().unwrap();
        copy(&built, folder.path(), &|name, bytes| {
            if name.starts_with(start) && name.ends_with(end) {
                bytes.push(0x20);
            }
        });
        let site = StaticSite::start(folder.path(), "http://127.0.0.1:9").await;
        page.open(&site.origin()).await;
        if start == "boot-" {
            page.run(
                "for (const a of document.getAnimations()) a.finish()",
                vec![],
            )
            .await;
            page.see("If nothing appears here").await;
        } else {
            page.heading("This page has stopped").wait().await;
            page.see("The page could not be loaded.").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_is_asked_for_once_more_and_then_said() {
    let folder = tempfile::tempdir().unwrap();
    let built = tool("PORTICO_SITE", "target/site");
    copy(&built, folder.path(), &|_, _| {});
    let is_program = |name: &str| name.starts_with("door-") && name.ends_with(".wasm");
    let mut files = std::fs::read_dir(folder.path()).unwrap().flatten();
    let program = files.find(|file| is_program(file.file_name().to_str().unwrap()));
    let program = program.unwrap().path();
    let aside = folder.path().join("aside");
    std::fs::rename(&program, &aside).unwrap();
    let site = StaticSite::start(folder.path(), "http://127.0.0.1:9").await;
    let browser = Browser::start().await;
    let page = browser.page();
    page.open(&site.origin()).await;
    page.see("The page could not be loaded.").await;
    let kind = "return performance.getEntriesByType('navigation')[0].type";
    assert_eq!(page.run(kind, vec![]).await, "reload");
    std::fs::rename(&aside, &program).unwrap();
    page.button("Load again").click().await;
    page.heading("What do you need?").wait().await;
    // The next time it may be asked for once more again.
    let flag = "return sessionStorage.getItem('portico.reloaded')";
    until("the flag to be gone", || async {
        let flag = page.run(flag, vec![]).await;
        if flag.is_null() {
            Ok(())
        } else {
            Err(flag.to_string())
        }
    })
    .await;
}
