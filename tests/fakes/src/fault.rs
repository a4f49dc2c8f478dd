//! What real desks do at the worst moment.

use crate::{
    desk::Vendor,
    exchange::{Answer, Content},
};
use serde_json::{Value, json};

/// A fault, armed for a number of calls by [`crate::Fake::fault`]. It waits for a call that it can befall: those that
/// spoil a write for a call that changed a ticket, those that spoil a list for one that has such a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 in the vendor's form; nothing is done.
    TooMany {
        /// Seconds, or no such header.
        retry_after: Option<u32>,
    },
    /// 302 to a login page, which is HTML with 200; nothing is done.
    LoginPage,
    /// 200 with HTML, and no word of JSON; nothing is done.
    Html,
    /// 200 with the vendor's error inside; nothing is done.
    ErrorInside,
    /// The connection ends without an answer; nothing is done.
    Down,
    /// 200, JSON, and a body without end; nothing is done.
    Endless,
    /// A write is answered as if it were done. Of a new ticket all but subject and first message is forgotten, any
    /// other change wholly.
    Dropped,
    /// A write is done, then the connection ends without an answer.
    LostAnswer,
    /// What is asked is done, and the answer is held back until [`crate::Fake::release`].
    Slow,
    /// The totals of a list are null.
    NullTotals,
    /// Deadlines and ends are 1970-01-01, set or not.
    EpochDates,
    /// A list has one ticket more, which is somebody else's.
    ForeignRow,
    /// A public list of messages has an internal one, marked as internal.
    InternalInPublic,
}

/// What happens in place of the work.
pub(crate) enum Instead {
    Answer(Answer),
    Hangup,
    Endless,
}

impl Fault {
    /// What happens in place of the work, for those that prevent it.
    pub(crate) fn instead(self, vendor: &Vendor) -> Option<Instead> {
        let page =
            "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>";
        Some(Instead::Answer(match self {
            Self::TooMany { retry_after } => {
                let answer = Answer::json(429, (vendor.error)(429, "Too many requests"));
                match retry_after {
                    Some(seconds) => answer.header("retry-after", seconds.to_string()),
                    None => answer,
                }
            }
            Self::LoginPage => Answer::empty(302).header("location", String::from("/login")),
            Self::Html => Answer::bytes("text/html; charset=utf-8", page.as_bytes()),
            Self::ErrorInside => Answer::json(200, (vendor.error)(500, "Something went wrong")),
            Self::Down => return Some(Instead::Hangup),
            Self::Endless => return Some(Instead::Endless),
            _ => return None,
        }))
    }

    /// Changes an answer; whether there was anything to change.
    pub(crate) fn spoil(self, answer: &mut Answer) -> bool {
        let Content::Json(body) = &mut answer.content else {
            return false;
        };
        match self {
            Self::NullTotals => null_totals(body),
            Self::EpochDates => epoch_dates(body),
            _ => false,
        }
    }
}

fn null_totals(body: &mut Value) -> bool {
    let mut changed = false;
    for name in ["total", "count", "size", "total_count", "tickets_count"] {
        if let Some(total) = body.get_mut(name) {
            *total = Value::Null;
            changed = true;
        }
    }
    changed
}

/// The names of dates that may be unset, of all vendors.
const DATES: [&str; 14] = [
    "escalation_at",
    "first_response_escalation_at",
    "close_escalation_at",
    "update_escalation_at",
    "pending_time",
    "close_at",
    "due_at",
    "due_by",
    "fr_due_by",
    "resolved_at",
    "closed_at",
    "first_responded_at",
    "expected_datetime",
    "breachTime",
];

fn epoch_dates(body: &mut Value) -> bool {
    let mut changed = false;
    match body {
        Value::Array(rows) => {
            for row in rows {
                changed |= epoch_dates(row);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                if DATES.contains(&name.as_str()) {
                    *value = if name == "breachTime" {
                        json!({"iso8601": "1970-01-01T00:00:00+0000", "jira": "1970-01-01T00:00:00.000+0000",
                            "friendly": "01/Jan/70 12:00 AM", "epochMillis": 0})
                    } else {
                        json!("1970-01-01T00:00:00Z")
                    };
                    changed = true;
                } else {
                    changed |= epoch_dates(value);
                }
            }
        }
        _ => {}
    }
    changed
}
