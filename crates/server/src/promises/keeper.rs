//! Looks at the clock: marks promises late at the instant, reminds the desk before and the customer for whom a request
//! waits, and counts anew when the policy or a calendar has changed. Nothing is remembered between two looks but what
//! the store holds, so a restart or a clock that is put forward or back changes nothing.

use super::{
    PromiseRecord,
    policy::{Policy, Stamps},
};
use crate::{
    delivery::letter::{self, Occasion},
    gateway::inward,
    http::messages::save,
    problem::ApiError,
    state::App,
    store::{
        Store, Tx,
        records::{RequestRecord, Scope},
    },
    view,
};
use portico_contract::{Instant, promise::PromiseState};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// Between two looks at what is due.
const TICK: Duration = Duration::from_secs(1);
/// Looks between two at whether the policy has changed.
const POLICY_TICKS: u32 = 5;
/// Requests looked at in one transaction.
const BATCH: u32 = 50;

/// Goes round until the server stops.
pub async fn run(app: App) {
    let mut ticks = 0;
    let mut read = app.policy().files.clone();
    // What was last wrong with it: said once, and tried again, because what is put right may be a file that was never
    // read.
    let mut wrong = None;
    // A calendar may have changed while the server was down.
    count_anew(&app, None).await;
    loop {
        if let Err(error) = look(&app).await {
            tracing::warn!(
                ?error,
                "promises that are due could not be looked at; again in a moment"
            );
        }
        if ticks == 0 {
            let found = read.now();
            if found != read || wrong.is_some() {
                (read, wrong) = match read_policy(&app).await {
                    Ok(files) => (files, None),
                    Err(error) => {
                        if wrong.as_ref() != Some(&error) {
                            tracing::error!(%error, "the policy stays as it was read before");
                        }
                        (found, Some(error))
                    }
                };
            }
        }
        ticks = (ticks + 1) % POLICY_TICKS;
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
            // What another desk has done in time is not late because nobody has looked.
            let tx = app.store.glance().await?;
            if inward::current(app, tx, &id, &Scope::Desk, Duration::ZERO)
                .await
                .is_err()
            {
                continue;
            }
            let mut tx = app.store.write().await?;
            let Some(mut record) = tx.request(&id, &Scope::Desk).await? else {
                continue;
            };
            remind(app, &mut record, now, &mut *tx).await?;
            remind_customer(app, &mut record, now, &mut *tx).await?;
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
    now: Instant,
    tx: &mut dyn Tx,
) -> Result<(), ApiError> {
    let policy = app.policy();
    let reference = record.reference;
    let running = |promise: &&mut PromiseRecord| promise.state == PromiseState::Running;
    for promise in record.promises.iter_mut().filter(running) {
        let (Some(due), Some(at)) = (promise.due, promise.remind_at) else {
            continue;
        };
        if at <= now {
            promise.remind_at = None;
            if let Some(desk) = policy.reminders.desk.as_ref().filter(|_| due.at > now) {
                letter::remind(app, tx, desk, reference, &promise.terms.label, due.at).await?;
            }
        }
    }
    Ok(())
}

/// Writes to the customer for whom it waits, unless the company has taken that back since.
async fn remind_customer(
    app: &App,
    record: &mut RequestRecord,
    now: Instant,
    tx: &mut dyn Tx,
) -> Result<(), ApiError> {
    if record.customer_remind_at.is_some_and(|at| at <= now) {
        record.customer_remind_at = None;
        if app.policy().reminders.customer_after.is_some() {
            letter::notify(app, tx, record, Occasion::Waiting).await?;
        }
    }
    Ok(())
}

/// Takes a policy that has changed, and gives the files that it was read from.
///
/// # Errors
/// What is wrong with it; then what was read before stays.
async fn read_policy(app: &App) -> Result<Stamps, String> {
    let old = app.policy();
    let new = Policy::load(app.settings.policy.as_deref())?;
    new.check_reach(app.clock.now().date_time().to_utc())?;
    check_in_use(&*app.store, &new).await?;
    let new = Arc::new(new);
    app.set_policy(Arc::clone(&new));
    tracing::info!("the policy was read anew");
    count_anew(app, Some(&old)).await;
    Ok(new.files.clone())
}

/// Whether the policy has every calendar on which something is owed: without it nothing that happens then could be
/// counted.
///
/// # Errors
/// A sentence that names the calendar that is missing, and how many requests need it; or that the store failed.
pub async fn check_in_use(store: &dyn Store, policy: &Policy) -> Result<(), String> {
    let mut missing: BTreeMap<String, u32> = BTreeMap::new();
    let mut tx = store.read().await.map_err(|e| e.to_string())?;
    for id in tx.open_requests().await.map_err(|e| e.to_string())? {
        let record = tx
            .request(&id, &Scope::Desk)
            .await
            .map_err(|e| e.to_string())?;
        let promises = record.iter().flat_map(|record| &record.promises);
        let owed = promises.filter(|promise| promise.is_open() && promise.started_at.is_some());
        let calendars = owed.map(|promise| promise.terms.calendar.as_str());
        let gone = calendars.filter(|id| policy.calendar(id).is_none());
        for id in gone.collect::<BTreeSet<_>>() {
            *missing.entry(id.to_owned()).or_default() += 1;
        }
    }
    match missing.first_key_value() {
        Some((id, count)) => Err(format!(
            "the policy has no calendar {id:?} any more, but promises of {count} open request(s) are counted on it; \
             name it under [[calendars]] until they have ended"
        )),
        None => Ok(()),
    }
}

async fn count_anew(app: &App, old: Option<&Policy>) {
    if let Err(error) = revise(app, old, &app.policy()).await {
        tracing::warn!(?error, "not every promise could be counted again");
    }
}

async fn revise(app: &App, old: Option<&Policy>, new: &Policy) -> Result<(), ApiError> {
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
            if entries.iter().any(|entry| entry.public) {
                let reason = view::calendar_changed(app, &record.dates_changed(now), record.locale);
                letter::notify(app, &mut *tx, &record, Occasion::Moved(Some(&reason))).await?;
            }
            tx.commit().await?;
        }
    }
    Ok(())
}
