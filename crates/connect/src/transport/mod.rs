//! How a connector reaches its desk.

mod coalescing;
mod network;

pub use coalescing::Coalescing;
pub use network::Network;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

/// One call. Redirects are never followed: they are answers.
#[derive(Debug, Clone)]
pub struct Call {
    /// `GET`, `POST` and so on.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// With the credential.
    pub headers: HeaderMap,
    /// What is sent.
    pub body: Bytes,
    /// The most bytes of an answer that are read; a longer one is [`TransportError::TooLarge`].
    pub limit: u64,
}

/// The answer, whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nobody is there, or the line broke before anything was sent: the desk has not seen the call.
    #[error("the desk cannot be reached: {0}")]
    Unreachable(String),
    /// The certificate or the handshake is not right.
    #[error("no secure connection to the desk: {0}")]
    Tls(String),
    /// The line broke or time ran out after the call was sent: the desk may have done it.
    #[error("the answer of the desk was lost: {0}")]
    Lost(String),
    /// The answer is longer than [`Call::limit`].
    #[error("the answer of the desk is too long")]
    TooLarge,
}

/// Sends calls.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one call and reads its answer.
    ///
    /// # Errors
    /// When there is none.
    async fn send(&self, call: Call) -> Result<Reply, TransportError>;
}
