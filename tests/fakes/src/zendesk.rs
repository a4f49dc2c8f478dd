//! Zendesk, from the public reference of its Ticketing API (requests, comments, uploads, fields, forms, custom
//! statuses, satisfaction ratings; `POST /tickets` for its idempotency key); not the real system.
//!
//! Fields: 391130 "Order number" (text), 391131 "Product" (tagger: router, tv_box), 391132 "Portal key" (text), and
//! 391133 "Class", which is for agents: the requests of end users neither show nor set it.
//! The credential is `{email}/token:{api_token}` with the address of an end user; the API token is the secret of the
//! service account. A user's own secret is an OAuth bearer token.
//! The documentation is silent on: the status of somebody else's request (404 here), an unknown upload token (passed
//! over here), `solved` when it may not be (passed over here), whether the search finds the values of fields by plain
//! words (not here: `fieldvalue:`), the order of cursor pages by `sort_by`. The search index is never behind here, in
//! the real system it is for minutes.

mod shape;
mod write;

use crate::{
    desk::{Desk, Message, Role, Ticket, User, Vendor},
    exchange::{Answer, Call, Reply},
    query,
};
use chrono::DateTime;
use serde_json::{Value, json};
use shape::{comment_json, field_json, paged, request_json, user_json};
use write::{change, create, ticket_once, upload};

pub(crate) static VENDOR: Vendor = Vendor {
    statuses: &["new", "open", "pending", "hold", "solved", "closed"],
    over: &["solved", "closed"],
    answered: Some(("new", "open")),
    prefix: "",
    answer: |desk, call| route(desk, call).unwrap_or_else(|refusal| refusal),
    error,
    limits: |calls| {
        vec![
            ("x-rate-limit", String::from("700")),
            (
                "x-rate-limit-remaining",
                700_usize.saturating_sub(calls + 1).to_string(),
            ),
            ("ratelimit-reset", String::from("41")),
        ]
    },
};

/// Number, title, type, whether portal users see it, and options.
const FIELDS: [(u64, &str, &str, bool, &[&str]); 4] = [
    (391130, "Order number", "text", true, &[]),
    (391131, "Product", "tagger", true, &["router", "tv_box"]),
    (391132, "Portal key", "text", true, &[]),
    (391133, "Class", "text", false, &[]),
];

fn error(status: u16, words: &str) -> Value {
    match status {
        401 => json!({"error": "Couldn't authenticate you"}),
        403 => json!({"error": {"title": "Forbidden", "message": words}}),
        404 => json!({"error": "RecordNotFound", "description": "Not found"}),
        422 => json!({"error": "RecordInvalid", "description": "Record validation errors",
            "details": {"base": [{"description": words}]}}),
        429 => {
            json!({"error": "APIRateLimitExceeded", "description": "Number of allowed API requests exceeded"})
        }
        _ => json!({"error": "InternalError", "description": words}),
    }
}

fn refuse(status: u16, words: &str) -> Answer {
    Answer::json(status, error(status, words))
}

fn route(desk: &mut Desk, call: &Call) -> Reply {
    let user = acting(desk, call)?;
    let path = call.path.trim_end_matches(".json").to_owned();
    let segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    match (call.method.as_str(), segments.as_slice()) {
        // The address itself is the credential, unless the account makes attachments private.
        ("GET", ["attachments", "token", token]) => {
            let found = desk.find_file(token.strip_prefix("file-").unwrap_or_default());
            let (_, _, file) = found.ok_or_else(|| refuse(404, ""))?;
            Ok(Answer::bytes(&file.content_type, &file.bytes))
        }
        ("GET", ["api", "v2", "users", "me"]) => {
            Ok(Answer::json(200, json!({"user": user_json(user.as_ref())})))
        }
        ("GET", ["api", "v2", "ticket_fields"]) => {
            let staff = user.is_some_and(|user| user.role != Role::Customer);
            let fields: Vec<Value> = FIELDS
                .iter()
                .filter(|field| staff || field.3)
                .map(field_json)
                .collect();
            Ok(Answer::json(
                200,
                json!({"ticket_fields": fields, "count": fields.len(), "next_page": null}),
            ))
        }
        ("GET", ["api", "v2", "ticket_forms"]) => {
            let form = json!({"id": 47, "name": "Default", "display_name": "Support", "end_user_visible": true,
                "active": true, "default": true, "position": 1, "end_user_conditions": [],
                "ticket_field_ids": [391130, 391131, 391132]});
            Ok(Answer::json(
                200,
                json!({"ticket_forms": [form], "count": 1, "next_page": null}),
            ))
        }
        ("GET", ["api", "v2", "custom_statuses"]) => {
            let row = |(at, name): (usize, &&str)| {
                json!({"id": 35000 + at, "status_category": name, "agent_label": name, "end_user_label": name,
                    "active": true, "default": true})
            };
            let rows: Value = VENDOR.statuses[..5].iter().enumerate().map(row).collect();
            Ok(Answer::json(200, json!({"custom_statuses": rows})))
        }
        ("POST", ["api", "v2", "uploads"]) => upload(desk, call),
        ("POST", ["api", "v2", "requests"]) => create(desk, call, user),
        (method, ["api", "v2", path @ ..]) => {
            let user = user.ok_or_else(|| refuse(401, ""))?;
            signed_in(desk, call, &user, method, path)
        }
        _ => Err(refuse(404, "")),
    }
}

