//! Asking to be rung, and what all customers are told.

use portico_contract::announcement::Announcement;
use portico_contract::submission::Callback;
use portico_tests::api::complaint;
use portico_tests::{Api, Options, Reply, Server, until};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::events::Stream;
use crate::promises::clock;

async fn server() -> Server {
    let options = Options {
        test_clock: true,
        ..Options::unlimited()
    };
    let server = Server::with(options).await;
    clock(&server, "2026-03-02T10:00:00").await;
    server
}

fn wish(at: &str) -> Value {
    json!({"contact": {"name": "Chan Tai Man", "phone": "+852 2345 6789"}, "topic": "The invoice of March",
        "preferred_at": at})
}

async fn ask(api: &Api, body: &Value, key: Uuid) -> Reply {
    let call = api.post("/callbacks").key(key).language("en");
    call.json(body).send().await
}

#[tokio::test]
async fn a_customer_asks_to_be_rung_about_a_request_once() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    let created = customer.submit(&complaint("Charged twice", None)).await;
    let (id, reference) = (
        created.text_at("/request/id"),
        created.text_at("/request/reference"),
    );
    let mut body = wish("2026-03-03T09:30:00+08:00");
    body["request_id"] = json!(id);
    let key = Uuid::new_v4();
    let asked = ask(&customer, &body, key).await.expect_status(201);
    let callback: Callback = asked.decode();
    assert_eq!(
        (callback.topic.as_str(), callback.phone.as_str()),
        ("The invoice of March", "+852 2345 6789")
    );
    let again = ask(&customer, &body, key).await.expect_status(201);
    assert_eq!(again.json, asked.json);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));

    let items = customer.all(&format!("/requests/{id}/timeline"), 100).await;
    let told: Vec<_> = items.iter().filter(|i| i["kind"] == "callback").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["topic"], "The invoice of March");

    // A guest asks about nothing in particular; the desk sees both, the first one first.
    let guest = ask(
        &server.guest(),
        &wish("2026-03-02T15:00:00+08:00"),
        Uuid::new_v4(),
    )
    .await;
    guest.expect_status(201);
    let list = server.desk().get("/callbacks").send().await;
    let list = list.expect_status(200).json;
    let list = list["items"].as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[0]["request_id"], Value::Null);
    assert_eq!(list[1]["reference"], reference.as_str());
    assert_eq!(list[1]["contact"]["name"], "Chan Tai Man");
    until("both letters", || async {
        let letters = server.letters_to("+85223456789");
        let told = |time: &str| letters.iter().any(|letter| letter.text.contains(time));
        let both = told("2026-03-03 09:30 (UTC+08:00)") && told("2026-03-02 15:00 (UTC+08:00)");
        both.then_some(()).ok_or_else(|| format!("{letters:?}"))
    })
    .await;
    // What is long over is no longer shown.
    clock(&server, "2026-03-10T09:00:00").await;
    let list = server.desk().get("/callbacks").send().await.json;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

/// A company that answers the telephone from Monday to Friday.
async fn office() -> Server {
    let contacts = "[[contacts]]\nchannel = \"phone\"\nvalue = { en = \"1\", zh-Hans = \"1\", zh-Hant = \"1\" }\n\
        hours = [{ days = [1, 2, 3, 4, 5], from = \"09:00\", to = \"18:00\" }]\n";
    let options = Options {
        config: Some(contacts.to_owned()),
        test_clock: true,
        ..Options::default()
    };
    let server = Server::with(options.and_unlimited()).await;
    clock(&server, "2026-03-02T10:00:00").await;
    server
}

#[tokio::test]
async fn a_call_is_asked_for_when_somebody_answers_the_telephone() {
    let server = office().await;
    let guest = server.guest();
    // Tuesday; the hours are those of the company's zone, whatever the offset of what was sent.
    for (at, good) in [
        ("2026-03-03T09:00:00+08:00", true),
        ("2026-03-03T01:30:00Z", true),
        ("2026-03-02T17:59:00-08:00", true),
        ("2026-03-03T08:59:00+08:00", false),
        ("2026-03-03T18:00:00+08:00", false),
        ("2026-03-03T10:00:00Z", false),
        ("2026-03-07T10:00:00+08:00", false),
    ] {
        let asked = ask(&guest, &wish(at), Uuid::new_v4()).await;
        if good {
            asked.expect_status(201);
            continue;
        }
        let asked = asked.expect_invalid("/preferred_at");
        assert_eq!(asked.json["errors"][0]["code"], "not_an_option", "{at}");
        let said = asked.text_at("/errors/0/detail");
        assert!(said.contains("telephone hours"), "{said}");
    }
}

