//! Starting, running and stopping.

use crate::{
    clock::Clock,
    company::{self, Company},
    delivery::Delivery,
    demo,
    files::Files,
    gateway::{Gateway, handover, live},
    host_token::HostTokens,
    housekeeping, http,
    keys::Keys,
    oidc,
    promises::{Policy, keeper},
    state::{App, Parts},
    store::{SqliteStore, Store},
    surveys::{self, Programme},
    telemetry,
};
use std::{
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, watch},
};
use tokio_util::sync::CancellationToken;

/// The key of the store under which a moved business clock survives a restart.
pub const CLOCK_OFFSET: &str = "clock_offset_millis";
/// How long what is being answered may go on when the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// `portico serve`
#[derive(clap::Args)]
pub struct Options {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The data directory: database, files, keys.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// The configuration, as `portico init` writes it.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Adds customers and requests to try, once.
    #[arg(long)]
    demo: bool,
    /// Lets the desk move business time, for tests.
    #[arg(long)]
    test_clock: bool,
}

/// Runs the server until it is told to stop.
///
/// # Errors
/// A sentence for the operator when it cannot start.
pub async fn serve(options: Options) -> Result<(), String> {
    telemetry::init();
    let source = company::Source {
        config: options.config,
        demo: options.demo,
    };
    let settings = source.settings()?;
    let company = Company::load(&settings, source.config.clone())?;
    let host_tokens = settings.host_token.as_ref().map(HostTokens::load);
    let host_tokens = host_tokens.transpose()?;
    let providers = oidc::load(&settings.oidc)?;
    let policy = Policy::load(settings.policy.as_deref())?;
    let programme = Programme::load(settings.surveys.as_deref())?;
    let data = options.data;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&data)
        .map_err(|e| format!("{}: {e}", data.display()))?;
    let keys = Keys::load(&data).map_err(|e| format!("{}: {e}", data.display()))?;
    let store = SqliteStore::open(&data.join("portico.db"))
        .await
        .map_err(|e| e.to_string())?;
    keeper::check_in_use(&store, &policy).await?;
    let clock = if options.test_clock {
        moved_clock(&store).await?
    } else {
        Clock::default()
    };
    if let Err(ended) = policy.check_reach(clock.now().date_time().to_utc()) {
        // Promises are given all the same, with provisional dates.
        tracing::warn!("{ended}");
    }
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|e| format!("{}: {e}", options.listen))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let public_url = settings
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{address}"));
    let files = Files::open(&data).map_err(|e| format!("{}: {e}", data.display()))?;
    let store: Arc<dyn Store> = Arc::new(store);
    let delivery = Delivery::new(&settings, &data, Arc::clone(&store))?;
    let app = App::new(Parts {
        store,
        gateway: Gateway::new(&settings)?,
        settings,
        policy: RwLock::new(Arc::new(policy)),
        programme: RwLock::new(Arc::new(programme)),
        clock,
        test_clock: options.test_clock,
        company: RwLock::new(Arc::new(company)),
        keys,
        host_tokens,
        providers,
        data,
        files,
        public_url: public_url.trim_end_matches('/').to_owned(),
        running: http::once::Running::default(),
        hashing: Semaphore::new(2),
        signed_out: watch::Sender::new(()),
        stopping: CancellationToken::new(),
    });

    let delivering = tokio::spawn(delivery.run(app.stopping.clone()));
    tokio::spawn(housekeeping::run(app.clone()));
    tokio::spawn(company::run(app.clone(), source));
    tokio::spawn(keeper::run(app.clone()));
    tokio::spawn(surveys::keeper::run(app.clone()));
    tokio::spawn(handover::run(app.clone()));
    tokio::spawn(live::run(app.clone()));
    tokio::spawn(oidc::greet(app.clone()));
    println!("listening on http://{address}");
    if options.demo {
        let program = std::env::args().next().unwrap_or_default();
        demo::begin(&app, &address.to_string(), &program).await?;
    }
    let service = http::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, store) = (app.stopping.clone(), Arc::clone(&app.store));
    let served = axum::serve(listener, service).with_graceful_shutdown(told_to_stop(app));
    let result = tokio::select! {
        result = served => result.map_err(|e| e.to_string()),
        // A client that takes its time does not keep the server from leaving.
        () = async { stopping.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(()),
    };
    if let Err(error) = tokio::time::timeout(GRACE, delivering).await {
        tracing::warn!(%error, "a message was still on its way; it goes again with the next start");
    }
    if let Err(error) = store.empty_log().await {
        tracing::warn!(%error, "the log of the database could not be emptied");
    }
    result
}

/// The business clock as the last run left it.
async fn moved_clock(store: &SqliteStore) -> Result<Clock, String> {
    let offset = async { store.read().await?.meta(CLOCK_OFFSET).await }
        .await
        .map_err(|e| e.to_string())?;
    Ok(Clock::ahead_by(
        offset.and_then(|text| text.parse().ok()).unwrap_or(0),
    ))
}

/// Returns when the process is told to stop, after telling everything that would otherwise go on for ever.
async fn told_to_stop(app: App) {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut stream) => drop(stream.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
    tracing::info!("stopping");
    app.stopping.cancel();
}
