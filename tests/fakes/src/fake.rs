//! The test's hands in a desk.

use crate::{
    desk::{Desk, File, Message, Role, Ticket, User, Vendor},
    exchange::Call,
    fault::Fault,
    freshdesk, jira, open311,
    serve::{Armed, Inside, Shared, start},
    zammad, zendesk,
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, MutexGuard};
use tokio::task::JoinHandle;

/// A desk that listens on the loopback; dropping it ends it.
///
/// Every desk knows `alice@example.test`, `bob@example.test` and `carol@example.test` (whose address is not
/// confirmed), the agent `agent@desk.test` and the service account `portal@desk.test`. Methods that name a ticket take
/// the vendor's id ([`Ticket::key`]) and panic where there is none.
pub struct Fake {
    base_url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Fake {
    /// Zammad; the service account's token has `admin.user` and `ticket.agent`.
    pub async fn zammad() -> Self {
        Self::start(&zammad::VENDOR).await
    }

    /// Zendesk; the API token of the account is the secret of the service account.
    pub async fn zendesk() -> Self {
        Self::start(&zendesk::VENDOR).await
    }

    /// Jira Service Management; service desk 10, keys `SD-1`.
    pub async fn jira() -> Self {
        Self::start(&jira::VENDOR).await
    }

    /// Freshdesk; the API key is the secret of the service account.
    pub async fn freshdesk() -> Self {
        Self::start(&freshdesk::VENDOR).await
    }

    /// Open311 GeoReport v2 below `/open311/v2`; the api_key is the secret of the service account.
    pub async fn open311() -> Self {
        Self::start(&open311::VENDOR).await
    }

    async fn start(vendor: &'static Vendor) -> Self {
        let (base_url, shared, server) = start(vendor).await;
        Self {
            base_url,
            shared,
            server,
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Everybody whom the desk knows, with their secrets.
    pub fn users(&self) -> Vec<User> {
        self.inside().desk.users.clone()
    }

    /// The user of an address.
    pub fn user(&self, email: &str) -> User {
        self.inside()
            .desk
            .user(email)
            .expect("the desk knows the user")
            .clone()
    }

    /// The service account.
    pub fn service(&self) -> User {
        let users = self.users();
        users
            .into_iter()
            .find(|user| user.role == Role::Admin)
            .expect("there is one")
    }

    /// All that the desk holds.
    pub fn tickets(&self) -> Vec<Ticket> {
        self.inside().desk.tickets.clone()
    }

    /// One ticket as the desk holds it.
    pub fn ticket(&self, key: &str) -> Ticket {
        self.inside()
            .desk
            .ticket(key)
            .expect("the desk has the ticket")
            .clone()
    }

    /// A ticket that came by another way than this API, for instance by telephone; answers its id.
    pub fn open(&self, customer: &str, subject: &str, text: &str) -> String {
        let desk = &mut self.inside().desk;
        let first = desk.message(customer, text, false);
        desk.create(customer, subject, first).key.clone()
    }

    /// The agent writes, publicly or for colleagues only; answers the id of the message. A public answer moves the
    /// status where the vendor does so by itself.
    pub fn answer(&self, ticket: &str, text: &str, internal: bool) -> u64 {
        self.write(ticket, text, internal, |_, _| ())
    }

    /// The agent writes publicly in HTML, whatever is in it.
    pub fn answer_html(&self, ticket: &str, html: &str) -> u64 {
        self.write(ticket, html, false, |_, message| message.html = true)
    }

    /// The agent writes, and attaches a file.
    pub fn answer_with_file(
        &self,
        ticket: &str,
        text: &str,
        internal: bool,
        name: &str,
        bytes: &[u8],
    ) -> u64 {
        self.write(ticket, text, internal, |desk, message| {
            message
                .files
                .push(desk.file(name, "text/plain", bytes.to_vec()));
        })
    }

    fn write(
        &self,
        key: &str,
        text: &str,
        internal: bool,
        change: impl Fn(&mut Desk, &mut Message),
    ) -> u64 {
        let desk = &mut self.inside().desk;
        let mut message = desk.message("agent@desk.test", text, internal);
        change(desk, &mut message);
        let id = message.id;
        desk.say(key, message);
        let status = desk.ticket(key).map(|ticket| ticket.status.clone());
        if let Some((from, to)) = desk.vendor.answered
            && !internal
            && status.as_deref() == Some(from)
        {
            desk.set_status(key, to);
        }
        id
    }

    /// The agent sets the status, in the vendor's own words; panics at a word that the vendor does not have.
    pub fn set_status(&self, ticket: &str, status: &str) {
        let desk = &mut self.inside().desk;
        assert!(
            desk.vendor.statuses.contains(&status),
            "no status {status}: {:?}",
            desk.vendor.statuses
        );
        desk.set_status(ticket, status);
    }

    /// Sets or clears both deadlines.
    pub fn set_due(
        &self,
        ticket: &str,
        first_response: Option<DateTime<Utc>>,
        resolution: Option<DateTime<Utc>>,
    ) {
        let desk = &mut self.inside().desk;
        let ticket = desk.ticket_mut(ticket).expect("the desk has the ticket");
        ticket.due.first_response = first_response;
        ticket.due.resolution = resolution;
    }

    /// The files of a ticket, in the order of their messages.
    pub fn files(&self, ticket: &str) -> Vec<File> {
        self.ticket(ticket)
            .messages
            .into_iter()
            .flat_map(|message| message.files)
            .collect()
    }

    /// Arms a fault for the next `calls` calls that it can befall. Several can be armed; of two that prevent the work
    /// the older goes first.
    pub fn fault(&self, fault: Fault, calls: usize) {
        self.fault_on("", "", fault, calls);
    }

    /// The same for calls of one method (`POST`; empty: any) whose path holds `path`; all others pass.
    pub fn fault_on(&self, method: &str, path: &str, fault: Fault, calls: usize) {
        if calls > 0 {
            self.inside().faults.push(Armed {
                fault,
                calls,
                method: String::from(method),
                path: String::from(path),
            });
        }
    }

    /// Whether every armed fault has happened as often as it should.
    pub fn faults_spent(&self) -> bool {
        self.inside().faults.is_empty()
    }

    /// Lets go what [`Fault::Slow`] holds back; wait for [`Fake::received`] first.
    pub fn release(&self) {
        self.shared.released.send_modify(|times| *times += 1);
    }

    /// Every call so far, the prevented ones among them; none holds a secret.
    pub fn calls(&self) -> Vec<Call> {
        self.inside().calls.clone()
    }

    /// Waits until so many calls have come since the start.
    pub async fn received(&self, calls: usize) {
        let mut received = self.shared.received.subscribe();
        received
            .wait_for(|so_far| *so_far >= calls)
            .await
            .expect("the sender lives as long as the fake");
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.shared.inside()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}
