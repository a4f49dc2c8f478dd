//! Builds the portal into `target/site/`: what a server or a static host hands out as it is.
//!
//! Trunk compiles and binds; the rest is here, because Trunk names files before their bytes are
//! final, starts the program by inline script and does not bundle style sheets. Every file that
//! `index.html` or the boot script refers to carries the hash of its bytes in its name and may be
//! cached for ever; the others keep their names.

use crate::{
    glue,
    process::{alone, run, step},
    setup,
};
use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha384};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The finished site.
pub(crate) const SITE: &str = "target/site";
/// Where the portal is compiled, apart from the host's programs.
pub(crate) const TARGET_DIR: &str = "target/portal";

const TRUNK_DIST: &str = "target/trunk";
const FINGERPRINT: &str = "target/site.fingerprint";
/// Style sheets in the order of their layers.
const STYLES: [&str; 6] = ["tokens", "base", "layout", "components", "pages", "print"];
/// The line of the boot script that names the other files.
const ASSETS: &str = "const ASSETS = {};";

/// The script that other sites load, by its name in `public/`.
const EMBED: &str = "embed/portico.js";
/// The version of what that script and the portal say to each other.
pub(crate) const EMBED_PROTOCOL: &str = "1";
/// The version of the script: that of the whole.
const EMBED_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The files of the site by their names, which may hold folders.
type Files = BTreeMap<String, Vec<u8>>;

/// Builds the site, unless nothing that goes into it has changed.
pub(crate) fn build() -> Result<()> {
    let _alone = alone()?;
    let fingerprint = fingerprint()?;
    if fs::read_to_string(FINGERPRINT).is_ok_and(|built| built == fingerprint) {
        return Ok(());
    }
    step("Building the site");
    let parts = Parts::read()?;
    let new = Path::new("target/site.new");
    if new.exists() {
        fs::remove_dir_all(new)?;
    }
    for (name, bytes) in assemble(parts)? {
        write_with_compressed(&new.join(name), &bytes)?;
    }
    if Path::new(SITE).exists() {
        fs::remove_dir_all(SITE)?;
    }
    fs::rename(new, SITE)?;
    fs::write(FINGERPRINT, fingerprint)?;
    Ok(())
}

/// A hash of all that the site is made of.
fn fingerprint() -> Result<String> {
    let mut files = Vec::new();
    for root in [
        ".cargo/config.toml",
        "Cargo.lock",
        "Cargo.toml",
        "Trunk.toml",
        "build.rs",
        "crates/contract",
        "crates/survey/src",
        "crates/view",
        "crates/view-macro",
        "index.html",
        "public",
        "src",
        "style",
        "xtask/src",
    ] {
        files_below(Path::new(root), &mut files)?;
    }
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(&file)?;
        hash.update(format!("{}\0{}\0", file.display(), bytes.len()));
        hash.update(bytes);
    }
    for tool in [setup::WASM_OPT, setup::ESBUILD] {
        hash.update([u8::from(Path::new(tool).exists())]);
    }
    Ok(hex(&hash.finalize()))
}

/// Lists a file, or every file below a folder, in a fixed order; nothing where there is nothing.
pub(crate) fn files_below(path: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<Result<_, _>>()?;
        entries.sort();
        entries
            .iter()
            .try_for_each(|entry| files_below(entry, into))?;
    } else if path.exists() {
        into.push(path.to_owned());
    }
    Ok(())
}

/// The programs of the portal: what they are called and the features that make them.
pub(crate) const PROGRAMS: [(&str, &str); 4] = [
    ("door", "door"),
    ("light", "light"),
    ("survey", "survey"),
    ("whole", ""),
];

/// A program and what binds it to the browser.
struct Program {
    glue: Vec<u8>,
    wasm: Vec<u8>,
}

