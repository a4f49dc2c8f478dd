//! The start of the application, and which page belongs to which route.

use crate::{
    browser::{boot, dom},
    components::layout::Layout,
    i18n, navigation, pages,
    route::Route,
    state,
};
use leptos::prelude::*;

/// Starts everything. Called once, by `main`.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| boot::crashed(&panic.to_string())));
    dom::set_language(i18n::locale().as_str());
    let Some(place) = dom::mount_point() else {
        boot::crashed("there is no #app");
        return;
    };
    dom::clear(&place);
    leptos::mount::mount_to(place, || {
        navigation::start();
        state::start();
        ui! { <App /> }
    })
    .forget();
}

#[component]
fn App() -> impl IntoView {
    let page = Memo::new_with_compare(
        |_| navigation::current(),
        |old, new| !matches!((old, new), (Some(old), Some(new)) if old.same_page(new)),
    );
    ui! { <Layout>{move || view_of(page.get())}</Layout> }
}

fn view_of(route: Route) -> AnyView {
    match route {
        #[cfg(feature = "door")]
        Route::Home => ui! { <pages::home::Home /> }.into_any(),
        #[cfg(feature = "case")]
        Route::New => ui! { <pages::submit::Choose /> }.into_any(),
        #[cfg(feature = "case")]
        Route::Form(type_id, _) => ui! { <pages::submit::Form type_id /> }.into_any(),
        #[cfg(feature = "case")]
        Route::Sent(reference) => ui! { <pages::sent::Sent reference /> }.into_any(),
        #[cfg(feature = "case")]
        Route::Track(_) => ui! { <pages::track::Track /> }.into_any(),
        #[cfg(feature = "door")]
        Route::Requests(_) => ui! { <pages::requests::Requests /> }.into_any(),
        #[cfg(feature = "case")]
        Route::Request(reference) => ui! { <pages::request::Request reference /> }.into_any(),
        Route::SignIn(_) => ui! { <pages::sign_in::SignIn /> }.into_any(),
        Route::NotFound => ui! { <pages::not_found::NotFound /> }.into_any(),
        // The other program has it, and its document is on the way.
        #[cfg(not(all(feature = "door", feature = "case")))]
        _ => ().into_any(),
    }
}
