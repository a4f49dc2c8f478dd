//! Open311 GeoReport v2, for reports to a city; written from its specification, and run against a fake of it alone.
//!
//! Reports are public, and nothing about who reported comes out again: there is no conversation, no list of a
//! customer's own and nothing to change. So that nobody reads another's, the id of a ticket holds its owner's address.

use crate::{
    api::{Api, instant, known_instant},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    examination::Examination,
    kept::{self, same_words},
    mapping::{Meaning, Statuses},
    submitted,
    ticket::{
        Change, Customer, DeskDue, DueOf, FileId, NewField, NewReply, NewTicket, Ticket, TicketId,
        TicketMessage, TicketRow,
    },
    transport::Transport,
};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Status, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};
use url::form_urlencoded;

/// The id of the message that is the description.
const FIRST: &str = "description";
/// The id of the city's answer, of which there is one that changes.
const NOTES: &str = "status_notes";
/// What a report has beside the attributes of its service.
const ARGUMENTS: [&str; 5] = ["lat", "long", "address_string", "address_id", "media_url"];

/// How to use a GeoReport server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is: the address above `services.json`.
    pub url: String,
    /// For servers that have several cities.
    pub jurisdiction: Option<String>,
    /// Request type to the code of a service; without one the type's own id is the code.
    #[serde(default)]
    pub services: BTreeMap<TypeId, String>,
    /// Field of ours to `lat`, `long`, `address_string`, `address_id`, `media_url`, or the code of an attribute.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, String>,
    /// Status to status of ours; `open` and `closed` are known.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
}

/// A GeoReport server.
pub(crate) struct Open311 {
    api: Api,
    key: String,
    settings: Settings,
    statuses: Statuses,
}

#[derive(Deserialize)]
struct Made {
    #[serde(default, deserialize_with = "id")]
    service_request_id: Option<String>,
    #[serde(default, deserialize_with = "id")]
    token: Option<String>,
}

#[derive(Deserialize)]
struct Report {
    #[serde(default, deserialize_with = "id")]
    service_request_id: Option<String>,
    status: String,
    status_notes: Option<String>,
    service_name: Option<String>,
    service_code: Option<String>,
    description: Option<String>,
    requested_datetime: Option<String>,
    updated_datetime: Option<String>,
    expected_datetime: Option<String>,
    address: Option<String>,
    address_id: Option<Value>,
    lat: Option<Value>,
}

#[derive(Deserialize)]
struct Service {
    service_code: String,
    #[serde(default)]
    service_name: String,
}

/// A number or a text, as servers have it.
fn id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(match value {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// What a [`TicketId`] of ours names in the city's system.
enum Name {
    /// A report.
    Report(String),
    /// What stands for a report until somebody has looked at it.
    Token(String),
}

impl Name {
    fn ticket_id(&self, customer: &Customer) -> TicketId {
        let (kind, id) = match self {
            Self::Report(id) => ("report", id),
            Self::Token(id) => ("token", id),
        };
        TicketId(format!("{}/{kind}/{id}", customer.email))
    }

    /// Of this customer's ticket.
    fn of(customer: &Customer, id: &TicketId) -> Result<Self, DeskError> {
        let mut parts = id.0.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(owner), Some(kind), Some(id)) if owner == customer.email.as_str() => match kind {
                "report" => Ok(Self::Report(id.to_owned())),
                "token" => Ok(Self::Token(id.to_owned())),
                _ => Err(DeskError::NotFound),
            },
            _ => Err(DeskError::NotFound),
        }
    }
}

