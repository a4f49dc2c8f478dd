//! What `cargo xtask bench gateway` measures: requests at the embedded desk against the least that a server of axum and
//! SQLite can do, and what the gateway adds to asking another desk directly. Prints JSON.
//!
//! `gateway PROGRAM FOLDER` measures that `portico`; `gateway floor FILE` is the least server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark fails by panicking"
)]

#[path = "../../../tests/harness/request_tracker.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "it is the tests', which use the rest of it"
)]
mod request_tracker;

use axum::{
    Router,
    extract::{Path as Segment, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use futures::{StreamExt, stream};
use portico_connect::{
    Backend, Connector, Network,
    ticket::{Customer, NewTicket, TicketId},
};
use portico_contract::{id::TypeId, request::Urgency};
use request_tracker::{ACCOUNT, CREDENTIAL, RequestTracker};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Clients at the same time.
const CLIENTS: usize = 8;
/// Requests of which one after the other is read.
const REQUESTS: usize = 20;
/// Reads that are counted at a time, and how often: by turns with the floor, so that what else the machine does weighs on
/// both.
const READS: usize = 5_000;
const ROUNDS: usize = 9;
/// Creations that are counted.
const CREATIONS: usize = 300;
/// Tickets at the other desk, each of which is read once in each way.
const TICKETS: usize = 150;
/// A ticket that was read so lately is not read again: see `gateway::inward::FRESH`.
const FRESH: Duration = Duration::from_secs(4);
/// What Linux counts the time of a process in, to a second.
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["floor", file] => floor(Path::new(file)).await,
        [program, folder] => {
            let figures = measure(program, Path::new(folder)).await;
            println!("{figures}");
        }
        _ => panic!("gateway PROGRAM FOLDER"),
    }
}

// --- The least server

