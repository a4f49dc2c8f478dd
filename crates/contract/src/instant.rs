//! A point in time on the wire.

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta, TimeZone};
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
}

impl Serialize for Instant {
    // In one piece: chrono writes character by character, each of which JSON would look at by itself.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
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
