use super::{SqliteTx, failed, hash, instant, requests::in_scope};
use crate::store::{
    Result,
    records::Scope,
    visitors::{Accepted, CodeRecord, EventRecord, Events, Hits, SignIn, UploadRecord, Uploads},
};
use async_trait::async_trait;
use portico_contract::id::{AttachmentId, RequestId};
use sqlx::{QueryBuilder, Row, sqlite::SqliteRow};

#[async_trait]
impl SignIn for SqliteTx {
    async fn add_code(&mut self, address: &str, hash: &str, expires_at: i64) -> Result<()> {
        sqlx::query("INSERT INTO sign_in_codes (address, code_hash, expires_at) VALUES (?, ?, ?)")
            .bind(address)
            .bind(hash)
            .bind(expires_at)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn live_codes(&mut self, address: &str, tries: u32, now: i64) -> Result<Vec<CodeRecord>> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT id, code_hash FROM sign_in_codes WHERE address = ? AND expires_at > ? AND tries < ?
             ORDER BY id DESC",
        )
        .bind(address)
        .bind(now)
        .bind(tries)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(rows
            .into_iter()
            .map(|(id, hash)| CodeRecord { id, hash })
            .collect())
    }

    async fn count_try(&mut self, address: &str) -> Result<()> {
        sqlx::query("UPDATE sign_in_codes SET tries = tries + 1 WHERE address = ?")
            .bind(address)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn use_code(&mut self, id: i64) -> Result<bool> {
        let done = sqlx::query(
            "DELETE FROM sign_in_codes WHERE address = (SELECT address FROM sign_in_codes WHERE id = ?)",
        )
        .bind(id)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn add_link(
        &mut self,
        token_hash: &[u8; 32],
        request: &RequestId,
        expires_at: i64,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO track_links (token_hash, request_id, expires_at) VALUES (?, ?, ?)",
        )
        .bind(&token_hash[..])
        .bind(request.as_str())
        .bind(expires_at)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn link(&mut self, token_hash: &[u8; 32], now: i64) -> Result<Option<RequestId>> {
        let id: Option<String> = sqlx::query_scalar(
            "SELECT request_id FROM track_links WHERE token_hash = ? AND expires_at > ?",
        )
        .bind(&token_hash[..])
        .bind(now)
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(id.map(RequestId::new))
    }

    async fn extend_session(&mut self, token_hash: &[u8; 32], expires_at: i64) -> Result<()> {
        sqlx::query("UPDATE sessions SET expires_at = ? WHERE token_hash = ?")
            .bind(expires_at)
            .bind(&token_hash[..])
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn forget_ended(&mut self, now: i64) -> Result<()> {
        for table in [
            "DELETE FROM sign_in_codes WHERE expires_at <= ?",
            "DELETE FROM track_links WHERE expires_at <= ?",
            "DELETE FROM sessions WHERE expires_at <= ?",
            "DELETE FROM used_tokens WHERE expires_at <= ?",
            "DELETE FROM drafts WHERE expires_at <= ?",
        ] {
            sqlx::query(table)
                .bind(now)
                .execute(&mut *self.tx)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Hits for SqliteTx {
    async fn hit(
        &mut self,
        rule: &str,
        subject: &[u8; 32],
        newer: u32,
        since: i64,
    ) -> Result<Option<i64>> {
        sqlx::query_scalar(
            "SELECT at FROM hits WHERE rule = ? AND subject = ? AND at > ?
             ORDER BY at DESC LIMIT 1 OFFSET ?",
        )
        .bind(rule)
        .bind(&subject[..])
        .bind(since)
        .bind(newer)
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(failed)
    }

    async fn add_hit(&mut self, rule: &str, subject: &[u8; 32], at: i64) -> Result<i64> {
        let done = sqlx::query("INSERT INTO hits (rule, subject, at) VALUES (?, ?, ?)")
            .bind(rule)
            .bind(&subject[..])
            .bind(at)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(done.last_insert_rowid())
    }

    async fn remove_hit(&mut self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM hits WHERE id = ?")
            .bind(id)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn forget_hits(&mut self, before: i64) -> Result<()> {
        sqlx::query("DELETE FROM hits WHERE at < ?")
            .bind(before)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

fn bytes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn upload(row: &SqliteRow) -> Result<UploadRecord> {
    let count = |name: &str| -> Result<u64> {
        let value: i64 = row.try_get(name).map_err(failed)?;
        Ok(u64::try_from(value).unwrap_or_default())
    };
    let media_type: Option<String> = row.try_get("media_type").map_err(failed)?;
    let sha256: Option<String> = row.try_get("sha256").map_err(failed)?;
    let attachment: Option<String> = row.try_get("attachment_id").map_err(failed)?;
    Ok(UploadRecord {
        token_hash: hash(row.try_get("token_hash").map_err(failed)?)?,
        client: hash(row.try_get("client").map_err(failed)?)?,
        name: row.try_get("name").map_err(failed)?,
        length: count("length")?,
        received: count("received")?,
        accepted: media_type
            .zip(sha256)
            .map(|(media_type, sha256)| Accepted { media_type, sha256 }),
        attachment: attachment.map(AttachmentId::new),
        expires_at: row.try_get("expires_at").map_err(failed)?,
    })
}

#[async_trait]
impl Uploads for SqliteTx {
    async fn insert_upload(&mut self, upload: &UploadRecord) -> Result<()> {
        sqlx::query(
            "INSERT INTO uploads (token_hash, client, name, length, received, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&upload.token_hash[..])
        .bind(&upload.client[..])
        .bind(&upload.name)
        .bind(bytes(upload.length))
        .bind(bytes(upload.received))
        .bind(upload.expires_at)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn upload(&mut self, token_hash: &[u8; 32]) -> Result<Option<UploadRecord>> {
        let row = sqlx::query("SELECT * FROM uploads WHERE token_hash = ?")
            .bind(&token_hash[..])
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        row.as_ref().map(upload).transpose()
    }

    async fn update_upload(&mut self, upload: &UploadRecord) -> Result<()> {
        let accepted = upload.accepted.as_ref();
        sqlx::query("UPDATE uploads SET name = ?, received = ?, media_type = ?, sha256 = ? WHERE token_hash = ?")
            .bind(&upload.name)
            .bind(bytes(upload.received))
            .bind(accepted.map(|a| &a.media_type))
            .bind(accepted.map(|a| &a.sha256))
            .bind(&upload.token_hash[..])
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn use_upload(
        &mut self,
        token_hash: &[u8; 32],
        attachment: &AttachmentId,
    ) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE uploads SET attachment_id = ?
             WHERE token_hash = ? AND attachment_id IS NULL AND sha256 IS NOT NULL",
        )
        .bind(attachment.as_str())
        .bind(&token_hash[..])
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_upload(&mut self, token_hash: &[u8; 32]) -> Result<()> {
        sqlx::query("DELETE FROM uploads WHERE token_hash = ?")
            .bind(&token_hash[..])
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn pending_bytes(&mut self, client: &[u8; 32]) -> Result<u64> {
        let sum: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(length), 0) FROM uploads WHERE client = ? AND attachment_id IS NULL",
        )
        .bind(&client[..])
        .fetch_one(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(u64::try_from(sum).unwrap_or_default())
    }

    async fn ended_uploads(&mut self, now: i64, limit: u32) -> Result<Vec<UploadRecord>> {
        let rows = sqlx::query("SELECT * FROM uploads WHERE expires_at <= ? LIMIT ?")
            .bind(now)
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        rows.iter().map(upload).collect()
    }

    async fn has_content(&mut self, sha256: &str) -> Result<bool> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM attachments WHERE sha256 = ?1)
                 OR EXISTS (SELECT 1 FROM survey_files WHERE sha256 = ?1)
                 OR EXISTS (SELECT 1 FROM uploads WHERE sha256 = ?1)",
        )
        .bind(sha256)
        .fetch_one(&mut *self.tx)
        .await
        .map_err(failed)
    }
}

#[async_trait]
impl Events for SqliteTx {
    async fn events_after(
        &mut self,
        scope: &Scope,
        after: i64,
        limit: u32,
    ) -> Result<Vec<EventRecord>> {
        let mut query = QueryBuilder::new("SELECT id, request_id, at FROM events WHERE id > ");
        query
            .push_bind(after)
            .push(" AND (request_id IS NULL OR request_id IN (SELECT id FROM requests WHERE ");
        in_scope(&mut query, scope);
        query.push(")) ORDER BY id LIMIT ").push_bind(limit);
        let rows: Vec<(i64, Option<String>, i64)> = query
            .build_query_as()
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        rows.into_iter()
            .map(|(id, request, at)| {
                Ok(EventRecord {
                    id,
                    request: request.map(RequestId::new),
                    at: instant(at)?,
                })
            })
            .collect()
    }

    async fn event_bounds(&mut self) -> Result<(i64, i64)> {
        // sqlite_sequence remembers the highest number also when its row is gone.
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        let oldest: Option<i64> = sqlx::query_scalar("SELECT min(id) FROM events")
            .fetch_one(&mut *self.tx)
            .await
            .map_err(failed)?;
        let newest = newest.unwrap_or_default();
        Ok((newest, oldest.map_or(newest, |id| id - 1)))
    }

    async fn forget_events(&mut self, keep: u32) -> Result<()> {
        sqlx::query("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?")
            .bind(keep)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
