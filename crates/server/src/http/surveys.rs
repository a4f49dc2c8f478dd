//! Surveys by their link: what a token opens, drafts, the one response; and a fresh link for the customer of a request.
//!
//! Reading records nothing, whoever opens the link: programs that scan mail open all of them.

use super::{
    actor::{Actor, token_hash},
    context::Lang,
    messages::save,
    once::{Answer, Key, Once, once, once_as},
    posted::Posted,
};
use crate::{
    delivery::invitation::setting,
    problem::{ApiError, Fault},
    secret,
    state::App,
    store::{
        Tx,
        records::{Happening, RequestRecord, Scope, SurveyMark},
        surveys::{Ballot, Hash, InvitationRecord, InvitationState, WaveRecord},
    },
    surveys::{
        Questionnaire, files,
        questionnaire::{DATA_MAX, Shown, Through},
        results::{self, Weights},
    },
    view,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::Response,
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    id::RequestId,
    list::Items,
    locale::Locale,
    problem::{FieldProblem, ProblemCode},
    request::{Refusal, SurveyState, TypeName},
    survey::{Measure, Survey, SurveyAnswers, SurveyLink, SurveyRequest},
    timeline::Role,
};
use portico_survey::{Object, Value};

/// Names whoever holds a link beside what they sent; nobody else is known.
pub const NAME: &str = "survey link";

/// What a token leads to.
pub enum Lead {
    /// An invitation.
    Invitation(Box<InvitationRecord>),
    /// A ballot, of which nobody knows whose it is.
    Ballot(Hash, Ballot, Box<WaveRecord>),
}

impl Lead {
    /// Follows a token.
    ///
    /// # Errors
    /// 404 when it leads nowhere.
    pub async fn find(tx: &mut dyn Tx, token: &str) -> Result<Self, ApiError> {
        let hash = token_hash(token);
        if let Some(found) = tx.invitation_by_link(&hash).await? {
            return Ok(Self::Invitation(Box::new(found)));
        }
        let ballot = tx.ballot(&hash).await?.ok_or_else(ApiError::not_found)?;
        let wave = tx
            .wave(&ballot.wave_id)
            .await?
            .ok_or_else(ApiError::not_found)?;
        Ok(Self::Ballot(hash, ballot, Box::new(wave)))
    }

    /// Until when it can be answered, and the answer changed.
    #[must_use]
    pub fn until(&self) -> Option<Instant> {
        match self {
            Self::Invitation(invitation) => invitation.until,
            Self::Ballot(_, _, wave) => Some(wave.until),
        }
    }

    /// Whether it can be answered, or the answer be changed.
    #[must_use]
    pub fn is_open(&self, now: Instant) -> bool {
        self.until().is_some_and(|until| now < until)
    }

