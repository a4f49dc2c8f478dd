//! What went wrong, in words: from the code alone, never from a server's text, always with what to do next.

use super::{Message, m};
use crate::api::Failure;
use portico_contract::{
    problem::{FieldProblem, ProblemCode},
    request::Refusal,
    session::SignInTrouble,
};

/// One or two sentences for a call that did not succeed.
pub fn failure(failure: &Failure) -> String {
    match failure {
        Failure::Network | Failure::Timeout => m::failure_network(),
        Failure::Foreign { .. } => m::failure_foreign(),
        Failure::Problem { problem, .. } => match problem.code {
            ProblemCode::Unauthenticated => m::failure_unauthenticated(),
            ProblemCode::Forbidden | ProblemCode::NotFound => m::failure_not_found(),
            ProblemCode::ActionNotAllowed | ProblemCode::Conflict | ProblemCode::Stale => {
                m::failure_changed()
            }
            ProblemCode::Gone => m::failure_gone(),
            ProblemCode::PayloadTooLarge => m::failure_too_large(),
            ProblemCode::UnsupportedMedia => m::failure_media(),
            ProblemCode::Validation => m::failure_validation(),
            ProblemCode::RateLimited => m::failure_rate_limited(),
            ProblemCode::InProgress | ProblemCode::BackendUnavailable => m::failure_unavailable(),
            ProblemCode::BackendRejected => m::failure_rejected(),
            ProblemCode::BadRequest
            | ProblemCode::MethodNotAllowed
            | ProblemCode::IdempotencyMismatch
            | ProblemCode::Internal
            | ProblemCode::Unknown => m::failure_internal(),
        },
    }
}

/// What to do about a field, by its label.
pub fn field_problem(problem: FieldProblem, label: &str) -> String {
    match problem {
        FieldProblem::Required => m::field_required(label),
        FieldProblem::TooLong => m::field_too_long(label),
        FieldProblem::TooShort => m::field_too_short(label),
        FieldProblem::NotAnOption => m::field_not_an_option(label),
        FieldProblem::NotANumber => m::field_not_a_number(label),
        FieldProblem::TooSmall => m::field_too_small(label),
        FieldProblem::TooLarge => m::field_too_large(label),
        FieldProblem::NotADate => m::field_not_a_date(label),
        FieldProblem::NotAnEmail => m::field_not_an_email(),
        FieldProblem::NotAPhone => m::field_not_a_phone(label),
        FieldProblem::UnknownUpload => m::field_unknown_upload(),
        FieldProblem::Pattern
        | FieldProblem::UnknownField
        | FieldProblem::WrongType
        | FieldProblem::Unknown => m::field_pattern(label),
    }
}

/// Why somebody who went elsewhere to sign in came back as nobody.
pub fn sign_in_trouble(trouble: SignInTrouble) -> Message {
    match trouble {
        SignInTrouble::Cancelled => m::sign_in_trouble_cancelled,
        SignInTrouble::Over => m::sign_in_trouble_over,
        SignInTrouble::Unavailable => m::sign_in_trouble_unavailable,
        SignInTrouble::NoAddress => m::sign_in_trouble_no_address,
        SignInTrouble::TooOften => m::sign_in_trouble_too_often,
        SignInTrouble::Refused | SignInTrouble::Unknown => m::sign_in_trouble_refused,
    }
}

/// Why an action is not possible now.
pub fn refusal(reason: Refusal) -> String {
    match reason {
        Refusal::NotResolved => m::refusal_not_resolved(),
        Refusal::AlreadyResolved => m::refusal_already_resolved(),
        Refusal::AlreadyClosed => m::refusal_already_closed(),
        Refusal::ReviewOver => m::refusal_review_over(),
        Refusal::WindowOver => m::refusal_window_over(),
        Refusal::NotNew => m::refusal_not_new(),
        Refusal::Queued => m::refusal_queued(),
        Refusal::NoProposal => m::refusal_no_proposal(),
        Refusal::YourTurn => m::refusal_your_turn(),
        Refusal::AskedLately => m::refusal_asked_lately(),
        Refusal::TooSoon => m::refusal_too_soon(),
        Refusal::LimitReached => m::refusal_limit_reached(),
        Refusal::TopReached => m::refusal_top_reached(),
        Refusal::Reviewed => m::refusal_reviewed(),
        Refusal::NotOffered => m::refusal_not_offered(),
        Refusal::FollowersFull => m::refusal_followers_full(),
        Refusal::Following => m::refusal_following(),
        Refusal::Unknown => m::refusal_other(),
    }
}
