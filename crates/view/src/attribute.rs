//! What an element has beside its children.

use crate::Memo;
use crate::effect::Effect;
use leptos::prelude::{Get, RwSignal, Signal};
use std::{borrow::Cow, cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event};

/// A value as it stands on an element.
#[derive(Clone, PartialEq)]
pub enum Fixed {
    /// Not there.
    Absent,
    /// There, with this text.
    Text(Cow<'static, str>),
    /// A flag that is set.
    Present,
}

/// A value, or where it comes from.
pub enum Source {
    /// The value itself.
    Fixed(Fixed),
    /// Asked again whenever a signal that it read has changed.
    Dynamic(Box<dyn FnMut() -> Fixed>),
}

pub(crate) type Handler = Box<dyn FnMut(Event)>;

pub(crate) enum Attribute {
    Static(&'static str, &'static str),
    Plain(&'static str, Source),
    Class(&'static str, Source),
    Property(&'static str, Source),
    On(Cow<'static, str>, Handler),
    Reference(Box<dyn Fn(&Element)>),
}

/// What can be the value of an attribute.
pub trait Value {
    /// It, or where it comes from.
    fn into_source(self) -> Source;
}

macro_rules! fixed {
    ($($type:ty, $value:ident => $fixed:expr;)+) => {$(
        impl From<$type> for Fixed {
            fn from($value: $type) -> Self { $fixed }
        }
        impl Value for $type {
            fn into_source(self) -> Source { Source::Fixed(self.into()) }
        }
    )+};
}

fixed! {
    &'static str, text => Self::Text(text.into());
    String, text => Self::Text(text.into());
    bool, there => if there { Self::Present } else { Self::Absent };
    i32, number => Self::Text(number.to_string().into());
    u32, number => Self::Text(number.to_string().into());
}

impl<T: Into<Fixed>> From<Option<T>> for Fixed {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl<T: Into<Fixed>> Value for Option<T> {
    fn into_source(self) -> Source {
        Source::Fixed(self.into())
    }
}

impl<F, T> Value for F
where
    F: FnMut() -> T + 'static,
    T: Into<Fixed>,
{
    fn into_source(mut self) -> Source {
        Source::Dynamic(Box::new(move || self().into()))
    }
}

macro_rules! signals {
    ($($signal:ident),+) => {$(
        impl<T> Value for $signal<T>
        where
            T: Into<Fixed> + Clone + Send + Sync + 'static,
        {
            fn into_source(self) -> Source {
                (move || self.get()).into_source()
            }
        }
    )+};
}

signals!(RwSignal, Memo, Signal);

/// An attribute as it is held on an element.
pub(crate) enum Held {
    Nothing,
    Fixed(Fixed),
    /// Follows its source until it is dropped.
    Followed {
        _effect: Effect,
    },
    Listening(Listener),
}

type Write = fn(&Element, &'static str, &Fixed);

fn hold(source: Source, element: &Element, name: &'static str, write: Write) -> Held {
    match source {
        Source::Fixed(value) => {
            if value != Fixed::Absent {
                write(element, name, &value);
            }
            Held::Fixed(value)
        }
        Source::Dynamic(mut ask) => {
            let element = element.clone();
            let mut old = None;
            let _effect = Effect::now(Box::new(move || {
                let new = ask();
                if old.as_ref() != Some(&new) {
                    write(&element, name, &new);
                    old = Some(new);
                }
            }));
            Held::Followed { _effect }
        }
    }
}

fn hold_anew(held: &mut Held, source: Source, element: &Element, name: &'static str, write: Write) {
    match (&held, &source) {
        (Held::Fixed(old), Source::Fixed(new)) if old == new => {}
        (_, Source::Fixed(value)) => {
            write(element, name, value);
            *held = hold(source, element, name, write);
        }
        _ => *held = hold(source, element, name, write),
    }
}

// What the DOM refuses (a name that cannot be) is an error of the markup, seen at once while it is written.
fn write_plain(element: &Element, name: &'static str, value: &Fixed) {
    let _ = match value {
        Fixed::Absent => element.remove_attribute(name),
        Fixed::Present => element.set_attribute(name, ""),
        Fixed::Text(text) => element.set_attribute(name, text),
    };
}

fn write_class(element: &Element, class: &'static str, value: &Fixed) {
    let classes = element.class_list();
    let _ = match value {
        Fixed::Absent => classes.remove_1(class),
        Fixed::Present | Fixed::Text(_) => classes.add_1(class),
    };
}

fn write_property(element: &Element, name: &'static str, value: &Fixed) {
    let name = JsValue::from_str(name);
    let value = match value {
        Fixed::Absent => JsValue::FALSE,
        Fixed::Present => JsValue::TRUE,
        Fixed::Text(text) => JsValue::from_str(text),
    };
    // Writing what is there already would move the caret of a text that is being written.
    if js_sys::Reflect::get(element, &name).as_ref() != Ok(&value) {
        let _ = js_sys::Reflect::set(element, &name, &value);
    }
}

impl Attribute {
    pub(crate) fn put(self, element: &Element) -> Held {
        match self {
            Self::Static(name, value) => {
                let _ = element.set_attribute(name, value);
                Held::Nothing
            }
            Self::Plain(name, source) => hold(source, element, name, write_plain),
            Self::Class(name, source) => hold(source, element, name, write_class),
            Self::Property(name, source) => hold(source, element, name, write_property),
            Self::On(name, handler) => Held::Listening(Listener::new(element, name, handler)),
            Self::Reference(load) => {
                load(element);
                Held::Nothing
            }
        }
    }

    /// Puts it in the place of one of the same kind and name.
    pub(crate) fn put_anew(self, element: &Element, held: &mut Held) {
        match (self, held) {
            (Self::Plain(name, source), held) => {
                hold_anew(held, source, element, name, write_plain)
            }
            (Self::Class(name, source), held) => {
                hold_anew(held, source, element, name, write_class)
            }
            (Self::Property(name, source), held) => {
                hold_anew(held, source, element, name, write_property);
            }
            (Self::On(_, handler), Held::Listening(listener)) => listener.set(handler),
            (Self::Reference(load), _) => load(element),
            (Self::Static(..) | Self::On(..), _) => {}
        }
    }
}

/// Listens until it is dropped.
pub(crate) struct Listener {
    element: Element,
    name: Cow<'static, str>,
    handler: Rc<RefCell<Option<Handler>>>,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(element: &Element, name: Cow<'static, str>, handler: Handler) -> Self {
        let handler = Rc::new(RefCell::new(Some(handler)));
        let called = Rc::clone(&handler);
        let closure = Closure::wrap(Box::new(move |event| {
            // Taken out while it runs: it may cause the same event, or its own replacement.
            let Some(mut handler) = called.take() else {
                return;
            };
            handler(event);
            called.borrow_mut().get_or_insert(handler);
        }) as Handler);
        let _ = element.add_event_listener_with_callback(&name, closure.as_ref().unchecked_ref());
        Self {
            element: element.clone(),
            name,
            handler,
            closure,
        }
    }

    fn set(&self, handler: Handler) {
        self.handler.replace(Some(handler));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The element may outlive its view for a moment (a dialog tells that it was closed when it is gone already), and
        // calling a closure that is gone is an error.
        let _ = self
            .element
            .remove_event_listener_with_callback(&self.name, self.closure.as_ref().unchecked_ref());
    }
}
