//! Word of an incident, of planned work, of news.

use crate::{Instant, id::AnnouncementId};
use serde::{Deserialize, Serialize};

words! {
    /// What it is about.
    AnnouncementKind {
        /// Something does not work right now: shown on every page.
        Incident = "incident",
        /// Something will not work for a while.
        Maintenance = "maintenance",
        /// Anything else worth knowing.
        News = "news",
    }
}

/// One announcement, in the language of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Announcement {
    /// Names it.
    pub id: AnnouncementId,
    /// What it is about.
    pub kind: AnnouncementKind,
    /// In a line.
    pub title: String,
    /// Plain text.
    pub body: String,
    /// Since when.
    pub from: Instant,
    /// Until when; `None`: until it is taken back.
    pub until: Option<Instant>,
}
