//! Signing in by a code or at a provider, for the page of that name and for where a session has ended while somebody writes.

use super::{
    button::{Look, button, submit_button},
    field::{Question, Typing, text_field},
    icon::icon,
    load::failure_words,
    problems::Problems,
};
use crate::{
    api::Failure,
    browser::{clock, dom, task},
    i18n::{Words, format, m},
    navigation,
    state::{config, drafts, session},
};
use leptos::prelude::*;
use portico_contract::{
    form::{is_email, is_phone},
    problem::ProblemCode,
    session::{Channel, Redeem},
};
use portico_view::{Child, View, effect, memo, ui};

/// Milliseconds before another code can be asked for.
const PATIENCE: u32 = 30_000;

const ADDRESS: &str = "address";
/// The id of the control that takes the code.
pub const CODE: &str = "code";

/// A sign-in under way.
#[derive(Clone, Copy)]
pub struct SigningIn {
    channel: RwSignal<Channel>,
    address: RwSignal<String>,
    code: RwSignal<String>,
    /// A code was sent to the address.
    sent: RwSignal<bool>,
    /// Time has passed since then.
    again: RwSignal<bool>,
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    /// Going to a provider would lose something.
    stays: RwSignal<bool>,
    problems: Problems,
    /// Moves the focus when the code was sent: to the heading that says so, or to the code.
    to_code: fn(),
}

impl SigningIn {
    /// Begins. What is not right is shown where the page puts the summary of `problems`; `to_code` moves the focus when
    /// the first code was sent.
    pub fn new(problems: Problems, to_code: fn()) -> Self {
        let channel = RwSignal::new(Channel::Email);
        effect(move || {
            let offered = config::current().map(|c| c.sign_in).unwrap_or_default();
            if let Some(first) = offered.first()
                && !offered.contains(&channel.get_untracked())
            {
                channel.set(*first);
            }
        });
        Self {
            channel,
            address: RwSignal::default(),
            code: RwSignal::default(),
            sent: RwSignal::new(false),
            again: RwSignal::new(false),
            busy: RwSignal::new(false),
            failure: RwSignal::new(None),
            stays: RwSignal::new(false),
            problems,
            to_code,
        }
    }

    /// What this step is called.
    pub fn title(self) -> String {
        match (self.sent.get(), self.channel.get()) {
            (false, _) => m::sign_in_title(),
            (true, Channel::Sms) => m::sign_in_check_sms(),
            (true, _) => m::sign_in_check_email(),
        }
    }

    fn check_address(self) -> Option<Words> {
        let address = self.address.get_untracked();
        match (self.channel.get_untracked(), address.trim()) {
            (Channel::Sms, "") => Some(Words::new(m::sign_in_phone_empty)),
            (Channel::Sms, number) => {
                (!is_phone(number)).then(|| Words::new(m::sign_in_phone_shape))
            }
            (_, "") => Some(Words::new(m::sign_in_email_empty)),
            (_, email) => (!is_email(email)).then(|| Words::new(m::sign_in_email_shape)),
        }
    }

    fn show(self, field: &'static str, problem: Option<Words>) -> bool {
        let list = problem.map(|words| (field.to_owned(), words));
        self.problems.set(list.into_iter().collect())
    }

    fn begin(self) {
        self.busy.set(true);
        self.failure.set(None);
        self.stays.set(false);
    }

