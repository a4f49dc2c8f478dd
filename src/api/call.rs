//! One call of the API: headers, proof, time limit, retries, and the answer or why there is none.

use super::{
    Failure,
    access::{self, Access, Proof},
    retry::{self, Budget},
};
use crate::{
    browser::{
        clock,
        file::Blob,
        http::{self, Answer, Body, Head, NoAnswer},
        random, task,
    },
    i18n, json,
};
use portico_contract::problem::{Problem, ProblemCode};
use serde::{Serialize, de::DeserializeOwned};

/// Milliseconds for one attempt.
const TIMEOUT: u32 = 15_000;
/// Milliseconds after which a customer who waits is told.
const PATIENCE: f64 = 30_000.0;
/// Attempts of a reading call.
const ATTEMPTS: u32 = 4;

thread_local! { static BUDGET: Budget = const { Budget::new() }; }

/// A call.
pub struct Call {
    method: &'static str,
    path: String,
    access: Access,
    headers: Vec<(&'static str, String)>,
    body: Body,
    timeout: u32,
}

/// What came back, with a status below 400.
pub struct Reply {
    pub head: Head,
    pub text: String,
}

/// Begins a call of `path` (below the base address, or a whole address that the API gave).
pub fn call(method: &'static str, path: impl Into<String>) -> Call {
    Call {
        method,
        path: path.into(),
        access: Access::Account,
        headers: Vec::new(),
        body: Body::None,
        timeout: TIMEOUT,
    }
}

impl Call {
    /// In whose name; the account's if this is not said.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// One more header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A JSON body.
    pub fn json(self, body: &impl Serialize) -> Self {
        self.json_text(json::to_string(body))
    }

    /// A body that is JSON already.
    pub fn json_text(mut self, body: String) -> Self {
        self.body = Body::Text(body);
        self.header("Content-Type", "application/json")
    }

    /// A body of bytes.
    pub fn bytes(mut self, body: Body, timeout: u32) -> Self {
        self.body = body;
        self.timeout = timeout;
        self
    }

