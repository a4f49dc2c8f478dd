//! What the rules share: the server's configuration, clients in every name that was given, and requests to look at,
//! each made when a rule first needs it.

use crate::{
    Miss,
    client::{Client, Reply},
    sample,
};
use portico_contract::{
    config::{Capability, Config},
    form::FormSchema,
};
use serde_json::{Value, json};
use std::{
    fmt,
    time::{Duration, Instant},
};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// How long the desk's deeds may take to be seen by the customer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// The text of every request that is made: what often does not survive a desk.
pub(crate) const TEXT: &str = "This is a check of the API; please ignore it.\n\
    第二行：簡體与繁體 👩‍👧 \"quotes\" <b>no markup</b> &amp; {{ braces }} %s \\n";

/// What whoever runs the suite gives.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The base address of the API, such as `https://help.example.com/portal/v1`.
    pub url: String,
    /// The bearer token of a customer.
    pub token: Option<String>,
    /// The bearer token of another customer.
    pub second_token: Option<String>,
    /// The base address of a desk that takes what `/desk/v1` takes, and the token of an agent.
    pub desk: Option<(String, String)>,
    /// An origin whose pages may call the API.
    pub origin: Option<String>,
    /// The token of a survey that waits for its answer. It is not answered, but gets a draft.
    pub survey: Option<String>,
    /// Ids of rules, or what stands before their dot; nothing: every rule.
    pub only: Vec<String>,
}

/// There is nothing to ask: no API, or no such rule.
#[derive(Debug)]
pub struct Unreachable(pub(crate) String);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

/// A request that was made, in the name in which it can be read.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) reference: String,
    /// Of a guest.
    pub(crate) query_code: Option<String>,
    /// Who reads it.
    pub(crate) client: Client,
    /// Who sent it.
    pub(crate) sender: Client,
    /// What was sent.
    pub(crate) sent: Value,
    /// Under which Idempotency-Key.
    pub(crate) key: Uuid,
    /// What was answered.
    pub(crate) created: Reply,
}

impl Case {
    /// The path of the request, and what is below it.
    pub(crate) fn path(&self, below: &str) -> String {
        format!("/requests/{}{below}", self.id)
    }

    /// The request as it is now.
    pub(crate) async fn read(&self) -> Result<Reply, Miss> {
        self.client.get(&self.path("")).send().await?.status(200)
    }

    /// Its timeline.
    pub(crate) async fn timeline(&self) -> Result<Reply, Miss> {
        let path = self.path("/timeline");
        self.client.get(&path).send().await?.status(200)
    }

    /// Writes a message.
    pub(crate) async fn say(&self, words: &str) -> Result<Reply, Miss> {
        let path = self.path("/messages");
        let call = self.client.post(&path).new_key().json(&message(words));
        call.send().await
    }

    /// Does something with it.
    pub(crate) async fn act(&self, action: &str) -> Result<Reply, Miss> {
        let path = self.path(&format!("/actions/{action}"));
        self.client
            .post(&path)
            .new_key()
            .json(&json!({}))
            .send()
            .await
    }

    /// What is with an action of it; `None` where there is none.
    pub(crate) async fn action(&self, name: &str) -> Result<Option<Value>, Miss> {
        let shown = self.read().await?;
        Ok(shown.body()["actions"].get(name).cloned())
    }
}

/// A message's body.
pub(crate) fn message(words: &str) -> Value {
    json!({"body": {"format": "text", "value": words}})
}

/// A request that is made when it is first needed.
type Lazy<T> = OnceCell<Result<T, Miss>>;

/// What the rules look at.
#[derive(Debug)]
pub struct Suite {
    pub(crate) nobody: Client,
    customer: Option<Client>,
    second: Option<Client>,
    desk: Option<Client>,
    pub(crate) origin: Option<String>,
    survey: Option<String>,
    /// `/config` as it was answered first.
    pub(crate) told: Reply,
    sample: Lazy<(String, Value)>,
    main: Lazy<Case>,
    other: Lazy<Case>,
    spare: Lazy<Case>,
    worked: Lazy<Case>,
    mine: Lazy<Vec<Case>>,
    theirs: Lazy<Case>,
}

