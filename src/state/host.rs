//! The page around, where the portal is in a frame: what it asks for is done, what happens here it is told, never with
//! anything personal. The protocol is in docs/embedding.md; `public/embed/portico.js` is its other end.
//!
//! A greeting is accepted from the origins that the server names, and whatever is not a message of the protocol is as
//! if it had not been said.

use super::{config, drafts, live, outbox, session};
use crate::{
    api::{self, Failure},
    browser::{
        dom, events,
        host::{self, Port},
        store::{self, Store},
        task::{self, Slot},
    },
    i18n, json, navigation,
    route::Route,
};
use leptos::prelude::*;
use portico_contract::{
    config::Capability,
    form::{Answers, FieldValue},
    id::FieldId,
    list::RequestQuery,
    locale::Locale,
    problem::ProblemCode,
    submission::Context,
    theme::{self, Theme},
};
use portico_view::effect;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::LazyLock,
};

/// The version of the protocol.
const VERSION: f64 = 1.0;
/// Milliseconds in which the page around must answer.
const PATIENCE: u32 = 20_000;

/// What travels over the port.
#[derive(Deserialize)]
struct Message {
    v: f64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<f64>,
    #[serde(default = "nothing")]
    payload: json::Value,
}

const fn nothing() -> json::Value {
    json::Value::Null
}

#[derive(Serialize)]
struct Said<'a, T> {
    v: f64,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<f64>,
    payload: T,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Hello {
    locale: String,
    theme: Option<json::Value>,
    prefill: Option<json::Value>,
    context: Option<json::Value>,
    heading_level: u8,
    sign_in: bool,
}

/// What a new form begins with.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Prefill {
    subject: String,
    body: String,
    fields: Answers,
    name: String,
    email: String,
    phone: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    view: String,
    #[serde(rename = "type")]
    type_id: String,
    reference: String,
    token: String,
}

#[derive(Deserialize)]
struct Spoken {
    locale: String,
}

#[derive(Default, Deserialize)]
struct Given {
    #[serde(default)]
    token: Option<String>,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Done {
    ok: bool,
}

#[derive(Serialize)]
struct Height {
    height: f64,
}

#[derive(Serialize)]
struct Count {
    count: usize,
}

#[derive(Serialize)]
struct Code<'a> {
    code: &'a str,
}

#[derive(Serialize)]
struct Reason {
    reason: &'static str,
}

