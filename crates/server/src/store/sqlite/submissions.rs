use super::{SqliteTx, failed, hash};
use crate::store::{Result, Submissions, records::KeptAnswer};
use async_trait::async_trait;
use portico_contract::id::RequestId;
use sqlx::{Row, sqlite::SqliteRow};

#[async_trait]
impl Submissions for SqliteTx {
    async fn kept_answer(&mut self, key_hash: &[u8; 32]) -> Result<Option<KeptAnswer>> {
        let row = sqlx::query("SELECT * FROM submissions WHERE key_hash = ?")
            .bind(&key_hash[..])
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        row.as_ref().map(kept_answer).transpose()
    }

    async fn keep_answer(&mut self, key_hash: &[u8; 32], answer: &KeptAnswer) -> Result<()> {
        sqlx::query(
            "INSERT INTO submissions (key_hash, actor, fingerprint, status, request_id, accepted_at, answer)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&key_hash[..])
        .bind(&answer.actor)
        .bind(&answer.fingerprint[..])
        .bind(answer.status)
        .bind(answer.request_id.as_ref().map(RequestId::as_str))
        .bind(answer.accepted_at_millis)
        .bind(&answer.sealed)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn renew_answer(
        &mut self,
        key_hash: &[u8; 32],
        status: u16,
        sealed: &[u8],
    ) -> Result<()> {
        sqlx::query("UPDATE submissions SET status = ?, answer = ? WHERE key_hash = ?")
            .bind(status)
            .bind(sealed)
            .bind(&key_hash[..])
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn forget_answers(&mut self, accepted_before_millis: i64) -> Result<u64> {
        let done = sqlx::query("DELETE FROM submissions WHERE accepted_at < ?")
            .bind(accepted_before_millis)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(done.rows_affected())
    }
}

fn kept_answer(row: &SqliteRow) -> Result<KeptAnswer> {
    let request: Option<String> = row.try_get("request_id").map_err(failed)?;
    Ok(KeptAnswer {
        actor: row.try_get("actor").map_err(failed)?,
        fingerprint: hash(row.try_get("fingerprint").map_err(failed)?)?,
        status: row.try_get("status").map_err(failed)?,
        request_id: request.map(RequestId::new),
        accepted_at_millis: row.try_get("accepted_at").map_err(failed)?,
        sealed: row.try_get("answer").map_err(failed)?,
    })
}