fn compile(program: &str, features: &str) -> Result<Program> {
    let dist = &Path::new(TRUNK_DIST).join(program);
    if dist.exists() {
        fs::remove_dir_all(dist)?;
    }
    run(Command::new("trunk")
        .args(["build", "--features", features, "--dist"])
        .arg(dist)
        .env("PATH", setup::search_path()?)
        .env("CARGO_TARGET_DIR", TARGET_DIR)
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // Trunk takes no other word than true or false here.
        .env_remove("NO_COLOR"))?;
    ensure!(
        !dist.join("snippets").exists(),
        "a dependency brings JavaScript of its own, which the site does not carry yet"
    );
    let glue = fs::read_to_string(dist.join("portico-portal.js"))?;
    let mut wasm = dist.join("portico-portal_bg.wasm");
    let (glue, trimmed) = glue::trim(&glue, &fs::read(&wasm)?)?;
    fs::write(&wasm, trimmed)?;
    if Path::new(setup::WASM_OPT).exists() {
        let optimised = dist.join("optimised.wasm");
        // Functions of like names are of like bytes: beside each other they pack better.
        run(Command::new(setup::WASM_OPT)
            .args(["-Oz", "--reorder-functions-by-name"])
            .args(["--strip-producers", "--strip-target-features"])
            .arg(&wasm)
            .arg("-o")
            .arg(&optimised))?;
        wasm = optimised;
    }
    Ok(Program {
        glue: minify_js(glue.into_bytes())?,
        wasm: fs::read(wasm)?,
    })
}

