//! The ledger of what was promised: by when, how it stands, and why the date is what it is.

use super::{Page, actions::Acting};
use crate::{
    api::{Query, promises},
    browser::task::{self, Task},
    components::{
        export,
        icon::icon,
        load::part,
        moment::limit,
        promise::{due, goal, state_tag, zone},
    },
    i18n::{Message, format, m},
    state::config,
};
use leptos::prelude::*;
use portico_contract::{
    id::RequestId,
    promise::{
        DayReason, Moved, NextRight, Pause, PauseReason, Promise, PromiseDay, PromiseState, Unit,
    },
};
use portico_view::{Child, Memo, View, effect_after, memo, ui};

/// Milliseconds after which remaining time is told anew.
const TICK: u32 = 30_000;

/// A promise within its request: its key and its round.
type Place = (String, u32);

/// The promises; nothing where there are none.
pub(super) fn promises(page: Page, acting: Acting, id: &RequestId, following: bool) -> View {
    let all = memo(move || page.request().map(|r| r.promises).unwrap_or_default());
    let round = memo(move || all.with(|all| all.iter().map(|p| p.round).max()));
    let tick = RwSignal::new(0_u32);
    Task::spawn(async move {
        // Until the page is left.
        loop {
            task::sleep(TICK).await;
            tick.try_update(|n| *n += 1);
        }
    })
    .owned();
    // What has become late says that time has passed, perhaps while this device slept: the clock is set anew.
    effect_after(move |before: Option<Vec<PromiseState>>| {
        let now: Vec<_> = all.with(|all| all.iter().map(|p| p.state).collect());
        if before.is_some_and(|before| before != now) {
            config::config().reload();
        }
        now
    });
    // Another day: how many are left is the server's to say.
    effect_after(move |before: Option<Option<String>>| {
        tick.track();
        let today = config::current().and_then(|_| format::today(None));
        if before.flatten().is_some_and(|before| Some(before) != today) {
            page.query.reload();
        }
        today
    });
    let ledger = Ledger {
        all,
        acting,
        tick,
        id: StoredValue::new(id.clone()),
        following,
    };
    let earlier = move || {
        let rounds: Vec<u32> = (1..round.get()?).rev().collect();
        (!rounds.is_empty()).then(|| {
            let rounds = rounds
                .into_iter()
                .map(|round| {
                    let name = move || m::promise_round(&format::number(f64::from(round)));
                    ui! { <h3>{name}</h3> {ledger.list(round)} }
                })
                .collect::<View>();
            ui! {
                <details class="earlier">
                    <summary>{m::promise_earlier}</summary>
                    {rounds}
                </details>
            }
        })
    };
    let present = move || {
        let round = round.get()?;
        Some(ui! {
            <section aria-labelledby="promises">
                <h2 id="promises">{m::promise_title}</h2>
                {ledger.list(round)}
                {earlier}
            </section>
        })
    };
    present.view()
}

#[derive(Clone, Copy)]
struct Ledger {
    all: Memo<Vec<Promise>>,
    acting: Acting,
    tick: RwSignal<u32>,
    id: StoredValue<RequestId>,
    /// Its reader only follows.
    following: bool,
}

impl Ledger {
    fn list(self, round: u32) -> View {
        let places = move || {
            self.all.with(|all| {
                let here = all.iter().filter(|promise| promise.round == round);
                here.map(|p| (p.key.clone(), p.round)).collect::<Vec<_>>()
            })
        };
        let card = move |place: Place| self.card(place);
        ui! {
            <ul class="promises"><For each=places key=Place::clone children=card /></ul>
        }
    }

