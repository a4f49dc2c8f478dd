//! The built site from another origin, as a content delivery network would serve it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A plain file server for the site, with the policy that its documentation asks for and its own
/// `portico.json`. Ends when dropped.
pub struct StaticSite {
    port: u16,
    files: Arc<Files>,
    task: JoinHandle<()>,
}

struct Files {
    folder: PathBuf,
    api: Mutex<String>,
}

impl StaticSite {
    /// Serves `folder` on a free port; the site is told to use the API at `api` (an origin), which is
    /// also all that its policy lets it connect to.
    pub async fn start(folder: impl Into<PathBuf>, api: impl Into<String>) -> Self {
        let files = Arc::new(Files {
            folder: folder.into(),
            api: Mutex::new(api.into()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&files));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, files, task }
    }

    /// Tells the site of another API, for a server that had to know this origin before it could start.
    pub fn point_at(&self, api: impl Into<String>) {
        *self.files.api.lock().unwrap() = api.into();
    }

    /// `http://localhost:port`: another site than the server's 127.0.0.1, so that no cookie passes.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}

impl Drop for StaticSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(files): State<Arc<Files>>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.split('/').any(|part| part == "..") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let api = files.api.lock().unwrap().clone();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
         font-src 'self'; connect-src 'self' {}; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        api
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
    ];
    if path == "portico.json" {
        let config = serde_json::json!({"api": format!("{api}/portal/v1")});
        return (
            headers,
            [(header::CONTENT_TYPE, "application/json")],
            config.to_string(),
        )
            .into_response();
    }
    // What has no dot in its last part is a page of the application, whatever its path.
    let file = if path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'))
    {
        path
    } else {
        "index.html"
    };
    let kind = match file.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    match tokio::fs::read(files.folder.join(file)).await {
        Ok(bytes) => (headers, [(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
