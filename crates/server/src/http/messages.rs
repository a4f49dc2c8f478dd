//! `POST /requests/{id}/messages`: the customer writes.

use super::{
    actor::Actor,
    context::Lang,
    etag::precondition,
    once::{Answer, Key, Once, once},
    posted::Posted,
    submit::author,
};
use crate::{
    attach::Taking,
    intake,
    life::StatusChange,
    problem::ApiError,
    state::App,
    store::{
        Tx,
        records::{Entry, Happening, RequestRecord},
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
    actor.request(&mut *app.store.read().await?, &id).await?;
    let new: NewMessage = posted.json()?;
    let turn = match once(&app, &actor, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let body = intake::message(&new.body, &new.attachment_ids, &app.settings.limits)?;

    let mut tx = app.store.write().await?;
    let mut record = actor.request(&mut *tx, &id).await?;
    precondition(&posted.headers, &record)?;
    let now = app.clock.now();
    let situation = record.situation(app.policy().rights, now);
    situation.check(Action::Reply).map_err(ApiError::refused)?;
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
