//! A promise as the portal is told it. Only a server computes one.

use crate::Instant;
use serde::{Deserialize, Serialize};

words! {
    /// What a goal is counted in.
    Unit {
        /// Hours by the clock.
        Hours = "hours",
        /// Hours of a working calendar.
        WorkingHours = "working_hours",
        /// Days of a working calendar.
        WorkingDays = "working_days",
    }
}

words! {
    /// How a promise stands.
    PromiseState {
        /// Starts when its stage is declared.
        Waiting = "waiting",
        /// The clock runs.
        Running = "running",
        /// The clock stands still.
        Paused = "paused",
        /// Kept in time.
        Kept = "kept",
        /// Due and not kept.
        Late = "late",
        /// Kept after it was due.
        KeptLate = "kept_late",
        /// No longer owed.
        Void = "void",
    }
}

/// How much time was promised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Goal {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

/// One promise on a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Promise {
    /// Names the promise within its request.
    pub key: String,
    /// Its name in the language of the answer.
    pub label: String,
    /// How much time.
    pub goal: Goal,
    /// When the clock started; `None` while waiting.
    pub started_at: Option<Instant>,
    /// The first instant after the time is up; `None` while waiting.
    pub due_at: Option<Instant>,
    /// The date lies past the known range of the calendar.
    #[serde(default)]
    pub provisional: bool,
    /// How it stands.
    pub state: PromiseState,
    /// When it was kept.
    pub met_at: Option<Instant>,
}
