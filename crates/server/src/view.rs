//! A request and its timeline as the contract shows them, in the language of the reader.

use crate::{
    state::App,
    store::records::{Entry as EntryRecord, Happening, RequestRecord},
};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
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
    let form = catalogue
        .request_type(&record.type_id)
        .map(|t| t.form(locale));
    let word = |key: String| catalogue.word(&key, locale).to_owned();
    let steps = step_states(
        record.steps.keys(),
        record.step,
        record.status == Status::Closed,
    );
    Request {
        id: record.id.clone(),
        reference: record.reference,
        kind: record.kind,
        request_type: TypeName {
            id: record.type_id.clone(),
            // A type that the company has taken out of its catalogue since.
            name: form.map_or_else(
                || word(format!("kind.{}", record.kind)),
                |form| form.name.clone(),
            ),
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
        fields: fields(app, record, locale),
        handler: record.handler.clone(),
        participants: Vec::new(),
        follow_up_of: record.follow_up_of.clone(),
        unread_count: record.unread,
        actions: record
            .situation(app.settings.reopen_days, app.clock.now())
            .actions(),
        survey: SurveySummary {
            state: SurveyState::NotOffered,
            editable_until: None,
        },
    }
}

/// The answers of the form, in its order.
fn fields(app: &App, record: &RequestRecord, locale: Locale) -> Vec<FieldDisplay> {
    let Some(request_type) = app.catalogue.request_type(&record.type_id) else {
        return Vec::new();
    };
    let shown = |field: &Field| {
        let value = record.fields.get(&field.id)?;
        Some(FieldDisplay {
            id: field.id.clone(),
            label: field.label.clone(),
            value: value.clone(),
            display: display(app, record, field, value, locale),
        })
    };
    request_type
        .form(locale)
        .fields
        .iter()
        .filter_map(shown)
        .collect()
}

/// What to show for an answer: the label of an option, the path to a leaf, yes or no, a day, the names of files.
fn display(
    app: &App,
    record: &RequestRecord,
    field: &Field,
    value: &FieldValue,
    locale: Locale,
) -> String {
    let (catalogue, zone) = (&app.catalogue, app.settings.time_zone);
    let label = |value: &String| {
        path(&field.options, value).map_or_else(|| value.clone(), |path| path.join(" › "))
    };
    let list_mark = if locale == Locale::En { ", " } else { "、" };
    match value {
        FieldValue::Bool(yes) => catalogue
            .word(if *yes { "value.yes" } else { "value.no" }, locale)
            .to_owned(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Text(text)
            if matches!(field.field_type, FieldType::Select | FieldType::Tree) =>
        {
            label(text)
        }
        FieldValue::Text(text) if field.field_type == FieldType::Date => text
            .parse()
            .map_or_else(|_| text.clone(), |date| day(date, locale)),
        FieldValue::Text(text) if field.field_type == FieldType::Datetime => {
            moment(text, zone, locale)
        }
        FieldValue::Text(text) => text.clone(),
        FieldValue::List(list) if field.field_type == FieldType::File => {
            let name = |id: &String| {
                record
                    .file_names
                    .get(&AttachmentId::new(id))
                    .unwrap_or(id)
                    .clone()
            };
            list.iter().map(name).collect::<Vec<_>>().join(list_mark)
        }
        FieldValue::List(list) => list.iter().map(label).collect::<Vec<_>>().join(list_mark),
    }
}

/// A day as people of the language write it.
fn day(date: NaiveDate, locale: Locale) -> String {
    let pattern = if locale == Locale::En {
        "%-d %B %Y"
    } else {
        "%Y年%-m月%-d日"
    };
    date.format(pattern).to_string()
}

/// A moment on the company's clock, which is what both sides will look at.
fn moment(text: &str, zone: Tz, locale: Locale) -> String {
    DateTime::parse_from_rfc3339(text).map_or_else(
        |_| text.to_owned(),
        |at| {
            let at = at.with_timezone(&zone);
            format!("{} {}", day(at.date_naive(), locale), at.format("%H:%M"))
        },
    )
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
                name: author
                    .clone()
                    .unwrap_or_else(|| catalogue.word(author_key(entry.role), locale).to_owned()),
                me: entry.role == Role::Customer && reader == Reader::Customer,
            },
            body: Body {
                format: TextFormat::Text,
                value: body.clone(),
            },
            attachments: entry.attachments.clone(),
        },
        Happening::Status {
            from,
            to,
            waiting_on,
            outcome,
            explanation,
            note,
        } => Entry::Status {
            from: *from,
            to: *to,
            waiting_on: *waiting_on,
            outcome: *outcome,
            explanation: explanation.clone().or_else(|| {
                note.as_ref()
                    .map(|key| catalogue.word(key, locale).to_owned())
            }),
        },
        Happening::Step { key } => Entry::Step {
            key: *key,
            label: catalogue.word(&format!("step.{key}"), locale).to_owned(),
        },
        Happening::Edited => Entry::Edited,
    };
    TimelineItem {
        id: entry.id.clone(),
        at: entry.at,
        entry: shown,
    }
}

fn author_key(role: Role) -> &'static str {
    match role {
        Role::Customer => "author.customer",
        Role::Agent => "author.service_desk",
        Role::ThirdParty => "author.third_party",
        Role::System | Role::Unknown => "author.system",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_written_as_people_do() {
        let at = "2026-01-31T18:05:00Z";
        assert_eq!(
            moment(at, Tz::Asia__Shanghai, Locale::En),
            "1 February 2026 02:05"
        );
        assert_eq!(
            moment(at, Tz::Asia__Shanghai, Locale::ZhHant),
            "2026年2月1日 02:05"
        );
        assert_eq!(moment("soon", Tz::UTC, Locale::En), "soon");
    }

    #[test]
    fn a_leaf_is_shown_with_what_it_is_under() {
        let leaf = |value: &str, children| FieldOption {
            value: value.to_owned(),
            label: value.to_uppercase(),
            children,
        };
        let tree = [leaf("a", vec![]), leaf("b", vec![leaf("c", vec![])])];
        assert_eq!(path(&tree, "c"), Some(vec!["B".to_owned(), "C".to_owned()]));
        assert_eq!(path(&tree, "b"), None);
    }
}
