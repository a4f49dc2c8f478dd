//! `POST /callbacks`: please ring me; whom the desk has to ring, and that it did.

use super::{
    actor::Actor,
    context::Lang,
    desk::{Agent, NAME},
    messages::save,
    once::{Answer, Key, Once, once, once_as},
    posted::Posted,
};
use crate::{
    delivery::letter,
    hours::Week,
    intake,
    limits::{self, Client, Rule},
    problem::{ApiError, Fault},
    settings::ContactSetting,
    state::App,
    store::{
        Tx,
        records::{CallbackRecord, Happening, RequestRecord, Scope},
    },
    text,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::Response,
};
use chrono::{NaiveDate, TimeDelta};
use portico_contract::{
    Instant,
    config::ContactKind,
    id::RequestId,
    list::Items,
    problem::FieldProblem,
    request::Refusal,
    submission::{Callback, ClosedDay, NewCallback},
    timeline::Role,
};
use portico_promise::{DayKind, Name};
use serde::{Deserialize, Serialize};

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
        at if at <= now => Some((FieldProblem::TooSmall, "field.callback_time")),
        at if now.plus(AHEAD).is_some_and(|last| at > last) => {
            Some((FieldProblem::TooLarge, "field.callback_time"))
        }
        at if is_holiday(&app, at) => Some((FieldProblem::NotAnOption, "field.callback_holiday")),
        at if !is_open(&app, at) => Some((FieldProblem::NotAnOption, "field.callback_hours")),
        _ => None,
    };
    faults.extend(
        out_of_time.map(|(problem, words)| Fault::at("/preferred_at", problem).worded(words)),
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
    let mut record = CallbackRecord {
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
        entry: None,
        done_at: None,
        note: None,
    };
    if let Some(mut request) = about {
        let what = Happening::Callback {
            topic: record.callback.topic.clone(),
            preferred_at: record.callback.preferred_at,
            done_at: None,
        };
        let entry = request.entry(now, true, Role::Customer, what);
        record.entry = Some(tx.add_entry(&entry).await?.id);
        save(&mut *tx, &request).await?;
    }
    let callback = &record.callback;
    tx.insert_callback(&record).await?;
    letter::callback(&app, &mut *tx, &record).await?;
    let answer = Answer::json(StatusCode::CREATED, callback)?
        .with(header::CONTENT_LANGUAGE, locale.as_str());
    turn.commit(tx, answer, callback.request_id.as_ref()).await
}

/// Whether somebody answers the telephone at that moment: within the hours of a channel by telephone. Without such a
/// channel every time is as good.
fn is_open(app: &App, at: Instant) -> bool {
    let company = app.company();
    let mut phones = company
        .contacts
        .iter()
        .filter(|contact| contact.channel == ContactKind::Phone)
        .peekable();
    let open = |contact: &ContactSetting| {
        Week::new(&contact.hours).is_ok_and(|week| week.at(at, app.settings.time_zone).0)
    };
    phones.peek().is_none() || phones.any(open)
}

/// The holiday of the company's calendar that keeps everybody from the telephone on a date; not where somebody answers
/// it at any hour of any day.
fn holiday(app: &App, date: NaiveDate) -> Option<Option<Name>> {
    let always = |contact: &ContactSetting| {
        contact.channel == ContactKind::Phone && contact.hours.is_empty()
    };
    let policy = app.policy();
    let calendar = policy.calendar(&policy.usual_calendar)?;
    match calendar.day(date) {
        (DayKind::Off, name) if !app.company().contacts.iter().any(always) => Some(name.cloned()),
        _ => None,
    }
}

fn is_holiday(app: &App, at: Instant) -> bool {
    let date = at.date_time().with_timezone(&app.settings.time_zone);
    holiday(app, date.date_naive()).is_some()
}

/// `GET /callbacks/closed-days`: the holidays of the time ahead on which nobody is rung.
pub async fn closed_days(State(app): State<App>, Lang(locale): Lang) -> Json<Items<ClosedDay>> {
    let now = app.clock.now().date_time();
    let today = now.with_timezone(&app.settings.time_zone).date_naive();
    let days = today.iter_days().take_while(|day| *day <= today + AHEAD);
    let items = days.filter_map(|date| {
        let name = holiday(&app, date)?;
        let name = name.map(|name| name.in_language(locale.as_str()).to_owned());
        Some(ClosedDay { date, name })
    });
    Json(Items {
        items: items.collect(),
    })
}

/// The request that somebody wants to be rung about, if they may see it. Who only follows it asks for nothing.
async fn about(tx: &mut dyn Tx, actor: &Actor, id: &RequestId) -> Result<RequestRecord, ApiError> {
    let found = match actor.scope() {
        Ok(scope) => tx.request(id, &scope).await?,
        Err(_) => None,
    };
    let unknown = Fault::at("/request_id", FieldProblem::NotAnOption);
    let found = found.ok_or_else(|| ApiError::validation(vec![unknown]))?;
    match found.following {
        Some(_) => Err(ApiError::refused(Refusal::Following)),
        None => Ok(found),
    }
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

/// `POST /desk/v1/callbacks/{id}/done`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    /// For the desk alone.
    note: Option<String>,
}

/// `POST /desk/v1/callbacks/{id}/done`: they were rung, which their request tells. Once done it stays as it was.
pub async fn done(
    State(app): State<App>,
    _: Agent,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let known = app.store.read().await?.callback(&id).await?;
    known.ok_or_else(ApiError::not_found)?;
    let posted = posted.or_empty();
    let Done { note } = posted.json()?;
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let note = intake::comment(note.as_deref(), "/note", &app.settings.limits)?;
    let mut tx = app.store.write().await?;
    let mut record = tx.callback(&id).await?.ok_or_else(ApiError::not_found)?;
    if record.done_at.is_none() {
        let now = app.clock.now();
        (record.done_at, record.note) = (Some(now), note);
        tx.update_callback(&record).await?;
        if let (Some(request), Some(entry)) = (&record.callback.request_id, &record.entry)
            && let Some(mut request) = tx.request(request, &Scope::Desk).await?
        {
            tx.callback_done(entry, now).await?;
            // Who was rung has heard from the desk.
            request.answered(now);
            request.changed(now);
            save(&mut *tx, &request).await?;
        }
    }
    let answer = Answer::json(StatusCode::OK, &record)?;
    turn.commit(tx, answer, record.callback.request_id.as_ref())
        .await
}
