//! How the company is reached, in the same place on every page.

use super::{icon::icon, load::part};
use crate::{
    i18n::{format, m},
    state::config,
};
use leptos::prelude::*;
use portico_contract::config::{ContactChannel, ContactKind};

/// The contact section.
pub fn contact() -> AnyView {
    let channels = || {
        config::current()
            .map(|config| config.contacts)
            .unwrap_or_default()
            .into_iter()
            .map(channel)
            .collect_view()
    };
    let skeleton = || ui! { <div class="skeleton line" aria-hidden="true"></div> }.into_any();
    ui! {
        <section class="contact" aria-labelledby="contact">
            <h2 id="contact">{m::contact_title}</h2>
            {part(config::config(), skeleton, move || ui! { <ul>{channels}</ul> }.into_any())}
        </section>
    }
    .into_any()
}

fn channel(channel: ContactChannel) -> AnyView {
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
        Some(address) => ui! { <a href=address>{value}</a> }.into_any(),
        None => ui! { <bdi>{value}</bdi> }.into_any(),
    };
    let words = move || match (open_now, next_opening) {
        (true, _) => m::contact_open(),
        (false, Some(at)) => m::contact_opens(&format::date_time(at)),
        (false, None) => m::contact_closed(),
    };
    let opening = (!hours.is_empty())
        .then(|| ui! { <p class="open" class:closed=!open_now>{words}</p> });
    ui! {
        <li>
            {icon(mark)}
            <div><span class="visually-hidden">{label}": "</span> {value} {opening}</div>
        </li>
    }
    .into_any()
}
