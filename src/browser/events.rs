//! Events of the window and the document.

use leptos::prelude::StoredValue;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget};

/// Listens until it is dropped.
#[must_use = "dropping it ends the listening"]
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Listens until the component that is being built ends.
    pub fn owned(self) {
        let _ = StoredValue::new_local(self);
    }

    /// Listens as long as the page is there.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self
            .target
            .remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
    }
}

fn listen(target: EventTarget, name: &'static str, act: Box<dyn FnMut(Event)>) -> Listener {
    let closure = Closure::wrap(act);
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    Listener {
        target,
        name,
        closure,
    }
}

/// Listens on the window (`online`, `pagehide`, `popstate` ...).
pub fn on_window(name: &'static str, act: impl FnMut(Event) + 'static) -> Option<Listener> {
    Some(listen(web_sys::window()?.into(), name, Box::new(act)))
}

/// Listens on the document (`visibilitychange`, `click` ...).
pub fn on_document(name: &'static str, act: impl FnMut(Event) + 'static) -> Option<Listener> {
    Some(listen(
        web_sys::window()?.document()?.into(),
        name,
        Box::new(act),
    ))
}
