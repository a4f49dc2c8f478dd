//! The five desks, each with a connector that is set up for it.

use portico_connect::{
    Backend, Connector, Network, Transport,
    ticket::{Customer, NewField, NewFile, NewReply, NewTicket, Ticket, TicketId},
};
use portico_contract::{
    id::{FieldId, TypeId},
    request::Urgency,
    timeline::{Role, TextFormat},
};
use portico_fakes::Fake;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// A desk under test.
pub(crate) struct Desk {
    pub(crate) fake: Fake,
    pub(crate) settings: Value,
    pub(crate) credential: String,
    /// The vendor's word for what the agent has solved; none where that is the end.
    pub(crate) resolved: Option<&'static str>,
    /// A setting, and a value of it that names nothing of the desk.
    pub(crate) setting_to_break: (&'static str, Value),
    /// The method and a part of the path of the call that makes a ticket.
    pub(crate) creates: &'static str,
}

impl Desk {
    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        self.with(self.settings.clone(), &self.credential)
    }

    pub(crate) fn with(&self, settings: Value, credential: &str) -> Arc<dyn Backend> {
        let connector: Connector = serde_json::from_value(settings).unwrap();
        connector.connect(credential.into(), network()).unwrap()
    }

    /// A submission that this desk has a form for.
    pub(crate) fn submission(&self) -> NewTicket {
        let place = ["address", "size"]
            .map(|id| field(id, if id == "size" { "2" } else { "Long street 7" }));
        if self.is_public() {
            NewTicket {
                fields: [&place[..], &[field("colour", "blue")]].concat(),
                files: Vec::new(),
                ..submission()
            }
        } else {
            submission()
        }
    }

    /// The same without files, and without answers that need not be.
    pub(crate) fn plain(&self) -> NewTicket {
        let mut new = self.submission();
        new.fields
            .retain(|field| self.is_public() && field.id.as_str() != "colour");
        new.files.clear();
        new
    }

    /// Reports that everybody can read, and nobody can write to.
    pub(crate) fn is_public(&self) -> bool {
        !self.backend().capabilities().reply
    }

    /// The vendor's id of a ticket.
    pub(crate) fn key(&self, id: &TicketId) -> String {
        id.0.rsplit('/').next().unwrap().to_owned()
    }

    /// All that the desk's staff can read of a ticket.
    pub(crate) fn all(&self, id: &TicketId) -> String {
        let ticket = self.fake.ticket(&self.key(id));
        let mut all = format!("{} {}", ticket.subject, Value::from(ticket.fields));
        for message in ticket.messages {
            all.push_str(&message.text);
        }
        all
    }

    /// How many tickets have this subject.
    pub(crate) fn count(&self, subject: &str) -> usize {
        let tickets = self.fake.tickets();
        let is = |ticket: &&portico_fakes::Ticket| {
            ticket.subject == subject || ticket.messages[0].text.contains(subject)
        };
        tickets.iter().filter(is).count()
    }
}

/// As customers and installations have it, with patience for a busy machine.
fn network() -> Arc<dyn Transport> {
    // It can only be there already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    Arc::new(Network::new(Duration::from_secs(30), Duration::from_secs(120)).unwrap())
}

fn with_url(fake: &Fake, path: &str, mut settings: Value) -> Value {
    settings["url"] = format!("{}{path}", fake.base_url()).into();
    settings
}

pub(crate) async fn zammad() -> Desk {
    let fake = Fake::zammad().await;
    Desk {
        settings: with_url(
            &fake,
            "",
            json!({
                "connector": "zammad",
                "group": "Users",
                "fields": {"order_number": "order_number", "product": "product"},
                // Its own states have no "solved, not yet confirmed", and none for what was withdrawn.
                "statuses": {
                    "pending close": {"status": "resolved"},
                    "removed": {"status": "closed", "outcome": "withdrawn"},
                },
                "withdrawn": "removed",
            }),
        ),
        credential: fake.service().secret,
        resolved: Some("pending close"),
        setting_to_break: ("group", json!("Nowhere")),
        creates: "/tickets",
        fake,
    }
}

pub(crate) async fn zendesk() -> Desk {
    let fake = Fake::zendesk().await;
    Desk {
        settings: with_url(
            &fake,
            "",
            json!({
                "connector": "zendesk",
                "account": "portal@desk.test",
                "fields": {"order_number": 391_130, "product": 391_131},
                "key_field": 391_132,
            }),
        ),
        credential: fake.service().secret,
        resolved: Some("solved"),
        setting_to_break: ("key_field", json!(391_199)),
        creates: "/requests",
        fake,
    }
}

