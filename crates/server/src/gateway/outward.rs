//! What customers do with a request that lies at another desk: it is written there first, and the answer is made of the
//! ticket as it is read afterwards. An answer that is lost on the way leaves an [`Attempt`], by which the same call made
//! again finds what it has written and does not write it twice.

use super::{
    handover,
    inward::{self, Behind},
    mirror::{self, By, take_in},
    problem,
};
use crate::{
    clock::real_now,
    files,
    http::actor::token_hash,
    problem::{ApiError, Fault},
    state::App,
    store::{Tx, links::Attempt, records::RequestRecord},
};
use portico_connect::{
    DeskError,
    ticket::{Change, NewFile, NewReply, Standing, Ticket, TicketMessage},
};
use portico_contract::{
    attachment::Attachment,
    id::{AttachmentId, RequestId, TimelineItemId, UploadId},
    problem::{FieldProblem, ProblemCode},
    request::Status,
    timeline::Role,
};
use tokio::sync::OwnedMutexGuard;

/// What is to be written.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// A message; none for a change without words.
    pub words: Option<String>,
    /// The files of the message.
    pub files: Vec<NewFile>,
    /// What becomes of the ticket.
    pub change: Option<Change>,
}

/// A request at its desk, which nobody else writes to meanwhile.
pub struct AtDesk {
    request: RequestId,
    behind: Behind,
    /// The ticket as it is now.
    before: Ticket,
    key_hash: [u8; 32],
    /// What an earlier call under the same key may have written.
    attempt: Option<Attempt>,
    _turn: OwnedMutexGuard<()>,
}

/// What was written, as the desk has it.
pub struct Written {
    /// The ticket, read again.
    pub ticket: Ticket,
    /// The message in it.
    pub message: Option<TicketMessage>,
    /// Which call it was: to be forgotten with its answer.
    pub key_hash: [u8; 32],
    /// Nobody else takes the ticket in before this is.
    _turn: OwnedMutexGuard<()>,
}

/// Brings a request up to date and holds it, before something is written to it; `None` where it lies here.
///
/// # Errors
/// 503 when the desk cannot be reached, 409 while it was not handed over.
pub async fn hold(
    app: &App,
    record: &RequestRecord,
    key_hash: Option<[u8; 32]>,
) -> Result<Option<AtDesk>, ApiError> {
    if record.link.is_none() || record.status == Status::Queued {
        return Ok(None);
    }
    let key_hash = key_hash.ok_or_else(ApiError::bad_request)?;
    let turn = app.gateway.turn(record.id.as_str()).await;
    let unconfigured = || ApiError::new(ProblemCode::BackendUnavailable).retry_after(60);
    let behind = inward::behind(app, &record.id)
        .await?
        .ok_or_else(unconfigured)?;
    // What is judged next is what the desk says now.
    let before = behind.take_in(app, &record.id).await?;
    let attempt = app.store.read().await?.attempt(&key_hash).await?;
    Ok(Some(AtDesk {
        request: record.id.clone(),
        behind,
        before,
        key_hash,
        attempt,
        _turn: turn,
    }))
}

fn reached(standing: &Standing, change: Change) -> bool {
    let over = matches!(standing.status, Status::Resolved | Status::Closed);
    match change {
        Change::Confirm | Change::Withdraw => standing.status == Status::Closed,
        Change::Reopen => !over,
    }
}

