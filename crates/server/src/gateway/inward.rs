//! Reading the desk: one ticket before it is shown, and what the desk has for a customer that is not known here.

use super::{
    Desk, customer,
    mirror::{self, By, take_in},
    problem,
};
use crate::{
    http::{
        attachments,
        submit::{self, author, insert},
    },
    intake::Accepted,
    problem::ApiError,
    state::App,
    store::{
        Tx,
        links::{Handover, Link},
        records::{Customer, Happening, NewEntry, RequestRecord, Scope},
    },
    text,
};
use axum::response::Response;
use chrono::TimeDelta;
use portico_connect::{
    DeskError, TransportError,
    ticket::{self, FileId, Ticket, TicketId, TicketRow},
};
use portico_contract::{
    Instant,
    attachment::Attachment,
    form::Answers,
    id::{CustomerId, RequestId},
    locale::Locale,
    problem::ProblemCode,
    request::Status,
    submission::{Contact, NewRequest, SentBody},
    timeline::Role,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time;

/// What was read so lately is not read again.
pub const FRESH: Duration = Duration::from_secs(3);
/// How long a reader waits for the desk; then they get what is known, marked with its age.
const READER_WAITS: Duration = Duration::from_secs(3);
/// A ticket that takes longer than this to read is in nobody's way any more.
const READ_MAX: Duration = Duration::from_secs(20);
/// A customer's list is asked of a desk no more often than this.
const LIST_FRESH: Duration = Duration::from_secs(10);
/// After so long a change of a ticket has a time of its own.
const SETTLED: TimeDelta = TimeDelta::seconds(3);
/// Pages of a customer's list.
const PAGES: u32 = 10;

/// Brings a request up to date unless it was read so lately, as far as the desk answers in time.
pub async fn refresh(app: &App, id: &RequestId, age: Duration) {
    let (late, name) = (app, id);
    let (app, id) = (app.clone(), id.clone());
    // A task of its own: a reader who goes away or does not wait does not break it off.
    let reading = tokio::spawn(async move {
        let done = read(&app, &id, age).await;
        if done.is_err() {
            app.gateway.was_not_read(&id);
        }
    });
    if time::timeout(READER_WAITS, reading).await.is_err() {
        late.gateway.was_not_read(name);
    }
}

/// A request that the scope covers, brought up to date unless it was read so lately. `tx` finds it.
///
/// # Errors
/// 404 for what is somebody else's; when the store fails.
pub async fn current(
    app: &App,
    mut tx: Box<dyn Tx>,
    id: &RequestId,
    scope: &Scope,
    age: Duration,
) -> Result<Arc<RequestRecord>, ApiError> {
    let mut found = tx.shown(id, scope).await?;
    drop(tx);
    if found.as_ref().is_some_and(|record| record.link.is_some()) {
        refresh(app, id, age).await;
        found = app.store.glance().await?.shown(id, scope).await?;
    }
    found.ok_or_else(ApiError::not_found)
}

/// Reads the ticket of a request unless it was read so lately, and takes it in.
///
/// # Errors
/// When the desk or the store does not answer.
pub async fn read(app: &App, id: &RequestId, age: Duration) -> Result<(), ApiError> {
    if app.gateway.is_fresh(id, age) {
        return Ok(());
    }
    let _turn = app.gateway.turn(id.as_str()).await;
    // Whoever had the turn before has read it.
    if app.gateway.is_fresh(id, age) {
        return Ok(());
    }
    let Some(found) = behind(app, id).await? else {
        return Ok(());
    };
    if found.desk.rests() {
        return Err(ApiError::new(ProblemCode::BackendUnavailable).retry_after(5));
    }
    found.take_in(app, id).await.map(drop)
}

/// The ticket behind a request and how to reach it.
pub struct Behind {
    /// Its desk.
    pub desk: Arc<Desk>,
    /// For whom.
    pub customer: ticket::Customer,
    /// Its id there.
    pub ticket: TicketId,
}

/// The ticket behind a request; `None` where it lies here, or was not handed over yet.
///
/// # Errors
/// When the store fails.
pub async fn behind(app: &App, id: &RequestId) -> Result<Option<Behind>, ApiError> {
    let mut tx = app.store.read().await?;
    let Some(record) = tx.request(id, &Scope::Desk).await? else {
        return Ok(None);
    };
    let (Some(link), Some(desk)) = (&record.link, app.gateway.desk_of(&record)) else {
        return Ok(None);
    };
    let Some(ticket) = link.ticket.clone() else {
        return Ok(None);
    };
    Ok(Some(Behind {
        desk: Arc::clone(desk),
        customer: customer(link, author(&mut *tx, &record).await?)?,
        ticket: TicketId(ticket),
    }))
}

impl Behind {
    /// Reads it and takes it in. Whoever calls has the turn of the request.
    ///
    /// # Errors
    /// When the desk or the store does not answer.
    pub async fn take_in(&self, app: &App, id: &RequestId) -> Result<Ticket, ApiError> {
        let ticket = self.read().await.map_err(|e| problem(&e))?;
        let mut tx = app.store.write().await?;
        let record = tx.request(id, &Scope::Desk).await?;
        let mut record = record.ok_or_else(ApiError::not_found)?;
        let news = take_in(app, &mut *tx, &mut record, &ticket, By::Desk).await?;
        mirror::keep(app, &mut *tx, &mut record, &news).await?;
        if !news.seen && app.gateway.as_of(&record).is_some() {
            // Who was shown it as old looks again.
            tx.append_event(Some(id), record.updated_at).await?;
        }
        tx.commit().await?;
        app.gateway.was_read(id, app.clock.now());
        Ok(ticket)
    }

    /// Reads it. What the connector has checked is checked once more: it is the customer's, and the one asked for.
    ///
    /// # Errors
    /// When the desk does not answer.
    pub async fn read(&self) -> Result<Ticket, DeskError> {
        let reading = self.desk.backend.read(&self.customer, &self.ticket);
        let lost = |_| {
            let words = "it took too long".to_owned();
            Err(DeskError::Transport(TransportError::Lost(words)))
        };
        let read = time::timeout(READ_MAX, reading).await.unwrap_or_else(lost);
        self.desk.note(&read);
        let ticket = read?;
        if ticket.row.id != self.ticket || ticket.row.owner != self.customer.email {
            return Err(DeskError::NotFound);
        }
        Ok(ticket)
    }
}

/// The content of a file that lies at the desk, for who may read its request.
///
/// # Errors
/// 404 where the desk has it no more, 503 when it cannot be reached.
pub async fn file(
    app: &App,
    request: &RequestId,
    attachment: &Attachment,
    file: String,
) -> Result<Response, ApiError> {
    let found = behind(app, request).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let file = FileId(file);
    let bytes = found
        .desk
        .backend
        .file(&found.customer, &found.ticket, &file)
        .await;
    found.desk.note(&bytes);
    match bytes {
        Ok(bytes) => attachments::bytes(attachment, bytes),
        Err(DeskError::NotFound) => Err(ApiError::not_found()),
        Err(error) => Err(problem(&error)),
    }
}

/// Takes over what the desks have for a customer with a proven e-mail address, as far as they answer in time.
pub async fn catch_up(app: &App, id: &CustomerId) {
    let tasks: Vec<_> = app
        .gateway
        .desks()
        .filter(|desk| desk.backend.capabilities().list)
        .map(|desk| {
            let (app, desk, id) = (app.clone(), Arc::clone(desk), id.clone());
            tokio::spawn(async move {
                if let Err(error) = list(&app, &desk, &id).await {
                    tracing::debug!(?error, backend = desk.name, "a list could not be read");
                }
            })
        })
        .collect();
    time::timeout(READER_WAITS, futures::future::join_all(tasks))
        .await
        .ok();
}

/// Reads a customer's list: takes over what is not known here, and reads what has changed.
async fn list(app: &App, desk: &Desk, id: &CustomerId) -> Result<(), ApiError> {
    // Not the name of any request: those have no blank.
    let name = format!("{} {id}", desk.name);
    let mark = RequestId::new(name.as_str());
    let age = LIST_FRESH.min(Duration::from_secs(desk.setting.poll_seconds));
    if desk.rests() || app.gateway.is_fresh(&mark, age) {
        return Ok(());
    }
    let _turn = app.gateway.turn(&name).await;
    if app.gateway.is_fresh(&mark, age) {
        return Ok(());
    }
    let Some(known) = app.store.read().await?.customer(id).await? else {
        return Ok(());
    };
    let Some(email) = known.email.as_deref().and_then(|email| email.parse().ok()) else {
        return Ok(());
    };
    let who = ticket::Customer {
        email,
        name: known.name.clone(),
    };
    let mut page = Some(0);
    while let Some(number) = page.filter(|number| *number < PAGES) {
        let rows = desk.backend.list(&who, number).await;
        desk.note(&rows);
        let rows = rows.map_err(|e| problem(&e))?;
        for row in rows.rows.iter().filter(|row| row.owner == who.email) {
            take_row(app, desk, &known, &who, row).await?;
        }
        page = rows.next;
    }
    app.gateway.was_read(&mark, app.clock.now());
    Ok(())
}

async fn take_row(
    app: &App,
    desk: &Desk,
    known: &Customer,
    who: &ticket::Customer,
    row: &TicketRow,
) -> Result<(), ApiError> {
    let mut tx = app.store.read().await?;
    let linked = tx.request_of_ticket(&desk.name, &row.id.0).await?;
    if let Some(id) = linked {
        let record = tx.request(&id, &Scope::Desk).await?;
        drop(tx);
        // Desks tell times in seconds: what changed just now may have changed twice.
        let settled = row.updated_at.plus(SETTLED).unwrap_or(row.updated_at);
        let changed = record.and_then(|record| record.link).is_some_and(|link| {
            link.changed_at != Some(row.updated_at) || app.clock.now() < settled
        });
        if changed {
            read(app, &id, Duration::ZERO).await?;
        }
        return Ok(());
    }
    // One that is on its way there may be this very ticket; it will be found by its key.
    let waiting = tx.not_handed_over().await?;
    for id in &waiting {
        let record = tx.request(id, &Scope::Desk).await?;
        let link = record.and_then(|record| record.link);
        if link.is_some_and(|link| link.backend == desk.name && link.owner == who.email.as_str()) {
            return Ok(());
        }
    }
    drop(tx);
    let read = desk.backend.read(who, &row.id).await;
    desk.note(&read);
    match read {
        Ok(ticket) if ticket.row.owner == who.email => take_over(app, desk, known, &ticket).await,
        // Gone since, or not to be read: nothing to show.
        Ok(_) | Err(DeskError::NotFound | DeskError::Forbidden(_)) => Ok(()),
        Err(error) => Err(problem(&error)),
    }
}

/// Makes a request of a ticket that came to the desk by another way, such as a telephone call.
async fn take_over(
    app: &App,
    desk: &Desk,
    known: &Customer,
    ticket: &Ticket,
) -> Result<(), ApiError> {
    let Some(mut record) = imported(app, desk, known, ticket)? else {
        return Ok(());
    };
    let (policy, now) = (app.policy(), app.clock.now());
    let over = matches!(
        ticket.row.standing.status,
        Status::Resolved | Status::Closed
    );
    // Nothing was promised here for what had ended before it came here.
    if !over {
        record.promise(&policy, record.created_at);
    }
    let mut tx = app.store.write().await?;
    if tx
        .request_of_ticket(&desk.name, &ticket.row.id.0)
        .await?
        .is_some()
    {
        return Ok(());
    }
    insert(&mut *tx, &mut record).await?;
    let first = ticket.messages.first();
    match first {
        Some(message) => {
            let at = record.created_at;
            let entry = mirror::write(&mut *tx, &mut record, message, at).await?;
            tx.add_desk_message(&record.id, &message.id, &entry.id)
                .await?;
        }
        None => {
            let entry = NewEntry {
                request_id: record.id.clone(),
                at: record.created_at,
                public: true,
                role: Role::Customer,
                what: Happening::Message {
                    author: known.name.clone(),
                    body: record.body.clone(),
                },
            };
            tx.add_entry(&entry).await?;
        }
    }
    take_in(app, &mut *tx, &mut record, ticket, By::Desk).await?;
    // What was late before it came here is known, and nobody is written to about it; nor is anybody asked how they liked
    // what ended long ago.
    for entry in record.mark_late(now) {
        tx.add_entry(&entry).await?;
    }
    if over {
        record.survey_from = None;
    }
    record.seen_at = record.last_entry_at;
    if let Some(link) = &mut record.link {
        link.read_at = Some(now);
    }
    crate::http::messages::save(&mut *tx, &record).await?;
    tx.commit().await?;
    app.gateway.was_read(&record.id, now);
    tracing::info!(
        backend = desk.name,
        "a request was taken over from the desk"
    );
    Ok(())
}

fn imported(
    app: &App,
    desk: &Desk,
    known: &Customer,
    ticket: &Ticket,
) -> Result<Option<RequestRecord>, ApiError> {
    let company = app.company();
    let types = company.catalogue.types();
    let wanted = desk.setting.import_as.as_ref();
    let as_type = match wanted {
        Some(id) => company.catalogue.request_type(id),
        None => types
            .iter()
            .find(|t| app.gateway.desk_for(t).is_some_and(|d| d.name == desk.name)),
    };
    let Some(request_type) = as_type else {
        return Ok(None);
    };
    let now = app.clock.now();
    let created_at: Instant = ticket.row.created_at.min(now);
    let locale: Locale = known.locale.unwrap_or_else(|| app.settings.locale(None));
    let accepted = Accepted {
        request_type,
        subject: text::line(&ticket.row.subject),
        body: ticket
            .messages
            .first()
            .map(mirror::words)
            .unwrap_or_default(),
        fields: Answers::default(),
        contact: Contact {
            name: known.name.clone(),
            email: known.email.clone(),
            ..Contact::default()
        },
        locale,
    };
    let new = NewRequest {
        type_id: request_type.id.clone(),
        subject: accepted.subject.clone(),
        body: SentBody::text(accepted.body.clone()),
        fields: Answers::default(),
        urgency: None,
        attachment_ids: Vec::new(),
        contact: None,
        consents: BTreeMap::new(),
        context: Default::default(),
        follow_up_of: None,
        locale: None,
    };
    let mut record = submit::record(&accepted, &new, Some(known.id.clone()), created_at)?;
    record.tier = known.tier.clone();
    record.link = Some(Link {
        ticket: Some(ticket.row.id.0.clone()),
        handover: Handover::default(),
        ..Link::new(&desk.name, ticket.row.owner.as_str().to_owned(), 0)
    });
    Ok(Some(record))
}
