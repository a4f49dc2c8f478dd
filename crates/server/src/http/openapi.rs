//! The contract as OpenAPI 3.1, made from the types that travel and from what this server is set to accept.
//!
//! It says what a schema can say. What only the data can say (which form asks for which fields, which code is the
//! right one, which cursor belongs to a list) is answered with 422 or 400 all the same.

use crate::{catalogue::Catalogue, settings::Settings, state::App};
use axum::{Json, extract::State};
use portico_contract::{
    BASE_PATH,
    announcement::Announcement,
    config::Config,
    event::Changes,
    form::{FormSchema, RequestTypeSummary},
    list::{Items, Page, Sort},
    problem::Problem,
    promise::{Preview, PreviewRequest, PromiseDay, Standards},
    request::{Kind, Request, Status},
    session::{
        CodeRequest, HostToken, Me, MePatch, Redeem, Session, SessionToken, SignInAt, SignInStart,
        Track, TrackLink, TrackToken,
    },
    submission::{
        Callback, ClosedDay, Comment, Created, Edit, Follow, Grounds, NewCallback, NewMessage,
        NewRequest, Seen, Submission,
    },
    survey::{Measure, Survey, SurveyAnswers, SurveyLink},
    timeline::TimelineItem,
};
use serde_json::{Map, Value, json};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

/// A character that people can see: no white space, no control character, none that only formats.
const VISIBLE: &str = r"[^\u0000-\u0020\u007f-\u00a0\u061c\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb]";
/// A character that is neither white space nor a control character.
const PRINTED: &str =
    r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
/// A text without NUL, which is refused everywhere.
const WITHOUT_NUL: &str = r"^[^\u0000]*$";

/// `GET /openapi.json`
pub async fn served(State(app): State<App>) -> Json<Value> {
    Json(document(&app.settings, &app.company().catalogue))
}

/// The document, as it is served.
#[must_use]
pub fn document(settings: &Settings, catalogue: &Catalogue) -> Value {
    let mut doc = Document::default();
    session(&mut doc);
    forms(&mut doc);
    requests(&mut doc);
    promises(&mut doc);
    notices(&mut doc);
    surveys(&mut doc);
    attachments(&mut doc, settings);
    live(&mut doc);
    doc.finish(settings, catalogue)
}

fn forms(doc: &mut Document) {
    doc.add(
        "get",
        "/config",
        Operation::new("getConfig", "What this server is and can do").answers::<Config>(200),
    );
    doc.add(
        "get",
        "/request-types",
        Operation::new("listRequestTypes", "The service catalogue")
            .lists::<Items<RequestTypeSummary>, RequestTypeSummary>(),
    );
    doc.add(
        "get",
        "/request-types/{id}",
        Operation::new("getRequestType", "One request type with its form")
            .path("id", json!({"type": "string"}))
            .answers::<FormSchema>(200)
            .fails(&[404]),
    );
}

fn drafts(doc: &mut Document) {
    let key = || json!({"type": "string", "maxLength": 200});
    let object = || json!({"type": "object"});
    let draft = "/drafts/{key}";
    doc.add(
        "get",
        draft,
        Operation::new("getDraft", "What the customer is writing, as it was sent")
            .signed_in()
            .path("key", key())
            .json(200, object())
            .fails(&[403, 404]),
    );
    doc.add(
        "put",
        draft,
        Operation::new(
            "putDraft",
            "Keeps any object, where the browser keeps nothing, until the customer signs out",
        )
        .signed_in()
        .path("key", key())
        .body(true, "application/json", object())
        .empty(204)
        .fails(&[400, 403, 404, 413, 415, 422]),
    );
    doc.add(
        "delete",
        draft,
        Operation::new(
            "deleteDraft",
            "Forgets it; one that is not there is no error",
        )
        .signed_in()
        .path("key", key())
        .empty(204)
        .fails(&[403, 404]),
    );
}

