//! Zendesk, from the public reference of its Ticketing API (requests, comments, uploads, fields, forms, custom
//! statuses, satisfaction ratings; `POST /tickets` for its idempotency key); not the real system.
//!
//! Fields: 391130 "Order number" (text), 391131 "Product" (tagger: router, tv_box), 391132 "Portal key" (text), and
//! 391133 "Class", which is for agents: end users neither see nor set it. The credential is `{email}/token:{api_token}` with the address of an end user; the API token is the secret of
//! the service account. A user's own secret is an OAuth bearer token.
//! The documentation is silent on: the status of somebody else's request (404 here), an unknown upload token (passed
//! over here), `solved` when it may not be (passed over here), whether the search finds the values of fields by plain
//! words (not here: `fieldvalue:`), the order of cursor pages by `sort_by`. The search index is never behind here, in
//! the real system it is for minutes.

use crate::{
    desk::{Desk, File, Message, Role, Ticket, User, Vendor},
    exchange::{Answer, Call, Reply, window},
    query,
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

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
        ("POST", ["tickets"]) if user.role != Role::Customer => ticket_once(desk, call, user),
        _ if path.first() == Some(&"tickets") => Err(refuse(
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

/// By cursor where `page[size]` asks for it, else by number with a count.
fn paged(desk: &Desk, call: &Call, name: &str, rows: Vec<Value>) -> Value {
    let here = format!("{}{}", desk.base_url, call.path);
    let Some(size) = call.param("page[size]") else {
        let per_page = call.number("per_page", 100).clamp(1, 100);
        let page = call.number("page", 1).max(1);
        let count = rows.len();
        let (rows, more) = window(rows, (page - 1).saturating_mul(per_page), per_page);
        let link = |page: usize| format!("{here}?page={page}&per_page={per_page}");
        return json!({name: rows, "count": count, "next_page": more.then(|| link(page + 1)),
            "previous_page": (page > 1).then(|| link(page - 1))});
    };
    let size = size.parse().unwrap_or(100).clamp(1, 100);
    let start = call
        .param("page[after]")
        .and_then(|cursor| cursor.strip_prefix("after-")?.parse().ok())
        .unwrap_or(0);
    let (rows, more) = window(rows, start, size);
    let after = format!("after-{}", start + rows.len());
    // The link repeats what was asked, but for the place.
    let kept = call.query.iter().filter(|(name, _)| name != "page[after]");
    let next = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("page[after]", &after)
        .finish();
    json!({name: rows, "meta": {"has_more": more, "after_cursor": more.then_some(after), "before_cursor": null},
        "links": {"next": more.then(|| format!("{here}?{next}")), "prev": null}})
}

fn upload(desk: &mut Desk, call: &Call) -> Reply {
    let name = call
        .param("filename")
        .ok_or_else(|| Answer::json(400, json!({"error": "filename is required"})))?;
    let kind = call
        .header("content-type")
        .unwrap_or("application/octet-stream");
    let file = desk.file(name, kind, call.body.clone());
    let token = format!("upload-{}", file.id);
    let expires = at(desk.now() + TimeDelta::minutes(60));
    let shape = file_json(desk, &file);
    desk.uploads.push(crate::desk::Upload {
        token: token.clone(),
        file,
    });
    let body = json!({"upload": {"token": token, "expires_at": expires, "attachment": shape, "attachments": [shape]}});
    Ok(Answer::json(201, body))
}

fn create(desk: &mut Desk, call: &Call, user: Option<User>) -> Reply {
    let body = call.json()["request"].clone();
    let requester = &body["requester"];
    let user = match user {
        Some(user) => user,
        None if !text(requester, "email").is_empty() => {
            desk.customer(text(requester, "email"), text(requester, "name"))
        }
        None => {
            return Err(refuse(
                422,
                "Requester: Name: is too short (minimum one character)",
            ));
        }
    };
    if let Some(source) = body["via_followup_source_id"].as_u64() {
        let ticket = readable(desk, &user, &source.to_string())?;
        if ticket.status != "closed" {
            return Err(refuse(422, "Via followup source is not closed"));
        }
    }
    let key = new_ticket(desk, &user.email, &user.email, &body)?;
    let ticket = desk.ticket(&key).ok_or_else(|| refuse(404, ""))?;
    let location = format!("{}/api/v2/requests/{key}.json", desk.base_url);
    Ok(
        Answer::json(201, json!({"request": request_json(desk, ticket)}))
            .header("location", location),
    )
}

fn new_ticket(
    desk: &mut Desk,
    customer: &str,
    author: &str,
    body: &Value,
) -> Result<String, Answer> {
    let words = text(&body["comment"], "body").to_owned() + text(&body["comment"], "html_body");
    if text(body, "subject").is_empty() || words.is_empty() {
        return Err(refuse(422, "Description: cannot be blank"));
    }
    let mut first = desk.message(author, &words, false);
    first.html = text(&body["comment"], "body").is_empty();
    first.files = desk.take_uploads(&body["comment"]["uploads"]);
    let ticket = desk.create(customer, text(body, "subject"), first);
    for name in [
        "priority",
        "type",
        "ticket_form_id",
        "via_followup_source_id",
        "external_id",
    ] {
        if let Some(value) = body.get(name) {
            ticket.fields.insert(String::from(name), value.clone());
        }
    }
    for field in body["custom_fields"].as_array().into_iter().flatten() {
        // A field that is not the customer's, or an option that does not exist, is dropped.
        let known = FIELDS
            .iter()
            .find(|known| known.3 && field["id"] == known.0);
        if known.is_some_and(|known| known.4.is_empty() || known.4.contains(&text(field, "value")))
        {
            ticket
                .fields
                .insert(field["id"].to_string(), field["value"].clone());
        }
    }
    Ok(ticket.key.clone())
}

/// Agents' way to create, with the documented idempotency key.
fn ticket_once(desk: &mut Desk, call: &Call, user: &User) -> Reply {
    let key = call.header("idempotency-key").map(String::from);
    if let Some((body, answer)) = key.as_ref().and_then(|key| desk.replays.get(key)) {
        if *body != call.body {
            let words = "Request parameters do not match the given idempotency key";
            return Err(Answer::json(
                400,
                json!({"error": "IdempotentRequestError", "description": words}),
            ));
        }
        let again = Answer::json(201, answer.clone());
        return Ok(again.header("x-idempotency-lookup", String::from("hit")));
    }
    let body = call.json()["ticket"].clone();
    let customer = match text(&body["requester"], "email") {
        "" => user.email.clone(),
        email => desk.customer(email, text(&body["requester"], "name")).email,
    };
    let id = new_ticket(desk, &customer, &customer, &body)?;
    let ticket = desk.ticket(&id).ok_or_else(|| refuse(404, ""))?;
    let body = json!({"ticket": request_json(desk, ticket)});
    let answer = Answer::json(201, body.clone());
    let Some(key) = key else {
        return Ok(answer);
    };
    desk.replays.insert(key, (call.body.clone(), body));
    Ok(answer.header("x-idempotency-lookup", String::from("miss")))
}

/// A comment reopens what is pending, on hold or solved; nothing changes what is closed.
fn change(desk: &mut Desk, call: &Call, user: &User, id: &str) -> Reply {
    let body = call.json()["request"].clone();
    let ticket = readable(desk, user, id)?;
    let (status, solvable) = (ticket.status.clone(), solvable(ticket));
    if status == "closed" {
        let details = json!({"status": [{"description": "Status: closed prevents ticket update"}]});
        let body = json!({"error": "RecordInvalid", "description": "Record validation errors", "details": details});
        return Err(Answer::json(422, body));
    }
    let words = text(&body["comment"], "body");
    if !words.is_empty() {
        let mut message = desk.message(&user.email, words, false);
        message.files = desk.take_uploads(&body["comment"]["uploads"]);
        desk.say(id, message);
        if ["pending", "hold", "solved"].contains(&status.as_str()) {
            desk.set_status(id, "open");
        }
    }
    if body["solved"] == true && solvable {
        desk.set_status(id, "solved");
    }
    let ticket = readable(desk, user, id)?;
    Ok(Answer::json(
        200,
        json!({"request": request_json(desk, ticket)}),
    ))
}

/// An agent has taken it, and work is not over.
fn solvable(ticket: &Ticket) -> bool {
    ticket.answered() && ticket.resolved_at.is_none()
}

fn request_json(desk: &Desk, ticket: &Ticket) -> Value {
    let status = VENDOR
        .statuses
        .iter()
        .position(|name| *name == ticket.status)
        .unwrap_or(0);
    let fields = FIELDS.iter().filter(|field| field.3);
    let fields =
        fields.map(|field| json!({"id": field.0, "value": ticket.field(&field.0.to_string())}));
    let fields: Value = fields.collect();
    json!({
        "id": ticket.id, "url": format!("{}/api/v2/requests/{}.json", desk.base_url, ticket.id),
        "subject": ticket.subject, "description": ticket.messages[0].as_text(),
        "status": ticket.status, "custom_status_id": 35000 + status.min(4),
        "priority": ticket.field("priority"), "type": ticket.field("type"),
        "custom_fields": fields, "fields": fields, "requester_id": desk.id_of(&ticket.customer),
        "assignee_id": if ticket.answered() { desk.id_of("agent@desk.test") } else { Value::Null },
        "group_id": null, "organization_id": null, "collaborator_ids": [], "cc_emails": [], "is_public": true,
        "due_at": ticket.due.resolution.map(at), "can_be_solved_by_me": solvable(ticket),
        "solved": ticket.resolved_at.is_some(), "followup_source_id": ticket.field("via_followup_source_id"),
        "ticket_form_id": ticket.field("ticket_form_id"), "via": {"channel": "api", "source": {}},
        "created_at": at(ticket.created_at), "updated_at": at(ticket.updated_at),
    })
}

fn comment_json(desk: &Desk, message: &Message) -> Value {
    let html = format!(
        "<div class=\"zd-comment\" dir=\"auto\">{}</div>",
        message.as_html()
    );
    json!({"id": message.id, "type": "Comment", "request_id": null, "author_id": desk.id_of(&message.author),
        "body": message.as_text(), "html_body": html, "plain_body": message.as_text(), "public": !message.internal,
        "attachments": message.files.iter().map(|file| file_json(desk, file)).collect::<Value>(),
        "created_at": at(message.at)})
}

fn file_json(desk: &Desk, file: &File) -> Value {
    let url = format!(
        "{}/attachments/token/file-{}/?name={}",
        desk.base_url, file.id, file.id
    );
    json!({"id": file.id, "file_name": file.name, "name": file.name, "content_url": url,
        "content_type": file.content_type, "size": file.bytes.len(), "inline": false, "thumbnails": []})
}

fn field_json(field: &(u64, &str, &str, bool, &[&str])) -> Value {
    let (id, title, kind, visible, options) = field;
    let option = |name: &&str| json!({"name": name.replace('_', " "), "value": name});
    json!({"id": id, "type": kind, "title": title, "title_in_portal": title, "active": true, "description": "",
        "visible_in_portal": visible, "editable_in_portal": visible, "required_in_portal": false, "required": false,
        "regexp_for_validation": null, "custom_field_options": options.iter().map(option).collect::<Value>()})
}

/// A caller without credentials is a user without a number, and the answer is 200 all the same.
fn user_json(user: Option<&User>) -> Value {
    let Some(user) = user else {
        return json!({"id": null, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"});
    };
    let role = match user.role {
        Role::Customer => "end-user",
        Role::Agent => "agent",
        Role::Admin => "admin",
    };
    json!({"id": user.id, "name": user.name, "email": user.email, "role": role, "verified": user.verified,
        "agent": user.role != Role::Customer, "photo": null})
}

fn at(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}
