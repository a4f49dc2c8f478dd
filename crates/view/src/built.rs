//! Views that stand in the document.

use crate::{
    Element, Kind, View,
    attribute::{Attribute, Held},
    effect::Effect,
    list::BuiltList,
};
use std::{borrow::Cow, cell::RefCell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Document, Node};

/// A view that was built. It always has a node, so that its place can be found.
pub(crate) enum Built {
    /// A comment marks the place.
    Empty(Node),
    Text(web_sys::Text, Cow<'static, str>),
    Element(Box<BuiltElement>),
    /// A comment marks the end.
    Many(Vec<Built>, Node),
    Dynamic(Followed),
    List(BuiltList),
}

/// What a closure of the markup has given, as long as it is followed.
pub(crate) struct Followed {
    shown: Rc<RefCell<Option<Built>>>,
    _effect: Effect,
}

impl Followed {
    pub(crate) fn new(mut show: impl FnMut(Option<Built>) -> Built + 'static) -> Self {
        let shown = Rc::new(RefCell::new(None));
        let at = Rc::clone(&shown);
        let _effect = Effect::now(Box::new(move || {
            let old = at.take();
            let new = show(old);
            at.replace(Some(new));
        }));
        Self { shown, _effect }
    }

    fn with<R>(&self, look: impl FnOnce(&Built) -> R) -> Option<R> {
        self.shown.borrow().as_ref().map(look)
    }
}

pub(crate) struct BuiltElement {
    place: u32,
    element: web_sys::Element,
    attributes: Vec<Held>,
    children: Vec<Built>,
}

fn document() -> Document {
    // There is no view without a document.
    web_sys::window()
        .and_then(|w| w.document())
        .unwrap_or_else(|| wasm_bindgen::throw_str("no document"))
}

pub(crate) fn marker() -> Node {
    document().create_comment("").into()
}

/// Builds a view, outside of the document.
pub(crate) fn build(view: View) -> Built {
    match view.0 {
        Kind::Empty => Built::Empty(marker()),
        Kind::Text(text) => Built::Text(document().create_text_node(&text), text),
        Kind::Element(element) => Built::Element(build_element(*element)),
        Kind::Many(views) => Built::Many(views.into_iter().map(build).collect(), marker()),
        Kind::Dynamic(mut ask) => Built::Dynamic(Followed::new(move |old| {
            let view = ask();
            match old {
                None => build(view),
                Some(mut built) => {
                    built.turn_into(view);
                    built
                }
            }
        })),
        Kind::List(ask) => Built::Dynamic(BuiltList::follow(ask)),
    }
}

fn build_element(described: Element) -> Box<BuiltElement> {
    let document = document();
    let made = if described.svg {
        document.create_element_ns(Some("http://www.w3.org/2000/svg"), described.tag)
    } else {
        document.create_element(described.tag)
    };
    // The tag is a word of the markup.
    let element = made.unwrap_or_else(|error| wasm_bindgen::throw_val(error));
    // Children first: a select takes its value only when it has its options.
    let children: Vec<_> = described.children.into_iter().map(build).collect();
    for child in &children {
        child.mount(&element, None);
    }
    let attributes = described
        .attributes
        .into_iter()
        .map(|attribute| attribute.put(&element))
        .collect();
    Box::new(BuiltElement {
        place: described.place,
        element,
        attributes,
        children,
    })
}

impl Built {
    /// Puts it into the document.
    pub(crate) fn mount(&self, parent: &Node, before: Option<&Node>) {
        match self {
            Self::Empty(node) => insert(parent, node, before),
            Self::Text(text, _) => insert(parent, text, before),
            Self::Element(built) => insert(parent, &built.element, before),
            Self::Many(all, end) => {
                for built in all {
                    built.mount(parent, before);
                }
                insert(parent, end, before);
            }
            Self::Dynamic(followed) => {
                followed.with(|built| built.mount(parent, before));
            }
            Self::List(list) => list.mount(parent, before),
        }
    }

