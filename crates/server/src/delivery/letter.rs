//! What messages say, in the language of who gets them.

use super::mail;
use crate::{
    catalogue::Localized,
    clock::real_now,
    http::{actor::token_hash, submit::author},
    problem::ApiError,
    secret,
    state::App,
    store::{
        Tx,
        records::{CallbackRecord, OutgoingMessage, RequestRecord},
    },
    text,
};
use chrono::TimeDelta;
use portico_contract::{
    Instant,
    code::{QueryCode, Reference},
    form::{is_email, is_phone},
    locale::Locale,
    session::Channel,
    submission::Contact,
};

/// An address that a message can be sent to, in its normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// How.
    pub channel: Channel,
    /// Where.
    pub address: String,
}

impl Recipient {
    /// Reads an address as people type it; `None` when it is none.
    #[must_use]
    pub fn new(channel: Channel, typed: &str) -> Option<Self> {
        let address = match channel {
            Channel::Email => text::normal_email(typed),
            Channel::Sms => text::normal_phone(typed),
            Channel::Unknown => return None,
        };
        let fits = match channel {
            Channel::Email => is_email(&address) && mail::is_deliverable(&address),
            _ => is_phone(typed) && is_phone(&address),
        };
        fits.then_some(Self { channel, address })
    }
}

/// Why somebody is written to about their request.
#[derive(Debug, Clone, Copy)]
pub enum Occasion<'a> {
    /// It was received. A guest gets the query code.
    Received(Option<&'a QueryCode>),
    /// The desk has replied.
    Reply,
    /// The desk proposed a solution.
    Proposal,
    /// A promise is late.
    Late,
    /// A promised date was moved, and why.
    Moved(Option<&'a str>),
    /// It has waited for its customer for a while.
    Waiting,
    /// Its status has changed; why, in the desk's words.
    Status(Option<&'a str>),
}

/// Queues a sign-in code.
///
/// # Errors
/// When the store fails.
pub async fn sign_in(
    app: &App,
    tx: &mut dyn Tx,
    to: &Recipient,
    locale: Locale,
    code: &str,
) -> Result<(), ApiError> {
    let company = app.company();
    let minutes = app.settings.sessions.code_minutes.to_string();
    let brand = company.brand.name.get(locale);
    let values = [
        ("brand", brand),
        ("code", code),
        ("minutes", minutes.as_str()),
    ];
    Ok(tx
        .queue(&write(app, to, "sign_in", locale, &values))
        .await?)
}

/// Queues a message to who sent a request, and to who follows it where the news are for them too. Nothing for whom
/// there is no address that can be written to.
///
/// # Errors
/// When the store fails.
pub async fn notify(
    app: &App,
    tx: &mut dyn Tx,
    request: &RequestRecord,
    occasion: Occasion<'_>,
) -> Result<(), ApiError> {
    to_sender(app, tx, request, occasion).await?;
    to_followers(app, tx, request, occasion).await
}

async fn to_sender(
    app: &App,
    tx: &mut dyn Tx,
    request: &RequestRecord,
    occasion: Occasion<'_>,
) -> Result<(), ApiError> {
    let company = app.company();
    let Some(to) = recipient(tx, request).await? else {
        return Ok(());
    };
    let locale = request.locale;
    let catalogue = &company.catalogue;
    let brand = company.brand.name.get(locale);
    let reference = request.reference.to_string();
    let track_link = format!("{}/track#{reference}", app.public_url);
    let link = match request.customer_id {
        Some(_) => own_link(app, request),
        // A guest has no session to come back to: the link brings a token of its own, where no log sees it.
        None => {
            let token = secret::token()?;
            let ends = real_now() + TimeDelta::days(i64::from(app.settings.sessions.link_days));
            tx.add_link(&token_hash(&token), &request.id, ends.timestamp_millis())
                .await?;
            format!("{}/track#t={token}", app.public_url)
        }
    };
    let form = catalogue
        .request_type(&request.type_id)
        .map(|t| t.form(locale).name.as_str());
    let contact = contact(app, locale, true);
    let code = match occasion {
        Occasion::Received(code) => code.map(ToString::to_string),
        _ => None,
    };
    let status = status_word(app, request, locale);
    let kind = match occasion {
        Occasion::Received(Some(_)) => "receipt",
        Occasion::Received(None) => "receipt_signed_in",
        Occasion::Reply => "reply",
        Occasion::Proposal => "proposal",
        Occasion::Late => "late",
        Occasion::Moved(_) => "moved",
        Occasion::Status(_) => "status",
        Occasion::Waiting => "waiting",
    };
    let values = [
        ("brand", brand),
        ("reference", reference.as_str()),
        ("query_code", code.as_deref().unwrap_or_default()),
        ("subject", request.subject.as_str()),
        ("type", form.unwrap_or_default()),
        ("next", catalogue.word("next.received", locale)),
        ("link", link.as_str()),
        ("track_link", track_link.as_str()),
        ("status_label", status.as_str()),
        ("explanation", explanation(occasion)),
        ("contact", contact.as_str()),
    ];
    Ok(tx.queue(&write(app, &to, kind, locale, &values)).await?)
}

/// What was said with the news.
fn explanation<'a>(occasion: Occasion<'a>) -> &'a str {
    match occasion {
        Occasion::Status(explanation) | Occasion::Moved(explanation) => {
            explanation.unwrap_or_default()
        }
        _ => "",
    }
}