fn session(doc: &mut Document) {
    doc.add(
        "post",
        "/session/code",
        Operation::new(
            "requestCode",
            "Sends a sign-in code; the answer does not say whether the address is known",
        )
        .key(false)
        .takes::<CodeRequest>()
        .empty(202)
        .fails(&[409, 422, 429]),
    );
    doc.add(
        "post",
        "/session/redeem",
        Operation::new(
            "redeemCode",
            "Trades a code for a session, as a cookie and as a token",
        )
        .key(false)
        .takes::<Redeem>()
        .answers::<SessionToken>(200)
        .with_header(200, "Set-Cookie", false)
        .fails(&[409, 422, 429]),
    );
    doc.add(
        "post",
        "/session/host-token",
        Operation::new(
            "redeemHostToken",
            "Trades a token that the company's own site has signed for a session, without a cookie",
        )
        .key(false)
        .takes::<HostToken>()
        .answers::<SessionToken>(200)
        .fails(&[401, 409, 422]),
    );
    doc.add(
        "post",
        "/session/providers/{id}",
        Operation::new(
            "beginAtProvider",
            "Begins to sign in at a provider of OpenID Connect, which sends the browser back with a session",
        )
        .path("id", json!({"type": "string"}))
        .takes::<SignInStart>()
        .answers::<SignInAt>(200)
        .with_header(200, "Set-Cookie", true)
        .fails(&[404, 422]),
    );
    drafts(doc);
    doc.add(
        "get",
        "/session",
        Operation::new("getSession", "The session that came with this call")
            .signed_in()
            .answers::<Session>(200),
    );
    doc.add(
        "delete",
        "/session",
        Operation::new("signOut", "Ends the session; without one, no error")
            .maybe_signed_in()
            .empty(204)
            .with_header(204, "Set-Cookie", true)
            .with_header(204, "Clear-Site-Data", true)
            .fails(&[403]),
    );
    doc.add(
        "get",
        "/me",
        Operation::new("getMe", "The customer's profile")
            .signed_in()
            .answers::<Me>(200)
            .fails(&[403]),
    );
    doc.add(
        "patch",
        "/me",
        Operation::new("changeMe", "Changes the profile; what is absent stays")
            .signed_in()
            .takes::<MePatch>()
            .answers::<Me>(200)
            .fails(&[403, 422]),
    );
    doc.add(
        "post",
        "/track",
        Operation::new(
            "track",
            "Opens one request with its reference and query code, as people type them",
        )
        .key(false)
        .takes::<Track>()
        .answers::<TrackToken>(200)
        .fails(&[404, 409, 422, 429]),
    );
    doc.add(
        "post",
        "/track/link",
        Operation::new(
            "trackByLink",
            "Opens one request with the token of a link in an e-mail",
        )
        .key(false)
        .takes::<TrackLink>()
        .answers::<TrackToken>(200)
        .fails(&[404, 409, 422]),
    );
}

