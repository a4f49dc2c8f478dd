//! Files that customers send. On their way in they lie under `uploads/` by the hash of their id; accepted ones lie
//! under `files/` by the hash of their content, so that one content is kept once.

pub mod media;
pub mod name;

use crate::{
    clock::real_now,
    store::{
        self, Store,
        visitors::{Accepted, UploadRecord},
    },
};
use media::Recognised;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::sync::{OwnedMutexGuard, watch};

/// The files below the data directory.
pub struct Files {
    uploads: PathBuf,
    contents: PathBuf,
    busy: Mutex<HashMap<[u8; 32], Arc<Slot>>>,
    /// Held while a content comes to its place or goes from it, with the record that says so.
    placing: tokio::sync::Mutex<()>,
}

/// An upload that somebody works on.
struct Slot {
    turn: Arc<tokio::sync::Mutex<()>>,
    /// How many have come to work on it so far.
    arrivals: watch::Sender<u64>,
}

/// The right to work on one upload, alone.
pub struct Hold {
    _turn: OwnedMutexGuard<()>,
    arrivals: watch::Receiver<u64>,
    mine: u64,
}

impl Hold {
    /// Returns when somebody else wants to work on the upload: the client has lost this connection and come back.
    pub async fn wanted(&mut self) {
        let mine = self.mine;
        if self.arrivals.wait_for(|count| *count > mine).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Files {
    /// Makes the folders.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn open(data: &Path) -> io::Result<Self> {
        let (uploads, contents) = (data.join("uploads"), data.join("files"));
        fs::create_dir_all(&uploads)?;
        fs::create_dir_all(&contents)?;
        Ok(Self {
            uploads,
            contents,
            busy: Mutex::default(),
            placing: tokio::sync::Mutex::default(),
        })
    }

    /// Waits until nobody else works on the upload, and asks whoever does to stop.
    pub async fn hold(&self, upload: &[u8; 32]) -> Hold {
        let (turn, arrivals, mine) = {
            let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
            // A slot that only the map knows is nobody's any more.
            busy.retain(|_, slot| Arc::strong_count(&slot.turn) > 1);
            let slot = busy.entry(*upload).or_insert_with(|| {
                Arc::new(Slot {
                    turn: Arc::default(),
                    arrivals: watch::Sender::new(0),
                })
            });
            slot.arrivals.send_modify(|count| *count += 1);
            let arrivals = slot.arrivals.subscribe();
            let mine = *arrivals.borrow();
            (Arc::clone(&slot.turn), arrivals, mine)
        };
        Hold {
            _turn: turn.lock_owned().await,
            arrivals,
            mine,
        }
    }

    fn part(&self, upload: &[u8; 32]) -> PathBuf {
        self.uploads.join(hex::encode(upload))
    }

    /// Where the content with this SHA-256 (in hexadecimal) lies.
    #[must_use]
    pub fn content(&self, sha256: &str) -> PathBuf {
        self.contents
            .join(sha256.get(..2).unwrap_or("00"))
            .join(sha256)
    }

    /// Bytes of an upload that are on disk; none when there is no file yet.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn part_size(&self, upload: &[u8; 32]) -> io::Result<u64> {
        match tokio::fs::metadata(self.part(upload)).await {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Opens an upload to go on at `offset`; what lies behind it was never acknowledged and is cut off.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn append(&self, upload: &[u8; 32], offset: u64) -> io::Result<tokio::fs::File> {
        let (path, folder) = (self.part(upload), self.uploads.clone());
        let file = blocking(move || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            file.set_len(offset)?;
            file.seek(SeekFrom::Start(offset))?;
            if offset == 0 {
                // The name of a new file, too, must be there after a power cut.
                File::open(folder)?.sync_all()?;
            }
            Ok(file)
        });
        Ok(tokio::fs::File::from_std(file.await?))
    }

    /// Looks at a whole upload, moves it to its place and writes down what it is. `None`: it is nothing that is
    /// taken, and nothing was changed.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub async fn accept(
        &self,
        store: &dyn Store,
        mut upload: UploadRecord,
        taken: &[String],
    ) -> Result<Option<UploadRecord>, Failure> {
        let part = self.part(&upload.token_hash);
        let extension = upload.name.as_deref().and_then(name::extension);
        let looked_at = part.clone();
        let found = blocking(move || look(&looked_at, extension.as_deref())).await?;
        let is_taken = |r: &Recognised| r.extensions.iter().any(|e| taken.iter().any(|t| t == e));
        let Some((recognised, sha256)) = found.filter(|(recognised, _)| is_taken(recognised))
        else {
            return Ok(None);
        };
        let name = upload.name.take().unwrap_or_else(|| name::clean(""));
        upload.name = Some(match name::extension(&name) {
            Some(_) => name,
            None => format!(
                "{name}.{}",
                recognised.extensions.first().copied().unwrap_or_default()
            ),
        });
        let target = self.content(&sha256);
        upload.received = upload.length;
        upload.accepted = Some(Accepted {
            media_type: recognised.media_type.to_owned(),
            sha256,
        });

        let _placing = self.placing.lock().await;
        // First the file, then the record: a record never names a content that is not there. A file that a crash
        // leaves without a record goes with the next start.
        blocking(move || place(&part, &target)).await?;
        let mut tx = store.write().await?;
        tx.update_upload(&upload).await?;
        tx.commit().await?;
        Ok(Some(upload))
    }

