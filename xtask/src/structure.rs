//! The rules of ARCHITECTURE.md that a compiler does not check.

use crate::{
    process::{cargo, output, step},
    site::files_below,
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{fs, path::Path};

/// Every package, and which others of ours it may depend on.
const PACKAGES: [(&str, &[&str]); 12] = [
    ("portico-conform", &["portico-contract"]),
    ("portico-connect", &["portico-contract", "portico-fakes"]),
    ("portico-contract", &[]),
    ("portico-promise", &[]),
    ("portico-survey", &[]),
    ("portico-view", &["portico-view-macro"]),
    ("portico-view-macro", &[]),
    (
        "portico-server",
        &[
            "portico-conform",
            "portico-connect",
            "portico-contract",
            "portico-promise",
            "portico-survey",
        ],
    ),
    (
        "portico-portal",
        &["portico-contract", "portico-survey", "portico-view"],
    ),
    ("portico-tests", &["portico-connect", "portico-contract"]),
    ("portico-fakes", &[]),
    ("xtask", &[]),
];

/// The first segments of the portal's paths.
const PATHS: [&str; 11] = [
    "new", "sent", "track", "requests", "receipt", "callback", "surveys", "help", "service",
    "account", "sign-in",
];

/// Fails with the list of all that breaks a rule.
pub(crate) fn check() -> Result<()> {
    step("Structure");
    let mut broken = dependencies(&metadata()?)?;
    let mut files = Vec::new();
    for root in ["src", "crates", "index.html", "public/boot.js"] {
        files_below(Path::new(root), &mut files)?;
    }
    for file in files {
        let path = file.to_string_lossy();
        if [".rs", ".html", ".js"]
            .iter()
            .any(|end| path.ends_with(end))
        {
            broken.extend(source(&path, &fs::read_to_string(&file)?));
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!(
        "these break a rule of ARCHITECTURE.md:\n  {}",
        broken.join("\n  ")
    )
}

fn metadata() -> Result<Value> {
    let json = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]));
    Ok(serde_json::from_str(
        &json.context("cargo metadata fails")?,
    )?)
}