fn requests(doc: &mut Document) {
    let words = |all: Vec<&str>| json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": all}});
    doc.add(
        "get",
        "/requests",
        Operation::new("listRequests", "The requests that the caller may see")
            .signed_in()
            .list_query("status", words(Status::ALL.iter().map(|s| s.as_str()).collect()))
            .list_query("kind", words(Kind::ALL.iter().map(|k| k.as_str()).collect()))
            .query("q", json!({"type": "string"}))
            .query("sort", json!({"type": "string", "enum": Sort::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>()}))
            .query("reference", json!({"type": "string"}))
            .paged()
            .lists::<Page<Request>, Request>(),
    );
    doc.add(
        "post",
        "/requests",
        Operation::new("createRequest", "Sends a request, exactly once. A guest names a way to be reached and gets a query code")
            .maybe_signed_in()
            .key(true)
            .takes::<NewRequest>()
            .answers::<Created>(201)
            .with_header(201, "Location", true)
            .with_header(201, "ETag", true)
            .with_header(201, "Idempotency-Replayed", false)
            .answers::<Created>(202)
            .with_header(202, "Location", true)
            .with_header(202, "ETag", true)
            .with_header(202, "Idempotency-Replayed", false)
            .leads_to(201, &["getRequest", "getTimeline", "postMessage", "confirm", "reopen", "withdraw", "edit", "accept_proposal", "decline_proposal", "chase", "escalate", "review", "follow", "markSeen"])
            .fails(&[403, 409, 422, 429]),
    );
    doc.add(
        "get",
        "/requests/{id}",
        Operation::new("getRequest", "One request")
            .signed_in()
            .id()
            .header("If-None-Match", false, json!({"type": "string"}))
            .answers::<Request>(200)
            .with_header(200, "ETag", true)
            .empty(304)
            .fails(&[404]),
    );
    doc.add(
        "get",
        "/requests/{id}/timeline",
        Operation::new("getTimeline", "What happened to a request, oldest first")
            .signed_in()
            .id()
            .paged()
            .lists::<Page<TimelineItem>, TimelineItem>()
            .fails(&[404]),
    );
    doc.add(
        "post",
        "/requests/{id}/messages",
        Operation::new(
            "postMessage",
            "Writes to the desk; with files the text may be empty",
        )
        .signed_in()
        .id()
        .key(true)
        .if_match()
        .takes::<NewMessage>()
        .answers::<TimelineItem>(201)
        .with_header(201, "Idempotency-Replayed", false)
        .fails(&[403, 404, 409, 412, 422]),
    );
    for (name, summary) in [
        ("confirm", "Says that it is solved"),
        ("reopen", "Says that it is not"),
        ("withdraw", "Takes the request back"),
        ("accept_proposal", "Agrees to the proposed solution"),
        ("chase", "Asks where it is"),
    ] {
        doc.add(
            "post",
            &format!("/requests/{{id}}/actions/{name}"),
            action(name, summary).takes_optional::<Comment>(),
        );
    }
    for (name, summary) in [
        (
            "decline_proposal",
            "Does not agree to the proposed solution, and says why",
        ),
        ("escalate", "Asks for somebody higher, and says why"),
        ("review", "Asks for a second review, and says why"),
    ] {
        doc.add(
            "post",
            &format!("/requests/{{id}}/actions/{name}"),
            action(name, summary).takes::<Grounds>(),
        );
    }
    doc.add(
        "post",
        "/requests/{id}/actions/follow",
        action("follow", "Lets somebody follow, or no longer")
            .takes::<Follow>()
            .fails(&[429]),
    );
    doc.add(
        "post",
        "/requests/{id}/actions/edit",
        action("edit", "Changes what was sent").takes_optional::<Edit>(),
    );
    doc.add(
        "post",
        "/requests/{id}/seen",
        Operation::new("markSeen", "Says up to where the timeline was read")
            .signed_in()
            .id()
            .key(false)
            .takes::<Seen>()
            .empty(204)
            .fails(&[403, 404, 409, 422]),
    );
    doc.add(
        "get",
        "/submissions/{key}",
        Operation::new(
            "getSubmission",
            "Whether an Idempotency-Key was accepted, and as what",
        )
        .maybe_signed_in()
        .path("key", json!({"type": "string", "format": "uuid"}))
        .answers::<Submission>(200)
        .fails(&[404]),
    );
}

fn action(name: &str, summary: &str) -> Operation {
    Operation::new(name, summary)
        .signed_in()
        .id()
        .key(true)
        .if_match()
        .answers::<Request>(200)
        .with_header(200, "ETag", true)
        .with_header(200, "Idempotency-Replayed", false)
        .fails(&[403, 404, 409, 412, 422])
}

fn promises(doc: &mut Document) {
    doc.add(
        "get",
        "/promises",
        Operation::new(
            "getStandards",
            "What is promised to everybody, and the ways on for who is not satisfied",
        )
        .answers::<Standards>(200),
    );
    doc.add(
        "post",
        "/promises/preview",
        Operation::new(
            "previewPromises",
            "What would be promised if this were sent now",
        )
        .maybe_signed_in()
        .takes::<PreviewRequest>()
        .answers::<Preview>(200)
        .fails(&[403, 422]),
    );
    let mut days = Operation::new(
        "getPromiseDays",
        "Why a promise is due when it is: its days in order",
    )
    .signed_in()
    .id()
    .path("key", json!({"type": "string"}));
    let day = days.schema::<PromiseDay>();
    doc.add(
        "get",
        "/requests/{id}/promises/{key}/days",
        days.json(200, json!({"type": "array", "items": day}))
            .fails(&[404]),
    );
}

