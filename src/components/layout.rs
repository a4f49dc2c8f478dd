//! What stands around every page.

use leptos::prelude::*;

/// Header, the page, footer.
#[component]
pub fn Layout(children: Children) -> impl IntoView {
    ui! { <main class="page" id="main">{children()}</main> }
}
