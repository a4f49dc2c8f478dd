//! What must hold for every answer, judged over all that were given.

use crate::{
    Checked, Miss, check,
    client::{Reply, cut},
    suite::Suite,
};
use portico_contract::{Instant, Word, problem::Problem};
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;

super::rules! {
    None, "errors.problem",
        "Every failure is application/problem+json with type, title, status, code, errors and trace_id.", problem;
    None, "errors.code_of_status", "Every code stands with its status.", code_of_status;
    None, "errors.trace_id", "Every failure has a trace_id of its own.", trace_id;
    None, "errors.retry_after", "429, 503 and in_progress carry Retry-After in seconds.", retry_after;
    None, "json.every_answer", "Every answer with a body that is no file is JSON in UTF-8, and says so.", json_body;
    None, "language.every_answer", "Every answer in words says its language: zh-Hans, zh-Hant or en.", language;
    None, "time.instants", "Every instant is RFC 3339 with offset, or null.", instants;
    None, "time.null_not_epoch", "What is not known is null, never an instant of 1970.", epoch;
    None, "secrets.query_code_once",
        "A query code is shown to who sent the request, once, and in no other answer.", query_code;
    None, "cors.every_answer", "A listed origin is named on every answer, errors too, and Vary names Origin.", cors;
    None, "cors.no_credentials", "No credentials are allowed across origins.", credentials;
}

/// All answers of the API.
fn answers(suite: &Suite) -> impl Iterator<Item = Reply> {
    suite.nobody.answers().into_iter()
}

/// What was refused, in words.
fn failures(suite: &Suite) -> impl Iterator<Item = Reply> {
    answers(suite).filter(|reply| reply.status >= 400 && reply.method != Method::HEAD)
}

async fn problem(suite: &Suite) -> Checked {
    for reply in failures(suite) {
        let kind = reply.header("content-type").unwrap_or_default();
        check(
            kind.starts_with("application/problem+json"),
            format!("{reply}: {kind}"),
            "application/problem+json",
        )?;
        let problem: Problem = reply.read()?;
        let members = [
            "type", "title", "status", "detail", "code", "errors", "trace_id",
        ];
        let missing = members
            .iter()
            .find(|name| reply.body().get(**name).is_none());
        check(
            missing.is_none(),
            format!("{reply}: no {missing:?}"),
            "all the members",
        )?;
        check(
            problem.status == reply.status && !problem.title.is_empty(),
            format!(
                "{reply}: status {} and title {:?}",
                problem.status, problem.title
            ),
            "the status of the answer, and a title",
        )?;
    }
    Ok(())
}

async fn code_of_status(suite: &Suite) -> Checked {
    for reply in failures(suite) {
        let code = reply.read::<Problem>()?.code;
        check(
            code.is_known() && code.status() == reply.status,
            &reply,
            "a code of the contract with its status",
        )?;
    }
    Ok(())
}

async fn trace_id(suite: &Suite) -> Checked {
    let mut seen = BTreeSet::new();
    for reply in failures(suite) {
        // What is answered again is the same answer.
        if reply.header("idempotency-replayed").is_none() {
            let id = reply.word("/trace_id")?;
            check(
                !id.is_empty() && seen.insert(id),
                &reply,
                "a trace_id of its own",
            )?;
        }
    }
    Ok(())
}

async fn retry_after(suite: &Suite) -> Checked {
    for reply in failures(suite) {
        let waits = matches!(reply.status, 429 | 503) || reply.at("/code") == "in_progress";
        let seconds = reply.header("retry-after").map(str::parse::<u64>);
        check(
            !waits || matches!(seconds, Some(Ok(_))),
            &reply,
            "Retry-After in seconds",
        )?;
    }
    Ok(())
}

/// Answers with a body of the contract's own.
fn bodies(suite: &Suite) -> impl Iterator<Item = Reply> {
    answers(suite).filter(|reply| {
        let read = reply.method == Method::GET && reply.status < 400;
        let file = read && reply.path.starts_with("/attachments/");
        !file && !reply.bytes.is_empty()
    })
}

async fn json_body(suite: &Suite) -> Checked {
    for reply in bodies(suite) {
        let kind = reply.header("content-type").unwrap_or_default();
        let said =
            kind.starts_with("application/json") || kind.starts_with("application/problem+json");
        check(
            said && reply.json.is_some(),
            format!("{} {}: {kind}", reply.method, reply.path),
            "JSON, with its content type",
        )?;
    }
    Ok(())
}

