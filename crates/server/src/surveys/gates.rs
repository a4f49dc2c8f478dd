//! Who is asked: the gates, in their order. Whether a case went well is none of them, and nobody at the desk chooses.

use super::programme::SurveyTerms;
use crate::store::surveys::Skip;
use chrono::NaiveDate;

/// What the ledger knows of somebody. Dates are those of the company's calendar.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// They want no surveys.
    pub unsubscribed: bool,
    /// They were asked about this case before.
    pub asked_about_case: bool,
    /// When they were last sent any survey.
    pub last: Option<NaiveDate>,
    /// When they were last sent this one.
    pub last_of_survey: Option<NaiveDate>,
}

/// The first gate that is closed; `None` when all but the draw, which comes after them, are open. Days are counted by
/// date, so that a round of last quarter that left an hour later does not cost this one.
#[must_use]
pub fn closed(terms: &SurveyTerms, known: Known, today: NaiveDate) -> Option<Skip> {
    let within = |last: Option<NaiveDate>, days: u32| {
        last.is_some_and(|last| (today - last).num_days() < i64::from(days))
    };
    if known.unsubscribed {
        Some(Skip::OptedOut)
    } else if known.asked_about_case {
        Some(Skip::OncePerTicket)
    } else if within(known.last, terms.any_gap_days) {
        Some(Skip::GlobalGap)
    } else if within(known.last_of_survey, terms.gap_days) {
        Some(Skip::SurveyGap)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surveys::Programme;

    #[test]
    fn gates_close_in_their_order() {
        let programme = Programme::load(None).unwrap();
        let terms = programme.survey("quarterly").unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-04-01");
        let mut known = Known {
            unsubscribed: true,
            asked_about_case: true,
            last: Some(day("2026-03-01")),
            last_of_survey: Some(day("2026-03-01")),
        };
        assert_eq!(closed(terms, known, today), Some(Skip::OptedOut));
        known.unsubscribed = false;
        assert_eq!(closed(terms, known, today), Some(Skip::OncePerTicket));
        known.asked_about_case = false;
        assert_eq!(closed(terms, known, today), Some(Skip::GlobalGap));
        known.last = None;
        assert_eq!(closed(terms, known, today), Some(Skip::SurveyGap));
        known.last_of_survey = None;
        assert_eq!(closed(terms, known, today), None);
        // Ninety days from the first of January are over on the first of April, and a clock that was ahead counts too.
        known.last = Some(day("2026-01-01"));
        assert_eq!(closed(terms, known, today), None);
        known.last = Some(day("2026-01-02"));
        assert_eq!(closed(terms, known, today), Some(Skip::GlobalGap));
        known.last = Some(day("2026-09-01"));
        assert_eq!(closed(terms, known, today), Some(Skip::GlobalGap));
    }
}