    /// Nobody knows whose answers these are.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Self::Ballot(..))
    }

    /// There is a response.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        match self {
            Self::Invitation(invitation) => invitation.answered_at.is_some(),
            Self::Ballot(_, ballot, _) => ballot.data.is_some(),
        }
    }

    /// The questionnaire as it was when the customer was asked.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn questionnaire(&self, tx: &mut dyn Tx) -> Result<Questionnaire, ApiError> {
        let hash = match self {
            Self::Invitation(invitation) => invitation.questionnaire,
            Self::Ballot(_, _, wave) => wave.questionnaire,
        };
        let hash =
            hash.ok_or_else(|| ApiError::internal("an invitation without its questionnaire"))?;
        let text = tx.questionnaire(&hash).await?;
        let text = text
            .ok_or_else(|| ApiError::internal("the questionnaire of an invitation is not kept"))?;
        Questionnaire::read(&text).map_err(ApiError::internal)
    }

    /// The draft, or else what was sent.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn data(&self, tx: &mut dyn Tx) -> Result<Value, ApiError> {
        let text = match self {
            Self::Invitation(invitation) => match tx.draft(&invitation.id).await? {
                Some(draft) => Some(draft),
                None => tx.response(&invitation.id).await?,
            },
            Self::Ballot(_, ballot, _) => ballot.draft.clone().or_else(|| ballot.data.clone()),
        };
        match text {
            Some(text) => serde_json::from_str(&text).map_err(ApiError::internal),
            None => Ok(Value::Object(Object::new())),
        }
    }

    /// What was sent; nothing before.
    async fn sent(&self, tx: &mut dyn Tx) -> Result<Object, ApiError> {
        let text = match self {
            Self::Invitation(invitation) => tx.response(&invitation.id).await?,
            Self::Ballot(_, ballot, _) => ballot.data.clone(),
        };
        let read = |text: String| serde_json::from_str(&text).map_err(ApiError::internal);
        text.map_or_else(|| Ok(Object::new()), read)
    }

    /// The survey, as the programme names it.
    fn survey_id(&self) -> &str {
        match self {
            Self::Invitation(invitation) => &invitation.survey,
            Self::Ballot(_, _, wave) => &wave.survey,
        }
    }

    /// The invitation; none of a ballot.
    fn invitation_id(&self) -> Option<&str> {
        match self {
            Self::Invitation(invitation) => Some(&invitation.id),
            Self::Ballot(..) => None,
        }
    }

    /// What it opens.
    async fn survey(
        &self,
        app: &App,
        tx: &mut dyn Tx,
        locale: Locale,
    ) -> Result<Survey<Value>, ApiError> {
        let open = self.is_open(app.clock.now());
        let (definition, data) = match open {
            true => (
                Some(self.questionnaire(tx).await?.json().clone()),
                Some(self.data(tx).await?),
            ),
            false => (None, None),
        };
        let state = match (open, self.is_answered()) {
            (false, _) => SurveyState::Expired,
            (true, true) => SurveyState::Answered,
            (true, false) => SurveyState::Offered,
        };
        let request = match self {
            Self::Invitation(invitation) => match &invitation.request_id {
                Some(id) => tx.request(id, &Scope::Desk).await?,
                None => None,
            },
            Self::Ballot(..) => None,
        };
        Ok(Survey {
            state,
            definition,
            data,
            editable_until: self.until(),
            request: request.map(|request| about(app, &request, locale)),
            anonymous: self.is_anonymous(),
        })
    }
}

fn about(app: &App, request: &RequestRecord, locale: Locale) -> SurveyRequest {
    let company = app.company();
    let form = company
        .catalogue
        .request_type(&request.type_id)
        .map(|t| t.form(locale));
    SurveyRequest {
        id: request.id.clone(),
        reference: request.reference,
        kind: request.kind,
        request_type: TypeName {
            id: request.type_id.clone(),
            name: form.map_or_else(
                || {
                    company
                        .catalogue
                        .word(&format!("kind.{}", request.kind), locale)
                        .to_owned()
                },
                |form| form.name.clone(),
            ),
        },
    }
}

/// `GET /surveys/{token}`
pub async fn one(
    State(app): State<App>,
    Lang(locale): Lang,
    Path(token): Path<String>,
) -> Result<Json<Survey<Value>>, ApiError> {
    let mut tx = app.store.read().await?;
    let lead = Lead::find(&mut *tx, &token).await?;
    Ok(Json(lead.survey(&app, &mut *tx, locale).await?))
}

/// The answers that were sent, if they are not too many.
fn sent(posted: &Posted) -> Result<Value, ApiError> {
    let SurveyAnswers::<Value> { data } = posted.json()?;
    let size = serde_json::to_vec(&data).map_err(ApiError::internal)?.len();
    match size > DATA_MAX {
        true => Err(ApiError::new(ProblemCode::PayloadTooLarge)),
        false => Ok(data),
    }
}

