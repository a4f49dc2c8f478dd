//! `GET /config`

use super::context::Lang;
use crate::{hours::Week, state::App};
use axum::{Json, extract::State};
use portico_contract::config::{Brand, Capability, Config, ContactChannel, Limits};

/// What this server is and can do.
pub async fn config(State(app): State<App>, Lang(locale): Lang) -> Json<Config> {
    let settings = &app.settings;
    let now = app.clock.now();
    let contacts = settings.contacts.iter().map(|contact| {
        // Checked when the settings were read; what cannot be read is never open.
        let (open_now, next_opening) = Week::new(&contact.hours)
            .map_or((false, None), |week| week.at(now, settings.time_zone));
        let word = app
            .catalogue
            .word(&format!("channel.{}", contact.channel), locale)
            .to_owned();
        ContactChannel {
            channel: contact.channel,
            label: contact
                .label
                .as_ref()
                .map_or(word, |label| label.get(locale).to_owned()),
            value: contact.value.get(locale).to_owned(),
            hours: contact.hours.clone(),
            open_now,
            next_opening,
        }
    });
    Json(Config {
        brand: Brand {
            name: settings.brand.name.get(locale).to_owned(),
        },
        locales: settings.locales.clone(),
        time_zone: settings.time_zone.name().to_owned(),
        capabilities: Capability::ALL.to_vec(),
        sign_in: settings.sign_in.clone(),
        limits: Limits {
            attachment_size: settings.limits.attachment_size,
            attachments_per_message: settings.limits.attachments_per_message,
            attachment_extensions: settings.limits.attachment_extensions.clone(),
            subject_length: settings.limits.subject_length,
            body_length: settings.limits.body_length,
            reopen_days: u32::try_from(app.policy().rights.reopen_window.num_days())
                .unwrap_or(u32::MAX),
        },
        contacts: contacts.collect(),
        receipt_keys: vec![app.keys.receipt_key()],
        frame_ancestors: settings.frame_ancestors.clone(),
        server_now: now,
    })
}
