//! What the first view of the home page costs the customer.

use crate::{process::step, site};
use anyhow::{Result, ensure};
use std::{fs, path::Path};

/// The most that the first view may weigh, brotli, in units of 1024 bytes.
const LIMIT_KB: f64 = 245.0;

struct Weight {
    name: String,
    raw: u64,
    brotli: u64,
}

/// Prints the weight of every file of the first view; an error above the limit.
pub(crate) fn check() -> Result<()> {
    step("Weight of the first view of the home page (1 KB = 1024 bytes)");
    let files = first_view()?;
    for file in &files {
        println!(
            "{:>9.1} KB brotli {:>9.1} KB raw  {}",
            kb(file.brotli),
            kb(file.raw),
            file.name
        );
    }
    let total = kb(files.iter().map(|file| file.brotli).sum());
    let raw = kb(files.iter().map(|file| file.raw).sum());
    println!("{total:>9.1} KB brotli {raw:>9.1} KB raw  in all, of at most {LIMIT_KB} KB brotli");
    ensure!(
        total <= LIMIT_KB,
        "the first view weighs {total:.1} KB, the limit is {LIMIT_KB} KB"
    );
    Ok(())
}

/// Every file of the site but the program that has other pages, and of the messages only the heaviest language.
fn first_view() -> Result<Vec<Weight>> {
    let root = Path::new(site::SITE);
    let mut paths = Vec::new();
    site::files_below(root, &mut paths)?;
    let mut files = Vec::new();
    let mut messages = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        if name.ends_with(".br") || name.ends_with(".gz") || name.starts_with("case-") {
            continue;
        }
        let raw = fs::metadata(&path)?.len();
        let packed = fs::metadata(root.join(format!("{name}.br")));
        let brotli = packed.map_or(raw, |file| file.len());
        let into = if name.starts_with("messages/") {
            &mut messages
        } else {
            &mut files
        };
        into.push(Weight { name, raw, brotli });
    }
    files.extend(messages.into_iter().max_by_key(|file| file.brotli));
    Ok(files)
}

fn kb(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}
