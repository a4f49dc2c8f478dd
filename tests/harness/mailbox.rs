//! What the server sent: without a mail server it writes `.eml` files, without an SMS hook `.json` files.

use std::path::Path;

use mail_parser::MessageParser;
use serde_json::Value;

/// One message that left the server, in the order in which it left.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The e-mail address or telephone number of the recipient.
    pub to: String,
    /// Empty for an SMS.
    pub subject: String,
    /// The decoded plain text.
    pub text: String,
    /// `List-Unsubscribe` and `List-Unsubscribe-Post`, as they travel.
    pub unsubscribe: Option<(String, String)>,
}

/// Every message in the outbox of the data directory, oldest first.
pub fn letters(data: &Path) -> Vec<Letter> {
    let mut found = Vec::new();
    for (folder, read) in [
        ("mail", read_mail as fn(&[u8]) -> Option<Letter>),
        ("sms", sms),
    ] {
        let Ok(entries) = std::fs::read_dir(data.join("outbox").join(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            // A file that is still being written has no whole message yet; the next poll sees it.
            let (Ok(meta), Ok(bytes)) = (entry.metadata(), std::fs::read(entry.path())) else {
                continue;
            };
            let (Ok(at), Some(letter)) = (meta.modified(), read(&bytes)) else {
                continue;
            };
            found.push((at, entry.file_name(), letter));
        }
    }
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found.into_iter().map(|(_, _, letter)| letter).collect()
}

/// Reads a whole mail as it travels.
pub fn read_mail(bytes: &[u8]) -> Option<Letter> {
    let message = MessageParser::default().parse(bytes)?;
    let header = |name: &str| Some(message.header_raw(name)?.trim().to_owned());
    Some(Letter {
        to: message.to()?.first()?.address()?.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0)?.into_owned(),
        unsubscribe: header("List-Unsubscribe").zip(header("List-Unsubscribe-Post")),
    })
}

fn sms(bytes: &[u8]) -> Option<Letter> {
    let message: Value = serde_json::from_slice(bytes).ok()?;
    Some(Letter {
        to: message["to"].as_str()?.to_owned(),
        subject: String::new(),
        text: message["text"].as_str()?.to_owned(),
        unsubscribe: None,
    })
}

/// The sign-in code in a message: its only run of six to ten digits. A message with a link is no sign-in
/// message, and the link may hold digits of its own.
pub fn code_in(text: &str) -> Option<String> {
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    let code = runs.find(|run| (6..=10).contains(&run.len()));
    code.filter(|_| !text.contains("://")).map(str::to_owned)
}
