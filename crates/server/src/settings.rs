//! What a company may set: one TOML file, every line optional.

use crate::{
    catalogue::Localized,
    files::media,
    host_token::{HostTokenSetting, is_address},
    oidc::OidcSetting,
};
use axum::body::Bytes;
use chrono_tz::Tz;
use portico_connect::{Connector, ticket::Email};
use portico_contract::{
    Word,
    config::ContactKind,
    config::OpeningHours,
    id::TypeId,
    locale::Locale,
    request::Kind,
    session::Channel,
    theme::{self, Theme},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    path::{Path, PathBuf},
};

/// The file that `portico init` writes: every setting with its default, commented out.
pub const DEFAULT_FILE: &str = include_str!("../portico.toml");

/// Bytes of a logo: every page loads it.
const LOGO_SIZE: usize = 64 * 1024;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The company.
    pub brand: Brand,
    /// The languages that are offered; the first one is used when a browser asks for none of them.
    pub locales: Vec<Locale>,
    /// IANA name of the company's zone.
    pub time_zone: Tz,
    /// What stands before the paths of links in messages. Default: the address that is listened on.
    pub public_url: Option<String>,
    /// Origins of other sites whose scripts may call the API, such as `https://www.example.com`.
    pub allowed_origins: Vec<String>,
    /// Origins of sites that may show the portal in a frame.
    pub frame_ancestors: Vec<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The company's own request types; relative to this file.
    pub request_types: Option<PathBuf>,
    /// The company's own words; relative to this file.
    pub words: Option<PathBuf>,
    /// The company's own wording of the portal; relative to this file.
    pub messages: Option<PathBuf>,
    /// What is promised and what customers may do about it; relative to this file.
    pub policy: Option<PathBuf>,
    /// Whom the company asks how satisfied they are; relative to this file.
    pub surveys: Option<PathBuf>,
    /// What is accepted.
    pub limits: Limits,
    /// How often.
    pub rates: Rates,
    /// How long.
    pub sessions: Sessions,
    /// A mail server. Default: mail is written to files in the data directory.
    pub smtp: Option<Smtp>,
    /// A web hook that sends SMS. Default: they are written to files in the data directory.
    pub sms: Option<SmsHook>,
    /// How customers reach the company.
    pub contacts: Vec<ContactSetting>,
    /// How customers can sign in.
    pub sign_in: Vec<Channel>,
    /// Desks beside the embedded one, by name.
    pub backend: BTreeMap<String, BackendSetting>,
    /// Colours and measures.
    pub theme: Theme,
    /// How the company's own site says who is signed in there.
    pub host_token: Option<HostTokenSetting>,
    /// Providers of OpenID Connect, by name.
    pub oidc: BTreeMap<String, OidcSetting>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            brand: Brand::default(),
            locales: vec![Locale::ZhHans, Locale::ZhHant, Locale::En],
            time_zone: Tz::Asia__Shanghai,
            public_url: None,
            allowed_origins: Vec::new(),
            frame_ancestors: Vec::new(),
            trusted_proxies: Vec::new(),
            request_types: None,
            words: None,
            messages: None,
            policy: None,
            surveys: None,
            limits: Limits::default(),
            rates: Rates::default(),
            sessions: Sessions::default(),
            smtp: None,
            sms: None,
            contacts: Vec::new(),
            sign_in: vec![Channel::Email, Channel::Sms],
            backend: BTreeMap::new(),
            theme: Theme::default(),
            host_token: None,
            oidc: BTreeMap::new(),
        }
    }
}

/// The company as it shows itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// Its name.
    pub name: Localized,
    /// Its picture, SVG, PNG or WebP; relative to this file.
    #[serde(default)]
    pub logo: Option<PathBuf>,
    /// What stands at the end of every page: imprint, privacy.
    #[serde(default)]
    pub links: Vec<LinkSetting>,
}

/// A link of the company.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSetting {
    /// Its words.
    pub label: Localized,
    /// An `https` address.
    pub url: String,
}

