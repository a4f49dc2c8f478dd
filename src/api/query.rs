//! Reading for a component: what there is to show, and fetching it anew.

use super::{Failure, retry};
use crate::{
    browser::{
        dom, events,
        task::{self, Task},
    },
    i18n,
};
use leptos::prelude::*;
use portico_view::effect_after;
use std::future::Future;

/// Milliseconds before a skeleton is shown: what comes at once does not flicker.
const PATIENCE: u32 = 200;

/// Seconds until what could not be had, and may be had later, is asked for again by itself, at least.
const PAUSE: f64 = 8.0;

/// What there is to show of something that is fetched.
#[derive(Debug, Clone, PartialEq)]
pub enum Load<T> {
    /// Nothing yet. `late`: it takes a while, show a skeleton (before that the empty space of it).
    Loading {
        /// It takes a while.
        late: bool,
    },
    /// It is here.
    Ready(T),
    /// It could not be had.
    Failed(Failure),
}

impl<T> Load<T> {
    /// It, when it is here.
    pub const fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}

/// Something that a component reads. Belongs to the component, may be copied into its closures.
pub struct Query<T: Send + Sync + 'static> {
    load: RwSignal<Load<T>>,
    fetching: RwSignal<bool>,
    outdated: RwSignal<Option<Failure>>,
    again: RwSignal<u32>,
    /// How often in a row it could not be had.
    failures: StoredValue<u32>,
}

impl<T: Send + Sync + 'static> Clone for Query<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Query<T> {}

impl<T: Clone + Send + Sync + 'static> Query<T> {
    /// Fetches now, and anew whenever a signal that `fetch` reads (before it waits) or the language changes. What is
    /// shown stays until the new answer is here; the call before is ended and its answer never shown. What fails for a
    /// passing reason, such as a server that starts again, is fetched anew by itself after a while, and at once when the
    /// network is back.
    pub fn new<F>(fetch: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<T, Failure>> + 'static,
    {
        let query = Self {
            load: RwSignal::new(Load::Loading { late: false }),
            fetching: RwSignal::new(false),
            outdated: RwSignal::new(None),
            again: RwSignal::new(0),
            failures: StoredValue::new(0),
        };
        effect_after(move |_: Option<Task>| {
            i18n::locale();
            query.again.track();
            let answer = fetch();
            query.fetching.try_set(true);
            Task::spawn(async move {
                let late = Task::spawn(async move {
                    task::sleep(PATIENCE).await;
                    query.late();
                });
                let answer = answer.await;
                drop(late);
                let passing = answer.as_ref().err().filter(|failure| failure.is_passing());
                let floor = passing.map(|failure| failure.retry_after().unwrap_or(PAUSE));
                query.arrived(answer);
                let failures = query.failures.try_get_value();
                if let (Some(floor), Some(failures)) = (floor, failures) {
                    let _back = events::on_window("online", move |_| query.reload());
                    retry::wait(failures, Some(floor)).await;
                    query.reload();
                }
            })
        });
        query
    }

    fn late(self) {
        self.load.try_update(|load| {
            if let Load::Loading { late } = load {
                *late = true;
            }
        });
    }

    fn arrived(self, answer: Result<T, Failure>) {
        self.fetching.try_set(false);
        dom::hold_place();
        match answer {
            Ok(value) => {
                self.failures.try_update_value(|failures| *failures = 0);
                self.outdated.try_set(None);
                self.load.try_set(Load::Ready(value));
            }
            Err(failure) => {
                self.failures.try_update_value(|failures| *failures += 1);
                let shown = self.load.try_with_untracked(|load| load.ready().is_some());
                if shown == Some(true) {
                    self.outdated.try_set(Some(failure));
                } else {
                    self.load.try_set(Load::Failed(failure));
                }
            }
        }
    }

    /// It, when it is here. Reactive.
    pub fn ready(self) -> Option<T> {
        self.load.with(|load| load.ready().cloned())
    }

    /// Looks at what there is to show without a copy. Reactive.
    pub fn with<R>(self, look: impl FnOnce(&Load<T>) -> R) -> R {
        self.load.with(look)
    }

    /// Whether a call is under way: for `aria-busy`. Reactive.
    pub fn is_fetching(self) -> bool {
        self.fetching.get()
    }

    /// Why what is shown may be out of date: the last call did not succeed. Reactive.
    pub fn outdated(self) -> Option<Failure> {
        self.outdated.get()
    }

    /// Fetches anew ("Try again", something changed). What is shown stays until the answer is here, a failure too: its
    /// button keeps the focus, and nothing moves below it.
    pub fn reload(self) {
        self.again.try_update(|n| *n += 1);
    }

    /// Shows what another call has just answered.
    pub fn set(self, value: T) {
        self.arrived(Ok(value));
    }
}
