//! A request and its timeline as the contract shows them, in the language of the reader.

use crate::{
    catalogue::Catalogue,
    state::App,
    store::records::{Entry as EntryRecord, Happening, RequestRecord},
};
use portico_contract::{
    form::{Field, FieldOption, FieldType, FieldValue},
    id::AttachmentId,
    lifecycle::step_states,
    locale::Locale,
    request::{FieldDisplay, Request, Status, Step, SurveyState, SurveySummary, TypeName},
    timeline::{Author, Body, Entry, Role, TextFormat, TimelineItem},
};

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The customer of the request.
    Customer,
    /// The desk.
    Desk,
}

/// The request.
#[must_use]
pub fn request(app: &App, record: &RequestRecord, locale: Locale) -> Request {
    let catalogue = &app.catalogue;
    let form = catalogue.request_type(&record.type_id).map(|t| t.form(locale));
    let word = |key: String| catalogue.word(&key, locale).to_owned();
    let steps = step_states(record.steps.keys(), record.step, record.status == Status::Closed);
    Request {
        id: record.id.clone(),
        reference: record.reference,
        kind: record.kind,
        request_type: TypeName {
            id: record.type_id.clone(),
            // A type that the company has taken out of its catalogue since.
            name: form.map_or_else(|| word(format!("kind.{}", record.kind)), |form| form.name.clone()),
        },
        subject: record.subject.clone(),
        status: record.status,
        status_label: word(format!("status.{}.label", record.status)),
        status_meaning: word(format!("status.{}.meaning", record.status)),
        waiting_on: record.waiting_on,
        outcome: record.outcome,
        urgency: record.urgency,
        grade: record.grade,
        class: record.class,
        created_at: record.created_at,
        updated_at: record.updated_at,
        resolved_at: record.resolved_at,
        closed_at: record.closed_at,
        steps: steps
            .into_iter()
            .map(|(key, state)| Step {
                key,
                label: word(format!("step.{key}")),
                state,
                at: record.steps_done.get(&key).copied(),
            })
            .collect(),
        promises: Vec::new(),
        fields: fields(catalogue, record, locale),
        handler: record.handler.clone(),
        participants: Vec::new(),
        follow_up_of: record.follow_up_of.clone(),
        unread_count: record.unread,
        actions: record.situation(app.settings.reopen_days, app.clock.now()).actions(),
        survey: SurveySummary { state: SurveyState::NotOffered, editable_until: None },
    }
}

/// The answers of the form, in its order.
fn fields(catalogue: &Catalogue, record: &RequestRecord, locale: Locale) -> Vec<FieldDisplay> {
    let Some(request_type) = catalogue.request_type(&record.type_id) else { return Vec::new() };
    let shown = |field: &Field| {
        let value = record.fields.get(&field.id)?;
        Some(FieldDisplay {
            id: field.id.clone(),
            label: field.label.clone(),
            value: value.clone(),
            display: display(catalogue, record, field, value, locale),
        })
    };
    request_type.form(locale).fields.iter().filter_map(shown).collect()
}

/// What to show for an answer: the label of an option, the path to a leaf, yes or no, the names of files.
fn display(catalogue: &Catalogue, record: &RequestRecord, field: &Field, value: &FieldValue, locale: Locale) -> String {
    let label = |value: &String| path(&field.options, value).map_or_else(|| value.clone(), |path| path.join(" › "));
    let list_mark = if locale == Locale::En { ", " } else { "、" };
    match value {
        FieldValue::Bool(yes) => catalogue.word(if *yes { "value.yes" } else { "value.no" }, locale).to_owned(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Text(text) if matches!(field.field_type, FieldType::Select | FieldType::Tree) => label(text),
        FieldValue::Text(text) => text.clone(),
        FieldValue::List(list) if field.field_type == FieldType::File => {
            let name = |id: &String| record.file_names.get(&AttachmentId::new(id)).unwrap_or(id).clone();
            list.iter().map(name).collect::<Vec<_>>().join(list_mark)
        }
        FieldValue::List(list) => list.iter().map(label).collect::<Vec<_>>().join(list_mark),
    }
}

/// The labels from the top to the leaf with this value.
fn path(options: &[FieldOption], value: &str) -> Option<Vec<String>> {
    options.iter().find_map(|option| {
        if option.children.is_empty() {
            (option.value == value).then(|| vec![option.label.clone()])
        } else {
            let mut below = path(&option.children, value)?;
            below.insert(0, option.label.clone());
            Some(below)
        }
    })
}

/// An entry of the timeline.
#[must_use]
pub fn item(app: &App, entry: &EntryRecord, reader: Reader, locale: Locale) -> TimelineItem {
    let catalogue = &app.catalogue;
    let shown = match &entry.what {
        Happening::Message { author, body } => Entry::Message {
            author: Author {
                role: entry.role,
                name: author.clone().unwrap_or_else(|| catalogue.word(author_key(entry.role), locale).to_owned()),
                me: entry.role == Role::Customer && reader == Reader::Customer,
            },
            body: Body { format: TextFormat::Text, value: body.clone() },
            attachments: entry.attachments.clone(),
        },
        Happening::Status { from, to, waiting_on, outcome, explanation, note } => Entry::Status {
            from: *from,
            to: *to,
            waiting_on: *waiting_on,
            outcome: *outcome,
            explanation: explanation
                .clone()
                .or_else(|| note.as_ref().map(|key| catalogue.word(key, locale).to_owned())),
        },
        Happening::Step { key } => {
            Entry::Step { key: *key, label: catalogue.word(&format!("step.{key}"), locale).to_owned() }
        }
        Happening::Edited => Entry::Edited,
    };
    TimelineItem { id: entry.id.clone(), at: entry.at, entry: shown }
}

fn author_key(role: Role) -> &'static str {
    match role {
        Role::Customer => "author.customer",
        Role::Agent => "author.service_desk",
        Role::ThirdParty => "author.third_party",
        Role::System | Role::Unknown => "author.system",
    }
}
