//! When to try again: full jitter, so that a thousand portals do not come back in the same second; what the server
//! asks for (`Retry-After`) is a floor; and over all calls together retries stay a small part.

use crate::browser::{random, task};
use portico_contract::number;
use std::cell::Cell;

/// Seconds to wait before attempt `attempt` + 1 (the first attempt is 0): a random part of 1, 2, 4 ... 60 seconds, at
/// least `floor`. `random` is from 0 to 1.
pub fn delay(attempt: u32, floor: Option<f64>, random: f64) -> f64 {
    let ceiling = 2_f64
        .powi(i32::try_from(attempt).unwrap_or(i32::MAX))
        .min(60.0);
    let jitter = random * ceiling;
    match floor {
        // Spread after the floor too: the server says the same to everybody.
        Some(floor) => floor.min(LONGEST_FLOOR) + jitter.min(floor.max(1.0)),
        None => jitter,
    }
}

/// Waits for the [`delay`].
pub async fn wait(attempt: u32, floor: Option<f64>) {
    // At most some minutes.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    task::sleep((delay(attempt, floor, random::part()) * 1_000.0) as u32).await;
}

/// No server makes a customer wait longer than this without saying something else.
const LONGEST_FLOOR: f64 = 900.0;

/// What retries may cost: every first attempt earns a tenth of a retry, and a few are there from the start.
pub struct Budget(Cell<f64>);

impl Budget {
    /// As at the start.
    pub const fn new() -> Self {
        Self(Cell::new(10.0))
    }

    /// A first attempt was made.
    pub fn earn(&self) {
        self.0.set((self.0.get() + 0.1).min(10.0));
    }

    /// Whether one more retry is allowed; it is then taken.
    pub fn spend(&self) -> bool {
        let left = self.0.get() - 1.0;
        if left >= 0.0 {
            self.0.set(left);
        }
        left >= 0.0
    }
}

/// Reads `Retry-After`: seconds, or a date, of which `now` (milliseconds since 1970) is taken.
pub fn parse_retry_after(
    value: &str,
    now: f64,
    parse_date: impl FnOnce(&str) -> Option<f64>,
) -> Option<f64> {
    let seconds = match number::parse(value.trim()) {
        Some(seconds) => seconds,
        None => (parse_date(value)? - now) / 1_000.0,
    };
    seconds.is_finite().then_some(seconds.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_minute() {
        assert!((delay(0, None, 1.0) - 1.0).abs() < 1e-9);
        assert!((delay(3, None, 1.0) - 8.0).abs() < 1e-9);
        assert!((delay(3, None, 0.25) - 2.0).abs() < 1e-9);
        assert!((delay(40, None, 1.0) - 60.0).abs() < 1e-9);
        assert!(delay(9, None, 0.0).abs() < 1e-9);
    }

    #[test]
    fn the_floor_is_never_undercut() {
        for attempt in 0..12 {
            for random in [0.0, 0.3, 1.0] {
                assert!(delay(attempt, Some(7.0), random) >= 7.0);
            }
        }
        assert!(delay(0, Some(1e9), 1.0) < 1_000.0);
    }

    #[test]
    fn retries_stay_a_tenth() {
        let budget = Budget::new();
        let mut retries = 0;
        for _ in 0..1_000 {
            budget.earn();
            while budget.spend() {
                retries += 1;
            }
        }
        assert!(retries <= 110, "{retries}");
    }

    #[test]
    fn retry_after_in_seconds_or_as_a_date() {
        let date = |_: &str| Some(61_000.0);
        assert_eq!(parse_retry_after(" 30 ", 0.0, date), Some(30.0));
        assert_eq!(parse_retry_after("Thu, 01 Jan", 1_000.0, date), Some(60.0));
        assert_eq!(parse_retry_after("x", 0.0, |_| None), None);
        assert_eq!(parse_retry_after("x", 90_000.0, date), Some(0.0));
    }
}