impl Open311 {
    /// `credential` is the `api_key`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        let defaults = [
            (
                "open",
                Meaning::new(Status::Open, Some(WaitingOn::Provider), None),
            ),
            ("closed", Meaning::new(Status::Closed, None, None)),
        ];
        Ok(Self {
            api: Api::new(&settings.url, HeaderMap::new(), transport)?,
            key: credential.to_owned(),
            statuses: Statuses::new(defaults, settings.statuses.clone())?,
            settings,
        })
    }

    fn get(&self, path: &[&str]) -> crate::api::Request<'_> {
        let call = self.api.get(path);
        match &self.settings.jurisdiction {
            Some(jurisdiction) => call.query("jurisdiction_id", jurisdiction),
            None => call,
        }
    }

    /// One report; answers are lists of one.
    async fn report(&self, id: &str) -> Result<Report, DeskError> {
        let file = format!("{id}.json");
        let reports: Vec<Report> = self.get(&["requests", &file]).read().await?;
        let mut reports = reports.into_iter();
        let report = reports.find(|report| report.service_request_id.as_deref() == Some(id));
        report.ok_or(DeskError::NotFound)
    }

    /// The report that a token stands for; none as long as there is none.
    async fn redeemed(&self, token: &str) -> Result<Option<String>, DeskError> {
        let file = format!("{token}.json");
        let made: Vec<Made> = self.get(&["tokens", &file]).read().await?;
        let first = made.into_iter().next().ok_or(DeskError::NotFound)?;
        Ok(first.service_request_id)
    }

    /// What a description says: what was written, and answers that the service does not ask for. It is public, so the
    /// customer's reference is not in it.
    fn text(&self, new: &NewTicket) -> String {
        let mut lines = vec![
            submitted::one_line(&new.subject),
            new.body.trim().to_owned(),
        ];
        let known = |field: &&NewField| self.settings.fields.contains_key(&field.id);
        let without_field = new.fields.iter().filter(|field| !known(field));
        lines.extend(without_field.map(|field| format!("{}: {}", field.label, field.display)));
        lines.retain(|line| !line.is_empty());
        lines.join("\n\n")
    }

    /// What is posted, and whether it says where.
    fn form(
        &self,
        customer: &Customer,
        new: &NewTicket,
        service: &str,
        text: &str,
    ) -> (String, bool) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("api_key", &self.key);
        if let Some(jurisdiction) = &self.settings.jurisdiction {
            form.append_pair("jurisdiction_id", jurisdiction);
        }
        form.append_pair("service_code", service);
        form.append_pair("description", text);
        form.append_pair("email", customer.email.as_str());
        let mut placed = false;
        for field in &new.fields {
            let Some(name) = self.settings.fields.get(&field.id) else {
                continue;
            };
            match (ARGUMENTS.contains(&name.as_str()), field.values.as_slice()) {
                (true, values) => {
                    placed |= name != "media_url" && !values.is_empty();
                    form.append_pair(name, &values.join(", "));
                }
                (false, [one]) => {
                    form.append_pair(&format!("attribute[{name}]"), one);
                }
                (false, several) => {
                    for value in several {
                        form.append_pair(&format!("attribute[{name}][]"), value);
                    }
                }
            }
        }
        (form.finish(), placed)
    }
}

