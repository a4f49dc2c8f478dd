//! Zammad over its REST API; written from its documentation, and run against a fake of it alone.
//!
//! Customers act as themselves: the account of the portal may name in `From` for whom it calls, and their rights then
//! apply.

use crate::{
    api::{Api, authorization, instant, known_instant, whole},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    examination::Examination,
    kept::{self, one_or_many, same_words, values},
    mapping::{Meaning, Priorities, Statuses},
    submitted,
    ticket::{
        Change, Customer, DeskDue, DueOf, Email, FileId, NewFile, NewReply, NewTicket, Standing,
        Ticket, TicketFile, TicketId, TicketMessage, TicketRow,
    },
    transport::Transport,
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::{try_join, try_join3};
use http::Method;
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Outcome, Status, Urgency, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Names for whom a call is; an id, so that nobody's login can be taken for another's address.
const FROM: &str = "from";
/// Rows of a page of ours.
const PAGE: u32 = 50;
/// Rows of a page when all of a customer's tickets are looked through; the most that Zammad gives.
const MANY: usize = 100;
/// As many of these and no more, for a desk that gives the same page again and again.
const PAGES: u32 = 100;

/// How to use a Zammad.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is: the address above `/api/`.
    pub url: String,
    /// The name of the group of request types that `groups` does not name.
    pub group: String,
    /// Request type to the name of a group.
    #[serde(default)]
    pub groups: BTreeMap<TypeId, String>,
    /// Field of ours to the name of an object attribute.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, String>,
    /// Name of a state to status of ours; one that is not named is taken by the type of the state.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// Urgency to the name of a priority.
    #[serde(default)]
    pub priorities: BTreeMap<Urgency, String>,
    /// The object attribute that keeps the key of a submission; empty for none, and then a submission whose answer is
    /// lost cannot be found again.
    #[serde(default = "key_field")]
    pub key_field: String,
    /// The state of a ticket whose solution a customer confirms.
    #[serde(default = "confirmed")]
    pub confirmed: String,
    /// The state of a ticket that a customer opens again; empty when they cannot.
    #[serde(default = "reopened")]
    pub reopened: String,
    /// The state of a ticket that a customer withdraws; empty when they cannot.
    #[serde(default)]
    pub withdrawn: String,
}

fn key_field() -> String {
    "portal_key".into()
}

fn confirmed() -> String {
    "closed".into()
}

fn reopened() -> String {
    "open".into()
}

/// The states that every Zammad has: their types say all of them.
const OWN_STATES: [&str; 7] = [
    "new",
    "open",
    "pending reminder",
    "pending close",
    "closed",
    "merged",
    "removed",
];

