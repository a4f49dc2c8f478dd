//! The whole form of a new request: what every request is asked, around what its type asks. The questions of every
//! request are fields like all others; their ids are JSON pointers into the body that is sent, by which the server
//! names what is not right.

use crate::{
    components::form::{BODY, FILES, Rules, SUBJECT},
    i18n::m,
};
use portico_contract::{
    config::{Capability, Config},
    form::{Answers, Field, FieldOption, FieldType, FieldValue, FormSchema},
    id::{FieldId, TypeId},
    locale::Locale,
    request::{Kind, Urgency},
    session::Channel,
    submission::{Contact, Context, NewRequest, SentBody},
};
use std::ops::Range;

/// How pressing it is.
const URGENCY: &str = "/urgency";
/// Begins the page that asks who writes.
pub const CONTACT: &str = "/contact";
/// How to write to them.
pub const EMAIL: &str = "/contact/email";
/// How to call them.
pub const PHONE: &str = "/contact/phone";
const NAME: &str = "/contact/name";
const PREFERRED: &str = "/contact/preferred";

fn field(id: &str, field_type: FieldType, label: String) -> Field {
    Field {
        id: FieldId::new(id),
        field_type,
        label,
        help: None,
        purpose: None,
        required: false,
        default: None,
        min: None,
        max: None,
        decimals: None,
        max_length: None,
        pattern: None,
        options: Vec::new(),
        visible_if: None,
        required_if: None,
    }
}

fn options(list: &[(&str, String)]) -> Vec<FieldOption> {
    list.iter()
        .map(|(value, label)| FieldOption {
            value: (*value).to_owned(),
            label: label.clone(),
            children: Vec::new(),
        })
        .collect()
}

/// A form that is not here yet.
pub fn empty(id: &TypeId) -> FormSchema {
    FormSchema {
        id: id.clone(),
        name: String::new(),
        kind: Kind::Other,
        description: String::new(),
        article_ids: Vec::new(),
        fields: Vec::new(),
    }
}

/// The whole form, in the language on screen. A page of it begins at each `info` field.
pub fn whole(form: &FormSchema, config: &Config, guest: bool) -> FormSchema {
    use FieldType::{Email, File, Info, Phone, Select, Text, Textarea};
    let files = config.capabilities.contains(&Capability::Attachments);
    let describe = match form.kind {
        Kind::Complaint => m::submit_describe_complaint(),
        Kind::Fault => m::submit_describe_fault(),
        Kind::Consultation => m::submit_describe_question(),
        Kind::Suggestion => m::submit_describe_suggestion(),
        _ => m::submit_describe_other(),
    };
    let mut fields = vec![
        field("/describe", Info, describe),
        Field {
            help: Some(m::submit_subject_hint()),
            required: true,
            max_length: Some(config.limits.subject_length),
            ..field(SUBJECT, Text, m::submit_subject())
        },
        Field {
            required: true,
            max_length: Some(config.limits.body_length),
            ..field(BODY, Textarea, m::submit_body())
        },
        Field {
            required: true,
            default: Some(FieldValue::Text(Urgency::Regular.as_str().to_owned())),
            options: options(&[
                (Urgency::Urgent.as_str(), m::submit_urgent()),
                (Urgency::Regular.as_str(), m::submit_regular()),
                (Urgency::Special.as_str(), m::submit_special()),
            ]),
            ..field(URGENCY, Select, m::submit_urgency())
        },
    ];
    if form.fields.first().is_some_and(|f| f.field_type != Info) {
        fields.push(field("/fields", Info, m::submit_details()));
    }
    let asked = form.fields.iter().filter(|f| files || f.field_type != File);
    fields.extend(asked.cloned());
    if files {
        fields.push(Field {
            help: Some(m::submit_files_text()),
            ..field("/files", Info, m::submit_files())
        });
        fields.push(Field {
            max: Some(config.limits.attachments_per_message.into()),
            ..field(FILES, File, m::submit_files_label())
        });
    }
    if guest {
        fields.extend([
            Field {
                help: Some(m::submit_contact_text()),
                ..field(CONTACT, Info, m::submit_contact())
            },
            field(NAME, Text, m::submit_name()),
            Field {
                purpose: Some(m::submit_email_purpose()),
                ..field(EMAIL, Email, m::submit_email())
            },
            Field {
                help: Some(m::submit_phone_hint()),
                purpose: Some(m::submit_phone_purpose()),
                ..field(PHONE, Phone, m::submit_phone())
            },
            Field {
                options: options(&[
                    (Channel::Email.as_str(), m::submit_by_email()),
                    (Channel::Sms.as_str(), m::submit_by_sms()),
                ]),
                ..field(PREFERRED, Select, m::submit_preferred())
            },
        ]);
    }
    FormSchema {
        fields,
        ..form.clone()
    }
}

