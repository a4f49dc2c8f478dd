//! One request: where it stands, whose turn it is, what happened, answering, and what can be done with it.
//!
//! Everything is read together ([`Case`]) and read anew when something has changed; what stands on the page is changed
//! and never built anew by that, so that nobody loses a text, the focus or the place.

mod actions;
mod edit;
mod further;
mod measures;
mod promises;
mod reply;
mod since;
mod survey;

use crate::{
    api::{Access, Failure, Load, Query, requests, requests::Versioned},
    browser::{dom, events, file, task},
    components::{
        button::{Look, button},
        copy::copy_button,
        dialog::dialog,
        icon::icon,
        load::{failure_words, fetching, not_loaded},
        moment::{limit, moment},
        problems::{Problems, summary},
        promise::zone,
        prose::prose,
        sign_in::{self, SigningIn, step},
        stepper::stepper,
        tag::status_tag,
        timeline::{result, timeline},
    },
    i18n::{self, Message, Words, format, m},
    json,
    navigation::{self, Title},
    route::{Route, TrackLink},
    state::{
        config,
        live::{self, Connection},
        outbox,
        session::{self, SignedIn},
        tracking::{self, NotLocated},
    },
};
use actions::Acting;
use futures_util::future::join;
use leptos::prelude::*;
use portico_contract::{
    code::Reference,
    config::Capability,
    id::{CustomerId, RequestId, TimelineItemId},
    problem::ProblemCode,
    promise::PromiseChange,
    request::{self, Action, Status, WaitingOn},
    timeline::{Body, Entry, FollowerEvent, TextFormat, TimelineItem},
};
use portico_view::{Child, Memo, View, effect, effect_after, memo, memo_after, ui};
use std::sync::Arc;

/// What the page shows.
#[derive(Clone, PartialEq)]
struct Case {
    versioned: Versioned,
    items: Vec<TimelineItem>,
}

/// What a reference leads to.
#[derive(Clone, PartialEq)]
enum Found {
    /// The request, as this customer may read it.
    Case(Box<Case>),
    /// Not without its query code or another sign-in.
    CodeNeeded,
}

async fn read(
    reference: Reference,
    known: StoredValue<Option<RequestId>>,
) -> Result<Found, Failure> {
    // A token that has ended gives way to another way in, once.
    for _ in 0..2 {
        let id = match known.try_get_value().flatten() {
            Some(id) => id,
            None => match tracking::locate(reference).await {
                Ok(id) => id,
                Err(NotLocated::CodeNeeded) => return Ok(Found::CodeNeeded),
                Err(NotLocated::Failed(failure)) => return Err(failure),
            },
        };
        match join(requests::read(&id), requests::timeline(&id)).await {
            (Ok(versioned), Ok(items)) => {
                known.try_set_value(Some(id));
                return Ok(Found::Case(Box::new(Case { versioned, items })));
            }
            (Err(failure), _) | (_, Err(failure)) => match failure.code() {
                Some(ProblemCode::Unauthenticated) => drop(known.try_set_value(None)),
                Some(ProblemCode::NotFound) => return Ok(Found::CodeNeeded),
                _ => return Err(failure),
            },
        }
    }
    Ok(Found::CodeNeeded)
}

/// The page, as its parts see it.
#[derive(Clone, Copy)]
struct Page {
    reference: Reference,
    title: Title,
    query: Query<Found>,
    case: Memo<Option<Case>>,
    /// Says something above the heading.
    told: RwSignal<Option<Told>>,
    /// The next news are of the customer's own doing.
    own_doing: StoredValue<bool>,
}

