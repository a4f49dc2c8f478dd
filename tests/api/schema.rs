//! The OpenAPI document, and schemathesis against it.

use std::process::Stdio;

use portico_tests::{Server, root, tool};
use serde_json::Value;
use tokio::process::Command;

use crate::limits::unlimited;

#[tokio::test]
async fn the_document_is_openapi_3_1_and_names_every_resource() {
    let server = Server::start().await;
    let document = server
        .guest()
        .get("/openapi.json")
        .send()
        .await
        .expect_status(200)
        .json;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in [
        "/config",
        "/request-types",
        "/request-types/{id}",
        "/requests",
        "/requests/{id}",
        "/requests/{id}/timeline",
        "/requests/{id}/messages",
        "/requests/{id}/seen",
        "/track",
        "/track/link",
        "/session",
        "/session/code",
        "/session/redeem",
        "/me",
        "/attachments",
        "/attachments/{id}",
        "/events",
        "/changes",
        "/submissions/{key}",
    ] {
        assert!(
            paths
                .iter()
                .any(|known| known.trim_start_matches("/portal/v1") == path),
            "{path} is not among {paths:?}"
        );
    }
    let operations = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().iter());
    let operations: Vec<(&String, &Value)> = operations
        .filter(|(method, _)| {
            ["get", "post", "put", "patch", "delete", "head"].contains(&method.as_str())
        })
        .collect();
    for (method, operation) in &operations {
        assert!(
            operation["responses"]
                .as_object()
                .is_some_and(|answers| !answers.is_empty()),
            "{method} {}",
            operation["operationId"]
        );
    }
}

/// Runs schemathesis with the given options; its executable is in `PORTICO_SCHEMATHESIS`.
async fn schemathesis(server: &Server, token: Option<&str>, examples: usize) {
    let program = tool(
        "PORTICO_SCHEMATHESIS",
        "target/tools/schemathesis/bin/schemathesis",
    );
    let seed = portico_tests::seed("schemathesis") % 1_000_000;
    let mut command = Command::new(&program);
    command
        .arg("run")
        .arg(server.url("/portal/v1/openapi.json"));
    command.args(["--url", &server.url("/portal/v1")]);
    command.args([
        "--max-examples",
        &examples.to_string(),
        "--seed",
        &seed.to_string(),
    ]);
    command.args(["--phases", "examples,coverage,fuzzing", "--checks", "all"]);
    command.args(["--exclude-path-regex", "/events$"]);
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    command
        .current_dir(root().join("target"))
        .stdin(Stdio::null());
    let output = command
        .output()
        .await
        .unwrap_or_else(|e| panic!("{} does not start: {e}", program.display()));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn schemathesis_finds_neither_a_5xx_nor_a_schema_violation() {
    let server = Server::with(unlimited()).await;
    let customer = server.customer("a@example.com").await;
    schemathesis(&server, customer.token(), 40).await;
}
