//! `portico survey`: a questionnaire checked, the engine asked, and the results of a survey, from the command line.

use crate::{
    clock::real_now,
    desk_line::{Connection, Line},
    lines::{self, shown},
};
use chrono::{DateTime, FixedOffset};
use clap::{Args, Subcommand};
use portico_survey::{
    Clock, Definition, Expression, Object, Utc, Value, expression::Values, run::script, score,
};
use reqwest::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

/// `portico survey`
#[derive(Args)]
pub struct SurveyLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says what of a questionnaire is not understood, and what usually goes wrong.
    Check {
        /// SurveyJS JSON.
        file: PathBuf,
    },
    /// Evaluates expressions: reads `{kind, expression, values}`, a JSON object a line, and answers each with a line.
    Eval(At),
    /// Answers questionnaires by a script: reads `{survey, runs}`, a JSON object a line, and answers each with a line.
    Run(At),
    /// Fills in the scores of a file of answers.
    Score {
        /// JSON with lists of inputs: `nps`, `csat`, `ces`, `weighted`, `wilson`, `sample_size`.
        file: PathBuf,
    },
    /// Shows what came out of a survey of a running server, or of a composite of them.
    Results(ResultsArguments),
}

#[derive(Args)]
struct ResultsArguments {
    #[command(flatten)]
    connection: Connection,
    /// The survey or composite, as the programme names it.
    survey: String,
    /// How to write it; a composite is JSON alone.
    #[arg(long, value_parser = ["text", "json", "csv"], default_value = "text")]
    format: String,
}

#[derive(Args)]
struct At {
    /// The time for functions of date, such as 2026-01-15T10:30:00Z; without it, now. Local time is UTC.
    #[arg(long)]
    now: Option<DateTime<FixedOffset>>,
}

impl At {
    fn clock(&self) -> Utc {
        let now = self.now.map_or_else(real_now, |now| now.to_utc());
        Utc(now.timestamp_millis() as f64)
    }
}

/// Answers what the command asks.
///
/// # Errors
/// A sentence for the operator.
pub async fn run(line: SurveyLine) -> Result<(), String> {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    match line.command {
        Command::Results(arguments) => print_results(arguments, output).await,
        Command::Check { file } => check(&file, output),
        Command::Eval(at) => {
            let clock = at.clock();
            lines::answer(input, output, |line| evaluate(&read(line)?, clock))
        }
        Command::Run(at) => {
            let clock = at.clock();
            lines::answer(input, output, |line| {
                script(&read(line)?, || Box::new(clock) as Box<dyn Clock>)
            })
        }
        Command::Score { file } => scores(&file, output),
    }
}

async fn print_results(arguments: ResultsArguments, mut output: impl Write) -> Result<(), String> {
    let line = Line::open(arguments.connection)?;
    let path = format!("surveys/{}/results", arguments.survey);
    let format = if arguments.format == "csv" {
        "csv"
    } else {
        "json"
    };
    let query = [("format", Some(format.to_owned()))];
    let mut text = line.text(Method::GET, &path, &query, None).await?;
    if arguments.format == "text" {
        let results: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        text = summary(&results);
    }
    shown(output.write_all(text.as_bytes())).map(drop)
}

/// Results as people read them: a line a group, then the free text.
fn summary(results: &serde_json::Value) -> String {
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let figure = |value: &serde_json::Value| {
        value
            .as_f64()
            .map_or("-".to_owned(), |figure| figure.to_string())
    };
    if results.get("years").is_some() {
        let year = |year: &serde_json::Value| {
            let parts: Vec<String> = list(&year["parts"])
                .iter()
                .map(|part| {
                    format!(
                        "{} {} % (weight {})",
                        word(&part["survey"]),
                        figure(&part["score"]),
                        part["weight"]
                    )
                })
                .collect();
            format!(
                "{}  {} %: {}\n",
                word(&year["year"]),
                figure(&year["score"]),
                parts.join(", ")
            )
        };
        return list(&results["years"]).iter().map(year).collect();
    }
    let declared = &results["declared"];
    let mut text = format!(
        "{}\n{}\nTarget {} %\n\n",
        word(&results["title"]),
        word(&declared["text"]),
        declared["target"]
    );
    let mut group = |name: &str, group: &serde_json::Value| {
        let line = match (group["hidden"].as_bool(), group["n"].as_u64()) {
            (Some(true), _) => "too few answers to be shown".to_owned(),
            (_, Some(0)) => "no data".to_owned(),
            (_, n) => format!(
                "{:>5} %  n = {}, satisfied {} % ({} to {}), {}",
                figure(&group["score"]),
                n.unwrap_or_default(),
                figure(&group["satisfied"]),
                figure(&group["low"]),
                figure(&group["high"]),
                word(&group["target"])
            ),
        };
        text += &format!("{name:<24} {line}\n");
    };
    group("all", &results["total"]);
    for part in ["periods", "dimensions", "tiers"] {
        for one in list(&results[part]) {
            let name = word(&one["name"]);
            group(if name.is_empty() { "no tier" } else { &name }, &one);
        }
    }
    let total = &results["total"];
    text += &format!(
        "\nDelivered {}, completed {}, response rate {} %\n",
        figure(&total["delivered"]),
        figure(&total["completed"]),
        figure(&total["response_rate"])
    );
    for comment in list(&results["comments"]) {
        let file = match word(&comment["file"]).as_str() {
            "" => String::new(),
            file => format!(" ({file})"),
        };
        text += &format!(
            "\n{} {}: {}{file}\n",
            word(&comment["period"]),
            word(&comment["question"]),
            word(&comment["text"])
        );
    }
    text
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|e| format!("not understood: {e}"))
}

