//! Help: how the company is reached and when, what it promises, how to follow a request, where it goes on for who is not
//! satisfied, how what they write is kept, and whom the portal serves badly.

use crate::{
    api::{self, Load, Query},
    components::{contact::address, ladder::ways, load::part, promise::goal},
    i18n::{self, Message, format, m},
    navigation,
    route::Route,
    state::config,
};
use portico_contract::{
    config::{Capability, ContactChannel},
    promise::{Standard, StandardPromise},
    request::{Grade, Rung},
};
use portico_view::{Child, View, memo, ui};

/// The page.
pub fn page() -> View {
    navigation::title(m::help_title);
    ui! {
        <header class="heading">
            <h1 tabindex="-1">{m::help_title}</h1>
            <p class="lede">{m::help_text}</p>
        </header>
        {part(config::config(), skeleton, company)}
        {below(config::config(), |load| matches!(load, Load::Failed(_)))}
    }
}

/// What comes of the company's configuration.
fn company() -> View {
    let promises = memo(|| config::has(Capability::Promises));
    ui! {
        {hours()}
        {(move || match promises.get() {
            true => promised(),
            false => rest(),
        })
        .view()}
    }
}

/// What needs nothing of the server, below what does.
fn rest() -> View {
    ui! {
        {follow()}
        {data()}
        {section("help-access", m::help_access, || ui! { <p>{m::help_access_text}</p> <p>{m::help_access_gaps}</p> })}
    }
}

/// The rest, as soon as what is read above it has come so far: nothing that is shown moves when more arrives.
fn below<T: Clone + Send + Sync + 'static>(above: Query<T>, so_far: fn(&Load<T>) -> bool) -> View {
    let shown = memo(move || above.with(so_far));
    (move || shown.get().then(rest)).view()
}

fn section(id: &'static str, title: Message, content: impl FnOnce() -> View) -> View {
    ui! {
        <section class="flow" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {content()}
        </section>
    }
}

fn skeleton() -> View {
    // As high as a window: what stands below the page is not seen before it is in its place.
    let blocks: View = (0..6)
        .map(|_| ui! { <div class="skeleton block"></div> })
        .collect();
    ui! { <div class="flow" aria-hidden="true">{blocks}</div> }
}

/// Every way to reach the company, and its hours.
fn hours() -> View {
    let rows = || {
        let contacts = config::current().map(|config| config.contacts);
        contacts
            .unwrap_or_default()
            .into_iter()
            .map(channel)
            .collect::<View>()
    };
    let shown = || config::current().is_some_and(|config| !config.contacts.is_empty());
    let list = move || {
        section("help-hours", m::help_hours, || {
            ui! { <dl class="summary">{rows}</dl> }
        })
    };
    (move || shown().then(list)).view()
}

fn channel(channel: ContactChannel) -> View {
    let ContactChannel {
        channel,
        label,
        value,
        hours,
        ..
    } = channel;
    let spans = move || match hours.is_empty() {
        true => m::help_always(),
        false => {
            let spans: Vec<_> = hours
                .iter()
                .map(|span| {
                    m::help_span {
                        days: &format::weekdays(&span.days),
                        from: &span.from,
                        to: &span.to,
                    }
                    .text()
                })
                .collect();
            spans.join("\n")
        }
    };
    ui! {
        <div>
            <dt>{label}</dt>
            <dd>{address(channel, value)} <br/> {spans}</dd>
        </div>
    }
}

/// What the company promises, and where it goes on for who is not satisfied.
fn promised() -> View {
    let standards = Query::new(api::promises::standards);
    let promises = move || {
        let all = standards.ready().map(|told| told.items);
        all.unwrap_or_default()
            .into_iter()
            .map(standard)
            .collect::<View>()
    };
    let ladder = move || {
        let told = standards.ready()?;
        let higher = (!told.escalation.is_empty()).then(|| {
            let to = told.escalation;
            ui! { <li><p>{move || m::help_higher(&to.join(" → "))}</p></li> }
        });
        let rungs = told.ladder.into_iter().map(rung).collect::<View>();
        Some(ui! { <ul class="bullets flow"><li><p>{m::help_chase}</p></li> {higher} {rungs}</ul> })
    };
    let parts = part(standards, skeleton, move || {
        ui! {
            {section("help-promises", m::help_promised, || ui! { <p>{m::help_promises}</p> {promises} })}
            {section("help-ladder", m::ladder_title, || ui! { {ladder} })}
        }
    });
    let settled = |load: &Load<_>| !matches!(load, Load::Loading { .. });
    ui! { {parts} {below(standards, settled)} }
}

fn standard(standard: Standard) -> View {
    let Standard { kinds, promises } = standard;
    let title = move || match kinds.is_empty() {
        true => m::help_all_kinds(),
        false => {
            let names = kinds.iter().map(|kind| i18n::kind(*kind)());
            format::list(&names.collect::<Vec<_>>())
        }
    };
    let rows = promises.into_iter().map(promise).collect::<View>();
    ui! {
        <h3>{title}</h3>
        <dl class="summary">{rows}</dl>
    }
}

fn promise(promise: StandardPromise) -> View {
    let StandardPromise {
        label,
        goal: time,
        grades,
        classes,
    } = promise;
    let limited = !grades.is_empty() || !classes.is_empty();
    let only = move || {
        let grades = grades
            .iter()
            .filter_map(|&grade: &Grade| i18n::grade(grade));
        let classes = classes.iter().filter_map(|&class| i18n::class(class));
        let names: Vec<_> = grades.chain(classes).map(|name| name()).collect();
        m::help_only(&format::list(&names))
    };
    let only = limited.then(|| ui! { <span class="hint">" " {only}</span> });
    ui! {
        <div>
            <dt>{label} {only}</dt>
            <dd>{move || goal(&time)}</dd>
        </div>
    }
}

fn rung(rung: Rung) -> View {
    let ways = ways(&rung);
    ui! { <li><p><strong>{rung.label}</strong></p> <p>{rung.text}</p> {ways}</li> }
}

fn follow() -> View {
    let track = || {
        config::has(Capability::Track).then(|| {
            ui! {
                <p>{m::help_track}</p>
                <p><a href=Route::track().href()>{m::track_title}</a></p>
            }
        })
    };
    let account = || config::has(Capability::Accounts).then(|| ui! { <p>{m::help_account}</p> });
    section("help-follow", m::help_follow, || {
        ui! { {track} {account} }
    })
}

fn data() -> View {
    let links = || {
        let links = config::current().map(|config| config.brand.links)?;
        (!links.is_empty()).then(|| ui! { <p>{m::help_links}</p> })
    };
    section("help-data", m::help_data, || {
        ui! { <p>{m::help_data_text}</p> <p>{m::help_device}</p> {links} }
    })
}
