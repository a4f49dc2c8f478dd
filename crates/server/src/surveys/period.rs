//! Months, quarters and years on the company's calendar.

use chrono::{Datelike, NaiveDate, TimeZone};
use chrono_tz::Tz;
use portico_contract::Instant;
use serde::Deserialize;

/// How long a round lasts, or by what results are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A calendar month.
    Month,
    /// Three calendar months.
    Quarter,
    /// A calendar year.
    Year,
}

impl Period {
    /// The name of the period in which an instant lies: `2026-03`, `2026-Q1`, `2026`. Names sort by time.
    #[must_use]
    pub fn name(self, at: Instant, zone: Tz) -> String {
        let date = local_date(at, zone);
        match self {
            Self::Month => date.format("%Y-%m").to_string(),
            Self::Quarter => format!("{}-Q{}", date.format("%Y"), date.month0() / 3 + 1),
            Self::Year => date.format("%Y").to_string(),
        }
    }

    /// When the period in which an instant lies began; `None` outside the calendar's range.
    #[must_use]
    pub fn start(self, at: Instant, zone: Tz) -> Option<Instant> {
        let date = local_date(at, zone);
        let month = match self {
            Self::Month => date.month(),
            Self::Quarter => date.month0() / 3 * 3 + 1,
            Self::Year => 1,
        };
        let first = NaiveDate::from_ymd_opt(date.year(), month, 1)?.and_hms_opt(0, 0, 0)?;
        zone.from_local_datetime(&first)
            .earliest()
            .map(Instant::from)
    }
}

/// The date of an instant on the company's clock.
#[must_use]
pub fn local_date(at: Instant, zone: Tz) -> NaiveDate {
    at.date_time().with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_its_name_and_its_beginning_on_the_companys_clock() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let zone = Tz::Asia__Shanghai;
        // The last evening of the year in UTC is the first morning of the next one in Shanghai.
        let new_year = at("2026-12-31T17:00:00Z");
        for (period, name, start) in [
            (Period::Month, "2027-01", "2027-01-01T00:00:00+08:00"),
            (Period::Quarter, "2027-Q1", "2027-01-01T00:00:00+08:00"),
            (Period::Year, "2027", "2027-01-01T00:00:00+08:00"),
        ] {
            assert_eq!(period.name(new_year, zone), name);
            assert_eq!(period.start(new_year, zone), Some(at(start)));
        }
        let may = at("2026-05-31T12:00:00+08:00");
        assert_eq!(Period::Quarter.name(may, zone), "2026-Q2");
        assert_eq!(
            Period::Quarter.start(may, zone),
            Some(at("2026-04-01T00:00:00+08:00"))
        );
    }
}
