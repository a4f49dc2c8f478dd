//! A desk double: the small part of Request Tracker's REST2 that the gateway uses, in memory, with the faults that real
//! desks and the networks before them have.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

/// The account of the portal at the desk.
pub const ACCOUNT: &str = "portal";
/// Its credential.
pub const CREDENTIAL: &str = "credential-of-the-portal-4711";

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskFault {
    /// Every call gets this status.
    Status(u16),
    /// Calls that write are done, and their answers are cut off.
    LoseWrites,
    /// Calls that write are done, and are never answered.
    HangWrites,
    /// Calls that write are not answered either, and are done at [`RequestTracker::does_what_is_late`].
    LateWrites,
    /// No call is answered.
    Hang,
    /// A page for people.
    Html,
    /// A redirect to such a page.
    SignIn,
    /// An answer that says it is 5 GB long.
    Huge,
    /// An answer that is 5 GB long and does not say so.
    Endless,
}

/// A message, or a note.
#[derive(Debug, Clone)]
struct Said {
    id: u64,
    kind: &'static str,
    by: (String, String),
    at: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    id: u64,
    name: Option<String>,
    media_type: String,
    bytes: Vec<u8>,
}

/// A ticket as tests see it.
#[derive(Debug, Clone)]
pub struct DeskTicket {
    /// Its number.
    pub id: u64,
    /// Its queue.
    pub queue: String,
    /// One line.
    pub subject: String,
    /// RT's word.
    pub status: String,
    /// The address of its requestor.
    pub requestor: String,
    /// Custom fields.
    pub fields: BTreeMap<String, Vec<String>>,
    created: String,
    updated: String,
    resolved: Option<String>,
    due: Option<String>,
    owner: Option<String>,
    said: Vec<Said>,
}

impl DeskTicket {
    /// The texts of its public messages, the first one with what the gateway added.
    pub fn messages(&self) -> Vec<String> {
        let public = self.said.iter().filter(|said| said.kind != "Comment");
        public
            .map(|said| String::from_utf8_lossy(&said.parts[0].bytes).into_owned())
            .collect()
    }

    /// The names of all files.
    pub fn files(&self) -> Vec<String> {
        let parts = self.said.iter().flat_map(|said| &said.parts);
        parts.filter_map(|part| part.name.clone()).collect()
    }
}

#[derive(Default)]
struct Desk {
    tickets: Vec<DeskTicket>,
    last_id: u64,
    fault: Option<DeskFault>,
    refused: Option<&'static str>,
    /// Bytes of the longest answer that somebody has read.
    longest: u64,
    calls: Vec<String>,
    late: Vec<Write>,
}

/// A call that writes: its method, path and body.
type Write = (String, Vec<String>, Value);

impl Desk {
    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn ticket(&mut self, id: u64) -> Option<&mut DeskTicket> {
        self.tickets.iter_mut().find(|ticket| ticket.id == id)
    }

    fn say(&mut self, id: u64, kind: &'static str, by: (&str, &str), parts: Vec<Part>) -> u64 {
        let number = self.id();
        let parts = parts
            .into_iter()
            .map(|part| Part {
                id: self.id(),
                ..part
            })
            .collect();
        let said = Said {
            id: number,
            kind,
            by: (by.0.to_owned(), by.1.to_owned()),
            at: now(),
            parts,
        };
        let ticket = self.ticket(id).expect("the ticket is there");
        ticket.updated = now();
        // RT opens what has ended when somebody writes to it.
        if kind == "Correspond" && ["resolved", "rejected"].contains(&ticket.status.as_str()) {
            ticket.status = "open".to_owned();
            ticket.resolved = None;
        }
        ticket.said.push(said);
        number
    }

    fn change(&mut self, id: u64, change: &Value) {
        let ticket = self.ticket(id).expect("the ticket is there");
        ticket.updated = now();
        if let Some(status) = change["Status"].as_str() {
            ticket.status = status.to_owned();
            ticket.resolved = ["resolved", "rejected"].contains(&status).then(now);
        }
        for (name, value) in change["CustomFields"].as_object().into_iter().flatten() {
            ticket.fields.insert(name.clone(), texts(value));
        }
    }
}

/// RT tells whole seconds.
fn now() -> String {
    told(Utc::now())
}

