//! One request.

use crate::{i18n::m, navigation};
use leptos::prelude::*;
use portico_contract::code::Reference;

/// The request.
#[component]
pub fn Request(reference: Reference) -> impl IntoView {
    navigation::title(m::request_title);
    let _ = reference;
    ui! { <h1 tabindex="-1">{m::request_title}</h1> }
}
