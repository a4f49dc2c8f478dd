//! Tokens of the company's own site, which say who is signed in there: JSON Web Tokens (RFC 7519), signed with HS256,
//! RS256 or EdDSA (Ed25519).
//!
//! Each key serves one algorithm, so that a token cannot choose how it is checked. A token lives five minutes at most,
//! names its audience and is used once. Why one is refused has a name in the log; the customer reads calm words.

use crate::clock::real_now;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, JwkSet},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{
    fmt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Bytes of a token: a customer is named in far fewer.
const LONGEST: usize = 8 * 1024;
/// Seconds that a token lives at most.
const LIFETIME: f64 = 300.0;
/// Seconds by which the clock of the other server may differ from ours.
const LEEWAY: f64 = 30.0;
/// Bytes of a secret: those of the hash, as RFC 7518 (3.2) asks.
const SECRET_LEAST: usize = 32;
/// How long fetched keys are good.
const FETCHED_FOR: Duration = Duration::from_secs(600);
/// How long to wait before they are fetched again for a key that is not among them.
const FETCH_AGAIN: Duration = Duration::from_secs(30);

/// How tokens are checked, as it is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostTokenSetting {
    /// What `aud` must hold.
    pub audience: String,
    /// What `iss` must be; not looked at where it is not set.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The keys of the site.
    #[serde(default)]
    pub keys: Vec<KeySetting>,
    /// Its public keys as a JSON Web Key Set: an `https` address, or a file beside the configuration.
    #[serde(default)]
    pub jwks: Option<String>,
}

/// One key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySetting {
    /// The only algorithm that it serves.
    pub algorithm: KeyAlgorithm,
    /// What a token calls it; a token that names no key is tried with all.
    #[serde(default)]
    pub kid: Option<String>,
    /// The secret itself (HS256) or the public key as PEM; relative to the configuration.
    pub file: PathBuf,
}

/// What tokens may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum KeyAlgorithm {
    /// HMAC with SHA-256, a secret that both sides have.
    #[serde(rename = "HS256")]
    Hs256,
    /// RSA PKCS#1 v1.5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl From<KeyAlgorithm> for Algorithm {
    fn from(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::Hs256 => Self::HS256,
            KeyAlgorithm::Rs256 => Self::RS256,
            KeyAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}

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

/// What a token says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Claims {
    /// Names the customer at the site.
    pub sub: String,
    /// Names the token.
    pub jti: String,
    /// When it ends, in seconds since 1970.
    pub exp: f64,
    aud: Audience,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iat: Option<f64>,
    #[serde(default)]
    iss: Option<String>,
    /// What to call the customer.
    #[serde(default)]
    pub name: Option<String>,
    /// Where to write.
    #[serde(default)]
    pub email: Option<String>,
    /// The site has made sure that the address is the customer's.
    #[serde(default)]
    pub email_verified: bool,
    /// Where to call.
    #[serde(default)]
    pub phone_number: Option<String>,
    /// The site has made sure that the number is the customer's.
    #[serde(default)]
    pub phone_number_verified: bool,
    /// In which language to write, as a language tag.
    #[serde(default)]
    pub locale: Option<String>,
}

impl Claims {
    /// A hash of what names the token.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let issuer = self.iss.as_deref().unwrap_or_default();
        Sha256::digest(format!("{issuer}\n{}", self.jti)).into()
    }

    /// Until when it must be remembered that it was used, in milliseconds since 1970.
    #[must_use]
    pub fn forgotten_at(&self) -> i64 {
        // It ends within six minutes of now.
        #[allow(clippy::cast_possible_truncation)]
        let seconds = (self.exp + LEEWAY).ceil() as i64;
        seconds.saturating_mul(1_000)
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Clone)]
struct Key {
    algorithm: Algorithm,
    kid: Option<String>,
    key: DecodingKey,
}

#[derive(Default)]
struct Fetched {
    keys: Vec<Key>,
    at: Option<Instant>,
}

/// Checks tokens.
pub struct HostTokens {
    audience: String,
    issuer: Option<String>,
    keys: Vec<Key>,
    address: Option<(String, reqwest::Client)>,
    fetched: Mutex<Fetched>,
}

impl fmt::Debug for HostTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostTokens").finish_non_exhaustive()
    }
}

