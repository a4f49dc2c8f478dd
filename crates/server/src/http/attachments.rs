//! Files over HTTP: in by tus 1.0 (core, creation, creation-with-upload, termination, expiration), out as downloads.
//!
//! The address of an upload is a credential of 256 bits that lives a day: a guest has no other, and a customer whose
//! session ends in the middle of a form goes on with it. No session is asked for on the way in.

use super::actor::{Actor, token_hash};
use crate::{
    clock::real_now,
    files::{self, Hold, media, name},
    gateway::inward,
    limits::Client,
    problem::{ApiError, Fault},
    secret,
    state::App,
    store::visitors::UploadRecord,
};
use axum::{
    Router,
    body::{Body, BodyDataStream, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware,
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{self, MethodRouter},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta};
use futures::{StreamExt, stream};
use portico_contract::{
    BASE_PATH,
    attachment::Attachment,
    id::AttachmentId,
    problem::{FieldProblem, ProblemCode},
};
use sha2::{Digest, Sha256};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tower::ServiceExt;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderName = HeaderName::from_static("tus-version");
const EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

const TUS: HeaderValue = HeaderValue::from_static("1.0.0");
const PART: &str = "application/offset+octet-stream";

/// How long an upload lives.
const LIFE: TimeDelta = TimeDelta::hours(24);
/// Bytes after which what came is made safe and its offset kept, so that a lost connection costs no more.
const CHECKPOINT: u64 = 1024 * 1024;
/// A sender from whom nothing comes for so long is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// What is refused is still read to here, because a sender who is cut off never sees the answer.
const DISCARDED_MAX: usize = 64 * 1024 * 1024;

/// The resources of files.
pub fn routes() -> Router<App> {
    let uploads = routing::post(create)
        .route_layer(middleware::from_fn(tus))
        .options(options);
    Router::new()
        .route("/attachments", uploads)
        .route("/attachments/{id}", one().fallback(overridden))
}

/// The methods of one file, on its way in and out.
fn one() -> MethodRouter<App> {
    routing::head(head)
        .patch(append)
        .delete(terminate)
        .route_layer(middleware::from_fn(tus))
        .get(download)
}

/// Around what tus defines: its version in and out.
async fn tus(request: Request, next: Next) -> Response {
    let mut response = if request.headers().get(RESUMABLE) == Some(&TUS) {
        next.run(request).await
    } else {
        discard(request.into_body().into_data_stream()).await;
        // The one code of its status.
        let mut response = ApiError::new(ProblemCode::Stale).into_response();
        response.headers_mut().insert(VERSION, TUS);
        response
    };
    response.headers_mut().insert(RESUMABLE, TUS);
    response
}

/// What this server can do of tus.
pub async fn options(State(app): State<App>) -> Response {
    let headers = [
        (RESUMABLE, TUS),
        (VERSION, TUS),
        (
            EXTENSION,
            HeaderValue::from_static("creation,creation-with-upload,termination,expiration"),
        ),
        (
            MAX_SIZE,
            HeaderValue::from(app.settings.limits.attachment_size),
        ),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload, with its first bytes if they come along.
pub async fn create(
    State(app): State<App>,
    client: Client,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = body.into_data_stream();
    let length = announced(&parts.headers);
    let with_bytes = is_part(&parts.headers);
    let begun = match &with_bytes {
        // Some clients name a type even where they send nothing.
        Err(_) if length.is_some_and(|bytes| bytes > 0) => {
            Err(ApiError::new(ProblemCode::UnsupportedMedia))
        }
        _ => begin(&app, &client, &parts.headers).await,
    };
    let (token, upload) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            discard(body).await;
            return Err(error);
        }
    };
    let upload = match with_bytes {
        Ok(()) => receive(&app, upload.token_hash, 0, length, body).await?,
        Err(_) => upload,
    };
    let location = HeaderValue::try_from(format!("{BASE_PATH}/attachments/{token}"))
        .map_err(ApiError::internal)?;
    let headers = [
        (header::LOCATION, location),
        (OFFSET, HeaderValue::from(upload.received)),
        (EXPIRES, expires(&upload)?),
    ];
    Ok((StatusCode::CREATED, headers).into_response())
}

/// How much of an upload has come.
pub async fn head(State(app): State<App>, Path(token): Path<String>) -> Result<Response, ApiError> {
    let hash = token_hash(&token);
    // Known first: what nobody began takes no place among what is worked on.
    find(&app, &hash).await?;
    let _hold = app.files.hold(&hash).await;
    let upload = find(&app, &hash).await?;
    let mut headers = HeaderMap::from_iter([
        (OFFSET, HeaderValue::from(upload.received)),
        (LENGTH, HeaderValue::from(upload.length)),
        (EXPIRES, expires(&upload)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]);
    if let Some(name) = &upload.name {
        let metadata = format!("filename {}", STANDARD.encode(name));
        headers.insert(
            METADATA,
            HeaderValue::try_from(metadata).map_err(ApiError::internal)?,
        );
    }
    Ok((StatusCode::OK, headers).into_response())
}

/// Goes on with an upload.
pub async fn append(
    State(app): State<App>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = body.into_data_stream();
    let read = is_part(&parts.headers).and_then(|()| number(&parts.headers, &OFFSET));
    let offset = match read {
        Ok(offset) => offset,
        Err(error) => {
            discard(body).await;
            return Err(error);
        }
    };
    let upload = receive(
        &app,
        token_hash(&token),
        offset,
        announced(&parts.headers),
        body,
    )
    .await?;
    let headers = [
        (OFFSET, HeaderValue::from(upload.received)),
        (EXPIRES, expires(&upload)?),
    ];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// For clients that can only GET and POST, as tus has it: what they mean stands in `X-HTTP-Method-Override`. Without
/// it a POST is not allowed, so no answer names it as a method of a file.
pub async fn overridden(State(app): State<App>, mut request: Request) -> Response {
    let meant = request.headers().get(METHOD_OVERRIDE);
    if let Some(Ok(meant)) = meant.map(|method| Method::from_bytes(method.as_bytes())) {
        *request.method_mut() = meant;
    }
    let answered = one().with_state(app).oneshot(request).await;
    answered.unwrap_or_else(|never| match never {})
}

/// Gives an upload up.
pub async fn terminate(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let hash = token_hash(&token);
    find(&app, &hash).await?;
    let _hold = app.files.hold(&hash).await;
    let upload = find(&app, &hash).await?;
    app.files.forget(&*app.store, &upload).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A file, for who may read its request.
pub async fn download(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    actor.scope()?;
    let mut tx = app.store.read().await?;
    let (request, attachment) = tx.attachment(&id).await?.ok_or_else(ApiError::not_found)?;
    actor.request(&mut *tx, &request).await?;
    let at_desk = tx.desk_file(&id).await?;
    drop(tx);
    match at_desk {
        Some(file) => inward::file(&app, &request, &attachment, file).await,
        None => content(&app, &attachment, &headers).await,
    }
}

/// What every download is sent with.
fn safe(name: &str) -> Result<[(HeaderName, HeaderValue); 3], ApiError> {
    let disposition = name::content_disposition(name);
    Ok([
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(disposition).map_err(ApiError::internal)?,
        ),
        // Opened in a window all the same, it can do nothing there.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'"),
        ),
    ])
}

/// Bytes that no file here holds, as a download.
///
/// # Errors
/// 500 for a name or a type that no header takes.
pub fn bytes(attachment: &Attachment, bytes: Bytes) -> Result<Response, ApiError> {
    let media_type =
        HeaderValue::try_from(attachment.media_type.as_str()).map_err(ApiError::internal)?;
    let about = [(header::CONTENT_TYPE, media_type)];
    Ok((safe(&attachment.name)?, about, bytes).into_response())
}

/// The content of an attachment, never shown in place.
///
/// # Errors
/// 500 when it is not on disk, 503 when the disk fails.
pub async fn content(
    app: &App,
    attachment: &Attachment,
    asked: &HeaderMap,
) -> Result<Response, ApiError> {
    let sha256 = attachment.sha256.as_deref().unwrap_or_default();
    let etag = format!("\"{sha256}\"");
    let value = |text: String| HeaderValue::try_from(text).map_err(ApiError::internal);
    let headers = (
        [(header::ETAG, value(etag.clone())?)],
        safe(&attachment.name)?,
    );
    if asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag.as_bytes() == etag.as_bytes())
    {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let file = tokio::fs::File::open(app.files.content(sha256))
        .await
        .map_err(disk)?;
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut buffer = vec![0; 64 * 1024];
        let count = file.read(&mut buffer).await?;
        buffer.truncate(count);
        Ok::<_, io::Error>((count > 0).then(|| (Bytes::from(buffer), file)))
    });
    let media_type = value(attachment.media_type.clone())?;
    let about = [
        (header::CONTENT_TYPE, media_type),
        (
            header::CONTENT_LENGTH,
            HeaderValue::from(attachment.size.unwrap_or_default()),
        ),
    ];
    Ok((headers, about, Body::from_stream(chunks)).into_response())
}

