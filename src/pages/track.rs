//! Following a request without an account.

use crate::{i18n::m, navigation};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Track() -> impl IntoView {
    navigation::title(m::track_title);
    ui! { <h1 tabindex="-1">{m::track_title}</h1> }
}
