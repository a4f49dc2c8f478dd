//! Redmine 5 over its REST interface.
//!
//! Customers act as themselves: the account of the portal is an administrator's, which may switch to a user. Their rights
//! then apply, and the author of an issue is its owner.

mod answer;
mod examine;
#[cfg(test)]
mod tests;

use crate::{
    api::{Api, instant, known_instant, secret},
    backend::{Backend, Capabilities, DeskError, Finding, Rows},
    mapping::{Meaning, Priorities, Statuses},
    submitted,
    ticket::{
        Change, Customer, FileId, NewField, NewFile, NewReply, NewTicket, Standing, Ticket,
        TicketFile, TicketId, TicketMessage, TicketRow,
    },
    transport::Transport,
};
use answer::{
    Attachment, CustomFields, Issue, Issues, Journal, Named, OneIssue, OneUser, Uploaded, User,
    Users, names,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{try_join, try_join4};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use portico_contract::{
    id::{FieldId, TypeId},
    request::{Outcome, Status, Urgency, WaitingOn},
    timeline::{Body, Role, TextFormat},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const SWITCH: &str = "x-redmine-switch-user";
/// The id of the message that is the issue's description; journals have numbers.
const FIRST: &str = "description";
/// Rows of a page.
const PAGE: u32 = 50;

/// How to use a Redmine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it is.
    pub url: String,
    /// The identifier of the project of request types that `places` does not name.
    pub project: String,
    /// The name of their tracker.
    pub tracker: String,
    /// Where issues of a request type go.
    #[serde(default)]
    pub places: BTreeMap<TypeId, Place>,
    /// Field of ours to custom field.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, String>,
    /// Status of Redmine to status of ours; the default ones are known.
    #[serde(default)]
    pub statuses: BTreeMap<String, Meaning>,
    /// Urgency to the name of a priority.
    #[serde(default)]
    pub priorities: BTreeMap<Urgency, String>,
    /// The custom field that keeps the key of a submission; empty for none, and then a submission whose answer is lost
    /// cannot be found again.
    #[serde(default = "key_field")]
    pub key_field: String,
    /// The status of an issue whose solution a customer confirms; empty when they cannot.
    #[serde(default = "confirmed")]
    pub confirmed: String,
    /// The status of an issue that a customer opens again; empty when they cannot.
    #[serde(default = "reopened")]
    pub reopened: String,
    /// The status of an issue that a customer withdraws; empty when they cannot.
    #[serde(default)]
    pub withdrawn: String,
    /// The role in the project that customers get who have no account yet; empty when only those with one may write.
    #[serde(default)]
    pub customer_role: String,
}

/// Where an issue goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The identifier of the project.
    pub project: String,
    /// The name of the tracker.
    pub tracker: String,
}

fn key_field() -> String {
    "Portal key".into()
}

fn confirmed() -> String {
    "Closed".into()
}

fn reopened() -> String {
    "In Progress".into()
}

