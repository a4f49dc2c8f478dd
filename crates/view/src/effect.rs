//! What runs anew when a signal that it read has changed.
//!
//! Leptos runs each effect as a task of its own, in the order in which they were woken. A closure of the markup could so
//! run before the one around it that would have taken it away, and look for what is gone. Here all that were woken run
//! together, the elder first: an effect is made by the one around it, which is therefore the elder. What acts on a page
//! ([`crate::effect()`]) runs after all that is shown.

use leptos::{
    prelude::Owner,
    reactive::graph::{AnySource, AnySubscriber, ReactiveNode, Source, Subscriber, WithObserver},
    task,
};
use send_wrapper::SendWrapper;
use std::{
    cell::{Cell, RefCell},
    cmp::Ordering,
    collections::BinaryHeap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Added to the age of what acts on what is shown.
const ACTS: u64 = 1 << 63;

thread_local! {
    static YOUNGEST: Cell<u64> = const { Cell::new(0) };
    static WOKEN: RefCell<BinaryHeap<Woken>> = const { RefCell::new(BinaryHeap::new()) };
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Follows the signals that it reads, until it is dropped.
pub(crate) struct Effect(Arc<Inner>);

struct Inner {
    /// For the signals.
    this: Weak<Inner>,
    /// The lowest has its turn first.
    turn: u64,
    state: Mutex<State>,
    /// What a run makes ends at the next one.
    owner: Owner,
    run: SendWrapper<RefCell<Box<dyn FnMut()>>>,
}

#[derive(Default)]
struct State {
    woken: bool,
    dirty: bool,
    sources: Vec<AnySource>,
}

impl Effect {
    /// Runs now, and again after every change.
    pub(crate) fn now(run: Box<dyn FnMut()>) -> Self {
        let effect = Self::new(0, run);
        effect.0.owner.with(|| effect.0.observe());
        effect
    }

    /// Runs when the page is as it should be, and again after every change.
    pub(crate) fn later(run: Box<dyn FnMut()>) -> Self {
        let effect = Self::new(ACTS, run);
        effect.0.mark_dirty();
        effect
    }

    fn new(kind: u64, run: Box<dyn FnMut()>) -> Self {
        let age = YOUNGEST.get() + 1;
        YOUNGEST.set(age);
        Self(Arc::new_cyclic(|this| Inner {
            this: this.clone(),
            turn: kind + age,
            state: Mutex::default(),
            owner: Owner::new(),
            run: SendWrapper::new(RefCell::new(run)),
        }))
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As the signals know it: by its address.
    fn subscriber(&self) -> AnySubscriber {
        AnySubscriber(std::ptr::from_ref(self) as usize, self.this.clone())
    }

    fn observe(&self) {
        let subscriber = self.subscriber();
        subscriber.with_observer(|| (self.run.borrow_mut())());
    }

    fn have_turn(&self) {
        self.state().woken = false;
        let subscriber = self.subscriber();
        if subscriber.with_observer(|| self.update_if_necessary()) {
            self.clear_sources(&subscriber);
            self.owner.with_cleanup(|| self.observe());
        }
    }

    fn wake(&self) {
        if mem::replace(&mut self.state().woken, true) {
            return;
        }
        let woken = Woken {
            turn: self.turn,
            effect: self.this.clone(),
        };
        WOKEN.with_borrow_mut(|all| all.push(woken));
        if !RUNNING.replace(true) {
            task::spawn_local(async { run_woken() });
        }
    }
}

fn run_woken() {
    while let Some(woken) = WOKEN.with_borrow_mut(BinaryHeap::pop) {
        if let Some(effect) = woken.effect.upgrade() {
            effect.have_turn();
        }
    }
    RUNNING.set(false);
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A signal that never changes (the language) would otherwise remember everybody who ever read it.
        self.clear_sources(&self.subscriber());
    }
}

impl ReactiveNode for Inner {
    fn mark_dirty(&self) {
        self.state().dirty = true;
        self.wake();
    }

    fn mark_check(&self) {
        self.wake();
    }

    fn mark_subscribers_check(&self) {}

    fn update_if_necessary(&self) -> bool {
        if mem::take(&mut self.state().dirty) {
            return true;
        }
        // Asking a source may mark this effect.
        let sources = self.state().sources.clone();
        sources.iter().any(ReactiveNode::update_if_necessary)
    }
}

impl Subscriber for Inner {
    fn add_source(&self, source: AnySource) {
        let mut state = self.state();
        if !state.sources.contains(&source) {
            state.sources.push(source);
        }
    }

    fn clear_sources(&self, subscriber: &AnySubscriber) {
        let sources = mem::take(&mut self.state().sources);
        for source in sources {
            source.remove_subscriber(subscriber);
        }
    }
}

/// An effect that waits for its turn.
struct Woken {
    turn: u64,
    effect: Weak<Inner>,
}

impl Ord for Woken {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives the greatest first.
        other.turn.cmp(&self.turn)
    }
}

impl PartialOrd for Woken {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Woken {
    fn eq(&self, other: &Self) -> bool {
        self.turn == other.turn
    }
}

impl Eq for Woken {}
