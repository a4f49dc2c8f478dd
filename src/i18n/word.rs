//! The words of the contract where no answer brings the server's own: in filters and in the timeline. `None` for a word
//! that this version does not know.

use super::{Message, m};
use portico_contract::request::{Class, Grade, Kind, Outcome, Status, Urgency};

/// A status.
pub fn status(status: Status) -> Option<Message> {
    Some(match status {
        Status::Queued => m::status_queued,
        Status::New => m::status_new,
        Status::Open => m::status_open,
        Status::Pending => m::status_pending,
        Status::Resolved => m::status_resolved,
        Status::Closed => m::status_closed,
        Status::Unknown => return None,
    })
}

/// A kind; one that this version does not know is "something else".
pub fn kind(kind: Kind) -> Message {
    match kind {
        Kind::Fault => m::kind_fault,
        Kind::Consultation => m::kind_consultation,
        Kind::Training => m::kind_training,
        Kind::TechnicalUpdate => m::kind_technical_update,
        Kind::Installation => m::kind_installation,
        Kind::Repair => m::kind_repair,
        Kind::Warranty => m::kind_warranty,
        Kind::Return => m::kind_return,
        Kind::Maintenance => m::kind_maintenance,
        Kind::Complaint => m::kind_complaint,
        Kind::Suggestion => m::kind_suggestion,
        Kind::Other | Kind::Unknown => m::kind_other,
    }
}

/// How a request ended.
pub fn outcome(outcome: Outcome) -> Option<Message> {
    Some(match outcome {
        Outcome::Done => m::outcome_done,
        Outcome::Explained => m::outcome_explained,
        Outcome::Remedied => m::outcome_remedied,
        Outcome::Compensated => m::outcome_compensated,
        Outcome::NotUpheld => m::outcome_not_upheld,
        Outcome::Rejected => m::outcome_rejected,
        Outcome::Withdrawn => m::outcome_withdrawn,
        Outcome::Duplicate => m::outcome_duplicate,
        Outcome::Merged => m::outcome_merged,
        Outcome::Unknown => return None,
    })
}

/// How pressing it is.
pub fn urgency(urgency: Urgency) -> Option<Message> {
    Some(match urgency {
        Urgency::Urgent => m::urgency_urgent,
        Urgency::Regular => m::urgency_regular,
        Urgency::Special => m::urgency_special,
        Urgency::Unknown => return None,
    })
}

/// How grave it is, as the desk decided.
pub fn grade(grade: Grade) -> Option<Message> {
    Some(match grade {
        Grade::Major => m::grade_major,
        Grade::Urgent => m::grade_urgent,
        Grade::Regular => m::grade_regular,
        Grade::Special => m::grade_special,
        Grade::Unknown => return None,
    })
}

/// How much work it is, as the desk decided.
pub fn class(class: Class) -> Option<Message> {
    Some(match class {
        Class::General => m::class_general,
        Class::Complex => m::class_complex,
        Class::Unknown => return None,
    })
}
