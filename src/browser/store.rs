//! IndexedDB: what must survive a reload, a crash and a killed browser. Drafts and the outbox are JSON, files are the
//! browser's own bytes. Where it is denied or full, that is a value, and the application lives without.

use super::{
    file::Blob,
    js::{call, get, get_text, global, object, set},
    task,
};
use js_sys::{Array, JSON};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// A collection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// What is being written.
    Drafts,
    /// The bytes of picked files.
    Files,
    /// What waits to be sent, and what came of it.
    Outbox,
}

impl Store {
    const ALL: [Self; 3] = [Self::Drafts, Self::Files, Self::Outbox];

    const fn name(self) -> &'static str {
        match self {
            Self::Drafts => "drafts",
            Self::Files => "files",
            Self::Outbox => "outbox",
        }
    }
}

/// Why something is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreError {
    /// The browser keeps nothing for this page.
    Denied,
    /// There is no room left.
    Full,
    /// Anything else.
    Failed,
}

/// One change.
pub enum Change<'a> {
    /// Keeps a JSON object.
    Put(Store, &'a str, String),
    /// Keeps the bytes of a file.
    PutFile(&'a str, &'a Blob),
    /// Removes one.
    Remove(Store, &'a str),
    /// Removes all.
    Clear(Store),
}

impl Change<'_> {
    const fn store(&self) -> Store {
        match self {
            Self::Put(store, ..) | Self::Remove(store, _) | Self::Clear(store) => *store,
            Self::PutFile(..) => Store::Files,
        }
    }
}

/// How sure a change must be before it counts as made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Survives the browser being killed. For keystrokes.
    Relaxed,
    /// Survives the machine losing power. For what is on its way.
    Strict,
}

const DATABASE: &str = "portico";

/// Milliseconds after which a database that does not answer counts as failed.
const TIMEOUT: u32 = 5_000;

thread_local! { static OPEN: RefCell<Option<JsValue>> = const { RefCell::new(None) }; }

fn reason(error: &JsValue) -> StoreError {
    match get_text(error, "name").as_deref() {
        Some("QuotaExceededError") => StoreError::Full,
        Some("SecurityError" | "NotAllowedError" | "InvalidStateError" | "UnknownError") => {
            StoreError::Denied
        }
        _ => StoreError::Failed,
    }
}

/// Waits for one of two events of a request or a transaction.
async fn settled(target: &JsValue, good: &str, bad: &[&str]) -> Result<(), StoreError> {
    let promise = js_sys::Promise::new(&mut |resolve, reject| {
        set(target, good, &resolve);
        for name in bad {
            set(target, name, &reject);
        }
    });
    match task::within(TIMEOUT, JsFuture::from(promise)).await {
        Some(Ok(_)) => Ok(()),
        Some(Err(_)) => Err(reason(&get(target, "error"))),
        None => Err(StoreError::Failed),
    }
}

async fn database() -> Result<JsValue, StoreError> {
    if let Some(open) = OPEN.with_borrow(Clone::clone) {
        return Ok(open);
    }
    let factory = get(&global(), "indexedDB");
    let request = call(&factory, "open", &[JsValue::from_str(DATABASE), 1.into()])
        .map_err(|_| StoreError::Denied)?;
    let upgraded = request.clone();
    let make_stores = Closure::<dyn FnMut()>::new(move || {
        let database = get(&upgraded, "result");
        for store in Store::ALL {
            let _ = call(
                &database,
                "createObjectStore",
                &[JsValue::from_str(store.name())],
            );
        }
    });
    set(&request, "onupgradeneeded", make_stores.as_ref());
    settled(&request, "onsuccess", &["onerror", "onblocked"]).await?;
    let database = get(&request, "result");
    // A newer version in another tab wants to upgrade, or the browser has taken the database away.
    let forget: JsValue = Closure::<dyn FnMut()>::new(|| {
        if let Some(open) = OPEN.take() {
            let _ = call(&open, "close", &[]);
        }
    })
    .into_js_value();
    set(&database, "onversionchange", &forget);
    set(&database, "onclose", &forget);
    OPEN.set(Some(database.clone()));
    Ok(database)
}

