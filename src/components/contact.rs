//! How the company is reached, in the same place on every page.

use super::{icon::icon, load::part};
use crate::{
    i18n::{format, m},
    route::Route,
    state::config,
};
use portico_contract::config::{Capability, ContactChannel, ContactKind};
use portico_view::{Child, View, ui};

/// The contact section.
pub fn contact() -> View {
    let channels = || {
        config::part(|config| config.contacts.clone())
            .unwrap_or_default()
            .into_iter()
            .map(channel)
            .collect::<View>()
    };
    let callback = || {
        config::has(Capability::Callbacks).then(|| {
            let href = Route::Callback(None).href();
            ui! { <li>{icon("phone")} <a href=href>{m::callback_action}</a></li> }
        })
    };
    let skeleton = || ui! { <div class="skeleton line" aria-hidden="true"></div> };
    ui! {
        <section class="contact" aria-labelledby="contact">
            <h2 id="contact">{m::contact_title}</h2>
            {part(config::config(), skeleton, move || ui! { <ul>{channels} {callback}</ul> }.view())}
        </section>
    }
}

fn channel(channel: ContactChannel) -> View {
    let ContactChannel {
        channel,
        label,
        value,
        hours,
        open_now,
        next_opening,
    } = channel;
    let (mark, address) = match channel {
        ContactKind::Phone => {
            let digits: String = value
                .chars()
                .filter(|c| c.is_ascii_digit() || *c == '+')
                .collect();
            ("phone", Some(format!("tel:{digits}")))
        }
        ContactKind::Email => ("mail", Some(format!("mailto:{value}"))),
        ContactKind::Online => {
            let web = value.starts_with("https://") || value.starts_with("http://");
            ("external", web.then(|| value.clone()))
        }
        ContactKind::OnSite | ContactKind::Unknown => ("info", None),
    };
    let value = match address {
        Some(address) => ui! { <a href=address>{value}</a> },
        None => ui! { <bdi>{value}</bdi> },
    };
    let words = move || match (open_now, next_opening) {
        (true, _) => m::contact_open(),
        (false, Some(at)) => m::contact_opens(&format::date_time(at)),
        (false, None) => m::contact_closed(),
    };
    let opening =
        (!hours.is_empty()).then(|| ui! { <p class="open" class:closed=!open_now>{words}</p> });
    ui! {
        <li>
            {icon(mark)}
            <div><span class="visually-hidden">{label}": "</span> {value} {opening}</div>
        </li>
    }
}
