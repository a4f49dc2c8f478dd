//! Dates, numbers and sizes as the language on screen writes them, by `Intl`; reactive like messages.
//!
//! Times are shown in the company's zone (`set_time_zone`, from `/config`); where the customer's own clock differs,
//! [`in_own_zone`] says what it is there. Relative times count from the server's clock, never from the device's.

use super::{intl_tag, m};
use crate::browser::{
    clock,
    intl::{
        self,
        Setting::{Number, Text},
        Settings,
    },
};
use leptos::{prelude::*, reactive::graph::Observer};
use portico_contract::Instant;
use std::sync::LazyLock;

static ZONE: LazyLock<ArcRwSignal<Option<String>>> = LazyLock::new(ArcRwSignal::default);

/// Says in which zone (IANA name) times are shown.
pub fn set_time_zone(name: &str) {
    ZONE.set(Some(name.to_owned()));
}

// Milliseconds since 1970 are far below 2^53.
#[allow(clippy::cast_precision_loss)]
fn millis(at: Instant) -> f64 {
    at.unix_millis() as f64
}

fn instant(at: Instant, zone: Option<&str>, settings: &Settings) -> String {
    let mut settings = settings.to_vec();
    settings.extend(zone.map(|zone| ("timeZone", Text(zone))));
    intl::date_time(intl_tag(), millis(at), &settings).unwrap_or_else(|| at.to_string())
}

/// The company's zone. Reactive where something listens: it is not known at the first moment.
fn zone() -> Option<String> {
    if Observer::get().is_some() {
        ZONE.get()
    } else {
        ZONE.get_untracked()
    }
}

fn in_company_zone(at: Instant, settings: &Settings) -> String {
    instant(at, zone().as_deref(), settings)
}

/// "24 November 2026"
pub fn date(at: Instant) -> String {
    in_company_zone(at, &[("dateStyle", Text("long"))])
}

/// "24 November 2026 at 14:03"
pub fn date_time(at: Instant) -> String {
    in_company_zone(
        at,
        &[("dateStyle", Text("long")), ("timeStyle", Text("short"))],
    )
}

/// "24 Nov 2026, 14:03", for where there are many.
pub fn short_date_time(at: Instant) -> String {
    in_company_zone(
        at,
        &[("dateStyle", Text("medium")), ("timeStyle", Text("short"))],
    )
}

/// "24 November 2026 at 14:03 GMT+8", for where the zone matters.
pub fn date_time_with_zone(at: Instant) -> String {
    in_company_zone(
        at,
        &[
            ("day", Text("numeric")),
            ("month", Text("long")),
            ("year", Text("numeric")),
            ("hour", Text("2-digit")),
            ("minute", Text("2-digit")),
            ("timeZoneName", Text("short")),
        ],
    )
}

/// "14:03" of a moment that this device noted (milliseconds since 1970), in the zone of the page like every time on it.
pub fn time_on_this_device(device_millis: f64) -> String {
    noted(device_millis, &[("timeStyle", Text("short"))])
}

/// "24 November 2026 at 14:03" of a moment that this device noted, likewise.
pub fn date_time_on_this_device(device_millis: f64) -> String {
    let settings = [("dateStyle", Text("long")), ("timeStyle", Text("short"))];
    noted(device_millis, &settings)
}

// Milliseconds since 1970 are far below 2^53.
#[allow(clippy::cast_possible_truncation)]
fn noted(device_millis: f64, settings: &Settings) -> String {
    let at = Instant::from_unix_millis(device_millis as i64);
    at.map(|at| in_company_zone(at, settings))
        .unwrap_or_default()
}

/// The same instant on the customer's own clock, as [`date_time_with_zone`] writes it; `None` where that is the
/// company's clock.
pub fn in_own_zone(at: Instant) -> Option<String> {
    in_own_zone_unless(at, zone().as_deref())
}

/// The same where it is not the clock of `zone`.
fn in_own_zone_unless(at: Instant, zone: Option<&str>) -> Option<String> {
    let settings = [
        ("day", Text("numeric")),
        ("month", Text("long")),
        ("year", Text("numeric")),
        ("hour", Text("2-digit")),
        ("minute", Text("2-digit")),
    ];
    let own = instant(at, None, &settings);
    (own != instant(at, zone, &settings)).then(|| {
        let mut settings = settings.to_vec();
        settings.push(("timeZoneName", Text("short")));
        instant(at, None, &settings)
    })
}

/// What people call the company's zone, where the customer's own is another.
pub fn foreign_zone() -> Option<String> {
    let zone = ZONE.get()?;
    let foreign = intl::own_time_zone().is_some_and(|own| own != zone);
    foreign.then(|| zone_name().unwrap_or(zone))
}

