//! Points in time on screen, in the company's zone.

use crate::i18n::{format, m};
use portico_contract::Instant;
use portico_view::{View, ui};

/// Date and time.
pub fn moment(at: Instant) -> View {
    ui! { <time datetime=at.to_string()>{move || format::short_date_time(at)}</time> }
}

/// How long ago, or when.
pub fn ago(at: Instant) -> View {
    ui! {
        <time datetime=at.to_string() title=move || format::short_date_time(at)>
            {move || m::requests_updated(&format::relative(at))}
        </time>
    }
}

/// Date and time for a sentence that names a limit: where the customer's own clock differs, its time stands with it.
pub fn limit(at: Instant) -> String {
    match format::in_own_zone(at) {
        Some(own) => m::moment_both {
            own: &own,
            time: &format::date_time_with_zone(at),
        }
        .text(),
        None => format::date_time(at),
    }
}
