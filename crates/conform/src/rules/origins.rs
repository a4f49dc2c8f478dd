//! Pages of other origins.

use crate::{Checked, Miss, check, suite::Suite};
use reqwest::Method;
use std::collections::BTreeSet;

super::rules! {
    None, "cors.stranger", "An origin that is not on the list gets no Access-Control-Allow-Origin.", stranger;
    None, "cors.preflight", "A preflight from a listed origin is 2xx and allows what the contract sends.", preflight;
    None, "cors.exposed", "A page of a listed origin may read ETag, Location, Retry-After and the others.", exposed;
}

const ALLOW: &str = "access-control-allow-origin";

/// What a client of the contract sends.
const SENT: [&str; 5] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "accept-language",
];
/// What it reads.
const READ: [&str; 5] = [
    "etag",
    "location",
    "retry-after",
    "idempotency-replayed",
    "content-language",
];
/// What it reads of uploads.
const READ_OF_UPLOADS: [&str; 3] = ["upload-offset", "upload-length", "tus-resumable"];

async fn stranger(suite: &Suite) -> Checked {
    for (method, path) in [
        (Method::GET, "/config"),
        (Method::GET, "/no-such-resource"),
        (Method::OPTIONS, "/requests"),
    ] {
        let call = suite
            .nobody
            .call(method, path)
            .origin("https://stranger.invalid");
        let answered = call
            .header("access-control-request-method", "POST")
            .send()
            .await?;
        let allowed = answered.header(ALLOW);
        check(
            allowed.is_none(),
            format!("{path}: {ALLOW}: {allowed:?}"),
            "none",
        )?;
    }
    Ok(())
}

fn listed(suite: &Suite) -> Result<&str, Miss> {
    let missing = || Miss::not_offered("needs an origin that may call the API: give --origin");
    suite.origin.as_deref().ok_or_else(missing)
}

fn words(text: Option<&str>) -> BTreeSet<String> {
    let words = text.unwrap_or_default().split(',');
    words.map(|word| word.trim().to_ascii_lowercase()).collect()
}

async fn preflight(suite: &Suite) -> Checked {
    let origin = listed(suite)?;
    let call = suite
        .nobody
        .call(Method::OPTIONS, "/requests")
        .origin(origin);
    let answered = call
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", &SENT.join(","))
        .send()
        .await?;
    check(
        (200..300).contains(&answered.status) && answered.header(ALLOW) == Some(origin),
        &answered,
        &format!("2xx with {ALLOW}: {origin}"),
    )?;
    let methods = words(answered.header("access-control-allow-methods"));
    check(
        methods.contains("post"),
        format!("methods {methods:?}"),
        "POST",
    )?;
    let headers = words(answered.header("access-control-allow-headers"));
    let missing: Vec<_> = SENT
        .iter()
        .filter(|name| !headers.contains(**name))
        .collect();
    check(
        missing.is_empty(),
        format!("without {missing:?}"),
        "all that the contract sends",
    )
}

async fn exposed(suite: &Suite) -> Checked {
    listed(suite)?;
    let answered = suite.nobody.get("/config").send().await?;
    let exposed = words(answered.header("access-control-expose-headers"));
    let uploads = suite.offers(Some(portico_contract::config::Capability::Attachments));
    let of_uploads = READ_OF_UPLOADS.iter().filter(|_| uploads);
    let missing: Vec<_> = READ
        .iter()
        .chain(of_uploads)
        .filter(|name| !exposed.contains(**name))
        .collect();
    check(
        missing.is_empty(),
        format!("without {missing:?}"),
        "all that a client reads",
    )
}
