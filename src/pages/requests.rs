//! The customer's requests.

use crate::{i18n::m, navigation};
use leptos::prelude::*;

/// The list.
#[component]
pub fn Requests() -> impl IntoView {
    navigation::title(m::requests_title);
    ui! { <h1 tabindex="-1">{m::requests_title}</h1> }
}
