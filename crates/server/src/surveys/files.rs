//! Files in answers: on their way in each names an upload; once it is taken, the file of this survey alone.
//!
//! A file is named by the hash of its upload's id, which is a credential and is not kept: so what was taken before is
//! found again when the same answers come once more.

use super::questionnaire::{Questionnaire, Setting};
use crate::{
    clock::real_now,
    http::actor::token_hash,
    problem::{ApiError, Fault},
    settings::Limits,
    store::Tx,
};
use portico_contract::{attachment::Attachment, id::AttachmentId, problem::FieldProblem};
use portico_survey::{Object, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Whose files they are.
pub struct Owner<'a> {
    /// The survey, as the programme names it.
    pub survey: &'a str,
    /// The invitation; none of an anonymous survey.
    pub invitation: Option<&'a str>,
    /// The answers that were sent before.
    pub before: &'a Object,
}

/// Takes the uploads that answers name, and names in their place the files that they became. Gives the SHA-256 of
/// files that the answers name no more, whose content can go.
///
/// # Errors
/// 422 with every upload that is not there, not whole, or somebody else's, and with what are too many or too large.
pub async fn take(
    tx: &mut dyn Tx,
    owner: Owner<'_>,
    questionnaire: &Questionnaire,
    answers: &mut Object,
    limits: &Limits,
    setting: Setting,
) -> Result<Vec<String>, ApiError> {
    let mine = named(questionnaire, owner.before);
    let mut found = BTreeMap::new();
    for content in named(questionnaire, answers) {
        if let Some(file) = file_of(tx, &owner, &mine, &content).await? {
            found.insert(content, file);
        }
    }
    let mut faults = Vec::new();
    questionnaire.each_file_answer(answers, &mut |question, at, files| {
        let most = match question.flag("allowMultiple", false) {
            true => limits.attachments_per_message,
            false => 1,
        };
        if files.len() > most as usize {
            let fault = Fault::too_long(at, most).worded("field.too_many");
            let title = questionnaire.title_of(question.word("name"), setting);
            faults.push(fault.labelled(&title));
        }
        let largest = question.number("maxSize").filter(|bytes| *bytes > 0.0);
        for (place, named) in files.iter_mut().enumerate() {
            let Some(file) = content(named).and_then(|content| found.get(content)) else {
                let at = format!("{at}/{place}");
                faults.push(Fault::at(at, FieldProblem::UnknownUpload));
                continue;
            };
            if let Some(bytes) =
                largest.filter(|most| file.size.is_some_and(|size| size as f64 > *most))
            {
                let fault = Fault {
                    max: format!("{bytes} B"),
                    ..Fault::at(format!("{at}/{place}"), FieldProblem::TooLarge)
                };
                faults.push(fault.labelled(&file.name));
            }
            *named = item(file);
        }
    });
    if !faults.is_empty() {
        return Err(ApiError::validation(faults));
    }
    let kept: BTreeSet<&str> = found.values().map(|file| file.id.as_str()).collect();
    let mut gone = Vec::new();
    for id in mine.iter().filter(|id| !kept.contains(id.as_str())) {
        let id = AttachmentId::new(id);
        if let Some(file) = tx.survey_file(owner.survey, &id).await? {
            tx.remove_survey_file(&id).await?;
            gone.extend(file.sha256);
        }
    }
    Ok(gone)
}

/// Takes uploads out of answers that are not sent yet, because the id of an upload is not kept; files that were sent
/// before stay.
pub fn without_uploads(questionnaire: &Questionnaire, before: &Object, answers: &mut Object) {
    let mine = named(questionnaire, before);
    questionnaire.each_file_answer(answers, &mut |_, _, files| {
        files.retain(|file| content(file).is_some_and(|content| mine.contains(content)));
    });
}

/// What the answers name files by.
fn named(questionnaire: &Questionnaire, answers: &Object) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    questionnaire.each_file_answer(&mut answers.clone(), &mut |_, _, files| {
        all.extend(files.iter().filter_map(content).map(str::to_owned));
    });
    all
}

fn content(file: &Value) -> Option<&str> {
    file.as_object()?.get("content")?.as_text()
}

/// The file of this survey that is meant: one that was sent before, or one that an upload becomes now.
async fn file_of(
    tx: &mut dyn Tx,
    owner: &Owner<'_>,
    mine: &BTreeSet<String>,
    content: &str,
) -> Result<Option<Attachment>, ApiError> {
    if mine.contains(content) {
        return Ok(tx
            .survey_file(owner.survey, &AttachmentId::new(content))
            .await?);
    }
    let hash = token_hash(content);
    let id = AttachmentId::new(hex::encode(hash));
    if mine.contains(id.as_str()) {
        return Ok(tx.survey_file(owner.survey, &id).await?);
    }
    let upload = tx.upload(&hash).await?.filter(|upload| {
        upload.attachment.is_none() && upload.expires_at > real_now().timestamp_millis()
    });
    let whole = upload.and_then(|upload| Some((upload.name, upload.length, upload.accepted?)));
    let Some((name, size, accepted)) = whole else {
        return Ok(None);
    };
    let file = Attachment {
        name: name.unwrap_or_else(|| id.as_str().to_owned()),
        id,
        size: Some(size),
        media_type: accepted.media_type,
        sha256: Some(accepted.sha256),
    };
    // Who uploaded it and when goes with the record of the upload.
    tx.add_survey_file(owner.survey, owner.invitation, &file)
        .await?;
    tx.delete_upload(&hash).await?;
    Ok(Some(file))
}

fn item(file: &Attachment) -> Value {
    let mut item = Object::new();
    item.insert("name", file.name.as_str().into());
    item.insert("type", file.media_type.as_str().into());
    item.insert("content", file.id.as_str().into());
    Value::Object(item)
}