/// What is said above the heading, with the focus on it.
#[derive(Clone)]
struct Told {
    good: bool,
    words: Words,
    /// Tries once more what may not have been done.
    again: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Page {
    /// Says something and moves the focus to it: the button that was pressed may be gone.
    fn tell(self, good: bool, words: impl Fn() -> String + Send + Sync + 'static) {
        self.show(Told {
            good,
            words: Words::new(words),
            again: None,
        });
    }

    fn show(self, told: Told) {
        self.told.try_set(Some(told));
        task::detach(async {
            task::next_frame().await;
            dom::focus(TOLD);
        });
    }

    /// The request. Reactive.
    fn request(self) -> Option<request::Request> {
        self.case
            .with(|case| case.as_ref().map(|case| case.versioned.request.clone()))
    }

    /// A part of the request, which changes only when that part does.
    fn part<T: PartialEq + Send + Sync + 'static>(
        self,
        of: fn(&request::Request) -> T,
    ) -> Memo<Option<T>> {
        memo(move || {
            self.case
                .with(|case| case.as_ref().map(|case| of(&case.versioned.request)))
        })
    }
}

const TOLD: &str = "told";

/// The request.
pub fn page(reference: Reference) -> View {
    let known = StoredValue::new(None::<RequestId>);
    let query = Query::new(move || read(reference, known));
    // Somebody else, or nobody: what may be read now is asked for anew.
    effect_after(move |before: Option<Option<Option<CustomerId>>>| {
        let before = before.flatten();
        let now = match session::signed_in() {
            SignedIn::Unknown => return before,
            SignedIn::No => Some(None),
            SignedIn::Yes(me) => Some(Some(me.id)),
        };
        if before.is_some() && before != now {
            known.set_value(None);
            query.reload();
        }
        now
    });
    let seen_by = StoredValue::new(None::<CustomerId>);
    let case = memo_after(move |before: Option<&Option<Case>>| {
        let me = match session::signed_in() {
            SignedIn::Yes(me) => Some(me.id),
            SignedIn::No | SignedIn::Unknown => None,
        };
        query.with(|load| match load {
            Load::Ready(Found::Case(case)) => {
                seen_by.set_value(me);
                Some((**case).clone())
            }
            // A session that has ended takes nothing away, another customer's does.
            _ if me.is_some() && seen_by.with_value(|by| by.is_some() && *by != me) => None,
            _ => before.cloned().flatten(),
        })
    });
    let id =
        memo(move || case.with(|case| case.as_ref().map(|case| case.versioned.request.id.clone())));
    effect(move || {
        let Some(id) = id.get() else { return };
        // Who reads the request needs no word above it that it has arrived.
        task::detach(outbox::seen(reference));
        live::follow(Access::to(&id));
        let changed = live::changed(&id);
        effect_after(move |before: Option<u32>| {
            let now = changed.get();
            if before.is_some_and(|before| before != now) {
                query.reload();
            }
            now
        });
    });
    let subject = move || {
        case.with(|case| {
            case.as_ref().map_or_else(
                || reference.to_string(),
                |case| case.versioned.request.subject.clone(),
            )
        })
    };
    let title = navigation::title(move || {
        m::request_page_title {
            reference: &reference.to_string(),
            subject: &subject(),
        }
        .text()
    });
    let page = Page {
        reference,
        title,
        query,
        case,
        told: RwSignal::new(None),
        own_doing: StoredValue::new(false),
    };
    let acting = Acting::new(page);
    let first_new = follow(page);
    let needs_code = memo(move || {
        case.with(Option::is_none) && query.with(|l| matches!(l, Load::Ready(Found::CodeNeeded)))
    });
    let heading = move || match needs_code.get() {
        true => m::request_not_here(),
        false => subject(),
    };
    let back = || {
        matches!(session::signed_in(), SignedIn::Yes(_)).then(|| {
            let href = Route::requests().href();
            ui! { <a class="back" href=href>{icon("back")}{m::nav_requests}</a> }
        })
    };
    ui! {
        {back}
        {told(page)}
        {session_over(page)}
        <header class="heading">
            {caption(page)}
            <h1 tabindex="-1" dir="auto">{heading}</h1>
            {standing(page)}
        </header>
        {move || match needs_code.get() {
            true => not_here(reference),
            false => {
                let loaded = memo(move || case.with(Option::is_some));
                (move || match loaded.get() {
                    true => parts(page, acting, first_new),
                    false => waiting(page),
                })
                .view()
            }
        }}
    }
}

