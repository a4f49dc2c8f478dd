//! Request Tracker 5 over its REST2 interface.
//!
//! The service account acts; RT has no way to act as somebody else there, but for replies through its mail gateway.
//! Customers are the requestors of their tickets, and what the service account writes is theirs.

mod answer;
mod examine;
mod mail;
#[cfg(test)]
mod tests;

use crate::{
    api::{Api, authorization, instant, known_instant},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    mapping::{Meaning, Priorities, Statuses},
    multipart::Form,
    submitted,
    ticket::{
        Change, Customer, DeskDue, DueOf, FileId, NewField, NewFile, NewReply, NewTicket, Standing,
        Ticket, TicketFile, TicketId, TicketMessage, TicketRow,
    },
    transport::Transport,
};
use answer::{Collection, Content, Part, TICKET_FIELDS, TicketItem, Transaction};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::try_join, stream};
use http::{HeaderMap, HeaderValue, Method, header::LOCATION};
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Outcome, Status, Urgency, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// RT cuts a larger page down to this.
const PAGE: usize = 100;
/// No conversation is longer than this many pages.
const PAGES: usize = 50;
/// Texts that are fetched beside each other.
const AT_ONCE: usize = 4;
/// Texts that are kept, and bytes of one at most: together 32 MB.
const TEXTS: usize = 2_000;
const TEXT_MAX: usize = 16 * 1024;

/// How to use a Request Tracker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is, without `/REST/2.0`.
    pub url: String,
    /// RT's name of the account whose credential we have: what it wrote, customers wrote.
    pub account: String,
    /// The queue of request types that `queues` does not name.
    pub queue: String,
    /// Request type to queue.
    #[serde(default)]
    pub queues: BTreeMap<TypeId, String>,
    /// Field of ours to custom field.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, String>,
    /// Status of RT to status of ours; RT's own are known.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// Urgency to priority.
    #[serde(default)]
    pub priorities: BTreeMap<Urgency, String>,
    /// The custom field that keeps the key of a submission; empty for none, and then a submission whose answer is lost
    /// cannot be found again.
    #[serde(default = "key_field")]
    pub key_field: String,
    /// The custom field that keeps what a customer confirmed or withdrew; empty for none, and then they cannot.
    #[serde(default = "state_field")]
    pub state_field: String,
    /// Whether customers' replies go through RT's mail gateway, so that they are their authors in RT.
    #[serde(default)]
    pub mail_gateway: bool,
    /// The status of a ticket that a customer opens again.
    #[serde(default = "open")]
    pub reopened: String,
    /// The status of a ticket that a customer withdraws.
    #[serde(default = "resolved")]
    pub withdrawn: String,
}

fn key_field() -> String {
    "Portal Key".into()
}

fn state_field() -> String {
    "Portal State".into()
}

fn open() -> String {
    "open".into()
}

fn resolved() -> String {
    "resolved".into()
}

