//! Signing in by a token of the company's own site, and drafts that the server keeps for who is signed in.

use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::get};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use portico_tests::host::{AUDIENCE, SECRET, now, token};
use portico_tests::{Options, Reply, Server};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// The keys of the tests, as PEM: of RSA and of Ed25519.
const RSA_PRIVATE: &str = include_str!("keys/rsa.pem");
const RSA_PUBLIC: &str = include_str!("keys/rsa.pub.pem");
const ED_PRIVATE: &str = include_str!("keys/ed25519.pem");
const ED_PUBLIC: &str = include_str!("keys/ed25519.pub.pem");

async fn server() -> (Server, TempDir) {
    let keys = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(keys.path().join(name), text).unwrap();
        keys.path().join(name).display().to_string()
    };
    let config = format!(
        "[host_token]\naudience = \"{AUDIENCE}\"\nkeys = [\n\
         {{ algorithm = \"HS256\", kid = \"secret\", file = \"{}\" }},\n\
         {{ algorithm = \"RS256\", kid = \"rsa\", file = \"{}\" }},\n\
         {{ algorithm = \"EdDSA\", kid = \"ed\", file = \"{}\" }},\n]\n",
        file("secret", SECRET),
        file("rsa.pub.pem", RSA_PUBLIC),
        file("ed.pub.pem", ED_PUBLIC),
    );
    let config = Some(config);
    let server = Server::with(Options {
        config,
        ..Options::default()
    });
    (server.await, keys)
}

async fn send(server: &Server, token: &str) -> Reply {
    let body = json!({"token": token});
    let sent = server.guest().post("/session/host-token").json(&body);
    sent.send().await
}

fn claims() -> Value {
    json!({"sub": "customer-1", "jti": uuid::Uuid::new_v4().to_string(), "aud": AUDIENCE, "exp": now() + 120})
}

#[tokio::test]
async fn a_token_of_each_kind_opens_a_session_of_the_same_customer() {
    let (server, _keys) = server().await;
    let rsa = EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()).unwrap();
    let ed = EncodingKey::from_ed_pem(ED_PRIVATE.as_bytes()).unwrap();
    let signed = [
        token(&json!({"name": "Ann", "email": "ann@example.com", "email_verified": true})),
        encode(&Header::new(Algorithm::RS256), &claims(), &rsa).unwrap(),
        encode(&Header::new(Algorithm::EdDSA), &claims(), &ed).unwrap(),
    ];
    let mut ids = Vec::new();
    for token in signed {
        let opened = send(&server, &token).await.expect_status(200);
        assert_eq!(opened.header("set-cookie"), None);
        let me = server.guest().bearer(opened.text_at("/token"));
        let session = me.get("/session").send().await.expect_status(200);
        assert_eq!(session.text_at("/customer/email"), "ann@example.com");
        assert_eq!(session.text_at("/customer/name"), "Ann");
        ids.push(session.text_at("/customer/id"));
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    // Who has proven the address by a code is the same customer.
    let by_code = server.customer("ann@example.com").await;
    let session = by_code.get("/session").send().await.expect_status(200);
    assert_eq!(session.text_at("/customer/id"), ids[0]);
}

#[tokio::test]
async fn an_address_that_the_site_has_not_verified_opens_nothing_of_its_owner() {
    let (server, _keys) = server().await;
    server.customer("owner@example.com").await;
    for claims in [
        json!({"email": "owner@example.com", "email_verified": false}),
        json!({"email": "owner@example.com", "email_verified": false, "sub": "customer-2"}),
    ] {
        send(&server, &token(&claims)).await.expect_status(401);
        assert!(server.log().contains("\"reason\":\"no_address\""));
    }
}

#[tokio::test]
async fn every_token_that_is_not_to_be_believed_is_refused_and_the_log_says_why() {
    let (server, _keys) = server().await;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let with = |key: &[u8], head: Header| {
        encode(&head, &claims(), &EncodingKey::from_secret(key)).unwrap()
    };
    let named = |kid: &str, algorithm| Header {
        kid: Some(kid.to_owned()),
        ..Header::new(algorithm)
    };
    let used = token(&json!({}));
    send(&server, &used).await.expect_status(200);
    let unsigned = format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims()));
    let refused = [
        ("expired", token(&json!({"exp": now() - 60}))),
        ("not_yet_valid", token(&json!({"nbf": now() + 90}))),
        ("audience", token(&json!({"aud": "https://other.example"}))),
        ("lives_too_long", token(&json!({"exp": now() + 3_600}))),
        (
            "signature",
            with(
                b"another secret, as long as the one that is right",
                Header::new(Algorithm::HS256),
            ),
        ),
        ("unsigned", unsigned),
        // The public key, which anybody has, as if it were the secret; by the name of the RSA key and without one.
        (
            "unknown_key",
            with(RSA_PUBLIC.as_bytes(), named("rsa", Algorithm::HS256)),
        ),
        (
            "signature",
            with(RSA_PUBLIC.as_bytes(), Header::new(Algorithm::HS256)),
        ),
        (
            "algorithm",
            with(SECRET.as_bytes(), Header::new(Algorithm::HS512)),
        ),
        ("used", used),
        ("too_long", token(&json!({"name": "x".repeat(10 * 1024)}))),
        ("malformed", "not a token".to_owned()),
    ];
    let told = |server: &Server, reason: &str| {
        let line = format!("\"reason\":\"{reason}\"");
        server.log().matches(&line).count()
    };
    for (reason, token) in refused {
        let before = told(&server, reason);
        let answer = send(&server, &token).await.expect_status(401);
        assert_eq!(answer.text_at("/code"), "unauthenticated", "{reason}");
        // What was wrong is for the log alone.
        assert!(!answer.text().contains(reason), "{}", answer.text());
        assert_eq!(told(&server, reason), before + 1, "{}", server.log());
        let longest = token.split('.').next_back().unwrap_or_default();
        assert!(longest.is_empty() || !server.log().contains(longest));
    }
}

