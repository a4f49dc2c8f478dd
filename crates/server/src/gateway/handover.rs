//! Hands new requests over to their desk, once: at once while the customer waits a moment, else later, with pauses that
//! grow. Before a second try the desk is asked whether the first one came there after all.

use super::{
    customer,
    mirror::{By, take_in},
};
use crate::{
    clock::real_now,
    delivery::letter::{self, Occasion},
    http::{messages::save, submit::author},
    problem::ApiError,
    state::App,
    store::{
        Tx,
        links::Handover,
        records::{Happening, RequestRecord, Scope},
    },
    view,
};
use futures::{StreamExt, stream};
use portico_connect::{
    DeskError,
    ticket::{NewField, NewFile, NewTicket, Ticket, TicketId},
};
use portico_contract::{
    attachment::Attachment,
    form::FieldValue,
    id::{FieldId, RequestId},
    locale::Locale,
    request::Status,
    timeline::Role,
};
use std::time::Duration;
use tokio::time;

/// Milliseconds after the first failure; doubled by each further one.
const FIRST_PAUSE: i64 = 2_000;
/// Milliseconds between two tries at most: a desk that comes back has everything a minute later.
const LONGEST_PAUSE: i64 = 60_000;
/// Milliseconds after which a desk is not still making what it was told to make: twice as long as a call may take.
pub(super) const SETTLED: i64 = 60_000;
/// How many are on their way at the same time.
const AT_ONCE: usize = 4;

/// Goes on with what waits until the server stops.
pub async fn run(app: App) {
    while !app.stopping.is_cancelled() {
        let pause = match round(&app).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(?error, "what waits for a desk cannot be read");
                Duration::from_secs(5)
            }
        };
        tokio::select! {
            () = app.stopping.cancelled() => {}
            () = app.gateway.hurry.notified() => {}
            () = time::sleep(pause) => {}
        }
    }
}

/// Hands over what is due and says how long to wait for more.
async fn round(app: &App) -> Result<Duration, ApiError> {
    let waiting = app.store.read().await?.to_hand_over(100).await?;
    let now = real_now().timestamp_millis();
    let pause = match waiting.first() {
        Some((_, at)) => (at - now).clamp(200, 60_000),
        None => 60_000,
    };
    let due = waiting.into_iter().filter(|(_, at)| *at <= now);
    stream::iter(due)
        .for_each_concurrent(AT_ONCE, |(id, _)| async move {
            if let Err(error) = hand_over(app, &id).await {
                tracing::error!(?error, "a request could not be handed over");
            }
        })
        .await;
    Ok(Duration::from_millis(pause.unsigned_abs()))
}

/// Hands a request over while its sender waits a moment; what does not come there in time goes on by itself.
pub async fn at_once(app: &App, id: &RequestId, within: Duration) {
    let (app, id) = (app.clone(), id.clone());
    // A task of its own: a sender who goes away does not break it off in the middle.
    let handing = tokio::spawn(async move {
        if let Err(error) = hand_over(&app, &id).await {
            tracing::error!(?error, "a request could not be handed over");
        }
        app.gateway.hurry();
    });
    time::timeout(within, handing).await.ok();
}

