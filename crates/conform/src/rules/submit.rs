//! A new request.

use crate::{
    Checked, Miss, check,
    suite::{Suite, TEXT},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use portico_contract::{
    Word,
    code::{QueryCode, Reference},
    config::Capability,
    request::Status,
    submission::{Created, ReceiptContent},
};
use serde_json::json;

const SUBMIT: Option<Capability> = Some(Capability::Submit);
const TRACK: Option<Capability> = Some(Capability::Track);

super::rules! {
    SUBMIT, "submit.created", "POST /requests is 201 with Location and {request, query_code, receipt}.", created;
    SUBMIT, "submit.as_sent",
        "The request has the type, kind and subject that were sent, and a status of its beginning.", as_sent;
    SUBMIT, "submit.text_survives", "The text comes back as it was sent: lines, scripts, signs and all.", text_survives;
    SUBMIT, "submit.reference",
        "A reference is PT-, ten characters in two groups, the last one a check character.", reference;
    SUBMIT, "submit.reference_random", "References do not follow from each other.", random;
    TRACK, "submit.query_code", "A guest gets a query code of ten characters.", query_code;
    SUBMIT, "submit.customer_has_no_code", "A customer who is signed in gets no query code.", no_code;
    SUBMIT, "submit.contact",
        "Without a session an e-mail address or a telephone number is needed: 422 at /contact.", contact;
    SUBMIT, "submit.ended_session",
        "An ended session is 401 for POST /requests: nothing is sent in another name.", ended;
    SUBMIT, "submit.reread", "The answer is what reading the request again gives.", reread;
    SUBMIT, "submit.receipt",
        "A receipt is signed over its very bytes by a key of /config and says what was sent.", receipt;
}

async fn created(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let created: Created = case.created.read()?;
    let location = case.created.header("location").unwrap_or_default();
    let place = format!("/requests/{}", created.request.id);
    check(
        location.ends_with(&place),
        format!("Location: {location}"),
        &format!("the address of {place}"),
    )
}

async fn as_sent(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let request = case.created.read::<Created>()?.request;
    let same = json!(request.subject) == case.sent["subject"]
        && json!(request.request_type.id) == case.sent["type_id"];
    check(same, &case.created, "subject and type as they were sent")?;
    check(
        matches!(
            request.status,
            Status::Queued | Status::New | Status::Open | Status::Pending
        ),
        request.status,
        "queued, new, open or pending",
    )?;
    check(
        request.kind.is_known() && request.resolved_at.is_none() && request.closed_at.is_none(),
        &case.created,
        "a kind of the contract, and neither resolved_at nor closed_at",
    )
}

async fn text_survives(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let timeline = case.timeline().await?;
    let texts = timeline
        .list("/items")?
        .iter()
        .map(|item| &item["body"]["value"]);
    let found: Vec<_> = texts.filter(|text| text.is_string()).collect();
    check(
        found.iter().any(|text| **text == TEXT),
        format!("{found:?}"),
        &format!("{TEXT:?}"),
    )
}

async fn reference(suite: &Suite) -> Checked {
    for case in [suite.main().await?, suite.other().await?] {
        let read = Reference::parse(&case.reference).map(|reference| reference.to_string());
        check(
            read.as_ref() == Ok(&case.reference),
            &case.reference,
            "PT-XXXXX-XXXXX in Crockford's base32, the last one Σ i·vᵢ mod 31",
        )?;
    }
    Ok(())
}

async fn random(suite: &Suite) -> Checked {
    let (one, other) = (suite.main().await?, suite.other().await?);
    // Nine random characters: the first five are the same once in 33 million.
    let begin = |reference: &str| reference.get(..8).map(str::to_owned);
    check(
        begin(&one.reference) != begin(&other.reference),
        format!("{} and {}", one.reference, other.reference),
        "references at random",
    )
}

async fn query_code(suite: &Suite) -> Checked {
    let code = suite.main().await?.created.word("/query_code")?;
    check(
        QueryCode::parse(&code).is_ok(),
        format!("a code of {} characters", code.chars().count()),
        "ten characters of Crockford's base32",
    )
}

async fn no_code(suite: &Suite) -> Checked {
    for case in suite.mine().await? {
        check(case.query_code.is_none(), "a query code", "null")?;
    }
    Ok(())
}

async fn contact(suite: &Suite) -> Checked {
    let mut body = suite.new_request_of_customer("not sent").await?;
    let call = suite.nobody.post("/requests").new_key().json(&body);
    call.send().await?.wrong_at("/contact")?;
    body["contact"] = json!({"name": "Conformance Check"});
    let unreachable = suite
        .nobody
        .post("/requests")
        .new_key()
        .json(&body)
        .send()
        .await?;
    unreachable.problem(422, "validation").map(drop)
}

async fn ended(suite: &Suite) -> Checked {
    let body = suite.new_request("not sent").await?;
    let key = uuid::Uuid::new_v4();
    let ended = suite.nobody.bearer("ended");
    let call = ended.post("/requests").key(key).json(&body);
    call.send().await?.problem(401, "unauthenticated")?;
    let path = format!("/submissions/{key}");
    let asked = ended.get(&path).send().await?;
    asked.problem(401, "unauthenticated")?;
    suite
        .nobody
        .get(&path)
        .send()
        .await?
        .problem(404, "not_found")
        .map(drop)
}

async fn reread(suite: &Suite) -> Checked {
    let case = suite.spare().await?;
    let again = case.read().await?;
    case.created.same_but("/request", again.body(), &[])
}

async fn receipt(suite: &Suite) -> Checked {
    let case = suite.main().await?;
    let created: Created = case.created.read()?;
    let none = || Miss::not_offered("the server gives no receipt");
    let receipt = created.receipt.ok_or_else(none)?;
    let keys = suite.config()?.receipt_keys;
    check(
        keys.contains(&receipt.public_key),
        &receipt.public_key,
        "one of receipt_keys of /config",
    )?;
    let verified = || {
        let key: [u8; 32] = STANDARD.decode(&receipt.public_key).ok()?.try_into().ok()?;
        let signature = STANDARD.decode(&receipt.signature).ok()?;
        let signature = Signature::from_slice(&signature).ok()?;
        let key = VerifyingKey::from_bytes(&key).ok()?;
        key.verify(receipt.canonical.as_bytes(), &signature).ok()
    };
    check(
        verified().is_some(),
        "a signature that does not fit",
        "an Ed25519 signature over the bytes of canonical",
    )?;
    let content: ReceiptContent = serde_json::from_str(&receipt.canonical)
        .map_err(|error| Miss::failed(error.to_string(), "what was received, as JSON"))?;
    let says = json!(content.reference) == case.reference.as_str()
        && json!(content.subject) == case.sent["subject"]
        && json!(content.request_type.id) == case.sent["type_id"]
        && content.body == TEXT;
    check(
        says,
        &receipt.canonical,
        "reference, type, subject and text as they were sent",
    )
}