fn signed_in(desk: &mut Desk, call: &Call, user: &User, method: &str, path: &[&str]) -> Reply {
    match (method, path) {
        ("GET", ["requests"]) => {
            let rows = desk.own(&user.email);
            list(desk, call, wanted_status(call, rows), "created_at", "asc")
        }
        ("GET", ["requests", "search"]) => search(desk, call, user),
        ("GET", ["requests", id]) => {
            let ticket = readable(desk, user, id)?;
            Ok(Answer::json(
                200,
                json!({"request": request_json(desk, ticket)}),
            ))
        }
        ("PUT", ["requests", id]) => change(desk, call, user, id),
        ("GET", ["requests", id, "comments"]) => {
            let ticket = readable(desk, user, id)?;
            let agents = |message: &&Message| message.author != ticket.customer;
            let since = call
                .param("since")
                .and_then(|since| DateTime::parse_from_rfc3339(since).ok());
            let shown = desk.public(ticket).into_iter().filter(|message| {
                since.is_none_or(|since| message.at >= since)
                    && call
                        .param("role")
                        .is_none_or(|role| (role == "agent") == agents(message))
            });
            let rows: Vec<Value> = shown.map(|message| comment_json(desk, message)).collect();
            let mut body = paged(desk, call, "comments", rows);
            body["users"] = desk
                .users
                .iter()
                .map(|user| user_json(Some(user)))
                .collect();
            body["organizations"] = json!([]);
            Ok(Answer::json(200, body))
        }
        ("GET", ["requests", id, "comments", comment]) => {
            let ticket = readable(desk, user, id)?;
            let message = desk
                .public(ticket)
                .into_iter()
                .find(|message| message.id.to_string() == *comment);
            let message = message.ok_or_else(|| refuse(404, ""))?;
            Ok(Answer::json(
                200,
                json!({"comment": comment_json(desk, message)}),
            ))
        }
        ("POST", ["tickets", id, "satisfaction_rating"]) => {
            let rating = call.json()["satisfaction_rating"].clone();
            let ticket = readable(desk, user, id)?;
            if ticket.resolved_at.is_none() || !["good", "bad"].contains(&text(&rating, "score")) {
                return Err(refuse(422, "The ticket cannot be rated"));
            }
            let key = ticket.key.clone();
            if let Some(ticket) = desk.ticket_mut(&key) {
                ticket.rating = Some(rating.clone());
            }
            Ok(Answer::json(200, json!({"satisfaction_rating": rating})))
        }
        ("POST", ["users", "create_or_update"]) if user.role == Role::Admin => {
            let body = call.json()["user"].clone();
            let known = desk.user(text(&body, "email")).is_some();
            let made = desk.customer(text(&body, "email"), text(&body, "name"));
            let status = if known { 200 } else { 201 };
            Ok(Answer::json(
                status,
                json!({"user": user_json(Some(&made))}),
            ))
        }
        ("GET", ["users", "search"]) if user.role != Role::Customer => {
            let query = call.param("query").unwrap_or_default();
            let found = desk
                .users
                .iter()
                .filter(|user| query == user.email || query == format!("email:{}", user.email));
            let rows: Vec<Value> = found.map(|user| user_json(Some(user))).collect();
            Ok(Answer::json(
                200,
                json!({"users": rows, "count": rows.len(), "next_page": null}),
            ))
        }
        ("POST", ["tickets"]) if user.role != Role::Customer => ticket_once(desk, call, user),
        (_, ["tickets" | "users", ..]) => Err(refuse(
            403,
            "You do not have access to this page. Please contact the account owner.",
        )),
        _ => Err(refuse(404, "")),
    }
}

