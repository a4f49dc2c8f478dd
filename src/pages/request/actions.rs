//! What can be done with a request, and what cannot now and why.

use super::{Case, Found, Page, Told};
use crate::{
    api::{Failure, requests, requests::Doing},
    browser::{random, task},
    components::{
        button::{Look, busy_button, button},
        dialog::dialog,
        field::{Question, plain_text_area, text_area},
        moment::limit,
        problems::Problems,
    },
    i18n::{self, Message, Words, format, m},
    state::session,
};
use leptos::prelude::*;
use portico_contract::{
    Instant,
    code::Reference,
    problem::ProblemCode,
    request::{Action, ActionState, Refusal},
    submission::{Comment, Edit, Follow, Grounds},
};
use portico_view::{View, ui};
use std::{collections::BTreeMap, sync::Arc};

/// Doing something, at most one thing at a time.
#[derive(Clone, Copy)]
pub(super) struct Acting {
    page: Page,
    busy: RwSignal<bool>,
    /// The Idempotency-Key of what was last tried, with the body it belongs to: the same again has the same key.
    tried: StoredValue<Option<(Action, String, String)>>,
    pub(super) editing: RwSignal<bool>,
    /// The dialogs of [`ASKS`] that are open.
    asking: [RwSignal<bool>; ASKS.len()],
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
            asking: std::array::from_fn(|_| RwSignal::new(false)),
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
            Ok(versioned) => {
                self.tried.try_set_value(None);
                page.tell(true, done);
                // What it is now is shown even where the next read fails; that one brings what was written.
                let items = case.items;
                let case = Case { versioned, items };
                page.query.set(Found::Case(Box::new(case)));
                task::sleep(0).await;
                page.own_doing.try_set_value(true);
                page.query.reload();
                Done::Yes
            }
            Err(failure) => {
                self.explain(action, &failure);
                Done::No(failure)
            }
        }
    }

    fn explain(self, action: Action, failure: &Failure) {
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
                let words = move || {
                    m::request_unsure {
                        action: &name(action).map(|name| name()).unwrap_or_default(),
                        reason: &i18n::failure(&failure),
                    }
                    .text()
                };
                page.show(Told {
                    good: false,
                    words: Words::new(words),
                    again: self.again(action),
                });
            }
        }
    }

    /// What tries once more; none where the form with its button is still there. The same has the same key.
    fn again(self, action: Action) -> Option<Arc<dyn Fn() + Send + Sync>> {
        match action {
            Action::Edit | Action::Follow => None,
            Action::Confirm => Some(Arc::new(move || self.confirm())),
            _ => Some(Arc::new(move || self.ask(action))),
        }
    }

    /// Sends what was asked in a dialog. A word that must be there is there.
    fn send(self, ask: &'static Ask, comment: RwSignal<String>) {
        if self.busy.get_untracked() {
            return;
        }
        let text = comment.get_untracked().trim().to_owned();
        task::detach(async move {
            let (body, word) = (text.clone(), Some(text).filter(|text| !text.is_empty()));
            let grounds = word.clone().filter(|_| ask.missing.is_some());
            let comment_of = Comment { comment: word };
            let done = match grounds {
                Some(comment) => {
                    let grounds = Grounds { comment };
                    self.act(ask.action, Doing::Grounds(&grounds), body, ask.done)
                        .await
                }
                None => {
                    self.act(ask.action, Doing::Comment(&comment_of), body, ask.done)
                        .await
                }
            };
            if matches!(done, Done::Yes) {
                comment.try_set(String::new());
            }
        });
    }

    /// Lets somebody follow, or takes them out.
    pub(super) async fn follow(self, follow: Follow) -> Done {
        let body = format!("{follow:?}");
        self.act(
            Action::Follow,
            Doing::Follow(&follow),
            body,
            m::follow_changed,
        )
        .await
    }

    /// Confirms at once: it can be reopened.
    pub(super) fn confirm_button(self) -> View {
        let confirm = move || self.confirm();
        busy_button(Look::Main, m::request_confirm, self.busy.into(), confirm)
    }

    fn confirm(self) {
        if self.busy.get_untracked() {
            return;
        }
        task::detach(async move {
            let nothing = Doing::Comment(&Comment::default());
            self.act(
                Action::Confirm,
                nothing,
                String::new(),
                m::request_confirmed,
            )
            .await;
        });
    }

    /// Asks what is not solved, then reopens.
    pub(super) fn reopen_button(self) -> View {
        button(Look::Secondary, m::request_reopen_still, move || {
            self.ask(Action::Reopen);
        })
    }

    /// Opens the dialog of an action.
    pub(super) fn ask_button(self, look: Look, action: Action) -> Option<View> {
        let label = name(action)?;
        Some(button(look, label, move || self.ask(action)))
    }

    /// The same, where the action is possible now.
    pub(super) fn allowed_button(self, action: Action) -> Option<View> {
        let actions = untrack(|| self.page.request())?.actions;
        actions
            .get(&action)
            .filter(|state| state.allowed)
            .and_then(|_| self.ask_button(Look::Secondary, action))
    }

    fn ask(self, action: Action) {
        if let Some(place) = ASKS.iter().position(|ask| ask.action == action) {
            self.asking[place].set(true);
        }
    }

    /// The reference of the request, for the names of files.
    pub(super) fn reference(self) -> Reference {
        self.page.reference
    }

    fn question(
        self,
        open: RwSignal<bool>,
        ask: &'static Ask,
    ) -> impl Fn() -> View + Send + 'static {
        let comment = RwSignal::new(String::new());
        let problems = Problems::new(self.page.title);
        move || {
            let go = move || {
                let empty = comment.with_untracked(|text| text.trim().is_empty());
                let missing = ask.missing.filter(|_| empty);
                let missing = missing.map(|words| (ask.field.to_owned(), Words::new(words)));
                if problems.set_at_field(missing.into_iter().collect()) {
                    open.set(false);
                    self.send(ask, comment);
                }
            };
            let field = match ask.missing {
                Some(_) => {
                    let question = Question {
                        id: ask.field,
                        label: ask.label,
                        hint: None,
                    };
                    text_area(question, comment, problems)
                }
                None => plain_text_area(ask.field, ask.label, comment),
            };
            ui! {
                <p>{ask.text}</p>
                {field}
                <div class="buttons">
                    {busy_button(ask.look, ask.yes, self.busy.into(), go)}
                    {button(Look::Secondary, ask.no, move || {
                        problems.clear();
                        open.set(false);
                    })}
                </div>
            }
        }
    }
}

