//! Freshdesk, from the public reference of its REST API v2 (tickets, conversations, contacts, ticket fields, filter,
//! satisfaction ratings); not the real system.
//!
//! There is one credential, an agent's API key (Basic `key:X`), and no impersonation: whoever holds it sees everything.
//! Fields: `cf_order_number` (text), `cf_product` (Router or TV box), `cf_portal_key` (text).
//! The documentation is silent on: the order of notes with `user_id` of a contact and their effect on the status (none
//! here), the words of a 404 (no body here). The filter (`search/tickets`) is never behind here, in the real system it
//! is for minutes. A list leaves out what is older than 30 days; nothing here is so old.

mod shape;
mod write;

use crate::{
    desk::{Desk, Role, Ticket, User, Vendor},
    exchange::{Answer, Call, Reply, window},
    query,
};
use chrono::DateTime;
use serde_json::{Value, json};
use shape::{
    at, contact_json, conversation_json, fields, files_json, included, paged, ticket_json,
};
use write::{body, checked, create, set};

pub(crate) static VENDOR: Vendor = Vendor {
    statuses: &["2", "3", "4", "5", "6", "7", "8"],
    over: &["4", "5"],
    answered: None,
    prefix: "",
    answer: |desk, call| route(desk, call).unwrap_or_else(|refusal| refusal),
    error,
    limits: |calls| {
        vec![
            ("x-ratelimit-total", String::from("400")),
            (
                "x-ratelimit-remaining",
                400_usize.saturating_sub(calls + 1).to_string(),
            ),
            ("x-ratelimit-used-currentrequest", String::from("1")),
        ]
    },
};

const STATUS_NAMES: [[&str; 2]; 7] = [
    ["Open", "Being Processed"],
    ["Pending", "Awaiting your Reply"],
    ["Resolved", "This ticket has been Resolved"],
    ["Closed", "This ticket has been Closed"],
    ["Waiting on Customer", "Awaiting your Reply"],
    ["Waiting on Third Party", "Being Processed"],
    // One that the company has made.
    ["Withdrawn", "Taken back by you"],
];
const OWN_FIELDS: [&str; 3] = ["cf_order_number", "cf_product", "cf_portal_key"];
const PRODUCTS: [&str; 2] = ["Router", "TV box"];

fn error(status: u16, words: &str) -> Value {
    match status {
        401 => {
            json!({"code": "invalid_credentials", "message": "You have to be logged in to perform this action."})
        }
        429 => json!({"message": "You have exceeded the limit of requests per minute"}),
        _ => {
            json!({"description": words, "errors": [{"field": "base", "message": words, "code": "invalid_value"}]})
        }
    }
}

fn refuse(field: &str, message: &str, code: &str) -> Answer {
    let errors = json!([{"field": field, "message": message, "code": code}]);
    Answer::json(
        400,
        json!({"description": "Validation failed", "errors": errors}),
    )
}

