//! One desk's HTTP API as its connector sees it: addresses below one base, the credential in every call, and what the
//! statuses of its answers mean.

use crate::{
    backend::DeskError,
    transport::{Call, Reply, Transport},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER},
};
use portico_contract::Instant;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use url::Url;

/// The most bytes of an answer in JSON.
const JSON_LIMIT: u64 = 8 << 20;
/// The most bytes of a file: the largest attachment of the contract with room for base64 and what is around it.
pub(crate) const FILE_LIMIT: u64 = 64 << 20;

/// An API below one address.
pub(crate) struct Api {
    base: Url,
    headers: HeaderMap,
    transport: Arc<dyn Transport>,
}

impl Api {
    /// `base` is `https://...` or `http://...`, with or without a path; `headers` go with every call.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        base: &str,
        headers: HeaderMap,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        let wrong = |why: &str| format!("url: `{base}` {why}");
        let url = Url::parse(base).map_err(|error| wrong(&format!("is no address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base() {
            return Err(wrong("begins neither with https:// nor with http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                "holds a credential, which belongs into a file of its own",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("holds a `?` or a `#`"));
        }
        let mut all = headers;
        all.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(Self {
            base: url,
            headers: all,
            transport,
        })
    }

    /// The address that everything is below.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// A call of the address below the base that these segments name. Each is percent-encoded.
    pub(crate) fn call(&self, method: Method, path: &[&str]) -> Request<'_> {
        let mut url = self.base.clone();
        // `new` lets in no address without segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        self.call_url(method, url)
    }

    /// `GET`.
    pub(crate) fn get(&self, path: &[&str]) -> Request<'_> {
        self.call(Method::GET, path)
    }

    /// A read of an address that the desk gave. Behind a proxy it may be wrong about its scheme and port; of another
    /// host it must not be: a credential goes nowhere else.
    ///
    /// # Errors
    /// `Nonsense` when it is.
    pub(crate) fn follow(&self, address: &str) -> Result<Request<'_>, DeskError> {
        let there = self.base.join(address);
        let there = there.map_err(|error| DeskError::Nonsense(format!("an address: {error}")))?;
        if there.host_str() != self.base.host_str() {
            let host = there.host_str().unwrap_or_default();
            return Err(DeskError::Nonsense(format!(
                "a file on another host, {host}"
            )));
        }
        let mut url = self.base.clone();
        url.set_path(there.path());
        url.set_query(there.query());
        Ok(self.call_url(Method::GET, url))
    }

    /// The bytes of a file at an address that the desk gave, which may be a store on another host or lead to one. The
    /// credential and `own` go to the desk alone, and nothing goes anywhere unencrypted where the desk is not.
    ///
    /// # Errors
    /// `Credential` when the desk sends us back to itself, which is its page to sign in.
    pub(crate) async fn download(
        &self,
        address: &str,
        own: &HeaderMap,
    ) -> Result<Bytes, DeskError> {
        let nonsense = |why: &str| DeskError::Nonsense(format!("the address of a file {why}"));
        let is_desk = |url: &Url| url.origin() == self.base.origin();
        let mut url = self.base.join(address);
        for _ in 0..3 {
            let there = url.map_err(|_| nonsense("is none"))?;
            if !matches!(there.scheme(), "https" | "http")
                || (there.scheme() == "http" && self.base.scheme() == "https")
            {
                return Err(nonsense("is not encrypted"));
            }
            let mut headers = HeaderMap::new();
            if is_desk(&there) {
                headers.extend(self.headers.clone());
                headers.extend(own.clone());
            }
            let call = Call {
                method: Method::GET,
                url: there.clone(),
                headers,
                body: Bytes::new(),
                limit: FILE_LIMIT,
            };
            let reply = self.transport.send(call).await?;
            if reply.status.is_success() {
                return Ok(reply.body);
            }
            let on = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok());
            let on = on.filter(|_| reply.status.is_redirection());
            url = match on.map(|on| there.join(on)) {
                Some(Ok(on)) if !is_desk(&on) => Ok(on),
                _ => return Err(refusal(&reply)),
            };
        }
        Err(nonsense("leads on and on"))
    }

    fn call_url(&self, method: Method, url: Url) -> Request<'_> {
        Request {
            transport: &*self.transport,
            call: Call {
                method,
                url,
                headers: self.headers.clone(),
                body: Bytes::new(),
                limit: JSON_LIMIT,
            },
        }
    }
}

