//! JSON Web Tokens (RFC 7519) that others have signed: which key may check one, and why one is refused.
//!
//! A key serves the algorithms of its own kind alone, so that a token cannot choose how it is checked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    fmt,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Bytes of a token: a customer is named in far fewer.
const LONGEST: usize = 8 * 1024;
/// How long fetched keys are good.
const FETCHED_FOR: Duration = Duration::from_secs(600);
/// How long to wait before they are fetched another time for a key that is not among them.
const FETCH_AGAIN: Duration = Duration::from_secs(30);
/// Bytes of a key set, and of anything else that is fetched.
const FETCH_MOST: usize = 256 * 1024;

/// Why a token is refused, by the name that the log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No site is trusted to sign.
    NotConfigured,
    /// More than 8 KiB.
    TooLong,
    /// Not three parts, or not the JSON that they must hold.
    Malformed,
    /// `alg` is `none`.
    Unsigned,
    /// No key serves this algorithm.
    Algorithm,
    /// `kid` names no key of ours.
    UnknownKey,
    /// Signed with another key, or changed since.
    Signature,
    /// `exp` is over.
    Expired,
    /// `nbf` or `iat` is still to come.
    NotYet,
    /// Lives longer than five minutes.
    LivesTooLong,
    /// `aud` does not name us.
    Audience,
    /// `iss` is somebody else.
    Issuer,
    /// `sub` or `jti` is empty or too long.
    Unnamed,
    /// A customer who is new here comes without an address that the site has made sure of.
    NoAddress,
    /// It was used before.
    Used,
    /// The keys of the site could not be fetched.
    NoKeys,
}

impl Refused {
    /// Its name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Unsigned => "unsigned",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::NotYet => "not_yet_valid",
            Self::LivesTooLong => "lives_too_long",
            Self::Audience => "audience",
            Self::Issuer => "issuer",
            Self::Unnamed => "unnamed",
            Self::NoAddress => "no_address",
            Self::Used => "used",
            Self::NoKeys => "no_keys",
        }
    }
}

/// For whom a token is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// For one.
    One(String),
    /// For several.
    Several(Vec<String>),
}

impl Audience {
    /// Whether it is for this one, perhaps among others.
    #[must_use]
    pub fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// The first part of a token.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// How it is signed.
    pub alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

impl Head {
    /// Reads it.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn of(token: &str) -> Result<Self, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::TooLong);
        }
        let parts: Vec<_> = token.split('.').collect();
        let [first, _, _] = parts.as_slice() else {
            return Err(Refused::Malformed);
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(first)
            .map_err(|_| Refused::Malformed)?;
        let head: Self = serde_json::from_slice(&bytes).map_err(|_| Refused::Malformed)?;
        match head.crit {
            // What it says must be understood we do not understand.
            Some(_) => Err(Refused::Malformed),
            None if head.alg == "none" => Err(Refused::Unsigned),
            None => Ok(head),
        }
    }
}

/// A key that tokens are checked with.
#[derive(Clone)]
pub struct Key {
    /// The algorithms that it may be used with.
    pub serves: Vec<Algorithm>,
    /// What tokens call it.
    pub kid: Option<String>,
    /// The key itself.
    pub key: DecodingKey,
}

#[derive(Default)]
struct Fetched {
    keys: Vec<Key>,
    at: Option<Instant>,
    /// When they were fetched for the sake of a key that was not among them.
    again: Option<Instant>,
}

/// The keys of whoever signs: those that are set, and those of the key set at an address.
pub struct Keys {
    own: Vec<Key>,
    address: Option<(String, reqwest::Client)>,
    fetched: Mutex<Fetched>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// Those, and the key set (RFC 7517) at an address.
    #[must_use]
    pub fn new(own: Vec<Key>, address: Option<(String, reqwest::Client)>) -> Self {
        Self {
            own,
            address,
            fetched: Mutex::default(),
        }
    }

    /// What a token says if one of the keys has signed it with this algorithm: any claims of any kind, still to be
    /// judged.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn open<C: DeserializeOwned>(
        &self,
        token: &str,
        head: &Head,
        algorithm: Algorithm,
    ) -> Result<C, Refused> {
        let keys = self.serving(head, algorithm).await?;
        let opened = keys.iter().find_map(|key| signed(token, key, algorithm));
        opened.ok_or(Refused::Signature)?
    }

    /// The keys that may have signed: of this algorithm, and of this name where the token names one.
    async fn serving(&self, head: &Head, algorithm: Algorithm) -> Result<Vec<Key>, Refused> {
        let mut all = self.own.clone();
        if let Some((url, client)) = &self.address {
            let mut fetched = self.fetched.lock().await;
            let is_over = |at: Option<Instant>, span| at.is_none_or(|at| at.elapsed() > span);
            let known = chosen(&fetched.keys, head, algorithm).is_ok();
            let over = is_over(fetched.at, FETCHED_FOR);
            if over || !known && is_over(fetched.again, FETCH_AGAIN) {
                match fetch(url, client).await {
                    Some(keys) => fetched.keys = keys,
                    // The old ones are still theirs.
                    None if fetched.keys.is_empty() && self.own.is_empty() => {
                        return Err(Refused::NoKeys);
                    }
                    None => tracing::warn!("the keys of those who sign could not be fetched"),
                }
                let now = Some(Instant::now());
                match over {
                    true => fetched.at = now,
                    false => fetched.again = now,
                }
            }
            all.extend(fetched.keys.iter().cloned());
        }
        chosen(&all, head, algorithm)
    }
}

