//! `/requests`: what a customer reads of them and does with them.
//!
//! Each call is made with the token by which the request is followed, where there is one, else with the account.
//! New requests and messages are sent by `state::outbox`; actions are made here, each with a key that
//! the page makes when the customer begins and keeps for every attempt.

use super::{
    Access, Failure,
    call::{call, get, get_reply},
    path,
};
use crate::route::{query_pairs, with_query};
use portico_contract::{
    Instant,
    code::Reference,
    id::RequestId,
    list::{Page, RequestQuery},
    request::{Action, Request},
    submission::{Comment, Created, Edit, Follow, Grounds, Seen},
    survey::SurveyLink,
    timeline::TimelineItem,
};

/// A request and the version of it that was read, for `If-Match`.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned {
    /// The request.
    pub request: Request,
    /// Its version.
    pub etag: Option<String>,
}

/// A page of the customer's requests.
///
/// # Errors
/// See [`Failure`].
pub async fn list(query: &RequestQuery) -> Result<Page<Request>, Failure> {
    let mut pairs = query_pairs(query);
    pairs.extend(query.reference.clone().map(|r| ("reference", r)));
    pairs.extend(query.limit.map(|n| ("limit", n.to_string())));
    pairs.extend(query.cursor.as_ref().map(|c| ("cursor", c.to_string())));
    get(&with_query("/requests", &pairs), &Access::Account).await
}

/// The request of the account that has this reference.
///
/// # Errors
/// See [`Failure`].
pub async fn find(reference: Reference) -> Result<Option<Request>, Failure> {
    let query = RequestQuery {
        reference: Some(reference.to_string()),
        limit: Some(1),
        ..RequestQuery::default()
    };
    Ok(list(&query).await?.items.into_iter().next())
}

/// One request.
///
/// # Errors
/// See [`Failure`].
pub async fn read(id: &RequestId) -> Result<Versioned, Failure> {
    let reply = get_reply(&path("/requests/{}", id.as_str()), &Access::to(id)).await?;
    let etag = reply.head.header("ETag");
    Ok(Versioned {
        etag,
        request: reply.read()?,
    })
}

/// Its timeline, oldest entry first, whole.
///
/// # Errors
/// See [`Failure`].
pub async fn timeline(id: &RequestId) -> Result<Vec<TimelineItem>, Failure> {
    let base = path("/requests/{}/timeline", id.as_str());
    let mut items = Vec::new();
    let mut cursor = None;
    // 100 pages of 100 entries: no request is longer, and no server can keep us here.
    for _ in 0..100 {
        let mut pairs = vec![("limit", "100".to_owned())];
        pairs.extend(cursor.map(|c: portico_contract::id::Cursor| ("cursor", c.to_string())));
        let page: Page<TimelineItem> = get(&with_query(&base, &pairs), &Access::to(id)).await?;
        items.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(items)
}

/// A fresh way into the survey of a request.
///
/// # Errors
/// See [`Failure`].
pub async fn survey_link(id: &RequestId) -> Result<SurveyLink, Failure> {
    call("POST", path("/requests/{}/survey-link", id.as_str()))
        .access(Access::to(id))
        .once()
        .await?
        .read()
}

/// Says up to where the customer has seen the timeline.
///
/// # Errors
/// See [`Failure`].
pub async fn seen(id: &RequestId, up_to: Instant) -> Result<(), Failure> {
    call("POST", path("/requests/{}/seen", id.as_str()))
        .access(Access::to(id))
        .json(&Seen { up_to })
        .once()
        .await?
        .nothing()
}

/// What an action takes along.
pub enum Doing<'a> {
    /// Confirm, reopen, withdraw, agree, chase: a word with it is welcome.
    Comment(&'a Comment),
    /// Not agree, escalate, review: why.
    Grounds(&'a Grounds),
    /// Follow.
    Follow(&'a Follow),
    /// Edit.
    Edit(&'a Edit),
}

/// Does something with a request and gives it as it is afterwards. `key` is the same for every attempt of one
/// intention; `etag` refuses (412) when the request has changed since it was read.
///
/// # Errors
/// See [`Failure`].
pub async fn act(
    id: &RequestId,
    action: Action,
    doing: Doing<'_>,
    key: &str,
    etag: Option<&str>,
) -> Result<Versioned, Failure> {
    let base = path("/requests/{}/actions/", id.as_str());
    let mut request = call("POST", base + action.as_str())
        .access(Access::to(id))
        .header("Idempotency-Key", key);
    if let Some(etag) = etag {
        request = request.header("If-Match", etag);
    }
    let request = match doing {
        Doing::Comment(comment) => request.json(comment),
        Doing::Grounds(grounds) => request.json(grounds),
        Doing::Follow(follow) => request.json(follow),
        Doing::Edit(edit) => request.json(edit),
    };
    let reply = request.once().await?;
    let etag = reply.head.header("ETag");
    Ok(Versioned {
        etag,
        request: reply.read()?,
    })
}

async fn post(
    path: String,
    access: Access,
    body: String,
    key: &str,
) -> Result<super::call::Reply, Failure> {
    call("POST", path)
        .access(access)
        .header("Idempotency-Key", key)
        .json_text(body)
        .once()
        .await
}

/// Sends a new request (`NewRequest` as JSON), once: see `state::outbox`.
///
/// # Errors
/// See [`Failure`].
pub async fn create(body: String, key: &str) -> Result<Created, Failure> {
    post("/requests".to_owned(), Access::Account, body, key)
        .await?
        .read()
}

/// Sends a message (`NewMessage` as JSON), once: see `state::outbox`.
///
/// # Errors
/// See [`Failure`].
pub async fn write(id: &RequestId, body: String, key: &str) -> Result<TimelineItem, Failure> {
    let path = path("/requests/{}/messages", id.as_str());
    post(path, Access::to(id), body, key).await?.read()
}
