//! Messages that leave the server: by SMTP, by the company's SMS hook, after an outage, after a kill.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use portico_tests::api::complaint;
use portico_tests::mailbox;
use portico_tests::{Options, Server, until};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

type Calls = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// A hook that fails the first time.
async fn hook(State(calls): State<Calls>, headers: HeaderMap, body: String) -> StatusCode {
    let mut calls = calls.lock().unwrap();
    calls.push((headers, serde_json::from_str(&body).unwrap_or_default()));
    if calls.len() == 1 {
        StatusCode::BAD_GATEWAY
    } else {
        StatusCode::NO_CONTENT
    }
}

#[tokio::test]
async fn an_sms_goes_to_the_hook_signed_and_again_under_the_same_name_when_that_failed() {
    let calls = Calls::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new()
        .route("/send", post(hook))
        .with_state(Arc::clone(&calls));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let config =
        format!("[sms]\nurl = \"http://127.0.0.1:{port}/send\"\nsecret = \"the hook's secret\"\n");
    let server = Server::with(Options {
        config: Some(config),
        ..Options::default()
    })
    .await;
    let ask = json!({"channel": "sms", "address": "+852 2345 6789"});
    server
        .guest()
        .post("/session/code")
        .json(&ask)
        .send()
        .await
        .expect_status(202);
    let text = until("the second call of the hook", || async {
        let calls = calls.lock().unwrap();
        let [(first, body), (second, again), ..] = calls.as_slice() else {
            return Err(format!("{} calls", calls.len()));
        };
        assert_eq!(first["idempotency-key"], second["idempotency-key"]);
        assert!(
            second["x-portico-signature"]
                .to_str()
                .unwrap()
                .contains(",v1=")
        );
        assert_eq!(body, again);
        assert_eq!(body["to"], "+85223456789");
        Ok(body["text"].as_str().unwrap().to_owned())
    })
    .await;
    let code = mailbox::code_in(&text).unwrap();
    let redeem = json!({"channel": "sms", "address": "+85223456789", "code": code});
    server
        .guest()
        .post("/session/redeem")
        .json(&redeem)
        .send()
        .await
        .expect_status(200);
}

/// Takes one mail as a mail server does, and returns it.
async fn take_mail(stream: TcpStream) -> std::io::Result<String> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.test\r\n").await?;
    let (mut mail, mut in_data) = (String::new(), false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(mail);
        }
        let answer = match (in_data, line.trim_end()) {
            (true, ".") => {
                stream.write_all(b"250 taken\r\n").await?;
                return Ok(mail);
            }
            (true, _) => {
                mail += &line;
                continue;
            }
            (false, "DATA") => {
                in_data = true;
                "354 go on"
            }
            (false, _) => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

#[tokio::test]
async fn mail_that_cannot_leave_waits_over_an_outage_and_a_kill() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let config = format!(
        "[smtp]\nurl = \"smtp://127.0.0.1:{port}\"\nfrom = \"Service <service@example.com>\"\n"
    );
    let mut server = Server::with(Options {
        config: Some(config),
        ..Options::default()
    })
    .await;
    let created = server
        .guest()
        .submit(&complaint("Charged twice", Some("guest@example.com")))
        .await;
    server.kill();
    server.restart().await;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let (stream, _) = tokio::time::timeout(portico_tests::PATIENCE, listener.accept())
        .await
        .expect("the mail comes")
        .unwrap();
    let mail = tokio::time::timeout(portico_tests::PATIENCE, take_mail(stream))
        .await
        .expect("the mail ends")
        .unwrap();
    let letter = mailbox::read_mail(mail.as_bytes()).unwrap();
    assert_eq!(letter.to, "guest@example.com");
    assert!(
        letter.text.contains(&created.text_at("/request/reference")),
        "{letter:?}"
    );
}