/// The same module in fewer bytes, where esbuild is there to do it.
fn minify_js(module: Vec<u8>) -> Result<Vec<u8>> {
    if !Path::new(setup::ESBUILD).exists() {
        return Ok(module);
    }
    let mut esbuild = Command::new(setup::ESBUILD)
        .args([
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--charset=utf8",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context(setup::ESBUILD)?;
    // It reads to the end before it writes, and is told the end by the drop of this handle.
    esbuild
        .stdin
        .take()
        .context("esbuild has an input")?
        .write_all(&module)?;
    let output = esbuild.wait_with_output()?;
    ensure!(output.status.success(), "esbuild refuses a module");
    Ok(output.stdout)
}

/// What a site is assembled from.
struct Parts {
    index: String,
    programs: BTreeMap<&'static str, Program>,
    style: String,
    /// The folder `public/`.
    public: Files,
}

impl Parts {
    fn read() -> Result<Self> {
        let mut style = String::new();
        let mut sheets = Vec::new();
        files_below(Path::new("style"), &mut sheets)?;
        for layer in STYLES {
            let sheet = Path::new("style").join(layer).with_extension("css");
            if let Some(at) = sheets.iter().position(|found| *found == sheet) {
                style.push_str(&fs::read_to_string(sheets.remove(at))?);
            }
        }
        ensure!(sheets.is_empty(), "no layer is known for {sheets:?}");
        let mut public = Vec::new();
        files_below(Path::new("public"), &mut public)?;
        let public = public
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix("public")?.to_string_lossy().into_owned();
                Ok((name, fs::read(&path)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            index: fs::read_to_string("index.html").context("index.html")?,
            programs: PROGRAMS
                .iter()
                .map(|(program, features)| Ok((*program, compile(program, features)?)))
                .collect::<Result<_>>()?,
            style,
            public,
        })
    }
}

/// Every file of the site. Names hold hashes of final bytes, so a file is made after all that it
/// names: first what the boot script names, then the boot script, `index.html` last.
fn assemble(mut parts: Parts) -> Result<Files> {
    let mut site = Site::default();
    let mut assets = Map::new();
    let catalogues = catalogues(&mut parts.public)?;
    // The build of the portal has refused catalogues that differ in their keys.
    let keys: Vec<&str> = catalogues
        .values()
        .next()
        .map(|catalogue| catalogue.keys().map(String::as_str).collect())
        .unwrap_or_default();
    for (program, Program { glue, wasm }) in parts.programs {
        let mut messages = Map::new();
        let spoken = spoken(&keys, &wasm);
        for (locale, catalogue) in &catalogues {
            let said: BTreeMap<_, _> = spoken.iter().map(|key| (key, &catalogue[*key])).collect();
            let asset = site.add(
                &format!("{program}-{locale}.json"),
                serde_json::to_vec(&said)?,
            );
            messages.insert(locale.clone(), asset.url.into());
        }
        let glue = site.add(&format!("{program}.js"), glue);
        let wasm = site.add(&format!("{program}.wasm"), wasm);
        let named = json!({
            "js": glue.url, "jsIntegrity": glue.integrity, "wasm": wasm.url, "wasmIntegrity": wasm.integrity,
            "messages": messages,
        });
        assets.insert(program.to_owned(), named);
    }
    let style = site.add("app.css", minify_css(&parts.style).into_bytes());

    if let Some(loader) = parts.public.remove(EMBED) {
        site.embed(minify_js(loader)?)?;
    }
    let boot = parts
        .public
        .remove("boot.js")
        .context("public/boot.js is missing")?;
    let icons = parts
        .public
        .remove("icons.svg")
        .context("public/icons.svg is missing")?;
    assets.insert("icons".to_owned(), site.add("icons.svg", icons).url.into());
    let mut pictures = Vec::new();
    for (name, bytes) in parts.public {
        if parts.index.contains(&format!("href=\"{name}\"")) {
            let picture = site.add(&name, bytes);
            pictures.push((name, picture));
        } else if let Some(name) = name.strip_prefix("embed/") {
            // Goes with the script: its types, what tells why it does not work, the page that shows it.
            let name = format!("embed/{EMBED_PROTOCOL}/{name}");
            site.files.insert(name, bytes);
        } else {
            site.files.insert(name, bytes);
        }
    }
    let assets = Value::from(assets);
    let boot = replace_once(
        "public/boot.js",
        &String::from_utf8(boot)?,
        ASSETS,
        &format!("const ASSETS = {assets};"),
    )?;
    let boot = site.add("boot.js", minify_js(boot.into_bytes())?);

    let mut index = parts.index;
    let mut rewrite = |from: &str, to: String| -> Result<()> {
        index = replace_once("index.html", &index, from, &to)?;
        Ok(())
    };
    rewrite(
        "src=\"boot.js\"",
        format!("src=\"{}\" integrity=\"{}\"", boot.url, boot.integrity),
    )?;
    rewrite(
        "href=\"app.css\"",
        format!("href=\"{}\" integrity=\"{}\"", style.url, style.integrity),
    )?;
    for (name, picture) in pictures {
        rewrite(
            &format!("href=\"{name}\""),
            format!("href=\"{}\"", picture.url),
        )?;
    }
    site.files
        .insert("index.html".to_owned(), index.into_bytes());
    Ok(site.files)
}

#[derive(Default)]
struct Site {
    files: Files,
}

/// A file whose name holds the hash of its bytes.
struct Asset {
    /// From the root of the site.
    url: String,
    /// For `integrity`.
    integrity: String,
}

impl Site {
    /// Adds a file under its name and hash: `a/b.css` becomes `a/b-0123456789abcdef.css`.
    fn add(&mut self, name: &str, bytes: Vec<u8>) -> Asset {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let hash = hex(&Sha256::digest(&bytes));
        let name = format!("{stem}-{}.{extension}", &hash[..16]);
        let asset = Asset {
            url: format!("/{name}"),
            integrity: format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(&bytes))),
        };
        self.files.insert(name, bytes);
        asset
    }
}

/// Takes the message catalogues out of the public files, by their languages.
fn catalogues(public: &mut Files) -> Result<BTreeMap<String, Map<String, Value>>> {
    let catalogues = public.extract_if(.., |name, _| name.starts_with("messages/"));
    catalogues
        .map(|(name, bytes)| {
            let locale = Path::new(&name).file_stem().unwrap_or_default();
            let catalogue = serde_json::from_slice(&bytes).with_context(|| name.clone())?;
            Ok((locale.to_string_lossy().into_owned(), catalogue))
        })
        .collect()
}

