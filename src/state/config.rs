//! What the server is and can do (`/config`), and its service catalogue, in the language on screen: fetched anew when
//! the language changes, while what is shown stays.
//!
//! - [`config`] and [`request_types`] are what there is to show; [`current`] is the configuration once it is here;
//! - [`has`]: a control of a capability that the server does not list is not shown.

use crate::{
    api::{self, Query},
    i18n::format,
};
use portico_contract::{
    config::{Capability, Config},
    form::RequestTypeSummary,
    session::SignInProvider,
};
use portico_view::effect;
use std::sync::LazyLock;

static CONFIG: LazyLock<Query<Config>> = LazyLock::new(|| Query::new(api::config::read));
static TYPES: LazyLock<Query<Vec<RequestTypeSummary>>> =
    LazyLock::new(|| Query::new(api::request_types::list));

/// The configuration.
pub fn config() -> Query<Config> {
    *CONFIG
}

/// The service catalogue.
pub fn request_types() -> Query<Vec<RequestTypeSummary>> {
    *TYPES
}

/// The configuration once it is here. Reactive.
pub fn current() -> Option<Config> {
    CONFIG.ready()
}

/// A part of the configuration once it is here. Reactive.
pub fn part<T>(of: impl FnOnce(&Config) -> T) -> Option<T> {
    CONFIG.with(|load| load.ready().map(of))
}

/// The company's name in the language on screen, once it is known. Reactive.
pub fn brand_name() -> Option<String> {
    part(|config| config.brand.name.clone())
}

/// Whether the server can do this; false until it is known. Reactive.
pub fn has(capability: Capability) -> bool {
    part(|config| config.capabilities.contains(&capability)).unwrap_or_default()
}

/// Where else one can sign in: there a cookie goes along, so only where the API is on the page's own origin and the
/// portal in no frame. Reactive.
pub fn sign_in_providers() -> Vec<SignInProvider> {
    match api::session::by_cookie() {
        true => current().map_or_else(Vec::new, |config| config.sign_in_providers),
        false => Vec::new(),
    }
}

/// Begins to fetch. Called once, in the owner that lives as long as the application.
pub(super) fn start() {
    LazyLock::force(&CONFIG);
    effect(|| {
        part(|config| format::set_time_zone(&config.time_zone));
    });
}

/// The same for the service catalogue.
pub(super) fn start_catalogue() {
    LazyLock::force(&TYPES);
}
