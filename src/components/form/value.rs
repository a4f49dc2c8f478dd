//! What people type, and the answers that the contract knows. What stands in a control is kept as it was typed
//! (a number as its text, a time as the input writes it), so that nothing is lost; [`answers`] reads it.

use portico_contract::{
    form::{Answers, Field, FieldOption, FieldType, FieldValue, FormSchema},
    number,
};

/// The answers of the whole form; where nothing was typed, what the form begins with. `instant` turns a local time (`2026-11-19T08:30`) into RFC 3339.
pub fn answers(
    schema: &FormSchema,
    typed: &Answers,
    instant: impl Fn(&str) -> Option<String>,
) -> Answers {
    schema
        .fields
        .iter()
        .filter_map(|field| {
            let value = match typed.get(&field.id).or(field.default.as_ref())? {
                FieldValue::Text(text) => answer(field.field_type, text, &instant),
                other => other.clone(),
            };
            Some((field.id.clone(), value))
        })
        .collect()
}

fn answer(
    field_type: FieldType,
    text: &str,
    instant: impl Fn(&str) -> Option<String>,
) -> FieldValue {
    let text = trimmed(text);
    FieldValue::Text(match field_type {
        FieldType::Number => match number(text) {
            Some(number) => return FieldValue::Number(number),
            None => text.to_owned(),
        },
        FieldType::Email => half_width(text)
            .chars()
            .filter(|c| !c.is_whitespace() && !is_invisible(*c))
            .collect(),
        FieldType::Phone => half_width(text)
            .chars()
            .filter(|c| !is_invisible(*c))
            .collect(),
        FieldType::Datetime => instant(text).unwrap_or_else(|| text.to_owned()),
        _ => text.to_owned(),
    })
}

/// Whether a character has no width and no meaning in an address or a number; copying brings them along.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// Without the spaces and invisible characters around it. Within a text some have a meaning.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// The characters of ASCII that a Chinese keyboard writes at full width.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '。' => '.',
            '\u{3000}' => ' ',
            c => c,
        })
        .collect()
}

/// A number as people write it: with spaces, with commas between groups of three digits, at full width.
fn number(text: &str) -> Option<f64> {
    let text: String = half_width(text)
        .replace('\u{2212}', "-")
        .chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .collect();
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    // "1,5" is not 15, and not surely 1.5.
    if groups.clone().next().is_some() && first.trim_start_matches('-').len() > 3
        || groups.any(|group| group.len() != 3)
    {
        return None;
    }
    number::parse(&format!("{}{rest}", whole.replace(',', ""))).filter(|n| n.is_finite())
}

/// The way to an option of a tree, from the outermost, by positions; empty when it is not there.
pub fn path(options: &[FieldOption], value: &str) -> Vec<usize> {
    for (i, option) in options.iter().enumerate() {
        if option.value == value {
            return vec![i];
        }
        let below = path(&option.children, value);
        if !below.is_empty() {
            return [vec![i], below].concat();
        }
    }
    Vec::new()
}

/// How many levels a tree has.
pub fn depth(options: &[FieldOption]) -> usize {
    options
        .iter()
        .map(|option| 1 + depth(&option.children))
        .max()
        .unwrap_or(0)
}

/// The options under a way into a tree; none when the way ends at a leaf.
pub fn options_at<'a>(options: &'a [FieldOption], way: &[usize]) -> &'a [FieldOption] {
    way.iter().fold(options, |options, &i| {
        options.get(i).map_or(&[], |option| &option.children)
    })
}

/// The first line of an option's label; what follows explains it.
pub fn short(label: &str) -> &str {
    label.split('\n').next().unwrap_or(label)
}

/// The words for chosen options: one each, a tree with all its levels.
pub fn chosen(field: &Field, value: &FieldValue) -> Vec<String> {
    let values = match value {
        FieldValue::Text(text) => std::slice::from_ref(text),
        FieldValue::List(list) => list,
        _ => &[],
    };
    values
        .iter()
        .map(|value| {
            let way = path(&field.options, value);
            let labels: Vec<_> = (0..way.len())
                .filter_map(|level| {
                    let option = options_at(&field.options, &way[..level]).get(way[level])?;
                    Some(short(&option.label))
                })
                .collect();
            labels.join(" › ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(fields: serde_json::Value) -> FormSchema {
        serde_json::from_value(
            serde_json::json!({"id": "x", "name": "X", "kind": "fault", "fields": fields}),
        )
        .unwrap()
    }

    fn read(field_type: &str, text: &str) -> serde_json::Value {
        let schema = schema(serde_json::json!([{"id": "f", "label": "F", "type": field_type}]));
        let typed = serde_json::from_value(serde_json::json!({"f": text})).unwrap();
        let answers = answers(&schema, &typed, |local| Some(format!("{local}:00+08:00")));
        serde_json::to_value(&answers).unwrap()["f"].clone()
    }

    #[test]
    fn numbers_as_people_write_them() {
        for (text, number) in [
            (" 1 234.5 ", 1234.5),
            ("1,234,567", 1_234_567.0),
            ("１２．５", 12.5),
            ("\u{200b}7\u{feff}", 7.0),
            ("−3", -3.0),
            ("007", 7.0),
        ] {
            assert_eq!(read("number", text), number, "{text}");
        }
        for text in ["1,5", "many", "1234,567", "12,34", "inf", ",123,", "1.2.3"] {
            assert!(read("number", text).is_string(), "{text}");
        }
    }

    #[test]
    fn addresses_lose_what_nobody_sees_and_texts_only_what_is_around_them() {
        assert_eq!(
            read("email", " me\u{200b}＠example。com\u{a0}"),
            "me@example.com"
        );
        assert_eq!(
            read("phone", "\u{202a}+886 912-345-678\u{202c}"),
            "+886 912-345-678"
        );
        assert_eq!(
            read("text", "\u{feff} 👨\u{200d}👩 family\n"),
            "👨\u{200d}👩 family"
        );
        assert_eq!(
            read("datetime", "2026-11-19T08:30"),
            "2026-11-19T08:30:00+08:00"
        );
    }

    #[test]
    fn the_way_into_a_tree() {
        let schema = schema(
            serde_json::json!([{"id": "t", "label": "T", "type": "tree", "options": [
            {"value": "a", "label": "A", "children": [
                {"value": "b", "label": "B\nsmall"}, {"value": "c", "label": "C", "children": [{"value": "d", "label": "D"}]}]},
            {"value": "e", "label": "E"}]}]),
        );
        let field = &schema.fields[0];
        assert_eq!(depth(&field.options), 3);
        assert_eq!(path(&field.options, "d"), [0, 1, 0]);
        assert_eq!(path(&field.options, "c"), [0, 1]);
        assert!(path(&field.options, "z").is_empty());
        assert_eq!(options_at(&field.options, &[0]).len(), 2);
        assert!(options_at(&field.options, &[1]).is_empty());
        assert_eq!(
            chosen(field, &FieldValue::List(vec!["b".into(), "d".into()])),
            ["A › B", "A › C › D"]
        );
    }
}
