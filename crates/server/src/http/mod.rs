//! The API over HTTP.

pub mod actions;
pub mod actor;
pub mod config;
pub mod context;
pub mod cursor;
pub mod desk;
pub mod etag;
pub mod messages;
pub mod once;
pub mod posted;
pub mod request_types;
pub mod requests;
pub mod submissions;
pub mod submit;
pub mod timeline;

use crate::{problem::ApiError, state::App};
use axum::{Router, middleware, response::Response, routing::{get, post}};
use portico_contract::BASE_PATH;
use tower_http::catch_panic::CatchPanicLayer;

/// The whole server.
pub fn router(app: App) -> Router {
    let portal = Router::new()
        .route("/config", get(config::config))
        .route("/request-types", get(request_types::list))
        .route("/request-types/{id}", get(request_types::one))
        .route("/requests", get(requests::list).post(submit::submit))
        .route("/requests/{id}", get(requests::one))
        .route("/requests/{id}/timeline", get(timeline::timeline))
        .route("/requests/{id}/messages", post(messages::post))
        .route("/requests/{id}/actions/{name}", post(actions::act))
        .route("/requests/{id}/seen", post(timeline::seen))
        .route("/submissions/{key}", get(submissions::one));
    Router::new()
        .nest(BASE_PATH, api(portal, &app))
        .nest("/desk/v1", api(desk::routes(), &app))
        .route("/healthz", get(healthz))
        .with_state(app)
}

/// What every API has around it: what is not there is a problem document too, and so is a panic.
fn api(routes: Router<App>, app: &App) -> Router<App> {
    routes
        .fallback(async || ApiError::not_found())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), context::context))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    // The panic itself was written by the hook; what it says may hold what somebody typed.
    axum::response::IntoResponse::into_response(ApiError::internal("a handler panicked"))
}

/// Answers while the database can be read.
async fn healthz(axum::extract::State(app): axum::extract::State<App>) -> Result<&'static str, axum::http::StatusCode> {
    let reached = async { app.store.read().await?.meta("health").await };
    reached.await.map(|_| "ok\n").map_err(|_| axum::http::StatusCode::SERVICE_UNAVAILABLE)
}