/// Checks what a client wants to send and makes a record of it.
async fn begin(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
) -> Result<(String, UploadRecord), ApiError> {
    if headers.contains_key(DEFER_LENGTH) {
        return Err(ApiError::bad_request());
    }
    let length = number(headers, &LENGTH)?;
    let limits = &app.settings.limits;
    if length == 0 {
        let fault = Fault::at("/upload_length", FieldProblem::Required).worded("field.empty_file");
        return Err(ApiError::validation(vec![fault]));
    }
    if length > limits.attachment_size {
        return Err(ApiError::new(ProblemCode::PayloadTooLarge));
    }
    let name = file_name(headers)?;
    if let Some(extension) = name.as_deref().and_then(name::extension)
        && !(media::is_extension_taken(&extension)
            && limits.attachment_extensions.contains(&extension))
    {
        return Err(ApiError::new(ProblemCode::UnsupportedMedia));
    }
    let token = secret::token()?;
    let upload = UploadRecord {
        token_hash: token_hash(&token),
        client: Sha256::digest(client.as_str()).into(),
        name,
        length,
        received: 0,
        accepted: None,
        attachment: None,
        expires_at: (real_now() + LIFE).timestamp_millis(),
    };
    let mut tx = app.store.write().await?;
    // What is never sent would otherwise fill the disk.
    if tx
        .pending_bytes(&upload.client)
        .await?
        .saturating_add(length)
        > limits.pending_uploads_size
    {
        return Err(ApiError::new(ProblemCode::RateLimited).retry_after(600));
    }
    tx.insert_upload(&upload).await?;
    tx.commit().await?;
    Ok((token, upload))
}

