//! Exactly once.

use crate::{
    Checked, check,
    suite::{Suite, message},
};
use futures::future::join_all;
use portico_contract::{config::Capability, submission::Submission};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

const SUBMIT: Option<Capability> = Some(Capability::Submit);

super::rules! {
    SUBMIT, "idempotency.key_required",
        "Requests, messages and actions need an Idempotency-Key, a UUID: 400 without.", required;
    SUBMIT, "idempotency.replay",
        "Same key, same body: the stored answer again, with Idempotency-Replayed: true.", replay;
    SUBMIT, "idempotency.mismatch", "Same key, other body: 422 idempotency_mismatch.", mismatch;
    SUBMIT, "idempotency.at_once",
        "The same submission several times at once is one; who comes meanwhile gets in_progress.", at_once;
    SUBMIT, "idempotency.failure_stores_nothing",
        "A failure stores nothing: the key is free for what is right.", failure;
    SUBMIT, "idempotency.message", "A message that is sent again is one message.", message_once;
    SUBMIT, "idempotency.action",
        "An action that is sent again is answered as the first time, not refused.", action_once;
    SUBMIT, "submissions.accepted", "GET /submissions/{key} says as what a key was accepted.", accepted;
    SUBMIT, "submissions.unknown", "A key that never was accepted is 404 not_found.", unknown;
    SUBMIT, "submissions.foreign", "What a customer sent is told to that customer alone.", foreign;
}

async fn required(suite: &Suite) -> Checked {
    let request = suite.new_request("not sent").await?;
    let case = suite.main().await?;
    let calls = [
        (&suite.nobody, "/requests".to_owned(), request),
        (&case.client, case.path("/messages"), message("not sent")),
        (&case.client, case.path("/actions/withdraw"), json!({})),
    ];
    for (client, path, body) in calls {
        let without = client.post(&path).json(&body).send().await?;
        without.problem(400, "bad_request")?;
        let call = client
            .post(&path)
            .header("idempotency-key", "7")
            .json(&body);
        call.send().await?.problem(400, "bad_request")?;
    }
    Ok(())
}

async fn replay(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let call = case.sender.post("/requests").key(case.key).json(&case.sent);
    let again = call.send().await?.status(case.created.status)?;
    check(
        again.header("idempotency-replayed") == Some("true"),
        format!(
            "Idempotency-Replayed: {:?}",
            again.header("idempotency-replayed")
        ),
        "Idempotency-Replayed: true",
    )?;
    check(
        case.created.header("idempotency-replayed").is_none(),
        "Idempotency-Replayed on the first answer",
        "none",
    )?;
    again.same_but("", case.created.body(), &[])
}

async fn mismatch(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let mut body = case.sent.clone();
    body["subject"] = json!("Conformance check, another body");
    let call = case.sender.post("/requests").key(case.key).json(&body);
    call.send()
        .await?
        .problem(422, "idempotency_mismatch")
        .map(drop)
}

async fn at_once(suite: &Suite) -> Checked {
    let body = suite.new_request("five times at once").await?;
    let key = Uuid::new_v4();
    let send = || suite.nobody.post("/requests").key(key).json(&body).send();
    let mut references = BTreeSet::new();
    for reply in join_all((0..5).map(|_| send())).await {
        let reply = reply?;
        if reply.status == 409 {
            reply.problem(409, "in_progress")?;
        } else {
            references.insert(reply.status(201)?.word("/request/reference")?);
        }
    }
    let last = send().await?.status(201)?;
    references.insert(last.word("/request/reference")?);
    check(
        references.len() == 1,
        format!("{references:?}"),
        "one request",
    )
}

async fn failure(suite: &Suite) -> Checked {
    let body = suite.new_request("right at the second try").await?;
    let mut wrong = body.clone();
    wrong["subject"] = json!("");
    let key = Uuid::new_v4();
    let send = |body| suite.nobody.post("/requests").key(key).json(body).send();
    send(&wrong).await?.problem(422, "validation")?;
    let path = format!("/submissions/{key}");
    let asked = suite.nobody.get(&path).send().await?;
    asked.problem(404, "not_found")?;
    send(&body).await?.status(201).map(drop)
}

async fn message_once(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let (key, words) = (Uuid::new_v4(), format!("Sent twice: {}", Uuid::new_v4()));
    let path = case.path("/messages");
    let send = || {
        case.client
            .post(&path)
            .key(key)
            .json(&message(&words))
            .send()
    };
    let first = send().await?.status(201)?;
    let second = send().await?.status(201)?;
    second.same_but("", first.body(), &[])?;
    let timeline = case.timeline().await?;
    let items = timeline.list("/items")?;
    let count = items
        .iter()
        .filter(|item| item["body"]["value"] == words)
        .count();
    check(
        count == 1,
        format!("{count} entries"),
        "one entry of the timeline",
    )
}

async fn action_once(suite: &Suite) -> Checked {
    let case = suite.spare().await?;
    super::request::withdrawable(case).await?;
    let key = Uuid::new_v4();
    let path = case.path("/actions/withdraw");
    let send = || case.client.post(&path).key(key).json(&json!({})).send();
    let first = send().await?.status(200)?;
    let second = send().await?.status(200)?;
    second.same_but("", first.body(), &[])?;
    check(
        second.header("idempotency-replayed") == Some("true"),
        "no Idempotency-Replayed",
        "Idempotency-Replayed: true",
    )
}

async fn accepted(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let path = format!("/submissions/{}", case.key);
    let asked = case.sender.get(&path).send().await?.status(200)?;
    let told: Submission = asked.read()?;
    let same = told.status == 201
        && told.request_id.is_some_and(|id| id.as_str() == case.id)
        && told
            .reference
            .is_some_and(|reference| reference.to_string() == case.reference);
    check(
        same,
        &asked,
        "status 201, and the request's id and reference",
    )
}

async fn unknown(suite: &Suite) -> Checked {
    let path = format!("/submissions/{}", Uuid::new_v4());
    let asked = suite.nobody.get(&path).send().await?;
    asked.problem(404, "not_found").map(drop)
}

async fn foreign(suite: &Suite) -> Checked {
    let [case, ..] = suite.mine().await? else {
        return Ok(());
    };
    let path = format!("/submissions/{}", case.key);
    case.client.get(&path).send().await?.status(200)?;
    let nobody = suite.nobody.get(&path).send().await?;
    nobody.problem(404, "not_found")?;
    let second = suite.second()?.get(&path).send().await?;
    second.problem(404, "not_found").map(drop)
}
