//! `/request-types`

use super::{Access, Failure, call::get, path};
use portico_contract::{
    form::{FormSchema, RequestTypeSummary},
    id::TypeId,
    list::Items,
};

/// The service catalogue, in the language on screen.
///
/// # Errors
/// See [`Failure`].
pub async fn list() -> Result<Vec<RequestTypeSummary>, Failure> {
    let types: Items<RequestTypeSummary> = get("/request-types", &Access::Account).await?;
    Ok(types.items)
}

/// One request type with its form, in the language on screen.
///
/// # Errors
/// See [`Failure`].
pub async fn form(id: &TypeId) -> Result<FormSchema, Failure> {
    get(&path("/request-types/{}", id.as_str()), &Access::Account).await
}
