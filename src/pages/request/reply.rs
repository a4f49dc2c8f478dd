//! Answering. The text is kept on this device while it is written, and goes through the outbox, so that it arrives
//! once, or stays in plain sight.

use super::{Page, edit::problem};
use crate::{
    browser::{dom, task},
    components::{
        attachments::attachments,
        button::submit_button,
        outbox::entry_card,
        problems::{Problems, error},
        saved::saved_line,
    },
    i18n::m,
    state::{
        config,
        drafts::{self, About, Draft},
        outbox::{self, Entry, Parcel},
    },
};
use leptos::prelude::*;
use portico_contract::{config::Capability, id::RequestId, request::Action, submission::BODY_MAX};
use portico_view::{View, effect_after, memo, ui};

const REPLY: &str = "reply";

/// What is on its way, and the box to write in.
pub(super) fn reply(page: Page, id: RequestId) -> View {
    let allowed = page.part(|r| {
        let reply = r.actions.get(&Action::Reply);
        reply.is_some_and(|state| state.allowed)
    });
    // Each message has a draft of its own; one that came back from the outbox is taken up again.
    let round = RwSignal::new(0_u32);
    let back = StoredValue::new(None::<Draft>);
    let of_this = {
        let id = id.clone();
        move || {
            let mine = |entry: &Entry| matches!(&entry.parcel, Parcel::Message { request_id, .. } if *request_id == id);
            outbox::entries()
                .into_iter()
                .filter(mine)
                .collect::<Vec<_>>()
        }
    };
    // A message that arrived: the timeline shows it.
    let arrived = {
        let of_this = of_this.clone();
        memo(move || of_this().iter().filter(|e| e.is_accepted()).count())
    };
    effect_after(move |before: Option<usize>| {
        let now = arrived.get();
        if before.is_some_and(|before| now > before) {
            page.own_doing.set_value(true);
            page.query.reload();
            dom::announce(&m::request_sent(), dom::Urgency::Polite);
        }
        now
    });
    let waiting = memo(move || {
        let waits = of_this().into_iter().filter(|e| !e.is_accepted());
        waits.map(|e| e.key).collect::<Vec<_>>()
    });
    let open = move |draft: Draft| {
        back.set_value(Some(draft));
        round.update(|n| *n += 1);
        focus();
    };
    ui! {
        <For each=move || waiting.get() key=String::clone children=move |key| entry_card(key, open) />
        {move || {
            round.track();
            let id = id.clone();
            allowed.get().unwrap_or_default().then(|| composer(page, id, round, back))
        }}
    }
}

fn focus() {
    task::detach(async {
        task::next_frame().await;
        dom::focus(REPLY);
    });
}

fn composer(
    page: Page,
    id: RequestId,
    round: RwSignal<u32>,
    back: StoredValue<Option<Draft>>,
) -> View {
    let problems = Problems::new(page.title);
    let draft = drafts::open(About::Reply(id.clone(), page.reference));
    if let Some(again) = back.get_value() {
        back.set_value(None);
        task::detach(async move { draft.reopen(&again.key).await });
    }
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let limits = untrack(config::current).map(|c| c.limits);
        let max = limits.map_or(BODY_MAX, |l| l.body_length);
        let text = draft.get_untracked().body;
        let problem = problem(&text, max, m::request_message, m::request_message_empty);
        let list = problem.map(|words| (REPLY.to_owned(), words));
        if problems.set_at_field(list.into_iter().collect()) {
            page.told.set(None);
            outbox::send_message(draft, id.clone(), page.reference);
            round.update(|n| *n += 1);
            focus();
        }
    };
    let attach = page.part(|r| r.actions.contains_key(&Action::Attach));
    let files = move || {
        let offered = attach.get().unwrap_or_default() && config::has(Capability::Attachments);
        offered.then(|| attachments(draft, "reply-files".to_owned(), None))
    };
    let described = move || problems.of(REPLY).map(|_| format!("{REPLY}-error"));
    let invalid = move || problems.of(REPLY).map(|_| "true");
    ui! {
        <section aria-labelledby="write">
            <form class="card reply" novalidate on:submit=send>
                <h2 id="write"><label for=REPLY>{m::request_write}</label></h2>
                <div class="field">
                    {error(problems, REPLY)}
                    <textarea
                        id=REPLY
                        dir="auto"
                        aria-describedby=described
                        aria-invalid=invalid
                        prop:value=move || draft.with(|d| d.body.clone())
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            draft.write(|d| d.body = text);
                        }
                        on:change=move |_| draft.save()
                    ></textarea>
                </div>
                {files}
                <div class="buttons">{submit_button(m::request_send, Signal::stored(false))}</div>
                // Below: leaving the field saves, and the button must not move away under the press that left it.
                {saved_line(draft)}
            </form>
        </section>
    }
}
