//! A request and its timeline as the contract shows them, in the language of the reader.

use crate::{
    catalogue::Localized,
    promises::{Event, OutsideBody, Policy, PromiseRecord, ledger::MoveReason},
    state::App,
    store::{
        records::{Entry as EntryRecord, Happening, RequestRecord, SurveyMark, Why},
        surveys::MeasureRecord,
    },
};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use portico_contract::{
    Instant,
    form::{Field, FieldOption, FieldType, FieldValue},
    id::{AttachmentId, FieldId},
    lifecycle::{Situation, step_states},
    locale::Locale,
    promise::{
        CalendarName, DayReason, Moved, NextRight, Promise, PromiseDay, PromiseState, Standards,
    },
    request::{
        Action, ActionState, Escalation, FieldDisplay, Kind, Outcome, Participant, Refusal,
        Request, Rung, RungKey, Status, Step, StepKey, StepState, SurveyState, SurveySummary,
        TypeName, WaitingOn,
    },
    survey::Measure,
    timeline::{Author, Body, Entry, Role, TextFormat, TimelineItem},
};
use portico_promise::Reason;
use std::collections::BTreeMap;

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader<'a> {
    /// The customer of the request.
    Customer,
    /// Somebody who follows it, by their address.
    Follower(&'a str),
    /// The desk.
    Desk,
}

impl<'a> Reader<'a> {
    /// The customer whom the store gave the request to.
    #[must_use]
    pub fn of(record: &'a RequestRecord) -> Self {
        match &record.following {
            Some(following) => Self::Follower(&following.email),
            None => Self::Customer,
        }
    }
}

/// The request.
#[must_use]
pub fn request(app: &App, record: &RequestRecord, locale: Locale) -> Request {
    let (company, policy) = (app.company(), app.policy());
    let catalogue = &company.catalogue;
    let form = catalogue
        .request_type(&record.type_id)
        .map(|t| t.form(locale));
    let word = |key: String| catalogue.word(&key, locale).to_owned();
    let withdrawn = record.status == Status::Closed && record.outcome == Some(Outcome::Withdrawn);
    let finished = match record.status {
        Status::Closed => !withdrawn,
        // The result is the answer; what the customer says to it is no step of four.
        Status::Resolved => record.step == StepKey::Answered,
        _ => false,
    };
    let steps = step_states(record.steps.keys(), record.step, finished);
    Request {
        id: record.id.clone(),
        reference: record.reference,
        kind: record.kind,
        request_type: TypeName {
            id: record.type_id.clone(),
            // A type that the company has taken out of its catalogue since.
            name: form.map_or_else(
                || word(format!("kind.{}", record.kind)),
                |form| form.name.clone(),
            ),
        },
        subject: record.subject.clone(),
        status: record.status,
        status_label: app.gateway.label(record).map_or_else(
            || word(format!("status.{}.label", record.status)),
            str::to_owned,
        ),
        status_meaning: word(
            match (&record.following, record.status, record.waiting_on) {
                (Some(_), ..) if withdrawn => "status.withdrawn.followed".to_owned(),
                (None, ..) if withdrawn => "status.withdrawn.meaning".to_owned(),
                (Some(_), status, _) => format!("status.{status}.followed"),
                (None, status @ Status::Pending, Some(WaitingOn::Customer)) => {
                    format!("status.{status}.yours")
                }
                (None, status, _) => format!("status.{status}.meaning"),
            },
        ),
        waiting_on: record.waiting_on,
        outcome: record.outcome,
        urgency: record.urgency,
        grade: record.grade,
        class: record.class,
        grade_reason: record.grade_reason.clone(),
        created_at: record.created_at,
        updated_at: record.updated_at,
        as_of: app.gateway.as_of(record),
        resolved_at: record.resolved_at,
        closed_at: record.closed_at,
        steps: steps
            .into_iter()
            .map(|(key, state)| Step {
                key,
                label: word(format!("step.{key}")),
                // Where it was withdrawn, nothing is done now.
                state: match state {
                    StepState::Current if withdrawn => StepState::Next,
                    state => state,
                },
                at: record.steps_done.get(&key).copied(),
            })
            .collect(),
        promises: promises(app, record, locale),
        fields: fields(app, record, locale),
        handler: record.handler.clone(),
        participants: record
            .followers
            .iter()
            // Who follows is not told who else does.
            .filter(|email| {
                let me = record.following.as_ref();
                me.is_none_or(|me| me.email == **email)
            })
            .map(|email| Participant {
                name: email.clone(),
                email: Some(email.clone()),
            })
            .collect(),
        following: record.following.is_some(),
        escalation: record.escalation.and_then(|escalation| {
            Some(Escalation {
                level: escalation.level,
                target: level(&policy, escalation.level)?.get(locale).to_owned(),
                at: escalation.at,
            })
        }),
        ladder: match record.following {
            Some(_) => Vec::new(),
            None => ladder(app, record, locale),
        },
        follow_up_of: record.follow_up_of.clone(),
        seen_at: Some(
            record
                .following
                .as_ref()
                .map_or(record.seen_at, |following| following.seen_at),
        ),
        unread_count: record.unread,
        actions: actions(app, record),
        survey: survey(record, app.clock.now()),
    }
}

