//! What surrounds every call of an API: its language, its trace id, and errors in words.

use crate::{
    problem::{ApiError, Unworded},
    state::App,
    telemetry,
};
use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::Response,
};
use portico_contract::{locale::Locale, problem::ProblemCode};
use std::{convert::Infallible, time::Instant};
use tracing::Instrument;

/// The language of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lang(pub Locale);

impl FromRequestParts<App> for Lang {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(locale_of(&parts.headers, app)))
    }
}

fn locale_of(headers: &HeaderMap, app: &App) -> Locale {
    app.settings.locale(
        headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok()),
    )
}

/// Names one call in the log and in its error.
#[must_use]
pub fn trace_id() -> String {
    crate::keys::random::<8>()
        .map(hex::encode)
        .unwrap_or_default()
}

/// Gives the call a trace id and its answer a language, and words its error.
pub async fn context(State(app): State<App>, request: Request, next: Next) -> Response {
    let locale = locale_of(request.headers(), &app);
    let trace_id = trace_id();
    let span = tracing::info_span!("call", trace_id);
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(error) = error_of(&mut response) {
        if let Some(source) = &error.source {
            span.in_scope(|| tracing::error!(source, "the call failed"));
        }
        let mut worded = error.render(&app.company().catalogue, locale, &trace_id);
        // What the handler had to say beside the error, such as `Allow`, stays.
        for (name, value) in response.headers() {
            if ![
                header::CONTENT_TYPE,
                header::CONTENT_LENGTH,
                header::RETRY_AFTER,
            ]
            .contains(name)
            {
                worded.headers_mut().append(name, value.clone());
            }
        }
        response = worded;
    }
    let headers = response.headers_mut();
    headers
        .entry(header::CONTENT_LANGUAGE)
        .or_insert(HeaderValue::from_static(locale.as_str()));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    telemetry::answered(
        &method,
        route.as_ref().map(MatchedPath::as_str),
        response.status(),
        began,
        &trace_id,
    );
    response
}

/// The error that an answer is, whether ours or one that the framework made of a status alone.
fn error_of(response: &mut Response) -> Option<std::sync::Arc<ApiError>> {
    if let Some(Unworded(error)) = response.extensions_mut().remove() {
        return Some(error);
    }
    let code = match response.status() {
        status if !status.is_client_error() && !status.is_server_error() => return None,
        StatusCode::NOT_FOUND => ProblemCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemCode::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemCode::UnsupportedMedia,
        status if status.is_client_error() => ProblemCode::BadRequest,
        _ => ProblemCode::Internal,
    };
    Some(std::sync::Arc::new(ApiError::new(code)))
}
