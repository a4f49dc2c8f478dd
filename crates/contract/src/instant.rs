//! A point in time on the wire.

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, TimeDelta, TimeZone, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// An instant with its offset, as RFC 3339 on the wire. Unknown is `Option::None`, never an epoch. Two instants
/// are compared by when they are, not by how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(DateTime<FixedOffset>);

impl Instant {
    /// Reads RFC 3339.
    ///
    /// # Errors
    /// When it is not.
    pub fn parse(text: &str) -> Result<Self, chrono::ParseError> {
        DateTime::parse_from_rfc3339(text).map(Self)
    }

    /// Milliseconds since 1970 in UTC, as `Date` and `Intl` of a browser count.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// From milliseconds since 1970 in UTC; `None` outside chrono's range.
    #[must_use]
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        DateTime::from_timestamp_millis(millis).map(|at| Self(at.fixed_offset()))
    }

    /// Later (or earlier, if negative); `None` outside chrono's range.
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Option<Self> {
        self.0.checked_add_signed(delta).map(Self)
    }

    /// The same as chrono has it.
    #[must_use]
    pub fn date_time(self) -> DateTime<FixedOffset> {
        self.0
    }

    /// With the digits of a second that it needs, by threes. What chrono writes as well, in a tenth of the time: a
    /// request has dozens of instants.
    fn rfc3339(self) -> String {
        let at = self.0.naive_local();
        let (offset, nanos) = (self.0.offset().local_minus_utc(), at.nanosecond());
        let usual = (0..=9_999).contains(&at.year()) && offset % 60 == 0 && nanos < 1_000_000_000;
        if !usual {
            return self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        }
        let (part, places) = match nanos {
            0 => (0, 0),
            _ if nanos % 1_000_000 == 0 => (nanos / 1_000_000, 3),
            _ if nanos % 1_000 == 0 => (nanos / 1_000, 6),
            _ => (nanos, 9),
        };
        let mut text = String::with_capacity("2026-01-31T00:00:00.000000000+00:00".len());
        let mut put = |before: &str, number: u32, places: u32| {
            text.push_str(before);
            for place in (0..places).rev() {
                let digit = number / 10_u32.pow(place) % 10;
                text.push(char::from_digit(digit, 10).unwrap_or_default());
            }
        };
        put("", at.year().unsigned_abs(), 4);
        put("-", at.month(), 2);
        put("-", at.day(), 2);
        put("T", at.hour(), 2);
        put(":", at.minute(), 2);
        put(":", at.second(), 2);
        put(if places == 0 { "" } else { "." }, part, places);
        let minutes = offset.unsigned_abs() / 60;
        match offset {
            0 => put("Z", 0, 0),
            _ => {
                put(if offset < 0 { "-" } else { "+" }, minutes / 60, 2);
                put(":", minutes % 60, 2);
            }
        }
        text
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Instant {
    // RFC 3339 alone; what chrono reads by itself is more, in twice the code.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<'de, str>::deserialize(deserializer)?)
            .map_err(|_| de::Error::custom("not an RFC 3339 instant"))
    }
}

impl<Tz: TimeZone> From<DateTime<Tz>> for Instant {
    fn from(at: DateTime<Tz>) -> Self {
        Self(at.fixed_offset())
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_rfc3339())
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                utoipa::openapi::KnownFormat::DateTime,
            )))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Instant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_chrono_writes_it() {
        for text in [
            "2026-01-31T08:05:09Z",
            "2026-12-01T23:59:59.120+08:00",
            "2026-02-28T00:00:00.000012-03:30",
            "1999-10-10T10:10:10.123456789+14:00",
            "0000-01-01T00:00:00.001Z",
            "9999-12-31T23:59:59.999-00:01",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.500+01:00",
        ] {
            let at = Instant::parse(text).unwrap();
            let chronos = at.0.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            assert_eq!(at.rfc3339(), chronos);
        }
        let far = Instant::parse("9999-12-31T23:59:59Z").unwrap();
        let far = far.plus(TimeDelta::days(400)).unwrap();
        let odd = far.0.with_timezone(&FixedOffset::east_opt(61).unwrap());
        for at in [far, Instant(odd)] {
            let chronos = at.0.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            assert_eq!(at.rfc3339(), chronos);
        }
    }
}