#[derive(Serialize)]
struct View {
    view: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

#[derive(Serialize)]
struct PromiseChange {
    reference: String,
    stage: String,
    state: &'static str,
}

#[derive(Serialize)]
struct Pairs {
    pairs: Vec<[String; 4]>,
}

/// A token that the page around was asked for.
struct Asked {
    id: f64,
    token: Rc<Slot<Option<String>>>,
}

thread_local! {
    static PORT: RefCell<Option<Port>> = const { RefCell::new(None) };
    static PREFILL: RefCell<Prefill> = RefCell::default();
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
    static LAST: Cell<f64> = const { Cell::new(0.0) };
    /// The sign-in that is under way.
    static SIGNING_IN: RefCell<Option<Rc<Slot<bool>>>> = const { RefCell::new(None) };
    static THEME: RefCell<Theme> = RefCell::default();
    static DARK: Cell<bool> = const { Cell::new(false) };
    /// The page around has signed the customer in, or does not.
    static SETTLED: Rc<Slot<()>> = Rc::new(Slot::new());
}

static CONTEXT: LazyLock<ArcRwSignal<Context>> = LazyLock::new(ArcRwSignal::default);
static KEEPS_NOTHING: LazyLock<ArcRwSignal<bool>> = LazyLock::new(ArcRwSignal::default);
static REFUSED: LazyLock<ArcRwSignal<bool>> = LazyLock::new(ArcRwSignal::default);

/// What the page around says along with a new request, where the server takes that. Reactive.
pub fn context() -> Context {
    match config::has(Capability::Context) {
        true => CONTEXT.get(),
        false => Context::default(),
    }
}

/// Whether the page around tried to sign the customer in and the server did not take its word. Reactive.
pub fn sign_in_was_refused() -> bool {
    REFUSED.get()
}

/// Whether the browser was found to keep nothing for the portal in this frame. Reactive.
pub fn was_found_to_keep_nothing() -> bool {
    KEEPS_NOTHING.get()
}

/// Whether the browser keeps nothing for the portal in this frame.
pub(super) async fn keeps_nothing() -> bool {
    host::frame().is_some() && store::keys(Store::Drafts).await.is_err()
}

/// Waits until it is known whether the page around signs the customer in; not for ever.
pub(super) async fn settled() {
    let settled = SETTLED.with(Rc::clone);
    task::within(PATIENCE, settled.filled()).await;
}

fn tell(kind: &str, payload: impl Serialize) {
    say(kind, None, payload);
}

fn say(kind: &str, id: Option<f64>, payload: impl Serialize) {
    PORT.with_borrow(|port| {
        if let Some(port) = port {
            port.say(&json::to_string(&Said {
                v: VERSION,
                kind,
                id,
                payload,
            }));
        }
    });
}

/// A survey was answered.
pub fn survey_submitted() {
    tell("survey:submitted", Nothing {});
}

/// Puts into a new draft what the page around knows already. What the customer has written stays.
pub(super) fn prefill(draft: &mut drafts::Draft) {
    let filled = PREFILL.with_borrow(Clone::clone);
    let into = |text: &mut String, given: String| {
        if text.is_empty() {
            *text = given;
        }
    };
    into(&mut draft.subject, filled.subject);
    into(&mut draft.body, filled.body);
    let contact = [
        ("/contact/name", filled.name),
        ("/contact/email", filled.email),
        ("/contact/phone", filled.phone),
    ];
    let contact = contact.into_iter().filter(|(_, text)| !text.is_empty());
    let contact = contact.map(|(id, text)| (FieldId::new(id), FieldValue::Text(text)));
    for (id, value) in filled.fields.into_iter().chain(contact) {
        draft.answers.entry(id).or_insert(value);
    }
}

/// Begins. Called once, in the owner that lives as long as the application.
pub(super) fn start() {
    if host::frame().is_none() {
        return;
    }
    let allowed = config::config();
    let config = Rc::new(Slot::new());
    let known = Rc::clone(&config);
    effect(move || {
        if let Some(config) = allowed.ready() {
            known.fill(config.frame_ancestors);
        }
    });
    // Made here, where they live as long as the application; they tell nobody before somebody listens.
    let heard = RwSignal::new(false);
    follow(heard);
    let hello = async move {
        let Some(greeting) = host::greeting().await else {
            return;
        };
        // The browser has kept the frame from all others already; where a static host forgot to say so, we have not.
        if !config.filled().await.contains(&greeting.origin) {
            return;
        }
        let hello: Hello = json::from_str(&greeting.payload).unwrap_or_default();
        greeting.port.listen(hear);
        PORT.set(Some(greeting.port));
        take_up(hello).await;
        heard.set(true);
        tell("ready", Nothing {});
        host::watch_height(|height| tell("resize", Height { height }));
    };
    task::detach(hello);
    task::detach(async {
        if keeps_nothing().await {
            KEEPS_NOTHING.set(true);
        }
    });
    let escape = events::on_document("keydown", |event| {
        if !event.default_prevented() && dom::is_key(&event, "Escape") {
            tell("close", Nothing {});
        }
    });
    if let Some(escape) = escape {
        escape.forever();
    }
    DARK.set(host::watch_scheme(|dark| {
        DARK.set(dark);
        draw();
    }));
}

async fn take_up(hello: Hello) {
    // A slip in one of them is not to cost the others.
    #[cfg(not(feature = "survey"))]
    {
        PREFILL.set(hello.prefill.and_then(read).unwrap_or_default());
        hello.context.map(set_context);
    }
    if (2..=6).contains(&hello.heading_level) {
        host::deepen_headings(hello.heading_level - 1);
    }
    match hello.theme.map(read::<Theme>) {
        Some(Some(theme)) if theme != Theme::default() => drop(set_theme(theme)),
        Some(None) => tell("error", Code { code: "theme" }),
        _ => {}
    }
    speak(&hello.locale).await;
    #[cfg(not(feature = "survey"))]
    if hello.sign_in {
        offer_sign_in();
        return;
    }
    SETTLED.with(|settled| settled.fill(()));
}

async fn speak(tag: &str) -> bool {
    match Locale::from_tag(tag) {
        Some(locale) if locale != untrack(i18n::locale) => i18n::switch(locale).await,
        Some(_) => true,
        None => false,
    }
}

fn hear(text: String) {
    let Ok(message) = json::from_str::<Message>(&text) else {
        return;
    };
    if message.v != VERSION {
        return;
    }
    task::detach(async move {
        let id = message.id;
        if let Some(ok) = act(message).await {
            say("done", id, Done { ok });
        }
    });
}

fn read<T: DeserializeOwned>(payload: json::Value) -> Option<T> {
    T::deserialize(payload).ok()
}

/// Does what a message asks for; `None` where it asks for nothing that there is. What a survey does not do is left out
/// of its program by attributes: what stands after an `await` is never found dead.
async fn act(message: Message) -> Option<bool> {
    let payload = message.payload;
    Some(match message.kind.as_str() {
        "locale" => match read::<Spoken>(payload) {
            Some(spoken) => speak(&spoken.locale).await,
            None => false,
        },
        "theme" => read(payload).is_some_and(set_theme),
        #[cfg(not(feature = "survey"))]
        "prefill" => match read::<Prefill>(payload) {
            Some(given) => {
                PREFILL.set(given);
                drafts::prefill_open();
                true
            }
            None => false,
        },
        #[cfg(not(feature = "survey"))]
        "context" => set_context(payload),
        "navigate" => {
            let place: Place = read(payload).unwrap_or_default();
            let route = Route::of_view(&place.view, &place.type_id, &place.reference, &place.token);
            route.is_some_and(|route| {
                navigation::go(&route);
                true
            })
        }
        #[cfg(not(feature = "survey"))]
        "signIn" => {
            offer_sign_in();
            true
        }
        #[cfg(not(feature = "survey"))]
        "signOut" => {
            api::session::renew_by(None);
            let ended = session::sign_out().await.is_ok();
            // What stands on the page is theirs too.
            navigation::go(&Route::Home);
            ended
        }
        "token" => {
            let given: Given = read(payload).unwrap_or_default();
            ASKED.with_borrow(|asked| {
                if let Some(asked) = asked.as_ref().filter(|a| Some(a.id) == message.id) {
                    asked.token.fill(given.token);
                }
            });
            return None;
        }
        _ => return None,
    })
}

/// Takes what is said along with a new request: all of it, or else nothing.
#[cfg(not(feature = "survey"))]
fn set_context(payload: json::Value) -> bool {
    let context = read::<Context>(payload);
    if context.is_none() {
        tell("error", Code { code: "context" });
    }
    let taken = context.is_some();
    CONTEXT.set(context.unwrap_or_default());
    taken
}

// --- The look

fn set_theme(theme: Theme) -> bool {
    THEME.set(theme);
    draw();
    true
}

/// Draws with the theme, in the scheme of the system; says which colours had to be others.
fn draw() {
    let company = untrack(|| config::part(|config| config.theme.clone()));
    let asked = company
        .unwrap_or_default()
        .with(THEME.with_borrow(Clone::clone));
    let drawn = theme::resolve(&asked, DARK.get());
    for (name, value) in &drawn.tokens {
        host::set_token(&format!("--{name}"), Some(value));
    }
    host::set_token("color-scheme", Some(asked.preset.scheme()));
    if !drawn.adjusted.is_empty() {
        let pairs = drawn.adjusted.into_iter();
        let pairs = pairs
            .map(|a| [a.token.to_owned(), a.ground.to_owned(), a.asked, a.used])
            .collect();
        tell("theme:adjusted", Pairs { pairs });
    }
    for _ in drawn.refused {
        tell("error", Code { code: "theme" });
    }
}

// --- The session

fn offer_sign_in() {
    api::session::renew_by(Some(|| {
        Box::pin(sign_in()) as Pin<Box<dyn Future<Output = bool>>>
    }));
    task::detach(async {
        if sign_in().await {
            // Where the server cannot be reached, the next occasion will do.
            let _ = session::refresh().await;
        }
        SETTLED.with(|settled| settled.fill(()));
    });
}

/// Signs in by a token of the page around. One at a time: who asks meanwhile gets the same outcome.
async fn sign_in() -> bool {
    let under_way = SIGNING_IN.with_borrow(Clone::clone);
    let outcome = under_way.unwrap_or_else(|| {
        let outcome = Rc::new(Slot::new());
        SIGNING_IN.set(Some(Rc::clone(&outcome)));
        let told = Rc::clone(&outcome);
        // Apart from who asked first: a call that is no longer wanted is dropped, and the others still wait.
        task::detach(async move {
            let signed_in = try_sign_in().await;
            SIGNING_IN.set(None);
            told.fill(signed_in);
        });
        outcome
    });
    outcome.filled().await
}

async fn try_sign_in() -> bool {
    let expired = session::is_signed_in_untracked();
    let reason = if expired { "expired" } else { "start" };
    let Some(token) = ask_for_token(reason).await else {
        if expired {
            tell("auth:expired", Nothing {});
        }
        return false;
    };
    let outcome = api::session::by_host_token(&token).await;
    let refused = matches!(&outcome, Err(Failure::Problem { .. }));
    REFUSED.set(refused);
    if let Err(failure) = &outcome {
        let code = failure.code().map_or("unreachable", ProblemCode::as_str);
        tell("error", Code { code });
        if expired {
            tell("auth:expired", Nothing {});
        }
    }
    outcome.is_ok()
}

async fn ask_for_token(reason: &'static str) -> Option<String> {
    let id = LAST.get() + 1.0;
    LAST.set(id);
    let token = Rc::new(Slot::new());
    ASKED.set(Some(Asked {
        id,
        token: Rc::clone(&token),
    }));
    say("token", Some(id), Reason { reason });
    task::within(PATIENCE, token.filled()).await.flatten()
}

// --- What is told

fn follow(heard: RwSignal<bool>) {
    effect(move || {
        let (view, reference) = navigation::current().view();
        if heard.get() {
            let reference = reference.map(|r| r.to_string());
            tell("navigate", View { view, reference });
            if view == "sign-in" {
                tell("auth:required", Nothing {});
            }
        }
    });
    effect(move || {
        if heard.get() && was_found_to_keep_nothing() {
            tell("error", Code { code: "storage" });
        }
    });
    if cfg!(feature = "survey") {
        return;
    }
    effect(move || {
        let count = drafts::list().len();
        if heard.get() {
            tell("draft:changed", Count { count });
        }
    });
    follow_outbox();
    follow_requests();
}

/// What came of each request that is sent from here.
fn follow_outbox() {
    let mut known = HashMap::new();
    effect(move || {
        for entry in outbox::entries() {
            if !matches!(entry.parcel, outbox::Parcel::Request(_)) {
                continue;
            }
            let stage = match &entry.state {
                outbox::EntryState::Accepted(_) => 2,
                outbox::EntryState::Queued | outbox::EntryState::Sending { .. } => 0,
                _ => 1,
            };
            // What stood there from an earlier visit has been told then.
            let before = known.insert(entry.key.clone(), stage);
            if before == Some(stage) || before.is_none() && stage == 2 {
                continue;
            }
            match &entry.state {
                outbox::EntryState::Accepted(_) => {
                    let reference = entry.reference().map(|r| r.to_string());
                    let view = View {
                        view: "sent",
                        reference,
                    };
                    tell("submit:succeeded", view);
                }
                outbox::EntryState::Rejected(problem) => {
                    let code = problem.code.as_str();
                    tell("submit:failed", Code { code });
                }
                outbox::EntryState::NeedsLogin => {
                    let code = ProblemCode::Unauthenticated.as_str();
                    tell("submit:failed", Code { code });
                }
                outbox::EntryState::NeedsAttention => {
                    tell("submit:failed", Code { code: "attention" });
                }
                _ => tell("submit:started", Nothing {}),
            }
        }
    });
}

/// What is unread, and promises that change, of the account's newest requests.
fn follow_requests() {
    let states: Rc<RefCell<HashMap<String, &'static str>>> = Rc::default();
    let unread = Rc::new(Cell::new(None));
    effect(move || {
        let changes = live::any();
        if !matches!(session::signed_in(), session::SignedIn::Yes(_)) {
            return;
        }
        let (states, unread) = (Rc::clone(&states), Rc::clone(&unread));
        task::detach(async move {
            let newest = RequestQuery {
                limit: Some(50),
                ..RequestQuery::default()
            };
            let Ok(page) = api::requests::list(&newest).await else {
                return;
            };
            // Another one is on its way.
            if live::any_untracked() != changes {
                return;
            }
            let count: u32 = page.items.iter().map(|r| r.unread_count).sum();
            if unread.replace(Some(count)) != Some(count) {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                tell("unread", Count { count });
            }
            let first = states.borrow().is_empty();
            for request in &page.items {
                for promise in &request.promises {
                    let state = promise.state.as_str();
                    let key = format!("{} {} {}", request.id, promise.round, promise.key);
                    let before = states.borrow_mut().insert(key, state);
                    if !first && before != Some(state) {
                        let change = PromiseChange {
                            reference: request.reference.to_string(),
                            stage: promise.key.clone(),
                            state,
                        };
                        tell("promise:changed", change);
                    }
                }
            }
        });
    });
}