/// One SELECT or INSERT on a file that is opened as the store opens its own, and what stands there as the answer.
async fn floor(file: &Path) {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON");
    let pool = |connections| SqlitePoolOptions::new().max_connections(connections);
    let writer = pool(1).connect_with(options.clone()).await.unwrap();
    sqlx::query("CREATE TABLE requests (id TEXT PRIMARY KEY, answer TEXT NOT NULL)")
        .execute(&writer)
        .await
        .unwrap();
    let readers = pool(4).connect_with(options.read_only(true)).await.unwrap();
    let app = Router::new()
        .route("/requests", post(insert))
        .route("/requests/{id}", get(select))
        .with_state((writer, readers));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

fn answer(status: StatusCode, json: String) -> impl IntoResponse {
    (status, [(header::CONTENT_TYPE, "application/json")], json)
}

async fn insert(
    State((writer, _)): State<(SqlitePool, SqlitePool)>,
    answer: String,
) -> impl IntoResponse {
    let id = Uuid::new_v4().to_string();
    sqlx::query("INSERT INTO requests (id, answer) VALUES (?, ?)")
        .bind(&id)
        .bind(&answer)
        .execute(&writer)
        .await
        .unwrap();
    self::answer(StatusCode::CREATED, json!({ "id": id }).to_string())
}

async fn select(
    State((_, readers)): State<(SqlitePool, SqlitePool)>,
    Segment(id): Segment<String>,
) -> impl IntoResponse {
    let answer: String = sqlx::query_scalar("SELECT answer FROM requests WHERE id = ?")
        .bind(&id)
        .fetch_one(&readers)
        .await
        .unwrap();
    self::answer(StatusCode::OK, answer)
}

// --- Servers and clients

/// A server in a process of its own. Killed when dropped.
struct Running {
    child: Child,
    origin: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .env("PORTICO_TEST_CREDENTIAL", CREDENTIAL)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let origin = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("listening on ").map(str::to_owned)
        });
        // What it says later is for nobody, and must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            origin: origin.expect("the server says where it listens"),
        }
    }

    fn portico(program: &str, folder: &Path, name: &str, config: &str) -> Self {
        let file = folder.join(format!("{name}.toml"));
        let rates = ["new_requests", "wrong_codes_per_client"]
            .map(|rate| format!("{rate} = {{ count = 1_000_000, minutes = 1 }}\n"));
        std::fs::write(&file, format!("{config}[rates]\n{}", rates.concat())).unwrap();
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        Self::start(command.arg(folder.join(name)).arg("--config").arg(file))
    }

    /// Seconds of processor time that it has used.
    fn processor(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name of the program, in brackets, may hold blanks.
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .collect();
        let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
        (ticks(11) + ticks(12)) / TICKS
    }

    /// Does it so often, and says how fast that was: by the clock, and by the processor time of this server alone.
    async fn load<F: Future<Output = ()>>(&self, count: usize, call: impl Fn(usize) -> F) -> Value {
        let (began, used) = (Instant::now(), self.processor());
        stream::iter((0..count).map(call))
            .buffer_unordered(CLIENTS)
            .collect::<()>()
            .await;
        let count = f64::from(u32::try_from(count).unwrap());
        json!({
            "per_second": count / began.elapsed().as_secs_f64(),
            "per_core": count / (self.processor() - used).max(1.0 / TICKS),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn complaint() -> Value {
    json!({
        "type_id": "billing-complaint",
        "subject": "Charged twice",
        "body": {"format": "text", "value": "The invoice of March was charged twice."},
        "contact": {"name": "Chan Tai Man", "email": "guest@example.com"},
    })
}

async fn create(client: &Client, server: &Running) -> Value {
    let call = client.post(format!("{}/portal/v1/requests", server.origin));
    let call = call.header("idempotency-key", Uuid::new_v4().to_string());
    let created = call.json(&complaint()).send().await.unwrap();
    assert_eq!(created.status(), 201);
    created.json().await.unwrap()
}

/// The id of a request that was created, and the token that opens it.
async fn tracked(client: &Client, server: &Running, created: &Value) -> (String, String) {
    let codes = json!({
        "reference": created["request"]["reference"], "query_code": created["query_code"],
    });
    let call = client.post(format!("{}/portal/v1/track", server.origin));
    let opened: Value = call
        .json(&codes)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let text = |at: &str| opened[at].as_str().unwrap().to_owned();
    (text("request_id"), text("token"))
}

async fn read(client: &Client, server: &Running, (id, token): &(String, String)) -> Value {
    let call = client.get(format!("{}/portal/v1/requests/{id}", server.origin));
    let answer = call.bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

// --- What is measured

async fn measure(program: &str, folder: &Path) -> Value {
    let client = Client::new();
    let portico = Running::portico(program, folder, "embedded", "");
    let mut opened = Vec::new();
    for _ in 0..REQUESTS {
        let created = create(&client, &portico).await;
        opened.push(tracked(&client, &portico, &created).await);
    }
    // The floor keeps and answers the same bytes.
    let answer = read(&client, &portico, &opened[0]).await.to_string();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let floor = Running::start(command.arg("floor").arg(folder.join("floor.sqlite")));
    let put = async || {
        let call = client.post(format!("{}/requests", floor.origin));
        let put = call.body(answer.clone()).send().await.unwrap();
        assert_eq!(put.status(), 201);
        let put: Value = put.json().await.unwrap();
        put["id"].as_str().unwrap().to_owned()
    };
    let mut rows = Vec::new();
    for _ in 0..REQUESTS {
        rows.push(put().await);
    }
    let get_row = async |n: usize| {
        let call = client.get(format!("{}/requests/{}", floor.origin, rows[n % REQUESTS]));
        let got: Value = call.send().await.unwrap().json().await.unwrap();
        assert!(got["reference"].is_string());
    };
    let get_request = async |n: usize| drop(read(&client, &portico, &opened[n % REQUESTS]).await);
    let (mut rows_read, mut requests_read) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        rows_read.push(floor.load(READS, &get_row).await);
        requests_read.push(portico.load(READS, &get_request).await);
    }
    json!({
        "floor": {
            "reads": middle(rows_read),
            "creations": floor.load(CREATIONS, async |_| drop(put().await)).await,
        },
        "portico": {
            "reads": middle(requests_read),
            "creations": portico.load(CREATIONS, async |_| drop(create(&client, &portico).await)).await,
        },
        "gateway": gateway(program, folder, &client).await,
    })
}

/// What the gateway adds to asking the desk for a ticket, and to making one: medians, in milliseconds.
async fn gateway(program: &str, folder: &Path, client: &Client) -> Value {
    let desk = RequestTracker::start().await;
    let section = desk.section("default = true\n");
    let server = Running::portico(program, folder, "gateway", &section);
    let backend = direct(&section);
    let customer = Customer {
        email: "guest@example.com".parse().unwrap(),
        name: None,
    };
    let (mut making, mut made_through) = (Vec::new(), Vec::new());
    let mut tickets = Vec::new();
    for n in 0..TICKETS {
        let new = NewTicket {
            key: Uuid::new_v4().to_string(),
            reference: "PT-00000-00000".to_owned(),
            type_id: TypeId::new("billing-complaint"),
            subject: format!("Charged twice {n}"),
            body: "The invoice of March was charged twice.".to_owned(),
            urgency: Urgency::Regular,
            fields: Vec::new(),
            files: Vec::new(),
        };
        let began = Instant::now();
        let ticket = backend.create(&customer, &new).await.unwrap();
        backend.read(&customer, &ticket).await.unwrap();
        making.push(began.elapsed());
        let began = Instant::now();
        let created = create(client, &server).await;
        made_through.push(began.elapsed());
        let opened = tracked(client, &server, &created).await;
        let newest = desk.tickets().iter().map(|ticket| ticket.id).max().unwrap();
        tickets.push((TicketId(newest.to_string()), opened));
    }
    tokio::time::sleep(FRESH).await;
    let (mut asking, mut asked_through) = (Vec::new(), Vec::new());
    for (ticket, opened) in &tickets {
        let began = Instant::now();
        backend.read(&customer, ticket).await.unwrap();
        asking.push(began.elapsed());
        let calls = desk.calls().len();
        let began = Instant::now();
        read(client, &server, opened).await;
        asked_through.push(began.elapsed());
        assert!(desk.calls().len() > calls, "the desk was not asked");
    }
    json!({
        "read": {"direct": median(asking), "through": median(asked_through)},
        "create": {"direct": median(making), "through": median(made_through)},
    })
}

/// The connector of the gateway's own section, without the gateway.
fn direct(section: &str) -> Arc<dyn Backend> {
    let url = section
        .split('"')
        .find(|part| part.starts_with("http"))
        .unwrap();
    let connector: Connector = serde_json::from_value(json!({
        "connector": "request-tracker", "url": url, "account": ACCOUNT, "queue": "Support",
    }))
    .unwrap();
    let network = Network::new(Duration::from_secs(5), Duration::from_secs(30)).unwrap();
    connector
        .connect(CREDENTIAL.to_owned(), Arc::new(network))
        .unwrap()
}

/// Of several measurements the middle one, by processor time.
fn middle(mut measured: Vec<Value>) -> Value {
    let per_core = |one: &Value| one["per_core"].as_f64().unwrap();
    measured.sort_by(|a, b| per_core(a).total_cmp(&per_core(b)));
    measured.swap_remove(measured.len() / 2)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}
