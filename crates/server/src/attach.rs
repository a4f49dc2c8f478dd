//! Finished uploads become the files of an entry.

use crate::{
    catalogue::RequestType,
    clock::real_now,
    http::actor::token_hash,
    intake,
    problem::{ApiError, Fault, pointer},
    store::{
        Tx,
        records::{Entry, RequestRecord},
    },
};
use portico_contract::{
    attachment::Attachment,
    form::FieldValue,
    id::{AttachmentId, UploadId},
    locale::Locale,
    problem::FieldProblem,
};

/// Takes uploads as files of an entry.
pub struct Taking<'a> {
    tx: &'a mut dyn Tx,
    entry: &'a Entry,
    /// What was taken, by the id of the upload.
    taken: Vec<(String, Attachment)>,
    faults: Vec<Fault>,
}

impl<'a> Taking<'a> {
    /// Begins.
    pub fn new(tx: &'a mut dyn Tx, entry: &'a Entry) -> Self {
        Self {
            tx,
            entry,
            taken: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Takes those that a message names.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of_message(&mut self, ids: &[UploadId]) -> Result<(), ApiError> {
        for (i, id) in ids.iter().enumerate() {
            self.take(id.as_str(), || format!("/attachment_ids/{i}"))
                .await?;
        }
        Ok(())
    }

    /// Takes those that file fields name, and names them there by their attachments: the id of an upload is a
    /// credential, which is not kept. What is an attachment of the entry already stays.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of_fields(
        &mut self,
        record: &mut RequestRecord,
        request_type: &RequestType,
        locale: Locale,
    ) -> Result<(), ApiError> {
        let named: Vec<_> = intake::file_ids(&record.fields, Some(request_type), locale)
            .map(|(field, i, id)| (field.clone(), i, id.to_owned()))
            .collect();
        for (field, i, id) in named {
            if self
                .entry
                .attachments
                .iter()
                .any(|file| file.id.as_str() == id)
            {
                continue;
            }
            let at = || pointer(&["fields", field.as_str(), &i.to_string()]);
            let Some(file) = self.take(&id, at).await? else {
                continue;
            };
            if let Some(FieldValue::List(list)) = record.fields.get_mut(&field)
                && let Some(place) = list.get_mut(i)
            {
                *place = file.id.as_str().to_owned();
            }
            record.file_names.insert(file.id, file.name);
        }
        Ok(())
    }

    /// What was taken.
    ///
    /// # Errors
    /// 422 with every upload that is not there, not whole, or taken by another message.
    pub fn finish(self) -> Result<Vec<Attachment>, ApiError> {
        if self.faults.is_empty() {
            Ok(self.taken.into_iter().map(|(_, file)| file).collect())
        } else {
            Err(ApiError::validation(self.faults))
        }
    }

    async fn take(
        &mut self,
        id: &str,
        at: impl Fn() -> String,
    ) -> Result<Option<Attachment>, ApiError> {
        if let Some((_, file)) = self.taken.iter().find(|(upload, _)| upload == id) {
            return Ok(Some(file.clone()));
        }
        let hash = token_hash(id);
        let attachment = AttachmentId::new(uuid::Uuid::new_v4().simple().to_string());
        let upload = self
            .tx
            .upload(&hash)
            .await?
            .filter(|u| u.expires_at > real_now().timestamp_millis());
        let whole = upload.and_then(|u| Some((u.name, u.length, u.accepted?)));
        let Some((name, size, accepted)) = whole else {
            self.faults
                .push(Fault::at(at(), FieldProblem::UnknownUpload));
            return Ok(None);
        };
        if !self.tx.use_upload(&hash, &attachment).await? {
            self.faults
                .push(Fault::at(at(), FieldProblem::UnknownUpload));
            return Ok(None);
        }
        let file = Attachment {
            name: name.unwrap_or_else(|| attachment.as_str().to_owned()),
            id: attachment,
            size: Some(size),
            media_type: accepted.media_type,
            sha256: Some(accepted.sha256),
        };
        self.tx.add_attachment(self.entry, &file).await?;
        self.taken.push((id.to_owned(), file.clone()));
        Ok(Some(file))
    }
}
