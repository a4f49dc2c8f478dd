//! Who calls.

use crate::{
    clock::real_now,
    problem::ApiError,
    state::App,
    store::{
        Tx,
        records::{RequestRecord, Scope, SessionOf, SessionRecord},
    },
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_contract::{
    id::{CustomerId, RequestId},
    problem::ProblemCode,
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The cookie of a session.
pub const COOKIE: &str = "__Host-portico";
/// Takes the cookie back.
pub const COOKIE_GONE: &str = "__Host-portico=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
/// The header that goes with the cookie on unsafe methods.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Who calls the portal's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known.
    Anonymous,
    /// A customer.
    Customer(CustomerId),
    /// Somebody who gave the query code of one request.
    Tracker(RequestId),
}

impl Actor {
    /// Which requests the actor may see.
    ///
    /// # Errors
    /// 401 for nobody known.
    pub fn scope(&self) -> Result<Scope, ApiError> {
        match self {
            Self::Anonymous => Err(ApiError::new(ProblemCode::Unauthenticated)),
            Self::Customer(id) => Ok(Scope::Customer(id.clone())),
            Self::Tracker(id) => Ok(Scope::Tracker(id.clone())),
        }
    }

    /// A request that the actor may see.
    ///
    /// # Errors
    /// 401 for nobody known, 404 where there is none that they may see, and when the store fails.
    pub async fn request(
        &self,
        tx: &mut dyn Tx,
        id: &RequestId,
    ) -> Result<RequestRecord, ApiError> {
        let found = tx.request(id, &self.scope()?).await?;
        found.ok_or_else(ApiError::not_found)
    }

    /// Names the actor beside what they submitted.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Anonymous => "guest".to_owned(),
            Self::Customer(id) => format!("customer {id}"),
            Self::Tracker(id) => format!("tracker {id}"),
        }
    }
}

impl From<Option<Presented>> for Actor {
    fn from(presented: Option<Presented>) -> Self {
        match presented.map(|presented| presented.record.of) {
            None => Self::Anonymous,
            Some(SessionOf::Customer(id)) => Self::Customer(id),
            Some(SessionOf::Tracker(id)) => Self::Tracker(id),
        }
    }
}

/// The session that came with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// What is kept of it.
    pub record: SessionRecord,
    /// The token itself.
    pub token: String,
    /// It came in the cookie, not as a bearer.
    pub by_cookie: bool,
}

/// SHA-256 of a token, under which its session is kept.
#[must_use]
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The CSRF token of a session: follows from its token, so that it need not be kept.
#[must_use]
pub fn csrf_token(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("csrf {token}")))
}

/// The bearer token of a call.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The cookies of a call, by their names.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    cookies(headers).find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// Equal, in the same time wherever they differ.
#[must_use]
pub fn same_secret(given: &str, expected: &str) -> bool {
    // Of hashes, so that the length does not show either.
    token_hash(given).ct_eq(&token_hash(expected)).into()
}

impl Presented {
    /// With what found it, where that is still at hand, to go on reading with.
    async fn find(
        parts: &Parts,
        app: &App,
    ) -> Result<(Option<Self>, Option<Box<dyn Tx>>), ApiError> {
        // A header that is there and cannot be read is not the same as none.
        let (token, by_cookie) = if parts.headers.contains_key(header::AUTHORIZATION) {
            (bearer(&parts.headers).unwrap_or_default(), false)
        } else if let Some(token) = cookie(&parts.headers) {
            (token, true)
        } else {
            return Ok((None, None));
        };
        let mut tx = app.store.glance().await?;
        let now = real_now().timestamp_millis();
        let record = tx.session(&token_hash(token), now).await?;
        let record = record.ok_or_else(|| ApiError {
            cookie_ended: by_cookie,
            ..ApiError::new(ProblemCode::Unauthenticated)
        })?;
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if by_cookie && !safe {
            let text = |name: &str| {
                parts
                    .headers
                    .get(name)
                    .and_then(|v| v.to_str().ok())
                    .unwrap_or_default()
            };
            let foreign = !matches!(text("sec-fetch-site"), "" | "same-origin" | "none");
            if foreign || !same_secret(text(CSRF_HEADER), &csrf_token(token)) {
                return Err(ApiError::new(ProblemCode::Forbidden));
            }
        }
        let (mut record, mut found_by) = (record, Some(tx));
        if let Some(ends) = super::session::extended(app, &record) {
            // Whoever has the turn to write may wait for a connection to read with.
            found_by = None;
            let mut writing = app.store.write().await?;
            writing.extend_session(&record.token_hash, ends).await?;
            writing.commit().await?;
            record.expires_at_millis = ends;
        }
        let found = Self {
            record,
            token: token.to_owned(),
            by_cookie,
        };
        Ok((Some(found), found_by))
    }
}

impl FromRequestParts<App> for Presented {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (found, _) = Self::find(parts, app).await?;
        found.ok_or_else(|| ApiError::new(ProblemCode::Unauthenticated))
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (presented, _) = Presented::find(parts, app).await?;
        Ok(presented.into())
    }
}

/// Who calls, and what found them, to go on reading with.
pub struct Reading {
    /// Who calls.
    pub actor: Actor,
    /// Reads without a transaction.
    pub tx: Box<dyn Tx>,
}

impl FromRequestParts<App> for Reading {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (presented, tx) = Presented::find(parts, app).await?;
        let tx = match tx {
            Some(tx) => tx,
            None => app.store.glance().await?,
        };
        let actor = presented.into();
        Ok(Self { actor, tx })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            "a=b; __Host-portico=token; __Host-porticox=no"
                .parse()
                .unwrap(),
        );
        assert_eq!(cookie(&headers), Some("token"));
        assert_eq!(bearer(&headers), None);
        headers.insert(header::AUTHORIZATION, "bearer abc".parse().unwrap());
        assert_eq!(bearer(&headers), Some("abc"));
        assert!(same_secret("a", "a") && !same_secret("a", "ab"));
    }
}
