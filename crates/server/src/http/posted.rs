//! What a client sent: read strictly, and only when it is its turn (after authentication and authorisation).

use super::once::KEY_HEADER;
use crate::{
    problem::{ApiError, Fault, pointer},
    state::App,
};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, OriginalUri, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
};
use futures::StreamExt;
use portico_contract::problem::{FieldProblem, ProblemCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Bytes of a body: a text of the greatest length fits with every character escaped.
const BODY_LIMIT: usize = 1024 * 1024;
/// A body that is too large is still read to here, because a sender who is cut off never sees the answer.
const DISCARD_LIMIT: usize = 64 * 1024 * 1024;

/// A call with a JSON body that has yet to be understood.
#[derive(Debug)]
pub struct Posted {
    /// The call's method.
    pub method: Method,
    /// The call's path.
    pub path: String,
    /// The call's headers.
    pub headers: HeaderMap,
    body: Result<Bytes, ProblemCode>,
}

impl FromRequest<App> for Posted {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let path = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(parts.uri.path(), |uri| uri.path())
            .to_owned();
        let announced = parts
            .headers
            .get(header::CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        let body = match announced {
            Some(length) if length > DISCARD_LIMIT => Err(ProblemCode::PayloadTooLarge),
            _ => read(body).await,
        };
        Ok(Self {
            method: parts.method,
            path,
            headers: parts.headers,
            body,
        })
    }
}

async fn read(body: Body) -> Result<Bytes, ProblemCode> {
    let mut stream = body.into_data_stream();
    let (mut kept, mut seen) = (Vec::new(), 0_usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| ProblemCode::BadRequest)?;
        seen += chunk.len();
        if seen > DISCARD_LIMIT {
            break;
        }
        if seen <= BODY_LIMIT {
            kept.extend_from_slice(&chunk);
        }
    }
    if seen > BODY_LIMIT {
        Err(ProblemCode::PayloadTooLarge)
    } else {
        Ok(kept.into())
    }
}

impl Posted {
    /// What came by a form, as if it had come as JSON under a key.
    ///
    /// # Errors
    /// 500 when it cannot be written.
    pub fn of_form(path: String, key: Uuid, body: &impl Serialize) -> Result<Self, ApiError> {
        let key = HeaderValue::try_from(key.to_string()).map_err(ApiError::internal)?;
        let json = HeaderValue::from_static("application/json");
        let headers = [
            (HeaderName::from_static(KEY_HEADER), key),
            (header::CONTENT_TYPE, json),
        ];
        Ok(Self {
            method: Method::POST,
            path,
            headers: headers.into_iter().collect(),
            body: Ok(serde_json::to_vec(body).map_err(ApiError::internal)?.into()),
        })
    }

    /// The same with `{}` in place of an absent body, for what needs none.
    #[must_use]
    pub fn or_empty(mut self) -> Self {
        if self.body.as_ref().is_ok_and(Bytes::is_empty) {
            self.body = Ok(Bytes::from_static(b"{}"));
            let json = HeaderValue::from_static("application/json");
            self.headers.insert(header::CONTENT_TYPE, json);
        }
        self
    }

    /// The body.
    ///
    /// # Errors
    /// 413, 415, 400 when it is no JSON, 422 with the pointer when it is not what is asked for.
    pub fn json<T: DeserializeOwned + Serialize>(&self) -> Result<T, ApiError> {
        let bytes = self.bytes()?;
        let value: Value = serde_json::from_slice(bytes).map_err(|_| ApiError::bad_request())?;
        if let Some(place) = nul(&value, &mut Vec::new()) {
            return Err(ApiError::validation(vec![Fault::at(
                place,
                FieldProblem::Pattern,
            )]));
        }
        let deserializer = &mut serde_json::Deserializer::from_slice(bytes);
        let read: T = serde_path_to_error::deserialize(deserializer)
            .map_err(|e| ApiError::validation(vec![fault(&e)]))?;
        let written = serde_json::to_value(&read).map_err(ApiError::internal)?;
        match array_for_object(&value, &written, &mut Vec::new()) {
            Some(place) => Err(ApiError::validation(vec![Fault::at(
                place,
                FieldProblem::WrongType,
            )])),
            None => Ok(read),
        }
    }

    fn bytes(&self) -> Result<&[u8], ApiError> {
        let bytes = self.body.as_ref().map_err(|code| ApiError::new(*code))?;
        if bytes.is_empty() {
            return Err(ApiError::bad_request());
        }
        let media = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let media = media
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if media != "application/json" {
            return Err(ApiError::new(ProblemCode::UnsupportedMedia));
        }
        Ok(bytes)
    }

