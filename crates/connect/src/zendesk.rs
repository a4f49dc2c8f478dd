//! Zendesk over its Requests API, which is made for customers; written from its documentation, and run against a fake
//! of it alone.
//!
//! Customers act as themselves: with the API token of the account stands the address of the one who calls.

use crate::{
    api::{Api, instant, known_instant, secret, whole},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    examination::Examination,
    kept::{self, same_words, values},
    mapping::{Meaning, Priorities, Statuses},
    submitted,
    ticket::{
        Change, Customer, DeskDue, DueOf, Email, FileId, NewFile, NewReply, NewTicket, Ticket,
        TicketFile, TicketId, TicketMessage, TicketRow,
    },
    transport::Transport,
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::AUTHORIZATION};
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Status, Urgency, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Rows of a page of ours.
const PAGE: usize = 50;
/// Rows of a page when all are read; the most that Zendesk gives.
const MANY: usize = 100;
/// As many of these and no more, for a desk that gives the same page again and again.
const PAGES: u32 = 100;

/// How to use a Zendesk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is: `https://company.zendesk.com`, or the host of the brand.
    pub url: String,
    /// The address of an administrator: makes customers known who write for the first time.
    pub account: Email,
    /// Request type to the number of a form; the default form without.
    #[serde(default)]
    pub forms: BTreeMap<TypeId, u64>,
    /// Field of ours to the number of a ticket field that customers may edit.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, u64>,
    /// Status of Zendesk to status of ours; the six are known.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// Urgency to `low`, `normal`, `high` or `urgent`.
    #[serde(default)]
    pub priorities: BTreeMap<Urgency, String>,
    /// The number of the ticket field that keeps the key of a submission, which customers may edit too; without it a
    /// submission whose answer is lost cannot be found again.
    pub key_field: Option<u64>,
    /// What a customer says who opens a solved request again: only a comment does that. Empty when they cannot.
    #[serde(default = "reopening")]
    pub reopening: String,
}

fn reopening() -> String {
    "Reopened.".into()
}