#[tokio::test]
async fn nobody_is_rung_on_a_holiday_unless_somebody_always_answers() {
    let closed = async |server: &Server| {
        let list = server.guest().get("/callbacks/closed-days").language("en");
        let list = list.send().await.expect_status(200).json;
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|day| format!("{} {}", day["date"].as_str().unwrap(), day["name"]))
            .collect::<Vec<_>>()
    };
    let asked = async |server: &Server| {
        // A Thursday, within the hours.
        let holiday = wish("2026-10-01T10:00:00+08:00");
        ask(&server.guest(), &holiday, Uuid::new_v4()).await
    };
    let office = office().await;
    clock(&office, "2026-09-20T10:00:00").await;
    let days = closed(&office).await;
    assert!(
        days.contains(&"2026-10-01 \"National Day\"".to_owned())
            && days
                .iter()
                .all(|day| day.as_str() > "2026-09-20" && day.as_str() < "2026-11-20"),
        "{days:?}"
    );
    let refused = asked(&office).await.expect_invalid("/preferred_at");
    assert_eq!(refused.json["errors"][0]["code"], "not_an_option");
    let said = refused.text_at("/errors/0/detail");
    assert!(said.contains("holiday"), "{said}");
    // The day before the holidays is like any other.
    let before = wish("2026-09-30T10:00:00+08:00");
    let before = ask(&office.guest(), &before, Uuid::new_v4()).await;
    before.expect_status(201);

    let always = "[[contacts]]\nchannel = \"phone\"\nvalue = { en = \"1\", zh-Hans = \"1\", zh-Hant = \"1\" }\n";
    let options = Options {
        config: Some(always.to_owned()),
        test_clock: true,
        ..Options::default()
    };
    let always = Server::with(options.and_unlimited()).await;
    clock(&always, "2026-09-20T10:00:00").await;
    assert_eq!(closed(&always).await, Vec::<String>::new());
    asked(&always).await.expect_status(201);
}

#[tokio::test]
async fn a_call_that_took_place_is_told_in_its_request_and_stays_in_its_place() {
    let mut server = server().await;
    let customer = server.customer("a@example.com").await;
    let created = customer.submit(&complaint("Charged twice", None)).await;
    let id = created.text_at("/request/id");
    let mut body = wish("2026-03-02T15:00:00+08:00");
    body["request_id"] = json!(id);
    let about = ask(&customer, &body, Uuid::new_v4()).await;
    let about = about.expect_status(201).text_at("/id");
    let alone = wish("2026-03-02T16:00:00+08:00");
    let alone = ask(&server.guest(), &alone, Uuid::new_v4()).await;
    let alone = alone.expect_status(201).text_at("/id");
    let told = async || {
        let items = customer.all(&format!("/requests/{id}/timeline"), 100).await;
        items.into_iter().find(|i| i["kind"] == "callback").unwrap()
    };
    assert_eq!(told().await["done_at"], Value::Null);

    clock(&server, "2026-03-02T15:04:00").await;
    let mut stream = Stream::open(&customer, None).await;
    let done = async |id: &str, body: &Value| {
        let path = format!("/callbacks/{id}/done");
        server.desk().post(&path).json(body).send().await
    };
    let answer = done(&about, &json!({"note": "Wants it by letter."})).await;
    let answer = answer.expect_status(200);
    assert_eq!(answer.json["note"], "Wants it by letter.");
    assert_eq!(stream.next().await.unwrap().name, "request_changed");
    let first = told().await;
    assert!(
        first["done_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-02T07:04")
            || first["done_at"]
                .as_str()
                .unwrap()
                .starts_with("2026-03-02T15:04"),
        "{first}"
    );
    // The note is the desk's own.
    let seen = customer
        .get(&format!("/requests/{id}/timeline"))
        .send()
        .await;
    assert!(!seen.text().contains("by letter"));
    // Said again it stays as it was, without a body too.
    clock(&server, "2026-03-02T17:00:00").await;
    done(&about, &json!({})).await.expect_status(200);
    let bodiless = server.desk().post(&format!("/callbacks/{alone}/done"));
    bodiless.send().await.expect_status(200);
    assert_eq!(told().await, first);

    for (body, pointer) in [
        (json!({"note": "x".repeat(20_001)}), "/note"),
        (json!({"when": "now"}), "/when"),
    ] {
        done(&about, &body).await.expect_invalid(pointer);
    }
    done("no-such-one", &json!({}))
        .await
        .expect_problem(404, "not_found");
    let stranger = Api::new(server.url("/desk/v1"));
    let stranger = stranger
        .post(&format!("/callbacks/{about}/done"))
        .send()
        .await;
    stranger.expect_problem(401, "unauthenticated");

    server.kill();
    server.restart().await;
    let list = server.desk().get("/callbacks").send().await.json;
    let ids = |place: usize| list["items"][place]["id"].as_str().unwrap().to_owned();
    assert_eq!((ids(0), ids(1)), (about, alone), "the order stays");
    assert!(list["items"][0]["done_at"].is_string() && list["items"][1]["done_at"].is_string());
}