/// A call that is being put together.
pub(crate) struct Request<'a> {
    transport: &'a dyn Transport,
    call: Call,
}

impl Request<'_> {
    /// Adds a parameter, percent-encoded.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.call.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Result<Self, DeskError> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| DeskError::Refused(format!("{name} cannot hold this value")))?;
        let name = HeaderName::from_static(name);
        self.call.headers.insert(name, value);
        Ok(self)
    }

    /// Adds headers, for a desk where each caller has a credential of their own.
    pub(crate) fn headers(mut self, headers: &HeaderMap) -> Self {
        self.call.headers.extend(headers.clone());
        self
    }

    /// Sends JSON.
    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, DeskError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| DeskError::Refused(format!("no JSON: {error}")))?;
        Ok(self.body(HeaderValue::from_static("application/json"), body.into()))
    }

    /// Sends bytes.
    pub(crate) fn body(mut self, media_type: HeaderValue, body: Bytes) -> Self {
        self.call.headers.insert(CONTENT_TYPE, media_type);
        self.call.body = body;
        self
    }

    /// Reads an answer as long as a file can be.
    pub(crate) fn long(mut self) -> Self {
        self.call.limit = FILE_LIMIT;
        self
    }

    /// Sends it; every status but 2xx is an error.
    pub(crate) async fn send(self) -> Result<Reply, DeskError> {
        let reply = self.transport.send(self.call).await?;
        match reply.status {
            status if status.is_success() => Ok(reply),
            _ => Err(refusal(&reply)),
        }
    }

    /// Sends it and reads the JSON of its answer.
    pub(crate) async fn read<T: DeserializeOwned>(self) -> Result<T, DeskError> {
        let reply = self.send().await?;
        if is_html(&reply) {
            return Err(DeskError::Nonsense("HTML instead of JSON".into()));
        }
        serde_json::from_slice(&reply.body).map_err(|error| DeskError::Nonsense(error.to_string()))
    }
}

/// `Basic` for `name:password`, else the token after its scheme.
///
/// # Errors
/// A sentence for the operator.
pub(crate) fn authorization(scheme: &str, credential: &str) -> Result<HeaderMap, String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let value = if credential.contains(':') {
        format!("Basic {}", STANDARD.encode(credential))
    } else {
        format!("{scheme} {credential}")
    };
    Ok(HeaderMap::from_iter([(AUTHORIZATION, secret(&value)?)]))
}

/// A header's value that no log shows.
///
/// # Errors
/// A sentence for the operator.
pub(crate) fn secret(value: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| "the credential holds characters that no header can".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// The bytes of a file, unless they are not as many as the desk said: then they are a page that says something else.
///
/// # Errors
/// `Nonsense` when they are not.
pub(crate) fn whole(bytes: Bytes, size: Option<u64>) -> Result<Bytes, DeskError> {
    match size {
        Some(size) if size != bytes.len() as u64 => Err(DeskError::Nonsense(format!(
            "a file of {size} bytes came as {}",
            bytes.len()
        ))),
        _ => Ok(bytes),
    }
}

/// What an answer that is not 2xx says.
fn refusal(reply: &Reply) -> DeskError {
    let said = sentence(reply);
    match reply.status {
        StatusCode::UNAUTHORIZED => DeskError::Credential,
        // To a sign-in page, whatever its address.
        StatusCode::FOUND | StatusCode::SEE_OTHER | StatusCode::TEMPORARY_REDIRECT => {
            DeskError::Credential
        }
        status if status.is_redirection() => {
            let to = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok());
            DeskError::Nonsense(format!("it has moved to {}", to.unwrap_or("nowhere")))
        }
        StatusCode::FORBIDDEN => DeskError::Forbidden(said),
        // An API says in JSON, or without a word, what is not there; a page is not of the API.
        StatusCode::NOT_FOUND | StatusCode::GONE if is_html(reply) => {
            DeskError::Nonsense("a page that says 404: the API is not at this address".into())
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => DeskError::NotFound,
        StatusCode::TOO_MANY_REQUESTS => DeskError::Busy {
            retry_after: retry_after(reply),
        },
        StatusCode::REQUEST_TIMEOUT => DeskError::Failed(said),
        status if status.is_client_error() => DeskError::Refused(said),
        status if status.is_server_error() => DeskError::Failed(said),
        _ => DeskError::Nonsense(said),
    }
}

fn is_html(reply: &Reply) -> bool {
    let kind = reply.headers.get(CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html"))
}

/// The desk's own words, as far as they can be found, with the status.
fn sentence(reply: &Reply) -> String {
    let said: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let mut words = Vec::new();
    if let Some(said) = &said {
        texts(said, &mut words);
    }
    let words: String = words.join("; ").chars().take(300).collect();
    if words.is_empty() {
        reply.status.to_string()
    } else {
        format!("{} ({})", words, reply.status.as_u16())
    }
}

/// Every text in a value, with the name of its member where that says more than "message".
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => {
            for (name, value) in members {
                let before = into.len();
                texts(value, into);
                if !["message", "error", "errors", "detail"].contains(&name.as_str()) {
                    for text in into.iter_mut().skip(before) {
                        *text = format!("{name}: {text}");
                    }
                }
            }
        }
        _ => {}
    }
}

