//! What goes out, in its documented shapes.

use super::{OWN_FIELDS, PRODUCTS, STATUS_NAMES, VENDOR};
use crate::{
    desk::{Desk, File, Message, Ticket, User},
    exchange::{Answer, Call, window},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

pub(super) fn paged(desk: &Desk, call: &Call, rows: Vec<Value>) -> Answer {
    let per_page = call.number("per_page", 30).clamp(1, 100);
    let page = call.number("page", 1).max(1);
    let (rows, more) = window(rows, (page - 1).saturating_mul(per_page), per_page);
    let answer = Answer::json(200, Value::Array(rows));
    if !more {
        return answer;
    }
    let kept = call.query.iter().filter(|(name, _)| name != "page");
    let mut next = form_urlencoded::Serializer::new(String::new());
    let next = next
        .extend_pairs(kept)
        .append_pair("page", &(page + 1).to_string())
        .finish();
    answer.header(
        "link",
        format!("<{}{}?{next}>; rel=\"next\"", desk.base_url, call.path),
    )
}

pub(super) fn ticket_json(desk: &Desk, ticket: &Ticket) -> Value {
    let number = |name: &str, otherwise: u64| {
        ticket
            .fields
            .get(name)
            .and_then(Value::as_u64)
            .unwrap_or(otherwise)
    };
    let own = OWN_FIELDS.map(|name| (String::from(name), ticket.field(name)));
    json!({
        "id": ticket.id, "subject": ticket.subject, "status": ticket.status.parse::<u64>().unwrap_or(2),
        "priority": number("priority", 1), "source": number("source", 2), "type": ticket.field("type"),
        "requester_id": desk.id_of(&ticket.customer), "responder_id": null, "group_id": null, "company_id": null,
        "cc_emails": [], "fwd_emails": [], "reply_cc_emails": [], "to_emails": null, "spam": false, "tags": [],
        "fr_escalated": false, "is_escalated": false, "email_config_id": null, "product_id": null,
        "fr_due_by": ticket.due.first_response.map(at), "due_by": ticket.due.resolution.map(at),
        "custom_fields": Map::from_iter(own),
        "created_at": at(ticket.created_at), "updated_at": at(ticket.updated_at),
    })
}

pub(super) fn included(desk: &Desk, call: &Call, ticket: &Ticket, mut row: Value) -> Value {
    if call.includes("include", "requester") {
        let user = desk.user(&ticket.customer);
        row["requester"] =
            json!(user.map(|user| json!({"id": user.id, "name": user.name, "email": user.email})));
    }
    if call.includes("include", "stats") {
        let first = ticket.answers().next().map(|message| at(message.at));
        let since = |status: &str| {
            ticket
                .resolved_at
                .filter(|_| ticket.status == status)
                .map(at)
        };
        row["stats"] = json!({"agent_responded_at": first, "first_responded_at": first, "requester_responded_at": null,
            "status_updated_at": at(ticket.updated_at), "reopened_at": null, "pending_since": null,
            "resolved_at": ticket.resolved_at.map(at), "closed_at": since("5")});
    }
    row
}

pub(super) fn conversation_json(desk: &Desk, ticket: &Ticket, message: &Message) -> Value {
    let incoming = message.author == ticket.customer;
    json!({"id": message.id, "ticket_id": ticket.id, "user_id": desk.id_of(&message.author),
        "body": message.as_html(), "body_text": message.as_text(), "incoming": incoming, "private": message.internal,
        "source": if message.internal || incoming { 2 } else { 0 }, "support_email": null, "to_emails": [],
        "attachments": files_json(desk, &message.files), "created_at": at(message.at), "updated_at": at(message.at)})
}

pub(super) fn files_json(desk: &Desk, files: &[File]) -> Value {
    let row = |file: &File| {
        let url = format!("{}/attachments/{}?signature=signed", desk.base_url, file.id);
        json!({"id": file.id, "name": file.name, "content_type": file.content_type, "size": file.bytes.len(),
            "attachment_url": url})
    };
    files.iter().map(row).collect()
}

pub(super) fn fields() -> Value {
    let statuses = VENDOR
        .statuses
        .iter()
        .zip(STATUS_NAMES)
        .map(|(id, names)| (String::from(*id), json!(names)));
    let row = |(id, name, label, kind, choices): (u64, &str, &str, &str, Value)| {
        json!({"id": id, "name": name, "label": label, "label_for_customers": label, "type": kind, "choices": choices,
            "default": !name.starts_with("cf_"), "position": id,
            "customers_can_edit": true, "displayed_to_customers": true,
            "required_for_customers": name == "subject", "required_for_agents": false, "required_for_closure": false})
    };
    let all = [
        (1, "subject", "Subject", "default_subject", Value::Null),
        (
            2,
            "status",
            "Status",
            "default_status",
            Value::Object(statuses.collect()),
        ),
        (
            3,
            "priority",
            "Priority",
            "default_priority",
            json!({"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}),
        ),
        (
            4,
            "description",
            "Description",
            "default_description",
            Value::Null,
        ),
        (
            5,
            "cf_order_number",
            "Order number",
            "custom_text",
            Value::Null,
        ),
        (
            6,
            "cf_product",
            "Product",
            "custom_dropdown",
            json!(PRODUCTS),
        ),
        (7, "cf_portal_key", "Portal key", "custom_text", Value::Null),
    ];
    all.map(row).into_iter().collect()
}

pub(super) fn contact_json(user: &User) -> Value {
    json!({"id": user.id, "name": user.name, "email": user.email, "active": user.verified, "phone": null,
        "mobile": null, "company_id": null, "view_all_tickets": false})
}

pub(super) fn at(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
