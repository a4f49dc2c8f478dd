//! Open311 GeoReport v2, from its public specification (services, service definition, requests, tokens), in JSON
//! alone; not a real city's system.
//!
//! Below `/open311/v2`. Services: `pothole` (realtime, with the attributes SIZE and LANES) and `streetlight` (batch:
//! answers a token, which becomes a request when the test says so by setting a status or answering). Requests are
//! public: there is no reader's identity, no conversation, and nothing about the reporter comes out again. What the
//! agent answers publicly is `status_notes`. A jurisdiction may be named; only `desk.test` exists.
//! The specification is silent on: paging (none here; at most 1000 rows, the newest first), an attribute that the
//! service does not have (passed over here).

use crate::{
    desk::{Desk, Role, Ticket, Vendor},
    exchange::{Answer, Call, Reply, window},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

pub(crate) static VENDOR: Vendor = Vendor {
    statuses: &["open", "closed"],
    over: &["closed"],
    answered: None,
    prefix: "",
    answer: |desk, call| route(desk, call).unwrap_or_else(|refusal| refusal),
    error,
    limits: |_| vec![("access-control-allow-origin", String::from("*"))],
};

/// Code, name, description, type, whether it has attributes.
const SERVICES: [(&str, &str, &str, &str, bool); 2] = [
    ("pothole", "Pothole", "A hole in the road", "realtime", true),
    (
        "streetlight",
        "Street light",
        "A light that is out",
        "batch",
        false,
    ),
];
const SIZES: [(&str, &str); 2] = [("1", "Small"), ("2", "Large")];
/// What may say where it is; one is enough, `lat` needs `long`.
const PLACES: [&str; 3] = ["lat", "address_string", "address_id"];

fn error(status: u16, words: &str) -> Value {
    json!([{"code": status, "description": words}])
}

fn refuse(status: u16, words: &str) -> Answer {
    Answer::json(status, error(status, words))
}

fn route(desk: &mut Desk, call: &Call) -> Reply {
    if call
        .param("jurisdiction_id")
        .is_some_and(|id| id != "desk.test")
    {
        return Err(refuse(404, "jurisdiction_id provided was not found"));
    }
    let path = call.path.strip_prefix("/open311/v2/").unwrap_or_default();
    let path = path
        .strip_suffix(".json")
        .ok_or_else(|| refuse(404, "Only JSON is offered"))?;
    let segments: Vec<&str> = path.split('/').collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["services"]) => Ok(Answer::json(
            200,
            SERVICES.iter().map(service_json).collect(),
        )),
        ("GET", ["services", code]) => {
            let service = SERVICES
                .iter()
                .find(|service| service.0 == *code && service.4);
            service.ok_or_else(|| refuse(404, "service_code provided was not found"))?;
            Ok(Answer::json(200, definition(code)))
        }
        ("POST", ["requests"]) => create(desk, call),
        ("GET", ["requests"]) => list(desk, call),
        ("GET", ["requests", id]) => {
            let ticket = desk.ticket(id).filter(|ticket| accepted(ticket));
            let ticket =
                ticket.ok_or_else(|| refuse(404, "service_request_id provided was not found"))?;
            Ok(Answer::json(200, json!([request_json(ticket)])))
        }
        ("GET", ["tokens", token]) => {
            let ticket = token.strip_prefix("token-").and_then(|id| desk.ticket(id));
            let ticket = ticket.ok_or_else(|| refuse(404, "token provided was not found"))?;
            let mut row = json!({"token": token});
            // Until it is taken up the token stands alone.
            if accepted(ticket) {
                row["service_request_id"] = json!(ticket.key);
            }
            Ok(Answer::json(200, json!([row])))
        }
        _ => Err(refuse(404, "Not found")),
    }
}

/// A report of a batch service is a request once somebody has looked at it.
fn accepted(ticket: &Ticket) -> bool {
    ticket.subject != "streetlight" || ticket.updated_at > ticket.created_at
}

