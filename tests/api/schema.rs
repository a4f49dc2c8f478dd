//! The OpenAPI document, and schemathesis against it.

use std::process::Stdio;

use portico_tests::api::complaint;
use portico_tests::{Options, Server, tool};
use serde_json::Value;
use tokio::process::Command;

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
        "/session/host-token",
        "/session/providers/{id}",
        "/drafts/{key}",
        "/me",
        "/requests/{id}/promises/{key}/days",
        "/promises",
        "/promises/preview",
        "/callbacks",
        "/callbacks/closed-days",
        "/announcements",
        "/measures",
        "/surveys/{token}",
        "/surveys/{token}/draft",
        "/surveys/{token}/response",
        "/requests/{id}/survey-link",
        "/requests/{id}/measures",
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

/// What schemathesis has to know beyond the document: real data to reach what lies behind it, and where it
/// is stricter than HTTP.
fn config(request: &str, reference: &str, query_code: &str) -> String {
    format!(
        r#"
[generation]
# Whoever sends a header that nobody asked for is not refused.
allow-extra-parameters = false

[checks]
# 412 is how tus refuses a version, 413 how it refuses a length.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429]
missing_required_header.expected-statuses = [400, 401, 403, 412, 415, 422]
# Which answers a form wants, which code is right and which upload exists is in no schema.
positive_data_acceptance.enabled = false

[[operations]]
# The end of the session would be the end of the run; a stream never ends; the tool has no words for bytes.
include-operation-id = ["signOut", "streamEvents", "appendUpload"]
enabled = false

[[operations]]
include-path-regex = "^/requests/"
parameters = {{ "path.id" = "{request}" }}

[[operations]]
include-operation-id = "getPromiseDays"
parameters = {{ "path.id" = "{request}", "path.key" = "formal_reply" }}

[dictionaries.types]
values = ["other", "suggestion", "consultation"]
[dictionaries.references]
values = ["{reference}"]
[dictionaries.codes]
values = ["{query_code}"]
[dictionaries.addresses]
values = ["a@example.com", "+85223456789"]

[parameters]
"body.type_id" = {{ dictionary = "types", probability = 0.8 }}
"body.reference" = {{ dictionary = "references", probability = 0.5 }}
"body.query_code" = {{ dictionary = "codes", probability = 0.5 }}
"body.address" = {{ dictionary = "addresses", probability = 0.5 }}
"#
    )
}

/// The gate repeats itself; long runs look further, with a seed in `PORTICO_SEED` and so many examples for
/// each operation in `PORTICO_SCHEMATHESIS_EXAMPLES`.
#[tokio::test]
async fn schemathesis_finds_neither_a_5xx_nor_a_schema_violation() {
    let program = tool("PORTICO_SCHEMATHESIS", "target/tools/py/bin/schemathesis");
    let examples = std::env::var("PORTICO_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "25".into());
    let seed = std::env::var("PORTICO_SEED").unwrap_or_else(|_| "1".into());
    let server = Server::with(Options::unlimited()).await;
    let customer = server.customer("a@example.com").await;
    let request = customer
        .submit(&complaint("Charged twice", None))
        .await
        .text_at("/request/id");
    let guests = server
        .guest()
        .submit(&complaint("Charged twice", Some("b@example.com")))
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schemathesis.toml");
    std::fs::write(
        &file,
        config(
            &request,
            &guests.text_at("/request/reference"),
            &guests.text_at("/query_code"),
        ),
    )
    .unwrap();

    let mut command = Command::new(&program);
    command
        .arg("--config-file")
        .arg(&file)
        .arg("run")
        .arg(server.url("/portal/v1/openapi.json"));
    command.args([
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--continue-on-failure",
        "--no-color",
    ]);
    command.args([
        "--max-examples",
        &examples,
        "--seed",
        &seed,
        "--request-timeout",
        "40",
    ]);
    command.args([
        "--header",
        &format!("Authorization: Bearer {}", customer.token().unwrap()),
    ]);
    let output = command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .await;
    let output = output.unwrap_or_else(|e| panic!("{} does not start: {e}", program.display()));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        told.contains("Test cases:") && !server.log().contains("panicked"),
        "{told}"
    );
    eprintln!("{}", told.rsplit("SUMMARY").next().unwrap());
}
