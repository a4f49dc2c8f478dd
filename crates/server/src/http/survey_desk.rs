//! Surveys at the desk: rounds, results, and what was done about them.

use super::{
    attachments::content,
    context::Lang,
    desk::{Agent, NAME},
    once::{Answer, Key, Once, once_as},
    posted::Posted,
    surveys::required,
};
use crate::{
    catalogue::Localized,
    intake,
    problem::{ApiError, Fault},
    state::App,
    store::surveys::{InvitationRecord, MeasureRecord, Skip},
    surveys::{
        keeper::{self, Audience},
        results,
    },
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use portico_contract::{
    Instant,
    id::{AttachmentId, MeasureId},
    list::Items,
    locale::Locale,
    problem::FieldProblem,
    request::Kind,
    strict,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /desk/v1/campaigns`: begins a round now. Either the `campaign` of the programme, whose round of the present
/// period it is then, or a `survey` beside the plan.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    campaign: Option<String>,
    survey: Option<String>,
    tiers: Option<Vec<String>>,
    sample: Option<u32>,
}

/// A round that has begun.
#[derive(Serialize)]
struct Round {
    id: String,
    campaign: Option<String>,
    period: Option<String>,
    survey: String,
    anonymous: bool,
    began_at: Instant,
    until: Instant,
    invited: u32,
    skipped: BTreeMap<Skip, u32>,
}

/// `POST /desk/v1/campaigns`
pub async fn begin(State(app): State<App>, _: Agent, posted: Posted) -> Result<Response, ApiError> {
    let new: NewCampaign = posted.json()?;
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let programme = app.programme();
    let (now, zone) = (app.clock.now(), app.settings.time_zone);
    let unknown =
        |pointer: &str| ApiError::validation(vec![Fault::at(pointer, FieldProblem::NotAnOption)]);
    let sample = new.sample.unwrap_or(100);
    if !(1..=100).contains(&sample) {
        let problem = if sample == 0 {
            FieldProblem::TooSmall
        } else {
            FieldProblem::TooLarge
        };
        let fault = Fault {
            min: "1".to_owned(),
            max: "100".to_owned(),
            ..Fault::at("/sample", problem)
        };
        return Err(ApiError::validation(vec![fault]));
    }
    let beside = uuid::Uuid::new_v4().simple().to_string();
    let (survey, audience) = match (&new.campaign, &new.survey) {
        (Some(_), Some(_)) => {
            return Err(ApiError::validation(vec![Fault::at(
                "/survey",
                FieldProblem::UnknownField,
            )]));
        }
        (Some(id), None) => {
            if new.tiers.is_some() || new.sample.is_some() {
                let at = if new.tiers.is_some() {
                    "/tiers"
                } else {
                    "/sample"
                };
                return Err(ApiError::validation(vec![Fault::at(
                    at,
                    FieldProblem::UnknownField,
                )]));
            }
            let campaign = programme
                .campaigns
                .iter()
                .find(|campaign| campaign.id == *id);
            let campaign = campaign.ok_or_else(|| unknown("/campaign"))?;
            let audience = Audience {
                campaign: &campaign.id,
                period: Some(campaign.every.name(now, zone)),
                tiers: campaign.tiers.as_deref(),
                sample: campaign.sample,
            };
            (&campaign.survey, audience)
        }
        (None, Some(survey)) => {
            let audience = Audience {
                campaign: &beside,
                period: None,
                tiers: new.tiers.as_deref(),
                sample,
            };
            (survey, audience)
        }
        (None, None) => return Err(required("/campaign")),
    };
    let terms = programme.survey(survey).ok_or_else(|| unknown("/survey"))?;
    let mut tx = app.store.write().await?;
    let wave = keeper::begin(&app, &mut *tx, terms, audience, now).await?;
    let (mut invited, mut skipped) = (0, BTreeMap::new());
    for (_, reason, count) in tx.wave_outcome(&wave.id).await? {
        match reason {
            Some(reason) => *skipped.entry(reason).or_default() += count,
            None => invited += count,
        }
    }
    let round = Round {
        id: wave.id,
        campaign: new.campaign,
        period: wave.period,
        survey: wave.survey,
        anonymous: wave.anonymous,
        began_at: wave.began_at,
        until: wave.until,
        invited,
        skipped,
    };
    let answer = Answer::json(StatusCode::CREATED, &round)?;
    turn.commit(tx, answer, None).await
}

/// The most of the ledger that the desk is shown at once.
const SHOWN: u32 = 1_000;

/// `GET /desk/v1/surveys/{id}/invitations`: the ledger, the newest first: who was asked, and who was not and why.
pub async fn invitations(
    State(app): State<App>,
    _: Agent,
    Path(id): Path<String>,
) -> Result<Json<Items<InvitationRecord>>, ApiError> {
    app.programme()
        .survey(&id)
        .ok_or_else(ApiError::not_found)?;
    let items = app.store.read().await?.invitations(&id, SHOWN).await?;
    Ok(Json(Items { items }))
}

/// The query of results.
#[derive(Debug, Deserialize)]
pub struct ResultsQuery {
    /// `json` or `csv`; default: what `Accept` asks for.
    format: Option<String>,
}

/// `GET /desk/v1/surveys/{id}/results`
pub async fn results(
    State(app): State<App>,
    _: Agent,
    Lang(locale): Lang,
    Path(id): Path<String>,
    Query(query): Query<ResultsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let programme = app.programme();
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let csv = match query.format.as_deref() {
        Some("csv") => true,
        Some("json") => false,
        Some(_) => return Err(ApiError::bad_request()),
        None => accepted.is_some_and(|accepted| accepted.starts_with("text/csv")),
    };
    let mut tx = app.store.read().await?;
    if let Some(composite) = programme
        .composites
        .iter()
        .find(|composite| composite.id == id)
    {
        if csv {
            return Err(ApiError::bad_request());
        }
        let found = results::composite(&app, &mut *tx, &programme, composite).await?;
        return Ok(Json(found).into_response());
    }
    let terms = programme.survey(&id).ok_or_else(ApiError::not_found)?;
    let found = results::results(&app, &mut *tx, terms, locale).await?;
    if csv {
        let name = format!("attachment; filename=\"{id}.csv\"");
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ];
        return Ok((headers, found.csv()).into_response());
    }
    Ok(Json(found).into_response())
}

/// `GET /desk/v1/surveys/{id}/files/{file}`: a file of an answer, which the results name.
pub async fn file(
    State(app): State<App>,
    _: Agent,
    Path((id, file)): Path<(String, AttachmentId)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut tx = app.store.read().await?;
    let found = tx.survey_file(&id, &file).await?;
    drop(tx);
    let found = found.ok_or_else(ApiError::not_found)?;
    content(&app, &found, &headers).await
}

/// `POST /desk/v1/measures`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMeasure {
    said: Localized,
    did: Localized,
    #[serde(default, deserialize_with = "strict")]
    kinds: Vec<Kind>,
}

/// `POST /desk/v1/measures`: tells customers what was done about what they said.
pub async fn publish(
    State(app): State<App>,
    _: Agent,
    posted: Posted,
) -> Result<Response, ApiError> {
    let new: NewMeasure = posted.json()?;
    let turn = match once_as(&app, NAME, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let mut faults = Vec::new();
    for (member, text) in [("said", &new.said), ("did", &new.did)] {
        for locale in Locale::ALL {
            let pointer = format!("/{member}/{locale}");
            intake::required(
                text.get(*locale).trim(),
                &pointer,
                app.settings.limits.body_length,
                &mut faults,
            );
        }
    }
    if !faults.is_empty() {
        return Err(ApiError::validation(faults));
    }
    let measure = MeasureRecord {
        id: MeasureId::new(uuid::Uuid::new_v4().simple().to_string()),
        said: new.said,
        did: new.did,
        kinds: new.kinds,
        published_at: app.clock.now(),
    };
    let mut tx = app.store.write().await?;
    tx.insert_measure(&measure).await?;
    let answer = Answer::json(StatusCode::CREATED, &measure)?;
    turn.commit(tx, answer, None).await
}

/// `GET /desk/v1/measures`: in every language, the newest first.
pub async fn measures(
    State(app): State<App>,
    _: Agent,
) -> Result<Json<Items<MeasureRecord>>, ApiError> {
    let items = app.store.read().await?.measures().await?;
    Ok(Json(Items { items }))
}

/// `DELETE /desk/v1/measures/{id}`: takes one back.
pub async fn withdraw(
    State(app): State<App>,
    _: Agent,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.store.write().await?;
    match tx.remove_measure(&MeasureId::new(id)).await? {
        true => {
            tx.commit().await?;
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(ApiError::not_found()),
    }
}
