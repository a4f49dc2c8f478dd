//! An address that is not ours.

use crate::{components::icon::icon, i18n::m, navigation, route::Route};
use portico_view::{View, ui};

/// Says so, and where to go.
pub fn page() -> View {
    navigation::title(m::not_found_title);
    ui! {
        <div class="empty">
            {icon("search")}
            <h1 tabindex="-1">{m::not_found_title}</h1>
            <p>{m::not_found_text}</p>
            <div class="buttons">
                <a class="button" href=Route::Home.href()>{m::action_home}</a>
                <a class="button secondary" href=Route::track().href()>{m::nav_track}</a>
            </div>
        </div>
    }
}