fn notices(doc: &mut Document) {
    doc.add(
        "post",
        "/callbacks",
        Operation::new(
            "askForCallback",
            "Asks to be rung, about a request or anything else",
        )
        .maybe_signed_in()
        .key(true)
        .takes::<NewCallback>()
        .answers::<Callback>(201)
        .with_header(201, "Idempotency-Replayed", false)
        .fails(&[403, 409, 422, 429]),
    );
    doc.add(
        "get",
        "/callbacks/closed-days",
        Operation::new(
            "listClosedDays",
            "Holidays of the time ahead on which nobody is rung",
        )
        .lists::<Items<ClosedDay>, ClosedDay>(),
    );
    doc.add(
        "get",
        "/announcements",
        Operation::new(
            "listAnnouncements",
            "Incidents, planned work and news that hold now",
        )
        .lists::<Items<Announcement>, Announcement>(),
    );
}

fn surveys(doc: &mut Document) {
    let token = || json!({"type": "string"});
    doc.add(
        "get",
        "/surveys/{token}",
        Operation::new(
            "getSurvey",
            "What the link of a survey opens; reading it records nothing",
        )
        .path("token", token())
        .answers::<Survey<Value>>(200)
        .fails(&[404]),
    );
    doc.add(
        "put",
        "/surveys/{token}/draft",
        Operation::new("putSurveyDraft", "Keeps answers that are not sent yet")
            .path("token", token())
            .takes::<SurveyAnswers<Value>>()
            .empty(204)
            .fails(&[404, 410, 422]),
    );
    doc.add(
        "post",
        "/surveys/{token}/response",
        Operation::new(
            "respond",
            "Sends the one response, or another in its place as long as it can be changed",
        )
        .path("token", token())
        .key(true)
        .takes::<SurveyAnswers<Value>>()
        .answers::<Survey<Value>>(200)
        .with_header(200, "Idempotency-Replayed", false)
        .fails(&[404, 409, 410, 422]),
    );
    doc.add(
        "post",
        "/requests/{id}/survey-link",
        Operation::new("makeSurveyLink", "A fresh way into the survey of a request")
            .signed_in()
            .id()
            .key(false)
            .answers::<SurveyLink>(200)
            .fails(&[403, 404, 409, 413, 415, 422]),
    );
    doc.add(
        "get",
        "/requests/{id}/measures",
        Operation::new(
            "listMeasuresOfRequest",
            "What was done about what customers said of such requests",
        )
        .signed_in()
        .id()
        .lists::<Items<Measure>, Measure>()
        .fails(&[404]),
    );
    doc.add(
        "get",
        "/measures",
        Operation::new(
            "listMeasures",
            "What was done about what customers said, the newest first",
        )
        .lists::<Items<Measure>, Measure>(),
    );
}

