//! `/callbacks`: please ring me.

use super::{
    Access, Failure,
    call::{call, get},
};
use portico_contract::{
    list::Items,
    submission::{Callback, ClosedDay, NewCallback},
};

/// The holidays of the time ahead on which nobody is rung, in order.
///
/// # Errors
/// See [`Failure`].
pub async fn closed_days() -> Result<Vec<ClosedDay>, Failure> {
    let days: Items<ClosedDay> = get("/callbacks/closed-days", &Access::Nobody).await?;
    Ok(days.items)
}

/// Asks to be rung: in the name in which its request is read, else in the account's. `key` is the same for every
/// attempt of one wish.
///
/// # Errors
/// See [`Failure`].
pub async fn ask(wish: &NewCallback, key: &str) -> Result<Callback, Failure> {
    let access = wish.request_id.as_ref().map_or(Access::Account, Access::to);
    call("POST", "/callbacks")
        .access(access)
        .header("Idempotency-Key", key)
        .json(wish)
        .once()
        .await?
        .read()
}
