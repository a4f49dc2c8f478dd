//! Bounded waiting.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long a test waits for something before it fails. Generous, because it is only ever used up by
/// a failure.
pub const PATIENCE: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(40);

/// Asks `probe` until it answers `Ok` and returns that; after [`PATIENCE`] panics with the last `Err`.
pub async fn until<T, F, Fut>(what: &str, probe: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, String>>,
{
    let found = try_until(probe).await;
    found.unwrap_or_else(|seen| panic!("waited {PATIENCE:?} for {what}; {seen}"))
}

/// The same for who has more to say about it; after [`PATIENCE`] gives the last `Err`.
pub(crate) async fn try_until<T, F, Fut>(mut probe: F) -> Result<T, String>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, String>>,
{
    let end = Instant::now() + PATIENCE;
    loop {
        match probe().await {
            Ok(found) => return Ok(found),
            Err(seen) if Instant::now() > end => return Err(seen),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