fn chosen(keys: &[Key], head: &Head, algorithm: Algorithm) -> Result<Vec<Key>, Refused> {
    let serving = |key: &&Key| key.serves.contains(&algorithm);
    let serving: Vec<_> = keys.iter().filter(serving).collect();
    if serving.is_empty() {
        return Err(Refused::Algorithm);
    }
    let named = |key: &&Key| head.kid.is_none() || key.kid.is_none() || key.kid == head.kid;
    let named: Vec<Key> = serving.into_iter().filter(named).cloned().collect();
    match named.is_empty() {
        true => Err(Refused::UnknownKey),
        false => Ok(named),
    }
}

/// What a token says if this key has signed it; `None` if it has not.
fn signed<C: DeserializeOwned>(
    token: &str,
    key: &Key,
    algorithm: Algorithm,
) -> Option<Result<C, Refused>> {
    let mut validation = Validation::new(algorithm);
    // Times and names are judged by whoever asks, each with a reason of its own.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode::<serde_json::Value>(token, &key.key, &validation) {
        Ok(decoded) => Some(serde_json::from_value(decoded.claims).map_err(|_| Refused::Malformed)),
        Err(_) => None,
    }
}

/// A client for what those who sign publish: patient for five seconds, and it goes where it is sent and nowhere else.
///
/// # Errors
/// A sentence for the operator.
pub fn client() -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| e.to_string())
}

/// What an answer holds; `None` where it breaks off, or is longer than any of these are.
pub async fn read(mut answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FETCH_MOST {
            return None;
        }
    }
    Some(bytes)
}

async fn fetch(url: &str, client: &reqwest::Client) -> Option<Vec<Key>> {
    let answer = client.get(url).send().await.ok()?;
    key_set(&read(answer.error_for_status().ok()?).await?)
}

/// The keys of a set that we can check with; a secret has no place in one, and what is of a kind that we do not know
/// is passed over.
#[must_use]
pub fn key_set(json: &[u8]) -> Option<Vec<Key>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_slice(json).ok()?;
    let keys: Vec<Key> = set.keys.into_iter().filter_map(key).collect();
    (!keys.is_empty()).then_some(keys)
}

fn key(jwk: serde_json::Value) -> Option<Key> {
    let alg = jwk["alg"].as_str().map(str::to_owned);
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let mut serves = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => vec![
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        AlgorithmParameters::EllipticCurve(point) => match point.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        _ => return None,
    };
    // A key that says what it is for is for nothing else.
    if let Some(alg) = alg {
        serves.retain(|one| format!("{one:?}") == alg);
    }
    let signs = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    (signs && !serves.is_empty()).then_some(())?;
    Some(Key {
        serves,
        kid: jwk.common.key_id.clone(),
        key: DecodingKey::from_jwk(&jwk).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_set_gives_public_keys_alone_each_for_what_it_is_for() {
        let ed = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let set = json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": ed},
            {"kty": "OKP", "crv": "Ed25519", "kid": "sealing", "use": "enc", "x": ed},
            {"kty": "oct", "kid": "secret", "k": "AAAA"},
            {"kty": "AKP", "kid": "of tomorrow", "pub": "AAAA"},
            {"kty": "RSA", "kid": "rsa", "alg": "PS256", "n": "0vx7", "e": "AQAB"},
            {"kty": "RSA", "kid": "any", "n": "0vx7", "e": "AQAB"},
        ]});
        let keys = key_set(set.to_string().as_bytes()).unwrap();
        let told: Vec<_> = keys
            .iter()
            .map(|key| (key.kid.as_deref().unwrap(), key.serves.len()))
            .collect();
        assert_eq!(told, [("ed", 1), ("rsa", 1), ("any", 6)]);
        assert_eq!(keys[1].serves, [Algorithm::PS256]);
        assert!(key_set(b"{\"keys\": []}").is_none() && key_set(b"no").is_none());
    }

    #[tokio::test]
    async fn keys_at_an_address_follow_its_rotation() {
        use axum::{Router, routing::get};
        use std::sync::{Arc, Mutex as Lock};
        // Keys of tests: https://www.rfc-editor.org/rfc/rfc8037 (A.2), and the base point, which anybody knows.
        let key = |kid: &str, x: &str| json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x});
        let old = key("old", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let new = key("new", "WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY");
        let set = Arc::new(Lock::new(json!({"keys": [old]}).to_string()));
        let shown = Arc::clone(&set);
        let answer = async move || shown.lock().unwrap().clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().route("/", get(answer));
        let provider = tokio::spawn(async move { axum::serve(listener, router).await });
        // Whichever test is first; again is no harm.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let keys = Keys::new(Vec::new(), Some((url, client().unwrap())));
        let known = async |kid: &str| {
            let head = Head {
                alg: "EdDSA".to_owned(),
                kid: Some(kid.to_owned()),
                crit: None,
            };
            keys.serving(&head, Algorithm::EdDSA).await.is_ok()
        };
        let later = async |by: Duration| {
            let mut fetched = keys.fetched.lock().await;
            fetched.at = Instant::now().checked_sub(by);
            fetched.again = fetched.at;
        };
        assert!(known("old").await && !known("new").await);
        *set.lock().unwrap() = json!({"keys": [new]}).to_string();
        // Not with every token that names an unknown key, but soon.
        assert!(!known("new").await);
        later(FETCH_AGAIN + Duration::from_secs(1)).await;
        assert!(known("new").await && !known("old").await);
        // Withdrawn keys end with the time for which a set is good; those of a provider that is down do not.
        *set.lock().unwrap() = json!({"keys": [old]}).to_string();
        assert!(known("new").await);
        later(FETCHED_FOR + Duration::from_secs(1)).await;
        assert!(!known("new").await && known("old").await);
        provider.abort();
        later(FETCHED_FOR + Duration::from_secs(1)).await;
        assert!(known("old").await);
    }
}
