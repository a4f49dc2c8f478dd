//! What goes when its time is over: answers to submissions, codes, links, sessions, counts, uploads, events.

use crate::{clock::real_now, files, limits, state::App, store};
use chrono::TimeDelta;
use std::time::Duration;

/// How long the answer to a submission is kept.
const ANSWERS_KEPT: TimeDelta = TimeDelta::days(90);
/// How many events are kept for who comes back.
const EVENTS_KEPT: u32 = 100_000;
/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// Goes round until the server stops.
pub async fn run(app: App) {
    if let Err(error) = app.files.forget_strays(&*app.store).await {
        tracing::warn!(%error, "what a crash left could not be taken away");
    }
    loop {
        if let Err(error) = records(&app).await {
            tracing::warn!(%error, "old records could not be forgotten");
        }
        if let Err(error) = app.store.empty_log().await {
            tracing::warn!(%error, "the log of the database could not be emptied");
        }
        if let Err(error) = uploads(&app).await {
            tracing::warn!(%error, "old uploads could not be forgotten");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn records(app: &App) -> store::Result<()> {
    let now = real_now();
    let mut tx = app.store.write().await?;
    tx.forget_answers((now - ANSWERS_KEPT).timestamp_millis())
        .await?;
    tx.forget_attempts((now - ANSWERS_KEPT).timestamp_millis())
        .await?;
    tx.forget_ended(now.timestamp_millis()).await?;
    tx.forget_events(EVENTS_KEPT).await?;
    limits::forget_old(app, &mut *tx).await?;
    tx.commit().await
}

async fn uploads(app: &App) -> Result<(), files::Failure> {
    app.files.forget_ended(&*app.store).await
}
