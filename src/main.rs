//! The customer portal. ARCHITECTURE.md says what lies where.
//!
//! # Views
//! `ui! { ... }` (`portico_view`) is the markup of Leptos' `view!`, with one type for all views. A component is a
//! function that gives a [`portico_view::View`] and is called in a block: `{button(...)}`. A closure in the markup is
//! followed; what stands in it is shown anew, in place, when a signal that it read changes. `style="..."` is not
//! allowed by the policy that we are served under; HTML from a string does not exist (`browser::html` has the one
//! exception).

// The programs of one page leave out what only the other pages use.
#![cfg_attr(
    any(feature = "door", feature = "survey"),
    allow(dead_code, unused_imports)
)]
// A binary has no outside: `pub` means the whole crate, and `pub(crate)` would say it longer.
#![allow(unreachable_pub)]

mod api;
mod app;
mod browser;
mod components;
mod i18n;
mod json;
mod navigation;
mod pages;
mod route;
mod state;

fn main() {
    app::start();
}
