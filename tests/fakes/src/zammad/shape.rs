//! What goes out, in its documented shapes.

use super::{GROUPS, OWN_FIELDS, PRIORITIES, VENDOR};
use crate::desk::{Desk, File, Message, Role, Ticket, User};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

pub(super) fn ticket_json(desk: &Desk, ticket: &Ticket, expand: bool) -> Value {
    let state = VENDOR
        .statuses
        .iter()
        .position(|name| *name == ticket.status);
    let group = ticket
        .fields
        .get("group")
        .and_then(Value::as_str)
        .unwrap_or(GROUPS[0]);
    let priority = ticket
        .fields
        .get("priority")
        .and_then(Value::as_str)
        .unwrap_or(PRIORITIES[1]);
    let place = |names: &[&str], name: &str| {
        names
            .iter()
            .position(|known| *known == name)
            .map(|at| at + 1)
    };
    let due = &ticket.due;
    let mut row = json!({
        "id": ticket.id, "number": number(ticket), "title": ticket.subject,
        "group_id": place(&GROUPS, group), "priority_id": place(&PRIORITIES, priority),
        "state_id": state.map(|at| at + 1), "organization_id": null, "owner_id": 1,
        "customer_id": desk.id_of(&ticket.customer), "note": null,
        "article_count": ticket.messages.len(), "type": null, "preferences": {},
        "first_response_at": ticket.answers().next().map(|message| at(message.at)),
        "first_response_escalation_at": due.first_response.map(at),
        "close_escalation_at": due.resolution.map(at), "update_escalation_at": null,
        "escalation_at": due.first_response.into_iter().chain(due.resolution).min().map(at),
        "close_at": ticket.resolved_at.map(at), "pending_time": null,
        "created_at": at(ticket.created_at), "updated_at": at(ticket.updated_at),
    });
    for name in OWN_FIELDS {
        row[name] = ticket.field(name);
    }
    if expand {
        row["group"] = json!(group);
        row["priority"] = json!(priority);
        row["state"] = json!(ticket.status);
        row["customer"] = json!(ticket.customer);
        row["owner"] = json!("-");
        // Those of internal articles are among them.
        row["article_ids"] = ticket.messages.iter().map(|message| message.id).collect();
    }
    row
}

pub(super) fn article_json(desk: &Desk, ticket: &Ticket, message: &Message) -> Value {
    let author = desk.user(&message.author);
    let customer = author.is_none_or(|user| user.role == Role::Customer);
    let file = |file: &File| {
        json!({"id": file.id, "store_file_id": file.id, "filename": file.name,
            "size": file.bytes.len().to_string(),
            "preferences": {"Content-Type": file.content_type, "Mime-Type": file.content_type}})
    };
    let html = message.html || !customer;
    json!({
        "id": message.id, "ticket_id": ticket.id, "subject": null,
        "type_id": if customer { 11 } else { 10 }, "type": if customer { "web" } else { "note" },
        "sender_id": if customer { 2 } else { 1 }, "sender": if customer { "Customer" } else { "Agent" },
        "from": author.map(|user| user.name.clone()), "to": null, "cc": null,
        "body": if html { message.as_html() } else { message.text.clone() },
        "content_type": if html { "text/html" } else { "text/plain" },
        "internal": message.internal, "attachments": message.files.iter().map(file).collect::<Value>(),
        "created_by_id": desk.id_of(&message.author), "created_by": message.author,
        "created_at": at(message.at), "updated_at": at(message.at),
    })
}

pub(super) fn attributes() -> Value {
    let shown = json!({"create_middle": {"ticket.customer": {"shown": true, "required": false}}});
    let row = |(id, name, display, kind, option): (u64, &str, &str, &str, Value)| {
        json!({"id": id, "name": name, "object": "Ticket", "display": display, "data_type": kind,
            "data_option": option, "active": true, "editable": true, "screens": shown})
    };
    let products = json!({"options": {"Router": "Router", "TV box": "TV box"}, "null": true});
    let fields = [
        (
            31,
            "order_number",
            "Order number",
            "input",
            json!({"type": "text", "maxlength": 120, "null": true}),
        ),
        (32, "product", "Product", "select", products),
        (
            33,
            "portal_key",
            "Portal key",
            "input",
            json!({"type": "text", "maxlength": 120, "null": true}),
        ),
    ];
    fields.map(row).into_iter().collect()
}

pub(super) fn user_json(user: &User) -> Value {
    let (first, last) = user.name.split_once(' ').unwrap_or((&user.name, ""));
    let roles = match user.role {
        Role::Customer => json!(["Customer"]),
        Role::Agent => json!(["Agent"]),
        Role::Admin => json!(["Admin", "Agent"]),
    };
    json!({"id": user.id, "login": user.email, "email": user.email, "firstname": first, "lastname": last,
        "active": true, "verified": user.verified, "roles": roles})
}

pub(super) fn named(names: &[&str]) -> Value {
    let row = |(at, name): (usize, &&str)| json!({"id": at + 1, "name": name, "active": true});
    names.iter().enumerate().map(row).collect()
}

pub(super) fn number(ticket: &Ticket) -> String {
    format!("{}", 67000 + ticket.id)
}

pub(super) fn at(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}
