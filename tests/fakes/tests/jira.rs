use crate::{Said, basic, client, said};
use portico_fakes::Fake;
use serde_json::{Value, json};

async fn call(desk: &Fake, method: &str, path: &str, email: &str, body: Value) -> Said {
    let url = format!("{}/rest/{path}", desk.base_url());
    let request = client().request(method.parse().unwrap(), url);
    said(
        request
            .header("authorization", basic(email, &desk.user(email).secret))
            .json(&body),
    )
    .await
}

const ALICE: &str = "alice@example.test";
const BOB: &str = "bob@example.test";
const PORTAL: &str = "portal@desk.test";

async fn account(desk: &Fake, email: &str) -> Value {
    let found = call(
        desk,
        "GET",
        &format!("api/3/user/search?query={email}"),
        PORTAL,
        json!(null),
    )
    .await;
    found.body[0]["accountId"].clone()
}

#[tokio::test]
async fn agents_raise_for_customers_and_customers_for_themselves() {
    let desk = Fake::jira().await;
    let account = account(&desk, ALICE).await;
    let body = json!({"serviceDeskId": "10", "requestTypeId": "25", "raiseOnBehalfOf": account,
        "requestFieldValues": {"summary": "Router broken", "customfield_10011": {"id": "1"}}});
    let made = call(
        &desk,
        "POST",
        "servicedeskapi/request",
        PORTAL,
        body.clone(),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        (
            &made.body["issueKey"],
            &made.body["reporter"]["emailAddress"]
        ),
        (&json!("SD-1"), &json!(ALICE))
    );
    assert_eq!(
        call(&desk, "POST", "servicedeskapi/request", BOB, body)
            .await
            .status,
        403
    );
    assert_eq!(
        call(
            &desk,
            "GET",
            "servicedeskapi/request/SD-1",
            ALICE,
            json!(null)
        )
        .await
        .status,
        200
    );
    assert_eq!(
        call(
            &desk,
            "GET",
            "servicedeskapi/request/SD-1",
            BOB,
            json!(null)
        )
        .await
        .status,
        404
    );
    let rating = json!({"type": "csat", "rating": 5});
    assert_eq!(
        call(
            &desk,
            "POST",
            "servicedeskapi/request/SD-1/feedback",
            PORTAL,
            rating.clone()
        )
        .await
        .status,
        403
    );
    assert_eq!(
        call(
            &desk,
            "POST",
            "servicedeskapi/request/SD-1/feedback",
            ALICE,
            rating
        )
        .await
        .status,
        201
    );
}

#[tokio::test]
async fn internal_comments_are_for_agents_who_did_not_decline_them() {
    let desk = Fake::jira().await;
    desk.open(ALICE, "Router broken", "It is dark");
    desk.answer("SD-1", "She is right", true);
    desk.answer("SD-1", "We look into it", false);
    assert_eq!(desk.ticket("SD-1").status, "Waiting for customer");
    let path = "servicedeskapi/request/SD-1/comment";
    let public = |said: Said| said.each("/values", "public");
    assert_eq!(
        public(call(&desk, "GET", path, ALICE, json!(null)).await),
        [true]
    );
    assert_eq!(
        public(call(&desk, "GET", path, PORTAL, json!(null)).await),
        [false, true]
    );
    let declined = format!("{path}?internal=false");
    assert_eq!(
        public(call(&desk, "GET", &declined, PORTAL, json!(null)).await),
        [true]
    );
    call(
        &desk,
        "POST",
        path,
        ALICE,
        json!({"body": "Thanks", "public": false}),
    )
    .await;
    assert!(!desk.ticket("SD-1").messages[3].internal);
    assert_eq!(desk.ticket("SD-1").status, "Waiting for support");
}

