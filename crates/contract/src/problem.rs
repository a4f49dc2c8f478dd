//! Errors on the wire: RFC 9457 `application/problem+json`.

use serde::{Deserialize, Serialize};

words! {
    /// What went wrong, for programs. The portal words a problem from this, never from its text.
    ProblemCode {
        /// 400
        BadRequest = "bad_request",
        /// 401
        Unauthenticated = "unauthenticated",
        /// 403
        Forbidden = "forbidden",
        /// 404, also for what belongs to somebody else
        NotFound = "not_found",
        /// 405
        MethodNotAllowed = "method_not_allowed",
        /// 409: the request's state does not allow the action
        ActionNotAllowed = "action_not_allowed",
        /// 409
        Conflict = "conflict",
        /// 409: the same submission is being handled at this moment
        InProgress = "in_progress",
        /// 410
        Gone = "gone",
        /// 412: the request has changed since it was read
        Stale = "stale",
        /// 413
        PayloadTooLarge = "payload_too_large",
        /// 415
        UnsupportedMedia = "unsupported_media",
        /// 422
        Validation = "validation",
        /// 422: the same Idempotency-Key came with another body
        IdempotencyMismatch = "idempotency_mismatch",
        /// 429
        RateLimited = "rate_limited",
        /// 500: the server failed; nothing was stored
        Internal = "internal",
        /// 502
        BackendRejected = "backend_rejected",
        /// 503
        BackendUnavailable = "backend_unavailable",
    }
}

impl ProblemCode {
    /// The HTTP status that belongs to the code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::ActionNotAllowed | Self::Conflict | Self::InProgress => 409,
            Self::Gone => 410,
            Self::Stale => 412,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::Validation | Self::IdempotencyMismatch => 422,
            Self::RateLimited => 429,
            Self::BackendRejected => 502,
            Self::BackendUnavailable => 503,
            Self::Internal | Self::Unknown => 500,
        }
    }
}

words! {
    /// What is wrong with one field.
    FieldProblem {
        /// Nothing was given where something is needed.
        Required = "required",
        /// More characters (or items) than allowed.
        TooLong = "too_long",
        /// Fewer characters than needed.
        TooShort = "too_short",
        /// Not one of the choices.
        NotAnOption = "not_an_option",
        /// Not a number.
        NotANumber = "not_a_number",
        /// Less than the least.
        TooSmall = "too_small",
        /// More than the most.
        TooLarge = "too_large",
        /// Not a date, or not an instant.
        NotADate = "not_a_date",
        /// Not an e-mail address.
        NotAnEmail = "not_an_email",
        /// Not a telephone number.
        NotAPhone = "not_a_phone",
        /// Does not have the form that is asked for.
        Pattern = "pattern",
        /// The form has no such field.
        UnknownField = "unknown_field",
        /// Another JSON type than the field takes, or a word that is not known.
        WrongType = "wrong_type",
        /// An upload that is not there, not complete, or somebody else's.
        UnknownUpload = "unknown_upload",
    }
}

/// One field that is not right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body that was sent, such as `/fields/order_number`.
    pub pointer: String,
    /// What is wrong.
    pub code: FieldProblem,
    /// The same in words.
    pub detail: String,
}

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title in the language of the answer.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do next, in the language of the answer.
    #[serde(default)]
    pub detail: Option<String>,
    /// What went wrong, for programs.
    pub code: ProblemCode,
    /// The fields that are not right.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// Finds the log line of this answer.
    #[serde(default)]
    pub trace_id: Option<String>,
    /// Why an action is refused, with code `action_not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<crate::request::Refusal>,
}
