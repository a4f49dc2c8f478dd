//! `portico conform`, and what it said.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::process::Command;

use crate::server::program;

/// What came of it.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub code: Option<i32>,
    /// What people read.
    pub text: String,
    /// The report for programs; null where there is none.
    pub report: Value,
}

impl Said {
    /// The ids of the rules with this result.
    pub fn rules(&self, result: &str) -> BTreeSet<String> {
        let rules = self.report["rules"].as_array().unwrap().iter();
        let found = rules.filter(|rule| rule["result"] == result);
        found
            .map(|rule| rule["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Asks the server at `url`, with more arguments.
pub async fn conform(url: &str, arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let output = Command::new(program())
        .args(["conform", url])
        .args(arguments)
        .arg("--json")
        .arg(&file)
        .output()
        .await
        .unwrap();
    let report = std::fs::read(&file)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let text = [output.stdout, output.stderr].concat();
    Said {
        code: output.status.code(),
        text: String::from_utf8_lossy(&text).into_owned(),
        report: report.unwrap_or_default(),
    }
}
