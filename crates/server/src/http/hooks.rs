//! `POST /hooks/{backend}`: a desk says that a ticket has changed. What it says is taken for no more than that: the
//! ticket is read.

use super::actor::bearer;
use crate::{gateway::inward, problem::ApiError, state::App};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portico_contract::problem::ProblemCode;
use serde_json::Value;

/// Where desks write the id of a ticket.
const IDS: &[&str] = &[
    "/ticket_id",
    "/ticket/id",
    "/issue/key",
    "/issue/id",
    "/payload/issue/id",
    "/detail/id",
    "/freshdesk_webhook/ticket_id",
    "/id",
];

/// The routes of web hooks.
pub fn routes() -> Router<App> {
    Router::new().route("/{backend}", post(changed))
}

/// What the desk brings along: a bearer token, or the password of basic authentication.
fn secret(headers: &HeaderMap) -> Option<String> {
    if let Some(token) = bearer(headers) {
        return Some(token.to_owned());
    }
    let (scheme, coded) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let pair = STANDARD.decode(coded.trim()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (_, password) = pair.split_once(':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| password.to_owned())
}

/// The tickets that may be meant.
fn tickets(body: &[u8]) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Vec::new();
    };
    let named = IDS.iter().filter_map(|place| match body.pointer(place)? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    named.collect()
}

async fn changed(
    State(app): State<App>,
    Path(backend): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let desk = app.gateway.desk(&backend);
    let known = desk.filter(|desk| secret(&headers).is_some_and(|given| desk.is_hook(&given)));
    if known.is_none() {
        return Err(ApiError::new(ProblemCode::Unauthenticated));
    }
    for ticket in tickets(&body) {
        let request = app
            .store
            .read()
            .await?
            .request_of_ticket(&backend, &ticket)
            .await?;
        let Some(request) = request else { continue };
        app.gateway.forget_read(&request);
        // The desk does not wait for what is made of it.
        let app = app.clone();
        tokio::spawn(async move { inward::refresh(&app, &request, inward::FRESH).await });
    }
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_a_bearer_token_or_a_password() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            secret(&headers)
        };
        assert_eq!(with("Bearer s3cret").as_deref(), Some("s3cret"));
        let basic = format!("Basic {}", STANDARD.encode("portico:s3cret"));
        assert_eq!(with(&basic).as_deref(), Some("s3cret"));
        for other in ["Basic", "Basic !", "Digest cDpx", "s3cret"] {
            assert_eq!(with(other), None, "{other}");
        }
    }

    #[test]
    fn a_ticket_is_found_where_desks_write_it() {
        for (sent, ids) in [
            // What a scrip of Request Tracker, or a trigger of Zendesk, is told to send.
            (r#"{"ticket_id":7}"#, vec!["7"]),
            (r#"{"id":"7"}"#, vec!["7"]),
            // Redmine's plugin for web hooks.
            (
                r#"{"payload":{"action":"updated","issue":{"id":7}}}"#,
                vec!["7"],
            ),
            // django-helpdesk, Zammad.
            (
                r#"{"ticket":{"id":7},"queue_slug":"q","followup_id":9}"#,
                vec!["7"],
            ),
            (
                r#"{"ticket":{"id":7,"number":"20007"},"article":{"id":12}}"#,
                vec!["7"],
            ),
            // An event of Zendesk, which has an id of its own.
            (
                r#"{"type":"zen:event-type:ticket.updated","id":"e-1","detail":{"id":"7"}}"#,
                vec!["7", "e-1"],
            ),
            // Jira: the key is the id of its tickets here.
            (
                r#"{"webhookEvent":"jira:issue_updated","issue":{"id":"10","key":"SD-1"}}"#,
                vec!["SD-1", "10"],
            ),
            // Freshdesk.
            (
                r#"{"freshdesk_webhook":{"ticket_id":7,"ticket_subject":"s"}}"#,
                vec!["7"],
            ),
        ] {
            assert_eq!(tickets(sent.as_bytes()), ids, "{sent}");
        }
        assert!(tickets(b"[]").is_empty() && tickets(b"<xml>").is_empty());
    }
}
