//! "Check your answers": everything that will be sent, by question, with the way back to each.

use super::{
    form::{Wizard, change_link, promised},
    sending,
};
use crate::{
    components::{button::submit_button, icon::icon, saved::saved_line},
    i18n::{self, m},
    state::{host, uploads::UploadState},
};
use leptos::prelude::*;
use portico_contract::form::FieldType;
use portico_view::{Child, View, memo, ui};

/// The answers and the button that sends them.
pub fn view(wizard: Wizard) -> View {
    let sections = move || {
        wizard
            .shown()
            .into_iter()
            .filter(|&page| !wizard.part(page).is_empty())
            .map(|page| section(wizard, page))
            .collect::<View>()
    };
    let label = if untrack(|| wizard.is_complaint()) {
        m::submit_send_complaint
    } else {
        m::submit_send_request
    };
    let busy = Signal::derive(move || wizard.sent.with(Option::is_some));
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            sending::send(wizard);
        }
    };
    let refused = move || {
        wizard.refused.get().map(|failure| {
            ui! {
                <div class="notice warning" role="alert">
                    {icon("warning")}
                    <p>{move || i18n::failure(&failure)}</p>
                </div>
            }
        })
    };
    ui! {
        {refused}
        {sections}
        {along()}
        {promised(wizard)}
        <form class="flow" novalidate on:submit=send>
            {uploads(wizard)}
            <div class="buttons">{submit_button(label, busy)}</div>
            {saved_line(wizard.draft())}
        </form>
    }
}

fn section(wizard: Wizard, page: usize) -> View {
    let rows = move || {
        wizard
            .part(page)
            .filter(|&index| wizard.form.is_shown(index))
            .map(|index| row(wizard, page, index))
            .collect::<View>()
    };
    ui! {
        <section>
            <h2>{move || wizard.heading(page)}</h2>
            <dl class="summary">{rows}</dl>
        </section>
    }
}

fn row(wizard: Wizard, page: usize, index: usize) -> View {
    let answer = move || {
        let lines = wizard.form.display(index);
        let kind = wizard
            .form
            .schema
            .with(|s| s.fields.get(index).map(|f| f.field_type));
        match (lines.len(), kind) {
            (0, Some(FieldType::Boolean)) => m::form_no().view(),
            (0, Some(FieldType::File)) => m::submit_no_files().view(),
            (0, _) => m::submit_not_provided().view(),
            (1, _) => lines.concat().view(),
            _ => {
                let lines = lines
                    .into_iter()
                    .map(|line| ui! { <li dir="auto">{line}</li> });
                ui! { <ul>{lines.collect::<View>()}</ul> }
            }
        }
    };
    ui! {
        <div>
            <dt>{move || wizard.form.label(index)}</dt>
            <dd dir="auto">{answer}</dd>
            <dd>{change_link(wizard, page, index)}</dd>
        </div>
    }
}

/// What the page around adds to it.
fn along() -> View {
    let rows = || {
        let context = host::context();
        let row = |(name, text): (&str, &str)| {
            let label = match name {
                "page" => m::context_page.view(),
                "product" => m::context_product.view(),
                "order" => m::context_order.view(),
                other => other.to_owned().view(),
            };
            ui! { <div><dt>{label}</dt><dd dir="auto">{text.to_owned()}</dd></div> }
        };
        context.iter().map(row).collect::<View>()
    };
    (move || {
        (!host::context().is_empty()).then(|| {
            ui! {
                <section>
                    <h2>{m::context_title}</h2>
                    <p>{m::context_text}</p>
                    <dl class="summary">{rows}</dl>
                </section>
            }
        })
    })
    .view()
}

/// That files are still on their way.
fn uploads(wizard: Wizard) -> View {
    let draft = wizard.draft();
    let left = memo(move || {
        let files: Vec<_> = draft.with(|draft| draft.files.iter().map(|f| f.id.clone()).collect());
        files
            .iter()
            .filter(|id| draft.upload_state(id) != UploadState::Done)
            .count()
    });
    (move || {
        // A message has at most a few files.
        #[allow(clippy::cast_precision_loss)]
        let count = left.get() as f64;
        (count > 0.0).then(|| ui! { <p>{move || m::submit_files_waiting(count)}</p> })
    })
    .view()
}
