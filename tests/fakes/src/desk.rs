//! What a desk holds, whoever made it: users, tickets, messages, files.

use crate::exchange::{Answer, Call};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use std::{cell::Cell, collections::BTreeMap};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sees the own tickets, without internal messages.
    Customer,
    /// Sees everything and answers.
    Agent,
    /// An agent who may also act for others and manage users: the portal's service account.
    Admin,
}

/// Who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number by which the desk knows the user.
    pub id: u64,
    /// Unique; the login as well.
    pub email: String,
    /// As shown to others.
    pub name: String,
    /// What this user may do.
    pub role: Role,
    /// Whether the address is confirmed; only Zendesk minds.
    pub verified: bool,
    /// Password, token or key, each in the vendor's way.
    pub secret: String,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Unique in this desk.
    pub id: u64,
    /// As uploaded.
    pub name: String,
    /// Media type, as uploaded.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// One message of a ticket; the first is its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Unique in this desk.
    pub id: u64,
    /// E-mail address of the author.
    pub author: String,
    /// As written.
    pub text: String,
    /// Whether `text` is HTML.
    pub html: bool,
    /// Never for the customer.
    pub internal: bool,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Its files.
    pub files: Vec<File>,
}

impl Message {
    pub(crate) fn as_html(&self) -> String {
        if self.html {
            return self.text.clone();
        }
        let escaped = self.text.replace('&', "&amp;").replace('<', "&lt;");
        format!("<div>{}</div>", escaped.replace('\n', "<br>"))
    }

    pub(crate) fn as_text(&self) -> String {
        if !self.html {
            return self.text.clone();
        }
        let mut inside = false;
        let visible = |c: &char| {
            let tag = inside || *c == '<';
            inside = tag && *c != '>';
            !tag
        };
        let text: String = self.text.chars().filter(visible).collect();
        text.replace("&lt;", "<").replace("&amp;", "&")
    }
}

/// Deadlines, where the desk has any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// By when the first answer is due.
    pub first_response: Option<DateTime<Utc>>,
    /// By when the solution is due.
    pub resolution: Option<DateTime<Utc>>,
}

/// A ticket as the desk holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// 1, 2, 3 …
    pub id: u64,
    /// The id as the vendor's addresses have it: `7`, `SD-7`.
    pub key: String,
    /// E-mail address of whom it belongs to; empty in Open311 when none was given.
    pub customer: String,
    /// The subject; in Open311 the code of the service.
    pub subject: String,
    /// The vendor's own value.
    pub status: String,
    /// Everything else that was sent, by the vendor's names; own fields among them by the name or number of the field.
    pub fields: Map<String, Value>,
    /// The description first, then in the order of writing, internal ones among them.
    pub messages: Vec<Message>,
    /// Deadlines that the agent set.
    pub due: Due,
    /// The customer's rating, in the vendor's form.
    pub rating: Option<Value>,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Since when it is resolved or closed.
    pub resolved_at: Option<DateTime<Utc>>,
}

impl Ticket {
    /// Whether an agent has written publicly.
    pub(crate) fn answered(&self) -> bool {
        self.answers().next().is_some()
    }

    /// What others than the customer wrote publicly.
    pub(crate) fn answers(&self) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(|m| !m.internal && m.author != self.customer)
    }

    pub(crate) fn field(&self, name: &str) -> Value {
        self.fields.get(name).cloned().unwrap_or(Value::Null)
    }
}

/// What differs between vendors.
pub(crate) struct Vendor {
    /// Every status that can be set; the first is that of a new ticket.
    pub(crate) statuses: &'static [&'static str],
    /// Those in which work is over.
    pub(crate) over: &'static [&'static str],
    /// An agent's public answer moves a ticket in the first to the second.
    pub(crate) answered: Option<(&'static str, &'static str)>,
    /// Comes before the number of a ticket.
    pub(crate) prefix: &'static str,
    /// The whole API.
    pub(crate) answer: fn(&mut Desk, &Call) -> Answer,
    /// The body of a refusal.
    pub(crate) error: fn(u16, &str) -> Value,
    /// The headers on every answer, given the number of calls so far.
    pub(crate) limits: fn(usize) -> Vec<(&'static str, String)>,
}

/// A file that waits for its message.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) token: String,
    pub(crate) file: File,
}

/// The desk of one fake.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) vendor: &'static Vendor,
    pub(crate) base_url: String,
    pub(crate) users: Vec<User>,
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) uploads: Vec<Upload>,
    /// Body and answer by idempotency key.
    pub(crate) replays: BTreeMap<String, (Vec<u8>, Value)>,
    /// The next list shows a row of somebody else; reset by the list that did.
    pub(crate) leak_foreign: Cell<bool>,
    /// The next public list shows an internal message; reset by the list that did.
    pub(crate) leak_internal: Cell<bool>,
    last_id: u64,
    last_at: DateTime<Utc>,
}

impl Desk {
    pub(crate) fn new(vendor: &'static Vendor, base_url: String) -> Self {
        let user = |(id, email, name, role, verified)| User {
            id,
            email: String::from(email),
            name: String::from(name),
            role,
            verified,
            secret: format!("secret-{id}-of-desk"),
        };
        let users = [
            (11, "portal@desk.test", "Portal", Role::Admin, true),
            (12, "agent@desk.test", "Agnes Agent", Role::Agent, true),
            (
                13,
                "alice@example.test",
                "Alice Example",
                Role::Customer,
                true,
            ),
            (14, "bob@example.test", "Bob Example", Role::Customer, true),
            (
                15,
                "carol@example.test",
                "Carol Example",
                Role::Customer,
                false,
            ),
        ];
        Self {
            vendor,
            base_url,
            users: users.map(user).into(),
            tickets: Vec::new(),
            uploads: Vec::new(),
            replays: BTreeMap::new(),
            leak_foreign: Cell::new(false),
            leak_internal: Cell::new(false),
            last_id: 1000,
            last_at: DateTime::UNIX_EPOCH,
        }
    }

