//! Signing in with a code, the session, signing out.

use super::{
    actor::{COOKIE, COOKIE_GONE, Presented, csrf_token, token_hash},
    context::Lang,
    me,
    once::{Answer, Key, Once, once_as},
    posted::Posted,
};
use crate::{
    clock::real_now,
    delivery::letter::{self, Recipient},
    jwt::Refused,
    limits::{self, Client, Rule},
    problem::{ApiError, Fault},
    secret,
    state::App,
    store::{
        Tx,
        records::{Customer, SessionOf, SessionRecord},
    },
    text,
};
use axum::{
    Json,
    extract::{FromRequestParts, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    id::CustomerId,
    locale::Locale,
    problem::{FieldProblem, ProblemCode},
    session::{Channel, CodeRequest, HostToken, Redeem, Session, SessionToken},
};
use uuid::Uuid;

/// How often a code may be tried.
const TRIES: u32 = 5;

/// Who signs in is nobody yet; what they presented before does not matter and may have ended.
pub const VISITOR: &str = "guest";

/// Sends a code. The answer does not depend on whether the address is known, which is not even looked up.
pub async fn request_code(
    State(app): State<App>,
    Lang(locale): Lang,
    client: Client,
    posted: Posted,
) -> Result<Response, ApiError> {
    let asked: CodeRequest = posted.json()?;
    let to = address(&app, asked.channel, &asked.address)?;
    let turning = match once_as(&app, VISITOR, &posted, Key::Accepted).await? {
        Once::Replay(answer) => return Ok(answer),
        Once::New(turning) => turning,
    };
    // Counted before the costly hash, which a flood would otherwise be made of.
    let mut tx = app.store.write().await?;
    limits::count(&app, &mut *tx, Rule::SignInCodesPerClient, client.as_str()).await?;
    limits::count(&app, &mut *tx, Rule::SignInCodes, &to.address).await?;
    tx.commit().await?;

    let code = secret::sign_in_code()?;
    let hash = secret::password_hash(&app, code.clone()).await?;
    let ends = real_now() + TimeDelta::minutes(i64::from(app.settings.sessions.code_minutes));
    let mut tx = app.store.write().await?;
    tx.add_code(&to.address, &hash, ends.timestamp_millis())
        .await?;
    letter::sign_in(&app, &mut *tx, &to, locale, &code).await?;
    turning
        .commit(tx, Answer::empty(StatusCode::ACCEPTED), None)
        .await
}

/// Trades a code for a session.
pub async fn redeem(
    State(app): State<App>,
    Lang(locale): Lang,
    client: Client,
    posted: Posted,
) -> Result<Response, ApiError> {
    let asked: Redeem = posted.json()?;
    let to = address(&app, asked.channel, &asked.address)?;
    let turning = match once_as(&app, VISITOR, &posted, Key::Accepted).await? {
        Once::Replay(answer) => return Ok(answer),
        Once::New(turning) => turning,
    };
    // The try is counted before it is made: of a hundred at the same moment, no more than the limit are made.
    let mut tx = app.store.write().await?;
    let counted = limits::count(&app, &mut *tx, Rule::WrongSignInCodes, client.as_str()).await?;
    let codes = tx
        .live_codes(&to.address, TRIES, real_now().timestamp_millis())
        .await?;
    tx.count_try(&to.address).await?;
    tx.commit().await?;

    let typed = digits(&asked.code);
    let mut right = None;
    for code in &codes {
        if right.is_none()
            && secret::password_matches(&app, typed.clone(), Some(code.hash.clone())).await?
        {
            right = Some(code.id);
        }
    }
    if codes.is_empty() {
        secret::password_matches(&app, typed, None).await?;
    }
    let wrong = || {
        let fault = Fault::at("/code", FieldProblem::Pattern).worded("field.sign_in_code");
        ApiError::validation(vec![fault])
    };
    let right = right.ok_or_else(wrong)?;
    let mut tx = app.store.write().await?;
    if !tx.use_code(right).await? {
        return Err(wrong());
    }
    counted.take_back(&mut *tx).await?;
    let customer = customer(&app, &mut *tx, &to, locale).await?;
    let (token, expires_at) = open(&app, &mut *tx, SessionOf::Customer(customer.id), None).await?;
    let answer = SessionToken {
        csrf_token: csrf_token(&token),
        expires_at,
        token: token.clone(),
    };
    let answer =
        Answer::json(StatusCode::OK, &answer)?.with(header::SET_COOKIE, cookie(&app, &token));
    turning.commit(tx, answer, None).await
}

/// Trades a token of the company's own site for a session. It sets no cookie: a portal in a frame keeps it in memory.
pub async fn by_host_token(
    State(app): State<App>,
    Lang(locale): Lang,
    posted: Posted,
) -> Result<Response, ApiError> {
    let asked: HostToken = posted.json()?;
    let turning = match once_as(&app, VISITOR, &posted, Key::Accepted).await? {
        Once::Replay(answer) => return Ok(answer),
        Once::New(turning) => turning,
    };
    let checked = match &app.host_tokens {
        Some(host_tokens) => host_tokens.check(&asked.token).await,
        None => Err(Refused::NotConfigured),
    };
    let claims = checked.map_err(refused)?;
    let mut tx = app.store.write().await?;
    if !tx.use_token(&claims.hash(), claims.forgotten_at()).await? {
        return Err(refused(Refused::Used));
    }
    let who = Elsewhere {
        issuer: String::new(),
        subject: claims.sub,
        email: claims.email.filter(|_| claims.email_verified),
        phone: claims.phone_number.filter(|_| claims.phone_number_verified),
        name: claims.name,
        locale: claims.locale,
    };
    let customer = customer_elsewhere(&app, &mut *tx, who, locale).await?;
    let customer = customer.ok_or_else(|| refused(Refused::NoAddress))?;
    let (token, expires_at) = open(&app, &mut *tx, SessionOf::Customer(customer), None).await?;
    let answer = SessionToken {
        csrf_token: csrf_token(&token),
        expires_at,
        token,
    };
    let answer = Answer::json(StatusCode::OK, &answer)?;
    turning.commit(tx, answer, None).await
}

/// Names the reason in the log; who has sent the token is told no more than that it is not good.
fn refused(reason: Refused) -> ApiError {
    tracing::warn!(
        reason = reason.as_str(),
        "a token of the company's site was refused"
    );
    ApiError::new(ProblemCode::Unauthenticated)
}

/// A customer as somebody else knows them. Addresses are those that the other has made sure of.
pub struct Elsewhere {
    /// Who says so; the company's own site has no name.
    pub issuer: String,
    /// What they call the customer, for ever the same.
    pub subject: String,
    /// An e-mail address.
    pub email: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// What to call the customer.
    pub name: Option<String>,
    /// In which language to write, as a language tag.
    pub locale: Option<String>,
}

/// The customer who is meant: known by the other's name for them, or else by an address that the other has made sure
/// of, or else new; `None` where nothing tells who that could be.
///
/// # Errors
/// When the store fails.
pub async fn customer_elsewhere(
    app: &App,
    tx: &mut dyn Tx,
    who: Elsewhere,
    locale: Locale,
) -> Result<Option<CustomerId>, ApiError> {
    let known = tx.customer_of_subject(&who.issuer, &who.subject).await?;
    if known.is_some() {
        return Ok(known);
    }
    let email = who
        .email
        .and_then(|typed| Recipient::new(Channel::Email, &typed));
    let phone = who
        .phone
        .and_then(|typed| Recipient::new(Channel::Sms, &typed));
    let Some(to) = email.or(phone) else {
        return Ok(None);
    };
    let theirs = who.locale.as_deref().and_then(Locale::from_tag);
    let mut customer = customer(app, tx, &to, theirs.unwrap_or(locale)).await?;
    let name = who.name.map(|name| text::line(&name));
    let name = name.filter(|name| (1..=me::NAME_MAX as usize).contains(&name.chars().count()));
    if customer.name.is_none() && name.is_some() {
        customer.name = name;
        tx.put_customer(&customer).await?;
    }
    tx.add_subject(&who.issuer, &who.subject, &customer.id)
        .await?;
    Ok(Some(customer.id))
}

/// The session that came with the call.
pub async fn session(
    State(app): State<App>,
    Lang(locale): Lang,
    presented: Presented,
) -> Result<Json<Session>, ApiError> {
    let (customer, request_id) = match &presented.record.of {
        SessionOf::Customer(id) => {
            let customer = app.store.read().await?.customer(id).await?;
            let customer = customer.ok_or_else(|| ApiError::new(ProblemCode::Unauthenticated))?;
            (Some(me::told(customer)), None)
        }
        SessionOf::Tracker(id) => (None, Some(id.clone())),
    };
    let provider = presented.record.provider.as_deref();
    let provider = provider.and_then(|id| app.providers.get(id));
    Ok(Json(Session {
        provider: provider.map(|provider| provider.signed_in_at(&app.public_url, locale)),
        customer,
        request_id,
        csrf_token: presented.by_cookie.then(|| csrf_token(&presented.token)),
        expires_at: Instant::from_unix_millis(presented.record.expires_at_millis)
            .ok_or_else(|| ApiError::internal("a session ends at no time"))?,
        server_now: app.clock.now(),
    }))
}

/// Ends the session here, not only in the browser. Signing out twice is no error: a page cannot see whether its
/// cookie is still good.
pub async fn sign_out(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    match Presented::from_request_parts(&mut parts, &app).await {
        Ok(presented) => {
            let mut tx = app.store.write().await?;
            tx.delete_session(&presented.record.token_hash).await?;
            if let SessionOf::Customer(customer) = &presented.record.of {
                tx.delete_drafts(customer).await?;
            }
            tx.commit().await?;
            app.signed_out.send_replace(());
        }
        Err(error) if error.code == ProblemCode::Unauthenticated => {}
        Err(error) => return Err(error),
    }
    let headers = [
        (header::SET_COOKIE, HeaderValue::from_static(COOKIE_GONE)),
        // Not "cookies" or "storage": the one reaches other sites of the company, the other drafts.
        (
            HeaderName::from_static("clear-site-data"),
            HeaderValue::from_static("\"cache\""),
        ),
    ];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Opens a session and returns its token, which is kept nowhere, and when it ends. `provider`: who said whose it is.
///
/// # Errors
/// When the store fails.
pub async fn open(
    app: &App,
    tx: &mut dyn Tx,
    of: SessionOf,
    provider: Option<String>,
) -> Result<(String, Instant), ApiError> {
    let token = secret::token()?;
    let now = real_now();
    let hours = match of {
        SessionOf::Customer(_) => app.settings.sessions.idle_hours,
        SessionOf::Tracker(_) => app.settings.sessions.track_hours,
    };
    let ends = now + TimeDelta::hours(i64::from(hours));
    tx.insert_session(&SessionRecord {
        token_hash: token_hash(&token),
        of,
        provider,
        created_at_millis: now.timestamp_millis(),
        expires_at_millis: ends.timestamp_millis(),
    })
    .await?;
    Ok((token, Instant::from(ends)))
}

/// When a customer's session that is used now ends, if that is worth writing down: later by an hour at least.
#[must_use]
pub fn extended(app: &App, record: &SessionRecord) -> Option<i64> {
    let sessions = &app.settings.sessions;
    let latest =
        record.created_at_millis + TimeDelta::days(i64::from(sessions.days)).num_milliseconds();
    let ends = (real_now() + TimeDelta::hours(i64::from(sessions.idle_hours)))
        .timestamp_millis()
        .min(latest);
    let worth = ends - record.expires_at_millis >= TimeDelta::hours(1).num_milliseconds();
    (matches!(record.of, SessionOf::Customer(_)) && worth).then_some(ends)
}

/// Sets the cookie of a session.
#[must_use]
pub fn cookie(app: &App, token: &str) -> String {
    // The server ends an idle session; the browser keeps the cookie as long as any session can last.
    let seconds = TimeDelta::days(i64::from(app.settings.sessions.days)).num_seconds();
    format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

fn address(app: &App, channel: Channel, typed: &str) -> Result<Recipient, ApiError> {
    if !app.settings.sign_in.contains(&channel) {
        return Err(ApiError::validation(vec![Fault::at(
            "/channel",
            FieldProblem::NotAnOption,
        )]));
    }
    Recipient::new(channel, typed).ok_or_else(|| {
        let problem = match channel {
            _ if typed.trim().is_empty() => FieldProblem::Required,
            Channel::Email => FieldProblem::NotAnEmail,
            _ => FieldProblem::NotAPhone,
        };
        ApiError::validation(vec![Fault::at("/address", problem)])
    })
}

/// The customer who has just proven this address; new, if nobody had before.
async fn customer(
    app: &App,
    tx: &mut dyn Tx,
    to: &Recipient,
    locale: Locale,
) -> Result<Customer, ApiError> {
    if let Some(known) = tx.customer_by_address(&to.address).await? {
        return Ok(known);
    }
    let customer = Customer {
        tier: None,
        id: CustomerId::new(Uuid::new_v4().simple().to_string()),
        name: None,
        email: (to.channel == Channel::Email).then(|| to.address.clone()),
        phone: (to.channel == Channel::Sms).then(|| to.address.clone()),
        locale: Some(locale),
        created_at: app.clock.now(),
    };
    tx.put_customer(&customer).await?;
    Ok(customer)
}

/// The digits of a typed code, those of Chinese keyboards included. Longer than any code is none.
fn digits(typed: &str) -> String {
    let digits = typed.chars().filter_map(|c| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        c => c.is_ascii_digit().then_some(c),
    });
    digits.take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_typed() {
        assert_eq!(digits(" 1234 5678 "), "12345678");
        assert_eq!(digits("１２３４-５６７８"), "12345678");
        assert_eq!(digits("code"), "");
    }
}
