//! What can be done with a request, and what cannot now and why.

use super::Page;
use crate::{
    api::{Failure, requests, requests::Doing},
    browser::{random, task},
    components::{
        button::{Look, busy_button, button},
        dialog::dialog,
        field::plain_text_area,
        moment::limit,
    },
    i18n::{self, Message, m},
    state::session,
};
use leptos::prelude::*;
use portico_contract::{
    problem::ProblemCode,
    request::{Action, ActionState, Refusal},
    submission::{Comment, Edit},
};
use portico_view::{View, ui};

/// Doing something, at most one thing at a time.
#[derive(Clone, Copy)]
pub(super) struct Acting {
    page: Page,
    busy: RwSignal<bool>,
    /// The Idempotency-Key of what was last tried, with the body it belongs to: the same again has the same key.
    tried: StoredValue<Option<(Action, String, String)>>,
    pub(super) editing: RwSignal<bool>,
    reopening: RwSignal<bool>,
    withdrawing: RwSignal<bool>,
}

/// What becomes of an attempt.
pub(super) enum Done {
    /// It is done, and the page shows it.
    Yes,
    /// It is not; the page says why, except for fields that are not right.
    No(Failure),
}

impl Acting {
    pub(super) fn new(page: Page) -> Self {
        Self {
            page,
            busy: RwSignal::new(false),
            tried: StoredValue::new(None),
            editing: RwSignal::new(false),
            reopening: RwSignal::new(false),
            withdrawing: RwSignal::new(false),
        }
    }

    pub(super) fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    fn key(self, action: Action, body: String) -> String {
        let same = self.tried.with_value(|tried| {
            let (_, _, key) = tried
                .as_ref()
                .filter(|(a, b, _)| *a == action && *b == body)?;
            Some(key.clone())
        });
        same.unwrap_or_else(|| {
            let key = random::uuid();
            self.tried.set_value(Some((action, body, key.clone())));
            key
        })
    }

    /// Edits the request.
    pub(super) async fn edit(self, edit: Edit) -> Done {
        let body = format!("{edit:?}");
        self.act(Action::Edit, Doing::Edit(&edit), body, m::request_saved)
            .await
    }

    async fn act(self, action: Action, doing: Doing<'_>, body: String, done: Message) -> Done {
        let page = self.page;
        let Some(Some(case)) = page.case.try_get_untracked() else {
            return Done::No(Failure::Network);
        };
        self.busy.try_set(true);
        let key = self.key(action, body);
        let versioned = case.versioned;
        let etag = versioned.etag.as_deref();
        let outcome = requests::act(&versioned.request.id, action, doing, &key, etag).await;
        self.busy.try_set(false);
        match outcome {
            Ok(_) => {
                self.tried.try_set_value(None);
                page.own_doing.try_set_value(true);
                page.query.reload();
                page.tell(true, done);
                Done::Yes
            }
            Err(failure) => {
                self.explain(&failure);
                Done::No(failure)
            }
        }
    }

    fn explain(self, failure: &Failure) {
        let page = self.page;
        match failure.code() {
            Some(ProblemCode::Validation) => {}
            Some(ProblemCode::Stale) => {
                self.tried.try_set_value(None);
                page.query.reload();
                page.tell(false, m::request_stale);
            }
            Some(ProblemCode::ActionNotAllowed) => {
                self.tried.try_set_value(None);
                page.query.reload();
                let reason = match failure {
                    Failure::Problem { problem, .. } => problem.reason,
                    _ => None,
                };
                let why = move || reason.map(i18n::refusal).unwrap_or_default();
                page.tell(false, move || m::request_refused_now(&why()));
            }
            _ if session::is_needed(failure) => page.query.reload(),
            _ => {
                let failure = failure.clone();
                page.tell(false, move || i18n::failure(&failure));
            }
        }
    }

    fn with_comment(self, action: Action, comment: String, done: Message) {
        if self.busy.get_untracked() {
            return;
        }
        let comment = Comment {
            comment: Some(comment.trim().to_owned()).filter(|text| !text.is_empty()),
        };
        task::detach(async move {
            let body = comment.comment.clone().unwrap_or_default();
            self.act(action, Doing::Comment(&comment), body, done).await;
        });
    }