impl Suite {
    /// Asks the server what it is.
    ///
    /// # Errors
    /// [`Unreachable`]
    pub async fn open(given: Given) -> Result<Self, Unreachable> {
        let nobody = Client::new(given.url.clone(), given.origin.clone())
            .map_err(|error| Unreachable(error.to_string()))?;
        let config = nobody.get("/config").send().await;
        let told = match config {
            Ok(reply) if reply.status == 200 && reply.body().is_object() => reply,
            Ok(reply) => return Err(Unreachable(format!("{} is no API: {reply}", given.url))),
            Err(Miss::Failed { seen, .. }) => return Err(Unreachable(seen)),
            Err(Miss::NotOffered(why)) => return Err(Unreachable(why)),
        };
        let signed_in = |token: &Option<String>| token.as_deref().map(|t| nobody.bearer(t));
        Ok(Self {
            customer: signed_in(&given.token),
            second: signed_in(&given.second_token),
            desk: given.desk.map(|(url, token)| nobody.beside(url, &token)),
            nobody,
            origin: given.origin,
            survey: given.survey,
            told,
            sample: OnceCell::new(),
            main: OnceCell::new(),
            other: OnceCell::new(),
            spare: OnceCell::new(),
            worked: OnceCell::new(),
            mine: OnceCell::new(),
            theirs: OnceCell::new(),
        })
    }

    /// The API that is asked.
    #[must_use]
    pub fn url(&self) -> &str {
        self.nobody.base()
    }

    /// Whether the server says that it has what a rule needs; nothing is always there.
    #[must_use]
    pub fn offers(&self, capability: Option<Capability>) -> bool {
        let listed = self.told.at("/capabilities").as_array();
        capability.is_none_or(|needed| {
            listed.is_some_and(|all| all.iter().any(|one| one == needed.as_str()))
        })
    }

    /// `/config` in the contract's types.
    pub(crate) fn config(&self) -> Result<Config, Miss> {
        self.told.read()
    }

    /// A customer who is signed in.
    pub(crate) fn customer(&self) -> Result<&Client, Miss> {
        let missing = || Miss::not_offered("needs a customer: give --token");
        self.customer.as_ref().ok_or_else(missing)
    }

    /// Another one.
    pub(crate) fn second(&self) -> Result<&Client, Miss> {
        let missing = || Miss::not_offered("needs another customer: give --second-token");
        self.second.as_ref().ok_or_else(missing)
    }

    /// The desk, as an agent.
    pub(crate) fn desk(&self) -> Result<&Client, Miss> {
        let missing = || Miss::not_offered("needs the desk to act: give --desk-token");
        self.desk.as_ref().ok_or_else(missing)
    }

    /// The address of a survey that waits for its answer, and what is below it.
    pub(crate) fn survey(&self, below: &str) -> Result<String, Miss> {
        let missing =
            || Miss::not_offered("needs a survey that waits for its answer: give --survey");
        let token = self.survey.as_ref().ok_or_else(missing)?;
        Ok(format!("/surveys/{token}{below}"))
    }

    /// The type of the catalogue that asks the least, and answers to its form.
    async fn sample(&self) -> Result<&(String, Value), Miss> {
        let found = self.sample.get_or_init(|| async {
            let types = self
                .nobody
                .get("/request-types")
                .send()
                .await?
                .status(200)?;
            let mut best: Option<(usize, FormSchema)> = None;
            for one in types.list("/items")? {
                let id = one["id"].as_str().unwrap_or_default();
                let form = self
                    .nobody
                    .get(&format!("/request-types/{id}"))
                    .send()
                    .await?;
                let form: FormSchema = form.status(200)?.read()?;
                let effort = sample::effort(&form);
                if best.as_ref().is_none_or(|(least, _)| effort < *least) {
                    best = Some((effort, form));
                }
            }
            let none = || Miss::not_offered("no type of the catalogue can be sent without a file");
            let (_, form) = best.ok_or_else(none)?;
            let answers = sample::answers(&form).ok_or_else(none)?;
            Ok((form.id.to_string(), json!(answers)))
        });
        found.await.as_ref().map_err(Clone::clone)
    }

    /// A request that the server should take from a guest.
    pub(crate) async fn new_request(&self, about: &str) -> Result<Value, Miss> {
        let (type_id, fields) = self.sample().await?;
        let id = Uuid::new_v4().simple().to_string();
        Ok(json!({
            "type_id": type_id,
            "subject": format!("Conformance check {} ({about})", &id[..12]),
            "body": {"format": "text", "value": TEXT},
            "fields": fields,
            "contact": {"name": "Conformance Check", "email": format!("conform-{id}@example.com")},
        }))
    }

    /// The same from a customer, of whom the server knows how to reach them.
    pub(crate) async fn new_request_of_customer(&self, about: &str) -> Result<Value, Miss> {
        let mut body = self.new_request(about).await?;
        if let Some(body) = body.as_object_mut() {
            body.remove("contact");
        }
        Ok(body)
    }

