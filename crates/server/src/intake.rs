//! What customers send, checked before anything is written: everything that is not right is said at once.

use crate::{
    catalogue::RequestType,
    company::Company,
    delivery::letter::Recipient,
    problem::{ApiError, Fault, pointer},
    settings::Limits,
    state::App,
    text,
};
use portico_contract::{
    form::{Answers, FieldType, FieldValue},
    id::UploadId,
    locale::Locale,
    problem::FieldProblem,
    session::Channel,
    submission::{Contact, NewRequest, SentBody},
    timeline::TextFormat,
};

/// Characters of a name or a purpose.
pub const NAME_MAX: u32 = 200;
/// Consents of one request.
const CONSENTS_MAX: usize = 50;

/// A new request that can be taken.
#[derive(Debug)]
pub struct Accepted<'a> {
    /// Which form.
    pub request_type: &'a RequestType,
    /// One line.
    pub subject: String,
    /// The first message.
    pub body: String,
    /// The answers of visible fields.
    pub fields: Answers,
    /// How to reach the sender.
    pub contact: Contact,
    /// The sender's language.
    pub locale: Locale,
}

/// Checks a new request. `guest`: the contact must name a way to reach the sender.
///
/// # Errors
/// 422 with everything that is not right.
pub fn new_request<'a>(
    app: &App,
    company: &'a Company,
    new: &NewRequest,
    locale: Locale,
    guest: bool,
) -> Result<Accepted<'a>, ApiError> {
    let mut faults = Vec::new();
    let request_type = company.catalogue.request_type(&new.type_id);
    if request_type.is_none() {
        faults.push(Fault::at("/type_id", FieldProblem::NotAnOption));
    }
    let subject = subject(&new.subject, &app.settings.limits, &mut faults);
    let body = body(&new.body, &app.settings.limits, false, &mut faults);
    let fields = request_type
        .map(|t| answers(t, &new.fields, locale, &mut faults))
        .unwrap_or_default();
    let contact = contact(new.contact.as_ref(), guest, &mut faults);
    if new.consents.len() > CONSENTS_MAX
        || new
            .consents
            .keys()
            .any(|purpose| purpose.chars().count() > NAME_MAX as usize)
    {
        faults.push(Fault::too_long("/consents", NAME_MAX));
    }
    let in_fields = file_ids(&fields, request_type, locale).count();
    file_count(
        new.attachment_ids.len() + in_fields,
        "/attachment_ids",
        &app.settings.limits,
        &mut faults,
    );
    match request_type {
        Some(request_type) if faults.is_empty() => Ok(Accepted {
            request_type,
            subject,
            body,
            fields,
            contact,
            locale: new.locale.unwrap_or(locale),
        }),
        _ => Err(ApiError::validation(faults)),
    }
}

/// Checks a message; one with files may stand without words.
///
/// # Errors
/// 422 with everything that is not right.
pub fn message(sent: &SentBody, files: &[UploadId], limits: &Limits) -> Result<String, ApiError> {
    let mut faults = Vec::new();
    let body = body(sent, limits, !files.is_empty(), &mut faults);
    file_count(files.len(), "/attachment_ids", limits, &mut faults);
    if faults.is_empty() {
        Ok(body)
    } else {
        Err(ApiError::validation(faults))
    }
}

/// Checks a word with an action; `None` when it is empty.
///
/// # Errors
/// 422 when it is too long.
pub fn comment(sent: Option<&str>, at: &str, limits: &Limits) -> Result<Option<String>, ApiError> {
    let comment = sent
        .map(text::paragraph)
        .filter(|text| !text.trim().is_empty());
    match &comment {
        Some(text) if text.chars().count() > limits.body_length as usize => Err(
            ApiError::validation(vec![Fault::too_long(at, limits.body_length)]),
        ),
        _ => Ok(comment),
    }
}

/// Cleans and checks a subject.
pub fn subject(sent: &str, limits: &Limits, faults: &mut Vec<Fault>) -> String {
    let subject = text::line(sent);
    required(&subject, "/subject", limits.subject_length, faults);
    subject
}

/// Cleans and checks a text; one with files may be empty.
pub fn body(sent: &SentBody, limits: &Limits, with_files: bool, faults: &mut Vec<Fault>) -> String {
    if sent.format != TextFormat::Text {
        faults.push(Fault::at("/body/format", FieldProblem::NotAnOption));
    }
    let body = text::paragraph(&sent.value);
    if body.trim().is_empty() && !with_files {
        faults.push(Fault::at("/body/value", FieldProblem::Required));
    } else if body.chars().count() > limits.body_length as usize {
        faults.push(Fault::too_long("/body/value", limits.body_length));
    }
    body
}