/// What cannot be shown here, and the ways to it.
fn not_here(reference: Reference) -> View {
    let sign_in = move || {
        config::has(Capability::Accounts).then(|| {
            let href = Route::sign_in(Route::Request(reference)).href();
            ui! { <a class="button secondary" href=href>{m::nav_sign_in}</a> }
        })
    };
    let track = Route::Track(TrackLink::Reference(reference)).href();
    ui! {
        <div class="text">
            <p>{move || m::request_not_here_text(&reference.to_string())}</p>
            <div class="buttons">
                <a class="button" href=track>{m::request_with_code}</a>
                {sign_in}
            </div>
        </div>
    }
}

fn waiting(page: Page) -> View {
    (move || {
        let failed = page.query.with(|load| match load {
            Load::Failed(failure) => Some(failure.clone()),
            _ => None,
        });
        match failed {
            Some(failure) => not_loaded(failure, fetching(page.query), move || page.query.reload()),
            None => ui! {
                <div class="text" aria-hidden="true">
                    <div class="skeleton block"></div>
                    <div class="skeleton line"></div>
                    <div class="skeleton block"></div>
                </div>
            },
        }
    })
    .view()
}

fn told(page: Page) -> View {
    (move || {
        page.told.get().map(|Told { good, words, again }| {
            let again = again.map(|again| {
                let again = move || again();
                ui! { <div class="buttons">{button(Look::Secondary, m::action_retry, again)}</div> }
            });
            ui! {
                <div class="notice" class:success=good class:warning=!good id=TOLD tabindex="-1">
                    {icon(if good { "check" } else { "warning" })}
                    <div class="flow"><p>{move || words.get()}</p>{again}</div>
                </div>
            }
        })
    })
    .view()
}

/// Says that what is shown may be old, or that the session has ended: signing in again is done here.
fn session_over(page: Page) -> View {
    let signing_in = RwSignal::new(false);
    let over = memo(move || {
        let code_needed = page
            .query
            .with(|l| matches!(l, Load::Ready(Found::CodeNeeded)));
        page.case.with(Option::is_some) && code_needed
    });
    let again = move || {
        let track = Route::Track(TrackLink::Reference(page.reference)).href();
        ui! {
            <div class="notice warning" role="alert">
                {icon("warning")}
                <div class="flow">
                    <h2>{m::session_over}</h2>
                    <p>{m::session_over_text}</p>
                    <div class="buttons">
                        {button(Look::Secondary, m::nav_sign_in, move || signing_in.set(true))}
                        <a class="button quiet" href=track>{m::request_with_code}</a>
                    </div>
                </div>
            </div>
        }
    };
    let form = move || {
        let problems = Problems::new(page.title);
        let s = SigningIn::new(problems, || {
            dom::focus(sign_in::CODE);
        });
        effect(move || {
            if matches!(session::signed_in(), SignedIn::Yes(_)) {
                signing_in.set(false);
            }
        });
        ui! {
            {summary(problems)}
            {step(s, || {})}
            <div class="buttons">
                {button(Look::Quiet, m::action_cancel, move || signing_in.set(false))}
            </div>
        }
    };
    let outdated = move || {
        page.query.outdated().map(|failure| {
            let reload = move || page.query.reload();
            ui! {
                <div class="notice warning">
                    {icon("warning")}
                    <div class="flow">
                        <p>{m::request_outdated}</p>
                        {failure_words(failure)}
                        <div class="buttons">{button(Look::Secondary, m::action_retry, reload)}</div>
                    </div>
                </div>
            }
        })
    };
    let as_of = page.part(|r| r.as_of);
    let desk_away = move || {
        as_of.get().flatten().map(|at| {
            ui! {
                <div class="notice warning">
                    {icon("warning")}
                    <div class="flow">
                        <p>{move || m::request_as_of(&format::date_time(at))}</p>
                    </div>
                </div>
            }
        })
    };
    ui! {
        {move || over.get().then(again)}
        {outdated}
        {desk_away}
        {dialog(signing_in, "sign-in-again", m::sign_in_title, form)}
    }
}

