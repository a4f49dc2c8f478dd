//! `ui!`: the markup of `leptos::view!`, made into calls of `portico_view`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use rstml::{
    Infallible,
    node::{KeyedAttribute, Node, NodeAttribute, NodeElement},
};
use std::sync::atomic::{AtomicU32, Ordering};
use syn::{Expr, ExprLit, Lit, spanned::Spanned};

/// Markup: elements, `"texts"` and `{blocks}`.
///
/// - attributes: `name`, `name="text"`, `name=expression`; an expression may be a closure, which is then followed.
///   `Option` and `bool` say whether the attribute is there;
/// - `class:name=expression`, `prop:name=expression`, `on:event=handler`, `node_ref=reference`;
/// - `<For each=.. key=.. children=../>` for lists whose rows are kept by their keys.
#[proc_macro]
pub fn ui(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let config = rstml::ParserConfig::default().recover_block(true);
    let (nodes, diagnostics) = rstml::Parser::new(config)
        .parse_recoverable(TokenStream::from(tokens))
        .split_vec();
    let diagnostics = diagnostics.into_iter().map(|d| d.emit_as_expr_tokens());
    let view = many(&nodes);
    // A block of the markup becomes an argument as it stands, braces included.
    quote! {{ #[allow(unused_braces)] { #(#diagnostics;)* #view } }}.into()
}

/// One view of these nodes.
fn many(nodes: &[Node]) -> TokenStream {
    match nodes {
        [node] => one(node),
        nodes => {
            let views = nodes.iter().map(one);
            quote! { ::portico_view::many(::std::vec![#(#views),*]) }
        }
    }
}

fn one(node: &Node) -> TokenStream {
    match node {
        Node::Element(element) => self::element(element),
        Node::Block(block) => {
            quote_spanned! { block.span() => ::portico_view::Child::view(#block) }
        }
        Node::Text(text) => {
            let text = &text.value;
            quote! { ::portico_view::Child::view(#text) }
        }
        Node::Fragment(fragment) => many(&fragment.children),
        Node::Comment(_) | Node::Doctype(_) => quote! { ::portico_view::View::default() },
        other => error(other.span(), "write a text as a message, in a block"),
    }
}

fn error(span: Span, message: &str) -> TokenStream {
    syn::Error::new(span, message).into_compile_error()
}

/// SVG elements, which are made in another namespace.
const SVG: &[&str] = &["svg", "use", "path", "g", "circle", "rect", "line", "title"];

fn element(element: &NodeElement<Infallible>) -> TokenStream {
    let name = element.name().to_string();
    if name == "For" {
        return list(element);
    }
    if name.contains("::") || name.starts_with(char::is_uppercase) {
        return error(
            element.name().span(),
            "call what is not an element as a function, in a block",
        );
    }
    // Two views of one place in the code have the same shape, and only those: one can become the other.
    static PLACES: AtomicU32 = AtomicU32::new(1);
    let place = PLACES.fetch_add(1, Ordering::Relaxed);
    let constructor = if SVG.contains(&name.as_str()) {
        format_ident!("svg")
    } else {
        format_ident!("html")
    };
    let children = element.children.iter().map(|child| match child {
        Node::Element(_) | Node::Fragment(_) => {
            let view = one(child);
            quote! { element.push(#view); }
        }
        Node::Block(block) => quote_spanned! { block.span() => element.child(#block); },
        other => {
            let view = one(other);
            quote! { element.push(#view); }
        }
    });
    let attributes = element
        .attributes()
        .iter()
        .map(|attribute| match attribute {
            NodeAttribute::Attribute(attribute) => self::attribute(attribute),
            NodeAttribute::Block(block) => error(block.span(), "an attribute has a name"),
        });
    quote! {{
        let mut element = ::portico_view::Element::#constructor(#place, #name);
        #(#children)*
        #(#attributes)*
        element.done()
    }}
}

fn attribute(attribute: &KeyedAttribute) -> TokenStream {
    let name = attribute.key.to_string();
    let span = attribute.key.span();
    let Some(value) = attribute.value() else {
        return quote_spanned! { span => element.set(#name, ""); };
    };
    if name == "node_ref" {
        return quote_spanned! { span => element.refer(#value); };
    }
    match name.split_once(':') {
        None => match value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => quote_spanned! { span => element.set(#name, #text); },
            value => quote_spanned! { span => element.attribute(#name, #value); },
        },
        Some(("class", class)) => quote_spanned! { span => element.toggle(#class, #value); },
        Some(("prop", property)) => quote_spanned! { span => element.property(#property, #value); },
        Some(("on", event)) => {
            let event = format_ident!("{event}", span = span);
            quote_spanned! { span => element.on(::portico_view::ev::#event, #value); }
        }
        Some(_) => error(span, "only class:, prop: and on: exist here"),
    }
}

/// `<For each=.. key=.. children=../>`
fn list(element: &NodeElement<Infallible>) -> TokenStream {
    let value = |wanted: &str| {
        element
            .attributes()
            .iter()
            .find_map(|attribute| match attribute {
                NodeAttribute::Attribute(a) if a.key.to_string() == wanted => a.value(),
                _ => None,
            })
    };
    match (value("each"), value("key"), value("children")) {
        (Some(each), Some(key), Some(children)) => quote! {
            ::portico_view::each(#each, #key, #children)
        },
        _ => error(element.name().span(), "For takes each, key and children"),
    }
}
