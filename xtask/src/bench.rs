//! How fast surveys are, against survey-core in the same run: natively against it under node, and in Chromium against it
//! on the same page.

mod embed;
mod gateway;

pub(crate) use embed::embed;
pub(crate) use gateway::gateway;

use crate::{
    process::{cargo, output, run, step},
    setup, site,
};
use anyhow::{Context, Result, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const FOLDER: &str = "target/bench";

/// What is measured, with how many times it is to be as fast as survey-core; none where that is no goal.
const TASKS: [(&str, &str, Option<f64>); 6] = [
    ("load", "load 1,000 conditional questions", Some(20.0)),
    ("all", "set the answer on which all depend", Some(20.0)),
    ("one", "set an answer on which one depends", None),
    ("read", "read 10,000 expressions", None),
    (
        "read_and_evaluate",
        "read and evaluate 10,000 expressions",
        Some(20.0),
    ),
    ("evaluate", "evaluate 10,000 that were read", Some(20.0)),
];

/// Measures and prints a table.
pub(crate) fn surveys() -> Result<()> {
    setup::for_site()?;
    let core = setup::survey_core()?;
    let tools = setup::for_tests()?;
    step("Building what is measured");
    fs::create_dir_all(FOLDER)?;
    let folder = Path::new(FOLDER);
    fs::write(folder.join("workload.json"), workload().to_string())?;
    let example = ["--package", "portico-survey", "--example", "bench"];
    run(cargo().args(["build", "--release"]).args(example))?;
    run(cargo()
        .args(["build", "--release", "--target", setup::WASM_TARGET])
        .args(example)
        .env("CARGO_TARGET_DIR", site::TARGET_DIR))?;
    let wasm = Path::new(site::TARGET_DIR)
        .join(setup::WASM_TARGET)
        .join("release/examples/bench.wasm");
    run(Command::new("wasm-bindgen")
        .args([
            "--target",
            "no-modules",
            "--no-typescript",
            "--out-name",
            "engine",
            "--out-dir",
            FOLDER,
        ])
        .arg(wasm)
        .env("PATH", setup::search_path()?))?;
    let script = fs::read_to_string("xtask/bench/survey.js")?;
    let core = fs::read_to_string(core)?;

    step("Measuring");
    let ours =
        output(Command::new("target/release/examples/bench").arg(folder.join("workload.json")));
    let ours: Value = serde_json::from_str(&ours.context("the engine's side fails")?)?;
    fs::write(folder.join("core.js"), &core)?;
    fs::write(folder.join("node.js"), format!("{script}\n{IN_NODE}"))?;
    let node = output(
        Command::new("node")
            .arg(folder.join("node.js"))
            .env("TZ", "UTC"),
    );
    let mut native: Value = serde_json::from_str(&node.context("node fails")?)?;
    native["ours"] = ours;
    print(
        &format!("native, and survey-core {} under node", setup::SURVEY_CORE),
        &native,
    )?;

    let wasm = BASE64_STANDARD.encode(fs::read(folder.join("engine_bg.wasm"))?);
    let page = format!(
        "<!doctype html><meta charset=\"utf-8\"><body><script src=\"core.js\"></script>\
         <script src=\"engine.js\"></script><script>\n{script}\nconst workload = {};\nconst wasm = \"{wasm}\";\n\
         {IN_BROWSER}</script></body>",
        workload(),
    );
    fs::write(folder.join("page.html"), page)?;
    let page = fs::canonicalize(folder.join("page.html"))?;
    let shown = output(
        Command::new(tools.chromium())
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
            .arg(format!(
                "--user-data-dir={}",
                page.with_file_name("profile").display()
            ))
            .arg(format!("file://{}", page.display()))
            // The clock of our side knows no zones.
            .env("TZ", "UTC"),
    );
    let shown = shown.context("chromium fails")?;
    let figures = shown
        .split_once("<pre>")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let Some((figures, _)) = figures else {
        bail!("the page shows no figures: {shown:.2000}");
    };
    print(
        "in Chromium, on the same page",
        &serde_json::from_str(figures)?,
    )
}

const IN_NODE: &str = r#"
const workload = JSON.parse(require("fs").readFileSync(__dirname + "/workload.json", "utf8"));
console.log(globalThis.measureSurveys(require("./core.js"), workload));
"#;

const IN_BROWSER: &str = r#"
const { start, load, set_number, set_text, shown, read, read_and_evaluate, evaluate } = wasm_bindgen;
wasm_bindgen.initSync({ module: Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)) });
start(JSON.stringify(workload));
const ours = {
  load, shown, read, read_and_evaluate, evaluate,
  prepare: () => {},
  set: (name, value) => (typeof value === "number" ? set_number : set_text)(name, value),
};
const figures = document.createElement("pre");
figures.textContent = globalThis.measureSurveys(Survey, workload, ours);
document.body.replaceChildren(figures);
"#;

