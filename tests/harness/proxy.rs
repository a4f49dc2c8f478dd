//! A proxy that loses things on purpose, with control over every byte.
//!
//! Each request goes to the server on a connection of its own, so that what happens to one is never
//! decided by another; the customer's connection is kept alive.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing: it is passed on, and streamed answers stream.
    Pass,
    /// The connection closes before anything is passed on.
    LoseRequest,
    /// The server does everything; its answer is read and thrown away, and the connection closes.
    LoseAnswer,
    /// The same, and the connection is reset.
    ResetAnswer,
    /// The answer ends after this many bytes, counted from its status line.
    CutAnswer(usize),
    /// 503 with Retry-After, and nothing is passed on.
    Unavailable,
    /// 429 with Retry-After, and nothing is passed on.
    TooMany,
    /// The page of a hotel's network: 200 and HTML, and nothing is passed on.
    CaptivePortal,
    /// The request waits this many milliseconds and is then passed on.
    Slow(u64),
    /// The answer's body has every occurrence of the first text replaced by the second: what a newer
    /// server, or another one, might say.
    Say(&'static str, &'static str),
}

/// Which requests are touched, and how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Of 100 requests in scope, how many suffer one of `faults`.
    pub percent: u8,
    /// Chosen among evenly; a fault that stands twice comes twice as often.
    pub faults: Vec<Fault>,
    /// `(method, beginning of the path)`; empty means every request.
    pub scope: Vec<(&'static str, &'static str)>,
}

impl Plan {
    /// Everything passes.
    pub fn calm() -> Self {
        Self {
            percent: 0,
            faults: Vec::new(),
            scope: Vec::new(),
        }
    }

    /// Every kind of fault, for `percent` of the requests in `scope`.
    pub fn storm(percent: u8, scope: &[(&'static str, &'static str)]) -> Self {
        use Fault::{
            CaptivePortal, CutAnswer, LoseAnswer, LoseRequest, ResetAnswer, TooMany, Unavailable,
        };
        let cuts = [1, 17, 120, 400].map(CutAnswer);
        let mut faults = vec![
            LoseRequest,
            LoseAnswer,
            LoseAnswer,
            ResetAnswer,
            ResetAnswer,
            Unavailable,
            TooMany,
            CaptivePortal,
        ];
        faults.extend(cuts);
        Self {
            percent,
            faults,
            scope: scope.to_vec(),
        }
    }

    fn covers(&self, method: &str, path: &str) -> bool {
        self.scope.is_empty()
            || self
                .scope
                .iter()
                .any(|(m, p)| *m == method && path.starts_with(p))
    }
}

/// What the proxy has done so far: the name of the fault (`Pass`, `LoseAnswer`, ...) and how often.
pub type Counts = BTreeMap<String, usize>;

struct State {
    upstream: u16,
    rng: fastrand::Rng,
    plan: Plan,
    ordered: VecDeque<(&'static str, &'static str, Fault)>,
    counts: Counts,
    offline: bool,
}

/// A running proxy in front of one server. Ends when dropped.
pub struct FaultProxy {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// A calm proxy in front of the server at `upstream` (a port of this machine).
    pub async fn start(upstream: u16, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            upstream,
            rng: fastrand::Rng::with_seed(seed),
            plan: Plan::calm(),
            ordered: VecDeque::new(),
            counts: Counts::new(),
            offline: false,
        }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((customer, _)) = listener.accept().await {
                // A broken connection is what this proxy is for.
                let state = Arc::clone(&shared);
                tokio::spawn(async move { serve(customer, state).await.ok() });
            }
        });
        Self { port, state, task }
    }

    /// `http://127.0.0.1:port`, the same for the whole life of the proxy.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Follows `plan` from the next request on; [`Plan::calm`] turns it off.
    pub fn follow(&self, plan: Plan) {
        self.state.lock().unwrap().plan = plan;
    }

    /// The next request with this method and beginning of the path suffers `fault`, whatever the plan.
    /// Called more than once, the faults come in that order.
    pub fn once(&self, method: &'static str, path: &'static str, fault: Fault) {
        self.state
            .lock()
            .unwrap()
            .ordered
            .push_back((method, path, fault));
    }

    /// While offline every request is lost, and open streams are cut.
    pub fn offline(&self, offline: bool) {
        self.state.lock().unwrap().offline = offline;
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        self.state.lock().unwrap().counts.clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Request {
    method: String,
    path: String,
    bytes: Vec<u8>,
}

impl State {
    fn decide(&mut self, request: &Request) -> Fault {
        let (method, path) = (request.method.as_str(), request.path.as_str());
        let next = self
            .ordered
            .iter()
            .position(|(m, p, _)| *m == method && path.starts_with(p));
        let fault = if self.offline {
            Fault::LoseRequest
        } else if let Some((_, _, fault)) = next.and_then(|at| self.ordered.remove(at)) {
            fault
        } else if !self.plan.faults.is_empty()
            && self.plan.covers(method, path)
            && self.rng.u8(0..100) < self.plan.percent
        {
            self.plan.faults[self.rng.usize(0..self.plan.faults.len())]
        } else {
            Fault::Pass
        };
        let name = format!("{fault:?}");
        let name = name.split('(').next().unwrap_or_default().to_owned();
        *self.counts.entry(name).or_default() += 1;
        fault
    }
}

async fn serve(mut customer: TcpStream, state: Arc<Mutex<State>>) -> std::io::Result<()> {
    customer.set_nodelay(true)?;
    let mut waiting = Vec::new();
    while let Some(request) = read_request(&mut customer, &mut waiting).await? {
        let (fault, upstream) = {
            let mut state = state.lock().unwrap();
            (state.decide(&request), state.upstream)
        };
        match fault {
            Fault::LoseRequest => return Ok(()),
            Fault::Unavailable => refuse(&mut customer, "503 Service Unavailable").await?,
            Fault::TooMany => refuse(&mut customer, "429 Too Many Requests").await?,
            Fault::CaptivePortal => {
                let page = "<!doctype html><title>Welcome to the hotel</title><p>Please sign in.";
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n",
                    page.len()
                );
                customer.write_all((head + page).as_bytes()).await?;
            }
            Fault::LoseAnswer | Fault::ResetAnswer => {
                let mut server = forward(upstream, &request).await?;
                let mut answer = Vec::new();
                server.read_to_end(&mut answer).await?;
                if fault == Fault::ResetAnswer {
                    customer.set_zero_linger()?;
                }
                return Ok(());
            }
            Fault::CutAnswer(length) => {
                let server = forward(upstream, &request).await?;
                let mut answer = Vec::new();
                server.take(length as u64).read_to_end(&mut answer).await?;
                customer.write_all(&answer).await?;
                return Ok(());
            }
            Fault::Say(from, to) => {
                let mut server = forward(upstream, &request).await?;
                let mut answer = Vec::new();
                server.read_to_end(&mut answer).await?;
                customer.write_all(&say(&answer, from, to)).await?;
                return Ok(());
            }
            Fault::Slow(millis) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                pass(&mut customer, &mut waiting, upstream, &request, &state).await?;
            }
            Fault::Pass => pass(&mut customer, &mut waiting, upstream, &request, &state).await?,
        }
    }
    Ok(())
}

