//! What the server is and can do (`/config`), and its request types, in the language on screen.

use leptos::prelude::*;
use portico_contract::config::Config;
use std::sync::LazyLock;

static CONFIG: LazyLock<ArcRwSignal<Option<Config>>> = LazyLock::new(ArcRwSignal::default);

/// The company's name in the language on screen, once it is known. Reactive.
pub fn brand_name() -> Option<String> {
    CONFIG.with(|config| config.as_ref().map(|c| c.brand.name.clone()))
}

/// Begins to fetch.
pub fn start() {}
