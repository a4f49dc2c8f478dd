//! What servers do wrong, each with the rule that says so.

use axum::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ORIGIN;
use super::bent::{Answer, Asked, Fault, name};

const REQUESTS: &str = "/portal/v1/requests";
const REQUEST: &str = "/portal/v1/requests/*";
const TIMELINE: &str = "/portal/v1/requests/*/timeline";
const MESSAGES: &str = "/portal/v1/requests/*/messages";
const TRACK: &str = "/portal/v1/track";

fn same(_: &mut Asked) {}
fn kept(_: &Asked, _: &mut Answer, _: &Value) {}

/// What is answered is wrong.
const fn answers(rule: &'static str, answer: fn(&Asked, &mut Answer, &Value)) -> Fault {
    Fault {
        rule,
        only: &[],
        ask: same,
        answer,
    }
}

/// What is asked is taken for something else.
const fn takes(rule: &'static str, ask: fn(&mut Asked)) -> Fault {
    Fault {
        rule,
        only: &[],
        ask,
        answer: kept,
    }
}

/// A fault that only shows where these rules ask.
const fn among(only: &'static [&'static str], fault: Fault) -> Fault {
    Fault { only, ..fault }
}

fn new_key(asked: &mut Asked) {
    let key = Uuid::new_v4().to_string().parse().unwrap();
    asked.headers.insert("idempotency-key", key);
}

fn failed(answer: &Answer) -> bool {
    answer.status.as_u16() >= 400
}

fn set(answer: &mut Answer, header: &'static str, value: &'static str) {
    answer
        .headers
        .insert(name(header), HeaderValue::from_static(value));
}

