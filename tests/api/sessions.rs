//! Signing in by code, the session that follows, and its end.

use portico_tests::Server;
use portico_tests::api::complaint;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_code_by_mail_or_sms_signs_in_once() {
    let server = Server::start().await;
    let guest = server.guest();
    for (channel, address) in [("email", "a@example.com"), ("sms", "+85223456789")] {
        guest
            .post("/session/code")
            .json(&json!({"channel": channel, "address": address}))
            .send()
            .await
            .expect_status(202);
        let code = server.code_for(address).await;
        let redeem = json!({"channel": channel, "address": address, "code": code});
        let session = guest
            .post("/session/redeem")
            .json(&redeem)
            .send()
            .await
            .expect_status(200);
        let customer = guest.bearer(session.text_at("/token"));
        let me = customer.get("/me").send().await.expect_status(200);
        assert_eq!(
            me.json[if channel == "email" { "email" } else { "phone" }],
            address
        );
        let now = customer.get("/session").send().await.expect_status(200);
        assert_eq!(now.json["customer"]["id"], me.json["id"]);
        assert!(now.json["server_now"].is_string());
        guest
            .post("/session/redeem")
            .json(&redeem)
            .send()
            .await
            .expect_problem(422, "validation");
        assert!(
            !server.log().contains(&code) && !server.log().contains(address),
            "personal data in the log"
        );
        assert!(
            !server.data_holds(&session.text_at("/token")),
            "the session token is on the disk"
        );
    }
}

#[tokio::test]
async fn a_wrong_code_an_unknown_address_and_a_guessing_stranger_learn_nothing() {
    let server = Server::start().await;
    let guest = server.guest();
    guest
        .post("/session/code")
        .json(&json!({"channel": "email", "address": "a@example.com"}))
        .send()
        .await
        .expect_status(202);
    let right = server.code_for("a@example.com").await;
    let redeem = async |address: &str, code: &str| {
        guest
            .post("/session/redeem")
            .json(&json!({"channel": "email", "address": address, "code": code}))
            .send()
            .await
    };
    let wrong = if right.starts_with('0') {
        right.replacen('0', "1", 1)
    } else {
        format!("0{}", &right[1..])
    };
    let mut one = redeem("a@example.com", &wrong)
        .await
        .expect_problem(422, "validation");
    let mut other = redeem("nobody@example.com", &wrong)
        .await
        .expect_problem(422, "validation");
    for reply in [&mut one, &mut other] {
        reply.json.as_object_mut().unwrap().remove("trace_id");
    }
    assert_eq!(one.json, other.json);
    let mut limited = false;
    for n in 0..20 {
        limited |= redeem("a@example.com", &format!("9{n:07}")).await.status == 429;
    }
    assert!(
        limited || redeem("a@example.com", &right).await.status != 200,
        "a code can be guessed without end"
    );
}

