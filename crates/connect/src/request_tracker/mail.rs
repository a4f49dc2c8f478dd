//! A reply as a mail of the customer's, for RT's mail gateway: the one way to write as somebody else.

use crate::ticket::{Email, NewFile, NewReply};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;

/// Base64 has no hyphen, so this never stands within a part.
const BOUNDARY: &str = "=-portico";

/// The mail (RFC 5322, 2045 and 2047), in ASCII.
pub(super) fn message(from: &Email, new: &NewReply) -> String {
    let mut mail = format!(
        "From: {from}\r\nSubject: Re:\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n"
    );
    let text = "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: inline";
    part(&mut mail, text, new.body.as_bytes());
    for file in &new.files {
        part(&mut mail, &head(file), &file.bytes);
    }
    mail.push_str(&format!("--{BOUNDARY}--\r\n"));
    mail
}

fn head(file: &NewFile) -> String {
    let plain = HeaderValue::from_str(&file.media_type).is_ok();
    let media_type = if plain {
        &file.media_type
    } else {
        "application/octet-stream"
    };
    let name = STANDARD.encode(&file.name);
    format!(
        "Content-Type: {media_type}\r\nContent-Disposition: attachment; filename=\"=?UTF-8?B?{name}?=\""
    )
}

fn part(mail: &mut String, head: &str, bytes: &[u8]) {
    mail.push_str(&format!(
        "--{BOUNDARY}\r\n{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ));
    let base64 = STANDARD.encode(bytes);
    // No line of a mail is longer than 76 here; base64 is ASCII.
    for line in base64.as_bytes().chunks(76) {
        mail.push_str(&String::from_utf8_lossy(line));
        mail.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn nothing_a_customer_writes_is_a_header() {
        let new = NewReply {
            body: "a\r\n\r\n--=-portico\r\nBcc: x@y.test".into(),
            files: vec![NewFile {
                name: "照\"\r\nBcc: x@y.test".into(),
                media_type: "text/plain\r\nBcc: x@y.test".into(),
                bytes: Bytes::from(vec![0; 100]),
            }],
        };
        let mail = message(&"alice@example.test".parse().unwrap(), &new);
        assert!(mail.starts_with("From: alice@example.test\r\n"));
        assert!(mail.is_ascii() && !mail.contains("Bcc"), "{mail}");
        assert!(mail.lines().all(|line| line.len() < 100), "{mail}");
        assert_eq!(mail.matches("--=-portico").count(), 3);
    }
}
