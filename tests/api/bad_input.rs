//! What people and programs send that nobody asked for.

use portico_tests::api::complaint;
use portico_tests::{Reply, Server};
use serde_json::{Value, json};

/// Texts that break programs.
const STRANGE: [&str; 10] = [
    "👩‍👧‍👦 🏳️‍🌈 emoji with joiners",
    "投訴：帳單重複扣款。請儘快處理！",
    "投诉：账单重复扣款。请尽快处理！",
    "\u{202e}right-to-left override\u{202c} and شكوى بشأن الفاتورة",
    "zero\u{200b}width\u{feff}characters",
    "𠮷野家 outside the basic plane",
    "e\u{301}\u{302}\u{303} combining",
    "'; DROP TABLE requests; -- \" \\ %00 %s {{7*7}} ${jndi:ldap://x}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "line\nbreaks\r\nand\ttabs",
];

async fn submit(server: &Server, body: &Value) -> Reply {
    server
        .guest()
        .post("/requests")
        .new_key()
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn every_script_comes_back_as_it_was_sent() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    for text in STRANGE {
        let mut body = complaint("A strange text", None);
        body["body"]["value"] = json!(text);
        body["subject"] = json!(format!("Subject {}", text.lines().next().unwrap()));
        let created = customer.submit(&body).await;
        let path = format!("/requests/{}", created.text_at("/request/id"));
        let timeline = customer
            .get(&format!("{path}/timeline"))
            .send()
            .await
            .expect_status(200);
        assert_eq!(
            timeline.json["items"][0]["body"],
            json!({"format": "text", "value": text})
        );
        let subject = customer
            .get(&path)
            .send()
            .await
            .expect_status(200)
            .text_at("/subject");
        let visible = |s: &str| {
            s.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
        };
        assert_eq!(
            visible(&subject),
            visible(body["subject"].as_str().unwrap()),
            "{subject:?}"
        );
        assert!(!subject.contains(['\u{202e}', '\n']), "{subject:?}");
    }
}

#[tokio::test]
async fn ten_megabytes_of_text_are_refused_and_so_is_one_character_too_many() {
    let server = Server::start().await;
    let mut body = complaint("Long", Some("a@example.com"));
    body["body"]["value"] = json!("長".repeat(10 * 1024 * 1024 / 3));
    submit(&server, &body)
        .await
        .expect_problem(413, "payload_too_large");
    body["body"]["value"] = json!("長".repeat(20_001));
    submit(&server, &body).await.expect_invalid("/body/value");
    body["body"]["value"] = json!("長".repeat(20_000));
    body["subject"] = json!("題".repeat(201));
    submit(&server, &body).await.expect_invalid("/subject");
    body["subject"] = json!("題".repeat(200));
    submit(&server, &body).await.expect_status(201);
}

