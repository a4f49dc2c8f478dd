//! Opaque places in lists.

use crate::problem::ApiError;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_contract::id::Cursor;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Serialize, Deserialize)]
struct Place {
    list: String,
    at: i64,
    id: String,
}

/// The place after an item of a list; `list` names the list with its reader, filters and order.
///
/// # Errors
/// 500 when it cannot be written.
pub fn after(list: &str, at: i64, id: &str) -> Result<Cursor, ApiError> {
    let place = Place {
        list: name(list),
        at,
        id: id.to_owned(),
    };
    let json = serde_json::to_vec(&place).map_err(ApiError::internal)?;
    Ok(Cursor::new(URL_SAFE_NO_PAD.encode(json)))
}

/// Reads a place of this very list.
///
/// # Errors
/// 400 when it is broken or of another list.
pub fn place(list: &str, cursor: &str) -> Result<(i64, String), ApiError> {
    let json = URL_SAFE_NO_PAD
        .decode(cursor)
        .map_err(|_| ApiError::bad_request())?;
    let place: Place = serde_json::from_slice(&json).map_err(|_| ApiError::bad_request())?;
    if place.list == name(list) {
        Ok((place.at, place.id))
    } else {
        Err(ApiError::bad_request())
    }
}

fn name(list: &str) -> String {
    hex::encode(&Sha256::digest(list)[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_of_one_list() {
        let cursor = after("mine", 7, "x").unwrap();
        assert_eq!(place("mine", cursor.as_str()).unwrap(), (7, "x".to_owned()));
        assert!(place("yours", cursor.as_str()).is_err());
        assert!(place("mine", "nonsense").is_err());
    }
}
