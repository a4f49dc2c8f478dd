//! Installs what the project needs: says what, shows the installers' own progress, skips what is
//! there. Every step either ends whole or starts again, so that an interruption does no harm.
//!
//! Versions are pinned here, in `requirements.txt` (Python) and in `Cargo.lock` (wasm-bindgen).

use crate::process::{alone, cargo, find, output, run, step};
use anyhow::{Context, Result, bail};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the portal is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// Shrinks WebAssembly; the site is built without it where node is not.
pub(crate) const WASM_OPT: &str = "target/tools/npm/node_modules/.bin/wasm-opt";
/// Shrinks JavaScript; as above.
pub(crate) const ESBUILD: &str = "target/tools/npm/node_modules/.bin/esbuild";

const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132.0.0";
const ESBUILD_VERSION: &str = "0.28.2";
const AXE: &str = "4.14.1";
/// Against what surveys are measured.
pub(crate) const SURVEY_CORE: &str = "3.1.1";
/// At which the tests sign in.
const OIDC_PROVIDER: &str = "9.13.3";
/// What the examples of pages with the portal in them are made with.
const REACT: &str = "19.3.1";
const VUE: &str = "3.5.45";

const NPM_DIR: &str = "target/tools/npm";
const SURVEY_CORE_DIR: &str = "target/tools/survey-core";
const OIDC_PROVIDER_DIR: &str = "target/tools/oidc-provider";
const EXAMPLES_DIR: &str = "target/tools/examples";
const PYTHON_DIR: &str = "target/tools/py";
/// Compiled tools, kept apart from the project so that an interrupted installation goes on.
const CARGO_INSTALL_DIR: &str = "target/tools/cargo";

/// Where the tests find what they drive.
pub(crate) struct TestTools {
    chromium: PathBuf,
    chromedriver: PathBuf,
    axe: PathBuf,
    oidc_provider: PathBuf,
    schemathesis: PathBuf,
}

impl TestTools {
    /// The browser.
    pub(crate) fn chromium(&self) -> &Path {
        &self.chromium
    }

    /// What drives the browser.
    pub(crate) fn chromedriver(&self) -> &Path {
        &self.chromedriver
    }

    /// The paths by the names under which tests look for them.
    pub(crate) fn environment(&self) -> [(&'static str, &Path); 5] {
        [
            ("PORTICO_CHROMIUM", &self.chromium),
            ("PORTICO_CHROMEDRIVER", &self.chromedriver),
            ("PORTICO_AXE", &self.axe),
            ("PORTICO_OIDC_PROVIDER", &self.oidc_provider),
            ("PORTICO_SCHEMATHESIS", &self.schemathesis),
        ]
    }
}

/// What building the site needs.
pub(crate) fn for_site() -> Result<()> {
    let _alone = alone()?;
    wasm_target()?;
    cargo_tool("trunk", "trunk", TRUNK, &["--locked"])?;
    // Both its programs: the runner is what the tests of views run in.
    for program in ["wasm-bindgen", "wasm-bindgen-test-runner"] {
        cargo_tool("wasm-bindgen-cli", program, &locked_wasm_bindgen()?, &[])?;
    }
    if find("npm").is_some() {
        npm_packages()
    } else {
        eprintln!(
            "npm is not here, so neither are wasm-opt and esbuild: the site will be a third larger."
        );
        Ok(())
    }
}

/// What the tests need besides: a browser with Chinese letters, axe, what the examples import, schemathesis and a
/// provider of OpenID Connect.
pub(crate) fn for_tests() -> Result<TestTools> {
    let _alone = alone()?;
    debian_packages()?;
    npm_packages()?;
    let react = ["react", "react-dom"].map(|package| format!("{package}@{REACT}"));
    npm_install(
        EXAMPLES_DIR,
        &[&react[..], &[format!("vue@{VUE}")]].concat(),
    )?;
    python_packages()?;
    let provider = [format!("oidc-provider@{OIDC_PROVIDER}")];
    npm_install(OIDC_PROVIDER_DIR, &provider)?;
    let here = env::current_dir()?;
    Ok(TestTools {
        chromium: browser("PORTICO_CHROMIUM", "chromium").context("chromium is not in PATH")?,
        chromedriver: browser("PORTICO_CHROMEDRIVER", "chromedriver")
            .context("chromedriver is not in PATH")?,
        axe: here.join(NPM_DIR).join("node_modules/axe-core/axe.min.js"),
        oidc_provider: here
            .join(OIDC_PROVIDER_DIR)
            .join("node_modules/oidc-provider/lib/index.js"),
        schemathesis: here.join(PYTHON_DIR).join("bin/schemathesis"),
    })
}

/// The script of survey-core, which is measured and no part of anything else.
pub(crate) fn survey_core() -> Result<PathBuf> {
    let _alone = alone()?;
    npm_install(SURVEY_CORE_DIR, &[format!("survey-core@{SURVEY_CORE}")])?;
    Ok(Path::new(SURVEY_CORE_DIR).join("node_modules/survey-core/survey.core.min.js"))
}

/// `PATH` with the folder in front into which `cargo install` installs.
pub(crate) fn search_path() -> Result<OsString> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")));
    let bin = home
        .context("neither CARGO_HOME nor HOME is set")?
        .join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(
        [bin].into_iter().chain(env::split_paths(&path)),
    )?)
}

