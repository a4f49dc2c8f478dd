//! The store in one SQLite file: one connection writes, several read beside it.

mod access;
mod decoded;
mod embed;
mod links;
mod notices;
mod outbox;
mod requests;
mod submissions;
mod surveys;
mod visitors;

use super::{Result, Store, StoreError, Tx};
use async_trait::async_trait;
use decoded::Decoded;
use futures::future::select_all;
use portico_contract::Instant;
use sqlx::{
    Connection, Sqlite, SqlitePool, Transaction,
    sqlite::{
        SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard, watch},
    time::timeout,
};

const READERS: u32 = 4;
const WAIT: Duration = Duration::from_secs(10);

/// The store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Connections that read without a transaction. Not in a pool, which would ask each whether it is still there.
    lone: Vec<Arc<Mutex<SqliteConnection>>>,
    decoded: Arc<Decoded>,
    events: watch::Sender<i64>,
    messages: watch::Sender<()>,
}

impl SqliteStore {
    /// Opens the file, makes it when it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or was written by a newer version.
    pub async fn open(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            // What was deleted (a delivered message, a session) does not linger in free pages.
            .pragma("secure_delete", "ON")
            .busy_timeout(WAIT);
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WAIT)
                // A file does not hang up as a server does.
                .test_before_acquire(false)
                // SQLite ends a transaction itself when the disk is full, and the driver then takes the connection
                // for one with a transaction for ever: such a one is closed and another opened.
                .before_acquire(|connection, _| {
                    let free = !connection.is_in_transaction();
                    Box::pin(async move { Ok(free) })
                })
        };
        let writer = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        sqlx::migrate!()
            .run(&writer)
            .await
            .map_err(|e| StoreError::Failed(e.to_string()))?;
        let options = options.read_only(true);
        let mut lone = Vec::new();
        for _ in 0..READERS {
            let connection = SqliteConnection::connect_with(&options).await;
            lone.push(Arc::new(Mutex::new(connection.map_err(failed)?)));
        }
        let readers = pool(READERS).connect_with(options).await.map_err(failed)?;
        let last: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM events")
            .fetch_one(&readers)
            .await
            .map_err(failed)?;
        Ok(Self {
            writer,
            readers,
            lone,
            decoded: Arc::default(),
            events: watch::Sender::new(last),
            messages: watch::Sender::new(()),
        })
    }

    fn on(&self, tx: Handle) -> Box<dyn Tx> {
        Box::new(SqliteTx {
            tx,
            event: None,
            queued: false,
            decoded: Arc::clone(&self.decoded),
            events: self.events.clone(),
            messages: self.messages.clone(),
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn read(&self) -> Result<Box<dyn Tx>> {
        let tx = self.readers.begin().await.map_err(failed)?;
        Ok(self.on(Handle::Transaction(tx)))
    }

    async fn glance(&self) -> Result<Box<dyn Tx>> {
        // The first that is free has what is read at hand; where none is, whichever is free first.
        let free = self
            .lone
            .iter()
            .find_map(|one| Arc::clone(one).try_lock_owned().ok());
        let connection = match free {
            Some(connection) => connection,
            None => {
                let locks = self
                    .lone
                    .iter()
                    .map(|one| Box::pin(Arc::clone(one).lock_owned()));
                let first = timeout(WAIT, select_all(locks)).await;
                first.map_err(|_| StoreError::Busy)?.0
            }
        };
        Ok(self.on(Handle::Alone(connection)))
    }

    async fn write(&self) -> Result<Box<dyn Tx>> {
        let tx = self.writer.begin_with("BEGIN IMMEDIATE").await;
        Ok(self.on(Handle::Transaction(tx.map_err(failed)?)))
    }

    async fn empty_log(&self) -> Result<()> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.writer)
            .await
            .map_err(failed)?;
        Ok(())
    }

    fn events(&self) -> watch::Receiver<i64> {
        self.events.subscribe()
    }

    fn messages(&self) -> watch::Receiver<()> {
        self.messages.subscribe()
    }
}

/// On what a statement is run.
enum Handle {
    Transaction(Transaction<'static, Sqlite>),
    /// A connection that reads, each statement for itself.
    Alone(OwnedMutexGuard<SqliteConnection>),
}

impl Deref for Handle {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Transaction(tx) => tx,
            Self::Alone(connection) => connection,
        }
    }
}

impl DerefMut for Handle {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Transaction(tx) => tx,
            Self::Alone(connection) => connection,
        }
    }
}

/// A transaction of SQLite, or what reads without one.
struct SqliteTx {
    tx: Handle,
    /// The last event that it added.
    event: Option<i64>,
    /// It queued a message.
    queued: bool,
    decoded: Arc<Decoded>,
    events: watch::Sender<i64>,
    messages: watch::Sender<()>,
}

