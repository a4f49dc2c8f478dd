//! `multipart/form-data` as browsers send it (RFC 7578, and the HTML standard for what stands in names).

use crate::backend::DeskError;
use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;

/// A form that is being put together.
#[derive(Default)]
pub(crate) struct Form(Vec<Part>);

struct Part {
    head: String,
    body: Bytes,
}

impl Form {
    /// Adds a field.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.0.push(Part {
            head: format!("Content-Disposition: form-data; name=\"{}\"", quoted(name)),
            body: Bytes::copy_from_slice(value.as_bytes()),
        });
    }

    /// Adds a field that holds JSON.
    pub(crate) fn json(&mut self, name: &str, value: &Value) {
        self.0.push(Part {
            head: format!(
                "Content-Disposition: form-data; name=\"{}\"\r\nContent-Type: application/json",
                quoted(name)
            ),
            body: value.to_string().into(),
        });
    }

    /// Adds a file. A media type that is none becomes bytes without a type.
    pub(crate) fn file(&mut self, name: &str, file_name: &str, media_type: &str, bytes: Bytes) {
        let plain = HeaderValue::from_str(media_type).is_ok();
        let media_type = if plain {
            media_type
        } else {
            "application/octet-stream"
        };
        self.0.push(Part {
            head: format!(
                "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: \
                 {media_type}",
                quoted(name),
                quoted(file_name)
            ),
            body: bytes,
        });
    }

    /// The media type with the boundary, and the body.
    ///
    /// # Errors
    /// Never in practice: a boundary is plain ASCII.
    pub(crate) fn finish(self) -> Result<(HeaderValue, Bytes), DeskError> {
        let within = |boundary: &str| {
            let needle = boundary.as_bytes();
            self.0
                .iter()
                .any(|part| part.body.windows(needle.len()).any(|bytes| bytes == needle))
        };
        let boundary = (0_u64..)
            .map(|n| format!("portico-{n:016x}"))
            .find(|boundary| !within(boundary));
        let boundary = boundary.unwrap_or_default();
        let mut body = Vec::new();
        for part in &self.0 {
            body.extend_from_slice(format!("--{boundary}\r\n{}\r\n\r\n", part.head).as_bytes());
            body.extend_from_slice(&part.body);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let media_type =
            HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"));
        let media_type = media_type.map_err(|error| DeskError::Refused(error.to_string()))?;
        Ok((media_type, body.into()))
    }
}

/// What would end a name is percent-encoded.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_within_a_form_ends_a_part_of_it() {
        let mut form = Form::default();
        form.text("a", "portico-0000000000000000");
        form.file("f", "x\"\r\ny.txt", "text/plain\r\nX: y", Bytes::from("1"));
        let (media_type, body) = form.finish().unwrap();
        assert_eq!(
            media_type,
            "multipart/form-data; boundary=portico-0000000000000001"
        );
        let expected = "--portico-0000000000000001\r\n\
            Content-Disposition: form-data; name=\"a\"\r\n\r\nportico-0000000000000000\r\n\
            --portico-0000000000000001\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"x%22%0D%0Ay.txt\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n1\r\n\
            --portico-0000000000000001--\r\n";
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }
}