    /// Takes away an upload, and its content where nothing else has it.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub async fn forget(&self, store: &dyn Store, upload: &UploadRecord) -> Result<(), Failure> {
        let _placing = self.placing.lock().await;
        let mut tx = store.write().await?;
        tx.delete_upload(&upload.token_hash).await?;
        let unused = match &upload.accepted {
            Some(accepted) if !tx.has_content(&accepted.sha256).await? => Some(&accepted.sha256),
            _ => None,
        };
        tx.commit().await?;
        if let Some(sha256) = unused {
            remove(&self.content(sha256)).await?;
        }
        Ok(remove(&self.part(&upload.token_hash)).await?)
    }

    /// Takes away the uploads whose time is over.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub async fn forget_ended(&self, store: &dyn Store) -> Result<(), Failure> {
        loop {
            let ended = store
                .read()
                .await?
                .ended_uploads(real_now().timestamp_millis(), 100)
                .await?;
            if ended.is_empty() {
                return Ok(());
            }
            for upload in ended {
                let _hold = self.hold(&upload.token_hash).await;
                self.forget(store, &upload).await?;
            }
        }
    }

    /// Takes away what a crash may have left: files that no record names, older than a day.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub async fn forget_strays(&self, store: &dyn Store) -> Result<(), Failure> {
        let (uploads, contents) = (self.uploads.clone(), self.contents.clone());
        let (parts, contents) = blocking(move || {
            let mut below = Vec::new();
            for folder in fs::read_dir(contents)? {
                old_files(&folder?.path(), &mut below)?;
            }
            let mut parts = Vec::new();
            old_files(&uploads, &mut parts)?;
            Ok((parts, below))
        })
        .await?;
        for path in parts {
            let hash = hash_of(&path).and_then(|name| hex::decode(name).ok()?.try_into().ok());
            let Some(hash) = hash else { continue };
            if store.read().await?.upload(&hash).await?.is_none() {
                remove(&path).await?;
            }
        }
        for path in contents {
            let Some(sha256) = hash_of(&path) else {
                continue;
            };
            self.release(store, sha256).await?;
        }
        Ok(())
    }

    /// Takes away the content with this SHA-256 (in hexadecimal) where no record has it any more.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub async fn release(&self, store: &dyn Store, sha256: &str) -> Result<(), Failure> {
        let _placing = self.placing.lock().await;
        if !store.read().await?.has_content(sha256).await? {
            remove(&self.content(sha256)).await?;
        }
        Ok(())
    }
}

/// Why a file could not be taken or taken away.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The disk failed.
    #[error("{0}")]
    Disk(#[from] io::Error),
    /// The store failed.
    #[error("{0}")]
    Store(#[from] store::StoreError),
}

/// What a file is and its SHA-256; `None` when it is nothing that is taken.
fn look(path: &Path, extension: Option<&str>) -> io::Result<Option<(Recognised, String)>> {
    let mut file = File::open(path)?;
    let Some(recognised) = media::recognise(&mut file, extension)? else {
        return Ok(None);
    };
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Some((recognised, hex::encode(hash.finalize())))),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// Moves a file whose bytes are on disk, so that the move is there too when this returns.
fn place(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)?;
    fs::rename(from, to)?;
    File::open(folder)?.sync_all()?;
    if let Some(above) = folder.parent() {
        File::open(above)?.sync_all()?;
    }
    Ok(())
}

async fn remove(path: &Path) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn old_files(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    let day_ago = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        if meta.is_file() && meta.modified()? < day_ago {
            into.push(entry.path());
        }
    }
    Ok(())
}

/// The name of a file of ours: 64 hexadecimal digits.
fn hash_of(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    (name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())).then_some(name)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
