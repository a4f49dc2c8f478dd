//! The customer portal. ARCHITECTURE.md says what lies where.
//!
//! # Views
//! Write `ui! { ... }`, never `view!`. They are the same, but Leptos turns static markup into `innerHTML`, which the
//! policy that we are served under forbids; `ui!` has a scope class, which turns that off. Therefore a class that
//! changes is `class:name=signal`, not `class=signal`; and `inner_html` and `style="..."` do not work
//! (`style:property=value` does).

// Each of the two programs leaves out what only the other one uses.
#![cfg_attr(not(all(feature = "door", feature = "case")), allow(dead_code, unused_imports))]
// A binary has no outside: `pub` means the whole crate, and `pub(crate)` would say it longer.
#![allow(unreachable_pub)]

/// `leptos::view!` without `innerHTML`.
macro_rules! ui {
    ($($markup:tt)*) => { ::leptos::view! { class="p", $($markup)* } };
}

mod api;
mod app;
mod browser;
mod components;
mod i18n;
mod navigation;
mod pages;
mod route;
mod state;

fn main() {
    app::start();
}
