//! The proxy itself: a test of exactly once shows nothing if nothing was ever lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::any;
use portico_tests::{Api, Fault, FaultProxy, Plan};
use reqwest::Method;
use tokio::net::TcpListener;

/// A server that counts what reaches it and answers with what was sent.
async fn counting() -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let echo = any(move |body: axum::body::Bytes| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move { body }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        axum::serve(listener, Router::new().fallback(echo))
            .await
            .unwrap();
    });
    (port, count)
}

#[tokio::test]
async fn every_fault_does_what_it_says_and_only_where_it_should() {
    let (port, count) = counting().await;
    let proxy = FaultProxy::start(port, 7).await;
    let api = Api::new(proxy.origin());
    let send = async || {
        api.call(Method::POST, "/target/1")
            .body("x".repeat(50_000))
            .attempt()
            .await
    };
    for (fault, reached, status) in [
        (Fault::Pass, 1, Some(200)),
        (Fault::Slow(20), 1, Some(200)),
        (Fault::LoseRequest, 0, None),
        (Fault::LoseAnswer, 1, None),
        (Fault::ResetAnswer, 1, None),
        (Fault::CutAnswer(5), 1, None),
        (Fault::CutAnswer(400), 1, None),
        (Fault::Unavailable, 0, Some(503)),
        (Fault::TooMany, 0, Some(429)),
        (Fault::CaptivePortal, 0, Some(200)),
    ] {
        let before = count.load(Ordering::SeqCst);
        proxy.once("POST", "/target", fault);
        api.get("/other").send().await.expect_status(200);
        let answer = send().await.ok();
        assert_eq!(
            answer.as_ref().map(|reply| reply.status.as_u16()),
            status,
            "{fault:?}"
        );
        assert_eq!(
            count.load(Ordering::SeqCst) - before,
            reached + 1,
            "{fault:?}"
        );
        if status.is_some_and(|status| status != 200) {
            assert_eq!(answer.unwrap().header("retry-after"), Some("1"));
        } else if reached == 1 && status.is_some() {
            assert_eq!(answer.unwrap().bytes.len(), 50_000);
        }
    }
    proxy.once("POST", "/target", Fault::Say("xx", "yyy"));
    assert_eq!(send().await.unwrap().bytes, "yyy".repeat(25_000).as_bytes());
    proxy.offline(true);
    assert!(send().await.is_err());
    proxy.offline(false);
    proxy.follow(Plan::storm(100, &[("POST", "/target")]));
    api.get("/target").send().await.expect_status(200);
    let mut failed = 0;
    for _ in 0..40 {
        failed += usize::from(send().await.is_err());
    }
    assert!(failed > 10, "{failed}");
    proxy.follow(Plan::calm());
    let browser = reqwest::Client::new();
    for _ in 0..3 {
        // On one kept connection.
        let answer = browser.get(proxy.origin()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().get("connection").is_none());
    }
    assert_eq!(send().await.unwrap().status, 200);
}
