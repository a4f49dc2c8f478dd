//! Zammad, from its public API documentation (tickets, articles, users, states, object manager); not the real system.
//!
//! Own fields: `order_number` (text), `product` (Router or TV box), `portal_key` (text). Every attribute that the desk
//! does not know is dropped without a word, as documented for no case but in keeping with its source.
//! The documentation is silent on: the words of a 401 and of a refused `From`, whether a select value is checked (not
//! here), the exact place of the attributes in `ticket_create`, and what a follow-up does to a closed ticket (nothing
//! here: who replies sends `"state":"open"` too). The search index is never behind here.

mod shape;

use crate::{
    desk::{Desk, Message, Role, Ticket, User, Vendor},
    exchange::{Answer, Call, Reply, window},
    query,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use shape::{article_json, attributes, named, number, ticket_json, user_json};

pub(crate) static VENDOR: Vendor = Vendor {
    statuses: &[
        "new",
        "open",
        "pending reminder",
        "closed",
        "merged",
        "removed",
        "pending close",
    ],
    over: &["closed", "merged", "removed"],
    answered: Some(("new", "open")),
    prefix: "",
    answer: |desk, call| route(desk, call).unwrap_or_else(|refusal| refusal),
    error,
    limits: |_| Vec::new(),
};

/// The type of each status, in the order of [`VENDOR`]'s; ids and types differ from the fourth on.
const STATE_TYPES: [u64; 7] = [1, 2, 3, 5, 6, 7, 4];
const GROUPS: [&str; 2] = ["Users", "2nd Level"];
const PRIORITIES: [&str; 3] = ["1 low", "2 normal", "3 high"];
const OWN_FIELDS: [&str; 3] = ["order_number", "product", "portal_key"];

fn error(_: u16, words: &str) -> Value {
    json!({"error": words, "error_human": words})
}

fn refuse(status: u16, words: &str) -> Answer {
    Answer::json(status, error(status, words))
}

fn route(desk: &mut Desk, call: &Call) -> Reply {
    let user = acting(desk, call)?;
    let staff = user.role != Role::Customer;
    let segments = call.segments();
    let ["api", "v1", path @ ..] = segments.as_slice() else {
        return Err(refuse(404, "No route matches"));
    };
    match (call.method.as_str(), path) {
        ("GET", ["users", "me"]) => Ok(Answer::json(200, user_json(&user))),
        ("GET", ["users", "search"]) if staff => {
            let query = call.param("query").unwrap_or_default().to_lowercase();
            let found = desk.users.iter().filter(|u| {
                query::matches(&query, |field, value| match field {
                    None | Some("email" | "login") => value == "*" || u.email == value,
                    _ => false,
                })
            });
            Ok(Answer::json(200, found.map(user_json).collect()))
        }
        ("POST", ["users"]) if user.role == Role::Admin => {
            let body = call.json();
            let email = text(&body, "email");
            if desk.user(email).is_some() {
                return Err(refuse(
                    422,
                    &format!("Email address '{email}' is already used for another user."),
                ));
            }
            let name = format!("{} {}", text(&body, "firstname"), text(&body, "lastname"));
            Ok(Answer::json(
                201,
                user_json(&desk.customer(email, name.trim())),
            ))
        }
        ("GET", ["ticket_states"]) => {
            let states = VENDOR.statuses.iter().zip(STATE_TYPES).enumerate().map(|(at, (name, kind))| {
                json!({"id": at + 1, "name": name, "state_type_id": kind, "active": *name != "removed",
                    "default_create": *name == "new", "default_follow_up": *name == "open"})
            });
            Ok(Answer::json(200, states.collect()))
        }
        ("GET", ["ticket_priorities"]) => Ok(Answer::json(200, named(&PRIORITIES))),
        ("GET", ["groups"]) if staff => Ok(Answer::json(200, named(&GROUPS))),
        ("GET", ["ticket_create"]) => Ok(Answer::json(
            200,
            json!({"assets": {}, "form_meta": {"filter": {}, "configure_attributes": attributes()}}),
        )),
        ("GET", ["object_manager_attributes"]) if user.role == Role::Admin => {
            Ok(Answer::json(200, attributes()))
        }
        ("GET", ["tickets"]) => {
            let rows = if staff {
                desk.tickets.iter().collect()
            } else {
                desk.own(&user.email)
            };
            let per_page = call.number("per_page", 100).clamp(1, 100);
            let start = (call.number("page", 1).max(1) - 1).saturating_mul(per_page);
            let (rows, _) = window(rows, start, per_page);
            let rows = rows
                .into_iter()
                .map(|ticket| ticket_json(desk, ticket, expand(call)));
            Ok(Answer::json(200, rows.collect()))
        }
        ("GET", ["tickets", "search"]) => Ok(search(desk, call, &user)),
        ("GET", ["tickets", id]) => {
            let ticket = readable(desk, &user, id)?;
            Ok(Answer::json(200, ticket_json(desk, ticket, expand(call))))
        }
        ("POST", ["tickets"]) => create(desk, call, &user),
        ("PUT", ["tickets", id]) => {
            readable(desk, &user, id)?;
            change(desk, &user, id, &call.json())?;
            let ticket = readable(desk, &user, id)?;
            Ok(Answer::json(200, ticket_json(desk, ticket, expand(call))))
        }
        ("GET", ["ticket_articles", "by_ticket", id]) => {
            let ticket = readable(desk, &user, id)?;
            let messages = if staff {
                ticket.messages.iter().collect()
            } else {
                desk.public(ticket)
            };
            let articles = messages
                .into_iter()
                .map(|message| article_json(desk, ticket, message));
            Ok(Answer::json(200, articles.collect()))
        }
        ("POST", ["ticket_articles"]) => {
            let body = call.json();
            let id = body["ticket_id"].to_string();
            readable(desk, &user, id.trim_matches('"'))?;
            let message = article(desk, &user, &body)?;
            let key = id.trim_matches('"');
            desk.say(key, message.clone());
            let ticket = readable(desk, &user, key)?;
            Ok(Answer::json(201, article_json(desk, ticket, &message)))
        }
        ("GET", ["ticket_attachment", ticket, article, file]) => {
            let ticket = readable(desk, &user, ticket)?;
            let found = desk.find_file(file).filter(|(of, message, _)| {
                of.id == ticket.id
                    && message.id.to_string() == *article
                    && (staff || !message.internal)
            });
            let (_, _, file) = found.ok_or_else(|| refuse(403, "Not authorized"))?;
            Ok(Answer::bytes(&file.content_type, &file.bytes))
        }
        ("GET" | "POST" | "PUT", ["users", ..] | ["groups"] | ["object_manager_attributes"]) => {
            Err(refuse(403, "Not authorized"))
        }
        _ => Err(refuse(404, "No route matches")),
    }
}

/// Who signed in, or whom `From` names. `X-On-Behalf-Of` is the older name of the same header.
fn acting(desk: &Desk, call: &Call) -> Result<User, Answer> {
    let credential = call.header("authorization").unwrap_or_default();
    let token = credential
        .strip_prefix("Token token=")
        .or(credential.strip_prefix("Bearer "));
    let basic = call.basic();
    let user = desk.users.iter().find(|user| match (token, &basic) {
        (Some(token), _) => user.secret == token.trim_matches('"'),
        (None, Some((login, password))) => user.email == *login && user.secret == *password,
        (None, None) => false,
    });
    let user = user.ok_or_else(|| refuse(401, "Authentication required"))?;
    let Some(other) = call.header("from").or(call.header("x-on-behalf-of")) else {
        return Ok(user.clone());
    };
    if user.role != Role::Admin {
        return Err(refuse(
            403,
            "Current user has no permission to use 'From'/'X-On-Behalf-Of'!",
        ));
    }
    let by_id = other.parse().ok().and_then(|id| desk.user_by_id(id));
    let other_user = by_id.or_else(|| desk.user(other)).cloned();
    other_user.ok_or_else(|| refuse(403, &format!("No such user '{other}'")))
}

fn readable<'a>(desk: &'a Desk, user: &User, id: &str) -> Result<&'a Ticket, Answer> {
    let ticket = desk
        .ticket(id)
        .ok_or_else(|| refuse(404, &format!("Couldn't find Ticket with 'id'={id}")))?;
    if user.role == Role::Customer && ticket.customer != user.email {
        return Err(refuse(403, "Not authorized"));
    }
    Ok(ticket)
}

