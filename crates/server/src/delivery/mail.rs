//! Mail: by SMTP, or as `.eml` files.

use super::{Failure, name_of, write_whole};
use crate::{settings::Smtp, store::QueuedMessage, text};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
    transport::smtp::authentication::Credentials,
};
use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// The sender where none is configured, of the files that nobody sends.
const NOBODY: &str = "Portico <portico@localhost>";

/// Says that no person wrote it, so that absence notices stay away (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Where who gets the letter can leave, for a button of their mail program (RFC 2369).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.trim_matches(['<', '>']).to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), format!("<{}>", self.0))
    }
}

/// Says that a POST there is enough, and that nothing less is (RFC 8058).
#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Files(PathBuf),
}

/// Sends mail.
pub(super) struct Transport {
    from: Mailbox,
    way: Way,
}

impl Transport {
    pub(super) fn new(smtp: Option<&Smtp>, outbox: &Path) -> Result<Self, String> {
        let from = smtp.map_or(NOBODY, |smtp| smtp.from.as_str());
        let from = from.parse().map_err(|e| format!("smtp.from: {e}"))?;
        let way = match smtp {
            Some(smtp) => {
                let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&smtp.url)
                    .map_err(|e| format!("smtp.url: {e}"))?
                    .timeout(Some(Duration::from_secs(20)));
                if let (Some(user), Some(password)) = (&smtp.user, &smtp.password) {
                    builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
                }
                Way::Smtp(Box::new(builder.build()))
            }
            None => {
                let folder = outbox.join("mail");
                std::fs::create_dir_all(&folder)
                    .map_err(|e| format!("{}: {e}", folder.display()))?;
                Way::Files(folder)
            }
        };
        Ok(Self { from, way })
    }

    pub(super) async fn send(&self, queued: &QueuedMessage) -> Result<(), Failure> {
        let message = compose(queued, self.from.clone())?;
        match &self.way {
            Way::Files(folder) => {
                write_whole(
                    folder,
                    &format!("{}.eml", name_of(queued)),
                    message.formatted(),
                )
                .await
            }
            Way::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                // The server's own words may quote the address: the status says enough.
                Err(error) => {
                    let status = error
                        .status()
                        .map_or("no answer".to_owned(), |code| code.to_string());
                    Err(if error.is_permanent() {
                        Failure::Lasting(status)
                    } else {
                        Failure::Passing(status)
                    })
                }
            },
        }
    }
}

/// Whether mail to this address can be composed at all.
pub(super) fn is_deliverable(address: &str) -> bool {
    address.parse::<Address>().is_ok()
}

fn compose(queued: &QueuedMessage, from: Mailbox) -> Result<Message, Failure> {
    let message = &queued.message;
    let lasting = |what: &str| Failure::Lasting(format!("{what} cannot be written into a mail"));
    let to: Address = message
        .recipient
        .parse()
        .map_err(|_| lasting("the address"))?;
    let domain = from.email.domain().to_owned();
    let date = SystemTime::UNIX_EPOCH + Duration::from_millis(queued.created_at.unsigned_abs());
    let mut builder = Message::builder();
    if let Some(address) = &message.unsubscribe {
        builder = builder
            .header(ListUnsubscribe(address.clone()))
            .header(OneClick);
    }
    builder
        .from(from)
        .to(Mailbox::new(None, to))
        // One line: whatever stands in it, no header can begin there.
        .subject(text::line(&message.subject))
        .message_id(Some(format!("<{}@{domain}>", name_of(queued))))
        .date(date)
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .body(message.body.clone())
        .map_err(|_| lasting("the message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::OutgoingMessage;
    use portico_contract::session::Channel;

    fn queued(recipient: &str, subject: &str) -> QueuedMessage {
        QueuedMessage {
            id: 7,
            message: OutgoingMessage {
                channel: Channel::Email,
                recipient: recipient.to_owned(),
                subject: subject.to_owned(),
                body: "您好：\n\n.\nBcc: x@example.com\n".to_owned(),
                unsubscribe: None,
            },
            created_at: 1_790_000_000_000,
            attempts: 0,
            next_try_at: 0,
        }
    }

    #[test]
    fn no_text_can_add_a_header_or_a_recipient() {
        let subject = "回复\r\nBcc: other@example.com\r\n\r\nbody";
        let mail = compose(&queued("a@example.com", subject), NOBODY.parse().unwrap()).unwrap();
        let text = String::from_utf8(mail.formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(
            !head
                .lines()
                .any(|line| line.to_ascii_lowercase().starts_with("bcc")),
            "{head}"
        );
        assert!(
            head.contains("Message-ID: <1790000000000-000007@localhost>"),
            "{head}"
        );
        for recipient in [
            "a@example.com\r\nBcc: b@example.com",
            "a@example.com, b@example.com",
            "<a@b.c>",
            "",
        ] {
            assert!(
                compose(&queued(recipient, "x"), NOBODY.parse().unwrap()).is_err(),
                "{recipient:?}"
            );
        }
    }

    #[test]
    fn addresses_in_every_script_can_be_written_to() {
        for address in [
            "a@example.com",
            "first.last+tag@sub.example.com",
            "李雷@例子.中国",
            "a@例子.中国",
        ] {
            assert!(is_deliverable(address), "{address}");
            assert!(
                compose(&queued(address, "x"), NOBODY.parse().unwrap()).is_ok(),
                "{address}"
            );
        }
    }
}
