//! Proof of what was received: canonical JSON (RFC 8785) with an Ed25519 signature.

use crate::{keys::Keys, problem::ApiError};
use portico_contract::submission::{Receipt, ReceiptContent};

/// Signs what was received.
///
/// # Errors
/// 500 when it cannot be written as canonical JSON.
pub fn receipt(keys: &Keys, content: &ReceiptContent) -> Result<Receipt, ApiError> {
    let canonical = serde_jcs::to_string(content).map_err(ApiError::internal)?;
    let (signature, public_key) = keys.sign(canonical.as_bytes());
    Ok(Receipt {
        canonical,
        signature,
        public_key,
    })
}