fn meanings() -> [(&'static str, Meaning); 6] {
    let provider = Some(WaitingOn::Provider);
    let customer = Some(WaitingOn::Customer);
    let third_party = Some(WaitingOn::ThirdParty);
    [
        ("new", Meaning::new(Status::New, provider, None)),
        ("open", Meaning::new(Status::Open, provider, None)),
        ("pending", Meaning::new(Status::Pending, customer, None)),
        ("hold", Meaning::new(Status::Pending, third_party, None)),
        ("solved", Meaning::new(Status::Resolved, None, None)),
        ("closed", Meaning::new(Status::Closed, None, None)),
    ]
}

/// A Zendesk.
pub(crate) struct Zendesk {
    api: Api,
    token: String,
    settings: Settings,
    statuses: Statuses,
    priorities: Priorities,
}

#[derive(Deserialize)]
struct OneUser {
    user: User,
}

#[derive(Deserialize)]
struct User {
    /// None of who is nobody.
    id: Option<u64>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    role: String,
}

impl User {
    fn has(&self, email: &Email) -> bool {
        let own = self.email.as_deref();
        own.is_some_and(|own| own.eq_ignore_ascii_case(email.as_str()))
    }
}

#[derive(Deserialize)]
struct Users {
    users: Vec<User>,
}

/// Who calls, and their credential.
struct Caller {
    id: u64,
    headers: HeaderMap,
}

#[derive(Deserialize)]
struct OneRequest {
    request: Item,
}

#[derive(Deserialize)]
struct Requests {
    requests: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: u64,
    #[serde(default)]
    subject: Option<String>,
    status: String,
    requester_id: u64,
    #[serde(default)]
    custom_fields: Vec<FieldValue>,
    due_at: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct FieldValue {
    id: u64,
    #[serde(default)]
    value: Value,
}

impl Item {
    fn ticket_id(&self) -> TicketId {
        TicketId(self.id.to_string())
    }

    fn values(&self, field: u64) -> Vec<String> {
        let known = self.custom_fields.iter().find(|known| known.id == field);
        known.map(|known| values(&known.value)).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Comments {
    comments: Vec<Comment>,
    #[serde(default)]
    users: Vec<User>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default)]
    has_more: bool,
    after_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    #[serde(default)]
    body: String,
    html_body: Option<String>,
    /// One that does not say is none for customers.
    #[serde(default)]
    public: bool,
    author_id: Option<u64>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct Attachment {
    id: u64,
    /// So in comments; elsewhere `file_name`.
    name: Option<String>,
    file_name: Option<String>,
    content_url: String,
    content_type: Option<String>,
    size: Option<u64>,
}

impl Attachment {
    fn name(&self) -> Option<&str> {
        self.name.as_deref().or(self.file_name.as_deref())
    }
}

impl Comment {
    fn names(&self) -> Vec<&str> {
        let files = self.attachments.iter();
        files.filter_map(Attachment::name).collect()
    }
}

#[derive(Deserialize)]
struct Uploaded {
    upload: Upload,
}

#[derive(Deserialize)]
struct Upload {
    token: String,
}

#[derive(Deserialize)]
struct Fields {
    ticket_fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    id: u64,
    #[serde(default)]
    editable_in_portal: bool,
    #[serde(default)]
    active: bool,
}

impl Zendesk {
    /// `credential` is an API token of the account.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        secret(credential)?;
        Ok(Self {
            api: Api::new(&settings.url, HeaderMap::new(), transport)?,
            token: credential.to_owned(),
            statuses: Statuses::new(meanings(), settings.statuses.clone())?,
            priorities: Priorities::new(
                [
                    (Urgency::Urgent, "high"),
                    (Urgency::Regular, "normal"),
                    (Urgency::Special, "normal"),
                ],
                settings.priorities.clone(),
            )?,
            settings,
        })
    }

    fn headers(&self, email: &Email) -> Result<HeaderMap, DeskError> {
        let value = STANDARD.encode(format!("{email}/token:{}", self.token));
        let value = secret(&format!("Basic {value}")).map_err(DeskError::Refused)?;
        Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }

    /// Who has this address; none when our credential is not taken for it.
    async fn caller(&self, email: &Email) -> Result<Option<Caller>, DeskError> {
        let headers = self.headers(email)?;
        let call = self
            .api
            .get(&["api", "v2", "users", "me"])
            .headers(&headers);
        let user = match call.read::<OneUser>().await {
            Ok(one) => one.user,
            Err(DeskError::Credential) => return Ok(None),
            Err(error) => return Err(error),
        };
        // A credential that is not taken may also make a caller nobody, with 200.
        let known = user.id.filter(|_| user.has(email));
        Ok(known.map(|id| Caller { id, headers }))
    }

    /// The customer; none when the desk does not know them yet.
    async fn customer(&self, email: &Email) -> Result<Option<Caller>, DeskError> {
        if let Some(known) = self.caller(email).await? {
            return Ok(Some(known));
        }
        // Nobody is signed in who does not exist; is that so, or is it the token?
        let account = self.account().await?;
        let call = self.api.get(&["api", "v2", "users", "search"]);
        let call = call.query("query", &format!("email:{email}"));
        let found: Users = call.headers(&account.headers).read().await?;
        if found.users.iter().any(|user| user.has(email)) {
            return Err(DeskError::Credential);
        }
        Ok(None)
    }

    async fn known_customer(&self, customer: &Customer) -> Result<Caller, DeskError> {
        let known = self.customer(&customer.email).await?;
        known.ok_or(DeskError::NotFound)
    }

    async fn account(&self) -> Result<Caller, DeskError> {
        let account = self.caller(&self.settings.account).await?;
        account.ok_or(DeskError::Credential)
    }

    /// Makes somebody known who writes for the first time.
    async fn register(&self, customer: &Customer) -> Result<Caller, DeskError> {
        let account = self.account().await?;
        let name = customer.name.as_deref().map(submitted::one_line);
        let name = name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| customer.email.to_string());
        // The portal has seen that the address is theirs.
        let user = json!({"user": {"email": customer.email.as_str(), "name": name, "verified": true,
            "skip_verify_email": true}});
        let path = ["api", "v2", "users", "create_or_update"];
        let call = self.api.call(Method::POST, &path).json(&user)?;
        call.headers(&account.headers).send().await?;
        let made = self.caller(&customer.email).await?;
        made.ok_or_else(|| DeskError::Refused("this customer cannot be made known".into()))
    }

    /// The customer's request.
    async fn item(&self, caller: &Caller, id: &TicketId) -> Result<Item, DeskError> {
        let number: u64 = id.0.parse().map_err(|_| DeskError::NotFound)?;
        let path = ["api", "v2", "requests", &number.to_string()];
        let call = self.api.get(&path).headers(&caller.headers);
        let item = match call.read::<OneRequest>().await {
            Err(DeskError::Forbidden(_)) => Err(DeskError::NotFound),
            found => found,
        }?
        .request;
        if item.id == number && item.requester_id == caller.id {
            Ok(item)
        } else {
            Err(DeskError::NotFound)
        }
    }

    async fn requests(
        &self,
        caller: &Caller,
        by: &str,
        size: usize,
        page: u32,
    ) -> Result<Vec<Item>, DeskError> {
        let call = self
            .api
            .get(&["api", "v2", "requests"])
            .query("sort_by", by)
            .query("sort_order", "desc")
            .query("per_page", &size.to_string())
            .query("page", &page.saturating_add(1).to_string());
        let found: Requests = call.headers(&caller.headers).read().await?;
        Ok(found.requests)
    }

    /// The public conversation, and who writes in it.
    async fn comments(
        &self,
        caller: &Caller,
        id: u64,
    ) -> Result<(Vec<Comment>, Vec<User>), DeskError> {
        let (mut comments, mut users) = (Vec::new(), Vec::new());
        let mut after: Option<String> = None;
        loop {
            let path = ["api", "v2", "requests", &id.to_string(), "comments"];
            let mut call = self.api.get(&path).query("page[size]", &MANY.to_string());
            if let Some(after) = &after {
                call = call.query("page[after]", after);
            }
            let page: Comments = call.headers(&caller.headers).read().await?;
            let got = page.comments.len();
            comments.extend(page.comments.into_iter().filter(|comment| comment.public));
            users.extend(page.users);
            let next = page
                .meta
                .after_cursor
                .filter(|_| page.meta.has_more && got > 0);
            if next.is_none() {
                comments.sort_by_key(|comment| comment.id);
                return Ok((comments, users));
            }
            after = next;
        }
    }

    /// Sends files ahead; the tokens name them in a comment.
    async fn upload(&self, caller: &Caller, files: &[NewFile]) -> Result<Vec<String>, DeskError> {
        let mut tokens = Vec::new();
        for file in files {
            let media_type = HeaderValue::from_str(&file.media_type)
                .unwrap_or(HeaderValue::from_static("application/octet-stream"));
            let call = self
                .api
                .call(Method::POST, &["api", "v2", "uploads"])
                .query("filename", &file.name)
                .body(media_type, file.bytes.clone());
            let Uploaded { upload } = call.headers(&caller.headers).read().await?;
            tokens.push(upload.token);
        }
        Ok(tokens)
    }

    /// Reads a new request back, and sends after it what it lacks.
    async fn complete(
        &self,
        caller: &Caller,
        id: &TicketId,
        new: &NewTicket,
        text: &str,
    ) -> Result<(), DeskError> {
        let item = self.item(caller, id).await?;
        let (comments, _) = self.comments(caller, item.id).await?;
        let first = comments.first();
        let told = first.is_some_and(|first| same_words(text, &first.body));
        let lost = new.fields.iter().filter(|field| {
            let number = self.settings.fields.get(&field.id);
            number.is_some_and(|number| item.values(*number) != field.values)
        });
        let files = first.map(Comment::names).unwrap_or_default();
        match kept::rest(new, Some(text).filter(|_| !told), lost, &files) {
            Some(rest) => self.write(caller, item.id, &rest).await.map(drop),
            None => Ok(()),
        }
    }

    async fn write(&self, caller: &Caller, id: u64, new: &NewReply) -> Result<String, DeskError> {
        let (before, _) = self.comments(caller, id).await?;
        let before: BTreeSet<u64> = before.iter().map(|comment| comment.id).collect();
        let uploads = self.upload(caller, &new.files).await?;
        let body = json!({"request": {"comment": {"body": new.body, "uploads": uploads}}});
        let path = ["api", "v2", "requests", &id.to_string()];
        let call = self.api.call(Method::PUT, &path).json(&body)?;
        call.headers(&caller.headers).read::<OneRequest>().await?;
        let after = self.comments(caller, id).await;
        let (after, _) = after.map_err(kept::after_it_was_done)?;
        let written = after.iter().find(|comment| {
            !before.contains(&comment.id)
                && comment.author_id == Some(caller.id)
                && submitted::same(&new.body, &comment.body)
                && comment.attachments.len() == new.files.len()
        });
        let written = written.map(|comment| comment.id.to_string());
        written.ok_or_else(|| DeskError::Refused("the message is not what was sent".into()))
    }

    fn row(&self, customer: &Customer, item: &Item) -> Result<TicketRow, DeskError> {
        Ok(TicketRow {
            id: item.ticket_id(),
            owner: customer.email.clone(),
            subject: item.subject.clone().unwrap_or_default(),
            standing: self.statuses.standing(&item.status),
            created_at: known_instant("created_at", item.created_at.as_deref())?,
            updated_at: known_instant("updated_at", item.updated_at.as_deref())?,
        })
    }

    fn message(
        customer: &Customer,
        caller: &Caller,
        users: &[User],
        comment: &Comment,
        first: bool,
    ) -> Result<TicketMessage, DeskError> {
        let own = comment.author_id == Some(caller.id);
        let author = users
            .iter()
            .find(|user| user.id.is_some() && user.id == comment.author_id);
        let text = |value: String| Body {
            format: TextFormat::Text,
            value,
        };
        let body = match &comment.html_body {
            _ if own && first => text(submitted::written(&comment.body)),
            _ if own => text(comment.body.replace("\r\n", "\n")),
            Some(html) => Body {
                format: TextFormat::Html,
                value: html.clone(),
            },
            None => text(comment.body.clone()),
        };
        let files = comment.attachments.iter().map(|file| TicketFile {
            id: FileId(file.id.to_string()),
            name: file
                .name()
                .map_or_else(|| file.id.to_string(), str::to_owned),
            media_type: file
                .content_type
                .clone()
                .unwrap_or_else(|| "application/octet-stream".into()),
            size: file.size,
        });
        let other = author.is_some_and(|author| author.role == "end-user");
        Ok(TicketMessage {
            id: comment.id.to_string(),
            at: known_instant("created_at", comment.created_at.as_deref())?,
            role: if own || other {
                Role::Customer
            } else {
                Role::Agent
            },
            author: customer
                .name
                .clone()
                .filter(|_| own)
                .or_else(|| author.and_then(|author| author.name.clone())),
            body,
            files: files.collect(),
        })
    }
}

#[async_trait]
impl Backend for Zendesk {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            files: true,
            reply: true,
            // Zendesk closes what is solved by itself, and lets customers neither do that nor take a request back.
            confirm: false,
            reopen: !self.settings.reopening.is_empty(),
            withdraw: false,
            list: true,
            find: self.settings.key_field.is_some(),
            own_identity: true,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let caller = match self.customer(&customer.email).await? {
            Some(caller) => caller,
            None => self.register(customer).await?,
        };
        let number = |id: &FieldId| self.settings.fields.get(id).copied();
        let key = self.settings.key_field;
        let mut fields: Vec<Value> = key
            .map(|key| json!({"id": key, "value": new.key}))
            .into_iter()
            .collect();
        for field in &new.fields {
            if let Some(id) = number(&field.id) {
                fields.push(json!({"id": id, "value": kept::one_or_many(&field.values)}));
            }
        }
        let without_field = new.fields.iter().filter(|f| number(&f.id).is_none());
        let text = submitted::compose(new, without_field);
        let uploads = self.upload(&caller, &new.files).await?;
        let mut request = json!({
            "subject": submitted::one_line(&new.subject),
            "comment": {"body": text, "uploads": uploads},
            "custom_fields": fields,
        });
        if let Some(priority) = self.priorities.of(new.urgency) {
            request["priority"] = json!(priority);
        }
        if let Some(form) = self.settings.forms.get(&new.type_id) {
            request["ticket_form_id"] = json!(form);
        }
        let call = self.api.call(Method::POST, &["api", "v2", "requests"]);
        let call = call.json(&json!({"request": request}))?;
        let made: OneRequest = call.headers(&caller.headers).read().await?;
        let id = made.request.ticket_id();
        self.complete(&caller, &id, new, &text)
            .await
            .map_err(kept::after_it_was_done)?;
        Ok(id)
    }

    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError> {
        let Some(field) = self.settings.key_field.filter(|_| !key.is_empty()) else {
            return Ok(None);
        };
        let Some(caller) = self.customer(&customer.email).await? else {
            return Ok(None);
        };
        // The search of Zendesk is behind for minutes, its list is not; and nothing is put into a query.
        for page in 0..PAGES {
            let items = self.requests(&caller, "created_at", MANY, page).await?;
            let found = items
                .iter()
                .find(|item| item.requester_id == caller.id && item.values(field) == [key]);
            if found.is_some() || items.len() < MANY {
                return Ok(found.map(Item::ticket_id));
            }
        }
        Ok(None)
    }

    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError> {
        let Some(caller) = self.customer(&customer.email).await? else {
            return Ok(Rows {
                rows: Vec::new(),
                next: None,
            });
        };
        let items = self.requests(&caller, "updated_at", PAGE, page).await?;
        let own = items.iter().filter(|item| item.requester_id == caller.id);
        let rows: Result<_, _> = own.map(|item| self.row(customer, item)).collect();
        Ok(Rows {
            rows: rows?,
            next: (items.len() >= PAGE).then_some(page.saturating_add(1)),
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let caller = self.known_customer(customer).await?;
        let item = self.item(&caller, id).await?;
        let (comments, users) = self.comments(&caller, item.id).await?;
        let messages = comments
            .iter()
            .enumerate()
            .map(|(at, comment)| Self::message(customer, &caller, &users, comment, at == 0));
        let due = instant(item.due_at.as_deref()).map(|due_at| DeskDue {
            what: DueOf::Resolution,
            due_at,
            met_at: None,
        });
        let fields = self.settings.fields.iter();
        let fields = fields.map(|(ours, theirs)| (ours.clone(), item.values(*theirs)));
        Ok(Ticket {
            row: self.row(customer, &item)?,
            number: item.id.to_string(),
            // A request has the number of its agent and no name.
            handler: None,
            resolved_at: None,
            due: due.into_iter().collect(),
            fields: fields.filter(|(_, values)| !values.is_empty()).collect(),
            messages: messages.collect::<Result<_, _>>()?,
        })
    }

    async fn reply(
        &self,
        customer: &Customer,
        id: &TicketId,
        new: &NewReply,
    ) -> Result<String, DeskError> {
        let caller = self.known_customer(customer).await?;
        let item = self.item(&caller, id).await?;
        self.write(&caller, item.id, new).await
    }

    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError> {
        let caller = self.known_customer(customer).await?;
        let item = self.item(&caller, id).await?;
        let done = |item: &Item| change.is_done(self.statuses.standing(&item.status).status);
        match change {
            _ if done(&item) => Ok(()),
            Change::Confirm | Change::Withdraw => Err(DeskError::Refused(
                "customers cannot close requests in Zendesk".into(),
            )),
            Change::Reopen if self.settings.reopening.is_empty() => Err(DeskError::Refused(
                "`reopening` says that customers cannot".into(),
            )),
            Change::Reopen => {
                let comment = NewReply {
                    body: self.settings.reopening.clone(),
                    files: Vec::new(),
                };
                self.write(&caller, item.id, &comment).await?;
                let item = self.item(&caller, id).await?;
                if done(&item) {
                    Ok(())
                } else {
                    Err(DeskError::Refused(format!(
                        "its status is still {}",
                        item.status
                    )))
                }
            }
        }
    }

    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError> {
        let caller = self.known_customer(customer).await?;
        let item = self.item(&caller, id).await?;
        let (comments, _) = self.comments(&caller, item.id).await?;
        let mut files = comments.iter().flat_map(|comment| &comment.attachments);
        let known = files.find(|known| known.id.to_string() == file.0);
        let known = known.ok_or(DeskError::NotFound)?;
        let bytes = self
            .api
            .download(&known.content_url, &caller.headers)
            .await?;
        whole(bytes, known.size)
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut found = Examination::default();
        let headers = match self.headers(&self.settings.account) {
            Ok(headers) => headers,
            Err(error) => {
                found.trouble("the credential", error.to_string());
                return found.findings();
            }
        };
        let me = self
            .api
            .get(&["api", "v2", "users", "me"])
            .headers(&headers);
        let Some(reply) = found.first(&self.api, me.send().await) else {
            return found.findings();
        };
        let account = &self.settings.account;
        match serde_json::from_slice::<OneUser>(&reply.body) {
            Err(_) => found.trouble(
                "api/v2/users/me",
                "The answer names no user: this is another program than Zendesk.",
            ),
            Ok(OneUser { user }) if user.id.is_none() => found.trouble(
                format!("the account {account}"),
                "Zendesk does not take the token for it: see that API tokens are switched on, and that this is the \
                 address of one of its users.",
            ),
            Ok(OneUser { user }) => {
                found.is(
                    user.role == "admin" || user.role == "agent",
                    format!("the account {account}"),
                    "It is an end user's: customers who write for the first time cannot be made known by it.",
                );
                self.examine_fields(&mut found, &headers).await;
            }
        }
        found.findings()
    }
}

impl Zendesk {
    async fn examine_fields(&self, found: &mut Examination, headers: &HeaderMap) {
        let call = self.api.get(&["api", "v2", "ticket_fields"]);
        let fields: Fields = match call.headers(headers).read().await {
            Ok(fields) => fields,
            Err(error) => {
                return found.trouble(
                    "the ticket fields",
                    format!("They cannot be read: {error}."),
                );
            }
        };
        let settings = &self.settings;
        for id in settings.fields.values().chain(&settings.key_field) {
            let field = fields.ticket_fields.iter().find(|field| field.id == *id);
            found.is(
                field.is_some_and(|field| field.active && field.editable_in_portal),
                format!("the ticket field {id}"),
                "There is no such field, it is not active, or customers may not edit it: tick that in its settings.",
            );
        }
    }
}