#[tokio::test]
async fn bodies_that_are_no_submission_are_refused_and_never_an_error_of_the_server() {
    let server = Server::start().await;
    let guest = server.guest();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (body, status) in [
        ("", 400),
        ("null", 422),
        ("[]", 422),
        ("7", 422),
        ("{", 400),
        ("{}", 422),
        (r#"{"type_id":"fault","type_id":"other"}"#, 422),
        ("{\"subject\":\"\\ud800\"}", 400),
        (deep.as_str(), 400),
    ] {
        let sent = guest
            .post("/requests")
            .new_key()
            .header("content-type", "application/json")
            .body(body.to_owned());
        let reply = sent.send().await;
        let told: String = body.chars().take(60).collect();
        assert!(
            reply.status == status || reply.status == 400 || reply.status == 422,
            "{told}: {}",
            reply.status
        );
        assert!(reply.json["code"].is_string(), "{told}: {}", reply.text());
    }
    let raw = guest
        .post("/requests")
        .new_key()
        .header("content-type", "application/json")
        .body(vec![0xff, 0xfe, b'{', b'}']);
    raw.send().await.expect_problem(400, "bad_request");
    let mut zero = complaint("Zero\u{0}byte", Some("a@example.com"));
    zero["body"]["value"] = json!("zero\u{0}byte");
    let reply = submit(&server, &zero).await;
    assert!(!reply.status.is_server_error(), "{}", reply.text());
}

#[tokio::test]
async fn a_member_that_is_missing_or_of_another_type_is_named() {
    let server = Server::start().await;
    let whole = complaint("Charged twice", Some("a@example.com"));
    for member in ["type_id", "subject", "body"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(member);
        submit(&server, &body)
            .await
            .expect_invalid(&format!("/{member}"));
        for wrong in [json!(null), json!(7), json!([]), json!(true)] {
            body[member] = wrong;
            submit(&server, &body)
                .await
                .expect_invalid(&format!("/{member}"));
        }
    }
    for (pointer, wrong) in [
        ("/body/value", json!(7)),
        ("/fields", json!([])),
        ("/attachment_ids", json!("x")),
        ("/contact", json!("a@example.com")),
        ("/contact", json!([])),
        ("/contact", json!(["A", "a@example.com", null, null])),
        ("/body", json!(["text", "In an array"])),
        ("/contact/email", json!(7)),
        ("/locale", json!("tlh")),
        ("/consents", json!([])),
    ] {
        let mut body = whole.clone();
        if pointer.starts_with("/body/") || pointer.starts_with("/contact/") {
            *body.pointer_mut(pointer).unwrap() = wrong;
        } else {
            body[&pointer[1..]] = wrong;
        }
        submit(&server, &body).await.expect_invalid(pointer);
    }
}

#[tokio::test]
async fn form_answers_are_checked_by_the_schema_of_the_form() {
    let server = Server::start().await;
    let fault = |fields: Value| json!({"type_id": "fault", "subject": "Broken", "body": {"format": "text", "value": "It is"}, "fields": fields, "contact": {"email": "a@example.com"}});
    for (fields, pointer, code) in [
        (json!({}), "/fields/product", "required"),
        (json!({"product": ""}), "/fields/product", "required"),
        (json!({"product": "   "}), "/fields/product", "required"),
        (json!({"product": true}), "/fields/product", "wrong_type"),
        (
            json!({"product": "x".repeat(201)}),
            "/fields/product",
            "too_long",
        ),
        (
            json!({"product": "LT-500", "product_category": "no-such-leaf"}),
            "/fields/product_category",
            "not_an_option",
        ),
        (
            json!({"product": "LT-500", "product_category": "equipment"}),
            "/fields/product_category",
            "not_an_option",
        ),
        (
            json!({"product": "LT-500", "no_such_field": 1}),
            "/fields/no_such_field",
            "unknown_field",
        ),
    ] {
        let refused = submit(&server, &fault(fields.clone()))
            .await
            .expect_invalid(pointer);
        let error = refused.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .find(|error| error["pointer"] == pointer)
            .unwrap()
            .clone();
        assert_eq!(error["code"], code, "{fields}");
    }
    let nested = json!({"product": {"name": "LT-500"}});
    submit(&server, &fault(nested))
        .await
        .expect_invalid("/fields/product");
    submit(
        &server,
        &fault(json!({"product": "LT-500", "product_category": "main_unit"})),
    )
    .await
    .expect_status(201);
}

#[tokio::test]
async fn addresses_of_contacts_are_checked() {
    let server = Server::start().await;
    for email in [
        "no address",
        "a@b",
        "a@b.c, d@e.f",
        "a@b.c\r\nbcc: d@e.f",
        "<a@b.c>",
        &format!("{}@b.c", "a".repeat(300)),
    ] {
        submit(&server, &complaint("Bad address", Some(email)))
            .await
            .expect_invalid("/contact/email");
    }
    let mut body = complaint("Bad number", None);
    body["contact"] = json!({"phone": "call me"});
    submit(&server, &body)
        .await
        .expect_invalid("/contact/phone");
    body["contact"] = json!({"phone": "+886 2 2345 6789 分機 12"});
    submit(&server, &body).await.expect_status(201);
}

#[tokio::test]
async fn strange_addresses_and_headers_are_refused_and_never_an_error_of_the_server() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    for path in [
        "/requests/%00",
        "/requests/..%2f..%2fetc",
        "/requests/%F0%9F%98%80",
        "/requests/%ff",
        "/requests?limit=99999999999999999999",
        "/requests?status=levitating",
        "/requests?kind=%00",
        "/requests?cursor=%F0%9F%98%80",
        "/requests?reference=not-a-reference",
        "/changes?since=%00&wait=abc",
        "/changes?wait=99999",
        "/submissions/not-a-uuid",
        "/attachments/..%2f..%2fportico.db",
        "/request-types/%2e%2e",
        "/requests?q=%E4%B8",
        &format!("/requests?q={}", "x".repeat(6_000)),
    ] {
        // The long poll with a wait that is far too long has to be refused or shortened by the server.
        let reply = tokio::time::timeout(
            std::time::Duration::from_secs(70),
            customer.get(path).send(),
        )
        .await
        .expect(path);
        assert!(!reply.status.is_server_error(), "{path}: {}", reply.text());
        if reply.status.is_client_error() {
            assert!(reply.json["code"].is_string(), "{path}: {}", reply.text());
        }
    }
    for (name, value) in [
        ("authorization", "Basic YTpi"),
        ("authorization", "Bearer"),
        ("accept-language", ";;;q=x,,"),
        ("if-match", "no-quotes"),
    ] {
        let reply = server
            .guest()
            .get("/requests")
            .header(name, value)
            .send()
            .await;
        reply.expect_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn what_customers_type_is_in_no_log_line() {
    let server = Server::start().await;
    let guest = server.guest();
    let mut body = complaint("CANARY-SUBJECT", Some("canary-address@example.com"));
    body["body"]["value"] = json!("CANARY-BODY");
    body["contact"]["name"] = json!("CANARY-NAME");
    body["contact"]["phone"] = json!("+85299998888");
    let created = guest.submit(&body).await;
    body["subject"] = json!("");
    guest
        .post("/requests")
        .new_key()
        .json(&body)
        .send()
        .await
        .expect_status(422);
    let customer = server.customer("canary-address@example.com").await;
    customer
        .get("/requests?q=CANARY-SEARCH")
        .send()
        .await
        .expect_status(200);
    let upload = customer
        .upload("CANARY-FILE.txt", "text/plain", b"CANARY-CONTENT")
        .await;
    let message =
        json!({"body": {"format": "text", "value": "CANARY-MESSAGE"}, "attachment_ids": [upload]});
    let path = format!("/requests/{}/messages", created.text_at("/request/id"));
    customer
        .post(&path)
        .new_key()
        .json(&message)
        .send()
        .await
        .expect_status(201);
    guest.post("/track").json(&json!({"reference": created.text_at("/request/reference"), "query_code": created.text_at("/query_code")})).send().await.expect_status(200);
    let log = server.log();
    assert!(!log.is_empty());
    for secret in [
        "CANARY",
        "canary-address",
        "99998888",
        &created.text_at("/query_code"),
        &upload,
        customer.token().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
