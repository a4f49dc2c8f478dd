use super::{SqliteTx, decode, encode, failed};
use crate::store::{
    Result,
    links::{Attempt, Link, Links},
    records::RequestRecord,
};
use async_trait::async_trait;
use portico_contract::id::{AttachmentId, RequestId, TimelineItemId};
use std::collections::BTreeMap;

impl SqliteTx {
    /// Writes what is searched of the ticket behind a request.
    pub(super) async fn set_link(&mut self, request: &RequestRecord) -> Result<()> {
        let Some(Link {
            backend,
            ticket,
            handover,
            ..
        }) = &request.link
        else {
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO links (request_id, backend, ticket, next_try_at) VALUES (?, ?, ?, ?) ON CONFLICT (request_id)
             DO UPDATE SET backend = excluded.backend, ticket = excluded.ticket, next_try_at = excluded.next_try_at",
        )
        .bind(request.id.as_str())
        .bind(backend)
        .bind(ticket)
        .bind(handover.next_try_at)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl Links for SqliteTx {
    async fn request_of_ticket(
        &mut self,
        backend: &str,
        ticket: &str,
    ) -> Result<Option<RequestId>> {
        let id: Option<String> =
            sqlx::query_scalar("SELECT request_id FROM links WHERE backend = ? AND ticket = ?")
                .bind(backend)
                .bind(ticket)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(id.map(RequestId::new))
    }

    async fn to_hand_over(&mut self, limit: u32) -> Result<Vec<(RequestId, i64)>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT request_id, next_try_at FROM links WHERE next_try_at IS NOT NULL ORDER BY next_try_at LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(rows
            .into_iter()
            .map(|(id, at)| (RequestId::new(id), at))
            .collect())
    }

    async fn not_handed_over(&mut self) -> Result<Vec<RequestId>> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT request_id FROM links l JOIN requests r ON r.id = l.request_id WHERE ticket IS NULL
             ORDER BY r.created_at",
        )
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(ids.into_iter().map(RequestId::new).collect())
    }

    async fn desk_messages(
        &mut self,
        request: &RequestId,
    ) -> Result<BTreeMap<String, TimelineItemId>> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT message, entry_id FROM desk_messages WHERE request_id = ?")
                .bind(request.as_str())
                .fetch_all(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(rows
            .into_iter()
            .map(|(message, entry)| (message, TimelineItemId::new(entry)))
            .collect())
    }

    async fn add_desk_message(
        &mut self,
        request: &RequestId,
        message: &str,
        entry: &TimelineItemId,
    ) -> Result<()> {
        sqlx::query("INSERT INTO desk_messages (request_id, message, entry_id) VALUES (?, ?, ?)")
            .bind(request.as_str())
            .bind(message)
            .bind(entry.as_str())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn desk_file(&mut self, attachment: &AttachmentId) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT file FROM desk_files WHERE attachment_id = ?")
            .bind(attachment.as_str())
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)
    }

    async fn add_desk_file(&mut self, attachment: &AttachmentId, file: &str) -> Result<()> {
        sqlx::query("INSERT INTO desk_files (attachment_id, file) VALUES (?, ?)")
            .bind(attachment.as_str())
            .bind(file)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn attempt(&mut self, key_hash: &[u8; 32]) -> Result<Option<Attempt>> {
        let doc: Option<String> = sqlx::query_scalar("SELECT doc FROM attempts WHERE key_hash = ?")
            .bind(&key_hash[..])
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        doc.map(|doc| decode(&doc)).transpose()
    }

    async fn add_attempt(
        &mut self,
        key_hash: &[u8; 32],
        request: &RequestId,
        at_millis: i64,
        attempt: &Attempt,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO attempts (key_hash, request_id, at, doc) VALUES (?, ?, ?, ?)
             ON CONFLICT (key_hash) DO UPDATE SET at = excluded.at, doc = excluded.doc",
        )
        .bind(&key_hash[..])
        .bind(request.as_str())
        .bind(at_millis)
        .bind(encode(attempt)?)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn forget_attempt(&mut self, key_hash: &[u8; 32]) -> Result<()> {
        sqlx::query("DELETE FROM attempts WHERE key_hash = ?")
            .bind(&key_hash[..])
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn forget_attempts(&mut self, before_millis: i64) -> Result<()> {
        sqlx::query("DELETE FROM attempts WHERE at < ?")
            .bind(before_millis)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
