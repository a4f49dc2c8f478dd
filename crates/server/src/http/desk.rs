//! The embedded desk, `/desk/v1`: what agents do, with the desk's token.

use super::{
    actor::{bearer, same_secret},
    announcements, callbacks,
    context::Lang,
    etag::{etag, precondition},
    messages::{add, answer_proposal, save},
    once::{Answer, Key, Once, once_as},
    posted::Posted,
    requests::{ListQuery, page},
    survey_desk,
};
use crate::{
    delivery::letter::{self, Occasion},
    gateway::handover,
    intake,
    life::{StatusChange, has_step},
    problem::{ApiError, Fault},
    promises::{Event, ledger::DeskChange},
    serve::CLOCK_OFFSET,
    state::App,
    store::{
        Tx,
        records::{Entry, Happening, RequestRecord, Scope},
    },
    text,
    view::{self, Reader},
};
use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{StatusCode, header, request::Parts},
    response::Response,
    routing::{delete, get, post},
};
use portico_contract::{
    Instant,
    code::Reference,
    id::{RequestId, UploadId},
    list::Page,
    locale::Locale,
    problem::{FieldProblem, ProblemCode},
    request::{Class, Grade, Handler, Outcome, Refusal, Request, Status, StepKey, WaitingOn},
    strict,
    submission::{Contact, SentBody},
    timeline::{ProposalAnswer, Role, TimelineItem},
};
use serde::{Deserialize, Serialize};

/// The most entries of a timeline that the desk is shown at once: all of any real one.
const ENTRIES: u32 = 10_000;
/// Names the desk beside what it submitted.
pub const NAME: &str = "desk";

/// The routes of the desk.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/requests", get(list))
        .route("/requests/{id}", get(one))
        .route("/requests/{id}/messages", post(message))
        .route("/requests/{id}/status", post(status))
        .route("/requests/{id}/step", post(step))
        .route("/requests/{id}/proposal", post(proposal))
        .route("/requests/{id}/promises/{key}/{change}", post(promise))
        .route("/handovers", get(handovers))
        .route("/requests/{id}/hand-over", post(hand_over))
        .route("/customers/{address}/tier", post(tier))
        .route("/callbacks", get(callbacks::list))
        .route("/callbacks/{id}/done", post(callbacks::done))
        .route(
            "/announcements",
            get(announcements::all).post(announcements::announce),
        )
        .route("/announcements/{id}/end", post(announcements::end))
        .route("/campaigns", post(survey_desk::begin))
        .route("/surveys/{id}/invitations", get(survey_desk::invitations))
        .route("/surveys/{id}/results", get(survey_desk::results))
        .route(
            "/measures",
            get(survey_desk::measures).post(survey_desk::publish),
        )
        .route("/measures/{id}", delete(survey_desk::withdraw))
        .route("/clock", post(clock))
}

/// Somebody with the desk's token.
pub struct Agent;

impl FromRequestParts<App> for Agent {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match bearer(&parts.headers) {
            Some(token) if same_secret(token, app.keys.desk_token()) => Ok(Self),
            _ => Err(ApiError::new(ProblemCode::Unauthenticated)),
        }
    }
}

/// A request as the desk sees it.
#[derive(Serialize)]
struct DeskRequest {
    #[serde(flatten)]
    request: Request,
    contact: Contact,
    locale: Locale,
    timeline: Vec<DeskItem>,
}

/// An entry as the desk sees it.
#[derive(Serialize)]
struct DeskItem {
    #[serde(flatten)]
    item: TimelineItem,
    public: bool,
}

fn item(app: &App, entry: &Entry, locale: Locale) -> DeskItem {
    DeskItem {
        item: view::item(app, entry, Reader::Desk, locale),
        public: entry.public,
    }
}

/// A request by its id or its reference, however it is typed.
async fn find(tx: &mut dyn Tx, name: &str) -> Result<RequestRecord, ApiError> {
    if let Some(found) = tx.request(&RequestId::new(name), &Scope::Desk).await? {
        return Ok(found);
    }
    let reference = Reference::parse(name).map_err(|_| ApiError::not_found())?;
    tx.request_by_reference(reference, &Scope::Desk)
        .await?
        .ok_or_else(ApiError::not_found)
}

