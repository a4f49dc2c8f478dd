//! Every address of the portal, as one type: [`Route::parse`] reads an address, [`Route::href`] writes it, and no
//! path is written anywhere else. An address that is not here is [`Route::NotFound`].
//!
//! In a page: `<a href=Route::Home.href()>` (a plain click on it does not load a document, see `app::navigation`),
//! `navigation::go(&Route::Home)` from code. `navigation::current()` is the route on screen, as a signal; a page reads what belongs
//! to it there (the wizard its step, the list its filter). Within [`Route::same_page`] a page is not built anew.

use portico_contract::{
    code::Reference,
    id::TypeId,
    list::{RequestQuery, Sort},
    request::{Kind, Status},
    session::SignInTrouble,
};

/// Where in a form the customer is. Each is an entry of the browser's history, so that Back goes a step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormStep {
    /// A page of questions, from 1.
    Page(u32),
    /// "Check your answers".
    Check,
}

/// What a link to the tracking page brings along. It stands in the fragment, which never reaches a server's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackLink {
    /// Nothing.
    Empty,
    /// `#PT-…`: the reference, to be filled in.
    Reference(Reference),
    /// `#t=…`: from an e-mail, opens the request by itself.
    Token(String),
}

/// An address of the portal.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// What do you need?
    Home,
    /// Choosing what a new request is about.
    New,
    /// The form of one request type.
    Form(TypeId, FormStep),
    /// The confirmation of what was sent.
    Sent(Reference),
    /// Following a request without an account.
    Track(TrackLink),
    /// The customer's requests. The query's `reference`, `limit` and `cursor` are not part of the address.
    Requests(Box<RequestQuery>),
    /// One request.
    Request(Reference),
    /// Telling whether a receipt is genuine.
    Receipt,
    /// How the company is reached, what it promises, and what customers can do.
    Help,
    /// What the company learnt from its customers.
    Service,
    /// A survey, by the token of its link, and answers that the link brings along to be chosen beforehand.
    Survey(String, Vec<(String, String)>),
    /// Asking to be rung, about a request or anything else.
    Callback(Option<Reference>),
    /// Signing in, where to go afterwards, and why the last attempt has failed elsewhere.
    SignIn(Box<Route>, Option<SignInTrouble>),
    /// Any other address.
    NotFound,
}

impl Route {
    /// The first page of a form.
    #[must_use]
    pub fn form(type_id: TypeId) -> Self {
        Self::Form(type_id, FormStep::Page(1))
    }

    /// All requests of the customer.
    #[must_use]
    pub fn requests() -> Self {
        Self::Requests(Box::default())
    }

    /// The tracking page, empty.
    #[must_use]
    pub const fn track() -> Self {
        Self::Track(TrackLink::Empty)
    }

    /// Signing in, then back to here.
    #[must_use]
    pub fn sign_in(then: Self) -> Self {
        let then = match then {
            Self::SignIn(..) | Self::NotFound => Self::Home,
            then => then,
        };
        Self::SignIn(Box::new(then), None)
    }

    /// Where to go on from here when somebody has signed in.
    #[must_use]
    pub fn after_sign_in(&self) -> &Self {
        match self {
            Self::SignIn(then, _) => then,
            here => here,
        }
    }

