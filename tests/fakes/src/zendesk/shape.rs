//! What goes out, in its documented shapes.

use super::{FIELDS, VENDOR};
use crate::{
    desk::{Desk, File, Message, Role, Ticket, User},
    exchange::{Call, window},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// By cursor where `page[size]` asks for it, else by number with a count.
pub(super) fn paged(desk: &Desk, call: &Call, name: &str, rows: Vec<Value>) -> Value {
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

/// An agent has taken it, and work is not over.
pub(super) fn solvable(ticket: &Ticket) -> bool {
    ticket.answered() && ticket.resolved_at.is_none()
}

pub(super) fn request_json(desk: &Desk, ticket: &Ticket) -> Value {
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

pub(super) fn comment_json(desk: &Desk, message: &Message) -> Value {
    let html = format!(
        "<div class=\"zd-comment\" dir=\"auto\">{}</div>",
        message.as_html()
    );
    json!({"id": message.id, "type": "Comment", "request_id": null, "author_id": desk.id_of(&message.author),
        "body": message.as_text(), "html_body": html, "plain_body": message.as_text(), "public": !message.internal,
        "attachments": message.files.iter().map(|file| file_json(desk, file)).collect::<Value>(),
        "created_at": at(message.at)})
}

pub(super) fn file_json(desk: &Desk, file: &File) -> Value {
    let url = format!(
        "{}/attachments/token/file-{}/?name={}",
        desk.base_url, file.id, file.id
    );
    json!({"id": file.id, "file_name": file.name, "name": file.name, "content_url": url,
        "content_type": file.content_type, "size": file.bytes.len(), "inline": false, "thumbnails": []})
}

pub(super) fn field_json(field: &(u64, &str, &str, bool, &[&str])) -> Value {
    let (id, title, kind, visible, options) = field;
    let option = |name: &&str| json!({"name": name.replace('_', " "), "value": name});
    json!({"id": id, "type": kind, "title": title, "title_in_portal": title, "active": true, "description": "",
        "visible_in_portal": visible, "editable_in_portal": visible, "required_in_portal": false, "required": false,
        "regexp_for_validation": null, "custom_field_options": options.iter().map(option).collect::<Value>()})
}

/// A caller without credentials is a user without a number, and the answer is 200 all the same.
pub(super) fn user_json(user: Option<&User>) -> Value {
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

pub(super) fn at(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