/// A refusal that a machine on the way would give: not from the server, not in its format.
async fn refuse(customer: &mut TcpStream, status: &str) -> std::io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\nretry-after: 1\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nbusy"
    );
    customer.write_all(answer.as_bytes()).await
}

async fn forward(upstream: u16, request: &Request) -> std::io::Result<TcpStream> {
    let mut server = TcpStream::connect(("127.0.0.1", upstream)).await?;
    server.write_all(&request.bytes).await?;
    Ok(server)
}

/// Passes one request on and streams the answer back until the server ends it.
async fn pass(
    customer: &mut TcpStream,
    waiting: &mut Vec<u8>,
    upstream: u16,
    request: &Request,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let mut server = forward(upstream, request).await?;
    let mut head = Vec::new();
    let end = loop {
        if let Some(end) = end_of_head(&head) {
            break end;
        }
        if server.read_buf(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let body = head.split_off(end);
    // The server was asked to close; the customer's connection stays.
    let kept: Vec<u8> = head
        .split_inclusive(|b| *b == b'\n')
        .filter(|line| !is_header(line, "connection"))
        .flatten()
        .copied()
        .collect();
    customer.write_all(&kept).await?;
    customer.write_all(&body).await?;
    let mut chunk = Vec::with_capacity(64 * 1024);
    let mut look = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            read = server.read_buf(&mut chunk) => match read? {
                0 => return Ok(()),
                _ => { customer.write_all(&chunk).await?; chunk.clear(); }
            },
            read = customer.read_buf(waiting) => if read? == 0 {
                return Err(std::io::ErrorKind::ConnectionReset.into());
            },
            _ = look.tick() => if state.lock().unwrap().offline {
                return Err(std::io::ErrorKind::NetworkDown.into());
            },
        }
    }
}

/// Reads one whole request; `waiting` holds bytes that came early. `None` when the customer has left.
async fn read_request(
    customer: &mut TcpStream,
    waiting: &mut Vec<u8>,
) -> std::io::Result<Option<Request>> {
    let end = loop {
        if let Some(end) = end_of_head(waiting) {
            break end;
        }
        if customer.read_buf(waiting).await? == 0 {
            return Ok(None);
        }
    };
    let mut bytes = Vec::new();
    let mut length = 0;
    for line in waiting[..end].split_inclusive(|b| *b == b'\n') {
        if is_header(line, "content-length") {
            let text = String::from_utf8_lossy(&line["content-length:".len()..]);
            length = text
                .trim()
                .parse()
                .map_err(|_| std::io::ErrorKind::InvalidData)?;
        }
        assert!(
            !is_header(line, "transfer-encoding"),
            "the proxy takes requests of a known length only"
        );
        if is_header(line, "connection") {
            continue;
        }
        if line == b"\r\n" {
            bytes.extend_from_slice(b"connection: close\r\n");
        }
        bytes.extend_from_slice(line);
    }
    while waiting.len() < end + length {
        if customer.read_buf(waiting).await? == 0 {
            return Ok(None);
        }
    }
    bytes.extend_from_slice(&waiting[end..end + length]);
    let first = String::from_utf8_lossy(waiting.split(|b| *b == b'\r').next().unwrap_or_default())
        .into_owned();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    waiting.drain(..end + length);
    Ok(Some(Request {
        method,
        path,
        bytes,
    }))
}

/// The answer with other words in its body, and the length that it then has.
fn say(answer: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (head, body) = answer.split_at(end_of_head(answer).unwrap_or(answer.len()));
    let body = String::from_utf8_lossy(body).replace(from, to);
    let mut said = Vec::new();
    for line in head.split_inclusive(|b| *b == b'\n') {
        assert!(
            !is_header(line, "transfer-encoding"),
            "only an answer of a known length can be changed"
        );
        if is_header(line, "content-length") {
            said.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        } else {
            said.extend_from_slice(line);
        }
    }
    said.extend_from_slice(body.as_bytes());
    said
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .map(|at| at + 4)
}

fn is_header(line: &[u8], name: &str) -> bool {
    line.len() > name.len()
        && line[name.len()] == b':'
        && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
}
