//! What is refused, and how.

use crate::{
    Checked, Miss, check,
    client::Client,
    suite::{Suite, message},
};
use portico_contract::config::Capability;
use reqwest::Method;
use serde_json::{Value, json};

const SUBMIT: Option<Capability> = Some(Capability::Submit);

super::rules! {
    None, "errors.not_found", "What is not there is 404 not_found.", not_found;
    SUBMIT, "errors.method_not_allowed", "Another method than a resource has is 405 method_not_allowed.", method;
    None, "errors.unauthenticated",
        "Without a session, and with one that never was, 401 unauthenticated.", unauthenticated;
    SUBMIT, "errors.not_found_for_foreign",
        "What belongs to somebody else is 404 not_found, as if it did not exist.", foreign;
    SUBMIT, "errors.foreign_writes", "Nobody writes to what belongs to somebody else: 404 not_found.", foreign_writes;
    SUBMIT, "errors.not_json", "A body that is no JSON is 400 bad_request.", not_json;
    SUBMIT, "errors.unsupported_media", "A body that is not said to be JSON is 415 unsupported_media.", media;
    SUBMIT, "errors.payload_too_large", "More than 1 MiB of JSON is 413 payload_too_large.", too_large;
    SUBMIT, "errors.validation",
        "What is wrong is 422 validation, all at once, each with a pointer and a code.", validation;
    SUBMIT, "errors.unknown_field",
        "An unknown field of a body is 422 with its pointer, within objects too.", unknown_field;
    SUBMIT, "errors.unknown_word", "A word that the contract does not know is 422 with its pointer.", unknown_word;
    SUBMIT, "errors.unknown_type", "A type that the catalogue does not have is 422 at /type_id.", unknown_type;
    SUBMIT, "errors.unknown_question", "An answer to no question of the form is 422 at /fields/{id}.", unknown_question;
    SUBMIT, "errors.lengths", "Longer than the limits of /config is 422 at /subject and /body/value.", lengths;
    SUBMIT, "errors.order", "Checks run in order: authorisation, body, precondition, state.", order;
}

async fn not_found(suite: &Suite) -> Checked {
    let path = "/no-such-resource";
    let reply = suite.nobody.get(path).send().await?;
    reply.problem(404, "not_found").map(drop)
}

async fn method(suite: &Suite) -> Checked {
    let call = suite.nobody.call(Method::PUT, "/requests").json(&json!({}));
    call.send()
        .await?
        .problem(405, "method_not_allowed")
        .map(drop)
}

async fn unauthenticated(suite: &Suite) -> Checked {
    for client in [&suite.nobody, &suite.nobody.bearer("never-was")] {
        let reply = client.get("/requests").send().await?;
        reply.problem(401, "unauthenticated")?;
        let reply = client.get("/requests/some-id").send().await?;
        reply.problem(401, "unauthenticated")?;
    }
    Ok(())
}

async fn foreign(suite: &Suite) -> Checked {
    let (mine, other) = (suite.main().await?, suite.other().await?);
    for below in ["", "/timeline"] {
        let theirs = mine.client.get(&other.path(below)).send().await?;
        let theirs = theirs.problem(404, "not_found")?;
        let path = format!("/requests/no-such-request{below}");
        let absent = mine.client.get(&path).send().await?;
        let absent = absent.problem(404, "not_found")?;
        theirs.same_but("", absent.body(), &["trace_id", "instance"])?;
    }
    Ok(())
}

async fn foreign_writes(suite: &Suite) -> Checked {
    let (mine, other) = (suite.main().await?, suite.other().await?);
    let before = other.read().await?;
    let calls = [
        ("/messages", message("not mine")),
        ("/actions/withdraw", json!({})),
        ("/seen", json!({"up_to": "2026-01-15T10:30:00Z"})),
    ];
    for (below, body) in calls {
        let call = mine.client.post(&other.path(below)).new_key().json(&body);
        call.send().await?.problem(404, "not_found")?;
    }
    other.read().await?.same_but("", before.body(), &[])
}

async fn not_json(suite: &Suite) -> Checked {
    let call = suite
        .nobody
        .post("/requests")
        .new_key()
        .text("{\"type_id\":".to_owned());
    call.send().await?.problem(400, "bad_request").map(drop)
}

