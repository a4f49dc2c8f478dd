//! A call and its answer.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::collections::BTreeMap;

/// A call that the fake received. As recorded for assertions it holds no secret: of Basic credentials the name before
/// the colon is kept where it is an address (with what follows the slash, as Zendesk has it), of others the scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `GET`, `POST` …
    pub method: String,
    /// As received, without the query.
    pub path: String,
    /// Decoded, in order.
    pub query: Vec<(String, String)>,
    /// By name in small letters.
    pub headers: BTreeMap<String, String>,
    /// As received.
    pub body: Vec<u8>,
}

/// A part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name of the field.
    pub name: String,
    /// Of a file.
    pub file_name: Option<String>,
    /// As the sender said; `text/plain` otherwise.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Call {
    /// A parameter of the query, decoded.
    pub fn param(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The fields of a form, decoded, in order.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The parts of a multipart body; empty where it is none.
    pub fn parts(&self) -> Vec<Part> {
        let kind = self.header("content-type").unwrap_or_default();
        let Some((_, boundary)) = kind.split_once("boundary=") else {
            return Vec::new();
        };
        let boundary = format!("--{}", boundary.trim_matches('"'));
        // What comes before the first boundary is no part, and the last ends with two dashes.
        split(&self.body, boundary.as_bytes())
            .into_iter()
            .skip(1)
            .filter_map(part)
            .collect()
    }

    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect()
    }

    pub(crate) fn number(&self, name: &str, otherwise: usize) -> usize {
        self.param(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    }

    /// Whether a comma-separated parameter holds a word.
    pub(crate) fn includes(&self, name: &str, word: &str) -> bool {
        self.param(name)
            .unwrap_or_default()
            .split(',')
            .any(|known| known == word)
    }

    /// Name and password.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (name, password) = text.split_once(':')?;
        Some((String::from(name), String::from(password)))
    }

    pub(crate) fn recorded(&self) -> Call {
        let mut call = self.clone();
        call.headers.remove("cookie");
        if let Some(value) = call.headers.get_mut("authorization") {
            let name = self
                .basic()
                .map(|(name, _)| name)
                .filter(|name| name.contains('@'));
            let scheme = value.split(' ').next().unwrap_or_default();
            *value = name.map_or(format!("{scheme} ***"), |name| {
                format!("{scheme} {name}:***")
            });
        }
        let hide = |pairs: &mut Vec<(String, String)>| {
            for (_, value) in pairs.iter_mut().filter(|(name, _)| name == "api_key") {
                *value = String::from("***");
            }
        };
        hide(&mut call.query);
        let form = self
            .header("content-type")
            .is_some_and(|kind| kind.contains("form-urlencoded"));
        if form {
            let mut pairs = self.form();
            hide(&mut pairs);
            call.body = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish()
                .into_bytes();
        }
        call
    }
}

fn split<'a>(bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut parts = Vec::new();
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        parts.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    parts.push(rest);
    parts
}

fn part(bytes: &[u8]) -> Option<Part> {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..at]);
    let value = |name: &str| {
        let (_, rest) = head.split_once(&format!("{name}=\""))?;
        rest.split('"').next().map(String::from)
    };
    let kind = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-type")
            .then(|| String::from(value.trim()))
    });
    Some(Part {
        name: value(" name")?,
        file_name: value("filename"),
        content_type: kind.unwrap_or_else(|| String::from("text/plain")),
        bytes: bytes[at + 4..].strip_suffix(b"\r\n")?.to_vec(),
    })
}

/// What an answer carries.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Nothing,
    Json(Value),
    /// Media type and bytes.
    Bytes(String, Vec<u8>),
}

/// What the fake says.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
}

/// An answer, or the answer that is a refusal.
pub(crate) type Reply = Result<Answer, Answer>;

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Json(body),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Nothing,
        }
    }

    pub(crate) fn bytes(content_type: &str, bytes: &[u8]) -> Self {
        let content = Content::Bytes(String::from(content_type), bytes.to_vec());
        Self {
            status: 200,
            headers: Vec::new(),
            content,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The rows from `start` on, at most `limit`, and whether there are more.
pub(crate) fn window<T>(rows: Vec<T>, start: usize, limit: usize) -> (Vec<T>, bool) {
    let more = rows.len() > start.saturating_add(limit);
    (rows.into_iter().skip(start).take(limit).collect(), more)
}
