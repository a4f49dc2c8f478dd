//! What is being written, kept on this device while it is written.
//!
//! A page opens the draft of what it is about and holds it as long as it is on screen:
//! ```ignore
//! let draft = drafts::open(About::Form(type_id));   // an earlier draft about the same, or a new one
//! draft.is_ready()                                  // false for the moment in which the device is asked
//! draft.with(|d| d.subject.clone())                 // reactive
//! draft.write(|d| d.subject = value);               // on `input`: saved within 300 ms
//! draft.save();                                     // on `change`, `blur`, a step: saved at once
//! draft.saved()                                     // the line that says whether it is kept
//! draft.add_files(files, None, &limits);            // and more about files in `uploads`
//! outbox::send_request(draft, request);             // hands everything over
//! ```
//! `visibilitychange`, `pagehide` and the end of the component save at once by themselves. A draft that another tab
//! has open is left to it. `key` is the Idempotency-Key: it is born with the draft and stays its own until the server
//! has accepted it.
//!
//! [`list`] is what home offers after a reload or a crash. Drafts live 30 days from the last change. Where the browser
//! keeps nothing, they live as long as the tab, and `saved()` says so; in a frame the server keeps them for who is
//! signed in.
//!
//! Kept in the clear: whoever uses this device and this browser profile may read it, which is what "Saved on this
//! device" says; signing out and 30 days remove it.

use super::{
    host, session,
    uploads::{self, FileMeta, UploadState},
};
use crate::{
    api,
    browser::{
        clock, events,
        lock::{self, Lock},
        random,
        store::{self, Change, Durability, Store, StoreError},
        task::{self, Task},
    },
    json,
};
use leptos::prelude::*;
use portico_contract::{
    code::Reference,
    form::{Answers, FieldValue},
    id::{RequestId, TypeId},
};
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::LazyLock,
};

/// Milliseconds from a keystroke to its being saved.
const DEBOUNCE: u32 = 250;
/// Milliseconds for which a draft is kept after its last change.
const LIFETIME: f64 = 30.0 * 86_400_000.0;

/// What a draft is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A new request of this type.
    Form(TypeId),
    /// A message on this request.
    Reply(RequestId, Reference),
    /// A wish to be rung, perhaps about this request.
    Callback(Option<Reference>),
}

/// Everything that was written, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// A UUID: the Idempotency-Key of what will be sent.
    pub key: String,
    /// What it is about.
    pub about: About,
    /// What it is called on the home page: the request type's name.
    #[serde(default)]
    pub title: String,
    /// One line.
    #[serde(default)]
    pub subject: String,
    /// The text.
    #[serde(default)]
    pub body: String,
    /// The form's answers as they stand in the controls, so also those that are not right yet. Those that the form of
    /// today does not ask for are kept too.
    #[serde(default)]
    pub answers: Answers,
    /// The files that were picked.
    #[serde(default)]
    pub files: Vec<FileMeta>,
    /// The page of the form that the customer has come to.
    #[serde(default)]
    pub page: u32,
    /// By the device's clock, in milliseconds since 1970.
    pub updated_at: f64,
    /// What a newer version of the portal has written.
    #[serde(flatten)]
    pub other: std::collections::BTreeMap<String, json::Value>,
}

impl Draft {
    fn new(about: About) -> Self {
        Self {
            key: random::uuid(),
            about,
            title: String::new(),
            subject: String::new(),
            body: String::new(),
            answers: Answers::default(),
            files: Vec::new(),
            page: 0,
            updated_at: clock::device_millis(),
            other: std::collections::BTreeMap::new(),
        }
    }

    /// Whether anything is in it that would be missed.
    pub fn is_empty(&self) -> bool {
        self.subject.trim().is_empty()
            && self.body.trim().is_empty()
            && self.files.is_empty()
            && self.answers.values().all(FieldValue::is_empty)
    }

    fn is_over(&self, now: f64) -> bool {
        now - self.updated_at > LIFETIME
    }

