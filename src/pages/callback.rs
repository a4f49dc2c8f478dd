//! Asking to be rung, about a request or anything else. What is typed is a draft like any other, so that nothing is
//! lost; its key is the wish's Idempotency-Key, so that it arrives once however often it is sent.

use crate::{
    api::{Failure, Load, Query, callbacks, requests},
    browser::{dom, random, task},
    components::{
        button::submit_button,
        form::{self, Form, Rules},
        icon::icon,
        load::{fetching, not_loaded},
        moment::limit,
        problems::{Problems, summary},
        saved::saved_line,
    },
    i18n::{self, Words, format, m},
    navigation,
    route::{Route, TrackLink},
    state::{
        config,
        drafts::{self, About},
        session::{self, SignedIn},
        tracking::{self, NotLocated},
    },
};
use leptos::prelude::*;
use portico_contract::{
    Instant,
    code::Reference,
    config::{Config, ContactKind},
    form::{Answers, Field, FieldType, FieldValue, FormSchema},
    id::{FieldId, RequestId, TypeId},
    problem::{FieldError, FieldProblem, ProblemCode},
    request::{Kind, Status},
    session::Me,
    submission::{Callback, ClosedDay, Contact, NewCallback},
};
use portico_view::{Child, View, effect_after, memo, ui};

/// The questions, by JSON pointers into what is sent, by which the server names what is not right.
const NAME: &str = "/contact/name";
const PHONE: &str = "/contact/phone";
const TOPIC: &str = "/topic";
const TIME: &str = "/preferred_at";
const REFUSED: &str = "callback-refused";
const IDS: [&str; 4] = [NAME, PHONE, TOPIC, TIME];

/// The request that a call is about. Nothing in it is of a language.
#[derive(Clone, PartialEq)]
struct Case {
    id: RequestId,
    reference: Reference,
    subject: String,
    ended: bool,
}

/// What is known before the questions are asked.
#[derive(Clone, PartialEq)]
enum Found {
    /// Who asks, if they are signed in, what about, and when nobody answers the telephone.
    Here(Option<Box<Me>>, Option<Case>, Vec<ClosedDay>),
    /// The request is for who asks to read, but not to act upon.
    Following(Reference),
    /// The request is not for this customer to read.
    CodeNeeded,
}

async fn find(about: Option<Reference>) -> Result<Found, Failure> {
    let case = match about {
        None => None,
        Some(reference) => match tracking::locate(reference).await {
            Ok(id) => {
                let request = requests::read(&id).await?.request;
                if request.following {
                    return Ok(Found::Following(reference));
                }
                Some(Case {
                    id,
                    reference,
                    subject: request.subject,
                    ended: matches!(request.status, Status::Resolved | Status::Closed),
                })
            }
            Err(NotLocated::CodeNeeded) => return Ok(Found::CodeNeeded),
            Err(NotLocated::Failed(failure)) => return Err(failure),
        },
    };
    // Where they are not known, the server still tells.
    let closed = callbacks::closed_days().await.unwrap_or_default();
    session::known().await;
    let me = match untrack(session::signed_in) {
        SignedIn::Yes(me) => Some(Box::new(me)),
        SignedIn::No | SignedIn::Unknown => None,
    };
    Ok(Found::Here(me, case, closed))
}

/// The page; `about` is the request that the call is about.
pub fn page(about: Option<Reference>) -> View {
    let done = RwSignal::new(None::<Callback>);
    let heading = move || match done.with(Option::is_some) {
        true => m::callback_done_title(),
        false => m::callback_title(),
    };
    let title = navigation::title(heading);
    let query = Query::new(move || find(about));
    // Whoever comes here once more, from a link of this page, wants another call.
    effect_after(move |before: Option<()>| {
        let here = navigation::current() == Route::Callback(about);
        if before.is_some() && here && untrack(|| done.with(Option::is_some)) {
            done.set(None);
            task::detach(async {
                task::next_frame().await;
                dom::scroll_to(0.0);
                dom::focus_heading();
            });
        }
    });
    let asking = move || {
        let problems = Problems::new(title);
        ui! {
            {summary(problems)}
            <header class="heading">
                <h1 tabindex="-1">{heading}</h1>
                <p class="lede">{m::callback_lede}</p>
            </header>
            {content(about, query, problems, done)}
        }
    };
    (move || match done.get() {
        Some(callback) => confirmation(&callback, about),
        None => asking(),
    })
    .view()
}