async fn list(
    State(app): State<App>,
    _: Agent,
    lang: Lang,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Request>>, ApiError> {
    Ok(Json(page(&app, &Scope::Desk, &query, lang).await?))
}

async fn one(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path(id): Path<String>,
) -> Result<([(header::HeaderName, String); 1], Json<DeskRequest>), ApiError> {
    let mut tx = app.store.read().await?;
    let record = find(&mut *tx, &id).await?;
    let entries = tx.entries(&record.id, 0, ENTRIES, true).await?;
    let request = view::request(&app, &record, locale);
    let etag = etag(&record, &request)?;
    let timeline = entries
        .iter()
        .map(|entry| item(&app, entry, locale))
        .collect();
    let shown = DeskRequest {
        request,
        contact: record.contact,
        locale: record.locale,
        timeline,
    };
    Ok(([(header::ETAG, etag)], Json(shown)))
}

/// `POST /desk/v1/requests/{id}/messages`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskMessage {
    body: SentBody,
    /// False for a note, which never leaves the desk.
    public: bool,
    #[serde(default)]
    attachment_ids: Vec<UploadId>,
}

async fn message(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ApiError> {
    find(&mut *app.store.read().await?, &id).await?;
    let new: DeskMessage = posted.json()?;
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let body = intake::message(&new.body, &new.attachment_ids, &app.settings.limits)?;
    let mut tx = app.store.write().await?;
    let mut record = find(&mut *tx, &id).await?;
    precondition(&posted.headers, &record)?;
    let author = record
        .handler
        .as_ref()
        .and_then(|handler| handler.name.clone());
    let entry = record.entry(
        app.clock.now(),
        new.public,
        Role::Agent,
        Happening::Message { author, body },
    );
    let entry = add(&mut *tx, &entry, &new.attachment_ids).await?;
    if new.public {
        let now = app.clock.now();
        record.answered(now);
        for entry in record.happens(Event::Reply, &app.policy(), now) {
            tx.add_entry(&entry).await?;
        }
        save(&mut *tx, &record).await?;
        letter::notify(&app, &mut *tx, &record, Occasion::Reply).await?;
    } else {
        // A note is no change that its customer could see.
        tx.update_request(&record).await?;
    }
    let answer = Answer::json(StatusCode::CREATED, &item(&app, &entry, locale))?;
    turn.commit(tx, answer, Some(&record.id)).await
}

/// `POST /desk/v1/requests/{id}/status`: what is absent stays, but for whose turn it is and the outcome, which then
/// follow from the status.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskStatus {
    #[serde(default, deserialize_with = "strict")]
    status: Option<Status>,
    #[serde(default, deserialize_with = "strict")]
    waiting_on: Option<WaitingOn>,
    #[serde(default, deserialize_with = "strict")]
    outcome: Option<Outcome>,
    explanation: Option<String>,
    #[serde(default, deserialize_with = "strict")]
    grade: Option<Grade>,
    #[serde(default, deserialize_with = "strict")]
    class: Option<Class>,
    handler: Option<DeskHandler>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskHandler {
    name: Option<String>,
    team: Option<String>,
    third_party: Option<String>,
}

async fn status(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ApiError> {
    find(&mut *app.store.read().await?, &id).await?;
    let new: DeskStatus = posted.json()?;
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let explanation = intake::comment(
        new.explanation.as_deref(),
        "/explanation",
        &app.settings.limits,
    )?;
    let mut tx = app.store.write().await?;
    let mut record = find(&mut *tx, &id).await?;
    precondition(&posted.headers, &record)?;
    let now = app.clock.now();
    let policy = app.policy();
    let judged = (record.class, record.grade);
    record.grade = new.grade.unwrap_or(record.grade);
    record.class = new.class.unwrap_or(record.class);
    if judged != (record.class, record.grade) {
        for entry in record.promise_anew(judged, &policy, now) {
            tx.add_entry(&entry).await?;
        }
    }
    if let Some(DeskHandler {
        name,
        team,
        third_party,
    }) = new.handler
    {
        let handler = Handler {
            name,
            team,
            third_party,
        };
        record.handler = [&handler.name, &handler.team, &handler.third_party]
            .iter()
            .any(|n| n.is_some())
            .then_some(handler);
    }
    let before = record.status;
    if new.status.is_some()
        || new.waiting_on.is_some()
        || new.outcome.is_some()
        || explanation.is_some()
    {
        let change = StatusChange {
            waiting_on: new.waiting_on,
            outcome: new.outcome,
            explanation: explanation.clone(),
            ..StatusChange::default()
        };
        let to = new.status.unwrap_or(before);
        record.answered(now);
        if matches!(to, Status::Resolved | Status::Closed) {
            answer_proposal(&mut *tx, &mut record, ProposalAnswer::Lapsed, None).await?;
        }
        for entry in record.set_status(to, change, Role::Agent, &policy, now) {
            tx.add_entry(&entry).await?;
        }
    } else {
        record.changed(now);
    }
    save(&mut *tx, &record).await?;
    // What asks something of the customer, or ends the matter, is worth a message.
    if record.status != before
        && matches!(
            record.status,
            Status::Pending | Status::Resolved | Status::Closed
        )
    {
        letter::notify(
            &app,
            &mut *tx,
            &record,
            Occasion::Status(explanation.as_deref()),
        )
        .await?;
    }
    let answer = answer(&app, &mut *tx, &record, locale).await?;
    turn.commit(tx, answer, Some(&record.id)).await
}

/// `POST /desk/v1/requests/{id}/step`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskStep {
    #[serde(deserialize_with = "strict")]
    key: StepKey,
}

async fn step(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let record = find(&mut *app.store.read().await?, &id).await?;
    let DeskStep { key } = posted.json()?;
    if !has_step(record.steps, key) {
        return Err(ApiError::validation(vec![Fault::at(
            "/key",
            FieldProblem::NotAnOption,
        )]));
    }
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let mut tx = app.store.write().await?;
    let mut record = find(&mut *tx, &id).await?;
    precondition(&posted.headers, &record)?;
    let now = app.clock.now();
    record.reach(key, now);
    let entry = record.entry(now, true, Role::Agent, Happening::Step { key });
    tx.add_entry(&entry).await?;
    for entry in record.happens(Event::Step(key), &app.policy(), now) {
        tx.add_entry(&entry).await?;
    }
    save(&mut *tx, &record).await?;
    let answer = answer(&app, &mut *tx, &record, locale).await?;
    turn.commit(tx, answer, Some(&record.id)).await
}

/// `POST /desk/v1/requests/{id}/proposal`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskProposal {
    text: String,
}

