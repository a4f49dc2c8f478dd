//! Views of one type.
//!
//! Leptos' own views are types: every element, every closure in it and every pair of children is a type for which the
//! compiler writes building, rebuilding, mounting and removing anew, some 3 KB each. Here a view is data, and that
//! code exists once. The markup is the same ([`ui!`]), and so are the rules: signals are Leptos' signals; a closure in
//! the markup is followed and what it gives is shown; what has the same shape as before (the same place in the code)
//! is changed where it stands, so that focus and scrolling stay, anything else is replaced; effects end with what they
//! belong to, and what is around runs before what is inside. Nothing is ever parsed from a string of HTML.

mod attribute;
mod built;
mod effect;
mod list;

pub use attribute::{Fixed, Source, Value};
pub use leptos::ev;
pub use list::each;
pub use portico_view_macro::ui;

use attribute::Attribute;
use built::Built;
use leptos::{
    ev::EventDescriptor,
    html::ElementType,
    prelude::{Get, GetUntracked, NodeRef, Owner, RwSignal, Signal, StoredValue, Track},
    tachys::html::node_ref::NodeRefContainer,
};
use std::{any::Any, borrow::Cow, marker::PhantomData, sync::Arc};
use wasm_bindgen::JsCast;

/// Something to show.
#[derive(Default)]
pub struct View(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Text(Cow<'static, str>),
    Element(Box<Element>),
    Many(Vec<View>),
    /// Asked again whenever a signal that it read has changed.
    Dynamic(Box<dyn FnMut() -> View>),
    List(Box<dyn FnMut() -> Vec<list::Row>>),
}

/// What can stand in the markup.
pub trait Child {
    /// It, as a view.
    fn view(self) -> View;
}

impl Child for View {
    fn view(self) -> View {
        self
    }
}

impl Child for () {
    fn view(self) -> View {
        View::default()
    }
}

impl Child for &'static str {
    fn view(self) -> View {
        View(Kind::Text(self.into()))
    }
}

impl Child for String {
    fn view(self) -> View {
        View(Kind::Text(self.into()))
    }
}

impl<T: Child> Child for Option<T> {
    fn view(self) -> View {
        self.map_or_else(View::default, Child::view)
    }
}

impl<T: Child> Child for Vec<T> {
    fn view(self) -> View {
        many(self.into_iter().map(Child::view).collect())
    }
}

impl<F, T> Child for F
where
    F: FnMut() -> T + 'static,
    T: Child,
{
    fn view(mut self) -> View {
        View(Kind::Dynamic(Box::new(move || self().view())))
    }
}

macro_rules! signals {
    ($($signal:ident),+) => {$(
        impl<T> Child for $signal<T>
        where
            T: Child + Clone + Send + Sync + 'static,
        {
            fn view(self) -> View {
                (move || self.get()).view()
            }
        }
    )+};
}

signals!(RwSignal, Memo, Signal);

impl<T: Child> FromIterator<T> for View {
    fn from_iter<I: IntoIterator<Item = T>>(views: I) -> Self {
        many(views.into_iter().map(Child::view).collect())
    }
}

/// One after the other.
#[must_use]
pub fn many(views: Vec<View>) -> View {
    View(Kind::Many(views))
}

/// An element that is being described. For [`ui!`].
pub struct Element {
    /// The place in the code.
    place: u32,
    tag: &'static str,
    svg: bool,
    attributes: Vec<Attribute>,
    children: Vec<View>,
}

impl Element {
    /// Begins an HTML element.
    #[must_use]
    pub fn html(place: u32, tag: &'static str) -> Box<Self> {
        Self::new(place, tag, false)
    }

    /// Begins an SVG element.
    #[must_use]
    pub fn svg(place: u32, tag: &'static str) -> Box<Self> {
        Self::new(place, tag, true)
    }

    fn new(place: u32, tag: &'static str, svg: bool) -> Box<Self> {
        Box::new(Self {
            place,
            tag,
            svg,
            attributes: Vec::new(),
            children: Vec::new(),
        })
    }

    /// The element, described.
    #[must_use]
    pub fn done(self: Box<Self>) -> View {
        View(Kind::Element(self))
    }

    /// Adds a child.
    pub fn push(&mut self, child: View) {
        self.children.push(child);
    }

    /// Adds a child.
    pub fn child(&mut self, child: impl Child) {
        self.push(child.view());
    }

    /// An attribute that stays.
    pub fn set(&mut self, name: &'static str, value: &'static str) {
        self.attributes.push(Attribute::Static(name, value));
    }

    /// An attribute.
    pub fn attribute(&mut self, name: &'static str, value: impl Value) {
        self.attributes
            .push(Attribute::Plain(name, value.into_source()));
    }

