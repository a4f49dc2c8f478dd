//! Headers that stand on every answer: browser policies, and the rules for pages of other origins.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// What a page of another origin may read of an answer.
const EXPOSED: &str = "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, \
    Content-Language, Content-Disposition, Upload-Offset, Upload-Length, Upload-Expires, Tus-Resumable";

/// What a page of another origin may send.
const ALLOWED: &str = "Accept, Accept-Language, Authorization, Cache-Control, Content-Language, Content-Type, \
    Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Tus-Resumable, Upload-Length, Upload-Metadata, \
    Upload-Offset, X-Client-Version, X-HTTP-Method-Override";

/// What a page of another origin may do.
const METHODS: &str = "GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS";

/// The headers of every answer, made once at start.
#[derive(Debug)]
pub struct Policy {
    fixed: HeaderMap,
    /// Exact origins, such as `https://www.example.com`.
    origins: Vec<HeaderValue>,
}

impl Policy {
    /// `frame_ancestors` are exact origins that may show the portal in a frame; none is nobody. `origins` may call
    /// the API. `https` says that the portal is reached by https alone.
    pub fn new(frame_ancestors: &[String], origins: &[String], https: bool) -> Self {
        let ancestors = if frame_ancestors.is_empty() {
            "'none'".to_owned()
        } else {
            frame_ancestors.join(" ")
        };
        let csp = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors {ancestors}; \
             form-action 'self'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; \
             trusted-types 'none'"
        );
        let mut fixed = HeaderMap::new();
        // Settings are checked at start to be origins, so only a header that could not be sent is left out.
        if let Ok(csp) = HeaderValue::try_from(csp) {
            fixed.insert(header::CONTENT_SECURITY_POLICY, csp);
        }
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=(), \
                 browsing-topics=()",
            ),
        ] {
            fixed.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        if https {
            fixed.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=63072000; includeSubDomains"),
            );
        }
        let origins = origins
            .iter()
            .filter_map(|origin| HeaderValue::try_from(origin).ok())
            .collect();
        Self { fixed, origins }
    }

    /// Whether a page of this origin may call the API.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.contains(origin)
    }
}

/// Sets what an answer does not say itself. Outermost, so that no error leaves without it.
pub async fn set(State(policy): State<Arc<Policy>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let api =
        request.uri().path().starts_with("/portal/") || request.uri().path().starts_with("/desk/");
    let mut response = if preflight && api {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in &policy.fixed {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if api {
        cross_origin(&policy, origin, preflight, headers);
    }
    merge_vary(headers);
    response
}

/// CORS without credentials: a page of another origin holds a bearer token, never the cookie.
fn cross_origin(
    policy: &Policy,
    origin: Option<HeaderValue>,
    preflight: bool,
    headers: &mut HeaderMap,
) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let Some(origin) = origin.filter(|origin| policy.allows(origin)) else {
        return;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED),
    );
    if preflight {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED),
            (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// One `Vary` in place of several, which some caches read no further than the first of.
fn merge_vary(headers: &mut HeaderMap) {
    let all: Vec<&str> = headers
        .get_all(header::VARY)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    if all.len() > 1
        && let Ok(merged) = HeaderValue::try_from(all.join(", "))
    {
        headers.insert(header::VARY, merged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(policy: &Policy, origin: Option<&'static str>, preflight: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        cross_origin(
            policy,
            origin.map(HeaderValue::from_static),
            preflight,
            &mut headers,
        );
        headers
    }

    #[test]
    fn only_a_listed_origin_is_allowed_and_never_with_credentials() {
        let policy = Policy::new(&[], &["https://www.example.com".to_owned()], true);
        let headers = after(&policy, Some("https://www.example.com"), true);
        assert_eq!(
            headers["access-control-allow-origin"],
            "https://www.example.com"
        );
        assert!(headers.contains_key("access-control-allow-methods"));
        assert!(!headers.contains_key("access-control-allow-credentials"));
        for origin in [
            None,
            Some("https://www.example.com.evil.com"),
            Some("null"),
            Some("http://www.example.com"),
        ] {
            let headers = after(&policy, origin, true);
            assert!(
                !headers.contains_key("access-control-allow-origin"),
                "{origin:?}"
            );
            assert_eq!(headers["vary"], "origin");
        }
    }

    #[test]
    fn the_policy_names_who_may_frame_the_portal() {
        let csp = |ancestors: &[String]| {
            let policy = Policy::new(ancestors, &[], false);
            assert!(!policy.fixed.contains_key("strict-transport-security"));
            policy.fixed["content-security-policy"]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert!(csp(&[]).contains("frame-ancestors 'none';"));
        assert!(
            csp(&[
                "https://a.example".to_owned(),
                "https://b.example".to_owned()
            ])
            .contains("frame-ancestors https://a.example https://b.example;")
        );
    }
}
