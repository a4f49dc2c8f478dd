//! `POST /requests`: a new request, exactly once.

use super::{
    actor::Actor,
    context::Lang,
    etag, messages,
    once::{Answer, Key, Once, once},
    posted::Posted,
};
use crate::{
    attach::Taking,
    clock::real_now,
    delivery::letter::{self, Occasion},
    gateway::handover,
    intake::{self, Accepted},
    keys::random,
    life::usual_turn,
    limits::{self, Client, Rule},
    problem::{ApiError, Fault},
    receipt, secret,
    state::App,
    store::{
        StoreError, Tx,
        links::Link,
        records::{Happening, NewEntry, RequestRecord, Scope},
    },
    view,
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::Response,
};
use portico_contract::{
    BASE_PATH, Instant,
    attachment::Attachment,
    code::{QueryCode, Reference},
    id::{CustomerId, RequestId},
    locale::Locale,
    problem::FieldProblem,
    request::{Class, Grade, Status, Urgency},
    submission::{Created, NewRequest, ReceiptContent},
    timeline::Role,
};
use std::time::Duration;

/// How often a reference may turn out to be in use; with 45 random bits even once is news.
const REFERENCE_TRIES: u32 = 5;

/// `POST /requests`
pub async fn submit(
    State(app): State<App>,
    actor: Actor,
    client: Client,
    Lang(locale): Lang,
    posted: Posted,
) -> Result<Response, ApiError> {
    let new: NewRequest = posted.json()?;
    let customer = match &actor {
        Actor::Customer(id) => Some(id.clone()),
        Actor::Anonymous | Actor::Tracker(_) => None,
    };
    // Who follows one request sends another one as any guest does, also when the session has ended since.
    let sender = match &customer {
        Some(_) => &actor,
        None => &Actor::Anonymous,
    };
    let turn = match once(&app, sender, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let company = app.company();
    let accepted = intake::new_request(&app, &company, &new, locale, customer.is_none())?;
    let desk = app.gateway.desk_for(accepted.request_type).cloned();

    // Whoever has no more room is told before the costly hash; this look leaves nothing behind.
    limits::count(
        &app,
        &mut *app.store.write().await?,
        Rule::NewRequests,
        client.as_str(),
    )
    .await?;
    let code = match customer {
        Some(_) => None,
        None => Some(QueryCode::from_random(bits()?)),
    };
    let query_hash = match &code {
        Some(code) => Some(secret::password_hash(&app, code.to_string()).await?),
        None => None,
    };

    let mut tx = app.store.write().await?;
    limits::count(&app, &mut *tx, Rule::NewRequests, client.as_str()).await?;
    check_follow_up(&mut *tx, &actor, new.follow_up_of.as_ref()).await?;
    let known = match &customer {
        Some(id) => tx.customer(id).await?,
        None => None,
    };
    let now = app.clock.now();
    let mut record = record(&accepted, &new, customer, now)?;
    record.query_hash = query_hash;
    if let Some(desk) = &desk {
        let proven = known.as_ref().and_then(|known| known.email.as_deref());
        let owner = desk.owner(proven, &record.contact)?;
        record.link = Some(Link::new(&desk.name, owner, real_now().timestamp_millis()));
        record.status = Status::Queued;
    }
    record.tier = known.and_then(|customer| customer.tier);
    record.promise(&app.policy(), now);
    insert(&mut *tx, &mut record).await?;
    let files = write(&mut *tx, &mut record, &accepted, &new, locale).await?;
    letter::notify(&app, &mut *tx, &record, Occasion::Received(code.as_ref())).await?;

    let record = tx
        .request(&record.id, &Scope::Desk)
        .await?
        .ok_or_else(|| ApiError::internal("the new request is not there"))?;
    let request = view::request(&app, &record, locale);
    let id = record.id.clone();
    let receipt = receipt::receipt(
        &app.keys,
        &ReceiptContent {
            reference: record.reference,
            received_at: record.created_at,
            received_by: company.brand.name.get(locale).to_owned(),
            request_type: request.request_type.clone(),
            subject: record.subject.clone(),
            body: record.body.clone(),
            urgency: Some(record.urgency),
            fields: request.fields.clone(),
            files,
        },
    )?;
    let etag = etag::etag(&record, &request)?;
    let mut created = Created {
        request,
        query_code: code,
        receipt: Some(receipt),
    };
    let accepted = answer(&created, etag, locale)?;
    let Some(desk) = desk else {
        return turn.commit(tx, accepted, Some(&id)).await;
    };
    // Here it is safe, and the sender has an answer whatever comes: what follows only makes that a better one.
    if let Some(other) = turn.keep(tx, &accepted, Some(&id)).await? {
        return Ok(other);
    }
    let within = Duration::from_secs(desk.setting.submit_seconds);
    handover::at_once(&app, &id, within).await;
    let mut tx = app.store.write().await?;
    let found = tx.request(&id, &Scope::Desk).await?;
    let mut record = found.ok_or_else(ApiError::not_found)?;
    if record.status == Status::Queued {
        handover::announce(&app, &mut *tx, &mut record).await?;
        messages::save(&mut *tx, &record).await?;
    }
    tx.commit().await?;
    created.request = view::request(&app, &record, locale);
    let etag = etag::etag(&record, &created.request)?;
    turn.renew(answer(&created, etag, locale)?).await
}

/// The answer to a new request: 202 while it is on its way to its desk.
fn answer(created: &Created, etag: String, locale: Locale) -> Result<Answer, ApiError> {
    let status = match created.request.status {
        Status::Queued => StatusCode::ACCEPTED,
        _ => StatusCode::CREATED,
    };
    let place = format!("{BASE_PATH}/requests/{}", created.request.id);
    Ok(Answer::json(status, created)?
        .with(header::LOCATION, place)
        .with(header::ETAG, etag)
        .with(header::CONTENT_LANGUAGE, locale.as_str()))
}

/// Random bits for a code.
///
/// # Errors
/// 500 when the system has none.
pub fn bits() -> Result<u64, ApiError> {
    Ok(u64::from_le_bytes(random().map_err(ApiError::internal)?))
}

/// A request goes on only from one that its sender may see.
async fn check_follow_up(
    tx: &mut dyn Tx,
    actor: &Actor,
    of: Option<&RequestId>,
) -> Result<(), ApiError> {
    let Some(of) = of else { return Ok(()) };
    let found = match actor.scope() {
        Ok(scope) => tx.request(of, &scope).await?,
        Err(_) => None,
    };
    match found {
        Some(_) => Ok(()),
        None => Err(ApiError::validation(vec![Fault::at(
            "/follow_up_of",
            FieldProblem::NotAnOption,
        )])),
    }
}

/// A request that has just come in, with a new id and reference.
///
/// # Errors
/// 500 when the system has no randomness.
pub fn record(
    accepted: &Accepted<'_>,
    new: &NewRequest,
    customer_id: Option<CustomerId>,
    now: Instant,
) -> Result<RequestRecord, ApiError> {
    let urgency = new.urgency.unwrap_or(Urgency::Regular);
    let steps = accepted.request_type.steps;
    let mut record = RequestRecord {
        id: RequestId::new(uuid::Uuid::new_v4().simple().to_string()),
        reference: Reference::from_random(bits()?),
        customer_id,
        contact: accepted.contact.clone(),
        locale: accepted.locale,
        type_id: accepted.request_type.id.clone(),
        kind: accepted.request_type.kind,
        subject: accepted.subject.clone(),
        body: accepted.body.clone(),
        fields: accepted.fields.clone(),
        file_names: Default::default(),
        status: Status::New,
        waiting_on: usual_turn(Status::New),
        outcome: None,
        urgency,
        // Until the desk decides, the customer's word counts.
        grade: match urgency {
            Urgency::Urgent => Grade::Urgent,
            Urgency::Special => Grade::Special,
            Urgency::Regular | Urgency::Unknown => Grade::Regular,
        },
        class: Class::General,
        grade_reason: None,
        handler: None,
        steps,
        step: steps.first_open(),
        steps_done: Default::default(),
        follow_up_of: new.follow_up_of.clone(),
        consents: new.consents.clone(),
        context: new.context.clone(),
        created_at: now,
        updated_at: now,
        resolved_at: None,
        closed_at: None,
        last_entry_at: now,
        seen_at: now,
        version: 0,
        query_hash: None,
        promises: Vec::new(),
        tier: None,
        proposal: None,
        answered_at: None,
        chases: 0,
        chased_at: None,
        escalation: None,
        reviewed_at: None,
        survey_from: None,
        survey: None,
        followers: Vec::new(),
        customer_remind_at: None,
        link: None,
        following: None,
        unread: 0,
    };
    record.reach(steps.first_open(), now);
    Ok(record)
}

/// Adds it, under another reference when its own is in use.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut dyn Tx, record: &mut RequestRecord) -> Result<(), ApiError> {
    for _ in 0..REFERENCE_TRIES {
        match tx.insert_request(record).await {
            Err(StoreError::Taken) => record.reference = Reference::from_random(bits()?),
            other => return Ok(other?),
        }
    }
    Err(ApiError::internal("no free reference"))
}

