//! What was sent by the customer and may not have arrived yet. Nothing leaves it but by the server's word.
//!
//! ```ignore
//! outbox::send_request(draft, request);        // from "Confirm and send"; `draft` is closed by it
//! outbox::send_message(draft, id, reference);  // a reply
//! outbox::entry(&key)                          // reactive: watch `state` by the draft's key
//! outbox::entries()                            // reactive: what home shows in plain sight
//! outbox::retry(&key); outbox::take_back(&key).await; outbox::discard(&key).await; outbox::dismiss(&key).await;
//! outbox::accepted(reference).await            // for the confirmation page
//! ```
//! An entry is written to the device before the first attempt and goes by itself: at once, when the network is back,
//! when the page is seen or opened again, and after waiting times (`api::retry`). One tab at a time sends. Before it is
//! sent again after a doubt, the server is asked what became of its key. The very bytes of the body are kept with the
//! entry, so that each attempt is the same submission and the server's stored answer (with the query code) can be had
//! again. Its files are uploaded first.
//!
//! An accepted entry is kept for a day, so that the confirmation survives a reload.

use super::{
    drafts::{self, Draft, OpenDraft},
    uploads::{self, FileMeta, Progress, Stopped, Upload},
};
use crate::{
    api::{self, Access, Failure, retry},
    browser::{
        channel::Channel,
        clock, dom, events, lock, random,
        store::{self, Change, Durability, Store},
        task::{self, Task},
    },
    json,
};
use leptos::prelude::*;
use portico_contract::{
    code::{QueryCode, Reference},
    form::FieldValue,
    id::{FieldId, RequestId, TimelineItemId},
    problem::{FieldProblem, Problem, ProblemCode},
    submission::{Created, NewMessage, NewRequest, SentBody},
};
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, RefCell},
    sync::LazyLock,
};

/// Milliseconds for which an accepted entry is kept.
const KEPT: f64 = 86_400_000.0;
/// Milliseconds that a waiting time can be at most; a longer one is from a clock that was set back.
const LONGEST_WAIT: f64 = 900_000.0;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {
    /// A new request.
    Request(Box<NewRequest>),
    /// A message on a request.
    Message {
        /// Which one.
        request_id: RequestId,
        /// For people.
        reference: Reference,
        /// What it says.
        message: NewMessage,
    },
}

/// What the server has accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepted {
    /// A new request, with its query code and receipt.
    Request(Box<Created>),
    /// A message.
    Message(TimelineItemId),
    /// The server has it, but its answer can no longer be had: there is no query code to show.
    Known(Option<Reference>),
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// Waits for its turn, for the network, or for its waiting time.
    Queued,
    /// Being sent at this moment: which attempt, from 1, and the part of its files that the server has.
    Sending {
        /// From 1.
        attempt: u32,
        /// From 0 to 1.
        files: f64,
    },
    /// The server has it.
    Accepted(Accepted),
    /// The server does not take it as it is: the customer has to change something (`take_back`).
    Rejected(Problem),
    /// The session has ended: it goes on when the customer has signed in, or tracked the request, again.
    NeedsLogin,
    /// A file can no longer be read, or the server does not agree about the key: the customer has to decide.
    NeedsAttention,
}

/// One thing that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The Idempotency-Key, the same for ever.
    pub key: String,
    /// What is sent.
    pub parcel: Parcel,
    /// What it was written as, to go back to.
    pub draft: Draft,
    /// Where it stands.
    pub state: EntryState,
    /// When it was handed over, by the device's clock, in milliseconds since 1970.
    pub queued_at: f64,
    /// When the server accepted it, as `queued_at`.
    #[serde(default)]
    accepted_at: Option<f64>,
    /// Its confirmation was on screen.
    #[serde(default)]
    seen: bool,
    /// The body, from the moment its files are with the server.
    #[serde(default)]
    body: Option<String>,
    /// An attempt has begun and no answer says that nothing was done.
    #[serde(default)]
    doubt: bool,
    /// Attempts so far.
    #[serde(default)]
    attempts: u32,
    /// Not to be sent before, as `queued_at`.
    #[serde(default)]
    not_before: f64,
    /// The part of that which the server asked for: not even a network that is back makes it shorter.
    #[serde(default)]
    floor: f64,
}

