//! Looks at the clock: marks promises late at the instant, reminds the desk before, and counts anew when the policy or a
//! calendar has changed. Nothing is remembered between two looks but what the store holds, so a restart or a clock that
//! is put forward or back changes nothing.

use super::Policy;
use crate::{
    delivery::letter::{self, Occasion},
    http::messages::save,
    problem::ApiError,
    state::App,
    store::records::{RequestRecord, Scope},
};
use chrono::TimeDelta;
use portico_contract::{Instant, promise::PromiseState};
use std::{sync::Arc, time::Duration};

/// Between two looks at what is due.
const TICK: Duration = Duration::from_secs(1);
/// Looks between two at whether the policy has changed.
const POLICY_TICKS: u32 = 5;
/// Requests looked at in one transaction.
const BATCH: u32 = 50;

/// Goes round until the server stops.
pub async fn run(app: App) {
    let mut ticks = 0;
    loop {
        if let Err(error) = look(&app).await {
            tracing::warn!(%error, "promises that are due could not be looked at; again in a moment");
        }
        if ticks % POLICY_TICKS == 0 {
            read_policy(&app).await;
        }
        ticks += 1;
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn look(app: &App) -> Result<(), ApiError> {
    loop {
        let now = app.clock.now();
        let due = app.store.read().await?.due_requests(now, BATCH).await?;
        if due.is_empty() {
            return Ok(());
        }
        for id in due {
            let mut tx = app.store.write().await?;
            let Some(mut record) = tx.request(&id, &Scope::Desk).await? else {
                continue;
            };
            let policy = app.policy();
            remind(app, &mut record, &policy, now, &mut *tx).await?;
            let late = record.mark_late(now);
            for entry in &late {
                tx.add_entry(entry).await?;
            }
            if late.iter().any(|entry| entry.public) {
                save(&mut *tx, &record).await?;
                letter::notify(app, &mut *tx, &record, Occasion::Late).await?;
            } else {
                tx.update_request(&record).await?;
            }
            tx.commit().await?;
        }
    }
}

/// Writes to the desk before a date.
async fn remind(
    app: &App,
    record: &mut RequestRecord,
    policy: &Policy,
    now: Instant,
    tx: &mut dyn crate::store::Tx,
) -> Result<(), ApiError> {
    let Some(before) = policy.remind_before() else {
        return Ok(());
    };
    let reference = record.reference;
    for promise in &mut record.promises {
        let Some(due) = promise.due.filter(|_| promise.state == PromiseState::Running) else {
            continue;
        };
        if !promise.reminded && due.at.plus(-before).is_some_and(|from| from <= now) {
            promise.reminded = true;
            if due.at > now {
                letter::remind(app, tx, reference, &promise.terms.label, due.at).await?;
            }
        }
    }
    Ok(())
}

/// Takes a policy that has changed; what is wrong with it is said, and what was read before stays.
async fn read_policy(app: &App) {
    let old = app.policy();
    if !old.is_stale() {
        return;
    }
    match Policy::load(app.settings.policy.as_deref()) {
        Ok(new) => {
            let new = Arc::new(new);
            app.set_policy(Arc::clone(&new));
            tracing::info!("the policy was read anew");
            if let Err(error) = revise(app, &old, &new).await {
                tracing::warn!(%error, "not every promise could be counted again");
            }
        }
        Err(error) => {
            old.seen();
            tracing::error!(%error, "the policy stays as it was read before");
        }
    }
}

async fn revise(app: &App, old: &Policy, new: &Policy) -> Result<(), ApiError> {
    let open = app.store.read().await?.open_requests().await?;
    for id in open {
        let mut tx = app.store.write().await?;
        let Some(mut record) = tx.request(&id, &Scope::Desk).await? else {
            continue;
        };
        let now = app.clock.now();
        if let Some(entries) = record.revise_promises(old, new, now) {
            for entry in &entries {
                tx.add_entry(entry).await?;
            }
            if entries.is_empty() {
                record.changed(now);
            }
            save(&mut *tx, &record).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

impl Policy {
    /// How long before a date the desk is reminded; `None`: it has no address.
    #[must_use]
    pub fn remind_before(&self) -> Option<TimeDelta> {
        self.reminders
            .desk
            .as_ref()
            .map(|_| TimeDelta::hours(self.reminders.hours_before.into()))
    }
}
