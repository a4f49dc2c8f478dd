use super::{Mismatch, Value, from_str, parse::parse, to_string};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Unit,
    New(String),
    Tuple(String, u8),
    Struct { a: u32 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Small {
        size: u64,
        #[serde(default)]
        part: Option<f64>,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<String>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Whole {
    text: String,
    count: u8,
    below: i64,
    ratio: f64,
    kinds: Vec<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maybe: Option<String>,
    #[serde(flatten)]
    tagged: Tagged,
    map: BTreeMap<String, Loose>,
    pair: (u8, u8),
}

fn whole() -> Whole {
    Whole {
        text: "訊息 \u{1f600} \"\\/\n\t\u{1} end".to_owned(),
        count: 255,
        below: -9_007_199_254_740_991,
        ratio: 0.1,
        kinds: vec![
            Kind::Unit,
            Kind::New("x".into()),
            Kind::Tuple("y".into(), 1),
            Kind::Struct { a: 7 },
        ],
        maybe: None,
        tagged: Tagged::Small {
            size: 26_214_400,
            part: Some(3.5),
        },
        map: [
            ("a", Loose::Bool(true)),
            ("b", Loose::Number(2.5)),
            ("c", Loose::Text(String::new())),
            ("d", Loose::List(vec!["x".into(), "y".into()])),
        ]
        .map(|(k, v)| (k.to_owned(), v))
        .into(),
        pair: (1, 2),
    }
}

#[test]
fn types_come_back_and_read_what_others_write() {
    let ours = to_string(&whole());
    assert_eq!(from_str(&ours), Ok(whole()));
    assert_eq!(serde_json::from_str::<Whole>(&ours).unwrap(), whole());
    let theirs = serde_json::to_string_pretty(&whole()).unwrap();
    assert_eq!(from_str(&theirs), Ok(whole()));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&ours).unwrap(),
        serde_json::from_str::<serde_json::Value>(&theirs).unwrap()
    );
}

#[test]
fn what_is_new_is_passed_over() {
    let json = r#"{"kind": "huge", "size": {"deep": [1, 2]}, "extra": null}"#;
    assert_eq!(from_str(json), Ok(Tagged::Unknown));
    let json = r#"{"kind": "small", "more": [{}], "size": 1}"#;
    let small = Tagged::Small {
        size: 1,
        part: None,
    };
    assert_eq!(from_str(json), Ok(small));
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        "<html>",
        "{",
        "[1,]",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "\"\u{1}\"",
        "\"\\x\"",
        "\"\\u12\"",
        "nul",
        "1 2",
        "--1",
        "1e",
        ".",
        "[1 2]",
    ] {
        assert_eq!(parse(text), Err(Mismatch), "{text}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(parse(&deep), Err(Mismatch));
    assert_eq!(from_str::<u8>("256"), Err(Mismatch));
    assert_eq!(from_str::<u64>("-1"), Err(Mismatch));
    assert_eq!(from_str::<u64>("1.5"), Err(Mismatch));
    assert_eq!(from_str::<String>("1"), Err(Mismatch));
    assert_eq!(from_str::<(u8, u8)>("[1]"), Err(Mismatch));
}

#[test]
fn escapes_as_others_write_them() {
    assert_eq!(
        parse(r#" "\u8a0a\ud83d\ude00\/\b\f\r\ud83d" "#),
        Ok(Value::Text("訊\u{1f600}/\u{8}\u{c}\r\u{fffd}".into()))
    );
}
