//! The confirmation of what was sent.

use crate::{i18n::m, navigation};
use leptos::prelude::*;
use portico_contract::code::Reference;

/// The confirmation.
#[component]
pub fn Sent(reference: Reference) -> impl IntoView {
    navigation::title(m::sent_title);
    let _ = reference;
    ui! { <h1 tabindex="-1">{m::sent_title}</h1> }
}
