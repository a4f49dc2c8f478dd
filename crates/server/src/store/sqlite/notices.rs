use super::{SqliteTx, decode, encode, failed};
use crate::store::{
    Notices, Result,
    records::{AnnouncementRecord, CallbackRecord},
};
use async_trait::async_trait;
use portico_contract::{
    Instant,
    id::{AnnouncementId, RequestId},
};

#[async_trait]
impl Notices for SqliteTx {
    async fn insert_callback(&mut self, record: &CallbackRecord) -> Result<()> {
        let callback = &record.callback;
        sqlx::query(
            "INSERT INTO callbacks (id, request_id, created_at, preferred_at, doc) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&callback.id)
        .bind(callback.request_id.as_ref().map(RequestId::as_str))
        .bind(callback.created_at.unix_millis())
        .bind(callback.preferred_at.unix_millis())
        .bind(encode(record)?)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn update_callback(&mut self, record: &CallbackRecord) -> Result<()> {
        sqlx::query("UPDATE callbacks SET doc = ? WHERE id = ?")
            .bind(encode(record)?)
            .bind(&record.callback.id)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn callback(&mut self, id: &str) -> Result<Option<CallbackRecord>> {
        let doc: Option<String> = sqlx::query_scalar("SELECT doc FROM callbacks WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        doc.as_deref().map(decode).transpose()
    }

    async fn callbacks(&mut self, from: Instant, limit: u32) -> Result<Vec<CallbackRecord>> {
        let docs: Vec<String> = sqlx::query_scalar(
            "SELECT doc FROM callbacks WHERE preferred_at >= ? ORDER BY preferred_at, id LIMIT ?",
        )
        .bind(from.unix_millis())
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        docs.iter().map(decode).collect()
    }

    async fn put_announcement(&mut self, record: &AnnouncementRecord) -> Result<()> {
        sqlx::query(
            "INSERT INTO announcements (id, from_at, until_at, doc) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
             SET from_at = excluded.from_at, until_at = excluded.until_at, doc = excluded.doc",
        )
        .bind(record.id.as_str())
        .bind(record.from.unix_millis())
        .bind(record.until.map(Instant::unix_millis))
        .bind(encode(record)?)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn announcement(&mut self, id: &AnnouncementId) -> Result<Option<AnnouncementRecord>> {
        let doc: Option<String> = sqlx::query_scalar("SELECT doc FROM announcements WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        doc.as_deref().map(decode).transpose()
    }

    async fn announcements(&mut self, now: Instant) -> Result<Vec<AnnouncementRecord>> {
        let docs: Vec<String> = sqlx::query_scalar(
            "SELECT doc FROM announcements WHERE until_at IS NULL OR until_at > ? ORDER BY from_at DESC, id",
        )
        .bind(now.unix_millis())
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        docs.iter().map(decode).collect()
    }
}
