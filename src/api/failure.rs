//! What can come of a call instead of what was asked for: one type for everything, made in one place.

use portico_contract::problem::{Problem, ProblemCode};

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// No answer: offline, cut off on the way, or not reachable. Whether the call arrived is not known.
    Network,
    /// No answer in time. Whether the call arrived is not known.
    Timeout,
    /// An answer, but not from a server of the contract: the page of a network that wants a sign-in (status 200),
    /// or of a proxy that could not reach ours.
    Foreign {
        /// The HTTP status.
        status: u16,
        /// Seconds before which not to try again.
        retry_after: Option<f64>,
    },
    /// The server's answer.
    Problem {
        /// What it says.
        problem: Box<Problem>,
        /// Seconds before which not to try again.
        retry_after: Option<f64>,
    },
}

impl Failure {
    /// The problem's code, where the server answered.
    pub fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Problem { problem, .. } => Some(problem.code),
            _ => None,
        }
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Foreign { status, .. } => Some(*status),
            Self::Problem { problem, .. } => Some(problem.status),
            Self::Network | Self::Timeout => None,
        }
    }

    /// Whether what was asked for is not there (any more).
    pub fn is_absent(&self) -> bool {
        matches!(self.status(), Some(403 | 404 | 410))
    }

    /// Seconds before which not to try again.
    pub fn retry_after(&self) -> Option<f64> {
        match self {
            Self::Foreign { retry_after, .. } | Self::Problem { retry_after, .. } => *retry_after,
            Self::Network | Self::Timeout => None,
        }
    }

    /// Whether the same call may succeed later by itself.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Network | Self::Timeout => true,
            // 200 is a captive network, which ends when the customer signs in there.
            Self::Foreign { status, .. } => {
                matches!(status, 200..=399 | 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Self::Problem { problem, .. } => match problem.code {
                ProblemCode::InProgress => true,
                // The desk has looked at it and does not take it: the same again would be refused again.
                ProblemCode::BackendRejected => false,
                _ => matches!(problem.status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            },
        }
    }

    /// Whether the call may have been carried out although no answer says so.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Network | Self::Timeout => true,
            Self::Foreign { status, .. } => *status >= 500,
            Self::Problem { problem, .. } => {
                problem.status >= 500 || problem.code == ProblemCode::InProgress
            }
        }
    }
}
