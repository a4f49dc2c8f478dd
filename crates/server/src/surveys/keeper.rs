//! Looks at the clock for surveys: puts what is over into the ledger, begins the rounds of campaigns, sends what is
//! due and reminds once. Nothing is remembered between two looks but what the store holds, and a letter is queued in
//! the one transaction that notes it, so a restart, a kill or a clock that is put forward or back makes no second one.

use super::{
    Programme,
    gates::{self, Known},
    period::local_date,
    programme::{Campaign, SurveyTerms},
};
use crate::{
    delivery::{
        invitation::{self, Asking},
        letter,
    },
    http::{actor::token_hash, messages::save},
    keys,
    problem::ApiError,
    secret,
    state::App,
    store::{
        StoreError, Tx,
        records::{Customer, RequestRecord, Scope, SurveyMark},
        surveys::{InvitationRecord, InvitationState, Skip, WaveRecord},
    },
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    request::{Outcome, Status},
    session::Channel,
    submission::Contact,
};
use std::{sync::Arc, time::Duration};

/// Between two looks at what is due.
const TICK: Duration = Duration::from_secs(1);
/// Looks between two at whether the programme has changed.
const PROGRAMME_TICKS: u32 = 5;
/// What is looked at in one go.
const BATCH: u32 = 200;
/// The hour of the first day of a period at which a round goes out, on the company's clock.
const ROUND_HOUR: TimeDelta = TimeDelta::hours(9);

