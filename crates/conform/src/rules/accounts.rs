//! Customers who are signed in.

use crate::{
    Checked, Miss, check,
    suite::{Suite, message},
};
use portico_contract::{
    config::Capability,
    session::{Me, Session},
};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

const ACCOUNTS: Option<Capability> = Some(Capability::Accounts);

super::rules! {
    ACCOUNTS, "session.none", "GET /session without a session is 401 unauthenticated.", none;
    ACCOUNTS, "session.bearer", "GET /session tells who came with the bearer, when it ends, and no CSRF token.", bearer;
    ACCOUNTS, "session.code", "POST /session/code is 202 for an address that nobody knows.", code;
    ACCOUNTS, "session.wrong_code", "A code that was not sent is 422 at /code.", wrong_code;
    ACCOUNTS, "session.unknown_channel", "A way that the contract does not know is 422 at /channel.", channel;
    ACCOUNTS, "session.cookie",
        "Signing in sets a __Host- cookie, HttpOnly and SameSite=Lax, which needs X-CSRF-Token to write.", cookie;
    ACCOUNTS, "me.read", "GET /me is the customer's own profile.", me;
    ACCOUNTS, "me.unknown_field", "PATCH /me refuses an unknown field with 422 and its pointer.", me_field;
    ACCOUNTS, "isolation.read", "Another customer's request is 404 not_found, and so is its timeline.", read;
    ACCOUNTS, "isolation.write", "Another customer's request takes no message and no action: 404 not_found.", write;
    ACCOUNTS, "isolation.key", "An Idempotency-Key of another customer gives nothing of theirs away.", key;
    ACCOUNTS, "follow.reads_only",
        "Who follows reads with following true and can do nothing: 409 with reason following.", follow;
}

async fn none(suite: &Suite) -> Checked {
    let asked = suite.nobody.get("/session").send().await?;
    asked.problem(401, "unauthenticated").map(drop)
}

async fn bearer(suite: &Suite) -> Checked {
    let asked = suite
        .customer()?
        .get("/session")
        .send()
        .await?
        .status(200)?;
    let session: Session = asked.read()?;
    check(
        session.customer.is_some() && session.csrf_token.is_none(),
        "no customer, or a CSRF token",
        "the customer, and csrf_token null",
    )?;
    check(
        session.expires_at > session.server_now,
        session.expires_at,
        "an end that lies ahead",
    )
}

async fn code(suite: &Suite) -> Checked {
    let config = suite.config()?;
    if !config.sign_in.iter().any(|way| way.as_str() == "email") {
        return Err(Miss::not_offered("no sign-in by e-mail"));
    }
    let address = format!("conform-{}@example.com", Uuid::new_v4().simple());
    let body = json!({"channel": "email", "address": address});
    let asked = suite
        .nobody
        .post("/session/code")
        .json(&body)
        .send()
        .await?;
    asked.status(202).map(drop)
}

async fn wrong_code(suite: &Suite) -> Checked {
    let config = suite.config()?;
    if !config.sign_in.iter().any(|way| way.as_str() == "email") {
        return Err(Miss::not_offered("no sign-in by e-mail"));
    }
    let body = json!({"channel": "email", "address": "conform@example.com", "code": "000000"});
    let asked = suite
        .nobody
        .post("/session/redeem")
        .json(&body)
        .send()
        .await?;
    asked.wrong_at("/code").map(drop)
}

async fn channel(suite: &Suite) -> Checked {
    let body = json!({"channel": "pigeon", "address": "conform@example.com"});
    let asked = suite
        .nobody
        .post("/session/code")
        .json(&body)
        .send()
        .await?;
    asked.wrong_at("/channel").map(drop)
}

async fn cookie(_: &Suite) -> Checked {
    Err(Miss::not_offered(
        "to find out takes a code from a customer's mailbox",
    ))
}

async fn me(suite: &Suite) -> Checked {
    let asked = suite.customer()?.get("/me").send().await?.status(200)?;
    asked.read::<Me>().map(drop)
}

async fn me_field(suite: &Suite) -> Checked {
    let call = suite
        .customer()?
        .call(Method::PATCH, "/me")
        .json(&json!({"colour": "red"}));
    call.send().await?.wrong_at("/colour").map(drop)
}

async fn read(suite: &Suite) -> Checked {
    let (mine, theirs) = (suite.customer()?, suite.theirs().await?);
    for below in ["", "/timeline"] {
        let asked = mine.get(&theirs.path(below)).send().await?;
        asked.problem(404, "not_found")?;
    }
    Ok(())
}

async fn write(suite: &Suite) -> Checked {
    let (mine, theirs) = (suite.customer()?, suite.theirs().await?);
    for (below, body) in [
        ("/messages", message("not mine")),
        ("/actions/withdraw", json!({})),
    ] {
        let call = mine.post(&theirs.path(below)).new_key().json(&body);
        call.send().await?.problem(404, "not_found")?;
    }
    Ok(())
}

async fn key(suite: &Suite) -> Checked {
    let theirs = suite.theirs().await?;
    let call = suite
        .customer()?
        .post("/requests")
        .key(theirs.key)
        .json(&theirs.sent);
    let answered = call.send().await?;
    let told = String::from_utf8_lossy(&answered.bytes).contains(&theirs.reference);
    check(
        !told && answered.status >= 400,
        &answered,
        "a refusal that says nothing of the other customer's request",
    )
}

async fn follow(suite: &Suite) -> Checked {
    let mine = suite.mine().await?;
    let second = suite.second()?;
    let (case, none) = (&mine[0], "follow does not exist here");
    if case.action("follow").await?.is_none() {
        return Err(Miss::not_offered(none));
    }
    let email = second
        .get("/me")
        .send()
        .await?
        .status(200)?
        .at("/email")
        .clone();
    if email.is_null() {
        return Err(Miss::not_offered(
            "the other customer has no e-mail address",
        ));
    }
    let path = case.path("/actions/follow");
    let let_in = case
        .client
        .post(&path)
        .new_key()
        .json(&json!({"email": email}));
    let_in.send().await?.status(200)?;
    let shown = second.get(&case.path("")).send().await?.status(200)?;
    check(
        shown.at("/following") == true,
        shown.at("/following"),
        "following true",
    )?;
    let said = second
        .post(&case.path("/messages"))
        .new_key()
        .json(&message("not mine"));
    let refused = said.send().await?.problem(409, "action_not_allowed")?;
    check(
        refused.at("/reason") == "following",
        refused.at("/reason"),
        "reason following",
    )?;
    let out = json!({"email": email, "remove": true});
    let out = case.client.post(&path).new_key().json(&out).send().await?;
    out.status(200)?;
    let gone = second.get(&case.path("")).send().await?;
    gone.problem(404, "not_found").map(drop)
}
