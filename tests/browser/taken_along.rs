//! What customers take along: a receipt that proves what was received, a date, a table, the whole case.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, TimeDelta};
use portico_tests::api::{Api, complaint};
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANT};
use portico_tests::{Browser, Customer, Window, until};
use serde_json::{Value, json};

use crate::setting::{GUEST, MEMBER, customer_in, desk_writes, only_request};

const SUBJECT: &str = "=重複扣款 </script><b>\"&";
const BODY: &str = "三月扣了兩次。\n<img src=x onerror=alert(1)>";

/// Sends a complaint with a photo; gives the receipt's file, as it was saved, and its name.
async fn receipt(browser: &Browser, me: &Customer) -> (Vec<u8>, String, Vec<u8>) {
    me.open(&Customer::form_path()).await;
    me.describe(SUBJECT, BODY).await;
    me.detail("INV-2042").await;
    let photo = me.photo("png").await;
    me.page.paste_file("帳單.png", "image/png", &photo).await;
    me.see("upload.uploaded").await;
    me.press("form.continue").await;
    me.give_contact(GUEST).await;
    me.send().await;
    let codes = me.sent().await;
    let name = format!("{}-receipt.html", codes.reference);
    let file = browser.saved(&me.button("sent.receipt"), &name).await;
    (file, codes.reference, photo)
}

