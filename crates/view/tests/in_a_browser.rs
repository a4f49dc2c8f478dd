//! Views as they stand in a document: what stays, what goes and what ends with it. Runs in a browser.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use leptos::prelude::*;
use portico_view::{Child, View, effect, memo, mount, ui};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// Shows a view in a place of its own.
fn show(view: impl FnOnce() -> View + 'static) -> Element {
    let place = document().create_element("div").unwrap();
    document().body().unwrap().append_child(&place).unwrap();
    mount(&place, view);
    place
}

/// Until every effect has run.
async fn settled() {
    for _ in 0..5 {
        leptos::task::tick().await;
    }
}

fn find<T: JsCast>(place: &Element, selector: &str) -> T {
    let found = place.query_selector(selector).unwrap();
    found.expect(selector).dyn_into().unwrap()
}

fn text(place: &Element) -> String {
    place.text_content().unwrap()
}

/// Counts how often it was called.
#[derive(Clone, Default)]
struct Count(Rc<Cell<u32>>);

impl Count {
    fn add(&self) {
        self.0.set(self.0.get() + 1);
    }

    fn get(&self) -> u32 {
        self.0.get()
    }

    /// Counts the end of what is being built.
    fn ends(&self) {
        let count = send_wrapper::SendWrapper::new(self.clone());
        on_cleanup(move || count.add());
    }
}

#[wasm_bindgen_test]
async fn what_has_the_same_shape_is_changed_where_it_stands() {
    let number = RwSignal::new(1);
    let place = show(move || {
        (move || {
            let n = number.get();
            ui! { <p id=format!("p{n}") class:odd=n % 2 == 1 hidden=n == 2><input /> {n.to_string()}</p> }
        })
        .view()
    });
    let before: Element = find(&place, "p");
    let input: HtmlInputElement = find(&place, "input");
    input.set_value("typed");
    input.focus().unwrap();
    assert_eq!(
        (text(&place).as_str(), before.class_name().as_str()),
        ("1", "odd")
    );
    number.set(2);
    settled().await;
    assert!(before.is_same_node(Some(&find::<Element>(&place, "p"))));
    assert_eq!((before.id().as_str(), text(&place).as_str()), ("p2", "2"));
    assert_eq!(
        (before.class_name().as_str(), before.has_attribute("hidden")),
        ("", true)
    );
    assert_eq!(input.value(), "typed");
    assert!(input.is_same_node(document().active_element().as_deref()));
    number.set(3);
    settled().await;
    assert!(!before.has_attribute("hidden"));
}

#[wasm_bindgen_test]
async fn another_shape_takes_the_place() {
    let shown = RwSignal::new(0);
    let place = show(move || {
        ui! {
            "("
            {move || match shown.get() {
                0 => View::default(),
                1 => ui! { <b>"b"</b> },
                2 => ui! { "x" <i>"i"</i> "y" },
                3 => vec!["1", "2", "3"].view(),
                _ => "text".view(),
            }}
            ")"
        }
    });
    for (i, seen) in [
        (0, "()"),
        (1, "(b)"),
        (2, "(xiy)"),
        (3, "(123)"),
        (4, "(text)"),
        (2, "(xiy)"),
        (0, "()"),
    ] {
        shown.set(i);
        settled().await;
        assert_eq!(text(&place), seen);
    }
}

#[wasm_bindgen_test]
async fn attributes_flags_and_properties() {
    let on = RwSignal::new(false);
    let value = RwSignal::new("a".to_owned());
    let place = show(move || {
        ui! {
            <input
                type="checkbox"
                prop:checked=on
                disabled=move || on.get()
                aria-label=move || on.get().then(|| "on".to_owned())
            />
            <textarea prop:value=value></textarea>
            <svg class:big=on><use href="#x" /></svg>
        }
    });
    let input: HtmlInputElement = find(&place, "input");
    let area: web_sys::HtmlTextAreaElement = find(&place, "textarea");
    let svg: Element = find(&place, "svg");
    assert_eq!(
        svg.namespace_uri().as_deref(),
        Some("http://www.w3.org/2000/svg")
    );
    assert_eq!(
        (
            input.checked(),
            input.disabled(),
            input.get_attribute("aria-label")
        ),
        (false, false, None)
    );
    assert_eq!(area.value(), "a");
    on.set(true);
    value.set("typed".to_owned());
    settled().await;
    assert_eq!((input.checked(), input.disabled()), (true, true));
    assert_eq!(input.get_attribute("aria-label").as_deref(), Some("on"));
    assert!(svg.class_list().contains("big"));
    // What is there already is not written again: the caret stays.
    assert_eq!(area.value(), "typed");
    area.set_selection_range(2, 2).unwrap();
    area.set_value("typed!");
    area.set_selection_range(2, 2).unwrap();
    value.set("typed!".to_owned());
    on.set(false);
    settled().await;
    assert_eq!(area.selection_start().unwrap(), Some(2));
    assert_eq!(
        (
            input.checked(),
            input.disabled(),
            input.get_attribute("aria-label")
        ),
        (false, false, None)
    );
    assert!(!svg.class_list().contains("big"));
}

fn rows(place: &Element) -> Vec<Element> {
    let all = place.query_selector_all("li").unwrap();
    (0..all.length())
        .map(|i| all.item(i).unwrap().unchecked_into())
        .collect()
}

