//! Which files are taken, by extension and content together: a name proves nothing, and neither does a first byte.

use std::io::{Read, Seek};

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Jpeg,
    Png,
    Gif,
    Webp,
    Heif,
    Pdf,
    Mp4,
    QuickTime,
    M4a,
    Mp3,
    Wav,
    Zip,
    Text,
}

/// A kind of file that is taken.
#[derive(Debug)]
struct Kind {
    extensions: &'static [&'static str],
    media_type: &'static str,
    content: Content,
}

const KINDS: &[Kind] = &[
    Kind {
        extensions: &["jpg", "jpeg"],
        media_type: "image/jpeg",
        content: Content::Jpeg,
    },
    Kind {
        extensions: &["png"],
        media_type: "image/png",
        content: Content::Png,
    },
    Kind {
        extensions: &["gif"],
        media_type: "image/gif",
        content: Content::Gif,
    },
    Kind {
        extensions: &["webp"],
        media_type: "image/webp",
        content: Content::Webp,
    },
    Kind {
        extensions: &["heic", "heif"],
        media_type: "image/heic",
        content: Content::Heif,
    },
    Kind {
        extensions: &["pdf"],
        media_type: "application/pdf",
        content: Content::Pdf,
    },
    Kind {
        extensions: &["mp4", "m4v"],
        media_type: "video/mp4",
        content: Content::Mp4,
    },
    Kind {
        extensions: &["mov"],
        media_type: "video/quicktime",
        content: Content::QuickTime,
    },
    Kind {
        extensions: &["m4a"],
        media_type: "audio/mp4",
        content: Content::M4a,
    },
    Kind {
        extensions: &["mp3"],
        media_type: "audio/mpeg",
        content: Content::Mp3,
    },
    Kind {
        extensions: &["wav"],
        media_type: "audio/wav",
        content: Content::Wav,
    },
    Kind {
        extensions: &["txt"],
        media_type: "text/plain",
        content: Content::Text,
    },
    Kind {
        extensions: &["csv"],
        media_type: "text/csv",
        content: Content::Text,
    },
    Kind {
        extensions: &["docx"],
        media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        content: Content::Zip,
    },
    Kind {
        extensions: &["xlsx"],
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        content: Content::Zip,
    },
    Kind {
        extensions: &["pptx"],
        media_type: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        content: Content::Zip,
    },
];

/// Bytes of a zip-based document when it is unpacked.
const UNPACKED_MAX: u64 = 200 * 1024 * 1024;
/// Entries of a zip-based document.
const ENTRIES_MAX: usize = 2_000;
/// How many times larger than packed an entry may be, once it is over [`RATIO_FROM`] bytes.
const RATIO_MAX: u64 = 100;
/// Repetitive XML of a small part compresses far better than [`RATIO_MAX`] and harms nobody.
const RATIO_FROM: u64 = 4 * 1024 * 1024;

/// Every extension that is taken, in lower case.
pub fn extensions() -> impl Iterator<Item = &'static str> {
    KINDS.iter().flat_map(|kind| kind.extensions).copied()
}

/// Whether a file with this extension can be taken at all, so that the answer comes before the bytes.
pub fn is_extension_taken(extension: &str) -> bool {
    extensions().any(|e| e == extension)
}

/// A file that is taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Recognised {
    /// By its content.
    pub media_type: &'static str,
    /// Those of its kind; the first is what a name without one gets.
    pub extensions: &'static [&'static str],
}

