//! Everything a handler can reach.

use crate::{
    clock::Clock, company::Company, files::Files, gateway::Gateway, host_token::HostTokens,
    http::once::Running, keys::Keys, oidc::Providers, promises::Policy, settings::Settings,
    store::Store, surveys::Programme,
};
use std::{
    ops::Deref,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// The running server; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What it is made of.
pub struct Parts {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// What the company set.
    pub settings: Settings,
    /// Desks beside the embedded one.
    pub gateway: Gateway,
    /// What is promised; changes while the server runs.
    pub policy: RwLock<Arc<Policy>>,
    /// Who is asked what; changes while the server runs.
    pub programme: RwLock<Arc<Programme>>,
    /// Both times.
    pub clock: Clock,
    /// Business time may be moved.
    pub test_clock: bool,
    /// What the company shows and asks; changes while the server runs.
    pub company: RwLock<Arc<Company>>,
    /// Secrets.
    pub keys: Keys,
    /// Checks what the company's own site says of who is signed in there.
    pub host_tokens: Option<HostTokens>,
    /// Where else customers can sign in.
    pub providers: Providers,
    /// The data directory.
    pub data: PathBuf,
    /// Files that customers send.
    pub files: Files,
    /// What stands before the paths of links, without a slash at its end.
    pub public_url: String,
    /// Submissions that are being handled at this moment.
    pub running: Running,
    /// Password hashes are costly: so many at a time.
    pub hashing: Semaphore,
    /// Changes when somebody signs out, so that their live answers end.
    pub signed_out: watch::Sender<()>,
    /// Ends long answers and workers when the server stops.
    pub stopping: CancellationToken,
}

impl App {
    /// Makes it.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What is promised, as it is now.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who is asked what, as it is now.
    #[must_use]
    pub fn programme(&self) -> Arc<Programme> {
        Arc::clone(
            &self
                .programme
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Takes another programme.
    pub fn set_programme(&self, programme: Arc<Programme>) {
        *self
            .programme
            .write()
            .unwrap_or_else(PoisonError::into_inner) = programme;
    }

    /// What the company shows and asks, as it is now.
    #[must_use]
    pub fn company(&self) -> Arc<Company> {
        Arc::clone(&self.company.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes another.
    pub fn set_company(&self, company: Arc<Company>) {
        *self.company.write().unwrap_or_else(PoisonError::into_inner) = company;
    }

    /// Takes another policy.
    pub fn set_policy(&self, policy: Arc<Policy>) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
