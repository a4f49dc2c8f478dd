//! The hours of one day.

use crate::error::Problem;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

const DAY_MINUTES: u16 = 24 * 60;

/// The hours worked on a day, in local time: spans in order that do not overlap. Without any, the day is not worked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours(Vec<Span>);

/// Minutes of the day, `from` before `to`; the last is 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: u16,
    to: u16,
}

impl Hours {
    /// Reads pairs such as `["09:00", "12:00"]`, in any order. `24:00` is the end of the day.
    ///
    /// # Errors
    /// Which pair is wrong (counted from 0), and how.
    pub fn new(pairs: &[[String; 2]]) -> Result<Self, (usize, Problem)> {
        let mut spans = Vec::with_capacity(pairs.len());
        for (index, [from, to]) in pairs.iter().enumerate() {
            let span = Span {
                from: minute(from).map_err(|problem| (index, problem))?,
                to: minute(to).map_err(|problem| (index, problem))?,
            };
            if span.from >= span.to {
                let (from, to) = (from.clone(), to.clone());
                return Err((index, Problem::HoursReversed { from, to }));
            }
            if let Some(other) = spans.iter().find(|other| span.overlaps(**other)) {
                let (first, second) = (span.min(*other).text(), span.max(*other).text());
                return Err((index, Problem::HoursOverlap { first, second }));
            }
            spans.push(span);
        }
        spans.sort_unstable();
        Ok(Self(spans))
    }

    /// 09:00 to 18:00, for a calendar that says nothing about hours.
    pub(crate) fn office() -> Self {
        Self(vec![Span {
            from: 9 * 60,
            to: 18 * 60,
        }])
    }

    /// Whether nothing is worked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The spans on a date, in local time; an end of 24:00 is the beginning of the next date.
    pub(crate) fn on(
        &self,
        date: NaiveDate,
    ) -> impl Iterator<Item = (NaiveDateTime, NaiveDateTime)> {
        let midnight = date.and_time(NaiveTime::MIN);
        let at = move |minute: u16| midnight + TimeDelta::minutes(i64::from(minute));
        self.0.iter().map(move |span| (at(span.from), at(span.to)))
    }

    /// These hours without those from minute `from` to `to` of the day.
    pub(crate) fn without(&self, from: u16, to: u16) -> Self {
        let pieces = |span: &Span| [(span.from, span.to.min(from)), (span.from.max(to), span.to)];
        let spans = self.0.iter().flat_map(pieces);
        Self(
            spans
                .filter(|(from, to)| from < to)
                .map(|(from, to)| Span { from, to })
                .collect(),
        )
    }

    /// These hours and the others.
    pub(crate) fn joined(&self, other: &Self) -> Self {
        let rest = self
            .0
            .iter()
            .fold(other.clone(), |rest, span| rest.without(span.from, span.to));
        let mut spans = [self.0.as_slice(), &rest.0].concat();
        spans.sort_unstable();
        Self(spans)
    }

    /// These hours and one span more.
    pub(crate) fn with(&self, from: u16, to: u16) -> Result<Self, Problem> {
        let mut pairs: Vec<[String; 2]> = self.0.iter().map(|span| span.ends()).collect();
        pairs.push(Span { from, to }.ends());
        Self::new(&pairs).map_err(|(_, problem)| problem)
    }
}

impl Span {
    fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    fn ends(self) -> [String; 2] {
        [self.from, self.to].map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60))
    }

    fn text(self) -> String {
        self.ends().join("-")
    }
}

/// The minute of the day that `HH:MM` names.
fn minute(text: &str) -> Result<u16, Problem> {
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        let number = |digits: &str| {
            let good = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
            good.then(|| digits.parse::<u16>().ok()).flatten()
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        let of_day = hour * 60 + minute;
        (minute < 60 && of_day <= DAY_MINUTES).then_some(of_day)
    };
    read().ok_or_else(|| Problem::NotATime(text.to_owned()))
}
