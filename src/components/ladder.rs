//! How the next instance is reached for who is not satisfied.

use super::icon::icon;
use crate::i18n::m;
use portico_contract::request::Rung;
use portico_view::{View, ui};

/// The page and the number of an instance, where it has them.
pub fn ways(rung: &Rung) -> View {
    let page = rung.url.clone().map(|href| {
        let name = rung.label.clone();
        ui! {
            <p>
                <a href=href rel="noreferrer">{icon("external")} {move || m::ladder_page(&name)}</a>
            </p>
        }
    });
    let phone = rung.phone.clone().map(|number| {
        let href = format!("tel:{number}");
        ui! { <p><a href=href>{icon("phone")} <bdi>{number}</bdi></a></p> }
    });
    ui! { {page} {phone} }
}