/// What depends on what it must not know.
fn dependencies(metadata: &Value) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for package in metadata["packages"]
        .as_array()
        .context("cargo metadata lists packages")?
    {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = PACKAGES.iter().find(|(known, _)| *known == name) else {
            broken.push(format!("{name}: xtask does not know on what it may depend"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        // Those with a path are ours.
        for dependency in dependencies.filter(|d| !d["path"].is_null()) {
            let dependency = dependency["name"].as_str().unwrap_or_default();
            if !allowed.contains(&dependency) {
                broken.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    Ok(broken)
}

/// The lines of a file that break a rule.
fn source(path: &str, text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        let mut say = |what: &str| broken.push(format!("{path}:{}: {what}: {line}", number + 1));
        for word in [
            "inner_html",
            "innerHTML",
            "style=\"",
            "todo!(",
            "unimplemented!(",
        ] {
            if line.contains(word) {
                say(word);
            }
        }
        let Some(place) = path.strip_prefix("src/") else {
            continue;
        };
        if !place.starts_with("browser") && names_browser(line) {
            say("only src/browser names the browser's interfaces");
        }
        if !["route", "api"].iter().any(|home| place.starts_with(home)) && holds_path(line) {
            say("paths are written in src/route.rs, addresses in src/api");
        }
        if place.starts_with("components") && line.contains("pages::") {
            say("a component knows no page");
        }
        if let Some(page) = place.strip_prefix("pages/")
            && names_other_page(page, line)
        {
            say("pages do not know each other");
        }
    }
    broken
}

/// Node references come typed from Leptos; nothing else of the browser does.
fn names_browser(line: &str) -> bool {
    let line = line.replace("leptos::web_sys", "");
    ["web_sys", "js_sys", "wasm_bindgen"]
        .iter()
        .any(|name| line.contains(name))
}

/// Whether a line holds a text that begins like a path of the portal.
fn holds_path(line: &str) -> bool {
    line.split("\"/").skip(1).any(|rest| {
        let segment = rest
            .split(|c: char| !c.is_alphanumeric() && c != '-')
            .next();
        segment.is_some_and(|segment| PATHS.contains(&segment))
    })
}

/// Whether a line of `file`, a path below `src/pages/`, names another page than its own.
fn names_other_page(file: &str, line: &str) -> bool {
    let own = file.split(['/', '.']).next().unwrap_or_default();
    let named = |before: &str| {
        line.split(before)
            .skip(1)
            .map(|rest| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
            })
            .any(|name| name != Some(own))
    };
    // What is directly in `pages/` has the other pages beside it.
    own != "mod"
        && (named("pages::")
            || (!file.contains('/') && named("super::") && !line.contains("super::*")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn broken(path: &str, line: &str) -> usize {
        source(path, line).len()
    }

    #[test]
    fn dependencies_point_one_way() {
        let package = |name: &str, on: &str| {
            json!({"packages": [{"name": name, "dependencies": [
                {"name": on, "path": "..."}, {"name": "serde", "path": null}
            ]}]})
        };
        let count = |name, on| dependencies(&package(name, on)).expect("packages").len();
        assert_eq!(count("portico-server", "portico-contract"), 0);
        assert_eq!(count("portico-server", "portico-promise"), 0);
        assert_eq!(count("portico-portal", "portico-server"), 1);
        assert_eq!(count("portico-portal", "portico-promise"), 1);
        assert_eq!(count("portico-promise", "portico-contract"), 1);
        assert_eq!(count("portico-contract", "portico-server"), 1);
        assert_eq!(count("portico-new", "portico-contract"), 1);
    }

    #[test]
    fn html_is_never_made_from_text() {
        assert_eq!(
            broken("src/pages/home.rs", "view! { <p inner_html=x/> }"),
            1
        );
        assert_eq!(broken("index.html", "<p style=\"color: red\">"), 1);
        assert_eq!(broken("src/pages/home.rs", "// no inner_html here"), 0);
        assert_eq!(broken("src/pages/home.rs", "<p style:width=w>"), 0);
    }

    #[test]
    fn the_browser_is_named_in_one_place() {
        assert_eq!(broken("src/state/draft.rs", "use web_sys::Window;"), 1);
        assert_eq!(broken("src/browser/storage.rs", "use web_sys::Window;"), 0);
        assert_eq!(
            broken(
                "src/components/form.rs",
                "NodeRef<leptos::web_sys::Element>"
            ),
            0
        );
        assert_eq!(
            broken("crates/server/src/main.rs", "use web_sys::Window;"),
            0
        );
    }

    #[test]
    fn paths_are_written_in_one_place() {
        assert_eq!(broken("src/pages/home.rs", "<a href=\"/requests\">"), 1);
        assert_eq!(broken("src/pages/home.rs", "format!(\"/new/{id}\")"), 1);
        assert_eq!(broken("src/route.rs", "\"/requests\""), 0);
        assert_eq!(broken("src/api/requests.rs", "\"/requests\""), 0);
        assert_eq!(broken("src/pages/home.rs", "\"/contact/email\""), 0);
        assert_eq!(
            broken("src/i18n/mod.rs", "concat!(dir, \"/messages.rs\")"),
            0
        );
    }

    #[test]
    fn pages_do_not_know_each_other() {
        assert_eq!(
            broken("src/pages/home.rs", "use crate::pages::track::Code;"),
            1
        );
        assert_eq!(
            broken(
                "src/pages/submit/steps.rs",
                "use crate::pages::submit::Step;"
            ),
            0
        );
        assert_eq!(
            broken("src/pages/home.rs", "use crate::pages::{submit, track};"),
            1
        );
        assert_eq!(
            broken("src/components/form.rs", "use crate::pages::submit::Step;"),
            1
        );
        assert_eq!(
            broken("src/pages/requests.rs", "use crate::pages::request::Head;"),
            1
        );
        assert_eq!(
            broken("src/pages/requests.rs", "use super::request::Head;"),
            1
        );
        assert_eq!(broken("src/pages/requests.rs", "use super::*;"), 0);
        assert_eq!(
            broken("src/pages/mod.rs", "use crate::pages::submit::Submit;"),
            0
        );
        assert_eq!(broken("src/app.rs", "use crate::pages::submit::Submit;"), 0);
    }
}
