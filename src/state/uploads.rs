//! The files of a draft: kept on this device from the moment they are picked, uploaded while the customer goes on
//! writing, by tus: what a cut connection, a reload or a crash leaves is gone on with.
//!
//! ```ignore
//! let refused = draft.add_files(file::picked(&event), None, &limits);   // button, drop and paste alike
//! draft.with(|d| d.files.clone())          // their names and sizes; `FileMeta::field` tells which question they answer
//! draft.upload_state(&file.id)             // reactive: Waiting | Sending(part) | Done | Failed(why)
//! draft.remove_file(&file.id);             // ends the upload too, and takes back what the server has
//! draft.retry_file(&file.id);
//! ```
//! Sending need not wait for the uploads: the outbox finishes them.

use super::drafts::OpenDraft;
use crate::{
    api::{
        Failure,
        attachments::{self, UploadUrl},
        retry,
    },
    browser::{
        clock,
        file::{Blob, Picked},
        random,
        store::{self, Change, Durability, Store},
        task::{self, Task},
    },
};
use leptos::prelude::*;
use portico_contract::{
    config::Limits,
    id::{FieldId, UploadId},
};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::HashMap};

/// Bytes of the first piece; doubled while a piece takes less than [`QUICK`], up to [`LARGEST_PIECE`].
const FIRST_PIECE: u64 = 128 * 1024;
/// Bytes that a cut connection costs at most.
const LARGEST_PIECE: u64 = 1024 * 1024;
/// Milliseconds.
const QUICK: f64 = 1_500.0;
/// Attempts for one piece before the customer is told.
const ATTEMPTS: u32 = 5;

/// What is known of a picked file. Its bytes are kept under `id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileMeta {
    /// Names it on this device.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What the browser thinks it is.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// In hexadecimal, once it is known.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The question that it answers; `None`: it goes with the message.
    #[serde(default)]
    pub field: Option<FieldId>,
    /// Where it is uploaded to.
    #[serde(default)]
    pub url: Option<UploadUrl>,
    /// The server has all of it.
    #[serde(default)]
    pub done: bool,
}

impl FileMeta {
    /// What a request names it by, once the server has all of it.
    pub fn upload_id(&self) -> Option<UploadId> {
        self.url.as_ref().filter(|_| self.done).map(UploadUrl::id)
    }
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq)]
pub enum UploadState {
    /// Its turn comes.
    Waiting,
    /// On its way: the part from 0 to 1 that the server has.
    Sending(f64),
    /// The server has all of it.
    Done,
    /// It stopped. Where the reason is a passing one it goes on by itself when the network is back.
    Failed(Failure),
    /// Its bytes can no longer be read: it has to be picked again.
    Lost,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It has more bytes than `Limits::attachment_size`.
    TooLarge,
    /// It has none.
    Empty,
    /// Its name ends otherwise than `Limits::attachment_extensions`.
    Kind,
    /// There are `Limits::attachments_per_message` already.
    TooMany,
}

/// Whether a file is taken, given how many there are.
///
/// # Errors
/// Why not.
pub fn check(name: &str, size: u64, count: usize, limits: &Limits) -> Result<(), Refused> {
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    if count >= limits.attachments_per_message as usize {
        Err(Refused::TooMany)
    } else if size == 0 {
        Err(Refused::Empty)
    } else if size > limits.attachment_size {
        Err(Refused::TooLarge)
    } else if !extension.is_some_and(|e| limits.attachment_extensions.contains(&e)) {
        Err(Refused::Kind)
    } else {
        Ok(())
    }
}

thread_local! {
    /// The bytes of the files of this tab, so that they are there also where the device keeps nothing.
    static BYTES: RefCell<HashMap<String, Blob>> = RefCell::default();
}

/// The bytes of a file: as the device keeps them, since the customer's own file may have changed meanwhile.
async fn bytes(id: &str) -> Option<Blob> {
    let kept = store::file(id).await.ok().flatten();
    kept.or_else(|| BYTES.with_borrow(|bytes| bytes.get(id).cloned()))
}

