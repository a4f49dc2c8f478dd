//! The survey about a request that has ended: answering it, and changing the answer as long as that is possible.

use super::Page;
use crate::{
    api::requests,
    browser::task,
    components::{
        button::{Look, busy_button},
        moment::limit,
    },
    i18n::{self, Message, m},
    navigation,
    route::Route,
};
use leptos::prelude::*;
use portico_contract::{id::RequestId, request::SurveyState};
use portico_view::{Child, View, ui};

/// The offer; nothing where there is none.
pub(super) fn survey(page: Page, id: &RequestId) -> View {
    let summary = page.part(|request| request.survey.clone());
    let busy = RwSignal::new(false);
    let id = StoredValue::new(id.clone());
    let open = move || {
        busy.set(true);
        task::detach(async move {
            let link = requests::survey_link(&id.get_value()).await;
            busy.try_set(false);
            match link {
                Ok(link) => navigation::go(&Route::Survey(link.token, Vec::new())),
                Err(failure) => page.tell(false, move || i18n::failure(&failure)),
            }
        });
    };
    (move || {
        let summary = summary.get()?;
        let (title, text, act): (Message, Option<Message>, Message) = match summary.state {
            SurveyState::Offered => (m::survey_offer, Some(m::survey_offer_text), m::survey_give),
            SurveyState::Answered => (m::survey_answered, None, m::survey_change),
            SurveyState::Expired => {
                return Some(ui! { <p class="meta">{m::survey_expired}</p> });
            }
            SurveyState::NotOffered | SurveyState::Unknown => return None,
        };
        let answered = summary.state == SurveyState::Answered;
        let until = summary.editable_until.map(|at| {
            let words = move || match answered {
                true => m::survey_change_until(&limit(at)),
                false => m::survey_offer_until(&limit(at)),
            };
            ui! { <p class="meta">{words}</p> }
        });
        let open = (!answered || summary.editable_until.is_some())
            .then(|| busy_button(Look::Secondary, act, busy.into(), open));
        Some(ui! {
            <section class="card" aria-labelledby="survey">
                <h2 id="survey">{title}</h2>
                {text.map(|text| ui! { <p>{text}</p> })}
                {until}
                <div class="buttons">{open}</div>
            </section>
        })
    })
    .view()
}
