//! What does not work right now, on every page.

use super::icon::icon;
use crate::{
    api::{self, Query},
    browser::{
        dom,
        task::{self, Task},
    },
    i18n::m,
    state::{config, live},
};
use leptos::prelude::*;
use portico_contract::{
    announcement::{Announcement, AnnouncementKind},
    config::Capability,
    id::AnnouncementId,
};
use portico_view::{Child, View, effect_after, memo, ui};

/// Milliseconds after which is looked again, for who follows no events and for what ends by itself.
const LOOK: u32 = 300_000;

/// The incidents; nothing while there are none.
pub fn incidents() -> View {
    let tick = RwSignal::new(0_u32);
    Task::spawn(async move {
        // As long as the application is there.
        loop {
            task::sleep(LOOK).await;
            tick.try_update(|n| *n += 1);
        }
    })
    .owned();
    let offered = memo(|| config::has(Capability::Announcements));
    let all = Query::new(move || {
        tick.track();
        live::resets();
        let offered = offered.get();
        async move {
            match offered {
                true => api::announcements::list().await,
                false => Ok(Vec::new()),
            }
        }
    });
    let shown = memo(move || {
        let mut all = all.ready().unwrap_or_default();
        all.retain(|one| one.kind == AnnouncementKind::Incident);
        all
    });
    // What was there when the page was opened is read with the page; what comes later is said.
    effect_after(move |before: Option<Option<Vec<AnnouncementId>>>| {
        let known = all
            .ready()
            .map(|_| shown.with(|all| all.iter().map(|one| one.id.clone()).collect::<Vec<_>>()));
        let said = before.flatten();
        if let (Some(said), Some(_)) = (&said, &known) {
            shown.with(|all| {
                for one in all.iter().filter(|one| !said.contains(&one.id)) {
                    dom::announce(&one.title, dom::Urgency::Polite);
                }
            });
        }
        known.or(said)
    });
    (move || {
        let all = shown.get();
        (!all.is_empty()).then(|| {
            let items = all.into_iter().map(incident).collect::<View>();
            ui! {
                <div class="incidents" role="region" aria-label=m::incident_label>
                    {items}
                </div>
            }
        })
    })
    .view()
}

fn incident(one: Announcement) -> View {
    ui! {
        <div class="wrap">
            {icon("warning")}
            <div>
                <p><strong>{one.title}</strong></p>
                <p>{one.body}</p>
            </div>
        </div>
    }
}