    /// Confirms at once: it can be reopened.
    pub(super) fn confirm_button(self) -> View {
        busy_button(
            Look::Main,
            m::request_confirm,
            self.busy.into(),
            move || {
                self.with_comment(Action::Confirm, String::new(), m::request_confirmed);
            },
        )
    }

    /// Asks what is not solved, then reopens.
    pub(super) fn reopen_button(self) -> View {
        button(Look::Secondary, m::request_reopen_still, move || {
            self.reopening.set(true);
        })
    }

    fn question(
        self,
        open: RwSignal<bool>,
        action: Action,
        words: Question,
    ) -> impl Fn() -> View + Send + 'static {
        let comment = RwSignal::new(String::new());
        move || {
            let Question {
                id,
                text,
                label,
                yes,
                no,
                done,
                look,
            } = words;
            let go = move || {
                open.set(false);
                self.with_comment(action, comment.get_untracked(), done);
            };
            ui! {
                <p>{text}</p>
                {plain_text_area(id, label, comment)}
                <div class="buttons">
                    {busy_button(look, yes, self.busy.into(), go)}
                    {button(Look::Secondary, no, move || open.set(false))}
                </div>
            }
        }
    }
}

/// The words of a dialog.
#[derive(Clone, Copy)]
struct Question {
    id: &'static str,
    text: Message,
    label: Message,
    yes: Message,
    no: Message,
    done: Message,
    look: Look,
}

/// The actions beside the request, and the dialogs of all.
pub(super) fn actions(page: Page, acting: Acting) -> View {
    let actions = page.part(|r| r.actions.clone());
    let list = move || {
        let actions = actions.get().unwrap_or_default();
        let allowed = |action| {
            actions
                .get(&action)
                .is_some_and(|state: &ActionState| state.allowed)
        };
        let edit = allowed(Action::Edit).then(|| {
            button(Look::Secondary, m::request_edit, move || {
                acting.editing.set(true)
            })
        });
        let withdraw = allowed(Action::Withdraw).then(|| {
            button(Look::Secondary, m::request_withdraw, move || {
                acting.withdrawing.set(true)
            })
        });
        let any = edit.is_some() || withdraw.is_some();
        let refused = actions
            .iter()
            .filter(|(_, state)| !state.allowed)
            .filter_map(|(action, state)| refused(*action, state))
            .collect::<Vec<_>>();
        (any || !refused.is_empty()).then(|| {
            ui! {
                <section class="flow" aria-labelledby="actions">
                    <h2 id="actions">{m::request_actions}</h2>
                    <div class="buttons">{edit} {withdraw}</div>
                    <ul class="refused">{refused}</ul>
                </section>
            }
        })
    };
    let reopen = Question {
        id: "reopen-comment",
        text: m::request_reopen_text,
        label: m::request_reopen_comment,
        yes: m::request_reopen,
        no: m::action_cancel,
        done: m::request_reopened,
        look: Look::Main,
    };
    let withdraw = Question {
        id: "withdraw-comment",
        text: m::request_withdraw_text,
        label: m::request_withdraw_comment,
        yes: m::request_withdraw,
        no: m::request_withdraw_keep,
        done: m::request_withdrawn,
        look: Look::Danger,
    };
    let reopen = acting.question(acting.reopening, Action::Reopen, reopen);
    let withdraw = acting.question(acting.withdrawing, Action::Withdraw, withdraw);
    ui! {
        {list}
        {dialog(acting.reopening, "reopen", m::request_reopen_title, reopen)}
        {dialog(acting.withdrawing, "withdraw", m::request_withdraw_title, withdraw)}
    }
}

/// What cannot be done now, and why. An action of which this version knows nothing has no words.
fn refused(action: Action, state: &ActionState) -> Option<View> {
    let name: Message = match action {
        Action::Reply => m::request_reply,
        Action::Confirm => m::request_confirm,
        Action::Reopen => m::request_reopen,
        Action::Withdraw => m::request_withdraw,
        Action::Edit => m::request_edit,
        _ => return None,
    };
    let reason = state.reason.unwrap_or(Refusal::Unknown);
    let next_at = state.next_at;
    let words = move || {
        let reason = i18n::refusal(reason);
        match next_at {
            Some(at) => m::request_refused_from(&reason, &limit(at)),
            None => reason,
        }
    };
    Some(ui! { <li><strong>{name}</strong><p>{words}</p></li> })
}