    /// A class that is there or not.
    pub fn toggle(&mut self, class: &'static str, value: impl Value) {
        self.attributes
            .push(Attribute::Class(class, value.into_source()));
    }

    /// A property of the DOM object.
    pub fn property(&mut self, name: &'static str, value: impl Value) {
        self.attributes
            .push(Attribute::Property(name, value.into_source()));
    }

    /// Handles an event.
    pub fn on<E>(&mut self, event: E, mut handler: impl FnMut(E::EventType) + 'static)
    where
        E: EventDescriptor,
        E::EventType: JsCast,
    {
        self.listen(
            event.name(),
            Box::new(move |event| handler(event.unchecked_into())),
        );
    }

    fn listen(&mut self, name: Cow<'static, str>, mut handler: attribute::Handler) {
        // What a handler makes belongs to the component that it is written in.
        let owner = Owner::current();
        self.attributes.push(Attribute::On(
            name,
            Box::new(move |event| match &owner {
                Some(owner) => owner.with(|| handler(event)),
                None => handler(event),
            }),
        ));
    }

    /// Puts the element into a reference when it is there.
    pub fn refer<E>(&mut self, reference: NodeRef<E>)
    where
        E: ElementType,
        E::Output: JsCast + 'static,
    {
        self.attributes
            .push(Attribute::Reference(Box::new(move |element| {
                NodeRefContainer::<E>::load(reference, element);
            })));
    }
}

/// Shows a view in an element, as long as the page is there.
pub fn mount(place: &web_sys::Element, view: impl FnOnce() -> View + 'static) {
    // Leptos starts its executor where it mounts; an empty view of its own is all it has to show.
    let place = place.clone();
    let host: web_sys::HtmlElement = place.clone().unchecked_into();
    leptos::mount::mount_to(host, move || {
        let built = built::build(view());
        built.mount(&place, None);
        std::mem::forget::<Built>(built);
    })
    .forget();
}

/// Acts when the page is built and whenever a signal that it read has changed, as long as the component that is being
/// built is there.
pub fn effect(act: impl FnMut() + 'static) {
    // It ends with its owner, which owns the value.
    let _ = StoredValue::new_local(effect::Effect::later(Box::new(act)));
}

/// As [`effect`], with what it gave the last time.
pub fn effect_after<T: 'static>(mut act: impl FnMut(Option<T>) -> T + 'static) {
    let mut before = None;
    effect(move || before = Some(act(before.take())));
}

/// A value that is computed anew when a signal that it read has changed, and is a change only when it is another one.
/// Leptos' own memos are compiled anew for every closure and every type of value, some 3 KB each.
pub fn memo<T>(compute: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    memo_after(move |_| compute())
}

/// As [`memo`], with the value before.
pub fn memo_after<T>(compute: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let compute: Compute = Box::new(move |before| {
        let value = compute(before.and_then(|held| held.0.downcast_ref()));
        let known = before.filter(|held| held.0.downcast_ref() == Some(&value));
        known.cloned().unwrap_or_else(|| Held(Arc::new(value)))
    });
    Memo {
        held: leptos::prelude::Memo::new(compute),
        of: PhantomData,
    }
}

/// What [`memo`] gives, read as Leptos' own.
pub struct Memo<T> {
    held: leptos::prelude::Memo<Held>,
    of: PhantomData<fn() -> T>,
}

/// A value of any type; one that is equal to the one before is the one before.
#[derive(Clone)]
struct Held(Arc<dyn Any + Send + Sync>);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What makes a memo's value, given the one before.
type Compute = Box<dyn Fn(Option<&Held>) -> Held + Send + Sync>;

impl<T: 'static> Memo<T> {
    /// The value. Reactive.
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Reads the value where it lies. Reactive.
    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        read(value_of(&self.held.get()))
    }

    /// The value at this moment.
    pub fn get_untracked(&self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// The same, where the owner of the memo may be gone.
    pub fn try_get_untracked(&self) -> Option<T>
    where
        T: Clone,
    {
        self.held
            .try_get_untracked()
            .map(|held| value_of::<T>(&held).clone())
    }

    /// Follows the value without reading it.
    pub fn track(&self) {
        self.held.track();
    }

    /// Reads the value of this moment where it lies.
    pub fn with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        read(value_of(&self.held.get_untracked()))
    }
}

#[allow(clippy::expect_used)]
fn value_of<T: 'static>(held: &Held) -> &T {
    let value = held.0.downcast_ref();
    value.expect("a memo holds what it was made of")
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T: Clone + Send + Sync + 'static> From<Memo<T>> for Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        Signal::derive(move || memo.get())
    }
}
