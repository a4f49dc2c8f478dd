//! `portico conform` against the gateway to each desk.

use crate::{
    agent_shim::Shim,
    agents::Desk,
    contract::{Gateway, address},
};
use portico_tests::{Options, conform::conform, server::DESK_TOKEN};

const ORIGIN: &str = "https://www.example.com";

pub(crate) async fn every_rule_of_the_contract_is_kept_or_not_offered(desk: Desk) {
    let options = Options {
        config: Some(format!("allowed_origins = [\"{ORIGIN}\"]\n")),
        ..Options::default()
    };
    let gateway = Gateway::at(desk.url(), &desk, options).await;
    let server = &gateway.server;
    let (one, two) = (
        server.customer(&address()).await,
        server.customer(&address()).await,
    );
    let shim = Shim::before(&desk, server).await;
    let arguments = [
        "--token",
        one.token().unwrap(),
        "--second-token",
        two.token().unwrap(),
        "--desk-token",
        DESK_TOKEN,
        "--desk",
        &shim.url(),
        "--origin",
        ORIGIN,
    ];
    let said = conform(&server.origin(), &arguments).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    // What takes a quarter of a year, dozens of requests or a mailbox; and a survey that waits. Not more than at the
    // embedded desk, but that a request can be edited while it is new, which a desk without such a status never shows.
    let untested = said.rules("not_offered");
    let untested: Vec<_> = untested
        .iter()
        .filter(|rule| !rule.starts_with("surveys."))
        .filter(|rule| *rule != "actions.edit" || desk.first_status == "new")
        .collect();
    let outside = [
        "config.absent_capability",
        "idempotency.kept",
        "limits.requests",
        "session.cookie",
    ];
    assert_eq!(untested, outside, "{}", said.text);
    let sum = said.text.lines().last().unwrap_or_default();
    eprintln!("{}: {sum}", desk.url());
}
