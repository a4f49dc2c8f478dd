//! Lists: a page with an opaque cursor, or a small fixed list.

use crate::{
    id::Cursor,
    request::{Kind, Status},
};
use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<Cursor>,
    /// How many there are in all, where the backend knows.
    pub total: Option<u64>,
}

/// A list that is short and whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Items<T> {
    /// All of them.
    pub items: Vec<T>,
}

words! {
    /// The order of a list of requests.
    Sort {
        /// The one that changed last stands first.
        UpdatedDesc = "-updated_at",
        /// The newest stands first.
        CreatedDesc = "-created_at",
        /// The oldest stands first.
        CreatedAsc = "created_at",
    }
}

/// What a customer looks for among their requests. `None` and empty mean any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestQuery {
    /// One of these (comma-separated on the wire).
    pub status: Vec<Status>,
    /// One of these (comma-separated on the wire).
    pub kind: Vec<Kind>,
    /// Words in subject, text or reference.
    pub q: Option<String>,
    /// Default: [`Sort::UpdatedDesc`].
    pub sort: Option<Sort>,
    /// Exactly this reference.
    pub reference: Option<String>,
    /// Items on a page, 1 to 100; default 20.
    pub limit: Option<u32>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}
