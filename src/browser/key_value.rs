//! The small storages of the browser. They may be denied or lost at any time, so a value that is not there is
//! ordinary, and what must not be lost does not belong here (`crate::browser::store`).

use web_sys::Storage;

/// Kept until it is removed, shared by all tabs. For preferences.
pub fn local() -> KeyValue {
    KeyValue(web_sys::window().and_then(|w| w.local_storage().ok().flatten()))
}

/// Kept until the tab is closed. For what should not outlive it.
pub fn session() -> KeyValue {
    KeyValue(web_sys::window().and_then(|w| w.session_storage().ok().flatten()))
}

/// One of the two, or nothing where it is denied.
pub struct KeyValue(Option<Storage>);

impl KeyValue {
    /// A value.
    pub fn get(&self, key: &str) -> Option<String> {
        self.0.as_ref()?.get_item(key).ok().flatten()
    }

    /// Keeps a value; false when it could not.
    pub fn set(&self, key: &str, value: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|storage| storage.set_item(key, value).is_ok())
    }

    /// Gives a value and removes it.
    pub fn take(&self, key: &str) -> Option<String> {
        let value = self.get(key);
        self.remove(key);
        value
    }

    /// Removes a value.
    pub fn remove(&self, key: &str) {
        if let Some(storage) = &self.0 {
            let _ = storage.remove_item(key);
        }
    }
}