    /// One promise. What is known of it changes where it stands, so that what was opened below stays open.
    fn card(self, (key, round): Place) -> View {
        let promise = {
            let key = key.clone();
            memo(move || {
                self.all.with(|all| {
                    let mut all = all.iter();
                    all.find(|p| p.key == key && p.round == round).cloned()
                })
            })
        };
        let counted = memo(move || {
            let dated = |p: &Promise| p.started_at.is_some() && p.state != PromiseState::Void;
            promise.with(|promise| promise.as_ref().is_some_and(dated))
        });
        let missed = move || {
            promise.with(|promise| {
                let promise = promise.as_ref();
                promise.is_some_and(|p| p.state == PromiseState::Late || was_missed(p))
            })
        };
        let why = move || counted.get().then(|| self.why(&key, promise));
        ui! {
            <li class="card promise" class:missed=missed>
                {move || promise.get().map(|promise| self.facts(&promise))}
                {why}
            </li>
        }
    }

    fn facts(self, promise: &Promise) -> View {
        let label = promise.label.clone();
        let late = promise.state == PromiseState::Late;
        let mark = late.then(|| icon("warning"));
        // Only a date that is on screen and to come can be called so: a paused or done promise shows none.
        let uncertain = promise.provisional && promise.state == PromiseState::Running;
        let provisional = uncertain.then(|| ui! { <p class="meta">{m::promise_provisional}</p> });
        ui! {
            <header>{mark} <h3>{label}</h3> {state_tag(promise.state)}</header>
            {self.standing(promise)}
            {provisional}
            <p class="meta">{terms(promise.clone())}</p>
            {self.pauses(&promise.pauses)}
            {moves(promise)}
            {self.right(promise)}
        }
    }

    /// By when, and what became of it.
    fn standing(self, promise: &Promise) -> View {
        let words = {
            let promise = promise.clone();
            move || due(&promise)
        };
        let with_due = {
            let promise = promise.clone();
            move |fill: fn(&str) -> String| due(&promise).map(|due| fill(&due))
        };
        let tick = self.tick;
        let days = promise.days_left;
        let left = promise.due_at.map(|at| {
            move || match days {
                Some(days) => m::promise_days_left(f64::from(days)),
                None => {
                    tick.track();
                    // Its coming sets the clock.
                    config::config().with(|_| ());
                    format::remaining(at)
                }
            }
        });
        let met = promise
            .met_at
            .map(|at| move || m::promise_met(&format::short_date_time(at)));
        match promise.state {
            PromiseState::Waiting => ui! { <p>{m::promise_waiting}</p> },
            PromiseState::Running => ui! {
                <p><strong class="due">{words}</strong> " " <span class="meta">{left}</span></p>
                {was_missed(promise).then(|| ui! { <p>{m::promise_missed_before}</p> })}
            },
            PromiseState::Paused => promise
                .pauses
                .last()
                .map(|pause| self.paused(pause))
                .unwrap_or_default(),
            PromiseState::Late => {
                let missed = move || left.as_ref().map(|left| m::promise_missed(&left()));
                ui! {
                    <p><strong class="due">{move || with_due(m::promise_was_due)}</strong></p>
                    <p>{missed}</p>
                    <p>{m::promise_no_new_date}</p>
                }
            }
            PromiseState::Kept | PromiseState::KeptLate => ui! {
                <p><strong class="due">{met}</strong></p>
                <p class="meta">{move || with_due(m::promise_promised_due)}</p>
            },
            PromiseState::Void => ui! { <p>{m::promise_void}</p> },
            PromiseState::Unknown => View::default(),
        }
    }

    fn pause_reason(self, reason: PauseReason) -> String {
        match reason {
            PauseReason::WaitingForCustomer if self.following => m::follow_pause(),
            PauseReason::WaitingForCustomer => m::promise_pause_customer(),
            PauseReason::WaitingForThirdParty => m::promise_pause_partner(),
            PauseReason::OnHold | PauseReason::Unknown => m::promise_pause_hold(),
        }
    }