#[tokio::test]
async fn pages_say_whether_they_are_the_last() {
    let desk = Fake::jira().await;
    for summary in ["one", "two", "three"] {
        desk.open(ALICE, summary, "text");
    }
    desk.open(BOB, "four", "text");
    let path = "servicedeskapi/request?requestOwnership=OWNED_REQUESTS&limit=2";
    let first = call(&desk, "GET", path, ALICE, json!(null)).await;
    assert_eq!(first.each("/values", "issueKey"), ["SD-3", "SD-2"]);
    assert_eq!(first.body["isLastPage"], false);
    let next = first.body["_links"]["next"]
        .as_str()
        .unwrap()
        .split_once("/rest/")
        .unwrap()
        .1;
    let second = call(&desk, "GET", next, ALICE, json!(null)).await;
    assert_eq!(
        (
            second.each("/values", "issueKey"),
            &second.body["isLastPage"]
        ),
        (vec![json!("SD-1")], &json!(true))
    );
}

#[tokio::test]
async fn jql_is_as_wide_as_it_is_written() {
    let desk = Fake::jira().await;
    desk.open(ALICE, "one", "text");
    desk.open(BOB, "two", "text");
    let account = account(&desk, ALICE).await;
    for (jql, found) in [
        (
            format!("reporter = {account} ORDER BY updated DESC"),
            vec!["SD-1"],
        ),
        (
            format!(
                "reporter = \"{}\" OR project = SD",
                account.as_str().unwrap()
            ),
            vec!["SD-2", "SD-1"],
        ),
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("jql", &jql)
            .finish();
        let answer = call(
            &desk,
            "GET",
            &format!("api/3/search/jql?{query}"),
            PORTAL,
            json!(null),
        )
        .await;
        assert_eq!(answer.each("/issues", "key"), found, "{jql}");
    }
    assert_eq!(
        call(
            &desk,
            "GET",
            "api/3/search/jql?jql=project=SD",
            ALICE,
            json!(null)
        )
        .await
        .status,
        403
    );
}

#[tokio::test]
async fn files_come_in_two_steps() {
    let desk = Fake::jira().await;
    desk.open(ALICE, "one", "text");
    let url = format!(
        "{}/rest/servicedeskapi/servicedesk/10/attachTemporaryFile",
        desk.base_url()
    );
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
        Content-Type: text/x-log\r\n\r\nhello\r\n--b--\r\n";
    let request = client()
        .post(url)
        .header("authorization", basic(ALICE, &desk.user(ALICE).secret));
    let request = request
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body);
    assert_eq!(said(request.try_clone().unwrap()).await.status, 403);
    let sent = said(request.header("x-atlassian-token", "no-check")).await;
    let token = &sent.body["temporaryAttachments"][0]["temporaryAttachmentId"];
    let body = json!({"temporaryAttachmentIds": [token], "public": true});
    let attached = call(
        &desk,
        "POST",
        "servicedeskapi/request/SD-1/attachment",
        ALICE,
        body,
    )
    .await;
    assert_eq!(attached.status, 201, "{}", attached.text);
    let file = &desk.files("SD-1")[0];
    assert_eq!(
        (
            file.name.as_str(),
            file.content_type.as_str(),
            file.bytes.as_slice()
        ),
        ("a.txt", "text/x-log", &b"hello"[..])
    );
}

#[tokio::test]
async fn transitions_are_those_of_the_status() {
    let desk = Fake::jira().await;
    desk.open(ALICE, "one", "text");
    let path = "servicedeskapi/request/SD-1/transition";
    let resolve = json!({"id": "31"});
    assert_eq!(
        call(&desk, "POST", path, ALICE, resolve.clone())
            .await
            .status,
        204
    );
    assert_eq!(call(&desk, "POST", path, ALICE, resolve).await.status, 400);
    assert_eq!(
        call(&desk, "GET", path, ALICE, json!(null))
            .await
            .each("/values", "name"),
        ["Reopen", "Close"]
    );
    let read = call(
        &desk,
        "GET",
        "servicedeskapi/request/SD-1",
        ALICE,
        json!(null),
    )
    .await;
    assert_eq!(read.body["currentStatus"]["statusCategory"], "DONE");
}