/// Cleans and checks the answers of a form; returns those that count.
pub fn answers(
    request_type: &RequestType,
    sent: &Answers,
    locale: Locale,
    faults: &mut Vec<Fault>,
) -> Answers {
    let form = request_type.form(locale);
    let clean = |(id, value): (&_, &FieldValue)| {
        let kind = form.field(id).map(|field| field.field_type);
        let value = match (value, kind) {
            (FieldValue::Text(text), Some(FieldType::Textarea)) => {
                FieldValue::Text(text::paragraph(text))
            }
            (FieldValue::Text(text), Some(_)) => FieldValue::Text(text::line(text)),
            (other, _) => other.clone(),
        };
        (id.clone(), value)
    };
    let answers: Answers = sent.iter().map(clean).collect();
    for (id, problem) in form.check(&answers) {
        faults.push(match form.field(&id) {
            Some(field) if problem != FieldProblem::UnknownField => Fault::of_field(field, problem),
            _ => Fault::at(pointer(&["fields", id.as_str()]), problem),
        });
    }
    let answers = form.sent(&answers);
    for (id, value) in &answers {
        if let (FieldValue::Text(text), Some(field)) = (value, form.field(id))
            && !request_type.matches_pattern(id, text)
        {
            faults.push(Fault::of_field(field, FieldProblem::Pattern));
        }
    }
    answers
}

/// The uploads (or attachments) that file fields name: the field, the place in its list, the id.
pub fn file_ids<'a>(
    answers: &'a Answers,
    request_type: Option<&'a RequestType>,
    locale: Locale,
) -> impl Iterator<Item = (&'a portico_contract::id::FieldId, usize, &'a str)> {
    let is_file = move |id: &_| {
        let field = request_type.and_then(|t| t.form(locale).field(id));
        field.is_some_and(|field| field.field_type == FieldType::File)
    };
    answers
        .iter()
        .filter(move |(id, _)| is_file(id))
        .filter_map(|(id, value)| match value {
            FieldValue::List(list) => Some((id, list)),
            _ => None,
        })
        .flat_map(|(id, list)| {
            list.iter()
                .enumerate()
                .map(move |(i, upload)| (id, i, upload.as_str()))
        })
}

/// Checks how many files there are.
pub fn file_count(count: usize, at: &str, limits: &Limits, faults: &mut Vec<Fault>) {
    if count > limits.attachments_per_message as usize {
        faults.push(Fault::too_long(at, limits.attachments_per_message).worded("field.too_many"));
    }
}

/// Checks a text that must be there and not be too long.
pub fn required(text: &str, at: &str, length: u32, faults: &mut Vec<Fault>) {
    if text.trim().is_empty() {
        faults.push(Fault::at(at, FieldProblem::Required));
    } else if text.chars().count() > length as usize {
        faults.push(Fault::too_long(at, length));
    }
}

/// Cleans and checks how to reach somebody. `guest`: there must be a way.
pub fn contact(sent: Option<&Contact>, guest: bool, faults: &mut Vec<Fault>) -> Contact {
    let given = |text: &Option<String>| {
        text.as_deref()
            .map(text::line)
            .filter(|text| !text.is_empty())
    };
    let contact = sent.map_or_else(Contact::default, |c| Contact {
        name: given(&c.name),
        email: given(&c.email),
        phone: given(&c.phone),
        preferred: c.preferred,
    });
    if contact
        .name
        .as_ref()
        .is_some_and(|name| name.chars().count() > NAME_MAX as usize)
    {
        faults.push(Fault::too_long("/contact/name", NAME_MAX));
    }
    for (channel, address, at, problem) in [
        (
            Channel::Email,
            &contact.email,
            "/contact/email",
            FieldProblem::NotAnEmail,
        ),
        (
            Channel::Sms,
            &contact.phone,
            "/contact/phone",
            FieldProblem::NotAPhone,
        ),
    ] {
        if address
            .as_ref()
            .is_some_and(|address| Recipient::new(channel, address).is_none())
        {
            faults.push(Fault::at(at, problem));
        }
    }
    if guest && contact.email.is_none() && contact.phone.is_none() {
        faults.push(Fault::at("/contact", FieldProblem::Required).worded("field.contact_required"));
    }
    contact
}
