//! Tokens of the company's own site, which say who is signed in there: JSON Web Tokens (RFC 7519), signed with HS256,
//! RS256 or EdDSA (Ed25519).
//!
//! Each key serves one algorithm, so that a token cannot choose how it is checked. A token lives five minutes at most,
//! names its audience and is used once. Why one is refused has a name in the log; the customer reads calm words.

use crate::{
    clock::real_now,
    jwt::{self, Audience, Head, Key, Keys, Refused, key_set},
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Seconds that a token lives at most.
const LIFETIME: f64 = 300.0;
/// Seconds by which the clock of the other server may differ from ours.
const LEEWAY: f64 = 30.0;
/// Bytes of a secret: those of the hash, as RFC 7518 (3.2) asks.
const SECRET_LEAST: usize = 32;

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

/// Checks tokens.
#[derive(Debug)]
pub struct HostTokens {
    audience: String,
    issuer: Option<String>,
    keys: Keys,
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
                serves: vec![key.algorithm.into()],
                kid: key.kid.clone(),
                key: read_key(key.algorithm, &key.file)?,
            });
        }
        let mut address = None;
        match setting.jwks.as_deref() {
            Some(url) if is_address(url) => {
                address = Some((url.to_owned(), jwt::client()?));
            }
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
                keys.extend(key_set(text.as_bytes()).ok_or_else(|| {
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
            keys: Keys::new(keys, address),
        })
    }

    /// What a token says, if it is to be believed. That it was not used before is for the store to say.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn check(&self, token: &str) -> Result<Claims, Refused> {
        let head = Head::of(token)?;
        let algorithm = match head.alg.as_str() {
            "HS256" => Algorithm::HS256,
            "RS256" => Algorithm::RS256,
            "EdDSA" => Algorithm::EdDSA,
            _ => return Err(Refused::Algorithm),
        };
        let claims: Claims = self.keys.open(token, &head, algorithm).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    const SECRET: &[u8] = b"a secret of the tests, long enough for a hash";
    const NOW: f64 = 1_800_000_000.0;

    fn tokens() -> HostTokens {
        HostTokens {
            audience: "https://help.example.com".to_owned(),
            issuer: Some("https://www.example.com".to_owned()),
            keys: Keys::new(
                vec![Key {
                    serves: vec![Algorithm::HS256],
                    kid: Some("a".to_owned()),
                    key: DecodingKey::from_secret(SECRET),
                }],
                None,
            ),
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
}
