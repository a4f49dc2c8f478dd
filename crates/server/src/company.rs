//! What the company shows and asks: its name, picture, colours and contacts, its forms and its words. Read again when
//! one of its files changes; everything else of the configuration is as it was when the server started.

use crate::{
    catalogue::Catalogue,
    demo,
    promises::Stamps,
    settings::{Brand, ContactSetting, Settings},
    state::App,
    wording::Wording,
};
use axum::body::Bytes;
use portico_contract::theme::Theme;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Between two looks at whether a file has changed.
const LOOK: Duration = Duration::from_secs(2);

/// Where the company's files are, and what takes the place of what they do not say.
#[derive(Debug, Clone)]
pub struct Source {
    /// The configuration, which names the others; none: the defaults.
    pub config: Option<PathBuf>,
    /// The demonstration's name and contacts where the configuration has none.
    pub demo: bool,
}

impl Source {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A sentence for the operator that names the place.
    pub fn settings(&self) -> Result<Settings, String> {
        let mut settings = Settings::load(self.config.as_deref())?;
        if self.demo {
            demo::dress(&mut settings)?;
        }
        Ok(settings)
    }
}

/// What the company shows and asks.
#[derive(Debug)]
pub struct Company {
    /// Its name, picture and links.
    pub brand: Brand,
    /// Its colours and measures.
    pub theme: Theme,
    /// How customers reach it.
    pub contacts: Vec<ContactSetting>,
    /// Its forms, and the server's words.
    pub catalogue: Catalogue,
    /// Its own wording of the portal.
    pub wording: Wording,
    /// Its picture: the media type and the bytes.
    pub logo: Option<(&'static str, Bytes)>,
    files: Stamps,
}

impl Company {
    /// Reads what the settings name. `config`: the file that they were read from.
    ///
    /// # Errors
    /// A sentence for the operator that names the place.
    pub fn load(settings: &Settings, config: Option<PathBuf>) -> Result<Self, String> {
        let own = [
            &settings.request_types,
            &settings.words,
            &settings.messages,
            &settings.brand.logo,
        ];
        // When they changed is noted first: what changes while they are read is read again.
        let files = Stamps::of(config.into_iter().chain(own.into_iter().flatten().cloned()));
        Ok(Self {
            brand: settings.brand.clone(),
            theme: settings.theme.clone(),
            contacts: settings.contacts.clone(),
            catalogue: Catalogue::load(
                settings.request_types.as_deref(),
                settings.words.as_deref(),
            )?,
            wording: Wording::load(settings.messages.as_deref())?,
            logo: settings.brand.read_logo()?,
            files,
        })
    }
}

/// Reads it again whenever a file has changed, until the server stops. What is wrong is logged once, and what was read
/// before stays.
pub async fn run(app: App, source: Source) {
    let mut read = app.company().files.clone();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = app.stopping.cancelled() => return,
        }
        let found = read.now();
        if found == read {
            continue;
        }
        let settings = source.settings();
        let new = settings.and_then(|settings| Company::load(&settings, source.config.clone()));
        match new {
            Ok(new) => {
                read = new.files.clone();
                app.set_company(Arc::new(new));
                tracing::info!("the company's forms, words and looks were read anew");
            }
            Err(error) => {
                read = found;
                tracing::error!(%error, "the company's forms, words and looks stay as they were read before");
            }
        }
    }
}