/// The statuses that Redmine comes with, in English, and one that it should have.
fn meanings() -> [(&'static str, Meaning); 7] {
    let provider = Some(WaitingOn::Provider);
    let customer = Some(WaitingOn::Customer);
    [
        ("new", Meaning::new(Status::New, provider, None)),
        ("in progress", Meaning::new(Status::Open, provider, None)),
        ("feedback", Meaning::new(Status::Pending, customer, None)),
        ("resolved", Meaning::new(Status::Resolved, None, None)),
        ("closed", Meaning::new(Status::Closed, None, None)),
        (
            "rejected",
            Meaning::new(Status::Closed, None, Some(Outcome::Rejected)),
        ),
        (
            "withdrawn",
            Meaning::new(Status::Closed, None, Some(Outcome::Withdrawn)),
        ),
    ]
}

/// A Redmine.
pub(crate) struct Redmine {
    api: Api,
    place: Place,
    settings: Settings,
    statuses: Statuses,
    priorities: Priorities,
}

impl Redmine {
    /// `credential` is the API key of an administrator.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn new(
        settings: Settings,
        credential: &str,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, String> {
        let key = HeaderName::from_static("x-redmine-api-key");
        let headers = HeaderMap::from_iter([(key, secret(credential)?)]);
        Ok(Self {
            api: Api::new(&settings.url, headers, transport)?,
            place: Place {
                project: settings.project.clone(),
                tracker: settings.tracker.clone(),
            },
            statuses: Statuses::new(meanings(), settings.statuses.clone())?,
            priorities: Priorities::new(
                [
                    (Urgency::Urgent, "Urgent"),
                    (Urgency::Regular, "Normal"),
                    (Urgency::Special, "Normal"),
                ],
                settings.priorities.clone(),
            )?,
            settings,
        })
    }

    fn place(&self, new: &TypeId) -> &Place {
        self.settings.places.get(new).unwrap_or(&self.place)
    }

    /// The user with exactly this address: what Redmine is asked for, it looks for in names too.
    async fn user(&self, customer: &Customer) -> Result<Option<User>, DeskError> {
        let call = self
            .api
            .get(&["users.json"])
            .query("name", customer.email.as_str())
            .query("limit", "100");
        let found: Users = call.read().await?;
        let mut users = found.users.into_iter();
        // Their rights and their issues would be everybody's.
        Ok(users.find(|user| user.has(&customer.email) && !user.admin))
    }

    async fn known_user(&self, customer: &Customer) -> Result<User, DeskError> {
        self.user(customer).await?.ok_or(DeskError::NotFound)
    }

    /// Makes an account for somebody who writes for the first time.
    async fn register(&self, customer: &Customer) -> Result<User, DeskError> {
        if self.settings.customer_role.is_empty() {
            return Err(DeskError::Refused(
                "this customer has no account, and `customer_role` says that none is made".into(),
            ));
        }
        let email = customer.email.as_str();
        let name = customer.name.as_deref().map(submitted::one_line);
        let name = name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
        let (first, last) = name.rsplit_once(' ').unwrap_or((&name, "-"));
        // Redmine takes no longer ones.
        let short = |part: &str| part.chars().take(30).collect::<String>();
        let user = json!({"user": {
            "login": email, "mail": email, "firstname": short(first), "lastname": short(last),
            "generate_password": true, "mail_notification": "none",
        }});
        match self
            .api
            .call(Method::POST, &["users.json"])
            .json(&user)?
            .read::<OneUser>()
            .await
        {
            Ok(made) => Ok(made.user),
            // Another submission of theirs may have been quicker.
            Err(DeskError::Refused(said)) => {
                self.user(customer).await?.ok_or(DeskError::Refused(said))
            }
            Err(error) => Err(error),
        }
    }

    async fn add_member(&self, user: &User, project: &str) -> Result<(), DeskError> {
        let roles = self.names("roles.json", "roles").await?;
        let role = roles
            .iter()
            .find(|role| role.name == self.settings.customer_role);
        let Some(role) = role else {
            return Err(DeskError::Refused(format!(
                "there is no role {}",
                self.settings.customer_role
            )));
        };
        let body = json!({"membership": {"user_id": user.id, "role_ids": [role.id]}});
        let path = ["projects", project, "memberships.json"];
        self.api
            .call(Method::POST, &path)
            .json(&body)?
            .send()
            .await
            .map(drop)
    }

    async fn names(&self, file: &str, member: &str) -> Result<Vec<Named>, DeskError> {
        names(
            &self
                .api
                .get(&file.split('/').collect::<Vec<_>>())
                .read()
                .await?,
            member,
        )
    }

    async fn custom_fields(&self) -> Result<CustomFields, DeskError> {
        self.api.get(&["custom_fields.json"]).read().await
    }

    /// An issue with its conversation, as its customer sees it.
    async fn issue(&self, user: &User, id: &TicketId) -> Result<Issue, DeskError> {
        let number: u64 = id.0.parse().map_err(|_| DeskError::NotFound)?;
        let call = self
            .api
            .get(&["issues", &format!("{number}.json")])
            .query("include", "journals,attachments")
            .header(SWITCH, &user.login)?;
        let found = match call.read::<OneIssue>().await {
            Err(DeskError::Forbidden(_)) => Err(DeskError::NotFound),
            found => found,
        };
        let issue = found?.issue;
        if issue.is_of(user) && issue.id == number {
            Ok(issue)
        } else {
            Err(DeskError::NotFound)
        }
    }

    async fn update(&self, who: Option<&User>, id: u64, change: Value) -> Result<(), DeskError> {
        let path = ["issues", &format!("{id}.json")];
        let mut call = self
            .api
            .call(Method::PUT, &path)
            .json(&json!({"issue": change}))?;
        if let Some(user) = who {
            call = call.header(SWITCH, &user.login)?;
        }
        // It is 204 also when nothing was done: who calls this reads again.
        call.send().await.map(drop)
    }

    /// Sends files ahead; the answers name them in the issue.
    async fn upload(&self, user: &User, files: &[NewFile]) -> Result<Vec<Value>, DeskError> {
        let mut uploads = Vec::new();
        for file in files {
            let call = self
                .api
                .call(Method::POST, &["uploads.json"])
                .query("filename", &file.name)
                .header(SWITCH, &user.login)?
                .body(
                    HeaderValue::from_static("application/octet-stream"),
                    file.bytes.clone(),
                );
            let Uploaded { upload } = call.read().await?;
            uploads.push(json!({
                "token": upload.token, "filename": file.name, "content_type": file.media_type,
            }));
        }
        Ok(uploads)
    }

    fn row(&self, customer: &Customer, issue: &Issue) -> Result<TicketRow, DeskError> {
        Ok(TicketRow {
            id: issue.ticket_id(),
            owner: customer.email.clone(),
            subject: issue.subject.clone(),
            standing: self.standing(issue),
            created_at: known_instant("created_on", issue.created_on.as_deref())?,
            updated_at: known_instant("updated_on", issue.updated_on.as_deref())?,
        })
    }

    fn standing(&self, issue: &Issue) -> Standing {
        let standing = self.statuses.standing(&issue.status.name);
        // A status that nobody mapped may still say that it is an end.
        if issue.status.is_closed && matches!(standing.status, Status::Open) {
            return Standing {
                status: Status::Closed,
                ..standing
            };
        }
        standing
    }

    fn message(
        customer: &Customer,
        user: &User,
        issue: &Issue,
        journal: &Journal,
    ) -> Result<TicketMessage, DeskError> {
        let own = journal.user.as_ref().is_some_and(|by| by.id == user.id);
        let theirs = journal.user.as_ref().map(|by| by.name.clone());
        Ok(TicketMessage {
            id: journal.id.to_string(),
            at: known_instant("created_on", journal.created_on.as_deref())?,
            role: if own { Role::Customer } else { Role::Agent },
            author: customer.name.clone().filter(|_| own).or(theirs),
            body: text(journal.text()),
            files: issue.files_of(journal).into_iter().map(file).collect(),
        })
    }

    /// A private note says what the issue lacks of a submission that is otherwise there.
    async fn note_what_is_missing(
        &self,
        issue: &Issue,
        new: &NewTicket,
        sent: &[&NewField],
    ) -> Result<(), DeskError> {
        let lost = sent.iter().filter(|field| {
            let name = self.settings.fields.get(&field.id);
            name.is_some_and(|name| issue.values(name).len() < field.values.len())
        });
        let mut missing: Vec<String> = lost
            .map(|field| format!("{}: {}", field.label, field.display))
            .collect();
        if issue.attachments.len() < new.files.len() {
            missing.extend(new.files.iter().map(|file| format!("{}?", file.name)));
        }
        if missing.is_empty() {
            return Ok(());
        }
        let note = format!("Not taken by this tracker:\n{}", missing.join("\n"));
        self.update(
            None,
            issue.id,
            json!({"notes": note, "private_notes": true}),
        )
        .await
    }

    async fn set_status(&self, user: &User, issue: &Issue, name: &str) -> Result<(), DeskError> {
        let statuses = self.names("issue_statuses.json", "issue_statuses").await?;
        let status = statuses.iter().find(|status| status.name == name);
        let Some(status) = status else {
            return Err(DeskError::Refused(format!("there is no status {name}")));
        };
        self.update(Some(user), issue.id, json!({"status_id": status.id}))
            .await?;
        let now = self.issue(user, &issue.ticket_id()).await?.status;
        if now.id == status.id {
            Ok(())
        } else {
            Err(DeskError::Refused(format!(
                "its status is {}, not {name}",
                now.name
            )))
        }
    }
}

fn text(value: &str) -> Body {
    Body {
        format: TextFormat::Text,
        value: value.replace("\r\n", "\n"),
    }
}

fn file(attachment: &Attachment) -> TicketFile {
    let kind = attachment
        .content_type
        .clone()
        .filter(|kind| !kind.is_empty());
    TicketFile {
        id: FileId(attachment.id.to_string()),
        name: attachment.filename.clone(),
        media_type: kind.unwrap_or_else(|| "application/octet-stream".into()),
        size: attachment.filesize,
    }
}

#[async_trait]
impl Backend for Redmine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            files: true,
            reply: true,
            confirm: !self.settings.confirmed.is_empty(),
            reopen: !self.settings.reopened.is_empty(),
            withdraw: !self.settings.withdrawn.is_empty(),
            list: true,
            find: !self.settings.key_field.is_empty(),
            own_identity: true,
        }
    }

    async fn create(&self, customer: &Customer, new: &NewTicket) -> Result<TicketId, DeskError> {
        let place = self.place(&new.type_id);
        let (user, trackers, priorities, fields) = try_join4(
            self.user(customer),
            self.names("trackers.json", "trackers"),
            self.names("enumerations/issue_priorities.json", "issue_priorities"),
            self.custom_fields(),
        )
        .await?;
        let user = match user {
            Some(user) => user,
            None => self.register(customer).await?,
        };
        let tracker = trackers
            .iter()
            .find(|tracker| tracker.name == place.tracker);
        let Some(tracker) = tracker else {
            return Err(DeskError::Refused(format!(
                "there is no tracker {}",
                place.tracker
            )));
        };
        let (mut sent, mut without_field, mut values) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(field) = fields.of_issues(&self.settings.key_field) {
            values.push(json!({"id": field.id, "value": new.key}));
        }
        for answer in &new.fields {
            let name = self.settings.fields.get(&answer.id);
            let field = name.and_then(|name| fields.of_issues(name));
            match field.and_then(|field| Some((field.id, field.take(&answer.values)?))) {
                Some((id, value)) => {
                    values.push(json!({"id": id, "value": value}));
                    sent.push(answer);
                }
                None => without_field.push(answer),
            }
        }
        let uploads = self.upload(&user, &new.files).await?;
        let mut issue = json!({
            "project_id": place.project,
            "tracker_id": tracker.id,
            "subject": submitted::one_line(&new.subject),
            "description": submitted::compose(new, without_field),
            "custom_fields": values,
            "uploads": uploads,
        });
        let priority = self.priorities.of(new.urgency);
        if let Some(priority) = priorities
            .iter()
            .find(|known| Some(known.name.as_str()) == priority)
        {
            issue["priority_id"] = json!(priority.id);
        }
        let body = json!({"issue": issue});
        let post = || async {
            let call = self.api.call(Method::POST, &["issues.json"]).json(&body)?;
            call.header(SWITCH, &user.login)?.read::<OneIssue>().await
        };
        let made = match post().await {
            // Nothing was made. A customer who is new here is no member of the project yet.
            Err(DeskError::Forbidden(_) | DeskError::NotFound | DeskError::Refused(_))
                if !self.settings.customer_role.is_empty() =>
            {
                match self.add_member(&user, &place.project).await {
                    // Or they are one: then another submission of theirs was quicker, or it was not that.
                    Ok(()) | Err(DeskError::Refused(_)) => post().await?,
                    Err(error) => return Err(error),
                }
            }
            made => made?,
        };
        let id = made.issue.ticket_id();
        match self.issue(&user, &id).await {
            Ok(kept) => self.note_what_is_missing(&kept, new, &sent).await.ok(),
            Err(DeskError::NotFound) => {
                let said = format!("its customer may not see issue {}", id.0);
                return Err(DeskError::Refused(said));
            }
            Err(_) => None,
        };
        // The issue is there: any other word would make a second one.
        Ok(id)
    }

    async fn find(&self, customer: &Customer, key: &str) -> Result<Option<TicketId>, DeskError> {
        if self.settings.key_field.is_empty() || key.is_empty() {
            return Ok(None);
        }
        let (user, fields) = try_join(self.user(customer), self.custom_fields()).await?;
        let (Some(user), Some(field)) = (user, fields.of_issues(&self.settings.key_field)) else {
            return Ok(None);
        };
        let call = self
            .api
            .get(&["issues.json"])
            .query("status_id", "*")
            .query("author_id", &user.id.to_string())
            .query(&format!("cf_{}", field.id), key)
            .query("sort", "created_on:desc")
            .query("limit", "100");
        let found: Issues = call.read().await?;
        // A field that is no filter is no filter here either: then these are all.
        let mut issues = found.issues.into_iter();
        let kept =
            |issue: &Issue| issue.is_of(&user) && issue.values(&self.settings.key_field) == [key];
        Ok(issues.find(kept).map(|issue| issue.ticket_id()))
    }

    async fn list(&self, customer: &Customer, page: u32) -> Result<Rows, DeskError> {
        let Some(user) = self.user(customer).await? else {
            return Ok(Rows {
                rows: Vec::new(),
                next: None,
            });
        };
        let call = self
            .api
            .get(&["issues.json"])
            .query("author_id", "me")
            .query("status_id", "*")
            .query("sort", "updated_on:desc")
            .query("limit", &PAGE.to_string())
            .query("offset", &page.saturating_mul(PAGE).to_string())
            .header(SWITCH, &user.login)?;
        let found: Issues = call.read().await?;
        let own = found.issues.iter().filter(|issue| issue.is_of(&user));
        let rows: Result<_, _> = own.map(|issue| self.row(customer, issue)).collect();
        Ok(Rows {
            rows: rows?,
            next: (found.issues.len() >= PAGE as usize).then_some(page.saturating_add(1)),
        })
    }

    async fn read(&self, customer: &Customer, id: &TicketId) -> Result<Ticket, DeskError> {
        let user = self.known_user(customer).await?;
        let issue = self.issue(&user, id).await?;
        let row = self.row(customer, &issue)?;
        let first = TicketMessage {
            id: FIRST.into(),
            at: row.created_at,
            role: Role::Customer,
            author: customer.name.clone(),
            body: text(&submitted::written(
                issue.description.as_deref().unwrap_or_default(),
            )),
            files: issue.first_files().into_iter().map(file).collect(),
        };
        let later = issue.messages(&user);
        let later = later
            .into_iter()
            .map(|journal| Self::message(customer, &user, &issue, journal));
        let fields = self
            .settings
            .fields
            .iter()
            .map(|(ours, theirs)| (ours.clone(), issue.values(theirs)));
        let ended = row.standing.status == Status::Closed;
        Ok(Ticket {
            number: issue.id.to_string(),
            handler: issue.assigned_to.as_ref().map(|agent| agent.name.clone()),
            resolved_at: instant(issue.closed_on.as_deref()).filter(|_| ended),
            due: Vec::new(),
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
        let user = self.known_user(customer).await?;
        let before = self.issue(&user, id).await?;
        let before: BTreeSet<u64> = before.journals.iter().map(|journal| journal.id).collect();
        let uploads = self.upload(&user, &new.files).await?;
        let number: u64 = id.0.parse().map_err(|_| DeskError::NotFound)?;
        self.update(
            Some(&user),
            number,
            json!({"notes": new.body, "uploads": uploads}),
        )
        .await?;
        let after = self.issue(&user, id).await;
        let after = after.map_err(DeskError::after_writing)?;
        let written = after.messages(&user).into_iter().find(|journal| {
            let own = journal.user.as_ref().is_some_and(|by| by.id == user.id);
            let same = submitted::same(&new.body, journal.text());
            own && same
                && !before.contains(&journal.id)
                && after.files_of(journal).len() == new.files.len()
        });
        let written = written.map(|journal| journal.id.to_string());
        written.ok_or_else(|| {
            DeskError::Refused("the message is not there: may the customer add notes?".into())
        })
    }

    async fn change(
        &self,
        customer: &Customer,
        id: &TicketId,
        change: Change,
    ) -> Result<(), DeskError> {
        let user = self.known_user(customer).await?;
        let issue = self.issue(&user, id).await?;
        let is = self.standing(&issue).status;
        let (possible, wanted) = match change {
            Change::Confirm => (is == Status::Resolved, &self.settings.confirmed),
            Change::Withdraw => (true, &self.settings.withdrawn),
            Change::Reopen => (true, &self.settings.reopened),
        };
        if change.is_done(is) {
            Ok(())
        } else if wanted.is_empty() || !possible {
            Err(DeskError::Refused(format!(
                "its status is {}",
                issue.status.name
            )))
        } else {
            self.set_status(&user, &issue, wanted).await
        }
    }

    async fn file(
        &self,
        customer: &Customer,
        id: &TicketId,
        file: &FileId,
    ) -> Result<Bytes, DeskError> {
        let user = self.known_user(customer).await?;
        let issue = self.issue(&user, id).await?;
        let later = issue
            .messages(&user)
            .into_iter()
            .flat_map(|journal| issue.files_of(journal));
        let mut public = issue.first_files().into_iter().chain(later);
        let known = public
            .find(|known| known.id.to_string() == file.0)
            .ok_or(DeskError::NotFound)?;
        let path = ["attachments", "download", &file.0, &known.filename];
        let call = self.api.get(&path).header(SWITCH, &user.login)?.long();
        Ok(call.send().await?.body)
    }

    async fn examine(&self) -> Vec<Finding> {
        examine::examine(self).await
    }
}
