//! Enumerations on the wire: open when read by a client, closed when read by a server.

use serde::{Deserialize, Deserializer, de};

/// A word of an open vocabulary: knows whether it was recognised.
pub trait Word {
    /// False for a word that this version does not know.
    fn is_known(&self) -> bool;
}

/// Declares an enumeration whose wire form is a word. A word that is not listed decodes to `Unknown`, which
/// a client shows neutrally and which [`strict`] refuses.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A word of a newer version.
            Unknown,
        }

        impl $name {
            /// Every word of this version, in the contract's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ Self::Unknown => "unknown" }
            }

            /// Reads a word; `Unknown` when this version does not know it.
            #[must_use]
            pub fn from_word(word: &str) -> Self {
                match word { $($word => Self::$variant,)+ _ => Self::Unknown }
            }
        }

        impl $crate::words::Word for $name {
            fn is_known(&self) -> bool { !matches!(self, Self::Unknown) }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Ok(Self::from_word(&std::borrow::Cow::<'de, str>::deserialize(d)?))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

/// `#[serde(deserialize_with = "strict")]`: refuses a word that this version does not know. For what a client
/// sends to a server; never for what a server answers.
///
/// # Errors
/// When the word (or one of an option) is unknown.
pub fn strict<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Word,
{
    let word = T::deserialize(deserializer)?;
    if word.is_known() {
        Ok(word)
    } else {
        Err(de::Error::custom("not one of the known words"))
    }
}

impl<T: Word> Word for Option<T> {
    fn is_known(&self) -> bool {
        self.as_ref().is_none_or(Word::is_known)
    }
}

impl<T: Word> Word for Vec<T> {
    fn is_known(&self) -> bool {
        self.iter().all(Word::is_known)
    }
}