fn wasm_target() -> Result<()> {
    let list = output(Command::new("rustup").args(["target", "list", "--installed"]));
    if list
        .context("rustup is not in PATH")?
        .lines()
        .any(|target| target == WASM_TARGET)
    {
        return Ok(());
    }
    step("Installing Rust's WebAssembly target");
    run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
}

/// wasm-bindgen and its command line must be of exactly one version.
fn locked_wasm_bindgen() -> Result<String> {
    if !Path::new("Cargo.lock").exists() {
        run(cargo().arg("generate-lockfile"))?;
    }
    let lock = fs::read_to_string("Cargo.lock")?;
    let (_, rest) = lock
        .split_once("name = \"wasm-bindgen\"\nversion = \"")
        .context("Cargo.lock holds no wasm-bindgen")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

fn cargo_tool(package: &str, program: &str, version: &str, flags: &[&str]) -> Result<()> {
    let path = search_path()?;
    let found = output(Command::new(program).arg("--version").env("PATH", &path));
    if found.is_some_and(|line| line.split_whitespace().any(|word| word == version)) {
        return Ok(());
    }
    step(&format!("Installing {package} {version}"));
    if find("cargo-binstall").is_some() {
        let wanted = format!("{package}@{version}");
        if run(cargo().args(["binstall", "--no-confirm", &wanted])).is_ok() {
            return Ok(());
        }
        eprintln!("cargo-binstall could not: compiling it instead.");
    }
    eprintln!("   It is compiled once, which takes some minutes.");
    run(cargo()
        .args([
            "install",
            package,
            "--version",
            &format!("={version}"),
            "--force",
        ])
        .args(flags)
        .env("CARGO_TARGET_DIR", CARGO_INSTALL_DIR)
        // They do little work here: compiling them fast is worth more than their speed.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"))?;
    fs::remove_dir_all(CARGO_INSTALL_DIR)?;
    Ok(())
}

fn npm_packages() -> Result<()> {
    let wanted = [
        format!("binaryen@{BINARYEN}"),
        format!("esbuild@{ESBUILD_VERSION}"),
        format!("axe-core@{AXE}"),
    ];
    npm_install(NPM_DIR, &wanted)
}

fn npm_install(folder: &str, wanted: &[String]) -> Result<()> {
    once(folder, &wanted.join("\n"), || {
        step(&format!("Installing {}", wanted.join(", ")));
        run(Command::new("npm")
            .args([
                "install",
                "--no-save",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ])
            .args(["--prefix", folder])
            .args(wanted))
    })
}

fn python_packages() -> Result<()> {
    let requirements = "xtask/requirements.txt";
    once(PYTHON_DIR, &fs::read_to_string(requirements)?, || {
        step("Installing schemathesis");
        run(Command::new("python3").args(["-m", "venv", "--clear", PYTHON_DIR]))?;
        run(Command::new(Path::new(PYTHON_DIR).join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--progress-bar=off",
            ])
            .args(["--requirement", requirements]))
    })
}

fn debian_packages() -> Result<()> {
    let python_venv = output(Command::new("python3").args(["-c", "import ensurepip"])).is_some();
    let chinese = output(Command::new("fc-list").arg(":lang=zh")).is_some_and(|s| !s.is_empty());
    let missing: Vec<&str> = [
        (
            "chromium",
            browser("PORTICO_CHROMIUM", "chromium").is_some(),
        ),
        (
            "chromium-driver",
            browser("PORTICO_CHROMEDRIVER", "chromedriver").is_some(),
        ),
        // Moves the clock of a server under test.
        ("faketime", find("faketime").is_some()),
        ("fonts-noto-cjk", chinese),
        ("npm", find("npm").is_some()),
        ("python3-venv", python_venv),
    ]
    .into_iter()
    .filter_map(|(package, there)| (!there).then_some(package))
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if find("apt-get").is_none() {
        bail!("apt-get is not here; install what these Debian packages hold: {missing:?}");
    }
    step(&format!("Installing {}", missing.join(", ")));
    run(apt_get().arg("update"))?;
    run(apt_get()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(missing))
}

/// `apt-get`, as root.
pub(crate) fn apt_get() -> Command {
    let root = output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    let mut command = if root {
        Command::new("env")
    } else {
        Command::new("sudo")
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}

/// A program named by an environment variable, or else found by its usual name.
fn browser(variable: &str, program: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .or_else(|| find(program))
}

/// Fills a folder, unless a stamp in it says that this was finished for the same `wanted`.
pub(crate) fn once(folder: &str, wanted: &str, fill: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = Path::new(folder).join(".portico");
    if fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    fs::write(&stamp, "")?;
    fill()?;
    fs::write(stamp, wanted)?;
    Ok(())
}
