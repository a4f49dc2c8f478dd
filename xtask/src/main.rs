//! `cargo xtask <command>`: cargo is the only thing a newcomer needs.

mod bench;
mod desks;
mod glue;
mod process;
mod setup;
mod site;
mod size;
mod structure;

use anyhow::{Context, Result, anyhow, bail};
use desks::Desks;
use process::{cargo, run, step};
use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitCode},
    thread,
};

const USAGE: &str = "\
cargo xtask <command>

  run             set up, build and start a demonstration on http://127.0.0.1:8080
  test [--desks] [FILTER..]
                  set up, build and run every test, or those whose names hold a FILTER; with
                  --desks also those against a real Request Tracker, Redmine and django-helpdesk
  ci              format, clippy, structure, size and every test, those against real desks too
  dist            dist/portico, one binary that holds the site, and dist/site/ for a static host
  bench survey    how fast surveys are, against survey-core
  bench embed     what the portal costs the page that has it, next to the page without
  bench gateway   how fast requests are, against the least server and against asking a desk directly
  size            what the first view of the home page weighs
  shots           pictures of every page and state in shots/
  soak            the long seeded runs, those against real desks too
  desks           install, fill and start the real desks, and say where they are
  site            only the site, in target/site/
  setup           only the set-up, tools for the tests included
";

/// Where the server binary of a development build lies.
const SERVER: &str = "target/debug/portico";
/// Tells tests to take as long as it takes.
const SOAK: (&str, &str) = ("PORTICO_SOAK", "long");
/// Asks for the tests against real desks.
const DESKS: &str = "--desks";
/// Runs tests that are compiled for the browser; comes with the program that binds the portal to it.
const RUNNER: &str = "wasm-bindgen-test-runner";

fn main() -> ExitCode {
    match command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the workspace")?;
    env::set_current_dir(root)?;
    let args: Vec<String> = env::args().skip(1).collect();
    let (command, rest) = args
        .split_first()
        .map_or(("", &[][..]), |(c, r)| (c.as_str(), r));
    let benches = ["survey", "embed", "gateway"];
    let takes = command == "test"
        || command == "bench" && rest.len() == 1 && benches.contains(&rest[0].as_str());
    if !takes && !rest.is_empty() {
        bail!("`{command}` takes no arguments\n\n{USAGE}");
    }
    match command {
        "run" => serve(),
        "test" => {
            let (flags, filters): (Vec<_>, Vec<_>) =
                rest.iter().cloned().partition(|word| word == DESKS);
            test(&filters, !flags.is_empty())
        }
        "ci" => ci(),
        "dist" => dist(),
        "bench" if rest == ["survey"] => bench::surveys(),
        "bench" if rest == ["embed"] => bench::embed(),
        "bench" if rest == ["gateway"] => bench::gateway(),
        "size" => {
            setup::for_site()?;
            site::build()?;
            size::check()
        }
        "shots" => ignored_tests("shots", "PORTICO_SHOTS", "shots"),
        "soak" => ignored_tests("soak", SOAK.0, SOAK.1).and_then(|()| soak_desks()),
        "desks" => Desks::start()?.stay(),
        "site" => {
            setup::for_site()?;
            site::build()
        }
        "setup" => {
            setup::for_site()?;
            setup::for_tests().map(drop)
        }
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("no command `{other}`\n\n{USAGE}"),
    }
}

/// Becomes the demonstration server, so that Ctrl-C reaches it and its exit code is ours.
fn serve() -> Result<()> {
    setup::for_site()?;
    site::build()?;
    step("Building the server");
    // The whole workspace decides which features its dependencies have: what `run` compiles,
    // `test` need not compile again.
    run(cargo().args(["build", "--workspace", "--bin", "portico"]))?;
    step("Starting the demonstration; Ctrl-C ends it");
    let error = Command::new(SERVER)
        .args([
            "serve",
            "--demo",
            "--listen",
            "127.0.0.1:8080",
            "--data",
            "./data",
        ])
        .exec();
    Err(error).context(SERVER)
}

fn test(filters: &[String], real_desks: bool) -> Result<()> {
    let mut command = test_command(&["--no-fail-fast", "--"])?;
    let of_workspace = run(command.args(filters));
    let of_views = test_views(filters);
    let of_desks = if real_desks {
        test_desks(filters)
    } else {
        Ok(())
    };
    of_workspace.and(of_views).and(of_desks)
}

/// The tests against real desks. Those are slow, so few ask them at the same time.
fn test_desks(filters: &[String]) -> Result<()> {
    let desks = Desks::start()?;
    let mut command = test_command(&["--test", "desks", "--", "--ignored", "--test-threads=2"])?;
    run(command.args(filters).envs(desks.environment()))
}

