//! A new request: choosing what it is about, and its form.

use crate::{i18n::m, navigation};
use leptos::prelude::*;
use portico_contract::id::TypeId;

/// What is it about?
#[component]
pub fn Choose() -> impl IntoView {
    navigation::title(m::new_title);
    ui! { <h1 tabindex="-1">{m::new_title}</h1> }
}

/// The form of one request type, step by step.
#[component]
pub fn Form(type_id: TypeId) -> impl IntoView {
    navigation::title(m::form_title);
    let _ = type_id;
    ui! { <h1 tabindex="-1">{m::form_title}</h1> }
}
