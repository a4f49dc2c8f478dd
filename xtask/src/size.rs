//! What the first view of a page costs the customer.

use crate::{
    process::step,
    site::{self, PROGRAMS},
};
use anyhow::{Result, ensure};
use std::{fs, path::Path};

/// The most that the first view of home may weigh, brotli, in units of 1024 bytes.
const HOME_KB: f64 = 245.0;
/// The most that a survey may weigh that is opened from its link and asks for no file and no signature.
const SURVEY_KB: f64 = 200.0;
/// The most that the script for other sites may weigh, brotli.
const EMBED_KB: f64 = 5.0;

/// The pages of the whole program, which is the same for each.
const OTHERS: [&str; 9] = [
    "/new",
    "/new/{type}",
    "/sent/{reference}",
    "/track",
    "/requests",
    "/requests/{reference}",
    "/callback",
    "/receipt",
    "/sign-in",
];

struct Weight {
    name: String,
    raw: u64,
    brotli: u64,
}

/// Prints the weight of every file of the first view of home and of a survey, and the sum for every other page; an error
/// when one of the two is above its limit.
pub(crate) fn check() -> Result<()> {
    step("Weight of the first view (1 KB = 1024 bytes)");
    let files = site_files()?;
    let limited = [
        ("door", "home", HOME_KB),
        ("light", "/surveys/{token}, from a link", SURVEY_KB),
    ];
    for (program, page, limit) in limited {
        for file in first_view(&[program], &files) {
            let (brotli, raw) = (kb(file.brotli), kb(file.raw));
            println!("{brotli:>9.1} KB brotli {raw:>9.1} KB raw  {}", file.name);
        }
        let all = total(&[program], &files);
        println!("{all:>9.1} KB brotli in all for {page}, of at most {limit} KB");
    }
    let asking_more = total(&["light", "survey"], &files);
    println!(
        "{asking_more:>9.1} KB brotli in all for the same, where files or a signature are asked for"
    );
    let framed = total(&["survey"], &files);
    println!("{framed:>9.1} KB brotli in all for the same, in a frame");
    let other = total(&["whole"], &files);
    for page in OTHERS {
        println!("{other:>9.1} KB brotli in all for {page}, opened first");
    }
    for (program, page, limit) in limited {
        let all = total(&[program], &files);
        ensure!(
            all <= limit,
            "the first view of {page} weighs {all:.1} KB, the limit is {limit} KB"
        );
    }
    let script = format!("embed/{}/portico.js.br", site::EMBED_PROTOCOL);
    let embed = kb(fs::metadata(Path::new(site::SITE).join(script))?.len());
    println!("{embed:>9.1} KB brotli for the script of other sites, of at most {EMBED_KB} KB");
    ensure!(
        embed <= EMBED_KB,
        "the script for other sites weighs {embed:.1} KB, the limit is {EMBED_KB} KB"
    );
    Ok(())
}

/// The files that a page needs which runs these programs: every file of the site but the other programs.
fn first_view<'a>(programs: &[&str], files: &'a [Weight]) -> impl Iterator<Item = &'a Weight> {
    let others = PROGRAMS.map(|(name, _)| name).into_iter();
    let others: Vec<_> = others
        .filter(|name| !programs.contains(name))
        .map(|name| format!("{name}-"))
        .collect();
    files
        .iter()
        .filter(move |file| !others.iter().any(|other| file.name.starts_with(other)))
}

fn total(programs: &[&str], files: &[Weight]) -> f64 {
    kb(first_view(programs, files).map(|file| file.brotli).sum())
}

/// Every file of the site, and of a program's messages only the heaviest language.
fn site_files() -> Result<Vec<Weight>> {
    let root = Path::new(site::SITE);
    let mut paths = Vec::new();
    site::files_below(root, &mut paths)?;
    let mut files = Vec::new();
    let mut messages = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        // What other sites load is no part of a page of ours.
        if name.ends_with(".br") || name.ends_with(".gz") || name.starts_with("embed/") {
            continue;
        }
        let raw = fs::metadata(&path)?.len();
        let packed = fs::metadata(root.join(format!("{name}.br")));
        let brotli = packed.map_or(raw, |file| file.len());
        let into = if name.ends_with(".json") && name != "portico.json" {
            &mut messages
        } else {
            &mut files
        };
        into.push(Weight { name, raw, brotli });
    }
    for (program, _) in PROGRAMS {
        let own = messages.extract_if(.., |file: &mut Weight| file.name.starts_with(program));
        files.extend(own.max_by_key(|file| file.brotli));
    }
    Ok(files)
}

fn kb(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}
