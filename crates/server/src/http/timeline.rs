//! The timeline of a request, and up to where it was read.

use super::{
    actor::{Actor, Reading},
    context::Lang,
    cursor,
    once::{Answer, Key, Once, once},
    posted::Posted,
    requests::limit,
};
use crate::{
    gateway::inward,
    problem::ApiError,
    state::App,
    view::{self, Reader},
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use portico_contract::{id::RequestId, list::Page, submission::Seen, timeline::TimelineItem};
use serde::Deserialize;

/// The query of a timeline.
#[derive(Debug, Deserialize)]
pub struct TimelineQuery {
    /// Items on a page.
    limit: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
}

/// `GET /requests/{id}/timeline`
pub async fn timeline(
    State(app): State<App>,
    Reading { actor, tx }: Reading,
    Lang(locale): Lang,
    Path(id): Path<RequestId>,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<Page<TimelineItem>>, ApiError> {
    let scope = actor.scope()?;
    let record = inward::current(&app, tx, &id, &scope, inward::FRESH).await?;
    let mut tx = app.store.read().await?;
    let limit = limit(query.limit.as_deref(), 100)?;
    let list = format!("{scope:?} timeline {id}");
    let after = match &query.cursor {
        Some(cursor) => cursor::place(&list, cursor)?.0,
        None => 0,
    };
    let mut entries = tx.entries(&id, after, limit + 1, false).await?;
    let total = tx.count_entries(&id, false).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let last = entries.last().filter(|_| more);
    let next_cursor = last
        .map(|entry| cursor::after(&list, entry.seq, entry.id.as_str()))
        .transpose()?;
    let items = entries
        .iter()
        .map(|entry| view::item(&app, entry, Reader::of(&record), locale))
        .collect();
    Ok(Json(Page {
        items,
        next_cursor,
        total: Some(total),
    }))
}

/// `POST /requests/{id}/seen`
pub async fn seen(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<RequestId>,
    posted: Posted,
) -> Result<Response, ApiError> {
    actor.request(&mut *app.store.read().await?, &id).await?;
    let Seen { up_to } = posted.json()?;
    let turn = match once(&app, &actor, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let mut tx = app.store.write().await?;
    let mut record = actor.request(&mut *tx, &id).await?;
    // What nobody has written yet cannot have been read; what was read stays read.
    let up_to = up_to.min(record.last_entry_at);
    match &mut record.following {
        // Who follows does not read for whom it belongs to.
        Some(following) => {
            following.seen_at = following.seen_at.max(up_to);
            tx.follower_seen(&id, following).await?;
        }
        None => {
            record.seen_at = record.seen_at.max(up_to);
            tx.update_request(&record).await?;
        }
    }
    turn.commit(tx, Answer::empty(StatusCode::NO_CONTENT), Some(&id))
        .await
}
