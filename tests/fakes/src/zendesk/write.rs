//! What comes in: uploads, requests, comments, tickets.

use super::{
    FIELDS, readable, refuse,
    shape::{at, file_json, request_json, solvable},
    text,
};
use crate::{
    desk::{Desk, Upload, User},
    exchange::{Answer, Call, Reply},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

pub(super) fn upload(desk: &mut Desk, call: &Call) -> Reply {
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
    desk.uploads.push(Upload {
        token: token.clone(),
        file,
    });
    let body = json!({"upload": {"token": token, "expires_at": expires, "attachment": shape, "attachments": [shape]}});
    Ok(Answer::json(201, body))
}

pub(super) fn create(desk: &mut Desk, call: &Call, user: Option<User>) -> Reply {
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

pub(super) fn new_ticket(
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
pub(super) fn ticket_once(desk: &mut Desk, call: &Call, user: &User) -> Reply {
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
pub(super) fn change(desk: &mut Desk, call: &Call, user: &User, id: &str) -> Reply {
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