    /// Why the time stands still, and until when.
    fn paused(self, pause: &Pause) -> View {
        let Pause { from, reason, .. } = *pause;
        let since = move || {
            let reason = self.pause_reason(reason);
            m::promise_pause_since {
                from: &format::date_time(from),
                reason: &reason,
            }
            .text()
        };
        let until = pause.expected_end;
        let until = move || match until {
            Some(at) => m::promise_pause_until(&limit(at)),
            None => m::promise_pause_open(),
        };
        let note = pause
            .note
            .clone()
            .map(|note| ui! { <p dir="auto">{note}</p> });
        ui! { <p>{since}</p> {note} <p>{until}</p> }
    }

    /// When the time stood still before.
    fn pauses(self, pauses: &[Pause]) -> Option<View> {
        let items: Vec<View> = pauses
            .iter()
            .filter_map(|pause| {
                let Pause { from, reason, .. } = *pause;
                let (to, note) = (pause.to?, pause.note.clone());
                let words = move || {
                    let (from, to) = (format::short_date_time(from), format::short_date_time(to));
                    let reason = self.pause_reason(reason);
                    match &note {
                        Some(note) => m::promise_pause_item_noted {
                            from: &from,
                            note,
                            reason: &reason,
                            to: &to,
                        }
                        .text(),
                        None => m::promise_pause_item {
                            from: &from,
                            reason: &reason,
                            to: &to,
                        }
                        .text(),
                    }
                };
                Some(ui! { <li dir="auto">{words}</li> })
            })
            .collect();
        (!items.is_empty()).then(|| {
            ui! {
                <div class="history">
                    <p>{m::promise_pauses}</p>
                    <ul class="bullets">{items}</ul>
                </div>
            }
        })
    }

    /// What the customer can do about it, and a date to take along.
    fn right(self, promise: &Promise) -> View {
        let keep = promise
            .due_at
            .filter(|_| promise.state == PromiseState::Running)
            .map(|at| {
                let promise = promise.clone();
                let reference = self.acting.reference();
                let label = promise.label.clone();
                let save = move |_| untrack(|| export::calendar_file(reference, &promise, at));
                ui! {
                    <button class="button quiet" type="button" on:click=save>
                        {m::promise_calendar_file}
                        <span class="visually-hidden">" "{label}</span>
                    </button>
                }
            });
        let NextRight { action, from } = match &promise.next_right {
            Some(right) => right.clone(),
            None => return ui! { <div class="buttons">{keep}</div> },
        };
        let late = promise.state == PromiseState::Late;
        let doing = late.then(|| self.acting.allowed_button(action)).flatten();
        let later = (doing.is_none())
            .then(|| super::actions::name(action))
            .flatten()
            .map(|name| {
                let words = move || match late {
                    true => m::promise_right_from {
                        action: &name(),
                        when: &limit(from),
                    }
                    .text(),
                    false => m::promise_right_later(&name()),
                };
                ui! { <p class="meta">{words}</p> }
            });
        ui! { {later} <div class="buttons">{doing} {keep}</div> }
    }

    /// The days that were counted and those that were not, once that is asked for.
    fn why(self, key: &str, promise: Memo<Option<Promise>>) -> View {
        let opened = RwSignal::new(false);
        let key = StoredValue::new(key.to_owned());
        let label =
            move || promise.with(|p| p.as_ref().map(|p| p.label.clone()).unwrap_or_default());
        let strip = move || {
            let days = Query::new(move || {
                promise.track();
                let (id, key) = (self.id.get_value(), key.get_value());
                async move { promises::days(&id, &key).await }
            });
            let skeleton = || ui! { <div class="skeleton block" aria-hidden="true"></div> };
            part(days, skeleton, move || {
                (move || days.ready().map(strip)).view()
            })
        };
        ui! {
            <details class="why" on:toggle=move |_| opened.set(true)>
                <summary>
                    {m::promise_why}
                    <span class="visually-hidden">" "{label}</span>
                </summary>
                {move || opened.get().then(strip)}
            </details>
        }
    }
}

