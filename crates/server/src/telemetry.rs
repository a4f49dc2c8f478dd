//! The log: one JSON object a line on standard error. It says what happened and how it went, never to whom: no
//! address, no path with an id, no code, no token.

use axum::http::{Method, StatusCode};
use std::time::Instant;
use tracing_subscriber::EnvFilter;

/// Begins logging. `RUST_LOG` chooses what is logged.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    // What a panic says may hold what somebody typed; where it happened says enough.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
}

/// The line of a call. `route` is the pattern of its path, never the path itself, which holds ids.
pub fn answered(
    method: &Method,
    route: Option<&str>,
    status: StatusCode,
    began: Instant,
    trace_id: &str,
) {
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let route = route.unwrap_or("none");
    tracing::info!(%method, route, status = status.as_u16(), duration_ms, trace_id, "answered");
}
