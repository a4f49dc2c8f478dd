//! What comes in: tickets, from JSON or a form, checked.

use super::{
    OWN_FIELDS, PRODUCTS, refuse,
    shape::{files_json, ticket_json},
    text,
};
use crate::{
    desk::{Desk, File},
    exchange::{Answer, Call, Reply},
};
use serde_json::{Map, Value, json};

/// JSON, or the fields and files of a form; numbers and truths of a form are text.
pub(super) fn body(desk: &mut Desk, call: &Call) -> (Value, Vec<File>) {
    let mut fields = Map::new();
    let mut own = Map::new();
    let mut files = Vec::new();
    let parts = call.parts();
    if parts.is_empty() {
        return (call.json(), files);
    }
    for part in parts {
        if let Some(name) = part.file_name {
            files.push(desk.file(&name, &part.content_type, part.bytes));
            continue;
        }
        let text = String::from_utf8_lossy(&part.bytes).into_owned();
        let own_name = part
            .name
            .strip_prefix("custom_fields[")
            .and_then(|name| name.strip_suffix(']'));
        match own_name {
            Some(name) => own.insert(String::from(name), json!(text)),
            None => {
                let plain = [
                    "status", "priority", "source", "user_id", "private", "incoming",
                ];
                let value = plain
                    .contains(&part.name.as_str())
                    .then(|| serde_json::from_str(&text).ok())
                    .flatten();
                fields.insert(part.name, value.unwrap_or_else(|| json!(text)))
            }
        };
    }
    fields.insert(String::from("custom_fields"), Value::Object(own));
    (Value::Object(fields), files)
}

pub(super) fn checked(body: &Value) -> Result<(), Answer> {
    if !body["status"].is_null() && !(2..=8).any(|status| body["status"] == status) {
        return Err(refuse(
            "status",
            "It should be one of these values: '2,3,4,5,6,7,8'",
            "invalid_value",
        ));
    }
    if !body["priority"].is_null() && !(1..=4).any(|priority| body["priority"] == priority) {
        return Err(refuse(
            "priority",
            "It should be one of these values: '1,2,3,4'",
            "invalid_value",
        ));
    }
    for (name, value) in body["custom_fields"].as_object().into_iter().flatten() {
        if !OWN_FIELDS.contains(&name.as_str()) {
            return Err(refuse(
                name,
                "Unexpected/invalid field in request",
                "invalid_field",
            ));
        }
        if name == "cf_product"
            && !value.is_null()
            && !PRODUCTS.iter().any(|product| value == product)
        {
            return Err(refuse(
                name,
                "It should be one of these values: 'Router,TV box'",
                "invalid_value",
            ));
        }
    }
    Ok(())
}

pub(super) fn create(desk: &mut Desk, call: &Call) -> Reply {
    let (body, files) = body(desk, call);
    for name in ["subject", "description"] {
        if text(&body, name).is_empty() {
            return Err(refuse(name, "It should be a/an String", "missing_field"));
        }
    }
    checked(&body)?;
    let by_id = body["requester_id"]
        .as_u64()
        .and_then(|id| desk.user_by_id(id))
        .cloned();
    let customer = match (by_id, text(&body, "email")) {
        (Some(customer), _) => customer,
        (None, "") => {
            return Err(refuse(
                "email",
                "Please fill at least 1 of email, requester_id",
                "missing_field",
            ));
        }
        (None, email) => desk.customer(email, text(&body, "name")),
    };
    let mut first = desk.message(&customer.email, text(&body, "description"), false);
    first.html = true;
    first.files = files;
    let key = desk
        .create(&customer.email, text(&body, "subject"), first)
        .key
        .clone();
    if let Some(status) = body["status"].as_u64() {
        desk.set_status(&key, &status.to_string());
    }
    set(desk, &key, &body);
    let ticket = desk.ticket(&key).ok_or_else(|| Answer::empty(404))?;
    let location = format!("{}/api/v2/tickets/{key}", desk.base_url);
    let mut row = ticket_json(desk, ticket);
    row["description"] = json!(ticket.messages[0].as_html());
    row["description_text"] = json!(ticket.messages[0].as_text());
    row["attachments"] = files_json(desk, &ticket.messages[0].files);
    Ok(Answer::json(201, row).header("location", location))
}

pub(super) fn set(desk: &mut Desk, key: &str, body: &Value) {
    let now = desk.now();
    let Some(ticket) = desk.ticket_mut(key) else {
        return;
    };
    ticket.updated_at = now;
    for (name, value) in body["custom_fields"].as_object().into_iter().flatten() {
        ticket.fields.insert(name.clone(), value.clone());
    }
    for name in ["priority", "type", "source"] {
        if let Some(value) = body.get(name) {
            ticket.fields.insert(String::from(name), value.clone());
        }
    }
}
