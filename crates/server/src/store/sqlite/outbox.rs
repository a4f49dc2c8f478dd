use super::{SqliteTx, failed};
use crate::{
    clock::real_now,
    store::{Outbox, QueuedMessage, Result, records::OutgoingMessage},
};
use async_trait::async_trait;
use portico_contract::session::Channel;

#[async_trait]
impl Outbox for SqliteTx {
    async fn queue(&mut self, message: &OutgoingMessage) -> Result<()> {
        let now = real_now().timestamp_millis();
        sqlx::query(
            "INSERT INTO outbox (channel, recipient, subject, body, created_at, next_try_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(message.channel.as_str())
        .bind(&message.recipient)
        .bind(&message.subject)
        .bind(&message.body)
        .bind(now)
        .bind(now)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        self.queued = true;
        Ok(())
    }

    async fn next_messages(&mut self, limit: u32) -> Result<Vec<QueuedMessage>> {
        let rows: Vec<(i64, String, String, String, String, i64, u32, i64)> = sqlx::query_as(
            "SELECT id, channel, recipient, subject, body, created_at, attempts, next_try_at FROM outbox
             ORDER BY next_try_at, id LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(rows
            .into_iter()
            .map(
                |(id, channel, recipient, subject, body, created_at, attempts, next_try_at)| {
                    QueuedMessage {
                        id,
                        message: OutgoingMessage {
                            channel: Channel::from_word(&channel),
                            recipient,
                            subject,
                            body,
                        },
                        created_at,
                        attempts,
                        next_try_at,
                    }
                },
            )
            .collect())
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
