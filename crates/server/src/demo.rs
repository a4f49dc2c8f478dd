//! `--demo`: a company, customers and requests to try, put in once.

use crate::{
    catalogue::Localized,
    clock::real_now,
    http::submit,
    intake,
    life::StatusChange,
    problem::ApiError,
    promises::Event,
    secret,
    settings::{ContactSetting, Settings},
    state::App,
    store::{
        Tx,
        records::{Customer, Filter, Happening, RequestRecord, Scope},
    },
    text,
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    code::{QueryCode, Reference},
    form::Answers,
    id::{CustomerId, TypeId},
    list::Sort,
    locale::Locale,
    request::{Outcome, Status, StepKey, Urgency, WaitingOn},
    submission::{NewRequest, SentBody},
    timeline::Role,
};
use serde::Deserialize;

const DEMO: &str = include_str!("../catalogue/demo.json");
/// Where the store keeps what is to be tried: a reference and its query code. The code is no secret here.
const TO_TRY: &str = "demo_to_try";
/// The request to try: its place in the file.
const TRIED: usize = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    brand: Localized,
    contacts: Vec<ContactSetting>,
    customers: Vec<DemoCustomer>,
    requests: Vec<DemoRequest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoCustomer {
    email: String,
    phone: Option<String>,
    name: String,
    locale: Locale,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoRequest {
    /// The e-mail address of a customer.
    customer: String,
    type_id: TypeId,
    subject: String,
    body: String,
    urgency: Urgency,
    #[serde(default)]
    fields: Answers,
    minutes_ago: i64,
    #[serde(default)]
    timeline: Vec<DemoEntry>,
}

/// One of `message`, `status` and `step`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoEntry {
    minutes_ago: i64,
    by: Option<Role>,
    name: Option<String>,
    message: Option<String>,
    status: Option<DemoStatus>,
    step: Option<StepKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoStatus {
    status: Status,
    waiting_on: Option<WaitingOn>,
    outcome: Option<Outcome>,
    explanation: Option<String>,
}

fn demo() -> Result<Demo, String> {
    serde_json::from_str(DEMO).map_err(|e| format!("demonstration data: {e}"))
}

/// Gives the company a name and contacts where the configuration names none.
///
/// # Errors
/// When the data that ships cannot be read.
pub fn dress(settings: &mut Settings) -> Result<(), String> {
    let demo = demo()?;
    if settings.brand.name == Settings::default().brand.name {
        settings.brand.name = demo.brand;
    }
    if settings.contacts.is_empty() {
        settings.contacts = demo.contacts;
    }
    Ok(())
}

/// Puts customers and requests into an empty store, and says how to try them.
///
/// # Errors
/// A sentence for the operator.
pub async fn begin(app: &App, address: &str, program: &str) -> Result<(), String> {
    let to_try = fill(app)
        .await
        .map_err(|e| format!("demonstration data: {e:?}"))?;
    let customer = demo()?
        .customers
        .into_iter()
        .next()
        .map(|c| c.email)
        .unwrap_or_default();
    let Some((reference, code)) = to_try.as_deref().and_then(|text| text.split_once(' ')) else {
        println!("there are requests already: no demonstration data was added");
        return Ok(());
    };
    let mail = app.data.join("outbox").join("mail");
    let desk = format!(
        "{program} desk --url http://{address} --data {}",
        app.data.display()
    );
    println!(
        "
Open     {}
Sign in  as {customer}; the code is in the newest file of {}
Track    {reference} with the query code {code}
Answer   {desk} reply {reference} \"Hello\"
Resolve  {desk} status {reference} resolved --outcome remedied --explanation \"It works again\"
",
        app.public_url,
        mail.display(),
    );
    Ok(())
}

/// Returns what is to be tried; `None` when the store has requests of its own.
async fn fill(app: &App) -> Result<Option<String>, ApiError> {
    let mut tx = app.store.write().await?;
    if let Some(to_try) = tx.meta(TO_TRY).await? {
        return Ok(Some(to_try));
    }
    let anything = Filter {
        status: Vec::new(),
        kind: Vec::new(),
        words: Vec::new(),
        or_reference: None,
        reference: None,
        sort: Sort::CreatedAsc,
        limit: 1,
        after: None,
    };
    if tx.list_requests(&Scope::Desk, &anything).await?.total > 0 {
        return Ok(None);
    }
    let demo = demo().map_err(ApiError::internal)?;
    for customer in &demo.customers {
        let record = Customer {
            id: CustomerId::new(uuid::Uuid::new_v4().simple().to_string()),
            name: Some(customer.name.clone()),
            email: Some(text::normal_email(&customer.email)),
            phone: customer.phone.as_deref().map(text::normal_phone),
            locale: Some(customer.locale),
            tier: None,
            created_at: Instant::from(real_now()),
        };
        tx.put_customer(&record).await?;
    }
    let code = QueryCode::from_random(submit::bits()?);
    let hash = secret::password_hash(app, code.to_string()).await?;
    let mut to_try = String::new();
    for (i, request) in demo.requests.iter().enumerate() {
        let hash = (i == TRIED).then(|| hash.clone());
        let reference = add(app, &mut *tx, request, hash).await?;
        if i == TRIED {
            to_try = format!("{reference} {code}");
        }
    }
    tx.set_meta(TO_TRY, &to_try).await?;
    tx.commit().await?;
    Ok(Some(to_try))
}

async fn add(
    app: &App,
    tx: &mut dyn Tx,
    request: &DemoRequest,
    query_hash: Option<String>,
) -> Result<Reference, ApiError> {
    let customer = tx
        .customer_by_address(&text::normal_email(&request.customer))
        .await?;
    let customer =
        customer.ok_or_else(|| ApiError::internal(format!("no customer {}", request.customer)))?;
    let locale = customer.locale.unwrap_or(Locale::En);
    let new = NewRequest {
        type_id: request.type_id.clone(),
        subject: request.subject.clone(),
        body: SentBody::text(&request.body),
        fields: request.fields.clone(),
        urgency: Some(request.urgency),
        attachment_ids: Vec::new(),
        contact: None,
        consents: Default::default(),
        context: Default::default(),
        follow_up_of: None,
        locale: None,
    };
    let company = app.company();
    let accepted = intake::new_request(app, &company, &new, locale, false)?;
    let mut record = submit::record(
        &accepted,
        &new,
        Some(customer.id),
        ago(app, request.minutes_ago),
    )?;
    record.query_hash = query_hash;
    record.promise(&app.policy(), record.created_at);
    submit::insert(tx, &mut record).await?;
    submit::write(tx, &mut record, &accepted, &new, locale).await?;
    for entry in &request.timeline {
        happen(app, tx, &mut record, entry).await?;
    }
    if record.status == Status::Closed {
        record.seen_at = record.last_entry_at;
    }
    // What was over before the server began is not asked about.
    record.survey_from = None;
    tx.update_request(&record).await?;
    Ok(record.reference)
}

async fn happen(
    app: &App,
    tx: &mut dyn Tx,
    record: &mut RequestRecord,
    entry: &DemoEntry,
) -> Result<(), ApiError> {
    let at = ago(app, entry.minutes_ago);
    let role = entry.by.unwrap_or(Role::Agent);
    let policy = app.policy();
    let new = if let Some(body) = &entry.message {
        let author = match role {
            Role::Customer => submit::author(tx, record).await?,
            _ => entry.name.clone(),
        };
        let what = Happening::Message {
            author,
            body: body.clone(),
        };
        let mut told = vec![record.entry(at, true, role, what)];
        if role == Role::Agent {
            record.answered(at);
            told.extend(record.happens(Event::Reply, &policy, at));
        }
        told
    } else if let Some(status) = &entry.status {
        let change = StatusChange {
            waiting_on: status.waiting_on,
            outcome: status.outcome,
            explanation: status.explanation.clone(),
            ..StatusChange::default()
        };
        record.set_status(status.status, change, role, &policy, at)
    } else if let Some(key) = entry.step {
        record.reach(key, at);
        let mut told = vec![record.entry(at, true, role, Happening::Step { key })];
        told.extend(record.happens(Event::Step(key), &policy, at));
        told
    } else {
        return Err(ApiError::internal("an entry in which nothing happens"));
    };
    for entry in &new {
        tx.add_entry(entry).await?;
    }
    if role == Role::Customer {
        // Who answers has read what was there.
        record.seen_at = record.last_entry_at;
    }
    Ok(())
}

fn ago(app: &App, minutes: i64) -> Instant {
    let now = app.clock.now();
    now.plus(TimeDelta::minutes(-minutes)).unwrap_or(now)
}