fn caption(page: Page) -> View {
    let kind = page.part(|r| r.request_type.name.clone());
    let reference = page.reference.to_string();
    ui! {
        <p class="caption">
            {move || kind.get().map(|kind| kind + " · ")}
            <span class="code">{reference.clone()}</span>
            " "
            {copy_button(reference, m::track_reference)}
        </p>
    }
}

fn standing(page: Page) -> View {
    let shown = page.part(|r| {
        (
            r.status,
            r.status_label.clone(),
            r.status_meaning.clone(),
            r.waiting_on,
        )
    });
    (move || {
        shown.get()?;
        untrack(|| page.request()).map(|request| {
            ui! {
                <p>
                    {status_tag(&request)} " "
                    <span class="meta">{request.status_meaning}</span>
                </p>
            }
        })
    })
    .view()
}

fn parts(page: Page, acting: Acting, first_new: Signal<Option<TimelineItemId>>) -> View {
    let steps = page.part(|r| r.steps.clone());
    let Some((id, following)) = untrack(|| page.request()).map(|r| (r.id, r.following)) else {
        return View::default();
    };
    let items = memo(move || {
        page.case.with(|case| {
            case.as_ref()
                .map(|case| case.items.clone())
                .unwrap_or_default()
        })
    });
    let lost = || live::connection() == Connection::Lost;
    let zone_of = move |key: &str| {
        let promises = untrack(|| page.request())?.promises;
        let promise = promises.into_iter().find(|promise| promise.key == key)?;
        zone(&promise).map(str::to_owned)
    };
    ui! {
        {move || steps.get().filter(|steps| !steps.is_empty()).map(|steps| ui! {
            <section class="progress" aria-label=m::request_progress>{stepper(steps)}</section>
        })}
        <div class="text">
            {since::since(page)}
            {turn(page, acting)}
            {survey::survey(page, &id)}
            {further::notes(page)}
            {promises::promises(page, acting, &id, following)}
            {edit::edit(page, acting)}
            <section aria-labelledby="timeline">
                <h2 id="timeline">{m::request_timeline}</h2>
                {timeline(id.clone(), items.into(), following, first_new, zone_of)}
                {move || lost().then(|| ui! { <p class="meta">{m::request_live_lost}</p> })}
            </section>
            {reply::reply(page, id.clone())}
            {measures::measures(&id)}
        </div>
        <aside>
            {actions::actions(page, acting)}
            {further::ladder(page)}
            {further::followers(page, acting)}
            {further::callback(page)}
            {details(page)}
        </aside>
    }
}

