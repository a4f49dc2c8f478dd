//! Files: in by tus 1.0, out as downloads.

use crate::{
    Checked, Miss, check,
    client::{Call, Client, Reply},
    suite::{Suite, message},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portico_contract::{attachment::Attachment, config::Capability};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

const FILES: Option<Capability> = Some(Capability::Attachments);

super::rules! {
    FILES, "uploads.creation",
        "POST /attachments with Upload-Length is 201 with Location and Tus-Resumable: 1.0.0.", creation;
    FILES, "uploads.pieces", "PATCH appends at the offset, and HEAD tells how much has come.", pieces;
    FILES, "uploads.creation_with_upload", "The first bytes may come with the creation.", with_upload;
    FILES, "uploads.conflict", "A PATCH at another offset is 409 conflict.", conflict;
    FILES, "uploads.expiration", "An upload says in Upload-Expires until when it lives.", expiration;
    FILES, "uploads.termination", "DELETE takes an upload back: 204, and then it is not there.", termination;
    FILES, "uploads.method_override", "X-HTTP-Method-Override serves clients that can only POST.", overridden;
    FILES, "uploads.ended_session", "Uploads ask for no session, and an ended one is no matter.", ended;
    FILES, "uploads.empty", "What is empty is refused when it is announced: 422.", empty;
    FILES, "uploads.too_large", "What is larger than /config says is refused when it is announced: 413.", too_large;
    FILES, "uploads.ending",
        "A file name whose ending /config does not list is refused when it is announced: 415.", ending;
    FILES, "uploads.content", "What is not as its name says is refused with 415 when its last byte arrives.", content;
    FILES, "uploads.unknown", "An upload that is not there is 422 at /attachment_ids/0.", unknown;
    FILES, "uploads.used_once",
        "A finished upload belongs to the first message that names it: another is 422.", used_once;
    FILES, "attachments.content",
        "A file comes out as it went in, with its size and SHA-256, for who may read the request.", download;
    FILES, "attachments.whole", "A download is whole, also for who asks for a range.", whole;
    FILES, "attachments.foreign", "A file is 401 for nobody and 404 for who may not read its request.", foreign;
}

const WORDS: &[u8] = "A file of the conformance check. 這是檔案。\n".as_bytes();

/// The ending of a file of plain text, where it is taken.
fn text_name(suite: &Suite) -> Result<String, Miss> {
    let taken = suite.config()?.limits.attachment_extensions;
    let ending = ["txt", "csv"]
        .into_iter()
        .find(|one| taken.iter().any(|t| t == one));
    let none = || Miss::not_offered("no file of plain text is taken");
    Ok(format!("conformance.{}", ending.ok_or_else(none)?))
}

fn tus(call: Call) -> Call {
    call.header("tus-resumable", "1.0.0")
}

fn announce(client: &Client, name: &str, length: u64) -> Call {
    let metadata = format!("filename {}", STANDARD.encode(name));
    tus(client.post("/attachments"))
        .header("upload-length", &length.to_string())
        .header("upload-metadata", &metadata)
}

/// The whole address of an upload.
fn address(suite: &Suite, made: &Reply) -> Result<String, Miss> {
    let location = made.header("location").unwrap_or_default();
    let base = reqwest::Url::parse(suite.url());
    let whole = base.ok().and_then(|base| base.join(location).ok());
    let whole = whole.filter(|_| !location.is_empty());
    whole
        .map(String::from)
        .ok_or_else(|| Miss::failed(format!("Location: {location}"), "the address of the upload"))
}

async fn begin(suite: &Suite) -> Result<(Reply, String), Miss> {
    let made = announce(&suite.nobody, &text_name(suite)?, WORDS.len() as u64)
        .send()
        .await?;
    let made = made.status(201)?;
    let at = address(suite, &made)?;
    Ok((made, at))
}

fn part(suite: &Suite, method: Method, at: &str, offset: usize, bytes: &[u8]) -> Call {
    tus(suite.nobody.call(method, at))
        .header("upload-offset", &offset.to_string())
        .header("content-type", "application/offset+octet-stream")
        .bytes(bytes.to_vec())
}

fn expect_offset(reply: &Reply, offset: usize) -> Checked {
    let found = reply.header("upload-offset").unwrap_or_default();
    check(
        found == offset.to_string(),
        format!("Upload-Offset: {found}"),
        &offset.to_string(),
    )
}

/// A finished upload, by its id.
async fn finished(suite: &Suite) -> Result<String, Miss> {
    let (_, at) = begin(suite).await?;
    part(suite, Method::PATCH, &at, 0, WORDS)
        .send()
        .await?
        .status(204)?;
    Ok(at.rsplit('/').next().unwrap_or_default().to_owned())
}

async fn creation(suite: &Suite) -> Checked {
    let (made, _) = begin(suite).await?;
    let version = made.header("tus-resumable").unwrap_or_default();
    check(
        version == "1.0.0",
        format!("Tus-Resumable: {version}"),
        "1.0.0",
    )
}

async fn pieces(suite: &Suite) -> Checked {
    let (_, at) = begin(suite).await?;
    let (first, second) = WORDS.split_at(10);
    let sent = part(suite, Method::PATCH, &at, 0, first)
        .send()
        .await?
        .status(204)?;
    expect_offset(&sent, 10)?;
    let head = tus(suite.nobody.call(Method::HEAD, &at)).send().await?;
    expect_offset(&head.status(200)?, 10)?;
    let sent = part(suite, Method::PATCH, &at, 10, second).send().await?;
    expect_offset(&sent.status(204)?, WORDS.len())
}

async fn with_upload(suite: &Suite) -> Checked {
    let made = announce(&suite.nobody, &text_name(suite)?, WORDS.len() as u64)
        .header("content-type", "application/offset+octet-stream")
        .bytes(WORDS.to_vec())
        .send()
        .await?
        .status(201)?;
    expect_offset(&made, WORDS.len())
}

async fn conflict(suite: &Suite) -> Checked {
    let (_, at) = begin(suite).await?;
    let sent = part(suite, Method::PATCH, &at, 7, &WORDS[7..])
        .send()
        .await?;
    sent.problem(409, "conflict").map(drop)
}

async fn expiration(suite: &Suite) -> Checked {
    let (made, _) = begin(suite).await?;
    let until = made.header("upload-expires").unwrap_or_default();
    let ahead = chrono::DateTime::parse_from_rfc2822(until).is_ok_and(|until| {
        until
            > suite
                .config()
                .map_or(until, |config| config.server_now.date_time())
    });
    check(
        ahead,
        format!("Upload-Expires: {until}"),
        "a date of HTTP that lies ahead",
    )
}

async fn termination(suite: &Suite) -> Checked {
    let (_, at) = begin(suite).await?;
    tus(suite.nobody.call(Method::DELETE, &at))
        .send()
        .await?
        .status(204)?;
    let head = tus(suite.nobody.call(Method::HEAD, &at)).send().await?;
    check(matches!(head.status, 404 | 410), &head, "404 or 410")
}

async fn overridden(suite: &Suite) -> Checked {
    let (_, at) = begin(suite).await?;
    let call = part(suite, Method::POST, &at, 0, WORDS).header("x-http-method-override", "PATCH");
    expect_offset(&call.send().await?.status(204)?, WORDS.len())
}

async fn ended(suite: &Suite) -> Checked {
    let ended = suite.nobody.bearer("ended");
    let call = announce(&ended, &text_name(suite)?, WORDS.len() as u64);
    call.send().await?.status(201).map(drop)
}

async fn empty(suite: &Suite) -> Checked {
    let made = announce(&suite.nobody, &text_name(suite)?, 0)
        .send()
        .await?;
    made.problem(422, "validation").map(drop)
}

async fn too_large(suite: &Suite) -> Checked {
    let size = suite.config()?.limits.attachment_size + 1;
    let made = announce(&suite.nobody, &text_name(suite)?, size)
        .send()
        .await?;
    made.problem(413, "payload_too_large").map(drop)
}

async fn ending(suite: &Suite) -> Checked {
    let made = announce(&suite.nobody, "conformance.exe", 10)
        .send()
        .await?;
    made.problem(415, "unsupported_media").map(drop)
}

async fn content(suite: &Suite) -> Checked {
    let taken = suite.config()?.limits.attachment_extensions;
    if !taken.iter().any(|ending| ending == "png") {
        return Err(Miss::not_offered("no pictures are taken"));
    }
    let made = announce(&suite.nobody, "conformance.png", WORDS.len() as u64)
        .send()
        .await?;
    let at = address(suite, &made.status(201)?)?;
    let sent = part(suite, Method::PATCH, &at, 0, WORDS).send().await?;
    sent.problem(415, "unsupported_media").map(drop)
}

async fn unknown(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let mut body = message("With a file that is not there.");
    body["attachment_ids"] = json!(["never-was"]);
    let call = case
        .client
        .post(&case.path("/messages"))
        .new_key()
        .json(&body);
    call.send().await?.wrong_at("/attachment_ids/0").map(drop)
}

/// Sends a message with a file and gives its timeline entry.
async fn with_file(suite: &Suite, upload: &str) -> Result<Reply, Miss> {
    let case = suite.main().await?;
    let mut body = message("With a file.");
    body["attachment_ids"] = json!([upload]);
    let call = case
        .client
        .post(&case.path("/messages"))
        .new_key()
        .json(&body);
    call.send().await
}

async fn used_once(suite: &Suite) -> Checked {
    let upload = finished(suite).await?;
    with_file(suite, &upload).await?.status(201)?;
    with_file(suite, &upload)
        .await?
        .wrong_at("/attachment_ids/0")
        .map(drop)
}

/// A file of the main request.
async fn file(suite: &Suite) -> Result<Attachment, Miss> {
    let said = with_file(suite, &finished(suite).await?)
        .await?
        .status(201)?;
    let found = serde_json::from_value(said.at("/attachments/0").clone());
    found.map_err(|error| Miss::failed(format!("{said}: {error}"), "the file in attachments"))
}

async fn download(suite: &Suite) -> Checked {
    let file = file(suite).await?;
    let case = suite.main().await?;
    let hash: String = Sha256::digest(WORDS)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    check(
        // What lies at another desk may have neither yet.
        file.size.is_none_or(|size| size == WORDS.len() as u64)
            && file
                .sha256
                .as_ref()
                .is_none_or(|known| known.eq_ignore_ascii_case(&hash)),
        format!("{:?} bytes, {:?}", file.size, file.sha256),
        &format!("{} bytes, {hash}", WORDS.len()),
    )?;
    let path = format!("/attachments/{}", file.id);
    let got = case.client.get(&path).send().await?.status(200)?;
    check(
        got.bytes == WORDS,
        format!("{} other bytes", got.bytes.len()),
        "the same bytes",
    )
}

async fn whole(suite: &Suite) -> Checked {
    let path = format!("/attachments/{}", file(suite).await?.id);
    let call = suite
        .main()
        .await?
        .client
        .get(&path)
        .header("range", "bytes=0-3");
    let got = call.send().await?.status(200)?;
    check(
        got.bytes == WORDS,
        format!("{} bytes", got.bytes.len()),
        "all of them",
    )
}

async fn foreign(suite: &Suite) -> Checked {
    let path = format!("/attachments/{}", file(suite).await?.id);
    let nobody = suite.nobody.get(&path).send().await?;
    nobody.problem(401, "unauthenticated")?;
    let other = suite.other().await?.client.get(&path).send().await?;
    other.problem(404, "not_found").map(drop)
}
