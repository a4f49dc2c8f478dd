//! Going from page to page: the address bar, links, titles, focus and scrolling.
//!
//! Pages write plain links (`<a href=Route::New.href()>`): a plain click on a link to one of our addresses is taken
//! here, everything else is left to the browser. From code: [`go`], [`replace`].
//!
//! Every page calls [`title`] once and has one `<h1 tabindex="-1">` from its first moment, loading or not. On arriving,
//! the title is set first, then the heading gets the focus (which is what a screen reader announces; nothing else
//! does) and the page stands at its top. On the way back it stands where it stood, with the focus on the link that
//! was followed. Another filter of a list moves nothing.

use crate::{
    browser::{dom, events, history, host, key_value, task},
    i18n::{self, m},
    route::Route,
    state::config,
};
use leptos::prelude::*;
use portico_view::effect;
use std::{cell::Cell, sync::LazyLock};

static ROUTE: LazyLock<ArcRwSignal<Route>> =
    LazyLock::new(|| ArcRwSignal::new(Route::parse(&history::address())));

/// The route on screen. Call it where changes should be followed (a view's closure, a memo, an effect).
pub fn current() -> Route {
    ROUTE.get()
}

/// The route on screen at this moment, for event handlers.
pub fn current_untracked() -> Route {
    ROUTE.get_untracked()
}

/// Tells the next document that it is reached from a page of ours, where the heading gets the focus.
const ARRIVING: &str = "portico.arriving";

/// Goes to another page.
pub fn go(route: &Route) {
    leave_for(route.href());
}

/// Puts another route in the place of the present one: Back does not return to it.
pub fn replace(route: &Route) {
    if !route.is_here() {
        load(|| history::load_instead(&route.href()));
        return;
    }
    history::replace(&route.href());
    arrive(route.clone());
}

/// `"page"` when the route is that of the page on screen, for `aria-current` in navigation.
pub fn aria_current(route: Route) -> impl Fn() -> Option<&'static str> + Clone + Send + 'static {
    move || current().same_page(&route).then_some("page")
}

fn leave_for(address: String) {
    let route = Route::parse(&address);
    history::remember(&history::Place {
        scroll: dom::scroll_y(),
        link: Some(address.clone()),
    });
    if !route.is_here() {
        load(|| history::load(&address));
        return;
    }
    history::push(&address);
    arrive(route);
}

/// Leaves for a document, unless there is certainly no way to it: the page that stands here is worth more than the
/// browser's own word for that.
fn load(document: impl FnOnce()) {
    if !dom::is_online() {
        dom::announce(&m::offline_text(), dom::Urgency::Assertive);
        return;
    }
    key_value::session().set(ARRIVING, "1");
    document();
}

/// Opens the survey on screen again, in the program that has all that a survey can ask.
pub fn open_full() {
    let address = current_untracked().href();
    let sign = if address.contains('?') { '&' } else { '?' };
    let locale = i18n::locale().as_str();
    history::load_instead(&format!("{address}{sign}full&lang={locale}"));
}

/// Leaves the portal for another site, from which the customer comes back here.
pub fn leave(address: &str) {
    load(|| history::load(address));
}

fn moves_focus(from: &Route, to: &Route) -> bool {
    from != to && (!from.same_page(to) || matches!(to, Route::Form(..)))
}

fn arrive(route: Route) {
    let moves = moves_focus(&current_untracked(), &route);
    ROUTE.set(route);
    if moves {
        task::detach(async {
            task::next_frame().await;
            dom::scroll_to(0.0);
            dom::focus_heading();
        });
    }
}

/// Stands where the page stood when it was left. What is above may still be loading, so it waits a little for it.
async fn restore(place: history::Place, focus: bool) {
    task::next_frame().await;
    let link = place.link.as_deref().filter(|_| focus);
    let mut missing = link.is_some_and(|link| !dom::focus_link(link));
    if missing || focus && link.is_none() {
        dom::focus_heading();
    }
    let focused = dom::active();
    for _ in 0..20 {
        missing = missing && link.is_some_and(|link| !dom::focus_link(link));
        if !missing && dom::scroll_height() >= place.scroll {
            break;
        }
        task::sleep(50).await;
        if dom::active() != focused {
            // Whoever has gone on meanwhile is left where they are.
            return;
        }
    }
    dom::scroll_to(place.scroll);
}

/// Begins to follow links, the history and scrolling. Called once.
pub fn start() {
    history::restore_scroll_ourselves();
    let place = history::remembered();
    // `?lang=` has done its work; left there, it would undo another choice on the next reload.
    let route = current_untracked();
    if route != Route::NotFound && history::address() != route.href() {
        history::replace(&route.href());
        history::remember(&place);
    }
    // On the way back to a document that was left for the other program, as within one; a reload keeps the focus out.
    let came_back = history::came_back();
    if key_value::session().take(ARRIVING).is_some() {
        task::detach(async {
            task::next_frame().await;
            dom::focus_heading();
        });
    }
    if came_back || place.scroll > 0.0 {
        task::detach(restore(place, came_back));
    }
    let links = events::on_document("click", |event| {
        if let Some(address) = history::followed_link(&event)
            && Route::parse(&address) != Route::NotFound
        {
            event.prevent_default();
            leave_for(address);
        } else if host::frame().is_some() {
            // Another site has no place in the frame.
            history::open_elsewhere(&event);
        }
    });
    let back = events::on_window("popstate", |_| {
        let route = Route::parse(&history::address());
        let moves = moves_focus(&current_untracked(), &route);
        ROUTE.set(route);
        if moves {
            task::detach(restore(history::remembered(), true));
        }
    });
    let scrolled = events::on_document("scroll", |_| {
        thread_local! { static WAITING: Cell<bool> = const { Cell::new(false) }; }
        // Browsers limit how often a history entry may be written.
        if !WAITING.replace(true) {
            task::detach(async {
                task::sleep(300).await;
                WAITING.set(false);
                history::remember(&history::Place {
                    scroll: dom::scroll_y(),
                    ..history::remembered()
                });
            });
        }
    });
    for listener in [links, back, scrolled].into_iter().flatten() {
        listener.forever();
    }
}

/// The title of the page on screen.
#[derive(Clone, Copy)]
pub struct Title(RwSignal<bool>);

/// Says what the page is called, in every language: `title(m::home_title)`, or a closure that reads signals. The
/// company's name is added.
pub fn title(text: impl Fn() -> String + 'static) -> Title {
    let title = Title(RwSignal::new(false));
    let text: Box<dyn Fn() -> String> = Box::new(text);
    effect(move || {
        let name = match title.0.get() {
            true => m::title_error(&text()),
            false => text(),
        };
        dom::set_title(&match config::brand_name() {
            Some(brand) => m::title_site {
                brand: &brand,
                title: &name,
            }
            .text(),
            None => name,
        });
    });
    title
}

impl Title {
    /// Puts "Error: " before the title as long as the page shows an error summary.
    pub fn set_error(self, error: bool) {
        self.0.try_set(error);
    }
}