fn attachments(doc: &mut Document, settings: &Settings) {
    let count = json!({"type": "integer", "minimum": 0});
    let length =
        json!({"type": "integer", "minimum": 1, "maximum": settings.limits.attachment_size});
    let upload = || json!({"type": "string"});
    doc.add(
        "post",
        "/attachments",
        Operation::new(
            "createUpload",
            "Begins an upload (tus 1.0, creation and creation-with-upload). The address in Location is its credential",
        )
        .tus()
        .header("Upload-Length", true, length)
        .header("Upload-Metadata", false, json!({"type": "string"}))
        .empty(201)
        .with_header(201, "Location", true)
        .with_header(201, "Upload-Offset", true)
        .with_header(201, "Upload-Expires", true)
        .fails(&[400, 409, 412, 413, 415, 422, 429]),
    );
    doc.add(
        "head",
        "/attachments/{id}",
        Operation::new("getUpload", "How much of an upload has come (tus 1.0)")
            .tus()
            .path("id", upload())
            .empty(200)
            .with_header(200, "Upload-Offset", true)
            .with_header(200, "Upload-Length", true)
            .with_header(200, "Upload-Expires", true)
            // An answer to HEAD has no body, not even a problem.
            .fails_bare(&[400, 404, 410, 412]),
    );
    doc.add(
        "patch",
        "/attachments/{id}",
        Operation::new("appendUpload", "Goes on with an upload (tus 1.0)")
            .tus()
            .path("id", upload())
            .header("Upload-Offset", true, count)
            .takes_bytes()
            .empty(204)
            .with_header(204, "Upload-Offset", true)
            .with_header(204, "Upload-Expires", true)
            .fails(&[400, 404, 409, 410, 412, 413, 415]),
    );
    doc.add(
        "delete",
        "/attachments/{id}",
        Operation::new("deleteUpload", "Gives an upload up (tus 1.0, termination)")
            .tus()
            .path("id", upload())
            .empty(204)
            .fails(&[400, 404, 410, 412]),
    );
    doc.add(
        "get",
        "/attachments/{id}",
        Operation::new("getAttachment", "A file, for who may read its request")
            .signed_in()
            .id()
            .header("If-None-Match", false, json!({"type": "string"}))
            .bytes("*/*")
            .with_header(200, "Content-Disposition", true)
            .with_header(200, "ETag", true)
            .empty(304)
            .fails(&[404]),
    );
}

fn live(doc: &mut Document) {
    doc.add(
        "get",
        "/events",
        Operation::new(
            "streamEvents",
            "What changed, as server-sent events; `reset` says to fetch everything anew",
        )
        .signed_in()
        .header("Last-Event-ID", false, json!({"type": "string"}))
        .query("last_event_id", json!({"type": "string"}))
        .bytes("text/event-stream")
        .fails(&[400]),
    );
    doc.add(
        "get",
        "/changes",
        Operation::new(
            "pollChanges",
            "What changed; waits up to `wait` seconds (30 at most) for a first change",
        )
        .signed_in()
        .query("since", json!({"type": "string"}))
        .query("wait", json!({"type": "integer", "minimum": 0}))
        .answers::<Changes>(200)
        .fails(&[400]),
    );
    doc.add(
        "get",
        "/openapi.json",
        Operation::new("getDocument", "This document").response(
            200,
            json!({
                "description": "OpenAPI 3.1",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }),
        ),
    );
}

/// What the document is gathered in.
#[derive(Default)]
struct Document {
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
}

/// One operation, and the types that it speaks of.
struct Operation {
    value: Map<String, Value>,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    schemas: Vec<(String, Value)>,
}

impl Operation {
    fn new(id: &str, summary: &str) -> Self {
        let value = Map::from_iter([
            ("operationId".to_owned(), id.into()),
            ("summary".to_owned(), summary.into()),
            ("security".to_owned(), json!([])),
        ]);
        let new = Self {
            value,
            parameters: Vec::new(),
            responses: Map::new(),
            schemas: Vec::new(),
        };
        new.header("Accept-Language", false, json!({"type": "string"}))
            .fails(&[500, 503])
    }

    /// Only for a customer or who tracks the request.
    fn signed_in(mut self) -> Self {
        self.value.insert(
            "security".to_owned(),
            json!([{"bearer": []}, {"cookie": []}]),
        );
        self.fails(&[401])
    }

    /// For anybody; a session that comes along must be good.
    fn maybe_signed_in(mut self) -> Self {
        self.value.insert(
            "security".to_owned(),
            json!([{}, {"bearer": []}, {"cookie": []}]),
        );
        self.fails(&[401])
    }

    fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    fn path(self, name: &str, schema: Value) -> Self {
        // 400: what is no UTF-8 when it is decoded.
        self.parameter(json!({"name": name, "in": "path", "required": true, "schema": schema}))
            .fails(&[400])
    }

    fn id(self) -> Self {
        self.path("id", json!({"type": "string"}))
    }

