//! Jira Service Management over its REST API; written from its documentation, and run against a fake of it alone.
//!
//! The service account acts: it raises requests for customers and looks after who reported them. A comment is written
//! by whoever signed in, so what the service account says is the customer's.

mod answer;

use crate::{
    api::{Api, authorization, whole},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    examination::Examination,
    kept::{self, same_words},
    mapping::{Meaning, Priorities, Statuses},
    multipart, submitted,
    ticket::{
        Change, Customer, DeskDue, DueOf, Email, FileId, NewField, NewFile, NewReply, NewTicket,
        Standing, Ticket, TicketFile, TicketId, TicketMessage, TicketRow,
    },
    transport::Transport,
};
use answer::{
    Comment, File, Form, FormField, Goal, Issue, Issues, Item, Made, Page, Transition, Uploaded,
    User, known_date, platform_instant, words,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{try_join, try_join3};
use http::{HeaderMap, Method};
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Outcome, Status, Urgency, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Rows of a page of ours.
const PAGE: usize = 50;
/// The id of the message that is the request's description; comments have numbers.
const FIRST: &str = "description";
const API: [&str; 2] = ["rest", "servicedeskapi"];

/// How to use a Jira Service Management.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is: `https://company.atlassian.net`.
    pub url: String,
    /// The number of the service desk.
    pub service_desk: String,
    /// The key of its project, for instance `SD`.
    pub project: String,
    /// The number of the request type of request types of ours that `request_types` does not name.
    pub request_type: String,
    /// Request type of ours to the number of one of theirs.
    #[serde(default)]
    pub request_types: BTreeMap<TypeId, String>,
    /// Field of ours to the id of a field of the request type, for instance `customfield_10010`.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, String>,
    /// Status of Jira to status of ours; the usual ones are known, others are taken by their category.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// Urgency to the number of a priority, where the request type has the field.
    #[serde(default)]
    pub priorities: BTreeMap<Urgency, String>,
    /// The number in `customfield_...` of the field that keeps the key of a submission; without it a submission whose
    /// answer is lost cannot be found again.
    pub key_field: Option<u64>,
    /// The transition by which a customer confirms a solution; empty when they cannot.
    #[serde(default = "confirm")]
    pub confirm: String,
    /// The transition by which a customer opens a request again; empty when they cannot.
    #[serde(default = "reopen")]
    pub reopen: String,
    /// The transition by which a customer withdraws a request; empty when they cannot.
    #[serde(default = "withdraw")]
    pub withdraw: String,
}

fn confirm() -> String {
    "Close".into()
}

fn reopen() -> String {
    "Reopen".into()
}

fn withdraw() -> String {
    "Cancel request".into()
}