/// What its customer may do, of what exists here.
fn actions(app: &App, record: &RequestRecord) -> BTreeMap<Action, ActionState> {
    let mut actions = situation(app, record).actions();
    app.gateway.limit(record, &mut actions);
    actions
}

/// What the rules look at, without what the desk behind the request cannot do.
#[must_use]
pub fn situation(app: &App, record: &RequestRecord) -> Situation {
    let rules = app.gateway.rules(record, &app.policy());
    record.situation(rules, app.clock.now())
}

/// What is with the survey.
fn survey(record: &RequestRecord, now: Instant) -> SurveySummary {
    let state = match record.survey {
        None => SurveyState::NotOffered,
        Some(SurveyMark { answered: true, .. }) => SurveyState::Answered,
        Some(SurveyMark { until, .. }) if until <= now => SurveyState::Expired,
        Some(_) => SurveyState::Offered,
    };
    SurveySummary {
        state,
        editable_until: record.survey.map(|mark| mark.until),
    }
}

/// What was done about what customers said.
#[must_use]
pub fn measure(record: &MeasureRecord, locale: Locale) -> Measure {
    Measure {
        id: record.id.clone(),
        said: record.said.get(locale).to_owned(),
        did: record.did.get(locale).to_owned(),
        kinds: record.kinds.clone(),
        published_at: record.published_at,
    }
}

/// Who has an escalated request at a level.
fn level(policy: &Policy, level: u32) -> Option<&Localized> {
    policy
        .escalation
        .get(usize::try_from(level).ok()?.checked_sub(1)?)
}

/// What the customer was promised. What waits for an event that may never come is not shown before it comes; what waits
/// for the desk's word is, as long as the desk works on the case.
fn promises(app: &App, record: &RequestRecord, locale: Locale) -> Vec<Promise> {
    let situation = situation(app, record);
    let shown = |promise: &&PromiseRecord| {
        let hidden = match promise.state {
            PromiseState::Waiting => {
                promise.terms.starts != Event::Declared || record.status == Status::Resolved
            }
            PromiseState::Void => promise.started_at.is_none(),
            _ => false,
        };
        !promise.terms.internal && !hidden
    };
    let promises = record.promises.iter().filter(shown);
    promises
        .map(|promise| Promise {
            next_right: next_right(promise, &situation),
            ..self::promise(app, promise, locale)
        })
        .collect()
}

/// A promise, without what the customer may do about it.
pub fn promise(app: &App, promise: &PromiseRecord, locale: Locale) -> Promise {
    let (policy, now) = (app.policy(), app.clock.now());
    let terms = &promise.terms;
    let due = promise.due_now(&policy, now);
    let moved = promise.moved.iter().map(|moved| Moved {
        from: moved.from,
        to: moved.to,
        reason: match &moved.reason {
            MoveReason::Desk(words) => words.clone(),
            MoveReason::Calendar(dates) => calendar_changed(app, dates, locale),
        },
        at: moved.at,
    });
    Promise {
        key: promise.key.clone(),
        label: terms.label.get(locale).to_owned(),
        round: promise.round,
        goal: terms.goal.clone(),
        calendar: policy
            .calendar(&terms.calendar)
            .map(|calendar| CalendarName {
                id: calendar.id().to_owned(),
                name: calendar.name().in_language(locale.as_str()).to_owned(),
                time_zone: calendar.zone().name().to_owned(),
            }),
        started_at: promise.started_at,
        due_at: due.map(|due| due.at),
        provisional: due.is_some_and(|due| due.provisional),
        days_left: policy
            .calendar(&terms.calendar)
            .and_then(|calendar| promise.days_left(calendar, now)),
        state: promise.state,
        met_at: promise.met_at,
        pauses: promise.pauses.clone(),
        moved: moved.collect(),
        next_right: None,
    }
}

