//! The gateway: requests that lie at another desk than the embedded one.
//!
//! The store here mirrors the desk. A request is a record like any other, with its promises, steps, surveys and query
//! code, and a [`Link`] to the ticket behind it. What the desk says is read and taken in as if the embedded desk had
//! done it ([`mirror`]); what the customer does is written to the desk, and the answer is made of the ticket read again
//! ([`outward`]). New requests are accepted here first and then handed over, once ([`handover`]).

pub mod answers;
pub mod handover;
pub mod inward;
pub mod live;
pub mod mirror;
pub mod outward;
pub mod plain;

use crate::{
    catalogue::RequestType,
    problem::{ApiError, Fault},
    promises::Policy,
    secret,
    settings::{BackendSetting, Settings},
    store::{
        links::Link,
        records::{RequestRecord, Scope},
    },
};
use portico_connect::{
    Backend, Capabilities, DeskError,
    ticket::{Customer, Email},
    transport::Network,
};
use portico_contract::{
    Instant,
    id::RequestId,
    lifecycle::Rules,
    problem::{FieldProblem, ProblemCode},
    request::{Action, ActionState},
    submission::Contact,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::OwnedMutexGuard, time};

/// How long the way to a desk may take, and a whole call.
const CALL: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));
/// A desk that could not be reached is left alone by those who only read for so long.
const REST: Duration = Duration::from_secs(5);
/// Requests of which it is remembered when they were read.
const REMEMBERED: usize = 20_000;

/// Another desk.
pub struct Desk {
    /// The name of its section.
    pub name: String,
    /// Speaks to it.
    pub backend: Arc<dyn Backend>,
    /// What else the company set.
    pub setting: BackendSetting,
    webhook_secret: Option<String>,
    /// It could not be reached; those who only read come back then.
    away_until: Mutex<Option<time::Instant>>,
}

/// When a request was last read.
#[derive(Clone, Copy)]
struct Read {
    /// By the clock of this process; `None` when it is known to have changed since.
    tick: Option<time::Instant>,
    /// In business time.
    at: Instant,
}

/// The other desks and what is known of how fresh the mirror is.
#[derive(Default)]
pub struct Gateway {
    desks: BTreeMap<String, Arc<Desk>>,
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    reads: Mutex<HashMap<RequestId, Read>>,
    /// Requests that could not be read the last time although their desk was there.
    failing: Mutex<HashMap<RequestId, ()>>,
    live: live::Watched,
    hurry: tokio::sync::Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the company set of one desk, ready to be used.
///
/// # Errors
/// A sentence for the operator.
pub fn connect(name: &str, setting: &BackendSetting) -> Result<Desk, String> {
    let told = |e: String| format!("backend.{name}: {e}");
    let credential = secret::configured(
        setting.credential_file.as_deref(),
        setting.credential_env.as_deref(),
        "credential",
    )
    .map_err(told)?;
    let credential = credential
        .ok_or_else(|| told("credential_file or credential_env is missing".to_owned()))?;
    let webhook_secret = secret::configured(
        setting.webhook_secret_file.as_deref(),
        setting.webhook_secret_env.as_deref(),
        "webhook_secret",
    )
    .map_err(told)?;
    let network = Network::new(CALL.0, CALL.1).map_err(told)?;
    let backend = setting
        .connector
        .clone()
        .connect(credential, Arc::new(network))
        .map_err(told)?;
    Ok(Desk {
        name: name.to_owned(),
        backend,
        setting: setting.clone(),
        webhook_secret,
        away_until: Mutex::default(),
    })
}

impl Desk {
    /// Whether this came with its web hook's secret.
    #[must_use]
    pub fn is_hook(&self, given: &str) -> bool {
        self.webhook_secret
            .as_deref()
            .is_some_and(|secret| crate::http::actor::same_secret(given, secret))
    }

