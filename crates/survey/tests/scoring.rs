//! Scores against figures that were computed elsewhere, and against what must hold for all answers.

use portico_survey::score::{
    Scale, Standing, Target, effort, recommendation, sample_size, satisfaction, standard_errors,
    weighted, wilson,
};
use serde_json::Value;

fn data() -> Value {
    serde_json::from_str(include_str!("data/survey-scoring.json")).unwrap()
}

fn cases(kind: &str) -> Vec<Value> {
    let cases = data()[kind].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn answers(case: &Value) -> Vec<f64> {
    let answers = case["answers"].as_array().unwrap();
    answers.iter().filter_map(Value::as_f64).collect()
}

/// To the four decimals of the figures.
fn near(ours: f64, theirs: &Value, case: &Value) {
    let theirs = theirs.as_f64().unwrap_or(f64::NAN);
    assert!(
        (ours - theirs).abs() < 0.000_051,
        "{ours}, not {theirs}: {case}"
    );
}

#[test]
fn shares_have_the_interval_of_wilson() {
    for case in cases("wilson") {
        let (k, n) = (case["k"].as_u64().unwrap(), case["n"].as_u64().unwrap());
        let interval = wilson(k, n, case["confidence"].as_f64().unwrap());
        match interval {
            Some(interval) => {
                near(interval.low, &case["interval_percent"][0], &case);
                near(interval.high, &case["interval_percent"][1], &case);
            }
            None => assert!(case["interval_percent"].is_null()),
        }
    }
}

#[test]
fn recommendation_and_its_error() {
    for case in cases("nps") {
        let Some(score) = recommendation(answers(&case)) else {
            assert!(case["nps"].is_null());
            continue;
        };
        assert_eq!(case["n"], score.n);
        assert_eq!(case["promoters"], score.promoters);
        assert_eq!(case["passives"], score.passives);
        assert_eq!(case["detractors"], score.detractors);
        near(score.score, &case["nps"], &case);
        near(score.standard_error, &case["se_points"], &case);
        near(score.interval(0.95).low, &case["ci95"][0], &case);
        near(score.interval(0.95).high, &case["ci95"][1], &case);
    }
}

#[test]
fn satisfaction_on_any_scale() {
    for case in cases("csat") {
        let scale = Scale {
            lowest: case["scale"][0].as_f64().unwrap(),
            highest: case["scale"][1].as_f64().unwrap(),
        };
        let Some(score) = satisfaction(
            answers(&case),
            scale,
            case["satisfied_from"].as_f64().unwrap(),
        ) else {
            assert!(case["csat_percent"].is_null());
            continue;
        };
        assert_eq!(case["n"], score.n);
        assert_eq!(case["satisfied"], score.satisfied);
        near(score.percent, &case["csat_percent"], &case);
        near(score.mean, &case["mean"], &case);
        near(score.index, &case["index_0_100"], &case);
        near(score.share_of_max, &case["share_of_max_percent"], &case);
        let interval = wilson(score.satisfied, score.n, 0.95).unwrap();
        near(interval.low, &case["wilson95"][0], &case);
        near(interval.high, &case["wilson95"][1], &case);
    }
}

#[test]
fn effort_in_its_three_forms() {
    for case in cases("ces") {
        let Some(score) = effort(answers(&case)) else {
            assert!(case["mean"].is_null());
            continue;
        };
        assert_eq!(case["n"], score.n);
        near(score.percent, &case["percent_agree_5_7"], &case);
        near(score.mean, &case["mean"], &case);
        near(score.index, &case["index_minus100_100"], &case);
    }
}

#[test]
fn weights_count_over_what_was_answered() {
    for case in cases("weighted") {
        let weights = case["weights"].as_object().unwrap();
        let pairs = weights
            .iter()
            .map(|(name, weight)| (weight.as_f64().unwrap(), case["answers"][name].as_f64()));
        let result = &case["result"];
        match weighted(pairs, Scale::FIVE) {
            Some(score) => {
                near(score.answered_weight, &result["answered_weight"], &case);
                near(score.mean, &result["mean"], &case);
                near(score.index, &result["index_0_100"], &case);
                near(score.share_of_max, &result["share_of_max_percent"], &case);
            }
            None => assert!(result.is_null()),
        }
    }
    let nothing = weighted([(0.0, Some(5.0)), (1.0, None)], Scale::FIVE);
    assert_eq!(nothing, None);
}

#[test]
fn as_many_as_are_needed() {
    for case in cases("sample_size") {
        let figure = |name: &str| case[name].as_f64();
        let n = sample_size(
            figure("margin").unwrap(),
            figure("confidence").unwrap(),
            figure("p").unwrap(),
            figure("population"),
        );
        assert_eq!(n, case["n"].as_u64(), "{case}");
    }
    assert_eq!(sample_size(0.05, 0.95, 0.9, None), Some(139));
    for (margin, confidence, p) in [
        (0.0, 0.95, 0.5),
        (0.1, 1.0, 0.5),
        (0.1, 0.95, 1.5),
        (f64::NAN, 0.95, 0.5),
    ] {
        assert_eq!(sample_size(margin, confidence, p, None), None);
    }
}

/// The quantiles are those of printed tables.
#[test]
fn confidence_in_standard_errors() {
    for (confidence, z) in [
        (0.0, 0.0),
        (0.5, 0.674_489_750_196_08),
        (0.8, 1.281_551_565_544_60),
        (0.9, 1.644_853_626_951_47),
        (0.95, 1.959_963_984_540_05),
        (0.99, 2.575_829_303_548_90),
        (0.999, 3.290_526_731_491_89),
        (0.999_999, 4.891_638_475_698_59),
    ] {
        let ours = standard_errors(confidence);
        assert!((ours - z).abs() < 1e-10, "{confidence}: {ours}");
    }
    assert!(standard_errors(1.0).is_nan() && standard_errors(-0.1).is_nan());
}

/// The table of what it takes to be sure of 90 %.
#[test]
fn a_target_is_met_surely_when_its_lower_bound_is() {
    let target = Target {
        value: 90.0,
        minimum: 5,
    };
    let standing = |k: u64, n: u64| {
        let lower = wilson(k, n, 0.95).map(|interval| interval.low);
        target.judge(100.0 * k as f64 / n as f64, n, lower)
    };
    for (n, needed) in [
        (35, 35),
        (50, 50),
        (100, 96),
        (200, 189),
        (400, 372),
        (1000, 919),
    ] {
        assert_eq!(standing(needed, n), Standing::MetSurely);
        assert_eq!(standing(needed - 1, n), Standing::Met, "{n}");
    }
    assert_eq!(standing(30, 30), Standing::Met);
    assert_eq!(standing(89, 100), Standing::Missed);
    assert_eq!(standing(4, 4), Standing::TooFew);
}

/// Thirty answers have three values by three formulas, so the formula is part of a target.
#[test]
fn the_formula_decides() {
    let answers = [(5, 18), (4, 9), (3, 2), (1, 1)];
    let answers = answers
        .into_iter()
        .flat_map(|(answer, count)| vec![f64::from(answer); count]);
    let score = satisfaction(answers, Scale::FIVE, 4.0).unwrap();
    let rounded =
        [score.percent, score.share_of_max, score.index].map(|value| format!("{value:.2}"));
    assert_eq!(rounded, ["90.00", "88.67", "85.83"]);
}

#[test]
fn what_is_beside_the_scale_counts_nowhere() {
    let score = satisfaction([5.0, 0.0, 9.0, f64::NAN], Scale::FIVE, 4.0).unwrap();
    assert_eq!((score.n, score.percent), (1, 100.0));
    assert_eq!(recommendation([11.0, -1.0]), None);
}
