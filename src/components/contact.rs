//! How the company is reached, in the same place on every page.

use super::{icon::icon, load::part};
use crate::{
    i18n::{format, m},
    route::Route,
    state::config,
};
use portico_contract::{
    config::{Capability, ContactChannel, ContactKind},
    form::is_email,
};
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
    let mark = match channel {
        ContactKind::Phone => "phone",
        ContactKind::Email => "mail",
        ContactKind::Online => "external",
        ContactKind::OnSite | ContactKind::Unknown => "info",
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
            <div><span class="visually-hidden">{label}": "</span> {address(channel, value)} {opening}</div>
        </li>
    }
}

/// A number, an address or a link as the company has written it, to be followed where it can be.
pub fn address(channel: ContactKind, value: String) -> View {
    let href = match channel {
        // What a company writes beside a number, such as an extension, is nothing to dial.
        ContactKind::Phone => value
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-()./".contains(c))
            .then(|| {
                let dialled = value.chars().filter(|c| c.is_ascii_digit() || *c == '+');
                format!("tel:{}", dialled.collect::<String>())
            }),
        // What follows `?` would be more than an address.
        ContactKind::Email => (is_email(&value) && !value.contains(['?', '%', '&']))
            .then(|| format!("mailto:{value}")),
        ContactKind::Online => {
            let web = value.starts_with("https://") || value.starts_with("http://");
            web.then(|| value.clone())
        }
        ContactKind::OnSite | ContactKind::Unknown => None,
    };
    match href {
        Some(href) => ui! { <a href=href rel="noreferrer"><bdi>{value}</bdi></a> },
        None => ui! { <bdi>{value}</bdi> },
    }
}
