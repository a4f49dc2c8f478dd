//! The one error of the server, and how it is told: `application/problem+json` in the language of the call.

use crate::{catalogue::Catalogue, http::actor::COOKIE_GONE, limits::Exceeded, store::StoreError};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use portico_contract::{
    form::{Field, FieldType},
    locale::Locale,
    problem::{FieldError, FieldProblem, Problem, ProblemCode},
    request::Refusal,
};
use std::sync::Arc;

/// Why a call was not answered as asked.
#[derive(Debug)]
pub struct ApiError {
    /// What went wrong, for programs.
    pub code: ProblemCode,
    /// The fields that are not right.
    pub fields: Vec<Fault>,
    /// Why an action is refused.
    pub reason: Option<Refusal>,
    /// Seconds after which it is worth trying again.
    pub retry_after: Option<u64>,
    /// The limit that was reached.
    pub limit: Option<Exceeded>,
    /// The cookie that came is of no use any more: the answer takes it back, so that the next call is nobody's and a
    /// page that cannot see the cookie is not refused for ever.
    pub cookie_ended: bool,
    /// For the log alone, never shown.
    pub source: Option<String>,
}

/// One field that is not right, not yet in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into the body.
    pub pointer: String,
    /// What is wrong.
    pub problem: FieldProblem,
    /// The field's label; found by the pointer where `None`.
    pub label: Option<String>,
    /// The words of whoever asked, where they gave some.
    pub said: Option<String>,
    /// Key of the words, where `field.{problem}` does not fit.
    pub words: Option<&'static str>,
    /// The limits that the words name.
    pub min: String,
    /// The limits that the words name.
    pub max: String,
}

impl Fault {
    /// A fault of a fixed member of the body.
    #[must_use]
    pub fn at(pointer: impl Into<String>, problem: FieldProblem) -> Self {
        Self {
            pointer: pointer.into(),
            problem,
            label: None,
            said: None,
            words: None,
            min: String::new(),
            max: String::new(),
        }
    }

    /// A text that has more than `max` characters.
    #[must_use]
    pub fn too_long(pointer: impl Into<String>, max: u32) -> Self {
        Self {
            max: max.to_string(),
            ..Self::at(pointer, FieldProblem::TooLong)
        }
    }

    /// The same with its own words.
    #[must_use]
    pub fn worded(self, words: &'static str) -> Self {
        Self {
            words: Some(words),
            ..self
        }
    }

    /// The same of something with a label.
    #[must_use]
    pub fn labelled(self, label: &str) -> Self {
        Self {
            label: Some(label.to_owned()),
            ..self
        }
    }

    /// A fault of a field of a form.
    #[must_use]
    pub fn of_field(field: &Field, problem: FieldProblem) -> Self {
        let several = matches!(field.field_type, FieldType::Multiselect | FieldType::File);
        let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
        Self {
            pointer: pointer(&["fields", field.id.as_str()]),
            problem,
            label: Some(field.label.clone()),
            said: None,
            words: match problem {
                FieldProblem::TooLong if several => Some("field.too_many"),
                FieldProblem::TooShort if several => Some("field.too_few"),
                _ => None,
            },
            min: number(field.min),
            max: if problem == FieldProblem::TooLong && !several {
                field
                    .max_length
                    .unwrap_or(portico_contract::submission::BODY_MAX)
                    .to_string()
            } else {
                number(field.max)
            },
        }
    }

    /// In words.
    #[must_use]
    pub fn told(&self, catalogue: &Catalogue, locale: Locale) -> FieldError {
        let key = match self.words {
            Some(key) => key.to_owned(),
            None => format!("field.{}", self.problem),
        };
        let label = self.label.clone().unwrap_or_else(|| {
            // `/body/value` is worded as the body, `/contact/email` as itself.
            let path = self.pointer.trim_start_matches('/').replace('/', ".");
            let found = [path.as_str(), path.split('.').next().unwrap_or_default()]
                .into_iter()
                .map(|name| format!("label.{name}"))
                .find(|key| catalogue.word(key, locale) != key);
            let last = path.rsplit('.').next().unwrap_or_default();
            found.map_or_else(
                || last.to_owned(),
                |key| catalogue.word(&key, locale).to_owned(),
            )
        });
        FieldError {
            pointer: self.pointer.clone(),
            code: self.problem,
            detail: self.said.clone().unwrap_or_else(|| {
                let values = [
                    ("label", label.as_str()),
                    ("min", &self.min),
                    ("max", &self.max),
                ];
                catalogue.fill(&key, locale, &values)
            }),
        }
    }
}