    pub(super) fn to_json(&self) -> String {
        json::to_string(self)
    }
}

/// Whether what was written is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Saved {
    /// Nothing was written yet.
    Nothing,
    /// Kept on this device since then (milliseconds since 1970 by the device's clock, for
    /// `format::time_on_this_device`).
    At(f64),
    /// Not on this device, but with the server, as long as the customer is signed in; since then.
    WithServer(f64),
    /// Only in memory, and why.
    Not(StoreError),
}

/// A draft that is open. May be copied into closures; ends with the component that opened it.
#[derive(Clone, Copy)]
pub struct OpenDraft {
    draft: RwSignal<Draft>,
    ready: RwSignal<bool>,
    resumed: RwSignal<bool>,
    saved: RwSignal<Saved>,
    pub(super) uploads: RwSignal<HashMap<String, UploadState>>,
    pub(super) inner: StoredValue<Inner, LocalStorage>,
}

/// What is behind an open draft.
#[derive(Default)]
pub(super) struct Inner {
    /// Saves after a while.
    waiting: Option<Task>,
    /// Something was written that is not saved.
    dirty: bool,
    /// It was handed over or thrown away: nothing is saved any more.
    closed: bool,
    /// Keeps other tabs from it.
    lock: Option<Lock>,
    /// Uploads its files, one after another.
    pub(super) uploading: Option<Task>,
    /// Files (by their ids) whose bytes the device does not keep, and why.
    not_kept: Vec<(String, StoreError)>,
}

thread_local! {
    /// Drafts that could not be kept on the device.
    static IN_MEMORY: RefCell<Vec<Draft>> = const { RefCell::new(Vec::new()) };
    /// Those that a page has open.
    static OPEN: RefCell<Vec<OpenDraft>> = const { RefCell::new(Vec::new()) };
    /// Changes with every draft that is to be kept by the server: the newest goes.
    static TURN: Cell<u32> = const { Cell::new(0) };
    /// The server keeps one, or did.
    static AT_SERVER: Cell<bool> = const { Cell::new(false) };
}

static LIST: LazyLock<ArcRwSignal<Vec<Draft>>> = LazyLock::new(ArcRwSignal::default);

/// The drafts on this device that have something in them, the newest first. Reactive.
pub fn list() -> Vec<Draft> {
    LIST.get()
}

/// Opens the newest draft about this that no other tab has open, or a new one. Called where a component is built.
pub fn open(about: About) -> OpenDraft {
    let draft = OpenDraft {
        draft: RwSignal::new(Draft::new(about.clone())),
        ready: RwSignal::new(false),
        resumed: RwSignal::new(false),
        saved: RwSignal::new(Saved::Nothing),
        uploads: RwSignal::new(HashMap::new()),
        inner: StoredValue::new_local(Inner::default()),
    };
    Task::spawn(async move {
        let mut earlier = newest_free(|d| d.about == about).await;
        if earlier.is_none() && host::keeps_nothing().await {
            let with_server = kept_by_server(&about).await;
            earlier = with_server.map(|draft| (draft, None));
        }
        draft.take_up(earlier).await;
    })
    .owned();
    let save = move |_| draft.save();
    let listeners = [
        events::on_document("visibilitychange", save),
        events::on_window("pagehide", save),
        events::on_window("online", move |_| draft.retry_passing_uploads()),
    ];
    for listener in listeners.into_iter().flatten() {
        listener.owned();
    }
    on_cleanup(move || {
        draft.save();
        task::detach(refresh());
    });
    OPEN.with_borrow_mut(|open| {
        open.retain(|other| other.ready.try_get_untracked().is_some());
        open.push(draft);
    });
    draft
}

/// A form that begins has in it what the page around a frame knows already.
fn prefilled(draft: &mut Draft) {
    if matches!(draft.about, About::Form(_)) {
        host::prefill(draft);
    }
}

