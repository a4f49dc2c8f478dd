//! A client that looks closely: it keeps every answer, so that what must hold for each can be judged at the end.

use crate::{Checked, Miss, check};
use portico_contract::Instant;
use reqwest::{Method, header::HeaderMap};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use uuid::Uuid;

/// The desk behind a server may take its time.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of an answer that are read; none of the contract has more, but for files.
const BODY_MAX: usize = 64 * 1024 * 1024;
/// Characters of an answer that are shown to people.
const SHOWN: usize = 300;

/// What was said so far.
pub(crate) type Log = Arc<Mutex<Vec<Reply>>>;

/// A client of one API in one name.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    bearer: Option<String>,
    origin: Option<String>,
    log: Log,
}

impl Client {
    /// A client of the API at `base` in nobody's name, as a page of `origin` where there is one.
    pub(crate) fn new(base: String, origin: Option<String>) -> Result<Self, reqwest::Error> {
        // What a server answers is judged, not what it leads to.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            base,
            bearer: None,
            origin,
            log: Log::default(),
        })
    }

    /// The same client in the name of a token.
    pub(crate) fn bearer(&self, token: &str) -> Self {
        Self {
            bearer: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// A client of another API, whose answers are not of the contract's `/portal/v1`.
    pub(crate) fn beside(&self, base: String, token: &str) -> Self {
        Self {
            http: self.http.clone(),
            base,
            bearer: Some(token.to_owned()),
            origin: None,
            log: Log::default(),
        }
    }

    /// The base address, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Everything that was answered so far.
    pub(crate) fn answers(&self) -> Vec<Reply> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Begins a call of `path`, which is below the base, or an address that the server gave.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let url = if path.starts_with("http://") || path.starts_with("https://") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        let mut request = self
            .http
            .request(method.clone(), url)
            .header("accept-language", "en");
        if let Some(token) = &self.bearer {
            request = request.bearer_auth(token);
        }
        Call {
            request,
            origin: self.origin.clone(),
            method,
            path: path.to_owned(),
            log: Arc::clone(&self.log),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }
}

/// A call that is being put together.
pub(crate) struct Call {
    request: reqwest::RequestBuilder,
    origin: Option<String>,
    method: Method,
    path: String,
    log: Log,
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// In another language than English.
    pub(crate) fn language(mut self, tag: &str) -> Self {
        let mut headers = HeaderMap::new();
        if let Ok(tag) = tag.parse() {
            headers.insert("accept-language", tag);
        }
        // Replaces what stood there.
        self.request = self.request.headers(headers);
        self
    }

    pub(crate) fn key(self, key: Uuid) -> Self {
        self.header("idempotency-key", &key.to_string())
    }

    pub(crate) fn new_key(self) -> Self {
        self.key(Uuid::new_v4())
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(body.to_string())
    }

    /// Words that are said to be JSON.
    pub(crate) fn text(self, body: String) -> Self {
        self.header("content-type", "application/json")
            .bytes(body.into_bytes())
    }

    pub(crate) fn bytes(mut self, body: Vec<u8>) -> Self {
        self.request = self.request.body(body);
        self
    }

    /// As a page of this origin.
    pub(crate) fn origin(mut self, origin: &str) -> Self {
        self.origin = Some(origin.to_owned());
        self
    }

    /// Sends it and gives the answer while its body is still coming.
    pub(crate) async fn open(mut self) -> Result<reqwest::Response, Miss> {
        if let Some(origin) = &self.origin {
            self.request = self.request.header("origin", origin);
        }
        let what = format!("{} {}", self.method, self.path);
        self.request
            .send()
            .await
            .map_err(|error| no_answer(&what, &error))
    }

    /// Sends it and reads the whole answer.
    pub(crate) async fn send(self) -> Result<Reply, Miss> {
        let (method, path, log) = (self.method.clone(), self.path.clone(), self.log.clone());
        let origin = self.origin.clone();
        let what = format!("{method} {path}");
        let mut response = self.open().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| no_answer(&what, &error))?
        {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > BODY_MAX {
                let seen = format!("{what}: more than {BODY_MAX} bytes");
                return Err(Miss::failed(seen, "an answer that has an end"));
            }
        }
        let reply = Reply(Arc::new(Heard {
            method,
            path,
            origin,
            status,
            json: serde_json::from_slice(&bytes).ok(),
            headers,
            bytes,
        }));
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(reply.clone());
        Ok(reply)
    }
}

fn no_answer(what: &str, error: &reqwest::Error) -> Miss {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        why = format!("{why}: {inner}");
        source = inner.source();
    }
    Miss::failed(format!("{what}: {why}"), "a whole answer")
}

/// An answer, and what was asked.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// As a page of which origin.
    pub(crate) origin: Option<String>,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    /// The body, where it is JSON.
    pub(crate) json: Option<Value>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Reply(Arc<Heard>);

impl std::ops::Deref for Reply {
    type Target = Heard;
    fn deref(&self) -> &Heard {
        &self.0
    }
}

