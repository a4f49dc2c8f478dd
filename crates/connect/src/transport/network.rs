//! The transport of a real installation.

use super::{Call, Reply, Transport, TransportError};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::{Client, redirect};
use std::{error::Error, io, time::Duration};

/// HTTP and HTTPS to the desk. Follows no redirect, unpacks nothing, and reads no more than it is told to.
pub struct Network(Client);

impl Network {
    /// `connecting` bounds the way to the desk, `whole` the call with its answer. A process installs rustls'
    /// cryptography before.
    ///
    /// # Errors
    /// A sentence for the operator, when this machine's certificates cannot be read.
    pub fn new(connecting: Duration, whole: Duration) -> Result<Self, String> {
        Client::builder()
            // A credential goes where the operator said and nowhere else.
            .redirect(redirect::Policy::none())
            .connect_timeout(connecting)
            .timeout(whole)
            .build()
            .map(Self)
            .map_err(|error| root(&error))
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        let request = self
            .0
            .request(call.method, call.url)
            .headers(call.headers)
            .body(call.body);
        let mut answer = request.send().await.map_err(failure)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if answer.content_length().is_some_and(|n| n > call.limit) {
            return Err(TransportError::TooLarge);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(failure)? {
            if (body.len() + chunk.len()) as u64 > call.limit {
                return Err(TransportError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status,
            headers,
            body: Bytes::from(body),
        })
    }
}

fn failure(error: reqwest::Error) -> TransportError {
    // Its address may hold a customer's.
    let error = error.without_url();
    let text = root(&error);
    if is_tls(&error) {
        TransportError::Tls(text)
    } else if error.is_connect() || error.is_builder() {
        TransportError::Unreachable(text)
    } else {
        TransportError::Lost(text)
    }
}

/// Why, without the layers that say no more than "error".
fn root(error: &(dyn Error + 'static)) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        // What an I/O error wraps is not its source: that is the source of what it wraps.
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if error.is::<rustls::Error>() || wrapped.is_some_and(|wrapped| is_tls(wrapped)) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Method};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    fn network(whole: Duration) -> Network {
        // It can only be there already.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        Network::new(Duration::from_secs(5), whole).unwrap()
    }

    fn get(url: &str, limit: u64) -> Call {
        Call {
            method: Method::GET,
            url: url.parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            limit,
        }
    }

    /// A server that says this to the first who asks, and then waits for them to go.
    async fn saying(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = [0; 1024];
            let _ = stream.read(&mut seen).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            if !answer.is_empty() {
                while stream.read(&mut seen).await.is_ok_and(|n| n > 0) {}
            } else {
                // Neither an answer nor an end.
                std::future::pending::<()>().await;
            }
        });
        format!("http://{address}/")
    }

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn an_answer_comes_whole() {
        let url =
            saying("HTTP/1.1 201 Created\r\nlocation: /x\r\ncontent-length: 2\r\n\r\nok").await;
        let reply = network(PATIENCE).send(get(&url, 2)).await.unwrap();
        assert_eq!((reply.status.as_u16(), &reply.body[..]), (201, &b"ok"[..]));
        assert_eq!(reply.headers["location"], "/x");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let url = saying(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
        )
        .await;
        let reply = network(PATIENCE).send(get(&url, 2)).await.unwrap();
        assert_eq!(reply.status.as_u16(), 302);
    }

    #[tokio::test]
    async fn an_answer_that_says_it_is_too_long_is_not_read() {
        let url = saying("HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n").await;
        let answer = network(PATIENCE).send(get(&url, 1000)).await;
        assert_eq!(answer.unwrap_err(), TransportError::TooLarge);
    }

    #[tokio::test]
    async fn an_answer_that_never_ends_is_read_up_to_the_limit() {
        let url = saying(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n5\r\n67890\r\n",
        )
        .await;
        let answer = network(PATIENCE).send(get(&url, 9)).await;
        assert_eq!(answer.unwrap_err(), TransportError::TooLarge);
    }

    #[tokio::test]
    async fn a_cut_answer_and_none_in_time_are_lost() {
        let url =
            saying("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123\r\nx").await;
        let answer = network(PATIENCE).send(get(&url, 1000)).await;
        assert!(matches!(answer, Err(TransportError::Lost(_))), "{answer:?}");
        let url = saying("").await;
        let answer = network(Duration::from_millis(50))
            .send(get(&url, 1000))
            .await;
        assert!(matches!(answer, Err(TransportError::Lost(_))), "{answer:?}");
    }

    #[tokio::test]
    async fn nobody_there_is_unreachable_and_no_handshake_is_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let answer = network(PATIENCE).send(get(&url, 1000)).await;
        assert!(
            matches!(answer, Err(TransportError::Unreachable(_))),
            "{answer:?}"
        );
        let url = saying("HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .replace("http:", "https:");
        let answer = network(PATIENCE).send(get(&url, 1000)).await;
        assert!(matches!(answer, Err(TransportError::Tls(_))), "{answer:?}");
    }
}
