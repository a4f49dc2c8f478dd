//! Where local days begin, also where clocks are put forward or back.

use chrono::{
    DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone,
    Utc,
};
use chrono_tz::Tz;

/// The first instant after which it is never again an earlier date: local midnight, or where the clock skips midnight
/// the instant of the jump. Where midnight comes twice, it is the one with no evening of the day before after it.
pub(crate) fn day_start(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight) {
        MappedLocalTime::Single(at) => at.to_utc(),
        MappedLocalTime::Ambiguous(first, second) => {
            let before = second.to_utc() - TimeDelta::seconds(1);
            let back = before.with_timezone(&zone).date_naive() < date;
            if back { second } else { first }.to_utc()
        }
        MappedLocalTime::None => jump_over(zone, midnight),
    }
}

/// The date on which an instant lies, in the sense of [`day_start`]: dates never run backwards.
pub(crate) fn day_of(zone: Tz, at: DateTime<Utc>) -> NaiveDate {
    let date = at.with_timezone(&zone).date_naive();
    if at < day_start(zone, date) {
        date.pred_opt().unwrap_or(date)
    } else {
        date
    }
}

/// The instant at which clocks show this local time, the first if they do twice; where they skip it, that of the jump.
pub(crate) fn instant_of(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.to_utc(),
        MappedLocalTime::None => jump_over(zone, local),
    }
}

/// The instant of the jump over a local time that clocks skip: the first at which they show more than it.
fn jump_over(zone: Tz, skipped: NaiveDateTime) -> DateTime<Utc> {
    // No offset reaches a day, no zone jumps twice within two.
    let day = TimeDelta::days(1);
    first(skipped.and_utc() - day, skipped.and_utc() + day, |at| {
        at.with_timezone(&zone).naive_local() >= skipped
    })
}

/// The pieces of the time between two instants in which the zone's offset does not change, at most one change apart.
pub(crate) fn pieces(
    zone: Tz,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let change = if offset(from) == offset(to) {
        to
    } else {
        first(from, to, |at| offset(at) == offset(to))
    };
    [(from, change), (change, to)]
        .into_iter()
        .filter(|(from, to)| from < to)
}

/// The first whole second after `no` from which on `holds`, when it does not at `no` and does at `yes`.
fn first(
    mut no: DateTime<Utc>,
    mut yes: DateTime<Utc>,
    holds: impl Fn(DateTime<Utc>) -> bool,
) -> DateTime<Utc> {
    while yes - no > TimeDelta::seconds(1) {
        let middle = no + TimeDelta::seconds((yes - no).num_seconds() / 2);
        if holds(middle) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    yes
}