    /// Reads an address: path, then optionally `?query` and `#fragment`.
    #[must_use]
    pub fn parse(address: &str) -> Self {
        let (address, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let value = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(n, _)| *n == name)
                .map(|(_, value)| decode(value))
        };
        let Some(path) = path.strip_prefix('/') else {
            return Self::NotFound;
        };
        let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
        let route = match (segments.next().unwrap_or(""), segments.next()) {
            ("surveys", Some(token)) if !token.is_empty() => Self::Survey(
                decode(token),
                query
                    .split('&')
                    .filter_map(|pair| pair.split_once('='))
                    .filter(|(name, _)| *name != "lang")
                    .map(|(name, value)| (decode(name), decode(value)))
                    .collect(),
            ),
            // What leads from a survey into the portal is left to the browser.
            _ if cfg!(feature = "survey") => Self::NotFound,
            ("", None) => Self::Home,
            ("new", None) => Self::New,
            ("new", Some(type_id)) if !type_id.is_empty() => Self::Form(
                TypeId::new(decode(type_id)),
                match value("step").as_deref() {
                    Some("check") => FormStep::Check,
                    step => FormStep::Page(
                        step.and_then(|s| s.parse().ok())
                            .filter(|n| *n > 0)
                            .unwrap_or(1),
                    ),
                },
            ),
            ("sent", Some(reference)) => by_reference(reference, Self::Sent),
            ("track", None) => Self::Track(track_link(fragment)),
            ("requests", None) => Self::Requests(Box::new(RequestQuery {
                status: words(value("status"), Status::from_word, Status::Unknown),
                kind: words(value("kind"), Kind::from_word, Kind::Unknown),
                q: value("q").filter(|q| !q.is_empty()),
                sort: value("sort")
                    .map(|s| Sort::from_word(&s))
                    .filter(|s| *s != Sort::Unknown),
                ..RequestQuery::default()
            })),
            ("requests", Some(reference)) => by_reference(reference, Self::Request),
            ("receipt", None) => Self::Receipt,
            ("help", None) => Self::Help,
            ("service", None) => Self::Service,
            ("callback", None) => Self::Callback(None),
            ("callback", Some(reference)) => {
                by_reference(reference, |reference| Self::Callback(Some(reference)))
            }
            ("sign-in", None) => {
                let then = value("then").map_or(Self::Home, |then| Self::parse(&then));
                let trouble = value("trouble").map(|word| SignInTrouble::from_word(&word));
                match Self::sign_in(then) {
                    Self::SignIn(then, _) => Self::SignIn(then, trouble),
                    other => other,
                }
            }
            _ => Self::NotFound,
        };
        if segments.next().is_some() {
            return Self::NotFound;
        }
        route
    }

    /// The address, as in a link.
    #[must_use]
    pub fn href(&self) -> String {
        match self {
            Self::Home | Self::NotFound => "/".to_owned(),
            Self::New => "/new".to_owned(),
            Self::Form(type_id, step) => {
                let path = format!("/new/{}", encode(type_id.as_str()));
                match step {
                    FormStep::Page(1) => path,
                    FormStep::Page(n) => format!("{path}?step={n}"),
                    FormStep::Check => format!("{path}?step=check"),
                }
            }
            Self::Sent(reference) => format!("/sent/{reference}"),
            Self::Track(TrackLink::Empty) => "/track".to_owned(),
            Self::Track(TrackLink::Reference(reference)) => format!("/track#{reference}"),
            Self::Track(TrackLink::Token(token)) => format!("/track#t={token}"),
            Self::Requests(query) => with_query("/requests", &query_pairs(query)),
            Self::Request(reference) => format!("/requests/{reference}"),
            Self::Receipt => "/receipt".to_owned(),
            Self::Help => "/help".to_owned(),
            Self::Service => "/service".to_owned(),
            Self::Survey(token, picked) => {
                let picked: Vec<_> = picked
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.clone()))
                    .collect();
                with_query(&format!("/surveys/{}", encode(token)), &picked)
            }
            Self::Callback(None) => "/callback".to_owned(),
            Self::Callback(Some(reference)) => format!("/callback/{reference}"),
            Self::SignIn(then, trouble) => {
                let then = (**then != Self::Home).then(|| ("then", then.href()));
                let trouble = trouble.map(|word| ("trouble", word.to_string()));
                let pairs: Vec<_> = then.into_iter().chain(trouble).collect();
                with_query("/sign-in", &pairs)
            }
        }
    }

    /// A view as the page around a frame names it, with what belongs to it; `None` where that names nothing.
    #[must_use]
    pub fn of_view(view: &str, type_id: &str, reference: &str, token: &str) -> Option<Self> {
        let reference = Reference::parse(reference).ok();
        Some(match view {
            "home" => Self::Home,
            "new" if type_id.is_empty() => Self::New,
            "new" => Self::form(TypeId::new(type_id)),
            "track" => Self::Track(reference.map_or(TrackLink::Empty, TrackLink::Reference)),
            "requests" => Self::requests(),
            "request" => Self::Request(reference?),
            "survey" if !token.is_empty() => Self::Survey(token.to_owned(), Vec::new()),
            "callback" => Self::Callback(reference),
            "help" => Self::Help,
            "service" => Self::Service,
            _ => return None,
        })
    }

    /// What the page around a frame is told that it shows: a name, and which request it is about.
    #[must_use]
    pub const fn view(&self) -> (&'static str, Option<Reference>) {
        match self {
            Self::Home => ("home", None),
            Self::New | Self::Form(..) => ("new", None),
            Self::Sent(reference) => ("sent", Some(*reference)),
            Self::Track(_) => ("track", None),
            Self::Requests(_) => ("requests", None),
            Self::Request(reference) => ("request", Some(*reference)),
            Self::Receipt => ("receipt", None),
            Self::Help => ("help", None),
            Self::Service => ("service", None),
            Self::Survey(..) => ("survey", None),
            Self::Callback(reference) => ("callback", *reference),
            Self::SignIn(..) => ("sign-in", None),
            Self::NotFound => ("not-found", None),
        }
    }

    /// Whether this program has the page: the door has home alone, the survey's has surveys alone, and the whole all
    /// but those. `public/boot.js` knows by the path which of them to load.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match self {
            Self::Home => cfg!(not(feature = "survey")),
            Self::Survey(..) => cfg!(feature = "survey"),
            _ => cfg!(not(any(feature = "door", feature = "survey"))),
        }
    }

    /// Whether going from one to the other stays on the page: another step of the same form, another filter of the
    /// list.
    #[must_use]
    pub fn same_page(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Form(a, _), Self::Form(b, _)) => a == b,
            (Self::Requests(_), Self::Requests(_))
            | (Self::Track(_), Self::Track(_))
            | (Self::SignIn(..), Self::SignIn(..)) => true,
            _ => self == other,
        }
    }
}

