//! The portal's files: built into a release binary, read from the disk by a debug one.

use super::context;
use crate::{problem::ApiError, state::App, telemetry};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    response::{IntoResponse, Response},
};
use portico_contract::problem::ProblemCode;
use rust_embed::{Embed, EmbeddedFile};
use std::time::Instant;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../target/site"]
#[allow_missing = true]
struct Site;

/// The folder of what other sites load: `1/` moves, that of a whole version never changes.
const EMBED: &str = "embed/";
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// The page that shows the portal in a page, for engineers, and what it may do: it alone frames the portal.
const DEMO: &str = "embed/1/demo.html";
const DEMO_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; \
    frame-ancestors 'none'; form-action 'none'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'";

/// The page of the portal, whatever its path.
const INDEX: &str = "index.html";

/// Answers everything that is neither API nor desk. A path without a dot is a page of the portal, which decides
/// itself whether it has it; any other must be a file.
pub async fn serve(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let began = Instant::now();
    let trace_id = context::trace_id();
    let problem = |code| {
        let locale = app.settings.locale(
            headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok()),
        );
        ApiError::new(code).render(&app.company().catalogue, locale, &trace_id)
    };
    let path = uri.path().trim_start_matches('/');
    let response = if method != Method::GET && method != Method::HEAD {
        let allow = (header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        ([allow], problem(ProblemCode::MethodNotAllowed)).into_response()
    } else if path.starts_with("portal/") || path.starts_with("desk/") {
        problem(ProblemCode::NotFound)
    } else {
        let name = match path {
            "embed/demo" => DEMO,
            path if path.contains('.') => path,
            _ => INDEX,
        };
        let mut answer = file(name, &headers).unwrap_or_else(|| problem(ProblemCode::NotFound));
        if name == DEMO {
            let policy = HeaderValue::from_static(DEMO_POLICY);
            answer
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        answer
    };
    telemetry::answered(&method, Some("site"), response.status(), began, &trace_id);
    response
}

/// The portal's own messages in English, by their keys; `None` where there is no site.
#[must_use]
pub fn messages() -> Option<serde_json::Map<String, serde_json::Value>> {
    let name =
        Site::iter().find(|name| name.starts_with("messages/en-") && name.ends_with(".json"))?;
    serde_json::from_slice(&Site::get(&name)?.data).ok()
}

fn file(name: &str, asked: &HeaderMap) -> Option<Response> {
    // The compressed ones are representations of their file, no files of their own.
    let plain = Site::get(name).filter(|_| !name.ends_with(".br") && !name.ends_with(".gz"))?;
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(name)),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(cache_control(name)),
    );
    if name.starts_with(EMBED) {
        // Anybody's page may load it, with its hash checked; whom the portal lets frame it is another matter.
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    let etag = etag(&plain);
    let unchanged = etag.as_ref().is_some_and(|tag| is_unchanged(tag, asked));
    if let Some(tag) = etag {
        headers.insert(header::ETAG, tag);
    }
    if is_compressible(name) {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if unchanged {
        return Some((axum::http::StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let compressed = accepted(asked)
        .find_map(|(coding, ending)| Some((coding, Site::get(&format!("{name}.{ending}"))?)));
    let data = match compressed {
        Some((coding, file)) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            file.data
        }
        None => plain.data,
    };
    let body = match data {
        std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
        std::borrow::Cow::Owned(bytes) => Body::from(bytes),
    };
    Some((headers, body).into_response())
}

/// Weak, because the same file travels in several codings.
fn etag(file: &EmbeddedFile) -> Option<HeaderValue> {
    let hash: String = file.metadata.sha256_hash()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    HeaderValue::try_from(format!("W/\"{hash}\"")).ok()
}

fn is_unchanged(etag: &HeaderValue, asked: &HeaderMap) -> bool {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || Some(tag.trim()) == etag.to_str().ok())
}

/// The codings that the client takes, the smallest first, with the ending of their files.
fn accepted(asked: &HeaderMap) -> impl Iterator<Item = (&'static str, &'static str)> {
    let listed: Vec<String> = asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter(|item| !item.replace(' ', "").ends_with(";q=0"))
        .filter_map(|item| Some(item.split(';').next()?.trim().to_ascii_lowercase()))
        .collect();
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(move |(coding, _)| listed.iter().any(|item| item == coding))
}

/// A name with the hash of its bytes (`app-0123456789abcdef.css`) or a whole version (`embed/1.4.2/portico.js`) stands
/// for them for ever; any other may mean other bytes tomorrow.
fn cache_control(name: &str) -> &'static str {
    if let Some((version, _)) = name
        .strip_prefix(EMBED)
        .and_then(|rest| rest.split_once('/'))
    {
        return match version.contains('.') {
            true => "public, max-age=31536000, immutable",
            false => "public, max-age=600",
        };
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hashed = stem
        .rsplit_once('-')
        .is_some_and(|(_, hash)| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    if hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

fn is_compressible(name: &str) -> bool {
    !matches!(
        name.rsplit_once('.'),
        Some((_, "png" | "jpg" | "webp" | "ico" | "woff2"))
    )
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "ts" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hashed_name_or_a_version_is_cached_for_ever() {
        assert!(cache_control("embed/1.4.2/portico.js").contains("immutable"));
        assert_eq!(cache_control("embed/1/portico.js"), "public, max-age=600");
        assert_eq!(cache_control("embed/manifest.json"), "no-cache");
        assert!(cache_control("app-0123456789abcdef.css").contains("immutable"));
        assert!(cache_control("survey-zh-Hans-0123456789abcdef.json").contains("immutable"));
        for name in [
            "index.html",
            "portico.json",
            "zh-Hans.json",
            "app-012345.css",
        ] {
            assert_eq!(cache_control(name), "no-cache", "{name}");
        }
    }

    #[test]
    fn codings_are_taken_from_what_the_client_says() {
        let codings = |value: &'static str| {
            let mut asked = HeaderMap::new();
            asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            accepted(&asked)
                .map(|(coding, _)| coding)
                .collect::<Vec<_>>()
        };
        assert_eq!(codings("gzip, deflate, br, zstd"), ["br", "gzip"]);
        assert_eq!(codings("gzip;q=0.8"), ["gzip"]);
        assert_eq!(codings("br; q=0, gzip"), ["gzip"]);
        assert!(codings("identity").is_empty());
    }
}