/// Where somebody with an account reads a request.
fn own_link(app: &App, request: &RequestRecord) -> String {
    format!("{}/requests/{}", app.public_url, request.reference)
}

/// In which language somebody who follows is written to: in their own where it is known.
async fn follower_locale(
    tx: &mut dyn Tx,
    request: &RequestRecord,
    email: &str,
) -> Result<Locale, ApiError> {
    let known = tx.customer_by_address(email).await?;
    let own = known.and_then(|customer| customer.locale);
    Ok(own.unwrap_or(request.locale))
}

async fn to_followers(
    app: &App,
    tx: &mut dyn Tx,
    request: &RequestRecord,
    occasion: Occasion<'_>,
) -> Result<(), ApiError> {
    let company = app.company();
    let news = match occasion {
        Occasion::Reply => "follow.news.reply",
        Occasion::Proposal => "follow.news.proposal",
        Occasion::Late => "follow.news.late",
        Occasion::Moved(_) => "follow.news.moved",
        Occasion::Status(_) => "follow.news.status",
        // For who sent it alone.
        Occasion::Received(_) | Occasion::Waiting => return Ok(()),
    };
    for email in &request.followers {
        let locale = follower_locale(tx, request, email).await?;
        let status = status_word(app, request, locale);
        let status = [("status_label", status.as_str())];
        let news = company.catalogue.fill(news, locale, &status);
        let values = [
            ("news", news.as_str()),
            ("explanation", explanation(occasion)),
        ];
        to_follower(app, tx, request, email, locale, "followed", &values).await?;
    }
    Ok(())
}

/// Queues a letter to somebody who follows from now on: who added them, and how to stop.
///
/// # Errors
/// When the store fails.
pub async fn follow(
    app: &App,
    tx: &mut dyn Tx,
    request: &RequestRecord,
    email: &str,
) -> Result<(), ApiError> {
    let locale = follower_locale(tx, request, email).await?;
    let by = match author(tx, request).await? {
        Some(name) => name,
        None => recipient(tx, request).await?.map_or_else(
            || {
                app.company()
                    .catalogue
                    .word("follow.sender", locale)
                    .to_owned()
            },
            |sender| sender.address,
        ),
    };
    to_follower(
        app,
        tx,
        request,
        email,
        locale,
        "follow",
        &[("by", by.as_str())],
    )
    .await
}

async fn to_follower(
    app: &App,
    tx: &mut dyn Tx,
    request: &RequestRecord,
    email: &str,
    locale: Locale,
    kind: &str,
    own: &[(&str, &str)],
) -> Result<(), ApiError> {
    let company = app.company();
    let Some(to) = Recipient::new(Channel::Email, email) else {
        return Ok(());
    };
    let (reference, link) = (request.reference.to_string(), own_link(app, request));
    let contact = contact(app, locale, true);
    let common = [
        ("brand", company.brand.name.get(locale)),
        ("reference", reference.as_str()),
        ("link", link.as_str()),
        ("address", to.address.as_str()),
        ("stop", company.catalogue.word("follow.stop", locale)),
        ("contact", contact.as_str()),
    ];
    let values = [&common, own].concat();
    Ok(tx.queue(&write(app, &to, kind, locale, &values)).await?)
}

/// Queues a letter to who wants to be rung.
///
/// # Errors
/// When the store fails.
pub async fn callback(app: &App, tx: &mut dyn Tx, record: &CallbackRecord) -> Result<(), ApiError> {
    let company = app.company();
    let Some(to) = by_contact(&record.contact) else {
        return Ok(());
    };
    let locale = record.locale;
    let at = record.callback.preferred_at;
    let time = local_time(app, at);
    let zone = at.date_time().with_timezone(&app.settings.time_zone);
    // "UTC+08:00" is read everywhere, "Asia/Shanghai" by engineers.
    let zone = zone.format("UTC%:z").to_string();
    let contact = contact(app, locale, record.reference.is_some());
    let values = [
        ("brand", company.brand.name.get(locale)),
        ("topic", record.callback.topic.as_str()),
        ("phone", record.callback.phone.as_str()),
        ("time", time.as_str()),
        ("zone", zone.as_str()),
        ("contact", contact.as_str()),
    ];
    Ok(tx
        .queue(&write(app, &to, "callback", locale, &values))
        .await?)
}

