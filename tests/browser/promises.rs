//! Journey 3: what was promised is told in the calendar's days wherever the customer is, a broken promise is
//! said plainly, and there is a next step until the customer is satisfied.

use chrono::{DateTime, TimeDelta};
use portico_tests::browser::Setup;
use portico_tests::journeys::decline_and_accept;
use portico_tests::page::has;
use portico_tests::words::{EN, ZH_HANS, ZH_HANT};
use portico_tests::{
    Browser, Customer, Language, Options, Server, Window, Words, api::complaint, until,
};
use serde_json::{Value, json};

use crate::setting::{MEMBER, desk_resolves, desk_sets, desk_writes, only_request};

const SUBJECT: &str = "三月的帳單重複扣款";
/// The Friday before the Spring Festival of 2026; the Saturday after it is worked.
const BEFORE_THE_FESTIVAL: &str = "2026-02-13T10:00:00+08:00";
/// That Saturday, the last working day before it.
const LAST_WORKING_DAY: &str = "2026-02-14T10:00:00+08:00";

/// Somebody in Los Angeles, whose device is a day ahead, in front of a company in Shanghai, at a moment of business
/// time.
async fn abroad(language: Language, now: &str) -> (Server, Browser, Customer) {
    let options = Options {
        test_clock: true,
        config: Some("time_zone = \"Asia/Shanghai\"\n".to_owned()),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    clock(&server, now).await;
    let browser = Browser::with(Setup {
        languages: language.asked,
        ..Setup::default()
    })
    .await;
    browser.page().zone("America/Los_Angeles").await;
    let ahead = DateTime::parse_from_rfc3339(now).unwrap() + TimeDelta::days(1);
    browser.page().device_clock(ahead).await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, &server, server.origin()).await;
    (server, browser, me)
}

async fn clock(server: &Server, now: &str) {
    let set = server.desk().post("/clock").json(&json!({"now": now}));
    set.send().await.expect_status(200);
}

async fn desk(server: &Server, id: &str, what: &str, body: Value) {
    let path = format!("/requests/{id}/{what}");
    let done = server.desk().post(&path).json(&body).send().await;
    done.expect_status(200);
}

/// Sends a complaint and opens it; gives its id.
async fn complain(me: &Customer, server: &Server) -> String {
    me.sign_in(server, MEMBER).await;
    let member = server.customer(MEMBER).await;
    let created = member.submit(&complaint(SUBJECT, None)).await;
    let reference = created.text_at("/request/reference");
    me.open(&format!("/requests/{reference}")).await;
    me.page.heading(SUBJECT).wait().await;
    me.page.heading(me.say("promise.title")).wait().await;
    only_request(server).await
}

