//! `/config`

use super::{Access, Failure, call::get};
use crate::browser::clock;
use portico_contract::config::Config;

/// What the server is and can do, in the language on screen. Sets the clock.
///
/// # Errors
/// See [`Failure`].
pub async fn read() -> Result<Config, Failure> {
    let config: Config = get("/config", &Access::Account).await?;
    clock::set(config.server_now);
    Ok(config)
}