#[derive(Clone, PartialEq)]
enum Stage {
    Waiting,
    Failed(Failure),
    Form(Found),
}

fn content(
    about: Option<Reference>,
    query: Query<Found>,
    problems: Problems,
    done: RwSignal<Option<Callback>>,
) -> View {
    let draft = drafts::open(About::Callback(about));
    let stage = memo(move || {
        let failed = config::config().with(|load| match load {
            Load::Failed(failure) => Some(failure.clone()),
            _ => None,
        });
        query.with(|load| match load {
            Load::Failed(failure) => Stage::Failed(failure.clone()),
            _ if failed.is_some() => failed.map_or(Stage::Waiting, Stage::Failed),
            Load::Ready(found) if draft.is_ready() && config::current().is_some() => {
                Stage::Form(found.clone())
            }
            _ => Stage::Waiting,
        })
    });
    let skeleton = || {
        ui! {
            <div class="flow" aria-hidden="true">
                <div class="skeleton line"></div>
                <div class="skeleton block"></div>
            </div>
        }
    };
    (move || match stage.get() {
        Stage::Waiting => skeleton(),
        Stage::Failed(failure) => not_loaded(failure, fetching(query), move || {
            query.reload();
            config::config().reload();
        }),
        Stage::Form(Found::CodeNeeded) => not_here(about),
        Stage::Form(Found::Following(reference)) => following(reference),
        Stage::Form(Found::Here(me, case, closed)) => {
            Asking::new(me, case, closed, draft, problems, done).form()
        }
    })
    .view()
}

/// The request cannot be read here: the ways to it, and asking without it.
fn not_here(about: Option<Reference>) -> View {
    let track = about.map_or_else(Route::track, |r| Route::Track(TrackLink::Reference(r)));
    ui! {
        <p>{m::callback_not_here}</p>
        <div class="buttons">
            <a class="button" href=track.href()>{m::request_with_code}</a>
            <a class="button secondary" href=Route::Callback(None).href()>
                {m::callback_without}
            </a>
        </div>
    }
}

/// Who follows asks for nothing about it: said before anything is typed.
fn following(about: Reference) -> View {
    ui! {
        <p>{m::callback_following}</p>
        <div class="buttons">
            <a class="button" href=Route::Request(about).href()>{m::callback_to_followed}</a>
            <a class="button secondary" href=Route::Callback(None).href()>
                {m::callback_without}
            </a>
        </div>
    }
}

/// A wish that is being written. May be copied into closures.
#[derive(Clone, Copy)]
struct Asking {
    form: Form,
    me: StoredValue<Option<Box<Me>>>,
    case: StoredValue<Option<Case>>,
    closed: StoredValue<Vec<ClosedDay>>,
    busy: RwSignal<bool>,
    /// Why it was not taken, where that is about no question.
    refused: RwSignal<Option<Words>>,
    /// The Idempotency-Key, where it is no longer that of the draft.
    key: StoredValue<Option<String>>,
    done: RwSignal<Option<Callback>>,
}