fn told(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn text(words: &str, media_type: &str) -> Part {
    Part {
        id: 0,
        name: None,
        media_type: media_type.to_owned(),
        bytes: words.as_bytes().to_vec(),
    }
}

/// A running double. Ends when dropped.
pub struct RequestTracker {
    port: u16,
    desk: Arc<Mutex<Desk>>,
    task: Option<JoinHandle<()>>,
    /// What keeps others from its port while nobody listens.
    held: Option<TcpSocket>,
}

/// A port of this machine, any where it is 0, on which nobody listens.
fn hold(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(([127, 0, 0, 1], port).into()).unwrap();
    socket
}

impl RequestTracker {
    /// One that answers.
    pub async fn start() -> Self {
        let mut desk = Self::absent().await;
        desk.open().await;
        desk
    }

    /// One whose port nobody listens on yet.
    pub async fn absent() -> Self {
        let held = hold(0);
        Self {
            port: held.local_addr().unwrap().port(),
            desk: Arc::default(),
            task: None,
            held: Some(held),
        }
    }

    /// Begins to answer, rightly.
    pub async fn open(&mut self) {
        self.fail(None);
        let listener = self.held.take().unwrap().listen(1_024).unwrap();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&self.desk));
        self.task = Some(tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        }));
    }

    /// Is down: nobody listens any more, and who is connected still gets 503. [`RequestTracker::open`] ends it.
    pub async fn close(&mut self) {
        self.fail(DeskFault::Status(503));
        if let Some(task) = self.task.take() {
            task.abort();
            // That it was ended is no news.
            task.await.ok();
            self.held = Some(hold(self.port));
        }
    }

    /// Its `[backend.rt]` section, with more lines; the credential is in the environment of the tests' servers.
    pub fn section(&self, more: &str) -> String {
        format!(
            "[backend.rt]\nconnector = \"request-tracker\"\nurl = \"http://127.0.0.1:{}\"\naccount = \"{ACCOUNT}\"\n\
             queue = \"Support\"\ncredential_env = \"PORTICO_TEST_CREDENTIAL\"\n{more}\n",
            self.port
        )
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    /// From now on this goes wrong.
    pub fn fail(&self, fault: impl Into<Option<DeskFault>>) {
        self.lock().fault = fault.into();
    }

    /// From now on tickets are not made (`create`), messages not taken (`reply`), or statuses not changed although the
    /// answer says so (`status`).
    pub fn refuse(&self, what: impl Into<Option<&'static str>>) {
        self.lock().refused = what.into();
    }

    /// Every call so far: method, path and query.
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// The calls under [`DeskFault::LateWrites`] are done now. How many there were.
    pub fn does_what_is_late(&self) -> usize {
        let mut desk = self.lock();
        let late = std::mem::take(&mut desk.late);
        for (method, path, body) in &late {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            drop(done(&mut desk, method, &path, &BTreeMap::new(), body));
        }
        late.len()
    }

    /// Bytes of the longest endless answer that somebody has read so far.
    pub fn longest_answer(&self) -> u64 {
        self.lock().longest
    }

    /// Every ticket.
    pub fn tickets(&self) -> Vec<DeskTicket> {
        self.lock().tickets.clone()
    }

    /// The only ticket.
    pub fn ticket(&self) -> DeskTicket {
        let tickets = self.tickets();
        assert_eq!(tickets.len(), 1, "{tickets:?}");
        tickets[0].clone()
    }

    /// A ticket that came by telephone.
    pub fn telephone(&self, requestor: &str, subject: &str, words: &str) -> u64 {
        let body = json!({"Queue": "Support", "Subject": subject, "Content": words, "Requestor": requestor});
        create(&mut self.lock(), &body, ("agent", "agent@rt.test"))
    }

    /// An agent answers.
    pub fn answers(&self, id: u64, words: &str) {
        self.writes(id, words, "text/plain", &[]);
    }

    /// An agent answers in this media type, with files: name, media type, content.
    pub fn writes(&self, id: u64, words: &str, media_type: &str, files: &[(&str, &str, &[u8])]) {
        let files = files.iter().map(|(name, media_type, bytes)| Part {
            id: 0,
            name: Some((*name).to_owned()),
            media_type: (*media_type).to_owned(),
            bytes: bytes.to_vec(),
        });
        let parts = std::iter::once(text(words, media_type))
            .chain(files)
            .collect();
        self.lock()
            .say(id, "Correspond", ("Ada Agent", "agent@rt.test"), parts);
    }

    /// An agent notes something for the desk alone.
    pub fn notes(&self, id: u64, words: &str) {
        let parts = vec![text(words, "text/plain")];
        self.lock()
            .say(id, "Comment", ("Ada Agent", "agent@rt.test"), parts);
    }

    /// An agent sets the status.
    pub fn sets(&self, id: u64, status: &str) {
        self.lock().change(id, &json!({"Status": status}));
    }

    /// An agent sets when it is to be solved.
    pub fn sets_due(&self, id: u64, due: DateTime<Utc>) {
        let mut desk = self.lock();
        let ticket = desk.ticket(id).expect("the ticket is there");
        ticket.due = Some(told(due));
        ticket.updated = now();
    }

    /// An agent fills a custom field, or empties it.
    pub fn fills(&self, id: u64, field: &str, values: &[&str]) {
        let change = json!({"CustomFields": {field: values}});
        self.lock().change(id, &change);
    }

    /// Somebody takes it.
    pub fn gives_to(&self, id: u64, name: &str) {
        let mut desk = self.lock();
        let ticket = desk.ticket(id).expect("the ticket is there");
        ticket.owner = Some(name.to_owned());
        ticket.updated = now();
    }
}

