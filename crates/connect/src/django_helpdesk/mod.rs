//! django-helpdesk 2 over its REST API.
//!
//! The service account acts: customers may only list there. The submitter's address is the owner, and what the service
//! account writes is the customer's.

mod answer;
mod template;
#[cfg(test)]
mod tests;

use crate::{
    api::{Api, authorization, instant, known_instant},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    examination::Examination,
    mapping::{Meaning, Priorities, Statuses},
    multipart::Form,
    submitted,
    ticket::{
        Change, Customer, DeskDue, DueOf, Email, FileId, NewFile, NewReply, NewTicket, Standing,
        Ticket, TicketFile, TicketId, TicketMessage, TicketRow,
    },
    transport::Transport,
};
use answer::{File, FollowUp, Made, Page};
use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Outcome, Status, Urgency, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Tickets of a page; each comes with its whole conversation.
const PAGE: u64 = 50;
/// The API cannot be asked for one customer's tickets: a page of ours looks through as many of theirs, newest first.
const PAGES: u64 = 5;
/// The id of the message that is the ticket's description; follow-ups have numbers.
const FIRST: &str = "description";
/// The numbers of statuses.
const REOPENED: u64 = 2;
const CLOSED: u64 = 4;

/// How to use a django-helpdesk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is: the address above `/api/`.
    pub url: String,
    /// The number of the user whose credential we have: what they wrote, customers wrote.
    pub account: u64,
    /// The number of the queue of request types that `queues` does not name.
    pub queue: u64,
    /// Request type to the number of a queue.
    #[serde(default)]
    pub queues: BTreeMap<TypeId, u64>,
    /// Field of ours to the name of a custom field.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, String>,
    /// Number of a status, or `on_hold`, to status of ours; the default ones are known.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// Urgency to the number of a priority.
    #[serde(default)]
    pub priorities: BTreeMap<Urgency, String>,
    /// The custom field that keeps the key of a submission; empty for none, and then a submission whose answer is lost
    /// cannot be found again.
    #[serde(default = "key_field")]
    pub key_field: String,
    /// The custom field that keeps what a customer withdrew; empty for none, and then they cannot.
    #[serde(default = "state_field")]
    pub state_field: String,
}

fn key_field() -> String {
    "portal_key".into()
}

fn state_field() -> String {
    "portal_state".into()
}

