//! Freshdesk over its REST API v2; written from its documentation, and run against a fake of it alone.
//!
//! The service account acts, for Freshdesk lets nobody act for another: the contact with the customer's address is the
//! owner of a ticket, and what is written as that contact is the customer's.

mod answer;
mod html;

use crate::{
    api::{Api, authorization, instant, known_instant, whole},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    examination::Examination,
    kept::{self, same_words},
    mapping::{Meaning, Priorities, Statuses},
    multipart::Form,
    submitted,
    ticket::{
        Change, Customer, DeskDue, DueOf, FileId, NewField, NewFile, NewReply, NewTicket, Standing,
        Ticket, TicketFile, TicketId, TicketMessage, TicketRow,
    },
    transport::Transport,
};
use answer::{Contact, Conversation, Field, File, Made, TicketItem};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Status, Urgency, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeMap, slice, sync::Arc};

/// Rows of a page of ours.
const PAGE: usize = 50;
/// Rows of a page when all are read; the most that Freshdesk gives.
const MANY: usize = 100;
/// As many of these and no more, for a desk that gives the same page again and again.
const PAGES: u32 = 100;
/// A list without this leaves out what has not changed for 30 days.
const EVER: &str = "2000-01-01T00:00:00Z";
/// The id of the message that is the ticket's description; conversations have numbers.
const FIRST: &str = "description";
/// The number of a channel: the portal.
const PORTAL: &str = "2";
const OPEN: u64 = 2;
const CLOSED: u64 = 5;

/// How to use a Freshdesk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is: `https://company.freshdesk.com`; the API has no other host.
    pub url: String,
    /// Request type to the name of a ticket type; none without.
    #[serde(default)]
    pub ticket_types: BTreeMap<TypeId, String>,
    /// Field of ours to the name of a ticket field, `cf_...`.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, String>,
    /// Number of a status to status of ours; 2 to 7 are known.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// Urgency to the number of a priority, 1 to 4.
    #[serde(default)]
    pub priorities: BTreeMap<Urgency, String>,
    /// The ticket field that keeps the key of a submission; empty for none, and then a submission whose answer is lost
    /// cannot be found again.
    #[serde(default = "key_field")]
    pub key_field: String,
    /// The number of the status of a ticket that a customer withdraws; without it they cannot.
    pub withdrawn: Option<u64>,
}

fn key_field() -> String {
    "cf_portal_key".into()
}

