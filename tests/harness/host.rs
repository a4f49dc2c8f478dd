//! The company's own site, whose pages have the portal in a frame. Names below `localhost` lead to this machine:
//! `www.shop.localhost` and `help.shop.localhost` are one site, `help.other.localhost` is another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Server;

/// What the site and the portal's server share to sign tokens with.
pub const SECRET: &str = "the secret of the site and the portal 0123456789";
/// For whom its tokens are.
pub const AUDIENCE: &str = "https://help.shop.example";

/// A site with one page at every address. Ends when dropped.
pub struct HostSite {
    port: u16,
    shown: Arc<Shown>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shown {
    page: Mutex<(String, String)>,
    files: Mutex<BTreeMap<String, File>>,
    customer: Mutex<Option<Value>>,
    tokens: AtomicU32,
}

/// What it has under an address: its type, its policy, its text.
type File = (&'static str, String, String);

impl HostSite {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let shown = Arc::new(Shown::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shown));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, shown, task }
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        format!("http://www.shop.localhost:{}", self.port)
    }

    /// The same pages under a name that the portal does not know.
    pub fn strange_origin(&self) -> String {
        format!("http://www.strange.localhost:{}", self.port)
    }

    /// The lines of a configuration that lets its pages frame the portal and sign customers in.
    pub fn configuration(&self, secret: &std::path::Path) -> String {
        format!(
            "frame_ancestors = [\"{}\"]\n[host_token]\naudience = \"{AUDIENCE}\"\n\
             keys = [{{ algorithm = \"HS256\", file = \"{}\" }}]\n",
            self.origin(),
            secret.display()
        )
    }

    /// From now on its page has `body` between two links, a style sheet and a script, under a policy without any
    /// `unsafe` word that allows the portal at `portal` a script and a frame.
    pub fn show(&self, portal: &str, style: &str, body: &str, script: &str) {
        let policy = format!(
            "default-src 'none'; script-src 'nonce-n0nce'; style-src 'nonce-n0nce'; frame-src {portal}; img-src data:; \
             connect-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        );
        *self.shown.page.lock().unwrap() = (policy, page(portal, style, body, script));
    }

    /// The same without style sheet and script, under another policy, which must allow `portico.js` by its address.
    pub fn show_under(&self, policy: &str, portal: &str, body: &str) {
        let page =
            page(portal, "", body, "").replacen("<script nonce=\"n0nce\" src", "<script src", 1);
        *self.shown.page.lock().unwrap() = (policy.to_owned(), page);
    }

    /// From now on it has this at `path`, with this policy.
    pub fn put(&self, path: &str, kind: &'static str, policy: &str, text: String) {
        let file = (kind, policy.to_owned(), text);
        self.shown
            .files
            .lock()
            .unwrap()
            .insert(path.to_owned(), file);
    }

    /// Who is signed in on the site: claims beside those of every token; `None` is nobody.
    pub fn sign_in(&self, customer: Option<Value>) {
        *self.shown.customer.lock().unwrap() = customer;
    }

    /// How many tokens it was asked for.
    pub fn tokens(&self) -> u32 {
        self.shown.tokens.load(Ordering::SeqCst)
    }
}

impl Drop for HostSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The portal of a server under a name of its own: `help.shop`, `help.other`.
pub fn portal_at(server: &Server, name: &str) -> String {
    format!("http://{name}.localhost:{}", server.port())
}

/// A token as the site signs it, with other claims in the place of the usual ones.
pub fn token(change: &Value) -> String {
    let subject = change["sub"].as_str().unwrap_or("customer-1");
    let email = format!("{subject}@example.com");
    let mut claims = json!({
        "email": email, "email_verified": true,
        "sub": "customer-1", "jti": uuid::Uuid::new_v4().to_string(), "aud": AUDIENCE, "exp": now() + 120, "iat": now(),
    });
    for (name, value) in change.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn page(portal: &str, style: &str, body: &str, script: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\
             <style nonce=\"n0nce\">{style}</style>\
             <script nonce=\"n0nce\" src=\"{portal}/embed/1/portico.js\"></script></head><body><main>\
             <h1>Shop</h1><p><a id=\"before\" href=\"#before\">Before</a></p>{body}\
             <p><a id=\"after\" href=\"#after\">After</a></p></main>\
             <script nonce=\"n0nce\">window.heard = [];\
             for (const type of ['ready', 'open', 'close', 'navigate', 'submit:started', 'submit:succeeded', \
             'submit:failed', 'draft:changed', 'unread', 'promise:changed', 'auth:required', 'auth:expired', \
             'theme:adjusted', 'consent:required', 'survey:submitted', 'error']) \
             document.addEventListener(`portico:${{type}}`, e => heard.push([type, e.detail, e.target.id]));\
             window.token = async ({{reason}}) => (await (await fetch(`/token?${{reason}}`)).json()).token;\n\
             {script}</script></body></html>"
    )
}

async fn answer(State(shown): State<Arc<Shown>>, uri: Uri) -> Response {
    if ["/token", "/portal-token"].contains(&uri.path()) {
        shown.tokens.fetch_add(1, Ordering::SeqCst);
        let customer = shown.customer.lock().unwrap().clone();
        let token = customer.map(|customer| token(&customer));
        let json = [(header::CONTENT_TYPE, "application/json")];
        return (json, json!({"token": token}).to_string()).into_response();
    }
    let file = shown.files.lock().unwrap().get(uri.path()).cloned();
    if let Some((kind, policy, text)) = file {
        let headers = [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        ];
        return (headers, text).into_response();
    }
    if uri.path() != "/" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (policy, page) = shown.page.lock().unwrap().clone();
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
    ];
    (headers, page).into_response()
}
