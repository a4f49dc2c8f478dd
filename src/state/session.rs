//! Who is signed in.
//!
//! [`signed_in`] is for views; [`request_code`], [`redeem`] and [`sign_out`] are for the pages. Signing out clears what
//! is kept on this device: drafts, files, what waits to be sent, tokens. Ask first when `outbox::has_unsent`.
//! The tabs tell each other, and a call that finds the session ended (401) makes it known here.

use super::{drafts, outbox};
use crate::{
    api::{self, Failure},
    browser::{channel::Channel, events, key_value, task},
};
use leptos::prelude::*;
use portico_contract::{
    problem::ProblemCode,
    session::{Channel as CodeChannel, Me, Redeem, Session, SignedInAt},
};
use portico_view::effect;
use std::{cell::RefCell, sync::LazyLock};

/// Who is signed in.
#[derive(Debug, Clone, PartialEq)]
pub enum SignedIn {
    /// Not known yet: the server has not been reached.
    Unknown,
    /// Nobody.
    No,
    /// This customer.
    Yes(Me),
}

static SIGNED_IN: LazyLock<ArcRwSignal<SignedIn>> =
    LazyLock::new(|| ArcRwSignal::new(SignedIn::Unknown));

/// At which provider.
static SIGNED_IN_AT: LazyLock<ArcRwSignal<Option<SignedInAt>>> =
    LazyLock::new(ArcRwSignal::default);

/// Where this tab notes that it went to a provider: whoever comes back signed in is news to the other tabs.
const AWAY: &str = "portico.away";

thread_local! { static TABS: RefCell<Option<Channel>> = const { RefCell::new(None) }; }

/// Who is signed in. Reactive.
pub fn signed_in() -> SignedIn {
    SIGNED_IN.get()
}

/// At which provider they have signed in; `None` where they came another way. Reactive.
pub fn signed_in_at() -> Option<SignedInAt> {
    SIGNED_IN_AT.get()
}

/// Whether somebody is signed in, for event handlers.
pub fn is_signed_in_untracked() -> bool {
    SIGNED_IN.with_untracked(|who| matches!(who, SignedIn::Yes(_)))
}

/// Whether somebody is signed in; asks the server when that is not known yet. False where it cannot be reached.
pub async fn known() -> bool {
    if SIGNED_IN.with_untracked(|who| *who == SignedIn::Unknown) {
        let _ = refresh().await;
    }
    is_signed_in_untracked()
}

fn know(mut session: Option<Session>) {
    SIGNED_IN_AT.set(session.as_mut().and_then(|s| s.provider.take()));
    let who = session
        .and_then(|s| s.customer)
        .map_or(SignedIn::No, SignedIn::Yes);
    if SIGNED_IN.with_untracked(|known| *known != who) {
        SIGNED_IN.set(who);
        outbox::proven();
    }
}

/// Asks the server who is signed in; what is known stays where it cannot be reached.
///
/// # Errors
/// See [`Failure`].
pub async fn refresh() -> Result<(), Failure> {
    know(api::session::current().await?);
    Ok(())
}

/// Has a sign-in code sent.
///
/// # Errors
/// See [`Failure`].
pub async fn request_code(channel: CodeChannel, address: &str) -> Result<(), Failure> {
    api::session::request_code(channel, address).await
}

/// Begins to sign in at a provider; `then` is where to go afterwards. Gives the address there.
///
/// # Errors
/// See [`Failure`].
pub async fn begin_at(provider: &str, then: String) -> Result<String, Failure> {
    let address = api::session::begin_at(provider, then).await?;
    key_value::session().set(AWAY, "1");
    Ok(address)
}

/// Signs in with a code.
///
/// # Errors
/// See [`Failure`].
pub async fn redeem(redeem: &Redeem) -> Result<(), Failure> {
    api::session::redeem(redeem).await?;
    refresh().await?;
    tell_tabs();
    Ok(())
}

/// Signs out and clears what is kept on this device.
///
/// # Errors
/// See [`Failure`]; what is kept on this device is cleared all the same.
pub async fn sign_out() -> Result<(), Failure> {
    let ended = api::session::end().await;
    super::tracking::forget_all();
    drafts::clear().await;
    outbox::clear().await;
    if ended.is_ok() {
        know(None);
    }
    tell_tabs();
    ended
}

fn tell_tabs() {
    TABS.with_borrow(|tabs| {
        if let Some(tabs) = tabs {
            tabs.say("session");
        }
    });
}

fn look_again() {
    task::detach(async {
        // Where the server cannot be reached, the next occasion will do.
        let _ = refresh().await;
    });
}

/// Begins. Called once, in the owner that lives as long as the application.
pub(super) fn start() {
    TABS.set(Some(Channel::open("portico.session", |_| look_again())));
    let was_away = key_value::session().take(AWAY).is_some();
    task::detach(async move {
        // Where the server cannot be reached, the next occasion will do.
        if refresh().await.is_ok() && was_away && is_signed_in_untracked() {
            tell_tabs();
        }
    });
    let unknown = || {
        if SIGNED_IN.with_untracked(|who| *who == SignedIn::Unknown) {
            look_again();
        }
    };
    let online = events::on_window("online", move |_| unknown());
    let seen = events::on_document("visibilitychange", move |_| unknown());
    for listener in [online, seen].into_iter().flatten() {
        listener.forever();
    }
    effect(|| {
        if api::session::lost() > 0 && is_signed_in_untracked() {
            know(None);
        }
    });
}

/// Whether a failure means that the customer must sign in (again).
pub fn is_needed(failure: &Failure) -> bool {
    failure.code() == Some(ProblemCode::Unauthenticated)
}
