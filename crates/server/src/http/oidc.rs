//! Signing in at a provider of OpenID Connect: the way there, and the way back.

use super::{
    actor::token_hash,
    context::Lang,
    posted::Posted,
    session::{self, Elsewhere},
};
use crate::{
    jwt,
    limits::{self, Client, Rule},
    oidc::{Attempt, Provider, Refused, is_local, text, verified},
    problem::{ApiError, Fault},
    state::App,
    store::records::SessionOf,
};
use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use portico_contract::{
    locale::Locale,
    problem::{FieldProblem, ProblemCode},
    session::{SignInAt, SignInStart},
};
use std::borrow::Cow;
use subtle::ConstantTimeEq;

/// The cookies of attempts; each has a name of its own, so that two tabs do not take it from each other.
const COOKIE: &str = "__Host-portico-oidc-";
/// What takes one back.
const GONE: &str = "Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
/// The portal's page that says why somebody was not signed in.
const SIGN_IN: &str = "/sign-in?";
/// Bytes of a parameter of an answer.
const PARAMETER_MAX: usize = 4 * 1024;

/// Where providers send browsers back to.
pub fn routes() -> Router<App> {
    Router::new().route("/{id}/callback", get(callback))
}

/// Begins: answers with the address to go to, and a cookie that binds what follows to this browser.
pub async fn begin(
    State(app): State<App>,
    Lang(locale): Lang,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ApiError> {
    let provider = app.providers.get(&id).ok_or_else(ApiError::not_found)?;
    let asked: SignInStart = posted.json()?;
    if !is_local(&asked.then) {
        let fault = Fault::at("/then", FieldProblem::Pattern);
        return Err(ApiError::validation(vec![fault]));
    }
    let attempt = Attempt::new(asked.then)?;
    let location = provider.begin(&attempt, &app.public_url, locale).await;
    let location = location.map_err(|refused| {
        tell(&id, refused);
        ApiError::new(ProblemCode::BackendUnavailable).retry_after(60)
    })?;
    let cookie = format!(
        "{}={}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Lax",
        name(&attempt.state(&id)),
        attempt.kept(),
        Attempt::LIFETIME
    );
    Ok(([(header::SET_COOKIE, cookie)], Json(SignInAt { location })).into_response())
}

/// The name of the cookie of the attempt with this state.
fn name(state: &str) -> String {
    format!("{COOKIE}{}", state.get(..8).unwrap_or_default())
}

/// What a provider sends back with the browser.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Answer {
    /// Reads it; a parameter that is there twice could mean either.
    fn of(query: &str) -> Result<Self, Refused> {
        let mut answer = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut answer.state,
                "code" => &mut answer.code,
                "error" => &mut answer.error,
                "iss" => &mut answer.iss,
                _ => continue,
            };
            if value.len() > PARAMETER_MAX || place.replace(Cow::into_owned(value)).is_some() {
                return Err(Refused::Answer);
            }
        }
        Ok(answer)
    }
}

/// The attempt that an answer belongs to, among those that the browser brings along.
fn attempt(headers: &HeaderMap, id: &str, state: Option<&str>) -> Result<Attempt, Refused> {
    let state = state.ok_or(Refused::Answer)?;
    let mut refused = Refused::NoAttempt;
    for (_, kept) in super::actor::cookies(headers).filter(|(name, _)| name.starts_with(COOKIE)) {
        refused = Refused::State;
        let attempt = Attempt::of(kept);
        let is_it = |a: &Attempt| a.state(id).as_bytes().ct_eq(state.as_bytes()).into();
        if let Some(attempt) = attempt.filter(is_it) {
            return Ok(attempt);
        }
    }
    Err(refused)
}

/// Takes the browser back, signed in or with a word about why not.
async fn callback(
    State(app): State<App>,
    Lang(locale): Lang,
    client: Client,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answer = Answer::of(query.as_deref().unwrap_or_default());
    let state = answer.as_ref().ok().and_then(|a| a.state.clone());
    let attempt = attempt(&headers, &id, state.as_deref());
    let gone = attempt
        .is_ok()
        .then(|| state.as_deref().map(name))
        .flatten();
    let then = attempt
        .as_ref()
        .map_or("/", |attempt| attempt.then.as_str())
        .to_owned();
    let done = async {
        let provider = app.providers.get(&id).ok_or(Refused::UnknownProvider)?;
        finish(&app, locale, &client, provider, &id, answer?, attempt?).await
    };
    let mut answered = match done.await {
        Ok(cookie) => {
            let mut answered = see(&then);
            answered.headers_mut().append(header::SET_COOKIE, cookie);
            answered
        }
        Err(refused) => {
            tell(&id, refused);
            let mut page =
                form_urlencoded::Serializer::for_suffix(SIGN_IN.to_owned(), SIGN_IN.len());
            page.extend_pairs((then != "/").then_some(("then", &then)))
                .append_pair("trouble", refused.trouble().as_str());
            see(&page.finish())
        }
    };
    if let Some(gone) = gone.and_then(|name| HeaderValue::try_from(format!("{name}=; {GONE}")).ok())
    {
        answered.headers_mut().append(header::SET_COOKIE, gone);
    }
    answered
}

