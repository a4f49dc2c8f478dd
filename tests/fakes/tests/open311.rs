use crate::{Said, client, said};
use portico_fakes::Fake;

async fn get(desk: &Fake, path: &str) -> Said {
    said(client().get(format!("{}/open311/v2/{path}", desk.base_url()))).await
}

async fn report(desk: &Fake, fields: &[(&str, &str)]) -> Said {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = client()
        .post(format!("{}/open311/v2/requests.json", desk.base_url()))
        .body(form);
    said(request.header("content-type", "application/x-www-form-urlencoded")).await
}

#[tokio::test]
async fn a_report_needs_a_key_a_place_and_its_attributes() {
    let desk = Fake::open311().await;
    let key = desk.service().secret;
    let whole = [
        ("api_key", key.as_str()),
        ("service_code", "pothole"),
        ("lat", "51.5"),
        ("long", "-0.1"),
        ("attribute[SIZE]", "2"),
        ("description", "Deep"),
        ("email", "alice@example.test"),
    ];
    let without = |name: &str| {
        whole
            .into_iter()
            .filter(|(known, _)| *known != name)
            .collect::<Vec<_>>()
    };
    for (missing, status) in [
        ("api_key", 403),
        ("service_code", 400),
        ("long", 400),
        ("attribute[SIZE]", 400),
    ] {
        let refused = report(&desk, &without(missing)).await;
        assert_eq!(
            (refused.status, refused.body[0]["code"].as_u64()),
            (status, Some(status.into())),
            "{missing}"
        );
    }
    assert_eq!(
        report(&desk, &whole).await.body[0]["service_request_id"],
        "1"
    );
    desk.answer("1", "It is filled", false);
    desk.answer("1", "Who drove there?", true);
    desk.set_status("1", "closed");
    let read = get(&desk, "requests/1.json").await;
    assert_eq!(
        (&read.body[0]["status"], &read.body[0]["status_notes"]),
        (&"closed".into(), &"It is filled".into())
    );
    assert!(
        !read.text.contains("alice"),
        "nothing about the reporter comes out"
    );
    assert!(
        !desk
            .calls()
            .iter()
            .any(|call| String::from_utf8_lossy(&call.body).contains(&key))
    );
}

#[tokio::test]
async fn a_token_becomes_a_request_later() {
    let desk = Fake::open311().await;
    let key = desk.service().secret;
    let fields = [
        ("api_key", key.as_str()),
        ("service_code", "streetlight"),
        ("address_string", "1 High Street"),
    ];
    assert_eq!(report(&desk, &fields).await.body[0]["token"], "token-1");
    assert!(
        get(&desk, "tokens/token-1.json").await.body[0]
            .get("service_request_id")
            .is_none()
    );
    assert_eq!(get(&desk, "requests/1.json").await.status, 404);
    desk.set_status("1", "open");
    assert_eq!(
        get(&desk, "tokens/token-1.json").await.body[0]["service_request_id"],
        "1"
    );
    assert_eq!(
        get(&desk, "requests.json?status=open")
            .await
            .each("", "service_request_id"),
        ["1"]
    );
    assert_eq!(
        get(&desk, "requests.json?service_request_id=2")
            .await
            .body
            .as_array()
            .unwrap()
            .len(),
        0
    );
}