/// What `file` is; `None` when it is nothing that is taken, or not what its extension says.
///
/// # Errors
/// When the file cannot be read.
pub fn recognise(
    file: &mut (impl Read + Seek),
    extension: Option<&str>,
) -> std::io::Result<Option<Recognised>> {
    let mut head = Vec::new();
    file.by_ref().take(4096).read_to_end(&mut head)?;
    let Some(mut content) = magic(&head) else {
        return Ok(None);
    };
    // A camera names a film .mov or .mp4 as it likes; both are the same container.
    if content == Content::QuickTime && extension == Some("mp4") {
        content = Content::Mp4;
    } else if content == Content::Mp4 && extension == Some("mov") {
        content = Content::QuickTime;
    }
    file.rewind()?;
    let office = match content {
        Content::Zip => match office_document(file)? {
            Some(extension) => Some(extension),
            None => return Ok(None),
        },
        Content::Text if !is_text(file)? => return Ok(None),
        _ => None,
    };
    let kind = KINDS.iter().find(|kind| {
        kind.content == content
            && office.is_none_or(|office| kind.extensions.contains(&office))
            && extension.is_none_or(|e| kind.extensions.contains(&e))
    });
    Ok(kind.map(|kind| Recognised {
        media_type: kind.media_type,
        extensions: kind.extensions,
    }))
}

/// By the first bytes. Text is what is nothing else; whether it is text, its whole content says.
fn magic(head: &[u8]) -> Option<Content> {
    let at = |from: usize, bytes: &[u8]| head.get(from..from + bytes.len()) == Some(bytes);
    if head.is_empty() {
        None
    } else if at(0, b"\xff\xd8\xff") {
        Some(Content::Jpeg)
    } else if at(0, b"\x89PNG\r\n\x1a\n") && at(12, b"IHDR") {
        Some(Content::Png)
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Some(Content::Gif)
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Some(Content::Webp)
    } else if at(0, b"RIFF") && at(8, b"WAVE") {
        Some(Content::Wav)
    } else if at(0, b"ID3")
        || matches!(head, [0xff, second, ..] if matches!(second, 0xf2 | 0xf3 | 0xfa | 0xfb))
    {
        Some(Content::Mp3)
    } else if at(0, b"%PDF-") {
        Some(Content::Pdf)
    } else if at(0, b"PK\x03\x04") {
        Some(Content::Zip)
    } else if at(4, b"ftyp") {
        match head.get(8..12)? {
            b"qt  " => Some(Content::QuickTime),
            b"M4A " | b"M4B " => Some(Content::M4a),
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => {
                Some(Content::Heif)
            }
            b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1"
            | b"M4V " | b"MSNV" | b"dash" | b"3gp4" | b"3gp5" => Some(Content::Mp4),
            _ => None,
        }
    } else {
        Some(Content::Text)
    }
}

/// Text in any encoding that has no zero bytes (UTF-8, GB 18030, Big5 ...), without control characters, that is not
/// markup: a page named `.txt` is a page to a browser that guesses.
fn is_text(file: &mut impl Read) -> std::io::Result<bool> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let begin = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&bytes)
        .trim_ascii_start();
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c) || *b == 0x7f;
    Ok(!begin.starts_with(b"<") && !bytes.iter().any(control))
}

