//! The three desks, and what an agent does in each without the portal.

use async_trait::async_trait;
use portico_connect::{Backend, Connector, Network, Transport, ticket::TicketId};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::{env, sync::Arc, time::Duration};

/// A desk under test.
pub(crate) struct Desk {
    pub(crate) settings: Value,
    pub(crate) credential: String,
    pub(crate) agent: Arc<dyn Agent>,
    /// How a new ticket shows: not every desk tells new from open.
    pub(crate) first_status: &'static str,
    /// A setting, and a value that names nothing of the desk.
    pub(crate) setting_to_break: (&'static str, &'static str),
}

impl Desk {
    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        self.with(self.settings.clone(), &self.credential, network())
    }

    pub(crate) fn url(&self) -> &str {
        self.settings["url"].as_str().unwrap()
    }

    pub(crate) fn with(
        &self,
        settings: Value,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Arc<dyn Backend> {
        let connector: Connector = serde_json::from_value(settings).unwrap();
        connector.connect(credential.into(), transport).unwrap()
    }
}

pub(crate) fn network() -> Arc<dyn Transport> {
    prepare_tls();
    Arc::new(Network::new(Duration::from_secs(10), Duration::from_secs(120)).unwrap())
}

fn prepare_tls() {
    // It can only be there already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
}

/// Somebody at the desk.
#[async_trait]
pub(crate) trait Agent: Send + Sync {
    async fn answer(&self, id: &TicketId, text: &str);
    async fn note(&self, id: &TicketId, text: &str);
    async fn resolve(&self, id: &TicketId);
    /// The tickets of the desk that hold this key.
    async fn find(&self, key: &str) -> Vec<TicketId>;
    /// The subjects of all tickets of the desk that begin with this.
    async fn subjects(&self, beginning: &str) -> Vec<String>;
    /// All that the desk's staff can read of a ticket.
    async fn all(&self, id: &TicketId) -> String;
}

struct Api {
    base: String,
    credential: (&'static str, String),
}

impl Api {
    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        prepare_tls();
        let (name, value) = &self.credential;
        Client::new()
            .request(method, format!("{}{path}", self.base))
            .header(*name, value)
    }

    async fn send(&self, method: Method, path: &str, body: Value) {
        let answer = self.call(method, path).json(&body).send().await.unwrap();
        let status = answer.status();
        let said = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {said}");
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

fn id(ticket: &Value) -> TicketId {
    TicketId(ticket["id"].to_string().trim_matches('"').to_owned())
}

fn beginning_with(tickets: &[Value], member: &str, beginning: &str) -> Vec<String> {
    let subjects = tickets.iter().filter_map(|ticket| ticket[member].as_str());
    let mine = subjects.filter(|subject| subject.starts_with(beginning));
    mine.map(str::to_owned).collect()
}

struct RequestTracker(Api);

/// The Request Tracker, if it runs.
pub(crate) fn request_tracker() -> Option<Desk> {
    let url = env::var("PORTICO_DESK_REQUEST_TRACKER").ok()?;
    // agent:agent-password-1
    let basic = "Basic YWdlbnQ6YWdlbnQtcGFzc3dvcmQtMQ==".to_owned();
    Some(Desk {
        settings: json!({
            "connector": "request-tracker", "url": url, "account": "portal", "queue": "Support",
            "queues": {"billing-complaint": "Complaints"},
            "fields": {"order_number": "Order Number", "product": "Product"},
        }),
        credential: "portal:portal-password-1".into(),
        agent: Arc::new(RequestTracker(Api {
            base: format!("{url}/REST/2.0"),
            credential: ("authorization", basic),
        })),
        first_status: "new",
        setting_to_break: ("queue", "Nowhere"),
    })
}

#[async_trait]
impl Agent for RequestTracker {
    async fn answer(&self, id: &TicketId, text: &str) {
        let body = json!({"Content": text, "ContentType": "text/plain"});
        let path = format!("/ticket/{}/correspond", id.0);
        self.0.send(Method::POST, &path, body).await;
    }

    async fn note(&self, id: &TicketId, text: &str) {
        let file =
            json!({"FileName": "secret.txt", "FileType": "text/plain", "FileContent": "c2VjcmV0"});
        let body = json!({"Content": text, "ContentType": "text/plain", "Attachments": [file]});
        let path = format!("/ticket/{}/comment", id.0);
        self.0.send(Method::POST, &path, body).await;
    }

    async fn resolve(&self, id: &TicketId) {
        let path = format!("/ticket/{}", id.0);
        self.0
            .send(Method::PUT, &path, json!({"Status": "resolved"}))
            .await;
    }

    async fn find(&self, key: &str) -> Vec<TicketId> {
        let path = format!("/tickets?query=CF.%7BPortal%20Key%7D='{key}'");
        let found = self.0.get(&path).await;
        found["items"].as_array().unwrap().iter().map(id).collect()
    }

    async fn subjects(&self, beginning: &str) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let page = all.len() / 100 + 1;
            let path = format!(
                "/tickets?query=Subject%20LIKE%20'{beginning}'&orderby=id&fields=Subject&per_page=100&page={page}"
            );
            let found = self.0.get(&path).await["items"].clone();
            let found = found.as_array().unwrap();
            all.extend_from_slice(found);
            if found.len() < 100 {
                return beginning_with(&all, "Subject", beginning);
            }
        }
    }

