//! Requests in a list.

use super::{
    icon::{icon, kind_icon},
    moment::ago,
    promise,
    tag::{Tone, status_tag, tag},
};
use crate::{
    i18n::{self, m},
    route::Route,
};
use leptos::prelude::*;
use portico_contract::{id::RequestId, request::Request};
use portico_view::{Child, View, memo, ui};

/// The list. A row whose request has changed is changed where it stands, so that the focus stays on it.
pub fn request_list(requests: Signal<Vec<Request>>) -> View {
    let ids = move || requests.with(|all| all.iter().map(|r| r.id.clone()).collect::<Vec<_>>());
    let of = move |id: RequestId| {
        let request = move || requests.with(|all| all.iter().find(|r| r.id == id).cloned());
        let shown = {
            let request = request.clone();
            memo(move || {
                let next = |r: &Request| promise::next(&r.promises).cloned();
                request().map(|r| (r.updated_at, r.unread_count, next(&r), r.status_label))
            })
        };
        (move || shown.get().and_then(|_| untrack(&request)).map(row)).view()
    };
    ui! { <ul class="requests"><For each=ids key=RequestId::clone children=of /></ul> }
}

/// As much room as `rows` of the list take.
pub fn skeleton(rows: usize) -> View {
    let rows = (0..rows)
        .map(|_| ui! { <li class="skeleton"></li> })
        .collect::<View>();
    ui! { <ul class="requests" aria-hidden="true">{rows}</ul> }
}

fn row(request: Request) -> View {
    let unread = request.unread_count;
    let next = promise::next(&request.promises).cloned().map(|next| {
        ui! { <p class="meta">{move || promise::line(&next)}</p> }
    });
    let new = (unread > 0).then(|| {
        let words = move || m::requests_new(f64::from(unread));
        ui! { " " {tag(Tone::Info, words)} }
    });
    let following = request
        .following
        .then(|| ui! { " " {tag(Tone::Neutral, m::follow_tag)} });
    ui! {
        <li class:unread=unread != 0>
            {kind_icon(request.kind)}
            <div>
                <a class="subject" dir="auto" href=Route::Request(request.reference).href()>
                    {request.subject.clone()}
                </a>
                {new}
                {following}
                <p class="meta">
                    <span class="code">{request.reference.to_string()}</span>
                    " · "
                    {ago(request.updated_at)}
                </p>
                {next}
            </div>
            {status_tag(&request)}
        </li>
    }
}

/// That there is nothing to list, and what to do.
pub fn nothing(title: i18n::Message, text: i18n::Message, what_to_do: View) -> View {
    ui! {
        <div class="empty">
            {icon("search")}
            <h2>{title}</h2>
            <p>{text}</p>
            <div class="buttons">{what_to_do}</div>
        </div>
    }
}
