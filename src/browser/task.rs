//! Asynchronous work that ends when nobody wants it any more, and waiting.

use futures_util::future::{AbortHandle, Abortable, Either, select};
use leptos::prelude::StoredValue;
use std::{
    cell::RefCell,
    future::Future,
    pin::{Pin, pin},
    task::{Poll, Waker},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Work that runs in the background and is dropped, at the place where it waits, when this is dropped.
#[must_use = "dropping it ends the work"]
pub struct Task(AbortHandle);

impl Task {
    /// Begins.
    pub fn spawn(work: impl Future<Output = ()> + 'static) -> Self {
        Self::spawn_boxed(Box::pin(work))
    }

    /// All work is of one type, so that running it is compiled once.
    fn spawn_boxed(work: Pin<Box<dyn Future<Output = ()>>>) -> Self {
        let (handle, registration) = AbortHandle::new_pair();
        let work = Abortable::new(work, registration);
        detach(async {
            let _ = work.await;
        });
        Self(handle)
    }

    /// Goes on to its end although the handle is given up.
    pub fn finish(self) {
        std::mem::forget(self);
    }

    /// Ends with the component that is being built.
    pub fn owned(self) {
        let _ = StoredValue::new_local(self);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Work that nothing ends but itself.
pub fn detach(work: impl Future<Output = ()> + 'static) {
    let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    wasm_bindgen_futures::spawn_local(work);
}

/// What one piece of work waits for and another gives, once; all who wait get it.
pub struct Slot<T>(RefCell<(Option<T>, Vec<Waker>)>);

impl<T: Clone> Slot<T> {
    /// Nothing is there yet.
    pub const fn new() -> Self {
        Self(RefCell::new((None, Vec::new())))
    }

    /// Gives it.
    pub fn fill(&self, value: T) {
        let waiting = {
            let mut slot = self.0.borrow_mut();
            slot.0 = Some(value);
            std::mem::take(&mut slot.1)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits for it.
    pub async fn filled(&self) -> T {
        std::future::poll_fn(|context| {
            let mut slot = self.0.borrow_mut();
            match &slot.0 {
                Some(value) => Poll::Ready(value.clone()),
                None => {
                    slot.1.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Waits.
pub async fn sleep(millis: u32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let _ = super::js::call(
            &super::js::global(),
            "setTimeout",
            &[resolve.unchecked_into::<JsValue>(), JsValue::from(millis)],
        );
    });
    let _ = JsFuture::from(promise).await;
}

/// Waits until the page has been drawn. In a hidden tab, where nothing is drawn, a moment.
pub async fn next_frame() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let _ = super::js::call(
            &super::js::global(),
            "requestAnimationFrame",
            &[resolve.unchecked_into::<JsValue>()],
        );
    });
    let _ = within(100, JsFuture::from(promise)).await;
}

/// The outcome of `work`, or `None` when it takes longer. The work is then dropped.
pub async fn within<T>(millis: u32, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(sleep(millis))).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}
