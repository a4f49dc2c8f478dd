//! That the fakes keep to the traits for which they were written, and that each fault happens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod faults;
mod freshdesk;
mod jira;
mod open311;
mod zammad;
mod zendesk;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::Value;

/// An answer, read to its end.
struct Said {
    status: u16,
    headers: HeaderMap,
    body: Value,
    text: String,
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// What each row of a list has under a name.
    fn each(&self, list: &str, name: &str) -> Vec<Value> {
        let rows = self
            .body
            .pointer(list)
            .and_then(Value::as_array)
            .expect("a list");
        rows.iter().map(|row| row[name].clone()).collect()
    }
}

fn client() -> Client {
    // Only the first call does something.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

async fn said(request: RequestBuilder) -> Said {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.expect("a whole answer");
    let body = serde_json::from_str(&text).unwrap_or_default();
    Said {
        status,
        headers,
        body,
        text,
    }
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}