/// That the calendar has other days on these dates; on which is not known after a change that nobody saw.
#[must_use]
pub fn calendar_changed(app: &App, dates: &[NaiveDate], locale: Locale) -> String {
    if dates.is_empty() {
        let key = "promise.calendar_changed_unseen";
        return app.company().catalogue.word(key, locale).to_owned();
    }
    let dates: Vec<_> = dates.iter().map(|date| day(*date, locale)).collect();
    let mark = if locale == Locale::En { ", " } else { "、" };
    let dates = dates.join(mark);
    let values = [("dates", dates.as_str())];
    app.company()
        .catalogue
        .fill("promise.calendar_changed", locale, &values)
}

/// Before a date, what the customer (not who follows) may do once it has passed, of what the company offers; after it,
/// the first that is open to them, else the first that will be, with its moment.
fn next_right(promise: &PromiseRecord, situation: &Situation) -> Option<NextRight> {
    let due = promise.due?.at;
    let open = |action: &Action| situation.exists(*action) && situation.check(*action).is_ok();
    let right = |action, from| Some(NextRight { action, from });
    match promise.state {
        _ if situation.following => None,
        PromiseState::Running if situation.exists(Action::Chase) => right(Action::Chase, due),
        PromiseState::Running if open(&Action::Escalate) => right(Action::Escalate, due),
        PromiseState::Late => {
            let rights = [Action::Chase, Action::Escalate, Action::Review];
            if let Some(action) = rights.into_iter().find(open) {
                return right(action, due);
            }
            let actions = situation.actions();
            let later = |action| right(action, actions.get(&action)?.next_at?);
            rights.into_iter().find_map(later)
        }
        _ => None,
    }
}

/// The days of a promise, with the reason of each.
#[must_use]
pub fn promise_days(app: &App, promise: &PromiseRecord, locale: Locale) -> Vec<PromiseDay> {
    let policy = app.policy();
    let Some(calendar) = policy.calendar(&promise.terms.calendar) else {
        return Vec::new();
    };
    let mut pauses = None;
    let Some(counted) = promise.counted(calendar, &mut pauses, app.clock.now()) else {
        return Vec::new();
    };
    let days = counted.days.iter();
    days.map(|day| PromiseDay {
        date: day.date,
        counted: day.counted(),
        reason: day_reason(day.reason),
        name: day
            .name
            .map(|name| name.in_language(locale.as_str()).to_owned()),
    })
    .collect()
}

fn day_reason(reason: Reason) -> DayReason {
    match reason {
        Reason::WorkingDay => DayReason::WorkingDay,
        Reason::MakeUpDay => DayReason::MakeUpDay,
        Reason::OwnHours => DayReason::OwnHours,
        Reason::Provisional => DayReason::Provisional,
        Reason::Received => DayReason::Received,
        Reason::AfterCutoff => DayReason::AfterCutoff,
        Reason::AfterHours => DayReason::AfterHours,
        Reason::Weekend => DayReason::Weekend,
        Reason::DayOff => DayReason::DayOff,
        Reason::Paused => DayReason::Paused,
        Reason::Moved => DayReason::Moved,
    }
}

