//! The server of a fake, and the test's hands in it.

use crate::{
    desk::{Desk, File, Message, Role, Ticket, User, Vendor},
    exchange::{Answer, Call, Content},
    fault::{Fault, Instead},
    freshdesk, jira, open311, zammad, zendesk,
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// No body that a test sends is longer.
const BODY: usize = 64 << 20;

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

struct Shared {
    inside: Mutex<Inside>,
    /// How many calls are recorded.
    received: watch::Sender<usize>,
    /// Changes when held answers may go.
    released: watch::Sender<usize>,
}

struct Inside {
    desk: Desk,
    faults: Vec<(Fault, usize)>,
    calls: Vec<Call>,
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
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let inside = Inside {
            desk: Desk::new(vendor, base_url.clone()),
            faults: Vec::new(),
            calls: Vec::new(),
        };
        let shared = Arc::new(Shared {
            inside: Mutex::new(inside),
            received: watch::Sender::new(0),
            released: watch::Sender::new(0),
        });
        let app = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
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
        self.inside().faults.push((fault, calls));
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

impl Shared {
    /// A test that panicked inside is failing already.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Uses up one call of the first armed fault that can befall.
    fn befalls(&mut self, mut can: impl FnMut(Fault) -> bool) -> Option<Fault> {
        let at = self
            .faults
            .iter()
            .position(|(fault, calls)| *calls > 0 && can(*fault))?;
        let (fault, calls) = &mut self.faults[at];
        let fault = *fault;
        *calls -= 1;
        if *calls == 0 {
            self.faults.remove(at);
        }
        Some(fault)
    }

    fn armed(&self, fault: Fault) -> bool {
        self.faults.iter().any(|(armed, _)| *armed == fault)
    }

    /// What is answered, and whether it is held back.
    fn exchange(&mut self, call: &Call) -> (Instead, bool) {
        let vendor = self.desk.vendor;
        let mut instead = None;
        self.befalls(|fault| {
            instead = fault.instead(vendor);
            instead.is_some()
        });
        let mut outcome = instead.unwrap_or_else(|| self.work(call));
        if let Instead::Answer(answer) = &mut outcome {
            answer.headers.extend((vendor.limits)(self.calls.len()));
        }
        let slow = self.befalls(|fault| fault == Fault::Slow).is_some();
        (outcome, slow)
    }

    fn work(&mut self, call: &Call) -> Instead {
        let before = self.desk.clone();
        self.desk.leak_foreign.set(self.armed(Fault::ForeignRow));
        self.desk
            .leak_internal
            .set(self.armed(Fault::InternalInPublic));
        let mut answer = (before.vendor.answer)(&mut self.desk, call);
        // The list that used a leak has reset it.
        if self.armed(Fault::ForeignRow) && !self.desk.leak_foreign.get() {
            self.befalls(|fault| fault == Fault::ForeignRow);
        }
        if self.armed(Fault::InternalInPublic) && !self.desk.leak_internal.get() {
            self.befalls(|fault| fault == Fault::InternalInPublic);
        }
        if self.desk.tickets != before.tickets {
            if self.befalls(|fault| fault == Fault::Dropped).is_some() {
                self.forget(before);
            }
            if self.befalls(|fault| fault == Fault::LostAnswer).is_some() {
                return Instead::Hangup;
            }
        }
        self.befalls(|fault| fault == Fault::NullTotals && fault.spoil(&mut answer));
        self.befalls(|fault| fault == Fault::EpochDates && fault.spoil(&mut answer));
        Instead::Answer(answer)
    }

    /// Undoes what a write did, but for the being of a new ticket.
    fn forget(&mut self, before: Desk) {
        if self.desk.tickets.len() == before.tickets.len() {
            self.desk = before;
        } else if let Some(ticket) = self.desk.tickets.last_mut() {
            ticket.fields.clear();
            ticket.messages[0].files.clear();
        }
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let query = head.uri.query().unwrap_or_default();
    let call = Call {
        method: head.method.to_string(),
        path: String::from(head.uri.path()),
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: to_bytes(body, BODY).await.unwrap_or_default().to_vec(),
    };
    if call.path == "/login" {
        let page = "<!DOCTYPE html><html><body><form method=post>Sign in</form></body></html>";
        return respond(Answer::bytes("text/html; charset=utf-8", page.as_bytes()));
    }
    let mut released = shared.released.subscribe();
    let (outcome, slow) = {
        let mut inside = shared.inside();
        let outcome = inside.exchange(&call);
        inside.calls.push(call.recorded());
        outcome
    };
    shared.received.send_modify(|calls| *calls += 1);
    if slow {
        let _ = released.changed().await;
    }
    match outcome {
        Instead::Answer(answer) => respond(answer),
        Instead::Hangup => {
            let end = stream::once(async {
                Err::<Bytes, _>(io::Error::other("the connection ends here"))
            });
            Response::new(Body::from_stream(end))
        }
        Instead::Endless => {
            let padding = stream::repeat(Bytes::from(vec![b'a'; 1 << 16]));
            let all = stream::once(async { Bytes::from_static(b"{\"padding\":\"") }).chain(padding);
            let body = Body::from_stream(all.map(Ok::<_, io::Error>));
            let response = Response::builder().header("content-type", "application/json");
            response.body(body).expect("a response")
        }
    }
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let body = match answer.content {
        Content::Nothing => Body::empty(),
        Content::Json(value) => {
            response = response.header("content-type", "application/json; charset=utf-8");
            Body::from(value.to_string())
        }
        Content::Bytes(kind, bytes) => {
            response = response.header("content-type", kind);
            Body::from(bytes)
        }
    };
    response.body(body).expect("a response")
}
