//! What the tests of the portal have in common.

use portico_tests::browser::Setup;
use portico_tests::{Browser, Codes, Customer, Language, Options, Server, Words};
use serde_json::{Value, json};

/// The address of somebody without an account.
pub(crate) const GUEST: &str = "guest@example.com";
/// The address of somebody who signs in.
pub(crate) const MEMBER: &str = "member@example.com";

/// A server that counts nothing.
pub(crate) fn unlimited() -> Options {
    Options {
        config: Some(unlimited_config()),
        ..Options::default()
    }
}

/// The configuration of a server that counts nothing.
pub(crate) fn unlimited_config() -> String {
    let rates = [
        "new_requests",
        "wrong_codes_per_reference",
        "wrong_codes_per_client",
        "sign_in_codes",
    ];
    let rates: String = rates
        .map(|rate| format!("{rate} = {{ count = 1_000_000, minutes = 1 }}\n"))
        .concat();
    format!("[rates]\n{rates}")
}

/// A server, a browser in a wide window, and a customer straight in front of the server.
pub(crate) async fn customer_in(language: Language) -> (Server, Browser, Customer) {
    let server = Server::with(unlimited()).await;
    let browser = Browser::with(Setup {
        languages: language.asked,
        ..Setup::default()
    })
    .await;
    let words = Words::of(language);
    let me = Customer::new(browser.page(), words, &server, server.origin()).await;
    (server, browser, me)
}

/// Every request at the desk.
pub(crate) async fn rows(server: &Server) -> Vec<Value> {
    server.desk().all("/requests", 100).await
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

/// The bytes of every file of the request that these codes open.
pub(crate) async fn files_of(server: &Server, codes: &Codes) -> Vec<Vec<u8>> {
    let track = json!({"reference": codes.reference, "query_code": codes.query_code});
    let opened = server.guest().post("/track").json(&track).send().await;
    let opened = opened.expect_status(200);
    let guest = server.guest().bearer(opened.text_at("/token"));
    let path = format!("/requests/{}/timeline", opened.text_at("/request_id"));
    let timeline = guest.get(&path).send().await.expect_status(200).json;
    let items = timeline["items"].as_array().unwrap();
    let files = items
        .iter()
        .filter_map(|item| item["attachments"].as_array());
    let mut all = Vec::new();
    for file in files.flatten() {
        let path = format!("/attachments/{}", file["id"].as_str().unwrap());
        all.push(guest.get(&path).send().await.expect_status(200).bytes);
    }
    all
}
