//! What do you need?

use crate::{i18n::m, navigation};
use leptos::prelude::*;

/// The home page.
#[component]
pub fn Home() -> impl IntoView {
    navigation::title(m::home_title);
    ui! { <h1 tabindex="-1">{m::home_title}</h1> }
}