/// Whose turn it is, or how it ended.
fn turn(page: Page, acting: Acting) -> View {
    #[derive(Clone, PartialEq)]
    struct Turn {
        status: Status,
        waiting_on: Option<WaitingOn>,
        outcome: Option<request::Outcome>,
        closed_at: Option<portico_contract::Instant>,
        no_promise: bool,
        following: bool,
        actions: std::collections::BTreeMap<Action, request::ActionState>,
    }
    let turn = page.part(|r| Turn {
        status: r.status,
        waiting_on: r.waiting_on,
        outcome: r.outcome,
        closed_at: r.closed_at,
        no_promise: r.promises.is_empty(),
        following: r.following,
        actions: r.actions.clone(),
    });
    let explanation = memo(move || {
        page.case
            .with(|case| case.as_ref().and_then(|case| explanation(&case.items)))
    });
    let proposal = memo(move || {
        page.case
            .with(|case| case.as_ref().and_then(|case| proposal(&case.items)))
    });
    (move || {
        let turn = turn.get()?;
        let allowed = |action| turn.actions.get(&action).filter(|state| state.allowed);
        if let Some(text) = proposal.get()
            && allowed(Action::AcceptProposal).is_some()
        {
            return Some(proposed(text, acting));
        }
        let until = allowed(Action::Reopen).and_then(|state| state.until);
        let ended = matches!(turn.status, Status::Resolved | Status::Closed);
        if !ended {
            return Some(match (turn.following, turn.waiting_on) {
                (true, Some(WaitingOn::Customer)) => sender_turn(),
                _ => whose_turn(turn.status, turn.waiting_on, turn.no_promise),
            });
        }
        let outcome = turn.outcome.map(|outcome| {
            ui! { <p><strong>{move || result(outcome)}</strong></p> }
        });
        let explanation = explanation.get().map(|value| {
            prose(Body {
                format: TextFormat::Text,
                value,
            })
        });
        let confirm = allowed(Action::Confirm).is_some();
        let reopen = allowed(Action::Reopen).is_some();
        let following = turn.following;
        let heading = move || match (confirm, turn.closed_at) {
            (true, _) => m::request_solved_question(),
            (false, Some(at)) => m::request_closed_on(&format::date(at)),
            (false, None) if following => m::follow_turn(),
            (false, None) => m::request_turn_ours(),
        };
        let next = move || match (confirm, until) {
            (true, Some(at)) => Some(m::request_confirm_until(&limit(at))),
            (true, None) => Some(m::request_confirm_open()),
            (false, Some(at)) => Some(m::request_reopen_until(&limit(at))),
            (false, None) => None,
        };
        Some(ui! {
            <section class="turn" class:yours=confirm>
                {icon(if confirm { "person" } else { "check" })}
                <div class="flow">
                    <h2>{heading}</h2>
                    {outcome}
                    {explanation}
                    <p>{next}</p>
                    <div class="buttons">
                        {confirm.then(|| acting.confirm_button())}
                        {reopen.then(|| acting.reopen_button())}
                    </div>
                </div>
            </section>
        })
    })
    .view()
}

/// It waits for who sent it, not for who follows it and reads this.
fn sender_turn() -> View {
    ui! {
        <section class="turn">
            {icon("clock")}
            <div class="flow">
                <h2>{m::follow_turn}</h2>
                <p>{m::follow_turn_text}</p>
            </div>
        </section>
    }
}

fn whose_turn(status: Status, waiting_on: Option<WaitingOn>, no_promise: bool) -> View {
    let yours = waiting_on == Some(WaitingOn::Customer);
    let (title, text): (Message, Message) = match (status, waiting_on) {
        (Status::Queued, _) => (m::request_turn_ours, m::request_queued),
        (_, Some(WaitingOn::Customer)) => (m::request_turn_yours, m::request_turn_yours_text),
        (_, Some(WaitingOn::ThirdParty)) => (m::request_turn_partner, m::request_turn_partner_text),
        _ => (m::request_turn_ours, m::request_turn_ours_text),
    };
    ui! {
        <section class="turn" class:yours=yours>
            {icon(if yours { "person" } else { "clock" })}
            <div class="flow">
                <h2>{title}</h2>
                <p>{text}</p>
                {(no_promise && !yours).then(|| ui! { <p class="meta">{m::request_no_promise}</p> })}
            </div>
        </section>
    }
}

/// The proposal that waits for an answer.
fn proposal(items: &[TimelineItem]) -> Option<String> {
    items.iter().rev().find_map(|item| match &item.entry {
        Entry::Proposal {
            text, answer: None, ..
        } => Some(text.clone()),
        _ => None,
    })
}

fn proposed(value: String, acting: Acting) -> View {
    let text = Body {
        format: TextFormat::Text,
        value,
    };
    ui! {
        <section class="turn yours">
            {icon("person")}
            <div class="flow">
                <h2>{m::proposal_title}</h2>
                {prose(text)}
                <p>{m::proposal_question}</p>
                <div class="buttons">
                    {acting.ask_button(Look::Main, Action::AcceptProposal)}
                    {acting.ask_button(Look::Secondary, Action::DeclineProposal)}
                </div>
            </div>
        </section>
    }
}

