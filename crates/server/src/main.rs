//! `portico`: the ticket API contract over an embedded desk, in one program.

pub mod attach;
pub mod calendar_line;
pub mod catalogue;
pub mod clock;
pub mod delivery;
pub mod demo;
pub mod desk_line;
pub mod files;
pub mod hours;
pub mod housekeeping;
pub mod http;
pub mod intake;
pub mod keys;
pub mod life;
pub mod limits;
pub mod lines;
pub mod problem;
pub mod promises;
pub mod receipt;
pub mod secret;
pub mod serve;
pub mod settings;
pub mod state;
pub mod store;
pub mod survey_line;
pub mod telemetry;
pub mod text;
pub mod view;

use catalogue::Catalogue;
use clap::{Parser, Subcommand};
use promises::{Policy, policy};
use settings::Settings;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The customer portal's server with its embedded service desk.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server until it is told to stop (SIGINT, SIGTERM).
    Serve(serve::Options),
    /// Works at the desk of a running server.
    Desk(Box<desk_line::Desk>),
    /// Asks a working calendar.
    Calendar(calendar_line::CalendarLine),
    /// Checks a questionnaire, and asks the survey engine.
    Survey(survey_line::SurveyLine),
    /// Writes the default configuration and policy for editing.
    Init {
        /// The folder that gets `portico.toml` and `policy.toml`; made when it is not there.
        dir: PathBuf,
    },
    /// Checks a configuration or a policy, with all that it names.
    Check {
        /// The file.
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("portico: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Serve(options) => runtime()?.block_on(serve::serve(options)),
        Command::Desk(desk) => runtime()?.block_on(desk_line::run(*desk)),
        Command::Calendar(line) => calendar_line::run(line),
        Command::Survey(line) => survey_line::run(line),
        Command::Init { dir } => init(&dir),
        Command::Check { file } => check(&file),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    // The one provider of every TLS connection that goes out; an error means that it is installed already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())
}

fn init(dir: &Path) -> Result<(), String> {
    let files = [
        (dir.join("portico.toml"), settings::DEFAULT_FILE),
        (dir.join("policy.toml"), policy::DEFAULT_FILE),
    ];
    if let Some((file, _)) = files.iter().find(|(file, _)| file.exists()) {
        return Err(format!("{} is there already", file.display()));
    }
    std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    for (file, text) in &files {
        std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    let [(settings, _), (policy, _)] = files;
    println!(
        "wrote {} and {}; start with: portico serve --config {}",
        settings.display(),
        policy.display(),
        settings.display()
    );
    Ok(())
}

/// A configuration is told from a policy by what a policy cannot do without.
fn check(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let table: toml::Table =
        toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let policy = if ["rights", "promises", "calendar"]
        .iter()
        .any(|key| table.contains_key(*key))
    {
        Policy::load(Some(file))?
    } else {
        let settings = Settings::load(Some(file))?;
        Catalogue::load(settings.request_types.as_deref(), settings.words.as_deref())?;
        Policy::load(settings.policy.as_deref())?
    };
    policy
        .check_reach(clock::real_now())
        .map_err(|e| format!("{}: {e}", file.display()))?;
    println!("{} is good", file.display());
    Ok(())
}
