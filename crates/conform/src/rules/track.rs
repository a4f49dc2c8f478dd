//! Following one request by reference and query code.

use crate::{
    Checked, check,
    suite::{Case, Suite},
};
use portico_contract::{config::Capability, session::TrackToken};
use serde_json::json;

const TRACK: Option<Capability> = Some(Capability::Track);

super::rules! {
    TRACK, "track.opens",
        "Reference and query code give {token, expires_at, request_id}, a bearer for that request.", opens;
    TRACK, "track.as_typed",
        "Both are read in any case, with or without dashes and spaces, O as 0, I and L as 1.", typed;
    TRACK, "track.without_prefix", "A reference is read without its PT- as well.", prefix;
    TRACK, "track.same_answer", "Wrong, unknown and malformed give the same 404.", same;
    TRACK, "track.one_request", "The bearer opens that one request: the list has no other.", one;
    TRACK, "track.unknown_field", "An unknown field is 422 with its pointer.", unknown_field;
    TRACK, "track.ended_session", "Tracking asks for no session, and an ended one is no matter.", ended;
    TRACK, "track.link_unknown", "POST /track/link with a token that never was is 404 not_found.", link;
}

fn code(case: &Case) -> &str {
    case.query_code.as_deref().unwrap_or_default()
}

async fn opens(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let opened = suite
        .track(&case.reference, code(case))
        .await?
        .status(200)?;
    let token: TrackToken = opened.read()?;
    check(
        token.request_id.as_str() == case.id,
        token.request_id,
        &format!("the request {}", case.id),
    )?;
    let now = suite.config()?.server_now;
    check(
        token.expires_at > now,
        token.expires_at,
        "an end that lies ahead",
    )?;
    let reader = suite.nobody.bearer(&token.token);
    reader
        .get(&case.path(""))
        .send()
        .await?
        .status(200)
        .map(drop)
}

/// As people type it who take zero for O and one for l.
fn misread(text: &str) -> String {
    text.to_lowercase().replace('0', "O").replace('1', "l")
}

async fn typed(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let code = code(case);
    let pairs = [
        (case.reference.to_lowercase(), code.to_lowercase()),
        (case.reference.replace('-', ""), code.replace('-', "")),
        (
            case.reference.replace('-', " "),
            format!(" {} ", code.replace('-', " ")),
        ),
        (misread(&case.reference), misread(code)),
        (case.reference.replace('1', "I"), code.replace('1', "I")),
    ];
    for (reference, code) in pairs {
        suite.track(&reference, &code).await?.status(200)?;
    }
    Ok(())
}

async fn prefix(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let bare = case.reference.trim_start_matches("PT-");
    suite.track(bare, code(case)).await?.status(200).map(drop)
}

async fn same(suite: &Suite) -> Checked {
    let case = suite.other().await?;
    let wrong = suite.track(&case.reference, "ZZZZZ-ZZZZZ").await?;
    let wrong = wrong.problem(404, "not_found")?;
    // Well-formed, and nobody's: 0 eight times and 7 has 9·7 mod 31 = 1 at its end.
    for (reference, code) in [
        ("PT-00000-00071", "ZZZZZ-ZZZZZ"),
        ("no reference", "no code"),
    ] {
        let other = suite.track(reference, code).await?;
        let other = other.problem(404, "not_found")?;
        other.same_but("", wrong.body(), &["trace_id", "instance"])?;
    }
    Ok(())
}

async fn one(suite: &Suite) -> Checked {
    let (case, _) = (suite.main().await?, suite.other().await?);
    let listed = case.client.get("/requests").send().await?.status(200)?;
    let items = listed.list("/items")?;
    check(
        items.len() == 1 && items[0]["id"] == case.id,
        format!("{} requests", items.len()),
        "the one that is followed",
    )
}

async fn unknown_field(suite: &Suite) -> Checked {
    let body = json!({"reference": "", "query_code": "", "colour": "red"});
    let asked = suite.nobody.post("/track").json(&body).send().await?;
    asked.wrong_at("/colour").map(drop)
}

async fn ended(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let body = json!({"reference": case.reference, "query_code": code(case)});
    let call = suite.nobody.bearer("ended").post("/track").json(&body);
    call.send().await?.status(200).map(drop)
}

async fn link(suite: &Suite) -> Checked {
    let body = json!({"token": "never-was"});
    let asked = suite.nobody.post("/track/link").json(&body).send().await?;
    asked.problem(404, "not_found").map(drop)
}
