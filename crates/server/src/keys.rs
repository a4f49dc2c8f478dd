//! Secrets of the server: made at first start, kept in the data directory for its owner's eyes alone.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The environment variable that gives the desk's token in place of the file.
pub const DESK_TOKEN_VARIABLE: &str = "PORTICO_DESK_TOKEN";
const DESK_TOKEN_FILE: &str = "desk-token";
const RECEIPT_KEY_FILE: &str = "receipt-key";

/// Secrets of the server.
pub struct Keys {
    receipt: SigningKey,
    desk_token: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Reads them, or makes those that are not there yet.
    ///
    /// # Errors
    /// When a file cannot be read or written, or holds something else.
    pub fn load(data: &Path) -> io::Result<Self> {
        let seed = kept(&data.join(RECEIPT_KEY_FILE), || {
            Ok(STANDARD.encode(random::<32>()?))
        })?;
        let seed: [u8; 32] = STANDARD
            .decode(seed)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| {
                io::Error::other(format!(
                    "{RECEIPT_KEY_FILE} in the data directory is no key"
                ))
            })?;
        let desk_token = match std::env::var(DESK_TOKEN_VARIABLE) {
            Ok(token) if !token.is_empty() => token,
            _ => kept(&data.join(DESK_TOKEN_FILE), || {
                Ok(hex::encode(random::<32>()?))
            })?,
        };
        Ok(Self {
            receipt: SigningKey::from_bytes(&seed),
            desk_token,
        })
    }

    /// Signs the bytes of a receipt: signature and public key, both base64.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> (String, String) {
        let signature = self.receipt.sign(bytes);
        (STANDARD.encode(signature.to_bytes()), self.receipt_key())
    }

    /// The public key of receipts, base64.
    #[must_use]
    pub fn receipt_key(&self) -> String {
        STANDARD.encode(self.receipt.verifying_key().to_bytes())
    }

    /// The token that opens the desk.
    #[must_use]
    pub fn desk_token(&self) -> &str {
        &self.desk_token
    }
}

/// The desk's token for its command line: from the environment, or from the data directory of a server on this
/// machine.
///
/// # Errors
/// When there is neither.
pub fn desk_token(data: &Path) -> io::Result<String> {
    match std::env::var(DESK_TOKEN_VARIABLE) {
        Ok(token) if !token.is_empty() => Ok(token),
        _ => Ok(fs::read_to_string(data.join(DESK_TOKEN_FILE))?
            .trim()
            .to_owned()),
    }
}

/// Random bytes of the operating system.
///
/// # Errors
/// When it has none.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// The text of a file that only its owner can read; made when it is not there. Written aside first, so that a
/// crash leaves no half of it.
fn kept(file: &Path, make: impl FnOnce() -> io::Result<String>) -> io::Result<String> {
    if let Ok(text) = fs::read_to_string(file) {
        return Ok(text.trim().to_owned());
    }
    let text = make()?;
    let aside = file.with_extension("new");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(aside, file)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_for_its_owner_alone() {
        let folder = std::env::temp_dir().join(format!(
            "portico-keys-{}",
            hex::encode(random::<8>().unwrap())
        ));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("secret");
        assert_eq!(kept(&file, || Ok("one".to_owned())).unwrap(), "one");
        assert_eq!(kept(&file, || Ok("two".to_owned())).unwrap(), "one");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
