//! Weekly opening hours: open now, and when next.

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use portico_contract::{Instant, config::OpeningHours};

/// Opening hours of a week. Without a span: always open.
#[derive(Debug, Clone)]
pub struct Week {
    /// ISO weekday, from, to; `to` before or at `from` is on the next day, and `24:00` is its beginning.
    spans: Vec<(u32, NaiveTime, NaiveTime)>,
}

impl Week {
    /// Reads them.
    ///
    /// # Errors
    /// A sentence that names what is wrong.
    pub fn new(hours: &[OpeningHours]) -> Result<Self, String> {
        let time = |text: &str| {
            NaiveTime::parse_from_str(if text == "24:00" { "00:00" } else { text }, "%H:%M")
                .map_err(|_| format!("{text:?} is not a time like 09:00"))
        };
        let mut spans = Vec::new();
        for span in hours {
            let (from, to) = (time(&span.from)?, time(&span.to)?);
            for &day in &span.days {
                if !(1..=7).contains(&day) {
                    return Err(format!("day {day}: Monday is 1, Sunday is 7"));
                }
                spans.push((u32::from(day), from, to));
            }
        }
        Ok(Self { spans })
    }

    /// Whether it is open at `now`, and if not, when it opens next.
    #[must_use]
    pub fn at(&self, now: Instant, zone: Tz) -> (bool, Option<Instant>) {
        if self.spans.is_empty() {
            return (true, None);
        }
        let now = now.date_time().with_timezone(&Utc);
        let today = now.with_timezone(&zone).date_naive();
        // From yesterday, whose span may run past midnight, to the same day next week.
        let mut openings = Vec::new();
        for offset in -1..=7 {
            let date = today + TimeDelta::days(offset);
            for (day, from, to) in &self.spans {
                if date.weekday().number_from_monday() != *day {
                    continue;
                }
                let end_date = if to <= from {
                    date + TimeDelta::days(1)
                } else {
                    date
                };
                let (Some(start), Some(end)) = (
                    first(zone, date.and_time(*from)),
                    first(zone, end_date.and_time(*to)),
                ) else {
                    continue;
                };
                if start <= now && now < end {
                    return (true, None);
                }
                if start > now {
                    openings.push(start);
                }
            }
        }
        (
            false,
            openings
                .into_iter()
                .min()
                .map(|at| Instant::from(at.with_timezone(&zone))),
        )
    }
}

/// The first instant that a clock on the wall shows this time; where the clock skips it, an hour later.
fn first(zone: Tz, local: chrono::NaiveDateTime) -> Option<DateTime<Utc>> {
    zone.from_local_datetime(&local)
        .earliest()
        .or_else(|| {
            zone.from_local_datetime(&(local + TimeDelta::hours(1)))
                .earliest()
        })
        .map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(days: &[u8], from: &str, to: &str) -> Week {
        Week::new(&[OpeningHours {
            days: days.to_vec(),
            from: from.to_owned(),
            to: to.to_owned(),
        }])
        .unwrap()
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn open_closed_and_the_next_opening_over_the_week_end() {
        let office = week(&[1, 2, 3, 4, 5], "09:00", "18:00");
        let zone = Tz::Asia__Shanghai;
        // 2026-11-20 is a Friday.
        assert_eq!(
            office.at(at("2026-11-20T17:59:59+08:00"), zone),
            (true, None)
        );
        assert_eq!(
            office.at(at("2026-11-20T18:00:00+08:00"), zone),
            (false, Some(at("2026-11-23T09:00:00+08:00")))
        );
        assert_eq!(
            office.at(at("2026-11-20T00:30:00Z"), zone),
            (false, Some(at("2026-11-20T01:00:00Z")))
        );
    }

    #[test]
    fn a_span_may_run_past_midnight_and_over_the_change_of_the_clock() {
        let night = week(&[6], "22:00", "04:00");
        let zone = Tz::Europe__London;
        // The clock goes back on Sunday 2026-10-25 at 01:00 UTC.
        assert_eq!(night.at(at("2026-10-25T03:59:00Z"), zone), (true, None));
        assert!(!night.at(at("2026-10-25T04:00:00Z"), zone).0);
        assert_eq!(
            week(&[], "09:00", "18:00").at(at("2026-10-25T03:59:00Z"), zone),
            (true, None)
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (day, from) in [(8, "09:00"), (1, "9 Uhr")] {
            let hours = OpeningHours {
                days: vec![day],
                from: from.to_owned(),
                to: "10:00".to_owned(),
            };
            assert!(Week::new(&[hours]).is_err());
        }
    }
}