/// Goes round until the server stops.
pub async fn run(app: App) {
    let mut ticks = 0;
    let mut read = app.programme().files.clone();
    let mut wrong = None;
    loop {
        if let Err(error) = look(&app).await {
            tracing::warn!(
                ?error,
                "surveys that are due could not be looked at; again in a moment"
            );
        }
        if ticks == 0 {
            let found = read.now();
            if found != read || wrong.is_some() {
                (read, wrong) = match Programme::load(app.settings.surveys.as_deref()) {
                    Ok(new) => {
                        let files = new.files.clone();
                        app.set_programme(Arc::new(new));
                        tracing::info!("the survey programme was read anew");
                        (files, None)
                    }
                    Err(error) => {
                        if wrong.as_ref() != Some(&error) {
                            tracing::error!(%error, "the survey programme stays as it was read before");
                        }
                        (found, Some(error))
                    }
                };
            }
        }
        ticks = (ticks + 1) % PROGRAMME_TICKS;
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn look(app: &App) -> Result<(), ApiError> {
    let programme = app.programme();
    begin_rounds(app, &programme).await?;
    // Once in a look, so that what is due comes in between.
    let over = app.store.read().await?.requests_to_survey(BATCH).await?;
    for id in over {
        let mut tx = app.store.write().await?;
        if let Some(record) = tx.request(&id, &Scope::Desk).await? {
            plan(app, &programme, &mut *tx, record).await?;
            tx.commit().await?;
        }
    }
    loop {
        let due = app
            .store
            .read()
            .await?
            .due_invitations(app.clock.now(), BATCH)
            .await?;
        if due.is_empty() {
            return Ok(());
        }
        for id in due {
            let mut tx = app.store.write().await?;
            // Anonymous ones go out with their whole round: the one before may have taken this one along.
            let found = tx.invitation(&id).await?;
            if let Some(found) =
                found.filter(|found| found.due_at.is_some_and(|due| due <= app.clock.now()))
            {
                act(app, &programme, &mut *tx, found).await?;
                tx.commit().await?;
            }
        }
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Puts a request that is over into the ledger.
async fn plan(
    app: &App,
    programme: &Programme,
    tx: &mut dyn Tx,
    mut record: RequestRecord,
) -> Result<(), ApiError> {
    let over_since = record.survey_from.take();
    tx.update_request(&record).await?;
    let (Some(closure), Some(over_since)) = (&programme.closure, over_since) else {
        return Ok(());
    };
    if !closure.kinds.is_empty() && !closure.kinds.contains(&record.kind) {
        return Ok(());
    }
    let now = app.clock.now();
    let to = letter::recipient(tx, &record).await?;
    let unhandled = matches!(
        record.outcome,
        Some(Outcome::Withdrawn | Outcome::Duplicate | Outcome::Merged)
    );
    let before = tx.invitation_of(&record.id).await?;
    let mut asked_before = false;
    if let Some(mut planned) = before {
        if planned.state == InvitationState::Planned {
            // It was reopened and is over again: what was to be asked about the first time is not.
            skip(tx, &mut planned, Skip::Reopened).await?;
        } else {
            asked_before = true;
        }
    }
    let mut invitation = InvitationRecord {
        id: new_id(),
        person: to.as_ref().map(|to| to.address.clone()).unwrap_or_default(),
        channel: to.as_ref().map_or(Channel::Email, |to| to.channel),
        locale: record.locale,
        survey: closure.survey.clone(),
        request_id: Some(record.id.clone()),
        wave_id: None,
        tier: record.tier.clone(),
        state: InvitationState::Planned,
        reason: None,
        resolved_at: Some(over_since),
        planned_at: now,
        due_at: over_since.plus(TimeDelta::hours(closure.hours.into())),
        sent_at: None,
        reminded_at: None,
        answered_at: None,
        until: None,
        questionnaire: None,
    };
    let reason = match &to {
        _ if unhandled => Some(Skip::NotHandled),
        None => Some(Skip::NoAddress),
        Some(to) if tx.is_unsubscribed(&to.address).await? => Some(Skip::OptedOut),
        Some(_) if asked_before => Some(Skip::OncePerTicket),
        Some(_) => None,
    };
    if let Some(reason) = reason {
        (invitation.state, invitation.reason, invitation.due_at) =
            (InvitationState::Skipped, Some(reason), None);
    }
    Ok(tx.insert_invitation(&invitation).await?)
}

async fn skip(
    tx: &mut dyn Tx,
    invitation: &mut InvitationRecord,
    reason: Skip,
) -> Result<(), ApiError> {
    invitation.state = InvitationState::Skipped;
    invitation.reason = Some(reason);
    invitation.due_at = None;
    Ok(tx.update_invitation(invitation).await?)
}

/// What is due for an invitation: to send it, or to remind.
async fn act(
    app: &App,
    programme: &Programme,
    tx: &mut dyn Tx,
    mut found: InvitationRecord,
) -> Result<(), ApiError> {
    let Some(terms) = programme.survey(&found.survey) else {
        if found.state == InvitationState::Planned {
            return skip(tx, &mut found, Skip::Ended).await;
        }
        found.due_at = None;
        return Ok(tx.update_invitation(&found).await?);
    };
    if found.state != InvitationState::Planned {
        return remind(app, terms, tx, found).await;
    }
    let wave = match &found.wave_id {
        Some(id) => tx.wave(id).await?,
        None => None,
    };
    match wave {
        Some(wave) if wave.anonymous => {
            // All at once, so that the one transaction in which a ballot appears says nothing about whose it is.
            for one in tx.planned_of(&wave.id).await? {
                send(app, programme, terms, tx, one, Some(&wave)).await?;
            }
            Ok(())
        }
        wave => send(app, programme, terms, tx, found, wave.as_ref()).await,
    }
}

async fn known(
    app: &App,
    tx: &mut dyn Tx,
    person: &str,
    survey: &str,
    asked_about_case: bool,
) -> Result<Known, ApiError> {
    let date = |at: Option<Instant>| at.map(|at| local_date(at, app.settings.time_zone));
    Ok(Known {
        unsubscribed: tx.is_unsubscribed(person).await?,
        asked_about_case,
        last: date(tx.last_sent(person, None).await?),
        last_of_survey: date(tx.last_sent(person, Some(survey)).await?),
    })
}

async fn send(
    app: &App,
    programme: &Programme,
    terms: &SurveyTerms,
    tx: &mut dyn Tx,
    mut found: InvitationRecord,
    wave: Option<&WaveRecord>,
) -> Result<(), ApiError> {
    let now = app.clock.now();
    let mut request = match &found.request_id {
        Some(id) => tx.request(id, &Scope::Desk).await?,
        None => None,
    };
    if let Some(request) = &request {
        let over = matches!(request.status, Status::Resolved | Status::Closed);
        // What was resolved at another time was reopened in between.
        if !over || request.resolved_at != found.resolved_at {
            return skip(tx, &mut found, Skip::Reopened).await;
        }
    }
    let known = known(app, tx, &found.person, &terms.id, false).await?;
    let today = local_date(now, app.settings.time_zone);
    if let Some(reason) = gates::closed(terms, known, today) {
        return skip(tx, &mut found, reason).await;
    }
    let sample = programme
        .closure
        .as_ref()
        .filter(|_| wave.is_none())
        .map_or(100, |closure| closure.sample);
    if !drawn(sample)? {
        return skip(tx, &mut found, Skip::Sampling).await;
    }
    let questionnaire = &terms.questionnaire;
    tx.keep_questionnaire(&questionnaire.hash, &questionnaire.text)
        .await?;
    let period = terms.period.name(now, app.settings.time_zone);
    tx.keep_weights(&terms.id, &period, &terms.dimensions)
        .await?;
    let until = match wave {
        Some(wave) if wave.anonymous => Some(wave.until),
        _ => now.plus(TimeDelta::days(terms.valid_days.into())),
    };
    found.state = InvitationState::Sent;
    found.sent_at = Some(now);
    found.until = until;
    found.questionnaire = Some(questionnaire.hash);
    found.due_at = terms
        .reminder_days
        .and_then(|days| now.plus(TimeDelta::days(days.into())));
    tx.update_invitation(&found).await?;
    let token = secret::token()?;
    match wave {
        Some(wave) if wave.anonymous => tx.add_ballot(&token_hash(&token), &wave.id).await?,
        _ => tx.add_survey_link(&token_hash(&token), &found.id).await?,
    }
    if let (Some(request), Some(until)) = (&mut request, until) {
        request.survey = Some(SurveyMark {
            answered: false,
            until,
        });
        request.changed(now);
        save(tx, request).await?;
    }
    invitation::ask(
        app,
        tx,
        &found,
        terms,
        request.as_ref(),
        &token,
        Asking::First,
    )
    .await
}

/// Writes once more to who has not answered. Gaps do not count; who wants no surveys any more gets none.
async fn remind(
    app: &App,
    terms: &SurveyTerms,
    tx: &mut dyn Tx,
    mut found: InvitationRecord,
) -> Result<(), ApiError> {
    let now = app.clock.now();
    found.due_at = None;
    let request = match &found.request_id {
        Some(id) => tx.request(id, &Scope::Desk).await?,
        None => None,
    };
    let reopened = request
        .as_ref()
        .is_some_and(|request| !matches!(request.status, Status::Resolved | Status::Closed));
    let waits = matches!(found.state, InvitationState::Sent | InvitationState::Shown);
    let open = found.until.is_some_and(|until| now < until);
    let wanted = waits && open && !reopened && !tx.is_unsubscribed(&found.person).await?;
    if wanted {
        found.reminded_at = Some(now);
        let token = secret::token()?;
        tx.add_survey_link(&token_hash(&token), &found.id).await?;
        invitation::ask(
            app,
            tx,
            &found,
            terms,
            request.as_ref(),
            &token,
            Asking::Again,
        )
        .await?;
    }
    Ok(tx.update_invitation(&found).await?)
}

/// A draw with so many chances in a hundred.
fn drawn(percent: u32) -> Result<bool, ApiError> {
    Ok(percent >= 100 || below(100)? < u64::from(percent))
}

/// A random number below a bound. The bias of the remainder is below one in 10^15 for any bound that occurs.
fn below(bound: u64) -> Result<u64, ApiError> {
    let bits = u64::from_le_bytes(keys::random().map_err(ApiError::internal)?);
    Ok(bits % bound.max(1))
}

/// Under which a campaign's first appearance is kept.
fn known_since(campaign: &Campaign) -> String {
    format!("campaign_since:{}", campaign.id)
}

/// Begins the rounds of the present periods that have not been. A campaign that is new begins with the next period, so
/// that nobody is asked because a server was set up or a line was added.
async fn begin_rounds(app: &App, programme: &Programme) -> Result<(), ApiError> {
    let (now, zone) = (app.clock.now(), app.settings.time_zone);
    for campaign in &programme.campaigns {
        let Some(start) = campaign.every.start(now, zone) else {
            continue;
        };
        let mut tx = app.store.read().await?;
        let since = tx.meta(&known_since(campaign)).await?;
        let since = since.and_then(|text| text.parse::<i64>().ok());
        let name = campaign.every.name(now, zone);
        if since.is_some_and(|since| since > start.unix_millis())
            || tx.has_wave(&campaign.id, &name).await?
        {
            continue;
        }
        drop(tx);
        let mut tx = app.store.write().await?;
        if since.is_none() {
            tx.set_meta(&known_since(campaign), &now.unix_millis().to_string())
                .await?;
            tx.commit().await?;
            continue;
        }
        let Some(terms) = programme.survey(&campaign.survey) else {
            continue;
        };
        let at = start.plus(ROUND_HOUR).map_or(now, |at| at.max(now));
        let audience = Audience {
            campaign: &campaign.id,
            period: Some(name),
            tiers: campaign.tiers.as_deref(),
            sample: campaign.sample,
        };
        let wave = begin(app, &mut *tx, terms, audience, at).await?;
        tx.commit().await?;
        tracing::info!(
            campaign = campaign.id,
            period = wave.period,
            "a round has begun"
        );
    }
    Ok(())
}

/// Who is to be asked in a round.
#[derive(Debug)]
pub struct Audience<'a> {
    /// Whose round it is.
    pub campaign: &'a str,
    /// Which period's; `None` beside the plan.
    pub period: Option<String>,
    /// Which customers; `None`: all with an account.
    pub tiers: Option<&'a [String]>,
    /// What share of them in percent.
    pub sample: u32,
}

/// Begins a round: everybody in the audience goes into the ledger, to be written to from `at` on or with the reason why
/// not. The draw comes last, among those whom every other gate lets through.
///
/// # Errors
/// 409 when the campaign has had its round of the period; when the store fails.
pub async fn begin(
    app: &App,
    tx: &mut dyn Tx,
    terms: &SurveyTerms,
    audience: Audience<'_>,
    at: Instant,
) -> Result<WaveRecord, ApiError> {
    let now = app.clock.now();
    let wave = WaveRecord {
        id: new_id(),
        campaign: audience.campaign.to_owned(),
        period: audience.period,
        survey: terms.id.clone(),
        began_at: now,
        until: at
            .plus(TimeDelta::days(terms.valid_days.into()))
            .unwrap_or(at),
        anonymous: terms.anonymous,
        questionnaire: Some(terms.questionnaire.hash),
    };
    tx.insert_wave(&wave).await?;
    tx.keep_questionnaire(&terms.questionnaire.hash, &terms.questionnaire.text)
        .await?;
    let period = terms.period.name(wave.began_at, app.settings.time_zone);
    tx.keep_weights(&terms.id, &period, &terms.dimensions)
        .await?;
    let today = local_date(at, app.settings.time_zone);
    let mut open = Vec::new();
    for customer in tx.audience(audience.tiers).await? {
        let mut invitation = to_customer(app, &customer, &wave, now);
        let reason = if invitation.person.is_empty() {
            Some(Skip::NoAddress)
        } else {
            gates::closed(
                terms,
                known(app, tx, &invitation.person, &terms.id, false).await?,
                today,
            )
        };
        match reason {
            Some(reason) => {
                (invitation.state, invitation.reason) = (InvitationState::Skipped, Some(reason));
                add(tx, &invitation).await?;
            }
            None => open.push(invitation),
        }
    }
    let wanted = (open.len() * audience.sample as usize).div_ceil(100);
    // Each of the first places gets one of those that are left: a fair draw of so many.
    for place in 0..wanted.min(open.len()) {
        let left = (open.len() - place) as u64;
        let other = place + usize::try_from(below(left)?).unwrap_or_default();
        open.swap(place, other);
    }
    for (place, mut invitation) in open.into_iter().enumerate() {
        if place < wanted {
            invitation.due_at = Some(at);
        } else {
            (invitation.state, invitation.reason) =
                (InvitationState::Skipped, Some(Skip::Sampling));
        }
        add(tx, &invitation).await?;
    }
    Ok(wave)
}

/// Adds an invitation of a round; a second one for the same address is none.
async fn add(tx: &mut dyn Tx, invitation: &InvitationRecord) -> Result<(), ApiError> {
    match tx.insert_invitation(invitation).await {
        Err(StoreError::Taken) => Ok(()),
        other => Ok(other?),
    }
}

fn to_customer(
    app: &App,
    customer: &Customer,
    wave: &WaveRecord,
    now: Instant,
) -> InvitationRecord {
    let contact = Contact {
        email: customer.email.clone(),
        phone: customer.phone.clone(),
        ..Contact::default()
    };
    let to = letter::by_contact(&contact);
    InvitationRecord {
        id: new_id(),
        // An empty one stands for nobody, and two of them would be the same nobody.
        person: to
            .as_ref()
            .map_or_else(String::new, |to| to.address.clone()),
        channel: to.as_ref().map_or(Channel::Email, |to| to.channel),
        locale: customer.locale.unwrap_or_else(|| app.settings.locale(None)),
        survey: wave.survey.clone(),
        request_id: None,
        wave_id: Some(wave.id.clone()),
        tier: customer.tier.clone(),
        state: InvitationState::Planned,
        reason: None,
        resolved_at: None,
        planned_at: now,
        due_at: None,
        sent_at: None,
        reminded_at: None,
        answered_at: None,
        until: None,
        questionnaire: None,
    }
}
