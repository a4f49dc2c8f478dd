//! The conformance kit: a black-box suite that asks any server of the contract for every rule of it.
//!
//! [`run`] goes through the table of rules in [`rules::all`], one after the other, and gives a [`Report`]. It knows
//! nothing of what is behind the server: it submits as a guest would, follows by reference and query code, and uses the
//! tokens of [`Given`]. It leaves about fifteen requests behind, says so in their subject, and stays below the limits
//! that a server has by default; what exhausts a limit comes last.

mod client;
pub mod report;
pub mod rules;
mod sample;
mod suite;

pub use report::{Outcome, Report, Verdict};
pub use suite::{Given, Suite, Unreachable};

/// A rule was kept, or why not.
pub type Checked = Result<(), Miss>;

/// Why a rule was not found to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// It is broken.
    Failed {
        /// What the server did.
        seen: String,
        /// What the contract asks for.
        expected: String,
    },
    /// It could not be tested, for this reason.
    NotOffered(String),
}

impl Miss {
    /// It is broken.
    pub fn failed(seen: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Failed {
            seen: seen.into(),
            expected: expected.into(),
        }
    }

    /// It could not be tested.
    pub fn not_offered(why: impl Into<String>) -> Self {
        Self::NotOffered(why.into())
    }
}

/// Passes when it holds; else what was seen, and what was expected.
pub(crate) fn check(holds: bool, seen: impl ToString, expected: &str) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Miss::failed(seen.to_string(), expected))
    }
}

/// Asks the server for every rule, or those that were named, and tells each result as it comes.
///
/// # Errors
/// [`Unreachable`] when there is nothing to ask.
pub async fn run(given: Given, mut told: impl FnMut(&Outcome)) -> Result<Report, Unreachable> {
    let asked = rules::named(&given.only)?;
    let suite = Suite::open(given).await?;
    let mut outcomes = Vec::new();
    for rule in asked {
        let verdict = match suite.offers(rule.needs) {
            true => match (rule.run)(&suite).await {
                Ok(()) => Verdict::Passed,
                Err(Miss::Failed { seen, expected }) => Verdict::Failed { seen, expected },
                Err(Miss::NotOffered(why)) => Verdict::NotOffered { why },
            },
            false => Verdict::NotOffered {
                why: "not among the capabilities of /config".to_owned(),
            },
        };
        let outcome = Outcome {
            id: rule.id,
            says: rule.says,
            verdict,
        };
        told(&outcome);
        outcomes.push(outcome);
    }
    Ok(Report {
        url: suite.url().to_owned(),
        rules: outcomes,
    })
}
