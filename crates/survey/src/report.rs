//! What reading a questionnaire has found: every problem with its place in the JSON, a code and words.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but perhaps not as meant.
    Warning,
    /// Something was left out, or will not work.
    Error,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Where: a JSON path such as `$.pages[0].elements[2].visibleIf`.
    pub path: String,
    /// Which kind of finding, in one word that programs can compare: `unknownproperty`.
    pub code: &'static str,
    /// What is the matter, in English.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(
            f,
            "{severity} {} {}: {}",
            self.path, self.code, self.message
        )
    }
}

/// All that was found, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether nothing was left out and everything will work.
    pub fn is_clean(&self) -> bool {
        self.findings
            .iter()
            .all(|f| f.severity == Severity::Warning)
    }

    /// Adds an error.
    pub fn error(
        &mut self,
        path: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.add(Severity::Error, path.into(), code, message.into());
    }

    /// Adds a warning.
    pub fn warn(
        &mut self,
        path: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.add(Severity::Warning, path.into(), code, message.into());
    }

    pub(crate) fn add(
        &mut self,
        severity: Severity,
        path: String,
        code: &'static str,
        message: String,
    ) {
        self.findings.push(Finding {
            severity,
            path,
            code,
            message,
        });
    }
}