/// RFC 9110, 10.2.3: seconds, or a date, which is taken by the desk's own clock.
fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    (until - date(reply)?).to_std().ok()
}

/// What the desk's clock said when it answered.
pub(crate) fn date(reply: &Reply) -> Option<DateTime<chrono::FixedOffset>> {
    let text = reply.headers.get(DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok()
}

/// An instant as desks write it; what is empty, unreadable or within a day of the epoch is none.
pub(crate) fn instant(text: Option<&str>) -> Option<Instant> {
    let at = Instant::parse(text?).ok()?;
    (at.unix_millis() > TimeDelta::days(1).num_milliseconds()).then_some(at)
}

/// An instant that a desk always has.
///
/// # Errors
/// `Nonsense` when it has not.
pub(crate) fn known_instant(what: &str, text: Option<&str>) -> Result<Instant, DeskError> {
    instant(text).ok_or_else(|| DeskError::Nonsense(format!("`{what}` holds no time")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        scripted::{Scripted, answer, html},
        transport::TransportError,
    };
    use serde_json::json;

    fn api(desk: &Arc<Scripted>) -> Api {
        let headers = authorization("token", "1-2-abc").unwrap();
        Api::new("https://desk.test/sub", headers, desk.clone()).unwrap()
    }

    async fn of(reply: Result<Reply, TransportError>) -> DeskError {
        let desk = Scripted::new().say("GET", "/sub/x", reply);
        api(&desk).get(&["x"]).read::<Value>().await.unwrap_err()
    }

    #[tokio::test]
    async fn a_status_is_an_error_of_its_kind() {
        assert_eq!(of(answer(401, &[], "")).await, DeskError::Credential);
        let to_login = [("location", "/login?back_url=x")];
        assert_eq!(of(answer(302, &to_login, "")).await, DeskError::Credential);
        let moved = of(answer(301, &[("location", "https://new.test/")], "")).await;
        assert!(moved.to_string().contains("https://new.test/"), "{moved}");
        assert_eq!(
            of(answer(403, &[], r#"{"message":"Forbidden"}"#)).await,
            DeskError::Forbidden("Forbidden (403)".into())
        );
        assert_eq!(of(answer(404, &[], "{}")).await, DeskError::NotFound);
        assert!(matches!(of(html(404)).await, DeskError::Nonsense(_)));
        assert_eq!(
            of(answer(
                422,
                &[],
                r#"{"errors":["Subject cannot be blank"]}"#
            ))
            .await,
            DeskError::Refused("Subject cannot be blank (422)".into())
        );
        assert_eq!(
            of(answer(400, &[], r#"{"queue":["This field is required."]}"#)).await,
            DeskError::Refused("queue: This field is required. (400)".into())
        );
        assert_eq!(
            of(answer(502, &[], "<html>")).await,
            DeskError::Failed("502 Bad Gateway".into())
        );
        assert!(matches!(of(html(200)).await, DeskError::Nonsense(_)));
        assert!(matches!(
            of(answer(200, &[], "{")).await,
            DeskError::Nonsense(_)
        ));
        assert_eq!(
            of(Err(TransportError::TooLarge)).await,
            DeskError::Transport(TransportError::TooLarge)
        );
    }

    #[tokio::test]
    async fn a_desk_that_asks_to_wait_may_say_how_long() {
        let busy = |seconds: Option<u64>| DeskError::Busy {
            retry_after: seconds.map(Duration::from_secs),
        };
        assert_eq!(of(answer(429, &[], "")).await, busy(None));
        assert_eq!(
            of(answer(429, &[("retry-after", "7")], "")).await,
            busy(Some(7))
        );
        assert_eq!(
            of(answer(429, &[("retry-after", "soon")], "")).await,
            busy(None)
        );
        let dates = [
            ("retry-after", "Sun, 22 Nov 2026 08:00:30 GMT"),
            ("date", "Sun, 22 Nov 2026 08:00:00 GMT"),
        ];
        assert_eq!(of(answer(429, &dates, "")).await, busy(Some(30)));
        assert_eq!(of(answer(429, &dates[..1], "")).await, busy(None));
    }

    #[tokio::test]
    async fn what_goes_into_an_address_is_encoded_and_the_credential_goes_along() {
        let desk = Scripted::new().on("GET", "/", 200, json!({}));
        let api = api(&desk);
        let call = api.get(&["a/b?c#d", "é%"]).query("q", "x' OR id>0&y=1#");
        call.send().await.unwrap();
        let seen = desk.seen(
            "GET",
            "/sub/a%2Fb%3Fc%23d/%C3%A9%25?q=x%27+OR+id%3E0%26y%3D1%23",
        );
        assert_eq!(seen.len(), 1, "{:?}", desk.seen("GET", "/"));
        let header = &seen[0].headers[AUTHORIZATION];
        assert_eq!(
            (header.as_bytes(), header.is_sensitive()),
            (&b"token 1-2-abc"[..], true)
        );
        // And nowhere else.
        assert!(api.follow("https://other.test/file").is_err());
        assert!(api.follow("//other.test/file").is_err());
        api.follow("http://desk.test:8080/media/%C3%BC.txt?x=1")
            .unwrap()
            .send()
            .await
            .unwrap();
        let seen = desk.seen("GET", "/media/%C3%BC.txt?x=1");
        assert_eq!(seen[0].url.origin(), api.base().origin());
    }

    #[tokio::test]
    async fn a_file_may_be_elsewhere_and_the_credential_does_not_go_there() {
        let store = [("location", "https://store.test/file?signature=x")];
        let desk = Scripted::new()
            .say("GET", "/file/1", answer(302, &store, ""))
            .say("GET", "/file?signature=x", answer(200, &[], "bytes"))
            .say("GET", "/file/2", answer(302, &[("location", "/login")], ""))
            .say(
                "GET",
                "/file/3",
                answer(302, &[("location", "http://store.test/")], ""),
            );
        let (api, own) = (api(&desk), HeaderMap::new());
        let file = |address: &'static str| api.download(address, &own);
        assert_eq!(file("https://desk.test/file/1").await.unwrap(), "bytes");
        let seen = desk.seen("GET", "/file/1");
        assert!(seen[0].headers.contains_key(AUTHORIZATION));
        let seen = desk.seen("GET", "/file?signature=x");
        assert_eq!(seen[0].url.host_str(), Some("store.test"));
        assert!(seen[0].headers.is_empty());
        let to_login = file("https://desk.test/file/2").await;
        assert_eq!(to_login, Err(DeskError::Credential));
        for insecure in [
            "https://desk.test/file/3",
            "http://desk.test/file/1",
            "file:///x",
        ] {
            let refused = file(insecure).await;
            assert!(
                matches!(refused, Err(DeskError::Nonsense(_))),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_file_of_another_size_is_another() {
        let bytes = Bytes::from("abc");
        assert_eq!(whole(bytes.clone(), None), Ok(bytes.clone()));
        assert_eq!(whole(bytes.clone(), Some(3)), Ok(bytes.clone()));
        assert!(whole(bytes, Some(4)).is_err());
    }

    #[test]
    fn an_address_that_is_none_is_told() {
        for bad in [
            "",
            "desk.test",
            "ftp://desk.test",
            "https://a:b@desk.test",
            "https://desk.test/?a=b",
        ] {
            assert!(
                Api::new(bad, HeaderMap::new(), Scripted::new()).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn no_time_is_1970() {
        assert_eq!(instant(Some("1970-01-01T00:00:00Z")), None);
        assert_eq!(instant(Some("")), None);
        assert_eq!(instant(None), None);
        assert!(instant(Some("2026-11-22T08:00:00Z")).is_some());
        assert!(known_instant("Created", Some("1970-01-01T00:00:00Z")).is_err());
    }
}