    fn leave_for(self, provider: String) {
        if self.busy.get_untracked() {
            return;
        }
        self.begin();
        if drafts::would_be_lost() {
            self.busy.set(false);
            self.stays.set(true);
            return;
        }
        task::detach(async move {
            let then = navigation::current_untracked().after_sign_in().href();
            let begun = session::begin_at(&provider, then).await;
            // The browser may bring this very page back.
            self.busy.try_set(false);
            match begun {
                Ok(address) => navigation::leave(&address),
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    fn ask(self) {
        if self.busy.get_untracked() || !self.show(ADDRESS, self.check_address()) {
            return;
        }
        let repeated = self.sent.get_untracked();
        self.begin();
        task::detach(async move {
            let address = self.address.get_untracked();
            let sent = session::request_code(self.channel.get_untracked(), address.trim()).await;
            self.busy.try_set(false);
            match sent {
                Ok(()) => self.wait_for_code(repeated).await,
                Err(failure) if failure.code() == Some(ProblemCode::Validation) => {
                    let words = match self.channel.get_untracked() {
                        Channel::Sms => Words::new(m::sign_in_phone_shape),
                        _ => Words::new(m::sign_in_email_shape),
                    };
                    self.show(ADDRESS, Some(words));
                }
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    async fn wait_for_code(self, repeated: bool) {
        self.sent.try_set(true);
        self.again.try_set(false);
        if repeated {
            dom::announce(&m::sign_in_again_sent(), dom::Urgency::Polite);
        }
        task::next_frame().await;
        match repeated {
            true => drop(dom::focus(CODE)),
            false => (self.to_code)(),
        }
        let again = self.again;
        task::detach(async move {
            task::sleep(PATIENCE).await;
            again.try_set(true);
        });
    }

    fn redeem(self, done: fn()) {
        let code: String = self
            .code
            .get_untracked()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect();
        let empty = code.is_empty().then(|| Words::new(m::sign_in_code_empty));
        if self.busy.get_untracked() || !self.show(CODE, empty) {
            return;
        }
        self.begin();
        task::detach(async move {
            let redeem = Redeem {
                channel: self.channel.get_untracked(),
                address: self.address.get_untracked().trim().to_owned(),
                code,
            };
            let signed_in = session::redeem(&redeem).await;
            self.busy.try_set(false);
            match signed_in {
                Ok(()) => {
                    dom::announce(&m::sign_in_done(), dom::Urgency::Polite);
                    done();
                }
                Err(failure) => match failure.code() {
                    Some(
                        ProblemCode::Unauthenticated
                        | ProblemCode::NotFound
                        | ProblemCode::Gone
                        | ProblemCode::Validation,
                    ) => drop(self.show(CODE, Some(Words::new(m::sign_in_code_wrong)))),
                    _ => drop(self.failure.try_set(Some(failure))),
                },
            }
        });
    }
}

/// The step that comes now: where the code goes, or the code. `done` is called when somebody is signed in.
pub fn step(signing_in: SigningIn, done: fn()) -> View {
    let notice = move || {
        signing_in.failure.get().map(|failure| {
            let limited = failure.code() == Some(ProblemCode::RateLimited);
            let words = match failure.retry_after().filter(|_| limited) {
                _ if failure.code() == Some(ProblemCode::BackendUnavailable) => {
                    ui! { <p>{m::sign_in_trouble_unavailable}</p> }
                }
                Some(seconds) => {
                    let at = clock::device_millis() + seconds * 1_000.0;
                    let words = move || m::sign_in_later(&format::time_on_this_device(at));
                    ui! { <p>{words}</p> }
                }
                None => failure_words(failure),
            };
            warning(words)
        })
    };
    let stays = move || {
        let words = || ui! { <p>{m::sign_in_not_kept}</p> };
        signing_in.stays.get().then(|| warning(words()))
    };
    // As long as that is not known, the form keeps its place.
    let by_code = memo(|| config::current().is_none_or(|c| !c.sign_in.is_empty()));
    let form = move || match signing_in.sent.get() {
        false => ui! {
            {move || by_code.get().then(|| address_form(signing_in))}
            {providers(signing_in)}
        },
        true => code_form(signing_in, done),
    };
    ui! { {notice} {stays} {form} }
}

fn warning(words: View) -> View {
    ui! {
        <div class="notice warning" role="alert">
            {icon("warning")}
            <div class="flow">{words}</div>
        </div>
    }
}

/// Where else one can sign in.
fn providers(s: SigningIn) -> View {
    let offered = memo(config::sign_in_providers);
    (move || {
        let buttons: View = offered
            .get()
            .into_iter()
            .map(|provider| {
                let state = move || s.busy.get().then_some("true");
                let id = provider.id;
                ui! {
                    <button
                        class="button secondary"
                        type="button"
                        aria-busy=state
                        aria-disabled=state
                        on:click=move |_| s.leave_for(id.clone())
                    >
                        {m::sign_in_continue_with(&provider.label)}
                    </button>
                }
            })
            .collect();
        (!offered.get().is_empty()).then(|| {
            ui! {
                <div class="flow">
                    <p>{m::sign_in_elsewhere}</p>
                    <div class="buttons">{buttons}</div>
                </div>
            }
        })
    })
    .view()
}

fn address_form(s: SigningIn) -> View {
    // As long as that is not known, both keep their place.
    let offered = memo(|| match config::current() {
        Some(config) => config.sign_in,
        None => vec![Channel::Email, Channel::Sms],
    });
    let channels = move || {
        let offered = offered.get();
        (offered.len() > 1).then(|| {
            let choices = offered
                .into_iter()
                .filter_map(|channel| {
                    let name = match channel {
                        Channel::Email => m::sign_in_by_email,
                        Channel::Sms => m::sign_in_by_sms,
                        Channel::Unknown => return None,
                    };
                    Some(ui! {
                        <label>
                            <input
                                type="radio"
                                name="channel"
                                prop:checked=move || s.channel.get() == channel
                                on:change=move |_| {
                                    s.channel.set(channel);
                                    s.problems.clear();
                                }
                            />
                            <span>{name}</span>
                        </label>
                    })
                })
                .collect::<View>();
            ui! {
                <fieldset class="field">
                    <legend>{m::sign_in_channel}</legend>
                    <div class="choices inline">{choices}</div>
                </fieldset>
            }
        })
    };
    let by_sms = memo(move || s.channel.get() == Channel::Sms);
    let address = move || {
        let (question, typing) = match by_sms.get() {
            true => (
                Question {
                    id: ADDRESS,
                    label: m::sign_in_phone,
                    hint: Some(m::sign_in_phone_hint),
                },
                Typing {
                    input_type: "tel",
                    autocomplete: "tel",
                    inputmode: "tel",
                    code: false,
                },
            ),
            false => (
                Question {
                    id: ADDRESS,
                    label: m::sign_in_email,
                    hint: None,
                },
                Typing {
                    input_type: "email",
                    autocomplete: "email",
                    inputmode: "email",
                    code: false,
                },
            ),
        };
        text_field(question, typing, s.address, s.problems)
    };
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        s.ask();
    };
    ui! {
        <form class="flow" novalidate on:submit=send>
            <p>{m::sign_in_lede}</p>
            {channels}
            {address}
            <div class="buttons">{submit_button(m::sign_in_send, s.busy.into())}</div>
        </form>
    }
}

fn code_form(s: SigningIn, done: fn()) -> View {
    let question = Question {
        id: CODE,
        label: m::sign_in_code,
        hint: Some(m::sign_in_code_hint),
    };
    let typing = Typing {
        input_type: "text",
        autocomplete: "one-time-code",
        inputmode: "numeric",
        code: true,
    };
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        s.redeem(done);
    };
    let other = move || {
        s.sent.set(false);
        s.code.set(String::new());
        s.problems.clear();
        task::detach(async {
            task::next_frame().await;
            dom::focus(ADDRESS);
        });
    };
    let again = move || match s.again.get() {
        true => button(Look::Quiet, m::sign_in_again, move || s.ask()),
        false => ui! { <p class="meta">{m::sign_in_again_soon}</p> },
    };
    ui! {
        <form class="flow" novalidate on:submit=send>
            <p>{move || m::sign_in_sent(s.address.get().trim())}</p>
            {text_field(question, typing, s.code, s.problems)}
            <div class="buttons">{submit_button(m::sign_in_submit, s.busy.into())} {again}</div>
            <div class="buttons">{button(Look::Quiet, m::sign_in_other_address, other)}</div>
        </form>
    }
}
