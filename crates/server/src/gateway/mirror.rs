//! Takes in what a desk says of a ticket: the differences, as if the embedded desk had done them.

use super::{answers, plain::plain};
use crate::{
    delivery::letter::{self, Occasion},
    files::name,
    http::messages::{answer_proposal, save},
    life::StatusChange,
    problem::ApiError,
    promises::Event,
    state::App,
    store::{
        Tx,
        links::{Link, Seen},
        records::{Entry, Happening, NewEntry, RequestRecord},
    },
    text,
};
use chrono::TimeDelta;
use portico_connect::ticket::{DueOf, Standing, Ticket, TicketMessage};
use portico_contract::{
    Instant,
    attachment::Attachment,
    id::{AttachmentId, TimelineItemId},
    request::{Handler, Status},
    timeline::{ProposalAnswer, Role},
};

/// An unchanged record is written again after so long, so that a restart knows when its ticket was read.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Characters of a message; what a desk says beyond that is cut.
const MESSAGE_MAX: usize = 200_000;

/// Whose doing a changed status is.
#[derive(Debug, Clone, Default)]
pub enum By {
    /// The desk's.
    #[default]
    Desk,
    /// The customer's, who has just done it here, with these words.
    Customer(StatusChange),
}

/// What has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Anything that the customer can see.
    pub seen: bool,
    /// The desk has written.
    pub replied: bool,
    /// The desk has changed the status to one that its customer should know of.
    pub status: bool,
    /// The desk has set another date.
    pub moved: bool,
}

/// When something happened: what the desk says, but not before the request and not in the future.
fn when(said: Instant, record: &RequestRecord, now: Instant) -> Instant {
    said.min(now).max(record.created_at)
}

fn is_over(status: Status) -> bool {
    matches!(status, Status::Resolved | Status::Closed)
}

impl From<&Standing> for Seen {
    fn from(standing: &Standing) -> Self {
        Self {
            status: standing.status,
            label: standing
                .label
                .as_deref()
                .map(text::line)
                .filter(|label| !label.is_empty()),
            waiting_on: standing.waiting_on,
            outcome: standing.outcome,
        }
    }
}

/// Takes a ticket in; the record and its entries are changed, and nothing is sent yet.
///
/// # Errors
/// When the store fails.
pub async fn take_in(
    app: &App,
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    ticket: &Ticket,
    by: By,
) -> Result<News, ApiError> {
    let Some(mut link) = record.link.take() else {
        return Ok(News::default());
    };
    let (now, policy) = (app.clock.now(), app.policy());
    let before = (record.version, record.last_entry_at);
    let mut news = News::default();
    let arrived = link.standing.is_none();

    let known = tx.desk_messages(&record.id).await?;
    let mut messages = ticket.messages.as_slice();
    if arrived && let Some((first, rest)) = messages.split_first() {
        // What the customer sent is here already, or is what an imported request begins with.
        if !known.contains_key(&first.id)
            && let Some(entry) = tx.entries(&record.id, 0, 1, false).await?.first()
        {
            tx.add_desk_message(&record.id, &first.id, &entry.id)
                .await?;
        }
        messages = rest;
    }
    for message in messages.iter().filter(|m| !known.contains_key(&m.id)) {
        let at = when(message.at, record, now);
        let entry = write(tx, record, message, at).await?;
        tx.add_desk_message(&record.id, &message.id, &entry.id)
            .await?;
        if matches!(message.role, Role::Agent | Role::ThirdParty) {
            record.answered(at);
            add(tx, record.happens(Event::Reply, &policy, at)).await?;
            news.replied = true;
        }
    }

    let standing = Seen::from(&ticket.row.standing);
    let place = |seen: &Seen| (seen.status, seen.waiting_on, seen.outcome);
    let same_there = link
        .standing
        .as_ref()
        .is_some_and(|last| place(last) == place(&standing));
    let same_here = record.status == standing.status
        && standing
            .waiting_on
            .is_none_or(|on| record.waiting_on == Some(on))
        && standing
            .outcome
            .is_none_or(|how| record.outcome == Some(how));
    if !same_there && !same_here {
        let ended = ticket.resolved_at.filter(|_| is_over(standing.status));
        let at = when(ended.unwrap_or(ticket.row.updated_at), record, now);
        let told = change_status(tx, app, record, &link, &standing, by, at).await?;
        news.status = told;
    } else if link.standing.as_ref().map(|last| &last.label) != Some(&standing.label) {
        record.changed(now);
    }

    let handler = ticket.handler.as_deref().map(text::line);
    let shown = record.handler.as_ref().and_then(|h| h.name.clone());
    if handler != shown {
        let known = record.handler.take();
        let (team, third_party) = known.map_or((None, None), |h| (h.team, h.third_party));
        let named = [&handler, &team, &third_party].iter().any(|n| n.is_some());
        record.handler = named.then_some(Handler {
            name: handler,
            team,
            third_party,
        });
        record.changed(now);
    }
    let company = app.company();
    let request_type = company.catalogue.request_type(&record.type_id);
    if answers::take_in(request_type, record, &mut link.fields, ticket) {
        record.changed(now);
    }
    news.moved = take_dates(app, tx, record, &mut link, ticket, now).await?;

    link.ticket = Some(ticket.row.id.0.clone());
    link.number = Some(text::line(&ticket.number));
    link.standing = Some(standing);
    link.changed_at = Some(ticket.row.updated_at);
    record.link = Some(link);
    news.seen = before != (record.version, record.last_entry_at);
    Ok(news)
}