    /// Sends a request in somebody's name.
    pub(crate) async fn submit(&self, by: &Client, body: Value) -> Result<Case, Miss> {
        let key = Uuid::new_v4();
        let call = by.post("/requests").key(key).json(&body);
        let created = call.send().await?.status(201)?;
        Ok(Case {
            id: created.word("/request/id")?,
            reference: created.word("/request/reference")?,
            query_code: created.at("/query_code").as_str().map(str::to_owned),
            client: by.clone(),
            sender: by.clone(),
            sent: body,
            key,
            created,
        })
    }

    /// Sends a request as a guest, and follows it.
    pub(crate) async fn guest_case(&self, about: &str) -> Result<Case, Miss> {
        let case = self
            .submit(&self.nobody, self.new_request(about).await?)
            .await?;
        let opened = self.track(
            &case.reference,
            case.query_code.as_deref().unwrap_or_default(),
        );
        let token = opened.await?.status(200)?.word("/token")?;
        Ok(Case {
            client: self.nobody.bearer(&token),
            ..case
        })
    }

    /// Tries reference and query code.
    pub(crate) async fn track(&self, reference: &str, code: &str) -> Result<Reply, Miss> {
        let body = json!({"reference": reference, "query_code": code});
        self.nobody.post("/track").json(&body).send().await
    }

    async fn case(&self, about: &str) -> Result<Case, Miss> {
        if !self.offers(Some(Capability::Submit)) {
            return Err(Miss::not_offered("nothing can be submitted"));
        }
        if self.offers(Some(Capability::Track)) {
            return self.guest_case(about).await;
        }
        let body = self.new_request_of_customer(about).await?;
        self.submit(self.customer()?, body).await
    }

    /// The request that most rules look at.
    pub(crate) async fn main(&self) -> Result<&Case, Miss> {
        known(self.main.get_or_init(|| self.case("main")).await)
    }

    /// One that is somebody else's.
    pub(crate) async fn other(&self) -> Result<&Case, Miss> {
        known(
            self.other
                .get_or_init(|| self.case("somebody else's"))
                .await,
        )
    }

    /// One that is taken back.
    pub(crate) async fn spare(&self) -> Result<&Case, Miss> {
        known(self.spare.get_or_init(|| self.case("taken back")).await)
    }

    /// One that the desk works on.
    pub(crate) async fn worked(&self) -> Result<&Case, Miss> {
        self.desk()?;
        known(self.worked.get_or_init(|| self.case("worked on")).await)
    }

    /// Three of the customer's.
    pub(crate) async fn mine(&self) -> Result<&[Case], Miss> {
        let customer = self.customer()?;
        let make = || async {
            let mut cases = Vec::new();
            for about in ["first of three", "second of three", "third of three"] {
                let body = self.new_request_of_customer(about).await?;
                cases.push(self.submit(customer, body).await?);
            }
            Ok(cases)
        };
        known(self.mine.get_or_init(make).await).map(Vec::as_slice)
    }

    /// One of the other customer's.
    pub(crate) async fn theirs(&self) -> Result<&Case, Miss> {
        let second = self.second()?;
        let make = || async {
            let body = self.new_request_of_customer("another customer's").await?;
            self.submit(second, body).await
        };
        known(self.theirs.get_or_init(make).await)
    }

    /// Looks until something is so, or for a minute.
    pub(crate) async fn until<T>(
        &self,
        look: impl AsyncFn() -> Result<T, Miss>,
    ) -> Result<T, Miss> {
        let begun = Instant::now();
        loop {
            match look().await {
                Err(Miss::Failed { .. }) if begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }

    /// The desk does something with a request.
    pub(crate) async fn desk_does(
        &self,
        case: &Case,
        what: &str,
        body: &Value,
    ) -> Result<Reply, Miss> {
        let path = format!("/requests/{}/{what}", case.reference);
        let done = self.desk()?.post(&path).new_key().json(body).send().await?;
        match done.status {
            200..300 => Ok(done),
            404 | 405 | 501 => Err(Miss::not_offered(format!("the desk cannot do it: {done}"))),
            _ => Err(Miss::failed(done.to_string(), "the desk to do it")),
        }
    }
}

/// What there is to look at, or why there is nothing.
fn known<T>(made: &Result<T, Miss>) -> Result<&T, Miss> {
    made.as_ref().map_err(|miss| match miss {
        Miss::Failed { seen, expected } => {
            Miss::failed(format!("no request to look at: {seen}"), expected.clone())
        }
        Miss::NotOffered(why) => Miss::not_offered(why.clone()),
    })
}
