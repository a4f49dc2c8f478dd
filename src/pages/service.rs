//! What the company learnt from its customers.

use crate::{
    api::{self, Query},
    components::{load::part, measures::measures},
    i18n::m,
    navigation,
};
use portico_view::{Child, View, ui};

/// The page.
pub fn page() -> View {
    navigation::title(m::measures_title);
    let all = Query::new(api::measures::all);
    let show = move || {
        (move || match all.ready().unwrap_or_default() {
            none if none.is_empty() => ui! { <p>{m::measures_none}</p> },
            all => measures(all),
        })
        .view()
    };
    ui! {
        <header class="heading">
            <h1 tabindex="-1">{m::measures_title}</h1>
            <p class="lede">{m::measures_text}</p>
        </header>
        <div class="text">{part(all, skeleton, show)}</div>
    }
}

fn skeleton() -> View {
    ui! { <div class="skeleton block" aria-hidden="true"></div> }
}
