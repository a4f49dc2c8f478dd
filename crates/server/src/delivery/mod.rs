//! Messages that leave: mail and SMS. They are queued in the transaction that they tell of and leave after its
//! commit; what cannot leave waits in the database and is tried again, across restarts. A message leaves at least
//! once, and carries a name of its own by which a receiver can tell a second copy.

pub mod invitation;
pub mod letter;
mod mail;
mod sms;

use crate::{
    clock::real_now,
    settings::Settings,
    store::{QueuedMessage, Store},
};
use futures::{StreamExt, stream};
use portico_contract::session::Channel;
use std::{path::Path, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How many are on their way at the same time.
const AT_ONCE: usize = 8;
/// Milliseconds after the first failure; doubled by each further one.
const FIRST_PAUSE: i64 = 5_000;
/// Milliseconds between two attempts at most.
const LONGEST_PAUSE: i64 = 30 * 60 * 1_000;
/// Milliseconds after which a message is given up.
const GIVEN_UP_AFTER: i64 = 48 * 60 * 60 * 1_000;

/// Why a message did not leave. Holds nothing of it, so that it can be logged.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Later it may.
    #[error("{0}")]
    Passing(String),
    /// It never will.
    #[error("{0}")]
    Lasting(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Passing(error.to_string())
    }
}

/// Takes messages out of the store and sends them.
pub struct Delivery {
    store: Arc<dyn Store>,
    mail: mail::Transport,
    sms: sms::Transport,
}

impl Delivery {
    /// Prepares the transports: those that are configured, files below `data` otherwise.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(settings: &Settings, data: &Path, store: Arc<dyn Store>) -> Result<Self, String> {
        let outbox = data.join("outbox");
        Ok(Self {
            store,
            mail: mail::Transport::new(settings.smtp.as_ref(), &outbox)?,
            sms: sms::Transport::new(settings.sms.as_ref(), &outbox)?,
        })
    }

    /// Delivers until `stop`. What is on its way then is finished.
    pub async fn run(self, stop: CancellationToken) {
        let mut queued = self.store.messages();
        while !stop.is_cancelled() {
            queued.mark_unchanged();
            let pause = match self.round().await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    Duration::from_secs(5)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                _ = queued.changed() => {}
            }
        }
    }

    /// Sends what is due and says how long to wait for more.
    async fn round(&self) -> crate::store::Result<Duration> {
        let waiting = self.store.read().await?.next_messages(100).await?;
        let now = real_now().timestamp_millis();
        let (due, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|m| m.next_try_at <= now);
        let pause = match (due.is_empty(), later.first()) {
            (false, _) => 0,
            (true, Some(next)) => next.next_try_at - now,
            (true, None) => 60_000,
        };
        let sent = stream::iter(due).for_each_concurrent(AT_ONCE, |message| async move {
            if let Err(error) = self.send(&message).await {
                tracing::error!(%error, id = message.id, "the outbox cannot be written");
                // It stays due; without a pause the loop would spin.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        sent.await;
        Ok(Duration::from_millis(pause.clamp(0, 60_000).unsigned_abs()))
    }

    async fn send(&self, queued: &QueuedMessage) -> crate::store::Result<()> {
        let result = match queued.message.channel {
            Channel::Email => self.mail.send(queued).await,
            Channel::Sms => self.sms.send(queued).await,
            Channel::Unknown => Err(Failure::Lasting("a channel of a newer version".to_owned())),
        };
        let channel = queued.message.channel;
        let now = real_now().timestamp_millis();
        let mut tx = self.store.write().await?;
        match result {
            Ok(()) => {
                tracing::info!(id = queued.id, %channel, "delivered");
                tx.remove_message(queued.id).await?;
            }
            Err(Failure::Passing(reason)) if now - queued.created_at < GIVEN_UP_AFTER => {
                let pause = pause_after(queued.attempts);
                tracing::warn!(id = queued.id, %channel, reason, pause_ms = pause, "not delivered");
                tx.postpone_message(queued.id, now + pause).await?;
            }
            Err(failure) => {
                tracing::error!(id = queued.id, %channel, reason = %failure, "given up");
                tx.remove_message(queued.id).await?;
            }
        }
        tx.commit().await
    }
}

/// Milliseconds until the next attempt after `attempts` failures before this one.
fn pause_after(attempts: u32) -> i64 {
    FIRST_PAUSE
        .saturating_mul(1 << attempts.min(20))
        .min(LONGEST_PAUSE)
}

/// The name of a message, the same for every attempt, that sorts by time.
fn name_of(queued: &QueuedMessage) -> String {
    format!("{:013}-{:06}", queued.created_at, queued.id)
}

/// Writes a whole file or none, in a folder that only ever holds whole ones.
async fn write_whole(folder: &Path, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
    let target = folder.join(name);
    let part = folder.with_file_name(format!("{name}.part"));
    let written = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&part)?;
        std::io::Write::write_all(&mut file, &bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, &target)
    });
    Ok(written
        .await
        .map_err(|e| Failure::Passing(e.to_string()))??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_growing() {
        assert_eq!(pause_after(0), 5_000);
        assert_eq!(pause_after(1), 10_000);
        assert_eq!(pause_after(60), LONGEST_PAUSE);
    }
}