fn meanings() -> [(&'static str, Meaning); 6] {
    let provider = Some(WaitingOn::Provider);
    let customer = Some(WaitingOn::Customer);
    let third_party = Some(WaitingOn::ThirdParty);
    [
        ("2", Meaning::new(Status::Open, provider, None)),
        ("3", Meaning::new(Status::Pending, customer, None)),
        ("4", Meaning::new(Status::Resolved, None, None)),
        ("5", Meaning::new(Status::Closed, None, None)),
        ("6", Meaning::new(Status::Pending, customer, None)),
        ("7", Meaning::new(Status::Pending, third_party, None)),
    ]
}

/// A Freshdesk.
pub(crate) struct Freshdesk {
    api: Api,
    settings: Settings,
    statuses: Statuses,
    priorities: Priorities,
}

impl Freshdesk {
    /// `credential` is the API key of an agent.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        let base = format!("{}/api/v2", settings.url.trim_end_matches('/'));
        // Any password does beside the key.
        let credential = format!("{credential}:X");
        let priorities = Priorities::new(
            [
                (Urgency::Urgent, "3"),
                (Urgency::Regular, "2"),
                (Urgency::Special, "2"),
            ],
            settings.priorities.clone(),
        )?;
        Ok(Self {
            api: Api::new(&base, authorization("Basic", &credential)?, transport)?,
            statuses: Statuses::new(meanings(), settings.statuses.clone())?,
            priorities,
            settings,
        })
    }

    /// The contact with this address.
    async fn contact(&self, customer: &Customer) -> Result<Option<Contact>, DeskError> {
        let email = customer.email.as_str();
        let call = self.api.get(&["contacts"]).query("email", email);
        let contacts: Vec<Contact> = call.read().await?;
        let mut contacts = contacts.into_iter();
        Ok(contacts.find(|contact| contact.has(&customer.email)))
    }

    async fn known_contact(&self, customer: &Customer) -> Result<Contact, DeskError> {
        self.contact(customer).await?.ok_or(DeskError::NotFound)
    }

    /// The customer's ticket.
    async fn item(&self, contact: &Contact, id: &TicketId) -> Result<TicketItem, DeskError> {
        let number: u64 = id.0.parse().map_err(|_| DeskError::NotFound)?;
        let call = self.api.get(&["tickets", &number.to_string()]);
        let item: TicketItem = call.query("include", "stats").read().await?;
        if item.id == number && item.requester_id == contact.id {
            Ok(item)
        } else {
            Err(DeskError::NotFound)
        }
    }

    /// A page of a customer's tickets, and whether it is full. Others' are left out.
    async fn items(
        &self,
        contact: &Contact,
        customer: &Customer,
        by: &str,
        size: usize,
        page: u32,
    ) -> Result<(Vec<TicketItem>, bool), DeskError> {
        let call = self
            .api
            .get(&["tickets"])
            .query("email", customer.email.as_str())
            .query("updated_since", EVER)
            .query("order_by", by)
            .query("order_type", "desc")
            .query("per_page", &size.to_string())
            .query("page", &page.saturating_add(1).to_string());
        let mut items: Vec<TicketItem> = call.read().await?;
        let full = items.len() >= size;
        items.retain(|item| item.requester_id == contact.id);
        Ok((items, full))
    }

    /// The public conversation after the description.
    async fn conversations(&self, id: u64) -> Result<Vec<Conversation>, DeskError> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let call = self
                .api
                .get(&["tickets", &id.to_string(), "conversations"])
                .query("per_page", &MANY.to_string())
                .query("page", &page.to_string());
            let some: Vec<Conversation> = call.read().await?;
            let last = some.len() < MANY;
            all.extend(some.into_iter().filter(|one| !one.private));
            if last {
                break;
            }
        }
        all.sort_by_key(|one| one.id);
        Ok(all)
    }

    /// Where a ticket stands, of whose statuses these are the labels.
    fn standing(&self, labels: &BTreeMap<u64, String>, item: &TicketItem) -> Standing {
        let standing = self.statuses.known(&item.status.to_string());
        standing.unwrap_or_else(|| Standing {
            label: labels.get(&item.status).cloned(),
            ..self.statuses.standing_of_number(item.status)
        })
    }

    /// What the desk calls its statuses before customers; asked for only where nobody has mapped the status of a ticket.
    async fn labels(&self, items: &[TicketItem]) -> Result<BTreeMap<u64, String>, DeskError> {
        let known = |item: &TicketItem| self.statuses.known(&item.status.to_string());
        if items.iter().all(|item| known(item).is_some()) {
            return Ok(BTreeMap::new());
        }
        let fields = self.fields().await?;
        let status = fields.iter().find(|field| field.name == "status");
        Ok(status.map(Field::labels).unwrap_or_default())
    }

    fn row(
        &self,
        customer: &Customer,
        labels: &BTreeMap<u64, String>,
        item: &TicketItem,
    ) -> Result<TicketRow, DeskError> {
        Ok(TicketRow {
            id: item.ticket_id(),
            owner: customer.email.clone(),
            subject: item.subject.clone().unwrap_or_default(),
            standing: self.standing(labels, item),
            created_at: known_instant("created_at", item.created_at.as_deref())?,
            updated_at: known_instant("updated_at", item.updated_at.as_deref())?,
        })
    }

    fn message(
        customer: &Customer,
        contact: &Contact,
        one: &Conversation,
    ) -> Result<TicketMessage, DeskError> {
        let own = one.is_of(contact);
        Ok(TicketMessage {
            id: one.id.to_string(),
            at: known_instant("created_at", one.created_at.as_deref())?,
            role: if own || one.incoming {
                Role::Customer
            } else {
                Role::Agent
            },
            // Conversations have numbers of agents and no names.
            author: customer.name.clone().filter(|_| own),
            body: if own {
                text(html::to_text(&one.body))
            } else {
                Body {
                    format: TextFormat::Html,
                    value: one.body.clone(),
                }
            },
            files: one.attachments.iter().map(file).collect(),
        })
    }

    async fn fields(&self) -> Result<Vec<Field>, DeskError> {
        self.api.get(&["ticket_fields"]).read().await
    }

    /// Reads a new ticket back, and sends after it what it lacks.
    async fn complete(
        &self,
        customer: &Customer,
        id: &TicketId,
        new: &NewTicket,
        sent: &[(&NewField, &str, String)],
        text: &str,
    ) -> Result<(), DeskError> {
        let contact = self.known_contact(customer).await?;
        let item = self.item(&contact, id).await?;
        let told = same_words(text, &html::to_text(&item.description));
        let lost = sent
            .iter()
            .filter(|(_, name, value)| item.values(name) != [value.as_str()])
            .map(|(answer, ..)| *answer);
        let files: Vec<&str> = item.attachments.iter().map(|f| f.name.as_str()).collect();
        match kept::rest(new, Some(text).filter(|_| !told), lost, &files) {
            Some(rest) => self.write(&contact, item.id, &rest).await.map(drop),
            None => Ok(()),
        }
    }

    async fn write(&self, contact: &Contact, id: u64, new: &NewReply) -> Result<String, DeskError> {
        let mut form = Form::default();
        form.text("body", &html::of_text(&new.body));
        form.text("private", "false");
        form.text("incoming", "true");
        form.text("user_id", &contact.id.to_string());
        attach(&mut form, &new.files);
        let (media_type, body) = form.finish()?;
        let path = ["tickets", &id.to_string(), "notes"];
        let call = self.api.call(Method::POST, &path).body(media_type, body);
        let made: Made = call.read().await?;
        let all = self.conversations(id).await;
        let all = all.map_err(kept::after_it_was_done)?;
        let kept = all.iter().any(|one| {
            one.id == made.id
                && one.is_of(contact)
                && same_words(&new.body, &html::to_text(&one.body))
                && one.attachments.len() == new.files.len()
        });
        if kept {
            Ok(made.id.to_string())
        } else {
            Err(DeskError::Refused(
                "the message is not what was sent".into(),
            ))
        }
    }

    async fn set_status(
        &self,
        contact: &Contact,
        id: &TicketId,
        status: u64,
    ) -> Result<(), DeskError> {
        let call = self.api.call(Method::PUT, &["tickets", &id.0]);
        call.json(&json!({"status": status}))?.send().await?;
        let now = self.item(contact, id).await?.status;
        if now == status {
            Ok(())
        } else {
            Err(DeskError::Refused(format!(
                "its status is {now}, not {status}"
            )))
        }
    }
}

