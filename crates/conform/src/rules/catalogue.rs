//! What the server is, its catalogue, and in which languages.

use crate::{Checked, Miss, check, suite::Suite};
use portico_contract::{
    Word,
    config::Capability,
    form::{FieldType, FormSchema, RequestTypeSummary},
    list::Items,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SUBMIT: Option<Capability> = Some(Capability::Submit);

super::rules! {
    None, "config.shape", "GET /config has brand, locales, zone, capabilities, sign-in, limits and contacts.", shape;
    None, "config.words", "Locales and ways to sign in are words of the contract, and there is a language.", words;
    None, "config.clock", "server_now is the server's clock, an RFC 3339 instant with offset.", clock;
    None, "config.absent_capability", "A capability that is not listed has no resource: 404 not_found.", absent;
    None, "config.ended_session", "The catalogue asks for no session, and an ended one is no matter.", ended;
    SUBMIT, "catalogue.list", "GET /request-types is {items} with id, name, kind and description.", list;
    SUBMIT, "catalogue.form", "Every type has a form with field ids of its own, and options where it chooses.", form;
    SUBMIT, "catalogue.conditions", "visible_if and required_if name other fields of the form.", conditions;
    None, "language.asked", "Accept-Language in, Content-Language out, for each locale of /config.", asked;
    None, "language.as_browsers", "zh-TW and zh-HK are zh-Hant, zh-CN is zh-Hans, en-GB is en.", browsers;
    SUBMIT, "language.ids", "Ids of types, fields and options do not change with the language.", ids;
}

async fn shape(suite: &Suite) -> Checked {
    let config = suite.config()?;
    check(
        !config.brand.name.is_empty() && !config.time_zone.is_empty(),
        &suite.told,
        "a brand with a name, and the IANA name of a zone",
    )?;
    check(
        config.limits.subject_length > 0 && config.limits.body_length > 0,
        &suite.told,
        "limits of subject and text",
    )
}

async fn words(suite: &Suite) -> Checked {
    let config = suite.config()?;
    let known = config.locales.is_known() && config.sign_in.is_known();
    check(
        known && !config.locales.is_empty(),
        &suite.told,
        "locales among zh-Hans, zh-Hant and en, sign_in among email and sms",
    )
}

async fn clock(suite: &Suite) -> Checked {
    suite.told.instant("/server_now").map(drop)
}

/// A resource of each capability that can be asked for without harm.
fn probes() -> [(Capability, Method, &'static str, Value); 8] {
    let none = json!({});
    [
        (
            Capability::Submit,
            Method::GET,
            "/request-types",
            none.clone(),
        ),
        (
            Capability::Track,
            Method::POST,
            "/track",
            json!({"reference": "", "query_code": ""}),
        ),
        (
            Capability::Attachments,
            Method::POST,
            "/attachments",
            none.clone(),
        ),
        (Capability::Events, Method::GET, "/changes", none.clone()),
        (Capability::Accounts, Method::GET, "/me", none.clone()),
        (
            Capability::Promises,
            Method::POST,
            "/promises/preview",
            none.clone(),
        ),
        (
            Capability::Callbacks,
            Method::POST,
            "/callbacks",
            none.clone(),
        ),
        (
            Capability::Announcements,
            Method::GET,
            "/announcements",
            none,
        ),
    ]
}

async fn absent(suite: &Suite) -> Checked {
    let mut asked = false;
    for (capability, method, path, body) in probes() {
        if suite.offers(Some(capability)) {
            continue;
        }
        asked = true;
        let call = suite.nobody.call(method.clone(), path);
        let call = match method {
            Method::POST => call.new_key().json(&body),
            _ => call,
        };
        call.send().await?.problem(404, "not_found")?;
    }
    match asked {
        true => Ok(()),
        false => Err(Miss::not_offered("every capability is listed")),
    }
}

async fn ended(suite: &Suite) -> Checked {
    let ended = suite.nobody.bearer("ended");
    ended.get("/config").send().await?.status(200)?;
    if suite.offers(SUBMIT) {
        ended.get("/request-types").send().await?.status(200)?;
    }
    Ok(())
}

async fn types(suite: &Suite, language: &str) -> Result<Vec<RequestTypeSummary>, Miss> {
    let call = suite.nobody.get("/request-types").language(language);
    let listed = call.send().await?.status(200)?;
    Ok(listed.read::<Items<RequestTypeSummary>>()?.items)
}

async fn form_of(suite: &Suite, id: &str, language: &str) -> Result<FormSchema, Miss> {
    let call = suite
        .nobody
        .get(&format!("/request-types/{id}"))
        .language(language);
    call.send().await?.status(200)?.read()
}

async fn list(suite: &Suite) -> Checked {
    let types = types(suite, "en").await?;
    check(
        !types.is_empty(),
        "no type",
        "a catalogue that is not empty",
    )?;
    for one in types {
        check(
            one.kind.is_known() && !one.name.is_empty() && !one.id.as_str().is_empty(),
            format!("{one:?}"),
            "an id, a name, and a kind of the contract",
        )?;
    }
    Ok(())
}

async fn form(suite: &Suite) -> Checked {
    for one in types(suite, "en").await? {
        let form = form_of(suite, one.id.as_str(), "en").await?;
        check(
            form.id == one.id && form.kind == one.kind,
            format!("{} of kind {}", form.id, form.kind),
            &format!("the form of {} of kind {}", one.id, one.kind),
        )?;
        let ids: BTreeSet<_> = form.fields.iter().map(|field| &field.id).collect();
        check(
            ids.len() == form.fields.len(),
            format!("{}: the same field id twice", one.id),
            "field ids of their own",
        )?;
        for field in &form.fields {
            let chooses = matches!(
                field.field_type,
                FieldType::Select | FieldType::Multiselect | FieldType::Tree
            );
            check(
                field.field_type.is_known() && (!chooses || !field.options.is_empty()),
                format!("{}: {} is {}", one.id, field.id, field.field_type),
                "a type of the contract, with options where it chooses",
            )?;
        }
    }
    suite
        .nobody
        .get("/request-types/no-such-type")
        .send()
        .await?
        .problem(404, "not_found")
        .map(drop)
}

async fn conditions(suite: &Suite) -> Checked {
    for one in types(suite, "en").await? {
        let form = form_of(suite, one.id.as_str(), "en").await?;
        for field in &form.fields {
            let conditions = [&field.visible_if, &field.required_if];
            for condition in conditions.into_iter().flatten() {
                let other = &condition.field;
                check(
                    *other != field.id && form.field(other).is_some(),
                    format!("{}: {} hangs on {other}", one.id, field.id),
                    "another field of the form",
                )?;
            }
        }
    }
    Ok(())
}

async fn expect_language(suite: &Suite, asked: &str, given: &str) -> Checked {
    for path in ["/config", "/no-such-resource"] {
        let reply = suite.nobody.get(path).language(asked).send().await?;
        let found = reply.header("content-language").unwrap_or_default();
        check(
            found.eq_ignore_ascii_case(given),
            format!("GET {path} with Accept-Language: {asked} has Content-Language: {found}"),
            given,
        )?;
    }
    Ok(())
}

async fn asked(suite: &Suite) -> Checked {
    for locale in suite.config()?.locales {
        expect_language(suite, locale.as_str(), locale.as_str()).await?;
    }
    Ok(())
}

async fn browsers(suite: &Suite) -> Checked {
    let locales = suite.config()?.locales;
    let tags = [
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("en-GB", "en"),
    ];
    for (tag, locale) in tags {
        if locales.iter().any(|one| one.as_str() == locale) {
            expect_language(suite, tag, locale).await?;
        }
    }
    Ok(())
}

/// Everything of a form that must not change with the language.
fn fixed(form: &FormSchema) -> Value {
    fn bare(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for words in ["label", "name", "description", "help", "purpose"] {
                    map.remove(words);
                }
                map.values_mut().for_each(bare);
            }
            Value::Array(list) => list.iter_mut().for_each(bare),
            _ => {}
        }
    }
    let mut form = json!(form);
    bare(&mut form);
    form
}

async fn ids(suite: &Suite) -> Checked {
    let locales = suite.config()?.locales;
    let Some((first, others)) = locales.split_first() else {
        return Err(Miss::not_offered("no locale"));
    };
    for one in types(suite, first.as_str()).await? {
        let form = form_of(suite, one.id.as_str(), first.as_str()).await?;
        for other in others {
            let again = form_of(suite, one.id.as_str(), other.as_str()).await?;
            check(
                fixed(&form) == fixed(&again),
                format!("the form of {} differs in {first} and {other}", one.id),
                "the same ids and rules in every language",
            )?;
        }
    }
    Ok(())
}
