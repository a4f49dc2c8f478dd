//! Signing in by a code.

use crate::{i18n::m, navigation};
use leptos::prelude::*;

/// The page.
#[component]
pub fn SignIn() -> impl IntoView {
    navigation::title(m::sign_in_title);
    ui! { <h1 tabindex="-1">{m::sign_in_title}</h1> }
}