/// A dialog that asks for a word before something is done.
struct Ask {
    action: Action,
    /// Names the dialog.
    id: &'static str,
    field: &'static str,
    title: Message,
    text: Message,
    label: Message,
    /// What to say when there is no word, where there must be one.
    missing: Option<Message>,
    yes: Message,
    no: Message,
    done: Message,
    look: Look,
}

static ASKS: [Ask; 7] = [
    Ask {
        action: Action::Reopen,
        id: "reopen",
        field: "reopen-comment",
        title: m::request_reopen_title,
        text: m::request_reopen_text,
        label: m::request_reopen_comment,
        missing: None,
        yes: m::request_reopen,
        no: m::action_cancel,
        done: m::request_reopened,
        look: Look::Main,
    },
    Ask {
        action: Action::Withdraw,
        id: "withdraw",
        field: "withdraw-comment",
        title: m::request_withdraw_title,
        text: m::request_withdraw_text,
        label: m::request_withdraw_comment,
        missing: None,
        yes: m::request_withdraw,
        no: m::request_withdraw_keep,
        done: m::request_withdrawn,
        look: Look::Danger,
    },
    Ask {
        action: Action::AcceptProposal,
        id: "accept",
        field: "accept-comment",
        title: m::proposal_accept_title,
        text: m::proposal_accept_text,
        label: m::proposal_accept_comment,
        missing: None,
        yes: m::proposal_accept,
        no: m::action_cancel,
        done: m::proposal_accepted,
        look: Look::Main,
    },
    Ask {
        action: Action::DeclineProposal,
        id: "decline",
        field: "decline-comment",
        title: m::proposal_decline_title,
        text: m::proposal_decline_text,
        label: m::proposal_decline_comment,
        missing: Some(m::proposal_decline_empty),
        yes: m::proposal_decline,
        no: m::action_cancel,
        done: m::proposal_declined,
        look: Look::Main,
    },
    Ask {
        action: Action::Chase,
        id: "chase",
        field: "chase-comment",
        title: m::chase_title,
        text: m::chase_text,
        label: m::chase_comment,
        missing: None,
        yes: m::chase_action,
        no: m::action_cancel,
        done: m::chase_done,
        look: Look::Main,
    },
    Ask {
        action: Action::Escalate,
        id: "escalate",
        field: "escalate-comment",
        title: m::escalate_title,
        text: m::escalate_text,
        label: m::escalate_comment,
        missing: Some(m::escalate_empty),
        yes: m::escalate_action,
        no: m::action_cancel,
        done: m::escalate_done,
        look: Look::Main,
    },
    Ask {
        action: Action::Review,
        id: "review",
        field: "review-comment",
        title: m::review_title,
        text: m::review_text,
        label: m::review_comment,
        missing: Some(m::review_empty),
        yes: m::review_action,
        no: m::action_cancel,
        done: m::review_done,
        look: Look::Main,
    },
];