fn meanings() -> [(&'static str, Meaning); 13] {
    let provider = Some(WaitingOn::Provider);
    let customer = Some(WaitingOn::Customer);
    let withdrawn = Some(Outcome::Withdrawn);
    [
        (
            "waiting for support",
            Meaning::new(Status::Open, provider, None),
        ),
        ("in progress", Meaning::new(Status::Open, provider, None)),
        ("escalated", Meaning::new(Status::Open, provider, None)),
        ("reopened", Meaning::new(Status::Open, provider, None)),
        (
            "waiting for customer",
            Meaning::new(Status::Pending, customer, None),
        ),
        ("resolved", Meaning::new(Status::Resolved, None, None)),
        ("closed", Meaning::new(Status::Closed, None, None)),
        ("canceled", Meaning::new(Status::Closed, None, withdrawn)),
        ("cancelled", Meaning::new(Status::Closed, None, withdrawn)),
        // The categories, as the portal and as the platform have them.
        ("category new", Meaning::new(Status::New, provider, None)),
        (
            "category indeterminate",
            Meaning::new(Status::Open, None, None),
        ),
        ("category done", Meaning::new(Status::Closed, None, None)),
        ("category undefined", Meaning::new(Status::Open, None, None)),
    ]
}

/// A Jira Service Management.
pub(crate) struct Jira {
    api: Api,
    settings: Settings,
    statuses: Statuses,
    priorities: Priorities,
}

impl Jira {
    /// `credential` is `address:token` of an agent.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if settings.project.is_empty() || !settings.project.chars().all(is_key) {
            return Err("project: the key of a project has letters, digits and _ alone".into());
        }
        Ok(Self {
            api: Api::new(
                &settings.url,
                authorization("Bearer", credential)?,
                transport,
            )?,
            statuses: Statuses::new(meanings(), settings.statuses.clone())?,
            priorities: Priorities::new([], settings.priorities.clone())?,
            settings,
        })
    }

    fn key_field(&self) -> Option<String> {
        let number = self.settings.key_field?;
        Some(format!("customfield_{number}"))
    }

    fn request_type(&self, new: &TypeId) -> &str {
        let known = self.settings.request_types.get(new);
        known.unwrap_or(&self.settings.request_type)
    }

    /// All rows of a list.
    async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, DeskError> {
        let mut all = Vec::new();
        loop {
            let mut call = self
                .api
                .get(&[&API[..], path].concat())
                .query("start", &all.len().to_string())
                .query("limit", &PAGE.to_string())
                .header("x-experimentalapi", "opt-in")?;
            for (name, value) in query {
                call = call.query(name, value);
            }
            let page: Page<T> = call.read().await?;
            let last = page.is_last.unwrap_or(page.values.len() < PAGE) || page.values.is_empty();
            all.extend(page.values);
            if last {
                return Ok(all);
            }
        }
    }

    async fn myself(&self) -> Result<User, DeskError> {
        self.api.get(&["rest", "api", "3", "myself"]).read().await
    }

    /// The customer of the service desk whose address this is.
    async fn customer(&self, email: &Email) -> Result<Option<String>, DeskError> {
        let path = ["servicedesk", &self.settings.service_desk, "customer"];
        let users: Vec<User> = self.all(&path, &[("query", email.as_str())]).await?;
        Ok(account_of(users, email))
    }

    async fn known_customer(&self, customer: &Customer) -> Result<String, DeskError> {
        let known = self.customer(&customer.email).await?;
        known.ok_or(DeskError::NotFound)
    }

    /// Makes a customer of somebody who writes for the first time.
    async fn register(&self, customer: &Customer) -> Result<String, DeskError> {
        let email = customer.email.as_str();
        let name = customer.name.as_deref().map(submitted::one_line);
        let name = name.filter(|name| !name.is_empty());
        let body = json!({"displayName": name.as_deref().unwrap_or(email), "email": email});
        let path = [&API[..], &["customer"]].concat();
        let call = self.api.call(Method::POST, &path).json(&body)?;
        let account = match call.read::<User>().await {
            Ok(user) => user.account_id,
            // There is an account already, which this service desk does not know.
            Err(DeskError::Refused(said)) => {
                let path = ["rest", "api", "3", "user", "search"];
                let found: Vec<User> = self.api.get(&path).query("query", email).read().await?;
                account_of(found, &customer.email).ok_or(DeskError::Refused(said))?
            }
            Err(error) => return Err(error),
        };
        let desk = &self.settings.service_desk;
        let path = [&API[..], &["servicedesk", desk, "customer"]].concat();
        let call = self.api.call(Method::POST, &path);
        let call = call.json(&json!({"accountIds": [account]}))?;
        call.send().await?;
        Ok(account)
    }

    /// The customer's request.
    async fn item(&self, account: &str, id: &TicketId) -> Result<Item, DeskError> {
        let number = id.0.strip_prefix(&self.settings.project);
        let number = number.and_then(|rest| rest.strip_prefix('-'));
        if number.is_none_or(|number| number.parse::<u64>().is_err()) {
            return Err(DeskError::NotFound);
        }
        let path = [&API[..], &["request", &id.0]].concat();
        let item: Item = match self.api.get(&path).read().await {
            Err(DeskError::Forbidden(_)) => Err(DeskError::NotFound),
            item => item,
        }?;
        let reporter = item.reporter.as_ref();
        let own = reporter.is_some_and(|reporter| reporter.account_id == account);
        if own && item.issue_key == id.0 {
            Ok(item)
        } else {
            Err(DeskError::NotFound)
        }
    }

    /// The public conversation after the description.
    async fn comments(&self, key: &str) -> Result<Vec<Comment>, DeskError> {
        let wanted = [
            ("public", "true"),
            ("internal", "false"),
            ("expand", "attachment,renderedBody"),
        ];
        let mut comments: Vec<Comment> = self.all(&["request", key, "comment"], &wanted).await?;
        comments.retain(|comment| comment.public);
        Ok(comments)
    }

    /// The customer's issues that a further condition leaves; the last changed first.
    async fn search(
        &self,
        account: &str,
        condition: &str,
        after: Option<&str>,
    ) -> Result<Issues, DeskError> {
        let project = &self.settings.project;
        // `account_of` lets through no account with a quote.
        let jql = format!(
            "project = \"{project}\" AND reporter = \"{account}\"{condition} ORDER BY updated DESC"
        );
        let mut call = self
            .api
            .get(&["rest", "api", "3", "search", "jql"])
            .query("jql", &jql)
            .query("fields", "summary,status,reporter,created,updated")
            .query("maxResults", &PAGE.to_string());
        if let Some(after) = after {
            call = call.query("nextPageToken", after);
        }
        call.read().await
    }

    fn standing(&self, name: &str, category: Option<&str>) -> Standing {
        self.statuses.known(name).unwrap_or_else(|| {
            let category = format!("category {}", category.unwrap_or("undefined"));
            Standing {
                label: Some(name.to_owned()),
                ..self.statuses.standing(&category)
            }
        })
    }

    fn standing_of(&self, item: &Item) -> Standing {
        let status = &item.current_status;
        self.standing(&status.status, status.status_category.as_deref())
    }

    fn row(&self, customer: &Customer, issue: &Issue) -> Result<TicketRow, DeskError> {
        let fields = &issue.fields;
        let category = fields.status.category.as_ref().map(|known| &*known.key);
        Ok(TicketRow {
            id: TicketId(issue.key.clone()),
            owner: customer.email.clone(),
            subject: fields.summary.clone().unwrap_or_default(),
            standing: self.standing(&fields.status.name, category),
            created_at: platform_instant("created", fields.created.as_deref())?,
            updated_at: platform_instant("updated", fields.updated.as_deref())?,
        })
    }

    fn message(
        customer: &Customer,
        accounts: [&str; 2],
        comment: &Comment,
    ) -> Result<TicketMessage, DeskError> {
        let own = accounts.iter().any(|account| comment.is_by(account));
        let author = comment.author.as_ref();
        let body = match &comment.rendered_body {
            Some(rendered) if !own => Body {
                format: TextFormat::Html,
                value: rendered.html.clone(),
            },
            _ => text(comment.body.replace("\r\n", "\n")),
        };
        Ok(TicketMessage {
            id: comment.id.clone(),
            at: known_date("created", comment.created.as_ref())?,
            role: if own { Role::Customer } else { Role::Agent },
            author: if own {
                customer.name.clone()
            } else {
                author.and_then(|author| author.display_name.clone())
            },
            body,
            files: files(comment),
        })
    }

    /// Sends files ahead; the answers name them in a request.
    async fn upload(&self, files: &[NewFile]) -> Result<Vec<String>, DeskError> {
        let mut ids = Vec::new();
        for file in files {
            let mut form = multipart::Form::default();
            form.file("file", &file.name, &file.media_type, file.bytes.clone());
            let (media_type, body) = form.finish()?;
            let desk = &self.settings.service_desk;
            let path = [&API[..], &["servicedesk", desk, "attachTemporaryFile"]].concat();
            let call = self.api.call(Method::POST, &path).body(media_type, body);
            let call = call.header("x-atlassian-token", "no-check")?;
            let call = call.header("x-experimentalapi", "opt-in")?;
            let uploaded: Uploaded = call.read().await?;
            let uploaded = uploaded.temporary_attachments.into_iter();
            ids.extend(uploaded.map(|one| one.temporary_attachment_id));
        }
        Ok(ids)
    }

    /// Reads a new request back, gives it its files, which Jira takes only for one that is there, and sends after it
    /// what it lacks.
    async fn complete(
        &self,
        account: &str,
        id: &TicketId,
        new: &NewTicket,
        sent: &[(&FormField, &NewField)],
        text: &str,
        uploads: Vec<String>,
    ) -> Result<(), DeskError> {
        let item = self.item(account, id).await?;
        if !uploads.is_empty() {
            let names = kept::names(&new.files);
            let said = self.say(&id.0, &names, uploads).await;
            // Who finds the request again by its key shall not take it for whole.
            said.map_err(|error| {
                DeskError::Refused(format!("request {} is there without files: {error}", id.0))
            })?;
        }
        let told = same_words(text, item.description());
        let lost = sent
            .iter()
            .filter(|(known, answer)| !known.is_kept(&answer.values, item.value(&known.field_id)))
            .map(|(_, answer)| *answer);
        let names: Vec<&str> = new.files.iter().map(|file| file.name.as_str()).collect();
        match kept::rest(new, Some(text).filter(|_| !told), lost, &names) {
            Some(rest) => self.say(&id.0, &rest.body, Vec::new()).await.map(drop),
            None => Ok(()),
        }
    }

    /// Writes a comment, with files that were sent ahead.
    async fn say(&self, key: &str, text: &str, uploads: Vec<String>) -> Result<String, DeskError> {
        let (myself, before) = try_join(self.myself(), self.comments(key)).await?;
        let before: BTreeSet<String> = before.into_iter().map(|comment| comment.id).collect();
        let (what, body) = if uploads.is_empty() {
            ("comment", json!({"body": text, "public": true}))
        } else {
            let body = json!({"temporaryAttachmentIds": uploads, "public": true,
                "additionalComment": {"body": text}});
            ("attachment", body)
        };
        let path = [&API[..], &["request", key, what]].concat();
        let call = self.api.call(Method::POST, &path).json(&body)?;
        call.send().await?;
        let after = self.comments(key).await;
        let after = after.map_err(kept::after_it_was_done)?;
        let written = after.iter().find(|comment| {
            // Beside files the text may stand among references to them.
            let told = same_words(text, &comment.body)
                || (!uploads.is_empty() && comment.body.contains(text.trim()));
            !before.contains(&comment.id)
                && comment.is_by(&myself.account_id)
                && told
                && comment.files().len() == uploads.len()
        });
        let written = written.map(|comment| comment.id.clone());
        written.ok_or_else(|| DeskError::Refused("the message is not what was sent".into()))
    }
}

