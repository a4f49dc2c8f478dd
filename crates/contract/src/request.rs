//! A request (a complaint is one) as its customer sees it.

use crate::{
    Instant,
    code::Reference,
    form::FieldValue,
    id::{FieldId, RequestId, TypeId},
    promise::Promise,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// Where a request stands.
    Status {
        /// Taken, not yet at the desk (the desk behind a gateway is down).
        Queued = "queued",
        /// At the desk, nobody has begun.
        New = "new",
        /// Somebody works on it.
        Open = "open",
        /// Waits for somebody (see `waiting_on`).
        Pending = "pending",
        /// The desk says it is done; the customer has not confirmed.
        Resolved = "resolved",
        /// Finished.
        Closed = "closed",
    }
}

words! {
    /// Whose turn it is.
    WaitingOn {
        /// The customer's.
        Customer = "customer",
        /// The company's.
        Provider = "provider",
        /// A partner's.
        ThirdParty = "third_party",
    }
}

words! {
    /// How a request ended.
    Outcome {
        /// What was asked for was done.
        Done = "done",
        /// The reason was explained.
        Explained = "explained",
        /// What went wrong was put right.
        Remedied = "remedied",
        /// The customer was compensated.
        Compensated = "compensated",
        /// The complaint was examined and not found justified.
        NotUpheld = "not_upheld",
        /// It could not be accepted.
        Rejected = "rejected",
        /// The customer took it back.
        Withdrawn = "withdrawn",
        /// Another request is about the same.
        Duplicate = "duplicate",
        /// It goes on in another request.
        Merged = "merged",
    }
}

words! {
    /// What a request is about, the same across companies.
    Kind {
        /// Something does not work.
        Fault = "fault",
        /// A question.
        Consultation = "consultation",
        /// Teaching people.
        Training = "training",
        /// New technical material or versions.
        TechnicalUpdate = "technical_update",
        /// Setting up.
        Installation = "installation",
        /// Mending.
        Repair = "repair",
        /// A claim under warranty.
        Warranty = "warranty",
        /// Return or exchange.
        Return = "return",
        /// Regular care.
        Maintenance = "maintenance",
        /// Dissatisfaction that wants an answer.
        Complaint = "complaint",
        /// An idea.
        Suggestion = "suggestion",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// How pressing it is, as the customer says.
    Urgency {
        /// Work has stopped, or there is danger.
        Urgent = "urgent",
        /// The usual.
        Regular = "regular",
        /// A circumstance that the customer explains.
        Special = "special",
    }
}

words! {
    /// How grave it is, as the desk decides.
    Grade {
        /// Watched closely.
        Major = "major",
        /// Work has stopped, or there is danger.
        Urgent = "urgent",
        /// The usual.
        Regular = "regular",
        /// A special circumstance.
        Special = "special",
    }
}

words! {
    /// How much work it is, as the desk decides.
    Class {
        /// Solved in the usual way.
        General = "general",
        /// Answered with a plan first.
        Complex = "complex",
    }
}

words! {
    /// A step's place in time.
    StepState {
        /// Behind us.
        Done = "done",
        /// Where the request is.
        Current = "current",
        /// Still to come.
        Next = "next",
    }
}

words! {
    /// A step on the way of a request: four (accepted to answered) or seven (requested to closed).
    StepKey {
        /// First of four.
        Accepted = "accepted",
        /// Second of four.
        Assessed = "assessed",
        /// Third of four.
        Handled = "handled",
        /// Last of four.
        Answered = "answered",
        /// First of seven.
        Requested = "requested",
        /// Second of seven.
        Registered = "registered",
        /// Third of seven.
        Analysed = "analysed",
        /// Fourth of seven.
        SolutionProposed = "solution_proposed",
        /// Fifth of seven.
        CarriedOut = "carried_out",
        /// Sixth of seven.
        Feedback = "feedback",
        /// Last of seven.
        Closed = "closed",
    }
}

words! {
    /// What a customer can do with a request.
    Action {
        /// Write a message.
        Reply = "reply",
        /// Add files to a message.
        Attach = "attach",
        /// Say that it is solved.
        Confirm = "confirm",
        /// Say that it is not.
        Reopen = "reopen",
        /// Take it back.
        Withdraw = "withdraw",
        /// Agree to the proposed solution.
        AcceptProposal = "accept_proposal",
        /// Not agree to it.
        DeclineProposal = "decline_proposal",
        /// Ask where it is.
        Chase = "chase",
        /// Ask for somebody higher.
        Escalate = "escalate",
        /// Ask for a second review.
        Review = "review",
        /// Let somebody follow.
        Follow = "follow",
        /// Change what was sent.
        Edit = "edit",
    }
}

words! {
    /// Why an action is not possible now.
    Refusal {
        /// The desk has not said that it is done.
        NotResolved = "not_resolved",
        /// The desk has said that it is done: confirm or reopen.
        AlreadyResolved = "already_resolved",
        /// It is finished.
        AlreadyClosed = "already_closed",
        /// The time for reopening is over.
        WindowOver = "window_over",
        /// The time for a second review is over.
        ReviewOver = "review_over",
        /// Somebody works on it already.
        NotNew = "not_new",
        /// It has not reached the desk yet.
        Queued = "queued",
        /// No proposal waits for an answer.
        NoProposal = "no_proposal",
        /// The desk waits for the customer.
        YourTurn = "your_turn",
        /// The desk has said something not long ago (`next_at` says from when it can be asked).
        TooSoon = "too_soon",
        /// The customer has asked not long ago (`next_at` says from when again).
        AskedLately = "asked_lately",
        /// It was asked as often as it can be.
        LimitReached = "limit_reached",
        /// It lies with the highest already.
        TopReached = "top_reached",
        /// A second review was asked for already; there is one.
        Reviewed = "reviewed",
        /// No survey was offered.
        NotOffered = "not_offered",
        /// As many people follow as may.
        FollowersFull = "followers_full",
        /// Who follows reads; who sent it acts.
        Following = "following",
    }
}

words! {
    /// A rung of the review ladder.
    RungKey {
        /// Somebody else at the company looks at it again.
        SecondReview = "second_review",
        /// Somebody outside the company decides.
        OutsideBody = "outside_body",
    }
}

words! {
    /// What is with the survey of a request.
    SurveyState {
        /// None was offered.
        NotOffered = "not_offered",
        /// It can be answered.
        Offered = "offered",
        /// It was answered.
        Answered = "answered",
        /// Its time is over.
        Expired = "expired",
    }
}

/// The request type a request was made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TypeName {
    /// Its id in the service catalogue.
    pub id: TypeId,
    /// Its name in the language of the answer.
    pub name: String,
}