    /// The address under which the desk has a request of this sender.
    ///
    /// # Errors
    /// 422 where there is none that a desk can be asked for and the company has set no other.
    pub fn owner(&self, proven: Option<&str>, contact: &Contact) -> Result<String, ApiError> {
        let given = [proven, contact.email.as_deref()];
        let usable = given
            .into_iter()
            .flatten()
            .find_map(|address| address.parse::<Email>().ok());
        match (usable, &self.setting.stand_in) {
            (Some(email), _) => Ok(email.as_str().to_owned()),
            (None, Some(stand_in)) => Ok(stand_in.clone()),
            (None, None) => {
                let problem = match contact.email {
                    Some(_) => FieldProblem::NotAnEmail,
                    None => FieldProblem::Required,
                };
                Err(ApiError::validation(vec![Fault::at(
                    "/contact/email",
                    problem,
                )]))
            }
        }
    }

    /// It was not reachable a moment ago.
    #[must_use]
    pub fn is_away(&self) -> bool {
        lock(&self.away_until).is_some()
    }

    /// Notes whether it could be reached.
    fn note<T>(&self, answer: &Result<T, DeskError>) {
        let rest = match answer {
            Err(DeskError::Busy { retry_after }) => Some(retry_after.unwrap_or(REST)),
            Err(DeskError::Transport(_) | DeskError::Failed(_) | DeskError::Credential) => {
                Some(REST)
            }
            _ => None,
        };
        let mut away = lock(&self.away_until);
        match (&answer, rest) {
            (Err(error), Some(_)) if away.is_none() => {
                tracing::error!(backend = self.name, %error, "the desk cannot be used now");
            }
            (Ok(_), _) if away.is_some() => {
                tracing::info!(backend = self.name, "the desk can be used again");
            }
            _ => {}
        }
        *away = rest.map(|rest| time::Instant::now() + rest);
    }

    fn rests(&self) -> bool {
        lock(&self.away_until).is_some_and(|until| time::Instant::now() < until)
    }
}

/// For whom the gateway acts at the desk of a request.
///
/// # Errors
/// 500 when the link holds no address, which only a changed database can bring about.
pub fn customer(link: &Link, name: Option<String>) -> Result<Customer, ApiError> {
    Ok(Customer {
        email: link.owner.parse().map_err(ApiError::internal)?,
        name,
    })
}

/// What the customer is told of a desk that did not do it.
#[must_use]
pub fn problem(error: &DeskError) -> ApiError {
    let source = Some(match error {
        // What a desk says of values may hold them.
        DeskError::Refused(_) | DeskError::Forbidden(_) => "the desk refused it".to_owned(),
        other => other.to_string(),
    });
    if !error.is_passing() {
        return ApiError {
            source,
            ..ApiError::new(ProblemCode::BackendRejected)
        };
    }
    let seconds = match error {
        DeskError::Busy { retry_after } => retry_after.map(|after| after.as_secs()),
        _ => None,
    };
    ApiError {
        source,
        ..ApiError::new(ProblemCode::BackendUnavailable).retry_after(seconds.unwrap_or(10))
    }
}

impl Gateway {
    /// Connects to nothing yet: reads the credentials and makes the connectors.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let mut desks = BTreeMap::new();
        for (name, setting) in &settings.backend {
            desks.insert(name.clone(), Arc::new(connect(name, setting)?));
        }
        Ok(Self {
            desks,
            ..Self::default()
        })
    }

    /// The desk of this name.
    #[must_use]
    pub fn desk(&self, name: &str) -> Option<&Arc<Desk>> {
        self.desks.get(name)
    }

    /// Every desk.
    pub fn desks(&self) -> impl Iterator<Item = &Arc<Desk>> {
        self.desks.values()
    }

    /// Where new requests of this type go; `None`: to the embedded desk.
    #[must_use]
    pub fn desk_for(&self, request_type: &RequestType) -> Option<&Arc<Desk>> {
        let by_type = |desk: &&Arc<Desk>| desk.setting.types.contains(&request_type.id);
        let by_kind = |desk: &&Arc<Desk>| desk.setting.kinds.contains(&request_type.kind);
        let mut desks = self.desks.values();
        desks
            .clone()
            .find(by_type)
            .or_else(|| desks.clone().find(by_kind))
            .or_else(|| desks.find(|desk| desk.setting.default))
    }

    /// The desk behind a request, if it lies at one and that is still configured.
    #[must_use]
    pub fn desk_of(&self, record: &RequestRecord) -> Option<&Arc<Desk>> {
        self.desk(&record.link.as_ref()?.backend)
    }

