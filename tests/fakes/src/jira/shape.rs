//! What goes out, in its documented shapes.

use super::{OWN_FIELDS, VENDOR};
use crate::{
    desk::{Desk, File, Message, Role, Ticket, User},
    exchange::{Answer, Call, window},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

pub(super) fn paged(desk: &Desk, call: &Call, rows: Vec<Value>) -> Answer {
    Answer::json(200, page(desk, call, rows))
}

pub(super) fn page(desk: &Desk, call: &Call, rows: Vec<Value>) -> Value {
    let start = if call.method == "GET" {
        call.number("start", 0)
    } else {
        0
    };
    let limit = call.number("limit", 50).clamp(1, 50);
    let (rows, more) = window(rows, start, limit);
    let here = format!("{}{}", desk.base_url, call.path);
    let mut links = Map::from_iter([(String::from("self"), json!(here))]);
    if more {
        let kept = call
            .query
            .iter()
            .filter(|(name, _)| name != "start" && name != "limit");
        let mut next = form_urlencoded::Serializer::new(String::new());
        next.extend_pairs(kept)
            .append_pair("start", &(start + limit).to_string());
        let next = next.append_pair("limit", &limit.to_string()).finish();
        links.insert(String::from("next"), json!(format!("{here}?{next}")));
    }
    json!({"size": rows.len(), "start": start, "limit": limit, "isLastPage": !more, "values": rows, "_links": links})
}

pub(super) fn types() -> Vec<Value> {
    let row = |(id, name, text): (&str, &str, &str)| {
        json!({"id": id, "name": name, "description": text, "helpText": text, "serviceDeskId": "10",
            "groupIds": ["12"], "canCreateRequest": true, "icon": {"id": "1", "_links": {}}})
    };
    let all = [
        ("25", "Get help", "Ask us anything"),
        ("26", "Report a fault", "Something does not work"),
    ];
    all.map(row).into()
}

pub(super) fn fields(staff: bool) -> Value {
    let row = |(id, name, required, custom): (&str, &str, bool, &str)| {
        let options = json!([{"value": "1", "label": "Router", "children": []},
            {"value": "2", "label": "TV box", "children": []}]);
        let select = custom == "select";
        json!({"fieldId": id, "name": name, "description": "", "required": required, "visible": true,
            "validValues": if select { options } else { json!([]) }, "defaultValues": [], "presetValues": [],
            "jiraSchema": {"type": if select { "option" } else { "string" },
                "system": if custom.is_empty() { id } else { "" },
                "custom": format!("com.atlassian.jira.plugin.system.customfieldtypes:{custom}")}})
    };
    let all = [
        ("summary", "Summary", true, ""),
        ("description", "Description", false, ""),
        ("customfield_10010", "Order number", false, "textfield"),
        ("customfield_10011", "Product", false, "select"),
        ("customfield_10012", "Portal key", false, "textfield"),
    ];
    json!({"requestTypeFields": all.map(row), "canRaiseOnBehalfOf": staff, "canAddRequestParticipants": true})
}

/// What a customer may do by hand: number, name, where it leads.
pub(super) fn transitions(
    ticket: &Ticket,
) -> &'static [(&'static str, &'static str, &'static str)] {
    match ticket.status.as_str() {
        "Resolved" => &[
            ("11", "Reopen", "Waiting for support"),
            ("21", "Close", "Closed"),
        ],
        "Closed" | "Canceled" => &[],
        _ => &[
            ("31", "Mark as resolved", "Resolved"),
            ("41", "Cancel request", "Canceled"),
        ],
    }
}

pub(super) fn request_json(desk: &Desk, ticket: &Ticket, user: &User, call: &Call) -> Value {
    let expands = |name: &str| call.includes("expand", name);
    let staff = user.role != Role::Customer;
    let mut values = vec![
        json!({"fieldId": "summary", "label": "Summary", "value": ticket.subject}),
        json!({"fieldId": "description", "label": "Description", "value": ticket.messages[0].as_text()}),
    ];
    for (id, name) in OWN_FIELDS
        .iter()
        .filter(|(id, _)| ticket.fields.contains_key(*id))
    {
        let mut value = ticket.field(id);
        if *id == "customfield_10011" {
            let product = if value["id"] == "1" {
                "Router"
            } else {
                "TV box"
            };
            value = json!({"id": value["id"], "value": product});
        }
        values.push(json!({"fieldId": id, "label": name, "value": value}));
    }
    let may = json!({"allowed": true});
    let mut row = json!({
        "issueId": (10000 + ticket.id).to_string(), "issueKey": ticket.key, "summary": ticket.subject,
        "requestTypeId": ticket.fields.get("requestTypeId").cloned().unwrap_or(json!("25")), "serviceDeskId": "10",
        "createdDate": date(ticket.created_at), "reporter": desk.user(&ticket.customer).map(user_json),
        "requestFieldValues": values, "currentStatus": status_json(ticket),
        "_links": {"web": format!("{}/servicedesk/customer/portal/10/{}", desk.base_url, ticket.key)},
    });
    if expands("action") {
        row["actions"] = json!({"addAttachment": may, "addComment": may, "addParticipant": may,
            "removeParticipant": may});
    }
    if expands("sla") {
        row["sla"] = page(desk, call, sla(desk, ticket));
    }
    if expands("status") {
        row["status"] = page(desk, call, vec![status_json(ticket)]);
    }
    if expands("attachment") {
        row["attachments"] = page(desk, call, files(desk, ticket, staff));
    }
    if expands("comment") {
        row["comments"] = page(desk, call, comments(desk, ticket, user, call));
    }
    if expands("requestType") {
        let kind = types()
            .into_iter()
            .find(|kind| kind["id"] == row["requestTypeId"]);
        row["requestType"] = kind.unwrap_or_default();
    }
    row
}