/// Why it ended as it did the last time: what was said with it. That the customer has confirmed it says nothing anew.
fn explanation(items: &[TimelineItem]) -> Option<String> {
    let ends = items.iter().rev().filter_map(|item| match &item.entry {
        Entry::Status {
            from,
            to: to @ (Status::Resolved | Status::Closed),
            explanation,
            ..
        } => Some((*from, *to, explanation.clone())),
        _ => None,
    });
    for (from, to, explanation) in ends {
        let confirmed = (from, to) == (Some(Status::Resolved), Status::Closed);
        if explanation.is_some() || !confirmed {
            return explanation;
        }
    }
    None
}

fn details(page: Page) -> View {
    let rows = move || {
        let request = page.request()?;
        let row = |label: View, value: View| {
            ui! { <div><dt>{label}</dt><dd>{value}</dd></div> }
        };
        let own = |label: Message, value: View| row(label.view(), value);
        let fields = request
            .fields
            .into_iter()
            .map(|field| {
                let value = ui! { <span dir="auto">{field.display}</span> };
                row(field.label.view(), value.view())
            })
            .collect::<View>();
        let handler = request.handler.and_then(|handler| {
            let mut names: Vec<String> = handler.name.into_iter().chain(handler.team).collect();
            names.extend(
                handler
                    .third_party
                    .map(|name| m::request_handler_partner(&name)),
            );
            (!names.is_empty()).then(|| {
                let names = move || format::list(&names);
                own(m::request_handler, ui! { <bdi>{names}</bdi> })
            })
        });
        let graded = i18n::grade(request.grade).zip(i18n::class(request.class));
        let grade = graded.map(|(grade, class)| {
            let words = move || {
                m::request_grade_value {
                    class: &class(),
                    grade: &grade(),
                }
                .text()
            };
            let reason = request.grade_reason.map(|reason| {
                ui! { <p dir="auto">{reason}</p> }
            });
            own(m::request_grade, ui! { {words} {reason} })
        });
        let urgency =
            i18n::urgency(request.urgency).map(|word| own(m::request_urgency, word.view()));
        let closed = request
            .closed_at
            .map(|at| own(m::request_closed, moment(at)));
        Some(ui! {
            <dl class="summary">
                {own(m::track_reference, request.reference.to_string().view())}
                {own(m::request_kind, request.request_type.name.view())}
                {own(m::request_created, moment(request.created_at))}
                {own(m::request_changed, moment(request.updated_at))}
                {closed}
                {urgency}
                {grade}
                {fields}
                {handler}
            </dl>
        })
    };
    ui! {
        <section aria-labelledby="details">
            <h2 id="details">{m::request_details}</h2>
            {rows}
            <div class="buttons">
                {button(Look::Quiet, m::request_print, dom::print)}
                {button(Look::Quiet, m::request_export, move || save(page))}
            </div>
        </section>
    }
}

/// The case as it was read, for the customer to keep.
#[derive(serde::Serialize)]
struct Export<'a> {
    request: &'a request::Request,
    timeline: &'a [TimelineItem],
}

fn save(page: Page) {
    let Some(Case { versioned, items }) = page.case.get_untracked() else {
        return;
    };
    let export = Export {
        request: &versioned.request,
        timeline: &items,
    };
    let name = format!("{}-case.json", page.reference);
    file::save_text(&name, "application/json", &json::to_string(&export));
}

