//! `portico doctor`: looks at the live desks of a configuration and the providers at which customers sign in, and says
//! what is missing, in words.

use crate::{catalogue::Catalogue, gateway, oidc, settings::Settings};
use std::path::PathBuf;

/// `portico doctor`
#[derive(clap::Args)]
pub struct Doctor {
    /// The configuration.
    #[arg(long)]
    config: PathBuf,
}

/// Looks at every desk and every provider.
///
/// # Errors
/// When something is missing anywhere, after all of it was printed.
pub async fn run(line: Doctor) -> Result<(), String> {
    let settings = Settings::load(Some(&line.config))?;
    Catalogue::load(settings.request_types.as_deref(), settings.words.as_deref())?;
    if settings.backend.is_empty() {
        println!("there is no [backend.NAME]: every request goes to the embedded desk");
    }
    let mut troubles = 0_usize;
    let mut say = |name: &str, what: &str, trouble: Option<&str>| {
        troubles += usize::from(trouble.is_some());
        println!("{name}: {what}: {}", trouble.unwrap_or("good"));
    };
    for (id, provider) in &oidc::load(&settings.oidc)? {
        let found = provider.examine().await;
        let trouble = found.err().map(|(_, what)| what);
        say(&format!("oidc.{id}"), "sign-in", trouble.as_deref());
    }
    for (name, setting) in &settings.backend {
        let desk = match gateway::connect(name, setting) {
            Ok(desk) => desk,
            Err(error) => {
                say(name, "configuration", Some(&error));
                continue;
            }
        };
        for finding in desk.backend.examine().await {
            say(name, &finding.what, finding.trouble.as_deref());
        }
        let can = desk.backend.capabilities();
        for (offered, what) in [
            (can.reply, "customers can write to a ticket"),
            (can.files, "files go with it"),
            (can.confirm, "customers can confirm"),
            (can.reopen, "customers can reopen"),
            (can.withdraw, "customers can withdraw"),
            (can.list, "the tickets of a customer can be listed"),
            (
                can.own_identity,
                "customers are the authors of what they write",
            ),
        ] {
            println!("{name}: {what}: {}", if offered { "yes" } else { "no" });
        }
        if !can.find {
            say(
                name,
                "exactly once",
                Some(
                    "the desk keeps no key of a submission: after a lost answer a person has to look whether the ticket \
                     is there (see `portico desk handovers`)",
                ),
            );
        }
    }
    match troubles {
        0 => Ok(()),
        1 => Err("one thing is missing".to_owned()),
        many => Err(format!("{many} things are missing")),
    }
}
