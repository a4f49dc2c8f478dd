//! The customer's own requests: paging, search, filters, order.

use std::collections::BTreeSet;

use portico_contract::list::Page;
use portico_contract::request::Request;
use portico_tests::Server;
use portico_tests::api::complaint;
use serde_json::{Value, json};

use crate::limits::generous;

fn ids(items: &[Value]) -> Vec<String> {
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_page_of_a_list_together_holds_every_request_once() {
    let server = Server::with(generous()).await;
    let customer = server.customer("a@example.com").await;
    let mut sent = BTreeSet::new();
    for n in 0..23 {
        sent.insert(
            customer
                .submit(&complaint(&format!("Complaint {n}"), None))
                .await
                .text_at("/request/id"),
        );
    }
    for limit in [1, 5, 23, 100] {
        let seen = ids(&customer.all("/requests", limit).await);
        assert_eq!(seen.len(), 23, "limit {limit}");
        assert_eq!(
            seen.into_iter().collect::<BTreeSet<_>>(),
            sent,
            "limit {limit}"
        );
    }
    let page: Page<Request> = customer
        .get("/requests?limit=5")
        .send()
        .await
        .expect_status(200)
        .decode();
    assert_eq!(page.items.len(), 5);
    assert!(page.total.is_none_or(|total| total == 23));
    for wrong in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=many",
        "sort=colour",
    ] {
        let refused = customer.get(&format!("/requests?{wrong}")).send().await;
        assert!(
            refused.status == 400 || refused.status == 422,
            "{wrong}: {}",
            refused.status
        );
    }

    // A request that changes while somebody turns the pages may move, but none is lost.
    let first = customer
        .get("/requests?limit=10&sort=created_at")
        .send()
        .await
        .expect_status(200);
    let oldest = first.json["items"][0]["id"].as_str().unwrap();
    server
        .desk()
        .post(&format!("/requests/{oldest}/status"))
        .json(&json!({"status": "open"}))
        .send()
        .await
        .expect_status(200);
    let cursor = first.text_at("/next_cursor");
    let rest = customer
        .all(&format!("/requests?sort=created_at&cursor={cursor}"), 100)
        .await;
    assert_eq!(rest.len(), 13);
}

#[tokio::test]
async fn a_list_is_searched_filtered_and_sorted() {
    let server = Server::start().await;
    let customer = server.customer("a@example.com").await;
    let mut complaint_about = complaint("發票 invoice charged twice", None);
    complaint_about["fields"] = json!({});
    let first = customer.submit(&complaint_about).await;
    let fault = json!({"type_id": "fault", "subject": "Does not start", "body": {"format": "text", "value": "The lamp 100% _dark_"}, "fields": {"product": "LT-500"}});
    let second = customer.submit(&fault).await;
    let (first_id, second_id) = (first.text_at("/request/id"), second.text_at("/request/id"));
    let reference = second.text_at("/request/reference");
    server
        .desk()
        .post(&format!("/requests/{first_id}/status"))
        .json(&json!({"status": "resolved", "outcome": "done"}))
        .send()
        .await
        .expect_status(200);

    let both = vec![first_id.clone(), second_id.clone()];
    let lower = reference.to_lowercase();
    for (query, expected) in [
        ("q=INVOICE", vec![first_id.clone()]),
        ("q=%E7%99%BC%E7%A5%A8", vec![first_id.clone()]),
        ("q=lamp", vec![second_id.clone()]),
        ("q=100%25", vec![second_id.clone()]),
        ("q=_dark_", vec![second_id.clone()]),
        ("q=%25", vec![second_id.clone()]),
        ("q=zeppelin", vec![]),
        ("q=%22%27%3B--", vec![]),
        ("kind=fault", vec![second_id.clone()]),
        ("kind=fault,complaint&sort=created_at", both.clone()),
        ("status=resolved", vec![first_id.clone()]),
        ("status=new,open", vec![second_id.clone()]),
        ("status=resolved&kind=fault", vec![]),
        ("sort=created_at", both.clone()),
        (
            "sort=-created_at",
            vec![second_id.clone(), first_id.clone()],
        ),
        (
            "sort=-updated_at",
            vec![first_id.clone(), second_id.clone()],
        ),
        (
            format!("reference={lower}").as_str(),
            vec![second_id.clone()],
        ),
        (format!("q={reference}").as_str(), vec![second_id.clone()]),
    ] {
        let found = customer
            .get(&format!("/requests?{query}"))
            .send()
            .await
            .expect_status(200);
        assert_eq!(
            ids(found.json["items"].as_array().unwrap()),
            expected,
            "{query}"
        );
    }
}