async fn proposal(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ApiError> {
    find(&mut *app.store.read().await?, &id).await?;
    let DeskProposal { text } = posted.json()?;
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let text = intake::comment(Some(&text), "/text", &app.settings.limits)?
        .ok_or_else(|| ApiError::validation(vec![Fault::at("/text", FieldProblem::Required)]))?;
    let mut tx = app.store.write().await?;
    let mut record = find(&mut *tx, &id).await?;
    precondition(&posted.headers, &record)?;
    if !matches!(record.status, Status::New | Status::Open | Status::Pending) {
        return Err(ApiError::refused(Refusal::AlreadyResolved));
    }
    let (now, policy) = (app.clock.now(), app.policy());
    answer_proposal(&mut *tx, &mut record, ProposalAnswer::Replaced, None).await?;
    let what = Happening::Proposal {
        text,
        answer: None,
        comment: None,
    };
    let entry = record.entry(now, true, Role::Agent, what);
    record.proposal = Some(tx.add_entry(&entry).await?.id);
    record.reach(record.steps.proposed(), now);
    record.answered(now);
    let mut told = record.happens(Event::Proposal, &policy, now);
    let change = StatusChange {
        waiting_on: Some(WaitingOn::Customer),
        ..StatusChange::default()
    };
    told.extend(record.set_status(Status::Pending, change, Role::Agent, &policy, now));
    for entry in &told {
        tx.add_entry(entry).await?;
    }
    save(&mut *tx, &record).await?;
    letter::notify(&app, &mut *tx, &record, Occasion::Proposal).await?;
    let answer = answer(&app, &mut *tx, &record, locale).await?;
    turn.commit(tx, answer, Some(&record.id)).await
}

/// `POST /desk/v1/requests/{id}/promises/{key}/{start|met|pause|resume|move|void}`: `move` and `void` need a reason that the
/// customer reads, `move` also `due_at`; for `pause`, `due_at` is when it will probably end.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskPromise {
    reason: Option<String>,
    due_at: Option<Instant>,
}