pub(super) const FAULTS: &[Fault] = &[
    // An echo in place of what the desk has made of it.
    answers("messages.reread", |asked, answer, _| {
        if asked.is("GET", TIMELINE) {
            answer.replace("&", "&amp;");
        }
    }),
    answers("submit.reread", |asked, answer, _| {
        if asked.is("GET", REQUEST) {
            answer.change(|body| body["subject"] = json!("Cut by the de"));
        }
    }),
    answers("actions.withdraw", |asked, answer, _| {
        if asked.is("POST", "/portal/v1/requests/*/actions/withdraw") {
            answer.change(|body| body["updated_at"] = body["created_at"].clone());
        }
    }),
    // Unknown times.
    among(
        &["request.shape"],
        answers("time.null_not_epoch", |_, answer, _| {
            answer.replace(
                "\"closed_at\":null",
                "\"closed_at\":\"1970-01-01T00:00:00Z\"",
            );
        }),
    ),
    answers("request.unknown_is_null", |asked, answer, _| {
        if asked.is("GET", REQUEST) {
            answer.change(|body| drop(body.as_object_mut().unwrap().remove("closed_at")));
        }
    }),
    among(
        &["timeline.order"],
        answers("time.instants", |asked, answer, _| {
            if asked.is("GET", TIMELINE) {
                answer.change(|body| body["items"][0]["at"] = json!("2026-01-15T10:30:00"));
            }
        }),
    ),
    // What is somebody else's.
    answers("errors.not_found_for_foreign", |asked, answer, _| {
        if asked.is("GET", REQUEST) && answer.status == 404 && !asked.path.contains("no-such") {
            answer.status = StatusCode::FORBIDDEN;
            answer.change(|body| (body["status"], body["code"]) = (json!(403), json!("forbidden")));
        }
    }),
    answers("lists.own", |asked, answer, submitted| {
        if asked.is("GET", REQUESTS) && answer.status == 200 {
            answer.change(|body| {
                body["items"]
                    .as_array_mut()
                    .unwrap()
                    .push(submitted["request"].clone())
            });
        }
    }),
    answers("track.one_request", |asked, answer, submitted| {
        if asked.is("GET", REQUESTS) && answer.status == 200 {
            answer.change(|body| {
                body["items"]
                    .as_array_mut()
                    .unwrap()
                    .push(submitted["request"].clone())
            });
        }
    }),
    takes("desk.note_hidden", |asked| {
        if asked.is("POST", "/desk/v1/requests/*/messages") {
            let mut body = asked.json();
            body["public"] = json!(true);
            asked.set_json(&body);
        }
    }),
    among(
        &["submit.reread"],
        answers("secrets.query_code_once", |asked, answer, submitted| {
            if asked.is("GET", REQUEST) && answer.status == 200 {
                answer.change(|body| body["query_code"] = submitted["query_code"].clone());
            }
        }),
    ),
    takes("submit.ended_session", |asked| {
        if asked
            .headers
            .get("authorization")
            .is_some_and(|value| value == "Bearer ended")
        {
            asked.headers.remove("authorization");
        }
    }),
    // Exactly once.
    takes("idempotency.replay", |asked| {
        if asked.is("POST", REQUESTS) {
            new_key(asked);
        }
    }),
    answers("idempotency.action", |_, answer, _| {
        answer.headers.remove("idempotency-replayed");
    }),
    takes("idempotency.at_once", |asked| {
        if asked.is("POST", REQUESTS) {
            new_key(asked);
        }
    }),
    takes("idempotency.message", |asked| {
        if asked.is("POST", MESSAGES) {
            new_key(asked);
        }
    }),
    takes("idempotency.key_required", |asked| {
        if asked.method == "POST" && !asked.headers.contains_key("idempotency-key") {
            new_key(asked);
        }
    }),
    answers("idempotency.mismatch", |asked, answer, _| {
        if asked.is("POST", REQUESTS) && answer.status == 422 {
            answer.replace("idempotency_mismatch", "validation");
        }
    }),
    answers("submissions.accepted", |asked, answer, _| {
        if asked.is("GET", "/portal/v1/submissions/*") {
            answer.change(|body| body["reference"] = Value::Null);
        }
    }),
    // Versions.
    takes("etag.stale", |asked| drop(asked.headers.remove("if-match"))),
    answers("etag.present", |_, answer, _| {
        if answer.headers.contains_key("etag") {
            set(answer, "etag", "W/\"1\"");
        }
    }),
    // What is refused.
    takes("errors.unknown_field", |asked| {
        let mut body = asked.json();
        if let Some(members) = body.as_object_mut() {
            members.remove("colour");
            asked.set_json(&body);
        }
    }),
    among(
        &["errors.not_found"],
        answers("errors.problem", |_, answer, _| {
            if failed(answer) {
                answer.change(|body| drop(body.as_object_mut().unwrap().remove("code")));
            }
        }),
    ),
    answers("errors.not_found", |_, answer, _| {
        if answer.status == 404 {
            set(answer, "content-type", "text/html");
            answer.body = b"<h1>Not Found</h1>".to_vec();
        }
    }),
    among(
        &["errors.unauthenticated"],
        answers("errors.trace_id", |_, answer, _| {
            if failed(answer) {
                answer.change(|body| body["trace_id"] = json!("0"));
            }
        }),
    ),
    among(
        &["limits.query_codes"],
        answers("errors.retry_after", |_, answer, _| {
            answer.headers.remove("retry-after");
        }),
    ),
    answers("errors.validation", |_, answer, _| {
        if answer.status == 422 {
            answer.change(|body| body["errors"].as_array_mut().unwrap().truncate(1));
        }
    }),
    answers("actions.refused", |_, answer, _| {
        if answer.status == 409 {
            answer.change(|body| drop(body.as_object_mut().unwrap().remove("reason")));
        }
    }),
    answers("track.same_answer", |asked, answer, _| {
        if asked.is("POST", TRACK) && asked.json()["reference"] == "no reference" {
            answer.change(|body| body["title"] = json!("This is no reference"));
        }
    }),
    takes("track.as_typed", |asked| {
        if asked.is("POST", TRACK) {
            let mut body = asked.json();
            if body["query_code"]
                .as_str()
                .is_some_and(|code| !code.contains('-'))
            {
                body["query_code"] = json!("wrong");
                asked.set_json(&body);
            }
        }
    }),
    // Lists.
    takes("lists.paging", |asked| {
        if asked.is("GET", REQUESTS) && asked.path.contains("&cursor=") {
            asked.path = asked.path.split("&cursor=").next().unwrap().to_owned();
        }
    }),
    takes("lists.cursor_of_list", |asked| {
        if asked.path.contains("sort=-created_at&cursor=") {
            asked.path = asked.path.split("&cursor=").next().unwrap().to_owned();
        }
    }),
    answers("lists.total", |asked, answer, _| {
        if asked.is("GET", REQUESTS) {
            answer.change(|body| body["total"] = json!(1));
        }
    }),
    takes("lists.limit", |asked| {
        asked.path = asked.path.replace("limit=101", "limit=100")
    }),
    takes("lists.reference", |asked| {
        asked.path = asked.path.replace("?reference=", "?other=")
    }),
    // Languages.
    answers("language.every_answer", |_, answer, _| {
        answer.headers.remove("content-language");
    }),
    takes("language.asked", |asked| {
        drop(asked.headers.remove("accept-language"))
    }),
    // Other origins.
    among(
        &["errors.not_found"],
        answers("cors.every_answer", |_, answer, _| {
            if failed(answer) {
                answer.headers.remove("access-control-allow-origin");
            }
        }),
    ),
    answers("cors.stranger", |_, answer, _| {
        set(answer, "access-control-allow-origin", "*")
    }),
    answers("cors.no_credentials", |_, answer, _| {
        set(answer, "access-control-allow-credentials", "true");
    }),
    answers("cors.preflight", |_, answer, _| {
        if answer.headers.contains_key("access-control-allow-headers") {
            set(
                answer,
                "access-control-allow-headers",
                "Authorization, Content-Type",
            );
        }
    }),
    answers("cors.exposed", |_, answer, _| {
        answer.headers.remove("access-control-expose-headers");
    }),
    // The rest.
    answers("submit.created", |asked, answer, _| {
        if asked.is("POST", REQUESTS) {
            answer.headers.remove("location");
        }
    }),
    answers("submit.reference", |_, answer, _| {
        answer.replace("\"PT-", "\"PT-0")
    }),
    answers("submit.receipt", |asked, answer, _| {
        if asked.is("POST", REQUESTS) {
            answer.replace("Conformance check", "Something else");
        }
    }),
    answers("attachments.content", |asked, answer, _| {
        if asked.is("GET", "/portal/v1/attachments/*") {
            answer.body.push(b'\n');
        }
    }),
    answers("desk.resolved", |asked, answer, _| {
        if asked.is("GET", REQUEST) {
            answer.change(|body| body["actions"]["confirm"]["allowed"] = json!(false));
        }
    }),
    answers("attachments.whole", |asked, answer, _| {
        if asked.headers.contains_key("range") {
            answer.status = StatusCode::PARTIAL_CONTENT;
            answer.body.truncate(4);
        }
    }),
    answers("actions.edit", |asked, answer, _| {
        if asked.is("POST", "/portal/v1/requests/*/actions/edit") {
            answer.change(|body| body["status_label"] = json!("Edited"));
        }
    }),
    answers("proposals.decline", |asked, answer, _| {
        if asked.is("GET", TIMELINE) {
            answer.replace("\"declined\"", "\"accepted\"");
        }
    }),
    answers("timeline.order", |asked, answer, _| {
        if asked.is("GET", TIMELINE) {
            answer.change(|body| body["items"].as_array_mut().unwrap().reverse());
        }
    }),
    answers("config.shape", |asked, answer, _| {
        if asked.is("GET", "/portal/v1/config") {
            answer.change(|body| drop(body.as_object_mut().unwrap().remove("limits")));
        }
    }),
    answers("cors.stranger", |asked, answer, _| {
        // Whoever asks is let in.
        if let Some(origin) = asked
            .headers
            .get("origin")
            .filter(|origin| *origin != ORIGIN)
        {
            answer
                .headers
                .insert(name("access-control-allow-origin"), origin.clone());
        }
    }),
];
