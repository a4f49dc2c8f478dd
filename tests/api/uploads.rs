//! Files: tus 1.0, what is taken and what is not.

use portico_tests::api::{complaint, upload_metadata};
use portico_tests::{Api, Reply, Server};
use reqwest::Method;
use serde_json::{Value, json};

/// A PNG of one pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, b'I', b'D', b'A', b'T',
    0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0xc9, 0xfe, 0x92, 0xef, 0, 0, 0, 0, b'I',
    b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

async fn submit_with(api: &Api, uploads: &[String]) -> Reply {
    let mut body = complaint("With files", Some("a@example.com"));
    body["attachment_ids"] = json!(uploads);
    api.post("/requests").new_key().json(&body).send().await
}

async fn head(api: &Api, location: &str) -> Reply {
    api.at(Method::HEAD, location)
        .header("tus-resumable", "1.0.0")
        .send()
        .await
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_cut_even_after_a_restart_and_comes_back_bit_identical() {
    let mut server = Server::start().await;
    let guest = server.guest();
    let mut rng = fastrand::Rng::with_seed(portico_tests::seed("uploads"));
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..3_000_000).map(|_| rng.u8(..)));
    let made = guest
        .begin_upload("invoice.pdf", "application/pdf", bytes.len())
        .await
        .expect_status(201);
    assert!(
        made.header("upload-expires").is_some(),
        "{:?}",
        made.headers
    );
    let location = made.header("location").unwrap().to_owned();
    assert!(
        location.rsplit('/').next().unwrap().len() >= 22,
        "the address is a credential: {location}"
    );
    assert_eq!(
        head(&guest, &location)
            .await
            .expect_status(200)
            .header("upload-offset"),
        Some("0")
    );

    let cut = rng.usize(1..2_000_000);
    let part = guest
        .upload_part(&location, 0, &bytes[..cut])
        .await
        .expect_status(204);
    assert_eq!(part.header("upload-offset"), Some(cut.to_string().as_str()));
    guest
        .upload_part(&location, 0, &bytes)
        .await
        .expect_problem(409, "conflict");
    server.kill();
    server.restart().await;
    let known = head(&guest, &location).await.expect_status(200);
    let offset: usize = known.header("upload-offset").unwrap().parse().unwrap();
    assert_eq!(offset, cut, "what was acknowledged is there");
    assert_eq!(
        known.header("upload-length"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(known.header("cache-control"), Some("no-store"));
    guest
        .upload_part(&location, offset, &bytes[offset..])
        .await
        .expect_status(204);

    let id = location.rsplit('/').next().unwrap().to_owned();
    let created = submit_with(&guest, &[id]).await.expect_status(201);
    let customer = server.customer("a@example.com").await;
    let timeline = customer
        .get(&format!(
            "/requests/{}/timeline",
            created.text_at("/request/id")
        ))
        .send()
        .await
        .expect_status(200);
    let file = &timeline.json["items"][0]["attachments"][0];
    assert_eq!(
        (file["name"].as_str(), file["size"].as_u64()),
        (Some("invoice.pdf"), Some(bytes.len() as u64))
    );
    let canonical: Value = serde_json::from_str(&created.text_at("/receipt/canonical")).unwrap();
    assert_eq!(canonical["files"][0]["sha256"], file["sha256"]);
    let back = customer
        .get(&format!("/attachments/{}", file["id"].as_str().unwrap()))
        .send()
        .await
        .expect_status(200);
    assert!(back.bytes == bytes, "the file differs");
    assert_eq!(
        back.header("content-disposition")
            .map(|value| value.starts_with("attachment")),
        Some(true)
    );
    assert_eq!(back.header("x-content-type-options"), Some("nosniff"));
    assert!(
        back.header("content-security-policy")
            .is_some_and(|policy| policy.contains("sandbox"))
    );
}

#[tokio::test]
async fn the_rules_of_tus_hold() {
    let server = Server::start().await;
    let guest = server.guest();
    let options = guest.call(Method::OPTIONS, "/attachments").send().await;
    assert!(options.status.is_success());
    assert_eq!(options.header("tus-version"), Some("1.0.0"));
    assert_eq!(
        options.header("tus-max-size"),
        Some((25 * 1024 * 1024).to_string().as_str())
    );
    for extension in [
        "creation",
        "creation-with-upload",
        "termination",
        "expiration",
    ] {
        assert!(
            options
                .header("tus-extension")
                .unwrap_or_default()
                .split(',')
                .any(|given| given.trim() == extension),
            "{extension}"
        );
    }
    let create = |version: &str| {
        guest
            .post("/attachments")
            .header("tus-resumable", version)
            .header("upload-metadata", &upload_metadata("a.txt", "text/plain"))
    };
    create("0.2.0")
        .header("upload-length", "4")
        .send()
        .await
        .expect_status(412);
    create("1.0.0")
        .send()
        .await
        .expect_problem(400, "bad_request");
    create("1.0.0")
        .header("upload-length", "-1")
        .send()
        .await
        .expect_problem(400, "bad_request");

    let whole = create("1.0.0")
        .header("upload-length", "4")
        .header("content-type", "application/offset+octet-stream")
        .body("text");
    let whole = whole.send().await.expect_status(201);
    assert_eq!(whole.header("upload-offset"), Some("4"));
    let location = whole.header("location").unwrap().to_owned();
    let typed = guest
        .at(Method::PATCH, &location)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", "4")
        .header("content-type", "text/plain")
        .body("x");
    typed.send().await.expect_problem(415, "unsupported_media");
    let over = guest.upload_part(&location, 4, b"more").await;
    assert!(over.status.is_client_error(), "{}", over.status);
    guest
        .at(Method::DELETE, &location)
        .header("tus-resumable", "1.0.0")
        .send()
        .await
        .expect_status(204);
    assert!([404, 410].contains(&head(&guest, &location).await.status.as_u16()));
    let gone = location.rsplit('/').next().unwrap().to_owned();
    submit_with(&guest, &[gone])
        .await
        .expect_invalid("/attachment_ids/0");
    head(&guest, "/portal/v1/attachments/no-such-upload")
        .await
        .expect_status(404);
}

#[tokio::test]
async fn who_can_only_post_says_what_is_meant_in_a_header() {
    let server = Server::start().await;
    let guest = server.guest();
    let made = guest.begin_upload("a.txt", "text/plain", 4).await;
    let location = made.header("location").unwrap().to_owned();
    let post = |meant: &str| {
        guest
            .at(Method::POST, &location)
            .header("tus-resumable", "1.0.0")
            .header("x-http-method-override", meant)
    };
    let part = post("PATCH")
        .header("upload-offset", "0")
        .header("content-type", "application/offset+octet-stream")
        .body("text");
    let part = part.send().await.expect_status(204);
    assert_eq!(part.header("upload-offset"), Some("4"));
    let known = post("HEAD").send().await.expect_status(200);
    assert_eq!(known.header("upload-offset"), Some("4"));
    post("DELETE").send().await.expect_status(204);
    head(&guest, &location).await.expect_status(404);
    for refused in [post("PUT"), guest.at(Method::POST, &location)] {
        let refused = refused.send().await;
        let refused = refused.expect_problem(405, "method_not_allowed");
        assert!(
            refused.header("allow").is_some_and(|a| a.contains("PATCH")),
            "{:?}",
            refused.headers
        );
    }
}

#[tokio::test]
async fn too_large_and_too_many_are_refused_before_they_are_sent() {
    let server = Server::start().await;
    let guest = server.guest();
    let limit = 25 * 1024 * 1024;
    guest
        .begin_upload("big.txt", "text/plain", limit + 1)
        .await
        .expect_problem(413, "payload_too_large");
    guest
        .begin_upload("just.txt", "text/plain", limit)
        .await
        .expect_status(201);
    // A client that lies about the length is stopped too.
    let small = guest
        .begin_upload("small.txt", "text/plain", 10)
        .await
        .expect_status(201);
    let location = small.header("location").unwrap().to_owned();
    let lie = guest
        .upload_part(&location, 0, &vec![b'x'; 26 * 1024 * 1024])
        .await;
    assert!(lie.status.is_client_error(), "{}", lie.status);

    let mut uploads = Vec::new();
    for n in 0..11 {
        uploads.push(
            guest
                .upload(&format!("{n}.txt"), "text/plain", b"text")
                .await,
        );
    }
    submit_with(&guest, &uploads)
        .await
        .expect_invalid("/attachment_ids");
    submit_with(&guest, &uploads[..10]).await.expect_status(201);
    let unfinished = guest
        .begin_upload("half.txt", "text/plain", 10)
        .await
        .expect_status(201);
    let unfinished = unfinished
        .header("location")
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    submit_with(&guest, &[unfinished])
        .await
        .expect_invalid("/attachment_ids/0");
}

#[tokio::test]
async fn a_file_is_what_its_content_says() {
    let server = Server::start().await;
    let guest = server.guest();
    let html: &[u8] = b"<!doctype html><script>alert(1)</script>";
    let svg: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let bom_svg: &[u8] = b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- x --><svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    for (name, kind, bytes) in [
        ("picture.png", "image/png", svg),
        ("picture.png", "image/png", bom_svg),
        ("picture.png", "image/png", html),
        ("page.txt", "text/plain", html),
        ("picture.svg", "image/svg+xml", svg),
        ("page.html", "text/html", html),
        ("program.png", "image/png", b"MZ\x90\x00\x03 program"),
        (
            "program.exe",
            "application/octet-stream",
            b"MZ\x90\x00\x03 program",
        ),
        ("program.jpg", "image/jpeg", PNG),
    ] {
        let made = guest.begin_upload(name, kind, bytes.len()).await;
        if made.status == 201 {
            let location = made.header("location").unwrap().to_owned();
            guest
                .upload_part(&location, 0, bytes)
                .await
                .expect_problem(415, "unsupported_media");
            let id = location.rsplit('/').next().unwrap().to_owned();
            submit_with(&guest, &[id])
                .await
                .expect_invalid("/attachment_ids/0");
        } else {
            made.expect_problem(415, "unsupported_media");
        }
    }
    let upload = guest.upload("picture.png", "image/png", PNG).await;
    submit_with(&guest, &[upload]).await.expect_status(201);
}

#[tokio::test]
async fn a_file_name_loses_its_path_and_what_misleads_and_cannot_break_a_header() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    for (sent, kept) in [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\temp\\photo.png", "photo.png"),
        ("發票 三月.png", "發票 三月.png"),
        ("photo\u{202e}gpj.png", "photogpj.png"),
        ("a\r\nset-cookie: x=1.png", "aset-cookie: x=1.png"),
        ("quo\"te.png", "quo\"te.png"),
    ] {
        let upload = customer.upload(sent, "image/png", PNG).await;
        let created = submit_with(&customer, &[upload]).await.expect_status(201);
        let timeline = customer
            .get(&format!(
                "/requests/{}/timeline",
                created.text_at("/request/id")
            ))
            .send()
            .await
            .expect_status(200);
        let file = &timeline.json["items"][0]["attachments"][0];
        let name = file["name"].as_str().unwrap();
        assert!(
            !name.contains(['/', '\\', '\r', '\n', '\u{202e}']),
            "{sent:?} became {name:?}"
        );
        if !sent.contains("set-cookie") {
            assert_eq!(name, kept);
        }
        let back = customer
            .get(&format!("/attachments/{}", file["id"].as_str().unwrap()))
            .send()
            .await
            .expect_status(200);
        assert_eq!(back.header("set-cookie"), None);
        assert_eq!(back.header("content-type"), Some("image/png"));
        assert!(
            back.headers
                .get("content-disposition")
                .unwrap()
                .as_bytes()
                .is_ascii(),
            "RFC 6266 names are ASCII"
        );
    }
    let long = format!("{}.png", "長".repeat(400));
    let upload = customer.begin_upload(&long, "image/png", PNG.len()).await;
    assert!(!upload.status.is_server_error());
}

#[tokio::test]
async fn an_empty_file_is_refused_in_words() {
    let server = Server::start().await;
    let refused = server
        .guest()
        .begin_upload("empty.png", "image/png", 0)
        .await;
    refused.expect_problem(422, "validation");
}

#[tokio::test]
async fn an_upload_that_nobody_sent_is_gone_after_a_day() {
    let mut server = Server::start().await;
    let made = server
        .guest()
        .begin_upload("a.txt", "text/plain", 4)
        .await
        .expect_status(201);
    let location = made.header("location").unwrap().to_owned();
    let finished = server.guest().upload("b.txt", "text/plain", b"text").await;
    server.travel("+25h").await;
    let gone = head(&server.guest(), &location).await;
    assert!(
        [404, 410].contains(&gone.status.as_u16()),
        "{}",
        gone.status
    );
    submit_with(&server.guest(), &[finished])
        .await
        .expect_invalid("/attachment_ids/0");
}