impl AtDesk {
    /// The same call came before and got no answer: what it asked for may be done, so that the rules would refuse it now.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        self.attempt.is_some()
    }

    /// Writes, and reads what has become of it.
    ///
    /// # Errors
    /// 503 when the desk cannot be reached, 502 when it refuses; then nothing is kept here but, where the desk may have
    /// done it, what it was. 409 while it may still be at what an earlier call under the same key told it.
    pub async fn write(self, app: &App, out: Outgoing) -> Result<Written, ApiError> {
        let Self {
            request,
            behind,
            before,
            key_hash,
            attempt,
            _turn,
        } = self;
        let (desk, who, id) = (&behind.desk, &behind.customer, &behind.ticket);
        let now = real_now().timestamp_millis();
        let there = attempt.as_ref().and_then(|attempt| {
            let wrote = before.messages.iter().find(|m| wrote(attempt, m));
            wrote.map(|m| m.id.clone())
        });
        if let Some(attempt) = &attempt
            && out.words.is_some()
            && there.is_none()
            && now - attempt.sent_at < handover::SETTLED
        {
            // That it is not there says nothing while the desk may be writing it.
            return Err(ApiError::new(ProblemCode::InProgress).retry_after(5));
        }
        let again = attempt.is_some();
        let known = attempt.map_or_else(
            || before.messages.iter().map(|m| m.id.clone()).collect(),
            |attempt| attempt.known,
        );
        let attempt = Attempt {
            words: out.words.clone(),
            known,
            sent_at: now,
        };
        let mut tx = app.store.write().await?;
        tx.add_attempt(&key_hash, &request, now, &attempt).await?;
        tx.commit().await?;
        let done = async {
            let message = match (&out.words, there) {
                (_, Some(there)) => Some(there),
                (None, None) => None,
                (Some(words), None) => {
                    let new = NewReply {
                        body: words.clone(),
                        files: out.files,
                    };
                    Some(desk.backend.reply(who, id, &new).await?)
                }
            };
            if let Some(change) = out.change
                && !reached(&before.row.standing, change)
            {
                desk.backend.change(who, id, change).await?;
            }
            Ok(message)
        };
        let done: Result<Option<String>, DeskError> = done.await;
        desk.note(&done);
        let message = match done {
            Ok(message) => message,
            Err(error) => {
                // A message may stand there although the change after it was refused: then the call made again finds it.
                let written = out.words.is_some() && out.change.is_some();
                if !error.may_be_done() && !written && !again {
                    let mut tx = app.store.write().await?;
                    tx.forget_attempt(&key_hash).await?;
                    tx.commit().await?;
                }
                return Err(problem(&error));
            }
        };
        let ticket = behind.read().await.map_err(|e| problem(&e))?;
        let message = match message {
            None => None,
            Some(id) => {
                let found = ticket.messages.iter().find(|m| m.id == id);
                // Written and not there when read again: nobody may be told that it is.
                let lost = || problem(&DeskError::Nonsense("a message is gone".to_owned()));
                Some(found.ok_or_else(lost)?.clone())
            }
        };
        Ok(Written {
            ticket,
            message,
            key_hash,
            _turn,
        })
    }
}

impl Written {
    /// Notes which entry the message is, where this call has made one; one that it has made only of the ticket comes with
    /// that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn says(
        &self,
        tx: &mut dyn Tx,
        record: &RequestRecord,
        entry: Option<TimelineItemId>,
    ) -> Result<(), ApiError> {
        let (Some(message), Some(entry)) = (&self.message, entry) else {
            return Ok(());
        };
        let known = mirror::entry_of(tx, record, &message.id).await?;
        if known.is_none() {
            tx.add_desk_message(&record.id, &message.id, &entry).await?;
        }
        Ok(())
    }

    /// Takes the ticket in, writes the record, and forgets that the call had no answer.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_in(
        &self,
        app: &App,
        tx: &mut dyn Tx,
        record: &mut RequestRecord,
        by: By,
    ) -> Result<(), ApiError> {
        let nothing_unread = record.unread == 0 && record.following.is_none();
        let mut news = take_in(app, tx, record, &self.ticket, by).await?;
        if nothing_unread && !news.replied {
            // That the desk opens what its customer writes to is no news to them.
            record.seen_at = record.last_entry_at;
        }
        // The call itself has changed it.
        news.seen = true;
        mirror::keep(app, tx, record, &news).await?;
        tx.forget_attempt(&self.key_hash).await?;
        app.gateway.was_read(&record.id, app.clock.now());
        Ok(())
    }
}

/// Whether a message is what an earlier call wrote.
fn wrote(attempt: &Attempt, message: &TicketMessage) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = squeeze(&mirror::words(message));
    message.role == Role::Customer
        && !attempt.known.contains(&message.id)
        && attempt
            .words
            .as_deref()
            .is_some_and(|words| squeeze(words) == said)
}

/// The finished uploads of a message as they go to a desk; they are taken for the message later.
///
/// # Errors
/// 422 for what is not there or not whole.
/// `again`: an earlier call may have had them taken.
pub async fn uploads(app: &App, ids: &[UploadId], again: bool) -> Result<Vec<NewFile>, ApiError> {
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        let upload = app
            .store
            .read()
            .await?
            .upload(&token_hash(id.as_str()))
            .await?;
        let free = upload.filter(|upload| again || upload.attachment.is_none());
        let Some((upload, accepted)) = free.and_then(|mut upload| {
            let accepted = upload.accepted.take()?;
            Some((upload, accepted))
        }) else {
            let at = format!("/attachment_ids/{place}");
            faults.push(Fault::at(at, FieldProblem::UnknownUpload));
            continue;
        };
        let file = Attachment {
            id: AttachmentId::new(""),
            name: upload.name.unwrap_or_else(|| files::name::clean("")),
            size: Some(upload.length),
            media_type: accepted.media_type,
            sha256: Some(accepted.sha256),
        };
        files.push(
            handover::new_file(app, &file)
                .await
                .map_err(ApiError::internal)?,
        );
    }
    match faults.is_empty() {
        true => Ok(files),
        false => Err(ApiError::validation(faults)),
    }
}
