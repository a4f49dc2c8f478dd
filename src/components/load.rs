//! A part of a page that is read from the server: it keeps its place while it loads, and offers to try again.

use super::{
    button::{Look, busy_button},
    icon::icon,
};
use crate::{
    api::{Failure, Load, Query},
    browser::clock,
    i18n::{self, format, m},
};
use leptos::prelude::*;
use portico_view::{Child, View, memo, ui};

#[derive(Clone, PartialEq)]
enum Stage {
    Waiting,
    Shown,
    Failed(Failure),
}

/// Shows what was read with `show`, which is built once and reads the query where it wants to follow news. Until then
/// `skeleton`, and when it could not be had, why, with a button to try again.
pub fn part<T: Clone + Send + Sync + 'static>(
    query: Query<T>,
    skeleton: fn() -> View,
    show: impl Fn() -> View + Send + 'static,
) -> View {
    let stage = memo(move || {
        query.with(|load| match load {
            Load::Loading { .. } => Stage::Waiting,
            Load::Ready(_) => Stage::Shown,
            Load::Failed(failure) => Stage::Failed(failure.clone()),
        })
    });
    (move || match stage.get() {
        Stage::Waiting => skeleton(),
        Stage::Shown => show(),
        Stage::Failed(failure) => not_loaded(failure, fetching(query), move || query.reload()),
    })
    .view()
}

/// Whether a query is asking, for [`not_loaded`].
pub fn fetching<T: Clone + Send + Sync + 'static>(query: Query<T>) -> Signal<bool> {
    Signal::derive(move || query.is_fetching())
}

/// Why something could not be had, and a button to try again, which is `busy` meanwhile.
pub fn not_loaded(
    failure: Failure,
    busy: Signal<bool>,
    again: impl FnMut() + Send + 'static,
) -> View {
    ui! {
        <div class="notice warning">
            {icon("warning")}
            <div class="flow">
                {failure_words(failure)}
                <div class="buttons">{busy_button(Look::Secondary, m::action_retry, busy, again)}</div>
            </div>
        </div>
    }
}

/// A failure in words, with the time from which it is worth trying again.
pub fn failure_words(failure: Failure) -> View {
    // The time of day does not change while it is looked at.
    let from = failure
        .retry_after()
        .map(|seconds| clock::device_millis() + seconds * 1_000.0);
    ui! {
        <p>
            {move || i18n::failure(&failure)}
            {from.map(|at| move || m::state_again_at(&format::time_on_this_device(at)))}
        </p>
    }
}
