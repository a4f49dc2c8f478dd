//! The customer's requests: search, filters and order stand in the address, so that a list can be kept and gone back
//! to.

use crate::{
    api::{Failure, Load, Query, requests},
    browser::{
        dom, key_value,
        task::{self, Task},
    },
    components::{
        button::{Look, busy_button, button},
        export,
        icon::icon,
        load::{fetching, not_loaded},
        request_list::{nothing, request_list, skeleton},
    },
    i18n::{self, Message, format, m},
    navigation,
    route::Route,
    state::{
        live,
        session::{self, SignedIn},
    },
};
use leptos::prelude::*;
use portico_contract::{
    Instant,
    id::Cursor,
    list::{RequestQuery, Sort},
    request::{Kind, Request, Status},
};
use portico_view::{Child, Memo, View, effect, effect_after, memo, ui};

/// Rows of a page.
const PAGE: u32 = 20;
/// Rows that are fetched at once when a long list is read anew.
const MOST: u32 = 100;
/// Rows of a table that is saved.
const MOST_SAVED: usize = 10_000;
/// Milliseconds from a keystroke in the search to its being looked for.
const DEBOUNCE: u32 = 300;

/// The list.
pub fn page() -> View {
    navigation::title(m::requests_title);
    let signed_out = memo(|| session::signed_in() == SignedIn::No);
    ui! {
        <header class="heading">
            <h1 tabindex="-1">{m::requests_title}</h1>
        </header>
        {move || match signed_out.get() {
            true => sign_in_first(),
            false => listing(),
        }}
    }
}

fn sign_in_first() -> View {
    let ways = ui! {
        <a class="button" href=Route::sign_in(Route::requests()).href()>{m::nav_sign_in}</a>
        <a class="button secondary" href=Route::track().href()>{m::nav_track}</a>
    };
    nothing(
        m::requests_signed_out,
        m::requests_signed_out_text,
        ways.view(),
    )
}

/// How many rows of which address were shown, for the way back to them.
const SHOWN: &str = "portico.shown";

fn remember_shown(rows: usize) {
    let address = navigation::current_untracked().href();
    key_value::session().set(SHOWN, &format!("{rows} {address}"));
}

fn shown_before() -> Option<usize> {
    let kept = key_value::session().get(SHOWN)?;
    let (rows, address) = kept.split_once(' ')?;
    let here = address == navigation::current_untracked().href();
    rows.parse().ok().filter(|_| here)
}

/// What is shown of the list.
#[derive(Clone, PartialEq)]
struct Listing {
    items: Vec<Request>,
    next: Option<Cursor>,
    total: Option<u64>,
}

/// The first `wanted` rows.
async fn read(query: RequestQuery, wanted: usize) -> Result<Listing, Failure> {
    let mut listing = Listing {
        items: Vec::new(),
        next: None,
        total: None,
    };
    loop {
        // At most a few thousand rows have ever been shown.
        let missing = u32::try_from(wanted - listing.items.len()).unwrap_or(MOST);
        let page = requests::list(&RequestQuery {
            limit: Some(missing.clamp(PAGE, MOST)),
            cursor: listing.next.take(),
            ..query.clone()
        })
        .await?;
        let empty = page.items.is_empty();
        listing.items.extend(page.items);
        listing.next = page.next_cursor;
        listing.total = page.total;
        if listing.next.is_none() || empty || listing.items.len() >= wanted {
            return Ok(listing);
        }
    }
}

/// What is looked for, as the address says.
fn asked() -> RequestQuery {
    match navigation::current() {
        Route::Requests(query) => *query,
        _ => RequestQuery::default(),
    }
}

/// Looks for something else. It takes the place of the address before: Back leaves the list.
fn ask(change: impl FnOnce(&mut RequestQuery)) {
    if let Route::Requests(mut query) = navigation::current_untracked() {
        change(&mut query);
        navigation::replace(&Route::Requests(query));
    }
}