/// Writes what was taken in, and tells of it: with an event, and the customer with a letter.
///
/// # Errors
/// When the store fails.
pub async fn keep(
    app: &App,
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    news: &News,
) -> Result<(), ApiError> {
    let company = app.company();
    let now = app.clock.now();
    let last = record.link.as_ref().and_then(|link| link.read_at);
    let noted = last.is_some_and(|last| last.plus(NOTED_EVERY).is_some_and(|next| now < next));
    if !news.seen && noted {
        return Ok(());
    }
    if let Some(link) = &mut record.link {
        link.read_at = Some(now);
    }
    if !news.seen {
        return Ok(tx.update_request(record).await?);
    }
    save(tx, record).await?;
    if news.status {
        letter::notify(app, tx, record, Occasion::Status(None)).await?;
    } else if news.replied {
        letter::notify(app, tx, record, Occasion::Reply).await?;
    }
    if news.moved {
        let words = company.catalogue.word("note.desk_date", record.locale);
        letter::notify(app, tx, record, Occasion::Moved(Some(words))).await?;
    }
    Ok(())
}

/// Adds a message of the desk to the timeline, with its files, whose content stays there.
///
/// # Errors
/// When the store fails.
pub async fn write(
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    message: &TicketMessage,
    at: Instant,
) -> Result<Entry, ApiError> {
    let what = Happening::Message {
        author: message.author.as_deref().map(text::line),
        body: words(message),
    };
    let entry = record.entry(at, true, message.role, what);
    let entry = tx.add_entry(&entry).await?;
    for file in &message.files {
        let attachment = Attachment {
            id: AttachmentId::new(uuid::Uuid::new_v4().simple().to_string()),
            name: name::clean(&file.name),
            size: file.size,
            media_type: media_type(&file.media_type),
            sha256: None,
        };
        tx.add_attachment(&entry, &attachment).await?;
        tx.add_desk_file(&attachment.id, &file.id.0).await?;
    }
    Ok(entry)
}

/// What a message says.
#[must_use]
pub fn words(message: &TicketMessage) -> String {
    let mut words = plain(&message.body);
    if let Some((end, _)) = words.char_indices().nth(MESSAGE_MAX) {
        words.truncate(end);
    }
    words
}

