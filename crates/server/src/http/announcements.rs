//! What all customers are told: read by anybody, written by the desk.

use super::{
    context::Lang,
    desk::{Agent, NAME},
    once::{Answer, Key, Once, once_as},
    posted::Posted,
};
use crate::{
    catalogue::Localized,
    intake,
    problem::{ApiError, Fault},
    state::App,
    store::records::AnnouncementRecord,
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use portico_contract::{
    Instant,
    announcement::{Announcement, AnnouncementKind},
    id::AnnouncementId,
    list::Items,
    locale::Locale,
    problem::FieldProblem,
    strict,
};
use serde::{Deserialize, Serialize};

fn shown(record: &AnnouncementRecord, locale: Locale) -> Announcement {
    Announcement {
        id: record.id.clone(),
        kind: record.kind,
        title: record.title.get(locale).to_owned(),
        body: record.body.get(locale).to_owned(),
        from: record.from,
        until: record.until,
    }
}

/// `GET /announcements`: those that hold now, the newest first.
pub async fn current(
    State(app): State<App>,
    Lang(locale): Lang,
) -> Result<Json<Items<Announcement>>, ApiError> {
    let now = app.clock.now();
    let records = app.store.read().await?.announcements(now).await?;
    let records = records.iter().filter(|record| record.from <= now);
    let items = records.map(|record| shown(record, locale)).collect();
    Ok(Json(Items { items }))
}

/// `GET /desk/v1/announcements`: those that hold now or will.
pub async fn all(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
) -> Result<Json<Items<Announcement>>, ApiError> {
    let now = app.clock.now();
    let records = app.store.read().await?.announcements(now).await?;
    let items = records.iter().map(|record| shown(record, locale)).collect();
    Ok(Json(Items { items }))
}

/// `POST /desk/v1/announcements`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAnnouncement {
    #[serde(deserialize_with = "strict")]
    kind: AnnouncementKind,
    title: Localized,
    body: Localized,
    /// Absent: from now on.
    from: Option<Instant>,
    /// Absent: until it is ended.
    until: Option<Instant>,
}

/// Tells all customers something.
pub async fn announce(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    posted: Posted,
) -> Result<Response, ApiError> {
    let new: NewAnnouncement = posted.json()?;
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let now = app.clock.now();
    let from = new.from.unwrap_or(now);
    let limits = &app.settings.limits;
    let mut faults = Vec::new();
    for (text, at, length) in [
        (&new.title, "/title", limits.subject_length),
        (&new.body, "/body", limits.body_length),
    ] {
        for &locale in Locale::ALL {
            intake::required(
                text.get(locale),
                &format!("{at}/{locale}"),
                length,
                &mut faults,
            );
        }
    }
    if new.until.is_some_and(|until| until <= from.max(now)) {
        faults.push(Fault::at("/until", FieldProblem::TooSmall));
    }
    if !faults.is_empty() {
        return Err(ApiError::validation(faults));
    }
    let record = AnnouncementRecord {
        id: AnnouncementId::new(uuid::Uuid::new_v4().simple().to_string()),
        kind: new.kind,
        title: new.title,
        body: new.body,
        from,
        until: new.until,
    };
    let mut tx = app.store.write().await?;
    tx.put_announcement(&record).await?;
    tx.append_event(None, now).await?;
    let answer = Answer::json(StatusCode::CREATED, &shown(&record, locale))?;
    turn.commit(tx, answer, None).await
}

/// `POST /desk/v1/announcements/{id}/end`: from now on it holds no more. What is over stays so.
pub async fn end(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path(id): Path<AnnouncementId>,
) -> Result<Json<Announcement>, ApiError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut record = tx
        .announcement(&id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if record.until.is_none_or(|until| until > now) {
        record.until = Some(now);
        tx.put_announcement(&record).await?;
        tx.append_event(None, now).await?;
        tx.commit().await?;
    }
    Ok(Json(shown(&record, locale)))
}
