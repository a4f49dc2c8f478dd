//! The document: title, language, focus, scrolling, and the two live regions of `index.html`.

use super::{
    js::{call, get, object},
    task,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement};

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// The element that the application is mounted in.
pub fn mount_point() -> Option<HtmlElement> {
    document()?.get_element_by_id("app")?.dyn_into().ok()
}

/// Empties the element that the application is mounted in (the static shell stood there).
pub fn clear(element: &HtmlElement) {
    element.set_text_content(None);
}

/// Sets the title of the document.
pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// Says in which language the document is.
pub fn set_language(tag: &str) {
    if let Some(root) = document().and_then(|d| d.document_element()) {
        let _ = root.set_attribute("lang", tag);
    }
}

fn focus_element(element: &Element, scroll: bool) {
    let options = object(&[("preventScroll", JsValue::from_bool(!scroll))]);
    let _ = call(element, "focus", &[options]);
}

fn find(selector: &str) -> Option<Element> {
    document()?.query_selector(selector).ok().flatten()
}

/// Moves the focus to the heading of the page, which every page has from the first moment (`<h1 tabindex="-1">`).
pub fn focus_heading() {
    if let Some(heading) = find("main h1") {
        focus_element(&heading, true);
    }
}

/// What has the focus.
pub fn active() -> Option<Element> {
    find(":focus")
}

/// Moves the focus back to what had it, or to the heading where that is gone.
pub fn focus_back(to: Option<&Element>) {
    match to.filter(|element| element.is_connected()) {
        Some(element) => focus_element(element, true),
        None => focus_heading(),
    }
}

/// Whether the element with this id has the focus.
pub fn has_focus(id: &str) -> bool {
    active().is_some_and(|element| element.id() == id)
}

/// Moves the focus to the link with this address, without scrolling; false when there is none.
pub fn focus_link(href: &str) -> bool {
    let links = document().and_then(|d| d.query_selector_all("main a[href]").ok());
    let link = links.and_then(|links| {
        (0..links.length()).find_map(|i| {
            let link: Element = links.item(i)?.dyn_into().ok()?;
            (link.get_attribute("href")? == href).then_some(link)
        })
    });
    link.inspect(|link| focus_element(link, false)).is_some()
}

/// Moves the focus to an element by its id; false when there is none.
pub fn focus(id: &str) -> bool {
    document()
        .and_then(|d| d.get_element_by_id(id))
        .inspect(|element| focus_element(element, true))
        .is_some()
}

/// Scrolls the label or legend of a field into view, then moves the focus to the field, so that the question is
/// seen and not only the box. For the links of an error summary. False when there is no such field.
pub fn focus_field(id: &str) -> bool {
    let Some(field) = document().and_then(|d| d.get_element_by_id(id)) else {
        return false;
    };
    let group = field.closest("fieldset").ok().flatten();
    let within = |selector| group.as_ref()?.query_selector(selector).ok().flatten();
    let label = within("legend").or_else(|| find(&format!("label[for=\"{id}\"]")));
    label.as_ref().unwrap_or(&field).scroll_into_view();
    // Of radio buttons the chosen one, as by the Tab key.
    let is_radio = field.matches("[type=radio]") == Ok(true);
    let chosen = within("[type=radio]:checked").filter(|_| is_radio);
    focus_element(chosen.as_ref().unwrap_or(&field), false);
    true
}

/// Whether the browser holds a control for wrong: a date of which only a part was typed.
pub fn is_half_typed(id: &str) -> bool {
    let control = document().and_then(|d| d.get_element_by_id(id));
    control.is_some_and(|control| control.matches(":invalid").unwrap_or(false))
}

/// Keeps the control that somebody writes in where it is on the screen while what stands above it changes. Called right
/// before the change.
pub fn hold_place() {
    let is_control = |element: &Element| element.matches("input, select, textarea") == Ok(true);
    let Some(held) = active().filter(is_control) else {
        return;
    };
    let before = top(&held);
    task::detach(async move {
        task::next_frame().await;
        let moved = top(&held) - before;
        if moved != 0.0 && active().as_ref() == Some(&held) {
            scroll_to(scroll_y() + moved);
        }
    });
}

/// How far below the upper edge of the window it begins, in CSS pixels.
fn top(element: &Element) -> f64 {
    let place = call(element, "getBoundingClientRect", &[]);
    let top = place.map(|place| get(&place, "top").as_f64());
    top.ok().flatten().unwrap_or_default()
}

/// How far the page is scrolled, in CSS pixels.
pub fn scroll_y() -> f64 {
    web_sys::window()
        .and_then(|w| w.scroll_y().ok())
        .unwrap_or(0.0)
}

/// Scrolls to a place at once, also where the style asks for smooth scrolling.
pub fn scroll_to(y: f64) {
    let options = object(&[
        ("top", y.into()),
        ("left", 0.into()),
        ("behavior", JsValue::from_str("instant")),
    ]);
    let _ = call(&super::js::global(), "scrollTo", &[options]);
}

/// How far the page could be scrolled.
pub fn scroll_height() -> f64 {
    document()
        .and_then(|d| d.document_element())
        .map_or(0.0, |root| {
            f64::from(root.scroll_height() - root.client_height())
        })
}

/// Whether an event is the press of this key.
pub fn is_key(event: &web_sys::Event, key: &str) -> bool {
    super::js::get_text(event, "key").as_deref() == Some(key)
}

/// Whether the page is in sight (not in a tab behind).
pub fn is_visible() -> bool {
    document().is_some_and(|d| !d.hidden())
}

/// Whether the browser believes that it is online. `true` proves nothing.
pub fn is_online() -> bool {
    super::js::get(&super::js::get(&super::js::global(), "navigator"), "onLine").is_truthy()
}

/// Opens the dialogue for printing.
pub fn print() {
    let _ = call(&super::js::global(), "print", &[]);
}

/// How urgently something is said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// When there is a pause: what went as it should.
    Polite,
    /// At once: what needs the customer now.
    Assertive,
}

/// Says something to a screen reader through a live region; it is cleared after 5 s. What the focus has just been
/// moved to is read by that alone and is not announced as well.
pub fn announce(text: &str, urgency: Urgency) {
    let id = match urgency {
        Urgency::Polite => "live-polite",
        Urgency::Assertive => "live-assertive",
    };
    let Some(region) = document().and_then(|d| d.get_element_by_id(id)) else {
        return;
    };
    region.set_text_content(Some(text));
    let text = text.to_owned();
    task::detach(async move {
        task::sleep(5_000).await;
        if region.text_content().as_deref() == Some(&text) {
            region.set_text_content(None);
        }
    });
}

/// Where a pointer is in what it is over, from 0 to 1 across and down.
pub fn place_in_target(event: &web_sys::Event) -> Option<(f64, f64)> {
    let target = event.current_target()?;
    let number = |object: &JsValue, name: &str| get(object, name).as_f64();
    let across = number(event, "offsetX")? / number(&target, "clientWidth")?;
    let down = number(event, "offsetY")? / number(&target, "clientHeight")?;
    (across.is_finite() && down.is_finite()).then_some((across, down))
}

/// Gives all that a pointer does until it is lifted to the element that it is over.
pub fn hold_pointer(event: &web_sys::Event) {
    if let Some(target) = event.current_target() {
        let _ = call(&target, "setPointerCapture", &[get(event, "pointerId")]);
    }
}