/// The default lifecycle.
fn meanings() -> [(&'static str, Meaning); 5] {
    let provider = Some(WaitingOn::Provider);
    [
        ("new", Meaning::new(Status::New, provider, None)),
        ("open", Meaning::new(Status::Open, provider, None)),
        ("stalled", Meaning::new(Status::Pending, None, None)),
        ("resolved", Meaning::new(Status::Resolved, None, None)),
        (
            "rejected",
            Meaning::new(Status::Closed, None, Some(Outcome::Rejected)),
        ),
    ]
}

/// A Request Tracker.
pub(crate) struct RequestTracker {
    api: Api,
    /// Of RT's mail gateway, which takes no credential.
    mail: Api,
    settings: Settings,
    statuses: Statuses,
    priorities: Priorities,
    /// Texts by the parts that hold them. RT changes none, and each would be a call of its own whenever its ticket is read.
    texts: Mutex<BTreeMap<String, Bytes>>,
}

impl RequestTracker {
    /// `credential` is an authentication token, or `name:password`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        // They stand in TicketSQL, and names that need quoting are not worth the risk.
        let in_queries = settings
            .queues
            .values()
            .chain([&settings.queue, &settings.key_field]);
        for name in in_queries {
            if name.contains(['\'', '"', '\\', '{', '}']) {
                return Err(format!(
                    "`{name}` holds a quote, brace or backslash, which no query can hold"
                ));
            }
        }
        let url = settings.url.trim_end_matches('/');
        let mail = format!("{url}/REST/1.0/NoAuth");
        let base = format!("{url}/REST/2.0");
        Ok(Self {
            mail: Api::new(&mail, HeaderMap::new(), Arc::clone(&transport))?,
            api: Api::new(&base, authorization("token", credential)?, transport)?,
            statuses: Statuses::new(meanings(), settings.statuses.clone())?,
            priorities: Priorities::new(
                [
                    (Urgency::Urgent, "100"),
                    (Urgency::Regular, "50"),
                    (Urgency::Special, "50"),
                ],
                settings.priorities.clone(),
            )?,
            settings,
            texts: Mutex::default(),
        })
    }

    fn queue(&self, new: &TypeId) -> &str {
        self.settings
            .queues
            .get(new)
            .unwrap_or(&self.settings.queue)
    }

    /// The custom field of a question, where there is one.
    fn field(&self, field: &FieldId) -> Option<&str> {
        self.settings.fields.get(field).map(String::as_str)
    }

    /// Tickets by a query, only those that are the customer's and there.
    async fn search(
        &self,
        customer: &Customer,
        query: &str,
        page: usize,
        per_page: usize,
    ) -> Result<(Vec<TicketItem>, bool), DeskError> {
        let query = format!("Requestor.EmailAddress = '{}' AND {query}", customer.email);
        let mut call = self
            .api
            .get(&["tickets"])
            .query("query", &query)
            .query("orderby", "LastUpdated")
            .query("order", "DESC")
            .query("page", &page.to_string())
            .query("per_page", &per_page.to_string());
        for (name, value) in TICKET_FIELDS {
            call = call.query(name, value);
        }
        let found: Collection<TicketItem> = call.read().await?;
        let full = found.items.len() >= per_page;
        let mut items = found.items;
        // RT has asked the same; a query that went wrong must not show anybody else's.
        items.retain(|item| item.belongs_to(&customer.email) && item.status != "deleted");
        Ok((items, full))
    }

    async fn item(&self, customer: &Customer, id: &TicketId) -> Result<TicketItem, DeskError> {
        let number: u64 = id.0.parse().map_err(|_| DeskError::NotFound)?;
        let (items, _) = self
            .search(customer, &format!("id = {number}"), 1, 1)
            .await?;
        let item = items.into_iter().find(|item| item.id == id.0);
        item.ok_or(DeskError::NotFound)
    }

    fn row(&self, customer: &Customer, item: &TicketItem) -> Result<TicketRow, DeskError> {
        Ok(TicketRow {
            id: item.ticket_id(),
            owner: customer.email.clone(),
            subject: item.subject.clone().unwrap_or_default(),
            standing: self.standing(item),
            created_at: item.created_at()?,
            updated_at: item.updated_at()?,
        })
    }

    fn standing(&self, item: &TicketItem) -> Standing {
        let standing = self.statuses.standing(&item.status);
        let ended = matches!(standing.status, Status::Resolved | Status::Closed);
        let state = item.values(&self.settings.state_field).first();
        let state = state.filter(|_| ended && !self.settings.state_field.is_empty());
        match state.and_then(|state| ended_by(state, item)) {
            Some(Change::Confirm) => Standing {
                status: Status::Closed,
                label: None,
                waiting_on: None,
                ..standing
            },
            Some(Change::Withdraw) => Standing {
                status: Status::Closed,
                label: None,
                waiting_on: None,
                outcome: Some(Outcome::Withdrawn),
            },
            _ => standing,
        }
    }

    /// All of a collection of a ticket, however many pages it has.
    async fn all<T: DeserializeOwned>(
        &self,
        id: &str,
        what: &str,
        fields: &[(&str, &str)],
    ) -> Result<Vec<T>, DeskError> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let mut call = self.api.get(&["ticket", id, what]);
            for (name, value) in fields {
                call = call.query(name, value);
            }
            let call = call
                .query("page", &page.to_string())
                .query("per_page", &PAGE.to_string());
            let found: Collection<T> = call.read().await?;
            let full = found.items.len() >= PAGE;
            all.extend(found.items);
            if !full {
                return Ok(all);
            }
        }
        Err(DeskError::Nonsense(format!(
            "{what} of a ticket without end"
        )))
    }

    /// The public messages of a ticket with their parts.
    async fn messages(&self, id: &str) -> Result<Vec<(Transaction, Vec<Part>)>, DeskError> {
        let history = self.all::<Transaction>(
            id,
            "history",
            &[
                ("fields", "Type,Creator,Created"),
                ("fields[Creator]", "RealName,EmailAddress"),
            ],
        );
        let (history, parts) = try_join(history, self.parts(id)).await?;
        let mut by_message: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        for part in parts {
            by_message
                .entry(part.transaction_id.clone())
                .or_default()
                .push(part);
        }
        let public = history.into_iter().filter(Transaction::is_public_message);
        Ok(public
            .map(|message| {
                let parts = by_message.remove(&message.id).unwrap_or_default();
                (message, parts)
            })
            .collect())
    }

    /// The parts of all messages, internal ones among them.
    async fn parts(&self, id: &str) -> Result<Vec<Part>, DeskError> {
        let fields = "Filename,ContentType,ContentLength,TransactionId";
        self.all(id, "attachments", &[("fields", fields)]).await
    }

    async fn content(&self, part: &str) -> Result<Bytes, DeskError> {
        let content: Content = self.api.get(&["attachment", part]).long().read().await?;
        let base64: String = content.content.split_whitespace().collect();
        let bytes = STANDARD.decode(base64);
        let bytes = bytes.map_err(|_| DeskError::Nonsense("a file that is not base64".into()))?;
        Ok(bytes.into())
    }

    async fn message(
        &self,
        customer: &Customer,
        item: &TicketItem,
        message: Transaction,
        parts: Vec<Part>,
    ) -> Result<TicketMessage, DeskError> {
        let body = self.text(&parts).await?;
        let Transaction { creator, kind, .. } = &message;
        let role = if creator.id == self.settings.account || creator.has(&customer.email) {
            Role::Customer
        } else if creator.id == "RT_System" {
            Role::System
        } else if is_among(creator, &item.requestor) {
            Role::Customer
        } else if is_among(creator, &item.cc) {
            Role::ThirdParty
        } else {
            Role::Agent
        };
        let author = match role {
            Role::Customer if !is_among(creator, &item.requestor) => customer.name.clone(),
            _ => Some(creator.called()),
        };
        let body = match body {
            Body {
                format: TextFormat::Text,
                value,
            } if kind == "Create" => Body {
                format: TextFormat::Text,
                value: submitted::written(&value),
            },
            body => body,
        };
        Ok(TicketMessage {
            at: known_instant("Created", message.created.as_deref())?,
            id: message.id,
            role,
            author,
            body,
            files: parts
                .iter()
                .filter(|part| part.is_file())
                .map(file)
                .collect(),
        })
    }

    /// Plain text before HTML, as the sender meant them to be the same.
    async fn text(&self, parts: &[Part]) -> Result<Body, DeskError> {
        let texts = || parts.iter().filter(|part| part.is_text());
        let plain = texts().find(|part| part.media_type() != "text/html");
        let format = if plain.is_some() {
            TextFormat::Text
        } else {
            TextFormat::Html
        };
        let Some(part) = plain.or_else(|| texts().next()) else {
            return Ok(Body {
                format: TextFormat::Text,
                value: String::new(),
            });
        };
        let kept = self.texts().get(&part.id).cloned();
        let bytes = match kept {
            Some(bytes) => bytes,
            None => {
                let bytes = self.content(&part.id).await?;
                self.keep(&part.id, &bytes);
                bytes
            }
        };
        Ok(Body {
            format,
            value: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    fn texts(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, part: &str, text: &Bytes) {
        if text.len() > TEXT_MAX {
            return;
        }
        let mut texts = self.texts();
        if texts.len() >= TEXTS {
            texts.clear();
        }
        texts.insert(part.to_owned(), text.clone());
    }

    async fn put(&self, id: &TicketId, change: Value) -> Result<(), DeskError> {
        // It is 200 also when nothing was done: who calls this reads again.
        let call = self
            .api
            .call(Method::PUT, &["ticket", &id.0])
            .json(&change)?;
        call.send().await.map(drop)
    }

    /// Writes to a ticket by the customer's own mail. The mail gateway does not say what became of it: that is seen.
    async fn mail(
        &self,
        customer: &Customer,
        id: &TicketId,
        new: &NewReply,
    ) -> Result<String, DeskError> {
        let before = self.messages(&id.0).await?;
        let before: BTreeSet<_> = before.into_iter().map(|(message, _)| message.id).collect();
        let mut form = Form::default();
        form.text("action", "correspond");
        form.text("queue", &self.settings.queue);
        form.text("ticket", &id.0);
        form.text("message", &mail::message(&customer.email, new));
        let (media_type, body) = form.finish()?;
        let call = self.mail.call(Method::POST, &["mail-gateway"]);
        let answer = call.body(media_type, body).send().await?;
        let said = String::from_utf8_lossy(&answer.body);
        if !said.starts_with("ok") {
            let said = said.chars().take(300).collect();
            return Err(DeskError::Refused(said));
        }
        let after = self.messages(&id.0).await;
        let after = after.map_err(DeskError::after_writing)?;
        for (message, _) in after {
            let new_one = !before.contains(&message.id) && message.creator.has(&customer.email);
            let kept = self.is_kept(id, &message.id, new);
            if new_one && kept.await.map_err(DeskError::after_writing)? {
                return Ok(message.id);
            }
        }
        Err(DeskError::Refused(
            "the message is not what was sent".into(),
        ))
    }

    /// Whether a message is as it was sent.
    async fn is_kept(
        &self,
        id: &TicketId,
        message: &str,
        new: &NewReply,
    ) -> Result<bool, DeskError> {
        let mut parts = self.parts(&id.0).await?;
        parts.retain(|part| part.transaction_id == message);
        let kept = self.text(&parts).await?;
        let files = parts.iter().filter(|part| part.is_file()).count();
        Ok(submitted::same(&new.body, &kept.value) && files == new.files.len())
    }

    /// An internal note says what the ticket lacks of a submission that is otherwise there.
    async fn note_what_is_missing(
        &self,
        id: &TicketId,
        item: &TicketItem,
        new: &NewTicket,
    ) -> Result<(), DeskError> {
        let lost = |field: &&NewField| {
            self.field(&field.id).is_some_and(|name| {
                let kept: BTreeSet<_> = item.values(name).iter().map(|v| v.trim()).collect();
                !field.values.iter().all(|value| kept.contains(value.trim()))
            })
        };
        let mut missing: Vec<String> = new
            .fields
            .iter()
            .filter(lost)
            .map(|field| format!("{}: {}", field.label, field.display))
            .collect();
        if !new.files.is_empty() {
            let parts = self.parts(&id.0).await?;
            if parts.iter().filter(|part| part.is_file()).count() < new.files.len() {
                missing.extend(new.files.iter().map(|file| format!("{}?", file.name)));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let note = format!("Not taken by this queue:\n{}", missing.join("\n"));
        let body = json!({"Content": note, "ContentType": "text/plain"});
        let call = self
            .api
            .call(Method::POST, &["ticket", &id.0, "comment"])
            .json(&body)?;
        call.send().await.map(drop)
    }
}

/// What the portal's own field says, if it is of this end and of no earlier one.
fn ended_by(state: &str, item: &TicketItem) -> Option<Change> {
    let (what, when) = state.split_once(' ')?;
    if Some(when) != item.resolved.as_deref() {
        return None;
    }
    match what {
        "confirmed" => Some(Change::Confirm),
        "withdrawn" => Some(Change::Withdraw),
        _ => None,
    }
}

fn is_among(user: &answer::User, users: &[answer::User]) -> bool {
    users
        .iter()
        .any(|other| !other.id.is_empty() && other.id == user.id)
}

fn file(part: &Part) -> TicketFile {
    let name = part.filename.clone().filter(|name| !name.is_empty());
    TicketFile {
        id: FileId(part.id.clone()),
        name: name.unwrap_or_else(|| part.id.clone()),
        media_type: part.media_type().to_owned(),
        size: part.content_length,
    }
}

/// A message with its files as a form: in JSON alone RT loses the whole message over a wide character in a file's name.
fn form(message: &Value, files: &[NewFile]) -> Result<(HeaderValue, Bytes), DeskError> {
    let mut form = Form::default();
    form.json("JSON", message);
    for file in files {
        form.file(
            "Attachments",
            &file.name,
            &file.media_type,
            file.bytes.clone(),
        );
    }
    form.finish()
}

#[async_trait]
impl Backend for RequestTracker {
    fn capabilities(&self) -> Capabilities {
        let state = !self.settings.state_field.is_empty();
        Capabilities {
            files: true,
            reply: true,
            confirm: state,
            reopen: true,
            withdraw: state,
            list: true,
            find: !self.settings.key_field.is_empty(),
            own_identity: self.settings.mail_gateway,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let without_field = new
            .fields
            .iter()
            .filter(|field| self.field(&field.id).is_none());
        let mut fields = Map::new();
        if !self.settings.key_field.is_empty() {
            fields.insert(self.settings.key_field.clone(), json!(new.key));
        }
        for field in &new.fields {
            if let Some(name) = self.field(&field.id) {
                fields.insert(name.to_owned(), json!(field.values));
            }
        }
        let mut body = json!({
            "Queue": self.queue(&new.type_id),
            "Subject": submitted::one_line(&new.subject),
            "Content": submitted::compose(new, without_field),
            "ContentType": "text/plain",
            "Requestor": customer.email.as_str(),
            "CustomFields": fields,
        });
        if let Some(priority) = self.priorities.of(new.urgency) {
            body["Priority"] = json!(priority);
        }
        #[derive(Deserialize)]
        struct Created {
            id: Value,
        }
        let (media_type, body) = form(&body, &new.files)?;
        let call = self
            .api
            .call(Method::POST, &["ticket"])
            .body(media_type, body);
        let created: Created = call.read().await?;
        let id = created
            .id
            .as_str()
            .map_or_else(|| created.id.to_string(), str::to_owned);
        let id = TicketId(id);
        match self.item(customer, &id).await {
            Ok(item) => self.note_what_is_missing(&id, &item, new).await.ok(),
            Err(DeskError::NotFound) => {
                return Err(DeskError::Refused(format!(
                    "ticket {} was made without this customer as its requestor",
                    id.0
                )));
            }
            Err(_) => None,
        };
        // The ticket is there: any other word would make a second one.
        Ok(id)
    }

    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError> {
        let field = &self.settings.key_field;
        if field.is_empty() || key.is_empty() {
            return Ok(None);
        }
        if !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(DeskError::Refused("a key that no query can hold".into()));
        }
        let query = format!("CF.{{{field}}} = '{key}'");
        let (items, _) = self.search(customer, &query, 1, 10).await?;
        let mut items = items.into_iter().filter(|item| {
            let kept = item.values(field);
            kept.iter().any(|kept| kept == key)
        });
        Ok(items.next().map(|item| item.ticket_id()))
    }

    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError> {
        let number = page as usize + 1;
        let (items, full) = self.search(customer, "id > 0", number, 50).await?;
        let rows: Result<_, _> = items.iter().map(|item| self.row(customer, item)).collect();
        Ok(Rows {
            rows: rows?,
            next: full.then_some(page.saturating_add(1)),
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let item = self.item(customer, id).await?;
        let messages = self.messages(&id.0).await?;
        let messages = stream::iter(messages)
            .map(|(message, parts)| self.message(customer, &item, message, parts))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let resolved_at = instant(item.resolved.as_deref());
        let due = instant(item.due.as_deref()).map(|due_at| DeskDue {
            what: DueOf::Resolution,
            due_at,
            met_at: resolved_at,
        });
        let fields = self.settings.fields.iter().map(|(ours, theirs)| {
            let values = item.values(theirs).to_vec();
            (ours.clone(), values)
        });
        let handler = item.owner.as_ref().filter(|owner| owner.id != "Nobody");
        Ok(Ticket {
            row: self.row(customer, &item)?,
            number: item.id.clone(),
            handler: handler.map(answer::User::called),
            resolved_at,
            due: due.into_iter().collect(),
            fields: fields.filter(|(_, values)| !values.is_empty()).collect(),
            messages,
        })
    }

    async fn reply(
        &self,
        customer: &Customer,
        id: &TicketId,
        new: &NewReply,
    ) -> Result<String, DeskError> {
        self.item(customer, id).await?;
        if self.settings.mail_gateway {
            return self.mail(customer, id, new).await;
        }
        let body = json!({"Content": new.body, "ContentType": "text/plain"});
        let (media_type, body) = form(&body, &new.files)?;
        let call = self
            .api
            .call(Method::POST, &["ticket", &id.0, "correspond"])
            .body(media_type, body);
        let reply = call.send().await?;
        let at = reply
            .headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let message = at.and_then(|at| at.rsplit('/').next()).map(str::to_owned);
        let message = message.filter(|id| id.parse::<u64>().is_ok());
        let message =
            message.ok_or_else(|| DeskError::Nonsense("a message without an id".into()))?;
        // That it cannot be seen now is no reason to write it again.
        match self.is_kept(id, &message, new).await {
            Ok(false) => Err(DeskError::Refused(
                "the message is not what was sent".into(),
            )),
            Ok(true) | Err(_) => Ok(message),
        }
    }

    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError> {
        let item = self.item(customer, id).await?;
        let is = self.standing(&item).status;
        match change {
            _ if change.is_done(is) => Ok(()),
            Change::Confirm if is == Status::Resolved => {
                self.end(customer, id, &item, "confirmed").await
            }
            Change::Confirm => Err(DeskError::Refused("it is not resolved".into())),
            Change::Withdraw => {
                let item = if item.status == self.settings.withdrawn {
                    item
                } else {
                    self.set_status(customer, id, &self.settings.withdrawn)
                        .await?
                };
                self.end(customer, id, &item, "withdrawn").await
            }
            Change::Reopen => self
                .set_status(customer, id, &self.settings.reopened)
                .await
                .map(drop),
        }
    }

    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError> {
        self.item(customer, id).await?;
        let messages = self.messages(&id.0).await?;
        let mut parts = messages.iter().flat_map(|(_, parts)| parts);
        let part = parts.find(|part| part.is_file() && part.id == file.0);
        self.content(&part.ok_or(DeskError::NotFound)?.id).await
    }

    async fn examine(&self) -> Vec<Finding> {
        examine::examine(self).await
    }
}

impl RequestTracker {
    /// Writes down that the customer ended it, with the time of this end.
    async fn end(
        &self,
        customer: &Customer,
        id: &TicketId,
        item: &TicketItem,
        how: &str,
    ) -> Result<(), DeskError> {
        let field = &self.settings.state_field;
        let when = item.resolved.as_deref().unwrap_or_default();
        let state = format!("{how} {when}");
        self.put(id, json!({"CustomFields": {field: state}}))
            .await?;
        let item = self.item(customer, id).await?;
        if self.standing(&item).status == Status::Closed {
            Ok(())
        } else {
            Err(DeskError::Refused(format!(
                "the field {field} does not keep it"
            )))
        }
    }

    /// Sets a status and reads it back.
    async fn set_status(
        &self,
        customer: &Customer,
        id: &TicketId,
        status: &str,
    ) -> Result<TicketItem, DeskError> {
        self.put(id, json!({"Status": status})).await?;
        let item = self.item(customer, id).await?;
        if item.status == status {
            Ok(item)
        } else {
            Err(DeskError::Refused(format!(
                "its status is {}, not {status}",
                item.status
            )))
        }
    }
}
