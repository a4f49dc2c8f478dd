//! Jira Service Management, from the public reference of its REST API (`/rest/servicedeskapi`), with the two calls of
//! the Jira platform that a service account needs beside it (user search, JQL search); not the real system.
//!
//! Service desk 10 "SD"; request types 25 "Get help" and 26 "Report a fault"; fields `customfield_10010` "Order
//! number", `customfield_10011` "Product" (option 1 Router, 2 TV box), `customfield_10012` "Portal key". Credentials
//! are Basic `email:secret`. There is no impersonation: customers raise for themselves, agents with `raiseOnBehalfOf`,
//! and a comment is written by whoever signed in.
//! The documentation is silent on: the status of somebody else's request (404 here), whether `OWNED_REQUESTS` means
//! the creator or the reporter (the reporter here), whether `ALL_REQUESTS` shows an agent every request (here it does),
//! the status that a customer's comment leads to (`Waiting for support`, by the automation that a new project has).

mod shape;

use crate::{
    desk::{Desk, Message, Role, Ticket, Upload, User, Vendor},
    exchange::{Answer, Call, Reply, window},
    query,
};
use serde_json::{Value, json};
use shape::{
    account_id, comment_json, comments, date, fields, file_json, files, page, paged, request_json,
    sla, status_json, transitions, types, user_json,
};

pub(crate) static VENDOR: Vendor = Vendor {
    statuses: &[
        "Waiting for support",
        "In progress",
        "Waiting for customer",
        "Resolved",
        "Closed",
        "Canceled",
        "Open",
        "Escalated",
    ],
    over: &["Resolved", "Closed", "Canceled"],
    answered: Some(("Waiting for support", "Waiting for customer")),
    prefix: "SD-",
    answer: |desk, call| route(desk, call).unwrap_or_else(|refusal| refusal),
    error,
    limits: |_| Vec::new(),
};

const OWN_FIELDS: [(&str, &str); 3] = [
    ("customfield_10010", "Order number"),
    ("customfield_10011", "Product"),
    ("customfield_10012", "Portal key"),
];

fn error(_: u16, words: &str) -> Value {
    json!({"errorMessage": words, "i18nErrorMessage": {"i18nKey": "sd.error", "parameters": []}})
}

fn refuse(status: u16, words: &str) -> Answer {
    Answer::json(status, error(status, words))
}

fn route(desk: &mut Desk, call: &Call) -> Reply {
    let basic = call.basic();
    let user = basic.and_then(|(email, secret)| {
        desk.user(&email)
            .filter(|user| user.secret == secret)
            .cloned()
    });
    let user =
        user.ok_or_else(|| refuse(401, "Client must be authenticated to access this resource."))?;
    let staff = user.role != Role::Customer;
    let segments = call.segments();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["rest", "api", "3" | "2", "myself"]) => Ok(Answer::json(200, user_json(&user))),
        ("GET", ["rest", "api", "3" | "2", "user", "search"]) if staff => {
            let query = call.param("query").unwrap_or_default();
            let found = desk
                .users
                .iter()
                .filter(|user| user.email.starts_with(query));
            Ok(Answer::json(200, found.map(user_json).collect()))
        }
        ("GET", ["rest", "api", "3", "search", "jql"]) if staff => Ok(jql(desk, call)),
        ("GET", ["rest", "api", ..]) => Err(refuse(403, "You do not have permission to do this")),
        (method, ["rest", "servicedeskapi", path @ ..]) => portal(desk, call, &user, method, path),
        _ => Err(refuse(404, "Not found")),
    }
}