/// Tries once. Nothing where it is there already or waits for a person.
async fn hand_over(app: &App, id: &RequestId) -> Result<(), ApiError> {
    let _turn = app.gateway.turn(id.as_str()).await;
    let now = real_now().timestamp_millis();
    let mut tx = app.store.write().await?;
    let Some(mut record) = tx.request(id, &Scope::Desk).await? else {
        return Ok(());
    };
    let ended = record.status != Status::Queued;
    let Some(link) = &mut record.link else {
        return Ok(());
    };
    let due = link.handover.next_try_at.is_some_and(|at| at <= now);
    if link.ticket.is_some() || !due {
        return Ok(());
    }
    if ended {
        // The operator has closed it instead.
        link.handover.next_try_at = None;
        tx.update_request(&record).await?;
        return Ok(tx.commit().await?);
    }
    let (in_doubt, sent_at) = (link.handover.in_doubt, link.handover.sent_at);
    // That the desk does not have it says nothing while it may be making it.
    let settled = sent_at.is_none_or(|sent| now - sent >= SETTLED);
    if !in_doubt || settled {
        link.handover.sent_at = Some(now);
    }
    link.handover.attempts += 1;
    // Until the desk has said otherwise: also a crash leaves it in doubt.
    link.handover.in_doubt = true;
    link.handover.next_try_at = Some(now + pause_after(link.handover.attempts));
    let link = link.clone();
    let Some(desk) = app.gateway.desk_of(&record).cloned() else {
        return stay(
            app,
            tx,
            record,
            in_doubt,
            "its desk is not configured any more",
        )
        .await;
    };
    let name = author(&mut *tx, &record).await?;
    let files = match first_files(app, &mut *tx, &record).await? {
        Ok(files) => files,
        Err(error) => return stay(app, tx, record, in_doubt, &error).await,
    };
    if in_doubt && !desk.backend.capabilities().find {
        let why = "an answer of the desk was lost, and it cannot be asked whether the request is there; \
                   look, and then hand it over again or close it";
        return wait_for_a_person(app, tx, record, why).await;
    }
    tx.update_request(&record).await?;
    tx.commit().await?;

    let who = customer(&link, name)?;
    let new = new_ticket(app, &record, files);
    let found = match in_doubt {
        true => desk.backend.find(&who, &new.key).await,
        false => Ok(None),
    };
    let unanswered = found.is_err();
    if in_doubt && !settled && matches!(found, Ok(None)) {
        desk.note(&found);
        let mut tx = app.store.write().await?;
        let Some(mut record) = tx.request(id, &Scope::Desk).await? else {
            return Ok(());
        };
        let why = "an answer of the desk was lost, and it does not have the request yet";
        if let Some(link) = &mut record.link {
            link.handover.trouble = Some(why.to_owned());
        }
        tx.update_request(&record).await?;
        return Ok(tx.commit().await?);
    }
    let made = match found {
        Ok(None) => desk.backend.create(&who, &new).await,
        Ok(Some(there)) => Ok(there),
        Err(error) => Err(error),
    };
    let made = made.map_err(|error| match error {
        // No ticket was asked for yet: it is the address that is not there, which an operator mends.
        DeskError::NotFound => DeskError::Nonsense(
            "it says that nothing is there (404): see that `url` is its address".to_owned(),
        ),
        other => other,
    });
    desk.note(&made);
    let read = match &made {
        Ok(ticket) => Some(desk.backend.read(&who, ticket).await),
        Err(_) => None,
    };
    let mut tx = app.store.write().await?;
    let Some(mut record) = tx.request(id, &Scope::Desk).await? else {
        return Ok(());
    };
    match made {
        Ok(ticket) => arrived(app, tx, record, &ticket, read.and_then(Result::ok)).await,
        Err(error) => {
            if unanswered && let Some(link) = &mut record.link {
                link.handover.sent_at = sent_at;
            }
            not_arrived(app, tx, record, &error, unanswered).await
        }
    }
}

/// Milliseconds until the next try after so many.
fn pause_after(attempts: u32) -> i64 {
    FIRST_PAUSE
        .saturating_mul(1 << attempts.saturating_sub(1).min(20))
        .min(LONGEST_PAUSE)
}

/// It is at the desk. Without its state as read there it stands as new until it is read.
async fn arrived(
    app: &App,
    mut tx: Box<dyn Tx>,
    mut record: RequestRecord,
    ticket: &TicketId,
    read: Option<Ticket>,
) -> Result<(), ApiError> {
    if let Some(link) = &mut record.link {
        link.ticket = Some(ticket.0.clone());
        link.handover = Handover {
            attempts: link.handover.attempts,
            announced: link.handover.announced,
            ..Handover::default()
        };
    }
    if let Some(read) = read.filter(|read| read.row.id == *ticket) {
        let news = take_in(app, &mut *tx, &mut record, &read, By::Desk).await?;
        if let Some(link) = &mut record.link {
            link.read_at = Some(app.clock.now());
        }
        tell(app, &mut *tx, &record, news.status).await?;
        app.gateway.was_read(&record.id, app.clock.now());
    } else {
        tx.update_request(&record).await?;
    }
    tracing::info!("a request is at its desk");
    Ok(tx.commit().await?)
}