/// "24 November 2026" of a date on the wire (`2026-11-24`), which is in no zone.
pub fn day(date: &str) -> String {
    let settings = [("dateStyle", Text("long")), ("timeZone", Text("UTC"))];
    Instant::parse(&format!("{date}T00:00:00Z"))
        .ok()
        .and_then(|at| intl::date_time(intl_tag(), millis(at), &settings))
        .unwrap_or_else(|| date.to_owned())
}

/// "Tuesday 24 November" of a date on the wire, with the year where it is not this one's.
pub fn weekday(date: &str) -> String {
    in_words(date, "long")
}

/// "Tue 24 Nov" of a date on the wire, likewise.
pub fn short_weekday(date: &str) -> String {
    in_words(date, "short")
}

fn in_words(date: &str, style: &'static str) -> String {
    let mut settings = vec![
        ("weekday", Text(style)),
        ("day", Text("numeric")),
        ("month", Text(style)),
        ("timeZone", Text("UTC")),
    ];
    settings.extend((!is_this_year(date)).then_some(("year", Text("numeric"))));
    Instant::parse(&format!("{date}T00:00:00Z"))
        .ok()
        .and_then(|at| intl::date_time(intl_tag(), millis(at), &settings))
        .unwrap_or_else(|| date.to_owned())
}

fn is_this_year(date: &str) -> bool {
    today(None).is_some_and(|today| today.get(..4) == date.get(..4))
}

/// The server's time now, by milliseconds.
// Milliseconds since 1970 are far below 2^53.
#[allow(clippy::cast_possible_truncation)]
pub fn now() -> Option<Instant> {
    Instant::from_unix_millis(clock::now_millis() as i64)
}

/// `2026-11-24T16:00:00`, in UTC.
pub fn utc(at: Instant) -> Option<String> {
    local_in(at, Some("UTC"))
}

/// The date of an instant as the wire writes it, in the company's zone.
pub fn date_of(at: Instant) -> Option<String> {
    let mut local = local_in(at, zone().as_deref())?;
    local.truncate(10);
    Some(local)
}

/// Today's date as the wire writes it, by the server's clock in `zone` (`None`: the company's).
pub fn today(zone: Option<&str>) -> Option<String> {
    let now = now()?;
    let mut local = local_in(now, zone.map(str::to_owned).or_else(self::zone).as_deref())?;
    local.truncate(10);
    Some(local)
}

/// The date (as on the wire) that ends at an instant, which is the first of the next day in `zone`; `None` where it is
/// not.
pub fn day_ending_at(at: Instant, zone: Option<&str>) -> Option<String> {
    let zone = zone.map(str::to_owned).or_else(self::zone);
    local_in(at, zone.as_deref())?
        .ends_with("T00:00:00")
        .then_some(())?;
    let before = Instant::from_unix_millis(at.unix_millis() - 1)?;
    let mut local = local_in(before, zone.as_deref())?;
    local.truncate(10);
    Some(local)
}

/// A deadline in words, the date first: "by the end of Tuesday 24 November", or by a minute. It is told in `zone`
/// (`None`: the company's), and beside it on the customer's own clock where that is another.
pub fn deadline(at: Instant, zone: Option<&str>) -> String {
    let zone = zone.map(str::to_owned).or_else(self::zone);
    let zone = zone.as_deref();
    let own = in_own_zone_unless(at, zone);
    let with_own = |time: String| match &own {
        Some(own) => m::moment_both { own, time: &time }.text(),
        None => time,
    };
    if let Some(day) = day_ending_at(at, zone) {
        return with_own(m::promise_by_day(&weekday(&day)));
    }
    let mut settings = vec![
        ("weekday", Text("long")),
        ("day", Text("numeric")),
        ("month", Text("long")),
        ("hour", Text("2-digit")),
        ("minute", Text("2-digit")),
    ];
    settings.extend(own.is_some().then_some(("timeZoneName", Text("short"))));
    let date = local_in(at, zone).unwrap_or_default();
    settings.extend((!is_this_year(&date)).then_some(("year", Text("numeric"))));
    with_own(m::promise_by_time(&instant(at, zone, &settings)))
}

/// [`date_time`] of an instant on the wire; as it stands where it is none.
pub fn date_time_of(instant: &str) -> String {
    Instant::parse(instant).map_or_else(|_| instant.to_owned(), date_time)
}

/// The company's clock at an instant, as `datetime-local` inputs write it, with seconds.
pub fn local_of_instant(at: Instant) -> Option<String> {
    local_in(at, ZONE.get().as_deref())
}

fn local_in(at: Instant, zone: Option<&str>) -> Option<String> {
    let settings = [("dateStyle", Text("short")), ("timeStyle", Text("medium"))];
    let mut settings = settings.to_vec();
    settings.extend(zone.map(|zone| ("timeZone", Text(zone))));
    // Swedish writes dates and times as ISO 8601 does.
    let written = intl::date_time("sv-SE", millis(at), &settings)?;
    Some(written.replace(' ', "T"))
}