impl HostTokens {
    /// Reads the keys that lie in files.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn load(setting: &HostTokenSetting) -> Result<Self, String> {
        let mut keys = Vec::new();
        for key in &setting.keys {
            keys.push(Key {
                algorithm: key.algorithm.into(),
                kid: key.kid.clone(),
                key: read_key(key.algorithm, &key.file)?,
            });
        }
        let mut address = None;
        match setting.jwks.as_deref() {
            Some(url) if is_address(url) => {
                let client = reqwest::Client::builder()
                    .timeout(Duration::from_secs(5))
                    .redirect(reqwest::redirect::Policy::none())
                    .build()
                    .map_err(|e| e.to_string())?;
                address = Some((url.to_owned(), client));
            }
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
                keys.extend(key_set(&text).ok_or_else(|| {
                    format!("{file}: this is no JSON Web Key Set with an RSA or Ed25519 key in it")
                })?);
            }
            None => {}
        }
        if keys.is_empty() && address.is_none() {
            return Err("host_token: name at least one key, or jwks".to_owned());
        }
        Ok(Self {
            audience: setting.audience.clone(),
            issuer: setting.issuer.clone(),
            keys,
            address,
            fetched: Mutex::default(),
        })
    }

    /// What a token says, if it is to be believed. That it was not used before is for the store to say.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn check(&self, token: &str) -> Result<Claims, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::TooLong);
        }
        let head = head(token)?;
        let algorithm = match head.alg.as_str() {
            "none" => return Err(Refused::Unsigned),
            "HS256" => Algorithm::HS256,
            "RS256" => Algorithm::RS256,
            "EdDSA" => Algorithm::EdDSA,
            _ => return Err(Refused::Algorithm),
        };
        let keys = self.keys_for(&head, algorithm).await?;
        let claims = keys
            .iter()
            .find_map(|key| signed(token, key))
            .ok_or(Refused::Signature)??;
        // A time of today has no digits to lose.
        #[allow(clippy::cast_precision_loss)]
        let now = real_now().timestamp_millis() as f64 / 1_000.0;
        self.judge(&claims, now)?;
        Ok(claims)
    }

    fn judge(&self, claims: &Claims, now: f64) -> Result<(), Refused> {
        let fits = |text: &str| (1..=200).contains(&text.len());
        let begins = [claims.nbf, claims.iat].into_iter().flatten();
        if claims.exp.is_nan() || claims.exp + LEEWAY <= now {
            Err(Refused::Expired)
        } else if begins.clone().any(|at| at.is_nan() || at > now + LEEWAY) {
            Err(Refused::NotYet)
        } else if claims.exp > now + LIFETIME + LEEWAY {
            Err(Refused::LivesTooLong)
        } else if !claims.aud.names(&self.audience) {
            Err(Refused::Audience)
        } else if self.issuer.is_some() && self.issuer != claims.iss {
            Err(Refused::Issuer)
        } else if !fits(&claims.sub) || !fits(&claims.jti) {
            Err(Refused::Unnamed)
        } else {
            Ok(())
        }
    }

    /// The keys that may have signed: of this algorithm, and of this name where the token names one.
    async fn keys_for(&self, head: &Head, algorithm: Algorithm) -> Result<Vec<Key>, Refused> {
        let mut all = self.keys.clone();
        if let Some((url, client)) = &self.address {
            let mut fetched = self.fetched.lock().await;
            let age = fetched.at.map(|at| at.elapsed());
            let known = chosen(&fetched.keys, head, algorithm).is_ok();
            let due = age.is_none_or(|age| age > FETCHED_FOR || !known && age > FETCH_AGAIN);
            if due {
                match fetch(url, client).await {
                    Some(keys) => fetched.keys = keys,
                    // The old ones are still the site's.
                    None if fetched.keys.is_empty() && self.keys.is_empty() => {
                        return Err(Refused::NoKeys);
                    }
                    None => tracing::warn!("the keys of the company's site could not be fetched"),
                }
                fetched.at = Some(Instant::now());
            }
            all.extend(fetched.keys.iter().cloned());
        }
        chosen(&all, head, algorithm)
    }
}

fn chosen(keys: &[Key], head: &Head, algorithm: Algorithm) -> Result<Vec<Key>, Refused> {
    let serving: Vec<_> = keys.iter().filter(|k| k.algorithm == algorithm).collect();
    if serving.is_empty() {
        return Err(Refused::Algorithm);
    }
    let named = |key: &&&Key| head.kid.is_none() || key.kid.is_none() || key.kid == head.kid;
    let named: Vec<Key> = serving
        .iter()
        .filter(named)
        .map(|key| (*key).clone())
        .collect();
    match named.is_empty() {
        true => Err(Refused::UnknownKey),
        false => Ok(named),
    }
}

