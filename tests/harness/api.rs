//! A client of the ticket API and of the desk that looks closely at every answer.

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::until;

/// A client of one API below one base address.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: String,
    bearer: Option<String>,
}

impl Api {
    /// A client of the API at `base`, without credentials.
    pub fn new(base: String) -> Self {
        crate::prepare_tls();
        // A redirect would hide what the server really answered, and a pooled connection that a killed
        // server left behind would be an error of the test.
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .unwrap();
        Self {
            http,
            base,
            bearer: None,
        }
    }

    /// The same client with a bearer token.
    #[must_use]
    pub fn bearer(&self, token: impl Into<String>) -> Self {
        Self {
            bearer: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same client of the same path, at another origin (a proxy).
    #[must_use]
    pub fn through(&self, origin: &str) -> Self {
        let path = reqwest::Url::parse(&self.base).unwrap().path().to_owned();
        Self {
            base: format!("{origin}{path}"),
            ..self.clone()
        }
    }

    /// The bearer token in use.
    pub fn token(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    /// The address of `path` below the base.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Starts a call of `path`, which is below the base (`/requests`).
    pub fn call(&self, method: Method, path: &str) -> Call {
        let mut builder = self.http.request(method.clone(), self.url(path));
        if let Some(token) = &self.bearer {
            builder = builder.bearer_auth(token);
        }
        Call {
            builder,
            what: format!("{method} {path}"),
        }
    }

    /// Starts a GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// Starts a POST.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// Submits `body` under a new Idempotency-Key and expects it to be taken.
    pub async fn submit(&self, body: &Value) -> Reply {
        self.post("/requests")
            .new_key()
            .json(body)
            .send()
            .await
            .expect_status(201)
    }

    /// Reads the whole of a paged list, `limit` items at a time.
    pub async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        for _ in 0..10_000 {
            let page = self
                .get(&format!("{path}{joint}limit={limit}{cursor}"))
                .send()
                .await
                .expect_status(200);
            items.extend(
                page.json["items"]
                    .as_array()
                    .expect("a list has items")
                    .iter()
                    .cloned(),
            );
            match page.json["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
        panic!("{path} never ends");
    }

    /// Uploads a file by tus in one piece and returns its id.
    pub async fn upload(&self, name: &str, kind: &str, bytes: &[u8]) -> String {
        let made = self
            .begin_upload(name, kind, bytes.len())
            .await
            .expect_status(201);
        let location = made
            .header("location")
            .expect("a new upload has a Location")
            .to_owned();
        self.upload_part(&location, 0, bytes)
            .await
            .expect_status(204);
        location.rsplit('/').next().unwrap().to_owned()
    }

    /// The creation request of tus, without bytes.
    pub async fn begin_upload(&self, name: &str, kind: &str, length: usize) -> Reply {
        self.post("/attachments")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", &length.to_string())
            .header("upload-metadata", &upload_metadata(name, kind))
            .send()
            .await
    }

    /// One PATCH of tus at `offset`; `location` is what the creation answered, absolute or a path.
    pub async fn upload_part(&self, location: &str, offset: usize, bytes: &[u8]) -> Reply {
        self.at(Method::PATCH, location)
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", &offset.to_string())
            .header("content-type", "application/offset+octet-stream")
            .body(bytes.to_vec())
            .send()
            .await
    }

    /// Starts a call of an address that the server itself gave, absolute or a path from its root.
    pub fn at(&self, method: Method, location: &str) -> Call {
        let url = reqwest::Url::parse(&self.base)
            .unwrap()
            .join(location)
            .unwrap();
        let mut builder = self.http.request(method.clone(), url);
        if let Some(token) = &self.bearer {
            builder = builder.bearer_auth(token);
        }
        Call {
            builder,
            what: format!("{method} {location}"),
        }
    }
}

/// The `Upload-Metadata` of a file.
pub fn upload_metadata(name: &str, kind: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!(
        "filename {},filetype {}",
        STANDARD.encode(name),
        STANDARD.encode(kind)
    )
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Call {
    builder: RequestBuilder,
    what: String,
}

impl Call {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Asks for answers in this language.
    #[must_use]
    pub fn language(self, tag: &str) -> Self {
        self.header("accept-language", tag)
    }

    /// Sends this Idempotency-Key.
    #[must_use]
    pub fn key(self, key: Uuid) -> Self {
        self.header("idempotency-key", &key.to_string())
    }

    /// Sends an Idempotency-Key that was never used before.
    #[must_use]
    pub fn new_key(self) -> Self {
        self.key(Uuid::new_v4())
    }

    /// Sends `body` as JSON.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.builder = self.builder.json(body);
        self
    }

    /// Sends these bytes as they are.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<reqwest::Body>) -> Self {
        self.builder = self.builder.body(bytes);
        self
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Reply {
        let what = self.what.clone();
        self.attempt()
            .await
            .unwrap_or_else(|e| panic!("{what}: no answer: {e:?}"))
    }

    /// Sends it; an error means that no whole answer came back, so that nobody knows what happened.
    pub async fn attempt(self) -> Result<Reply, reqwest::Error> {
        let response = self.builder.send().await?;
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = response.bytes().await?.to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Reply {
            what: self.what,
            status,
            headers,
            bytes,
            json,
        })
    }

    /// Sends it and hands over the answer while it is still coming, for streams.
    pub async fn stream(self) -> reqwest::Response {
        let what = self.what;
        self.builder
            .send()
            .await
            .unwrap_or_else(|e| panic!("{what}: no answer: {e:?}"))
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    what: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
    /// The body as JSON, `null` when it is none.
    pub json: Value,
}

impl Reply {
    /// A header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text, cut where it is only read by people.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Panics with the whole answer unless it has this status.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}: {}",
            self.what,
            self.text().chars().take(2_000).collect::<String>()
        );
        self
    }

    /// Panics unless this is a problem of RFC 9457 with this code and status, complete and worded.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let reply = self.expect_status(status);
        let kind = reply.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        assert!(
            kind.starts_with("application/problem+json"),
            "{}: content type {kind:?}",
            reply.what
        );
        assert_eq!(reply.json["code"], code, "{}: {}", reply.what, reply.json);
        assert_eq!(
            reply.json["status"], status,
            "{}: {}",
            reply.what, reply.json
        );
        for member in ["type", "title", "trace_id"] {
            assert!(
                reply.json[member]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{}: no {member}: {}",
                reply.what,
                reply.json
            );
        }
        if matches!(code, "rate_limited" | "backend_unavailable" | "in_progress") {
            let after = reply.header(RETRY_AFTER.as_str()).unwrap_or_default();
            assert!(
                after.parse::<u64>().is_ok(),
                "{}: {code} without Retry-After in seconds: {after:?}",
                reply.what
            );
        }
        reply
    }

    /// Panics unless this is a 422 `validation` with an error at the JSON pointer `pointer`.
    #[track_caller]
    pub fn expect_invalid(self, pointer: &str) -> Self {
        let reply = self.expect_problem(422, "validation");
        let errors = reply.json["errors"].as_array().cloned().unwrap_or_default();
        let found = errors.iter().find(|error| error["pointer"] == pointer);
        let error =
            found.unwrap_or_else(|| panic!("{}: nothing at {pointer}: {}", reply.what, reply.json));
        assert!(
            error["code"].is_string(),
            "{}: an error without a code: {error}",
            reply.what
        );
        reply
    }

    /// The string at a JSON pointer of the body.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        let found = self.json.pointer(pointer).and_then(Value::as_str);
        found
            .unwrap_or_else(|| panic!("{}: no text at {pointer}: {}", self.what, self.json))
            .to_owned()
    }

    /// The body as a type of the contract.
    #[track_caller]
    pub fn decode<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{}: {e}: {}", self.what, self.text()))
    }
}

/// A request as it is read now.
pub async fn read(api: &Api, id: &str) -> Value {
    let read = api.get(&format!("/requests/{id}")).send().await;
    read.expect_status(200).json
}

/// Waits until what is read of a request fits.
pub async fn until_read(api: &Api, id: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    until(what, || async {
        let seen = read(api, id).await;
        if fits(&seen) {
            Ok(seen)
        } else {
            Err(seen.to_string())
        }
    })
    .await
}

/// The smallest complaint that the default catalogue takes, from a guest who gives `email`.
pub fn complaint(subject: &str, email: Option<&str>) -> Value {
    let mut body = json!({
        "type_id": "billing-complaint",
        "subject": subject,
        "body": {"format": "text", "value": "The invoice of March was charged twice."},
    });
    if let Some(email) = email {
        body["contact"] = json!({"name": "Chan Tai Man", "email": email});
    }
    body
}
