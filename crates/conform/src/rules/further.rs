//! Promises, callbacks, announcements and surveys.

use crate::{Checked, Miss, check, client::Reply, suite::Suite};
use chrono::TimeDelta;
use portico_contract::{
    Instant, Word,
    announcement::Announcement,
    config::{Capability, ContactKind},
    list::Items,
    promise::{Preview, PromiseDay, PromiseState, Standards},
    request::{Request, SurveyState},
    submission::Callback,
    survey::{Measure, Survey},
};
use reqwest::Method;
use serde_json::{Value, json};

const PROMISES: Option<Capability> = Some(Capability::Promises);
const CALLBACKS: Option<Capability> = Some(Capability::Callbacks);
const ANNOUNCEMENTS: Option<Capability> = Some(Capability::Announcements);
const SURVEYS: Option<Capability> = Some(Capability::Surveys);

super::rules! {
    PROMISES, "promises.shape",
        "A promise has states and units of the contract, and is due after it started.", promises;
    PROMISES, "promises.preview", "POST /promises/preview gives what would be promised if it were sent now.", preview;
    PROMISES, "promises.standards", "GET /promises gives what is promised to everybody, for anybody.", standards;
    PROMISES, "promises.days",
        "The days of a promise are an array of dates in order, each counted or not and why.", days;
    CALLBACKS, "callbacks.created", "POST /callbacks is 201 with the number and the time.", callback;
    CALLBACKS, "callbacks.key_required", "A callback needs an Idempotency-Key: 400 without.", callback_key;
    CALLBACKS, "callbacks.phone", "A callback needs a telephone number: 422 at /contact/phone.", callback_phone;
    CALLBACKS, "callbacks.time", "A callback lies ahead, within 60 days: 422 at /preferred_at.", callback_time;
    ANNOUNCEMENTS, "announcements.list", "GET /announcements is {items}, for anybody.", announcements;
    SURVEYS, "surveys.unknown",
        "A token that never was opens no survey: 404 for reading, drafts and answers.", survey_unknown;
    SURVEYS, "surveys.not_offered",
        "survey-link of a request without a survey is 409 with reason not_offered.", not_offered;
    SURVEYS, "surveys.opens",
        "A token opens {state, definition, data, editable_until, request, anonymous}.", survey_opens;
    SURVEYS, "surveys.reading_records_nothing",
        "GET and HEAD record nothing, whoever opens the link.", survey_reading;
    SURVEYS, "surveys.key_required", "An answer needs an Idempotency-Key: 400 without.", survey_key;
    SURVEYS, "surveys.unknown_question",
        "A name that the questionnaire does not have is 422 at /data/{question}.", survey_question;
    SURVEYS, "surveys.empty", "A response without any answer is 422.", survey_empty;
    SURVEYS, "surveys.too_large", "data above 256 KiB is 413 payload_too_large.", survey_large;
    SURVEYS, "surveys.draft", "PUT of a draft is 204, and data is the draft then.", survey_draft;
    SURVEYS, "measures.list", "GET /measures and /requests/{id}/measures are {items}.", measures;
}

async fn promises(suite: &Suite) -> Checked {
    let request: Request = suite.main().await?.read().await?.read()?;
    for promise in &request.promises {
        let words = promise.state.is_known() && promise.goal.unit.is_known();
        let begun = promise.state == PromiseState::Waiting
            || (promise.started_at.is_some() && promise.due_at > promise.started_at);
        check(
            words && begun,
            format!("{}: {} {:?}", promise.key, promise.state, promise.due_at),
            "known words, and due_at after started_at unless it waits",
        )?;
    }
    Ok(())
}

async fn preview(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let body = json!({"type_id": case.sent["type_id"], "fields": case.sent["fields"]});
    let shown = suite
        .nobody
        .post("/promises/preview")
        .json(&body)
        .send()
        .await?;
    let told: Preview = shown.status(200)?.read()?;
    let request: Request = case
        .created
        .read::<portico_contract::submission::Created>()?
        .request;
    for promise in told.promises {
        check(
            request
                .promises
                .iter()
                .any(|made| made.key == promise.key && made.goal == promise.goal),
            format!("{} was shown and not promised", promise.key),
            "what was then promised",
        )?;
    }
    let wrong = json!({"type_id": case.sent["type_id"], "colour": "red"});
    let wrong = suite
        .nobody
        .post("/promises/preview")
        .json(&wrong)
        .send()
        .await?;
    wrong.wrong_at("/colour").map(drop)
}

