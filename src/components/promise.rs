//! Promises in words: by when, how much time, how they stand. A date comes first, remaining time second; nothing is
//! counted here.

use super::tag::{Tone, tag};
use crate::i18n::{Message, format, m};
use portico_contract::promise::{Goal, Promise, PromiseState, Unit};
use portico_view::{View, ui};

/// The zone in which the dates of a promise are told: that of its calendar.
pub fn zone(promise: &Promise) -> Option<&str> {
    promise.calendar.as_ref().map(|c| c.time_zone.as_str())
}

/// By when, such as "by the end of Tuesday 24 November"; `None` while that is not known.
pub fn due(promise: &Promise) -> Option<String> {
    promise.due_at.map(|at| format::deadline(at, zone(promise)))
}

/// How much time was promised.
pub fn goal(goal: &Goal) -> Option<String> {
    let amount = f64::from(goal.amount);
    Some(match goal.unit {
        Unit::Hours => m::promise_hours(amount),
        Unit::WorkingHours => m::promise_working_hours(amount),
        Unit::WorkingDays => m::promise_working_days(amount),
        Unit::Unknown => return None,
    })
}

/// How it stands.
pub fn state_tag(state: PromiseState) -> Option<View> {
    let (tone, word): (Tone, Message) = match state {
        PromiseState::Waiting => (Tone::Neutral, m::promise_state_waiting),
        PromiseState::Running => (Tone::Info, m::promise_state_running),
        PromiseState::Paused => (Tone::Neutral, m::promise_state_paused),
        PromiseState::Kept => (Tone::Success, m::promise_state_kept),
        PromiseState::Late => (Tone::Warning, m::promise_state_late),
        PromiseState::KeptLate => (Tone::Neutral, m::promise_state_kept_late),
        PromiseState::Void => (Tone::Neutral, m::promise_state_void),
        PromiseState::Unknown => return None,
    };
    Some(tag(tone, word))
}

/// What is due next, or is late.
pub fn next(promises: &[Promise]) -> Option<&Promise> {
    use PromiseState::{Late, Paused, Running};
    promises
        .iter()
        .filter(|promise| matches!(promise.state, Running | Late | Paused))
        .min_by_key(|promise| (promise.state == Paused, promise.due_at))
}

/// One line about a promise that is owed.
pub fn line(promise: &Promise) -> String {
    let label = &promise.label;
    match (promise.state, due(promise)) {
        (PromiseState::Late, Some(due)) => m::promise_line_late { due: &due, label }.text(),
        (PromiseState::Running, Some(due)) => m::promise_line { due: &due, label }.text(),
        (PromiseState::Paused, _) => m::promise_line_paused(label),
        _ => label.clone(),
    }
}

/// What is promised, or would be, with its dates.
pub fn promised(promises: Vec<Promise>) -> View {
    if promises.is_empty() {
        return ui! { <p>{m::request_no_promise}</p> };
    }
    let rows = promises
        .into_iter()
        .map(|promise| {
            let label = promise.label.clone();
            let provisional = promise
                .provisional
                .then(|| ui! { <p class="hint">{m::promise_provisional}</p> });
            let words = move || due(&promise).unwrap_or_else(m::promise_waiting);
            ui! { <div><dt>{label}</dt><dd>{words} {provisional}</dd></div> }
        })
        .collect::<View>();
    ui! { <dl class="summary">{rows}</dl> }
}