pub(crate) async fn jira() -> Desk {
    let fake = Fake::jira().await;
    let service = fake.service();
    Desk {
        settings: with_url(
            &fake,
            "",
            json!({
                "connector": "jira",
                "service_desk": "10",
                "project": "SD",
                "request_type": "25",
                "request_types": {"fault": "26"},
                "fields": {"order_number": "customfield_10010", "product": "customfield_10011"},
                "key_field": 10012,
            }),
        ),
        credential: format!("{}:{}", service.email, service.secret),
        resolved: Some("Resolved"),
        setting_to_break: ("request_type", json!("99")),
        creates: "/servicedeskapi/request",
        fake,
    }
}

pub(crate) async fn freshdesk() -> Desk {
    let fake = Fake::freshdesk().await;
    Desk {
        settings: with_url(
            &fake,
            "",
            json!({
                "connector": "freshdesk",
                "fields": {"order_number": "cf_order_number", "product": "cf_product"},
                "statuses": {"8": {"status": "closed", "outcome": "withdrawn"}},
                "withdrawn": 8,
            }),
        ),
        credential: fake.service().secret,
        resolved: Some("4"),
        setting_to_break: ("key_field", json!("cf_nothing")),
        creates: "/tickets",
        fake,
    }
}

pub(crate) async fn open311() -> Desk {
    let fake = Fake::open311().await;
    Desk {
        settings: with_url(
            &fake,
            "/open311/v2",
            json!({
                "connector": "open311",
                "jurisdiction": "desk.test",
                "services": {"fault": "pothole"},
                "fields": {"address": "address_string", "size": "SIZE"},
            }),
        ),
        credential: fake.service().secret,
        resolved: None,
        setting_to_break: ("services", json!({"fault": "volcano"})),
        creates: "/requests.json",
        fake,
    }
}

pub(crate) fn alice() -> Customer {
    customer("alice@example.test", "Alice Example")
}

pub(crate) fn bob() -> Customer {
    customer("bob@example.test", "Bob Example")
}

/// Nobody has heard of them.
pub(crate) fn stranger() -> Customer {
    customer("xiaoming@example.test", "王 小明")
}

fn customer(email: &str, name: &str) -> Customer {
    Customer {
        email: email.parse().unwrap(),
        name: Some(name.into()),
    }
}

pub(crate) fn field(id: &str, value: &str) -> NewField {
    NewField {
        id: FieldId::new(id),
        label: id.replace('_', " "),
        values: vec![value.into()],
        display: value.into(),
    }
}

pub(crate) fn file(name: &str, bytes: &'static [u8]) -> NewFile {
    NewFile {
        name: name.into(),
        media_type: "image/png".into(),
        bytes: bytes.into(),
    }
}

fn submission() -> NewTicket {
    NewTicket {
        key: "7c9e6679-7425-40de-944b-e07fc1f90ae7".into(),
        reference: "PT-7K3MQ-2Q8VX".into(),
        type_id: TypeId::new("fault"),
        subject: "Router broken 路由器".into(),
        body: "No link since Monday.\n\nWhat now?".into(),
        urgency: Urgency::Urgent,
        fields: vec![field("order_number", "A-17"), field("colour", "blue")],
        files: vec![
            file("a.png", b"\x89PNG\r\n\x1a\n\0\xff"),
            file("照片 ü.png", b"\x89PNG\r\n\x1a\n\x01"),
        ],
    }
}

pub(crate) fn reply(body: &str) -> NewReply {
    NewReply {
        body: body.into(),
        files: Vec::new(),
    }
}

/// Who said what; of HTML its words.
pub(crate) fn said(ticket: &Ticket) -> Vec<(Role, String)> {
    let words = |message: &portico_connect::ticket::TicketMessage| {
        let mut inside = false;
        let visible = |c: &char| {
            let mark = inside || *c == '<';
            inside = mark && *c != '>';
            !mark
        };
        let value = &message.body.value;
        match message.body.format {
            TextFormat::Html => value.chars().filter(visible).collect(),
            _ => value.clone(),
        }
    };
    let messages = ticket.messages.iter();
    messages
        .map(|message| (message.role, words(message)))
        .collect()
}