fn see(path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(path) => (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
        Err(_) => ApiError::internal("a path that is no header").into_response(),
    }
}

/// Writes down why somebody was not signed in.
fn tell(id: &str, refused: Refused) {
    let reason = refused.as_str();
    // What the address says is no name of a provider of ours until it was found among them.
    let provider = match refused {
        Refused::UnknownProvider => "",
        _ => id,
    };
    match refused {
        Refused::Denied => tracing::info!(provider, reason, "a customer turned back at a provider"),
        _ => tracing::warn!(provider, reason, "signing in at a provider was refused"),
    }
}

/// Makes a session of an answer: the cookie to set.
async fn finish(
    app: &App,
    locale: Locale,
    client: &Client,
    provider: &Provider,
    id: &str,
    answer: Answer,
    attempt: Attempt,
) -> Result<HeaderValue, Refused> {
    if attempt.is_over() {
        return Err(Refused::TooLate);
    }
    // Counted before the provider is asked anything, and taken back where nothing was wrong.
    let mut tx = app.store.write().await.map_err(failed)?;
    let counted = limits::count(app, &mut *tx, Rule::WrongSignInCodes, client.as_str()).await;
    let counted = counted.map_err(|error| match error.code {
        ProblemCode::RateLimited => Refused::TooOften,
        _ => failed(error),
    })?;
    let hash = token_hash(&attempt.state(id));
    let first = tx
        .use_token(&hash, attempt.forgotten_at())
        .await
        .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    if !first {
        return Err(Refused::Replayed);
    }
    provider.check_answer(answer.iss.as_deref()).await?;
    let signed_in = match (answer.error, answer.code) {
        (None, Some(code)) => provider.redeem(&attempt, &app.public_url, &code).await,
        (Some(error), None) => Err(match error.as_str() {
            "access_denied" => Refused::Denied,
            "server_error" | "temporarily_unavailable" => Refused::Unreachable,
            _ => Refused::ProviderError,
        }),
        _ => Err(Refused::Answer),
    };
    if let Err(Refused::Denied | Refused::Unreachable) = signed_in {
        let mut tx = app.store.write().await.map_err(failed)?;
        counted.take_back(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
    }
    let signed_in = signed_in?;

    let issuer = provider.issuer();
    let mut tx = app.store.read().await.map_err(failed)?;
    let known = tx
        .customer_of_subject(issuer, &signed_in.subject)
        .await
        .map_err(failed)?;
    drop(tx);
    let mut claims = signed_in.claims.clone();
    if known.is_none()
        && verified(&claims, "email", "email_verified").is_none()
        && let Some(further) = provider.userinfo(&signed_in).await?
    {
        claims = further;
    }
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let who = Elsewhere {
        issuer: issuer.to_owned(),
        subject: signed_in.subject,
        email: owned(verified(&claims, "email", "email_verified")),
        phone: owned(verified(&claims, "phone_number", "phone_number_verified")),
        name: owned(text(&claims, "name")),
        locale: owned(text(&claims, "locale")),
    };
    let mut tx = app.store.write().await.map_err(failed)?;
    let customer = session::customer_elsewhere(app, &mut *tx, who, locale).await;
    let customer = customer.map_err(failed)?.ok_or(jwt::Refused::NoAddress)?;
    let of = SessionOf::Customer(customer);
    let opened = session::open(app, &mut *tx, of, Some(id.to_owned())).await;
    let (token, _) = opened.map_err(failed)?;
    counted.take_back(&mut *tx).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    HeaderValue::try_from(session::cookie(app, &token)).map_err(|_| Refused::Internal)
}

/// A fault of ours, written down.
fn failed(error: impl Into<ApiError>) -> Refused {
    let ApiError { code, source, .. } = error.into();
    tracing::error!(%code, source, "signing in at a provider failed");
    Refused::Internal
}
