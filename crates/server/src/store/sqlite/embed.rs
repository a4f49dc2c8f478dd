use super::{SqliteTx, failed};
use crate::store::{Result, embed::Embed};
use async_trait::async_trait;
use portico_contract::id::CustomerId;

#[async_trait]
impl Embed for SqliteTx {
    async fn customer_of_subject(
        &mut self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<CustomerId>> {
        let id: Option<String> =
            sqlx::query_scalar("SELECT customer_id FROM subjects WHERE issuer = ? AND subject = ?")
                .bind(issuer)
                .bind(subject)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(id.map(CustomerId::new))
    }

    async fn add_subject(
        &mut self,
        issuer: &str,
        subject: &str,
        customer: &CustomerId,
    ) -> Result<()> {
        sqlx::query("INSERT INTO subjects (issuer, subject, customer_id) VALUES (?, ?, ?)")
            .bind(issuer)
            .bind(subject)
            .bind(customer.as_str())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn use_token(&mut self, hash: &[u8; 32], expires_at: i64) -> Result<bool> {
        let done =
            sqlx::query("INSERT OR IGNORE INTO used_tokens (hash, expires_at) VALUES (?, ?)")
                .bind(&hash[..])
                .bind(expires_at)
                .execute(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn kept_draft(&mut self, of: &CustomerId, key: &str, now: i64) -> Result<Option<String>> {
        sqlx::query_scalar(
            "SELECT body FROM drafts WHERE customer_id = ? AND key = ? AND expires_at > ?",
        )
        .bind(of.as_str())
        .bind(key)
        .bind(now)
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(failed)
    }

    async fn put_draft(
        &mut self,
        of: &CustomerId,
        key: &str,
        body: &str,
        expires_at: i64,
        most: u32,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO drafts (customer_id, key, body, expires_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (customer_id, key) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at",
        )
        .bind(of.as_str())
        .bind(key)
        .bind(body)
        .bind(expires_at)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        sqlx::query(
            "DELETE FROM drafts WHERE customer_id = ?1 AND key NOT IN
             (SELECT key FROM drafts WHERE customer_id = ?1 ORDER BY expires_at DESC, key = ?2 DESC LIMIT ?3)",
        )
        .bind(of.as_str())
        .bind(key)
        .bind(most)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn delete_draft(&mut self, of: &CustomerId, key: &str) -> Result<()> {
        sqlx::query("DELETE FROM drafts WHERE customer_id = ? AND key = ?")
            .bind(of.as_str())
            .bind(key)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn delete_drafts(&mut self, of: &CustomerId) -> Result<()> {
        sqlx::query("DELETE FROM drafts WHERE customer_id = ?")
            .bind(of.as_str())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