async fn language(suite: &Suite) -> Checked {
    for reply in bodies(suite) {
        let tag = reply.header("content-language").unwrap_or_default();
        check(
            ["zh-Hans", "zh-Hant", "en"]
                .iter()
                .any(|known| tag.eq_ignore_ascii_case(known)),
            format!("{} {}: Content-Language: {tag}", reply.method, reply.path),
            "zh-Hans, zh-Hant or en",
        )?;
    }
    Ok(())
}

/// Tells every member of every object, but what a customer or a questionnaire wrote.
fn members(value: &Value, tell: &mut impl FnMut(&str, &Value) -> Checked) -> Checked {
    match value {
        Value::Object(map) => map.iter().try_for_each(|(name, value)| {
            tell(name, value)?;
            match matches!(name.as_str(), "value" | "definition" | "data" | "fields") {
                true => Ok(()),
                false => members(value, tell),
            }
        }),
        Value::Array(list) => list.iter().try_for_each(|value| members(value, tell)),
        _ => Ok(()),
    }
}

fn every_member(
    suite: &Suite,
    tell: impl Fn(&str, &Value) -> Option<String>,
    expected: &str,
) -> Checked {
    for reply in answers(suite) {
        members(reply.body(), &mut |name, value| match tell(name, value) {
            None => Ok(()),
            Some(what) => Err(Miss::failed(
                format!("{} {}: {what}", reply.method, reply.path),
                expected,
            )),
        })?;
    }
    Ok(())
}

async fn instants(suite: &Suite) -> Checked {
    let tell = |name: &str, value: &Value| {
        let named = name == "at" || name == "server_now" || name == "next_opening";
        let good = match value {
            Value::Null => true,
            Value::String(text) => Instant::parse(text).is_ok(),
            _ => false,
        };
        let instant = named || name.ends_with("_at") || name.ends_with("_until");
        (instant && !good).then(|| format!("{name}: {}", cut(&value.to_string())))
    };
    every_member(suite, tell, "RFC 3339 with offset, or null")
}

async fn epoch(suite: &Suite) -> Checked {
    let tell = |name: &str, value: &Value| {
        let at = Instant::parse(value.as_str()?).ok()?;
        // A day on either side, for zones; and the year 1, which others take for nothing.
        let nothing = at.unix_millis().abs() < 86_400_000 || at.unix_millis() < -2_208_988_800_000;
        nothing.then(|| format!("{name}: {value}"))
    };
    every_member(suite, tell, "null")
}

async fn query_code(suite: &Suite) -> Checked {
    let submissions = |reply: &Reply| reply.path == "/requests" && reply.method == Method::POST;
    let codes: BTreeSet<String> = answers(suite)
        .filter(submissions)
        .filter_map(|reply| reply.at("/query_code").as_str().map(str::to_owned))
        .collect();
    if codes.is_empty() {
        return Err(Miss::not_offered("no query code was given"));
    }
    for reply in answers(suite).filter(|reply| !submissions(reply)) {
        let text = String::from_utf8_lossy(&reply.bytes);
        let told = codes
            .iter()
            .any(|code| text.contains(code) || text.contains(&code.replace('-', "")));
        check(
            !told,
            format!("{} {} tells it", reply.method, reply.path),
            "in no other answer",
        )?;
    }
    Ok(())
}

async fn cors(suite: &Suite) -> Checked {
    let missing = || Miss::not_offered("needs an origin that may call the API: give --origin");
    let origin = suite.origin.as_deref().ok_or_else(missing)?;
    for reply in answers(suite).filter(|reply| reply.origin.as_deref() == Some(origin)) {
        let allowed = reply
            .header("access-control-allow-origin")
            .unwrap_or_default();
        check(
            allowed == origin,
            format!("{reply}: Access-Control-Allow-Origin: {allowed}"),
            origin,
        )?;
        let vary = reply
            .header("vary")
            .unwrap_or_default()
            .to_ascii_lowercase();
        check(
            vary.contains("origin"),
            format!("{reply}: Vary: {vary}"),
            "Vary: Origin",
        )?;
    }
    Ok(())
}

async fn credentials(suite: &Suite) -> Checked {
    for reply in answers(suite) {
        let allowed = reply.header("access-control-allow-credentials");
        check(
            allowed.is_none(),
            &reply,
            "no Access-Control-Allow-Credentials",
        )?;
    }
    Ok(())
}