    async fn all(&self, id: &TicketId) -> String {
        let ticket = self.0.get(&format!("/ticket/{}", id.0)).await;
        let path = format!(
            "/ticket/{}/attachments?fields=Content,Filename&per_page=100",
            id.0
        );
        let said = self.0.get(&path).await;
        format!("{ticket} {said}")
    }
}

struct Redmine(Api);

/// The Redmine, if it runs.
pub(crate) fn redmine() -> Option<Desk> {
    let url = env::var("PORTICO_DESK_REDMINE").ok()?;
    Some(Desk {
        settings: json!({
            "connector": "redmine", "url": url, "project": "support", "tracker": "Support",
            "places": {"billing-complaint": {"project": "support", "tracker": "Bug"}},
            "fields": {"order_number": "Order number", "product": "Product"},
            "withdrawn": "Withdrawn", "customer_role": "Customer",
        }),
        credential: "1".repeat(40),
        agent: Arc::new(Redmine(Api {
            base: url,
            credential: ("x-redmine-api-key", "2".repeat(40)),
        })),
        first_status: "new",
        setting_to_break: ("project", "nowhere"),
    })
}

impl Redmine {
    async fn update(&self, id: &TicketId, change: Value) {
        let path = format!("/issues/{}.json", id.0);
        self.0
            .send(Method::PUT, &path, json!({"issue": change}))
            .await;
    }

    /// Every issue of the desk.
    async fn issues(&self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let path = format!(
                "/issues.json?status_id=*&limit=100&sort=id&offset={}",
                all.len()
            );
            let page = self.0.get(&path).await["issues"].clone();
            let page = page.as_array().unwrap();
            all.extend_from_slice(page);
            if page.len() < 100 {
                return all;
            }
        }
    }

    async fn id_of(&self, list: &str, member: &str, name: &str) -> Value {
        let list = self.0.get(list).await;
        let mut items = list[member].as_array().unwrap().iter();
        items.find(|item| item["name"] == name).unwrap()["id"].clone()
    }
}

#[async_trait]
impl Agent for Redmine {
    async fn answer(&self, id: &TicketId, text: &str) {
        self.update(id, json!({"notes": text})).await;
    }

    async fn note(&self, id: &TicketId, text: &str) {
        let call = self
            .0
            .call(Method::POST, "/uploads.json?filename=secret.txt");
        let call = call
            .header("content-type", "application/octet-stream")
            .body("secret");
        let uploaded: Value = call.send().await.unwrap().json().await.unwrap();
        let upload = json!({"token": uploaded["upload"]["token"], "filename": "secret.txt"});
        self.update(
            id,
            json!({"notes": text, "private_notes": true, "uploads": [upload]}),
        )
        .await;
    }

