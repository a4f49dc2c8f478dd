//! Bounded waiting.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long a test waits for something before it fails. Generous, because it is only ever used up by
/// a failure.
pub const PATIENCE: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(40);

/// Asks `probe` until it answers `Ok` and returns that; after [`PATIENCE`] panics with the last `Err`.
pub async fn until<T, F, Fut>(what: &str, mut probe: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, String>>,
{
    let end = Instant::now() + PATIENCE;
    loop {
        match probe().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() > end => panic!("waited {PATIENCE:?} for {what}; {seen}"),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