fn listing() -> View {
    let asked = memo(asked);
    let shown = StoredValue::new(shown_before().unwrap_or(PAGE as usize));
    let query = Query::new(move || {
        live::any();
        let asked = asked.get();
        async move { read(asked, shown.try_get_value().unwrap_or_default()).await }
    });
    // Another search begins at its first page, and its outcome is said once.
    let announced = StoredValue::new(None::<RequestQuery>);
    effect_after(move |before: Option<RequestQuery>| {
        let now = asked.get();
        if before.is_some_and(|before| before != now) {
            shown.set_value(PAGE as usize);
            announced.set_value(Some(now.clone()));
        }
        now
    });
    effect(move || {
        let Some(listing) = query.ready() else { return };
        if announced.with_value(Option::is_some) && !query.is_fetching() {
            announced.set_value(None);
            dom::announce(&counted(&listing), dom::Urgency::Polite);
        }
    });
    let items = memo(move || query.ready().map(|l| l.items).unwrap_or_default());
    #[derive(PartialEq, Clone)]
    enum Stage {
        Loading,
        SignedOut,
        Failed(Failure),
        Empty,
        NoMatch,
        Rows,
    }
    let stage = memo(move || {
        query.with(|load| match load {
            Load::Loading { .. } => Stage::Loading,
            Load::Failed(failure) if session::is_needed(failure) => Stage::SignedOut,
            Load::Failed(failure) => Stage::Failed(failure.clone()),
            Load::Ready(listing) if !listing.items.is_empty() => Stage::Rows,
            Load::Ready(_) if is_filtered(&asked.get()) => Stage::NoMatch,
            Load::Ready(_) => Stage::Empty,
        })
    });
    let busy = move || query.is_fetching().then_some("true");
    ui! {
        {filters(asked)}
        <section aria-label=m::requests_title aria-busy=busy>
            {move || match stage.get() {
                Stage::Loading => skeleton(5),
                Stage::SignedOut => sign_in_first(),
                Stage::Failed(failure) => not_loaded(failure, fetching(query), move || query.reload()),
                Stage::Empty => {
                    let begin = ui! {
                        <a class="button" href=Route::Home.href()>{m::home_catalogue}</a>
                    };
                    nothing(m::requests_empty, m::requests_empty_text, begin.view())
                }
                Stage::NoMatch => {
                    let clear = button(Look::Secondary, m::requests_clear, || {
                        ask(|query| *query = RequestQuery::default());
                        dom::focus("search");
                    });
                    nothing(m::requests_no_match, m::requests_no_match_text, clear)
                }
                Stage::Rows => ui! {
                    {move || as_of(&items.get()).map(|at| ui! {
                        <div class="notice warning">
                            {icon("warning")}
                            <div class="flow">
                                <p>{move || m::requests_as_of(&format::date_time(at))}</p>
                            </div>
                        </div>
                    })}
                    {request_list(items.into())}
                    {paging(query, shown)}
                }
                .view(),
            }}
        </section>
    }
}

/// The moment of the oldest of those whose desk cannot be asked now.
fn as_of(items: &[Request]) -> Option<Instant> {
    items.iter().filter_map(|request| request.as_of).min()
}

fn is_filtered(query: &RequestQuery) -> bool {
    query.q.is_some() || !query.status.is_empty() || !query.kind.is_empty()
}

// Numbers of rows are far below 2^53.
#[allow(clippy::cast_precision_loss)]
fn counted(listing: &Listing) -> String {
    let shown = listing.items.len() as f64;
    if listing.items.is_empty() {
        return m::requests_no_match();
    }
    match listing.total.map(|total| total as f64) {
        Some(total) if total > shown => m::requests_shown(total, &format::number(shown)),
        _ => m::requests_count(shown),
    }
}

fn paging(query: Query<Listing>, shown: StoredValue<usize>) -> View {
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None);
    let more = move || {
        let Some(before) = untrack(|| query.ready()) else {
            return;
        };
        busy.set(true);
        failure.set(None);
        let asked = asked_untracked();
        let next = RequestQuery {
            limit: Some(PAGE),
            cursor: before.next.clone(),
            ..asked.clone()
        };
        task::detach(async move {
            let page = requests::list(&next).await;
            busy.try_set(false);
            match page {
                // Something else is looked for by now.
                _ if asked_untracked() != asked => {}
                Ok(page) => {
                    let first = page.items.first().map(|r| r.reference);
                    let mut listing = before;
                    listing.items.extend(page.items);
                    listing.next = page.next_cursor;
                    listing.total = page.total;
                    shown.try_set_value(listing.items.len());
                    remember_shown(listing.items.len());
                    query.set(listing);
                    task::next_frame().await;
                    if let Some(reference) = first {
                        dom::focus_link(&Route::Request(reference).href());
                    }
                }
                Err(why) => drop(failure.try_set(Some(why))),
            }
        });
    };
    let saving = RwSignal::new(false);
    let save = move || {
        saving.set(true);
        failure.set(None);
        let asked = asked_untracked();
        task::detach(async move {
            let all = read(asked, MOST_SAVED).await;
            saving.try_set(false);
            match all {
                Ok(listing) => untrack(|| export::requests_file(&listing.items)),
                Err(why) => drop(failure.try_set(Some(why))),
            }
        });
    };
    let has_more = memo(move || query.ready().is_some_and(|l| l.next.is_some()));
    let count = move || query.ready().as_ref().map(counted);
    ui! {
        <div class="paging">
            <p class="meta">{count}</p>
            {move || has_more.get().then(|| {
                busy_button(Look::Secondary, m::requests_more, busy.into(), more)
            })}
            {busy_button(Look::Quiet, m::requests_export, saving.into(), save)}
        </div>
        {move || failure.get().map(|why| not_loaded(why, Signal::stored(false), more))}
    }
}

