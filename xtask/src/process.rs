//! Other programs and folders, with errors that say which.

use anyhow::{Context, Result, bail};
use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Says what happens next.
pub(crate) fn step(what: &str) {
    eprintln!("\n=> {what}");
}

/// Keeps other runs of xtask from the same files until it is dropped.
pub(crate) fn alone() -> Result<File> {
    fs::create_dir_all("target")?;
    let lock = File::create("target/xtask.lock")?;
    if lock.try_lock().is_err() {
        eprintln!("Waiting for another cargo xtask to end its part ...");
        lock.lock()?;
    }
    Ok(lock)
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Shows a command and runs it in the foreground; an error when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    eprintln!("   $ {line}");
    let status = command.status().with_context(|| line.clone())?;
    if !status.success() {
        bail!("failed ({status}): {line}");
    }
    Ok(())
}

/// What a command prints; `None` when it does not exist or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where `PATH` has a program of this name.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// Copies a folder and all below it.
pub(crate) fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn line(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