/// The pages, as parts of the form's fields. The first field of each is its heading.
pub fn pages(form: &FormSchema) -> Vec<Range<usize>> {
    let starts: Vec<_> = (0..form.fields.len())
        .filter(|&i| form.fields[i].field_type == FieldType::Info)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([form.fields.len()]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(a, b)| a..b)
        .collect()
}

fn text(answers: &Answers, id: &str) -> Option<String> {
    match answers.get(&FieldId::new(id)) {
        Some(value @ FieldValue::Text(text)) if !value.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// Of an e-mail address and a telephone number one is enough, and only who gave both is asked for the better one.
pub const RULES: Rules = Rules {
    exists,
    is_needed: |id| matches!(id.as_str(), EMAIL | PHONE),
};

fn exists(id: &FieldId, answers: &Answers) -> bool {
    id.as_str() != PREFERRED || text(answers, EMAIL).is_some() && text(answers, PHONE).is_some()
}

/// Whether neither an e-mail address nor a telephone number is there.
pub fn is_unreachable(answers: &Answers) -> bool {
    text(answers, EMAIL).is_none() && text(answers, PHONE).is_none()
}

/// How pressing it is, as far as that is said.
pub fn urgency(answers: &Answers) -> Option<Urgency> {
    text(answers, URGENCY).map(|urgency| Urgency::from_word(&urgency))
}

/// What is sent. `form` is the type's own form; the files follow when they are there.
pub fn request(form: &FormSchema, answers: &Answers, guest: bool, locale: Locale) -> NewRequest {
    let contact = Contact {
        name: text(answers, NAME),
        email: text(answers, EMAIL),
        phone: text(answers, PHONE),
        preferred: text(answers, PREFERRED)
            .filter(|_| exists(&FieldId::new(PREFERRED), answers))
            .map(|channel| Channel::from_word(&channel)),
    };
    NewRequest {
        type_id: form.id.clone(),
        subject: text(answers, SUBJECT).unwrap_or_default(),
        body: SentBody::text(text(answers, BODY).unwrap_or_default()),
        fields: form.sent(answers),
        urgency: urgency(answers),
        attachment_ids: Vec::new(),
        contact: guest.then_some(contact),
        consents: std::collections::BTreeMap::new(),
        context: Context::default(),
        follow_up_of: None,
        locale: Some(locale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(fields: serde_json::Value) -> FormSchema {
        serde_json::from_value(
            json!({"id": "x", "name": "X", "kind": "complaint", "fields": fields}),
        )
        .unwrap()
    }

    #[test]
    fn a_page_begins_at_each_heading() {
        let form = form(json!([
            {"id": "a", "label": "A", "type": "info"},
            {"id": "b", "label": "B", "type": "info"},
            {"id": "c", "label": "C", "type": "text"},
            {"id": "d", "label": "D", "type": "text"},
            {"id": "e", "label": "E", "type": "info"},
        ]));
        assert_eq!(pages(&form), [0..1, 1..4, 4..5]);
    }

    #[test]
    fn what_is_sent_is_what_the_contract_takes() {
        let form = form(json!([{"id": "amount", "label": "Amount", "type": "number"}]));
        let answers = serde_json::from_value(json!({
            SUBJECT: "Charged twice", BODY: "In March.", URGENCY: "urgent", "amount": 12.5,
            NAME: "", EMAIL: "a@example.com", PREFERRED: "sms",
        }))
        .unwrap();
        let sent =
            |guest| serde_json::to_value(request(&form, &answers, guest, Locale::En)).unwrap();
        let mut wanted = json!({
            "type_id": "x", "subject": "Charged twice", "body": {"format": "text", "value": "In March."},
            "fields": {"amount": 12.5}, "urgency": "urgent", "locale": "en",
        });
        assert_eq!(sent(false), wanted);
        // Without a telephone number there is nothing to prefer.
        wanted["contact"] = json!({"email": "a@example.com"});
        assert_eq!(sent(true), wanted);
    }
}
