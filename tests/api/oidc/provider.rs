//! A provider of OpenID Connect that does what the protocol asks, until a test wants something else of it.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use portico_tests::host::now;
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the server is called at the provider; both need encoding on their way.
pub(super) const CLIENT: &str = "portico & co";
/// And its secret.
pub(super) const SECRET: &str = "the+secret of%the server";

/// A key of Ed25519 as PEM, and what it is called.
#[derive(Clone, Copy)]
pub(super) struct Key {
    kid: &'static str,
    private: &'static str,
    public: &'static str,
}

/// Its first key.
pub(super) const FIRST: Key = Key {
    kid: "first",
    private: include_str!("../keys/ed25519.pem"),
    public: include_str!("../keys/ed25519.pub.pem"),
};
/// The one that follows.
pub(super) const SECOND: Key = Key {
    kid: "second",
    private: include_str!("../keys/ed25519-other.pem"),
    public: include_str!("../keys/ed25519-other.pub.pem"),
};

impl Key {
    /// The set that has it alone, as the world sees it.
    pub(super) fn published(self) -> Value {
        let lines = self.public.lines().filter(|line| !line.starts_with('-'));
        let der = STANDARD.decode(lines.collect::<String>()).unwrap();
        // The key is the last that such a file has.
        let x = URL_SAFE_NO_PAD.encode(&der[der.len() - 32..]);
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "use": "sig", "x": x}]})
    }

    /// A token that it has signed under any name.
    pub(super) fn signs(self, kid: Option<&str>, claims: &Value) -> String {
        let head = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(Algorithm::EdDSA)
        };
        let key = EncodingKey::from_ed_pem(self.private.as_bytes()).unwrap();
        encode(&head, claims, &key).unwrap()
    }
}

/// What a test can change.
pub(super) struct Twist {
    /// Laid over what it says of itself; null takes away.
    pub(super) discovery: Value,
    /// Laid over the claims of an ID token; null takes away.
    pub(super) claims: Value,
    /// Given in the place of an ID token, made of the claims that it would have.
    pub(super) token: Option<fn(&Value) -> String>,
    /// What its token endpoint answers.
    pub(super) refuses: Option<(u16, Value)>,
    /// What it says of a customer.
    pub(super) userinfo: (u16, Value),
    /// What it signs with.
    pub(super) key: Key,
    /// What it signs with, as it is published.
    pub(super) keys: (u16, Value),
}

impl Default for Twist {
    fn default() -> Self {
        Self {
            discovery: json!({}),
            claims: json!({}),
            token: None,
            refuses: None,
            userinfo: (200, json!({"sub": "ann-1"})),
            key: FIRST,
            keys: (200, FIRST.published()),
        }
    }
}

/// A running provider. Ends when dropped.
pub(super) struct Provider {
    port: u16,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    issuer: String,
    twist: Mutex<Twist>,
    /// The authorization requests that were granted; a code is a number among them.
    granted: Mutex<Vec<Url>>,
    used: Mutex<Vec<usize>>,
}

impl Provider {
    /// Starts it on a free port.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Inner {
            issuer: format!("http://127.0.0.1:{port}"),
            twist: Mutex::default(),
            granted: Mutex::default(),
            used: Mutex::default(),
        });
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, inner, task }
    }

    /// Its issuer identifier.
    pub(super) fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// What it does otherwise from now on.
    pub(super) fn twist(&self, twist: Twist) {
        *self.inner.twist.lock().unwrap() = twist;
    }

    /// The customer has signed in and agreed at this address: the code.
    pub(super) fn grant(&self, location: &Url) -> String {
        assert_eq!(location.port(), Some(self.port));
        assert_eq!(location.path(), "/authorize");
        let mut granted = self.inner.granted.lock().unwrap();
        granted.push(location.clone());
        format!("code {}", granted.len() - 1)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A parameter of an address.
pub(super) fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("{name} is not in {url}"))
        .1
        .into_owned()
}

