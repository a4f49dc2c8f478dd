//! The start of the application, and which page belongs to which route.

use crate::{
    browser::{boot, dom},
    components::layout,
    i18n, navigation, pages,
    route::Route,
    state,
};
use leptos::prelude::*;
use portico_view::{Child, View};

/// Starts everything. Called once, by `main`.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| boot::crashed(&panic.to_string())));
    dom::set_language(i18n::locale().as_str());
    let Some(place) = dom::mount_point() else {
        boot::crashed("there is no #app");
        return;
    };
    dom::clear(&place);
    portico_view::mount(&place, || {
        navigation::start();
        state::start();
        let page = Memo::new_with_compare(
            |_| navigation::current(),
            |old, new| !matches!((old, new), (Some(old), Some(new)) if old.same_page(new)),
        );
        let page = (move || view_of(page.get())).view();
        match cfg!(feature = "survey") {
            true => layout::alone(page),
            false => layout::layout(page),
        }
    });
}

#[cfg(feature = "door")]
fn view_of(route: Route) -> View {
    match route {
        Route::Home => pages::home::page(),
        // The whole has it, and its document is on the way.
        _ => View::default(),
    }
}

#[cfg(feature = "survey")]
fn view_of(route: Route) -> View {
    match route {
        Route::Survey(token, picked) => pages::survey::page(token, picked),
        // The whole has it, and its document is on the way.
        _ => View::default(),
    }
}

#[cfg(not(any(feature = "door", feature = "survey")))]
fn view_of(route: Route) -> View {
    match route {
        Route::Home => pages::home::page(),
        Route::New => pages::submit::choose(),
        Route::Form(type_id, _) => pages::submit::form(type_id),
        Route::Sent(reference) => pages::sent::page(reference),
        Route::Track(_) => pages::track::page(),
        Route::Requests(_) => pages::requests::page(),
        Route::Request(reference) => pages::request::page(reference),
        Route::Receipt => pages::receipt::page(),
        Route::Help => pages::help::page(),
        Route::Service => pages::service::page(),
        Route::Callback(about) => pages::callback::page(about),
        Route::SignIn(..) => pages::sign_in::page(),
        // A program of its own has it, and its document is on the way.
        Route::Survey(..) => View::default(),
        Route::NotFound => pages::not_found::page(),
    }
}