#[tokio::test]
async fn a_token_whose_answer_was_lost_brings_it_again_to_who_sent_it() {
    let (server, _keys) = server().await;
    let body = json!({"token": token(&json!({}))});
    let key = uuid::Uuid::new_v4();
    let again = async || {
        let sent = server.guest().post("/session/host-token");
        let sent = sent.key(key).json(&body);
        sent.send().await.expect_status(200)
    };
    assert_eq!(
        again().await.text_at("/token"),
        again().await.text_at("/token")
    );
}

#[tokio::test]
async fn drafts_are_kept_for_their_customer_alone_and_go_with_the_session() {
    let (server, _keys) = server().await;
    let me = async |subject: &str| {
        let opened = send(&server, &token(&json!({"sub": subject}))).await;
        server
            .guest()
            .bearer(opened.expect_status(200).text_at("/token"))
    };
    let (ann, ben) = (me("ann").await, me("ben").await);
    let draft = json!({"subject": "重複扣款", "n": 1});
    let path = "/drafts/form.billing-complaint";
    ann.call(Method::PUT, path)
        .json(&draft)
        .send()
        .await
        .expect_status(204);
    assert_eq!(ann.get(path).send().await.expect_status(200).json, draft);
    ben.get(path).send().await.expect_status(404);
    server.guest().get(path).send().await.expect_status(401);
    let guest = server.guest().call(Method::PUT, path).json(&draft).send();
    guest.await.expect_status(401);
    let large = json!({"body": "x".repeat(300 * 1024)});
    let large = ann.call(Method::PUT, path).json(&large).send();
    large.await.expect_status(413);
    // Another session of hers has it; signing out takes it away.
    let other = me("ann").await;
    assert_eq!(other.get(path).send().await.expect_status(200).json, draft);
    other
        .call(Method::DELETE, "/session")
        .send()
        .await
        .expect_status(204);
    ann.get(path).send().await.expect_status(404);
    ann.call(Method::PUT, path)
        .json(&draft)
        .send()
        .await
        .expect_status(204);
    ann.call(Method::DELETE, path)
        .send()
        .await
        .expect_status(204);
    ann.get(path).send().await.expect_status(404);
}

/// A company's key set at an address; `None`: it does not answer.
struct KeySets {
    address: String,
    set: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl KeySets {
    async fn start() -> Self {
        let set = Arc::new(Mutex::new(None));
        let asked = Arc::new(AtomicU32::new(0));
        let (shown, counted) = (Arc::clone(&set), Arc::clone(&asked));
        let answer = async move || {
            counted.fetch_add(1, Ordering::SeqCst);
            match shown.lock().unwrap().clone() {
                Some(set) => Json::<Value>(set).into_response(),
                None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let router = Router::new().route("/jwks.json", get(answer));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            set,
            asked,
            task,
        }
    }

    fn show(&self, set: Option<Value>) {
        *self.set.lock().unwrap() = set;
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for KeySets {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn keys_at_an_address_are_fetched_once_and_outlive_their_provider() {
    let provider = KeySets::start().await;
    let config = format!(
        "[host_token]\naudience = \"{AUDIENCE}\"\njwks = \"{}\"\n",
        provider.address
    );
    let server = Server::with(Options {
        config: Some(config),
        ..Options::default()
    })
    .await;
    let ed = EncodingKey::from_ed_pem(ED_PRIVATE.as_bytes()).unwrap();
    let signed = |kid: &str| {
        let head = Header {
            kid: Some(kid.to_owned()),
            ..Header::new(Algorithm::EdDSA)
        };
        let mut claims = claims();
        claims["email"] = json!("ann@example.com");
        claims["email_verified"] = json!(true);
        encode(&head, &claims, &ed).unwrap()
    };
    // The provider is down: nobody is signed in, and the log says why.
    send(&server, &signed("2026")).await.expect_status(401);
    assert!(server.log().contains("\"reason\":\"no_keys\""));
    // It is back. The last 32 bytes of the DER within the PEM are the key itself (RFC 8410, 4).
    let lines = ED_PUBLIC.lines().filter(|line| !line.starts_with('-'));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    let x = URL_SAFE_NO_PAD.encode(&der[der.len() - 32..]);
    let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "2026", "x": x});
    provider.show(Some(json!({"keys": [key]})));
    send(&server, &signed("2026")).await.expect_status(200);
    let asked = provider.asked();
    // Kept, also while it is down again; a key that was never there is asked for once, and not with every token.
    provider.show(None);
    send(&server, &signed("2026")).await.expect_status(200);
    assert_eq!(provider.asked(), asked);
    send(&server, &signed("2027")).await.expect_status(401);
    send(&server, &signed("2027")).await.expect_status(401);
    assert!(server.log().contains("\"reason\":\"unknown_key\""));
    assert_eq!(provider.asked(), asked + 1);
}
