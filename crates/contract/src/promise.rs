//! A promise as the portal is told it. Only a server computes one.

use crate::{
    Instant,
    form::FieldValue,
    id::{FieldId, TypeId},
    request::{Action, Class, Grade, Kind, Rung, Urgency},
    words::strict,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

words! {
    /// Why a clock stands still.
    PauseReason {
        /// The customer has to answer first.
        WaitingForCustomer = "waiting_for_customer",
        /// A partner has to act first.
        WaitingForThirdParty = "waiting_for_third_party",
        /// Another reason, which `note` says.
        OnHold = "on_hold",
    }
}

words! {
    /// Why a day counted or did not.
    DayReason {
        /// Counted: worked as every week.
        WorkingDay = "working_day",
        /// Counted: worked in place of another day.
        MakeUpDay = "make_up_day",
        /// Counted: worked at other hours than usual, such as a half day.
        OwnHours = "own_hours",
        /// Counted by its weekday, though the calendar does not know the date yet.
        Provisional = "provisional",
        /// Not counted: the day of receipt.
        Received = "received",
        /// Not counted: received too late in the day.
        AfterCutoff = "after_cutoff",
        /// Not counted: begun when the hours of the day were over.
        AfterHours = "after_hours",
        /// Not counted: not worked in any week.
        Weekend = "weekend",
        /// Not counted: a holiday.
        DayOff = "day_off",
        /// Not counted: the clock stood still.
        Paused = "paused",
        /// Not counted: lies before the date that somebody set.
        Moved = "moved",
    }
}

words! {
    /// What happened to a promise.
    PromiseChange {
        /// Its clock started.
        Started = "started",
        /// Its clock stands still.
        Paused = "paused",
        /// Its clock runs again.
        Resumed = "resumed",
        /// Its date was moved.
        Moved = "moved",
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

/// The calendar that a promise is counted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CalendarName {
    /// Names it.
    pub id: String,
    /// Its name in the language of the answer.
    pub name: String,
    /// IANA name of its zone.
    pub time_zone: String,
}

/// A time in which the clock stood still.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pause {
    /// Since when.
    pub from: Instant,
    /// Until when; `None` while it lasts.
    pub to: Option<Instant>,
    /// Why.
    pub reason: PauseReason,
    /// Why, in the desk's words.
    #[serde(default)]
    pub note: Option<String>,
    /// When it will probably end.
    #[serde(default)]
    pub expected_end: Option<Instant>,
}

/// A date that was moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Moved {
    /// The date before.
    pub from: Instant,
    /// The date after.
    pub to: Instant,
    /// Why, in the desk's words, or what changed in the calendar.
    pub reason: String,
    /// When it was moved.
    pub at: Instant,
}

/// What the customer may do about a promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextRight {
    /// What.
    pub action: Action,
    /// From when.
    pub from: Instant,
}

/// One promise on a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Promise {
    /// Names the promise within its request.
    pub key: String,
    /// Its name in the language of the answer.
    pub label: String,
    /// Which time round: grows when the request is reopened, and what was promised before stays.
    #[serde(default = "first_round")]
    pub round: u32,
    /// How much time.
    pub goal: Goal,
    /// What it is counted on.
    #[serde(default)]
    pub calendar: Option<CalendarName>,
    /// When the clock started; `None` while waiting.
    pub started_at: Option<Instant>,
    /// The first instant after the time is up; `None` while waiting.
    pub due_at: Option<Instant>,
    /// The date lies past the known range of the calendar.
    #[serde(default)]
    pub provisional: bool,
    /// Working days that are left, today among them where it counts; `None` unless it runs and is counted in them.
    #[serde(default)]
    pub days_left: Option<u32>,
    /// How it stands.
    pub state: PromiseState,
    /// When it was kept.
    pub met_at: Option<Instant>,
    /// When its clock stood still, in order.
    #[serde(default)]
    pub pauses: Vec<Pause>,
    /// How its date was moved, in order.
    #[serde(default)]
    pub moved: Vec<Moved>,
    /// What the customer may do about it next.
    #[serde(default)]
    pub next_right: Option<NextRight>,
}

const fn first_round() -> u32 {
    1
}

/// One date of `GET /requests/{id}/promises/{key}/days`, in order from receipt to deadline; empty for hours by the clock
/// on the wall, which need no reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromiseDay {
    /// The date, in the calendar's zone.
    pub date: NaiveDate,
    /// Whether it counted.
    pub counted: bool,
    /// Why.
    pub reason: DayReason,
    /// The holiday's name in the language of the answer.
    #[serde(default)]
    pub name: Option<String>,
}

/// `POST /promises/preview`: what would be promised if this were sent now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// Which form.
    pub type_id: TypeId,
    /// The form's answers so far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, FieldValue>))]
    pub fields: BTreeMap<FieldId, FieldValue>,
    /// Default: regular.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict"
    )]
    pub urgency: Option<Urgency>,
}

/// The answer to [`PreviewRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// In the order in which they are due; what waits for its stage comes last.
    pub promises: Vec<Promise>,
}

/// `GET /promises`: what the company promises everybody, and the ways on for who is not satisfied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standards {
    /// In the company's order.
    pub items: Vec<Standard>,
    /// To whom a request can be escalated, in order, in the language of the answer.
    #[serde(default)]
    pub escalation: Vec<String>,
    /// What comes after that.
    #[serde(default)]
    pub ladder: Vec<Rung>,
}

/// What is promised for requests of some kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standard {
    /// Which kinds; empty: all.
    pub kinds: Vec<Kind>,
    /// What.
    pub promises: Vec<StandardPromise>,
}

/// One promise as the company makes it, before there is a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StandardPromise {
    /// Its name in the language of the answer.
    pub label: String,
    /// How much time.
    pub goal: Goal,
    /// For these grades alone; empty: all.
    #[serde(default)]
    pub grades: Vec<Grade>,
    /// For these classes alone; empty: all.
    #[serde(default)]
    pub classes: Vec<Class>,
}
