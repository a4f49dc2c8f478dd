//! `POST /requests/{id}/actions/{name}`: what a customer can do besides writing.

use super::{
    actor::Actor,
    context::Lang,
    etag::{etag, precondition},
    messages::{answer_proposal, save},
    once::{Answer, Key, Once, once},
    posted::Posted,
};
use crate::{
    attach::Taking,
    delivery::letter::{self, Recipient},
    gateway::{
        mirror::By,
        outward::{self, Outgoing},
    },
    intake,
    life::StatusChange,
    limits::{self, Client, Rule},
    problem::{ApiError, Fault},
    promises::{Event, Policy},
    state::App,
    store::{
        Tx,
        records::{EscalationRecord, Happening, NewEntry, RequestRecord, Scope},
    },
    view,
};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::Response,
};
use portico_connect::ticket::Change;
use portico_contract::{
    Instant,
    id::RequestId,
    locale::Locale,
    problem::FieldProblem,
    request::{Action, Outcome, Refusal, Status},
    session::Channel,
    submission::{Comment, Edit, Follow, Grounds},
    timeline::{FollowerEvent, ProposalAnswer, Role},
};
use std::collections::BTreeSet;

/// What is asked for, understood.
enum Asked {
    /// A new status, and what is said with it.
    Status(Status, StatusChange),
    /// Other content.
    Edit(Edit),
    /// An answer to the proposal.
    Proposal(ProposalAnswer, Option<String>),
    /// More than an answer: chase, escalate, review.
    More(Option<String>),
    /// Somebody who follows or, with `remove`, no longer does: their address in its normal form.
    Follow { email: String, remove: bool },
}

/// `POST /requests/{id}/actions/{name}`
pub async fn act(
    State(app): State<App>,
    actor: Actor,
    client: Client,
    Lang(locale): Lang,
    Path((id, name)): Path<(RequestId, String)>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let found = actor.request(&mut *app.store.read().await?, &id).await?;
    let action = Action::from_word(&name);
    let posted = posted.or_empty();
    let asked = asked(&app, action, &posted)?;
    let turn = match once(&app, &actor, &posted, Key::Required).await? {
        Once::Replay(response) => return Ok(response),
        Once::New(turn) => turn,
    };

    // Who follows is known here alone.
    let held = match &asked {
        Asked::Follow { .. } => None,
        _ => outward::hold(&app, &found, turn.key_hash()).await?,
    };
    let written = match held {
        None => None,
        Some(desk) => {
            let mut record = actor.request(&mut *app.store.read().await?, &id).await?;
            let over = matches!(record.status, Status::Resolved | Status::Closed);
            if let Asked::Edit(edit) = &asked {
                apply(&app, &mut record, edit, locale)?;
            }
            if !desk.in_doubt() {
                precondition(&posted.headers, &record)?;
                check(&app, &record, action, &asked)?;
            }
            let out = outgoing(&app, action, &asked, &record, over);
            Some(desk.write(&app, out).await?)
        }
    };

    let mut tx = app.store.write().await?;
    let mut record = actor.request(&mut *tx, &id).await?;
    if let Asked::Edit(edit) = &asked {
        // Its answers are judged together with those that stay.
        apply(&app, &mut record, edit, locale)?;
    }
    let (now, policy) = (app.clock.now(), app.policy());
    if written.is_none() {
        precondition(&posted.headers, &record)?;
        check(&app, &record, action, &asked)?;
    }
    let mut by = By::Desk;
    let mut unnamed = Vec::new();
    let mut told = Vec::new();
    match asked {
        // The desk has done it, and says what has become of it.
        Asked::Status(_, change) if written.is_some() => {
            // Where their words stand there as a message they are not said twice.
            let said = written.as_ref().is_some_and(|w| w.message.is_some());
            by = By::Customer(StatusChange {
                explanation: change.explanation.filter(|_| !said),
                ..change
            });
        }
        Asked::Status(status, change) => {
            answer_proposal(&mut *tx, &mut record, ProposalAnswer::Lapsed, None).await?;
            told = record.set_status(status, change, Role::Customer, &policy, now);
        }
        Asked::Proposal(answer, comment) => {
            answer_proposal(&mut *tx, &mut record, answer, comment.as_deref()).await?;
            told = record.proposal_answered(answer, &policy, now);
        }
        Asked::More(comment) => told = record.asked(action, comment, &policy, now),
        Asked::Follow { email, remove } => {
            let before = record.followers.len();
            told = record.follow(email, remove, now)?;
            if let Some(added) = record.followers.get(before) {
                // A letter to a stranger is worth a limit.
                limits::count(&app, &mut *tx, Rule::NewRequests, client.as_str()).await?;
                letter::follow(&app, &mut *tx, &record, added).await?;
            }
        }
        Asked::Edit(_) => {
            unnamed = change_files(&app, &mut *tx, &mut record, locale).await?;
            tx.replace_first_message(&record.id, &record.body).await?;
            told.push(record.entry(now, true, Role::Customer, Happening::Edited));
        }
    }
    let mut named = None;
    for entry in &told {
        named = named.or(Some(tx.add_entry(entry).await?.id));
    }
    match &written {
        None => save(&mut *tx, &record).await?,
        Some(written) => {
            written.says(&mut *tx, &record, named).await?;
            written.take_in(&app, &mut *tx, &mut record, by).await?;
        }
    }
    let kept = tx
        .request(&id, &Scope::Desk)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let record = RequestRecord {
        following: record.following,
        ..kept
    };
    let shown = view::request(&app, &record, locale);
    let answer = Answer::json(StatusCode::OK, &shown)?
        .with(header::ETAG, etag(&record, &shown)?)
        .with(header::CONTENT_LANGUAGE, locale.as_str());
    let response = turn.commit(tx, answer, Some(&id)).await?;
    for sha256 in unnamed {
        if let Err(error) = app.files.release(&*app.store, &sha256).await {
            // The customer's change is made; what is left goes with the next start.
            tracing::warn!(%error, "a file that was taken away could not be removed");
        }
    }
    Ok(response)
}