/// The account with exactly this address. Its id goes into queries, so none is taken that a query could end at.
fn account_of(users: Vec<User>, email: &Email) -> Option<String> {
    let is = |known: &str| known.eq_ignore_ascii_case(email.as_str());
    let mut users = users.into_iter();
    let user = users.find(|user| user.email_address.as_deref().is_some_and(is))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-:_.".contains(c);
    Some(user.account_id).filter(|id| !id.is_empty() && id.chars().all(plain))
}

fn text(value: String) -> Body {
    Body {
        format: TextFormat::Text,
        value,
    }
}

/// Files have no numbers of their own.
fn file_id(comment: &Comment, at: usize) -> FileId {
    FileId(format!("{}-{at}", comment.id))
}

fn files(comment: &Comment) -> Vec<TicketFile> {
    let one = |(at, file): (usize, &File)| TicketFile {
        id: file_id(comment, at),
        name: file.filename.clone(),
        media_type: file
            .mime_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".into()),
        size: file.size,
    };
    comment.files().iter().enumerate().map(one).collect()
}

/// A date that Jira itself promises, of the goals that every new service desk has.
fn due(goal: &Goal) -> Option<DeskDue> {
    let what = match goal.name.to_lowercase().as_str() {
        "time to first response" => DueOf::FirstReply,
        "time to resolution" => DueOf::Resolution,
        _ => return None,
    };
    let cycle = goal.ongoing_cycle.as_ref();
    let cycle = cycle.or_else(|| goal.completed_cycles.last())?;
    Some(DeskDue {
        what,
        due_at: cycle.breach_time.as_ref()?.instant()?,
        met_at: cycle.stop_time.as_ref().and_then(answer::Date::instant),
    })
}