    async fn resolve(&self, id: &TicketId) {
        let status = self
            .id_of("/issue_statuses.json", "issue_statuses", "Resolved")
            .await;
        self.update(id, json!({"status_id": status})).await;
    }

    async fn find(&self, key: &str) -> Vec<TicketId> {
        let issues = self.issues().await;
        let holds = |issue: &&Value| {
            let mut fields = issue["custom_fields"].as_array().unwrap().iter();
            fields.any(|field| field["value"] == key)
        };
        issues.iter().filter(holds).map(id).collect()
    }

    async fn subjects(&self, beginning: &str) -> Vec<String> {
        beginning_with(&self.issues().await, "subject", beginning)
    }

    async fn all(&self, id: &TicketId) -> String {
        let path = format!("/issues/{}.json?include=journals,attachments", id.0);
        self.0.get(&path).await.to_string()
    }
}

struct DjangoHelpdesk(Api);

/// The django-helpdesk, if it runs.
pub(crate) fn django_helpdesk() -> Option<Desk> {
    let url = env::var("PORTICO_DESK_DJANGO_HELPDESK").ok()?;
    Some(Desk {
        settings: json!({
            "connector": "django-helpdesk", "url": url, "account": 1, "queue": 1,
            "queues": {"billing-complaint": 2},
            "fields": {"order_number": "order_number"},
        }),
        credential: "1".repeat(40),
        agent: Arc::new(DjangoHelpdesk(Api {
            base: format!("{url}/api"),
            credential: ("authorization", format!("Token {}", "2".repeat(40))),
        })),
        first_status: "open",
        setting_to_break: ("key_field", "nowhere"),
    })
}

impl DjangoHelpdesk {
    /// Every ticket of the desk.
    async fn tickets(&self) -> Vec<Value> {
        let tickets = self.0.get("/tickets/?page_size=1000").await;
        assert_eq!(tickets["next"], Value::Null, "more than one page");
        tickets["results"].as_array().unwrap().clone()
    }

    async fn follow_up(&self, follow_up: Value) {
        self.0.send(Method::POST, "/followups/", follow_up).await;
    }
}

#[async_trait]
impl Agent for DjangoHelpdesk {
    async fn answer(&self, id: &TicketId, text: &str) {
        self.follow_up(json!({"ticket": id.0, "comment": text, "public": true}))
            .await;
    }

    async fn note(&self, id: &TicketId, text: &str) {
        self.follow_up(json!({"ticket": id.0, "comment": text, "public": false}))
            .await;
        let ticket = self.0.get(&format!("/tickets/{}/", id.0)).await;
        let note = ticket["followup_set"].as_array().unwrap().last().unwrap()["id"].to_string();
        let boundary = "secret-boundary";
        let part = |head: &str, body: &str| {
            format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
        };
        let body = [
            part("name=\"followup\"", &note),
            part("name=\"filename\"", "secret.txt"),
            part("name=\"mime_type\"", "text/plain"),
            part("name=\"size\"", "6"),
            part("name=\"file\"; filename=\"secret.txt\"", "secret"),
            format!("--{boundary}--\r\n"),
        ];
        let call = self.0.call(Method::POST, "/followups-attachments/");
        let call = call.header(
            "content-type",
            format!("multipart/form-data; boundary={boundary}"),
        );
        let answer = call.body(body.concat()).send().await.unwrap();
        assert_eq!(answer.status(), 201);
    }

    async fn resolve(&self, id: &TicketId) {
        self.follow_up(json!({"ticket": id.0, "public": true, "new_status": 3}))
            .await;
    }

    async fn find(&self, key: &str) -> Vec<TicketId> {
        let tickets = self.tickets().await;
        let tickets = tickets.iter();
        tickets
            .filter(|ticket| ticket["custom_portal_key"] == key)
            .map(id)
            .collect()
    }

    async fn subjects(&self, beginning: &str) -> Vec<String> {
        beginning_with(&self.tickets().await, "title", beginning)
    }

    async fn all(&self, id: &TicketId) -> String {
        self.0.get(&format!("/tickets/{}/", id.0)).await.to_string()
    }
}
