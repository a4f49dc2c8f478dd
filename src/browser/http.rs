//! HTTP by `fetch`. A call that is dropped while it waits is aborted.

use super::{
    file::Blob,
    js::{call, construct, get, get_text, global, object, set},
    task,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What is sent along.
pub enum Body {
    /// Nothing.
    None,
    /// A text (its type is one of the headers).
    Text(String),
    /// A file or a part of one.
    Blob(Blob),
}

/// One call.
pub struct Call<'a> {
    /// `GET`, `POST` ...
    pub method: &'a str,
    /// A path on the same origin or a whole address.
    pub url: &'a str,
    /// Name and value.
    pub headers: &'a [(&'a str, String)],
    /// What is sent along.
    pub body: &'a Body,
    /// Whether the cookies of our own origin go along.
    pub cookies: bool,
    /// Milliseconds until the answer must be there, with its body; a stream only its head.
    pub timeout: u32,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// Not reached, cut off, or forbidden by the browser: it does not say which.
    Network,
    /// It took too long.
    Timeout,
}

/// The head of an answer.
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    response: JsValue,
}

/// A whole answer.
pub struct Answer {
    /// Its head.
    pub head: Head,
    /// Its body.
    pub text: String,
}

/// Aborts what was begun with it when it is dropped.
struct Abort(JsValue);

impl Abort {
    fn new() -> Self {
        Self(construct(&global(), "AbortController", &[]).unwrap_or(JsValue::UNDEFINED))
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        let _ = call(&self.0, "abort", &[]);
    }
}

async fn promised(promise: Result<JsValue, JsValue>) -> Result<JsValue, NoAnswer> {
    let promise: js_sys::Promise = promise
        .and_then(JsCast::dyn_into)
        .map_err(|_| NoAnswer::Network)?;
    JsFuture::from(promise).await.map_err(|_| NoAnswer::Network)
}

async fn begin(request: Call<'_>, abort: &Abort) -> Result<Head, NoAnswer> {
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (*name, JsValue::from_str(value)))
        .collect();
    let options = object(&[
        ("method", JsValue::from_str(request.method)),
        ("headers", object(&headers)),
        (
            "credentials",
            JsValue::from_str(if request.cookies {
                "same-origin"
            } else {
                "omit"
            }),
        ),
        ("cache", JsValue::from_str("no-store")),
        ("redirect", JsValue::from_str("error")),
        ("signal", get(&abort.0, "signal")),
    ]);
    match request.body {
        Body::None => {}
        Body::Text(text) => set(&options, "body", &JsValue::from_str(text)),
        Body::Blob(blob) => set(&options, "body", blob.as_js()),
    }
    let response = promised(call(
        &global(),
        "fetch",
        &[JsValue::from_str(request.url), options],
    ))
    .await?;
    // A status is a number below 1,000.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let status = get(&response, "status").as_f64().unwrap_or(0.0) as u16;
    Ok(Head { status, response })
}

impl Head {
    /// A header of the answer (another origin must expose it).
    pub fn header(&self, name: &str) -> Option<String> {
        call(
            &get(&self.response, "headers"),
            "get",
            &[JsValue::from_str(name)],
        )
        .ok()?
        .as_string()
    }
}

/// Sends and reads the whole answer, whatever its status.
///
/// # Errors
/// When there is no answer, or only a part of one.
pub async fn send(request: Call<'_>) -> Result<Answer, NoAnswer> {
    let abort = Abort::new();
    let timeout = request.timeout;
    task::within(timeout, async {
        let head = begin(request, &abort).await?;
        let text = promised(call(&head.response, "text", &[])).await?;
        Ok(Answer {
            head,
            text: text.as_string().unwrap_or_default(),
        })
    })
    .await
    .unwrap_or(Err(NoAnswer::Timeout))
}

/// A body that arrives piece by piece.
pub struct Stream {
    response: JsValue,
    reader: Option<JsValue>,
    _abort: Abort,
}

/// Sends and gives the head, and the body as a stream. Dropping the stream closes the connection.
///
/// # Errors
/// When there is no answer.
pub async fn open(request: Call<'_>) -> Result<(Head, Stream), NoAnswer> {
    let abort = Abort::new();
    let timeout = request.timeout;
    let head = task::within(timeout, begin(request, &abort))
        .await
        .unwrap_or(Err(NoAnswer::Timeout))?;
    let stream = Stream {
        response: head.response.clone(),
        reader: None,
        _abort: abort,
    };
    Ok((head, stream))
}

impl Stream {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the connection is cut.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, NoAnswer> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => call(&get(&self.response, "body"), "getReader", &[])
                .map_err(|_| NoAnswer::Network)?,
        };
        let piece = promised(call(self.reader.insert(reader), "read", &[])).await?;
        if get(&piece, "done").is_truthy() {
            return Ok(None);
        }
        let bytes: js_sys::Uint8Array = get(&piece, "value")
            .dyn_into()
            .map_err(|_| NoAnswer::Network)?;
        Ok(Some(bytes.to_vec()))
    }

    /// The whole body, which the browser may keep on disk.
    ///
    /// # Errors
    /// When the connection is cut.
    pub async fn blob(self) -> Result<Blob, NoAnswer> {
        let blob = promised(call(&self.response, "blob", &[])).await?;
        Blob::from_js(blob).ok_or(NoAnswer::Network)
    }

    /// What is left, as a text: as much of it as arrives within 15 s.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let all = async {
            while let Ok(Some(piece)) = self.next().await {
                bytes.extend(piece);
            }
        };
        let _ = task::within(15_000, all).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A file of the site itself, such as a message catalogue. `None` where it could not be had.
pub async fn get_file(url: &str) -> Option<String> {
    let response = promised(call(&global(), "fetch", &[JsValue::from_str(url)]));
    let response = task::within(15_000, response).await?.ok()?;
    if !get(&response, "ok").is_truthy() {
        return None;
    }
    promised(call(&response, "text", &[]))
        .await
        .ok()?
        .as_string()
}

/// An address, whole, as seen from another one.
pub fn resolve(address: &str, seen_from: &str) -> Option<String> {
    let seen_from = parse(seen_from, &super::history::origin())?;
    get_text(&parse(address, &get_text(&seen_from, "href")?)?, "href")
}

fn parse(address: &str, base: &str) -> Option<JsValue> {
    let arguments = [JsValue::from_str(address), JsValue::from_str(base)];
    construct(&global(), "URL", &arguments).ok()
}

/// Whether an address is on our own origin, where cookies go along.
pub fn is_same_origin(address: &str) -> bool {
    let origin = super::history::origin();
    parse(address, &origin).is_some_and(|url| get_text(&url, "origin") == Some(origin))
}