/// An upload that can still be used. What of it was written down but is not on disk never came.
async fn find(app: &App, hash: &[u8; 32]) -> Result<UploadRecord, ApiError> {
    let found = app.store.read().await?.upload(hash).await?;
    let mut upload = found
        .filter(|upload| upload.attachment.is_none())
        .ok_or_else(ApiError::not_found)?;
    if upload.expires_at <= real_now().timestamp_millis() {
        return Err(ApiError::new(ProblemCode::Gone));
    }
    if upload.accepted.is_none() {
        upload.received = upload
            .received
            .min(app.files.part_size(hash).await.map_err(disk)?);
    }
    Ok(upload)
}

/// Takes bytes in. A task of its own: when the client is cut off, what has come is still made safe.
async fn receive(
    app: &App,
    hash: [u8; 32],
    offset: u64,
    announced: Option<u64>,
    body: BodyDataStream,
) -> Result<UploadRecord, ApiError> {
    let app = app.clone();
    let task = tokio::spawn(async move {
        let mut body = body;
        let result = take_in(&app, hash, offset, announced, &mut body).await;
        if result.is_err() {
            discard(body).await;
        }
        result
    });
    task.await.map_err(ApiError::internal)?
}

async fn take_in(
    app: &App,
    hash: [u8; 32],
    offset: u64,
    announced: Option<u64>,
    body: &mut BodyDataStream,
) -> Result<UploadRecord, ApiError> {
    find(app, &hash).await?;
    let mut hold = app.files.hold(&hash).await;
    let mut upload = find(app, &hash).await?;
    if offset != upload.received {
        return Err(ApiError::new(ProblemCode::Conflict));
    }
    let left = upload.length - upload.received;
    if announced.is_some_and(|bytes| bytes > left) {
        return Err(ApiError::new(ProblemCode::PayloadTooLarge));
    }
    if left == 0 {
        return Ok(upload);
    }
    let mut file = app
        .files
        .append(&hash, upload.received)
        .await
        .map_err(disk)?;
    let mut safe = upload.received;
    let cut = match pump(app, &mut file, &mut upload, &mut safe, &mut hold, body).await {
        Ok(cut) => cut,
        Err(error) => {
            drop(file);
            // What was not made safe goes: on a full disk it would be in everybody's way.
            app.files.append(&hash, safe).await.ok();
            return Err(error);
        }
    };
    drop(file);
    if upload.received == upload.length {
        return finish(app, upload).await;
    }
    if upload.received > safe {
        write_down(app, &upload).await?;
    }
    match cut {
        Some(code) => Err(ApiError::new(code)),
        None => Ok(upload),
    }
}

