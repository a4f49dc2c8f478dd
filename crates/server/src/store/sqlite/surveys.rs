use super::{SqliteTx, access::CustomerRow, decode, encode, failed, instant};
use crate::store::{
    Result,
    records::Customer,
    surveys::{Asked, Ballot, Hash, InvitationRecord, MeasureRecord, Skip, Surveys, WaveRecord},
};
use crate::surveys::programme::Dimension;
use async_trait::async_trait;
use portico_contract::{
    Instant,
    attachment::Attachment,
    id::{AttachmentId, MeasureId, RequestId},
};
use sqlx::{QueryBuilder, Sqlite};
use std::{collections::BTreeMap, sync::Arc};

impl SqliteTx {
    /// One record by the text of a query and what it asks for.
    async fn record<T: serde::de::DeserializeOwned>(
        &mut self,
        sql: &'static str,
        key: &str,
    ) -> Result<Option<T>> {
        let doc: Option<String> = sqlx::query_scalar(sql)
            .bind(key)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        doc.as_deref().map(decode).transpose()
    }

    async fn invitation_behind(
        &mut self,
        sql: &'static str,
        token: &Hash,
    ) -> Result<Option<InvitationRecord>> {
        let doc: Option<String> = sqlx::query_scalar(sql)
            .bind(&token[..])
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        doc.as_deref().map(decode).transpose()
    }

