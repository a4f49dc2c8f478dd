//! An address that is not ours.

use crate::{i18n::m, navigation};
use leptos::prelude::*;

/// Says so, and where to go.
#[component]
pub fn NotFound() -> impl IntoView {
    navigation::title(m::not_found_title);
    ui! { <h1 tabindex="-1">{m::not_found_title}</h1> }
}