/// The types of states, by their numbers. None means "done, but not confirmed": who has such a state maps its name.
fn meanings() -> [(&'static str, Meaning); 7] {
    let provider = Some(WaitingOn::Provider);
    [
        ("1", Meaning::new(Status::New, provider, None)),
        ("2", Meaning::new(Status::Open, provider, None)),
        ("3", Meaning::new(Status::Pending, None, None)),
        ("4", Meaning::new(Status::Pending, None, None)),
        ("5", Meaning::new(Status::Closed, None, None)),
        (
            "6",
            Meaning::new(Status::Closed, None, Some(Outcome::Merged)),
        ),
        ("7", Meaning::new(Status::Closed, None, None)),
    ]
}

/// A Zammad.
pub(crate) struct Zammad {
    api: Api,
    settings: Settings,
    named: Statuses,
    types: Statuses,
    priorities: Priorities,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
struct State {
    id: u64,
    name: String,
    state_type_id: u64,
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Item {
    id: u64,
    #[serde(default)]
    number: String,
    #[serde(default)]
    title: String,
    state_id: u64,
    customer_id: u64,
    created_at: Option<String>,
    updated_at: Option<String>,
    close_at: Option<String>,
    first_response_at: Option<String>,
    first_response_escalation_at: Option<String>,
    close_escalation_at: Option<String>,
    /// The object attributes among them.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Item {
    fn ticket_id(&self) -> TicketId {
        TicketId(self.id.to_string())
    }

    fn values(&self, attribute: &str) -> Vec<String> {
        self.rest.get(attribute).map(values).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Article {
    id: u64,
    #[serde(default)]
    body: String,
    #[serde(default)]
    content_type: String,
    /// One that does not say is none for customers.
    #[serde(default = "yes")]
    internal: bool,
    sender: Option<String>,
    from: Option<String>,
    created_by_id: Option<u64>,
    created_at: Option<String>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Attachment {
    id: u64,
    filename: String,
    /// A number, or one in a text.
    size: Option<Value>,
    #[serde(default)]
    preferences: Map<String, Value>,
}

impl Attachment {
    fn size(&self) -> Option<u64> {
        values(self.size.as_ref()?).first()?.parse().ok()
    }

    fn media_type(&self) -> String {
        let names = ["Mime-Type", "Content-Type"];
        let kind = names
            .iter()
            .find_map(|name| self.preferences.get(*name)?.as_str());
        kind.unwrap_or("application/octet-stream").to_owned()
    }
}

impl Article {
    fn is_html(&self) -> bool {
        self.content_type.contains("html")
    }

    fn file_id(&self, file: &Attachment) -> FileId {
        FileId(format!("{}-{}", self.id, file.id))
    }

    fn names(&self) -> Vec<&str> {
        let files = self.attachments.iter();
        files.map(|file| file.filename.as_str()).collect()
    }
}

impl Zammad {
    /// `credential` is an access token with `admin.user` and `ticket.agent`, or `name:password`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        let base = format!("{}/api/v1", settings.url.trim_end_matches('/'));
        let credential = if credential.contains(':') {
            credential.to_owned()
        } else {
            format!("token={credential}")
        };
        Ok(Self {
            api: Api::new(&base, authorization("Token", &credential)?, transport)?,
            named: Statuses::new([], settings.statuses.clone())?,
            types: Statuses::new(meanings(), BTreeMap::new())?,
            priorities: Priorities::new(
                [
                    (Urgency::Urgent, "3 high"),
                    (Urgency::Regular, "2 normal"),
                    (Urgency::Special, "2 normal"),
                ],
                settings.priorities.clone(),
            )?,
            settings,
        })
    }

    /// The user whose address this is.
    async fn user(&self, email: &Email) -> Result<Option<User>, DeskError> {
        let call = self
            .api
            .get(&["users", "me"])
            .header(FROM, email.as_str())?;
        match call.read::<User>().await {
            // A login of somebody else may read the same.
            Ok(user) => {
                Ok(Some(user).filter(|user| user.email.eq_ignore_ascii_case(email.as_str())))
            }
            Err(DeskError::Forbidden(said)) if said.contains("No such user") => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn known_user(&self, customer: &Customer) -> Result<User, DeskError> {
        let user = self.user(&customer.email).await?;
        user.ok_or(DeskError::NotFound)
    }

    /// Makes a user of somebody who writes for the first time.
    async fn register(&self, customer: &Customer) -> Result<User, DeskError> {
        let email = customer.email.as_str();
        let name = customer.name.as_deref().map(submitted::one_line);
        let name = name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| email.to_owned());
        let (first, last) = name.rsplit_once(' ').unwrap_or((&name, ""));
        let user =
            json!({"firstname": first, "lastname": last, "email": email, "roles": ["Customer"]});
        let call = self.api.call(Method::POST, &["users"]).json(&user)?;
        match call.read().await {
            // Another submission of theirs may have been quicker.
            Err(DeskError::Refused(said)) => {
                let user = self.user(&customer.email).await?;
                user.ok_or(DeskError::Refused(said))
            }
            made => made,
        }
    }

    /// The customer's ticket.
    async fn item(&self, user: &User, id: &TicketId) -> Result<Item, DeskError> {
        let number: u64 = id.0.parse().map_err(|_| DeskError::NotFound)?;
        let call = self
            .api
            .get(&["tickets", &number.to_string()])
            .header(FROM, &user.id.to_string())?;
        let item: Item = match call.read().await {
            Err(DeskError::Forbidden(_)) => Err(DeskError::NotFound),
            item => item,
        }?;
        if item.id == number && item.customer_id == user.id {
            Ok(item)
        } else {
            Err(DeskError::NotFound)
        }
    }

    /// The public conversation.
    async fn articles(&self, user: &User, id: u64) -> Result<Vec<Article>, DeskError> {
        let call = self
            .api
            .get(&["ticket_articles", "by_ticket", &id.to_string()])
            .header(FROM, &user.id.to_string())?;
        let mut articles: Vec<Article> = call.read().await?;
        articles.retain(|article| !article.internal);
        articles.sort_by_key(|article| article.id);
        Ok(articles)
    }

    async fn states(&self) -> Result<Vec<State>, DeskError> {
        self.api.get(&["ticket_states"]).read().await
    }

    fn standing(&self, states: &[State], item: &Item) -> Standing {
        let Some(state) = states.iter().find(|state| state.id == item.state_id) else {
            return self.types.standing("");
        };
        let of_type = || Standing {
            label: Some(state.name.clone()).filter(|name| !OWN_STATES.contains(&name.as_str())),
            ..self.types.standing(&state.state_type_id.to_string())
        };
        self.named.known(&state.name).unwrap_or_else(of_type)
    }

    fn row(
        &self,
        customer: &Customer,
        states: &[State],
        item: &Item,
    ) -> Result<TicketRow, DeskError> {
        Ok(TicketRow {
            id: item.ticket_id(),
            owner: customer.email.clone(),
            subject: item.title.clone(),
            standing: self.standing(states, item),
            created_at: known_instant("created_at", item.created_at.as_deref())?,
            updated_at: known_instant("updated_at", item.updated_at.as_deref())?,
        })
    }

    fn message(
        customer: &Customer,
        user: &User,
        article: &Article,
        first: bool,
    ) -> Result<TicketMessage, DeskError> {
        let own = article.created_by_id == Some(user.id);
        let role = match article.sender.as_deref() {
            _ if own => Role::Customer,
            Some("Customer") => Role::Customer,
            Some("System") => Role::System,
            _ => Role::Agent,
        };
        let text = article.body.replace("\r\n", "\n");
        let body = match (article.is_html(), first) {
            (true, _) => Body {
                format: TextFormat::Html,
                value: article.body.clone(),
            },
            (false, first) => Body {
                format: TextFormat::Text,
                value: if first {
                    submitted::written(&text)
                } else {
                    text
                },
            },
        };
        let files = article.attachments.iter().map(|file| TicketFile {
            id: article.file_id(file),
            name: file.filename.clone(),
            media_type: file.media_type(),
            size: file.size(),
        });
        Ok(TicketMessage {
            id: article.id.to_string(),
            at: known_instant("created_at", article.created_at.as_deref())?,
            role,
            author: customer
                .name
                .clone()
                .filter(|_| own)
                .or_else(|| article.from.clone()),
            body,
            files: files.collect(),
        })
    }

    /// Reads a new ticket back, and sends after it what it lacks.
    async fn complete(
        &self,
        user: &User,
        id: &TicketId,
        new: &NewTicket,
        text: &str,
    ) -> Result<(), DeskError> {
        let item = self.item(user, id).await?;
        let articles = self.articles(user, item.id).await?;
        let first = articles.first();
        let told = first.is_some_and(|first| same_words(text, &first.body));
        let lost = new.fields.iter().filter(|field| {
            let name = self.settings.fields.get(&field.id);
            name.is_some_and(|name| item.values(name) != field.values)
        });
        let files = first.map(Article::names).unwrap_or_default();
        match kept::rest(new, Some(text).filter(|_| !told), lost, &files) {
            Some(rest) => self.write(user, item.id, &rest).await.map(drop),
            None => Ok(()),
        }
    }

    async fn write(&self, user: &User, id: u64, new: &NewReply) -> Result<String, DeskError> {
        let body = json!({
            "ticket_id": id,
            "body": new.body,
            "content_type": "text/plain",
            "type": "note",
            "internal": false,
            "attachments": attachments(&new.files),
        });
        let call = self.api.call(Method::POST, &["ticket_articles"]);
        let call = call.json(&body)?.header(FROM, &user.id.to_string())?;
        let made: Made = call.read().await?;
        let articles = self.articles(user, id).await;
        let articles = articles.map_err(kept::after_it_was_done)?;
        let kept = articles.iter().any(|article| {
            article.id == made.id
                && submitted::same(&new.body, &article.body)
                && article.attachments.len() == new.files.len()
        });
        if kept {
            Ok(made.id.to_string())
        } else {
            Err(DeskError::Refused(
                "the message is not what was sent".into(),
            ))
        }
    }

    async fn set_state(
        &self,
        user: &User,
        as_user: bool,
        id: &TicketId,
        name: &str,
    ) -> Result<(), DeskError> {
        let mut call = self
            .api
            .call(Method::PUT, &["tickets", &id.0])
            .json(&json!({"state": name}))?;
        if as_user {
            call = call.header(FROM, &user.id.to_string())?;
        }
        call.send().await?;
        let (states, item) = try_join(self.states(), self.item(user, id)).await?;
        let now = states.iter().find(|state| state.id == item.state_id);
        let now = now.map_or("unknown", |state| state.name.as_str());
        if now == name {
            Ok(())
        } else {
            Err(DeskError::Refused(format!(
                "its state is {now}, not {name}"
            )))
        }
    }
}

fn attachments(files: &[NewFile]) -> Value {
    let file = |file: &NewFile| {
        let data = STANDARD.encode(&file.bytes);
        json!({"filename": file.name, "data": data, "mime-type": file.media_type})
    };
    files.iter().map(file).collect()
}

#[async_trait]
impl Backend for Zammad {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            files: true,
            reply: true,
            confirm: self.named.has(Status::Resolved),
            reopen: !self.settings.reopened.is_empty(),
            withdraw: !self.settings.withdrawn.is_empty(),
            list: true,
            find: !self.settings.key_field.is_empty(),
            own_identity: true,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let user = match self.user(&customer.email).await? {
            Some(user) => user,
            None => self.register(customer).await?,
        };
        let attribute = |id: &FieldId| self.settings.fields.get(id);
        let group = self.settings.groups.get(&new.type_id);
        let without_field = new.fields.iter().filter(|f| attribute(&f.id).is_none());
        let text = submitted::compose(new, without_field);
        let mut body = json!({
            "title": submitted::one_line(&new.subject),
            "group": group.unwrap_or(&self.settings.group),
            "article": {
                "subject": submitted::one_line(&new.subject),
                "body": text,
                "content_type": "text/plain",
                "type": "web",
                "internal": false,
                "attachments": attachments(&new.files),
            },
        });
        if let Some(priority) = self.priorities.of(new.urgency) {
            body["priority"] = json!(priority);
        }
        if !self.settings.key_field.is_empty() {
            body[&self.settings.key_field] = json!(new.key);
        }
        for field in &new.fields {
            if let Some(name) = attribute(&field.id) {
                body[name] = one_or_many(&field.values);
            }
        }
        let call = self.api.call(Method::POST, &["tickets"]).json(&body)?;
        let made: Made = call.header(FROM, &user.id.to_string())?.read().await?;
        let id = TicketId(made.id.to_string());
        self.complete(&user, &id, new, &text)
            .await
            .map_err(kept::after_it_was_done)?;
        Ok(id)
    }

    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError> {
        let attribute = &self.settings.key_field;
        if attribute.is_empty() || key.is_empty() {
            return Ok(None);
        }
        let Some(user) = self.user(&customer.email).await? else {
            return Ok(None);
        };
        // The search of Zammad may be behind, its list is not; and nothing is put into a query.
        for page in 1..=PAGES {
            let call = self
                .api
                .get(&["tickets"])
                .query("per_page", &MANY.to_string())
                .query("page", &page.to_string())
                .header(FROM, &user.id.to_string())?;
            let items: Vec<Item> = call.read().await?;
            let found = items
                .iter()
                .find(|item| item.customer_id == user.id && item.values(attribute) == [key]);
            if found.is_some() || items.len() < MANY {
                return Ok(found.map(Item::ticket_id));
            }
        }
        Ok(None)
    }

    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError> {
        let Some(user) = self.user(&customer.email).await? else {
            return Ok(Rows {
                rows: Vec::new(),
                next: None,
            });
        };
        let call = self
            .api
            .get(&["tickets", "search"])
            .query("query", "*")
            .query("sort_by", "updated_at")
            .query("order_by", "desc")
            .query("limit", &PAGE.to_string())
            .query("page", &page.saturating_add(1).to_string())
            .query("expand", "true")
            .header(FROM, &user.id.to_string())?;
        let (items, states) = try_join(call.read::<Vec<Item>>(), self.states()).await?;
        // Others of the same organisation may share theirs.
        let own = items.iter().filter(|item| item.customer_id == user.id);
        let rows: Result<_, _> = own.map(|item| self.row(customer, &states, item)).collect();
        Ok(Rows {
            rows: rows?,
            next: (items.len() >= PAGE as usize).then_some(page.saturating_add(1)),
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let user = self.known_user(customer).await?;
        let item = self.item(&user, id).await?;
        let (articles, states) = try_join(self.articles(&user, item.id), self.states()).await?;
        let row = self.row(customer, &states, &item)?;
        let over = matches!(row.standing.status, Status::Resolved | Status::Closed);
        let ended = instant(item.close_at.as_deref()).filter(|_| over);
        let due = [
            (
                DueOf::FirstReply,
                &item.first_response_escalation_at,
                instant(item.first_response_at.as_deref()),
            ),
            (DueOf::Resolution, &item.close_escalation_at, ended),
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
        let messages = articles
            .iter()
            .enumerate()
            .map(|(at, article)| Self::message(customer, &user, article, at == 0));
        Ok(Ticket {
            number: item.number.clone(),
            // The API names owners by their logins.
            handler: None,
            resolved_at: ended,
            due: due.collect(),
            fields: fields.filter(|(_, values)| !values.is_empty()).collect(),
            messages: messages.collect::<Result<_, _>>()?,
            row,
        })
    }

    async fn reply(
        &self,
        customer: &Customer,
        id: &TicketId,
        new: &NewReply,
    ) -> Result<String, DeskError> {
        let user = self.known_user(customer).await?;
        let item = self.item(&user, id).await?;
        self.write(&user, item.id, new).await
    }

    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError> {
        let user = self.known_user(customer).await?;
        let (item, states) = try_join(self.item(&user, id), self.states()).await?;
        let standing = self.standing(&states, &item);
        let settings = &self.settings;
        let (possible, wanted) = match change {
            Change::Confirm => (standing.status == Status::Resolved, &settings.confirmed),
            Change::Withdraw => (true, &settings.withdrawn),
            Change::Reopen => (true, &settings.reopened),
        };
        if change.is_done(standing.status) {
            Ok(())
        } else if wanted.is_empty() || !possible {
            Err(DeskError::Refused(format!("it is {}", standing.status)))
        } else {
            // A state of the company's own is not in the form of customers.
            let as_user = change != Change::Withdraw;
            self.set_state(&user, as_user, id, wanted).await
        }
    }

    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError> {
        let user = self.known_user(customer).await?;
        let item = self.item(&user, id).await?;
        let articles = self.articles(&user, item.id).await?;
        let known = articles.iter().find_map(|article| {
            let mut files = article.attachments.iter();
            let known = files.find(|known| article.file_id(known) == *file)?;
            Some((article, known))
        });
        let (article, known) = known.ok_or(DeskError::NotFound)?;
        let [ticket, article, file] = [item.id, article.id, known.id].map(|id| id.to_string());
        let call = self
            .api
            .get(&["ticket_attachment", &ticket, &article, &file])
            .header(FROM, &user.id.to_string())?;
        whole(call.long().send().await?.body, known.size())
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut found = Examination::default();
        let first = self.api.get(&["users", "me"]).send().await;
        if let Some(reply) = found.first(&self.api, first) {
            match serde_json::from_slice::<User>(&reply.body) {
                Err(_) => found.trouble(
                    "api/v1/users/me",
                    "The answer names no user: this is another program than Zammad.",
                ),
                Ok(user) => self.examine_account(&mut found, &user).await,
            }
        }
        found.findings()
    }
}

impl Zammad {
    async fn examine_account(&self, found: &mut Examination, user: &User) {
        let itself = self.api.get(&["users", "me"]);
        let acts = match itself.header(FROM, &user.id.to_string()) {
            Ok(call) => call.send().await.is_ok(),
            Err(_) => false,
        };
        found.is(
            acts,
            "acting for customers",
            "The account may not: give its role the permission admin.user, and its token too.",
        );
        let (groups, states, attributes) = match try_join3(
            self.api.get(&["groups"]).read::<Vec<Named>>(),
            self.states(),
            self.api
                .get(&["object_manager_attributes"])
                .read::<Vec<Named>>(),
        )
        .await
        {
            Ok(all) => all,
            Err(error) => {
                return found.trouble(
                    "groups, states and attributes",
                    format!(
                        "They cannot be read ({error}): the account needs ticket.agent, and admin.object for the \
                         attributes."
                    ),
                );
            }
        };
        let settings = &self.settings;
        let wanted: BTreeSet<_> = settings.groups.values().chain([&settings.group]).collect();
        for name in wanted {
            found.is(
                groups.iter().any(|group| group.name == *name),
                format!("the group {name}"),
                "There is no such group, or the account is not in it.",
            );
        }
        for (setting, name) in [
            ("confirmed", &settings.confirmed),
            ("reopened", &settings.reopened),
            ("withdrawn", &settings.withdrawn),
        ] {
            if !name.is_empty() {
                found.is(
                    states.iter().any(|state| state.name == *name),
                    format!("the state {name} (`{setting}`)"),
                    "There is no such state: make it, or name another, or leave the setting empty.",
                );
            }
        }
        let own = [&settings.key_field];
        let wanted = settings.fields.values().chain(own);
        for name in wanted.filter(|name| !name.is_empty()) {
            found.is(
                attributes.iter().any(|attribute| attribute.name == *name),
                format!("the attribute {name} of tickets"),
                "There is no such attribute: make it in the object manager, as a text, and let customers see it.",
            );
        }
    }
}