/// One step of the stepper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// Which one.
    pub key: StepKey,
    /// Its name in the language of the answer.
    pub label: String,
    /// Done, current or next.
    pub state: StepState,
    /// When it was reached.
    pub at: Option<Instant>,
}

/// A field's value with the words for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldDisplay {
    /// The field.
    pub id: FieldId,
    /// Its label in the language of the answer.
    pub label: String,
    /// What was sent.
    pub value: FieldValue,
    /// What to show.
    pub display: String,
}

/// Who handles a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Handler {
    /// The person, where the company names one.
    pub name: Option<String>,
    /// The team.
    pub team: Option<String>,
    /// The partner who handles it, if one does.
    pub third_party: Option<String>,
}

/// Somebody who follows a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Participant {
    /// What to call them.
    pub name: String,
    /// Their address, for who may take them out again.
    #[serde(default)]
    pub email: Option<String>,
}

/// Whom an escalation has reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Escalation {
    /// The level, from 1.
    pub level: u32,
    /// Who has it now, in the language of the answer.
    pub target: String,
    /// Since when.
    pub at: Instant,
}

/// A way on for who is not satisfied, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rung {
    /// Which.
    pub key: RungKey,
    /// Its name in the language of the answer.
    pub label: String,
    /// What it is and what it leads to, in the language of the answer.
    pub text: String,
    /// Done, current or next.
    pub state: StepState,
    /// From when it is open; `None` while that is not known.
    #[serde(default)]
    pub from: Option<Instant>,
    /// Until when; `None` for ever.
    #[serde(default)]
    pub until: Option<Instant>,
    /// The page of the outside body.
    #[serde(default)]
    pub url: Option<String>,
    /// Its telephone number.
    #[serde(default)]
    pub phone: Option<String>,
}

/// Whether an action is possible, and if not, why and from when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionState {
    /// Possible now.
    pub allowed: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Refusal>,
    /// Possible until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Possible again from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Instant>,
}

/// What is with the survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SurveySummary {
    /// How it stands.
    pub state: SurveyState,
    /// Until when it can be answered, and an answer be changed; `None` when none was offered.
    pub editable_until: Option<Instant>,
}

/// A request, whole. Lists carry the same shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Request {
    /// For the API.
    pub id: RequestId,
    /// For people.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub reference: Reference,
    /// The same across companies.
    pub kind: Kind,
    /// The company's own.
    #[serde(rename = "type")]
    pub request_type: TypeName,
    /// One line.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// The company's word for it.
    pub status_label: String,
    /// One sentence: what that means.
    pub status_meaning: String,
    /// Whose turn it is; `None` when nobody's.
    pub waiting_on: Option<WaitingOn>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The customer's word.
    pub urgency: Urgency,
    /// The desk's word.
    pub grade: Grade,
    /// The desk's word.
    pub class: Class,
    /// Why the desk decided on grade and class, in its words.
    #[serde(default)]
    pub grade_reason: Option<String>,
    /// When it was received.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// The desk cannot be reached: this is what it said then, and may be old. `None` when it is what the desk says.
    #[serde(default)]
    pub as_of: Option<Instant>,
    /// When the desk said that it is done.
    pub resolved_at: Option<Instant>,
    /// When it was finished.
    pub closed_at: Option<Instant>,
    /// The stepper, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What was promised.
    #[serde(default)]
    pub promises: Vec<Promise>,
    /// What the form asked.
    #[serde(default)]
    pub fields: Vec<FieldDisplay>,
    /// Who handles it.
    #[serde(default)]
    pub handler: Option<Handler>,
    /// Who follows it.
    #[serde(default)]
    pub participants: Vec<Participant>,
    /// The reader follows it: reads, and can do nothing but stop following.
    #[serde(default)]
    pub following: bool,
    /// Whom it was escalated to, the last time.
    #[serde(default)]
    pub escalation: Option<Escalation>,
    /// The ways on for who is not satisfied; empty where the company has none.
    #[serde(default)]
    pub ladder: Vec<Rung>,
    /// The request that this one goes on from.
    #[serde(default)]
    pub follow_up_of: Option<RequestId>,
    /// The `at` of the last entry of the timeline that the reader has seen.
    #[serde(default)]
    pub seen_at: Option<Instant>,
    /// Entries of the timeline, by others, that the reader has not seen.
    #[serde(default)]
    pub unread_count: u32,
    /// What exists here. An absent action has no control.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, ActionState>))]
    pub actions: BTreeMap<Action, ActionState>,
    /// The survey.
    pub survey: SurveySummary,
}