/// A form, with the key of the application that sends it.
fn create(desk: &mut Desk, call: &Call) -> Reply {
    let form = call.form();
    let value = |name: &str| {
        let found = form.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    let key = value("api_key").or(call.param("api_key"));
    let service_account = desk.users.iter().find(|user| user.role == Role::Admin);
    if key.is_none() || key != service_account.map(|user| user.secret.as_str()) {
        return Err(refuse(403, "api_key was not provided or is not valid"));
    }
    let code = value("service_code").ok_or_else(|| refuse(400, "service_code was not provided"))?;
    let service = SERVICES.iter().find(|service| service.0 == code);
    let service = service.ok_or_else(|| refuse(404, "service_code provided was not found"))?;
    if PLACES.iter().all(|place| value(place).is_none())
        || value("lat").is_some() != value("long").is_some()
    {
        return Err(refuse(
            400,
            "A location must be provided: lat and long, address_string or address_id",
        ));
    }
    if value("lat")
        .into_iter()
        .chain(value("long"))
        .any(|degrees| degrees.parse::<f64>().is_err())
    {
        return Err(refuse(400, "lat and long must be numbers"));
    }
    if service.4 && value("attribute[SIZE]").is_none() {
        return Err(refuse(400, "attribute[SIZE] is required"));
    }
    if value("attribute[SIZE]").is_some_and(|size| SIZES.iter().all(|(key, _)| *key != size)) {
        return Err(refuse(400, "attribute[SIZE] has no such value"));
    }
    let email = value("email").unwrap_or_default().to_owned();
    let first = desk.message(&email, value("description").unwrap_or_default(), false);
    let ticket = desk.create(&email, code, first);
    let kept = form
        .iter()
        .filter(|(name, _)| !["api_key", "service_code", "description"].contains(&name.as_str()));
    ticket.fields = kept
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let notice = "The city will look at it and answer within the time that the service names.";
    let row = if service.3 == "batch" {
        json!({"token": format!("token-{}", ticket.key)})
    } else {
        json!({"service_request_id": ticket.key, "service_notice": notice, "account_id": null})
    };
    Ok(Answer::json(201, json!([row])))
}

/// By numbers, which override every other condition, or by service, status and time of at most 90 days.
fn list(desk: &Desk, call: &Call) -> Reply {
    let instant = |name: &str| {
        let parsed = call
            .param(name)
            .map(DateTime::parse_from_rfc3339)
            .transpose();
        parsed.map_err(|_| refuse(400, &format!("{name} must be a date in W3C format")))
    };
    let end = instant("end_date")?.map_or_else(Utc::now, |end| end.to_utc());
    let start = instant("start_date")?.map_or(end - TimeDelta::days(90), |start| start.to_utc());
    let wanted = |ticket: &Ticket| {
        if call.param("service_request_id").is_some() {
            return call.includes("service_request_id", &ticket.key);
        }
        (call.param("service_code").is_none() || call.includes("service_code", &ticket.subject))
            && (call.param("status").is_none() || call.includes("status", &ticket.status))
            && (start..=end).contains(&ticket.created_at)
    };
    let mut rows = desk.listed(|ticket| accepted(ticket) && wanted(ticket));
    rows.reverse();
    let (rows, _) = window(rows, 0, 1000);
    Ok(Answer::json(
        200,
        rows.into_iter().map(request_json).collect(),
    ))
}

fn service_json(service: &(&str, &str, &str, &str, bool)) -> Value {
    let (code, name, description, kind, metadata) = service;
    json!({"service_code": code, "service_name": name, "description": description, "metadata": metadata, "type": kind,
        "keywords": "street", "group": "street"})
}

fn definition(code: &str) -> Value {
    let values: Value = SIZES
        .iter()
        .map(|(key, name)| json!({"key": key, "name": name}))
        .collect();
    let size = json!({"variable": true, "code": "SIZE", "datatype": "singlevaluelist", "required": true,
        "datatype_description": null, "order": 1, "description": "How large is it?", "values": values});
    let lanes = json!({"variable": true, "code": "LANES", "datatype": "number", "required": false,
        "datatype_description": null, "order": 2, "description": "How many lanes does it touch?"});
    json!({"service_code": code, "attributes": [size, lanes]})
}

fn request_json(ticket: &Ticket) -> Value {
    let service = SERVICES.iter().find(|service| service.0 == ticket.subject);
    let number = |name: &str| {
        ticket
            .fields
            .get(name)
            .and_then(Value::as_str)
            .and_then(|text| text.parse::<f64>().ok())
    };
    let notes = ticket
        .messages
        .iter()
        .skip(1)
        .rfind(|message| !message.internal);
    json!({
        "service_request_id": ticket.key, "status": ticket.status, "service_code": ticket.subject,
        "status_notes": notes.map(|message| message.as_text()), "service_name": service.map(|service| service.1),
        "description": ticket.messages[0].as_text(), "agency_responsible": "Streets",
        "service_notice": null, "requested_datetime": at(ticket.created_at),
        "updated_datetime": at(ticket.updated_at), "expected_datetime": ticket.due.resolution.map(at),
        "address": ticket.field("address_string"), "address_id": ticket.field("address_id"), "zipcode": null,
        "lat": number("lat"), "long": number("long"), "media_url": ticket.field("media_url"),
    })
}

fn at(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
