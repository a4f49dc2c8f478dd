//! What is promised to everybody, what would be promised, and why a date is what it is.

use super::{actor::Actor, context::Lang, posted::Posted, submit};
use crate::{
    intake,
    problem::{ApiError, Fault},
    promises::Event,
    state::App,
    view,
};
use axum::{
    Json,
    extract::{Path, State},
};
use portico_contract::{
    id::RequestId,
    problem::FieldProblem,
    promise::{Preview, PreviewRequest, PromiseDay, Standards},
    submission::{NewRequest, SentBody},
};

/// `GET /promises`
pub async fn standards(State(app): State<App>, Lang(locale): Lang) -> Json<Standards> {
    Json(view::standards(&app, locale))
}

/// `POST /promises/preview`
pub async fn preview(
    State(app): State<App>,
    actor: Actor,
    Lang(locale): Lang,
    posted: Posted,
) -> Result<Json<Preview>, ApiError> {
    let company = app.company();
    let asked: PreviewRequest = posted.json()?;
    let Some(request_type) = company.catalogue.request_type(&asked.type_id) else {
        let fault = Fault::at("/type_id", FieldProblem::NotAnOption);
        return Err(ApiError::validation(vec![fault]));
    };
    // What is not written yet decides nothing.
    let new = NewRequest {
        type_id: asked.type_id,
        subject: String::new(),
        body: SentBody::text(""),
        fields: Default::default(),
        urgency: asked.urgency,
        attachment_ids: Vec::new(),
        contact: None,
        consents: Default::default(),
        context: Default::default(),
        follow_up_of: None,
        locale: None,
    };
    let accepted = intake::Accepted {
        request_type,
        subject: String::new(),
        body: String::new(),
        fields: Default::default(),
        contact: Default::default(),
        locale,
    };
    let mut record = submit::record(&accepted, &new, None, app.clock.now())?;
    if let Actor::Customer(id) = &actor {
        let customer = app.store.read().await?.customer(id).await?;
        record.tier = customer.and_then(|customer| customer.tier);
    }
    record.promise(&app.policy(), record.created_at);
    let shown = record.promises.iter().filter(|promise| {
        let waits = promise.started_at.is_none() && promise.terms.starts != Event::Declared;
        !promise.terms.internal && !waits
    });
    let promises = shown.map(|promise| view::promise(&app, promise, locale));
    Ok(Json(Preview {
        promises: promises.collect(),
    }))
}

/// `GET /requests/{id}/promises/{key}/days`
pub async fn days(
    State(app): State<App>,
    actor: Actor,
    Lang(locale): Lang,
    Path((id, key)): Path<(RequestId, String)>,
) -> Result<Json<Vec<PromiseDay>>, ApiError> {
    let record = actor.request(&mut *app.store.read().await?, &id).await?;
    let promise = record
        .promises
        .iter()
        .find(|promise| promise.key == key && !promise.terms.internal)
        .ok_or_else(ApiError::not_found)?;
    Ok(Json(view::promise_days(&app, promise, locale)))
}