/// It runs to a date that was set after the one before had passed.
fn was_missed(promise: &Promise) -> bool {
    let open = promise.state == PromiseState::Running;
    open && promise.moved.iter().any(|moved| moved.from <= moved.at)
}

/// How much time, and on which calendar.
fn terms(promise: Promise) -> impl Fn() -> Option<String> {
    move || {
        let goal = goal(&promise.goal)?;
        let calendar = promise
            .calendar
            .as_ref()
            .filter(|_| promise.goal.unit != Unit::Hours);
        Some(match calendar {
            Some(calendar) => m::promise_goal_line {
                calendar: &calendar.name,
                goal: &goal,
            }
            .text(),
            None => m::promise_goal_only(&goal),
        })
    }
}

/// How often the date was moved, from when to when, and why.
fn moves(promise: &Promise) -> Option<View> {
    // A date is moved a handful of times.
    let count = u32::try_from(promise.moved.len()).unwrap_or(u32::MAX);
    let zone = zone(promise).map(str::to_owned);
    let items: Vec<View> = promise
        .moved
        .iter()
        .cloned()
        .map(
            |Moved {
                 from, to, reason, ..
             }| {
                let zone = zone.clone();
                let date = move |at| match format::day_ending_at(at, zone.as_deref()) {
                    Some(day) => format::weekday(&day),
                    None => format::date_time(at),
                };
                let words = move || {
                    m::promise_moved_item {
                        from: &date(from),
                        reason: &reason,
                        to: &date(to),
                    }
                    .text()
                };
                ui! { <li dir="auto">{words}</li> }
            },
        )
        .collect();
    (count > 0).then(|| {
        ui! {
            <div class="history">
                <p>{move || m::promise_moved(f64::from(count))}</p>
                <ul class="bullets">{items}</ul>
            </div>
        }
    })
}

/// The days as a list.
fn strip(days: Vec<PromiseDay>) -> View {
    if days.is_empty() {
        return ui! { <p class="meta">{m::promise_days_none}</p> };
    }
    let mut number = 0_u32;
    let items = days
        .into_iter()
        .map(|day| {
            number += u32::from(day.counted);
            self::day(day, number)
        })
        .collect::<View>();
    ui! { <ol class="days" aria-label=m::promise_days>{items}</ol> }
}

fn day(day: PromiseDay, number: u32) -> View {
    let PromiseDay {
        date,
        counted,
        reason,
        name,
    } = day;
    let date = date.to_string();
    let datetime = date.clone();
    let words = move || {
        let reason = day_reason(reason)();
        let reason = match &name {
            Some(name) => m::promise_day_named {
                name,
                reason: &reason,
            }
            .text(),
            None => reason,
        };
        match counted {
            true => m::promise_day_counted {
                n: &format::number(f64::from(number)),
                reason: &reason,
            }
            .text(),
            false => m::promise_day_not_counted(&reason),
        }
    };
    ui! {
        <li class:counted=counted>
            {icon(if counted { "check" } else { "close" })}
            <div>
                <time datetime=datetime>{move || format::short_weekday(&date)}</time>
                <p>{words}</p>
            </div>
        </li>
    }
}

fn day_reason(reason: DayReason) -> Message {
    match reason {
        DayReason::WorkingDay => m::promise_day_working_day,
        DayReason::MakeUpDay => m::promise_day_make_up_day,
        DayReason::OwnHours => m::promise_day_own_hours,
        DayReason::Provisional => m::promise_day_provisional,
        DayReason::Received => m::promise_day_received,
        DayReason::AfterCutoff => m::promise_day_after_cutoff,
        DayReason::AfterHours => m::promise_day_after_hours,
        DayReason::Weekend => m::promise_day_weekend,
        DayReason::DayOff => m::promise_day_off,
        DayReason::Paused => m::promise_day_paused,
        DayReason::Moved => m::promise_day_moved,
        DayReason::Unknown => m::promise_day_other,
    }
}