async fn standards(suite: &Suite) -> Checked {
    let told = suite.nobody.get("/promises").send().await?.status(200)?;
    let told: Standards = told.read()?;
    let mut promises = told.items.iter().flat_map(|standard| &standard.promises);
    let odd = promises.find(|promise| !promise.goal.unit.is_known());
    let seen = odd.map_or("", |promise| promise.label.as_str());
    check(odd.is_none(), seen, "a goal in units of the contract")
}

async fn days(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let request: Request = case.read().await?.read()?;
    for promise in &request.promises {
        let path = case.path(&format!("/promises/{}/days", promise.key));
        let days: Vec<PromiseDay> = case.client.get(&path).send().await?.status(200)?.read()?;
        check(
            days.is_sorted_by(|one, next| one.date < next.date)
                && days.iter().all(|day| day.reason.is_known()),
            format!("{} days of {}", days.len(), promise.key),
            "dates in order, each with a reason of the contract",
        )?;
    }
    let path = case.path("/promises/no-such-promise/days");
    let absent = case.client.get(&path).send().await?;
    absent.problem(404, "not_found").map(drop)
}

/// A time at which somebody answers the telephone.
fn reachable(suite: &Suite) -> Result<Instant, Miss> {
    let config = suite.config()?;
    let mut phones = config
        .contacts
        .iter()
        .filter(|c| c.channel == ContactKind::Phone);
    let soon = match phones.next() {
        None => config.server_now.plus(TimeDelta::days(1)),
        Some(phone) if phone.open_now => config.server_now.plus(TimeDelta::minutes(5)),
        Some(phone) => phone
            .next_opening
            .and_then(|at| at.plus(TimeDelta::minutes(5))),
    };
    soon.ok_or_else(|| Miss::not_offered("the telephone never opens"))
}

fn asked(at: Instant) -> Value {
    json!({
        "contact": {"name": "Conformance Check", "phone": "+852 2345 6789"},
        "topic": "Conformance check: please do not ring",
        "preferred_at": at,
    })
}

async fn callback(suite: &Suite) -> Checked {
    let at = reachable(suite)?;
    let call = suite.nobody.post("/callbacks").new_key().json(&asked(at));
    let made = call.send().await?.status(201)?;
    let callback: Callback = made.read()?;
    check(
        callback.preferred_at == at,
        callback.preferred_at,
        "the time that was asked for",
    )
}

async fn callback_key(suite: &Suite) -> Checked {
    let call = suite
        .nobody
        .post("/callbacks")
        .json(&asked(reachable(suite)?));
    call.send().await?.problem(400, "bad_request").map(drop)
}

async fn callback_phone(suite: &Suite) -> Checked {
    let mut body = asked(reachable(suite)?);
    body["contact"] = json!({"email": "conform@example.com"});
    let call = suite.nobody.post("/callbacks").new_key().json(&body);
    call.send().await?.wrong_at("/contact/phone").map(drop)
}

async fn callback_time(suite: &Suite) -> Checked {
    let now = suite.config()?.server_now;
    for days in [-1, 61] {
        let at = now.plus(TimeDelta::days(days)).unwrap_or(now);
        let call = suite.nobody.post("/callbacks").new_key().json(&asked(at));
        call.send().await?.wrong_at("/preferred_at")?;
    }
    Ok(())
}

async fn announcements(suite: &Suite) -> Checked {
    let asked = suite
        .nobody
        .get("/announcements")
        .send()
        .await?
        .status(200)?;
    asked.read::<Items<Announcement>>().map(drop)
}

async fn survey_unknown(suite: &Suite) -> Checked {
    let body = json!({"data": {}});
    let read = suite.nobody.get("/surveys/never-was").send().await?;
    read.problem(404, "not_found")?;
    let draft = suite
        .nobody
        .call(Method::PUT, "/surveys/never-was/draft")
        .json(&body);
    draft.send().await?.problem(404, "not_found")?;
    let sent = suite
        .nobody
        .post("/surveys/never-was/response")
        .new_key()
        .json(&body);
    sent.send().await?.problem(404, "not_found").map(drop)
}

