//! `/announcements`

use super::{Access, Failure, call::get};
use portico_contract::{announcement::Announcement, list::Items};

/// What is announced now, in the language on screen.
///
/// # Errors
/// See [`Failure`].
pub async fn list() -> Result<Vec<Announcement>, Failure> {
    let all: Items<Announcement> = get("/announcements", &Access::Account).await?;
    Ok(all.items)
}
