//! `POST /requests/{id}/messages`: the customer writes.

use super::{
    actor::Actor,
    context::Lang,
    etag::precondition,
    once::{Answer, Key, Once, Turning, once},
    posted::Posted,
    submit::author,
};
use crate::{
    attach::Taking,
    gateway::{
        mirror::{self, By},
        outward::{self, Outgoing, Written},
    },
    intake,
    life::StatusChange,
    problem::ApiError,
    state::App,
    store::{
        Tx,
        records::{Entry, Happening, RequestRecord, Scope},
    },
    view::{self, Reader},
};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::Response,
};
use portico_contract::{
    id::{RequestId, UploadId},
    locale::Locale,
    request::{Action, Status, WaitingOn},
    submission::NewMessage,
    timeline::{ProposalAnswer, Role},
};

/// `POST /requests/{id}/messages`
pub async fn post(
    State(app): State<App>,
    actor: Actor,
    Lang(locale): Lang,
    Path(id): Path<RequestId>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let scope = actor.scope()?;
    let found = app
        .store
        .read()
        .await?
        .request(&id, &scope)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let new: NewMessage = posted.json()?;
    let turn = match once(&app, &actor, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let body = intake::message(&new.body, &new.attachment_ids, &app.settings.limits)?;
    if let Some(desk) = outward::hold(&app, &found, turn.key_hash()).await? {
        let outgoing = Outgoing {
            words: Some(body),
            files: outward::uploads(&app, &new.attachment_ids, desk.in_doubt()).await?,
            change: None,
        };
        let mut tx = app.store.read().await?;
        let record = tx.request(&id, &scope).await?;
        let record = record.ok_or_else(ApiError::not_found)?;
        drop(tx);
        if !desk.in_doubt() {
            may_write(&app, &record, &new, &posted)?;
        }
        let written = desk.write(&app, outgoing).await?;
        return taken_in(&app, &scope, &id, &new, written, turn, locale).await;
    }

    let mut tx = app.store.write().await?;
    let mut record = tx
        .request(&id, &scope)
        .await?
        .ok_or_else(ApiError::not_found)?;
    may_write(&app, &record, &new, &posted)?;
    let now = app.clock.now();
    let what = Happening::Message {
        author: author(&mut *tx, &record).await?,
        body,
    };
    let entry = record.entry(now, true, Role::Customer, what);
    let entry = add(&mut *tx, &entry, &new.attachment_ids).await?;
    if record.status == Status::Pending && record.waiting_on == Some(WaitingOn::Customer) {
        // What the desk waited for has come.
        let change = StatusChange::default();
        let told = record.set_status(Status::Open, change, Role::System, &app.policy(), now);
        for entry in &told {
            tx.add_entry(entry).await?;
            record.seen_at = record.seen_at.max(entry.at);
        }
    }
    save(&mut *tx, &record).await?;
    let item = view::item(&app, &entry, Reader::Customer, locale);
    let answer =
        Answer::json(StatusCode::CREATED, &item)?.with(header::CONTENT_LANGUAGE, locale.as_str());
    turn.commit(tx, answer, Some(&id)).await
}

/// Whether the customer can write now.
fn may_write(
    app: &App,
    record: &RequestRecord,
    new: &NewMessage,
    posted: &Posted,
) -> Result<(), ApiError> {
    let with_files = !new.attachment_ids.is_empty();
    if !app.gateway.offers(record, Action::Reply)
        || with_files && !app.gateway.offers(record, Action::Attach)
    {
        return Err(ApiError::not_found());
    }
    precondition(&posted.headers, record)?;
    let situation = view::situation(app, record);
    situation.check(Action::Reply).map_err(ApiError::refused)
}

/// Takes in what was written to another desk, and answers with the message as that desk has it.
async fn taken_in(
    app: &App,
    scope: &Scope,
    id: &RequestId,
    new: &NewMessage,
    written: Written,
    turn: Turning,
    locale: Locale,
) -> Result<Response, ApiError> {
    let mut tx = app.store.write().await?;
    let record = tx.request(id, scope).await?;
    let mut record = record.ok_or_else(ApiError::not_found)?;
    let message = written.message.as_ref().ok_or_else(ApiError::not_found)?;
    let known = mirror::entry_of(&mut *tx, &record, &message.id).await?;
    if known.is_none() {
        let what = Happening::Message {
            author: author(&mut *tx, &record).await?,
            body: mirror::words(message),
        };
        let entry = record.entry(app.clock.now(), true, Role::Customer, what);
        let entry = add(&mut *tx, &entry, &new.attachment_ids).await?;
        tx.add_desk_message(&record.id, &message.id, &entry.id)
            .await?;
    }
    written
        .take_in(app, &mut *tx, &mut record, By::Desk)
        .await?;
    let entry = mirror::entry_of(&mut *tx, &record, &message.id).await?;
    let entries = tx.entries(id, 0, u32::MAX, false).await?;
    let entry = entries.into_iter().find(|e| Some(&e.id) == entry.as_ref());
    let entry = entry.ok_or_else(|| ApiError::internal("the new entry is not there"))?;
    let item = view::item(app, &entry, Reader::Customer, locale);
    let answer =
        Answer::json(StatusCode::CREATED, &item)?.with(header::CONTENT_LANGUAGE, locale.as_str());
    turn.commit(tx, answer, Some(id)).await
}

/// Adds a message with its files, and gives it as it is kept.
///
/// # Errors
/// 422 for an upload that cannot be taken; when the store fails.
pub async fn add(
    tx: &mut dyn Tx,
    entry: &crate::store::records::NewEntry,
    uploads: &[UploadId],
) -> Result<Entry, ApiError> {
    let added = tx.add_entry(entry).await?;
    let mut taking = Taking::new(tx, &added);
    taking.of_message(uploads).await?;
    taking.finish()?;
    let kept = tx
        .entries(&entry.request_id, added.seq - 1, 1, true)
        .await?;
    kept.into_iter()
        .next()
        .ok_or_else(|| ApiError::internal("the new entry is not there"))
}

/// Says what became of the proposal that waits, if one does.
///
/// # Errors
/// When the store fails.
pub async fn answer_proposal(
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    answer: ProposalAnswer,
    comment: Option<&str>,
) -> Result<(), ApiError> {
    if let Some(entry) = record.proposal.take() {
        tx.answer_proposal(&entry, answer, comment).await?;
    }
    Ok(())
}

/// Writes a changed request, and tells of it.
///
/// # Errors
/// When the store fails.
pub async fn save(tx: &mut dyn Tx, record: &RequestRecord) -> Result<(), ApiError> {
    tx.update_request(record).await?;
    tx.append_event(Some(&record.id), record.updated_at).await?;
    Ok(())
}