/// Forgets the bytes of files that were sent or removed. What the device keeps is removed by the caller's transaction.
pub(super) fn forget_bytes(files: &[FileMeta]) {
    BYTES.with_borrow_mut(|bytes| {
        for file in files {
            bytes.remove(&file.id);
        }
    });
}

/// Removes the bytes of files from the device.
pub(super) fn removals(files: &[FileMeta]) -> impl Iterator<Item = Change<'_>> {
    files.iter().map(|f| Change::Remove(Store::Files, &f.id))
}

/// Tells the server that files are no longer wanted, as far as it can be reached, and forgets their bytes.
pub(super) fn take_back(files: &[FileMeta]) {
    forget_bytes(files);
    for url in files.iter().filter_map(|f| f.url.clone()) {
        task::detach(async move {
            // Where it does not succeed, the upload expires.
            let _ = attachments::terminate(&url).await;
        });
    }
}

/// How far the files of a draft are, when it is opened.
pub(super) fn states(files: &[FileMeta]) -> HashMap<String, UploadState> {
    files
        .iter()
        .map(|file| {
            let state = if file.done {
                UploadState::Done
            } else {
                UploadState::Waiting
            };
            (file.id.clone(), state)
        })
        .collect()
}

/// Why an upload stopped.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stopped {
    /// The server did not take it, or could not be reached.
    Failed(Failure),
    /// Its bytes can no longer be read.
    Lost,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What a step of an upload did.
pub(super) enum Progress {
    /// The upload has (or had to get) an address: what is known of the file is to be kept now, so that a crash goes
    /// on with this upload.
    Begun,
    /// The server has this part, from 0 to 1.
    Sent(f64),
    /// The server has all of it: what is known of the file is to be kept.
    Done(UploadId),
}

/// An upload that is under way.
pub(super) struct Upload {
    bytes: Blob,
    /// How many bytes the server has; `None`: to be asked.
    offset: Option<u64>,
    piece: u64,
}

impl From<Blob> for Upload {
    fn from(bytes: Blob) -> Self {
        Self {
            bytes,
            offset: None,
            piece: FIRST_PIECE,
        }
    }
}

impl Upload {
    /// Begins, or goes on.
    pub(super) async fn of(file: &FileMeta) -> Result<Self, Stopped> {
        let bytes = bytes(&file.id).await.ok_or(Stopped::Lost)?;
        Ok(bytes.into())
    }

