//! A signed receipt as a file: a page that anyone can read and print, and at its end what a machine needs to check it.
//! [`save`] writes it, [`check`] reads it again, without network.
//!
//! The signature is over the receipt's own JSON. So that no other byte of the file can change unseen either, a digest
//! of the page above stands beside it; who shows the receipt shows what was signed, never that page.

use crate::{
    browser::{
        crypto,
        file::{self, Blob},
        history,
    },
    i18n::{self, format, m},
    json,
    route::Route,
};
use portico_contract::submission::{Receipt, ReceiptContent};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// What stands between the page and what a machine reads, and behind it.
const BEGIN: &str = "<script type=\"application/json\" id=\"portico-receipt\">";
const END: &str = "</script></body></html>\n";

/// Looks on paper as on a screen: black on white, the words of the customer as they were written.
const LOOK: &str = "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.65 system-ui,sans-serif;\
    line-break:strict;overflow-wrap:anywhere;color:#000;background:#fff}dt{font-weight:600;margin-top:1rem}\
    dd{margin:0;white-space:pre-wrap}code{font-size:.85rem}footer{margin-top:2rem;border-top:1px solid #999}\
    @page{margin:18mm 16mm}@media print{body{margin:0;font-size:11pt}dl>div{break-inside:avoid}}";

/// What stands at the end of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Seal {
    receipt: Receipt,
    /// SHA-256 of every byte before [`BEGIN`], in hexadecimal.
    page: String,
}

/// What a file turns out to be.
#[derive(Clone, PartialEq)]
pub enum Checked {
    /// Genuine: unchanged since it was signed, by this company.
    Genuine(Box<ReceiptContent>),
    /// Unchanged since somebody else signed it.
    Stranger,
    /// Something in it is not as it was signed.
    Changed,
    /// No receipt.
    Other,
    /// This browser cannot check signatures, or does not have the company's key yet.
    Unable,
}

/// What it says, a label and its value each.
pub fn rows(content: &ReceiptContent) -> Vec<(String, String)> {
    let mut rows = vec![
        (m::receipt_by(), content.received_by.clone()),
        (m::sent_reference(), content.reference.to_string()),
        (
            m::sent_file_received(),
            format::date_time_with_zone(content.received_at),
        ),
        (m::sent_file_type(), content.request_type.name.clone()),
        (m::submit_subject(), content.subject.clone()),
        (m::submit_body(), content.body.clone()),
    ];
    let urgency = content.urgency.and_then(i18n::urgency);
    rows.extend(urgency.map(|urgency| (m::request_urgency(), urgency())));
    let fields = content.fields.iter();
    rows.extend(fields.map(|field| (field.label.clone(), field.display.clone())));
    rows.extend(content.files.iter().map(|file| {
        let size = file.size.map(format::file_size).unwrap_or_default();
        let label = m::receipt_file(&file.name);
        let hash = file.sha256.as_deref().unwrap_or_default();
        (label, format!("{size}\nSHA-256 {hash}"))
    }));
    rows
}

/// Saves it. False where it is not what this version knows, or the browser makes no digest: the page is not served
/// securely.
pub async fn save(receipt: Receipt) -> bool {
    let Ok(content) = json::from_str::<ReceiptContent>(&receipt.canonical) else {
        return false;
    };
    let page = page(&content, &receipt);
    let Some(digest) = Blob::of_text(&page, "").sha256().await else {
        return false;
    };
    let name = format!("{}-receipt.html", content.reference);
    let seal = Seal {
        receipt,
        page: digest,
    };
    file::save_text(&name, "text/html;charset=utf-8", &sealed(&page, &seal));
    true
}

fn page(content: &ReceiptContent, receipt: &Receipt) -> String {
    let title = m::receipt_title(&content.reference.to_string());
    let address = format!("{}{}", history::origin(), Route::Receipt.href());
    let mut rows: String = rows(content)
        .iter()
        .map(|(label, value)| row(label, &escaped(value)))
        .collect();
    for (label, value) in [
        (m::receipt_signature(), &receipt.signature),
        (m::receipt_key(), &receipt.public_key),
    ] {
        rows += &row(&label, &format!("<code>{}</code>", escaped(value)));
    }
    let (lang, title) = (i18n::locale().as_str(), escaped(&title));
    let how = escaped(&m::receipt_how(&address));
    format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{LOOK}</style></head>\
         <body><h1>{title}</h1><dl>{rows}</dl><footer><p>{how}</p></footer>\n"
    )
}

fn row(label: &str, value: &str) -> String {
    let label = escaped(label);
    format!("<div><dt>{label}</dt><dd dir=\"auto\">{value}</dd></div>")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' => _ = write!(out, "&#{};", u32::from(character)),
            other => out.push(other),
        }
    }
    out
}

/// The seal as the file has it: within a script element, which only `<` can end.
fn seal_text(seal: &Seal) -> String {
    json::to_string(seal).replace('<', "\\u003c")
}

fn sealed(page: &str, seal: &Seal) -> String {
    [page, BEGIN, &seal_text(seal), END].concat()
}

/// The length of the page in bytes, and the seal; `None` where there is no whole seal, written as we write it.
fn opened(text: &str) -> Option<(usize, Seal)> {
    let (page, seal) = text.strip_suffix(END)?.rsplit_once(BEGIN)?;
    let read: Seal = json::from_str(seal).ok()?;
    (seal_text(&read) == seal).then_some((page.len(), read))
}

/// Tells whether a file is a receipt of this company, whose public keys are `keys`.
pub async fn check(file: &Blob, keys: Option<&[String]>) -> Checked {
    let Some(text) = file.text().await else {
        return Checked::Other;
    };
    let Some((length, Seal { receipt, page })) = opened(&text) else {
        return match text.contains("portico-receipt") {
            true => Checked::Changed,
            false => Checked::Other,
        };
    };
    let digest = file.slice(0, length as u64).sha256().await;
    let signed = crypto::is_signed(&receipt.canonical, &receipt.signature, &receipt.public_key);
    match (digest, signed.await) {
        (None, _) | (_, None) => Checked::Unable,
        (Some(digest), Some(true)) if digest == page => match keys {
            None => Checked::Unable,
            Some(keys) if !keys.contains(&receipt.public_key) => Checked::Stranger,
            Some(_) => json::from_str(&receipt.canonical).map_or(Checked::Other, |content| {
                Checked::Genuine(Box::new(content))
            }),
        },
        _ => Checked::Changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal {
            receipt: Receipt {
                canonical: "{\"body\":\"</script><b>說\"}".to_owned(),
                signature: "AAAA".to_owned(),
                public_key: "BBBB".to_owned(),
            },
            page: "00".to_owned(),
        }
    }

    #[test]
    fn what_was_sealed_is_opened_and_nothing_in_it_ends_it() {
        let file = sealed("<p>page</p>", &seal());
        assert_eq!(file.matches("</script>").count(), 1);
        assert_eq!(opened(&file), Some(("<p>page</p>".len(), seal())));
    }

    #[test]
    fn a_changed_byte_gives_another_seal_or_none() {
        let page = "<p>page</p>";
        let file = sealed(page, &seal());
        for place in page.len()..file.len() {
            let mut bytes = file.clone().into_bytes();
            bytes[place] ^= 1;
            let changed = String::from_utf8_lossy(&bytes).into_owned();
            assert_ne!(opened(&changed), Some((page.len(), seal())), "byte {place}");
        }
    }

    #[test]
    fn a_text_is_no_markup() {
        assert_eq!(escaped("<a & \"b\">"), "&#60;a &#38; &#34;b&#34;&#62;");
    }
}