/// Marks what is new, says once that something came, and tells the server what was seen. Gives the first entry that
/// is new.
fn follow(page: Page) -> Signal<Option<TimelineItemId>> {
    let first_new = RwSignal::new(None::<TimelineItemId>);
    let seen = StoredValue::new(None::<TimelineItemId>);
    let visible = RwSignal::new(dom::is_visible());
    let watch = events::on_document("visibilitychange", move |_| {
        visible.try_set(dom::is_visible());
    });
    if let Some(watch) = watch {
        watch.owned();
    }
    effect_after(move |before: Option<Option<usize>>| {
        let case = page.case.get()?;
        let unread = case.versioned.request.unread_count as usize;
        let mine = |item: &&TimelineItem| is_mine(item, case.versioned.request.following);
        let known = before.flatten();
        // What came while the page was open; at first, what the server says was not seen.
        let fresh: Vec<&TimelineItem> = match known {
            Some(count) => case.items.iter().skip(count).filter(|i| !mine(i)).collect(),
            None => {
                let mut last: Vec<_> = case
                    .items
                    .iter()
                    .rev()
                    .filter(|i| !mine(i))
                    .take(unread)
                    .collect();
                last.reverse();
                last
            }
        };
        let own = page.own_doing.try_get_value().unwrap_or_default();
        page.own_doing.try_set_value(false);
        if let Some(first) = fresh.first().filter(|_| !own) {
            // What was done before is no news any more.
            if known.is_some() && !dom::has_focus(TOLD) {
                page.told.set(None);
            }
            if first_new.with_untracked(Option::is_none) {
                first_new.set(Some(first.id.clone()));
            }
            if known.is_some() {
                let message = fresh
                    .iter()
                    .any(|i| matches!(i.entry, Entry::Message { .. }));
                let late = fresh.iter().find_map(|i| match &i.entry {
                    Entry::Promise {
                        label,
                        change: PromiseChange::Late,
                        ..
                    } => Some(label),
                    _ => None,
                });
                let words = match (late, message) {
                    (Some(label), _) => m::promise_went_late(label),
                    (None, true) => m::request_new_reply(),
                    (None, false) => m::request_new_update(),
                };
                dom::announce(&words, dom::Urgency::Polite);
            }
        }
        Some(case.items.len())
    });
    effect(move || {
        let Some(case) = page.case.get().filter(|_| visible.get()) else {
            return;
        };
        let Some(last) = case.items.last() else {
            return;
        };
        let is_new = seen.with_value(|seen| seen.as_ref() != Some(&last.id));
        // What the customer did is seen too: it is no news the next time.
        let later = |seen| last.at > seen;
        if is_new && case.versioned.request.seen_at.is_some_and(later) {
            seen.set_value(Some(last.id.clone()));
            let (id, at) = (case.versioned.request.id.clone(), last.at);
            task::detach(async move {
                // It is told again with the next entry, or the next visit.
                let _ = requests::seen(&id, at).await;
            });
        }
    });
    first_new.into()
}

/// Whether its reader did it, who only follows where `following` says so.
fn is_mine(item: &TimelineItem, following: bool) -> bool {
    match &item.entry {
        Entry::Message { author, .. } => author.me,
        Entry::Asked { .. } | Entry::Callback { .. } => !following,
        Entry::Follower { event, .. } => !following && *event != FollowerEvent::Left,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn said(entries: &[(&str, &str, Value)]) -> Option<String> {
        let items = entries
            .iter()
            .enumerate()
            .map(|(place, (from, to, words))| {
                json!({"id": place.to_string(), "at": "2026-03-02T10:00:00Z", "kind": "status",
                "from": from, "to": to, "waiting_on": null, "outcome": null, "explanation": words})
            });
        let items: Vec<TimelineItem> = items
            .map(|item| serde_json::from_value(item).unwrap())
            .collect();
        explanation(&items)
    }

    #[test]
    fn a_result_is_explained_by_its_own_words() {
        let first = ("open", "resolved", json!("first"));
        let confirmed = ("resolved", "closed", Value::Null);
        assert_eq!(said(&[first.clone(), confirmed]).as_deref(), Some("first"));
        let again = ("resolved", "open", Value::Null);
        let silent = ("open", "resolved", Value::Null);
        assert_eq!(said(&[first.clone(), again, silent]), None);
        let closed = ("open", "closed", json!("closed"));
        assert_eq!(said(&[first, closed]).as_deref(), Some("closed"));
    }
}