/// The extension of the office document that this archive is; `None` when it is none, or one that could harm who
/// unpacks it. Every entry is unpacked, because the sizes that an archive states of itself prove nothing.
fn office_document(file: &mut (impl Read + Seek)) -> std::io::Result<Option<&'static str>> {
    let Ok(mut archive) = zip::ZipArchive::new(file) else {
        return Ok(None);
    };
    let parts = [
        ("word/document.xml", "docx"),
        ("xl/workbook.xml", "xlsx"),
        ("ppt/presentation.xml", "pptx"),
    ];
    let has = |name: &str| archive.index_for_name(name).is_some();
    let Some((_, extension)) = parts.into_iter().find(|(part, _)| has(part)) else {
        return Ok(None);
    };
    let harmful = |name: &str| {
        let name = name.to_ascii_lowercase();
        [
            ".zip",
            ".7z",
            ".rar",
            ".gz",
            ".jar",
            ".exe",
            ".dll",
            "vbaproject.bin",
        ]
        .iter()
        .any(|end| name.ends_with(end))
    };
    if !has("[Content_Types].xml")
        || archive.len() > ENTRIES_MAX
        || archive
            .file_names()
            .any(|name| name.map_or(true, |name| harmful(&name)))
    {
        return Ok(None);
    }
    let mut left = UNPACKED_MAX;
    for i in 0..archive.len() {
        // An encrypted or broken entry is no document of ours.
        let Ok(entry) = archive.by_index(i) else {
            return Ok(None);
        };
        let most = entry
            .compressed_size()
            .saturating_mul(RATIO_MAX)
            .max(RATIO_FROM)
            .min(left);
        match std::io::copy(&mut entry.take(most + 1), &mut std::io::sink()) {
            Ok(unpacked) if unpacked <= most => left -= unpacked,
            _ => return Ok(None),
        }
    }
    Ok(Some(extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    fn kind(bytes: &[u8], extension: &str) -> Option<&'static str> {
        recognise(&mut Cursor::new(bytes), Some(extension))
            .unwrap()
            .map(|r| r.media_type)
    }

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn content_and_extension_must_agree() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";
        for (bytes, extension, media_type) in [
            (
                &b"\xff\xd8\xff\xe0\0\x10JFIF"[..],
                "jpeg",
                Some("image/jpeg"),
            ),
            (png, "png", Some("image/png")),
            (png, "jpg", None),
            (b"GIF89a\x01\0\x01\0", "gif", Some("image/gif")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "webp", Some("image/webp")),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "heic", Some("image/heic")),
            (
                b"\0\0\0\x14ftypqt  \0\0\0\0",
                "mov",
                Some("video/quicktime"),
            ),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", "mp4", Some("video/mp4")),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "mp4", Some("video/mp4")),
            (b"%PDF-1.7\n", "pdf", Some("application/pdf")),
            (b"%PDF-1.7\n", "txt", None),
            ("姓名,電話\n".as_bytes(), "csv", Some("text/csv")),
            (b"\xd0\xd5\xc3\xfb,1\r\n", "csv", Some("text/csv")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "png", None),
            (b"<!doctype html><script>", "png", None),
            (b"  <html>", "txt", None),
            (b"\xef\xbb\xbf<svg/>", "txt", None),
            (b"MZ\x90\0\x03", "txt", None),
            (b"plain", "exe", None),
            (b"", "txt", None),
        ] {
            assert_eq!(kind(bytes, extension), media_type, "{extension}: {bytes:?}");
        }
    }

    #[test]
    fn a_name_without_extension_is_known_by_its_content() {
        let found = recognise(&mut Cursor::new(b"%PDF-1.4\n"), None).unwrap();
        assert_eq!(found.unwrap().extensions, ["pdf"]);
    }

    #[test]
    fn an_office_document_is_one_by_its_parts_and_harmless() {
        let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
        let document: (&str, &[u8]) = ("word/document.xml", b"<w:document/>");
        let good = archive(&[types, document]);
        assert!(kind(&good, "docx").is_some());
        assert_eq!(kind(&good, "xlsx"), None);
        assert_eq!(kind(&archive(&[document]), "docx"), None);
        assert_eq!(kind(&archive(&[("a.txt", b"x")]), "docx"), None);
        assert_eq!(
            kind(
                &archive(&[types, document, ("word/vbaProject.bin", b"x")]),
                "docx"
            ),
            None
        );
        assert_eq!(
            kind(
                &archive(&[types, document, ("word/embeddings/a.zip", b"x")]),
                "docx"
            ),
            None
        );
        let bomb = vec![0; 8 * 1024 * 1024];
        assert_eq!(
            kind(
                &archive(&[types, document, ("word/media/a.bin", &bomb)]),
                "docx"
            ),
            None
        );
        assert_eq!(kind(&good[..good.len() / 2], "docx"), None);
    }

    #[test]
    fn every_extension_belongs_to_one_kind() {
        let mut all: Vec<_> = extensions().collect();
        let before = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), before);
        assert!(is_extension_taken("png") && !is_extension_taken("svg"));
    }
}