    /// SHA-256 of method, path and body; two bodies that are the same JSON are the same.
    ///
    /// # Errors
    /// As [`Posted::json`].
    pub fn fingerprint(&self) -> Result<[u8; 32], ApiError> {
        let value: Value =
            serde_json::from_slice(self.bytes()?).map_err(|_| ApiError::bad_request())?;
        let canonical = serde_jcs::to_vec(&value).map_err(|_| ApiError::bad_request())?;
        let mut hash = Sha256::new();
        for part in [
            self.method.as_str().as_bytes(),
            self.path.as_bytes(),
            &canonical,
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Ok(hash.finalize().into())
    }
}

/// Where a text has a NUL, which no text needs and some software cuts at.
fn nul(value: &Value, path: &mut Vec<String>) -> Option<String> {
    let found = match value {
        Value::String(text) => text.contains('\0'),
        Value::Object(map) => map.keys().any(|name| name.contains('\0')),
        _ => false,
    };
    if found {
        Some(place(path))
    } else {
        inside(value, path, |_, part, path| nul(part, path))
    }
}

/// Where an array was read as an object, its items as members in their order: JSON knows no such thing.
fn array_for_object(sent: &Value, read: &Value, path: &mut Vec<String>) -> Option<String> {
    if sent.is_array() && read.is_object() {
        return Some(place(path));
    }
    inside(sent, path, |name, part, path| {
        let same = match read {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            other => other.get(name),
        };
        array_for_object(part, same?, path)
    })
}

/// The first thing found in a part of a value, with its name.
fn inside(
    value: &Value,
    path: &mut Vec<String>,
    mut look: impl FnMut(&str, &Value, &mut Vec<String>) -> Option<String>,
) -> Option<String> {
    let parts: Vec<(String, &Value)> = match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, item)| (i.to_string(), item))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, item)| (name.clone(), item))
            .collect(),
        _ => return None,
    };
    parts.into_iter().find_map(|(name, part)| {
        path.push(name.clone());
        let found = look(&name, part, path);
        path.pop();
        found
    })
}

fn place(path: &[String]) -> String {
    pointer(&path.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What serde says, as a pointer and a code. It names the member that is missing or unknown only in its words.
fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let mut parts: Vec<String> = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => Some(index.to_string()),
            serde_path_to_error::Segment::Map { key } => Some(key.clone()),
            serde_path_to_error::Segment::Enum { variant } => Some(variant.clone()),
            serde_path_to_error::Segment::Unknown => None,
        })
        .collect();
    let words = error.inner().to_string();
    let named = |prefix: &str| Some(words.strip_prefix(prefix)?.split('`').next()?.to_owned());
    let (member, problem) = if let Some(name) = named("missing field `") {
        (Some(name), FieldProblem::Required)
    } else if let Some(name) = named("unknown field `") {
        (Some(name), FieldProblem::UnknownField)
    } else if let Some(name) = named("duplicate field `") {
        (Some(name), FieldProblem::WrongType)
    } else {
        (None, FieldProblem::WrongType)
    };
    if let Some(name) = member
        && parts.last() != Some(&name)
    {
        parts.push(name);
    }
    Fault::at(
        pointer(&parts.iter().map(String::as_str).collect::<Vec<_>>()),
        problem,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_contract::submission::NewRequest;

    fn posted(body: &str) -> Posted {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".parse().unwrap(),
        );
        Posted {
            method: Method::POST,
            path: "/x".to_owned(),
            headers,
            body: Ok(body.to_owned().into()),
        }
    }

    fn refusal(body: &str) -> (ProblemCode, String, Option<FieldProblem>) {
        let error = posted(body).json::<NewRequest>().unwrap_err();
        let first = error.fields.first();
        (
            error.code,
            first.map(|f| f.pointer.clone()).unwrap_or_default(),
            first.map(|f| f.problem),
        )
    }

    #[test]
    fn what_is_wrong_is_named_where_it_is() {
        use FieldProblem as P;
        let zero = r#"{"type_id":"t","subject":"s","body":{"format":"text","value":"v\u0000"}}"#;
        let good = r#""type_id":"t","subject":"s","body":{"format":"text","value":"v"}"#;
        for (body, place, problem) in [
            (r#"{"type_id":"t"}"#.to_owned(), "/subject", P::Required),
            (
                format!("{{{good},\"colour\":1}}"),
                "/colour",
                P::UnknownField,
            ),
            (
                format!("{{{good},\"contact\":{{\"mail\":\"x\"}}}}"),
                "/contact/mail",
                P::UnknownField,
            ),
            (
                format!("{{{good},\"urgency\":\"now\"}}"),
                "/urgency",
                P::WrongType,
            ),
            (
                format!("{{{good},\"fields\":{{\"a/b\":{{}}}}}}"),
                "/fields/a~1b",
                P::WrongType,
            ),
            (
                format!("{{{good},\"attachment_ids\":[1]}}"),
                "/attachment_ids/0",
                P::WrongType,
            ),
            (zero.to_owned(), "/body/value", P::Pattern),
            (
                format!("{{{good},\"contact\":[\"A\",\"a@example.com\"]}}"),
                "/contact",
                P::WrongType,
            ),
            (
                "[\"t\",\"s\",[\"text\",\"v\"]]".to_owned(),
                "",
                P::WrongType,
            ),
            (
                format!("{{{good},\"subject\":\"twice\"}}"),
                "/subject",
                P::WrongType,
            ),
        ] {
            let (code, at, what) = refusal(&body);
            assert_eq!(code, ProblemCode::Validation, "{body}");
            assert_eq!((at.as_str(), what), (place, Some(problem)), "{body}");
        }
        assert_eq!(refusal("{").0, ProblemCode::BadRequest);
        assert_eq!(refusal("[]").0, ProblemCode::Validation);
    }

    #[test]
    fn the_same_json_is_the_same_submission() {
        let one = posted(r#"{"a":1,"b":"\u00e9"}"#).fingerprint().unwrap();
        assert_eq!(
            one,
            posted("{ \"b\": \"é\", \"a\": 1 }").fingerprint().unwrap()
        );
        assert_ne!(one, posted(r#"{"a":2,"b":"é"}"#).fingerprint().unwrap());
    }

    #[test]
    fn another_media_type_is_refused() {
        let mut posted = posted("{}");
        posted
            .headers
            .insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
        assert_eq!(
            posted.json::<Value>().unwrap_err().code,
            ProblemCode::UnsupportedMedia
        );
    }
}