/// The messages that a program can say: it holds their keys as they are written.
fn spoken<'a>(keys: &[&'a str], wasm: &[u8]) -> Vec<&'a str> {
    let wasm = String::from_utf8_lossy(wasm);
    let said = |key: &&&str| wasm.contains(**key);
    keys.iter().filter(said).copied().collect()
}

impl Site {
    /// The script for other sites: under the version of its protocol, which moves with every release, and under its
    /// own version, which never changes and whose hash the manifest publishes.
    fn embed(&mut self, script: Vec<u8>) -> Result<()> {
        let integrity = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(&script)));
        let address = |version: &str| format!("embed/{version}/portico.js");
        let manifest = json!({
            "protocol": EMBED_PROTOCOL,
            "version": EMBED_VERSION,
            "moving": format!("/{}", address(EMBED_PROTOCOL)),
            "immutable": format!("/{}", address(EMBED_VERSION)),
            "integrity": integrity,
        });
        let manifest = serde_json::to_vec_pretty(&manifest)?;
        self.files
            .insert("embed/manifest.json".to_owned(), manifest);
        self.files.insert(address(EMBED_PROTOCOL), script.clone());
        self.files.insert(address(EMBED_VERSION), script);
        Ok(())
    }
}

fn replace_once(file: &str, text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replace(from, to)),
        n => bail!("{file} holds `{from}` {n} times instead of once"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Removes comments and the white space that means nothing; strings stay as they are.
fn minify_css(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '\'' => {
                let end = string_end(rest, c);
                out.push_str(&rest[..end]);
                end
            }
            _ if c.is_whitespace() => {
                if !out.ends_with(['{', '}', ';', ',', ' ']) {
                    out.push(' ');
                }
                c.len_utf8()
            }
            _ => {
                if matches!(c, '{' | '}' | ';' | ',') && out.ends_with(' ') {
                    out.pop();
                }
                if c == '}' && out.ends_with(';') {
                    out.pop();
                }
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out.trim().to_owned()
}

/// Where the string ends that `text` begins with, its closing quote included.
fn string_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Writes a file, and what a server sends instead to a browser that takes brotli or gzip.
fn write_with_compressed(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)?;
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let packs =
        ["html", "css", "js", "json", "wasm", "svg", "ts", "txt"].contains(&extension.as_str());
    // A company edits these: a packed copy would go on saying what it said before.
    let edited = path.ends_with("portico.json")
        || path.ends_with("theme.css")
        || path
            .parent()
            .is_some_and(|folder| folder.ends_with("words"));
    if packs && !edited {
        fs::write(
            path.with_extension(format!("{extension}.br")),
            brotli(bytes)?,
        )?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes)?;
        fs::write(
            path.with_extension(format!("{extension}.gz")),
            gzip.finish()?,
        )?;
    }
    Ok(())
}