impl Drop for RequestTracker {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn create(desk: &mut Desk, body: &Value, by: (&str, &str)) -> u64 {
    let id = desk.id();
    let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let fields = body["CustomFields"].as_object().into_iter().flatten();
    desk.tickets.push(DeskTicket {
        id,
        queue: word("Queue"),
        subject: word("Subject"),
        status: "new".to_owned(),
        requestor: word("Requestor"),
        fields: fields.map(|(name, v)| (name.clone(), texts(v))).collect(),
        created: now(),
        updated: now(),
        resolved: None,
        due: None,
        owner: None,
        said: Vec::new(),
    });
    let parts = parts(body);
    desk.say(id, "Create", by, parts);
    id
}

fn parts(body: &Value) -> Vec<Part> {
    let words = body["Content"].as_str().unwrap_or_default();
    let files = body["Attachments"].as_array().into_iter().flatten();
    let files = files.map(|file| Part {
        id: 0,
        name: file["FileName"].as_str().map(str::to_owned),
        media_type: file["FileType"].as_str().unwrap_or_default().to_owned(),
        bytes: STANDARD
            .decode(file["FileContent"].as_str().unwrap_or_default())
            .unwrap(),
    });
    std::iter::once(text(words, "text/plain"))
        .chain(files)
        .collect()
}

/// What was posted: JSON, or a form of JSON and files, which become the JSON's attachments.
fn posted(headers: &HeaderMap, bytes: &[u8]) -> Value {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Some((_, boundary)) = kind.split_once("boundary=") else {
        return serde_json::from_slice(bytes).unwrap_or_default();
    };
    let (mut body, mut files) = (Value::Null, Vec::new());
    for part in split(
        bytes,
        format!("--{}", boundary.trim_matches('"')).as_bytes(),
    ) {
        let mut halves = split(part, b"\r\n\r\n").into_iter();
        let (Some(head), Some(first)) = (halves.next(), halves.next()) else {
            continue;
        };
        let from = head.len() + b"\r\n\r\n".len();
        let content = part[from..].strip_suffix(b"\r\n").unwrap_or(first);
        let head = String::from_utf8_lossy(head);
        let named = |what: &str| {
            let (_, rest) = head.split_once(&format!(" {what}=\""))?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let media_type = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_type = name.eq_ignore_ascii_case("content-type");
            is_type.then(|| value.to_owned())
        });
        match named("filename") {
            Some(name) => files.push(json!({"FileName": name, "FileType": media_type,
                "FileContent": STANDARD.encode(content)})),
            None => body = serde_json::from_slice(content).unwrap(),
        }
    }
    body["Attachments"] = files.into();
    body
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let mut place = 0;
    while place + at.len() <= bytes.len() {
        if &bytes[place..place + at.len()] == at {
            parts.push(&bytes[from..place]);
            place += at.len();
            from = place;
        } else {
            place += 1;
        }
    }
    parts.push(&bytes[from..]);
    parts
}