/// The ways on for who is not satisfied: a second review when it has ended, the outside body after that.
fn ladder(app: &App, record: &RequestRecord, locale: Locale) -> Vec<Rung> {
    let policy = app.policy();
    let situation = situation(app, record);
    let review = record
        .promises
        .iter()
        .rev()
        .find(|p| p.terms.starts == Event::ReviewAsked && p.started_at.is_some());
    let reviewed = review.is_some_and(|p| !p.is_open());
    let over = situation.check(Action::Review) == Err(Refusal::ReviewOver);
    let mut rungs = Vec::new();
    if let Some(by) = policy.reviewer.as_ref().filter(|_| !over) {
        let state = match record.reviewed_at {
            Some(_) if reviewed => StepState::Done,
            Some(_) => StepState::Current,
            None => StepState::Next,
        };
        rungs.push(Rung {
            state,
            from: record.closed_at.or(record.resolved_at),
            until: situation.review_until(),
            ..second_review(app, by, locale)
        });
    }
    if let Some(body) = &policy.outside_body {
        // Open when the review is answered, or was not in time, or cannot be asked for any more.
        let missed = situation.review_until().filter(|_| over);
        let from = review
            .and_then(|p| p.met_at.or(p.due.map(|due| due.at)))
            .or(missed);
        let open = from.is_some_and(|from| from <= app.clock.now());
        let state = match open {
            true => StepState::Current,
            false => StepState::Next,
        };
        rungs.push(Rung {
            state,
            from,
            ..outside_body(body, locale)
        });
    }
    rungs
}

fn second_review(app: &App, by: &Localized, locale: Locale) -> Rung {
    let words = [("by", by.get(locale))];
    let text = "ladder.second_review.text";
    Rung {
        key: RungKey::SecondReview,
        label: app
            .company()
            .catalogue
            .word("ladder.second_review", locale)
            .to_owned(),
        text: app.company().catalogue.fill(text, locale, &words),
        state: StepState::Next,
        from: None,
        until: None,
        url: None,
        phone: None,
    }
}

fn outside_body(body: &OutsideBody, locale: Locale) -> Rung {
    Rung {
        key: RungKey::OutsideBody,
        label: body.name.get(locale).to_owned(),
        text: body.text.get(locale).to_owned(),
        state: StepState::Next,
        from: None,
        until: None,
        url: body.url.clone(),
        phone: body.phone.clone(),
    }
}

/// What the company promises everybody for the kinds of its catalogue, and the ways on for who is not satisfied.
#[must_use]
pub fn standards(app: &App, locale: Locale) -> Standards {
    let policy = app.policy();
    let offered = |kind: &Kind| {
        app.company()
            .catalogue
            .types()
            .iter()
            .any(|t| t.kind == *kind)
    };
    let kinds: Vec<_> = Kind::ALL.iter().copied().filter(offered).collect();
    let review = policy.reviewer.as_ref();
    let review = review.map(|by| second_review(app, by, locale));
    let outside = policy.outside_body.as_ref();
    let outside = outside.map(|body| outside_body(body, locale));
    Standards {
        items: policy.standards(&kinds, locale),
        escalation: policy
            .escalation
            .iter()
            .map(|to| to.get(locale).to_owned())
            .collect(),
        ladder: review.into_iter().chain(outside).collect(),
    }
}

/// The answers of the form, in its order, and what the page around the portal said.
fn fields(app: &App, record: &RequestRecord, locale: Locale) -> Vec<FieldDisplay> {
    let company = app.company();
    let along = record.context.iter().map(|(name, text)| {
        let key = format!("context.{name}");
        let label = match company.catalogue.word(&key, locale) {
            own if own == key => name.to_owned(),
            word => word.to_owned(),
        };
        FieldDisplay {
            id: FieldId::new(key),
            label,
            value: FieldValue::Text(text.to_owned()),
            display: text.to_owned(),
        }
    });
    let Some(request_type) = company.catalogue.request_type(&record.type_id) else {
        return along.collect();
    };
    let shown = |field: &Field| {
        let value = record.fields.get(&field.id)?;
        Some(FieldDisplay {
            id: field.id.clone(),
            label: field.label.clone(),
            value: value.clone(),
            display: display(app, record, field, value, locale),
        })
    };
    request_type
        .form(locale)
        .fields
        .iter()
        .filter_map(shown)
        .chain(along)
        .collect()
}