/// A file on the customer's own disk.
fn on_disk(browser: &Browser, name: &str, bytes: &[u8]) -> PathBuf {
    let file = browser.profile().join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

async fn check(me: &Customer, file: &Path, says: &str) {
    me.page.choose_files(&[file]).await;
    me.page.heading(me.say(says)).wait().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_checked_without_network_and_no_other_byte_will_do() {
    let (mut server, browser, me) = customer_in(ZH_HANT).await;
    let (file, reference, photo) = receipt(&browser, &me).await;
    me.page.link(me.say("receipt.check_title")).click().await;
    me.arrive("receipt.check_title").await;
    me.good().await;
    // From here on there is no server and no network.
    server.kill();
    me.page.offline(true).await;
    let genuine = on_disk(&browser, "genuine.html", &file);
    check(&me, &genuine, "receipt.genuine").await;
    assert_eq!(me.page.focused().await.role, "generic");
    me.page.see(&reference).await;
    me.page.see(SUBJECT).await;
    me.page.see("<img src=x onerror=alert(1)>").await;
    me.page.see("INV-2042").await;
    me.see("request.urgency").await;
    me.see("urgency.regular").await;
    me.good().await;
    me.page.window(Window::Narrow).await;
    me.page.no_sideways_scroll().await;
    me.good().await;
    // The photo is the one that was sent, another is not.
    let mut other = photo.clone();
    other.push(0);
    let (same, other) = (
        on_disk(&browser, "same.png", &photo),
        on_disk(&browser, "other.png", &other),
    );
    let place = me.button("upload.choose");
    me.page.drop_files(&place, &[&same, &other]).await;
    for (key, name) in [
        ("receipt.file_same", "same.png"),
        ("receipt.file_other", "other.png"),
    ] {
        me.page.see(&me.words.with(key, &[("name", name)])).await;
    }
    me.good().await;

    // One bit anywhere: in the page that people read, in what was signed, in the signature, in the key, at the end.
    let text = String::from_utf8(file.clone()).unwrap();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}")) + 2;
    let seal = text.rfind("<script").unwrap();
    let mut places: Vec<usize> = [
        "<!doctype",
        "三月",
        "{\\\"body",
        "signature\":\"",
        "public_key\":\"",
        "\"page\":\"",
    ]
    .map(place)
    .to_vec();
    places.extend([0, seal - 1, seal + 20, file.len() - 1]);
    // And others, spread over the whole file.
    places.extend((1..12).map(|part| file.len() * part / 12));
    for place in places {
        let mut bytes = file.clone();
        bytes[place] ^= 1;
        let changed = on_disk(&browser, "changed.html", &bytes);
        me.page.choose_files(&[&genuine]).await;
        me.page.heading(me.say("receipt.genuine")).wait().await;
        me.page.choose_files(&[&changed]).await;
        me.page.heading(me.say("receipt.genuine")).gone().await;
        until("a refusal", || async {
            let says = me.page.text().await;
            let mut refused = ["receipt.changed", "receipt.other"].iter();
            match refused.any(|key| says.contains(&me.say(key))) {
                true => Ok(()),
                false => Err(format!("byte {place}: {says}")),
            }
        })
        .await;
    }
    let nothing = on_disk(&browser, "photo.png", &photo);
    check(&me, &nothing, "receipt.other").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_cannot_be_saved_says_so_and_names_the_way() {
    let (_server, _browser, me) = customer_in(EN).await;
    me.fill_form("Charged twice", "Twice in March.", Some(GUEST))
        .await;
    me.send().await;
    me.sent().await;
    // As on a page that is not served securely.
    let insecure = "Object.defineProperty(crypto, 'subtle', { value: undefined })";
    me.page.run(insecure, vec![]).await;
    me.press("sent.receipt").await;
    me.see("receipt.not_saved").await;
    me.good().await;
}

/// The request in the language on screen.
async fn in_words_of(me: &Customer, member: &Api, id: &str) -> Value {
    let asked = member.get(&format!("/requests/{id}"));
    asked.language(me.words.language.tag).send().await.json
}

/// Rows of a table as spreadsheets read them (RFC 4180).
fn cells(csv: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let (mut quoted, mut characters) = (false, csv.chars().peekable());
    while let Some(character) = characters.next() {
        let row = rows.last_mut().unwrap();
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                row.last_mut().unwrap().push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(String::new()),
            ('\r', false) => {}
            ('\n', false) => rows.push(vec![String::new()]),
            (other, _) => row.last_mut().unwrap().push(other),
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dates_the_table_and_the_case_are_saved_as_files() {
    let (server, browser, me) = customer_in(EN).await;
    me.sign_in(&server, MEMBER).await;
    let member = server.customer(MEMBER).await;
    let created = member.submit(&complaint(SUBJECT, None)).await;
    let reference = created.text_at("/request/reference");
    let id = only_request(&server).await;
    desk_writes(&server, &id, "We look into it.").await;
    me.open(&format!("/requests/{reference}")).await;
    me.page.see("We look into it.").await;

    let request = in_words_of(&me, &member, &id).await;
    let promises = request["promises"].as_array().unwrap();
    let reply = promises
        .iter()
        .find(|p| p["key"] == "formal_reply")
        .unwrap();
    let label = reply["label"].as_str().unwrap();
    let save = me
        .page
        .button(has(&format!("{} {label}", me.say("promise.calendar_file"))));
    let file = browser
        .saved(&save, &format!("{reference}-formal_reply.ics"))
        .await;
    let file = String::from_utf8(file).unwrap().replace("\r\n ", "");
    let due = DateTime::parse_from_rfc3339(reply["due_at"].as_str().unwrap()).unwrap();
    assert_eq!(reply["calendar"]["time_zone"], "Asia/Shanghai");
    let last = due.with_timezone(&FixedOffset::east_opt(8 * 3600).unwrap()) - TimeDelta::seconds(1);
    let begin = format!("DTSTART;VALUE=DATE:{}\r\n", last.format("%Y%m%d"));
    assert!(file.contains(&begin), "{begin} in {file}");
    assert!(
        file.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
            && file.ends_with("END:VCALENDAR\r\n")
    );
    assert!(file.contains(label), "{file}");

    let name = format!("{reference}-case.json");
    let case = browser.saved(&me.button("request.export"), &name).await;
    let case: Value = serde_json::from_slice(&case).unwrap();
    assert_eq!(case["request"]["reference"], reference.as_str());
    assert_eq!(
        case["request"]["promises"].as_array().unwrap().len(),
        promises.len()
    );
    let timeline = member
        .get(&format!("/requests/{id}/timeline"))
        .send()
        .await
        .json;
    let items = timeline["items"].as_array().unwrap();
    assert_eq!(case["timeline"].as_array().unwrap().len(), items.len());

    me.open("/requests").await;
    let table = browser
        .saved(&me.button("requests.export"), "requests.csv")
        .await;
    let rows = cells(
        std::str::from_utf8(&table)
            .unwrap()
            .trim_start_matches('\u{feff}'),
    );
    assert_eq!(rows[0][0], me.say("track.reference"));
    assert_eq!(rows[1][0], reference);
    // A spreadsheet would take it for a formula.
    assert_eq!(rows[1][2], format!("'{SUBJECT}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_is_said_first_and_promises_before_all() {
    let (server, _browser, me) = customer_in(ZH_HANT).await;
    me.sign_in(&server, MEMBER).await;
    let member = server.customer(MEMBER).await;
    let created = member.submit(&complaint(SUBJECT, None)).await;
    let address = format!("/requests/{}", created.text_at("/request/reference"));
    let since = me.page.by("region", me.say("since.title"));
    me.open(&address).await;
    me.page.heading(me.say("promise.title")).wait().await;
    assert_eq!(since.count().await, 0, "nothing has changed");
    me.open("/requests").await;
    let id = only_request(&server).await;
    desk_writes(&server, &id, "我們正在查。").await;
    desk_writes(&server, &id, "請稍候。").await;
    let moved = json!({"due_at": "2099-01-05T00:00:00+08:00", "reason": "銀行需要更多時間。"});
    let path = format!("/requests/{id}/promises/formal_reply/move");
    let done = server.desk().post(&path).json(&moved).send();
    done.await.expect_status(200);
    me.open(&address).await;
    since.wait().await;
    let read =
        "return [...document.querySelectorAll('.since-list li')].map(li => li.textContent.trim())";
    let lines = me.page.run(read, vec![]).await;
    let lines: Vec<&str> = lines
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let request = in_words_of(&me, &member, &id).await;
    let label = |key: &str| {
        let mut promises = request["promises"].as_array().unwrap().iter();
        let promise = promises.find(|promise| promise["key"] == key);
        promise.unwrap()["label"].as_str().unwrap().to_owned()
    };
    assert!(lines[0].contains(&label("formal_reply")), "{lines:?}");
    assert!(lines[0].contains("2099"), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.contains(&label("acknowledgement"))),
        "{lines:?}"
    );
    assert_eq!(
        lines.last(),
        Some(&me.words.with("since.messages", &[("count", "2")]).as_str())
    );
    me.good().await;
    // Once it was looked at it is no news any more.
    me.page.see("請稍候。").await;
    me.open("/requests").await;
    me.page.link(has(SUBJECT)).click().await;
    me.page.heading(me.say("promise.title")).wait().await;
    assert_eq!(since.count().await, 0);
}