/// Customers get the public ones; agents both kinds, unless they say otherwise. The description is no comment.
pub(super) fn comments(desk: &Desk, ticket: &Ticket, user: &User, call: &Call) -> Vec<Value> {
    let wants = |name: &str| call.param(name) != Some("false");
    let rows = if user.role != Role::Customer && wants("internal") {
        ticket
            .messages
            .iter()
            .filter(|message| message.internal || wants("public"))
            .collect()
    } else if wants("public") {
        desk.public(ticket)
    } else {
        Vec::new()
    };
    let rendered = call.includes("expand", "renderedBody");
    let comments = rows
        .into_iter()
        .filter(|message| message.id != ticket.messages[0].id);
    comments
        .map(|message| comment_json(desk, ticket, message, rendered))
        .collect()
}

pub(super) fn comment_json(
    desk: &Desk,
    ticket: &Ticket,
    message: &Message,
    rendered: bool,
) -> Value {
    let files: Value = message
        .files
        .iter()
        .map(|file| file_json(desk, ticket, message, file))
        .collect();
    let mut row = json!({"id": message.id.to_string(), "body": message.as_text(), "public": !message.internal,
        "author": desk.user(&message.author).map(user_json), "created": date(message.at),
        "attachments": {"size": message.files.len(), "start": 0, "limit": 50, "isLastPage": true, "values": files}});
    if rendered {
        row["renderedBody"] = json!({"html": message.as_html()});
    }
    row
}

pub(super) fn files(desk: &Desk, ticket: &Ticket, staff: bool) -> Vec<Value> {
    let messages = ticket
        .messages
        .iter()
        .filter(|message| staff || !message.internal);
    let all = messages.flat_map(|message| message.files.iter().map(move |file| (message, file)));
    all.map(|(message, file)| file_json(desk, ticket, message, file))
        .collect()
}

pub(super) fn file_json(desk: &Desk, ticket: &Ticket, message: &Message, file: &File) -> Value {
    let api = format!(
        "{}/rest/servicedeskapi/request/{}/attachment/{}",
        desk.base_url, ticket.key, file.id
    );
    json!({"filename": file.name, "size": file.bytes.len(), "mimeType": file.content_type, "created": date(message.at),
        "author": desk.user(&message.author).map(user_json), "_links": {"self": api, "content": api}})
}

pub(super) fn status_json(ticket: &Ticket) -> Value {
    let category = match ticket.status.as_str() {
        "Open" => "NEW",
        status if VENDOR.over.contains(&status) => "DONE",
        _ => "INDETERMINATE",
    };
    json!({"status": ticket.status, "statusCategory": category, "statusDate": date(ticket.updated_at)})
}

pub(super) fn sla(desk: &Desk, ticket: &Ticket) -> Vec<Value> {
    let first = ticket.answers().next().map(|message| message.at);
    let goals = [
        (
            "1",
            "Time to first response",
            ticket.due.first_response,
            first,
        ),
        (
            "2",
            "Time to resolution",
            ticket.due.resolution,
            ticket.resolved_at,
        ),
    ];
    let set = goals
        .into_iter()
        .filter_map(|(id, name, due, met)| Some((id, name, due?, met)));
    let rows = set.map(|(id, name, due, met)| {
        let late = met.unwrap_or_else(Utc::now) > due;
        let mut cycle = json!({"startTime": date(ticket.created_at), "breachTime": date(due), "breached": late,
            "goalDuration": duration(due - ticket.created_at)});
        let link = format!("{}/rest/servicedeskapi/request/{}/sla/{id}", desk.base_url, ticket.key);
        let mut row = json!({"id": id, "name": name, "completedCycles": [], "_links": {"self": link}});
        let elapsed = met.unwrap_or_else(Utc::now) - ticket.created_at;
        cycle["elapsedTime"] = duration(elapsed);
        cycle["remainingTime"] = duration(due - ticket.created_at - elapsed);
        if let Some(met) = met {
            cycle["stopTime"] = date(met);
            row["completedCycles"] = json!([cycle]);
        } else {
            cycle["paused"] = json!(ticket.status == "Waiting for customer");
            cycle["withinCalendarHours"] = json!(true);
            row["ongoingCycle"] = cycle;
        }
        row
    });
    rows.collect()
}

pub(super) fn duration(length: TimeDelta) -> Value {
    json!({"millis": length.num_milliseconds(), "friendly": format!("{}m", length.num_minutes())})
}

pub(super) fn date(instant: DateTime<Utc>) -> Value {
    json!({"iso8601": instant.format("%Y-%m-%dT%H:%M:%S%z").to_string(),
        "jira": instant.format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string(),
        "friendly": instant.format("%d/%b/%y %-I:%M %p").to_string(), "epochMillis": instant.timestamp_millis()})
}

pub(super) fn account_id(user: &User) -> String {
    format!("qm:a713c8ea-1075-4e30-9d96-891a7d18{:04}", user.id)
}

pub(super) fn user_json(user: &User) -> Value {
    json!({"accountId": account_id(user), "emailAddress": user.email, "displayName": user.name, "active": true,
        "timeZone": "UTC", "_links": {}})
}