/// What to show for an answer: the label of an option, the path to a leaf, yes or no, a day, the names of files.
fn display(
    app: &App,
    record: &RequestRecord,
    field: &Field,
    value: &FieldValue,
    locale: Locale,
) -> String {
    let (company, zone) = (app.company(), app.settings.time_zone);
    let catalogue = &company.catalogue;
    let label = |value: &String| {
        path(&field.options, value).map_or_else(|| value.clone(), |path| path.join(" › "))
    };
    let list_mark = if locale == Locale::En { ", " } else { "、" };
    match value {
        FieldValue::Bool(yes) => catalogue
            .word(if *yes { "value.yes" } else { "value.no" }, locale)
            .to_owned(),
        FieldValue::Number(number) => match field.decimals {
            Some(decimals) => amount(*number, decimals.into()),
            None => number.to_string(),
        },
        FieldValue::Text(text)
            if matches!(field.field_type, FieldType::Select | FieldType::Tree) =>
        {
            label(text)
        }
        FieldValue::Text(text) if field.field_type == FieldType::Date => text
            .parse()
            .map_or_else(|_| text.clone(), |date| day(date, locale)),
        FieldValue::Text(text) if field.field_type == FieldType::Datetime => {
            moment(text, zone, locale)
        }
        FieldValue::Text(text) => text.clone(),
        FieldValue::List(list) if field.field_type == FieldType::File => {
            let name = |id: &String| {
                record
                    .file_names
                    .get(&AttachmentId::new(id))
                    .unwrap_or(id)
                    .clone()
            };
            list.iter().map(name).collect::<Vec<_>>().join(list_mark)
        }
        FieldValue::List(list) => list.iter().map(label).collect::<Vec<_>>().join(list_mark),
    }
}

/// A number in groups of three digits, with at least `decimals` after the point where it is not whole. All three languages
/// write it so.
fn amount(number: f64, decimals: usize) -> String {
    let written = number.abs().to_string();
    let (whole, rest) = written.split_once('.').unwrap_or((&written, ""));
    let mut grouped = String::from(if number < 0.0 { "-" } else { "" });
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match rest {
        "" => grouped,
        rest => format!("{grouped}.{rest:0<decimals$}"),
    }
}

/// A day as people of the language write it.
fn day(date: NaiveDate, locale: Locale) -> String {
    let pattern = if locale == Locale::En {
        "%-d %B %Y"
    } else {
        "%Y年%-m月%-d日"
    };
    date.format(pattern).to_string()
}

/// A moment on the company's clock, which is what both sides will look at.
fn moment(text: &str, zone: Tz, locale: Locale) -> String {
    DateTime::parse_from_rfc3339(text).map_or_else(
        |_| text.to_owned(),
        |at| {
            let at = at.with_timezone(&zone);
            format!("{} {}", day(at.date_naive(), locale), at.format("%H:%M"))
        },
    )
}

/// The labels from the top to the leaf with this value.
fn path(options: &[FieldOption], value: &str) -> Option<Vec<String>> {
    options.iter().find_map(|option| {
        if option.children.is_empty() {
            (option.value == value).then(|| vec![option.label.clone()])
        } else {
            let mut below = path(&option.children, value)?;
            below.insert(0, option.label.clone());
            Some(below)
        }
    })
}

/// An entry of the timeline.
#[must_use]
pub fn item(app: &App, entry: &EntryRecord, reader: Reader<'_>, locale: Locale) -> TimelineItem {
    let company = app.company();
    let catalogue = &company.catalogue;
    let shown = match &entry.what {
        Happening::Message { author, body } => Entry::Message {
            author: Author {
                role: entry.role,
                name: author
                    .clone()
                    .unwrap_or_else(|| catalogue.word(author_key(entry.role), locale).to_owned()),
                me: entry.role == Role::Customer && reader == Reader::Customer,
            },
            body: Body {
                format: TextFormat::Text,
                value: body.clone(),
            },
            attachments: entry.attachments.clone(),
        },
        Happening::Status {
            from,
            to,
            waiting_on,
            outcome,
            explanation,
            note,
        } => Entry::Status {
            from: *from,
            to: *to,
            waiting_on: *waiting_on,
            outcome: *outcome,
            explanation: explanation.clone().or_else(|| {
                note.as_ref()
                    .map(|key| catalogue.word(key, locale).to_owned())
            }),
        },
        Happening::Step { key } => Entry::Step {
            key: *key,
            label: catalogue.word(&format!("step.{key}"), locale).to_owned(),
        },
        Happening::Promise {
            key,
            label,
            change,
            due_at,
            reason,
        } => Entry::Promise {
            key: key.clone(),
            label: label.get(locale).to_owned(),
            change: *change,
            due_at: *due_at,
            reason: reason.as_ref().map(|why| match why {
                Why::Words(words) => words.clone(),
                Why::Note { note } => catalogue.word(note, locale).to_owned(),
            }),
        },
        Happening::Proposal {
            text,
            answer,
            comment,
        } => Entry::Proposal {
            text: text.clone(),
            answer: *answer,
            comment: comment.clone(),
        },
        Happening::Graded {
            grade,
            class,
            reason,
        } => Entry::Graded {
            grade: *grade,
            class: *class,
            reason: reason.clone(),
        },
        Happening::Follower { email, event } => Entry::Follower {
            email: match reader {
                // Who follows is not told who else does.
                Reader::Follower(me) if me != email => None,
                _ => Some(email.clone()),
            },
            event: *event,
        },
        Happening::Asked {
            action,
            comment,
            level: asked,
        } => Entry::Asked {
            action: *action,
            comment: comment.clone(),
            target: asked
                .and_then(|asked| Some(level(&app.policy(), asked)?.get(locale).to_owned())),
        },
        Happening::Callback {
            topic,
            preferred_at,
            done_at,
        } => Entry::Callback {
            topic: topic.clone(),
            preferred_at: *preferred_at,
            done_at: *done_at,
        },
        Happening::Survey { score } => Entry::Survey { score: *score },
        Happening::Edited => Entry::Edited,
    };
    TimelineItem {
        id: entry.id.clone(),
        at: entry.at,
        entry: shown,
    }
}

