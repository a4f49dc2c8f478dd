//! "You said, we did".

use crate::i18n::{format, m};
use portico_contract::survey::Measure;
use portico_view::{View, ui};

/// What customers said and what was done about it, one below the other.
pub fn measures(all: Vec<Measure>) -> View {
    let one = |measure: Measure| {
        let Measure {
            said,
            did,
            published_at: at,
            ..
        } = measure;
        ui! {
            <li class="card">
                <dl>
                    <dt>{m::measures_said}</dt>
                    <dd>{said}</dd>
                    <dt>{m::measures_did}</dt>
                    <dd>{did}</dd>
                </dl>
                <p class="meta"><time datetime=at.to_string()>{move || format::date(at)}</time></p>
            </li>
        }
    };
    ui! { <ul class="measures">{all.into_iter().map(one).collect::<View>()}</ul> }
}