/// Puts what the page around a frame knows into the forms on screen, where nothing is written yet.
pub(super) fn prefill_open() {
    OPEN.with_borrow_mut(|open| {
        open.retain(|draft| draft.draft.try_update(prefilled).is_some());
    });
}

fn lock_name(key: &str) -> String {
    format!("portico.draft.{key}")
}

async fn newest_free(wanted: impl Fn(&Draft) -> bool) -> Option<(Draft, Option<Lock>)> {
    for draft in read_all().await {
        if wanted(&draft)
            && let Some(lock) = lock::try_hold(&lock_name(&draft.key)).await
        {
            return Some((draft, Some(lock)));
        }
    }
    None
}

impl OpenDraft {
    /// Goes on with an earlier draft, or else with the new one that it is already.
    async fn take_up(self, earlier: Option<(Draft, Option<Lock>)>) {
        let lock = match earlier {
            Some((draft, lock)) => {
                self.show(draft, true);
                lock
            }
            None => {
                self.draft.try_update(prefilled);
                match self.draft.try_with_untracked(|d| lock_name(&d.key)) {
                    Some(name) => lock::try_hold(&name).await,
                    None => return,
                }
            }
        };
        self.inner.try_update_value(|inner| {
            inner.closed = false;
            inner.lock = lock;
        });
        self.ready.try_set(true);
        self.upload();
    }

    fn show(self, draft: Draft, resumed: bool) {
        let in_memory = IN_MEMORY.with_borrow(|kept| kept.iter().any(|d| d.key == draft.key));
        self.saved.try_set(match (resumed, in_memory) {
            (false, _) => Saved::Nothing,
            (true, false) => Saved::At(draft.updated_at),
            (true, true) => Saved::Not(StoreError::Failed),
        });
        self.resumed.try_set(resumed);
        self.uploads.try_set(uploads::states(&draft.files));
        self.draft.try_set(draft);
    }

    /// Whether the device has been asked for an earlier draft. Before that there is nothing to show. Reactive.
    pub fn is_ready(self) -> bool {
        self.ready.get()
    }

    /// Whether it goes on from an earlier one. Reactive.
    pub fn is_resumed(self) -> bool {
        self.resumed.get()
    }

    /// Looks at it. Reactive.
    pub fn with<R>(self, look: impl FnOnce(&Draft) -> R) -> R {
        self.draft.with(look)
    }

    /// A copy of it, for event handlers.
    pub fn get_untracked(self) -> Draft {
        self.draft.get_untracked()
    }

    pub(super) fn try_get_untracked(self) -> Option<Draft> {
        self.draft.try_get_untracked()
    }

    /// Whether it is kept. Reactive.
    pub fn saved(self) -> Saved {
        self.saved.get()
    }

    /// Changes it; saved in a moment. For every keystroke.
    pub fn write(self, change: impl FnOnce(&mut Draft)) {
        let written = self.draft.try_update(|draft| {
            change(draft);
            draft.updated_at = clock::device_millis();
        });
        if written.is_none() {
            return;
        }
        self.inner.try_update_value(|inner| {
            inner.dirty = true;
            if inner.waiting.is_none() && !inner.closed {
                inner.waiting = Some(Task::spawn(async move {
                    task::sleep(DEBOUNCE).await;
                    self.save();
                }));
            }
        });
    }

    /// Saves what is not saved yet, at once. For `change`, `blur` and going on to another step.
    pub fn save(self) {
        let due = self.inner.try_update_value(|inner| {
            let due = inner.dirty && !inner.closed;
            inner.dirty = false;
            // The task that waits may be the one that is running: it ends by itself.
            if let Some(waiting) = inner.waiting.take() {
                waiting.finish();
            }
            due
        });
        if due != Some(true) {
            return;
        }
        let Some(draft) = self.draft.try_get_untracked() else {
            return;
        };
        task::detach(async move {
            let kept = keep(&draft).await;
            let incomplete = self.why_incomplete(&draft);
            let saved = match (kept, incomplete) {
                (Ok(()), None) => Saved::At(draft.updated_at),
                (Ok(()), Some(reason)) => Saved::Not(reason),
                (Err(reason), incomplete) => {
                    self.saved.try_set(Saved::Not(reason));
                    match keep_with_server(&draft).await {
                        true if incomplete.is_none() => Saved::WithServer(draft.updated_at),
                        _ => return,
                    }
                }
            };
            self.saved.try_set(saved);
        });
    }