/// Writes the first entries of the timeline, takes the files, and tells of it. Returns the files.
///
/// # Errors
/// 422 for an upload that cannot be taken; when the store fails.
pub async fn write(
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    accepted: &Accepted<'_>,
    new: &NewRequest,
    locale: Locale,
) -> Result<Vec<Attachment>, ApiError> {
    let message = Happening::Message {
        author: author(tx, record).await?,
        body: record.body.clone(),
    };
    // The first entry has the very time of the request.
    let first = NewEntry {
        request_id: record.id.clone(),
        at: record.created_at,
        public: true,
        role: Role::Customer,
        what: message,
    };
    let first = tx.add_entry(&first).await?;
    let mut taking = Taking::new(tx, &first);
    taking.of_message(&new.attachment_ids).await?;
    taking
        .of_fields(record, accepted.request_type, locale)
        .await?;
    let files = taking.finish()?;
    // Of another desk, what becomes of it there is told first.
    if record.link.is_none() {
        let what = Happening::Status {
            from: None,
            to: record.status,
            waiting_on: record.waiting_on,
            outcome: None,
            explanation: None,
            note: None,
        };
        let entry = record.entry(record.created_at, true, Role::System, what);
        tx.add_entry(&entry).await?;
    }
    // Nobody needs to be told of their own request.
    record.seen_at = record.last_entry_at;
    tx.update_request(record).await?;
    tx.append_event(Some(&record.id), record.updated_at).await?;
    Ok(files)
}

/// What the sender is called.
///
/// # Errors
/// When the store fails.
pub async fn author(tx: &mut dyn Tx, record: &RequestRecord) -> Result<Option<String>, ApiError> {
    if record.contact.name.is_some() {
        return Ok(record.contact.name.clone());
    }
    Ok(match &record.customer_id {
        Some(id) => tx.customer(id).await?.and_then(|customer| customer.name),
        None => None,
    })
}
