//! The server of a fake.

use crate::{
    desk::{Desk, Ticket, Vendor},
    exchange::{Answer, Call, Content},
    fault::{Fault, Instead},
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::HeaderValue,
    response::Response,
};
use futures::{StreamExt, stream};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// No body that a test sends is longer.
const BODY: usize = 64 << 20;

/// What the server and the test have together.
pub(crate) struct Shared {
    inside: Mutex<Inside>,
    /// How many calls are recorded.
    pub(crate) received: watch::Sender<usize>,
    /// Changes when held answers may go.
    pub(crate) released: watch::Sender<usize>,
}

pub(crate) struct Inside {
    pub(crate) desk: Desk,
    pub(crate) faults: Vec<Armed>,
    pub(crate) calls: Vec<Call>,
}

/// A fault that waits.
pub(crate) struct Armed {
    pub(crate) fault: Fault,
    /// How often it is still to happen.
    pub(crate) calls: usize,
    /// Empty for every method.
    pub(crate) method: String,
    /// What the path must hold.
    pub(crate) path: String,
}

impl Armed {
    fn waits_for(&self, call: &Call) -> bool {
        (self.method.is_empty() || self.method == call.method) && call.path.contains(&self.path)
    }
}

impl Shared {
    /// A test that panicked inside is failing already.
    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Uses up one call of the first armed fault that can befall this call; whether there was one.
    fn befalls(&mut self, call: &Call, mut can: impl FnMut(Fault) -> bool) -> bool {
        let befalls = |armed: &Armed| armed.waits_for(call) && can(armed.fault);
        let Some(at) = self.faults.iter().position(befalls) else {
            return false;
        };
        self.faults[at].calls -= 1;
        if self.faults[at].calls == 0 {
            self.faults.remove(at);
        }
        true
    }

    fn armed(&self, call: &Call, fault: Fault) -> bool {
        let armed = |armed: &Armed| armed.fault == fault && armed.waits_for(call);
        self.faults.iter().any(armed)
    }

    /// What is answered, and whether it is held back.
    fn exchange(&mut self, call: &Call) -> (Instead, bool) {
        let vendor = self.desk.vendor;
        let mut instead = None;
        self.befalls(call, |fault| {
            instead = fault.instead(vendor);
            instead.is_some()
        });
        let mut outcome = instead.unwrap_or_else(|| self.work(call));
        if let Instead::Answer(answer) = &mut outcome {
            answer.headers.extend((vendor.limits)(self.calls.len()));
        }
        let slow = self.befalls(call, |fault| fault == Fault::Slow);
        (outcome, slow)
    }

    fn work(&mut self, call: &Call) -> Instead {
        let before = self.desk.clone();
        self.desk
            .leak_foreign
            .set(self.armed(call, Fault::ForeignRow));
        self.desk
            .leak_internal
            .set(self.armed(call, Fault::InternalInPublic));
        let mut answer = (before.vendor.answer)(&mut self.desk, call);
        // The list that used a leak has reset it.
        if self.armed(call, Fault::ForeignRow) && !self.desk.leak_foreign.get() {
            self.befalls(call, |fault| fault == Fault::ForeignRow);
        }
        if self.armed(call, Fault::InternalInPublic) && !self.desk.leak_internal.get() {
            self.befalls(call, |fault| fault == Fault::InternalInPublic);
        }
        if self.desk.tickets != before.tickets {
            if self.befalls(call, |fault| fault == Fault::Dropped) {
                self.forget(before.tickets);
            }
            if self.befalls(call, |fault| fault == Fault::LostAnswer) {
                return Instead::Hangup;
            }
        }
        self.befalls(call, |fault| {
            fault == Fault::NullTotals && fault.spoil(&mut answer)
        });
        self.befalls(call, |fault| {
            fault == Fault::EpochDates && fault.spoil(&mut answer)
        });
        Instead::Answer(answer)
    }

    /// Undoes what a write did, but for the being of a new ticket.
    fn forget(&mut self, before: Vec<Ticket>) {
        if self.desk.tickets.len() == before.len() {
            self.desk.tickets = before;
        } else if let Some(ticket) = self.desk.tickets.last_mut() {
            ticket.fields.clear();
            ticket.messages[0].files.clear();
        }
    }
}

/// Listens on a free port of the loopback: the address, what is behind it, and the task to abort.
pub(crate) async fn start(vendor: &'static Vendor) -> (String, Arc<Shared>, JoinHandle<()>) {
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
    (base_url, shared, server)
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
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
