//! JSON lines on the command line: each is answered with one line as soon as it is read, in order, and one that cannot
//! be answered ends nothing.

use serde::Serialize;
use std::io::{self, BufRead, Write};

/// A line that could not be answered.
#[derive(Serialize)]
struct Refused {
    error: String,
}

/// Answers line by line. Empty lines are none.
///
/// # Errors
/// A sentence for the operator when reading or writing fails, or when lines could not be answered: how many.
pub fn answer<A: Serialize>(
    input: impl BufRead,
    mut output: impl Write,
    mut answer: impl FnMut(&[u8]) -> Result<A, String>,
) -> Result<(), String> {
    let mut refused = 0;
    for line in input.split(b'\n') {
        let line = line.map_err(|e| e.to_string())?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = match answer(&line) {
            Ok(answer) => serde_json::to_vec(&answer),
            Err(error) => {
                refused += 1;
                serde_json::to_vec(&Refused { error })
            }
        };
        let mut text = text.map_err(|e| e.to_string())?;
        text.push(b'\n');
        if !shown(output.write_all(&text).and_then(|()| output.flush()))? {
            return Ok(());
        }
    }
    match refused {
        0 => Ok(()),
        refused => Err(format!("questions that could not be answered: {refused}")),
    }
}

/// Whether what was written can be read on: a reader that has enough may leave.
///
/// # Errors
/// Why writing failed otherwise.
pub fn shown(written: io::Result<()>) -> Result<bool, String> {
    match written {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(e) => Err(e.to_string()),
    }
}