fn meanings() -> [(&'static str, Meaning); 6] {
    let provider = Some(WaitingOn::Provider);
    [
        ("1", Meaning::new(Status::Open, provider, None)),
        ("2", Meaning::new(Status::Open, provider, None)),
        ("3", Meaning::new(Status::Resolved, None, None)),
        ("4", Meaning::new(Status::Closed, None, None)),
        (
            "5",
            Meaning::new(Status::Closed, None, Some(Outcome::Duplicate)),
        ),
        ("on_hold", Meaning::new(Status::Pending, None, None)),
    ]
}

/// A django-helpdesk.
pub(crate) struct DjangoHelpdesk {
    api: Api,
    settings: Settings,
    statuses: Statuses,
    priorities: Priorities,
}

impl DjangoHelpdesk {
    /// `credential` is a token of a member of staff, or `name:password`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        let base = format!("{}/api", settings.url.trim_end_matches('/'));
        Ok(Self {
            api: Api::new(&base, authorization("Token", credential)?, transport)?,
            statuses: Statuses::new(meanings(), settings.statuses.clone())?,
            priorities: Priorities::new(
                [
                    (Urgency::Urgent, "2"),
                    (Urgency::Regular, "3"),
                    (Urgency::Special, "3"),
                ],
                settings.priorities.clone(),
            )?,
            settings,
        })
    }

    /// The customer's ticket.
    async fn ticket(&self, email: &Email, id: &TicketId) -> Result<answer::Ticket, DeskError> {
        let number: u64 = id.0.parse().map_err(|_| DeskError::NotFound)?;
        let path = ["tickets", &number.to_string(), ""];
        let ticket: answer::Ticket = self.api.get(&path).read().await?;
        if ticket.is_of(email) && ticket.id == number {
            Ok(ticket)
        } else {
            Err(DeskError::NotFound)
        }
    }

    async fn page(&self, page: &str) -> Result<Page, DeskError> {
        let call = self.api.get(&["tickets", ""]);
        let call = call
            .query("page_size", &PAGE.to_string())
            .query("page", page);
        call.long().read().await
    }

    /// The customer's tickets among the newest of the desk, after leaving out as many pages; and whether there are more.
    async fn newest(
        &self,
        email: &Email,
        skip: u64,
    ) -> Result<(Vec<answer::Ticket>, bool), DeskError> {
        let last = self.page("last").await?;
        let pages = last.count.div_ceil(PAGE).max(1);
        let mut last = Some(last);
        let mut found = Vec::new();
        let from = pages.saturating_sub(skip);
        let to = from.saturating_sub(PAGES);
        for number in (to + 1..=from).rev() {
            let page = match last.take().filter(|_| number == pages) {
                Some(page) => page,
                None => self.page(&number.to_string()).await?,
            };
            let own = page
                .results
                .into_iter()
                .filter(|ticket| ticket.is_of(email));
            found.extend(own);
        }
        found.sort_by_key(|ticket| std::cmp::Reverse(ticket.id));
        Ok((found, to > 0))
    }

    fn row(&self, ticket: &answer::Ticket, owner: &Email) -> Result<TicketRow, DeskError> {
        let (created_at, updated_at) = ticket.dates()?;
        Ok(TicketRow {
            id: ticket.ticket_id(),
            owner: owner.clone(),
            subject: ticket.title.clone(),
            standing: self.standing(ticket),
            created_at,
            updated_at,
        })
    }

    fn standing(&self, ticket: &answer::Ticket) -> Standing {
        let standing = self.statuses.standing_of_number(ticket.status);
        if ticket.is_merged() {
            return Standing {
                status: Status::Closed,
                label: None,
                waiting_on: None,
                outcome: Some(Outcome::Merged),
            };
        }
        match standing.status {
            Status::Open if ticket.on_hold => self.statuses.standing("on_hold"),
            Status::Closed
                if ticket.value(&self.settings.state_field)
                    == Some(withdrawn(ticket.last_change())) =>
            {
                Standing {
                    label: None,
                    outcome: Some(Outcome::Withdrawn),
                    ..standing
                }
            }
            _ => standing,
        }
    }

    fn message(&self, customer: &Customer, one: &FollowUp) -> Result<TicketMessage, DeskError> {
        let title = one
            .title
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let role = match one.user {
            Some(user) if user == self.settings.account => Role::Customer,
            Some(_) => Role::Agent,
            // What came by mail says so in its title; the rest is the software's.
            None if title.contains(customer.email.as_str()) => Role::Customer,
            None => Role::System,
        };
        Ok(TicketMessage {
            id: one.id.to_string(),
            at: known_instant("date", one.date.as_deref())?,
            author: customer.name.clone().filter(|_| role == Role::Customer),
            role,
            body: text(one.text()),
            files: one.files.iter().map(file).collect(),
        })
    }

    async fn follow_up(&self, form: Form) -> Result<Made, DeskError> {
        let (media_type, body) = form.finish()?;
        let call = self.api.call(Method::POST, &["followups", ""]);
        call.body(media_type, body).read().await
    }

    async fn patch(&self, id: u64, change: Value) -> Result<(), DeskError> {
        let path = ["tickets", &id.to_string(), ""];
        let call = self.api.call(Method::PATCH, &path).json(&change)?;
        call.send().await.map(drop)
    }

    /// A private follow-up says what the ticket lacks of a submission that is otherwise there.
    async fn note_what_is_missing(
        &self,
        ticket: &answer::Ticket,
        new: &NewTicket,
    ) -> Result<(), DeskError> {
        let lost = |field: &&crate::ticket::NewField| {
            let name = self.settings.fields.get(&field.id);
            name.is_some_and(|name| ticket.value(name).is_none())
        };
        let lost = new.fields.iter().filter(lost);
        let mut missing: Vec<String> = lost
            .map(|field| format!("{}: {}", field.label, field.display))
            .collect();
        let files = ticket.opening().map_or(0, |opening| opening.files.len());
        if files < new.files.len() {
            missing.extend(new.files.iter().map(|file| format!("{}?", file.name)));
        }
        if missing.is_empty() {
            return Ok(());
        }
        let note = format!("Not taken:\n{}", missing.join("\n"));
        let mut form = Form::default();
        form.text("ticket", &ticket.id.to_string());
        form.text("comment", &template::literal(&note));
        form.text("public", "false");
        self.follow_up(form).await.map(drop)
    }

    /// Looks at a ticket after a reply: whether it is there as it was sent. What is written to a resolved ticket becomes
    /// its resolution: that is put back.
    async fn settled(
        &self,
        email: &Email,
        before: &answer::Ticket,
        message: u64,
        new: &NewReply,
    ) -> Result<bool, DeskError> {
        let after = self.ticket(email, &before.ticket_id()).await?;
        if after.resolution != before.resolution {
            self.patch(before.id, json!({"resolution": before.resolution}))
                .await?;
        }
        let messages = after.messages();
        let written = messages.into_iter().find(|one| one.id == message);
        Ok(written.is_some_and(|one| {
            submitted::same(&new.body, one.text()) && one.files.len() == new.files.len()
        }))
    }

    /// Files beyond the first, which alone can come with the ticket.
    async fn attach(&self, to: &FollowUp, files: &[NewFile]) -> Result<(), DeskError> {
        for file in files {
            let mut form = Form::default();
            form.text("followup", &to.id.to_string());
            form.text("filename", &file.name);
            form.text("mime_type", &file.media_type);
            form.text("size", &file.bytes.len().to_string());
            form.file("file", &file.name, &file.media_type, file.bytes.clone());
            let (media_type, body) = form.finish()?;
            let call = self.api.call(Method::POST, &["followups-attachments", ""]);
            call.body(media_type, body).send().await?;
        }
        Ok(())
    }
}

