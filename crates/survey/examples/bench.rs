//! The engine's side of `cargo xtask bench survey`: natively it measures itself and prints milliseconds by task; in a
//! browser it is measured by `xtask/bench/survey.js`.
#![allow(clippy::unwrap_used, missing_docs)]
// What the browser calls must be `pub`.
#![allow(unreachable_pub)]

use portico_survey::{
    Definition, Expression, Object, Survey, Utc, Value,
    expression::Values,
    run::{Id, Start},
};

/// What is measured: a questionnaire as text, expressions, and values for these.
#[derive(Default)]
struct Bench {
    definition: String,
    expressions: Vec<String>,
    values: Object,
    survey: Option<Survey>,
    read: Vec<Expression>,
}

#[cfg(target_family = "wasm")]
fn clock() -> Utc {
    Utc(js_sys::Date::now())
}

#[cfg(not(target_family = "wasm"))]
fn clock() -> Utc {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    Utc(now.as_millis() as f64)
}

impl Bench {
    fn new(workload: &str) -> Self {
        let workload: Value = serde_json::from_str(workload).unwrap();
        let workload = workload.as_object().unwrap();
        let text = |value: &Value| value.as_text().unwrap().to_owned();
        let expressions = workload.get("expressions").unwrap().as_list().unwrap();
        Self {
            definition: text(workload.get("definition").unwrap()),
            expressions: expressions.iter().map(text).collect(),
            values: workload.get("values").unwrap().as_object().unwrap().clone(),
            ..Self::default()
        }
    }

    fn load(&mut self) {
        let json: Value = serde_json::from_str(&self.definition).unwrap();
        let definition = Definition::open(&json);
        let survey = Survey::new(&definition, Start::default(), Box::new(clock()));
        self.survey = Some(survey);
    }

    fn set(&mut self, name: &str, value: Value) {
        let survey = self.survey.as_mut().unwrap();
        let id = survey.question(name).unwrap();
        survey.set(id, value);
    }

    fn shown(&self) -> usize {
        let survey = self.survey.as_ref().unwrap();
        let names = (0..1000)
            .map(|index| format!("q{index}"))
            .chain(["root".to_owned()]);
        let shown = |id: &Id| survey.is_shown(*id);
        names
            .filter_map(|name| survey.question(&name))
            .filter(shown)
            .count()
    }

    fn read(&mut self) {
        let read = self
            .expressions
            .iter()
            .map(|text| Expression::parse(text).unwrap());
        self.read = read.collect();
    }

    fn scope(&self) -> Values<'_, Utc> {
        Values {
            values: &self.values,
            clock: clock(),
        }
    }

    fn evaluate(&self) -> usize {
        let scope = self.scope();
        self.read
            .iter()
            .filter(|expression| expression.is_true(&scope))
            .count()
    }

    fn read_and_evaluate(&self) -> usize {
        let scope = self.scope();
        self.expressions
            .iter()
            .filter(|text| Expression::parse(text).unwrap().is_true(&scope))
            .count()
    }
}

#[cfg(target_family = "wasm")]
mod in_a_browser {
    use super::Bench;
    use std::cell::RefCell;
    use wasm_bindgen::prelude::wasm_bindgen;

    thread_local! { static BENCH: RefCell<Bench> = RefCell::default(); }

    #[wasm_bindgen]
    pub fn start(workload: &str) {
        BENCH.replace(Bench::new(workload));
    }

    #[wasm_bindgen]
    pub fn load() {
        BENCH.with_borrow_mut(Bench::load);
    }

    #[wasm_bindgen]
    pub fn set_number(name: &str, value: f64) {
        BENCH.with_borrow_mut(|bench| bench.set(name, value.into()));
    }

    #[wasm_bindgen]
    pub fn set_text(name: &str, value: &str) {
        BENCH.with_borrow_mut(|bench| bench.set(name, value.into()));
    }

    #[wasm_bindgen]
    pub fn shown() -> usize {
        BENCH.with_borrow(Bench::shown)
    }

    #[wasm_bindgen]
    pub fn read() {
        BENCH.with_borrow_mut(Bench::read);
    }

    #[wasm_bindgen]
    pub fn evaluate() -> usize {
        BENCH.with_borrow(Bench::evaluate)
    }

    #[wasm_bindgen]
    pub fn read_and_evaluate() -> usize {
        BENCH.with_borrow(Bench::read_and_evaluate)
    }
}

#[cfg(target_family = "wasm")]
fn main() {}

/// Takes the file of the workload.
#[cfg(not(target_family = "wasm"))]
fn main() {
    let file = std::env::args().nth(1).unwrap();
    let mut bench = Bench::new(&std::fs::read_to_string(file).unwrap());
    let load = least(|_| bench.load());
    let all = least(|run| bench.set("root", Value::Number((1 + run % 2) as f64)));
    let one = least(|run| bench.set("q500", format!("text {run}").into()));
    bench.set("root", Value::Number(1.0));
    let read = least(|_| bench.read());
    let evaluate = least(|_| {
        std::hint::black_box(bench.evaluate());
    });
    let read_and_evaluate = least(|_| {
        std::hint::black_box(bench.read_and_evaluate());
    });
    let (shown, held) = (bench.shown(), bench.evaluate());
    let figures = serde_json::json!({
        "load": load, "all": all, "one": one, "read": read, "evaluate": evaluate,
        "read_and_evaluate": read_and_evaluate, "shown": shown, "held": held,
    });
    println!("{figures}");
}

/// The least of many, in milliseconds: what else the machine does only adds to it.
#[cfg(not(target_family = "wasm"))]
fn least(mut task: impl FnMut(usize)) -> f64 {
    use std::time::{Duration, Instant};
    let (begin, mut best, mut runs) = (Instant::now(), Duration::MAX, 0);
    while runs < 5 || begin.elapsed() < Duration::from_millis(1500) {
        let start = Instant::now();
        task(runs);
        best = best.min(start.elapsed());
        runs += 1;
    }
    best.as_secs_f64() * 1e3
}
