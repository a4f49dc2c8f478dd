//! What the tests of the portal have in common.

use portico_tests::browser::Setup;
pub(crate) use portico_tests::journeys::{GUEST, propose as desk_proposes, rows};
use portico_tests::{Browser, Customer, Language, Options, Server, Words};
use serde_json::{Value, json};

/// The address of somebody who signs in.
pub(crate) const MEMBER: &str = "member@example.com";

/// A server, a browser in a wide window, and a customer straight in front of the server.
pub(crate) async fn customer_in(language: Language) -> (Server, Browser, Customer) {
    let server = Server::with(Options::unlimited()).await;
    let (browser, me) = customer_before(&server, language).await;
    (server, browser, me)
}

/// A browser in a wide window, and a customer straight in front of this server.
pub(crate) async fn customer_before(server: &Server, language: Language) -> (Browser, Customer) {
    let browser = Browser::with(Setup {
        languages: language.asked,
        ..Setup::default()
    })
    .await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, server, server.origin()).await;
    (browser, me)
}

/// The id of the only request at the desk.
pub(crate) async fn only_request(server: &Server) -> String {
    let rows = rows(server).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows[0]["id"].as_str().unwrap().to_owned()
}

/// The desk writes to the customer.
pub(crate) async fn desk_writes(server: &Server, id: &str, text: &str) {
    let message = json!({"body": {"format": "text", "value": text}, "public": true});
    let path = format!("/requests/{id}/messages");
    let sent = server.desk().post(&path).json(&message).send();
    sent.await.expect_status(201);
}

/// The desk changes the status.
pub(crate) async fn desk_sets(server: &Server, id: &str, change: Value) {
    let path = format!("/requests/{id}/status");
    let set = server.desk().post(&path).json(&change).send();
    set.await.expect_status(200);
}

/// The desk says that it is done, and why.
pub(crate) async fn desk_resolves(server: &Server, id: &str, explanation: &str) {
    let change = json!({"status": "resolved", "outcome": "remedied", "explanation": explanation});
    desk_sets(server, id, change).await;
}