fn route(desk: &mut Desk, call: &Call) -> Reply {
    let key = call.basic().map(|(key, _)| key).unwrap_or_default();
    let agent = desk
        .users
        .iter()
        .find(|user| user.role != Role::Customer && user.secret == key)
        .cloned();
    let segments = call.segments();
    // A file's address is signed and needs no credential.
    if let ["attachments", id] = segments.as_slice() {
        let signed = call.param("signature") == Some("signed");
        let found = desk.find_file(id).filter(|_| signed);
        let (_, _, file) = found.ok_or_else(|| Answer::empty(403))?;
        return Ok(Answer::bytes(&file.content_type, &file.bytes));
    }
    let agent = agent.ok_or_else(|| Answer::json(401, error(401, "")))?;
    let ["api", "v2", path @ ..] = segments.as_slice() else {
        return Err(Answer::empty(404));
    };
    match (call.method.as_str(), path) {
        ("GET", ["agents", "me"]) => {
            let contact = json!({"name": agent.name, "email": agent.email, "active": true});
            Ok(Answer::json(
                200,
                json!({"id": agent.id, "available": true, "contact": contact}),
            ))
        }
        ("GET", ["contacts"]) => {
            let wanted = |user: &&User| call.param("email").is_none_or(|email| user.email == email);
            let customers = desk.users.iter().filter(|user| user.role == Role::Customer);
            let rows = customers.filter(wanted).map(contact_json).collect();
            Ok(paged(desk, call, rows))
        }
        ("POST", ["contacts"]) => {
            let body = call.json();
            let (email, name) = (text(&body, "email"), text(&body, "name"));
            if email.is_empty() || name.is_empty() {
                return Err(refuse("name", "It should be a/an String", "missing_field"));
            }
            if let Some(user) = desk.user(email) {
                let row = json!({"field": "email", "message": "It should be a unique value",
                    "code": "duplicate_value", "additional_info": {"user_id": user.id}});
                return Err(Answer::json(
                    409,
                    json!({"description": "Validation failed", "errors": [row]}),
                ));
            }
            Ok(Answer::json(201, contact_json(&desk.customer(email, name))))
        }
        ("GET", ["ticket_fields"]) => Ok(Answer::json(200, fields())),
        ("GET", ["tickets"]) => list(desk, call),
        ("GET", ["search", "tickets"]) => filter(desk, call),
        ("POST", ["tickets"]) => create(desk, call),
        (method, ["tickets", id, rest @ ..]) => {
            let ticket = desk.ticket(id).cloned().ok_or_else(|| Answer::empty(404))?;
            of_ticket(desk, call, &agent, &ticket, method, rest)
        }
        _ => Err(Answer::empty(404)),
    }
}

fn of_ticket(
    desk: &mut Desk,
    call: &Call,
    agent: &User,
    ticket: &Ticket,
    method: &str,
    path: &[&str],
) -> Reply {
    match (method, path) {
        ("GET", []) => {
            let mut row = ticket_json(desk, ticket);
            row["description"] = json!(ticket.messages[0].as_html());
            row["description_text"] = json!(ticket.messages[0].as_text());
            row["attachments"] = files_json(desk, &ticket.messages[0].files);
            if call.includes("include", "conversations") {
                // At most ten; the rest by the address of its own.
                let first = ticket.messages.iter().skip(1).take(10);
                row["conversations"] = first
                    .map(|message| conversation_json(desk, ticket, message))
                    .collect();
            }
            Ok(Answer::json(200, included(desk, call, ticket, row)))
        }
        ("GET", ["conversations"]) => {
            let rows = ticket
                .messages
                .iter()
                .skip(1)
                .map(|message| conversation_json(desk, ticket, message));
            let rows = rows.collect();
            Ok(paged(desk, call, rows))
        }
        ("PUT", []) => {
            let body = call.json();
            checked(&body)?;
            if let Some(status) = body["status"].as_u64() {
                desk.set_status(&ticket.key, &status.to_string());
            }
            set(desk, &ticket.key, &body);
            let ticket = desk.ticket(&ticket.key).ok_or_else(|| Answer::empty(404))?;
            Ok(Answer::json(200, ticket_json(desk, ticket)))
        }
        ("POST", ["notes" | "reply"]) => {
            let (body, files) = body(desk, call);
            if text(&body, "body").is_empty() {
                return Err(refuse(
                    "body",
                    "It should not be blank as this is a mandatory field",
                    "missing_field",
                ));
            }
            let author = match body["user_id"].as_u64() {
                None => agent.clone(),
                Some(id) => {
                    let user = desk.user_by_id(id).cloned();
                    user.ok_or_else(|| {
                        refuse(
                            "user_id",
                            "There is no user matching the given user_id",
                            "invalid_value",
                        )
                    })?
                }
            };
            // A note is private unless it says otherwise; a reply never is.
            let internal = path == ["notes"] && body["private"] != false;
            let mut message = desk.message(&author.email, text(&body, "body"), internal);
            message.html = true;
            message.files = files;
            desk.say(&ticket.key, message.clone());
            Ok(Answer::json(201, conversation_json(desk, ticket, &message)))
        }
        ("GET", ["satisfaction_ratings"]) => {
            Ok(Answer::json(200, ticket.rating.iter().cloned().collect()))
        }
        ("POST", ["satisfaction_ratings"]) => {
            let body = call.json();
            let score = body["ratings"]["default_question"].as_i64().unwrap_or(0);
            if ![103, 102, 101, 100, -101, -102, -103].contains(&score) {
                return Err(refuse(
                    "ratings",
                    "It should be one of these values",
                    "invalid_value",
                ));
            }
            let rating = json!({"id": desk.next_id(), "ticket_id": ticket.id, "feedback": body["feedback"],
                "user_id": desk.id_of(&ticket.customer), "ratings": body["ratings"], "created_at": at(desk.now())});
            if let Some(ticket) = desk.ticket_mut(&ticket.key) {
                ticket.rating = Some(rating.clone());
            }
            Ok(Answer::json(201, rating))
        }
        _ => Err(Answer::empty(404)),
    }
}