/// `PUT /surveys/{token}/draft`: answers that are not sent yet.
pub async fn draft(
    State(app): State<App>,
    Path(token): Path<String>,
    posted: Posted,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.store.read().await?;
    let lead = Lead::find(&mut *tx, &token).await?;
    let data = sent(&posted)?;
    let questionnaire = lead.questionnaire(&mut *tx).await?;
    let mut answers = questionnaire
        .known(&data)
        .map_err(ApiError::validation)?
        .clone();
    files::without_uploads(&questionnaire, &lead.sent(&mut *tx).await?, &mut answers);
    drop(tx);
    let text = serde_json::to_string(&answers).map_err(ApiError::internal)?;
    let mut tx = app.store.write().await?;
    match Lead::find(&mut *tx, &token).await? {
        lead if !lead.is_open(app.clock.now()) => return Err(ApiError::new(ProblemCode::Gone)),
        Lead::Invitation(mut invitation) => {
            tx.set_draft(&invitation.id, Some(&text)).await?;
            if invitation.state == InvitationState::Sent {
                invitation.state = InvitationState::Shown;
                tx.update_invitation(&invitation).await?;
            }
        }
        Lead::Ballot(hash, ballot, _) => {
            tx.mark_ballot(&hash, Some(&text), ballot.data.as_deref())
                .await?
        }
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /surveys/{token}/response`: the one response of an invitation, or another in its place.
pub async fn respond(
    State(app): State<App>,
    Lang(locale): Lang,
    Path(token): Path<String>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let data = {
        let mut tx = app.store.read().await?;
        Lead::find(&mut *tx, &token).await?;
        sent(&posted)?
    };
    let turn = match once_as(&app, NAME, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let mut tx = app.store.write().await?;
    let recorded = record(&app, &mut *tx, &token, &data, Through::Api, locale)
        .await
        .map_err(|refused| refused.error)?;
    let lead = Lead::find(&mut *tx, &token).await?;
    let survey = lead.survey(&app, &mut *tx, locale).await?;
    let answer =
        Answer::json(StatusCode::OK, &survey)?.with(header::CONTENT_LANGUAGE, locale.as_str());
    let response = turn.commit(tx, answer, recorded.about.as_ref()).await?;
    recorded.release(&app).await;
    Ok(response)
}

/// Answers that were taken.
#[derive(Default)]
pub struct Recorded {
    /// The request that they are about.
    pub about: Option<RequestId>,
    /// SHA-256 of files that they name no more.
    gone: Vec<String>,
}

impl Recorded {
    /// Takes the files away, once all is written down.
    pub async fn release(self, app: &App) {
        for sha256 in self.gone {
            if let Err(error) = app.files.release(&*app.store, &sha256).await {
                // The answers are taken; what is left goes with the next start.
                tracing::warn!(%error, "a file that was taken away could not be removed");
            }
        }
    }
}

/// Why answers were not taken, and how the form stands with them.
pub struct Refused {
    /// Why.
    pub error: ApiError,
    /// The form with what is wrong on its fields, where it is about them.
    pub shown: Option<Box<Shown>>,
}

impl<E: Into<ApiError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            shown: None,
        }
    }
}

/// Takes answers: into the ledger, the timeline and the request, or onto a ballot and nowhere else.
///
/// # Errors
/// 404, 410 when the time is over, 422 for answers that do not fit.
pub async fn record(
    app: &App,
    tx: &mut dyn Tx,
    token: &str,
    data: &Value,
    through: Through,
    locale: Locale,
) -> Result<Recorded, Refused> {
    let lead = Lead::find(tx, token).await?;
    let now = app.clock.now();
    let questionnaire = lead.questionnaire(tx).await?;
    let checked = questionnaire.check(data, through, setting(app, locale));
    let mut answers = checked.map_err(|(faults, shown)| Refused {
        error: ApiError::validation(faults),
        shown,
    })?;
    if !lead.is_open(now) {
        return Err(ApiError::new(ProblemCode::Gone).into());
    }
    let owner = files::Owner {
        survey: lead.survey_id(),
        invitation: lead.invitation_id(),
        before: &lead.sent(tx).await?,
    };
    let (limits, setting) = (&app.settings.limits, setting(app, locale));
    let mut recorded = Recorded {
        about: None,
        gone: files::take(tx, owner, &questionnaire, &mut answers, limits, setting).await?,
    };
    let text = serde_json::to_string(&answers).map_err(ApiError::internal)?;
    let mut invitation = match lead {
        Lead::Ballot(hash, _, _) => {
            tx.mark_ballot(&hash, None, Some(&text)).await?;
            return Ok(recorded);
        }
        Lead::Invitation(invitation) => invitation,
    };
    let programme = app.programme();
    let terms = programme.survey(&invitation.survey);
    tx.put_response(&invitation.id, now, &text).await?;
    tx.set_draft(&invitation.id, None).await?;
    let first = invitation.answered_at.is_none();
    if first {
        invitation.answered_at = Some(now);
        if let Some(terms) = terms {
            invitation.until = now.plus(TimeDelta::days(terms.change_days.into()));
        }
    }
    invitation.state = InvitationState::Answered;
    invitation.due_at = None;
    tx.update_invitation(&invitation).await?;
    let score = match (terms, invitation.sent_at) {
        (Some(terms), Some(sent)) => {
            let period = terms.period.name(sent, app.settings.time_zone);
            let dimensions = Weights::of(tx, terms).await?.in_period(&period, terms);
            results::score_of(terms, &dimensions, &answers)
        }
        _ => None,
    };
    let Some(id) = &invitation.request_id else {
        return Ok(recorded);
    };
    if let Some(mut request) = tx.request(id, &Scope::Desk).await? {
        if let Some(until) = invitation.until {
            request.survey = Some(SurveyMark {
                answered: true,
                until,
            });
        }
        if tx.set_survey_score(id, score).await? {
            request.changed(now);
        } else {
            let entry = request.entry(now, true, Role::Customer, Happening::Survey { score });
            tx.add_entry(&entry).await?;
        }
        save(tx, &request).await?;
    }
    recorded.about = invitation.request_id;
    Ok(recorded)
}

/// `POST /requests/{id}/survey-link`: a fresh token for the customer of a request; those in letters stay good.
pub async fn link(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<RequestId>,
    posted: Posted,
) -> Result<Response, ApiError> {
    actor.request(&mut *app.store.read().await?, &id).await?;
    let posted = posted.or_empty();
    let Nothing {} = posted.json()?;
    let turn = match once(&app, &actor, &posted, Key::Accepted).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };
    let mut tx = app.store.write().await?;
    let record = actor.request(&mut *tx, &id).await?;
    if record.following.is_some() {
        return Err(ApiError::refused(Refusal::Following));
    }
    let offered = tx
        .invitation_of(&id)
        .await?
        .filter(|invitation| invitation.sent_at.is_some());
    let mut invitation = offered.ok_or_else(|| ApiError::refused(Refusal::NotOffered))?;
    let over = || ApiError::refused(Refusal::WindowOver);
    let until = invitation
        .until
        .filter(|until| app.clock.now() < *until)
        .ok_or_else(over)?;
    let token = secret::token()?;
    tx.add_survey_link(&token_hash(&token), &invitation.id)
        .await?;
    if invitation.state == InvitationState::Sent {
        invitation.state = InvitationState::Shown;
        tx.update_invitation(&invitation).await?;
    }
    let answer = Answer::json(
        StatusCode::OK,
        &SurveyLink {
            token,
            expires_at: until,
        },
    )?;
    turn.commit(tx, answer, Some(&id)).await
}

/// A body that says nothing.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `GET /measures`: what was done about what customers said, the newest first.
pub async fn measures(
    State(app): State<App>,
    Lang(locale): Lang,
) -> Result<Json<Items<Measure>>, ApiError> {
    let all = app.store.read().await?.measures().await?;
    let items = all
        .iter()
        .map(|measure| view::measure(measure, locale))
        .collect();
    Ok(Json(Items { items }))
}

/// `GET /requests/{id}/measures`: those that are about requests of this kind.
pub async fn measures_of(
    State(app): State<App>,
    actor: Actor,
    Lang(locale): Lang,
    Path(id): Path<RequestId>,
) -> Result<Json<Items<Measure>>, ApiError> {
    let mut tx = app.store.read().await?;
    let request = actor.request(&mut *tx, &id).await?;
    let all = tx.measures().await?;
    let about = all
        .iter()
        .filter(|measure| measure.kinds.is_empty() || measure.kinds.contains(&request.kind));
    Ok(Json(Items {
        items: about
            .map(|measure| view::measure(measure, locale))
            .collect(),
    }))
}

/// A fault of a missing member.
pub(super) fn required(pointer: &str) -> ApiError {
    ApiError::validation(vec![Fault::at(pointer, FieldProblem::Required)])
}