impl Entry {
    /// Whether the server has it.
    pub const fn is_accepted(&self) -> bool {
        matches!(self.state, EntryState::Accepted(_))
    }

    /// Whether it is a request that has arrived and whose confirmation nobody has seen yet.
    pub const fn is_news(&self) -> bool {
        let arrived = matches!(self.state, EntryState::Accepted(Accepted::Request(_)));
        arrived && !self.seen
    }

    /// Whether it goes by itself as soon as it can.
    pub const fn is_going(&self) -> bool {
        matches!(self.state, EntryState::Queued | EntryState::Sending { .. })
    }

    /// The reference, once the server has given it.
    pub fn reference(&self) -> Option<Reference> {
        match (&self.state, &self.parcel) {
            (EntryState::Accepted(Accepted::Request(created)), _) => {
                Some(created.request.reference)
            }
            (EntryState::Accepted(Accepted::Known(reference)), _) => *reference,
            (_, Parcel::Message { reference, .. }) => Some(*reference),
            _ => None,
        }
    }

    fn access(&self) -> Access {
        match &self.parcel {
            Parcel::Request(_) => Access::Account,
            Parcel::Message { request_id, .. } => Access::to(request_id),
        }
    }

    /// Until when the server asked to wait, as `queued_at`; long past where it did not.
    pub const fn held_until(&self) -> f64 {
        self.floor
    }

    /// When it may be sent, as `queued_at`. `hurried`: what stood in the way may be gone.
    fn due_at(&self, now: f64, hurried: bool) -> f64 {
        let at = if hurried { self.floor } else { self.not_before };
        if at > now + LONGEST_WAIT { now } else { at }
    }
}

/// What to do after an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The same again later.
    Retry,
    /// The same again when the customer has signed in.
    Login,
    /// Upload the files again, then the same.
    Reupload,
    /// The customer changes something.
    Reject,
    /// The customer decides.
    Attention,
}

/// The retry table.
fn next(failure: &Failure, parcel: &Parcel) -> Next {
    let Failure::Problem { problem, .. } = failure else {
        // Not the contract's server: whatever it says is not about this entry.
        return Next::Retry;
    };
    let mut errors = problem.errors.iter();
    match problem.code {
        ProblemCode::Unauthenticated => Next::Login,
        ProblemCode::IdempotencyMismatch => Next::Attention,
        _ if failure.is_passing() => Next::Retry,
        ProblemCode::Validation if errors.len() == 0 => Next::Reject,
        ProblemCode::Validation if errors.all(|e| e.code == FieldProblem::UnknownUpload) => {
            Next::Reupload
        }
        // It was written by somebody who was signed in, whom the server does not know any more.
        ProblemCode::Validation
            if matches!(parcel, Parcel::Request(request) if request.contact.is_none())
                && problem
                    .errors
                    .iter()
                    .any(|e| e.pointer.starts_with("/contact")) =>
        {
            Next::Login
        }
        _ => Next::Reject,
    }
}

static ENTRIES: LazyLock<ArcRwSignal<Vec<Entry>>> = LazyLock::new(ArcRwSignal::default);