fn head(token: &str) -> Result<Head, Refused> {
    let parts: Vec<_> = token.split('.').collect();
    let [first, _, _] = parts.as_slice() else {
        return Err(Refused::Malformed);
    };
    let bytes = URL_SAFE_NO_PAD
        .decode(first)
        .map_err(|_| Refused::Malformed)?;
    let head: Head = serde_json::from_slice(&bytes).map_err(|_| Refused::Malformed)?;
    // What it says must be understood we do not understand.
    match head.crit {
        Some(_) => Err(Refused::Malformed),
        None => Ok(head),
    }
}

/// What a token says if this key has signed it; `None` if it has not.
fn signed(token: &str, key: &Key) -> Option<Result<Claims, Refused>> {
    let mut validation = Validation::new(key.algorithm);
    // Times and names are judged here, each with a reason of its own.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode::<serde_json::Value>(token, &key.key, &validation) {
        Ok(decoded) => Some(serde_json::from_value(decoded.claims).map_err(|_| Refused::Malformed)),
        Err(_) => None,
    }
}

fn read_key(algorithm: KeyAlgorithm, file: &Path) -> Result<DecodingKey, String> {
    let place = file.display();
    let bytes = std::fs::read(file).map_err(|e| format!("{place}: {e}"))?;
    let key = match algorithm {
        KeyAlgorithm::Hs256 => {
            let secret = bytes.trim_ascii();
            if secret.len() < SECRET_LEAST {
                return Err(format!(
                    "{place}: a secret has {SECRET_LEAST} bytes at least, this one {}",
                    secret.len()
                ));
            }
            return Ok(DecodingKey::from_secret(secret));
        }
        KeyAlgorithm::Rs256 => DecodingKey::from_rsa_pem(&bytes),
        KeyAlgorithm::EdDsa => DecodingKey::from_ed_pem(&bytes),
    };
    key.map_err(|_| format!("{place}: this is no public key for {algorithm:?} as PEM"))
}

/// Whether the set lies at an address and not in a file.
#[must_use]
pub fn is_address(jwks: &str) -> bool {
    jwks.starts_with("https://") || jwks.starts_with("http://")
}

async fn fetch(url: &str, client: &reqwest::Client) -> Option<Vec<Key>> {
    let answer = client.get(url).send().await.ok()?;
    let text = answer.error_for_status().ok()?.text().await.ok()?;
    key_set(&text)
}

