//! `/config`

use super::{Access, Failure, call::get};
use crate::browser::clock;
use portico_contract::config::Config;

/// What the server is and can do, in the language on screen. Sets the clock.
///
/// # Errors
/// See [`Failure`].
pub async fn read() -> Result<Config, Failure> {
    #[cfg(not(feature = "light"))]
    let config: Config = get("/config", &Access::Account).await?;
    #[cfg(feature = "light")]
    let config: Config = get::<shown::Shown>("/config", &Access::Account)
        .await?
        .into();
    clock::set(config.server_now);
    Ok(config)
}

/// What the light survey shows of it. To read the rest would take a twentieth of that program.
#[cfg(feature = "light")]
mod shown {
    use portico_contract::{
        Instant,
        config::{Brand, Capability, Config, ContactChannel, Limits},
        theme::Theme,
    };
    use serde::Deserialize;

    #[derive(Deserialize)]
    pub struct Shown {
        brand: Brand,
        time_zone: String,
        capabilities: Vec<Capability>,
        contacts: Vec<ContactChannel>,
        server_now: Instant,
    }

    impl From<Shown> for Config {
        fn from(shown: Shown) -> Self {
            Self {
                brand: shown.brand,
                locales: Vec::new(),
                time_zone: shown.time_zone,
                capabilities: shown.capabilities,
                sign_in: Vec::new(),
                sign_in_providers: Vec::new(),
                // It takes nothing that has one.
                limits: Limits {
                    attachment_size: 0,
                    attachments_per_message: 0,
                    attachment_extensions: Vec::new(),
                    subject_length: 0,
                    body_length: 0,
                    reopen_days: 0,
                },
                contacts: shown.contacts,
                receipt_keys: Vec::new(),
                theme: Theme::default(),
                frame_ancestors: Vec::new(),
                server_now: shown.server_now,
            }
        }
    }
}