#[tokio::test(flavor = "multi_thread")]
async fn four_dates_over_the_spring_festival_are_shanghais_in_los_angeles() {
    let (server, _browser, me) = abroad(EN, LAST_WORKING_DAY).await;
    me.sign_in(&server, MEMBER).await;
    // What would be promised stands beside the form from its first page on, and on the last.
    me.open(&Customer::form_path()).await;
    let preview = me.say("promise.preview");
    me.page.heading(preview.as_str()).wait().await;
    me.page.see("by the end of Thursday 26 February").await;
    me.good().await;
    me.fill_form(SUBJECT, "Twice the same amount.", None).await;
    me.page.heading(preview.as_str()).wait().await;
    me.page.see("by the end of Friday 13 March").await;
    me.send().await;
    me.sent().await;
    me.page.see("by the end of Friday 13 March").await;
    me.good().await;
    me.page.link(me.say("sent.track")).click().await;
    me.page.heading(SUBJECT).wait().await;
    let id = only_request(&server).await;
    desk(&server, &id, "promises/investigation/start", json!({})).await;
    // An hour on the clock is told in both zones, a day as the calendar's.
    for date in [
        "Sunday 15 February at 10:00",
        "by the end of Thursday 26 February",
        "by the end of Saturday 28 February",
        "by the end of Friday 13 March",
        "15 working days left",
    ] {
        me.page.see(date).await;
    }
    // Why: the holiday by its name, the Saturday that is worked.
    let why = me.page.run(
        "for (const d of document.querySelectorAll('details.why')) d.open = true",
        vec![],
    );
    why.await;
    for part in [
        "Tue 17 Feb",
        "Spring Festival",
        "Sat 28 Feb",
        "Day 5: make-up working day",
        "Day 15: working day",
        "Not counted: day of receipt",
        "These are hours by the clock.",
    ] {
        me.page.see(part).await;
    }
    me.page.window(Window::Narrow).await;
    me.page.no_sideways_scroll().await;
    me.good().await;
    me.page.window(Window::Wide).await;
    // The lists say what is next, the date first.
    me.open("/requests").await;
    me.page.see("We confirm that we look into it: by").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_is_not_kept_is_said_while_the_page_is_open_once() {
    let (server, _browser, me) = abroad(EN, BEFORE_THE_FESTIVAL).await;
    let id = complain(&me, &server).await;
    me.page
        .run(
            "window.said = []; window.here = true;
             for (const id of ['live-polite', 'live-assertive']) {
               const region = document.getElementById(id);
               new MutationObserver(() => window.said.push(region.textContent)).observe(region,
                 {childList: true, characterData: true, subtree: true});
             }",
            vec![],
        )
        .await;
    clock(&server, "2026-02-14T10:00:01+08:00").await;
    let late = me.words.with(
        "promise.went_late",
        &[("label", "We confirm that we look into it")],
    );
    me.see("promise.no_new_date").await;
    me.page.see(&me.words.start("promise.missed")).await;
    let said = me.page.run("return window.said", vec![]).await;
    let said = said.as_array().unwrap();
    let times = said.iter().filter(|words| **words == json!(late)).count();
    assert_eq!(times, 1, "{said:?}");
    assert_eq!(me.page.run("return window.here", vec![]).await, json!(true));
    me.good().await;
    // The next right is a button that leads to it.
    me.page.button(me.say("chase.action")).nth(0).click().await;
    me.page.by("dialog", me.say("chase.title")).wait().await;
    me.good().await;
    // Behind the dialog nothing can be pressed.
    me.press("chase.action").await;
    me.see("chase.done").await;
    me.page.see(&me.say("refusal.asked_lately")).await;
    me.good().await;
    // A new date, with how often it was moved and why.
    let moved = json!({"due_at": "2026-02-26T00:00:00+08:00", "reason": "The bank needs longer."});
    desk(&server, &id, "promises/acknowledgement/move", moved).await;
    me.page.see("by the end of Wednesday 25 February").await;
    me.page.see("The bank needs longer.").await;
    me.see("promise.missed_before").await;
    me.good().await;
}

async fn decline_accept_confirm(language: Language) {
    let (server, _browser, me) = abroad(language, BEFORE_THE_FESTIVAL).await;
    let id = complain(&me, &server).await;
    decline_and_accept(&me, &server, &id).await;
    desk_resolves(&server, &id, "已退回全部金額。").await;
    me.see("request.solved_question").await;
    me.press("request.confirm").await;
    me.see("request.confirmed").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declines_accepts_and_confirms_in_english() {
    decline_accept_confirm(EN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declines_accepts_and_confirms_in_simplified_chinese() {
    decline_accept_confirm(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declines_accepts_and_confirms_in_traditional_chinese() {
    decline_accept_confirm(ZH_HANT).await;
}

/// The label of a promise of any round, in the language on screen.
async fn label(me: &Customer, server: &Server, id: &str, key: &str) -> String {
    let member = server.customer(MEMBER).await;
    let asked = member.get(&format!("/requests/{id}"));
    let request = asked.language(me.words.language.tag).send().await;
    let request = request.expect_status(200).json;
    let mut promises = request["promises"].as_array().unwrap().iter();
    let promise = promises.find(|promise| promise["key"].as_str().unwrap().starts_with(key));
    let promise = promise.unwrap_or_else(|| panic!("no {key} in {request:#}"));
    promise["label"].as_str().unwrap().to_owned()
}

/// Says a word in a dialog and goes on.
async fn with_a_word(me: &Customer, action: &str, field: &str, word: &str, done: &str) {
    me.press(action).await;
    me.field(field).fill(word).await;
    me.press(action).await;
    me.see(done).await;
}

async fn reopen_escalate_review(language: Language) {
    let (server, _browser, me) = abroad(language, BEFORE_THE_FESTIVAL).await;
    let id = complain(&me, &server).await;
    desk_writes(&server, &id, "We look into it.").await;
    desk_resolves(&server, &id, "Nothing was charged twice.").await;
    me.see("request.solved_question").await;
    let first = label(&me, &server, &id, "formal_reply").await;
    me.press("request.reopen_still").await;
    me.field("request.reopen_comment").fill("It was.").await;
    me.press("request.reopen").await;
    me.see("request.reopened").await;
    me.see("promise.earlier").await;
    me.good().await;
    with_a_word(
        &me,
        "escalate.action",
        "escalate.comment",
        "Nobody reads it.",
        "escalate.done",
    )
    .await;
    me.page
        .see(&label(&me, &server, &id, "escalation").await)
        .await;
    me.good().await;
    desk_resolves(&server, &id, "Once more: no.").await;
    me.see("request.solved_question").await;
    let ground = "The statement shows it.";
    with_a_word(
        &me,
        "review.action",
        "review.comment",
        ground,
        "review.done",
    )
    .await;
    me.page
        .see(&label(&me, &server, &id, "second_review").await)
        .await;
    me.see("promise.earlier").await;
    let open = "document.querySelector('details.earlier').open = true";
    me.page.run(open, vec![]).await;
    let round = me.words.with("promise.round", &[("n", "1")]);
    me.page.heading(round).wait().await;
    let kept =
        "return [...document.querySelectorAll('details.earlier .promise')].map(e => e.textContent)";
    let kept = me.page.run(kept, vec![]).await;
    let kept = kept.as_array().unwrap().iter().filter_map(Value::as_str);
    let of_first: Vec<_> = kept.filter(|text| text.contains(&first)).collect();
    assert_eq!(of_first.len(), 1, "the first round's formal reply stays");
    assert!(
        of_first[0].contains(&me.say("promise.state_kept")),
        "{of_first:?}"
    );
    me.good().await;
    // Somebody follows, and no longer does.
    me.field("follow.email").fill("nobody").await;
    me.press("follow.add").await;
    me.see("follow.email_empty").await;
    me.field("follow.email").fill("colleague@example.com").await;
    me.press("follow.add").await;
    me.see("follow.changed").await;
    me.page.see("colleague@example.com").await;
    me.good().await;
    me.page
        .button(has(&format!("{} colleague", me.say("follow.remove"))))
        .click()
        .await;
    me.see("follow.none").await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reopened_escalated_and_reviewed_the_first_round_stays_in_english() {
    reopen_escalate_review(EN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reopened_escalated_and_reviewed_the_first_round_stays_in_simplified_chinese() {
    reopen_escalate_review(ZH_HANS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reopened_escalated_and_reviewed_the_first_round_stays_in_traditional_chinese() {
    reopen_escalate_review(ZH_HANT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_names_its_round_and_the_grade_its_reason() {
    let (server, _browser, me) = abroad(EN, BEFORE_THE_FESTIVAL).await;
    let id = complain(&me, &server).await;
    desk_resolves(&server, &id, "Nothing was charged twice.").await;
    me.see("request.solved_question").await;
    let member = server.customer(MEMBER).await;
    let reopened = member.post(&format!("/requests/{id}/actions/reopen"));
    reopened.new_key().send().await.expect_status(200);
    me.see("promise.earlier").await;
    // While nobody looks.
    me.open("/requests").await;
    let reason = "Many customers are concerned.";
    desk_sets(
        &server,
        &id,
        json!({"grade": "major", "class": "complex", "reason": reason}),
    )
    .await;
    let pause = json!({"reason": "The plant is closed."});
    desk(&server, &id, "promises/formal_reply-2/pause", pause).await;
    desk(&server, &id, "promises/formal_reply-2/resume", json!({})).await;
    me.page.link(SUBJECT).click().await;
    me.see("since.title").await;
    let since = "return document.querySelector('.since-list').textContent";
    let since = me.page.run(since, vec![]).await;
    let label = label(&me, &server, &id, "formal_reply").await;
    let numbered = me
        .words
        .with("promise.in_round", &[("label", &label), ("n", "2")]);
    assert!(
        since.as_str().unwrap().contains(&numbered),
        "{numbered}: {since}"
    );
    me.page.see(": put on hold. The plant is closed.").await;

    let (grade, class) = (me.say("grade.major"), me.say("class.complex"));
    let words = [("grade", grade.as_str()), ("class", class.as_str())];
    me.page
        .see(&me.words.with("request.graded_event", &words))
        .await;
    let details =
        "return document.querySelector('section[aria-labelledby=details] dl').textContent";
    let details = me.page.run(details, vec![]).await;
    let row = format!(
        "{}{}{reason}",
        me.say("request.grade"),
        me.words.with("request.grade_value", &words)
    );
    assert!(details.as_str().unwrap().contains(&row), "{row}: {details}");
    me.good().await;
}

/// What each action is called on the page.
const ACTIONS: [(&str, &str); 11] = [
    ("reply", "request.reply"),
    ("confirm", "request.confirm"),
    ("reopen", "request.reopen"),
    ("withdraw", "request.withdraw"),
    ("edit", "request.edit"),
    ("accept_proposal", "proposal.accept"),
    ("decline_proposal", "proposal.decline"),
    ("chase", "chase.action"),
    ("escalate", "escalate.action"),
    ("review", "review.action"),
    ("follow", "follow.action"),
];

/// Every action that the server refuses stands on the page with the reason; gives how many.
async fn refusals_are_said(me: &Customer, server: &Server, id: &str) -> usize {
    let member = server.customer(MEMBER).await;
    let request = member.get(&format!("/requests/{id}")).send().await.json;
    let mut count = 0;
    for (action, state) in request["actions"].as_object().unwrap() {
        // A file goes with a message.
        if state["allowed"] == true || action == "attach" {
            continue;
        }
        count += 1;
        let (_, name) = ACTIONS.iter().find(|(known, _)| known == action).unwrap();
        let reason = state["reason"].as_str().unwrap();
        let words = [me.say(name), me.say(&format!("refusal.{reason}"))];
        until("the reason of a refusal", || async {
            let read =
                "return [...document.querySelectorAll('.refused li')].map(li => li.textContent)";
            let rows = me.page.run(read, vec![]).await;
            let mut rows = rows.as_array().unwrap().iter().filter_map(Value::as_str);
            match rows.any(|row| words.iter().all(|word| row.contains(word.as_str()))) {
                true => Ok(()),
                false => Err(format!("{action}: {words:?}")),
            }
        })
        .await;
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_action_says_why() {
    let (server, _browser, me) = abroad(ZH_HANT, BEFORE_THE_FESTIVAL).await;
    let id = complain(&me, &server).await;
    let mut seen = vec![refusals_are_said(&me, &server, &id).await];
    for status in [
        json!({"status": "open", "waiting_on": "provider"}),
        json!({"status": "pending", "waiting_on": "customer"}),
        json!({"status": "pending", "waiting_on": "third_party"}),
        json!({"status": "resolved", "outcome": "explained", "explanation": "說明如上。"}),
        json!({"status": "closed"}),
    ] {
        desk_sets(&server, &id, status).await;
        seen.push(refusals_are_said(&me, &server, &id).await);
    }
    // Long after, nothing is left but to begin anew.
    clock(&server, "2026-12-20T10:00:00+08:00").await;
    me.page.reload().await;
    seen.push(refusals_are_said(&me, &server, &id).await);
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_is_called_provisional_only_where_it_is_shown() {
    // The calendar that comes along is known to the end of 2026.
    let (server, _browser, me) = abroad(EN, "2026-12-30T10:00:00+08:00").await;
    let id = complain(&me, &server).await;
    let pause = json!({"reason": "The plant is closed."});
    desk(&server, &id, "promises/formal_reply/pause", pause).await;
    me.page.see(&me.words.start("promise.pause_since")).await;
    let member = server.customer(MEMBER).await;
    let read = member.get(&format!("/requests/{id}")).language(EN.tag);
    let request = read.send().await.expect_status(200).json;
    let promises = request["promises"].as_array().unwrap().iter();
    let (running, other): (Vec<_>, Vec<_>) = promises
        .filter(|promise| promise["provisional"] == true)
        .partition(|promise| promise["state"] == "running");
    assert!(!running.is_empty() && !other.is_empty(), "{request:#}");
    let expected: Vec<_> = running.iter().map(|promise| &promise["label"]).collect();
    let called = "return [...document.querySelectorAll('main .promise')]
        .filter(promise => [...promise.querySelectorAll('p')].some(line => line.textContent === arguments[0]))
        .map(promise => promise.querySelector('h3').textContent)";
    let called = me
        .page
        .run(called, vec![json!(me.say("promise.provisional"))])
        .await;
    assert_eq!(called, json!(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_promised_it_is_said_calmly() {
    // What comes along, without its promises.
    let policy = include_str!("../../crates/server/policy.toml");
    let (policy, _) = policy.split_once("[[promises]]").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    let options = Options {
        config: Some(format!("policy = \"{}\"\n", file.display())),
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    let browser = Browser::start().await;
    let words = Words::of(EN);
    let me = Customer::new(browser.page(), words, &server, server.origin()).await;
    me.sign_in(&server, MEMBER).await;
    me.fill_form(SUBJECT, "Twice the same amount.", None).await;
    me.send().await;
    me.sent().await;
    me.good().await;
    me.page.link(me.say("sent.track")).click().await;
    me.page.heading(SUBJECT).wait().await;
    me.see("request.no_promise").await;
    assert_eq!(me.page.heading(me.say("promise.title")).count().await, 0);
    me.page.not_see(&me.say("promise.state_late")).await;
    me.good().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_stands_on_every_page_until_it_is_over() {
    let (server, _browser, me) = abroad(EN, BEFORE_THE_FESTIVAL).await;
    complain(&me, &server).await;
    let words = |text: &str| json!({"en": text, "zh-Hans": text, "zh-Hant": text});
    let incident = json!({"kind": "incident", "title": words("The network is down"),
        "body": words("We expect it back at noon.")});
    let told = server.desk().post("/announcements").json(&incident).send();
    let id = told.await.expect_status(201).text_at("/id");
    let banner = me.page.by("region", me.say("incident.label"));
    banner.wait().await;
    me.page.see("The network is down").await;
    me.good().await;
    me.open("/").await;
    banner.wait().await;
    me.page.see("We expect it back at noon.").await;
    me.page.window(Window::Narrow).await;
    me.page.no_sideways_scroll().await;
    me.good().await;
    let end = server.desk().post(&format!("/announcements/{id}/end"));
    end.send().await.expect_status(200);
    me.page.not_see("The network is down").await;
}
