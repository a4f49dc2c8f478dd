use super::{Decoded, SqliteTx, decode, encode, failed, instant};
use crate::{
    store::{
        Requests, Result,
        records::{Entry, Filter, Following, Happening, Listed, NewEntry, RequestRecord, Scope},
    },
    text,
};
use async_trait::async_trait;
use portico_contract::{
    Instant,
    attachment::Attachment,
    code::Reference,
    event::EventKind,
    id::{AttachmentId, CustomerId, RequestId, TimelineItemId},
    list::Sort,
    request::Status,
    timeline::{ProposalAnswer, Role},
};
use serde::Deserialize;
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};
use std::sync::Arc;

/// Begins to read requests: their records, and what is found beside them.
fn select(scope: &Scope) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "SELECT id, doc, (SELECT count(*) FROM entries e WHERE e.request_id = requests.id AND e.public = 1
         AND e.role <> 'customer' AND e.at > requests.seen_at) AS unread, ",
    );
    if let Scope::Customer(id) = scope {
        query.push("CASE WHEN NOT coalesce(");
        owned(&mut query, id);
        query
            .push(
                ", 0) THEN (SELECT json_object('email', f.email, 'seen_at', f.seen_at, 'unread',
                 (SELECT count(*) FROM entries e WHERE e.request_id = f.request_id AND e.public = 1
                 AND e.at > f.seen_at)) FROM followers f WHERE f.request_id = requests.id AND f.email =
                 (SELECT email FROM customers WHERE id = ",
            )
            .push_bind(id.as_str().to_owned())
            .push(")) END");
    } else {
        query.push("NULL");
    }
    query.push(" AS following FROM requests WHERE ");
    query
}

/// What is found of who follows and reads.
#[derive(Deserialize)]
struct FollowerRow {
    email: String,
    seen_at: i64,
    unread: u32,
}

/// The record of a row that [`select`] gives.
fn record(decoded: &Decoded, row: &SqliteRow) -> Result<Arc<RequestRecord>> {
    let follower: Option<&str> = row.try_get("following").map_err(failed)?;
    let follower = follower.map(decode::<FollowerRow>).transpose()?;
    let unread = match &follower {
        Some(follower) => follower.unread,
        None => row.try_get("unread").map_err(failed)?,
    };
    let following = follower.map(|row| {
        Ok(Following {
            email: row.email,
            seen_at: instant(row.seen_at)?,
        })
    });
    let id = row.try_get("id").map_err(failed)?;
    let doc = row.try_get("doc").map_err(failed)?;
    decoded.record(id, doc, unread, following.transpose()?)
}

pub(super) fn in_scope(query: &mut QueryBuilder<Sqlite>, scope: &Scope) {
    match scope {
        Scope::Desk => query.push("1 = 1"),
        Scope::Tracker(id) => query.push("id = ").push_bind(id.as_str().to_owned()),
        Scope::Customer(id) => {
            query.push("(");
            owned(query, id);
            query
                .push(
                    " OR id IN (SELECT request_id FROM followers WHERE email =
                     (SELECT email FROM customers WHERE id = ",
                )
                .push_bind(id.as_str().to_owned())
                .push(")))")
        }
    };
}

/// Whether it is the customer's own, or was sent by a guest with an address that the customer has proven.
fn owned(query: &mut QueryBuilder<Sqlite>, id: &CustomerId) {
    let id = id.as_str().to_owned();
    query.push("(customer_id = ").push_bind(id.clone());
    for column in ["email", "phone"] {
        query
            .push(format!(
                " OR contact_{column} = (SELECT {column} FROM customers WHERE id = "
            ))
            .push_bind(id.clone())
            .push(")");
    }
    query.push(")");
}

fn filtered(query: &mut QueryBuilder<Sqlite>, scope: &Scope, filter: &Filter) {
    in_scope(query, scope);
    for (column, words) in [
        (
            "status",
            filter.status.iter().map(|s| s.as_str()).collect::<Vec<_>>(),
        ),
        ("kind", filter.kind.iter().map(|k| k.as_str()).collect()),
    ] {
        if !words.is_empty() {
            query.push(format!(" AND {column} IN ("));
            let mut list = query.separated(", ");
            for word in words {
                list.push_bind(word);
            }
            query.push(")");
        }
    }
    if !filter.words.is_empty() {
        query.push(" AND ((1 = 1");
        for word in &filter.words {
            query
                .push(" AND instr(search, ")
                .push_bind(word.clone())
                .push(") > 0");
        }
        query.push(")");
        if let Some(reference) = filter.or_reference {
            query
                .push(" OR reference = ")
                .push_bind(reference.to_string());
        }
        query.push(")");
    }
    if let Some(reference) = filter.reference {
        query
            .push(" AND reference = ")
            .push_bind(reference.to_string());
    }
}

/// The columns that stand beside the record, in the order in which they are bound.
fn bind_request<'q>(
    query: sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>,
    r: &RequestRecord,
) -> Result<sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>> {
    // Only a guest's addresses open the request to who proves them.
    let guest = r.customer_id.is_none();
    let email = r
        .contact
        .email
        .as_deref()
        .filter(|_| guest)
        .map(text::normal_email);
    let phone = r
        .contact
        .phone
        .as_deref()
        .filter(|_| guest)
        .map(text::normal_phone);
    Ok(query
        .bind(r.id.as_str().to_owned())
        .bind(r.reference.to_string())
        .bind(r.customer_id.as_ref().map(|id| id.as_str().to_owned()))
        .bind(email)
        .bind(phone)
        .bind(r.kind.as_str())
        .bind(r.status.as_str())
        .bind(r.created_at.unix_millis())
        .bind(r.updated_at.unix_millis())
        .bind(r.seen_at.unix_millis())
        .bind(format!("{}\n{}\n{}", r.subject, r.body, r.reference).to_lowercase())
        .bind(encode(r)?)
        .bind(r.next_due().map(Instant::unix_millis))
        .bind(r.survey_from.map(Instant::unix_millis)))
}

