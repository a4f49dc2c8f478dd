//! `portico`: the ticket API contract over an embedded desk, in one program.

pub mod attach;
pub mod calendar_line;
pub mod catalogue;
pub mod clock;
pub mod company;
pub mod conform_line;
pub mod delivery;
pub mod demo;
pub mod desk_line;
pub mod doctor_line;
pub mod embed_line;
pub mod files;
pub mod gateway;
pub mod host_token;
pub mod hours;
pub mod housekeeping;
pub mod http;
pub mod intake;
pub mod jwt;
pub mod keys;
pub mod life;
pub mod limits;
pub mod lines;
pub mod oidc;
pub mod problem;
pub mod promises;
pub mod receipt;
pub mod secret;
pub mod serve;
pub mod settings;
pub mod state;
pub mod store;
pub mod survey_line;
pub mod surveys;
pub mod telemetry;
pub mod text;
pub mod view;
pub mod wording;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use clap::{Parser, Subcommand};
use company::Company;
use host_token::HostTokens;
use promises::{Policy, policy};
use settings::Settings;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use surveys::{Programme, programme};

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
    /// Looks at the desks of a configuration and says what is missing.
    Doctor(doctor_line::Doctor),
    /// Checks a questionnaire, asks the survey engine, and shows the results of a survey.
    Survey(survey_line::SurveyLine),
    /// Asks any server of the contract whether it keeps the rules of it. Ends with 0 when it does, 1 when it breaks one,
    /// 2 when there is nothing to ask. Leaves about fifteen requests there, which say so.
    Conform(Box<conform_line::ConformLine>),
    /// Writes the default configuration, policy, surveys and questionnaires for editing.
    Init {
        /// The folder that gets `portico.toml`, `policy.toml`, `surveys.toml` and the questionnaires; made when it is not
        /// there.
        dir: PathBuf,
    },
    /// Prints what the policies of a site and of the portal must allow, for the portal to be shown there.
    Csp(embed_line::Csp),
    /// Checks a configuration, a policy or surveys, with all that it names.
    Check {
        /// The file.
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("portico: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, String> {
    // The one provider of every TLS connection that goes out; an error means that it is installed already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    match command {
        Command::Conform(line) => return runtime()?.block_on(conform_line::run(*line)),
        Command::Serve(options) => runtime()?.block_on(serve::serve(options)),
        Command::Desk(desk) => runtime()?.block_on(desk_line::run(*desk)),
        Command::Doctor(line) => runtime()?.block_on(doctor_line::run(line)),
        Command::Calendar(line) => calendar_line::run(line),
        Command::Survey(line) => runtime()?.block_on(survey_line::run(line)),
        Command::Csp(line) => embed_line::csp(&line),
        Command::Init { dir } => init(&dir),
        Command::Check { file } => check(&file),
    }
    .map(|()| ExitCode::SUCCESS)
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())
}

fn init(dir: &Path) -> Result<(), String> {
    let files = [
        ("portico.toml", settings::DEFAULT_FILE),
        ("policy.toml", policy::DEFAULT_FILE),
        ("surveys.toml", programme::DEFAULT_FILE),
    ];
    let files: Vec<_> = files
        .into_iter()
        .chain(programme::DEFAULT_QUESTIONNAIRES)
        .map(|(name, text)| (dir.join(name), text))
        .collect();
    if let Some((file, _)) = files.iter().find(|(file, _)| file.exists()) {
        return Err(format!("{} is there already", file.display()));
    }
    std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    for (file, text) in &files {
        std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    let names: Vec<_> = files
        .iter()
        .map(|(file, _)| file.display().to_string())
        .collect();
    println!(
        "wrote {}; start with: portico serve --config {}",
        names.join(", "),
        dir.join("portico.toml").display()
    );
    Ok(())
}

/// Says what has to be registered with each provider of OpenID Connect.
fn tell_providers(settings: &Settings) -> Result<(), String> {
    let public_url = settings.public_url.as_deref().unwrap_or("<public_url>");
    let public_url = public_url.trim_end_matches('/');
    for id in oidc::load(&settings.oidc)?.keys() {
        let redirect = oidc::redirect_uri(public_url, id);
        println!("oidc.{id}: register {redirect} there; after signing out, {public_url}/");
    }
    Ok(())
}

/// A configuration is told from a policy and from surveys by what those cannot do without.
fn check(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let table: toml::Table =
        toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    if table.contains_key("gates") {
        Programme::load(Some(file))?;
        println!("{} is good", file.display());
        return Ok(());
    }
    let policy = if ["rights", "promises", "calendar"]
        .iter()
        .any(|key| table.contains_key(*key))
    {
        Policy::load(Some(file))?
    } else {
        let settings = Settings::load(Some(file))?;
        if let Some(host_token) = &settings.host_token {
            HostTokens::load(host_token)?;
        }
        tell_providers(&settings)?;
        Company::load(&settings, None)?;
        embed_line::tell_corrections(&settings);
        Programme::load(settings.surveys.as_deref())?;
        Policy::load(settings.policy.as_deref())?
    };
    policy
        .check_reach(clock::real_now())
        .map_err(|e| format!("{}: {e}", file.display()))?;
    println!("{} is good", file.display());
    Ok(())
}