fn text(value: String) -> Body {
    Body {
        format: TextFormat::Text,
        value,
    }
}

fn file(file: &File) -> TicketFile {
    let kind = file.content_type.clone();
    TicketFile {
        id: FileId(file.id.to_string()),
        name: file.name.clone(),
        media_type: kind.unwrap_or_else(|| "application/octet-stream".into()),
        size: file.size,
    }
}

fn attach(form: &mut Form, files: &[NewFile]) {
    for file in files {
        form.file(
            "attachments[]",
            &file.name,
            &file.media_type,
            file.bytes.clone(),
        );
    }
}

#[async_trait]
impl Backend for Freshdesk {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            files: true,
            reply: true,
            confirm: true,
            reopen: true,
            withdraw: self.settings.withdrawn.is_some(),
            list: true,
            find: !self.settings.key_field.is_empty(),
            own_identity: false,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let there = self.fields().await?;
        let (mut sent, mut without_field) = (Vec::new(), Vec::new());
        for answer in &new.fields {
            let value = answer.values.join(", ");
            let name = self.settings.fields.get(&answer.id);
            let known = name.and_then(|name| there.iter().find(|field| field.name == *name));
            match known.filter(|field| field.takes(&value)) {
                Some(field) => sent.push((answer, field.name.as_str(), value)),
                None => without_field.push(answer),
            }
        }
        let text = submitted::compose(new, without_field);
        let mut form = Form::default();
        form.text("email", customer.email.as_str());
        if let Some(name) = customer.name.as_deref().map(submitted::one_line) {
            form.text("name", &name);
        }
        form.text("subject", &submitted::one_line(&new.subject));
        form.text("description", &html::of_text(&text));
        form.text("status", &OPEN.to_string());
        form.text("priority", self.priorities.of(new.urgency).unwrap_or("2"));
        form.text("source", PORTAL);
        if let Some(kind) = self.settings.ticket_types.get(&new.type_id) {
            form.text("type", kind);
        }
        if !self.settings.key_field.is_empty() {
            let name = format!("custom_fields[{}]", self.settings.key_field);
            form.text(&name, &new.key);
        }
        for (_, name, value) in &sent {
            form.text(&format!("custom_fields[{name}]"), value);
        }
        attach(&mut form, &new.files);
        let (media_type, body) = form.finish()?;
        let call = self.api.call(Method::POST, &["tickets"]);
        let made: Made = call.body(media_type, body).read().await?;
        let id = TicketId(made.id.to_string());
        self.complete(customer, &id, new, &sent, &text)
            .await
            .map_err(kept::after_it_was_done)?;
        Ok(id)
    }

    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError> {
        let field = &self.settings.key_field;
        if field.is_empty() || key.is_empty() {
            return Ok(None);
        }
        let Some(contact) = self.contact(customer).await? else {
            return Ok(None);
        };
        // The filter of Freshdesk is behind for minutes, its list is not; and nothing is put into a query.
        for page in 0..PAGES {
            let items = self.items(&contact, customer, "created_at", MANY, page);
            let (items, full) = items.await?;
            let found = items.iter().find(|item| item.values(field) == [key]);
            if found.is_some() || !full {
                return Ok(found.map(TicketItem::ticket_id));
            }
        }
        Ok(None)
    }

    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError> {
        let Some(contact) = self.contact(customer).await? else {
            return Ok(Rows {
                rows: Vec::new(),
                next: None,
            });
        };
        let items = self.items(&contact, customer, "updated_at", PAGE, page);
        let (items, full) = items.await?;
        let labels = self.labels(&items).await?;
        let rows = items.iter().map(|item| self.row(customer, &labels, item));
        Ok(Rows {
            rows: rows.collect::<Result<_, _>>()?,
            next: full.then_some(page.saturating_add(1)),
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let contact = self.known_contact(customer).await?;
        let item = self.item(&contact, id).await?;
        let conversations = self.conversations(item.id).await?;
        let labels = self.labels(slice::from_ref(&item)).await?;
        let row = self.row(customer, &labels, &item)?;
        let first = TicketMessage {
            id: FIRST.into(),
            at: row.created_at,
            role: Role::Customer,
            author: customer.name.clone(),
            body: text(submitted::written(&html::to_text(&item.description))),
            files: item.attachments.iter().map(file).collect(),
        };
        let later = conversations
            .iter()
            .map(|one| Self::message(customer, &contact, one));
        let over = matches!(row.standing.status, Status::Resolved | Status::Closed);
        let stats = item.stats.as_ref();
        let answered = stats.and_then(|stats| instant(stats.first_responded_at.as_deref()));
        let ended = stats
            .and_then(|stats| instant(stats.resolved_at.as_deref()))
            .filter(|_| over);
        let due = [
            (DueOf::FirstReply, &item.fr_due_by, answered),
            (DueOf::Resolution, &item.due_by, ended),
        ];
        let due = due.into_iter().filter_map(|(what, due, met_at)| {
            let due_at = instant(due.as_deref())?;
            Some(DeskDue {
                what,
                due_at,
                met_at,
            })
        });
        let fields = self.settings.fields.iter();
        let fields = fields.map(|(ours, theirs)| (ours.clone(), item.values(theirs)));
        Ok(Ticket {
            number: item.id.to_string(),
            handler: None,
            resolved_at: ended,
            due: due.collect(),
            fields: fields.filter(|(_, values)| !values.is_empty()).collect(),
            messages: [Ok(first)]
                .into_iter()
                .chain(later)
                .collect::<Result<_, _>>()?,
            row,
        })
    }

    async fn reply(
        &self,
        customer: &Customer,
        id: &TicketId,
        new: &NewReply,
    ) -> Result<String, DeskError> {
        let contact = self.known_contact(customer).await?;
        let item = self.item(&contact, id).await?;
        let message = self.write(&contact, item.id, new).await?;
        let standing = self.statuses.standing_of_number(item.status);
        if standing.waiting_on == Some(WaitingOn::Customer) {
            // A mail of the customer would set it back to work; a note that is written for them does not.
            self.set_status(&contact, id, OPEN).await?;
        }
        Ok(message)
    }

    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError> {
        let contact = self.known_contact(customer).await?;
        let item = self.item(&contact, id).await?;
        let is = self.statuses.standing_of_number(item.status).status;
        let wanted = match change {
            _ if change.is_done(is) => return Ok(()),
            Change::Confirm if is == Status::Resolved => CLOSED,
            Change::Confirm => return Err(DeskError::Refused("it is not resolved".into())),
            Change::Withdraw => self
                .settings
                .withdrawn
                .ok_or_else(|| DeskError::Refused("`withdrawn` names no status for that".into()))?,
            Change::Reopen => OPEN,
        };
        self.set_status(&contact, id, wanted).await
    }

    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError> {
        let contact = self.known_contact(customer).await?;
        let item = self.item(&contact, id).await?;
        let conversations = self.conversations(item.id).await?;
        let later = conversations.iter().flat_map(|one| &one.attachments);
        let mut files = item.attachments.iter().chain(later);
        let known = files.find(|known| known.id.to_string() == file.0);
        let known = known.ok_or(DeskError::NotFound)?;
        // The address is signed, and on another host.
        let bytes = self
            .api
            .download(&known.attachment_url, &HeaderMap::new())
            .await?;
        whole(bytes, known.size)
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut found = Examination::default();
        let first = self.api.get(&["agents", "me"]).send().await;
        if let Some(reply) = found.first(&self.api, first) {
            if serde_json::from_slice::<Made>(&reply.body).is_ok() {
                self.examine_fields(&mut found).await;
            } else {
                found.trouble(
                    "api/v2/agents/me",
                    "The answer names no agent: this is another program than Freshdesk.",
                );
            }
        }
        found.findings()
    }
}

impl Freshdesk {
    async fn examine_fields(&self, found: &mut Examination) {
        let fields = match self.fields().await {
            Ok(fields) => fields,
            Err(error) => {
                return found.trouble(
                    "the ticket fields",
                    format!("They cannot be read: {error}."),
                );
            }
        };
        let own = [&self.settings.key_field];
        let wanted = self.settings.fields.values().chain(own);
        for name in wanted.filter(|name| !name.is_empty()) {
            found.is(
                fields.iter().any(|field| field.name == *name),
                format!("the ticket field {name}"),
                "There is no such field: make it, as a single line of text.",
            );
        }
        let status = fields.iter().find(|field| field.name == "status");
        let choices = status.and_then(|field| field.choices.as_object());
        for (number, _) in choices.into_iter().flatten() {
            found.is(
                self.statuses.known(number).is_some(),
                format!("the status {number}"),
                "Nothing says what it means: customers see it as open, with the desk's word for it. Name it in `statuses`.",
            );
        }
        if let (Some(withdrawn), Some(choices)) = (self.settings.withdrawn, choices) {
            found.is(
                choices.contains_key(&withdrawn.to_string()),
                format!("the status {withdrawn} (`withdrawn`)"),
                "There is no such status: make it, or name another, or leave the setting out.",
            );
        }
    }
}
