//! The text of a submission as it stands in a desk: what the customer wrote, and below a line what the desk has no
//! field for: other answers, and the reference that the customer says on the telephone.

use crate::ticket::{NewField, NewTicket};

const LINE: &str = "\n\n----\n";

/// The text for a desk that has fields for all but these answers.
pub(crate) fn compose<'a>(
    new: &NewTicket,
    without_field: impl IntoIterator<Item = &'a NewField>,
) -> String {
    let mut text = format!("{}{LINE}", new.body.trim_end());
    for field in without_field {
        text.push_str(&format!("{}: {}\n", field.label, field.display));
    }
    text.push_str(&new.reference);
    text
}

/// What the customer wrote of a text that [`compose`] made; any other text as it is.
pub(crate) fn written(text: &str) -> String {
    let text = unix(text);
    let of_customer = text
        .rsplit_once(LINE)
        .filter(|(_, below)| below.lines().next_back().is_some_and(is_reference));
    of_customer.map_or(text.clone(), |(body, _)| body.to_owned())
}

/// References begin with these letters, whatever the company.
fn is_reference(line: &str) -> bool {
    line.trim().starts_with("PT-")
}

/// Whether a desk holds this text, whatever it did to line ends and to space around it.
pub(crate) fn same(ours: &str, theirs: &str) -> bool {
    unix(ours) == unix(theirs)
}

fn unix(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// One line, as headers and titles need it.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(char::is_control).map(str::trim).collect();
    words.join(" ").trim().to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use portico_contract::{
        id::{FieldId, TypeId},
        request::Urgency,
    };

    /// A submission with one answer.
    pub(crate) fn submission() -> NewTicket {
        NewTicket {
            key: "7c9e6679-7425-40de-944b-e07fc1f90ae7".into(),
            reference: "PT-7K3MQ-2Q8VX".into(),
            type_id: TypeId::new("fault"),
            subject: "Router broken".into(),
            body: "No link since Monday.\n\n{{ queue.title }} {# x #} <b>&".into(),
            urgency: Urgency::Urgent,
            fields: vec![NewField {
                id: FieldId::new("order_number"),
                label: "Order number".into(),
                values: vec!["A-17".into()],
                display: "A-17".into(),
            }],
            files: Vec::new(),
        }
    }

    #[test]
    fn what_the_customer_wrote_comes_back_without_what_was_added() {
        let new = submission();
        let text = compose(&new, &new.fields);
        assert!(
            text.ends_with("<b>&\n\n----\nOrder number: A-17\nPT-7K3MQ-2Q8VX"),
            "{text}"
        );
        assert_eq!(written(&text), new.body);
        assert_eq!(written(&text.replace('\n', "\r\n")), new.body);
        let own_line = "Before\n\n----\nafter";
        assert_eq!(written(own_line), own_line);
        let new = NewTicket {
            body: own_line.into(),
            ..new
        };
        assert_eq!(written(&compose(&new, [])), own_line);
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(one_line(" a\r\nBcc: x\tb\u{0} "), "a  Bcc: x b");
    }

    #[test]
    fn line_ends_are_no_difference_and_words_are() {
        assert!(same("a \nb", "a\r\nb\n"));
        assert!(!same("a {{b}}", "a "));
    }
}