async fn promise(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path((id, key, change)): Path<(String, String, String)>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let record = find(&mut *app.store.read().await?, &id).await?;
    if record.promises.iter().all(|promise| promise.key != key) {
        return Err(ApiError::not_found());
    }
    let posted = posted.or_empty();
    let new: DeskPromise = posted.json()?;
    let reason = intake::comment(new.reason.as_deref(), "/reason", &app.settings.limits)?;
    let required = |at: &str| ApiError::validation(vec![Fault::at(at, FieldProblem::Required)]);
    let change = match change.as_str() {
        "start" => DeskChange::Start,
        "met" => DeskChange::Met,
        "pause" => DeskChange::Pause(new.due_at),
        "resume" => DeskChange::Resume,
        "move" => {
            reason.as_ref().ok_or_else(|| required("/reason"))?;
            DeskChange::Move(new.due_at.ok_or_else(|| required("/due_at"))?)
        }
        "void" => {
            reason.as_ref().ok_or_else(|| required("/reason"))?;
            DeskChange::Void
        }
        _ => return Err(ApiError::not_found()),
    };
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let mut tx = app.store.write().await?;
    let mut record = find(&mut *tx, &id).await?;
    precondition(&posted.headers, &record)?;
    let now = app.clock.now();
    let entry = record
        .change_promise(&key, &change, reason.as_deref(), &app.policy(), now)
        .ok_or_else(|| ApiError::new(ProblemCode::Conflict))?;
    tx.add_entry(&entry).await?;
    save(&mut *tx, &record).await?;
    if matches!(change, DeskChange::Move(_)) && entry.public {
        letter::notify(&app, &mut *tx, &record, Occasion::Moved(reason.as_deref())).await?;
    }
    let answer = answer(&app, &mut *tx, &record, locale).await?;
    turn.commit(tx, answer, Some(&record.id)).await
}

/// A request that has not come to its desk.
#[derive(Serialize)]
struct DeskHandover {
    id: RequestId,
    reference: Reference,
    backend: String,
    created_at: Instant,
    attempts: u32,
    /// What was in the way the last time.
    trouble: Option<String>,
    /// It is tried again by itself; else a person has to go on.
    tried_again: bool,
}

async fn handovers(State(app): State<App>, _: Agent) -> Result<Json<Page<DeskHandover>>, ApiError> {
    let mut tx = app.store.read().await?;
    let mut items = Vec::new();
    for id in tx.not_handed_over().await? {
        let record = tx.request(&id, &Scope::Desk).await?;
        let Some((record, link)) = record.and_then(|mut record| {
            let link = record.link.take()?;
            Some((record, link))
        }) else {
            continue;
        };
        items.push(DeskHandover {
            id,
            reference: record.reference,
            backend: link.backend,
            created_at: record.created_at,
            attempts: link.handover.attempts,
            trouble: link.handover.trouble,
            tried_again: link.handover.next_try_at.is_some(),
        });
    }
    Ok(Json(Page {
        total: u64::try_from(items.len()).ok(),
        items,
        next_cursor: None,
    }))
}

/// `POST /desk/v1/requests/{id}/hand-over`: tries again now what has not come to its desk.
async fn hand_over(
    State(app): State<App>,
    _: Agent,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let record = find(&mut *app.store.read().await?, &id).await?;
    match handover::again(&app, record).await? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(ApiError::new(ProblemCode::Conflict)),
    }
}

/// `POST /desk/v1/customers/{address}/tier`: for what the customer sends from now on; `null` is none.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskTier {
    tier: Option<String>,
}

async fn tier(
    State(app): State<App>,
    _: Agent,
    Path(address): Path<String>,
    posted: Posted,
) -> Result<Json<DeskTier>, ApiError> {
    let new: DeskTier = posted.json()?;
    let mut tx = app.store.write().await?;
    let mut customer = None;
    for address in [text::normal_email(&address), text::normal_phone(&address)] {
        if customer.is_none() {
            customer = tx.customer_by_address(&address).await?;
        }
    }
    let mut customer = customer.ok_or_else(ApiError::not_found)?;
    customer.tier = new.tier.clone();
    tx.put_customer(&customer).await?;
    tx.commit().await?;
    Ok(Json(new))
}

/// The request as a re-read gives it.
async fn answer(
    app: &App,
    tx: &mut dyn Tx,
    record: &RequestRecord,
    locale: Locale,
) -> Result<Answer, ApiError> {
    let record = tx
        .request(&record.id, &Scope::Desk)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let shown = view::request(app, &record, locale);
    Ok(Answer::json(StatusCode::OK, &shown)?.with(header::ETAG, etag(&record, &shown)?))
}

/// `POST /desk/v1/clock`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskClock {
    now: Instant,
}

async fn clock(
    State(app): State<App>,
    _: Agent,
    posted: Posted,
) -> Result<Json<DeskClock>, ApiError> {
    if !app.test_clock {
        return Err(ApiError::not_found());
    }
    let DeskClock { now } = posted.json()?;
    let offset = app.clock.set(now);
    let mut tx = app.store.write().await?;
    tx.set_meta(CLOCK_OFFSET, &offset.to_string()).await?;
    tx.commit().await?;
    Ok(Json(DeskClock {
        now: app.clock.now(),
    }))
}