fn portal(desk: &mut Desk, call: &Call, user: &User, method: &str, path: &[&str]) -> Reply {
    let staff = user.role != Role::Customer;
    match (method, path) {
        ("GET", ["servicedesk"]) => {
            let row = json!({"id": "10", "projectId": "11001", "projectName": "Support", "projectKey": "SD"});
            Ok(paged(desk, call, vec![row]))
        }
        ("GET", ["servicedesk", "10", "requesttype"]) => Ok(paged(desk, call, types())),
        ("GET", ["servicedesk", "10", "requesttype", "25" | "26", "field"]) => {
            Ok(Answer::json(200, fields(staff)))
        }
        ("GET", ["servicedesk", "10", "customer"]) if staff => {
            let query = call.param("query").unwrap_or_default();
            let customers = desk.users.iter().filter(|user| user.role == Role::Customer);
            let rows = customers
                .filter(|user| user.email.contains(query))
                .map(user_json)
                .collect();
            Ok(paged(desk, call, rows))
        }
        // Who has an account already is let in by this.
        ("POST", ["servicedesk", "10", "customer"]) if staff => Ok(Answer::empty(204)),
        ("POST", ["servicedesk", "10", "attachTemporaryFile"]) => upload(desk, call),
        ("POST", ["customer"]) if user.role == Role::Admin => {
            let body = call.json();
            let email = body["email"].as_str().unwrap_or_default();
            if email.is_empty() || desk.user(email).is_some() {
                return Err(refuse(400, "An account already exists for this email"));
            }
            let name = body["displayName"].as_str().unwrap_or_default();
            Ok(Answer::json(201, user_json(&desk.customer(email, name))))
        }
        ("POST", ["customer"]) => Err(refuse(
            403,
            "You must be an administrator to create customers",
        )),
        ("POST", ["request"]) => create(desk, call, user),
        ("GET", ["request"]) => {
            let all = staff
                && call
                    .param("requestOwnership")
                    .is_none_or(|which| which == "ALL_REQUESTS");
            let wanted = |ticket: &Ticket| match call.param("requestStatus") {
                Some("OPEN_REQUESTS") => ticket.resolved_at.is_none(),
                Some("CLOSED_REQUESTS") => ticket.resolved_at.is_some(),
                _ => true,
            };
            let term = call.param("searchTerm").unwrap_or_default();
            let mut rows = desk.listed(|ticket| {
                (all || ticket.customer == user.email)
                    && wanted(ticket)
                    && ticket.subject.contains(term)
            });
            rows.sort_by_key(|ticket| std::cmp::Reverse(ticket.updated_at));
            let rows = rows
                .into_iter()
                .map(|ticket| request_json(desk, ticket, user, call))
                .collect();
            Ok(paged(desk, call, rows))
        }
        (_, ["request", key, rest @ ..]) => {
            let found = desk
                .ticket(key)
                .filter(|ticket| staff || ticket.customer == user.email);
            let words = "The request you are trying to view does not exist, or you do not have permission to view it.";
            let ticket = found.cloned().ok_or_else(|| refuse(404, words))?;
            of_request(desk, call, user, &ticket, method, rest)
        }
        _ => Err(refuse(404, "Not found")),
    }
}