/// Brotli at its best: quality 11, the largest window.
fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 1 << 16, 11, 24).write_all(bytes)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        let text = |s: &str| s.as_bytes().to_vec();
        Parts {
            index: "<head><link rel=\"icon\" href=\"favicon.svg\"><link rel=\"stylesheet\" \
                    href=\"app.css\"><script type=\"module\" src=\"boot.js\"></script></head>"
                .to_owned(),
            programs: PROGRAMS
                .map(|(program, _)| {
                    let (glue, wasm) = (text(program), text("\0asm"));
                    (program, Program { glue, wasm })
                })
                .into(),
            style: "@layer base { a { color: red; } }".to_owned(),
            public: Files::from([
                (
                    "boot.js".to_owned(),
                    text("const ASSETS = {};\nimport(ASSETS.js)"),
                ),
                ("embed/portico.js".to_owned(), text("(()=>{})();")),
                ("favicon.svg".to_owned(), text("<svg/>")),
                ("icons.svg".to_owned(), text("<svg></svg>")),
                (
                    "messages/en.json".to_owned(),
                    text("{ \"a\": \"b\", \"said.by.none\": \"c\" }"),
                ),
                ("portico.json".to_owned(), text("{}")),
            ]),
        }
    }

    fn named<'a>(files: &'a Files, start: &str) -> (&'a str, &'a str) {
        let (name, bytes) = files
            .iter()
            .find(|(name, _)| name.starts_with(start))
            .expect(start);
        (name, str::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn every_name_holds_the_hash_of_the_final_bytes() {
        let files = assemble(parts()).expect("a site");
        let kept = ["index.html", "portico.json"];
        for (name, bytes) in files
            .iter()
            .filter(|(name, _)| !kept.contains(&name.as_str()) && !name.starts_with("embed/"))
        {
            let hash = &hex(&Sha256::digest(bytes))[..16];
            assert!(name.contains(&format!("-{hash}.")), "{name} {hash}");
        }
        assert_eq!(files.len(), 21);
    }

    #[test]
    fn the_manifest_holds_the_hash_of_the_script_for_other_sites() {
        let files = assemble(parts()).expect("a site");
        let manifest: Value = serde_json::from_slice(&files["embed/manifest.json"]).expect("JSON");
        let named = |member: &str| manifest[member].as_str().expect(member)[1..].to_owned();
        let script = &files[&named("immutable")];
        assert_eq!(*script, files[&named("moving")]);
        let hash = BASE64_STANDARD.encode(Sha384::digest(script));
        assert_eq!(manifest["integrity"], format!("sha384-{hash}"));
    }

    #[test]
    fn the_index_and_the_boot_script_name_what_exists() {
        let files = assemble(parts()).expect("a site");
        let index = named(&files, "index.html").1;
        for start in ["app-", "boot-", "favicon-"] {
            assert!(
                index.contains(&format!("\"/{}\"", named(&files, start).0)),
                "{start}: {index}"
            );
        }
        let (_, boot) = named(&files, "boot-");
        for start in [
            "door-",
            "light-",
            "survey-",
            "whole-",
            "icons-",
            "survey-en-",
        ] {
            assert!(
                boot.contains(&format!("\"/{}\"", named(&files, start).0)),
                "{start}: {boot}"
            );
        }
        assert_eq!(named(&files, "survey-en-").1, "{\"a\":\"b\"}");
    }

    #[test]
    fn a_changed_file_changes_the_names_of_all_that_name_it() {
        let before = assemble(parts()).expect("a site");
        let mut changed = parts();
        if let Some(whole) = changed.programs.get_mut("whole") {
            whole.wasm.push(0);
        }
        let after = assemble(changed).expect("a site");
        assert_ne!(named(&before, "boot-").0, named(&after, "boot-").0);
        assert_eq!(named(&before, "app-").0, named(&after, "app-").0);
    }

    #[test]
    fn a_boot_script_without_the_line_is_refused() {
        let mut parts = parts();
        parts.public.insert("boot.js".to_owned(), Vec::new());
        assert!(assemble(parts).is_err_and(|e| e.to_string().contains("public/boot.js")));
    }

    #[test]
    fn the_page_before_the_app_has_no_picture_of_another_file() {
        // In Chromium the load event of a frame, which `portico.js` waits for, may then never come.
        assert!(!include_str!("../../index.html").contains("<use"));
    }

    #[test]
    fn minified_css_means_the_same() {
        for (css, minified) in [
            ("a { color: red; }\n", "a{color: red}"),
            ("a , b :is(c) /* x */ > d { }", "a,b :is(c) > d{}"),
            (
                "p::before { content: \"a  { \\\" ; }\"; }",
                "p::before{content: \"a  { \\\" ; }\"}",
            ),
            (
                "a { width: calc(1px + 2px); margin: 0 1px }",
                "a{width: calc(1px + 2px);margin: 0 1px}",
            ),
            ("/* unfinished", ""),
        ] {
            assert_eq!(minify_css(css), minified);
        }
    }

    #[test]
    fn brotli_can_be_read_again() {
        let bytes = "portal ".repeat(1000).into_bytes();
        let packed = brotli(&bytes).expect("brotli");
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut back).expect("read");
        assert_eq!(back, bytes);
    }
}