impl Asking {
    fn new(
        me: Option<Box<Me>>,
        case: Option<Case>,
        closed: Vec<ClosedDay>,
        draft: drafts::OpenDraft,
        problems: Problems,
        done: RwSignal<Option<Callback>>,
    ) -> Self {
        let me = StoredValue::new(me);
        let case = StoredValue::new(case);
        let closed = StoredValue::new(closed);
        let schema = memo(move || {
            let config = config::current();
            let (me, case) = (me.get_value(), case.get_value());
            closed
                .with_value(|closed| schema(config.as_ref(), me.as_deref(), case.as_ref(), closed))
        });
        let rules = Rules {
            exists: |_, _| true,
            is_needed: |_| false,
        };
        Self {
            form: Form::new(schema, draft, problems, rules),
            me,
            case,
            closed,
            busy: RwSignal::new(false),
            refused: RwSignal::new(None),
            key: StoredValue::new(None),
            done,
        }
    }

    fn form(self) -> View {
        let send = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            self.send();
        };
        let about = self.case.with_value(|case| {
            case.as_ref().map(|case| {
                let (subject, reference) = (case.subject.clone(), case.reference);
                ui! {
                    <p>
                        {m::callback_about} " "
                        <a href=Route::Request(reference).href()><bdi>{subject}</bdi></a>
                        " " <span class="code">{reference.to_string()}</span>
                    </p>
                }
            })
        });
        let refused = move || {
            self.refused.get().map(|words| {
                ui! {
                    <div class="notice warning" id=REFUSED tabindex="-1">
                        {icon("warning")}
                        <div class="flow">
                            <p>{move || words.get()}</p>
                        </div>
                    </div>
                }
            })
        };
        // Where the customer's own clock differs, what was chosen is said on both.
        let both = move || {
            let chosen = instant(&self.form.answers())?;
            format::in_own_zone(chosen)?;
            Some(ui! { <p class="meta">{move || m::callback_both(&limit(chosen))}</p> })
        };
        let holiday = move || {
            let closed = instant(&self.form.answers()).is_some_and(|at| self.is_holiday(at));
            closed.then(|| {
                ui! {
                    <p class="notice warning">
                        {icon("warning")} <span>{m::callback_is_holiday}</span>
                    </p>
                }
            })
        };
        ui! {
            {about}
            {refused}
            <form class="flow" novalidate on:submit=send>
                {form::questions(self.form, 0..IDS.len())}
                {both}
                <div role="status">{holiday}</div>
                <p class="hint">{m::callback_consent}</p>
                <div class="buttons">{submit_button(m::callback_send, self.busy.into())}</div>
                {saved_line(self.form.draft)}
            </form>
        }
    }

    fn is_holiday(self, at: Instant) -> bool {
        let date = format::date_of(at);
        self.closed.with_value(|closed| {
            let mut dates = closed.iter().map(|day| day.date.to_string());
            dates.any(|day| Some(day) == date)
        })
    }

    fn send(self) {
        let draft = self.form.draft;
        draft.save();
        self.refused.set(None);
        let wrong = self.form.check(0..IDS.len()).into_iter();
        let wrong = wrong.map(|(index, problem)| self.words(index, problem));
        if self.busy.get_untracked() || !self.form.problems.set(wrong.collect()) {
            return;
        }
        let answers = untrack(|| self.form.answers());
        let Some(preferred_at) = instant(&answers) else {
            return;
        };
        if self.is_holiday(preferred_at) {
            let wrong = self.words(IDS.len() - 1, FieldProblem::NotAnOption);
            self.form.problems.set(vec![wrong]);
            return;
        }
        let (email, request_id) = (
            self.me.with_value(|me| me.as_ref()?.email.clone()),
            self.case.with_value(|case| Some(case.as_ref()?.id.clone())),
        );
        let wish = NewCallback {
            contact: Contact {
                name: text(&answers, NAME),
                email,
                phone: text(&answers, PHONE),
                preferred: None,
            },
            topic: text(&answers, TOPIC).unwrap_or_default(),
            preferred_at,
            request_id,
        };
        let key = self.key.get_value();
        let key = key.unwrap_or_else(|| draft.get_untracked().key);
        self.busy.set(true);
        task::detach(async move {
            let asked = callbacks::ask(&wish, &key).await;
            self.busy.try_set(false);
            match asked {
                Ok(callback) => {
                    draft.start_over();
                    self.done.try_set(Some(callback));
                    task::next_frame().await;
                    dom::scroll_to(0.0);
                    dom::focus_heading();
                }
                Err(failure) => self.explain(&failure),
            }
        });
    }

    fn explain(self, failure: &Failure) {
        let (errors, reason) = match failure {
            Failure::Problem { problem, .. } => (problem.errors.as_slice(), problem.reason),
            _ => (&[][..], None),
        };
        let wrong: Vec<_> = errors.iter().filter_map(|e| self.at_field(e)).collect();
        if !wrong.is_empty() {
            self.form.problems.set(wrong);
            return;
        }
        let failure = failure.clone();
        let words = match (failure.code(), reason) {
            (_, Some(reason)) => Words::new(move || i18n::refusal(reason)),
            // What was sent first has arrived, and was changed since: sent once more it is another wish.
            (Some(ProblemCode::IdempotencyMismatch), _) => {
                self.key.try_set_value(Some(random::uuid()));
                Words::new(m::callback_arrived_before)
            }
            _ => Words::new(move || {
                m::request_unsure {
                    action: &m::callback_send(),
                    reason: &i18n::failure(&failure),
                }
                .text()
            }),
        };
        self.refused.try_set(Some(words));
        task::detach(async {
            task::next_frame().await;
            dom::focus(REFUSED);
        });
    }

    /// What the server says about a question, at its control.
    fn at_field(self, error: &FieldError) -> Option<(String, Words)> {
        let index = IDS.iter().position(|id| *id == error.pointer)?;
        Some(self.words(index, error.code))
    }

    /// What to do about a question, at its control.
    fn words(self, index: usize, problem: FieldProblem) -> (String, Words) {
        let (control, words) = self.form.words(index, problem);
        let words = match (IDS.get(index).copied().unwrap_or_default(), problem) {
            (PHONE, FieldProblem::Required) => Words::new(m::callback_phone_empty),
            (TOPIC, FieldProblem::Required) => Words::new(m::callback_topic_empty),
            (TIME, FieldProblem::Required) => Words::new(m::callback_time_empty),
            (TIME, FieldProblem::NotAnOption) => Words::new(move || {
                let chosen = instant(&untrack(|| self.form.answers()));
                if chosen.is_some_and(|at| self.is_holiday(at)) {
                    return m::callback_is_holiday();
                }
                let hours = config::current().as_ref().and_then(hours);
                m::callback_closed(&hours.unwrap_or_default())
            }),
            (TIME, FieldProblem::TooSmall) => Words::new(m::callback_past),
            (TIME, FieldProblem::TooLarge) => Words::new(m::callback_too_far),
            _ => words,
        };
        (control, words)
    }
}