/// The long run against real desks, one after the other.
fn soak_desks() -> Result<()> {
    let desks = Desks::start()?;
    let flags = ["--ignored", "--nocapture", "--test-threads=1"];
    let mut command = test_command(&["--test", "desks", "--", "every_submission_is"])?;
    run(command
        .args(flags)
        .env(SOAK.0, SOAK.1)
        .envs(desks.environment()))
}

/// The tests of views, which run within a browser themselves. Their runner takes one filter at a time.
fn test_views(filters: &[String]) -> Result<()> {
    let tools = setup::for_tests()?;
    let none = [String::new()];
    let filters = if filters.is_empty() { &none } else { filters };
    for filter in filters {
        run(cargo()
            .args(["test", "--package", "portico-view", "--target"])
            .args([setup::WASM_TARGET, "--test", "in_a_browser", "--", filter])
            .env("CARGO_TARGET_DIR", site::TARGET_DIR)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", RUNNER)
            .env("CHROMEDRIVER", tools.chromedriver())
            .env("PATH", setup::search_path()?))?;
    }
    Ok(())
}

/// Tests that are `#[ignore]`d because they take long or make files, all of one file in `tests/`.
fn ignored_tests(name: &str, variable: &str, value: &str) -> Result<()> {
    let mut command = test_command(&[
        "--test",
        name,
        "--",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ])?;
    run(command.env(variable, value))
}

/// Sets up and builds all that tests need; the command has still to be run.
fn test_command(args: &[&str]) -> Result<Command> {
    setup::for_site()?;
    let tools = setup::for_tests()?;
    step("Building the server and the tests");
    beside(build_host, site::build)?;
    step("Testing");
    let here = env::current_dir()?;
    let mut command = cargo();
    command
        .args(["test", "--workspace"])
        .args(args)
        // Another program, such as that of `dist`, can be put to the same tests.
        .env(
            "PORTICO_BIN",
            env::var_os("PORTICO_BIN").unwrap_or_else(|| here.join(SERVER).into()),
        )
        .env("PORTICO_SITE", here.join(site::SITE))
        .env("RUST_TEST_THREADS", at_once()?);
    for (name, path) in tools.environment() {
        command.env(name, path);
    }
    Ok(command)
}

/// How many tests run side by side where nothing else is said: one more than there are cores, for a test of a server
/// waits a third of its time.
fn at_once() -> Result<String> {
    match env::var("RUST_TEST_THREADS") {
        Ok(told) => Ok(told),
        Err(_) => Ok((thread::available_parallelism()?.get() + 1).to_string()),
    }
}

/// What the server and the tests are made of, and the site beside it, much of whose building uses one core.
fn beside(
    host: impl FnOnce() -> Result<()> + Send,
    portal: impl FnOnce() -> Result<()>,
) -> Result<()> {
    thread::scope(|scope| {
        let host = scope.spawn(host);
        let portal = portal();
        let host = host.join().map_err(|_| anyhow!("a thread panicked"))?;
        host.and(portal)
    })
}

/// The server and the tests. Together: dev-dependencies change features, and apart much would be compiled twice.
fn build_host() -> Result<()> {
    run(cargo().args(["build", "--workspace", "--bin", "portico", "--tests"]))
}

const DENY_WARNINGS: [&str; 4] = ["--all-targets", "--", "-D", "warnings"];

fn lint_host() -> Result<()> {
    run(cargo()
        .args(["clippy", "--workspace", "--exclude", "portico-portal"])
        .args(DENY_WARNINGS))
}

fn lint_portal() -> Result<()> {
    let lint = |package: &str, features: &str| {
        run(cargo()
            .args(["clippy", "--package", package, "--features", features])
            .args(["--target", setup::WASM_TARGET])
            .args(DENY_WARNINGS)
            .env("CARGO_TARGET_DIR", site::TARGET_DIR))
    };
    for (_, features) in site::PROGRAMS {
        lint("portico-portal", features)?;
    }
    // On the host its tests are empty.
    lint("portico-view", "")
}

fn ci() -> Result<()> {
    step("Format");
    run(cargo().args(["fmt", "--all", "--check"]))?;
    structure::check()?;
    setup::for_site()?;
    step("Clippy, the server and the tests, and the site");
    beside(
        || lint_host().and_then(|()| build_host()),
        || site::build().and_then(|()| lint_portal()),
    )?;
    size::check()?;
    test(&[], true)
}

fn dist() -> Result<()> {
    setup::for_site()?;
    site::build()?;
    step("Building the server for release");
    run(cargo().args(["build", "--release", "--package", "portico-server"]))?;
    let dist = Path::new("dist");
    if dist.exists() {
        fs::remove_dir_all(dist)?;
    }
    process::copy_dir(Path::new(site::SITE), &dist.join("site"))?;
    fs::copy("target/release/portico", dist.join("portico"))?;
    step("dist/portico and dist/site/ are ready");
    Ok(())
}
