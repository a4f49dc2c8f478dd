//! Reading server-sent events: bytes in, messages out, as the HTML standard describes.

/// A message of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The place in the stream after it; `None` where it says none.
    pub id: Option<String>,
    /// What it is; empty where it does not say.
    pub event: String,
    /// What it says.
    pub data: String,
}

/// Bytes of one line beyond which a stream is not one of ours.
const LONGEST_LINE: usize = 1 << 20;

/// Reads a stream that arrives in pieces, cut anywhere.
#[derive(Default)]
pub struct Reader {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_return: bool,
    message: Message,
}

impl Reader {
    /// Takes a piece and gives the messages that are whole now; `None` when it is no stream of events.
    pub fn push(&mut self, piece: &[u8]) -> Option<Vec<Message>> {
        let mut messages = Vec::new();
        for &byte in piece {
            let follows_return = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    messages.extend(self.end_of_line(&line));
                }
                _ if self.line.len() >= LONGEST_LINE => return None,
                _ => self.line.push(byte),
            }
        }
        Some(messages)
    }

    fn end_of_line(&mut self, line: &[u8]) -> Option<Message> {
        let line = String::from_utf8_lossy(line);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            return (!message.event.is_empty() || !message.data.is_empty()).then_some(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if !self.message.data.is_empty() {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.message.event),
            "id" if !value.contains('\0') => self.message.id = Some(value.to_owned()),
            // A comment (the heartbeat), `retry` (we have our own waiting times), or something new.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: Option<&str>, event: &str, data: &str) -> Message {
        Message {
            id: id.map(str::to_owned),
            event: event.to_owned(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn cut_anywhere_it_is_the_same() {
        let stream = "\u{feff}: hello\r\nretry: 3000\n\nid: 1\nevent: request_changed\ndata: {\"a\":\"訊\"}\n\n: beat\n\n\
                      id:2\revent:reset\r\rdata: x\r\ndata: y\r\n\r\nid: 3\n";
        let expected = [
            message(Some("1"), "request_changed", "{\"a\":\"訊\"}"),
            message(Some("2"), "reset", ""),
            message(None, "", "x\ny"),
        ];
        for size in 1..stream.len() {
            let mut reader = Reader::default();
            let messages: Vec<_> = stream
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| reader.push(piece).unwrap())
                .collect();
            assert_eq!(messages, expected, "{size}");
        }
    }

    #[test]
    fn an_endless_line_is_no_stream() {
        let mut reader = Reader::default();
        assert_eq!(reader.push(&vec![b'x'; LONGEST_LINE]), Some(Vec::new()));
        assert_eq!(reader.push(b"x"), None);
    }
}