thread_local! {
    static TABS: RefCell<Option<Channel>> = const { RefCell::new(None) };
    /// Sends what is due.
    static DRAINING: RefCell<Option<Task>> = const { RefCell::new(None) };
    /// Somebody asked while it was being done.
    static AGAIN: Cell<bool> = const { Cell::new(false) };
    /// It is not being done, but waits for the next one to be due.
    static WAITING: Cell<bool> = const { Cell::new(false) };
    /// Waiting times are not kept the next time.
    static HURRIED: Cell<bool> = const { Cell::new(false) };
    /// Entries that the device does not keep: they live in this tab.
    static ONLY_HERE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Everything in it, the oldest first. Reactive.
pub fn entries() -> Vec<Entry> {
    ENTRIES.get()
}

/// One of them, by the key of its draft. Reactive.
pub fn entry(key: &str) -> Option<Entry> {
    ENTRIES.with(|entries| entries.iter().find(|e| e.key == key).cloned())
}

/// Whether something was not accepted yet. Reactive.
pub fn has_unsent() -> bool {
    ENTRIES.with(|entries| entries.iter().any(|e| !e.is_accepted()))
}

/// What came of the request with this reference, while it is kept.
pub async fn accepted(reference: Reference) -> Option<Created> {
    read_all().await;
    ENTRIES.with_untracked(|entries| {
        entries.iter().find_map(|entry| match &entry.state {
            EntryState::Accepted(Accepted::Request(created))
                if created.request.reference == reference =>
            {
                Some((**created).clone())
            }
            _ => None,
        })
    })
}

/// The query code of a request that was sent from here, while it is kept.
pub(super) async fn query_code(reference: Reference) -> Option<QueryCode> {
    accepted(reference).await?.query_code
}

/// Hands a new request over. Its files need not be uploaded yet; their ids are put in when they are.
pub fn send_request(draft: OpenDraft, request: NewRequest) {
    hand_over(draft, Parcel::Request(Box::new(request)));
}

/// Hands the message over that the draft holds.
pub fn send_message(draft: OpenDraft, request_id: RequestId, reference: Reference) {
    let message = NewMessage {
        body: SentBody::text(draft.get_untracked().body),
        attachment_ids: Vec::new(),
    };
    let parcel = Parcel::Message {
        request_id,
        reference,
        message,
    };
    hand_over(draft, parcel);
}

fn hand_over(open: OpenDraft, parcel: Parcel) {
    let draft = open.close();
    // One tap or ten: the key is the draft's.
    if ENTRIES.with_untracked(|entries| entries.iter().any(|e| e.key == draft.key)) {
        return;
    }
    let entry = Entry {
        key: draft.key.clone(),
        parcel,
        draft,
        state: EntryState::Queued,
        queued_at: clock::device_millis(),
        accepted_at: None,
        seen: false,
        body: None,
        doubt: false,
        attempts: 0,
        not_before: 0.0,
        floor: 0.0,
    };
    // Until it is kept, it is this tab that has it.
    note_kept(&entry.key, false);
    show(&entry);
    task::detach(async move {
        let changes = [
            Change::Put(Store::Outbox, &entry.key, to_json(&entry)),
            Change::Remove(Store::Drafts, &entry.key),
        ];
        let kept = store::change(&changes, Durability::Strict).await;
        note_kept(&entry.key, kept.is_ok());
        drafts::handed_over(&entry.key).await;
        tell_tabs();
        drain();
    });
}

fn to_json(entry: &Entry) -> String {
    json::to_string(entry)
}

fn note_kept(key: &str, kept: bool) {
    ONLY_HERE.with_borrow_mut(|keys| {
        keys.retain(|k| k != key);
        if !kept {
            keys.push(key.to_owned());
        }
    });
}

/// Whether an entry is kept on the device, and not only by this tab.
pub fn is_kept(key: &str) -> bool {
    !ONLY_HERE.with_borrow(|keys| keys.iter().any(|k| k == key))
}

/// Shows an entry as it is now.
fn show(entry: &Entry) {
    dom::hold_place();
    ENTRIES.update(
        |entries| match entries.iter_mut().find(|e| e.key == entry.key) {
            Some(shown) => *shown = entry.clone(),
            None => entries.push(entry.clone()),
        },
    );
}

/// Shows an entry as it is now, and keeps it.
async fn keep(entry: &Entry) {
    show(entry);
    let put = [Change::Put(Store::Outbox, &entry.key, to_json(entry))];
    let kept = store::change(&put, Durability::Strict).await;
    note_kept(&entry.key, kept.is_ok());
    tell_tabs();
}

/// Removes an entry, with what belongs to it.
async fn remove(entry: &Entry) {
    uploads::forget_bytes(&entry.draft.files);
    let mut changes = vec![Change::Remove(Store::Outbox, &entry.key)];
    changes.extend(uploads::removals(&entry.draft.files));
    let _ = store::change(&changes, Durability::Strict).await;
    forget(&entry.key);
}

/// Shows an entry no longer.
fn forget(key: &str) {
    note_kept(key, true);
    dom::hold_place();
    ENTRIES.update(|entries| entries.retain(|e| e.key != key));
    tell_tabs();
}

fn tell_tabs() {
    TABS.with_borrow(|tabs| {
        if let Some(tabs) = tabs {
            tabs.say("changed");
        }
    });
}

/// Reads what the device keeps; what only this tab keeps stays.
async fn read_all() {
    let Ok(kept) = store::all(Store::Outbox).await else {
        return;
    };
    let kept = kept.iter().filter_map(|json| json::from_str(json).ok());
    dom::hold_place();
    ENTRIES.update(|shown| {
        let only_here = std::mem::take(shown)
            .into_iter()
            .filter(|entry| !is_kept(&entry.key));
        // Into their places: sorting is more code than all of this.
        for entry in kept.chain(only_here) {
            let entry: Entry = entry;
            let at = shown.partition_point(|e| e.queued_at <= entry.queued_at);
            shown.insert(at, entry);
        }
    });
}

fn find_untracked(key: &str) -> Option<Entry> {
    ENTRIES.with_untracked(|entries| entries.iter().find(|e| e.key == key).cloned())
}

/// Sends an entry now ("Try now"), also one that waited for the customer.
pub fn retry(key: &str) {
    let key = key.to_owned();
    task::detach(async move {
        if let Some(_lock) = lock::hold(LOCK).await {
            read_all().await;
            if let Some(mut entry) = find_untracked(&key)
                && !entry.is_accepted()
            {
                entry.state = EntryState::Queued;
                keep(&entry).await;
            }
        }
        drain_at_once();
    });
}

/// The customer has signed in, or opened a request: what waited for that goes on.
pub(super) fn proven() {
    task::detach(async {
        if let Some(_lock) = lock::hold(LOCK).await {
            read_all().await;
            for mut entry in ENTRIES.get_untracked() {
                if entry.state == EntryState::NeedsLogin {
                    entry.state = EntryState::Queued;
                    keep(&entry).await;
                }
            }
        }
        drain_at_once();
    });
}

/// Why an entry cannot be taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum NotTakenBack {
    /// The server has it already: the entry says so now.
    Accepted,
    /// It may have arrived, and the server cannot be asked now.
    Unknown(Failure),
    /// There is no such entry any more.
    Gone,
}

