//! Who asks: sessions, sign-in by code, tracking, the profile.

use crate::{
    Instant,
    id::{CustomerId, RequestId},
    locale::Locale,
    words::strict,
};
use serde::{Deserialize, Serialize};

words! {
    /// A way to reach a customer with a code.
    Channel {
        /// By e-mail.
        Email = "email",
        /// By SMS.
        Sms = "sms",
    }
}

words! {
    /// Why somebody who went to a provider to sign in comes back as nobody.
    SignInTrouble {
        /// They turned back there.
        Cancelled = "cancelled",
        /// It took too long, was begun in another browser, or is done already.
        Over = "over",
        /// The provider, or what is needed to believe it, is out of reach.
        Unavailable = "unavailable",
        /// What the provider said is not to be believed.
        Refused = "refused",
        /// The provider has not made sure of any address of theirs.
        NoAddress = "no_address",
        /// Tried too often.
        TooOften = "too_often",
    }
}

/// `POST /session/code`: asks for a sign-in code. Answered 202 whether the address is known or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// How.
    #[serde(deserialize_with = "strict")]
    pub channel: Channel,
    /// An e-mail address or a telephone number.
    pub address: String,
}

/// `POST /session/redeem`: trades a code for a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// How it was sent.
    #[serde(deserialize_with = "strict")]
    pub channel: Channel,
    /// Where it was sent.
    pub address: String,
    /// What the customer typed.
    pub code: String,
}

/// `POST /session/host-token`: trades a token that the company's own site has signed for a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HostToken {
    /// A JSON Web Token (RFC 7519).
    pub token: String,
}

/// A provider of OpenID Connect at which customers can sign in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInProvider {
    /// Names it in addresses.
    pub id: String,
    /// What it is called, in the language of the answer.
    pub label: String,
}

/// `POST /session/providers/{id}`: begins to sign in there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInStart {
    /// Where to go afterwards: a path of the portal.
    pub then: String,
}

/// The answer to [`SignInStart`]. A cookie binds what follows to this browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInAt {
    /// The address at the provider to go to now.
    pub location: String,
}

/// Where the customer of a session has signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedInAt {
    /// Names the provider, as the configuration does.
    pub id: String,
    /// The address at which one can sign out there too, if it has one.
    pub sign_out: Option<String>,
}

/// The answer to [`Redeem`] and [`HostToken`]. The same session is set as a cookie; a page on another origin uses `token`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionToken {
    /// For `Authorization: Bearer`.
    pub token: String,
    /// For `X-CSRF-Token` with the cookie.
    pub csrf_token: String,
    /// When both end.
    pub expires_at: Instant,
}

/// `GET /session`: the session that came with this call. 401 without one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Who; `None` for a session of one tracked request.
    pub customer: Option<Me>,
    /// The one request of a tracking session.
    pub request_id: Option<RequestId>,
    /// For `X-CSRF-Token`; `None` for a bearer.
    pub csrf_token: Option<String>,
    /// The provider that said who it is; `None` for another way of signing in.
    #[serde(default)]
    pub provider: Option<SignedInAt>,
    /// When it ends.
    pub expires_at: Instant,
    /// The server's clock, by which a client corrects its own.
    pub server_now: Instant,
}

/// `POST /track`: follows one request without an account. Both are read as people type them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// `PT-…`
    pub reference: String,
    /// The query code.
    pub query_code: String,
}

/// `POST /track/link`: trades the token of a link in an e-mail, which stands in its fragment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrackLink {
    /// What follows `t=` in the fragment.
    pub token: String,
}

/// The answer to [`Track`] and [`TrackLink`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackToken {
    /// For `Authorization: Bearer`, for this one request.
    pub token: String,
    /// When it ends.
    pub expires_at: Instant,
    /// The request.
    pub request_id: RequestId,
}

/// The customer's own profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// Names the customer.
    pub id: CustomerId,
    /// What to call them.
    pub name: Option<String>,
    /// Proven by a code, or given.
    pub email: Option<String>,
    /// Proven by a code, or given.
    pub phone: Option<String>,
    /// In which language to write to them.
    pub locale: Option<Locale>,
}

/// `PATCH /me`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MePatch {
    /// What to call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// In which language to write to them.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict"
    )]
    pub locale: Option<Locale>,
}
