use super::{SqliteTx, failed, hash, instant};
use crate::store::{
    Access, Result,
    records::{Customer, SessionOf, SessionRecord},
};
use async_trait::async_trait;
use portico_contract::{
    id::{CustomerId, RequestId},
    locale::Locale,
};
use sqlx::{FromRow, Row, sqlite::SqliteRow};

#[derive(FromRow)]
pub(super) struct CustomerRow {
    id: String,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    locale: Option<String>,
    tier: Option<String>,
    created_at: i64,
}

impl CustomerRow {
    pub(super) fn record(self) -> Result<Customer> {
        Ok(Customer {
            id: CustomerId::new(self.id),
            name: self.name,
            email: self.email,
            phone: self.phone,
            locale: self.locale.as_deref().map(Locale::from_word),
            tier: self.tier,
            created_at: instant(self.created_at)?,
        })
    }
}

#[async_trait]
impl Access for SqliteTx {
    async fn customer(&mut self, id: &CustomerId) -> Result<Option<Customer>> {
        let row: Option<CustomerRow> = sqlx::query_as("SELECT * FROM customers WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        row.map(CustomerRow::record).transpose()
    }

    async fn customer_by_address(&mut self, address: &str) -> Result<Option<Customer>> {
        let row: Option<CustomerRow> =
            sqlx::query_as("SELECT * FROM customers WHERE email = ?1 OR phone = ?1")
                .bind(address)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        row.map(CustomerRow::record).transpose()
    }

    async fn put_customer(&mut self, customer: &Customer) -> Result<()> {
        sqlx::query(
            "INSERT INTO customers (id, name, email, phone, locale, tier, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, phone = excluded.phone,
             locale = excluded.locale, tier = excluded.tier",
        )
        .bind(customer.id.as_str())
        .bind(&customer.name)
        .bind(&customer.email)
        .bind(&customer.phone)
        .bind(customer.locale.map(Locale::as_str))
        .bind(&customer.tier)
        .bind(customer.created_at.unix_millis())
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn session(
        &mut self,
        token_hash: &[u8; 32],
        now_millis: i64,
    ) -> Result<Option<SessionRecord>> {
        let row = sqlx::query("SELECT * FROM sessions WHERE token_hash = ? AND expires_at > ?")
            .bind(&token_hash[..])
            .bind(now_millis)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        row.as_ref().map(session).transpose()
    }

    async fn insert_session(&mut self, session: &SessionRecord) -> Result<()> {
        let (customer, request) = match &session.of {
            SessionOf::Customer(id) => (Some(id.as_str()), None),
            SessionOf::Tracker(id) => (None, Some(id.as_str())),
        };
        sqlx::query(
            "INSERT INTO sessions (token_hash, customer_id, request_id, provider, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&session.token_hash[..])
        .bind(customer)
        .bind(request)
        .bind(session.provider.as_deref())
        .bind(session.created_at_millis)
        .bind(session.expires_at_millis)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn delete_session(&mut self, token_hash: &[u8; 32]) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = ?")
            .bind(&token_hash[..])
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

fn session(row: &SqliteRow) -> Result<SessionRecord> {
    let customer: Option<String> = row.try_get("customer_id").map_err(failed)?;
    let request: Option<String> = row.try_get("request_id").map_err(failed)?;
    Ok(SessionRecord {
        token_hash: hash(row.try_get("token_hash").map_err(failed)?)?,
        of: match customer {
            Some(id) => SessionOf::Customer(CustomerId::new(id)),
            None => SessionOf::Tracker(RequestId::new(request.unwrap_or_default())),
        },
        provider: row.try_get("provider").map_err(failed)?,
        created_at_millis: row.try_get("created_at").map_err(failed)?,
        expires_at_millis: row.try_get("expires_at").map_err(failed)?,
    })
}