#[async_trait]
impl Backend for Jira {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            files: true,
            reply: true,
            confirm: !self.settings.confirm.is_empty(),
            reopen: !self.settings.reopen.is_empty(),
            withdraw: !self.settings.withdraw.is_empty(),
            list: true,
            find: self.settings.key_field.is_some(),
            own_identity: false,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let account = match self.customer(&customer.email).await? {
            Some(account) => account,
            None => self.register(customer).await?,
        };
        let desk = &self.settings.service_desk;
        let kind = self.request_type(&new.type_id);
        let path = ["servicedesk", desk, "requesttype", kind, "field"];
        let form: Form = self.api.get(&[&API[..], &path].concat()).read().await?;
        let field = |id: &FieldId| -> Option<&FormField> {
            let theirs = self.settings.fields.get(id)?;
            let mut known = form.request_type_fields.iter();
            known.find(|known| known.field_id == *theirs)
        };
        let mut values = Map::new();
        let (mut sent, mut without_field) = (Vec::new(), Vec::new());
        for answer in &new.fields {
            let known = field(&answer.id);
            match known.and_then(|known| Some((known, known.take(&answer.values)?))) {
                Some((known, value)) => {
                    values.insert(known.field_id.clone(), value);
                    sent.push((known, answer));
                }
                None => without_field.push(answer),
            }
        }
        let text = submitted::compose(new, without_field);
        values.insert("summary".into(), submitted::one_line(&new.subject).into());
        values.insert("description".into(), text.as_str().into());
        if let Some(key) = self.key_field() {
            values.insert(key, new.key.as_str().into());
        }
        if let Some(priority) = self.priorities.of(new.urgency) {
            values.insert("priority".into(), json!({"id": priority}));
        }
        let body = json!({"serviceDeskId": desk, "requestTypeId": kind,
            "requestFieldValues": values, "raiseOnBehalfOf": account});
        let uploads = self.upload(&new.files).await?;
        let path = [&API[..], &["request"]].concat();
        let call = self.api.call(Method::POST, &path).json(&body)?;
        let made: Made = call.read().await?;
        let id = TicketId(made.issue_key);
        self.complete(&account, &id, new, &sent, &text, uploads)
            .await
            .map_err(kept::after_it_was_done)?;
        Ok(id)
    }

    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError> {
        let (Some(number), Some(field)) = (self.settings.key_field, self.key_field()) else {
            return Ok(None);
        };
        if key.is_empty() {
            return Ok(None);
        }
        if !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(DeskError::Refused("a key that no query can hold".into()));
        }
        let Some(account) = self.customer(&customer.email).await? else {
            return Ok(None);
        };
        // Texts are searched by words: what is found is looked at.
        let condition = format!(" AND cf[{number}] ~ \"{key}\"");
        let found = self.search(&account, &condition, None).await?;
        for issue in found.issues {
            let id = TicketId(issue.key);
            match self.item(&account, &id).await {
                Ok(item) if item.value(&field) == key => return Ok(Some(id)),
                Ok(_) | Err(DeskError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError> {
        let nothing = Rows {
            rows: Vec::new(),
            next: None,
        };
        let Some(account) = self.customer(&customer.email).await? else {
            return Ok(nothing);
        };
        let mut found = self.search(&account, "", None).await?;
        // Jira leads from page to page and has no numbers of them.
        for _ in 0..page {
            let Some(after) = found.next else {
                return Ok(nothing);
            };
            found = self.search(&account, "", Some(&after)).await?;
        }
        let own = found.issues.iter().filter(|issue| {
            let reporter = issue.fields.reporter.as_ref();
            reporter.is_some_and(|reporter| reporter.account_id == account)
        });
        let rows: Result<_, _> = own.map(|issue| self.row(customer, issue)).collect();
        Ok(Rows {
            rows: rows?,
            next: found.next.is_some().then_some(page.saturating_add(1)),
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let account = self.known_customer(customer).await?;
        let item = self.item(&account, id).await?;
        let goals = ["request", &id.0, "sla"];
        let (myself, comments, goals) = try_join3(
            self.myself(),
            self.comments(&id.0),
            self.all::<Goal>(&goals, &[]),
        )
        .await?;
        let standing = self.standing_of(&item);
        let created_at = known_date("createdDate", item.created_date.as_ref())?;
        let since = item.current_status.status_date.as_ref();
        let since = since.and_then(answer::Date::instant);
        let accounts = [myself.account_id.as_str(), account.as_str()];
        let mut first = TicketMessage {
            id: FIRST.into(),
            at: created_at,
            role: Role::Customer,
            author: customer.name.clone(),
            body: text(submitted::written(item.description())),
            files: Vec::new(),
        };
        let mut later = comments.as_slice();
        // The files of the submission, which Jira could not take with it.
        if let [one, rest @ ..] = later
            && one.is_by(&myself.account_id)
            && !one.files().is_empty()
            && same_words(&one.names(), &one.body)
        {
            first.files = files(one);
            later = rest;
        }
        let later = later
            .iter()
            .map(|comment| Self::message(customer, accounts, comment));
        let messages: Vec<TicketMessage> = [Ok(first)]
            .into_iter()
            .chain(later)
            .collect::<Result<_, _>>()?;
        let last = messages.iter().map(|message| message.at).max();
        let over = matches!(standing.status, Status::Resolved | Status::Closed);
        let fields = self.settings.fields.iter();
        let fields = fields.map(|(ours, theirs)| (ours.clone(), words(item.value(theirs))));
        Ok(Ticket {
            row: TicketRow {
                id: id.clone(),
                owner: customer.email.clone(),
                subject: item.summary.clone().unwrap_or_default(),
                standing,
                created_at,
                // A request does not say when it last changed.
                updated_at: last.max(since).unwrap_or(created_at),
            },
            number: item.issue_key.clone(),
            handler: None,
            resolved_at: since.filter(|_| over),
            due: goals.iter().filter_map(due).collect(),
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
        let account = self.known_customer(customer).await?;
        self.item(&account, id).await?;
        let uploads = self.upload(&new.files).await?;
        self.say(&id.0, &new.body, uploads).await
    }

    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError> {
        let account = self.known_customer(customer).await?;
        let item = self.item(&account, id).await?;
        let is = self.standing_of(&item).status;
        let name = match change {
            _ if change.is_done(is) => return Ok(()),
            Change::Confirm if is != Status::Resolved => {
                return Err(DeskError::Refused("it is not resolved".into()));
            }
            Change::Confirm => &self.settings.confirm,
            Change::Withdraw => &self.settings.withdraw,
            Change::Reopen => &self.settings.reopen,
        };
        let there: Vec<Transition> = self.all(&["request", &id.0, "transition"], &[]).await?;
        let transition = there.iter().find(|transition| transition.name == *name);
        let Some(transition) = transition else {
            return Err(DeskError::Refused(format!(
                "there is no transition {name} from {}",
                item.current_status.status
            )));
        };
        let path = [&API[..], &["request", &id.0, "transition"]].concat();
        let call = self.api.call(Method::POST, &path);
        call.json(&json!({"id": transition.id}))?.send().await?;
        let item = self.item(&account, id).await?;
        if change.is_done(self.standing_of(&item).status) {
            Ok(())
        } else {
            let status = item.current_status.status;
            Err(DeskError::Refused(format!("its status is {status}")))
        }
    }

    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError> {
        let account = self.known_customer(customer).await?;
        self.item(&account, id).await?;
        let comments = self.comments(&id.0).await?;
        let known = comments.iter().find_map(|comment| {
            let mut files = comment.files().iter().enumerate();
            let (_, known) = files.find(|(at, _)| file_id(comment, *at) == *file)?;
            Some(known)
        });
        let known = known.ok_or(DeskError::NotFound)?;
        let bytes = self
            .api
            .download(&known.links.content, &HeaderMap::new())
            .await?;
        whole(bytes, known.size)
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut found = Examination::default();
        let first = self.api.get(&["rest", "api", "3", "myself"]).send().await;
        if let Some(reply) = found.first(&self.api, first) {
            if serde_json::from_slice::<User>(&reply.body).is_ok() {
                self.examine_types(&mut found).await;
            } else {
                found.trouble(
                    "rest/api/3/myself",
                    "The answer names no account: this is another program than Jira.",
                );
            }
        }
        found.findings()
    }
}

impl Jira {
    async fn examine_types(&self, found: &mut Examination) {
        let settings = &self.settings;
        let kinds: BTreeSet<_> = settings
            .request_types
            .values()
            .chain([&settings.request_type])
            .collect();
        for kind in kinds {
            let path = [
                "servicedesk",
                &settings.service_desk,
                "requesttype",
                kind,
                "field",
            ];
            let what = format!("the request type {kind}");
            let form: Value = match self.api.get(&[&API[..], &path].concat()).read().await {
                Ok(form) => form,
                Err(error) => {
                    found.trouble(
                        what,
                        format!(
                            "It cannot be read ({error}): see `service_desk` and `request_type`."
                        ),
                    );
                    continue;
                }
            };
            let Ok(form) = serde_json::from_value::<Form>(form) else {
                found.trouble(what, "Its fields cannot be read.");
                continue;
            };
            found.is(
                form.can_raise_on_behalf_of,
                what,
                "The account may not raise requests for customers: it has to be an agent of the service desk.",
            );
            for field in settings.fields.values().cloned().chain(self.key_field()) {
                let known = form.request_type_fields.iter();
                found.is(
                    known.into_iter().any(|known| known.field_id == field),
                    format!("the field {field} of the request type {kind}"),
                    "The request type does not have it: add the field to its form.",
                );
            }
        }
        found.is(
            !matches!(
                self.search("nobody", "", None).await,
                Err(DeskError::Forbidden(_) | DeskError::NotFound)
            ),
            format!("searching the project {}", settings.project),
            "The account may not: it has to see the issues of the project.",
        );
    }
}