#[tokio::test]
async fn a_wish_without_a_number_in_the_past_or_about_another_request_is_refused() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    let other = server.customer("b@example.com").await;
    let foreign = other.submit(&complaint("Another matter", None)).await;
    let wrong = async |change: &dyn Fn(&mut Value), pointer: &str| {
        let mut body = wish("2026-03-03T09:30:00+08:00");
        change(&mut body);
        let asked = ask(&customer, &body, Uuid::new_v4()).await;
        asked.expect_invalid(pointer);
    };
    wrong(
        &|b| b["contact"] = json!({"email": "a@example.com"}),
        "/contact/phone",
    )
    .await;
    wrong(&|b| b["contact"]["phone"] = json!("12"), "/contact/phone").await;
    wrong(&|b| b["topic"] = json!(" \u{200b} "), "/topic").await;
    wrong(&|b| b["topic"] = json!("x".repeat(201)), "/topic").await;
    for at in ["2026-03-02T09:59:00+08:00", "2026-05-02T10:00:00+08:00"] {
        wrong(&|b| b["preferred_at"] = json!(at), "/preferred_at").await;
    }
    wrong(&|b| b["preferred_at"] = json!("tomorrow"), "/preferred_at").await;
    let id = foreign.text_at("/request/id");
    wrong(&|b| b["request_id"] = json!(id), "/request_id").await;
    let keyless = customer
        .post("/callbacks")
        .json(&wish("2026-03-03T09:30:00+08:00"));
    keyless.send().await.expect_problem(400, "bad_request");
    let list = server.desk().get("/callbacks").send().await.json;
    assert_eq!(list["items"], json!([]));
    let stranger = Api::new(server.url("/desk/v1"));
    let stranger = stranger.get("/callbacks").send().await;
    stranger.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_incident_reaches_open_portals_and_goes_when_it_is_ended() {
    let server = server().await;
    let customer = server.customer("a@example.com").await;
    let words = |en: &str| json!({"en": en, "zh-Hans": "网络中断", "zh-Hant": "網路中斷"});
    let announce = async |body: Value| {
        server
            .desk()
            .post("/announcements")
            .json(&body)
            .send()
            .await
    };
    let shown = async |language: &str| {
        let list = server.guest().get("/announcements").language(language);
        let list = list.send().await.expect_status(200).json;
        let items = list["items"].as_array().unwrap();
        let titles = items
            .iter()
            .map(|item| item["title"].as_str().unwrap().to_owned());
        titles.collect::<Vec<_>>()
    };
    let mut stream = Stream::open(&customer, None).await;
    let incident = json!({"kind": "incident", "title": words("The network is down"), "body": words("We work on it.")});
    let told: Announcement = announce(incident.clone()).await.expect_status(201).decode();
    let event = stream.next().await.unwrap();
    assert_eq!(event.name, "announcements_changed");
    assert_eq!(event.data["request_id"], Value::Null);
    assert_eq!(shown("en").await, ["The network is down"]);
    assert_eq!(shown("zh-Hans").await, ["网络中断"]);

    // Planned work is told when its time has come, and no longer when it is over.
    let mut planned = incident.clone();
    planned["kind"] = json!("maintenance");
    planned["title"]["en"] = json!("Planned work");
    planned["from"] = json!("2026-03-03T01:00:00+08:00");
    planned["until"] = json!("2026-03-03T03:00:00+08:00");
    announce(planned.clone()).await.expect_status(201);
    assert_eq!(shown("en").await, ["The network is down"]);
    let known = server.desk().get("/announcements").send().await.json;
    assert_eq!(known["items"].as_array().unwrap().len(), 2);
    clock(&server, "2026-03-03T02:00:00").await;
    assert_eq!(shown("en").await, ["Planned work", "The network is down"]);
    clock(&server, "2026-03-03T03:00:00").await;
    assert_eq!(shown("en").await, ["The network is down"]);

    let path = format!("/announcements/{}/end", told.id);
    let mut stream = Stream::open(&customer, None).await;
    for _ in 0..2 {
        server.desk().post(&path).send().await.expect_status(200);
    }
    assert_eq!(stream.next().await.unwrap().name, "announcements_changed");
    assert_eq!(shown("en").await, Vec::<String>::new());

    let gone = server
        .desk()
        .post("/announcements/no-such-one/end")
        .send()
        .await;
    gone.expect_problem(404, "not_found");
    planned["from"] = json!("2026-03-04T05:00:00+08:00");
    announce(planned.clone()).await.expect_invalid("/until");
    planned["body"]["zh-Hant"] = json!(" ");
    announce(planned.clone())
        .await
        .expect_invalid("/body/zh-Hant");
    planned["kind"] = json!("rumour");
    announce(planned).await.expect_invalid("/kind");
}