async fn answer(State(desk): State<Arc<Mutex<Desk>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let url = reqwest::Url::parse(&format!("http://rt{}", head.uri)).unwrap();
    let path: Vec<&str> = url.path_segments().unwrap().skip(2).collect();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let body = to_bytes(body, 100_000_000).await.unwrap_or_default();
    let body = posted(&head.headers, &body);
    let fault = {
        let mut desk = desk.lock().unwrap();
        desk.calls.push(format!("{} {}", head.method, head.uri));
        desk.fault
    };
    let expected = format!("token {CREDENTIAL}");
    let given = head.headers.get(header::AUTHORIZATION);
    if given.map(|value| value.as_bytes()) != Some(expected.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let writes = head.method != "GET";
    match fault {
        Some(DeskFault::Status(status)) => {
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        Some(DeskFault::Hang) => std::future::pending().await,
        Some(DeskFault::Html) => {
            let page = "<html><title>Service desk</title><form>...</form></html>";
            return ([(header::CONTENT_TYPE, "text/html")], page).into_response();
        }
        Some(DeskFault::SignIn) => {
            let to = [(header::LOCATION, "/NoAuth/Login.html")];
            return (StatusCode::FOUND, to).into_response();
        }
        Some(DeskFault::Endless) => {
            let pieces = futures::stream::iter(1..=5_000_000_000_u64 / 65_536).map(move |piece| {
                let mut desk = desk.lock().unwrap();
                desk.longest = desk.longest.max(piece * 65_536);
                Ok::<_, Infallible>(vec![b' '; 65_536])
            });
            return Body::from_stream(pieces).into_response();
        }
        Some(DeskFault::Huge) => {
            let endless = futures::stream::repeat_with(|| Ok::<_, Infallible>(vec![b' '; 65_536]));
            let about = [(header::CONTENT_LENGTH, "5000000000")];
            return (about, Body::from_stream(endless)).into_response();
        }
        Some(DeskFault::LateWrites) if writes => {
            let path = path.into_iter().map(str::to_owned).collect();
            let late = (head.method.to_string(), path, body);
            desk.lock().unwrap().late.push(late);
            return std::future::pending().await;
        }
        Some(DeskFault::LoseWrites | DeskFault::HangWrites | DeskFault::LateWrites) | None => {}
    }
    let answer = {
        let mut desk = desk.lock().unwrap();
        done(&mut desk, head.method.as_str(), &path, &query, &body)
    };
    match fault {
        Some(DeskFault::HangWrites) if writes => std::future::pending().await,
        Some(DeskFault::LoseWrites) if writes => {
            let cut = futures::stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("cut"))]);
            Body::from_stream(cut).into_response()
        }
        _ => answer,
    }
}

fn done(
    desk: &mut Desk,
    method: &str,
    path: &[&str],
    query: &BTreeMap<String, String>,
    body: &Value,
) -> Response {
    let reply = |status: u16, value: Value| {
        let status = StatusCode::from_u16(status).unwrap();
        let about = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        (status, about, value.to_string()).into_response()
    };
    let missing = || reply(404, json!({"message": "Not Found"}));
    let number = |text: &str| text.parse::<u64>().unwrap_or_default();
    match (method, path) {
        ("GET", ["rt"]) => reply(200, json!({"Version": "5.0.3"})),
        ("GET", ["tickets"]) => {
            let items: Vec<Value> = found(desk, &query["query"]).iter().map(row).collect();
            let page = number(query.get("page").map_or("1", |page| page));
            let items = if page > 1 { Vec::new() } else { items };
            reply(200, json!({"items": items, "total": null}))
        }
        ("POST", ["ticket"]) if desk.refused == Some("create") => reply(
            400,
            json!({"message": "Could not create ticket. Queue not set"}),
        ),
        ("POST", ["ticket"]) => {
            let id = create(desk, body, (ACCOUNT, "portal@rt.test"));
            reply(201, json!({"id": id.to_string(), "type": "ticket"}))
        }
        (_, ["ticket", id, rest @ ..]) => {
            let id = number(id);
            let Some(ticket) = desk.ticket(id).map(|ticket| ticket.clone()) else {
                return missing();
            };
            match (method, rest) {
                ("GET", ["history"]) => reply(200, json!({"items": history(&ticket)})),
                ("GET", ["attachments"]) => reply(200, json!({"items": attachments(&ticket)})),
                ("POST", ["correspond"]) if desk.refused == Some("reply") => {
                    reply(403, json!({"message": "Permission Denied"}))
                }
                ("POST", ["correspond" | "comment"]) => {
                    let kind = match rest[0] {
                        "comment" => "Comment",
                        _ => "Correspond",
                    };
                    let said = desk.say(id, kind, (ACCOUNT, "portal@rt.test"), parts(body));
                    let place = [(header::LOCATION, format!("/REST/2.0/transaction/{said}"))];
                    (StatusCode::CREATED, place, "[\"Correspondence added\"]").into_response()
                }
                ("PUT", []) => {
                    // RT answers 200 also when it did nothing.
                    if desk.refused != Some("status") {
                        desk.change(id, body);
                    }
                    reply(200, json!(["done"]))
                }
                _ => missing(),
            }
        }
        ("GET", ["attachment", id]) => {
            let id = number(id);
            let mut parts = desk
                .tickets
                .iter()
                .flat_map(|t| &t.said)
                .flat_map(|s| &s.parts);
            match parts.find(|part| part.id == id) {
                Some(part) => reply(200, json!({"Content": STANDARD.encode(&part.bytes)})),
                None => missing(),
            }
        }
        _ => missing(),
    }
}