    fn query(self, name: &str, schema: Value) -> Self {
        self.parameter(json!({"name": name, "in": "query", "required": false, "schema": schema}))
            .fails(&[400])
    }

    /// Several words with commas between them.
    fn list_query(self, name: &str, schema: Value) -> Self {
        self.parameter(json!({
            "name": name, "in": "query", "required": false, "style": "form", "explode": false, "schema": schema,
        }))
        .fails(&[400])
    }

    fn paged(self) -> Self {
        self.query(
            "limit",
            json!({"type": "integer", "minimum": 1, "maximum": 100}),
        )
        .query("cursor", json!({"type": "string"}))
    }

    fn header(self, name: &str, required: bool, schema: Value) -> Self {
        self.parameter(
            json!({"name": name, "in": "header", "required": required, "schema": schema}),
        )
    }

    fn key(self, required: bool) -> Self {
        self.header(
            "Idempotency-Key",
            required,
            json!({"type": "string", "format": "uuid"}),
        )
        .fails(&[400, 401])
    }

    fn if_match(self) -> Self {
        self.header("If-Match", false, json!({"type": "string"}))
    }

    fn tus(self) -> Self {
        self.header(
            "Tus-Resumable",
            true,
            json!({"type": "string", "enum": ["1.0.0"]}),
        )
    }

    /// Gathers a type and all that it is made of.
    fn gather<T: ToSchema>(&mut self) {
        let mut all = Vec::new();
        T::schemas(&mut all);
        self.schemas
            .extend(all.into_iter().map(|(name, schema)| (name, value(schema))));
    }

    fn schema<T: ToSchema>(&mut self) -> Value {
        self.gather::<T>();
        self.schemas
            .push((T::name().into_owned(), value(T::schema())));
        json!({"$ref": format!("#/components/schemas/{}", T::name())})
    }

    fn body(mut self, required: bool, media_type: &str, schema: Value) -> Self {
        let body = json!({"required": required, "content": {media_type: {"schema": schema}}});
        self.value.insert("requestBody".to_owned(), body);
        self
    }

    fn takes<T: ToSchema>(mut self) -> Self {
        let schema = self.schema::<T>();
        self.body(true, "application/json", schema)
            .fails(&[400, 413, 415])
    }

    fn takes_optional<T: ToSchema>(mut self) -> Self {
        let schema = self.schema::<T>();
        self.body(false, "application/json", schema)
            .fails(&[400, 413, 415])
    }

    fn takes_bytes(self) -> Self {
        self.body(
            true,
            "application/offset+octet-stream",
            json!({"type": "string", "format": "binary"}),
        )
    }

    fn response(mut self, status: u16, response: Value) -> Self {
        self.responses.insert(status.to_string(), response);
        self
    }

    fn answers<T: ToSchema>(mut self, status: u16) -> Self {
        let schema = self.schema::<T>();
        self.json(status, schema)
    }

    /// Answers with a list. It stands in its place, because the lists of all things share one name.
    fn lists<L: ToSchema, T: ToSchema>(mut self) -> Self {
        self.gather::<L>();
        self.schema::<T>();
        self.json(200, value(L::schema()))
    }

    fn json(self, status: u16, schema: Value) -> Self {
        let content = json!({"application/json": {"schema": schema}});
        let headers = json!({"Content-Language": text_header(true)});
        self.response(
            status,
            json!({"description": reason(status), "headers": headers, "content": content}),
        )
    }

    fn bytes(self, media_type: &str) -> Self {
        self.response(
            200,
            json!({"description": reason(200), "content": {media_type: {}}}),
        )
    }

    fn empty(self, status: u16) -> Self {
        self.response(status, json!({"description": reason(status)}))
    }

    fn with_header(mut self, status: u16, name: &str, always: bool) -> Self {
        if let Some(response) = self.responses.get_mut(&status.to_string()) {
            response["headers"][name] = text_header(always);
        }
        self
    }