/// For people: what was asked, the status, and the body if it is not too long.
impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.method, self.path, self.status)?;
        let text = String::from_utf8_lossy(&self.bytes);
        let problem = self.json.as_ref().and_then(|json| json["code"].as_str());
        match problem {
            Some(code) if self.status >= 400 => write!(f, " {code}")?,
            _ if text.is_empty() => return Ok(()),
            _ => return write!(f, " {}", cut(&text)),
        }
        if let Some(seconds) = self.header("retry-after") {
            write!(f, " (Retry-After {seconds})")?;
        }
        match self.json.as_ref().map(|json| &json["errors"]) {
            Some(Value::Array(errors)) if !errors.is_empty() => {
                let pointers: Vec<_> = errors
                    .iter()
                    .filter_map(|e| e["pointer"].as_str())
                    .collect();
                write!(f, " at {}", pointers.join(" "))
            }
            _ => Ok(()),
        }
    }
}

/// The beginning of a text, for people.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl Reply {
    /// A header, where it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Passes with this status.
    pub(crate) fn status(self, status: u16) -> Result<Self, Miss> {
        match self.0.status == status {
            true => Ok(self),
            false => Err(Miss::failed(self.to_string(), status.to_string())),
        }
    }

    /// Passes with a problem of this status and code.
    pub(crate) fn problem(self, status: u16, code: &str) -> Result<Self, Miss> {
        let found = self.json.as_ref().and_then(|json| json["code"].as_str());
        match self.0.status == status && found == Some(code) {
            true => Ok(self),
            false => Err(Miss::failed(self.to_string(), format!("{status} {code}"))),
        }
    }

    /// Passes with a 422 `validation` that points there.
    pub(crate) fn wrong_at(self, pointer: &str) -> Result<Self, Miss> {
        let reply = self.problem(422, "validation")?;
        let errors = reply.at("/errors").as_array().cloned().unwrap_or_default();
        let named = errors
            .iter()
            .any(|error| error["pointer"] == pointer && error["code"].is_string());
        match named {
            true => Ok(reply),
            false => Err(Miss::failed(
                reply.to_string(),
                format!("422 validation with an error at {pointer}, with a code"),
            )),
        }
    }

    /// The body; null where it is no JSON.
    pub(crate) fn body(&self) -> &Value {
        self.json.as_ref().unwrap_or(&Value::Null)
    }

    /// What is at a JSON pointer; null where nothing is.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body().pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The text at a JSON pointer.
    pub(crate) fn word(&self, pointer: &str) -> Result<String, Miss> {
        let found = self.at(pointer).as_str().map(str::to_owned);
        found.ok_or_else(|| Miss::failed(self.to_string(), format!("a text at {pointer}")))
    }

    /// The instant at a JSON pointer.
    pub(crate) fn instant(&self, pointer: &str) -> Result<Instant, Miss> {
        let text = self.word(pointer)?;
        Instant::parse(&text).map_err(|_| {
            let seen = format!("{} {}: {text:?} at {pointer}", self.method, self.path);
            Miss::failed(seen, "an RFC 3339 instant with offset")
        })
    }

    /// The list at a JSON pointer.
    pub(crate) fn list(&self, pointer: &str) -> Result<&[Value], Miss> {
        let found = self.at(pointer).as_array();
        found
            .map(Vec::as_slice)
            .ok_or_else(|| Miss::failed(self.to_string(), format!("a list at {pointer}")))
    }

    /// The body as a type of the contract.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Miss> {
        serde_json::from_slice(&self.bytes).map_err(|error| {
            let seen = format!("{} {}: {error}", self.method, self.path);
            Miss::failed(seen, "the shape that the contract gives")
        })
    }

    /// Passes when it is the same JSON as `other`, but for these members.
    pub(crate) fn same_but(&self, part: &str, other: &Value, but: &[&str]) -> Checked {
        let bare = |value: &Value| {
            let mut value = value.clone();
            if let Value::Object(map) = &mut value {
                map.retain(|name, _| !but.contains(&name.as_str()));
            }
            value
        };
        let (here, there) = (bare(self.at(part)), bare(other));
        let seen = format!(
            "{} {}: {}",
            self.method,
            self.path,
            difference(&here, &there)
        );
        check(here == there, seen, "the same")
    }
}

/// Where two values differ first, for people.
fn difference(one: &Value, other: &Value) -> String {
    if let (Value::Object(a), Value::Object(b)) = (one, other) {
        let names: BTreeSet<_> = a.keys().chain(b.keys()).collect();
        for name in names {
            let (x, y) = (
                a.get(name).unwrap_or(&Value::Null),
                b.get(name).unwrap_or(&Value::Null),
            );
            if x != y {
                return format!("{name} {}", difference(x, y));
            }
        }
    }
    format!(
        "is {} and is {}",
        cut(&one.to_string()),
        cut(&other.to_string())
    )
}