    /// Address, headers, and whether cookies go along.
    async fn prepare(&self) -> Result<(String, Vec<(&'static str, String)>, bool), Failure> {
        let changes = !matches!(self.method, "GET" | "HEAD");
        let Proof { cookies, headers } = access::proof(&self.access, changes).await?;
        let language = ("Accept-Language", i18n::locale().as_str().to_owned());
        let headers = [self.headers.as_slice(), &headers, &[language]].concat();
        let url = if self.path.starts_with('/') {
            access::base() + &self.path
        } else {
            self.path.clone()
        };
        Ok((url, headers, cookies))
    }

    async fn attempt(&self) -> Result<Reply, Failure> {
        let (url, headers, cookies) = self.prepare().await?;
        let answer = http::send(http::Call {
            method: self.method,
            url: &url,
            headers: &headers,
            body: &self.body,
            cookies,
            timeout: self.timeout,
        })
        .await
        .map_err(no_answer)?;
        judge(answer)
    }

    /// One attempt, as nobody.
    ///
    /// # Errors
    /// Every answer but a success of the contract's server.
    #[cfg(feature = "survey")]
    pub async fn once(self) -> Result<Reply, Failure> {
        self.attempt().await
    }

    /// One attempt. A second there is only where the server has done nothing: another tab has signed in or out since, so
    /// that the token against forged calls is an old one, or the session has ended and the page around has renewed it.
    ///
    /// # Errors
    /// Every answer but a success of the contract's server.
    #[cfg(not(feature = "survey"))]
    pub async fn once(self) -> Result<Reply, Failure> {
        let bearer = access::bearer_of_account();
        let reply = self.attempt().await;
        match (reply.as_ref().err().and_then(Failure::code), &self.access) {
            (Some(ProblemCode::Forbidden), Access::Account) => {
                access::doubt_csrf();
                self.attempt().await
            }
            (Some(ProblemCode::Unauthenticated), Access::Tracked(request)) => {
                access::forget_tracking(request);
                reply
            }
            (Some(ProblemCode::Unauthenticated), Access::Account) => {
                if access::is_renewed(bearer.as_deref()).await {
                    return self.attempt().await;
                }
                access::lose_session();
                reply
            }
            _ => reply,
        }
    }

    /// Opens the body of a success as a stream; any other answer is read and judged.
    async fn open(self) -> Result<(Head, http::Stream), Failure> {
        let bearer = access::bearer_of_account();
        let opened = self.open_once().await;
        let ended =
            opened.as_ref().err().and_then(Failure::code) == Some(ProblemCode::Unauthenticated);
        if ended && self.access == Access::Account && access::is_renewed(bearer.as_deref()).await {
            return self.open_once().await;
        }
        opened
    }

    async fn open_once(&self) -> Result<(Head, http::Stream), Failure> {
        let (url, headers, cookies) = self.prepare().await?;
        let (head, mut stream) = http::open(http::Call {
            method: self.method,
            url: &url,
            headers: &headers,
            body: &self.body,
            cookies,
            timeout: self.timeout,
        })
        .await
        .map_err(no_answer)?;
        if head.status == 200 {
            return Ok((head, stream));
        }
        let text = stream.rest().await;
        judge(Answer { head, text }).and_then(|reply| Err(foreign(&reply.head)))
    }

    /// Opens a stream of events.
    ///
    /// # Errors
    /// As [`Call::once`].
    pub async fn events(self) -> Result<http::Stream, Failure> {
        let (head, stream) = self.open().await?;
        if has_type(&head, "text/event-stream") {
            Ok(stream)
        } else {
            Err(foreign(&head))
        }
    }

    /// Fetches bytes.
    ///
    /// # Errors
    /// As [`Call::once`].
    pub async fn blob(self) -> Result<Blob, Failure> {
        let (_, stream) = self.open().await?;
        stream.blob().await.map_err(no_answer)
    }
}

const fn no_answer(reason: NoAnswer) -> Failure {
    match reason {
        NoAnswer::Network => Failure::Network,
        NoAnswer::Timeout => Failure::Timeout,
    }
}

fn retry_after(head: &Head) -> Option<f64> {
    retry::parse_retry_after(
        &head.header("Retry-After")?,
        clock::device_millis(),
        clock::parse_http_date,
    )
}

fn foreign(head: &Head) -> Failure {
    Failure::Foreign {
        status: head.status,
        retry_after: retry_after(head),
    }
}

#[cfg(not(feature = "light"))]
fn problem(text: &str) -> Result<Problem, json::Mismatch> {
    json::from_str(text)
}

/// Of a problem, what the light survey makes words of.
#[cfg(feature = "light")]
fn problem(text: &str) -> Result<Problem, json::Mismatch> {
    #[derive(serde::Deserialize)]
    struct Said {
        status: u16,
        code: ProblemCode,
    }
    json::from_str(text).map(|Said { status, code }| Problem {
        kind: String::new(),
        title: String::new(),
        status,
        detail: None,
        code,
        errors: Vec::new(),
        trace_id: None,
        reason: None,
    })
}

/// The one place where an answer becomes a success or a failure.
fn judge(answer: Answer) -> Result<Reply, Failure> {
    let Answer { head, text } = answer;
    if (200..300).contains(&head.status) {
        return Ok(Reply { head, text });
    }
    match problem(&text) {
        Ok(problem) if problem.status == head.status => Err(Failure::Problem {
            problem: Box::new(problem),
            retry_after: retry_after(&head),
        }),
        _ => Err(foreign(&head)),
    }
}

impl Reply {
    /// Reads the body. An answer of another shape is not from a server of the contract.
    ///
    /// # Errors
    /// [`Failure::Foreign`].
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Failure> {
        json::from_str(&self.text).map_err(|_| foreign(&self.head))
    }

    /// For an answer without a body: the page of a network that wants a sign-in has one.
    ///
    /// # Errors
    /// [`Failure::Foreign`].
    pub fn nothing(self) -> Result<(), Failure> {
        if has_type(&self.head, "text/html") {
            Err(foreign(&self.head))
        } else {
            Ok(())
        }
    }
}

/// Reads `path`, again where that may help, for as long as a customer waits.
///
/// # Errors
/// The last failure.
pub async fn get<T: DeserializeOwned>(path: &str, access: &Access) -> Result<T, Failure> {
    get_reply(path, access).await?.read()
}

/// As [`get`], with the head.
///
/// # Errors
/// The last failure.
pub async fn get_reply(path: &str, access: &Access) -> Result<Reply, Failure> {
    let begun = clock::monotonic();
    BUDGET.with(Budget::earn);
    let mut attempt = 0;
    loop {
        let failure = match call("GET", path).access(access.clone()).once().await {
            Ok(reply) if has_type(&reply.head, "application/json") => return Ok(reply),
            Ok(reply) => foreign(&reply.head),
            Err(failure) => failure,
        };
        let wait = retry::delay(attempt, failure.retry_after(), random::part()) * 1_000.0;
        attempt += 1;
        if !failure.is_passing()
            || attempt == ATTEMPTS
            || clock::monotonic() - begun + wait > PATIENCE
            || !BUDGET.with(Budget::spend)
        {
            return Err(failure);
        }
        // Below the patience of 30 s.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        task::sleep(wait as u32).await;
    }
}

fn has_type(head: &Head, media_type: &str) -> bool {
    head.header("Content-Type")
        .is_some_and(|t| t.starts_with(media_type))
}
