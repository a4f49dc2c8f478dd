//! A new request: choosing what it is about, and its form.

mod check;
mod form;
mod questions;
mod sending;

pub use form::form;

use crate::{
    components::{icon::kind_icon, load::part},
    i18n::m,
    navigation,
    route::Route,
    state::config,
};
use portico_view::{Child, View, ui};

/// What is it about?
pub fn choose() -> View {
    navigation::title(m::submit_choose_title);
    let skeleton = || {
        let boxes = (0..6)
            .map(|_| ui! { <li class="skeleton"></li> })
            .collect::<View>();
        ui! { <ul class="kinds" aria-hidden="true">{boxes}</ul> }
    };
    let types = || {
        config::request_types()
            .ready()
            .unwrap_or_default()
            .into_iter()
            .map(|kind| {
                ui! {
                    <li>
                        <a href=Route::form(kind.id).href()>
                            {kind_icon(kind.kind)}
                            <strong>{kind.name}</strong>
                            <span>{kind.description}</span>
                        </a>
                    </li>
                }
            })
            .collect::<View>()
    };
    ui! {
        <header class="heading">
            <h1 tabindex="-1">{m::submit_choose_title}</h1>
            <p class="lede">{m::submit_choose_lede}</p>
        </header>
        {part(config::request_types(), skeleton, move || ui! { <ul class="kinds">{types}</ul> }.view())}
    }
}