fn author_key(role: Role) -> &'static str {
    match role {
        Role::Customer => "author.customer",
        Role::Agent => "author.service_desk",
        Role::ThirdParty => "author.third_party",
        Role::System | Role::Unknown => "author.system",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn amounts_are_written_as_money_is() {
        for (number, written) in [
            (1250.5, "1,250.50"),
            (1_250_000.0, "1,250,000"),
            (999.125, "999.125"),
            (-1000.1, "-1,000.10"),
            (0.0, "0"),
        ] {
            assert_eq!(super::amount(number, 2), written);
        }
    }

    use super::*;
    use crate::{catalogue::StepPlan, life, promises::policy::tests::default_policy};
    use portico_contract::lifecycle::Rules;

    #[test]
    fn days_and_moments_are_written_as_people_do() {
        let at = "2026-01-31T18:05:00Z";
        assert_eq!(
            moment(at, Tz::Asia__Shanghai, Locale::En),
            "1 February 2026 02:05"
        );
        assert_eq!(
            moment(at, Tz::Asia__Shanghai, Locale::ZhHant),
            "2026年2月1日 02:05"
        );
        assert_eq!(moment("soon", Tz::UTC, Locale::En), "soon");
    }

    #[test]
    fn the_next_right_is_one_that_the_company_offers() {
        let policy = default_policy();
        let mut record = life::tests::fresh(StepPlan::Four);
        let now = record.created_at;
        record.promise(&policy, now);
        let mut promise = record.promises[0].clone();
        let due = promise.due.unwrap().at;
        let none = Rules {
            chase_limit: 0,
            escalation_levels: 0,
            ..policy.rights
        };
        let escalate = Rules {
            escalation_levels: 1,
            ..none
        };
        let chase = Rules {
            escalation_levels: 0,
            ..policy.rights
        };
        let right = |promise: &PromiseRecord, record: &RequestRecord, rules| {
            let right = next_right(promise, &record.situation(rules, due))?;
            Some((right.action, right.from))
        };
        assert_eq!(right(&promise, &record, none), None);
        assert_eq!(
            right(&promise, &record, escalate),
            Some((Action::Escalate, due))
        );
        assert_eq!(right(&promise, &record, chase), Some((Action::Chase, due)));
        promise.state = PromiseState::Late;
        record.chased_at = Some(due);
        let again = due.plus(chase.chase_gap).unwrap();
        assert_eq!(
            right(&promise, &record, chase),
            Some((Action::Chase, again))
        );
        assert_eq!(right(&promise, &record, none), None);
    }

    #[test]
    fn a_leaf_is_shown_with_what_it_is_under() {
        let leaf = |value: &str, children| FieldOption {
            value: value.to_owned(),
            label: value.to_uppercase(),
            children,
        };
        let tree = [leaf("a", vec![]), leaf("b", vec![leaf("c", vec![])])];
        assert_eq!(path(&tree, "c"), Some(vec!["B".to_owned(), "C".to_owned()]));
        assert_eq!(path(&tree, "b"), None);
    }
}