fn by_reference(text: &str, route: fn(Reference) -> Route) -> Route {
    Reference::parse(text).map_or(Route::NotFound, route)
}

fn track_link(fragment: &str) -> TrackLink {
    match fragment.strip_prefix("t=") {
        Some(token) if !token.is_empty() => TrackLink::Token(token.to_owned()),
        _ => Reference::parse(fragment).map_or(TrackLink::Empty, TrackLink::Reference),
    }
}

fn words<T: PartialEq>(list: Option<String>, read: fn(&str) -> T, unknown: T) -> Vec<T> {
    list.unwrap_or_default()
        .split(',')
        .map(read)
        .filter(|word| *word != unknown)
        .collect()
}

/// What a customer looks for, as the pairs of a query string (values not yet encoded); the API takes the same names.
#[must_use]
pub fn query_pairs(query: &RequestQuery) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    let mut add = |name, value: String| {
        if !value.is_empty() {
            pairs.push((name, value));
        }
    };
    add("status", join(query.status.iter().map(|s| s.as_str())));
    add("kind", join(query.kind.iter().map(|k| k.as_str())));
    add("q", query.q.clone().unwrap_or_default());
    add("sort", query.sort.map_or("", Sort::as_str).to_owned());
    pairs
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

/// A path with a query string.
#[must_use]
pub fn with_query(path: &str, pairs: &[(&str, String)]) -> String {
    let mut address = path.to_owned();
    for (i, (name, value)) in pairs.iter().enumerate() {
        address.push(if i == 0 { '?' } else { '&' });
        address.push_str(&encode(name));
        address.push('=');
        address.push_str(&encode(value));
    }
    address
}

