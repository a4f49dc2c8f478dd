//! How fast requests are: at the embedded desk against the least that axum and SQLite can do, and at another desk
//! against asking that desk directly.

use super::FOLDER;
use crate::{
    process::{cargo, output, run, step},
    site,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

/// Milliseconds that the gateway may add at the median.
const ADDED: f64 = 2.0;
/// The part of the floor's reads per core that the server is to do.
const PART: f64 = 0.5;

/// Measures and prints two tables.
pub(crate) fn gateway() -> Result<()> {
    step("Building what is measured");
    // A release holds the site; what is measured asks for no page of it.
    fs::create_dir_all(site::SITE)?;
    run(cargo().args([
        "build",
        "--release",
        "--package",
        "portico-server",
        "--bin",
        "portico",
        "--example",
        "gateway",
    ]))?;
    step("Measuring");
    let folder = Path::new(FOLDER).join("gateway");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let measured = output(
        Command::new("target/release/examples/gateway")
            .arg("target/release/portico")
            .arg(&folder),
    );
    let figures: Value = serde_json::from_str(&measured.context("the measurement fails")?)?;
    let of = |at: &str| {
        let figure = figures.pointer(at).and_then(Value::as_f64);
        figure.with_context(|| format!("no figure at {at}"))
    };

    println!(
        "\nrequests at the embedded desk (a second; per core: by the server's own processor time)"
    );
    println!(
        "{:<12}{:>12}{:>12}{:>14}{:>14}{:>8}   goal",
        "", "floor", "Portico", "floor/core", "Portico/core", "part"
    );
    for (task, has_goal) in [("reads", true), ("creations", false)] {
        let figure = |whose: &str, what: &str| of(&format!("/{whose}/{task}/{what}"));
        let (floor, ours) = (figure("floor", "per_core")?, figure("portico", "per_core")?);
        let part = ours / floor;
        println!(
            "{task:<12}{:>12.0}{:>12.0}{floor:>14.0}{ours:>14.0}{part:>8.2}   {}",
            figure("floor", "per_second")?,
            figure("portico", "per_second")?,
            goal(has_goal.then_some(PART), part >= PART),
        );
    }
    println!("\na desk that speaks as Request Tracker does (milliseconds, the median)");
    println!(
        "{:<12}{:>12}{:>12}{:>10}   goal",
        "", "directly", "gateway", "added"
    );
    for (task, has_goal) in [("read", true), ("create", false)] {
        let direct = of(&format!("/gateway/{task}/direct"))?;
        let through = of(&format!("/gateway/{task}/through"))?;
        let added = through - direct;
        println!(
            "{task:<12}{direct:>12.2}{through:>12.2}{added:>10.2}   {}",
            goal(has_goal.then_some(ADDED), added <= ADDED),
        );
    }
    Ok(())
}

fn goal(goal: Option<f64>, met: bool) -> String {
    match goal {
        Some(goal) if met => format!("{goal}, met"),
        Some(goal) => format!("{goal}, not met"),
        None => String::new(),
    }
}
