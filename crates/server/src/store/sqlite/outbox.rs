use super::{SqliteTx, failed};
use crate::{
    clock::real_now,
    store::{Outbox, QueuedMessage, Result, records::OutgoingMessage},
};
use async_trait::async_trait;
use portico_contract::session::Channel;
use sqlx::{Row, sqlite::SqliteRow};

#[async_trait]
impl Outbox for SqliteTx {
    async fn queue(&mut self, message: &OutgoingMessage) -> Result<()> {
        let now = real_now().timestamp_millis();
        sqlx::query(
            "INSERT INTO outbox (channel, recipient, subject, body, unsubscribe, created_at, next_try_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(message.channel.as_str())
        .bind(&message.recipient)
        .bind(&message.subject)
        .bind(&message.body)
        .bind(&message.unsubscribe)
        .bind(now)
        .bind(now)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        self.queued = true;
        Ok(())
    }

    async fn next_messages(&mut self, limit: u32) -> Result<Vec<QueuedMessage>> {
        let rows = sqlx::query("SELECT * FROM outbox ORDER BY next_try_at, id LIMIT ?")
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        let message = |row: SqliteRow| {
            let channel: String = row.try_get("channel")?;
            Ok(QueuedMessage {
                id: row.try_get("id")?,
                message: OutgoingMessage {
                    channel: Channel::from_word(&channel),
                    recipient: row.try_get("recipient")?,
                    subject: row.try_get("subject")?,
                    body: row.try_get("body")?,
                    unsubscribe: row.try_get("unsubscribe")?,
                },
                created_at: row.try_get("created_at")?,
                attempts: row.try_get("attempts")?,
                next_try_at: row.try_get("next_try_at")?,
            })
        };
        rows.into_iter()
            .map(message)
            .collect::<std::result::Result<_, _>>()
            .map_err(failed)
    }

    async fn postpone_message(&mut self, id: i64, next_try_at: i64) -> Result<()> {
        sqlx::query("UPDATE outbox SET attempts = attempts + 1, next_try_at = ? WHERE id = ?")
            .bind(next_try_at)
            .bind(id)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn remove_message(&mut self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM outbox WHERE id = ?")
            .bind(id)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