/// Writes what comes to the file until it ends or is complete, then makes it safe. `safe` is how much of it is
/// written down already. Returns why it ended early, if it did.
async fn pump(
    app: &App,
    file: &mut tokio::fs::File,
    upload: &mut UploadRecord,
    safe: &mut u64,
    hold: &mut Hold,
    body: &mut BodyDataStream,
) -> Result<Option<ProblemCode>, ApiError> {
    let mut cut = None;
    while upload.received < upload.length {
        let next = tokio::select! {
            biased;
            () = hold.wanted() => Err(ProblemCode::Conflict),
            next = timeout(SILENCE, body.next()) => match next {
                Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
                Ok(None) => Ok(None),
                Ok(Some(Err(_))) | Err(_) => Err(ProblemCode::BadRequest),
            },
        };
        let bytes = match next {
            Ok(Some(bytes)) if bytes.len() as u64 > upload.length - upload.received => {
                cut = Some(ProblemCode::PayloadTooLarge);
                break;
            }
            Ok(Some(bytes)) => bytes,
            Ok(None) => break,
            Err(code) => {
                cut = Some(code);
                break;
            }
        };
        file.write_all(&bytes).await.map_err(disk)?;
        upload.received += bytes.len() as u64;
        if upload.received - *safe >= CHECKPOINT && upload.received < upload.length {
            make_safe(file).await?;
            write_down(app, upload).await?;
            *safe = upload.received;
        }
    }
    make_safe(file).await?;
    Ok(cut)
}

async fn make_safe(file: &mut tokio::fs::File) -> Result<(), ApiError> {
    file.flush().await.map_err(disk)?;
    file.sync_data().await.map_err(disk)
}

async fn write_down(app: &App, upload: &UploadRecord) -> Result<(), ApiError> {
    let mut tx = app.store.write().await?;
    tx.update_upload(upload).await?;
    Ok(tx.commit().await?)
}

