//! Versions of a request: the ETag of what is shown, and preconditions.

use crate::{problem::ApiError, store::records::RequestRecord};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use portico_contract::problem::ProblemCode;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A strong ETag: the version of the request, by which preconditions are judged, and a hash of what is shown, which
/// differs by language and by what was read.
///
/// # Errors
/// 500 when it cannot be computed.
pub fn etag(record: &RequestRecord, shown: &impl Serialize) -> Result<String, ApiError> {
    let json = serde_json::to_vec(shown).map_err(ApiError::internal)?;
    Ok(tag(record, &json))
}

fn tag(record: &RequestRecord, json: &[u8]) -> String {
    let hash = Sha256::digest(json);
    format!("\"{}-{}\"", record.version, hex::encode(&hash[..8]))
}

/// A request as it is shown, with its ETag; 304 to who has it.
///
/// # Errors
/// 500 when it is no JSON.
pub fn answer(
    headers: &HeaderMap,
    record: &RequestRecord,
    shown: &impl Serialize,
) -> Result<Response, ApiError> {
    // As long as most are: it does not grow bit by bit.
    let mut json = Vec::with_capacity(4 * 1024);
    serde_json::to_writer(&mut json, shown).map_err(ApiError::internal)?;
    let etag = tag(record, &json);
    if is_known(headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let json_type = HeaderValue::from_static("application/json");
    Ok((
        [(header::ETAG, etag)],
        [(header::CONTENT_TYPE, json_type)],
        json,
    )
        .into_response())
}

fn tags<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Checks `If-Match`: it must name the request's version, in whatever language it was read.
///
/// # Errors
/// 412 when the request has changed since.
pub fn precondition(headers: &HeaderMap, record: &RequestRecord) -> Result<(), ApiError> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(());
    }
    let version = record.version.to_string();
    let names_it = |tag: &str| {
        tag == "*"
            || tag
                .strip_prefix('"')
                .and_then(|tag| tag.split_once('-'))
                .is_some_and(|(v, _)| v == version)
    };
    if tags(headers, &header::IF_MATCH).any(names_it) {
        Ok(())
    } else {
        Err(ApiError::new(ProblemCode::Stale))
    }
}

/// Whether the reader has this very representation already.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    tags(headers, &header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::StepPlan, life::tests::fresh};

    #[test]
    fn a_precondition_is_about_the_version_alone() {
        let record = fresh(StepPlan::Four);
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, value.parse().unwrap());
            precondition(&headers, &record).is_ok()
        };
        assert!(precondition(&HeaderMap::new(), &record).is_ok());
        for good in ["\"1-ab\"", "*", "\"0-ab\", \"1-cd\""] {
            assert!(with(good), "{good}");
        }
        for bad in ["\"2-ab\"", "W/\"1-ab\"", "1-ab", "", "\"1\""] {
            assert!(!with(bad), "{bad}");
        }
        assert_ne!(etag(&record, &"en").unwrap(), etag(&record, &"zh").unwrap());
    }
}