    /// Which operations can be called with the request that this one answers with.
    fn leads_to(mut self, status: u16, operations: &[&str]) -> Self {
        if let Some(response) = self.responses.get_mut(&status.to_string()) {
            for id in operations {
                let parameters = json!({"id": "$response.body#/request/id"});
                response["links"][id] = json!({"operationId": id, "parameters": parameters});
            }
        }
        self
    }

    fn fails(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            let problem = json!({"$ref": "#/components/schemas/Problem"});
            let mut response = json!({
                "description": reason(*status),
                "headers": {"Content-Language": text_header(true)},
                "content": {"application/problem+json": {"schema": problem}},
            });
            match status {
                429 => {
                    response["headers"]["Retry-After"] =
                        json!({"required": true, "schema": {"type": "integer"}});
                    response["headers"]["RateLimit"] = text_header(false);
                    response["headers"]["RateLimit-Policy"] = text_header(false);
                }
                503 => {
                    response["headers"]["Retry-After"] =
                        json!({"required": true, "schema": {"type": "integer"}})
                }
                409 => response["headers"]["Retry-After"] = json!({"schema": {"type": "integer"}}),
                401 => response["headers"]["WWW-Authenticate"] = text_header(true),
                _ => {}
            }
            self.responses.insert(status.to_string(), response);
        }
        self
    }

    fn fails_bare(mut self, statuses: &[u16]) -> Self {
        for status in statuses.iter().chain(&[500, 503]) {
            self = self.empty(*status);
        }
        self
    }
}

impl Document {
    fn add(&mut self, method: &str, path: &str, operation: Operation) {
        let Operation {
            mut value,
            parameters,
            responses,
            schemas,
        } = operation;
        self.schemas.extend(schemas);
        value.insert("parameters".to_owned(), parameters.into());
        value.insert("responses".to_owned(), responses.into());
        let item = self.paths.entry(path).or_insert_with(|| json!({}));
        item[method] = value.into();
    }

    fn finish(mut self, settings: &Settings, catalogue: &Catalogue) -> Value {
        let mut problems = Operation::new("", "");
        problems.schema::<Problem>();
        self.schemas.extend(problems.schemas);
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "The ticket API contract",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Submitting and following requests. Errors are application/problem+json with a `code`.",
                "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            },
            "servers": [{"url": BASE_PATH}],
            "paths": self.paths,
            "components": {
                "schemas": self.schemas,
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "cookie": {
                        "type": "apiKey", "in": "cookie", "name": super::actor::COOKIE,
                        "description": "With X-CSRF-Token on unsafe methods; only for pages of this origin.",
                    },
                },
            },
        });
        constrain(&mut document["components"]["schemas"], settings, catalogue);
        document
    }
}