/// RFC 3339 of what a `datetime-local` input holds, on the company's clock.
pub fn instant_of_local(local: &str) -> Option<String> {
    let with_seconds = match local.len() {
        16 => format!("{local}:00"),
        _ => local.to_owned(),
    };
    let as_utc = |local: &str| Some(Instant::parse(&format!("{local}Z")).ok()?.unix_millis());
    let wanted = as_utc(&with_seconds)?;
    let mut offset = 0;
    // The second time counts from an instant that is right but where the clock is changed.
    for _ in 0..2 {
        let at = Instant::from_unix_millis(wanted - offset)?;
        offset = as_utc(&local_of_instant(at)?)? - (wanted - offset);
    }
    let minutes = offset.abs() / 60_000;
    let sign = if offset < 0 { '-' } else { '+' };
    Some(format!(
        "{with_seconds}{sign}{:02}:{:02}",
        minutes / 60,
        minutes % 60
    ))
}

/// What people call the company's time zone: "Taipei time".
pub fn zone_name() -> Option<String> {
    intl::zone_name(intl_tag(), ZONE.get()?.as_str())
}

/// "yesterday", "in 3 hours"; [`date`] where it is more than a week away.
pub fn relative(at: Instant) -> String {
    let seconds = (millis(at) - clock::now_millis()) / 1_000.0;
    let (amount, unit) = match seconds.abs() {
        s if s < 60.0 => return m::time_now(),
        s if s < 3_600.0 => (seconds / 60.0, "minute"),
        s if s < 86_400.0 => (seconds / 3_600.0, "hour"),
        s if s < 604_800.0 => (seconds / 86_400.0, "day"),
        _ => return date(at),
    };
    intl::relative(intl_tag(), amount.trunc(), unit, "auto")
}

/// "in 3 days", "in 30 hours", "2 days ago": whole units that have passed in full, never "tomorrow", which begins
/// earlier.
pub fn remaining(at: Instant) -> String {
    let seconds = (millis(at) - clock::now_millis()) / 1_000.0;
    let (amount, unit) = match seconds.abs() {
        s if s < 3_600.0 => (seconds / 60.0, "minute"),
        s if s < 172_800.0 => (seconds / 3_600.0, "hour"),
        _ => (seconds / 86_400.0, "day"),
    };
    intl::relative(intl_tag(), amount.trunc(), unit, "always")
}

/// "1,234.5"
pub fn number(value: f64) -> String {
    intl::number(intl_tag(), value, &[])
}

/// "1,250.50" of a number that has `decimals` digits after the point where it is not whole, as money has.
pub fn amount(value: f64, decimals: u8) -> String {
    let decimals = match value.fract() == 0.0 {
        true => 0,
        false => decimals.into(),
    };
    let settings = [
        ("minimumFractionDigits", Number(decimals)),
        ("maximumFractionDigits", Number(20)),
    ];
    intl::number(intl_tag(), value, &settings)
}

/// "37 %" of a part from 0 to 1.
pub fn percent(part: f64) -> String {
    intl::number(
        intl_tag(),
        part,
        &[
            ("style", Text("percent")),
            ("maximumFractionDigits", Number(0)),
        ],
    )
}

/// "25 MB", in units of 1024.
pub fn file_size(bytes: u64) -> String {
    // A size that is not exact beyond 2^53 bytes is exact enough.
    #[allow(clippy::cast_precision_loss)]
    let bytes = bytes as f64;
    // The short form of bytes has no plural in English.
    let (value, unit, display, digits) = match bytes {
        b if b < 1_024.0 => (b, "byte", "long", 0),
        b if b < 1_048_576.0 => (b / 1_024.0, "kilobyte", "short", 0),
        b => (b / 1_048_576.0, "megabyte", "short", 1),
    };
    intl::number(
        intl_tag(),
        value,
        &[
            ("style", Text("unit")),
            ("unit", Text(unit)),
            ("unitDisplay", Text(display)),
            ("maximumFractionDigits", Number(digits)),
        ],
    )
}

/// "Mon to Fri" of ISO weekdays (Monday is 1); "Mon and Thu" where they do not follow each other.
pub fn weekdays(days: &[u8]) -> String {
    let settings = [("weekday", Text("short")), ("timeZone", Text("UTC"))];
    let name = |day: u8| {
        // 1 January 2024 was a Monday.
        let at = Instant::parse(&format!("2024-01-{day:02}T00:00:00Z")).ok();
        at.and_then(|at| intl::date_time(intl_tag(), millis(at), &settings))
            .unwrap_or_default()
    };
    let in_a_row = days.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match days {
        [first, .., last] if in_a_row && days.len() > 2 => m::callback_days {
            first: &name(*first),
            last: &name(*last),
        }
        .text(),
        _ => list(&days.iter().map(|day| name(*day)).collect::<Vec<_>>()),
    }
}

/// "a, b and c"
pub fn list(items: &[String]) -> String {
    intl::list(intl_tag(), items)
}