    /// Says that the bytes of a file are not kept on the device.
    pub(super) fn not_kept(self, file: &str, reason: StoreError) {
        self.inner
            .try_update_value(|inner| inner.not_kept.push((file.to_owned(), reason)));
        self.saved.try_set(Saved::Not(reason));
    }

    /// Why a file would be lost with this tab: neither the device nor the server has it.
    fn why_incomplete(self, draft: &Draft) -> Option<StoreError> {
        self.inner.try_with_value(|inner| {
            let lost = |id: &str| draft.files.iter().any(|f| f.id == id && !f.done);
            let found = inner.not_kept.iter().find(|(id, _)| lost(id));
            found.map(|(_, reason)| *reason)
        })?
    }

    /// Throws it away, with its files, and begins a new one about the same.
    pub fn start_over(self) {
        let old = self.close();
        task::detach(async move {
            throw_away(&old).await;
            self.show(Draft::new(old.about), false);
            self.take_up(None).await;
        });
    }

    /// Goes on with a draft that came back from the outbox (`outbox::take_back`).
    pub async fn reopen(self, key: &str) {
        let draft = newest_free(|d| d.key == key).await;
        if draft.is_some() {
            self.take_up(draft).await;
        }
    }

    /// Ends writing and uploading; from now on it is not saved any more.
    pub(super) fn close(self) -> Draft {
        self.inner.try_update_value(|inner| {
            inner.closed = true;
            inner.waiting = None;
            inner.uploading = None;
            inner.lock = None;
        });
        self.draft.get_untracked()
    }
}

/// Keeps a draft on the device, or else in memory.
///
/// # Errors
/// Why it is only in memory.
async fn keep(draft: &Draft) -> Result<(), StoreError> {
    let put = [Change::Put(Store::Drafts, &draft.key, draft.to_json())];
    let kept = store::change(&put, Durability::Relaxed).await;
    IN_MEMORY.with_borrow_mut(|memory| {
        memory.retain(|d| d.key != draft.key);
        if kept.is_err() {
            memory.push(draft.clone());
        }
    });
    kept
}

/// What a draft is called at the server: a customer has one about each.
fn name_of(about: &About) -> String {
    match about {
        About::Form(type_id) => format!("form.{type_id}"),
        About::Reply(id, _) => format!("reply.{id}"),
        About::Callback(_) => "callback".to_owned(),
    }
}

/// Keeps a draft with the server, once the customer pauses; false where it could not, or a newer one is on its way.
async fn keep_with_server(draft: &Draft) -> bool {
    if !host::keeps_nothing().await || !session::is_signed_in_untracked() {
        return false;
    }
    let turn = TURN.get().wrapping_add(1);
    TURN.set(turn);
    task::sleep(DEBOUNCE).await;
    if TURN.get() != turn {
        return false;
    }
    AT_SERVER.set(true);
    let name = name_of(&draft.about);
    api::drafts::keep(&name, draft.to_json()).await.is_ok()
}

async fn kept_by_server(about: &About) -> Option<Draft> {
    host::settled().await;
    if !session::known().await {
        return None;
    }
    let kept = api::drafts::read(&name_of(about)).await.ok()??;
    let draft: Draft = json::from_str(&kept).ok()?;
    AT_SERVER.set(true);
    (draft.about == *about && !draft.is_over(clock::device_millis())).then_some(draft)
}

/// A draft has done its work: what the server kept of it goes.
pub(super) fn accepted(draft: &Draft) {
    if AT_SERVER.get() {
        TURN.set(TURN.get().wrapping_add(1));
        let name = name_of(&draft.about);
        task::detach(async move {
            // What could not be removed goes with the session.
            let _ = api::drafts::forget(&name).await;
        });
    }
}