/// Makes a draft of an entry again, to change it: gives its key (go on with `OpenDraft::reopen`, or open the form).
/// What may have arrived gets a new key, once the server has said that it never accepted the old one.
///
/// # Errors
/// [`NotTakenBack`]
pub async fn take_back(key: &str) -> Result<Draft, NotTakenBack> {
    let Some(_lock) = lock::hold(LOCK).await else {
        return Err(NotTakenBack::Gone);
    };
    read_all().await;
    let Some(mut entry) = find_untracked(key) else {
        return Err(NotTakenBack::Gone);
    };
    if entry.is_accepted() {
        return Err(NotTakenBack::Accepted);
    }
    let mut draft = entry.draft.clone();
    if entry.doubt {
        match api::submissions::read(key, &entry.access()).await {
            Ok(None) => draft.key = random::uuid(),
            Ok(Some(_)) => {
                // Sending it again fetches the answer.
                entry.state = EntryState::Queued;
                keep(&entry).await;
                drain_at_once();
                return Err(NotTakenBack::Accepted);
            }
            Err(failure) => return Err(NotTakenBack::Unknown(failure)),
        }
    }
    draft.updated_at = clock::device_millis();
    drafts::put_back(&draft).await;
    let _ = store::change(&[Change::Remove(Store::Outbox, key)], Durability::Strict).await;
    forget(key);
    Ok(draft)
}

/// Throws an entry away that was not accepted. Ask the customer first: what may have arrived stays with the server.
pub async fn discard(key: &str) {
    let Some(_lock) = lock::hold(LOCK).await else {
        return;
    };
    read_all().await;
    if let Some(entry) = find_untracked(key) {
        uploads::take_back(&entry.draft.files);
        remove(&entry).await;
    }
}

/// Notes that the confirmation of the request with this reference, or the request itself, was on screen.
pub async fn seen(reference: Reference) {
    let news = |entry: &&Entry| entry.is_news() && entry.reference() == Some(reference);
    if let Some(entry) = ENTRIES.with_untracked(|entries| entries.iter().find(news).cloned()) {
        keep(&Entry {
            seen: true,
            ..entry
        })
        .await;
    }
}

/// Takes an accepted entry out of sight for good, with its query code.
pub async fn dismiss(key: &str) {
    if let Some(entry) = find_untracked(key)
        && entry.is_accepted()
    {
        remove(&entry).await;
    }
}

