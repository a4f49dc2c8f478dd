//! `portico csp`, and what `portico check` says of a theme.

use crate::settings::{Settings, is_origin};
use portico_contract::theme;
use std::{fmt::Write as _, path::PathBuf};

/// `portico csp`
#[derive(clap::Args)]
pub struct Csp {
    /// The origin of a page that shows the portal, such as `https://www.example.com`; several for several.
    #[arg(long, required = true)]
    host: Vec<String>,
    /// The origin of the portal; default: `public_url` of the configuration.
    #[arg(long)]
    portal: Option<String>,
    /// The configuration, to say what it lacks.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Prints the lines for both sides.
///
/// # Errors
/// A sentence for the operator where an origin is none.
pub fn csp(line: &Csp) -> Result<(), String> {
    let settings = Settings::load(line.config.as_deref())?;
    let portal = line.portal.clone().or_else(|| settings.public_url.clone());
    let portal = portal.ok_or("name the portal: --portal https://help.example.com")?;
    let portal = portal.trim_end_matches('/');
    for origin in line.host.iter().map(String::as_str).chain([portal]) {
        if !is_origin(origin) {
            return Err(format!(
                "{origin:?} is no origin: scheme and host (and port) alone, as in https://www.example.com"
            ));
        }
    }
    print!("{}", lines(&line.host, portal, &settings));
    Ok(())
}

fn lines(hosts: &[String], portal: &str, settings: &Settings) -> String {
    let mut known = settings.frame_ancestors.clone();
    let lacking: Vec<_> = hosts.iter().filter(|h| !known.contains(h)).collect();
    known.extend(lacking.iter().map(|host| (*host).clone()));
    let named: Vec<_> = known.iter().map(|host| format!("{host:?}")).collect();
    let mut text = format!(
        "In the Content-Security-Policy of the site, beside what it has:\n\n  \
         script-src {portal}\n  frame-src {portal}\n\n\
         In portico.toml, from which the portal's own policy is made:\n\n  frame_ancestors = [{}]\n",
        named.join(", ")
    );
    if lacking.is_empty() && !hosts.is_empty() {
        text.push_str("\nThe configuration has this already.\n");
    }
    for host in hosts {
        if host.starts_with("https://") != portal.starts_with("https://") {
            // Writing to a text cannot fail.
            let _ = writeln!(
                text,
                "\n{host} and {portal} must both be https, or the browser shows nothing."
            );
        }
    }
    text
}

/// Says which colours of the configuration are drawn otherwise, and why.
pub fn tell_corrections(settings: &Settings) {
    for (dark, scheme) in [(false, "light"), (true, "dark")] {
        for found in theme::resolve(&settings.theme, dark).adjusted {
            println!(
                "theme ({scheme}): {} {} cannot be read on {}; {} is drawn instead",
                found.token, found.asked, found.ground, found.used
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_told_what_they_lack() {
        let host = vec!["https://www.example.com".to_owned()];
        let mut settings = Settings::default();
        let text = lines(&host, "https://help.example.com", &settings);
        for part in [
            "  script-src https://help.example.com\n",
            "  frame-src https://help.example.com\n",
            "  frame_ancestors = [\"https://www.example.com\"]\n",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("already") && !text.contains("must both"));
        settings.frame_ancestors = host.clone();
        let text = lines(&host, "http://help.example.com", &settings);
        assert!(
            text.contains("already") && text.contains("must both be https"),
            "{text}"
        );
    }
}
