//! What came of it: a verdict for each rule, as a table for people and as JSON for programs.

use serde::Serialize;
use std::fmt;

/// What came of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Verdict {
    /// It is kept.
    Passed,
    /// It is broken.
    Failed {
        /// What the server did.
        seen: String,
        /// What the contract asks for.
        expected: String,
    },
    /// It could not be tested.
    NotOffered {
        /// The reason.
        why: String,
    },
}

/// A rule with what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Names the rule, for ever.
    pub id: &'static str,
    /// The rule in a sentence.
    pub says: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What came of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The API that was asked.
    pub url: String,
    /// In the order in which they were asked.
    pub rules: Vec<Outcome>,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Kept.
    pub passed: usize,
    /// Broken.
    pub failed: usize,
    /// Not tested.
    pub not_offered: usize,
}

impl Report {
    /// How many of each.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            passed: 0,
            failed: 0,
            not_offered: 0,
        };
        for outcome in &self.rules {
            match outcome.verdict {
                Verdict::Passed => counts.passed += 1,
                Verdict::Failed { .. } => counts.failed += 1,
                Verdict::NotOffered { .. } => counts.not_offered += 1,
            }
        }
        counts
    }
}

/// One row of the table; of a broken rule, three lines more.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Passed => write!(f, "passed       {}", self.id),
            Verdict::NotOffered { why } => write!(f, "not offered  {:<40} {why}", self.id),
            Verdict::Failed { seen, expected } => {
                write!(f, "FAILED       {}", self.id)?;
                for (name, words) in [("rule", self.says), ("expected", expected), ("seen", seen)] {
                    write!(f, "\n               {:<10}{words}", format!("{name}:"))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} not offered",
            self.passed, self.failed, self.not_offered
        )
    }
}
