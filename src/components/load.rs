//! A part of a page that is read from the server: it keeps its place while it loads, and offers to try again.

use super::{
    button::{Look, button},
    icon::icon,
};
use crate::{
    api::{Failure, Load, Query},
    browser::clock,
    i18n::{self, format, m},
};
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
        Stage::Failed(failure) => not_loaded(failure, move || query.reload()),
    })
    .view()
}

/// Why something could not be had, and a button to try again.
pub fn not_loaded(failure: Failure, again: impl FnMut() + Send + 'static) -> View {
    ui! {
        <div class="notice warning">
            {icon("warning")}
            <div class="flow">
                {failure_words(failure)}
                <div class="buttons">{button(Look::Secondary, m::action_retry, again)}</div>
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