/// The actions beside the request, and the dialogs of all.
pub(super) fn actions(page: Page, acting: Acting) -> View {
    let actions = page.part(|r| r.actions.clone());
    let list = move || {
        let actions = actions.get().unwrap_or_default();
        let allowed = |action| {
            actions
                .get(&action)
                .filter(|state: &&ActionState| state.allowed)
        };
        let edit = allowed(Action::Edit).map(|_| {
            button(Look::Secondary, m::request_edit, move || {
                acting.editing.set(true)
            })
        });
        let asks: Vec<View> = [
            Action::Chase,
            Action::Escalate,
            Action::Review,
            Action::Withdraw,
        ]
        .into_iter()
        .filter(|action| allowed(*action).is_some())
        .filter_map(|action| acting.ask_button(Look::Secondary, action))
        .collect();
        let review_until = allowed(Action::Review)
            .and_then(|state| state.until)
            .map(|at| ui! { <p class="hint">{move || m::review_until(&limit(at))}</p> });
        let any = edit.is_some() || !asks.is_empty();
        let refused = refused(&actions);
        (any || !refused.is_empty()).then(|| {
            ui! {
                <section class="flow" aria-labelledby="actions">
                    <h2 id="actions">{m::request_actions}</h2>
                    <div class="buttons">{edit} {asks}</div>
                    {review_until}
                    <ul class="refused">{refused}</ul>
                </section>
            }
        })
    };
    let dialogs = ASKS
        .iter()
        .zip(acting.asking)
        .map(|(ask, open)| dialog(open, ask.id, ask.title, acting.question(open, ask)))
        .collect::<View>();
    ui! { {list} {dialogs} }
}

/// What an action is called; `None` for one that has no button of its own.
pub(super) fn name(action: Action) -> Option<Message> {
    Some(match action {
        Action::Reply => m::request_reply,
        Action::Confirm => m::request_confirm,
        Action::Reopen => m::request_reopen,
        Action::Withdraw => m::request_withdraw,
        Action::Edit => m::request_edit,
        Action::AcceptProposal => m::proposal_accept,
        Action::DeclineProposal => m::proposal_decline,
        Action::Chase => m::chase_action,
        Action::Escalate => m::escalate_action,
        Action::Review => m::review_action,
        Action::Follow => m::follow_action,
        Action::Attach | Action::Unknown => return None,
    })
}

/// What cannot be done now, and why: what has the same reason is told together. An action of which this version knows
/// nothing has no words.
fn refused(actions: &BTreeMap<Action, ActionState>) -> Vec<View> {
    type Group = (Refusal, Option<Instant>, Vec<Message>);
    let mut groups: Vec<Group> = Vec::new();
    // That somebody only follows is said once, where it says who follows.
    let refused = |state: &ActionState| !state.allowed && state.reason != Some(Refusal::Following);
    for (action, state) in actions.iter().filter(|(_, state)| refused(state)) {
        let Some(name) = name(*action) else { continue };
        let why = (state.reason.unwrap_or(Refusal::Unknown), state.next_at);
        match groups.iter_mut().find(|group| (group.0, group.1) == why) {
            Some((_, _, names)) => names.push(name),
            None => groups.push((why.0, why.1, vec![name])),
        }
    }
    groups
        .into_iter()
        .map(|(reason, next_at, names)| {
            let names = move || {
                let names: Vec<_> = names.iter().map(|name| name()).collect();
                format::list(&names)
            };
            let words = move || {
                let reason = i18n::refusal(reason);
                match next_at {
                    Some(at) => m::request_refused_from {
                        reason: &reason,
                        when: &limit(at),
                    }
                    .text(),
                    None => reason,
                }
            };
            ui! { <li><strong>{names}</strong><p>{words}</p></li> }
        })
        .collect()
}
