//! `GET /request-types`

use super::context::Lang;
use crate::{problem::ApiError, state::App};
use axum::{
    Json,
    extract::{Path, State},
};
use portico_contract::{
    form::{FormSchema, RequestTypeSummary},
    id::TypeId,
    list::Items,
};

/// The service catalogue.
pub async fn list(State(app): State<App>, Lang(locale): Lang) -> Json<Items<RequestTypeSummary>> {
    let summary = |form: &FormSchema| RequestTypeSummary {
        id: form.id.clone(),
        name: form.name.clone(),
        kind: form.kind,
        description: form.description.clone(),
    };
    Json(Items {
        items: app
            .company()
            .catalogue
            .types()
            .iter()
            .map(|t| summary(t.form(locale)))
            .collect(),
    })
}

/// One request type with its form.
pub async fn one(
    State(app): State<App>,
    Lang(locale): Lang,
    Path(id): Path<TypeId>,
) -> Result<Json<FormSchema>, ApiError> {
    let company = app.company();
    let found = company
        .catalogue
        .request_type(&id)
        .ok_or_else(ApiError::not_found)?;
    Ok(Json(found.form(locale).clone()))
}