async fn not_offered(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let state = case.read().await?.word("/survey/state")?;
    check(state == "not_offered", state, "not_offered before the end")?;
    let call = case
        .client
        .post(&case.path("/survey-link"))
        .json(&json!({}));
    let refused = call.send().await?.problem(409, "action_not_allowed")?;
    check(
        refused.at("/reason") == "not_offered",
        refused.at("/reason"),
        "not_offered",
    )
}

async fn opened(suite: &Suite) -> Result<Reply, Miss> {
    suite
        .nobody
        .get(&suite.survey("")?)
        .send()
        .await?
        .status(200)
}

async fn survey_opens(suite: &Suite) -> Checked {
    let shown = opened(suite).await?;
    let survey: Survey<Value> = shown.read()?;
    check(
        survey.state == SurveyState::Offered
            && survey
                .definition
                .is_some_and(|definition| definition.is_object())
            && survey.data.is_some_and(|data| data.is_object())
            && survey.editable_until.is_some(),
        &shown,
        "state offered, definition and data as objects, and editable_until",
    )
}

async fn survey_reading(suite: &Suite) -> Checked {
    let before = opened(suite).await?;
    let rated = suite.survey("?quality=4")?;
    suite.nobody.get(&rated).send().await?.status(200)?;
    suite
        .nobody
        .call(Method::HEAD, &suite.survey("")?)
        .send()
        .await?;
    opened(suite).await?.same_but("", before.body(), &[])
}

async fn respond(suite: &Suite, data: &Value) -> Result<Reply, Miss> {
    let call = suite.nobody.post(&suite.survey("/response")?).new_key();
    call.json(&json!({"data": data})).send().await
}

async fn survey_key(suite: &Suite) -> Checked {
    let call = suite.nobody.post(&suite.survey("/response")?);
    call.json(&json!({"data": {}}))
        .send()
        .await?
        .problem(400, "bad_request")
        .map(drop)
}

async fn survey_question(suite: &Suite) -> Checked {
    let sent = respond(suite, &json!({"no_such_question": 4})).await?;
    sent.wrong_at("/data/no_such_question").map(drop)
}

async fn survey_empty(suite: &Suite) -> Checked {
    respond(suite, &json!({}))
        .await?
        .problem(422, "validation")
        .map(drop)
}

async fn survey_large(suite: &Suite) -> Checked {
    let data = json!({"no_such_question": "x".repeat(256 * 1024)});
    respond(suite, &data)
        .await?
        .problem(413, "payload_too_large")
        .map(drop)
}

/// The name of a question of a questionnaire.
fn question(definition: &Value) -> Option<String> {
    match definition {
        Value::Object(map) => {
            let named = map.get("name").and_then(Value::as_str);
            let asks = map
                .get("type")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind != "panel");
            named
                .filter(|_| asks)
                .map(str::to_owned)
                .or_else(|| map.values().find_map(question))
        }
        Value::Array(list) => list.iter().find_map(question),
        _ => None,
    }
}

async fn survey_draft(suite: &Suite) -> Checked {
    let shown = opened(suite).await?;
    let none = || Miss::not_offered("no question was found in the definition");
    let name = question(shown.at("/definition")).ok_or_else(none)?;
    let draft = json!({"data": {name: 1}});
    let call = suite
        .nobody
        .call(Method::PUT, &suite.survey("/draft")?)
        .json(&draft);
    call.send().await?.status(204)?;
    let again = opened(suite).await?;
    again.same_but("/data", &draft["data"], &[])?;
    check(
        again.at("/state") == "offered",
        again.at("/state"),
        "still offered",
    )
}

async fn measures(suite: &Suite) -> Checked {
    let all = suite.nobody.get("/measures").send().await?.status(200)?;
    all.read::<Items<Measure>>()?;
    let case = suite.main().await?;
    let path = case.path("/measures");
    let own = case.client.get(&path).send().await?.status(200)?;
    own.read::<Items<Measure>>().map(drop)
}
