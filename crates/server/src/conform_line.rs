//! `portico conform`: whether a server keeps the contract.

use clap::Args;
use portico_conform::{Given, Verdict};
use portico_contract::BASE_PATH;
use reqwest::Url;
use std::{path::PathBuf, process::ExitCode};

/// There is nothing to ask; clap ends with the same for a line that it cannot read.
const NOTHING_TO_ASK: u8 = 2;

/// `portico conform`
#[derive(Args)]
pub struct ConformLine {
    /// The base address of the API, such as https://help.example.com/portal/v1; an address without a path gets that of
    /// the contract.
    url: Url,
    /// The bearer token of a customer.
    #[arg(long, allow_hyphen_values = true)]
    token: Option<String>,
    /// The bearer token of another customer, for what must be kept from each other.
    #[arg(long, allow_hyphen_values = true)]
    second_token: Option<String>,
    /// The bearer token of an agent, for what needs the desk to act.
    #[arg(long, allow_hyphen_values = true)]
    desk_token: Option<String>,
    /// The base address of the desk, or of anything that takes its messages and status. Without it, /desk/v1 beside the
    /// API.
    #[arg(long, requires = "desk_token")]
    desk: Option<Url>,
    /// An origin whose pages may call the API.
    #[arg(long)]
    origin: Option<String>,
    /// The token of a survey that waits for its answer. It is not answered, but gets a draft.
    #[arg(long, allow_hyphen_values = true)]
    survey: Option<String>,
    /// Asks for this rule alone, or for those of a part, such as `etag`; may stand several times.
    #[arg(long)]
    only: Vec<String>,
    /// Writes the report there, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn base(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

impl ConformLine {
    fn given(&self) -> Result<Given, String> {
        let mut url = self.url.clone();
        if matches!(url.path(), "" | "/") {
            url.set_path(BASE_PATH);
        }
        let desk = match &self.desk {
            Some(desk) => desk.clone(),
            None => url.join("/desk/v1").map_err(|e| e.to_string())?,
        };
        let desk_token = self.desk_token.clone();
        Ok(Given {
            url: base(&url),
            token: self.token.clone(),
            second_token: self.second_token.clone(),
            desk: desk_token.map(|token| (base(&desk), token)),
            origin: self.origin.clone(),
            survey: self.survey.clone(),
            only: self.only.clone(),
        })
    }
}

/// Asks for every rule, tells each result as it comes, and sums up.
///
/// # Errors
/// A sentence for the operator when the report cannot be written.
pub async fn run(line: ConformLine) -> Result<ExitCode, String> {
    let asked = portico_conform::run(line.given()?, |outcome| println!("{outcome}")).await;
    let report = match asked {
        Ok(report) => report,
        Err(unreachable) => {
            eprintln!("portico: {unreachable}");
            return Ok(ExitCode::from(NOTHING_TO_ASK));
        }
    };
    println!("\n{}: {}", report.url, report.counts());
    if let Some(file) = &line.json {
        let text = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
        std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    let broken = report
        .rules
        .iter()
        .any(|outcome| matches!(outcome.verdict, Verdict::Failed { .. }));
    Ok(match broken {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        conform: ConformLine,
    }

    #[test]
    fn a_token_may_begin_with_a_dash() {
        let options = ["--token", "--second-token", "--desk-token", "--survey"];
        let words = options.into_iter().flat_map(|option| [option, "-R4"]);
        let line = ["conform", "http://127.0.0.1:8080"]
            .into_iter()
            .chain(words);
        let given = Line::parse_from(line).conform.given().unwrap();
        let dashed = Some("-R4".to_owned());
        assert_eq!(given.desk.map(|(_, token)| token), dashed);
        for token in [given.token, given.second_token, given.survey] {
            assert_eq!(token, dashed);
        }
    }
}
