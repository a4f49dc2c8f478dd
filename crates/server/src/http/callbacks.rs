//! `POST /callbacks`: please ring me; and whom the desk has to ring.

use super::{
    actor::Actor,
    context::Lang,
    desk::Agent,
    messages::save,
    once::{Answer, Key, Once, once},
    posted::Posted,
};
use crate::{
    delivery::letter,
    intake,
    limits::{self, Client, Rule},
    problem::{ApiError, Fault},
    state::App,
    store::{
        Tx,
        records::{CallbackRecord, Happening, RequestRecord},
    },
    text,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::Response,
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    id::RequestId,
    list::Items,
    problem::FieldProblem,
    submission::{Callback, NewCallback},
    timeline::Role,
};

/// How far ahead somebody can ask to be rung.
const AHEAD: TimeDelta = TimeDelta::days(60);
/// How long the desk sees whom it should have rung.
const BEHIND: TimeDelta = TimeDelta::days(7);
/// The most that the desk is shown at once.
const SHOWN: u32 = 1_000;

/// `POST /callbacks`
pub async fn ask(
    State(app): State<App>,
    actor: Actor,
    client: Client,
    Lang(locale): Lang,
    posted: Posted,
) -> Result<Response, ApiError> {
    let new: NewCallback = posted.json()?;
    let turn = match once(&app, &actor, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let now = app.clock.now();
    let mut faults = Vec::new();
    let contact = intake::contact(Some(&new.contact), false, &mut faults);
    if contact.phone.is_none() {
        faults.push(Fault::at("/contact/phone", FieldProblem::Required));
    }
    let topic = text::line(&new.topic);
    let length = app.settings.limits.subject_length;
    intake::required(&topic, "/topic", length, &mut faults);
    let out_of_time = match new.preferred_at {
        at if at <= now => Some(FieldProblem::TooSmall),
        at if now.plus(AHEAD).is_some_and(|last| at > last) => Some(FieldProblem::TooLarge),
        _ => None,
    };
    faults.extend(
        out_of_time
            .map(|problem| Fault::at("/preferred_at", problem).worded("field.callback_time")),
    );
    let phone = match contact.phone.clone() {
        Some(phone) if faults.is_empty() => phone,
        _ => return Err(ApiError::validation(faults)),
    };

    let mut tx = app.store.write().await?;
    limits::count(&app, &mut *tx, Rule::NewRequests, client.as_str()).await?;
    let about = match &new.request_id {
        Some(id) => Some(about(&mut *tx, &actor, id).await?),
        None => None,
    };
    let record = CallbackRecord {
        callback: Callback {
            id: uuid::Uuid::new_v4().simple().to_string(),
            topic,
            phone,
            preferred_at: new.preferred_at,
            request_id: new.request_id,
            created_at: now,
        },
        contact,
        locale,
        reference: about.as_ref().map(|request| request.reference),
    };
    let callback = &record.callback;
    tx.insert_callback(&record).await?;
    if let Some(mut request) = about {
        let what = Happening::Callback {
            topic: callback.topic.clone(),
            preferred_at: callback.preferred_at,
        };
        let entry = request.entry(now, true, Role::Customer, what);
        tx.add_entry(&entry).await?;
        save(&mut *tx, &request).await?;
    }
    letter::callback(&app, &mut *tx, &record).await?;
    let answer = Answer::json(StatusCode::CREATED, callback)?
        .with(header::CONTENT_LANGUAGE, locale.as_str());
    turn.commit(tx, answer, callback.request_id.as_ref()).await
}

/// The request that somebody wants to be rung about, if they may see it.
async fn about(tx: &mut dyn Tx, actor: &Actor, id: &RequestId) -> Result<RequestRecord, ApiError> {
    let found = match actor.scope() {
        Ok(scope) => tx.request(id, &scope).await?,
        Err(_) => None,
    };
    let unknown = Fault::at("/request_id", FieldProblem::NotAnOption);
    found.ok_or_else(|| ApiError::validation(vec![unknown]))
}

/// `GET /desk/v1/callbacks`: whom to ring, the first one first; also whom the desk should have rung in the last days.
pub async fn list(
    State(app): State<App>,
    _: Agent,
) -> Result<Json<Items<CallbackRecord>>, ApiError> {
    let now = app.clock.now();
    let from: Instant = now.plus(-BEHIND).unwrap_or(now);
    let items = app.store.read().await?.callbacks(from, SHOWN).await?;
    Ok(Json(Items { items }))
}