/// The end user whom the credential names; nobody where there is none.
fn acting(desk: &Desk, call: &Call) -> Result<Option<User>, Answer> {
    let Some(credential) = call.header("authorization") else {
        return Ok(None);
    };
    let account = desk
        .users
        .iter()
        .find(|user| user.role == Role::Admin)
        .map(|user| user.secret.as_str());
    let user = match (credential.strip_prefix("Bearer "), call.basic()) {
        (Some(token), _) => desk.users.iter().find(|user| user.secret == token),
        // A password is no credential here.
        (None, Some((name, token))) if account == Some(token.as_str()) => name
            .strip_suffix("/token")
            .and_then(|email| desk.user(email)),
        _ => None,
    };
    let user = user.ok_or_else(|| refuse(401, ""))?;
    if !user.verified {
        return Err(refuse(
            403,
            "You do not have access to this page. Please contact the account owner.",
        ));
    }
    Ok(Some(user.clone()))
}

fn readable<'a>(desk: &'a Desk, user: &User, id: &str) -> Result<&'a Ticket, Answer> {
    let ticket = desk
        .ticket(id)
        .filter(|ticket| ticket.customer == user.email);
    ticket.ok_or_else(|| refuse(404, ""))
}

fn wanted_status<'a>(call: &Call, mut rows: Vec<&'a Ticket>) -> Vec<&'a Ticket> {
    rows.retain(|ticket| call.param("status").is_none() || call.includes("status", &ticket.status));
    rows
}

fn search(desk: &Desk, call: &Call, user: &User) -> Reply {
    let per_page = call.number("per_page", 100).clamp(1, 100);
    if call.number("page", 1).saturating_mul(per_page) > 1000 {
        let words =
            "Invalid search: Requested response size was greater than Search Response Limits";
        return Err(Answer::json(
            422,
            json!({"error": "Unprocessable Entity", "description": words}),
        ));
    }
    let query = call.param("query").unwrap_or("*");
    let found = |ticket: &Ticket| {
        let texts = || {
            ticket
                .messages
                .iter()
                .filter(|message| !message.internal)
                .map(|message| &message.text)
        };
        query::matches(query, |field, value| match field {
            None => {
                value == "*"
                    || ticket.subject.contains(value)
                    || texts().any(|text| text.contains(value))
            }
            Some("order_by" | "sort") => true,
            Some("requester") => value == "me" || value == user.email,
            Some("status") => ticket.status == value,
            Some("fieldvalue") => ticket.fields.values().any(|field| field == value),
            Some(field) => field
                .strip_prefix("custom_field_")
                .is_some_and(|id| ticket.field(id) == value),
        })
    };
    let rows = desk.listed(|ticket| ticket.customer == user.email && found(ticket));
    let order = if query.contains("sort:asc") {
        "asc"
    } else {
        "desc"
    };
    list(desk, call, wanted_status(call, rows), "updated_at", order)
}

fn list(desk: &Desk, call: &Call, mut rows: Vec<&Ticket>, by: &str, order: &str) -> Reply {
    match call.param("sort_by").unwrap_or(by) {
        "updated_at" => rows.sort_by_key(|ticket| ticket.updated_at),
        _ => rows.sort_by_key(|ticket| ticket.created_at),
    }
    if call.param("sort_order").unwrap_or(order) == "desc" {
        rows.reverse();
    }
    let rows = rows
        .into_iter()
        .map(|ticket| request_json(desk, ticket))
        .collect();
    let mut body = paged(desk, call, "requests", rows);
    if call.includes("include", "users") {
        body["users"] = desk
            .users
            .iter()
            .map(|user| user_json(Some(user)))
            .collect();
    }
    Ok(Answer::json(200, body))
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}