/// A moment on the company's clock.
fn local_time(app: &App, at: Instant) -> String {
    let at = at.date_time().with_timezone(&app.settings.time_zone);
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// Queues a letter to the desk about a promise that is due soon, in the company's first language.
///
/// # Errors
/// When the store fails.
pub async fn remind(
    app: &App,
    tx: &mut dyn Tx,
    desk: &str,
    reference: Reference,
    label: &Localized,
    due: Instant,
) -> Result<(), ApiError> {
    let Some(to) = Recipient::new(Channel::Email, desk) else {
        return Ok(());
    };
    let locale = app.settings.locale(None);
    let reference = reference.to_string();
    let due = local_time(app, due);
    let values = [
        ("reference", reference.as_str()),
        ("promise", label.get(locale)),
        ("due", due.as_str()),
    ];
    Ok(tx
        .queue(&write(app, &to, "reminder", locale, &values))
        .await?)
}

/// Where a request stands, as its page says it.
fn status_word(app: &App, request: &RequestRecord, locale: Locale) -> String {
    use portico_contract::request::Status;
    let key = match request.status {
        Status::Queued | Status::Unknown => "status.queued.label",
        Status::New => "status.new.label",
        Status::Open => "status.open.label",
        Status::Pending => "status.pending.label",
        Status::Resolved => "status.resolved.label",
        Status::Closed => "status.closed.label",
    };
    let own = app.gateway.label(request);
    own.map_or_else(
        || app.company().catalogue.word(key, locale).to_owned(),
        str::to_owned,
    )
}

/// Where the sender of a request wants to be written to: what they gave with it, else what they have proven.
///
/// # Errors
/// When the store fails.
pub async fn recipient(
    tx: &mut dyn Tx,
    request: &RequestRecord,
) -> Result<Option<Recipient>, ApiError> {
    let mut contact = request.contact.clone();
    if contact.email.is_none()
        && contact.phone.is_none()
        && let Some(id) = &request.customer_id
        && let Some(customer) = tx.customer(id).await?
    {
        (contact.email, contact.phone) = (customer.email, customer.phone);
    }
    Ok(by_contact(&contact))
}

/// The way that somebody likes best among those that they gave.
#[must_use]
pub fn by_contact(contact: &Contact) -> Option<Recipient> {
    let read = |channel, address: &Option<String>| Recipient::new(channel, address.as_deref()?);
    let email = read(Channel::Email, &contact.email);
    let phone = read(Channel::Sms, &contact.phone);
    match contact.preferred {
        Some(Channel::Sms) => phone.or(email),
        _ => email.or(phone),
    }
}

/// How the company is reached, for the end of a letter, and that the reference is to be named if there is one; empty
/// where the company named no way.
pub(super) fn contact(app: &App, locale: Locale, has_reference: bool) -> String {
    let company = app.company();
    let catalogue = &company.catalogue;
    let lines: Vec<String> = company
        .contacts
        .iter()
        .map(|contact| {
            let key = format!("channel.{}", contact.channel);
            let label = match &contact.label {
                Some(label) => label.get(locale),
                None => catalogue.word(&key, locale),
            };
            let value = contact.value.get(locale);
            catalogue.fill(
                "mail.contact_line",
                locale,
                &[("label", label), ("value", value)],
            )
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let key = match has_reference {
        true => "mail.contact",
        false => "mail.contact_us",
    };
    catalogue.fill(key, locale, &[("contacts", &lines.join("\n"))])
}

pub(super) fn write(
    app: &App,
    to: &Recipient,
    kind: &str,
    locale: Locale,
    values: &[(&str, &str)],
) -> OutgoingMessage {
    let (subject, body) = match to.channel {
        Channel::Sms => (
            String::new(),
            app.company()
                .catalogue
                .fill(&format!("sms.{kind}"), locale, values),
        ),
        _ => (
            app.company()
                .catalogue
                .fill(&format!("mail.{kind}.subject"), locale, values),
            app.company()
                .catalogue
                .fill(&format!("mail.{kind}.body"), locale, values),
        ),
    };
    OutgoingMessage {
        channel: to.channel,
        recipient: to.address.clone(),
        subject,
        body: without_gaps(&body),
        unsubscribe: None,
    }
}

/// What was left empty (an explanation, the contact) leaves no hole of blank lines.
fn without_gaps(body: &str) -> String {
    let mut out = body.to_owned();
    while out.contains("\n\n\n") {
        out = out.replace("\n\n\n", "\n\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it_or_not_at_all() {
        let read = |channel, typed| Recipient::new(channel, typed).map(|to| to.address);
        assert_eq!(
            read(Channel::Email, " Tai.Man@Example.com ").as_deref(),
            Some("tai.man@example.com")
        );
        assert_eq!(
            read(Channel::Sms, "+852 2345-6789").as_deref(),
            Some("+85223456789")
        );
        for (channel, typed) in [
            (Channel::Email, "+852 2345 6789"),
            (Channel::Email, "a@b"),
            (Channel::Sms, "a@example.com"),
            (Channel::Sms, "12"),
            (Channel::Unknown, "a@example.com"),
        ] {
            assert_eq!(read(channel, typed), None, "{typed}");
        }
    }

    #[test]
    fn empty_parts_leave_no_gap() {
        assert_eq!(without_gaps("a\n\n\n\n\nb\n\nc\n"), "a\n\nb\n\nc\n");
    }
}