/// A media type, where what the desk says is one.
fn media_type(said: &str) -> String {
    let said = said.split(';').next().unwrap_or_default().trim();
    let plain = said.split_once('/').is_some_and(|(kind, of)| {
        [kind, of].iter().all(|part| {
            let named = |b: u8| b.is_ascii_alphanumeric() || b".+-_".contains(&b);
            !part.is_empty() && part.len() < 100 && part.bytes().all(named)
        })
    });
    match plain {
        true => said.to_ascii_lowercase(),
        false => "application/octet-stream".to_owned(),
    }
}

/// Changes the status as the desk has it. True when its customer should know.
async fn change_status(
    tx: &mut dyn Tx,
    app: &App,
    record: &mut RequestRecord,
    link: &Link,
    standing: &Seen,
    by: By,
    at: Instant,
) -> Result<bool, ApiError> {
    let policy = app.policy();
    let was = record.status;
    let (role, change) = match by {
        By::Desk => (Role::Agent, StatusChange::default()),
        By::Customer(change) => (Role::Customer, change),
    };
    let change = StatusChange {
        waiting_on: standing.waiting_on,
        outcome: standing.outcome.or(change.outcome),
        note: match was {
            // It has come there.
            Status::Queued if link.handover.announced => Some("note.handed_over"),
            _ => change.note,
        },
        ..change
    };
    if is_over(standing.status) {
        answer_proposal(tx, record, ProposalAnswer::Lapsed, None).await?;
    }
    if was == Status::Queued {
        record.status = Status::New;
    } else if role == Role::Agent {
        record.answered(at);
    }
    let role = if was == Status::Queued {
        Role::System
    } else {
        role
    };
    let mut told = record.set_status(standing.status, change, role, &policy, at);
    if was == Status::Queued
        && let Some(Happening::Status { from, .. }) = told.first_mut().map(|entry| &mut entry.what)
    {
        *from = link.handover.announced.then_some(Status::Queued);
    }
    add(tx, told).await?;
    if was == Status::Queued {
        // Of their own request nobody needs to be told, unless it had to wait.
        if !link.handover.announced {
            record.seen_at = record.last_entry_at;
        }
        return Ok(link.handover.announced);
    }
    Ok(role == Role::Agent
        && was != standing.status
        && matches!(
            standing.status,
            Status::Pending | Status::Resolved | Status::Closed
        ))
}

/// Takes the desk's own dates in place of the policy's: the one for its first answer, and the one for the solution.
/// True when the desk has moved one.
async fn take_dates(
    app: &App,
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    link: &mut Link,
    ticket: &Ticket,
    now: Instant,
) -> Result<bool, ApiError> {
    let company = app.company();
    let (policy, mut moved) = (app.policy(), false);
    for due in &ticket.due {
        let (met_by, last) = match due.what {
            DueOf::FirstReply => (Event::Reply, &mut link.reply_due),
            DueOf::Resolution => (Event::Resolved, &mut link.resolution_due),
        };
        let before = last.replace(due.due_at);
        let words = before
            .filter(|before| *before != due.due_at)
            .map(|_| company.catalogue.word("note.desk_date", record.locale));
        let entries = record.desk_date(met_by, due.due_at, due.met_at, words, &policy, now);
        moved |= words.is_some() && entries.iter().any(|entry| entry.public);
        add(tx, entries).await?;
    }
    Ok(moved)
}

async fn add(tx: &mut dyn Tx, entries: Vec<NewEntry>) -> Result<(), ApiError> {
    for entry in &entries {
        tx.add_entry(entry).await?;
    }
    Ok(())
}

/// The entry that a message of the desk is.
///
/// # Errors
/// When the store fails.
pub async fn entry_of(
    tx: &mut dyn Tx,
    record: &RequestRecord,
    message: &str,
) -> Result<Option<TimelineItemId>, ApiError> {
    Ok(tx.desk_messages(&record.id).await?.remove(message))
}