/// Percent-encodes all but letters, digits and `-._~,:`, which mean nothing within a query value or a segment.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    out
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let escaped = (byte == b'%')
            .then(|| {
                let pair = after.get(..2)?;
                let digit = |b: u8| {
                    char::from(b)
                        .to_digit(16)
                        .and_then(|d| u8::try_from(d).ok())
                };
                Some(digit(pair[0])? << 4 | digit(pair[1])?)
            })
            .flatten();
        match escaped {
            Some(value) => {
                out.push(value);
                rest = &after[2..];
            }
            None => out.push(if byte == b'+' { b' ' } else { byte }),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path table. A line that changes here changes addresses that people keep.
    #[test]
    fn every_address() {
        let r = Reference::from_random(0x1234_5678_9abc);
        let query = RequestQuery {
            status: vec![Status::Open, Status::Pending],
            kind: vec![Kind::Complaint],
            q: Some("發票 & more".to_owned()),
            sort: Some(Sort::CreatedAsc),
            ..RequestQuery::default()
        };
        let table = [
            (Route::Home, "/".to_owned()),
            (Route::New, "/new".to_owned()),
            (
                Route::form(TypeId::new("complaint")),
                "/new/complaint".to_owned(),
            ),
            (
                Route::Form(TypeId::new("complaint"), FormStep::Page(2)),
                "/new/complaint?step=2".to_owned(),
            ),
            (
                Route::Form(TypeId::new("a b"), FormStep::Check),
                "/new/a%20b?step=check".to_owned(),
            ),
            (Route::Sent(r), format!("/sent/{r}")),
            (Route::track(), "/track".to_owned()),
            (
                Route::Track(TrackLink::Reference(r)),
                format!("/track#{r}"),
            ),
            (
                Route::Track(TrackLink::Token("abc".to_owned())),
                "/track#t=abc".to_owned(),
            ),
            (Route::requests(), "/requests".to_owned()),
            (
                Route::Requests(Box::new(query)),
                "/requests?status=open,pending&kind=complaint&q=%E7%99%BC%E7%A5%A8%20%26%20more&sort=created_at"
                    .to_owned(),
            ),
            (Route::Request(r), format!("/requests/{r}")),
            (Route::Receipt, "/receipt".to_owned()),
            (Route::Service, "/service".to_owned()),
            (
                Route::Survey("a1_b".to_owned(), Vec::new()),
                "/surveys/a1_b".to_owned(),
            ),
            (
                Route::Survey("a1_b".to_owned(), vec![("solving".to_owned(), "5".to_owned())]),
                "/surveys/a1_b?solving=5".to_owned(),
            ),
            (Route::Callback(None), "/callback".to_owned()),
            (Route::Callback(Some(r)), format!("/callback/{r}")),
            (Route::sign_in(Route::Home), "/sign-in".to_owned()),
            (
                Route::sign_in(Route::Form(TypeId::new("x"), FormStep::Check)),
                "/sign-in?then=%2Fnew%2Fx%3Fstep%3Dcheck".to_owned(),
            ),
            (
                Route::SignIn(
                    Box::new(Route::Request(r)),
                    Some(SignInTrouble::Cancelled),
                ),
                format!("/sign-in?then=%2Frequests%2F{r}&trouble=cancelled"),
            ),
        ];
        for (route, address) in table {
            assert_eq!(route.href(), address);
            assert_eq!(Route::parse(&address), route, "{address}");
        }
    }

    #[test]
    fn addresses_as_people_and_mails_write_them() {
        let r = Reference::from_random(77);
        let bare = r.to_string().to_lowercase().replace('-', "");
        assert_eq!(
            Route::parse(&format!("/requests/{bare}/")),
            Route::Request(r)
        );
        assert_eq!(
            Route::parse("/requests?q=a+b&sort=strange&status=odd,open"),
            Route::Requests(Box::new(RequestQuery {
                status: vec![Status::Open],
                q: Some("a b".to_owned()),
                ..RequestQuery::default()
            }))
        );
        assert_eq!(Route::parse("/new/x?step=0"), Route::form(TypeId::new("x")));
    }

    #[test]
    fn other_addresses_are_not_found() {
        for address in [
            "",
            "new",
            "/x",
            "/new/a/b",
            "/track/x",
            "//new",
            "/requests/PT-00000-00001",
            "/sent",
            "/callback/x",
            "https://example.com/",
        ] {
            assert_eq!(Route::parse(address), Route::NotFound, "{address}");
        }
    }

    #[test]
    fn signing_in_leads_only_into_the_portal() {
        for then in [
            "//evil.example",
            "https://evil.example/",
            "/sign-in",
            "%2F%2Fx",
        ] {
            assert_eq!(
                Route::parse(&format!("/sign-in?then={then}")),
                Route::sign_in(Route::Home),
                "{then}"
            );
        }
    }

    #[test]
    fn steps_and_filters_keep_the_page() {
        let form = |step| Route::Form(TypeId::new("x"), step);
        assert!(form(FormStep::Page(1)).same_page(&form(FormStep::Check)));
        assert!(!form(FormStep::Check).same_page(&Route::form(TypeId::new("y"))));
        assert!(!Route::Home.same_page(&Route::New));
    }
}
