//! A proxy before the real server that makes one thing wrong: what is asked, or what is answered.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// With its query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// Whether it is this call; `*` stands for one part of the path.
    pub(crate) fn is(&self, method: &str, path: &str) -> bool {
        let bare = self.path.split('?').next().unwrap_or_default();
        let here: Vec<_> = bare.split('/').collect();
        let there: Vec<_> = path.split('/').collect();
        self.method == method
            && here.len() == there.len()
            && here.iter().zip(there).all(|(a, b)| b == "*" || *a == b)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn set_json(&mut self, body: &Value) {
        self.body = body.to_string().into_bytes();
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Changes the body, where it is JSON.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut body) = serde_json::from_slice(&self.body) {
            change(&mut body);
            self.body = body.to_string().into_bytes();
        }
    }

    pub(crate) fn replace(&mut self, from: &str, to: &str) {
        let text = String::from_utf8_lossy(&self.body).replace(from, to);
        self.body = text.into_bytes();
    }
}

/// What is made wrong.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    /// The rule that it breaks.
    pub(crate) rule: &'static str,
    /// What the suite is told to look at, so that the answers in question are given.
    pub(crate) only: &'static [&'static str],
    pub(crate) ask: fn(&mut Asked),
    /// Also gets the last answer to a guest's submission.
    pub(crate) answer: fn(&Asked, &mut Answer, &Value),
}

/// A running proxy. Ends when dropped.
pub(crate) struct Bent {
    port: u16,
    state: Arc<Bending>,
    task: JoinHandle<()>,
}

struct Bending {
    upstream: String,
    http: reqwest::Client,
    fault: Mutex<Option<Fault>>,
    submitted: Mutex<Value>,
}

impl Bent {
    pub(crate) async fn before(upstream: String) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let state = Arc::new(Bending {
            upstream,
            http,
            fault: Mutex::default(),
            submitted: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().fallback(pass).with_state(Arc::clone(&state));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, state, task }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on this is wrong, and nothing else.
    pub(crate) fn make(&self, fault: Option<Fault>) {
        *self.state.fault.lock().unwrap() = fault;
        *self.state.submitted.lock().unwrap() = Value::Null;
    }
}

impl Drop for Bent {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a proxy makes anew.
const OWN: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

fn without_own(mut headers: HeaderMap) -> HeaderMap {
    for name in OWN {
        headers.remove(name);
    }
    headers
}

async fn pass(State(state): State<Arc<Bending>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().as_str().to_owned();
    let mut asked = Asked {
        method: parts.method,
        path,
        headers: without_own(parts.headers),
        body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    };
    let fault = *state.fault.lock().unwrap();
    if let Some(fault) = fault {
        (fault.ask)(&mut asked);
    }
    let url = format!("{}{}", state.upstream, asked.path);
    let call = state.http.request(asked.method.clone(), url);
    let call = call.headers(asked.headers.clone()).body(asked.body.clone());
    let answered = call.send().await.unwrap();
    let (status, headers) = (answered.status(), without_own(answered.headers().clone()));
    if asked.is("GET", "/portal/v1/events") {
        return respond(status, headers, Body::from_stream(answered.bytes_stream()));
    }
    let body = answered.bytes().await.unwrap().to_vec();
    let mut answer = Answer {
        status,
        headers,
        body,
    };
    let submitted = state.submitted.lock().unwrap().clone();
    if let Some(fault) = fault {
        (fault.answer)(&asked, &mut answer, &submitted);
    }
    if asked.is("POST", "/portal/v1/requests") && answer.json()["query_code"].is_string() {
        *state.submitted.lock().unwrap() = answer.json();
    }
    respond(answer.status, answer.headers, Body::from(answer.body))
}

fn respond(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// A header of a name that is known to be good.
pub(crate) fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}
