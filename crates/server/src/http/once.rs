//! Exactly once: what was accepted under an Idempotency-Key is answered again, never done again.
//!
//! The answer is stored in the transaction that does the work. It is sealed under a key that follows from the
//! Idempotency-Key, of which only a hash is kept: the sender can have a lost answer again, the database cannot
//! show it to anybody else.

use super::{actor::Actor, posted::Posted};
use crate::{
    clock::real_now,
    problem::ApiError,
    state::App,
    store::{StoreError, Tx, records::KeptAnswer},
};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use portico_contract::{id::RequestId, problem::ProblemCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The header.
pub const KEY_HEADER: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const SALT: usize = 32;

/// Submissions that are being handled at this moment, by the hashes of their keys.
#[derive(Debug, Clone, Default)]
pub struct Running(Arc<Mutex<HashSet<[u8; 32]>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
struct Turn {
    running: Running,
    key_hash: [u8; 32],
}

impl Running {
    fn begin(&self, key_hash: [u8; 32]) -> Option<Turn> {
        let fresh = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key_hash);
        fresh.then(|| Turn {
            running: self.clone(),
            key_hash,
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key_hash);
    }
}

/// SHA-256 of an Idempotency-Key.
#[must_use]
pub fn key_hash(key: &Uuid) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// An answer that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// An answer with a JSON body.
    ///
    /// # Errors
    /// 500 when it cannot be written as JSON.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(body).map_err(ApiError::internal)?;
        Ok(Self {
            status: status.as_u16(),
            headers: Vec::new(),
            body,
        }
        .with(header::CONTENT_TYPE, "application/json"))
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status: status.as_u16(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name.as_str().to_owned(), value.into()));
        self
    }

    fn response(self) -> Result<Response, ApiError> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response
            .body(Body::from(self.body))
            .map_err(ApiError::internal)
    }
}

/// What is to be done with a submission.
pub enum Once {
    /// It was accepted before: this is the answer.
    Replay(Response),
    /// It is new: do it, and end with [`Turning::commit`].
    New(Turning),
}

/// A submission that is being handled.
pub struct Turning {
    app: App,
    actor: String,
    key: Option<Uuid>,
    fingerprint: [u8; 32],
    turn: Option<Turn>,
}

/// Whether a call must have an Idempotency-Key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// 400 without.
    Required,
    /// Used when it is there.
    Accepted,
}

/// Looks up what became of a submission. Comes after authentication and authorisation, and before everything that
/// its own success may have changed.
///
/// # Errors
/// 400 for a missing or malformed key, 409 while it is being handled, 422 for another body under the same key,
/// 401 when a customer's submission is sent again without a session.
pub async fn once(app: &App, actor: &Actor, posted: &Posted, key: Key) -> Result<Once, ApiError> {
    once_as(app, &actor.name(), posted, key).await
}

/// The same for an actor by name.
///
/// # Errors
/// As [`once`].
pub async fn once_as(app: &App, actor: &str, posted: &Posted, key: Key) -> Result<Once, ApiError> {
    let given = posted.headers.get(KEY_HEADER);
    let given = given.map(|value| {
        value
            .to_str()
            .ok()
            .and_then(|text| Uuid::parse_str(text.trim()).ok())
    });
    let key = match given {
        Some(None) => return Err(ApiError::bad_request()),
        None if key == Key::Required => return Err(ApiError::bad_request()),
        other => other.flatten(),
    };
    let fingerprint = posted.fingerprint()?;
    let mut turning = Turning {
        app: app.clone(),
        actor: actor.to_owned(),
        key,
        fingerprint,
        turn: None,
    };
    let Some(key) = key else {
        return Ok(Once::New(turning));
    };
    let hash = key_hash(&key);
    let turn = app.running.begin(hash);
    // In this order: whoever gets the turn after the first one has ended finds what that one stored.
    match app.store.read().await?.kept_answer(&hash).await? {
        Some(kept) => turning.replay(&key, &kept).map(Once::Replay),
        None if turn.is_none() => Err(ApiError::new(ProblemCode::InProgress).retry_after(1)),
        None => {
            turning.turn = turn;
            Ok(Once::New(turning))
        }
    }
}

impl Turning {
    /// The hash of the key.
    #[must_use]
    pub fn key_hash(&self) -> Option<[u8; 32]> {
        self.key.as_ref().map(key_hash)
    }