fn of_request(
    desk: &mut Desk,
    call: &Call,
    user: &User,
    ticket: &Ticket,
    method: &str,
    path: &[&str],
) -> Reply {
    let staff = user.role != Role::Customer;
    let body = call.json();
    match (method, path) {
        ("GET", []) => Ok(Answer::json(200, request_json(desk, ticket, user, call))),
        ("GET", ["comment"]) => {
            let rows = comments(desk, ticket, user, call);
            Ok(paged(desk, call, rows))
        }
        ("POST", ["comment"]) => {
            let text = body["body"].as_str().filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| refuse(400, "Comment body is required"))?;
            // To leave `public` out makes an agent's comment internal; a customer's is public whatever is sent.
            let message = desk.message(&user.email, text, staff && body["public"] != true);
            commented(desk, ticket, message.clone());
            Ok(Answer::json(
                201,
                comment_json(desk, ticket, &message, false),
            ))
        }
        ("POST", ["attachment"]) => {
            let files = desk.take_uploads(&body["temporaryAttachmentIds"]);
            if files.is_empty() {
                return Err(refuse(400, "Temporary attachment was not found"));
            }
            let text = body["additionalComment"]["body"]
                .as_str()
                .unwrap_or_default();
            let mut message = desk.message(&user.email, text, staff && body["public"] != true);
            message.files = files;
            commented(desk, ticket, message.clone());
            let files = message
                .files
                .iter()
                .map(|file| file_json(desk, ticket, &message, file))
                .collect();
            let answer = json!({"comment": comment_json(desk, ticket, &message, false),
                "attachments": page(desk, call, files)});
            Ok(Answer::json(201, answer))
        }
        ("GET", ["attachment"]) => {
            let rows = files(desk, ticket, staff);
            Ok(paged(desk, call, rows))
        }
        ("GET", ["attachment", id]) => {
            let found = desk
                .find_file(id)
                .filter(|(of, message, _)| of.id == ticket.id && (staff || !message.internal));
            let (_, _, file) = found.ok_or_else(|| refuse(404, "Attachment not found"))?;
            Ok(Answer::bytes(&file.content_type, &file.bytes))
        }
        ("GET", ["status"]) => Ok(paged(desk, call, vec![status_json(ticket)])),
        ("GET", ["transition"]) => {
            let rows = transitions(ticket)
                .iter()
                .map(|(id, name, _)| json!({"id": id, "name": name}))
                .collect();
            Ok(paged(desk, call, rows))
        }
        ("POST", ["transition"]) => {
            let found = transitions(ticket)
                .iter()
                .find(|(id, ..)| body["id"] == *id);
            let (_, _, status) =
                found.ok_or_else(|| refuse(400, "The transition is not valid for this request"))?;
            if let Some(text) = body["additionalComment"]["body"].as_str() {
                let message = desk.message(&user.email, text, false);
                desk.say(&ticket.key, message);
            }
            desk.set_status(&ticket.key, status);
            Ok(Answer::empty(204))
        }
        ("GET", ["sla"]) => Ok(paged(desk, call, sla(desk, ticket))),
        ("GET", ["feedback"]) => Ok(Answer::json(
            200,
            ticket.rating.clone().unwrap_or(json!({"type": "csat"})),
        )),
        ("POST", ["feedback"]) => {
            if ticket.customer != user.email {
                return Err(refuse(
                    403,
                    "Only the reporter of the request can give feedback",
                ));
            }
            if body["type"] != "csat" || !(1..=5).contains(&body["rating"].as_i64().unwrap_or(0)) {
                return Err(refuse(400, "Rating must be between 1 and 5"));
            }
            if let Some(ticket) = desk.ticket_mut(&ticket.key) {
                ticket.rating = Some(body.clone());
            }
            Ok(Answer::json(201, body))
        }
        _ => Err(refuse(404, "Not found")),
    }
}

/// A message goes in, and a customer's public one moves the status.
fn commented(desk: &mut Desk, ticket: &Ticket, message: Message) {
    let moves = message.author == ticket.customer && ticket.status == "Waiting for customer";
    desk.say(&ticket.key, message);
    if moves {
        desk.set_status(&ticket.key, VENDOR.statuses[0]);
    }
}