fn load<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let text = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", file.display()))
}

fn check(file: &Path, mut output: impl Write) -> Result<(), String> {
    let report = Definition::check(&load(file)?);
    let mut text = String::new();
    for finding in report.findings() {
        text += &format!("{finding}\n");
    }
    shown(output.write_all(text.as_bytes()))?;
    if report.is_clean() {
        let good = format!("{} can be used\n", file.display());
        return shown(output.write_all(good.as_bytes())).map(drop);
    }
    Err(format!("{} cannot be used as it is", file.display()))
}

/// An expression with the values of its names.
#[derive(Deserialize)]
struct Question {
    kind: Kind,
    expression: String,
    #[serde(default)]
    values: Object,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The value itself.
    Expression,
    /// Whether it holds.
    Condition,
}

/// What an expression gives, in the form of the recorded cases.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    parses: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<Vec<String>>,
    expected: Value,
    expected_type: &'static str,
    /// Why it is no expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

fn evaluate(question: &Question, clock: Utc) -> Result<Answer, String> {
    let expression = match Expression::parse(&question.expression) {
        Ok(expression) => expression,
        Err(problem) => {
            return Ok(Answer {
                parses: false,
                canonical: None,
                variables: None,
                expected: Value::Null,
                expected_type: "parse_error",
                problem: Some(problem.to_string()),
            });
        }
    };
    let scope = Values {
        values: &question.values,
        clock,
    };
    let value = match question.kind {
        Kind::Expression => expression.evaluate(&scope),
        Kind::Condition => Value::Bool(expression.is_true(&scope)),
    };
    let names = expression.names();
    Ok(Answer {
        parses: true,
        canonical: Some(expression.canonical()),
        variables: Some(names.map(|name| name.text().to_owned()).collect()),
        expected_type: type_of(&value),
        expected: value,
        problem: None,
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_nan() => "nan",
        Value::Number(number) if number.is_infinite() && *number > 0.0 => "+inf",
        Value::Number(number) if number.is_infinite() => "-inf",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Object(_) => "object",
        Value::Date(_) => "date",
    }
}

/// What a file of scores has, by kind, and how each is computed.
type Score = fn(&Object) -> Result<Object, String>;
const SCORES: [(&str, Score); 6] = [
    ("wilson", wilson),
    ("nps", nps),
    ("csat", csat),
    ("ces", ces),
    ("weighted", weighted),
    ("sample_size", sample_size),
];

fn scores(file: &Path, mut output: impl Write) -> Result<(), String> {
    let mut all: Object = load(file)?;
    for (kind, compute) in SCORES {
        let Some(Value::List(cases)) = all.get_mut(kind) else {
            continue;
        };
        for (index, case) in cases.iter_mut().enumerate() {
            let place = |e| format!("{}: {kind}[{index}]: {e}", file.display());
            let Value::Object(case) = case else {
                return Err(place("not an object".to_owned()));
            };
            for (name, value) in compute(case).map_err(place)? {
                case.insert(name, value);
            }
        }
    }
    let mut text = serde_json::to_string_pretty(&all).map_err(|e| e.to_string())?;
    text.push('\n');
    shown(output.write_all(text.as_bytes())).map(drop)
}

fn number(case: &Object, name: &str) -> Result<f64, String> {
    let number = case.get(name).and_then(Value::as_number);
    number.ok_or_else(|| format!("{name} is missing or no number"))
}

fn answers(case: &Object) -> Result<Vec<f64>, String> {
    let answers = case.get("answers").and_then(Value::as_list);
    let answers = answers.ok_or("answers is missing or no list")?;
    Ok(answers.iter().filter_map(Value::as_number).collect())
}

/// Figures to four decimals; nothing when there is no figure.
fn figure(number: Option<f64>) -> Value {
    number.map_or(Value::Null, |number| {
        Value::Number((number * 10_000.0).round() / 10_000.0)
    })
}

fn count(count: u64) -> Value {
    Value::Number(count as f64)
}

fn interval(interval: Option<score::Interval>) -> Value {
    interval.map_or(Value::Null, |interval| {
        Value::List(vec![
            figure(Some(interval.low)),
            figure(Some(interval.high)),
        ])
    })
}

fn results<const N: usize>(results: [(&str, Value); N]) -> Result<Object, String> {
    Ok(results.into_iter().collect())
}

fn wilson(case: &Object) -> Result<Object, String> {
    let (k, n) = (number(case, "k")?, number(case, "n")?);
    let found = score::wilson(k as u64, n as u64, number(case, "confidence")?);
    results([
        ("percent", figure(found.map(|_| 100.0 * k / n))),
        ("interval_percent", interval(found)),
    ])
}

fn nps(case: &Object) -> Result<Object, String> {
    let Some(found) = score::recommendation(answers(case)?) else {
        return results([("n", count(0)), ("nps", Value::Null)]);
    };
    results([
        ("n", count(found.n)),
        ("promoters", count(found.promoters)),
        ("passives", count(found.passives)),
        ("detractors", count(found.detractors)),
        ("nps", figure(Some(found.score))),
        ("se_points", figure(Some(found.standard_error))),
        ("ci95", interval(Some(found.interval(0.95)))),
    ])
}

/// The scale of a case, or the one given.
fn scale(case: &Object, otherwise: Option<score::Scale>) -> Result<score::Scale, String> {
    match (case.get("scale").and_then(Value::as_list), otherwise) {
        (Some([Value::Number(lowest), Value::Number(highest)]), _) if lowest < highest => {
            Ok(score::Scale {
                lowest: *lowest,
                highest: *highest,
            })
        }
        (None, Some(scale)) => Ok(scale),
        _ => Err("scale is not [lowest, highest]".to_owned()),
    }
}

fn csat(case: &Object) -> Result<Object, String> {
    let scale = scale(case, Some(score::Scale::FIVE))?;
    let from = number(case, "satisfied_from").or_else(|e| scale.satisfied_from().ok_or(e))?;
    let found = score::satisfaction(answers(case)?, scale, from);
    let of = |part: fn(score::Satisfaction) -> f64| figure(found.map(part));
    let whole = |part: fn(score::Satisfaction) -> u64| count(found.map_or(0, part));
    results([
        ("n", whole(|found| found.n)),
        ("satisfied", whole(|found| found.satisfied)),
        ("csat_percent", of(|found| found.percent)),
        ("mean", of(|found| found.mean)),
        ("index_0_100", of(|found| found.index)),
        ("share_of_max_percent", of(|found| found.share_of_max)),
        (
            "wilson95",
            interval(found.and_then(|found| score::wilson(found.satisfied, found.n, 0.95))),
        ),
    ])
}

fn ces(case: &Object) -> Result<Object, String> {
    let found = score::effort(answers(case)?);
    let of = |part: fn(score::Effort) -> f64| figure(found.map(part));
    results([
        ("n", count(found.map_or(0, |found| found.n))),
        ("percent_agree_5_7", of(|found| found.percent)),
        ("mean", of(|found| found.mean)),
        ("index_minus100_100", of(|found| found.index)),
    ])
}

fn weighted(case: &Object) -> Result<Object, String> {
    let part = |name: &str| {
        let part = case.get(name).and_then(Value::as_object);
        part.ok_or_else(|| format!("{name} is missing or no object"))
    };
    let (weights, answers) = (part("weights")?, part("answers")?);
    let pairs = weights.iter().map(|(dimension, weight)| {
        let answer = answers.get(dimension).and_then(Value::as_number);
        (weight.as_number().unwrap_or(0.0), answer)
    });
    let found = score::weighted(pairs, scale(case, Some(score::Scale::FIVE))?);
    let result = found.map(|found| {
        results([
            ("answered_weight", figure(Some(found.answered_weight))),
            ("mean", figure(Some(found.mean))),
            ("share_of_max_percent", figure(Some(found.share_of_max))),
            ("index_0_100", figure(Some(found.index))),
        ])
    });
    let result = result.transpose()?.map_or(Value::Null, Value::Object);
    results([("result", result)])
}

fn sample_size(case: &Object) -> Result<Object, String> {
    let population = case.get("population").and_then(Value::as_number);
    let needed = score::sample_size(
        number(case, "margin")?,
        number(case, "confidence")?,
        number(case, "p")?,
        population,
    );
    results([("n", needed.map_or(Value::Null, count))])
}