/// Takes a draft back that was on its way: it can be opened again.
pub(super) async fn put_back(draft: &Draft) {
    // Where the device keeps nothing, it is in memory now.
    let _ = keep(draft).await;
    refresh().await;
}

/// Forgets a draft that was handed over. Its record goes in the same transaction as what follows it.
pub(super) async fn handed_over(key: &str) {
    IN_MEMORY.with_borrow_mut(|kept| kept.retain(|d| d.key != key));
    refresh().await;
}

async fn read_all() -> Vec<Draft> {
    let kept = store::all(Store::Drafts).await.unwrap_or_default();
    let kept = kept.iter().filter_map(|json| json::from_str(json).ok());
    let memory = IN_MEMORY.with_borrow(Clone::clone);
    let kept = kept.filter(|d: &Draft| memory.iter().all(|m| m.key != d.key));
    let now = clock::device_millis();
    let mut drafts = Vec::<Draft>::new();
    // Into their places: sorting is more code than all of this.
    for draft in kept.chain(memory.iter().cloned()) {
        if !draft.is_over(now) {
            let at = drafts.partition_point(|d| d.updated_at >= draft.updated_at);
            drafts.insert(at, draft);
        }
    }
    drafts
}

/// Reads the list anew. It does so by itself when a draft of this tab begins or ends.
pub async fn refresh() {
    let mut drafts = read_all().await;
    drafts.retain(|d| !d.is_empty());
    LIST.set(drafts);
}

/// Throws a draft away, with its files.
pub async fn discard(key: &str) {
    if let Some(draft) = read_all().await.into_iter().find(|d| d.key == key) {
        throw_away(&draft).await;
    }
}

async fn throw_away(draft: &Draft) {
    IN_MEMORY.with_borrow_mut(|kept| kept.retain(|d| d.key != draft.key));
    uploads::take_back(&draft.files);
    accepted(draft);
    let mut changes = vec![Change::Remove(Store::Drafts, &draft.key)];
    changes.extend(uploads::removals(&draft.files));
    // What cannot be removed was never kept, or ends with its lifetime.
    let _ = store::change(&changes, Durability::Relaxed).await;
    refresh().await;
}

/// Whether something that was written would be lost by leaving for another site.
pub fn would_be_lost() -> bool {
    IN_MEMORY.with_borrow(|kept| kept.iter().any(|draft| !draft.is_empty()))
}

/// Throws all drafts away.
pub(super) async fn clear() {
    IN_MEMORY.with_borrow_mut(Vec::clear);
    let all = [Change::Clear(Store::Drafts), Change::Clear(Store::Files)];
    let _ = store::change(&all, Durability::Strict).await;
    LIST.set(Vec::new());
}

/// Removes what has outlived its time, and files that belong to nothing. `in_use`: the files of the outbox.
pub(super) async fn tidy(in_use: &[String]) {
    let now = clock::device_millis();
    let mut used = in_use.to_vec();
    let mut over = Vec::new();
    for json in store::all(Store::Drafts).await.unwrap_or_default() {
        match json::from_str::<Draft>(&json) {
            Ok(draft) if draft.is_over(now) => over.push(draft.key),
            Ok(draft) => used.extend(draft.files.into_iter().map(|f| f.id)),
            // Written by a version that we cannot read: not ours to throw away, nor are its files.
            Err(_) => return,
        }
    }
    let files = store::keys(Store::Files).await.unwrap_or_default();
    let mut changes: Vec<_> = over
        .iter()
        .map(|key| Change::Remove(Store::Drafts, key))
        .collect();
    changes.extend(
        files
            .iter()
            .filter(|id| !used.contains(id))
            .map(|id| Change::Remove(Store::Files, id)),
    );
    if !changes.is_empty() {
        let _ = store::change(&changes, Durability::Relaxed).await;
    }
    refresh().await;
}
