//! `GET /config`

use super::context::Lang;
use crate::{hours::Week, state::App};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use portico_contract::config::{Brand, BrandLink, Capability, Config, ContactChannel, Limits};
use portico_contract::locale::Locale;

/// Where the company's picture lies.
pub const LOGO: &str = "/brand/logo";

/// The company's picture.
pub async fn logo(State(app): State<App>) -> Response {
    match &app.company().logo {
        Some((media_type, bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, *media_type),
                (header::CACHE_CONTROL, "public, max-age=600"),
                // A picture may hold script, which nobody runs by opening it.
                (
                    header::CONTENT_SECURITY_POLICY,
                    "sandbox; default-src 'none'; style-src 'unsafe-inline'",
                ),
            ];
            (headers, bytes.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The company's own wording of the portal in a language, as a message file.
pub async fn words(State(app): State<App>, Path(file): Path<String>) -> Response {
    let locale = file.strip_suffix(".json").map(Locale::from_word);
    match locale.filter(|locale| *locale != Locale::Unknown) {
        Some(locale) => {
            let headers = [(header::CACHE_CONTROL, "no-cache")];
            (headers, Json(app.company().wording.messages(locale))).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The company's colours and measures as a style sheet.
pub async fn theme(State(app): State<App>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, app.company().theme.style_sheet()).into_response()
}

/// What this server is and can do.
pub async fn config(State(app): State<App>, Lang(locale): Lang) -> Json<Config> {
    let (settings, company) = (&app.settings, app.company());
    let now = app.clock.now();
    let contacts = company.contacts.iter().map(|contact| {
        // Checked when the settings were read; what cannot be read is never open.
        let (open_now, next_opening) = Week::new(&contact.hours)
            .map_or((false, None), |week| week.at(now, settings.time_zone));
        let word = app
            .company()
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
            name: company.brand.name.get(locale).to_owned(),
            logo: company.brand.logo.as_ref().map(|_| LOGO.to_owned()),
            links: company
                .brand
                .links
                .iter()
                .map(|link| BrandLink {
                    label: link.label.get(locale).to_owned(),
                    url: link.url.clone(),
                })
                .collect(),
        },
        locales: settings.locales.clone(),
        time_zone: settings.time_zone.name().to_owned(),
        capabilities: Capability::ALL.to_vec(),
        sign_in: settings.sign_in.clone(),
        sign_in_providers: app.providers.values().map(|p| p.offered(locale)).collect(),
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
        theme: company.theme.clone(),
        frame_ancestors: settings.frame_ancestors.clone(),
        server_now: now,
    })
}