    /// Takes it out of the document.
    pub(crate) fn unmount(&self) {
        match self {
            Self::Empty(node) => remove(node),
            Self::Text(text, _) => remove(text),
            Self::Element(built) => remove(&built.element),
            Self::Many(all, end) => {
                all.iter().for_each(Self::unmount);
                remove(end);
            }
            Self::Dynamic(followed) => {
                followed.with(Self::unmount);
            }
            Self::List(list) => list.unmount(),
        }
    }

    /// Its first node.
    pub(crate) fn first(&self) -> Option<Node> {
        match self {
            Self::Empty(node) => Some(node.clone()),
            Self::Text(text, _) => Some(text.clone().into()),
            Self::Element(built) => Some(built.element.clone().into()),
            Self::Many(all, end) => all.first().map_or_else(|| Some(end.clone()), Self::first),
            Self::Dynamic(followed) => followed.with(Self::first).flatten(),
            Self::List(list) => list.first(),
        }
    }

    /// Its last node.
    pub(crate) fn last(&self) -> Option<Node> {
        match self {
            Self::Many(_, end) => Some(end.clone()),
            Self::Dynamic(followed) => followed.with(Self::last).flatten(),
            Self::List(list) => Some(list.last()),
            Self::Empty(_) | Self::Text(..) | Self::Element(_) => self.first(),
        }
    }

    /// Becomes another view: where the shape is the same, by changing what is different, else by taking its place.
    fn turn_into(&mut self, view: View) {
        match (self, view.0) {
            (Self::Empty(_), Kind::Empty) => {}
            (Self::Text(node, old), Kind::Text(text)) => {
                if *old != text {
                    node.set_data(&text);
                    *old = text;
                }
            }
            (Self::Element(built), Kind::Element(described)) if built.place == described.place => {
                built.turn_into(*described);
            }
            (Self::Many(all, end), Kind::Many(views)) => become_many(all, end, views),
            (this, kind) => {
                let new = build(View(kind));
                if let Some(first) = this.first()
                    && let Some(parent) = first.parent_node()
                {
                    new.mount(&parent, Some(&first));
                }
                this.unmount();
                *this = new;
            }
        }
    }
}

fn become_many(all: &mut Vec<Built>, end: &Node, views: Vec<View>) {
    let count = views.len();
    for (i, view) in views.into_iter().enumerate() {
        match all.get_mut(i) {
            Some(built) => built.turn_into(view),
            None => {
                let built = build(view);
                if let Some(parent) = end.parent_node() {
                    built.mount(&parent, Some(end));
                }
                all.push(built);
            }
        }
    }
    for built in all.drain(count..) {
        built.unmount();
    }
}

impl BuiltElement {
    fn turn_into(&mut self, described: Element) {
        // The same place in the code: the same children and attributes, one by one.
        for (built, view) in self.children.iter_mut().zip(described.children) {
            built.turn_into(view);
        }
        for (held, attribute) in self.attributes.iter_mut().zip(described.attributes) {
            Attribute::put_anew(attribute, &self.element, held);
        }
    }
}

// A node that cannot be placed has lost its parent to the browser (a translator's doing); there is nothing to show.
pub(crate) fn insert(parent: &Node, node: &Node, before: Option<&Node>) {
    let _ = parent.insert_before(node, before);
}

pub(crate) fn remove(node: &Node) {
    if let Some(parent) = node.parent_node() {
        let _ = parent.remove_child(node);
    }
}

/// Whether a node stands right before another one.
pub(crate) fn stands_before(node: &Node, next: &Node) -> bool {
    node.next_sibling().as_ref() == Some(next)
}

/// The element that has the focus.
pub(crate) fn focused() -> Option<web_sys::Element> {
    document().active_element()
}

/// Gives the focus back to an element that lost it by being moved.
pub(crate) fn focus_again(element: &web_sys::Element) {
    if focused().as_ref() != Some(element)
        && element.is_connected()
        && let Some(element) = element.dyn_ref::<web_sys::HtmlElement>()
    {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}