fn list(desk: &Desk, call: &Call) -> Reply {
    let mut rows = match call.param("email") {
        None => desk.tickets.iter().collect(),
        Some(email) if desk.user(email).is_none() => {
            return Err(refuse(
                "email",
                "There is no contact matching the given email",
                "invalid_value",
            ));
        }
        Some(email) => desk.own(email),
    };
    if let Some(id) = call.param("requester_id") {
        let requester = id.parse().ok().and_then(|id| desk.user_by_id(id));
        rows.retain(|ticket| requester.is_some_and(|user| user.email == ticket.customer));
    }
    if let Some(since) = call.param("updated_since") {
        let since = DateTime::parse_from_rfc3339(since);
        let since = since.map_err(|_| {
            refuse(
                "updated_since",
                "It should be a datetime",
                "datatype_mismatch",
            )
        })?;
        rows.retain(|ticket| ticket.updated_at >= since);
    }
    match call.param("order_by") {
        Some("updated_at") => rows.sort_by_key(|ticket| ticket.updated_at),
        Some("status") => rows.sort_by_key(|ticket| ticket.status.clone()),
        Some("due_by") => rows.sort_by_key(|ticket| ticket.due.resolution),
        _ => rows.sort_by_key(|ticket| ticket.created_at),
    }
    if call.param("order_type") != Some("asc") {
        rows.reverse();
    }
    let row = |ticket: &Ticket| {
        let mut row = included(desk, call, ticket, ticket_json(desk, ticket));
        if call.includes("include", "description") {
            row["description"] = json!(ticket.messages[0].as_html());
        }
        row
    };
    let rows = rows.into_iter().map(row).collect();
    Ok(paged(desk, call, rows))
}

/// The query stands in double quotes; thirty rows to a page, ten pages at most.
fn filter(desk: &Desk, call: &Call) -> Reply {
    let query = call.param("query").unwrap_or_default();
    let inner = query
        .strip_prefix('"')
        .and_then(|query| query.strip_suffix('"'));
    let inner =
        inner.ok_or_else(|| refuse("query", "It should be in double quotes", "invalid_value"))?;
    let page = call.number("page", 1);
    if !(1..=10).contains(&page) {
        return Err(refuse(
            "page",
            "It should be a Positive Integer less than or equal to 10",
            "invalid_value",
        ));
    }
    let found = |ticket: &Ticket| {
        query::matches(inner, |field, value| match field {
            Some("status") => ticket.status == value,
            Some("type") => ticket.field("type") == value,
            Some(own) => ticket.field(own) == value,
            None => false,
        })
    };
    let rows = desk.listed(found);
    let total = rows.len();
    let (rows, _) = window(rows, (page - 1) * 30, 30);
    let rows: Value = rows
        .into_iter()
        .map(|ticket| ticket_json(desk, ticket))
        .collect();
    Ok(Answer::json(200, json!({"total": total, "results": rows})))
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}