impl Brand {
    /// Reads the picture: its media type and its bytes.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn read_logo(&self) -> Result<Option<(&'static str, Bytes)>, String> {
        let Some(file) = &self.logo else {
            return Ok(None);
        };
        let place = file.display();
        let media_type = match file.extension().and_then(|e| e.to_str()) {
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("webp") => "image/webp",
            _ => return Err(format!("{place}: a logo is an SVG, PNG or WebP file")),
        };
        let bytes = std::fs::read(file).map_err(|e| format!("{place}: {e}"))?;
        match bytes.len() <= LOGO_SIZE {
            true => Ok(Some((media_type, bytes.into()))),
            false => Err(format!("{place}: a logo has {LOGO_SIZE} bytes at most")),
        }
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            name: Localized::same("Portico"),
            logo: None,
            links: Vec::new(),
        }
    }
}

/// What is accepted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of one attachment.
    pub attachment_size: u64,
    /// Attachments of one message.
    pub attachments_per_message: u32,
    /// File name extensions, lower-case, without the dot.
    pub attachment_extensions: Vec<String>,
    /// Bytes that one client may upload without sending the message that they belong to.
    pub pending_uploads_size: u64,
    /// Characters of a subject.
    pub subject_length: u32,
    /// Characters of a text.
    pub body_length: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attachment_size: 25 * 1024 * 1024,
            attachments_per_message: 10,
            attachment_extensions: media::extensions().map(str::to_owned).collect(),
            pending_uploads_size: 1024 * 1024 * 1024,
            subject_length: portico_contract::submission::SUBJECT_MAX,
            body_length: portico_contract::submission::BODY_MAX,
        }
    }
}

/// So many in so many minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how many minutes.
    pub minutes: u32,
}

/// How often something may happen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// New requests accepted from one client.
    pub new_requests: Rate,
    /// Wrong query codes for one reference.
    pub wrong_codes_per_reference: Rate,
    /// Wrong query codes from one client.
    pub wrong_codes_per_client: Rate,
    /// Sign-in codes for one address.
    pub sign_in_codes: Rate,
    /// Sign-in codes that one client asks for, whatever the address: an SMS costs money.
    pub sign_in_codes_per_client: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        let rate = |count, minutes| Rate { count, minutes };
        Self {
            new_requests: rate(30, 10),
            wrong_codes_per_reference: rate(5, 15),
            wrong_codes_per_client: rate(20, 15),
            sign_in_codes: rate(5, 10),
            sign_in_codes_per_client: rate(60, 10),
        }
    }
}

/// How long what lets people in stays good, in real time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Hours after its last use in which a customer's session ends.
    pub idle_hours: u32,
    /// Days after which it ends however often it is used.
    pub days: u32,
    /// Minutes of a sign-in code.
    pub code_minutes: u32,
    /// Hours of the session that a query code or a link opens.
    pub track_hours: u32,
    /// Days of the link in a guest's e-mail.
    pub link_days: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            idle_hours: 24,
            days: 14,
            code_minutes: 10,
            track_hours: 24,
            link_days: 30,
        }
    }
}

/// A mail server.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// `smtps://host`, `smtp://host:587?tls=required` or, for a local relay, `smtp://localhost:25`.
    pub url: String,
    /// The name to sign in with.
    pub user: Option<String>,
    /// The password to sign in with.
    pub password: Option<String>,
    /// The sender, such as `Service desk <service@example.com>`.
    pub from: String,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp")
            .field("url", &self.url)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// A web hook that sends SMS: gets `POST {"to", "text"}` as JSON.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsHook {
    /// Its address.
    pub url: String,
    /// Signs each message: `X-Portico-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA-256 over `<seconds>.<body>`.
    pub secret: Option<String>,
}

impl std::fmt::Debug for SmsHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsHook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A way to reach the company.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactSetting {
    /// How.
    pub channel: ContactKind,
    /// Its name; default: the server's word for the channel.
    #[serde(default)]
    pub label: Option<Localized>,
    /// A number, an address, a link.
    pub value: Localized,
    /// Opening hours in the company's zone; none: always.
    #[serde(default)]
    pub hours: Vec<OpeningHours>,
}