/// Whether the customer may do it now.
fn check(app: &App, record: &RequestRecord, action: Action, asked: &Asked) -> Result<(), ApiError> {
    // Whoever was let in can be shown out at any time, and is let in once.
    let known = |email| record.followers.contains(email);
    if matches!(asked, Asked::Follow { email, remove } if *remove || known(email)) {
        return Ok(());
    }
    let situation = view::situation(app, record);
    if !situation.exists(action) || !app.gateway.offers(record, action) {
        return Err(ApiError::not_found());
    }
    situation.check(action).map_err(ApiError::refused)
}

/// What another desk is told of it, in the company's first language: what it has no word for, as a message.
fn outgoing(
    app: &App,
    action: Action,
    asked: &Asked,
    record: &RequestRecord,
    over: bool,
) -> Outgoing {
    let locale = app.settings.locale(None);
    let word = |key: &str| app.company().catalogue.word(key, locale).to_owned();
    let with = |key: &str, comment: Option<&String>| {
        let parts = [Some(word(key)), comment.cloned()];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n"))
    };
    let (words, change) = match asked {
        Asked::Status(status, change) => (
            // Words to a ticket that has ended open it again at most desks: those of who confirms stay here.
            change
                .explanation
                .clone()
                .filter(|_| action != Action::Confirm),
            Some(match (status, change.outcome) {
                (_, Some(Outcome::Withdrawn)) => Change::Withdraw,
                (Status::Closed, _) => Change::Confirm,
                _ => Change::Reopen,
            }),
        ),
        Asked::Proposal(ProposalAnswer::Accepted, comment) => {
            (with("desk.accepted", comment.as_ref()), None)
        }
        Asked::Proposal(_, comment) => (with("desk.declined", comment.as_ref()), None),
        Asked::More(comment) => {
            let key = format!("desk.{action}");
            let opens = action == Action::Review && over;
            (
                with(&key, comment.as_ref()),
                opens.then_some(Change::Reopen),
            )
        }
        Asked::Edit(_) => {
            let shown = view::request(app, record, locale);
            let mut lines = vec![word("desk.edited"), String::new(), record.subject.clone()];
            let answers = shown.fields.into_iter();
            lines.extend(answers.map(|field| format!("{}: {}", field.label, field.display)));
            lines.extend([String::new(), record.body.clone()]);
            (Some(lines.join("\n")), None)
        }
        Asked::Follow { .. } => (None, None),
    };
    Outgoing {
        words,
        files: Vec::new(),
        change,
    }
}