impl SqliteTx {
    /// Lets those read a request who follow it, and nobody else who did.
    async fn set_followers(&mut self, request: &RequestRecord) -> Result<()> {
        let followers = encode(&request.followers)?;
        for change in [
            "DELETE FROM followers WHERE request_id = ?1 AND email NOT IN (SELECT value FROM json_each(?2))",
            // What was there before they came is no news to them.
            "INSERT OR IGNORE INTO followers (email, request_id, seen_at) SELECT value, ?1, ?3 FROM json_each(?2)",
        ] {
            sqlx::query(change)
                .bind(request.id.as_str())
                .bind(&followers)
                .bind(request.last_entry_at.unix_millis())
                .execute(&mut *self.tx)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Requests for SqliteTx {
    async fn insert_request(&mut self, request: &RequestRecord) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO requests (id, reference, customer_id, contact_email, contact_phone, kind, status, created_at,
             updated_at, seen_at, search, doc, next_due, survey_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        );
        bind_request(query, request)?
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        self.set_link(request).await?;
        self.set_followers(request).await
    }

    async fn update_request(&mut self, request: &RequestRecord) -> Result<()> {
        let query = sqlx::query(
            "UPDATE requests SET reference = ?2, customer_id = ?3, contact_email = ?4, contact_phone = ?5, kind = ?6,
             status = ?7, created_at = ?8, updated_at = ?9, seen_at = ?10, search = ?11, doc = ?12, next_due = ?13,
             survey_from = ?14 WHERE id = ?1",
        );
        self.decoded.forget(&request.id);
        bind_request(query, request)?
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        self.set_link(request).await?;
        self.set_followers(request).await
    }

    async fn shown(&mut self, id: &RequestId, scope: &Scope) -> Result<Option<Arc<RequestRecord>>> {
        let mut query = select(scope);
        query
            .push("id = ")
            .push_bind(id.as_str().to_owned())
            .push(" AND ");
        in_scope(&mut query, scope);
        let row = query.build().fetch_optional(&mut *self.tx).await;
        let row = row.map_err(failed)?;
        row.map(|row| record(&self.decoded, &row)).transpose()
    }

    async fn request_by_reference(
        &mut self,
        reference: Reference,
        scope: &Scope,
    ) -> Result<Option<RequestRecord>> {
        let mut query = select(scope);
        query
            .push("reference = ")
            .push_bind(reference.to_string())
            .push(" AND ");
        in_scope(&mut query, scope);
        let row = query.build().fetch_optional(&mut *self.tx).await;
        let row = row.map_err(failed)?;
        let record = row.map(|row| record(&self.decoded, &row)).transpose()?;
        Ok(record.map(Arc::unwrap_or_clone))
    }

    async fn query_hash(
        &mut self,
        reference: Reference,
    ) -> Result<Option<(RequestId, Option<String>)>> {
        let row: Option<(String, Option<String>)> =
            sqlx::query_as("SELECT id, doc ->> '$.query_hash' FROM requests WHERE reference = ?")
                .bind(reference.to_string())
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(row.map(|(id, hash)| (RequestId::new(id), hash)))
    }

    async fn list_requests(&mut self, scope: &Scope, filter: &Filter) -> Result<Listed> {
        let mut count = QueryBuilder::new("SELECT count(*) FROM requests WHERE ");
        filtered(&mut count, scope, filter);
        let total: i64 = count
            .build_query_scalar()
            .fetch_one(&mut *self.tx)
            .await
            .map_err(failed)?;

        let (column, direction, beyond) = match filter.sort {
            Sort::CreatedAsc => ("created_at", "ASC", ">"),
            Sort::CreatedDesc => ("created_at", "DESC", "<"),
            Sort::UpdatedDesc | Sort::Unknown => ("updated_at", "DESC", "<"),
        };
        let order = format!(" ORDER BY {column} {direction}, id {direction}");
        // The page is found by its ids first, so that records are read and entries counted for no other.
        let mut query = select(scope);
        query.push("id IN (SELECT id FROM requests WHERE ");
        filtered(&mut query, scope, filter);
        if let Some((at, id)) = &filter.after {
            query.push(format!(" AND ({column}, id) {beyond} ("));
            query
                .push_bind(*at)
                .push(", ")
                .push_bind(id.clone())
                .push(")");
        }
        query
            .push(&order)
            .push(" LIMIT ")
            .push_bind(i64::from(filter.limit) + 1)
            .push(")")
            .push(&order);
        let mut rows = query
            .build()
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        let more = rows.len() > filter.limit as usize;
        rows.truncate(filter.limit as usize);
        Ok(Listed {
            items: rows
                .iter()
                .map(|row| Ok(Arc::unwrap_or_clone(record(&self.decoded, row)?)))
                .collect::<Result<_>>()?,
            more,
            total: total.unsigned_abs(),
        })
    }

    async fn add_entry(&mut self, entry: &NewEntry) -> Result<Entry> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let done = sqlx::query(
            "INSERT INTO entries (id, request_id, at, public, role, doc) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(entry.request_id.as_str())
        .bind(entry.at.unix_millis())
        .bind(entry.public)
        .bind(entry.role.as_str())
        .bind(encode(&entry.what)?)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(Entry {
            seq: done.last_insert_rowid(),
            id: TimelineItemId::new(id),
            at: entry.at,
            public: entry.public,
            role: entry.role,
            what: entry.what.clone(),
            attachments: Vec::new(),
        })
    }

    async fn due_requests(&mut self, now: Instant, limit: u32) -> Result<Vec<RequestId>> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM requests WHERE next_due IS NOT NULL AND next_due <= ? ORDER BY next_due LIMIT ?",
        )
        .bind(now.unix_millis())
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(ids.into_iter().map(RequestId::new).collect())
    }

