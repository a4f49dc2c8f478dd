//! `POST /requests/{id}/actions/{name}`: what a customer can do besides writing.

use super::{
    actor::Actor,
    context::Lang,
    etag::{etag, precondition},
    messages::save,
    once::{Answer, Key, Once, once},
    posted::Posted,
};
use crate::{
    attach::Taking,
    intake,
    life::StatusChange,
    problem::ApiError,
    state::App,
    store::{
        Tx,
        records::{Happening, RequestRecord, Scope},
    },
    view,
};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::Response,
};
use portico_contract::{
    id::RequestId,
    locale::Locale,
    request::{Action, Outcome, Status},
    submission::{Comment, Edit},
    timeline::Role,
};
use std::collections::BTreeSet;

/// What is asked for, understood.
enum Asked {
    /// A new status, and what is said with it.
    Status(Status, StatusChange),
    /// Other content.
    Edit(Edit),
}

/// `POST /requests/{id}/actions/{name}`
pub async fn act(
    State(app): State<App>,
    actor: Actor,
    Lang(locale): Lang,
    Path((id, name)): Path<(RequestId, String)>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let scope = actor.scope()?;
    app.store
        .read()
        .await?
        .request(&id, &scope)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let action = Action::from_word(&name);
    let posted = posted.or_empty();
    let asked = asked(&app, action, &posted)?;
    let turn = match once(&app, &actor, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };

    let mut tx = app.store.write().await?;
    let mut record = tx
        .request(&id, &scope)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if let Asked::Edit(edit) = &asked {
        // Its answers are judged together with those that stay.
        apply(&app, &mut record, edit, locale)?;
    }
    precondition(&posted.headers, &record)?;
    let now = app.clock.now();
    record
        .situation(app.settings.reopen_days, now)
        .check(action)
        .map_err(ApiError::refused)?;
    let mut unnamed = Vec::new();
    match asked {
        Asked::Status(status, change) => {
            let entry = record.set_status(status, change, Role::Customer, now);
            tx.add_entry(&entry).await?;
        }
        Asked::Edit(_) => {
            unnamed = change_files(&app, &mut *tx, &mut record, locale).await?;
            tx.replace_first_message(&record.id, &record.body).await?;
            let entry = record.entry(now, true, Role::Customer, Happening::Edited);
            tx.add_entry(&entry).await?;
        }
    }
    save(&mut *tx, &record).await?;
    let record = tx
        .request(&id, &Scope::Desk)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let shown = view::request(&app, &record, locale);
    let answer = Answer::json(StatusCode::OK, &shown)?
        .with(header::ETAG, etag(&record, &shown)?)
        .with(header::CONTENT_LANGUAGE, locale.as_str());
    let response = turn.commit(tx, answer, Some(&id)).await?;
    for sha256 in unnamed {
        if let Err(error) = app.files.release(&*app.store, &sha256).await {
            // The customer's change is made; what is left goes with the next start.
            tracing::warn!(%error, "a file that was taken away could not be removed");
        }
    }
    Ok(response)
}

fn asked(app: &App, action: Action, posted: &Posted) -> Result<Asked, ApiError> {
    let (status, outcome, note) = match action {
        Action::Confirm => (Status::Closed, None, "note.confirmed"),
        Action::Reopen => (Status::Open, None, "note.reopened"),
        Action::Withdraw => (Status::Closed, Some(Outcome::Withdrawn), "note.withdrawn"),
        Action::Edit => return Ok(Asked::Edit(posted.json()?)),
        // What does not exist here is not there to be refused.
        _ => return Err(ApiError::not_found()),
    };
    let Comment { comment } = posted.json()?;
    let explanation = intake::comment(comment.as_deref(), "/comment", &app.settings.limits)?;
    Ok(Asked::Status(
        status,
        StatusChange {
            outcome,
            explanation,
            note: Some(note),
            waiting_on: None,
        },
    ))
}

/// Puts the new content in place of the old.
fn apply(
    app: &App,
    record: &mut RequestRecord,
    edit: &Edit,
    locale: Locale,
) -> Result<(), ApiError> {
    let limits = &app.settings.limits;
    let mut faults = Vec::new();
    if let Some(subject) = &edit.subject {
        record.subject = intake::subject(subject, limits, &mut faults);
    }
    if let Some(body) = &edit.body {
        record.body = intake::body(body, limits, false, &mut faults);
    }
    if let (Some(fields), Some(request_type)) =
        (&edit.fields, app.catalogue.request_type(&record.type_id))
    {
        let mut all = record.fields.clone();
        all.extend(fields.clone());
        record.fields = intake::answers(request_type, &all, locale, &mut faults);
        let files = intake::file_ids(&record.fields, Some(request_type), locale).count();
        intake::file_count(files, "/fields", limits, &mut faults);
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ApiError::validation(faults))
    }
}

/// Takes the uploads that file fields name now, which are files of the first message, and takes away those that they
/// name no more. Gives the SHA-256 of what was taken away.
async fn change_files(
    app: &App,
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    locale: Locale,
) -> Result<Vec<String>, ApiError> {
    let Some(request_type) = app.catalogue.request_type(&record.type_id) else {
        return Ok(Vec::new());
    };
    let first = tx.entries(&record.id, 0, 1, false).await?;
    let Some(first) = first.first() else {
        return Ok(Vec::new());
    };
    let mut taking = Taking::new(&mut *tx, first);
    taking.of_fields(record, request_type, locale).await?;
    taking.finish()?;
    let named: BTreeSet<&str> = intake::file_ids(&record.fields, Some(request_type), locale)
        .map(|(_, _, id)| id)
        .collect();
    let mut gone = Vec::new();
    for file in &first.attachments {
        // What no field ever named came with the message and stays.
        if !named.contains(file.id.as_str()) && record.file_names.remove(&file.id).is_some() {
            tx.remove_attachment(&file.id).await?;
            gone.push(file.sha256.clone());
        }
    }
    Ok(gone)
}