/// Throws everything away.
pub(super) async fn clear() {
    DRAINING.set(None);
    for entry in ENTRIES.get_untracked() {
        remove(&entry).await;
    }
    let _ = store::change(&[Change::Clear(Store::Outbox)], Durability::Strict).await;
}

const LOCK: &str = "portico.outbox";

/// Sends what is due, whatever its waiting time; only what the server asked for is kept to.
fn drain_at_once() {
    HURRIED.set(true);
    drain();
}

/// Sends what is due. Where that is under way already, once more after it.
pub(super) fn drain() {
    if DRAINING.with_borrow(Option::is_some) && !WAITING.get() {
        AGAIN.set(true);
        return;
    }
    WAITING.set(false);
    DRAINING.set(Some(Task::spawn(async {
        loop {
            AGAIN.set(false);
            let hurried = HURRIED.take();
            if let Some(_lock) = lock::hold(LOCK).await {
                read_all().await;
                send_due(hurried).await;
            }
            if AGAIN.get() {
                continue;
            }
            let Some(wait) = next_wait() else {
                break;
            };
            WAITING.set(true);
            task::sleep(wait).await;
            WAITING.set(false);
        }
        if let Some(task) = DRAINING.take() {
            task.finish();
        }
    })));
}

/// Milliseconds until the next entry is due; `None`: there is nothing to wait for.
fn next_wait() -> Option<u32> {
    let now = clock::device_millis();
    ENTRIES.with_untracked(|entries| {
        entries
            .iter()
            .filter(|e| e.is_going())
            // At least a moment, so that nothing can keep the device busy.
            .map(|e| (e.due_at(now, false) - now).clamp(250.0, LONGEST_WAIT))
            .min_by(f64::total_cmp)
            // At most some minutes.
            .map(|wait| {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let wait = wait as u32;
                wait
            })
    })
}

async fn send_due(hurried: bool) {
    let now = clock::device_millis();
    let due: Vec<Entry> = ENTRIES.with_untracked(|entries| {
        entries
            .iter()
            .filter(|e| e.is_going() && e.due_at(now, hurried) <= now)
            .cloned()
            .collect()
    });
    for mut entry in due {
        send(&mut entry).await;
        let files = if entry.is_accepted() {
            std::mem::take(&mut entry.draft.files)
        } else {
            Vec::new()
        };
        keep(&entry).await;
        if !files.is_empty() {
            uploads::forget_bytes(&files);
            let gone: Vec<_> = uploads::removals(&files).collect();
            let _ = store::change(&gone, Durability::Relaxed).await;
        }
    }
}

/// One attempt, with everything that belongs to it.
async fn send(entry: &mut Entry) {
    entry.attempts += 1;
    let outcome = attempt(entry).await;
    match outcome {
        Ok(accepted) => {
            entry.doubt = false;
            entry.accepted_at = Some(clock::device_millis());
            entry.state = EntryState::Accepted(accepted);
            drafts::accepted(&entry.draft);
        }
        Err(Stopped::Lost) => entry.state = EntryState::NeedsAttention,
        Err(Stopped::Failed(failure)) => fail(entry, &failure),
    }
}

fn fail(entry: &mut Entry, failure: &Failure) {
    let now = clock::device_millis();
    entry.floor = now + failure.retry_after().unwrap_or(0.0) * 1_000.0;
    entry.state = match (next(failure, &entry.parcel), failure) {
        (Next::Retry, _) => {
            let wait = retry::delay(entry.attempts - 1, failure.retry_after(), random::part());
            entry.not_before = now + wait * 1_000.0;
            EntryState::Queued
        }
        (Next::Login, _) => EntryState::NeedsLogin,
        (Next::Reupload, _) => {
            entry.body = None;
            for file in &mut entry.draft.files {
                file.url = None;
                file.done = false;
            }
            // A server that forgets every upload at once would keep us busy.
            entry.not_before = now + retry::delay(entry.attempts, None, 1.0) * 1_000.0;
            EntryState::Queued
        }
        (Next::Reject, Failure::Problem { problem, .. }) => {
            EntryState::Rejected((**problem).clone())
        }
        (Next::Reject | Next::Attention, _) => EntryState::NeedsAttention,
    };
}

