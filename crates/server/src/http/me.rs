//! The customer's own profile.

use super::{actor::Actor, posted::Posted};
use crate::{
    problem::{ApiError, Fault},
    state::App,
    store::{Tx, records::Customer},
    text,
};
use axum::{Json, extract::State};
use portico_contract::{
    problem::ProblemCode,
    session::{Me, MePatch},
};

/// Characters of a name.
pub const NAME_MAX: u32 = 200;

/// The profile.
pub async fn me(State(app): State<App>, actor: Actor) -> Result<Json<Me>, ApiError> {
    let mut tx = app.store.read().await?;
    Ok(Json(told(customer(&mut *tx, &actor).await?)))
}

/// Changes what is given; an empty name is none.
pub async fn change(
    State(app): State<App>,
    actor: Actor,
    posted: Posted,
) -> Result<Json<Me>, ApiError> {
    if actor == Actor::Anonymous {
        return Err(ApiError::new(ProblemCode::Unauthenticated));
    }
    let mut tx = app.store.write().await?;
    let mut customer = customer(&mut *tx, &actor).await?;
    let patch: MePatch = posted.json()?;
    if let Some(name) = patch.name {
        let name = text::line(&name);
        if name.chars().count() > NAME_MAX as usize {
            return Err(ApiError::validation(vec![Fault::too_long(
                "/name", NAME_MAX,
            )]));
        }
        customer.name = Some(name).filter(|name| !name.is_empty());
    }
    customer.locale = patch.locale.or(customer.locale);
    tx.put_customer(&customer).await?;
    tx.commit().await?;
    let mut tx = app.store.read().await?;
    Ok(Json(told(self::customer(&mut *tx, &actor).await?)))
}

async fn customer(tx: &mut dyn Tx, actor: &Actor) -> Result<Customer, ApiError> {
    match actor {
        Actor::Anonymous => Err(ApiError::new(ProblemCode::Unauthenticated)),
        Actor::Tracker(_) => Err(ApiError::new(ProblemCode::Forbidden)),
        Actor::Customer(id) => tx
            .customer(id)
            .await?
            .ok_or_else(|| ApiError::new(ProblemCode::Unauthenticated)),
    }
}

/// A customer as they see themselves.
#[must_use]
pub fn told(customer: Customer) -> Me {
    Me {
        id: customer.id,
        name: customer.name,
        email: customer.email,
        phone: customer.phone,
        locale: customer.locale,
    }
}