fn text(answers: &Answers, id: &str) -> Option<String> {
    match answers.get(&FieldId::new(id)) {
        Some(FieldValue::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn instant(answers: &Answers) -> Option<Instant> {
    Instant::parse(&text(answers, TIME)?).ok()
}

/// The questions, in the language on screen, begun with what is known.
fn schema(
    config: Option<&Config>,
    me: Option<&Me>,
    about: Option<&Case>,
    closed: &[ClosedDay],
) -> FormSchema {
    let begin = |text: Option<String>| text.map(FieldValue::Text);
    let field = |id: &str, field_type, label, default: Option<String>| Field {
        id: FieldId::new(id),
        field_type,
        label,
        help: None,
        purpose: None,
        required: id != NAME,
        default: begin(default),
        min: None,
        max: None,
        decimals: None,
        max_length: None,
        pattern: None,
        options: Vec::new(),
        visible_if: None,
        required_if: None,
    };
    let topic = about.map(|case| match case.ended {
        true => m::callback_follow_up(&case.subject),
        false => case.subject.clone(),
    });
    let most = config.map(|config| config.limits.subject_length);
    let fits = |topic: &String| most.is_none_or(|most| topic.chars().count() <= most as usize);
    FormSchema {
        id: TypeId::new("callback"),
        name: m::callback_title(),
        kind: Kind::Other,
        description: String::new(),
        article_ids: Vec::new(),
        fields: vec![
            field(
                NAME,
                FieldType::Text,
                m::submit_name(),
                me.and_then(|me| me.name.clone()),
            ),
            Field {
                help: Some(m::submit_phone_hint()),
                ..field(
                    PHONE,
                    FieldType::Phone,
                    m::submit_phone(),
                    me.and_then(|me| me.phone.clone()),
                )
            },
            Field {
                max_length: most,
                ..field(
                    TOPIC,
                    FieldType::Text,
                    m::callback_topic(),
                    topic.filter(fits),
                )
            },
            Field {
                help: help(config.and_then(hours), holidays(closed)),
                ..field(TIME, FieldType::Datetime, m::callback_time(), None)
            },
        ],
    }
}

/// When to choose a time, and when not.
fn help(hours: Option<String>, holidays: Option<String>) -> Option<String> {
    let hours = hours.map(|hours| m::callback_hours(&hours));
    let lines: Vec<_> = hours.into_iter().chain(holidays).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The holidays on which nobody answers the telephone, those that follow one another as one; `None` without any.
fn holidays(closed: &[ClosedDay]) -> Option<String> {
    let follows = |a: &ClosedDay, b: &ClosedDay| a.date.succ_opt() == Some(b.date);
    let runs = closed.chunk_by(follows).filter_map(|run| {
        let (first, last) = (run.first()?, run.last()?);
        let days = match run.len() {
            1 => format::weekday(&first.date.to_string()),
            _ => m::callback_days {
                first: &format::weekday(&first.date.to_string()),
                last: &format::weekday(&last.date.to_string()),
            }
            .text(),
        };
        Some(match run.iter().find_map(|day| day.name.as_deref()) {
            Some(name) => m::callback_holiday { days: &days, name }.text(),
            None => days,
        })
    });
    let runs: Vec<_> = runs.collect();
    (!runs.is_empty()).then(|| m::callback_holidays(&format::list(&runs)))
}

/// When somebody answers the telephone, in words; `None` where that is always.
fn hours(config: &Config) -> Option<String> {
    let phones = config
        .contacts
        .iter()
        .filter(|contact| contact.channel == ContactKind::Phone);
    let mut spans = Vec::new();
    for contact in phones {
        if contact.hours.is_empty() {
            return None;
        }
        for span in &contact.hours {
            let words = m::callback_span {
                days: &format::weekdays(&span.days),
                from: &span.from,
                to: &span.to,
            }
            .text();
            if !spans.contains(&words) {
                spans.push(words);
            }
        }
    }
    (!spans.is_empty()).then(|| format::list(&spans))
}

fn confirmation(callback: &Callback, about: Option<Reference>) -> View {
    let Callback {
        topic,
        phone,
        preferred_at,
        ..
    } = callback.clone();
    let row = |label: i18n::Message, value: View| {
        ui! { <div><dt>{label}</dt><dd>{value}</dd></div> }
    };
    let (next, name): (Route, i18n::Message) = match about {
        Some(reference) => (Route::Request(reference), m::callback_to_request),
        None => (Route::Home, m::submit_home),
    };
    ui! {
        <div class="outcome success">
            {icon("step-done")}
            <h1 tabindex="-1">{m::callback_done_title}</h1>
            <p>{m::callback_done_text}</p>
        </div>
        <dl class="summary">
            {row(m::callback_row_time, (move || limit(preferred_at)).view())}
            {row(m::submit_phone, ui! { <bdi>{phone}</bdi> })}
            {row(m::callback_row_topic, ui! { <bdi>{topic}</bdi> })}
        </dl>
        <p>{m::callback_change}</p>
        <div class="buttons"><a class="button" href=next.href()>{name}</a></div>
    }
}