#[wasm_bindgen_test]
async fn rows_keep_their_nodes_their_values_and_the_focus() {
    let keys = RwSignal::new(vec![1, 2, 3, 4, 5]);
    let ended = Count::default();
    let counting = ended.clone();
    let place = show(move || {
        let row = move |key: i32| {
            counting.ends();
            ui! { <li id=format!("row{key}")><input /> {key.to_string()}</li> }
        };
        ui! { <ul><For each=move || keys.get() key=|key: &i32| *key children=row /></ul><p>"end"</p> }
    });
    let before = rows(&place);
    let input: HtmlInputElement = find(&place, "#row4 input");
    input.set_value("typed");
    input.focus().unwrap();
    let mut random = 7_u64;
    for round in 0..40 {
        let mut order = vec![1, 2, 3, 4, 5];
        for i in (1..order.len()).rev() {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            order.swap(i, usize::try_from((random >> 33) % (i as u64 + 1)).unwrap());
        }
        keys.set(order.clone());
        settled().await;
        let now = rows(&place);
        let ids: Vec<_> = now.iter().map(Element::id).collect();
        let wanted: Vec<_> = order.iter().map(|key| format!("row{key}")).collect();
        assert_eq!(ids, wanted, "round {round}");
        assert!(
            now.iter()
                .all(|row| before.iter().any(|old| old.is_same_node(Some(row))))
        );
        assert!(
            input.is_same_node(document().active_element().as_deref()),
            "round {round}"
        );
    }
    assert_eq!((input.value().as_str(), ended.get()), ("typed", 0));
    // Gone, new, and the same key twice.
    for (order, seen, gone) in [
        (vec![4, 6], "46end", 4),
        (vec![6, 4, 6], "646end", 4),
        (vec![], "end", 7),
        (vec![1, 2], "12end", 7),
    ] {
        keys.set(order);
        settled().await;
        assert_eq!(
            (text(&place).replace(' ', "").as_str(), ended.get()),
            (seen, gone)
        );
    }
}

#[wasm_bindgen_test]
async fn what_is_taken_away_ends() {
    let shown = RwSignal::new(true);
    let value = RwSignal::new(0);
    let (ended, ran) = (Count::default(), Count::default());
    let (ending, running) = (ended.clone(), ran.clone());
    let place = show(move || {
        (move || {
            let (ending, running) = (ending.clone(), running.clone());
            shown.get().then(|| {
                ending.ends();
                let in_effect = running.clone();
                effect(move || {
                    value.get();
                    in_effect.add();
                });
                let inner = move || {
                    ending.ends();
                    running.add();
                    value.get().to_string()
                };
                ui! { <p>{inner}</p> }
            })
        })
        .view()
    });
    settled().await;
    assert_eq!((text(&place).as_str(), ran.get(), ended.get()), ("0", 2, 0));
    value.set(1);
    settled().await;
    assert_eq!((text(&place).as_str(), ran.get(), ended.get()), ("1", 4, 1));
    // Both at once: what goes is not asked again.
    shown.set(false);
    value.set(2);
    settled().await;
    assert_eq!((text(&place).as_str(), ran.get(), ended.get()), ("", 4, 3));
    value.set(3);
    settled().await;
    assert_eq!(ran.get(), 4);
}

#[wasm_bindgen_test]
async fn what_is_inside_never_sees_what_is_outside_gone() {
    let value = RwSignal::new(Some(1));
    let place = show(move || {
        let there = memo(move || value.with(Option::is_some));
        (move || {
            there
                .get()
                .then_some(move || value.get().expect("it is there").to_string())
        })
        .view()
    });
    for next in [
        Some(2),
        Some(3),
        None,
        Some(4),
        None,
        Some(5),
        Some(6),
        None,
    ] {
        value.set(next);
        settled().await;
        assert_eq!(
            text(&place),
            next.map(|n| n.to_string()).unwrap_or_default()
        );
    }
}

#[wasm_bindgen_test]
async fn an_element_that_is_gone_is_heard_no_more() {
    let shown = RwSignal::new(true);
    let (heard, faults) = (Count::default(), Count::default());
    let hearing = heard.clone();
    let place = show(move || {
        (move || {
            let hearing = hearing.clone();
            shown
                .get()
                .then(|| ui! { <button on:click=move |_| hearing.add()>"b"</button> })
        })
        .view()
    });
    let button: HtmlElement = find(&place, "button");
    button.click();
    assert_eq!(heard.get(), 1);
    let counting = faults.clone();
    let on_error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        event.prevent_default();
        counting.add();
    });
    let window = web_sys::window().unwrap();
    window
        .add_event_listener_with_callback("error", on_error.as_ref().unchecked_ref())
        .unwrap();
    shown.set(false);
    settled().await;
    button.click();
    window
        .remove_event_listener_with_callback("error", on_error.as_ref().unchecked_ref())
        .unwrap();
    assert_eq!((heard.get(), faults.get()), (1, 0));
}

#[wasm_bindgen_test]
async fn a_handler_is_that_of_the_last_turn_and_may_take_itself_away() {
    let turn = RwSignal::new(0);
    let heard = RwSignal::new(Vec::new());
    let place = show(move || {
        (move || {
            let n = turn.get();
            (n < 3).then(|| {
                let click = move |_| {
                    heard.update(|all| all.push(n));
                    turn.update(|n| *n += 1);
                };
                ui! { <button on:click=click>"b"</button> }
            })
        })
        .view()
    });
    let button: HtmlElement = find(&place, "button");
    for _ in 0..5 {
        button.click();
        settled().await;
    }
    assert_eq!(heard.get_untracked(), [0, 1, 2]);
    assert_eq!(text(&place), "");
}