#[async_trait]
impl Backend for Open311 {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            files: false,
            reply: false,
            confirm: false,
            reopen: false,
            withdraw: false,
            list: false,
            find: false,
            own_identity: false,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let service = self.settings.services.get(&new.type_id);
        let service = service.map_or(new.type_id.as_str(), String::as_str);
        let text = self.text(new);
        let (form, placed) = self.form(customer, new, service, &text);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let call = self.api.call(Method::POST, &["requests.json"]);
        let made = match call.body(kind, form.into()).read::<Vec<Made>>().await {
            // That is how the specification refuses a key.
            Err(DeskError::Forbidden(_)) => Err(DeskError::Credential),
            made => made,
        }?;
        let made = made.into_iter().next();
        let name = made.and_then(|made| {
            let report = made.service_request_id.map(Name::Report);
            report.or_else(|| made.token.map(Name::Token))
        });
        let name = name.ok_or_else(|| DeskError::Nonsense("a report without an id".into()))?;
        if let Name::Report(id) = &name {
            match self.report(id).await {
                // Not every server shows it at once.
                Err(DeskError::NotFound) => {}
                Err(error) => return Err(kept::after_it_was_done(error)),
                Ok(report) => {
                    let told = report
                        .description
                        .as_deref()
                        .is_some_and(|d| same_words(&text, d));
                    let service_is = report.service_code.is_none_or(|code| code == service);
                    let is_placed = report.address.is_some()
                        || report.address_id.is_some()
                        || report.lat.is_some();
                    if !told || !service_is || (placed && !is_placed) {
                        return Err(DeskError::Refused(format!(
                            "report {id} is not what was sent"
                        )));
                    }
                }
            }
        }
        Ok(name.ticket_id(customer))
    }

    async fn find(&self, _: &Customer, _: &str) -> Result<Option<TicketId>, DeskError> {
        Ok(None)
    }

    async fn list(&self, _: &Customer, _: u32) -> Result<Rows, DeskError> {
        Ok(Rows {
            rows: Vec::new(),
            next: None,
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let report = match Name::of(customer, id)? {
            Name::Report(report) => report,
            Name::Token(token) => {
                let report = self.redeemed(&token).await?;
                // Nothing can be seen of it until then.
                report.ok_or_else(|| DeskError::Failed("the report is not taken up yet".into()))?
            }
        };
        let found = self.report(&report).await?;
        let created_at = known_instant("requested_datetime", found.requested_datetime.as_deref())?;
        let updated_at = instant(found.updated_datetime.as_deref()).unwrap_or(created_at);
        let standing = self.statuses.standing(&found.status);
        let text = |value: String| Body {
            format: TextFormat::Text,
            value,
        };
        let written = found.description.clone().unwrap_or_default();
        let mut messages = vec![TicketMessage {
            id: FIRST.into(),
            at: created_at,
            role: Role::Customer,
            author: customer.name.clone(),
            body: text(written.clone()),
            files: Vec::new(),
        }];
        if let Some(notes) = found.status_notes.filter(|notes| !notes.trim().is_empty()) {
            messages.push(TicketMessage {
                id: NOTES.into(),
                at: updated_at,
                role: Role::Agent,
                author: None,
                body: text(notes),
                files: Vec::new(),
            });
        }
        let due = instant(found.expected_datetime.as_deref()).map(|due_at| DeskDue {
            what: DueOf::Resolution,
            due_at,
            met_at: None,
        });
        let subject = written.lines().next().map(str::to_owned);
        Ok(Ticket {
            row: TicketRow {
                id: id.clone(),
                owner: customer.email.clone(),
                subject: subject.or(found.service_name).unwrap_or_default(),
                created_at,
                updated_at,
                standing,
            },
            number: report,
            handler: None,
            resolved_at: None,
            due: due.into_iter().collect(),
            fields: Vec::new(),
            messages,
        })
    }

    async fn reply(&self, _: &Customer, _: &TicketId, _: &NewReply) -> Result<String, DeskError> {
        Err(DeskError::Refused("GeoReport has no replies".into()))
    }

    async fn change(&self, _: &Customer, _: &TicketId, _: Change) -> Result<(), DeskError> {
        Err(DeskError::Refused("GeoReport has no changes".into()))
    }

    async fn file(&self, _: &Customer, _: &TicketId, _: &FileId) -> Result<Bytes, DeskError> {
        Err(DeskError::NotFound)
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut found = Examination::default();
        let first = self.get(&["services.json"]).send().await;
        if let Some(reply) = found.first(&self.api, first) {
            match serde_json::from_slice::<Vec<Service>>(&reply.body) {
                Err(_) => found.trouble(
                    "services.json",
                    "The answer lists no services: this is another program than a GeoReport server.",
                ),
                Ok(services) => {
                    for code in self.settings.services.values() {
                        let service = services.iter().find(|known| known.service_code == *code);
                        let name = service.map_or("", |service| &*service.service_name);
                        found.is(
                            service.is_some(),
                            format!("the service {code} {name}").trim_end(),
                            "There is no service with this code: see services.json for those that there are.",
                        );
                    }
                }
            }
        }
        found.findings()
    }
}
