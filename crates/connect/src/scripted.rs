//! A desk for tests that says what it is told to.

use crate::transport::{Call, Reply, Transport, TransportError};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

type Answer = Result<Reply, TransportError>;

struct Line {
    method: &'static str,
    address: &'static str,
    answers: VecDeque<Answer>,
}

/// Answers by method and beginning of path and query, the longest that fits; answers to the same come one after
/// another, and the last again and again. Remembers every call.
#[derive(Default)]
pub(crate) struct Scripted {
    lines: Mutex<Vec<Line>>,
    calls: Mutex<Vec<Call>>,
}

impl Scripted {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn on(
        self: &Arc<Self>,
        method: &'static str,
        address: &'static str,
        status: u16,
        body: Value,
    ) -> Arc<Self> {
        let headers = [("content-type", "application/json")];
        self.say(method, address, answer(status, &headers, &body.to_string()))
    }

    pub(crate) fn say(
        self: &Arc<Self>,
        method: &'static str,
        address: &'static str,
        answer: Answer,
    ) -> Arc<Self> {
        let mut lines = self.lines.lock().unwrap();
        let known = lines
            .iter_mut()
            .find(|line| line.method == method && line.address == address);
        if let Some(line) = known {
            line.answers.push_back(answer);
        } else {
            lines.push(Line {
                method,
                address,
                answers: VecDeque::from([answer]),
            });
        }
        drop(lines);
        Arc::clone(self)
    }

    /// What was called with this method and this beginning of path and query.
    pub(crate) fn seen(&self, method: &str, address: &str) -> Vec<Call> {
        let calls = self.calls.lock().unwrap();
        let seen = calls
            .iter()
            .filter(|call| call.method == method && address_of(call).starts_with(address));
        seen.cloned().collect()
    }

    /// The JSON that was sent in the only such call.
    pub(crate) fn sent(&self, method: &str, address: &str) -> Value {
        let seen = self.seen(method, address);
        assert_eq!(seen.len(), 1, "{method} {address}");
        serde_json::from_slice(&seen[0].body).unwrap()
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, call: Call) -> Answer {
        let address = address_of(&call);
        self.calls.lock().unwrap().push(call.clone());
        let mut lines = self.lines.lock().unwrap();
        let line = lines
            .iter_mut()
            .filter(|line| call.method == line.method && address.starts_with(line.address))
            .max_by_key(|line| line.address.len());
        let line = line.unwrap_or_else(|| panic!("nothing is said to {} {address}", call.method));
        if line.answers.len() > 1 {
            line.answers.pop_front().unwrap()
        } else {
            line.answers[0].clone()
        }
    }
}

fn address_of(call: &Call) -> String {
    let query = call.url.query().map(|query| format!("?{query}"));
    format!("{}{}", call.url.path(), query.unwrap_or_default())
}

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| {
        let value = HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    });
    Ok(Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers.collect::<HeaderMap>(),
        body: Bytes::from(body.to_owned()),
    })
}

pub(crate) fn html(status: u16) -> Answer {
    answer(
        status,
        &[("content-type", "text/html; charset=utf-8")],
        "<h1>Hello</h1>",
    )
}
