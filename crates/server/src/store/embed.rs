//! What the store keeps of customers who come from elsewhere, from a page around a frame or from a provider of OpenID
//! Connect: who they are here, which proofs were used, drafts. All times are real time, in milliseconds since 1970.

use super::Result;
use async_trait::async_trait;
use portico_contract::id::CustomerId;

/// Customers from elsewhere.
#[async_trait]
pub trait Embed {
    /// The customer whom this issuer names so; the company's own site is the issuer without a name.
    async fn customer_of_subject(
        &mut self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<CustomerId>>;
    /// From now on the issuer's name for this customer.
    async fn add_subject(
        &mut self,
        issuer: &str,
        subject: &str,
        customer: &CustomerId,
    ) -> Result<()>;
    /// Uses a token up, by a hash of what names it; false when it was used before.
    async fn use_token(&mut self, hash: &[u8; 32], expires_at: i64) -> Result<bool>;
    /// A draft that has not ended.
    async fn kept_draft(&mut self, of: &CustomerId, key: &str, now: i64) -> Result<Option<String>>;
    /// Keeps a draft in the place of the one with the same key, and only the newest `most` of a customer.
    async fn put_draft(
        &mut self,
        of: &CustomerId,
        key: &str,
        body: &str,
        expires_at: i64,
        most: u32,
    ) -> Result<()>;
    /// Forgets one.
    async fn delete_draft(&mut self, of: &CustomerId, key: &str) -> Result<()>;
    /// Forgets all of a customer.
    async fn delete_drafts(&mut self, of: &CustomerId) -> Result<()>;
}