    fn capabilities(&self, record: &RequestRecord) -> Option<Capabilities> {
        record.link.as_ref()?;
        let none = Capabilities {
            files: false,
            reply: false,
            confirm: false,
            reopen: false,
            withdraw: false,
            list: false,
            find: false,
            own_identity: false,
        };
        Some(
            self.desk_of(record)
                .map_or(none, |desk| desk.backend.capabilities()),
        )
    }

    /// Whether the desk behind a request can do this at all.
    #[must_use]
    pub fn offers(&self, record: &RequestRecord, action: Action) -> bool {
        let Some(can) = self.capabilities(record) else {
            return true;
        };
        match action {
            Action::Attach => can.reply && can.files,
            Action::Confirm => can.confirm,
            Action::Reopen => can.reopen,
            Action::Withdraw => can.withdraw,
            Action::Follow => true,
            // A second review opens what has ended.
            Action::Review => can.reply && can.reopen,
            _ => can.reply,
        }
    }

    /// The company's rules without what the desk behind a request cannot do.
    #[must_use]
    pub fn rules(&self, record: &RequestRecord, policy: &Policy) -> Rules {
        let mut rules = policy.rights;
        if !self.offers(record, Action::Chase) {
            (rules.chase_limit, rules.escalation_levels) = (0, 0);
        }
        if !self.offers(record, Action::Review) {
            rules.review_window = None;
        }
        rules
    }

    /// Takes away what the desk behind a request cannot do.
    pub fn limit(&self, record: &RequestRecord, actions: &mut BTreeMap<Action, ActionState>) {
        actions.retain(|action, _| self.offers(record, *action));
    }

    /// The desk's word for where a request stands: the operator's, or the desk's own for what nobody mapped.
    #[must_use]
    pub fn label<'a>(&self, record: &'a RequestRecord) -> Option<&'a str> {
        let standing = record.link.as_ref()?.standing.as_ref()?;
        // What was done here since, such as a proposal, the desk has no word for.
        let label = standing.label.as_deref();
        label.filter(|_| record.status == standing.status)
    }

    /// When the desk last said this, where it cannot be asked now.
    #[must_use]
    pub fn as_of(&self, record: &RequestRecord) -> Option<Instant> {
        let link = record.link.as_ref()?;
        link.ticket.as_ref()?;
        let away = self.desk_of(record).is_none_or(|desk| desk.is_away());
        if !away && !lock(&self.failing).contains_key(&record.id) {
            return None;
        }
        let read = lock(&self.reads).get(&record.id).map(|read| read.at);
        read.or(link.read_at).or(Some(record.created_at))
    }

    /// Waits until nobody else speaks with the desk about this.
    async fn turn(&self, what: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = lock(&self.turns);
            // A turn that only the map knows is nobody's any more.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(what.to_owned()).or_default())
        };
        turn.lock_owned().await
    }

    /// Notes that a request was read now.
    fn was_read(&self, id: &RequestId, at: Instant) {
        let tick = time::Instant::now();
        let mut reads = lock(&self.reads);
        if reads.len() >= REMEMBERED {
            reads.clear();
        }
        let tick = Some(tick);
        reads.insert(id.clone(), Read { tick, at });
        lock(&self.failing).remove(id);
    }

    fn was_not_read(&self, id: &RequestId) {
        let mut failing = lock(&self.failing);
        if failing.len() >= REMEMBERED {
            failing.clear();
        }
        failing.insert(id.clone(), ());
    }

    /// Whether a request was read no longer ago than this.
    fn is_fresh(&self, id: &RequestId, age: Duration) -> bool {
        lock(&self.reads)
            .get(id)
            .and_then(|read| read.tick)
            .is_some_and(|tick| tick.elapsed() < age)
    }

    /// Lets the next read ask the desk.
    pub fn forget_read(&self, id: &RequestId) {
        if let Some(read) = lock(&self.reads).get_mut(id) {
            // Its moment stays, for when the desk cannot be asked.
            read.tick = None;
        }
    }

    /// Somebody looks at what the scope covers.
    pub fn watch(&self, scope: &Scope) -> live::Watching {
        self.live.watch(scope)
    }

    /// Wakes who hands requests over.
    pub fn hurry(&self) {
        self.hurry.notify_one();
    }
}