/// A desk that the company has already.
#[derive(Debug, Clone, Deserialize)]
pub struct BackendSetting {
    /// Every new request goes there that no other desk is named for.
    #[serde(default)]
    pub default: bool,
    /// The request types that go there, whatever their kind.
    #[serde(default)]
    pub types: Vec<TypeId>,
    /// The kinds of requests that go there.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// A file that holds the credential; relative to the configuration.
    pub credential_file: Option<PathBuf>,
    /// The environment variable that holds it.
    pub credential_env: Option<String>,
    /// A file that holds what the desk's web hook must bring along; relative to the configuration.
    pub webhook_secret_file: Option<PathBuf>,
    /// The environment variable that holds it.
    pub webhook_secret_env: Option<String>,
    /// The e-mail address under which the desk has the requests of those who give none. Without it, one is asked for.
    pub stand_in: Option<String>,
    /// The request type of what comes to the desk by another way. Default: the first that goes there.
    pub import_as: Option<TypeId>,
    /// Seconds that a sender waits for the desk to take a new request; then it is taken here and handed over later.
    #[serde(default = "submit_seconds")]
    pub submit_seconds: u64,
    /// Seconds between two looks at what is new, while a customer of this desk has a live connection.
    #[serde(default = "poll_seconds")]
    pub poll_seconds: u64,
    /// Which system it is, and what that one needs to know.
    #[serde(flatten)]
    pub connector: Connector,
}

fn submit_seconds() -> u64 {
    10
}

fn poll_seconds() -> u64 {
    15
}

impl Settings {
    /// Reads the file, or takes the defaults without one.
    ///
    /// # Errors
    /// A sentence for the operator that names the place.
    pub fn load(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let place = file.display();
        let text = std::fs::read_to_string(file).map_err(|e| format!("{place}: {e}"))?;
        let mut settings: Self = toml::from_str(&text).map_err(|e| format!("{place}: {e}"))?;
        settings.check().map_err(|e| format!("{place}: {e}"))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        for path in [
            &mut settings.request_types,
            &mut settings.words,
            &mut settings.messages,
            &mut settings.policy,
            &mut settings.surveys,
            &mut settings.brand.logo,
        ]
        .into_iter()
        .flatten()
        {
            *path = folder.join(&*path);
        }
        for backend in settings.backend.values_mut() {
            let files = [
                &mut backend.credential_file,
                &mut backend.webhook_secret_file,
            ];
            for path in files.into_iter().flatten() {
                *path = folder.join(&*path);
            }
        }
        for provider in settings.oidc.values_mut() {
            if let Some(file) = &mut provider.client_secret_file {
                *file = folder.join(&*file);
            }
        }
        if let Some(host_token) = &mut settings.host_token {
            for key in &mut host_token.keys {
                key.file = folder.join(&key.file);
            }
            if let Some(file) = host_token.jwks.as_mut().filter(|jwks| !is_address(jwks)) {
                *file = folder.join(&*file).to_string_lossy().into_owned();
            }
        }
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        if self.locales.is_empty() || self.locales.contains(&Locale::Unknown) {
            return Err("locales: name at least one of zh-Hans, zh-Hant, en".to_owned());
        }
        if self.sign_in.contains(&Channel::Unknown) {
            return Err("sign_in: only email and sms are known".to_owned());
        }
        if let Some(other) = self
            .limits
            .attachment_extensions
            .iter()
            .find(|e| !media::is_extension_taken(e))
        {
            return Err(format!(
                "limits.attachment_extensions: files named .{other} cannot be checked, so not taken"
            ));
        }
        for origin in self.allowed_origins.iter().chain(&self.frame_ancestors) {
            if !is_origin(origin) {
                return Err(format!(
                    "{origin:?} is no origin: scheme and host (and port) alone, no slash at the end"
                ));
            }
        }
        for link in &self.brand.links {
            if !link.url.starts_with("https://") {
                return Err(format!("brand.links: {:?} is no https address", link.url));
            }
        }
        if let Some(name) = theme::resolve(&self.theme, false).refused.first() {
            return Err(format!(
                "theme: {name} is no token, or this is no value for it (docs/theming.md)"
            ));
        }
        for (id, provider) in &self.oidc {
            provider.check(id)?;
        }
        for contact in &self.contacts {
            if contact.channel == ContactKind::Unknown {
                return Err("contacts: channel is one of phone, email, online, on_site".to_owned());
            }
            crate::hours::Week::new(&contact.hours).map_err(|e| format!("contacts: {e}"))?;
        }
        self.check_backends()
    }

