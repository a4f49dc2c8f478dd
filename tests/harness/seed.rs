//! Random choices that can be had again.

use std::time::{SystemTime, UNIX_EPOCH};

/// The seed of this run: `PORTICO_SEED` when it is set, else one from the clock. Printed, so that a
/// failed run can be repeated.
pub fn seed(test: &str) -> u64 {
    let seed = match std::env::var("PORTICO_SEED") {
        Ok(given) => given.parse().expect("PORTICO_SEED is a number"),
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_nanos() as u64 % 1_000_000_007),
    };
    eprintln!("{test}: PORTICO_SEED={seed}");
    seed
}
