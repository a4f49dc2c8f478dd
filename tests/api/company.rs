//! What the company shows and asks, read again while the server runs; what it promises everybody; and what the page
//! around the portal says along with a request.

use portico_tests::api::complaint;
use portico_tests::{Api, Options, Server, until};
use serde_json::{Value, json};

/// Waits until what is read at `path` has this at `pointer`.
async fn becomes(api: &Api, path: &str, pointer: &str, expected: &Value) {
    until(path, || async {
        let read = api.get(path).send().await.expect_status(200);
        match read.json.pointer(pointer) {
            Some(found) if found == expected => Ok(()),
            other => Err(format!("{pointer} is {other:?}")),
        }
    })
    .await;
}

fn types(name: &str, fields: &Value) -> String {
    let text = |text: &str| json!({"en": text, "zh-Hans": text, "zh-Hant": text});
    json!({"types": [{
        "id": "lost-key", "kind": "other", "steps": "four", "name": text(name), "description": text("Lost."),
        "article_ids": [], "fields": fields,
    }]})
    .to_string()
}

#[tokio::test]
async fn forms_words_and_looks_change_while_the_server_runs() {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(files.path().join(name), text).unwrap();
    };
    let config = |accent: &str, brand: &str| {
        format!(
            "request_types = {:?}\nwords = {:?}\n[brand]\nname = {{ en = {brand:?}, zh-Hans = {brand:?}, zh-Hant = {brand:?} }}\n\
             [theme]\ntokens = {{ accent = {accent:?} }}\n",
            files.path().join("types.json"),
            files.path().join("words.json"),
        )
    };
    write("types.json", &types("Lost key", &json!([])));
    write("words.json", "{}");
    let server = Server::with(Options {
        config: Some(config("#0d5563", "Shop")),
        ..Options::default()
    })
    .await;
    let guest = server.guest();
    let named = async |name: &str| {
        becomes(&guest, "/request-types", "/items/0/name", &json!(name)).await;
    };
    named("Lost key").await;

    let field = json!([{"id": "door", "type": "text", "required": true,
        "label": {"en": "Which door?", "zh-Hans": "哪扇门？", "zh-Hant": "哪扇門？"}}]);
    write("types.json", &types("Key lost", &field));
    named("Key lost").await;
    let request = json!({"type_id": "lost-key", "subject": "Key", "body": {"format": "text", "value": "Lost."},
        "contact": {"email": "a@example.com"}});
    let send = guest
        .post("/requests")
        .key(uuid::Uuid::new_v4())
        .json(&request);
    let refused = send.send().await.expect_status(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/fields/door");
    // The document of the API knows it too.
    let document = guest.get("/openapi.json").send().await.expect_status(200);
    assert!(document.text().contains("lost-key"));

    // What is wrong is logged, and what was read before stays.
    write("types.json", "{\"types\": [{}]}");
    until("the mistake to be logged", || async {
        match server.log().contains("stay as they were read before") {
            true => Ok(()),
            false => Err(server.log()),
        }
    })
    .await;
    named("Key lost").await;
    write("types.json", &types("Key lost", &field));

    server.configure(&config("#7a1f1f", "Store"));
    becomes(&guest, "/config", "/brand/name", &json!("Store")).await;
    becomes(&guest, "/config", "/theme/tokens/accent", &json!("#7a1f1f")).await;
    let sheet = reqwest::get(server.url("/theme.css")).await.unwrap();
    assert!(sheet.text().await.unwrap().contains("#7a1f1f"));
}

#[tokio::test]
async fn everybody_can_read_what_is_promised_and_where_it_goes_on() {
    let server = Server::start().await;
    let told = server
        .guest()
        .get("/promises")
        .language("en")
        .send()
        .await
        .expect_status(200);
    let about = |kind: &str| {
        let items = told.json["items"].as_array().unwrap();
        let one = items
            .iter()
            .find(|i| i["kinds"].as_array().unwrap().contains(&json!(kind)));
        let promises = one.unwrap()["promises"].as_array().unwrap().iter();
        promises
            .map(|p| {
                (
                    p["goal"]["amount"].as_u64().unwrap(),
                    p["goal"]["unit"].as_str().unwrap(),
                )
            })
            .collect::<Vec<_>>()
    };
    // R3, R4 and R5 of the service that the default policy serves.
    let days = "working_days";
    assert_eq!(
        about("complaint"),
        [(24, "hours"), (3, days), (5, days), (15, days)]
    );
    assert_eq!(
        about("consultation"),
        [(2, "hours"), (24, "hours"), (48, "hours")]
    );
    let all = told.json["items"].as_array().unwrap();
    let of_all: Vec<_> = all.iter().filter(|i| i["kinds"] == json!([])).collect();
    assert_eq!(of_all.len(), 1);
    // What is promised to some customers alone, and what is for the desk alone, is not told.
    assert!(
        !told.text().contains("\"amount\":8,") && !told.text().contains("The record is complete")
    );
    assert_eq!(told.text_at("/escalation/0"), "the team leader");
    assert_eq!(told.text_at("/ladder/0/key"), "second_review");
    assert_eq!(told.text_at("/ladder/1/phone"), "12315");
}

#[tokio::test]
async fn what_the_page_around_says_stands_on_the_request_and_nothing_personal_does() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let mut request = complaint("Charged twice", None);
    request["context"] = json!({"page": "https://www.example.com/cart", "shelf": "7"});
    let created = customer.submit(&request).await;
    let along = |request: &Value| {
        let fields = request["fields"].as_array().unwrap().iter();
        let along = fields.filter(|f| f["id"].as_str().unwrap().starts_with("context."));
        along
            .map(|f| (f["label"].clone(), f["display"].clone()))
            .collect::<Vec<_>>()
    };
    let expected = [
        (
            json!("提交时所在网页"),
            json!("https://www.example.com/cart"),
        ),
        (json!("shelf"), json!("7")),
    ];
    assert_eq!(along(&created.json["request"]), expected);
    assert!(
        created
            .text_at("/receipt/canonical")
            .contains("https://www.example.com/cart")
    );
    let id = created.text_at("/request/id");
    let desk = server
        .desk()
        .get(&format!("/requests/{id}"))
        .send()
        .await
        .expect_status(200);
    let seen = desk.json.get("request").unwrap_or(&desk.json);
    assert_eq!(along(seen), expected);
    for context in [
        json!({"page": "https://www.example.com/cart?q=ann"}),
        json!({"who": "ann@example.com"}),
        json!({"Page": "/cart"}),
        json!([]),
    ] {
        request["context"] = context.clone();
        let send = customer
            .post("/requests")
            .key(uuid::Uuid::new_v4())
            .json(&request);
        let refused = send.send().await.expect_status(422);
        assert_eq!(
            refused.text_at("/errors/0/pointer"),
            "/context",
            "{context}"
        );
    }
}