async fn attempt(entry: &mut Entry) -> Result<Accepted, Stopped> {
    entry.state = EntryState::Sending {
        attempt: entry.attempts,
        files: 0.0,
    };
    show(entry);
    if entry.doubt {
        match (ask(entry).await?, &entry.body) {
            (None, _) => entry.doubt = false,
            // The same body brings the stored answer.
            (Some(_), Some(_)) => {}
            (Some(known), None) => return Ok(known),
        }
    }
    let body = match &entry.body {
        Some(body) => body.clone(),
        None => {
            upload_files(entry).await?;
            let body = body(&entry.parcel, &entry.draft.files);
            entry.body = Some(body.clone());
            body
        }
    };
    // From here on it may arrive, whatever becomes of us.
    entry.doubt = true;
    keep(entry).await;
    let offline = !dom::is_online();
    let failure = match post(entry, body).await {
        Ok(accepted) => return Ok(accepted),
        Err(failure) => failure,
    };
    if failure.code() == Some(ProblemCode::IdempotencyMismatch)
        && let Some(known) = ask(entry).await?
    {
        return Ok(known);
    }
    // Without a network nothing leaves the device.
    let stayed = offline && !dom::is_online() && failure == Failure::Network;
    entry.doubt = failure.is_doubtful() && !stayed;
    Err(Stopped::Failed(failure))
}

/// What the server says that it has under this key.
async fn ask(entry: &Entry) -> Result<Option<Accepted>, Stopped> {
    let known = api::submissions::read(&entry.key, &entry.access()).await;
    Ok(known
        .map_err(Stopped::Failed)?
        .map(|submission| Accepted::Known(submission.reference)))
}

async fn upload_files(entry: &mut Entry) -> Result<(), Stopped> {
    // Sizes are far below 2^53 bytes.
    #[allow(clippy::cast_precision_loss)]
    let sizes: Vec<f64> = entry.draft.files.iter().map(|f| f.size as f64).collect();
    let all: f64 = sizes.iter().sum();
    for i in 0..sizes.len() {
        let mut file = entry.draft.files[i].clone();
        if file.done {
            continue;
        }
        let before: f64 = sizes[..i].iter().sum();
        let mut upload = Upload::of(&file).await?;
        loop {
            match upload.advance(&mut file).await? {
                Progress::Sent(part) => {
                    entry.state = EntryState::Sending {
                        attempt: entry.attempts,
                        files: (before + part * sizes[i]) / all,
                    };
                    show(entry);
                }
                progress => {
                    entry.draft.files[i] = file.clone();
                    keep(entry).await;
                    if matches!(progress, Progress::Done(_)) {
                        break;
                    }
                }
            }
        }
    }
    Ok(())
}

/// The body with the ids of its files: those that answer a question into the answer, the others to the message.
fn body(parcel: &Parcel, files: &[FileMeta]) -> String {
    let ids = |field: Option<&FieldId>| {
        files
            .iter()
            .filter(|file| file.field.as_ref() == field)
            .filter_map(FileMeta::upload_id)
            .collect::<Vec<_>>()
    };
    match parcel {
        Parcel::Message { message, .. } => json::to_string(&NewMessage {
            attachment_ids: ids(None),
            ..message.clone()
        }),
        Parcel::Request(request) => {
            let mut request = request.clone();
            request.attachment_ids = ids(None);
            let answered = files.iter().filter_map(|file| {
                let field = file.field.clone()?;
                let ids = ids(Some(&field)).iter().map(ToString::to_string).collect();
                Some((field, FieldValue::List(ids)))
            });
            request.fields.extend(answered);
            json::to_string(&request)
        }
    }
}

async fn post(entry: &Entry, body: String) -> Result<Accepted, Failure> {
    match &entry.parcel {
        Parcel::Request(_) => api::requests::create(body, &entry.key)
            .await
            .map(|created| Accepted::Request(Box::new(created))),
        Parcel::Message { request_id, .. } => api::requests::write(request_id, body, &entry.key)
            .await
            .map(|item| Accepted::Message(item.id)),
    }
}

