//! Following a request: which request a reference is, and in whose name it is read.
//!
//! The request page calls [`locate`]; the tracking page [`open`] or [`open_link`], then goes to the request. A guest
//! who has just sent a request follows it at once: its query code is at hand in the outbox.

use super::{outbox, session};
use crate::{
    api::{self, Failure},
    browser::key_value,
    json,
};
use portico_contract::{
    code::{QueryCode, Reference},
    id::RequestId,
    request::Request,
};
use std::{cell::RefCell, collections::BTreeMap};

/// Which requests are followed by a token in this tab.
const KEPT: &str = "portico.followed";

type Followed = BTreeMap<String, RequestId>;

thread_local! { static FOLLOWED: RefCell<Option<Followed>> = const { RefCell::new(None) }; }

fn followed() -> Followed {
    FOLLOWED
        .with_borrow(Clone::clone)
        .or_else(|| json::from_str(&key_value::session().get(KEPT)?).ok())
        .unwrap_or_default()
}

fn set_followed(followed: Followed) {
    key_value::session().set(KEPT, &json::to_string(&followed));
    FOLLOWED.set(Some(followed));
}

/// Why a reference does not lead to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum NotLocated {
    /// Its query code is needed (or a sign-in): go to the tracking page.
    CodeNeeded,
    /// The server could not be asked.
    Failed(Failure),
}

/// The request with this reference, as far as this customer may read it.
///
/// # Errors
/// [`NotLocated`]
pub async fn locate(reference: Reference) -> Result<RequestId, NotLocated> {
    if let Some(id) = followed().get(&reference.to_string())
        && api::track::is_kept(id)
    {
        return Ok(id.clone());
    }
    if session::known().await {
        match api::requests::find(reference).await {
            Ok(Some(request)) => return Ok(request.id),
            Ok(None) => {}
            Err(failure) if session::is_needed(&failure) => {}
            Err(failure) => return Err(NotLocated::Failed(failure)),
        }
    }
    match outbox::query_code(reference).await {
        Some(code) => follow(reference, &code).await.map_err(NotLocated::Failed),
        None => Err(NotLocated::CodeNeeded),
    }
}

async fn follow(reference: Reference, code: &QueryCode) -> Result<RequestId, Failure> {
    let id = api::track::open(&reference.to_string(), &code.to_string()).await?;
    remember(reference, &id);
    Ok(id)
}

fn remember(reference: Reference, id: &RequestId) {
    let mut all = followed();
    all.insert(reference.to_string(), id.clone());
    set_followed(all);
    // A message that waited for this token can go now.
    outbox::proven();
}

/// Opens a request by what the customer typed, and gives its reference.
///
/// # Errors
/// See [`Failure`]; wrong and unknown are the same `not_found`.
pub async fn open(reference: &str, query_code: &str) -> Result<Reference, Failure> {
    let id = api::track::open(reference, query_code).await?;
    let request = read(&id).await?;
    remember(request.reference, &id);
    Ok(request.reference)
}

/// Opens a request by the token of a link, and gives its reference.
///
/// # Errors
/// See [`Failure`]; `not_found`: the link has ended.
pub async fn open_link(token: &str) -> Result<Reference, Failure> {
    let id = api::track::open_link(token).await?;
    let request = read(&id).await?;
    remember(request.reference, &id);
    Ok(request.reference)
}

async fn read(id: &RequestId) -> Result<Request, Failure> {
    Ok(api::requests::read(id).await?.request)
}

/// Forgets every token by which a request was followed.
pub(super) fn forget_all() {
    for id in followed().values() {
        api::track::forget(id);
    }
    set_followed(Followed::new());
}