fn create(desk: &mut Desk, call: &Call, user: &User) -> Reply {
    let body = call.json();
    let values = body["requestFieldValues"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    if body["serviceDeskId"] != "10"
        || !["25", "26"]
            .iter()
            .any(|kind| body["requestTypeId"] == *kind)
    {
        return Err(refuse(
            400,
            "The service desk or request type does not exist",
        ));
    }
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("summary").is_empty() {
        return Err(refuse(
            400,
            "Your request could not be created. Please check the fields: summary is required",
        ));
    }
    let known = |name: &str| {
        ["summary", "description"].contains(&name) || OWN_FIELDS.iter().any(|(id, _)| *id == name)
    };
    if let Some(name) = values.keys().find(|name| !known(name)) {
        return Err(refuse(
            400,
            &format!("Field '{name}' cannot be set. It is not on the request type"),
        ));
    }
    let product = &values
        .get("customfield_10011")
        .map_or(Value::Null, |option| option["id"].clone());
    if !product.is_null() && *product != "1" && *product != "2" {
        return Err(refuse(400, "Option id is not valid for customfield_10011"));
    }
    let customer = match body["raiseOnBehalfOf"].as_str() {
        None => user.clone(),
        Some(_) if user.role == Role::Customer => {
            return Err(refuse(
                403,
                "You do not have permission to raise a request on behalf of another user",
            ));
        }
        Some(account) => {
            let other = desk
                .users
                .iter()
                .find(|user| account_id(user) == account)
                .cloned();
            other.ok_or_else(|| refuse(400, "The user to raise the request for does not exist"))?
        }
    };
    let first = desk.message(&customer.email, text("description"), false);
    let ticket = desk.create(&customer.email, text("summary"), first);
    ticket.fields.clone_from(&values);
    ticket
        .fields
        .insert(String::from("requestTypeId"), body["requestTypeId"].clone());
    let ticket = ticket.clone();
    Ok(Answer::json(201, request_json(desk, &ticket, user, call)))
}

fn upload(desk: &mut Desk, call: &Call) -> Reply {
    if call.header("x-atlassian-token") != Some("no-check") {
        return Err(refuse(403, "XSRF check failed"));
    }
    let mut rows = Vec::new();
    for part in call.parts().into_iter().filter(|part| part.name == "file") {
        let name = part.file_name.unwrap_or_default();
        let file = desk.file(&name, &part.content_type, part.bytes);
        let token = format!("temp{}", file.id);
        rows.push(json!({"temporaryAttachmentId": token, "fileName": name}));
        desk.uploads.push(Upload { token, file });
    }
    if rows.is_empty() {
        return Err(refuse(400, "No file was sent"));
    }
    Ok(Answer::json(201, json!({"temporaryAttachments": rows})))
}

/// Platform search, by token and without a total.
fn jql(desk: &Desk, call: &Call) -> Answer {
    let jql = call.param("jql").unwrap_or_default();
    let found = |ticket: &Ticket| {
        query::matches(jql, |field, value| match field {
            Some("project") => value == "SD",
            Some("key" | "issuekey") => ticket.key == value,
            Some("reporter") => desk
                .user(&ticket.customer)
                .is_some_and(|user| account_id(user) == value),
            Some("status") => ticket.status == value,
            Some("summary" | "text") => {
                ticket.subject.contains(value) || ticket.messages[0].text.contains(value)
            }
            Some(field) => OWN_FIELDS.iter().any(|(id, name)| {
                let number = format!("cf[{}]", id.trim_start_matches("customfield_"));
                (field == *name || field == number) && ticket.field(id) == value
            }),
            None => false,
        })
    };
    let mut rows = desk.listed(found);
    rows.sort_by_key(|ticket| std::cmp::Reverse(ticket.updated_at));
    let start = call.number("nextPageToken", 0);
    let limit = call.number("maxResults", 50).clamp(1, 100);
    let (rows, more) = window(rows, start, limit);
    let issue = |ticket: &&Ticket| {
        json!({"id": (10000 + ticket.id).to_string(), "key": ticket.key, "fields": {"summary": ticket.subject,
            "status": {"name": ticket.status}, "reporter": desk.user(&ticket.customer).map(user_json),
            "created": date(ticket.created_at)["jira"], "updated": date(ticket.updated_at)["jira"]}})
    };
    let mut body = json!({"issues": rows.iter().map(issue).collect::<Value>(), "isLast": !more});
    if more {
        body["nextPageToken"] = json!((start + limit).to_string());
    }
    Answer::json(200, body)
}