/// Searches titles, numbers and articles by words, and fields by name.
fn search(desk: &Desk, call: &Call, user: &User) -> Answer {
    let query = call.param("query").unwrap_or("*");
    let staff = user.role != Role::Customer;
    let found = |ticket: &Ticket| {
        query::matches(query, |field, value| match field {
            None => {
                value == "*"
                    || ticket.subject.contains(value)
                    || texts(ticket, staff).contains(value)
            }
            Some("title") => ticket.subject.contains(value),
            Some("number") => number(ticket) == value,
            Some("state.name") => ticket.status == value,
            Some("customer.email") => ticket.customer == value,
            Some(own) => ticket.field(own) == value,
        })
    };
    let mut rows = desk.listed(|ticket| (staff || ticket.customer == user.email) && found(ticket));
    match call.param("sort_by") {
        Some("created_at") => rows.sort_by_key(|ticket| ticket.created_at),
        _ => rows.sort_by_key(|ticket| ticket.updated_at),
    }
    if call.param("order_by") != Some("asc") {
        rows.reverse();
    }
    let limit = call
        .number("limit", call.number("per_page", 50))
        .clamp(1, 200);
    let start = (call.number("page", 1).max(1) - 1).saturating_mul(limit);
    let (rows, _) = window(rows, start, limit);
    if expand(call) {
        return Answer::json(
            200,
            rows.into_iter()
                .map(|ticket| ticket_json(desk, ticket, true))
                .collect(),
        );
    }
    let assets: Map<String, Value> = rows
        .iter()
        .map(|ticket| (ticket.key.clone(), ticket_json(desk, ticket, false)))
        .collect();
    let ids: Vec<u64> = rows.iter().map(|ticket| ticket.id).collect();
    Answer::json(
        200,
        json!({"tickets": ids, "tickets_count": ids.len(), "assets": {"Ticket": assets}}),
    )
}