    /// A number that nothing in this desk has.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The time, each call a little later, so that an order by time is one.
    pub(crate) fn now(&mut self) -> DateTime<Utc> {
        self.last_at = Utc::now().max(self.last_at + TimeDelta::milliseconds(1));
        self.last_at
    }

    pub(crate) fn user(&self, email: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|u| u.email.eq_ignore_ascii_case(email))
    }

    pub(crate) fn user_by_id(&self, id: u64) -> Option<&User> {
        self.users.iter().find(|u| u.id == id)
    }

    /// The user of this address, made if there is none.
    pub(crate) fn customer(&mut self, email: &str, name: &str) -> User {
        if let Some(user) = self.user(email) {
            return user.clone();
        }
        let id = self.next_id();
        let user = User {
            id,
            email: email.to_lowercase(),
            name: String::from(if name.is_empty() { email } else { name }),
            role: Role::Customer,
            verified: true,
            secret: format!("secret-{id}-of-desk"),
        };
        self.users.push(user.clone());
        user
    }

    /// The number, or empty where there is no such user.
    pub(crate) fn id_of(&self, email: &str) -> Value {
        self.user(email).map_or(Value::Null, |user| user.id.into())
    }

    /// By the vendor's id.
    pub(crate) fn ticket(&self, key: &str) -> Option<&Ticket> {
        self.tickets.iter().find(|ticket| ticket.key == key)
    }

    pub(crate) fn ticket_mut(&mut self, key: &str) -> Option<&mut Ticket> {
        self.tickets.iter_mut().find(|ticket| ticket.key == key)
    }

    /// The tickets of a customer, for a list; in the order of their numbers.
    pub(crate) fn own(&self, email: &str) -> Vec<&Ticket> {
        self.listed(|ticket| ticket.customer.eq_ignore_ascii_case(email))
    }

    /// The tickets that belong on a list, and one more under [`crate::Fault::ForeignRow`].
    pub(crate) fn listed(&self, belongs: impl Fn(&Ticket) -> bool) -> Vec<&Ticket> {
        let foreign = |ticket: &Ticket| !belongs(ticket) && self.leak_foreign.replace(false);
        let listed = |ticket: &&Ticket| belongs(ticket) || foreign(ticket);
        self.tickets.iter().filter(listed).collect()
    }

    /// What the customer may read, and an internal message more under [`crate::Fault::InternalInPublic`].
    pub(crate) fn public<'a>(&self, ticket: &'a Ticket) -> Vec<&'a Message> {
        let shown = |message: &&Message| !message.internal || self.leak_internal.replace(false);
        ticket.messages.iter().filter(shown).collect()
    }

    /// A new ticket with its first message; the answer is its place in `tickets`.
    pub(crate) fn create(&mut self, customer: &str, subject: &str, first: Message) -> &mut Ticket {
        let id = self.tickets.len() as u64 + 1;
        self.tickets.push(Ticket {
            id,
            key: format!("{}{id}", self.vendor.prefix),
            customer: String::from(customer),
            subject: String::from(subject),
            status: String::from(self.vendor.statuses[0]),
            fields: Map::new(),
            created_at: first.at,
            updated_at: first.at,
            messages: vec![first],
            due: Due::default(),
            rating: None,
            resolved_at: None,
        });
        self.tickets.last_mut().expect("just pushed")
    }

    /// A message that is not yet in a ticket.
    pub(crate) fn message(&mut self, author: &str, text: &str, internal: bool) -> Message {
        Message {
            id: self.next_id(),
            author: String::from(author),
            text: String::from(text),
            html: false,
            internal,
            at: self.now(),
            files: Vec::new(),
        }
    }

    pub(crate) fn file(&mut self, name: &str, content_type: &str, bytes: Vec<u8>) -> File {
        File {
            id: self.next_id(),
            name: String::from(name),
            content_type: String::from(content_type),
            bytes,
        }
    }

    /// Adds a message to a ticket that is there.
    pub(crate) fn say(&mut self, key: &str, message: Message) {
        let ticket = self.ticket_mut(key).expect("the ticket is there");
        ticket.updated_at = message.at;
        ticket.messages.push(message);
    }

    /// Gives a ticket that is there another status.
    pub(crate) fn set_status(&mut self, key: &str, status: &str) {
        let now = self.now();
        let over = self.vendor.over.contains(&status);
        let ticket = self.ticket_mut(key).expect("the ticket is there");
        ticket.status = String::from(status);
        ticket.updated_at = now;
        ticket.resolved_at = over.then(|| ticket.resolved_at.unwrap_or(now));
    }

    /// Takes uploads that wait, by token; unknown ones are passed over.
    pub(crate) fn take_uploads(&mut self, tokens: &Value) -> Vec<File> {
        let tokens: Vec<&str> = match tokens {
            Value::String(one) => vec![one],
            several => several
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
        };
        let wanted = |upload: &mut Upload| tokens.contains(&upload.token.as_str());
        self.uploads
            .extract_if(.., wanted)
            .map(|upload| upload.file)
            .collect()
    }

    /// The file of this number, with the ticket and the message that it belongs to.
    pub(crate) fn find_file(&self, id: &str) -> Option<(&Ticket, &Message, &File)> {
        let id: u64 = id.parse().ok()?;
        self.tickets.iter().find_map(|ticket| {
            ticket.messages.iter().find_map(|message| {
                let file = message.files.iter().find(|file| file.id == id)?;
                Some((ticket, message, file))
            })
        })
    }
}
