//! Secrets: those that the server gives out, made from the system's randomness and kept as hashes, and those that it is
//! given.

use crate::{keys::random, problem::ApiError, state::App};
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{path::Path, sync::OnceLock};

/// A secret that the company has set: it lies in a file or in an environment variable.
///
/// # Errors
/// A sentence for the operator, which never holds it.
pub fn configured(
    file: Option<&Path>,
    variable: Option<&str>,
    what: &str,
) -> Result<Option<String>, String> {
    let text = match (file, variable) {
        (Some(_), Some(_)) => return Err(format!("give {what}_file or {what}_env, not both")),
        (Some(file), None) => {
            std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?
        }
        (None, Some(name)) => {
            std::env::var(name).map_err(|_| format!("{name} is not in the environment"))?
        }
        (None, None) => return Ok(None),
    };
    match text.trim() {
        "" => Err(format!("the {what} is empty")),
        text => Ok(Some(text.to_owned())),
    }
}

/// A token of 256 random bits, fit for a header, a path and a fragment. It has too many bits to be guessed, so a
/// plain hash is kept of it.
///
/// # Errors
/// 500 when the system has no randomness.
pub fn token() -> Result<String, ApiError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>().map_err(ApiError::internal)?))
}

/// A sign-in code: eight random digits (26 bits), as people can type them.
///
/// # Errors
/// 500 when the system has no randomness.
pub fn sign_in_code() -> Result<String, ApiError> {
    // The bias of the remainder is below one in 10^11.
    let bits = u64::from_le_bytes(random().map_err(ApiError::internal)?);
    Ok(format!("{:08}", bits % 100_000_000))
}

/// What is kept of a code that people type: Argon2id with a salt of its own.
///
/// # Errors
/// 500 when it cannot be computed.
pub async fn password_hash(app: &App, secret: String) -> Result<String, ApiError> {
    on_a_core(app, move || hash(&secret))
        .await?
        .map_err(ApiError::internal)
}

/// Whether a typed code belongs to the hash. Without a hash the same work is done, and the answer is no.
///
/// # Errors
/// 500 when the work could not be done.
pub async fn password_matches(
    app: &App,
    secret: String,
    kept: Option<String>,
) -> Result<bool, ApiError> {
    on_a_core(app, move || {
        let known = kept.is_some();
        // Asked for in any case: the first time it has to be made.
        let nobody = nobody();
        let kept = kept.as_deref().unwrap_or(nobody);
        let verify = |kept: &PasswordHash| {
            Argon2::default()
                .verify_password(secret.as_bytes(), kept)
                .is_ok()
        };
        PasswordHash::new(kept).is_ok_and(|kept| verify(&kept)) && known
    })
    .await
}

/// Runs what takes 19 MiB and a core for many milliseconds, few at a time: more would only make all of them slow
/// and let strangers fill the memory. Carried through even if the caller goes away.
async fn on_a_core<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let permit = app.hashing.acquire().await.map_err(ApiError::internal)?;
    let done = tokio::task::spawn_blocking(work).await;
    drop(permit);
    done.map_err(ApiError::internal)
}

fn hash(secret: &str) -> Result<String, String> {
    let salt = random::<16>().map_err(|e| e.to_string())?;
    let salt = SaltString::encode_b64(&salt).map_err(|e| e.to_string())?;
    let hash = Argon2::default()
        .hash_password(secret.as_bytes(), &salt)
        .map_err(|e| e.to_string())?;
    Ok(hash.to_string())
}

/// The hash of something that nobody knows, with the same parameters as any other.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        token()
            .ok()
            .and_then(|token| hash(&token).ok())
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_matches_its_hash_alone() {
        let kept = hash("4F9KX81QTB").unwrap();
        assert!(kept.starts_with("$argon2id$"));
        let matches = |secret: &str, kept: &str| {
            Argon2::default()
                .verify_password(secret.as_bytes(), &PasswordHash::new(kept).unwrap())
                .is_ok()
        };
        assert!(matches("4F9KX81QTB", &kept) && !matches("4F9KX81QTC", &kept));
        assert!(!matches("", nobody()));
        let parameters = |kept: &str| kept.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(nobody()), parameters(&kept));
    }

    #[test]
    fn codes_are_eight_digits_and_tokens_fit_a_path() {
        for _ in 0..100 {
            let code = sign_in_code().unwrap();
            assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()));
            assert!(
                token()
                    .unwrap()
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            );
        }
        assert_eq!(token().unwrap().len(), 43);
    }
}