fn begin(
    database: &JsValue,
    stores: &[Store],
    mode: &str,
    durability: Durability,
) -> Result<JsValue, StoreError> {
    let names: Array = stores.iter().map(|s| JsValue::from_str(s.name())).collect();
    let durability = match durability {
        Durability::Relaxed => "relaxed",
        Durability::Strict => "strict",
    };
    let options = object(&[("durability", JsValue::from_str(durability))]);
    call(
        database,
        "transaction",
        &[names.into(), JsValue::from_str(mode), options],
    )
    .map_err(|error| {
        // The connection was closed under us; the next call opens it anew.
        OPEN.set(None);
        reason(&error)
    })
}

fn store_of(transaction: &JsValue, store: Store) -> Result<JsValue, StoreError> {
    call(
        transaction,
        "objectStore",
        &[JsValue::from_str(store.name())],
    )
    .map_err(|error| reason(&error))
}

/// Makes all of the changes or none.
///
/// # Errors
/// [`StoreError`]
pub async fn change(changes: &[Change<'_>], durability: Durability) -> Result<(), StoreError> {
    let database = database().await?;
    let mut stores: Vec<Store> = Vec::new();
    for change in changes {
        if !stores.contains(&change.store()) {
            stores.push(change.store());
        }
    }
    let transaction = begin(&database, &stores, "readwrite", durability)?;
    for change in changes {
        let store = store_of(&transaction, change.store())?;
        let made = match change {
            Change::Put(_, key, json) => {
                let value = JSON::parse(json).map_err(|_| StoreError::Failed)?;
                call(&store, "put", &[value, JsValue::from_str(key)])
            }
            Change::PutFile(key, blob) => call(
                &store,
                "put",
                &[blob.as_js().clone(), JsValue::from_str(key)],
            ),
            Change::Remove(_, key) => call(&store, "delete", &[JsValue::from_str(key)]),
            Change::Clear(_) => call(&store, "clear", &[]),
        };
        made.map_err(|error| reason(&error))?;
    }
    // At once: a page that is being left does not come to the point where it would happen by itself.
    let _ = call(&transaction, "commit", &[]);
    settled(&transaction, "oncomplete", &["onabort", "onerror"]).await
}

async fn read(store: Store, method: &str, arguments: &[JsValue]) -> Result<JsValue, StoreError> {
    let database = database().await?;
    let transaction = begin(&database, &[store], "readonly", Durability::Relaxed)?;
    let request =
        call(&store_of(&transaction, store)?, method, arguments).map_err(|error| reason(&error))?;
    settled(&request, "onsuccess", &["onerror"]).await?;
    Ok(get(&request, "result"))
}

/// Every JSON object of a collection.
///
/// # Errors
/// [`StoreError`]
pub async fn all(store: Store) -> Result<Vec<String>, StoreError> {
    let values: Array = read(store, "getAll", &[])
        .await?
        .dyn_into()
        .map_err(|_| StoreError::Failed)?;
    Ok(values
        .iter()
        .filter_map(|value| JSON::stringify(&value).ok()?.as_string())
        .collect())
}

/// The keys of a collection.
///
/// # Errors
/// [`StoreError`]
pub async fn keys(store: Store) -> Result<Vec<String>, StoreError> {
    let keys: Array = read(store, "getAllKeys", &[])
        .await?
        .dyn_into()
        .map_err(|_| StoreError::Failed)?;
    Ok(keys.iter().filter_map(|key| key.as_string()).collect())
}

/// The bytes of a file.
///
/// # Errors
/// [`StoreError`]
pub async fn file(key: &str) -> Result<Option<Blob>, StoreError> {
    let value = read(Store::Files, "get", &[JsValue::from_str(key)]).await?;
    Ok(Blob::from_js(value))
}