async fn tell(
    app: &App,
    tx: &mut dyn Tx,
    record: &RequestRecord,
    had_to_wait: bool,
) -> Result<(), ApiError> {
    let company = app.company();
    save(tx, record).await?;
    if had_to_wait {
        let words = company.catalogue.word("note.handed_over", record.locale);
        letter::notify(app, tx, record, Occasion::Status(Some(words))).await?;
    }
    Ok(())
}

/// `unanswered`: the desk could not even be asked for what an earlier try may have made, which so stays in doubt.
async fn not_arrived(
    app: &App,
    tx: Box<dyn Tx>,
    mut record: RequestRecord,
    error: &DeskError,
    unanswered: bool,
) -> Result<(), ApiError> {
    if let Some(link) = &mut record.link {
        link.handover.in_doubt = unanswered || error.may_be_done();
    }
    if !error.is_passing() {
        return wait_for_a_person(app, tx, record, &error.to_string()).await;
    }
    let mut tx = tx;
    if let Some(link) = &mut record.link {
        link.handover.trouble = Some(error.to_string());
        let attempts = link.handover.attempts;
        tracing::warn!(
            backend = link.backend,
            attempts,
            "a request waits for its desk"
        );
        if let DeskError::Busy {
            retry_after: Some(after),
        } = error
        {
            let after = i64::try_from(after.as_millis()).unwrap_or(LONGEST_PAUSE);
            let at = real_now().timestamp_millis() + after;
            link.handover.next_try_at = link.handover.next_try_at.map(|next| next.max(at));
        }
    }
    tx.update_request(&record).await?;
    Ok(tx.commit().await?)
}

/// It was not tried: everything stays as it was but what is in the way.
async fn stay(
    app: &App,
    mut tx: Box<dyn Tx>,
    mut record: RequestRecord,
    in_doubt: bool,
    why: &str,
) -> Result<(), ApiError> {
    if let Some(link) = &mut record.link {
        link.handover.in_doubt = in_doubt;
        if link.handover.trouble.as_deref() != Some(why) {
            tracing::error!(
                backend = link.backend,
                why,
                "a request cannot be handed over"
            );
        }
        link.handover.trouble = Some(why.to_owned());
    }
    announce(app, &mut *tx, &mut record).await?;
    tx.update_request(&record).await?;
    Ok(tx.commit().await?)
}

/// The desk refused it, or nobody can know whether it has it: a person goes on. The customer is told that it is looked
/// at, and nothing is lost.
async fn wait_for_a_person(
    app: &App,
    mut tx: Box<dyn Tx>,
    mut record: RequestRecord,
    why: &str,
) -> Result<(), ApiError> {
    let company = app.company();
    let now = app.clock.now();
    if let Some(link) = &mut record.link {
        link.handover.next_try_at = None;
        link.handover.trouble = Some(why.to_owned());
        // Not why: that may hold what the customer wrote.
        tracing::error!(
            backend = link.backend,
            "a request was not taken by its desk; `portico desk handovers` says why"
        );
        link.handover.announced = true;
    }
    let what = Happening::Status {
        from: None,
        to: Status::Queued,
        waiting_on: record.waiting_on,
        outcome: None,
        explanation: None,
        note: Some("note.not_taken".to_owned()),
    };
    let entry = record.entry(now, true, Role::System, what);
    tx.add_entry(&entry).await?;
    save(&mut *tx, &record).await?;
    let words = company.catalogue.word("note.not_taken", record.locale);
    letter::notify(app, &mut *tx, &record, Occasion::Status(Some(words))).await?;
    Ok(tx.commit().await?)
}

/// Tells the customer that it waits, unless they know. The record is not written.
///
/// # Errors
/// When the store fails.
pub async fn announce(
    app: &App,
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
) -> Result<(), ApiError> {
    let Some(link) = record.link.as_mut().filter(|link| !link.handover.announced) else {
        return Ok(());
    };
    link.handover.announced = true;
    let what = Happening::Status {
        from: None,
        to: Status::Queued,
        waiting_on: record.waiting_on,
        outcome: None,
        explanation: None,
        note: Some("note.queued".to_owned()),
    };
    let entry = record.entry(app.clock.now(), true, Role::System, what);
    tx.add_entry(&entry).await?;
    record.seen_at = record.last_entry_at;
    Ok(())
}