/// A JSON pointer (RFC 6901) from its parts.
#[must_use]
pub fn pointer(parts: &[&str]) -> String {
    parts
        .iter()
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
        .collect()
}

impl ApiError {
    /// An error without more to say.
    #[must_use]
    pub fn new(code: ProblemCode) -> Self {
        Self {
            code,
            fields: Vec::new(),
            reason: None,
            retry_after: None,
            limit: None,
            cookie_ended: false,
            source: None,
        }
    }

    /// 404, also for what belongs to somebody else.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ProblemCode::NotFound)
    }

    /// 400.
    #[must_use]
    pub fn bad_request() -> Self {
        Self::new(ProblemCode::BadRequest)
    }

    /// 422 with the fields that are not right.
    #[must_use]
    pub fn validation(fields: Vec<Fault>) -> Self {
        Self {
            fields,
            ..Self::new(ProblemCode::Validation)
        }
    }

    /// 409: the state does not allow the action.
    #[must_use]
    pub fn refused(reason: Refusal) -> Self {
        Self {
            reason: Some(reason),
            ..Self::new(ProblemCode::ActionNotAllowed)
        }
    }

    /// With `Retry-After` in seconds; at least one.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds.max(1)),
            ..self
        }
    }

    /// 500. What happened goes to the log.
    #[must_use]
    pub fn internal(source: impl std::fmt::Display) -> Self {
        Self {
            source: Some(source.to_string()),
            ..Self::new(ProblemCode::Internal)
        }
    }

    /// The problem document, with the headers that belong to it.
    #[must_use]
    pub fn render(&self, catalogue: &Catalogue, locale: Locale, trace_id: &str) -> Response {
        let code = self.code;
        let detail = match self.reason {
            Some(reason) => catalogue
                .word(&format!("refusal.{reason}"), locale)
                .to_owned(),
            None => catalogue
                .word(&format!("problem.{code}.detail"), locale)
                .to_owned(),
        };
        let problem = Problem {
            kind: format!("urn:portico:problem:{code}"),
            title: catalogue
                .word(&format!("problem.{code}.title"), locale)
                .to_owned(),
            status: code.status(),
            detail: Some(detail),
            code,
            errors: self
                .fields
                .iter()
                .map(|fault| fault.told(catalogue, locale))
                .collect(),
            trace_id: Some(trace_id.to_owned()),
            reason: self.reason,
        };
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(limit) = &self.limit {
            let Exceeded {
                policy,
                count,
                window,
                retry_after,
            } = limit;
            for (name, value) in [
                (
                    "ratelimit-policy",
                    format!("\"{policy}\";q={count};w={window}"),
                ),
                ("ratelimit", format!("\"{policy}\";r=0;t={retry_after}")),
            ] {
                headers.extend(
                    HeaderValue::try_from(value)
                        .map(|value| (HeaderName::from_static(name), value)),
                );
            }
        }
        if code == ProblemCode::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.cookie_ended {
            headers.insert(header::SET_COOKIE, HeaderValue::from_static(COOKIE_GONE));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::new(ProblemCode::BackendUnavailable).retry_after(2),
            StoreError::Taken => Self::new(ProblemCode::Conflict),
            StoreError::Failed(source) => Self::internal(source),
        }
    }
}

/// An error on its way out: the outermost layer of the API words it, because only that knows the language.
#[derive(Debug, Clone)]
pub struct Unworded(pub Arc<ApiError>);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Unworded(Arc::new(self)));
        response
    }
}
