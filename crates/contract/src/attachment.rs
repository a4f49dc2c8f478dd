//! Files that belong to a message.

use crate::id::AttachmentId;
use serde::{Deserialize, Serialize};

/// A file of a message. Its content is at `/attachments/{id}` for who may read the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// Names it.
    pub id: AttachmentId,
    /// The file name, without path parts and without characters that mislead.
    pub name: String,
    /// Bytes; `None` where it lies at another desk that does not say.
    pub size: Option<u64>,
    /// The media type, by its content.
    pub media_type: String,
    /// SHA-256 of the content, in hexadecimal; `None` where the content lies at another desk.
    pub sha256: Option<String>,
}