/// Everything is there: it is taken, or it goes.
async fn finish(app: &App, upload: UploadRecord) -> Result<UploadRecord, ApiError> {
    let refused = upload.clone();
    let taken = &app.settings.limits.attachment_extensions;
    if let Some(upload) = app.files.accept(&*app.store, upload, taken).await? {
        return Ok(upload);
    }
    app.files.forget(&*app.store, &refused).await?;
    Err(ApiError::new(ProblemCode::UnsupportedMedia))
}

impl From<files::Failure> for ApiError {
    fn from(failure: files::Failure) -> Self {
        match failure {
            files::Failure::Disk(error) => disk(error),
            files::Failure::Store(error) => error.into(),
        }
    }
}

/// A full disk passes; anything else of a disk is ours to look at.
fn disk(error: io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ApiError {
            source: Some(error.to_string()),
            ..ApiError::new(ProblemCode::BackendUnavailable).retry_after(60)
        },
        _ => ApiError::internal(error),
    }
}

/// Reads what nobody wants, within bounds.
async fn discard(mut body: BodyDataStream) {
    let mut seen = 0;
    while let Ok(Some(Ok(bytes))) = timeout(SILENCE, body.next()).await {
        seen += bytes.len();
        if seen > DISCARDED_MAX {
            return;
        }
    }
}

fn is_part(headers: &HeaderMap) -> Result<(), ApiError> {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if media.trim().eq_ignore_ascii_case(PART) {
        Ok(())
    } else {
        Err(ApiError::new(ProblemCode::UnsupportedMedia))
    }
}

/// A count of bytes in a header: digits and nothing else.
fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        // SQLite counts to 2^63.
        .filter(|count| *count <= i64::MAX.unsigned_abs())
        .ok_or_else(ApiError::bad_request)
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The clean `filename` of `Upload-Metadata`: comma-separated pairs of a key and a value in base64.
fn file_name(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(METADATA) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| ApiError::bad_request())?;
    let mut pairs = text
        .split(',')
        .map(|pair| pair.trim().split_once(' ').unwrap_or((pair.trim(), "")));
    let Some((_, encoded)) = pairs.find(|(key, _)| *key == "filename") else {
        return Ok(None);
    };
    let bytes = STANDARD
        .decode(encoded.trim())
        .map_err(|_| ApiError::bad_request())?;
    let raw = String::from_utf8(bytes).map_err(|_| ApiError::bad_request())?;
    Ok(Some(name::clean(&raw)).filter(|_| !raw.is_empty()))
}

/// `Upload-Expires`, as HTTP writes a date.
fn expires(upload: &UploadRecord) -> Result<HeaderValue, ApiError> {
    let at = DateTime::from_timestamp_millis(upload.expires_at).unwrap_or_default();
    HeaderValue::try_from(at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::try_from(value).unwrap())])
    }

    #[test]
    fn the_name_comes_from_the_metadata_and_is_cleaned() {
        let read = |value: &str| file_name(&with(METADATA, value)).ok().flatten();
        assert_eq!(
            read("filename aS5wbmc=,filetype aW1hZ2UvcG5n").as_deref(),
            Some("i.png")
        );
        assert_eq!(
            read(&format!("x, filename {}", STANDARD.encode("../a.png"))).as_deref(),
            Some("a.png")
        );
        assert_eq!(read("filetype aW1hZ2UvcG5n"), None);
        assert_eq!(read("filename"), None);
        assert!(file_name(&with(METADATA, "filename %%%")).is_err());
        assert!(file_name(&with(METADATA, "filename /w==")).is_err());
    }

    #[test]
    fn a_count_is_digits() {
        assert_eq!(number(&with(OFFSET, "0"), &OFFSET).unwrap(), 0);
        for bad in [
            "-1",
            "+1",
            "",
            "1.0",
            "99999999999999999999",
            "18446744073709551615",
        ] {
            assert!(number(&with(OFFSET, bad), &OFFSET).is_err(), "{bad}");
        }
        assert!(number(&HeaderMap::new(), &OFFSET).is_err());
    }
}
