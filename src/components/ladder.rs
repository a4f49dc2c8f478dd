//! How the next instance is reached for who is not satisfied.

use super::{contact::address, icon::icon};
use crate::i18n::m;
use portico_contract::{config::ContactKind, request::Rung};
use portico_view::{View, ui};

/// The page and the number of an instance, where it has them.
pub fn ways(rung: &Rung) -> View {
    let page = rung.url.clone().map(|href| {
        let name = rung.label.clone();
        ui! {
            <p class="way">
                {icon("external")} <a href=href rel="noreferrer">{move || m::ladder_page(&name)}</a>
            </p>
        }
    });
    let phone = rung.phone.clone().map(|number| {
        let number = address(ContactKind::Phone, number);
        ui! { <p class="way">{icon("phone")} {number}</p> }
    });
    ui! { {page} {phone} }
}
