//! What a desk kept of a submission. The ticket is there, so refusing it would make a second one: what it lacks is sent
//! after it as a message, and so is lost nowhere.

use crate::{
    backend::DeskError,
    ticket::{NewField, NewFile, NewReply, NewTicket},
};
use serde_json::Value;

/// The values of a field in JSON, as they travel: none for what is empty.
pub(crate) fn values(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(truth) => vec![truth.to_string()],
        Value::Array(several) => several.iter().flat_map(values).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// One value alone, several as a list.
pub(crate) fn one_or_many(values: &[String]) -> Value {
    match values {
        [one] => Value::from(one.as_str()),
        several => Value::from(several),
    }
}

/// Whether two texts say the same, whatever happened to the space between their words.
pub(crate) fn same_words(ours: &str, theirs: &str) -> bool {
    ours.split_whitespace().eq(theirs.split_whitespace())
}

/// What is to be sent after a submission of which the desk lacks the text (when one is given), these answers, and all
/// but these files; none when it lacks nothing.
pub(crate) fn rest<'a>(
    new: &NewTicket,
    lost_text: Option<&str>,
    lost_fields: impl IntoIterator<Item = &'a NewField>,
    kept_files: &[&str],
) -> Option<NewReply> {
    let mut lines: Vec<String> = lost_text.into_iter().map(str::to_owned).collect();
    let fields = lost_fields.into_iter();
    lines.extend(fields.map(|field| format!("{}: {}", field.label, field.display)));
    let mut files = Vec::new();
    // A desk may change names: as many as were sent are all.
    if kept_files.len() < new.files.len() {
        let lost = new
            .files
            .iter()
            .filter(|file| !kept_files.contains(&file.name.as_str()));
        files.extend(lost.cloned());
    }
    if lines.is_empty() && files.is_empty() {
        return None;
    }
    if lines.is_empty() {
        lines.push(names(&files));
    }
    Some(NewReply {
        body: lines.join("\n"),
        files,
    })
}

/// What went wrong when a write that the desk has taken was read back, see [`DeskError::after_writing`]. That its
/// customer may not see it is no reason to say that it is not there.
pub(crate) fn after_it_was_done(error: DeskError) -> DeskError {
    match error {
        DeskError::NotFound | DeskError::Forbidden(_) => {
            DeskError::Refused("it is done, but its customer may not see it".into())
        }
        error => error.after_writing(),
    }
}

/// The names of files, a line each, where a message without words cannot be.
pub(crate) fn names(files: &[NewFile]) -> String {
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    names.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::submitted::tests::submission;
    use bytes::Bytes;
    use serde_json::json;

    #[test]
    fn what_a_desk_lacks_goes_after_the_submission_and_nothing_else() {
        let mut new = submission();
        assert_eq!(rest(&new, None, [], &[]), None);
        let lost = rest(&new, None, &new.fields, &[]).unwrap();
        assert_eq!(lost.body, "Order number: A-17");
        new.files = ["a.txt", "b.txt"]
            .map(|name| NewFile {
                name: name.into(),
                media_type: "text/plain".into(),
                bytes: Bytes::from(name),
            })
            .into();
        let lost = rest(&new, None, [], &["a.txt"]).unwrap();
        assert_eq!((lost.body.as_str(), lost.files.len()), ("b.txt", 1));
        assert_eq!(rest(&new, None, [], &["A.TXT", "B.TXT"]), None);
        let lost = rest(&new, Some("text"), &new.fields, &["a.txt", "b.txt"]).unwrap();
        assert_eq!(lost.body, "text\nOrder number: A-17");
        assert!(lost.files.is_empty());
    }

    #[test]
    fn a_value_is_what_it_says() {
        assert_eq!(values(&json!(["a", 7, null, true])), ["a", "7", "true"]);
        assert_eq!(values(&json!("")), [""; 0]);
    }

    #[test]
    fn space_is_no_word() {
        assert!(same_words("a \n b", " a b\r\n"));
        assert!(!same_words("a b", "ab"));
    }
}
