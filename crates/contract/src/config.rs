//! `GET /config`: what this server is and can do.

use crate::{
    Instant,
    locale::Locale,
    session::{Channel, SignInProvider},
    theme::Theme,
};
use serde::{Deserialize, Serialize};

words! {
    /// What a server can do. What it does not list has no resource and no control.
    Capability {
        /// Sending requests.
        Submit = "submit",
        /// Following a request by reference and query code.
        Track = "track",
        /// Files.
        Attachments = "attachments",
        /// Live events.
        Events = "events",
        /// Customers' accounts.
        Accounts = "accounts",
        /// Promises with dates.
        Promises = "promises",
        /// Asking to be rung.
        Callbacks = "callbacks",
        /// Word of incidents and news.
        Announcements = "announcements",
        /// Surveys, and what was done about their answers.
        Surveys = "surveys",
        /// Keeping drafts for who is signed in where the browser keeps nothing.
        Drafts = "drafts",
        /// Taking what the page around a portal says along with a new request.
        Context = "context",
    }
}

words! {
    /// How the company is reached.
    ContactKind {
        /// Telephone.
        Phone = "phone",
        /// E-mail.
        Email = "email",
        /// A web page.
        Online = "online",
        /// A place to go to, or a visit.
        OnSite = "on_site",
    }
}

/// The company as it shows itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Brand {
    /// Its name in the language of the answer.
    pub name: String,
    /// The address of its picture, beside the site's own files.
    #[serde(default)]
    pub logo: Option<String>,
    /// What stands at the end of every page: imprint, privacy.
    #[serde(default)]
    pub links: Vec<BrandLink>,
}

/// A link of the company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrandLink {
    /// Its words in the language of the answer.
    pub label: String,
    /// An `https` address.
    pub url: String,
}

/// What a server accepts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limits {
    /// Bytes of one attachment.
    pub attachment_size: u64,
    /// Attachments of one message.
    pub attachments_per_message: u32,
    /// File name extensions that are accepted, lower-case, without the dot.
    pub attachment_extensions: Vec<String>,
    /// Characters of a subject.
    pub subject_length: u32,
    /// Characters of a text.
    pub body_length: u32,
    /// Days after its end during which a request can be reopened.
    pub reopen_days: u32,
}

/// A span of weekly opening hours, in the company's zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpeningHours {
    /// ISO weekdays, Monday is 1.
    pub days: Vec<u8>,
    /// `HH:MM`
    pub from: String,
    /// `HH:MM`
    pub to: String,
}

/// A way to reach the company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactChannel {
    /// How.
    pub channel: ContactKind,
    /// Its name in the language of the answer.
    pub label: String,
    /// A number, an address, a link.
    pub value: String,
    /// Empty: always.
    pub hours: Vec<OpeningHours>,
    /// Open at this moment.
    pub open_now: bool,
    /// When it opens next, if it is closed.
    pub next_opening: Option<Instant>,
}

/// What a server is and can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Config {
    /// The company.
    pub brand: Brand,
    /// The languages that are offered.
    pub locales: Vec<Locale>,
    /// IANA name of the company's zone.
    pub time_zone: String,
    /// What exists.
    pub capabilities: Vec<Capability>,
    /// How one can sign in.
    pub sign_in: Vec<Channel>,
    /// Where else one can sign in, on the server's own origin.
    #[serde(default)]
    pub sign_in_providers: Vec<SignInProvider>,
    /// What is accepted.
    pub limits: Limits,
    /// How the company is reached.
    pub contacts: Vec<ContactChannel>,
    /// The public keys (Ed25519, base64) by which this company's receipts are known, the present one first.
    #[serde(default)]
    pub receipt_keys: Vec<String>,
    /// The company's colours and measures; `/theme.css` has them as they are drawn.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub theme: Theme,
    /// Exact origins of the sites whose pages may have the portal in a frame.
    #[serde(default)]
    pub frame_ancestors: Vec<String>,
    /// The server's clock, by which a client corrects its own.
    pub server_now: Instant,
}