fn asked_untracked() -> RequestQuery {
    match navigation::current_untracked() {
        Route::Requests(query) => *query,
        _ => RequestQuery::default(),
    }
}

/// The statuses that can be asked for: "open" is every one in which something still happens.
const OPEN: [Status; 4] = [Status::Queued, Status::New, Status::Open, Status::Pending];

fn filters(asked: Memo<RequestQuery>) -> View {
    let typed = RwSignal::new(asked.get_untracked().q.unwrap_or_default());
    let waiting = StoredValue::new_local(None::<Task>);
    effect(move || {
        let q = asked.with(|query| query.q.clone().unwrap_or_default());
        if typed.with_untracked(|typed| typed.trim() != q) {
            typed.set(q);
        }
    });
    let search = move || {
        waiting.set_value(None);
        let words = typed.get_untracked().trim().to_owned();
        ask(|query| query.q = Some(words).filter(|words| !words.is_empty()));
    };
    let input = move |event| {
        typed.set(event_target_value(&event));
        let task = Task::spawn(async move {
            task::sleep(DEBOUNCE).await;
            search();
        });
        waiting.set_value(Some(task));
    };
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        search();
    };
    let status_word = |list: &[Status]| match list {
        [] => "",
        [one] => one.as_str(),
        _ => "open",
    };
    let status = move || asked.with(|query| status_word(&query.status));
    let kind = move || asked.with(|query| query.kind.first().map_or("", |k| k.as_str()));
    let sort = move || asked.with(|query| query.sort.unwrap_or(Sort::UpdatedDesc).as_str());
    let statuses: Vec<(&str, Message)> = vec![
        ("", m::requests_any),
        ("open", m::requests_open),
        (Status::New.as_str(), m::status_new),
        (Status::Pending.as_str(), m::status_pending),
        (Status::Resolved.as_str(), m::status_resolved),
        (Status::Closed.as_str(), m::status_closed),
    ];
    let kinds = std::iter::once(("", m::requests_any))
        .chain(
            Kind::ALL
                .iter()
                .map(|kind| (kind.as_str(), i18n::kind(*kind))),
        )
        .collect();
    let sorts = vec![
        (
            Sort::UpdatedDesc.as_str(),
            m::requests_sort_updated as Message,
        ),
        (Sort::CreatedDesc.as_str(), m::requests_sort_newest),
        (Sort::CreatedAsc.as_str(), m::requests_sort_oldest),
    ];
    ui! {
        <form class="filters" role="search" on:submit=send>
            <div class="field">
                <label for="search">{m::requests_search}</label>
                <input id="search" type="search" autocomplete="off" prop:value=typed on:input=input />
            </div>
            {choice("status", m::requests_status, statuses, status, |word| {
                ask(|query| query.status = match word {
                    "" => Vec::new(),
                    "open" => OPEN.to_vec(),
                    word => vec![Status::from_word(word)],
                });
            })}
            {choice("kind", m::requests_kind, kinds, kind, |word| {
                ask(|query| query.kind = match word {
                    "" => Vec::new(),
                    word => vec![Kind::from_word(word)],
                });
            })}
            {choice("sort", m::requests_sort, sorts, sort, |word| {
                ask(|query| query.sort = Some(Sort::from_word(word)).filter(|s| *s != Sort::UpdatedDesc));
            })}
        </form>
    }
}

fn choice(
    id: &'static str,
    label: Message,
    options: Vec<(&'static str, Message)>,
    chosen: impl Fn() -> &'static str + Clone + Send + Sync + 'static,
    choose: fn(&str),
) -> View {
    let options = options
        .into_iter()
        .map(|(word, name)| {
            let chosen = chosen.clone();
            ui! { <option value=word selected=move || chosen() == word>{name}</option> }
        })
        .collect::<View>();
    ui! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id on:change=move |event| choose(&event_target_value(&event))>{options}</select>
        </div>
    }
}
