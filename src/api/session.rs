//! `/session`: signing in by a code, and who is signed in. Pages use `state::session`.

use super::{Access, Failure, access, call::call};
use crate::browser::clock;
use portico_contract::{
    problem::ProblemCode,
    session::{
        Channel, CodeRequest, HostToken, Redeem, Session, SessionToken, SignInAt, SignInStart,
    },
};

/// The session of the account; `None`: nobody is signed in, or the server has no accounts. Sets the clock.
///
/// # Errors
/// See [`Failure`].
pub async fn current() -> Result<Option<Session>, Failure> {
    match call("GET", "/session").once().await {
        Ok(reply) => {
            let session: Session = reply.read()?;
            clock::set(session.server_now);
            access::know_csrf(session.csrf_token.clone());
            Ok(Some(session))
        }
        Err(failure) => match failure.code() {
            Some(ProblemCode::Unauthenticated | ProblemCode::NotFound) => {
                access::forget_session();
                Ok(None)
            }
            _ => Err(failure),
        },
    }
}

pub use access::{by_cookie, renew_by};

/// How often a call found that the session of the account has ended. Reactive.
pub fn lost() -> u32 {
    access::lost()
}

/// Has a sign-in code sent. The answer is the same whether the address is known or not.
///
/// # Errors
/// See [`Failure`].
pub async fn request_code(channel: Channel, address: &str) -> Result<(), Failure> {
    call("POST", "/session/code")
        .json(&CodeRequest {
            channel,
            address: address.to_owned(),
        })
        .once()
        .await?
        .nothing()
}

/// Trades a code for a session.
///
/// # Errors
/// See [`Failure`].
pub async fn redeem(redeem: &Redeem) -> Result<(), Failure> {
    let session: SessionToken = call("POST", "/session/redeem")
        .json(redeem)
        .once()
        .await?
        .read()?;
    access::keep_session(&session.token, Some(session.csrf_token));
    Ok(())
}

/// Begins to sign in at a provider; `then` is where to go afterwards. Gives the address there.
///
/// # Errors
/// See [`Failure`].
pub async fn begin_at(provider: &str, then: String) -> Result<String, Failure> {
    let at: SignInAt = call("POST", format!("/session/providers/{provider}"))
        .json(&SignInStart { then })
        .once()
        .await?
        .read()?;
    Ok(at.location)
}

/// Trades a token of the page around for a session.
///
/// # Errors
/// See [`Failure`].
pub async fn by_host_token(token: &str) -> Result<(), Failure> {
    let session: SessionToken = call("POST", "/session/host-token")
        .access(Access::Nobody)
        .json(&HostToken {
            token: token.to_owned(),
        })
        .once()
        .await?
        .read()?;
    access::keep_session(&session.token, Some(session.csrf_token));
    Ok(())
}

/// Ends the session of the account.
///
/// # Errors
/// See [`Failure`].
pub async fn end() -> Result<(), Failure> {
    let ended = call("DELETE", "/session").once().await;
    match ended {
        Ok(_) => {}
        Err(failure) if failure.code() == Some(ProblemCode::Unauthenticated) => {}
        Err(failure) => return Err(failure),
    }
    access::forget_session();
    Ok(())
}
