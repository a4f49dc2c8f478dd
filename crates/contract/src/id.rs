//! Opaque identifiers. Nothing may be read out of them; they are compared and sent back, no more.

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes an id as the server gave it.
            #[must_use]
            pub fn new(id: impl Into<String>) -> Self { Self(id.into()) }
            /// The id as it travels.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
    )+};
}

ids! {
    /// A request, inside the API. People see its [`crate::code::Reference`].
    RequestId,
    /// A request type of the service catalogue.
    TypeId,
    /// A field of a form.
    FieldId,
    /// An entry of a timeline.
    TimelineItemId,
    /// An attachment that a request holds.
    AttachmentId,
    /// An upload that is not yet part of a request: the last segment of its tus address, and a credential.
    UploadId,
    /// A customer.
    CustomerId,
    /// An announcement.
    AnnouncementId,
    /// A measure that the company took.
    MeasureId,
    /// The place in the stream of events after which a client wants to go on.
    EventId,
    /// An opaque place in a list.
    Cursor,
}
