//! Desks are asked what is new for as long as somebody looks: customers with a live connection, and nobody else. A desk
//! with a web hook says it by itself.

use super::{inward, lock};
use crate::{
    keys::random,
    state::App,
    store::records::{Filter, Scope},
};
use portico_contract::{list::Sort, request::Status};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Requests of one customer that are read where a desk has no lists.
const READ_MAX: u32 = 20;

/// Who looks.
type Looking = Arc<Mutex<HashMap<String, (Scope, usize)>>>;

/// Who has a live connection.
#[derive(Default)]
pub struct Watched(Looking);

/// One live connection, until it is dropped.
pub struct Watching {
    looking: Looking,
    name: String,
}

impl Watched {
    /// Somebody looks from now on.
    #[must_use]
    pub fn watch(&self, scope: &Scope) -> Watching {
        let name = format!("{scope:?}");
        let mut looking = lock(&self.0);
        let entry = looking.entry(name.clone());
        entry.or_insert_with(|| (scope.clone(), 0)).1 += 1;
        Watching {
            looking: Arc::clone(&self.0),
            name,
        }
    }

    fn scopes(&self) -> Vec<Scope> {
        let looking = lock(&self.0);
        looking.values().map(|(scope, _)| scope.clone()).collect()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut looking = lock(&self.looking);
        if let Some((_, count)) = looking.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                looking.remove(&self.name);
            }
        }
    }
}

/// Goes round until the server stops.
pub async fn run(app: App) {
    let desks = app.gateway.desks().map(|desk| desk.setting.poll_seconds);
    let Some(seconds) = desks.min() else {
        return;
    };
    let least = Duration::from_secs(seconds);
    loop {
        let part = random::<1>().map_or(0, |[byte]| byte);
        tokio::select! {
            () = tokio::time::sleep(pause(least, part)) => {}
            () = app.stopping.cancelled() => return,
        }
        for scope in app.gateway.live.scopes() {
            look(&app, &scope).await;
        }
    }
}

/// Up to half as much again, by chance, so that servers that were started together do not ask together.
fn pause(least: Duration, chance: u8) -> Duration {
    least + least * u32::from(chance) / 512
}

async fn look(app: &App, scope: &Scope) {
    match scope {
        Scope::Customer(id) => {
            inward::catch_up(app, id).await;
            if let Err(error) = read_unlisted(app, scope).await {
                tracing::debug!(?error, "what a customer looks at could not be read");
            }
        }
        Scope::Tracker(id) => inward::refresh(app, id, inward::FRESH).await,
        Scope::Desk => {}
    }
}

/// Reads the requests that did not change with any list: those at desks without lists, and those that a customer
/// follows.
async fn read_unlisted(app: &App, scope: &Scope) -> crate::store::Result<()> {
    let filter = Filter {
        status: Status::ALL
            .iter()
            .copied()
            .filter(|status| !matches!(status, Status::Closed | Status::Queued))
            .collect(),
        kind: Vec::new(),
        words: Vec::new(),
        or_reference: None,
        reference: None,
        sort: Sort::UpdatedDesc,
        limit: READ_MAX,
        after: None,
    };
    let listed = app
        .store
        .read()
        .await?
        .list_requests(scope, &filter)
        .await?;
    for record in listed.items {
        let lists = app
            .gateway
            .desk_of(&record)
            .is_some_and(|desk| desk.backend.capabilities().list);
        if record.link.is_some() && (!lists || record.following.is_some()) {
            inward::refresh(app, &record.id, inward::FRESH).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_contract::id::{CustomerId, RequestId};

    #[test]
    fn a_pause_is_never_shorter_than_asked_for_and_differs() {
        let least = Duration::from_secs(60);
        assert_eq!(pause(least, 0), least);
        assert_eq!(pause(least, 128), Duration::from_secs(75));
        assert!(
            pause(least, 255) > pause(least, 128) && pause(least, 255) < Duration::from_secs(90)
        );
    }

    #[test]
    fn who_looks_is_known_once_and_for_as_long_as_they_look() {
        let watched = Watched::default();
        assert!(watched.scopes().is_empty());
        let alice = Scope::Customer(CustomerId::new("alice"));
        let guest = Scope::Tracker(RequestId::new("r1"));
        let (tab, other_tab) = (watched.watch(&alice), watched.watch(&alice));
        let tracking = watched.watch(&guest);
        assert_eq!(watched.scopes().len(), 2);
        drop((tab, tracking));
        assert_eq!(watched.scopes(), [alice]);
        drop(other_tab);
        assert!(watched.scopes().is_empty());
    }
}
