//! Checks the message catalogues and turns every message into an item (`m::home_title`), so that a message
//! that is missing in one language, or takes other parameters there, does not compile.
//!
//! A catalogue is a flat JSON object: `"home.title": "text with {name}"`, or by plural category
//! `"home.files": {"one": "{count} file", "other": "{count} files"}`, with exactly the categories of the language.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::exit,
};

/// The first one gives the keys that the others are compared with, and the plural categories each language has.
const LANGUAGES: [(&str, &[&str]); 3] = [
    ("en", &["one", "other"]),
    ("zh-Hans", &["other"]),
    ("zh-Hant", &["other"]),
];

/// What a message is, the same in every language.
#[derive(PartialEq)]
struct Shape {
    plural: bool,
    placeholders: BTreeSet<String>,
}

fn main() {
    println!("cargo::rerun-if-changed=public/messages");
    let mut errors = Vec::new();
    let catalogues: Vec<_> = LANGUAGES
        .iter()
        .map(|(language, categories)| (*language, read(language, categories, &mut errors)))
        .collect();
    for (language, catalogue) in &catalogues[1..] {
        compare(&catalogues[0], (language, catalogue), &mut errors);
    }
    let code = functions(&catalogues[0].1, &mut errors);
    if !errors.is_empty() {
        for error in &errors {
            println!("cargo::error={error}");
        }
        exit(1);
    }
    let out = env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = fs::write(Path::new(&out).join("messages.rs"), code) {
        println!("cargo::error=messages.rs could not be written: {error}");
        exit(1);
    }
}

fn read(language: &str, categories: &[&str], errors: &mut Vec<String>) -> BTreeMap<String, Shape> {
    let path = format!("public/messages/{language}.json");
    let value = match fs::read(&path).map(|bytes| serde_json::from_slice(&bytes)) {
        Ok(Ok(Value::Object(map))) => map,
        Ok(Ok(_)) => {
            errors.push(format!("{path} is not a JSON object"));
            return BTreeMap::new();
        }
        Ok(Err(error)) => {
            errors.push(format!("{path}: {error}"));
            return BTreeMap::new();
        }
        Err(error) => {
            errors.push(format!("{path}: {error}"));
            return BTreeMap::new();
        }
    };
    value
        .into_iter()
        .filter_map(|(key, value)| match shape(&value, categories) {
            Ok(shape) => Some((key, shape)),
            Err(error) => {
                errors.push(format!("{path}, message `{key}`: {error}"));
                None
            }
        })
        .collect()
}

fn shape(value: &Value, categories: &[&str]) -> Result<Shape, String> {
    match value {
        Value::String(text) => Ok(Shape {
            plural: false,
            placeholders: placeholders(text)?,
        }),
        Value::Object(forms) => {
            let mut all = BTreeSet::new();
            for category in categories {
                let Some(Value::String(text)) = forms.get(*category) else {
                    return Err(format!("the plural category `{category}` is missing"));
                };
                all.append(&mut placeholders(text)?);
            }
            if let Some(other) = forms.keys().find(|k| !categories.contains(&k.as_str())) {
                return Err(format!(
                    "the language has no plural category `{other}`, only {categories:?}"
                ));
            }
            // A form such as "one" may do without the number.
            all.remove("count");
            Ok(Shape {
                plural: true,
                placeholders: all,
            })
        }
        _ => Err("neither a text nor an object of plural forms".to_owned()),
    }
}

fn placeholders(text: &str) -> Result<BTreeSet<String>, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let inside = rest[start..]
            .strip_prefix('{')
            .and_then(|r| r.split_once('}'));
        let Some((name, after)) = inside else {
            return Err(format!("a brace is not closed, or not opened, in `{text}`"));
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return Err(format!("`{{{name}}}` is not a placeholder (a-z and _)"));
        }
        found.insert(name.to_owned());
        rest = after;
    }
    Ok(found)
}

fn compare(
    (first, of_first): &(&str, BTreeMap<String, Shape>),
    (language, catalogue): (&str, &BTreeMap<String, Shape>),
    errors: &mut Vec<String>,
) {
    for (key, shape) in of_first {
        match catalogue.get(key) {
            None => errors.push(format!("message `{key}` is missing in {language}")),
            Some(other) if other.plural != shape.plural => errors.push(format!(
                "message `{key}` is plural in only one of {first} and {language}"
            )),
            Some(other) if other != shape => errors.push(format!(
                "message `{key}` has the placeholders {:?} in {first} and {:?} in {language}",
                shape.placeholders, other.placeholders
            )),
            Some(_) => {}
        }
    }
    for key in catalogue.keys().filter(|key| !of_first.contains_key(*key)) {
        errors.push(format!(
            "message `{key}` of {language} is missing in {first}"
        ));
    }
}

fn functions(catalogue: &BTreeMap<String, Shape>, errors: &mut Vec<String>) -> String {
    let mut code = String::new();
    let mut names = BTreeMap::new();
    for (key, shape) in catalogue {
        let name = key.replace(['.', '-'], "_");
        if let Some(other) = names.insert(name.clone(), key) {
            errors.push(format!(
                "messages `{other}` and `{key}` have one function name"
            ));
        }
        let listed = |each: &dyn Fn(&String) -> String| -> String {
            let list: Vec<_> = shape.placeholders.iter().map(each).collect();
            list.join(", ")
        };
        let parameters = listed(&|p| format!("{p}: &str"));
        let arguments = listed(&|p| format!("({p:?}, {p})"));
        code += &if shape.plural {
            format!(
                "pub fn {name}(count: f64, {parameters}) -> String {{ super::plural({key:?}, count, &[{arguments}]) }}\n"
            )
        } else if shape.placeholders.is_empty() {
            // A function pointer and not a function: all plain messages in views are then of one type.
            format!(
                "#[allow(non_upper_case_globals)]\npub const {name}: super::Message = || super::text({key:?});\n"
            )
        } else if shape.placeholders.len() == 1 {
            format!(
                "pub fn {name}({parameters}) -> String {{ super::filled({key:?}, &[{arguments}]) }}\n"
            )
        } else {
            // Texts beside each other are named where they are given, so that none takes the place of another.
            let fields = listed(&|p| format!("pub {p}: &'a str"));
            let own = listed(&|p| p.clone());
            format!(
                "#[allow(non_camel_case_types)]\npub struct {name}<'a> {{ {fields} }}\nimpl {name}<'_> {{ pub fn text(self) -> String {{ let Self {{ {own} }} = self; super::filled({key:?}, &[{arguments}]) }} }}\n"
            )
        };
    }
    code
}