    /// Puts another answer in the place of the one that was stored, for what has come further since, and gives it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn renew(self, answer: Answer) -> Result<Response, ApiError> {
        if let Some(key) = &self.key {
            let mut tx = self.app.store.write().await?;
            let sealed = seal(key, &self.fingerprint, &answer)?;
            tx.renew_answer(&key_hash(key), answer.status, &sealed)
                .await?;
            tx.commit().await?;
        }
        drop(self.turn);
        answer.response()
    }

    /// Stores the answer, makes everything lasting, and gives the answer. When the same submission came through
    /// elsewhere in the meantime, gives that one's answer and leaves nothing of this one.
    ///
    /// # Errors
    /// When the store fails; then nothing is stored.
    pub async fn commit(
        self,
        tx: Box<dyn Tx>,
        answer: Answer,
        request: Option<&RequestId>,
    ) -> Result<Response, ApiError> {
        if let Some(other) = self.keep(tx, &answer, request).await? {
            return Ok(other);
        }
        drop(self.turn);
        answer.response()
    }

    /// As [`Turning::commit`], and goes on with the turn. A response: it came through elsewhere in the meantime.
    ///
    /// # Errors
    /// As [`Turning::commit`].
    pub async fn keep(
        &self,
        mut tx: Box<dyn Tx>,
        answer: &Answer,
        request: Option<&RequestId>,
    ) -> Result<Option<Response>, ApiError> {
        if let Some(key) = &self.key {
            let kept = KeptAnswer {
                actor: self.actor.clone(),
                fingerprint: self.fingerprint,
                status: answer.status,
                request_id: request.cloned(),
                accepted_at_millis: real_now().timestamp_millis(),
                sealed: seal(key, &self.fingerprint, answer)?,
            };
            match tx.keep_answer(&key_hash(key), &kept).await {
                Err(StoreError::Taken) => {
                    drop(tx);
                    let kept = self
                        .app
                        .store
                        .read()
                        .await?
                        .kept_answer(&key_hash(key))
                        .await?;
                    let kept =
                        kept.ok_or_else(|| ApiError::new(ProblemCode::InProgress).retry_after(1))?;
                    return self.replay(key, &kept).map(Some);
                }
                other => other?,
            }
        }
        tx.commit().await?;
        Ok(None)
    }

    fn replay(&self, key: &Uuid, kept: &KeptAnswer) -> Result<Response, ApiError> {
        // A guest's answer is for whoever has the key and the same content: the guest may have signed in since.
        // A customer's is for that customer alone.
        let guest = Actor::Anonymous.name();
        if kept.actor != guest && kept.actor != self.actor {
            return Err(ApiError::new(if self.actor == guest {
                ProblemCode::Unauthenticated
            } else {
                ProblemCode::IdempotencyMismatch
            }));
        }
        if kept.fingerprint != self.fingerprint {
            return Err(ApiError::new(ProblemCode::IdempotencyMismatch));
        }
        let mut response = open(key, &kept.fingerprint, &kept.sealed)?.response()?;
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }
}

fn cipher(key: &Uuid, salt: &[u8]) -> Result<ChaCha20Poly1305, ApiError> {
    let mut derived = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), key.as_bytes())
        .expand(b"portico kept answer", &mut derived)
        .map_err(ApiError::internal)?;
    Ok(ChaCha20Poly1305::new(&derived.into()))
}

/// A random salt, then the sealed answer. The salt makes every derived key new, so the nonce can be constant.
fn seal(key: &Uuid, fingerprint: &[u8; 32], answer: &Answer) -> Result<Vec<u8>, ApiError> {
    let mut sealed = crate::keys::random::<SALT>()
        .map_err(ApiError::internal)?
        .to_vec();
    let msg = serde_json::to_vec(answer).map_err(ApiError::internal)?;
    let payload = Payload {
        msg: &msg,
        aad: fingerprint,
    };
    let text = cipher(key, &sealed)?
        .encrypt(&[0; 12].into(), payload)
        .map_err(ApiError::internal)?;
    sealed.extend(text);
    Ok(sealed)
}

fn open(key: &Uuid, fingerprint: &[u8; 32], sealed: &[u8]) -> Result<Answer, ApiError> {
    let (salt, text) = sealed
        .split_at_checked(SALT)
        .ok_or_else(|| ApiError::internal("a kept answer is cut"))?;
    let payload = Payload {
        msg: text,
        aad: fingerprint,
    };
    let msg = cipher(key, salt)?
        .decrypt(&[0; 12].into(), payload)
        .map_err(ApiError::internal)?;
    serde_json::from_slice(&msg).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_answer_opens_with_its_key_and_content_alone() {
        let answer = Answer::json(
            StatusCode::CREATED,
            &serde_json::json!({"query_code": "4F9KX-81QTB"}),
        )
        .unwrap();
        let key = Uuid::new_v4();
        let sealed = seal(&key, &[7; 32], &answer).unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"4F9KX"));
        assert_eq!(open(&key, &[7; 32], &sealed).unwrap(), answer);
        assert!(open(&Uuid::new_v4(), &[7; 32], &sealed).is_err());
        assert!(open(&key, &[8; 32], &sealed).is_err());
        assert!(open(&key, &[7; 32], &sealed[..9]).is_err());
    }

    #[test]
    fn a_key_has_one_turn_at_a_time() {
        let running = Running::default();
        let turn = running.begin([1; 32]);
        assert!(
            turn.is_some() && running.begin([1; 32]).is_none() && running.begin([2; 32]).is_some()
        );
        drop(turn);
        assert!(running.begin([1; 32]).is_some());
    }
}
