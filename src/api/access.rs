//! In whose name a call is made, and what proves it.
//!
//! On the API's own origin the session is a cookie that script never sees, with a token against forged calls; on
//! another origin it is a bearer token. A request that is followed without an account has a bearer token of its own.
//! Tokens live in the tab's session storage, or in memory where that is denied. In a frame there is no cookie and no
//! storage for them: the session is a bearer in memory, which the page around may renew ([`renew_by`]).

use super::{Failure, session};
use crate::browser::{boot, host, http, key_value};
use leptos::prelude::*;
use portico_contract::{BASE_PATH, id::RequestId};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::LazyLock,
};

/// In whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The customer who is signed in, or nobody.
    Account,
    /// Who follows this request by its query code.
    Tracked(RequestId),
    /// Nobody: what the address holds is proof enough.
    Nobody,
}

impl Access {
    /// How this request is read: by its own token where there is one, else by the account.
    pub fn to(request: &RequestId) -> Self {
        match kept(&tracking_key(request)) {
            Some(_) => Self::Tracked(request.clone()),
            None => Self::Account,
        }
    }
}

const SESSION: &str = "portico.session";
const TRACKED: &str = "portico.tracked.";

#[derive(Default)]
struct Memory {
    /// What session storage would hold.
    kept: HashMap<String, String>,
    /// The token against forged calls; the outer `None`: not asked yet.
    csrf: Option<Option<String>>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
    static BASE: (String, bool) = {
        let base = boot::api();
        let base = if base.is_empty() { BASE_PATH.to_owned() } else { base };
        let by_cookie = cfg!(not(feature = "survey"))
            && http::is_same_origin(&base)
            && host::frame().is_none();
        (base, by_cookie)
    };
}

/// The address of the API, without a slash at the end.
pub fn base() -> String {
    BASE.with(|base| base.0.clone())
}

/// Whether the session is a cookie.
pub fn by_cookie() -> bool {
    BASE.with(|base| base.1)
}

fn kept(key: &str) -> Option<String> {
    MEMORY
        .with_borrow(|memory| memory.kept.get(key).cloned())
        .or_else(|| key_value::session().get(key))
}

fn keep(key: &str, value: &str) {
    if host::frame().is_some() || !key_value::session().set(key, value) {
        MEMORY.with_borrow_mut(|memory| memory.kept.insert(key.to_owned(), value.to_owned()));
    }
}

fn forget(key: &str) {
    key_value::session().remove(key);
    MEMORY.with_borrow_mut(|memory| memory.kept.remove(key));
}

fn tracking_key(request: &RequestId) -> String {
    format!("{TRACKED}{request}")
}

/// Keeps what a sign-in gave.
pub fn keep_session(token: &str, csrf: Option<String>) {
    if !by_cookie() {
        keep(SESSION, token);
    }
    know_csrf(csrf);
}

/// Makes a new session, if it can.
pub type Renew = fn() -> Pin<Box<dyn Future<Output = bool>>>;

thread_local! { static RENEW: Cell<Option<Renew>> = const { Cell::new(None) }; }

/// How a session that is not there, or has ended, is had without the customer.
pub fn renew_by(renew: Option<Renew>) {
    RENEW.set(renew);
}

/// The bearer of the account.
pub fn bearer_of_account() -> Option<String> {
    kept(SESSION)
}

/// Whether there is another session than `before`, by which a call was refused; makes one if it can.
pub async fn is_renewed(before: Option<&str>) -> bool {
    let Some(renew) = RENEW.get() else {
        return false;
    };
    let now = kept(SESSION);
    now.is_some() && now.as_deref() != before || renew().await
}

/// Keeps the token against forged calls, as the server has just told it.
pub fn know_csrf(csrf: Option<String>) {
    MEMORY.with_borrow_mut(|memory| memory.csrf = Some(csrf));
}

/// Forgets the session of the account, as it has ended.
pub fn forget_session() {
    forget(SESSION);
    know_csrf(None);
}

static LOST: LazyLock<ArcRwSignal<u32>> = LazyLock::new(ArcRwSignal::default);

/// How often a call found that the session of the account has ended. Reactive.
pub fn lost() -> u32 {
    LOST.get()
}

/// A call found that the session of the account has ended.
pub fn lose_session() {
    forget_session();
    LOST.update(|n| *n += 1);
}

/// Keeps the token by which a request is followed.
pub fn keep_tracking(request: &RequestId, token: &str) {
    keep(&tracking_key(request), token);
}

/// Forgets how a request was followed.
pub fn forget_tracking(request: &RequestId) {
    forget(&tracking_key(request));
}

/// What proves a call.
pub struct Proof {
    /// Whether cookies go along.
    pub cookies: bool,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
}

fn bearer(token: &str) -> Vec<(&'static str, String)> {
    vec![("Authorization", format!("Bearer {token}"))]
}

/// A survey's address is all the proof that it needs.
///
/// # Errors
/// None.
#[cfg(feature = "survey")]
pub async fn proof(_: &Access, _: bool) -> Result<Proof, Failure> {
    Ok(Proof {
        cookies: false,
        headers: Vec::new(),
    })
}

/// What proves a call. `unsafe_method`: it changes something, so that a cookie alone does not suffice.
///
/// # Errors
/// When the token against forged calls must be asked for first and that does not succeed.
#[cfg(not(feature = "survey"))]
pub async fn proof(access: &Access, unsafe_method: bool) -> Result<Proof, Failure> {
    if *access == Access::Nobody {
        return Ok(Proof {
            cookies: false,
            headers: Vec::new(),
        });
    }
    if let Access::Tracked(request) = access
        && let Some(token) = kept(&tracking_key(request))
    {
        return Ok(Proof {
            cookies: false,
            headers: bearer(&token),
        });
    }
    if !by_cookie() {
        return Ok(Proof {
            cookies: false,
            headers: kept(SESSION).as_deref().map(bearer).unwrap_or_default(),
        });
    }
    let mut headers = Vec::new();
    if unsafe_method {
        headers.extend(csrf().await?.map(|token| ("X-CSRF-Token", token)));
    }
    Ok(Proof {
        cookies: true,
        headers,
    })
}

async fn csrf() -> Result<Option<String>, Failure> {
    let known = MEMORY.with_borrow(|memory| memory.csrf.clone());
    match known {
        Some(csrf) => Ok(csrf),
        // Asking keeps it. Boxed, as asking is a call itself.
        None => Ok(Box::pin(session::current())
            .await?
            .and_then(|s| s.csrf_token)),
    }
}

/// The server did not take the token against forged calls: another tab has signed in or out. The next call asks anew.
pub fn doubt_csrf() {
    MEMORY.with_borrow_mut(|memory| memory.csrf = None);
}