    fn check_backends(&self) -> Result<(), String> {
        let (mut types, mut kinds, mut defaults) = (BTreeSet::new(), BTreeSet::new(), 0);
        for (name, backend) in &self.backend {
            let wrong = |what: String| Err(format!("backend.{name}: {what}"));
            for id in &backend.types {
                if !types.insert(id.clone()) {
                    return wrong(format!("{id} goes to another backend already"));
                }
            }
            for kind in &backend.kinds {
                if !kind.is_known() {
                    return wrong("kinds: one of them is not known".to_owned());
                }
                if !kinds.insert(kind.as_str()) {
                    return wrong(format!("{kind} goes to another backend already"));
                }
            }
            if let Some(address) = &backend.stand_in
                && address.parse::<Email>().is_err()
            {
                return wrong(
                    "stand_in is no e-mail address that a desk can be asked for".to_owned(),
                );
            }
            if backend.poll_seconds == 0 {
                return wrong("poll_seconds: at least 1".to_owned());
            }
            defaults += usize::from(backend.default);
        }
        if defaults > 1 {
            return Err("backend: only one can be the default".to_owned());
        }
        Ok(())
    }

    /// The language of an answer to a call with this `Accept-Language`.
    #[must_use]
    pub fn locale(&self, accept_language: Option<&str>) -> Locale {
        accept_language
            .and_then(Locale::negotiate)
            .filter(|locale| self.locales.contains(locale))
            .or_else(|| self.locales.first().copied())
            .unwrap_or(Locale::En)
    }
}

/// `https://www.example.com`, with a port if need be: what a browser sends as `Origin`.
pub fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_init_writes_is_the_defaults() {
        let settings: Settings = toml::from_str(DEFAULT_FILE).unwrap();
        assert_eq!(
            format!("{settings:?}"),
            format!("{:?}", Settings::default())
        );
        // And with every setting switched on it is understood.
        let on: String = DEFAULT_FILE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let settings: Settings = toml::from_str(&on).unwrap();
        settings.check().unwrap();
        assert!(settings.host_token.is_some() && !settings.oidc.is_empty());
        assert!(settings.smtp.is_some() && settings.sms.is_some() && !settings.contacts.is_empty());
    }

    #[test]
    fn the_sections_of_the_page_about_connecting_are_understood() {
        let page = include_str!("../../../docs/connecting.md");
        let blocks = page.split("```toml\n").skip(1);
        let blocks = blocks.filter_map(|block| block.split("```").next());
        let mut systems = 0;
        for block in blocks {
            let whole = block.contains("connector =");
            // Mappings are the same for all: such a block is a part of any section.
            let section = match whole {
                true => block.to_owned(),
                false => format!(
                    "[backend.main]\nconnector = \"freshdesk\"\nurl = \"https://x.example\"\n{block}"
                ),
            };
            let settings: Settings =
                toml::from_str(&section).unwrap_or_else(|e| panic!("{e}\n{section}"));
            systems += usize::from(whole && settings.backend.contains_key("main"));
        }
        assert_eq!(systems, 8);
    }

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in [
            "https://www.example.com",
            "http://127.0.0.1:8081",
            "http://[::1]:80",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "*",
            "https://*",
            "https://a.example/",
            "a.example",
            "https://A.example",
            "https://",
            "null",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_misspelled_setting_is_refused() {
        assert!(toml::from_str::<Settings>("polycy = 3").is_err());
        assert!(toml::from_str::<Settings>("[limits]\nsize = 3").is_err());
    }
}
