//! The address bar, the history of the tab and where a page was scrolled to.

use super::js::{call, get, get_text, object};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event};

/// What is remembered of a page that was left, for the way back.
#[derive(Default)]
pub struct Place {
    /// How far it was scrolled, in CSS pixels.
    pub scroll: f64,
    /// The address of the link that was followed.
    pub link: Option<String>,
}

fn history() -> JsValue {
    get(&super::js::global(), "history")
}

/// Path, query and fragment of the page on screen.
pub fn address() -> String {
    let location = get(&super::js::global(), "location");
    ["pathname", "search", "hash"]
        .iter()
        .filter_map(|part| get_text(&location, part))
        .collect()
}

/// The scheme, host and port of the page.
pub fn origin() -> String {
    get_text(&super::js::global(), "origin").unwrap_or_default()
}

/// Says that we restore the scroll position ourselves, as the browser does it before our page is there.
pub fn restore_scroll_ourselves() {
    super::js::set(
        &history(),
        "scrollRestoration",
        &JsValue::from_str("manual"),
    );
}

fn change(method: &str, address: Option<&str>, place: &Place) {
    let state = object(&[
        ("scroll", place.scroll.into()),
        (
            "link",
            place
                .link
                .as_deref()
                .map_or(JsValue::NULL, JsValue::from_str),
        ),
    ]);
    let mut arguments = vec![state, JsValue::from_str("")];
    arguments.extend(address.map(JsValue::from_str));
    let _ = call(&history(), method, &arguments);
}

/// Goes to a new entry.
pub fn push(address: &str) {
    change("pushState", Some(address), &Place::default());
}

/// Puts another address into the present entry.
pub fn replace(address: &str) {
    change("replaceState", Some(address), &Place::default());
}

/// Loads the document at an address.
pub fn load(address: &str) {
    let _ = call(
        &get(&super::js::global(), "location"),
        "assign",
        &[JsValue::from_str(address)],
    );
}

/// Loads the document at an address in the place of the present entry.
pub fn load_instead(address: &str) {
    let _ = call(
        &get(&super::js::global(), "location"),
        "replace",
        &[JsValue::from_str(address)],
    );
}

/// Whether the document was loaded by going back or forward.
pub fn came_back() -> bool {
    let performance = get(&super::js::global(), "performance");
    let kind = [JsValue::from_str("navigation")];
    call(&performance, "getEntriesByType", &kind).is_ok_and(|entries| {
        get_text(&get(&entries, "0"), "type").as_deref() == Some("back_forward")
    })
}

/// Remembers a place in the present entry.
pub fn remember(place: &Place) {
    change("replaceState", None, place);
}

/// What was remembered in the present entry.
pub fn remembered() -> Place {
    let state = get(&history(), "state");
    Place {
        scroll: get(&state, "scroll").as_f64().unwrap_or(0.0),
        link: get_text(&state, "link"),
    }
}

/// Lets a click on a link to another site open a tab of its own.
pub fn open_elsewhere(event: &Event) {
    let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    if let Some(link) = target.and_then(|t| t.closest("a[href^=\"http\"]").ok().flatten()) {
        let _ = link.set_attribute("target", "_blank");
        let _ = link.set_attribute("rel", "noopener noreferrer");
    }
}

/// The address of the link of ours that a click would follow in this tab; `None` when the click means something
/// else (another button, a new tab, a download, another site) or was already handled.
pub fn followed_link(event: &Event) -> Option<String> {
    let truthy = |name: &str| get(event, name).is_truthy();
    if event.default_prevented()
        || ["button", "ctrlKey", "metaKey", "shiftKey", "altKey"]
            .into_iter()
            .any(truthy)
    {
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    let link = target.closest("a[href]").ok().flatten()?;
    let plain = link.get_attribute("target").is_none() && !link.has_attribute("download");
    link.get_attribute("href")
        .filter(|href| plain && href.starts_with('/') && !href.starts_with("//"))
}
