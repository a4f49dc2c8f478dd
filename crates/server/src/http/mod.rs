//! The API over HTTP.

pub mod actions;
pub mod actor;
pub mod announcements;
pub mod attachments;
pub mod callbacks;
pub mod config;
pub mod context;
pub mod cursor;
pub mod desk;
pub mod drafts;
pub mod etag;
pub mod events;
pub mod headers;
pub mod hooks;
pub mod me;
pub mod messages;
pub mod oidc;
pub mod once;
pub mod openapi;
pub mod posted;
pub mod promises;
pub mod request_types;
pub mod requests;
pub mod session;
pub mod site;
pub mod submissions;
pub mod submit;
pub mod survey_desk;
pub mod survey_form;
pub mod surveys;
pub mod timeline;
pub mod track;

use crate::{problem::ApiError, state::App};
use axum::{
    Router, middleware,
    response::Response,
    routing::{get, post, put},
};
use portico_contract::BASE_PATH;
use std::sync::Arc;
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
        .route("/requests/{id}/promises/{key}/days", get(promises::days))
        .route("/promises", get(promises::standards))
        .route("/promises/preview", post(promises::preview))
        .route("/callbacks", post(callbacks::ask))
        .route("/callbacks/closed-days", get(callbacks::closed_days))
        .route("/announcements", get(announcements::current))
        .route("/surveys/{token}", get(surveys::one))
        .route("/surveys/{token}/draft", put(surveys::draft))
        .route("/surveys/{token}/response", post(surveys::respond))
        .route("/requests/{id}/survey-link", post(surveys::link))
        .route("/requests/{id}/measures", get(surveys::measures_of))
        .route("/measures", get(surveys::measures))
        .route("/submissions/{key}", get(submissions::one))
        .route("/track", post(track::by_code))
        .route("/track/link", post(track::by_link))
        .route("/session", get(session::session).delete(session::sign_out))
        .route("/session/code", post(session::request_code))
        .route("/session/redeem", post(session::redeem))
        .route("/session/host-token", post(session::by_host_token))
        .route("/session/providers/{id}", post(oidc::begin))
        .route(
            "/drafts/{key}",
            get(drafts::one).put(drafts::keep).delete(drafts::forget),
        )
        .route("/me", get(me::me).patch(me::change))
        .route("/events", get(events::events))
        .route("/changes", get(events::changes))
        .route("/openapi.json", get(openapi::served))
        .merge(attachments::routes());
    let settings = &app.settings;
    let https = app.public_url.starts_with("https://");
    let policy = Arc::new(headers::Policy::new(
        &settings.frame_ancestors,
        &settings.allowed_origins,
        https,
    ));
    Router::new()
        .nest(BASE_PATH, api(portal, &app))
        .nest("/desk/v1", api(desk::routes(), &app))
        .nest("/hooks", api(hooks::routes(), &app))
        .nest("/oidc", api(oidc::routes(), &app))
        .route("/healthz", get(healthz))
        .route("/words/{file}", get(config::words))
        .route("/theme.css", get(config::theme))
        .route(config::LOGO, get(config::logo))
        .merge(survey_form::routes())
        .fallback(site::serve)
        .layer(middleware::from_fn_with_state(policy, headers::set))
        .with_state(app)
}

/// What every API has around it: what is not there is a problem document too, and so is a panic.
fn api(routes: Router<App>, app: &App) -> Router<App> {
    routes
        .fallback(async || ApiError::not_found())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            context::context,
        ))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    // The panic itself was written by the hook; what it says may hold what somebody typed.
    axum::response::IntoResponse::into_response(ApiError::internal("a handler panicked"))
}

/// Answers while the database can be read.
async fn healthz(
    axum::extract::State(app): axum::extract::State<App>,
) -> Result<&'static str, axum::http::StatusCode> {
    let reached = async { app.store.read().await?.meta("health").await };
    reached
        .await
        .map(|_| "ok\n")
        .map_err(|_| axum::http::StatusCode::SERVICE_UNAVAILABLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::Catalogue, problem::Unworded};
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use portico_contract::locale::Locale;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_panic_is_answered_with_a_problem_that_does_not_say_what_it_said() {
        let broken = get(async || -> &'static str { panic!("what somebody typed") });
        let service = Router::new()
            .route("/", broken)
            .layer(CatchPanicLayer::custom(panicked));
        let call = Request::new(Body::empty());
        let mut answered = service.oneshot(call).await.unwrap();
        let Unworded(error) = answered.extensions_mut().remove().unwrap();
        let catalogue = Catalogue::load(None, None).unwrap();
        let answer = error.render(&catalogue, Locale::En, "trace");
        assert_eq!(answer.status(), 500);
        assert_eq!(
            answer.headers()[axum::http::header::CONTENT_TYPE],
            "application/problem+json"
        );
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(
            body.contains("\"internal\"") && !body.contains("typed"),
            "{body}"
        );
    }
}