/// What this server checks beyond the types: lengths, and that something can be seen.
fn constrain(schemas: &mut Value, settings: &Settings, catalogue: &Catalogue) {
    let limits = &settings.limits;
    let seen = format!("^[^\\u0000]*{VISIBLE}[^\\u0000]*$");
    let printed = format!("^[^\\u0000]*{PRINTED}[^\\u0000]*$");
    let types: Vec<&str> = catalogue.types().iter().map(|t| t.id.as_str()).collect();
    let uploads = json!({"maxItems": limits.attachments_per_message});
    for (schema, property, constraint) in [
        (
            "NewRequest",
            "subject",
            json!({"maxLength": limits.subject_length, "pattern": seen}),
        ),
        ("NewRequest", "type_id", json!({"enum": types})),
        ("PreviewRequest", "type_id", json!({"enum": types})),
        (
            "Grounds",
            "comment",
            json!({"maxLength": limits.body_length, "pattern": printed}),
        ),
        (
            "Follow",
            "email",
            json!({"maxLength": 254, "pattern": EMAIL}),
        ),
        (
            "NewCallback",
            "topic",
            json!({"maxLength": limits.subject_length, "pattern": seen}),
        ),
        (
            "NewRequest",
            "body",
            json!({"properties": {"value": {"pattern": printed}}}),
        ),
        ("NewRequest", "attachment_ids", uploads.clone()),
        ("NewMessage", "attachment_ids", uploads),
        (
            "Contact",
            "name",
            json!({"maxLength": crate::intake::NAME_MAX, "pattern": WITHOUT_NUL}),
        ),
        (
            "Contact",
            "email",
            json!({"maxLength": 254, "pattern": EMAIL}),
        ),
        ("Contact", "phone", json!({"pattern": PHONE})),
        (
            "Edit",
            "subject",
            json!({"maxLength": limits.subject_length, "pattern": seen}),
        ),
        (
            "SentBody",
            "format",
            json!({"$ref": null, "type": "string", "enum": ["text"]}),
        ),
        (
            "SentBody",
            "value",
            json!({"maxLength": limits.body_length, "pattern": WITHOUT_NUL}),
        ),
        (
            "Comment",
            "comment",
            json!({"maxLength": limits.body_length, "pattern": WITHOUT_NUL}),
        ),
        ("Track", "reference", json!({"pattern": WITHOUT_NUL})),
        ("Track", "query_code", json!({"pattern": WITHOUT_NUL})),
        ("TrackLink", "token", json!({"pattern": WITHOUT_NUL})),
        (
            "MePatch",
            "name",
            json!({"maxLength": super::me::NAME_MAX, "pattern": WITHOUT_NUL}),
        ),
        ("Redeem", "code", json!({"pattern": WITHOUT_NUL})),
    ] {
        let found = &mut schemas[schema]["properties"][property];
        let Value::Object(constraint) = constraint else {
            continue;
        };
        for (name, value) in constraint {
            match (value, found.as_object_mut()) {
                (Value::Null, Some(found)) => drop(found.remove(&name)),
                (value, Some(found)) => drop(found.insert(name, value)),
                (_, None) => {}
            }
        }
    }
    // Which addresses are taken depends on the channel.
    let by_channel: Vec<Value> = settings
        .sign_in
        .iter()
        .map(|channel| {
            let pattern = match channel {
                portico_contract::session::Channel::Email => EMAIL,
                _ => PHONE,
            };
            json!({"properties": {"channel": {"const": channel.as_str()}, "address": {"pattern": pattern, "maxLength": 254}}})
        })
        .collect();
    for schema in ["CodeRequest", "Redeem"] {
        schemas[schema]["oneOf"] = by_channel.clone().into();
    }
}

/// Addresses as nearly everybody has them; others are taken too.
const EMAIL: &str = r"^[A-Za-z0-9]{1,40}@[A-Za-z0-9]{1,40}\.[A-Za-z]{2,20}$";
const PHONE: &str = r"^\+[1-9][0-9]{6,14}$";

fn value(schema: RefOr<Schema>) -> Value {
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    plain(&mut value);
    value
}

/// The comments of the code link to other code; a reader of the document sees no code.
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`");
            }
            map.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

fn text_header(always: bool) -> Value {
    json!({"required": always, "schema": {"type": "string"}})
}

fn reason(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document(&Settings::default(), &Catalogue::load(None, None).unwrap());
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50);
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(
                document.pointer(pointer).is_some_and(|v| v.is_object()),
                "{reference}"
            );
        }
    }

    #[test]
    fn what_is_sent_is_closed_and_limited() {
        let document = document(&Settings::default(), &Catalogue::load(None, None).unwrap());
        let schemas = &document["components"]["schemas"];
        for name in [
            "NewRequest",
            "NewMessage",
            "NewCallback",
            "PreviewRequest",
            "Comment",
            "Grounds",
            "Follow",
            "Edit",
            "Seen",
            "Track",
            "CodeRequest",
            "Redeem",
            "MePatch",
        ] {
            assert_eq!(schemas[name]["additionalProperties"], false, "{name}");
        }
        assert_eq!(
            schemas["NewRequest"]["properties"]["subject"]["maxLength"],
            200
        );
        assert_eq!(
            schemas["SentBody"]["properties"]["format"]["enum"],
            json!(["text"])
        );
        assert!(schemas["Problem"]["properties"].is_object());
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let document = document(&Settings::default(), &Catalogue::load(None, None).unwrap());
        let mut names: Vec<&str> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|item| item.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