/// What TicketSQL finds, of the three questions that are asked.
fn found(desk: &Desk, query: &str) -> Vec<DeskTicket> {
    let (who, what) = query
        .strip_prefix("Requestor.EmailAddress = '")
        .and_then(|rest| rest.split_once("' AND "))
        .unwrap_or_else(|| panic!("a query without an owner: {query}"));
    let fits = |ticket: &&DeskTicket| {
        let asked = if let Some(id) = what.strip_prefix("id = ") {
            ticket.id.to_string() == id
        } else if let Some(key) = what.strip_prefix("CF.{Portal Key} = ") {
            let kept = ticket.fields.get("Portal Key");
            kept.is_some_and(|kept| kept == &[key.trim_matches('\'')])
        } else {
            assert_eq!(what, "id > 0", "{query}");
            true
        };
        asked && ticket.requestor.eq_ignore_ascii_case(who)
    };
    let mut found: Vec<_> = desk.tickets.iter().filter(fits).cloned().collect();
    found.sort_by(|a, b| (&b.updated, b.id).cmp(&(&a.updated, a.id)));
    found
}

fn row(ticket: &DeskTicket) -> Value {
    let fields = ticket.fields.iter();
    let fields: Vec<_> = fields
        .map(|(name, values)| json!({"name": name, "type": "customfield", "values": values}))
        .collect();
    // What is not set is 1970 here, never null.
    let date = |date: &Option<String>| date.clone().unwrap_or("1970-01-01T00:00:00Z".to_owned());
    json!({
        "id": ticket.id.to_string(), "type": "ticket", "Subject": ticket.subject, "Status": ticket.status,
        "Created": ticket.created, "LastUpdated": ticket.updated, "Resolved": date(&ticket.resolved),
        "Due": date(&ticket.due), "Queue": {"id": "1", "Name": ticket.queue},
        "Owner": {"id": ticket.owner.as_deref().unwrap_or("Nobody"), "RealName": ticket.owner},
        "Requestor": [{"id": ticket.requestor, "EmailAddress": ticket.requestor}], "Cc": [],
        "CustomFields": fields,
    })
}

fn history(ticket: &DeskTicket) -> Vec<Value> {
    let line = |said: &Said| {
        json!({"id": said.id.to_string(), "Type": said.kind, "Created": said.at,
            "Creator": {"id": said.by.0, "EmailAddress": said.by.1}})
    };
    ticket.said.iter().map(line).collect()
}

fn attachments(ticket: &DeskTicket) -> Vec<Value> {
    let said = ticket.said.iter();
    said.flat_map(|said| said.parts.iter().map(move |part| (said, part)))
        .map(|(said, part)| {
            json!({"id": part.id.to_string(), "TransactionId": said.id.to_string(), "Filename": part.name,
                "ContentType": part.media_type, "ContentLength": part.bytes.len().to_string()})
        })
        .collect()
}
