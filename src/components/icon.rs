//! The icons of `public/icons.svg`.

use crate::browser::boot;
use portico_contract::request::Kind;
use portico_view::{View, ui};

/// An icon beside words that say the same.
pub fn icon(name: &'static str) -> View {
    ui! {
        <svg class="icon" aria-hidden="true">
            <use href=format!("{}#{name}", boot::icons()) />
        </svg>
    }
}

/// The icon of a kind; one that this version does not know is "something else".
pub fn kind_icon(kind: Kind) -> View {
    icon(match kind {
        Kind::Unknown => Kind::Other.as_str(),
        known => known.as_str(),
    })
}