fn print(title: &str, figures: &Value) -> Result<()> {
    let (core, ours) = (&figures["core"], &figures["ours"]);
    println!("\n{title} (milliseconds, the least of many)");
    println!(
        "{:<38}{:>13}{:>11}{:>9}   goal",
        "", "survey-core", "Portico", "times"
    );
    for (task, words, goal) in TASKS {
        let of = |figures: &Value| {
            figures[task]
                .as_f64()
                .with_context(|| format!("no figure of `{task}`"))
        };
        let (theirs, our) = (of(core)?, of(ours)?);
        let times = theirs / our;
        let goal = match goal {
            Some(goal) if times < goal => format!("{goal}, not met"),
            Some(goal) => format!("{goal}, met"),
            None => String::new(),
        };
        println!("{words:<38}{theirs:>13.3}{our:>11.3}{times:>9.1}   {goal}");
    }
    for (figure, words) in [
        ("shown", "questions shown"),
        ("held", "expressions that hold"),
    ] {
        let (theirs, our) = (core[figure].to_string(), ours[figure].to_string());
        println!("{words:<38}{theirs:>13}{our:>11}");
    }
    Ok(())
}

/// A questionnaire of 1,000 questions that all depend on one answer, some also on the question before; and expressions.
fn workload() -> Value {
    let mut dice = Dice(20_260_115);
    let mut pages = Vec::new();
    for page in 0..50 {
        let questions = (0..20).map(|at| question(page * 20 + at));
        pages.push(
            json!({ "name": format!("page{page}"), "elements": questions.collect::<Vec<_>>() }),
        );
    }
    let choices = json!([1, 2, 3]);
    let root = json!({ "type": "radiogroup", "name": "root", "choices": choices });
    pages[0]["elements"]
        .as_array_mut()
        .into_iter()
        .for_each(|elements| elements.insert(0, root.clone()));
    json!({
        "definition": json!({ "pages": pages }).to_string(),
        "expressions": (0..10_000).map(|_| dice.condition(2)).collect::<Vec<_>>(),
        "values": {
            "a": 1, "b": 7.25, "c": ["x", "y"], "d": 0.1, "e": "5", "f": "2026-01-15", "g": "", "kind": "order",
            "nps": 4, "m": { "r1": "x", "r2": 3 }, "rows": [{ "v": 5, "n": "a" }, { "v": 2.5, "n": "b" }],
        },
    })
}

fn question(index: usize) -> Value {
    let kind = ["text", "radiogroup", "checkbox", "rating", "comment"][index % 5];
    let mut question = json!({
        "type": kind,
        "name": format!("q{index}"),
        "title": format!("Question {index}"),
        "visibleIf": match index % 4 {
            0 => "{root} = 1".to_owned(),
            1 => "{root} notempty and {root} < 3".to_owned(),
            2 => "{root} anyof [1, 3]".to_owned(),
            _ => format!("{{root}} > 1 or {{q{}}} = 'yes'", index - 1),
        },
        "requiredIf": "{root} = 2",
    });
    if matches!(kind, "radiogroup" | "checkbox") {
        question["choices"] = json!(["yes", "no", "maybe"]);
    }
    question
}

/// Chance that is the same in every run.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    fn one_of(&mut self, words: &[&str]) -> String {
        words[self.up_to(words.len())].to_owned()
    }

    fn condition(&mut self, depth: usize) -> String {
        match self.up_to(if depth == 0 { 5 } else { 8 }) {
            0 | 1 => {
                let (left, right) = (self.number(depth), self.number(depth));
                format!(
                    "{left} {} {right}",
                    self.one_of(&["=", "!=", ">", "<", ">=", "<="])
                )
            }
            2 => format!(
                "{{{}}} {}",
                self.one_of(&["a", "g", "z", "c"]),
                self.one_of(&["empty", "notempty"])
            ),
            3 => format!(
                "{{c}} {} ['x', 'z']",
                self.one_of(&["contains", "anyof", "allof", "noneof"])
            ),
            4 => {
                let day = self.one_of(&["'2026-01-15'", "today()", "today(-3)", "'2024-02-29'"]);
                format!("{{f}} {} {day}", self.one_of(&["=", ">", "<="]))
            }
            5 => format!("({})", self.condition(depth - 1)),
            _ => {
                let (left, right) = (self.condition(depth - 1), self.condition(depth - 1));
                format!("{left} {} {right}", self.one_of(&["and", "or"]))
            }
        }
    }

    fn number(&mut self, depth: usize) -> String {
        match self.up_to(if depth == 0 { 4 } else { 8 }) {
            0 | 1 => format!(
                "{{{}}}",
                self.one_of(&["a", "b", "d", "e", "nps", "m.r2", "rows[1].v"])
            ),
            2 => self.one_of(&["0", "1", "5", "10", "100"]),
            3 => self.one_of(&["0.1", "2.5", "33.33", "1.005"]),
            4 => format!("sum({{a}}, {{b}}, {})", self.number(depth - 1)),
            5 => format!(
                "iif({}, {}, 1)",
                self.condition(depth - 1),
                self.number(depth - 1)
            ),
            6 => format!("round({}, 2)", self.number(depth - 1)),
            _ => {
                let (left, right) = (self.number(depth - 1), self.number(depth - 1));
                format!("{left} {} {right}", self.one_of(&["+", "-", "*", "/"]))
            }
        }
    }
}