/// The keys of a set that we can check with; a secret has no place in one.
fn key_set(text: &str) -> Option<Vec<Key>> {
    let set: JwkSet = serde_json::from_str(text).ok()?;
    let keys: Vec<Key> = set
        .keys
        .iter()
        .filter_map(|jwk| {
            let algorithm = match &jwk.algorithm {
                AlgorithmParameters::RSA(_) => Algorithm::RS256,
                AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                    Algorithm::EdDSA
                }
                _ => return None,
            };
            Some(Key {
                algorithm,
                kid: jwk.common.key_id.clone(),
                key: DecodingKey::from_jwk(jwk).ok()?,
            })
        })
        .collect();
    (!keys.is_empty()).then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    const SECRET: &[u8] = b"a secret of the tests, long enough for a hash";
    const NOW: f64 = 1_800_000_000.0;

    fn tokens() -> HostTokens {
        HostTokens {
            audience: "https://help.example.com".to_owned(),
            issuer: Some("https://www.example.com".to_owned()),
            keys: vec![Key {
                algorithm: Algorithm::HS256,
                kid: Some("a".to_owned()),
                key: DecodingKey::from_secret(SECRET),
            }],
            address: None,
            fetched: Mutex::default(),
        }
    }

    fn claims(change: Value) -> Claims {
        let mut claims = json!({
            "sub": "u1", "jti": "t1", "aud": "https://help.example.com", "iss": "https://www.example.com",
            "exp": NOW + 60.0, "iat": NOW, "nbf": NOW,
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        serde_json::from_value(claims).unwrap()
    }

    #[test]
    fn every_claim_is_judged_and_each_refusal_has_its_name() {
        let judge = |change: Value| tokens().judge(&claims(change), NOW);
        assert_eq!(judge(json!({})), Ok(()));
        assert_eq!(
            judge(json!({"aud": ["x", "https://help.example.com"]})),
            Ok(())
        );
        for (change, refused) in [
            (json!({"exp": NOW - 31.0}), Refused::Expired),
            (json!({"nbf": NOW + 31.0}), Refused::NotYet),
            (json!({"iat": NOW + 31.0}), Refused::NotYet),
            (json!({"exp": NOW + 331.0}), Refused::LivesTooLong),
            (
                json!({"aud": "https://help.example.com.evil.com"}),
                Refused::Audience,
            ),
            (json!({"aud": []}), Refused::Audience),
            (json!({"iss": null}), Refused::Issuer),
            (json!({"iss": "https://evil.example"}), Refused::Issuer),
            (json!({"jti": ""}), Refused::Unnamed),
            (json!({"sub": ""}), Refused::Unnamed),
            (json!({"sub": "x".repeat(201)}), Refused::Unnamed),
        ] {
            assert_eq!(judge(change.clone()), Err(refused), "{change}");
        }
    }

    async fn check(head: Header, secret: &[u8], body: Value) -> Result<Claims, Refused> {
        let token = encode(&head, &body, &EncodingKey::from_secret(secret)).unwrap();
        tokens().check(&token).await
    }

    fn fresh() -> Value {
        let exp = real_now().timestamp() + 60;
        json!({"sub": "u1", "jti": "t1", "aud": "https://help.example.com", "iss": "https://www.example.com", "exp": exp})
    }

    #[tokio::test]
    async fn a_token_is_believed_only_as_its_key_signs() {
        let named = |kid: &str| Header {
            kid: Some(kid.to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        assert_eq!(check(named("a"), SECRET, fresh()).await.unwrap().sub, "u1");
        assert!(
            check(Header::new(Algorithm::HS256), SECRET, fresh())
                .await
                .is_ok()
        );
        let other = check(
            named("a"),
            b"another secret, as long as the one that is right",
            fresh(),
        );
        assert_eq!(other.await, Err(Refused::Signature));
        assert_eq!(
            check(named("b"), SECRET, fresh()).await,
            Err(Refused::UnknownKey)
        );
        let hs384 = check(Header::new(Algorithm::HS384), SECRET, fresh());
        assert_eq!(hs384.await, Err(Refused::Algorithm));
        let text = check(named("a"), SECRET, json!({"sub": "u1", "exp": "tomorrow"}));
        assert_eq!(text.await, Err(Refused::Malformed));
    }

    #[tokio::test]
    async fn what_is_unsigned_or_no_token_is_refused() {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let unsigned = format!("{}.{}.", part(&json!({"alg": "none"})), part(&fresh()));
        assert_eq!(tokens().check(&unsigned).await, Err(Refused::Unsigned));
        let critical = format!("{}.e30.x", part(&json!({"alg": "HS256", "crit": ["b64"]})));
        // RS256 where only a secret is known: its bytes never serve as a public key, nor the other way round.
        let confused = format!("{}.{}.x", part(&json!({"alg": "RS256"})), part(&fresh()));
        for (token, refused) in [
            (String::new(), Refused::Malformed),
            ("a.b".to_owned(), Refused::Malformed),
            ("a.b.c.d".to_owned(), Refused::Malformed),
            ("é.b.c".to_owned(), Refused::Malformed),
            (critical, Refused::Malformed),
            (confused, Refused::Algorithm),
            ("x".repeat(10 * 1024), Refused::TooLong),
        ] {
            assert_eq!(tokens().check(&token).await, Err(refused), "{token:.40}");
        }
    }

    #[test]
    fn a_key_set_gives_public_keys_alone() {
        let set = json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty": "oct", "kid": "secret", "k": "AAAA"},
        ]});
        let keys = key_set(&set.to_string()).unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(
            (keys[0].algorithm, keys[0].kid.as_deref()),
            (Algorithm::EdDSA, Some("ed"))
        );
        assert!(key_set("{\"keys\": []}").is_none() && key_set("no").is_none());
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
        let tokens = HostTokens {
            keys: Vec::new(),
            address: Some((url, reqwest::Client::new())),
            ..tokens()
        };
        let known = async |kid: &str| {
            let head = Head {
                alg: "EdDSA".to_owned(),
                kid: Some(kid.to_owned()),
                crit: None,
            };
            tokens.keys_for(&head, Algorithm::EdDSA).await.is_ok()
        };
        let later = async |by: Duration| {
            let mut fetched = tokens.fetched.lock().await;
            fetched.at = Instant::now().checked_sub(by);
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
