//! `/attachments`: uploads by tus 1.0, and the files of a request. Pages use `state::uploads`.

use super::{Access, Failure, access, call::call, path};
use crate::browser::{
    file::Blob,
    http::{self, Body},
};
use portico_contract::{
    attachment::Attachment,
    id::{RequestId, UploadId},
};
use serde::{Deserialize, Serialize};

/// Milliseconds for one piece of a file.
const PIECE_TIMEOUT: u32 = 60_000;

/// The address of an upload. Who has it may go on with the upload and use the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadUrl(String);

impl UploadUrl {
    /// What a request or a message names the file by.
    pub fn id(&self) -> UploadId {
        let last = self.0.rsplit('/').next().unwrap_or_default();
        UploadId::new(last)
    }
}

const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(text.len() * 4 / 3 + 4);
    for group in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, i| {
            bits << 8 | u32::from(group.get(i).copied().unwrap_or(0))
        });
        for i in 0..4_u32 {
            if i as usize <= group.len() {
                let digit = bits >> (18 - 6 * i) & 63;
                out.push(char::from(DIGITS[digit as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// Begins an upload.
///
/// # Errors
/// See [`Failure`]; `payload_too_large` and `unsupported_media` are about the file.
pub async fn create(name: &str, media_type: &str, size: u64) -> Result<UploadUrl, Failure> {
    let mut metadata = format!("filename {}", base64(name));
    if !media_type.is_empty() {
        metadata += &format!(",filetype {}", base64(media_type));
    }
    let reply = call("POST", "/attachments")
        .header(TUS.0, TUS.1)
        .header("Upload-Length", size.to_string())
        .header("Upload-Metadata", metadata)
        .once()
        .await?;
    let location = reply.head.header("Location");
    let Some(location) = location.and_then(|l| http::resolve(&l, &access::base())) else {
        // A success without the address is from somebody else.
        return Err(Failure::Foreign {
            status: reply.head.status,
            retry_after: None,
        });
    };
    Ok(UploadUrl(location))
}

fn offset_of(reply: &super::call::Reply) -> Result<u64, Failure> {
    reply
        .head
        .header("Upload-Offset")
        .and_then(|offset| offset.parse().ok())
        .ok_or(Failure::Foreign {
            status: reply.head.status,
            retry_after: None,
        })
}

/// How many bytes the server has.
///
/// # Errors
/// See [`Failure`]; `gone` and `not_found` mean that the upload must begin anew.
pub async fn offset(url: &UploadUrl) -> Result<u64, Failure> {
    let reply = call("HEAD", url.0.as_str())
        .header(TUS.0, TUS.1)
        .once()
        .await?;
    offset_of(&reply)
}

/// Sends the next piece and gives how many bytes the server has then.
///
/// # Errors
/// See [`Failure`]; `conflict`: the server has another number of bytes, ask with [`offset`].
pub async fn append(url: &UploadUrl, offset: u64, piece: Blob) -> Result<u64, Failure> {
    let reply = call("PATCH", url.0.as_str())
        .header(TUS.0, TUS.1)
        .header("Upload-Offset", offset.to_string())
        .header("Content-Type", "application/offset+octet-stream")
        .bytes(Body::Blob(piece), PIECE_TIMEOUT)
        .once()
        .await?;
    offset_of(&reply)
}

/// Takes an upload back.
///
/// # Errors
/// See [`Failure`].
pub async fn terminate(url: &UploadUrl) -> Result<(), Failure> {
    call("DELETE", url.0.as_str())
        .header(TUS.0, TUS.1)
        .once()
        .await
        .map(drop)
}

/// Fetches the content of a file that a request holds.
///
/// # Errors
/// See [`Failure`].
pub async fn download(request: &RequestId, file: &Attachment) -> Result<Blob, Failure> {
    call("GET", path("/attachments/{}", file.id.as_str()))
        .access(Access::to(request))
        .bytes(Body::None, 10 * PIECE_TIMEOUT)
        .blob()
        .await
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_as_in_the_rfc() {
        for (text, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("照片.jpg", "54Wn54mHLmpwZw=="),
        ] {
            assert_eq!(base64(text), coded);
        }
    }
}
