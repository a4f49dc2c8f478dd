//! What was done about what customers said of requests like this one.

use crate::{
    api::{self, Query},
    components::measures,
    i18n::m,
    route::Route,
    state::config,
};
use portico_contract::{config::Capability, id::RequestId};
use portico_view::{Child, View, memo, ui};

/// The newest two on a request, and the way to all; nothing where there are none.
const SHOWN: usize = 2;

/// The section.
pub(super) fn measures(id: &RequestId) -> View {
    let id = id.clone();
    let offered = memo(|| config::has(Capability::Surveys));
    let all = Query::new(move || {
        let (id, offered) = (id.clone(), offered.get());
        async move {
            match offered {
                true => api::measures::of(&id).await,
                false => Ok(Vec::new()),
            }
        }
    });
    (move || {
        let mut all = all.ready().filter(|all| !all.is_empty())?;
        all.truncate(SHOWN);
        Some(ui! {
            <section aria-labelledby="measures">
                <h2 id="measures">{m::measures_request}</h2>
                {measures::measures(all)}
                <p><a href=Route::Service.href()>{m::measures_all}</a></p>
            </section>
        })
    })
    .view()
}
