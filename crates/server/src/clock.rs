//! Two clocks: business time, in which requests live, and real time, by which sessions, limits and the memory of
//! submissions end. They are the same unless the server was started with `--test-clock`.

use chrono::{DateTime, TimeDelta, Utc};
use portico_contract::Instant;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells both times. Whole milliseconds, as the store keeps them.
#[derive(Debug, Default)]
pub struct Clock {
    offset_millis: AtomicI64,
}

impl Clock {
    /// A clock whose business time is ahead of real time by `offset_millis`.
    #[must_use]
    pub fn ahead_by(offset_millis: i64) -> Self {
        Self {
            offset_millis: AtomicI64::new(offset_millis),
        }
    }

    /// Business time, in UTC.
    #[must_use]
    pub fn now(&self) -> Instant {
        let offset = TimeDelta::milliseconds(self.offset_millis.load(Ordering::Relaxed));
        Instant::from(millis(real_now() + offset))
    }

    /// Sets business time; it goes on from there. Returns how far it is ahead of real time, in milliseconds.
    pub fn set(&self, now: Instant) -> i64 {
        let offset = now.unix_millis() - real_now().timestamp_millis();
        self.offset_millis.store(offset, Ordering::Relaxed);
        offset
    }
}

/// Real time, in whole milliseconds.
#[must_use]
pub fn real_now() -> DateTime<Utc> {
    millis(Utc::now())
}

fn millis(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_time_moves_and_goes_on() {
        let clock = Clock::default();
        let target = Instant::parse("2027-02-05T09:00:00+08:00").unwrap();
        clock.set(target);
        let passed = clock.now().unix_millis() - target.unix_millis();
        assert!((0..5_000).contains(&passed));
        assert!(real_now().timestamp_millis() < target.unix_millis() || passed < 5_000);
    }
}