    async fn write_invitation(
        &mut self,
        sql: &'static str,
        invitation: &InvitationRecord,
    ) -> Result<()> {
        sqlx::query(sql)
            .bind(&invitation.id)
            .bind(&invitation.person)
            .bind(&invitation.survey)
            .bind(invitation.request_id.as_ref().map(RequestId::as_str))
            .bind(&invitation.wave_id)
            .bind(invitation.state.as_str())
            .bind(invitation.due_at.map(Instant::unix_millis))
            .bind(invitation.sent_at.map(Instant::unix_millis))
            .bind(encode(invitation)?)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn add_link(&mut self, sql: &'static str, token: &Hash, to: &str) -> Result<()> {
        sqlx::query(sql)
            .bind(&token[..])
            .bind(to)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl Surveys for SqliteTx {
    async fn requests_to_survey(&mut self, limit: u32) -> Result<Vec<RequestId>> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM requests WHERE survey_from IS NOT NULL ORDER BY survey_from LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(ids.into_iter().map(RequestId::new).collect())
    }

    async fn insert_invitation(&mut self, invitation: &InvitationRecord) -> Result<()> {
        self.write_invitation(
            "INSERT INTO invitations (id, person, survey, request_id, wave_id, state, due_at, sent_at, doc)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            invitation,
        )
        .await
    }

    async fn update_invitation(&mut self, invitation: &InvitationRecord) -> Result<()> {
        self.write_invitation(
            "UPDATE invitations SET person = ?2, survey = ?3, request_id = ?4, wave_id = ?5, state = ?6, due_at = ?7,
             sent_at = ?8, doc = ?9 WHERE id = ?1",
            invitation,
        )
        .await
    }

    async fn invitation(&mut self, id: &str) -> Result<Option<InvitationRecord>> {
        self.record("SELECT doc FROM invitations WHERE id = ?", id)
            .await
    }

    async fn invitation_of(&mut self, request: &RequestId) -> Result<Option<InvitationRecord>> {
        self.record(
            "SELECT doc FROM invitations WHERE request_id = ? AND state <> 'skipped'",
            request.as_str(),
        )
        .await
    }

    async fn due_invitations(&mut self, now: Instant, limit: u32) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT id FROM invitations WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
        )
        .bind(now.unix_millis())
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)
    }

    async fn planned_of(&mut self, wave: &str) -> Result<Vec<InvitationRecord>> {
        let docs: Vec<String> = sqlx::query_scalar(
            "SELECT doc FROM invitations WHERE wave_id = ? AND state = 'planned'",
        )
        .bind(wave)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        docs.iter().map(decode).collect()
    }

    async fn last_sent(&mut self, person: &str, survey: Option<&str>) -> Result<Option<Instant>> {
        let at: Option<i64> = sqlx::query_scalar(
            "SELECT max(sent_at) FROM invitations
             WHERE person = ?1 AND sent_at IS NOT NULL AND (?2 IS NULL OR survey = ?2)",
        )
        .bind(person)
        .bind(survey)
        .fetch_one(&mut *self.tx)
        .await
        .map_err(failed)?;
        at.map(instant).transpose()
    }

    async fn asked(&mut self, survey: &str) -> Result<Vec<Asked>> {
        let rows: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT i.doc, r.data FROM invitations i LEFT JOIN responses r ON r.invitation_id = i.id
             WHERE i.survey = ? AND i.sent_at IS NOT NULL",
        )
        .bind(survey)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        rows.into_iter()
            .map(|(doc, data)| {
                Ok(Asked {
                    invitation: decode(&doc)?,
                    data,
                })
            })
            .collect()
    }

    async fn invitations(&mut self, survey: &str, limit: u32) -> Result<Vec<InvitationRecord>> {
        let docs: Vec<String> = sqlx::query_scalar(
            "SELECT doc FROM invitations WHERE survey = ? ORDER BY doc ->> '$.planned_at' DESC, id LIMIT ?",
        )
        .bind(survey)
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        docs.iter().map(decode).collect()
    }

    async fn wave_outcome(&mut self, wave: &str) -> Result<Vec<(String, Option<Skip>, u32)>> {
        let rows: Vec<(String, Option<String>, u32)> = sqlx::query_as(
            "SELECT state, doc ->> '$.reason' AS reason, count(*) FROM invitations WHERE wave_id = ? GROUP BY 1, 2",
        )
        .bind(wave)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        rows.into_iter()
            .map(|(state, reason, count)| {
                let reason = reason
                    .map(|reason| decode(format!("\"{reason}\"")))
                    .transpose()?;
                Ok((state, reason, count))
            })
            .collect()
    }

    async fn add_survey_link(&mut self, token: &Hash, invitation: &str) -> Result<()> {
        self.add_link(
            "INSERT INTO survey_links (token_hash, invitation_id) VALUES (?, ?)",
            token,
            invitation,
        )
        .await
    }

    async fn invitation_by_link(&mut self, token: &Hash) -> Result<Option<InvitationRecord>> {
        self.invitation_behind(
            "SELECT i.doc FROM survey_links l JOIN invitations i ON i.id = l.invitation_id WHERE l.token_hash = ?",
            token,
        )
        .await
    }

    async fn draft(&mut self, invitation: &str) -> Result<Option<String>> {
        let draft: Option<Option<String>> =
            sqlx::query_scalar("SELECT draft FROM invitations WHERE id = ?")
                .bind(invitation)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(draft.flatten())
    }

    async fn set_draft(&mut self, invitation: &str, draft: Option<&str>) -> Result<()> {
        sqlx::query("UPDATE invitations SET draft = ? WHERE id = ?")
            .bind(draft)
            .bind(invitation)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn response(&mut self, invitation: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT data FROM responses WHERE invitation_id = ?")
            .bind(invitation)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)
    }

    async fn put_response(&mut self, invitation: &str, at: Instant, data: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO responses (invitation_id, answered_at, data) VALUES (?, ?, ?)
             ON CONFLICT (invitation_id) DO UPDATE SET answered_at = excluded.answered_at, data = excluded.data",
        )
        .bind(invitation)
        .bind(at.unix_millis())
        .bind(data)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn set_survey_score(&mut self, request: &RequestId, score: Option<f64>) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE entries SET doc = json_set(doc, '$.score', ?) WHERE request_id = ? AND doc ->> '$.kind' = 'survey'",
        )
        .bind(score)
        .bind(request.as_str())
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn add_survey_file(
        &mut self,
        survey: &str,
        invitation: Option<&str>,
        file: &Attachment,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO survey_files (id, survey, invitation_id, name, size, media_type, sha256)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(file.id.as_str())
        .bind(survey)
        .bind(invitation)
        .bind(&file.name)
        .bind(file.size.map(|size| size as i64))
        .bind(&file.media_type)
        .bind(&file.sha256)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn survey_file(&mut self, survey: &str, id: &AttachmentId) -> Result<Option<Attachment>> {
        let row: Option<(String, i64, String, String)> = sqlx::query_as(
            "SELECT name, size, media_type, sha256 FROM survey_files WHERE survey = ? AND id = ?",
        )
        .bind(survey)
        .bind(id.as_str())
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(row.map(|(name, size, media_type, sha256)| Attachment {
            id: id.clone(),
            name,
            size: u64::try_from(size).ok(),
            media_type,
            sha256: Some(sha256),
        }))
    }

    async fn remove_survey_file(&mut self, id: &AttachmentId) -> Result<()> {
        sqlx::query("DELETE FROM survey_files WHERE id = ?")
            .bind(id.as_str())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn keep_weights(
        &mut self,
        survey: &str,
        period: &str,
        weights: &[Dimension],
    ) -> Result<()> {
        sqlx::query(
            "INSERT OR IGNORE INTO survey_weights (survey, period, dimensions) VALUES (?, ?, ?)",
        )
        .bind(survey)
        .bind(period)
        .bind(encode(&weights)?)
        .execute(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn weights(&mut self, survey: &str) -> Result<BTreeMap<String, Arc<[Dimension]>>> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT period, dimensions FROM survey_weights WHERE survey = ?")
                .bind(survey)
                .fetch_all(&mut *self.tx)
                .await
                .map_err(failed)?;
        let read = |(period, doc): (String, String)| {
            let weights: Vec<Dimension> = decode(&doc)?;
            Ok((period, weights.into()))
        };
        rows.into_iter().map(read).collect()
    }

    async fn keep_questionnaire(&mut self, hash: &Hash, text: &str) -> Result<()> {
        sqlx::query("INSERT OR IGNORE INTO questionnaires (hash, text) VALUES (?, ?)")
            .bind(&hash[..])
            .bind(text)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn questionnaire(&mut self, hash: &Hash) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT text FROM questionnaires WHERE hash = ?")
            .bind(&hash[..])
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)
    }

    async fn insert_wave(&mut self, wave: &WaveRecord) -> Result<()> {
        sqlx::query("INSERT INTO waves (id, campaign, period, survey, doc) VALUES (?, ?, ?, ?, ?)")
            .bind(&wave.id)
            .bind(&wave.campaign)
            .bind(&wave.period)
            .bind(&wave.survey)
            .bind(encode(wave)?)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn wave(&mut self, id: &str) -> Result<Option<WaveRecord>> {
        self.record("SELECT doc FROM waves WHERE id = ?", id).await
    }

    async fn has_wave(&mut self, campaign: &str, period: &str) -> Result<bool> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM waves WHERE campaign = ? AND period = ?")
                .bind(campaign)
                .bind(period)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(found.is_some())
    }

    async fn waves(&mut self, survey: &str) -> Result<Vec<WaveRecord>> {
        let docs: Vec<String> = sqlx::query_scalar("SELECT doc FROM waves WHERE survey = ?")
            .bind(survey)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        docs.iter().map(decode).collect()
    }

    async fn audience(&mut self, tiers: Option<&[String]>) -> Result<Vec<Customer>> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM customers");
        if let Some(tiers) = tiers {
            query.push(" WHERE tier IN (");
            let mut list = query.separated(", ");
            for tier in tiers {
                list.push_bind(tier.clone());
            }
            query.push(")");
        }
        let rows: Vec<CustomerRow> = query
            .build_query_as()
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        rows.into_iter().map(CustomerRow::record).collect()
    }

    async fn add_ballot(&mut self, token: &Hash, wave: &str) -> Result<()> {
        self.add_link(
            "INSERT INTO ballots (token_hash, wave_id) VALUES (?, ?)",
            token,
            wave,
        )
        .await
    }

    async fn ballot(&mut self, token: &Hash) -> Result<Option<Ballot>> {
        let row: Option<(String, Option<String>, Option<String>)> =
            sqlx::query_as("SELECT wave_id, draft, data FROM ballots WHERE token_hash = ?")
                .bind(&token[..])
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(failed)?;
        Ok(row.map(|(wave_id, draft, data)| Ballot {
            wave_id,
            draft,
            data,
        }))
    }

    async fn mark_ballot(
        &mut self,
        token: &Hash,
        draft: Option<&str>,
        data: Option<&str>,
    ) -> Result<()> {
        sqlx::query("UPDATE ballots SET draft = ?, data = ? WHERE token_hash = ?")
            .bind(draft)
            .bind(data)
            .bind(&token[..])
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn ballots(&mut self, wave: &str) -> Result<(u32, Vec<String>)> {
        let count: u32 = sqlx::query_scalar("SELECT count(*) FROM ballots WHERE wave_id = ?")
            .bind(wave)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(failed)?;
        let answered = sqlx::query_scalar(
            "SELECT data FROM ballots WHERE wave_id = ? AND data IS NOT NULL ORDER BY token_hash",
        )
        .bind(wave)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(failed)?;
        Ok((count, answered))
    }

    async fn add_unsubscribe_link(&mut self, token: &Hash, invitation: &str) -> Result<()> {
        self.add_link(
            "INSERT INTO unsubscribe_links (token_hash, invitation_id) VALUES (?, ?)",
            token,
            invitation,
        )
        .await
    }

    async fn invitation_by_unsubscribe(
        &mut self,
        token: &Hash,
    ) -> Result<Option<InvitationRecord>> {
        self.invitation_behind(
            "SELECT i.doc FROM unsubscribe_links l JOIN invitations i ON i.id = l.invitation_id WHERE l.token_hash = ?",
            token,
        )
        .await
    }

    async fn is_unsubscribed(&mut self, person: &str) -> Result<bool> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM unsubscribed WHERE person = ?")
            .bind(person)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(found.is_some())
    }

    async fn set_unsubscribed(&mut self, person: &str, at: Option<Instant>) -> Result<()> {
        let query = match at {
            Some(at) => {
                sqlx::query("INSERT OR IGNORE INTO unsubscribed (person, at) VALUES (?, ?)")
                    .bind(person)
                    .bind(at.unix_millis())
            }
            None => sqlx::query("DELETE FROM unsubscribed WHERE person = ?").bind(person),
        };
        query.execute(&mut *self.tx).await.map_err(failed)?;
        Ok(())
    }

    async fn insert_measure(&mut self, measure: &MeasureRecord) -> Result<()> {
        sqlx::query("INSERT INTO measures (id, published_at, doc) VALUES (?, ?, ?)")
            .bind(measure.id.as_str())
            .bind(measure.published_at.unix_millis())
            .bind(encode(measure)?)
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn remove_measure(&mut self, id: &MeasureId) -> Result<bool> {
        let done = sqlx::query("DELETE FROM measures WHERE id = ?")
            .bind(id.as_str())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn measures(&mut self) -> Result<Vec<MeasureRecord>> {
        let docs: Vec<String> =
            sqlx::query_scalar("SELECT doc FROM measures ORDER BY published_at DESC, id")
                .fetch_all(&mut *self.tx)
                .await
                .map_err(failed)?;
        docs.iter().map(decode).collect()
    }
}