/// Lets an operator try again, now. False when it does not wait for one.
///
/// # Errors
/// When the store fails.
pub async fn again(app: &App, mut record: RequestRecord) -> Result<bool, ApiError> {
    let Some(link) = record.link.as_mut().filter(|link| link.ticket.is_none()) else {
        return Ok(false);
    };
    let can_find = app
        .gateway
        .desk(&link.backend)
        .is_some_and(|desk| desk.backend.capabilities().find);
    link.handover.next_try_at = Some(real_now().timestamp_millis());
    // Where the desk cannot be asked, the operator has looked.
    link.handover.in_doubt &= can_find;
    let mut tx = app.store.write().await?;
    tx.update_request(&record).await?;
    tx.commit().await?;
    app.gateway.hurry();
    Ok(true)
}

/// The files of the first message, or what is in the way of reading them.
async fn first_files(
    app: &App,
    tx: &mut dyn Tx,
    record: &RequestRecord,
) -> Result<Result<Vec<NewFile>, String>, ApiError> {
    let entries = tx.entries(&record.id, 0, 1, false).await?;
    let mut files = Vec::new();
    for file in entries.iter().flat_map(|entry| &entry.attachments) {
        match new_file(app, file).await {
            Ok(file) => files.push(file),
            Err(error) => return Ok(Err(format!("{}: {error}", file.id))),
        }
    }
    Ok(Ok(files))
}

/// A file as it goes to a desk.
///
/// # Errors
/// When the disk fails.
pub async fn new_file(app: &App, file: &Attachment) -> std::io::Result<NewFile> {
    let path = app
        .files
        .content(file.sha256.as_deref().unwrap_or_default());
    Ok(NewFile {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: tokio::fs::read(path).await?.into(),
    })
}

/// The request as its desk gets it, in the company's first language. Its key is the id of the record: the same for
/// every try, and nothing that opens anything.
fn new_ticket(app: &App, record: &RequestRecord, files: Vec<NewFile>) -> NewTicket {
    let locale: Locale = app.settings.locale(None);
    let shown = view::request(app, record, locale);
    let mut fields: Vec<_> = shown
        .fields
        .into_iter()
        .map(|field| NewField {
            id: field.id,
            label: field.label,
            values: match &field.value {
                // Of files, what people read; their ids mean nothing there.
                FieldValue::List(ids) => ids.iter().map(|id| named(record, id)).collect(),
                FieldValue::Text(text) => vec![text.clone()],
                FieldValue::Number(number) => vec![number.to_string()],
                FieldValue::Bool(yes) => vec![yes.to_string()],
            },
            display: field.display,
        })
        .collect();
    // How else to reach them, which the ticket itself does not say.
    let known = record.link.as_ref().map(|link| link.owner.as_str());
    let contact = [
        ("phone", record.contact.phone.as_deref()),
        (
            "email",
            record
                .contact
                .email
                .as_deref()
                .filter(|email| Some(email.to_lowercase().as_str()) != known),
        ),
    ];
    for (name, value) in contact {
        fields.extend(value.map(|value| {
            NewField {
                id: FieldId::new(format!("contact_{name}")),
                label: app
                    .company()
                    .catalogue
                    .word(&format!("label.contact.{name}"), locale)
                    .to_owned(),
                values: vec![value.to_owned()],
                display: value.to_owned(),
            }
        }));
    }
    NewTicket {
        key: record.id.as_str().to_owned(),
        reference: record.reference.to_string(),
        type_id: record.type_id.clone(),
        subject: record.subject.clone(),
        body: record.body.clone(),
        urgency: record.urgency,
        fields,
        files,
    }
}

fn named(record: &RequestRecord, id: &str) -> String {
    let file = portico_contract::id::AttachmentId::new(id);
    record
        .file_names
        .get(&file)
        .cloned()
        .unwrap_or_else(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_growing() {
        assert_eq!(pause_after(1), 2_000);
        assert_eq!(pause_after(2), 4_000);
        assert_eq!(pause_after(90), LONGEST_PAUSE);
    }
}
