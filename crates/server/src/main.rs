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
pub mod problem;
pub mod receipt;
pub mod secret;
pub mod serve;
pub mod settings;
pub mod state;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod view;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

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
    /// Writes the default configuration for editing.
    Init {
        /// The folder that gets `portico.toml`; made when it is not there.
        dir: PathBuf,
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
        Command::Init { dir } => init(&dir),
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

fn init(dir: &std::path::Path) -> Result<(), String> {
    let file = dir.join("portico.toml");
    if file.exists() {
        return Err(format!("{} is there already", file.display()));
    }
    std::fs::create_dir_all(dir)
        .and_then(|()| std::fs::write(&file, settings::DEFAULT_FILE))
        .map_err(|e| format!("{}: {e}", file.display()))?;
    println!(
        "wrote {}; start with: portico serve --config {}",
        file.display(),
        file.display()
    );
    Ok(())
}