/// What the portal's own field says of a ticket that a customer withdrew by this follow-up.
fn withdrawn(follow_up: u64) -> String {
    format!("withdrawn {follow_up}")
}

fn text(value: &str) -> Body {
    Body {
        format: TextFormat::Text,
        value: value.replace("\r\n", "\n"),
    }
}

fn file(file: &File) -> TicketFile {
    TicketFile {
        id: FileId(file.id.to_string()),
        name: file.filename.clone(),
        media_type: file.mime_type.clone(),
        size: file.size,
    }
}

#[async_trait]
impl Backend for DjangoHelpdesk {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            files: true,
            reply: true,
            confirm: true,
            reopen: true,
            withdraw: !self.settings.state_field.is_empty(),
            list: true,
            find: !self.settings.key_field.is_empty(),
            own_identity: false,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let queue = self
            .settings
            .queues
            .get(&new.type_id)
            .unwrap_or(&self.settings.queue);
        let name = |id: &FieldId| self.settings.fields.get(id);
        let without_field = new.fields.iter().filter(|field| name(&field.id).is_none());
        let mut form = Form::default();
        form.text("queue", &queue.to_string());
        // It takes no longer one.
        let title: String = submitted::one_line(&new.subject)
            .chars()
            .take(200)
            .collect();
        form.text("title", &title);
        form.text("description", &submitted::compose(new, without_field));
        form.text("submitter_email", customer.email.as_str());
        form.text("priority", self.priorities.of(new.urgency).unwrap_or("3"));
        if !self.settings.key_field.is_empty() {
            form.text(&format!("custom_{}", self.settings.key_field), &new.key);
        }
        for field in &new.fields {
            if let Some(name) = name(&field.id) {
                form.text(&format!("custom_{name}"), &field.values.join(", "));
            }
        }
        if let Some(file) = new.files.first() {
            form.file(
                "attachment",
                &file.name,
                &file.media_type,
                file.bytes.clone(),
            );
        }
        let (media_type, body) = form.finish()?;
        let call = self
            .api
            .call(Method::POST, &["tickets", ""])
            .body(media_type, body);
        let made: answer::Ticket = call.read().await?;
        let id = made.ticket_id();
        if let (Some(opening), Some(rest)) = (made.opening(), new.files.get(1..)) {
            // What does not go into it is noted in it.
            self.attach(opening, rest).await.ok();
        }
        match self.ticket(&customer.email, &id).await {
            Ok(kept) => self.note_what_is_missing(&kept, new).await.ok(),
            Err(DeskError::NotFound) => {
                let said = format!("ticket {} has another submitter", id.0);
                return Err(DeskError::Refused(said));
            }
            Err(_) => None,
        };
        // The ticket is there: any other word would make a second one.
        Ok(id)
    }

    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError> {
        if self.settings.key_field.is_empty() || key.is_empty() {
            return Ok(None);
        }
        let (tickets, _) = self.newest(&customer.email, 0).await?;
        let kept = |ticket: &&answer::Ticket| {
            ticket.value(&self.settings.key_field).as_deref() == Some(key)
        };
        Ok(tickets.iter().find(kept).map(answer::Ticket::ticket_id))
    }

    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError> {
        let skip = u64::from(page) * PAGES;
        let (tickets, more) = self.newest(&customer.email, skip).await?;
        // One without a follow-up has no date at all.
        let rows = tickets
            .iter()
            .filter_map(|ticket| self.row(ticket, &customer.email).ok());
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.updated_at));
        Ok(Rows {
            rows,
            next: more.then_some(page.saturating_add(1)),
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let ticket = self.ticket(&customer.email, id).await?;
        let row = self.row(&ticket, &customer.email)?;
        let opening = ticket.opening();
        let first = TicketMessage {
            id: FIRST.into(),
            at: row.created_at,
            role: Role::Customer,
            author: customer.name.clone(),
            body: text(&submitted::written(
                ticket.description.as_deref().unwrap_or_default(),
            )),
            files: opening
                .map(|one| one.files.iter().map(file).collect())
                .unwrap_or_default(),
        };
        let later = ticket
            .messages()
            .into_iter()
            .map(|one| self.message(customer, one));
        let due = instant(ticket.due_date.as_deref()).map(|due_at| DeskDue {
            what: DueOf::Resolution,
            due_at,
            met_at: None,
        });
        let fields = self.settings.fields.iter();
        let fields =
            fields.filter_map(|(ours, theirs)| Some((ours.clone(), vec![ticket.value(theirs)?])));
        Ok(Ticket {
            number: ticket.id.to_string(),
            // The API has numbers of users and no names.
            handler: None,
            resolved_at: None,
            due: due.into_iter().collect(),
            fields: fields.collect(),
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
        let before = self.ticket(&customer.email, id).await?;
        // Without a title: one of our own would become the ticket's.
        let mut form = Form::default();
        form.text("ticket", &before.id.to_string());
        form.text("comment", &template::literal(&new.body));
        form.text("public", "true");
        for file in &new.files {
            form.file(
                "attachments",
                &file.name,
                &file.media_type,
                file.bytes.clone(),
            );
        }
        let made = self.follow_up(form).await?;
        // That it cannot be seen now is no reason to write it again.
        match self.settled(&customer.email, &before, made.id, new).await {
            Ok(false) => Err(DeskError::Refused(
                "the message is not what was sent".into(),
            )),
            Ok(true) | Err(_) => Ok(made.id.to_string()),
        }
    }

    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError> {
        let ticket = self.ticket(&customer.email, id).await?;
        let is = self.standing(&ticket).status;
        let wanted = match change {
            _ if change.is_done(is) => return Ok(()),
            Change::Confirm if is == Status::Resolved => CLOSED,
            Change::Confirm => return Err(DeskError::Refused("it is not resolved".into())),
            Change::Withdraw => CLOSED,
            Change::Reopen => REOPENED,
        };
        // A follow-up rather than a bare change, so that agents see when it was.
        let mut form = Form::default();
        form.text("ticket", &ticket.id.to_string());
        form.text("public", "true");
        form.text("new_status", &wanted.to_string());
        let made = self.follow_up(form).await?;
        if change == Change::Withdraw {
            let field = format!("custom_{}", self.settings.state_field);
            let mut state = Map::new();
            state.insert(field, json!(withdrawn(made.id)));
            self.patch(ticket.id, Value::Object(state)).await?;
        }
        let now = self.ticket(&customer.email, id).await?.status;
        if now == wanted {
            Ok(())
        } else {
            Err(DeskError::Refused(format!(
                "its status is {now}, not {wanted}"
            )))
        }
    }

    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError> {
        let ticket = self.ticket(&customer.email, id).await?;
        let messages = ticket.messages();
        let public = ticket.opening().into_iter().chain(messages);
        let mut files = public.flat_map(|one| &one.files);
        let known = files.find(|known| known.id.to_string() == file.0);
        let known = known.ok_or(DeskError::NotFound)?;
        Ok(self.api.follow(&known.file)?.long().send().await?.body)
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut found = Examination::default();
        let call = self
            .api
            .get(&["tickets", ""])
            .query("page_size", &PAGE.to_string());
        let first = call.query("page", "last").long().send().await;
        if let Some(reply) = found.first(&self.api, first) {
            match serde_json::from_slice::<Page>(&reply.body) {
                Err(_) => found.trouble(
                    "api/tickets/",
                    "The answer holds no tickets: this is another program than django-helpdesk.",
                ),
                Ok(page) => {
                    self.examine_fields(&mut found).await;
                    self.examine_account(&mut found, &page);
                }
            }
        }
        found.findings()
    }
}

impl DjangoHelpdesk {
    async fn examine_fields(&self, found: &mut Examination) {
        let form: Value = match self
            .api
            .call(Method::OPTIONS, &["tickets", ""])
            .read()
            .await
        {
            Ok(form) => form,
            Err(error) => {
                return found.trouble(
                    "the fields of tickets",
                    format!("They cannot be read: {error}."),
                );
            }
        };
        let there = &form["actions"]["POST"];
        found.is(
            there.is_object(),
            "making tickets",
            "The account may not: it has to be a member of staff.",
        );
        let own = [&self.settings.key_field, &self.settings.state_field];
        let wanted = self.settings.fields.values().chain(own);
        for name in wanted.filter(|name| !name.is_empty()) {
            found.is(
                there.get(format!("custom_{name}")).is_some(),
                format!("the custom field {name}"),
                "There is no such custom field: make it, as a text that is not required.",
            );
        }
    }

    /// Whoever opened a ticket with a key of ours is our account.
    fn examine_account(&self, found: &mut Examination, page: &Page) {
        let ours = page.results.iter().rev();
        let mut ours = ours.filter(|ticket| ticket.value(&self.settings.key_field).is_some());
        if let Some(user) = ours.find_map(|ticket| ticket.opening()?.user) {
            let trouble = format!(
                "The credential is of user {user}: write that number into `account`, or what \
                 customers write shows \
                 as an agent's."
            );
            found.is(
                user == self.settings.account,
                format!("the account {}", self.settings.account),
                &trouble,
            );
        }
    }
}