fn asked(app: &App, action: Action, posted: &Posted) -> Result<Asked, ApiError> {
    let limits = &app.settings.limits;
    let comment = || {
        let Comment { comment } = posted.json()?;
        intake::comment(comment.as_deref(), "/comment", limits)
    };
    let grounds = || {
        let Grounds { comment } = posted.json()?;
        let comment = intake::comment(Some(&comment), "/comment", limits)?;
        let missing = || ApiError::validation(vec![Fault::at("/comment", FieldProblem::Required)]);
        comment.ok_or_else(missing)
    };
    let (status, outcome, note) = match action {
        Action::Confirm => (Status::Closed, None, "note.confirmed"),
        Action::Reopen => (Status::Open, None, "note.reopened"),
        Action::Withdraw => (Status::Closed, Some(Outcome::Withdrawn), "note.withdrawn"),
        Action::Edit => return Ok(Asked::Edit(posted.json()?)),
        Action::AcceptProposal => {
            return Ok(Asked::Proposal(ProposalAnswer::Accepted, comment()?));
        }
        Action::DeclineProposal => {
            return Ok(Asked::Proposal(ProposalAnswer::Declined, Some(grounds()?)));
        }
        Action::Chase => return Ok(Asked::More(comment()?)),
        Action::Escalate | Action::Review => return Ok(Asked::More(Some(grounds()?))),
        Action::Follow => {
            let Follow { email, remove } = posted.json()?;
            let wrong = Fault::at("/email", FieldProblem::NotAnEmail);
            let email = Recipient::new(Channel::Email, &email)
                .ok_or_else(|| ApiError::validation(vec![wrong]))?
                .address;
            return Ok(Asked::Follow { email, remove });
        }
        // What does not exist here is not there to be refused.
        Action::Reply | Action::Attach | Action::Unknown => return Err(ApiError::not_found()),
    };
    Ok(Asked::Status(
        status,
        StatusChange {
            outcome,
            explanation: comment()?,
            note: Some(note),
            ..StatusChange::default()
        },
    ))
}

impl RequestRecord {
    /// The customer agreed to the proposal or did not; the desk goes on.
    fn proposal_answered(
        &mut self,
        answer: ProposalAnswer,
        policy: &Policy,
        now: Instant,
    ) -> Vec<NewEntry> {
        let (event, note) = match answer {
            ProposalAnswer::Accepted => (Event::ProposalAccepted, "note.proposal_accepted"),
            _ => (Event::ProposalDeclined, "note.proposal_declined"),
        };
        let change = StatusChange {
            note: Some(note),
            ..StatusChange::default()
        };
        let mut told = self.set_status(Status::Open, change, Role::Customer, policy, now);
        told.extend(self.happens(event, policy, now));
        told
    }