#[tokio::test]
async fn a_code_ends_after_ten_minutes() {
    let mut server = Server::start().await;
    let ask = json!({"channel": "email", "address": "a@example.com"});
    server
        .guest()
        .post("/session/code")
        .json(&ask)
        .send()
        .await
        .expect_status(202);
    let code = server.code_for("a@example.com").await;
    let redeem = json!({"channel": "email", "address": "a@example.com", "code": code});
    server.travel("+11m").await;
    server
        .guest()
        .post("/session/redeem")
        .json(&redeem)
        .send()
        .await
        .expect_problem(422, "validation");
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once_and_for_good() {
    let mut server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let phone = server.customer("a@example.com").await;
    let out = customer
        .call(Method::DELETE, "/session")
        .send()
        .await
        .expect_status(204);
    assert!(out.header("clear-site-data").is_some(), "{:?}", out.headers);
    customer
        .get("/me")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    phone.get("/me").send().await.expect_status(200);
    server.kill();
    server.restart().await;
    customer
        .get("/me")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    phone.get("/me").send().await.expect_status(200);
}

#[tokio::test]
async fn a_cookie_needs_the_token_against_forgery_and_is_kept_from_scripts() {
    let server = Server::start().await;
    let guest = server.guest();
    let address = "a@example.com";
    guest
        .post("/session/code")
        .json(&json!({"channel": "email", "address": address}))
        .send()
        .await
        .expect_status(202);
    let code = server.code_for(address).await;
    let redeemed = guest
        .post("/session/redeem")
        .json(&json!({"channel": "email", "address": address, "code": code}));
    let redeemed = redeemed.send().await.expect_status(200);
    let set = redeemed.header("set-cookie").expect("a cookie").to_owned();
    let mut parts = set.split(';').map(str::trim);
    let cookie = parts.next().unwrap().to_owned();
    let flags: Vec<String> = parts.map(str::to_lowercase).collect();
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    for flag in ["secure", "httponly", "samesite=lax", "path=/"] {
        assert!(flags.iter().any(|given| given == flag), "{set}");
    }
    assert!(
        !flags.iter().any(|flag| flag.starts_with("domain")),
        "{set}"
    );

    let csrf = redeemed.text_at("/csrf_token");
    let session = guest
        .get("/session")
        .header("cookie", &cookie)
        .send()
        .await
        .expect_status(200);
    assert_eq!(session.json["csrf_token"], csrf.as_str());
    let submit = async |csrf: Option<&str>| {
        let call = guest
            .post("/requests")
            .new_key()
            .header("cookie", &cookie)
            .json(&complaint("By cookie", None));
        match csrf {
            Some(token) => call.header("x-csrf-token", token).send().await,
            None => call.send().await,
        }
    };
    submit(None).await.expect_problem(403, "forbidden");
    submit(Some("made-up"))
        .await
        .expect_problem(403, "forbidden");
    let created = submit(Some(&csrf)).await.expect_status(201);
    assert_eq!(created.json["query_code"], Value::Null);
    guest
        .call(Method::DELETE, "/session")
        .header("cookie", &cookie)
        .send()
        .await
        .expect_problem(403, "forbidden");
    let gone = guest
        .call(Method::DELETE, "/session")
        .header("cookie", &cookie)
        .header("x-csrf-token", &csrf)
        .send()
        .await
        .expect_status(204);
    let cleared = gone.header("set-cookie").unwrap_or_default().to_lowercase();
    assert!(
        cleared.contains("max-age=0") || cleared.contains("1970"),
        "{cleared}"
    );
    guest
        .get("/session")
        .header("cookie", &cookie)
        .send()
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_profile_is_the_customers_own_to_change() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let patch = async |change: Value| {
        customer
            .call(Method::PATCH, "/me")
            .json(&change)
            .send()
            .await
    };
    let changed = patch(json!({"name": "陳大文", "locale": "zh-Hant"}))
        .await
        .expect_status(200);
    assert_eq!(
        (
            changed.json["name"].as_str(),
            changed.json["locale"].as_str()
        ),
        (Some("陳大文"), Some("zh-Hant"))
    );
    assert_eq!(customer.get("/me").send().await.json, changed.json);
    patch(json!({"email": "other@example.com"}))
        .await
        .expect_invalid("/email");
    patch(json!(["An array", "en"]))
        .await
        .expect_problem(422, "validation");
    patch(json!({"locale": "tlh"}))
        .await
        .expect_invalid("/locale");
    patch(json!({"name": "x".repeat(5_000)}))
        .await
        .expect_invalid("/name");
}

#[tokio::test]
async fn an_address_is_read_as_people_type_it() {
    let server = Server::start().await;
    let first = server
        .customer("a@example.com")
        .await
        .get("/me")
        .send()
        .await
        .expect_status(200);
    let guest = server.guest();
    let before = server.letters_to("a@example.com").len();
    guest
        .post("/session/code")
        .json(&json!({"channel": "email", "address": " A@Example.COM "}))
        .send()
        .await
        .expect_status(202);
    let code = server.code_after("a@example.com", before).await;
    let again = guest.post("/session/redeem").json(
        &json!({"channel": "email", "address": "a@EXAMPLE.com", "code": format!(" {code} ")}),
    );
    let again = guest.bearer(again.send().await.expect_status(200).text_at("/token"));
    assert_eq!(again.get("/me").send().await.json["id"], first.json["id"]);
    guest
        .post("/session/code")
        .json(&json!({"channel": "email", "address": "no address"}))
        .send()
        .await
        .expect_invalid("/address");
    guest
        .post("/session/code")
        .json(&json!({"channel": "sms", "address": "call me"}))
        .send()
        .await
        .expect_invalid("/address");
}

#[tokio::test]
async fn what_a_guest_sent_before_is_there_after_signing_in_with_that_address() {
    let server = Server::start().await;
    let sent = server
        .guest()
        .submit(&complaint("Before the account", Some("late@example.com")))
        .await;
    let customer = server.customer("late@example.com").await;
    let id = sent.text_at("/request/id");
    customer
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_status(200);
    let list = customer.all("/requests", 10).await;
    assert_eq!(list.len(), 1);
}

#[tokio::test]
async fn who_comes_with_the_cookie_of_an_ended_session_goes_on_as_a_guest() {
    let mut server = Server::start().await;
    let guest = server.guest();
    let customer = server.customer("a@example.com").await;
    let cookie = format!("__Host-portico={}", customer.token().unwrap());
    let with_cookie = |call: portico_tests::Call| call.header("cookie", &cookie);
    with_cookie(guest.get("/session"))
        .send()
        .await
        .expect_status(200);
    server.travel("+25h").await;
    let key = uuid::Uuid::new_v4();
    let body = complaint("Written before", Some("a@example.com"));
    let submit = || guest.post("/requests").key(key).json(&body);
    // Whoever was signed in is told that they are so no longer; the cookie, which no page can see, goes at once.
    for call in [guest.get("/session"), submit()] {
        let refused = with_cookie(call).send().await;
        let refused = refused.expect_problem(401, "unauthenticated");
        let gone = refused.header("set-cookie").unwrap_or_default();
        assert!(
            gone.starts_with("__Host-portico=;") && gone.contains("Max-Age=0"),
            "{gone:?}"
        );
    }
    // A bearer is the client's own to forget.
    let refused = customer.get("/session").send().await;
    let refused = refused.expect_problem(401, "unauthenticated");
    assert_eq!(refused.header("set-cookie"), None);
    let created = submit().send().await.expect_status(201);
    assert!(created.json["query_code"].is_string());
    assert_eq!(server.desk().all("/requests", 10).await.len(), 1);
}
