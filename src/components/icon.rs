//! The icons of `public/icons.svg`.

use leptos::prelude::*;
use portico_contract::request::Kind;

/// An icon beside words that say the same.
pub fn icon(name: &'static str) -> AnyView {
    ui! {
        <svg class="icon" aria-hidden="true">
            <use href=format!("/icons.svg#{name}") />
        </svg>
    }
    .into_any()
}

/// The icon of a kind; one that this version does not know is "something else".
pub fn kind_icon(kind: Kind) -> AnyView {
    icon(match kind {
        Kind::Unknown => Kind::Other.as_str(),
        known => known.as_str(),
    })
}