    /// The customer asked for more than an answer.
    fn asked(
        &mut self,
        action: Action,
        comment: Option<String>,
        policy: &Policy,
        now: Instant,
    ) -> Vec<NewEntry> {
        let level = (action == Action::Escalate)
            .then(|| self.escalation.map_or(1, |escalation| escalation.level + 1));
        let what = Happening::Asked {
            action,
            comment,
            level,
        };
        let mut told = vec![self.entry(now, true, Role::Customer, what)];
        let event = match action {
            Action::Chase => {
                self.chases += 1;
                self.chased_at = Some(now);
                Event::Chased
            }
            Action::Escalate => {
                self.escalation = level.map(|level| EscalationRecord { level, at: now });
                Event::Escalated
            }
            _ => {
                self.reviewed_at = Some(now);
                let change = StatusChange {
                    note: Some("note.review"),
                    same_round: true,
                    ..StatusChange::default()
                };
                told.extend(self.set_status(Status::Open, change, Role::Customer, policy, now));
                Event::ReviewAsked
            }
        };
        told.extend(self.happens(event, policy, now));
        told
    }

    fn follow(
        &mut self,
        email: String,
        remove: bool,
        now: Instant,
    ) -> Result<Vec<NewEntry>, ApiError> {
        // Who follows can stop, and decides for nobody else.
        let stops = remove && self.following.as_ref().is_some_and(|me| me.email == email);
        if self.following.is_some() && !stops {
            return Err(ApiError::refused(Refusal::Following));
        }
        let known = self.followers.contains(&email);
        let event = match (remove, known) {
            (true, true) => {
                self.followers.retain(|other| *other != email);
                if stops {
                    FollowerEvent::Left
                } else {
                    FollowerEvent::Removed
                }
            }
            (false, false) => {
                self.followers.push(email.clone());
                FollowerEvent::Added
            }
            _ => return Ok(Vec::new()),
        };
        let what = Happening::Follower { email, event };
        Ok(vec![self.entry(now, true, Role::Customer, what)])
    }
}

/// Puts the new content in place of the old.
fn apply(
    app: &App,
    record: &mut RequestRecord,
    edit: &Edit,
    locale: Locale,
) -> Result<(), ApiError> {
    let limits = &app.settings.limits;
    let mut faults = Vec::new();
    if let Some(subject) = &edit.subject {
        record.subject = intake::subject(subject, limits, &mut faults);
    }
    if let Some(body) = &edit.body {
        record.body = intake::body(body, limits, false, &mut faults);
    }
    if let (Some(fields), Some(request_type)) = (
        &edit.fields,
        app.company().catalogue.request_type(&record.type_id),
    ) {
        let mut all = record.fields.clone();
        all.extend(fields.clone());
        record.fields = intake::answers(request_type, &all, locale, &mut faults);
        let files = intake::file_ids(&record.fields, Some(request_type), locale).count();
        intake::file_count(files, "/fields", limits, &mut faults);
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ApiError::validation(faults))
    }
}

/// Takes the uploads that file fields name now, which are files of the first message, and takes away those that they
/// name no more. Gives the SHA-256 of what was taken away.
async fn change_files(
    app: &App,
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    locale: Locale,
) -> Result<Vec<String>, ApiError> {
    let company = app.company();
    let Some(request_type) = company.catalogue.request_type(&record.type_id) else {
        return Ok(Vec::new());
    };
    let first = tx.entries(&record.id, 0, 1, false).await?;
    let Some(first) = first.first() else {
        return Ok(Vec::new());
    };
    let mut taking = Taking::new(&mut *tx, first);
    taking.of_fields(record, request_type, locale).await?;
    taking.finish()?;
    let named: BTreeSet<&str> = intake::file_ids(&record.fields, Some(request_type), locale)
        .map(|(_, _, id)| id)
        .collect();
    let mut gone = Vec::new();
    for file in &first.attachments {
        // What no field ever named came with the message and stays.
        if !named.contains(file.id.as_str()) && record.file_names.remove(&file.id).is_some() {
            tx.remove_attachment(&file.id).await?;
            gone.extend(file.sha256.clone());
        }
    }
    Ok(gone)
}
