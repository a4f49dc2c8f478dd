//! Reading requests: the list and one.

use super::{
    actor::{Actor, Reading},
    context::Lang,
    cursor, etag,
};
use crate::{
    gateway::inward,
    problem::ApiError,
    state::App,
    store::records::{Filter, RequestRecord, Scope},
    view,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::Response,
};
use portico_contract::{
    Word,
    code::Reference,
    id::RequestId,
    list::{Page, Sort},
    request::{Kind, Request, Status},
};
use serde::Deserialize;

/// Words of a search; more would not make it find anything else that matters.
const SEARCH_WORDS: usize = 20;

/// The query of a list, as it travels.
#[derive(Debug, Default, Deserialize)]
pub struct ListQuery {
    /// Comma-separated.
    status: Option<String>,
    /// Comma-separated.
    kind: Option<String>,
    /// Words.
    q: Option<String>,
    /// The order.
    sort: Option<String>,
    /// Exactly this one.
    reference: Option<String>,
    /// Items on a page.
    limit: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
}

/// The limit of a page.
///
/// # Errors
/// 400 outside 1 to 100.
pub fn limit(text: Option<&str>, default: u32) -> Result<u32, ApiError> {
    let limit = text
        .map_or(Ok(default), str::parse)
        .map_err(|_| ApiError::bad_request())?;
    if (1..=100).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::bad_request())
    }
}

fn words<T: Word>(text: Option<&str>, read: impl Fn(&str) -> T) -> Result<Vec<T>, ApiError> {
    let words: Vec<T> = text
        .into_iter()
        .flat_map(|t| t.split(','))
        .map(read)
        .collect();
    if words.is_known() {
        Ok(words)
    } else {
        Err(ApiError::bad_request())
    }
}

/// A parameter that is there and not empty.
fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

impl ListQuery {
    /// The filter; `None` when nothing can fit it.
    fn filter(&self, list: &str) -> Result<Option<Filter>, ApiError> {
        let q = self.q.as_deref().unwrap_or_default();
        let sort = self
            .sort
            .as_deref()
            .map_or(Sort::UpdatedDesc, Sort::from_word);
        if !sort.is_known() {
            return Err(ApiError::bad_request());
        }
        let wanted = given(&self.reference);
        let filter = Filter {
            status: words(self.status.as_deref(), Status::from_word)?,
            kind: words(self.kind.as_deref(), Kind::from_word)?,
            words: q
                .to_lowercase()
                .split_whitespace()
                .take(SEARCH_WORDS)
                .map(str::to_owned)
                .collect(),
            or_reference: Reference::parse(q).ok(),
            reference: wanted.and_then(|text| Reference::parse(text).ok()),
            sort,
            limit: limit(self.limit.as_deref(), 20)?,
            after: given(&self.cursor)
                .map(|c| cursor::place(list, c))
                .transpose()?,
        };
        let hopeless = wanted.is_some() && filter.reference.is_none();
        Ok((!hopeless).then_some(filter))
    }

    /// Names the list by everything but the page.
    fn name(&self, scope: &Scope) -> String {
        format!(
            "{scope:?} {:?}",
            (
                &self.status,
                &self.kind,
                &self.q,
                &self.sort,
                &self.reference
            )
        )
    }
}

/// The requests of the scope that fit the query.
///
/// # Errors
/// 400 for what is no query; when the store fails.
pub async fn page(
    app: &App,
    scope: &Scope,
    query: &ListQuery,
    lang: Lang,
) -> Result<Page<Request>, ApiError> {
    let list = query.name(scope);
    let Some(filter) = query.filter(&list)? else {
        return Ok(Page {
            items: Vec::new(),
            next_cursor: None,
            total: Some(0),
        });
    };
    let listed = app
        .store
        .read()
        .await?
        .list_requests(scope, &filter)
        .await?;
    let key = |record: &RequestRecord| match filter.sort {
        Sort::UpdatedDesc | Sort::Unknown => record.updated_at.unix_millis(),
        Sort::CreatedAsc | Sort::CreatedDesc => record.created_at.unix_millis(),
    };
    let last = listed.items.last().filter(|_| listed.more);
    let next_cursor = last
        .map(|r| cursor::after(&list, key(r), r.id.as_str()))
        .transpose()?;
    let items = listed
        .items
        .iter()
        .map(|record| view::request(app, record, lang.0))
        .collect();
    Ok(Page {
        items,
        next_cursor,
        total: Some(listed.total),
    })
}

/// `GET /requests`
pub async fn list(
    State(app): State<App>,
    actor: Actor,
    lang: Lang,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Request>>, ApiError> {
    if let Actor::Customer(id) = &actor
        && query.cursor.is_none()
    {
        inward::catch_up(&app, id).await;
    }
    Ok(Json(page(&app, &actor.scope()?, &query, lang).await?))
}

/// `GET /requests/{id}`
pub async fn one(
    State(app): State<App>,
    Reading { actor, tx }: Reading,
    Lang(locale): Lang,
    Path(id): Path<RequestId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let record = inward::current(&app, tx, &id, &actor.scope()?, inward::FRESH).await?;
    etag::answer(&headers, &record, &view::request(&app, &record, locale))
}