/// Begins. Called once, in the owner that lives as long as the application.
pub(super) fn start() {
    TABS.set(Some(Channel::open("portico.outbox", |_| {
        task::detach(read_all());
    })));
    let seen = events::on_document("visibilitychange", |_| {
        if dom::is_visible() {
            drain();
        }
    });
    let online = events::on_window("online", |_| drain_at_once());
    for listener in [seen, online].into_iter().flatten() {
        listener.forever();
    }
    task::detach(async {
        read_all().await;
        let now = clock::device_millis();
        for entry in ENTRIES.get_untracked() {
            if entry.accepted_at.is_some_and(|at| now - at > KEPT) {
                remove(&entry).await;
            }
        }
        drain();
        let in_use: Vec<String> = ENTRIES.with_untracked(|entries| {
            let files = entries.iter().flat_map(|e| &e.draft.files);
            files.map(|f| f.id.clone()).collect()
        });
        drafts::tidy(&in_use).await;
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_contract::{id::TypeId, problem::FieldError};
    use std::collections::BTreeMap;

    fn request(contact: bool) -> Parcel {
        Parcel::Request(Box::new(NewRequest {
            type_id: TypeId::new("fault"),
            subject: "s".to_owned(),
            body: SentBody::text("b"),
            fields: BTreeMap::new(),
            urgency: None,
            attachment_ids: Vec::new(),
            contact: contact.then(Default::default),
            consents: BTreeMap::new(),
            context: Default::default(),
            follow_up_of: None,
            locale: None,
        }))
    }

    fn problem(code: ProblemCode, errors: &[(&str, FieldProblem)]) -> Failure {
        Failure::Problem {
            problem: Box::new(Problem {
                kind: "about:blank".to_owned(),
                title: String::new(),
                status: code.status(),
                detail: None,
                code,
                errors: errors
                    .iter()
                    .map(|(pointer, code)| FieldError {
                        pointer: (*pointer).to_owned(),
                        code: *code,
                        detail: String::new(),
                    })
                    .collect(),
                trace_id: None,
                reason: None,
            }),
            retry_after: None,
        }
    }

    #[test]
    fn the_retry_table() {
        use ProblemCode as C;
        let table = [
            (C::BadRequest, Next::Reject),
            (C::Unauthenticated, Next::Login),
            (C::Forbidden, Next::Reject),
            (C::NotFound, Next::Reject),
            (C::ActionNotAllowed, Next::Reject),
            (C::Conflict, Next::Reject),
            (C::InProgress, Next::Retry),
            (C::Gone, Next::Reject),
            (C::Stale, Next::Reject),
            (C::PayloadTooLarge, Next::Reject),
            (C::UnsupportedMedia, Next::Reject),
            (C::Validation, Next::Reject),
            (C::IdempotencyMismatch, Next::Attention),
            (C::RateLimited, Next::Retry),
            (C::Internal, Next::Retry),
            (C::BackendRejected, Next::Reject),
            (C::BackendUnavailable, Next::Retry),
        ];
        for (code, then) in table {
            assert_eq!(next(&problem(code, &[]), &request(true)), then, "{code}");
        }
        assert_eq!(next(&Failure::Network, &request(true)), Next::Retry);
        for status in [200, 403, 404, 502] {
            let foreign = Failure::Foreign {
                status,
                retry_after: None,
            };
            assert_eq!(next(&foreign, &request(true)), Next::Retry, "{status}");
        }
    }

    #[test]
    fn what_validation_can_mean() {
        let lost = [("/attachment_ids/0", FieldProblem::UnknownUpload)];
        let failure = problem(ProblemCode::Validation, &lost);
        assert_eq!(next(&failure, &request(true)), Next::Reupload);
        let contact = [("/contact", FieldProblem::Required)];
        let failure = problem(ProblemCode::Validation, &contact);
        assert_eq!(next(&failure, &request(false)), Next::Login);
        assert_eq!(next(&failure, &request(true)), Next::Reject);
    }

    #[test]
    fn file_ids_go_where_the_files_were_asked_for() {
        let file = |id: &str, field: Option<&str>, done| -> FileMeta {
            serde_json::from_value(serde_json::json!({
                "id": id, "name": "a.jpg", "media_type": "", "size": 1, "done": done,
                "url": format!("https://x/attachments/{id}"), "field": field,
            }))
            .unwrap()
        };
        let files = [
            file("u1", None, true),
            file("u2", Some("photo"), true),
            file("u3", Some("photo"), true),
        ];
        let body: serde_json::Value = serde_json::from_str(&body(&request(true), &files)).unwrap();
        assert_eq!(body["attachment_ids"], serde_json::json!(["u1"]));
        assert_eq!(body["fields"]["photo"], serde_json::json!(["u2", "u3"]));
    }
}