    /// Does the next step.
    pub(super) async fn advance(&mut self, file: &mut FileMeta) -> Result<Progress, Failure> {
        let Some(url) = file.url.clone() else {
            let url = attachments::create(&file.name, &file.media_type, file.size).await?;
            file.url = Some(url);
            self.offset = Some(0);
            return Ok(Progress::Begun);
        };
        let offset = match self.offset {
            Some(offset) if offset < file.size => {
                let begun = clock::monotonic();
                let to = (offset + self.piece).min(file.size);
                let sent = attachments::append(&url, offset, self.bytes.slice(offset, to)).await;
                if clock::monotonic() - begun < QUICK {
                    self.piece = (self.piece * 2).min(LARGEST_PIECE);
                }
                match sent {
                    // Another number of bytes than we thought: an answer was lost.
                    Err(failure) if failure.status() == Some(409) => {
                        attachments::offset(&url).await
                    }
                    sent => sent,
                }
            }
            Some(offset) => Ok(offset),
            None => attachments::offset(&url).await,
        };
        match offset {
            Ok(offset) if offset >= file.size => {
                file.done = true;
                Ok(Progress::Done(url.id()))
            }
            Ok(offset) => {
                self.offset = Some(offset);
                // Lossy only beyond 2^53 bytes.
                #[allow(clippy::cast_precision_loss)]
                Ok(Progress::Sent(offset as f64 / file.size as f64))
            }
            // It expired, or belongs to a session that has ended: begin anew.
            Err(failure) if failure.is_absent() => {
                file.url = None;
                Ok(Progress::Begun)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Uploads a file that is kept nowhere on the device. `sent` hears which part the server has, from 0 to 1, and says
/// whether the file is still wanted; `None` when it is not.
///
/// # Errors
/// Why it stopped; what passes by itself was tried [`ATTEMPTS`] times.
pub async fn send(
    picked: &Picked,
    sent: impl Fn(f64) -> bool,
) -> Result<Option<UploadId>, Failure> {
    let mut file = FileMeta {
        id: String::new(),
        name: picked.name.clone(),
        media_type: picked.media_type.clone(),
        size: picked.blob.size(),
        sha256: None,
        field: None,
        url: None,
        done: false,
    };
    let mut attempt = 0;
    let mut upload = Upload::from(picked.blob.clone());
    loop {
        match upload.advance(&mut file).await {
            Ok(Progress::Done(id)) => return Ok(Some(id)),
            Ok(Progress::Begun) => {}
            Ok(Progress::Sent(part)) => {
                attempt = 0;
                if !sent(part) {
                    take_back(&[file]);
                    return Ok(None);
                }
            }
            Err(failure) if failure.is_passing() && attempt < ATTEMPTS => {
                retry::wait(attempt, failure.retry_after()).await;
                attempt += 1;
                upload = Upload::from(picked.blob.clone());
            }
            Err(failure) => return Err(failure),
        }
    }
}

impl OpenDraft {
    /// How far a file is. Reactive.
    pub fn upload_state(self, id: &str) -> UploadState {
        self.uploads
            .with(|states| states.get(id).cloned())
            .unwrap_or(UploadState::Waiting)
    }

    /// Takes picked files and begins to upload them. Gives those that are not taken, by name, and why.
    pub fn add_files(
        self,
        files: Vec<Picked>,
        field: Option<FieldId>,
        limits: &Limits,
    ) -> Vec<(String, Refused)> {
        let mut refused = Vec::new();
        for picked in files {
            let count = self.get_untracked().files.len();
            let size = picked.blob.size();
            if let Err(reason) = check(&picked.name, size, count, limits) {
                refused.push((picked.name, reason));
                continue;
            }
            let id = random::uuid();
            BYTES.with_borrow_mut(|bytes| bytes.insert(id.clone(), picked.blob.clone()));
            self.write(|draft| {
                draft.files.push(FileMeta {
                    id: id.clone(),
                    name: picked.name,
                    media_type: picked.media_type,
                    size,
                    sha256: None,
                    field: field.clone(),
                    url: None,
                    done: false,
                });
            });
            self.save();
            self.set_state(&id, UploadState::Waiting);
            task::detach(self.take_in(id, picked.blob));
        }
        refused
    }

    /// Copies a file into the device's storage, then has it uploaded.
    async fn take_in(self, id: String, blob: Blob) {
        let put = [Change::PutFile(&id, &blob)];
        if let Err(reason) = store::change(&put, Durability::Relaxed).await {
            self.not_kept(&id, reason);
        }
        self.upload();
        let sha256 = blob.sha256().await;
        self.change_file(&id, |file| file.sha256 = sha256);
    }

    /// Removes a file, ends its upload, and takes back what the server has of it.
    pub fn remove_file(self, id: &str) {
        let mut removed = None;
        self.write(|draft| {
            if let Some(at) = draft.files.iter().position(|f| f.id == id) {
                removed = Some(draft.files.remove(at));
            }
        });
        self.save();
        let Some(file) = removed else {
            return;
        };
        self.uploads.try_update(|states| states.remove(id));
        self.inner.try_update_value(|inner| inner.uploading = None);
        take_back(std::slice::from_ref(&file));
        task::detach(async move {
            let remove = [Change::Remove(Store::Files, &file.id)];
            let _ = store::change(&remove, Durability::Relaxed).await;
        });
        self.upload();
    }

    /// Tries a file again that stopped.
    pub fn retry_file(self, id: &str) {
        self.set_state(id, UploadState::Waiting);
        self.upload();
    }

    /// Tries again what stopped for a reason that passes.
    pub(super) fn retry_passing_uploads(self) {
        self.uploads.try_update(|states| {
            for state in states.values_mut() {
                if matches!(state, UploadState::Failed(failure) if failure.is_passing()) {
                    *state = UploadState::Waiting;
                }
            }
        });
        self.upload();
    }

    fn set_state(self, id: &str, state: UploadState) {
        self.uploads
            .try_update(|states| states.insert(id.to_owned(), state));
    }

    fn change_file(self, id: &str, change: impl FnOnce(&mut FileMeta)) {
        self.write(|draft| {
            if let Some(file) = draft.files.iter_mut().find(|f| f.id == id) {
                change(file);
            }
        });
        self.save();
    }

    fn next_waiting(self) -> Option<FileMeta> {
        let states = self.uploads.try_get_untracked()?;
        let draft = self.try_get_untracked()?;
        draft
            .files
            .into_iter()
            .find(|file| matches!(states.get(&file.id), Some(UploadState::Waiting)))
    }

    /// Uploads what waits, one file after another, if that is not under way.
    pub(super) fn upload(self) {
        self.inner.try_update_value(|inner| {
            if inner.uploading.is_none() {
                inner.uploading = Some(Task::spawn(self.upload_all()));
            }
        });
    }

    async fn upload_all(self) {
        while let Some(mut file) = self.next_waiting() {
            let id = file.id.clone();
            let state = self.upload_one(&mut file).await;
            self.set_state(&id, state);
        }
        self.inner.try_update_value(|inner| {
            // This very task: it is at its end.
            if let Some(task) = inner.uploading.take() {
                task.finish();
            }
        });
        // One that was added while the task came to its end.
        if self.next_waiting().is_some() {
            self.upload();
        }
    }

    async fn upload_one(self, file: &mut FileMeta) -> UploadState {
        let mut attempt = 0;
        loop {
            match self.upload_until_stopped(file, &mut attempt).await {
                Ok(()) => return UploadState::Done,
                Err(Stopped::Lost) => return UploadState::Lost,
                Err(Stopped::Failed(failure)) => {
                    if !failure.is_passing() || attempt >= ATTEMPTS {
                        return UploadState::Failed(failure);
                    }
                    retry::wait(attempt, failure.retry_after()).await;
                    attempt += 1;
                }
            }
        }
    }

    async fn upload_until_stopped(
        self,
        file: &mut FileMeta,
        attempt: &mut u32,
    ) -> Result<(), Stopped> {
        let mut upload = Upload::of(file).await?;
        loop {
            match upload.advance(file).await? {
                Progress::Sent(part) => {
                    // It moves: what stopped it before is over.
                    *attempt = 0;
                    self.set_state(&file.id, UploadState::Sending(part));
                }
                progress => {
                    let (url, done) = (file.url.clone(), file.done);
                    self.change_file(&file.id, |kept| {
                        kept.url = url;
                        kept.done = done;
                    });
                    if matches!(progress, Progress::Done(_)) {
                        return Ok(());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_taken() {
        let limits = Limits {
            attachment_size: 100,
            attachments_per_message: 2,
            attachment_extensions: vec!["jpg".to_owned(), "pdf".to_owned()],
            subject_length: 200,
            body_length: 20_000,
            reopen_days: 14,
        };
        assert_eq!(check("照片.JPG", 100, 1, &limits), Ok(()));
        assert_eq!(check("a.jpg", 101, 0, &limits), Err(Refused::TooLarge));
        assert_eq!(check("a.jpg", 0, 0, &limits), Err(Refused::Empty));
        assert_eq!(check("a.pdf.svg", 1, 0, &limits), Err(Refused::Kind));
        assert_eq!(check("jpg", 1, 0, &limits), Err(Refused::Kind));
        assert_eq!(check("a.jpg", 1, 2, &limits), Err(Refused::TooMany));
    }

    #[test]
    fn only_a_whole_upload_has_an_id() {
        let json = r#"{"id":"a","name":"a.jpg","media_type":"","size":1,"url":"https://x/attachments/u1"}"#;
        let mut file: FileMeta = serde_json::from_str(json).unwrap();
        assert_eq!(file.upload_id(), None);
        file.done = true;
        assert_eq!(file.upload_id(), Some(UploadId::new("u1")));
    }
}