async fn media(suite: &Suite) -> Checked {
    let body = suite.new_request("not sent").await?;
    let call = suite.nobody.post("/requests").new_key();
    let call = call
        .header("content-type", "text/plain")
        .bytes(body.to_string().into_bytes());
    call.send()
        .await?
        .problem(415, "unsupported_media")
        .map(drop)
}

async fn too_large(suite: &Suite) -> Checked {
    let mut body = suite.new_request("not sent").await?;
    body["body"]["value"] = Value::from("x".repeat(1024 * 1024));
    refused(&suite.nobody, &body)
        .await?
        .problem(413, "payload_too_large")
        .map(drop)
}

async fn refused(client: &Client, body: &Value) -> Result<crate::client::Reply, Miss> {
    client.post("/requests").new_key().json(body).send().await
}

async fn validation(suite: &Suite) -> Checked {
    let mut body = suite.new_request("not sent").await?;
    body["subject"] = json!("   ");
    body["body"]["value"] = json!("");
    body["contact"]["email"] = json!("no address");
    let mut reply = refused(&suite.nobody, &body).await?;
    for pointer in ["/subject", "/body/value", "/contact/email"] {
        reply = reply.wrong_at(pointer)?;
    }
    Ok(())
}

/// A request with one thing changed is refused there.
async fn wrong(suite: &Suite, pointer: &str, change: impl Fn(&mut Value)) -> Checked {
    let mut body = suite.new_request("not sent").await?;
    change(&mut body);
    refused(&suite.nobody, &body)
        .await?
        .wrong_at(pointer)
        .map(drop)
}

async fn unknown_field(suite: &Suite) -> Checked {
    wrong(suite, "/colour", |body| body["colour"] = json!("red")).await?;
    wrong(suite, "/contact/fax", |body| {
        body["contact"]["fax"] = json!("1")
    })
    .await?;
    wrong(suite, "/body/language", |body| {
        body["body"]["language"] = json!("en")
    })
    .await?;
    let case = suite.main().await?;
    let mut body = message("not sent");
    body["public"] = json!(true);
    let call = case
        .client
        .post(&case.path("/messages"))
        .new_key()
        .json(&body);
    call.send().await?.wrong_at("/public").map(drop)
}

async fn unknown_word(suite: &Suite) -> Checked {
    wrong(suite, "/urgency", |body| {
        body["urgency"] = json!("yesterday")
    })
    .await?;
    wrong(suite, "/body/format", |body| {
        body["body"]["format"] = json!("html")
    })
    .await
}

async fn unknown_type(suite: &Suite) -> Checked {
    wrong(suite, "/type_id", |body| {
        body["type_id"] = json!("no-such-type")
    })
    .await
}

async fn unknown_question(suite: &Suite) -> Checked {
    wrong(suite, "/fields/no_such_question", |body| {
        body["fields"]["no_such_question"] = json!("x");
    })
    .await
}

async fn lengths(suite: &Suite) -> Checked {
    let limits = suite.config()?.limits;
    // Characters, not bytes.
    let long = |limit: u32| Value::from("字".repeat(limit as usize + 1));
    wrong(suite, "/subject", |body| {
        body["subject"] = long(limits.subject_length)
    })
    .await?;
    wrong(suite, "/body/value", |body| {
        body["body"]["value"] = long(limits.body_length)
    })
    .await
}

async fn order(suite: &Suite) -> Checked {
    let (mine, other) = (suite.main().await?, suite.other().await?);
    let wrong = json!({"body": 7});
    let path = other.path("/messages");
    // Authorisation before the body.
    let foreign = mine
        .client
        .post(&path)
        .new_key()
        .json(&wrong)
        .send()
        .await?;
    foreign.problem(404, "not_found")?;
    // Authentication before authorisation.
    let nobody = suite
        .nobody
        .post(&path)
        .new_key()
        .json(&wrong)
        .send()
        .await?;
    nobody.problem(401, "unauthenticated")?;
    // The body before the precondition.
    let stale = |path: &str| {
        mine.client
            .post(path)
            .new_key()
            .header("if-match", "\"never-was\"")
    };
    let call = stale(&mine.path("/messages")).json(&wrong);
    let wrong = call.send().await?;
    check(
        wrong.status == 422,
        &wrong,
        "422 validation before 412 stale",
    )?;
    // The precondition before the state.
    if mine.action("confirm").await?.is_none() {
        return Ok(());
    }
    let confirm = stale(&mine.path("/actions/confirm")).json(&json!({}));
    confirm.send().await?.problem(412, "stale").map(drop)
}