fn lay(over: &Value, mut onto: Value) -> Value {
    for (name, value) in over.as_object().unwrap() {
        match value {
            Value::Null => drop(onto.as_object_mut().unwrap().remove(name)),
            value => onto[name] = value.clone(),
        }
    }
    onto
}

fn told((status, body): (u16, Value)) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    let status = StatusCode::from_u16(status).unwrap();
    (status, json, body.to_string()).into_response()
}

impl Inner {
    fn now(&self) -> MutexGuard<'_, Twist> {
        self.twist.lock().unwrap()
    }

    fn discovery(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let document = json!({
            "issuer": self.issuer, "authorization_endpoint": at("/authorize?tenant=1"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "userinfo_endpoint": at("/userinfo"), "end_session_endpoint": at("/end"),
            "authorization_response_iss_parameter_supported": true,
        });
        lay(&self.now().discovery, document)
    }

    /// Who may have tokens: RFC 6749 (4.1.3) and RFC 7636 (4.6).
    fn redeem(&self, head: Option<&str>, body: &str) -> (u16, Value) {
        let refused = |status, error: &str| (status, json!({"error": error}));
        let form = Url::parse(&format!("http://form/?{body}")).unwrap();
        let pair = format!("{}:{}", encoded(CLIENT), encoded(SECRET));
        let proven = match &self.now().discovery["token_endpoint_auth_methods_supported"] {
            Value::Null => head == Some(format!("Basic {}", STANDARD.encode(pair)).as_str()),
            _ => {
                parameter(&form, "client_id") == CLIENT
                    && parameter(&form, "client_secret") == SECRET
                    && head.is_none()
            }
        };
        if !proven {
            return refused(401, "invalid_client");
        }
        let number = parameter(&form, "code");
        let number: usize = number.strip_prefix("code ").unwrap().parse().unwrap();
        let granted = self.granted.lock().unwrap();
        let Some(asked) = granted.get(number) else {
            return refused(400, "invalid_grant");
        };
        let verifier = parameter(&form, "code_verifier");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let fits = challenge == parameter(asked, "code_challenge")
            && parameter(asked, "code_challenge_method") == "S256"
            && parameter(&form, "redirect_uri") == parameter(asked, "redirect_uri")
            && parameter(&form, "grant_type") == "authorization_code";
        let mut used = self.used.lock().unwrap();
        if !fits || used.contains(&number) {
            return refused(400, "invalid_grant");
        }
        used.push(number);
        let twist = self.now();
        if let Some(refusal) = &twist.refuses {
            return refusal.clone();
        }
        let claims = json!({
            "iss": self.issuer, "sub": "ann-1", "aud": parameter(asked, "client_id"), "exp": now() + 300, "iat": now(),
            "nonce": parameter(asked, "nonce"), "name": "Ann", "email": "ann@example.com", "email_verified": true,
        });
        let claims = lay(&twist.claims, claims);
        let token = match twist.token {
            Some(make) => make(&claims),
            None => twist.key.signs(Some(twist.key.kid), &claims),
        };
        let tokens = json!({"access_token": "access", "token_type": "Bearer", "id_token": token});
        (200, tokens)
    }
}

/// As a form has it.
fn encoded(text: &str) -> String {
    let mut url = Url::parse("http://form/").unwrap();
    url.query_pairs_mut().append_pair("", text);
    url.query().unwrap().trim_start_matches('=').to_owned()
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let head = parts.headers.get(header::AUTHORIZATION);
    let head = head.map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(body, 100_000).await.unwrap();
    told(match parts.uri.path() {
        "/.well-known/openid-configuration" => (200, inner.discovery()),
        "/keys" => inner.now().keys.clone(),
        "/token" => inner.redeem(head.as_deref(), std::str::from_utf8(&body).unwrap()),
        "/userinfo" if head.as_deref() == Some("Bearer access") => inner.now().userinfo.clone(),
        _ => (404, json!({})),
    })
}