    async fn open_requests(&mut self) -> Result<Vec<RequestId>> {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM requests WHERE status <> ? ORDER BY created_at")
                .bind(Status::Closed.as_str())
                .fetch_all(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(ids.into_iter().map(RequestId::new).collect())
    }

    async fn follower_seen(&mut self, request: &RequestId, following: &Following) -> Result<()> {
        sqlx::query("UPDATE followers SET seen_at = ?3 WHERE request_id = ?1 AND email = ?2")
            .bind(request.as_str())
            .bind(&following.email)
            .bind(following.seen_at.unix_millis())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn answer_proposal(
        &mut self,
        entry: &TimelineItemId,
        answer: ProposalAnswer,
        comment: Option<&str>,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE entries SET doc = json_set(doc, '$.answer', ?, '$.comment', ?) WHERE id = ?",
        )
        .bind(answer.as_str())
        .bind(comment)
        .bind(entry.as_str())
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn callback_done(&mut self, entry: &TimelineItemId, at: Instant) -> Result<()> {
        sqlx::query("UPDATE entries SET doc = json_set(doc, '$.done_at', ?) WHERE id = ?")
            .bind(at.to_string())
            .bind(entry.as_str())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn replace_first_message(&mut self, request: &RequestId, body: &str) -> Result<()> {
        sqlx::query(
            "UPDATE entries SET doc = json_set(doc, '$.body', ?) WHERE seq =
             (SELECT min(seq) FROM entries WHERE request_id = ? AND role = 'customer')",
        )
        .bind(body)
        .bind(request.as_str())
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn entries(
        &mut self,
        request: &RequestId,
        after: i64,
        limit: u32,
        notes: bool,
    ) -> Result<Vec<Entry>> {
        let rows = sqlx::query(
            "SELECT seq, id, at, public, role, doc FROM entries
             WHERE request_id = ? AND seq > ? AND (public = 1 OR ?) ORDER BY seq LIMIT ?",
        )
        .bind(request.as_str())
        .bind(after)
        .bind(notes)
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        let mut entries = rows.iter().map(entry).collect::<Result<Vec<_>>>()?;
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Ok(entries);
        };
        let files = sqlx::query(
            "SELECT a.*, a.entry_id FROM attachments a JOIN entries e ON e.id = a.entry_id
             WHERE e.request_id = ? AND e.seq BETWEEN ? AND ? ORDER BY e.seq, a.position",
        )
        .bind(request.as_str())
        .bind(first.seq)
        .bind(last.seq)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        for row in &files {
            let of: String = row.try_get("entry_id").map_err(failed)?;
            if let Some(entry) = entries.iter_mut().find(|e| e.id.as_str() == of) {
                entry.attachments.push(attachment(row)?);
            }
        }
        Ok(entries)
    }

    async fn count_entries(&mut self, request: &RequestId, notes: bool) -> Result<u64> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM entries WHERE request_id = ? AND (public = 1 OR ?)",
        )
        .bind(request.as_str())
        .bind(notes)
        .fetch_one(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(count.unsigned_abs())
    }

    async fn append_event(&mut self, request: Option<&RequestId>, at: Instant) -> Result<()> {
        let kind = match request {
            Some(_) => EventKind::RequestChanged,
            None => EventKind::AnnouncementsChanged,
        };
        let done = sqlx::query("INSERT INTO events (request_id, kind, at) VALUES (?, ?, ?)")
            .bind(request.map(RequestId::as_str))
            .bind(kind.as_str())
            .bind(at.unix_millis())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        self.event = Some(done.last_insert_rowid());
        Ok(())
    }

    async fn add_attachment(&mut self, entry: &Entry, file: &Attachment) -> Result<()> {
        sqlx::query(
            "INSERT INTO attachments (id, entry_id, position, name, size, media_type, sha256) VALUES (?1, ?2,
             (SELECT coalesce(max(position) + 1, 0) FROM attachments WHERE entry_id = ?2), ?3, ?4, ?5, ?6)",
        )
        .bind(file.id.as_str())
        .bind(entry.id.as_str())
        .bind(&file.name)
        .bind(file.size.map_or(-1, |size| size as i64))
        .bind(&file.media_type)
        .bind(file.sha256.as_deref().unwrap_or_default())
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn remove_attachment(&mut self, id: &AttachmentId) -> Result<()> {
        for delete in [
            "DELETE FROM attachments WHERE id = ?",
            "DELETE FROM uploads WHERE attachment_id = ?",
        ] {
            sqlx::query(delete)
                .bind(id.as_str())
                .execute(&mut *self.tx)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    async fn attachment(&mut self, id: &AttachmentId) -> Result<Option<(RequestId, Attachment)>> {
        let row = sqlx::query(
            "SELECT a.*, e.request_id FROM attachments a JOIN entries e ON e.id = a.entry_id
             WHERE a.id = ? AND e.public = 1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(failed)?;
        row.as_ref()
            .map(|row| {
                let request: String = row.try_get("request_id").map_err(failed)?;
                Ok((RequestId::new(request), attachment(row)?))
            })
            .transpose()
    }
}

fn entry(row: &SqliteRow) -> Result<Entry> {
    let id: String = row.try_get("id").map_err(failed)?;
    let role: String = row.try_get("role").map_err(failed)?;
    let doc: String = row.try_get("doc").map_err(failed)?;
    Ok(Entry {
        seq: row.try_get("seq").map_err(failed)?,
        id: TimelineItemId::new(id),
        at: instant(row.try_get("at").map_err(failed)?)?,
        public: row.try_get("public").map_err(failed)?,
        role: Role::from_word(&role),
        what: decode::<Happening>(&doc)?,
        attachments: Vec::new(),
    })
}

fn attachment(row: &SqliteRow) -> Result<Attachment> {
    let id: String = row.try_get("id").map_err(failed)?;
    let size: i64 = row.try_get("size").map_err(failed)?;
    let sha256: String = row.try_get("sha256").map_err(failed)?;
    Ok(Attachment {
        id: AttachmentId::new(id),
        name: row.try_get("name").map_err(failed)?,
        size: u64::try_from(size).ok(),
        media_type: row.try_get("media_type").map_err(failed)?,
        sha256: Some(sha256).filter(|hash| !hash.is_empty()),
    })
}