#[async_trait]
impl Tx for SqliteTx {
    async fn commit(self: Box<Self>) -> Result<()> {
        // A task of its own: a caller whose connection drops must not leave the commit half done.
        let done = tokio::spawn(async move {
            if let Handle::Transaction(tx) = self.tx {
                tx.commit().await.map_err(failed)?;
            }
            if let Some(id) = self.event {
                self.events.send_if_modified(|last| {
                    let newer = id > *last;
                    *last = id.max(*last);
                    newer
                });
            }
            if self.queued {
                self.messages.send_replace(());
            }
            Ok(())
        });
        done.await.map_err(|e| StoreError::Failed(e.to_string()))?
    }

    async fn meta(&mut self, key: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM meta WHERE key = ?")
            .bind(key)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)
    }

    async fn set_meta(&mut self, key: &str, value: &str) -> Result<()> {
        sqlx::query("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            .bind(key)
            .bind(value)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::PoolTimedOut => StoreError::Busy,
        sqlx::Error::Database(e) if e.is_unique_violation() => StoreError::Taken,
        // 5 is SQLITE_BUSY, 13 SQLITE_FULL, with any extended code in the upper bits.
        sqlx::Error::Database(e)
            if e.code()
                .and_then(|c| c.parse::<u32>().ok())
                .is_some_and(|c| matches!(c & 0xff, 5 | 13)) =>
        {
            StoreError::Busy
        }
        _ => StoreError::Failed(error.to_string()),
    }
}

fn instant(millis: i64) -> Result<Instant> {
    Instant::from_unix_millis(millis)
        .ok_or_else(|| StoreError::Failed(format!("a time out of range: {millis}")))
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32]> {
    bytes
        .try_into()
        .map_err(|_| StoreError::Failed("a hash of another length".to_owned()))
}

fn decode<T: serde::de::DeserializeOwned>(doc: impl AsRef<[u8]>) -> Result<T> {
    serde_json::from_slice(doc.as_ref()).map_err(|e| StoreError::Failed(e.to_string()))
}

fn encode<T: serde::Serialize>(record: &T) -> Result<String> {
    serde_json::to_string(record).map_err(|e| StoreError::Failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::StepPlan,
        life::tests::fresh,
        store::records::{RequestRecord, Scope},
    };

    #[tokio::test]
    async fn a_request_is_read_as_it_is_written_whoever_wrote_it() {
        let folder = std::env::temp_dir().join(format!("portico-store-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let store = SqliteStore::open(&folder.join("portico.db")).await.unwrap();
        let request = fresh(StepPlan::Four);
        let called = |subject: &str| RequestRecord {
            subject: subject.to_owned(),
            ..request.clone()
        };
        let read = async || {
            let mut tx = store.glance().await.unwrap();
            let found = tx.shown(&request.id, &Scope::Desk).await.unwrap();
            found.unwrap()
        };
        let mut tx = store.write().await.unwrap();
        tx.insert_request(&called("first")).await.unwrap();
        tx.commit().await.unwrap();
        let first = read().await;
        assert_eq!(first.subject, "first");
        assert!(Arc::ptr_eq(&first, &read().await), "it was decoded again");

        // Seen by who changes it alone until it is committed, and by nobody where it never is.
        let mut tx = store.write().await.unwrap();
        tx.update_request(&called("second")).await.unwrap();
        let inside = tx.request(&request.id, &Scope::Desk).await.unwrap();
        assert_eq!(inside.unwrap().subject, "second");
        assert_eq!(read().await.subject, "first");
        drop(tx);
        assert_eq!(read().await.subject, "first");

        let mut tx = store.write().await.unwrap();
        tx.update_request(&called("third")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(read().await.subject, "third");
        sqlx::query("UPDATE requests SET doc = json_set(doc, '$.subject', 'by hand')")
            .execute(&store.writer)
            .await
            .unwrap();
        assert_eq!(read().await.subject, "by hand");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_passes_and_what_does_not_fit_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("portico-store-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let store = SqliteStore::open(&folder.join("portico.db")).await.unwrap();
        let write = async |key: &str, bytes: usize| {
            let mut tx = store.write().await?;
            tx.set_meta("last", key).await?;
            tx.set_meta(key, &"x".repeat(bytes)).await?;
            tx.commit().await
        };
        let kept = async |key| store.read().await.unwrap().meta(key).await.unwrap();
        for _ in 0..3 {
            // SQLite says of a database at this limit what it says of one on a full disk.
            sqlx::query("PRAGMA max_page_count = 1")
                .execute(&store.writer)
                .await
                .unwrap();
            write("small", 1).await.unwrap();
            let full = write("large", 1_000_000).await;
            assert!(matches!(full, Err(StoreError::Busy)), "{full:?}");
            assert_eq!(kept("last").await.as_deref(), Some("small"));
            assert_eq!(kept("large").await, None);
        }
        // The connection that ended its transaction by itself was closed, and with it the limit is gone.
        write("large", 1_000_000).await.unwrap();
        assert_eq!(kept("large").await.unwrap().len(), 1_000_000);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