fn texts(ticket: &Ticket, staff: bool) -> String {
    let seen = ticket
        .messages
        .iter()
        .filter(|message| staff || !message.internal);
    seen.map(|message| message.text.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

/// For who is no agent the server sets customer, sender, type and `internal` itself, whatever is sent.
fn create(desk: &mut Desk, call: &Call, user: &User) -> Reply {
    let body = call.json();
    let staff = user.role != Role::Customer;
    if text(&body, "title").is_empty() {
        return Err(refuse(422, "Title can't be blank"));
    }
    if body["group"].is_null() && body["group_id"].is_null() {
        return Err(refuse(422, "Group can't be blank"));
    }
    if let Some(group) = body["group"]
        .as_str()
        .filter(|group| !GROUPS.contains(group))
    {
        return Err(refuse(
            422,
            &format!("No lookup value found for 'group': \"{group}\""),
        ));
    }
    let asked = match &body["customer"] {
        Value::String(email) => email.clone(),
        _ => body["customer_id"]
            .as_str()
            .and_then(|id| id.strip_prefix("guess:"))
            .unwrap_or_default()
            .to_owned(),
    };
    let by_id = body["customer_id"]
        .as_u64()
        .and_then(|id| desk.user_by_id(id))
        .cloned();
    let customer = match by_id {
        Some(customer) if staff => customer,
        _ if staff && !asked.is_empty() => desk.customer(&asked, ""),
        _ if staff => return Err(refuse(422, "Customer can't be blank")),
        _ => user.clone(),
    };
    let first = article(desk, user, &body["article"])?;
    let key = desk
        .create(&customer.email, text(&body, "title"), first)
        .key
        .clone();
    let mut fields = body.clone();
    fields["article"] = Value::Null;
    change(desk, user, &key, &fields)?;
    let ticket = readable(desk, user, &key)?;
    Ok(Answer::json(201, ticket_json(desk, ticket, expand(call))))
}

/// Sets what a ticket's body names.
fn change(desk: &mut Desk, user: &User, key: &str, body: &Value) -> Result<(), Answer> {
    let by_id = |id: u64| VENDOR.statuses.get((id as usize).wrapping_sub(1)).copied();
    let state = body["state"]
        .as_str()
        .or(body["state_id"].as_u64().and_then(by_id));
    if let Some(state) = state {
        if !VENDOR.statuses.contains(&state) {
            return Err(refuse(
                422,
                &format!("No lookup value found for 'state': \"{state}\""),
            ));
        }
        // A customer's form offers these alone; another value stays without effect.
        if user.role != Role::Customer || ["new", "open", "closed"].contains(&state) {
            desk.set_status(key, state);
        }
    }
    if let Some(priority) = body["priority"]
        .as_str()
        .filter(|name| !PRIORITIES.contains(name))
    {
        return Err(refuse(
            422,
            &format!("No lookup value found for 'priority': \"{priority}\""),
        ));
    }
    if !body["article"].is_null() {
        let message = article(desk, user, &body["article"])?;
        desk.say(key, message);
    }
    let now = desk.now();
    if let Some(ticket) = desk.ticket_mut(key) {
        ticket.updated_at = now;
        for name in OWN_FIELDS.iter().chain(&["group", "priority"]) {
            if let Some(value) = body.get(*name) {
                ticket.fields.insert(String::from(*name), value.clone());
            }
        }
        if let Some(title) = body["title"].as_str() {
            ticket.subject = String::from(title);
        }
    }
    Ok(())
}

fn article(desk: &mut Desk, user: &User, body: &Value) -> Result<Message, Answer> {
    if text(body, "body").is_empty() {
        return Err(refuse(422, "Need at least an 'article body' field."));
    }
    let internal = user.role != Role::Customer && body["internal"] == true;
    let mut message = desk.message(&user.email, text(body, "body"), internal);
    message.html = body["content_type"] == "text/html";
    for file in body["attachments"].as_array().into_iter().flatten() {
        let kind = file["mime-type"]
            .as_str()
            .ok_or_else(|| refuse(422, "Attachment needs 'mime-type'"))?;
        let bytes = STANDARD.decode(text(file, "data"));
        let bytes = bytes.map_err(|_| refuse(422, "Invalid base64 for attachment"))?;
        message
            .files
            .push(desk.file(text(file, "filename"), kind, bytes));
    }
    Ok(message)
}

fn expand(call: &Call) -> bool {
    call.param("expand") == Some("true")
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}
